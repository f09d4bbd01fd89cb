/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - what record's options come to, between record.c (options) and record_run.c (the work).
 */
#ifndef KP_CMD_RECORD_H
#define KP_CMD_RECORD_H

#include "lib/vec.h"
#include "plan.h"
#include "swrec.h"

/**
 * struct kp_record - options of record
 * @events: -e, with the --filter behind each; filters are owned
 * @vms, @vcpus: --vm (each), --vcpu; borrowed from argv
 * @ids: of -p, -t, --vm, --vcpu; owned
 * @output: -o; "-" standard output in pipe mode
 * @argv: the command behind "--", NULL none
 * @probes: of --switch
 * @progress: show a line on the terminal
 */
struct kp_record {
	KP_VEC(struct kp_request_event) events;
	KP_VEC(const char *) vms;
	KP_VEC(pid_t) ids;
	struct kp_request req;
	const char *vcpus;
	const char *output;
	char **argv;
	char *cmdline;
	uint64_t duration_ns;
	uint64_t max_size_bytes;
	int zstd_level;
	enum kp_probe_how probes;
	bool progress;
	bool quiet;
};

/** kp_record_exit_code - which exit status an error of plan, live or writer means */
int kp_record_exit_code(int err);

/** kp_record_set_switch - --switch[=HOW]; 0, or -EINVAL after saying why */
int kp_record_set_switch(struct kp_record *rec, const char *how);

/** kp_record_switch_open - 0 without --switch; errors and what is missing are said */
int kp_record_switch_open(const struct kp_record *rec, struct kp_live *live,
			  const struct kp_plan *plan, const struct kp_host *host,
			  struct kp_swrec **out);
/* Nothing without --switch, when @sw is NULL. */
void kp_record_switch_start(struct kp_swrec *sw);
void kp_record_switch_flush(struct kp_swrec *sw);
void kp_record_switch_stop(struct kp_swrec *sw);

/** kp_record_irqs_begin - totals of /proc/interrupts, from which the recording's own count */
void kp_record_irqs_begin(struct kp_live *live);
/** kp_record_irqs_end - until where; kp_writer_irqs() writes both */
void kp_record_irqs_end(struct kp_live *live);

/** kp_record_run - open, record, close; an exit status */
int kp_record_run(struct kp_record *rec, const struct kp_host *host);

#endif
