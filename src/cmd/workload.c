// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload.c - runs the command after "--": fork, a gate before exec, exit status.
 */
#include "cmd/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 3000

/* The child: waits at the gate, runs the command, tells when it cannot. */
static void run_child(char **argv, int gate, int report)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGUSR2, SIGCHLD, SIGPIPE };
	sigset_t none;
	char go;
	size_t i;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* signals are ours again: an ignored SIGPIPE would be inherited across exec */
	for (i = 0; i < KP_ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(gate, &go, 1) != 1)
		_exit(127); /* the recording did not come about */
	prctl(PR_SET_PDEATHSIG, 0);
	execvp(argv[0], argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int kp_workload_start(struct kp_workload *w, char **argv, bool keep_stdout)
{
	int gate[2], report[2];

	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		int err = -errno;

		close(gate[0]);
		close(gate[1]);
		return err;
	}
	w->pid = fork();
	if (!w->pid) {
		close(gate[1]);
		close(report[0]);
		if (!keep_stdout)
			dup2(STDERR_FILENO, STDOUT_FILENO);
		if (w->stderr_fd)
			dup2(w->stderr_fd, STDERR_FILENO);
		run_child(argv, gate[0], report[1]);
	}
	close(gate[0]);
	close(report[1]);
	w->gate = gate[1];
	w->report = report[0];
	w->running = w->pid > 0;
	if (w->pid > 0)
		return 0;
	w->pid = 0;
	close(w->gate);
	close(w->report);
	return -EAGAIN;
}

const char *kp_workload_advice(int err)
{
	switch (err) {
	case -EMFILE:
	case -ENFILE:
		return "; raise the limit (ulimit -n)";
	case -EAGAIN:
		return "; no more processes may be started (ulimit -u)";
	default:
		return "";
	}
}

int kp_workload_go(struct kp_workload *w)
{
	int err = 0;
	ssize_t n;

	if (!w->running)
		return 0;
	if (write(w->gate, "g", 1) != 1)
		err = errno;
	do
		n = err ? 0 : read(w->report, &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return -err;
}

static void reap(struct kp_workload *w)
{
	pid_t pid;

	do
		pid = waitpid(w->pid, &w->status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (!pid)
		return;
	w->running = false;
	w->ended = true;
}

bool kp_workload_poll(struct kp_workload *w)
{
	if (w->running)
		reap(w);
	return w->ended;
}

bool kp_workload_end(struct kp_workload *w)
{
	int i;

	if (!w->pid)
		return true;
	close(w->gate);
	close(w->report);
	if (!kp_workload_poll(w)) {
		w->killed = true;
		kill(w->pid, SIGTERM);
		for (i = 0; i < PATIENCE_MS && !kp_workload_poll(w); i++)
			usleep(1000);
	}
	w->pid = 0;
	return w->ended;
}

int kp_workload_exit(const struct kp_workload *w)
{
	if (!w->ended || w->killed)
		return 0;
	return WIFSIGNALED(w->status) ? 128 + WTERMSIG(w->status) : WEXITSTATUS(w->status);
}
