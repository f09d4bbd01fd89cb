// SPDX-License-Identifier: GPL-2.0-only
/*
 * top_bpf.c - exits and PMU context switches of a live host, added up in the kernel by BPF
 * programs, so that top's work does not grow with their number. Used by the collecting thread
 * alone.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "top.h"
#include "top_sums.h"

/* Threads that have ended and done nothing for so many looks are forgotten. */
#define FORGET_AFTER 8

/**
 * struct kp_top_bpf - @last: as read last, NULL not yet; @idle: tid to looks without an exit
 */
struct kp_top_bpf {
	struct kp_swagg *agg;
	struct kp_swagg_snap *last;
	struct kp_top_sums sums;
	struct kp_hash idle;
};

void kp_top_bpf_open(struct kp_top *top)
{
	const struct kp_swagg_opts opts = { .detail = true };
	struct kp_top_bpf *b = calloc(1, sizeof(*b));
	char err[512] = "";
	int ret = b ? kp_swagg_open(&opts, top->host, &b->agg, err, sizeof(err)) : -ENOMEM;

	if (ret) {
		free(b);
		kp_top_note(top, KP_NOTE_MISSING, "BPF",
			    "exits are not added up in the kernel but come as events, which takes "
			    "much of a CPU where there are many: %s",
			    *err ? err : strerror(-ret));
		return;
	}
	if (*err)
		kp_top_note(top,
			    top->host->kvm_mediated_param == KP_TRI_YES ? KP_NOTE_MISSING
									: KP_NOTE_INFO,
			    "PMU switch", "%s", err);
	b->sums = (struct kp_top_sums){
		.vcpu_id = kp_top_vcpu_id,
		.vm_match = top->vm ? kp_top_vm_match : NULL,
		.ctx = top,
	};
	top->bpf = b;
}

void kp_top_bpf_free(struct kp_top *top)
{
	struct kp_top_bpf *b = top->bpf;

	if (!b)
		return;
	top->bpf = NULL;
	kp_swagg_snap_free(b->last);
	kp_swagg_close(b->agg);
	kp_hash_free(&b->idle);
	free(b);
}

static const struct kp_swagg_vcpu *find(const struct kp_swagg_snap *s, uint32_t tid)
{
	size_t i;

	for (i = 0; s && i < s->nr_vcpus; i++)
		if (s->vcpus[i].tid == tid)
			return &s->vcpus[i];
	return NULL;
}

bool kp_top_bpf_vcpu(const struct kp_top *top, uint32_t tid, uint32_t *vcpu)
{
	const struct kp_swagg_vcpu *v = top->bpf ? find(top->bpf->last, tid) : NULL;

	if (v && v->has_vcpu)
		*vcpu = v->vcpu;
	return v && v->has_vcpu;
}

bool kp_top_bpf_knows(const struct kp_top *top, uint32_t tid)
{
	return top->bpf && find(top->bpf->last, tid);
}

bool kp_top_bpf_has_switch(const struct kp_top *top)
{
	return top->bpf && top->bpf->last && top->bpf->last->has_switch;
}

/* ---- vCPUs come and go ---- */

/* Both are sorted alike: @at moves on with the vCPUs of the new one. */
static const struct kp_swagg_vcpu *before(const struct kp_swagg_snap *s, size_t *at, uint32_t tid)
{
	if (s && *at < s->nr_vcpus && s->vcpus[*at].tid == tid)
		return &s->vcpus[(*at)++];
	return find(s, tid);
}

static bool has_ended(const struct kp_swagg_vcpu *v)
{
	return syscall(SYS_tgkill, v->pid, v->tid, 0) && errno == ESRCH;
}

/*
 * Their tids are free for others, and their place is wanted. Who did something since is alive,
 * whatever its number means in our PID namespace.
 */
static void forget_ended(struct kp_top *top, const struct kp_swagg_snap *now)
{
	const struct kp_swagg_vcpu *v, *old;
	struct kp_top_bpf *b = top->bpf;
	size_t i, at = 0;
	uint64_t *idle, n;

	for (i = 0; i < now->nr_vcpus; i++) {
		v = &now->vcpus[i];
		old = before(b->last, &at, v->tid);
		if (!old || old->entries != v->entries || old->user_exits != v->user_exits ||
		    !has_ended(v)) {
			kp_hash_del(&b->idle, v->tid);
			kp_hash_del(&top->ended_tids, v->tid);
			continue;
		}
		kp_hash_put(&top->ended_tids, v->tid, 1);
		idle = kp_hash_get(&b->idle, v->tid);
		n = idle ? *idle + 1 : 1;
		if (n < FORGET_AFTER) {
			kp_hash_put(&b->idle, v->tid, n);
			continue;
		}
		kp_swagg_forget(b->agg, v);
		kp_hash_del(&b->idle, v->tid);
	}
}

int kp_top_bpf_snap(struct kp_top *top, struct kp_snap **snap)
{
	struct kp_top_bpf *b = top->bpf;
	struct kp_swagg_snap *now;
	int err;

	if (!*snap)
		*snap = calloc(1, sizeof(**snap));
	err = *snap ? kp_swagg_read(b->agg, &now) : -ENOMEM;
	if (err)
		return err;
	forget_ended(top, now);
	kp_swagg_snap_free(b->last);
	b->last = now;
	if (now->untracked)
		kp_top_note(top, KP_NOTE_WARNING, "vCPUs",
			    "more vCPUs than are told apart: exits of some are not counted");
	return kp_top_sums_merge(&b->sums, now, *snap);
}
