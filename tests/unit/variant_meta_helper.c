// SPDX-License-Identifier: GPL-2.0-only
/*
 * variant_meta_helper.c - attributes, features and tracing data in the other byte order (see
 * variant_helper.h). Touches only memory.
 */
#include <byteswap.h>
#include <string.h>

#include "data/format.h"
#include "variant_helper.h"

/** struct walk - over numbers to turn round */
struct walk {
	uint8_t *at;
	uint8_t *end;
};

/* Turns a number round and returns what it was. */
static uint64_t turn(struct walk *w, size_t size)
{
	uint64_t v = 0, rest = (uint64_t)(w->end - w->at);
	uint8_t tmp;
	size_t i;

	if (size > rest) {
		w->at = w->end;
		return 0;
	}
	memcpy(&v, w->at, size);
	for (i = 0; i < size / 2; i++) {
		tmp = w->at[i];
		w->at[i] = w->at[size - 1 - i];
		w->at[size - 1 - i] = tmp;
	}
	w->at += size;
	return v;
}

static void pass(struct walk *w, uint64_t size)
{
	w->at += kp_min_u64(size, (uint64_t)(w->end - w->at));
}

/* ---- attributes ---- */

static void put(uint8_t *out, size_t size, size_t at, uint64_t v, size_t bytes)
{
	struct walk w = { .at = out + at, .end = out + at + bytes };

	if (at + bytes > size)
		return;
	memcpy(out + at, &v, bytes);
	turn(&w, bytes);
}

/*
 * A compiler for a machine of the other byte order puts the first bit field at the other end of the
 * word: bit @first of the flags, @width bits wide, lands @first bits from there.
 */
static void put_bits(uint64_t *word, unsigned int first, unsigned int width, uint64_t v)
{
	*word |= v << (64 - first - width);
}

void variant_swap_attr(const struct perf_event_attr *a, uint8_t *out, size_t size)
{
	uint64_t flags, word = 0;
	unsigned int bit;

	memset(out, 0, size);
	put(out, size, 0, a->type, 4);
	put(out, size, 4, size, 4);
	put(out, size, 8, a->config, 8);
	put(out, size, 16, a->sample_period, 8);
	put(out, size, 24, a->sample_type, 8);
	put(out, size, 32, a->read_format, 8);
	memcpy(&flags, (const uint8_t *)a + 40, sizeof(flags));
	for (bit = 0; bit < 64; bit++)
		if (bit != 15 && bit != 16)
			put_bits(&word, bit, 1, flags >> bit & 1);
	put_bits(&word, 15, 2, a->precise_ip);
	put(out, size, 40, word, 8);
	put(out, size, 48, a->wakeup_events, 4);
	put(out, size, 52, a->bp_type, 4);
	put(out, size, 56, a->config1, 8);
	put(out, size, 64, a->config2, 8);
	put(out, size, 72, a->branch_sample_type, 8);
	put(out, size, 80, a->sample_regs_user, 8);
	put(out, size, 88, a->sample_stack_user, 4);
	put(out, size, 92, (uint32_t)a->clockid, 4);
	put(out, size, 96, a->sample_regs_intr, 8);
	put(out, size, 104, a->aux_watermark, 4);
	put(out, size, 108, a->sample_max_stack, 2);
	put(out, size, 112, a->aux_sample_size, 4);
	put(out, size, 120, a->sig_data, 8);
}

/* ---- features ---- */

static void turn_str(struct walk *w)
{
	pass(w, turn(w, 4));
}

static void turn_list(struct walk *w)
{
	uint64_t nr = turn(w, 4);

	while (nr--)
		turn_str(w);
}

static void turn_topology(struct walk *w)
{
	turn_list(w);
	turn_list(w);
	/*
	 * Core and socket of each CPU, then dies: their number and strings are told from the ids.
	 */
	while (w->end - w->at >= 4) {
		uint32_t v;

		memcpy(&v, w->at, sizeof(v));
		if (w->end - w->at >= 72 && v && w->at[4] == 64)
			turn_list(w);
		else
			turn(w, 4);
	}
}

static void turn_event_desc(struct walk *w, uint32_t attr_size)
{
	uint64_t nr = turn(w, 4), nr_ids;
	struct perf_event_attr attr = { 0 };

	turn(w, 4);
	while (nr-- && w->end - w->at >= attr_size) {
		memcpy(&attr, w->at, kp_min_u64(attr_size, sizeof(attr)));
		variant_swap_attr(&attr, w->at, attr_size);
		pass(w, attr_size);
		nr_ids = turn(w, 4);
		turn_str(w);
		while (nr_ids--)
			turn(w, 8);
	}
}

void variant_swap_feature(unsigned int feat, uint8_t *data, size_t size, uint32_t attr_size)
{
	struct walk w = { .at = data, .end = data + size };
	uint64_t nr;

	switch (feat) {
	case KP_FEAT_NRCPUS:
	case KP_FEAT_COMPRESSED:
		while (w.at < w.end)
			turn(&w, 4);
		break;
	case KP_FEAT_TOTAL_MEM:
	case KP_FEAT_SAMPLE_TIME:
	case KP_FEAT_CLOCKID:
		while (w.at < w.end)
			turn(&w, 8);
		break;
	case KP_FEAT_CMDLINE:
		turn_list(&w);
		break;
	case KP_FEAT_EVENT_DESC:
		turn_event_desc(&w, attr_size);
		break;
	case KP_FEAT_CPU_TOPOLOGY:
		turn_topology(&w);
		break;
	case KP_FEAT_PMU_MAPPINGS:
		for (nr = turn(&w, 4); nr--;) {
			turn(&w, 4);
			turn_str(&w);
		}
		break;
	default:
		turn_str(&w);
	}
}

/* ---- tracing data ---- */

static void pass_str(struct walk *w)
{
	pass(w, strnlen((const char *)w->at, (size_t)(w->end - w->at)) + 1);
}

static void turn_formats(struct walk *w)
{
	uint64_t nr = turn(w, 4);

	while (nr-- && w->at < w->end)
		pass(w, turn(w, 8));
}

int variant_swap_tracing(uint8_t *data, size_t size)
{
	struct walk w = { .at = data, .end = data + size };
	uint64_t nr;
	int i;

	pass(&w, 10);
	pass_str(&w);
	if (w.end - w.at < 8)
		return -EBADMSG;
	w.at[0] ^= 1;
	pass(&w, 2);
	turn(&w, 4);
	for (i = 0; i < 2; i++) {
		pass_str(&w);
		pass(&w, turn(&w, 8));
	}
	turn_formats(&w);
	for (nr = turn(&w, 4); nr-- && w.at < w.end;) {
		pass_str(&w);
		turn_formats(&w);
	}
	pass(&w, turn(&w, 4)); /* kallsyms */
	pass(&w, turn(&w, 4)); /* printk formats */
	if (w.at < w.end)
		pass(&w, turn(&w, 8)); /* saved command names */
	return 0;
}
