/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * info.h - what the two files of `kvmpmu info` share.
 */
#ifndef KP_CMD_INFO_H
#define KP_CMD_INFO_H

#include "host.h"
#include "out.h"

/** struct kp_info - one run; @root, @host and @detail are borrowed by the views */
struct kp_info {
	const struct kp_sysroot *root;
	const struct kp_host *host;
	const struct kp_host_detail *detail;
	struct kp_out *out;
};

/** kp_info_registers - which PMU registers a mediated guest reaches, as a table */
void kp_info_registers(const struct kp_info *in);

/** kp_info_parameters - module parameters, sysctls and kernel options, as a table */
void kp_info_parameters(const struct kp_info *in);

/** kp_info_core - index of the host's first core PMU, or -1 */
int kp_info_core(const struct kp_info *in);

#endif
