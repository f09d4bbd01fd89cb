/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what report.c gathers and report_view.c, report_hot.c show. Private to src/cmd.
 */
#ifndef KP_CMD_REPORT_H
#define KP_CMD_REPORT_H

#include "arch.h"
#include "cmd.h"
#include "decode.h"
#include "flow.h"
#include "model.h"
#include "progress.h"
#include "sym.h"
#include "tasks.h"
#include "timespan.h"

/* kp_report.only */
#define KP_REPORT_SWITCH    KP_BIT(0)
#define KP_REPORT_PMI	    KP_BIT(1)
#define KP_REPORT_OWNERSHIP KP_BIT(2)

/**
 * struct kp_report
 * @by: KP_BY_*; @sort: column id, -1: as the model sorts
 * @hot: rows of hot symbols
 * @only: KP_REPORT_* parts to show and no others; 0: all there is
 * @cpu_mask: -C
 * @places: by CPU, kp_report_cpu_pmu()'s answer; NULL: this machine has no such PMUs. Owned
 * @src, @dec, @model, @tasks, @sym, @flow: while it runs
 * @damaged: the input was: the exit status is 1
 * @strings: names made for rows; freed at the end
 */
struct kp_report {
	const struct kp_ctx *ctx;
	const char *input, *format, *sort_key, *by_list, *vm, *exits, *time, *cpus;
	const char *kallsyms, *vmlinux, *guest_kallsyms, *guest_vmlinux, *symfs;
	int64_t vcpu;
	uint64_t hot;
	bool no_progress;
	bool counters;
	uint32_t only;
	uint32_t by;
	int sort;
	uint64_t cpu_mask[KP_CPUS_MAX / 64];
	uint8_t *places;
	struct kp_timespan span;
	struct kp_source *src;
	struct kp_decoder *dec;
	bool raw_times;
	struct kp_model *model;
	struct kp_tasks tasks;
	struct kp_progress bar;
	struct kp_sym *sym;
	struct kp_flow_result flow;
	bool damaged, interrupted, recorded_here;
	KP_VEC(char *) strings;
};

/** kp_report_name - file name, or what stands for it */
const char *kp_report_name(const struct kp_report *r);

/** kp_report_string - a copy of @s that lives as long as the report; NULL: no memory */
const char *kp_report_string(struct kp_report *r, const char *s);

/** kp_report_view - the whole document */
void kp_report_view(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_hot - the table of hot symbols, with the notes that belong to it */
void kp_report_hot(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_counters - the table of guests' PMU counters (--counters), with its notes */
void kp_report_counters(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_switch - tables of the PMU context switch of mediated vPMUs, with their notes */
void kp_report_switch(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_probe_fields - what probes cost and told, where a recording is of theirs */
void kp_report_probe_fields(const struct kp_report *r, const struct kp_snap *snap,
			    struct kp_out *out);

/** kp_report_pmi - tables of the PMI ledger, with their notes */
void kp_report_pmi(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_irqs - the PMI ledger against /proc/interrupts, where the recording has them */
void kp_report_irqs(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_pmucost - exits for PMU registers and switches in one table */
void kp_report_pmucost(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_places - vCPUs by the PMU of their CPUs, on arm64 machines with several */
void kp_report_places(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/**
 * kp_report_places_init - note which PMU each CPU belongs to, while the meta may be read: in a pipe
 * it changes as the reading goes on, in another thread. 0 or -ENOMEM
 */
int kp_report_places_init(struct kp_report *r);

/** kp_report_cpu_pmu - kp_model_opts.cpu_pmu: a place in the recording's list of PMUs */
bool kp_report_cpu_pmu(void *ctx, uint32_t cpu, uint8_t *pmu);

/** kp_report_ownership - who held each CPU's counters, over time */
void kp_report_ownership(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_exits - the table of exits, and on some architectures that of their handling */
void kp_report_exits(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out);

/** kp_report_exit_cols - its columns into @cols (KP_OUT_COLS_MAX); returns their number */
unsigned int kp_report_exit_cols(const struct kp_report *r, enum kp_col *cols);

#endif
