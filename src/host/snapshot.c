// SPDX-License-Identifier: GPL-2.0-only
/*
 * snapshot.c - saves what kvmpmu reads of a host as a tar archive that --sysroot reads elsewhere.
 * One table says what is saved; processes, their arguments and their environments never are. Writes
 * the one file it is given.
 */
#include "host/parts.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/buf.h"
#include "lib/str.h"

#define BLOCK 512
#define TOP   "kvmpmu-snapshot"

/*
 * WHOLE: the content. MARK: only that it is there. MOUNTS: lines of the kernel's own file systems;
 * others' mounts may hold names of servers and users.
 */
enum how { WHOLE, MARK, MOUNTS };

static const struct {
	const char *pattern;
	enum how how;
} paths[] = {
	{ "/proc/cpuinfo", WHOLE },
	{ "/proc/interrupts", WHOLE },
	{ "/proc/meminfo", WHOLE },
	{ "/proc/mounts", MOUNTS },
	{ "/proc/config.gz", WHOLE },
	{ "/boot/config-RELEASE", WHOLE },
	{ "/proc/sys/kernel/arch", WHOLE },
	{ "/proc/sys/kernel/osrelease", WHOLE },
	{ "/proc/sys/kernel/hostname", WHOLE },
	{ "/proc/sys/kernel/perf_*", WHOLE },
	{ "/proc/sys/kernel/nmi_watchdog", WHOLE },
	{ "/proc/sys/kernel/kptr_restrict", WHOLE },
	{ "/proc/sys/kernel/unprivileged_bpf_disabled", WHOLE },
	{ "/sys/module/kvm*/parameters/*", WHOLE },
	{ "/sys/bus/event_source/devices/*/type", WHOLE },
	{ "/sys/bus/event_source/devices/*/cpus", WHOLE },
	{ "/sys/bus/event_source/devices/*/cpumask", WHOLE },
	{ "/sys/bus/event_source/devices/*/format/*", WHOLE },
	{ "/sys/bus/event_source/devices/*/events/*", WHOLE },
	{ "/sys/bus/event_source/devices/*/caps/*", WHOLE },
	{ "/sys/devices/system/cpu/online", WHOLE },
	{ "/sys/devices/system/cpu/present", WHOLE },
	{ "/sys/devices/system/cpu/cpu*/regs/identification/midr_el1", WHOLE },
	{ "/sys/class/misc/kvm/dev", WHOLE },
	{ "/sys/kernel/btf/vmlinux", MARK },
	{ "/sys/kernel/tracing/events/kvm/*/id", WHOLE },
	{ "/sys/kernel/debug/tracing/events/kvm/*/id", WHOLE },
};

struct snapshot {
	const struct kp_sysroot *root;
	gzFile gz;
	uint32_t nr;
	const char *release;
	enum how how;
};

/* one step of the walk: @dir is done, @rest is to be matched below it */
struct step {
	struct snapshot *s;
	const char *dir;
	const char *rest;
};

static int put(struct snapshot *s, const void *data, size_t size)
{
	static const char zero[BLOCK];
	size_t fill = (BLOCK - size % BLOCK) % BLOCK;

	if (size && gzwrite(s->gz, data, (unsigned int)size) != (int)size)
		return -EIO;
	if (fill && gzwrite(s->gz, zero, (unsigned int)fill) != (int)fill)
		return -EIO;
	return 0;
}

/* A ustar name is at most 100 bytes, with up to 155 before it in another field, cut at a slash. */
static int split_name(const char *path, char *name, char *prefix)
{
	size_t len = strlen(path);
	const char *cut = path;

	if (len > 100) {
		cut = strchr(path + len - 101, '/');
		if (!cut || cut - path > 155)
			return -ENAMETOOLONG;
		memcpy(prefix, path, (size_t)(cut - path));
		cut++;
	}
	memcpy(name, cut, strlen(cut));
	return 0;
}

static int add_file(struct snapshot *s, const char *path, const char *data, size_t size)
{
	char h[BLOCK] = { 0 }, full[PATH_MAX];
	unsigned int i, sum = 0;
	int err;

	snprintf(full, sizeof(full), TOP "%s", path);
	if (split_name(full, h, h + 345))
		return 0; /* no path of the table is that long; a device's name might be */
	snprintf(h + 100, 8, "%07o", 0444);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011zo", size);
	snprintf(h + 136, 12, "%011o", 0);
	memset(h + 148, ' ', 8);
	h[156] = '0';
	memcpy(h + 257, "ustar\00000", 8);
	for (i = 0; i < BLOCK; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 7, "%06o", sum);
	err = put(s, h, BLOCK);
	if (!err)
		err = put(s, data, size);
	s->nr += !err;
	return err;
}

static size_t kernel_mounts(char *text)
{
	static const char *const types[] = { "tracefs", "debugfs", "bpf", "sysfs", "proc" };
	struct kp_buf out = { 0 };
	char *line, *save = NULL, type[32];
	size_t i, len;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (i = 0; i < KP_ARRAY_SIZE(types); i++)
			if (sscanf(line, "%*s %*s %31s", type) == 1 && !strcmp(type, types[i]) &&
			    kp_buf_printf(&out, "%s\n", line))
				break;
	/* lines only became fewer */
	len = out.len;
	if (len)
		memcpy(text, out.data, len);
	kp_buf_free(&out);
	return len;
}

static int save(struct snapshot *s, const char *path)
{
	char *text;
	size_t size;
	int err;

	if (s->how == MARK)
		return kp_sysroot_exists(s->root, "%s", path) ? add_file(s, path, "", 0) : 0;
	if (kp_sysroot_read(s->root, &text, &size, "%s", path))
		return 0; /* not there, or not for us */
	if (s->how == MOUNTS)
		size = kernel_mounts(text);
	err = add_file(s, path, text, size);
	free(text);
	return err;
}

static int walk(struct snapshot *s, const char *dir, const char *rest);

static int one_name(void *ctx, const char *name)
{
	struct step *st = ctx;
	size_t len = strcspn(st->rest, "/");
	char pattern[NAME_MAX + 1], path[PATH_MAX];

	snprintf(pattern, sizeof(pattern), "%.*s", (int)len, st->rest);
	if (!kp_str_glob(pattern, name))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", st->dir, name) >= (int)sizeof(path))
		return 0;
	return walk(st->s, path, st->rest + len + (st->rest[len] == '/'));
}

/* The rest of a pattern below @dir: names with a wildcard are listed, others taken as they are. */
static int walk(struct snapshot *s, const char *dir, const char *rest)
{
	struct step st = { .s = s, .dir = dir, .rest = rest };
	size_t len = strcspn(rest, "/");
	char name[NAME_MAX + 1];
	int err;

	if (!*rest)
		return save(s, dir);
	if (!memchr(rest, '*', len)) {
		snprintf(name, sizeof(name), "%.*s", (int)len, rest);
		return one_name(&st, name);
	}
	err = kp_sysroot_list(s->root, *dir ? dir : "/", one_name, &st);
	return err == -ENOMEM || err == -EIO ? err : 0;
}

static int save_paths(struct snapshot *s)
{
	char config[NAME_MAX];
	int err = 0;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(paths) && !err; i++) {
		s->how = paths[i].how;
		if (strcmp(paths[i].pattern, "/boot/config-RELEASE")) {
			err = walk(s, "", paths[i].pattern + 1);
		} else if (s->release && !strpbrk(s->release, "/*")) {
			snprintf(config, sizeof(config), "/boot/config-%s", s->release);
			err = save(s, config);
		}
	}
	return err;
}

static int save_text(struct snapshot *s, const char *path, char *text)
{
	int err = text ? add_file(s, path, text, strlen(text)) : 0;

	free(text);
	return err;
}

static int save_all(struct snapshot *s)
{
	static const char end[2 * BLOCK];
	struct kp_host *host;
	int err = kp_host_collect(s->root, KP_HOST_CPU | KP_HOST_PMU, &host);

	if (err)
		return err;
	s->release = host->osrelease;
	err = save_paths(s);
	if (!err)
		err = save_text(s, KP_SNAP_CPUID, kp_host_cpuid_text(s->root, host));
	if (!err)
		err = save_text(s, KP_SNAP_CAPS, kp_host_caps_text(s->root));
	if (!err)
		err = save_text(s, KP_SNAP_KMSG, kp_host_messages_text(s->root));
	if (!err)
		err = put(s, end, sizeof(end));
	kp_host_free(host);
	return err;
}

int kp_snapshot_write(const struct kp_sysroot *root, const char *path, uint32_t *nr)
{
	struct snapshot s = { .root = root };
	int err, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	s.gz = gzdopen(fd, "wb9");
	if (!s.gz) {
		close(fd);
		unlink(path);
		return -ENOMEM;
	}
	errno = 0;
	err = save_all(&s);
	if (err == -EIO && errno)
		err = -errno;
	if (gzclose(s.gz) != Z_OK && !err)
		err = errno ? -errno : -EIO;
	if (err)
		unlink(path);
	*nr = s.nr;
	return err;
}
