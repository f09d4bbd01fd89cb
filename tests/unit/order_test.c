// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_test.c - src/decode/order.c against qsort: whatever comes in, in whatever memory, comes out
 * sorted by time, equal times in order of arrival; and perf's rule for rounds.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "lib/hash.h"

struct item {
	uint64_t time;
	uint64_t seq;
};

static int by_time(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static struct kp_event event(uint64_t time, uint64_t seq)
{
	return (struct kp_event){
		.time_ns = time, .offset = seq, .value = ~seq, .valid = time ? KP_HAS_TIME : 0
	};
}

static void push(struct kp_order *ord, uint64_t time, uint64_t seq)
{
	struct kp_event ev = event(time, seq);

	assert_int_equal(kp_order_push(ord, &ev), 0);
}

/* *@fill goes into the queue, and there is another one to fill. */
static void give(struct kp_order *ord, struct kp_block **fill)
{
	struct kp_block *b = *fill;

	if (!b->nr)
		return;
	*fill = kp_order_spare(ord);
	assert_non_null(*fill);
	assert_int_equal((*fill)->nr, 0);
	assert_int_equal(kp_order_give(ord, &b), 0);
	assert_null(b);
}

/* Into *@fill, which goes into the queue when it is full or had better go. */
static void put(struct kp_order *ord, struct kp_block **fill, uint64_t time, uint64_t seq)
{
	if ((*fill)->nr == KP_BLOCK_EVENTS)
		give(ord, fill);
	(*fill)->ev[(*fill)->nr] = event(time, seq);
	if (kp_block_breaks(*fill)) {
		give(ord, fill);
		(*fill)->ev[0] = event(time, seq);
	}
	kp_block_add(*fill);
}

/* Events are read one by one, or in spans with single ones between. */
struct reading {
	const struct kp_event *span;
	size_t nr;
	unsigned int turn;
	bool spans;
};

static int read_one(struct reading *r, struct kp_order *ord, struct kp_event *ev)
{
	int ret;

	if (!r->spans)
		return kp_order_pop(ord, ev);
	if (!r->nr && r->turn++ % 5 == 4)
		return kp_order_pop(ord, ev);
	if (!r->nr) {
		ret = kp_order_span(ord, &r->span, &r->nr);
		if (ret <= 0)
			return ret;
	}
	*ev = *r->span++;
	r->nr--;
	return 1;
}

static uint64_t late(const struct kp_order *ord)
{
	uint64_t offset;

	return kp_order_late(ord, &offset);
}

static void put_all(struct kp_order *ord, const struct item *items, size_t nr, bool blocks)
{
	struct kp_block *fill = kp_block_new();
	size_t i;

	assert_non_null(fill);
	for (i = 0; i < nr; i++) {
		if (blocks)
			put(ord, &fill, items[i].time, items[i].seq);
		else
			push(ord, items[i].time, items[i].seq);
	}
	give(ord, &fill);
	kp_block_free(fill);
}

/* Everything in, then everything out, compared with qsort. */
static void check_all(const struct item *items, size_t nr, size_t budget, bool spans, bool blocks)
{
	const struct kp_order_opts opts = { .budget_bytes = budget };
	struct item *sorted = malloc(nr * sizeof(*sorted));
	struct reading reading = { .spans = spans };
	struct kp_order *ord;
	struct kp_event ev;
	size_t i;

	assert_non_null(sorted);
	memcpy(sorted, items, nr * sizeof(*sorted));
	qsort(sorted, nr, sizeof(*sorted), by_time);
	assert_int_equal(kp_order_new(&opts, &ord), 0);
	put_all(ord, items, nr, blocks);
	assert_int_equal(kp_order_pop(ord, &ev), 0);
	kp_order_flush(ord);
	for (i = 0; i < nr; i++) {
		assert_int_equal(read_one(&reading, ord, &ev), 1);
		assert_int_equal(ev.time_ns, sorted[i].time);
		assert_int_equal(ev.offset, sorted[i].seq);
		assert_int_equal(ev.value, ~sorted[i].seq);
	}
	assert_int_equal(read_one(&reading, ord, &ev), 0);
	assert_int_equal(late(ord), 0);
	kp_order_free(ord);
	free(sorted);
}

#define NR 60000

static struct item *items(void)
{
	struct item *it = calloc(NR, sizeof(*it));
	size_t i;

	assert_non_null(it);
	for (i = 0; i < NR; i++)
		it[i].seq = i;
	return it;
}

static const size_t budgets[] = { 0, 1, 1 << 20 };

static void check_budgets(struct item *it, size_t nr)
{
	size_t i;

	for (i = 0; i < 4 * KP_ARRAY_SIZE(budgets); i++)
		check_all(it, nr, budgets[i / 4], i % 2, i / 2 % 2);
	free(it);
}

static void test_sorted(void **state)
{
	struct item *it = items();
	size_t i;

	for (i = 0; i < NR; i++)
		it[i].time = 1000 + i / 3;
	check_budgets(it, NR);
}

static void test_reverse(void **state)
{
	struct item *it = items();
	size_t i;

	for (i = 0; i < NR; i++)
		it[i].time = 1 + NR - i;
	check_budgets(it, NR);
}

static void test_random(void **state)
{
	struct item *it = items();
	size_t i;

	for (i = 0; i < NR; i++)
		it[i].time = 1 + kp_hash_mix(i) % 5000;
	check_budgets(it, NR);
}

/* 300 rings, more than there are runs, drained in turns of 50 events */
static void test_rings(void **state)
{
	struct item *it = items();
	uint64_t clock[300];
	size_t i, ring = 0;

	for (i = 0; i < KP_ARRAY_SIZE(clock); i++)
		clock[i] = 1 + kp_hash_mix(i) % 100;
	for (i = 0; i < NR; i++) {
		if (i % 50 == 0)
			ring = (ring + 1) % KP_ARRAY_SIZE(clock);
		clock[ring] += kp_hash_mix(i) % 200;
		it[i].time = clock[ring];
	}
	check_budgets(it, NR);
}

static void test_all_equal(void **state)
{
	struct item *it = items();
	size_t i;

	for (i = 0; i < NR; i++)
		it[i].time = 7;
	check_budgets(it, NR);
}

static void expect(struct kp_order *ord, uint64_t time, uint64_t seq)
{
	struct kp_event ev;

	assert_int_equal(kp_order_pop(ord, &ev), 1);
	assert_int_equal(ev.time_ns, time);
	assert_int_equal(ev.offset, seq);
}

static void expect_none(struct kp_order *ord)
{
	struct kp_event ev;

	assert_int_equal(kp_order_pop(ord, &ev), 0);
}

/* What is no newer than the newest of the round before may go. */
static void test_rounds(void **state)
{
	struct kp_order *ord;
	uint64_t offset;

	assert_int_equal(kp_order_new(NULL, &ord), 0);
	push(ord, 10, 0);
	push(ord, 20, 1);
	push(ord, 5, 2);
	kp_order_round(ord);
	expect_none(ord);
	push(ord, 15, 3);
	push(ord, 30, 4);
	kp_order_round(ord);
	expect(ord, 5, 2);
	expect(ord, 10, 0);
	expect(ord, 15, 3);
	expect(ord, 20, 1);
	expect_none(ord);
	push(ord, 12, 5); /* too late: perf's rule was broken by the writer */
	assert_int_equal(kp_order_late(ord, &offset), 1);
	assert_int_equal(offset, 5);
	kp_order_round(ord);
	expect(ord, 12, 5);
	expect(ord, 30, 4);
	expect_none(ord);
	kp_order_free(ord);
}

static void test_limit(void **state)
{
	struct kp_order *ord;

	assert_int_equal(kp_order_new(NULL, &ord), 0);
	push(ord, 10, 0);
	push(ord, 20, 1);
	kp_order_limit(ord, 20);
	expect(ord, 10, 0);
	expect_none(ord);
	kp_order_limit(ord, 21);
	expect(ord, 20, 1);
	expect_none(ord);
	kp_order_free(ord);
	kp_order_free(NULL);
}

/*
 * An event without a time stays behind the one it followed, and still has no time when it comes
 * out.
 */
static void test_no_time(void **state)
{
	struct kp_order *ord;

	assert_int_equal(kp_order_new(NULL, &ord), 0);
	push(ord, 0, 0);
	push(ord, 10, 1);
	push(ord, 0, 2);
	push(ord, 5, 3);
	push(ord, 0, 4);
	push(ord, 20, 5);
	kp_order_flush(ord);
	expect(ord, 0, 0);
	expect(ord, 5, 3);
	expect(ord, 0, 4);
	expect(ord, 10, 1);
	expect(ord, 0, 2);
	expect(ord, 20, 5);
	kp_order_free(ord);
}

/* Blocks do what pushes do, too, where an event has no time, is late, or another ring begins. */
static void test_blocks(void **state)
{
	struct kp_block *fill = kp_block_new();
	struct kp_order *ord;
	uint64_t i;

	assert_non_null(fill);
	assert_int_equal(kp_order_new(NULL, &ord), 0);
	for (i = 0; i < 100; i++)
		put(ord, &fill, 1000 + 2 * i, i);
	for (i = 0; i < 100; i++)
		put(ord, &fill, 1001 + 2 * i, 100 + i);
	assert_int_equal(fill->nr, 100); /* the first ring has gone */
	assert_false(fill->mixed);
	put(ord, &fill, 0, 200);
	assert_true(fill->mixed);
	give(ord, &fill);
	kp_order_round(ord);
	kp_order_round(ord);
	for (i = 0; i < 100; i++) {
		expect(ord, 1000 + 2 * i, i);
		expect(ord, 1001 + 2 * i, 100 + i);
	}
	expect(ord, 0, 200);
	for (i = 0; i < KP_BLOCK_EVENTS; i++)
		put(ord, &fill, 1100 + i, 300 + i);
	give(ord, &fill);
	assert_int_equal(late(ord), 99); /* 1100 to 1198; 1199 was the last to go */
	kp_order_flush(ord);
	for (i = 0; i < KP_BLOCK_EVENTS; i++)
		expect(ord, 1100 + i, 300 + i);
	expect_none(ord);
	kp_block_free(fill);
	kp_order_free(ord);
}

/* A stream with rounds in it: rings of random size, some of them behind the time or without one. */
#define STREAM_NR 60000

struct step {
	uint64_t time;
	bool round; /* before the event */
};

static void make_stream(struct step *steps, uint64_t seed, uint32_t round_every, bool disorder)
{
	uint64_t base = 1000000, ring = base, r;
	size_t i;

	for (i = 0; i < STREAM_NR; i++) {
		r = kp_hash_mix(seed + i);
		steps[i].round = r % round_every == 0;
		if (steps[i].round)
			base += 1000;
		if (r >> 20 & 1 ? r >> 21 % 97 == 0 : steps[i].round)
			ring = base + (r >> 32) % 500;
		ring += r >> 40 & 3;
		steps[i].time = disorder && r >> 50 == 5 ? ring - 3000 : ring;
		if (disorder && r >> 50 == 6)
			steps[i].time = 0;
	}
}

static size_t pop_all(struct kp_order *ord, struct item *out)
{
	struct kp_event ev;
	size_t nr = 0;

	while (kp_order_pop(ord, &ev) > 0)
		out[nr++] = (struct item){ .time = ev.time_ns, .seq = ev.offset };
	return nr;
}

static size_t run_pushes(const struct step *steps, struct item *out, uint64_t *nr_late)
{
	struct kp_order *ord;
	size_t i, nr = 0;

	assert_int_equal(kp_order_new(NULL, &ord), 0);
	for (i = 0; i < STREAM_NR; i++) {
		if (steps[i].round) {
			kp_order_round(ord);
			nr += pop_all(ord, out + nr);
		}
		push(ord, steps[i].time, i);
	}
	kp_order_flush(ord);
	nr += pop_all(ord, out + nr);
	*nr_late = late(ord);
	kp_order_free(ord);
	return nr;
}

static size_t give_and_pop(struct kp_order *ord, struct kp_block **fill, struct item *out)
{
	struct kp_block *b = *fill;
	size_t nr = 0;
	int ret;

	*fill = kp_order_spare(ord);
	assert_non_null(*fill);
	while (b) {
		ret = kp_order_give(ord, &b);
		assert_true(ret >= 0);
		if (ret > 0)
			nr += pop_all(ord, out + nr);
	}
	return nr;
}

static size_t run_blocks(const struct step *steps, struct item *out, uint64_t *nr_late)
{
	struct kp_block *fill = kp_block_new();
	struct kp_order *ord;
	size_t i, nr = 0;

	assert_non_null(fill);
	assert_int_equal(kp_order_new(NULL, &ord), 0);
	for (i = 0; i < STREAM_NR; i++) {
		if (steps[i].round && !kp_block_round(fill))
			nr += give_and_pop(ord, &fill, out + nr);
		if (fill->nr == KP_BLOCK_EVENTS)
			nr += give_and_pop(ord, &fill, out + nr);
		fill->ev[fill->nr] = event(steps[i].time, i);
		if (kp_block_breaks(fill)) {
			nr += give_and_pop(ord, &fill, out + nr);
			fill->ev[0] = event(steps[i].time, i);
		}
		kp_block_add(fill);
	}
	nr += give_and_pop(ord, &fill, out + nr);
	kp_order_flush(ord);
	nr += pop_all(ord, out + nr);
	*nr_late = late(ord);
	kp_order_free(ord);
	kp_block_free(fill);
	return nr;
}

/* Rounds that come inside of blocks let go the same events in the same order. */
static void test_rounds_in_blocks(void **state)
{
	static const uint32_t every[] = { 3, 40, 150, 2000 };
	struct step *steps = calloc(STREAM_NR, sizeof(*steps));
	struct item *a = calloc(STREAM_NR, sizeof(*a)), *b = calloc(STREAM_NR, sizeof(*b));
	uint64_t late_a, late_b, late_sum = 0;
	size_t i, k;

	assert_true(steps && a && b);
	for (i = 0; i < 2 * KP_ARRAY_SIZE(every); i++) {
		make_stream(steps, i * STREAM_NR, every[i / 2], i & 1);
		assert_int_equal(run_pushes(steps, a, &late_a), STREAM_NR);
		assert_int_equal(run_blocks(steps, b, &late_b), STREAM_NR);
		for (k = 0; k < STREAM_NR; k++)
			if (a[k].seq != b[k].seq || a[k].time != b[k].time)
				fail_msg("stream %zu: event %zu is %ju, not %ju", i, k,
					 (uintmax_t)b[k].seq, (uintmax_t)a[k].seq);
		assert_int_equal(late_a, late_b);
		late_sum += late_a;
	}
	assert_true(late_sum > 100);
	free(steps);
	free(a);
	free(b);
}

/* In and out mixed, with a random clock and rounds: nothing lost, order kept between late ones. */
static void test_mixed(void **state)
{
	const struct kp_order_opts opts = { .budget_bytes = 1 };
	uint64_t base = 1000000, sum_in = 0, sum_out = 0, last = 0;
	struct kp_order *ord;
	struct kp_event ev;
	size_t i;

	assert_int_equal(kp_order_new(&opts, &ord), 0);
	for (i = 0; i < 200000; i++) {
		push(ord, base + kp_hash_mix(i) % 100000, i);
		sum_in += i;
		base += 10;
		if (i % 20000 == 19999) {
			kp_order_round(ord);
			while (kp_order_pop(ord, &ev) == 1) {
				assert_true(ev.time_ns >= last);
				last = ev.time_ns;
				sum_out += ev.offset;
			}
		}
	}
	kp_order_flush(ord);
	while (kp_order_pop(ord, &ev) == 1) {
		assert_true(ev.time_ns >= last);
		last = ev.time_ns;
		sum_out += ev.offset;
	}
	assert_int_equal(sum_in, sum_out);
	assert_int_equal(late(ord), 0);
	kp_order_free(ord);
}

static void test_spill_error(void **state)
{
	const struct kp_order_opts opts = { .budget_bytes = 1 };
	struct kp_event ev = { .valid = KP_HAS_TIME };
	struct kp_order *ord;
	int err = 0;

	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(kp_order_new(&opts, &ord), 0);
	for (ev.time_ns = 1; ev.time_ns < 100000 && !err; ev.time_ns++)
		err = kp_order_push(ord, &ev);
	assert_int_equal(err, -ENOENT);
	kp_order_free(ord);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),	  cmocka_unit_test(test_reverse),
		cmocka_unit_test(test_random),	  cmocka_unit_test(test_rings),
		cmocka_unit_test(test_all_equal), cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_limit),	  cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_mixed),	  cmocka_unit_test(test_spill_error),
		cmocka_unit_test(test_blocks),	  cmocka_unit_test(test_rounds_in_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
