// SPDX-License-Identifier: GPL-2.0-only
/*
 * order.c - events into time order by merging runs. Perf's rings are drained one after the other,
 * and each ring is sorted, so an event nearly always continues a run that is there. Input that is
 * not like that only makes more runs; when they are many, short ones are merged into one, and so
 * any input comes out sorted in bounded memory.
 */
#include "order.h"

#include <string.h>

#define BUDGET_DEFAULT (16u << 20)
#define RUNS_MIN       8
#define RUNS_MAX       256

/* struct head - a run's oldest event, in the heap. Its fields copied: no cache miss to compare */
struct head {
	uint64_t key;
	uint64_t offset;
	uint32_t run;
};

/**
 * struct kp_order - @tail: key of each run's newest event, 0 when the run is empty
 * @last: the run pushed to last; @last_key: what an event without a time inherits
 * @lent: a block that left its run, but the caller of kp_order_span() still reads it
 * @allow: what may be popped: keys up to here; @round: what a FINISHED_ROUND will allow
 */
struct kp_order {
	struct kp_store store;
	uint32_t max_runs, nr_runs, last;
	uint32_t nr_heap;
	bool popped;
	uint64_t last_key, max_key, popped_key;
	uint64_t allow, round;
	uint64_t late, late_offset;
	struct kp_block *lent;
	uint64_t tail[RUNS_MAX];
	struct kp_run run[RUNS_MAX];
	struct head heap[RUNS_MAX];
};

/* ---- heap of run heads ---- */

static bool before(const struct head *a, const struct head *b)
{
	return a->key < b->key || (a->key == b->key && a->offset < b->offset);
}

static void sift_down(struct head *heap, uint32_t nr, uint32_t i)
{
	const struct head moved = heap[i];
	uint32_t child;

	while ((child = 2 * i + 1) < nr) {
		if (child + 1 < nr && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &moved))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = moved;
}

static void heap_add(struct head *heap, uint32_t *nr, const struct head *h)
{
	uint32_t i = (*nr)++, up;

	while (i && before(h, &heap[up = (i - 1) / 2])) {
		heap[i] = heap[up];
		i = up;
	}
	heap[i] = *h;
}

static void heap_drop_first(struct head *heap, uint32_t *nr)
{
	if (--*nr) {
		heap[0] = heap[*nr];
		sift_down(heap, *nr, 0);
	}
}

/* In the queue every event has a time; kp_order_pop() takes the borrowed ones away again. */
static struct head head_of(const struct kp_event *ev, uint32_t run)
{
	return (struct head){ .key = ev->time_ns, .offset = ev->offset, .run = run };
}

/* Events of the heap's first run have left it: what comes next there? */
static int advance(struct kp_order *ord, struct head *heap, uint32_t *nr)
{
	struct kp_event *ev;
	uint32_t run = heap[0].run;
	int ret;

	ret = kp_run_head(&ord->store, &ord->run[run], &ev);
	if (ret < 0)
		return ret;
	if (ret) {
		heap[0] = head_of(ev, run);
		sift_down(heap, *nr, 0);
	} else {
		ord->tail[run] = 0;
		heap_drop_first(heap, nr);
	}
	return 0;
}

/* ---- few runs, little memory ---- */

/* Bring the longest runs to the file until the budget holds, or nothing more can go. */
static int spill(struct kp_order *ord)
{
	size_t best;
	uint32_t i, longest;
	int err;

	while (ord->store.used > ord->store.budget) {
		best = 0;
		longest = 0;
		for (i = 0; i < ord->nr_runs; i++) {
			if (kp_run_spillable(&ord->run[i]) > best) {
				best = kp_run_spillable(&ord->run[i]);
				longest = i;
			}
		}
		if (!best)
			return 0;
		err = kp_run_spill(&ord->store, &ord->run[longest]);
		if (err)
			return err;
	}
	return 0;
}

static inline int push_to(struct kp_order *ord, uint32_t run, const struct kp_event *ev)
{
	int err = kp_run_push(&ord->store, &ord->run[run], ev);

	if (err)
		return err;
	ord->tail[run] = ev->time_ns;
	return KP_UNLIKELY(ord->store.used > ord->store.budget) ? spill(ord) : 0;
}

/* All of @heap, merged, to run @to. */
static int merge(struct kp_order *ord, struct head *heap, uint32_t nr, uint32_t to)
{
	struct kp_event *ev;
	struct kp_event copy;
	int ret;

	while (nr) {
		ret = kp_run_head(&ord->store, &ord->run[heap[0].run], &ev);
		if (ret <= 0)
			return ret;
		copy = *ev;
		kp_run_drop(&ord->store, &ord->run[heap[0].run]);
		ret = advance(ord, heap, &nr);
		if (!ret)
			ret = push_to(ord, to, &copy);
		if (ret)
			return ret;
	}
	return 0;
}

static int heap_rebuild(struct kp_order *ord)
{
	struct kp_event *ev;
	struct head h;
	uint32_t i;
	int ret;

	ord->nr_heap = 0;
	for (i = 0; i < ord->nr_runs; i++) {
		ret = kp_run_head(&ord->store, &ord->run[i], &ev);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		h = head_of(ev, i);
		heap_add(ord->heap, &ord->nr_heap, &h);
	}
	return 0;
}

static int by_length(const void *a, const void *b, void *arg)
{
	const struct kp_order *ord = arg;
	uint64_t na = ord->run[*(const uint32_t *)a].nr, nb = ord->run[*(const uint32_t *)b].nr;

	return na < nb ? -1 : na > nb;
}

/* How many of the shortest runs to merge: until the next one is longer than those together. */
static uint32_t merge_width(const struct kp_order *ord, const uint32_t *order, uint32_t nr)
{
	uint64_t sum = ord->run[order[0]].nr + ord->run[order[1]].nr;
	uint32_t width = 2;

	while (width < nr && ord->run[order[width]].nr <= sum)
		sum += ord->run[order[width++]].nr;
	return width;
}

/*
 * Every run is in use and none fits: short ones of like length become one run. So a merge makes an
 * event's run several times as long, and no event is moved often, whatever comes.
 */
static int compact(struct kp_order *ord)
{
	struct head heap[RUNS_MAX];
	uint32_t order[RUNS_MAX], nr = 0, i, width, to = ord->nr_runs;
	struct kp_event *ev;
	struct head h;
	int ret;

	for (i = 0; i < ord->nr_runs; i++)
		order[i] = i;
	qsort_r(order, ord->nr_runs, sizeof(*order), by_length, ord);
	width = merge_width(ord, order, ord->nr_runs);
	ord->nr_runs++; /* one slot is always kept for this */
	for (i = 0; i < width; i++) {
		ret = kp_run_head(&ord->store, &ord->run[order[i]], &ev);
		if (ret <= 0)
			return ret;
		h = head_of(ev, order[i]);
		heap_add(heap, &nr, &h);
	}
	ret = merge(ord, heap, nr, to);
	if (ret)
		return ret;
	/* the slot moves to the first of the now empty ones */
	ord->run[order[0]] = ord->run[to];
	ord->tail[order[0]] = ord->tail[to];
	ord->run[to] = (struct kp_run){ 0 };
	ord->nr_runs--;
	ord->last = order[0];
	return heap_rebuild(ord);
}

/* The run whose newest event is the youngest that @key may follow; else an empty one. */
static uint32_t find_run(const struct kp_order *ord, uint64_t key)
{
	uint32_t i, best = UINT32_MAX, empty = UINT32_MAX;

	for (i = 0; i < ord->nr_runs; i++) {
		if (!ord->run[i].nr)
			empty = i;
		else if (ord->tail[i] <= key &&
			 (best == UINT32_MAX || ord->tail[i] > ord->tail[best]))
			best = i;
	}
	return best != UINT32_MAX ? best : empty;
}

/* ---- outside ---- */

int kp_order_new(const struct kp_order_opts *opts, struct kp_order **out)
{
	size_t budget = opts && opts->budget_bytes ? opts->budget_bytes : BUDGET_DEFAULT;
	struct kp_order *ord = calloc(1, sizeof(*ord));
	size_t blocks = budget / sizeof(struct kp_block);
	int err;

	*out = NULL;
	if (!ord)
		return -ENOMEM;
	/* a run keeps up to three blocks in memory however much of it is on file */
	ord->max_runs = (uint32_t)kp_min_u64(kp_max_u64(blocks / 4, RUNS_MIN), RUNS_MAX - 1);
	err = kp_store_init(&ord->store, kp_max_u64(blocks, 4 * ord->max_runs));
	if (err) {
		free(ord);
		return err;
	}
	*out = ord;
	return 0;
}

void kp_order_free(struct kp_order *ord)
{
	uint32_t i;

	if (!ord)
		return;
	for (i = 0; i < RUNS_MAX; i++)
		kp_run_free(&ord->store, &ord->run[i]);
	if (ord->lent)
		kp_block_put(&ord->store, ord->lent);
	kp_store_free(&ord->store);
	free(ord);
}

/* The run that is to take @first and what follows it becomes the last one, ready for that. */
static int turn_to_run(struct kp_order *ord, const struct kp_event *first)
{
	uint32_t run = find_run(ord, first->time_ns);
	struct head h;
	int err;

	if (run == UINT32_MAX && ord->nr_runs == ord->max_runs) {
		err = compact(ord);
		if (err)
			return err;
		run = find_run(ord, first->time_ns);
	}
	if (run == UINT32_MAX)
		run = ord->nr_runs++;
	if (!ord->run[run].nr) {
		h = head_of(first, run);
		heap_add(ord->heap, &ord->nr_heap, &h);
	}
	ord->last = run;
	return 0;
}

static bool last_run_takes(const struct kp_order *ord, uint64_t key)
{
	return KP_LIKELY(ord->run[ord->last].nr && ord->tail[ord->last] <= key);
}

/* An event with a borrowed time cannot be late. */
static void note_late(struct kp_order *ord, const struct kp_event *ev)
{
	if ((ev->valid & KP_HAS_TIME) && !ord->late++)
		ord->late_offset = ev->offset;
}

int kp_order_push(struct kp_order *ord, const struct kp_event *ev)
{
	struct kp_event borrowed;
	int err;

	if (KP_LIKELY(ev->valid & KP_HAS_TIME)) {
		ord->last_key = ev->time_ns;
		if (ev->time_ns > ord->max_key)
			ord->max_key = ev->time_ns;
	} else {
		borrowed = *ev;
		borrowed.time_ns = ord->last_key;
		ev = &borrowed;
	}
	if (KP_UNLIKELY(ord->popped && ev->time_ns < ord->popped_key))
		note_late(ord, ev);
	if (!last_run_takes(ord, ev->time_ns)) {
		err = turn_to_run(ord, ev);
		if (err)
			return err;
	}
	return push_to(ord, ord->last, ev);
}

struct kp_block *kp_order_spare(struct kp_order *ord)
{
	return kp_store_take(&ord->store);
}

/*
 * May the rounds in @b, which is in order, as well be told first and all of its events queued then?
 * Yes, when none is older than what the rounds before it let go.
 */
static bool rounds_fit(const struct kp_order *ord, const struct kp_block *b)
{
	uint64_t allow = 0, round = ord->round;
	uint32_t i, at;

	for (i = 0; i < b->nr_rounds; i++) {
		at = b->round[i];
		allow = round;
		round = at ? kp_max_u64(ord->max_key, b->ev[at - 1].time_ns) : ord->max_key;
		if (at < b->nr && b->ev[at].time_ns < allow)
			return false;
	}
	return true;
}

static void adopt_rounds(struct kp_order *ord, const struct kp_block *b)
{
	uint32_t i, at;

	for (i = 0; i < b->nr_rounds; i++) {
		at = b->round[i];
		ord->allow = ord->round;
		ord->round = at ? kp_max_u64(ord->max_key, b->ev[at - 1].time_ns) : ord->max_key;
	}
}

/* All of @b is in order, has times, and is not late. */
static int adopt(struct kp_order *ord, struct kp_block *b)
{
	const struct kp_event *first = &b->ev[0];
	int err;

	if (!last_run_takes(ord, first->time_ns)) {
		err = turn_to_run(ord, first);
		if (err) {
			kp_store_back(&ord->store, b);
			return err;
		}
	}
	ord->last_key = ord->tail[ord->last] = b->newest_ns;
	ord->max_key = kp_max_u64(ord->max_key, b->newest_ns);
	kp_run_adopt(&ord->store, &ord->run[ord->last], b);
	return KP_UNLIKELY(ord->store.used > ord->store.budget) ? spill(ord) : 0;
}

/* Event by event, up to the next round or the end. As kp_order_give() */
static int push_part(struct kp_order *ord, struct kp_block **block)
{
	struct kp_block *b = *block;
	bool round = b->rounds_done < b->nr_rounds;
	uint32_t end = round ? b->round[b->rounds_done] : b->nr;
	int err = 0;

	for (; b->head < end && !err; b->head++)
		err = kp_order_push(ord, &b->ev[b->head]);
	if (round && !err) {
		b->rounds_done++;
		kp_order_round(ord);
	}
	if (err || (b->head == b->nr && b->rounds_done == b->nr_rounds)) {
		kp_store_back(&ord->store, b);
		*block = NULL;
	}
	return err ? err : round;
}

/* Blocks that are nearly empty would take memory for full ones. */
int kp_order_give(struct kp_order *ord, struct kp_block **block)
{
	struct kp_block *b = *block;
	bool late = b->nr && ord->popped && b->ev[0].time_ns < ord->popped_key;
	int err;

	if (b->rounds_done || b->nr < KP_BLOCK_EVENTS / 4 || b->mixed || late ||
	    !rounds_fit(ord, b))
		return push_part(ord, block);
	*block = NULL;
	adopt_rounds(ord, b);
	err = adopt(ord, b);
	return err ? err : b->nr_rounds > 0;
}

void kp_order_round(struct kp_order *ord)
{
	ord->allow = ord->round;
	ord->round = ord->max_key;
}

void kp_order_flush(struct kp_order *ord)
{
	ord->allow = UINT64_MAX;
}

void kp_order_limit(struct kp_order *ord, uint64_t time_ns)
{
	ord->allow = time_ns ? time_ns - 1 : 0;
}

/* Events of the first run up to here come before those of all others. */
static struct head span_limit(const struct kp_order *ord)
{
	struct head limit = { .key = ord->allow, .offset = UINT64_MAX };
	uint32_t i;

	for (i = 1; i < ord->nr_heap && i < 3; i++)
		if (before(&ord->heap[i], &limit))
			limit = ord->heap[i];
	return limit;
}

static bool beyond(const struct kp_event *ev, const struct head *limit)
{
	return ev->time_ns >= limit->key &&
	       (ev->time_ns > limit->key || ev->offset > limit->offset);
}

/* How many events of @b may go, at most @max; times that were borrowed go back on the way. */
static uint32_t span_length(struct kp_block *b, const struct head *limit, uint32_t max)
{
	struct kp_event *ev = &b->ev[b->head];
	uint32_t n, left = (uint32_t)kp_min_u64(b->nr - b->head, max);

	/* as a rule all of them, and then there is no need to touch them here */
	if (!b->mixed && !beyond(&ev[left - 1], limit))
		return left;
	for (n = 0; n < left && !beyond(ev, limit); n++, ev++)
		if (KP_UNLIKELY(!(ev->valid & KP_HAS_TIME)))
			ev->time_ns = 0;
	return n;
}

static int take_span(struct kp_order *ord, uint32_t max, const struct kp_event **events, size_t *nr)
{
	const struct head *first = ord->heap;
	struct head limit;
	struct kp_event *ev;
	struct kp_run *run;
	uint64_t newest;
	uint32_t n;
	int ret;

	if (ord->lent)
		kp_block_put(&ord->store, ord->lent);
	ord->lent = NULL;
	if (!ord->nr_heap || first->key > ord->allow)
		return 0;
	run = &ord->run[first->run];
	ret = kp_run_head(&ord->store, run, &ev);
	if (KP_UNLIKELY(ret <= 0))
		return ret;
	limit = span_limit(ord);
	newest = first->key;
	n = span_length(run->front, &limit, max);
	*events = ev;
	*nr = n;
	if (ev[n - 1].valid & KP_HAS_TIME)
		newest = ev[n - 1].time_ns;
	ord->popped = true;
	ord->popped_key = kp_max_u64(ord->popped_key, newest);
	ord->lent = kp_run_take(run, n);
	ret = advance(ord, ord->heap, &ord->nr_heap);
	return ret ? ret : 1;
}

int kp_order_span(struct kp_order *ord, const struct kp_event **events, size_t *nr)
{
	return take_span(ord, UINT32_MAX, events, nr);
}

int kp_order_pop(struct kp_order *ord, struct kp_event *ev)
{
	const struct kp_event *first;
	size_t nr;
	int ret = take_span(ord, 1, &first, &nr);

	if (ret > 0)
		*ev = *first;
	return ret;
}

uint64_t kp_order_late(const struct kp_order *ord, uint64_t *offset)
{
	*offset = ord->late_offset;
	return ord->late;
}
