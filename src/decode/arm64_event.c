// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64_event.c - PMU events of arm64: architectural ones with what they count, and per core which
 * of them it has and which are its own. Only tables and lookups.
 */
#include <string.h>
#include <strings.h>

#include "arm64_event.h"

static const struct kp_arm64_event events[] = {
#define E(code_, name_, help_) { code_, #name_, help_ },
#include "arm64_event.def"
#undef E
};

_Static_assert(KP_ARRAY_SIZE(events) > 440, "arm64_event.def is whole");

#define OWN_BEGIN(core)
#define OWN(code_, name_)
#define OWN_END
#define LIST(core, ...) static const uint16_t codes_##core[] = { __VA_ARGS__ };
#include "arm64_core.def"
#undef LIST
#undef OWN_BEGIN
#undef OWN
#undef OWN_END

#define LIST(core, ...)
#define OWN_BEGIN(core)	  static const struct kp_arm64_event own_##core[] = {
#define OWN(code_, name_) { code_, #name_, NULL },
#define OWN_END		  };
#include "arm64_core.def"
#undef LIST
#undef OWN_BEGIN
#undef OWN
#undef OWN_END

#define CODES(core) .codes = codes_##core, .nr_codes = KP_ARRAY_SIZE(codes_##core)
#define OWNS(core)  .own = own_##core, .nr_own = KP_ARRAY_SIZE(own_##core)

#define CORE(n, i, p, u, ...) \
	{ .name = (n), .implementer = (i), .part = (p), .pmu = (u), ##__VA_ARGS__ }

/* Implementer and part: arch/arm64/include/asm/cputype.h. PMU: drivers/perf/arm_pmuv3.c. */
/* clang-format off */
const struct kp_arm64_core kp_arm64_cores[] = {
	CORE("cortex-a34", 0x41, 0xd02, "armv8_cortex_a34", CODES(cortex_a34)),
	CORE("cortex-a35", 0x41, 0xd04, "armv8_cortex_a35", CODES(cortex_a35)),
	CORE("cortex-a53", 0x41, 0xd03, "armv8_cortex_a53", CODES(cortex_a53), OWNS(cortex_a53)),
	CORE("cortex-a55", 0x41, 0xd05, "armv8_cortex_a55", CODES(cortex_a55), OWNS(cortex_a55)),
	CORE("cortex-a57", 0x41, 0xd07, "armv8_cortex_a57", CODES(cortex_a57_a72)),
	CORE("cortex-a65", 0x41, 0xd06, "armv8_cortex_a65", CODES(cortex_a65_e1),
	     OWNS(cortex_a65_e1)),
	CORE("cortex-a72", 0x41, 0xd08, "armv8_cortex_a72", CODES(cortex_a57_a72)),
	CORE("cortex-a73", 0x41, 0xd09, "armv8_cortex_a73", CODES(cortex_a73), OWNS(cortex_a73)),
	CORE("cortex-a75", 0x41, 0xd0a, "armv8_cortex_a75", CODES(cortex_a75), OWNS(cortex_a75)),
	CORE("cortex-a76", 0x41, 0xd0b, "armv8_cortex_a76", CODES(cortex_a76)),
	CORE("cortex-a76ae", 0x41, 0xd0e, NULL),
	CORE("cortex-a77", 0x41, 0xd0d, "armv8_cortex_a77", CODES(cortex_a77)),
	CORE("cortex-a78", 0x41, 0xd41, "armv8_cortex_a78", CODES(cortex_a78)),
	CORE("cortex-a78ae", 0x41, 0xd42, NULL),
	CORE("cortex-a78c", 0x41, 0xd4b, NULL, CODES(cortex_a78)),
	CORE("cortex-x1", 0x41, 0xd44, "armv8_cortex_x1", CODES(cortex_x1)),
	CORE("cortex-x1c", 0x41, 0xd4c, NULL, CODES(cortex_x1)),
	CORE("cortex-x2", 0x41, 0xd48, "armv9_cortex_x2", CODES(cortex_x2)),
	CORE("cortex-x3", 0x41, 0xd4e, "armv9_cortex_x3"),
	CORE("cortex-x4", 0x41, 0xd82, "armv9_cortex_x4"),
	CORE("cortex-x925", 0x41, 0xd85, "armv9_cortex_x925"),
	CORE("cortex-a320", 0x41, 0xd8f, "armv9_cortex_a320"),
	CORE("cortex-a510", 0x41, 0xd46, "armv9_cortex_a510", CODES(cortex_a510),
	     OWNS(cortex_a510)),
	CORE("cortex-a520", 0x41, 0xd80, "armv9_cortex_a520"),
	CORE("cortex-a520ae", 0x41, 0xd88, "armv9_cortex_a520ae"),
	CORE("cortex-a710", 0x41, 0xd47, "armv9_cortex_a710", CODES(cortex_a710)),
	CORE("cortex-a715", 0x41, 0xd4d, "armv9_cortex_a715"),
	CORE("cortex-a720", 0x41, 0xd81, "armv9_cortex_a720"),
	CORE("cortex-a720ae", 0x41, 0xd89, "armv9_cortex_a720ae"),
	CORE("cortex-a725", 0x41, 0xd87, "armv9_cortex_a725"),
	CORE("c1-nano", 0x41, 0xd8a, "armv8_c1_nano"),
	CORE("c1-pro", 0x41, 0xd8b, "armv8_c1_pro"),
	CORE("c1-ultra", 0x41, 0xd8c, "armv8_c1_ultra"),
	CORE("c1-premium", 0x41, 0xd90, "armv8_c1_premium"),
	CORE("neoverse-e1", 0x41, 0xd4a, "armv8_neoverse_e1", CODES(cortex_a65_e1),
	     OWNS(cortex_a65_e1)),
	CORE("neoverse-n1", 0x41, 0xd0c, "armv8_neoverse_n1", CODES(neoverse_n1)),
	CORE("neoverse-n2", 0x41, 0xd49, "armv9_neoverse_n2", CODES(neoverse_n2_v2)),
	CORE("neoverse-n3", 0x41, 0xd8e, "armv9_neoverse_n3", CODES(neoverse_n3)),
	CORE("neoverse-v1", 0x41, 0xd40, "armv8_neoverse_v1", CODES(neoverse_v1)),
	CORE("neoverse-v2", 0x41, 0xd4f, "armv8_neoverse_v2", CODES(neoverse_n2_v2)),
	CORE("neoverse-v3", 0x41, 0xd84, "armv8_neoverse_v3", CODES(neoverse_v3),
	     OWNS(neoverse_v3)),
	CORE("neoverse-v3ae", 0x41, 0xd83, "armv8_neoverse_v3ae", CODES(neoverse_v3),
	     OWNS(neoverse_v3)),
	CORE("thunderx", 0x43, 0x0a1, "armv8_cavium_thunder"),
	CORE("thunderx2", 0x43, 0x0af, NULL, CODES(thunderx2)),
	CORE("vulcan", 0x42, 0x516, "armv8_brcm_vulcan", CODES(thunderx2)),
	CORE("a64fx", 0x46, 0x001, NULL, CODES(a64fx), OWNS(a64fx)),
	CORE("monaka", 0x46, 0x003, NULL, CODES(monaka), OWNS(monaka)),
	CORE("hip08", 0x48, 0xd01, NULL, CODES(hip08), OWNS(hip08)),
	CORE("emag", 0x50, 0x000, NULL, CODES(emag), OWNS(emag)),
	CORE("ampereone", 0xc0, 0xac3, NULL, CODES(ampereone), OWNS(ampereone)),
	CORE("ampereonex", 0xc0, 0xac4, NULL, CODES(ampereonex), OWNS(ampereonex)),
	CORE("t410", 0x4e, 0x010, NULL, CODES(t410), OWNS(t410)),
	CORE("denver", 0x4e, 0x003, "armv8_nvidia_denver"),
	CORE("carmel", 0x4e, 0x004, "armv8_nvidia_carmel"),
	{ .name = NULL },
};
/* clang-format on */

const struct kp_arm64_event *kp_arm64_events(size_t *nr)
{
	*nr = KP_ARRAY_SIZE(events);
	return events;
}

/* '-' and '_' are the same, and case does not matter. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '_' ? '-' : *a, y = *b == '_' ? '-' : *b;

		if (strncasecmp(&x, &y, 1))
			return false;
	}
	return !*a && !*b;
}

const struct kp_arm64_core *kp_arm64_core_find(const char *name)
{
	const struct kp_arm64_core *c;

	for (c = kp_arm64_cores; c->name; c++)
		if (same_name(c->name, name) || (c->pmu && same_name(c->pmu, name)))
			return c;
	return NULL;
}

const struct kp_arm64_core *kp_arm64_core_by_midr(uint64_t midr)
{
	const struct kp_arm64_core *c;

	for (c = kp_arm64_cores; c->name; c++)
		if (c->implementer == (midr >> 24 & 0xff) && c->part == (midr >> 4 & 0xfff))
			return c;
	return NULL;
}

static const struct kp_arm64_event *find_code(const struct kp_arm64_event *list, size_t nr,
					      uint16_t code)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (list[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < nr && list[lo].code == code ? &list[lo] : NULL;
}

static bool in_list(const struct kp_arm64_core *core, uint16_t code)
{
	size_t i;

	for (i = 0; i < core->nr_codes; i++)
		if (core->codes[i] == code)
			return true;
	return false;
}

const struct kp_arm64_event *kp_arm64_event_of(const struct kp_arm64_core *core, uint16_t code,
					       enum kp_arm64_has *has)
{
	const struct kp_arm64_event *ev;

	*has = KP_ARM64_UNKNOWN;
	if (core) {
		ev = find_code(core->own, core->nr_own, code);
		if (ev) {
			*has = KP_ARM64_YES;
			return ev;
		}
		if (core->codes)
			*has = in_list(core, code) ? KP_ARM64_YES : KP_ARM64_NO;
	}
	return find_code(events, KP_ARRAY_SIZE(events), code);
}

static const struct kp_arm64_event *find_name(const struct kp_arm64_event *list, size_t nr,
					      const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcasecmp(list[i].name, name))
			return &list[i];
	return NULL;
}

const struct kp_arm64_event *kp_arm64_event_find(const struct kp_arm64_core *core, const char *name)
{
	const struct kp_arm64_event *ev;

	ev = core ? find_name(core->own, core->nr_own, name) : NULL;
	return ev ? ev : find_name(events, KP_ARRAY_SIZE(events), name);
}
