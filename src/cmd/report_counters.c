// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_counters.c - the PMU of each vCPU, as its intercepted accesses set it: report --counters.
 * Names events by the recording's processor.
 */
#include <stdio.h>
#include <string.h>

#include "evname.h"
#include "report.h"

/* Guests see a processor of their own, but its events are the host's. */
static const struct kp_cpu *cpu_of(const struct kp_report *r)
{
	const struct kp_meta *meta = &r->src->meta;
	const struct kp_cpu *cpu = meta->cpuid ? kp_cpu_of_cpuid(meta->cpuid) : NULL;

	return cpu ? cpu : kp_cpu_generic(kp_decoder_arch(r->dec)->name);
}

/* SDM 20.2.2 "Fixed-function performance counters"; what each of them counts never changes */
static const char *const intel_fixed[] = {
	"INST_RETIRED.ANY",	    "CPU_CLK_UNHALTED.THREAD", "CPU_CLK_UNHALTED.REF_TSC",
	"TOPDOWN.SLOTS",	    "TOPDOWN_BAD_SPECULATION.ALL", "TOPDOWN_FE_BOUND.ALL",
	"TOPDOWN_RETIRING.ALL",
};

struct view {
	const struct kp_cpu *cpu;
	struct kp_evnames *names;
	bool arm64;
};

static void counter_name(const struct view *v, const struct kp_snap_counter *c, char *buf,
			 size_t size)
{
	if (!c->fixed)
		snprintf(buf, size, "PMC%u", c->index);
	else if (v->arm64)
		snprintf(buf, size, "CCNT");
	else
		snprintf(buf, size, "FIXED%u", c->index);
}

static const char *event_name(const struct view *v, const struct kp_snap_counter *c,
			      struct kp_evname *name)
{
	if (c->fixed && v->arm64)
		return "CPU_CYCLES";
	if (c->fixed)
		return c->index < KP_ARRAY_SIZE(intel_fixed) ? intel_fixed[c->index] : NULL;
	if (!c->has_selector || !v->cpu ||
	    kp_evname_of(v->names, v->cpu, 0, c->selector, 0, name))
		return NULL;
	return name->name;
}

/* x86 fixed: bit 0 kernel, bit 1 user. arm64: P and U leave EL1 and EL0 out. */
static const char *filters(const struct view *v, const struct kp_snap_counter *c, char *buf,
			   size_t size)
{
	bool user, kernel;
	unsigned int hg = 0;

	if (!c->has_selector)
		return NULL;
	if (v->arm64) {
		user = !(c->selector >> 30 & 1);
		kernel = !(c->selector >> 31 & 1);
	} else if (c->fixed) {
		user = c->selector >> 1 & 1;
		kernel = c->selector & 1;
	} else {
		user = c->selector >> 16 & 1;
		kernel = c->selector >> 17 & 1;
		hg = v->cpu && !strcmp(v->cpu->arch, "amd") ? c->selector >> 40 & 3 : 0;
	}
	snprintf(buf, size, "%s%s%s%s", user ? "u" : "", kernel ? "k" : "", hg & 1 ? "G" : "",
		 hg & 2 ? "H" : "");
	return buf;
}

static void row(struct kp_report *r, const struct view *v, const struct kp_snap_counter *c,
		struct kp_out *out)
{
	struct kp_val none = kp_val_none();
	char name[16], in[8];
	struct kp_evname ev;

	counter_name(v, c, name, sizeof(name));
	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(c->vm),
				kp_val_str(kp_tasks_comm(&r->tasks, c->vm)),
				c->has_vcpu ? kp_val_u64(c->vcpu) : none,
				kp_val_u64(c->tid),
				kp_val_str(name),
				kp_val_str(event_name(v, c, &ev)),
				c->has_selector ? kp_val_hex(c->selector) : none,
				kp_val_str(filters(v, c, in, sizeof(in))),
				c->has_enabled ? kp_val_bool(c->enabled) : none,
				c->has_global ? kp_val_bool(c->global) : none,
				c->has_period ? kp_val_u64(c->period) : none,
				c->has_value ? kp_val_hex(c->value) : none,
				kp_val_u64(c->selector_writes),
				kp_val_u64(c->value_writes),
				kp_val_u64(c->value_reads),
			});
}

static void notes(const struct view *v, const struct kp_snap *snap, struct kp_out *out)
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
	struct view v = { .cpu = cpu_of(r), .arm64 = kp_decoder_arch(r->dec)->isa == KP_ISA_ARM64 };
	size_t i;

	if (kp_evnames_new(&v.names)) {
		kp_out_note(out, "no memory for the names of events.");
		return;
	}
	kp_out_table(out, "counters", "Counters of guests' PMUs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_counters; i++)
		row(r, &v, &snap->counters[i], out);
	kp_out_table_end(out);
	notes(&v, snap, out);
	kp_evnames_free(v.names);
}
