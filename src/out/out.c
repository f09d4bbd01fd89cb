// SPDX-License-Identifier: GPL-2.0-only
/*
 * out.c - chooses the format and checks what goes to it: strings are cleaned, errors kept until
 * the end. Writes only to the stream it was given.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

static const struct kp_out_ops *const formats[] = { &kp_out_text, &kp_out_json, &kp_out_csv };

static bool want_color(enum kp_color color, FILE *stream)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (color != KP_COLOR_AUTO)
		return color == KP_COLOR_ALWAYS;
	return !(no && *no) && term && strcmp(term, "dumb") && isatty(fileno(stream));
}

int kp_out_new(const struct kp_out_opts *opts, struct kp_out **out)
{
	struct kp_out *o;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i]->name, opts->format))
			break;
	if (i == KP_ARRAY_SIZE(formats))
		return -EINVAL;
	o = calloc(1, formats[i]->size);
	if (!o)
		return -ENOMEM;
	o->ops = formats[i];
	o->stream = opts->stream;
	o->color = want_color(opts->color, opts->stream);
	o->err = o->ops->begin(o, opts);
	if (o->err) {
		i = (size_t)-o->err;
		kp_out_free(o);
		return -(int)i;
	}
	*out = o;
	return 0;
}

/* Length of the UTF-8 sequence at @s, 0 when it is none or stands for a control character. */
static size_t utf8_len(const unsigned char *s)
{
	uint32_t c;
	size_t n, i;

	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	n = *s >= 0xc2 && *s < 0xe0   ? 2
	    : *s >= 0xe0 && *s < 0xf0 ? 3
	    : *s >= 0xf0 && *s < 0xf5 ? 4
				      : 0;
	if (!n)
		return 0;
	c = *s & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

int kp_out_clean(struct kp_buf *buf, const char *s)
{
	size_t n;
	int err = 0;

	while (*s && !err) {
		n = utf8_len((const unsigned char *)s);
		err = kp_buf_add(buf, n ? s : "?", n ? n : 1);
		s += n ? n : 1;
	}
	return err;
}

size_t kp_out_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Most strings are clean already: then @val itself is returned, and @buf stays empty. */
static struct kp_val clean(struct kp_out *out, struct kp_buf *buf, struct kp_val val)
{
	const char *s;

	if (val.type != KP_VAL_STR)
		return val;
	for (s = val.str; *s >= 0x20 && *s != 0x7f; s++)
		;
	if (!*s)
		return val;
	if (kp_out_clean(buf, val.str)) {
		out->err = -ENOMEM;
		return kp_val_none();
	}
	return kp_val_str(buf->data ? buf->data : "");
}

void kp_out_field(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		  struct kp_val val)
{
	struct kp_buf buf = { 0 };

	if (out->ops->data ? !key : !title)
		return;
	val = clean(out, &buf, val);
	if (!out->err)
		out->err = out->ops->field(out, key, title, unit, val);
	kp_buf_free(&buf);
}

/* One line of text, cleaned, to a note or a heading. */
static KP_PRINTF(3, 0) void say(struct kp_out *out, int (*fn)(struct kp_out *out, const char *text),
				const char *fmt, va_list ap)
{
	struct kp_buf buf = { 0 };
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (!out->err)
		out->err = kp_out_clean(&buf, text);
	if (!out->err)
		out->err = fn(out, buf.data ? buf.data : "");
	kp_buf_free(&buf);
}

void kp_out_note(struct kp_out *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(out, out->ops->note, fmt, ap);
	va_end(ap);
}

void kp_out_heading(struct kp_out *out, const char *fmt, ...)
{
	va_list ap;

	if (!out->ops->heading)
		return;
	va_start(ap, fmt);
	say(out, out->ops->heading, fmt, ap);
	va_end(ap);
}

void kp_out_table(struct kp_out *out, const char *key, const char *title, const enum kp_col *cols,
		  unsigned int nr)
{
	if (nr > KP_OUT_COLS_MAX)
		out->err = -EINVAL;
	if (out->err)
		return;
	out->cols = cols;
	out->nr_cols = nr;
	out->err = out->ops->table(out, key, title);
}

void kp_out_row(struct kp_out *out, const struct kp_val *cells)
{
	struct kp_buf bufs[KP_OUT_COLS_MAX] = { 0 };
	struct kp_val vals[KP_OUT_COLS_MAX];
	unsigned int i;

	if (out->err)
		return;
	for (i = 0; i < out->nr_cols; i++)
		vals[i] = clean(out, &bufs[i], cells[i]);
	if (!out->err)
		out->err = out->ops->row(out, vals);
	for (i = 0; i < out->nr_cols; i++)
		kp_buf_free(&bufs[i]);
}

void kp_out_table_end(struct kp_out *out)
{
	if (!out->err)
		out->err = out->ops->table_end(out);
	out->nr_cols = 0;
}

int kp_out_finish(struct kp_out *out)
{
	int err;

	if (!out->err)
		out->err = out->ops->finish(out);
	if (!out->err) {
		errno = 0;
		if (fflush(out->stream) || ferror(out->stream))
			out->err = errno ? -errno : -EIO;
	}
	err = out->err;
	kp_out_free(out);
	return err;
}

void kp_out_free(struct kp_out *out)
{
	if (!out)
		return;
	out->ops->free(out);
	free(out);
}
