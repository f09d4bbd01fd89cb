// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a job: each vCPU's thread enters the guest until it says that it is done; the caller's
 * thread watches time, the stop flag and progress. A vCPU that hangs is kicked out of the guest by
 * immediate_exit and a signal (Documentation/virt/kvm/api.rst, immediate_exit), so nothing waits
 * for ever.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "vm.h"

#define NS_PER_S       1000000000ull
#define TICK_NS	       20000000ull
#define HANG_NS	       (10 * NS_PER_S)
#define INTERRUPTED_NS (3 * NS_PER_S) /* patience with the guest once the user wants out */

uint64_t kp_guest_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* ---- the vCPU's thread ---- */

static void on_kick(int sig)
{
	(void)sig; /* its only purpose is to end KVM_RUN with EINTR */
}

/* Process-wide, once; without SA_RESTART. */
int kp_guest_kick_prepare(void)
{
	struct sigaction action = { .sa_handler = on_kick };

	return sigaction(SIGRTMIN, &action, NULL);
}

void kp_guest_kick(struct kp_vcpu *vcpu)
{
	atomic_store(&vcpu->kicked, true);
	vcpu->run->immediate_exit = 1;
	pthread_kill(vcpu->thread, SIGRTMIN);
}

static void stop_all(struct kp_guest *guest)
{
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus; i++)
		__atomic_store_n(&guest->vcpus[i].page->stop, 1, __ATOMIC_RELEASE);
}

static void count_exit(struct kp_vcpu *vcpu)
{
	uint32_t reason = vcpu->run->exit_reason;

	if (reason >= KP_GUEST_NR_EXITS)
		reason = KP_GUEST_NR_EXITS - 1;
	vcpu->result->exits[reason]++;
	vcpu->result->exits_total++;
}

static int run_failed(struct kp_vcpu *vcpu, int err, struct kp_guest_error *error)
{
	kp_guest_fail(error, (int)vcpu->index, err, "vCPU %u: KVM_RUN: %s", vcpu->index,
		      strerror(err));
	kp_guest_arch_regs(vcpu, error);
	return -err;
}

/*
 * KVM completes an I/O or MMIO exit when the vCPU is entered again, and would do that over the
 * registers of the next run. With immediate_exit it completes without entering the guest.
 */
static void complete_exit(struct kp_vcpu *vcpu)
{
	vcpu->run->immediate_exit = 1;
	ioctl(vcpu->fd, KVM_RUN, 0);
	vcpu->run->immediate_exit = 0;
}

/* Enter until the guest is done. Returns 0 or -errno with the error filled. */
static int enter_loop(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			if (errno == EINTR && atomic_load(&vcpu->kicked))
				return kp_guest_explain_hang(vcpu, vcpu->hang_ns, error);
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return run_failed(vcpu, errno, error);
		}
		switch (kp_guest_arch_exit(vcpu)) {
		case KP_ACT_ENTER:
			count_exit(vcpu);
			if (vcpu->job->user_exit)
				vcpu->job->user_exit(vcpu->guest, vcpu->index,
						     vcpu->job->user_exit_arg);
			break;
		case KP_ACT_DONE:
			complete_exit(vcpu);
			return 0;
		case KP_ACT_FAULT:
			complete_exit(vcpu);
			return kp_guest_explain_fault(vcpu, error);
		case KP_ACT_REFUSE:
			count_exit(vcpu);
			return kp_guest_explain(vcpu, error);
		}
	}
}

static void run_once(struct kp_vcpu *vcpu)
{
	struct kp_guest_vcpu_result *result = vcpu->result;
	uint64_t before, after;
	bool stats;

	stats = kp_guest_stats_exits(vcpu, &before);
	vcpu->start_ns = kp_guest_now_ns();
	if (enter_loop(vcpu, &result->error))
		stop_all(vcpu->guest);
	vcpu->end_ns = kp_guest_now_ns();
	if (stats && kp_guest_stats_exits(vcpu, &after)) {
		result->kvm_exits = after - before;
		result->valid |= KP_GUEST_KVM_EXITS;
	}
	result->cpu = sched_getcpu();
	result->elapsed_ns = vcpu->end_ns - vcpu->start_ns;
}

static int start_thread(struct kp_vcpu *vcpu)
{
	char name[16];
	sigset_t kick;
	int ret;

	/* The name that QEMU gives such threads: tools know it. */
	snprintf(name, sizeof(name), "CPU %u/KVM", vcpu->index);
	prctl(PR_SET_NAME, name);
	sigemptyset(&kick);
	sigaddset(&kick, SIGRTMIN);
	pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
	atomic_store(&vcpu->tid, (int)syscall(SYS_gettid));
	ret = vcpu->cpu < 0 ? 0 : kp_guest_pin(vcpu->guest, vcpu->index, vcpu->cpu);
	if (ret)
		return kp_guest_fail(
			&vcpu->error, (int)vcpu->index, -ret,
			"vCPU %u: cannot run on CPU %d: %s. Is it there and online, and in "
			"this process's cpuset?",
			vcpu->index, vcpu->cpu, strerror(-ret));
	return kp_guest_vcpu_create(vcpu, &vcpu->error);
}

void *kp_guest_vcpu_thread(void *arg)
{
	struct kp_vcpu *vcpu = arg;
	struct kp_guest *guest = vcpu->guest;
	int ret = start_thread(vcpu);

	pthread_mutex_lock(&guest->lock);
	vcpu->ready = true;
	pthread_cond_broadcast(&guest->done);
	while (!ret) {
		while (!guest->quit && vcpu->generation == guest->generation)
			pthread_cond_wait(&guest->go, &guest->lock);
		if (guest->quit)
			break;
		vcpu->generation = guest->generation;
		pthread_mutex_unlock(&guest->lock);
		run_once(vcpu);
		pthread_mutex_lock(&guest->lock);
		vcpu->running = false;
		guest->nr_running--;
		pthread_cond_broadcast(&guest->done);
	}
	pthread_mutex_unlock(&guest->lock);
	return NULL;
}

/* ---- the caller's thread ---- */

/* What the caller's thread keeps in mind while a run is on. */
struct watch {
	struct kp_guest *guest;
	const struct kp_guest_job *job;
	uint64_t start_ns;
	bool stopped;
	bool interrupted;
};

static const char *why_no_pmu(const struct kp_guest *guest)
{
	if (guest->conf.pmu == KP_GUEST_OFF)
		return "it was asked for without";
	if (!strcmp(guest->info.irqchip, "none"))
		return "this KVM offers none, at least not without the in-kernel irqchip, which a "
		       "mediated one needs";
	return "this KVM offers none (is kvm.enable_pmu N?)";
}

static int check_counters(struct kp_guest *guest, const struct kp_guest_job *job,
			  struct kp_guest_error *error)
{
	const struct kp_guest_info *info = &guest->info;

	if (!job->nr_counters && !job->payload->pmu)
		return 0;
	if (!info->pmu_on)
		return kp_guest_fail(
			error, -1, EOPNOTSUPP, "payload %s %s a vPMU, which this guest has not: %s",
			job->payload->name, job->payload->pmu ? "needs" : "with counters needs",
			why_no_pmu(guest));
	if (job->nr_counters > info->nr_gp + info->nr_fixed ||
	    job->nr_counters > KP_GUEST_MAX_COUNTERS)
		return kp_guest_fail(error, -1, EINVAL,
				     "%u counters asked for; the guest's PMU has %u general and %u "
				     "fixed ones",
				     job->nr_counters, info->nr_gp, info->nr_fixed);
	return 0;
}

static int check_job(struct kp_guest *guest, const struct kp_guest_job *job,
		     struct kp_guest_error *error)
{
	if (!job->payload)
		return kp_guest_fail(error, -1, EINVAL, "no payload given");
	if (!job->iterations && !job->duration_ns)
		return kp_guest_fail(error, -1, EINVAL, "neither iterations nor a duration given");
	if (job->payload->irqchip && !strcmp(guest->info.irqchip, "none"))
		return kp_guest_fail(error, -1, EOPNOTSUPP,
				     "payload %s needs the in-kernel interrupt controller",
				     job->payload->name);
	if (job->period >> 31)
		return kp_guest_fail(error, -1, EINVAL, "a period must be below %u", 1u << 31);
	return check_counters(guest, job, error);
}

/* Events until counter 0 of payload pmi overflows. */
uint64_t kp_guest_period(const struct kp_guest_job *job)
{
	return job->period ? job->period : 10000;
}

static void prepare_page(struct kp_vcpu *vcpu, const struct kp_guest_job *job)
{
	struct kp_guest_page *page = vcpu->page;
	unsigned int i;

	memset(page, 0, sizeof(*page));
	page->iter_max = job->iterations;
	page->loops = job->loops ? job->loops : 1000;
	/* a round of payload pmi is at least one event of those that never pause */
	if (!job->loops && job->payload->pmi)
		page->loops = kp_guest_period(job) + 1000000;
	if (job->payload->pmu)
		page->flags |= KP_FLAG_REPEATS;
	for (i = 0; i < KP_COUNTERS_MAX; i++)
		page->counters[i].min = UINT64_MAX;
}

static int prepare(struct kp_guest *guest, const struct kp_guest_job *job,
		   struct kp_guest_result *result, struct kp_guest_error *error)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < guest->nr_vcpus && !ret; i++) {
		struct kp_vcpu *vcpu = &guest->vcpus[i];

		vcpu->job = job;
		vcpu->result = &result->vcpus[i];
		vcpu->result->index = i;
		vcpu->result->tid = atomic_load(&vcpu->tid);
		vcpu->result->error.vcpu = (int)i;
		vcpu->run->immediate_exit = 0;
		vcpu->hang_ns = job->hang_ns ? job->hang_ns : HANG_NS;
		atomic_store(&vcpu->kicked, false);
		prepare_page(vcpu, job);
		ret = kp_guest_arch_job(vcpu, job, error);
	}
	return ret;
}

/* A vCPU without progress for too long is kicked. Under guest->lock. */
static void watch_progress(struct watch *w, uint64_t now_ns)
{
	unsigned int i;

	for (i = 0; i < w->guest->nr_vcpus; i++) {
		struct kp_vcpu *vcpu = &w->guest->vcpus[i];
		uint64_t done = __atomic_load_n(&vcpu->page->iter_done, __ATOMIC_RELAXED);
		uint64_t patience_ns = vcpu->hang_ns;

		if (w->interrupted && patience_ns > INTERRUPTED_NS)
			patience_ns = INTERRUPTED_NS;
		if (done != vcpu->seen_iterations) {
			vcpu->seen_iterations = done;
			vcpu->seen_ns = now_ns;
		}
		if (vcpu->running && now_ns - vcpu->seen_ns > patience_ns) {
			vcpu->hang_ns = now_ns - vcpu->seen_ns;
			kp_guest_kick(vcpu);
			vcpu->seen_ns = now_ns;
		}
	}
}

static void watch_once(struct watch *w)
{
	const struct kp_guest_job *job = w->job;
	uint64_t now_ns = kp_guest_now_ns();

	if (job->stop && *job->stop)
		w->interrupted = true;
	if (!w->stopped &&
	    (w->interrupted || (job->duration_ns && now_ns - w->start_ns >= job->duration_ns))) {
		stop_all(w->guest);
		w->stopped = true;
	}
	watch_progress(w, now_ns);
	if (job->tick && w->guest->nr_running) {
		pthread_mutex_unlock(&w->guest->lock);
		job->tick(w->guest, now_ns - w->start_ns, job->tick_arg);
		pthread_mutex_lock(&w->guest->lock);
	}
}

static void wait_done(struct watch *w)
{
	const struct kp_guest_job *job = w->job;
	uint64_t next_ns = kp_guest_now_ns() + (job->tick_ns ? job->tick_ns : TICK_NS);
	uint64_t end_ns = w->start_ns + job->duration_ns;
	struct timespec ts;

	if (job->duration_ns && !w->stopped && end_ns < next_ns)
		next_ns = end_ns;
	ts.tv_sec = (time_t)(next_ns / NS_PER_S);
	ts.tv_nsec = (long)(next_ns % NS_PER_S);
	while (w->guest->nr_running)
		if (pthread_cond_timedwait(&w->guest->done, &w->guest->lock, &ts))
			break;
}

static void run_all(struct watch *w)
{
	struct kp_guest *guest = w->guest;
	unsigned int i;

	pthread_mutex_lock(&guest->lock);
	w->start_ns = kp_guest_now_ns();
	for (i = 0; i < guest->nr_vcpus; i++) {
		guest->vcpus[i].running = true;
		guest->vcpus[i].seen_iterations = 0;
		guest->vcpus[i].seen_ns = w->start_ns;
	}
	guest->nr_running = guest->nr_vcpus;
	guest->generation++;
	pthread_cond_broadcast(&guest->go);
	while (guest->nr_running) {
		wait_done(w);
		watch_once(w);
	}
	pthread_mutex_unlock(&guest->lock);
}

/* Only payload pmu knows its counts, and only while nothing keeps the counters from counting. */
bool kp_guest_counts_known(const struct kp_guest *guest, const struct kp_guest_job *job)
{
	return job->payload->pmu && !job->payload->pmi && !job->counters_idle &&
	       !guest->conf.filter;
}

/* What payload pmu's counter n should have counted, if it counts instructions. */
void kp_guest_expect(const struct kp_guest_page *page, unsigned int n,
		     struct kp_guest_counter *counter)
{
	counter->expected_max = page->loops * KP_INSNS_LOOP + KP_INSNS_BASE + n * KP_INSNS_COUNTER;
	counter->expected_min = counter->expected_max - KP_TRAPS_BASE - n * KP_TRAPS_COUNTER;
	counter->valid |= KP_GUEST_EXPECTED;
}

static void collect_vcpu(struct kp_vcpu *vcpu, const struct kp_guest_job *job)
{
	const struct kp_guest_page *page = vcpu->page;
	struct kp_guest_vcpu_result *result = vcpu->result;
	unsigned int i;

	result->iterations = page->iter_done;
	result->irqs = page->irqs;
	if (!result->error.err) {
		result->ticks = page->tick_end - page->tick_start;
		result->value = page->result;
		result->valid |= KP_GUEST_TICKS | (job->payload->result ? KP_GUEST_RESULT : 0);
		result->nr_counters = (unsigned int)page->nr_counters;
		result->lost = page->lost;
		result->valid |= job->payload->pmi ? KP_GUEST_LOST : 0;
	}
	for (i = 0; i < result->nr_counters; i++) {
		/* payload pmi reads none but the one that interrupts */
		result->counters[i].reads = i && job->payload->pmi ? 0 : page->reads;
		if (!result->counters[i].reads)
			continue;
		result->counters[i].sum = page->counters[i].sum;
		result->counters[i].min = page->counters[i].min;
		result->counters[i].max = page->counters[i].max;
	}
	if (result->nr_counters)
		kp_guest_arch_counters(vcpu, job, result);
}

static void collect(struct watch *w, struct kp_guest_result *result, struct kp_guest_error *error)
{
	uint64_t first_ns = UINT64_MAX, last_ns = 0;
	unsigned int i;

	for (i = 0; i < w->guest->nr_vcpus; i++) {
		struct kp_vcpu *vcpu = &w->guest->vcpus[i];

		collect_vcpu(vcpu, w->job);
		if (vcpu->start_ns < first_ns)
			first_ns = vcpu->start_ns;
		if (vcpu->end_ns > last_ns)
			last_ns = vcpu->end_ns;
		if (vcpu->result->error.err && !error->err)
			*error = vcpu->result->error;
		vcpu->result = NULL;
	}
	result->elapsed_ns = last_ns - first_ns;
	result->interrupted = w->interrupted;
}

int kp_guest_run(struct kp_guest *guest, const struct kp_guest_job *job,
		 struct kp_guest_result *result, struct kp_guest_error *error)
{
	struct watch w = { .guest = guest, .job = job };
	int ret;

	*error = (struct kp_guest_error){ .vcpu = -1 };
	*result = (struct kp_guest_result){ 0 };
	ret = check_job(guest, job, error);
	if (ret)
		return ret;
	result->vcpus = calloc(guest->nr_vcpus, sizeof(*result->vcpus));
	if (!result->vcpus)
		return kp_guest_fail(error, -1, ENOMEM, "out of memory");
	result->nr_vcpus = guest->nr_vcpus;
	ret = prepare(guest, job, result, error);
	if (ret) {
		kp_guest_result_free(result);
		return ret;
	}
	run_all(&w);
	collect(&w, result, error);
	return -error->err;
}

void kp_guest_result_free(struct kp_guest_result *result)
{
	free(result->vcpus);
	*result = (struct kp_guest_result){ 0 };
}
