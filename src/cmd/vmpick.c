// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmpick.c - the VM that a user names, or which ones there are instead.
 */
#include "cmd/vmpick.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/log.h"

static void print_vms(const struct kp_host *host)
{
	size_t i;

	for (i = 0; i < host->nr_vms; i++)
		fprintf(stderr, "  %-8u %s\n", host->vms[i].pid, host->vms[i].name);
}

static int no_vm(const struct kp_host *host, const char *name, int err)
{
	if (err == -EEXIST) {
		kp_err("--vm %s: several VMs are called so; use the process id of one of", name);
		print_vms(host);
	} else if (host->nr_vms) {
		kp_err("--vm %s: there is no such VM; there are", name);
		print_vms(host);
	} else {
		kp_err("--vm %s: no VM runs here%s", name,
		       geteuid() ? ", or none that you may see: run kvmpmu as root" : "");
	}
	return -ESRCH;
}

int kp_vm_pick(const struct kp_host *host, const char *name, const struct kp_host_vm **out)
{
	int err = kp_host_find_vm(host, name, out);

	return err ? no_vm(host, name, err) : 0;
}
