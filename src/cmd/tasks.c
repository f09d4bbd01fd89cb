// SPDX-License-Identifier: GPL-2.0-only
/*
 * tasks.c - remembers names of threads, in bounded memory.
 */
#include "tasks.h"

#include <stdio.h>
#include <string.h>

#include "lib/str.h"

/* PID_MAX_LIMIT is 4 Mi; those with a vCPU are few, but their names may come late. 2 MiB. */
#define TASKS_MAX 65536

void kp_tasks_learn(struct kp_tasks *tasks, uint32_t tid, const char *comm)
{
	uint64_t *at = kp_hash_get(&tasks->by_tid, tid);
	struct kp_comm c = { 0 };

	kp_str_copy(c.name, sizeof(c.name), comm);
	if (at) {
		tasks->comms.at[*at] = c;
		return;
	}
	if (tasks->comms.nr >= TASKS_MAX || kp_hash_put(&tasks->by_tid, tid, tasks->comms.nr))
		return;
	if (kp_vec_push(&tasks->comms, c))
		kp_hash_del(&tasks->by_tid, tid);
}

void kp_tasks_fork(struct kp_tasks *tasks, uint32_t tid, uint32_t parent)
{
	const char *name = kp_tasks_comm(tasks, parent);
	struct kp_comm copy = { 0 };

	if (!name || tid == parent)
		return;
	/* the table may move when it grows */
	kp_str_copy(copy.name, sizeof(copy.name), name);
	kp_tasks_learn(tasks, tid, copy.name);
}

const char *kp_tasks_comm(struct kp_tasks *tasks, uint32_t tid)
{
	uint64_t *at = kp_hash_get(&tasks->by_tid, tid);

	return at ? tasks->comms.at[*at].name : NULL;
}

bool kp_tasks_vcpu(const char *comm, uint32_t *vcpu)
{
	static const char *const prefixes[] = { "CPU ", "fc_vcpu", "crosvm_vcpu", "kvm-vcpu",
						"vcpu" };
	char digits[KP_COMM_LEN];
	uint64_t n;
	size_t i, len;

	for (i = 0; i < KP_ARRAY_SIZE(prefixes); i++)
		if (!strncmp(comm, prefixes[i], strlen(prefixes[i])))
			break;
	if (i == KP_ARRAY_SIZE(prefixes))
		return false;
	comm += strlen(prefixes[i]);
	comm += strspn(comm, " -_");
	len = strspn(comm, "0123456789");
	if (!len || (comm[len] && strcmp(comm + len, "/KVM") && strcmp(comm + len, "/TCG")))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)len, comm);
	if (kp_str_u64(digits, &n) || n > UINT16_MAX)
		return false;
	*vcpu = (uint32_t)n;
	return true;
}

void kp_tasks_free(struct kp_tasks *tasks)
{
	kp_hash_free(&tasks->by_tid);
	kp_vec_free(&tasks->comms);
}
