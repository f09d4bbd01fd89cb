/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counter_name.h - guests' counters in words. Private to src/cmd.
 */
#ifndef KP_CMD_COUNTER_NAME_H
#define KP_CMD_COUNTER_NAME_H

#include "arch.h"
#include "evname.h"
#include "model.h"

/** struct kp_counter_names - @cpu: the processor whose events they are, NULL unknown */
struct kp_counter_names {
	const struct kp_cpu *cpu;
	struct kp_evnames *names;
	bool arm64;
};

/** kp_counter_names_init - for a recording's architecture and cpuid (NULL unknown). 0 or -ENOMEM */
int kp_counter_names_init(struct kp_counter_names *v, const struct kp_arch *arch,
			  const char *cpuid);
void kp_counter_names_free(struct kp_counter_names *v);

/** kp_counter_name - "PMC0", "FIXED1", "CCNT" into @buf */
void kp_counter_name(const struct kp_counter_names *v, const struct kp_snap_counter *c, char *buf,
		     size_t size);

/** kp_counter_event - what it counts; NULL unknown. Borrowed, or in @name */
const char *kp_counter_event(const struct kp_counter_names *v, const struct kp_snap_counter *c,
			     struct kp_evname *name);

/** kp_counter_filters - "uk": user, kernel; G, H: guest, host; into @buf. NULL unknown */
const char *kp_counter_filters(const struct kp_counter_names *v, const struct kp_snap_counter *c,
			       char *buf, size_t size);

#endif
