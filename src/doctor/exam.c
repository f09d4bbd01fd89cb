// SPDX-License-Identifier: GPL-2.0-only
/*
 * exam.c - puts every rule to a case and keeps what they find, worst first. Pure.
 */
#include "doctor/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vec.h"

static const struct kp_rule *const tables[] = {
	kp_rules_command, kp_rules_owner, kp_rules_event,   kp_rules_guest,
	kp_rules_arm64,	  kp_rules_host,  kp_rules_message,
};

static void finding_free(struct kp_finding *f)
{
	size_t i;

	for (i = 0; i < f->nr_evidence; i++)
		free(f->evidence[i].text);
	free(f->evidence);
	free(f->title);
	free(f->cause);
	free(f->fix);
}

void kp_findings_free(struct kp_findings *findings)
{
	size_t i;

	for (i = 0; i < findings->nr; i++)
		finding_free(&findings->at[i]);
	free(findings->at);
	findings->at = NULL;
	findings->nr = 0;
}

static int push_evidence(struct kp_finding *f, struct kp_evidence e)
{
	struct kp_evidence *at = realloc(f->evidence, (f->nr_evidence + 1) * sizeof(*at));

	if (!at)
		return -ENOMEM;
	f->evidence = at;
	at[f->nr_evidence++] = e;
	return 0;
}

static int push_finding(struct kp_findings *findings, struct kp_finding *f)
{
	struct kp_finding *at = realloc(findings->at, (findings->nr + 1) * sizeof(*at));

	if (!at)
		return -ENOMEM;
	findings->at = at;
	at[findings->nr++] = *f;
	*f = (struct kp_finding){ 0 };
	return 0;
}

void kp_exam_add(struct kp_exam *x, const char *kind, uint32_t pid, uint32_t tid, const char *fmt,
		 ...)
{
	struct kp_evidence e = { .kind = kind, .pid = pid, .tid = tid };
	va_list ap;

	if (x->err)
		return;
	va_start(ap, fmt);
	if (vasprintf(&e.text, fmt, ap) < 0)
		e.text = NULL;
	va_end(ap);
	x->err = e.text ? push_evidence(&x->found, e) : -ENOMEM;
	if (x->err)
		free(e.text);
}

static KP_PRINTF(3, 0) void say(struct kp_exam *x, char **to, const char *fmt, va_list ap)
{
	free(*to);
	if (vasprintf(to, fmt, ap) < 0) {
		*to = NULL;
		x->err = -ENOMEM;
	}
}

void kp_exam_title(struct kp_exam *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(x, &x->found.title, fmt, ap);
	va_end(ap);
}

void kp_exam_cause(struct kp_exam *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(x, &x->found.cause, fmt, ap);
	va_end(ap);
}

void kp_exam_fix(struct kp_exam *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(x, &x->found.fix, fmt, ap);
	va_end(ap);
}

void kp_exam_severity(struct kp_exam *x, enum kp_severity severity)
{
	if (severity > x->found.severity)
		x->found.severity = severity;
}

/* What the rule did not say about this case is said by its row. */
static int fill(struct kp_exam *x, char **to, const char *text)
{
	if (!*to && !x->err) {
		*to = strdup(text);
		if (!*to)
			x->err = -ENOMEM;
	}
	return x->err;
}

static int apply(const struct kp_rule *rule, const struct kp_case *c, struct kp_findings *out)
{
	struct kp_exam x = { .c = c,
			     .rule = rule,
			     .found = { .id = rule->id, .severity = rule->severity } };

	rule->look(&x);
	if (!x.err && x.found.nr_evidence) {
		fill(&x, &x.found.title, rule->title);
		fill(&x, &x.found.cause, rule->cause);
		fill(&x, &x.found.fix, rule->fix);
		if (!x.err)
			x.err = push_finding(out, &x.found);
	}
	finding_free(&x.found);
	return x.err;
}

/* Stable: among equals the tables' order stays. */
static void sort(struct kp_findings *f)
{
	struct kp_finding tmp;
	size_t i, j;

	for (i = 1; i < f->nr; i++) {
		tmp = f->at[i];
		for (j = i; j && f->at[j - 1].severity < tmp.severity; j--)
			f->at[j] = f->at[j - 1];
		f->at[j] = tmp;
	}
}

int kp_doctor_examine(const struct kp_case *c, struct kp_findings *out)
{
	const struct kp_rule *rule;
	int err = 0;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(tables); i++)
		for (rule = tables[i]; rule->id && !err; rule++)
			err = apply(rule, c, out);
	sort(out);
	return err;
}

static bool has_evidence(const struct kp_finding *f, const struct kp_evidence *e)
{
	size_t i;

	for (i = 0; i < f->nr_evidence; i++)
		if (f->evidence[i].pid == e->pid && f->evidence[i].tid == e->tid &&
		    !strcmp(f->evidence[i].text, e->text))
			return true;
	return false;
}

/* Takes the evidence that @into lacks out of @from. */
static int merge_one(struct kp_finding *into, struct kp_finding *from)
{
	size_t i;

	if (from->severity > into->severity)
		into->severity = from->severity;
	for (i = 0; i < from->nr_evidence; i++) {
		if (has_evidence(into, &from->evidence[i]))
			continue;
		if (push_evidence(into, from->evidence[i]))
			return -ENOMEM;
		from->evidence[i].text = NULL;
	}
	return 0;
}

static struct kp_finding *find(const struct kp_findings *findings, const char *id)
{
	size_t i;

	for (i = 0; i < findings->nr; i++)
		if (!strcmp(findings->at[i].id, id))
			return &findings->at[i];
	return NULL;
}

const struct kp_finding *kp_findings_get(const struct kp_findings *findings, const char *id)
{
	return find(findings, id);
}

int kp_findings_merge(struct kp_findings *into, struct kp_findings *from)
{
	struct kp_finding *same;
	int err = 0;
	size_t i;

	for (i = 0; i < from->nr && !err; i++) {
		same = find(into, from->at[i].id);
		err = same ? merge_one(same, &from->at[i]) : push_finding(into, &from->at[i]);
	}
	kp_findings_free(from);
	sort(into);
	return err;
}

enum kp_severity kp_findings_worst(const struct kp_findings *findings)
{
	enum kp_severity worst = KP_NOTE;
	size_t i;

	for (i = 0; i < findings->nr; i++)
		if (findings->at[i].severity > worst)
			worst = findings->at[i].severity;
	return worst;
}
