/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stat_switch.h - stat --switch: the sums that BPF programs keep of every vCPU, from one reading to
 * the next, and what is shown of them. Private to src/cmd.
 */
#ifndef KP_CMD_STAT_SWITCH_H
#define KP_CMD_STAT_SWITCH_H

#include "cmd/stat.h"
#include "out.h"
#include "swagg.h"

/** struct kp_stat_sw_row - a vCPU, or a VM: then @v has no vCPU; @nr: vCPUs in it */
struct kp_stat_sw_row {
	const struct kp_swagg_vcpu *v;
	uint32_t nr;
};

/**
 * struct kp_stat_sw - what is shown of an interval; owns @snap, which the rows point into
 * @whole: since counting began, so that the least and the most of durations are known
 * @missing: what this host lacks, "" nothing; borrowed
 */
struct kp_stat_sw {
	struct kp_swagg_snap *snap;
	KP_VEC(struct kp_stat_sw_row) rows;
	bool whole;
	const char *missing;
};

struct kp_stat_swrun;

/** kp_stat_swrun_open - load the programs: they count from now on. 0 or -errno, explained */
int kp_stat_swrun_open(const struct kp_stat_opts *opts, const struct kp_host *host,
		       struct kp_stat_swrun **out);

/** kp_stat_swrun_begin - what was counted until now is none of ours; 0 or -errno, explained */
int kp_stat_swrun_begin(struct kp_stat_swrun *run);

/**
 * kp_stat_swrun_read - a new reading, and what came since the last one or, @total, since the begin.
 * NULL for @run is legal: nothing to show. 0 or -errno, explained
 */
int kp_stat_swrun_read(struct kp_stat_swrun *run, bool total, struct kp_stat_sw *sw);
void kp_stat_swrun_close(struct kp_stat_swrun *run);

/** kp_stat_sw_make - rows of @snap, which is @sw's from here, also after an error. 0 or -ENOMEM */
int kp_stat_sw_make(const struct kp_stat_opts *opts, struct kp_swagg_snap *snap,
		    struct kp_stat_sw *sw);
void kp_stat_sw_free(struct kp_stat_sw *sw);

/** kp_stat_sw_reason - an exit reason's name, or its code in @buf */
const char *kp_stat_sw_reason(const struct kp_host *host, const struct kp_swagg_reason *reason,
			      char *buf, size_t size);

/** kp_stat_sw_print - the tables and notes of one document (stat_switch_view.c) */
void kp_stat_sw_print(const struct kp_stat_show *show, struct kp_out *out);

/** kp_stat_sw_print_openmetrics - the families (stat_switch_om.c) */
void kp_stat_sw_print_openmetrics(const struct kp_stat_show *show, FILE *f);

/* ---- OpenMetrics' syntax (stat_openmetrics.c) ---- */

struct kp_om_family {
	const char *name;
	const char *type;
	const char *unit;
	const char *help;
};

void kp_om_begin(FILE *f, const struct kp_om_family *fam);
/** kp_om_label - @sep: "{" before the first, "," after it */
void kp_om_label(FILE *f, const char **sep, const char *name, const char *value, size_t len);
void kp_om_number_label(FILE *f, const char **sep, const char *name, int64_t v);

#endif
