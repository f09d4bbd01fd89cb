// SPDX-License-Identifier: GPL-2.0-only
/*
 * halves.c - splits the CPUs that the caller may use, and sets threads' affinity. Touches nothing
 * else.
 */
#include "halves.h"

int kp_halves_alloc(struct kp_halves *h)
{
	h->all = CPU_ALLOC(KP_CPUS_MAX);
	h->own = CPU_ALLOC(KP_CPUS_MAX);
	h->other = CPU_ALLOC(KP_CPUS_MAX);
	return h->all && h->own && h->other ? 0 : -ENOMEM;
}

void kp_halves_free(struct kp_halves *h)
{
	CPU_FREE(h->all);
	CPU_FREE(h->own);
	CPU_FREE(h->other);
	*h = (struct kp_halves){ 0 };
}

bool kp_halves_split(struct kp_halves *h, int here)
{
	cpu_set_t *set[2] = { h->own, h->other };
	unsigned int nr = 0;
	int cpu;

	CPU_ZERO_S(KP_HALVES_BYTES, h->own);
	CPU_ZERO_S(KP_HALVES_BYTES, h->other);
	for (cpu = 0; cpu < KP_CPUS_MAX; cpu++)
		if (CPU_ISSET_S(cpu, KP_HALVES_BYTES, h->all))
			CPU_SET_S(cpu, KP_HALVES_BYTES, set[nr++ % 2]);
	if (nr < 2 || here < 0 || here >= KP_CPUS_MAX ||
	    !CPU_ISSET_S(here, KP_HALVES_BYTES, h->all))
		return false;
	if (CPU_ISSET_S(here, KP_HALVES_BYTES, h->other)) {
		h->own = set[1];
		h->other = set[0];
	}
	return true;
}

void kp_halves_begin(struct kp_halves *h)
{
	if (kp_halves_alloc(h) || sched_getaffinity(0, KP_HALVES_BYTES, h->all) ||
	    !kp_halves_split(h, sched_getcpu()) || sched_setaffinity(0, KP_HALVES_BYTES, h->own))
		kp_halves_free(h);
}

/* One that cannot be kept there runs where it may. */
void kp_halves_other(const struct kp_halves *h)
{
	if (h->other)
		(void)sched_setaffinity(0, KP_HALVES_BYTES, h->other);
}

void kp_halves_end(struct kp_halves *h)
{
	if (h->all)
		(void)sched_setaffinity(0, KP_HALVES_BYTES, h->all);
	kp_halves_free(h);
}
