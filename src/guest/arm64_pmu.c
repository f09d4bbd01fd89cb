// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PMU of the arm64 guest (FEAT_PMUv3): the vCPU's device attributes, and what the guest is to
 * program. KVM's order matters: which PMU, then the filter, then the interrupt, then init
 * (Documentation/virt/kvm/devices/vcpu.rst).
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include "arm64.h"

#define PMU_PPI	      23
#define CYCLE_COUNTER 31
#define EVENT_MASK    0xffffull

#define REG_PMCR    ARM64_SYS_REG(3, 3, 9, 12, 0)
#define REG_ID_DFR0 ARM64_SYS_REG(3, 0, 0, 5, 0) /* ID_AA64DFR0_EL1 */
#define PMUVER_P5   6 /* 64-bit event counters exist, but PMCR_EL0.LP has to ask for them */

struct event {
	const char *name;
	uint64_t code;
};

/* INST_RETIRED, BR_RETIRED, CPU_CYCLES; the first is the one whose count is known. */
static const struct event events[] = {
	{ "instructions", 0x08 },
	{ "branches", 0x21 },
	{ "cycles", 0x11 },
};

#define NR_DEFAULT (sizeof(events) / sizeof(events[0]))

/* ---- what is there ---- */

int kp_guest_arm64_pmu_check(struct kp_guest *guest, struct kp_guest_error *error)
{
	guest->info.pmu_on =
		guest->conf.pmu != KP_GUEST_OFF && kp_guest_has_cap(guest, KVM_CAP_ARM_PMU_V3);
	if (guest->conf.pmu == KP_GUEST_ON && !guest->info.pmu_on)
		return kp_guest_fail(
			error, -1, EOPNOTSUPP,
			"this KVM offers no vPMU (KVM_CAP_ARM_PMU_V3; has the host a PMU?)");
	return 0;
}

static int set_filter(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	const struct kp_guest_filter *filter = vcpu->guest->conf.filter;
	unsigned int i;
	int ret = 0;

	/* The filter is the VM's; its first range decides what all other events get. */
	if (!filter || vcpu->index)
		return 0;
	if (!filter->nr)
		return kp_guest_fail(error, -1, EINVAL, "a PMU event filter without events");
	for (i = 0; i < filter->nr && !ret; i++) {
		struct kvm_pmu_event_filter range = {
			.base_event = (uint16_t)filter->events[i],
			.nevents = 1,
			.action = filter->deny ? KVM_PMU_EVENT_DENY : KVM_PMU_EVENT_ALLOW,
		};

		ret = kp_guest_arm64_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					  KVM_ARM_VCPU_PMU_V3_FILTER, &range);
	}
	return ret ? kp_guest_fail(error, (int)vcpu->index, -ret,
				   "KVM refuses the PMU event filter: %s", strerror(-ret))
		   : 0;
}

int kp_guest_arm64_pmu_vcpu(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	int type = (int)vcpu->guest->conf.pmu_type;
	int ret;

	if (type) {
		ret = kp_guest_arm64_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					  KVM_ARM_VCPU_PMU_V3_SET_PMU, &type);
		if (ret)
			return kp_guest_fail(
				error, (int)vcpu->index, -ret,
				"vCPU %u: KVM does not take the PMU of perf type %d: %s",
				vcpu->index, type, strerror(-ret));
	}
	return set_filter(vcpu, error);
}

static int read_info(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kp_guest_info *info = &vcpu->guest->info;
	uint64_t pmcr, dfr0;
	int ret;

	ret = kp_guest_arm64_get(vcpu, REG_PMCR, &pmcr);
	if (!ret)
		ret = kp_guest_arm64_get(vcpu, REG_ID_DFR0, &dfr0);
	if (ret)
		return kp_guest_fail(error, (int)vcpu->index, -ret, "vCPU %u: no PMU registers: %s",
				     vcpu->index, strerror(-ret));
	info->pmu = "armv8";
	info->pmu_version = (unsigned int)(dfr0 >> 8 & 0xf);
	info->nr_gp = (unsigned int)(pmcr >> 11 & 0x1f);
	info->nr_fixed = 1;
	info->width = 32;
	return 0;
}

int kp_guest_arm64_pmu_finish(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	const int ppi = PMU_PPI;
	int ret = 0;

	if (vcpu->guest->irqchip_fd >= 0)
		ret = kp_guest_arm64_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					  KVM_ARM_VCPU_PMU_V3_IRQ, &ppi);
	if (!ret)
		ret = kp_guest_arm64_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					  KVM_ARM_VCPU_PMU_V3_INIT, NULL);
	if (ret)
		return kp_guest_fail(error, (int)vcpu->index, -ret,
				     "vCPU %u: KVM does not set up the PMU: %s", vcpu->index,
				     strerror(-ret));
	return vcpu->index ? 0 : read_info(vcpu, error);
}

/* ---- a job ---- */

static uint64_t event_of(const struct kp_guest_job *job, unsigned int n)
{
	if (job->nr_events)
		return job->events[n % job->nr_events] & EVENT_MASK;
	/* the last is cycles, whose count from overflow to interrupt is the latency */
	n += job->payload->pmi ? NR_DEFAULT - 1 : 0;
	return events[n % NR_DEFAULT].code;
}

/* Event counters first, then the cycle counter; the caller has checked the number. */
void kp_guest_arm64_pmu_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job)
{
	const struct kp_guest_info *info = &vcpu->guest->info;
	unsigned int n, nr = job->nr_counters ? job->nr_counters : 1;
	struct kp_guest_page *page = vcpu->page;

	page->nr_counters = nr;
	page->nr_start = nr;
	page->counter_mask = (1ull << info->width) - 1;
	if (job->payload->pmi)
		page->preset = (1ull << info->width) - kp_guest_period(job);
	for (n = 0; n < nr; n++) {
		bool cycles = n == info->nr_gp;
		uint64_t index = cycles ? CYCLE_COUNTER : n;

		page->counters[n].select = index;
		page->start[n].reg = index;
		page->start[n].value = cycles ? 0 : event_of(job, n);
		if (!job->counters_idle)
			page->enable |= 1ull << index;
	}
}

/* Bits that change: of the event number (nothing counts), of the value, PMCR_EL0.LC. */
int kp_guest_pmu_access(const struct kp_guest *guest, enum kp_guest_pmu_reg reg,
			enum kp_guest_access access, struct kp_guest_job *job)
{
	static const uint32_t regs[] = {
		[KP_GUEST_SELECTOR] = KP_GUEST_SYSREG(3, 3, 14, 12, 0), /* PMEVTYPER0_EL0 */
		[KP_GUEST_COUNTER] = KP_GUEST_SYSREG(3, 3, 14, 8, 0), /* PMEVCNTR0_EL0 */
		[KP_GUEST_GLOBAL] = KP_GUEST_SYSREG(3, 3, 9, 12, 0), /* PMCR_EL0 */
	};
	static const uint64_t flips[] = {
		[KP_GUEST_SELECTOR] = 1,
		[KP_GUEST_COUNTER] = 0x100,
		[KP_GUEST_GLOBAL] = 0x40,
	};

	if (!guest->info.pmu_on || access == KP_GUEST_RDPMC)
		return -EOPNOTSUPP;
	job->access = access;
	job->set_reg = true;
	job->reg = regs[reg];
	job->value = reg == KP_GUEST_SELECTOR ? events[0].code : 0;
	job->flip = flips[reg];
	return 0;
}

void kp_guest_arch_counters(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
			    struct kp_guest_vcpu_result *result)
{
	const struct kp_guest_page *page = vcpu->page;
	unsigned int n;
	size_t i;

	for (n = 0; n < result->nr_counters; n++) {
		struct kp_guest_counter *counter = &result->counters[n];

		counter->index = (uint32_t)page->counters[n].select;
		counter->event = counter->index == CYCLE_COUNTER ? 0x11 : event_of(job, n);
		for (i = 0; i < NR_DEFAULT; i++)
			if (events[i].code == counter->event)
				counter->name = events[i].name;
		if (kp_guest_counts_known(vcpu->guest, job) && counter->event == events[0].code) {
			kp_guest_expect(page, n, counter);
		}
	}
}
