/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parts.h - the parts of kp_host_collect(), private to src/host.
 */
#ifndef KP_HOST_PARTS_H
#define KP_HOST_PARTS_H

#include "host.h"

/* Each fills its part of a zeroed host. 0 or -ENOMEM: what cannot be read stays unknown. */
int kp_host_read_cpu(const struct kp_sysroot *root, struct kp_host *host);
int kp_host_read_pmus(const struct kp_sysroot *root, bool events, struct kp_host *host);
int kp_host_read_kvm(const struct kp_sysroot *root, struct kp_host *host);
int kp_host_read_vms(const struct kp_sysroot *root, struct kp_host *host);

/** kp_host_read_tri - Y, y, 1 and N, n, 0 of a parameter file; anything else is unknown */
enum kp_tri kp_host_read_tri(const struct kp_sysroot *root, const char *path);

#endif
