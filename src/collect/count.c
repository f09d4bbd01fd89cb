// SPDX-License-Identifier: GPL-2.0-only
/*
 * count.c - opens a counting plan and reads its events. No rings, no sampling; libperf stays behind
 * evlist.h.
 */
#include "count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/evlist.h"
#include "collect/targets.h"
#include "lib/vec.h"

#define OPEN_TRIES_MAX 5

/** struct kp_count - @fds: in the order of the values; @tids: the tasks as they were found */
struct kp_count {
	const struct kp_plan *plan;
	struct kp_sysroot *root;
	struct kp_evlist *evlist;
	KP_VEC(struct kp_evlist_fd) fds;
	pid_t *tids;
	size_t nr_tids;
};

static bool counts_tasks(const struct kp_plan *plan)
{
	return plan->target != KP_TARGET_SYSTEM && plan->target != KP_TARGET_CPUS;
}

static int open_events(struct kp_count *c, const struct kp_host *host, char *err, size_t err_size)
{
	const struct kp_plan *plan = c->plan;
	struct kp_evlist_opts opts = {
		.plan = plan, .host = host, .online = host->online, .counting = true
	};
	int tries, ret = -ESRCH;

	if (plan->target == KP_TARGET_CPUS)
		opts.cpus = plan->cpus;
	else if (plan->target == KP_TARGET_SYSTEM)
		opts.cpus = host->online;
	/* threads come and go between listing and opening: look again when one has gone */
	for (tries = 0; tries < OPEN_TRIES_MAX && ret == -ESRCH; tries++) {
		free(c->tids);
		c->tids = NULL;
		ret = kp_targets_list(c->root, plan, &c->tids, &c->nr_tids, err, err_size);
		if (ret)
			return ret;
		opts.tids = c->tids;
		opts.nr_tids = c->nr_tids;
		ret = kp_evlist_open(&opts, &c->evlist, err, err_size);
		if (ret && plan->target != KP_TARGET_PIDS)
			break;
	}
	return ret;
}

/* Rights first: who lacks them cannot know what else there is. */
static int check_any(struct kp_count *c, char *err, size_t err_size)
{
	const char *why, *first = NULL;
	int ret = -EOPNOTSUPP, e;
	uint32_t i;

	if (!c->plan->nr_events)
		return 0;
	for (i = 0; i < c->plan->nr_events; i++) {
		if (c->plan->events[i].clock)
			continue;
		e = kp_evlist_refusal(c->evlist, i, &why);
		if (!e)
			return 0;
		if (!first || (ret != -EPERM && e == -EPERM))
			first = why;
		if (e == -EPERM)
			ret = -EPERM;
	}
	snprintf(err, err_size, "nothing can be counted: %s",
		 first ? first : "there is no event to count");
	return ret;
}

static int add_fd(void *ctx, const struct kp_evlist_fd *fd)
{
	struct kp_count *c = ctx;

	return kp_vec_push(&c->fds, *fd);
}

int kp_count_open(const struct kp_plan *plan, const struct kp_host *host, struct kp_count **out,
		  char *err, size_t err_size)
{
	struct kp_count *c = calloc(1, sizeof(*c));
	int ret;

	err[0] = '\0';
	if (!c)
		return -ENOMEM;
	c->plan = plan;
	ret = kp_sysroot_open(NULL, &c->root);
	if (!ret)
		ret = open_events(c, host, err, err_size);
	if (!ret)
		ret = check_any(c, err, err_size);
	if (!ret)
		ret = kp_evlist_each_fd(c->evlist, add_fd, c);
	if (ret) {
		if (!err[0])
			snprintf(err, err_size, "cannot open the events: %s", strerror(-ret));
		kp_count_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

int kp_count_enable(struct kp_count *c)
{
	return c->plan->target == KP_TARGET_WORKLOAD ? 0 : kp_evlist_enable(c->evlist);
}

int kp_count_disable(struct kp_count *c)
{
	return kp_evlist_disable(c->evlist);
}

size_t kp_count_nr(const struct kp_count *c)
{
	return c->fds.nr;
}

int kp_count_read(struct kp_count *c, struct kp_count_value *vals)
{
	const struct kp_evlist_fd *fd;
	uint64_t words[3];
	ssize_t n;

	kp_vec_for_each (fd, &c->fds) {
		n = read(fd->fd, words, sizeof(words));
		/* 0: the event is in error state, as one that was pinned and did not get on */
		if (n < 0)
			return -errno;
		if (n != sizeof(words))
			memset(words, 0, sizeof(words));
		*vals++ = (struct kp_count_value){
			.event = fd->event,
			.cpu = fd->cpu,
			.has_cpu = fd->has_cpu,
			.tid = c->nr_tids ? c->tids[fd->thread] : 0,
			.value = words[0],
			.enabled_ns = words[1],
			.running_ns = words[2],
		};
	}
	return 0;
}

int kp_count_refusal(const struct kp_count *c, uint32_t event, const char **why)
{
	return kp_evlist_refusal(c->evlist, event, why);
}

const char *kp_count_warning(const struct kp_count *c, size_t idx)
{
	return kp_evlist_warning(c->evlist, idx);
}

bool kp_count_ended(const struct kp_count *c)
{
	size_t i;

	if (!counts_tasks(c->plan))
		return false;
	for (i = 0; i < c->nr_tids; i++)
		if (kp_sysroot_exists(c->root, "/proc/%d", c->tids[i]))
			return false;
	return true;
}

void kp_count_free(struct kp_count *c)
{
	if (!c)
		return;
	kp_evlist_free(c->evlist);
	kp_sysroot_free(c->root);
	kp_vec_free(&c->fds);
	free(c->tids);
	free(c);
}
