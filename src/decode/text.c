// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - the begin of a string of variable length, out of a tracepoint's raw data into an event.
 * Touches only memory.
 *
 * Where it lies: include/trace/stages/stage1_struct_define.h, __dynamic_array().
 */
#include "decoder.h"

/* The string may end anywhere, or lie outside: then it is as good as none. */
void kp_tp_text_run(const struct kp_tp_text *text, const uint8_t *data, uint32_t size,
		    struct kp_event *ev, bool swapped)
{
	uint32_t place = kp_read_u32(data + text->src, swapped), at = place & 0xffff;
	uint32_t len = (uint32_t)kp_min_u64(place >> 16, sizeof(uint64_t));
	char begin[sizeof(uint64_t)] = "";

	at += text->relative ? text->src + sizeof(place) : 0;
	if (at > size || len > size - at)
		return;
	memcpy(begin, data + at, strnlen((const char *)data + at, len));
	memcpy((uint8_t *)ev + text->dst, begin, sizeof(begin));
	ev->valid |= text->valid;
}
