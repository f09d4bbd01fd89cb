// SPDX-License-Identifier: GPL-2.0-only
/*
 * detail.c - what only `kvmpmu info` needs of the host: flags, counters, kernel configuration, KVM
 * capabilities, and the judgement about the mediated vPMU. Opens no event.
 */
#include "host/parts.h"

#include <stdlib.h>
#include <string.h>

enum kp_tri kp_host_has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);
	const char *p;

	if (!flags)
		return KP_TRI_UNKNOWN;
	for (p = strstr(flags, flag); p; p = strstr(p + len, flag))
		if ((p == flags || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return KP_TRI_YES;
	return KP_TRI_NO;
}

/* The first CPU's: flags that differ between CPUs are not among those that matter here. */
static char *read_flags(const struct kp_sysroot *root)
{
	char *text, *p, *flags = NULL;

	if (kp_sysroot_read(root, &text, NULL, "/proc/cpuinfo"))
		return NULL;
	p = strstr(text, "\nflags");
	if (p)
		p = strchr(p, ':');
	if (p) {
		p += 1 + strspn(p + 1, " \t");
		flags = strndup(p, strcspn(p, "\n"));
	}
	free(text);
	return flags;
}

static enum kp_host_vendor vendor_of(const struct kp_host *host)
{
	if (!host->cpuid)
		return KP_HOST_VENDOR_OTHER;
	if (!strncmp(host->cpuid, "GenuineIntel,", strlen("GenuineIntel,")))
		return KP_HOST_VENDOR_INTEL;
	if (!strncmp(host->cpuid, "AuthenticAMD,", strlen("AuthenticAMD,")) ||
	    !strncmp(host->cpuid, "HygonGenuine,", strlen("HygonGenuine,")))
		return KP_HOST_VENDOR_AMD;
	return KP_HOST_VENDOR_OTHER;
}

/* Absence in a folder that is there and can be listed is an answer; anything else is not. */
static enum kp_tri there(const struct kp_sysroot *root, const char *path, const char *folder)
{
	if (kp_sysroot_exists(root, "%s", path))
		return KP_TRI_YES;
	return kp_sysroot_exists(root, "%s", folder) ? KP_TRI_NO : KP_TRI_UNKNOWN;
}

static enum kp_tri see_kvm_events(const struct kp_sysroot *root, const struct kp_host *host)
{
	if (!host->tracefs)
		return KP_TRI_UNKNOWN;
	if (kp_sysroot_exists(root, "%s/events/kvm", host->tracefs))
		return KP_TRI_YES;
	return kp_sysroot_exists(root, "%s/events", host->tracefs) ? KP_TRI_NO : KP_TRI_UNKNOWN;
}

int kp_host_detail_collect(const struct kp_sysroot *root, const struct kp_host *host,
			   struct kp_host_detail **out)
{
	struct kp_host_detail *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->counters = calloc(host->nr_pmus + 1, sizeof(*d->counters));
	if (!d->counters) {
		free(d);
		return -ENOMEM;
	}
	d->vendor = vendor_of(host);
	if (kp_sysroot_exists(root, "/sys/module/kvm_intel"))
		d->module = "kvm_intel";
	else if (kp_sysroot_exists(root, "/sys/module/kvm_amd"))
		d->module = "kvm_amd";
	d->flags = read_flags(root);
	d->hypervisor = kp_host_has_flag(d->flags, "hypervisor");
	d->config = kp_host_config_text(root, host);
	d->cpuid = kp_host_cpuid_text(root, host);
	d->btf = there(root, "/sys/kernel/btf/vmlinux", "/sys/kernel");
	d->kvm_events = see_kvm_events(root, host);
	kp_host_read_counters(host, d);
	kp_host_read_log_counters(root, host, d);
	kp_host_read_caps(root, host, d);
	kp_host_judge_mediated(root, host, d);
	*out = d;
	return 0;
}

void kp_host_detail_free(struct kp_host_detail *d)
{
	if (!d)
		return;
	free(d->counters);
	free(d->flags);
	free(d->config);
	free(d->cpuid);
	free(d);
}
