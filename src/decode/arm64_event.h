/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64_event.h - what arm64's PMU events are called, and which core has which. libpfm4 and perf
 * leave other architectures' tables out of a build; these are always there.
 */
#ifndef KP_DECODE_ARM64_EVENT_H
#define KP_DECODE_ARM64_EVENT_H

#include "kp.h"

/** struct kp_arm64_event - @help: what it counts, NULL for events of one core */
struct kp_arm64_event {
	uint16_t code;
	const char *name;
	const char *help;
};

/**
 * struct kp_arm64_core
 * @name: "cortex-a53"; @implementer, @part: of MIDR_EL1
 * @pmu: what Linux calls its PMU when the device tree names it (armv8_cortex_a53)
 * @codes, @nr_codes: architectural events it has, sorted; NULL: not known
 * @own, @nr_own: events of its own
 */
struct kp_arm64_core {
	const char *name;
	uint16_t implementer, part;
	const char *pmu;
	const uint16_t *codes;
	size_t nr_codes;
	const struct kp_arm64_event *own;
	size_t nr_own;
};

/** kp_arm64_cores - ends with a NULL name */
extern const struct kp_arm64_core kp_arm64_cores[];

/** kp_arm64_events - architectural events by number, @nr of them */
const struct kp_arm64_event *kp_arm64_events(size_t *nr);

/** kp_arm64_core_find - by name ("cortex-a53", "cortex_a53") or its PMU's name; NULL none */
const struct kp_arm64_core *kp_arm64_core_find(const char *name);

/** kp_arm64_core_by_midr - by MIDR_EL1; NULL unknown */
const struct kp_arm64_core *kp_arm64_core_by_midr(uint64_t midr);

/**
 * kp_arm64_event_of - event @code as @core has it (NULL: any core, architectural events only)
 * @has: whether that core implements it: YES or NO where its list is known
 * Return: the event, NULL when the number means nothing known there.
 */
enum kp_arm64_has { KP_ARM64_UNKNOWN, KP_ARM64_NO, KP_ARM64_YES };
const struct kp_arm64_event *kp_arm64_event_of(const struct kp_arm64_core *core, uint16_t code,
					       enum kp_arm64_has *has);

/** kp_arm64_event_find - by name, in any case; NULL none */
const struct kp_arm64_event *kp_arm64_event_find(const struct kp_arm64_core *core,
						 const char *name);

#endif
