// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_switch.c - stat --switch: readings of the BPF programs' sums, and rows of what lies between
 * two of them.
 */
#include "cmd/stat_switch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "lib/log.h"

/** struct kp_stat_swrun - @begin, @last: readings; @err: what is missing on this host */
struct kp_stat_swrun {
	const struct kp_stat_opts *opts;
	struct kp_swagg *agg;
	struct kp_swagg_snap *begin, *last;
	char missing[512];
};

/* ---- readings ---- */

int kp_stat_swrun_open(const struct kp_stat_opts *opts, const struct kp_host *host,
		       struct kp_stat_swrun **out)
{
	bool tasks = opts->req.target == KP_TARGET_PIDS || opts->req.target == KP_TARGET_WORKLOAD;
	struct kp_swagg_opts agg = { .lean = true,
				     .raw_times = opts->raw_times,
				     .forks = !opts->req.no_inherit };
	struct kp_stat_swrun *run = calloc(1, sizeof(*run));
	int err;

	_Static_assert(sizeof(*opts->ids.at) == sizeof(*agg.pids), "process ids are 32 bits");
	if (!run)
		return -ENOMEM;
	run->opts = opts;
	if (tasks) {
		agg.pids = (const uint32_t *)opts->ids.at;
		agg.nr_pids = opts->ids.nr;
	}
	err = kp_swagg_open(&agg, host, &run->agg, run->missing, sizeof(run->missing));
	if (err) {
		kp_err("--switch: %s", run->missing[0] ? run->missing : strerror(-err));
		free(run);
		return err;
	}
	*out = run;
	return 0;
}

static int read_sums(const struct kp_stat_swrun *run, struct kp_swagg_snap **out)
{
	int err = kp_swagg_read(run->agg, out);

	if (err)
		kp_err("--switch: the sums cannot be read: %s", strerror(-err));
	return err;
}

int kp_stat_swrun_begin(struct kp_stat_swrun *run)
{
	return run ? read_sums(run, &run->begin) : 0;
}

int kp_stat_swrun_read(struct kp_stat_swrun *run, bool total, struct kp_stat_sw *sw)
{
	struct kp_swagg_snap *now, *part = NULL;
	int err;

	memset(sw, 0, sizeof(*sw));
	if (!run)
		return 0;
	err = read_sums(run, &now);
	if (err)
		return err;
	sw->whole = total || !run->last;
	sw->missing = run->missing;
	err = kp_swagg_since(now, sw->whole ? run->begin : run->last, &part);
	kp_swagg_snap_free(run->last);
	run->last = now;
	return err ? err : kp_stat_sw_make(run->opts, part, sw);
}

void kp_stat_swrun_close(struct kp_stat_swrun *run)
{
	if (!run)
		return;
	kp_swagg_close(run->agg);
	kp_swagg_snap_free(run->begin);
	kp_swagg_snap_free(run->last);
	free(run);
}

/* ---- rows ---- */

static bool is_wanted(const struct kp_stat_opts *opts, uint32_t tid)
{
	size_t i;

	if (opts->req.target != KP_TARGET_TIDS)
		return true;
	for (i = 0; i < opts->ids.nr; i++)
		if ((uint32_t)opts->ids.at[i] == tid)
			return true;
	return false;
}

int kp_stat_sw_make(const struct kp_stat_opts *opts, struct kp_swagg_snap *snap,
		    struct kp_stat_sw *sw)
{
	struct kp_swagg_vcpu *v, *into = NULL;
	int err = 0;

	sw->snap = snap;
	for (v = snap->vcpus; v < snap->vcpus + snap->nr_vcpus && !err; v++) {
		if (!is_wanted(opts, v->tid))
			continue;
		if (opts->by != KP_STAT_BY_VM || !into || into->pid != v->pid) {
			into = v;
			err = kp_vec_push(&sw->rows, (struct kp_stat_sw_row){ v, 1 });
			continue;
		}
		err = kp_swagg_merge(into, v);
		sw->rows.at[sw->rows.nr - 1].nr++;
	}
	if (err)
		kp_stat_sw_free(sw);
	return err;
}

void kp_stat_sw_free(struct kp_stat_sw *sw)
{
	kp_vec_free(&sw->rows);
	kp_swagg_snap_free(sw->snap);
	sw->snap = NULL;
}

const char *kp_stat_sw_reason(const struct kp_host *host, const struct kp_swagg_reason *reason,
			      char *buf, size_t size)
{
	const struct kp_arch *arch = kp_arch_find(host->machine, host->cpuid);
	const char *name = arch->exit_name ? arch->exit_name(reason->isa, reason->code) : NULL;

	if (name)
		return name;
	snprintf(buf, size, "0x%" PRIx32, reason->code);
	return buf;
}
