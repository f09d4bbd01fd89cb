// SPDX-License-Identifier: GPL-2.0-only
/*
 * terms.c - "pmu/term=value,.../": what the PMU's sysfs directories format/ and events/ make of it
 * (Documentation/ABI/testing/sysfs-bus-event_source-devices-{format,events}).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/build.h"
#include "lib/buf.h"
#include "lib/str.h"

#define ALIAS_DEPTH_MAX 4

/** struct terms - one event in the making; @mods: a copy, periods may be added */
struct terms {
	struct kp_build *b;
	const struct kp_host_pmu *pmu;
	const char *text;
	struct perf_event_attr attr;
	struct kp_mods mods;
	char *name;
};

static __u64 *config_word(struct perf_event_attr *attr, const char *name, size_t len)
{
	if (len == 6 && !strncmp(name, "config", len))
		return &attr->config;
	if (len == 7 && !strncmp(name, "config1", len))
		return &attr->config1;
	if (len == 7 && !strncmp(name, "config2", len))
		return &attr->config2;
	return NULL;
}

/*
 * "config:0-7,32-35": the value's low bits go to the first range, the next ones to the second.
 * -ERANGE: it has more bits than the format has room for.
 */
static int put_bits(struct perf_event_attr *attr, const char *format, uint64_t value)
{
	size_t len = strcspn(format, ":");
	__u64 *word = config_word(attr, format, len);
	const char *p = format + len;
	unsigned int lo, hi, nr;
	uint64_t mask;
	int n;

	if (!word || *p != ':')
		return -EOPNOTSUPP;
	while (*p) {
		p++;
		if (sscanf(p, "%u%n", &lo, &n) != 1)
			return -EOPNOTSUPP;
		p += n;
		hi = lo;
		if (*p == '-') {
			if (sscanf(p + 1, "%u%n", &hi, &n) != 1)
				return -EOPNOTSUPP;
			p += 1 + n;
		}
		if (hi < lo || hi > 63 || (*p && *p != ','))
			return -EOPNOTSUPP;
		nr = hi - lo + 1;
		mask = nr == 64 ? UINT64_MAX : KP_BIT64(nr) - 1;
		*word = (*word & ~(mask << lo)) | (value & mask) << lo;
		value = nr == 64 ? 0 : value >> nr;
	}
	return value ? -ERANGE : 0;
}

static int list_formats(struct terms *t, struct kp_buf *buf)
{
	size_t i;
	int err = 0;

	for (i = 0; i < t->pmu->formats.nr && !err; i++)
		err = kp_buf_printf(buf, "%s%s", i ? ", " : "", t->pmu->formats.at[i].name);
	return err;
}

static int unknown_term(struct terms *t, const char *term)
{
	struct kp_buf buf = { 0 };
	int err = list_formats(t, &buf);

	if (!err)
		err = kp_build_err(
			t->b, -EINVAL,
			"event '%s': PMU %s has no term or event '%s'; its terms are %s, config, "
			"config1, config2, name, period, freq",
			t->text, t->pmu->name, term, buf.len ? buf.data : "none");
	kp_buf_free(&buf);
	return err;
}

static int put_format(struct terms *t, const char *format, const char *term, uint64_t value)
{
	int err = put_bits(&t->attr, format, value);

	if (err == -ERANGE)
		return kp_build_err(t->b, -EINVAL,
				    "event '%s': %s=0x%jx does not fit; PMU %s has %s for it",
				    t->text, term, (uintmax_t)value, t->pmu->name, format);
	if (err)
		return kp_build_err(
			t->b, -EOPNOTSUPP,
			"event '%s': PMU %s describes term %s as '%s', which is not understood",
			t->text, t->pmu->name, term, format);
	return 0;
}

/* Terms that any PMU has. 1: it was one; 0: it was not; -errno. */
static int put_common(struct terms *t, const char *term, const char *value, uint64_t number)
{
	__u64 *word = config_word(&t->attr, term, strlen(term));

	if (!strcmp(term, "name")) {
		free(t->name);
		t->name = strdup(value);
		return t->name ? 1 : -ENOMEM;
	}
	if (word)
		*word = number;
	else if (!strcmp(term, "period"))
		t->mods.period = number;
	else if (!strcmp(term, "freq"))
		t->mods.freq = number;
	else if (!strcmp(term, "inherit"))
		t->mods.inherit = 1;
	else if (!strcmp(term, "no-inherit"))
		t->mods.inherit = -1;
	else
		return 0;
	return 1;
}

static int parse_list(struct terms *t, const char *list, unsigned int depth);

static int parse_term(struct terms *t, char *term, unsigned int depth)
{
	char *value = strchr(term, '=');
	const char *format, *alias;
	uint64_t number = 1; /* a bare term switches something on */
	int err;

	if (value)
		*value++ = '\0';
	if (value && strcmp(term, "name") && kp_str_u64(value, &number))
		return kp_build_err(t->b, -EINVAL, "event '%s': %s=%s wants a number%s", t->text,
				    term, value,
				    value[0] == '?' ? ": give one in place of '?'" : "");
	format = kp_host_attr_get(&t->pmu->formats, term);
	if (format)
		return put_format(t, format, term, number);
	alias = value ? NULL : kp_host_attr_get(&t->pmu->events, term);
	if (alias && depth < ALIAS_DEPTH_MAX)
		return parse_list(t, alias, depth + 1);
	err = put_common(t, term, value ? value : "", number);
	if (err < 0)
		return err;
	return err ? 0 : unknown_term(t, term);
}

static int parse_list(struct terms *t, const char *list, unsigned int depth)
{
	char *copy = strdup(list), *save = NULL, *term;
	int err = copy ? 0 : -ENOMEM;

	for (term = copy ? strtok_r(copy, ",", &save) : NULL; term && !err;
	     term = strtok_r(NULL, ",", &save))
		err = parse_term(t, kp_str_trim(term), depth);
	free(copy);
	return err;
}

static int add_event(struct kp_build *b, const struct kp_host_pmu *pmu, const char *terms,
		     const char *text, const char *name, const struct kp_mods *mods)
{
	struct terms t = { .b = b, .pmu = pmu, .text = text, .mods = *mods };
	int err;

	t.attr.type = pmu->type;
	err = parse_list(&t, terms, 0);
	if (!err)
		err = kp_build_add(b, &t.attr, t.name ? t.name : name, &t.mods);
	if (!err)
		err = kp_build_last_cpus(b, pmu->cpus);
	free(t.name);
	return err;
}

/* "uncore_imc" stands for uncore_imc_0, uncore_imc_1 ..., as perf has it; patterns work too. */
static bool pmu_fits(const struct kp_host_pmu *pmu, const char *name)
{
	size_t len = strlen(name);

	if (kp_str_glob(name, pmu->name))
		return true;
	return !strncmp(pmu->name, name, len) && pmu->name[len] == '_' && pmu->name[len + 1] &&
	       !pmu->name[len + 1 + strspn(pmu->name + len + 1, "0123456789")];
}

static int no_pmu(struct kp_build *b, const char *name, const char *text)
{
	struct kp_buf buf = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < b->host->nr_pmus && !err; i++)
		err = kp_buf_printf(&buf, "%s%s", i ? ", " : "", b->host->pmus[i].name);
	if (!err)
		err = kp_build_err(b, -ENOENT, "event '%s': no PMU %s here; there are %s", text,
				   name, buf.len ? buf.data : "none");
	kp_buf_free(&buf);
	return err;
}

int kp_terms_parse(struct kp_build *b, const char *pmu, const char *terms, const char *text,
		   const struct kp_mods *mods)
{
	const struct kp_host_pmu *exact = kp_host_find_pmu(b->host, pmu);
	size_t i, nr = 0;
	char name[256];
	int err = 0;

	if (exact)
		return add_event(b, exact, terms, text, text, mods);
	for (i = 0; i < b->host->nr_pmus && !err; i++) {
		if (!pmu_fits(&b->host->pmus[i], pmu))
			continue;
		/* the user's text with the one PMU's name in it tells the events apart */
		snprintf(name, sizeof(name), "%s%s", b->host->pmus[i].name, text + strlen(pmu));
		err = add_event(b, &b->host->pmus[i], terms, text, name, mods);
		nr++;
	}
	return err || nr ? err : no_pmu(b, pmu, text);
}

static bool has_alias(const struct kp_host_pmu *pmu, const char *alias)
{
	return pmu->core && kp_host_attr_get(&pmu->events, alias);
}

int kp_terms_alias(struct kp_build *b, const char *alias, const char *text,
		   const struct kp_mods *mods)
{
	const struct kp_host_pmu *pmu, *end = b->host->pmus + b->host->nr_pmus;
	size_t nr = 0, reached = 0;
	int err = 0;

	for (pmu = b->host->pmus; pmu < end; pmu++)
		reached += has_alias(pmu, alias) && kp_build_reaches(b, pmu);
	for (pmu = b->host->pmus; pmu < end && !err; pmu++) {
		if (!has_alias(pmu, alias) || (reached && !kp_build_reaches(b, pmu)))
			continue;
		err = add_event(b, pmu, alias, text, text, mods);
		nr++;
	}
	return err || nr ? err : -ENOENT;
}
