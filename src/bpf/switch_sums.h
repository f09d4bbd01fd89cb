/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switch_sums.h - what switch.bpf.c adds up per vCPU thread, for swagg.h: counts, sums, histograms,
 * exits by reason.
 */
#ifndef KP_BPF_SWITCH_SUMS_H
#define KP_BPF_SWITCH_SUMS_H

/* ---- histograms: the buckets of lib/loghist.h ---- */

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 n = 0;

	if (v >> 32) {
		v >>= 32;
		n += 32;
	}
	if (v >> 16) {
		v >>= 16;
		n += 16;
	}
	if (v >> 8) {
		v >>= 8;
		n += 8;
	}
	if (v >> 4) {
		v >>= 4;
		n += 4;
	}
	if (v >> 2) {
		v >>= 2;
		n += 2;
	}
	return n + (v >> 1);
}

static void hist_add(struct kp_sw_hist *h, __u64 v)
{
	__u64 octave = v < 16 ? 0 : log2_of(v) - 3;
	__u64 i = octave * 16 + ((v >> (octave ? octave - 1 : 0)) & 15);

	if (!h->count || v < h->min)
		h->min = v;
	if (v > h->max)
		h->max = v;
	h->count++;
	h->total += v;
	if (i >= KP_SW_BUCKETS)
		i = KP_SW_BUCKETS - 1;
	asm volatile("" : "+r"(i)); /* the verifier must see that it is this one that is bounded */
	h->n[i]++;
}

/* ---- sums per vCPU ---- */

static __always_inline __u64 less(__u64 ns, __u64 cost)
{
	return ns > cost ? ns - cost : 0;
}

static void count_reason(struct kp_sw_vcpu *v, __u32 code, __u64 handling_ns)
{
	__u32 i, at = code * 0x9e3779b1u >> 26;
	struct kp_sw_reason *r;

	for (i = 0; i < 8; i++) {
		r = &v->reasons[(at + i) & (KP_SW_REASONS - 1)];
		if (!r->used) {
			r->used = 1;
			r->code = code;
		}
		if (r->code == code) {
			r->count++;
			r->handling_ns += handling_ns;
			return;
		}
	}
	v->reasons_other++;
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
static __always_inline void add_handling(struct kp_sw_vcpu *v, __u64 entry, __u64 load_ns)
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
	count_reason(v, v->last_code, ns);
}

/* A load or put holds one whole probe besides its own two: that on perf's function in it. */
static __always_inline void add_window(struct kp_sw_vcpu *v, const struct kp_swslot *s)
{
	__u64 pair = config.raw_times ? 0 : cost.pair_ns;
	__u64 full = config.raw_times ? 0 : cost.full_ns;
	__u64 load = less(s->load_ns, pair + full), put = less(s->put_ns, pair + full);

	v->windows++;
	hist_add(&v->dist[KP_SW_LOAD], load);
	hist_add(&v->dist[KP_SW_PUT], put);
	hist_add(&v->dist[KP_SW_HOST_OUT], less(s->out_ns, pair));
	hist_add(&v->dist[KP_SW_HOST_IN], less(s->in_ns, pair));
	hist_add(&v->dist[KP_SW_SWITCH], load + put);
	v->last_put_ns = put;
}

static void aggregate(const struct kp_sw_cpu *c, const struct kp_swslot *s)
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
	add_handling(v, c->entry, load);
	v->entries++;
	v->guest_ns += less(c->exit - c->entry, pair);
	v->last_put_ns = 0;
	if (s->flags & KP_SWSLOT_WINDOW)
		add_window(v, s);
	v->last_exit = c->exit;
	v->last_code = s->code;
	v->has_last = 1;
}

#endif
