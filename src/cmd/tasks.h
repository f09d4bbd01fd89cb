/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tasks.h - names of the processes and threads of a recording, and which vCPU a thread's name
 * tells. Private to src/cmd.
 */
#ifndef KP_CMD_TASKS_H
#define KP_CMD_TASKS_H

#include "kp.h"
#include "lib/hash.h"
#include "lib/vec.h"

#define KP_COMM_LEN 16

struct kp_comm {
	char name[KP_COMM_LEN];
};

/** struct kp_tasks - zero-initialise */
struct kp_tasks {
	struct kp_hash by_tid; /* index in comms */
	KP_VEC(struct kp_comm) comms;
};

/** kp_tasks_learn - the name of a thread; what exceeds the table's bound is forgotten */
void kp_tasks_learn(struct kp_tasks *tasks, uint32_t tid, const char *comm);

/** kp_tasks_fork - a new thread has its creator's name until it says otherwise */
void kp_tasks_fork(struct kp_tasks *tasks, uint32_t tid, uint32_t parent);

/** kp_tasks_comm - name of a thread, of a process when given its pid; NULL unknown */
const char *kp_tasks_comm(struct kp_tasks *tasks, uint32_t tid);

/**
 * kp_tasks_vcpu - number of the vCPU that a thread's name tells: "CPU 3/KVM" (QEMU), "fc_vcpu 3"
 * (Firecracker), "vcpu3" (Cloud Hypervisor), "crosvm_vcpu3", "kvm-vcpu-3" (kvmtool)
 */
bool kp_tasks_vcpu(const char *comm, uint32_t *vcpu);

void kp_tasks_free(struct kp_tasks *tasks);

#endif
