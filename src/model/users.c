// SPDX-License-Identifier: GPL-2.0-only
/*
 * users.c - exits to user space (kvm_userspace_exit) by VM and KVM_EXIT_* reason. Touches only
 * memory.
 */
#include "analysis.h"

enum { USERS_COUNT, USERS_ERRORS };

static int users_add(void *state, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	struct kp_count_row *row;

	if (!in->th || !in->in_time || !in->in_cpu)
		return 0;
	row = kp_counts_row(state, (struct kp_key){ .a = in->th->vm, .b = ev->code });
	if (!row)
		return -ENOMEM;
	row->n[USERS_COUNT]++;
	row->n[USERS_ERRORS] += (ev->valid & KP_HAS_VALUE) && ev->value;
	return 0;
}

static int cmp_user(const void *a, const void *b)
{
	const struct kp_snap_user *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static int users_snap(void *state, struct kp_snap *snap)
{
	struct kp_counts *c = state;
	const struct kp_count_row *row;
	struct kp_snap_user *out = kp_snap_array(c->rows.nr, sizeof(*out));

	if (!out)
		return -ENOMEM;
	snap->users = out;
	kp_vec_for_each (row, &c->rows)
		if (kp_counts_any(row))
			*out++ = (struct kp_snap_user){
				.vm = (uint32_t)row->key.a,
				.other = row->other,
				.code = (uint32_t)row->key.b,
				.count = row->n[USERS_COUNT],
				.errors = row->n[USERS_ERRORS],
			};
	snap->nr_users = (size_t)(out - snap->users);
	qsort(snap->users, snap->nr_users, sizeof(*out), cmp_user);
	return 0;
}

static void users_snap_free(struct kp_snap *snap)
{
	free(snap->users);
}

const struct kp_analysis kp_analysis_users = {
	.name = "users",
	.kinds = KP_BIT64(KP_EV_USER_EXIT),
	.new = kp_counts_new,
	.add = users_add,
	.snap = users_snap,
	.snap_free = users_snap_free,
	.free = kp_counts_delete,
};
