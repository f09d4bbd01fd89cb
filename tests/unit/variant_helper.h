/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * variant_helper.h - a recording written again in the ways that perf.data files differ: byte order,
 * format version, attribute size, compression, time and length. Shares no code with src/data's
 * writer but the encoding of feature sections, so that it can judge the reader.
 */
#ifndef VARIANT_HELPER_H
#define VARIANT_HELPER_H

#include "source.h"

/**
 * struct variant_opts
 * @pipe: pipe mode
 * @swap: in the other byte order, records and tracing data too. perf's own records that describe
 *	maps of threads and CPUs are left out
 * @long32: the bitmap of features as an array of the 32-bit longs of a 32-bit kernel
 * @attr_size: bytes of an attribute; 0: 128
 * @magic1: "PERFFILE"; @no_features: a header that ends before the bitmap (perf before 2.6.35);
 *	@event_types: names in the section of perf before 3.7 instead of in HEADER_EVENT_DESC
 * @compressed: 0 or the record type, 81 or 83; @level: of zstd
 * @size_zero: data.size as of a recording that was killed
 * @repeat: the records so often, 0: once; each time @repeat_ns later
 * @max_records: end after so many records, 0: all
 */
struct variant_opts {
	bool pipe;
	bool swap;
	bool long32;
	uint32_t attr_size;
	bool magic1;
	bool no_features;
	bool event_types;
	uint32_t compressed;
	int level;
	bool size_zero;
	uint64_t repeat;
	uint64_t repeat_ns;
	uint64_t max_records;
};

/**
 * variant_write - write recording @path to @fd, which stays open
 * Return: 0, or -errno with @err saying why
 */
int variant_write(const char *path, int fd, const struct variant_opts *opts, char *err,
		  size_t err_size);

/* ---- variant_record_helper.c: records in the other byte order or at another time ---- */

struct variant_records;

/** variant_records_new - for records of a source with @meta, borrowed. 0 or -ENOMEM */
int variant_records_new(const struct kp_meta *meta, struct variant_records **out);
void variant_records_free(struct variant_records *v);

/** variant_shift - add @ns to the record's time, if it has one */
void variant_shift(struct variant_records *v, uint8_t *record, size_t size, uint64_t ns);

/**
 * variant_swap - turn a record round, its header last
 * Return: 1 done; 0 it is of a kind that is left out; -EOPNOTSUPP a sample this does not know
 */
int variant_swap(struct variant_records *v, uint8_t *record, size_t size);

/** variant_swap_tracing - turn tracing data round, in place. 0 or -EBADMSG */
int variant_swap_tracing(uint8_t *data, size_t size);

/** variant_swap_feature - turn an encoded feature section round, in place */
void variant_swap_feature(unsigned int feat, uint8_t *data, size_t size, uint32_t attr_size);

/**
 * variant_swap_attr - @size bytes of @attr in the other byte order; longer than the struct: zeros
 */
void variant_swap_attr(const struct perf_event_attr *attr, uint8_t *out, size_t size);

#endif
