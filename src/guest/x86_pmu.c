// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PMU of the x86-64 guest: what CPUID says it has, and the lists of MSR writes with which the
 * guest starts and stops its counters. Register numbers: Intel SDM vol. 4, AMD APM vol. 2, 13.2.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "x86.h"

#define LEAF_INTEL_PMU	  0xa
#define LEAF_AMD_FEATURES 0x80000001
#define LEAF_AMD_PMU	  0x80000022
#define AMD_PERFCTR_CORE  (1u << 23) /* ECX of LEAF_AMD_FEATURES */
#define AMD_PERFMON_V2	  (1u << 0) /* EAX of LEAF_AMD_PMU */

#define INTEL_SELECT	   0x186
#define INTEL_COUNTER	   0xc1
#define INTEL_FIXED	   0x309
#define INTEL_FIXED_CTRL   0x38d
#define INTEL_GLOBAL_CTRL  0x38f
#define INTEL_OVF_CTRL	   0x390
#define INTEL_RDPMC_FIXED  (1u << 30)
#define AMD_SELECT	   0xc0010200 /* counter n: + 2n, its value + 2n + 1 */
#define AMD_LEGACY_SELECT  0xc0010000
#define AMD_LEGACY_COUNTER 0xc0010004
#define AMD_GLOBAL_CTL	   0xc0000301
#define AMD_STATUS_CLR	   0xc0000302

#define SELECT_USR_OS 0x30000ull
#define SELECT_ENABLE 0x400000ull
#define SELECT_INT    0x100000ull
#define LVT_NMI	      0x400
#define EVENT_MASK    0xf0000ffffull /* AMD: event bits 8 to 11 are bits 32 to 35 */

struct event {
	const char *name;
	uint64_t code;
};

/* The first is the one whose count is known. */
static const struct event intel_events[] = {
	{ "instructions", 0xc0 },
	{ "branches", 0xc4 },
	{ "cycles", 0x3c },
};

static const struct event amd_events[] = {
	{ "instructions", 0xc0 },
	{ "branches", 0xc2 },
	{ "cycles", 0x76 },
};

static const struct event fixed_events[] = {
	{ "instructions", 0 },
	{ "cycles", 1 },
	{ "ref-cycles", 2 },
	{ "slots", 3 },
};

#define NR_DEFAULT (sizeof(intel_events) / sizeof(intel_events[0]))
#define NR_FIXED   (sizeof(fixed_events) / sizeof(fixed_events[0]))

/* ---- what is there ---- */

static void detect_intel(struct kp_guest_info *info, const struct kvm_cpuid2 *cpuid)
{
	const struct kvm_cpuid_entry2 *leaf = kp_guest_x86_leaf(cpuid, LEAF_INTEL_PMU);

	if (!leaf || !(leaf->eax & 0xff))
		return;
	info->pmu = "intel";
	info->pmu_on = true;
	info->pmu_version = leaf->eax & 0xff;
	info->nr_gp = leaf->eax >> 8 & 0xff;
	info->width = leaf->eax >> 16 & 0xff;
	info->nr_fixed = info->pmu_version > 1 ? leaf->edx & 0x1f : 0;
	if (info->nr_fixed > NR_FIXED)
		info->nr_fixed = NR_FIXED;
}

static void detect_amd(struct kp_guest *guest, const struct kvm_cpuid2 *cpuid)
{
	const struct kvm_cpuid_entry2 *leaf = kp_guest_x86_leaf(cpuid, LEAF_AMD_FEATURES);
	const struct kvm_cpuid_entry2 *v2 = kp_guest_x86_leaf(cpuid, LEAF_AMD_PMU);
	struct kp_guest_info *info = &guest->info;
	bool core = leaf && leaf->ecx & AMD_PERFCTR_CORE;

	/* Four K7 counters need no CPUID bit: there whenever KVM has a vPMU at all. */
	if (!core && !kp_guest_has_cap(guest, KVM_CAP_PMU_CAPABILITY))
		return;
	info->pmu = "amd";
	info->pmu_on = true;
	info->pmu_version = 1;
	info->nr_gp = core ? 6 : 4;
	info->width = 48;
	if (v2 && v2->eax & AMD_PERFMON_V2) {
		info->pmu = "amd-v2";
		info->pmu_version = 2;
		info->nr_gp = v2->ebx & 0xf;
	}
}

void kp_guest_x86_pmu_detect(struct kp_guest *guest, const struct kvm_cpuid2 *cpuid)
{
	if (guest->conf.pmu == KP_GUEST_OFF)
		return;
	if (guest->amd)
		detect_amd(guest, cpuid);
	else
		detect_intel(&guest->info, cpuid);
}

/* Kernels before 5.18 do not have KVM_CAP_PMU_CAPABILITY but follow CPUID on Intel. */
void kp_guest_x86_pmu_hide(struct kvm_cpuid2 *cpuid)
{
	uint32_t i;

	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == LEAF_INTEL_PMU || e->function == LEAF_AMD_PMU)
			e->eax = e->ebx = e->ecx = e->edx = 0;
		else if (e->function == LEAF_AMD_FEATURES)
			e->ecx &= ~AMD_PERFCTR_CORE;
	}
}

static uint32_t select_msr(const struct kp_guest *guest, unsigned int n)
{
	if (!guest->amd)
		return INTEL_SELECT + n;
	return guest->info.nr_gp > 4 ? AMD_SELECT + 2 * n : AMD_LEGACY_SELECT + n;
}

static uint32_t counter_msr(const struct kp_guest *guest, unsigned int n)
{
	if (!guest->amd)
		return INTEL_COUNTER + n;
	return guest->info.nr_gp > 4 ? AMD_SELECT + 2 * n + 1 : AMD_LEGACY_COUNTER + n;
}

/*
 * Whatever CPUID says, KVM may have taken the PMU away: with kvm_*.enable_mediated_pmu and without
 * an in-kernel irqchip it does so without a word (arch/x86/kvm/x86.c, kvm_arch_vcpu_precreate()). A
 * selector that keeps what is written to it is there.
 */
int kp_guest_x86_pmu_verify(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kp_guest *guest = vcpu->guest;
	uint32_t msr = select_msr(guest, 0);
	const uint64_t probe = SELECT_USR_OS | 0xc0;
	uint64_t value = 0;
	bool there;

	there = kp_guest_x86_msr(vcpu, msr, probe) && kp_guest_x86_msr_get(vcpu, msr, &value) &&
		value == probe;
	kp_guest_x86_msr(vcpu, msr, 0);
	if (there)
		return 0;
	guest->info.pmu_on = false;
	guest->info.pmu = "none";
	guest->info.pmu_version = guest->info.width = 0;
	guest->info.nr_gp = guest->info.nr_fixed = 0;
	if (guest->conf.pmu != KP_GUEST_ON)
		return 0;
	return kp_guest_fail(error, (int)vcpu->index, EOPNOTSUPP,
			     "vCPU %u: KVM gives this guest no vPMU%s", vcpu->index,
			     guest->conf.irqchip == KP_GUEST_OFF
				     ? ": a mediated one needs the in-kernel irqchip"
				     : "");
}

/* ---- lists of writes ---- */

static uint64_t event_of(const struct kp_guest *guest, const struct kp_guest_job *job,
			 unsigned int n)
{
	if (job->nr_events)
		return job->events[n % job->nr_events] & EVENT_MASK;
	/* the last is cycles, whose count from overflow to interrupt is the latency */
	n += job->payload->pmi ? NR_DEFAULT - 1 : 0;
	return (guest->amd ? amd_events : intel_events)[n % NR_DEFAULT].code;
}

static void add_start(struct kp_guest_page *page, uint32_t msr, uint64_t value)
{
	kp_guest_x86_write_add(page->start, &page->nr_start, KP_START_MAX, msr, value);
}

static void add_halt(struct kp_guest_page *page, uint32_t msr, uint64_t value)
{
	kp_guest_x86_write_add(page->halt, &page->nr_halt, KP_HALT_MAX, msr, value);
}

/* 0 where the guest's PMU has no global control: version 1 of either vendor. */
static uint32_t global_msr(const struct kp_guest *guest)
{
	if (guest->info.pmu_version < 2)
		return 0;
	return guest->amd ? AMD_GLOBAL_CTL : INTEL_GLOBAL_CTRL;
}

/* AMD's and Intel's register that clears overflows; version 1 has none. */
static uint32_t clear_msr(const struct kp_guest *guest)
{
	if (guest->info.pmu_version < 2)
		return 0;
	return guest->amd ? AMD_STATUS_CLR : INTEL_OVF_CTRL;
}

/* Counter 0 of payload pmi. Intel extends the sign of 32 bits, AMD takes all 48. */
static uint64_t preset_of(const struct kp_guest *guest, const struct kp_guest_job *job)
{
	uint64_t mask = guest->amd ? (1ull << guest->info.width) - 1 : UINT32_MAX;

	return job->payload->pmi ? -kp_guest_period(job) & mask : 0;
}

/* The local vector table's entry is masked by each PMI on Intel (SDM vol. 3, 12.5.1). */
static void add_pmi(struct kp_vcpu *vcpu, const struct kp_guest_job *job)
{
	uint32_t clear = clear_msr(vcpu->guest);

	if (clear) {
		add_start(vcpu->page, clear, 1);
		add_halt(vcpu->page, clear, 1);
	}
	if (job->nmi)
		vcpu->page->flags |= KP_FLAG_NMI;
	add_start(vcpu->page, KP_MSR_LVTPC, job->nmi ? LVT_NMI : KP_VECTOR_PMI);
}

/* Highest counter first: without a global control they start one by one, counter 0 last. */
static void add_gp(struct kp_vcpu *vcpu, const struct kp_guest_job *job, unsigned int nr)
{
	struct kp_guest *guest = vcpu->guest;
	uint64_t bits = SELECT_USR_OS | (job->counters_idle ? 0 : SELECT_ENABLE);
	unsigned int n;

	for (n = nr; n-- > 0;) {
		bool pmi = job->payload->pmi && !n;

		add_start(vcpu->page, counter_msr(guest, n), n ? 0 : preset_of(guest, job));
		add_start(vcpu->page, select_msr(guest, n),
			  event_of(guest, job, n) | bits | (pmi ? SELECT_INT : 0));
		vcpu->page->counters[n].select = n;
	}
	for (n = 0; n < nr; n++)
		add_halt(vcpu->page, select_msr(guest, n), 0);
}

static void add_fixed(struct kp_vcpu *vcpu, const struct kp_guest_job *job, unsigned int first,
		      unsigned int nr)
{
	uint64_t ctrl = 0;
	unsigned int n;

	for (n = 0; n < nr; n++) {
		add_start(vcpu->page, INTEL_FIXED + n, 0);
		vcpu->page->counters[first + n].select = INTEL_RDPMC_FIXED | n;
		ctrl |= 3ull << (4 * n); /* count in both rings */
	}
	add_start(vcpu->page, INTEL_FIXED_CTRL, job->counters_idle ? 0 : ctrl);
	add_halt(vcpu->page, INTEL_FIXED_CTRL, 0);
}

/* General counters first, then fixed ones; the caller has checked the number. */
void kp_guest_x86_pmu_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job)
{
	struct kp_guest *guest = vcpu->guest;
	struct kp_guest_page *page = vcpu->page;
	unsigned int nr = job->nr_counters ? job->nr_counters : 1;
	unsigned int gp = nr < guest->info.nr_gp ? nr : guest->info.nr_gp;
	uint32_t global = global_msr(guest);

	page->nr_counters = nr;
	page->counter_mask = guest->info.width < 64 ? (1ull << guest->info.width) - 1 : UINT64_MAX;
	if (global) {
		add_start(page, global, 0);
		add_halt(page, global, 0);
	}
	if (job->payload->pmi)
		add_pmi(vcpu, job);
	if (nr > gp)
		add_fixed(vcpu, job, gp, nr - gp);
	add_gp(vcpu, job, gp);
	if (global)
		add_start(page, global, ((1ull << gp) - 1) | ((1ull << (nr - gp)) - 1) << 32);
}

/* ---- single registers ---- */

/* Bits that change: unit mask of a selector that is off, low bits, enable bit of counter 1. */
int kp_guest_pmu_access(const struct kp_guest *guest, enum kp_guest_pmu_reg reg,
			enum kp_guest_access access, struct kp_guest_job *job)
{
	uint32_t global = global_msr(guest);

	if (!guest->info.pmu_on || (reg == KP_GUEST_GLOBAL && !global))
		return -EOPNOTSUPP;
	if (access == KP_GUEST_RDPMC && reg != KP_GUEST_COUNTER)
		return -EOPNOTSUPP;
	job->access = access;
	job->set_reg = true;
	job->value = 0;
	switch (reg) {
	case KP_GUEST_SELECTOR:
		job->reg = select_msr(guest, 0);
		job->value = SELECT_USR_OS | intel_events[0].code;
		job->flip = 0x100;
		break;
	case KP_GUEST_COUNTER:
		job->reg = access == KP_GUEST_RDPMC ? 0 : counter_msr(guest, 0);
		job->flip = 0x100;
		break;
	case KP_GUEST_GLOBAL:
		job->reg = global;
		job->flip = 2;
		break;
	}
	return 0;
}

/* ---- results ---- */

static const char *event_name(const struct kp_guest *guest, uint64_t code)
{
	const struct event *events = guest->amd ? amd_events : intel_events;
	size_t i;

	for (i = 0; i < NR_DEFAULT; i++)
		if (events[i].code == code)
			return events[i].name;
	return NULL;
}

void kp_guest_arch_counters(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
			    struct kp_guest_vcpu_result *result)
{
	const struct kp_guest_page *page = vcpu->page;
	unsigned int n;

	for (n = 0; n < result->nr_counters; n++) {
		struct kp_guest_counter *counter = &result->counters[n];

		counter->index = (uint32_t)page->counters[n].select;
		if (counter->index & INTEL_RDPMC_FIXED) {
			counter->event = fixed_events[counter->index & (NR_FIXED - 1)].code;
			counter->name = fixed_events[counter->index & (NR_FIXED - 1)].name;
		} else {
			counter->event = event_of(vcpu->guest, job, n);
			counter->name = event_name(vcpu->guest, counter->event);
		}
		if (kp_guest_counts_known(vcpu->guest, job) && counter->name &&
		    !strcmp(counter->name, "instructions")) {
			kp_guest_expect(page, n, counter);
		}
	}
}
