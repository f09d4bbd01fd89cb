/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ui.h - the terminal view: what one tick shows (kp_frame), the tables made of it, which batch
 * output prints and screens draw, and the screens themselves. Includes model.h and out.h.
 */
#ifndef KP_UI_H
#define KP_UI_H

#include "lib/vec.h"
#include "model.h"
#include "out.h"

/* ---- frames ---- */

/** KP_STRIP_CELLS - ticks that a CPU's strip remembers: a minute of one-second ticks */
#define KP_STRIP_CELLS 60

/** enum kp_cell - what a CPU mostly did in a tick; @KP_CELL_SWITCH: at least a tenth of it */
enum kp_cell {
	KP_CELL_NONE = 0, /* unknown */
	KP_CELL_IDLE,
	KP_CELL_GUEST,
	KP_CELL_OWNER, /* a guest with its own counters loaded */
	KP_CELL_HOST,
	KP_CELL_SWITCH, /* switching the PMU between host and guest */
	KP_CELLS
};

/* A cell of a strip: what, and how much of the tick's time in quarters, 1 to 4. */
#define KP_CELL(what, quarters) ((uint8_t)((what) | (quarters) << 4))
#define KP_CELL_WHAT(cell)	((enum kp_cell)((cell)&0xf))
#define KP_CELL_QUARTERS(cell)	((cell) >> 4)

/** struct kp_num - a growing number: what came in the last tick, and since the start */
struct kp_num {
	bool known;
	uint64_t tick, total;
};

#define KP_FRAME_NAME_LEN 48

/**
 * struct kp_frame_cpu - a host CPU
 * @guest_ns, @host_ns, @switch_ns, @idle_ns: of its time; @host_ns is all that is not the others,
 *	where idle time is known, else the handling of exits
 * @owned_ns: what of @guest_ns guests had their counters loaded in: a mediated vPMU
 * @nmis, @pmis: the host's; @vpmis: those of guests that the host passes on
 * @cells: KP_CELL(), oldest first, kp_frame.nr_cells
 */
struct kp_frame_cpu {
	uint32_t cpu;
	struct kp_num guest_ns, owned_ns, host_ns, switch_ns, idle_ns;
	struct kp_num nmis, pmis, vpmis;
	uint8_t cells[KP_STRIP_CELLS];
};

/**
 * struct kp_frame_vcpu - a vCPU thread
 * @mode: of its PMU, @backing: name of the PMU behind it; empty: unknown
 * @switches: PMU context switches; @switch_ns: their cost, all phases; @load_put_ns: load and put
 * @first_bucket, @nr_buckets: histogram in kp_frame.buckets of load and put of a window together
 * @cycles, @instructions: of the guest
 * @top_reason: of the tick's exits, empty: none
 */
struct kp_frame_vcpu {
	uint32_t vm, tid, vcpu, cpu;
	bool has_vcpu, has_cpu;
	char vm_name[KP_FRAME_NAME_LEN];
	char mode[12];
	char backing[24];
	char top_reason[32];
	struct kp_num exits, user_exits, guest_ns, handling_ns;
	struct kp_num switches, switch_ns, load_put_ns;
	struct kp_num pmis, reg_exits, cycles, instructions;
	size_t first_bucket, nr_buckets;
};

/**
 * struct kp_frame_exit - exits of one reason by one vCPU
 * @timed: how many had a duration; @time_ns: their sum, as kp_snap.pairing says; @max_ns: since
 *	start
 * @first_bucket, @nr_buckets: histogram in kp_frame.buckets
 */
struct kp_frame_exit {
	uint32_t vm, tid, vcpu, code;
	bool has_vcpu, other;
	uint8_t isa;
	char reason[32];
	struct kp_num count, timed, time_ns;
	uint64_t max_ns;
	size_t first_bucket, nr_buckets;
};

struct kp_frame_bucket {
	uint16_t bucket;
	uint64_t tick, total;
};

/**
 * struct kp_frame_counter - a guest's PMC; @snap as the model has it, the rest decoded, "" unknown
 * @held_by: who has the counter of the hardware now, a constant; NULL unknown
 * @host_event: what the host counts with the same counter of the CPU that the vCPU is on
 */
struct kp_frame_counter {
	struct kp_snap_counter snap;
	char vm_name[KP_FRAME_NAME_LEN];
	char name[16];
	char event[96];
	char filters[8];
	bool has_filters;
	const char *held_by;
	char host_event[64];
};

/**
 * struct kp_frame_event - a perf event that holds a counter of the host
 * @counter: the one that it has now, "" none or unknown
 * @cpu: -1 any; @tid: of the task that it counts, 0 all; @state: "" unknown; a constant
 */
struct kp_frame_event {
	char holder[40];
	char event[64];
	char counter[16];
	const char *state;
	int cpu;
	uint32_t tid;
	bool has_blocks, blocks;
};

/**
 * struct kp_frame_pmi - the ledger of a vCPU's PMIs, hop by hop, as struct kp_snap_pmi has them; a
 *	hop that the input cannot show is unknown
 * @to_delivery_ns, @to_entry_ns: sums, of @nr_to_delivery and @nr_to_entry
 */
struct kp_frame_pmi {
	uint32_t vm, tid, vcpu;
	bool has_vcpu;
	char vm_name[KP_FRAME_NAME_LEN];
	struct kp_num raised, requested, as_nmi, as_vector, probed, masked, injected, entered;
	struct kp_num merged, unseen, late, lost, spurious;
	struct kp_num to_delivery_ns, nr_to_delivery, to_entry_ns, nr_to_entry;
};

/** struct kp_frame_irq - interrupts of a guest by vector */
struct kp_frame_irq {
	uint32_t vm, vector;
	bool has_vm, other;
	char vm_name[KP_FRAME_NAME_LEN];
	struct kp_num injected, accepted;
};

/** enum kp_note_kind - @KP_NOTE_MISSING: why a '-' is one; @KP_NOTE_WARNING: something is wrong */
enum kp_note_kind { KP_NOTE_INFO = 0, KP_NOTE_MISSING, KP_NOTE_WARNING };

/** struct kp_frame_note - @about: one or two words; @text: one sentence. Owned by the frame */
struct kp_frame_note {
	enum kp_note_kind kind;
	char about[20];
	char *text;
};

/**
 * struct kp_frame - one tick. Owned by who made it, immutable once handed out
 * @title: where the data is from: host name or file
 * @seq: number of the tick; @at_ns: its end since the start; @wall_ns: its length; @since_ns: since
 *	the start or the last KP_UI_RESET; @length_ns: of the whole recording, 0 unknown
 * @replay, @paused, @ended, @speed (1: as recorded; 0: as fast as possible), @interval_ns: state of
 *	the feed
 * @has_entry_exit: kvm_entry and kvm_exit fire
 * @exits, @events, @lost, @nmis ...: of all
 * @blind_ns: time in which the host's own events were off, as a guest's counters were loaded, of
 *	all CPUs
 * @events_open: only when @has_owners
 * @nr_cells: cells of each CPU's strip that are set
 * @host_vms: VMs that run, by the host; -1 unknown
 */
struct kp_frame {
	char title[96];
	uint64_t seq, at_ns, wall_ns, since_ns, length_ns, interval_ns;
	bool replay, paused, ended;
	double speed;
	enum kp_pairing pairing;
	bool has_entry_exit;
	struct kp_num exits, user_exits, events, lost, switches, switch_ns, blind_ns;
	struct kp_num nmis, pmis, vpmis, reg_exits;
	unsigned int nr_cells;
	int64_t host_vms;
	struct kp_frame_cpu *cpus;
	size_t nr_cpus;
	struct kp_frame_vcpu *vcpus;
	size_t nr_vcpus;
	struct kp_frame_exit *exits_by;
	size_t nr_exits;
	struct kp_frame_bucket *buckets;
	size_t nr_buckets;
	struct kp_frame_counter *counters;
	size_t nr_counters;
	struct kp_frame_event *events_open;
	size_t nr_events_open;
	bool has_owners;
	struct kp_frame_pmi *pmis_by;
	size_t nr_pmis;
	struct kp_frame_irq *irqs;
	size_t nr_irqs;
	KP_VEC(struct kp_frame_note) notes;
};

/** kp_frame_new - empty; NULL: no memory */
struct kp_frame *kp_frame_new(void);
void kp_frame_free(struct kp_frame *f);
/** kp_frame_note - add a note; what does not fit into memory is left out */
void kp_frame_note(struct kp_frame *f, enum kp_note_kind kind, const char *about, const char *fmt,
		   ...) KP_PRINTF(4, 5);

/* ---- tables: ui/table.c, ui/rows_*.c ---- */

enum kp_tab {
	KP_TAB_CPUS,
	KP_TAB_VCPUS,
	KP_TAB_EXITS,
	KP_TAB_COUNTERS,
	KP_TAB_EVENTS,
	KP_TAB_PMIS,
	KP_TAB_IRQS,
	KP_TAB_NOTES,
	KP_TAB_NR
};

#define KP_TAB_COLS_MAX 20

/** struct kp_zoom - what is looked at: a VM, a vCPU of it, an exit reason; each or none */
struct kp_zoom {
	bool has_vm, has_vcpu, has_reason;
	uint32_t vm, tid, code;
	uint8_t isa;
};

/**
 * struct kp_view - how tables are made
 * @since_start: numbers since the start in place of the last tick's
 * @tree: vCPUs below their VM
 * @filter: rows that have it in one of their cells; empty: all
 * @sort: column of each table (enum kp_col), -1: its own order; @reverse: the other way round
 */
struct kp_view {
	struct kp_zoom zoom;
	bool since_start;
	bool tree;
	char filter[48];
	int sort[KP_TAB_NR];
	bool reverse[KP_TAB_NR];
};

/**
 * struct kp_tab_row - @key: the same thing in the next tick; @hist: histogram of KP_BUCKETS, or
 * NULL
 */
struct kp_tab_row {
	struct kp_zoom key;
	uint32_t id;
	uint8_t depth;
	bool group;
	uint8_t kind; /* enum kp_note_kind */
	const struct kp_frame_cpu *cpu;
	uint64_t *hist;
	struct kp_val cell[KP_TAB_COLS_MAX];
};

/** struct kp_table - zero-initialise; strings are borrowed from the frame */
struct kp_table {
	enum kp_tab id;
	const enum kp_col *cols;
	unsigned int nr_cols;
	KP_VEC(struct kp_tab_row) rows;
	size_t nr_all; /* before the filter */
};

extern const char *const kp_tab_keys[KP_TAB_NR];
extern const char *const kp_tab_titles[KP_TAB_NR];

/** kp_view_init - as it is before anybody touches it */
void kp_view_init(struct kp_view *v);

/**
 * kp_table_cols - the columns of a table, KP_COL_DATA() those that start hidden; returns how many
 */
unsigned int kp_table_cols(enum kp_tab id, const enum kp_col **cols);

/** kp_table_make - rows of @f as @v wants them, filtered and sorted. 0 or -ENOMEM. Reuses memory */
int kp_table_make(const struct kp_frame *f, const struct kp_view *v, enum kp_tab id,
		  struct kp_table *t);
void kp_table_free(struct kp_table *t);

/** kp_row_matches - @text is part of one of the cells, in any case; empty fits all */
bool kp_row_matches(const struct kp_table *t, const struct kp_tab_row *row, const char *text);

/** kp_hist_percentile - nearest rank of a histogram of KP_BUCKETS; 0: it is empty */
uint64_t kp_hist_percentile(const uint64_t *hist, double q);

/* ---- the terminal ---- */

enum kp_ui_action {
	KP_UI_PAUSE, /* arg: 1 or 0 */
	KP_UI_STEP, /* one tick further */
	KP_UI_INTERVAL, /* arg: ns */
	KP_UI_SPEED, /* arg: per mille of the recording's own speed, 0: as fast as possible */
	KP_UI_SEEK, /* arg: ns from the start */
	KP_UI_RESET, /* "since the start" begins now */
};

/**
 * struct kp_ui_feed_ops - where frames come from, in a thread of its own; none of these blocks
 * @fd: becomes readable when there is a new frame; take() makes it unreadable
 * @take: the newest frame, or NULL: none yet. Borrowed until the next take()
 * @control: an action; takes effect with a later frame
 * @error: why there will be no more frames, NULL: there will
 * @pin: let thread @tid run on @cpus ("3", "0-2", "all"). 0 or -errno, @text says what came of it
 * @record: record this vCPU to a file in the background. As @pin
 */
struct kp_ui_feed_ops {
	int (*fd)(void *ctx);
	const struct kp_frame *(*take)(void *ctx);
	void (*control)(void *ctx, enum kp_ui_action action, int64_t arg);
	const char *(*error)(void *ctx);
	int (*pin)(void *ctx, uint32_t tid, const char *cpus, char *text, size_t size);
	int (*record)(void *ctx, const struct kp_zoom *who, char *text, size_t size);
};

/**
 * struct kp_ui_opts
 * @color: --color; @ascii: no character beyond ASCII whatever the locale
 * @settings: remember settings in the user's configuration directory
 */
struct kp_ui_opts {
	const struct kp_ui_feed_ops *feed;
	void *feed_ctx;
	enum kp_color color;
	bool ascii;
	bool settings;
};

/**
 * kp_ui_check - can screens be drawn here? 0; -ENOTTY no terminal; -EOPNOTSUPP it cannot move its
 * cursor (TERM=dumb) or is unknown; @text says why
 */
int kp_ui_check(char *text, size_t size);

/** kp_ui_run - until the user, a signal or the terminal ends it. 0, -errno, or a signal's number */
int kp_ui_run(const struct kp_ui_opts *opts);

#endif
