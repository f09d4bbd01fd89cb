/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of src/guest: the machine, its vCPUs, and what an architecture has to provide for them.
 */
#ifndef KP_GUEST_VM_H
#define KP_GUEST_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <linux/kvm.h>
#include "guest.h"
#include "page.h"

/* What to do with an exit to this process. */
enum kp_guest_action {
	KP_ACT_ENTER, /* the payload's own; enter again */
	KP_ACT_DONE, /* the guest says that it is done */
	KP_ACT_FAULT, /* the guest took an exception and says so in its page */
	KP_ACT_REFUSE, /* nothing that was asked for */
};

/* One vCPU. Owned by struct kp_guest; used by its thread while a run is on, else by the caller. */
struct kp_vcpu {
	struct kp_guest *guest;
	unsigned int index;
	int fd;
	int stats_fd;
	uint64_t stats_offset; /* of the statistic "exits" in stats_fd; 0: there is none */
	struct kvm_run *run;
	struct kp_guest_page *page; /* in the guest's memory */
	uint64_t page_gpa;

	pthread_t thread;
	bool has_thread;
	atomic_int tid;
	uint64_t generation; /* last run this thread took part in */
	int cpu; /* -1: not pinned */
	bool ready; /* created, or failed with error */
	bool running; /* under guest->lock */
	atomic_bool kicked; /* the next EINTR means: give up */
	struct kp_guest_error error;

	const struct kp_guest_job *job; /* borrowed during a run */
	struct kp_guest_vcpu_result *result; /* borrowed from the caller's result during a run */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t seen_iterations; /* watchdog: progress at its last look */
	uint64_t seen_ns;
	uint64_t hang_ns;
};

/* One machine. Owned by the caller of kp_guest_create(). */
struct kp_guest {
	const char *dev_path;
	int kvm_fd;
	int vm_fd;
	int irqchip_fd; /* arm64: the GIC device */
	size_t run_size;
	uint8_t *mem;
	size_t mem_size;
	struct kp_guest_conf conf;
	struct kp_guest_filter filter;
	struct kp_guest_info info;
	bool amd; /* x86: vendor, for the PMU's registers */

	pthread_mutex_t
		lock; /* guards what follows, and ready and error of the vCPUs while created */
	pthread_cond_t go;
	pthread_cond_t done;
	bool has_sync;
	uint64_t generation;
	unsigned int nr_running;
	bool quit;

	unsigned int nr_vcpus; /* length of vcpus; those not created yet have fd -1 */
	struct kp_vcpu *vcpus;
};

/* A payload and where its code is. */
struct kp_guest_code {
	struct kp_guest_payload payload;
	const char *entry;
};

extern const char kp_guest_code_start[];
extern const char kp_guest_code_end[];
extern const char kp_guest_code_entry[];

/* error.c */
int kp_guest_fail(struct kp_guest_error *error, int vcpu, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void kp_guest_error_add(struct kp_guest_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int kp_guest_explain(struct kp_vcpu *vcpu, struct kp_guest_error *error);
int kp_guest_explain_hang(struct kp_vcpu *vcpu, uint64_t hang_ns, struct kp_guest_error *error);
int kp_guest_explain_fault(struct kp_vcpu *vcpu, struct kp_guest_error *error);

/* stats.c */
void kp_guest_stats_open(struct kp_vcpu *vcpu);
bool kp_guest_stats_exits(const struct kp_vcpu *vcpu, uint64_t *exits);

/* run.c */
void *kp_guest_vcpu_thread(void *arg);
int kp_guest_kick_prepare(void);
void kp_guest_kick(struct kp_vcpu *vcpu);
uint64_t kp_guest_now_ns(void);

uint64_t kp_guest_period(const struct kp_guest_job *job);
bool kp_guest_counts_known(const struct kp_guest *guest, const struct kp_guest_job *job);
void kp_guest_expect(const struct kp_guest_page *page, unsigned int n,
		     struct kp_guest_counter *counter);

/* guest.c */
bool kp_guest_has_cap(const struct kp_guest *guest, int cap);
int kp_guest_vcpu_create(struct kp_vcpu *vcpu, struct kp_guest_error *error);

/* The architecture's payloads; the table ends with a NULL name. */
extern const struct kp_guest_code kp_guest_codes[];

/*
 * What an architecture provides: x86.c or arm64.c; noarch.c refuses everything. All fill error and
 * return 0 or -errno.
 */

/* Before the machine exists: does this host's KVM have what is needed? */
int kp_guest_arch_check(struct kp_guest *guest, struct kp_guest_error *error);
/* Argument of KVM_CREATE_VM. */
unsigned long kp_guest_arch_vm_type(const struct kp_guest *guest);
/* The machine exists, no vCPU yet: capabilities, interrupt controller, memory tables. */
int kp_guest_arch_vm_init(struct kp_guest *guest, struct kp_guest_error *error);
/* A vCPU exists. Called on the vCPU's own thread. */
int kp_guest_arch_vcpu_init(struct kp_vcpu *vcpu, struct kp_guest_error *error);
/* All vCPUs exist. */
int kp_guest_arch_vm_finish(struct kp_guest *guest, struct kp_guest_error *error);
/* Put the registers of a vCPU at the entry of the job's payload, and its orders into its page. */
int kp_guest_arch_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
		      struct kp_guest_error *error);
/* Fill in names, events and expected counts of the counters that arch_job() programmed. */
void kp_guest_arch_counters(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
			    struct kp_guest_vcpu_result *result);
/* What is this exit? Sets the answer of a read, too. */
enum kp_guest_action kp_guest_arch_exit(const struct kp_vcpu *vcpu);
/* What KVM_EXIT_FAIL_ENTRY's reason means. */
const char *kp_guest_arch_fail_entry(uint64_t reason);
/* Append the registers to an error, after something went wrong. */
void kp_guest_arch_regs(const struct kp_vcpu *vcpu, struct kp_guest_error *error);
/* What the exception is that the guest reported; error->err becomes EOPNOTSUPP if KVM refused. */
void kp_guest_arch_fault(const struct kp_vcpu *vcpu, struct kp_guest_error *error);

#endif
