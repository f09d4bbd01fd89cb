// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arm64 machine: EL1 with the MMU on from the first instruction, 2 GiB mapped one to one, a
 * GICv3 or, on hosts that have no other, a GICv2. The MMU is on because the host writes to the
 * shared pages through its caches, which a guest without MMU would read past.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "arm64.h"

#define CORE_REG(name) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))
#define CORE_X(n) (CORE_REG(regs.regs[0]) + 2 * (n)) /* numbered in units of 32 bits */

#define REG_SCTLR ARM64_SYS_REG(3, 0, 1, 0, 0)
#define REG_TTBR0 ARM64_SYS_REG(3, 0, 2, 0, 0)
#define REG_TCR	  ARM64_SYS_REG(3, 0, 2, 0, 2)
#define REG_MAIR  ARM64_SYS_REG(3, 0, 10, 2, 0)
#define REG_VBAR  ARM64_SYS_REG(3, 0, 12, 0, 0)
#define REG_ESR	  ARM64_SYS_REG(3, 0, 5, 2, 0)
#define REG_FAR	  ARM64_SYS_REG(3, 0, 6, 0, 0)

/* Arm ARM D17.2: SCTLR_EL1 with its RES1 bits and M, C, SA, I */
#define SCTLR_MMU_CACHES 0x30d0180dull
/* T0SZ 25 (a table of level 1 is the first), walks cached and shared, 4 KiB pages, TTBR1 off */
#define TCR_39_BITS	(25ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | 1ull << 23)
#define MAIR_DEVICE_MEM 0xff00ull /* attribute 0 device-nGnRnE, 1 normal write-back */
/* blocks of 1 GiB: valid, accessed; 0: device, never executed; 1: memory, inner shareable */
#define BLOCK_DEVICE (0x401ull | 3ull << 53)
#define BLOCK_MEMORY (0x701ull | 1ull << 2)
#define PSTATE_EL1H  0x3c5ull /* D, A, I, F masked */

#define GICR_STRIDE 0x20000ull
#define MAX_GICV2   8 /* CPU interfaces of a GICv2 */

#define REG_ACTLR KP_GUEST_SYSREG(3, 0, 1, 0, 1)
#define INSN_MRS  0xd5300000u
#define INSN_MSR  0xd5100000u
#define INSN_X2	  2u

extern const char kp_guest_code_mmio[], kp_guest_code_msr[], kp_guest_code_msr_patch[],
	kp_guest_code_cpuid[], kp_guest_code_hypercall[], kp_guest_code_hlt[], kp_guest_code_spin[],
	kp_guest_code_pmu[], kp_guest_code_pmi[];

#define PAYLOAD(name_, exit_, ...)                                   \
	{                                                            \
		{ .name = #name_, .user_exit = exit_, __VA_ARGS__ }, \
			.entry = kp_guest_code_##name_               \
	}

/* No io: there are no I/O ports. */
/* clang-format off: one row a payload */
const struct kp_guest_code kp_guest_codes[] = {
	PAYLOAD(mmio, KVM_EXIT_MMIO, .help = "store of 4 bytes to where no memory is"),
	PAYLOAD(msr, -1, .result = true, .help = "MRS of ACTLR_EL1"),
	PAYLOAD(cpuid, -1, .result = true, .help = "MRS of ID_AA64PFR0_EL1"),
	PAYLOAD(hypercall, -1, .result = true, .help = "HVC, PSCI_VERSION"),
	PAYLOAD(hlt, -1, .irqchip = true, .help = "WFI until the virtual timer fires (20 us)"),
	PAYLOAD(pmu, -1, .pmu = true,
		.help = "start counters, run a known loop, read and stop them"),
	PAYLOAD(pmi, -1, .pmu = true, .pmi = true, .irqchip = true,
		.help = "let counter 0 overflow and take its interrupt"),
	PAYLOAD(spin, -1, .help = "1000 rounds of a two-instruction loop, no exit"),
	{ .entry = NULL },
};
/* clang-format on */

/* ---- with the machine ---- */

int kp_guest_arm64_attr(int fd, uint32_t group, uint64_t attr, const void *addr)
{
	struct kvm_device_attr set = { .group = group, .attr = attr, .addr = (uintptr_t)addr };

	return ioctl(fd, KVM_SET_DEVICE_ATTR, &set) ? -errno : 0;
}

int kp_guest_arch_check(struct kp_guest *guest, struct kp_guest_error *error)
{
	if (!kp_guest_has_cap(guest, KVM_CAP_ONE_REG) ||
	    !kp_guest_has_cap(guest, KVM_CAP_ARM_PSCI_0_2))
		return kp_guest_fail(error, -1, EOPNOTSUPP,
				     "this KVM lacks KVM_CAP_ONE_REG or KVM_CAP_ARM_PSCI_0_2");
	return kp_guest_arm64_pmu_check(guest, error);
}

/* Type 0 stands for 40 bits of guest physical address, which some CPUs do not have. */
unsigned long kp_guest_arch_vm_type(const struct kp_guest *guest)
{
	int bits = ioctl(guest->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);

	return bits > 0 && bits < 40 ? (unsigned long)bits : 0;
}

static int create_gic(struct kp_guest *guest, struct kp_guest_error *error)
{
	struct kvm_create_device v3 = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct kvm_create_device v2 = { .type = KVM_DEV_TYPE_ARM_VGIC_V2 };

	if (guest->conf.irqchip == KP_GUEST_OFF)
		return 0;
	if (!ioctl(guest->vm_fd, KVM_CREATE_DEVICE, &v3)) {
		guest->irqchip_fd = (int)v3.fd;
		guest->info.irqchip = "gicv3";
	} else if (!ioctl(guest->vm_fd, KVM_CREATE_DEVICE, &v2)) {
		guest->irqchip_fd = (int)v2.fd;
		guest->info.irqchip = "gicv2";
	} else {
		return kp_guest_fail(error, -1, errno,
				     "KVM_CREATE_DEVICE: neither a GICv3 nor a GICv2: %s",
				     strerror(errno));
	}
	if (!strcmp(guest->info.irqchip, "gicv2") && guest->nr_vcpus > MAX_GICV2)
		return kp_guest_fail(error, -1, EINVAL,
				     "%u vCPUs asked for; this host has a GICv2, which takes %d",
				     guest->nr_vcpus, MAX_GICV2);
	return 0;
}

int kp_guest_arch_vm_init(struct kp_guest *guest, struct kp_guest_error *error)
{
	const uint64_t blocks[] = { BLOCK_DEVICE, KP_RAM_BASE | BLOCK_MEMORY };

	memcpy(guest->mem + KP_RAM_TABLES, blocks, sizeof(blocks));
	guest->info.hypercall = "hvc";
	__asm__("mrs %0, cntfrq_el0" : "=r"(guest->info.tick_hz));
	return create_gic(guest, error);
}

/* ---- with a vCPU ---- */

int kp_guest_arm64_get(const struct kp_vcpu *vcpu, uint64_t id, uint64_t *value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)value };

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) ? -errno : 0;
}

int kp_guest_arm64_set(struct kp_vcpu *vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { .id = id, .addr = (uintptr_t)&value };

	return ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) ? -errno : 0;
}

int kp_guest_arch_vcpu_init(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kvm_vcpu_init init;

	if (ioctl(vcpu->guest->vm_fd, KVM_ARM_PREFERRED_TARGET, &init))
		return kp_guest_fail(error, (int)vcpu->index, errno,
				     "vCPU %u: KVM_ARM_PREFERRED_TARGET: %s", vcpu->index,
				     strerror(errno));
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (vcpu->guest->info.pmu_on)
		init.features[0] |= 1u << KVM_ARM_VCPU_PMU_V3;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
		return kp_guest_fail(
			error, (int)vcpu->index, errno, "vCPU %u: KVM_ARM_VCPU_INIT: %s%s",
			vcpu->index, strerror(errno),
			vcpu->guest->info.pmu_on ? " (with a PMU; try --pmu off)" : "");
	return vcpu->guest->info.pmu_on ? kp_guest_arm64_pmu_vcpu(vcpu, error) : 0;
}

/* The GIC needs all vCPUs, the PMU's interrupt needs the GIC. */
static int finish_gic(struct kp_guest *guest, struct kp_guest_error *error)
{
	const uint64_t dist = KP_GICD_BASE, cpu = KP_GICC_BASE, redist = KP_GICR_BASE;
	bool v3 = !strcmp(guest->info.irqchip, "gicv3");
	int ret, fd = guest->irqchip_fd;

	if (fd < 0)
		return 0;
	ret = kp_guest_arm64_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
				  v3 ? KVM_VGIC_V3_ADDR_TYPE_DIST : KVM_VGIC_V2_ADDR_TYPE_DIST,
				  &dist);
	if (!ret)
		ret = kp_guest_arm64_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
					  v3 ? KVM_VGIC_V3_ADDR_TYPE_REDIST
					     : KVM_VGIC_V2_ADDR_TYPE_CPU,
					  v3 ? &redist : &cpu);
	if (!ret)
		ret = kp_guest_arm64_attr(fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT,
					  NULL);
	return ret ? kp_guest_fail(error, -1, -ret, "cannot set up the %s: %s", guest->info.irqchip,
				   strerror(-ret))
		   : 0;
}

int kp_guest_arch_vm_finish(struct kp_guest *guest, struct kp_guest_error *error)
{
	int ret = finish_gic(guest, error);
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus && !ret && guest->info.pmu_on; i++)
		ret = kp_guest_arm64_pmu_finish(&guest->vcpus[i], error);
	return ret;
}

/* ---- with a job ---- */

static uint64_t code_gpa(const char *label)
{
	return KP_RAM_BASE + KP_RAM_CODE + (uint64_t)(label - kp_guest_code_start);
}

static int set_state(struct kp_vcpu *vcpu, const char *entry, struct kp_guest_error *error)
{
	const struct {
		uint64_t id, value;
	} regs[] = {
		{REG_MAIR,		    MAIR_DEVICE_MEM		    },
		{ REG_TCR,		   TCR_39_BITS		       },
		{ REG_TTBR0,	     KP_RAM_BASE + KP_RAM_TABLES	 },
		{ REG_SCTLR,	     SCTLR_MMU_CACHES	      },
		{ REG_VBAR,		    code_gpa(kp_guest_code_start)},
		{ CORE_REG(regs.pstate), PSTATE_EL1H		     },
		{ CORE_REG(regs.pc),     code_gpa(kp_guest_code_entry)},
		{ CORE_X(0),	     vcpu->page_gpa		    },
		{ CORE_X(1),	     code_gpa(entry)		     },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		ret = kp_guest_arm64_set(vcpu, regs[i].id, regs[i].value);
		if (ret)
			return kp_guest_fail(error, (int)vcpu->index, -ret,
					     "vCPU %u: KVM_SET_ONE_REG of %#llx: %s", vcpu->index,
					     (unsigned long long)regs[i].id, strerror(-ret));
	}
	return 0;
}

/* MRS and MSR have their register in the instruction (Arm ARM C6.2, "MRS"). */
static int patch_msr(struct kp_guest *guest, const struct kp_guest_job *job,
		     struct kp_guest_error *error)
{
	uint32_t reg = job->set_reg ? job->reg : REG_ACTLR;
	uint32_t insn = job->access == KP_GUEST_WRITE ? INSN_MSR : INSN_MRS;
	size_t offset = KP_RAM_CODE + (size_t)(kp_guest_code_msr_patch - kp_guest_code_start);
	char *at = (char *)guest->mem + offset;

	if (job->access == KP_GUEST_RDPMC)
		return kp_guest_fail(error, -1, EOPNOTSUPP, "RDPMC is an instruction of x86");
	if (!job->set_reg && job->access == KP_GUEST_WRITE)
		return kp_guest_fail(error, -1, EINVAL, "which register to write was not said");
	if (reg >> 15 != 1)
		return kp_guest_fail(error, -1, EINVAL,
				     "%#x is not the encoding of a system register (op0 is 2 or 3)",
				     reg);
	insn |= (reg & 0x7fff) << 5 | INSN_X2;
	memcpy(at, &insn, sizeof(insn));
	__builtin___clear_cache(at, at + sizeof(insn));
	return 0;
}

int kp_guest_arch_job(struct kp_vcpu *vcpu, const struct kp_guest_job *job,
		      struct kp_guest_error *error)
{
	const struct kp_guest_code *code = (const struct kp_guest_code *)job->payload;
	uint64_t hz = vcpu->guest->info.tick_hz;
	struct kp_guest_page *page = vcpu->page;
	int ret = 0;

	page->value = job->value;
	page->flip = job->access == KP_GUEST_WRITE ? job->flip : 0;
	page->wake_ticks = (job->wake_ns ? job->wake_ns : 20000) * hz / 1000000000ull;
	page->gicr = KP_GICR_BASE + vcpu->index * GICR_STRIDE;
	if (!strcmp(vcpu->guest->info.irqchip, "gicv2"))
		page->flags |= KP_FLAG_GICV2;
	if (job->payload->irqchip)
		page->flags |= KP_FLAG_IRQ;
	if (code->entry == kp_guest_code_msr)
		ret = patch_msr(vcpu->guest, job, error);
	if (job->nr_counters || job->payload->pmu)
		kp_guest_arm64_pmu_job(vcpu, job);
	return ret ? ret : set_state(vcpu, code->entry, error);
}

/* ---- exits ---- */

enum kp_guest_action kp_guest_arch_exit(const struct kp_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	uint32_t command;

	if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write)
		return KP_ACT_REFUSE;
	if (run->mmio.phys_addr == KP_MMIO_PAYLOAD)
		return KP_ACT_ENTER;
	if (run->mmio.phys_addr != KP_MMIO_CONTROL || run->mmio.len != sizeof(command))
		return KP_ACT_REFUSE;
	memcpy(&command, run->mmio.data, sizeof(command));
	if (command == KP_CONTROL_DONE)
		return KP_ACT_DONE;
	return command == KP_CONTROL_FAULT ? KP_ACT_FAULT : KP_ACT_REFUSE;
}

const char *kp_guest_arch_fail_entry(uint64_t reason)
{
	/* KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED (arch/arm64/include/uapi/asm/kvm.h) */
	if (reason == 1)
		return "the vCPU's PMU does not cover this CPU; pin the vCPU to CPUs that it does";
	return "KVM does not enter the guest on this CPU";
}

void kp_guest_arch_regs(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	static const struct {
		const char *name;
		uint64_t id;
	} regs[] = {
		{"pc",	CORE_REG(regs.pc)	  },
		      { "pstate", CORE_REG(regs.pstate)},
		{ "x0",	CORE_X(0)		  },
		      { "x1",     CORE_X(1)		},
		{ "x2",	CORE_X(2)		  },
		      { "x9",     CORE_X(9)		},
		{ "x19",	 CORE_X(19)	    },
		      { "x20",    CORE_X(20)		  },
		{ "x21",	 CORE_X(21)	    },
		      { "x22",    CORE_X(22)		  },
		{ "x30",	 CORE_X(30)	    },
		      { "sctlr",	 REG_SCTLR		   },
		{ "esr",	 REG_ESR		 },
		      { "far",    REG_FAR	       },
		{ "elr",	 CORE_REG(elr_el1)	   },
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		kp_guest_error_add(error, "%s%s ", i % 5 ? " " : "\n  ", regs[i].name);
		if (kp_guest_arm64_get(vcpu, regs[i].id, &value))
			kp_guest_error_add(error, "-");
		else
			kp_guest_error_add(error, "%#llx", (unsigned long long)value);
	}
}

void kp_guest_arch_fault(const struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	const struct kp_guest_page *page = vcpu->page;
	unsigned int class = (unsigned int)(page->fault_code >> 26 & 0x3f);
	uint64_t patch = code_gpa(kp_guest_code_msr_patch);

	kp_guest_error_add(error, "ESR_EL1 %#llx (class %#x), slot %llu, at %#llx, FAR_EL1 %#llx",
			   (unsigned long long)page->fault_code, class,
			   (unsigned long long)page->fault_kind - 1,
			   (unsigned long long)page->fault_pc,
			   (unsigned long long)page->fault_addr);
	/* class 0: KVM injects an undefined instruction for registers that it does not give */
	if (class == 0) {
		kp_guest_error_add(error, ". KVM refuses %s to this guest",
				   page->fault_pc == patch ? "the register" : "this instruction");
		error->err = EOPNOTSUPP;
	}
}
