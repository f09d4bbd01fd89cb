// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c - the document as one JSON object (jansson): fields, "notes", and an array of objects for
 * each table, one row a line. Keys come from the column table.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "ops.h"

struct json_out {
	struct kp_out out;
	json_t *doc, *notes, *rows;
};

static json_t *value(struct kp_val val)
{
	char hex[24];

	switch (val.type) {
	case KP_VAL_NONE:
		return json_null();
	case KP_VAL_U64:
		/* jansson's integers are signed */
		return val.u64 <= INT64_MAX ? json_integer((json_int_t)val.u64)
					    : json_real((double)val.u64);
	case KP_VAL_F64:
		return isfinite(val.f64) ? json_real(val.f64) : json_null();
	case KP_VAL_STR:
		return json_string(val.str);
	case KP_VAL_BOOL:
		return json_boolean(val.b);
	case KP_VAL_HEX:
		snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)val.u64);
		return json_string(hex);
	}
	return NULL;
}

/* "kvmpmu-report/1": name and version. */
static int begin(struct kp_out *out, const struct kp_out_opts *opts)
{
	struct json_out *j = (struct json_out *)out;
	const char *slash = strrchr(opts->schema, '/');
	uint64_t version;
	char name[64];

	if (!slash || slash - opts->schema >= (ptrdiff_t)sizeof(name) ||
	    kp_str_u64(slash + 1, &version))
		return -EINVAL;
	memcpy(name, opts->schema, (size_t)(slash - opts->schema));
	name[slash - opts->schema] = '\0';
	j->doc = json_object();
	j->notes = json_array();
	if (json_object_set_new(j->doc, "schema", json_string(name)) ||
	    json_object_set_new(j->doc, "version", json_integer((json_int_t)version)) ||
	    json_object_set(j->doc, "notes", j->notes))
		return -ENOMEM;
	return 0;
}

static int field(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		 struct kp_val val)
{
	struct json_out *j = (struct json_out *)out;
	const char *dot = strchr(key, '.');
	json_t *obj = j->doc;
	char outer[64];

	if (dot) {
		snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
		obj = json_object_get(j->doc, outer);
		if (!obj) {
			obj = json_object();
			if (json_object_set_new(j->doc, outer, obj))
				return -ENOMEM;
		}
		key = dot + 1;
	}
	return json_object_set_new(obj, key, value(val)) ? -ENOMEM : 0;
}

static int note(struct kp_out *out, const char *text)
{
	struct json_out *j = (struct json_out *)out;

	return json_array_append_new(j->notes, json_string(text)) ? -ENOMEM : 0;
}

static int table(struct kp_out *out, const char *key, const char *title)
{
	struct json_out *j = (struct json_out *)out;

	j->rows = json_array();
	return json_object_set_new(j->doc, key, j->rows) ? -ENOMEM : 0;
}

static int row(struct kp_out *out, const struct kp_val *cells)
{
	struct json_out *j = (struct json_out *)out;
	json_t *obj = json_object();
	unsigned int i;

	for (i = 0; i < out->nr_cols; i++)
		if (json_object_set_new(obj, kp_out_column(out, i)->key, value(cells[i]))) {
			json_decref(obj);
			return -ENOMEM;
		}
	return json_array_append_new(j->rows, obj) ? -ENOMEM : 0;
}

static int table_end(struct kp_out *out)
{
	return 0;
}

#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(12))

/* Arrays of rows have one row a line, so that documents can be read and compared. */
static int dump_member(FILE *f, const json_t *val)
{
	json_t *item;
	size_t i;

	if (!json_is_array(val) || !json_array_size(val))
		return json_dumpf(val, f, DUMP_FLAGS);
	fputs("[\n", f);
	json_array_foreach (val, i, item) {
		fputs("    ", f);
		if (json_dumpf(item, f, DUMP_FLAGS))
			return -1;
		fputs(i + 1 < json_array_size(val) ? ",\n" : "\n", f);
	}
	fputs("  ]", f);
	return 0;
}

static int finish(struct kp_out *out)
{
	struct json_out *j = (struct json_out *)out;
	const char *sep = "{\n", *key;
	json_t *val;

	errno = 0;
	json_object_foreach (j->doc, key, val) {
		fprintf(out->stream, "%s  \"%s\": ", sep, key);
		if (dump_member(out->stream, val))
			return errno ? -errno : -ENOMEM;
		sep = ",\n";
	}
	fputs("\n}\n", out->stream);
	return 0;
}

static void json_free(struct kp_out *out)
{
	struct json_out *j = (struct json_out *)out;

	json_decref(j->notes);
	json_decref(j->doc);
}

const struct kp_out_ops kp_out_json = {
	.name = "json",
	.size = sizeof(struct json_out),
	.data = true,
	.begin = begin,
	.field = field,
	.note = note,
	.table = table,
	.row = row,
	.table_end = table_end,
	.finish = finish,
	.free = json_free,
};
