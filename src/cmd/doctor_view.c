// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor_view.c - the document of `kvmpmu doctor`: findings as blocks of text, or as two tables for
 * programs. Writes to the stream it is given.
 */
#include "cmd/doctor_run.h"

#include <string.h>

#include "lib/buf.h"

#define EVIDENCE_SHOWN 12 /* text: more lines of one finding are counted, not shown */

static const struct {
	const char *id, *mark, *one, *many;
} severities[] = {
	[KP_NOTE] = { "note", "note", "note", "notes" },
	[KP_WARNING] = { "warning", "WARNING", "warning", "warnings" },
	[KP_PROBLEM] = { "problem", "PROBLEM", "problem", "problems" },
};

static size_t count(const struct kp_findings *f, enum kp_severity severity)
{
	size_t i, nr = 0;

	for (i = 0; i < f->nr; i++)
		nr += f->at[i].severity == severity;
	return nr;
}

/* "1 problem, 2 notes" */
static void make_title(const struct kp_findings *f, char *buf, size_t size)
{
	size_t nr, len = (size_t)snprintf(buf, size, "Doctor: ");
	const char *sep = "";
	int s;

	for (s = KP_PROBLEM; s >= KP_NOTE && len < size; s--) {
		nr = count(f, (enum kp_severity)s);
		if (!nr)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%zu %s", sep, nr,
					nr == 1 ? severities[s].one : severities[s].many);
		sep = ", ";
	}
	if (!*sep && len < size)
		snprintf(buf + len, size - len, "nothing found");
}

static void show_evidence(struct kp_out *out, const struct kp_evidence *e, const char *title)
{
	struct kp_buf buf = { 0 };
	int err;

	if (e->tid)
		err = kp_buf_printf(&buf, "pid %u, thread %u: %s", e->pid, e->tid, e->text);
	else if (e->pid)
		err = kp_buf_printf(&buf, "pid %u: %s", e->pid, e->text);
	else
		err = kp_buf_printf(&buf, "%s", e->text);
	kp_out_field(out, NULL, title, KP_UNIT_NONE, kp_val_str(err ? e->text : buf.data));
	kp_buf_free(&buf);
}

static void show_finding(struct kp_out *out, const struct kp_finding *f)
{
	char more[64];
	size_t i;

	kp_out_heading(out, "%s: %s [%s]", severities[f->severity].mark, f->title, f->id);
	for (i = 0; i < f->nr_evidence && i < EVIDENCE_SHOWN; i++)
		show_evidence(out, &f->evidence[i], i ? "" : "Seen");
	if (i < f->nr_evidence) {
		snprintf(more, sizeof(more), "and %zu more; --format json has them",
			 f->nr_evidence - i);
		kp_out_field(out, NULL, "", KP_UNIT_NONE, kp_val_str(more));
	}
	kp_out_field(out, NULL, "Cause", KP_UNIT_NONE, kp_val_str(f->cause));
	kp_out_field(out, NULL, "Fix", KP_UNIT_NONE, kp_val_str(f->fix));
}

static void findings_table(struct kp_out *out, const struct kp_findings *findings)
{
	static const enum kp_col cols[] = {
		KP_COL_DATA(KP_COL_FINDING), KP_COL_DATA(KP_COL_SEVERITY),
		KP_COL_DATA(KP_COL_SUMMARY), KP_COL_DATA(KP_COL_CAUSE),
		KP_COL_DATA(KP_COL_FIX),
	};
	const struct kp_finding *f;

	kp_out_table(out, "findings", "Findings", cols, KP_ARRAY_SIZE(cols));
	for (f = findings->at; f < findings->at + findings->nr; f++)
		kp_out_row(out, (struct kp_val[]){ kp_val_str(f->id),
						   kp_val_str(severities[f->severity].id),
						   kp_val_str(f->title), kp_val_str(f->cause),
						   kp_val_str(f->fix) });
	kp_out_table_end(out);
}

static void evidence_table(struct kp_out *out, const struct kp_findings *findings)
{
	static const enum kp_col cols[] = {
		KP_COL_DATA(KP_COL_FINDING),  KP_COL_DATA(KP_COL_EVIDENCE_KIND),
		KP_COL_DATA(KP_COL_PID),      KP_COL_DATA(KP_COL_TID),
		KP_COL_DATA(KP_COL_EVIDENCE),
	};
	const struct kp_finding *f;
	const struct kp_evidence *e;

	kp_out_table(out, "evidence", "Evidence", cols, KP_ARRAY_SIZE(cols));
	for (f = findings->at; f < findings->at + findings->nr; f++)
		for (e = f->evidence; e < f->evidence + f->nr_evidence; e++)
			kp_out_row(out,
				   (struct kp_val[]){ kp_val_str(f->id), kp_val_str(e->kind),
						      e->pid ? kp_val_u64(e->pid) : kp_val_none(),
						      e->tid ? kp_val_u64(e->tid) : kp_val_none(),
						      kp_val_str(e->text) });
	kp_out_table_end(out);
}

static void show_summary(struct kp_out *out, const struct kp_doctor *d)
{
	const struct kp_findings *f = &d->findings;

	kp_out_field(out, "worst", NULL, KP_UNIT_NONE,
		     f->nr ? kp_val_str(severities[kp_findings_worst(f)].id) : kp_val_none());
	kp_out_field(out, "problems", NULL, KP_UNIT_COUNT, kp_val_u64(count(f, KP_PROBLEM)));
	kp_out_field(out, "warnings", NULL, KP_UNIT_COUNT, kp_val_u64(count(f, KP_WARNING)));
	kp_out_field(out, "notes_found", NULL, KP_UNIT_COUNT, kp_val_u64(count(f, KP_NOTE)));
	if (!d->argv)
		return;
	kp_out_field(out, "command.program", "Command", KP_UNIT_NONE, kp_val_str(d->argv[0]));
	kp_out_field(out, "command.exit_status", "Its exit status", KP_UNIT_NONE,
		     kp_val_u64((uint64_t)d->status));
}

int kp_doctor_print(const struct kp_doctor *d, const struct kp_out_opts *opts)
{
	struct kp_out_opts o = *opts;
	struct kp_out *out;
	char title[80];
	size_t i;
	int err;

	make_title(&d->findings, title, sizeof(title));
	o.title = title;
	o.schema = "kvmpmu-doctor/1";
	err = kp_out_new(&o, &out);
	if (err)
		return err;
	show_summary(out, d);
	for (i = 0; i < d->findings.nr; i++)
		show_finding(out, &d->findings.at[i]);
	findings_table(out, &d->findings);
	evidence_table(out, &d->findings);
	return kp_out_finish(out);
}
