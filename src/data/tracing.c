// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracing.c - walks HEADER_TRACING_DATA (layout: tools/perf/util/trace-event-info.c) for the event
 * formats, and names attributes by them. Formats themselves are libtraceevent's business, in
 * src/decode. Touches only memory.
 */
#include <stdlib.h>
#include <string.h>

#include "data/meta.h"

static int skip_sized(struct kp_cursor *c)
{
	kp_cursor_bytes(c, kp_cursor_u64(c));
	return c->bad ? -EBADMSG : 0;
}

/* Both begin with a fixed name, then a sized blob: the ring buffer's page and event headers. */
static int skip_header_files(struct kp_cursor *c)
{
	static const char *const names[] = { "header_page", "header_event" };
	const char *name;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		name = kp_cursor_cstr(c);
		if (!name || strcmp(name, names[i]) || skip_sized(c))
			return -EBADMSG;
	}
	return 0;
}

static int walk_system(struct kp_cursor *c, const char *system,
		       int (*fn)(void *ctx, const char *system, const char *format, size_t len),
		       void *ctx)
{
	uint32_t i, nr = kp_cursor_u32(c);
	const char *format;
	uint64_t len;
	int ret;

	for (i = 0; i < nr; i++) {
		len = kp_cursor_u64(c);
		format = kp_cursor_bytes(c, len);
		if (!format)
			return -EBADMSG;
		ret = fn ? fn(ctx, system, format, len) : 0;
		if (ret)
			return ret;
	}
	return c->bad ? -EBADMSG : 0;
}

int kp_tracing_for_each(const void *data, size_t size,
			int (*fn)(void *ctx, const char *system, const char *format, size_t len),
			void *ctx)
{
	struct kp_cursor c = kp_cursor(data, size, false);
	const char *magic = kp_cursor_bytes(&c, 10), *system;
	const uint8_t *order;
	uint32_t i, nr;
	int ret;

	if (!magic || memcmp(magic, "\x17\x08\x44tracing", 10) || !kp_cursor_cstr(&c))
		return -EBADMSG;
	order = kp_cursor_bytes(&c, 2);
	if (!order)
		return -EBADMSG;
	c.swap = (order[0] == 1) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	kp_cursor_u32(&c); /* page size */
	if (skip_header_files(&c) || walk_system(&c, "ftrace", NULL, NULL))
		return -EBADMSG;
	nr = kp_cursor_u32(&c);
	for (i = 0; i < nr; i++) {
		system = kp_cursor_cstr(&c);
		ret = system ? walk_system(&c, system, fn, ctx) : -EBADMSG;
		if (ret)
			return ret;
	}
	return c.bad ? -EBADMSG : 0;
}

/* ---- what meta learns from it ---- */

/* The value of "key: value" at the start of a line; its length into @len. */
static const char *format_value(const struct kp_tp_format *format, const char *key, size_t *len)
{
	const char *at = format->text, *end = at + format->len, *nl;
	size_t key_len = strlen(key);

	while (at < end) {
		nl = memchr(at, '\n', (size_t)(end - at));
		if (!nl)
			nl = end;
		if ((size_t)(nl - at) > key_len && !memcmp(at, key, key_len)) {
			*len = (size_t)(nl - at) - key_len;
			return at + key_len;
		}
		at = nl + 1;
	}
	return NULL;
}

static int index_format(void *ctx, const char *system, const char *text, size_t size)
{
	struct kp_tp_format format = { .system = system, .text = text, .len = size };
	struct kp_meta_index *ix = ctx;
	char number[24] = "";
	size_t len;
	const char *id = format_value(&format, "ID: ", &len);
	int err;

	if (!id || len >= sizeof(number))
		return 0;
	memcpy(number, id, len);
	err = kp_vec_push(&ix->formats, format);
	return err ? err
		   : kp_hash_put(&ix->format_by_tp, strtoull(number, NULL, 10), ix->formats.nr - 1);
}

/* magic, version string, byte order, sizeof(long): tracing_data_header() */
static uint8_t long_size(const void *data, size_t size)
{
	struct kp_cursor c = kp_cursor(data, size, false);
	const uint8_t *order;

	kp_cursor_bytes(&c, 10);
	kp_cursor_cstr(&c);
	order = kp_cursor_bytes(&c, 2);
	return order && (order[1] == 4 || order[1] == 8) ? order[1] : 0;
}

int kp_meta_set_tracing(struct kp_meta *meta, struct kp_meta_index *ix, void *data, size_t size)
{
	free(meta->tracing);
	meta->tracing = data;
	meta->tracing_size = size;
	meta->long_size = long_size(data, size);
	meta->generation++;
	kp_hash_free(&ix->format_by_tp);
	ix->formats.nr = 0;
	ix->named = 0;
	return kp_tracing_for_each(data, size, index_format, ix);
}

/* ---- names ---- */

static const char *const hw_names[] = {
	"cycles",
	"instructions",
	"cache-references",
	"cache-misses",
	"branches",
	"branch-misses",
	"bus-cycles",
	"stalled-cycles-frontend",
	"stalled-cycles-backend",
	"ref-cycles",
};

static const char *const sw_names[] = {
	"cpu-clock",	    "task-clock",   "page-faults",  "context-switches",
	"cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
	"emulation-faults", "dummy",	    "bpf-output",   "cgroup-switches",
};

static int make_up_name(struct kp_attr *attr)
{
	uint64_t config = attr->attr.config;
	char text[64];

	if (attr->attr.type == PERF_TYPE_HARDWARE && config < KP_ARRAY_SIZE(hw_names))
		return kp_meta_set_str(&attr->name, hw_names[config]);
	if (attr->attr.type == PERF_TYPE_SOFTWARE && config < KP_ARRAY_SIZE(sw_names))
		return kp_meta_set_str(&attr->name, sw_names[config]);
	if (attr->attr.type == PERF_TYPE_RAW)
		snprintf(text, sizeof(text), "r%jx", (uintmax_t)config);
	else
		snprintf(text, sizeof(text), "type %u config 0x%jx", attr->attr.type,
			 (uintmax_t)config);
	return kp_meta_set_str(&attr->name, text);
}

/* "kvm:kvm_exit" or, with modifiers, "kvm:kvm_exit:G": what perf called a tracepoint. */
static int split_name(struct kp_attr *attr)
{
	const char *colon = strchr(attr->name, ':'), *end;

	if (!colon || colon == attr->name)
		return 0;
	end = strchrnul(colon + 1, ':');
	attr->system = strndup(attr->name, (size_t)(colon - attr->name));
	attr->event = strndup(colon + 1, (size_t)(end - colon - 1));
	return attr->system && attr->event ? 0 : -ENOMEM;
}

static int name_by_format(struct kp_attr *attr, const struct kp_tp_format *format)
{
	size_t len;
	const char *event = format_value(format, "name: ", &len);
	char *full;

	if (!event)
		return 0;
	free(attr->system);
	free(attr->event);
	attr->system = strdup(format->system);
	attr->event = strndup(event, len);
	if (!attr->system || !attr->event)
		return -ENOMEM;
	/* A name that perf gave (an alias, modifiers) stays; one that was made up earlier goes. */
	if (attr->name && strncmp(attr->name, "type ", 5))
		return 0;
	if (asprintf(&full, "%s:%s", attr->system, attr->event) < 0)
		return -ENOMEM;
	free(attr->name);
	attr->name = full;
	return 0;
}

static int finish_name(struct kp_attr *attr, struct kp_meta_index *ix)
{
	bool tracepoint = attr->attr.type == PERF_TYPE_TRACEPOINT;
	uint64_t *slot = tracepoint ? kp_hash_get(&ix->format_by_tp, attr->attr.config) : NULL;
	int err = slot ? name_by_format(attr, &ix->formats.at[*slot]) : 0;

	if (!err && !attr->name)
		err = make_up_name(attr);
	if (!err && tracepoint && !attr->system)
		err = split_name(attr);
	return err;
}

int kp_meta_finish_names(struct kp_meta *meta, struct kp_meta_index *ix)
{
	int err = 0;

	if (ix->named < meta->nr_attrs)
		meta->generation++;
	for (; !err && ix->named < meta->nr_attrs; ix->named++)
		err = finish_name(&meta->attrs[ix->named], ix);
	return err;
}
