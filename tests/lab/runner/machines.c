// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the lab's machines and what is tested in each: one row per machine, one table of
 * cases per row. Only those of this architecture exist in a build of the runner.
 */
#include "runner.h"

static void smoke(struct lab_test *t)
{
	lab_check(t, lab_file_exists("/dev/kvm"), "no /dev/kvm");
}

static const struct lab_case cases[] = {
	{ "the machine has KVM", smoke },
	{ 0 },
};

const struct lab_machine lab_machines[] = {
	{ "amd-mediated", cases },
	{ "amd-emulated", cases },
	{ "arm64-vhe", cases },
	{ "arm64-hybrid", cases },
	{ "arm64-nvhe", cases },
	{ 0 },
};
