// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfm.c - events by their vendor's names, through libpfm4 ("skl::INST_RETIRED:ANY_P:u"). The only
 * user of that library. It knows the events of the CPU that this process runs on.
 */
#include "collect/build.h" /* first: libpfm4's header leaves out what <linux/perf_event.h> has */

#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>

/* Unknown to libpfm4 altogether, as opposed to known and wrongly written. */
static bool is_unknown(pfm_err_t ret)
{
	return ret == PFM_ERR_NOTFOUND || ret == PFM_ERR_NOTSUPP || ret == PFM_ERR_NOINIT;
}

int kp_pfm_find(const char *text, struct perf_event_attr *attr, char *err, size_t err_size)
{
	pfm_perf_encode_arg_t arg = { .attr = attr, .size = sizeof(arg), .cpu = -1 };
	pfm_err_t ret = pfm_initialize();

	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	if (ret == PFM_SUCCESS)
		ret = pfm_get_os_event_encoding(text, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT,
						&arg);
	if (ret == PFM_SUCCESS) {
		/* It goes by what it thinks of this CPU; perf does it for :u and :k. */
		attr->exclude_hv = attr->exclude_kernel || attr->exclude_user;
		return 0;
	}
	if (is_unknown(ret))
		return -ENOENT;
	snprintf(err, err_size, "libpfm4: %s", pfm_strerror(ret));
	return ret == PFM_ERR_NOMEM ? -ENOMEM : -EINVAL;
}
