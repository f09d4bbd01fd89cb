// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checking recordings of known guests: kvmpmu record runs the micro-guest, kvmpmu report explains
 * the file, and its numbers are compared with what the guest is known to do. Runs programs only.
 */
#include <stdio.h>
#include <string.h>

#include "cases.h"

static void argv_add(struct lab_exec *ex, size_t *n, const char *const *words)
{
	for (; *words && *n < LAB_MAX_ARGS - 1; words++)
		ex->argv[(*n)++] = *words;
}

static int record_run(const struct lab_record *rec, const char *data)
{
	const char *const record[] = { "kvmpmu", "record", "-q", "-o", data, NULL };
	const char *const guest[] = { "--", "kvmpmu", "bench", "--raw", NULL };
	struct lab_exec ex = { .name = rec->name };
	size_t n = 0;

	argv_add(&ex, &n, record);
	argv_add(&ex, &n, rec->options);
	argv_add(&ex, &n, guest);
	argv_add(&ex, &n, rec->guest);
	return lab_exec(&ex);
}

json_t *lab_report_load(struct lab_test *t, const char *name, const char *data)
{
	char report[64];
	int r;

	snprintf(report, sizeof(report), "%s.report", name);
	r = lab_exec(&(struct lab_exec){
		.name = report,
		.argv = { "kvmpmu", "report", "--format", "json", "-i", data },
	});
	lab_check(t, !r, "kvmpmu report -i %s: status %d", data, r);
	return lab_json_load(t, report);
}

void lab_expect_check(struct lab_test *t, json_t *root, const struct lab_expect *expect)
{
	double value;

	for (; expect->path; expect++) {
		if (expect->max == 0 && !lab_json_get(root, expect->path)) {
			/* A row that is not there: nothing of the kind happened. */
			lab_check(t, true, "%s", expect->path);
			continue;
		}
		if (lab_json_number(t, root, expect->path, &value))
			lab_check(t, value >= expect->min && value <= expect->max,
				  "%s is %.0f instead of %.0f to %.0f", expect->path, value,
				  expect->min, expect->max);
	}
}

json_t *lab_record_check(struct lab_test *t, const struct lab_record *rec)
{
	static const struct lab_expect always[] = {
		{ "lost", 0, 0 },
		{ "lost_samples", 0, 0 },
		{ 0 },
	};
	char data[96];
	json_t *root;
	int r;

	snprintf(data, sizeof(data), LAB_OUT_DIR "/%s.perf.data", rec->name);
	r = record_run(rec, data);
	if (!lab_check(t, !r, "%s: kvmpmu record: status %d", rec->name, r))
		return NULL;
	root = lab_report_load(t, rec->name, data);
	lab_expect_check(t, root, always);
	lab_expect_check(t, root, rec->expect);
	return root;
}

void lab_records_check(struct lab_test *t, const struct lab_record *rec)
{
	for (; rec->name; rec++)
		json_decref(lab_record_check(t, rec));
}
