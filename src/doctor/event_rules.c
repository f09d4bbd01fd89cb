// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_rules.c - findings about single perf events that count nothing, or not what they seem to.
 * Pure.
 */
#include "doctor/rule.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/str.h"

/* include/linux/perf_event.h */
#define STATE_ERROR    (-2)
#define STATE_INACTIVE 0

/* A task's event that never ran in this time is starved; less may be chance. */
#define STARVED_NS KP_NSEC_PER_SEC

#define BOTH (KP_OWNER_EXCLUDE_HOST | KP_OWNER_EXCLUDE_GUEST)

static const char *holder(const struct kp_owner_event *e)
{
	if (e->kind == KP_OWNER_KVM)
		return "KVM, for a guest's counter,";
	return *e->comm ? e->comm : e->pid ? "a process" : "the kernel";
}

static void add(struct kp_exam *x, const struct kp_owner_event *e, const char *what)
{
	char buf[128];

	kp_exam_add(x, "event", e->pid, 0, "%s%s%s", holder(e), what,
		    kp_event_words(e, buf, sizeof(buf)));
}

static void look_nothing(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	size_t i;

	for (i = 0; owners && i < owners->nr_events; i++)
		if ((owners->events[i].valid & KP_OWNER_HAS_ATTR) &&
		    (owners->events[i].flags & BOTH) == BOTH)
			add(x, &owners->events[i], " counts neither host nor guest: ");
}

static void look_error(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_event *e;
	size_t i;

	for (i = 0; owners && i < owners->nr_events; i++) {
		e = &owners->events[i];
		if ((e->valid & KP_OWNER_HAS_STATE) && e->state == STATE_ERROR)
			add(x, e, " has a pinned event that found no counter: ");
	}
}

/*
 * Never ran, though it waits: rotation gives each event of a CPU its turn within milliseconds. One
 * of a task waits for the task, too; and the kernel brings enabled_ns up to date when somebody
 * reads the event, not before.
 */
static bool is_starved(const struct kp_owner_event *e)
{
	const uint32_t needed = KP_OWNER_HAS_STATE | KP_OWNER_HAS_TIME | KP_OWNER_HAS_CPU;
	bool of_cpu = e->cpu >= 0 && !((e->valid & KP_OWNER_HAS_TASK) && e->task_tid) &&
		      !(e->flags & KP_OWNER_CGROUP);

	return e->kind != KP_OWNER_WATCHDOG && (e->valid & needed) == needed &&
	       e->state == STATE_INACTIVE && !e->running_ns && e->core == KP_TRI_YES &&
	       (of_cpu || e->enabled_ns >= STARVED_NS);
}

/* Could @pinned take a counter of @e's: on the same PMU, and where both can be? */
static bool in_the_way(const struct kp_owner_event *pinned, const struct kp_owner_event *e)
{
	bool both_on_cpus = (pinned->valid & KP_OWNER_HAS_CPU) && (e->valid & KP_OWNER_HAS_CPU) &&
			    pinned->cpu >= 0 && e->cpu >= 0;

	return (pinned->valid & KP_OWNER_HAS_ATTR) && (pinned->flags & KP_OWNER_PINNED) &&
	       (pinned->valid & KP_OWNER_HAS_STATE) && pinned->state == 1 &&
	       pinned->core != KP_TRI_NO && (!both_on_cpus || pinned->cpu == e->cpu);
}

static size_t count_pinned(const struct kp_owners *owners, const struct kp_owner_event *e)
{
	size_t i, nr = 0;

	for (i = 0; i < owners->nr_events; i++)
		nr += in_the_way(&owners->events[i], e);
	return nr;
}

static void look_starved(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_event *e;
	size_t i, pinned;
	char buf[128];

	for (i = 0; owners && i < owners->nr_events; i++) {
		e = &owners->events[i];
		pinned = is_starved(e) ? count_pinned(owners, e) : 0;
		if (!pinned)
			continue;
		kp_exam_add(x, "event", e->pid, 0, "%s waits for a counter behind %zu pinned: %s",
			    holder(e), pinned, kp_event_words(e, buf, sizeof(buf)));
	}
	if (!x->found.nr_evidence)
		return;
	for (i = 0; i < owners->nr_events; i++) {
		e = &owners->events[i];
		if (e->kind == KP_OWNER_WATCHDOG || !in_the_way(e, &owners->events[i]))
			continue;
		add(x, e, " has pinned ");
	}
}

static void look_shared(struct kp_exam *x)
{
	const struct kp_owners *owners = x->c->owners;
	const struct kp_owner_event *e;
	char buf[128];
	size_t i;

	for (i = 0; owners && i < owners->nr_events; i++) {
		e = &owners->events[i];
		if (!(e->valid & KP_OWNER_HAS_TIME) || e->core != KP_TRI_YES ||
		    e->enabled_ns < STARVED_NS || !e->running_ns ||
		    e->running_ns > e->enabled_ns / 100 * 99 || e->stops == KP_TRI_YES)
			continue;
		kp_exam_add(x, "event", e->pid, 0, "%s counts part of the time: %s", holder(e),
			    kp_event_words(e, buf, sizeof(buf)));
	}
}

const struct kp_rule kp_rules_event[] = {
	{ .id = "event-counts-nothing",
	  .severity = KP_PROBLEM,
	  .title = "An event excludes host and guest: it counts nothing",
	  .cause = "exclude_host and exclude_guest are both set. perf does that itself when an "
		   "event of guests alone ('perf kvm --guest') is refused with EOPNOTSUPP beside a "
		   "mediated VM: it adds exclude_guest and tries again.",
	  .fix = "stop it, and count the host with ':H' or, inside the guest, the guest",
	  .look = look_nothing },
	{ .id = "event-in-error",
	  .severity = KP_PROBLEM,
	  .title = "A pinned event has no counter: it counts nothing",
	  .cause = "A pinned event that does not get its counter at once goes into error state "
		   "and stays there; reads of it return end of file.",
	  .fix = "end other users of the counters, or open it without pinned, then open it anew",
	  .look = look_error },
	{ .id = "event-starved",
	  .severity = KP_PROBLEM,
	  .title = "Pinned events hold the counters that other events wait for",
	  .cause = "Pinned events are not rotated: what they hold, others never get. KVM's events "
		   "for an emulated vPMU and the NMI watchdog's are pinned.",
	  .fix = "end or unpin the pinned events, or count fewer at once",
	  .look = look_starved },
	{ .id = "event-multiplexed",
	  .severity = KP_NOTE,
	  .title = "Events share counters: their counts are scaled",
	  .cause = "There are more events than counters, so the kernel rotates them; tools "
		   "multiply what they counted by enabled over running time.",
	  .fix = "count fewer events at once",
	  .look = look_shared },
	{ 0 },
};
