// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor_test.c - the doctor's rules about owners, events, guests, arm64 and the host: each found
 * where it is so, and not found where it is not; findings sorted and merged.
 */
#include "kp_test.h"

#include <limits.h>
#include <string.h>

#include "doctor_helper.h"

static void test_quiet(void **state)
{
	struct bench b;

	(void)state;
	/* nothing is wrong: what perf's modifiers mean is all there is to say */
	bench_x86(&b);
	bench_examine(&b);
	assert_int_equal(b.findings.nr, 1);
	assert_string_equal(b.findings.at[0].id, "perf-modifiers");
	assert_int_equal(kp_findings_worst(&b.findings), KP_NOTE);
	bench_end(&b);
}

static void test_mediated_vms(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_vm(&b, 7, "off1", KP_TRI_NO);
	bench_lacks(&b, "mediated-vms");
	bench_vm(&b, 42, "web1", KP_TRI_YES);
	f = bench_has(&b, "mediated-vms", KP_WARNING);
	assert_int_equal(f->nr_evidence, 1);
	evidence_has(f, 42, "VM web1 (qemu, 2 vCPUs) is mediated");
	/* by the kernel's own count alone */
	b.owners.nr_vms = 0;
	evidence_has(bench_has(&b, "mediated-vms", KP_WARNING), 0, "counts 1 mediated VM");
	/* by the parameter alone, as /proc knows no more */
	b.owners.from_bpf = false;
	b.owners.nr_mediated_vms = -1;
	bench_vm(&b, 43, "db1", KP_TRI_UNKNOWN);
	evidence_has(bench_has(&b, "mediated-vms", KP_WARNING), 43, "likely mediated");
	b.vms[0].nr_vcpus = 0;
	bench_lacks(&b, "mediated-vms");
	b.vms[0].nr_vcpus = 2;
	b.host.kvm_mediated_param = KP_TRI_NO;
	bench_lacks(&b, "mediated-vms");
	bench_end(&b);
}

static void test_blockers(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_event(&b, 10, "perf", KP_OWNER_EXCLUDE_GUEST);
	bench_lacks(&b, "events-block-vms");
	bench_event(&b, 11, "agent", 0);
	bench_event(&b, 12, "top", 0)->task_tid = 99;
	b.events[2].valid |= KP_OWNER_HAS_TASK;
	bench_event(&b, 11, "agent", 0);
	f = bench_has(&b, "events-block-vms", KP_WARNING);
	assert_int_equal(f->nr_evidence, 2);
	evidence_has(f, 11, "agent counts guests too: cycles of PMU cpu on CPU 0 and 1 more");
	evidence_has(f, 12, "of task 99");
	/* one more that nobody could be found for */
	b.owners.nr_include_guest++;
	f = bench_has(&b, "events-block-vms", KP_WARNING);
	evidence_has(f, 0, "counts 4 events that count guests, 3 of them");
	/* without the mediated vPMU they are in nobody's way */
	b.host.kvm_mediated_param = KP_TRI_NO;
	bench_lacks(&b, "events-block-vms");
	bench_end(&b);
}

static void test_blockers_unseen(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	b.owners.from_bpf = false;
	b.owners.nr_mediated_vms = -1;
	bench_event(&b, 11, "agent", 0)->blocks = KP_TRI_UNKNOWN;
	b.owners.nr_include_guest = -1;
	f = bench_has(&b, "events-block-vms", KP_WARNING);
	assert_non_null(strstr(f->title, "may keep"));
	evidence_has(f, 11, "cannot be seen");
	bench_end(&b);
}

static void test_watchdog(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	b.host.nmi_watchdog = KP_TRI_YES;
	/* seen with BPF: no event, so it is the buddy detector or off */
	bench_lacks(&b, "watchdog-blocks-vms");
	bench_event(&b, 0, "", KP_OWNER_PINNED);
	bench_event(&b, 0, "", KP_OWNER_PINNED)->cpu = 1;
	evidence_has(bench_has(&b, "watchdog-blocks-vms", KP_WARNING), 0, "on 2 CPUs");
	bench_lacks(&b, "events-block-vms");
	/* beside another event both are named */
	bench_event(&b, 5, "perf", 0);
	bench_has(&b, "watchdog-blocks-vms", KP_WARNING);
	evidence_has(bench_has(&b, "events-block-vms", KP_WARNING), 5, "perf counts");
	/* by the setting alone */
	b.owners.nr_events = 0;
	b.owners.watchdog_seen = false;
	b.owners.nr_include_guest = -1;
	bench_event(&b, 0, "", 0)->blocks = KP_TRI_UNKNOWN;
	b.events[0].valid = 0;
	b.owners.nr_include_guest = -1;
	f = bench_has(&b, "watchdog-blocks-vms", KP_WARNING);
	assert_non_null(strstr(f->title, "likely"));
	bench_lacks(&b, "events-block-vms");
	b.detail.config = (char *)"CONFIG_HARDLOCKUP_DETECTOR_BUDDY=y\n";
	bench_lacks(&b, "watchdog-blocks-vms");
	b.detail.config = NULL;
	b.host.kvm_mediated_param = KP_TRI_NO;
	bench_lacks(&b, "watchdog-blocks-vms");
	bench_end(&b);
}

static void test_watchdog_idle(void **state)
{
	struct bench b;

	(void)state;
	bench_mediated(&b);
	b.host.nmi_watchdog = KP_TRI_YES;
	bench_lacks(&b, "watchdog-without-event");
	bench_vm(&b, 42, "web1", KP_TRI_YES);
	bench_has(&b, "watchdog-without-event", KP_NOTE);
	b.host.nmi_watchdog = KP_TRI_NO;
	bench_lacks(&b, "watchdog-without-event");
	bench_end(&b);
}

static void test_blind(void **state)
{
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_event(&b, 5, "perf", KP_OWNER_EXCLUDE_GUEST)->stops = KP_TRI_NO;
	bench_lacks(&b, "host-blind");
	b.events[0].stops = KP_TRI_YES;
	evidence_has(bench_has(&b, "host-blind", KP_NOTE), 5, "perf counts cycles");
	bench_end(&b);
}

static void test_events(void **state)
{
	struct kp_owner_event *e, *p;
	struct bench b;

	(void)state;
	bench_x86(&b);
	e = bench_event(&b, 5, "perf", KP_OWNER_EXCLUDE_GUEST);
	bench_lacks(&b, "event-counts-nothing");
	e->flags |= KP_OWNER_EXCLUDE_HOST;
	evidence_has(bench_has(&b, "event-counts-nothing", KP_PROBLEM), 5,
		     "neither host nor guest");
	e->valid = 0;
	bench_lacks(&b, "event-counts-nothing");

	e->valid = KP_OWNER_HAS_ATTR | KP_OWNER_HAS_CPU | KP_OWNER_HAS_STATE | KP_OWNER_HAS_TIME;
	e->flags = KP_OWNER_EXCLUDE_GUEST;
	e->state = -1;
	bench_lacks(&b, "event-in-error");
	e->state = -2;
	evidence_has(bench_has(&b, "event-in-error", KP_PROBLEM), 5, "found no counter");

	/* waits: behind whom? */
	e->state = 0;
	bench_lacks(&b, "event-starved");
	p = bench_event(&b, 6, "hog", KP_OWNER_PINNED);
	p->valid |= KP_OWNER_HAS_STATE;
	p->state = 1;
	evidence_has(bench_has(&b, "event-starved", KP_PROBLEM), 5, "behind 1 pinned");
	evidence_has(bench_has(&b, "event-starved", KP_PROBLEM), 6, "has pinned cycles");
	p->cpu = 1;
	bench_lacks(&b, "event-starved");
	p->cpu = 0;
	/* one of a task may wait for the task */
	e->valid |= KP_OWNER_HAS_TASK;
	e->task_tid = 9;
	bench_lacks(&b, "event-starved");
	e->enabled_ns = 2 * KP_NSEC_PER_SEC;
	bench_has(&b, "event-starved", KP_PROBLEM);
	e->running_ns = 1;
	bench_lacks(&b, "event-starved");
	bench_end(&b);
}

static void test_multiplexed(void **state)
{
	struct kp_owner_event *e;
	struct bench b;

	(void)state;
	bench_x86(&b);
	e = bench_event(&b, 5, "perf", 0);
	e->valid |= KP_OWNER_HAS_TIME;
	e->enabled_ns = 10 * KP_NSEC_PER_SEC;
	e->running_ns = 10 * KP_NSEC_PER_SEC;
	bench_lacks(&b, "event-multiplexed");
	e->running_ns = 6 * KP_NSEC_PER_SEC;
	bench_has(&b, "event-multiplexed", KP_NOTE);
	/* a mediated guest's time is no multiplexing */
	e->stops = KP_TRI_YES;
	bench_lacks(&b, "event-multiplexed");
	bench_end(&b);
}

static void test_hidden(void **state)
{
	struct kp_owner_vcpu *v;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_vm(&b, 42, "web1", KP_TRI_NO);
	v = bench_vcpu(&b, 42, KP_VPMU_NONE);
	v->irqchip_in_kernel = KP_TRI_YES;
	bench_lacks(&b, "pmu-hidden-irqchip");
	evidence_has(bench_has(&b, "pmu-hidden-cpuid", KP_NOTE), 42, "VM web1");
	v->irqchip_in_kernel = KP_TRI_NO;
	evidence_has(bench_has(&b, "pmu-hidden-irqchip", KP_WARNING), 42, "VM web1");
	bench_lacks(&b, "pmu-hidden-cpuid");
	v->mode = KP_VPMU_MEDIATED;
	v->irqchip_in_kernel = KP_TRI_YES;
	bench_lacks(&b, "pmu-hidden-irqchip");
	bench_lacks(&b, "pmu-hidden-cpuid");

	bench_lacks(&b, "pmu-hidden-parameter");
	b.host.kvm_enable_pmu = KP_TRI_NO;
	bench_has(&b, "pmu-hidden-parameter", KP_NOTE);
	bench_lacks(&b, "pmu-hidden-hybrid");
	b.host.nr_pmus = 0;
	bench_pmu(&b, "cpu_core", "0-3", true);
	bench_pmu(&b, "cpu_atom", "4-7", true);
	evidence_has(bench_has(&b, "pmu-hidden-hybrid", KP_NOTE), 0, "PMU cpu_atom on CPUs 4-7");
	bench_lacks(&b, "pmu-hidden-parameter");
	b.host.kvm = KP_TRI_NO;
	bench_lacks(&b, "pmu-hidden-hybrid");
	bench_end(&b);
}

static void test_no_pmu(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b, "x86_64");
	bench_lacks(&b, "host-without-pmu");
	bench_pmu(&b, "software", NULL, false);
	bench_has(&b, "host-without-pmu", KP_WARNING);
	b.detail.hypervisor = KP_TRI_YES;
	evidence_has(bench_has(&b, "host-without-pmu", KP_WARNING), 0, "is a VM itself");
	bench_pmu(&b, "cpu", NULL, true);
	bench_lacks(&b, "host-without-pmu");
	bench_end(&b);
}

static void test_pebs(void **state)
{
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_lacks(&b, "pebs-lbr-lost");
	b.detail.vendor = KP_HOST_VENDOR_INTEL;
	b.detail.module = "kvm_intel";
	evidence_has(bench_has(&b, "pebs-lbr-lost", KP_NOTE), 0, "no PEBS");
	evidence_has(bench_has(&b, "pebs-lbr-lost", KP_NOTE), 0, "'perf record -b'");
	b.detail.flags = (char *)"fpu pebs arch_lbr";
	evidence_has(bench_has(&b, "pebs-lbr-lost", KP_NOTE), 0, "architectural");
	b.host.kvm_mediated_param = KP_TRI_NO;
	bench_lacks(&b, "pebs-lbr-lost");
	bench_end(&b);
}

static void test_filter(void **state)
{
	struct kp_owner_vcpu *v;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	v = bench_vcpu(&b, 42, KP_VPMU_MEDIATED);
	v->valid = KP_VCPU_HAS_PROGRAM;
	v->nr = 1;
	v->counters[0] =
		(struct kp_owner_counter){ .selector = 0x4300c0, .selector_hw = 0x1004300c0ull };
	bench_lacks(&b, "filter-denies");
	v->counters[0].selector_hw = 0x1000300c0ull;
	evidence_has(bench_has(&b, "filter-denies", KP_NOTE), 42, "1 counter enabled");
	v->mode = KP_VPMU_EMULATED;
	bench_lacks(&b, "filter-denies");
	bench_end(&b);
}

static void affinity(struct kp_owner_vcpu *v, const char *cpus, const char *pmu)
{
	snprintf(v->affinity, sizeof(v->affinity), "%s", cpus);
	snprintf(v->pmu, sizeof(v->pmu), "%s", pmu);
}

static void test_arm64(void **state)
{
	const struct kp_finding *f;
	struct kp_owner_vcpu *v;
	struct bench b;

	(void)state;
	bench_arm64(&b);
	bench_has(&b, "no-composite-pmu", KP_NOTE);
	v = bench_vcpu(&b, 42, KP_VPMU_EMULATED);
	affinity(v, "0-1", "armv8_cortex_a53");
	bench_lacks(&b, "pmu-affinity");
	bench_lacks(&b, "pmu-mask");
	affinity(v, "0-2", "armv8_cortex_a53");
	f = bench_has(&b, "pmu-affinity", KP_WARNING);
	evidence_has(f, 42, "may run on CPUs 0-2, its PMU armv8_cortex_a53 is on CPUs 0-1");
	assert_non_null(strstr(f->fix, "taskset -pc 0-1 43"));
	v->valid = KP_VCPU_HAS_CPU;
	v->cpu = 1;
	bench_has(&b, "pmu-affinity", KP_WARNING);
	v->cpu = 2;
	evidence_has(bench_has(&b, "pmu-affinity", KP_PROBLEM), 42, "on CPU 2 now");
	/* chosen by the VMM, there it is not even entered */
	v->bound = KP_TRI_YES;
	v->cpu = 1;
	evidence_has(bench_has(&b, "pmu-affinity", KP_PROBLEM), 42, "KVM_EXIT_FAIL_ENTRY");
	affinity(v, "2-3", "armv8_cortex_a53");
	bench_lacks(&b, "pmu-affinity");
	evidence_has(bench_has(&b, "pmu-mask", KP_PROBLEM), 42, "CPUs 2-3 alone");
	evidence_has(bench_has(&b, "pmu-mask", KP_PROBLEM), 42, "KVM_EXIT_FAIL_ENTRY");
	v->bound = KP_TRI_NO;
	evidence_has(bench_has(&b, "pmu-mask", KP_PROBLEM), 42, "its counters stand still");
	v->bound = KP_TRI_UNKNOWN;
	/* which PMU it is cannot be seen */
	affinity(v, "1-2", "");
	evidence_has(bench_has(&b, "pmu-affinity", KP_WARNING), 42, "of several PMUs");
	affinity(v, "2-3", "");
	bench_lacks(&b, "pmu-affinity");
	affinity(v, "0-3", "");
	v->mode = KP_VPMU_NONE;
	bench_lacks(&b, "pmu-affinity");
	/* CPUs that are not there do not count */
	v->mode = KP_VPMU_EMULATED;
	affinity(v, "0-1,4-63", "armv8_cortex_a53");
	bench_lacks(&b, "pmu-affinity");
	/* all CPUs are alike */
	b.host.nr_pmus = 1;
	affinity(v, "0-3", "armv8_cortex_a53");
	bench_lacks(&b, "pmu-affinity");
	bench_lacks(&b, "no-composite-pmu");
	bench_end(&b);
}

static void test_settings(void **state)
{
	struct bench b;

	(void)state;
	bench_x86(&b);
	b.host.paranoid = 0;
	bench_lacks(&b, "paranoid");
	b.host.paranoid = INT_MIN;
	bench_lacks(&b, "paranoid");
	b.host.paranoid = 2;
	evidence_has(bench_has(&b, "paranoid", KP_NOTE), 0,
		     "is 2: users may count their own tasks");
	b.host.paranoid = 4;
	evidence_has(bench_has(&b, "paranoid", KP_NOTE), 0, "is 4: users may open no event");
	bench_lacks(&b, "anyone-can-block-vms");
	b.host.kvm_mediated_param = KP_TRI_YES;
	bench_lacks(&b, "anyone-can-block-vms");
	b.host.paranoid = 2;
	bench_has(&b, "anyone-can-block-vms", KP_NOTE);
	bench_end(&b);
}

static void test_modifiers(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	f = bench_has(&b, "perf-modifiers", KP_NOTE);
	evidence_has(f, 0, ":G: guests alone; refused beside a mediated VM");
	b.host.kvm_mediated_param = KP_TRI_NO;
	evidence_has(bench_has(&b, "perf-modifiers", KP_NOTE), 0, "GuestOnly");
	b.host.machine = (char *)"aarch64";
	evidence_has(bench_has(&b, "perf-modifiers", KP_NOTE), 0, "switched at VM entry");
	bench_message(&b, "kvm [1]: Protected nVHE mode initialized successfully");
	evidence_has(bench_has(&b, "perf-modifiers", KP_NOTE), 0, "reads 0");
	b.host.kvm = KP_TRI_NO;
	bench_lacks(&b, "perf-modifiers");
	bench_end(&b);
}

static void test_view(void **state)
{
	struct bench b;

	(void)state;
	bench_x86(&b);
	bench_lacks(&b, "limited-view");
	b.owners.truncated = true;
	bench_has(&b, "limited-view", KP_NOTE);
	b.owners.truncated = false;
	b.messages.err = -EPERM;
	evidence_has(bench_has(&b, "limited-view", KP_NOTE), 0, "log");
	b.messages.err = 0;
	b.c.owners = NULL;
	evidence_has(bench_has(&b, "limited-view", KP_NOTE), 0, "processes");
	bench_end(&b);
}

static void test_messages(void **state)
{
	static const struct {
		const char *text, *id;
		enum kp_severity severity;
	} cases[] = {
		{ "kvm_amd: Failed to enable mediated vPMU, try disabling system wide perf",
		  "log-mediated-refused", KP_WARNING },
		{ "kvm: pmu event creation failed -95", "log-guest-event-failed", KP_PROBLEM },
		{ "kvm_intel: vcpu-0: fail to passthrough LBR.", "log-guest-lbr-failed",
		  KP_PROBLEM },
		{ "WARNING: CPU: 3 PID: 7 at arch/x86/kvm/pmu.c:194 x", "log-kernel-warning",
		  KP_PROBLEM },
		{ "Performance Events: Broken BIOS detected, complain to your hardware vendor.",
		  "log-bios-counters", KP_WARNING },
		{ "Performance Events: PMU not available due to virtualization, using software "
		  "events only.",
		  "log-pmu-unusable", KP_NOTE },
		{ "no hardware sampling interrupt available.", "log-no-sampling", KP_WARNING },
		{ "Uhhuh. NMI received; Dazed and confused, but trying to continue",
		  "log-unknown-nmi", KP_WARNING },
		{ "perf: interrupt took too long (2513 > 2500), lowering "
		  "kernel.perf_event_max_sample_rate to 79500",
		  "log-sampling-throttled", KP_NOTE },
		{ "perf: Dynamic interrupt throttling disabled, can hang your system!",
		  "log-throttling-off", KP_WARNING },
	};
	struct bench b;
	size_t i, j;

	(void)state;
	bench_x86(&b);
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		b.messages.nr = 0;
		bench_lacks(&b, cases[i].id);
		bench_message(&b, "unrelated");
		bench_message(&b, cases[i].text);
		evidence_has(bench_has(&b, cases[i].id, cases[i].severity), 0, "[1.500000]");
		for (j = 0; j < KP_ARRAY_SIZE(cases); j++)
			if (j != i)
				bench_lacks(&b, cases[j].id);
	}
	/* of many the last three */
	b.messages.nr = 0;
	for (i = 0; i < 10; i++)
		bench_message(&b, i < 7 ? "perf: interrupt took too long (1 > 0)"
					: "perf: interrupt took too long (2 > 1)");
	assert_int_equal(bench_has(&b, "log-sampling-throttled", KP_NOTE)->nr_evidence, 3);
	evidence_has(bench_has(&b, "log-sampling-throttled", KP_NOTE), 0, "(2 > 1)");
	bench_end(&b);
}

static void test_sorted(void **state)
{
	struct bench b;
	size_t i;

	(void)state;
	bench_mediated(&b);
	b.host.paranoid = 2;
	bench_event(&b, 5, "perf", KP_OWNER_EXCLUDE_GUEST | KP_OWNER_EXCLUDE_HOST);
	bench_event(&b, 6, "agent", 0);
	bench_examine(&b);
	assert_int_equal(b.findings.at[0].severity, KP_PROBLEM);
	assert_int_equal(b.findings.at[1].severity, KP_WARNING);
	for (i = 1; i < b.findings.nr; i++)
		assert_true(b.findings.at[i - 1].severity >= b.findings.at[i].severity);
	assert_int_equal(kp_findings_worst(&b.findings), KP_PROBLEM);
	bench_end(&b);
}

static void test_merge(void **state)
{
	struct kp_findings all = { 0 };
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_event(&b, 5, "perf", 0);
	bench_examine(&b);
	assert_int_equal(kp_findings_merge(&all, &b.findings), 0);
	assert_int_equal(b.findings.nr, 0);
	b.events[0].pid = 6;
	bench_event(&b, 5, "perf", 0);
	bench_event(&b, 7, "x", KP_OWNER_EXCLUDE_GUEST | KP_OWNER_EXCLUDE_HOST);
	bench_examine(&b);
	assert_int_equal(kp_findings_merge(&all, &b.findings), 0);
	f = kp_findings_get(&all, "events-block-vms");
	assert_non_null(f);
	assert_int_equal(f->nr_evidence, 2);
	evidence_has(f, 5, "perf");
	evidence_has(f, 6, "perf");
	assert_string_equal(all.at[0].id, "event-counts-nothing");
	assert_null(kp_findings_get(&all, "no such thing"));
	kp_findings_free(&all);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),	    cmocka_unit_test(test_mediated_vms),
		cmocka_unit_test(test_blockers),    cmocka_unit_test(test_blockers_unseen),
		cmocka_unit_test(test_watchdog),    cmocka_unit_test(test_watchdog_idle),
		cmocka_unit_test(test_blind),	    cmocka_unit_test(test_events),
		cmocka_unit_test(test_multiplexed), cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_no_pmu),	    cmocka_unit_test(test_pebs),
		cmocka_unit_test(test_filter),	    cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_settings),    cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_view),	    cmocka_unit_test(test_messages),
		cmocka_unit_test(test_sorted),	    cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
