/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workload.h - the command after "--": started, held before exec until counting is set up, reaped.
 */
#ifndef KP_CMD_WORKLOAD_H
#define KP_CMD_WORKLOAD_H

#include <sys/types.h>

#include "kp.h"

/**
 * struct kp_workload - zero-initialise; @pid 0: there is none
 * @gate: closing it lets the command run; @report: tells why exec failed
 * @stderr_fd: what becomes its standard error, 0: ours
 * @status: as from waitpid(), once @ended
 */
struct kp_workload {
	pid_t pid;
	int gate;
	int report;
	int stderr_fd;
	bool running;
	bool ended;
	bool killed;
	int status;
};

/**
 * kp_workload_start - fork, stop before exec; 0 or -errno
 * @keep_stdout: false: standard output is ours, the command's goes to standard error
 */
int kp_workload_start(struct kp_workload *w, char **argv, bool keep_stdout);
/**
 * kp_workload_advice - "; what to do" where a start failed with @err for want of something, or ""
 */
const char *kp_workload_advice(int err);
/** kp_workload_go - let it exec; 0, or -errno of exec */
int kp_workload_go(struct kp_workload *w);
/** kp_workload_poll - has it ended? Does not wait */
bool kp_workload_poll(struct kp_workload *w);
/**
 * kp_workload_end - end it with SIGTERM if it still runs (or was never let go), and reap it
 * Return: false when it ignores that: it is left alone after a few seconds.
 */
bool kp_workload_end(struct kp_workload *w);
/** kp_workload_exit - exit status as a shell has it; 0 when we ended it ourselves */
int kp_workload_exit(const struct kp_workload *w);

#endif
