// SPDX-License-Identifier: GPL-2.0-only
/*
 * swbatch_test.c - src/decode/swbatch.c: the events that come of a sample of record --switch, in
 * both byte orders, with and without the probes' cost, beside kvm_exit itself, and damaged ones.
 */
#include "kp_test.h"

#include <string.h>

#include "decode_helper.h"
#include "swbatch.h"

#define T0 1000000u

struct fixture {
	struct kp_attr attrs[2];
	struct kp_meta meta;
	struct kp_decoder *dec;
	struct kp_maker m;
	struct kp_raw raw;
	struct kp_event ev[32];
	size_t nr;
};

/* The sample's clock is 500 ns ahead of the batch's. */
static void put_head(struct fixture *f, uint8_t nr, uint8_t slot_bytes)
{
	struct kp_maker *m = &f->m;

	m->size = 0;
	maker_u64(m, 77); /* id */
	maker_u64(m, T0 + 9000 + 500); /* time */
	maker_u32(m, (uint32_t)(sizeof(struct kp_swbatch) + (size_t)nr * slot_bytes));
	maker_u8(m, KP_SWBATCH_VERSION);
	maker_u8(m, KP_ISA_SVM);
	maker_u8(m, nr);
	maker_u8(m, slot_bytes);
	maker_u32(m, 10);
	maker_u32(m, 11);
	maker_u32(m, 3);
	maker_u16(m, 2); /* vCPU */
	maker_u8(m, 1);
	maker_u8(m, 0);
	maker_u16(m, 20); /* pair */
	maker_u16(m, 30); /* full */
	maker_u32(m, 0);
	maker_u32(m, 0);
	maker_u64(m, T0);
	maker_u64(m, T0 + 9000);
}

static void put_slot(struct fixture *f, const struct kp_swslot *s)
{
	const uint32_t words[] = { s->end_ns, s->run_ns,       s->load_ns,     s->out_ns, s->put_ns,
				   s->in_ns,  s->entry_gap_ns, s->exit_gap_ns, s->code };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(words); i++)
		maker_u32(&f->m, words[i]);
	maker_u8(&f->m, s->flags);
	maker_u8(&f->m, s->raised);
	maker_u8(&f->m, s->delivered);
	maker_u8(&f->m, s->entries);
}

static const struct kp_swslot inner = {
	.end_ns = 1500,
	.run_ns = 400,
	.code = 0x72,
	.raised = 1,
	.delivered = 2,
	.entries = 1,
};

static const struct kp_swslot closing = {
	.end_ns = 4000,
	.run_ns = 600,
	.load_ns = 350,
	.out_ns = 120,
	.put_ns = 450,
	.in_ns = 220,
	.exit_gap_ns = 50,
	.code = 0x60,
	.flags = KP_SWSLOT_WINDOW | KP_SWSLOT_NESTED,
	.entries = 2,
};

static void start(struct fixture *f, bool swapped)
{
	memset(f, 0, sizeof(*f));
	f->m.swapped = swapped;
	f->attrs[0] = (struct kp_attr){
		.attr = { .type = PERF_TYPE_SOFTWARE,
			  .config = PERF_COUNT_SW_BPF_OUTPUT,
			  .sample_type =
				  PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW },
		.name = (char *)KP_SWBATCH_EVENT,
	};
	f->meta = (struct kp_meta){ .generation = 1,
				    .attrs = f->attrs,
				    .nr_attrs = 1,
				    .swapped = swapped,
				    .arch = (char *)"x86_64" };
	assert_int_equal(kp_decoder_new(&f->meta, &f->dec), 0);
}

static int decode(struct fixture *f)
{
	int ret;

	f->raw = maker_record(&f->m, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	f->nr = 0;
	ret = kp_decode(f->dec, &f->raw, &f->ev[0]);
	if (ret != KP_DECODE_MORE)
		return ret;
	do
		f->nr++;
	while (kp_decode_more(f->dec, &f->ev[f->nr]));
	return ret;
}

static void check(const struct kp_event *ev, enum kp_kind kind, uint64_t time_ns)
{
	assert_int_equal(ev->kind, kind);
	assert_int_equal(ev->time_ns, time_ns);
	assert_int_equal(ev->pid, 10);
	assert_int_equal(ev->tid, 11);
	assert_int_equal(ev->cpu, 3);
	assert_int_equal(ev->vcpu, 2);
	assert_true(kp_event_has(ev, KP_HAS_TIME | KP_HAS_TID | KP_HAS_CPU | KP_HAS_VCPU));
}

static void check_all(struct fixture *f)
{
	const struct kp_event *ev = f->ev;
	const uint64_t t = T0 + 500;

	assert_int_equal(f->nr, 7);
	check(&ev[0], KP_EV_PMI, t + 1100);
	assert_int_equal(ev[0].code, KP_PMI_RAISED);
	assert_int_equal(ev[0].value, 1);
	assert_int_equal(ev[1].code, KP_PMI_DELIVERED);
	assert_int_equal(ev[1].value, 2);
	check(&ev[2], KP_EV_ENTRY, t + 1100);
	check(&ev[3], KP_EV_EXIT, t + 1500);
	assert_int_equal(ev[3].code, 0x72);
	assert_int_equal(ev[3].isa, KP_ISA_SVM);
	check(&ev[4], KP_EV_ENTRY, t + 4000 - 450 - 50 - 600);
	check(&ev[5], KP_EV_EXIT, t + 4000 - 450 - 50);
	assert_int_equal(ev[5].flags, KP_F_NESTED);
	check(&ev[6], KP_EV_SWITCH, t + 4000);
	assert_int_equal(ev[6].code, 0x60);
	assert_int_equal(ev[6].extra, 2);
}

/* A load or put loses two probes' cost and that of the one inside, perf's parts two probes'. */
static void test_events(void **state)
{
	struct fixture f;
	int swapped;

	(void)state;
	for (swapped = 0; swapped < 2; swapped++) {
		start(&f, swapped);
		put_head(&f, 2, sizeof(struct kp_swslot));
		put_slot(&f, &inner);
		put_slot(&f, &closing);
		assert_int_equal(decode(&f), KP_DECODE_MORE);
		check_all(&f);
		assert_int_equal(f.ev[6].value, KP_SWITCH_NS(100, 200));
		assert_int_equal(f.ev[6].value2, KP_SWITCH_NS(200, 200));
		/* three probes of the put before, three of the load */
		assert_int_equal(f.ev[6].period, 20 + 6 * 30);
		assert_int_equal(kp_decoder_probes(f.dec)->pair_ns, 20);
		assert_int_equal(kp_decoder_probes(f.dec)->full_ns, 30);
		kp_decoder_raw_times(f.dec);
		put_head(&f, 1, sizeof(struct kp_swslot));
		put_slot(&f, &closing);
		decode(&f);
		assert_int_equal(f.nr, 3);
		assert_int_equal(f.ev[2].value, KP_SWITCH_NS(120, 230));
		assert_int_equal(f.ev[2].value2, KP_SWITCH_NS(220, 230));
		assert_int_equal(f.ev[2].period, 0);
		kp_decoder_free(f.dec);
	}
}

/* Slots of a later version are longer; what they have in front is as before. */
static void test_longer_slots(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, false);
	put_head(&f, 2, sizeof(struct kp_swslot) + 8);
	put_slot(&f, &inner);
	maker_u64(&f.m, UINT64_MAX);
	put_slot(&f, &closing);
	maker_u64(&f.m, UINT64_MAX);
	assert_int_equal(decode(&f), KP_DECODE_MORE);
	check_all(&f);
	kp_decoder_free(f.dec);
}

static void test_flags(void **state)
{
	const struct kp_swslot slots[] = {
		{ .end_ns = 3000000,
		  .run_ns = 2,
		  .code = 1,
		  .flags = KP_SWSLOT_LONG | KP_SWSLOT_NO_CODE },
		{ .end_ns = 3000000, .raised = 3, .flags = KP_SWSLOT_NO_EXIT },
		{ .flags = KP_SWSLOT_NO_EXIT },
	};
	struct fixture f;

	(void)state;
	start(&f, false);
	put_head(&f, 3, sizeof(struct kp_swslot));
	put_slot(&f, &slots[0]);
	put_slot(&f, &slots[1]);
	put_slot(&f, &slots[2]);
	assert_int_equal(decode(&f), KP_DECODE_MORE);
	assert_int_equal(f.nr, 3);
	assert_int_equal(f.ev[0].kind, KP_EV_ENTRY);
	assert_int_equal(f.ev[1].kind, KP_EV_EXIT);
	assert_false(kp_event_has(&f.ev[1], KP_HAS_CODE));
	assert_int_equal(f.ev[2].kind, KP_EV_PMI);
	assert_int_equal(f.ev[2].value, 3);
	put_head(&f, 1, sizeof(struct kp_swslot));
	put_slot(&f, &slots[2]);
	assert_int_equal(decode(&f), KP_DECODE_NONE);
	kp_decoder_free(f.dec);
}

static void test_damaged(void **state)
{
	const size_t raw_at = 8 + 8 + 4;
	struct fixture f;

	(void)state;
	start(&f, false);
	put_head(&f, 1, sizeof(struct kp_swslot));
	put_slot(&f, &closing);
	maker_at(&f.m, raw_at + 2, 1, 2); /* more slots than there are bytes */
	assert_int_equal(decode(&f), -EBADMSG);
	assert_int_equal(kp_decode_more(f.dec, &f.ev[0]), 0);
	put_head(&f, 1, sizeof(struct kp_swslot) - 1);
	put_slot(&f, &closing);
	assert_int_equal(decode(&f), -EBADMSG);
	put_head(&f, 1, sizeof(struct kp_swslot));
	put_slot(&f, &closing);
	maker_at(&f.m, raw_at, 1, KP_SWBATCH_VERSION + 1);
	assert_int_equal(decode(&f), -EBADMSG);
	put_head(&f, 0, sizeof(struct kp_swslot));
	maker_at(&f.m, raw_at - 4, 4, sizeof(struct kp_swbatch) - 1);
	assert_int_equal(decode(&f), -EBADMSG);
	put_head(&f, 0, sizeof(struct kp_swslot));
	assert_int_equal(decode(&f), KP_DECODE_NONE);
	kp_decoder_free(f.dec);
}

/* Another record makes what is left of the one before go. */
static void test_abandoned(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, false);
	put_head(&f, 1, sizeof(struct kp_swslot));
	put_slot(&f, &closing);
	f.raw = maker_record(&f.m, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	assert_int_equal(kp_decode(f.dec, &f.raw, &f.ev[0]), KP_DECODE_MORE);
	put_head(&f, 0, sizeof(struct kp_swslot));
	f.raw = maker_record(&f.m, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	assert_int_equal(kp_decode(f.dec, &f.raw, &f.ev[0]), KP_DECODE_NONE);
	assert_int_equal(kp_decode_more(f.dec, &f.ev[0]), 0);
	kp_decoder_free(f.dec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),	  cmocka_unit_test(test_longer_slots),
		cmocka_unit_test(test_flags),	  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
