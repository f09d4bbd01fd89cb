// SPDX-License-Identifier: GPL-2.0-only
/*
 * script.c - kvmpmu script: prints the events of a recording, one a line, in time order. Options,
 * filters and the way from the file to the line; what a line looks like is in script_print.c.
 */
#include "script.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "flow.h"
#include "lib/str.h"

#define RAW_BUDGET (16u << 20)
#define CPUS_MAX   65536

static volatile sig_atomic_t kp_stop;

static void on_signal(int sig)
{
	kp_stop = sig;
}

KP_PRINTF(1, 2) static int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("kvmpmu script: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return KP_EXIT_USAGE;
}

static const char *input_name(const struct kp_script *s)
{
	return strcmp(s->input, "-") ? s->input : "standard input";
}

/* ---- the record that belongs to an event travels through the queue as a number ---- */

#define NO_RAW ((1ull << 56) - 1)

_Static_assert(sizeof(((struct kp_event *)0)->reserved) == 7, "56 bits of position");

static void set_pos(struct kp_event *ev, uint64_t pos)
{
	size_t i;

	for (i = 0; i < sizeof(ev->reserved); i++)
		ev->reserved[i] = (uint8_t)(pos >> 8 * i);
}

static uint64_t take_pos(struct kp_event *ev)
{
	uint64_t pos = 0;
	size_t i;

	for (i = 0; i < sizeof(ev->reserved); i++) {
		pos |= (uint64_t)ev->reserved[i] << 8 * i;
		ev->reserved[i] = 0;
	}
	return pos;
}

/* ---- filters ---- */

static bool is_task(const struct kp_event *ev)
{
	return ev->kind == KP_EV_TASK;
}

static bool is_lost(const struct kp_event *ev)
{
	return ev->kind == KP_EV_LOST || ev->kind == KP_EV_LOST_SAMPLES ||
	       ev->kind == KP_EV_THROTTLE;
}

/* What can be told before the event's turn, so that nobody keeps what nobody prints. */
static bool wanted_early(const struct kp_script *s, const struct kp_event *ev)
{
	if (is_lost(ev) && !s->show_lost)
		return false;
	if (s->span.from_ns && (!(ev->valid & KP_HAS_TIME) || ev->time_ns < s->span.from_ns))
		return false;
	if (s->span.to_ns && (!(ev->valid & KP_HAS_TIME) || ev->time_ns > s->span.to_ns))
		return false;
	if (s->cpu_mask)
		return (ev->valid & KP_HAS_CPU) && ev->cpu < CPUS_MAX &&
		       (s->cpu_mask[ev->cpu / 64] & KP_BIT64(ev->cpu % 64));
	return true;
}

static bool vm_matches(struct kp_script *s, const struct kp_event *ev)
{
	const char *comm;
	uint64_t n;

	if (!(ev->valid & KP_HAS_TID))
		return false;
	if (!kp_str_u64(s->vm, &n))
		return n == ev->pid;
	comm = kp_tasks_comm(&s->tasks, ev->pid);
	return comm && fnmatch(s->vm, comm, FNM_CASEFOLD) == 0;
}

bool kp_script_vcpu(struct kp_script *s, const struct kp_event *ev, uint32_t *vcpu)
{
	const char *comm;
	uint64_t *at;

	if (ev->valid & KP_HAS_VCPU) {
		*vcpu = ev->vcpu;
		return true;
	}
	if (!(ev->valid & KP_HAS_TID))
		return false;
	at = kp_hash_get(&s->vcpu_of, ev->tid);
	if (at) {
		*vcpu = (uint32_t)*at;
		return true;
	}
	comm = kp_tasks_comm(&s->tasks, ev->tid);
	return comm && kp_tasks_vcpu(comm, vcpu);
}

static bool wanted(struct kp_script *s, const struct kp_event *ev)
{
	uint32_t vcpu;

	if (is_task(ev) &&
	    !(ev->code == PERF_RECORD_MMAP || ev->code == PERF_RECORD_MMAP2 ? s->show_mmap
									    : s->show_task))
		return false;
	if (is_task(ev) && !wanted_early(s, ev))
		return false;
	if (s->vm && !vm_matches(s, ev))
		return false;
	if (s->vcpu >= 0)
		return kp_script_vcpu(s, ev, &vcpu) && vcpu == (uint64_t)s->vcpu;
	return true;
}

/* Names of tasks, and which thread runs which vCPU: known from when it was said. */
static void learn(struct kp_script *s, const struct kp_event *ev)
{
	const struct kp_side *side;
	uint64_t *at;

	if (!is_task(ev)) {
		if (!kp_event_has(ev, KP_HAS_VCPU | KP_HAS_TID) ||
		    (ev->kind != KP_EV_ENTRY && ev->kind != KP_EV_EXIT))
			return;
		at = kp_hash_get(&s->vcpu_of, ev->tid);
		if (at)
			*at = ev->vcpu;
		else if (s->vcpu_of.nr < UINT16_MAX)
			(void)kp_hash_put(&s->vcpu_of, ev->tid, ev->vcpu);
		return;
	}
	if (ev->code == PERF_RECORD_FORK) {
		kp_tasks_fork(&s->tasks, ev->tid, ev->extra);
		return;
	}
	side = ev->valid & KP_HAS_VALUE ? kp_decoder_side(s->dec, ev->value) : NULL;
	if (side && side->type == PERF_RECORD_COMM)
		kp_tasks_learn(&s->tasks, side->tid, side->name);
}

/* ---- from the file to the line ---- */

static int emit(struct kp_script *s, struct kp_event *ev)
{
	uint64_t pos = take_pos(ev);
	struct kp_raw raw;
	int err;

	if (pos != NO_RAW) {
		err = kp_rawstore_take(&s->raws, pos, &raw);
		if (err)
			return err;
	}
	learn(s, ev);
	if (!wanted(s, ev))
		return 0;
	s->printed++;
	return kp_script_event(s, pos != NO_RAW ? &raw : NULL, ev, stdout);
}

static bool enough(const struct kp_script *s)
{
	return kp_stop || (s->max_events && s->printed >= s->max_events) || ferror(stdout);
}

static int drain(struct kp_script *s)
{
	struct kp_event ev;
	int ret = 0;

	while (!enough(s) && (ret = kp_order_pop(s->order, &ev)) > 0) {
		ret = emit(s, &ev);
		if (ret)
			break;
	}
	return ret;
}

static int queue(struct kp_script *s, const struct kp_raw *raw, struct kp_event *ev)
{
	uint64_t pos = NO_RAW;
	int err;

	if (!is_task(ev) && !wanted_early(s, ev))
		return 0;
	if (raw->type == PERF_RECORD_SAMPLE) {
		err = kp_rawstore_put(&s->raws, raw, &pos);
		if (err)
			return err;
	}
	set_pos(ev, pos);
	return kp_order_push(s->order, ev);
}

static void note_skipped(struct kp_script *s, int err, uint64_t offset)
{
	if (err == -ENOENT) {
		if (!s->unknown_ids++)
			s->unknown_offset = offset;
	} else if (!s->bad_records++) {
		s->bad_offset = offset;
	}
}

/* A record of several events: each is a line. */
static int queue_all(struct kp_script *s, const struct kp_raw *raw, struct kp_event *ev)
{
	int err;

	do
		err = queue(s, raw, ev);
	while (!err && kp_decode_more(s->dec, ev));
	return err;
}

static int one_record(struct kp_script *s, const struct kp_raw *raw)
{
	struct kp_event ev;
	int ret = kp_decode(s->dec, raw, &ev);

	if (ret == KP_DECODE_MORE)
		return queue_all(s, raw, &ev);
	if (ret == KP_DECODE_EVENT)
		return queue(s, raw, &ev);
	if (ret == KP_DECODE_ROUND) {
		kp_order_round(s->order);
		return drain(s);
	}
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0)
		note_skipped(s, ret, raw->offset);
	return 0;
}

/* 0, or a negative errno of this side; *source_err is the source's */
static int read_all(struct kp_script *s, int *source_err)
{
	struct kp_raw raw;
	int ret, err = 0;

	*source_err = 0;
	while (!err && !enough(s)) {
		ret = kp_source_next(s->src, &raw);
		if (ret <= 0) {
			*source_err = ret;
			break;
		}
		err = one_record(s, &raw);
	}
	if (err)
		return err;
	kp_order_flush(s->order);
	return drain(s);
}

static bool tell_damage(const struct kp_script *s, int source_err)
{
	uint64_t late_offset;
	const uint64_t late = kp_order_late(s->order, &late_offset);
	const char *name = input_name(s);

	if (source_err)
		fprintf(stderr, "kvmpmu script: %s\n",
			*kp_source_error(s->src) ? kp_source_error(s->src) : strerror(-source_err));
	if (s->bad_records)
		fprintf(stderr,
			"kvmpmu script: %s: offset 0x%" PRIx64 ": a record is too short for what "
			"its event promises; skipped, with %" PRIu64 " more\n",
			name, s->bad_offset, s->bad_records - 1);
	if (s->unknown_ids)
		fprintf(stderr,
			"kvmpmu script: %s: offset 0x%" PRIx64 ": a sample's id belongs to no "
			"event; skipped, with %" PRIu64 " more\n",
			name, s->unknown_offset, s->unknown_ids - 1);
	if (late)
		fprintf(stderr,
			"kvmpmu script: %s: offset 0x%" PRIx64 ": time goes backwards, %" PRIu64
			" events came too late to be put in order\n",
			name, late_offset, late);
	return source_err || s->bad_records || s->unknown_ids;
}

static void tell_warnings(const struct kp_script *s)
{
	const char *text;
	unsigned int i;

	for (i = 0; (text = kp_decoder_warning(s->dec, i)); i++)
		fprintf(stderr, "kvmpmu script: %s: %s\n", input_name(s), text);
}

static int open_input(struct kp_script *s)
{
	char err[512] = "";
	int ret = kp_perfdata_open(s->input, &s->src, err, sizeof(err));

	if (!ret)
		return KP_EXIT_OK;
	fprintf(stderr, "kvmpmu script: %s\n", *err ? err : strerror(-ret));
	if (ret == -ENOENT && !strcmp(s->input, "perf.data"))
		fprintf(stderr, "kvmpmu script: make one with 'kvmpmu record', or name another "
				"with -i FILE\n");
	return ret == -EACCES || ret == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}

static int check_time(struct kp_script *s)
{
	int err = s->time ? kp_timespan_parse(s->time, &s->src->meta, &s->span) : 0;

	if (err == -ENODATA)
		return usage_error("--time %s: %s does not say when it began and ended; give "
				   "seconds: --time START,STOP",
				   s->time, input_name(s));
	if (err)
		return usage_error("--time: '%s' is neither START,STOP in seconds nor shares such "
				   "as 10%%-20%%",
				   s->time);
	return 0;
}

static int set_up(struct kp_script *s)
{
	int err = kp_decoder_new(&s->src->meta, &s->dec);

	if (s->dec)
		err = kp_order_new(NULL, &s->order);
	if (err)
		fprintf(stderr, "kvmpmu script: %s: %s\n", input_name(s), strerror(-err));
	kp_rawstore_init(&s->raws, RAW_BUDGET);
	return err ? KP_EXIT_FAILED : KP_EXIT_OK;
}

static int run_script(struct kp_script *s)
{
	struct sigaction sa = { .sa_handler = on_signal }, old;
	int ret = open_input(s), source_err, err;
	char words[512];
	bool damaged;

	if (!ret)
		ret = check_time(s);
	if (!ret)
		ret = set_up(s);
	if (ret)
		return ret;
	sigaction(SIGINT, &sa, &old);
	kp_script_head(s, stdout);
	err = read_all(s, &source_err);
	sigaction(SIGINT, &old, NULL);
	fflush(stdout);
	if (err)
		fprintf(stderr, "kvmpmu script: %s\n", kp_flow_error(err, words, sizeof(words)));
	tell_warnings(s);
	damaged = tell_damage(s, source_err);
	return err || damaged || kp_stop ? KP_EXIT_FAILED : KP_EXIT_OK;
}

static void script_free(struct kp_script *s)
{
	if (s->order) {
		kp_order_free(s->order);
		kp_rawstore_free(&s->raws);
	}
	kp_decoder_free(s->dec);
	kp_source_free(s->src);
	kp_tasks_free(&s->tasks);
	kp_hash_free(&s->vcpu_of);
	free(s->cpu_mask);
}

/* ---- options ---- */

static int parse_fields(struct kp_script *s)
{
	static const char *const names[KP_SCRIPT_FIELDS] = {
		[KP_SCRIPT_COMM] = "comm",     [KP_SCRIPT_PID] = "pid",
		[KP_SCRIPT_TID] = "tid",       [KP_SCRIPT_CPU] = "cpu",
		[KP_SCRIPT_VCPU] = "vcpu",     [KP_SCRIPT_TIME] = "time",
		[KP_SCRIPT_PERIOD] = "period", [KP_SCRIPT_EVENT] = "event",
		[KP_SCRIPT_TRACE] = "trace",   [KP_SCRIPT_IP] = "ip",
	};
	const char *p = s->field_list;
	size_t len, i;

	while (p && *p) {
		len = strcspn(p, ",");
		for (i = 0; i < KP_SCRIPT_FIELDS; i++)
			if (strlen(names[i]) == len && !strncmp(names[i], p, len))
				break;
		if (i == KP_SCRIPT_FIELDS)
			return usage_error("-F: no field '%.*s'; there are comm, pid, tid, cpu, "
					   "vcpu, time, period, event, trace, ip",
					   (int)len, p);
		s->fields |= KP_BIT(i);
		p += len + (p[len] == ',');
	}
	if (s->field_list && !s->fields)
		return usage_error("-F: name at least one field");
	return 0;
}

static int add_cpu(void *ctx, uint64_t cpu)
{
	struct kp_script *s = ctx;

	s->cpu_mask[cpu / 64] |= KP_BIT64(cpu % 64);
	return 0;
}

static int parse_cpus(struct kp_script *s)
{
	if (!s->cpus)
		return 0;
	s->cpu_mask = calloc(CPUS_MAX / 64, sizeof(*s->cpu_mask));
	if (!s->cpu_mask)
		return usage_error("out of memory");
	if (kp_str_list(s->cpus, CPUS_MAX - 1, add_cpu, s))
		return usage_error("-C: '%s' is no list of CPUs, such as 0-3,8", s->cpus);
	return 0;
}

static int check_options(struct kp_script *s)
{
	s->json = !strcmp(s->format, "json");
	if (!s->json && strcmp(s->format, "text"))
		return usage_error("--format: no '%s'; use text or json", s->format);
	if (s->vcpu < -1 || s->vcpu > UINT16_MAX)
		return usage_error("--vcpu: there is no vCPU %" PRId64, s->vcpu);
	return parse_fields(s) ? KP_EXIT_USAGE : parse_cpus(s);
}

static const struct kp_usage usage = {
	.synopsis = "kvmpmu script [-i FILE] [OPTIONS]",
	.text = "Prints the events of a recording in time order, one a line, as perf script\n"
		"does, or as JSON, one object a line.",
	.footer = "Examples:\n"
		  "  kvmpmu script --vcpu 0 --time 10,10.5\n"
		  "  kvmpmu script -F time,event,trace --max-events 100\n"
		  "  kvmpmu script --format json | jq -r .reason | sort | uniq -c",
};

#define OPT(s_, name_, arg_, type_, dst_, help_) \
	((struct kp_opt){ .s = (s_),             \
			  .name = (name_),       \
			  .arg = (arg_),         \
			  .type = (type_),       \
			  .dst = (dst_),         \
			  .help = (help_) })

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_script s = { .input = "perf.data", .format = "text", .vcpu = -1 };
	const struct kp_opt opts[] = {
		OPT('i', "input", "FILE", KP_OPT_STR, &s.input,
		    "recording to read; '-' is standard input (perf.data)"),
		OPT('F', "fields", "LIST", KP_OPT_STR, &s.field_list,
		    "what a line of text shows: comm, pid, tid, cpu, vcpu, time, period, event, "
		    "trace, ip"),
		OPT(0, "vm", "PID|NAME", KP_OPT_STR, &s.vm,
		    "only this VM: its process, or a pattern of its command name"),
		OPT(0, "vcpu", "N", KP_OPT_I64, &s.vcpu, "only this vCPU"),
		OPT('C', "cpu", "LIST", KP_OPT_STR, &s.cpus, "only these host CPUs"),
		OPT(0, "time", "START,STOP", KP_OPT_STR, &s.time,
		    "only this time: seconds, or shares such as 10%-20%"),
		OPT(0, "max-events", "N", KP_OPT_U64, &s.max_events, "stop after N lines"),
		OPT(0, "ns", NULL, KP_OPT_FLAG, &s.ns, "times with nanoseconds"),
		OPT(0, "show-task-events", NULL, KP_OPT_FLAG, &s.show_task,
		    "COMM, FORK and EXIT records too"),
		OPT(0, "show-mmap-events", NULL, KP_OPT_FLAG, &s.show_mmap, "MMAP records too"),
		OPT(0, "show-lost-events", NULL, KP_OPT_FLAG, &s.show_lost,
		    "LOST and THROTTLE records too"),
		OPT(0, "format", "FORMAT", KP_OPT_STR, &s.format, "text (default), json"),
		{ 0 },
	};
	bool help;
	int ret = kp_opts_parse(argc, argv, opts, &usage, &help);

	if (ret < 0)
		return KP_EXIT_USAGE;
	if (help)
		return KP_EXIT_OK;
	if (ret < argc)
		return usage_error("'%s' is not understood; the recording is named with -i FILE",
				   argv[ret]);
	ret = check_options(&s);
	if (!ret)
		ret = run_script(&s);
	script_free(&s);
	return ret;
}

const struct kp_cmd kp_cmd_script = {
	.name = "script",
	.summary = "print the events of a recording, one a line",
	.run = run,
};
