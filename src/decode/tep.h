/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tep.h - what the files around libtraceevent share: tep.c reads formats, tep_check.c decides what
 * libtraceevent may see and do, tep_print.c prints raw data. Nobody else includes its headers.
 */
#ifndef KP_DECODE_TEP_H
#define KP_DECODE_TEP_H

#include "decoder.h"

#include <event-parse.h>

#define KP_TEP_NAME_MAX 128

/** struct kp_tep_format - where a format lies in the tracing data; all borrowed from it */
struct kp_tep_format {
	const uint8_t *text;
	const char *system;
	uint32_t size;
	bool parsed;
};

/**
 * struct kp_tep - @handle: owned
 * @formats, @by_id: what the tracing data has; @nr_parsed: how many of it were asked for
 * @verdicts: event id -> may its print format run (kp_tep_print_safe())
 * @pad: raw data copied here is followed by zeros as far as any 16-bit offset and length reach
 */
struct kp_tep {
	struct tep_handle *handle;
	uint8_t long_size;
	bool swapped;
	unsigned int bad_formats, nr_parsed;
	KP_VEC(struct kp_tep_format) formats;
	struct kp_hash by_id;
	struct kp_hash verdicts;
	uint8_t *pad;
	size_t pad_used;
};

/**
 * kp_tep_clean - a format written anew from what is understood of @text, NUL-terminated, to be
 * freed; NULL when it is none or memory is out. Strange fields are left out, and a print format
 * that the kernel could not have made is replaced by an empty one: the fields stay usable. *@whole
 * tells whether all fields are there.
 */
char *kp_tep_clean(const uint8_t *text, uint64_t size, size_t *len, bool *whole);

/**
 * kp_tep_print_fmt_sane - is @print well-formed, of bounded depth, and does it use only @fields
 * (the lines of the format) and functions that libtraceevent knows
 */
bool kp_tep_print_fmt_sane(const char *fields, const char *print);

/**
 * kp_tep_print_safe - can this event's print format be run on any raw data, padded as in
 * kp_tep_print(), without a read outside, a division by zero or an absurd width
 */
bool kp_tep_print_safe(const struct tep_event *event);

#endif
