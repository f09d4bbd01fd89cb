// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - kvmpmu report: reads a recording, adds it up, shows it. Options, and the way of the
 * events from the file to the model; what is shown is in report_view.c.
 */
#include "report.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/log.h"
#include "lib/str.h"

#define HOT_DEFAULT 20

static volatile int kp_signal_flag;

static void on_sigint(int sig)
{
	kp_signal_flag = 1;
}

const char *kp_report_name(const struct kp_report *r)
{
	return strcmp(r->input, "-") ? r->input : "standard input";
}

const char *kp_report_string(struct kp_report *r, const char *s)
{
	char *copy = strdup(s);

	if (copy && !kp_vec_push(&r->strings, copy))
		return copy;
	free(copy);
	return NULL;
}

KP_PRINTF(1, 2) static int usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("kvmpmu report: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return KP_EXIT_USAGE;
}

/* ---- options ---- */

static int parse_by(struct kp_report *r)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} keys[] = {
		{"vm",	KP_BY_VM	 },
		{ "vcpu",	  KP_BY_VCPU  },
		{ "cpu",	 KP_BY_CPU   },
		{ "reason", KP_BY_REASON}
	};
	const char *s = r->by_list;
	size_t i, len;

	r->by = 0;
	while (*s) {
		len = strcspn(s, ",");
		for (i = 0; i < KP_ARRAY_SIZE(keys); i++)
			if (strlen(keys[i].name) == len && !strncmp(s, keys[i].name, len))
				break;
		if (i == KP_ARRAY_SIZE(keys))
			return usage_error("--by: no '%.*s'; use vm, vcpu, cpu and reason",
					   (int)len, s);
		r->by |= keys[i].bit;
		s += len + (s[len] == ',');
	}
	return r->by ? 0 : usage_error("--by: use one or more of vm, vcpu, cpu, reason");
}

static int parse_sort(struct kp_report *r)
{
	enum kp_col cols[KP_OUT_COLS_MAX];
	unsigned int i, nr = kp_report_exit_cols(r, cols);

	r->sort = -1;
	if (!r->sort_key)
		return 0;
	r->sort = kp_column_find(r->sort_key);
	for (i = 0; i < nr; i++)
		if ((int)KP_COL_ID(cols[i]) == r->sort)
			return 0;
	fprintf(stderr, "kvmpmu report: --sort: no column '%s' here; there are", r->sort_key);
	for (i = 0; i < nr; i++)
		fprintf(stderr, " %s", kp_columns[KP_COL_ID(cols[i])].key);
	fputc('\n', stderr);
	return KP_EXIT_USAGE;
}

static int add_cpu(void *ctx, uint64_t cpu)
{
	struct kp_report *r = ctx;

	r->cpu_mask[cpu / 64] |= KP_BIT64(cpu % 64);
	return 0;
}

static int parse_format(const struct kp_report *r)
{
	if (!strcmp(r->format, "text") || !strcmp(r->format, "json") || !strcmp(r->format, "csv"))
		return 0;
	return usage_error("--format: no '%s'; use text, json or csv", r->format);
}

static int check_options(struct kp_report *r)
{
	int err = parse_by(r);

	if (!err)
		err = parse_sort(r);
	if (!err)
		err = parse_format(r);
	if (!err && r->cpus && kp_str_list(r->cpus, KP_CPUS_MAX - 1, add_cpu, r))
		err = usage_error("-C: '%s' is no list of CPUs, such as 0-3,8", r->cpus);
	if (!err && (r->vcpu < -1 || r->vcpu > UINT16_MAX))
		err = usage_error("--vcpu: there is no vCPU %" PRId64, r->vcpu);
	return err;
}

static int check_time(struct kp_report *r)
{
	int err = r->time ? kp_timespan_parse(r->time, &r->src->meta, &r->span) : 0;

	if (err == -ENODATA)
		return usage_error("--time %s: %s does not say when it began and ended; "
				   "give seconds: --time START,STOP",
				   r->time, kp_report_name(r));
	if (err)
		return usage_error("--time: '%s' is neither START,STOP in seconds nor shares "
				   "such as 10%%-20%%",
				   r->time);
	return 0;
}

/* ---- filters ---- */

static bool vm_match(void *ctx, uint32_t pid)
{
	struct kp_report *r = ctx;
	const char *comm;
	uint64_t n;

	if (!kp_str_u64(r->vm, &n))
		return n == pid;
	comm = kp_tasks_comm(&r->tasks, pid);
	return comm && fnmatch(r->vm, comm, FNM_CASEFOLD) == 0;
}

/* One of a list: a number, or a pattern of names. */
static bool exit_word_matches(const char *word, const char *name, uint32_t code)
{
	uint64_t n;

	if (!kp_str_u64(word, &n))
		return n == code;
	return fnmatch(word, name, FNM_CASEFOLD) == 0;
}

static bool exit_match(void *ctx, uint8_t isa, uint32_t code)
{
	struct kp_report *r = ctx;
	const char *s,
		*name = isa ? kp_decoder_exit_name(r->dec, isa, code) : kp_user_exit_name(code);
	char word[64];
	size_t len;

	for (s = r->exits; *s; s += len + (s[len] == ',')) {
		len = strcspn(s, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, s);
		if (exit_word_matches(word, name ? name : "", code))
			return true;
	}
	return false;
}

static bool vcpu_id(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu)
{
	struct kp_report *r = ctx;
	const char *comm = kp_tasks_comm(&r->tasks, tid);

	return comm && kp_tasks_vcpu(comm, vcpu);
}

static bool reg_role(void *ctx, uint32_t reg, struct kp_reg_part *part)
{
	struct kp_report *r = ctx;

	return kp_arch_reg_part(kp_decoder_arch(r->dec), reg, part);
}

/* ---- symbols ---- */

/* Symbols of this machine are right for recordings of this machine alone. */
static bool recorded_here(const struct kp_meta *meta)
{
	struct utsname u;

	return meta->hostname && meta->osrelease && !uname(&u) &&
	       !strcmp(meta->hostname, u.nodename) && !strcmp(meta->osrelease, u.release);
}

static int sym_new(struct kp_report *r)
{
	const struct kp_sym_opts opts = {
		.kallsyms = r->kallsyms,
		.vmlinux = r->vmlinux,
		.guest_kallsyms = r->guest_kallsyms,
		.guest_vmlinux = r->guest_vmlinux,
		.symfs = r->symfs,
	};
	char err[256] = "";
	int ret = kp_sym_new(&opts, &r->sym, err, sizeof(err));

	if (ret)
		fprintf(stderr, "kvmpmu report: %s\n", *err ? err : strerror(-ret));
	return ret;
}

/* Called when all is read: in pipe mode the host's name comes late. */
static void sym_here(struct kp_report *r)
{
	char path[512];

	r->recorded_here = recorded_here(&r->src->meta);
	if (!r->recorded_here)
		return;
	snprintf(path, sizeof(path), "%s/proc/kallsyms", r->ctx->sysroot ? r->ctx->sysroot : "");
	kp_sym_recorded_here(r->sym, path);
}

static int learn_task(void *ctx, const struct kp_event *ev)
{
	struct kp_report *r = ctx;
	const struct kp_side *side;

	if (ev->code == PERF_RECORD_FORK) {
		kp_tasks_fork(&r->tasks, ev->tid, ev->extra);
		return kp_sym_fork(r->sym, ev->pid, ev->extra);
	}
	side = ev->valid & KP_HAS_VALUE ? kp_decoder_side(r->dec, ev->value) : NULL;
	if (!side)
		return 0;
	switch (side->type) {
	case PERF_RECORD_MMAP:
	case PERF_RECORD_MMAP2:
		return kp_sym_map(r->sym, side->mode, side->pid, side->addr, side->len, side->pgoff,
				  side->name);
	case PERF_RECORD_KSYMBOL:
		return kp_sym_map(r->sym, KP_MODE_HOST_KERNEL, 0, side->addr, side->len, 0,
				  side->name);
	case PERF_RECORD_COMM:
		kp_tasks_learn(&r->tasks, side->tid, side->name);
		kp_model_renamed(r->model, side->pid, side->tid);
		return side->exec ? kp_sym_exec(r->sym, side->pid) : 0;
	default:
		return 0;
	}
}

static int model_new(struct kp_report *r)
{
	const struct kp_model_opts opts = {
		.by = r->by,
		.from_ns = r->span.from_ns,
		.to_ns = r->span.to_ns,
		.vcpu = r->vcpu,
		.cpus = r->cpus ? r->cpu_mask : NULL,
		.nr_cpus = KP_CPUS_MAX,
		.vm_match = r->vm ? vm_match : NULL,
		.exit_match = r->exits ? exit_match : NULL,
		.vcpu_id = vcpu_id,
		.reg_role = r->counters ? reg_role : NULL,
		.cpu_pmu = r->places ? kp_report_cpu_pmu : NULL,
		.task = learn_task,
		.ctx = r,
	};

	return kp_model_new(&opts, &r->model);
}

/* ---- the flow ---- */

static int on_events(void *ctx, const struct kp_event *ev, size_t nr)
{
	struct kp_report *r = ctx;

	return kp_model_add_all(r->model, ev, nr);
}

static int read_all(struct kp_report *r)
{
	/* a pipe may be silent for long: the second Ctrl-C ends it there and then */
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = SA_RESETHAND }, old;
	struct kp_flow_opts opts = { .stop = &kp_signal_flag, .progress = kp_progress_show };
	char words[512];
	int err;

	opts.progress_ctx = &r->bar;
	kp_signal_flag = 0;
	sigaction(SIGINT, &sa, &old);
	err = kp_flow_run(r->src, r->dec, &opts, on_events, r, &r->flow);
	sigaction(SIGINT, &old, NULL);
	kp_progress_end(&r->bar);
	r->interrupted = kp_signal_flag;
	if (err)
		fprintf(stderr, "kvmpmu report: %s\n", kp_flow_error(err, words, sizeof(words)));
	return err;
}

/* What is wrong with the input, each once, with the place. */
static void tell_damage(struct kp_report *r)
{
	const char *name = kp_report_name(r);

	r->damaged = r->flow.source_err || r->flow.bad_records || r->flow.unknown_ids ||
		     r->flow.late;
	if (r->flow.source_err)
		fprintf(stderr, "kvmpmu report: %s\n",
			*kp_source_error(r->src) ? kp_source_error(r->src)
						 : strerror(-r->flow.source_err));
	if (r->flow.bad_records)
		fprintf(stderr,
			"kvmpmu report: %s: offset 0x%" PRIx64 ": a record is too short for what "
			"its event promises; skipped, with %" PRIu64 " more\n",
			name, r->flow.bad_offset, r->flow.bad_records - 1);
	if (r->flow.unknown_ids)
		fprintf(stderr,
			"kvmpmu report: %s: offset 0x%" PRIx64 ": a sample's id belongs to no "
			"event; skipped, with %" PRIu64 " more\n",
			name, r->flow.unknown_offset, r->flow.unknown_ids - 1);
	if (r->flow.late)
		fprintf(stderr,
			"kvmpmu report: %s: offset 0x%" PRIx64 ": time goes backwards, %" PRIu64
			" events came too late to be put in order; times next to them are wrong\n",
			name, r->flow.late_offset, r->flow.late);
}

static int show(struct kp_report *r)
{
	char title[300];
	const struct kp_out_opts opts = { .format = r->format,
					  .stream = stdout,
					  .schema = "kvmpmu-report/1",
					  .title = title,
					  .color = r->ctx->color };
	struct kp_snap *snap = NULL;
	struct kp_out *out = NULL;
	int err;

	snprintf(title, sizeof(title), "kvmpmu report: %s", kp_report_name(r));
	err = kp_model_snap(r->model, &snap);
	if (!err)
		err = kp_out_new(&opts, &out);
	if (!err) {
		kp_report_view(r, snap, out);
		err = kp_out_finish(out);
	}
	kp_snap_free(snap);
	if (err && err != -EPIPE)
		fprintf(stderr, "kvmpmu report: output: %s\n", strerror(-err));
	return err;
}

static int open_input(struct kp_report *r)
{
	char err[512] = "";
	int ret = kp_perfdata_open(r->input, &r->src, err, sizeof(err));

	if (!ret)
		return KP_EXIT_OK;
	fprintf(stderr, "kvmpmu report: %s\n", *err ? err : strerror(-ret));
	if (ret == -ENOENT && !strcmp(r->input, "perf.data"))
		fprintf(stderr, "kvmpmu report: make one with 'kvmpmu record', or name another "
				"with -i FILE\n");
	return ret == -EACCES || ret == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}

static int decoder_new(struct kp_report *r)
{
	int kind, err = kp_decoder_new(&r->src->meta, &r->dec);

	if (!r->dec)
		return err;
	for (kind = 0; kind < KP_EV_MAX; kind++)
		kp_decoder_leave_out(r->dec, kind, kp_model_unread(kind));
	if (r->raw_times)
		kp_decoder_raw_times(r->dec);
	return 0;
}

static int run_report(struct kp_report *r)
{
	int ret, err;

	kp_progress_start(&r->bar, kp_report_name(r), !r->no_progress);
	ret = open_input(r);
	if (!ret)
		ret = check_time(r);
	if (ret)
		return ret;
	err = decoder_new(r);
	if (err) {
		fprintf(stderr, "kvmpmu report: %s: %s\n", kp_report_name(r), strerror(-err));
		return KP_EXIT_FAILED;
	}
	if (sym_new(r))
		return KP_EXIT_FAILED;
	if (kp_report_places_init(r) || model_new(r)) {
		fprintf(stderr, "kvmpmu report: out of memory\n");
		return KP_EXIT_FAILED;
	}
	err = read_all(r);
	sym_here(r);
	tell_damage(r);
	if (show(r) || err || r->damaged || r->interrupted)
		return KP_EXIT_FAILED;
	return KP_EXIT_OK;
}

static void report_free(struct kp_report *r)
{
	char **s;

	kp_model_free(r->model);
	kp_sym_free(r->sym);
	kp_tasks_free(&r->tasks);
	kp_decoder_free(r->dec);
	kp_source_free(r->src);
	free(r->places);
	kp_vec_for_each (s, &r->strings)
		free(*s);
	kp_vec_free(&r->strings);
}

static int parse_hot(void *dst, const char *arg)
{
	uint64_t *hot = dst;

	*hot = UINT64_MAX;
	if (!arg || !kp_str_count(arg, hot))
		return 0;
	usage_error("--hot: '%s' is no number of rows", arg);
	return -EINVAL;
}

static const struct kp_usage usage = {
	.synopsis = "kvmpmu report [-i FILE] [OPTIONS]",
	.text = "Explains a recording: exits by reason, VM, vCPU or CPU, guest and host time of\n"
		"each vCPU, exits to user space, accesses to intercepted registers, hot symbols.\n"
		"Reads any perf.data, file or pipe, of any version of perf or of kvmpmu, made on\n"
		"any machine.",
	.footer = "Examples:\n"
		  "  kvmpmu report\n"
		  "  kvmpmu report --by vcpu,reason --sort p99\n"
		  "  kvmpmu report --vm 'qemu*' --exit 'msr*' --time 10,12\n"
		  "  kvmpmu record -o - -a --duration 5 | kvmpmu report -i - --format json",
};

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_report r = { .ctx = ctx,
			       .input = "perf.data",
			       .format = "text",
			       .by_list = "reason",
			       .vcpu = -1,
			       .hot = HOT_DEFAULT };
	bool only_switch = false, only_pmi = false, only_ownership = false;
	/* clang-format off: two lines an option */
	const struct kp_opt opts[] = {
		{ 'i', "input", "FILE", KP_OPT_STR, &r.input, NULL, false,
		  "recording to read; '-' is standard input (perf.data)" },
		{ 0, "raw-times", NULL, KP_OPT_FLAG, &r.raw_times, NULL, false,
		  "leave the probes' own cost in the times of record --switch" },
		{ 0, "by", "LIST", KP_OPT_STR, &r.by_list, NULL, false,
		  "rows of the exit table: vm, vcpu, cpu, reason (reason)" },
		{ 0, "sort", "COLUMN", KP_OPT_STR, &r.sort_key, NULL, false,
		  "sort it by this column (total)" },
		{ 0, "vm", "PID|NAME", KP_OPT_STR, &r.vm, NULL, false,
		  "only this VM: its process, or a pattern of its command name" },
		{ 0, "vcpu", "N", KP_OPT_I64, &r.vcpu, NULL, false,
		  "only this vCPU" },
		{ 'C', "cpu", "LIST", KP_OPT_STR, &r.cpus, NULL, false,
		  "only these host CPUs" },
		{ 0, "exit", "REASON", KP_OPT_STR, &r.exits, NULL, false,
		  "only these exits: names, patterns or numbers, separated by commas" },
		{ 0, "time", "START,STOP", KP_OPT_STR, &r.time, NULL, false,
		  "only this time: seconds, or shares such as 10%-20%" },
		{ 0, "hot", "N", KP_OPT_CALL, &r.hot, parse_hot, true,
		  "show N hot symbols; without N all (20)" },
		{ 0, "switch", NULL, KP_OPT_FLAG, &only_switch, NULL, false,
		  "show only what virtual PMUs cost: exits, PMU context switches" },
		{ 0, "pmi", NULL, KP_OPT_FLAG, &only_pmi, NULL, false,
		  "show only where PMIs went: the PMI ledger" },
		{ 0, "ownership", NULL, KP_OPT_FLAG, &only_ownership, NULL, false,
		  "show only who held each CPU's counters, over time" },
		{ 0, "counters", NULL, KP_OPT_FLAG, &r.counters, NULL, false,
		  "show how guests programmed the counters of their PMUs" },
		{ 0, "guest-vmlinux", "FILE", KP_OPT_STR, &r.guest_vmlinux, NULL, false,
		  "symbols of the guest's kernel" },
		{ 0, "guest-kallsyms", "FILE", KP_OPT_STR, &r.guest_kallsyms, NULL, false,
		  "the same from a copy of its /proc/kallsyms" },
		{ 'k', "vmlinux", "FILE", KP_OPT_STR, &r.vmlinux, NULL, false,
		  "symbols of the host's kernel" },
		{ 0, "kallsyms", "FILE", KP_OPT_STR, &r.kallsyms, NULL, false,
		  "the same from a copy of its /proc/kallsyms" },
		{ 0, "symfs", "DIR", KP_OPT_STR, &r.symfs, NULL, false,
		  "look for programs and libraries below DIR" },
		{ 0, "format", "FORMAT", KP_OPT_STR, &r.format, NULL, false,
		  "text (default), json, csv" },
		{ 0, "no-progress", NULL, KP_OPT_FLAG, &r.no_progress, NULL, false,
		  "no progress bar on the terminal" },
		{ 0 },
	};
	/* clang-format on */
	bool help;
	int ret = kp_opts_parse(argc, argv, opts, &usage, &help);

	if (ret < 0)
		return KP_EXIT_USAGE;
	if (help)
		return KP_EXIT_OK;
	if (ret < argc)
		return usage_error("'%s' is not understood; the recording is named with -i FILE",
				   argv[ret]);
	r.only = (only_switch ? KP_REPORT_SWITCH : 0) | (only_pmi ? KP_REPORT_PMI : 0) |
		 (only_ownership ? KP_REPORT_OWNERSHIP : 0);
	ret = check_options(&r);
	if (!ret)
		ret = run_report(&r);
	report_free(&r);
	return ret;
}

const struct kp_cmd kp_cmd_report = {
	.name = "report",
	.summary = "explain a recording",
	.run = run,
};
