// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmuexits.c - what exits for the PMU's registers cost: RDPMC, MSRs, arm64's system registers, each
 * from its exit to the next entry, which exits.c pairs. Touches only memory.
 */
#include "analysis.h"

/* CRn 9 from CRm 12 on, and the counters' and their types' CRn 14; Arm ARM, D24.5 */
static bool is_pmu_sysreg(uint32_t code)
{
	const uint32_t op0 = code >> 20 & 3, crn = code >> 10 & 15, crm = code >> 1 & 15;

	return op0 == 3 && ((crn == 9 && crm >= 12) || (crn == 14 && crm >= 8));
}

static uint32_t row_find(struct kp_pmu_exits *x, const struct kp_snap_pmu_exit *what)
{
	const struct kp_key key = { .a = what->kind << 1 | what->write, .b = what->reg };
	uint32_t n = kp_keymap_find(&x->map, key);

	if (KP_LIKELY(n != KP_KEYMAP_NONE))
		return n + 1;
	if (!x->rows.nr &&
	    kp_vec_push(&x->rows, (struct kp_pmu_exit){ .what.kind = KP_PMU_EXIT_OTHER }))
		return KP_KEYMAP_NONE;
	if (x->map.nr >= KP_PMU_EXITS_MAX)
		return 0;
	n = kp_keymap_add(&x->map, key);
	if (n == KP_KEYMAP_NONE || kp_vec_push(&x->rows, (struct kp_pmu_exit){ .what = *what }))
		return KP_KEYMAP_NONE;
	return n + 1;
}

int kp_pmu_exits_row(struct kp_pmu_exits *x, const struct kp_event *ev, uint32_t *row)
{
	struct kp_snap_pmu_exit what = { .reg = ev->code, .write = ev->flags & KP_F_WRITE };
	uint32_t n;

	if (ev->kind == KP_EV_EXIT && kp_pmu_exit_is_rdpmc(ev))
		what = (struct kp_snap_pmu_exit){ .kind = KP_PMU_EXIT_RDPMC };
	else if (ev->kind == KP_EV_MSR && ev->extra)
		what.kind = KP_PMU_EXIT_MSR;
	else if (ev->kind == KP_EV_SYSREG && is_pmu_sysreg(ev->code))
		what.kind = KP_PMU_EXIT_SYSREG;
	else
		return 0;
	n = row_find(x, &what);
	if (n == KP_KEYMAP_NONE)
		return -ENOMEM;
	*row = n + 1;
	return 0;
}

void kp_pmu_exits_add(struct kp_pmu_exits *x, uint32_t row, uint64_t ns)
{
	kp_dist_add(x->pool, &x->rows.at[row - 1].handling, ns);
}

void kp_pmu_exits_free(struct kp_pmu_exits *x)
{
	kp_keymap_free(&x->map);
	kp_vec_free(&x->rows);
}

static int cmp_row(const void *a, const void *b)
{
	const struct kp_snap_pmu_exit *x = a, *y = b;
	int cmp = kp_stat_cmp(&x->handling, &y->handling);

	if (cmp)
		return cmp;
	if (x->reg != y->reg)
		return x->reg < y->reg ? -1 : 1;
	return (int)x->write - (int)y->write;
}

int kp_pmu_exits_snap(const struct kp_pmu_exits *x, struct kp_snap *snap)
{
	struct kp_snap_pmu_exit *out = kp_snap_array(x->rows.nr, sizeof(*out));
	const struct kp_pmu_exit *row;

	if (!out)
		return -ENOMEM;
	snap->pmu_exits = out;
	kp_vec_for_each (row, &x->rows) {
		if (!row->handling.count)
			continue;
		*out = row->what;
		kp_dist_stat(x->pool, &row->handling, &out->handling);
		out++;
	}
	snap->nr_pmu_exits = (size_t)(out - snap->pmu_exits);
	qsort(snap->pmu_exits, snap->nr_pmu_exits, sizeof(*out), cmp_row);
	return 0;
}
