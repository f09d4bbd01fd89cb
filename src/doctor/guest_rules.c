// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest_rules.c - findings about guests that see no PMU, or less of one than they might (x86).
 * Pure.
 */
#include "doctor/rule.h"

#include <stdio.h>
#include <string.h>

#define SELECTOR_ENABLE (1ull << 22) /* ARCH_PERFMON_EVENTSEL_ENABLE, the same on AMD */

static bool is_hybrid(const struct kp_case *c)
{
	return kp_host_find_pmu(c->host, "cpu_core") || kp_host_find_pmu(c->host, "cpu_atom");
}

/* kvm_init_pmu_capability() in arch/x86/kvm/pmu.c sets enable_pmu back on such CPUs. */
static void look_hybrid(struct kp_exam *x)
{
	const struct kp_host *h = x->c->host;
	size_t i;

	if (h->kvm != KP_TRI_YES || !is_hybrid(x->c) || kp_case_is_arm64(x->c))
		return;
	for (i = 0; i < h->nr_pmus; i++)
		if (h->pmus[i].core)
			kp_exam_add(x, "pmu", 0, 0, "PMU %s on CPUs %s", h->pmus[i].name,
				    h->pmus[i].cpus ? h->pmus[i].cpus : "-");
}

static void look_parameter(struct kp_exam *x)
{
	if (x->c->host->kvm_enable_pmu == KP_TRI_NO && !is_hybrid(x->c) && kp_case_core_pmu(x->c))
		kp_exam_add(x, "setting", 0, 0, "kvm.enable_pmu is N");
}

static bool has_vcpu(const struct kp_owners *owners, size_t vm,
		     bool (*fn)(const struct kp_owner_vcpu *v))
{
	size_t i;

	for (i = 0; i < owners->nr_vcpus; i++)
		if (owners->vcpus[i].vm == vm && fn(&owners->vcpus[i]))
			return true;
	return false;
}

static bool without_irqchip(const struct kp_owner_vcpu *v)
{
	return v->irqchip_in_kernel == KP_TRI_NO && v->mode != KP_VPMU_MEDIATED &&
	       v->mode != KP_VPMU_EMULATED;
}

static bool without_pmu(const struct kp_owner_vcpu *v)
{
	return v->mode == KP_VPMU_NONE && v->irqchip_in_kernel != KP_TRI_NO;
}

static void add_vms(struct kp_exam *x, bool (*fn)(const struct kp_owner_vcpu *v), const char *what)
{
	const struct kp_owners *owners = x->c->owners;
	char buf[96];
	size_t i;

	for (i = 0; owners && i < owners->nr_vms; i++)
		if (has_vcpu(owners, i, fn))
			kp_exam_add(x, "vm", owners->vms[i].pid, 0, "VM %s %s",
				    kp_vm_words(&owners->vms[i], buf, sizeof(buf)), what);
}

/* kvm_arch_vcpu_precreate() in arch/x86/kvm/x86.c */
static void look_irqchip(struct kp_exam *x)
{
	if (kp_case_mediated(x->c))
		add_vms(x, without_irqchip, "has no in-kernel irqchip, and no PMU");
}

/* Only where KVM would give it one. */
static void look_cpuid(struct kp_exam *x)
{
	if (x->c->host->kvm_enable_pmu != KP_TRI_NO && kp_case_core_pmu(x->c) &&
	    !kp_case_is_arm64(x->c))
		add_vms(x, without_pmu, "shows its guest no PMU");
}

static enum kp_tri flag(const struct kp_case *c, const char *name)
{
	const char *flags = c->detail ? c->detail->flags : NULL, *p;
	size_t len = strlen(name);

	if (!flags)
		return KP_TRI_UNKNOWN;
	for (p = strstr(flags, name); p; p = strstr(p + len, name))
		if ((p == flags || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return KP_TRI_YES;
	return KP_TRI_NO;
}

/*
 * vmx_pebs_supported() and vmx_get_perf_capabilities() in arch/x86/kvm/vmx: both ask for
 * !enable_mediated_pmu. Architectural LBRs are given to no guest either way.
 */
static void look_pebs(struct kp_exam *x)
{
	const struct kp_host_detail *d = x->c->detail;

	if (!kp_case_mediated(x->c) || !d || d->vendor != KP_HOST_VENDOR_INTEL)
		return;
	kp_exam_add(x, "setting", 0, 0, "kvm_intel.enable_mediated_pmu is Y");
	if (flag(x->c, "pebs") != KP_TRI_NO)
		kp_exam_add(x, "pmu", 0, 0,
			    "guests have no PEBS: 'perf record -e cycles:p' in a "
			    "guest fails");
	if (flag(x->c, "arch_lbr") != KP_TRI_YES)
		kp_exam_add(x, "pmu", 0, 0,
			    "guests have no LBR: 'perf record -b' in a guest fails");
	else
		kp_exam_add(x, "pmu", 0, 0,
			    "guests have no LBR; of architectural ones KVM gives none, mediated "
			    "or not");
}

static size_t denied(const struct kp_owner_vcpu *v)
{
	size_t i, nr = 0;

	if (v->mode != KP_VPMU_MEDIATED || !(v->valid & KP_VCPU_HAS_PROGRAM))
		return 0;
	for (i = 0; i < v->nr; i++)
		nr += !v->counters[i].fixed && (v->counters[i].selector & SELECTOR_ENABLE) &&
		      !(v->counters[i].selector_hw & SELECTOR_ENABLE);
	return nr;
}

/* kvm_mediated_pmu_refresh_event_filter() in arch/x86/kvm/pmu.c */
static void look_filter(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_vcpu *v;
	size_t i, nr;

	for (i = 0; owners && i < owners->nr_vcpus; i++) {
		v = &owners->vcpus[i];
		nr = denied(v);
		if (nr)
			kp_exam_add(x, "vcpu", v->pid, v->tid,
				    "vCPU %u: %zu counter%s enabled by the guest and not in "
				    "hardware",
				    v->vcpu, nr, nr == 1 ? "" : "s");
	}
}

const struct kp_rule kp_rules_guest[] = {
	{ .id = "pmu-hidden-irqchip",
	  .severity = KP_WARNING,
	  .title = "VMs without an in-kernel irqchip have no PMU here",
	  .cause = "A mediated vPMU needs KVM's own interrupt controller for its interrupts; "
		   "without one KVM switches the VM's PMU off and says nothing.",
	  .fix = "start the VM with an in-kernel irqchip (QEMU: -machine kernel_irqchip=on)",
	  .look = look_irqchip },
	{ .id = "pmu-hidden-hybrid",
	  .severity = KP_NOTE,
	  .title = "Guests have no PMU: this host's CPUs are hybrid",
	  .cause = "KVM gives guests no PMU on x86 hosts with cores of several types, whatever "
		   "kvm.enable_pmu was loaded with.",
	  .fix = "count guests from the host, on both PMUs: 'perf stat -e cycles:G'",
	  .look = look_hybrid },
	{ .id = "pmu-hidden-parameter",
	  .severity = KP_NOTE,
	  .title = "Guests have no PMU: kvm.enable_pmu is N",
	  .cause = "The module kvm was loaded so; the parameter cannot be changed later.",
	  .fix = "stop all VMs and load kvm with enable_pmu=1",
	  .look = look_parameter },
	{ .id = "pmu-hidden-cpuid",
	  .severity = KP_NOTE,
	  .title = "VMs whose CPUID shows no PMU",
	  .cause = "The VMM left the PMU out of the guest's CPUID (QEMU: -cpu host,pmu=off, or a "
		   "CPU model without it) or switched it off with KVM_CAP_PMU_CAPABILITY.",
	  .fix = "start the VM with its PMU on (QEMU: -cpu host,pmu=on; libvirt: <pmu "
		 "state='on'/>)",
	  .look = look_cpuid },
	{ .id = "pebs-lbr-lost",
	  .severity = KP_NOTE,
	  .title = "Guests lose PEBS and LBR to the mediated vPMU",
	  .cause = "KVM offers guests neither PEBS nor legacy LBR while enable_mediated_pmu is Y.",
	  .fix = "where guests need them, load kvm_intel with enable_mediated_pmu=0",
	  .look = look_pebs },
	{ .id = "filter-denies",
	  .severity = KP_NOTE,
	  .title = "A VM's event filter keeps counters of its guest still",
	  .cause = "The VMM denies these events (KVM_SET_PMU_EVENT_FILTER): the guest sees its "
		   "selector enabled, the hardware gets it disabled, and the count stays.",
	  .fix = "allow the event in the VMM's filter, or have the guest count another",
	  .look = look_filter },
	{ 0 },
};
