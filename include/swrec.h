/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swrec.h - the BPF programs of src/bpf/switch.bpf.c as a collector of record --switch: batches of
 * exits (swbatch.h) into the ring buffers of a live collection. Includes plan.h and swagg.h.
 */
#ifndef KP_SWREC_H
#define KP_SWREC_H

#include "plan.h"
#include "swagg.h"

struct kp_swrec;

/**
 * kp_swrec_open - load and attach for a plan with kp_request.switch_compact; nothing is written yet
 * @live: its rings; borrowed for the life of the result
 * @err: why not, and what to do; or, when it could, what is missing on this host ("" nothing)
 * Return: 0; -EPERM; -EOPNOTSUPP built without BPF, no BTF, no tracepoint kvm_entry, ...; -ENOMEM
 */
int kp_swrec_open(struct kp_live *live, const struct kp_plan *plan, const struct kp_host *host,
		  enum kp_probe_how how, struct kp_swrec **out, char *err, size_t err_size);

/** kp_swrec_cost - what the probes cost, measured by kp_swrec_open() */
struct kp_probe_cost kp_swrec_cost(const struct kp_swrec *rec);

/** kp_swrec_start - after kp_live_enable() */
void kp_swrec_start(struct kp_swrec *rec);

/** kp_swrec_flush - before each kp_live_drain(): what waits in the batches goes into the rings */
void kp_swrec_flush(struct kp_swrec *rec);

/** kp_swrec_stop - before kp_live_disable(); flushes. Exits that no room was for, in the rings */
uint64_t kp_swrec_stop(struct kp_swrec *rec);

void kp_swrec_close(struct kp_swrec *rec);

#endif
