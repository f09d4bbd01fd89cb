// SPDX-License-Identifier: GPL-2.0-only
/*
 * attr.c - struct perf_event_attr between what a file holds (any size, either byte order) and this
 * build's struct. Touches only the memory it is given.
 */
#include <byteswap.h>
#include <string.h>

#include "data/meta.h"

/* The flag bits are the u64 behind read_format, in every version of the struct. */
#define FLAGS_OFFSET (offsetof(struct perf_event_attr, read_format) + sizeof(uint64_t))

/** struct attr_field - how many bytes at @offset are one number, for swapping */
struct attr_field {
	uint16_t offset;
	uint16_t size;
};

/*
 * By offset, so that fields this build's header does not name yet (config3, config4) are covered.
 */
static const struct attr_field attr_fields[] = {
	{0,    4}, /* type */
	{ 4,   4}, /* size */
	{ 8,   8}, /* config */
	{ 16,  8}, /* sample_period */
	{ 24,  8}, /* sample_type */
	{ 32,  8}, /* read_format; the flag bits at 40 are no number */
	{ 48,  4}, /* wakeup_events */
	{ 52,  4}, /* bp_type */
	{ 56,  8}, /* config1 */
	{ 64,  8}, /* config2 */
	{ 72,  8}, /* branch_sample_type */
	{ 80,  8}, /* sample_regs_user */
	{ 88,  4}, /* sample_stack_user */
	{ 92,  4}, /* clockid */
	{ 96,  8}, /* sample_regs_intr */
	{ 104, 4}, /* aux_watermark */
	{ 108, 2}, /* sample_max_stack */
	{ 110, 2}, /* reserved */
	{ 112, 4}, /* aux_sample_size; aux_action at 116 is bits */
	{ 120, 8}, /* sig_data */
	{ 128, 8}, /* config3 */
	{ 136, 8}, /* config4 */
};

_Static_assert(FLAGS_OFFSET == 40, "the flag bits of perf_event_attr");
_Static_assert(offsetof(struct perf_event_attr, clockid) == 92, "clockid of perf_event_attr");
_Static_assert(offsetof(struct perf_event_attr, aux_sample_size) == 112, "perf_event_attr");

static void swap_number(uint8_t *at, size_t size)
{
	size_t i;
	uint8_t tmp;

	for (i = 0; i < size / 2; i++) {
		tmp = at[i];
		at[i] = at[size - 1 - i];
		at[size - 1 - i] = tmp;
	}
}

static uint8_t reverse_bits(uint8_t b)
{
	b = (uint8_t)((b & 0xf0) >> 4 | (b & 0x0f) << 4);
	b = (uint8_t)((b & 0xcc) >> 2 | (b & 0x33) << 2);
	return (uint8_t)((b & 0xaa) >> 1 | (b & 0x55) << 1);
}

/*
 * Compilers lay out bit fields from the least significant bit on little-endian machines and from
 * the most significant one on big-endian ones: the bytes keep their places, the bits of each turn
 * round. A field of several bits turns round with them; the flags have one such, precise_ip.
 */
static void swap_bits(uint8_t *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		at[i] = reverse_bits(at[i]);
}

static void swap_attr(uint8_t *bytes, size_t size, struct perf_event_attr *attr)
{
	unsigned int precise;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(attr_fields); i++)
		if (attr_fields[i].offset + attr_fields[i].size <= size)
			swap_number(bytes + attr_fields[i].offset, attr_fields[i].size);
	swap_bits(bytes + FLAGS_OFFSET, sizeof(uint64_t));
	precise = attr->precise_ip;
	attr->precise_ip = (precise & 1) << 1 | precise >> 1;
	swap_bits(bytes + 116, sizeof(uint32_t)); /* aux_action */
}

uint32_t kp_attr_bytes_size(const void *bytes, bool swap)
{
	uint32_t size;

	memcpy(&size, (const char *)bytes + offsetof(struct perf_event_attr, size), sizeof(size));
	if (swap)
		size = bswap_32(size);
	return size ? size : KP_ATTR_SIZE_MIN;
}

void kp_attr_decode(const void *bytes, size_t size, bool swap, struct perf_event_attr *out)
{
	if (size > sizeof(*out))
		size = sizeof(*out);
	memset(out, 0, sizeof(*out));
	memcpy(out, bytes, size);
	if (swap)
		swap_attr((uint8_t *)out, sizeof(*out), out);
	out->size = (uint32_t)size;
}
