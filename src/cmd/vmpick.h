/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmpick.h - the VM that --vm names. Private to src/cmd.
 */
#ifndef KP_CMD_VMPICK_H
#define KP_CMD_VMPICK_H

#include "host.h"

/** kp_vm_pick - by process id or name; -ESRCH after saying which there are */
int kp_vm_pick(const struct kp_host *host, const char *name, const struct kp_host_vm **out);

#endif
