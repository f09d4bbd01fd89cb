// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running programs for the lab's tests: output to files below LAB_OUT_DIR, a time limit for each,
 * no shell. Ends only processes that it started.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#include "runner.h"

#define DEFAULT_TIMEOUT_S 60

static void redirect(const char *name, const char *suffix, int to)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), LAB_OUT_DIR "/%s.%s", name, suffix);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
	close(fd);
}

int lab_exec_start(const struct lab_exec *ex)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	/* A group of its own, so that what it started can be ended with it. */
	setpgid(0, 0);
	redirect(ex->name, "out", STDOUT_FILENO);
	redirect(ex->name, "err", STDERR_FILENO);
	execvp(ex->argv[0], (char *const *)ex->argv);
	fprintf(stderr, "%s: %s\n", ex->argv[0], strerror(errno));
	_exit(127);
}

int lab_exec_wait(int pid, unsigned int timeout_s)
{
	struct pollfd pfd = { .events = POLLIN };
	int status, ready;

	if (pid < 0)
		return pid;
	pfd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pfd.fd < 0)
		return -errno;
	do
		ready = poll(&pfd, 1, (int)(timeout_s ? timeout_s : DEFAULT_TIMEOUT_S) * 1000);
	while (ready < 0 && errno == EINTR);
	close(pfd.fd);
	if (!ready)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!ready)
		return -ETIMEDOUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void lab_exec_end(int pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	lab_exec_wait(pid, 0);
}

int lab_exec(const struct lab_exec *ex)
{
	return lab_exec_wait(lab_exec_start(ex), ex->timeout_s);
}

static char *output_read(const char *name, const char *suffix)
{
	char path[256];

	snprintf(path, sizeof(path), LAB_OUT_DIR "/%s.%s", name, suffix);
	return lab_file_read(path);
}

char *lab_exec_stdout(const char *name)
{
	return output_read(name, "out");
}

char *lab_exec_stderr(const char *name)
{
	return output_read(name, "err");
}
