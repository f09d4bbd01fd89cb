// SPDX-License-Identifier: GPL-2.0-only
/*
 * swsum.c - adds up PMU context switches, and freezes the sums into snapshots. Touches only memory.
 */
#include "swsum.h"

#include <string.h>

#define ROW_OTHER 0

int kp_sw_sums_init(struct kp_sw_sums *s, struct kp_model *m)
{
	s->m = m;
	s->pool = kp_model_pool(m);
	s->max_rows = kp_model_opts(m)->max_rows;
	return kp_vec_push(&s->pairs, (struct kp_sw_pair){ 0 }) ||
			       kp_vec_push(&s->reasons, (struct kp_sw_reason){ 0 })
		       ? -ENOMEM
		       : 0;
}

void kp_sw_sums_free(struct kp_sw_sums *s)
{
	kp_keymap_free(&s->pair_map);
	kp_keymap_free(&s->reason_map);
	kp_vec_free(&s->pairs);
	kp_vec_free(&s->reasons);
}

/* ---- adding ---- */

uint32_t kp_sw_pair_find(struct kp_sw_sums *s, struct kp_thread *th, uint32_t cpu)
{
	const struct kp_key key = { .a = th->tid, .b = cpu };
	uint32_t n = kp_keymap_find(&s->pair_map, key);

	if (KP_LIKELY(n != KP_KEYMAP_NONE))
		return n + 1;
	if (s->pair_map.nr >= s->max_rows)
		return ROW_OTHER;
	n = kp_keymap_add(&s->pair_map, key);
	if (n == KP_KEYMAP_NONE ||
	    kp_vec_push(&s->pairs, (struct kp_sw_pair){ .th = th, .cpu = cpu }))
		return KP_KEYMAP_NONE;
	return n + 1;
}

static uint64_t writes(const struct kp_sw_tally *t)
{
	uint64_t n = 0;
	unsigned int part;

	for (part = 0; part < KP_PMU_PARTS; part++)
		n += t->at[part][1] & 0xffff;
	return n;
}

/*
 * What a load or put would write besides if nothing were elided: a load each counter that it reads,
 * a put each counter and each general counter's selector. kvm_pmu_load_guest_pmcs() and
 * kvm_pmu_put_guest_pmcs(), arch/x86/kvm/pmu.c.
 */
static uint64_t elided(const struct kp_sw_tally *t, bool put)
{
	uint64_t worst = kp_sw_n(t, KP_PMU_COUNTER, false) * (put ? 2 : 1) +
			 kp_sw_n(t, KP_PMU_FIXED_COUNTER, false);
	uint64_t done = kp_sw_n(t, KP_PMU_COUNTER, true) + kp_sw_n(t, KP_PMU_FIXED_COUNTER, true);

	if (put)
		done += kp_sw_n(t, KP_PMU_SELECTOR, true);
	return worst > done ? worst - done : 0;
}

/* The parts of a load or put: LVTPC and the counters, and the vendor's, which is the rest. */
static void add_parts(struct kp_sw_sums *s, struct kp_sw_pair *p, bool put,
		      const struct kp_sw_tally *t, uint64_t ns)
{
	const enum kp_switch_phase lvtpc = put ? KP_SWITCH_PUT_LVTPC : KP_SWITCH_LOAD_LVTPC;
	const enum kp_switch_phase pmcs = put ? KP_SWITCH_PUT_PMCS : KP_SWITCH_LOAD_PMCS;
	const enum kp_switch_phase vendor = put ? KP_SWITCH_PUT_VENDOR : KP_SWITCH_LOAD_VENDOR;
	uint64_t lvtpc_ns = kp_sw_ns(t, KP_PMU_LVTPC);
	uint64_t pmcs_ns = kp_sw_ns(t, KP_PMU_COUNTER) + kp_sw_ns(t, KP_PMU_SELECTOR) +
			   kp_sw_ns(t, KP_PMU_FIXED_COUNTER);

	if (kp_sw_n(t, KP_PMU_LVTPC, true))
		kp_dist_add(s->pool, &p->phase[lvtpc], lvtpc_ns);
	kp_dist_add(s->pool, &p->phase[pmcs], pmcs_ns);
	kp_dist_add(s->pool, &p->phase[vendor],
		    ns > lvtpc_ns + pmcs_ns ? ns - lvtpc_ns - pmcs_ns : 0);
}

static void add_regs(struct kp_sw_sums *s, enum kp_switch_phase phase, const struct kp_sw_tally *t)
{
	struct kp_sw_regs *regs = &s->regs[phase];
	uint32_t used;

	for (used = t->used; used; used &= used - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(used);

		regs->n[i / 2][i % 2] += t->at[i / 2][i % 2] & 0xffff;
		regs->ns[i / 2][i % 2] += t->at[i / 2][i % 2] >> 16;
	}
}

void kp_sw_phase(struct kp_sw_sums *s, uint32_t n, enum kp_switch_phase phase,
		 const struct kp_sw_tally *t, uint64_t ns)
{
	struct kp_sw_pair *p = &s->pairs.at[n];

	kp_dist_add(s->pool, &p->phase[phase], ns);
	if (phase == KP_SWITCH_LOAD) {
		p->load_ns = ns;
	} else if (phase == KP_SWITCH_PUT && p->load_ns) {
		kp_dist_add(s->pool, &p->own, p->load_ns + ns);
		p->load_ns = 0;
	}
	if (!t)
		return;
	add_regs(s, phase, t);
	if (phase == KP_SWITCH_LOAD) {
		p->load_writes += writes(t);
		p->load_elided += elided(t, false);
		add_parts(s, p, false, t, ns);
	} else if (phase == KP_SWITCH_PUT) {
		p->put_writes += writes(t);
		p->put_elided += elided(t, true);
		add_parts(s, p, true, t, ns);
	}
}

static struct kp_sw_reason *reason_find(struct kp_sw_sums *s, uint8_t isa, uint32_t code)
{
	const struct kp_key key = { .a = isa, .b = code };
	uint32_t n = kp_keymap_find(&s->reason_map, key);

	if (KP_LIKELY(n != KP_KEYMAP_NONE))
		return &s->reasons.at[n + 1];
	if (s->reason_map.nr >= s->max_rows)
		return &s->reasons.at[ROW_OTHER];
	n = kp_keymap_add(&s->reason_map, key);
	if (n == KP_KEYMAP_NONE ||
	    kp_vec_push(&s->reasons, (struct kp_sw_reason){ .isa = isa, .code = code }))
		return NULL;
	return &s->reasons.at[n + 1];
}

int kp_sw_handled(struct kp_sw_sums *s, uint32_t n, const struct kp_sw_handling *h)
{
	struct kp_sw_reason *r = reason_find(s, h->isa, h->code);
	uint64_t switch_ns = kp_min_u64(h->switch_ns, h->ns);
	struct kp_sw_pair *p = &s->pairs.at[n];

	if (!r)
		return -ENOMEM;
	p->exits++;
	p->exits_switched += h->switched;
	p->handling_ns += h->ns;
	p->switch_ns += switch_ns;
	p->switch_l2_ns += h->entry_l2 ? switch_ns : 0;
	r->switched += h->switched;
	r->l2 += h->exit_l2;
	r->switch_ns += switch_ns;
	kp_dist_add(s->pool, &r->handling, h->ns);
	kp_dist_add(s->pool, &r->pure, h->ns - switch_ns);
	return 0;
}

/* ---- snapshot ---- */

/** struct group - the pairs of one vCPU or of one CPU, added up in a pool of their own */
struct group {
	struct kp_snap_switch *row;
	struct kp_dist phase[KP_SWITCH_PHASES];
	struct kp_dist own;
};

static void group_add(const struct kp_sw_sums *s, struct kp_hist_pool *pool, struct group *g,
		      const struct kp_sw_pair *p)
{
	struct kp_snap_switch *r = g->row;
	unsigned int phase;

	r->windows += p->windows;
	r->entries += p->entries;
	r->windows_l2 += p->windows_l2;
	r->entries_l2 += p->entries_l2;
	r->load_elided += p->load_elided;
	r->put_elided += p->put_elided;
	r->load_writes_max += p->load_writes + p->load_elided;
	r->put_writes_max += p->put_writes + p->put_elided;
	r->exits += p->exits;
	r->exits_switched += p->exits_switched;
	r->handling_ns += p->handling_ns;
	r->switch_ns += p->switch_ns;
	r->switch_l2_ns += p->switch_l2_ns;
	r->guest_ns += p->guest_ns;
	for (phase = 0; phase < KP_SWITCH_PHASES; phase++)
		kp_dist_merge(pool, &g->phase[phase], s->pool, &p->phase[phase]);
	kp_dist_merge(pool, &g->own, s->pool, &p->own);
}

static void group_stats(const struct kp_hist_pool *pool, const struct group *g)
{
	unsigned int phase;

	for (phase = 0; phase < KP_SWITCH_PHASES; phase++)
		kp_dist_stat(pool, &g->phase[phase], &g->row->phase[phase]);
	kp_dist_stat(pool, &g->own, &g->row->own);
}

/* The histogram of @g goes behind those that are in @out already. */
static int group_buckets(const struct kp_hist_pool *pool, const struct group *g,
			 struct kp_snap_switches *out)
{
	size_t nr = kp_dist_buckets(pool, &g->own, NULL);
	struct kp_snap_bucket *more;

	more = realloc(out->buckets, (out->nr_buckets + nr + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	out->buckets = more;
	g->row->first_bucket = out->nr_buckets;
	g->row->nr_buckets = kp_dist_buckets(pool, &g->own, more + out->nr_buckets);
	out->nr_buckets += nr;
	return 0;
}

static int cmp_by_vcpu(const void *a, const void *b)
{
	const struct kp_sw_pair *x = *(struct kp_sw_pair *const *)a;
	const struct kp_sw_pair *y = *(struct kp_sw_pair *const *)b;

	if (x->th->vm != y->th->vm)
		return x->th->vm < y->th->vm ? -1 : 1;
	if (x->th->vcpu != y->th->vcpu)
		return x->th->vcpu < y->th->vcpu ? -1 : 1;
	if (x->th->tid != y->th->tid)
		return x->th->tid < y->th->tid ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int cmp_by_cpu(const void *a, const void *b)
{
	const struct kp_sw_pair *x = *(struct kp_sw_pair *const *)a;
	const struct kp_sw_pair *y = *(struct kp_sw_pair *const *)b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return cmp_by_vcpu(a, b);
}

static void row_begin(const struct kp_sw_sums *s, struct kp_snap_switch *row,
		      const struct kp_sw_pair *p, bool by_cpu)
{
	if (by_cpu) {
		row->cpu = p->cpu;
		return;
	}
	row->vm = p->th->vm;
	row->tid = p->th->tid;
	row->has_vcpu = kp_model_vcpu_id(s->m, p->th, &row->vcpu);
}

/* Pairs that follow one another in @sorted and belong together become one row. */
static int snap_rows(const struct kp_sw_sums *s, struct kp_sw_pair *const *sorted, size_t nr,
		     bool by_cpu, struct kp_snap_switches *to)
{
	struct kp_snap_switch *out = kp_snap_array(nr, sizeof(*out));
	bool buckets = !by_cpu && kp_model_opts(s->m)->buckets;
	size_t i = 0;
	int err = out ? 0 : -ENOMEM;

	*(by_cpu ? &to->cpus : &to->vcpus) = out;
	while (i < nr && !err) {
		const struct kp_sw_pair *first = sorted[i];
		struct kp_hist_pool pool = { 0 };
		struct group g = { .row = out };

		row_begin(s, out, first, by_cpu);
		for (;
		     i < nr && (by_cpu ? sorted[i]->cpu == first->cpu : sorted[i]->th == first->th);
		     i++)
			group_add(s, &pool, &g, sorted[i]);
		group_stats(&pool, &g);
		if (buckets)
			err = group_buckets(&pool, &g, to);
		kp_hist_pool_free(&pool);
		*(by_cpu ? &to->nr_cpus : &to->nr_vcpus) += 1;
		out++;
	}
	return err;
}

static int snap_pairs(const struct kp_sw_sums *s, struct kp_snap *snap)
{
	struct kp_snap_switches *out = &snap->switches;
	struct kp_sw_pair **sorted = kp_snap_array(s->pairs.nr, sizeof(*sorted));
	size_t i, nr = 0;
	int err;

	if (!sorted)
		return -ENOMEM;
	for (i = ROW_OTHER + 1; i < s->pairs.nr; i++)
		if (s->pairs.at[i].windows && !s->pairs.at[i].th->skip)
			sorted[nr++] = &s->pairs.at[i];
	for (i = 0; i < s->pairs.nr; i++) {
		out->load_elided += s->pairs.at[i].load_elided;
		out->put_elided += s->pairs.at[i].put_elided;
	}
	qsort(sorted, nr, sizeof(*sorted), cmp_by_vcpu);
	err = snap_rows(s, sorted, nr, false, out);
	qsort(sorted, nr, sizeof(*sorted), cmp_by_cpu);
	if (!err)
		err = snap_rows(s, sorted, nr, true, out);
	free(sorted);
	return err;
}

static int snap_regs(const struct kp_sw_sums *s, struct kp_snap *snap)
{
	struct kp_snap_switch_reg *out;
	unsigned int phase, part, write;

	out = kp_snap_array(KP_SWITCH_PHASES * KP_PMU_PARTS * 2, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->switches.regs = out;
	for (phase = 0; phase < KP_SWITCH_PHASES; phase++)
		for (part = 0; part < KP_PMU_PARTS; part++)
			for (write = 0; write < 2; write++)
				if (s->regs[phase].n[part][write])
					*out++ = (struct kp_snap_switch_reg){
						.phase = (enum kp_switch_phase)phase,
						.part = (enum kp_pmu_part)part,
						.write = write,
						.count = s->regs[phase].n[part][write],
						.total_ns = s->regs[phase].ns[part][write],
					};
	snap->switches.nr_regs = (size_t)(out - snap->switches.regs);
	return 0;
}

static int cmp_reason(const void *a, const void *b)
{
	const struct kp_snap_switch_reason *x = a, *y = b;

	if (x->switch_ns != y->switch_ns)
		return x->switch_ns < y->switch_ns ? 1 : -1;
	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static int snap_reasons(const struct kp_sw_sums *s, struct kp_snap *snap)
{
	struct kp_snap_switch_reason *out = kp_snap_array(s->reasons.nr, sizeof(*out));
	size_t i;

	if (!out)
		return -ENOMEM;
	snap->switches.reasons = out;
	for (i = 0; i < s->reasons.nr; i++) {
		const struct kp_sw_reason *r = &s->reasons.at[i];

		if (!r->handling.count)
			continue;
		*out = (struct kp_snap_switch_reason){
			.other = i == ROW_OTHER,
			.isa = r->isa,
			.code = r->code,
			.exits = r->handling.count,
			.switched = r->switched,
			.l2 = r->l2,
			.switch_ns = r->switch_ns,
		};
		kp_dist_stat(s->pool, &r->handling, &out->handling);
		kp_dist_stat(s->pool, &r->pure, &out->pure);
		out++;
	}
	snap->switches.nr_reasons = (size_t)(out - snap->switches.reasons);
	qsort(snap->switches.reasons, snap->switches.nr_reasons, sizeof(*out), cmp_reason);
	return 0;
}

int kp_sw_sums_snap(const struct kp_sw_sums *s, struct kp_snap *snap)
{
	int err = snap_pairs(s, snap);

	if (!err)
		err = snap_regs(s, snap);
	return err ? err : snap_reasons(s, snap);
}
