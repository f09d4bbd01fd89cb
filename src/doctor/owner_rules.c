// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner_rules.c - findings about the rule that mediated VMs and events that count guests exclude
 * each other (kernel/events/core.c, mediated_pmu_account_event() and perf_create_mediated_pmu()).
 * Pure.
 */
#include "doctor/rule.h"

#include <string.h>

static void look_mediated_vms(struct kp_exam *x)
{
	if (!kp_exam_add_mediated_vms(x, x->c->owners) && x->found.nr_evidence)
		kp_exam_title(x, "VMs that are likely mediated refuse events that count guests");
}

static void look_blockers(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;

	if (!kp_case_mediated(x->c) || !owners || kp_only_watchdog(owners))
		return;
	/* nothing can block while a mediated VM is there: such events do not open then */
	if (owners->nr_mediated_vms > 0 || !owners->nr_include_guest)
		return;
	if (!kp_exam_add_blockers(x, owners) && x->found.nr_evidence)
		kp_exam_title(x, "Open events may keep mediated VMs from starting");
}

/* CONFIG_HARDLOCKUP_DETECTOR_BUDDY is behind the same switch and has no events. */
static bool watchdog_is_perf(const struct kp_case *c)
{
	char buf[16];
	const char *perf;

	if (!c->detail)
		return true;
	perf = kp_host_config_get(c->detail, "CONFIG_HARDLOCKUP_DETECTOR_PERF", buf, sizeof(buf));
	return !perf || !strcmp(perf, "y");
}

static void look_watchdog(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	size_t nr = kp_watchdog_events(owners);

	if (!kp_case_mediated(x->c) || (owners && owners->nr_mediated_vms > 0))
		return;
	if (nr) {
		kp_exam_add(x, "kernel", 0, 0, "the NMI watchdog holds an event on %zu CPU%s", nr,
			    nr == 1 ? "" : "s");
		return;
	}
	if (x->c->host->nmi_watchdog != KP_TRI_YES || !watchdog_is_perf(x->c))
		return;
	if (owners && (owners->watchdog_seen || !owners->nr_include_guest))
		return;
	kp_exam_title(x, "The NMI watchdog likely keeps mediated VMs from starting");
	kp_exam_add(x, "setting", 0, 0, "kernel.nmi_watchdog is 1");
}

/* Switched on while a mediated VM runs, its events are refused, and nothing says so. */
static void look_watchdog_idle(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;

	if (x->c->host->nmi_watchdog != KP_TRI_YES || !watchdog_is_perf(x->c) || !owners)
		return;
	if (owners->nr_mediated_vms <= 0 || kp_watchdog_events(owners) || owners->nr_include_guest)
		return;
	kp_exam_add(x, "setting", 0, 0, "kernel.nmi_watchdog is 1");
	kp_exam_add(x, "kernel", 0, 0, "no event counts guests, so the watchdog has none");
}

static void look_blind(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_event *e;
	char buf[128];
	size_t i;

	for (i = 0; owners && i < owners->nr_events; i++) {
		e = &owners->events[i];
		if (e->kind != KP_OWNER_USER || e->stops != KP_TRI_YES ||
		    (e->flags & KP_OWNER_EXCLUDE_HOST))
			continue;
		kp_exam_add(x, "event", e->pid, 0, "%s counts %s", *e->comm ? e->comm : "a process",
			    kp_event_words(e, buf, sizeof(buf)));
	}
}

const struct kp_rule kp_rules_owner[] = {
	{ .id = "mediated-vms",
	  .severity = KP_WARNING,
	  .title = "Mediated VMs refuse events that count guests",
	  .cause = "While a VM with a mediated vPMU exists, the kernel opens no event on the core "
		   "PMU that counts guests too, not even of one task: perf_event_open() fails with "
		   "EOPNOTSUPP.",
	  .fix = "count the host alone: 'perf stat -e cycles:H', or attr.exclude_guest = 1; the "
		 "guest's part is counted in the guest",
	  .look = look_mediated_vms },
	{ .id = "events-block-vms",
	  .severity = KP_WARNING,
	  .title = "Open events keep mediated VMs from starting",
	  .cause = "While an event on the core PMU counts guests, enabled or not, the first vCPU "
		   "of a mediated VM cannot be made: KVM_CREATE_VCPU fails with EBUSY.",
	  .fix = "stop these processes, or have them count with exclude_guest (perf: ':H')",
	  .look = look_blockers },
	{ .id = "watchdog-blocks-vms",
	  .severity = KP_WARNING,
	  .title = "The NMI watchdog keeps mediated VMs from starting",
	  .cause = "Its event on each CPU counts guests too, and beside such an event the first "
		   "vCPU of a mediated VM cannot be made: KVM_CREATE_VCPU fails with EBUSY.",
	  .fix = "sysctl kernel.nmi_watchdog=0 before VMs are started",
	  .look = look_watchdog },
	{ .id = "watchdog-without-event",
	  .severity = KP_NOTE,
	  .title = "The NMI watchdog is switched on but does not watch",
	  .cause = "It was switched on while a mediated VM existed; its event counts guests, so "
		   "the kernel refused it.",
	  .fix = "sysctl kernel.nmi_watchdog=0, so that the setting says what is so",
	  .look = look_watchdog_idle },
	{ .id = "host-blind",
	  .severity = KP_NOTE,
	  .title = "Host events stand still while mediated guests run",
	  .cause = "Events with exclude_guest leave the PMU whenever a mediated guest's counters "
		   "are loaded, from before VM entry until after the exits that follow; what the "
		   "host does in between is not in their counts.",
	  .fix = "read counts as those of the time outside; 'kvmpmu report' of a recording with "
		 "--switch-detail shows how long the guests' counters were loaded",
	  .look = look_blind },
	{ 0 },
};
