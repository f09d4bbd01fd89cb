/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stat_calc.h - what stat shows, computed from two readings of the same events. Pure. Private to
 * src/cmd.
 */
#ifndef KP_CMD_STAT_CALC_H
#define KP_CMD_STAT_CALC_H

#include "count.h"
#include "lib/vec.h"
#include "owner.h"

/** enum kp_stat_by - what has a row of its own, besides event and PMU */
enum kp_stat_by {
	KP_STAT_BY_ALL = 0,
	KP_STAT_BY_CPU,
	KP_STAT_BY_VM,
	KP_STAT_BY_VCPU,
	KP_STAT_BY_THREAD,
};

/** struct kp_stat_key - -1: does not apply or is not known; all -1: everything */
struct kp_stat_key {
	int64_t cpu;
	int64_t vm;
	int64_t vcpu;
	int64_t tid;
};

enum kp_stat_state {
	KP_STAT_ABSENT = 0, /* no event was asked for this side */
	KP_STAT_NOT_SUPPORTED,
	KP_STAT_NOT_COUNTED, /* open, and never on the PMU */
	KP_STAT_COUNTED,
};

/**
 * struct kp_stat_count - one side's count
 * @value: scaled by the time each event was on the PMU, where @scaled
 * @enabled_ns, @running_ns: sums over CPUs or tasks, in which it could count, and did. On machines
 *	with several core PMUs a task could count on a PMU's own CPUs only
 * @stderr_pct: with -r, of the mean of the runs; < 0: not known
 */
struct kp_stat_count {
	enum kp_stat_state state;
	bool scaled;
	double value;
	uint64_t enabled_ns;
	uint64_t running_ns;
	double stderr_pct;
};

/**
 * struct kp_stat_row - one event; strings borrowed from plan and host
 * @event: first event of the plan that it stands for; @pmu: NULL: of no core PMU
 * @name: of the event, not ended by a NUL: @name_len bytes; without the PMU around it
 * @mods: modifiers that stood behind the PMU's slash, NULL: in the name, if any
 */
struct kp_stat_row {
	struct kp_stat_key key;
	uint32_t event;
	const char *name;
	int name_len;
	const char *mods;
	const char *pmu;
	struct kp_stat_count side[KP_SIDE_NR];
};

/** struct kp_stat_clock - time watched, and what of it a mediated guest had the PMU */
struct kp_stat_clock {
	struct kp_stat_key key;
	uint64_t all_ns;
	uint64_t host_ns;
};

/**
 * struct kp_stat_place - a thread's time on the CPUs of one core PMU
 * @backing: PMU that the vCPU's counters come from, borrowed; NULL: not known, or no vCPU
 * @moves: how often it came to one of those CPUs from another CPU, where @has_moves
 */
struct kp_stat_place {
	struct kp_stat_key key;
	const char *pmu;
	const char *backing;
	uint64_t ns;
	uint64_t all_ns;
	uint64_t moves;
	bool has_moves;
};

/**
 * struct kp_stat_metric - derived from one key's counts
 * @value: by side, KP_SIDE_BOTH: of both together; NAN: not known
 */
struct kp_stat_metric {
	struct kp_stat_key key;
	const char *name;
	const char *unit;
	const char *pmu;
	double value[KP_SIDE_NR];
};

struct kp_stat {
	uint64_t wall_ns;
	uint64_t nr_runs;
	KP_VEC(struct kp_stat_row) rows;
	KP_VEC(struct kp_stat_clock) clocks;
	KP_VEC(struct kp_stat_place) places;
	KP_VEC(struct kp_stat_metric) metrics;
};

/**
 * struct kp_stat_input - all borrowed
 * @from, @to: two readings of @nr values; @from NULL: all zero
 * @refused: by event of the plan: whether it could not be opened
 * @owners: which PMU backs a vCPU; NULL: not known
 */
struct kp_stat_input {
	const struct kp_plan *plan;
	const struct kp_host *host;
	const struct kp_count_value *from, *to;
	size_t nr;
	const bool *refused;
	const struct kp_owners *owners;
	enum kp_stat_by by;
	uint64_t wall_ns;
};

/** kp_stat_make - @out is to be freed, also after an error. 0 or -ENOMEM */
int kp_stat_make(const struct kp_stat_input *in, struct kp_stat *out);

/** kp_stat_derive - metrics, and sums over PMUs, from @st's rows; the last step. 0 or -ENOMEM */
int kp_stat_derive(struct kp_stat *st);

/** kp_stat_lost_ns - time on CPUs whose PMU does not back the vCPU; false: not known */
bool kp_stat_lost_ns(const struct kp_stat_place *p, uint64_t *ns);

/** kp_stat_total - host and guests together, or the one count of an event that is not split */
bool kp_stat_total(const struct kp_stat_row *row, double *value);

#define KP_STAT_NAME_LEN 256

/** kp_stat_name - "name" or "name:modifiers" of the row's event; returns @buf */
const char *kp_stat_name(const struct kp_stat_row *row, char *buf, size_t size);

/** kp_stat_is - is this row's event called @name, or a "name:modifiers" of it */
bool kp_stat_is(const struct kp_stat_row *row, const char *name);

/** kp_stat_blind_ns - host-blind time; what the clocks are read apart is none */
uint64_t kp_stat_blind_ns(const struct kp_stat_clock *c);

/** struct kp_stat_floor - greatest values shown so far; zero-initialise */
struct kp_stat_floor {
	KP_VEC(double) values;
};

/**
 * kp_stat_never_less - raise counts and host-blind time to what was shown before: estimates may
 * shrink, and a counter that does has been reset to whoever collects it
 */
void kp_stat_never_less(struct kp_stat_floor *f, struct kp_stat *st);
void kp_stat_floor_free(struct kp_stat_floor *f);

void kp_stat_free(struct kp_stat *st);

/** struct kp_stat_sum - a mean in the making (Welford); @nr: values so far */
struct kp_stat_sum {
	uint64_t nr;
	double mean;
	double m2;
};

void kp_stat_sum_add(struct kp_stat_sum *s, double v);
/** kp_stat_sum_stderr_pct - standard error of the mean in percent of the mean; < 0: not known */
double kp_stat_sum_stderr_pct(const struct kp_stat_sum *s);

/** struct kp_stat_runs - of repeated runs with the same rows; zero-initialise */
struct kp_stat_runs {
	KP_VEC(struct kp_stat_sum) sums; /* KP_SIDE_NR for each row */
	struct kp_stat_sum wall;
};

/**
 * kp_stat_runs_add - take one more run's rows in, and put means and spreads of all runs so far in
 * their place. 0 or -ENOMEM
 */
int kp_stat_runs_add(struct kp_stat_runs *runs, struct kp_stat *st);
void kp_stat_runs_free(struct kp_stat_runs *runs);

#endif
