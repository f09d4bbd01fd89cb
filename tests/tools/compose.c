// SPDX-License-Identifier: GPL-2.0-only
/*
 * compose.c - makes a recording of a machine that is not at hand, out of its kernel's tracepoint
 * formats and a list of events written by hand. What it makes is marked as composed: host name and
 * command line say so. Reads the list and the formats, writes one perf.data.
 *
 * The list, a line each; '#' starts a comment:
 *   arch NAME                 uname's machine
 *   kernel VERSION
 *   cpuid TEXT                in perf's format; "composed" if not given
 *   cpus N
 *   irqs LINE=BEGIN,END...    totals of /proc/interrupts, as kvmpmu record notes them
 *   format SYSTEM FILE        a tracepoint, as in tracefs; FILE beside the list
 *   comm PID TID NAME
 *   TIME_NS CPU PID TID EVENT [FIELD=VALUE...]
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/str.h"
#include "source.h"

#define EVENTS_MAX 16
#define WORDS_MAX  16

struct tracepoint {
	char system[32], name[64];
	uint64_t id;
	char *text;
};

struct compose {
	const char *dir;
	struct tracepoint tps[EVENTS_MAX];
	size_t nr;
	struct kp_buf records;
	char *arch, *kernel, *cpuid;
	struct kp_irq_total irqs[KP_IRQ_LINES];
	uint32_t cpus;
};

static void die(const char *what, const char *on)
{
	fprintf(stderr, "compose: %s: %s\n", on, what);
	exit(1);
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 65536);
	size_t n;

	if (!f || !text)
		die(strerror(errno), path);
	n = fread(text, 1, 65535, f);
	fclose(f);
	if (!n)
		die("empty", path);
	return text;
}

static void add_format(struct compose *c, const char *system, const char *file)
{
	struct tracepoint *tp = &c->tps[c->nr++];
	char path[4096];

	if (c->nr > EVENTS_MAX)
		die("too many formats", file);
	snprintf(path, sizeof(path), "%s/%s", c->dir, file);
	tp->text = read_file(path);
	kp_str_copy(tp->system, sizeof(tp->system), system);
	if (sscanf(tp->text, "name: %63s\nID: %ju", tp->name, (uintmax_t *)&tp->id) != 2)
		die("no format of a tracepoint", path);
}

/* Offset and size of "field:TYPE NAME; offset:N; size:N;" */
static void find_field(const struct tracepoint *tp, const char *name, size_t *offset, size_t *size)
{
	const char *line, *at;
	char want[80];

	snprintf(want, sizeof(want), " %s;\toffset:", name);
	for (line = strstr(tp->text, "field:"); line; line = strstr(line + 1, "field:")) {
		at = strstr(line, want);
		if (!at || at > strchr(line, '\n'))
			continue;
		if (sscanf(at + strlen(want), "%zu;\tsize:%zu;", offset, size) == 2)
			return;
	}
	die("no such field", name);
}

static size_t raw_size(const struct tracepoint *tp)
{
	const char *line;
	size_t offset, size, end = 0;

	for (line = tp->text; (line = strstr(line, "\toffset:")); line++)
		if (sscanf(line, "\toffset:%zu;\tsize:%zu;", &offset, &size) == 2 &&
		    offset + size > end)
			end = offset + size;
	return end;
}

static void put(struct kp_buf *buf, const void *data, size_t size)
{
	if (kp_buf_add(buf, data, size))
		die("no memory", "records");
}

static void put_u64(struct kp_buf *buf, uint64_t v)
{
	put(buf, &v, sizeof(v));
}

static void put_u32(struct kp_buf *buf, uint32_t v)
{
	put(buf, &v, sizeof(v));
}

static void put_header(struct kp_buf *buf, uint32_t type, uint16_t misc, size_t size)
{
	struct perf_event_header h = { .type = type, .misc = misc, .size = (uint16_t)size };

	put(buf, &h, sizeof(h));
}

static uint64_t number(const char *s)
{
	uint64_t v;

	if (kp_str_u64(s, &v))
		die("no number", s);
	return v;
}

/* IDENTIFIER | IP | TID | TIME | CPU | PERIOD | RAW */
#define SAMPLE_TYPE                                                                        \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |    \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW)

static void add_sample(struct compose *c, char **w, int nr)
{
	size_t i, size, offset, len, raw;
	unsigned char data[256] = { 0 };
	uint64_t v;
	char *eq;

	for (i = 0; i < c->nr && strcmp(c->tps[i].name, w[4]); i++)
		;
	if (i == c->nr)
		die("no format of this event", w[4]);
	size = raw_size(&c->tps[i]);
	if (size > sizeof(data))
		die("too long", w[4]);
	memcpy(data, &c->tps[i].id, 2); /* common_type */
	v = number(w[3]);
	memcpy(data + 4, &v, 4); /* common_pid */
	for (; nr > 5; nr--) {
		eq = strchr(w[nr - 1], '=');
		if (!eq)
			die("no FIELD=VALUE", w[nr - 1]);
		*eq = '\0';
		find_field(&c->tps[i], w[nr - 1], &offset, &len);
		v = number(eq + 1);
		if (offset + len > sizeof(data) || len > sizeof(v))
			die("no number", w[nr - 1]);
		memcpy(data + offset, &v, len);
	}
	raw = (size + 4 + 7) / 8 * 8 - 4; /* the kernel fills up to eight bytes with its length */
	put_header(&c->records, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, 8 + 6 * 8 + 4 + raw);
	put_u64(&c->records, i + 1);
	put_u64(&c->records, 0);
	put_u32(&c->records, (uint32_t)number(w[2]));
	put_u32(&c->records, (uint32_t)number(w[3]));
	put_u64(&c->records, number(w[0]));
	put_u32(&c->records, (uint32_t)number(w[1]));
	put_u32(&c->records, 0);
	put_u64(&c->records, 1);
	put_u32(&c->records, (uint32_t)raw);
	put(&c->records, data, raw);
}

/* COMM with its sample_id: TID, TIME, CPU, IDENTIFIER */
static void add_comm(struct compose *c, char **w)
{
	char name[16] = { 0 };

	kp_str_copy(name, sizeof(name), w[3]);
	put_header(&c->records, PERF_RECORD_COMM, 0, 8 + 8 + sizeof(name) + 4 * 8);
	put_u32(&c->records, (uint32_t)number(w[1]));
	put_u32(&c->records, (uint32_t)number(w[2]));
	put(&c->records, name, sizeof(name));
	put_u32(&c->records, (uint32_t)number(w[1]));
	put_u32(&c->records, (uint32_t)number(w[2]));
	put_u64(&c->records, 0);
	put_u64(&c->records, 0);
	put_u64(&c->records, 1);
}

static void add_irqs(struct compose *c, char **w, int nr)
{
	static const char *const lines[KP_IRQ_LINES] = { "NMI", "PMI", "VPMI" };
	char *begin, *end;
	size_t i;

	for (; nr > 1; nr--) {
		begin = strchr(w[nr - 1], '=');
		end = begin ? strchr(begin, ',') : NULL;
		if (!end)
			die("no LINE=BEGIN,END", w[nr - 1]);
		*begin++ = *end++ = '\0';
		for (i = 0; i < KP_IRQ_LINES && strcmp(lines[i], w[nr - 1]); i++)
			;
		if (i == KP_IRQ_LINES)
			die("no such line", w[nr - 1]);
		c->irqs[i] = (struct kp_irq_total){ true, number(begin), number(end) };
	}
}

static void read_line(struct compose *c, char *line)
{
	char *w[WORDS_MAX + 1], *save = NULL;
	int nr = 0;

	line[strcspn(line, "#")] = '\0';
	for (w[0] = strtok_r(line, " \t\n", &save); nr < WORDS_MAX && w[nr];
	     w[nr] = strtok_r(NULL, " \t\n", &save))
		nr++;
	if (!nr)
		return;
	if (!strcmp(w[0], "arch") && nr == 2)
		c->arch = strdup(w[1]);
	else if (!strcmp(w[0], "kernel") && nr == 2)
		c->kernel = strdup(w[1]);
	else if (!strcmp(w[0], "cpuid") && nr == 2)
		c->cpuid = strdup(w[1]);
	else if (!strcmp(w[0], "irqs"))
		add_irqs(c, w, nr);
	else if (!strcmp(w[0], "cpus") && nr == 2)
		c->cpus = (uint32_t)number(w[1]);
	else if (!strcmp(w[0], "format") && nr == 3)
		add_format(c, w[1], w[2]);
	else if (!strcmp(w[0], "comm") && nr == 4)
		add_comm(c, w);
	else if (nr >= 5)
		add_sample(c, w, nr);
	else
		die("what is this line?", w[0]);
}

/* ---- tracing data: tools/perf/util/trace-event-info.c ---- */

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static void put_sized(struct kp_buf *buf, const char *text)
{
	put_u64(buf, strlen(text));
	put(buf, text, strlen(text));
}

static void add_systems(const struct compose *c, struct kp_buf *buf)
{
	size_t i, j, nr = 0;

	for (i = 0; i < c->nr; i++)
		nr += !i || strcmp(c->tps[i].system, c->tps[i - 1].system);
	put_u32(buf, (uint32_t)nr);
	for (i = 0; i < c->nr; i = j) {
		for (j = i; j < c->nr && !strcmp(c->tps[i].system, c->tps[j].system); j++)
			;
		put(buf, c->tps[i].system, strlen(c->tps[i].system) + 1);
		put_u32(buf, (uint32_t)(j - i));
		for (nr = i; nr < j; nr++)
			put_sized(buf, c->tps[nr].text);
	}
}

static void make_tracing(const struct compose *c, struct kp_buf *buf)
{
	static const char head[] = "\x17\x08\x44tracing0.6";

	put(buf, head, sizeof(head)); /* with its NUL, the version's */
	put(buf, "\0\x08", 2); /* little-endian, long of 8 bytes */
	put_u32(buf, 4096);
	put(buf, "header_page", 12);
	put_sized(buf, header_page);
	put(buf, "header_event", 13);
	put_sized(buf, "# compressed entry header\n");
	put_u32(buf, 0); /* formats of ftrace itself */
	add_systems(c, buf);
	put_u32(buf, 0); /* kallsyms */
	put_u32(buf, 0); /* printk formats */
	put_u64(buf, 0); /* saved command lines */
}

/* ---- the file ---- */

static void fill_attr(const struct tracepoint *tp, uint64_t id, struct kp_attr *a)
{
	char name[128];

	a->attr = (struct perf_event_attr){
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(a->attr),
		.config = tp->id,
		.sample_period = 1,
		.sample_type = SAMPLE_TYPE,
		.read_format = PERF_FORMAT_ID,
		.sample_id_all = 1,
		.comm = id == 1,
	};
	snprintf(name, sizeof(name), "%s:%s", tp->system, tp->name);
	a->name = strdup(name);
	a->system = strdup(tp->system);
	a->event = strdup(tp->name);
	a->ids = calloc(1, sizeof(*a->ids));
	if (!a->name || !a->system || !a->event || !a->ids)
		die("no memory", "attributes");
	a->ids[0] = id;
	a->nr_ids = 1;
}

static int write_file(struct compose *c, int fd)
{
	struct kp_writer_opts opts = { 0 };
	struct kp_buf tracing = { 0 };
	struct kp_attr attrs[EVENTS_MAX] = { 0 };
	struct kp_meta meta = {
		.arch = c->arch,
		.osrelease = c->kernel,
		.hostname = (char *)"composed",
		.cpuid = c->cpuid ? c->cpuid : (char *)"composed",
		.cmdline = (char *)"composed by tests/tools/compose, not recorded",
		.attrs = attrs,
		.nr_attrs = (uint32_t)c->nr,
		.nr_cpus_online = c->cpus,
		.nr_cpus_avail = c->cpus,
		.long_size = 8,
	};
	struct kp_writer *w;
	size_t i;
	int err, late;

	for (i = 0; i < c->nr; i++)
		fill_attr(&c->tps[i], i + 1, &attrs[i]);
	make_tracing(c, &tracing);
	meta.tracing = tracing.data;
	meta.tracing_size = tracing.len;
	memcpy(meta.irqs, c->irqs, sizeof(meta.irqs));
	err = kp_writer_new(fd, &opts, &meta, &w);
	if (err)
		return err;
	err = kp_writer_put(w, c->records.data, c->records.len);
	if (!err)
		err = kp_writer_round(w);
	if (!err)
		err = kp_writer_irqs(w);
	late = kp_writer_close(w);
	for (i = 0; i < c->nr; i++) {
		free(attrs[i].name);
		free(attrs[i].system);
		free(attrs[i].event);
		free(attrs[i].ids);
		free(c->tps[i].text);
	}
	kp_buf_free(&tracing);
	return err ? err : late;
}

int main(int argc, char **argv)
{
	struct compose c = { 0 };
	char line[1024], *copy;
	FILE *f;
	int fd, err;

	if (argc != 3) {
		fputs("usage: compose LIST PERF.DATA\n", stderr);
		return 2;
	}
	copy = strdup(argv[1]);
	c.dir = dirname(copy);
	f = fopen(argv[1], "r");
	if (!f)
		die(strerror(errno), argv[1]);
	while (fgets(line, sizeof(line), f))
		read_line(&c, line);
	fclose(f);
	if (!c.arch || !c.nr || !c.records.len)
		die("needs arch, format and events", argv[1]);
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(strerror(errno), argv[2]);
	err = write_file(&c, fd);
	if (err)
		die(strerror(-err), argv[2]);
	kp_buf_free(&c.records);
	free(c.arch);
	free(c.kernel);
	free(c.cpuid);
	free(copy);
	return 0;
}
