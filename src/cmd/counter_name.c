// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter_name.c - a guest's counter in words: which one it is, what it counts and in which modes,
 * by the processor that it ran on.
 */
#include "counter_name.h"

#include <stdio.h>
#include <string.h>

/* Guests see a processor of their own, but its events are the host's. */
int kp_counter_names_init(struct kp_counter_names *v, const struct kp_arch *arch, const char *cpuid)
{
	*v = (struct kp_counter_names){ .arm64 = arch->isa == KP_ISA_ARM64 };
	v->cpu = cpuid ? kp_cpu_of_cpuid(cpuid) : NULL;
	if (!v->cpu)
		v->cpu = kp_cpu_generic(arch->name);
	return kp_evnames_new(&v->names);
}

void kp_counter_names_free(struct kp_counter_names *v)
{
	kp_evnames_free(v->names);
	v->names = NULL;
}

/* SDM 20.2.2 "Fixed-function performance counters"; what each of them counts never changes */
static const char *const intel_fixed[] = {
	"INST_RETIRED.ANY",	"CPU_CLK_UNHALTED.THREAD",     "CPU_CLK_UNHALTED.REF_TSC",
	"TOPDOWN.SLOTS",	"TOPDOWN_BAD_SPECULATION.ALL", "TOPDOWN_FE_BOUND.ALL",
	"TOPDOWN_RETIRING.ALL",
};

void kp_counter_name(const struct kp_counter_names *v, const struct kp_snap_counter *c, char *buf,
		     size_t size)
{
	if (!c->fixed)
		snprintf(buf, size, "PMC%u", c->index);
	else if (v->arm64)
		snprintf(buf, size, "CCNT");
	else
		snprintf(buf, size, "FIXED%u", c->index);
}

const char *kp_counter_event(const struct kp_counter_names *v, const struct kp_snap_counter *c,
			     struct kp_evname *name)
{
	if (c->fixed && v->arm64)
		return "CPU_CYCLES";
	if (c->fixed)
		return c->index < KP_ARRAY_SIZE(intel_fixed) ? intel_fixed[c->index] : NULL;
	if (!c->has_selector || !v->cpu || kp_evname_of(v->names, v->cpu, 0, c->selector, 0, name))
		return NULL;
	return name->name;
}

/* x86 fixed: bit 0 kernel, bit 1 user. arm64: P and U leave EL1 and EL0 out. */
const char *kp_counter_filters(const struct kp_counter_names *v, const struct kp_snap_counter *c,
			       char *buf, size_t size)
{
	bool user, kernel;
	unsigned int hg = 0;

	if (!c->has_selector)
		return NULL;
	if (v->arm64) {
		user = !(c->selector >> 30 & 1);
		kernel = !(c->selector >> 31 & 1);
	} else if (c->fixed) {
		user = c->selector >> 1 & 1;
		kernel = c->selector & 1;
	} else {
		user = c->selector >> 16 & 1;
		kernel = c->selector >> 17 & 1;
		hg = v->cpu && !strcmp(v->cpu->arch, "amd") ? c->selector >> 40 & 3 : 0;
	}
	snprintf(buf, size, "%s%s%s%s", user ? "u" : "", kernel ? "k" : "", hg & 1 ? "G" : "",
		 hg & 2 ? "H" : "");
	return buf;
}
