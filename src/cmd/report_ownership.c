// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_ownership.c - who held each CPU's counters over the time of the recording: a strip of
 * characters in text, slices in data. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <math.h>
#include <string.h>

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : NAN;
}

/* The last slice ends with the recording. */
static uint64_t slice_ns(const struct kp_snap_ownership *own, uint32_t i)
{
	uint64_t begin = own->origin_ns + i * own->slice_ns;

	return kp_min_u64(own->slice_ns, own->end_ns > begin ? own->end_ns - begin : 0);
}

/* What fills most of the slice, and whether the guest was there at all. */
static char mark(const struct kp_snap_ownership *own, const struct kp_snap_owner *c, uint32_t i)
{
	const uint64_t guest = c->ns[KP_OWNED_GUEST][i], sw = c->ns[KP_OWNED_SWITCH][i];
	const uint64_t all = slice_ns(own, i);
	const uint64_t host = all > guest + sw ? all - guest - sw : 0;

	if (sw > guest && sw > host)
		return 'S';
	if (guest > host)
		return 'G';
	if (sw > guest)
		return 's';
	return guest ? 'g' : '.';
}

static void strip_row(struct kp_report *r, const struct kp_snap_ownership *own,
		      const struct kp_snap_owner *c, struct kp_out *out)
{
	char strip[KP_TIMELINE_SLICES + 1] = "";
	uint64_t guest = 0, sw = 0, all = own->end_ns - own->origin_ns;
	uint32_t i;

	for (i = 0; i < own->nr_slices; i++) {
		strip[i] = mark(own, c, i);
		guest += c->ns[KP_OWNED_GUEST][i];
		sw += c->ns[KP_OWNED_SWITCH][i];
	}
	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(c->cpu), kp_val_str(kp_report_string(r, strip)),
				kp_val_f64(share(guest, all)), kp_val_f64(share(sw, all)),
				kp_val_f64(share(all > guest + sw ? all - guest - sw : 0, all)) });
}

static void strip_table(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_CPU,
		KP_COL_STRIP,
		KP_COL_OWNED_GUEST_PCT,
		KP_COL_OWNED_SWITCH_PCT,
		KP_COL_OWNED_HOST_PCT,
	};
	const struct kp_snap_ownership *own = &snap->ownership;
	size_t i;

	kp_out_table(
		out, "ownership",
		snap->switches.nr_vcpus
			? "Who held each CPU's counters: G guest, S switching, . host; g, s: a bit"
			: "Where each CPU spent its time: G guest, . host; g: a bit",
		cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < own->nr_cpus; i++)
		strip_row(r, own, &own->cpus[i], out);
	kp_out_table_end(out);
}

static void slice_row(const struct kp_snap_ownership *own, const struct kp_snap_owner *c,
		      uint32_t i, struct kp_out *out)
{
	const uint64_t guest = c->ns[KP_OWNED_GUEST][i], sw = c->ns[KP_OWNED_SWITCH][i];
	const uint64_t all = slice_ns(own, i);

	kp_out_row(out, (struct kp_val[]){ kp_val_u64(c->cpu),
					   kp_val_u64(own->origin_ns + i * own->slice_ns),
					   kp_val_u64(all), kp_val_u64(guest), kp_val_u64(sw),
					   kp_val_u64(all > guest + sw ? all - guest - sw : 0) });
}

/* For programs only. */
static void slice_table(const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_DATA(KP_COL_CPU),       KP_COL_DATA(KP_COL_FROM_NS),
		KP_COL_DATA(KP_COL_LENGTH_NS), KP_COL_DATA(KP_COL_GUEST_NS),
		KP_COL_DATA(KP_COL_SWITCH_NS), KP_COL_DATA(KP_COL_HOST_NS),
	};
	const struct kp_snap_ownership *own = &snap->ownership;
	size_t i;
	uint32_t k;

	kp_out_table(out, "ownership_slices", "Who held each CPU's counters, slice by slice", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < own->nr_cpus; i++)
		for (k = 0; k < own->nr_slices; k++)
			slice_row(own, &own->cpus[i], k, out);
	kp_out_table_end(out);
}

void kp_report_ownership(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	const bool shown = r->only || snap->switches.nr_vcpus;
	static const struct kp_snap empty;

	if (r->only && !snap->switches.nr_vcpus && snap->ownership.nr_cpus)
		kp_out_note(out,
			    "the recording shows no PMU context switch: if there was none, the "
			    "counters were the host's, also while guests ran.");
	if (r->only && !snap->ownership.nr_cpus)
		kp_out_note(out, "the recording shows no guest running: it takes kvm:kvm_entry and "
				 "kvm:kvm_exit.");
	strip_table(r, shown ? snap : &empty, out);
	slice_table(shown ? snap : &empty, out);
}
