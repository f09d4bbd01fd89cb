// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's own statistic of a vCPU's exits, read through the binary statistics file descriptor (Linux
 * 5.14, Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD). It counts what this process cannot see:
 * exits that KVM handles itself. Where the kernel has none the number is unknown, not zero.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "vm.h"

#define MAX_DESCS 1024
#define MAX_NAME  256

static bool is_exits(const struct kvm_stats_desc *desc, const char *name)
{
	return !strcmp(name, "exits") && desc->size == 1 &&
	       (desc->flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE;
}

static uint64_t find_exits(int fd)
{
	struct kvm_stats_header header;
	uint64_t offset = 0;
	size_t stride;
	char *descs;
	uint32_t i;

	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return 0;
	if (!header.num_desc || header.num_desc > MAX_DESCS || !header.name_size ||
	    header.name_size > MAX_NAME)
		return 0;
	stride = sizeof(struct kvm_stats_desc) + header.name_size;
	descs = calloc(header.num_desc, stride);
	if (!descs)
		return 0;
	if (pread(fd, descs, stride * header.num_desc, header.desc_offset) !=
	    (ssize_t)(stride * header.num_desc))
		goto out;
	for (i = 0; i < header.num_desc && !offset; i++) {
		struct kvm_stats_desc desc;
		char name[MAX_NAME + 1] = "";

		memcpy(&desc, descs + i * stride, sizeof(desc));
		memcpy(name, descs + i * stride + sizeof(desc), header.name_size);
		if (is_exits(&desc, name))
			offset = (uint64_t)header.data_offset + desc.offset;
	}
out:
	free(descs);
	return offset;
}

/* Failing is fine: kp_guest_stats_exits() then says that the number is not known. */
void kp_guest_stats_open(struct kp_vcpu *vcpu)
{
	vcpu->stats_fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	if (vcpu->stats_fd >= 0)
		vcpu->stats_offset = find_exits(vcpu->stats_fd);
}

bool kp_guest_stats_exits(const struct kp_vcpu *vcpu, uint64_t *exits)
{
	return vcpu->stats_fd >= 0 && vcpu->stats_offset &&
	       pread(vcpu->stats_fd, exits, sizeof(*exits), (off_t)vcpu->stats_offset) ==
		       (ssize_t)sizeof(*exits);
}
