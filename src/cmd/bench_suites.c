// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_suites.c - `kvmpmu bench --suite`: looks at the host, asks KVM what guests get, measures
 * case by case, prints. The order of things and the time that each may take.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/bench.h"
#include "lib/log.h"
#include "lib/str.h"

#define QUICK_NS     6000000000ull /* of measuring; making guests comes on top */
#define QUICK_MIN_NS 20000000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static bool wanted(const struct bench_run *run, const struct bench_case *c)
{
	return bench_suites_have(run->opts->suites, c->suite);
}

static size_t count_cases(const struct bench_run *run)
{
	const struct bench_case *c;
	size_t i, nr = 0;

	for (i = 0; (c = bench_case_at(i)); i++)
		nr += wanted(run, c);
	return nr;
}

/* One guest that nobody measures: is there KVM, may it be used, what PMU does it give? */
static int probe(struct bench_run *run)
{
	const struct kp_guest_conf conf = { .nr_vcpus = 1,
					    .cpus = run->opts->cpus.cpus,
					    .nr_cpus = run->opts->cpus.nr };
	const struct kp_guest_conf off = { .nr_vcpus = 1, .pmu = KP_GUEST_OFF };
	struct kp_guest_error error;
	struct kp_guest *guest;
	int ret = kp_guest_create(&guest, &conf, &error);

	/* a host event that counts guests keeps mediated ones away, not those without a vPMU */
	if (ret == -EBUSY) {
		kp_warn("bench: %s", error.msg);
		ret = kp_guest_create(&guest, &off, &error);
	}
	if (ret) {
		kp_err("bench: %s", error.msg);
		return bench_exit_code(error.err);
	}
	run->info = *kp_guest_info(guest);
	kp_guest_free(guest);
	run->pmu = !run->info.pmu_on				 ? BENCH_PMU_OFF
		   : run->host->kvm_mediated_param == KP_TRI_YES ? BENCH_PMU_MEDIATED
								 : BENCH_PMU_EMULATED;
	return KP_EXIT_OK;
}

static int look_at_host(struct bench_run *run)
{
	int err = kp_sysroot_open(NULL, &run->root);

	if (!err)
		err = kp_host_collect(run->root,
				      KP_HOST_CPU | KP_HOST_PMU | KP_HOST_KVM | KP_HOST_PMU_EVENTS,
				      &run->host);
	if (!err)
		err = kp_host_tuning_collect(run->root, run->host, &run->tuning);
	if (err)
		kp_err("bench: looking at the host: %s", strerror(-err));
	return err ? KP_EXIT_FAILED : KP_EXIT_OK;
}

/* "fail_tdp_mmu_resched=5,10": 5 percent of every tenth call. */
static int parse_inject(const char *arg, char *name, size_t size, struct kp_fault_conf *conf)
{
	const char *eq = strchr(arg, '='), *comma = eq ? strchr(eq, ',') : NULL;
	uint64_t pct, interval = 1;
	char word[16];

	if (!eq || eq - arg >= (ptrdiff_t)size)
		return -EINVAL;
	snprintf(name, size, "%.*s", (int)(eq - arg), arg);
	snprintf(word, sizeof(word), "%.*s", (int)(comma ? comma - eq - 1 : 15), eq + 1);
	if (kp_str_u64(word, &pct) || !pct || pct > 100)
		return -EINVAL;
	if (comma && (kp_str_u64(comma + 1, &interval) || !interval || interval > UINT32_MAX))
		return -EINVAL;
	*conf = (struct kp_fault_conf){ name, (uint32_t)pct, (uint32_t)interval };
	return 0;
}

static int open_fault(struct bench_run *run, struct kp_sysroot **root)
{
	struct kp_fault_conf conf;
	char name[64], err[400];
	int ret;

	if (!run->opts->inject)
		return KP_EXIT_OK;
	if (parse_inject(run->opts->inject, name, sizeof(name), &conf)) {
		kp_err("bench: --inject: '%s' is not KNOB=PERCENT or KNOB=PERCENT,INTERVAL, such "
		       "as fail_tdp_mmu_resched=10,1",
		       run->opts->inject);
		return KP_EXIT_USAGE;
	}
	ret = kp_sysroot_open(run->opts->inject_root, root);
	if (ret) {
		kp_err("bench: --inject-root: %s: %s", run->opts->inject_root, strerror(-ret));
		return KP_EXIT_USAGE;
	}
	ret = kp_fault_open(*root, &conf, &run->fault, err, sizeof(err));
	if (!ret)
		return KP_EXIT_OK;
	kp_err("bench: --inject: %s", err);
	return ret == -ENOENT ? KP_EXIT_NOT_SUPPORTED : bench_exit_code(-ret);
}

static int measure_all(struct bench_run *run)
{
	uint64_t start_ns = now_ns(), limit_ns = run->opts->limit_ns;
	size_t i, left = count_cases(run);
	const struct bench_case *c;
	int err = 0;

	for (i = 0; (c = bench_case_at(i)) && !err && !run->interrupted; i++) {
		if (!wanted(run, c))
			continue;
		if (run->opts->quick) {
			uint64_t used = now_ns() - start_ns;
			uint64_t rest = used < QUICK_NS ? QUICK_NS - used : 0;

			limit_ns = kp_max_u64(QUICK_MIN_NS, rest / left) / run->opts->variants.nr;
		}
		kp_info("bench: %s/%s", c->suite, c->name);
		err = bench_measure(run, c, limit_ns);
		left--;
	}
	run->elapsed_ns = now_ns() - start_ns;
	return err;
}

/* 1 where a case that should have worked did not, 4 where none was to be had. */
static int judge(const struct bench_run *run)
{
	const struct bench_result *r;
	bool any = false;

	kp_vec_for_each (r, &run->results) {
		if (r->failed && r->why[0]) {
			kp_err("bench: %s/%s: %s", r->c->suite, r->c->name, r->why);
			return KP_EXIT_FAILED;
		}
		any |= r->samples.nr > 0;
	}
	if (any || run->interrupted)
		return KP_EXIT_OK;
	kp_err("bench: none of the cases can be measured here");
	return KP_EXIT_NOT_SUPPORTED;
}

static void free_run(struct bench_run *run)
{
	struct bench_result *r;

	kp_vec_for_each (r, &run->results) {
		kp_vec_free(&r->samples);
		kp_vec_free(&r->explain.regs);
	}
	kp_vec_free(&run->results);
	kp_swagg_close(run->agg);
	kp_host_tuning_free(run->tuning);
	kp_host_free(run->host);
	kp_sysroot_free(run->root);
}

int bench_suites_run(const struct kp_ctx *ctx, const struct bench_opts *opts)
{
	struct bench_run run = { .opts = opts };
	struct kp_sysroot *fault_root = NULL;
	int err, status = look_at_host(&run);

	if (!status)
		status = open_fault(&run, &fault_root);
	if (!status)
		status = probe(&run);
	if (!status && opts->explain)
		status = bench_explain_open(&run);
	if (!status) {
		err = measure_all(&run);
		if (!err && opts->explain)
			err = bench_explain_all(&run);
		if (kp_fault_close(run.fault)) {
			kp_err("bench: --inject: not all knobs could be put back as they were");
			status = KP_EXIT_FAILED;
		}
		run.fault = NULL;
		if (!err)
			err = bench_write(ctx, &run);
		if (err)
			kp_err("bench: %s", strerror(-err));
		status = err ? KP_EXIT_FAILED : status ? status : judge(&run);
	}
	kp_fault_close(run.fault);
	kp_sysroot_free(fault_root);
	free_run(&run);
	return status;
}
