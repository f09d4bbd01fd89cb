/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_table.h - own tables of x86 events, and the door to libpfm4. Private to src/decode.
 */
#ifndef KP_DECODE_EVENT_TABLE_H
#define KP_DECODE_EVENT_TABLE_H

#include "evname.h"

/* Bits of a selector that tell the event: Intel and AMD (event above 0xff in bits 35:32). */
#define KP_INTEL_EVENT_BITS 0x0000ff00ff84ffffull /* UMASK2, CMASK, INV, E, UMASK, event */
#define KP_AMD_EVENT_BITS   0x0000000fff84ffffull
#define KP_AMD_L3_BITS	    0x000000000000ffffull /* slices, cores and threads aside */
#define KP_AMD_DF_BITS	    0x0000003f0f00ffffull /* event 13:0, unit mask 11:0 */

/** struct kp_x86_event - @help: NULL unknown */
struct kp_x86_event {
	uint64_t sel;
	uint64_t extra;
	const char *name;
	const char *help;
};

/** struct kp_x86_table - sorted by selector, then by extra */
struct kp_x86_table {
	const char *name;
	const struct kp_x86_event *events;
	size_t nr;
};

/** kp_x86_tables - ends with a NULL name; "intel" and "amd" hold the architectural events */
extern const struct kp_x86_table kp_x86_tables[];

const struct kp_x86_table *kp_x86_table_find(const char *name);

/* ---- libpfm4 (evname_pfm.c, the only file of this folder that includes it) ---- */

struct kp_pfm;

/** kp_pfm_open - index one of libpfm4's PMUs by name; -ENOENT when this libpfm4 lacks it */
int kp_pfm_open(const char *pmu, uint64_t event_bits, struct kp_pfm **out);
void kp_pfm_close(struct kp_pfm *pfm);
int kp_pfm_name(const struct kp_pfm *pfm, uint64_t sel, uint64_t extra, struct kp_evname *out);

/** kp_pfm_encode - @event with libpfm4's own modifiers; plm: bit 0 kernel, bit 1 user */
int kp_pfm_encode(const char *pmu, const char *event, unsigned int plm, struct kp_evcode *out,
		  char *err, size_t err_size);

/** kp_pfm_each - every event and umask of a PMU in order; for lists and tests */
int kp_pfm_each(const struct kp_pfm *pfm, int (*fn)(void *ctx, uint64_t sel, uint64_t extra,
						    const char *name), void *ctx);

#endif
