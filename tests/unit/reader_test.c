// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_test.c - src/data's reader on recordings as perf made them: what the headers say, how many
 * records of which type come out.
 */
#include "kp_test.h"

#include <string.h>

#include "data/format.h"
#include "source.h"

#define LAB KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data"

static struct kp_source *open_source(const char *path)
{
	struct kp_source *src = NULL;
	char err[256];
	int ret = kp_perfdata_open(path, &src, err, sizeof(err));

	if (ret)
		fail_msg("%s: %d: %s", path, ret, err);
	return src;
}

static void test_meta(void **state)
{
	struct kp_source *src = open_source(LAB);
	const struct kp_meta *m = &src->meta;

	(void)state;
	assert_false(m->pipe || m->swapped || m->bigendian || m->truncated);
	assert_string_equal(m->hostname, "(none)");
	assert_string_equal(m->osrelease, "7.3.4+deb13-cloud-amd64");
	assert_string_equal(m->perf_version, "7.3.4");
	assert_string_equal(m->arch, "x86_64");
	assert_string_equal(m->cpudesc, "QEMU TCG CPU version 2.5+");
	assert_string_equal(m->cpuid, "AuthenticAMD,25,17,1");
	assert_string_equal(m->cmdline, "/root/perf");
	assert_int_equal(m->nr_cpus_online, 2);
	assert_int_equal(m->nr_cpus_avail, 2);
	assert_int_equal(m->total_mem_kb, 2014768);
	assert_true(m->has_sample_time);
	assert_int_equal(m->sample_first_ns, 13915296827);
	assert_int_equal(m->sample_last_ns, 14230559336);
	assert_int_equal(m->long_size, 8);
	assert_int_equal(m->tracing_size, 15737);
	assert_int_equal(m->data_size_bytes, 625712);
	assert_int_equal(m->nr_pmus, 8);
	assert_int_equal(m->pmus[0].type, 4);
	assert_string_equal(m->pmus[0].name, "cpu");
	kp_source_free(src);
}

static void test_attrs(void **state)
{
	static const char *const names[] = {
		"kvm:kvm_entry",    "kvm:kvm_exit",    "kvm:kvm_msr",
		"kvm:kvm_inj_virq", "msr:write_msr",   "msr:read_msr",
		"msr:rdpmc",	    "nmi:nmi_handler", "dummy:u",
	};
	struct kp_source *src = open_source(LAB);
	const struct kp_attr *attr = src->meta.attrs;
	size_t i;

	(void)state;
	assert_int_equal(src->meta.nr_attrs, KP_ARRAY_SIZE(names));
	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		assert_string_equal(attr[i].name, names[i]);
		assert_int_equal(attr[i].nr_ids, 2);
		assert_int_equal(attr[i].ids[1], 23 + 2 * i);
		assert_true(attr[i].attr.sample_id_all);
	}
	assert_string_equal(attr[0].system, "kvm");
	assert_string_equal(attr[0].event, "kvm_entry");
	assert_int_equal(attr[0].attr.config, 0x6dc);
	assert_null(attr[8].system);
	assert_int_equal(attr[8].attr.exclude_kernel, 1);
	kp_source_free(src);
}

static void test_records(void **state)
{
	struct kp_source *src = open_source(LAB);
	unsigned int count[128] = { 0 }, nr = 0;
	uint64_t bytes = 0, last = 0, done, total;
	struct kp_raw raw;

	(void)state;
	while (kp_source_next(src, &raw) > 0) {
		assert_in_range(raw.type, 1, 127);
		assert_true(raw.offset > last);
		last = raw.offset;
		count[raw.type]++;
		bytes += raw.size;
		nr++;
	}
	assert_string_equal(kp_source_error(src), "");
	/* As `perf report -D` counts them. */
	assert_int_equal(nr, 6506);
	assert_int_equal(bytes, src->meta.data_size_bytes);
	assert_int_equal(count[PERF_RECORD_SAMPLE], 6334);
	assert_int_equal(count[PERF_RECORD_COMM], 69);
	assert_int_equal(count[PERF_RECORD_MMAP2], 14);
	assert_int_equal(count[KP_RECORD_FINISHED_ROUND], 5);
	assert_int_equal(count[KP_RECORD_EVENT_UPDATE], 9);
	src->ops->progress(src, &done, &total);
	assert_int_equal(total, 649325);
	assert_int_equal(done, 1688 + 625712);
	assert_int_equal(kp_source_next(src, &raw), 0);
	kp_source_free(src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
