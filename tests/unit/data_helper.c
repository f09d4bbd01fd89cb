// SPDX-License-Identifier: GPL-2.0-only
/*
 * data_helper.c - see data_helper.h. Touches files in memory and those it is told to load.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/format.h"
#include "data_helper.h"

void data_unload(int fd, struct kp_buf *out)
{
	off_t size = lseek(fd, 0, SEEK_END);

	*out = (struct kp_buf){ 0 };
	assert_true(size >= 0);
	assert_int_equal(kp_buf_reserve(out, (size_t)size), 0);
	assert_int_equal(pread(fd, out->data, (size_t)size, 0), size);
	out->len = (size_t)size;
}

void data_load(const char *path, struct kp_buf *out)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	data_unload(fd, out);
	close(fd);
}

int data_memfd(const void *data, size_t size)
{
	int fd = memfd_create("perf.data", MFD_CLOEXEC);

	assert_true(fd >= 0);
	if (size)
		assert_int_equal(pwrite(fd, data, size, 0), size);
	return fd;
}

struct kp_source *data_open(const void *data, size_t size, char *err, size_t err_size)
{
	struct kp_source *src;
	int ret = kp_perfdata_open_fd(data_memfd(data, size), "test", &src, err, err_size);

	/* A refusal always says why, and in the name of the file. */
	if (ret) {
		assert_null(src);
		assert_true(!strncmp(err, "test: ", 6) && strlen(err) > 12);
		return NULL;
	}
	return src;
}

void data_read_all(struct kp_source *src, struct data_records *out)
{
	uint64_t last = 0;
	struct kp_raw raw;

	*out = (struct data_records){ 0 };
	while ((out->result = kp_source_next(src, &raw)) > 0) {
		assert_true(raw.offset > last);
		last = raw.offset;
		if (raw.type == KP_RECORD_FINISHED_ROUND) {
			out->rounds++;
		} else if (raw.type == KP_RECORD_EVENT_UPDATE) {
			out->updates++;
		} else {
			assert_int_equal(kp_buf_add(&out->bytes, raw.data, raw.size), 0);
			out->nr++;
		}
	}
	/* An error comes with a message, and stays. */
	assert_int_equal(!out->result, !*kp_source_error(src));
	assert_int_equal(kp_source_next(src, &raw), out->result);
}
