// SPDX-License-Identifier: GPL-2.0-only
/*
 * host_rules.c - findings about the host's settings, what perf's modifiers mean on it, and what
 * could not be looked at. Pure.
 */
#include "doctor/rule.h"

#include <limits.h>
#include <string.h>

/* Without a list of PMUs nothing is known about them. */
static void look_no_pmu(struct kp_exam *x)
{
	const struct kp_host *h = x->c->host;
	bool virtual = x->c->detail && x->c->detail->hypervisor == KP_TRI_YES;

	if (!h->nr_pmus || kp_case_core_pmu(x->c))
		return;
	kp_exam_add(x, "pmu", 0, 0, "none of the %zu PMUs is a CPU core's", h->nr_pmus);
	if (virtual) {
		kp_exam_add(x, "kernel", 0, 0, "this host is a VM itself");
		kp_exam_fix(x, "give this VM a PMU where it runs (QEMU: -cpu host,pmu=on), or use "
			       "events of software: cpu-clock");
	}
}

static void add_mode(struct kp_exam *x, const char *text)
{
	kp_exam_add(x, "setting", 0, 0, "%s", text);
}

static const char *guest_only(const struct kp_case *c)
{
	const struct kp_host_detail *d = c->detail;

	if (kp_case_is_arm64(c))
		return c->messages && kp_host_messages_find(c->messages, 0, "Protected")
			       ? "with :G: guests alone; reads 0, as KVM runs in protected mode"
			       : "with :G: guests alone; switched at VM entry and exit";
	if (d && d->vendor == KP_HOST_VENDOR_AMD)
		return "with :G: guests alone; the hardware tells them apart (GuestOnly)";
	return "with :G: guests alone; switched at VM entry and exit";
}

/*
 * perf 6.13 stopped setting exclude_guest by default (event_attr_init()) and adds it when an event
 * is refused with EOPNOTSUPP (evsel__fallback(), tools/perf/util/evsel.c).
 */
static void look_modifiers(struct kp_exam *x)
{
	if (x->c->host->kvm != KP_TRI_YES || !kp_case_core_pmu(x->c))
		return;
	if (!kp_case_mediated(x->c)) {
		add_mode(x, "without: host and guests (perf before 6.13: the host alone)");
		add_mode(x, guest_only(x->c));
		add_mode(x, "with :H: the host alone");
		return;
	}
	add_mode(x, "without: host and guests (perf before 6.13: the host alone); refused beside a "
		    "mediated VM, then perf counts with :H and shows it in the event's name");
	add_mode(x, "with :G: guests alone; refused beside a mediated VM, and none can start");
	add_mode(x,
		 "with :H: the host alone, without what it does while a mediated guest's counters "
		 "are loaded");
}

static void look_paranoid(struct kp_exam *x)
{
	static const char *const may[] = {
		[1] = "count their own tasks, not whole CPUs",
		[2] = "count their own tasks in user mode, not the kernel, not whole CPUs",
		[3] = "open no event at all where the kernel has this level (Debian, Ubuntu); else "
		      "as at 2",
	};
	int level = x->c->host->paranoid;

	if (level == INT_MIN || level < 1)
		return;
	kp_exam_add(x, "setting", 0, 0, "kernel.perf_event_paranoid is %d: users may %s", level,
		    may[level > 3 ? 3 : level]);
}

/* An event of one's own task in user mode is enough. */
static void look_any_user(struct kp_exam *x)
{
	int level = x->c->host->paranoid;

	if (!kp_case_mediated(x->c) || level == INT_MIN || level > 2)
		return;
	kp_exam_add(x, "setting", 0, 0, "kernel.perf_event_paranoid is %d", level);
	kp_exam_add(x, "setting", 0, 0, "%s is Y", kp_case_parameter(x->c));
}

static void look_view(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_host_messages *m = x->c->messages;

	if (!owners)
		kp_exam_add(x, "kernel", 0, 0, "processes: no VM, vCPU or event was looked at");
	else if (!owners->from_bpf)
		kp_exam_add(x, "kernel", 0, 0, "events and vPMUs are seen through /proc alone%s%s",
			    *owners->why_not_bpf ? ": " : "", owners->why_not_bpf);
	if (owners && owners->truncated)
		kp_exam_add(x, "kernel", 0, 0, "some processes may not be looked at");
	if (m && m->err)
		kp_exam_add(x, "kernel", 0, 0, "the kernel's log is not there to read (%s)",
			    strerror(-m->err));
}

const struct kp_rule kp_rules_host[] = {
	{ .id = "host-without-pmu",
	  .severity = KP_WARNING,
	  .title = "This host has no hardware PMU",
	  .cause = "The kernel registered no PMU of its CPU cores: hardware events fail to open "
		   "(ENOENT; perf: '<not supported>'), and guests have no PMU either.",
	  .fix = "use events of software: cpu-clock",
	  .look = look_no_pmu },
	{ .id = "anyone-can-block-vms",
	  .severity = KP_NOTE,
	  .title = "Any user can keep mediated VMs from starting",
	  .cause = "An event of one's own task in user mode needs no rights at this level; unless "
		   "it excludes guests, no mediated VM starts while it is open (EBUSY).",
	  .fix = "sysctl kernel.perf_event_paranoid=3, where the kernel has that level (Debian, "
		 "Ubuntu)",
	  .look = look_any_user },
	{ .id = "perf-modifiers",
	  .severity = KP_NOTE,
	  .title = "What perf's modifiers count on this host",
	  .cause = "perf translates them to exclude_host and exclude_guest of the event; what the "
		   "kernel makes of those depends on how guests get their PMU.",
	  .fix = "write the modifier that is meant, ':H', ':G' or ':HG'",
	  .look = look_modifiers },
	{ .id = "paranoid",
	  .severity = KP_NOTE,
	  .title = "Users without CAP_PERFMON may not count everything",
	  .cause = "kernel.perf_event_paranoid says what needs no rights; root and holders of "
		   "CAP_PERFMON are not concerned.",
	  .fix = "run as root, or give the tool CAP_PERFMON: 'setcap cap_perfmon+ep FILE'",
	  .look = look_paranoid },
	{ .id = "limited-view",
	  .severity = KP_NOTE,
	  .title = "Not everything could be looked at",
	  .cause = "Other users' processes, BPF and the kernel's log are for root; a snapshot has "
		   "no processes at all.",
	  .fix = "run 'kvmpmu doctor' as root on the host itself",
	  .look = look_view },
	{ 0 },
};
