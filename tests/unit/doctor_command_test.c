// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor_command_test.c - why commands fail: what perf, QEMU and others say, put together with who
 * held the counters and what the kernel logged; and no explanation where there is none.
 */
#include "kp_test.h"

#include <string.h>

#include "doctor_helper.h"

/* tools/perf/util/evsel.c, accel/kvm/kvm-all.c of QEMU, src/guest/error.c */
static const char perf_refused[] = "Error:\nNo hardware sampling interrupt available.\n\n";
static const char perf_stat[] = "\n Performance counter stats for 'system wide':\n\n"
				"   <not supported>      cycles:G\n\n";
static const char qemu_busy[] = "qemu-system-x86_64: kvm_init_vcpu: kvm_get_vcpu failed (0): "
				"Device or resource busy\n";

static void test_beside_vm(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_vm(&b, 42, "web1", KP_TRI_YES);
	bench_command(&b, "perf", "perf record -e cycles:G", 255, perf_refused);
	f = bench_has(&b, "command-refused-beside-vm", KP_PROBLEM);
	evidence_has(f, 42, "VM web1");
	evidence_has(f, 0, "perf (exit status 255): No hardware sampling interrupt available.");
	assert_non_null(strstr(f->fix, ":H"));
	bench_lacks(&b, "command-unsupported");
	bench_lacks(&b, "command-failed");
	/* perf stat goes on and exits with 0 */
	bench_command(&b, "perf", "perf stat -e cycles:G", 0, perf_stat);
	bench_has(&b, "command-refused-beside-vm", KP_PROBLEM);
	/* the VM has gone meanwhile, but was there */
	b.c.before = &b.owners;
	b.c.owners = NULL;
	evidence_has(bench_has(&b, "command-refused-beside-vm", KP_PROBLEM), 42, "VM web1");
	/* nothing was refused */
	bench_command(&b, "perf", "perf stat", 0, "cycles\n");
	bench_lacks(&b, "command-refused-beside-vm");
	bench_end(&b);
}

static void test_unsupported(void **state)
{
	struct bench b;

	(void)state;
	bench_x86(&b);
	bench_command(&b, "perf", "perf stat -e x", 0, perf_stat);
	bench_has(&b, "command-unsupported", KP_PROBLEM);
	bench_lacks(&b, "command-refused-beside-vm");
	b.pmus[0].core = false;
	assert_non_null(strstr(bench_has(&b, "command-unsupported", KP_PROBLEM)->cause,
			       "no PMU of its CPU"));
	bench_command(&b, "perf", "perf record -e cycles", 255,
		      "Error:\nThe cycles event is not supported.\n");
	bench_has(&b, "command-no-event", KP_PROBLEM);
	bench_lacks(&b, "command-unsupported");
	bench_end(&b);
}

static void test_vm_refused(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_event(&b, 77, "agent", 0);
	bench_message(&b,
		      "kvm_amd: Failed to enable mediated vPMU, try disabling system wide perf");
	bench_command(&b, "qemu-system-x86_64", "qemu-system-x86_64", 1, qemu_busy);
	b.c.before = &b.owners;
	f = bench_has(&b, "command-vm-refused", KP_PROBLEM);
	evidence_has(f, 77, "agent counts guests too");
	evidence_has(f, 0, "Device or resource busy");
	evidence_has(f, 0, "Failed to enable mediated vPMU");
	bench_lacks(&b, "command-busy");
	bench_lacks(&b, "command-failed");
	/* the kernel does not repeat itself: who holds events is enough */
	b.messages.nr = 0;
	evidence_has(bench_has(&b, "command-vm-refused", KP_PROBLEM), 77, "agent");
	/* the kernel's word is enough for a program that says nothing */
	bench_message(&b,
		      "kvm_amd: Failed to enable mediated vPMU, try disabling system wide perf");
	b.owners.nr_events = 0;
	b.owners.nr_include_guest = 0;
	bench_command(&b, "vmm", "vmm", 1, "");
	bench_has(&b, "command-vm-refused", KP_PROBLEM);
	bench_lacks(&b, "command-failed");
	bench_end(&b);
}

static void test_watchdog(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	b.host.nmi_watchdog = KP_TRI_YES;
	bench_event(&b, 0, "", KP_OWNER_PINNED);
	b.c.before = &b.owners;
	bench_command(&b, "qemu", "qemu", 1, qemu_busy);
	f = bench_has(&b, "command-vm-refused", KP_PROBLEM);
	evidence_has(f, 0, "the NMI watchdog counts guests too");
	assert_non_null(strstr(f->fix, "kernel.nmi_watchdog=0"));
	bench_end(&b);
}

static void test_busy_otherwise(void **state)
{
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_command(&b, "qemu", "qemu", 1, qemu_busy);
	bench_has(&b, "command-busy", KP_PROBLEM);
	bench_lacks(&b, "command-vm-refused");
	/* events that count guests are in nobody's way without the mediated vPMU */
	bench_event(&b, 77, "agent", 0);
	b.host.kvm_mediated_param = KP_TRI_NO;
	bench_lacks(&b, "command-vm-refused");
	bench_end(&b);
}

static void test_not_permitted(void **state)
{
	struct bench b;

	(void)state;
	bench_x86(&b);
	b.host.paranoid = 3;
	bench_command(&b, "perf", "perf stat -a", 255,
		      "Error:\nAccess to performance monitoring and observability operations is "
		      "limited.\n");
	evidence_has(bench_has(&b, "command-not-permitted", KP_PROBLEM), 0, "paranoid is 3");
	bench_end(&b);
}

static void test_entry_failed(void **state)
{
	static const char text[] = "kvmpmu bench: vCPU 0: KVM_EXIT_FAIL_ENTRY on CPU 0\n";
	struct bench b;

	(void)state;
	bench_arm64(&b);
	bench_command(&b, "kvmpmu", "kvmpmu bench", 1, text);
	evidence_has(bench_has(&b, "command-entry-failed", KP_PROBLEM), 0,
		     "PMU armv8_cortex_a72 on CPUs 2-3");
	b.host.nr_pmus = 1;
	assert_non_null(strstr(bench_has(&b, "command-entry-failed", KP_PROBLEM)->title,
			       "could not enter"));
	bench_end(&b);
}

static void test_fell_back(void **state)
{
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_command(&b, "perf", "perf stat -e cycles:u -a", 0, "  1,234  cycles:uH  # 1 GHz\n");
	bench_lacks(&b, "command-fell-back");
	bench_vm(&b, 42, "web1", KP_TRI_YES);
	evidence_has(bench_has(&b, "command-fell-back", KP_WARNING), 0, "perf counted cycles:uH");
	bench_command(&b, "perf", "perf stat -e cycles:uH", 0, "  1,234  cycles:uH\n");
	bench_lacks(&b, "command-fell-back");
	bench_command(&b, "perf", "perf stat", 0, "  12:34  not:He :H: x:G\n");
	bench_lacks(&b, "command-fell-back");
	bench_end(&b);
}

static void test_failed(void **state)
{
	const struct kp_finding *f;
	struct bench b;

	(void)state;
	bench_mediated(&b);
	bench_lacks(&b, "command-failed");
	bench_command(&b, "false", "false", 1, NULL);
	evidence_has(bench_has(&b, "command-failed", KP_WARNING), 0, "exit status 1");
	bench_command(&b, "cat", "cat", 143, "");
	evidence_has(bench_has(&b, "command-failed", KP_WARNING), 0, "by a signal");
	bench_command(&b, "perf", "perf", 255, "");
	f = bench_has(&b, "command-failed", KP_WARNING);
	assert_null(strstr(f->evidence[0].text, "signal"));
	bench_command(&b, "true", "true", 0, NULL);
	bench_lacks(&b, "command-failed");
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_vm),      cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_vm_refused),     cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_busy_otherwise), cmocka_unit_test(test_not_permitted),
		cmocka_unit_test(test_entry_failed),   cmocka_unit_test(test_fell_back),
		cmocka_unit_test(test_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
