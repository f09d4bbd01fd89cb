// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner.bpf.c - who holds the counters: one pass over every file of every task for perf events,
 * VMs and vCPUs, with the events that KVM made for a vCPU; and the kernel's own marks of
 * ownership. Only reads kernel memory, writes records of owner_rec.h.
 *
 * Functions that read what only some kernels have are not inlined: the compiler must not move a
 * load of a field above the question whether it exists.
 *
 * Functions of the kind __weak are global ones to the verifier (Documentation/bpf/verifier.rst): it
 * checks each once and on its own, whoever calls it, where a static one is checked again for each
 * call and each path to it. They take numbers, hand on through the records of owner_event.h, and
 * ask for themselves whether the kernel has what they read. Without them, loading took most of the
 * time that kvmpmu ps needs.
 */
#include "owner_types.h"

#include "owner_rec.h"
#include "owner_event.h"

#define ANON_INODE_FS_MAGIC 0x09041934 /* include/uapi/linux/magic.h */
#define GENERAL_MAX	    32
#define FIXED_MAX	    16
#define ARM64_MAX	    31 /* besides the cycle counter */
#define ARM64_CYCLES	    31
#define ARM64_PMU_V3	    3 /* KVM_ARM_VCPU_PMU_V3 */
#define PMCR_E		    1

char LICENSE[] SEC("license") = "GPL";

/* Found by owner_marks, read by owner_files; 0: not known. */
__u64 guest_ctx_loaded_addr = 0;
__u64 per_cpu_offset_addr = 0;
__u64 watchdog_addr = 0;

/* Set by who loads it: bits of a mask of CPUs behind which there may be other memory. */
unsigned int nr_cpu_ids = 1;

static __always_inline bool begins(const char *name, const char *with, int len)
{
	for (int i = 0; i < len; i++)
		if (name[i] != with[i])
			return 0;
	return 1;
}

/* ---- VMs ---- */

static __noinline int vm_x86(struct kvm *kvm)
{
	if (bpf_core_field_exists(kvm->arch.created_mediated_pmu)) {
		vm.known |= KP_REC_MEDIATED;
		vm.mediated = BPF_CORE_READ(kvm, arch.created_mediated_pmu);
	}
	if (bpf_core_field_exists(kvm->arch.pmu_event_filter)) {
		vm.known |= KP_REC_FILTER;
		vm.filter = BPF_CORE_READ(kvm, arch.pmu_event_filter) != NULL;
	}
	return 0;
}

static __noinline int vm_arm64(struct kvm *kvm)
{
	vm.known |= KP_REC_FILTER;
	vm.filter = BPF_CORE_READ(kvm, arch.pmu_filter) != NULL;
	return 0;
}

static __noinline int vm_pages(struct kvm *kvm)
{
	vm.known |= KP_REC_PAGES;
	vm.pages = BPF_CORE_READ(kvm, nr_memslot_pages);
	return 0;
}

static __noinline int vm_any(struct kvm *kvm)
{
	__builtin_memset(&vm, 0, sizeof(vm));
	head_fill(&vm.head, KP_REC_VM, sizeof(vm));
	vm.kvm = (__u64)kvm;
	if (bpf_core_field_exists(kvm->arch.irqchip_mode))
		vm_x86(kvm);
	else if (bpf_core_field_exists(kvm->arch.pmu_filter))
		vm_arm64(kvm);
	if (bpf_core_field_exists(kvm->nr_memslot_pages))
		vm_pages(kvm);
	vm.known |= KP_REC_VCPUS;
	vm.nr_vcpus = BPF_CORE_READ(kvm, online_vcpus.counter);
	return 1;
}

/* 0: KVM is not there */
__weak int vm_fill(__u64 kvm)
{
	return bpf_core_type_exists(struct kvm) ? vm_any((void *)kvm) : 0;
}

/* ---- counters, and KVM's events behind them ---- */

static __noinline __u64 event_of_pmc(struct kvm_pmc *pmc)
{
	return (__u64)BPF_CORE_READ(pmc, perf_event);
}

/* The host event behind a counter, in @found; 0: there is none. */
__weak int kvm_event_fill(__u64 addr)
{
	struct kvm_pmc *pmc = (void *)addr;
	__u64 event = bpf_core_field_exists(pmc->perf_event) ? event_of_pmc(pmc) : 0;

	if (!event)
		return 0;
	event_fill(event, KP_REC_BY_KVM);
	return 1;
}

static __always_inline void show_counter(struct seq_file *seq, void *pmc)
{
	if (counter.selector || counter.value)
		bpf_seq_write(seq, &counter, sizeof(counter));
	if (kvm_event_fill((__u64)pmc))
		bpf_seq_write(seq, &found, sizeof(found));
}

/* arch/x86/include/asm/kvm_host.h, struct kvm_pmc; eventsel_hw is what a mediated VM loads */
static __noinline int x86_general_any(struct kvm_pmc *pmc)
{
	counter.selector = BPF_CORE_READ(pmc, eventsel);
	counter.selector_hw = counter.selector;
	if (bpf_core_field_exists(pmc->eventsel_hw))
		counter.selector_hw = BPF_CORE_READ(pmc, eventsel_hw);
	counter.value = BPF_CORE_READ(pmc, counter);
	return 0;
}

__weak int x86_general(__u64 addr)
{
	struct kvm_pmc *pmc = (void *)addr;

	return bpf_core_field_exists(pmc->eventsel) ? x86_general_any(pmc) : 0;
}

static __noinline int x86_fixed_any(struct kvm_pmu *pmu, struct kvm_pmc *pmc)
{
	unsigned int shift = 4 * (counter.index & (FIXED_MAX - 1));

	counter.selector = BPF_CORE_READ(pmu, fixed_ctr_ctrl) >> shift & 0xf;
	counter.selector_hw = counter.selector;
	if (bpf_core_field_exists(pmu->fixed_ctr_ctrl_hw))
		counter.selector_hw = BPF_CORE_READ(pmu, fixed_ctr_ctrl_hw) >> shift & 0xf;
	counter.value = BPF_CORE_READ(pmc, counter);
	return 0;
}

__weak int x86_fixed(__u64 pmu, __u64 addr)
{
	struct kvm_pmc *pmc = (void *)addr;

	return bpf_core_field_exists(pmc->eventsel) ? x86_fixed_any((void *)pmu, pmc) : 0;
}

/* The verifier goes through every turn of the loops: no more than this kernel's arrays are long. */
static __noinline int x86_counters(struct seq_file *seq, struct kvm_pmu *pmu)
{
	void *general = __builtin_preserve_access_index(&pmu->gp_counters);
	void *fixed = __builtin_preserve_access_index(&pmu->fixed_counters);
	unsigned int step = bpf_core_type_size(struct kvm_pmc);
	unsigned int general_end = bpf_core_field_size(pmu->gp_counters);
	unsigned int fixed_end = bpf_core_field_size(pmu->fixed_counters);

	counter.fixed = 0;
	for (unsigned int i = 0; i < GENERAL_MAX && i < vcpu.nr_general; i++) {
		if (i * step >= general_end)
			break;
		counter.index = i;
		x86_general((__u64)general + i * step);
		show_counter(seq, general + i * step);
	}
	counter.fixed = 1;
	for (unsigned int i = 0; i < FIXED_MAX && i < vcpu.nr_fixed; i++) {
		if (i * step >= fixed_end)
			break;
		counter.index = i;
		x86_fixed((__u64)pmu, (__u64)fixed + i * step);
		show_counter(seq, fixed + i * step);
	}
	return 0;
}

static __always_inline __u64 arm64_reg(struct kvm_cpu_context *ctxt, __u64 number)
{
	void *regs = __builtin_preserve_access_index(&ctxt->sys_regs);
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), regs + number * sizeof(value));
	return value;
}

static __noinline int arm64_counter_any(struct kvm_cpu_context *ctxt)
{
	__u64 type, count;

	if (counter.fixed) {
		type = bpf_core_enum_value(enum vcpu_sysreg, PMCCFILTR_EL0);
		count = bpf_core_enum_value(enum vcpu_sysreg, PMCCNTR_EL0);
	} else {
		type = bpf_core_enum_value(enum vcpu_sysreg, PMEVTYPER0_EL0) + counter.index;
		count = bpf_core_enum_value(enum vcpu_sysreg, PMEVCNTR0_EL0) + counter.index;
	}
	counter.selector = arm64_reg(ctxt, type);
	counter.selector_hw = counter.selector;
	counter.value = arm64_reg(ctxt, count);
	return 0;
}

__weak int arm64_counter(__u64 addr)
{
	struct kvm_vcpu *v = (void *)addr;

	return bpf_core_field_exists(v->arch.pmu.pmc)
		       ? arm64_counter_any(__builtin_preserve_access_index(&v->arch.ctxt))
		       : 0;
}

static __noinline int arm64_counters(struct seq_file *seq, struct kvm_vcpu *v)
{
	void *pmcs = __builtin_preserve_access_index(&v->arch.pmu.pmc);

	for (int i = 0; i <= ARM64_MAX; i++) {
		if (i < ARM64_CYCLES && i >= vcpu.nr_general)
			continue;
		counter.index = i < ARM64_CYCLES ? i : 0;
		counter.fixed = i == ARM64_CYCLES;
		arm64_counter((__u64)v);
		show_counter(seq, pmcs + i * bpf_core_type_size(struct kvm_pmc));
	}
	return 0;
}

/* ---- vCPUs ---- */

/*
 * A vCPU in guest mode has its context loaded: both happen with interrupts off, one in the other.
 */
static __always_inline unsigned int is_loaded(unsigned int cpu, int mode)
{
	__u64 offset = 0;
	__u8 loaded = 1;

	if (mode == 0) /* OUTSIDE_GUEST_MODE */
		return 0;
	if (guest_ctx_loaded_addr && per_cpu_offset_addr) {
		bpf_probe_read_kernel(&offset, sizeof(offset),
				      (void *)(per_cpu_offset_addr + cpu * sizeof(offset)));
		bpf_probe_read_kernel(&loaded, sizeof(loaded),
				      (void *)(guest_ctx_loaded_addr + offset));
	}
	return loaded;
}

static __noinline int vcpu_mediated(struct kvm_vcpu *v, struct kvm *kvm)
{
	vcpu.known |= KP_REC_MEDIATED;
	vcpu.mediated = BPF_CORE_READ(kvm, arch.created_mediated_pmu);
	if (vcpu.mediated && vcpu.cpu >= 0)
		vcpu.loaded = is_loaded(vcpu.cpu, BPF_CORE_READ(v, mode));
	return 0;
}

static __noinline int vcpu_x86(struct kvm_vcpu *v, struct kvm *kvm)
{
	vcpu.known |= KP_REC_X86 | KP_REC_IRQCHIP | KP_REC_GENERAL;
	vcpu.irqchip = BPF_CORE_READ(kvm, arch.irqchip_mode) != KVM_IRQCHIP_NONE;
	vcpu.version = BPF_CORE_READ(v, arch.pmu.version);
	vcpu.offered = vcpu.version != 0;
	vcpu.nr_general = BPF_CORE_READ(v, arch.pmu.nr_arch_gp_counters);
	vcpu.nr_fixed = BPF_CORE_READ(v, arch.pmu.nr_arch_fixed_counters);
	vcpu.global = BPF_CORE_READ(v, arch.pmu.global_ctrl);
	if (bpf_core_field_exists(kvm->arch.created_mediated_pmu))
		vcpu_mediated(v, kvm);
	return 0;
}

static __noinline int arm64_features_of_vm(struct kvm *kvm)
{
	vcpu.offered = BPF_CORE_READ(kvm, arch.vcpu_features[0]) >> ARM64_PMU_V3 & 1;
	return 0;
}

static __noinline int arm64_features_of_vcpu(struct kvm_vcpu *v)
{
	vcpu.offered = BPF_CORE_READ(v, arch.features[0]) >> ARM64_PMU_V3 & 1;
	return 0;
}

static __noinline int arm64_nr_counters(struct kvm *kvm, __u64 pmcr)
{
	vcpu.nr_general = pmcr >> 11 & 0x1f; /* PMCR_EL0.N, as KVM once kept it */
	if (bpf_core_field_exists(kvm->arch.nr_pmu_counters))
		vcpu.nr_general = BPF_CORE_READ(kvm, arch.nr_pmu_counters);
	return 0;
}

/* NR_CPUS of arch/arm64/Kconfig */
#define ARM64_CPUS_MAX 4096

/*
 * SET_PMU makes the mask of CPUs on which KVM enters the guest that of the PMU
 * (kvm_arm_pmu_v3_set_pmu()); the default PMU leaves it at all CPUs.
 */
static __noinline int arm64_bound(void *at, struct arm_pmu *pmu)
{
	void *of_pmu = __builtin_preserve_access_index(&pmu->supported_cpus);
	__u64 entered, counted, differ = 0;
	unsigned int i, left;

	for (i = 0; i < ARM64_CPUS_MAX / 64 && 64 * i < nr_cpu_ids; i++) {
		if (bpf_probe_read_kernel(&entered, sizeof(entered), at + 8 * i) ||
		    bpf_probe_read_kernel(&counted, sizeof(counted), of_pmu + 8 * i))
			return 0;
		left = nr_cpu_ids - 64 * i;
		differ |= (entered ^ counted) & (left < 64 ? (1ull << left) - 1 : -1ull);
	}
	vcpu.known |= KP_REC_BOUND;
	vcpu.bound = !differ;
	return 0;
}

static __noinline int arm64_bound_off_stack(struct kvm *kvm, struct arm_pmu *pmu)
{
	return arm64_bound(BPF_CORE_READ(kvm, arch.supported_cpus), pmu);
}

static __noinline int arm64_bound_on_stack(struct kvm___mask *kvm, struct arm_pmu *pmu)
{
	return arm64_bound(__builtin_preserve_access_index(&kvm->arch.supported_cpus), pmu);
}

static __noinline int vcpu_arm64(struct kvm_vcpu *v, struct kvm *kvm)
{
	struct kvm_cpu_context *ctxt = __builtin_preserve_access_index(&v->arch.ctxt);
	struct arm_pmu *pmu = BPF_CORE_READ(kvm, arch.arm_pmu);
	__u64 pmcr = arm64_reg(ctxt, bpf_core_enum_value(enum vcpu_sysreg, PMCR_EL0));

	vcpu.known |= KP_REC_ARM64 | KP_REC_GENERAL;
	if (bpf_core_field_exists(kvm->arch.vcpu_features))
		arm64_features_of_vm(kvm);
	else if (bpf_core_field_exists(v->arch.features))
		arm64_features_of_vcpu(v);
	if (!vcpu.offered)
		return 0;
	arm64_nr_counters(kvm, pmcr);
	vcpu.nr_fixed = 1;
	if (pmcr & PMCR_E)
		vcpu.global =
			arm64_reg(ctxt, bpf_core_enum_value(enum vcpu_sysreg, PMCNTENSET_EL0));
	if (!pmu)
		return 0;
	bpf_probe_read_kernel_str(vcpu.pmu, sizeof(vcpu.pmu), BPF_CORE_READ(pmu, pmu.name));
	if (bpf_core_field_exists(kvm->arch.supported_cpus))
		arm64_bound_off_stack(kvm, pmu);
	else if (bpf_core_field_exists(((struct kvm___mask *)kvm)->arch.supported_cpus))
		arm64_bound_on_stack((struct kvm___mask *)kvm, pmu);
	return 0;
}

static __noinline int vcpu_exits(struct kvm_vcpu *v)
{
	vcpu.known |= KP_REC_EXITS;
	vcpu.exits = BPF_CORE_READ(v, stat.exits);
	return 0;
}

static __noinline int vcpu_any(struct kvm_vcpu *v)
{
	struct kvm *kvm = BPF_CORE_READ(v, kvm);

	__builtin_memset(&vcpu, 0, sizeof(vcpu));
	head_fill(&vcpu.head, KP_REC_VCPU, sizeof(vcpu));
	vcpu.kvm = (__u64)kvm;
	vcpu.vcpu = (__u64)v;
	vcpu.id = BPF_CORE_READ(v, vcpu_id);
	vcpu.cpu = BPF_CORE_READ(v, cpu);
	vcpu.ran_tid = pid_here((__u64)BPF_CORE_READ(v, pid));
	if (vcpu.ran_tid)
		vcpu.known |= KP_REC_RAN;
	if (bpf_core_field_exists(v->stat.exits))
		vcpu_exits(v);
	if (bpf_core_field_exists(v->arch.pmu.gp_counters))
		vcpu_x86(v, kvm);
	else if (bpf_core_field_exists(v->arch.pmu.pmc))
		vcpu_arm64(v, kvm);
	return 1;
}

__weak int vcpu_fill(__u64 v)
{
	return bpf_core_type_exists(struct kvm_vcpu) ? vcpu_any((void *)v) : 0;
}

static __noinline int show_counters(struct seq_file *seq, struct kvm_vcpu *v)
{
	head_fill(&counter.head, KP_REC_COUNTER, sizeof(counter));
	counter.vcpu = (__u64)v;
	if (bpf_core_field_exists(v->arch.pmu.gp_counters))
		return x86_counters(seq, __builtin_preserve_access_index(&v->arch.pmu));
	if (bpf_core_field_exists(v->arch.pmu.pmc))
		return arm64_counters(seq, v);
	return 0;
}

/* ---- the pass ---- */

/*
 * The dentry's name tells what an anonymous inode's file is, on every kernel; file->f_op would
 * need the addresses of static tables, which kernels without CONFIG_KALLSYMS_ALL keep to
 * themselves. That the file lies in anon_inodefs cannot be forged: names there are the kernel's.
 */
SEC("iter/task_file")
int owner_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct seq_file *seq = ctx->meta->seq;
	char name[16] = { 0 };
	void *data;

	if (!task || !file || file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	data = BPF_CORE_READ(file, private_data); /* a number, for functions that take no pointer */
	if (begins(name, "[perf_event]", 12)) {
		head_of(task, ctx->fd);
		event_fill((__u64)data, KP_REC_BY_USER);
		bpf_seq_write(seq, &found, sizeof(found));
	} else if (begins(name, "kvm-vm", 7)) {
		head_of(task, ctx->fd);
		if (vm_fill((__u64)data))
			bpf_seq_write(seq, &vm, sizeof(vm));
	} else if (begins(name, "kvm-vcpu:", 9)) {
		head_of(task, ctx->fd);
		if (!vcpu_fill((__u64)data))
			return 0;
		bpf_seq_write(seq, &vcpu, sizeof(vcpu));
		if (vcpu.offered)
			show_counters(seq, data);
	}
	return 0;
}

/* ---- the kernel's marks ---- */

static __always_inline __u64 address_of(const char *name, int size)
{
	__u64 addr = 0;

	return bpf_kallsyms_lookup_name(name, size, 0, &addr) ? 0 : addr;
}

static __always_inline __s64 count_at(const char *name, int size)
{
	__u64 addr = address_of(name, size);
	int count = 0;

	if (!addr || bpf_probe_read_kernel(&count, sizeof(count), (void *)addr))
		return -1;
	return count;
}

#define ADDRESS_OF(symbol)                          \
	({                                          \
		static const char name_[] = symbol; \
		address_of(name_, sizeof(name_));   \
	})
#define COUNT_AT(symbol)                            \
	({                                          \
		static const char name_[] = symbol; \
		count_at(name_, sizeof(name_));     \
	})

static __noinline int find_marks(struct kp_rec_ask *ask)
{
	guest_ctx_loaded_addr = ADDRESS_OF("guest_ctx_loaded");
	per_cpu_offset_addr = ADDRESS_OF("__per_cpu_offset");
	watchdog_addr = ADDRESS_OF("watchdog_ev");
	ask->mediated_vms = COUNT_AT("nr_mediated_pmu_vms");
	ask->include_guest = COUNT_AT("nr_include_guest_events");
	/* the one that watches the next CPU instead holds no event (kernel/watchdog_buddy.c) */
	ask->watchdog_known = (watchdog_addr && per_cpu_offset_addr) ||
			      ADDRESS_OF("watchdog_buddy_check_hardlockup");
	return 0;
}

/* kernel/watchdog_perf.c: one event for each CPU */
static __noinline int find_watchdog(struct kp_rec_ask *ask)
{
	struct perf_event *event = NULL;
	__u64 offset = 0;

	if (!watchdog_addr || !per_cpu_offset_addr)
		return 0;
	bpf_probe_read_kernel(&offset, sizeof(offset),
			      (void *)(per_cpu_offset_addr + ask->cpu * sizeof(offset)));
	bpf_probe_read_kernel(&event, sizeof(event), (void *)(watchdog_addr + offset));
	if (!event)
		return 0;
	__builtin_memset(&head, 0, sizeof(head));
	head.fd = -1;
	event_fill((__u64)event, KP_REC_BY_WATCHDOG);
	ask->event = found;
	return 0;
}

SEC("syscall")
int owner_marks(struct kp_rec_ask *ask)
{
	ask->event.head.kind = 0;
	return ask->what == KP_ASK_MARKS ? find_marks(ask) : find_watchdog(ask);
}
