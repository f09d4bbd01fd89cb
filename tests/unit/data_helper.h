/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * data_helper.h - perf.data in memory, for the tests of src/data: files as byte strings, all
 * records of a source as one byte string. Fails the test that calls it where anything goes wrong.
 */
#ifndef DATA_HELPER_H
#define DATA_HELPER_H

#include "lib/buf.h"
#include "source.h"

/** data_load - a file's bytes */
void data_load(const char *path, struct kp_buf *out);

/** data_memfd - a descriptor, at offset 0, of a file in memory that holds @size bytes of @data */
int data_memfd(const void *data, size_t size);

/** data_unload - bytes of the file behind @fd, which stays open */
void data_unload(int fd, struct kp_buf *out);

/** data_open - a source over @size bytes; NULL, and @err set, when the reader refuses them */
struct kp_source *data_open(const void *data, size_t size, char *err, size_t err_size);

/**
 * struct data_records - what a source gave
 * @bytes: all records but FINISHED_ROUND and EVENT_UPDATE, one behind the other
 * @nr: how many those are; @rounds, @updates: how many are not in @bytes
 * @result: what next() returned last
 */
struct data_records {
	struct kp_buf bytes;
	unsigned int nr;
	unsigned int rounds;
	unsigned int updates;
	int result;
};

/** data_read_all - read @src to its end; offsets must grow */
void data_read_all(struct kp_source *src, struct data_records *out);

#endif
