// SPDX-License-Identifier: GPL-2.0-only
/*
 * plain_test.c - src/decode/plain.c: on every shipped recording what is decoded many at a time is
 * what comes record by record, by the short way and by the general one, with all fields and with
 * those that the model wants; damaged samples; which shapes there are.
 */
#include "kp_test.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decoder.h"
#include "model.h"

struct stream {
	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_block *b;
	uint64_t plain; /* events that came many at a time */
};

static void stream_open(struct stream *s, const char *path)
{
	char err[256];

	memset(s, 0, sizeof(*s));
	if (kp_perfdata_open(path, &s->src, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(kp_decoder_new(&s->src->meta, &s->dec), 0);
	s->b = kp_block_new();
	assert_non_null(s->b);
}

/* What report does. */
static void leave_unread(struct kp_decoder *dec)
{
	unsigned int kind;

	for (kind = 0; kind < KP_EV_MAX; kind++)
		kp_decoder_leave_out(dec, (enum kp_kind)kind, kp_model_unread((enum kp_kind)kind));
}

static void stream_close(struct stream *s)
{
	kp_block_free(s->b);
	kp_decoder_free(s->dec);
	kp_source_free(s->src);
}

/* Record by record. 1, 0: the end */
static int next_single(struct stream *s, struct kp_event *ev)
{
	struct kp_raw raw;

	for (;;) {
		if (kp_source_next(s->src, &raw) <= 0)
			return 0;
		if (kp_decode(s->dec, &raw, ev) == KP_DECODE_EVENT)
			return 1;
	}
}

static int next_general(struct stream *s, struct kp_event *ev)
{
	uint32_t i;

	for (i = 0; i < s->dec->nr_attrs; i++)
		s->dec->attrs[i].plain = KP_PLAIN_NOT;
	return next_single(s, ev);
}

static bool fill_plain(struct stream *s)
{
	struct kp_stretch at;
	const uint8_t *from;
	bool begun;
	size_t nr;

	s->b->head = s->b->nr = 0;
	s->b->newest_ns = 0;
	s->b->mixed = false;
	if (!s->src->ops->peek(s->src, &at))
		return false;
	from = at.data;
	nr = kp_decode_plain(s->dec, &at, s->b, &begun);
	s->src->ops->used(s->src, (size_t)(at.data - from));
	assert_int_equal(nr, s->b->nr + begun);
	s->b->nr = (uint32_t)nr;
	s->plain += nr;
	return nr;
}

static int next_plain(struct stream *s, struct kp_event *ev)
{
	if (s->b->head == s->b->nr && !fill_plain(s))
		return next_single(s, ev);
	*ev = s->b->ev[s->b->head++];
	return 1;
}

static void same_events(const char *path, bool lean,
			int (*next_a)(struct stream *, struct kp_event *),
			int (*next_b)(struct stream *, struct kp_event *), uint64_t *plain)
{
	struct kp_event ea, eb;
	struct stream a, b;
	int more;

	stream_open(&a, path);
	stream_open(&b, path);
	if (lean) {
		leave_unread(a.dec);
		leave_unread(b.dec);
	}
	while ((more = next_a(&a, &ea)) > 0) {
		memset(&eb, 0xff, sizeof(eb));
		assert_int_equal(next_b(&b, &eb), 1);
		if (memcmp(&ea, &eb, sizeof(ea)))
			fail_msg("%s: the event at 0x%jx differs", path, (uintmax_t)ea.offset);
	}
	assert_int_equal(next_b(&b, &eb), 0);
	*plain += a.plain + b.plain;
	stream_close(&a);
	stream_close(&b);
}

static void test_recordings(void **state)
{
	uint64_t plain = 0, none = 0;
	glob_t g;
	size_t i;

	assert_int_equal(glob(KP_TESTS_DIR "/data/*/perf.data", 0, NULL, &g), 0);
	assert_true(g.gl_pathc > 10);
	for (i = 0; i < g.gl_pathc; i++) {
		same_events(g.gl_pathv[i], false, next_single, next_plain, &plain);
		same_events(g.gl_pathv[i], false, next_single, next_general, &none);
		same_events(g.gl_pathv[i], true, next_single, next_plain, &plain);
		same_events(g.gl_pathv[i], true, next_single, next_general, &none);
	}
	assert_true(plain > 10000);
	assert_int_equal(none, 0);
	globfree(&g);
}

/*
 * The samples of a recording of perf record -c 1 as another recorder lays them out: without @drop,
 * of PERF_SAMPLE_IP and PERF_SAMPLE_PERIOD, or with an address.
 */
static size_t lay_out(const struct kp_raw *raw, uint64_t type, uint8_t *out)
{
	const uint8_t *p = raw->data;
	size_t n = 16;
	uint16_t size;

	memcpy(out, p, n); /* header, id */
	if (type & PERF_SAMPLE_IP)
		n = (size_t)((uint8_t *)mempcpy(out + n, p + 16, 8) - out);
	n = (size_t)((uint8_t *)mempcpy(out + n, p + 24, 16) - out); /* tid, time */
	if (type & PERF_SAMPLE_ADDR)
		n = (size_t)((uint8_t *)mempcpy(out + n, p + 16, 8) - out);
	n = (size_t)((uint8_t *)mempcpy(out + n, p + 40, 8) - out); /* cpu */
	if (type & PERF_SAMPLE_PERIOD)
		n = (size_t)((uint8_t *)mempcpy(out + n, p + 48, 8) - out);
	n = (size_t)((uint8_t *)mempcpy(out + n, p + 56, raw->size - 56) - out);
	size = (uint16_t)n;
	memcpy(out + 6, &size, sizeof(size));
	return n;
}

/* Decode @size bytes at @bytes, one sample, many at a time and singly. */
static void decode_both(struct kp_decoder *dec, const uint8_t *bytes, size_t size,
			const struct kp_event *want)
{
	static struct kp_block b;
	struct kp_stretch at = { .data = bytes, .size = size, .offset = want->offset };
	const struct kp_raw raw = { .data = bytes,
				    .size = (uint32_t)size,
				    .type = PERF_RECORD_SAMPLE,
				    .offset = want->offset };
	struct kp_event ev;
	bool begun;

	b.nr = 0;
	b.newest_ns = 0;
	assert_int_equal(kp_decode_plain(dec, &at, &b, &begun), 1);
	assert_int_equal(at.size, 0);
	assert_memory_equal(&b.ev[0], want, sizeof(*want));
	assert_int_equal(kp_decode(dec, &raw, &ev), KP_DECODE_EVENT);
	assert_memory_equal(&ev, want, sizeof(*want));
	/* the last byte of the raw data is missing */
	at = (struct kp_stretch){ .data = bytes, .size = size - 1 };
	b.nr = 0;
	assert_int_equal(kp_decode_plain(dec, &at, &b, &begun), 0);
}

static void check_layout(uint64_t type, enum kp_plain plain)
{
	static const char path[] = KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data";
	uint8_t bytes[512];
	struct kp_decoder *dec;
	struct stream s;
	struct kp_event ev;
	struct kp_raw raw;
	uint64_t seen = 0;
	uint32_t i;

	stream_open(&s, path);
	for (i = 0; i < s.src->meta.nr_attrs; i++) {
		s.src->meta.attrs[i].attr.sample_type = type;
		s.src->meta.attrs[i].attr.freq = 0;
		s.src->meta.attrs[i].attr.sample_period = 1;
	}
	assert_int_equal(kp_decoder_new(&s.src->meta, &dec), 0);
	while (kp_source_next(s.src, &raw) > 0) {
		if (raw.type != PERF_RECORD_SAMPLE)
			continue;
		assert_int_equal(kp_decode(s.dec, &raw, &ev), KP_DECODE_EVENT);
		if (s.dec->attrs[ev.attr].plain == KP_PLAIN_NOT)
			continue;
		assert_int_equal(s.dec->attrs[ev.attr].plain, KP_PLAIN_PERF);
		assert_int_equal(dec->attrs[ev.attr].plain, plain);
		assert_int_equal(ev.period, 1);
		ev.mode = KP_MODE_UNKNOWN;
		memset((uint8_t *)(uintptr_t)raw.data + 4, 0, 2);
		decode_both(dec, bytes, lay_out(&raw, type, bytes), &ev);
		seen++;
	}
	assert_true(seen > 1000);
	kp_decoder_free(dec);
	stream_close(&s);
}

/* Samples as kvmpmu record makes them go the short way too, and so do others. */
static void test_layouts(void **state)
{
	const uint64_t own = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
			     PERF_SAMPLE_CPU | PERF_SAMPLE_RAW;

	check_layout(own | PERF_SAMPLE_IP | PERF_SAMPLE_PERIOD, KP_PLAIN_PERF);
	check_layout(own, KP_PLAIN_OWN);
	check_layout(own | PERF_SAMPLE_IP, KP_PLAIN_OTHER);
	check_layout(own | PERF_SAMPLE_ADDR | PERF_SAMPLE_PERIOD, KP_PLAIN_OTHER);
}

static void check_left_out(const struct kp_event *all, const struct kp_event *some)
{
	struct kp_event want = *all;

	if (all->kind == KP_EV_EXIT) {
		want.value = want.ip = 0;
		want.valid &= ~(uint32_t)(KP_HAS_VALUE | KP_HAS_IP);
		assert_true(all->valid & KP_HAS_VALUE);
	}
	assert_memory_equal(&want, some, sizeof(want));
}

/* Fields of one kind of event, and nothing else; a record that is too short stays so. */
static void test_leave_out(void **state)
{
	static const char path[] = KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data";
	uint64_t exits = 0;
	struct kp_event ea, eb;
	struct stream a, b;
	uint32_t i;

	stream_open(&a, path);
	stream_open(&b, path);
	kp_decoder_leave_out(b.dec, KP_EV_EXIT, KP_HAS_VALUE | KP_HAS_IP);
	for (i = 0; i < a.dec->nr_attrs; i++)
		assert_int_equal(a.dec->attrs[i].prog.raw_min, b.dec->attrs[i].prog.raw_min);
	while (next_plain(&a, &ea) > 0) {
		assert_int_equal(next_plain(&b, &eb), 1);
		check_left_out(&ea, &eb);
		exits += ea.kind == KP_EV_EXIT;
	}
	assert_true(exits > 100);
	stream_close(&a);
	stream_close(&b);
}

/*
 * A sample of which some bytes are others: many at a time it is what it is by itself, or it is left
 * for kp_decode() to see. Returns how many events came out.
 */
static unsigned int check_damaged(struct kp_decoder *dec, const struct kp_raw *raw, uint64_t *seed)
{
	static struct kp_block b;
	struct kp_stretch at;
	struct kp_event want;
	uint8_t bytes[512];
	unsigned int i;
	bool begun;
	int ret;

	assert_in_range(raw->size, 8, sizeof(bytes));
	memcpy(bytes, raw->data, raw->size);
	for (i = 0; i < 3; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		/* not the header, of whose fields kp_raw has copies */
		bytes[8 + (*seed >> 33) % (raw->size - 8)] = (uint8_t)(*seed >> 24);
	}
	at = (struct kp_stretch){ .data = bytes, .size = raw->size, .offset = raw->offset };
	b.nr = 0;
	b.newest_ns = 0;
	b.mixed = false;
	if (!kp_decode_plain(dec, &at, &b, &begun))
		return 0;
	ret = kp_decode(dec,
			&(struct kp_raw){ .data = bytes,
					  .size = raw->size,
					  .type = raw->type,
					  .misc = raw->misc,
					  .offset = raw->offset },
			&want);
	assert_int_equal(ret, KP_DECODE_EVENT);
	assert_memory_equal(&b.ev[0], &want, sizeof(want));
	return 1;
}

static void check_all_damaged(const char *path)
{
	uint64_t seed = 1, events = 0, samples = 0;
	struct kp_raw raw;
	struct stream s;
	unsigned int i;

	stream_open(&s, path);
	leave_unread(s.dec);
	while (kp_source_next(s.src, &raw) > 0) {
		if (raw.type != PERF_RECORD_SAMPLE || raw.size > 512)
			continue;
		samples++;
		for (i = 0; i < 20; i++)
			events += check_damaged(s.dec, &raw, &seed);
	}
	/* of most bytes any value is good */
	assert_true(samples > 100 && events > samples);
	stream_close(&s);
}

static void test_damaged(void **state)
{
	check_all_damaged(KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data");
	check_all_damaged(KP_TESTS_DIR "/data/lab-arm64-vhe-guest/perf.data");
}

/* Values that a field of the sample can have but no event: the field is unknown then. */
static void test_odd_values(void **state)
{
	static const char path[] = KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data";
	struct kp_stretch at;
	const struct kp_attr_dec *a;
	const struct kp_shaped *sh;
	static struct kp_block b;
	struct kp_event *ev = &b.ev[0];
	uint8_t bytes[512], *data;
	uint64_t none = 0, odd = 0;
	struct kp_raw raw;
	struct stream s;
	bool begun;

	stream_open(&s, path);
	leave_unread(s.dec);
	while (kp_source_next(s.src, &raw) > 0) {
		if (raw.type != PERF_RECORD_SAMPLE || kp_decode(s.dec, &raw, ev) != KP_DECODE_EVENT)
			continue;
		a = &s.dec->attrs[ev->attr];
		sh = &a->shaped;
		if (sh->shape != KP_SHAPE_EXIT)
			continue;
		memcpy(bytes, raw.data, raw.size);
		data = bytes + a->layout.fixed_end + 4;
		memcpy(data + sh->at[KP_SHAPED_VCPU], &(uint32_t){ 0x10001 }, 4);
		data[sh->at[KP_SHAPED_ISA]] = KP_ISA_MAX;
		memcpy(bytes + a->layout.time, &none, 8);
		at = (struct kp_stretch){ .data = bytes, .size = raw.size };
		b.nr = 0;
		assert_int_equal(kp_decode_plain(s.dec, &at, &b, &begun), 1);
		assert_int_equal(ev->valid & (KP_HAS_VCPU | KP_HAS_ISA | KP_HAS_TIME), 0);
		assert_true(kp_event_has(ev, KP_HAS_CODE | KP_HAS_EXTRA | KP_HAS_TID));
		assert_int_equal(ev->isa, KP_ISA_UNKNOWN);
		odd++;
	}
	assert_true(odd > 100);
	stream_close(&s);
}

static enum kp_shape shape_of(const struct stream *s, const char *name)
{
	uint32_t i;

	for (i = 0; i < s->src->meta.nr_attrs; i++)
		if (!strcmp(s->src->meta.attrs[i].name, name))
			return s->dec->attrs[i].shaped.shape;
	fail_msg("no %s in it", name);
	return KP_SHAPE_OTHER;
}

/* What most samples are of must not become slow because a field has another place or type. */
static void test_shapes(void **state)
{
	struct stream s;

	stream_open(&s, KP_TESTS_DIR "/data/lab-pmi-amd-mediated/perf.data");
	assert_int_equal(shape_of(&s, "kvm:kvm_exit"), KP_SHAPE_OTHER);
	leave_unread(s.dec);
	assert_int_equal(shape_of(&s, "kvm:kvm_entry"), KP_SHAPE_VCPU);
	assert_int_equal(shape_of(&s, "kvm:kvm_exit"), KP_SHAPE_EXIT);
	assert_int_equal(shape_of(&s, "kvm:kvm_msr"), KP_SHAPE_MSR);
	assert_int_equal(shape_of(&s, "kvm:kvm_inj_virq"), KP_SHAPE_NUMBER);
	assert_int_equal(shape_of(&s, "msr:read_msr"), KP_SHAPE_ACCESS);
	assert_int_equal(shape_of(&s, "msr:write_msr"), KP_SHAPE_ACCESS);
	assert_int_equal(shape_of(&s, "msr:rdpmc"), KP_SHAPE_NUMBER);
	stream_close(&s);
	stream_open(&s, KP_TESTS_DIR "/data/lab-arm64-vhe-guest/perf.data");
	leave_unread(s.dec);
	assert_int_equal(shape_of(&s, "kvm:kvm_entry"), KP_SHAPE_IP);
	assert_int_equal(shape_of(&s, "kvm:kvm_exit"), KP_SHAPE_PAIR);
	stream_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recordings), cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_leave_out),  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_odd_values), cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
