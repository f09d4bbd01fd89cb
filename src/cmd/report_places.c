// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_places.c - on arm64 machines with several core PMUs: which of them each vCPU ran on, and
 * the guest time in which its virtual PMU stood still. Reads snapshots, writes to the out layer.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define NO_PLACE UINT8_MAX
/* CPUs of all lists together: more, and the recording is damaged. It shall not keep us busy. */
#define STEPS_MAX (16u * KP_CPUS_MAX)

struct placing {
	uint8_t *of_cpu;
	uint8_t nr;
	uint32_t steps;
};

static int set_place(void *ctx, uint64_t cpu)
{
	struct placing *p = ctx;

	if (++p->steps > STEPS_MAX)
		return -E2BIG;
	if (p->of_cpu[cpu] == NO_PLACE)
		p->of_cpu[cpu] = p->nr;
	return 0;
}

/* On x86 KVM gives guests of such machines no PMU at all (kvm_init_pmu_capability()). */
static bool has_places(const struct kp_meta *meta)
{
	uint32_t i;

	if (!meta->arch || (strcmp(meta->arch, "aarch64") && strcmp(meta->arch, "arm64")))
		return false;
	for (i = 0; i < meta->nr_pmus; i++)
		if (meta->pmus[i].cpus)
			return true;
	return false;
}

int kp_report_places_init(struct kp_report *r)
{
	const struct kp_meta *meta = &r->src->meta;
	struct placing p = { 0 };
	uint32_t i;

	if (!has_places(meta))
		return 0;
	p.of_cpu = r->places = malloc(KP_CPUS_MAX);
	if (!p.of_cpu)
		return -ENOMEM;
	memset(p.of_cpu, NO_PLACE, KP_CPUS_MAX);
	for (i = 0; i < meta->nr_pmus && p.nr < NO_PLACE; i++) {
		if (!meta->pmus[i].cpus)
			continue;
		/* a list that is none, or goes beyond, counts as far as it was understood */
		kp_str_list(meta->pmus[i].cpus, KP_CPUS_MAX - 1, set_place, &p);
		p.nr++;
	}
	return 0;
}

bool kp_report_cpu_pmu(void *ctx, uint32_t cpu, uint8_t *pmu)
{
	const struct kp_report *r = ctx;

	if (cpu >= KP_CPUS_MAX || r->places[cpu] == NO_PLACE)
		return false;
	*pmu = r->places[cpu];
	return true;
}

/* The @nr-th of the PMUs whose CPUs are known. */
static const struct kp_pmu_map *pmu_of(const struct kp_report *r, uint8_t nr)
{
	const struct kp_meta *meta = &r->src->meta;
	uint32_t i;

	for (i = 0; i < meta->nr_pmus; i++)
		if (meta->pmus[i].cpus && !nr--)
			return &meta->pmus[i];
	return NULL;
}

static uint64_t place_row(struct kp_report *r, const struct kp_snap_place *p, struct kp_out *out)
{
	const struct kp_pmu_map *pmu = pmu_of(r, p->pmu), *backing = pmu_of(r, p->backing);
	uint64_t lost = p->pmu == p->backing ? 0 : p->guest_ns;

	kp_out_row(out, (struct kp_val[]){
				kp_val_u64(p->vm),
				p->has_vcpu ? kp_val_u64(p->vcpu) : kp_val_none(),
				kp_val_u64(p->tid),
				kp_val_str(pmu ? pmu->name : NULL),
				kp_val_str(pmu ? pmu->cpus : NULL),
				kp_val_str(backing ? backing->name : NULL),
				kp_val_u64(p->entries),
				kp_val_u64(p->arrivals),
				kp_val_u64(p->guest_ns),
				kp_val_u64(lost),
			});
	return lost;
}

void kp_report_places(struct kp_report *r, const struct kp_snap *snap, struct kp_out *out)
{
	static const enum kp_col cols[] = {
		KP_COL_VM,
		KP_COL_VCPU,
		KP_COL_DATA(KP_COL_TID),
		KP_COL_EVENT_PMU,
		KP_COL_CPUS,
		KP_COL_DATA(KP_COL_BACKING_PMU),
		KP_COL_DATA(KP_COL_ENTRIES),
		KP_COL_ARRIVALS,
		KP_COL_GUEST_NS,
		KP_COL_PMU_LOST_NS,
	};
	uint64_t lost = 0;
	size_t i;

	if (!snap->nr_places)
		return;
	kp_out_table(out, "places", "vCPUs by the PMU of the CPUs they ran on", cols,
		     KP_ARRAY_SIZE(cols));
	for (i = 0; i < snap->nr_places; i++)
		lost += place_row(r, &snap->places[i], out);
	kp_out_table_end(out);
	if (lost)
		kp_out_note(out, "a virtual PMU that is backed by the PMU of other CPUs stands "
				 "still. Each VM's is taken to be that of the CPU on which it was "
				 "first seen to run, KVM's default; pin vCPUs to CPUs of one PMU");
}
