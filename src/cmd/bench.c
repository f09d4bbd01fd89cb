// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c - `kvmpmu bench --raw PAYLOAD`: one run of one payload in the micro-guest, with what
 * every vCPU did. Talks to src/guest and writes through src/out.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "guest.h"
#include "lib/log.h"
#include "lib/str.h"

#define SCHEMA	 "kvmpmu-bench/1"
#define MAX_CPUS 1024

#define NOT_GIVEN UINT64_MAX

struct cpu_list {
	int cpus[MAX_CPUS];
	unsigned int nr;
};

struct bench {
	const char *raw;
	const char *format;
	uint64_t nr_vcpus;
	uint64_t nr_counters;
	bool counters_idle;
	uint64_t pmu_type;
	struct kp_guest_conf conf;
	struct kp_guest_job job;
	struct cpu_list list;
	struct kp_guest_filter filter;
	bool allow, deny;
};

static volatile sig_atomic_t kp_signal_flag;

static void on_signal(int sig)
{
	(void)sig;
	kp_signal_flag = 1;
}

/* ---- options ---- */

static int add_cpu(void *ctx, uint64_t n)
{
	struct cpu_list *list = ctx;

	if (list->nr == MAX_CPUS)
		return -EINVAL;
	list->cpus[list->nr++] = (int)n;
	return 0;
}

static int parse_cpus(void *dst, const char *arg)
{
	struct cpu_list *list = dst;

	list->nr = 0;
	if (!kp_str_list(arg, MAX_CPUS - 1, add_cpu, list) && list->nr)
		return 0;
	kp_err("bench: --cpu-list: '%s' is no list of CPUs, such as 0-3,8", arg);
	return -EINVAL;
}

static int parse_switch(const char *option, enum kp_guest_switch *out, const char *arg)
{
	if (!strcmp(arg, "on")) {
		*out = KP_GUEST_ON;
	} else if (!strcmp(arg, "off")) {
		*out = KP_GUEST_OFF;
	} else {
		kp_err("bench: %s: '%s' is neither on nor off", option, arg);
		return -EINVAL;
	}
	return 0;
}

static int parse_pmu(void *dst, const char *arg)
{
	return parse_switch("--pmu", dst, arg);
}

static int parse_irqchip(void *dst, const char *arg)
{
	return parse_switch("--irqchip", dst, arg);
}

/* "0xc0,0x3c": event codes as the column Code shows them. */
static int parse_events(const char *option, struct kp_guest_filter *filter, const char *arg)
{
	char *copy = strdup(arg), *rest = copy, *word;
	int err = copy ? 0 : -ENOMEM;

	filter->nr = 0;
	while (!err && (word = strsep(&rest, ","))) {
		err = filter->nr == KP_GUEST_MAX_FILTER ? -EINVAL : 0;
		if (!err)
			err = kp_str_u64(word, &filter->events[filter->nr++]);
	}
	free(copy);
	if (err)
		kp_err("bench: %s: '%s' is no list of up to %d event codes, such as 0xc0,0x3c",
		       option, arg, KP_GUEST_MAX_FILTER);
	return err;
}

static int parse_allow(void *dst, const char *arg)
{
	struct bench *b = dst;

	b->allow = true;
	return parse_events("--allow", &b->filter, arg);
}

static int parse_deny(void *dst, const char *arg)
{
	struct bench *b = dst;

	b->deny = true;
	return parse_events("--deny", &b->filter, arg);
}

static int print_payloads(void)
{
	const struct kp_guest_payload *payload;
	size_t i;

	for (i = 0; (payload = kp_guest_payload_at(i)); i++)
		printf("%-10s %s\n", payload->name, payload->help);
	return KP_EXIT_OK;
}

/* What of the options cannot be checked one by one. */
static int check_options(struct bench *b)
{
	if (!b->raw) {
		kp_err("bench: no --raw PAYLOAD; 'kvmpmu bench --raw list' lists the payloads");
		return -EINVAL;
	}
	b->job.payload = kp_guest_payload_find(b->raw);
	if (!b->job.payload) {
		kp_err("bench: no payload '%s' on this architecture; 'kvmpmu bench --raw list' "
		       "lists them",
		       b->raw);
		return -EINVAL;
	}
	if (!b->nr_vcpus || b->nr_vcpus > KP_GUEST_MAX_VCPUS) {
		kp_err("bench: --vcpus: 1 to %d", KP_GUEST_MAX_VCPUS);
		return -EINVAL;
	}
	if (!b->job.iterations || !b->job.duration_ns) {
		kp_err("bench: --iterations and --duration: more than nothing");
		return -EINVAL;
	}
	if (b->allow && b->deny) {
		kp_err("bench: a PMU event filter allows or denies; give --allow or --deny");
		return -EINVAL;
	}
	if (b->pmu_type > INT32_MAX) {
		kp_err("bench: --pmu-type: no PMU has the type %" PRIu64, b->pmu_type);
		return -EINVAL;
	}
	if (b->nr_counters > KP_GUEST_MAX_COUNTERS) {
		kp_err("bench: --counters: 0 to %d", KP_GUEST_MAX_COUNTERS);
		return -EINVAL;
	}
	if (strcmp(b->format, "text") && strcmp(b->format, "json") && strcmp(b->format, "csv")) {
		kp_err("bench: --format: '%s' is not text, json or csv", b->format);
		return -EINVAL;
	}
	return 0;
}

static void wire_options(struct bench *b)
{
	b->conf.nr_vcpus = (unsigned int)b->nr_vcpus;
	b->conf.cpus = b->list.cpus;
	b->conf.nr_cpus = b->list.nr;
	b->conf.pmu_type = (uint32_t)b->pmu_type;
	b->filter.deny = b->deny;
	if (b->allow || b->deny)
		b->conf.filter = &b->filter;
	b->job.nr_counters = (unsigned int)b->nr_counters;
	b->job.counters_idle = b->counters_idle;
	b->job.stop = &kp_signal_flag;
	if (b->job.iterations == NOT_GIVEN && b->job.duration_ns == NOT_GIVEN)
		b->job.duration_ns = KP_NSEC_PER_SEC;
	if (b->job.iterations == NOT_GIVEN)
		b->job.iterations = 0;
	if (b->job.duration_ns == NOT_GIVEN)
		b->job.duration_ns = 0;
}

/* ---- output ---- */

static struct kp_val ratio(double a, uint64_t b)
{
	return b ? kp_val_f64(a / (double)b) : kp_val_none();
}

static struct kp_val per_second(uint64_t n, uint64_t ns)
{
	return ns ? kp_val_f64((double)n * 1e9 / (double)ns) : kp_val_none();
}

#define NR_VCPU_COLS 12

static void write_vcpu(struct kp_out *out, const struct kp_guest_vcpu_result *v)
{
	const struct kp_val row[NR_VCPU_COLS] = {
		kp_val_u64(v->index),
		kp_val_u64((uint64_t)v->tid),
		v->cpu < 0 ? kp_val_none() : kp_val_u64((uint64_t)v->cpu),
		kp_val_u64(v->iterations),
		per_second(v->iterations, v->elapsed_ns),
		ratio((double)v->elapsed_ns, v->iterations),
		v->valid & KP_GUEST_TICKS ? ratio((double)v->ticks, v->iterations) : kp_val_none(),
		kp_val_u64(v->exits_total),
		v->valid & KP_GUEST_KVM_EXITS ? kp_val_u64(v->kvm_exits) : kp_val_none(),
		kp_val_u64(v->irqs),
		v->valid & KP_GUEST_LOST ? kp_val_u64(v->lost) : kp_val_none(),
		v->valid & KP_GUEST_RESULT ? kp_val_hex(v->value) : kp_val_none(),
	};

	kp_out_row(out, row);
}

/* Text leaves out what the payload cannot have. */
static void write_vcpus(struct kp_out *out, const struct kp_guest_result *result,
			const struct kp_guest_payload *payload)
{
	const enum kp_col cols[] = {
		KP_COL_VCPU,
		KP_COL_TID,
		KP_COL_CPU,
		KP_COL_ITERATIONS,
		KP_COL_ITER_RATE,
		KP_COL_ITER_NS,
		KP_COL_ITER_TICKS,
		KP_COL_USER_EXITS,
		KP_COL_KVM_EXITS,
		KP_COL_IRQS,
		payload->pmi ? KP_COL_PMIS_LOST : KP_COL_DATA(KP_COL_PMIS_LOST),
		payload->result ? KP_COL_RESULT : KP_COL_DATA(KP_COL_RESULT),
	};
	unsigned int i;

	_Static_assert(KP_ARRAY_SIZE(cols) == NR_VCPU_COLS, "a column per cell");
	kp_out_table(out, "vcpus", "vCPUs", cols, NR_VCPU_COLS);
	for (i = 0; i < result->nr_vcpus; i++)
		write_vcpu(out, &result->vcpus[i]);
	kp_out_table_end(out);
}

static void write_exits(struct kp_out *out, const struct kp_guest_result *result)
{
	static const enum kp_col cols[] = { KP_COL_VCPU, KP_COL_REASON, KP_COL_COUNT };
	unsigned int i, reason;

	kp_out_table(out, "exits", "Exits to this process", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < result->nr_vcpus; i++) {
		const struct kp_guest_vcpu_result *v = &result->vcpus[i];

		for (reason = 0; reason < KP_GUEST_NR_EXITS; reason++) {
			const struct kp_val row[] = {
				kp_val_u64(v->index),
				kp_val_str(kp_guest_exit_name(reason)),
				kp_val_u64(v->exits[reason]),
			};

			if (v->exits[reason])
				kp_out_row(out, row);
		}
	}
	kp_out_table_end(out);
}

static void write_counter(struct kp_out *out, unsigned int vcpu, const struct kp_guest_counter *c)
{
	bool known = c->valid & KP_GUEST_EXPECTED, read = c->reads;
	const struct kp_val row[] = {
		kp_val_u64(vcpu),
		kp_val_hex(c->index),
		kp_val_str(c->name),
		kp_val_hex(c->event),
		kp_val_u64(c->reads),
		ratio((double)c->sum, c->reads),
		read ? kp_val_u64(c->min) : kp_val_none(),
		read ? kp_val_u64(c->max) : kp_val_none(),
		known ? kp_val_u64(c->expected_min) : kp_val_none(),
		known ? kp_val_u64(c->expected_max) : kp_val_none(),
	};

	kp_out_row(out, row);
}

static void write_counters(struct kp_out *out, const struct kp_guest_result *result)
{
	static const enum kp_col cols[] = {
		KP_COL_VCPU,	   KP_COL_COUNTER,    KP_COL_EVENT,    KP_COL_EVENT_CODE,
		KP_COL_READS,	   KP_COL_READ_MEAN,  KP_COL_READ_MIN, KP_COL_READ_MAX,
		KP_COL_EXPECT_MIN, KP_COL_EXPECT_MAX,
	};
	unsigned int i, n;

	kp_out_table(out, "counters", "Counters, as the guest read them", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < result->nr_vcpus; i++)
		for (n = 0; n < result->vcpus[i].nr_counters; n++)
			write_counter(out, i, &result->vcpus[i].counters[n]);
	kp_out_table_end(out);
}

/* A number of the guest's PMU: text shows it where there is one. */
static void write_pmu(struct kp_out *out, const char *key, const char *title,
		      const struct kp_guest_info *info, unsigned int n)
{
	kp_out_field(out, key, info->pmu_on ? title : NULL, KP_UNIT_COUNT,
		     info->pmu_on ? kp_val_u64(n) : kp_val_none());
}

static void write_machine(struct kp_out *out, const struct bench *b,
			  const struct kp_guest_info *info)
{
	kp_out_field(out, "payload", "Payload", KP_UNIT_NONE, kp_val_str(b->job.payload->name));
	kp_out_field(out, "payload_help", "One iteration", KP_UNIT_NONE,
		     kp_val_str(b->job.payload->help));
	kp_out_field(out, "irqchip", "Interrupt controller", KP_UNIT_NONE,
		     kp_val_str(info->irqchip));
	kp_out_field(out, "pmu", "Guest PMU", KP_UNIT_NONE, kp_val_str(info->pmu));
	write_pmu(out, "pmu_version", "PMU version", info, info->pmu_version);
	write_pmu(out, "general_counters", "General counters", info, info->nr_gp);
	write_pmu(out, "fixed_counters", "Fixed counters", info, info->nr_fixed);
	kp_out_field(out, "tick_hz", "Guest clock (Hz)", KP_UNIT_PER_SEC,
		     info->tick_hz ? kp_val_u64(info->tick_hz) : kp_val_none());
}

static void write_sums(struct kp_out *out, const struct kp_guest_result *result)
{
	uint64_t iterations = 0;
	unsigned int i;

	for (i = 0; i < result->nr_vcpus; i++)
		iterations += result->vcpus[i].iterations;
	kp_out_field(out, "elapsed_ns", "Elapsed", KP_UNIT_NS, kp_val_u64(result->elapsed_ns));
	kp_out_field(out, "iterations", "Iterations", KP_UNIT_COUNT, kp_val_u64(iterations));
	kp_out_field(out, "iterations_per_sec", "Iterations per second", KP_UNIT_PER_SEC,
		     per_second(iterations, result->elapsed_ns));
	kp_out_field(out, "interrupted", "Interrupted", KP_UNIT_NONE,
		     kp_val_bool(result->interrupted));
}

static int write_result(const struct kp_ctx *ctx, const struct bench *b,
			const struct kp_guest_info *info, const struct kp_guest_result *result)
{
	const struct kp_out_opts opts = {
		.format = b->format, .stream = stdout, .schema = SCHEMA, .color = ctx->color
	};
	struct kp_out *out;
	int ret = kp_out_new(&opts, &out);

	if (ret)
		return ret;
	write_machine(out, b, info);
	write_sums(out, result);
	write_vcpus(out, result, b->job.payload);
	write_exits(out, result);
	write_counters(out, result);
	return kp_out_finish(out);
}

/* ---- run ---- */

static int exit_code(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
		return KP_EXIT_NOT_PERMITTED;
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case EOPNOTSUPP:
		return KP_EXIT_NOT_SUPPORTED;
	case EINVAL:
		return KP_EXIT_USAGE;
	default:
		return KP_EXIT_FAILED;
	}
}

static int failed(const struct kp_guest_error *error)
{
	kp_err("bench: %s", error->msg);
	return exit_code(error->err);
}

/* The run ends cleanly on these, and what it did so far is printed. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	kp_signal_flag = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int run_raw(const struct kp_ctx *ctx, const struct bench *b)
{
	struct kp_guest_result result = { 0 };
	struct kp_guest_error error;
	struct kp_guest *guest;
	int status = KP_EXIT_OK, ret;

	catch_signals();
	if (kp_guest_create(&guest, &b->conf, &error))
		return failed(&error);
	if (kp_guest_run(guest, &b->job, &result, &error)) {
		status = failed(&error);
	} else {
		ret = write_result(ctx, b, kp_guest_info(guest), &result);
		if (ret) {
			kp_err("bench: writing the result: %s", strerror(-ret));
			status = KP_EXIT_FAILED;
		}
	}
	kp_guest_result_free(&result);
	kp_guest_free(guest);
	return status;
}

static const struct kp_usage usage = {
	.synopsis = "kvmpmu bench --raw PAYLOAD [OPTIONS]",
	.text = "Runs one payload in a small virtual machine of its own, through /dev/kvm, and\n"
		"tells how often and how fast. 'kvmpmu bench --raw list' lists the payloads.",
	.footer = "Examples:\n"
		  "  kvmpmu bench --raw io --iterations 100k\n"
		  "  kvmpmu bench --raw pmu --counters 4 --cpu-list 2 --format json",
};

#define OPT(name_, arg_, type_, dst_, help_) \
	((struct kp_opt){ .name = name_, .arg = arg_, .type = type_, .dst = dst_, .help = help_ })
#define OPT_CALL(name_, arg_, call_, dst_, help_) \
	((struct kp_opt){ .name = name_,          \
			  .arg = arg_,            \
			  .type = KP_OPT_CALL,    \
			  .dst = dst_,            \
			  .call = call_,          \
			  .help = help_ })

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct bench b = { .format = "text",
			   .nr_vcpus = 1,
			   .job = { .iterations = NOT_GIVEN, .duration_ns = NOT_GIVEN } };
	const struct kp_opt opts[] = {
		OPT("raw", "PAYLOAD", KP_OPT_STR, &b.raw,
		    "what the guest does again and again; list: print them"),
		OPT("vcpus", "N", KP_OPT_U64, &b.nr_vcpus, "vCPUs, all with the payload (1)"),
		OPT("duration", "TIME", KP_OPT_DURATION, &b.job.duration_ns,
		    "end after this time (1s, unless --iterations is given)"),
		OPT("iterations", "N", KP_OPT_U64, &b.job.iterations,
		    "end after so many on each vCPU"),
		OPT_CALL("cpu-list", "CPUS", parse_cpus, &b.list,
			 "pin the vCPUs to these, one by one and over again"),
		OPT("counters", "N", KP_OPT_U64, &b.nr_counters,
		    "counters that the guest programs and reads (0; payload pmu: 1)"),
		OPT("idle", NULL, KP_OPT_FLAG, &b.counters_idle,
		    "program the counters but leave them stopped"),
		OPT("loops", "N", KP_OPT_U64, &b.job.loops,
		    "payloads pmu and spin: rounds of the inner loop (1000)"),
		OPT("period", "N", KP_OPT_U64, &b.job.period,
		    "payload pmi: events until the counter overflows (10000)"),
		OPT("nmi", NULL, KP_OPT_FLAG, &b.job.nmi,
		    "payload pmi on x86: take the interrupt as an NMI"),
		OPT_CALL("pmu", "on|off", parse_pmu, &b.conf.pmu,
			 "the guest's vPMU (what KVM gives); on: fail where there is none"),
		OPT("pmu-type", "N", KP_OPT_U64, &b.pmu_type,
		    "arm64: perf type of the host PMU for the guest (that of the CPU)"),
		OPT_CALL("allow", "EVENTS", parse_allow, &b,
			 "PMU event filter: the guest can count these codes alone"),
		OPT_CALL("deny", "EVENTS", parse_deny, &b,
			 "PMU event filter: the guest can count all but these"),
		OPT_CALL("irqchip", "on|off", parse_irqchip, &b.conf.irqchip,
			 "in-kernel interrupt controller (on)"),
		OPT("hang-timeout", "TIME", KP_OPT_DURATION, &b.job.hang_ns,
		    "give up on a vCPU without progress for so long (10s)"),
		OPT("format", "FMT", KP_OPT_STR, &b.format, "text (default), json, csv"),
		{ 0 },
	};
	bool help;
	int i = kp_opts_parse(argc, argv, opts, &usage, &help);

	if (i < 0)
		return KP_EXIT_USAGE;
	if (help)
		return KP_EXIT_OK;
	if (i < argc) {
		kp_err("bench: '%s' is no option, and there are no operands", argv[i]);
		return KP_EXIT_USAGE;
	}
	if (b.raw && !strcmp(b.raw, "list"))
		return print_payloads();
	if (check_options(&b))
		return KP_EXIT_USAGE;
	wire_options(&b);
	return run_raw(ctx, &b);
}

const struct kp_cmd kp_cmd_bench = {
	.name = "bench",
	.summary = "run a payload in a small guest and time its exits",
	.run = run,
};
