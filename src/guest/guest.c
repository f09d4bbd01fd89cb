// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building and freeing a machine: /dev/kvm, the VM, its memory, its vCPUs and their threads.
 * Nothing here knows the architecture; that is behind kp_guest_arch_*().
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>
#include "vm.h"

#define DEV_KVM "/dev/kvm"

static int open_dev(struct kp_guest *guest, struct kp_guest_error *error)
{
	const char *path = guest->dev_path;
	int version, err;

	guest->kvm_fd = open(path, O_RDWR | O_CLOEXEC);
	err = errno;
	if (guest->kvm_fd < 0 && (err == EACCES || err == EPERM))
		return kp_guest_fail(
			error, -1, err,
			"cannot open %s: %s. Run as root, or as a member of the group that "
			"owns it (usually kvm)",
			path, strerror(err));
	if (guest->kvm_fd < 0 && (err == ENOENT || err == ENODEV || err == ENXIO))
		return kp_guest_fail(
			error, -1, err,
			"cannot open %s: %s. This host offers no KVM: load kvm_intel or "
			"kvm_amd (modprobe), switch virtualization on in the firmware, and in "
			"a virtual machine ask for nested virtualization",
			path, strerror(err));
	if (guest->kvm_fd < 0)
		return kp_guest_fail(error, -1, err, "cannot open %s: %s", path, strerror(err));
	version = ioctl(guest->kvm_fd, KVM_GET_API_VERSION, 0);
	if (version < 0)
		return kp_guest_fail(error, -1, ENODEV, "%s is not KVM (KVM_GET_API_VERSION: %s)",
				     path, strerror(errno));
	if (version != KVM_API_VERSION)
		return kp_guest_fail(error, -1, EOPNOTSUPP,
				     "%s speaks version %d of the KVM API, this tool version %d",
				     path, version, KVM_API_VERSION);
	return 0;
}

bool kp_guest_has_cap(const struct kp_guest *guest, int cap)
{
	int fd = guest->vm_fd >= 0 ? guest->vm_fd : guest->kvm_fd;

	return ioctl(fd, KVM_CHECK_EXTENSION, cap) > 0;
}

static int check_caps(struct kp_guest *guest, struct kp_guest_error *error)
{
	static const struct {
		int cap;
		const char *name;
	} needed[] = {
		{KVM_CAP_USER_MEMORY,     "KVM_CAP_USER_MEMORY"		     },
		{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT (Linux 4.13)"},
	};
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!kp_guest_has_cap(guest, needed[i].cap))
			return kp_guest_fail(error, -1, EOPNOTSUPP, "this KVM lacks %s",
					     needed[i].name);
	return kp_guest_arch_check(guest, error);
}

static int create_vm(struct kp_guest *guest, struct kp_guest_error *error)
{
	unsigned long type = kp_guest_arch_vm_type(guest);
	int max;

	do {
		guest->vm_fd = ioctl(guest->kvm_fd, KVM_CREATE_VM, type);
	} while (guest->vm_fd < 0 && errno == EINTR);
	if (guest->vm_fd < 0)
		return kp_guest_fail(
			error, -1, errno, "KVM_CREATE_VM failed: %s.%s", strerror(errno),
			errno == EBUSY ? " Another hypervisor holds the CPU's virtualization"
					 " (see dmesg)"
				       : " See dmesg for the reason");
	max = ioctl(guest->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	if (max > 0 && guest->nr_vcpus > (unsigned int)max)
		return kp_guest_fail(error, -1, EINVAL, "%u vCPUs asked for, this KVM allows %d",
				     guest->nr_vcpus, max);
	return 0;
}

/* The guest's memory, with its code in it, as laid out in page.h. */
static int create_memory(struct kp_guest *guest, struct kp_guest_error *error)
{
	struct kvm_userspace_memory_region region = { .guest_phys_addr = KP_RAM_BASE };
	void *mem;

	guest->mem_size = KP_RAM_VCPUS + (size_t)guest->nr_vcpus * KP_VCPU_STRIDE;
	mem = mmap(NULL, guest->mem_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (mem == MAP_FAILED)
		return kp_guest_fail(error, -1, errno, "no memory for the guest (%zu bytes): %s",
				     guest->mem_size, strerror(errno));
	guest->mem = mem;
	memcpy(guest->mem + KP_RAM_CODE, kp_guest_code_start,
	       (size_t)(kp_guest_code_end - kp_guest_code_start));
	region.memory_size = guest->mem_size;
	region.userspace_addr = (uintptr_t)mem;
	if (ioctl(guest->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		return kp_guest_fail(error, -1, errno, "KVM_SET_USER_MEMORY_REGION failed: %s",
				     strerror(errno));
	return 0;
}

static int create_vcpu_failed(const struct kp_vcpu *vcpu, int err, struct kp_guest_error *error)
{
	/* kernel/events/core.c, perf_create_mediated_pmu(): an event that counts guests is open */
	if (err == EBUSY)
		return kp_guest_fail(
			error, (int)vcpu->index, err,
			"vCPU %u: KVM_CREATE_VCPU: %s. A mediated vPMU cannot be had while "
			"any perf event counts guests, too: stop system-wide perf sessions and "
			"the NMI watchdog (sysctl kernel.nmi_watchdog=0), or ask for --pmu off",
			vcpu->index, strerror(err));
	return kp_guest_fail(error, (int)vcpu->index, err, "vCPU %u: KVM_CREATE_VCPU: %s%s",
			     vcpu->index, strerror(err),
			     err == EMFILE ? ". A vCPU takes two files: raise 'ulimit -n'" : "");
}

/* On the vCPU's own thread, already pinned: arm64 picks the PMU of the CPU this runs on. */
int kp_guest_vcpu_create(struct kp_vcpu *vcpu, struct kp_guest_error *error)
{
	struct kp_guest *guest = vcpu->guest;
	void *run;

	vcpu->fd = ioctl(guest->vm_fd, KVM_CREATE_VCPU, (unsigned long)vcpu->index);
	if (vcpu->fd < 0)
		return create_vcpu_failed(vcpu, errno, error);
	run = mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (run == MAP_FAILED)
		return kp_guest_fail(error, (int)vcpu->index, errno, "vCPU %u: mmap of kvm_run: %s",
				     vcpu->index, strerror(errno));
	vcpu->run = run;
	kp_guest_stats_open(vcpu);
	return kp_guest_arch_vcpu_init(vcpu, error);
}

/* One after the other, in order of their ids: the arm64 GIC lays out its frames so. */
static int create_vcpus(struct kp_guest *guest, struct kp_guest_error *error)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < guest->nr_vcpus && !ret; i++) {
		struct kp_vcpu *vcpu = &guest->vcpus[i];
		sigset_t all, old;

		/* The vCPU threads take no signal but the kick: SIGINT is the caller's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		ret = pthread_create(&vcpu->thread, NULL, kp_guest_vcpu_thread, vcpu);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		if (ret)
			return kp_guest_fail(error, (int)i, ret, "vCPU %u: no thread: %s", i,
					     strerror(ret));
		vcpu->has_thread = true;
		pthread_mutex_lock(&guest->lock);
		while (!vcpu->ready)
			pthread_cond_wait(&guest->done, &guest->lock);
		pthread_mutex_unlock(&guest->lock);
		if (vcpu->error.err) {
			*error = vcpu->error;
			ret = -error->err;
		}
	}
	return ret;
}

static int create_sync(struct kp_guest *guest, struct kp_guest_error *error)
{
	pthread_condattr_t attr;

	/* The waits have deadlines; CLOCK_REALTIME may be set while they last. */
	if (pthread_condattr_init(&attr))
		return kp_guest_fail(error, -1, ENOMEM, "out of memory");
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&guest->lock, NULL);
	pthread_cond_init(&guest->go, &attr);
	pthread_cond_init(&guest->done, &attr);
	pthread_condattr_destroy(&attr);
	guest->has_sync = true;
	return 0;
}

static int check_conf(const struct kp_guest_conf *conf, struct kp_guest_error *error)
{
	unsigned int i;

	if (!conf->nr_vcpus || conf->nr_vcpus > KP_GUEST_MAX_VCPUS)
		return kp_guest_fail(error, -1, EINVAL, "number of vCPUs must be 1 to %d",
				     KP_GUEST_MAX_VCPUS);
	for (i = 0; i < conf->nr_cpus; i++)
		if (conf->cpus[i] < 0 || conf->cpus[i] >= CPU_SETSIZE)
			return kp_guest_fail(error, -1, EINVAL, "no CPU has the number %d",
					     conf->cpus[i]);
	if (conf->filter && conf->filter->nr > KP_GUEST_MAX_FILTER)
		return kp_guest_fail(error, -1, EINVAL, "at most %d events in a PMU event filter",
				     KP_GUEST_MAX_FILTER);
	return 0;
}

static struct kp_guest *alloc_guest(const struct kp_guest_conf *conf)
{
	struct kp_guest *guest = calloc(1, sizeof(*guest));
	unsigned int i;

	if (!guest)
		return NULL;
	guest->kvm_fd = -1;
	guest->vm_fd = -1;
	guest->irqchip_fd = -1;
	guest->dev_path = conf->dev_path ? conf->dev_path : DEV_KVM;
	guest->conf = *conf;
	if (conf->filter) {
		guest->filter = *conf->filter;
		guest->conf.filter = &guest->filter;
	}
	guest->info.irqchip = "none";
	guest->info.hypercall = "none";
	guest->info.pmu = "none";
	guest->vcpus = calloc(conf->nr_vcpus, sizeof(*guest->vcpus));
	if (!guest->vcpus) {
		free(guest);
		return NULL;
	}
	guest->nr_vcpus = conf->nr_vcpus;
	for (i = 0; i < guest->nr_vcpus; i++) {
		struct kp_vcpu *vcpu = &guest->vcpus[i];

		vcpu->guest = guest;
		vcpu->index = i;
		vcpu->fd = -1;
		vcpu->stats_fd = -1;
		vcpu->cpu = conf->nr_cpus ? conf->cpus[i % conf->nr_cpus] : -1;
	}
	return guest;
}

static void locate_pages(struct kp_guest *guest)
{
	unsigned int i;

	for (i = 0; i < guest->nr_vcpus; i++) {
		size_t offset = KP_RAM_VCPUS + (size_t)i * KP_VCPU_STRIDE;

		guest->vcpus[i].page = (struct kp_guest_page *)(guest->mem + offset);
		guest->vcpus[i].page_gpa = KP_RAM_BASE + offset;
	}
}

static int build(struct kp_guest *guest, struct kp_guest_error *error)
{
	int ret, size;

	ret = open_dev(guest, error);
	if (!ret)
		ret = check_caps(guest, error);
	if (!ret)
		ret = create_vm(guest, error);
	if (!ret)
		ret = create_memory(guest, error);
	if (ret)
		return ret;
	locate_pages(guest);
	size = ioctl(guest->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run))
		return kp_guest_fail(error, -1, EIO, "KVM_GET_VCPU_MMAP_SIZE says %d bytes", size);
	guest->run_size = (size_t)size;
	ret = kp_guest_arch_vm_init(guest, error);
	if (!ret)
		ret = create_sync(guest, error);
	if (!ret)
		ret = kp_guest_kick_prepare()
			      ? kp_guest_fail(error, -1, errno, "sigaction: %s", strerror(errno))
			      : 0;
	if (!ret)
		ret = create_vcpus(guest, error);
	if (!ret)
		ret = kp_guest_arch_vm_finish(guest, error);
	return ret;
}

int kp_guest_create(struct kp_guest **out, const struct kp_guest_conf *conf,
		    struct kp_guest_error *error)
{
	struct kp_guest *guest;
	int ret;

	*out = NULL;
	*error = (struct kp_guest_error){ .vcpu = -1 };
	ret = check_conf(conf, error);
	if (ret)
		return ret;
	guest = alloc_guest(conf);
	if (!guest)
		return kp_guest_fail(error, -1, ENOMEM, "out of memory");
	ret = build(guest, error);
	if (ret)
		kp_guest_free(guest);
	else
		*out = guest;
	return ret;
}

static void free_vcpu(struct kp_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->guest->run_size);
	if (vcpu->stats_fd >= 0)
		close(vcpu->stats_fd);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
}

void kp_guest_free(struct kp_guest *guest)
{
	unsigned int i;

	if (!guest)
		return;
	if (guest->has_sync) {
		pthread_mutex_lock(&guest->lock);
		guest->quit = true;
		pthread_cond_broadcast(&guest->go);
		pthread_mutex_unlock(&guest->lock);
	}
	for (i = 0; i < guest->nr_vcpus; i++)
		if (guest->vcpus[i].has_thread)
			pthread_join(guest->vcpus[i].thread, NULL);
	for (i = 0; i < guest->nr_vcpus; i++)
		free_vcpu(&guest->vcpus[i]);
	if (guest->has_sync) {
		pthread_cond_destroy(&guest->done);
		pthread_cond_destroy(&guest->go);
		pthread_mutex_destroy(&guest->lock);
	}
	if (guest->irqchip_fd >= 0)
		close(guest->irqchip_fd);
	if (guest->vm_fd >= 0)
		close(guest->vm_fd);
	if (guest->kvm_fd >= 0)
		close(guest->kvm_fd);
	if (guest->mem)
		munmap(guest->mem, guest->mem_size);
	free(guest->vcpus);
	free(guest);
}

const struct kp_guest_info *kp_guest_info(const struct kp_guest *guest)
{
	return &guest->info;
}

pid_t kp_guest_vcpu_tid(const struct kp_guest *guest, unsigned int vcpu)
{
	return vcpu < guest->nr_vcpus ? atomic_load(&guest->vcpus[vcpu].tid) : 0;
}

int kp_guest_pin(struct kp_guest *guest, unsigned int vcpu, int cpu)
{
	cpu_set_t set;
	int i;

	if (vcpu >= guest->nr_vcpus || cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	for (i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	return sched_setaffinity(atomic_load(&guest->vcpus[vcpu].tid), sizeof(set), &set) ? -errno
											  : 0;
}

const struct kp_guest_payload *kp_guest_payload_at(size_t i)
{
	size_t n;

	for (n = 0; kp_guest_codes[n].payload.name; n++)
		if (n == i)
			return &kp_guest_codes[n].payload;
	return NULL;
}

const struct kp_guest_payload *kp_guest_payload_find(const char *name)
{
	const struct kp_guest_payload *payload;
	size_t i;

	for (i = 0; (payload = kp_guest_payload_at(i)); i++)
		if (!strcmp(payload->name, name))
			return payload;
	return NULL;
}
