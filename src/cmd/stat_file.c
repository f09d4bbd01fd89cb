// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_file.c - where stat's documents go. A file of -o is written beside itself and renamed, so
 * that a reader at any moment finds a whole one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/stat.h"
#include "lib/log.h"

static int print(const struct kp_stat_show *show, FILE *f)
{
	int err = strcmp(show->opts->format, "openmetrics") ? kp_stat_print(show, f)
							    : kp_stat_print_openmetrics(show, f);

	if (!err && (fflush(f) || ferror(f)))
		err = errno ? -errno : -EIO;
	return err;
}

static int failed(const char *path, int err)
{
	kp_err("%s: cannot be written: %s", path, strerror(-err));
	return err;
}

static int print_to(const struct kp_stat_show *show, int fd, const char *mode)
{
	FILE *f = fdopen(fd, mode);
	int err;

	if (!f) {
		err = -errno;
		close(fd);
		return err;
	}
	err = print(show, f);
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

/* mkstemp() makes files that only their owner reads; a collector is somebody else. */
static void widen(int fd)
{
	mode_t mask = umask(022);

	umask(mask);
	fchmod(fd, 0666 & ~mask);
}

static int replace(const struct kp_stat_show *show, const char *path)
{
	char *temp;
	int fd, err;

	/* what collectors take up ends in .prom: this must not */
	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkstemp(temp);
	if (fd < 0) {
		err = -errno;
		free(temp);
		return err;
	}
	widen(fd);
	err = print_to(show, fd, "w");
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
	free(temp);
	return err;
}

static int append_to(const struct kp_stat_show *show, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	return fd < 0 ? -errno : print_to(show, fd, "a");
}

/* A device or a pipe cannot be replaced; what it has is a stream. */
static bool is_stream(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

int kp_stat_output(const struct kp_stat_show *show, bool append)
{
	const struct kp_stat_opts *opts = show->opts;
	const char *path = opts->output;
	int err;

	if (path && strcmp(path, "-")) {
		err = append || is_stream(path) ? append_to(show, path) : replace(show, path);
		return err ? failed(path, err) : 0;
	}
	/* as with perf stat, a command keeps its standard output for itself */
	if (!path && opts->argv && !strcmp(opts->format, "text"))
		return print(show, stderr);
	err = print(show, stdout);
	return err && err != -EPIPE ? failed("standard output", err) : err;
}
