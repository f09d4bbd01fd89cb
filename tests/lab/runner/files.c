// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the lab machine: reading small ones, and sending a folder to the host as a tar stream
 * (POSIX ustar) through the virtio port. Reads and writes only what it is told to.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"

#define FILE_READ_MAX (64u << 20)

static char *fd_read_all(int fd)
{
	size_t size = 0, cap = 4096;
	char *buf = malloc(cap), *bigger;
	ssize_t n;

	while (buf && (n = read(fd, buf + size, cap - size - 1)) > 0) {
		size += (size_t)n;
		if (size + 1 < cap)
			continue;
		bigger = cap < FILE_READ_MAX ? realloc(buf, cap * 2) : NULL;
		if (!bigger)
			break;
		buf = bigger;
		cap *= 2;
	}
	if (buf)
		buf[size] = '\0';
	return buf;
}

char *lab_file_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = fd_read_all(fd);
	close(fd);
	return text;
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int lab_file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	close(fd);
	return r;
}

bool lab_file_exists(const char *path)
{
	return !access(path, F_OK);
}

/* POSIX.1-1988 ustar header, IEEE Std 1003.1 "pax", section "ustar Interchange Format". */
struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type;
	char linkname[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8];
	char prefix[155], pad[12];
};
_Static_assert(sizeof(struct tar_header) == 512, "a tar header is one block");

static int tar_send_header(int out, const char *name, size_t size)
{
	struct tar_header h = { .type = '0', .magic = "ustar", .version = { '0', '0' } };
	unsigned int sum = 0;

	if (strlen(name) >= sizeof(h.name))
		return -ENAMETOOLONG;
	strcpy(h.name, name);
	snprintf(h.mode, sizeof(h.mode), "%07o", 0644);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0);
	snprintf(h.size, sizeof(h.size), "%011zo", size);
	snprintf(h.mtime, sizeof(h.mtime), "%011o", 0);
	memset(h.checksum, ' ', sizeof(h.checksum));
	for (size_t i = 0; i < sizeof(h); i++)
		sum += ((unsigned char *)&h)[i];
	snprintf(h.checksum, sizeof(h.checksum), "%06o", sum);
	return write_all(out, &h, sizeof(h));
}

/* Exactly the size that the header says, whatever happens to the file meanwhile. */
static int tar_send_content(int out, int fd, size_t size)
{
	static char block[64 << 10];
	size_t left = (size + 511) & ~(size_t)511;
	int r = 0;

	while (left && !r) {
		size_t want = left < sizeof(block) ? left : sizeof(block);
		ssize_t n = size ? read(fd, block, want < size ? want : size) : 0;

		if (n < 0)
			n = 0;
		if (!n) {
			memset(block, 0, want);
			n = (ssize_t)want;
			size = 0;
		} else {
			size -= (size_t)n;
		}
		r = write_all(out, block, (size_t)n);
		left -= (size_t)n;
	}
	return r;
}

static int tar_send_file(int out, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		r = -errno;
	else if (S_ISREG(st.st_mode))
		r = tar_send_header(out, name, (size_t)st.st_size);
	if (!r && S_ISREG(st.st_mode))
		r = tar_send_content(out, fd, (size_t)st.st_size);
	close(fd);
	return r;
}

static int tar_send_dir(int out, const char *dir, const char *prefix)
{
	char path[1024], name[1024];
	struct dirent *e;
	DIR *d = opendir(dir);
	int r = 0, one;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "/" : "", e->d_name);
		if (e->d_type == DT_DIR)
			one = tar_send_dir(out, path, name);
		else
			one = tar_send_file(out, path, name);
		if (one && !r)
			r = one;
	}
	closedir(d);
	return r;
}

int lab_tar_send(const char *dir, const char *port)
{
	static const char end[1024];
	int out = open(port, O_WRONLY | O_CLOEXEC), r, r2;

	if (out < 0)
		return -errno;
	r = tar_send_dir(out, dir, "");
	r2 = write_all(out, end, sizeof(end));
	close(out);
	return r ? r : r2;
}
