// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault_test.c - src/host/fault.c on a made-up debugfs: what it sets, and that all is as it was
 * after the end, after a kill and after a failure.
 */
#include "kp_test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define DIR  "/sys/kernel/debug/kvm"
#define KNOB DIR "/fail_tdp_mmu_resched"

static const struct kp_fault_conf conf = { "fail_tdp_mmu_resched", 25, 3 };

static const char *const before[][2] = {
	{ "probability", "7" }, { "interval", "2" }, { "times", "5" },
	{ "space", "11" },	{ "verbose", "2" },
};

static char top[64];
static struct kp_sysroot *root;

static void make_dir(const char *path)
{
	char full[200];

	snprintf(full, sizeof(full), "%s%s", top, path);
	assert_int_equal(mkdir(full, 0700), 0);
}

static void put(const char *name, const char *text)
{
	char full[200];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s/%s", top, KNOB, name);
	f = fopen(full, "w");
	assert_non_null(f);
	fprintf(f, "%s\n", text);
	fclose(f);
}

static const char *value(const char *name)
{
	static char text[64];

	assert_int_equal(kp_sysroot_read_str(root, text, sizeof(text), KNOB "/%s", name), 0);
	return text;
}

static bool all_as_before(void)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(before); i++)
		if (strcmp(value(before[i][0]), before[i][1]))
			return false;
	return true;
}

static int setup(void **state)
{
	static const char *const dirs[] = { "/sys", "/sys/kernel", "/sys/kernel/debug", DIR, KNOB };
	size_t i;

	strcpy(top, "/tmp/kvmpmu-fault.XXXXXX");
	assert_non_null(mkdtemp(top));
	for (i = 0; i < KP_ARRAY_SIZE(dirs); i++)
		make_dir(dirs[i]);
	for (i = 0; i < KP_ARRAY_SIZE(before); i++)
		put(before[i][0], before[i][1]);
	return kp_sysroot_open(top, &root);
}

static int teardown(void **state)
{
	char command[100];

	kp_sysroot_free(root);
	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static struct kp_fault *open_knob(void)
{
	struct kp_fault *fault;
	char err[400];

	if (kp_fault_open(root, &conf, &fault, err, sizeof(err)))
		fail_msg("%s", err);
	return fault;
}

static void test_on_and_off(void **state)
{
	struct kp_fault *fault = open_knob();

	assert_string_equal(value("probability"), "0");
	assert_string_equal(value("interval"), "3");
	assert_string_equal(value("times"), "-1");
	assert_string_equal(value("space"), "0");
	assert_string_equal(value("verbose"), "0");
	assert_int_equal(kp_fault_set(fault, true), 0);
	assert_string_equal(value("probability"), "25");
	assert_int_equal(kp_fault_set(fault, false), 0);
	assert_string_equal(value("probability"), "0");
	assert_int_equal(kp_fault_set(fault, true), 0);
	assert_int_equal(kp_fault_close(fault), 0);
	assert_true(all_as_before());
	assert_int_equal(kp_fault_close(NULL), 0);
}

/* Ended by a signal that no program can catch, with faults on. */
static void test_killed(void **state)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	int status, ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct kp_fault *fault = open_knob();

		kp_fault_set(fault, true);
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_string_equal(value("probability"), "25");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* the watcher is no child of this process: its work is all there is to wait for */
	while (!all_as_before())
		nanosleep(&a_while, NULL);
	/* the last of the watcher's descriptors is gone when it has ended */
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 0);
	assert_true(all_as_before());
	close(ready[0]);
}

static void test_no_knob(void **state)
{
	const struct kp_fault_conf none = { "fail_tdp_mmu_cmpxchg", 1, 1 };
	struct kp_fault *fault;
	char err[400];

	assert_int_equal(kp_fault_open(root, &none, &fault, err, sizeof(err)), -ENOENT);
	assert_null(fault);
	assert_non_null(strstr(err, DIR "/fail_tdp_mmu_cmpxchg"));
	assert_non_null(strstr(err, "fail_tdp_mmu_resched"));
	assert_true(all_as_before());
}

static void test_bad_names(void **state)
{
	static const char *const names[] = { "", "mmu_cmpxchg", "fail_/../x", "fail_.",
					     "../fail_x" };
	struct kp_fault *fault;
	char err[400];
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		const struct kp_fault_conf bad = { names[i], 1, 1 };

		assert_int_equal(kp_fault_open(root, &bad, &fault, err, sizeof(err)), -EINVAL);
	}
}

/* A file that cannot be written in the middle of it: what was written is put back. */
static void test_half_way(void **state)
{
	struct kp_fault *fault;
	char err[400], path[200];

	if (!geteuid())
		kp_skip("root may write every file");
	snprintf(path, sizeof(path), "%s%s/times", top, KNOB);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(kp_fault_open(root, &conf, &fault, err, sizeof(err)), -EACCES);
	assert_true(all_as_before());
}

/* A number that the file had and that cannot be put back is an error, not silence. */
static void test_not_restored(void **state)
{
	struct kp_fault *fault = open_knob();
	char path[200];

	snprintf(path, sizeof(path), "%s%s/space", top, KNOB);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(kp_fault_close(fault), -EIO);
	assert_string_equal(value("probability"), "7");
	assert_string_equal(value("verbose"), "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_on_and_off), TEST(test_killed),   TEST(test_no_knob),
		TEST(test_bad_names),  TEST(test_half_way), TEST(test_not_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
