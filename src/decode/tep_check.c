// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_check.c - what libtraceevent may be given. It was written for formats that come from the
 * running kernel: it recurses as deep as the text goes, divides by what it reads, and follows
 * offsets without asking how long the data is. A recording may come from anybody, so its formats
 * are looked at first, and a print format is only run when nothing in any raw data can lead it
 * astray.
 */
#include "tep.h"

#include <stdlib.h>

#define FORMAT_BYTES_MAX 262144
#define PRINT_BYTES_MAX	 65536
#define FIELDS_MAX	 1024
#define DEPTH_MAX	 48
#define OPS_MAX		 1024

/* ---- the text ---- */

static bool printable(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != '\r') ||
		    text[i] == 0x7f)
			return false;
	return true;
}

/* One character of the print format outside of strings; false: too deep, or unbalanced. */
static bool count_char(char c, int *depth, int *ops)
{
	if (strchr("([{", c))
		return ++*depth <= DEPTH_MAX;
	if (strchr(")]}", c))
		return --*depth >= 0;
	if (strchr("+-*/%|&^~!<>=?:", c))
		return ++*ops <= OPS_MAX;
	return true;
}

/* libtraceevent's parser calls itself for each bracket and each operator. */
static bool print_fmt_sane(const char *text, size_t len)
{
	int depth = 0, ops = 0;
	bool quoted = false;
	size_t i;

	if (len > PRINT_BYTES_MAX)
		return false;
	for (i = 0; i < len && text[i]; i++) {
		if (quoted && text[i] == '\\') {
			i++;
			continue;
		}
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && !count_char(text[i], &depth, &ops))
			return false;
	}
	return !quoted && !depth;
}

static bool fields_sane(const char *text, size_t len)
{
	unsigned int fields = 0;
	int depth = 0, ops = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\n') {
			if (depth || ++fields > FIELDS_MAX)
				return false;
			ops = 0;
		}
		if (text[i] == '"' || text[i] == '\'' || !count_char(text[i], &depth, &ops))
			return false;
	}
	return true;
}

char *kp_tep_clean(const uint8_t *text, uint64_t size, size_t *len)
{
	static const char mark[] = "print fmt:", empty[] = " \"\"\n";
	char *copy, *print;

	while (size && !text[size - 1])
		size--;
	if (!size || size > FORMAT_BYTES_MAX || !printable((const char *)text, size))
		return NULL;
	copy = malloc(size + sizeof(empty));
	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	*len = size;
	print = strstr(copy, mark);
	if (!fields_sane(copy, print ? (size_t)(print - copy) : size)) {
		free(copy);
		return NULL;
	}
	if (print) {
		print += sizeof(mark) - 1;
		if (!print_fmt_sane(print, strlen(print))) {
			memcpy(print, empty, sizeof(empty));
			*len = (size_t)(print - copy) + sizeof(empty) - 1;
		}
	}
	return copy;
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
	if (!arg || depth > OPS_MAX)
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
