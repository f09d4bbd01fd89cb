/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * analysis.h - what an analysis is: a const row that says which events it wants and how it adds
 * them up. The model finds the thread and applies the filters. Private to src/model.
 */
#ifndef KP_MODEL_ANALYSIS_H
#define KP_MODEL_ANALYSIS_H

#include "hist.h"
#include "keymap.h"
#include "model.h"

/**
 * struct kp_thread - a thread that ran a vCPU; owned by the model, its address never changes
 * @vm: its process
 * @vcpu: as the events say, or kp_model_opts.vcpu_id; has_vcpu clear: unknown
 * @skip: the filters leave this thread out
 * @watched: a PMI is on its way: the PMI ledger wants the next entry
 * @fresh: just made, the filters were not asked yet
 * @priv: each analysis's part, at its offset
 */
struct kp_thread {
	uint32_t vm, tid, vcpu;
	bool has_vcpu;
	bool skip;
	bool fresh;
	bool watched;
	_Alignas(16) char priv[];
};

/**
 * struct kp_in - an event on its way through the analyses
 * @th: its thread when that is a vCPU's (for kinds of kp_thread_kinds always, unless too many), or
 *	NULL
 * @priv: the analysis's part of @th; NULL without @th
 * @in_time, @in_cpu: passes the time and CPU filters; analyses that pair events need the others too
 * @whole: there are no filters, and the event has a time, a CPU and a vCPU's thread: as a rule
 */
struct kp_in {
	const struct kp_event *ev;
	struct kp_thread *th;
	void *priv;
	bool in_time, in_cpu;
	bool whole;
};

/**
 * struct kp_notes - what the model notes of every event, whatever it is: how many came of each of
 * the KP_ATTRS_MAX that kp_event.attr can tell, and the time of the newest that passed the filters,
 * which before the first is UINT64_MAX
 */
struct kp_notes {
	uint64_t *attr_counts;
	uint64_t first_ns, last_ns;
	bool has_time;
};

#define KP_NOTES_NEED (KP_HAS_ATTR | KP_HAS_TIME)

/**
 * kp_notes_add - note an event that has KP_NOTES_NEED and is no older than the one before, as
 * nearly all are; false: it is older, or the first of all, and was not noted
 */
static KP_INLINE bool kp_notes_add(struct kp_notes *n, const struct kp_event *ev)
{
	if (KP_UNLIKELY(ev->time_ns < n->last_ns))
		return false;
	n->attr_counts[ev->attr]++;
	n->last_ns = ev->time_ns;
	return true;
}

/** struct kp_on - what an analysis does with an event of @kind; as kp_analysis.add */
struct kp_on {
	uint64_t kind; /* KP_BIT64(enum kp_kind) */
	int (*add)(void *state, const struct kp_in *in);
};

#define KP_ONS_MAX 5

/**
 * struct kp_analysis
 * @kinds: KP_BIT64(enum kp_kind) of the events it wants
 * @on: for the kinds that most events are of, in place of @add; the others are zero
 * @threadless: kinds for which it looks neither at kp_in.th nor at priv
 * @unfiltered: wants them whatever the VM and vCPU filters say
 * @idle: with these options it has nothing to do, and need get no events; NULL: never
 * @thread_size: bytes in every kp_thread, zeroed at its start
 * @new: state from options; 0 or -ENOMEM. @free: NULL is legal
 * @add: one event; 0 or -ENOMEM
 * @snap: fill its part of @snap; 0 or -ENOMEM
 * @snap_free: free that part
 */
struct kp_analysis {
	const char *name;
	uint64_t kinds;
	uint64_t threadless;
	struct kp_on on[KP_ONS_MAX];
	bool unfiltered;
	bool (*idle)(const struct kp_model_opts *opts);
	size_t thread_size;
	int (*new)(struct kp_model *m, void **state);
	int (*add)(void *state, const struct kp_in *in);
	int (*snap)(void *state, struct kp_snap *snap);
	void (*snap_free)(struct kp_snap *snap);
	void (*free)(void *state);
};

extern const struct kp_analysis kp_analysis_attrs, kp_analysis_lost, kp_analysis_exits,
	kp_analysis_userpair, kp_analysis_vcpus, kp_analysis_users, kp_analysis_regs,
	kp_analysis_irqs, kp_analysis_counters, kp_analysis_hot, kp_analysis_switch,
	kp_analysis_cpus, kp_analysis_pmi, kp_analysis_timeline, kp_analysis_places;

/* What analyses may ask the model. */
const struct kp_model_opts *kp_model_opts(const struct kp_model *m);
struct kp_hist_pool *kp_model_pool(struct kp_model *m);
/** kp_model_attr_counts - kp_notes.attr_counts */
#define KP_ATTRS_MAX (UINT16_MAX + 1)
const uint64_t *kp_model_attr_counts(const struct kp_model *m);
/** kp_model_thread - the @i-th vCPU thread, NULL: no more; *@priv: @a's part of it */
struct kp_thread *kp_model_thread(struct kp_model *m, size_t i, const struct kp_analysis *a,
				  void **priv);
/** kp_model_thread_by_tid - the same by thread number; NULL: no vCPU's */
struct kp_thread *kp_model_thread_by_tid(struct kp_model *m, uint32_t tid,
					 const struct kp_analysis *a, void **priv);
/** kp_model_vcpu_id - number of a thread's vCPU; false: unknown, @vcpu untouched */
bool kp_model_vcpu_id(struct kp_model *m, struct kp_thread *th, uint32_t *vcpu);

/**
 * kp_model_pass - hand an event on to analysis @to, which does not get all of its kind: too many.
 * What @to->add() returns
 */
int kp_model_pass(struct kp_model *m, const struct kp_analysis *to, const struct kp_in *in,
		  struct kp_thread *th);

/** kp_exits_switched - of the exit whose handling ended with @th's last entry @ns were a switch */
void kp_exits_switched(struct kp_model *m, struct kp_thread *th, uint64_t ns);

/** kp_model_priv_offset - where @a's part is in every struct kp_thread */
size_t kp_model_priv_offset(const struct kp_model *m, const struct kp_analysis *a);

/** kp_model_priv - @a's part of @th */
void *kp_model_priv(struct kp_model *m, const struct kp_analysis *a, struct kp_thread *th);

/** kp_switch_in_window - is a guest's PMU context loaded on @cpu now? */
bool kp_switch_in_window(struct kp_model *m, uint32_t cpu);

/* The PMU's interrupt as BSA numbers it (KVM_ARM_VCPU_PMU_V3_IRQ is up to the VMM). */
#define KP_PMU_PPI 23

/** kp_irqs_raised - the guest's interrupt KP_PMU_PPI was raised: the ledger tells. 0 or -ENOMEM */
int kp_irqs_raised(struct kp_model *m, const struct kp_in *in);

/** kp_cpus_in_guest - is @cpu between entry and exit of vCPU thread @tid, as far as events tell? */
bool kp_cpus_in_guest(struct kp_model *m, uint32_t cpu, uint32_t tid);

/** kp_model_first_ns - time of the first event that counts; @else_ns: there was none yet */
uint64_t kp_model_first_ns(const struct kp_model *m, uint64_t else_ns);

/** kp_model_state - what @a's new() made */
void *kp_model_state(struct kp_model *m, const struct kp_analysis *a);

/** kp_snap_array - zeroed array of @nr rows, or NULL; one byte at the least, so NULL is an error */
void *kp_snap_array(size_t nr, size_t size);

/** kp_stat_cmp - for qsort: total time, then count, descending */
int kp_stat_cmp(const struct kp_stat *a, const struct kp_stat *b);

/* ---- counts.c: tables of plain counters, for analyses that need no more ---- */

#define KP_COUNTS_MAX 2

struct kp_count_row {
	struct kp_key key;
	bool other;
	uint64_t n[KP_COUNTS_MAX];
};

/** struct kp_counts - zero-initialise, then set @max_rows. Row 0 is "other" once there are rows */
struct kp_counts {
	struct kp_keymap map;
	KP_VEC(struct kp_count_row) rows;
	uint32_t max_rows;
};

/**
 * kp_counts_row - the row of @key, made if new; the row "other" when the table is full; NULL: no
 * memory
 */
struct kp_count_row *kp_counts_row(struct kp_counts *c, struct kp_key key);
/** kp_counts_any - did the row count anything? */
bool kp_counts_any(const struct kp_count_row *row);
void kp_counts_free(struct kp_counts *c);

/* For analyses whose whole state is one kp_counts: kp_analysis.new and .free. */
int kp_counts_new(struct kp_model *m, void **state);
void kp_counts_delete(void *state);

/* ---- pmuexits.c: exits for registers of the PMU ---- */

#define KP_PMU_EXITS_MAX 1024

/** struct kp_pmu_exit - @what: kind, write and reg are set */
struct kp_pmu_exit {
	struct kp_snap_pmu_exit what;
	struct kp_dist handling;
};

/** struct kp_pmu_exits - zero-initialise, then set @pool. Row 0 is for what exceeds the table */
struct kp_pmu_exits {
	struct kp_hist_pool *pool;
	struct kp_keymap map;
	KP_VEC(struct kp_pmu_exit) rows;
};

/** kp_pmu_exit_is_rdpmc - EXIT_REASON_RDPMC of uapi/asm/vmx.h, SVM_EXIT_RDPMC of svm.h */
static inline bool kp_pmu_exit_is_rdpmc(const struct kp_event *ev)
{
	return (ev->isa == KP_ISA_VMX && (ev->code & 0xffff) == 15) ||
	       (ev->isa == KP_ISA_SVM && ev->code == 0x6f);
}

/**
 * kp_pmu_exits_row - @ev is an exit, or happens while one is handled: if it is for a register of
 * the PMU, *@row becomes its number, from 1; else it stays. 0 or -ENOMEM
 */
int kp_pmu_exits_row(struct kp_pmu_exits *x, const struct kp_event *ev, uint32_t *row);
/** kp_pmu_exits_add - an exit of @row took @ns */
void kp_pmu_exits_add(struct kp_pmu_exits *x, uint32_t row, uint64_t ns);
int kp_pmu_exits_snap(const struct kp_pmu_exits *x, struct kp_snap *snap);
void kp_pmu_exits_free(struct kp_pmu_exits *x);

/* ---- rows.c: rows of the exit tables ---- */

enum kp_row_dist { KP_ROW_HANDLING, KP_ROW_RUN, KP_ROW_DISTS };

/** struct kp_row - @th: the thread if the key has one (KP_BY_VCPU) */
struct kp_row {
	struct kp_thread *th;
	uint32_t vm, cpu, code;
	uint8_t isa;
	bool has_cpu;
	bool other;
	struct kp_dist dist[KP_ROW_DISTS];
};

/** struct kp_row_at - by reason alone, a reason's row is at its code's lowest bits; @row 0: none */
struct kp_row_at {
	uint64_t key;
	uint32_t row;
};

#define KP_RECENT_ROWS 64

/**
 * struct kp_rows - rows keyed by what kp_model_opts.by says. Row 0 is "other"
 * Rows are found by number, as their addresses change when the table grows.
 */
struct kp_rows {
	struct kp_model *m;
	struct kp_keymap map;
	struct kp_hash matches; /* kp_model_opts.exit_match's answers */
	KP_VEC(struct kp_row) rows;
	uint32_t max_rows;
	uint32_t by;
	bool match_all; /* there is no kp_model_opts.exit_match */
	struct kp_row_at recent[KP_RECENT_ROWS];
};

int kp_rows_init(struct kp_rows *rows, struct kp_model *m);
void kp_rows_free(struct kp_rows *rows);

/**
 * kp_rows_look_up - number of the row of @ev, an exit of @th, made if new; KP_KEYMAP_NONE: no
 * memory
 */
uint32_t kp_rows_look_up(struct kp_rows *rows, struct kp_thread *th, const struct kp_event *ev);

/** kp_rows_find - the same by the short way */
static KP_INLINE uint32_t kp_rows_find(struct kp_rows *rows, struct kp_thread *th,
				       const struct kp_event *ev)
{
	const struct kp_row_at *at = &rows->recent[ev->code % KP_RECENT_ROWS];

	if (KP_LIKELY(at->key == ((uint64_t)ev->isa << 56 | ev->code) && at->row))
		return at->row;
	return kp_rows_look_up(rows, th, ev);
}

/** kp_rows_match - does this exit reason pass kp_model_opts.exit_match? */
bool kp_rows_ask_match(struct kp_rows *rows, uint8_t isa, uint32_t code);

static inline bool kp_rows_match(struct kp_rows *rows, uint8_t isa, uint32_t code)
{
	return KP_LIKELY(rows->match_all) || kp_rows_ask_match(rows, isa, code);
}

/** kp_rows_snap - rows that counted anything into @snap, sorted, and their total */
int kp_rows_snap(struct kp_rows *rows, struct kp_snap *snap, enum kp_pairing pairing);

#endif
