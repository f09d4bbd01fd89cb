// SPDX-License-Identifier: GPL-2.0-only
/*
 * tar.c - unpacks snapshot archives: ustar, compressed with gzip or not. An archive may come from
 * anyone: everything is bounded; only plain files and folders are made, all below one folder.
 */
#include "host/parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK	    512
#define FILES_MAX   65536
#define FILE_BYTES  (16u << 20)
#define TOTAL_BYTES (128u << 20)
#define NAME_BYTES  260

/* struct tar - @left: bytes that may still be written */
struct tar {
	gzFile gz;
	int dirfd;
	uint32_t files;
	uint64_t left;
};

/* POSIX.1-1988 ustar */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static int octal(const char *s, size_t size, uint64_t *out)
{
	size_t i = 0;

	*out = 0;
	while (i < size && s[i] == ' ')
		i++;
	for (; i < size && s[i] >= '0' && s[i] <= '7'; i++)
		*out = *out << 3 | (uint64_t)(s[i] - '0');
	return i == 0 || (i < size && s[i] && s[i] != ' ') ? -EBADMSG : 0;
}

static bool sum_is_right(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	uint64_t want, sum = 0;
	size_t i;

	for (i = 0; i < BLOCK; i++)
		sum += i >= offsetof(struct header, sum) && i < offsetof(struct header, type)
			       ? ' '
			       : p[i];
	return !octal(h->sum, sizeof(h->sum), &want) && want == sum;
}

/* The path below the top folder; empty: that folder. -EBADMSG: it leads out, or is no path. */
static int clean_name(const struct header *h, char *out)
{
	static const char top[] = "kvmpmu-snapshot";
	char name[NAME_BYTES];
	const char *p = name;
	size_t len;

	snprintf(name, sizeof(name), "%.155s%s%.100s", h->prefix, h->prefix[0] ? "/" : "", h->name);
	*out = '\0';
	while (!strncmp(p, "./", 2))
		p += 2;
	if (!strncmp(p, top, strlen(top)) && (!p[strlen(top)] || p[strlen(top)] == '/'))
		p += strlen(top) + (p[strlen(top)] == '/');
	if (*p == '/')
		return -EBADMSG;
	for (; *p; p += len + (p[len] == '/')) {
		len = strcspn(p, "/");
		if (!len || (len == 2 && p[0] == '.' && p[1] == '.'))
			return -EBADMSG;
		if (len == 1 && *p == '.')
			continue;
		if (*out)
			strncat(out, "/", NAME_BYTES - 1 - strlen(out));
		strncat(out, p, len);
	}
	return 0;
}

/* All folders of @path, and @path itself when @whole. No link is ever made here to lead astray. */
static int make_dirs(int dirfd, const char *path, bool whole)
{
	char dir[NAME_BYTES];
	const char *p = path;

	for (;;) {
		p += strcspn(p, "/");
		if (!*p && !whole)
			return 0;
		snprintf(dir, sizeof(dir), "%.*s", (int)(p - path), path);
		if (*dir && mkdirat(dirfd, dir, 0700) && errno != EEXIST)
			return -errno;
		if (!*p)
			return 0;
		p++;
	}
}

static int copy_out(struct tar *t, uint64_t size, int fd)
{
	char block[BLOCK];

	for (; size; size -= kp_min_u64(size, BLOCK)) {
		size_t n = kp_min_u64(size, BLOCK);

		if (gzread(t->gz, block, BLOCK) != BLOCK)
			return -EBADMSG;
		if (fd >= 0 && write(fd, block, n) != (ssize_t)n)
			return errno ? -errno : -EIO;
	}
	return 0;
}

static int one_file(struct tar *t, const char *name, uint64_t size)
{
	int fd, err = make_dirs(t->dirfd, name, false);

	if (err)
		return err;
	if (size > FILE_BYTES || size > t->left || ++t->files > FILES_MAX)
		return -EFBIG;
	t->left -= size;
	fd = openat(t->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) /* the same name twice, or a folder of that name */
		return errno == EEXIST || errno == ENOTDIR || errno == EISDIR ? -EBADMSG : -errno;
	err = copy_out(t, size, fd);
	close(fd);
	return err;
}

static int one_entry(struct tar *t, const struct header *h)
{
	char name[NAME_BYTES];
	uint64_t size;

	if (memcmp(h->magic, "ustar", 5) || !sum_is_right(h) ||
	    octal(h->size, sizeof(h->size), &size))
		return -EBADMSG;
	if (size > t->left)
		return -EFBIG;
	if (h->type != '0' && h->type && h->type != '5')
		return copy_out(t, size, -1); /* links, devices, other programs' extensions */
	if (clean_name(h, name))
		return -EBADMSG;
	if (h->type == '5' || !*name) {
		if (++t->files > FILES_MAX)
			return -EFBIG;
		return *name ? make_dirs(t->dirfd, name, true) : copy_out(t, size, -1);
	}
	return one_file(t, name, size);
}

int kp_tar_unpack(int fd, int dirfd)
{
	static const struct header zero;
	struct tar t = { .dirfd = dirfd, .left = TOTAL_BYTES };
	struct header h;
	int n, err = 0, own = dup(fd);

	if (own < 0)
		return -errno;
	t.gz = gzdopen(own, "rb");
	if (!t.gz) {
		close(own);
		return -ENOMEM;
	}
	while (!err) {
		n = gzread(t.gz, &h, BLOCK);
		if (n == BLOCK && !memcmp(&h, &zero, BLOCK))
			break;
		err = n == BLOCK ? one_entry(&t, &h) : -EBADMSG;
	}
	gzclose(t.gz);
	return err;
}
