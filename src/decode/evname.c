// SPDX-License-Identifier: GPL-2.0-only
/*
 * evname.c - from event selector to name and back: asks libpfm4's table of the processor first,
 * then the own table, then the architectural events. Keeps what it opened.
 */
#include "evname.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arm64_event.h"
#include "event_table.h"

#define OPEN_MAX 8

struct kp_evnames {
	struct {
		const struct kp_cpu_pmu *pmu;
		struct kp_pfm *pfm; /* NULL: libpfm4 has none that fits */
		const char *pfm_name;
	} open[OPEN_MAX];
	size_t nr;
};

int kp_evnames_new(struct kp_evnames **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void kp_evnames_free(struct kp_evnames *names)
{
	size_t i;

	if (!names)
		return;
	for (i = 0; i < names->nr; i++)
		kp_pfm_close(names->open[i].pfm);
	free(names);
}

static uint64_t event_bits(const struct kp_cpu *cpu, const struct kp_cpu_pmu *pmu)
{
	if (strcmp(cpu->arch, "amd"))
		return KP_INTEL_EVENT_BITS;
	if (pmu == &cpu->l3)
		return KP_AMD_L3_BITS;
	return pmu == &cpu->df ? KP_AMD_DF_BITS : KP_AMD_EVENT_BITS;
}

/* libpfm4's table of @pmu, opened once; *out NULL when this libpfm4 has none. */
static int find_pfm(struct kp_evnames *n, const struct kp_cpu *cpu, const struct kp_cpu_pmu *pmu,
		    struct kp_pfm **out, const char **name)
{
	const char *const *p;
	size_t i;
	int err = 0;

	for (i = 0; i < n->nr && n->open[i].pmu != pmu; i++)
		;
	if (i == n->nr) {
		if (i == OPEN_MAX) { /* more processors than anybody compares: start over */
			kp_pfm_close(n->open[0].pfm);
			n->open[0] = n->open[--n->nr];
			i = n->nr;
		}
		n->open[i].pmu = pmu;
		n->open[i].pfm = NULL;
		for (p = pmu->pfm; p && *p; p++) {
			err = kp_pfm_open(*p, event_bits(cpu, pmu), &n->open[i].pfm);
			n->open[i].pfm_name = *p;
			if (err != -ENOENT)
				break;
		}
		if (err && err != -ENOENT)
			return err;
		n->nr++;
	}
	*out = n->open[i].pfm;
	*name = n->open[i].pfm_name;
	return 0;
}

static const struct kp_x86_event *in_table(const struct kp_x86_table *t, uint64_t sel,
					   uint64_t extra)
{
	const struct kp_x86_event *plain = NULL;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		if (t->events[i].sel != sel)
			continue;
		if (t->events[i].extra == extra)
			return &t->events[i];
		if (!t->events[i].extra)
			plain = &t->events[i];
	}
	return plain;
}

/* The event is known, its unit mask is not. */
static const struct kp_x86_event *same_event(const struct kp_x86_table *t, uint64_t sel)
{
	size_t i;

	for (i = 0; i < t->nr; i++)
		if (!((t->events[i].sel ^ sel) & 0xf000000ffull))
			return &t->events[i];
	return NULL;
}

static int family_by_table(const char *table, uint64_t sel, struct kp_evname *out)
{
	const struct kp_x86_table *t = kp_x86_table_find(table);
	const struct kp_x86_event *e = t && sel & 0xff ? same_event(t, sel) : NULL;

	if (!e || !strchr(e->name, '.'))
		return -ENOENT;
	snprintf(out->name, sizeof(out->name), "%.*s.umask=0x%02x", (int)strcspn(e->name, "."),
		 e->name, (unsigned int)(sel >> 8 & 0xff));
	snprintf(out->source, sizeof(out->source), "event list of %s", table);
	return 0;
}

static int name_by_table(const char *table, uint64_t sel, uint64_t extra, struct kp_evname *out)
{
	const struct kp_x86_table *t = kp_x86_table_find(table);
	const struct kp_x86_event *e = t ? in_table(t, sel, extra) : NULL;

	if (!e)
		return -ENOENT;
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->help, sizeof(out->help), "%s", e->help ? e->help : "");
	if (!strcmp(table, "intel") || !strncmp(table, "amd", 3))
		snprintf(out->source, sizeof(out->source), "architectural");
	else
		snprintf(out->source, sizeof(out->source), "event list of %s", table);
	return 0;
}

static int name_arm64(const struct kp_cpu_pmu *pmu, uint64_t evtsel, struct kp_evname *out)
{
	const struct kp_arm64_core *core = kp_arm64_core_find(pmu->uarch);
	enum kp_arm64_has has;
	const struct kp_arm64_event *e = kp_arm64_event_of(core, (uint16_t)evtsel, &has);

	out->implemented = has;
	if (!e)
		return -ENOENT;
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->help, sizeof(out->help), "%s", e->help ? e->help : "");
	if (e->help)
		snprintf(out->source, sizeof(out->source), "architectural");
	else
		snprintf(out->source, sizeof(out->source), "event list of %s", core->name);
	return 0;
}

/* Architectural events are the cores' alone. */
static int name_x86(const struct kp_pfm *pfm, const struct kp_cpu *cpu, const struct kp_cpu_pmu *p,
		    uint64_t sel, uint64_t extra, struct kp_evname *out)
{
	bool core = p != &cpu->l3 && p != &cpu->df;

	if (pfm && !kp_pfm_name(pfm, sel, extra, out))
		return 0;
	if (!name_by_table(p->table, sel, extra, out))
		return 0;
	return core ? name_by_table(cpu->arch, sel, extra, out) : -ENOENT;
}

int kp_evname_of(struct kp_evnames *names, const struct kp_cpu *cpu, unsigned int pmu,
		 uint64_t evtsel, uint64_t extra, struct kp_evname *out)
{
	const struct kp_cpu_pmu *p = kp_cpu_pmu(cpu, pmu);
	const char *pfm_name;
	struct kp_pfm *pfm;
	int err;

	memset(out, 0, sizeof(*out));
	if (!p)
		return -EINVAL;
	if (!strcmp(cpu->arch, "arm64"))
		return name_arm64(p, evtsel, out);
	err = find_pfm(names, cpu, p, &pfm, &pfm_name);
	if (err)
		return err;
	evtsel &= event_bits(cpu, p);
	if (!name_x86(pfm, cpu, p, evtsel, extra, out))
		return 0;
	/* edge, inversion and threshold aside it may still be a known event */
	evtsel &= 0x0000ff3f0000ffffull;
	err = name_x86(pfm, cpu, p, evtsel, extra, out);
	return err ? family_by_table(p->table, evtsel, out) : 0;
}

/* ---- the reverse ---- */

/* Modifier letters of perf: u k h G H, in any number and order; false: not only those. */
static bool take_letters(const char *s, size_t len, struct kp_evcode *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!strchr("ukhGH", s[i]))
			return false;
	for (i = 0; i < len; i++) {
		out->user |= s[i] == 'u';
		out->kernel |= s[i] == 'k';
		out->guest |= s[i] == 'G';
		out->host |= s[i] == 'H';
	}
	return len > 0;
}

/* Cut modifier letters off the end of @text (in place), last part first. */
static void split_modifiers(char *text, struct kp_evcode *out)
{
	char *colon;

	while ((colon = strrchr(text, ':')) && take_letters(colon + 1, strlen(colon + 1), out))
		*colon = '\0';
	if (!out->user && !out->kernel)
		out->user = out->kernel = true;
}

static int encode_by_table(const char *table, const char *event, struct kp_evcode *out)
{
	const struct kp_x86_table *t = kp_x86_table_find(table);
	size_t i;

	for (i = 0; t && i < t->nr; i++) {
		if (strcasecmp(t->events[i].name, event))
			continue;
		out->evtsel = t->events[i].sel | 0x500000 /* enabled, interrupt */ |
			      (uint64_t)out->user << 16 | (uint64_t)out->kernel << 17;
		out->extra = t->events[i].extra;
		out->has_extra = t->events[i].extra;
		return 0;
	}
	return -ENOENT;
}

static int encode_arm64(const struct kp_cpu_pmu *pmu, const char *event, struct kp_evcode *out,
			char *err, size_t err_size)
{
	const struct kp_arm64_core *core = kp_arm64_core_find(pmu->uarch);
	const struct kp_arm64_event *e = kp_arm64_event_find(core, event);

	if (!e) {
		snprintf(err, err_size,
			 "%s: no event of %s; 'kvmpmu decode --list events' shows them", event,
			 core ? core->name : "arm64");
		return -ENOENT;
	}
	/* P leaves EL1 out, U leaves EL0 out: D24.5.9 */
	out->evtsel = e->code | (uint64_t)!out->kernel << 31 | (uint64_t)!out->user << 30;
	return 0;
}

static int encode_x86(struct kp_evnames *names, const struct kp_cpu *cpu,
		      const struct kp_cpu_pmu *p, const char *event, struct kp_evcode *out,
		      char *err, size_t err_size)
{
	const char *pfm_name;
	struct kp_pfm *pfm;
	int ret = find_pfm(names, cpu, p, &pfm, &pfm_name);

	if (ret)
		return ret;
	err[0] = '\0';
	ret = pfm ? kp_pfm_encode(pfm_name, event, out->kernel | out->user << 1, out, err, err_size)
		  : -ENOENT;
	if (ret && encode_by_table(p->table, event, out) &&
	    encode_by_table(cpu->arch, event, out)) {
		if (!err[0])
			snprintf(err, err_size, "%s: no event of %s that is known here", event,
				 p->uarch);
		return ret;
	}
	/* AMD alone can restrict a counter to guests or to the host in hardware */
	if (!strcmp(cpu->arch, "amd"))
		out->evtsel |= (uint64_t)out->guest << 40 | (uint64_t)out->host << 41;
	return 0;
}

int kp_evname_encode(struct kp_evnames *names, const struct kp_cpu *cpu, unsigned int pmu,
		     const char *event, struct kp_evcode *out, char *err, size_t err_size)
{
	char text[192];

	memset(out, 0, sizeof(*out));
	if (pmu >= cpu->nr_pmus || snprintf(text, sizeof(text), "%s", event) >= (int)sizeof(text)) {
		snprintf(err, err_size, "the event's name is too long");
		return -EINVAL;
	}
	split_modifiers(text, out);
	if (!strcmp(cpu->arch, "arm64"))
		return encode_arm64(&cpu->pmus[pmu], text, out, err, err_size);
	return encode_x86(names, cpu, &cpu->pmus[pmu], text, out, err, err_size);
}
