// SPDX-License-Identifier: GPL-2.0-only
/*
 * plan.c - request and host in, plan out: which events to open with which attributes, on what.
 * Pure: opens nothing, so that tests/attr can compare its results on any machine. Here stands the
 * rule that no event of a core PMU may count guests where that could keep a mediated VM from
 * starting (kernel/events/core.c, mediated_pmu_account_event()).
 */
#include "plan.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/build.h"
#include "lib/str.h"

#define DEFAULT_FREQ	   4000
#define DEFAULT_MMAP_PAGES 256
#define MMAP_PAGES_MAX	   (1u << 20)

#define SAMPLE_COMMON \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU)

int kp_build_err(struct kp_build *b, int err, const char *fmt, ...)
{
	va_list ap;

	if (b->err[0])
		return err;
	va_start(ap, fmt);
	vsnprintf(b->err, b->err_size, fmt, ap);
	va_end(ap);
	return err;
}

int kp_build_note(struct kp_build *b, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : kp_vec_push(&b->notes, text);
}

int kp_build_warn(struct kp_build *b, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : kp_vec_push(&b->warnings, text);
}

bool kp_build_is_core(const struct kp_host *host, const struct perf_event_attr *attr)
{
	const struct kp_host_pmu *pmu;

	switch (attr->type) {
	case PERF_TYPE_HARDWARE:
	case PERF_TYPE_HW_CACHE:
	case PERF_TYPE_RAW:
		return true;
	case PERF_TYPE_SOFTWARE:
	case PERF_TYPE_TRACEPOINT:
	case PERF_TYPE_BREAKPOINT:
		return false;
	}
	pmu = kp_host_pmu_by_type(host, attr->type);
	return pmu && pmu->core;
}

static bool is_task_target(enum kp_target target)
{
	return target == KP_TARGET_WORKLOAD || target == KP_TARGET_PIDS || target == KP_TARGET_TIDS;
}

enum kp_count_side kp_build_side(const struct kp_host *host, const struct perf_event_attr *attr)
{
	if (!kp_build_is_core(host, attr))
		return KP_SIDE_BOTH;
	return attr->exclude_guest  ? KP_SIDE_HOST
	       : attr->exclude_host ? KP_SIDE_GUEST
				    : KP_SIDE_BOTH;
}

/* ---- one event ---- */

static void set_modes(struct perf_event_attr *attr, const struct kp_mods *mods)
{
	if (mods->user || mods->kernel || mods->hv) {
		attr->exclude_user = !mods->user;
		attr->exclude_kernel = !mods->kernel;
		attr->exclude_hv = !mods->hv;
	}
	attr->exclude_idle = mods->exclude_idle;
	attr->precise_ip = mods->precise_max ? 3 : mods->precise;
	attr->pinned = mods->pinned;
	attr->exclusive = mods->exclusive;
}

/* :G guests only, :H host only, both: both. Without either a core PMU's event is the host's. */
static void set_sides(struct kp_build *b, struct perf_event_attr *attr, const struct kp_mods *mods)
{
	if (mods->guest || mods->host) {
		attr->exclude_host = !mods->host;
		attr->exclude_guest = !mods->guest;
	} else if (kp_build_is_core(b->host, attr)) {
		attr->exclude_guest = !b->req->include_guest;
	}
}

static int check_mediated(struct kp_build *b, const struct perf_event_attr *attr, const char *name)
{
	if (attr->exclude_guest || !kp_build_is_core(b->host, attr) ||
	    b->host->mediated_vm_blocks == KP_TRI_NO)
		return 0;
	return kp_build_err(
		b, -EBUSY,
		"event '%s' counts guests, and %s: while it is open no VM with a mediated PMU "
		"could start (EBUSY), and it does not open while one runs (EOPNOTSUPP). Count the "
		"host alone with :H (the default), or count inside the guest%s",
		name,
		b->host->mediated_vm_blocks == KP_TRI_YES
			? "KVM's mediated PMU is enabled here"
			: "it is not known whether KVM's mediated PMU is enabled here",
		b->host->kvm_mediated_param == KP_TRI_YES
			? ", or load kvm_intel or kvm_amd with enable_mediated_pmu=0"
			: "");
}

static uint64_t limit_freq(struct kp_build *b, uint64_t freq)
{
	uint64_t max = b->host->max_sample_rate;

	return max && freq > max ? max : freq;
}

static void set_period(struct kp_build *b, struct perf_event_attr *attr, const struct kp_mods *mods)
{
	bool counts_all =
		attr->type == PERF_TYPE_TRACEPOINT ||
		(attr->type == PERF_TYPE_SOFTWARE &&
		 (attr->config == PERF_COUNT_SW_DUMMY || attr->config == PERF_COUNT_SW_BPF_OUTPUT));
	uint64_t period = b->from_user ? b->req->period : 0;

	if (mods->period) {
		attr->sample_period = mods->period;
	} else if (mods->freq && !counts_all) {
		attr->freq = 1;
		attr->sample_freq = limit_freq(b, mods->freq);
	} else if (period) {
		attr->sample_period = period;
	} else if (counts_all) {
		attr->sample_period = 1;
	} else {
		attr->freq = 1;
		attr->sample_freq = limit_freq(b, b->req->freq ? b->req->freq : DEFAULT_FREQ);
	}
}

/* A tracepoint's data says it all: neither address nor period is worth 16 bytes an event. */
static void set_sample(struct perf_event_attr *attr, const struct kp_mods *mods)
{
	attr->sample_type = SAMPLE_COMMON;
	attr->read_format = PERF_FORMAT_ID | PERF_FORMAT_LOST;
	attr->sample_id_all = 1;
	if (attr->type == PERF_TYPE_TRACEPOINT)
		attr->sample_type |= PERF_SAMPLE_RAW;
	else
		attr->sample_type |= PERF_SAMPLE_IP | PERF_SAMPLE_PERIOD;
	if (attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_BPF_OUTPUT)
		attr->sample_type |= PERF_SAMPLE_RAW;
	if (mods->sample_read) {
		attr->sample_type |= PERF_SAMPLE_READ;
		attr->read_format |= PERF_FORMAT_GROUP;
	}
}

static void set_scope(struct kp_build *b, struct perf_event_attr *attr, const struct kp_mods *mods)
{
	const struct kp_request *req = b->req;

	attr->disabled = 1;
	attr->enable_on_exec = req->target == KP_TARGET_WORKLOAD;
	attr->inherit = is_task_target(req->target) && !req->no_inherit && mods->inherit >= 0 &&
			!mods->sample_read; /* the kernel cannot read groups of inherited events */
	if (mods->inherit > 0 && is_task_target(req->target))
		attr->inherit = 1;
	attr->write_backward = req->overwrite;
	if (req->has_clockid) {
		attr->use_clockid = 1;
		attr->clockid = req->clockid;
	}
}

int kp_build_add(struct kp_build *b, const struct perf_event_attr *attr, const char *name,
		 const struct kp_mods *mods)
{
	struct kp_plan_event ev = { .attr = *attr, .leader = (uint32_t)b->events.nr };
	int err;

	ev.attr.size = sizeof(ev.attr);
	set_modes(&ev.attr, mods);
	set_sides(b, &ev.attr, mods);
	err = check_mediated(b, &ev.attr, name);
	if (err)
		return err;
	if (b->req->counting) {
		kp_count_attr(&ev.attr);
	} else {
		set_period(b, &ev.attr, mods);
		set_sample(&ev.attr, mods);
	}
	set_scope(b, &ev.attr, mods);
	ev.side = kp_build_side(b->host, &ev.attr);
	ev.precise_max = mods->precise_max;
	ev.weak = mods->weak;
	ev.any_mode = !mods->user && !mods->kernel && !mods->hv && !ev.attr.exclude_kernel;
	ev.name = strdup(name);
	err = ev.name ? kp_vec_push(&b->events, ev) : -ENOMEM;
	if (err)
		free(ev.name);
	return err || !b->req->counting ? err : kp_count_add_pair(b, mods);
}

int kp_build_add_tracepoint(struct kp_build *b, const char *system, const char *name, int id,
			    const struct kp_mods *mods, const char *filter)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = (uint64_t)id };
	struct kp_plan_event *ev;
	char full[256];
	int err;

	snprintf(full, sizeof(full), "%s:%s", system, name);
	err = kp_build_add(b, &attr, full, mods);
	if (err)
		return err;
	ev = &b->events.at[b->events.nr - 1];
	ev->system = strdup(system);
	ev->tp = strdup(name);
	ev->filter = filter ? strdup(filter) : NULL;
	return !ev->system || !ev->tp || (filter && !ev->filter) ? -ENOMEM : 0;
}

int kp_build_last_cpus(struct kp_build *b, const char *cpus)
{
	struct kp_plan_event *ev = &b->events.at[b->events.nr - 1];
	size_t nr = ev->split ? 2 : 1;

	for (; cpus && *cpus && nr--; ev--) {
		ev->cpus = strdup(cpus);
		if (!ev->cpus)
			return -ENOMEM;
	}
	return 0;
}

void kp_build_last_system_wide(struct kp_build *b)
{
	struct kp_plan_event *ev = &b->events.at[b->events.nr - 1];

	ev->system_wide = true;
	ev->attr.inherit = 0;
	ev->attr.enable_on_exec = 0; /* it belongs to no task that could exec */
}

/* ---- the whole ---- */

static bool has_ip_samples(const struct kp_build *b)
{
	size_t i;

	for (i = 0; i < b->events.nr; i++)
		if (!b->events.at[i].compact && (b->events.at[i].attr.sample_type & PERF_SAMPLE_IP))
			return true;
	return false;
}

/* Only the leader starts and stops, is pinned, and with :S takes the samples. */
static void settle_groups(struct kp_build *b)
{
	struct kp_plan_event *ev, *leader;
	size_t i;

	for (i = 0; i < b->events.nr; i++) {
		ev = &b->events.at[i];
		leader = &b->events.at[ev->leader];
		if (ev == leader)
			continue;
		ev->attr.disabled = 0;
		ev->attr.enable_on_exec = 0;
		ev->attr.pinned = 0;
		ev->attr.exclusive = 0;
		if (leader->attr.sample_type & PERF_SAMPLE_READ) {
			ev->attr.freq = 0;
			ev->attr.sample_period = 0;
		}
	}
}

/*
 * At each switch of a mediated vPMU perf brings the times of the CPU's events up to date, and those
 * of the task's if that has any, which takes as long again. --switch alone has its event on CPUs:
 * then the names come from there, too, those of all that runs.
 */
static bool only_cpus(const struct kp_build *b)
{
	size_t i;

	if (b->req->target != KP_TARGET_WORKLOAD || !b->events.nr)
		return false;
	for (i = 0; i < b->events.nr; i++)
		if (!b->events.at[i].system_wide)
			return false;
	return true;
}

/* Task and, with samples that have addresses, mapping records come from an event of their own. */
static int add_sideband(struct kp_build *b)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY };
	static const struct kp_mods mods;
	bool ip = has_ip_samples(b), cpus = only_cpus(b);
	struct kp_plan_event *ev;
	int err = kp_build_add(b, &attr, "dummy:HG", &mods);

	if (err)
		return err;
	ev = &b->events.at[b->events.nr - 1];
	ev->sideband = true;
	ev->any_mode = false;
	ev->attr.sample_type = SAMPLE_COMMON;
	ev->attr.exclude_kernel = 1; /* so that it opens without privileges */
	ev->attr.exclude_hv = 1;
	ev->attr.write_backward = 0;
	ev->attr.comm = ev->attr.comm_exec = ev->attr.task = 1;
	ev->attr.mmap = ev->attr.mmap2 = ev->attr.ksymbol = ip;
	if (cpus)
		kp_build_last_system_wide(b);
	return 0;
}

static int set_pages(struct kp_build *b, struct kp_plan *plan)
{
	uint32_t want = b->req->mmap_pages, pages = 1;

	plan->default_pages = !want;
	if (!want)
		want = DEFAULT_MMAP_PAGES;
	if (want > MMAP_PAGES_MAX)
		return kp_build_err(b, -EINVAL, "-m %u: at most %u pages", want, MMAP_PAGES_MAX);
	while (pages < want)
		pages *= 2;
	plan->mmap_pages = pages;
	return pages == want ? 0 : kp_build_note(b, "-m %u: rounded up to %u pages", want, pages);
}

struct cpu_check {
	const char *online;
	uint64_t cpu;
	uint64_t missing;
	size_t nr, nr_found;
	bool found;
	bool any_missing;
};

static int is_cpu(void *ctx, uint64_t cpu)
{
	struct cpu_check *c = ctx;

	c->found |= cpu == c->cpu;
	return 0;
}

static int check_cpu(void *ctx, uint64_t cpu)
{
	struct cpu_check *c = ctx;

	c->nr++;
	c->cpu = cpu;
	c->found = !c->online;
	if (c->online)
		kp_str_list(c->online, INT_MAX, is_cpu, c);
	c->nr_found += c->found;
	if (!c->found && !c->any_missing) {
		c->any_missing = true;
		c->missing = cpu;
	}
	return 0;
}

bool kp_build_reaches(const struct kp_build *b, const struct kp_host_pmu *pmu)
{
	struct cpu_check check = { .online = pmu->cpus };

	if (b->req->target != KP_TARGET_CPUS || b->req->counting || !pmu->cpus)
		return true;
	kp_str_list(b->req->cpus, INT_MAX, check_cpu, &check);
	return check.nr_found;
}

static int set_cpus(struct kp_build *b, struct kp_plan *plan)
{
	struct cpu_check check = { .online = b->host->online };
	const char *cpus = b->req->cpus;

	if (kp_str_list(cpus, INT_MAX, check_cpu, &check) || !check.nr)
		return kp_build_err(b, -EINVAL, "-C '%s': not a list of CPUs such as 0-3,8", cpus);
	if (check.any_missing)
		return kp_build_err(b, -EINVAL, "-C '%s': CPU %ju is not online; %s are", cpus,
				    (uintmax_t)check.missing, check.online);
	plan->cpus = strdup(cpus);
	return plan->cpus ? 0 : -ENOMEM;
}

static int set_target(struct kp_build *b, struct kp_plan *plan)
{
	const struct kp_request *req = b->req;

	plan->target = req->target;
	plan->overwrite = req->overwrite;
	if (req->target == KP_TARGET_CPUS)
		return set_cpus(b, plan);
	if (!req->nr_ids)
		return 0;
	plan->ids = malloc(req->nr_ids * sizeof(*plan->ids));
	if (!plan->ids)
		return -ENOMEM;
	memcpy(plan->ids, req->ids, req->nr_ids * sizeof(*plan->ids));
	plan->nr_ids = req->nr_ids;
	return 0;
}

static int check_freq(struct kp_build *b)
{
	uint64_t max = b->host->max_sample_rate;

	if (max && b->req->freq > max)
		return kp_build_warn(b,
				     "-F %ju: the kernel allows at most %ju Hz "
				     "(/proc/sys/kernel/perf_event_max_sample_rate); taken that",
				     (uintmax_t)b->req->freq, (uintmax_t)max);
	return 0;
}

static int add_events(struct kp_build *b)
{
	bool defaults = !b->req->nr_events && !b->req->no_defaults;
	size_t i;
	int err = 0;

	if (b->req->no_defaults && !b->req->nr_events && !b->req->interrupts)
		return 0;
	if (b->req->counting)
		err = kp_count_add_clocks(b);
	b->from_user = true;
	for (i = 0; i < b->req->nr_events && !err; i++)
		err = kp_spec_parse(b, b->req->events[i].spec, b->req->events[i].filter);
	b->from_user = false;
	if (!err && defaults && (!b->req->switch_compact || b->req->switch_detail))
		err = b->req->counting ? kp_count_add_defaults(b) : kp_defaults_add(b);
	if (!err && b->req->interrupts)
		err = kp_defaults_add_interrupts(b);
	if (!err && b->req->switch_compact)
		err = kp_defaults_add_switch(b);
	if (!err && b->req->switch_detail)
		err = kp_defaults_add_switch_detail(b);
	if (err)
		return err;
	settle_groups(b);
	return b->req->counting ? 0 : add_sideband(b);
}

int kp_plan_make(const struct kp_request *req, const struct kp_host *host,
		 const struct kp_tracepoint_db *tps, struct kp_plan **out, char *err,
		 size_t err_size)
{
	struct kp_build b = {
		.req = req, .host = host, .tps = tps, .err = err, .err_size = err_size
	};
	struct kp_plan *plan = calloc(1, sizeof(*plan));
	int ret;

	err[0] = '\0';
	if (!plan)
		return -ENOMEM;
	plan->inherit = !req->no_inherit;
	ret = set_target(&b, plan);
	if (!ret)
		ret = set_pages(&b, plan);
	if (!ret)
		ret = check_freq(&b);
	if (!ret)
		ret = add_events(&b);
	plan->events = b.events.at;
	plan->nr_events = b.events.nr;
	plan->notes = b.notes.at;
	plan->nr_notes = b.notes.nr;
	plan->warnings = b.warnings.at;
	plan->nr_warnings = b.warnings.nr;
	if (ret) {
		kp_plan_free(plan);
		return ret;
	}
	*out = plan;
	return 0;
}

static void free_strings(char **at, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(at[i]);
	free(at);
}

void kp_plan_free(struct kp_plan *plan)
{
	struct kp_plan_event *ev;

	if (!plan)
		return;
	for (ev = plan->events; ev < plan->events + plan->nr_events; ev++) {
		free(ev->name);
		free(ev->filter);
		free(ev->system);
		free(ev->tp);
		free(ev->cpus);
	}
	free(plan->events);
	free(plan->cpus);
	free(plan->ids);
	free_strings(plan->notes, plan->nr_notes);
	free_strings(plan->warnings, plan->nr_warnings);
	free(plan);
}
