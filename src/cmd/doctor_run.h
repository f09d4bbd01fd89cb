/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_run.h - what the files of `kvmpmu doctor` share.
 */
#ifndef KP_CMD_DOCTOR_RUN_H
#define KP_CMD_DOCTOR_RUN_H

#include <stdio.h>

#include "cmd.h"
#include "doctor.h"

/**
 * struct kp_doctor - one run
 * @root, @host, @detail: of the host or snapshot; @src: who holds its counters
 * @argv: the command, NULL none; @status: its exit status, once it ended
 * @findings: of all that was looked at
 */
struct kp_doctor {
	const struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_host_detail *detail;
	struct kp_host_messages messages;
	struct kp_ownersrc *src;
	char **argv;
	int status;
	struct kp_findings findings;
};

/**
 * kp_doctor_watch - run the command to its end, looking on, and judge. 0, -ECHILD it could not be
 * started (said so), -errno
 */
int kp_doctor_watch(struct kp_doctor *d);

/** kp_doctor_print - the document; 0, -EINVAL unknown format, -errno of the stream */
int kp_doctor_print(const struct kp_doctor *d, const struct kp_out_opts *opts);

#endif
