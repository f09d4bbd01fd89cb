/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - the micro-guest: a virtual machine made with nothing but KVM's ioctls, that runs one
 * small known payload on one or more vCPUs and tells exactly what happened. Used by the bench
 * command and the demo. It touches /dev/kvm and its own memory, prints nothing and knows no other
 * layer. Includes the C library only.
 *
 * Life: kp_guest_create() once, kp_guest_run() as often as wanted (warm-up, repeats, other
 * payloads, other counters), kp_guest_free(). Several guests may live at a time, also with
 * different PMU modes.
 */
#ifndef KP_GUEST_H
#define KP_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KP_GUEST_MAX_VCPUS    256 /* a limit of this tool; KVM may allow fewer */
#define KP_GUEST_MAX_COUNTERS 32 /* table size in the page shared with the guest */
#define KP_GUEST_NR_EXITS     64 /* KVM_EXIT_* reasons counted one by one; above: the last */
#define KP_GUEST_MAX_FILTER   64

struct kp_guest;

/**
 * struct kp_guest_error - why a call failed, in words for the user
 * @err:	positive errno; 0 while nothing failed. EACCES and EPERM: not permitted. ENOENT,
 *		ENODEV, EOPNOTSUPP: this host cannot do it. EINVAL: bad request. ETIMEDOUT: the
 *		guest hung.
 * @vcpu:	the vCPU it happened on, -1 for the machine as a whole
 * @msg:	what failed, on what, and what to do next; several lines when there are registers
 */
struct kp_guest_error {
	int err;
	int vcpu;
	char msg[2000];
};

enum kp_guest_switch {
	KP_GUEST_DEFAULT, /* what KVM gives to a VM that asks for nothing */
	KP_GUEST_OFF,
	KP_GUEST_ON, /* fail with EOPNOTSUPP where it cannot be had */
};

/**
 * struct kp_guest_filter - PMU event filter (KVM_SET_PMU_EVENT_FILTER, KVM_ARM_VCPU_PMU_V3_FILTER)
 * @deny:	events in the list are denied and all others allowed; else the other way round
 * @nr:		number of @events; 0 with @deny clear denies everything
 * @events:	x86: event select | unit mask << 8; arm64: event number
 * @fixed:	x86: bit n denies or allows fixed counter n
 */
struct kp_guest_filter {
	bool deny;
	unsigned int nr;
	uint64_t events[KP_GUEST_MAX_FILTER];
	uint32_t fixed;
};

/**
 * struct kp_guest_conf - what machine to build. All zero but @nr_vcpus is a sensible one.
 * @dev_path:	borrowed; NULL for /dev/kvm
 * @nr_vcpus:	1 to KP_GUEST_MAX_VCPUS
 * @cpus:	borrowed; vCPU n is pinned to cpus[n % nr_cpus] before it is created (on arm64 that
 *		chooses its PMU, too); none pinned where @nr_cpus is 0
 * @irqchip:	in-kernel interrupt controller; DEFAULT is on. A mediated vPMU needs it.
 * @pmu:	DEFAULT: on where KVM has one. OFF: KVM_PMU_CAP_DISABLE, or no KVM_ARM_VCPU_PMU_V3.
 * @pmu_type:	arm64: perf type of the PMU to use (KVM_ARM_VCPU_PMU_V3_SET_PMU), 0 for KVM's choice
 * @filter:	borrowed; NULL for none
 */
struct kp_guest_conf {
	const char *dev_path;
	unsigned int nr_vcpus;
	const int *cpus;
	unsigned int nr_cpus;
	enum kp_guest_switch irqchip;
	enum kp_guest_switch pmu;
	uint32_t pmu_type;
	const struct kp_guest_filter *filter;
};

/**
 * struct kp_guest_info - what machine it became. Owned by the guest.
 * @irqchip:	interrupt controller: "none", "apic", "gicv3", "gicv2"
 * @hypercall:	instruction used: "vmcall", "vmmcall", "hvc"
 * @pmu:	"none", "intel", "amd", "amd-v2", "armv8"
 * @pmu_on:	the guest sees a PMU
 * @pmu_version: architectural version that the guest sees (Intel leaf 0xa, AMD 1 or 2, PMUVer)
 * @nr_gp:	general counters
 * @nr_fixed:	Intel: fixed counters; arm64: 1, the cycle counter
 * @width:	bits of a general counter
 * @tick_hz:	rate of the guest's TSC or CNTVCT, 0 if KVM does not tell
 */
struct kp_guest_info {
	const char *irqchip;
	const char *hypercall;
	const char *pmu;
	bool pmu_on;
	unsigned int pmu_version;
	unsigned int nr_gp;
	unsigned int nr_fixed;
	unsigned int width;
	uint64_t tick_hz;
};

/**
 * struct kp_guest_payload - one row of the table of payloads of this architecture
 * @name:	as on the command line
 * @help:	what one iteration does
 * @user_exit:	KVM_EXIT_* that each iteration takes to this process, -1 when it takes none
 * @irqchip:	needs the in-kernel interrupt controller
 * @pmu:	needs a vPMU
 * @pmi:	counter 0 interrupts the guest: period and nmi of the job are for it
 * @result:	gets a value (register, return value) that the vCPU's result shows
 */
struct kp_guest_payload {
	const char *name;
	const char *help;
	int user_exit;
	bool irqchip;
	bool pmu;
	bool pmi;
	bool result;
};

enum kp_guest_access {
	KP_GUEST_READ, /* RDMSR or MRS */
	KP_GUEST_WRITE, /* WRMSR or MSR, of @value */
	KP_GUEST_RDPMC, /* x86 only; @reg is the RDPMC index */
};

/**
 * struct kp_guest_job - one run. Zero means the default in every field but @payload and the limit.
 * @payload:	borrowed, from kp_guest_payload_find()
 * @iterations:	end after so many on each vCPU; 0: no such limit
 * @duration_ns: end after this time; 0: no such limit. Both set: what comes first.
 * @nr_counters: counters that the guest programs before the first iteration and reads after the
 *		last; payload pmu programs, reads and stops them in each iteration (0 means 1 there)
 * @counters_idle: select the events but leave the counters stopped
 * @events:	borrowed; event of counter n (encoding as in struct kp_guest_filter) is
 *		events[n % nr_events]; by default instructions, branches, cycles in turn, for pmi
 *		starting with cycles
 * @nr_events:	length of @events
 * @loops:	pmu and spin: rounds of the known inner loop in one iteration, 0 for 1000; pmi:
 *		rounds until an interrupt counts as lost, 0 for @period and a million
 * @access, @reg, @value: payload msr: what to do to which register; x86: MSR number; arm64:
 *		KP_GUEST_SYSREG(). Default: a register that KVM always traps and that does no harm
 * @set_reg:	@reg is valid (MSR 0 is a register, too)
 * @flip:	payload msr, writes: bits of @value that change from one write to the next
 * @period:	pmi: events of counter 0 until it overflows, 0 for 10000; below 2^31
 * @nmi:	pmi, x86: the interrupt is an NMI, not a vector
 * @wake_ns:	hlt: time from arming the timer to its interrupt, 0 for 20 us
 * @hang_ns:	give up on a vCPU that makes no progress for so long, 0 for 10 s
 * @stop:	borrowed; the run ends cleanly soon after this becomes non-zero (a signal handler
 *		may set it); NULL for none
 * @tick:	called about every @tick_ns by the thread that called kp_guest_run(), for instance
 *		to move vCPUs with kp_guest_pin(); NULL for none
 * @tick_ns:	0 for 20 ms
 * @tick_arg:	handed to @tick
 * @user_exit:	called by a vCPU's own thread at each exit of a payload that has user_exit, before
 *		the vCPU is entered again, for instance to move it; NULL for none
 * @user_exit_arg: handed to @user_exit
 */
struct kp_guest_job {
	const struct kp_guest_payload *payload;
	uint64_t iterations;
	uint64_t duration_ns;
	unsigned int nr_counters;
	bool counters_idle;
	const uint64_t *events;
	unsigned int nr_events;
	uint64_t loops;
	enum kp_guest_access access;
	bool set_reg;
	uint32_t reg;
	uint64_t value;
	uint64_t flip;
	uint64_t period;
	bool nmi;
	uint64_t wake_ns;
	uint64_t hang_ns;
	const volatile sig_atomic_t *stop;
	void (*tick)(struct kp_guest *guest, uint64_t elapsed_ns, void *arg);
	uint64_t tick_ns;
	void *tick_arg;
	void (*user_exit)(struct kp_guest *guest, unsigned int vcpu, void *arg);
	void *user_exit_arg;
};

#define KP_GUEST_SYSREG(op0, op1, crn, crm, op2) \
	((uint32_t)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

/** enum kp_guest_pmu_reg - registers of a guest's PMU, by what they are for */
enum kp_guest_pmu_reg {
	KP_GUEST_SELECTOR, /* of counter 0: PERFEVTSEL0, PERF_CTL0, PMEVTYPER0_EL0 */
	KP_GUEST_COUNTER, /* counter 0: PMC0, PERF_CTR0, PMEVCNTR0_EL0 */
	KP_GUEST_GLOBAL, /* all on or off: GLOBAL_CTRL, PerfCntrGlobalCtl, PMCR_EL0 */
};

/**
 * kp_guest_pmu_access() - make @job access a register of the guest's PMU with payload msr
 * @access:	KP_GUEST_WRITE: each write differs from the one before, and none starts a counter
 * Return: 0; -EOPNOTSUPP where this guest's PMU has no such register or access.
 */
int kp_guest_pmu_access(const struct kp_guest *guest, enum kp_guest_pmu_reg reg,
			enum kp_guest_access access, struct kp_guest_job *job);

/**
 * struct kp_guest_counter - one counter of one vCPU, as the guest itself read it
 * @name:	event name where it is one of the defaults, else NULL
 * @index:	RDPMC index, or arm64 counter number (31: the cycle counter)
 * @event:	encoding as in struct kp_guest_filter
 * @reads:	pairs of reads (1; payload pmu: one pair an iteration; pmi: one read an interrupt)
 * @sum, @min, @max: of the differences of the pairs, modulo the counter's width; payload pmi: of
 *		what counter 0 counted from its overflow to the first instructions of the handler
 * @expected_min, @expected_max: instructions between the two reads of a pair, known from the code.
 *		They differ on arm64, where a CPU does not count those that trap to KVM.
 * @valid:	KP_GUEST_EXPECTED: these are known (payload pmu, event instructions)
 */
struct kp_guest_counter {
	const char *name;
	uint32_t index;
	uint64_t event;
	uint64_t reads;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint64_t expected_min;
	uint64_t expected_max;
	uint32_t valid;
};

#define KP_GUEST_EXPECTED (1u << 0)

enum kp_guest_valid {
	KP_GUEST_TICKS = 1u << 0, /* ticks */
	KP_GUEST_KVM_EXITS = 1u << 1, /* kvm_exits */
	KP_GUEST_RESULT = 1u << 2, /* value */
	KP_GUEST_LOST = 1u << 3, /* lost */
};

/**
 * struct kp_guest_vcpu_result - what one vCPU did in one run
 * @index, @tid: vCPU number and its thread
 * @cpu:	where it was when it ended
 * @iterations:	completed, told by the guest
 * @elapsed_ns:	host time from the first entry to the guest's last word
 * @ticks:	guest time of the same, read by the guest around the loop (TSC or CNTVCT)
 * @exits:	exits to this process by KVM_EXIT_* reason, without the one that ends the run
 * @exits_total: their sum
 * @kvm_exits:	exits of the hardware (or software) to KVM, from KVM's own vCPU statistic "exits";
 *		counts also those that the host's interrupts cause
 * @irqs:	interrupts taken by the guest
 * @lost:	payload pmi: iterations that ended without an interrupt
 * @value:	last result of payloads that get one: a register, a return value, leaf 0's EAX
 * @nr_counters, @counters: counters
 * @valid:	enum kp_guest_valid
 * @error:	err 0 when all went well
 */
struct kp_guest_vcpu_result {
	unsigned int index;
	pid_t tid;
	int cpu;
	uint64_t iterations;
	uint64_t elapsed_ns;
	uint64_t ticks;
	uint64_t exits[KP_GUEST_NR_EXITS];
	uint64_t exits_total;
	uint64_t kvm_exits;
	uint64_t irqs;
	uint64_t lost;
	uint64_t value;
	unsigned int nr_counters;
	struct kp_guest_counter counters[KP_GUEST_MAX_COUNTERS];
	uint32_t valid;
	struct kp_guest_error error;
};

/**
 * struct kp_guest_result - what one run did
 * @nr_vcpus:	length of @vcpus
 * @interrupted: ended because of job->stop
 * @elapsed_ns:	from the first vCPU's start to the last one's end
 * @vcpus:	owned by this struct; kp_guest_result_free()
 */
struct kp_guest_result {
	unsigned int nr_vcpus;
	bool interrupted;
	uint64_t elapsed_ns;
	struct kp_guest_vcpu_result *vcpus;
};

/**
 * kp_guest_payload_find() - payload by name
 * Return: a row of a static table, NULL when this architecture has none of that name.
 */
const struct kp_guest_payload *kp_guest_payload_find(const char *name);

/** kp_guest_payload_at() - the i-th payload of this architecture, NULL behind the last */
const struct kp_guest_payload *kp_guest_payload_at(size_t i);

/** kp_guest_exit_name() - "IO" for KVM_EXIT_IO and so on; NULL for one that has no name here */
const char *kp_guest_exit_name(unsigned int reason);

/**
 * kp_guest_create() - build a machine
 * @out:	given to the caller, who frees it with kp_guest_free()
 * @conf:	borrowed for the call
 * @error:	filled on failure
 * Return: 0 or -errno as in @error.
 */
int kp_guest_create(struct kp_guest **out, const struct kp_guest_conf *conf,
		    struct kp_guest_error *error);

/** kp_guest_info() - what the machine is; borrowed, valid as long as the guest */
const struct kp_guest_info *kp_guest_info(const struct kp_guest *guest);

/**
 * kp_guest_run() - run one job on all vCPUs to its end
 * @result:	filled also on failure of a vCPU, with what it did up to there; free it either way
 * @error:	the first failure
 *
 * Never hangs: a vCPU that makes no progress is taken out of the guest by a signal (SIGRTMIN; the
 * first kp_guest_create() installs a handler that does nothing) and kvm_run's immediate_exit.
 * Return: 0 or -errno as in @error.
 */
int kp_guest_run(struct kp_guest *guest, const struct kp_guest_job *job,
		 struct kp_guest_result *result, struct kp_guest_error *error);

/** kp_guest_result_free() - what kp_guest_run() allocated; twice is fine */
void kp_guest_result_free(struct kp_guest_result *result);

/**
 * kp_guest_pin() - move a vCPU's thread to one CPU, also while it runs
 * @cpu:	CPU number, -1 for all
 * Return: 0 or -errno.
 */
int kp_guest_pin(struct kp_guest *guest, unsigned int vcpu, int cpu);

/** kp_guest_vcpu_tid() - thread of a vCPU, 0 when there is no such vCPU */
pid_t kp_guest_vcpu_tid(const struct kp_guest *guest, unsigned int vcpu);

/** kp_guest_free() - end the threads, close everything; NULL is fine */
void kp_guest_free(struct kp_guest *guest);

#endif
