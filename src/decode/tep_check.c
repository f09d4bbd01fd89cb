// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_check.c - what libtraceevent may be given. It was written for formats that come from the
 * running kernel: it recurses as deep as the text goes, divides by what it reads, and follows
 * offsets without asking how long the data is. A recording may come from anybody, so its formats
 * are looked at first, and a print format is only run when nothing in any raw data can lead it
 * astray.
 */
#include "tep.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/str.h"

#define FORMAT_BYTES_MAX 262144
#define PRINT_BYTES_MAX	 65536
#define FIELDS_MAX	 1024
#define ARGS_DEPTH_MAX	 1024

/* ---- the text, written anew from what is understood of it ---- */

/* struct format - @at: what is left of the input; @out: what libtraceevent will see */
struct format {
	const char *at;
	struct kp_buf out;
	unsigned int fields, dropped;
};

static bool skip(struct format *f, const char *token)
{
	size_t len = strlen(token);

	f->at += strspn(f->at, " \t\r");
	if (strncmp(f->at, token, len))
		return false;
	f->at += len;
	return true;
}

static bool name_chars(const char *s, size_t len)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return len && len <= KP_TEP_NAME_MAX && strspn(s, ok) >= len;
}

/* A line "KEY: WORD"; @word points into the input. */
static bool line_word(struct format *f, const char *key, const char **text, size_t *len)
{
	if (!skip(f, key))
		return false;
	f->at += strspn(f->at, " ");
	*text = f->at;
	*len = strcspn(f->at, "\r\n");
	f->at += *len;
	f->at += strspn(f->at, "\r\n");
	return true;
}

static bool head(struct format *f)
{
	const char *name, *id, *rest;
	size_t name_len, id_len, len;
	uint64_t n;
	char digits[12];

	/* libtraceevent's names may hold what the kernel's never do; these come from the kernel */
	if (!line_word(f, "name:", &name, &name_len) || !name_chars(name, name_len) ||
	    !line_word(f, "ID:", &id, &id_len) || id_len >= sizeof(digits) ||
	    !line_word(f, "format:", &rest, &len) || len)
		return false;
	memcpy(digits, id, id_len);
	digits[id_len] = '\0';
	if (kp_str_u64(digits, &n) || n > INT32_MAX)
		return false;
	return !kp_buf_printf(&f->out, "name: %.*s\nID: %llu\nformat:\n", (int)name_len, name,
			      (unsigned long long)n);
}

/* ";\tKEY:NUMBER" */
static bool field_number_of(struct format *f, const char *key, unsigned long *n)
{
	char *end;

	if (!skip(f, key) || !isdigit((unsigned char)*f->at))
		return false;
	*n = strtoul(f->at, &end, 10);
	f->at = end;
	return *n <= UINT16_MAX && skip(f, ";");
}

/* The declaration: words, stars, and brackets with a word or number inside at most. */
static bool declaration_sane(const char *s, size_t len)
{
	unsigned int words = 0;
	bool inside = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (isalnum((unsigned char)s[i]) || s[i] == '_')
			words += !i || !(isalnum((unsigned char)s[i - 1]) || s[i - 1] == '_');
		else if (s[i] == '[' && !inside && words)
			inside = true;
		else if (s[i] == ']' && inside)
			inside = false;
		else if ((s[i] != ' ' && s[i] != '*') || inside)
			return false;
	}
	/* a type and a name, which ends the line or stands before brackets */
	return !inside && words >= 2 && words <= 16 && len <= KP_TEP_NAME_MAX &&
	       s[len - 1] != ' ' && s[len - 1] != '*' &&
	       (isalpha((unsigned char)s[0]) || s[0] == '_');
}

/* One line. A field that is strange is left out; false only when memory is. */
static bool field_line(struct format *f)
{
	const char *decl, *next = f->at + strcspn(f->at, "\n");
	unsigned long offset, size, sign = 0;
	bool sane = false;
	size_t len = 0;

	decl = f->at;
	if (skip(f, "field:")) {
		decl = f->at;
		len = strcspn(decl, ";\n");
		f->at += len;
		sane = len && declaration_sane(decl, len) && skip(f, ";") &&
		       field_number_of(f, "offset:", &offset) &&
		       field_number_of(f, "size:", &size) && ++f->fields <= FIELDS_MAX;
		if (sane)
			field_number_of(f, "signed:", &sign);
	}
	f->dropped += !sane;
	f->at = next + !!*next;
	return !sane ||
	       !kp_buf_printf(&f->out, "\tfield:%.*s;\toffset:%lu;\tsize:%lu;\tsigned:%d;\n",
			      (int)len, decl, offset, size, !!sign);
}

/* A block of fields ends at an empty line; there are two, the common ones and the event's own. */
static bool field_block(struct format *f)
{
	while (*f->at && *f->at != '\n' && strncmp(f->at, "print fmt:", 10))
		if (!field_line(f))
			return false;
	f->at += *f->at == '\n';
	return !kp_buf_add(&f->out, "\n", 1);
}

static bool print_fmt(struct format *f)
{
	const char *print = "\"\"";

	f->at += strspn(f->at, " \t\r\n");
	if (skip(f, "print fmt:") && strlen(f->at) <= PRINT_BYTES_MAX &&
	    kp_tep_print_fmt_sane(f->out.data, f->at))
		print = f->at;
	return !kp_buf_printf(&f->out, "print fmt: %s\n", print);
}

char *kp_tep_clean(const uint8_t *text, uint64_t size, size_t *len, bool *whole)
{
	struct format f = { 0 };
	char *copy;
	bool ok;

	while (size && !text[size - 1])
		size--;
	if (!size || size > FORMAT_BYTES_MAX || memchr(text, 0, size))
		return NULL;
	copy = strndup((const char *)text, size);
	if (!copy)
		return NULL;
	f.at = copy;
	ok = head(&f) && field_block(&f) && field_block(&f) && print_fmt(&f) && f.fields;
	free(copy);
	if (!ok) {
		kp_buf_free(&f.out);
		return NULL;
	}
	*len = f.out.len;
	*whole = !f.dropped;
	return f.out.data;
}

/* ---- the parsed print format ---- */

static bool field_in_record(const struct tep_format_field *f)
{
	return f && f->offset >= 0 && f->size > 0 && f->size <= UINT16_MAX &&
	       f->offset <= UINT16_MAX - f->size;
}

/* __data_loc and __rel_loc: 16 bits of offset and of length, which the padding covers. */
static bool field_dynamic(const struct tep_format_field *f)
{
	return field_in_record(f) && (f->flags & TEP_FIELD_IS_DYNAMIC) && f->size == 4;
}

static const struct tep_format_field *lookup(const struct tep_event *event, const char *name,
					     const struct tep_format_field *known)
{
	if (known || !name)
		return known;
	return tep_find_any_field((struct tep_event *)event, name);
}

static bool field_number(const struct tep_event *event, const struct tep_print_arg *arg)
{
	return arg->type == TEP_PRINT_FIELD &&
	       field_in_record(lookup(event, arg->field.name, arg->field.field));
}

static bool arg_dynamic(const struct tep_event *event, const struct tep_print_arg *arg)
{
	return arg->type == TEP_PRINT_DYNAMIC_ARRAY && field_dynamic(arg->dynarray.field) &&
	       !arg->dynarray.index;
}

/* A count that cannot exceed 16 bits whatever the data says. */
static bool arg_small(const struct tep_event *event, const struct tep_print_arg *arg)
{
	const struct tep_format_field *f;

	switch (arg ? arg->type : TEP_PRINT_NULL) {
	case TEP_PRINT_ATOM:
		return strtoull(arg->atom.atom, NULL, 0) <= UINT16_MAX;
	case TEP_PRINT_DYNAMIC_ARRAY_LEN:
		return field_dynamic(arg->dynarray.field);
	case TEP_PRINT_FIELD:
		f = lookup(event, arg->field.name, arg->field.field);
		return field_in_record(f) && f->size <= 2 && !(f->flags & TEP_FIELD_IS_SIGNED);
	default:
		return false;
	}
}

static bool arg_element_size(const struct tep_print_arg *arg)
{
	unsigned long long n;

	if (!arg || arg->type != TEP_PRINT_ATOM)
		return false;
	n = strtoull(arg->atom.atom, NULL, 0);
	return n == 1 || n == 2 || n == 4 || n == 8;
}

static bool array_base(const struct tep_event *event, const struct tep_print_arg *arg)
{
	return arg && (arg_dynamic(event, arg) || field_number(event, arg));
}

/* REC->array[N] with N a number inside */
static bool index_safe(const struct tep_event *event, const struct tep_print_arg *arg)
{
	const struct tep_print_arg *left = arg->op.left, *right = arg->op.right;
	const struct tep_format_field *f;
	unsigned long long n;

	while (left && left->type == TEP_PRINT_TYPE)
		left = left->typecast.item;
	if (!left || left->type != TEP_PRINT_FIELD || !right || right->type != TEP_PRINT_ATOM)
		return false;
	f = lookup(event, left->field.name, left->field.field);
	n = strtoull(right->atom.atom, NULL, 0);
	return field_in_record(f) && f->elementsize <= 8 && n < (unsigned int)f->size &&
	       (n + 1) * f->elementsize <= (unsigned int)f->size;
}

static bool arg_safe(const struct tep_event *event, const struct tep_print_arg *arg, int depth);

static bool op_safe(const struct tep_event *event, const struct tep_print_arg *arg, int depth)
{
	static const char *const ops[] = {
		"+",  "-",  "*",  "|",	"&", "^", "~",	"!",  "<<", ">>",
		"==", "!=", "<=", ">=", "<", ">", "&&", "||", "?",  ":"
	};
	const char *op = arg->op.op;
	size_t i;

	if (!op)
		return false;
	if (!strcmp(op, "["))
		return index_safe(event, arg);
	if (!strcmp(op, "/") || !strcmp(op, "%"))
		return arg_safe(event, arg->op.left, depth) && arg->op.right &&
		       arg->op.right->type == TEP_PRINT_ATOM &&
		       strtoull(arg->op.right->atom.atom, NULL, 0) != 0;
	for (i = 0; i < KP_ARRAY_SIZE(ops); i++)
		if (!strcmp(op, ops[i]))
			return arg_safe(event, arg->op.left, depth) &&
			       arg_safe(event, arg->op.right, depth);
	return false;
}

static bool arg_safe(const struct tep_event *event, const struct tep_print_arg *arg, int depth)
{
	if (!arg || depth > ARGS_DEPTH_MAX)
		return false;
	switch (arg->type) {
	case TEP_PRINT_NULL:
	case TEP_PRINT_ATOM:
	case TEP_PRINT_BSTRING:
		return true;
	case TEP_PRINT_FIELD:
		return field_number(event, arg);
	case TEP_PRINT_FLAGS:
		return arg_safe(event, arg->flags.field, depth + 1);
	case TEP_PRINT_SYMBOL:
		return arg_safe(event, arg->symbol.field, depth + 1);
	case TEP_PRINT_TYPE:
		return arg_safe(event, arg->typecast.item, depth + 1);
	case TEP_PRINT_STRING:
		return field_dynamic(lookup(event, arg->string.string, arg->string.field));
	case TEP_PRINT_BITMASK:
	case TEP_PRINT_CPUMASK:
		return field_dynamic(lookup(event, arg->bitmask.bitmask, arg->bitmask.field));
	case TEP_PRINT_DYNAMIC_ARRAY_LEN:
		return field_dynamic(arg->dynarray.field);
	case TEP_PRINT_HEX:
	case TEP_PRINT_HEX_STR:
		return array_base(event, arg->hex.field) && arg_small(event, arg->hex.size);
	case TEP_PRINT_INT_ARRAY:
		return array_base(event, arg->int_array.field) &&
		       arg_small(event, arg->int_array.count) &&
		       arg_element_size(arg->int_array.el_size);
	case TEP_PRINT_OP:
		return op_safe(event, arg, depth + 1);
	default: /* functions, and a bare pointer into the data */
		return false;
	}
}

/* One conversion behind its '%'; NULL when libtraceevent is better not asked to do it. */
static const char *conversion_safe(const char *p)
{
	int digits;

	p += strspn(p, "-+ #0");
	for (digits = 0; *p >= '0' && *p <= '9'; p++)
		if (++digits > 3)
			return NULL;
	if (*p == '.') {
		p++;
		if (*p == '*') /* a precision only ever shortens a string */
			return p[1] == 's' ? p + 2 : NULL;
		for (digits = 0; *p >= '0' && *p <= '9'; p++)
			if (++digits > 3)
				return NULL;
	}
	p += strspn(p, "hlLzZ");
	if (!*p || !strchr("diuoxXcsp", *p))
		return NULL;
	if (*p != 'p')
		return p + 1;
	/* %pI4, %pM, %pU and their like read memory behind the argument */
	if ((p[1] >= 'a' && p[1] <= 'z') || (p[1] >= 'A' && p[1] <= 'Z'))
		return strchr("sSfF", p[1]) ? p + 2 : NULL;
	return p + 1;
}

static bool format_safe(const char *p)
{
	for (; p && *p; p++) {
		if (*p == '\\' && p[1]) {
			p++;
			continue;
		}
		if (*p != '%')
			continue;
		if (p[1] == '%') {
			p++;
			continue;
		}
		p = conversion_safe(p + 1);
		if (!p)
			return false;
		p--;
	}
	return p;
}

bool kp_tep_print_safe(const struct tep_event *event)
{
	const struct tep_print_arg *arg;

	if (event->flags & (int)TEP_EVENT_FL_FAILED || !event->print_fmt.format ||
	    !event->print_fmt.format[0] || !format_safe(event->print_fmt.format))
		return false;
	for (arg = event->print_fmt.args; arg; arg = arg->next)
		if (!arg_safe(event, arg, 0))
			return false;
	return true;
}
