// SPDX-License-Identifier: GPL-2.0-only
/*
 * csv.c - tables as RFC 4180 lines, each table after a line "# key: title". Fields are a table of
 * their own, "# fields". Numbers are unscaled, as in JSON.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "ops.h"

struct csv_out {
	struct kp_out out;
	bool in_fields;
};

static void text(FILE *f, const char *s)
{
	if (!s[strcspn(s, ",\"\r\n")] && *s != ' ' && *s != '#') {
		fputs(s, f);
		return;
	}
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

static void cell(FILE *f, struct kp_val val)
{
	switch (val.type) {
	case KP_VAL_NONE:
		break;
	case KP_VAL_U64:
		fprintf(f, "%" PRIu64, val.u64);
		break;
	case KP_VAL_F64:
		if (isfinite(val.f64))
			fprintf(f, "%.12g", val.f64);
		break;
	case KP_VAL_STR:
		text(f, val.str);
		break;
	case KP_VAL_BOOL:
		fputs(val.b ? "true" : "false", f);
		break;
	case KP_VAL_HEX:
		fprintf(f, "0x%" PRIx64, val.u64);
		break;
	}
}

static int result(const struct kp_out *out)
{
	if (!ferror(out->stream))
		return 0;
	return errno ? -errno : -EIO;
}

static int begin(struct kp_out *out, const struct kp_out_opts *opts)
{
	fprintf(out->stream, "# %s\n", opts->schema);
	return 0;
}

static int field(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		 struct kp_val val)
{
	struct csv_out *c = (struct csv_out *)out;

	if (!c->in_fields)
		fputs("\n# fields: values of the whole document\nkey,value\n", out->stream);
	c->in_fields = true;
	text(out->stream, key);
	fputc(',', out->stream);
	cell(out->stream, val);
	fputc('\n', out->stream);
	return result(out);
}

static int note(struct kp_out *out, const char *s)
{
	fprintf(out->stream, "# note: %s\n", s);
	return result(out);
}

static int table(struct kp_out *out, const char *key, const char *title)
{
	struct csv_out *c = (struct csv_out *)out;
	unsigned int i;

	c->in_fields = false;
	fprintf(out->stream, "\n# %s: %s\n", key, title);
	for (i = 0; i < out->nr_cols; i++)
		fprintf(out->stream, "%s%s", i ? "," : "", kp_out_column(out, i)->key);
	fputc('\n', out->stream);
	return result(out);
}

static int row(struct kp_out *out, const struct kp_val *cells)
{
	unsigned int i;

	for (i = 0; i < out->nr_cols; i++) {
		if (i)
			fputc(',', out->stream);
		cell(out->stream, cells[i]);
	}
	fputc('\n', out->stream);
	return result(out);
}

static int table_end(struct kp_out *out)
{
	return 0;
}

static int finish(struct kp_out *out)
{
	return result(out);
}

static void csv_free(struct kp_out *out)
{
}

const struct kp_out_ops kp_out_csv = {
	.name = "csv",
	.size = sizeof(struct csv_out),
	.data = true,
	.begin = begin,
	.field = field,
	.note = note,
	.table = table,
	.row = row,
	.table_end = table_end,
	.finish = finish,
	.free = csv_free,
};
