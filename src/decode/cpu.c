// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu.c - processor models: their names, their cpuid, which PMUs they have and whose event tables
 * fit. Only tables and lookups. linux: arch/x86/include/asm/intel-family.h,
 * arch/x86/kernel/cpu/amd.c, arch/x86/events/intel/core.c (intel_pmu_init).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arm64_event.h"
#include "evname.h"

#define PFM(...) (const char *const[]){ __VA_ARGS__, NULL }
#define NO_PFM	 (const char *const[]){ NULL }

#define CORE(u, t, ...) { .name = "cpu", .uarch = (u), .pfm = PFM(__VA_ARGS__), .table = (t) }
#define P_CORE(u, ...)	{ .name = "cpu_core", .uarch = (u), .pfm = PFM(__VA_ARGS__), .table = (u) }
#define E_CORE(u, ...)	{ .name = "cpu_atom", .uarch = (u), .pfm = PFM(__VA_ARGS__), .table = (u) }
#define LP_CORE(u)	{ .name = "cpu_lowpower", .uarch = (u), .pfm = NO_PFM, .table = (u) }

#define CPU(n, a, arch_, v, nr, ...)                                                           \
	{                                                                                      \
		.name = (n), .alias = (a), .arch = (arch_), .perfmon = (v), .nr_pmus = (nr),   \
		.pmus = { __VA_ARGS__ }                                                        \
	}
#define INTEL(n, a, v, ...) CPU(n, a, "intel", v, 1, CORE(n, "intel", __VA_ARGS__))
#define AMD(n, a, v, ...)   CPU(n, a, "amd", v, 1, CORE(n, "amd", __VA_ARGS__))
/* Zen: its L3 counts too, in @l (libpfm4's table) */
#define ZEN(n, a, v, t, p, l)                                                                  \
	{                                                                                      \
		.name = (n), .alias = (a), .arch = "amd", .perfmon = (v), .nr_pmus = 1,        \
		.pmus = { CORE(n, t, p) },                                                     \
		.l3 = { .name = "amd_l3", .uarch = (n), .pfm = PFM(l), .table = "amd-l3" },    \
	}

#define ARM(n, p)	    CPU(n, NULL, "arm64", 0, 1, { p, n, NO_PFM, "arm64" })

/* clang-format off */
static const struct kp_cpu cpus[] = {
	INTEL("core2", "merom", 2, "core"),
	INTEL("nehalem", "nhm", 3, "nhm"),
	INTEL("nehalem-ex", "nhm_ex", 3, "nhm_ex"),
	INTEL("westmere", "wsm", 3, "wsm"),
	INTEL("westmere-ep", "wsm_dp", 3, "wsm_dp"),
	INTEL("sandy-bridge", "snb", 3, "snb"),
	INTEL("sandy-bridge-ep", "snb_ep", 3, "snb_ep"),
	INTEL("ivy-bridge", "ivb", 3, "ivb"),
	INTEL("ivy-bridge-ep", "ivb_ep", 3, "ivb_ep"),
	INTEL("haswell", "hsw", 3, "hsw"),
	INTEL("haswell-ep", "hsw_ep", 3, "hsw_ep"),
	INTEL("broadwell", "bdw", 3, "bdw"),
	INTEL("broadwell-ep", "bdw_ep", 3, "bdw_ep"),
	INTEL("skylake", "skl", 4, "skl"),
	INTEL("skylake-sp", "skx", 4, "skx"),
	INTEL("cascade-lake", "clx", 4, "clx"),
	INTEL("ice-lake", "icl", 5, "icl"),
	INTEL("rocket-lake", "rkl", 5, "icl"),
	INTEL("tiger-lake", "tgl", 5, "icl"),
	INTEL("ice-lake-sp", "icx", 5, "icx"),
	INTEL("sapphire-rapids", "spr", 5, "spr"),
	INTEL("emerald-rapids", "emr", 5, "emr", "spr"),
	CPU("granite-rapids", "gnr", "intel", 0, 1, CORE("redwood-cove", "redwood-cove", "gnr")),
	CPU("sierra-forest", "srf", "intel", 0, 1, CORE("crestmont", "crestmont", "srf")),
	CPU("grand-ridge", "grr", "intel", 0, 1, CORE("crestmont", "crestmont", "grr")),
	CPU("clearwater-forest", "cwf", "intel", 6, 1, CORE("darkmont", "darkmont", "cwf")),
	CPU("alder-lake", "adl", "intel", 5, 2, P_CORE("golden-cove", "adl_glc"),
	    E_CORE("gracemont", "adl_grt")),
	CPU("alder-lake-n", "adln", "intel", 5, 1, CORE("gracemont", "gracemont", "adl_grt")),
	CPU("raptor-lake", "rpl", "intel", 5, 2, P_CORE("golden-cove", "adl_glc"),
	    E_CORE("gracemont", "adl_grt")),
	CPU("meteor-lake", "mtl", "intel", 5, 2, P_CORE("redwood-cove", "mtl_rwc"),
	    E_CORE("crestmont", "mtl_cmt")),
	CPU("arrow-lake", "arl", "intel", 6, 2, P_CORE("lion-cove", "arl_lnc"),
	    E_CORE("skymont", "arl_skt")),
	CPU("arrow-lake-h", "arl_h", "intel", 6, 3, P_CORE("lion-cove", "arl_lnc"),
	    E_CORE("skymont", "arl_skt"), LP_CORE("crestmont-lp")),
	CPU("lunar-lake", "lnl", "intel", 6, 2, P_CORE("lion-cove", "lnl_lnc"),
	    E_CORE("skymont", "lnl_skt")),
	CPU("panther-lake", "ptl", "intel", 6, 2, P_CORE("cougar-cove", "ptl_cgc"),
	    E_CORE("darkmont", "ptl_dkt")),
	INTEL("silvermont", "slm", 3, "slm"),
	INTEL("goldmont", "glm", 4, "glm"),
	INTEL("goldmont-plus", "glp", 4, "glm"),
	INTEL("tremont", "tmt", 0, "tmt"),
	INTEL("knights-landing", "knl", 3, "knl"),
	INTEL("knights-mill", "knm", 3, "knm"),
	AMD("fam10h", "barcelona", 1, "amd64_fam10h_istanbul", "amd64_fam10h_barcelona"),
	AMD("fam14h", "bobcat", 1, "amd64_fam14h_bobcat"),
	{ .name = "fam15h", .alias = "bulldozer", .arch = "amd", .perfmon = 1, .nr_pmus = 1,
	  .pmus = { CORE("fam15h", "amd", "amd64_fam15h_interlagos") },
	  .df = { .name = "amd_nb", .uarch = "fam15h", .pfm = PFM("amd64_fam15h_nb") } },
	AMD("fam16h", "jaguar", 1, "amd64_fam16h"),
	ZEN("zen1", "naples", 1, "amd", "amd64_fam17h_zen1", NULL),
	ZEN("zen2", "rome", 1, "amd", "amd64_fam17h_zen2", NULL),
	ZEN("zen3", "milan", 1, "amd", "amd64_fam19h_zen3", "amd64_fam19h_zen3_l3"),
	ZEN("zen4", "genoa", 2, "amd", "amd64_fam19h_zen4", "amd64_fam19h_zen4_l3"),
	ZEN("zen5", "turin", 2, "zen5", "amd64_fam1ah_zen5", "amd64_fam1ah_zen5_l3"),
	ARM("cortex-a34", "armv8_cortex_a34"),
	ARM("cortex-a35", "armv8_cortex_a35"),
	ARM("cortex-a53", "armv8_cortex_a53"),
	ARM("cortex-a55", "armv8_cortex_a55"),
	ARM("cortex-a57", "armv8_cortex_a57"),
	ARM("cortex-a65", "armv8_cortex_a65"),
	ARM("cortex-a72", "armv8_cortex_a72"),
	ARM("cortex-a73", "armv8_cortex_a73"),
	ARM("cortex-a75", "armv8_cortex_a75"),
	ARM("cortex-a76", "armv8_cortex_a76"),
	ARM("cortex-a76ae", "armv8_pmuv3"),
	ARM("cortex-a77", "armv8_cortex_a77"),
	ARM("cortex-a78", "armv8_cortex_a78"),
	ARM("cortex-a78ae", "armv8_pmuv3"),
	ARM("cortex-a78c", "armv8_pmuv3"),
	ARM("cortex-x1", "armv8_cortex_x1"),
	ARM("cortex-x1c", "armv8_pmuv3"),
	ARM("cortex-x2", "armv9_cortex_x2"),
	ARM("cortex-x3", "armv9_cortex_x3"),
	ARM("cortex-x4", "armv9_cortex_x4"),
	ARM("cortex-x925", "armv9_cortex_x925"),
	ARM("cortex-a320", "armv9_cortex_a320"),
	ARM("cortex-a510", "armv9_cortex_a510"),
	ARM("cortex-a520", "armv9_cortex_a520"),
	ARM("cortex-a520ae", "armv9_cortex_a520ae"),
	ARM("cortex-a710", "armv9_cortex_a710"),
	ARM("cortex-a715", "armv9_cortex_a715"),
	ARM("cortex-a720", "armv9_cortex_a720"),
	ARM("cortex-a720ae", "armv9_cortex_a720ae"),
	ARM("cortex-a725", "armv9_cortex_a725"),
	ARM("c1-nano", "armv8_c1_nano"),
	ARM("c1-pro", "armv8_c1_pro"),
	ARM("c1-ultra", "armv8_c1_ultra"),
	ARM("c1-premium", "armv8_c1_premium"),
	ARM("neoverse-e1", "armv8_neoverse_e1"),
	ARM("neoverse-n1", "armv8_neoverse_n1"),
	ARM("neoverse-n2", "armv9_neoverse_n2"),
	ARM("neoverse-n3", "armv9_neoverse_n3"),
	ARM("neoverse-v1", "armv8_neoverse_v1"),
	ARM("neoverse-v2", "armv8_neoverse_v2"),
	ARM("neoverse-v3", "armv8_neoverse_v3"),
	ARM("neoverse-v3ae", "armv8_neoverse_v3ae"),
	ARM("thunderx", "armv8_cavium_thunder"),
	ARM("thunderx2", "armv8_pmuv3"),
	ARM("vulcan", "armv8_brcm_vulcan"),
	ARM("a64fx", "armv8_pmuv3"),
	ARM("monaka", "armv8_pmuv3"),
	ARM("hip08", "armv8_pmuv3"),
	ARM("emag", "armv8_pmuv3"),
	ARM("ampereone", "armv8_pmuv3"),
	ARM("ampereonex", "armv8_pmuv3"),
	ARM("t410", "armv8_pmuv3"),
	ARM("denver", "armv8_nvidia_denver"),
	ARM("carmel", "armv8_nvidia_carmel"),
	/* architectural events only: the last three */
	CPU("intel", NULL, "intel", 0, 1, { "cpu", "intel", NO_PFM, "intel" }),
	{ .name = "amd", .arch = "amd", .nr_pmus = 1, .pmus = { { "cpu", "amd", NO_PFM, "amd" } },
	  .l3 = { "amd_l3", "amd", NO_PFM, "amd-l3" } },
	CPU("arm64", NULL, "arm64", 0, 1, { "armv8_pmuv3", "arm64", NO_PFM, "arm64" }),
};

/* Family and model of CPUID leaf 1, as perf writes them; steppings where they tell models apart. */
static const struct cpuid_row {
	const char *name;
	uint8_t family, first, last, min_step, max_step;
} cpuid_rows[] = {
	{ "core2", 6, 0x0f, 0x0f, 0, 255 }, { "core2", 6, 0x16, 0x17, 0, 255 },
	{ "core2", 6, 0x1d, 0x1d, 0, 255 },
	{ "nehalem", 6, 0x1a, 0x1a, 0, 255 }, { "nehalem", 6, 0x1e, 0x1f, 0, 255 },
	{ "nehalem-ex", 6, 0x2e, 0x2e, 0, 255 },
	{ "westmere", 6, 0x25, 0x25, 0, 255 }, { "westmere-ep", 6, 0x2c, 0x2c, 0, 255 },
	{ "westmere-ep", 6, 0x2f, 0x2f, 0, 255 },
	{ "sandy-bridge", 6, 0x2a, 0x2a, 0, 255 }, { "sandy-bridge-ep", 6, 0x2d, 0x2d, 0, 255 },
	{ "ivy-bridge", 6, 0x3a, 0x3a, 0, 255 }, { "ivy-bridge-ep", 6, 0x3e, 0x3e, 0, 255 },
	{ "haswell", 6, 0x3c, 0x3c, 0, 255 }, { "haswell", 6, 0x45, 0x46, 0, 255 },
	{ "haswell-ep", 6, 0x3f, 0x3f, 0, 255 },
	{ "broadwell", 6, 0x3d, 0x3d, 0, 255 }, { "broadwell", 6, 0x47, 0x47, 0, 255 },
	{ "broadwell-ep", 6, 0x4f, 0x4f, 0, 255 }, { "broadwell-ep", 6, 0x56, 0x56, 0, 255 },
	{ "skylake", 6, 0x4e, 0x4e, 0, 255 }, { "skylake", 6, 0x5e, 0x5e, 0, 255 },
	{ "skylake", 6, 0x8e, 0x8e, 0, 255 }, { "skylake", 6, 0x9e, 0x9e, 0, 255 },
	{ "skylake", 6, 0xa5, 0xa6, 0, 255 },
	{ "skylake-sp", 6, 0x55, 0x55, 0, 4 }, { "cascade-lake", 6, 0x55, 0x55, 5, 255 },
	{ "ice-lake", 6, 0x7d, 0x7e, 0, 255 }, { "ice-lake", 6, 0x9d, 0x9d, 0, 255 },
	{ "tiger-lake", 6, 0x8c, 0x8d, 0, 255 }, { "rocket-lake", 6, 0xa7, 0xa7, 0, 255 },
	{ "ice-lake-sp", 6, 0x6a, 0x6a, 0, 255 }, { "ice-lake-sp", 6, 0x6c, 0x6c, 0, 255 },
	{ "sapphire-rapids", 6, 0x8f, 0x8f, 0, 255 }, { "emerald-rapids", 6, 0xcf, 0xcf, 0, 255 },
	{ "granite-rapids", 6, 0xad, 0xae, 0, 255 }, { "sierra-forest", 6, 0xaf, 0xaf, 0, 255 },
	{ "grand-ridge", 6, 0xb6, 0xb6, 0, 255 }, { "clearwater-forest", 6, 0xdd, 0xdd, 0, 255 },
	{ "alder-lake", 6, 0x97, 0x97, 0, 255 }, { "alder-lake", 6, 0x9a, 0x9a, 0, 255 },
	{ "alder-lake-n", 6, 0xbe, 0xbe, 0, 255 },
	{ "raptor-lake", 6, 0xb7, 0xb7, 0, 255 }, { "raptor-lake", 6, 0xba, 0xba, 0, 255 },
	{ "raptor-lake", 6, 0xbf, 0xbf, 0, 255 },
	{ "meteor-lake", 6, 0xaa, 0xaa, 0, 255 }, { "meteor-lake", 6, 0xac, 0xac, 0, 255 },
	{ "arrow-lake-h", 6, 0xc5, 0xc5, 0, 255 }, { "arrow-lake", 6, 0xc6, 0xc6, 0, 255 },
	{ "meteor-lake", 6, 0xb5, 0xb5, 0, 255 }, /* Arrow Lake U */
	{ "lunar-lake", 6, 0xbd, 0xbd, 0, 255 }, { "panther-lake", 6, 0xcc, 0xcc, 0, 255 },
	{ "silvermont", 6, 0x37, 0x37, 0, 255 }, { "silvermont", 6, 0x4a, 0x4a, 0, 255 },
	{ "silvermont", 6, 0x4c, 0x4d, 0, 255 }, { "silvermont", 6, 0x5a, 0x5a, 0, 255 },
	{ "goldmont", 6, 0x5c, 0x5c, 0, 255 }, { "goldmont", 6, 0x5f, 0x5f, 0, 255 },
	{ "goldmont-plus", 6, 0x7a, 0x7a, 0, 255 },
	{ "tremont", 6, 0x86, 0x86, 0, 255 }, { "tremont", 6, 0x96, 0x96, 0, 255 },
	{ "tremont", 6, 0x9c, 0x9c, 0, 255 },
	{ "knights-landing", 6, 0x57, 0x57, 0, 255 }, { "knights-mill", 6, 0x85, 0x85, 0, 255 },
	{ "fam10h", 16, 0x00, 0xff, 0, 255 }, { "fam14h", 20, 0x00, 0xff, 0, 255 },
	{ "fam15h", 21, 0x00, 0xff, 0, 255 }, { "fam16h", 22, 0x00, 0xff, 0, 255 },
	{ "zen1", 23, 0x00, 0x2f, 0, 255 }, { "zen2", 23, 0x30, 0xff, 0, 255 },
	{ "zen1", 24, 0x00, 0xff, 0, 255 }, /* Hygon */
	{ "zen3", 25, 0x00, 0x0f, 0, 255 }, { "zen4", 25, 0x10, 0x1f, 0, 255 },
	{ "zen3", 25, 0x20, 0x5f, 0, 255 }, { "zen4", 25, 0x60, 0xff, 0, 255 },
	{ "zen5", 26, 0x00, 0xff, 0, 255 },
};
/* clang-format on */

/* '-' and '_' are the same, and case does not matter. */
static bool same_name(const char *a, const char *b)
{
	if (!a)
		return false;
	for (; *a && *b; a++, b++) {
		char x = *a == '_' ? '-' : *a, y = *b == '_' ? '-' : *b;

		if (strncasecmp(&x, &y, 1))
			return false;
	}
	return !*a && !*b;
}

const struct kp_cpu_pmu *kp_cpu_pmu(const struct kp_cpu *cpu, unsigned int pmu)
{
	const struct kp_cpu_pmu *p = pmu < cpu->nr_pmus	 ? &cpu->pmus[pmu]
				     : pmu == KP_CPU_L3 ? &cpu->l3
				     : pmu == KP_CPU_DF ? &cpu->df
							: NULL;

	return p && p->name ? p : NULL;
}

const struct kp_cpu *kp_cpu_next(unsigned int *iter)
{
	return *iter < KP_ARRAY_SIZE(cpus) ? &cpus[(*iter)++] : NULL;
}

const struct kp_cpu *kp_cpu_generic(const char *arch)
{
	size_t i;

	for (i = KP_ARRAY_SIZE(cpus) - 3; i < KP_ARRAY_SIZE(cpus); i++)
		if (!strcmp(cpus[i].name, arch))
			return &cpus[i];
	return NULL;
}

static const struct kp_cpu *of_uarch(const char *name)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(cpus); i++)
		if (cpus[i].nr_pmus == 1 && same_name(cpus[i].pmus[0].uarch, name))
			return &cpus[i];
	return NULL;
}

const struct kp_cpu *kp_cpu_find(const char *name)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(cpus); i++)
		if (same_name(cpus[i].name, name) || same_name(cpus[i].alias, name))
			return &cpus[i];
	return of_uarch(name);
}

const struct kp_cpu *kp_cpu_of_cpuid(const char *cpuid)
{
	unsigned int family, model, step = 0;
	const char *rest = strchr(cpuid, ',');
	const struct kp_arm64_core *core;
	size_t i;

	if (!rest) { /* MIDR_EL1 in hexadecimal */
		core = kp_arm64_core_by_midr(strtoull(cpuid, NULL, 16));
		return core ? kp_cpu_find(core->name) : NULL;
	}

	if (sscanf(rest, ",%u,%u,%u", &family, &model, &step) < 2)
		return NULL;
	for (i = 0; i < KP_ARRAY_SIZE(cpuid_rows); i++) {
		const struct cpuid_row *r = &cpuid_rows[i];

		if (r->family == family && model >= r->first && model <= r->last &&
		    step >= r->min_step && step <= r->max_step)
			return kp_cpu_find(r->name);
	}
	return NULL;
}
