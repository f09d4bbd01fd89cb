// SPDX-License-Identifier: GPL-2.0-only
/*
 * ps.c - kvmpmu ps: who holds the counters: VMs, vCPUs with what their guests programmed, and
 * every open perf event. Only looks: opens no event and makes no VM. Options and the document.
 */
#include "ps.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/str.h"

#define WATCH_NS     (2 * KP_NSEC_PER_SEC)
#define WATCH_MIN_NS 10000000ull

struct request {
	const char *format, *vm, *pmu;
	uint64_t watch_ns, count, pid;
	bool vms, vcpus, events, all, blocking, no_bpf, watch;
};

/* What stays from one look to the next. */
struct session {
	const struct kp_ctx *ctx;
	const struct request *rq;
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_ownersrc *src;
	struct kp_counter_names names;
};

static volatile sig_atomic_t kp_ps_stop;

static const struct kp_usage usage = {
	.synopsis = "kvmpmu [--sysroot=DIR|FILE] ps [OPTIONS]",
	.text = "Shows who holds the performance counters now: VMs, their vCPUs with the counters\n"
		"that guests programmed, and every open perf event, KVM's own and the NMI\n"
		"watchdog's among them. Opens no event and makes no VM.",
	.footer = "Examples:\n"
		  "  kvmpmu ps\n"
		  "  kvmpmu ps --blocking            # what keeps mediated VMs from starting\n"
		  "  kvmpmu ps --vm web1 --watch=1s\n"
		  "  kvmpmu ps --events --format json",
};

static void on_signal(int sig)
{
	kp_ps_stop = 1;
}

/* ---- one document ---- */

static void fields(const struct kp_ps *ps)
{
	const struct kp_owners *o = ps->owners;
	uint64_t blocking = 0, unknown = 0;
	size_t i;

	for (i = 0; i < o->nr_events; i++) {
		blocking += o->events[i].blocks == KP_TRI_YES;
		unknown += o->events[i].blocks == KP_TRI_UNKNOWN;
	}
	kp_out_field(ps->out, "source", "Seen by", KP_UNIT_NONE,
		     kp_val_str(o->from_bpf ? "BPF" : "/proc"));
	kp_out_field(ps->out, "mediated_vms", "Mediated VMs", KP_UNIT_COUNT,
		     o->nr_mediated_vms < 0 ? kp_val_none()
					    : kp_val_u64((uint64_t)o->nr_mediated_vms));
	kp_out_field(ps->out, "include_guest_events", NULL, KP_UNIT_COUNT,
		     o->nr_include_guest < 0 ? kp_val_none()
					     : kp_val_u64((uint64_t)o->nr_include_guest));
	kp_out_field(ps->out, "blocking_events", "Events that block them", KP_UNIT_COUNT,
		     unknown || o->truncated ? kp_val_none() : kp_val_u64(blocking));
	kp_out_field(ps->out, "complete", NULL, KP_UNIT_NONE,
		     kp_val_bool(o->from_bpf && !o->truncated));
}

static bool has_blocking(const struct kp_owners *o)
{
	size_t i;

	for (i = 0; i < o->nr_events; i++)
		if (o->events[i].blocks != KP_TRI_NO)
			return true;
	return false;
}

static void notes(const struct kp_ps *ps)
{
	const struct kp_owners *o = ps->owners;

	if (*o->why_not_bpf)
		kp_out_note(ps->out, "%s: what is \"-\" cannot be seen in /proc", o->why_not_bpf);
	if (o->truncated)
		kp_out_note(ps->out, "some processes may not be looked into: there may be more VMs "
				     "and events; run it as root");
	if (ps->events && ps->hidden)
		kp_out_note(ps->out,
			    "%zu events hold no counter (software, tracepoints) and are not shown; "
			    "--all shows them",
			    ps->hidden);
	if (o->nr_include_guest > 0 && !has_blocking(o))
		kp_out_note(ps->out, "the kernel counts events that include guests, and none is "
				     "listed: a closed event whose buffer is still mapped, or one "
				     "of the kernel's own");
	if (ps->events && !o->watchdog_seen && ps->host->nmi_watchdog == KP_TRI_YES)
		kp_out_note(ps->out, "the NMI watchdog is on; this kernel does not tell which "
				     "events it holds");
}

/* Texts for people merge what differs in CPUs alone; programs get every event. */
static int show(const struct session *s, struct kp_ps *ps)
{
	int err = 0;

	fields(ps);
	kp_ps_guests(ps);
	if (ps->events)
		err = kp_ps_events(ps);
	notes(ps);
	return err;
}

static int find_vm(const char *want, struct kp_ps *ps)
{
	const struct kp_owners *o = ps->owners;
	uint64_t pid = 0;
	size_t i, found = 0;
	bool number = !kp_str_u64(want, &pid);

	for (i = 0; i < o->nr_vms; i++) {
		if (!(number && o->vms[i].pid == pid) &&
		    (!o->vms[i].name || strcmp(o->vms[i].name, want)))
			continue;
		ps->vm = i;
		found++;
	}
	ps->has_vm = found == 1;
	return found == 1 ? 0 : found ? -EEXIST : -ENOENT;
}

static int print(const struct session *s, struct kp_ps *ps)
{
	struct kp_out_opts opts = { .format = s->rq->format,
				    .stream = stdout,
				    .schema = "kvmpmu-ps/1",
				    .color = s->ctx->color };
	int err = kp_out_new(&opts, &ps->out);

	if (err)
		return err;
	err = show(s, ps);
	if (err) {
		kp_out_free(ps->out);
		return err;
	}
	err = kp_out_finish(ps->out);
	return err ? err : fflush(stdout) ? -errno : 0;
}

static int say(int err, const char *what)
{
	if (err == -ENOENT)
		fprintf(stderr,
			"kvmpmu ps: --vm %s: no VM of that pid or name; kvmpmu ps --vms lists "
			"them\n",
			what);
	else if (err == -EEXIST)
		fprintf(stderr, "kvmpmu ps: --vm %s: several VMs have that name; give a pid\n",
			what);
	else if (err != -EPIPE)
		fprintf(stderr, "kvmpmu ps: %s\n", strerror(-err));
	return KP_EXIT_FAILED;
}

static int look(const struct session *s)
{
	const struct request *rq = s->rq;
	bool some = rq->vms || rq->vcpus || rq->events || rq->blocking;
	struct kp_owners *owners;
	struct kp_ps ps = {
		.vms = !some || rq->vms,
		.vcpus = !some || rq->vcpus,
		.events = !some || rq->events || rq->blocking,
		.all = rq->all,
		.blocking = rq->blocking,
		.merge = !strcmp(rq->format, "text"),
		.pid = (uint32_t)rq->pid,
		.pmu = rq->pmu,
		.host = s->host,
		.guest = s->names,
	};
	int err = kp_ownersrc_take(s->src, &owners);

	if (err)
		return say(err, NULL);
	ps.owners = owners;
	if (rq->vm)
		err = find_vm(rq->vm, &ps);
	if (!err)
		err = print(s, &ps);
	kp_owners_free(owners);
	return err ? say(err, rq->vm) : KP_EXIT_OK;
}

/* ---- again and again ---- */

static int watch(const struct session *s)
{
	const struct request *rq = s->rq;
	bool clear = !strcmp(rq->format, "text") && isatty(STDOUT_FILENO);
	struct timespec t = { .tv_sec = (time_t)(rq->watch_ns / KP_NSEC_PER_SEC),
			      .tv_nsec = (long)(rq->watch_ns % KP_NSEC_PER_SEC) };
	struct sigaction sa = { .sa_handler = on_signal };
	uint64_t n = 0;
	int ret = KP_EXIT_OK;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	while (!kp_ps_stop && ret == KP_EXIT_OK) {
		if (clear)
			fputs("\033[H\033[2J", stdout);
		else if (n && !strcmp(rq->format, "text"))
			putchar('\n');
		ret = look(s);
		if (++n == rq->count)
			break;
		nanosleep(&t, NULL);
	}
	return ret;
}

static int start(const struct kp_ctx *ctx, struct session *s)
{
	int err = kp_sysroot_open(ctx->sysroot, &s->root);

	if (err) {
		fprintf(stderr,
			"kvmpmu ps: --sysroot %s: %s; give a directory with proc and sys, or a "
			"file of 'kvmpmu info --snapshot'\n",
			ctx->sysroot ? ctx->sysroot : "/", strerror(-err));
		return err == -EACCES || err == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
	}
	err = kp_host_collect(s->root, KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM, &s->host);
	if (!err)
		err = kp_counter_names_init(
			&s->names, kp_arch_find(s->host->machine, s->host->cpuid), s->host->cpuid);
	if (!err)
		err = kp_ownersrc_new(s->root, s->host, !s->rq->no_bpf, &s->src);
	return err ? say(err, NULL) : KP_EXIT_OK;
}

static int check(const struct request *rq)
{
	if (rq->watch && rq->watch_ns < WATCH_MIN_NS) {
		fprintf(stderr, "kvmpmu ps: --watch: 10ms at least\n");
		return KP_EXIT_USAGE;
	}
	if (rq->pid > UINT32_MAX) {
		fprintf(stderr, "kvmpmu ps: --pid: no process has that number\n");
		return KP_EXIT_USAGE;
	}
	if (rq->count && !rq->watch) {
		fprintf(stderr, "kvmpmu ps: --count belongs to --watch\n");
		return KP_EXIT_USAGE;
	}
	return KP_EXIT_OK;
}

static int parse_watch(void *dst, const char *arg)
{
	struct request *rq = dst;

	rq->watch = true;
	rq->watch_ns = WATCH_NS;
	if (arg && kp_str_duration(arg, &rq->watch_ns)) {
		fprintf(stderr, "kvmpmu ps: --watch=%s: not a time, such as 2, 1.5s or 300ms\n",
			arg);
		return -EINVAL;
	}
	return 0;
}

static int parse(int argc, char **argv, struct request *rq, bool *help)
{
#define OPTION(letter, n, metavar, t, field, h)                                                 \
	{                                                                                       \
		.s = letter, .name = n, .arg = metavar, .type = t, .dst = &rq->field, .help = h \
	}
	const struct kp_opt opts[] = {
		OPTION(0, "vms", NULL, KP_OPT_FLAG, vms, "the table of VMs"),
		OPTION(0, "vcpus", NULL, KP_OPT_FLAG, vcpus, "the tables of vCPUs and counters"),
		OPTION(0, "events", NULL, KP_OPT_FLAG, events, "the table of perf events"),
		OPTION(0, "blocking", NULL, KP_OPT_FLAG, blocking,
		       "events that keep mediated VMs from starting, or might"),
		OPTION('a', "all", NULL, KP_OPT_FLAG, all, "software events and tracepoints too"),
		OPTION(0, "vm", "PID|NAME", KP_OPT_STR, vm, "one VM and the events that touch it"),
		OPTION('p', "pid", "PID", KP_OPT_U64, pid, "events of one process"),
		OPTION(0, "pmu", "NAME", KP_OPT_STR, pmu, "events of one PMU"),
		{ .s = 'w',
		  .name = "watch",
		  .arg = "INTERVAL",
		  .type = KP_OPT_CALL,
		  .dst = rq,
		  .call = parse_watch,
		  .optional = true,
		  .help = "look again and again, every 2s unless told" },
		OPTION('n', "count", "N", KP_OPT_U64, count, "with --watch: end after so many"),
		OPTION(0, "no-bpf", NULL, KP_OPT_FLAG, no_bpf, "look into /proc only"),
		KP_OPT_ROW_FORMAT(&rq->format),
		{ 0 },
	};
#undef OPTION

	return kp_opts_parse(argc, argv, opts, &usage, help);
}

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct request rq = { .format = "text" };
	struct session s = { .ctx = ctx, .rq = &rq };
	bool help;
	int ret, i = parse(argc, argv, &rq, &help);

	if (help)
		return KP_EXIT_OK;
	if (i < 0)
		return KP_EXIT_USAGE;
	if (i < argc) {
		fprintf(stderr, "kvmpmu ps: '%s' is too much; see 'kvmpmu ps --help'\n", argv[i]);
		return KP_EXIT_USAGE;
	}
	ret = check(&rq);
	if (ret == KP_EXIT_OK)
		ret = start(ctx, &s);
	if (ret == KP_EXIT_OK)
		ret = rq.watch ? watch(&s) : look(&s);
	kp_ownersrc_free(s.src);
	kp_counter_names_free(&s.names);
	kp_host_free(s.host);
	kp_sysroot_free(s.root);
	return ret;
}

const struct kp_cmd kp_cmd_ps = {
	.name = "ps",
	.summary = "shows who holds the counters: VMs, vCPUs, and every open perf event",
	.run = run,
};
