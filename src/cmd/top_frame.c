// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_frame.c - a frame from the snapshot of now, that of the last tick and the one that totals
 * count from. Touches only memory.
 */
#include "top_past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/str.h"

/** struct gone - what vCPUs that no snapshot has any more did since the base */
struct gone {
	uint64_t exits, user_exits, switches, switch_ns, blind_ns;
};

struct kp_framer {
	struct kp_framer_names names;
	struct gone gone;
	struct kp_strips strips;
	struct kp_past *prev, *base;
	uint64_t seq;
};

/* ---- names ---- */

/* Names are chosen by whoever runs there: no control characters on our terminal. */
void kp_framer_clean(char *dst, size_t size, const char *src)
{
	struct kp_buf buf = { 0 };

	if (!kp_out_clean(&buf, src))
		kp_str_copy(dst, size, buf.data ? buf.data : "");
	kp_buf_free(&buf);
}

static void vm_name(const struct kp_framer *fr, uint32_t vm, char *dst)
{
	char raw[KP_FRAME_NAME_LEN] = "";

	fr->names.vm(fr->names.ctx, vm, raw, sizeof(raw));
	kp_framer_clean(dst, KP_FRAME_NAME_LEN, raw);
}

/* ---- exits ---- */

static int fill_buckets(struct kp_framer *fr, struct kp_past *now, struct kp_frame *f)
{
	const struct kp_snap *s = now->snap;
	const struct kp_snap_exit *e;
	size_t i;

	f->buckets = calloc(s->nr_buckets + s->switches.nr_buckets + 1, sizeof(*f->buckets));
	if (!f->buckets)
		return -ENOMEM;
	for (i = 0; i < s->nr_exits; i++) {
		e = &s->exits[i];
		f->exits_by[i].nr_buckets = e->nr_buckets;
		f->exits_by[i].first_bucket = kp_past_add_buckets(
			f, kp_past_exit_buckets(now, e),
			kp_past_exit_buckets(fr->prev, kp_past_exit(fr->prev, e)),
			kp_past_exit_buckets(fr->base, kp_past_exit(fr->base, e)));
	}
	return 0;
}

static int fill_exits(struct kp_framer *fr, struct kp_past *now, struct kp_frame *f)
{
	const struct kp_snap *s = now->snap;
	struct kp_frame_exit *out;
	size_t i;

	out = f->exits_by = calloc(s->nr_exits + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	f->nr_exits = s->nr_exits;
	for (i = 0; i < s->nr_exits; i++, out++) {
		const struct kp_snap_exit *e = &s->exits[i];
		const struct kp_stat *p = &kp_past_exit(fr->prev, e)->stat;
		const struct kp_stat *b = &kp_past_exit(fr->base, e)->stat;

		*out = (struct kp_frame_exit){
			.vm = e->vm,
			.tid = e->tid,
			.vcpu = e->vcpu,
			.has_vcpu = e->has_vcpu,
			.code = e->code,
			.isa = e->isa,
			.other = e->other,
			.count = kp_num_of(true, e->stat.count, p->count, b->count),
			.timed = kp_num_of(true, e->stat.timed, p->timed, b->timed),
			.time_ns = kp_num_of(true, e->stat.total_ns, p->total_ns, b->total_ns),
			.max_ns = e->stat.max_ns,
		};
		if (e->other)
			kp_str_copy(out->reason, sizeof(out->reason), "(other)");
		else
			fr->names.reason(fr->names.ctx, e->isa, e->code, out->reason,
					 sizeof(out->reason));
	}
	return fill_buckets(fr, now, f);
}

/* ---- vCPUs ---- */

static void add(struct kp_num *sum, struct kp_num n)
{
	sum->known |= n.known;
	sum->tick += n.tick;
	sum->total += n.total;
}

static void fill_switch(struct kp_framer *fr, const struct kp_snap *s, size_t i,
			struct kp_frame_vcpu *out)
{
	const struct kp_snap_switch *w = &s->switches.vcpus[i];
	const struct kp_snap_switch *p = kp_past_switch(fr->prev, w->tid);
	const struct kp_snap_switch *b = kp_past_switch(fr->base, w->tid);
	static const enum kp_switch_phase phases[] = {
		KP_SWITCH_LOAD,
		KP_SWITCH_PUT,
		KP_SWITCH_HOST_OUT,
		KP_SWITCH_HOST_IN,
	};
	struct kp_num n;
	size_t k;

	kp_str_copy(out->mode, sizeof(out->mode), "mediated");
	out->switches = kp_num_of(true, w->windows, p->windows, b->windows);
	for (k = 0; k < KP_ARRAY_SIZE(phases); k++) {
		n = kp_num_of(true, w->phase[phases[k]].total_ns, p->phase[phases[k]].total_ns,
			      b->phase[phases[k]].total_ns);
		out->switch_ns.known = out->load_put_ns.known = true;
		out->switch_ns.tick += n.tick;
		out->switch_ns.total += n.total;
		if (k == 1)
			out->load_put_ns = out->switch_ns;
	}
}

static void fill_switch_buckets(struct kp_framer *fr, struct kp_past *now, size_t i,
				struct kp_frame *f, struct kp_frame_vcpu *out)
{
	const struct kp_snap_switch *w = &now->snap->switches.vcpus[i];

	out->nr_buckets = w->nr_buckets;
	out->first_bucket = kp_past_add_buckets(
		f, kp_past_switch_buckets(now, w),
		kp_past_switch_buckets(fr->prev, kp_past_switch(fr->prev, w->tid)),
		kp_past_switch_buckets(fr->base, kp_past_switch(fr->base, w->tid)));
}

static void fill_vcpu(struct kp_framer *fr, const struct kp_snap_vcpu *v, struct kp_frame_vcpu *out)
{
	const struct kp_snap_vcpu *p = kp_past_vcpu(fr->prev, v->tid);
	const struct kp_snap_vcpu *b = kp_past_vcpu(fr->base, v->tid);

	*out = (struct kp_frame_vcpu){
		.vm = v->vm,
		.tid = v->tid,
		.vcpu = v->vcpu,
		.has_vcpu = v->has_vcpu,
		.cpu = v->last_cpu,
		.has_cpu = v->has_cpu,
		.exits = kp_num_of(v->has_entry_exit, v->exits, p->exits, b->exits),
		.user_exits = kp_num_of(true, v->user_exits, p->user_exits, b->user_exits),
		.guest_ns = kp_num_of(v->has_times, v->guest_ns, p->guest_ns, b->guest_ns),
		.handling_ns = kp_num_of(v->has_times, v->host_ns, p->host_ns, b->host_ns),
		.reg_exits.known = v->has_entry_exit,
	};
	/* without kvm_exit an exit to user space is the only one that shows */
	if (!v->has_entry_exit)
		out->exits = out->user_exits;
	fr->names.pmu(fr->names.ctx, out);
	vm_name(fr, v->vm, out->vm_name);
}

/* A vCPU that another of its VM's threads runs now. */
static bool is_known(const struct kp_snap *s, uint32_t vm, const struct kp_host_vcpu *v)
{
	size_t i;

	for (i = 0; s && v->has_vcpu && i < s->nr_vcpus; i++)
		if (s->vcpus[i].vm == vm && s->vcpus[i].has_vcpu && s->vcpus[i].vcpu == v->vcpu)
			return true;
	return false;
}

/* vCPUs that the host knows and no event told of yet: they have done nothing. */
static size_t fill_silent(struct kp_framer *fr, const struct kp_tick *tick, struct kp_past *now,
			  struct kp_frame_vcpu *out)
{
	bool known = tick->snap;
	size_t i, n, nr = 0;

	for (i = 0; tick->host && i < tick->host->nr_vms; i++) {
		const struct kp_host_vm *vm = &tick->host->vms[i];

		if (fr->names.wanted && !fr->names.wanted(fr->names.ctx, vm->pid))
			continue;
		for (n = 0; n < vm->nr_vcpus; n++) {
			if (kp_hash_get(&now->vcpus, vm->vcpus[n].tid) ||
			    is_known(tick->snap, vm->pid, &vm->vcpus[n]))
				continue;
			if (out) {
				out[nr] = (struct kp_frame_vcpu){
					.vm = vm->pid,
					.tid = vm->vcpus[n].tid,
					.vcpu = vm->vcpus[n].vcpu,
					.has_vcpu = vm->vcpus[n].has_vcpu,
					.exits.known = known,
					.user_exits.known = known,
				};
				fr->names.pmu(fr->names.ctx, &out[nr]);
				vm_name(fr, vm->pid, out[nr].vm_name);
			}
			nr++;
		}
	}
	return nr;
}

static int cmp_vcpu(const void *a, const void *b)
{
	const struct kp_frame_vcpu *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->has_vcpu != y->has_vcpu)
		return x->has_vcpu ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* Those that have ended are shown in the tick in which they did something last. */
static bool still_shown(const struct kp_framer *fr, const struct kp_frame_vcpu *c)
{
	return c->exits.tick || c->user_exits.tick || c->guest_ns.tick ||
	       !fr->names.gone(fr->names.ctx, c->vm, c->tid);
}

/* The tick's top reason and register exits, from its exits. */
static void join_exits(struct kp_framer *fr, struct kp_frame *f, struct kp_hash *by_tid,
		       uint64_t *top)
{
	const struct kp_frame_exit *e;
	struct kp_frame_vcpu *c;
	uint64_t *at;

	for (e = f->exits_by; e < f->exits_by + f->nr_exits; e++) {
		at = e->other ? NULL : kp_hash_get(by_tid, e->tid);
		if (!at)
			continue;
		c = &f->vcpus[*at];
		if (e->count.tick > top[*at]) {
			top[*at] = e->count.tick;
			kp_str_copy(c->top_reason, sizeof(c->top_reason), e->reason);
		}
		if (fr->names.is_reg(fr->names.ctx, e->isa, e->code)) {
			c->reg_exits.tick += e->count.tick;
			c->reg_exits.total += e->count.total;
		}
	}
}

static int join_vcpus(struct kp_framer *fr, struct kp_past *now, struct kp_frame *f)
{
	uint64_t *top = calloc(f->nr_vcpus + 1, sizeof(*top)), *at;
	struct kp_hash by_tid = { 0 };
	size_t i;
	int err = top ? 0 : -ENOMEM;

	for (i = 0; i < f->nr_vcpus && !err; i++)
		err = kp_hash_put(&by_tid, f->vcpus[i].tid, i);
	if (!err)
		join_exits(fr, f, &by_tid, top);
	for (i = 0; !err && now->snap && i < now->snap->switches.nr_vcpus; i++) {
		at = kp_hash_get(&by_tid, now->snap->switches.vcpus[i].tid);
		if (!at)
			continue;
		fill_switch(fr, now->snap, i, &f->vcpus[*at]);
		fill_switch_buckets(fr, now, i, f, &f->vcpus[*at]);
	}
	kp_hash_free(&by_tid);
	free(top);
	return err;
}

/* While a guest's counters are loaded, the host's own events are off. */
static void add_totals(struct kp_frame *f, const struct kp_frame_vcpu *c, bool mediated)
{
	add(&f->exits, c->exits);
	add(&f->user_exits, c->user_exits);
	if (mediated)
		add(&f->blind_ns, c->guest_ns);
}

static int fill_vcpus(struct kp_framer *fr, const struct kp_tick *tick, struct kp_past *now,
		      struct kp_frame *f)
{
	size_t nr = tick->snap ? tick->snap->nr_vcpus : 0, i;
	struct kp_frame_vcpu *out;

	out = f->vcpus = calloc(nr + fill_silent(fr, tick, now, NULL) + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		fill_vcpu(fr, &tick->snap->vcpus[i], out);
		/* totals are of those that have ended, too */
		add_totals(f, out, kp_hash_get(&now->switches, out->tid));
		out += still_shown(fr, out);
	}
	out += fill_silent(fr, tick, now, out);
	f->nr_vcpus = (size_t)(out - f->vcpus);
	qsort(f->vcpus, f->nr_vcpus, sizeof(*out), cmp_vcpu);
	return join_vcpus(fr, now, f);
}

/* ---- the rest ---- */

/* Counters go when their vCPU does. */
static bool is_shown(const struct kp_frame *f, uint32_t tid)
{
	size_t i;

	for (i = 0; i < f->nr_vcpus; i++)
		if (f->vcpus[i].tid == tid)
			return true;
	return false;
}

static int fill_counters(struct kp_framer *fr, const struct kp_snap *s, struct kp_frame *f)
{
	struct kp_frame_counter *out;
	size_t i;

	out = f->counters = calloc(s->nr_counters + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (i = 0; i < s->nr_counters; i++) {
		if (!is_shown(f, s->counters[i].tid))
			continue;
		out->snap = s->counters[i];
		vm_name(fr, out->snap.vm, out->vm_name);
		fr->names.counter(fr->names.ctx, &out->snap, out);
		out++;
	}
	f->nr_counters = (size_t)(out - f->counters);
	return 0;
}

/* A vCPU without a row has had none yet, where they show at all. */
static int fill_pmis(struct kp_framer *fr, struct kp_past *now, struct kp_frame *f)
{
	const struct kp_snap_pmis *s = &now->snap->pmis;
	bool known = s->has_accept || s->vgic || s->nr_vcpus;
	struct kp_frame_pmi *p;
	size_t i;
	int err = kp_pmis_fill(now, fr->prev, fr->base, f);

	for (i = 0; i < f->nr_vcpus && !err; i++)
		f->vcpus[i].pmis.known = known;
	for (p = f->pmis_by; !err && p < f->pmis_by + f->nr_pmis; p++) {
		vm_name(fr, p->vm, p->vm_name);
		for (i = 0; i < f->nr_vcpus; i++)
			if (f->vcpus[i].tid == p->tid)
				f->vcpus[i].pmis = kp_pmis_of(p);
	}
	return err;
}

static int fill_irqs(struct kp_framer *fr, const struct kp_snap *s, struct kp_frame *f)
{
	struct kp_frame_irq *out;
	size_t i;

	out = f->irqs = calloc(s->nr_irqs + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	f->nr_irqs = s->nr_irqs;
	for (i = 0; i < s->nr_irqs; i++, out++) {
		const struct kp_snap_irq *q = &s->irqs[i];
		const struct kp_snap_irq *p = kp_past_irq(fr->prev, q),
					 *b = kp_past_irq(fr->base, q);

		*out = (struct kp_frame_irq){
			.vm = q->vm,
			.has_vm = q->has_vm,
			.vector = q->vector,
			.other = q->other,
			.injected = kp_num_of(true, q->injected, p->injected, b->injected),
			.accepted = kp_num_of(true, q->accepted, p->accepted, b->accepted),
		};
		if (q->has_vm)
			vm_name(fr, q->vm, out->vm_name);
	}
	return 0;
}

static void fill_totals(struct kp_framer *fr, const struct kp_snap *s, struct kp_frame *f)
{
	const struct kp_snap *p = fr->prev ? fr->prev->snap : NULL;
	const struct kp_snap *b = fr->base ? fr->base->snap : NULL;
	size_t i;

	for (i = 0; s && i < s->switches.nr_vcpus; i++) {
		struct kp_frame_vcpu c = { 0 };

		fill_switch(fr, s, i, &c);
		add(&f->switches, c.switches);
		add(&f->switch_ns, c.switch_ns);
		add(&f->blind_ns, c.load_put_ns);
	}
	for (i = 0; i < f->nr_exits; i++)
		if (fr->names.is_reg(fr->names.ctx, f->exits_by[i].isa, f->exits_by[i].code))
			add(&f->reg_exits, f->exits_by[i].count);
	for (i = 0; i < f->nr_cpus; i++) {
		add(&f->nmis, f->cpus[i].nmis);
		add(&f->pmis, f->cpus[i].pmis);
		add(&f->vpmis, f->cpus[i].vpmis);
	}
	if (!s)
		return;
	f->pairing = s->pairing;
	f->reg_exits.known = s->pairing != KP_PAIR_NONE && s->pairing != KP_PAIR_USERSPACE;
	f->has_entry_exit = s->pairing == KP_PAIR_EXIT_ENTRY || s->pairing == KP_PAIR_ENTRY_EXIT;
	f->events = kp_num_of(true, s->events, p ? p->events : 0, b ? b->events : 0);
	f->lost = kp_num_of(true, s->lost + s->lost_samples, p ? p->lost + p->lost_samples : 0,
			    b ? b->lost + b->lost_samples : 0);
}

/* vCPUs that the last snapshot had and @now, NULL none, has not: what they did stays done. */
static void note_gone(struct kp_framer *fr, struct kp_past *now)
{
	const struct kp_snap *s = fr->prev ? fr->prev->snap : NULL;
	struct gone *gone = &fr->gone;
	struct kp_frame_vcpu c;
	uint64_t *at;
	size_t i;

	for (i = 0; s && i < s->nr_vcpus; i++) {
		if (now && kp_hash_get(&now->vcpus, s->vcpus[i].tid))
			continue;
		fill_vcpu(fr, &s->vcpus[i], &c);
		at = kp_hash_get(&fr->prev->switches, c.tid);
		if (at)
			fill_switch(fr, s, *at, &c);
		gone->exits += c.exits.total;
		gone->user_exits += c.user_exits.total;
		gone->switches += c.switches.total;
		gone->switch_ns += c.switch_ns.total;
		gone->blind_ns += at ? c.guest_ns.total + c.load_put_ns.total : 0;
	}
}

static void add_gone(const struct gone *gone, struct kp_frame *f)
{
	f->exits.total += gone->exits;
	f->user_exits.total += gone->user_exits;
	f->switches.total += gone->switches;
	f->switch_ns.total += gone->switch_ns;
	f->blind_ns.total += gone->blind_ns;
}

static int fill(struct kp_framer *fr, const struct kp_tick *tick, struct kp_past *now,
		struct kp_frame *f)
{
	const struct kp_cpus_in cpus = {
		.snap = tick->snap,
		.prev = fr->prev ? fr->prev->snap : NULL,
		.base = fr->base ? fr->base->snap : NULL,
		.act = tick->activity,
		.prev_act = fr->prev && fr->prev->has_act ? &fr->prev->act : NULL,
		.base_act = fr->base && fr->base->has_act ? &fr->base->act : NULL,
		.wall_ns = tick->wall_ns,
		.since_ns = f->since_ns,
	};
	int err = 0;

	if (tick->snap)
		err = fill_exits(fr, now, f);
	if (!err)
		err = fill_vcpus(fr, tick, now, f);
	if (!err && tick->snap)
		err = fill_counters(fr, tick->snap, f);
	if (!err && tick->snap)
		err = fill_pmis(fr, now, f);
	if (!err && tick->snap)
		err = fill_irqs(fr, tick->snap, f);
	if (!err)
		err = kp_cpus_fill(&fr->strips, &cpus, f);
	fill_totals(fr, tick->snap, f);
	note_gone(fr, now);
	add_gone(&fr->gone, f);
	return err;
}

int kp_framer_new(const struct kp_framer_names *names, struct kp_framer **out)
{
	struct kp_framer *fr = calloc(1, sizeof(*fr));

	if (!fr)
		return -ENOMEM;
	fr->names = *names;
	*out = fr;
	return 0;
}

void kp_framer_rewind(struct kp_framer *fr)
{
	kp_past_put(fr->prev);
	kp_past_put(fr->base);
	fr->prev = fr->base = NULL;
	fr->gone = (struct gone){ 0 };
	fr->strips.nr_cells = 0;
	kp_vec_free(&fr->strips.at);
	fr->seq = 0;
}

void kp_framer_free(struct kp_framer *fr)
{
	if (!fr)
		return;
	kp_framer_rewind(fr);
	free(fr);
}

void kp_framer_reset(struct kp_framer *fr)
{
	if (!fr->prev)
		return;
	kp_past_put(fr->base);
	fr->base = fr->prev;
	fr->base->refs++;
	fr->gone = (struct gone){ 0 };
}

void kp_framer_carry(struct kp_framer *fr)
{
	note_gone(fr, NULL);
	kp_past_forget(fr->prev);
	kp_past_forget(fr->base);
}

int kp_framer_add(struct kp_framer *fr, const struct kp_tick *tick, struct kp_frame **out)
{
	struct kp_past *now = kp_past_new(tick);
	struct kp_frame *f = now ? kp_frame_new() : NULL;
	int err;

	if (!f) {
		kp_past_put(now);
		return -ENOMEM;
	}
	f->seq = ++fr->seq;
	f->at_ns = tick->at_ns;
	f->wall_ns = tick->wall_ns;
	f->since_ns = tick->at_ns - (fr->base ? fr->base->at_ns : 0);
	f->host_vms = tick->host ? (int64_t)tick->host->nr_vms : -1;
	err = fill(fr, tick, now, f);
	if (err) {
		kp_frame_free(f);
		kp_past_put(now);
		return err;
	}
	/* a host counts since it booted: the first reading is what all totals count from */
	if (!fr->base && now->has_act && !fr->prev) {
		fr->base = now;
		now->refs++;
	}
	kp_past_put(fr->prev);
	fr->prev = now;
	*out = f;
	return 0;
}
