// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows_host.c - rows of host CPUs, guests' counters, interrupts and notes. Touches only memory.
 */
#include <string.h>

#include "rows.h"

int kp_rows_cpus(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_cpu *c;
	struct kp_tab_row *row;

	for (c = in->f->cpus; c < in->f->cpus + in->f->nr_cpus; c++) {
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		row->cpu = c;
		row->key.tid = c->cpu;
		row->cell[0] = kp_val_u64(c->cpu);
		row->cell[1] = kp_rows_share(in, c->guest_ns);
		row->cell[2] = kp_rows_share(in, c->host_ns);
		row->cell[3] = kp_rows_share(in, c->switch_ns);
		row->cell[4] = kp_rows_share(in, c->idle_ns);
		row->cell[5] = kp_rows_share(in, c->owned_ns);
		row->cell[6] = kp_rows_rate(in, c->nmis);
		row->cell[7] = kp_rows_rate(in, c->pmis);
		row->cell[8] = kp_rows_rate(in, c->vpmis);
	}
	return 0;
}

int kp_rows_counters(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_counter *c;
	const struct kp_snap_counter *s;
	struct kp_tab_row *row;

	for (c = in->f->counters; c < in->f->counters + in->f->nr_counters; c++) {
		s = &c->snap;
		if (!kp_rows_zoomed(in, s->vm, s->tid))
			continue;
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		row->key = (struct kp_zoom){ .has_vm = true,
					     .has_vcpu = true,
					     .vm = s->vm,
					     .tid = s->tid,
					     .code = s->index,
					     .isa = s->fixed };
		row->cell[0] = kp_val_u64(s->vm);
		row->cell[1] = kp_rows_text(c->vm_name);
		row->cell[2] = s->has_vcpu ? kp_val_u64(s->vcpu) : kp_val_none();
		row->cell[3] = kp_rows_text(c->name);
		row->cell[4] = kp_rows_text(c->event);
		row->cell[5] = c->has_filters ? kp_val_str(c->filters) : kp_val_none();
		row->cell[6] = s->has_enabled ? kp_val_bool(s->enabled) : kp_val_none();
		row->cell[7] = s->has_global ? kp_val_bool(s->global) : kp_val_none();
		row->cell[8] = kp_val_str(c->held_by);
		row->cell[9] = kp_rows_text(c->host_event);
		row->cell[10] = s->has_period ? kp_val_u64(s->period) : kp_val_none();
		row->cell[11] = s->has_selector ? kp_val_hex(s->selector) : kp_val_none();
		row->cell[12] = s->has_value ? kp_val_hex(s->value) : kp_val_none();
		row->cell[13] = kp_val_u64(s->selector_writes);
		row->cell[14] = kp_val_u64(s->value_writes);
		row->cell[15] = kp_val_u64(s->value_reads);
	}
	return 0;
}

int kp_rows_events(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_event *e;
	struct kp_tab_row *row;

	for (e = in->f->events_open; e < in->f->events_open + in->f->nr_events_open; e++) {
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		row->key.tid = (uint32_t)t->rows.nr;
		row->cell[0] = kp_val_str(e->holder);
		row->cell[1] = kp_val_str(e->event);
		row->cell[2] = kp_rows_text(e->counter);
		row->cell[3] = e->cpu >= 0 ? kp_val_u64((uint64_t)e->cpu) : kp_val_none();
		row->cell[4] = e->tid ? kp_val_u64(e->tid) : kp_val_none();
		row->cell[5] = kp_rows_text(e->state);
		row->cell[6] = e->has_blocks ? kp_val_bool(e->blocks) : kp_val_none();
	}
	return 0;
}

int kp_rows_irqs(const struct kp_rows_in *in, struct kp_table *t)
{
	const struct kp_frame_irq *q;
	struct kp_tab_row *row;

	for (q = in->f->irqs; q < in->f->irqs + in->f->nr_irqs; q++) {
		if (in->v->zoom.has_vm && (!q->has_vm || q->vm != in->v->zoom.vm))
			continue;
		row = kp_rows_add(t);
		if (!row)
			return -ENOMEM;
		row->key = (struct kp_zoom){ .has_vm = q->has_vm, .vm = q->vm, .code = q->vector };
		row->cell[0] = q->has_vm ? kp_val_u64(q->vm) : kp_val_none();
		row->cell[1] = kp_rows_text(q->vm_name);
		row->cell[2] = q->other ? kp_val_none() : kp_val_u64(q->vector);
		row->cell[3] = kp_rows_rate(in, q->injected);
		row->cell[4] = kp_rows_rate(in, q->accepted);
		row->cell[5] = kp_rows_count(in, q->injected);
		row->cell[6] = kp_rows_count(in, q->accepted);
	}
	return 0;
}

/* Warnings first, then what is missing, then the rest. */
int kp_rows_notes(const struct kp_rows_in *in, struct kp_table *t)
{
	static const char *const kinds[] = {
		[KP_NOTE_INFO] = "note",
		[KP_NOTE_MISSING] = "missing",
		[KP_NOTE_WARNING] = "warning",
	};
	const struct kp_frame_note *n;
	struct kp_tab_row *row;
	int kind;

	for (kind = KP_NOTE_WARNING; kind >= KP_NOTE_INFO; kind--) {
		kp_vec_for_each (n, &in->f->notes) {
			if ((int)n->kind != kind)
				continue;
			row = kp_rows_add(t);
			if (!row)
				return -ENOMEM;
			row->kind = (uint8_t)kind;
			row->key.tid = (uint32_t)t->rows.nr;
			row->cell[0] = kp_val_str(kinds[kind]);
			row->cell[1] = kp_val_str(n->about);
			row->cell[2] = kp_val_str(n->text);
		}
	}
	return 0;
}
