// SPDX-License-Identifier: GPL-2.0-only
/*
 * input_test.c - src/data/input.c: the window shows the bytes of the file, whoever reads them: it,
 * another thread ahead of it, or both by turns.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/input.h"

#define FILE_SIZE (5u * KP_INPUT_SIZE + 12345)

static uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)(offset * 2654435761u >> 13);
}

static int make_file(void)
{
	char path[] = "/tmp/kvmpmu-input-XXXXXX";
	uint8_t *bytes = malloc(FILE_SIZE);
	int fd = mkstemp(path);
	uint64_t i;

	assert_non_null(bytes);
	assert_true(fd >= 0);
	unlink(path);
	for (i = 0; i < FILE_SIZE; i++)
		bytes[i] = byte_at(i);
	assert_int_equal(write(fd, bytes, FILE_SIZE), FILE_SIZE);
	free(bytes);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* The next @nr bytes of the window are those at @offset of the file. */
static void check_bytes(struct kp_input *in, uint64_t offset, size_t nr)
{
	size_t i;

	assert_int_equal(kp_input_offset(in), offset);
	for (i = 0; i<nr; i += nr> 64 ? 61 : 1)
		if (in->cur[i] != byte_at(offset + i))
			fail_msg("byte %ju is wrong", (uintmax_t)(offset + i));
}

/*
 * Records of any size up to what one may have, from @at to @end; now and then some of the next
 * pieces were read ahead, as @ahead says: of 8 times so often.
 */
static void walk(struct kp_input *in, uint64_t at, uint64_t end, unsigned int ahead, uint64_t seed)
{
	size_t want;
	int ret;

	while (at < end) {
		while (next_random(&seed) % 8 < ahead)
			kp_input_ahead(in);
		want = next_random(&seed) % 4 ? next_random(&seed) % 200 + 8
					      : next_random(&seed) % UINT16_MAX + 8;
		ret = kp_input_fill(in, want);
		assert_int_equal(ret, end - at >= want);
		want = kp_min_u64(want, end - at);
		check_bytes(in, at, want);
		in->cur += want;
		at += want;
	}
	assert_int_equal(kp_input_fill(in, 1), 0);
}

static void test_ahead(void **state)
{
	struct kp_input in;
	unsigned int ahead;
	uint64_t seed;

	for (ahead = 0; ahead < 8; ahead++) {
		for (seed = 0; seed < 20; seed++) {
			assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
			/* as the reader does: first the header, then from somewhere on */
			assert_int_equal(kp_input_fill(&in, 16), 1);
			check_bytes(&in, 0, 16);
			kp_input_ahead(&in);
			assert_int_equal(kp_input_seek(&in, 100, UINT64_MAX), 0);
			walk(&in, 100, FILE_SIZE, ahead, seed);
			kp_input_free(&in);
		}
	}
}

/* A section ends before the file does: nothing behind it may show. */
static void test_section(void **state)
{
	const uint64_t from = 5000, size = 2 * KP_INPUT_SIZE + 77;
	struct kp_input in;
	unsigned int ahead;

	for (ahead = 0; ahead < 8; ahead++) {
		assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
		assert_int_equal(kp_input_seek(&in, from, size), 0);
		walk(&in, from, from + size, ahead, ahead);
		kp_input_free(&in);
	}
}

static void test_switch(void **state)
{
	struct kp_input in;

	assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
	assert_int_equal(kp_input_seek(&in, 0, UINT64_MAX), 0);
	walk(&in, 0, FILE_SIZE, 3, 1);
	kp_input_switch(&in, make_file());
	walk(&in, 0, FILE_SIZE, 3, 2);
	kp_input_free(&in);
}

static void test_skip(void **state)
{
	const uint64_t skip = 3 * KP_INPUT_SIZE + 1;
	struct kp_input in;

	assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
	assert_int_equal(kp_input_seek(&in, 0, UINT64_MAX), 0);
	assert_true(kp_input_ahead(&in));
	assert_true(kp_input_ahead(&in));
	assert_int_equal(kp_input_skip(&in, skip), 1);
	walk(&in, skip, FILE_SIZE, 2, 3);
	kp_input_free(&in);
}

/* Pieces that begin elsewhere, as after a read() that gave less than it could, are not used. */
static void test_elsewhere(void **state)
{
	struct kp_input in;
	size_t have;

	assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
	assert_int_equal(kp_input_fill(&in, 1), 1);
	in.ahead.next += 1000;
	assert_true(kp_input_ahead(&in));
	assert_true(kp_input_ahead(&in));
	have = (size_t)(in.end - in.cur);
	in.cur += have;
	assert_int_equal(kp_input_fill(&in, 100), 1);
	check_bytes(&in, have, 100);
	/* the next ones are where they are wanted */
	assert_true(kp_input_ahead(&in));
	assert_int_equal(in.ahead.nr, 1);
	assert_int_equal(in.ahead.piece[in.ahead.first].offset, in.end_off);
	walk(&in, have, FILE_SIZE, 3, 4);
	kp_input_free(&in);
}

/* No room is no reason to wait, and a pipe has nothing that could be read ahead. */
static void test_none(void **state)
{
	struct kp_input in;
	int fds[2], i;

	assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
	for (i = 0; i < KP_AHEAD_NR; i++)
		assert_true(kp_input_ahead(&in));
	assert_false(kp_input_ahead(&in));
	kp_input_free(&in);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "0123456789", 10), 10);
	close(fds[1]);
	assert_int_equal(kp_input_init(&in, fds[0], 0), 0);
	assert_false(kp_input_ahead(&in));
	assert_int_equal(kp_input_fill(&in, 10), 1);
	assert_memory_equal(in.cur, "0123456789", 10);
	kp_input_free(&in);
}

/* Standard input may stand anywhere: what comes is what follows, as from a pipe. */
static void test_begun(void **state)
{
	int fd = make_file();
	struct kp_input in;

	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	assert_int_equal(kp_input_init(&in, fd, 0), 0);
	assert_false(kp_input_ahead(&in));
	assert_int_equal(kp_input_fill(&in, 10), 1);
	assert_int_equal(in.cur[0], byte_at(1000));
	kp_input_free(&in);
}

struct helper {
	struct kp_input *in;
	atomic_bool stop;
	atomic_uint pieces;
};

static void *help(void *arg)
{
	struct helper *h = arg;

	while (!h->stop)
		h->pieces += kp_input_ahead(h->in);
	return NULL;
}

static void test_threads(void **state)
{
	struct kp_input in;
	struct helper h = { .in = &in };
	pthread_t thread;
	uint64_t seed;

	for (seed = 0; seed < 20; seed++) {
		assert_int_equal(kp_input_init(&in, make_file(), 0), 0);
		assert_int_equal(kp_input_seek(&in, seed, UINT64_MAX), 0);
		h.stop = false;
		h.pieces = 0;
		assert_int_equal(pthread_create(&thread, NULL, help, &h), 0);
		while (!h.pieces) /* until it is there: it has four buffers to fill */
			sched_yield();
		walk(&in, seed, FILE_SIZE, 0, seed);
		h.stop = true;
		pthread_join(thread, NULL);
		kp_input_free(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ahead),  cmocka_unit_test(test_section),
		cmocka_unit_test(test_switch), cmocka_unit_test(test_skip),
		cmocka_unit_test(test_none),   cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_begun),  cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
