// SPDX-License-Identifier: GPL-2.0-only
/*
 * lost.c - what the kernel dropped: PERF_FORMAT_LOST of every event (Linux 6.0 and later) against
 * the LOST records that made it into the rings. The larger number of a CPU is the true one: before
 * 6.0 there are only records, and drops behind the last record are only in the events.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/live.h"

struct reader {
	struct kp_live *live;
	struct kp_evlist *evlist;
};

static struct kp_live_lost *row_of(struct kp_live *live, bool has_cpu, uint32_t cpu)
{
	struct kp_live_lost *row;

	kp_vec_for_each (row, &live->losts)
		if (row->has_cpu == has_cpu && row->cpu == cpu)
			return row;
	if (kp_vec_push(&live->losts, (struct kp_live_lost){ .cpu = cpu, .has_cpu = has_cpu }))
		return NULL;
	return &live->losts.at[live->losts.nr - 1];
}

/* read(): value, id, lost; groups are read as a whole, and left to the LOST records. */
static int add_read(void *ctx, const struct kp_evlist_fd *fd)
{
	struct reader *r = ctx;
	const struct perf_event_attr *attr = kp_evlist_attr(r->evlist, fd->event);
	uint64_t values[3];
	struct kp_live_lost *row;

	if (attr->read_format != (PERF_FORMAT_ID | PERF_FORMAT_LOST) ||
	    read(fd->fd, values, sizeof(values)) != sizeof(values))
		return 0;
	row = row_of(r->live, fd->has_cpu, fd->cpu);
	if (!row)
		return -ENOMEM;
	row->lost += values[2];
	return 0;
}

static uint64_t lost_by_records(const struct kp_live *live, const struct kp_live_lost *row)
{
	const struct kp_live_ring *lr;
	uint64_t lost = 0;

	kp_vec_for_each (lr, &live->rings)
		if (lr->ring->has_cpu == row->has_cpu && lr->ring->cpu == row->cpu)
			lost += lr->lost;
	return lost;
}

static int by_cpu(const void *a, const void *b)
{
	const struct kp_live_lost *x = a, *y = b;

	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* Rows for every ring's CPU, what the events say in them. */
static int read_losts(struct kp_live *live)
{
	struct kp_live_ring *lr;
	size_t l;
	int err = 0;

	live->losts.nr = 0;
	kp_vec_for_each (lr, &live->rings)
		if (!row_of(live, lr->ring->has_cpu, lr->ring->cpu))
			return -ENOMEM;
	for (l = 0; l < live->nr_evlists && !err; l++)
		err = kp_evlist_each_fd(live->evlists[l], add_read,
					&(struct reader){ live, live->evlists[l] });
	if (live->losts.nr)
		qsort(live->losts.at, live->losts.nr, sizeof(*live->losts.at), by_cpu);
	return err;
}

const struct kp_live_lost *kp_live_losts(struct kp_live *live, size_t *nr)
{
	struct kp_live_lost *row;

	if (read_losts(live))
		live->losts.nr = 0;
	kp_vec_for_each (row, &live->losts)
		row->lost = kp_max_u64(row->lost, lost_by_records(live, row));
	*nr = live->losts.nr;
	return live->losts.at;
}

/* An overwritten ring forgets by design: that is no loss. */
int kp_live_finish(struct kp_live *live, kp_sink sink, void *ctx)
{
	struct {
		struct perf_event_header header;
		uint64_t lost;
		/* sample_id_all: tid, time, cpu, identifier */
		uint32_t pid, tid;
		uint64_t time;
		uint32_t cpu, res;
		uint64_t id;
	} rec = {
		.header = {.type = PERF_RECORD_LOST_SAMPLES, .size = sizeof(rec)}
	};
	struct kp_live_lost *row;
	uint64_t told;
	int err = live->plan->overwrite ? 0 : read_losts(live);

	if (live->plan->overwrite)
		return 0;
	kp_vec_for_each (row, &live->losts) {
		told = lost_by_records(live, row);
		if (err || row->lost <= told)
			continue;
		rec.lost = row->lost - told;
		rec.cpu = row->cpu;
		rec.time = live->src.meta.sample_last_ns;
		rec.id = live->src.meta.attrs[0].nr_ids ? live->src.meta.attrs[0].ids[0] : 0;
		err = sink(ctx, &rec, sizeof(rec));
	}
	return err;
}
