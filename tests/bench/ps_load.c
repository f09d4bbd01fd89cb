// SPDX-License-Identifier: GPL-2.0-only
/*
 * ps_load.c - a host as full as kvmpmu ps has to cope with: processes that hold software and
 * tracepoint events, and VMs with QEMU's command line and thread names, each vCPU a thread that
 * has been in KVM_RUN. Says "EVENTS VMS VCPUS" when all is there, and goes away with its input.
 *
 * usage: ps_load EVENTS VMS VCPUS_EACH
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"
#include "lib/str.h"

#define VMM	   "qemu-system-x86_64" /* on every architecture: it is never run */
#define HOLD	   100 /* events of one process */
#define RESULT_FD  3 /* where a child says what it has made */
#define VCPUS_MAX  1024
#define EVENTS_MAX 100000
#define VMS_MAX	   4096

struct vcpu {
	pthread_t thread;
	pthread_barrier_t *made;
	unsigned int nr;
	int vm, run_size;
	bool ok;
};

static bool give(unsigned int nr)
{
	return write(RESULT_FD, &nr, sizeof(nr)) == sizeof(nr);
}

/* ---- perf events ---- */

static uint64_t tracepoint(void)
{
	const char *const dirs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct kp_sysroot *root;
	uint64_t id = 0;
	size_t i;

	if (kp_sysroot_open(NULL, &root))
		return 0;
	for (i = 0; i < KP_ARRAY_SIZE(dirs) && !id; i++)
		kp_sysroot_read_u64(root, &id, "%s/events/sched/sched_switch/id", dirs[i]);
	kp_sysroot_free(root);
	return id;
}

static unsigned int open_events(unsigned int nr)
{
	static const uint64_t software[] = { PERF_COUNT_SW_TASK_CLOCK, PERF_COUNT_SW_PAGE_FAULTS,
					     PERF_COUNT_SW_CONTEXT_SWITCHES,
					     PERF_COUNT_SW_CPU_MIGRATIONS, PERF_COUNT_SW_DUMMY };
	struct perf_event_attr attr = { .size = sizeof(attr), .disabled = 1 };
	uint64_t trace = tracepoint();
	unsigned int i, made = 0;

	for (i = 0; i < nr; i++) {
		bool is_trace = trace && i % 4 == 3;

		attr.type = is_trace ? PERF_TYPE_TRACEPOINT : PERF_TYPE_SOFTWARE;
		attr.config = is_trace ? trace : software[i % KP_ARRAY_SIZE(software)];
		made += syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) >= 0;
	}
	return made;
}

/* ---- a VM ---- */

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	int fd = ioctl(v->vm, KVM_CREATE_VCPU, v->nr);
	struct kvm_run *run = MAP_FAILED;
	char name[16];

	snprintf(name, sizeof(name), "CPU %u/KVM", v->nr);
	prctl(PR_SET_NAME, name);
	if (fd >= 0)
		run = mmap(NULL, (size_t)v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (run != MAP_FAILED) {
		/* enough for KVM to know whose vCPU it is: no guest instruction runs */
		run->immediate_exit = 1;
		ioctl(fd, KVM_RUN, 0);
		v->ok = true;
	}
	pthread_barrier_wait(v->made);
	for (;;)
		pause();
	return NULL;
}

static unsigned int make_vm(unsigned int nr)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct vcpu *vcpus = calloc(nr, sizeof(*vcpus));
	pthread_barrier_t made;
	unsigned int i, ok = 0;

	if (vm < 0 || run_size <= 0 || !vcpus || pthread_barrier_init(&made, NULL, nr + 1))
		return 0;
	for (i = 0; i < nr; i++) {
		vcpus[i] = (struct vcpu){ .made = &made, .nr = i, .vm = vm, .run_size = run_size };
		if (pthread_create(&vcpus[i].thread, NULL, vcpu_thread, &vcpus[i]))
			return 0;
	}
	pthread_barrier_wait(&made);
	for (i = 0; i < nr; i++)
		ok += vcpus[i].ok;
	return ok; /* the threads use vcpus until the process ends */
}

/* ---- processes ---- */

static int child(unsigned int made)
{
	if (!give(made))
		return 1;
	for (;;)
		pause();
	return 0;
}

/* Runs this program again: as a VMM, or as "perf", which holds @nr events. */
static bool spawn(const char *as, const char *name, unsigned int nr, int result)
{
	char count[16];
	pid_t pid = fork();

	if (pid)
		return pid > 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(count, sizeof(count), "%u", nr);
	if (dup2(result, RESULT_FD) == RESULT_FD)
		execl("/proc/self/exe", as, "-name", name, "-smp", count, NULL);
	_exit(1);
}

static unsigned int sum(int fd, unsigned int nr)
{
	unsigned int i, made, all = 0;

	for (i = 0; i < nr && read(fd, &made, sizeof(made)) == sizeof(made); i++)
		all += made;
	return all;
}

static int parent(unsigned int events, unsigned int vms, unsigned int vcpus)
{
	unsigned int i, nr = 0, made, running = 0;
	int result[2];
	char name[48], byte;

	if (pipe2(result, O_CLOEXEC))
		return 1;
	for (i = 0; i < events; i += HOLD, nr++)
		if (!spawn("perf", "events", events - i < HOLD ? events - i : HOLD, result[1]))
			return 1;
	made = sum(result[0], nr);
	for (i = 0; i < vms; i++) {
		snprintf(name, sizeof(name), "guest=vm%u,debug-threads=on", i);
		if (!spawn(VMM, name, vcpus, result[1]))
			return 1;
	}
	for (i = 0; i < vms; i++)
		running += sum(result[0], 1);
	printf("%u %u %u\n", made, vms, running);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	uint64_t n[3];
	int i;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (argc == 5 && !strcmp(argv[1], "-name") && !kp_str_u64(argv[4], &n[0]))
		return child(strcmp(argv[0], VMM) ? open_events((unsigned int)n[0])
						  : make_vm((unsigned int)n[0]));
	for (i = 0; i < 3; i++)
		if (argc != 4 || kp_str_u64(argv[i + 1], &n[i]))
			break;
	if (i < 3 || n[0] > EVENTS_MAX || n[1] > VMS_MAX || !n[2] || n[2] > VCPUS_MAX) {
		fprintf(stderr, "usage: ps_load EVENTS VMS VCPUS_EACH\n");
		return 2;
	}
	return parent((unsigned int)n[0], (unsigned int)n[1], (unsigned int)n[2]);
}
