/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fallback.h - what to do when the kernel refuses an event. Pure; private to src/collect.
 */
#ifndef KP_COLLECT_FALLBACK_H
#define KP_COLLECT_FALLBACK_H

#include "plan.h"

/**
 * struct kp_refusal - @err: what perf_event_open() said to @ev with @attr
 * @any_cpu: the event follows its task to every CPU, whichever PMU is there
 */
struct kp_refusal {
	const struct kp_plan_event *ev;
	const struct kp_host *host;
	const struct perf_event_attr *attr;
	int err;
	bool any_cpu;
};

/**
 * kp_fallback - a lesser @attr that may be accepted
 * @warning: gets a text to be freed when the event no longer is what was asked for
 * Return: 1 try again with @attr, 0 there is none, -ENOMEM
 */
int kp_fallback(const struct kp_refusal *no, struct perf_event_attr *attr, char **warning);

/** kp_refusal_explain - in words; returns the error that the caller should hand on */
int kp_refusal_explain(const struct kp_refusal *no, char *buf, size_t size);

#endif
