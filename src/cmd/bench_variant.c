// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_variant.c - `--ab WHAT=VALUE,...`: the ways in which every case is measured, all
 * combinations of what was asked for. Parsing only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/log.h"
#include "lib/str.h"

#define MAX_HOST_EVENTS 16

typedef int (*set_fn)(struct bench_variant *v, const char *value);

static int set_pmu(struct bench_variant *v, const char *value)
{
	static const struct {
		const char *name;
		enum bench_pmu pmu;
	} names[] = {
		{ "off", BENCH_PMU_OFF },
		{ "emulated", BENCH_PMU_EMULATED },
		{ "mediated", BENCH_PMU_MEDIATED },
	};
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, value)) {
			v->pmu = names[i].pmu;
			return 0;
		}
	kp_err("bench: --ab pmu: '%s' is not off, emulated or mediated", value);
	return -EINVAL;
}

static int set_host_events(struct bench_variant *v, const char *value)
{
	uint64_t n;

	if (kp_str_u64(value, &n) || n > MAX_HOST_EVENTS) {
		kp_err("bench: --ab host-events: '%s' is no number up to %d", value,
		       MAX_HOST_EVENTS);
		return -EINVAL;
	}
	v->host_events = (unsigned int)n;
	return 0;
}

static int set_inject(struct bench_variant *v, const char *value)
{
	v->inject = !strcmp(value, "yes");
	return 0;
}

static int name_it(struct bench_variant *v, const char *what, const char *value)
{
	size_t len = strlen(v->name);
	int n = snprintf(v->name + len, sizeof(v->name) - len, "%s%s=%s", len ? " " : "", what,
			 value);

	return n < (int)(sizeof(v->name) - len) ? 0 : -EINVAL;
}

/* Every variant there is, once for each value. */
static int multiply(struct bench_variants *v, const char *what, set_fn set, char *values)
{
	struct bench_variants old = *v;
	char *word;
	size_t i;

	if (!old.nr)
		old.nr = 1; /* nothing special */
	v->nr = 0;
	while ((word = strsep(&values, ","))) {
		for (i = 0; i < old.nr; i++) {
			if (v->nr == BENCH_MAX_VARIANTS) {
				kp_err("bench: --ab: over %d variants", BENCH_MAX_VARIANTS);
				return -EINVAL;
			}
			v->at[v->nr] = old.at[i];
			if (set(&v->at[v->nr], word) || name_it(&v->at[v->nr], what, word))
				return -EINVAL;
			v->nr++;
		}
	}
	return 0;
}

int bench_variants_add(struct bench_variants *v, const char *arg)
{
	char *copy = strdup(arg), *values = copy ? strchr(copy, '=') : NULL;
	set_fn set = NULL;
	int err = -EINVAL;

	if (values) {
		*values++ = '\0';
		set = !strcmp(copy, "pmu")	     ? set_pmu
		      : !strcmp(copy, "host-events") ? set_host_events
						     : NULL;
	}
	if (set)
		err = multiply(v, copy, set, values);
	else
		kp_err("bench: --ab: '%s' is neither pmu=off,emulated,mediated nor "
		       "host-events=N,N",
		       arg);
	free(copy);
	return err;
}

int bench_variants_inject(struct bench_variants *v)
{
	char values[] = "no,yes";

	return multiply(v, "faults", set_inject, values);
}
