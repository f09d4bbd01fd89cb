/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top_frame.h - from snapshots to frames: what changed since the snapshot before. Pure: the same
 * snapshots give the same frames. Private to src/cmd.
 */
#ifndef KP_CMD_TOP_FRAME_H
#define KP_CMD_TOP_FRAME_H

#include "host.h"
#include "ui.h"

/**
 * struct kp_framer_names - what things are called; each writes into @buf (left alone: unknown)
 * @reason: of an exit; with KP_PAIR_USERSPACE, @isa is 0 and @code a KVM_EXIT_*
 * @is_reg: the exit is an access to an MSR, a system register or RDPMC
 * @counter: fills name, event, filters
 * @gone: the thread, or its process, has ended
 * @pmu: fills mode and backing of a vCPU
 * @wanted: whether a VM that only the host knows of is shown; NULL: all
 */
struct kp_framer_names {
	void (*vm)(void *ctx, uint32_t vm, char *buf, size_t size);
	void (*reason)(void *ctx, uint8_t isa, uint32_t code, char *buf, size_t size);
	bool (*is_reg)(void *ctx, uint8_t isa, uint32_t code);
	void (*counter)(void *ctx, const struct kp_snap_counter *c, struct kp_frame_counter *out);
	bool (*gone)(void *ctx, uint32_t vm, uint32_t tid);
	void (*pmu)(void *ctx, struct kp_frame_vcpu *vcpu);
	bool (*wanted)(void *ctx, uint32_t vm);
	void *ctx;
};

/**
 * struct kp_tick - the end of a tick
 * @snap: taken over; NULL: there are no events at all
 * @host, @activity: of a live host, borrowed; NULL: none
 * @at_ns: since the start; @wall_ns: length of the tick
 */
struct kp_tick {
	struct kp_snap *snap;
	const struct kp_host *host;
	const struct kp_host_activity *activity;
	uint64_t at_ns, wall_ns;
};

struct kp_framer;

int kp_framer_new(const struct kp_framer_names *names, struct kp_framer **out);
void kp_framer_free(struct kp_framer *fr);

/**
 * kp_framer_add - the frame of a tick. 0, or -ENOMEM: nothing has changed but that @snap is freed
 */
int kp_framer_add(struct kp_framer *fr, const struct kp_tick *tick, struct kp_frame **out);

/** kp_framer_reset - totals count from the last frame on */
void kp_framer_reset(struct kp_framer *fr);

/** kp_framer_carry - the next snapshot is of another model, which begins at zero: totals go on */
void kp_framer_carry(struct kp_framer *fr);

/** kp_framer_rewind - as if there had been no frame yet */
void kp_framer_rewind(struct kp_framer *fr);

/** kp_framer_clean - a copy without control characters */
void kp_framer_clean(char *dst, size_t size, const char *src);

/* ---- top_cpus.c: the strips ---- */

/** struct kp_strip - of one CPU; @now: in the tick that is being made */
struct kp_strip {
	uint32_t cpu;
	bool now;
	uint8_t cells[KP_STRIP_CELLS];
};

/** struct kp_strips - zero-initialise; @nr_cells: ticks that all of them remember */
struct kp_strips {
	KP_VEC(struct kp_strip) at;
	unsigned int nr_cells;
};

/**
 * struct kp_cpus_in - snapshots and activity of now, the last tick and the base; each may be NULL
 */
struct kp_cpus_in {
	const struct kp_snap *snap, *prev, *base;
	const struct kp_host_activity *act, *prev_act, *base_act;
	uint64_t wall_ns, since_ns;
};

/** kp_cpus_fill - kp_frame.cpus, with strips that are one cell longer than before. 0 or -ENOMEM */
int kp_cpus_fill(struct kp_strips *strips, const struct kp_cpus_in *in, struct kp_frame *f);

/** kp_cell_of - what a CPU mostly did in a tick of @wall_ns */
uint8_t kp_cell_of(const struct kp_frame_cpu *c, uint64_t wall_ns);

/** kp_num_of - from a number now, at the last tick and at the base */
static inline struct kp_num kp_num_of(bool known, uint64_t now, uint64_t prev, uint64_t base)
{
	return (struct kp_num){
		.known = known,
		.tick = now > prev ? now - prev : 0,
		.total = now > base ? now - base : 0,
	};
}

#endif
