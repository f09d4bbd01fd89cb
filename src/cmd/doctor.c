// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor.c - kvmpmu doctor: what is wrong with who holds the counters, and why a command failed.
 * Options, wiring, exit status. Only looks: opens no event and makes no VM.
 */
#include "cmd/doctor_run.h"

#include <stdlib.h>
#include <string.h>

/*
 * Beside those of enum kp_exit, which say that the doctor itself failed. Far from them and from the
 * small numbers that programs like to exit with.
 */
#define EXIT_WARNING 10
#define EXIT_PROBLEM 20

struct request {
	const char *format;
	const char *output;
};

static const struct kp_usage usage = {
	.synopsis = "kvmpmu [--sysroot=DIR|FILE] doctor [OPTIONS]\n"
		    "kvmpmu doctor [OPTIONS] -- COMMAND [ARGS]",
	.text = "Finds what is wrong with who holds the counters of this host, or will be once\n"
		"something is tried: each finding with what was seen, the cause and one fix.\n"
		"With a command, runs it and explains why it failed: a perf that gets EOPNOTSUPP,\n"
		"a VM that gets EBUSY. Opens no event.",
	.footer = "Exit status: 0 nothing, or notes; 10 a warning; 20 a problem.\n"
		  "\n"
		  "Examples:\n"
		  "  kvmpmu doctor\n"
		  "  kvmpmu doctor -- perf stat -e cycles:G -a sleep 1\n"
		  "  kvmpmu doctor -o why.json --format json -- qemu-system-x86_64 ...",
};

static int examine(struct kp_doctor *d)
{
	struct kp_case c = { .host = d->host, .detail = d->detail, .messages = &d->messages };
	struct kp_owners *owners;
	int err = kp_ownersrc_take(d->src, &owners);

	if (err)
		return err;
	c.owners = owners;
	err = kp_doctor_examine(&c, &d->findings);
	kp_owners_free(owners);
	return err;
}

static int collect(struct kp_doctor *d)
{
	int err = kp_host_collect(d->root, KP_HOST_ALL & ~KP_HOST_VMS, &d->host);

	if (!err)
		err = kp_host_detail_collect(d->root, d->host, &d->detail);
	if (!err)
		err = kp_host_messages_read(d->root, 0, &d->messages);
	if (!err)
		err = kp_ownersrc_new(d->root, d->host, true, &d->src);
	if (!err)
		err = d->argv ? kp_doctor_watch(d) : examine(d);
	if (err && err != -ECHILD)
		fprintf(stderr, "kvmpmu doctor: %s\n", strerror(-err));
	return err;
}

static int exit_code(const struct kp_doctor *d)
{
	static const int codes[] = {
		[KP_NOTE] = KP_EXIT_OK,
		[KP_WARNING] = EXIT_WARNING,
		[KP_PROBLEM] = EXIT_PROBLEM,
	};

	return codes[kp_findings_worst(&d->findings)];
}

/* Beside a command, whose standard output is its own, the report goes to standard error. */
static int print(const struct kp_ctx *ctx, const struct request *rq, const struct kp_doctor *d,
		 FILE *file)
{
	struct kp_out_opts opts = { .format = rq->format,
				    .stream = file	? file
					      : d->argv ? stderr
							: stdout,
				    .color = ctx->color };
	int err = kp_doctor_print(d, &opts);

	if (err && err != -EPIPE)
		fprintf(stderr, "kvmpmu doctor: %s: %s\n",
			rq->output ? rq->output : "standard output", strerror(-err));
	return err ? KP_EXIT_FAILED : exit_code(d);
}

static int doctor(const struct kp_ctx *ctx, const struct request *rq, struct kp_doctor *d)
{
	FILE *file = NULL;
	int ret;

	if (rq->output) {
		file = fopen(rq->output, "we");
		if (!file) {
			ret = errno;
			fprintf(stderr, "kvmpmu doctor: --output %s: %s\n", rq->output,
				strerror(ret));
			return ret == EACCES || ret == EPERM ? KP_EXIT_NOT_PERMITTED
							     : KP_EXIT_FAILED;
		}
	}
	ret = collect(d) ? KP_EXIT_FAILED : print(ctx, rq, d, file);
	if (file && fclose(file) && ret != KP_EXIT_FAILED) {
		fprintf(stderr, "kvmpmu doctor: %s: %s\n", rq->output, strerror(errno));
		ret = KP_EXIT_FAILED;
	}
	kp_findings_free(&d->findings);
	kp_ownersrc_free(d->src);
	kp_host_messages_free(&d->messages);
	kp_host_detail_free(d->detail);
	kp_host_free(d->host);
	return ret;
}

static int open_failed(const char *path, int err)
{
	fprintf(stderr,
		"kvmpmu doctor: --sysroot %s: %s; give a directory with proc and sys, or a file of "
		"'kvmpmu info --snapshot'\n",
		path ? path : "/", err == -EBADMSG ? "no snapshot, or damaged" : strerror(-err));
	return err == -EACCES || err == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}

/* Said before anything is run: a command's work would be lost. */
static int check(const struct kp_ctx *ctx, const struct request *rq, int argc, char **argv, int i)
{
	bool dashes = i > 0 && !strcmp(argv[i - 1], "--");

	if (i < argc && !dashes) {
		fprintf(stderr, "kvmpmu doctor: '%s' is too much; a command comes after --\n",
			argv[i]);
		return -EINVAL;
	}
	if (i == argc && dashes) {
		fprintf(stderr, "kvmpmu doctor: no command after --\n");
		return -EINVAL;
	}
	if (i < argc && ctx->sysroot) {
		fprintf(stderr, "kvmpmu doctor: a snapshot runs no command: leave out --sysroot or "
				"the command\n");
		return -EINVAL;
	}
	return 0;
}

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct request rq = { .format = "text" };
	const struct kp_opt opts[] = {
		KP_OPT_ROW_FORMAT(&rq.format),
		{ .s = 'o',
		  .name = "output",
		  .arg = "FILE",
		  .type = KP_OPT_STR,
		  .dst = &rq.output,
		  .help = "write the report there" },
		{ 0 },
	};
	struct kp_doctor d = { 0 };
	struct kp_sysroot *root;
	bool help;
	int ret, i = kp_opts_parse(argc, argv, opts, &usage, &help);

	if (help)
		return KP_EXIT_OK;
	if (i < 0 || check(ctx, &rq, argc, argv, i))
		return KP_EXIT_USAGE;
	ret = kp_sysroot_open(ctx->sysroot, &root);
	if (ret)
		return open_failed(ctx->sysroot, ret);
	d.root = root;
	d.argv = i < argc ? argv + i : NULL;
	ret = doctor(ctx, &rq, &d);
	kp_sysroot_free(root);
	return ret;
}

const struct kp_cmd kp_cmd_doctor = {
	.name = "doctor",
	.summary = "finds what is wrong with who holds the counters, explains failures",
	.run = run,
};
