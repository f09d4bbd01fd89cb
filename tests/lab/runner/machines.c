// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the lab's machines, as in machines/NAME.conf, and what is tested in each.
 */
#include "cases.h"

const struct lab_machine lab_machines[] = {
	{ "amd-mediated", lab_amd_mediated_cases },
	{ "amd-emulated", lab_amd_emulated_cases },
	{ "arm64-vhe", lab_arm64_vhe_cases },
	{ "arm64-hybrid", lab_arm64_hybrid_cases },
	{ "arm64-nvhe", lab_arm64_nvhe_cases },
	{ 0 },
};
