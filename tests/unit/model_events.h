/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_events.h - hand-made events and shorthands for the tests of src/model.
 */
#ifndef KP_TEST_MODEL_EVENTS_H
#define KP_TEST_MODEL_EVENTS_H

#include "kp_test.h"

#include <string.h>

#include "model.h"

#define VM 100

static inline struct kp_model *model(struct kp_model_opts opts)
{
	struct kp_model *m = NULL;

	assert_int_equal(kp_model_new(&opts, &m), 0);
	return m;
}

#define MODEL(...) model((struct kp_model_opts){ __VA_ARGS__ })
#define ALL	   .vcpu = -1

static inline struct kp_event event(unsigned int kind, uint32_t tid, uint64_t time_ns)
{
	return (struct kp_event){
		.kind = (uint16_t)kind,
		.valid = KP_HAS_TIME | KP_HAS_CPU | KP_HAS_TID,
		.pid = VM,
		.tid = tid,
		.time_ns = time_ns,
	};
}

static inline void add(struct kp_model *m, struct kp_event ev)
{
	assert_int_equal(kp_model_add(m, &ev), 0);
}

static inline struct kp_event on_cpu(struct kp_event ev, uint32_t cpu)
{
	ev.cpu = cpu;
	return ev;
}

static inline struct kp_event in_vm(struct kp_event ev, uint32_t pid)
{
	ev.pid = pid;
	return ev;
}

static inline struct kp_event entry_of(uint32_t tid, uint16_t vcpu, uint64_t time_ns)
{
	struct kp_event ev = event(KP_EV_ENTRY, tid, time_ns);

	ev.vcpu = vcpu;
	ev.valid |= KP_HAS_VCPU;
	return ev;
}

static inline struct kp_event exit_of(uint32_t tid, uint32_t code, uint64_t time_ns, uint8_t isa)
{
	struct kp_event ev = event(KP_EV_EXIT, tid, time_ns);

	ev.code = code;
	ev.isa = isa;
	ev.valid |= KP_HAS_CODE | KP_HAS_ISA;
	return ev;
}

#define ENTRY(tid, t)	   entry_of(tid, (uint16_t)((tid) % 10), t)
#define EXIT(tid, code, t) exit_of(tid, code, t, KP_ISA_VMX)

static inline struct kp_snap *snap(struct kp_model *m)
{
	struct kp_snap *s = NULL;

	assert_int_equal(kp_model_snap(m, &s), 0);
	return s;
}

static inline void done(struct kp_model *m, struct kp_snap *s)
{
	kp_snap_free(s);
	kp_model_free(m);
}

/* The row of an exit code; the tests have one row a code. */
static inline const struct kp_snap_exit *row(const struct kp_snap *s, uint32_t code)
{
	size_t i;

	for (i = 0; i < s->nr_exits; i++)
		if (s->exits[i].code == code && !s->exits[i].other && s->exits[i].stat.count)
			return &s->exits[i];
	return NULL;
}

static inline void assert_stat(const struct kp_stat *st, uint64_t count, uint64_t total,
			       uint64_t min, uint64_t max)
{
	assert_int_equal(st->count, count);
	assert_int_equal(st->total_ns, total);
	assert_int_equal(st->min_ns, min);
	assert_int_equal(st->max_ns, max);
}

#endif
