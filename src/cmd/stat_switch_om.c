// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_switch_om.c - stat --switch as families of OpenMetrics, since counting began.
 */
#include "cmd/stat_switch.h"

#include <inttypes.h>
#include <string.h>

static void row_labels(FILE *f, const char **sep, const struct kp_stat_show *show,
		       const struct kp_swagg_vcpu *v)
{
	bool vm = show->opts->by == KP_STAT_BY_VM;

	kp_om_number_label(f, sep, "vm", v->pid);
	kp_om_number_label(f, sep, "vcpu", vm || !v->has_vcpu ? -1 : (int64_t)v->vcpu);
	kp_om_number_label(f, sep, "tid", vm ? -1 : (int64_t)v->tid);
}

/* A family of one number a row; @ns: in nanoseconds, shown in seconds. */
static void counter(FILE *f, const struct kp_stat_show *show, const struct kp_om_family *fam,
		    uint64_t (*get)(const struct kp_swagg_vcpu *v), bool ns)
{
	const struct kp_stat_sw_row *row;
	const char *sep;

	kp_om_begin(f, fam);
	kp_vec_for_each (row, &show->sw->rows) {
		sep = "{";
		fprintf(f, "%s_total", fam->name);
		row_labels(f, &sep, show, row->v);
		if (ns)
			fprintf(f, "} %.9f\n", (double)get(row->v) / 1e9);
		else
			fprintf(f, "} %" PRIu64 "\n", get(row->v));
	}
}

static void summary_row(FILE *f, const struct kp_stat_show *show, const char *name,
			const struct kp_swagg_vcpu *v, const char *phase,
			const struct kp_loghist *h)
{
	static const struct {
		const char *text;
		double q;
	} quantiles[] = { { "0.5", 0.5 }, { "0.99", 0.99 } };
	const char *const ends[] = { "_count", "_sum" };
	const char *sep;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(quantiles) && h->count; i++) {
		sep = "{";
		fputs(name, f);
		row_labels(f, &sep, show, v);
		kp_om_label(f, &sep, "phase", phase, strlen(phase));
		kp_om_label(f, &sep, "quantile", quantiles[i].text, strlen(quantiles[i].text));
		fprintf(f, "} %.9f\n", (double)kp_loghist_percentile(h, quantiles[i].q) / 1e9);
	}
	for (i = 0; i < KP_ARRAY_SIZE(ends); i++) {
		sep = "{";
		fprintf(f, "%s%s", name, ends[i]);
		row_labels(f, &sep, show, v);
		kp_om_label(f, &sep, "phase", phase, strlen(phase));
		if (i)
			fprintf(f, "} %.9f\n", (double)h->total / 1e9);
		else
			fprintf(f, "} %" PRIu64 "\n", h->count);
	}
}

static void times(FILE *f, const struct kp_stat_show *show)
{
	static const struct kp_om_family fam = {
		"kvmpmu_pmu_switch_seconds", "summary", "seconds",
		"Parts of PMU context switches, and exit to entry."
	};
	static const char *const phases[KP_SWAGG_DISTS] = {
		[KP_SWAGG_LOAD] = "load",	  [KP_SWAGG_PUT] = "put",
		[KP_SWAGG_HOST_OUT] = "host_out", [KP_SWAGG_HOST_IN] = "host_in",
		[KP_SWAGG_SWITCH] = "switch",	  [KP_SWAGG_HANDLING] = "handling",
	};
	const struct kp_stat_sw_row *row;
	size_t d;

	kp_om_begin(f, &fam);
	kp_vec_for_each (row, &show->sw->rows)
		for (d = 0; d < KP_SWAGG_DISTS; d++)
			if (show->sw->snap->has_switch || d == KP_SWAGG_HANDLING)
				summary_row(f, show, fam.name, row->v, phases[d], &row->v->dist[d]);
}

static void reasons(FILE *f, const struct kp_stat_show *show)
{
	static const struct kp_om_family fam = { "kvmpmu_vcpu_exits", "counter", NULL,
						 "Exits whose handling is over, by reason." };
	const struct kp_stat_sw_row *row;
	const char *sep, *name;
	char text[16];
	size_t i;

	kp_om_begin(f, &fam);
	kp_vec_for_each (row, &show->sw->rows)
		for (i = 0; i < row->v->nr_reasons; i++) {
			sep = "{";
			name = kp_stat_sw_reason(show->host, &row->v->reasons[i], text,
						 sizeof(text));
			fprintf(f, "%s_total", fam.name);
			row_labels(f, &sep, show, row->v);
			kp_om_label(f, &sep, "reason", name, strlen(name));
			fprintf(f, "} %" PRIu64 "\n", row->v->reasons[i].count);
		}
}

static uint64_t loads(const struct kp_swagg_vcpu *v)
{
	return v->loads;
}

static uint64_t entries(const struct kp_swagg_vcpu *v)
{
	return v->entries;
}

static uint64_t pmi_raised(const struct kp_swagg_vcpu *v)
{
	return v->pmi_raised;
}

static uint64_t pmi_delivered(const struct kp_swagg_vcpu *v)
{
	return v->pmi_delivered;
}

static uint64_t guest_ns(const struct kp_swagg_vcpu *v)
{
	return v->guest_ns;
}

static uint64_t pure_ns(const struct kp_swagg_vcpu *v)
{
	return v->pure_ns;
}

void kp_stat_sw_print_openmetrics(const struct kp_stat_show *show, FILE *f)
{
	static const struct {
		struct kp_om_family fam;
		uint64_t (*get)(const struct kp_swagg_vcpu *v);
		bool ns, of_switch;
	} counters[] = {
		{ { "kvmpmu_vcpu_entries", "counter", NULL, "Entries into the guest." },
		  entries,
		  false,
		  false },
		{ { "kvmpmu_guest_seconds", "counter", "seconds", "Time in the guest." },
		  guest_ns,
		  true,
		  false },
		{ { "kvmpmu_handling_pure_seconds", "counter", "seconds",
		    "Time between exit and entry, without the PMU context switches in it." },
		  pure_ns,
		  true,
		  false },
		{ { "kvmpmu_pmu_switches", "counter", NULL, "PMU contexts loaded, and put again." },
		  loads,
		  false,
		  true },
		{ { "kvmpmu_pmis_raised", "counter", NULL, "PMIs raised for the guest." },
		  pmi_raised,
		  false,
		  true },
		{ { "kvmpmu_pmis_delivered", "counter", NULL, "PMIs delivered to the guest." },
		  pmi_delivered,
		  false,
		  true },
	};
	size_t i;

	if (!show->sw || !show->sw->rows.nr)
		return;
	for (i = 0; i < KP_ARRAY_SIZE(counters); i++)
		if (show->sw->snap->has_switch || !counters[i].of_switch)
			counter(f, show, &counters[i].fam, counters[i].get, counters[i].ns);
	reasons(f, show);
	times(f, show);
}
