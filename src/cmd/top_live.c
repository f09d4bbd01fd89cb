// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_live.c - this host, live: rings and /proc, in a thread that ends a tick whenever its time has
 * come. What cannot be had is said in the frames, and the rest goes on.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"
#include "plan.h"
#include "top.h"

/* Rings are emptied this often, or when they are half full. */
#define DRAIN_MS 50
/* Looking for VMs reads the descriptors of every process: not at every tick. */
#define VMS_NS (2 * KP_NSEC_PER_SEC)
/* vCPUs that have ended stay in the model: when there are so many, it begins anew. */
#define ENDED_MAX 512
#define HOST_ALL  (KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM | KP_HOST_VMS)

/**
 * struct live - of the collecting thread; @vms_ns, @owners_ns: when VMs and holders of counters
 * were looked for last
 */
struct live {
	struct kp_top *top;
	struct kp_plan *plan;
	struct kp_live *rings;
	struct kp_order *order;
	struct kp_host_activity act;
	struct kp_host *plan_host;
	uint64_t start_ns, tick_ns, vms_ns, owners_ns;
	bool warned_late;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* ---- opening, as far as rights and the machine allow ---- */

static void no_events(struct kp_top *top, const char *why)
{
	kp_top_note(top, KP_NOTE_WARNING, "events",
		    "no events: %s. What /proc tells is all there is", why);
}

/* Registers of the PMU and LVTPC, as guests of both vendors access them (collect/defaults.c). */
static const char pmu_msrs[] =
	"(ecx >= 0xc1 && ecx <= 0xd0) || (ecx >= 0x186 && ecx <= 0x195) || "
	"(ecx >= 0x309 && ecx <= 0x318) || (ecx >= 0x38d && ecx <= 0x391) || "
	"(ecx >= 0x4c1 && ecx <= 0x4d0) || ecx == 0x834 || "
	"(ecx >= 0xc0000300 && ecx <= 0xc0000303) || (ecx >= 0xc0010000 && ecx <= 0xc0010007) || "
	"(ecx >= 0xc0010200 && ecx <= 0xc001021f)";

/* The same on arm64. */
static const char pmu_sysregs[] =
	"Op0 == 3 && ((CRn == 9 && CRm >= 12) || (CRn == 14 && CRm >= 8))";

/* What BPF programs do not add up, and is rare; kp_request.interrupts besides. */
static const struct kp_request_event beside_bpf[] = {
	{ "kvm:kvm_msr", pmu_msrs },
	{ "kvm:kvm_apic_accept_irq", NULL },
	{ "kvm:kvm_inj_virq", NULL },
	{ "kvm:kvm_sys_access", pmu_sysregs },
};

/* Those of them that this kernel has; @out has room for all. */
static size_t choose_events(const struct kp_tracepoint_db *tps, struct kp_request_event *out)
{
	size_t i, nr = 0;
	char system[8];

	for (i = 0; i < KP_ARRAY_SIZE(beside_bpf); i++) {
		kp_str_copy(system, sizeof(system), beside_bpf[i].spec);
		system[strcspn(system, ":")] = '\0';
		if (tps->id(tps->ctx, system, strchr(beside_bpf[i].spec, ':') + 1) >= 0)
			out[nr++] = beside_bpf[i];
	}
	return nr;
}

static int make_plan(struct live *l, char *err, size_t size)
{
	struct kp_tracepoint_db tps = kp_tracepoint_db_live(l->plan_host);
	struct kp_request_event events[KP_ARRAY_SIZE(beside_bpf)];
	const struct kp_request req = {
		.target = KP_TARGET_SYSTEM,
		.events = events,
		.nr_events = l->top->bpf ? choose_events(&tps, events) : 0,
		.no_defaults = l->top->bpf,
		.interrupts = l->top->bpf,
		.switch_detail = l->top->switch_wanted,
		.clockid = CLOCK_MONOTONIC,
		.has_clockid = true,
	};
	size_t i;
	int ret;

	ret = kp_plan_make(&req, l->plan_host, &tps, &l->plan, err, size);
	if (ret)
		return ret;
	for (i = 0; i < l->plan->nr_warnings; i++)
		kp_top_note(l->top, KP_NOTE_WARNING, "events", "%s", l->plan->warnings[i]);
	for (i = 0; i < l->plan->nr_notes; i++)
		kp_top_note(l->top, KP_NOTE_MISSING, "events", "%s", l->plan->notes[i]);
	return 0;
}

static int on_record(void *ctx, const void *data, size_t size);

static int start_rings(struct live *l)
{
	struct kp_order_opts opts = { 0 };
	struct kp_top *top = l->top;
	const char *warning;
	size_t i;
	int ret;

	for (i = 0; (warning = kp_live_warning(l->rings, i)); i++)
		kp_top_note(top, KP_NOTE_WARNING, "events", "%s", warning);
	top->src = kp_live_source(l->rings);
	ret = kp_decoder_new(&top->src->meta, &top->dec);
	if (!top->dec)
		return ret;
	ret = kp_order_new(&opts, &l->order);
	if (!ret)
		ret = kp_top_model_new(top);
	if (!ret)
		ret = kp_live_synthesize(l->rings, on_record, l);
	return ret ? ret : kp_live_enable(l->rings);
}

static int plan_and_open(struct live *l, char *err, size_t size)
{
	int ret = make_plan(l, err, size);

	return ret ? ret : kp_live_open(l->plan, l->plan_host, true, &l->rings, err, size);
}

/* Have CPUs come or gone since the host was looked at? Then as it is now, for a new plan. */
static bool look_for_cpus(struct live *l)
{
	const char *was = l->plan_host->online;
	struct kp_host *host;

	if (kp_host_collect(l->top->root, HOST_ALL, &host))
		return false;
	if (!was || !host->online || !strcmp(was, host->online)) {
		kp_host_free(host);
		return false;
	}
	if (l->plan_host != l->top->host)
		kp_host_free(l->plan_host);
	l->plan_host = host;
	kp_plan_free(l->plan);
	l->plan = NULL;
	return true;
}

#define OPEN_TRIES 5

/* Events, or a note that says why there are none. */
static void open_events(struct live *l)
{
	char err[1024] = "";
	int i, ret;

	if (l->plan_host->kvm == KP_TRI_NO) {
		no_events(l->top, "there is no /dev/kvm; load the kvm modules");
		return;
	}
	if (!l->top->switch_wanted && !l->top->no_bpf)
		kp_top_bpf_open(l->top);
	ret = plan_and_open(l, err, sizeof(err));
	/* a CPU that went offline meanwhile has no events (perf_event_open(): ENODEV), others do */
	for (i = 1; ret == -ENODEV && i < OPEN_TRIES && look_for_cpus(l); i++)
		ret = plan_and_open(l, err, sizeof(err));
	if (!ret)
		ret = start_rings(l);
	if (ret && l->top->bpf)
		kp_top_note(l->top, KP_NOTE_WARNING, "events",
			    "neither registers of guests nor their interrupts are seen: %s",
			    *err ? err : strerror(-ret));
	else if (ret)
		no_events(l->top, *err ? err : strerror(-ret));
}

/* ---- events ---- */

static int take(struct live *l, const struct kp_event *ev)
{
	if (ev->kind == KP_EV_TASK)
		kp_top_learn(l->top, ev);
	return kp_model_add(l->top->model, ev);
}

static int push_raw(struct live *l, const struct kp_raw *raw)
{
	struct kp_event ev;

	if (kp_decode(l->top->dec, raw, &ev) != KP_DECODE_EVENT)
		return 0;
	return kp_order_push(l->order, &ev);
}

/* Names of what ran before: whole records, as the writer would get them. */
static int on_record(void *ctx, const void *data, size_t size)
{
	const struct perf_event_header *hdr;
	struct live *l = ctx;
	struct kp_event ev;
	size_t at;
	int err = 0;

	for (at = 0; at + sizeof(*hdr) <= size && !err; at += hdr->size) {
		hdr = (const struct perf_event_header *)((const char *)data + at);
		if (hdr->size < sizeof(*hdr) || hdr->size > size - at)
			break;
		err = kp_decode(l->top->dec,
				&(struct kp_raw){ .data = hdr,
						  .size = hdr->size,
						  .type = hdr->type,
						  .misc = hdr->misc },
				&ev);
		err = err == KP_DECODE_EVENT ? take(l, &ev) : 0;
	}
	return err;
}

/* All rings once; what is older than the moment before that is complete, and in order. */
static int drain(struct live *l)
{
	uint64_t before = now_ns();
	const struct kp_event *ev;
	struct kp_raw raw;
	size_t nr;
	int ret;

	while ((ret = kp_source_next(l->top->src, &raw)) > 0) {
		ret = push_raw(l, &raw);
		if (ret < 0)
			return ret;
	}
	if (ret < 0)
		return ret;
	kp_order_limit(l->order, before);
	while ((ret = kp_order_span(l->order, &ev, &nr)) > 0) {
		for (; nr; nr--, ev++) {
			ret = take(l, ev);
			if (ret)
				return ret;
		}
	}
	return ret;
}

/* ---- ticks ---- */

/* Events of a CPU that went offline are gone for good (perf_event_exit_cpu_context()). */
static void note_hotplug(const struct live *l)
{
	const char *was = l->plan_host->online, *is = l->top->host->online;

	if (l->rings && was && is && strcmp(was, is))
		kp_top_note(l->top, KP_NOTE_WARNING, "CPU hotplug",
			    "CPUs have come or gone since top began: of those that come back %s "
			    "not seen; start it anew",
			    l->top->bpf ? "interrupts and PMU registers of guests are"
					: "exits are");
}

/* VMs come and go; what else the host is stays. */
static void look_for_vms(struct live *l, uint64_t now)
{
	struct kp_host *host;

	if (now - l->vms_ns < VMS_NS || kp_host_collect(l->top->root, HOST_ALL, &host))
		return;
	if (l->top->host != l->plan_host)
		kp_host_free(l->top->host);
	l->top->host = host;
	l->vms_ns = now;
	note_hotplug(l);
	kp_top_ipc_look(l->top);
}

/* Loading programs takes longer than a screen may wait: not before the first frame. */
static int look_for_owners(struct live *l, uint64_t now)
{
	struct kp_top *top = l->top;
	int err = 0;

	if (now == l->start_ns || (top->owner && now - l->owners_ns < VMS_NS))
		return 0;
	if (!top->owner)
		err = kp_top_owner_new(top->root, l->plan_host, &top->owner);
	if (!err)
		err = kp_top_owner_look(top->owner);
	l->owners_ns = now_ns();
	return err;
}

/* Totals go on; of counters only what traps from now on is known, where BPF does not tell more. */
static int renew_model(struct live *l)
{
	struct kp_top *top = l->top;

	if (!top->model || top->ended_tids.nr < ENDED_MAX)
		return 0;
	kp_model_free(top->model);
	top->model = NULL;
	kp_hash_free(&top->ended_tids);
	kp_framer_carry(top->framer);
	return kp_top_model_new(top);
}

/* @last: the wish for it came after the last look into the rings */
static int tick(struct live *l, uint64_t now, bool last)
{
	struct kp_top *top = l->top;
	struct kp_frame *f;
	int err;

	look_for_vms(l, now);
	err = look_for_owners(l, now);
	if (!err && last && l->order)
		err = drain(l);
	if (err)
		return err;
	kp_top_reap(top, false);
	kp_top_ipc_read(top);
	err = kp_host_activity_read(top->root, &l->act);
	if (!err)
		err = kp_top_frame(top, &l->act, now - l->start_ns, now - l->tick_ns, &f);
	if (err)
		return err;
	l->tick_ns = now;
	f->ended = last;
	kp_feed_put(&top->feed, f);
	return renew_model(l);
}

/* Is the tick over? Paused it goes on until somebody wants a step. @stop: it is the last one */
static bool tick_due(struct live *l, uint64_t now, uint64_t *left_ns, bool *stop)
{
	struct kp_feed *feed = &l->top->feed;
	uint64_t end;
	bool due;

	pthread_mutex_lock(&feed->lock);
	*stop = feed->stop || feed->finish;
	end = l->tick_ns + feed->interval_ns;
	due = feed->finish || (feed->paused ? feed->steps : now >= end);
	if (due && feed->steps)
		feed->steps--;
	*left_ns = feed->paused || end < now ? DRAIN_MS * 1000000ull : end - now;
	if (feed->reset)
		kp_framer_reset(l->top->framer);
	if (feed->reset)
		kp_top_ipc_reset(l->top);
	feed->reset = false;
	pthread_mutex_unlock(&feed->lock);
	return due;
}

static int pause_for(struct live *l, uint64_t left_ns)
{
	int ms = (int)kp_min_u64(DRAIN_MS, left_ns / 1000000 + 1);
	struct timespec ts = { .tv_nsec = ms * 1000000l };

	if (!l->order)
		return nanosleep(&ts, NULL) ? 0 : 0;
	return l->top->src->ops->wait(l->top->src, ms);
}

static int loop(struct live *l)
{
	uint64_t left = 0;
	bool stop = false;
	int err = 0;

	l->tick_ns = now_ns();
	while (!err && !stop) {
		err = pause_for(l, left);
		if (err < 0)
			return err;
		err = l->order ? drain(l) : 0;
		if (!err && tick_due(l, now_ns(), &left, &stop))
			err = tick(l, now_ns(), stop);
	}
	return err;
}

void *kp_top_live(void *arg)
{
	struct live l = { .top = arg };
	struct kp_top *top = arg;
	int err = 0;

	l.plan_host = top->host;
	l.vms_ns = l.start_ns = l.tick_ns = now_ns();
	/* the first screen waits for nothing: to load BPF programs takes its time */
	if (!top->batch)
		err = tick(&l, l.start_ns, false);
	if (!err && top->no_events)
		no_events(top, "not wanted (--no-events)");
	else if (!err)
		open_events(&l);
	if (!err && !top->no_events)
		err = kp_top_ipc_open(top, l.plan_host);
	/* a command that is waiting is let go with the first frame: now that events are open */
	if (!err && top->batch)
		l.start_ns = l.tick_ns = now_ns();
	if (!err && top->batch)
		err = tick(&l, l.start_ns, false);
	if (!err)
		err = loop(&l);
	if (err)
		kp_feed_fail(&top->feed, err, strerror(-err));
	if (l.rings)
		kp_live_disable(l.rings);
	kp_top_bpf_free(top);
	kp_top_ipc_free(top);
	kp_top_owner_free(top->owner);
	top->owner = NULL;
	top->src = NULL; /* the rings own it */
	kp_order_free(l.order);
	kp_live_free(l.rings);
	kp_plan_free(l.plan);
	kp_host_activity_free(&l.act);
	if (top->host != l.plan_host)
		kp_host_free(l.plan_host);
	return NULL;
}

int kp_top_live_open(struct kp_top *top)
{
	int err = kp_sysroot_open(NULL, &top->root);

	if (!err)
		err = kp_host_collect(top->root, HOST_ALL, &top->host);
	if (err) {
		kp_err("top: this host's /proc and /sys cannot be read: %s", strerror(-err));
		return KP_EXIT_FAILED;
	}
	snprintf(top->title, sizeof(top->title), "%.90s",
		 top->host->hostname ? top->host->hostname : "this host");
	return KP_EXIT_OK;
}
