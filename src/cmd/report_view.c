// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_view.c - the document of kvmpmu report: where the recording comes from, what the reader
 * must know of it, and the tables. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/str.h"

#define FIELD(key, title, val)	     kp_out_field(out, key, title, KP_UNIT_NONE, val)
#define FIELD_NS(key, title, val)    kp_out_field(out, key, title, KP_UNIT_NS, val)
#define FIELD_COUNT(key, title, val) kp_out_field(out, key, title, KP_UNIT_COUNT, val)

/* ---- head ---- */

/* "a, b, c" of what is known. */
KP_PRINTF(2, 3) static void list_add(struct kp_buf *buf, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kp_buf_printf(buf, "%s%s", buf->len ? ", " : "", text);
}

static void text_field(struct kp_out *out, const char *title, struct kp_buf *buf)
{
	if (buf->len)
		FIELD(NULL, title, kp_val_str(buf->data));
	kp_buf_free(buf);
}

/* perf writes features that it knows nothing for as empty strings. */
static bool given(const char *s)
{
	return s && *s;
}

static struct kp_val given_val(const char *s)
{
	return kp_val_str(given(s) ? s : NULL);
}

static void head_text(const struct kp_meta *meta, struct kp_out *out)
{
	struct kp_buf host = { 0 }, cpu = { 0 }, by = { 0 };

	if (given(meta->hostname))
		list_add(&host, "%s", meta->hostname);
	if (given(meta->osrelease))
		list_add(&host, "Linux %s", meta->osrelease);
	if (given(meta->arch))
		list_add(&host, "%s", meta->arch);
	if (meta->nr_cpus_online)
		list_add(&host, "%" PRIu32 " CPU%s", meta->nr_cpus_online,
			 meta->nr_cpus_online == 1 ? "" : "s");
	text_field(out, "Host", &host);
	if (given(meta->cpudesc))
		list_add(&cpu, "%s", meta->cpudesc);
	if (given(meta->cpuid))
		list_add(&cpu, "%s", meta->cpuid);
	text_field(out, "CPU", &cpu);
	if (given(meta->cmdline))
		list_add(&by, "%s", meta->cmdline);
	if (given(meta->perf_version))
		list_add(&by, "version %s", meta->perf_version);
	text_field(out, "Made by", &by);
}

static struct kp_val known(uint64_t v)
{
	return v ? kp_val_u64(v) : kp_val_none();
}

static void head_data(const struct kp_report *r, struct kp_out *out)
{
	const struct kp_meta *meta = &r->src->meta;

	FIELD("recording.file", NULL, kp_val_str(r->input));
	FIELD("recording.host", NULL, given_val(meta->hostname));
	FIELD("recording.kernel", NULL, given_val(meta->osrelease));
	FIELD("recording.arch", NULL, given_val(meta->arch));
	FIELD("recording.cpu", NULL, given_val(meta->cpudesc));
	FIELD("recording.cpuid", NULL, given_val(meta->cpuid));
	FIELD("recording.cpus_online", NULL, known(meta->nr_cpus_online));
	FIELD("recording.version", NULL, given_val(meta->perf_version));
	FIELD("recording.command", NULL, given_val(meta->cmdline));
	FIELD("recording.damaged", NULL, kp_val_bool(r->damaged));
}

static void filters(const struct kp_report *r, struct kp_out *out)
{
	struct kp_buf only = { 0 };

	FIELD("filter.vm", NULL, kp_val_str(r->vm));
	FIELD("filter.vcpu", NULL, r->vcpu >= 0 ? kp_val_u64((uint64_t)r->vcpu) : kp_val_none());
	FIELD("filter.cpus", NULL, kp_val_str(r->cpus));
	FIELD("filter.exit", NULL, kp_val_str(r->exits));
	FIELD("filter.from_ns", NULL, known(r->span.from_ns));
	FIELD("filter.to_ns", NULL, known(r->span.to_ns));
	if (r->vm)
		list_add(&only, "VM %s", r->vm);
	if (r->vcpu >= 0)
		list_add(&only, "vCPU %" PRId64, r->vcpu);
	if (r->cpus)
		list_add(&only, "CPU %s", r->cpus);
	if (r->exits)
		list_add(&only, "exit %s", r->exits);
	if (r->time)
		list_add(&only, "time %s", r->time);
	text_field(out, "Only", &only);
}

static void times(const struct kp_snap *snap, struct kp_out *out)
{
	struct kp_val none = kp_val_none();
	char text[96], length[16];

	FIELD("first_ns", NULL, snap->has_time ? kp_val_u64(snap->first_ns) : none);
	FIELD("last_ns", NULL, snap->has_time ? kp_val_u64(snap->last_ns) : none);
	FIELD("duration_ns", NULL,
	      snap->has_time ? kp_val_u64(snap->last_ns - snap->first_ns) : none);
	if (!snap->has_time)
		return;
	kp_str_ns(length, sizeof(length), (double)(snap->last_ns - snap->first_ns));
	snprintf(text, sizeof(text), "%s, from %.6f to %.6f s", length,
		 (double)snap->first_ns / 1e9, (double)snap->last_ns / 1e9);
	FIELD(NULL, "Time", kp_val_str(text));
}

static const char *const pairings[] = {
	[KP_PAIR_NONE] = NULL,
	[KP_PAIR_EXIT_ENTRY] = "exit-entry",
	[KP_PAIR_ENTRY_EXIT] = "entry-exit",
	[KP_PAIR_USERSPACE] = "userspace",
};

static void totals(const struct kp_snap *snap, struct kp_out *out)
{
	const struct kp_stat *t = &snap->total;
	struct kp_val none = kp_val_none();
	uint64_t samples = 0;
	size_t i;

	for (i = 0; i < snap->nr_attrs; i++)
		samples += snap->attrs[i].count;
	FIELD_COUNT("samples", "Samples", kp_val_u64(samples));
	/* perf writes both for the same gaps: as they come, and their sum at the end */
	if (snap->lost || snap->lost_samples)
		FIELD_COUNT(NULL, "Lost", kp_val_u64(kp_max_u64(snap->lost, snap->lost_samples)));
	FIELD_COUNT("lost", NULL, kp_val_u64(snap->lost));
	FIELD_COUNT("lost_samples", NULL, kp_val_u64(snap->lost_samples));
	FIELD_COUNT("throttled", snap->throttled ? "Throttled" : NULL, kp_val_u64(snap->throttled));
	FIELD("pairing", NULL, kp_val_str(pairings[snap->pairing]));
	FIELD("total.count", NULL, kp_val_u64(t->count));
	FIELD("total.total_ns", NULL, t->timed ? kp_val_u64(t->total_ns) : none);
	FIELD("total.min_ns", NULL, t->timed ? kp_val_u64(t->min_ns) : none);
	FIELD("total.mean_ns", NULL,
	      t->timed ? kp_val_f64((double)t->total_ns / (double)t->timed) : none);
	FIELD("total.p50_ns", NULL, t->has_percentiles ? kp_val_u64(t->p50_ns) : none);
	FIELD("total.p99_ns", NULL, t->has_percentiles ? kp_val_u64(t->p99_ns) : none);
	FIELD("total.p999_ns", NULL, t->has_percentiles ? kp_val_u64(t->p999_ns) : none);
	FIELD("total.max_ns", NULL, t->timed ? kp_val_u64(t->max_ns) : none);
	FIELD("unpaired_exits", NULL, kp_val_u64(snap->unpaired_exits));
	FIELD("unpaired_entries", NULL, kp_val_u64(snap->unpaired_entries));
	if (t->count)
		FIELD_COUNT(NULL, "Exits", kp_val_u64(t->count));
	if (t->timed && snap->pairing != KP_PAIR_USERSPACE)
		FIELD_NS(NULL, snap->pairing == KP_PAIR_ENTRY_EXIT ? "Guest time" : "Exit time",
			 kp_val_u64(t->total_ns));
}

/* ---- notes ---- */

static void pairing_note(const struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	switch (snap->pairing) {
	case KP_PAIR_USERSPACE:
		kp_out_note(out,
			    "kvm_exit and kvm_entry never fired, as on a KVM that is virtualised "
			    "in software. Exits to user space are shown instead: a time runs "
			    "from one kvm_userspace_exit to the next of the thread, and "
			    "includes the guest's own.");
		break;
	case KP_PAIR_ENTRY_EXIT:
		kp_out_note(out, "on this architecture perf kvm stat counts how long the guest ran "
				 "before an exit, and so does the first table of exits; the second "
				 "has the time from the exit until the guest ran again.");
		break;
	case KP_PAIR_NONE:
		kp_out_note(out,
			    "no kvm_exit, kvm_entry or kvm_userspace_exit %s: there are no "
			    "exits to show. 'kvmpmu record' records them by default.",
			    r->vm || r->cpus || r->vcpu >= 0 || r->time ? "passes the filters"
									: "in this recording");
		break;
	case KP_PAIR_EXIT_ENTRY:
		break;
	}
}

/* Exits came, but none could be paired. */
static bool only_halves(const struct kp_report *r, const struct kp_snap *snap)
{
	size_t i;

	if (snap->total.count || r->exits || snap->pairing == KP_PAIR_USERSPACE)
		return false;
	for (i = 0; i < snap->nr_vcpus; i++)
		if (snap->vcpus[i].exits || snap->vcpus[i].entries)
			return true;
	return false;
}

static bool has_other(const struct kp_snap *snap)
{
	return snap->nr_exits && snap->exits[snap->nr_exits - 1].other;
}

static void notes(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	const char *w;
	unsigned int i;

	if (r->damaged)
		kp_out_note(out, "the recording is damaged; this is what could be read of it.");
	if (r->interrupted)
		kp_out_note(out, "interrupted; this is what was read until then.");
	pairing_note(r, snap, out);
	for (i = 0; (w = kp_decoder_warning(r->dec, i)); i++)
		kp_out_note(out, "%s", w);
	if (snap->lost || snap->lost_samples)
		kp_out_note(out,
			    "the kernel dropped %" PRIu64 " events: exits next to the gaps are "
			    "missing. Larger buffers help: kvmpmu record -m.",
			    kp_max_u64(snap->lost, snap->lost_samples));
	if (only_halves(r, snap))
		kp_out_note(
			out,
			"no kvm_exit has its kvm_entry: there are no exits to show. Record both "
			"events, long enough.");
	if (snap->total.count && !snap->total.timed)
		kp_out_note(out, "the events carry no time: there are no durations.");
	if (snap->backwards)
		kp_out_note(out,
			    "%" PRIu64
			    " pairs of events end before they begin; they are not counted.",
			    snap->backwards);
	if (snap->untracked)
		kp_out_note(out,
			    "%" PRIu64 " events tell no thread, or one beyond the number that is "
			    "kept apart; they are in no table.",
			    snap->untracked);
	if (has_other(snap))
		kp_out_note(out, "there were more rows than are kept; the rest is in the row "
				 "'(other)'.");
}

/* ---- tables ---- */

static struct kp_val vm_name(struct kp_report *r, uint32_t vm)
{
	return kp_val_str(kp_tasks_comm(&r->tasks, vm));
}

static double per_sec(uint64_t n, const struct kp_snap *snap)
{
	return snap->last_ns > snap->first_ns
		       ? (double)n * 1e9 / (double)(snap->last_ns - snap->first_ns)
		       : NAN;
}

static void vcpus(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	   KP_COL_VM_NAME,	 KP_COL_VCPU,
		KP_COL_TID,	   KP_COL_CPU,		 KP_COL_DATA(KP_COL_ENTRIES),
		KP_COL_EXITS,	   KP_COL_EXITS_PER_SEC, KP_COL_USER_EXITS,
		KP_COL_GUEST_NS,   KP_COL_HOST_NS,	 KP_COL_GUEST_PCT,
		KP_COL_MIGRATIONS,
	};
	struct kp_val none = kp_val_none();
	size_t i;

	kp_out_table(out, "vcpus", "vCPUs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_vcpus; i++) {
		const struct kp_snap_vcpu *v = &snap->vcpus[i];
		double both = (double)v->guest_ns + (double)v->host_ns;

		kp_out_row(out,
			   (struct kp_val[]){
				   kp_val_u64(v->vm), vm_name(r, v->vm),
				   v->has_vcpu ? kp_val_u64(v->vcpu) : none, kp_val_u64(v->tid),
				   v->has_cpu ? kp_val_u64(v->last_cpu) : none,
				   v->has_entry_exit ? kp_val_u64(v->entries) : none,
				   v->has_entry_exit ? kp_val_u64(v->exits) : none,
				   v->has_entry_exit ? kp_val_f64(per_sec(v->exits, snap)) : none,
				   kp_val_u64(v->user_exits),
				   v->has_times ? kp_val_u64(v->guest_ns) : none,
				   v->has_times ? kp_val_u64(v->host_ns) : none,
				   v->has_times ? kp_val_f64(100 * v->guest_ns / both) : none,
				   kp_val_u64(v->migrations) });
	}
	kp_out_table_end(out);
}

static void users(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,    KP_COL_VM_NAME,	KP_COL_REASON, KP_COL_DATA(KP_COL_REASON_CODE),
		KP_COL_COUNT, KP_COL_COUNT_PCT, KP_COL_ERRORS,
	};
	uint64_t all = 0;
	char code[16];
	size_t i;

	for (i = 0; i < snap->nr_users; i++)
		all += snap->users[i].count;
	kp_out_table(out, "user_exits", "Returns to user space", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_users; i++) {
		const struct kp_snap_user *u = &snap->users[i];
		const char *name = u->other ? "(other)" : kp_user_exit_name(u->code);

		snprintf(code, sizeof(code), "%" PRIu32, u->code);
		kp_out_row(out,
			   (struct kp_val[]){ u->other ? kp_val_none() : kp_val_u64(u->vm),
					      u->other ? kp_val_none() : vm_name(r, u->vm),
					      kp_val_str(name ? name : code), kp_val_hex(u->code),
					      kp_val_u64(u->count),
					      kp_val_f64(100.0 * (double)u->count / (double)all),
					      kp_val_u64(u->errors) });
	}
	kp_out_table_end(out);
}

static void regs(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	 KP_COL_DATA(KP_COL_VM_NAME),
		KP_COL_REGISTER, KP_COL_REGISTER_CODE,
		KP_COL_PMU,	 KP_COL_ACCESS,
		KP_COL_COUNT,	 KP_COL_FAULTS,
	};
	const struct kp_arch *arch = kp_decoder_arch(r->dec);
	char buf[64];
	size_t i;

	kp_out_table(out, "registers", "Accesses of guests to intercepted registers", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_regs; i++) {
		const struct kp_snap_reg *g = &snap->regs[i];
		const char *name = kp_arch_reg_name(arch, g->reg, buf, sizeof(buf));
		struct kp_val none = kp_val_none();

		if (g->other)
			name = "(other)";
		kp_out_row(out,
			   (struct kp_val[]){
				   g->other ? none : kp_val_u64(g->vm),
				   g->other ? none : vm_name(r, g->vm), kp_val_str(name),
				   g->other ? none : kp_val_hex(g->reg),
				   g->other ? none : kp_val_bool(kp_arch_reg_is_pmu(arch, g->reg)),
				   g->other ? none : kp_val_str(g->write ? "write" : "read"),
				   kp_val_u64(g->count), kp_val_u64(g->faults) });
	}
	kp_out_table_end(out);
}

static void irqs(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,	 KP_COL_DATA(KP_COL_VM_NAME), KP_COL_VECTOR, KP_COL_INJECTED,
		KP_COL_ACCEPTED,
	};
	size_t i;

	kp_out_table(out, "interrupts", "Interrupts into guests", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_irqs; i++) {
		const struct kp_snap_irq *q = &snap->irqs[i];

		kp_out_row(out,
			   (struct kp_val[]){ q->has_vm ? kp_val_u64(q->vm) : kp_val_none(),
					      q->has_vm ? vm_name(r, q->vm) : kp_val_none(),
					      q->other ? kp_val_none() : kp_val_u64(q->vector),
					      kp_val_u64(q->injected), kp_val_u64(q->accepted) });
	}
	kp_out_table_end(out);
}

static void lost(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = { KP_COL_CPU, KP_COL_LOST, KP_COL_LOST_SAMPLES };
	size_t i;

	kp_out_table(out, "lost_by_cpu", "Dropped by the kernel", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_losts; i++) {
		const struct kp_snap_lost *l = &snap->losts[i];

		kp_out_row(out,
			   (struct kp_val[]){ l->has_cpu ? kp_val_u64(l->cpu) : kp_val_none(),
					      kp_val_u64(l->lost), kp_val_u64(l->lost_samples) });
	}
	kp_out_table_end(out);
}

static void events(const struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = { KP_COL_EVENT, KP_COL_SAMPLES };
	const struct kp_meta *meta = &r->src->meta;
	size_t i;

	kp_out_table(out, "samples_by_event", "Events in the recording", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_attrs; i++) {
		uint16_t a = snap->attrs[i].attr;

		kp_out_row(out, (struct kp_val[]){
					kp_val_str(a < meta->nr_attrs ? meta->attrs[a].name : NULL),
					kp_val_u64(snap->attrs[i].count) });
	}
	kp_out_table_end(out);
}

/* --switch and the like */
static void chosen(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	if (r->only & KP_REPORT_SWITCH) {
		kp_report_pmucost(r, snap, out);
		kp_report_switch(r, snap, out);
	}
	if (r->only & KP_REPORT_PMI)
		kp_report_pmi(r, snap, out);
	if (r->only & KP_REPORT_OWNERSHIP)
		kp_report_ownership(r, snap, out);
}

static void everything(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	kp_report_exits(r, snap, out);
	vcpus(r, snap, out);
	kp_report_places(r, snap, out);
	users(r, snap, out);
	kp_report_pmucost(r, snap, out);
	kp_report_switch(r, snap, out);
	kp_report_ownership(r, snap, out);
	regs(r, snap, out);
	if (r->counters)
		kp_report_counters(r, snap, out);
	irqs(r, snap, out);
	kp_report_pmi(r, snap, out);
	kp_report_hot(r, snap, out);
	events(r, snap, out);
}

void kp_report_view(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	head_data(r, out);
	head_text(&r->src->meta, out);
	times(snap, out);
	filters(r, out);
	totals(snap, out);
	kp_report_probe_fields(r, snap, out);
	notes(r, snap, out);
	if (r->only)
		chosen(r, snap, out);
	else
		everything(r, snap, out);
	lost(snap, out);
}
