// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmsg_test.c - the kernel's log out of a snapshot: lines that concern PMU or KVM, from a number
 * on, and what hostile files do.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/parts.h"

/* A snapshot with this log in a temporary directory, which the test ends in. */
static struct kp_sysroot *snapshot(const char *text)
{
	char dir[] = "/tmp/kvmpmu-kmsg-test.XXXXXX";
	struct kp_sysroot *root;
	int fd;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("kvmpmu", 0700), 0);
	if (text) {
		fd = open("kvmpmu/kmsg", O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		close(fd);
	}
	assert_int_equal(kp_sysroot_open(dir, &root), 0);
	return root;
}

static void snapshot_end(struct kp_sysroot *root)
{
	char dir[256];

	kp_sysroot_free(root);
	assert_non_null(getcwd(dir, sizeof(dir)));
	unlink("kvmpmu/kmsg");
	rmdir("kvmpmu");
	assert_int_equal(chdir("/"), 0);
	rmdir(dir);
}

static void test_lines(void **state)
{
	struct kp_sysroot *root =
		snapshot("6,1,1000,-;Performance Events: Fam17h+ core perfctr, AMD PMU driver.\n"
			 "6,2,1001,-;usb 1-1: new device\n"
			 "4,3,2500000,-;kvm_amd: Failed to enable mediated vPMU, try disabling\n"
			 " SUBSYSTEM=x\n"
			 "30,9,2500001,-;nothing of ours\n");
	struct kp_host_messages m;
	char *text;

	(void)state;
	assert_int_equal(kp_host_messages_read(root, 0, &m), 0);
	assert_int_equal(m.err, 0);
	assert_int_equal(m.nr, 2);
	assert_int_equal(m.next_seq, 10);
	assert_int_equal(m.at[1].seq, 3);
	assert_int_equal(m.at[1].level, 4);
	assert_int_equal(m.at[1].time_us, 2500000);
	assert_ptr_equal(kp_host_messages_find(&m, 0, "mediated vPMU"), &m.at[1]);
	assert_null(kp_host_messages_find(&m, 2, "mediated vPMU"));
	assert_null(kp_host_messages_find(&m, 0, "usb"));
	kp_host_messages_free(&m);

	assert_int_equal(kp_host_messages_read(root, 2, &m), 0);
	assert_int_equal(m.nr, 1);
	kp_host_messages_free(&m);
	assert_int_equal(kp_host_messages_read(root, 10, &m), 0);
	assert_int_equal(m.nr, 0);
	assert_int_equal(m.next_seq, 10);
	kp_host_messages_free(&m);

	text = kp_host_messages_text(root);
	assert_string_equal(
		text, "6,1,1000,-;Performance Events: Fam17h+ core perfctr, AMD PMU driver.\n"
		      "4,3,2500000,-;kvm_amd: Failed to enable mediated vPMU, try disabling\n");
	free(text);
	snapshot_end(root);
}

static void test_absent(void **state)
{
	struct kp_sysroot *root = snapshot(NULL);
	struct kp_host_messages m;

	(void)state;
	assert_int_equal(kp_host_messages_read(root, 5, &m), 0);
	assert_int_equal(m.err, -ENOENT);
	assert_int_equal(m.nr, 0);
	assert_int_equal(m.next_seq, 5);
	kp_host_messages_free(&m);
	assert_null(kp_host_messages_text(root));
	snapshot_end(root);
}

static void test_hostile(void **state)
{
	struct kp_sysroot *root =
		snapshot(";mediated vPMU\n-1,x,y;mediated vPMU\n6,1;mediated vPMU\n"
			 "\n;;;\n6,99999999999999999999999,1,-;PMU driver\n"
			 "4294967295,7,8,-;mediated vPMU");
	struct kp_host_messages m;

	(void)state;
	assert_int_equal(kp_host_messages_read(root, 0, &m), 0);
	assert_true(m.nr >= 1);
	assert_non_null(kp_host_messages_find(&m, 0, "mediated vPMU"));
	assert_in_range(m.at[m.nr - 1].level, 0, 7);
	kp_host_messages_free(&m);
	snapshot_end(root);
}

/* A host of one core PMU, and what the log of @text says of its counters. */
static struct kp_host_counters counters_of(const char *machine, const char *pmu, const char *text)
{
	struct kp_host_pmu pmus[2] = { { .name = (char *)pmu, .core = true },
				       { .name = (char *)"software" } };
	struct kp_host host = { .machine = (char *)machine, .pmus = pmus, .nr_pmus = 2 };
	struct kp_host_counters counters[2] = { { -1, -1, -1, -1 }, { -1, -1, -1, -1 } };
	struct kp_host_detail d = { .counters = counters };
	struct kp_sysroot *root = snapshot(text);

	kp_host_read_log_counters(root, &host, &d);
	snapshot_end(root);
	assert_int_equal(counters[1].general, -1);
	return counters[0];
}

static void test_counters(void **state)
{
	struct kp_host_counters c;

	(void)state;
	c = counters_of(
		"aarch64", "armv8_pmuv3_0",
		"6,1,1,-;hw perfevents: enabled with armv8_pmuv3 PMU driver, 3 (0,80000003) "
		"counters available\n"
		"6,2,1,-;hw perfevents: enabled with armv8_pmuv3_0 PMU driver, 8 (1,8000003f) "
		"counters available, using NMIs\n");
	assert_int_equal(c.general, 6);
	assert_int_equal(c.fixed, 2); /* cycles and instructions */
	c = counters_of("aarch64", "armv8_pmuv3",
			"6,1,1,-;hw perfevents: enabled with armv8_pmuv3 PMU driver, 7 counters "
			"available\n");
	assert_int_equal(c.general, 6);
	assert_int_equal(c.fixed, 1);
	c = counters_of("aarch64", "armv8_pmuv3", "6,1,1,-;hw perfevents: enabled with\n");
	assert_int_equal(c.general, -1);
	c = counters_of("aarch64", "armv8_pmuv3",
			"6,1,1,-;hw perfevents: enabled with armv8_pmuv3 PMU driver, 7 (");
	assert_int_equal(c.general, 0);
	c = counters_of("x86_64", "cpu",
			"6,1,1,-;... generic counters:         6\n"
			"6,2,1,-;... fixed-purpose counters:   0\n");
	assert_int_equal(c.general, 6);
	assert_int_equal(c.fixed, 0);
	c = counters_of("x86_64", "cpu", "6,1,1,-;... generic counters: many\n");
	assert_int_equal(c.general, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
