// SPDX-License-Identifier: GPL-2.0-only
/*
 * userpair.c - the exit table of a software-virtualised KVM, whose kvm_entry and kvm_exit do not
 * fire: from one kvm_userspace_exit to the next of the thread. That time includes user space, the
 * next KVM_RUN and the guest in it. Used only when no kvm_entry or kvm_exit came. Touches only
 * memory.
 */
#include "analysis.h"

struct user_pair {
	uint64_t begin_ns;
	uint32_t row;
	bool open, ok, timed;
};

struct userpair {
	struct kp_model *m;
	struct kp_rows rows;
	uint64_t backwards, seen;
};

static void userpair_free(void *state)
{
	struct userpair *u = state;

	kp_rows_free(&u->rows);
	free(u);
}

static int userpair_new(struct kp_model *m, void **state)
{
	struct userpair *u = calloc(1, sizeof(*u));

	if (!u)
		return -ENOMEM;
	u->m = m;
	*state = u;
	return kp_rows_init(&u->rows, m);
}

static void user_end(struct userpair *u, struct user_pair *p, const struct kp_event *ev)
{
	struct kp_dist *dist = &u->rows.rows.at[p->row].dist[KP_ROW_HANDLING];

	if (!p->timed || !(ev->valid & KP_HAS_TIME))
		dist->untimed++;
	else if (ev->time_ns < p->begin_ns)
		u->backwards++;
	else
		kp_dist_add(kp_model_pool(u->m), dist, ev->time_ns - p->begin_ns);
}

static int userpair_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct userpair *u = state;
	struct user_pair *p = in->priv;

	u->seen++;
	if (!in->th)
		return 0;
	if (p->open && p->ok && in->in_time)
		user_end(u, p, ev);
	p->open = true;
	p->timed = ev->valid & KP_HAS_TIME;
	p->begin_ns = ev->time_ns;
	p->ok = in->in_time && in->in_cpu && kp_rows_match(&u->rows, 0, ev->code);
	if (!p->ok)
		return 0;
	p->row = kp_rows_find(&u->rows, in->th, ev);
	if (p->row != KP_KEYMAP_NONE)
		return 0;
	p->row = 0;
	return -ENOMEM;
}

/* Runs after exits.c, whose pairs are better ones where there are any. */
static int userpair_snap(void *state, struct kp_snap *snap)
{
	struct userpair *u = state;

	if (snap->pairing != KP_PAIR_NONE || !u->seen)
		return 0;
	snap->backwards = u->backwards;
	return kp_rows_snap(&u->rows, snap, KP_PAIR_USERSPACE);
}

const struct kp_analysis kp_analysis_userpair = {
	.name = "userpair",
	.kinds = KP_BIT64(KP_EV_USER_EXIT),
	.thread_size = sizeof(struct user_pair),
	.new = userpair_new,
	.add = userpair_add,
	.snap = userpair_snap,
	.free = userpair_free,
};
