// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_side.c - one case in one variant: the guest and the host's events that it needs, and single
 * samples of it. Wires src/guest and src/collect.
 */
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/str.h"
#include "plan.h"

#define COUNT_ROUNDS 1000
#define NR_COUNTED   3 /* instructions, branches, cycles: src/guest's defaults */

KP_PRINTF(3, 4)
static int cannot(struct bench_side *s, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->result->why, sizeof(s->result->why), fmt, ap);
	va_end(ap);
	s->result->failed = err != EOPNOTSUPP && err != ENODEV && err != ENOENT;
	return -err;
}

/* ---- where it runs ---- */

struct on_cpu {
	int cpu;
	bool is_on;
};

static int is_cpu(void *ctx, uint64_t cpu)
{
	struct on_cpu *on = ctx;

	on->is_on |= (int)cpu == on->cpu;
	return 0;
}

static bool has_cpu(const struct kp_host_pmu *pmu, int cpu)
{
	struct on_cpu on = { .cpu = cpu };

	return pmu->cpus && !kp_str_list(pmu->cpus, BENCH_MAX_CPUS - 1, is_cpu, &on) && on.is_on;
}

/* Where there are several core PMUs: that of the CPU. NULL: there is one. */
static const struct kp_host_pmu *own_pmu(const struct bench_side *s, int cpu)
{
	const struct kp_host *host = s->run->host;
	const struct kp_host_pmu *own = NULL;
	size_t i, nr = 0;

	for (i = 0; i < host->nr_pmus; i++) {
		const struct kp_host_pmu *pmu = &host->pmus[i];

		nr += pmu->core;
		if (pmu->core && has_cpu(pmu, cpu))
			own = pmu;
	}
	return nr > 1 ? own : NULL;
}

static int first_cpu(void *ctx, uint64_t cpu)
{
	struct bench_side *s = ctx;
	const struct bench_cpus *all = &s->run->opts->cpus;
	unsigned int i;

	for (i = 0; i < all->nr; i++)
		if (all->cpus[i] == (int)cpu) {
			s->cpus.cpus[s->cpus.nr++] = (int)cpu;
			return 1;
		}
	return 0;
}

/* A CPU of each core PMU. */
static int pick_pmu_cpus(struct bench_side *s)
{
	const struct kp_host *host = s->run->host;
	size_t i;

	for (i = 0; i < host->nr_pmus; i++)
		if (host->pmus[i].core && host->pmus[i].cpus)
			kp_str_list(host->pmus[i].cpus, BENCH_MAX_CPUS - 1, first_cpu, s);
	if (s->cpus.nr < 2)
		return cannot(s, EOPNOTSUPP, "this process may use no CPUs with different PMUs");
	return 0;
}

/* Where there are several core PMUs: the CPUs of that of the first, which stays the first. */
static void keep_one_pmu(struct bench_side *s)
{
	const struct kp_host_pmu *pmu = own_pmu(s, s->cpus.cpus[0]);
	unsigned int i, nr = 0;

	for (i = 0; pmu && i < s->cpus.nr; i++)
		if (has_cpu(pmu, s->cpus.cpus[i]))
			s->cpus.cpus[nr++] = s->cpus.cpus[i];
	if (pmu)
		s->cpus.nr = nr;
}

static int pick_cpus(struct bench_side *s)
{
	if (s->c->move == BENCH_MOVE_PMU)
		return pick_pmu_cpus(s);
	s->cpus = s->run->opts->cpus;
	if (s->c->move == BENCH_MOVE)
		keep_one_pmu(s);
	if (s->c->vcpus > s->cpus.nr || (s->c->move == BENCH_MOVE && s->cpus.nr < 2))
		return cannot(s, EOPNOTSUPP, "needs %u CPUs, this process may use %u",
			      s->c->move ? 2 : s->c->vcpus, s->cpus.nr);
	return 0;
}

/* ---- its machine ---- */

static void fill_filter(struct bench_side *s)
{
	uint64_t i;

	/* the default events of every PMU of src/guest: Intel, AMD, arm64 */
	static const uint64_t used[] = { 0xc0, 0xc4, 0xc2, 0x3c, 0x76, 0x08, 0x21, 0x11 };

	s->filter = (struct kp_guest_filter){ .deny = s->c->filter == BENCH_DENY_MANY };
	if (!s->filter.deny) {
		s->filter.nr = KP_ARRAY_SIZE(used);
		memcpy(s->filter.events, used, sizeof(used));
		return;
	}
	for (i = 0x200; s->filter.nr < KP_GUEST_MAX_FILTER; i++)
		s->filter.events[s->filter.nr++] = i;
}

static int check_pmu(struct bench_side *s)
{
	static const char *const names[] = { "given", "no vPMU", "the emulated vPMU",
					     "the mediated vPMU" };
	enum bench_pmu want = s->variant->pmu;

	if (want == BENCH_PMU_GIVEN || want == BENCH_PMU_OFF || want == s->run->pmu)
		return 0;
	return cannot(s, EOPNOTSUPP, "KVM gives guests %s here, not %s", names[s->run->pmu],
		      names[want]);
}

static int open_guest(struct bench_side *s)
{
	struct kp_guest_conf conf = { .nr_vcpus = s->c->vcpus ? s->c->vcpus : 1,
				      .cpus = s->cpus.cpus,
				      .nr_cpus = s->cpus.nr };
	struct kp_guest_error error;
	int ret;

	if (s->variant->pmu)
		conf.pmu = s->variant->pmu == BENCH_PMU_OFF ? KP_GUEST_OFF : KP_GUEST_ON;
	if (s->c->filter) {
		if (s->variant->pmu == BENCH_PMU_OFF)
			return cannot(s, EOPNOTSUPP, "a filter of a vPMU that is off");
		fill_filter(s);
		conf.filter = &s->filter;
	}
	ret = kp_guest_create(&s->guest, &conf, &error);
	return ret ? cannot(s, error.err, "%s", error.msg) : 0;
}

/* By the vCPU's own thread: it goes on only when it is there. */
static void move(struct kp_guest *guest, unsigned int vcpu, void *arg)
{
	struct bench_side *s = arg;
	int from = s->cpus.cpus[s->at];

	if (s->c->move != BENCH_STAY)
		s->at = (s->at + 1) % s->cpus.nr;
	if (!kp_guest_pin(guest, vcpu, s->cpus.cpus[s->at]) && sched_getcpu() != from)
		s->result->moves++;
}

static int fill_job(struct bench_side *s)
{
	const struct kp_guest_info *info = kp_guest_info(s->guest);
	const struct bench_case *c = s->c;
	bool pmu = c->counters || c->access;

	s->job = (struct kp_guest_job){ .payload = kp_guest_payload_find(c->payload),
					.nr_counters = c->counters,
					.counters_idle = c->idle,
					.period = c->period,
					.nmi = c->nmi,
					.wake_ns = s->run->opts->wake_ns,
					.hang_ns = s->run->opts->hang_ns,
					.stop = &kp_signal_flag };
	if (!s->job.payload)
		return cannot(s, EOPNOTSUPP, "this architecture has no payload %s", c->payload);
	if ((pmu || s->job.payload->pmu) && !info->pmu_on)
		return cannot(s, EOPNOTSUPP, "the guest has no PMU%s",
			      s->variant->pmu == BENCH_PMU_OFF ? ": off" : " here");
	if (c->counters == BENCH_ALL_COUNTERS)
		s->job.nr_counters = info->nr_gp;
	if (s->job.nr_counters > info->nr_gp)
		return cannot(s, EOPNOTSUPP, "the guest's PMU has %u general counters",
			      info->nr_gp);
	if (c->nmi && strncmp(info->irqchip, "apic", 4))
		return cannot(s, EOPNOTSUPP, "no NMIs on this architecture");
	if (c->access && kp_guest_pmu_access(s->guest, c->reg, c->how, &s->job))
		return cannot(s, EOPNOTSUPP, "the guest's PMU has no such register or access");
	if (c->move) {
		s->job.user_exit = move;
		s->job.user_exit_arg = s;
	}
	return 0;
}

/* ---- the host's events beside it ---- */

/* Events that leave guests alone (:H): one that counts them would keep mediated VMs away. */
static int open_host_events(struct bench_side *s, unsigned int nr)
{
	static const char *const names[] = { "cycles", "instructions", "branches",
					     "branch-misses" };
	/* of a PMU by name, which on arm64 has no events of those names (Arm ARM D13.12) */
	static const char *const arm64[] = { "event=0x11", "event=0x08", "event=0x21",
					     "event=0x10" };
	const bool numbers = !strcmp(s->run->host->machine, "aarch64");
	char specs[KP_ARRAY_SIZE(names)][96], err[200] = "", cpu[16];
	struct kp_request_event events[32] = { 0 };
	struct kp_request req = { .events = events,
				  .target = KP_TARGET_CPUS,
				  .period = 1ull << 40 };
	struct kp_tracepoint_db tps = kp_tracepoint_db_live(s->run->host);
	const struct kp_host_pmu *pmu = own_pmu(s, s->cpus.cpus[0]);
	size_t i;
	int ret;

	for (i = 0; i < KP_ARRAY_SIZE(names); i++)
		if (pmu)
			snprintf(specs[i], sizeof(specs[i]), "%s/%s/H", pmu->name,
				 numbers ? arm64[i] : names[i]);
		else
			snprintf(specs[i], sizeof(specs[i]), "%s:H", names[i]);
	while (req.nr_events < nr && req.nr_events < KP_ARRAY_SIZE(events)) {
		events[req.nr_events].spec = specs[req.nr_events % KP_ARRAY_SIZE(specs)];
		req.nr_events++;
	}
	snprintf(cpu, sizeof(cpu), "%d", s->cpus.cpus[0]);
	req.cpus = cpu;
	ret = kp_plan_make(&req, s->run->host, &tps, &s->plan, err, sizeof(err));
	if (!ret)
		ret = kp_live_open(s->plan, s->run->host, false, &s->live, err, sizeof(err));
	return ret ? cannot(s, EOPNOTSUPP, "no host events: %s", err) : 0;
}

int bench_side_open(struct bench_side *s)
{
	unsigned int host_events = s->variant->host_events + s->c->host_events;
	int ret = pick_cpus(s);

	if (!ret)
		ret = check_pmu(s);
	if (!ret)
		ret = open_guest(s);
	if (!ret)
		ret = fill_job(s);
	if (!ret && host_events)
		ret = open_host_events(s, host_events);
	return ret;
}

void bench_side_close(struct bench_side *s)
{
	kp_guest_free(s->guest);
	kp_live_free(s->live);
	kp_plan_free(s->plan);
	s->guest = NULL;
	s->live = NULL;
	s->plan = NULL;
}

/* ---- a sample ---- */

static double time_of(const struct kp_guest_vcpu_result *v, uint64_t tick_hz)
{
	if (v->valid & KP_GUEST_TICKS && tick_hz)
		return (double)v->ticks * 1e9 / (double)tick_hz / (double)v->iterations;
	return (double)v->elapsed_ns / (double)v->iterations;
}

/* Means over the vCPUs. */
static void read_sample(struct bench_side *s, const struct kp_guest_result *r,
			struct bench_sample *out)
{
	uint64_t hz = kp_guest_info(s->guest)->tick_hz;
	double n = r->nr_vcpus;
	unsigned int i;

	*out = (struct bench_sample){ .has_exits = true };
	for (i = 0; i < r->nr_vcpus; i++) {
		const struct kp_guest_vcpu_result *v = &r->vcpus[i];

		out->value += time_of(v, hz) / n;
		out->host_ns += (double)v->elapsed_ns / (double)v->iterations / n;
		out->kvm_exits += (double)v->kvm_exits / (double)v->iterations / n;
		out->has_exits &= !!(v->valid & KP_GUEST_KVM_EXITS);
		s->result->has_lost |= !!(v->valid & KP_GUEST_LOST);
		s->result->lost += v->lost;
	}
	if (s->c->metric == BENCH_LATENCY) {
		const struct kp_guest_counter *c = &r->vcpus[0].counters[0];

		out->value = c->reads ? (double)c->sum / (double)c->reads : NAN;
	}
}

static int run_job(struct bench_side *s, struct kp_guest_result *r)
{
	struct kp_guest_error error;
	unsigned int i;
	int ret;

	if (s->c->move) {
		s->at = 0;
		kp_guest_pin(s->guest, 0, s->cpus.cpus[0]);
	}
	ret = kp_guest_run(s->guest, &s->job, r, &error);
	if (ret)
		return cannot(s, error.err, "%s", error.msg);
	if (r->interrupted)
		return -EINTR;
	for (i = 0; i < r->nr_vcpus; i++)
		if (!r->vcpus[i].iterations)
			return cannot(s, EIO, "vCPU %u did nothing", i);
	return 0;
}

/* What the variant is about is on while the sample runs, and off for the others'. */
static int around(struct bench_side *s, bool on)
{
	int ret = 0;

	if (s->live)
		ret = on ? kp_live_enable(s->live) : kp_live_disable(s->live);
	if (!ret && s->variant->inject)
		ret = kp_fault_set(s->run->fault, on);
	return ret ? cannot(s, -ret, "switching it %s: %s", on ? "on" : "off", strerror(-ret)) : 0;
}

int bench_side_sample(struct bench_side *s, uint64_t iterations, struct bench_sample *out)
{
	struct kp_guest_result r = { 0 };
	int ret, off;

	s->job.iterations = iterations;
	ret = around(s, true);
	if (!ret)
		ret = run_job(s, &r);
	off = around(s, false);
	ret = ret ? ret : off;
	if (!ret)
		read_sample(s, &r, out);
	if (!ret && isnan(out->value))
		ret = cannot(s, EIO, "no PMI came");
	kp_guest_result_free(&r);
	return ret;
}

/* ---- instructions and cycles ---- */

/* What the default events count in so many iterations; the two reads' own share is in it. */
static int count(struct bench_side *s, uint64_t iterations, double *instructions, double *cycles)
{
	const struct kp_guest_vcpu_result *v;
	struct kp_guest_result r = { 0 };
	unsigned int i;
	int ret;

	s->job.iterations = iterations;
	ret = run_job(s, &r);
	v = ret ? NULL : &r.vcpus[0];
	*instructions = *cycles = NAN;
	for (i = 0; v && i < v->nr_counters; i++) {
		const struct kp_guest_counter *c = &v->counters[i];

		if (c->name && c->reads && !strcmp(c->name, "instructions"))
			*instructions = (double)c->sum;
		else if (c->name && c->reads && !strcmp(c->name, "cycles"))
			*cycles = (double)c->sum;
	}
	kp_guest_result_free(&r);
	return ret;
}

/*
 * Runs of their own, so that the samples are without counters; of 1 and 2 times as many iterations,
 * so that what is not an iteration's cancels.
 */
void bench_side_count(struct bench_side *s)
{
	const struct kp_guest_info *info = kp_guest_info(s->guest);
	uint64_t n = kp_min_u64(COUNT_ROUNDS, s->result->iterations);
	struct kp_guest_job job = s->job;
	double insns[2], cycles[2];
	char why[sizeof(s->result->why)];

	s->result->instructions = s->result->cycles = NAN;
	if (!info->pmu_on || s->c->counters || s->c->access || s->c->move || s->job.payload->pmu)
		return;
	/* how often a halt ends early differs from run to run */
	if (!strcmp(s->c->payload, "hlt"))
		return;
	memcpy(why, s->result->why, sizeof(why));
	s->job.nr_counters = info->nr_gp < NR_COUNTED ? info->nr_gp : NR_COUNTED;
	if (!count(s, n, &insns[0], &cycles[0]) && !count(s, 2 * n, &insns[1], &cycles[1])) {
		s->result->instructions = (insns[1] - insns[0]) / (double)n;
		s->result->cycles = (cycles[1] - cycles[0]) / (double)n;
	}
	memcpy(s->result->why, why, sizeof(why));
	s->job = job;
}
