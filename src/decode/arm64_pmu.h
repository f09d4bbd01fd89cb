/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64_pmu.h - the rule of arm64's event filters.
 */
#ifndef KP_DECODE_ARM64_PMU_H
#define KP_DECODE_ARM64_PMU_H

#include "kp.h"

enum kp_arm64_world { KP_WORLD_NON_SECURE, KP_WORLD_SECURE, KP_WORLD_REALM };

/**
 * kp_arm64_counts_in - do the filters of a PMEVTYPER (or PMCCFILTR) let it count at exception level
 * @el (0 to 3) of @world, where EL3 exists. Without EL3 there is only the non-secure world
 */
bool kp_arm64_counts_in(uint64_t typer, unsigned int el, enum kp_arm64_world world);

#endif
