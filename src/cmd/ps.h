/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ps.h - what kvmpmu ps shows and the parts that show it. Private to src/cmd.
 */
#ifndef KP_CMD_PS_H
#define KP_CMD_PS_H

#include "counter_name.h"
#include "out.h"
#include "owner.h"

/**
 * struct kp_ps - one look, ready to be shown
 * @vms, @vcpus, @events: which tables; @all: events of software, tracepoints and other PMUs too
 * @merge: events of one kind on many CPUs are one row
 * @vm: show only what belongs to kp_owners.vms[vm]; @has_vm
 * @pid, @pmu, @blocking: show only events of that process (0 any), PMU (NULL any), or that block
 * @guest: names of what is counted, by the host's processor
 * @hidden: events that were left out because they are no hardware events
 */
struct kp_ps {
	bool vms, vcpus, events, all, merge;
	bool has_vm, blocking;
	size_t vm;
	uint32_t pid;
	const char *pmu;
	const struct kp_host *host;
	const struct kp_owners *owners;
	struct kp_counter_names guest;
	struct kp_out *out;
	size_t hidden;
};

/** kp_ps_event_name - what an event counts, into @buf; NULL unknown */
const char *kp_ps_event_name(const struct kp_ps *ps, const struct kp_owner_event *ev, char *buf,
			     size_t size);

/**
 * kp_ps_cpu - the processor that names events of @pmu, and which of its PMUs that is; NULL
 * unknown
 */
const struct kp_cpu *kp_ps_cpu(const struct kp_ps *ps, const char *pmu, unsigned int *nr);

/** kp_ps_guests, kp_ps_events - tables of VMs, vCPUs and their counters; of events */
void kp_ps_guests(const struct kp_ps *ps);
int kp_ps_events(struct kp_ps *ps);

#endif
