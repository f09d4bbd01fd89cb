/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * targets.h - which threads a plan's ids stand for. Private to src/collect.
 */
#ifndef KP_COLLECT_TARGETS_H
#define KP_COLLECT_TARGETS_H

#include "plan.h"

/**
 * kp_targets_list - *tids: to be freed, also after an error; none where the target is no task. 0,
 * -ESRCH explained in @err, -errno
 */
int kp_targets_list(const struct kp_sysroot *root, const struct kp_plan *plan, pid_t **tids,
		    size_t *nr, char *err, size_t err_size);

#endif
