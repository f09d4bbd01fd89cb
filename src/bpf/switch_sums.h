/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_sums.h - what switch.bpf.c adds up per vCPU thread, for swagg.h: counts, sums, histograms,
 * exits by reason.
 */
#ifndef KP_BPF_SWITCH_SUMS_H
#define KP_BPF_SWITCH_SUMS_H

/* ---- histograms: the buckets of lib/loghist.h ---- */

/* 1 where @v is more than @max, both below 2^63. No branch: the verifier follows each of them. */
static __always_inline __u64 above(__u64 v, __u64 max)
{
	__u64 diff = max - v;

	asm volatile("" : "+r"(diff)); /* or the compiler makes a branch of it */
	return diff >> 63;
}

static __always_inline __u32 log2_of(__u64 v)
{
	__u64 by, n;

	n = by = above(v, 0xffffffff) << 5;
	v >>= by;
	n += by = above(v, 0xffff) << 4;
	v >>= by;
	n += by = above(v, 0xff) << 3;
	v >>= by;
	n += by = above(v, 0xf) << 2;
	v >>= by;
	n += by = above(v, 0x3) << 1;
	v >>= by;
	return n + (v >> 1);
}

static __always_inline __u64 bucket_of(__u64 v)
{
	__u64 octave = v < 16 ? 0 : log2_of(v) - 3;
	__u64 i = octave * 16 + ((v >> (octave ? octave - 1 : 0)) & 15);

	asm volatile("" : "+r"(i)); /* clang 19 would bound the octave instead */
	if (i >= KP_SW_BUCKETS)
		i = KP_SW_BUCKETS - 1;
	asm volatile("" : "+r"(i)); /* the verifier must see that it is this one that is bounded */
	return i;
}

static void hist_add(struct kp_sw_hist *h, __u64 v)
{
	if (!h->count || v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->count++;
	h->total += v;
	h->n[bucket_of(v)]++;
}

static void dist_add(__u32 tid, __u32 isa, __u32 code, __u64 ns)
{
	const struct kp_sw_dist_key key = { .tid = tid, .isa = isa, .code = code };
	struct kp_sw_dist_by *d = bpf_map_lookup_elem(&dists, &key);
	__u32 none = 0;
	void *zeros;

	if (!d) {
		zeros = bpf_map_lookup_elem(&zero_dist, &none);
		if (!zeros)
			return;
		bpf_map_update_elem(&dists, &key, zeros, BPF_NOEXIST);
		d = bpf_map_lookup_elem(&dists, &key);
	}
	if (!d)
		return;
	d->timed++;
	if (ns > d->max)
		d->max = ns;
	d->n[bucket_of(ns)]++;
}

/* ---- sums per vCPU ---- */

static __always_inline __u64 less(__u64 ns, __u64 cost)
{
	return (ns - cost) & -above(ns, cost);
}

/* @max: how many @reasons there are, a power of two. 0: no room for one more */
static __always_inline int count_reason(struct kp_sw_reason *reasons, __u32 max, __u32 code,
					__u64 handling_ns)
{
	__u32 i, at = code * 0x9e3779b1u >> 26;
	struct kp_sw_reason *r;

	for (i = 0; i < 8; i++) {
		r = &reasons[(at + i) & (max - 1)];
		if (!r->used) {
			r->used = 1;
			r->code = code;
		}
		if (r->code == code) {
			r->count++;
			r->handling_ns += handling_ns;
			return 1;
		}
	}
	return 0;
}

static __always_inline struct kp_sw_vcpu *find_vcpu(__u32 tid)
{
	struct kp_sw_vcpu *v = bpf_map_lookup_elem(&vcpus, &tid);
	__u32 none = 0;
	void *zeros;

	if (v)
		return v;
	zeros = bpf_map_lookup_elem(&zero, &none);
	if (!zeros)
		return 0;
	bpf_map_update_elem(&vcpus, &tid, zeros, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vcpus, &tid);
}

/* From the exit before to the entry of this slot: @entry; the load before it took @load_ns. */
static __always_inline void add_handling(struct kp_sw_vcpu *v, __u32 tid, __u64 entry,
					 __u64 load_ns)
{
	__u64 pair = config.raw_times ? 0 : cost.pair_ns;
	__u64 full = config.raw_times ? 0 : cost.full_ns;
	__u64 ns, probes = load_ns || v->last_put_ns ? 6 : 0;

	if (!v->has_last || entry < v->last_exit)
		return;
	ns = less(entry - v->last_exit, pair + probes * full);
	v->handling_ns += ns;
	v->pure_ns += less(ns, load_ns + v->last_put_ns);
	hist_add(&v->dist[KP_SW_HANDLING], ns);
	if (!count_reason(v->reasons, KP_SW_REASONS, v->last_code, ns))
		v->reasons_other++;
	if (config.detail)
		dist_add(tid, v->isa, v->last_code, ns);
}

/* A load or put holds one whole probe besides its own two: that on perf's function in it. */
static __always_inline __u64 add_window(struct kp_sw_vcpu *v, const struct kp_swslot *s)
{
	__u64 pair = config.raw_times ? 0 : cost.pair_ns;
	__u64 full = config.raw_times ? 0 : cost.full_ns;
	__u64 load = less(s->load_ns, pair + full), put = less(s->put_ns, pair + full);
	__u64 out = less(s->out_ns, pair), in = less(s->in_ns, pair);

	v->windows++;
	hist_add(&v->dist[KP_SW_LOAD], load);
	hist_add(&v->dist[KP_SW_PUT], put);
	hist_add(&v->dist[KP_SW_HOST_OUT], out);
	hist_add(&v->dist[KP_SW_HOST_IN], in);
	hist_add(&v->dist[KP_SW_SWITCH], load + put);
	hist_add(&v->dist[KP_SW_OWN], less(load + put, out + in));
	v->last_put_ns = put;
	return load + put;
}

static void aggregate(struct kp_sw_cpu *c, const struct kp_swslot *s)
{
	struct kp_sw_vcpu *v = find_vcpu(c->head.tid);
	__u64 pair = config.raw_times ? 0 : cost.pair_ns;
	__u64 full = config.raw_times ? 0 : cost.full_ns;
	__u64 load = 0;

	if (!v) {
		__sync_fetch_and_add(&untracked, 1);
		return;
	}
	v->pid = c->head.pid;
	v->cpu = c->head.cpu;
	v->vcpu = c->head.vcpu;
	v->isa = c->head.isa;
	v->raised += s->raised;
	v->delivered += s->delivered;
	if (s->flags & KP_SWSLOT_NO_EXIT)
		return;
	if (c->ready && c->entries == 1)
		load = less(c->ready - c->load, pair + full);
	add_handling(v, c->head.tid, c->entry, load);
	v->entries++;
	v->guest_ns += less(c->exit - c->entry, pair);
	c->guest_ns += less(c->exit - c->entry, pair);
	if (c->ready)
		c->owned_ns += less(c->exit - c->entry, pair);
	v->last_put_ns = 0;
	if (s->flags & KP_SWSLOT_WINDOW)
		c->switch_ns += add_window(v, s);
	v->last_exit = c->exit;
	v->last_code = s->code;
	v->has_last = 1;
}

#endif
