// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - knobs of KVM's fault injection, and that they are put back whatever happens: a child
 * process holds one end of a pipe, and restores when the other end goes away, with this process or
 * before it. Writes below /sys/kernel/debug/kvm, through the sysroot.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "lib/str.h"

#define DIR_KVM "/sys/kernel/debug/kvm"

/*
 * Files of a struct fault_attr (lib/fault-inject.c, fault_create_debugfs_attr()). The first is
 * restored first, and while it is 0 nothing fails.
 */
static const char *const files[] = { "probability", "interval", "times", "space", "verbose" };

#define NR_FILES KP_ARRAY_SIZE(files)

struct kp_fault {
	const struct kp_sysroot *root;
	char name[64];
	char before[NR_FILES][32];
	uint32_t pct;
	pid_t watcher;
	int pipe;
};

static int write_file(const struct kp_fault *f, size_t i, const char *text)
{
	return kp_sysroot_write(f->root, text, DIR_KVM "/%s/%s", f->name, files[i]);
}

static int restore(const struct kp_fault *f)
{
	int err = 0, ret;
	size_t i;

	for (i = 0; i < NR_FILES; i++) {
		ret = write_file(f, i, f->before[i]);
		err = err ? err : ret;
	}
	return err;
}

/* In the child: what a terminal sends to the tool's whole group must not end this. */
static void watch(const struct kp_fault *f, int fd)
{
	sigset_t all;
	char c;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "kvmpmu-restore");
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
	_exit(restore(f) ? 1 : 0);
}

static int start_watcher(struct kp_fault *f)
{
	int fds[2];

	if (pipe(fds))
		return -errno;
	f->watcher = fork();
	if (f->watcher < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!f->watcher) {
		close(fds[1]);
		watch(f, fds[0]);
	}
	close(fds[0]);
	f->pipe = fds[1];
	return 0;
}

struct listing {
	char *buf;
	size_t size;
};

static int list_one(void *ctx, const char *name)
{
	struct listing *l = ctx;
	size_t len = strlen(l->buf);

	if (!strncmp(name, "fail_", 5))
		snprintf(l->buf + len, l->size - len, "%s %s", len ? "," : "", name);
	return 0;
}

static int no_knob(const struct kp_fault *f, int ret, char *err, size_t err_size)
{
	char names[200] = "";
	struct listing l = { names, sizeof(names) };

	if (ret == -EACCES || ret == -EPERM) {
		snprintf(err, err_size, "%s/%s: %s. Run as root", DIR_KVM, f->name, strerror(-ret));
		return ret;
	}
	kp_sysroot_list(f->root, DIR_KVM, list_one, &l);
	snprintf(err, err_size,
		 "%s/%s: %s. KVM's fault injection has to be in the kernel (it is not in "
		 "Linux 7.3) and debugfs mounted; here %s%s",
		 DIR_KVM, f->name, strerror(-ret), names[0] ? "are" : "is no such knob", names);
	return ret;
}

static bool is_knob_name(const char *name)
{
	return !strncmp(name, "fail_", 5) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(name);
}

static int read_before(struct kp_fault *f, char *err, size_t err_size)
{
	size_t i;
	int ret;

	for (i = 0; i < NR_FILES; i++) {
		ret = kp_sysroot_read_str(f->root, f->before[i], sizeof(f->before[i]),
					  DIR_KVM "/%s/%s", f->name, files[i]);
		if (ret)
			return no_knob(f, ret, err, err_size);
	}
	return 0;
}

static int set_up(struct kp_fault *f, uint32_t interval)
{
	char text[NR_FILES][16] = { "0", "", "-1", "0", "0" };
	int err = 0;
	size_t i;

	snprintf(text[1], sizeof(text[1]), "%u", interval);
	for (i = 0; i < NR_FILES && !err; i++)
		err = write_file(f, i, text[i]);
	return err;
}

int kp_fault_open(const struct kp_sysroot *root, const struct kp_fault_conf *conf,
		  struct kp_fault **out, char *err, size_t err_size)
{
	struct kp_fault *f = calloc(1, sizeof(*f));
	int ret;

	*out = NULL;
	if (!f) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	f->root = root;
	f->pct = conf->pct;
	f->pipe = -1;
	if (!is_knob_name(conf->name) || !kp_str_copy(f->name, sizeof(f->name), conf->name)) {
		snprintf(err, err_size, "'%s' is no name of a knob, such as fail_tdp_mmu_resched",
			 conf->name);
		free(f);
		return -EINVAL;
	}
	ret = read_before(f, err, err_size);
	if (ret) {
		free(f);
		return ret;
	}
	ret = start_watcher(f);
	if (!ret)
		ret = set_up(f, conf->interval);
	if (ret) {
		snprintf(err, err_size, "%s/%s: %s", DIR_KVM, f->name, strerror(-ret));
		kp_fault_close(f);
		return ret;
	}
	*out = f;
	return 0;
}

int kp_fault_set(struct kp_fault *f, bool on)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", on ? f->pct : 0);
	return write_file(f, 0, text);
}

/* One way to restore, the same as when this process dies. */
int kp_fault_close(struct kp_fault *f)
{
	int status = 0;
	pid_t pid = 0;

	if (!f)
		return 0;
	if (f->pipe >= 0) {
		close(f->pipe);
		do
			pid = waitpid(f->watcher, &status, 0);
		while (pid < 0 && errno == EINTR);
	}
	free(f);
	return pid < 0 || status ? -EIO : 0;
}
