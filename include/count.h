/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count.h - counting: a plan made with kp_request.counting, opened and read. Values are what the
 * kernel says, unscaled; src/cmd makes sums, splits and rates of them. Includes plan.h.
 */
#ifndef KP_COUNT_H
#define KP_COUNT_H

#include "plan.h"

/**
 * struct kp_count_value - one event on one CPU or of one task, since it was opened
 * @event: index in the plan; @cpu: where @has_cpu; @tid: the task, 0: all of the CPU
 * @value, @enabled_ns, @running_ns: as read. Of an exclude_guest event both times leave out what
 *	passed with a mediated guest's context loaded, also on PMUs that go on counting then
 */
struct kp_count_value {
	uint32_t event;
	uint32_t cpu;
	bool has_cpu;
	pid_t tid;
	uint64_t value;
	uint64_t enabled_ns;
	uint64_t running_ns;
};

struct kp_count;

/**
 * kp_count_open - open the plan's events, disabled. @plan is borrowed for the life of the result
 *
 * An event that this machine cannot count is left out (kp_count_refusal()); it is an error when
 * that becomes of every event but the clocks.
 * Return: 0; -EPERM not permitted; -EOPNOTSUPP nothing can be counted here; -ESRCH no such task;
 * -EMFILE ...; @err explains.
 */
int kp_count_open(const struct kp_plan *plan, const struct kp_host *host, struct kp_count **out,
		  char *err, size_t err_size);

/** kp_count_enable - of a workload's, only what does not start by itself at exec. 0 or -errno */
int kp_count_enable(struct kp_count *count);
int kp_count_disable(struct kp_count *count);

/**
 * kp_count_read - all values as of now, always in the same order and number
 * @vals: kp_count_nr() of them
 */
size_t kp_count_nr(const struct kp_count *count);
int kp_count_read(struct kp_count *count, struct kp_count_value *vals);

/** kp_count_refusal - why event @event of the plan is not counted, -errno and words; 0: it is */
int kp_count_refusal(const struct kp_count *count, uint32_t event, const char **why);

/** kp_count_warning - what is not as asked, one line each, from 0; NULL: no more */
const char *kp_count_warning(const struct kp_count *count, size_t idx);

/** kp_count_ended - all the tasks that are counted have exited */
bool kp_count_ended(const struct kp_count *count);

void kp_count_free(struct kp_count *count);

#endif
