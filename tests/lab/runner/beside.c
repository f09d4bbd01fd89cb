// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing that kvmpmu opens keeps a mediated VM from starting: VMs start while every command runs.
 * Runs programs in the emulated machine only.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

#define STARTS 2

/* Commands that end soon run over and over, so that they run whenever a VM starts. */
#define AGAIN(command)                                      \
	{                                                   \
		"sh", "-c", "while :; do " command "; done" \
	}

static const struct lab_exec beside[] = {
	{ .name = "beside.info", .argv = AGAIN("kvmpmu info") },
	{ .name = "beside.snapshot", .argv = AGAIN("kvmpmu info --snapshot /tmp/beside.tar.gz") },
	{ .name = "beside.doctor", .argv = AGAIN("kvmpmu doctor") },
	{ .name = "beside.doctor.command", .argv = { "kvmpmu", "doctor", "--", "/init", "hold" } },
	{ .name = "beside.ps", .argv = AGAIN("kvmpmu ps --all") },
	{ .name = "beside.ps.watch", .argv = { "kvmpmu", "ps", "--watch" } },
	{ .name = "beside.record", .argv = { "kvmpmu", "record", "-a", "-o", "/tmp/beside.data" } },
	{ .name = "beside.record.detail",
	  .argv = { "kvmpmu", "record", "-a", "--switch-detail", "-o", "/tmp/beside.detail" } },
	{ .name = "beside.record.switch",
	  .argv = { "kvmpmu", "record", "-a", "--switch", "-o", "/tmp/beside.switch" } },
	{ .name = "beside.record.cycles",
	  .argv = { "kvmpmu", "record", "-a", "-e", "cycles,{instructions,branches}", "-o",
		    "/tmp/beside.cycles" } },
	{ .name = "beside.report", .argv = AGAIN("kvmpmu report -i /tmp/beside.data") },
	{ .name = "beside.stat", .argv = { "kvmpmu", "stat", "-a" } },
	{ .name = "beside.stat.interval", .argv = { "kvmpmu", "stat", "-a", "-A", "-I", "100" } },
	{ .name = "beside.stat.switch", .argv = { "kvmpmu", "stat", "--switch" } },
	{ .name = "beside.stat.command", .argv = { "kvmpmu", "stat", "--", "/init", "hold", "H" } },
	{ .name = "beside.top", .argv = { "kvmpmu", "top", "--batch" } },
	{ .name = "beside.top.detail",
	  .argv = { "kvmpmu", "top", "--batch", "--switch-detail", "-d", "200ms" } },
	{ 0 },
};

static void vm_starts_check(struct lab_test *t, const char *name)
{
	int r = lab_exec(&(struct lab_exec){
		.name = "beside.vm",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--iterations", "10" } });

	lab_check(t, r == 0, "a mediated VM beside %s: status %d", name, r);
}

/* It does run: a command that fails at once would be in nobody's way. */
static void runs_check(struct lab_test *t, const struct lab_exec *ex, int pid)
{
	siginfo_t info = { 0 };

	lab_check(t, !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid,
		  "%s has ended: it was beside nothing", ex->name);
}

/*
 * A VM starts right at the command's start, and one later, as what is opened for a moment
 * may be in the way for a moment.
 */
void lab_never_blocks_vms(struct lab_test *t)
{
	for (const struct lab_exec *ex = beside; ex->name; ex++) {
		int pid = lab_exec_start(ex);

		if (!lab_check(t, pid > 0, "%s does not start", ex->name))
			continue;
		for (int i = 0; i < STARTS; i++)
			vm_starts_check(t, ex->name);
		runs_check(t, ex, pid);
		kill(-pid, SIGINT);
		kill(-pid, SIGTERM);
		lab_exec_wait(pid, 0);
	}
}
