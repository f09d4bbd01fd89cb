// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - kvmpmu record: options to a request; record_run.c does the rest.
 */
#include "cmd/record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd/vmpick.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/str.h"

#define ZSTD_LEVEL_DEFAULT 1
#define ZSTD_LEVEL_MAX	   22

/** struct args - what the table of options fills in */
struct args {
	struct kp_record *rec;
	bool all;
	bool quiet, verbose;
	const char *pids, *tids;
	uint64_t pages, period, freq; /* UINT64_MAX: not given */
};

static int add_event(void *dst, const char *arg)
{
	struct args *a = dst;

	return kp_vec_push(&a->rec->events, (struct kp_request_event){ .spec = arg });
}

/* Several filters behind one event must all hold, as with perf. */
static int add_filter(void *dst, const char *arg)
{
	struct args *a = dst;
	struct kp_request_event *ev;
	char *text;

	if (!a->rec->events.nr) {
		fprintf(stderr, "kvmpmu record: --filter belongs behind the -e that it filters\n");
		return -EINVAL;
	}
	ev = &a->rec->events.at[a->rec->events.nr - 1];
	if (ev->filter ? asprintf(&text, "(%s) && (%s)", ev->filter, arg) < 0
		       : !(text = strdup(arg)))
		return -ENOMEM;
	free((char *)ev->filter);
	ev->filter = text;
	return 0;
}

static int add_vm(void *dst, const char *arg)
{
	struct args *a = dst;

	return kp_vec_push(&a->rec->vms, arg);
}

static int set_zstd(void *dst, const char *arg)
{
	struct args *a = dst;
	uint64_t level = ZSTD_LEVEL_DEFAULT;

	if (arg && (kp_str_u64(arg, &level) || level > ZSTD_LEVEL_MAX)) {
		fprintf(stderr, "kvmpmu record: -z: '%s' is no level from 1 to %d; 0 is off\n", arg,
			ZSTD_LEVEL_MAX);
		return -EINVAL;
	}
	a->rec->zstd_level = (int)level;
	return 0;
}

static int set_switch(void *dst, const char *arg)
{
	struct args *a = dst;

	return kp_record_set_switch(a->rec, arg);
}

static int set_clock(void *dst, const char *arg)
{
	static const struct {
		const char *name;
		clockid_t id;
	} clocks[] = {
		{"monotonic",	       CLOCK_MONOTONIC    },
		{ "mono",		  CLOCK_MONOTONIC	  },
		{ "CLOCK_MONOTONIC",     CLOCK_MONOTONIC    },
		{ "monotonic_raw",	   CLOCK_MONOTONIC_RAW},
		{ "raw",		 CLOCK_MONOTONIC_RAW},
		{ "CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
		{ "boottime",	      CLOCK_BOOTTIME     },
		{ "boot",		  CLOCK_BOOTTIME	 },
		{ "CLOCK_BOOTTIME",	    CLOCK_BOOTTIME	   },
		{ "realtime",	      CLOCK_REALTIME     },
		{ "real",		  CLOCK_REALTIME	 },
		{ "CLOCK_REALTIME",	    CLOCK_REALTIME	   },
		{ "tai",		 CLOCK_TAI	   },
		{ "CLOCK_TAI",	       CLOCK_TAI		 },
	};
	struct args *a = dst;
	uint64_t id;
	size_t i;

	a->rec->req.has_clockid = true;
	if (!kp_str_u64(arg, &id) && id <= INT_MAX) {
		a->rec->req.clockid = (clockid_t)id;
		return 0;
	}
	for (i = 0; i < KP_ARRAY_SIZE(clocks); i++) {
		if (strcmp(clocks[i].name, arg))
			continue;
		a->rec->req.clockid = clocks[i].id;
		return 0;
	}
	fprintf(stderr,
		"kvmpmu record: --clockid: no clock '%s'; there are monotonic, "
		"monotonic_raw, boottime, realtime, tai\n",
		arg);
	return -EINVAL;
}

static const struct kp_usage usage = {
	"kvmpmu record [OPTIONS] [-- COMMAND [ARGS...]]",
	"Records what KVM and the PMU do on this host into a perf.data file, which kvmpmu report\n"
	"and perf read. Without -e: KVM's own events. Without a scope: COMMAND, or else the whole\n"
	"system until Ctrl-C.",
	"Examples:\n"
	"  kvmpmu record --duration 10                  the whole host for ten seconds\n"
	"  kvmpmu record --vm web1 --switch             one VM, with its PMU context switches\n"
	"  kvmpmu record -e kvm:kvm_exit,cycles:H -- qemu-system-x86_64 ...\n"
	"  kvmpmu record --overwrite &                  flight recorder: kill -USR2 saves it",
};

/* clang-format off */
static int parse_args(int argc, char **argv, struct args *a, bool *help)
{
	struct kp_record *rec = a->rec;
	struct kp_request *req = &rec->req;
	const struct kp_opt opts[] = {
		{ 'a', "all-cpus", NULL, KP_OPT_FLAG, &a->all, NULL, false,
		  "record the whole system" },
		{ 'C', "cpu", "LIST", KP_OPT_STR, &req->cpus, NULL, false,
		  "record these CPUs: 0-3,8" },
		{ 'p', "pid", "PIDS", KP_OPT_STR, &a->pids, NULL, false,
		  "record these processes, all threads" },
		{ 't', "tid", "TIDS", KP_OPT_STR, &a->tids, NULL, false,
		  "record these threads" },
		{ 0, "vm", "VM", KP_OPT_CALL, a, add_vm, false,
		  "record this VM, by name or process id; may be given again" },
		{ 0, "vcpu", "LIST", KP_OPT_STR, &rec->vcpus, NULL, false,
		  "of the VM, only the threads of these vCPUs" },
		{ 'e', "event", "EVENTS", KP_OPT_CALL, a, add_event, false,
		  "events in perf's syntax instead of the default ones; may be given again" },
		{ 0, "filter", "FILTER", KP_OPT_CALL, a, add_filter, false,
		  "kernel-side filter for the tracepoint named last: 'exit_reason == 30'" },
		{ 0, "switch", "PROBES", KP_OPT_CALL, a, set_switch, true,
		  "PMU context switches and exits, compact, with BPF: fentry, kprobe, exits" },
		{ 0, "switch-detail", NULL, KP_OPT_FLAG, &req->switch_detail, NULL, false,
		  "add every access to PMU registers and LVTPC by the host" },
		{ 0, "include-guest", NULL, KP_OPT_FLAG, &req->include_guest, NULL, false,
		  "hardware events count guests too, where no mediated VM can be hurt" },
		{ 'c', "count", "N", KP_OPT_U64, &a->period, NULL, false,
		  "take a sample every N events" },
		{ 'F', "freq", "HZ", KP_OPT_U64, &a->freq, NULL, false,
		  "take HZ samples a second of events other than tracepoints (4000)" },
		{ 'i', "no-inherit", NULL, KP_OPT_FLAG, &req->no_inherit, NULL, false,
		  "leave out threads and children that start later" },
		{ 'k', "clockid", "CLOCK", KP_OPT_CALL, a, set_clock, false,
		  "clock of the samples: monotonic, monotonic_raw, ..." },
		{ 'm', "mmap-pages", "N", KP_OPT_U64, &a->pages, NULL, false,
		  "pages of each ring buffer, a power of two (256)" },
		{ 0, "duration", "TIME", KP_OPT_DURATION, &rec->duration_ns, NULL, false,
		  "stop after 10, 1.5s, 300ms, 2m" },
		{ 0, "max-size", "SIZE", KP_OPT_SIZE, &rec->max_size_bytes, NULL, false,
		  "stop before the file is larger than 64M, 1G" },
		{ 0, "overwrite", NULL, KP_OPT_FLAG, &req->overwrite, NULL, false,
		  "flight recorder: keep the newest events, write OUTPUT.TIME at SIGUSR2" },
		{ 'o', "output", "FILE", KP_OPT_STR, &rec->output, NULL, false,
		  "write here (perf.data); -: to standard output, as a stream" },
		{ 'z', "compression-level", "LEVEL", KP_OPT_CALL, a, set_zstd, true,
		  "compress with zstd (1)" },
		{ 'q', "quiet", NULL, KP_OPT_FLAG, &a->quiet, NULL, false,
		  "no progress, no summary" },
		{ 'v', "verbose", NULL, KP_OPT_FLAG, &a->verbose, NULL, false,
		  "say which default events this host lacks" },
		{ 0 },
	};

	return kp_opts_parse(argc, argv, opts, &usage, help);
}
/* clang-format on */

/* ---- scope ---- */

static int add_id(void *ctx, uint64_t id)
{
	struct kp_record *rec = ctx;

	return kp_vec_push(&rec->ids, (pid_t)id);
}

static int usage_err(const char *text)
{
	fprintf(stderr, "kvmpmu record: %s; see 'kvmpmu record --help'\n", text);
	return -EINVAL;
}

static int check_scope(struct args *a)
{
	struct kp_record *rec = a->rec;
	int scopes = a->all + !!rec->req.cpus + !!a->pids + !!a->tids + !!rec->vms.nr;

	if (a->all && rec->req.cpus)
		scopes--; /* -a -C 1 is -C 1, as with perf */
	if (scopes > 1)
		return usage_err("-a, -C, -p, -t and --vm exclude each other");
	if (rec->vcpus && !rec->vms.nr)
		return usage_err("--vcpu needs the --vm whose vCPUs it names");
	if (rec->req.overwrite && !strcmp(rec->output, "-"))
		return usage_err("--overwrite writes files; it cannot go to -o -");
	if (rec->req.overwrite && rec->max_size_bytes)
		return usage_err("--overwrite is bounded by -m; --max-size does not go with it");
	return 0;
}

/* 0 is none of these: it asks for nothing that could be done. */
static int set_numbers(struct args *a)
{
	struct kp_request *req = &a->rec->req;

	if (!a->period || !a->freq || !a->pages)
		return usage_err("-c, -F and -m take numbers from 1");
	if (a->period != UINT64_MAX && a->freq != UINT64_MAX)
		return usage_err("-c and -F exclude each other");
	if (a->pages != UINT64_MAX && a->pages > UINT32_MAX)
		return usage_err("-m: too many pages");
	req->period = a->period == UINT64_MAX ? 0 : a->period;
	req->freq = a->freq == UINT64_MAX ? 0 : a->freq;
	req->mmap_pages = a->pages == UINT64_MAX ? 0 : (uint32_t)a->pages;
	return 0;
}

static int set_ids(struct args *a)
{
	const char *list = a->pids ? a->pids : a->tids;

	a->rec->req.target = a->pids ? KP_TARGET_PIDS : KP_TARGET_TIDS;
	if (kp_str_list(list, INT_MAX, add_id, a->rec) || !a->rec->ids.nr) {
		fprintf(stderr, "kvmpmu record: '%s' is no list of ids such as 1234,1250\n", list);
		return -EINVAL;
	}
	return 0;
}

/* Everything that needs no look at the host. */
static int set_scope(struct args *a)
{
	struct kp_record *rec = a->rec;
	int err = set_numbers(a) ?: check_scope(a);

	if (err)
		return err;
	if (a->pids || a->tids)
		return set_ids(a);
	if (rec->req.cpus)
		rec->req.target = KP_TARGET_CPUS;
	else if (rec->vms.nr)
		rec->req.target = rec->vcpus ? KP_TARGET_TIDS : KP_TARGET_PIDS;
	else if (a->all || !rec->argv)
		rec->req.target = KP_TARGET_SYSTEM;
	else
		rec->req.target = KP_TARGET_WORKLOAD;
	return 0;
}

/* ---- VMs ---- */

struct vcpu_pick {
	struct kp_record *rec;
	const struct kp_host_vm *vm;
	const char *name;
};

static int add_vcpu(void *ctx, uint64_t vcpu)
{
	struct vcpu_pick *p = ctx;
	size_t i;

	for (i = 0; i < p->vm->nr_vcpus; i++)
		if (p->vm->vcpus[i].has_vcpu && p->vm->vcpus[i].vcpu == vcpu)
			return kp_vec_push(&p->rec->ids, (pid_t)p->vm->vcpus[i].tid);
	kp_err("--vcpu %ju: VM %s (process %u) has no such vCPU, or its thread is not known",
	       (uintmax_t)vcpu, p->name, p->vm->pid);
	return -ESRCH;
}

static int resolve_vms(struct kp_record *rec, const struct kp_host *host)
{
	struct vcpu_pick pick = { .rec = rec };
	size_t i;
	int err = 0;

	for (i = 0; i < rec->vms.nr && !err; i++) {
		pick.name = rec->vms.at[i];
		err = kp_vm_pick(host, pick.name, &pick.vm);
		if (err)
			return err;
		if (!rec->vcpus)
			err = kp_vec_push(&rec->ids, (pid_t)pick.vm->pid);
		else
			err = kp_str_list(rec->vcpus, UINT16_MAX, add_vcpu, &pick);
		if (err == -EINVAL)
			kp_err("--vcpu '%s': not a list of vCPUs such as 0-3,8", rec->vcpus);
	}
	return err;
}

/* ---- run ---- */

static int check_kvm(const struct kp_record *rec, const struct kp_host *host)
{
	if (rec->events.nr || host->kvm != KP_TRI_NO)
		return 0;
	kp_err("there is no /dev/kvm, so no event of KVM would come; load the kvm modules, or name "
	       "other events with -e");
	return -EOPNOTSUPP;
}

static int run(struct kp_record *rec)
{
	uint32_t what = KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM | KP_HOST_VMS;
	struct kp_sysroot *root;
	struct kp_host *host = NULL;
	int err;

	err = kp_sysroot_open(NULL, &root);
	if (!err) {
		err = kp_host_collect(root, rec->events.nr ? what | KP_HOST_PMU_EVENTS : what,
				      &host);
		kp_sysroot_free(root);
	}
	if (err) {
		kp_err("this host's /proc and /sys cannot be read: %s", strerror(-err));
		return KP_EXIT_FAILED;
	}
	err = check_kvm(rec, host);
	if (!err)
		err = resolve_vms(rec, host);
	if (!err && rec->req.target == KP_TARGET_SYSTEM && !rec->argv && !rec->duration_ns &&
	    !rec->quiet)
		fprintf(stderr, "kvmpmu record: recording the whole system; Ctrl-C ends it\n");
	err = err ? kp_record_exit_code(err) : kp_record_run(rec, host);
	kp_host_free(host);
	return err;
}

static char *join(int argc, char **argv)
{
	struct kp_buf buf = { 0 };
	int i, err = kp_buf_printf(&buf, "kvmpmu");

	for (i = 0; i < argc && !err; i++)
		err = kp_buf_printf(&buf, " %s", argv[i]);
	return buf.data;
}

static void free_record(struct kp_record *rec)
{
	size_t i;

	for (i = 0; i < rec->events.nr; i++)
		free((char *)rec->events.at[i].filter);
	kp_vec_free(&rec->events);
	kp_vec_free(&rec->vms);
	kp_vec_free(&rec->ids);
	free(rec->cmdline);
}

static int run_record(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct kp_record rec = { .output = "perf.data" };
	struct args args = {
		.rec = &rec, .pages = UINT64_MAX, .period = UINT64_MAX, .freq = UINT64_MAX
	};
	int first, status = KP_EXIT_USAGE;
	bool help;

	first = parse_args(argc, argv, &args, &help);
	if (help) {
		status = KP_EXIT_OK;
		goto out;
	}
	if (first < 0)
		goto out;
	if (ctx->sysroot) {
		usage_err("--sysroot: a snapshot of a host cannot be recorded");
		goto out;
	}
	if (args.verbose && kp_log_level < KP_LOG_INFO)
		kp_log_level = KP_LOG_INFO;
	rec.argv = first < argc ? argv + first : NULL;
	rec.quiet = args.quiet || kp_log_level == KP_LOG_ERR;
	rec.progress = !rec.quiet && isatty(STDERR_FILENO);
	rec.cmdline = join(argc, argv);
	if (!set_scope(&args))
		status = run(&rec);
out:
	free_record(&rec);
	return status;
}

const struct kp_cmd kp_cmd_record = {
	.name = "record",
	.summary = "record events of KVM and the PMU into a perf.data file",
	.run = run_record,
};
