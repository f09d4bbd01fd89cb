// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_openmetrics.c - stat as an exposition for Prometheus' textfile collector: OpenMetrics 1.0.0,
 * without timestamps, counters since counting began. What is not known has no sample.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/stat_switch.h"

void kp_om_begin(FILE *f, const struct kp_om_family *fam)
{
	fprintf(f, "# TYPE %s %s\n", fam->name, fam->type);
	if (fam->unit)
		fprintf(f, "# UNIT %s %s\n", fam->name, fam->unit);
	fprintf(f, "# HELP %s %s\n", fam->name, fam->help);
}

void kp_om_label(FILE *f, const char **sep, const char *name, const char *value, size_t len)
{
	size_t i;

	fprintf(f, "%s%s=\"", *sep, name);
	for (i = 0; i < len; i++) {
		if (value[i] == '\\' || value[i] == '"')
			fputc('\\', f);
		if (value[i] == '\n')
			fputs("\\n", f);
		else
			fputc(value[i], f);
	}
	fputc('"', f);
	*sep = ",";
}

void kp_om_number_label(FILE *f, const char **sep, const char *name, int64_t v)
{
	char text[24];

	if (v < 0)
		return;
	snprintf(text, sizeof(text), "%jd", (intmax_t)v);
	kp_om_label(f, sep, name, text, strlen(text));
}

static void key_labels(FILE *f, const char **sep, const struct kp_stat_key *key)
{
	kp_om_number_label(f, sep, "cpu", key->cpu);
	kp_om_number_label(f, sep, "vm", key->vm);
	kp_om_number_label(f, sep, "vcpu", key->vcpu);
	kp_om_number_label(f, sep, "tid", key->tid);
}

static const char *const sides[KP_SIDE_NR] = { NULL, "host", "guest" };

static void row_labels(FILE *f, const struct kp_stat_row *row, enum kp_count_side side)
{
	const char *sep = "{";
	char name[KP_STAT_NAME_LEN];

	kp_stat_name(row, name, sizeof(name));
	kp_om_label(f, &sep, "event", name, strlen(name));
	if (row->pmu)
		kp_om_label(f, &sep, "pmu", row->pmu, strlen(row->pmu));
	if (sides[side])
		kp_om_label(f, &sep, "side", sides[side], strlen(sides[side]));
	key_labels(f, &sep, &row->key);
	fputc('}', f);
}

static bool is_clock(const struct kp_stat_row *row)
{
	return kp_stat_is(row, "task-clock") || kp_stat_is(row, "cpu-clock");
}

/* A sum over PMUs would be counted twice by whoever sums the samples. */
static bool has_sample(const struct kp_stat_row *row, int side)
{
	return row->side[side].state == KP_STAT_COUNTED && !(row->pmu && !strcmp(row->pmu, "all"));
}

static void print_counts(FILE *f, const struct kp_stat *st, bool clocks)
{
	const struct kp_stat_row *row;
	int s;

	kp_vec_for_each (row, &st->rows)
		for (s = 0; s < KP_SIDE_NR && is_clock(row) == clocks; s++) {
			if (!has_sample(row, s))
				continue;
			fputs(clocks ? "kvmpmu_cpu_time_seconds_total" : "kvmpmu_events_total", f);
			row_labels(f, row, (enum kp_count_side)s);
			fprintf(f, clocks ? " %.9f\n" : " %.0f\n",
				clocks ? row->side[s].value / 1e9 : row->side[s].value);
		}
}

static void print_running(FILE *f, const struct kp_stat *st)
{
	const struct kp_stat_count *c;
	const struct kp_stat_row *row;
	int s;

	kp_vec_for_each (row, &st->rows)
		for (s = 0; s < KP_SIDE_NR; s++) {
			c = &row->side[s];
			if (!row->pmu || !has_sample(row, s) || !c->enabled_ns)
				continue;
			fputs("kvmpmu_event_running_ratio", f);
			row_labels(f, row, (enum kp_count_side)s);
			fprintf(f, " %.6f\n",
				(double)kp_min_u64(c->running_ns, c->enabled_ns) /
					(double)c->enabled_ns);
		}
}

static void print_clocks(FILE *f, const struct kp_stat *st, bool blind)
{
	const struct kp_stat_clock *c;
	uint64_t ns;
	const char *sep;

	kp_vec_for_each (c, &st->clocks) {
		sep = "{";
		ns = blind ? kp_stat_blind_ns(c) : c->all_ns;
		fputs(blind ? "kvmpmu_host_blind_seconds_total" : "kvmpmu_watched_seconds_total",
		      f);
		key_labels(f, &sep, &c->key);
		fprintf(f, "} %.9f\n", (double)ns / 1e9);
	}
}

static void print_places(FILE *f, const struct kp_stat *st)
{
	const struct kp_stat_place *p;
	const char *sep;

	kp_vec_for_each (p, &st->places) {
		sep = "{";
		fputs("kvmpmu_pmu_place_seconds_total", f);
		kp_om_label(f, &sep, "pmu", p->pmu, strlen(p->pmu));
		key_labels(f, &sep, &p->key);
		fprintf(f, "} %.9f\n", (double)p->ns / 1e9);
	}
}

/* Of threads whose PMU is known, on the CPUs of others. */
static void print_lost(FILE *f, const struct kp_stat *st)
{
	const struct kp_stat_place *p;
	const char *sep;
	uint64_t ns;

	kp_vec_for_each (p, &st->places) {
		if (!kp_stat_lost_ns(p, &ns) || !strcmp(p->pmu, p->backing))
			continue;
		sep = "{";
		fputs("kvmpmu_vpmu_lost_seconds_total", f);
		kp_om_label(f, &sep, "backing_pmu", p->backing, strlen(p->backing));
		kp_om_label(f, &sep, "pmu", p->pmu, strlen(p->pmu));
		key_labels(f, &sep, &p->key);
		fprintf(f, "} %.9f\n", (double)ns / 1e9);
	}
}

static void print_moves(FILE *f, const struct kp_stat *st)
{
	const struct kp_stat_place *p;
	const char *sep;

	kp_vec_for_each (p, &st->places) {
		if (!p->has_moves)
			continue;
		sep = "{";
		fputs("kvmpmu_pmu_moves_total", f);
		kp_om_label(f, &sep, "pmu", p->pmu, strlen(p->pmu));
		key_labels(f, &sep, &p->key);
		fprintf(f, "} %ju\n", (uintmax_t)p->moves);
	}
}

int kp_stat_print_openmetrics(const struct kp_stat_show *show, FILE *f)
{
	const struct kp_stat *st = show->stat;
	static const struct kp_om_family families[] = {
		{ "kvmpmu_events", "counter", NULL, "Events since counting began." },
		{ "kvmpmu_cpu_time_seconds", "counter", "seconds", "Time of tasks or CPUs." },
		{ "kvmpmu_event_running_ratio", "gauge", NULL,
		  "Share of the time it could count in which an event was on the PMU." },
		{ "kvmpmu_watched_seconds", "counter", "seconds",
		  "Time in which host-blind time was looked for." },
		{ "kvmpmu_host_blind_seconds", "counter", "seconds",
		  "Time in which a mediated guest had the PMU and host events stood still." },
		{ "kvmpmu_pmu_place_seconds", "counter", "seconds",
		  "Time that a thread ran on CPUs of a PMU." },
		{ "kvmpmu_vpmu_lost_seconds", "counter", "seconds",
		  "Time that a vCPU ran on CPUs of a PMU that does not back it." },
		{ "kvmpmu_pmu_moves", "counter", NULL,
		  "Times that a thread came to one of a PMU's CPUs from another CPU." },
		{ "kvmpmu_elapsed_seconds", "gauge", "seconds", "Time since counting began." },
	};

	kp_om_begin(f, &families[0]);
	print_counts(f, st, false);
	kp_om_begin(f, &families[1]);
	print_counts(f, st, true);
	kp_om_begin(f, &families[2]);
	print_running(f, st);
	if (st->clocks.nr) {
		kp_om_begin(f, &families[3]);
		print_clocks(f, st, false);
		kp_om_begin(f, &families[4]);
		print_clocks(f, st, true);
	}
	if (st->places.nr) {
		kp_om_begin(f, &families[5]);
		print_places(f, st);
		kp_om_begin(f, &families[6]);
		print_lost(f, st);
		kp_om_begin(f, &families[7]);
		print_moves(f, st);
	}
	kp_stat_sw_print_openmetrics(show, f);
	kp_om_begin(f, &families[8]);
	fprintf(f, "kvmpmu_elapsed_seconds %.9f\n# EOF\n", (double)st->wall_ns / 1e9);
	return ferror(f) ? -EIO : 0;
}
