// SPDX-License-Identifier: GPL-2.0-only
/*
 * tuning_test.c - src/host/tuning.c on a made-up /proc and /sys: what is recorded under which name,
 * what it warns of, and that what is not there is left out.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"

#define CPU "sys/devices/system/cpu"

static char top[64];

static void put(const char *path, const char *text)
{
	char full[256], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", top, path);
	for (slash = full + strlen(top) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct kp_host_tuning *collect(void)
{
	const struct kp_host host = { .osrelease = (char *)"7.3.4", .nr_cpus_online = 4 };
	struct kp_host_tuning *t;
	struct kp_sysroot *root;

	assert_int_equal(kp_sysroot_open(top, &root), 0);
	assert_int_equal(kp_host_tuning_collect(root, &host, &t), 0);
	kp_sysroot_free(root);
	return t;
}

static bool warns(const struct kp_host_tuning *t, const char *word)
{
	size_t i;

	for (i = 0; i < t->nr_warnings; i++)
		if (strstr(t->warnings[i], word))
			return true;
	return false;
}

static void is(const struct kp_host_tuning *t, const char *name, const char *want)
{
	const char *value = kp_host_attr_get(&t->set, name);

	if (!value || strcmp(value, want))
		fail_msg("%s is '%s' instead of '%s'", name, value ? value : "-", want);
}

static int setup(void **state)
{
	strcpy(top, "/tmp/kvmpmu-tuning.XXXXXX");
	return !mkdtemp(top);
}

static int teardown(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static void test_all(void **state)
{
	struct kp_host_tuning *t;

	put("proc/cpuinfo",
	    "processor\t: 0\nmicrocode\t: 0xa201016\nflags\t\t: fpu hypervisor sse\n");
	put("proc/loadavg", "2.50 1.00 0.50 3/100 1234\n");
	put("proc/cmdline", "quiet mitigations=off\n");
	put(CPU "/cpu0/cpufreq/scaling_governor", "powersave\n");
	put(CPU "/smt/active", "1\n");
	put(CPU "/smt/control", "on\n");
	put(CPU "/cpu0/cpuidle/state1/name", "C1\n");
	put(CPU "/cpu0/cpuidle/state1/latency", "2\n");
	put(CPU "/cpu0/cpuidle/state1/disable", "1\n");
	put(CPU "/vulnerabilities/spectre_v2", "Mitigation: Retpolines\n");
	put(CPU "/vulnerabilities/mds", "Not affected\n");
	put("sys/module/kvm_amd/parameters/enable_mediated_pmu", "Y\n");
	t = collect();
	is(t, "kernel", "7.3.4");
	is(t, "microcode", "0xa201016");
	is(t, "hypervisor", "yes");
	is(t, "governor", "powersave");
	is(t, "smt.active", "1");
	is(t, "smt.control", "on");
	is(t, "cpuidle.state1", "C1, 2 us, disabled");
	is(t, "mitigations.spectre_v2", "Mitigation: Retpolines");
	is(t, "mitigations.mds", "Not affected");
	is(t, "kvm_amd.enable_mediated_pmu", "Y");
	is(t, "cmdline", "quiet mitigations=off");
	assert_true(warns(t, "governor is powersave"));
	assert_true(warns(t, "SMT"));
	assert_true(warns(t, "load average 2.50 on 4 CPUs"));
	assert_true(warns(t, "virtual machine"));
	assert_int_equal(t->nr_warnings, 4);
	kp_host_tuning_free(t);
}

static void test_quiet(void **state)
{
	struct kp_host_tuning *t;

	put("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu sse\n");
	put("proc/loadavg", "0.10 1.00 0.50 1/100 1234\n");
	put(CPU "/cpu0/cpufreq/scaling_governor", "performance\n");
	put(CPU "/smt/active", "0\n");
	t = collect();
	is(t, "hypervisor", "no");
	is(t, "governor", "performance");
	assert_null(kp_host_attr_get(&t->set, "microcode"));
	assert_int_equal(t->nr_warnings, 0);
	kp_host_tuning_free(t);
}

static void test_nothing(void **state)
{
	struct kp_host_tuning *t = collect();

	assert_int_equal(t->set.nr, 1);
	assert_int_equal(t->nr_warnings, 0);
	kp_host_tuning_free(t);
	kp_host_tuning_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_all), TEST(test_quiet), TEST(test_nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
