/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * top.h - parts of kvmpmu top: options, names, the feed that a collecting thread fills and the
 * terminal, or batch output, empties. Private to src/cmd.
 */
#ifndef KP_CMD_TOP_H
#define KP_CMD_TOP_H

#include <pthread.h>

#include "cmd.h"
#include "counter_name.h"
#include "decode.h"
#include "tasks.h"
#include "top_frame.h"
#include "workload.h"

/**
 * struct kp_feed - frames on their way from the collecting thread, and wishes on their way to it
 * @fd: eventfd, readable while @latest is set
 * @every: no frame may be skipped: the collector waits until the last one has been taken
 * @stop, @paused, @steps, @seek_ns (-1 none), @reset, @speed, @interval_ns: wishes
 * @finish: wish of a live host: one last tick, up to now
 * @failed: the collector has given up, with @error saying why; @ended: it has come to the end
 */
struct kp_feed {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fd;
	bool every;
	struct kp_frame *latest, *taken;
	bool stop, finish, paused, reset, ended;
	unsigned int steps;
	int64_t seek_ns;
	double speed;
	uint64_t interval_ns;
	int failed;
	char error[512];
};

/**
 * struct kp_top - options, and what the collecting thread works with
 * @input: -i, NULL live; @vm: --vm; @ticks: -n, 0 no end
 * @dec, @framer, @model, @tasks, @counters: of the collecting thread alone; @ended_tids: threads
 *	that ended
 * @host: of the live host as last looked at, NULL in replay
 * @switch_wanted: --switch-detail
 * @argv: the command behind "--", NULL none; @workload: it
 * @ipc: cycles and instructions of guests are counted; NULL: not
 * @bpf: exits and switches are added up in the kernel; NULL: they come as events
 */
struct kp_top_owner;
struct kp_top_bpf;
struct kp_top_ipc;

struct kp_top {
	const struct kp_ctx *ctx;
	const char *input, *format, *vm, *seek, *speed, *tables;
	uint64_t ticks, interval_ns;
	bool batch, paused, ascii, no_settings, switch_wanted, no_events, no_bpf;
	char **argv;
	struct kp_workload workload;
	struct kp_feed feed;
	pthread_t thread;
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_top_owner *owner;
	struct kp_top_bpf *bpf;
	struct kp_top_ipc *ipc;
	struct kp_source *src;
	struct kp_decoder *dec;
	struct kp_framer *framer;
	struct kp_model *model;
	struct kp_tasks tasks;
	struct kp_hash ended_tids;
	struct kp_counter_names counters;
	bool has_counters;
	char title[96];
	KP_VEC(struct kp_frame_note) notes; /* that every frame gets */
	KP_VEC(pid_t) recordings;
};

/* ---- top_feed.c ---- */

int kp_feed_init(struct kp_feed *feed);
void kp_feed_free(struct kp_feed *feed);
/** kp_feed_put - hand out a frame (taken over); waits where every one counts */
void kp_feed_put(struct kp_feed *feed, struct kp_frame *f);
/** kp_feed_fail - the collector ends; words go to whoever takes frames */
void kp_feed_fail(struct kp_feed *feed, int err, const char *text);
/** kp_feed_take - newest frame or NULL; the one before is freed */
const struct kp_frame *kp_feed_take(struct kp_feed *feed);
/** kp_feed_control - enum kp_ui_action */
void kp_feed_control(struct kp_feed *feed, enum kp_ui_action action, int64_t arg);
void kp_feed_stop(struct kp_feed *feed);
/** kp_feed_finish - what came until now is to be the last frame, marked as ended */
void kp_feed_finish(struct kp_feed *feed);

/* ---- top_names.c: names, and what every tick does with them ---- */

int kp_top_model_new(struct kp_top *top);
int kp_top_framer_new(struct kp_top *top);
/** kp_top_vm_match - does --vm mean this process? */
bool kp_top_vm_match(void *ctx, uint32_t pid);
bool kp_top_vcpu_id(void *ctx, uint32_t pid, uint32_t tid, uint32_t *vcpu);
/** kp_top_learn - names out of a side-band event */
void kp_top_learn(struct kp_top *top, const struct kp_event *ev);
/** kp_top_frame - a frame of the model as it is; the notes that everybody must know are in it */
int kp_top_frame(struct kp_top *top, const struct kp_host_activity *act, uint64_t at_ns,
		 uint64_t wall_ns, struct kp_frame **out);
/** kp_top_note - say so in every frame from now on */
void kp_top_note(struct kp_top *top, enum kp_note_kind kind, const char *about, const char *fmt,
		 ...) KP_PRINTF(4, 5);
/** kp_top_forget - decoder, model and names, before the input is read again */
void kp_top_forget(struct kp_top *top);

/* ---- where the data is from: thread functions; @arg is the kp_top ---- */

/** kp_top_replay_open - 0, or an exit status after saying what is wrong */
int kp_top_replay_open(struct kp_top *top);
void *kp_top_replay(void *arg);
int kp_top_live_open(struct kp_top *top);
void *kp_top_live(void *arg);

/* ---- top_bpf.c: exits and switches, added up in the kernel ---- */

/** kp_top_bpf_open - top->bpf, or a note that says why events must do */
void kp_top_bpf_open(struct kp_top *top);
/** kp_top_bpf_snap - what was added up until now into @snap, made if there is none. 0 or -errno */
int kp_top_bpf_snap(struct kp_top *top, struct kp_snap **snap);
/** kp_top_bpf_vcpu - number of a vCPU by its thread; false: not known */
bool kp_top_bpf_vcpu(const struct kp_top *top, uint32_t tid, uint32_t *vcpu);
/** kp_top_bpf_knows - has thread @tid been a vCPU's? */
bool kp_top_bpf_knows(const struct kp_top *top, uint32_t tid);
/** kp_top_bpf_has_switch - would switches show? */
bool kp_top_bpf_has_switch(const struct kp_top *top);
void kp_top_bpf_free(struct kp_top *top);

/* ---- top_ipc.c: cycles and instructions of guests ---- */

/** kp_top_ipc_open - top->ipc, or a note that says why not. 0 or -ENOMEM; @host is borrowed */
int kp_top_ipc_open(struct kp_top *top, const struct kp_host *host);
/** kp_top_ipc_look - vCPUs may have come or gone in top->host */
void kp_top_ipc_look(struct kp_top *top);
void kp_top_ipc_read(struct kp_top *top);
/** kp_top_ipc_fill - as last read, into the vCPUs of a tick's frame */
void kp_top_ipc_fill(struct kp_top *top, struct kp_frame *f);
/** kp_top_ipc_reset - totals count from the last frame on */
void kp_top_ipc_reset(struct kp_top *top);
void kp_top_ipc_free(struct kp_top *top);

/* ---- top_owner.c: who holds the counters, and the doctor ---- */

int kp_top_owner_new(struct kp_sysroot *root, const struct kp_host *host,
		     struct kp_top_owner **out);
void kp_top_owner_free(struct kp_top_owner *o);
/** kp_top_owner_look - how things are now; costs milliseconds */
int kp_top_owner_look(struct kp_top_owner *o);
/* Parts of a frame; @o NULL: nothing is known */
void kp_top_owner_pmu(const struct kp_top_owner *o, struct kp_frame_vcpu *c);
int kp_top_owner_counters(struct kp_top *top, struct kp_frame *f);
int kp_top_owner_events(const struct kp_top *top, struct kp_frame *f);
void kp_top_owner_notes(const struct kp_top_owner *o, struct kp_frame *f);
/** kp_top_counter_words - name, event and filters of a counter */
void kp_top_counter_words(struct kp_top *top, struct kp_frame_counter *c);

/* ---- who takes it ---- */

/** kp_top_batch - ticks until the end, or the command's; an exit status, the command's if fine */
int kp_top_batch(struct kp_top *top);
/** kp_top_batch_write - one frame as a document. 0 or -errno of the stream */
int kp_top_batch_write(const struct kp_top *top, const struct kp_frame *f);

/* ---- top_act.c: what the user may do to a vCPU ---- */

int kp_top_pin(void *ctx, uint32_t tid, const char *cpus, char *text, size_t size);
int kp_top_record(void *ctx, const struct kp_zoom *who, char *text, size_t size);
/** kp_top_reap - recordings that have ended; @all: end those that still run */
void kp_top_reap(struct kp_top *top, bool all);

#endif
