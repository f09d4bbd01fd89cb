// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may use the counters of a host with mediated vPMUs: the kernel's rules (kernel/events/core.c,
 * mediated_pmu_account_event() and perf_create_mediated_pmu()), seen from kvmpmu and from a bare
 * perf_event_open(). Opens perf events and runs programs in the emulated machine only.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "cases.h"

#define START_TRIES 100	/* of 50 ms */

static int event_open(bool exclude_guest)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.size = sizeof(attr),
		.exclude_guest = exclude_guest,
		.disabled = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	return fd < 0 ? -errno : fd;
}

static int guest_run(const char *name)
{
	return lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--iterations", "10" },
	});
}

static void stderr_check(struct lab_test *t, const char *name, const char *want)
{
	char *text = lab_exec_stderr(name);

	lab_check(t, text && strstr(text, want), "%s does not say \"%s\" but: %s", name, want,
		  text ? text : "nothing");
	free(text);
}

/* Disabled or not, such an event stands in the way of a mediated VM as long as it is open. */
void lab_event_blocks_vm(struct lab_test *t)
{
	int fd = event_open(false), r;

	if (!lab_check(t, fd >= 0, "perf_event_open: %s", strerror(-fd)))
		return;
	r = guest_run("vm.blocked");
	lab_check(t, r == 1, "a VM beside an include-guest event: status %d", r);
	stderr_check(t, "vm.blocked", "busy");
	close(fd);
	r = guest_run("vm.free");
	lab_check(t, r == 0, "a VM after the event was closed: status %d", r);
}

/*
 * The first vCPU makes it a mediated VM: wait until the kernel refuses what it refuses then. An
 * event that is open just when that vCPU is made keeps it from starting, so first leave it time.
 */
static int wait_refused(void)
{
	int fd = 0;

	sleep(5);
	for (int i = 0; i < START_TRIES; i++) {
		fd = event_open(false);
		if (fd < 0)
			return fd;
		close(fd);
		usleep(50 * 1000);
	}
	return 0;
}

void lab_vm_blocks_event(struct lab_test *t)
{
	int vm = lab_exec_start(&(struct lab_exec){
		.name = "vm.running",
		.argv = { "kvmpmu", "bench", "--raw", "spin", "--duration", "1m" },
	});
	int fd = wait_refused();

	lab_check(t, fd == -EOPNOTSUPP, "an include-guest event beside a VM: %s", strerror(-fd));
	fd = event_open(true);
	lab_check(t, fd >= 0, "an exclude_guest event beside a VM: %s", strerror(-fd));
	if (fd >= 0)
		close(fd);
	kill(vm, SIGINT);
	lab_exec_wait(vm, 0);
	fd = event_open(false);
	lab_check(t, fd >= 0, "an include-guest event after the VM: %s", strerror(-fd));
	if (fd >= 0)
		close(fd);
}
