// SPDX-License-Identifier: GPL-2.0-only
/*
 * evname_test.c - event names and encodings against libpfm4 itself: every event and unit mask of
 * every processor that both know goes from libpfm4's number to a name and back to the same number.
 * Models by cpuid, modifiers, own tables.
 */
#include "kp_test.h"

#include <perfmon/pfmlib.h>
#include <stdlib.h>
#include <string.h>

#include "decode/arm64_event.h"
#include "decode/event_table.h"
#include "evname.h"

static int setup(void **state)
{
	struct kp_evnames *names;

	if (kp_evnames_new(&names))
		return -1;
	*state = names;
	return 0;
}

static int teardown(void **state)
{
	kp_evnames_free(*state);
	return 0;
}

/* libpfm4's own answer; 0: it does not encode that alone */
static bool pfm_encode(const char *text, uint64_t *sel, uint64_t *extra)
{
	pfm_pmu_encode_arg_t arg = { .size = sizeof(arg) };

	if (pfm_get_os_event_encoding(text, PFM_PLM0 | PFM_PLM3, PFM_OS_NONE, &arg) != PFM_SUCCESS)
		return false;
	*sel = arg.codes[0];
	*extra = arg.count > 1 ? arg.codes[1] : 0;
	free(arg.codes);
	return true;
}

struct checked {
	struct kp_evnames *names;
	const struct kp_cpu *cpu;
	const char *pmu;
	unsigned int p, nr;
};

static void check_event(struct checked *c, const char *event)
{
	uint64_t bits = strcmp(c->cpu->arch, "amd") ? KP_INTEL_EVENT_BITS : KP_AMD_EVENT_BITS;
	uint64_t sel, extra, sel2, extra2;
	struct kp_evname name;
	struct kp_evcode code;
	char text[320], err[256];

	snprintf(text, sizeof(text), "%s::%s", c->pmu, event);
	if (!pfm_encode(text, &sel, &extra))
		return;
	c->nr++;
	assert_int_equal(kp_evname_of(c->names, c->cpu, c->p, sel, extra, &name), 0);
	/* several names may share one encoding: ours must mean the same to libpfm4 */
	snprintf(text, sizeof(text), "%s::%s", c->pmu, name.name);
	if (!pfm_encode(text, &sel2, &extra2))
		fail_msg("%s %s is named %s, which libpfm4 does not know", c->pmu, event,
			 name.name);
	if ((sel & bits) != (sel2 & bits))
		fail_msg("%s %s (0x%jx) is named %s (0x%jx)", c->pmu, event, (uintmax_t)sel,
			 name.name, (uintmax_t)sel2);
	if (!name.help[0])
		fail_msg("%s %s has no description", c->pmu, event);
	if (kp_evname_encode(c->names, c->cpu, c->p, event, &code, err, sizeof(err)))
		fail_msg("%s %s does not encode: %s", c->pmu, event, err);
	if (code.evtsel != sel || (code.has_extra && code.extra != extra))
		fail_msg("%s %s: 0x%jx, libpfm4 says 0x%jx", c->pmu, event,
			 (uintmax_t)code.evtsel, (uintmax_t)sel);
}

static void check_pmu(struct checked *c, const pfm_pmu_info_t *pmu)
{
	pfm_event_attr_info_t attr;
	pfm_event_info_t ev;
	char text[256];
	int i, a;

	for (i = pmu->first_event; i != -1; i = pfm_get_event_next(i)) {
		memset(&ev, 0, sizeof(ev));
		ev.size = sizeof(ev);
		assert_int_equal(pfm_get_event_info(i, PFM_OS_NONE, &ev), PFM_SUCCESS);
		check_event(c, ev.name);
		for (a = 0; a < ev.nattrs; a++) {
			memset(&attr, 0, sizeof(attr));
			attr.size = sizeof(attr);
			if (pfm_get_event_attr_info(i, a, PFM_OS_NONE, &attr) != PFM_SUCCESS ||
			    attr.type != PFM_ATTR_UMASK)
				continue;
			snprintf(text, sizeof(text), "%s:%s", ev.name, attr.name);
			check_event(c, text);
		}
	}
}

static bool find_pmu(const char *name, pfm_pmu_info_t *info)
{
	int i;

	for (i = 0; i < PFM_PMU_MAX; i++) {
		memset(info, 0, sizeof(*info));
		info->size = sizeof(*info);
		if (pfm_get_pmu_info((pfm_pmu_t)i, info) == PFM_SUCCESS &&
		    !strcmp(info->name, name))
			return true;
	}
	return false;
}

static void test_libpfm(void **state)
{
	struct checked c = { .names = *state };
	unsigned int iter = 0, models = 0;
	pfm_pmu_info_t info;
	struct kp_evname name;

	/* opens libpfm4 the way the library does */
	kp_evname_of(*state, kp_cpu_find("skylake"), 0, 0xc0, 0, &name);
	while ((c.cpu = kp_cpu_next(&iter))) {
		for (c.p = 0; c.p < c.cpu->nr_pmus; c.p++) {
			c.pmu = c.cpu->pmus[c.p].pfm[0];
			if (!c.pmu || !find_pmu(c.pmu, &info))
				continue;
			check_pmu(&c, &info);
			models++;
		}
	}
	if (!models)
		kp_skip("this libpfm4 has no x86 tables");
	assert_true(c.nr > 1000);
}

static void check_name(struct kp_evnames *n, const struct kp_cpu *cpu, uint64_t sel, uint64_t extra,
		       const char *want)
{
	struct kp_evname name;

	if (kp_evname_of(n, cpu, 0, sel, extra, &name))
		fail_msg("%s: 0x%jx has no name", cpu->pmus[0].table, (uintmax_t)sel);
	assert_string_equal(name.name, want);
}

/* A core whose table libpfm4 does not have, whatever its version. */
static void check_table(struct kp_evnames *n, const char *arch, const char *table, uint64_t sel,
			uint64_t extra, const char *want)
{
	const char *const none[] = { NULL };
	struct kp_cpu cpu = {
		.arch = arch,
		.nr_pmus = 1,
		.pmus = { { .name = "cpu", .uarch = table, .pfm = none, .table = table } },
	};

	check_name(n, &cpu, sel, extra, want);
}

static void test_own_tables(void **state)
{
	struct kp_evname name;

	check_name(*state, kp_cpu_find("intel"), 0x5300c0, 0, "INSTRUCTION_RETIRED");
	check_name(*state, kp_cpu_find("intel"), 0x41412e, 0, "LLC_MISSES");
	check_name(*state, kp_cpu_find("amd"), 0x5300c2, 0, "RETIRED_BRANCH_INSTRUCTIONS");
	check_table(*state, "intel", "lion-cove", 0x5300c0, 0, "INST_RETIRED.ANY_P");
	check_table(*state, "intel", "crestmont-lp", 0x5300c4, 0, "BR_INST_RETIRED.ALL_BRANCHES");
	check_table(*state, "intel", "golden-cove", 0x53012a, 0x10001,
		    "OCR.DEMAND_DATA_RD.ANY_RESPONSE");
	check_table(*state, "intel", "gracemont", 0x5381d0, 0, "MEM_UOPS_RETIRED.ALL_LOADS");
	check_table(*state, "amd", "zen5", 0x5300c0, 0, "EX_RET_INSTR");
	/* a unit mask that no list has: the event's name stays */
	check_table(*state, "intel", "golden-cove", 0x5301d0, 0, "MEM_INST_RETIRED.umask=0x01");
	assert_int_equal(kp_evname_of(*state, kp_cpu_find("intel"), 0, 0x5300ff, 0, &name),
			 -ENOENT);
	assert_int_equal(kp_evname_of(*state, kp_cpu_find("intel"), 1, 0x5300c0, 0, &name),
			 -EINVAL);
}

/* Selectors of AMD's L3: slices, cores and threads are no part of the event. */
static void test_shared(void **state)
{
	struct kp_evname name;

	assert_int_equal(kp_evname_of(*state, kp_cpu_find("amd"), KP_CPU_L3, 0xff0f00004040ff04, 0,
				      &name),
			 0);
	assert_string_equal(name.name, "L3_LOOKUP_STATE.ALL");
	/* 0xc0 is an event of cores, not of the L3 */
	assert_int_equal(kp_evname_of(*state, kp_cpu_find("amd"), KP_CPU_L3, 0x4000c0, 0, &name),
			 -ENOENT);
	assert_int_equal(kp_evname_of(*state, kp_cpu_find("amd"), KP_CPU_DF, 0x4000c0, 0, &name),
			 -EINVAL);
	assert_null(kp_cpu_pmu(kp_cpu_find("skylake"), KP_CPU_L3));
	assert_non_null(kp_cpu_pmu(kp_cpu_find("fam15h"), KP_CPU_DF));
}

/* Sorted without doubles: lookups take the first, and lists show each once. */
static void test_tables_sorted(void **state)
{
	const struct kp_x86_table *t;
	const struct kp_arm64_event *ev;
	const struct kp_arm64_core *c;
	size_t i, nr;

	(void)state;
	for (t = kp_x86_tables; t->name; t++)
		for (i = 1; i < t->nr; i++)
			assert_true(t->events[i - 1].sel < t->events[i].sel ||
				    (t->events[i - 1].sel == t->events[i].sel &&
				     t->events[i - 1].extra < t->events[i].extra));
	ev = kp_arm64_events(&nr);
	for (i = 1; i < nr; i++)
		assert_true(ev[i - 1].code < ev[i].code);
	for (c = kp_arm64_cores; c->name; c++) {
		for (i = 1; i < c->nr_codes; i++)
			assert_true(c->codes[i - 1] < c->codes[i]);
		for (i = 1; i < c->nr_own; i++)
			assert_true(c->own[i - 1].code <= c->own[i].code);
		assert_non_null(kp_cpu_find(c->name));
		assert_ptr_equal(kp_arm64_core_find(c->name), c);
	}
}

static void check_arm64(const char *core, uint16_t code, const char *want,
			enum kp_arm64_has want_has)
{
	enum kp_arm64_has has;
	const struct kp_arm64_event *e;

	e = kp_arm64_event_of(kp_arm64_core_find(core), code, &has);
	assert_int_equal(has, want_has);
	if (want)
		assert_string_equal(e->name, want);
	else
		assert_null(e);
}

/* Which of a hybrid machine's two cores counts it (Cortex-A53 and A72 TRMs, PMCEID0) */
static void test_arm64_cores(void **state)
{
	(void)state;
	check_arm64("cortex-a53", 0x08, "INST_RETIRED", KP_ARM64_YES);
	check_arm64("cortex-a53", 0x1b, "INST_SPEC", KP_ARM64_NO);
	check_arm64("armv8_cortex_a72", 0x1b, "INST_SPEC", KP_ARM64_YES);
	check_arm64("Cortex_A53", 0xc4, "READ_ALLOC_ENTER", KP_ARM64_YES);
	check_arm64("cortex-a72", 0xc4, NULL, KP_ARM64_NO);
	check_arm64("cortex-x4", 0x11, "CPU_CYCLES", KP_ARM64_UNKNOWN);
	check_arm64("no such core", 0x11, "CPU_CYCLES", KP_ARM64_UNKNOWN);
}

static void test_cpuid(void **state)
{
	static const struct {
		const char *cpuid, *name;
	} rows[] = {
		{ "GenuineIntel,6,143,8", "sapphire-rapids" },
		{ "GenuineIntel-6-8F-8", NULL },
		{ "GenuineIntel,6,85,4", "skylake-sp" },
		{ "GenuineIntel,6,85,7", "cascade-lake" },
		{ "GenuineIntel,6,151,2", "alder-lake" },
		{ "GenuineIntel,6,197,2", "arrow-lake-h" },
		{ "AuthenticAMD,25,17,1", "zen4" },
		{ "AuthenticAMD,25,1,1", "zen3" },
		{ "AuthenticAMD,26,2,0", "zen5" },
		{ "HygonGenuine,24,0,1", "zen1" },
		{ "0x00000000410fd080", "cortex-a72" },
		{ "0x00000000410fd0c1", "neoverse-n1" },
		{ "0x00000000ff000000", NULL },
		{ "GenuineIntel,99,1,1", NULL },
		{ "", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(rows); i++) {
		const struct kp_cpu *cpu = kp_cpu_of_cpuid(rows[i].cpuid);

		if (!rows[i].name != !cpu || (cpu && strcmp(cpu->name, rows[i].name)))
			fail_msg("%s is %s, not %s", rows[i].cpuid, cpu ? cpu->name : "nothing",
				 rows[i].name ? rows[i].name : "nothing");
	}
	assert_string_equal(kp_cpu_find("SPR")->name, "sapphire-rapids");
	assert_string_equal(kp_cpu_find("golden_cove") ? "x" : "none", "none");
	assert_string_equal(kp_cpu_find("zen4")->arch, "amd");
}

static void check_encode(struct kp_evnames *n, const char *model, const char *event, uint64_t want)
{
	struct kp_evcode code;
	char err[256];

	if (kp_evname_encode(n, kp_cpu_find(model), 0, event, &code, err, sizeof(err)))
		fail_msg("%s %s: %s", model, event, err);
	if (code.evtsel != want)
		fail_msg("%s %s is 0x%jx, not 0x%jx", model, event, (uintmax_t)code.evtsel,
			 (uintmax_t)want);
}

static void test_modifiers(void **state)
{
	struct kp_evcode code;
	char err[256];

	check_encode(*state, "amd", "RETIRED_INSTRUCTIONS", 0x5300c0);
	check_encode(*state, "amd", "RETIRED_INSTRUCTIONS:u:G", 0x100005100c0);
	check_encode(*state, "amd", "retired_instructions:kH", 0x200005200c0);
	check_encode(*state, "amd", "RETIRED_INSTRUCTIONS:GH", 0x300005300c0);
	check_encode(*state, "intel", "INSTRUCTION_RETIRED:G", 0x5300c0);
	check_encode(*state, "cortex-a53", "INST_RETIRED", 0x8);
	check_encode(*state, "cortex-a53", "INST_RETIRED:u", 0x80000008);
	check_encode(*state, "cortex-a53", "INST_RETIRED:k", 0x40000008);
	check_encode(*state, "zen5", "EX_RET_INSTR:u", 0x5100c0);
	assert_int_equal(kp_evname_encode(*state, kp_cpu_find("intel"), 0, "NO_SUCH", &code, err,
					  sizeof(err)),
			 -ENOENT);
	assert_non_null(strstr(err, "NO_SUCH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libpfm),	      cmocka_unit_test(test_own_tables),
		cmocka_unit_test(test_tables_sorted), cmocka_unit_test(test_arm64_cores),
		cmocka_unit_test(test_cpuid),	      cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
