/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pmi.h - the PMI ledger's state, shared by pmi.c, which follows PMIs of guests, pmi_host.c, which
 * counts those of the host, and pmi_snap.c, which freezes what became of them. Private to
 * src/model.
 */
#ifndef KP_MODEL_PMI_H
#define KP_MODEL_PMI_H

#include "analysis.h"

/* The first that are worth a row each. */
#define KP_PMI_ODD_MAX 64

/**
 * struct kp_pmi_thread - a vCPU's part
 * @n: everything that is counted, in the snapshot's words
 * @open: a PMI is on its way: raised at @raised_ns on @cpu, with @status if @has_open_status;
 *	@entries into the guest since
 * @delivered, @injected: how far it came
 * @as_nmi: it was delivered as an NMI
 * @status: the status register at the last put; @fresh_status: that was of the exit being handled
 * @nmi_ns: an NMI, or interrupt of the host's PMU (in row @irq_row), that was handled since the
 *	last entry; 0: none
 * @int_known, @int_on: by status bit: does the counter ask for PMIs
 * @intel: KVM masks LVTPC itself when it delivers; @self_masked: it did, and the guest has not
 *	written LVTPC since
 * @level: of the PMU's line at the vGIC
 */
struct kp_pmi_thread {
	struct kp_snap_pmi n;
	struct kp_dist to_delivery, to_injection, to_entry;
	bool seen, open, delivered, injected, as_nmi;
	bool fresh_status, has_open_status, level;
	bool intel, self_masked;
	uint32_t cpu, irq_row;
	uint64_t raised_ns, delivered_ns, entries;
	uint64_t status, open_status, nmi_ns;
	uint64_t int_known, int_on;
};

struct kp_pmi_nmi {
	uint64_t handler, handled, in_window;
	uint32_t cpu;
	struct kp_dist time;
};

/**
 * struct kp_pmi_irq - a CPU's interrupts of its PMU that came while one thread ran
 * @th: that of a vCPU, NULL any other; row 0 is for what exceeds the table
 * @time: of the handler; untimed: those whose end was not seen
 */
struct kp_pmi_irq {
	uint32_t cpu, irq;
	struct kp_thread *th;
	uint64_t handled, in_guest, passed_on;
	struct kp_dist time;
};

/** struct kp_pmi_irq_now - what a CPU is handling: @row1 row of it and one, 0: nothing */
struct kp_pmi_irq_now {
	uint32_t irq, row1;
	uint64_t since_ns;
};

struct kp_pmi {
	struct kp_model *m;
	struct kp_hist_pool *pool;
	struct kp_keymap nmi_map, irq_map, lvtpc_map;
	KP_VEC(struct kp_pmi_nmi) nmis;
	KP_VEC(struct kp_pmi_irq) irqs;
	KP_VEC(struct kp_pmi_irq_now) irq_now; /* by CPU */
	KP_VEC(struct kp_snap_lvtpc) lvtpc;
	KP_VEC(uint64_t) raised_on; /* by CPU */
	struct kp_snap_pmi_odd odd[KP_PMI_ODD_MAX];
	uint32_t nr_odd;
	uint64_t nr_odd_all;
	uint32_t max_rows;
	bool has_nmi, has_irq, has_accept, has_entry, vgic;
	bool vgic_low; /* it was told that the line is low, too */
};

/** kp_pmi_odd - one of @th (NULL: nobody's) that stands out */
void kp_pmi_odd(struct kp_pmi *p, const struct kp_snap_pmi_odd *row, struct kp_thread *th);

/* pmi_host.c: events of the host; 0 or -ENOMEM */
int kp_pmi_on_nmi(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in);
int kp_pmi_on_irq(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in);
void kp_pmi_on_irq_end(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_event *ev);

/** kp_pmi_irq_passed - the interrupt of @t's nmi_ns was a PMI of its guest */
void kp_pmi_irq_passed(struct kp_pmi *p, const struct kp_pmi_thread *t);

/** kp_pmi_snap - kp_analysis.snap */
int kp_pmi_snap(void *state, struct kp_snap *snap);
void kp_pmi_snap_free(struct kp_snap *snap);

#endif
