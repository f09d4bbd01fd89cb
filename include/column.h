/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * column.h - the one table of columns: id, name, unit, help, JSON key and type. Text headings, CSV
 * headings, JSON keys, --help and man pages all come from it. Includes kp.h only.
 */
#ifndef KP_COLUMN_H
#define KP_COLUMN_H

#include "kp.h"

enum kp_val_type {
	KP_VAL_NONE = 0, /* unknown: "-" in text, empty in CSV, null in JSON */
	KP_VAL_U64,
	KP_VAL_F64,
	KP_VAL_STR,
	KP_VAL_BOOL,
	KP_VAL_HEX, /* number: 0x.. in text and CSV, a string "0x.." in JSON (64 bits do not fit) */
};

/** struct kp_val - one cell; @str is borrowed until the row has been written */
struct kp_val {
	enum kp_val_type type;
	union {
		uint64_t u64;
		double f64;
		const char *str;
		bool b;
	};
};

static inline struct kp_val kp_val_none(void)
{
	return (struct kp_val){ .type = KP_VAL_NONE };
}

static inline struct kp_val kp_val_u64(uint64_t v)
{
	return (struct kp_val){ .type = KP_VAL_U64, .u64 = v };
}

static inline struct kp_val kp_val_f64(double v)
{
	return (struct kp_val){ .type = KP_VAL_F64, .f64 = v };
}

static inline struct kp_val kp_val_hex(uint64_t v)
{
	return (struct kp_val){ .type = KP_VAL_HEX, .u64 = v };
}

static inline struct kp_val kp_val_bool(bool v)
{
	return (struct kp_val){ .type = KP_VAL_BOOL, .b = v };
}

/** NULL becomes unknown */
static inline struct kp_val kp_val_str(const char *s)
{
	return s ? (struct kp_val){ .type = KP_VAL_STR, .str = s } : kp_val_none();
}

enum kp_unit {
	KP_UNIT_NONE = 0,
	KP_UNIT_COUNT, /* a number of things */
	KP_UNIT_NS, /* text scales to us, ms, s; JSON and CSV stay in ns, key ends in _ns */
	KP_UNIT_PERCENT, /* 0..100 */
	KP_UNIT_BYTES,
	KP_UNIT_PER_SEC,
};

/**
 * struct kp_column
 * @key: JSON key and CSV heading, with its unit ("total_ns"); never changes once released
 * @title: text heading
 * @help: one sentence for --help and man pages
 * @unit: how text shows it
 * @type: JSON type of known values
 * @left: text cells are aligned left
 */
struct kp_column {
	const char *key;
	const char *title;
	const char *help;
	enum kp_unit unit;
	enum kp_val_type type;
	bool left;
};

/** enum kp_col - ids; kp_columns[] in src/out/column.c has one row for each, checked by assert */
enum kp_col {
	KP_COL_VM,
	KP_COL_VM_NAME,
	KP_COL_VCPU,
	KP_COL_TID,
	KP_COL_CPU,
	KP_COL_REASON,
	KP_COL_REASON_CODE,
	KP_COL_COUNT,
	KP_COL_COUNT_PCT,
	KP_COL_TIME_PCT,
	KP_COL_TOTAL_NS,
	KP_COL_MIN_NS,
	KP_COL_MEAN_NS,
	KP_COL_P50_NS,
	KP_COL_P99_NS,
	KP_COL_P999_NS,
	KP_COL_MAX_NS,
	KP_COL_STDERR_PCT,
	KP_COL_EXITS,
	KP_COL_ENTRIES,
	KP_COL_USER_EXITS,
	KP_COL_GUEST_NS,
	KP_COL_HOST_NS,
	KP_COL_GUEST_PCT,
	KP_COL_EXITS_PER_SEC,
	KP_COL_MIGRATIONS,
	KP_COL_ERRORS,
	KP_COL_EVENT,
	KP_COL_SAMPLES,
	KP_COL_PERIOD,
	KP_COL_PERIOD_PCT,
	KP_COL_MODE,
	KP_COL_SYMBOL,
	KP_COL_MODULE,
	KP_COL_PATH,
	KP_COL_LOST,
	KP_COL_LOST_SAMPLES,
	KP_COL_REGISTER,
	KP_COL_REGISTER_CODE,
	KP_COL_ACCESS,
	KP_COL_PMU,
	KP_COL_FAULTS,
	KP_COL_VECTOR,
	KP_COL_INJECTED,
	KP_COL_ACCEPTED,
	KP_COL_ITERATIONS,
	KP_COL_ITER_RATE,
	KP_COL_ITER_NS,
	KP_COL_ITER_TICKS,
	KP_COL_KVM_EXITS,
	KP_COL_IRQS,
	KP_COL_PMIS_LOST,
	KP_COL_RESULT,
	KP_COL_COUNTER,
	KP_COL_EVENT_CODE,
	KP_COL_READS,
	KP_COL_READ_MEAN,
	KP_COL_READ_MIN,
	KP_COL_READ_MAX,
	KP_COL_EXPECT_MIN,
	KP_COL_EXPECT_MAX,
	KP_COL_ITEM,
	KP_COL_KIND,
	KP_COL_INPUT,
	KP_COL_ARCH,
	KP_COL_NAME,
	KP_COL_NUMBER,
	KP_COL_VALUE,
	KP_COL_MEANING,
	KP_COL_MODEL,
	KP_COL_EVENT_PMU,
	KP_COL_IMPLEMENTED,
	KP_COL_SOURCE,
	KP_COL_BITS,
	KP_COL_FIELD,
	KP_COL_RESERVED,
	KP_COL_WHERE,
	KP_COL_COUNTS,
	KP_COL_NOTE,
	KP_COL_COUNTER_NAME,
	KP_COL_SELECTOR,
	KP_COL_FILTERS,
	KP_COL_ENABLED,
	KP_COL_GLOBAL,
	KP_COL_SAMPLE_PERIOD,
	KP_COL_LAST_VALUE,
	KP_COL_SELECTOR_WRITES,
	KP_COL_VALUE_WRITES,
	KP_COL_VALUE_READS,
	KP_COL_PMU_TYPE,
	KP_COL_CPUS,
	KP_COL_PMU_VERSION,
	KP_COL_GENERAL,
	KP_COL_FIXED,
	KP_COL_WIDTH,
	KP_COL_HW_FILTERS,
	KP_COL_MEDIATED,
	KP_COL_FORMATS,
	KP_COL_CAPS,
	KP_COL_NEED,
	KP_COL_NEED_TITLE,
	KP_COL_MET,
	KP_COL_WHY,
	KP_COL_PARAMETER,
	KP_COL_SETTING,
	KP_COL_GUEST_ACCESS,
	KP_COL_CAPABILITY,
	KP_COL_VMM,
	KP_COL_VCPUS,
	KP_COL_MEMORY,
	KP_COL_RESIDENT,
	KP_COL_EVENT_FILTER,
	KP_COL_CGROUP,
	KP_COL_AFFINITY,
	KP_COL_GUEST_COUNTERS,
	KP_COL_IN_USE,
	KP_COL_LOADED,
	KP_COL_COUNTING,
	KP_COL_DENIED,
	KP_COL_SELECTOR_HW,
	KP_COL_OWNER_NAME,
	KP_COL_OWNER_KIND,
	KP_COL_PMU_NAME,
	KP_COL_COUNTS_ON,
	KP_COL_TASK,
	KP_COL_OPTIONS,
	KP_COL_WITH_MEDIATED,
	KP_COL_EVENTS,
	KP_COL_FD,
	KP_COL_EVENT_ID,
	KP_COL_ATTR_TYPE,
	KP_COL_ATTR_CONFIG,
	KP_COL_ATTR_CONFIG1,
	KP_COL_ATTR_CONFIG2,
	KP_COL_EXCLUDE_HOST,
	KP_COL_EXCLUDE_GUEST,
	KP_COL_PINNED,
	KP_COL_SAMPLE_FREQ,
	KP_COL_PHASE,
	KP_COL_SWITCHES,
	KP_COL_PER_SWITCH,
	KP_COL_WINDOWS,
	KP_COL_PER_WINDOW,
	KP_COL_WINDOWS_L2,
	KP_COL_ENTRIES_L2,
	KP_COL_EXITS_L2,
	KP_COL_WRITES_MAX,
	KP_COL_ELIDED,
	KP_COL_SWITCH_NS,
	KP_COL_SWITCH_L2_NS,
	KP_COL_OF_GUEST_PCT,
	KP_COL_SWITCHED,
	KP_COL_SWITCH_PCT,
	KP_COL_HANDLING_NS,
	KP_COL_HANDLING_MEAN_NS,
	KP_COL_PURE_NS,
	KP_COL_PURE_MEAN_NS,
	KP_COL_PURE_P99_NS,
	KP_COL_COST,
	KP_COL_COST_OF,
	KP_COL_STRIP,
	KP_COL_OWNED_GUEST_PCT,
	KP_COL_OWNED_SWITCH_PCT,
	KP_COL_OWNED_HOST_PCT,
	KP_COL_FROM_NS,
	KP_COL_LENGTH_NS,
	KP_COL_PMI_RAISED,
	KP_COL_PMI_REQUESTED,
	KP_COL_PMI_AS_NMI,
	KP_COL_PMI_AS_VECTOR,
	KP_COL_PMI_DELIVERED_PROBE,
	KP_COL_PMI_MASKED,
	KP_COL_PMI_ENTERED,
	KP_COL_PMI_MERGED,
	KP_COL_PMI_UNSEEN,
	KP_COL_PMI_LATE,
	KP_COL_PMI_SPURIOUS,
	KP_COL_TO_DELIVERY_NS,
	KP_COL_TO_DELIVERY_MAX_NS,
	KP_COL_TO_INJECTION_NS,
	KP_COL_TO_INJECTION_MAX_NS,
	KP_COL_TO_ENTRY_NS,
	KP_COL_TO_ENTRY_MAX_NS,
	KP_COL_HANDLER,
	KP_COL_HANDLED,
	KP_COL_IN_WINDOW,
	KP_COL_SIDE,
	KP_COL_VALUE_HEX,
	KP_COL_DELIVERY,
	KP_COL_VECTOR_HEX,
	KP_COL_MASKED,
	KP_COL_FLAG,
	KP_COL_TIME_NS,
	KP_COL_STATUS_HEX,
	KP_COL_WALL_PCT,
	KP_COL_FINDING,
	KP_COL_SEVERITY,
	KP_COL_SUMMARY,
	KP_COL_CAUSE,
	KP_COL_FIX,
	KP_COL_EVIDENCE,
	KP_COL_EVIDENCE_KIND,
	KP_COL_PID,
	KP_COL_WALL_GUEST_PCT,
	KP_COL_WALL_HOST_PCT,
	KP_COL_WALL_SWITCH_PCT,
	KP_COL_WALL_IDLE_PCT,
	KP_COL_NMI_RATE,
	KP_COL_PMI_RATE,
	KP_COL_VPMI_RATE,
	KP_COL_HISTORY,
	KP_COL_VPMU_MODE,
	KP_COL_BACKING_PMU,
	KP_COL_IPC,
	KP_COL_USER_EXIT_RATE,
	KP_COL_TOP_REASON,
	KP_COL_SWITCH_RATE,
	KP_COL_SWITCH_MEAN_NS,
	KP_COL_SWITCH_P99_NS,
	KP_COL_PMU_TAX_PCT,
	KP_COL_GUEST_PMI_RATE,
	KP_COL_REG_EXIT_RATE,
	KP_COL_LATENCY,
	KP_COL_INJECT_RATE,
	KP_COL_ACCEPT_RATE,
	KP_COL_ABOUT,
	KP_COL_SUITE,
	KP_COL_CASE,
	KP_COL_VARIANT,
	KP_COL_BASE,
	KP_COL_METRIC,
	KP_COL_MEDIAN,
	KP_COL_CI_PCT,
	KP_COL_CI_LOW,
	KP_COL_CI_HIGH,
	KP_COL_MAD,
	KP_COL_Q1,
	KP_COL_Q3,
	KP_COL_LEAST,
	KP_COL_MOST,
	KP_COL_OUTLIERS,
	KP_COL_OUTLIER,
	KP_COL_CONVERGED,
	KP_COL_ROUNDS,
	KP_COL_SAMPLE_ITERATIONS,
	KP_COL_ITER_HOST_NS,
	KP_COL_OP_EXITS,
	KP_COL_OP_INSNS,
	KP_COL_OP_CYCLES,
	KP_COL_MOVES,
	KP_COL_SAMPLE,
	KP_COL_SAMPLE_VALUE,
	KP_COL_MEDIAN_A,
	KP_COL_MEDIAN_B,
	KP_COL_SHIFT,
	KP_COL_SHIFT_PCT,
	KP_COL_CLIFF,
	KP_COL_P_VALUE,
	KP_COL_VERDICT,
	KP_COL_SETTING_B,
	KP_COL_STATE,
	KP_COL_HOST_COUNT,
	KP_COL_GUEST_COUNT,
	KP_COL_TOTAL_COUNT,
	KP_COL_HOST_STDERR_PCT,
	KP_COL_GUEST_STDERR_PCT,
	KP_COL_RATE,
	KP_COL_RUNNING_PCT,
	KP_COL_SCALED,
	KP_COL_ENABLED_NS,
	KP_COL_RUNNING_NS,
	KP_COL_GUEST_ENABLED_NS,
	KP_COL_GUEST_RUNNING_NS,
	KP_COL_DERIVED,
	KP_COL_HOST_VALUE,
	KP_COL_GUEST_VALUE,
	KP_COL_TOTAL_VALUE,
	KP_COL_CLOCK_NS,
	KP_COL_BLIND_NS,
	KP_COL_BLIND_PCT,
	KP_COL_PLACE_NS,
	KP_COL_PLACE_PCT,
	KP_COL_HOLDER,
	KP_COL_EVENT_STATE,
	KP_COL_BLOCKS_MEDIATED,
	KP_COL_ARRIVALS,
	KP_COL_PMU_LOST_NS,
	KP_COL_NR
};

/**
 * KP_COL_DATA - a column of a table that text leaves out for want of room; JSON and CSV have it.
 * kp_out_table() takes ids with or without it.
 */
#define KP_COL_DATA(col) ((enum kp_col)((col) | 0x8000))
#define KP_COL_ID(col)	 ((enum kp_col)((col)&0x7fff))

extern const struct kp_column kp_columns[KP_COL_NR];

/** kp_column_find - id of the column with JSON key @key (with or without its unit), or -1 */
int kp_column_find(const char *key);

#endif
