// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_reg.c - 'kvmpmu decode' of registers: MSRs, system registers, VMCS fields, event
 * selectors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/decode_item.h"
#include "decode/arm64_pmu.h"
#include "decode/arm64_sysreg.h"
#include "decode/regtab.h"
#include "decode/x86_amd.h"
#include "lib/str.h"

#define AMD_FIRST_MSR 0xc0000000u /* and above: AMD's numbers, and those of all x86 */

static const struct kp_reg *const vmcs_tables[] = { kp_vmcs_regs, NULL };
static const struct kp_reg_set vmcs_set = { vmcs_tables, NULL, NULL };

/* ---- what an event selector counts ---- */

int kp_decode_event(struct kp_decode *d, struct kp_item *it, const struct kp_cpu *cpu,
		    unsigned int pmu, uint64_t evtsel, uint64_t extra)
{
	struct kp_item_event e = { 0 };
	struct kp_evname name;
	int err = kp_evname_of(d->names, cpu, pmu, evtsel, extra, &name);

	if (err && err != -ENOENT)
		return err;
	e.implemented = name.implemented;
	err = kp_item_str(&e.cpu, "%s", cpu->name);
	if (!err)
		err = kp_item_str(&e.pmu, "%s", kp_cpu_pmu(cpu, pmu)->name);
	if (!err && name.name[0])
		err = kp_item_str(&e.name, "%s", name.name);
	if (!err && name.help[0])
		err = kp_item_str(&e.help, "%s", name.help);
	if (!err && name.source[0])
		err = kp_item_str(&e.source, "%s", name.source);
	if (!err)
		err = kp_vec_push(&it->events, e);
	return err;
}

int kp_decode_events(struct kp_decode *d, struct kp_item *it, const char *arch, uint64_t evtsel,
		     uint64_t extra)
{
	const struct kp_cpu *generic = kp_cpu_generic(arch);
	bool hit = false;
	unsigned int p;
	size_t i;
	int err = 0;

	for (i = 0; i < d->nr_cpus && !err; i++) {
		if (strcmp(d->cpus[i]->arch, arch))
			continue;
		for (p = 0; p < d->cpus[i]->nr_pmus && !err; p++) {
			if (d->pmu_name && strcmp(d->pmu_name, d->cpus[i]->pmus[p].name))
				continue;
			err = kp_decode_event(d, it, d->cpus[i], p, evtsel, extra);
			hit = true;
		}
	}
	if (err || hit || !generic)
		return err;
	if (d->pmu_name)
		return kp_decode_error("--pmu %s: no such PMU in the model", d->pmu_name);
	err = kp_item_note(it, "without --model only architectural events have names");
	return err ? err : kp_decode_event(d, it, generic, 0, evtsel, extra);
}

/* Selectors of what AMD's cores share: one PMU a processor. */
static int shared_events(struct kp_decode *d, struct kp_item *it, unsigned int pmu, uint64_t evtsel)
{
	const struct kp_cpu *generic = kp_cpu_generic("amd");
	size_t i;
	int err = 0;

	for (i = 0; i < d->nr_cpus && !err; i++)
		if (kp_cpu_pmu(d->cpus[i], pmu))
			err = kp_decode_event(d, it, d->cpus[i], pmu, evtsel, 0);
	if (!err && !d->nr_cpus && kp_cpu_pmu(generic, pmu))
		err = kp_decode_event(d, it, generic, pmu, evtsel, 0);
	return err;
}

/* ---- where filters let a counter count ---- */

static int amd_counts(struct kp_item *it, uint64_t v)
{
	static const struct {
		const char *where;
		bool svme, guest;
	} rows[] = {
		{ "EFER.SVME=0", false, false },
		{ "EFER.SVME=1, host", true, false },
		{ "EFER.SVME=1, guest", true, true },
	};
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(rows) && !err; i++)
		err = kp_item_count(it, rows[i].where,
				    v & 0x30000 && v & 0x400000 &&
					    kp_amd_counts_in(v, rows[i].svme, rows[i].guest));
	return err;
}

static int arm64_counts(struct kp_item *it, uint64_t v)
{
	static const struct {
		const char *where;
		uint8_t el;
		enum kp_arm64_world world;
	} rows[] = {
		{ "EL0", 0, KP_WORLD_NON_SECURE },     { "EL1", 1, KP_WORLD_NON_SECURE },
		{ "EL2", 2, KP_WORLD_NON_SECURE },     { "EL3", 3, KP_WORLD_NON_SECURE },
		{ "secure EL0", 0, KP_WORLD_SECURE },  { "secure EL1", 1, KP_WORLD_SECURE },
		{ "secure EL2", 2, KP_WORLD_SECURE },  { "realm EL0", 0, KP_WORLD_REALM },
		{ "realm EL1", 1, KP_WORLD_REALM },    { "realm EL2", 2, KP_WORLD_REALM },
	};
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(rows) && !err; i++)
		err = kp_item_count(it, rows[i].where,
				    kp_arm64_counts_in(v, rows[i].el, rows[i].world));
	return err;
}

/* ---- a value of a register ---- */

static unsigned int perfmon_version(const struct kp_decode *d, const char *arch)
{
	if (strcmp(arch, "intel"))
		return 0;
	if (d->perfmon)
		return (unsigned int)d->perfmon;
	return d->nr_cpus ? d->cpus[0]->perfmon : 0;
}

/* Start values are what sampling sets: how far it is to the overflow tells the period. */
static int counter_note(struct kp_item *it, uint64_t v, unsigned int bits)
{
	uint64_t mask = bits == 64 ? UINT64_MAX : KP_BIT64(bits) - 1;

	return v ? kp_item_note(it, "a counter of %u bits overflows after %ju more events", bits,
				(uintmax_t)((0 - v) & mask))
		 : 0;
}

static int add_fields(struct kp_decode *d, struct kp_item *it, const char *arch,
		      const struct kp_bits *bits, uint64_t v)
{
	struct kp_regfield fields[KP_REGFIELDS_MAX];

	return kp_item_fields(it, fields,
			      kp_bits_decode(bits, perfmon_version(d, arch), v, fields));
}

static int add_meaning(struct kp_decode *d, struct kp_item *it, const char *arch,
		       const struct kp_reg *r, uint64_t v)
{
	bool arm64 = !strcmp(arch, "arm64");
	int err;

	switch (r->role) {
	case KP_REG_EVTSEL:
	case KP_REG_EVTSEL_SELECTED:
		err = kp_decode_events(d, it, arch, v, d->extra);
		if (!err && !strcmp(arch, "amd"))
			err = amd_counts(it, v);
		return !err && arm64 ? arm64_counts(it, v) : err;
	case KP_REG_EVTSEL_L3:
		return shared_events(d, it, KP_CPU_L3, v);
	case KP_REG_EVTSEL_DF:
		return shared_events(d, it, KP_CPU_DF, v);
	case KP_REG_FIXED_CTRL:
		return arm64 ? arm64_counts(it, v) : 0;
	case KP_REG_COUNTER:
	case KP_REG_COUNTER_SELECTED:
		return counter_note(it, v, arm64 ? 32 : 48);
	case KP_REG_FIXED_COUNTER:
		return counter_note(it, v, arm64 ? 64 : 48);
	}
	return 0;
}

static int decode_value(struct kp_decode *d, struct kp_item *it, const char *arch,
			const struct kp_reg *r, const char *text)
{
	int err = kp_decode_number("value", text, &it->value);

	if (err)
		return err;
	it->has_value = true;
	if (!r)
		return kp_item_note(it, "the fields of this register are not known here");
	err = add_fields(d, it, arch, r->fields, it->value);
	return err ? err : add_meaning(d, it, arch, r, it->value);
}

/* ---- kinds ---- */

static int find_number(const struct kp_reg_set *set, const char *text, uint32_t *reg)
{
	uint64_t n;

	if (!kp_str_u64(text, &n) && n <= UINT32_MAX) {
		*reg = (uint32_t)n;
		return 0;
	}
	return kp_reg_by_name(set, text, reg);
}

/* The vendor whose table has the register; AMD's numbers first where only AMD has numbers. */
static const struct kp_arch *msr_arch(const struct kp_decode *d, const char *text)
{
	const struct kp_arch *order[2] = { kp_arch_by_name("intel"), kp_arch_by_name("amd") };
	unsigned int index;
	uint32_t reg;
	uint64_t n;
	size_t i;

	if (d->arch)
		return d->arch;
	if (!kp_str_u64(text, &n) && n >= AMD_FIRST_MSR)
		order[0] = order[1];
	for (i = 0; i < 2; i++)
		if (!find_number(order[i]->regs, text, &reg) &&
		    kp_reg_find(order[i]->regs, reg, &index))
			return order[i];
	return order[0];
}

/* PerfEvtSel0 and PERF_CTL0 are one counter; the manual keeps both names. */
static int name_register(struct kp_item *it, const struct kp_reg_set *set, uint32_t reg)
{
	char name[64];
	const char *kernel = set->kernel_name ? set->kernel_name(reg) : NULL;
	unsigned int index;
	const struct kp_reg *r = kp_reg_find(set, reg, &index);
	int err = 0;

	if (kp_reg_name(set, reg, name, sizeof(name)))
		err = kp_item_str(&it->name, "%s", name);
	if (!err && r)
		err = kp_item_str(&it->meaning, "%s", r->help);
	if (!err && r && kernel && strcmp(kernel, strncmp(name, "MSR_", 4) ? name : name + 4))
		err = kp_item_note(it, "the kernel calls it %s%s",
				   set->kernel_name == kp_sysreg_name ? "SYS_" : "MSR_", kernel);
	return err;
}

int kp_decode_msr(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	const struct kp_arch *arch = msr_arch(d, argv[0]);
	const struct kp_reg *r;
	unsigned int index;
	uint32_t reg;
	int err;

	if (!arch->regs || !strcmp(arch->name, "arm64"))
		return kp_decode_error("--arch %s has no MSRs", arch->name);
	if (find_number(arch->regs, argv[0], &reg))
		return kp_decode_error("no MSR '%s' is known; 'kvmpmu decode --list msr' shows "
				       "them",
				       argv[0]);
	it->has_number = true;
	it->number = reg;
	err = kp_item_str(&it->arch, "%s", arch->name);
	if (!err)
		err = name_register(it, arch->regs, reg);
	if (err || argc < 2)
		return err;
	r = kp_reg_find(arch->regs, reg, &index);
	return decode_value(d, it, arch->name, r, argv[1]);
}

int kp_decode_sysreg(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	const struct kp_reg_set *set = kp_arch_by_name("arm64")->regs;
	struct kp_regfield fields[KP_REGFIELDS_MAX];
	unsigned int index;
	char enc[32];
	uint32_t reg;
	int err;

	if (kp_reg_by_name(set, argv[0], &reg))
		return kp_decode_error("no system register '%s' is known; "
				       "'kvmpmu decode --list sysreg' shows them",
				       argv[0]);
	err = kp_item_str(&it->arch, "arm64");
	if (!err)
		err = name_register(it, set, reg);
	if (!err)
		err = kp_item_note(it, "encoded as %s",
				   kp_sysreg_encoding(reg, enc, sizeof(enc)));
	it->has_number = true;
	it->number = reg;
	if (err || argc < 2)
		return err;
	if (!it->name || strncmp(it->name, "ESR_EL", 6))
		return decode_value(d, it, "arm64", kp_reg_find(set, reg, &index), argv[1]);
	err = kp_decode_number("value", argv[1], &it->value);
	it->has_value = true;
	return err ? err : kp_item_fields(it, fields, kp_esr_decode(it->value, fields));
}

int kp_decode_vmcs(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	unsigned int index;
	uint32_t reg;
	int err;

	if (find_number(&vmcs_set, argv[0], &reg) || !kp_reg_find(&vmcs_set, reg, &index))
		return kp_decode_error("no VMCS field '%s' is known; 'kvmpmu decode --list vmcs' "
				       "shows them",
				       argv[0]);
	it->has_number = true;
	it->number = reg;
	err = kp_item_str(&it->arch, "intel");
	if (!err)
		err = name_register(it, &vmcs_set, reg);
	if (err || argc < 2)
		return err;
	return decode_value(d, it, "intel", kp_reg_find(&vmcs_set, reg, &index), argv[1]);
}

/* A register of the architecture that stands for all of its kind. */
static int decode_as(struct kp_decode *d, struct kp_item *it, const char *arch, uint32_t reg,
		     const char *name, const char *value)
{
	const struct kp_reg_set *set = kp_arch_by_name(arch)->regs;
	unsigned int index;
	const struct kp_reg *r = kp_reg_find(set, reg, &index);
	int err = kp_item_str(&it->arch, "%s", arch);

	if (!err)
		err = kp_item_str(&it->name, "%s", name);
	if (!err)
		err = kp_item_str(&it->meaning, "%s", r->help);
	return err ? err : decode_value(d, it, arch, r, value);
}

int kp_decode_evtsel(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	static const struct {
		const char *arch, *name;
		uint32_t reg;
	} rows[] = {
		{ "intel", "IA32_PERFEVTSEL", 0x186 },
		{ "amd", "PERF_CTL", 0xc0010200 },
		{ "arm64", "PMEVTYPER_EL0", KP_SYSREG(3, 3, 14, 12, 0) },
	};
	size_t i;
	int err = 0;

	if (!d->arch)
		return kp_decode_error("evtsel needs --arch (intel, amd, arm64) or --model");
	d->extra = 0;
	if (argc > 1)
		err = kp_decode_number("extra register", argv[1], &d->extra);
	for (i = 0; i < KP_ARRAY_SIZE(rows) && !err; i++)
		if (!strcmp(rows[i].arch, d->arch->name))
			return decode_as(d, it, rows[i].arch, rows[i].reg, rows[i].name, argv[0]);
	return err ? err : kp_decode_error("event selectors of %s are not known", d->arch->name);
}

int kp_decode_lvtpc(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	int err = decode_as(d, it, "intel", 0x834, "LVTPC", argv[0]);

	if (err || (it->value & 0xff) != 0xf5 || it->value & 0x700)
		return err;
	/* arch/x86/include/asm/irq_vectors.h */
	return kp_item_note(it, "0xf5 is PERF_GUEST_MEDIATED_PMI_VECTOR: the counters are a "
				"guest's (mediated vPMU)");
}

int kp_decode_perf_caps(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	return decode_as(d, it, "intel", 0x345, "IA32_PERF_CAPABILITIES", argv[0]);
}
