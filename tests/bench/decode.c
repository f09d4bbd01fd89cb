// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - what one event costs in the decoder and in the queue, in ns of CPU time. Keeps
 * the records of a recording in memory, so that only the work in question is timed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode.h"
#include "lib/vec.h"

#define ROUNDS_NS 300000000ull

struct records {
	KP_VEC(struct kp_raw) list;
	KP_VEC(char *) copies;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * KP_NSEC_PER_SEC + (uint64_t)t.tv_nsec;
}

static int keep(struct records *r, const struct kp_raw *raw)
{
	struct kp_raw mine = *raw;
	char *copy = malloc(raw->size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, raw->data, raw->size);
	mine.data = copy;
	return kp_vec_push(&r->copies, copy) ? -ENOMEM : kp_vec_push(&r->list, mine);
}

/* Records of one kind of event (KP_EV_MAX: all), decoded again and again. */
static void bench_decode(struct kp_decoder *dec, const struct records *all, uint16_t kind,
			 const char *what)
{
	struct records some = { 0 };
	uint64_t start, n = 0, spent;
	const struct kp_raw *raw;
	struct kp_event ev;

	kp_vec_for_each (raw, &all->list)
		if (kp_decode(dec, raw, &ev) == KP_DECODE_EVENT &&
		    (kind == KP_EV_MAX || ev.kind == kind) && kp_vec_push(&some.list, *raw))
			return;
	if (some.list.nr) {
		start = now_ns();
		do {
			kp_vec_for_each (raw, &some.list)
				n += kp_decode(dec, raw, &ev) == KP_DECODE_EVENT;
			spent = now_ns() - start;
		} while (spent < ROUNDS_NS);
		printf("decode  %-24s %6.1f ns an event (%zu different)\n", what,
		       (double)spent / (double)n, some.list.nr);
	}
	kp_vec_free(&some.list);
}

/* @runs rings, each sorted, drained in turns of @burst events; a round after each turn of all. */
static void bench_order(uint32_t runs, uint32_t burst)
{
	uint64_t start, clock = 1, n = 0, spent = 0, popped = 0;
	struct kp_event ev = { .valid = KP_HAS_TIME };
	const struct kp_event *span;
	struct kp_order *ord;
	uint64_t sum = 0;
	uint32_t run, i;
	size_t nr;
	int ret;

	if (kp_order_new(NULL, &ord))
		return;
	start = now_ns();
	while (spent < ROUNDS_NS) {
		for (run = 0; run < runs; run++) {
			for (i = 0; i < burst; i++) {
				ev.time_ns = clock + (uint64_t)i * runs + run;
				ev.offset = n++;
				if (kp_order_push(ord, &ev))
					goto out;
			}
		}
		clock += (uint64_t)runs * burst;
		kp_order_round(ord);
		while ((ret = kp_order_span(ord, &span, &nr)) > 0)
			for (; nr; nr--, span++, popped++)
				sum += span->offset;
		spent = now_ns() - start;
	}
	printf("order   %3u runs of %-12u %6.1f ns an event, in and out\n", runs, burst,
	       (double)spent / (double)(popped ? popped : 1));
	if (sum == 1) /* so that the events are looked at */
		putchar('\n');
out:
	kp_order_free(ord);
}

int main(int argc, char **argv)
{
	struct records all = { 0 };
	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_raw raw;
	char err[256];
	size_t i;

	if (argc != 2 || kp_perfdata_open(argv[1], &src, err, sizeof(err))) {
		fprintf(stderr, "usage: decode PERF.DATA\n");
		return 1;
	}
	while (kp_source_next(src, &raw) > 0)
		if (keep(&all, &raw))
			return 1;
	kp_decoder_new(&src->meta, &dec);
	if (!dec)
		return 1;
	bench_decode(dec, &all, KP_EV_EXIT, "kvm_exit");
	bench_decode(dec, &all, KP_EV_ENTRY, "kvm_entry");
	bench_decode(dec, &all, KP_EV_HOST_WRMSR, "write_msr");
	bench_decode(dec, &all, KP_EV_MAX, "all");
	bench_order(1, 1000);
	bench_order(8, 1000);
	bench_order(64, 1000);
	kp_decoder_free(dec);
	kp_source_free(src);
	for (i = 0; i < all.copies.nr; i++)
		free(all.copies.at[i]);
	kp_vec_free(&all.copies);
	kp_vec_free(&all.list);
	return 0;
}
