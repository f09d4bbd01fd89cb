// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm.c - KVM and its PMU mode as parameters and /proc/interrupts tell them. Opens no event to find
 * out: a probe without exclude_guest would itself block mediated VMs (kernel/events/core.c,
 * mediated_pmu_account_event()).
 */
#include "host/parts.h"

#include <stdlib.h>
#include <string.h>

static enum kp_tri read_kvm(const struct kp_sysroot *root)
{
	if (kp_sysroot_exists(root, "/sys/devices/virtual/misc/kvm") ||
	    kp_sysroot_exists(root, "/sys/class/misc/kvm") || kp_sysroot_exists(root, "/dev/kvm"))
		return KP_TRI_YES;
	if (kp_sysroot_live(root) || kp_sysroot_exists(root, "/sys/class/misc"))
		return KP_TRI_NO;
	/* a snapshot without devices: the parameters are there when KVM is */
	return kp_sysroot_exists(root, "/sys/module/kvm/parameters") ? KP_TRI_YES : KP_TRI_UNKNOWN;
}

/*
 * The VPMI line stands under CONFIG_GUEST_PERF_EVENTS (arch/x86/kernel/irq.c), without which no VM
 * can be mediated. Its presence alone proves nothing.
 */
enum kp_tri kp_host_kernel_can_mediate(const struct kp_sysroot *root)
{
	enum kp_tri can;
	char *text;

	if (kp_sysroot_read(root, &text, NULL, "/proc/interrupts"))
		return KP_TRI_UNKNOWN;
	/* a file without an NMI line is no x86 interrupts file, or a shortened one */
	if (strstr(text, "VPMI:"))
		can = KP_TRI_YES;
	else
		can = strstr(text, "NMI:") ? KP_TRI_NO : KP_TRI_UNKNOWN;
	free(text);
	return can;
}

static enum kp_tri is_x86(const struct kp_sysroot *root, const struct kp_host *host)
{
	char machine[32];

	if (host->machine)
		return strcmp(host->machine, "x86_64") ? KP_TRI_NO : KP_TRI_YES;
	if (kp_sysroot_read_str(root, machine, sizeof(machine), "/proc/sys/kernel/arch"))
		return KP_TRI_UNKNOWN;
	return strcmp(machine, "x86_64") ? KP_TRI_NO : KP_TRI_YES;
}

/*
 * Could an include-guest event meet a mediated VM? A parameter that says N is final until the
 * module is loaded anew; a vendor module without that parameter cannot mediate at all.
 */
static enum kp_tri mediated_blocks(const struct kp_sysroot *root, const struct kp_host *host)
{
	bool vendor = kp_sysroot_exists(root, "/sys/module/kvm_intel") ||
		      kp_sysroot_exists(root, "/sys/module/kvm_amd");

	if (host->kvm_mediated_param != KP_TRI_UNKNOWN)
		return host->kvm_mediated_param;
	if (is_x86(root, host) == KP_TRI_NO)
		return KP_TRI_NO;
	if (kp_host_kernel_can_mediate(root) == KP_TRI_NO)
		return KP_TRI_NO;
	if (vendor && kp_sysroot_exists(root, "/sys/module/kvm/parameters"))
		return KP_TRI_NO;
	return KP_TRI_UNKNOWN;
}

/* early_kvm_mode_cfg() in arch/arm64/kvm/arm.c; nothing else tells */
static enum kp_tri read_protected(const struct kp_sysroot *root)
{
	enum kp_tri protected;
	char *text;

	if (kp_sysroot_read(root, &text, NULL, "/proc/cmdline"))
		return KP_TRI_UNKNOWN;
	protected = strstr(text, "kvm-arm.mode=protected") ? KP_TRI_YES : KP_TRI_NO;
	free(text);
	return protected;
}

int kp_host_read_kvm(const struct kp_sysroot *root, struct kp_host *host)
{
	host->kvm = read_kvm(root);
	host->kvm_protected = read_protected(root);
	host->kvm_enable_pmu = kp_host_read_tri(root, "/sys/module/kvm/parameters/enable_pmu");
	host->kvm_mediated_param =
		kp_host_read_tri(root, "/sys/module/kvm_intel/parameters/enable_mediated_pmu");
	if (host->kvm_mediated_param == KP_TRI_UNKNOWN)
		host->kvm_mediated_param = kp_host_read_tri(
			root, "/sys/module/kvm_amd/parameters/enable_mediated_pmu");
	host->mediated_vm_blocks = mediated_blocks(root, host);
	return 0;
}
