// SPDX-License-Identifier: GPL-2.0-only
/*
 * nobpf_swagg.c - in place of bpf_swagg.c where kvmpmu was built without BPF: says so.
 */
#include "swagg.h"

#include <stdio.h>

int kp_swagg_open(const struct kp_swagg_opts *opts, const struct kp_host *host,
		  struct kp_swagg **out, char *err, size_t err_size)
{
	(void)opts;
	(void)host;
	(void)out;
	snprintf(err, err_size,
		 "this kvmpmu was built without BPF (libbpf, clang and bpftool); install them and "
		 "build it again");
	return -EOPNOTSUPP;
}

int kp_swagg_registers(struct kp_swagg *agg, char *err, size_t err_size)
{
	(void)agg;
	snprintf(err, err_size, "this kvmpmu was built without BPF");
	return -EOPNOTSUPP;
}

void kp_swagg_pause(struct kp_swagg *agg)
{
	(void)agg;
}

int kp_swagg_resume(struct kp_swagg *agg)
{
	(void)agg;
	return -EOPNOTSUPP;
}

void kp_swagg_clear(struct kp_swagg *agg)
{
	(void)agg;
}

int kp_swagg_read(struct kp_swagg *agg, struct kp_swagg_snap **out)
{
	(void)agg;
	(void)out;
	return -EOPNOTSUPP;
}

void kp_swagg_forget(struct kp_swagg *agg, const struct kp_swagg_vcpu *vcpu)
{
	(void)agg;
	(void)vcpu;
}

void kp_swagg_close(struct kp_swagg *agg)
{
	(void)agg;
}
