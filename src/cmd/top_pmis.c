// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_pmis.c - the PMI ledger of a tick, and what is known of PMIs at each vCPU. Touches only
 * memory.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "top_past.h"

/** struct rows - of one vCPU now, at the last tick and at the base */
struct rows {
	const struct kp_snap_pmi *now, *prev, *base;
};

static const struct kp_snap_pmi *find(const struct kp_past *p, uint32_t tid)
{
	static const struct kp_snap_pmi none;
	size_t i;

	for (i = 0; p && p->snap && i < p->snap->pmis.nr_vcpus; i++)
		if (p->snap->pmis.vcpus[i].tid == tid)
			return &p->snap->pmis.vcpus[i];
	return &none;
}

#define NUM(known, r, field) kp_num_of(known, (r)->now->field, (r)->prev->field, (r)->base->field)

/*
 * What a hop is known from: probes tell of KVM's own (kp_snap_switches.probed), and overflows show
 * in register accesses, exits or NMIs: where none was seen, and probes are there in their place,
 * nothing is known of them.
 */
static void fill(const struct rows *r, const struct kp_snap *s, struct kp_frame_pmi *out)
{
	bool probed = r->now->requested || r->now->delivered_probe || s->switches.probed;
	bool raised = r->now->raised || !probed;
	bool accepted = s->pmis.has_accept || s->pmis.vgic;
	/* entries are counted by BPF programs, or they are events, which the ledger needs */
	bool followed = raised && (s->pmis.has_entry || !r->now->raised);

	out->raised = NUM(raised, r, raised);
	out->requested = NUM(probed, r, requested);
	out->as_nmi = NUM(accepted, r, delivered_nmi);
	out->as_vector = NUM(accepted, r, delivered_vector);
	out->probed = NUM(probed, r, delivered_probe);
	out->masked = NUM(followed, r, masked);
	out->injected = NUM(accepted, r, injected);
	out->entered = NUM(followed, r, entered);
	out->merged = NUM(raised, r, merged);
	out->unseen = NUM(raised, r, unseen);
	out->late = NUM(followed, r, late);
	out->lost = NUM(followed && accepted, r, lost);
	out->spurious = NUM(raised, r, spurious);
	out->to_delivery_ns = NUM(true, r, to_delivery.total_ns);
	out->nr_to_delivery = NUM(true, r, to_delivery.timed);
	out->to_entry_ns = NUM(true, r, to_entry.total_ns);
	out->nr_to_entry = NUM(true, r, to_entry.timed);
}

int kp_pmis_fill(struct kp_past *now, struct kp_past *prev, struct kp_past *base,
		 struct kp_frame *f)
{
	const struct kp_snap *s = now->snap;
	struct kp_frame_pmi *out;
	size_t i;

	out = f->pmis_by = calloc(s->pmis.nr_vcpus + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	f->nr_pmis = s->pmis.nr_vcpus;
	for (i = 0; i < s->pmis.nr_vcpus; i++, out++) {
		const struct kp_snap_pmi *p = &s->pmis.vcpus[i];
		const struct rows r = { p, find(prev, p->tid), find(base, p->tid) };

		*out = (struct kp_frame_pmi){
			.vm = p->vm, .tid = p->tid, .vcpu = p->vcpu, .has_vcpu = p->has_vcpu
		};
		fill(&r, s, out);
	}
	return 0;
}

static void add(struct kp_num *sum, struct kp_num n)
{
	sum->known |= n.known;
	sum->tick += n.tick;
	sum->total += n.total;
}

struct kp_num kp_pmis_of(const struct kp_frame_pmi *p)
{
	struct kp_num n = { 0 };

	if (p->probed.known)
		return p->probed;
	add(&n, p->as_nmi);
	add(&n, p->as_vector);
	return n.known ? n : p->raised;
}

void kp_pmis_note(struct kp_frame *f)
{
	uint64_t late = 0, lost = 0, spurious = 0;
	const struct kp_frame_pmi *p;

	for (p = f->pmis_by; p < f->pmis_by + f->nr_pmis; p++) {
		late += p->late.total;
		lost += p->lost.total - p->lost.tick; /* those of this tick may be on their way */
		spurious += p->spurious.total;
	}
	if (late || lost || spurious)
		kp_frame_note(f, KP_NOTE_WARNING, "PMIs",
			      "of guests' PMIs %" PRIu64 " were lost, %" PRIu64
			      " came late and %" PRIu64 " without an overflow; the PMI screen "
			      "tells whose, kvmpmu report --pmi what a recording shows of them",
			      lost, late, spurious);
}
