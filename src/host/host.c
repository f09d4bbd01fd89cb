// SPDX-License-Identifier: GPL-2.0-only
/*
 * host.c - puts a kp_host together from its parts, finds things in it, frees it.
 */
#include "host/parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

enum kp_tri kp_host_read_tri(const struct kp_sysroot *root, const char *path)
{
	char buf[16];

	if (kp_sysroot_read_str(root, buf, sizeof(buf), "%s", path))
		return KP_TRI_UNKNOWN;
	if (!strcmp(buf, "Y") || !strcmp(buf, "y") || !strcmp(buf, "1"))
		return KP_TRI_YES;
	if (!strcmp(buf, "N") || !strcmp(buf, "n") || !strcmp(buf, "0"))
		return KP_TRI_NO;
	return KP_TRI_UNKNOWN;
}

int kp_host_collect(const struct kp_sysroot *root, uint32_t what, struct kp_host **out)
{
	struct kp_host *host = calloc(1, sizeof(*host));
	int err = 0;

	if (!host)
		return -ENOMEM;
	host->paranoid = INT_MIN;
	if (what & KP_HOST_CPU)
		err = kp_host_read_cpu(root, host);
	if (!err && what & (KP_HOST_PMU | KP_HOST_PMU_EVENTS))
		err = kp_host_read_pmus(root, what & KP_HOST_PMU_EVENTS, host);
	if (!err && what & KP_HOST_PMU)
		err = kp_host_read_pmu_irqs(root, host);
	if (!err && what & KP_HOST_KVM)
		err = kp_host_read_kvm(root, host);
	if (!err && what & KP_HOST_VMS)
		err = kp_host_read_vms(root, host);
	if (err) {
		kp_host_free(host);
		return err;
	}
	*out = host;
	return 0;
}

static void free_attrs(struct kp_host_attrs *attrs)
{
	size_t i;

	for (i = 0; i < attrs->nr; i++) {
		free(attrs->at[i].name);
		free(attrs->at[i].value);
	}
	free(attrs->at);
}

void kp_host_free(struct kp_host *host)
{
	size_t i;

	if (!host)
		return;
	for (i = 0; i < host->nr_pmus; i++) {
		free_attrs(&host->pmus[i].formats);
		free_attrs(&host->pmus[i].events);
		free_attrs(&host->pmus[i].caps);
		free(host->pmus[i].name);
		free(host->pmus[i].cpus);
	}
	free(host->pmus);
	for (i = 0; i < host->nr_vms; i++) {
		free(host->vms[i].name);
		free(host->vms[i].vcpus);
	}
	free(host->vms);
	free(host->pmu_irqs);
	free(host->machine);
	free(host->osrelease);
	free(host->hostname);
	free(host->cpudesc);
	free(host->cpuid);
	free(host->online);
	free(host->tracefs);
	free(host);
}

const char *kp_host_attr_get(const struct kp_host_attrs *attrs, const char *name)
{
	size_t i;

	for (i = 0; i < attrs->nr; i++)
		if (!strcmp(attrs->at[i].name, name))
			return attrs->at[i].value;
	return NULL;
}

const struct kp_host_pmu *kp_host_find_pmu(const struct kp_host *host, const char *name)
{
	size_t i;

	for (i = 0; i < host->nr_pmus; i++)
		if (!strcmp(host->pmus[i].name, name))
			return &host->pmus[i];
	return NULL;
}

const struct kp_host_pmu *kp_host_pmu_by_type(const struct kp_host *host, uint32_t type)
{
	size_t i;

	for (i = 0; i < host->nr_pmus; i++)
		if (host->pmus[i].type == type)
			return &host->pmus[i];
	return NULL;
}

int kp_host_find_vm(const struct kp_host *host, const char *pid_or_name,
		    const struct kp_host_vm **out)
{
	const struct kp_host_vm *found = NULL;
	uint64_t pid;
	size_t i;

	if (!kp_str_u64(pid_or_name, &pid)) {
		for (i = 0; i < host->nr_vms; i++) {
			if (host->vms[i].pid != pid)
				continue;
			*out = &host->vms[i];
			return 0;
		}
	}
	for (i = 0; i < host->nr_vms; i++) {
		if (!host->vms[i].name || strcmp(host->vms[i].name, pid_or_name))
			continue;
		if (found)
			return -EEXIST;
		found = &host->vms[i];
	}
	if (!found)
		return -ENOENT;
	*out = found;
	return 0;
}
