/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_amd.h - rules of AMD's PMU that no table of bits can say.
 */
#ifndef KP_DECODE_X86_AMD_H
#define KP_DECODE_X86_AMD_H

#include "kp.h"

/**
 * kp_amd_counts_in - does a core event selector let its counter count in this mode, as far as
 * GuestOnly (40) and HostOnly (41) have a say
 * @svme: EFER.SVME; @guest: between VMRUN and the exit
 */
bool kp_amd_counts_in(uint64_t evtsel, bool svme, bool guest);

#endif
