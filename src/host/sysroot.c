// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysroot.c - the only opener of the host's /proc and /sys, live or as a snapshot below a
 * directory. A snapshot may come from anywhere: its symbolic links are resolved inside it, never
 * outside.
 */
#include "host/parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/str.h"

#define FILE_MAX_BYTES (16u << 20)

/**
 * struct kp_sysroot - @fd: the directory that stands for "/"; owned
 * @unpacked: temporary directory that goes away with it, NULL none; owned
 */
struct kp_sysroot {
	int fd;
	bool live;
	char *unpacked;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A snapshot's archive: its files come to lie in a directory that only this user can enter. */
static int unpack(struct kp_sysroot *root, int fd)
{
	const char *tmp = getenv("TMPDIR");
	int err;

	if (asprintf(&root->unpacked, "%s/kvmpmu.XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0) {
		root->unpacked = NULL;
		return -ENOMEM;
	}
	if (!mkdtemp(root->unpacked)) {
		err = -errno;
		free(root->unpacked);
		root->unpacked = NULL;
		return err;
	}
	root->fd = open(root->unpacked, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return root->fd < 0 ? -errno : kp_tar_unpack(fd, root->fd);
}

static int open_root(struct kp_sysroot *root, const char *path)
{
	struct stat st;
	int fd, err;

	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd >= 0 || errno != ENOTDIR)
		return root->fd < 0 ? -errno : 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -ENOTDIR : unpack(root, fd);
	close(fd);
	return err;
}

int kp_sysroot_open(const char *path, struct kp_sysroot **out)
{
	struct kp_sysroot *root = calloc(1, sizeof(*root));
	int err;

	if (!root)
		return -ENOMEM;
	root->live = !path;
	root->fd = -1;
	err = open_root(root, path ? path : "/");
	if (err) {
		kp_sysroot_free(root);
		return err;
	}
	*out = root;
	return 0;
}

void kp_sysroot_free(struct kp_sysroot *root)
{
	if (!root)
		return;
	if (root->fd >= 0)
		close(root->fd);
	if (root->unpacked)
		nftw(root->unpacked, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root->unpacked);
	free(root);
}

bool kp_sysroot_live(const struct kp_sysroot *root)
{
	return root->live;
}

/* Before 5.6, and under seccomp filters that do not know it, there is no openat2(). */
static int open_beneath(int dirfd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)(unsigned int)flags,
				.resolve = RESOLVE_IN_ROOT };
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return openat(dirfd, path, flags | O_NOFOLLOW);
	return (int)fd;
}

/* From the sysroot on. */
static const char *relative(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

static int open_path(const struct kp_sysroot *root, const char *path, int flags)
{
	int fd;

	flags |= O_CLOEXEC;
	if (root->live)
		fd = openat(root->fd, relative(path), flags);
	else
		fd = open_beneath(root->fd, relative(path), flags);
	return fd < 0 ? -errno : fd;
}

static int format_path(char *path, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(path, size, fmt, ap);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* proc and sysfs files say nothing true about their size: read until the end. */
static int read_all(int fd, struct kp_buf *buf)
{
	ssize_t n;
	int err;

	do {
		err = kp_buf_reserve(buf, 4096);
		if (err)
			return err;
		n = read(fd, buf->data + buf->len, buf->cap - buf->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf->len += (size_t)n;
		if (buf->len > FILE_MAX_BYTES)
			return -EFBIG;
	} while (n);
	buf->data[buf->len] = '\0';
	return 0;
}

static int read_path(const struct kp_sysroot *root, const char *path, char **out, size_t *size)
{
	struct kp_buf buf = { 0 };
	int fd = open_path(root, path, O_RDONLY | O_NONBLOCK);
	int err;

	if (fd < 0)
		return fd;
	err = read_all(fd, &buf);
	close(fd);
	if (err) {
		kp_buf_free(&buf);
		return err;
	}
	*out = buf.data;
	if (size)
		*size = buf.len;
	return 0;
}

/* In a function with arguments (..., fmt, ...): the path that they make. 0 or -ENAMETOOLONG. */
#define FORMAT_PATH(path, fmt)                                    \
	({                                                        \
		va_list ap_;                                      \
		int err_;                                         \
		va_start(ap_, fmt);                               \
		err_ = format_path(path, sizeof(path), fmt, ap_); \
		va_end(ap_);                                      \
		err_;                                             \
	})

int kp_sysroot_read(const struct kp_sysroot *root, char **out, size_t *size, const char *fmt, ...)
{
	char path[PATH_MAX];
	int err = FORMAT_PATH(path, fmt);

	return err ? err : read_path(root, path, out, size);
}

/* Most files have one short line: no allocation for them. */
static int read_line(const struct kp_sysroot *root, const char *path, char *buf, size_t size)
{
	int fd = open_path(root, path, O_RDONLY | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	close(fd);
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int kp_sysroot_read_str(const struct kp_sysroot *root, char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	int err = FORMAT_PATH(path, fmt);

	return err ? err : read_line(root, path, buf, size);
}

int kp_sysroot_read_u64(const struct kp_sysroot *root, uint64_t *out, const char *fmt, ...)
{
	char path[PATH_MAX], buf[64];
	int err = FORMAT_PATH(path, fmt);

	if (!err)
		err = read_line(root, path, buf, sizeof(buf));
	return err ? err : kp_str_u64(kp_str_trim(buf), out);
}

int kp_sysroot_readlink(const struct kp_sysroot *root, char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, err = FORMAT_PATH(path, fmt);
	ssize_t n;

	fd = err ? err : open_path(root, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	n = readlinkat(fd, "", buf, size);
	if (n < 0)
		n = -errno;
	else if ((size_t)n >= size)
		n = -ENAMETOOLONG;
	else
		buf[n] = '\0';
	close(fd);
	return n < 0 ? (int)n : 0;
}

int kp_sysroot_write(const struct kp_sysroot *root, const char *text, const char *fmt, ...)
{
	size_t len = strlen(text);
	char path[PATH_MAX];
	int fd, err = FORMAT_PATH(path, fmt);
	ssize_t n;

	fd = err ? err : open_path(root, path, O_WRONLY | O_TRUNC | O_NONBLOCK);
	if (fd < 0)
		return fd;
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	err = n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

bool kp_sysroot_exists(const struct kp_sysroot *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	int fd, err = FORMAT_PATH(path, fmt);

	/* not by opening it, where that can be: it is there with no file to spare, too */
	if (!err && root->live)
		return !faccessat(root->fd, relative(path), F_OK, 0);
	fd = err ? err : open_path(root, path, O_PATH);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

/* Not alphasort(): the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int kp_sysroot_list(const struct kp_sysroot *root, const char *dir,
		    int (*fn)(void *ctx, const char *name), void *ctx)
{
	int fd = open_path(root, dir, O_RDONLY | O_DIRECTORY);
	struct dirent **names;
	int i, nr, err = 0;

	if (fd < 0)
		return fd;
	nr = scandirat(fd, ".", &names, not_dots, by_name);
	if (nr < 0)
		err = -errno;
	close(fd);
	for (i = 0; i < nr; i++) {
		if (!err)
			err = fn(ctx, names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	return err;
}
