// SPDX-License-Identifier: GPL-2.0-only
/*
 * defaults.c - what record opens when it is not told: the events of KVM that exist on this host,
 * and what --switch-detail adds, with filters in the kernel where they cut volume.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/build.h"
#include "lib/buf.h"
#include "swbatch.h"

/* A filter's text goes to the kernel in one page (perf_event_set_filter()). */
#define FILTER_MAX_BYTES 3500

static const char *const defaults[] = {
	"kvm:kvm_entry",    "kvm:kvm_exit",	      "kvm:kvm_msr", "kvm:kvm_apic_accept_irq",
	"kvm:kvm_inj_virq", "kvm:kvm_userspace_exit", "kvm:kvm_pio", "kvm:kvm_mmio",
};

/** struct range - inclusive */
struct range {
	uint32_t lo, hi;
};

/*
 * Registers of the PMU and its LVT entry, as this host's side of the switch accesses them. Intel
 * SDM volume 4; AMD APM volume 2, appendix A; both arch/x86/include/asm/msr-index.h.
 */
static const struct range intel_msrs[] = {
	{ 0xc1, 0xd0 }, /* PMC0-15 */
	{ 0x186, 0x195 }, /* PERFEVTSEL0-15 */
	{ 0x1a6, 0x1a7 }, /* OFFCORE_RSP */
	{ 0x1c8, 0x1c8 }, /* LBR_SELECT */
	{ 0x1d9, 0x1d9 }, /* DEBUGCTL */
	{ 0x309, 0x318 }, /* FIXED_CTR0-15 */
	{ 0x329, 0x329 }, /* PERF_METRICS */
	{ 0x345, 0x345 }, /* PERF_CAPABILITIES */
	{ 0x38d, 0x391 }, /* FIXED_CTR_CTRL, GLOBAL_* */
	{ 0x3f1, 0x3f7 }, /* PEBS_ENABLE, PEBS_DATA_CFG, PEBS_LD_LAT, PEBS_FRONTEND */
	{ 0x4c1, 0x4d0 }, /* full-width counters */
	{ 0x600, 0x600 }, /* DS_AREA */
	{ 0x834, 0x834 }, /* x2APIC LVTPC */
	{ 0x14ce, 0x14cf }, /* ARCH_LBR_CTL, DEPTH */
	{ 0x1900, 0x19ff }, /* counters and their configuration since version 6 */
};

static const struct range amd_msrs[] = {
	{ 0x1d9, 0x1d9 }, /* DEBUGCTL */
	{ 0x834, 0x834 }, /* x2APIC LVTPC */
	{ 0xc000010e, 0xc000010f }, /* LBR_SELECT, DBG_EXTN_CFG */
	{ 0xc0000300, 0xc0000303 }, /* GLOBAL_STATUS, CTL, STATUS_CLR, STATUS_SET */
	{ 0xc0010000, 0xc0010007 }, /* legacy selectors and counters */
	{ 0xc0010200, 0xc001021f }, /* PERF_CTL, PERF_CTR 0-15 */
	{ 0xc0011030, 0xc001103d }, /* IBS */
};

/* The PMU's registers among kvm_sys_access: Arm ARM D24.5, CRn 9 and the counters' CRn 14. */
static const char arm64_sysregs[] =
	"Op0 == 3 && ((CRn == 9 && CRm >= 12) || (CRn == 14 && CRm >= 8))";

static int add_ranges(struct kp_buf *buf, const char *field, const struct range *r, size_t nr)
{
	int err = 0;
	size_t i;

	for (i = 0; i < nr && !err; i++) {
		const char * or = buf->len ? " || " : "";

		if (r[i].lo == r[i].hi)
			err = kp_buf_printf(buf, "%s%s == 0x%x", or, field, r[i].lo);
		else
			err = kp_buf_printf(buf, "%s(%s >= 0x%x && %s <= 0x%x)", or, field, r[i].lo,
					    field, r[i].hi);
	}
	return err;
}

/* ---- migrations of vCPU threads ---- */

/* sched_migrate_task carries the moved task's name: VMs that start later are caught as well. */
static const char vcpu_names[] = "comm ~ \"CPU */KVM\" || comm ~ \"*vcpu*\"";

typedef KP_VEC(uint32_t) tid_vec;

static bool is_target(const struct kp_request *req, uint32_t pid, uint32_t tid)
{
	size_t i;

	if (req->target != KP_TARGET_PIDS && req->target != KP_TARGET_TIDS)
		return true;
	for (i = 0; i < req->nr_ids; i++)
		if ((uint32_t)req->ids[i] == (req->target == KP_TARGET_PIDS ? pid : tid))
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int find_tids(const struct kp_build *b, tid_vec *tids)
{
	const struct kp_host_vm *vm;
	size_t i;
	int err = 0;

	for (vm = b->host->vms; vm < b->host->vms + b->host->nr_vms; vm++)
		for (i = 0; i < vm->nr_vcpus && !err; i++)
			if (is_target(b->req, vm->pid, vm->vcpus[i].tid))
				err = kp_vec_push(tids, vm->vcpus[i].tid);
	if (tids->nr)
		qsort(tids->at, tids->nr, sizeof(*tids->at), by_number);
	return err;
}

/** struct numbers - in ascending order; those with less than @gap between them become a range */
struct numbers {
	const uint32_t *at;
	size_t nr;
	uint32_t gap;
};

static int numbers_filter(const struct numbers *n, const char *field, struct kp_buf *buf)
{
	const char * or ;
	uint32_t lo, hi;
	size_t i = 0;
	int err = 0;

	while (i < n->nr && !err) {
		lo = hi = n->at[i++];
		while (i < n->nr && n->at[i] - hi <= n->gap)
			hi = n->at[i++];
		or = buf->len ? " || " : "";
		if (lo == hi)
			err = kp_buf_printf(buf, "%s%s == %u", or, field, lo);
		else
			err = kp_buf_printf(buf, "%s(%s >= %u && %s <= %u)", or, field, lo, field,
					    hi);
	}
	return err;
}

/*
 * All known vCPU threads, exactly where the text fits into a page, else with some neighbours: what
 * else migrates is told apart by whoever reads the recording.
 */
static int migrate_filter(const struct kp_build *b, struct kp_buf *buf)
{
	bool by_name = b->req->target != KP_TARGET_PIDS && b->req->target != KP_TARGET_TIDS;
	tid_vec tids = { 0 };
	uint32_t gap;
	int err = find_tids(b, &tids);

	for (gap = 1; !err; gap *= 8) {
		buf->len = 0;
		if (by_name)
			err = kp_buf_printf(buf, "%s", vcpu_names);
		if (!err)
			err = numbers_filter(&(struct numbers){ tids.at, tids.nr, gap }, "pid",
					     buf);
		if (buf->len < FILTER_MAX_BYTES || gap > UINT32_MAX / 8)
			break;
	}
	kp_vec_free(&tids);
	return err;
}

/* ---- adding ---- */

static int add_if_exists(struct kp_build *b, const char *event, const char *filter)
{
	static const struct kp_mods no_mods;
	const char *name = strchr(event, ':') + 1;
	char system[32];
	int id;

	snprintf(system, sizeof(system), "%.*s", (int)(name - 1 - event), event);
	id = b->tps->id(b->tps->ctx, system, name);
	if (id == -ENOENT)
		return kp_build_note(b, "this kernel has no tracepoint %s: not recorded", event);
	if (id == -ENODEV)
		return kp_build_err(
			b, id,
			"tracefs is not mounted, so KVM's tracepoints cannot be found; run "
			"'mount -t tracefs nodev /sys/kernel/tracing'");
	if (id == -EACCES || id == -EPERM)
		return kp_build_err(
			b, -EACCES,
			"KVM's tracepoints may be recorded by root only; run kvmpmu as root");
	if (id < 0)
		return kp_build_err(b, id, "tracepoint %s: tracefs: %s", event, strerror(-id));
	return kp_build_add_tracepoint(b, system, name, id, &no_mods, filter);
}

/* ---- interrupts of PMUs ---- */

/* PMU interrupts into guests of arm64: PPI 23, as BSA numbers it and VMMs do. */
static const char arm64_pmu_irq[] = "irq == 23";

/*
 * KVM tells the vGIC the line's level at each entry and exit (kvm_pmu_update_state()). Where it is
 * high is next to nothing, and enough if the overflow's own interrupt is recorded.
 */
static const char arm64_pmu_raised[] = "irq == 23 && level == 1";

static bool is_arm(const struct kp_build *b)
{
	const char *machine = b->host->machine;

	return machine && (!strncmp(machine, "aarch64", 7) || !strncmp(machine, "arm", 3));
}

/*
 * arm64's PMU interrupts like any device, as NMI too (irqchip.gicv3_pseudo_nmi): both
 * handle_percpu_devid_irq() and handle_fasteoi_nmi() of kernel/irq/chip.c have the tracepoints.
 * The one of the end has no name to go by.
 */
static int add_pmu_irqs(struct kp_build *b)
{
	struct numbers irqs = { b->host->pmu_irqs, b->host->nr_pmu_irqs, 1 };
	struct kp_buf filter = { 0 };
	int err;

	if (!irqs.nr)
		return kp_build_note(b, "no line of /proc/interrupts is arm-pmu's: interrupts of "
					"the PMU are not recorded");
	err = add_if_exists(b, "irq:irq_handler_entry", "name == \"arm-pmu\"");
	for (; !err && (!filter.len || filter.len >= FILTER_MAX_BYTES); irqs.gap *= 8) {
		filter.len = 0;
		err = numbers_filter(&irqs, "irq", &filter);
	}
	if (!err)
		err = add_if_exists(b, "irq:irq_handler_exit", filter.data);
	kp_buf_free(&filter);
	return err;
}

int kp_defaults_add_interrupts(struct kp_build *b)
{
	int err;

	if (!is_arm(b))
		return add_if_exists(b, "nmi:nmi_handler", NULL);
	err = add_pmu_irqs(b);
	if (err || b->req->switch_detail) /* which has it whole */
		return err;
	return add_if_exists(b, "kvm:vgic_update_irq_pending",
			     b->host->nr_pmu_irqs ? arm64_pmu_raised : arm64_pmu_irq);
}

static int add_migrations(struct kp_build *b)
{
	struct kp_buf filter = { 0 };
	size_t before = b->events.nr;
	int err = migrate_filter(b, &filter);

	if (!err && !filter.len)
		err = kp_build_note(b, "no vCPU thread of the target is known: migrations are not "
				       "recorded");
	else if (!err)
		err = add_if_exists(b, "sched:sched_migrate_task", filter.data);
	if (!err && b->events.nr > before && b->req->target != KP_TARGET_SYSTEM &&
	    b->req->target != KP_TARGET_CPUS)
		kp_build_last_system_wide(b);
	kp_buf_free(&filter);
	return err;
}

static bool has_kvm_event(const struct kp_build *b)
{
	size_t i;

	for (i = 0; i < b->events.nr; i++)
		if (b->events.at[i].system && !strcmp(b->events.at[i].system, "kvm"))
			return true;
	return false;
}

int kp_defaults_add(struct kp_build *b)
{
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(defaults) && !err; i++)
		err = add_if_exists(b, defaults[i], NULL);
	if (!err)
		err = kp_defaults_add_interrupts(b);
	if (!err && !has_kvm_event(b))
		return kp_build_err(
			b, -ENOENT, "this kernel has no kvm tracepoints: %s; -e names other events",
			b->host->kvm == KP_TRI_NO
				? "there is no /dev/kvm, load the kvm modules first"
				: "it was built without them (CONFIG_KVM, CONFIG_TRACEPOINTS)");
	return err ? err : add_migrations(b);
}

/* On every CPU, because BPF programs may write only to the event of the CPU that they run on. */
int kp_defaults_add_switch(struct kp_build *b)
{
	static const struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
						     .config = PERF_COUNT_SW_BPF_OUTPUT };
	static const struct kp_mods no_mods;
	bool alone = !b->req->nr_events && !b->req->switch_detail;
	struct kp_plan_event *ev;
	int err = kp_build_add(b, &attr, KP_SWBATCH_EVENT, &no_mods);

	if (err)
		return err;
	if (b->req->target != KP_TARGET_SYSTEM && b->req->target != KP_TARGET_CPUS)
		kp_build_last_system_wide(b);
	ev = &b->events.at[b->events.nr - 1];
	ev->compact = true;
	ev->any_mode = false;
	/* The IP is for perf script, which shows no software event without one. */
	ev->attr.sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	return alone ? add_migrations(b) : 0;
}

/*
 * Whose entries and exits they are where guests have guests; kvm_nested_vmenter was
 * kvm_nested_vmrun before 6.1. They fire at nested exits alone.
 */
static const char *const nested[] = {
	"kvm_nested_vmenter",
	"kvm_nested_vmrun",
	"kvm_nested_vmexit",
	"kvm_nested_vmexit_inject",
};

/* Those that exist: no word of the others, each kernel lacks one. */
static int add_nested(struct kp_build *b)
{
	static const struct kp_mods no_mods;
	size_t i;
	int id, err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(nested) && !err; i++) {
		id = b->tps->id(b->tps->ctx, "kvm", nested[i]);
		if (id >= 0)
			err = kp_build_add_tracepoint(b, "kvm", nested[i], id, &no_mods, NULL);
	}
	return err;
}

static int add_x86_detail(struct kp_build *b)
{
	const char *cpuid = b->host->cpuid;
	bool amd = cpuid &&
		   (!strncmp(cpuid, "AuthenticAMD", 12) || !strncmp(cpuid, "HygonGenuine", 12));
	bool intel = cpuid && !strncmp(cpuid, "GenuineIntel", 12);
	struct kp_buf filter = { 0 };
	int err = 0;

	/* an unknown vendor gets both: the ranges hold nothing else of the other */
	if (!amd)
		err = add_ranges(&filter, "msr", intel_msrs, KP_ARRAY_SIZE(intel_msrs));
	if (!err && !intel)
		err = add_ranges(&filter, "msr", amd_msrs, KP_ARRAY_SIZE(amd_msrs));
	if (!err)
		err = add_if_exists(b, "msr:read_msr", filter.data);
	if (!err)
		err = add_if_exists(b, "msr:write_msr", filter.data);
	if (!err)
		err = add_if_exists(b, "msr:rdpmc", NULL);
	if (!err)
		err = add_nested(b);
	kp_buf_free(&filter);
	return err;
}

int kp_defaults_add_switch_detail(struct kp_build *b)
{
	const char *machine = b->host->machine;
	int err;

	if (is_arm(b)) {
		err = add_if_exists(b, "kvm:kvm_sys_access", arm64_sysregs);
		return err ? err : add_if_exists(b, "kvm:vgic_update_irq_pending", arm64_pmu_irq);
	}
	if (machine && strcmp(machine, "x86_64"))
		return kp_build_warn(b,
				     "--switch-detail: nothing to add on %s: it has no tracepoints "
				     "of PMU register accesses",
				     machine);
	return add_x86_detail(b);
}
