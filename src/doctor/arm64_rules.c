// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_rules.c - findings about vCPUs and PMUs of heterogeneous arm64 hosts: a VM has one physical
 * PMU, and its counters count on that PMU's CPUs alone (arch/arm64/kvm/pmu-emul.c). Pure.
 */
#include "doctor/rule.h"

#include <stdio.h>

static bool applies(const struct kp_case *c)
{
	return kp_case_is_arm64(c) && kp_case_nr_core_pmus(c) > 1;
}

static bool may_have_pmu(const struct kp_owner_vcpu *v)
{
	return v->mode != KP_VPMU_NONE && *v->affinity;
}

static enum kp_fit fit_of(const struct kp_case *c, const struct kp_owner_vcpu *v)
{
	const struct kp_host_pmu *pmu = *v->pmu ? kp_host_find_pmu(c->host, v->pmu) : NULL;

	return pmu ? kp_cpus_fit(v->affinity, pmu->cpus, c->host->online) : KP_FIT_UNKNOWN;
}

/* Where its PMU is not known, all CPUs that it may run on should have the same. */
static bool spans_any(const struct kp_case *c, const struct kp_owner_vcpu *v)
{
	size_t i;

	for (i = 0; i < c->host->nr_pmus; i++)
		if (c->host->pmus[i].core && kp_cpus_fit(v->affinity, c->host->pmus[i].cpus,
							 c->host->online) == KP_FIT_SPANS)
			return true;
	return false;
}

static const char *vcpu_words(const struct kp_owner_vcpu *v, char *buf, size_t size)
{
	if (v->valid & KP_VCPU_HAS_ID)
		snprintf(buf, size, "vCPU %u (thread %u)", v->vcpu, v->tid);
	else
		snprintf(buf, size, "the vCPU of thread %u", v->tid);
	return buf;
}

static void add_bound(struct kp_exam *x, const struct kp_owner_vcpu *v, const char *who)
{
	if (v->bound == KP_TRI_YES)
		kp_exam_add(x, "vcpu", v->pid, v->tid,
			    "%s: the VMM chose that PMU (SET_PMU): on other CPUs KVM_RUN ends with "
			    "KVM_EXIT_FAIL_ENTRY",
			    who);
	else if (v->bound == KP_TRI_NO)
		kp_exam_add(x, "vcpu", v->pid, v->tid,
			    "%s: that PMU is KVM's default: on other CPUs the vCPU runs, and its "
			    "counters stand still",
			    who);
}

static void add_spanning(struct kp_exam *x, const struct kp_owner_vcpu *v)
{
	const struct kp_host_pmu *pmu = *v->pmu ? kp_host_find_pmu(x->c->host, v->pmu) : NULL;
	char buf[64];

	vcpu_words(v, buf, sizeof(buf));
	if (!pmu) {
		kp_exam_add(x, "vcpu", v->pid, v->tid, "%s may run on CPUs %s, of several PMUs",
			    buf, v->affinity);
		return;
	}
	kp_exam_add(x, "vcpu", v->pid, v->tid,
		    "%s may run on CPUs %s, its PMU %s is on CPUs %s alone", buf, v->affinity,
		    pmu->name, pmu->cpus);
	kp_exam_fix(x, "pin vCPUs to their PMU's CPUs: 'taskset -pc %s %u'", pmu->cpus, v->tid);
	if (v->bound == KP_TRI_YES) {
		add_bound(x, v, buf);
		kp_exam_severity(x, KP_PROBLEM);
		return;
	}
	if ((v->valid & KP_VCPU_HAS_CPU) && !kp_cpus_has(pmu->cpus, v->cpu)) {
		kp_exam_add(x, "vcpu", v->pid, v->tid, "%s is on CPU %u now: it counts nothing",
			    buf, v->cpu);
		kp_exam_severity(x, KP_PROBLEM);
	}
}

static void look_affinity(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_vcpu *v;
	size_t i;

	if (!applies(x->c) || !owners)
		return;
	for (i = 0; i < owners->nr_vcpus; i++) {
		v = &owners->vcpus[i];
		if (may_have_pmu(v) &&
		    (*v->pmu ? fit_of(x->c, v) == KP_FIT_SPANS : spans_any(x->c, v)))
			add_spanning(x, v);
	}
}

static void look_mask(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_host_pmu *pmu;
	const struct kp_owner_vcpu *v;
	char buf[64];
	size_t i;

	if (!applies(x->c) || !owners)
		return;
	for (i = 0; i < owners->nr_vcpus; i++) {
		v = &owners->vcpus[i];
		if (!may_have_pmu(v) || fit_of(x->c, v) != KP_FIT_OUTSIDE)
			continue;
		pmu = kp_host_find_pmu(x->c->host, v->pmu);
		kp_exam_add(x, "vcpu", v->pid, v->tid,
			    "%s may run on CPUs %s alone, its PMU %s is on CPUs %s",
			    vcpu_words(v, buf, sizeof(buf)), v->affinity, pmu->name, pmu->cpus);
		add_bound(x, v, buf);
		kp_exam_fix(x,
			    "pin vCPUs to their PMU's CPUs ('taskset -pc %s %u'), or start the "
			    "VM with the other PMU (KVM_ARM_VCPU_PMU_V3_SET_PMU)",
			    pmu->cpus, v->tid);
	}
}

static void look_composite(struct kp_exam *x)
{
	const struct kp_host *h = x->c->host;
	size_t i;

	if (!applies(x->c))
		return;
	for (i = 0; i < h->nr_pmus; i++)
		if (h->pmus[i].core)
			kp_exam_add(x, "pmu", 0, 0, "PMU %s on CPUs %s", h->pmus[i].name,
				    h->pmus[i].cpus ? h->pmus[i].cpus : "-");
}

const struct kp_rule kp_rules_arm64[] = {
	{ .id = "pmu-affinity",
	  .severity = KP_WARNING,
	  .title = "vCPUs may run on CPUs that have another PMU than theirs",
	  .cause = "A VM's counters are those of one physical PMU. On CPUs of another they stand "
		   "still; where the VMM chose the PMU (SET_PMU), KVM does not enter the guest "
		   "there: KVM_EXIT_FAIL_ENTRY.",
	  .fix = "pin the vCPUs of a VM to the CPUs of one PMU, the one that its first vCPU was "
		 "made on",
	  .look = look_affinity },
	{ .id = "pmu-mask",
	  .severity = KP_PROBLEM,
	  .title = "vCPUs are pinned to CPUs that their PMU does not cover",
	  .cause = "Where the VMM chose the PMU (SET_PMU), KVM does not enter the guest on other "
		   "CPUs: KVM_EXIT_FAIL_ENTRY. With a default PMU the guest's counters never "
		   "count.",
	  .fix = "pin vCPUs to their PMU's CPUs",
	  .look = look_mask },
	{ .id = "no-composite-pmu",
	  .severity = KP_NOTE,
	  .title = "No guest counter is valid on all CPUs of this host",
	  .cause = "The host has several core PMUs and KVM, up to Linux 7.3 at least, no PMU for "
		   "guests that counts on all of them. The default is that of the CPU on which "
		   "the VM's first PMU was set up.",
	  .fix = "choose one per VM (KVM_ARM_VCPU_PMU_V3_SET_PMU) and pin its vCPUs to it",
	  .look = look_composite },
	{ 0 },
};
