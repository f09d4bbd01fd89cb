/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode_helper.h - recordings made by hand for the decoder's tests: tracing data out of format
 * files, metas, samples, in either byte order.
 */
#ifndef DECODE_HELPER_H
#define DECODE_HELPER_H

#include "decode.h"

/** struct kp_maker - bytes being put together; numbers are swapped when @swapped */
struct kp_maker {
	uint8_t data[4096];
	size_t size;
	bool swapped;
};

void maker_u8(struct kp_maker *m, uint8_t v);
void maker_u16(struct kp_maker *m, uint16_t v);
void maker_u32(struct kp_maker *m, uint32_t v);
void maker_u64(struct kp_maker *m, uint64_t v);
void maker_bytes(struct kp_maker *m, const void *data, size_t size);
/** maker_at - overwrite @size bytes (1, 2, 4, 8) at @at with a number */
void maker_at(struct kp_maker *m, size_t at, size_t size, uint64_t v);

/**
 * maker_record - the bytes as one record of @type and @misc: header in front. The raw borrows @m
 */
struct kp_raw maker_record(struct kp_maker *m, uint32_t type, uint16_t misc);

/**
 * struct kp_format_file - "x86/kvm.kvm_exit" below tests/data/formats; @text instead of a file when
 * not NULL
 */
struct kp_format_file {
	const char *system;
	const char *path;
	const char *text;
};

/** make_tracing - HEADER_TRACING_DATA with these formats (ended by a NULL system); to be freed */
void *make_tracing(const struct kp_format_file *files, bool bigendian, size_t *size);

/** read_format - a file below tests/data/formats, to be freed */
char *read_format(const char *path);

/** struct rig - a decoder for one tracepoint, and the sample that is put together for it */
struct rig {
	struct kp_attr attr;
	struct kp_meta meta;
	struct kp_decoder *dec;
	struct kp_maker m;
	size_t raw_at;
	struct kp_raw raw;
	struct kp_event ev;
};

/** rig_open - @machine NULL: the recording does not say; @id: of the tracepoint */
void rig_open(struct rig *r, const struct kp_format_file *file, const char *machine, uint64_t id,
	      bool swapped);
void rig_close(struct rig *r);

/** rig_field - a number in the raw data, which is as long as what was put into it */
void rig_field(struct rig *r, size_t offset, size_t size, uint64_t v);

/** rig_decode - the raw data as a sample through kp_decode(), into @r->ev */
int rig_decode(struct rig *r);

/** rig_text - kp_decode_print() must give @text */
void rig_text(struct rig *r, const char *text);

#endif
