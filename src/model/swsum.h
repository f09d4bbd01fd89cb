/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swsum.h - PMU context switches added up: by vCPU and CPU, by register, by exit reason. Whoever
 * sees switches, access by access or as whole windows, fills this. Private to src/model.
 */
#ifndef KP_MODEL_SWSUM_H
#define KP_MODEL_SWSUM_H

#include "analysis.h"

/**
 * struct kp_sw_tally - register accesses of one phase, by [part][write]: how many in the low 16
 * bits, the time since the access before in those above. One addition an access: there are millions
 * @used: bit 2 * part + write of those that are not zero
 */
struct kp_sw_tally {
	uint64_t at[KP_PMU_PARTS][2];
	uint32_t used;
};

_Static_assert(2 * KP_PMU_PARTS <= 32, "parts are bits of kp_sw_tally.used");

static inline void kp_sw_access(struct kp_sw_tally *t, uint32_t part, bool write, uint64_t ns)
{
	t->at[part][write] += ns << 16 | 1;
	t->used |= KP_BIT(2 * part + write);
}

static inline uint64_t kp_sw_n(const struct kp_sw_tally *t, enum kp_pmu_part part, bool write)
{
	return t->at[part][write] & 0xffff;
}

static inline uint64_t kp_sw_ns(const struct kp_sw_tally *t, enum kp_pmu_part part)
{
	return (t->at[part][0] >> 16) + (t->at[part][1] >> 16);
}

/** struct kp_sw_pair - a vCPU's thread on a CPU; fields as in struct kp_snap_switch */
struct kp_sw_pair {
	struct kp_thread *th;
	uint32_t cpu;
	uint64_t windows, entries, windows_l2, entries_l2;
	uint64_t load_writes, load_elided, put_writes, put_elided;
	uint64_t exits, exits_switched;
	uint64_t handling_ns, switch_ns, switch_l2_ns;
	uint64_t guest_ns;
	uint64_t load_ns; /* of the window that is not put yet; 0: none */
	struct kp_dist phase[KP_SWITCH_PHASES];
	struct kp_dist own;
};

/** struct kp_sw_reason - an exit reason; row 0 stands for those beyond the table */
struct kp_sw_reason {
	uint32_t code;
	uint8_t isa;
	uint64_t switched, l2, switch_ns;
	struct kp_dist handling, pure;
};

/** struct kp_sw_regs - tallies of many phases, taken apart */
struct kp_sw_regs {
	uint64_t n[KP_PMU_PARTS][2], ns[KP_PMU_PARTS][2];
};

/**
 * struct kp_sw_sums - @pairs: found by number, row 0 stands for those beyond the table
 */
struct kp_sw_sums {
	struct kp_model *m;
	struct kp_hist_pool *pool;
	struct kp_keymap pair_map, reason_map;
	KP_VEC(struct kp_sw_pair) pairs;
	KP_VEC(struct kp_sw_reason) reasons;
	uint32_t max_rows;
	struct kp_sw_regs regs[KP_SWITCH_PHASES];
};

/** struct kp_sw_handling - an exit that was handled, to the next entry */
struct kp_sw_handling {
	uint8_t isa;
	uint32_t code;
	uint64_t ns, switch_ns;
	bool switched, exit_l2, entry_l2;
};

int kp_sw_sums_init(struct kp_sw_sums *s, struct kp_model *m);
void kp_sw_sums_free(struct kp_sw_sums *s);

/** kp_sw_pair_find - number of a pair, made if new; KP_KEYMAP_NONE: no memory */
uint32_t kp_sw_pair_find(struct kp_sw_sums *s, struct kp_thread *th, uint32_t cpu);

/** kp_sw_phase - a phase of pair @n took @ns; of a LOAD or PUT @t tells the parts and registers */
void kp_sw_phase(struct kp_sw_sums *s, uint32_t n, enum kp_switch_phase phase,
		 const struct kp_sw_tally *t, uint64_t ns);

/** kp_sw_handled - pair @n handled an exit. 0 or -ENOMEM */
int kp_sw_handled(struct kp_sw_sums *s, uint32_t n, const struct kp_sw_handling *h);

/** kp_sw_sums_snap - vcpus, cpus, regs, reasons and the elided writes of snap->switches */
int kp_sw_sums_snap(const struct kp_sw_sums *s, struct kp_snap *snap);

#endif
