// SPDX-License-Identifier: GPL-2.0-only
/*
 * spec.c - one -e in perf's event syntax (perf-list(1), perf-record(1)): comma lists, groups in
 * braces, modifiers, tracepoints with patterns, raw codes. Names it does not know go to libpfm4.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/build.h"

#define SPEC_EVENTS_MAX 8192

/** struct item - one event of a list; @mods: of the group it stands in, "" outside */
struct item {
	char *text;
	const char *mods;
};

int kp_mods_parse(const char *s, struct kp_mods *mods)
{
	for (; *s; s++) {
		switch (*s) {
		case 'u':
			mods->user = true;
			break;
		case 'k':
			mods->kernel = true;
			break;
		case 'h':
			mods->hv = true;
			break;
		case 'G':
			mods->guest = true;
			break;
		case 'H':
			mods->host = true;
			break;
		case 'I':
			mods->exclude_idle = true;
			break;
		case 'p':
			if (++mods->precise > 3)
				return -EINVAL;
			break;
		case 'P':
			mods->precise_max = true;
			break;
		case 'S':
			mods->sample_read = true;
			break;
		case 'D':
			mods->pinned = true;
			break;
		case 'W':
			mods->weak = true;
			break;
		case 'e':
			mods->exclusive = true;
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_mods(struct kp_build *b, const struct item *item, const char *own,
		      struct kp_mods *mods)
{
	memset(mods, 0, sizeof(*mods));
	if (kp_mods_parse(own, mods) || kp_mods_parse(item->mods, mods))
		return kp_build_err(
			b, -EINVAL,
			"event '%s': '%s%s' are no modifiers; there are u k h (mode), G H "
			"(guest, host), I, p pp ppp P (precise), S, D (pinned), W, e",
			item->text, own, item->mods);
	return 0;
}

/* ---- tracepoints ---- */

struct globbed {
	struct kp_build *b;
	const struct kp_mods *mods;
	size_t nr;
};

static int tracepoint_err(struct kp_build *b, int err, const char *system, const char *name)
{
	switch (err) {
	case -ENODEV:
		return kp_build_err(
			b, err,
			"event '%s:%s': tracefs is not mounted; run 'mount -t tracefs nodev "
			"/sys/kernel/tracing'",
			system, name);
	case -EACCES:
	case -EPERM:
		return kp_build_err(
			b, -EACCES,
			"event '%s:%s': tracefs may be read by root only; run kvmpmu as root",
			system, name);
	case -ENOENT:
		return kp_build_err(b, err, "event '%s:%s': this kernel has no such tracepoint%s",
				    system, name,
				    strncmp(system, "kvm", 3) ? "" : "; is the kvm module loaded?");
	default:
		return kp_build_err(b, err, "event '%s:%s': tracefs: %s", system, name,
				    strerror(-err));
	}
}

static int add_globbed(void *ctx, const char *system, const char *name)
{
	struct globbed *g = ctx;
	int id = g->b->tps->id(g->b->tps->ctx, system, name);

	/* ftrace's own events (ftrace:function ...) have an id and cannot be opened by perf */
	if (id == -ENOENT || !strcmp(system, "ftrace"))
		return 0;
	if (id < 0)
		return tracepoint_err(g->b, id, system, name);
	if (++g->nr > SPEC_EVENTS_MAX)
		return kp_build_err(g->b, -EINVAL, "'%s:...' stands for more than %d tracepoints",
				    system, SPEC_EVENTS_MAX);
	return kp_build_add_tracepoint(g->b, system, name, id, g->mods, NULL);
}

static int add_pattern(struct kp_build *b, const char *system, const char *name,
		       const struct kp_mods *mods)
{
	struct globbed g = { .b = b, .mods = mods };
	int err;

	err = b->tps->glob(b->tps->ctx, system, name, add_globbed, &g);
	if (!err && !g.nr)
		err = -ENOENT;
	return err && !b->err[0] ? tracepoint_err(b, err, system, name) : err;
}

/* "sys:name[:mods]". -ENOENT without a message when there is no such tracepoint. */
static int add_tracepoint(struct kp_build *b, const struct item *item)
{
	char *copy = strdup(item->text), *name, *own;
	struct kp_mods mods;
	int err, id;

	if (!copy)
		return -ENOMEM;
	name = strchr(copy, ':');
	*name++ = '\0';
	own = strchr(name, ':');
	if (own)
		*own++ = '\0';
	if (!*copy || !*name) {
		err = -ENOENT;
	} else if (strpbrk(copy, "*?[") || strpbrk(name, "*?[")) {
		err = parse_mods(b, item, own ? own : "", &mods);
		if (!err)
			err = add_pattern(b, copy, name, &mods);
	} else {
		id = b->tps->id(b->tps->ctx, copy, name);
		err = id == -ENOENT ? id : parse_mods(b, item, own ? own : "", &mods);
		if (!err && id < 0)
			err = tracepoint_err(b, id, copy, name);
		if (!err)
			err = kp_build_add_tracepoint(b, copy, name, id, &mods, NULL);
	}
	free(copy);
	return err;
}

/* ---- everything else ---- */

/* With several core PMUs a generic event stands for one on each (perf's extended type). */
static int add_on_core_pmus(struct kp_build *b, const struct perf_event_attr *attr,
			    const struct item *item, const struct kp_mods *mods)
{
	const struct kp_host *host = b->host;
	struct perf_event_attr one;
	size_t i, nr = 0, reached = 0;
	char name[256];
	int err = 0;

	for (i = 0; i < host->nr_pmus; i++) {
		nr += host->pmus[i].core;
		reached += host->pmus[i].core && kp_build_reaches(b, &host->pmus[i]);
	}
	if (nr < 2 || !kp_build_is_core(host, attr))
		return kp_build_add(b, attr, item->text, mods);
	for (i = 0; i < host->nr_pmus && !err; i++) {
		if (!host->pmus[i].core || (reached && !kp_build_reaches(b, &host->pmus[i])))
			continue;
		one = *attr;
		if (attr->type == PERF_TYPE_RAW)
			one.type = host->pmus[i].type;
		else
			one.config |= (uint64_t)host->pmus[i].type << PERF_PMU_TYPE_SHIFT;
		snprintf(name, sizeof(name), "%s/%.*s/%s", host->pmus[i].name,
			 (int)strcspn(item->text, ":"), item->text,
			 strchr(item->text, ':') ? strchr(item->text, ':') + 1 : "");
		err = kp_build_add(b, &one, name, mods);
		if (!err)
			err = kp_build_last_cpus(b, host->pmus[i].cpus);
	}
	return err;
}

static bool parse_raw(const char *name, uint64_t *config)
{
	size_t len = strlen(name);
	char *end;

	if (name[0] != 'r' || len < 2 || len > 17 || !isxdigit((unsigned char)name[1]))
		return false;
	*config = strtoull(name + 1, &end, 16);
	return !*end;
}

/* "name[:mods]". -ENOENT without a message when the name is not known. */
static int add_named(struct kp_build *b, const struct item *item)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	char name[128];
	const char *colon = strchr(item->text, ':'), *own = colon ? colon + 1 : "";
	struct kp_mods mods;
	uint32_t type;
	uint64_t config;
	int err;

	if (snprintf(name, sizeof(name), "%.*s", (int)strcspn(item->text, ":"), item->text) >=
	    (int)sizeof(name))
		return -ENOENT;
	if (kp_name_find(name, &type, &config)) {
		attr.type = type;
		attr.config = config;
	} else if (parse_raw(name, &config)) {
		attr.type = PERF_TYPE_RAW;
		attr.config = config;
	} else {
		err = kp_mods_parse(own, &(struct kp_mods){ 0 });
		if (err)
			return -ENOENT; /* libpfm4's attributes stand behind colons, too */
		err = parse_mods(b, item, own, &mods);
		return err ? err : kp_terms_alias(b, name, item->text, &mods);
	}
	err = parse_mods(b, item, own, &mods);
	return err ? err : add_on_core_pmus(b, &attr, item, &mods);
}

static int add_pmu_terms(struct kp_build *b, const struct item *item)
{
	char *copy = strdup(item->text), *terms, *own;
	struct kp_mods mods;
	int err;

	if (!copy)
		return -ENOMEM;
	terms = strchr(copy, '/');
	*terms++ = '\0';
	own = strchr(terms, '/');
	if (!own) {
		err = kp_build_err(b, -EINVAL, "event '%s': the '/' behind the terms is missing",
				   item->text);
	} else {
		*own++ = '\0';
		err = parse_mods(b, item, own + (*own == ':'), &mods);
	}
	if (!err)
		err = kp_terms_parse(b, copy, terms, item->text, &mods);
	free(copy);
	return err;
}

static int add_pfm(struct kp_build *b, const struct item *item)
{
	struct perf_event_attr attr;
	struct kp_mods mods;
	char err_text[128];
	int err = kp_pfm_find(item->text, &attr, err_text, sizeof(err_text));

	if (err == -ENOENT)
		return err;
	if (err)
		return kp_build_err(b, err, "event '%s': %s", item->text, err_text);
	err = parse_mods(b, item, "", &mods);
	return err ? err : kp_build_add(b, &attr, item->text, &mods);
}

/* "system:name": what no vendor's event is called */
static bool looks_like_tracepoint(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789*?";
	size_t len = strspn(text, letters);

	return len && text[len] == ':' && text[len + 1] != ':' &&
	       text[len + 1 + strspn(text + len + 1, letters)] == '\0';
}

static int unknown_event(struct kp_build *b, const char *text)
{
	return kp_build_err(
		b, -ENOENT,
		"event '%s': not known; write a tracepoint as system:name, a PMU's event as "
		"pmu/event/, a raw one as rNNN, or a name of perf list or libpfm4",
		text);
}

static int add_item(struct kp_build *b, const struct item *item)
{
	int err;

	if (!*item->text)
		return kp_build_err(b, -EINVAL, "an event between commas is missing");
	if (strpbrk(item->text, "{}"))
		return kp_build_err(b, -EINVAL,
				    "event '%s': groups are written {event,event}:modifiers "
				    "and do not hold groups",
				    item->text);
	if (strchr(item->text, '/'))
		return add_pmu_terms(b, item);
	err = add_named(b, item);
	if (err == -ENOENT && strchr(item->text, ':'))
		err = add_tracepoint(b, item);
	if (err == -ENOENT && looks_like_tracepoint(item->text)) {
		char system[64];

		snprintf(system, sizeof(system), "%.*s", (int)strcspn(item->text, ":"), item->text);
		return tracepoint_err(b, err, system, strchr(item->text, ':') + 1);
	}
	if (err == -ENOENT && !b->err[0])
		err = add_pfm(b, item);
	return err == -ENOENT && !b->err[0] ? unknown_event(b, item->text) : err;
}

/* ---- lists and groups ---- */

/* End of the item that starts at @s: a comma outside braces and slashes. NULL: unbalanced. */
static char *item_end(char *s)
{
	bool slash = false, brace = false;

	for (; *s; s++) {
		if (*s == '/')
			slash = !slash;
		else if (*s == '{' && !slash)
			brace = true;
		else if (*s == '}' && !slash)
			brace = false;
		else if (*s == ',' && !slash && !brace)
			break;
	}
	return brace ? NULL : s;
}

/* Members of one group must share a PMU: on machines with several, it falls into one group each. */
static int64_t group_key(const struct kp_host *host, const struct perf_event_attr *attr)
{
	if (attr->type == PERF_TYPE_TRACEPOINT || attr->type == PERF_TYPE_SOFTWARE)
		return -1;
	if (attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE)
		return (int64_t)(attr->config >> PERF_PMU_TYPE_SHIFT);
	if (attr->type == PERF_TYPE_RAW)
		return 0;
	return attr->type == PERF_TYPE_RAW || !kp_build_is_core(host, attr) ? (int64_t)attr->type
	       : kp_host_pmu_by_type(host, attr->type)->cpus		    ? (int64_t)attr->type
									    : 0;
}

static void set_leaders(struct kp_build *b, size_t first)
{
	int64_t key, first_key = -1;
	size_t i, j;

	for (i = first; i < b->events.nr; i++) {
		key = group_key(b->host, &b->events.at[i].attr);
		if (first_key < 0)
			first_key =
				key; /* of the first hardware event: it may join software ones */
		b->events.at[i].leader = (uint32_t)first;
		if (key < 0 || key == first_key)
			continue;
		for (j = first; j < i; j++)
			if (group_key(b->host, &b->events.at[j].attr) == key)
				break;
		b->events.at[i].leader = (uint32_t)j;
	}
}

static int parse_list(struct kp_build *b, char *list, const char *mods, size_t *last);

static int parse_group(struct kp_build *b, char *text)
{
	size_t first = b->events.nr, last;
	char *end = strchr(text, '}');
	int err;

	*end++ = '\0';
	if (*end == ':')
		end++;
	if (!text[1])
		return kp_build_err(b, -EINVAL, "a group {} without events");
	err = parse_list(b, text + 1, end, &last);
	if (!err)
		set_leaders(b, first);
	return err;
}

/* @last: the first event of the list's last item, which is what a --filter is about */
static int parse_list(struct kp_build *b, char *list, const char *mods, size_t *last)
{
	struct item item = { .mods = mods };
	char *end;
	bool more;
	int err;

	do {
		while (isspace((unsigned char)*list))
			list++;
		end = item_end(list);
		if (!end)
			return kp_build_err(b, -EINVAL, "event '%s': the closing '}' is missing",
					    list);
		more = *end;
		*end = '\0';
		*last = b->events.nr;
		item.text = list;
		err = *list == '{' && strchr(list, '}') ? parse_group(b, list) : add_item(b, &item);
		list = end + 1;
	} while (!err && more);
	return err;
}

static int set_filter(struct kp_build *b, size_t first, const char *filter)
{
	struct kp_plan_event *ev;

	for (ev = b->events.at + first; ev < b->events.at + b->events.nr; ev++) {
		if (!ev->tp)
			return kp_build_err(
				b, -EINVAL,
				"--filter '%s': only tracepoints can be filtered, and '%s' is "
				"none",
				filter, ev->name);
		ev->filter = strdup(filter);
		if (!ev->filter)
			return -ENOMEM;
	}
	return 0;
}

int kp_spec_parse(struct kp_build *b, const char *spec, const char *filter)
{
	char *copy = strdup(spec);
	size_t last = 0;
	int err;

	if (!copy)
		return -ENOMEM;
	err = parse_list(b, copy, "", &last);
	if (!err && filter)
		err = set_filter(b, last, filter);
	free(copy);
	return err;
}
