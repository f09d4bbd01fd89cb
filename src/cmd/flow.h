/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - the way from a recording to a model: source -> decode in one thread, order -> consumer
 * in the caller's. Private to src/cmd.
 */
#ifndef KP_CMD_FLOW_H
#define KP_CMD_FLOW_H

#include "decode.h"

/**
 * struct kp_flow_opts
 * @single_thread: decode in the caller's thread too, so that a consumer may call everything of the
 *	decoder; slower
 * @order_budget_bytes: see kp_order_opts; 0 default
 * @progress: called in the caller's thread now and then with bytes read and in total (0 unknown)
 * @progress_ctx: passed to @progress
 * @stop: may be set at any time, by a signal handler for one; the flow then ends as at the end of
 *	the file. NULL: never
 */
struct kp_flow_opts {
	bool single_thread;
	size_t order_budget_bytes;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *progress_ctx;
	const volatile int *stop;
};

/**
 * struct kp_flow_result - what happened on the way; valid also when the flow failed
 * @records: records read; @events: events that reached the consumer
 * @bad_records: too short for what their event promises, skipped; @bad_offset: the first one's
 * @unknown_ids: samples whose id belongs to no event, skipped; @unknown_offset: the first one's
 * @late: events that came out of order; @late_offset: the first one's
 * @source_err: 0, or why the source ended early (kp_source_error() has the words)
 */
struct kp_flow_result {
	uint64_t records, events;
	uint64_t bad_records, bad_offset;
	uint64_t unknown_ids, unknown_offset;
	uint64_t late, late_offset;
	int source_err;
};

/**
 * kp_flow_error - an error of kp_flow_run(), kp_order_*() or the raw store in words: which file it
 * was and what to do, for what is no lack of memory is the temporary file's
 */
const char *kp_flow_error(int err, char *buf, size_t size);

/**
 * kp_flow_run - read @src to its end and give all events, in time order, to @fn, many at a time
 *
 * An error of the source ends the reading, not the flow: what was read goes to @fn, and
 * result.source_err tells. The decoder's side-band and exit names may be used by @fn
 * (kp_decoder_side(), kp_decoder_exit_name()); the source's meta only when single_thread is set,
 * or after the return.
 *
 * Return: 0, -ENOMEM, -errno of the spill file, or what @fn returned if not 0.
 */
int kp_flow_run(struct kp_source *src, struct kp_decoder *dec, const struct kp_flow_opts *opts,
		int (*fn)(void *ctx, const struct kp_event *ev, size_t nr), void *ctx,
		struct kp_flow_result *res);

#endif
