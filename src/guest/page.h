/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host side and the guest's own code agree on: the guest's memory map and the page through
 * which each vCPU gets its orders and gives its results. Read by C and by the assembler.
 */
#ifndef KP_GUEST_PAGE_H
#define KP_GUEST_PAGE_H

/*
 * Guest physical memory, identity-mapped. RAM starts at KP_RAM_BASE (0 on x86, 1 GiB on arm64):
 *
 *   RAM + 0x000000  nothing on purpose: a null pointer is seen in a dump
 *   RAM + 0x001000  page tables, on x86 also GDT and IDT
 *   RAM + 0x010000  the guest's code, read only in practice
 *   RAM + 0x200000  per vCPU: the shared page (struct kp_guest_page), then a page of stack, at
 *                   whose other end x86 has the TSS
 *
 * Addresses without memory, so that every access leaves the guest:
 *   KP_MMIO_PAYLOAD  payload mmio
 *   KP_MMIO_CONTROL  arm64: KP_CONTROL_DONE, KP_CONTROL_FAULT (x86 uses I/O ports for these)
 */
#if defined(__aarch64__)
#define KP_RAM_BASE	0x40000000
#define KP_MMIO_CONTROL 0x0a000000
#define KP_MMIO_PAYLOAD 0x0a001000
#define KP_GICD_BASE	0x08000000
#define KP_GICC_BASE	0x08010000 /* GICv2 only */
#define KP_GICR_BASE	0x10000000 /* 128 KiB a vCPU */
#else
#define KP_RAM_BASE	0x00000000
#define KP_MMIO_PAYLOAD 0x10000000
#define KP_PORT_PAYLOAD 0x5e0 /* nothing is there on a PC, in KVM neither */
#define KP_PORT_CONTROL 0x5e8
#endif

#define KP_RAM_TABLES  0x001000
#define KP_RAM_CODE    0x010000
#define KP_RAM_VCPUS   0x200000
#define KP_VCPU_STRIDE 0x2000
#define KP_PAGE_SIZE   0x1000

#define KP_CONTROL_DONE	 0
#define KP_CONTROL_FAULT 1

#define KP_SEL_USER_DATA 0x2b /* x86: with RPL 3 */
#define KP_SEL_USER_CODE 0x33

/* flags */
#define KP_FLAG_TIMER	0x01 /* hlt: arm the timer before halting */
#define KP_FLAG_VMMCALL 0x02 /* x86: AMD's hypercall instruction */
#define KP_FLAG_GICV2	0x04
#define KP_FLAG_NMI	0x08 /* x86, pmi: the PMI is an NMI, not a vector */
#define KP_FLAG_REPEATS 0x10 /* the payload starts and stops the counters itself */
#define KP_FLAG_IRQ	0x20 /* arm64: the payload takes interrupts */

#define KP_START_MAX	72 /* register writes before the first iteration */
#define KP_HALT_MAX	40 /* and after the last */
#define KP_ONCE_MAX	8 /* before all others, also of payloads that repeat start[] */
#define KP_COUNTERS_MAX 32

/* offsets in the shared page */
#define PG_ITER_MAX	0x000
#define PG_STOP		0x008
#define PG_ITER_DONE	0x010
#define PG_TICK_START	0x018
#define PG_TICK_END	0x020
#define PG_FLAGS	0x028
#define PG_LOOPS	0x030
#define PG_WAKE		0x038
#define PG_REG		0x040
#define PG_VALUE	0x048
#define PG_RESULT	0x050
#define PG_IRQS		0x058
#define PG_FAULT_KIND	0x060
#define PG_FAULT_CODE	0x068
#define PG_FAULT_PC	0x070
#define PG_FAULT_ADDR	0x078
#define PG_NR_START	0x080
#define PG_NR_HALT	0x088
#define PG_NR_COUNTERS	0x090
#define PG_COUNTER_MASK 0x098
#define PG_READS	0x0a0
#define PG_ENABLE	0x0a8
#define PG_GICR		0x0b0
#define PG_LOST		0x0b8
#define PG_PRESET	0x0c0
#define PG_NR_ONCE	0x0c8
#define PG_FLIP		0x0d0
#define PG_START	0x100
#define PG_HALT		0x580
#define PG_COUNTERS	0x800
#define PG_ONCE		0xe00

#define CTR_SELECT 0x00
#define CTR_FIRST  0x08
#define CTR_LAST   0x10
#define CTR_SUM	   0x18
#define CTR_MIN	   0x20
#define CTR_MAX	   0x28
#define CTR_SIZE   0x30

/*
 * Instructions that payload pmu executes between the two reads of counter n:
 * loops * KP_INSNS_LOOP + KP_INSNS_BASE + n * KP_INSNS_COUNTER. Counted in the .S file of the
 * architecture, next to the code; the emulated machines of tests/lab count exactly these.
 *
 * KP_TRAPS_*: how many of them KVM emulates and does not count. On x86 none: it counts what it
 * emulates (arch/x86/kvm/pmu.c, kvm_pmu_instruction_retired()). On arm64 the accesses to PMU
 * registers, unless the CPU counts instructions that trap (QEMU does).
 */
#if defined(__aarch64__)
#define KP_INSNS_LOOP	 2
#define KP_INSNS_BASE	 15
#define KP_INSNS_COUNTER 22
#define KP_TRAPS_BASE	 2
#define KP_TRAPS_COUNTER 4
#else
#define KP_INSNS_LOOP	 2
#define KP_INSNS_BASE	 12
#define KP_INSNS_COUNTER 16
#define KP_TRAPS_BASE	 0
#define KP_TRAPS_COUNTER 0
#endif

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* One register write that the guest does on order; x86: WRMSR */
struct kp_guest_write {
	uint64_t reg;
	uint64_t value;
};

struct kp_guest_page_counter {
	uint64_t select; /* RDPMC index; arm64: counter number */
	uint64_t first;
	uint64_t last;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
};

/*
 * One page per vCPU. The host writes it before the run and @stop during it; the guest writes
 * @iter_done in every iteration and the other results at the end.
 */
struct kp_guest_page {
	uint64_t iter_max; /* 0: no limit */
	uint64_t stop;
	uint64_t iter_done;
	uint64_t tick_start;
	uint64_t tick_end;
	uint64_t flags;
	uint64_t loops;
	uint64_t wake_ticks;
	uint64_t reg;
	uint64_t value;
	uint64_t result;
	uint64_t irqs;
	uint64_t fault_kind; /* x86: vector + 1; arm64: vector table slot + 1; 0: none */
	uint64_t fault_code; /* error code or ESR_EL1 */
	uint64_t fault_pc;
	uint64_t fault_addr; /* CR2 or FAR_EL1 */
	uint64_t nr_start; /* of start[]; arm64: counter number and event type */
	uint64_t nr_halt;
	uint64_t nr_counters;
	uint64_t counter_mask;
	uint64_t reads;
	uint64_t enable; /* arm64: value for PMCNTENSET_EL0 */
	uint64_t gicr; /* arm64: this vCPU's redistributor */
	uint64_t lost; /* pmi: iterations without an interrupt */
	uint64_t preset; /* arm64, pmi: what counter 0 starts from */
	uint64_t nr_once;
	uint64_t flip; /* bits of value that a write changes each time */
	uint64_t reserved[5];
	struct kp_guest_write start[KP_START_MAX];
	struct kp_guest_write halt[KP_HALT_MAX];
	struct kp_guest_page_counter counters[KP_COUNTERS_MAX];
	struct kp_guest_write once[KP_ONCE_MAX];
	uint64_t spare[48];
};

_Static_assert(sizeof(struct kp_guest_page) == KP_PAGE_SIZE, "one page");
_Static_assert(offsetof(struct kp_guest_page, loops) == PG_LOOPS, "page.h");
_Static_assert(offsetof(struct kp_guest_page, irqs) == PG_IRQS, "page.h");
_Static_assert(offsetof(struct kp_guest_page, reads) == PG_READS, "page.h");
_Static_assert(offsetof(struct kp_guest_page, gicr) == PG_GICR, "page.h");
_Static_assert(offsetof(struct kp_guest_page, start) == PG_START, "page.h");
_Static_assert(offsetof(struct kp_guest_page, halt) == PG_HALT, "page.h");
_Static_assert(offsetof(struct kp_guest_page, counters) == PG_COUNTERS, "page.h");
_Static_assert(offsetof(struct kp_guest_page, nr_once) == PG_NR_ONCE, "page.h");
_Static_assert(offsetof(struct kp_guest_page, once) == PG_ONCE, "page.h");
_Static_assert(offsetof(struct kp_guest_page, flip) == PG_FLIP, "page.h");
_Static_assert(sizeof(struct kp_guest_page_counter) == CTR_SIZE, "page.h");

#endif
#endif
