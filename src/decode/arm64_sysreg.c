// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_sysreg.c - names of arm64 system registers and system instructions, and back. Only a table
 * and its lookup.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "arm64_sysreg.h"
#include "event.h"

static const struct sysreg_name {
	uint32_t reg;
	const char *name;
} names[] = {
#define S(op0, op1, crn, crm, op2, name_) { KP_SYSREG(op0, op1, crn, crm, op2), #name_ },
#include "arm64_sysreg.def"
#undef S
};

_Static_assert(KP_ARRAY_SIZE(names) > 1200, "arm64_sysreg.def is whole");

static size_t lower_bound(uint32_t reg)
{
	size_t lo = 0, hi = KP_ARRAY_SIZE(names);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (names[mid].reg < reg)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const char *kp_sysreg_alias(uint32_t reg, unsigned int n)
{
	size_t i = lower_bound(reg) + n;

	return i < KP_ARRAY_SIZE(names) && names[i].reg == reg ? names[i].name : NULL;
}

const char *kp_sysreg_name(uint32_t reg)
{
	return kp_sysreg_alias(reg, 0);
}

bool kp_sysreg_next(uint32_t *reg)
{
	size_t i = lower_bound(*reg);

	if (i == KP_ARRAY_SIZE(names))
		return false;
	*reg = names[i].reg;
	return true;
}

/* Numbers out of range would alias another register. */
static bool encode(const unsigned int n[5], uint32_t *reg)
{
	if (n[0] > 3 || n[1] > 7 || n[2] > 15 || n[3] > 15 || n[4] > 7)
		return false;
	*reg = KP_SYSREG(n[0], n[1], n[2], n[3], n[4]);
	return true;
}

static bool parse_encoding(const char *name, uint32_t *reg)
{
	unsigned int n[5];
	int end = 0;

	if (sscanf(name, "%*1[Ss]%u_%u_%*1[Cc]%u_%*1[Cc]%u_%u%n", &n[0], &n[1], &n[2], &n[3],
		   &n[4], &end) != 5 &&
	    sscanf(name, "%u,%u,%u,%u,%u%n", &n[0], &n[1], &n[2], &n[3], &n[4], &end) != 5)
		return false;
	return end && !name[end] && encode(n, reg);
}

int kp_sysreg_find(const char *name, uint32_t *reg)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i].name, name))
			continue;
		*reg = names[i].reg;
		return 0;
	}
	return parse_encoding(name, reg) ? 0 : -ENOENT;
}

const char *kp_sysreg_encoding(uint32_t reg, char *buf, size_t size)
{
	snprintf(buf, size, "S%u_%u_C%u_C%u_%u", reg >> 20 & 3, reg >> 14 & 7, reg >> 10 & 15,
		 reg >> 1 & 15, reg >> 17 & 7);
	return buf;
}
