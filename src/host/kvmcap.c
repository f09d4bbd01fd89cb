// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmcap.c - KVM's capabilities that matter to the PMU, asked of /dev/kvm itself; no VM is made. A
 * snapshot has the answers as a file.
 */
#include "host/parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/buf.h"

#define CHECK_EXTENSION _IO(0xae, 0x03) /* KVM_CHECK_EXTENSION, the same on every architecture */

enum { ALL = 0, X86, ARM64 };

/* Numbers are ABI (include/uapi/linux/kvm.h) and the same everywhere. */
static const struct {
	const char *name, *help;
	int number, arch;
} caps[] = {
	{ "KVM_CAP_IRQCHIP", "in-kernel interrupt controller", 0, X86 },
	{ "KVM_CAP_MAX_VCPUS", "vCPUs a VM may have", 66, ALL },
	{ "KVM_CAP_PMU_CAPABILITY", "a VM's vPMU can be switched off", 212, X86 },
	{ "KVM_CAP_PMU_EVENT_FILTER", "events can be denied to a VM", 173, X86 },
	{ "KVM_CAP_PMU_EVENT_MASKED_EVENTS", "the same with masks", 226, X86 },
	{ "KVM_CAP_NESTED_STATE", "nested virtualization can be saved", 157, X86 },
	{ "KVM_CAP_ARM_PMU_V3", "vCPUs can have a PMUv3", 126, ARM64 },
	{ "KVM_CAP_ARM_PMU_V3_STRICT", "a vCPU's PMU must be chosen (SET_PMU)", 251, ARM64 },
	{ "KVM_CAP_ARM_EL2", "nested virtualization", 240, ARM64 },
	{ "KVM_CAP_BINARY_STATS_FD", "statistics by file descriptor", 203, ALL },
};

_Static_assert(KP_ARRAY_SIZE(caps) <= KP_HOST_CAPS_MAX, "room for every capability");

char *kp_host_caps_text(const struct kp_sysroot *root)
{
	struct kp_buf buf = { 0 };
	char *text;
	size_t i;
	int fd;

	if (!kp_sysroot_live(root))
		return kp_sysroot_read(root, &text, NULL, KP_SNAP_CAPS) ? NULL : text;
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	for (i = 0; i < KP_ARRAY_SIZE(caps); i++) {
		int value = ioctl(fd, CHECK_EXTENSION, (long)caps[i].number);

		if (value >= 0 && kp_buf_printf(&buf, "%d %d\n", caps[i].number, value))
			break;
	}
	close(fd);
	return buf.data;
}

static int64_t value_of(const char *text, int number)
{
	const char *line;
	int64_t value;
	int n;

	for (line = text; line && *line; line = strchr(line, '\n'), line += !!line)
		if (sscanf(line, "%d %" SCNd64, &n, &value) == 2 && n == number && value >= 0)
			return value;
	return -1;
}

void kp_host_read_caps(const struct kp_sysroot *root, const struct kp_host *host,
		       struct kp_host_detail *d)
{
	int arch = !host->machine		       ? ALL
		   : !strcmp(host->machine, "x86_64")  ? X86
		   : !strcmp(host->machine, "aarch64") ? ARM64
						       : ALL;
	char *text = kp_host_caps_text(root);
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(caps); i++)
		if (caps[i].arch == ALL || caps[i].arch == arch)
			d->caps[d->nr_caps++] = (struct kp_host_cap){
				.name = caps[i].name,
				.help = caps[i].help,
				.number = caps[i].number,
				.value = value_of(text, caps[i].number),
			};
	free(text);
}
