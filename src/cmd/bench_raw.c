// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_raw.c - `kvmpmu bench --raw PAYLOAD`: one run of one payload in the micro-guest, with what
 * every vCPU did. Talks to src/guest and writes through src/out.
 */
#include <inttypes.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/log.h"

#define SCHEMA "kvmpmu-bench/1"

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

static void write_machine(struct kp_out *out, const struct bench_raw *b,
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

static int write_result(const struct kp_ctx *ctx, const struct bench_raw *b,
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

static int failed(const struct kp_guest_error *error)
{
	kp_err("bench: %s", error->msg);
	return bench_exit_code(error->err);
}

int bench_raw_run(const struct kp_ctx *ctx, const struct bench_raw *b)
{
	struct kp_guest_result result = { 0 };
	struct kp_guest_error error;
	struct kp_guest *guest;
	int status = KP_EXIT_OK, ret;

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
