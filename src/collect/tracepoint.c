// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracepoint.c - tracepoint ids for the plan and the tracing data of perf.data, through libtracefs.
 * Reads tracefs only; never mounts it.
 */
#include "collect/tracepoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/str.h"

/* libtracefs would mount what is missing: this tool does not change its host. */
static int use_tracefs(const char *dir)
{
	char *copy;
	int err;

	if (!dir)
		return -ENODEV;
	copy = strdup(dir);
	if (!copy)
		return -ENOMEM;
	err = tracefs_set_tracing_dir(copy) ? -errno : 0;
	free(copy);
	return err;
}

static int read_file(char **out, size_t *size, const char *fmt, ...) KP_PRINTF(3, 4);

static int read_file(char **out, size_t *size, const char *fmt, ...)
{
	char path[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	n = 0;
	errno = 0;
	*out = tracefs_instance_file_read(NULL, path, &n);
	*size = (size_t)n;
	return *out ? 0 : errno ? -errno : -ENOENT;
}

/* Nothing below a folder that may not be entered can be said to be missing. */
static bool is_closed(const char *dir)
{
	return faccessat(AT_FDCWD, dir, X_OK, AT_EACCESS) && errno == EACCES;
}

static int tp_id(void *ctx, const char *system, const char *name)
{
	int err = use_tracefs(ctx);
	uint64_t id;
	size_t size;
	char *text;

	if (!err)
		err = read_file(&text, &size, "events/%s/%s/id", system, name);
	if (err == -ENOENT && is_closed(ctx))
		return -EACCES;
	if (err)
		return err;
	err = kp_str_u64(kp_str_trim(text), &id);
	free(text);
	return err || id > INT32_MAX ? -EINVAL : (int)id;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_list(char **list)
{
	size_t nr = 0;

	while (list[nr])
		nr++;
	qsort(list, nr, sizeof(*list), by_text);
}

static int glob_system(const char *system, const char *pattern,
		       int (*fn)(void *fnctx, const char *system, const char *name), void *fnctx)
{
	char **names = tracefs_system_events(NULL, system);
	int i, err = 0;

	if (!names)
		return 0;
	sort_list(names);
	for (i = 0; names[i] && !err; i++)
		if (kp_str_glob(pattern, names[i]))
			err = fn(fnctx, system, names[i]);
	tracefs_list_free(names);
	return err;
}

static int tp_glob(void *ctx, const char *system, const char *pattern,
		   int (*fn)(void *fnctx, const char *system, const char *name), void *fnctx)
{
	int i, err = use_tracefs(ctx);
	char **systems;

	if (err)
		return err;
	systems = tracefs_event_systems(NULL);
	if (!systems)
		return errno == EACCES || is_closed(ctx) ? -EACCES : -ENOENT;
	sort_list(systems);
	for (i = 0; systems[i] && !err; i++)
		if (kp_str_glob(system, systems[i]))
			err = glob_system(systems[i], pattern, fn, fnctx);
	tracefs_list_free(systems);
	return err;
}

struct kp_tracepoint_db kp_tracepoint_db_live(const struct kp_host *host)
{
	return (struct kp_tracepoint_db){ tp_id, tp_glob, host->tracefs };
}

/* ---- tracing data ---- */

/* size in @size_bytes bytes, then the file; a file that is not there has size 0 */
static int add_file(struct kp_buf *buf, unsigned int size_bytes, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	uint64_t size64;
	uint32_t size32;
	int err = read_file(&text, &size, "%s", path);

	if (err == -ENOMEM)
		return err;
	if (err)
		size = 0;
	size64 = size;
	size32 = (uint32_t)size;
	err = kp_buf_add(buf, size_bytes == 8 ? (void *)&size64 : (void *)&size32, size_bytes);
	if (!err && size)
		err = kp_buf_add(buf, text, size);
	free(text);
	return err;
}

static int add_u32(struct kp_buf *buf, uint32_t v)
{
	return kp_buf_add(buf, &v, sizeof(v));
}

static int add_header(struct kp_buf *buf)
{
	static const char magic[] = "\x17\x08\x44tracing0.6";
	static const uint16_t one = 1;
	char order = *(const char *)&one ? 0 : 1, long_size = sizeof(long);
	int err;

	err = kp_buf_add(buf, magic, sizeof(magic));
	if (!err)
		err = kp_buf_add(buf, &order, 1);
	if (!err)
		err = kp_buf_add(buf, &long_size, 1);
	if (!err)
		err = add_u32(buf, (uint32_t)sysconf(_SC_PAGESIZE));
	if (!err)
		err = kp_buf_add(buf, "header_page", 12);
	if (!err)
		err = add_file(buf, 8, "events/header_page");
	if (!err)
		err = kp_buf_add(buf, "header_event", 13);
	if (!err)
		err = add_file(buf, 8, "events/header_event");
	return err;
}

/* ftrace's own events and a plan's system have one layout: how many, then each with its size */
static bool is_first(const struct kp_plan *plan, size_t i, bool same_tp)
{
	const struct kp_plan_event *ev = &plan->events[i], *p;

	for (p = plan->events; p < ev; p++)
		if (p->tp && !strcmp(p->system, ev->system) && (!same_tp || !strcmp(p->tp, ev->tp)))
			return false;
	return true;
}

static int add_system(struct kp_buf *buf, const struct kp_plan *plan, const char *system)
{
	const struct kp_plan_event *ev;
	char path[256];
	uint32_t nr = 0;
	size_t i;
	int err;

	for (i = 0; i < plan->nr_events; i++)
		nr += plan->events[i].tp && !strcmp(plan->events[i].system, system) &&
		      is_first(plan, i, true);
	err = kp_buf_add(buf, system, strlen(system) + 1);
	if (!err)
		err = add_u32(buf, nr);
	for (i = 0; i < plan->nr_events && !err; i++) {
		ev = &plan->events[i];
		if (!ev->tp || strcmp(ev->system, system) || !is_first(plan, i, true))
			continue;
		snprintf(path, sizeof(path), "events/%s/%s/format", system, ev->tp);
		err = add_file(buf, 8, path);
	}
	return err;
}

static int add_systems(struct kp_buf *buf, const struct kp_plan *plan)
{
	uint32_t nr = 0;
	size_t i;
	int err;

	for (i = 0; i < plan->nr_events; i++)
		nr += plan->events[i].tp && is_first(plan, i, false);
	err = add_u32(buf, 0); /* none of ftrace's own events: perf cannot record them */
	if (!err)
		err = add_u32(buf, nr);
	for (i = 0; i < plan->nr_events && !err; i++)
		if (plan->events[i].tp && is_first(plan, i, false))
			err = add_system(buf, plan, plan->events[i].system);
	return err;
}

int kp_tracing_data(const struct kp_plan *plan, void **out, size_t *size)
{
	struct kp_buf buf = { 0 };
	bool any = false;
	size_t i;
	int err;

	*out = NULL;
	*size = 0;
	for (i = 0; i < plan->nr_events; i++)
		any |= plan->events[i].tp != NULL;
	if (!any)
		return 0;
	err = add_header(&buf);
	if (!err)
		err = add_systems(&buf, plan);
	if (!err)
		err = add_u32(&buf, 0); /* no kallsyms: perf writes none either */
	if (!err)
		err = add_file(&buf, 4, "printk_formats");
	if (!err)
		err = add_file(&buf, 8, "saved_cmdlines");
	if (err) {
		kp_buf_free(&buf);
		return err;
	}
	*out = buf.data;
	*size = buf.len;
	return 0;
}
