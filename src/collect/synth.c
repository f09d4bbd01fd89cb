// SPDX-License-Identifier: GPL-2.0-only
/*
 * synth.c - records of what was already there when the recording began: names of tasks and, for
 * samples with addresses, mappings of processes, kernel and modules, read from /proc through the
 * sysroot. They look like the kernel's own, with a sample id of zeros as perf's have.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "collect/live.h"
#include "lib/buf.h"
#include "lib/str.h"

/* sample_id_all of the plan's events: tid, time, cpu, identifier */
#define ID_BYTES     32
#define BATCH_BYTES  (64u << 10)
#define COMM_BYTES   16
#define NAME_MAX_LEN 4095

struct synth {
	const struct kp_live *live;
	kp_sink sink;
	void *ctx;
	struct kp_buf buf;
	uint32_t pid;
	bool maps;
};

static int flush(struct synth *s)
{
	int err = s->buf.len ? s->sink(s->ctx, s->buf.data, s->buf.len) : 0;

	s->buf.len = 0;
	return err;
}

/* A fixed part, then a string padded to 8 bytes, then the sample id. */
static int add_record(struct synth *s, uint32_t type, uint16_t misc, const void *body, size_t size,
		      const char *name)
{
	static const char zeros[ID_BYTES];
	size_t len = strlen(name) + 1, pad = -len & 7;
	struct perf_event_header hdr = { .type = type, .misc = misc };
	int err;

	hdr.size = (uint16_t)(sizeof(hdr) + size + len + pad + ID_BYTES);
	err = kp_buf_add(&s->buf, &hdr, sizeof(hdr));
	if (!err)
		err = kp_buf_add(&s->buf, body, size);
	if (!err)
		err = kp_buf_add(&s->buf, name, len);
	if (!err)
		err = kp_buf_add(&s->buf, zeros, pad);
	if (!err)
		err = kp_buf_add(&s->buf, zeros, ID_BYTES);
	return err ? err : s->buf.len >= BATCH_BYTES ? flush(s) : 0;
}

static int add_comm(struct synth *s, const char *tid)
{
	uint32_t body[2] = { s->pid, 0 };
	char comm[COMM_BYTES];
	uint64_t id;

	if (kp_str_u64(tid, &id) || id > INT_MAX ||
	    kp_sysroot_read_str(s->live->root, comm, sizeof(comm), "/proc/%u/task/%s/comm", s->pid,
				tid))
		return 0; /* it has gone */
	body[1] = (uint32_t)id;
	return add_record(s, PERF_RECORD_COMM, PERF_RECORD_MISC_USER, body, sizeof(body), comm);
}

static int add_task(void *ctx, const char *tid)
{
	return add_comm(ctx, tid);
}

/* ---- mappings ---- */

struct mmap2 {
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	uint32_t maj, min;
	uint64_t ino, ino_generation;
	uint32_t prot, flags;
};

/* "start-end perms offset maj:min inode    name": executable ones only, as perf has them */
static int add_map(struct synth *s, const char *line)
{
	struct mmap2 m = { .pid = s->pid, .tid = s->pid };
	unsigned long long start, end, off, ino;
	unsigned int maj, min;
	char perms[5];
	int at;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu%n", &start, &end, perms, &off, &maj, &min,
		   &ino, &at) != 7 ||
	    perms[2] != 'x')
		return 0;
	line += at + strspn(line + at, " \t");
	if (strlen(line) > NAME_MAX_LEN)
		return 0;
	m.addr = start;
	m.len = end - start;
	m.pgoff = off;
	m.maj = maj;
	m.min = min;
	m.ino = ino;
	m.prot = 1 | 4; /* PROT_READ | PROT_EXEC */
	m.flags = perms[3] == 's' ? 1 : 2; /* MAP_SHARED : MAP_PRIVATE */
	return add_record(s, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER, &m, sizeof(m),
			  *line ? line : "//anon");
}

static int add_maps(struct synth *s)
{
	char *text, *line, *save = NULL;
	int err = 0;

	if (kp_sysroot_read(s->live->root, &text, NULL, "/proc/%u/maps", s->pid))
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		err = add_map(s, line);
	free(text);
	return err;
}

static int add_process(void *ctx, const char *name)
{
	struct synth *s = ctx;
	uint64_t pid;
	char dir[64];
	int err;

	if (kp_str_u64(name, &pid) || pid > INT_MAX)
		return 0;
	s->pid = (uint32_t)pid;
	snprintf(dir, sizeof(dir), "/proc/%u/task", s->pid);
	err = kp_sysroot_list(s->live->root, dir, add_task, s);
	if (err == -ENOENT || err == -ESRCH || err == -EACCES)
		return 0;
	return err || !s->maps ? err : add_maps(s);
}

/* ---- kernel ---- */

struct mmap1 {
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
};

static int add_kernel_map(struct synth *s, uint64_t addr, uint64_t len, uint64_t pgoff,
			  const char *name)
{
	struct mmap1 m = { .pid = UINT32_MAX, .addr = addr, .len = len, .pgoff = pgoff };

	return add_record(s, PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL, &m, sizeof(m), name);
}

static uint64_t find_symbol(const char *kallsyms, const char *name)
{
	size_t len = strlen(name);
	const char *p = kallsyms;

	while ((p = strstr(p, name))) {
		if (p - kallsyms > 3 && p[-1] == ' ' && (p[len] == '\n' || p[len] == '\0')) {
			while (p > kallsyms && p[-1] != '\n')
				p--;
			return strtoull(p, NULL, 16);
		}
		p += len;
	}
	return 0;
}

/* Where kptr_restrict hides addresses, there is nothing to tell. */
static int add_kernel(struct synth *s)
{
	uint64_t text, end;
	char *kallsyms;
	int err = 0;

	if (kp_sysroot_read(s->live->root, &kallsyms, NULL, "/proc/kallsyms"))
		return 0;
	text = find_symbol(kallsyms, "_text");
	end = find_symbol(kallsyms, "_etext");
	free(kallsyms);
	if (text && end > text)
		err = add_kernel_map(s, text, end - text, text, "[kernel.kallsyms]_text");
	return err;
}

/* "name size refs users state address" */
static int add_modules(struct synth *s)
{
	char *text, *line, *save = NULL, module[128], name[136];
	unsigned long long size, addr;
	int err = 0;

	if (kp_sysroot_read(s->live->root, &text, NULL, "/proc/modules"))
		return 0;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%127s %llu %*s %*s %*s %llx", module, &size, &addr) != 3 || !addr)
			continue;
		snprintf(name, sizeof(name), "[%s]", module);
		err = add_kernel_map(s, addr, size, 0, name);
	}
	free(text);
	return err;
}

/* ---- the whole ---- */

static int add_targets(struct synth *s)
{
	const struct kp_plan *plan = s->live->plan;
	char name[16];
	size_t i;
	int err = 0;

	if (plan->target == KP_TARGET_SYSTEM || plan->target == KP_TARGET_CPUS)
		return kp_sysroot_list(s->live->root, "/proc", add_process, s);
	for (i = 0; i < plan->nr_ids && !err; i++) {
		uint64_t pid = (uint64_t)plan->ids[i];
		char *status, *tgid;

		/* a thread's process */
		if (!kp_sysroot_read(s->live->root, &status, NULL, "/proc/%d/status",
				     plan->ids[i])) {
			tgid = strstr(status, "\nTgid:");
			if (tgid)
				pid = strtoull(tgid + strlen("\nTgid:"), NULL, 10);
			free(status);
		}
		snprintf(name, sizeof(name), "%ju", (uintmax_t)pid);
		err = add_process(s, name);
	}
	return err;
}

int kp_live_synthesize(struct kp_live *live, kp_sink sink, void *ctx)
{
	struct synth s = { .live = live, .sink = sink, .ctx = ctx };
	size_t i;
	int err = 0;

	for (i = 0; i < live->plan->nr_events; i++)
		s.maps |= live->plan->events[i].attr.mmap;
	if (s.maps)
		err = add_kernel(&s);
	if (!err && s.maps)
		err = add_modules(&s);
	if (!err)
		err = add_targets(&s);
	if (!err)
		err = flush(&s);
	kp_buf_free(&s.buf);
	return err;
}
