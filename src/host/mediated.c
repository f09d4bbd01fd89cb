// SPDX-License-Identifier: GPL-2.0-only
/*
 * mediated.c - could KVM make mediated vPMUs here, and if not, why: the conditions of Linux 7.3's
 * kvm_init_pmu_capability() (arch/x86/kvm/pmu.c) and of the two vendors' is_mediated_pmu_supported,
 * each answered from what can be read. What cannot be read stays unknown.
 */
#include "host/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judge {
	const struct kp_sysroot *root;
	const struct kp_host *host;
	struct kp_host_detail *d;
};

KP_PRINTF(5, 6)
static void need(struct judge *j, const char *id, const char *title, enum kp_tri met,
		 const char *fmt, ...)
{
	struct kp_host_need *n = &j->d->needs[j->d->nr_needs++];
	va_list ap;

	n->id = id;
	n->title = title;
	n->met = met;
	va_start(ap, fmt);
	vsnprintf(n->why, sizeof(n->why), fmt, ap);
	va_end(ap);
}

static bool is_on(const struct judge *j)
{
	return j->host->kvm_mediated_param == KP_TRI_YES;
}

static void need_kernel(struct judge *j)
{
	static const char *const title = "kernel with the mediated vPMU";
	const char *config;
	char buf[16];

	if (j->host->kvm_mediated_param != KP_TRI_UNKNOWN)
		return need(j, "kernel", title, KP_TRI_YES, "%s has the parameter", j->d->module);
	config = kp_host_config_get(j->d, "CONFIG_PERF_GUEST_MEDIATED_PMU", buf, sizeof(buf));
	if (config && strcmp(config, "y"))
		return need(j, "kernel", title, KP_TRI_NO,
			    "no PERF_GUEST_MEDIATED_PMU in its config");
	if (j->d->module && kp_sysroot_exists(j->root, "/sys/module/kvm/parameters"))
		return need(j, "kernel", title, KP_TRI_NO, "%s has no enable_mediated_pmu",
			    j->d->module);
	if (config)
		return need(j, "kernel", title, KP_TRI_YES, "PERF_GUEST_MEDIATED_PMU=y");
	if (kp_host_kernel_can_mediate(j->root) == KP_TRI_NO)
		return need(j, "kernel", title, KP_TRI_NO, "no VPMI line in /proc/interrupts");
	need(j, "kernel", title, KP_TRI_UNKNOWN, "no configuration, no KVM module to ask");
}

static void need_module(struct judge *j)
{
	static const char *const title = "kvm_intel or kvm_amd loaded";
	enum kp_tri vmx = kp_host_has_flag(j->d->flags, "vmx");
	enum kp_tri svm = kp_host_has_flag(j->d->flags, "svm");

	if (j->d->module)
		need(j, "module", title, KP_TRI_YES, "%s", j->d->module);
	else if (vmx == KP_TRI_NO && svm == KP_TRI_NO)
		need(j, "module", title, KP_TRI_NO, "the CPU has neither VMX nor SVM");
	else if (kp_sysroot_exists(j->root, "/sys/module"))
		need(j, "module", title, KP_TRI_NO, "neither is there; try modprobe");
	else
		need(j, "module", title, KP_TRI_UNKNOWN, "no /sys/module");
}

static void need_enable_pmu(struct judge *j)
{
	enum kp_tri on = j->host->kvm_enable_pmu;

	need(j, "enable_pmu", "guests may have a PMU", on, "kvm.enable_pmu=%s",
	     on == KP_TRI_YES  ? "Y"
	     : on == KP_TRI_NO ? "N"
			       : "?");
}

/* kvm_init_pmu_capability(): KVM gives no guest a PMU on a hybrid CPU. */
static void need_uniform(struct judge *j)
{
	static const char *const title = "all cores of one type";
	uint32_t cpu = j->host->online ? (uint32_t)strtoul(j->host->online, NULL, 10) : 0, r[4];

	if (kp_host_find_pmu(j->host, "cpu_core") || kp_host_find_pmu(j->host, "cpu_atom"))
		need(j, "uniform", title, KP_TRI_NO, "hybrid CPU: KVM gives guests no PMU");
	else if (!kp_host_cpuid_get(j->d->cpuid, cpu, 7, 0, r))
		need(j, "uniform", title, r[3] & KP_BIT(15) ? KP_TRI_NO : KP_TRI_YES,
		     r[3] & KP_BIT(15) ? "CPUID says hybrid" : "CPUID says so");
	else if (kp_host_find_pmu(j->host, "cpu"))
		need(j, "uniform", title, KP_TRI_YES, "one PMU, cpu, for all");
	else
		need(j, "uniform", title, is_on(j) ? KP_TRI_YES : KP_TRI_UNKNOWN,
		     is_on(j) ? "KVM found it so" : "no CPUID, no core PMU");
}

static const struct kp_host_counters *core_counters(const struct judge *j)
{
	size_t i;

	for (i = 0; i < j->host->nr_pmus; i++)
		if (j->host->pmus[i].core)
			return &j->d->counters[i];
	return NULL;
}

static void need_version(struct judge *j, const char *title, const char *what, int least)
{
	const struct kp_host_counters *c = core_counters(j);

	if (!c)
		need(j, "perfmon", title, KP_TRI_NO, "the host has no core PMU");
	else if (c->version >= 0)
		need(j, "perfmon", title, c->version >= least ? KP_TRI_YES : KP_TRI_NO,
		     "%s version %d", what, c->version);
	else
		need(j, "perfmon", title, is_on(j) ? KP_TRI_YES : KP_TRI_UNKNOWN,
		     is_on(j) ? "KVM found it so" : "no CPUID in this snapshot");
}

/* What KVM reads out of MSRs is not for everyone to see: only its verdict shows. */
static void need_intel(struct judge *j)
{
	static const char *const widths = "full-width counter writes";
	static const char *const vmcs = "VMCS loads GLOBAL_CTRL";

	need_version(j, "Intel PerfMon version 4", "PerfMon", 4);
	if (is_on(j)) {
		need(j, "full_width", widths, KP_TRI_YES, "KVM found it so");
		need(j, "vmcs_global_ctrl", vmcs, KP_TRI_YES, "KVM found it so");
		return;
	}
	if (kp_host_has_flag(j->d->flags, "pdcm") == KP_TRI_NO)
		need(j, "full_width", widths, KP_TRI_NO, "no PERF_CAPABILITIES (pdcm)");
	else
		need(j, "full_width", widths, KP_TRI_UNKNOWN, "only KVM sees it: MSR 0x345 bit 13");
	need(j, "vmcs_global_ctrl", vmcs, KP_TRI_UNKNOWN, "only KVM sees it: MSR 0x484, 0x490");
}

static void conclude(struct judge *j)
{
	struct kp_host_detail *d = j->d;
	bool unknown = false;
	size_t i;

	if (is_on(j)) {
		d->mediated = KP_HOST_MEDIATED_ON;
		return;
	}
	for (i = 0; i < d->nr_needs; i++) {
		if (d->needs[i].met == KP_TRI_NO) {
			d->mediated = KP_HOST_MEDIATED_NO;
			return;
		}
		unknown |= d->needs[i].met == KP_TRI_UNKNOWN;
	}
	d->mediated = unknown ? KP_HOST_MEDIATED_UNKNOWN : KP_HOST_MEDIATED_OFF;
}

void kp_host_judge_mediated(const struct kp_sysroot *root, const struct kp_host *host,
			    struct kp_host_detail *d)
{
	struct judge j = { .root = root, .host = host, .d = d };

	if (!host->machine) {
		need(&j, "arch", "x86-64 host", KP_TRI_UNKNOWN, "no CPU in this snapshot");
		return;
	}
	if (strcmp(host->machine, "x86_64")) {
		need(&j, "arch", "x86-64 host", KP_TRI_NO,
		     "this is %s", host->machine);
		return conclude(&j);
	}
	need(&j, "arch", "x86-64 host", KP_TRI_YES, "x86_64");
	need_module(&j);
	need_kernel(&j);
	need_enable_pmu(&j);
	need_uniform(&j);
	if (d->vendor == KP_HOST_VENDOR_INTEL)
		need_intel(&j);
	else if (d->vendor == KP_HOST_VENDOR_AMD)
		need_version(&j, "AMD PerfMonV2 (Zen 4 and later)", "PerfMon", 2);
	else
		need(&j, "perfmon", "Intel or AMD CPU", KP_TRI_UNKNOWN, "another vendor's CPU");
	conclude(&j);
}
