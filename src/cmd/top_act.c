// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_act.c - what top does to a vCPU when told to: pins its thread to host CPUs, or starts a
 * recording of it.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/str.h"
#include "top.h"

#define RECORD_SECONDS "10"

struct mask {
	cpu_set_t *set;
	size_t size;
};

static int add_cpu(void *ctx, uint64_t cpu)
{
	struct mask *m = ctx;

	CPU_SET_S((size_t)cpu, m->size, m->set);
	return 0;
}

static int parse(struct mask *m, const char *cpus)
{
	size_t cpu;

	CPU_ZERO_S(m->size, m->set);
	if (strcmp(cpus, "all"))
		return kp_str_list(cpus, KP_CPUS_MAX - 1, add_cpu, m);
	for (cpu = 0; cpu < KP_CPUS_MAX; cpu++)
		CPU_SET_S(cpu, m->size, m->set);
	return 0;
}

int kp_top_pin(void *ctx, uint32_t tid, const char *cpus, char *text, size_t size)
{
	struct kp_top *top = ctx;
	struct mask m = { CPU_ALLOC(KP_CPUS_MAX), CPU_ALLOC_SIZE(KP_CPUS_MAX) };
	int err;

	if (top->input) {
		snprintf(text, size, "a recording's threads cannot be pinned");
		CPU_FREE(m.set);
		return -EOPNOTSUPP;
	}
	err = m.set ? parse(&m, cpus) : -ENOMEM;
	if (!err && !CPU_COUNT_S(m.size, m.set))
		err = -EINVAL;
	if (err == -EINVAL)
		snprintf(text, size, "'%s' is no list of CPUs, such as 0-3,8, or all", cpus);
	else if (!err && sched_setaffinity((pid_t)tid, m.size, m.set))
		err = -errno;
	if (!err)
		snprintf(text, size, "thread %u now runs on CPU %s", tid, cpus);
	else if (err != -EINVAL || strspn(cpus, "0123456789,-") == strlen(cpus))
		snprintf(text, size, "thread %u cannot be pinned to %s: %s%s", tid, cpus,
			 strerror(-err), err == -EPERM ? "; run kvmpmu as root" : "");
	CPU_FREE(m.set);
	return err;
}

static void file_name(const struct kp_zoom *who, char *buf, size_t size)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(buf, size, "kvmpmu-%u%s%.0u-%s.data", who->vm, who->has_vcpu ? "-" : "",
		 who->has_vcpu ? who->tid : 0, stamp);
}

/* Itself again, as a child that shares nothing with the terminal. */
static int spawn(struct kp_top *top, char **argv)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int err;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigmask(&attr, &none);
	err = posix_spawn(&pid, self, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (err)
		return -err;
	pthread_mutex_lock(&top->feed.lock);
	err = kp_vec_push(&top->recordings, pid);
	pthread_mutex_unlock(&top->feed.lock);
	return err;
}

int kp_top_record(void *ctx, const struct kp_zoom *who, char *text, size_t size)
{
	char file[128], id[16], seconds[] = RECORD_SECONDS;
	char name[] = "kvmpmu", cmd[] = "record", dur[] = "--duration", out[] = "-o",
	     quiet[] = "-q";
	char task[] = "-t", process[] = "-p";
	char *argv[] = { name,	cmd, who->has_vcpu ? task : process, id, dur, seconds, out, file,
			 quiet, NULL };
	struct kp_top *top = ctx;
	int err;

	if (top->input) {
		snprintf(text, size, "a recording cannot be recorded");
		return -EOPNOTSUPP;
	}
	file_name(who, file, sizeof(file));
	snprintf(id, sizeof(id), "%u", who->has_vcpu ? who->tid : who->vm);
	err = spawn(top, argv);
	if (err)
		snprintf(text, size, "record cannot be started: %s", strerror(-err));
	else
		snprintf(text, size, "recording %s %s for " RECORD_SECONDS " s into %s",
			 who->has_vcpu ? "thread" : "VM", id, file);
	return err;
}

void kp_top_reap(struct kp_top *top, bool all)
{
	size_t i;
	int status;
	pid_t pid;

	pthread_mutex_lock(&top->feed.lock);
	for (i = 0; i < top->recordings.nr;) {
		pid = top->recordings.at[i];
		if (all)
			kill(pid, SIGTERM); /* it closes its file */
		if (waitpid(pid, &status, all ? 0 : WNOHANG) == 0) {
			i++;
			continue;
		}
		top->recordings.at[i] = top->recordings.at[--top->recordings.nr];
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			kp_top_note(top, KP_NOTE_WARNING, "record",
				    "the recording of process %d failed", pid);
	}
	pthread_mutex_unlock(&top->feed.lock);
}
