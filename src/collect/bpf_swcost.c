// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_swcost.c - what a probe costs by itself: the programs of the switch on the kernel's own
 * functions for such tests, bpf_fentry_test1() to 3() (net/bpf/test_run.c), which do nothing and
 * are called one after the other when a program is run by BPF_PROG_TEST_RUN.
 */
#include "collect/swprobe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "switch.skel.h"

#define WARM_UP 20

static int cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t median(uint32_t *v, uint32_t nr)
{
	if (nr > KP_SW_CAL_MAX)
		nr = KP_SW_CAL_MAX;
	qsort(v, nr, sizeof(*v), cmp_u32);
	return nr ? v[nr / 2] : 0;
}

/* Calls the functions until both tables are full, the first calls for the caches. */
static int run(struct kp_swprobe *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_program__fd(p->skel->progs.run_cal), i;

	for (i = 0; i < WARM_UP + KP_SW_CAL_MAX; i++) {
		if (i == WARM_UP)
			p->skel->bss->cal.nr_pair = p->skel->bss->cal.nr_span = 0;
		if (bpf_prog_test_run_opts(fd, &opts))
			return -errno;
	}
	return 0;
}

/* The programs in the order in which the functions are called; the probe that is measured last. */
static int attach_all(struct kp_swprobe *p, bool kprobes, struct bpf_link **links, size_t nr)
{
	static const char *const names[] = { "cal_begin", "cal_end", "cal_span", "cal_probe" };
	char name[32];
	size_t i;

	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%c_%s", kprobes ? 'k' : 'f', names[i]);
		if (links[i])
			continue;
		links[i] =
			bpf_program__attach(bpf_object__find_program_by_name(p->skel->obj, name));
		if (!links[i])
			return -errno;
	}
	return 0;
}

static uint16_t cap16(uint32_t v)
{
	return v > UINT16_MAX ? UINT16_MAX : (uint16_t)v;
}

/* The span between two functions without and with a probe on the one that is called between. */
void kp_swprobe_measure(struct kp_swprobe *p, bool kprobes, bool raw_times)
{
	struct kp_sw_cal *cal = &p->skel->bss->cal;
	struct bpf_link *links[4] = { 0 };
	uint32_t without = 0, with = 0;
	size_t i;
	int err;

	err = attach_all(p, kprobes, links, 3);
	if (!err)
		err = run(p);
	if (!err) {
		p->cost.pair_ns = median(cal->pair, cal->nr_pair);
		without = median(cal->span, cal->nr_span);
		err = attach_all(p, kprobes, links, 4);
	}
	if (!err)
		err = run(p);
	if (!err) {
		with = median(cal->span, cal->nr_span);
		p->cost.full_ns = with > without ? with - without : 0;
	}
	for (i = 0; i < KP_ARRAY_SIZE(links); i++)
		bpf_link__destroy(links[i]);
	if (err)
		kp_info("what the probes cost cannot be measured: %s", strerror(-err));
	if (raw_times)
		return;
	p->skel->bss->cost.pair_ns = cap16(p->cost.pair_ns);
	p->skel->bss->cost.full_ns = cap16(p->cost.full_ns);
}
