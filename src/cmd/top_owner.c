// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_owner.c - who holds the counters now, and what the doctor says of it: looked at now and then
 * by the collecting thread, and put into its frames.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "lib/str.h"
#include "owner.h"
#include "top.h"

/**
 * struct kp_top_owner - @src: stays loaded; @owners: as last looked; @notes: what the doctor found
 */
struct kp_top_owner {
	struct kp_sysroot *root;
	const struct kp_host *host;
	struct kp_host_detail *detail;
	struct kp_ownersrc *src;
	struct kp_owners *owners;
	struct kp_findings findings;
};

int kp_top_owner_new(struct kp_sysroot *root, const struct kp_host *host, struct kp_top_owner **out)
{
	struct kp_top_owner *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->root = root;
	o->host = host;
	err = kp_ownersrc_new(root, host, true, &o->src);
	if (!err)
		err = kp_host_detail_collect(root, host, &o->detail);
	if (err)
		kp_top_owner_free(o);
	else
		*out = o;
	return err;
}

void kp_top_owner_free(struct kp_top_owner *o)
{
	if (!o)
		return;
	kp_findings_free(&o->findings);
	kp_owners_free(o->owners);
	kp_ownersrc_free(o->src);
	kp_host_detail_free(o->detail);
	free(o);
}

int kp_top_owner_look(struct kp_top_owner *o)
{
	struct kp_host_messages messages = { 0 };
	struct kp_case c = { .host = o->host, .detail = o->detail };
	int err;

	kp_owners_free(o->owners);
	o->owners = NULL;
	kp_findings_free(&o->findings);
	err = kp_ownersrc_take(o->src, &o->owners);
	if (!err)
		err = kp_host_messages_read(o->root, 0, &messages);
	c.owners = o->owners;
	c.messages = &messages;
	if (!err)
		err = kp_doctor_examine(&c, &o->findings);
	kp_host_messages_free(&messages);
	return err;
}

/* ---- into frames ---- */

static const struct kp_owner_vcpu *find_vcpu(const struct kp_top_owner *o, uint32_t vm,
					     uint32_t tid)
{
	const struct kp_owner_vcpu *v;

	if (!o || !o->owners)
		return NULL;
	for (v = o->owners->vcpus; v < o->owners->vcpus + o->owners->nr_vcpus; v++)
		if (v->pid == vm && v->tid == tid)
			return v;
	return NULL;
}

void kp_top_owner_pmu(const struct kp_top_owner *o, struct kp_frame_vcpu *c)
{
	static const char *const modes[] = {
		[KP_VPMU_NONE] = "none",
		[KP_VPMU_EMULATED] = "emulated",
		[KP_VPMU_MEDIATED] = "mediated",
	};
	const struct kp_owner_vcpu *v = find_vcpu(o, c->vm, c->tid);

	if (!v)
		return;
	if (v->mode != KP_VPMU_UNKNOWN)
		kp_str_copy(c->mode, sizeof(c->mode), modes[v->mode]);
	if (v->pmu[0])
		kp_str_copy(c->backing, sizeof(c->backing), v->pmu);
	if (!c->has_cpu && (v->valid & KP_VCPU_HAS_CPU)) {
		c->has_cpu = true;
		c->cpu = v->cpu;
	}
}

static struct kp_frame_counter *counter_of(struct kp_frame *f, uint32_t tid, bool fixed,
					   uint8_t index)
{
	size_t i;

	for (i = 0; i < f->nr_counters; i++)
		if (f->counters[i].snap.tid == tid && f->counters[i].snap.fixed == fixed &&
		    f->counters[i].snap.index == index)
			return &f->counters[i];
	return NULL;
}

static void event_name(const struct kp_owner_event *e, char *buf, size_t size)
{
	const char *mode = e->flags & KP_OWNER_EXCLUDE_GUEST  ? ":H"
			   : e->flags & KP_OWNER_EXCLUDE_HOST ? ":G"
							      : "";

	snprintf(buf, size, "%s/config=0x%jx/%s", e->pmu[0] ? e->pmu : "?", (uintmax_t)e->config,
		 e->valid & KP_OWNER_HAS_ATTR ? mode : "");
}

/* Before 6.12 the cycle counter was 0 and the others came behind it (drivers/perf/arm_pmuv3.c). */
static bool is_old_arm64(const struct kp_host *host)
{
	unsigned int major = 0, minor = 0;

	if (!host->machine || strcmp(host->machine, "aarch64") || !host->osrelease)
		return false;
	return sscanf(host->osrelease, "%u.%u", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 12));
}

#define X86_FIXED   32 /* INTEL_PMC_IDX_FIXED */
#define ARM64_CYCLE 31 /* ARMV8_PMU_CYCLE_IDX */

/* Which counter an event of the host has, numbered as the guest's own; false: none, or unknown. */
static bool counter_index(const struct kp_host *host, const struct kp_owner_event *e,
			  struct kp_snap_counter *out)
{
	bool arm64 = host->machine && !strcmp(host->machine, "aarch64");
	int cycle = is_old_arm64(host) ? 0 : ARM64_CYCLE;
	int index = e->index;

	if (!(e->valid & KP_OWNER_HAS_INDEX) || e->core != KP_TRI_YES)
		return false;
	*out = (struct kp_snap_counter){ .fixed = arm64 ? index == cycle : index >= X86_FIXED };
	if (!arm64)
		out->index = (uint8_t)(out->fixed ? index - X86_FIXED : index);
	else if (!out->fixed)
		out->index = (uint8_t)(cycle ? index : index - 1);
	return true;
}

/* Does it count on @cpu: because it is bound to it, or because its task runs there? */
static bool counts_on(const struct kp_owners *w, const struct kp_owner_event *e, uint32_t cpu)
{
	const struct kp_owner_vcpu *v;

	if (e->cpu >= 0)
		return (uint32_t)e->cpu == cpu;
	for (v = w->vcpus; v < w->vcpus + w->nr_vcpus; v++)
		if (e->task_tid && v->tid == e->task_tid)
			return (v->valid & KP_VCPU_HAS_CPU) && v->cpu == cpu;
	return false;
}

/* Who has the guest's counter now, and what the host has on that one. */
static void fill_holder(const struct kp_top_owner *o, const struct kp_owner_vcpu *v,
			struct kp_frame_counter *out)
{
	const struct kp_owner_event *e, *end = o->owners->events + o->owners->nr_events;
	struct kp_snap_counter at;

	if (v->mode == KP_VPMU_EMULATED)
		out->held_by = "host";
	else if (v->mode == KP_VPMU_MEDIATED && v->valid & KP_VCPU_HAS_LOADED)
		out->held_by = v->loaded ? "guest" : "host";
	for (e = o->owners->events; e < end && v->valid & KP_VCPU_HAS_CPU; e++) {
		if (!counter_index(o->host, e, &at) || at.fixed != out->snap.fixed ||
		    at.index != out->snap.index || !counts_on(o->owners, e, v->cpu))
			continue;
		event_name(e, out->host_event, sizeof(out->host_event));
		return;
	}
}

/* What the kernel's own objects say is newer than what trapped, and says more. */
static void fill_counter(const struct kp_owner_vcpu *v, const struct kp_owner_counter *k,
			 struct kp_frame_counter *out)
{
	struct kp_snap_counter *s = &out->snap;

	s->vm = v->pid;
	s->tid = v->tid;
	s->vcpu = v->vcpu;
	s->has_vcpu = v->valid & KP_VCPU_HAS_ID;
	s->fixed = k->fixed;
	s->index = k->index;
	s->has_selector = s->has_value = true;
	s->selector = k->selector;
	s->value = k->value;
}

int kp_top_owner_counters(struct kp_top *top, struct kp_frame *f)
{
	const struct kp_owners *w = top->owner ? top->owner->owners : NULL;
	struct kp_frame_counter *at, *out;
	size_t i, n, nr = 0;

	for (i = 0; w && i < w->nr_vcpus; i++)
		nr += w->vcpus[i].valid & KP_VCPU_HAS_PROGRAM ? w->vcpus[i].nr : 0;
	if (!nr)
		return 0;
	at = realloc(f->counters, (f->nr_counters + nr) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	f->counters = at;
	for (i = 0; i < w->nr_vcpus; i++) {
		const struct kp_owner_vcpu *v = &w->vcpus[i];

		if (top->vm && !kp_top_vm_match(top, v->pid))
			continue;
		for (n = 0; v->valid & KP_VCPU_HAS_PROGRAM && n < v->nr; n++) {
			const struct kp_owner_counter *k = &v->counters[n];

			out = counter_of(f, v->tid, k->fixed, k->index);
			if (!out) {
				out = &f->counters[f->nr_counters++];
				*out = (struct kp_frame_counter){ 0 };
			}
			fill_counter(v, k, out);
			fill_holder(top->owner, v, out);
			kp_top_counter_words(top, out);
		}
	}
	return 0;
}

static void holder(const struct kp_owner_event *e, char *buf, size_t size)
{
	char comm[sizeof(e->comm)] = "";

	kp_framer_clean(comm, sizeof(comm), e->comm);
	if (e->kind == KP_OWNER_KVM)
		kp_str_copy(buf, size, "KVM, for a guest");
	else if (e->kind == KP_OWNER_WATCHDOG)
		kp_str_copy(buf, size, "NMI watchdog");
	else if (e->pid)
		snprintf(buf, size, "%s, process %u", comm, e->pid);
	else
		kp_str_copy(buf, size, "the kernel");
}

/* Only those that hold counters of a core: the others are in nobody's way. */
int kp_top_owner_events(const struct kp_top *top, struct kp_frame *f)
{
	const struct kp_top_owner *o = top->owner;
	const struct kp_owners *w = o ? o->owners : NULL;
	struct kp_snap_counter at;
	struct kp_frame_event *out;
	size_t i;

	if (!w)
		return 0;
	out = f->events_open = calloc(w->nr_events + 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (i = 0; i < w->nr_events; i++) {
		const struct kp_owner_event *e = &w->events[i];

		if (e->core == KP_TRI_NO)
			continue;
		out->tid = e->task_tid;
		out->cpu = e->valid & KP_OWNER_HAS_CPU ? e->cpu : -1;
		holder(e, out->holder, sizeof(out->holder));
		event_name(e, out->event, sizeof(out->event));
		if (top->has_counters && counter_index(o->host, e, &at))
			kp_counter_name(&top->counters, &at, out->counter, sizeof(out->counter));
		out->state = !(e->valid & KP_OWNER_HAS_STATE) ? ""
			     : e->state == 1		      ? "active"
			     : e->state == 0		      ? "inactive"
			     : e->state == -1		      ? "off"
							      : "error";
		out->has_blocks = e->blocks != KP_TRI_UNKNOWN;
		out->blocks = e->blocks == KP_TRI_YES;
		out++;
	}
	f->nr_events_open = (size_t)(out - f->events_open);
	f->has_owners = true;
	return 0;
}

void kp_top_owner_notes(const struct kp_top_owner *o, struct kp_frame *f)
{
	const struct kp_finding *x;

	if (!o || !o->owners)
		return;
	for (x = o->findings.at; x < o->findings.at + o->findings.nr; x++)
		kp_frame_note(f, x->severity == KP_NOTE ? KP_NOTE_INFO : KP_NOTE_WARNING, x->id,
			      "%s. %s %s", x->title, x->cause, x->fix);
	if (!o->owners->from_bpf)
		kp_frame_note(f, KP_NOTE_MISSING, "owners",
			      "what guests programmed and what KVM opened is not known: %s",
			      o->owners->why_not_bpf[0] ? o->owners->why_not_bpf : "no BPF");
}
