// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_metrics.c - what stat derives from its counts: sums over PMUs, ratios with their units.
 * Pure. A metric is there only where both of its counts are, of the same modifiers and PMU.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/stat_calc.h"

#define PERCENT 100.0

bool kp_stat_total(const struct kp_stat_row *row, double *value)
{
	const struct kp_stat_count *both = &row->side[KP_SIDE_BOTH];
	const struct kp_stat_count *host = &row->side[KP_SIDE_HOST];
	const struct kp_stat_count *guest = &row->side[KP_SIDE_GUEST];

	if (both->state == KP_STAT_COUNTED) {
		*value = both->value;
		return true;
	}
	*value = host->value + guest->value;
	return host->state == KP_STAT_COUNTED && guest->state == KP_STAT_COUNTED;
}

bool kp_stat_is(const struct kp_stat_row *row, const char *name)
{
	size_t len = strlen(name);

	return (size_t)row->name_len >= len && !strncmp(row->name, name, len) &&
	       ((size_t)row->name_len == len || row->name[len] == ':');
}

const char *kp_stat_name(const struct kp_stat_row *row, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s%s%s", row->name_len, row->name, row->mods ? ":" : "",
		 row->mods ? row->mods : "");
	return buf;
}

static const char *modifiers(const struct kp_stat_row *row, int *len)
{
	const char *colon = memchr(row->name, ':', (size_t)row->name_len);

	if (row->mods) {
		*len = (int)strlen(row->mods);
		return row->mods;
	}
	*len = colon ? row->name_len - (int)(colon - row->name) - 1 : 0;
	return colon ? colon + 1 : "";
}

static bool belong_together(const struct kp_stat_row *a, const struct kp_stat_row *b)
{
	int la, lb;
	const char *ma = modifiers(a, &la), *mb = modifiers(b, &lb);

	return a->pmu == b->pmu && a->key.cpu == b->key.cpu && a->key.vm == b->key.vm &&
	       a->key.vcpu == b->key.vcpu && a->key.tid == b->key.tid && la == lb &&
	       !strncmp(ma, mb, (size_t)la);
}

static const struct kp_stat_row *partner(const struct kp_stat *st, const struct kp_stat_row *of,
					 const char *name, const char *alias)
{
	const struct kp_stat_row *row;

	kp_vec_for_each (row, &st->rows)
		if ((kp_stat_is(row, name) || (alias && kp_stat_is(row, alias))) &&
		    belong_together(row, of))
			return row;
	return NULL;
}

static double side_value(const struct kp_stat_row *row, enum kp_count_side side)
{
	double v;

	if (side == KP_SIDE_BOTH)
		return kp_stat_total(row, &v) ? v : NAN;
	return row->side[side].state == KP_STAT_COUNTED ? row->side[side].value : NAN;
}

static int add_ratio(struct kp_stat *st, const struct kp_stat_row *num,
		     const struct kp_stat_row *den, double factor, const char *name,
		     const char *unit)
{
	struct kp_stat_metric m = { .key = num->key, .name = name, .unit = unit, .pmu = num->pmu };
	bool any = false;
	int s;

	for (s = 0; s < KP_SIDE_NR; s++) {
		m.value[s] = factor * side_value(num, (enum kp_count_side)s) /
			     side_value(den, (enum kp_count_side)s);
		any |= isfinite(m.value[s]);
	}
	return any ? kp_vec_push(&st->metrics, m) : 0;
}

static int add_guest_share(struct kp_stat *st, const struct kp_stat_row *row)
{
	struct kp_stat_metric m = { .key = row->key,
				    .name = "guest share",
				    .unit = "% of cycles",
				    .pmu = row->pmu,
				    .value = { NAN, NAN, NAN } };
	double total = side_value(row, KP_SIDE_BOTH);

	m.value[KP_SIDE_GUEST] = PERCENT * side_value(row, KP_SIDE_GUEST) / total;
	return isfinite(m.value[KP_SIDE_GUEST]) ? kp_vec_push(&st->metrics, m) : 0;
}

static int add_cpus(struct kp_stat *st, const struct kp_stat_row *row)
{
	struct kp_stat_metric m = {
		.key = row->key, .name = "CPUs used", .unit = "CPUs", .value = { NAN, NAN, NAN }
	};

	if (!st->wall_ns || row->side[KP_SIDE_BOTH].state != KP_STAT_COUNTED)
		return 0;
	m.value[KP_SIDE_BOTH] = row->side[KP_SIDE_BOTH].value / (double)st->wall_ns;
	return kp_vec_push(&st->metrics, m);
}

/* A task's clock runs on every PMU's CPUs: with several, cycles of one are not all of its time. */
static int add_frequency(struct kp_stat *st, const struct kp_stat_row *cycles)
{
	struct kp_stat_metric m = { .key = cycles->key,
				    .name = "frequency",
				    .unit = "GHz",
				    .pmu = cycles->pmu,
				    .value = { NAN, NAN, NAN } };
	const struct kp_stat_row *row, *clock = NULL;
	double total = side_value(cycles, KP_SIDE_BOTH);

	kp_vec_for_each (row, &st->rows) {
		if (row->pmu && row->pmu != cycles->pmu)
			return 0;
		if (kp_stat_is(row, "task-clock") && row->key.cpu == cycles->key.cpu &&
		    row->key.tid == cycles->key.tid && row->key.vm == cycles->key.vm)
			clock = row;
	}
	if (!clock || clock->side[KP_SIDE_BOTH].state != KP_STAT_COUNTED)
		return 0;
	m.value[KP_SIDE_BOTH] = total / clock->side[KP_SIDE_BOTH].value;
	return isfinite(m.value[KP_SIDE_BOTH]) ? kp_vec_push(&st->metrics, m) : 0;
}

static int derive_row(struct kp_stat *st, size_t i)
{
	const struct kp_stat_row *row = &st->rows.at[i], *of;

	if (kp_stat_is(row, "task-clock"))
		return add_cpus(st, row);
	if (!row->pmu)
		return 0;
	if (kp_stat_is(row, "cycles") || kp_stat_is(row, "cpu-cycles"))
		return add_frequency(st, row) ?: add_guest_share(st, row);
	if (kp_stat_is(row, "instructions")) {
		of = partner(st, row, "cycles", "cpu-cycles");
		return of ? add_ratio(st, row, of, 1, "IPC", "insn/cycle") : 0;
	}
	if (kp_stat_is(row, "branch-misses")) {
		of = partner(st, row, "branches", "branch-instructions");
		return of ? add_ratio(st, row, of, PERCENT, "branch misses", "% of branches") : 0;
	}
	return 0;
}

/* ---- sums over PMUs ---- */

/* What the architecture defines is the same on every kind of core; cycles and the like are not. */
static bool may_be_summed(const struct kp_stat_row *row)
{
	return row->pmu && (kp_stat_is(row, "instructions") || kp_stat_is(row, "branches"));
}

static bool same_event(const struct kp_stat_row *a, const struct kp_stat_row *b)
{
	return a->name_len == b->name_len && !strncmp(a->name, b->name, (size_t)a->name_len) &&
	       !strcmp(a->mods ? a->mods : "", b->mods ? b->mods : "") &&
	       a->key.cpu == b->key.cpu && a->key.vm == b->key.vm && a->key.vcpu == b->key.vcpu &&
	       a->key.tid == b->key.tid;
}

static void add_side(struct kp_stat_count *sum, const struct kp_stat_count *c)
{
	if (c->state > sum->state)
		sum->state = c->state;
	if (c->state != KP_STAT_COUNTED)
		return;
	sum->value += c->value;
	sum->scaled |= c->scaled;
	sum->enabled_ns += c->enabled_ns;
	sum->running_ns += c->running_ns;
}

/* The sum of the i-th row's event over PMUs, if it is the first of several. */
static int sum_row(struct kp_stat *st, size_t i, size_t nr)
{
	struct kp_stat_row sum = st->rows.at[i];
	size_t j;
	int s;

	for (j = 0; j < i; j++)
		if (same_event(&st->rows.at[j], &sum))
			return 0;
	sum.pmu = "all";
	for (j = i + 1; j < nr; j++) {
		if (!may_be_summed(&st->rows.at[j]) || !same_event(&st->rows.at[j], &sum))
			continue;
		for (s = 0; s < KP_SIDE_NR; s++) {
			add_side(&sum.side[s], &st->rows.at[j].side[s]);
			sum.side[s].stderr_pct = -1;
		}
		sum.event = st->rows.at[j].event;
	}
	return sum.event == st->rows.at[i].event ? 0 : kp_vec_push(&st->rows, sum);
}

int kp_stat_derive(struct kp_stat *st)
{
	size_t i, nr = st->rows.nr;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = derive_row(st, i);
	for (i = 0; i < nr && !err; i++)
		if (may_be_summed(&st->rows.at[i]))
			err = sum_row(st, i, nr);
	return err;
}
