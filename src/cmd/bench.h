/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - the parts of `kvmpmu bench`, private to src/cmd/bench*.c: one raw run of a payload, or
 * suites of cases measured again and again until the numbers hold.
 */
#ifndef KP_CMD_BENCH_H
#define KP_CMD_BENCH_H

#include <signal.h>

#include "cmd.h"
#include "guest.h"
#include "host.h"
#include "lib/stat.h"
#include "lib/vec.h"
#include "swagg.h"

#define BENCH_MAX_CPUS	   1024
#define BENCH_MAX_VARIANTS 16
#define BENCH_ALL_COUNTERS 255

struct kp_out;

struct bench_cpus {
	int cpus[BENCH_MAX_CPUS];
	unsigned int nr;
};

/** kp_signal_flag - SIGINT or SIGTERM came: end cleanly, with what there is (bench.c) */
extern volatile sig_atomic_t kp_signal_flag;

/** bench_exit_code - enum kp_exit for a positive errno of src/guest */
int bench_exit_code(int err);

/* ---- one run (bench_raw.c) ---- */

/** struct bench_raw - `--raw`: @conf and @job are complete */
struct bench_raw {
	const char *format;
	struct kp_guest_conf conf;
	struct kp_guest_job job;
};

int bench_raw_run(const struct kp_ctx *ctx, const struct bench_raw *raw);

/* ---- what there is to measure (bench_suite.c) ---- */

enum bench_metric {
	BENCH_TIME, /* of one iteration, by the guest's clock, in ns */
	BENCH_LATENCY, /* cycles from counter 0's overflow to the guest's handler */
};

enum bench_filter {
	BENCH_NO_FILTER = 0,
	BENCH_ALLOW, /* the counters' events are in a list of allowed ones */
	BENCH_DENY_MANY, /* as many others as a list holds are denied */
};

enum bench_move {
	BENCH_NO_MOVE = 0,
	BENCH_STAY, /* pinned again to the CPU where it is, to compare with */
	BENCH_MOVE, /* to the next CPU with the same PMU, at each exit to user space */
	BENCH_MOVE_PMU, /* to a CPU with another PMU, and on */
};

/**
 * struct bench_case - a row of the one table of cases
 * @suite, @name: "exit", "cpuid"
 * @help: what one iteration is
 * @payload: name of a payload of src/guest
 * @access: with payload msr on a PMU register: true, and @reg and @how say which
 * @counters: programmed before the run; BENCH_ALL_COUNTERS: all general ones
 * @idle: the counters stand still
 * @period: payload pmi
 * @host_events: host exclude_guest events open on the vCPU's CPU, on top of the variant's
 * @vcpus: 0 is 1
 * @base: of cases that move: the case that differs in that alone
 */
struct bench_case {
	const char *suite, *name, *help;
	const char *payload;
	enum bench_metric metric;
	bool access;
	enum kp_guest_pmu_reg reg;
	enum kp_guest_access how;
	unsigned int counters;
	bool idle;
	uint64_t period;
	bool nmi;
	unsigned int host_events;
	enum bench_filter filter;
	enum bench_move move;
	unsigned int vcpus;
	const char *base;
};

/** bench_case_at - NULL behind the last */
const struct bench_case *bench_case_at(size_t i);

/** bench_suites_check - is "exit,pmi" a list of suites; says what is wrong */
int bench_suites_check(const char *list);

/** bench_suites_have - @list NULL: all */
bool bench_suites_have(const char *list, const char *suite);

/** bench_list - `--list` */
int bench_list(const struct kp_ctx *ctx, const char *format);

/* ---- A/B (bench_variant.c) ---- */

enum bench_pmu { BENCH_PMU_GIVEN = 0, BENCH_PMU_OFF, BENCH_PMU_EMULATED, BENCH_PMU_MEDIATED };

/** struct bench_variant - one of the ways in which every case is measured; @name "" for the only */
struct bench_variant {
	char name[64];
	enum bench_pmu pmu;
	unsigned int host_events;
	bool inject;
};

struct bench_variants {
	struct bench_variant at[BENCH_MAX_VARIANTS];
	size_t nr;
};

/** bench_variants_add - each there is, for each value of "pmu=off,mediated"; says what is wrong */
int bench_variants_add(struct bench_variants *v, const char *arg);

/** bench_variants_inject - each there is, without and with faults */
int bench_variants_inject(struct bench_variants *v);

/* ---- measuring ---- */

/**
 * struct bench_opts - what the user wants of suites; strings borrowed
 * @ci_pct: enough when half the 95% interval of the median is at most that, in percent of it
 * @limit_ns: and at the latest after this time for a case and variant
 * @samples: or so many samples
 */
struct bench_opts {
	const char *suites;
	const char *format;
	bool quick;
	double ci_pct;
	uint64_t limit_ns;
	uint64_t samples;
	uint64_t wake_ns;
	uint64_t hang_ns;
	bool explain;
	struct bench_cpus cpus;
	struct bench_variants variants;
	const char *inject;
	const char *inject_root;
};

/** struct bench_sample - one run of a case; @value in the unit of its metric */
struct bench_sample {
	double value;
	double host_ns;
	double kvm_exits;
	bool has_exits;
};

/** struct bench_reg - accesses to registers of that name in an iteration, in one place */
struct bench_reg {
	char name[32];
	enum kp_swagg_access access;
	enum kp_swagg_place place;
	double count;
};

/**
 * struct bench_explain - `--explain`: what the kernel did for an iteration, seen by probes in runs
 * of their own
 * @exits, @switches: NaN: not seen
 * @dist: median durations of one switch and its parts in ns, NaN: there was none
 * @guest_pmu: accesses of the guest to its PMU that KVM handled
 * @regs: PMU registers only; @has_regs: they were looked at
 */
struct bench_explain {
	double exits, switches;
	double dist[KP_SWAGG_DISTS];
	double guest_pmu;
	KP_VEC(struct bench_reg) regs;
	bool has_regs;
};

/**
 * struct bench_result - a case in a variant; owned by bench_run
 * @why: not measured, or failed: in words; "" when measured
 * @failed: it should have worked
 * @converged: the interval is as narrow as was asked for
 * @iterations: in one sample
 * @stat, @host, @exits: of the samples, the last two per iteration
 * @instructions, @cycles: of an iteration, by the guest's own PMU; NaN unknown
 * @moves: to other CPUs, in all samples; @lost: PMIs
 */
struct bench_result {
	const struct bench_case *c;
	const struct bench_variant *variant;
	char why[300];
	bool failed;
	bool converged;
	uint64_t iterations;
	KP_VEC(struct bench_sample) samples;
	struct kp_stat stat;
	double host_ns, kvm_exits;
	double instructions, cycles;
	uint64_t moves, lost;
	bool has_lost;
	struct bench_explain explain;
};

/**
 * struct bench_run - the whole run; everything in it is owned by bench_run_free()
 * @info: the guest that the first variant without special wishes gets
 * @pmu: what KVM gives guests here: EMULATED, MEDIATED, or OFF (nothing)
 * @fault: --inject, NULL none
 * @agg, @probes: --explain's programs and what they cost; @explain_why,
 *	@regs_why: what they cannot see
 */
struct bench_run {
	const struct bench_opts *opts;
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_host_tuning *tuning;
	struct kp_fault *fault;
	struct kp_guest_info info;
	struct kp_swagg *agg;
	struct kp_probe_cost probes;
	char explain_why[300], regs_why[200];
	enum bench_pmu pmu;
	KP_VEC(struct bench_result) results;
	uint64_t elapsed_ns;
	bool interrupted;
};

/** bench_measure - a case in all variants, interleaved; adds to run->results. 0 or -ENOMEM */
int bench_measure(struct bench_run *run, const struct bench_case *c, uint64_t limit_ns);

/* ---- one variant of one case (bench_side.c) ---- */

struct kp_live;
struct kp_plan;

/** struct bench_side - while a case is measured: its guest and host events in one variant */
struct bench_side {
	const struct bench_case *c;
	struct bench_run *run;
	const struct bench_variant *variant;
	struct kp_guest *guest;
	struct kp_guest_job job;
	struct kp_guest_filter filter;
	struct kp_plan *plan;
	struct kp_live *live;
	struct bench_cpus cpus;
	unsigned int at;
	struct bench_result *result;
};

/** bench_side_open - 0; -errno with result->why set where it cannot be measured */
int bench_side_open(struct bench_side *s);
/** bench_side_sample - run @iterations; -errno with result->why; -EINTR: a signal came */
int bench_side_sample(struct bench_side *s, uint64_t iterations, struct bench_sample *out);
/** bench_side_count - instructions and cycles of an iteration, where the guest can count them */
void bench_side_count(struct bench_side *s);
void bench_side_close(struct bench_side *s);

/* ---- what the kernel did (bench_explain.c, bench_explain_out.c) ---- */

/** bench_explain_open - load the probes, attach none yet; enum kp_exit, says why not */
int bench_explain_open(struct bench_run *run);
/** bench_explain_all - after the samples: all results that have some, again. 0 or -ENOMEM */
int bench_explain_all(struct bench_run *run);
void bench_explain_notes(struct kp_out *out, const struct bench_run *run);
void bench_explain_write(struct kp_out *out, const struct bench_run *run);

/* ---- all suites (bench_suites.c), output (bench_out.c), comparison (bench_compare.c) ---- */

int bench_suites_run(const struct kp_ctx *ctx, const struct bench_opts *opts);
int bench_write(const struct kp_ctx *ctx, const struct bench_run *run);
int bench_compare(const struct kp_ctx *ctx, const char *a, const char *b, const char *format,
		  double threshold_pct);

#endif
