// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_switch.c - record --switch: the BPF collector beside the rings, and what the user is told
 * of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/record.h"
#include "lib/log.h"

int kp_record_set_switch(struct kp_record *rec, const char *how)
{
	static const struct {
		const char *name;
		enum kp_probe_how how;
	} names[] = {
		{ "fentry", KP_PROBE_FENTRY },
		{ "kprobe", KP_PROBE_KPROBE },
		{ "exits", KP_PROBE_EXITS },
	};
	size_t i;

	rec->req.switch_compact = true;
	rec->probes = KP_PROBE_AUTO;
	if (!how)
		return 0;
	for (i = 0; i < KP_ARRAY_SIZE(names); i++) {
		if (strcmp(how, names[i].name))
			continue;
		rec->probes = names[i].how;
		return 0;
	}
	fprintf(stderr,
		"kvmpmu record: --switch: no probes '%s'; there are fentry, kprobe, exits\n", how);
	return -EINVAL;
}

static void print_cost(const struct kp_probe_cost *cost)
{
	static const char *const names[] = {
		[KP_PROBE_AUTO] = "tracepoints",
		[KP_PROBE_FENTRY] = "fentry",
		[KP_PROBE_KPROBE] = "kprobes",
		[KP_PROBE_EXITS] = "tracepoints",
	};

	if (cost->pair_ns)
		fprintf(stderr,
			"kvmpmu record: probes (%s) cost %" PRIu32 " ns each; two of them with "
			"nothing between measure %" PRIu32 " ns\n",
			names[cost->how], cost->full_ns, cost->pair_ns);
	else
		fprintf(stderr,
			"kvmpmu record: probes (%s); what they cost cannot be measured here\n",
			names[cost->how]);
}

int kp_record_switch_open(const struct kp_record *rec, struct kp_live *live,
			  const struct kp_plan *plan, const struct kp_host *host,
			  struct kp_swrec **out)
{
	struct kp_probe_cost cost;
	char text[512];
	int err;

	if (!rec->req.switch_compact)
		return 0;
	err = kp_swrec_open(live, plan, host, rec->probes, out, text, sizeof(text));
	if (err) {
		kp_err("--switch: %s", text[0] ? text : strerror(-err));
		return err;
	}
	if (text[0])
		kp_warn("--switch: %s", text);
	cost = kp_swrec_cost(*out);
	if (!rec->quiet)
		print_cost(&cost);
	return 0;
}

void kp_record_switch_start(struct kp_swrec *sw)
{
	if (sw)
		kp_swrec_start(sw);
}

void kp_record_switch_flush(struct kp_swrec *sw)
{
	if (sw)
		kp_swrec_flush(sw);
}

void kp_record_switch_stop(struct kp_swrec *sw)
{
	uint64_t lost = sw ? kp_swrec_stop(sw) : 0;

	if (lost)
		kp_warn("--switch: %" PRIu64 " exits found no room in the ring buffers; a larger "
			"-m loses less",
			lost);
}
