// SPDX-License-Identifier: GPL-2.0-only
/*
 * evname_pfm.c - event names and encodings out of libpfm4, for any processor it knows. It indexes a
 * PMU by encoding every event and umask once; libpfm4 itself only goes from name to number.
 */
#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_table.h"
#include "lib/vec.h"

struct entry {
	uint64_t sel, extra;
	char *name; /* EVENT:UMASK */
	char *help;
	uint16_t event; /* entries of one event are neighbours */
	bool is_umask;
};

struct kp_pfm {
	char pmu[32];
	uint64_t event_bits;
	KP_VEC(struct entry) entries;
};

/*
 * Off-line processors are encoded only when this is set, and it is looked at once, by the first
 * pfm_initialize() of the process (libpfm4: pfmlib_common.c, pfmlib_init_env()).
 */
static int initialize(void)
{
	setenv("LIBPFM_ENCODE_INACTIVE", "1", 0);
	return pfm_initialize() == PFM_SUCCESS ? 0 : -ENOENT;
}

static int find_pmu(const char *name, pfm_pmu_info_t *info)
{
	int i;

	for (i = 0; i < PFM_PMU_MAX; i++) {
		memset(info, 0, sizeof(*info));
		info->size = sizeof(*info);
		if (pfm_get_pmu_info((pfm_pmu_t)i, info) == PFM_SUCCESS &&
		    !strcmp(info->name, name))
			return 0;
	}
	return -ENOENT;
}

/* Selector bits and the extra register's value of "pmu::EVENT:UMASK". */
static pfm_err_t encode(const char *text, int plm, uint64_t *sel, uint64_t *extra, bool *has_extra)
{
	pfm_pmu_encode_arg_t arg = { .size = sizeof(arg) };
	pfm_err_t ret = pfm_get_os_event_encoding(text, plm, PFM_OS_NONE, &arg);

	if (ret != PFM_SUCCESS)
		return ret;
	*sel = arg.count > 0 ? arg.codes[0] : 0;
	*has_extra = arg.count > 1;
	*extra = *has_extra ? arg.codes[1] : 0;
	free(arg.codes);
	return ret;
}

static int add_entry(struct kp_pfm *p, const char *name, const char *help, uint16_t event,
		     bool is_umask)
{
	struct entry e = { .event = event, .is_umask = is_umask };
	char text[256];
	bool has_extra;

	snprintf(text, sizeof(text), "%s::%s", p->pmu, name);
	if (encode(text, PFM_PLM0 | PFM_PLM3, &e.sel, &e.extra, &has_extra) != PFM_SUCCESS)
		return 0; /* needs several umasks: found through its parts */
	e.sel &= p->event_bits;
	e.name = strdup(name);
	e.help = strdup(help ? help : "");
	if (!e.name || !e.help || kp_vec_push(&p->entries, e)) {
		free(e.name);
		free(e.help);
		return -ENOMEM;
	}
	return 0;
}

/* The event and the umask, unless they say the same. */
static void describe(char *help, size_t size, const char *event, const char *umask)
{
	if (!event || !umask || !strcmp(event, umask))
		snprintf(help, size, "%s", umask ? umask : event ? event : "");
	else
		snprintf(help, size, "%s: %s", event, umask);
}

static int add_umasks(struct kp_pfm *p, int idx, const pfm_event_info_t *ev, uint16_t event)
{
	pfm_event_attr_info_t attr;
	char name[192], help[320];
	int i, err = 0;

	for (i = 0; i < ev->nattrs && !err; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.size = sizeof(attr);
		if (pfm_get_event_attr_info(idx, i, PFM_OS_NONE, &attr) != PFM_SUCCESS ||
		    attr.type != PFM_ATTR_UMASK)
			continue;
		snprintf(name, sizeof(name), "%s:%s", ev->name, attr.name);
		describe(help, sizeof(help), ev->desc, attr.desc);
		err = add_entry(p, name, help, event, true);
	}
	return err;
}

static int add_event(struct kp_pfm *p, int idx, uint16_t event)
{
	pfm_event_info_t ev = { .size = sizeof(ev) };
	int err;

	if (pfm_get_event_info(idx, PFM_OS_NONE, &ev) != PFM_SUCCESS)
		return 0;
	err = add_umasks(p, idx, &ev, event);
	/* behind its umasks, as the first that fits is taken; the default one may have no name */
	return err ? err : add_entry(p, ev.name, ev.desc, event, false);
}

int kp_pfm_open(const char *pmu, uint64_t event_bits, struct kp_pfm **out)
{
	pfm_pmu_info_t info;
	struct kp_pfm *p;
	uint16_t event = 0;
	int i, err;

	err = initialize();
	if (!err)
		err = find_pmu(pmu, &info);
	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	snprintf(p->pmu, sizeof(p->pmu), "%s", pmu);
	p->event_bits = event_bits;
	for (i = info.first_event; i != -1 && !err; i = pfm_get_event_next(i))
		err = add_event(p, i, event++);
	if (err) {
		kp_pfm_close(p);
		return err;
	}
	*out = p;
	return 0;
}

void kp_pfm_close(struct kp_pfm *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->entries.nr; i++) {
		free(p->entries.at[i].name);
		free(p->entries.at[i].help);
	}
	kp_vec_free(&p->entries);
	free(p);
}

static int fill(const struct kp_pfm *p, const struct entry *e, struct kp_evname *out)
{
	snprintf(out->name, sizeof(out->name), "%s", e->name);
	snprintf(out->help, sizeof(out->help), "%s", e->help);
	snprintf(out->source, sizeof(out->source), "libpfm4 %s", p->pmu);
	return 0;
}

/* Bits 7:0 and, on AMD, 35:32: the event alone. */
static uint64_t event_code(uint64_t sel)
{
	return sel & 0xf000000ffull;
}

#define UMASK_BITS 0xff00ull

/*
 * Several umasks at once, which both vendors allow: "EVENT:A:B" of those whose bits are all set and
 * that together are the unit mask.
 */
static int name_combined(const struct kp_pfm *p, uint64_t sel, struct kp_evname *out)
{
	uint64_t umask = sel & UMASK_BITS, covered = 0;
	const struct entry *first = NULL;
	size_t i, len = 0;

	for (i = 0; i < p->entries.nr; i++) {
		const struct entry *e = &p->entries.at[i];
		uint64_t bits = e->sel & UMASK_BITS;

		/* some umasks bring a threshold, inversion or edge along: those must be equal */
		if ((e->sel ^ sel) & ~UMASK_BITS || !e->is_umask || bits & ~umask ||
		    !(bits & ~covered) || (first && e->event != first->event))
			continue;
		covered |= bits;
		if (!first) {
			first = e;
			fill(p, e, out);
		} else {
			len = strlen(out->name);
			snprintf(out->name + len, sizeof(out->name) - len, "%s",
				 strchr(e->name, ':'));
		}
	}
	if (!first || covered != umask)
		return -ENOENT;
	snprintf(out->help, sizeof(out->help), "%.*s", (int)strcspn(first->help, ":"), first->help);
	return 0;
}

/* The event is known, its umask is not. */
static int name_event(const struct kp_pfm *p, uint64_t sel, struct kp_evname *out)
{
	size_t i;

	for (i = 0; i < p->entries.nr; i++) {
		const struct entry *e = &p->entries.at[i];

		if (event_code(e->sel) != event_code(sel))
			continue;
		fill(p, e, out);
		snprintf(out->name, sizeof(out->name), "%.*s:umask=0x%02x",
			 (int)strcspn(e->name, ":"), e->name, (unsigned int)(sel >> 8 & 0xff));
		snprintf(out->help, sizeof(out->help), "%.*s", (int)strcspn(e->help, ":"), e->help);
		return 0;
	}
	return -ENOENT;
}

int kp_pfm_name(const struct kp_pfm *p, uint64_t sel, uint64_t extra, struct kp_evname *out)
{
	const struct entry *best = NULL;
	size_t i;

	sel &= p->event_bits;
	for (i = 0; i < p->entries.nr; i++) {
		const struct entry *e = &p->entries.at[i];

		if (e->sel != sel)
			continue;
		if (e->extra == extra)
			return fill(p, e, out);
		if (!best && !e->extra)
			best = e;
	}
	if (best)
		return fill(p, best, out);
	return name_combined(p, sel, out) ? name_event(p, sel, out) : 0;
}

int kp_pfm_encode(const char *pmu, const char *event, unsigned int plm, struct kp_evcode *out,
		  char *err, size_t err_size)
{
	char text[256];
	pfm_err_t ret;

	if (initialize()) {
		snprintf(err, err_size, "libpfm4 does not start");
		return -ENOENT;
	}
	if (snprintf(text, sizeof(text), "%s::%s", pmu, event) >= (int)sizeof(text)) {
		snprintf(err, err_size, "the name is too long");
		return -EINVAL;
	}
	ret = encode(text, (plm & 1 ? PFM_PLM0 : 0) | (plm & 2 ? PFM_PLM3 : 0), &out->evtsel,
		     &out->extra, &out->has_extra);
	if (ret == PFM_SUCCESS)
		return 0;
	snprintf(err, err_size, "libpfm4 %s: %s", pmu, pfm_strerror(ret));
	return ret == PFM_ERR_NOTFOUND ? -ENOENT : -EINVAL;
}

int kp_pfm_each(const struct kp_pfm *p, int (*fn)(void *ctx, uint64_t sel, uint64_t extra,
						  const char *name), void *ctx)
{
	size_t i;
	int err = 0;

	for (i = 0; i < p->entries.nr && !err; i++)
		err = fn(ctx, p->entries.at[i].sel, p->entries.at[i].extra, p->entries.at[i].name);
	return err;
}
