// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab machine's init: mounts what kvmpmu reads, loads KVM, then does what the kernel's command
 * line asks (lab.mode=check, run or shell), sends /out and the exit status to the host and powers
 * off. Touches only the emulated machine it is the first process of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"

#define LAB_PORT	 "/dev/vport0p1"
#define CMDLINE_WORD_MAX 256

static const struct {
	const char *type, *dir;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
	{ "tracefs", "/sys/kernel/tracing" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "bpf", "/sys/fs/bpf" },
	{ "tmpfs", "/tmp" },
	{ "tmpfs", LAB_OUT_DIR },
};

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL) && errno != EBUSY)
			printf("# lab: mount %s: %s\n", mounts[i].dir, strerror(errno));
	}
}

/* The value of a word "key=value" of the kernel's command line; empty where it is not there. */
static void cmdline_word(const char *key, char value[CMDLINE_WORD_MAX])
{
	char *line = lab_file_read("/proc/cmdline"), *save = NULL;
	size_t len = strlen(key);

	value[0] = '\0';
	if (!line)
		return;
	for (char *w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		if (!strncmp(w, key, len) && w[len] == '=')
			snprintf(value, CMDLINE_WORD_MAX, "%s", w + len + 1);
	free(line);
}

static void module_load(const char *name, const char *options)
{
	char path[CMDLINE_WORD_MAX + 32];
	int fd;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, options, 0))
		printf("# lab: module %s: %s\n", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* lab.modules=NAME[,OPTION...]:NAME... */
static void modules_load(void)
{
	char list[CMDLINE_WORD_MAX], *save = NULL;

	cmdline_word("lab.modules", list);
	for (char *m = strtok_r(list, ":", &save); m; m = strtok_r(NULL, ":", &save)) {
		char *options = strchr(m, ',');

		if (options)
			*options++ = '\0';
		for (char *p = options; p && *p; p++)
			if (*p == ',')
				*p = ' ';
		module_load(m, options ? options : "");
	}
}

/* Run a shell with the console as its terminal, so that Ctrl-C reaches what runs in it. */
static int shell_run(const char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		execv("/bin/sh", (char *const *)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define KLOG_READ_ALL 3 /* SYSLOG_ACTION_READ_ALL of syslog(2) */
#define KLOG_MAX      (1 << 20)

/* Warnings of the kernel's are no failure of a test, and may explain one. */
static void kernel_warnings_note(void)
{
	char *log = calloc(1, KLOG_MAX), *line, *save = NULL;

	if (log && klogctl(KLOG_READ_ALL, log, KLOG_MAX - 1) > 0)
		for (line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
			if (strstr(line, "WARNING:") || strstr(line, "BUG:"))
				printf("# kernel: %s\n", line);
	free(log);
}

static int mode_check(const char *name)
{
	char only[CMDLINE_WORD_MAX];
	int failed;

	cmdline_word("lab.only", only);
	for (const struct lab_machine *m = lab_machines; m->name; m++) {
		if (strcmp(m->name, name))
			continue;
		failed = lab_cases_run(m, only);
		kernel_warnings_note();
		return failed ? 1 : 0;
	}
	printf("# lab: no tests for machine %s\n", name);
	return 2;
}

static int mode_run(const char *mode, const char *machine)
{
	if (!strcmp(mode, "check"))
		return mode_check(machine);
	if (!strcmp(mode, "shell"))
		return shell_run((const char *const[]){ "-sh", NULL });
	return shell_run((const char *const[]){ "sh", "/lab/job.sh", NULL });
}

/* The host finds the exit status beside the artefacts, the kernel's messages too. */
static void results_send(int status)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d\n", status);
	lab_file_write(LAB_OUT_DIR "/status", text);
	r = lab_tar_send(LAB_OUT_DIR, LAB_PORT);
	if (r)
		printf("# lab: %s: %s\n", LAB_PORT, strerror(-r));
}

int main(int argc, char **argv)
{
	char mode[CMDLINE_WORD_MAX], machine[CMDLINE_WORD_MAX];

	if (argc > 1 && !strcmp(argv[1], "hold"))
		return lab_hold(argv + 2);
	if (argc > 1 && !strcmp(argv[1], "loop"))
		return lab_loop(argv + 2);
	if (getpid() != 1) {
		fprintf(stderr, "the init of the lab's machines: tests/lab/boot.sh runs it\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	mount_all();
	setenv("PATH", "/bin:/lab", 1);
	setenv("HOME", "/tmp", 1);
	setenv("TERM", "vt100", 0);
	modules_load();
	cmdline_word("lab.mode", mode);
	cmdline_word("lab.machine", machine);
	if (chdir("/tmp"))
		return 2;
	results_send(mode_run(mode, machine));
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
