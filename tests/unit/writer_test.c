// SPDX-License-Identifier: GPL-2.0-only
/*
 * writer_test.c - src/data's writer, read back by the reader: every mode holds the same records and
 * the same meta; a file that was never closed, or cut anywhere, still gives what is in it.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "data/format.h"
#include "data_helper.h"

#define LAB KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data"

static struct kp_source *open_lab(void)
{
	struct kp_source *src;
	char err[256];

	if (kp_perfdata_open(LAB, &src, err, sizeof(err)))
		fail_msg("%s", err);
	return src;
}

/*
 * Puts runs of up to @run bytes, as ring buffers are drained, until the source or the writer ends.
 */
static int copy(struct kp_source *src, struct kp_writer *w, size_t run)
{
	struct kp_buf bytes = { 0 };
	struct kp_raw raw;
	int err = 0;

	while (!err && kp_source_next(src, &raw) > 0) {
		if (raw.type == KP_RECORD_FINISHED_ROUND || bytes.len + raw.size > run) {
			err = kp_writer_put(w, bytes.data, bytes.len);
			bytes.len = 0;
		}
		if (err)
			break;
		if (raw.type == KP_RECORD_FINISHED_ROUND)
			err = kp_writer_round(w);
		else
			assert_int_equal(kp_buf_add(&bytes, raw.data, raw.size), 0);
	}
	if (!err && bytes.len)
		err = kp_writer_put(w, bytes.data, bytes.len);
	kp_buf_free(&bytes);
	return err;
}

/* The lab recording written with @opts; @closed: properly. Returns a descriptor of the file. */
static int write_lab(const struct kp_writer_opts *opts, size_t run, bool closed)
{
	struct kp_source *src = open_lab();
	int fd = data_memfd(NULL, 0), keep = dup(fd);
	struct kp_writer *w;

	assert_int_equal(kp_writer_new(fd, opts, &src->meta, &w), 0);
	assert_int_equal(copy(src, w, run), 0);
	if (!closed) {
		/* What a kill -9 leaves: the file as it is now. */
		struct kp_buf now;

		data_unload(keep, &now);
		close(keep);
		keep = data_memfd(now.data, now.len);
		kp_buf_free(&now);
	}
	assert_int_equal(kp_writer_close(w), 0);
	kp_source_free(src);
	return keep;
}

static void check_attr(const struct kp_attr *got, const struct kp_attr *want)
{
	struct perf_event_attr a = got->attr, b = want->attr;

	a.size = b.size;
	assert_memory_equal(&a, &b, sizeof(a));
	assert_string_equal(got->name, want->name);
	assert_int_equal(!got->system, !want->system);
	if (got->system) {
		assert_string_equal(got->system, want->system);
		assert_string_equal(got->event, want->event);
	}
	assert_int_equal(got->nr_ids, want->nr_ids);
	assert_memory_equal(got->ids, want->ids, want->nr_ids * sizeof(*want->ids));
}

static void check_topology(const struct kp_topology *got, const struct kp_topology *want)
{
	uint32_t i;

	assert_int_equal(got->nr_packages, want->nr_packages);
	for (i = 0; i < want->nr_packages; i++)
		assert_string_equal(got->packages[i], want->packages[i]);
	assert_int_equal(got->nr_threads, want->nr_threads);
	for (i = 0; i < want->nr_threads; i++)
		assert_string_equal(got->threads[i], want->threads[i]);
	assert_int_equal(got->nr_dies, want->nr_dies);
	assert_int_equal(got->nr_cpus, want->nr_cpus);
	assert_memory_equal(got->cpus, want->cpus, want->nr_cpus * sizeof(*want->cpus));
}

static void check_meta(const struct kp_meta *got, const struct kp_meta *want)
{
	uint32_t i;

	assert_int_equal(got->nr_attrs, want->nr_attrs);
	for (i = 0; i < want->nr_attrs; i++)
		check_attr(&got->attrs[i], &want->attrs[i]);
	assert_string_equal(got->hostname, want->hostname);
	assert_string_equal(got->osrelease, want->osrelease);
	assert_string_equal(got->perf_version, want->perf_version);
	assert_string_equal(got->arch, want->arch);
	assert_string_equal(got->cpudesc, want->cpudesc);
	assert_string_equal(got->cpuid, want->cpuid);
	assert_string_equal(got->cmdline, want->cmdline);
	assert_int_equal(got->nr_cpus_online, want->nr_cpus_online);
	assert_int_equal(got->nr_cpus_avail, want->nr_cpus_avail);
	assert_int_equal(got->total_mem_kb, want->total_mem_kb);
	assert_int_equal(got->nr_pmus, want->nr_pmus);
	for (i = 0; i < want->nr_pmus; i++) {
		assert_int_equal(got->pmus[i].type, want->pmus[i].type);
		assert_string_equal(got->pmus[i].name, want->pmus[i].name);
	}
	check_topology(&got->topology, &want->topology);
	/* A pipe's record of tracing data is padded to 8 bytes. */
	assert_in_range(got->tracing_size, want->tracing_size, want->tracing_size + 7);
	assert_memory_equal(got->tracing, want->tracing, want->tracing_size);
	if (!got->pipe) {
		assert_true(got->has_sample_time);
		assert_int_equal(got->sample_last_ns, want->sample_last_ns);
	}
}

static void check_same(int fd, bool pipe)
{
	struct data_records got, want;
	struct kp_source *src, *lab = open_lab();
	struct kp_buf file;
	char err[256];

	data_unload(fd, &file);
	src = data_open(file.data, file.len, err, sizeof(err));
	if (!src)
		fail_msg("%s", err);
	assert_int_equal(src->meta.pipe, pipe);
	data_read_all(lab, &want);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_false(src->meta.truncated);
	assert_int_equal(got.nr, want.nr);
	assert_int_equal(got.bytes.len, want.bytes.len);
	assert_memory_equal(got.bytes.data, want.bytes.data, want.bytes.len);
	check_meta(&src->meta, &lab->meta);
	kp_buf_free(&got.bytes);
	kp_buf_free(&want.bytes);
	kp_buf_free(&file);
	kp_source_free(src);
	kp_source_free(lab);
}

static void test_modes(void **state)
{
	static const struct kp_writer_opts modes[] = {
		{0		    },
		{ .pipe = true   },
		{ .zstd_level = 1},
		{ .pipe = true,	.zstd_level = 5 },
		{ .zstd_level = 22		   },
	};
	/* A record at a time, ring buffers of a few pages, all at once. */
	static const size_t runs[] = { 1, 20000, 1 << 20 };
	size_t i, j;
	int fd;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(modes); i++)
		for (j = 0; j < KP_ARRAY_SIZE(runs); j++) {
			fd = write_lab(&modes[i], runs[j], true);
			check_same(fd, modes[i].pipe);
			close(fd);
		}
}

/* Killed behind the last round: the file is one of pipe mode, and nothing is missing. */
static void test_killed(void **state)
{
	int fd, zstd;

	(void)state;
	for (zstd = 0; zstd < 2; zstd++) {
		struct kp_source *src;
		struct data_records got;
		struct kp_buf file;
		char err[256];

		fd = write_lab(&(struct kp_writer_opts){ .zstd_level = zstd }, 1 << 20, false);
		data_unload(fd, &file);
		src = data_open(file.data, file.len, err, sizeof(err));
		assert_non_null(src);
		assert_true(src->meta.pipe);
		assert_int_equal(src->meta.nr_attrs, 9);
		assert_string_equal(src->meta.attrs[1].event, "kvm_exit");
		data_read_all(src, &got);
		assert_int_equal(got.result, 0);
		/* The last round of the recording is 5 records before its end. */
		assert_in_range(got.nr, 6480, 6492);
		kp_buf_free(&got.bytes);
		kp_buf_free(&file);
		kp_source_free(src);
		close(fd);
	}
}

/*
 * Cut anywhere behind the attributes, the records before the cut come out, in order and unharmed.
 */
static void check_cuts(const struct kp_writer_opts *opts, size_t step)
{
	int fd = write_lab(opts, 4000, true);
	struct kp_source *src, *lab = open_lab();
	struct data_records want, got;
	unsigned int last = 0, opened = 0;
	struct kp_buf file;
	char err[256];
	size_t cut;

	data_read_all(lab, &want);
	data_unload(fd, &file);
	for (cut = 0; cut < file.len; cut += step) {
		src = data_open(file.data, cut, err, sizeof(err));
		if (!src)
			continue;
		opened++;
		if (opened > 1)
			assert_int_equal(src->meta.nr_attrs, 9);
		data_read_all(src, &got);
		if (opts->pipe)
			assert_true(got.result == 0 || got.result == -EBADMSG);
		else
			assert_int_equal(got.result, -EBADMSG);
		assert_true(got.nr >= last && got.bytes.len <= want.bytes.len);
		assert_memory_equal(got.bytes.data ? got.bytes.data : "", want.bytes.data,
				    got.bytes.len);
		last = got.nr;
		kp_buf_free(&got.bytes);
		kp_source_free(src);
	}
	assert_true(opened > 0);
	kp_buf_free(&want.bytes);
	kp_buf_free(&file);
	kp_source_free(lab);
	close(fd);
}

static void test_cuts(void **state)
{
	(void)state;
	check_cuts(&(struct kp_writer_opts){ 0 }, 9973);
	check_cuts(&(struct kp_writer_opts){ .zstd_level = 3 }, 997);
	check_cuts(&(struct kp_writer_opts){ .pipe = true }, 9973);
	check_cuts(&(struct kp_writer_opts){ .pipe = true, .zstd_level = 3 }, 997);
}

static void test_max_size(void **state)
{
	struct kp_source *src = open_lab();
	int fd = data_memfd(NULL, 0), keep = dup(fd);
	struct kp_writer_opts opts = { .max_size_bytes = 200000 };
	struct data_records got;
	struct kp_writer *w;
	struct kp_buf file;
	char err[256];

	(void)state;
	assert_int_equal(kp_writer_new(fd, &opts, &src->meta, &w), 0);
	assert_int_equal(copy(src, w, 10000), -EFBIG);
	assert_true(kp_writer_size(w) <= opts.max_size_bytes);
	assert_int_equal(kp_writer_close(w), 0);
	kp_source_free(src);
	data_unload(keep, &file);
	assert_in_range(file.len, 180000, opts.max_size_bytes);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_true(got.nr > 1000);
	kp_buf_free(&got.bytes);
	kp_buf_free(&file);
	kp_source_free(src);
	close(keep);
}

/* A full disk, played by RLIMIT_FSIZE: a write comes back short, the next one fails. */
static void check_full_disk(rlim_t limit, int zstd, size_t run)
{
	struct kp_writer_opts opts = { .zstd_level = zstd };
	struct kp_source *src = open_lab();
	char path[] = "/tmp/kvmpmu-writer-XXXXXX", err[256];
	struct rlimit saved, small;
	int fd = mkstemp(path), keep, ret;
	struct data_records got;
	struct kp_writer *w;
	struct kp_buf file;

	assert_true(fd >= 0);
	unlink(path);
	keep = dup(fd);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	small = (struct rlimit){ limit, saved.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(kp_writer_new(fd, &opts, &src->meta, &w), 0);
	ret = copy(src, w, run);
	assert_int_equal(kp_writer_put(w, "", 0), ret);
	assert_int_equal(kp_writer_close(w), ret);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	assert_int_equal(ret, -EFBIG);
	kp_source_free(src);

	data_unload(keep, &file);
	assert_true(file.len <= limit);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	assert_int_equal(src->meta.nr_attrs, 9);
	data_read_all(src, &got);
	assert_int_equal(got.result, 0);
	assert_true(got.nr > (zstd ? 0 : 100));
	kp_buf_free(&got.bytes);
	kp_buf_free(&file);
	kp_source_free(src);
	close(keep);
}

static void test_full_disk(void **state)
{
	(void)state;
	check_full_disk(100001, 0, 1 << 20);
	check_full_disk(100001, 0, 3000);
	check_full_disk(40000, 1, 3000);
}

/* perf would take a file without data for a recording that was killed. */
static void test_nothing_recorded(void **state)
{
	struct kp_source *src = open_lab();
	int fd = data_memfd(NULL, 0), keep = dup(fd);
	struct data_records got;
	struct kp_writer *w;
	struct kp_buf file;
	char err[256];

	(void)state;
	assert_int_equal(kp_writer_new(fd, &(struct kp_writer_opts){ 0 }, &src->meta, &w), 0);
	assert_int_equal(kp_writer_close(w), 0);
	kp_source_free(src);
	data_unload(keep, &file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	assert_int_equal(src->meta.data_size_bytes, 8);
	data_read_all(src, &got);
	assert_int_equal(got.nr, 0);
	assert_int_equal(got.result, 0);
	kp_buf_free(&file);
	kp_source_free(src);
	close(keep);
}

/* More ids than fit a record of pipe mode: file mode keeps them elsewhere, pipe mode says so. */
static void test_many_ids(void **state)
{
	struct kp_attr attr = { .name = (char *)"cycles", .nr_ids = 20000 };
	struct kp_meta meta = { .attrs = &attr, .nr_attrs = 1 };
	int fd = data_memfd(NULL, 0), keep = dup(fd);
	struct kp_source *src;
	struct kp_writer *w;
	struct kp_buf file;
	char err[256];
	uint32_t i;

	(void)state;
	attr.ids = calloc(attr.nr_ids, sizeof(*attr.ids));
	for (i = 0; i < attr.nr_ids; i++)
		attr.ids[i] = 1000 + i;
	assert_int_equal(kp_writer_new(data_memfd(NULL, 0),
				       &(struct kp_writer_opts){ .pipe = true }, &meta, &w),
			 -E2BIG);
	assert_int_equal(kp_writer_new(fd, &(struct kp_writer_opts){ 0 }, &meta, &w), 0);
	assert_int_equal(kp_writer_close(w), 0);
	data_unload(keep, &file);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	check_attr(&src->meta.attrs[0], &attr);
	kp_source_free(src);
	kp_buf_free(&file);
	free(attr.ids);
	close(keep);
}

static void test_refusals(void **state)
{
	struct kp_meta meta = { .swapped = true };
	struct kp_writer *w;
	int fds[2];

	(void)state;
	assert_int_equal(
		kp_writer_new(data_memfd(NULL, 0), &(struct kp_writer_opts){ 0 }, &meta, &w),
		-EOPNOTSUPP);
	assert_null(w);
	meta.swapped = false;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(kp_writer_new(fds[1], &(struct kp_writer_opts){ 0 }, &meta, &w), -ESPIPE);
	close(fds[0]);
	assert_int_equal(kp_writer_new(open("/dev/full", O_WRONLY), &(struct kp_writer_opts){ 0 },
				       &meta, &w),
			 -ENOSPC);
	assert_int_equal(kp_writer_close(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),	  cmocka_unit_test(test_killed),
		cmocka_unit_test(test_cuts),	  cmocka_unit_test(test_max_size),
		cmocka_unit_test(test_full_disk), cmocka_unit_test(test_nothing_recorded),
		cmocka_unit_test(test_many_ids),  cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
