// SPDX-License-Identifier: GPL-2.0-only
/*
 * activity_test.c - src/host/activity.c on /proc files written for the purpose.
 */
#include "kp_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

struct fixture {
	char dir[64];
	struct kp_sysroot *root;
};

static void put(const struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/proc/%s", f->dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static struct fixture make(void)
{
	struct fixture f;
	char path[128];

	strcpy(f.dir, "/tmp/kvmpmu-activity-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(path, sizeof(path), "%s/proc", f.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(kp_sysroot_open(f.dir, &f.root), 0);
	return f;
}

static void done(struct fixture *f)
{
	static const char *const names[] = { "/proc/stat", "/proc/interrupts", "/proc", "" };
	char path[128];
	size_t i;

	kp_sysroot_free(f->root);
	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s%s", f->dir, names[i]);
		if (remove(path) && i >= 2)
			fail_msg("%s stays behind", path);
	}
}

static void test_x86(void **state)
{
	struct kp_host_activity act = { 0 };
	struct fixture f = make();

	put(&f, "stat",
	    "cpu  1 1 1 1 1 1 1 1 1 1\n"
	    "cpu0 100 10 20 400 50 1 2 3 60 5\n"
	    "cpu3 7 0 0 9 0 0 0 0 0 0\n"
	    "intr 5 1\nctxt 9\n");
	put(&f, "interrupts",
	    "            CPU0       CPU3\n"
	    "   0:         12          0   IO-APIC   2-edge      timer\n"
	    " NMI:          4         40   Non-maskable interrupts\n"
	    " PMI:          3         30   Performance monitoring interrupts\n"
	    "VPMI:          2         20   Perf Guest Mediated PMI\n"
	    " ERR:          0\n");
	assert_int_equal(kp_host_activity_read(f.root, &act), 0);
	assert_int_equal(kp_host_activity_read(f.root, &act), 0); /* again: nothing adds up */
	assert_int_equal(act.nr_cpus, 2);
	assert_true(act.has_nmis && act.has_pmis && act.has_vpmis);
	assert_int_equal(act.cpus[0].cpu, 0);
	assert_true(act.cpus[0].has_times);
	assert_int_equal(act.cpus[0].busy_ns, 136 * 10000000ull);
	assert_int_equal(act.cpus[0].idle_ns, 450 * 10000000ull);
	assert_int_equal(act.cpus[0].guest_ns, 65 * 10000000ull);
	assert_int_equal(act.cpus[1].cpu, 3);
	assert_int_equal(act.cpus[1].busy_ns, 7 * 10000000ull);
	assert_int_equal(act.cpus[1].nmis, 40);
	assert_int_equal(act.cpus[1].pmis, 30);
	assert_int_equal(act.cpus[1].vpmis, 20);
	kp_host_activity_free(&act);
	done(&f);
}

/* Two PMUs of a heterogeneous machine have a line each, and a CPU is on one of them. */
static void test_arm64(void **state)
{
	struct kp_host_activity act = { 0 };
	struct fixture f = make();

	put(&f, "interrupts",
	    "           CPU0       CPU1\n"
	    " 23:          7          0     GICv3  23 Level     arm-pmu\n"
	    " 24:          0          9     GICv3  24 Level     arm-pmu\n"
	    " 25:          5          5     GICv3  25 Level     arch_timer\n"
	    "IPI0:         1          2       Rescheduling interrupts\n");
	assert_int_equal(kp_host_activity_read(f.root, &act), 0);
	assert_int_equal(act.nr_cpus, 2);
	assert_false(act.has_nmis);
	assert_false(act.has_vpmis);
	assert_true(act.has_pmis);
	assert_false(act.cpus[0].has_times);
	assert_int_equal(act.cpus[0].pmis, 7);
	assert_int_equal(act.cpus[1].pmis, 9);
	kp_host_activity_free(&act);
	done(&f);
}

static void test_nothing(void **state)
{
	struct kp_host_activity act = { 0 };
	struct fixture f = make();

	assert_int_equal(kp_host_activity_read(f.root, &act), 0);
	assert_int_equal(act.nr_cpus, 0);
	put(&f, "stat", "cpu\ncpux\ncpu99999999999 1\ncpu1");
	put(&f, "interrupts", "CPU0 CPU99999999\nNMI: 1 2\nPMI");
	assert_int_equal(kp_host_activity_read(f.root, &act), 0);
	assert_int_equal(act.cpus[act.nr_cpus - 1].nmis, 1);
	kp_host_activity_free(&act);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
