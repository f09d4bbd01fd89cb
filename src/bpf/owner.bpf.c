// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner.bpf.c - who holds the counters: one pass over every file of every task for perf events,
 * VMs and vCPUs, with the events that KVM made for a vCPU; and the kernel's own marks of
 * ownership. Only reads kernel memory, writes records of owner_rec.h.
 *
 * Functions that read what only some kernels have are not inlined: the compiler must not move a
 * load of a field above the question whether it exists.
 */
#include "owner_types.h"

#include "owner_rec.h"

#define ANON_INODE_FS_MAGIC 0x09041934 /* include/uapi/linux/magic.h */
#define FLAGS_OFFSET	    40 /* of the word of bits in struct perf_event_attr, uapi */
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

/*
 * The event that is being looked at: too large for the stack of nested calls. There is one
 * reader.
 */
struct kp_rec_event found = { 0 };

static __always_inline bool begins(const char *name, const char *with, int len)
{
	for (int i = 0; i < len; i++)
		if (name[i] != with[i])
			return 0;
	return 1;
}

/* The number of @pid in the namespace of who reads, 0: it has none there. */
static __always_inline unsigned int pid_here(struct pid *pid)
{
	struct task_struct *me = (struct task_struct *)bpf_get_current_task();
	struct pid *mine = BPF_CORE_READ(me, thread_pid);
	unsigned int level = BPF_CORE_READ(mine, level);
	void *numbers, *here;
	struct upid *up;

	if (!pid || BPF_CORE_READ(pid, level) < level)
		return 0;
	numbers = __builtin_preserve_access_index(&mine->numbers);
	up = numbers + level * bpf_core_type_size(struct upid);
	here = BPF_CORE_READ(up, ns);
	numbers = __builtin_preserve_access_index(&pid->numbers);
	up = numbers + level * bpf_core_type_size(struct upid);
	return here == BPF_CORE_READ(up, ns) ? BPF_CORE_READ(up, nr) : 0;
}

static __always_inline void head_of(struct kp_rec_head *head, struct task_struct *task, int fd)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	head->fd = fd;
	head->tid = pid_here(BPF_CORE_READ(task, thread_pid));
	head->pid = pid_here(BPF_CORE_READ(leader, thread_pid));
	bpf_probe_read_kernel(head->comm, sizeof(head->comm),
			      __builtin_preserve_access_index(&leader->comm));
}

/* ---- perf events ---- */

static __always_inline void event_attr(struct kp_rec_event *rec, struct perf_event *event)
{
	void *attr = __builtin_preserve_access_index(&event->attr);

	bpf_probe_read_kernel(&rec->type, sizeof(rec->type),
			      attr + offsetof(struct perf_event_attr, type));
	bpf_probe_read_kernel(&rec->config, sizeof(rec->config),
			      attr + offsetof(struct perf_event_attr, config));
	bpf_probe_read_kernel(&rec->config1, sizeof(rec->config1),
			      attr + offsetof(struct perf_event_attr, config1));
	bpf_probe_read_kernel(&rec->config2, sizeof(rec->config2),
			      attr + offsetof(struct perf_event_attr, config2));
	bpf_probe_read_kernel(&rec->period, sizeof(rec->period),
			      attr + offsetof(struct perf_event_attr, sample_period));
	bpf_probe_read_kernel(&rec->attr_flags, sizeof(rec->attr_flags), attr + FLAGS_OFFSET);
}

/* Fills @found but for who made it and where it was found. */
static __noinline int event_fill(struct perf_event *event)
{
	struct kp_rec_event *rec = &found;
	struct task_struct *target = BPF_CORE_READ(event, hw.target);
	struct pmu *pmu = BPF_CORE_READ(event, pmu);

	__builtin_memset(rec, 0, sizeof(*rec));
	rec->id = BPF_CORE_READ(event, id);
	rec->state = BPF_CORE_READ(event, state);
	rec->cpu = BPF_CORE_READ(event, cpu);
	rec->enabled_ns = BPF_CORE_READ(event, total_time_enabled);
	rec->running_ns = BPF_CORE_READ(event, total_time_running);
	event_attr(rec, event);
	if (target) {
		rec->task = pid_here(BPF_CORE_READ(target, thread_pid));
		if (!rec->task) /* it has exited */
			rec->task = BPF_CORE_READ(target, pid);
	}
	if (bpf_core_field_exists(event->cgrp))
		rec->cgroup = BPF_CORE_READ(event, cgrp) != NULL;
	rec->pmu_type = BPF_CORE_READ(pmu, type);
	rec->caps = BPF_CORE_READ(pmu, capabilities);
	rec->knows_mediated = bpf_core_field_exists(((struct perf_event_context *)0)->timeguest);
	bpf_probe_read_kernel_str(rec->pmu, sizeof(rec->pmu), BPF_CORE_READ(pmu, name));
	return 0;
}

static __noinline int show_event(struct seq_file *seq, const struct kp_rec_head *head,
				 struct perf_event *event, unsigned int by)
{
	event_fill(event);
	found.head = *head;
	found.head.kind = KP_REC_EVENT;
	found.head.size = sizeof(found);
	found.by = by;
	return bpf_seq_write(seq, &found, sizeof(found));
}

/* ---- VMs ---- */

static __noinline int vm_x86(struct kp_rec_vm *rec, struct kvm *kvm)
{
	if (bpf_core_field_exists(kvm->arch.created_mediated_pmu)) {
		rec->known |= KP_REC_MEDIATED;
		rec->mediated = BPF_CORE_READ(kvm, arch.created_mediated_pmu);
	}
	if (bpf_core_field_exists(kvm->arch.pmu_event_filter)) {
		rec->known |= KP_REC_FILTER;
		rec->filter = BPF_CORE_READ(kvm, arch.pmu_event_filter) != NULL;
	}
	return 0;
}

static __noinline int vm_arm64(struct kp_rec_vm *rec, struct kvm *kvm)
{
	rec->known |= KP_REC_FILTER;
	rec->filter = BPF_CORE_READ(kvm, arch.pmu_filter) != NULL;
	return 0;
}

static __noinline int vm_pages(struct kp_rec_vm *rec, struct kvm *kvm)
{
	rec->known |= KP_REC_PAGES;
	rec->pages = BPF_CORE_READ(kvm, nr_memslot_pages);
	return 0;
}

static __noinline int show_vm(struct seq_file *seq, const struct kp_rec_head *head, struct kvm *kvm)
{
	struct kp_rec_vm rec = { .head = *head, .kvm = (__u64)kvm };

	rec.head.kind = KP_REC_VM;
	rec.head.size = sizeof(rec);
	if (bpf_core_field_exists(kvm->arch.irqchip_mode))
		vm_x86(&rec, kvm);
	else if (bpf_core_field_exists(kvm->arch.pmu_filter))
		vm_arm64(&rec, kvm);
	if (bpf_core_field_exists(kvm->nr_memslot_pages))
		vm_pages(&rec, kvm);
	rec.known |= KP_REC_VCPUS;
	rec.nr_vcpus = BPF_CORE_READ(kvm, online_vcpus.counter);
	return bpf_seq_write(seq, &rec, sizeof(rec));
}

/* ---- counters, and KVM's events behind them ---- */

static __noinline int show_counter(struct seq_file *seq, const struct kp_rec_counter *want)
{
	struct kp_rec_counter rec = *want;

	rec.head.kind = KP_REC_COUNTER;
	rec.head.size = sizeof(rec);
	return rec.selector || rec.value ? bpf_seq_write(seq, &rec, sizeof(rec)) : 0;
}

static __noinline int show_kvm_event(struct seq_file *seq, const struct kp_rec_head *head,
				     struct kvm_pmc *pmc)
{
	struct perf_event *event = BPF_CORE_READ(pmc, perf_event);

	return event ? show_event(seq, head, event, KP_REC_BY_KVM) : 0;
}

/* arch/x86/include/asm/kvm_host.h, struct kvm_pmc; eventsel_hw is what a mediated VM loads */
static __noinline int x86_general(struct seq_file *seq, struct kp_rec_counter *rec,
				  struct kvm_pmc *pmc)
{
	rec->selector = BPF_CORE_READ(pmc, eventsel);
	rec->selector_hw = rec->selector;
	if (bpf_core_field_exists(pmc->eventsel_hw))
		rec->selector_hw = BPF_CORE_READ(pmc, eventsel_hw);
	rec->value = BPF_CORE_READ(pmc, counter);
	show_counter(seq, rec);
	return show_kvm_event(seq, &rec->head, pmc);
}

static __noinline int x86_fixed(struct seq_file *seq, struct kp_rec_counter *rec,
				struct kvm_pmu *pmu, struct kvm_pmc *pmc)
{
	unsigned int shift = 4 * (rec->index & (FIXED_MAX - 1));

	rec->selector = BPF_CORE_READ(pmu, fixed_ctr_ctrl) >> shift & 0xf;
	rec->selector_hw = rec->selector;
	if (bpf_core_field_exists(pmu->fixed_ctr_ctrl_hw))
		rec->selector_hw = BPF_CORE_READ(pmu, fixed_ctr_ctrl_hw) >> shift & 0xf;
	rec->value = BPF_CORE_READ(pmc, counter);
	show_counter(seq, rec);
	return show_kvm_event(seq, &rec->head, pmc);
}

static __noinline int x86_counters(struct seq_file *seq, const struct kp_rec_vcpu *vcpu,
				   struct kvm_pmu *pmu)
{
	struct kp_rec_counter rec = { .head = vcpu->head, .vcpu = vcpu->vcpu };
	void *general = __builtin_preserve_access_index(&pmu->gp_counters);
	void *fixed = __builtin_preserve_access_index(&pmu->fixed_counters);

	for (int i = 0; i < GENERAL_MAX && i < vcpu->nr_general; i++) {
		rec.index = i;
		x86_general(seq, &rec, general + i * bpf_core_type_size(struct kvm_pmc));
	}
	rec.fixed = 1;
	for (int i = 0; i < FIXED_MAX && i < vcpu->nr_fixed; i++) {
		rec.index = i;
		x86_fixed(seq, &rec, pmu, fixed + i * bpf_core_type_size(struct kvm_pmc));
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

static __noinline int arm64_counter(struct seq_file *seq, struct kp_rec_counter *rec,
				    struct kvm_cpu_context *ctxt)
{
	__u64 type, count;

	if (rec->fixed) {
		type = bpf_core_enum_value(enum vcpu_sysreg, PMCCFILTR_EL0);
		count = bpf_core_enum_value(enum vcpu_sysreg, PMCCNTR_EL0);
	} else {
		type = bpf_core_enum_value(enum vcpu_sysreg, PMEVTYPER0_EL0) + rec->index;
		count = bpf_core_enum_value(enum vcpu_sysreg, PMEVCNTR0_EL0) + rec->index;
	}
	rec->selector = arm64_reg(ctxt, type);
	rec->selector_hw = rec->selector;
	rec->value = arm64_reg(ctxt, count);
	return show_counter(seq, rec);
}

static __noinline int arm64_counters(struct seq_file *seq, const struct kp_rec_vcpu *vcpu,
				     struct kvm_vcpu *v)
{
	struct kp_rec_counter rec = { .head = vcpu->head, .vcpu = vcpu->vcpu };
	struct kvm_cpu_context *ctxt = __builtin_preserve_access_index(&v->arch.ctxt);
	void *pmcs = __builtin_preserve_access_index(&v->arch.pmu.pmc);

	for (int i = 0; i <= ARM64_MAX; i++) {
		if (i < ARM64_CYCLES && i >= vcpu->nr_general)
			continue;
		rec.index = i < ARM64_CYCLES ? i : 0;
		rec.fixed = i == ARM64_CYCLES;
		arm64_counter(seq, &rec, ctxt);
		show_kvm_event(seq, &rec.head, pmcs + i * bpf_core_type_size(struct kvm_pmc));
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

static __noinline int vcpu_mediated(struct kp_rec_vcpu *rec, struct kvm_vcpu *vcpu, struct kvm *kvm)
{
	rec->known |= KP_REC_MEDIATED;
	rec->mediated = BPF_CORE_READ(kvm, arch.created_mediated_pmu);
	if (rec->mediated && rec->cpu >= 0)
		rec->loaded = is_loaded(rec->cpu, BPF_CORE_READ(vcpu, mode));
	return 0;
}

static __noinline int vcpu_x86(struct kp_rec_vcpu *rec, struct kvm_vcpu *vcpu, struct kvm *kvm)
{
	rec->known |= KP_REC_X86 | KP_REC_IRQCHIP | KP_REC_GENERAL;
	rec->irqchip = BPF_CORE_READ(kvm, arch.irqchip_mode) != KVM_IRQCHIP_NONE;
	rec->version = BPF_CORE_READ(vcpu, arch.pmu.version);
	rec->offered = rec->version != 0;
	rec->nr_general = BPF_CORE_READ(vcpu, arch.pmu.nr_arch_gp_counters);
	rec->nr_fixed = BPF_CORE_READ(vcpu, arch.pmu.nr_arch_fixed_counters);
	rec->global = BPF_CORE_READ(vcpu, arch.pmu.global_ctrl);
	if (bpf_core_field_exists(kvm->arch.created_mediated_pmu))
		vcpu_mediated(rec, vcpu, kvm);
	return 0;
}

static __noinline int arm64_features_of_vm(struct kp_rec_vcpu *rec, struct kvm *kvm)
{
	rec->offered = BPF_CORE_READ(kvm, arch.vcpu_features[0]) >> ARM64_PMU_V3 & 1;
	return 0;
}

static __noinline int arm64_features_of_vcpu(struct kp_rec_vcpu *rec, struct kvm_vcpu *vcpu)
{
	rec->offered = BPF_CORE_READ(vcpu, arch.features[0]) >> ARM64_PMU_V3 & 1;
	return 0;
}

static __noinline int arm64_nr_counters(struct kp_rec_vcpu *rec, struct kvm *kvm, __u64 pmcr)
{
	rec->nr_general = pmcr >> 11 & 0x1f; /* PMCR_EL0.N, as KVM once kept it */
	if (bpf_core_field_exists(kvm->arch.nr_pmu_counters))
		rec->nr_general = BPF_CORE_READ(kvm, arch.nr_pmu_counters);
	return 0;
}

static __noinline int vcpu_arm64(struct kp_rec_vcpu *rec, struct kvm_vcpu *vcpu, struct kvm *kvm)
{
	struct kvm_cpu_context *ctxt = __builtin_preserve_access_index(&vcpu->arch.ctxt);
	struct arm_pmu *pmu = BPF_CORE_READ(kvm, arch.arm_pmu);
	__u64 pmcr = arm64_reg(ctxt, bpf_core_enum_value(enum vcpu_sysreg, PMCR_EL0));

	rec->known |= KP_REC_ARM64 | KP_REC_GENERAL;
	if (bpf_core_field_exists(kvm->arch.vcpu_features))
		arm64_features_of_vm(rec, kvm);
	else if (bpf_core_field_exists(vcpu->arch.features))
		arm64_features_of_vcpu(rec, vcpu);
	if (!rec->offered)
		return 0;
	arm64_nr_counters(rec, kvm, pmcr);
	rec->nr_fixed = 1;
	if (pmcr & PMCR_E)
		rec->global =
			arm64_reg(ctxt, bpf_core_enum_value(enum vcpu_sysreg, PMCNTENSET_EL0));
	if (pmu)
		bpf_probe_read_kernel_str(rec->pmu, sizeof(rec->pmu), BPF_CORE_READ(pmu, pmu.name));
	return 0;
}

static __noinline int vcpu_exits(struct kp_rec_vcpu *rec, struct kvm_vcpu *vcpu)
{
	rec->known |= KP_REC_EXITS;
	rec->exits = BPF_CORE_READ(vcpu, stat.exits);
	return 0;
}

static __noinline int show_vcpu(struct seq_file *seq, const struct kp_rec_head *head,
				struct kvm_vcpu *vcpu)
{
	struct kp_rec_vcpu rec = { .head = *head, .vcpu = (__u64)vcpu };
	struct kvm *kvm = BPF_CORE_READ(vcpu, kvm);

	rec.head.kind = KP_REC_VCPU;
	rec.head.size = sizeof(rec);
	rec.kvm = (__u64)kvm;
	rec.id = BPF_CORE_READ(vcpu, vcpu_id);
	rec.cpu = BPF_CORE_READ(vcpu, cpu);
	rec.ran_tid = pid_here(BPF_CORE_READ(vcpu, pid));
	if (rec.ran_tid)
		rec.known |= KP_REC_RAN;
	if (bpf_core_field_exists(vcpu->stat.exits))
		vcpu_exits(&rec, vcpu);
	if (bpf_core_field_exists(vcpu->arch.pmu.gp_counters))
		vcpu_x86(&rec, vcpu, kvm);
	else if (bpf_core_field_exists(vcpu->arch.pmu.pmc))
		vcpu_arm64(&rec, vcpu, kvm);
	bpf_seq_write(seq, &rec, sizeof(rec));
	if (!rec.offered)
		return 0;
	if (bpf_core_field_exists(vcpu->arch.pmu.gp_counters))
		return x86_counters(seq, &rec, __builtin_preserve_access_index(&vcpu->arch.pmu));
	if (bpf_core_field_exists(vcpu->arch.pmu.pmc))
		return arm64_counters(seq, &rec, vcpu);
	return 0;
}

/* ---- the pass ---- */

static __noinline int show_kvm_vm(struct seq_file *seq, const struct kp_rec_head *head, void *data)
{
	return bpf_core_type_exists(struct kvm) ? show_vm(seq, head, data) : 0;
}

static __noinline int show_kvm_vcpu(struct seq_file *seq, const struct kp_rec_head *head,
				    void *data)
{
	return bpf_core_type_exists(struct kvm_vcpu) ? show_vcpu(seq, head, data) : 0;
}

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
	struct kp_rec_head head = { 0 };
	char name[16] = { 0 };
	void *data;

	if (!task || !file || file->f_inode->i_sb->s_magic != ANON_INODE_FS_MAGIC)
		return 0;
	bpf_probe_read_kernel_str(name, sizeof(name),
				  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	data = file->private_data;
	if (begins(name, "[perf_event]", 12)) {
		head_of(&head, task, ctx->fd);
		show_event(ctx->meta->seq, &head, data, KP_REC_BY_USER);
	} else if (begins(name, "kvm-vm", 7)) {
		head_of(&head, task, ctx->fd);
		show_kvm_vm(ctx->meta->seq, &head, data);
	} else if (begins(name, "kvm-vcpu:", 9)) {
		head_of(&head, task, ctx->fd);
		show_kvm_vcpu(ctx->meta->seq, &head, data);
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
	ask->watchdog_known = watchdog_addr && per_cpu_offset_addr;
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
	event_fill(event);
	found.head.kind = KP_REC_EVENT;
	found.head.size = sizeof(found);
	found.head.fd = -1;
	found.by = KP_REC_BY_WATCHDOG;
	ask->event = found;
	return 0;
}

SEC("syscall")
int owner_marks(struct kp_rec_ask *ask)
{
	ask->event.head.kind = 0;
	return ask->what == KP_ASK_MARKS ? find_marks(ask) : find_watchdog(ask);
}
