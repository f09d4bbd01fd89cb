// SPDX-License-Identifier: GPL-2.0-only
/*
 * evlist.c - the only user of libperf: opens a plan's events, falls back where a kernel lacks a
 * feature, maps the rings. No fallback changes which side of the virtualisation border is counted
 * unless it is safe and said. Compiled with the kernel tools' headers, which libperf's want.
 */
#include "collect/evlist_libperf.h" /* first: its headers replace the system's */

#include "collect/evlist.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/fallback.h"
#include "lib/buf.h"
#include "lib/str.h"
#include "lib/vec.h"

/* One function, called so before Linux 6.8 and so since. */
extern struct perf_cpu_map *any_cpu_before_6_8(void) __asm__("perf_cpu_map__dummy_new")
	__attribute__((weak));
extern struct perf_cpu_map *any_cpu_since_6_8(void) __asm__("perf_cpu_map__new_any_cpu")
	__attribute__((weak));

/* Not among the names that a shared libperf exports. */
#pragma weak perf_evsel__free_id

/** struct refusal - why an event is left out; @err 0: it is not */
struct refusal {
	int err;
	char why[256];
};

/**
 * struct kp_evlist - @plan and @host are borrowed while opening only
 * @evsels: by index of the plan's event, NULL where it is not this evlist's; owned by @list
 * @refusals: by the same index, when counting
 */
struct kp_evlist {
	struct perf_evlist *list;
	struct perf_evsel **evsels;
	size_t nr_evsels;
	struct refusal *refusals;
	KP_VEC(struct kp_ring) rings;
	KP_VEC(char *) warnings;
	const struct kp_plan *plan;
	const struct kp_host *host;
	bool raised_nofile;
	size_t nr_fds;
	bool any_cpu;
	bool counting;
	char *err;
	size_t err_size;
};

static int fail(struct kp_evlist *e, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->err, e->err_size, fmt, ap);
	va_end(ap);
	return err;
}

/* ---- opening ---- */

static bool raise_nofile(struct kp_evlist *e)
{
	struct rlimit lim;

	if (e->raised_nofile || getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur == lim.rlim_max)
		return false;
	e->raised_nofile = true;
	lim.rlim_cur = lim.rlim_max;
	return !setrlimit(RLIMIT_NOFILE, &lim);
}

/* After @err from opening @evsel: 1 try again, 0 nothing left to try, -errno */
static int fall_back(struct kp_evlist *e, const struct kp_refusal *no, struct perf_evsel *evsel)
{
	char *warning;
	int ret;

	if (no->err == -EMFILE)
		return raise_nofile(e);
	ret = kp_fallback(no, &evsel->attr, &warning);
	if (!ret && no->ev->weak && evsel->leader != evsel) {
		evsel->leader = evsel;
		evsel->attr.disabled = 1;
		ret = asprintf(&warning, "event '%s': left its group, which the PMU cannot hold",
			       no->ev->name) < 0
			      ? -ENOMEM
			      : 1;
	}
	if (ret <= 0 || !warning)
		return ret;
	return kp_vec_push(&e->warnings, warning) ?: 1;
}

static int refused(struct kp_evlist *e, const struct kp_refusal *no)
{
	if (no->err == -EMFILE || no->err == -ENFILE)
		return fail(
			e, no->err,
			"event '%s': too many open files after %zu; raise the limit (ulimit -n) "
			"or record fewer events, CPUs or tasks",
			no->ev->name, e->nr_fds);
	return kp_refusal_explain(no, e->err, e->err_size);
}

/* Counting goes on without an event, but not when tasks have gone or files are short. */
static int leave_out(struct kp_evlist *e, uint32_t i, int err)
{
	struct refusal *r = &e->refusals[i];

	if (err == -ESRCH || err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		return err;
	perf_evsel__close(e->evsels[i]);
	r->err = err;
	kp_str_copy(r->why, sizeof(r->why), e->err);
	e->err[0] = '\0';
	return 0;
}

static int open_event(struct kp_evlist *e, uint32_t i)
{
	struct perf_evsel *evsel = e->evsels[i];
	struct kp_refusal no = { .any_cpu = e->any_cpu,
				 .ev = &e->plan->events[i],
				 .host = e->host,
				 .attr = &evsel->attr };
	int again;

	do {
		no.err = perf_evsel__open(evsel, evsel->cpus, evsel->threads);
		again = no.err ? fall_back(e, &no, evsel) : 0;
	} while (again > 0);
	if (no.err)
		return again < 0 ? again : refused(e, &no);
	e->nr_fds += evsel->fd->max_x * evsel->fd->max_y;
	return 0;
}

static int set_filter(struct kp_evlist *e, uint32_t i)
{
	const struct kp_plan_event *ev = &e->plan->events[i];
	struct xyarray *fds = e->evsels[i]->fd;
	size_t x, y;

	for (x = 0; ev->filter && x < fds->max_x; x++)
		for (y = 0; y < fds->max_y; y++)
			if (ioctl(*(int *)xyarray__entry(fds, x, y), PERF_EVENT_IOC_SET_FILTER,
				  ev->filter))
				return fail(e, errno == EINVAL ? -EINVAL : -errno,
					    "event '%s': filter '%s': %s; its fields are in the "
					    "event's format file in tracefs",
					    ev->name, ev->filter, strerror(errno));
	return 0;
}

/* ---- maps ---- */

struct cpu_pick {
	const char *allowed;
	struct kp_buf list;
	uint64_t cpu;
	bool found;
};

static int is_cpu(void *ctx, uint64_t cpu)
{
	struct cpu_pick *p = ctx;

	p->found |= cpu == p->cpu;
	return 0;
}

static int pick_cpu(void *ctx, uint64_t cpu)
{
	struct cpu_pick *p = ctx;

	p->cpu = cpu;
	p->found = false;
	kp_str_list(p->allowed, INT_MAX, is_cpu, p);
	return p->found ? kp_buf_printf(&p->list, "%s%ju", p->list.len ? "," : "", (uintmax_t)cpu)
			: 0;
}

/* An event of a PMU that sits on some CPUs only, within the CPUs that are asked for. */
static int pick_cpus(struct kp_evlist *e, uint32_t i, const char *cpus)
{
	const struct kp_plan_event *ev = &e->plan->events[i];
	struct cpu_pick pick = { .allowed = ev->cpus };
	struct perf_evsel *evsel = e->evsels[i];
	int err;

	if (!ev->cpus || !cpus)
		return 0;
	err = kp_str_list(cpus, INT_MAX, pick_cpu, &pick);
	if (!err && !pick.list.len)
		err = fail(e, -ENODEV,
			   "event '%s': its PMU is on CPUs %s, none of which is recorded", ev->name,
			   ev->cpus);
	if (!err) {
		perf_cpu_map__put(evsel->cpus);
		evsel->cpus = perf_cpu_map__new(pick.list.data);
		err = evsel->cpus ? 0 : -ENOMEM;
	}
	kp_buf_free(&pick.list);
	return err;
}

static int set_event_cpus(struct kp_evlist *e, uint32_t i, const struct kp_evlist_opts *opts)
{
	struct perf_evsel *evsel = e->evsels[i];
	int err;

	if (e->plan->events[i].each_cpu) {
		perf_cpu_map__put(evsel->cpus);
		evsel->cpus = perf_cpu_map__new(opts->cpus ? opts->cpus : opts->online);
		return evsel->cpus ? 0 : -ENOMEM;
	}
	err = pick_cpus(e, i, opts->cpus);
	return err && e->counting ? leave_out(e, i, err) : err;
}

static int set_maps(struct kp_evlist *e, const struct kp_evlist_opts *opts)
{
	struct perf_thread_map *threads;
	struct perf_cpu_map *cpus;
	uint32_t i;
	int err = 0;

	if (opts->cpus)
		cpus = perf_cpu_map__new(opts->cpus);
	else
		cpus = any_cpu_since_6_8 ? any_cpu_since_6_8() : any_cpu_before_6_8();
	threads = perf_thread_map__new_array(opts->nr_tids ? (int)opts->nr_tids : 1, NULL);
	if (!cpus || !threads) {
		perf_cpu_map__put(cpus);
		perf_thread_map__put(threads);
		return -ENOMEM;
	}
	perf_thread_map__set_pid(threads, 0, -1);
	for (i = 0; i < opts->nr_tids; i++)
		perf_thread_map__set_pid(threads, (int)i, opts->tids[i]);
	perf_evlist__set_maps(e->list, cpus, threads);
	for (i = 0; i < e->nr_evsels && !err; i++)
		if (e->evsels[i])
			err = set_event_cpus(e, i, opts);
	perf_cpu_map__put(cpus);
	perf_thread_map__put(threads);
	return err;
}

/* ---- rings ---- */

static int add_ring(struct kp_evlist *e, struct perf_mmap *map, bool overwrite)
{
	struct kp_ring ring = { .overwrite = overwrite };

	if (!map->base)
		return 0;
	ring.page = map->base;
	ring.data = (const uint8_t *)map->base + sysconf(_SC_PAGESIZE);
	ring.mask = (uint64_t)map->mask;
	ring.fd = map->fd;
	ring.has_cpu = map->cpu.cpu >= 0;
	ring.cpu = ring.has_cpu ? (uint32_t)map->cpu.cpu : 0;
	return kp_vec_push(&e->rings, ring);
}

static int explain_mmap(struct kp_evlist *e, uint32_t pages, int err)
{
	if (err == -EPERM)
		return fail(e, err,
			    "ring buffers of %u pages exceed the memory that may be locked; use a "
			    "smaller -m, or raise /proc/sys/kernel/perf_event_mlock_kb (now %ju)",
			    pages, (uintmax_t)e->host->mlock_kb);
	if (err == -ENOMEM)
		return fail(e, err, "no memory for ring buffers of %u pages; use a smaller -m",
			    pages);
	return fail(e, err, "mapping ring buffers of %u pages: %s", pages, strerror(-err));
}

/* Mapping notes each event's id; a second try must not add to those of the first. */
static void forget_ids(struct kp_evlist *e)
{
	size_t i;

	for (i = 0; i < e->nr_evsels; i++)
		if (e->evsels[i])
			e->evsels[i]->ids = 0;
}

/* Without privileges a ring of the default size may be more than this user may lock. */
static int map_rings(struct kp_evlist *e)
{
	uint32_t pages = e->plan->mmap_pages;
	int i, err;

	while (perf_evlist__mmap(e->list, (int)pages)) {
		err = errno ? -errno : -EINVAL;
		if (err != -EPERM || !e->plan->default_pages || pages <= 8)
			return explain_mmap(e, pages, err);
		forget_ids(e);
		pages /= 2;
	}
	for (i = 0; i < e->list->nr_mmaps; i++) {
		err = e->list->mmap ? add_ring(e, &e->list->mmap[i], false) : 0;
		if (!err && e->list->mmap_ovw)
			err = add_ring(e, &e->list->mmap_ovw[i], true);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the whole ---- */

static int add_evsels(struct kp_evlist *e, bool system_wide)
{
	const struct kp_plan *plan = e->plan;
	struct perf_event_attr attr;
	size_t i;

	for (i = 0; i < plan->nr_events; i++) {
		if (plan->events[i].system_wide != system_wide)
			continue;
		attr = plan->events[i].attr;
		e->evsels[i] = perf_evsel__new(&attr);
		if (!e->evsels[i])
			return -ENOMEM;
		perf_evlist__add(e->list, e->evsels[i]);
		e->evsels[i]->leader = e->evsels[plan->events[i].leader];
	}
	return 0;
}

static int open_all(struct kp_evlist *e)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < e->nr_evsels && !err; i++)
		if (e->evsels[i] && !(e->counting && e->refusals[i].err)) {
			err = open_event(e, i);
			if (err && e->counting)
				err = leave_out(e, i, err);
		}
	for (i = 0; i < e->nr_evsels && !err; i++)
		if (e->evsels[i] && e->evsels[i]->fd)
			err = set_filter(e, i);
	return err;
}

static int quiet(enum libperf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0; /* every error is explained here */
}

int kp_evlist_open(const struct kp_evlist_opts *opts, struct kp_evlist **out, char *err,
		   size_t err_size)
{
	const struct kp_plan *plan = opts->plan;
	struct kp_evlist *e = calloc(1, sizeof(*e));
	int ret;

	/* the tools' <linux/perf_event.h> is another file than the system's */
	if (!e || (plan->nr_events &&
		   plan->events[0].attr.size != sizeof(struct perf_event_attr))) {
		free(e);
		return e ? -EPROTO : -ENOMEM;
	}
	libperf_init(quiet);
	e->plan = plan;
	e->host = opts->host;
	e->any_cpu = !opts->cpus;
	e->counting = opts->counting;
	e->err = err;
	e->err_size = err_size;
	e->nr_evsels = plan->nr_events;
	e->evsels = calloc(plan->nr_events + 1, sizeof(*e->evsels));
	e->refusals = calloc(plan->nr_events + 1, sizeof(*e->refusals));
	e->list = perf_evlist__new();
	ret = e->evsels && e->refusals && e->list ? add_evsels(e, opts->system_wide) : -ENOMEM;
	if (!ret)
		ret = set_maps(e, opts);
	if (!ret)
		ret = open_all(e);
	if (!ret && !e->counting)
		ret = map_rings(e);
	e->plan = NULL;
	e->host = NULL;
	if (ret) {
		kp_evlist_free(e);
		return ret;
	}
	*out = e;
	return 0;
}

/* What older libperfs leave to their caller when they delete an event; newer ones find it gone. */
static void free_evsel_parts(struct perf_evsel *evsel)
{
	if (perf_evsel__free_id)
		perf_evsel__free_id(evsel);
	perf_cpu_map__put(evsel->cpus);
	perf_thread_map__put(evsel->threads);
	evsel->cpus = NULL;
	evsel->threads = NULL;
}

void kp_evlist_free(struct kp_evlist *e)
{
	size_t i;

	if (!e)
		return;
	if (e->list) {
		perf_evlist__munmap(e->list);
		perf_evlist__close(e->list);
		for (i = 0; e->evsels && i < e->nr_evsels; i++)
			if (e->evsels[i])
				free_evsel_parts(e->evsels[i]);
		perf_evlist__delete(e->list);
	}
	for (i = 0; i < e->warnings.nr; i++)
		free(e->warnings.at[i]);
	kp_vec_free(&e->warnings);
	kp_vec_free(&e->rings);
	free(e->evsels);
	free(e->refusals);
	free(e);
}

struct kp_ring *kp_evlist_rings(struct kp_evlist *e, size_t *nr)
{
	*nr = e->rings.nr;
	return e->rings.at;
}

int kp_evlist_each_fd(struct kp_evlist *e, int (*fn)(void *ctx, const struct kp_evlist_fd *fd),
		      void *ctx)
{
	struct kp_evlist_fd fd;
	struct xyarray *fds;
	size_t x, y;
	int cpu, err = 0;

	for (fd.event = 0; fd.event < e->nr_evsels; fd.event++) {
		if (!e->evsels[fd.event] || !e->evsels[fd.event]->fd)
			continue;
		fds = e->evsels[fd.event]->fd;
		for (x = 0; x < fds->max_x; x++) {
			cpu = perf_cpu_map__cpu(e->evsels[fd.event]->cpus, (int)x).cpu;
			fd.has_cpu = cpu >= 0;
			fd.cpu = fd.has_cpu ? (uint32_t)cpu : 0;
			for (y = 0; y < fds->max_y && !err; y++) {
				fd.fd = *(int *)xyarray__entry(fds, x, y);
				fd.thread = (uint32_t)y;
				err = fn(ctx, &fd);
			}
		}
	}
	return err;
}

struct ioctl_all {
	struct kp_evlist *e;
	unsigned long request;
};

/* A group's members follow their leader. */
static int ioctl_leader(void *ctx, const struct kp_evlist_fd *fd)
{
	struct ioctl_all *all = ctx;
	struct perf_evsel *evsel = all->e->evsels[fd->event];

	if (evsel->leader != evsel || !ioctl(fd->fd, all->request, 0))
		return 0;
	return -errno;
}

int kp_evlist_enable(struct kp_evlist *e)
{
	return kp_evlist_each_fd(e, ioctl_leader, &(struct ioctl_all){ e, PERF_EVENT_IOC_ENABLE });
}

int kp_evlist_disable(struct kp_evlist *e)
{
	return kp_evlist_each_fd(e, ioctl_leader, &(struct ioctl_all){ e, PERF_EVENT_IOC_DISABLE });
}

const struct perf_event_attr *kp_evlist_attr(struct kp_evlist *e, uint32_t event)
{
	return e->evsels[event] ? &e->evsels[event]->attr : NULL;
}

const uint64_t *kp_evlist_ids(struct kp_evlist *e, uint32_t event, uint32_t *nr)
{
	if (!e->evsels[event])
		return NULL;
	*nr = e->evsels[event]->ids;
	return (const uint64_t *)e->evsels[event]->id;
}

int kp_evlist_refusal(const struct kp_evlist *e, uint32_t event, const char **why)
{
	*why = e->refusals[event].why;
	return e->refusals[event].err;
}

const char *kp_evlist_warning(const struct kp_evlist *e, size_t idx)
{
	return idx < e->warnings.nr ? e->warnings.at[idx] : NULL;
}
