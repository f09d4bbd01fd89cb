// SPDX-License-Identifier: GPL-2.0-only
/*
 * nobpf_swrec.c - in place of bpf_swrec.c where kvmpmu was built without BPF: says so.
 */
#include "swrec.h"

#include <stdio.h>

int kp_swrec_open(struct kp_live *live, const struct kp_plan *plan, const struct kp_host *host,
		  enum kp_probe_how how, struct kp_swrec **out, char *err, size_t err_size)
{
	(void)live;
	(void)plan;
	(void)host;
	(void)how;
	(void)out;
	snprintf(err, err_size,
		 "this kvmpmu was built without BPF (libbpf, clang and bpftool); install them and "
		 "build it again");
	return -EOPNOTSUPP;
}

struct kp_probe_cost kp_swrec_cost(const struct kp_swrec *rec)
{
	(void)rec;
	return (struct kp_probe_cost){ 0 };
}

void kp_swrec_start(struct kp_swrec *rec)
{
	(void)rec;
}

void kp_swrec_flush(struct kp_swrec *rec)
{
	(void)rec;
}

uint64_t kp_swrec_stop(struct kp_swrec *rec)
{
	(void)rec;
	return 0;
}

void kp_swrec_close(struct kp_swrec *rec)
{
	(void)rec;
}
