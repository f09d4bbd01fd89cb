// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_counters.c - the PMU of each vCPU, as its intercepted accesses set it: report --counters.
 */
#include <stdio.h>
#include <string.h>

#include "counter_name.h"
#include "report.h"

static void row(struct kp_report *r, const struct kp_counter_names *v,
		const struct kp_snap_counter *c, struct kp_out *out)
{
	struct kp_val none = kp_val_none();
	char name[16], in[8];
	struct kp_evname ev;

	kp_counter_name(v, c, name, sizeof(name));
	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(c->vm),
				kp_val_str(kp_tasks_comm(&r->tasks, c->vm)),
				c->has_vcpu ? kp_val_u64(c->vcpu) : none,
				kp_val_u64(c->tid),
				kp_val_str(name),
				kp_val_str(kp_counter_event(v, c, &ev)),
				c->has_selector ? kp_val_hex(c->selector) : none,
				kp_val_str(kp_counter_filters(v, c, in, sizeof(in))),
				c->has_enabled ? kp_val_bool(c->enabled) : none,
				c->has_global ? kp_val_bool(c->global) : none,
				c->has_period ? kp_val_u64(c->period) : none,
				c->has_value ? kp_val_hex(c->value) : none,
				kp_val_u64(c->selector_writes),
				kp_val_u64(c->value_writes),
				kp_val_u64(c->value_reads),
			});
}

static void notes(const struct kp_counter_names *v, const struct kp_snap *snap, struct kp_out *out)
{
	bool direct = false;
	size_t i;

	for (i = 0; i < snap->nr_counters; i++)
		direct |= snap->counters[i].direct;
	if (!snap->nr_counters)
		kp_out_note(out, "no access of a guest to a counter of its PMU was intercepted: "
				 "record kvm:kvm_msr, on arm64 kvm:kvm_sys_access.");
	else if (v->arm64)
		kp_out_note(out, "kvm_sys_access tells which register was accessed, not the value: "
				 "events, filters and periods are unknown.");
	else if (direct)
		kp_out_note(out, "guests wrote event selectors but no access to counters or to the "
				 "global control was intercepted, as with the mediated vPMU: there "
				 "'Global', 'Period' and 'Value' are unknown.");
}

void kp_report_counters(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,
		KP_COL_DATA(KP_COL_VM_NAME),
		KP_COL_VCPU,
		KP_COL_DATA(KP_COL_TID),
		KP_COL_COUNTER_NAME,
		KP_COL_EVENT,
		KP_COL_SELECTOR,
		KP_COL_FILTERS,
		KP_COL_ENABLED,
		KP_COL_GLOBAL,
		KP_COL_SAMPLE_PERIOD,
		KP_COL_DATA(KP_COL_LAST_VALUE),
		KP_COL_SELECTOR_WRITES,
		KP_COL_VALUE_WRITES,
		KP_COL_VALUE_READS,
	};
	struct kp_counter_names v;
	size_t i;

	if (kp_counter_names_init(&v, kp_decoder_arch(r->dec), r->src->meta.cpuid)) {
		kp_out_note(out, "no memory for the names of events.");
		return;
	}
	kp_out_table(out, "counters", "Counters of guests' PMUs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_counters; i++)
		row(r, &v, &snap->counters[i], out);
	kp_out_table_end(out);
	notes(&v, snap, out);
	kp_counter_names_free(&v);
}
