// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat.c - kvmpmu stat: options to a request; stat_run.c does the rest.
 */
#include "cmd/stat.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/vmpick.h"
#include "lib/log.h"
#include "lib/str.h"

#define INTERVAL_MIN_MS 10
#define REPEAT_MAX	10000

/** struct args - what the table of options fills in */
struct args {
	struct kp_stat_opts *opts;
	bool all, per_cpu, per_thread, verbose;
	const char *pids, *tids, *interval;
};

static int add_event(void *dst, const char *arg)
{
	struct args *a = dst;

	return kp_vec_push(&a->opts->events, (struct kp_request_event){ .spec = arg });
}

static int add_vm(void *dst, const char *arg)
{
	struct args *a = dst;

	return kp_vec_push(&a->opts->vms, arg);
}

static const struct {
	const char *name;
	enum kp_stat_by by;
} bys[] = {
	{ "cpu", KP_STAT_BY_CPU },
	{ "vm", KP_STAT_BY_VM },
	{ "vcpu", KP_STAT_BY_VCPU },
	{ "thread", KP_STAT_BY_THREAD },
};

static int set_by(void *dst, const char *arg)
{
	struct args *a = dst;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(bys); i++) {
		if (strcmp(bys[i].name, arg))
			continue;
		a->opts->by = bys[i].by;
		return 0;
	}
	fprintf(stderr, "kvmpmu stat: --per %s: use cpu, vm, vcpu or thread\n", arg);
	return -EINVAL;
}

static const struct kp_usage usage = {
	"kvmpmu stat [OPTIONS] [-- COMMAND [ARGS...]]",
	"Counts events of the host and of its guests apart, and the time in which a mediated\n"
	"guest has the PMU and the host's events stand still. Without -e: a default set.\n"
	"Without a scope: COMMAND, or else the whole system until Ctrl-C.",
	"Examples:\n"
	"  kvmpmu stat --duration 10                    the whole host for ten seconds\n"
	"  kvmpmu stat --vm web1 --per vcpu -I 1000     a VM, vCPU by vCPU, every second\n"
	"  kvmpmu stat -r 5 -e instructions -- make     five runs, with mean and spread\n"
	"  kvmpmu stat --vm web1 --switch --duration 10 what its PMU context switches cost\n"
	"  kvmpmu stat -a -I 15000 --format openmetrics -o /var/lib/node_exporter/kvmpmu.prom",
};

/* clang-format off */
static int parse_args(int argc, char **argv, struct args *a, bool *help)
{
	struct kp_stat_opts *o = a->opts;
	const struct kp_opt opts[] = {
		{ 'a', "all-cpus", NULL, KP_OPT_FLAG, &a->all, NULL, false,
		  "count on the whole system" },
		{ 'C', "cpu", "LIST", KP_OPT_STR, &o->req.cpus, NULL, false,
		  "count on these CPUs: 0-3,8" },
		{ 'p', "pid", "PIDS", KP_OPT_STR, &a->pids, NULL, false,
		  "count these processes, all threads" },
		{ 't', "tid", "TIDS", KP_OPT_STR, &a->tids, NULL, false,
		  "count these threads" },
		{ 0, "vm", "VM", KP_OPT_CALL, a, add_vm, false,
		  "count this VM, by name or process id; may be given again" },
		{ 'e', "event", "EVENTS", KP_OPT_CALL, a, add_event, false,
		  "events in perf's syntax instead of the default ones; may be given again" },
		{ 0, "per", "WHAT", KP_OPT_CALL, a, set_by, false,
		  "rows for each cpu, vm, vcpu or thread" },
		{ 0, "switch", NULL, KP_OPT_FLAG, &o->sw, NULL, false,
		  "PMU context switches and exits of vCPUs, from BPF; events only with -e" },
		{ 0, "raw-times", NULL, KP_OPT_FLAG, &o->raw_times, NULL, false,
		  "--switch: leave the probes' own cost in the times" },
		{ 'A', "no-aggr", NULL, KP_OPT_FLAG, &a->per_cpu, NULL, false, "as --per cpu" },
		{ 0, "per-thread", NULL, KP_OPT_FLAG, &a->per_thread, NULL, false,
		  "as --per thread" },
		{ 0, "duration", "TIME", KP_OPT_DURATION, &o->duration_ns, NULL, false,
		  "stop after 10, 1.5s, 300ms, 2m" },
		{ 'I', "interval-print", "MS", KP_OPT_STR, &a->interval, NULL, false,
		  "print the counts of every MS milliseconds, 10 or more" },
		{ 'r', "repeat", "N", KP_OPT_U64, &o->repeat, NULL, false,
		  "run COMMAND N times; mean and spread" },
		{ 'i', "no-inherit", NULL, KP_OPT_FLAG, &o->req.no_inherit, NULL, false,
		  "leave out threads and children that start later" },
		{ 'o', "output", "FILE", KP_OPT_STR, &o->output, NULL, false,
		  "write here; a whole file replaces the old one in one step" },
		{ 0, "format", "FORMAT", KP_OPT_STR, &o->format, NULL, false,
		  "text (default), json, csv, openmetrics" },
		{ 'v', "verbose", NULL, KP_OPT_FLAG, &a->verbose, NULL, false,
		  "add the events' times, and say what this host lacks" },
		{ 0 },
	};

	return kp_opts_parse(argc, argv, opts, &usage, help);
}
/* clang-format on */

static int usage_err(const char *text)
{
	fprintf(stderr, "kvmpmu stat: %s; see 'kvmpmu stat --help'\n", text);
	return -EINVAL;
}

/* ---- checks ---- */

static int check_interval(struct args *a)
{
	uint64_t ms;

	if (!a->interval)
		return 0;
	if (kp_str_u64(a->interval, &ms) || ms < INTERVAL_MIN_MS || ms > UINT32_MAX) {
		fprintf(stderr,
			"kvmpmu stat: -I '%s' is no interval in whole milliseconds, %d or more\n",
			a->interval, INTERVAL_MIN_MS);
		return -EINVAL;
	}
	a->opts->interval_ns = ms * 1000000;
	return 0;
}

static int check_format(const struct kp_stat_opts *o)
{
	static const char *const formats[] = { "text", "json", "csv", "openmetrics" };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i], o->format))
			break;
	if (i == KP_ARRAY_SIZE(formats)) {
		fprintf(stderr, "kvmpmu stat: --format %s: use text, json, csv or openmetrics\n",
			o->format);
		return -EINVAL;
	}
	if (!strcmp(o->format, "openmetrics") && o->interval_ns &&
	    (!o->output || !strcmp(o->output, "-")))
		return usage_err("--format openmetrics with -I needs -o FILE: a file holds one "
				 "exposition, which is replaced each time");
	return 0;
}

static int check_repeat(const struct kp_stat_opts *o)
{
	if (!o->repeat || o->repeat > REPEAT_MAX)
		return usage_err("-r: a number of runs from 1 to 10000");
	if (o->repeat == 1)
		return 0;
	if (!o->argv)
		return usage_err("-r needs the COMMAND that is to run again");
	if (o->interval_ns)
		return usage_err("-r and -I exclude each other");
	if (o->by > KP_STAT_BY_CPU)
		return usage_err("-r: the threads of each run are others; --per cpu goes with it");
	return 0;
}

static int check_scope(struct args *a)
{
	struct kp_stat_opts *o = a->opts;
	int scopes = a->all + !!o->req.cpus + !!a->pids + !!a->tids + !!o->vms.nr;

	if (a->all && o->req.cpus)
		scopes--; /* -a -C 1 is -C 1, as with perf */
	if (scopes > 1)
		return usage_err("-a, -C, -p, -t and --vm exclude each other");
	if (a->per_cpu)
		o->by = KP_STAT_BY_CPU;
	if (a->per_thread)
		o->by = KP_STAT_BY_THREAD;
	return 0;
}

static int check_switch(const struct kp_stat_opts *o)
{
	if (o->raw_times && !o->sw)
		return usage_err("--raw-times goes with --switch");
	if (o->sw && o->by == KP_STAT_BY_CPU)
		return usage_err("--switch has rows of vCPUs or VMs: --per vm or vcpu");
	if (o->sw && o->req.target == KP_TARGET_CPUS)
		return usage_err("--switch counts vCPUs wherever they run; -C excludes it");
	if (o->sw && o->repeat > 1)
		return usage_err("-r and --switch exclude each other");
	return 0;
}

static int add_id(void *ctx, uint64_t id)
{
	struct kp_stat_opts *o = ctx;

	return kp_vec_push(&o->ids, (pid_t)id);
}

static int set_ids(struct args *a)
{
	const char *list = a->pids ? a->pids : a->tids;

	if (!list)
		return 0;
	if (kp_str_list(list, INT_MAX, add_id, a->opts) || !a->opts->ids.nr) {
		fprintf(stderr, "kvmpmu stat: '%s' is no list of ids such as 1234,1250\n", list);
		return -EINVAL;
	}
	return 0;
}

/* Rows of VMs, vCPUs or threads without a scope: those of all VMs. */
static int set_scope(struct args *a)
{
	struct kp_stat_opts *o = a->opts;

	if (a->pids || a->tids)
		o->req.target = a->pids ? KP_TARGET_PIDS : KP_TARGET_TIDS;
	else if (o->req.cpus)
		o->req.target = KP_TARGET_CPUS;
	else if (o->vms.nr || (o->by > KP_STAT_BY_CPU && (a->all || !o->argv)))
		o->req.target = KP_TARGET_PIDS;
	else if (a->all || !o->argv)
		o->req.target = KP_TARGET_SYSTEM;
	else
		o->req.target = KP_TARGET_WORKLOAD;
	if (o->by == KP_STAT_BY_CPU && o->req.target != KP_TARGET_SYSTEM &&
	    o->req.target != KP_TARGET_CPUS)
		return usage_err("--per cpu goes with -a or -C");
	if (o->by > KP_STAT_BY_CPU &&
	    (o->req.target == KP_TARGET_CPUS || o->req.target == KP_TARGET_WORKLOAD))
		return usage_err("--per vm, vcpu and thread go with -a, -p, -t or --vm");
	return 0;
}

static int check(struct args *a)
{
	return check_scope(a) ?: check_interval(a) ?: check_format(a->opts) ?: set_scope(a) ?:
	       set_ids(a) ?: check_repeat(a->opts) ?: check_switch(a->opts);
}

/* ---- run ---- */

static int resolve_vms(struct kp_stat_opts *o, const struct kp_host *host)
{
	const struct kp_host_vm *vm;
	size_t i;
	int err = 0;

	for (i = 0; i < o->vms.nr && !err; i++) {
		err = kp_vm_pick(host, o->vms.at[i], &vm);
		if (!err)
			err = kp_vec_push(&o->ids, (pid_t)vm->pid);
	}
	if (o->vms.nr || o->req.target != KP_TARGET_PIDS || o->ids.nr)
		return err;
	for (i = 0; i < host->nr_vms && !err; i++)
		err = kp_vec_push(&o->ids, (pid_t)host->vms[i].pid);
	if (!err && !host->nr_vms) {
		kp_err("no VM runs here%s",
		       geteuid() ? ", or none that you may see: run kvmpmu as root" : "");
		err = -ESRCH;
	}
	return err;
}

static int run(struct kp_stat_opts *o)
{
	uint32_t what = KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM | KP_HOST_VMS;
	struct kp_sysroot *root;
	struct kp_host *host = NULL;
	int err, status = KP_EXIT_FAILED;

	err = kp_sysroot_open(NULL, &root);
	if (!err) {
		err = kp_host_collect(root, o->events.nr ? what | KP_HOST_PMU_EVENTS : what, &host);
		kp_sysroot_free(root);
	}
	if (err) {
		kp_err("this host's /proc and /sys cannot be read: %s", strerror(-err));
		return KP_EXIT_FAILED;
	}
	if (!resolve_vms(o, host))
		status = kp_stat_run(o, host);
	kp_host_free(host);
	return status;
}

static int run_stat(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_stat_opts opts = { .format = "text", .repeat = 1, .color = ctx->color };
	struct args args = { .opts = &opts };
	int first, status = KP_EXIT_USAGE;
	bool help;

	opts.req.counting = true;
	first = parse_args(argc, argv, &args, &help);
	if (help)
		status = KP_EXIT_OK;
	if (help || first < 0)
		goto out;
	if (ctx->sysroot) {
		usage_err("--sysroot: nothing can be counted on a snapshot of a host");
		goto out;
	}
	if (args.verbose && kp_log_level < KP_LOG_INFO)
		kp_log_level = KP_LOG_INFO;
	opts.detail = args.verbose || ctx->verbose;
	opts.req.no_defaults = opts.sw;
	opts.argv = first < argc ? argv + first : NULL;
	if (!check(&args))
		status = run(&opts);
out:
	kp_vec_free(&opts.events);
	kp_vec_free(&opts.vms);
	kp_vec_free(&opts.ids);
	return status;
}

const struct kp_cmd kp_cmd_stat = {
	.name = "stat",
	.summary = "count events of the host, its guests and the time between, apart",
	.run = run_stat,
};
