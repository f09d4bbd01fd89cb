// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_names.c - the model of kvmpmu top, the names that its frames carry, and what is told with
 * every frame. Used by the collecting thread alone.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "top.h"
#include "top_past.h"

static const struct kp_host_vm *find_vm(const struct kp_top *top, uint32_t pid)
{
	size_t i;

	for (i = 0; top->host && i < top->host->nr_vms; i++)
		if (top->host->vms[i].pid == pid)
			return &top->host->vms[i];
	return NULL;
}

/* ---- for the model ---- */

bool kp_top_vm_match(void *ctx, uint32_t pid)
{
	struct kp_top *top = ctx;
	const struct kp_host_vm *vm = find_vm(top, pid);
	const char *comm = kp_tasks_comm(&top->tasks, pid);
	uint64_t n;

	if (!kp_str_u64(top->vm, &n))
		return n == pid;
	return (vm && !fnmatch(top->vm, vm->name, FNM_CASEFOLD)) ||
	       (comm && !fnmatch(top->vm, comm, FNM_CASEFOLD));
}

bool kp_top_vcpu_id(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu)
{
	struct kp_top *top = ctx;
	const struct kp_host_vm *vm = find_vm(top, pid);
	const char *comm = kp_tasks_comm(&top->tasks, tid);
	size_t i;

	for (i = 0; vm && i < vm->nr_vcpus; i++) {
		if (vm->vcpus[i].tid == tid && vm->vcpus[i].has_vcpu) {
			*vcpu = vm->vcpus[i].vcpu;
			return true;
		}
	}
	return kp_top_bpf_vcpu(top, tid, vcpu) || (comm && kp_tasks_vcpu(comm, vcpu));
}

static bool reg_role(void *ctx, uint32_t reg, struct kp_reg_part *part)
{
	struct kp_top *top = ctx;

	return kp_arch_reg_part(kp_decoder_arch(top->dec), reg, part);
}

int kp_top_model_new(struct kp_top *top)
{
	const struct kp_model_opts opts = {
		.by = KP_BY_VCPU | KP_BY_REASON,
		.vcpu = -1,
		.vm_match = top->vm ? kp_top_vm_match : NULL,
		.vcpu_id = kp_top_vcpu_id,
		.reg_role = reg_role,
		.ctx = top,
		.max_rows = 32768,
		.buckets = true,
	};

	return kp_model_new(&opts, &top->model);
}

void kp_top_learn(struct kp_top *top, const struct kp_event *ev)
{
	const struct kp_side *side;

	if (ev->code == PERF_RECORD_FORK) {
		kp_hash_del(&top->ended_tids, ev->tid);
		kp_tasks_fork(&top->tasks, ev->tid, ev->extra);
		return;
	}
	if (ev->code == PERF_RECORD_EXIT) {
		/* of all processes of the host, those that nobody asks for are left out */
		if ((top->model && kp_model_knows(top->model, ev->tid)) ||
		    kp_top_bpf_knows(top, ev->tid))
			kp_hash_put(&top->ended_tids, ev->tid, 1);
		return;
	}
	side = ev->valid & KP_HAS_VALUE ? kp_decoder_side(top->dec, ev->value) : NULL;
	if (!side || side->type != PERF_RECORD_COMM)
		return;
	kp_tasks_learn(&top->tasks, side->tid, side->name);
	kp_model_renamed(top->model, side->pid, side->tid);
}

/* ---- for frames ---- */

static void vm_name(void *ctx, uint32_t vm, char *buf, size_t size)
{
	struct kp_top *top = ctx;
	const struct kp_host_vm *known = find_vm(top, vm);
	const char *comm = known ? known->name : kp_tasks_comm(&top->tasks, vm);

	if (comm)
		kp_str_copy(buf, size, comm);
}

static void reason(void *ctx, uint8_t isa, uint32_t code, char *buf, size_t size)
{
	struct kp_top *top = ctx;
	const char *name = !isa	      ? kp_user_exit_name(code)
			   : top->dec ? kp_decoder_exit_name(top->dec, isa, code)
				      : NULL;

	if (name)
		kp_str_copy(buf, size, name);
	else
		snprintf(buf, size, "%" PRIu32, code);
}

/*
 * VMX: RDPMC, RDMSR, WRMSR (arch/x86/include/uapi/asm/vmx.h); SVM: RDPMC, MSR (svm.h); arm64: a
 * trapped system register (ESR_ELx_EC_SYS64 in the code's second byte).
 */
static bool is_reg(void *ctx, uint8_t isa, uint32_t code)
{
	switch (isa) {
	case KP_ISA_VMX:
		return code == 15 || code == 31 || code == 32;
	case KP_ISA_SVM:
		return code == 0x6f || code == 0x7c;
	case KP_ISA_ARM64:
		return code >> 8 == 0x18;
	default:
		return false;
	}
}

void kp_top_counter_words(struct kp_top *top, struct kp_frame_counter *out)
{
	const struct kp_snap_counter *c = &out->snap;
	struct kp_evname name;
	const char *event;

	if (!top->has_counters)
		return;
	kp_counter_name(&top->counters, c, out->name, sizeof(out->name));
	event = kp_counter_event(&top->counters, c, &name);
	if (event)
		kp_str_copy(out->event, sizeof(out->event), event);
	out->has_filters =
		kp_counter_filters(&top->counters, c, out->filters, sizeof(out->filters));
}

static void counter(void *ctx, const struct kp_snap_counter *c, struct kp_frame_counter *out)
{
	kp_top_counter_words(ctx, out);
}

static bool gone(void *ctx, uint32_t vm, uint32_t tid)
{
	struct kp_top *top = ctx;

	return kp_hash_get(&top->ended_tids, tid) || kp_hash_get(&top->ended_tids, vm);
}

/* ---- the vPMU ---- */

static unsigned int core_pmus(const struct kp_host *host, const struct kp_host_pmu **one)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < host->nr_pmus; i++) {
		if (!host->pmus[i].core)
			continue;
		*one = &host->pmus[i];
		nr++;
	}
	return nr;
}

/*
 * What the host's parameters leave open is not guessed. Switches that were seen say more, and come
 * later (top_frame.c).
 */
static void pmu(void *ctx, struct kp_frame_vcpu *c)
{
	struct kp_top *top = ctx;
	const struct kp_host *host = top->host;
	const struct kp_host_pmu *one = NULL;
	unsigned int nr;

	if (!host)
		return;
	nr = core_pmus(host, &one);
	if (!nr || host->kvm_enable_pmu == KP_TRI_NO)
		kp_str_copy(c->mode, sizeof(c->mode), "none");
	else if (host->kvm_mediated_param == KP_TRI_NO)
		kp_str_copy(c->mode, sizeof(c->mode), "emulated");
	if (nr == 1)
		kp_str_copy(c->backing, sizeof(c->backing), one->name);
	kp_top_owner_pmu(top->owner, c);
}

/* ---- what everybody must know ---- */

void kp_top_note(struct kp_top *top, enum kp_note_kind kind, const char *about, const char *fmt,
		 ...)
{
	struct kp_frame_note note = { .kind = kind }, *old;
	va_list ap;
	int ret;

	kp_str_copy(note.about, sizeof(note.about), about);
	va_start(ap, fmt);
	ret = vasprintf(&note.text, fmt, ap);
	va_end(ap);
	kp_vec_for_each (old, &top->notes) {
		if (ret >= 0 && !strcmp(old->text, note.text)) {
			free(note.text);
			return;
		}
	}
	if (ret >= 0 && kp_vec_push(&top->notes, note))
		free(note.text);
}

static void note_exits(const struct kp_frame *f)
{
	struct kp_frame *to = (struct kp_frame *)f;

	switch (f->pairing) {
	case KP_PAIR_NONE:
		kp_frame_note(to, KP_NOTE_INFO, "exits", "no exit was seen yet");
		break;
	case KP_PAIR_USERSPACE:
		kp_frame_note(to, KP_NOTE_MISSING, "exits",
			      "kvm_entry and kvm_exit do not fire here: exits are those to user "
			      "space, each timed until the next one, guest time included");
		break;
	case KP_PAIR_ENTRY_EXIT:
		kp_frame_note(to, KP_NOTE_INFO, "exits",
			      "on this architecture durations are the guest's run before the exit, "
			      "as perf kvm stat counts them");
		break;
	case KP_PAIR_EXIT_ENTRY:
		break;
	}
}

static void note_switches(const struct kp_top *top, struct kp_frame *f)
{
	if (f->switches.known)
		return;
	if (top->input)
		kp_frame_note(f, KP_NOTE_MISSING, "PMU switch",
			      "no switch of a mediated vPMU: the recording has none, or was made "
			      "without record --switch-detail");
	else if (top->bpf && !kp_top_bpf_has_switch(top))
		return; /* said when the programs were loaded */
	else if (top->bpf)
		kp_frame_note(f, KP_NOTE_INFO, "PMU switch",
			      "no switch was seen: no guest with a mediated vPMU has run");
	else if (top->host && top->host->kvm_mediated_param == KP_TRI_NO)
		kp_frame_note(f, KP_NOTE_INFO, "PMU switch",
			      "the mediated vPMU is off: nothing is switched");
	else if (!top->switch_wanted)
		kp_frame_note(f, KP_NOTE_MISSING, "PMU switch",
			      "switches show with BPF, or with --switch-detail, at the price of an "
			      "event for each register access");
}

static void notes(const struct kp_top *top, struct kp_frame *f)
{
	const struct kp_frame_note *n;

	kp_vec_for_each (n, &top->notes)
		kp_frame_note(f, n->kind, n->about, "%s", n->text);
	if (f->lost.total)
		kp_frame_note(f, KP_NOTE_WARNING, "lost events",
			      "the kernel dropped %" PRIu64 " events: rates and times are too low",
			      f->lost.total);
	if (top->model || top->bpf)
		note_exits(f);
	note_switches(top, f);
	kp_pmis_note(f);
	if (top->input)
		kp_frame_note(f, KP_NOTE_MISSING, "IPC",
			      "cycles and instructions of guests are not in recordings of KVM's "
			      "events");
	if (!f->vpmis.known)
		kp_frame_note(f, KP_NOTE_MISSING, "VPMI", "%s",
			      top->input ? "recordings do not tell PMIs of guests from others"
					 : "the kernel counts no PMIs of guests "
					   "(no VPMI line in /proc/interrupts)");
}

int kp_top_frame(struct kp_top *top, const struct kp_host_activity *act, uint64_t at_ns,
		 uint64_t wall_ns, struct kp_frame **out)
{
	struct kp_tick tick = {
		.host = top->host,
		.activity = act,
		.at_ns = at_ns,
		.wall_ns = wall_ns,
	};
	int err = 0;

	if (top->dec && !top->has_counters)
		top->has_counters = !kp_counter_names_init(
			&top->counters, kp_decoder_arch(top->dec), top->src->meta.cpuid);
	if (top->model)
		err = kp_model_snap(top->model, &tick.snap);
	if (!err && top->bpf)
		err = kp_top_bpf_snap(top, &tick.snap);
	if (!err)
		err = kp_framer_add(top->framer, &tick, out);
	if (err)
		return err;
	kp_str_copy((*out)->title, sizeof((*out)->title), top->title);
	(*out)->replay = top->input;
	kp_top_ipc_fill(top, *out);
	notes(top, *out);
	kp_top_owner_notes(top->owner, *out);
	err = kp_top_owner_counters(top, *out);
	if (!err)
		err = kp_top_owner_events(top, *out);
	if (err) {
		kp_frame_free(*out);
		*out = NULL;
	}
	return err;
}

static const struct kp_framer_names frame_names = {
	.vm = vm_name,
	.reason = reason,
	.is_reg = is_reg,
	.counter = counter,
	.gone = gone,
	.pmu = pmu,
};

int kp_top_framer_new(struct kp_top *top)
{
	struct kp_framer_names names = frame_names;

	names.wanted = top->vm ? kp_top_vm_match : NULL;
	names.ctx = top;
	return kp_framer_new(&names, &top->framer);
}

void kp_top_forget(struct kp_top *top)
{
	if (top->has_counters)
		kp_counter_names_free(&top->counters);
	top->has_counters = false;
	kp_decoder_free(top->dec);
	kp_model_free(top->model);
	kp_source_free(top->src);
	kp_tasks_free(&top->tasks);
	kp_hash_free(&top->ended_tids);
	top->dec = NULL;
	top->model = NULL;
	top->src = NULL;
}
