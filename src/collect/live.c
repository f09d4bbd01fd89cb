// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c - live ring buffers as a source of records, and as spans of bytes for record. Nothing here
 * looks into a sample further than its time.
 */
#include "collect/live.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "collect/targets.h"

#define OPEN_TRIES_MAX 5

/* ---- targets ---- */

static bool is_task_target(const struct kp_plan *plan)
{
	return plan->target != KP_TARGET_SYSTEM && plan->target != KP_TARGET_CPUS;
}

/* An inherited event cannot be mapped unless it is bound to a CPU (perf_mmap() in the kernel). */
static bool any_inherits(const struct kp_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->nr_events; i++)
		if (plan->events[i].attr.inherit)
			return true;
	return false;
}

static int open_evlist(struct kp_live *live, const struct kp_host *host, bool system_wide,
		       char *err, size_t err_size)
{
	const struct kp_plan *plan = live->plan;
	struct kp_evlist_opts opts = {
		.plan = plan, .host = host, .system_wide = system_wide, .cpus = host->online
	};
	int ret;

	if (plan->target == KP_TARGET_CPUS) {
		opts.cpus = plan->cpus;
	} else if (is_task_target(plan) && !system_wide) {
		opts.tids = live->tids;
		opts.nr_tids = live->nr_tids;
		if (!any_inherits(plan))
			opts.cpus = NULL;
	}
	ret = kp_evlist_open(&opts, &live->evlists[live->nr_evlists], err, err_size);
	if (!ret)
		live->nr_evlists++;
	return ret;
}

static bool has_events(const struct kp_plan *plan, bool system_wide)
{
	size_t i;

	for (i = 0; i < plan->nr_events; i++)
		if (plan->events[i].system_wide == system_wide)
			return true;
	return false;
}

/* Threads come and go between listing and opening: look again when one has gone. */
static int open_evlists(struct kp_live *live, const struct kp_host *host, char *err,
			size_t err_size)
{
	int tries, ret = -ESRCH;

	for (tries = 0; tries < OPEN_TRIES_MAX && ret == -ESRCH; tries++) {
		free(live->tids);
		live->tids = NULL;
		ret = kp_targets_list(live->root, live->plan, &live->tids, &live->nr_tids, err,
				      err_size);
		if (ret)
			return ret;
		ret = has_events(live->plan, false) ? open_evlist(live, host, false, err, err_size)
						    : 0;
		if (ret && live->plan->target != KP_TARGET_PIDS)
			break;
	}
	if (!ret && has_events(live->plan, true))
		ret = open_evlist(live, host, true, err, err_size);
	return ret;
}

/* ---- what to wait for ---- */

struct poll_adder {
	struct kp_live *live;
	bool tasks;
};

/* The side-band event is there for every task and CPU, and ends with its task. */
static int add_poll(void *ctx, const struct kp_evlist_fd *fd)
{
	struct poll_adder *a = ctx;

	if (!a->tasks || !a->live->plan->events[fd->event].sideband)
		return 0;
	return kp_vec_push(&a->live->polls, (struct pollfd){ .fd = fd->fd, .events = POLLIN });
}

static int add_rings(struct kp_live *live)
{
	struct poll_adder adder = { live, is_task_target(live->plan) };
	struct kp_ring *rings;
	size_t l, i, nr;
	int err = 0;

	for (l = 0; l < live->nr_evlists && !err; l++) {
		rings = kp_evlist_rings(live->evlists[l], &nr);
		for (i = 0; i < nr && !err; i++) {
			err = kp_vec_push(&live->rings, (struct kp_live_ring){ .ring = &rings[i] });
			if (!err && !adder.tasks && !rings[i].overwrite)
				err = kp_vec_push(
					&live->polls,
					(struct pollfd){ .fd = rings[i].fd, .events = POLLIN });
		}
	}
	return err ? err : kp_evlist_each_fd(live->evlists[0], add_poll, &adder);
}

static int live_wait(struct kp_source *src, int timeout_ms)
{
	struct kp_live *live = kp_container_of(src, struct kp_live, src);
	int n = poll(live->polls.at, live->polls.nr, timeout_ms);
	size_t i;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; n > 0 && i < live->polls.nr; i++) {
		if (!(live->polls.at[i].revents & (POLLHUP | POLLERR | POLLNVAL)))
			continue;
		live->polls.at[i].fd = -1; /* its task has ended; poll() skips it from now on */
		live->nr_ended++;
	}
	return n > 0;
}

bool kp_live_ended(const struct kp_live *live)
{
	return is_task_target(live->plan) && live->nr_ended == live->polls.nr;
}

/* ---- reading rings ---- */

static uint64_t ring_head(const struct kp_ring *ring)
{
	return __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

static void ring_set_tail(struct kp_ring *ring, uint64_t tail)
{
	ring->tail = tail;
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
}

/* Headers are 8-byte aligned, so the ring's end never cuts one. */
static const struct perf_event_header *header_at(const struct kp_ring *ring, uint64_t pos)
{
	return (const struct perf_event_header *)(ring->data + (pos & ring->mask));
}

static const void *unwrap(struct kp_live *live, const struct kp_ring *ring, uint64_t pos,
			  uint16_t size)
{
	uint64_t at = pos & ring->mask, room = ring->mask + 1 - at;

	if (size <= room)
		return ring->data + at;
	memcpy(live->wrap, ring->data + at, room);
	memcpy(live->wrap + room, ring->data, size - room);
	return live->wrap;
}

/* A sample is: header, identifier, [address,] tid, time, ... in every event that the plan makes. */
static void note_time(struct kp_live *live, const struct kp_ring *ring, uint64_t pos)
{
	struct kp_meta *meta = &live->src.meta;
	const uint64_t *ip, *words = unwrap(live, ring, pos, header_at(ring, pos)->size);
	uint64_t time;

	if (header_at(ring, pos)->size < 5 * sizeof(*words))
		return;
	ip = kp_hash_get(&live->ip_of_id, words[1]);
	if (!ip)
		return;
	time = words[*ip ? 4 : 3];
	if (!meta->has_sample_time || time < meta->sample_first_ns)
		meta->sample_first_ns = time;
	if (!meta->has_sample_time || time > meta->sample_last_ns)
		meta->sample_last_ns = time;
	meta->has_sample_time = true;
}

/* struct { header; u64 id; u64 lost; ... } */
static void note_lost(struct kp_live *live, struct kp_live_ring *lr, uint64_t pos)
{
	const uint64_t *words = unwrap(live, lr->ring, pos, header_at(lr->ring, pos)->size);

	if (header_at(lr->ring, pos)->size >= 3 * sizeof(*words))
		lr->lost += words[2];
}

/* One ring's new records, in at most three pieces: up to the end, the one across it, the rest. */
static int drain_ring(struct kp_live *live, struct kp_live_ring *lr, kp_sink sink, void *ctx)
{
	struct kp_ring *ring = lr->ring;
	uint64_t head = ring_head(ring), pos = ring->tail, start = pos, size_bytes = ring->mask + 1;
	uint64_t first = UINT64_MAX, last = 0, samples = 0;
	int err = 0;

	if (head == pos)
		return 0;
	while (pos < head && !err) {
		const struct perf_event_header *hdr = header_at(ring, pos);
		uint16_t size = hdr->size;

		if (size < sizeof(*hdr) || size > head - pos)
			return -EIO;
		if (KP_LIKELY(hdr->type == PERF_RECORD_SAMPLE)) {
			samples++;
			last = pos;
			if (first == UINT64_MAX)
				first = pos;
		} else if (hdr->type == PERF_RECORD_LOST) {
			note_lost(live, lr, pos);
		}
		if (KP_UNLIKELY((pos & ring->mask) + size >= size_bytes)) {
			if (pos > start)
				err = sink(ctx, header_at(ring, start), pos - start);
			if (!err)
				err = sink(ctx, unwrap(live, ring, pos, size), size);
			start = pos + size;
		}
		pos += size;
	}
	if (!err && pos > start)
		err = sink(ctx, header_at(ring, start), pos - start);
	if (samples) {
		note_time(live, ring, first);
		note_time(live, ring, last);
		live->samples += samples;
	}
	ring_set_tail(ring, head);
	return err ? err : 1;
}

int kp_live_drain(struct kp_live *live, kp_sink sink, void *ctx)
{
	int ret, any = 0;
	size_t i;

	for (i = 0; i < live->rings.nr; i++) {
		if (live->rings.at[i].ring->overwrite)
			continue;
		ret = drain_ring(live, &live->rings.at[i], sink, ctx);
		if (ret < 0)
			return ret;
		any |= ret;
	}
	return any;
}

/* ---- overwritten rings ---- */

/*
 * Written backwards: head points at the newest record, older ones follow, the oldest may be cut off
 * by the newest. Handed out oldest first.
 */
static int snapshot_ring(struct kp_live *live, struct kp_ring *ring, kp_sink sink, void *ctx)
{
	KP_VEC(uint64_t) records = { 0 };
	uint64_t head = ring_head(ring), pos = head;
	int err = 0;
	size_t i;

	while (pos - head < ring->mask + 1 && !err) {
		uint16_t size = header_at(ring, pos)->size;

		if (size < sizeof(struct perf_event_header) || pos + size - head > ring->mask + 1)
			break;
		err = kp_vec_push(&records, pos);
		pos += size;
	}
	for (i = records.nr; i-- > 0 && !err;) {
		const struct perf_event_header *hdr = header_at(ring, records.at[i]);

		if (hdr->type == PERF_RECORD_SAMPLE) {
			live->samples++;
			note_time(live, ring, records.at[i]);
		}
		err = sink(ctx, unwrap(live, ring, records.at[i], hdr->size), hdr->size);
	}
	kp_vec_free(&records);
	return err;
}

int kp_live_snapshot(struct kp_live *live, kp_sink sink, void *ctx)
{
	struct kp_ring *ring;
	int err = 0;
	size_t i;

	for (i = 0; i < live->rings.nr && !err; i++) {
		ring = live->rings.at[i].ring;
		if (!ring->overwrite)
			continue;
		if (ioctl(ring->fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 1))
			return -errno;
		err = snapshot_ring(live, ring, sink, ctx);
		ioctl(ring->fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 0);
	}
	return err;
}

/* ---- as a source ---- */

static int live_next(struct kp_source *src, struct kp_raw *raw)
{
	struct kp_live *live = kp_container_of(src, struct kp_live, src);
	const struct perf_event_header *hdr;
	struct kp_live_ring *lr;
	struct kp_ring *ring;

	for (; live->at < live->rings.nr; live->at++, live->looked = false) {
		lr = &live->rings.at[live->at];
		ring = lr->ring;
		if (ring->overwrite)
			continue;
		if (!live->looked) {
			live->head = ring_head(ring);
			live->looked = true;
		}
		if (ring->tail == live->head) {
			ring_set_tail(ring, ring->tail);
			continue;
		}
		hdr = header_at(ring, ring->tail);
		if (hdr->size < sizeof(*hdr) || hdr->size > live->head - ring->tail)
			return -EIO;
		raw->size = hdr->size;
		raw->type = hdr->type;
		raw->misc = hdr->misc;
		raw->stream = (uint16_t)live->at;
		raw->offset = live->offset;
		live->samples += hdr->type == PERF_RECORD_SAMPLE;
		if (hdr->type == PERF_RECORD_LOST)
			note_lost(live, lr, ring->tail);
		raw->data = unwrap(live, ring, ring->tail, hdr->size);
		live->offset += hdr->size;
		/* the kernel learns of it when the ring is done: the record is borrowed */
		ring->tail += hdr->size;
		return 1;
	}
	live->at = 0;
	return 0;
}

static void live_free(struct kp_source *src)
{
	kp_live_free(kp_container_of(src, struct kp_live, src));
}

static const struct kp_source_ops live_ops = {
	.next = live_next,
	.wait = live_wait,
	.free = live_free,
};

/* ---- the whole ---- */

int kp_live_open(const struct kp_plan *plan, const struct kp_host *host, bool tracing,
		 struct kp_live **out, char *err, size_t err_size)
{
	struct kp_live *live = calloc(1, sizeof(*live));
	int ret;

	err[0] = '\0';
	if (!live)
		return -ENOMEM;
	live->src.ops = &live_ops;
	live->plan = plan;
	ret = kp_sysroot_open(NULL, &live->root);
	if (!ret)
		ret = open_evlists(live, host, err, err_size);
	if (!ret)
		ret = add_rings(live);
	if (!ret)
		ret = kp_live_fill_meta(live, host, tracing);
	if (ret) {
		if (!err[0])
			snprintf(err, err_size, "cannot open the events: %s", strerror(-ret));
		kp_live_free(live);
		return ret;
	}
	*out = live;
	return 0;
}

struct kp_source *kp_live_source(struct kp_live *live)
{
	return &live->src;
}

int kp_live_enable(struct kp_live *live)
{
	/* those of a workload start with it */
	bool first = live->plan->target != KP_TARGET_WORKLOAD || !has_events(live->plan, false);
	size_t l;
	int err = 0;

	for (l = 0; l < live->nr_evlists && !err; l++)
		if (l || first)
			err = kp_evlist_enable(live->evlists[l]);
	return err;
}

int kp_live_disable(struct kp_live *live)
{
	size_t l;
	int err = 0;

	for (l = 0; l < live->nr_evlists && !err; l++)
		err = kp_evlist_disable(live->evlists[l]);
	return err;
}

uint64_t kp_live_samples(const struct kp_live *live)
{
	return live->samples;
}

const char *kp_live_warning(const struct kp_live *live, size_t idx)
{
	const char *text;
	size_t l, i;

	for (l = 0; l < live->nr_evlists; l++)
		for (i = 0; (text = kp_evlist_warning(live->evlists[l], i)); i++)
			if (!idx--)
				return text;
	return NULL;
}

void kp_live_free(struct kp_live *live)
{
	size_t l;

	if (!live)
		return;
	for (l = 0; l < live->nr_evlists; l++)
		kp_evlist_free(live->evlists[l]);
	kp_sysroot_free(live->root);
	kp_meta_clear(&live->src.meta);
	kp_hash_free(&live->ip_of_id);
	kp_vec_free(&live->rings);
	kp_vec_free(&live->polls);
	kp_vec_free(&live->losts);
	free(live->tids);
	free(live);
}
