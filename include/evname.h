/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evname.h - which processor, and what its event selectors are called: libpfm4's tables (for any
 * processor that it knows, not only this one), own tables where it has none, architectural events
 * otherwise. Includes kp.h only.
 */
#ifndef KP_EVNAME_H
#define KP_EVNAME_H

#include "kp.h"

/**
 * struct kp_cpu_pmu - a core PMU of a processor; hybrid ones have several
 * @name: what Linux calls it: "cpu", "cpu_core", "cpu_atom", "cpu_lowpower", "armv8_cortex_a53"
 * @uarch: microarchitecture: "golden-cove"
 * @pfm: names of libpfm4's tables that fit, best first; ends with NULL
 * @table: own table (x86_event.def, arm64_event.def), NULL none
 */
struct kp_cpu_pmu {
	const char *name;
	const char *uarch;
	const char *const *pfm;
	const char *table;
};

#define KP_CPU_PMUS_MAX 3

/* PMU numbers besides those of cores: AMD's L3, data fabric (northbridge on family 15h) */
#define KP_CPU_L3 KP_CPU_PMUS_MAX
#define KP_CPU_DF (KP_CPU_PMUS_MAX + 1)

/**
 * struct kp_cpu - a processor model
 * @name: "sapphire-rapids"; @alias: another name, NULL none
 * @arch: kp_arch.name
 * @perfmon: version of architectural perfmon (Intel) or PerfMon (AMD: 1 or 2), 0 unknown
 * @pmus, @nr_pmus: of its cores
 * @l3, @df: of what is shared; a NULL name: not known
 */
struct kp_cpu {
	const char *name;
	const char *alias;
	const char *arch;
	uint8_t perfmon;
	uint8_t nr_pmus;
	struct kp_cpu_pmu pmus[KP_CPU_PMUS_MAX];
	struct kp_cpu_pmu l3, df;
};

/** kp_cpu_find - by name, alias, or microarchitecture, '-' and '_' alike, any case; NULL none */
const struct kp_cpu *kp_cpu_find(const char *name);

/**
 * kp_cpu_of_cpuid - by perf's cpuid string: "GenuineIntel,6,143,8", "0x00000000410fd080"; NULL
 * unknown
 */
const struct kp_cpu *kp_cpu_of_cpuid(const char *cpuid);

/** kp_cpu_next - iterate all; start with *iter 0; NULL: no more */
const struct kp_cpu *kp_cpu_next(unsigned int *iter);

/** kp_cpu_generic - architectural events only: "intel", "amd", "arm64"; NULL for others */
const struct kp_cpu *kp_cpu_generic(const char *arch);

/** kp_cpu_pmu - PMU number @pmu (an index of pmus, KP_CPU_L3 or KP_CPU_DF); NULL: it has none */
const struct kp_cpu_pmu *kp_cpu_pmu(const struct kp_cpu *cpu, unsigned int pmu);

/** struct kp_evnames - tables that were looked up so far */
struct kp_evnames;

int kp_evnames_new(struct kp_evnames **out);
void kp_evnames_free(struct kp_evnames *names);

/**
 * struct kp_evname - what an event selector counts
 * @name: "INST_RETIRED:ANY_P"; @help: in words, empty when unknown
 * @source: where the name is from: "libpfm4 spr", "event list of golden-cove", "architectural"
 * @implemented: arm64: whether the core has the event (kp_tri-like: 0 unknown, 1 no, 2 yes)
 */
struct kp_evname {
	char name[128];
	char help[256];
	char source[64];
	uint8_t implemented;
};

/**
 * kp_evname_of - name what @evtsel (x86: event selector; arm64: event number) counts
 * @extra: value of the extra register (off-core response, load latency, front end); 0 none
 * Return: 0, -ENOENT no name is known, -ENOMEM
 */
int kp_evname_of(struct kp_evnames *names, const struct kp_cpu *cpu, unsigned int pmu,
		 uint64_t evtsel, uint64_t extra, struct kp_evname *out);

/**
 * struct kp_evcode - an event encoded
 * @evtsel: x86: PERFEVTSEL or PERF_CTL value, enabled, with interrupt; arm64: PMEVTYPER value
 * @extra: value of the extra register, valid when @has_extra
 * @guest, @host: what :G and :H asked for
 */
struct kp_evcode {
	uint64_t evtsel;
	uint64_t extra;
	bool has_extra;
	bool guest, host, user, kernel;
};

/**
 * kp_evname_encode - the reverse: "RETIRED_INSTRUCTIONS:u:G" to a selector
 * Modifiers: u k (h) G H, also together ("uG"); libpfm4's own (e=1, i=1, c=2 ...) pass on.
 * Return: 0, -ENOENT no such event, -EINVAL; @err says what is wrong and what to do.
 */
int kp_evname_encode(struct kp_evnames *names, const struct kp_cpu *cpu, unsigned int pmu,
		     const char *event, struct kp_evcode *out, char *err, size_t err_size);

#endif
