// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_compare.c - `bench --compare A B`: two documents of bench, their samples compared case by
 * case. Reads JSON that may be anybody's: everything is checked, nothing trusted.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bench.h"
#include "lib/log.h"

#define SCHEMA	    "kvmpmu-bench-compare/1"
#define FILE_SCHEMA "kvmpmu-bench-suite"
#define ALPHA	    0.05
#define MAX_SAMPLES 4000 /* a set: all pairs of two are compared */

/** struct set - the samples of a case and variant; strings borrowed from the document */
struct set {
	const char *suite, *name, *variant, *unit;
	KP_VEC(double) values;
	bool matched;
};

struct doc {
	const char *path;
	json_t *root;
	KP_VEC(struct set) sets;
};

struct verdicts {
	size_t compared, regressions, improvements;
};

static int bad(const struct doc *doc, const char *what)
{
	kp_err("bench: %s: %s", doc->path, what);
	return -EBADMSG;
}

static struct set *find_set(struct doc *doc, const char *suite, const char *name,
			    const char *variant)
{
	struct set *s;

	kp_vec_for_each (s, &doc->sets)
		if (!strcmp(s->suite, suite) && !strcmp(s->name, name) &&
		    !strcmp(s->variant, variant))
			return s;
	return NULL;
}

static int add_sample(struct doc *doc, json_t *row)
{
	const char *suite = json_string_value(json_object_get(row, "suite"));
	const char *name = json_string_value(json_object_get(row, "case"));
	const char *variant = json_string_value(json_object_get(row, "variant"));
	const char *unit = json_string_value(json_object_get(row, "unit"));
	json_t *value = json_object_get(row, "sample_value");
	struct set *s;

	if (!suite || !name || !variant || !unit || !json_is_number(value))
		return bad(doc, "a row of \"samples\" without suite, case, variant, unit or "
				"sample_value");
	s = doc->sets.nr ? &doc->sets.at[doc->sets.nr - 1] : NULL;
	if (!s || strcmp(s->suite, suite) || strcmp(s->name, name) || strcmp(s->variant, variant))
		s = find_set(doc, suite, name, variant);
	if (!s) {
		const struct set fresh = {
			.suite = suite, .name = name, .variant = variant, .unit = unit
		};

		if (kp_vec_push(&doc->sets, fresh))
			return -ENOMEM;
		s = &doc->sets.at[doc->sets.nr - 1];
	}
	if (strcmp(s->unit, unit))
		return bad(doc, "a case with samples in two units");
	if (s->values.nr == MAX_SAMPLES)
		return bad(doc, "a case with over 4000 samples");
	return kp_vec_push(&s->values, json_number_value(value));
}

static int load(struct doc *doc)
{
	json_error_t error;
	json_t *samples, *row;
	const char *schema;
	size_t i;
	int err = 0;

	doc->root = strcmp(doc->path, "-") ? json_load_file(doc->path, 0, &error)
					   : json_loadf(stdin, 0, &error);
	if (!doc->root) {
		kp_err("bench: %s: %s%s", doc->path, error.text,
		       error.line > 0 ? " (is it JSON, from --format json?)" : "");
		return -EBADMSG;
	}
	schema = json_string_value(json_object_get(doc->root, "schema"));
	if (!schema || strcmp(schema, FILE_SCHEMA))
		return bad(doc, "not a document of 'kvmpmu bench --format json'");
	if (json_integer_value(json_object_get(doc->root, "version")) != 1)
		return bad(doc, "a version of the schema that this kvmpmu does not know");
	samples = json_object_get(doc->root, "samples");
	if (!json_is_array(samples) || !json_array_size(samples))
		return bad(doc, "has no samples");
	json_array_foreach (samples, i, row) {
		err = add_sample(doc, row);
		if (err)
			break;
	}
	return err;
}

static void doc_free(struct doc *doc)
{
	struct set *s;

	kp_vec_for_each (s, &doc->sets)
		kp_vec_free(&s->values);
	kp_vec_free(&doc->sets);
	json_decref(doc->root);
}

/* ---- one case ---- */

/* Lower is better in every unit there is. */
static const char *judge(const struct kp_stat_diff *d, double pct, double threshold,
			 struct verdicts *v)
{
	v->compared++;
	if (d->p >= ALPHA || d->shift == 0)
		return "same";
	if (fabs(pct) <= threshold)
		return d->shift > 0 ? "slower" : "faster";
	if (d->shift > 0) {
		v->regressions++;
		return "regression";
	}
	v->improvements++;
	return "improvement";
}

static int compare_sets(struct kp_out *out, const struct set *a, const struct set *b,
			double threshold, struct verdicts *v)
{
	struct kp_stat_diff d;
	struct kp_stat sa, sb;
	double pct;
	int err = kp_stat_of(a->values.at, a->values.nr, &sa);

	if (!err)
		err = kp_stat_of(b->values.at, b->values.nr, &sb);
	if (!err)
		err = kp_stat_compare(a->values.at, a->values.nr, b->values.at, b->values.nr, &d);
	if (err)
		return err;
	/* from nothing to something is more than any threshold */
	pct = sa.median != 0 ? 100 * d.shift / sa.median : d.shift != 0 ? INFINITY : 0;
	kp_out_row(out, (const struct kp_val[]){
				kp_val_str(a->suite),
				kp_val_str(a->name),
				kp_val_str(a->variant),
				kp_val_str(a->unit),
				kp_val_f64(sa.median),
				kp_val_f64(sb.median),
				kp_val_f64(d.shift),
				kp_val_f64(pct),
				kp_val_f64(d.cliff),
				kp_val_f64(d.p),
				kp_val_str(judge(&d, pct, threshold, v)),
			});
	return 0;
}

static bool any_variant(const struct doc *doc)
{
	const struct set *s;

	kp_vec_for_each (s, &doc->sets)
		if (*s->variant)
			return true;
	return false;
}

static int write_comparisons(struct kp_out *out, struct doc *a, struct doc *b, double threshold,
			     struct verdicts *v)
{
	const enum kp_col cols[] = {
		KP_COL_SUITE,
		KP_COL_CASE,
		any_variant(a) ? KP_COL_VARIANT : KP_COL_DATA(KP_COL_VARIANT),
		KP_COL_METRIC,
		KP_COL_MEDIAN_A,
		KP_COL_MEDIAN_B,
		KP_COL_SHIFT,
		KP_COL_SHIFT_PCT,
		KP_COL_CLIFF,
		KP_COL_P_VALUE,
		KP_COL_VERDICT,
	};
	struct set *s, *t;
	int err = 0;

	kp_out_table(out, "comparisons", "Second file against the first", cols,
		     KP_ARRAY_SIZE(cols));
	kp_vec_for_each (s, &a->sets) {
		t = find_set(b, s->suite, s->name, s->variant);
		if (!t || strcmp(s->unit, t->unit) || err)
			continue;
		s->matched = t->matched = true;
		err = compare_sets(out, s, t, threshold, v);
	}
	kp_out_table_end(out);
	return err;
}

static void write_unmatched(struct kp_out *out, const struct doc *a, const struct doc *b)
{
	static const enum kp_col cols[] = { KP_COL_SUITE, KP_COL_CASE, KP_COL_VARIANT, KP_COL_WHY };
	const struct doc *docs[] = { a, b };
	const struct set *s;
	size_t i;

	kp_out_table(out, "unmatched", "In one file only", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < 2; i++)
		kp_vec_for_each (s, &docs[i]->sets) {
			const struct kp_val row[] = {
				kp_val_str(s->suite), kp_val_str(s->name), kp_val_str(s->variant),
				kp_val_str(i ? "only in the second file" : "only in the first file")
			};

			if (!s->matched)
				kp_out_row(out, row);
		}
	kp_out_table_end(out);
}

/* ---- what else is different ---- */

static const char *setting(const struct doc *doc, const char *name)
{
	return json_string_value(json_object_get(json_object_get(doc->root, "environment"), name));
}

static void write_change(struct kp_out *out, const char *name, const char *a, const char *b)
{
	const struct kp_val row[] = { kp_val_str(name), kp_val_str(a), kp_val_str(b) };

	if (!strcmp(name, "loadavg") || (a && b && !strcmp(a, b)))
		return;
	kp_out_row(out, row);
}

static void write_changes(struct kp_out *out, const struct doc *a, const struct doc *b)
{
	static const enum kp_col cols[] = { KP_COL_PARAMETER, KP_COL_SETTING, KP_COL_SETTING_B };
	const char *name;
	json_t *value;

	kp_out_table(out, "environment_changes", "Environments that differ", cols,
		     KP_ARRAY_SIZE(cols));
	json_object_foreach (json_object_get(a->root, "environment"), name, value)
		write_change(out, name, json_string_value(value), setting(b, name));
	json_object_foreach (json_object_get(b->root, "environment"), name, value)
		if (!setting(a, name))
			write_change(out, name, NULL, json_string_value(value));
	kp_out_table_end(out);
}

static int write_all(struct kp_out *out, struct doc *a, struct doc *b, double threshold,
		     struct verdicts *v)
{
	int err;

	kp_out_field(out, "first", "First", KP_UNIT_NONE, kp_val_str(a->path));
	kp_out_field(out, "second", "Second", KP_UNIT_NONE, kp_val_str(b->path));
	kp_out_field(out, "threshold_pct", "Threshold (%)", KP_UNIT_PERCENT, kp_val_f64(threshold));
	err = write_comparisons(out, a, b, threshold, v);
	write_unmatched(out, a, b);
	write_changes(out, a, b);
	kp_out_field(out, "compared", "Compared", KP_UNIT_COUNT, kp_val_u64(v->compared));
	kp_out_field(out, "regressions", "Regressions", KP_UNIT_COUNT, kp_val_u64(v->regressions));
	kp_out_field(out, "improvements", "Improvements", KP_UNIT_COUNT,
		     kp_val_u64(v->improvements));
	return err;
}

int bench_compare(const struct kp_ctx *ctx, const char *a, const char *b, const char *format,
		  double threshold_pct)
{
	const struct kp_out_opts opts = {
		.format = format, .stream = stdout, .schema = SCHEMA, .color = ctx->color
	};
	struct doc first = { .path = a }, second = { .path = b };
	struct verdicts v = { 0 };
	struct kp_out *out = NULL;
	int err = load(&first);

	if (!err)
		err = load(&second);
	if (!err)
		err = kp_out_new(&opts, &out);
	if (!err)
		err = write_all(out, &first, &second, threshold_pct, &v);
	if (!err) {
		err = kp_out_finish(out);
		out = NULL;
	}
	if (!err && !v.compared) {
		kp_err("bench: %s and %s have no case in common", a, b);
		err = -EBADMSG;
	}
	if (err && err != -EBADMSG)
		kp_err("bench: %s", strerror(-err));
	kp_out_free(out);
	doc_free(&first);
	doc_free(&second);
	return err || v.regressions ? KP_EXIT_FAILED : KP_EXIT_OK;
}
