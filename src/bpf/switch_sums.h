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

/* kp_loghist_octave() and kp_loghist_sub() by table: see KP_SW_TABLE. */
static __always_inline __u64 bucket_of(__u64 v)
{
	__u64 octaves = 0;

	if (v >= KP_SW_TABLE) {
		v >>= 8;
		octaves = 8 * 16;
		if (v >= KP_SW_TABLE) {
			v >>= 8;
			octaves = 16 * 16;
			if (v >= KP_SW_TABLE) {
				v >>= 8;
				octaves = 24 * 16;
			}
		}
		if (v >= KP_SW_TABLE)
			v = KP_SW_TABLE - 1;
	}
	asm volatile("" : "+r"(v)); /* the verifier must see that it is this one that is bounded */
	v = bucket_table[v & (KP_SW_TABLE - 1)] + octaves;
	asm volatile("" : "+r"(v)); /* clang 19 might bound what it is made of instead */
	if (v >= KP_SW_BUCKETS)
		v = KP_SW_BUCKETS - 1;
	asm volatile("" : "+r"(v));
	return v;
}

static __always_inline void hist_add(struct kp_sw_hist *h, __u64 v)
{
	if (~v > h->inv_min)
		h->inv_min = ~v;
	if (v > h->max)
		h->max = v;
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

/* The place of a thread in sums, a new one for one that has none. */
static __always_inline __u32 find_place(__u32 tid)
{
	__u32 *known = bpf_map_lookup_elem(&vcpus, &tid), place;

	if (known)
		return *known;
	if (bpf_map_pop_elem(&places, &place))
		return KP_SW_NO_SUMS;
	if (!bpf_map_update_elem(&vcpus, &tid, &place, BPF_NOEXIST))
		return place;
	bpf_map_push_elem(&places, &place, BPF_ANY);
	return KP_SW_NO_SUMS;
}

/* The place of the thread that @c->head names, which says whose it is. */
static __always_inline __u32 place_of(const struct kp_sw_cpu *c)
{
	__u32 place = find_place(c->head.tid);
	struct kp_sw_vcpu *v = bpf_map_lookup_elem(&sums, &place);

	if (v) {
		v->pid = c->head.pid;
		v->vcpu = c->head.vcpu;
	}
	return place;
}

static __always_inline struct kp_sw_vcpu *sums_at(__u32 place)
{
	struct kp_sw_vcpu *v = bpf_map_lookup_elem(&sums, &place);

	if (!v)
		__sync_fetch_and_add(&untracked, 1);
	return v;
}

/* From the exit before to the entry of this slot: @entry; the load before it took @load_ns. */
static __always_inline void add_handling(struct kp_sw_vcpu *v, const struct kp_sw_cpu *c,
					 __u64 load_ns, __u64 pair, __u64 full)
{
	__u64 entry = c->entry, ns, probes = load_ns || v->last_put_ns ? 6 : 0;

	if (!v->has_last || entry < v->last_exit)
		return;
	ns = less(entry - v->last_exit, pair + probes * full);
	v->handling_ns += ns;
	v->pure_ns += less(ns, load_ns + v->last_put_ns);
	hist_add(&v->dist[KP_SW_HANDLING], ns);
	if (!count_reason(v->reasons, KP_SW_REASONS, v->last_code, ns))
		v->reasons_other++;
	if (config.detail)
		dist_add(c->head.tid, v->isa, v->last_code, ns);
}

/* A load or put holds one whole probe besides its own two: that on perf's function in it. */
static __always_inline __u64 add_window(struct kp_sw_vcpu *v, const struct kp_sw_cpu *c, __u64 end,
					__u64 pair, __u64 full)
{
	__u64 load = less(c->ready - c->load, pair + full), put = less(end - c->put, pair + full);
	__u64 out = less(c->loaded - c->load, pair), in = less(end - c->in, pair);

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

static __always_inline void count_pmis(struct kp_sw_cpu *c)
{
	struct kp_sw_vcpu *v = c->wanted ? sums_at(c->sums) : 0;

	if (v) {
		v->raised += c->raised;
		v->delivered += c->delivered;
	}
	c->raised = c->delivered = 0;
}

/* The exit that is open, with the put of its window that ended at @end, or without one. */
static __always_inline void aggregate(struct kp_sw_cpu *c, __u64 end, int window)
{
	__u64 pair = cost.pair_ns, full = cost.full_ns;
	struct kp_sw_vcpu *v = sums_at(c->sums);
	__u64 load = 0, run = less(c->exit - c->entry, pair);

	if (!v)
		return;
	if (c->raised | c->delivered)
		count_pmis(c);
	if (c->ready && c->entries == 1)
		load = less(c->ready - c->load, pair + full);
	add_handling(v, c, load, pair, full);
	v->cpu = c->head.cpu;
	v->isa = c->head.isa;
	v->entries++;
	v->guest_ns += run;
	c->guest_ns += run;
	if (c->ready)
		c->owned_ns += run;
	v->last_put_ns = 0;
	if (window)
		c->switch_ns += add_window(v, c, end, pair, full);
	v->last_exit = c->exit;
	v->last_code = c->code;
	v->has_last = 1;
}

#endif
