// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpus.c - one row a vCPU thread: entries, exits, guest and host time, migrations. Touches only
 * memory.
 */
#include "vcpus.h"

static int vcpus_new(struct kp_model *m, void **state)
{
	struct kp_vcpus *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->m = m;
	v->opts = kp_model_opts(m);
	*state = v;
	return 0;
}

uint64_t kp_vcpus_inside(const struct kp_model_opts *opts, uint64_t from, uint64_t to)
{
	if (KP_LIKELY(!opts->from_ns && !opts->to_ns))
		return to - from;
	from = kp_max_u64(from, opts->from_ns);
	if (opts->to_ns)
		to = kp_min_u64(to, opts->to_ns);
	return from < to ? to - from : 0;
}

static void on_migrate(struct kp_vcpus *v, const struct kp_in *in)
{
	struct kp_thread *th;
	void *priv;
	struct kp_vcpus_thread *c;

	th = kp_model_thread_by_tid(v->m, in->ev->extra, &kp_analysis_vcpus, &priv);
	if (!th || th->skip || !in->in_time || !in->in_cpu)
		return;
	c = priv;
	c->migrations++;
}

static int entry_or_exit(struct kp_vcpus *v, const struct kp_in *in, bool entry)
{
	v->entry_exits++;
	if (in->th)
		kp_vcpus_turn(v, in->priv, in, in->ev, entry, false);
	return 0;
}

static int vcpus_on_entry(void *state, const struct kp_in *in)
{
	return entry_or_exit(state, in, true);
}

static int vcpus_on_exit(void *state, const struct kp_in *in)
{
	return entry_or_exit(state, in, false);
}

static int vcpus_add(void *state, const struct kp_in *in)
{
	struct kp_vcpus_thread *c = in->priv;

	if (in->ev->kind == KP_EV_MIGRATE) {
		on_migrate(state, in);
	} else if (in->th && in->in_time && in->in_cpu) {
		c->user_exits++;
		kp_vcpus_seen(c, in->ev, false);
	}
	return 0;
}

static int cmp_vcpu(const void *a, const void *b)
{
	const struct kp_snap_vcpu *x = a, *y = b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	if (x->has_vcpu != y->has_vcpu)
		return x->has_vcpu ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static int vcpus_snap(void *state, struct kp_snap *snap)
{
	struct kp_vcpus *v = state;
	struct kp_snap_vcpu *out;
	struct kp_thread *th;
	void *priv;
	size_t i, nr = 0;

	while (kp_model_thread(v->m, nr, &kp_analysis_vcpus, &priv))
		nr++;
	out = kp_snap_array(nr, sizeof(*out));
	if (!out)
		return -ENOMEM;
	snap->vcpus = out;
	for (i = 0; i < nr; i++) {
		const struct kp_vcpus_thread *c;

		th = kp_model_thread(v->m, i, &kp_analysis_vcpus, &priv);
		c = priv;
		if (!c->seen || th->skip)
			continue;
		*out = (struct kp_snap_vcpu){
			.vm = th->vm,
			.tid = th->tid,
			.has_times = c->has_times,
			.has_entry_exit = v->entry_exits,
			.has_cpu = c->has_cpu,
			.last_cpu = c->last_cpu,
			.entries = c->entries,
			.exits = c->exits,
			.user_exits = c->user_exits,
			.guest_ns = c->guest_ns,
			.host_ns = c->host_ns,
			.migrations = c->migrations,
			.first_ns = c->first_ns,
			.last_ns = c->last_ns,
		};
		out->has_vcpu = kp_model_vcpu_id(v->m, th, &out->vcpu);
		out++;
	}
	snap->nr_vcpus = (size_t)(out - snap->vcpus);
	qsort(snap->vcpus, snap->nr_vcpus, sizeof(*out), cmp_vcpu);
	return 0;
}

static void vcpus_snap_free(struct kp_snap *snap)
{
	free(snap->vcpus);
}

const struct kp_analysis kp_analysis_vcpus = {
	.name = "vcpus",
	.kinds = KP_BIT64(KP_EV_ENTRY) | KP_BIT64(KP_EV_EXIT) | KP_BIT64(KP_EV_USER_EXIT) |
		 KP_BIT64(KP_EV_MIGRATE),
	.unfiltered = true,
	.thread_size = sizeof(struct kp_vcpus_thread),
	.new = vcpus_new,
	.add = vcpus_add,
	.on = { { KP_BIT64(KP_EV_ENTRY), vcpus_on_entry },
		{ KP_BIT64(KP_EV_EXIT), vcpus_on_exit } },
	.snap = vcpus_snap,
	.snap_free = vcpus_snap_free,
	.free = free,
};
