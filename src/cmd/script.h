/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * script.h - what script.c (reads, orders, filters) and script_print.c (writes lines) share.
 */
#ifndef KP_CMD_SCRIPT_H
#define KP_CMD_SCRIPT_H

#include "cmd.h"
#include "decode.h"
#include "rawstore.h"
#include "tasks.h"
#include "timespan.h"

/* What a text line shows, in this order; named as perf script names them */
enum kp_script_field {
	KP_SCRIPT_COMM,
	KP_SCRIPT_PID,
	KP_SCRIPT_TID,
	KP_SCRIPT_CPU,
	KP_SCRIPT_VCPU,
	KP_SCRIPT_TIME,
	KP_SCRIPT_PERIOD,
	KP_SCRIPT_EVENT,
	KP_SCRIPT_TRACE,
	KP_SCRIPT_IP,
	KP_SCRIPT_FIELDS,
};

/** struct kp_script - one run; owned by script.c's run() */
struct kp_script {
	const char *input, *format, *vm, *cpus, *time, *field_list;
	int64_t vcpu;
	uint64_t max_events;
	bool ns, show_task, show_mmap, show_lost;

	bool json;
	uint32_t fields; /* bits of enum kp_script_field; 0: as fits the event */
	int name_width;
	struct kp_timespan span;
	uint64_t *cpu_mask;

	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_order *order;
	struct kp_rawstore raws;
	struct kp_tasks tasks;
	struct kp_hash vcpu_of; /* tid -> vCPU id, as events told */

	uint64_t printed;
	uint64_t bad_records, bad_offset, unknown_ids, unknown_offset;
};

/** kp_script_vcpu - of the event, or else of its thread; false: unknown */
bool kp_script_vcpu(struct kp_script *s, const struct kp_event *ev, uint32_t *vcpu);

/** kp_script_head - what stands before all events (JSON: the schema and the recording) */
void kp_script_head(const struct kp_script *s, FILE *f);

/** kp_script_event - one line; @raw NULL when the event's record was not kept. 0 or -ENOMEM */
int kp_script_event(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		    FILE *f);

#endif
