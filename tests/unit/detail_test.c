// SPDX-License-Identifier: GPL-2.0-only
/*
 * detail_test.c - the parts behind `kvmpmu info`: CPUID text, flags, kernel configuration,
 * counters, the judgement about the mediated vPMU, and snapshots written and read back.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/parts.h"

#define SNAP KP_TESTS_DIR "/snap"

static void test_cpuid_text(void **state)
{
	static const char text[] = "junk\n0 0xa\n-1 2 3 4 5 6 7\n"
				   "0 0xa 0x0 0x07300805 0x0 0xf 0x00008604\n"
				   "4 0xa 0x0 0x07300605 0x0 0x7 0x00008603";
	uint32_t r[4];

	(void)state;
	assert_int_equal(kp_host_cpuid_get(text, 0, 0xa, 0, r), 0);
	assert_int_equal(r[0], 0x07300805);
	assert_int_equal(r[3], 0x8604);
	assert_int_equal(kp_host_cpuid_get(text, 4, 0xa, 0, r), 0);
	assert_int_equal(r[0], 0x07300605);
	assert_int_equal(kp_host_cpuid_get(text, 4, 0xa, 1, r), -ENOENT);
	assert_int_equal(kp_host_cpuid_get(text, 1, 0xa, 0, r), -ENOENT);
	assert_int_equal(kp_host_cpuid_get("", 0, 0xa, 0, r), -ENOENT);
	assert_int_equal(kp_host_cpuid_get(NULL, 0, 0xa, 0, r), -ENOENT);
}

static void test_flags(void **state)
{
	(void)state;
	assert_int_equal(kp_host_has_flag("fpu svm lm", "svm"), KP_TRI_YES);
	assert_int_equal(kp_host_has_flag("fpu svm_lock lm", "svm"), KP_TRI_NO);
	assert_int_equal(kp_host_has_flag("fpu xsvm svm", "svm"), KP_TRI_YES);
	assert_int_equal(kp_host_has_flag("", "svm"), KP_TRI_NO);
	assert_int_equal(kp_host_has_flag(NULL, "svm"), KP_TRI_UNKNOWN);
}

static void test_config(void **state)
{
	char text[] = "# CONFIG_C is not set\nCONFIG_A_B=m\nCONFIG_A=y\nCONFIG_S=\"x=1\"", buf[16];
	struct kp_host_detail d = { .config = text };

	(void)state;
	assert_string_equal(kp_host_config_get(&d, "CONFIG_A", buf, sizeof(buf)), "y");
	assert_string_equal(kp_host_config_get(&d, "CONFIG_A_B", buf, sizeof(buf)), "m");
	assert_string_equal(kp_host_config_get(&d, "CONFIG_S", buf, sizeof(buf)), "\"x=1\"");
	assert_string_equal(kp_host_config_get(&d, "CONFIG_S", buf, 3), "\"x");
	assert_string_equal(kp_host_config_get(&d, "CONFIG_C", buf, sizeof(buf)), "n");
	d.config = NULL;
	assert_null(kp_host_config_get(&d, "CONFIG_A", buf, sizeof(buf)));
}

static void collect(const char *path, struct kp_host **host, struct kp_host_detail **d)
{
	struct kp_sysroot *root;

	assert_int_equal(kp_sysroot_open(path, &root), 0);
	assert_int_equal(kp_host_collect(root, KP_HOST_ALL, host), 0);
	assert_int_equal(kp_host_detail_collect(root, *host, d), 0);
	kp_sysroot_free(root);
}

static void test_counters(void **state)
{
	static const struct {
		const char *snap, *pmu;
		struct kp_host_counters want;
	} cases[] = {
		{ "x86-intel-spr-on8", "cpu", { 5, 8, 4, 48 } },
		{ "x86-intel-hybrid8", "cpu_core", { 5, 8, 4, 48 } },
		{ "x86-intel-hybrid8", "cpu_atom", { 5, 6, 3, 48 } },
		{ "x86-amd-zen3", "cpu", { 1, 6, 0, 48 } },
		{ "x86-amd-zen4-off8", "cpu", { 2, 6, 0, 48 } },
		{ "x86-amd-mediated2", "cpu", { 2, -1, 0, 48 } },
		{ "arm64-plain2", "armv8_pmuv3", { -1, -1, -1, -1 } },
		{ "arm64-hybrid4", "armv8_cortex_a53", { -1, 6, 1, -1 } },
		{ "arm64-hybrid4", "armv8_cortex_a72", { -1, 6, 1, -1 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		struct kp_host_detail *d;
		struct kp_host *host;
		char path[512];

		snprintf(path, sizeof(path), SNAP "/%s/sysroot", cases[i].snap);
		collect(path, &host, &d);
		assert_non_null(kp_host_find_pmu(host, cases[i].pmu));
		assert_memory_equal(&d->counters[kp_host_find_pmu(host, cases[i].pmu) - host->pmus],
				    &cases[i].want, sizeof(cases[i].want));
		kp_host_detail_free(d);
		kp_host_free(host);
	}
}

static void test_states(void **state)
{
	static const struct {
		const char *snap;
		enum kp_host_mediated want;
		const char *fails;
	} cases[] = {
		{ "x86-intel-spr-on8", KP_HOST_MEDIATED_ON, NULL },
		{ "x86-amd-mediated2", KP_HOST_MEDIATED_ON, NULL },
		{ "x86-intel-spr-mediated4", KP_HOST_MEDIATED_UNKNOWN, NULL },
		{ "x86-amd-zen4-off8", KP_HOST_MEDIATED_OFF, NULL },
		{ "x86-amd-zen3", KP_HOST_MEDIATED_NO, "perfmon" },
		{ "x86-intel-hybrid8", KP_HOST_MEDIATED_NO, "uniform" },
		{ "x86-cloud-nopmu4", KP_HOST_MEDIATED_NO, "perfmon" },
		{ "x86-softkvm2", KP_HOST_MEDIATED_NO, "module" },
		{ "arm64-hybrid4", KP_HOST_MEDIATED_NO, "arch" },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(cases); i++) {
		struct kp_host_detail *d;
		struct kp_host *host;
		bool fails = false;
		char path[512];

		snprintf(path, sizeof(path), SNAP "/%s/sysroot", cases[i].snap);
		collect(path, &host, &d);
		if (d->mediated != cases[i].want)
			fail_msg("%s: %d", cases[i].snap, d->mediated);
		for (n = 0; n < d->nr_needs && cases[i].fails; n++)
			fails |= !strcmp(d->needs[n].id, cases[i].fails) &&
				 d->needs[n].met == KP_TRI_NO;
		assert_int_equal(fails, cases[i].fails != NULL);
		kp_host_detail_free(d);
		kp_host_free(host);
	}
}

/* An empty host: everything is unknown, nothing is claimed. */
static void test_empty(void **state)
{
	char dir[] = "/tmp/kp_detail_test.XXXXXX";
	struct kp_host_detail *d;
	struct kp_host *host;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	collect(dir, &host, &d);
	assert_int_equal(d->mediated, KP_HOST_MEDIATED_UNKNOWN);
	assert_null(d->flags);
	assert_null(d->config);
	assert_null(d->module);
	assert_int_equal(d->btf, KP_TRI_UNKNOWN);
	for (i = 0; i < d->nr_caps; i++)
		assert_int_equal(d->caps[i].value, -1);
	kp_host_detail_free(d);
	kp_host_free(host);
	rmdir(dir);
}

/* A snapshot of a snapshot has what the first had. */
static void test_snapshot(void **state)
{
	char path[] = "/tmp/kp_detail_snap.XXXXXX";
	struct kp_host_detail *d, *d2;
	struct kp_host *host, *host2;
	struct kp_sysroot *root;
	uint32_t nr = 0;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(kp_sysroot_open(SNAP "/x86-amd-zen4-off8/sysroot", &root), 0);
	assert_int_equal(kp_snapshot_write(root, path, &nr), -EEXIST);
	unlink(path);
	assert_int_equal(kp_snapshot_write(root, path, &nr), 0);
	assert_true(nr > 50);
	kp_sysroot_free(root);
	collect(SNAP "/x86-amd-zen4-off8/sysroot", &host, &d);
	collect(path, &host2, &d2);
	assert_int_equal(host->nr_pmus, host2->nr_pmus);
	assert_string_equal(host->hostname, host2->hostname);
	assert_string_equal(d->cpuid, d2->cpuid);
	assert_string_equal(d->config, d2->config);
	assert_int_equal(d->mediated, d2->mediated);
	assert_int_equal(d2->caps[0].value, d->caps[0].value);
	kp_host_detail_free(d);
	kp_host_detail_free(d2);
	kp_host_free(host);
	kp_host_free(host2);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpuid_text), cmocka_unit_test(test_flags),
		cmocka_unit_test(test_config),	   cmocka_unit_test(test_counters),
		cmocka_unit_test(test_states),	   cmocka_unit_test(test_empty),
		cmocka_unit_test(test_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
