// SPDX-License-Identifier: GPL-2.0-only
/*
 * live_test.c - src/collect/live.c on the running kernel: page faults of this process, which are
 * exact, through rings so small that records run over their ends. Needs no privileges where
 * perf_event_paranoid lets users count their own programs.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan.h"

#define PAGES 3000

struct setup {
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_plan *plan;
	struct kp_live *live;
};

static int no_id(void *ctx, const char *system, const char *name)
{
	(void)ctx;
	(void)system;
	(void)name;
	return -ENOENT;
}

static void open_live(struct setup *s, bool overwrite, uint32_t pages)
{
	struct kp_request_event event = { .spec = "page-faults:u" };
	struct kp_tracepoint_db tps = { .id = no_id };
	pid_t pid = getpid();
	struct kp_request req = { .events = &event,
				  .nr_events = 1,
				  .target = KP_TARGET_TIDS,
				  .ids = &pid,
				  .nr_ids = 1,
				  .period = 1,
				  .mmap_pages = pages,
				  .no_inherit = true,
				  .overwrite = overwrite };
	char err[512];
	int ret;

	memset(s, 0, sizeof(*s));
	assert_int_equal(kp_sysroot_open(NULL, &s->root), 0);
	assert_int_equal(kp_host_collect(s->root, KP_HOST_CPU | KP_HOST_KVM, &s->host), 0);
	assert_int_equal(kp_plan_make(&req, s->host, &tps, &s->plan, err, sizeof(err)), 0);
	ret = kp_live_open(s->plan, s->host, true, &s->live, err, sizeof(err));
	if (ret) {
		kp_plan_free(s->plan);
		kp_host_free(s->host);
		kp_sysroot_free(s->root);
		if (ret != -EPERM && ret != -ENOSYS)
			fail_msg("%s", err);
		kp_skip("perf events may not be opened here: %s", err);
	}
}

static void close_live(struct setup *s)
{
	kp_live_free(s->live);
	kp_plan_free(s->plan);
	kp_host_free(s->host);
	kp_sysroot_free(s->root);
}

/* Touch fresh pages: one fault each, also where huge pages are on. */
static void fault(size_t nr)
{
	size_t i, size = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, nr * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	madvise(p, nr * size, MADV_NOHUGEPAGE);
	for (i = 0; i < nr; i++)
		p[i * size] = 1;
	munmap(p, nr * size);
}

struct tally {
	uint64_t samples, other, bytes;
	uint64_t last_time;
	bool backwards;
};

/* header, identifier, address, tid, time: as the plan lays samples out */
static void tally_record(struct tally *t, const struct perf_event_header *hdr)
{
	const uint64_t *words = (const void *)hdr;

	t->bytes += hdr->size;
	if (hdr->type != PERF_RECORD_SAMPLE) {
		t->other++;
		return;
	}
	t->samples++;
	t->backwards |= words[4] < t->last_time;
	t->last_time = words[4];
}

static int tally_span(void *ctx, const void *data, size_t size)
{
	const char *p = data, *end = p + size;

	for (; p < end; p += ((const struct perf_event_header *)p)->size) {
		assert_true((size_t)(end - p) >= sizeof(struct perf_event_header));
		assert_true(((const struct perf_event_header *)p)->size <= (size_t)(end - p));
		tally_record(ctx, (const struct perf_event_header *)p);
	}
	return 0;
}

static void test_drain(void **state)
{
	struct tally t = { 0 };
	struct setup s;
	size_t i;

	(void)state;
	open_live(&s, false, 2);
	assert_int_equal(kp_live_enable(s.live), 0);
	for (i = 0; i < PAGES / 20; i++) {
		fault(20);
		assert_true(kp_live_drain(s.live, tally_span, &t) >= 0);
	}
	kp_live_disable(s.live);
	assert_int_equal(kp_live_drain(s.live, tally_span, &t), 0);
	assert_true(t.samples >= PAGES);
	assert_int_equal(kp_live_samples(s.live), t.samples);
	assert_false(t.backwards);
	assert_true(t.bytes > 10 * 2 * (uint64_t)sysconf(_SC_PAGESIZE)); /* it went around */
	close_live(&s);
}

static void test_next(void **state)
{
	struct tally t = { 0 };
	struct kp_source *src;
	struct kp_raw raw;
	struct setup s;
	size_t i;
	int ret;

	(void)state;
	open_live(&s, false, 2);
	src = kp_live_source(s.live);
	assert_int_equal(kp_live_enable(s.live), 0);
	for (i = 0; i < PAGES / 20; i++) {
		fault(20);
		while ((ret = kp_source_next(src, &raw)) == 1) {
			assert_int_equal(raw.size,
					 ((const struct perf_event_header *)raw.data)->size);
			tally_record(&t, raw.data);
		}
		assert_int_equal(ret, 0);
	}
	assert_true(t.samples >= PAGES);
	assert_false(t.backwards);
	close_live(&s);
}

/* What does not fit is counted, by records or by the events themselves. */
static void test_lost(void **state)
{
	const struct kp_live_lost *lost;
	struct tally t = { 0 };
	struct setup s;
	size_t nr;

	(void)state;
	open_live(&s, false, 1);
	assert_int_equal(kp_live_enable(s.live), 0);
	fault(PAGES);
	kp_live_disable(s.live);
	assert_true(kp_live_drain(s.live, tally_span, &t) > 0);
	lost = kp_live_losts(s.live, &nr);
	assert_int_equal(nr, 1);
	assert_false(lost->has_cpu);
	if (!lost->lost)
		kp_skip("a kernel without PERF_FORMAT_LOST");
	assert_true(t.samples + lost->lost >= PAGES);
	assert_true(t.samples < PAGES);
	t.other = 0;
	assert_int_equal(kp_live_finish(s.live, tally_span, &t), 0);
	assert_int_equal(t.other, 1); /* no LOST record had told of it */
	close_live(&s);
}

static void test_overwrite(void **state)
{
	struct tally t = { 0 }, again = { 0 };
	struct setup s;

	(void)state;
	open_live(&s, true, 2);
	assert_int_equal(kp_live_enable(s.live), 0);
	fault(PAGES);
	kp_live_disable(s.live);
	assert_int_equal(kp_live_snapshot(s.live, tally_span, &t), 0);
	assert_true(t.samples > 50 && t.samples < PAGES);
	assert_false(t.backwards);
	assert_true(t.bytes <= 2 * (uint64_t)sysconf(_SC_PAGESIZE));
	assert_int_equal(kp_live_snapshot(s.live, tally_span, &again), 0);
	assert_int_equal(again.samples, t.samples);
	assert_int_equal(again.last_time, t.last_time); /* the newest are kept */
	close_live(&s);
}

static int refuse(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return -ENOSPC;
}

static void test_meta_and_errors(void **state)
{
	const struct kp_meta *meta;
	struct tally t = { 0 };
	struct setup s;

	(void)state;
	open_live(&s, false, 4);
	meta = &kp_live_source(s.live)->meta;
	assert_int_equal(meta->nr_attrs, 2);
	assert_string_equal(meta->attrs[0].name, "page-faults:u");
	assert_string_equal(meta->attrs[1].name, "dummy:HG");
	assert_int_equal(meta->attrs[0].nr_ids, 1);
	assert_int_equal(meta->attrs[1].nr_ids, 1);
	assert_int_not_equal(meta->attrs[0].ids[0], meta->attrs[1].ids[0]);
	assert_null(meta->tracing);
	assert_non_null(meta->osrelease);
	assert_int_equal(meta->topology.nr_cpus, meta->nr_cpus_avail);
	assert_false(meta->has_sample_time);
	assert_int_equal(kp_live_synthesize(s.live, tally_span, &t), 0);
	assert_true(t.other > 1 && !t.samples); /* our name and our mappings */
	kp_live_enable(s.live);
	fault(10);
	assert_int_equal(kp_live_drain(s.live, refuse, NULL), -ENOSPC);
	assert_true(meta->has_sample_time);
	assert_true(meta->sample_first_ns <= meta->sample_last_ns);
	assert_false(kp_live_ended(s.live));
	close_live(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_overwrite),
		cmocka_unit_test(test_meta_and_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
