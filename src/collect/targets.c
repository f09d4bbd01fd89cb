// SPDX-License-Identifier: GPL-2.0-only
/*
 * targets.c - the threads that a plan is about, from /proc.
 */
#include "collect/targets.h"

#include <limits.h>
#include <stdio.h>

#include "lib/str.h"
#include "lib/vec.h"

struct task_list {
	KP_VEC(pid_t) tids;
};

static int add_task(void *ctx, const char *name)
{
	struct task_list *list = ctx;
	uint64_t tid;

	if (kp_str_u64(name, &tid) || tid > INT_MAX)
		return 0;
	return kp_vec_push(&list->tids, (pid_t)tid);
}

/* A process means all its threads; the workload is one until it runs. */
int kp_targets_list(const struct kp_sysroot *root, const struct kp_plan *plan, pid_t **tids,
		    size_t *nr, char *err, size_t err_size)
{
	struct task_list list = { 0 };
	char dir[64];
	size_t i;
	int ret = 0;

	for (i = 0; i < plan->nr_ids && !ret; i++) {
		snprintf(dir, sizeof(dir), "/proc/%d/task", plan->ids[i]);
		if (plan->target == KP_TARGET_PIDS)
			ret = kp_sysroot_list(root, dir, add_task, &list);
		else if (kp_sysroot_exists(root, "%s", dir))
			ret = kp_vec_push(&list.tids, plan->ids[i]);
		else
			ret = -ESRCH;
		if (ret == -ENOENT || ret == -ESRCH) {
			snprintf(err, err_size, "there is no %s %d",
				 plan->target == KP_TARGET_TIDS ? "thread" : "process",
				 plan->ids[i]);
			ret = -ESRCH;
		}
	}
	*tids = list.tids.at;
	*nr = list.tids.nr;
	return ret;
}
