// SPDX-License-Identifier: GPL-2.0-only
/*
 * The x86-64 machine: 64-bit mode from the first instruction (so that neither unrestricted guests
 * nor real-mode emulation are needed on VMX), 4 GiB mapped one to one, privilege level 0, local
 * APICs in x2APIC mode. Software KVM takes the same state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "x86.h"

/* Memory tables, offsets in guest memory from KP_RAM_TABLES on. */
#define PML4 0x1000
#define PDPT 0x2000
#define PD   0x3000 /* four pages: 4 GiB in 2 MiB pages */
#define GDT  0x7000
#define IDT  0x8000

#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS	 0x18

#define CR0_PE_MP_ET_NE_WP_PG 0x80010033ull
#define CR4_PAE		      0x20ull
#define EFER_LME_LMA	      0x500ull
#define RFLAGS_FIXED	      0x2ull
#define APIC_BASE_X2APIC      0xc00ull /* global enable, x2APIC (SDM vol. 3, 12.12.1) */

extern const char kp_guest_code_io[], kp_guest_code_mmio[], kp_guest_code_cpuid[],
	kp_guest_code_rdmsr[], kp_guest_code_wrmsr[], kp_guest_code_rdpmc[],
	kp_guest_code_hypercall[], kp_guest_code_hlt[], kp_guest_code_spin[], kp_guest_code_pmu[],
	kp_guest_code_pmi[];

#define PAYLOAD(name_, entry_, exit_, ...)                          \
	{                                                           \
		{ .name = name_, .user_exit = exit_, __VA_ARGS__ }, \
			.entry = kp_guest_code_##entry_             \
	}

/* clang-format off: one row a payload */
const struct kp_guest_code kp_guest_codes[] = {
	PAYLOAD("io", io, KVM_EXIT_IO, .help = "OUT of one byte to a port where nothing is"),
	PAYLOAD("mmio", mmio, KVM_EXIT_MMIO, .help = "write of 4 bytes to where no memory is"),
	PAYLOAD("msr", rdmsr, -1, .result = true, .help = "RDMSR of IA32_MISC_ENABLE"),
	PAYLOAD("cpuid", cpuid, -1, .result = true, .help = "CPUID leaf 0"),
	PAYLOAD("hypercall", hypercall, -1, .result = true,
		.help = "VMCALL or VMMCALL, which KVM answers with 0"),
	PAYLOAD("hlt", hlt, -1, .help = "HLT; the local APIC's timer wakes it after 20 us"),
	PAYLOAD("pmu", pmu, -1, .pmu = true,
		.help = "start counters, run a known loop, read and stop them"),
	PAYLOAD("pmi", pmi, -1, .pmu = true, .pmi = true, .irqchip = true,
		.help = "let counter 0 overflow and take its interrupt"),
	PAYLOAD("spin", spin, -1, .help = "1000 rounds of a two-instruction loop, no exit"),
	{ .entry = NULL },
};
/* clang-format on */

/* ---- before and with the machine ---- */

int kp_guest_arch_check(struct kp_guest *guest, struct kp_guest_error *error)
{
	if (!kp_guest_has_cap(guest, KVM_CAP_EXT_CPUID))
		return kp_guest_fail(error, -1, EOPNOTSUPP, "this KVM lacks KVM_CAP_EXT_CPUID");
	return 0;
}

unsigned long kp_guest_arch_vm_type(const struct kp_guest *guest)
{
	(void)guest;
	return 0;
}

static void put_u64(struct kp_guest *guest, size_t offset, uint64_t value)
{
	memcpy(guest->mem + offset, &value, sizeof(value));
}

static void put_page_tables(struct kp_guest *guest)
{
	/* all of it for privilege level 3, too: payload spin runs there */
	const uint64_t present_write_accessed = 0x27, large_dirty = 0xe7;
	uint64_t i;

	put_u64(guest, PML4, PDPT | present_write_accessed);
	for (i = 0; i < 4; i++)
		put_u64(guest, PDPT + i * 8, (PD + i * KP_PAGE_SIZE) | present_write_accessed);
	for (i = 0; i < 4 * 512; i++)
		put_u64(guest, PD + i * 8, i << 21 | large_dirty);
}

/* Code and data for levels 0 and 3, as SDM vol. 3, 3.4.5. The TSS needs none: nothing loads TR. */
static void put_descriptors(struct kp_guest *guest)
{
	put_u64(guest, GDT + SEL_CODE, 0x00af9b000000ffffull);
	put_u64(guest, GDT + SEL_DATA, 0x00cf93000000ffffull);
	put_u64(guest, GDT + (KP_SEL_USER_DATA & ~3), 0x00cff3000000ffffull);
	put_u64(guest, GDT + (KP_SEL_USER_CODE & ~3), 0x00affb000000ffffull);
}

/* Interrupt gates to the stubs, which are 16 bytes apart at the code's start. */
static void put_gates(struct kp_guest *guest)
{
	uint64_t vector;

	for (vector = 0; vector <= KP_VECTOR_PMI; vector++) {
		uint64_t addr = KP_RAM_CODE + vector * 16;

		put_u64(guest, IDT + vector * 16,
			(addr & 0xffff) | (uint64_t)SEL_CODE << 16 | 0x8e00ull << 32 |
				(addr & 0xffff0000) << 32);
		put_u64(guest, IDT + vector * 16 + 8, 0);
	}
}

static int init_irqchip(struct kp_guest *guest, struct kp_guest_error *error)
{
	if (guest->conf.irqchip == KP_GUEST_OFF)
		return 0;
	if (ioctl(guest->vm_fd, KVM_CREATE_IRQCHIP, 0))
		return kp_guest_fail(error, -1, errno, "KVM_CREATE_IRQCHIP failed: %s",
				     strerror(errno));
	guest->info.irqchip = "apic";
	return 0;
}

static int get_cpuid(struct kp_guest *guest, struct kvm_cpuid2 **out, struct kp_guest_error *error)
{
	uint32_t nent;

	for (nent = 64; nent <= 4096; nent *= 2) {
		struct kvm_cpuid2 *cpuid =
			calloc(1, sizeof(*cpuid) + nent * sizeof(cpuid->entries[0]));

		if (!cpuid)
			return kp_guest_fail(error, -1, ENOMEM, "out of memory");
		cpuid->nent = nent;
		if (!ioctl(guest->kvm_fd, KVM_GET_SUPPORTED_CPUID, cpuid)) {
			*out = cpuid;
			return 0;
		}
		free(cpuid);
		if (errno != E2BIG)
			break;
	}
	return kp_guest_fail(error, -1, errno, "KVM_GET_SUPPORTED_CPUID failed: %s",
			     strerror(errno));
}

const struct kvm_cpuid_entry2 *kp_guest_x86_leaf(const struct kvm_cpuid2 *cpuid, uint32_t leaf)
{
	uint32_t i;

	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == leaf && !cpuid->entries[i].index)
			return &cpuid->entries[i];
	return NULL;
}

/* AMD and Hygon: "Auth", "Hygo" in EBX of leaf 0. */
static bool is_amd(const struct kvm_cpuid2 *cpuid)
{
	const struct kvm_cpuid_entry2 *leaf = kp_guest_x86_leaf(cpuid, 0);

	return leaf && (leaf->ebx == 0x68747541 || leaf->ebx == 0x6f677948);
}

static int disable_pmu(struct kp_guest *guest, struct kp_guest_error *error)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_PMU_CAPABILITY,
				      .args = { KVM_PMU_CAP_DISABLE } };

	if (!kp_guest_has_cap(guest, KVM_CAP_PMU_CAPABILITY))
		return 0; /* no vPMU to disable, or a kernel before 5.18: CPUID must do */
	if (ioctl(guest->vm_fd, KVM_ENABLE_CAP, &cap))
		return kp_guest_fail(error, -1, errno, "KVM_PMU_CAP_DISABLE refused: %s",
				     strerror(errno));
	return 0;
}

/*
 * KVM replaces a hypercall instruction of the other vendor and executes it again. This guest has
 * the right one, and a KVM that emulates ring 0 would replace and execute for ever: #UD is better.
 */
static void disable_hypercall_patching(struct kp_guest *guest)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_DISABLE_QUIRKS2,
				      .args = { KVM_X86_QUIRK_FIX_HYPERCALL_INSN } };
	int quirks = ioctl(guest->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_DISABLE_QUIRKS2);

	/* Linux 5.19; failing leaves the quirk on, and the watchdog ends what hangs */
	if (quirks > 0 && quirks & KVM_X86_QUIRK_FIX_HYPERCALL_INSN)
		ioctl(guest->vm_fd, KVM_ENABLE_CAP, &cap);
}

static int set_filter(struct kp_guest *guest, struct kp_guest_error *error)
{
	const struct kp_guest_filter *filter = guest->conf.filter;
	struct kvm_pmu_event_filter *set;
	int ret = 0;

	if (!filter)
		return 0;
	if (!kp_guest_has_cap(guest, KVM_CAP_PMU_EVENT_FILTER))
		return kp_guest_fail(error, -1, EOPNOTSUPP, "this KVM has no PMU event filter");
	set = calloc(1, sizeof(*set) + filter->nr * sizeof(set->events[0]));
	if (!set)
		return kp_guest_fail(error, -1, ENOMEM, "out of memory");
	set->action = filter->deny ? KVM_PMU_EVENT_DENY : KVM_PMU_EVENT_ALLOW;
	set->nevents = filter->nr;
	set->fixed_counter_bitmap = filter->fixed;
	memcpy(set->events, filter->events, filter->nr * sizeof(set->events[0]));
	if (ioctl(guest->vm_fd, KVM_SET_PMU_EVENT_FILTER, set))
		ret = kp_guest_fail(error, -1, errno, "KVM_SET_PMU_EVENT_FILTER refused: %s",
				    strerror(errno));
	free(set);
	return ret;
}

int kp_guest_arch_vm_init(struct kp_guest *guest, struct kp_guest_error *error)
{
	struct kvm_cpuid2 *cpuid;
	int ret;

	/* VMX wants a place for the TSS of its real mode even if a guest never gets there. */
	if (kp_guest_has_cap(guest, KVM_CAP_SET_TSS_ADDR))
		ioctl(guest->vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	disable_hypercall_patching(guest);
	put_page_tables(guest);
	put_descriptors(guest);
	put_gates(guest);
	ret = init_irqchip(guest, error);
	if (!ret)
		ret = get_cpuid(guest, &cpuid, error);
	if (ret)
		return ret;
	guest->amd = is_amd(cpuid);
	guest->info.hypercall = guest->amd ? "vmmcall" : "vmcall";
	kp_guest_x86_pmu_detect(guest, cpuid);
	free(cpuid);
	if (guest->conf.pmu == KP_GUEST_ON && !guest->info.pmu_on)
		return kp_guest_fail(
			error, -1, EOPNOTSUPP,
			"this KVM offers no vPMU (is kvm.enable_pmu N?)");
	if (guest->conf.pmu == KP_GUEST_OFF)
		ret = disable_pmu(guest, error);
	return ret ? ret : set_filter(guest, error);
}

/* ---- with a vCPU ---- */

bool kp_guest_x86_msr(struct kp_vcpu *vcpu, uint32_t msr, uint64_t value)
{
	uint64_t buf[(sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)) / 8] = { 0 };
	struct kvm_msrs *msrs = (struct kvm_msrs *)buf;

	msrs->nmsrs = 1;
	msrs->entries[0].index = msr;
	msrs->entries[0].data = value;
	return ioctl(vcpu->fd, KVM_SET_MSRS, msrs) == 1;
}

bool kp_guest_x86_msr_get(struct kp_vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	uint64_t buf[(sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)) / 8] = { 0 };
	struct kvm_msrs *msrs = (struct kvm_msrs *)buf;

	msrs->nmsrs = 1;
	msrs->entries[0].index = msr;
	if (ioctl(vcpu->fd, KVM_GET_MSRS, msrs) != 1)
		return false;
	*value = msrs->entries[0].data;
	return true;
}

static void set_apic_id(struct kvm_cpuid2 *cpuid, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < cpuid->nent; i++) {
		struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

		if (e->function == 1)
			e->ebx = (e->ebx & 0x00ffffff) | id << 24;
		else if (e->function == 0xb || e->function == 0x1f)
			e->edx = id;
	}
}

static int init_cpuid(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kvm_cpuid2 *cpuid;
	int ret = get_cpuid(vcpu->guest, &cpuid, error);

	if (ret)
		return ret;
	set_apic_id(cpuid, vcpu->index);
	if (!vcpu->guest->info.pmu_on)
		kp_guest_x86_pmu_hide(cpuid);
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid))
		ret = kp_guest_fail(error, (int)vcpu->index, errno,
				    "vCPU %u: KVM_SET_CPUID2 refused: %s", vcpu->index,
				    strerror(errno));
	free(cpuid);
	return ret;
}

int kp_guest_arch_vcpu_init(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	int khz, ret = init_cpuid(vcpu, error);

	if (!ret && vcpu->guest->info.pmu_on)
		ret = kp_guest_x86_pmu_verify(vcpu, error);
	khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
	if (khz > 0)
		vcpu->guest->info.tick_hz = (uint64_t)khz * 1000;
	return ret;
}

int kp_guest_arch_vm_finish(struct kp_guest *guest, struct kp_guest_error *error)
{
	(void)guest;
	(void)error;
	return 0;
}

/* ---- with a job ---- */

static struct kvm_segment segment(uint16_t selector, uint8_t type)
{
	struct kvm_segment seg = { .limit = 0xffffffff,
				   .selector = selector,
				   .type = type,
				   .present = 1,
				   .s = 1,
				   .g = 1 };

	if (selector == SEL_CODE)
		seg.l = 1;
	else
		seg.db = 1;
	return seg;
}

static uint64_t tss_gpa(const struct kp_vcpu *vcpu)
{
	return vcpu->page_gpa + KP_PAGE_SIZE;
}

static uint64_t stack_gpa(const struct kp_vcpu *vcpu)
{
	return vcpu->page_gpa + KP_VCPU_STRIDE - 16;
}

/* The stack for what interrupts level 3: RSP0 (SDM vol. 3, 8.7). */
static void put_tss(struct kp_vcpu *vcpu)
{
	uint64_t rsp0 = stack_gpa(vcpu);

	memcpy(vcpu->guest->mem + tss_gpa(vcpu) - KP_RAM_BASE + 4, &rsp0, sizeof(rsp0));
}

static void fill_sregs(const struct kp_vcpu *vcpu, struct kvm_sregs *sregs)
{
	sregs->cs = segment(SEL_CODE, 11);
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = segment(SEL_DATA, 3);
	sregs->tr = (struct kvm_segment){
		.base = tss_gpa(vcpu), .limit = 0x67, .selector = SEL_TSS, .type = 11, .present = 1
	};
	sregs->ldt = (struct kvm_segment){ .type = 2, .unusable = 1 };
	sregs->gdt = (struct kvm_dtable){ .base = GDT, .limit = KP_SEL_USER_CODE | 7 };
	sregs->idt = (struct kvm_dtable){ .base = IDT, .limit = (KP_VECTOR_PMI + 1) * 16 - 1 };
	sregs->cr0 = CR0_PE_MP_ET_NE_WP_PG;
	sregs->cr3 = PML4;
	sregs->cr4 = CR4_PAE;
	sregs->efer = EFER_LME_LMA;
}

static int set_state(struct kp_vcpu *vcpu, uint64_t payload_gpa, struct kp_guest_error *error)
{
	struct kvm_mp_state mp_state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_regs regs = { .rflags = RFLAGS_FIXED };
	struct kvm_sregs sregs;

	put_tss(vcpu);
	regs.rip = KP_RAM_CODE + (uint64_t)(kp_guest_code_entry - kp_guest_code_start);
	regs.rsp = stack_gpa(vcpu);
	regs.rdi = vcpu->page_gpa;
	regs.rsi = payload_gpa;
	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return kp_guest_fail(error, (int)vcpu->index, errno, "vCPU %u: KVM_GET_SREGS: %s",
				     vcpu->index, strerror(errno));
	fill_sregs(vcpu, &sregs);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		return kp_guest_fail(
			error, (int)vcpu->index, errno,
			"vCPU %u: KVM_SET_SREGS: %s. This KVM does not take 64-bit mode as a "
			"first state",
			vcpu->index, strerror(errno));
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return kp_guest_fail(error, (int)vcpu->index, errno, "vCPU %u: KVM_SET_REGS: %s",
				     vcpu->index, strerror(errno));
	/* All vCPUs but the first wait for an INIT that no one sends; a hung one may be halted. */
	if (strcmp(vcpu->guest->info.irqchip, "none") &&
	    ioctl(vcpu->fd, KVM_SET_MP_STATE, &mp_state))
		return kp_guest_fail(error, (int)vcpu->index, errno,
				     "vCPU %u: KVM_SET_MP_STATE: %s", vcpu->index, strerror(errno));
	return 0;
}

void kp_guest_x86_write_add(struct kp_guest_write *list, uint64_t *nr, size_t max, uint32_t msr,
			    uint64_t value)
{
	if (*nr < max)
		list[(*nr)++] = (struct kp_guest_write){ msr, value };
}

/* The local APIC in x2APIC mode, enabled, its timer one-shot, undivided: 1 ns a tick in KVM. */
static void add_apic(struct kp_vcpu *vcpu)
{
	struct kp_guest_page *page = vcpu->page;
	uint64_t bsp = vcpu->index ? 0 : 0x100;
	/* clang-format off */
	const struct kp_guest_write writes[] = {
		{ KP_MSR_APIC_BASE, 0xfee00000ull | APIC_BASE_X2APIC | bsp },
		{ 0x80f, 0x1ff },		/* spurious vector, enable */
		{ 0x832, KP_VECTOR_TIMER },	/* LVT timer, one-shot */
		{ 0x83e, 0xb },			/* divide by 1 */
	};
	/* clang-format on */
	size_t i;

	for (i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		kp_guest_x86_write_add(page->once, &page->nr_once, KP_ONCE_MAX,
				       (uint32_t)writes[i].reg, writes[i].value);
}

static const char *msr_entry(const struct kp_guest_job *job)
{
	if (job->access == KP_GUEST_WRITE)
		return kp_guest_code_wrmsr;
	if (job->access == KP_GUEST_RDPMC)
		return kp_guest_code_rdpmc;
	return kp_guest_code_rdmsr;
}

int kp_guest_arch_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
		      struct kp_guest_error *error)
{
	const struct kp_guest_code *code = (const struct kp_guest_code *)job->payload;
	struct kp_guest_page *page = vcpu->page;
	const char *entry = code->entry;

	if (entry == kp_guest_code_rdmsr)
		entry = msr_entry(job);
	page->reg = job->set_reg ? job->reg : KP_MSR_MISC_ENABLE;
	page->value = job->value;
	page->flip = job->access == KP_GUEST_WRITE ? job->flip : 0;
	page->wake_ticks = job->wake_ns ? job->wake_ns : 20000;
	if (vcpu->guest->amd)
		page->flags |= KP_FLAG_VMMCALL;
	if (entry == kp_guest_code_hlt && strcmp(vcpu->guest->info.irqchip, "none")) {
		page->flags |= KP_FLAG_TIMER;
		add_apic(vcpu);
	}
	if (job->payload->pmi)
		add_apic(vcpu);
	if (job->nr_counters || job->payload->pmu)
		kp_guest_x86_pmu_job(vcpu, job);
	return set_state(vcpu, KP_RAM_CODE + (uint64_t)(entry - kp_guest_code_start), error);
}
