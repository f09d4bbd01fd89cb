// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench.c - `kvmpmu bench`: options of its three ways, suites of measured cases, one raw run of a
 * payload, and the comparison of two documents. Parses, and hands over to bench_*.c.
 */
#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/log.h"
#include "lib/str.h"

#define NOT_GIVEN   UINT64_MAX
#define MAX_SAMPLES 2000

struct bench {
	const char *raw;
	const char *format;
	uint64_t nr_vcpus;
	uint64_t nr_counters;
	uint64_t pmu_type;
	struct bench_raw run;
	struct bench_opts suites;
	struct kp_guest_filter filter;
	bool allow, deny;
	bool list, compare;
	bool ab;
	double threshold_pct;
};

volatile sig_atomic_t kp_signal_flag;

static void on_signal(int sig)
{
	(void)sig;
	kp_signal_flag = 1;
}

/* The run ends cleanly on these, and what it did so far is printed. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	kp_signal_flag = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int bench_exit_code(int err)
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

/* ---- options ---- */

static int add_cpu(void *ctx, uint64_t n)
{
	struct bench_cpus *list = ctx;

	if (list->nr == BENCH_MAX_CPUS)
		return -EINVAL;
	list->cpus[list->nr++] = (int)n;
	return 0;
}

static int parse_cpus(void *dst, const char *arg)
{
	struct bench_cpus *list = dst;

	list->nr = 0;
	if (!kp_str_list(arg, BENCH_MAX_CPUS - 1, add_cpu, list) && list->nr)
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

static int parse_pct(const char *option, double *out, const char *arg)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || (*end && strcmp(end, "%")) || !(v >= 0) || v > 1e6) {
		kp_err("bench: %s: '%s' is no number of percent", option, arg);
		return -EINVAL;
	}
	*out = v;
	return 0;
}

static int parse_threshold(void *dst, const char *arg)
{
	return parse_pct("--threshold", dst, arg);
}

static int parse_ci(void *dst, const char *arg)
{
	return parse_pct("--ci", dst, arg);
}

static int parse_ab(void *dst, const char *arg)
{
	struct bench *b = dst;

	b->ab = true;
	return bench_variants_add(&b->suites.variants, arg);
}

/* What of the options of --raw cannot be checked one by one. */
static int check_raw(struct bench *b)
{
	struct kp_guest_job *job = &b->run.job;

	job->payload = kp_guest_payload_find(b->raw);
	if (!job->payload) {
		kp_err("bench: no payload '%s' on this architecture; 'kvmpmu bench --raw list' "
		       "lists them",
		       b->raw);
		return -EINVAL;
	}
	if (!b->nr_vcpus || b->nr_vcpus > KP_GUEST_MAX_VCPUS) {
		kp_err("bench: --vcpus: 1 to %d", KP_GUEST_MAX_VCPUS);
		return -EINVAL;
	}
	if (!job->iterations || !job->duration_ns) {
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
	if (b->suites.suites || b->suites.quick || b->ab || b->suites.inject || b->suites.explain) {
		kp_err("bench: --suite, --quick, --ab, --explain and --inject are of suites, not "
		       "of --raw");
		return -EINVAL;
	}
	return 0;
}

static void wire_raw(struct bench *b)
{
	struct kp_guest_conf *conf = &b->run.conf;
	struct kp_guest_job *job = &b->run.job;

	b->run.format = b->format;
	conf->nr_vcpus = (unsigned int)b->nr_vcpus;
	conf->cpus = b->suites.cpus.cpus;
	conf->nr_cpus = b->suites.cpus.nr;
	conf->pmu_type = (uint32_t)b->pmu_type;
	b->filter.deny = b->deny;
	if (b->allow || b->deny)
		conf->filter = &b->filter;
	job->nr_counters = (unsigned int)b->nr_counters;
	job->wake_ns = b->suites.wake_ns;
	job->stop = &kp_signal_flag;
	if (job->iterations == NOT_GIVEN && job->duration_ns == NOT_GIVEN)
		job->duration_ns = KP_NSEC_PER_SEC;
	if (job->iterations == NOT_GIVEN)
		job->iterations = 0;
	if (job->duration_ns == NOT_GIVEN)
		job->duration_ns = 0;
}

/* CPUs that this process may use; the first comes last, because it has most of the interrupts. */
static void allowed_cpus(struct bench_cpus *list)
{
	cpu_set_t set;
	int i, first = -1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (i = 0; i < CPU_SETSIZE && list->nr < BENCH_MAX_CPUS; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (first < 0)
			first = i;
		else
			list->cpus[list->nr++] = i;
	}
	if (first >= 0 && list->nr < BENCH_MAX_CPUS)
		list->cpus[list->nr++] = first;
}

static int check_suites(struct bench *b)
{
	struct bench_opts *o = &b->suites;

	if (bench_suites_check(o->suites))
		return -EINVAL;
	if (o->inject_root && !o->inject) {
		kp_err("bench: --inject-root without --inject");
		return -EINVAL;
	}
	if (o->samples < 1 || o->samples > MAX_SAMPLES) {
		kp_err("bench: --samples: 1 to %d", MAX_SAMPLES);
		return -EINVAL;
	}
	if (o->inject && bench_variants_inject(&o->variants))
		return -EINVAL;
	if (!o->variants.nr)
		o->variants.nr = 1;
	if (!o->cpus.nr)
		allowed_cpus(&o->cpus);
	o->format = b->format;
	o->hang_ns = b->run.job.hang_ns;
	if (o->quick && o->ci_pct == 1)
		o->ci_pct = 5;
	return 0;
}

static int run_compare(const struct kp_ctx *ctx, const struct bench *b, int nr, char **files)
{
	if (nr != 2) {
		kp_err("bench: --compare takes two files, from 'kvmpmu bench --format json', "
		       "behind all options");
		return KP_EXIT_USAGE;
	}
	return bench_compare(ctx, files[0], files[1], b->format, b->threshold_pct);
}

static int dispatch(const struct kp_ctx *ctx, struct bench *b, int nr, char **operands)
{
	if (b->compare)
		return run_compare(ctx, b, nr, operands);
	if (nr) {
		kp_err("bench: '%s' is no option, and there are no operands", operands[0]);
		return KP_EXIT_USAGE;
	}
	if (b->list)
		return bench_list(ctx, b->format);
	if (ctx->sysroot) {
		kp_err("bench: --sysroot: there is nothing to run in a snapshot");
		return KP_EXIT_USAGE;
	}
	if (b->raw && !strcmp(b->raw, "list"))
		return print_payloads();
	if (b->raw ? check_raw(b) : check_suites(b))
		return KP_EXIT_USAGE;
	catch_signals();
	if (!b->raw)
		return bench_suites_run(ctx, &b->suites);
	wire_raw(b);
	return bench_raw_run(ctx, &b->run);
}

static const struct kp_usage usage = {
	.synopsis = "kvmpmu bench [--suite SUITES] [--ab WHAT=VALUES] [OPTIONS]\n"
		    "kvmpmu bench --compare [--threshold PCT] FIRST.json SECOND.json\n"
		    "kvmpmu bench --list\n"
		    "kvmpmu bench --raw PAYLOAD [OPTIONS]",
	.text = "Measures what a virtual PMU costs, in a small virtual machine of its own,\n"
		"through /dev/kvm. With --raw: one run of one payload.",
	.footer = "Examples:\n"
		  "  kvmpmu bench --suite exit,switch --ab pmu=off,mediated\n"
		  "  kvmpmu bench --suite switch --explain\n"
		  "  kvmpmu bench --quick --format json >before.json\n"
		  "  kvmpmu bench --compare --threshold 3 before.json after.json\n"
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

#define OPTS_MAX 40

/* Options of suites first, then those of --raw, then what both have. */
static void fill_suite_opts(struct bench *b, struct kp_opt *o)
{
	const struct kp_opt opts[] = {
		OPT_CALL("ab", "WHAT=VALUES", parse_ab, b,
			 "measure all values in turn: pmu=off,emulated,mediated;\n"
			 "                                host-events=0,1,4 (beside the guest)"),
		OPT("suite", "SUITES", KP_OPT_STR, &b->suites.suites,
		    "suites to run, separated by commas (all)"),
		OPT("list", NULL, KP_OPT_FLAG, &b->list, "list the suites and their cases"),
		OPT("quick", NULL, KP_OPT_FLAG, &b->suites.quick,
		    "under 10 seconds in all, less certain"),
		OPT_CALL("ci", "PCT", parse_ci, &b->suites.ci_pct,
			 "enough when the median is known to +-PCT percent (1; quick: 5)"),
		OPT("limit", "TIME", KP_OPT_DURATION, &b->suites.limit_ns,
		    "and at the latest after this time a case and variant (3s)"),
		OPT("samples", "N", KP_OPT_U64, &b->suites.samples, "or so many samples (200)"),
		OPT("explain", NULL, KP_OPT_FLAG, &b->suites.explain,
		    "and what the kernel does for it: PMU switches, register accesses"),
		OPT("inject", "KNOB=PCT[,N]", KP_OPT_STR, &b->suites.inject,
		    "with KVM's fault injection and without: PCT percent of each Nth call"),
		OPT("inject-root", "DIR", KP_OPT_STR, &b->suites.inject_root,
		    "its knobs are below DIR instead of / (for tests)"),
		OPT("compare", NULL, KP_OPT_FLAG, &b->compare,
		    "compare two JSON documents of suites; status 1: regressions"),
		OPT_CALL("threshold", "PCT", parse_threshold, &b->threshold_pct,
			 "a regression is slower by over PCT percent (5)"),
	};

	_Static_assert(KP_ARRAY_SIZE(opts) < OPTS_MAX / 2, "room for all");
	memcpy(o, opts, sizeof(opts));
}

static void fill_raw_opts(struct bench *b, struct kp_opt *o)
{
	struct kp_guest_conf *conf = &b->run.conf;
	struct kp_guest_job *job = &b->run.job;
	const struct kp_opt opts[] = {
		OPT("raw", "PAYLOAD", KP_OPT_STR, &b->raw,
		    "what the guest does again and again; list: print them"),
		OPT("vcpus", "N", KP_OPT_U64, &b->nr_vcpus, "vCPUs, all with the payload (1)"),
		OPT("duration", "TIME", KP_OPT_DURATION, &job->duration_ns,
		    "end after this time (1s, unless --iterations is given)"),
		OPT("iterations", "N", KP_OPT_U64, &job->iterations,
		    "end after so many on each vCPU"),
		OPT("counters", "N", KP_OPT_U64, &b->nr_counters,
		    "counters that the guest programs and reads (0; payload pmu: 1)"),
		OPT("idle", NULL, KP_OPT_FLAG, &job->counters_idle,
		    "program the counters but leave them stopped"),
		OPT("loops", "N", KP_OPT_U64, &job->loops,
		    "payloads pmu and spin: rounds of the inner loop (1000)"),
		OPT("period", "N", KP_OPT_U64, &job->period,
		    "payload pmi: events until the counter overflows (10000)"),
		OPT("nmi", NULL, KP_OPT_FLAG, &job->nmi,
		    "payload pmi on x86: take the interrupt as an NMI"),
		OPT_CALL("pmu", "on|off", parse_pmu, &conf->pmu,
			 "the guest's vPMU (what KVM gives); on: fail where there is none"),
		OPT("pmu-type", "N", KP_OPT_U64, &b->pmu_type,
		    "arm64: perf type of the host PMU for the guest (that of the CPU)"),
		OPT_CALL("allow", "EVENTS", parse_allow, b,
			 "PMU event filter: the guest can count these codes alone"),
		OPT_CALL("deny", "EVENTS", parse_deny, b,
			 "PMU event filter: the guest can count all but these"),
		OPT_CALL("irqchip", "on|off", parse_irqchip, &conf->irqchip,
			 "in-kernel interrupt controller (on)"),
		OPT_CALL("cpu-list", "CPUS", parse_cpus, &b->suites.cpus,
			 "pin the vCPUs to these, one by one and over again"),
		OPT("wake", "TIME", KP_OPT_DURATION, &b->suites.wake_ns,
		    "payload hlt: from arming the timer to its interrupt (20us)"),
		OPT("hang-timeout", "TIME", KP_OPT_DURATION, &job->hang_ns,
		    "give up on a vCPU without progress for so long (10s)"),
		KP_OPT_ROW_FORMAT(&b->format),
		{ 0 },
	};

	_Static_assert(KP_ARRAY_SIZE(opts) < OPTS_MAX / 2, "room for all");
	memcpy(o, opts, sizeof(opts));
}

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct bench b = {
		.format = "text",
		.nr_vcpus = 1,
		.run.job = { .iterations = NOT_GIVEN, .duration_ns = NOT_GIVEN },
		.suites = { .ci_pct = 1, .limit_ns = 3 * KP_NSEC_PER_SEC, .samples = 200 },
		.threshold_pct = 5
	};
	struct kp_opt opts[OPTS_MAX] = { 0 };
	size_t nr = 0;
	bool help;
	int i;

	fill_suite_opts(&b, opts);
	while (opts[nr].name)
		nr++;
	fill_raw_opts(&b, opts + nr);
	i = kp_opts_parse(argc, argv, opts, &usage, &help);
	if (i < 0)
		return KP_EXIT_USAGE;
	return help ? KP_EXIT_OK : dispatch(ctx, &b, argc - i, argv + i);
}

const struct kp_cmd kp_cmd_bench = {
	.name = "bench",
	.summary = "measure what a virtual PMU costs, in a small guest",
	.run = run,
};
