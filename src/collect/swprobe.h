/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swprobe.h - the programs of src/bpf/switch.bpf.c, loaded and attached. Private to src/collect.
 */
#ifndef KP_COLLECT_SWPROBE_H
#define KP_COLLECT_SWPROBE_H

#include "bpf/switch.h"
#include "lib/vec.h"
#include "swagg.h"

struct bpf_link;
struct bpf_program;
struct switch_bpf;

/**
 * struct kp_swprobe_opts - all borrowed for the call
 * @scope: KP_SW_PIDS ... and the @nr_targets that it is about
 * @raw_times: the programs do not subtract what they cost
 * @registers: load what counts register accesses, too
 * @no_mediated: KVM gives no guest the mediated vPMU: the switch's functions, which every entry
 *	calls, do nothing
 */
struct kp_swprobe_opts {
	enum kp_probe_how how;
	struct kp_sw_config config;
	const uint32_t *targets;
	size_t nr_targets;
	uint32_t max_vcpus;
	bool raw_times;
	bool registers;
	bool no_mediated;
};

/**
 * struct kp_swprobe - @pmis: of the probes on functions those about PMIs alone
 * @cpus: state of @nr_cpus CPUs, @sums: of @nr_sums vCPU threads, both shared with the programs
 * @attached: the programs of @links, in order, also while kp_swprobe_detach() has taken these away
 */
struct kp_swprobe {
	struct switch_bpf *skel;
	KP_VEC(struct bpf_link *) links;
	KP_VEC(struct bpf_program *) attached;
	struct kp_sw_cpu *cpus;
	struct kp_sw_vcpu *sums;
	uint32_t nr_cpus, nr_sums;
	struct kp_probe_cost cost;
	bool has_switch;
	bool pmis;
};

/**
 * kp_swprobe_open - load and attach as well as this kernel can; no CPU is on yet
 * @err: as kp_swagg_open()'s
 */
int kp_swprobe_open(const struct kp_swprobe_opts *opts, struct kp_swprobe **out, char *err,
		    size_t err_size);

/** kp_swprobe_attach - one more program; 0 or -errno */
int kp_swprobe_attach(struct kp_swprobe *p, struct bpf_program *prog);

/** kp_swprobe_detach - all programs; they stay loaded, for kp_swprobe_reattach(): 0 or -errno */
void kp_swprobe_detach(struct kp_swprobe *p);
int kp_swprobe_reattach(struct kp_swprobe *p);
void kp_swprobe_free(struct kp_swprobe *p);

/**
 * kp_swprobe_measure - what the probes cost, into p->cost and, unless @raw_times, the programs'
 * (bpf_swcost.c)
 */
void kp_swprobe_measure(struct kp_swprobe *p, bool kprobes, bool raw_times);

#endif
