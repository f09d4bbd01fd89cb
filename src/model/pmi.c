// SPDX-License-Identifier: GPL-2.0-only
/*
 * pmi.c - the PMI ledger: every performance monitoring interrupt of a guest from the overflow to
 * the entry behind its injection. The host's own are pmi_host.c's. Touches only memory.
 *
 * Linux 7.3, arch/x86/kvm: with a mediated vPMU the overflow raises vector 0xf5. That has no
 * tracepoint of its own, with FRED or without: on Intel the exit carries the vector
 * (kvm_exit EXTERNAL_INTERRUPT), on AMD the status register that the put reads has a new bit. The
 * handler asks for KVM_REQ_PMI (kvm_handle_guest_mediated_pmi()), which is honoured before the next
 * entry: kvm_pmu_deliver_pmi() puts it through the guest's LVTPC, unless that is masked, and the
 * local APIC accepts it (kvm_apic_accept_irq). Vectors are injected with kvm_inj_virq; NMIs show no
 * more. With an emulated vPMU the overflow is a host event's: an NMI that perf handles between
 * entry and exit, and the rest is the same.
 *
 * arch/arm64/kvm/pmu-emul.c: the overflow is a host event's there too: the PMU's interrupt, which
 * the host takes between entry and exit (arm.c), kvm_pmu_perf_overflow() notes it, and
 * kvm_pmu_update_state() tells the vGIC the line's level at each entry and exit: a PMI is its
 * rising edge.
 */
#include "pmi.h"

/* PERF_GUEST_MEDIATED_PMI_VECTOR, arch/x86/include/asm/irq_vectors.h */
#define GUEST_PMI_VECTOR 0xf5
/* EXIT_REASON_EXTERNAL_INTERRUPT, arch/x86/include/uapi/asm/vmx.h */
#define VMX_EXTERNAL_INTERRUPT 1

/* MSR_CORE_PERF_GLOBAL_STATUS, arch/x86/include/asm/msr-index.h */
#define INTEL_GLOBAL_STATUS 0x38e

/* APIC_LVT_MASKED, APIC_MODE_MASK, APIC_VECTOR_MASK, arch/x86/include/asm/apicdef.h */
#define LVTPC_MASKED	KP_BIT64(16)
#define LVTPC_MODE(v)	((v) >> 8 & 7)
#define LVTPC_VECTOR(v) ((v)&0xff)
#define MODE_NMI	4

/* APIC_DEFAULT_PHYS_BASE and APIC_LVTPC of the same file */
#define XAPIC_LVTPC 0xfee00340

static void pmi_free(void *state)
{
	struct kp_pmi *p = state;

	kp_keymap_free(&p->nmi_map);
	kp_keymap_free(&p->irq_map);
	kp_vec_free(&p->irqs);
	kp_vec_free(&p->irq_now);
	kp_keymap_free(&p->lvtpc_map);
	kp_vec_free(&p->nmis);
	kp_vec_free(&p->lvtpc);
	kp_vec_free(&p->raised_on);
	free(p);
}

static int pmi_new(struct kp_model *m, void **state)
{
	struct kp_pmi *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*state = p;
	p->m = m;
	p->pool = kp_model_pool(m);
	p->max_rows = kp_model_opts(m)->max_rows;
	return kp_vec_push(&p->nmis, (struct kp_pmi_nmi){ 0 }) ||
			       kp_vec_push(&p->irqs, (struct kp_pmi_irq){ 0 }) ||
			       kp_vec_push(&p->lvtpc, (struct kp_snap_lvtpc){ .other = true })
		       ? -ENOMEM
		       : 0;
}

/* ---- what stands out ---- */

void kp_pmi_odd(struct kp_pmi *p, const struct kp_snap_pmi_odd *row, struct kp_thread *th)
{
	struct kp_snap_pmi_odd *o;

	p->nr_odd_all++;
	if (p->nr_odd == KP_PMI_ODD_MAX)
		return;
	o = &p->odd[p->nr_odd++];
	*o = *row;
	if (!th)
		return;
	o->has_vm = true;
	o->vm = th->vm;
	o->tid = th->tid;
	o->has_vcpu = kp_model_vcpu_id(p->m, th, &o->vcpu);
}

static void odd_open(struct kp_pmi *p, enum kp_pmi_oddity what, const struct kp_pmi_thread *t,
		     struct kp_thread *th)
{
	kp_pmi_odd(p,
		   &(struct kp_snap_pmi_odd){
			   .what = what,
			   .time_ns = t->raised_ns,
			   .cpu = t->cpu,
			   .has_status = t->has_open_status,
			   .status = t->open_status,
			   .entries = t->entries,
		   },
		   th);
}

/* ---- raise ---- */

static int count_on_cpu(struct kp_pmi *p, uint32_t cpu)
{
	if (cpu >= KP_CPUS_MAX)
		return 0;
	while (cpu >= p->raised_on.nr)
		if (kp_vec_push(&p->raised_on, 0))
			return -ENOMEM;
	p->raised_on.at[cpu]++;
	return 0;
}

/* The open PMI goes no further: it was never delivered, or that is not recorded. */
static void give_up(struct kp_pmi *p, struct kp_pmi_thread *t, struct kp_thread *th)
{
	if (!t->open || t->delivered || !t->entries)
		return;
	if (p->has_accept) {
		t->n.lost++;
		odd_open(p, KP_PMI_LOST, t, th);
	} else {
		t->n.unseen++;
	}
	t->open = false;
}

static int raise_pmi(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in,
		     uint64_t time_ns)
{
	give_up(p, t, in->th);
	t->seen = true;
	t->n.raised++;
	if (t->open && !t->delivered) {
		t->n.merged++;
		return 0;
	}
	t->open = in->th->watched = true;
	t->delivered = t->injected = t->has_open_status = false;
	t->entries = 0;
	t->raised_ns = time_ns;
	t->cpu = in->ev->cpu;
	return count_on_cpu(p, in->ev->cpu);
}

/* Passed on by the switch: the status register as a put read it. */
static int on_status(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	uint64_t value = in->ev->value;
	uint64_t asks = value & ~t->status & ~(t->int_known & ~t->int_on);
	bool by_vector = t->open && !t->entries && !t->delivered && !t->has_open_status;
	int err = 0;

	if (by_vector && !value)
		odd_open(p, KP_PMI_NO_OVERFLOW, t, in->th);
	if (by_vector && !value)
		t->n.spurious++;
	if (!by_vector && asks)
		err = raise_pmi(p, t, in, in->ev->time_ns);
	if (t->open && !t->has_open_status && (by_vector || asks)) {
		t->has_open_status = true;
		t->open_status = by_vector ? value : asks;
	}
	t->intel |= in->ev->code == INTEL_GLOBAL_STATUS;
	t->status = value;
	t->fresh_status = true;
	in->th->watched = true;
	return err;
}

/* Passed on by the exits: the vCPU left for an interrupt. */
static int on_exit_vector(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;

	if ((ev->code & 0xffff) != VMX_EXTERNAL_INTERRUPT || !(ev->valid & KP_HAS_EXTRA) ||
	    (ev->extra & 0xff) != GUEST_PMI_VECTOR)
		return 0;
	t->intel = true;
	return raise_pmi(p, t, in, ev->time_ns);
}

/* ---- delivery ---- */

static void deliver(struct kp_pmi *p, struct kp_pmi_thread *t, struct kp_thread *th,
		    uint64_t time_ns)
{
	t->delivered = th->watched = true;
	t->self_masked = t->intel;
	t->delivered_ns = time_ns;
	if (time_ns >= t->raised_ns)
		kp_dist_add(p->pool, &t->to_delivery, time_ns - t->raised_ns);
	if (!t->entries)
		return;
	t->n.late++;
	odd_open(p, KP_PMI_LATE, t, th);
}

/* Does the interrupt come through LVTPC, as far as that is known? */
static bool is_lvtpc(const struct kp_pmi_thread *t, const struct kp_event *ev)
{
	if (!t->n.has_lvtpc)
		return ev->value == MODE_NMI && (t->open || t->nmi_ns);
	if ((t->n.lvtpc & LVTPC_MASKED) || LVTPC_MODE(t->n.lvtpc) != ev->value)
		return false;
	return ev->value == MODE_NMI || LVTPC_VECTOR(t->n.lvtpc) == ev->code;
}

/*
 * A delivery that nothing raised, as far as was seen: the status register still had its bit from
 * before and overflowed again, or an NMI of perf's came while the guest ran. Else it is spurious,
 * if overflows show at all.
 */
static int deliver_unraised(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	if (t->fresh_status && !t->status) {
		t->n.spurious++;
		t->raised_ns = in->ev->time_ns;
		t->cpu = in->ev->cpu;
		t->entries = 0;
		t->has_open_status = true;
		t->open_status = 0;
		odd_open(p, KP_PMI_SPURIOUS, t, in->th);
		return 1;
	}
	if (!t->fresh_status && !t->nmi_ns)
		return 1;
	return raise_pmi(p, t, in, t->nmi_ns ? t->nmi_ns : in->ev->time_ns);
}

/* kvm_apic_local_deliver(), in the vCPU's own thread; Intel's LVTPC masks itself by that. */
static int on_accept(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;
	uint32_t vcpu;
	int err = 0;

	p->has_accept = true;
	if (!t || !is_lvtpc(t, ev))
		return 0;
	if (kp_model_vcpu_id(p->m, in->th, &vcpu) && (ev->valid & KP_HAS_EXTRA) &&
	    ev->extra != vcpu)
		return 0;
	t->seen = true;
	t->as_nmi = ev->value == MODE_NMI;
	*(t->as_nmi ? &t->n.delivered_nmi : &t->n.delivered_vector) += 1;
	if (!t->open || t->delivered)
		err = deliver_unraised(p, t, in);
	if (!err)
		deliver(p, t, in->th, ev->time_ns);
	return err < 0 ? err : 0;
}

static void on_inject(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	const struct kp_event *ev = in->ev;

	if (!t || !t->open || t->injected || !t->n.has_lvtpc ||
	    LVTPC_MODE(t->n.lvtpc) == MODE_NMI || LVTPC_VECTOR(t->n.lvtpc) != ev->code)
		return;
	if (!t->delivered) { /* kvm_apic_accept_irq was not recorded */
		t->n.delivered_vector++;
		t->delivered = true;
		t->as_nmi = false;
	} else if (ev->time_ns >= t->delivered_ns) {
		kp_dist_add(p->pool, &t->to_injection, ev->time_ns - t->delivered_ns);
	}
	t->injected = true;
	t->n.injected++;
}

/* Passed on by the exits, for watched threads: the guest runs again. */
static void on_entry(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	bool masked = t->self_masked || (t->n.has_lvtpc && (t->n.lvtpc & LVTPC_MASKED));

	p->has_entry = true;
	t->fresh_status = false;
	t->nmi_ns = 0;
	if (t->open && !t->delivered && masked && !t->entries) {
		t->n.masked++;
		t->open = false;
	} else if (t->open && (t->injected || (t->delivered && t->as_nmi))) {
		t->n.entered++;
		if (in->ev->time_ns >= t->raised_ns)
			kp_dist_add(p->pool, &t->to_entry, in->ev->time_ns - t->raised_ns);
		t->open = false;
	} else if (t->open) {
		t->entries++;
	}
	in->th->watched = t->open;
}

/* ---- registers of the guest, as it wrote them through KVM ---- */

static int note_lvtpc(struct kp_pmi *p, uint32_t vm, uint64_t value)
{
	const struct kp_key key = { .a = vm, .b = value };
	uint32_t n = kp_keymap_find(&p->lvtpc_map, key);

	if (n == KP_KEYMAP_NONE && p->lvtpc_map.nr < p->max_rows) {
		n = kp_keymap_add(&p->lvtpc_map, key);
		if (n == KP_KEYMAP_NONE ||
		    kp_vec_push(&p->lvtpc,
				(struct kp_snap_lvtpc){ .guest = true, .vm = vm, .value = value }))
			return -ENOMEM;
	}
	p->lvtpc.at[n == KP_KEYMAP_NONE ? 0 : n + 1].count++;
	return 0;
}

/* INT, bit 20 of a selector; PMI, bit 3 of each 4 of FIXED_CTR_CTRL */
static void note_interrupts(struct kp_pmi_thread *t, const struct kp_event *ev)
{
	unsigned int i;

	if (ev->extra == KP_PMU_SELECTOR && ev->value2 < 32) {
		t->int_known |= KP_BIT64(ev->value2);
		t->int_on &= ~KP_BIT64(ev->value2);
		t->int_on |= (ev->value >> 20 & 1) << ev->value2;
	}
	for (i = 0; ev->extra == KP_PMU_FIXED_CTRL && i < 16; i++) {
		t->int_known |= KP_BIT64(32 + i);
		t->int_on &= ~KP_BIT64(32 + i);
		t->int_on |= (ev->value >> (4 * i + 3) & 1) << (32 + i);
	}
}

static int on_lvtpc(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_event *ev,
		    uint64_t value)
{
	if (t) {
		t->seen = t->n.has_lvtpc = true;
		t->self_masked = false;
		t->n.lvtpc = value;
	}
	return note_lvtpc(p, ev->pid, value);
}

static int on_msr(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_event *ev)
{
	if (!(ev->flags & KP_F_WRITE) || (ev->flags & KP_F_FAULT) || !(ev->valid & KP_HAS_VALUE))
		return 0;
	if (t)
		note_interrupts(t, ev);
	return ev->extra == KP_PMU_LVTPC ? on_lvtpc(p, t, ev, ev->value) : 0;
}

/* In xAPIC mode the guest writes the register's page, where Linux and firmware leave it. */
static int on_mmio(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_event *ev)
{
	if (!kp_event_has(ev, KP_HAS_VALUE | KP_HAS_VALUE2 | KP_HAS_FLAGS) ||
	    ev->flags != KP_F_WRITE || ev->value != XAPIC_LVTPC)
		return 0;
	return on_lvtpc(p, t, ev, ev->value2 & UINT32_MAX);
}

/* ---- arm64 ---- */

/*
 * The line's rising edge. Where recordings leave out that it is low (kvmpmu's own do, but with
 * --switch-detail), the host's interrupt tells it from a line that is still high.
 */
static bool is_rise(struct kp_pmi *p, struct kp_pmi_thread *t, bool level)
{
	bool was = t->level;

	t->level = level;
	p->vgic_low |= !level;
	return level && (!was || (!p->vgic_low && t->nmi_ns));
}

/* What the host's own interrupt began, when that is recorded. */
static int on_vgic(struct kp_pmi *p, struct kp_pmi_thread *t, const struct kp_in *in)
{
	uint64_t now_ns = in->ev->time_ns;
	int err;

	if (!t || in->ev->code != KP_PMU_PPI)
		return 0;
	p->vgic = true;
	if (!is_rise(p, t, in->ev->value))
		return 0;
	err = raise_pmi(p, t, in, t->nmi_ns ? t->nmi_ns : now_ns);
	if (!err)
		err = kp_irqs_raised(p->m, in);
	if (err)
		return err;
	t->n.delivered_vector++;
	t->n.injected++;
	t->delivered = t->injected = true;
	if (t->nmi_ns && now_ns >= t->nmi_ns)
		kp_dist_add(p->pool, &t->to_delivery, now_ns - t->nmi_ns);
	if (t->nmi_ns)
		kp_pmi_irq_passed(p, t);
	t->nmi_ns = 0;
	return 0;
}

/* Probes count hops that no tracepoint shows. */
static void on_probe(struct kp_pmi_thread *t, const struct kp_event *ev)
{
	if (!t)
		return;
	t->seen = true;
	*(ev->code == KP_PMI_RAISED ? &t->n.requested : &t->n.delivered_probe) += ev->value;
}

static int pmi_add(void *state, const struct kp_in *in)
{
	struct kp_pmi_thread *t = in->priv;
	struct kp_pmi *p = state;

	if (!in->in_time || !in->in_cpu || (in->th && in->th->skip) ||
	    !kp_event_has(in->ev, KP_HAS_TIME | KP_HAS_CPU))
		return 0;
	switch (in->ev->kind) {
	case KP_EV_ENTRY:
		on_entry(p, t, in);
		return 0;
	case KP_EV_EXIT:
		return on_exit_vector(p, t, in);
	case KP_EV_HOST_RDMSR:
		return on_status(p, t, in);
	case KP_EV_NMI:
		return kp_pmi_on_nmi(p, t, in);
	case KP_EV_IRQ:
		return kp_pmi_on_irq(p, t, in);
	case KP_EV_IRQ_END:
		kp_pmi_on_irq_end(p, t, in->ev);
		return 0;
	case KP_EV_APIC_ACCEPT:
		return on_accept(p, t, in);
	case KP_EV_INJ_VIRQ:
		on_inject(p, t, in);
		return 0;
	case KP_EV_VGIC_IRQ:
		return on_vgic(p, t, in);
	case KP_EV_PMI:
		on_probe(t, in->ev);
		return 0;
	case KP_EV_MMIO:
		return on_mmio(p, t, in->ev);
	default:
		return on_msr(p, t, in->ev);
	}
}

/* ENTRY, EXIT and HOST_RDMSR are passed on by others: the few of them that matter. */
const struct kp_analysis kp_analysis_pmi = {
	.name = "pmi",
	.kinds = KP_BIT64(KP_EV_NMI) | KP_BIT64(KP_EV_APIC_ACCEPT) | KP_BIT64(KP_EV_INJ_VIRQ) |
		 KP_BIT64(KP_EV_VGIC_IRQ) | KP_BIT64(KP_EV_MSR) | KP_BIT64(KP_EV_MMIO) |
		 KP_BIT64(KP_EV_PMI) | KP_BIT64(KP_EV_IRQ) | KP_BIT64(KP_EV_IRQ_END),
	.thread_size = sizeof(struct kp_pmi_thread),
	.new = pmi_new,
	.add = pmi_add,
	.snap = kp_pmi_snap,
	.snap_free = kp_pmi_snap_free,
	.free = pmi_free,
};
