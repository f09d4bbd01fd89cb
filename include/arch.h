/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arch.h - the one interface behind which architectures sit: what tracepoints carry, what exit
 * codes, registers and event selectors are called. All architectures are compiled in and chosen at
 * run time by the recording's machine. Includes event.h and reg.h.
 */
#ifndef KP_ARCH_H
#define KP_ARCH_H

#include "event.h"
#include "reg.h"

/**
 * struct kp_tp_field - how one tracepoint field lands in a kp_event
 * @name: field name in the tracepoint's format
 * @alt: its name in other kernel versions, or NULL
 * @dst: offsetof(struct kp_event, ...)
 * @dst_size: sizeof that member
 * @valid: KP_HAS_* bits to set when the field exists
 * @is_text: the field is a string of variable length ("__data_loc char[]"): its first eight bytes,
 *	as they lie in memory and zeros behind its end, go into the 64 bits of @dst; one of a row
 *
 * A field that the recording's format lacks leaves its valid bits clear.
 */
struct kp_tp_field {
	const char *name;
	const char *alt;
	uint16_t dst;
	uint16_t dst_size;
	uint32_t valid;
	bool is_text;
};

#define KP_TP_FIELDS_MAX 8

/**
 * struct kp_tp - a tracepoint that means something to kvmpmu
 * @system, @name: as in tracefs
 * @kind: enum kp_kind it becomes
 * @fields: terminated by a NULL name
 * @fixup: adjusts the event after the fields are in (packs codes, turns fields into flags); may be
 *	NULL; runs per sample: no allocation, no lookup
 */
struct kp_tp {
	const char *system;
	const char *name;
	uint16_t kind;
	struct kp_tp_field fields[KP_TP_FIELDS_MAX];
	void (*fixup)(struct kp_event *ev);
};

/** enum kp_exit_datum - the numbers that come with an exit, as kvm_exit carries them */
enum kp_exit_datum {
	KP_EXIT_INFO1 = 0, /* VMX qualification, SVM EXITINFO1 */
	KP_EXIT_INFO2, /* VMX: IDT vectoring information; SVM EXITINFO2 */
	KP_EXIT_INTR_INFO, /* VMX VM-exit interruption information, SVM EXITINTINFO */
	KP_EXIT_DATA
};

/**
 * struct kp_arch - one architecture (vendor)
 * @name: "intel", "amd", "arm64", "riscv", ..., "generic"
 * @isa: the enum kp_isa its exit codes speak
 * @match: does a recording with this uname machine (kp_meta.arch: "x86_64", "aarch64", may be NULL)
 *	and cpuid string (kp_meta.cpuid, perf's format, may be NULL) belong here
 * @tps: tracepoints of this architecture, terminated by a NULL system. The generic ones (sched,
 *	nmi, kvm_userspace_exit ...) are in kp_arch_common_tps and need not be repeated
 * @exit_name: name of exit reason @code of @isa, or NULL when unknown; must be fast (table)
 * @exit_is_pmu: the exit is an access to a PMU register by @code alone (RDPMC); 0 no or unknown
 * @regs: its MSRs or system registers (reg.h), NULL: none known
 * @exit_datum: what datum @which of an exit is: *@name gets the manual's name for it,
 * 	*@bits its fields
 *	or NULL when it is one plain number. false: it means nothing with this exit. May be NULL
 */
struct kp_arch {
	const char *name;
	uint8_t isa;
	bool (*match)(const char *machine, const char *cpuid);
	const struct kp_tp *tps;
	const char *(*exit_name)(uint8_t isa, uint32_t code);
	bool (*exit_is_pmu)(uint8_t isa, uint32_t code);
	const struct kp_reg_set *regs;
	bool (*exit_datum)(uint8_t isa, uint32_t code, enum kp_exit_datum which, const char **name,
			   const struct kp_bits **bits);
};

/**
 * arm64's kvm_exit has two numbers where x86 has one: ret (ARM_EXCEPTION_*) and esr_ec. The event's
 * code packs both: ret in bits 0-7, esr_ec in bits 8-15 (arch/arm64/kvm/trace_arm.h).
 */
#define KP_ARM64_EXIT(ret, ec) (((uint32_t)(ret)&0xff) | ((uint32_t)(ec)&0xff) << 8)

/** kp_archs - every architecture, generic last; NULL-terminated. The one visible table: arch.c */
extern const struct kp_arch *const kp_archs[];

/** kp_arch_common_tps - tracepoints that mean the same everywhere; ends with a NULL system */
extern const struct kp_tp kp_arch_common_tps[];

/** kp_arch_find - first that matches; never NULL (generic matches everything) */
const struct kp_arch *kp_arch_find(const char *machine, const char *cpuid);

/** kp_arch_by_name - by kp_arch.name; NULL if none */
const struct kp_arch *kp_arch_by_name(const char *name);

/** kp_arch_reg_name - a register's name into @buf; NULL when it has none. Not for hot paths */
const char *kp_arch_reg_name(const struct kp_arch *arch, uint32_t reg, char *buf, size_t size);

/** kp_arch_reg_is_pmu - the register is part of the PMU (LVTPC and branch records included) */
bool kp_arch_reg_is_pmu(const struct kp_arch *arch, uint32_t reg);

/** kp_arch_reg_part - the part of register @reg in the PMU; false: none */
bool kp_arch_reg_part(const struct kp_arch *arch, uint32_t reg, struct kp_reg_part *part);

/**
 * kp_user_exit_name - name of a KVM_EXIT_* (kvm_userspace_exit), from include/uapi/linux/kvm.h;
 * NULL when unknown
 */
const char *kp_user_exit_name(uint32_t code);

#endif
