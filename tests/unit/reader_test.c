// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_test.c - src/data's reader on recordings as perf made them: what the headers say, how many
 * records of which type come out.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/format.h"
#include "data_helper.h"
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

/*
 * Recordings of three versions of perf, in each of its modes; counts are those of `perf report -D`.
 */
static void test_recordings(void **state)
{
	static const struct {
		const char *name;
		const char *version;
		bool pipe;
		bool compressed;
		unsigned int samples;
		unsigned int mmaps;
		unsigned int comms;
		uint32_t nr_attrs;
	} files[] = {
		{ "softkvm-6.1", "6.1.192", false, false, 606, 11, 4, 2 },
		{ "softkvm-6.1-zstd", "6.1.192", false, true, 606, 11, 4, 2 },
		{ "softkvm-6.1-pipe", "6.1.192", true, false, 606, 15, 5, 2 },
		{ "softkvm-6.1-per-thread", "6.1.192", false, false, 721, 0, 1, 1 },
		{ "softkvm-6.12-zstd", "6.12.107", false, true, 606, 11, 3, 2 },
		{ "softkvm-7.3", "7.3.4", false, false, 606, 12, 3, 2 },
		{ "softkvm-7.3-zstd", "7.3.4", false, true, 606, 12, 3, 2 },
		{ "softkvm-7.3-pipe", "7.3.4", true, false, 606, 12, 3, 2 },
	};
	struct kp_raw raw;
	char path[512];
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(files); i++) {
		unsigned int count[128] = { 0 };
		struct kp_source *src;

		snprintf(path, sizeof(path), KP_TESTS_DIR "/data/%s/perf.data", files[i].name);
		src = open_source(path);
		assert_int_equal(src->meta.pipe, files[i].pipe);
		assert_string_equal(src->meta.perf_version, files[i].version);
		assert_int_equal(src->meta.features[0] >> KP_FEAT_COMPRESSED & 1,
				 files[i].compressed);
		assert_int_equal(src->meta.nr_attrs, files[i].nr_attrs);
		assert_string_equal(src->meta.attrs[0].name, "kvm:kvm_userspace_exit");
		assert_string_equal(src->meta.attrs[0].event, "kvm_userspace_exit");
		while (kp_source_next(src, &raw) > 0)
			count[raw.type & 127]++;
		assert_string_equal(kp_source_error(src), "");
		assert_int_equal(count[PERF_RECORD_SAMPLE], files[i].samples);
		assert_int_equal(count[PERF_RECORD_MMAP2], files[i].mmaps);
		assert_int_equal(count[PERF_RECORD_COMM], files[i].comms);
		kp_source_free(src);
	}
}

static void write_file(const char *dir, const char *name, const void *data, size_t size)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = { "data", "data.0", "data.1" };
	char path[512];
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* perf record --threads: a directory, "data" as any file, data.N with nothing but records. */
static void test_directory(void **state)
{
	char dir[] = "/tmp/kvmpmu-reader-XXXXXX";
	struct data_records got, want, part;
	struct kp_source *src;
	struct kp_buf lab;

	(void)state;
	src = open_source(LAB);
	data_read_all(src, &want);
	kp_source_free(src);
	data_load(LAB, &lab);
	src = open_source(KP_TESTS_DIR "/data/softkvm-7.3/perf.data");
	data_read_all(src, &part);
	kp_source_free(src);

	assert_non_null(mkdtemp(dir));
	write_file(dir, "data", lab.data, lab.len);
	write_file(dir, "data.0", part.bytes.data, part.bytes.len);
	write_file(dir, "data.1", part.bytes.data, part.bytes.len);
	src = open_source(dir);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_int_equal(got.nr, want.nr + 2 * part.nr);
	/* Rounds of one file say nothing about the others. */
	assert_int_equal(got.rounds, 0);
	assert_memory_equal(got.bytes.data, want.bytes.data, want.bytes.len);
	assert_memory_equal(got.bytes.data + want.bytes.len + part.bytes.len, part.bytes.data,
			    part.bytes.len);
	kp_source_free(src);
	kp_buf_free(&got.bytes);

	write_file(dir, "data.0", part.bytes.data, part.bytes.len - 5);
	src = open_source(dir);
	data_read_all(src, &got);
	assert_int_equal(got.result, -EBADMSG);
	assert_non_null(strstr(kp_source_error(src), "data.0: offset 0x"));
	kp_source_free(src);
	remove_dir(dir);
	kp_buf_free(&got.bytes);
	kp_buf_free(&want.bytes);
	kp_buf_free(&part.bytes);
	kp_buf_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_recordings),
		cmocka_unit_test(test_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
