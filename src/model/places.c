// SPDX-License-Identifier: GPL-2.0-only
/*
 * places.c - on machines with several core PMUs: each vCPU's entries and guest time by the PMU of
 * the CPU, and how often it came from another's. Touches only memory.
 */
#include "analysis.h"

#include "lib/hash.h"

#define PMU_UNKNOWN UINT8_MAX
#define PMU_UNASKED (UINT8_MAX - 1)

struct place {
	uint64_t entries, arrivals, guest_ns;
};

/** struct thread - @last: PMU of the last entry; @in: of the entry that has no exit yet */
struct thread {
	struct place at[KP_PLACES_MAX];
	uint64_t since_ns;
	uint8_t last, in;
	bool seen;
};

/** struct places - @pmu_of: by CPU; @backing: by VM, the PMU of its first entry */
struct places {
	struct kp_model *m;
	const struct kp_model_opts *opts;
	KP_VEC(uint8_t) pmu_of;
	struct kp_hash backing;
};

static int places_new(struct kp_model *m, void **state)
{
	struct places *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->m = m;
	s->opts = kp_model_opts(m);
	*state = s;
	return 0;
}

static void places_free(void *state)
{
	struct places *s = state;

	kp_vec_free(&s->pmu_of);
	kp_hash_free(&s->backing);
	free(s);
}

static int pmu_of(struct places *s, uint32_t cpu, uint8_t *pmu)
{
	uint8_t *at;

	*pmu = PMU_UNKNOWN;
	if (cpu >= KP_CPUS_MAX)
		return 0;
	while (KP_UNLIKELY(cpu >= s->pmu_of.nr))
		if (kp_vec_push(&s->pmu_of, PMU_UNASKED))
			return -ENOMEM;
	at = &s->pmu_of.at[cpu];
	if (KP_UNLIKELY(*at == PMU_UNASKED) &&
	    (!s->opts->cpu_pmu(s->opts->ctx, cpu, at) || *at >= KP_PLACES_MAX))
		*at = PMU_UNKNOWN;
	*pmu = *at;
	return 0;
}

static int on_entry(struct places *s, struct thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	uint8_t pmu;
	int err = pmu_of(s, ev->cpu, &pmu);

	t->in = PMU_UNKNOWN;
	if (err || pmu == PMU_UNKNOWN)
		return err;
	if (!kp_hash_get(&s->backing, in->th->vm))
		err = kp_hash_put(&s->backing, in->th->vm, pmu);
	if (in->in_time && in->in_cpu) {
		t->at[pmu].entries++;
		t->at[pmu].arrivals += t->seen && t->last != pmu;
	}
	t->seen = true;
	t->last = t->in = pmu;
	t->since_ns = ev->time_ns;
	return err;
}

/* Cut at the time filter's borders, as the table of vCPUs is. */
static void on_exit_of(const struct places *s, struct thread *t, const struct kp_in *in)
{
	uint64_t from = t->since_ns, to = in->ev->time_ns;

	if (s->opts->from_ns)
		from = kp_max_u64(from, s->opts->from_ns);
	if (s->opts->to_ns)
		to = kp_min_u64(to, s->opts->to_ns);
	if (t->seen && t->in != PMU_UNKNOWN && from < to && in->in_cpu)
		t->at[t->in].guest_ns += to - from;
	t->in = PMU_UNKNOWN;
}

static int places_add(void *state, const struct kp_in *in)
{
	struct places *s = state;

	if (!in->th || !kp_event_has(in->ev, KP_HAS_CPU | KP_HAS_TIME))
		return 0;
	if (in->ev->kind == KP_EV_ENTRY)
		return on_entry(s, in->priv, in);
	on_exit_of(s, in->priv, in);
	return 0;
}

static bool places_idle(const struct kp_model_opts *opts)
{
	return !opts->cpu_pmu;
}

static int cmp_place(const void *a, const void *b)
{
	const struct kp_snap_place *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->pmu < y->pmu ? -1 : x->pmu > y->pmu;
}

static struct kp_snap_place *snap_thread(struct places *s, struct kp_thread *th,
					 const struct thread *t, struct kp_snap_place *out)
{
	const uint64_t *backing = kp_hash_get(&s->backing, th->vm);
	uint8_t pmu;

	for (pmu = 0; pmu < KP_PLACES_MAX && backing; pmu++) {
		if (!t->at[pmu].entries && !t->at[pmu].guest_ns)
			continue;
		*out = (struct kp_snap_place){
			.vm = th->vm,
			.tid = th->tid,
			.pmu = pmu,
			.backing = (uint8_t)*backing,
			.entries = t->at[pmu].entries,
			.arrivals = t->at[pmu].arrivals,
			.guest_ns = t->at[pmu].guest_ns,
		};
		out->has_vcpu = kp_model_vcpu_id(s->m, th, &out->vcpu);
		out++;
	}
	return out;
}

static int places_snap(void *state, struct kp_snap *snap)
{
	struct places *s = state;
	struct kp_snap_place *out;
	struct kp_thread *th;
	size_t i, nr = 0;
	void *priv;

	while (kp_model_thread(s->m, nr, &kp_analysis_places, &priv))
		nr++;
	out = kp_snap_array(s->opts->cpu_pmu ? nr * KP_PLACES_MAX : 0, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->places = out;
	for (i = 0; i < nr && s->opts->cpu_pmu; i++) {
		th = kp_model_thread(s->m, i, &kp_analysis_places, &priv);
		if (!th->skip)
			out = snap_thread(s, th, priv, out);
	}
	snap->nr_places = (size_t)(out - snap->places);
	qsort(snap->places, snap->nr_places, sizeof(*out), cmp_place);
	return 0;
}

static void places_snap_free(struct kp_snap *snap)
{
	free(snap->places);
}

const struct kp_analysis kp_analysis_places = {
	.name = "places",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT),
	.idle = places_idle,
	.thread_size = sizeof(struct thread),
	.new = places_new,
	.add = places_add,
	.snap = places_snap,
	.snap_free = places_snap_free,
	.free = places_free,
};
