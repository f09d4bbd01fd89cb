// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep_grammar.c - is a print format one that the kernel's TP_printk could have made?
 * libtraceevent's parser survives well-formed text; on the rest of the world it frees twice, reads
 * what it freed and recurses until the stack ends. So this reads the text first, with the same
 * grammar and a bounded depth, and says yes or no. It computes nothing. Touches only its arguments.
 *
 *	format  = string { "," expr }
 *	expr    = unary { binary unary } [ "/" number ] [ "?" expr ":" expr ]
 *	unary   = { "!" | "~" | "-" | "+" } primary | "(" type ")" unary
 *	primary = number | string | character | "(" expr ")" | call | CONSTANT
 *		| "REC" "->" field [ "[" number "]" ]
 *	call    = one of the functions below, with arguments of the kinds it names
 */
#include "tep.h"

#include <ctype.h>
#include <stdlib.h>

#define DEPTH_MAX 48
#define NODES_MAX 8192

/* struct text - what is left of it; @left: nodes that may still come, @depth: brackets open */
struct text {
	const char *p;
	int left, depth;
	const char *fields;
};

static void skip_space(struct text *t)
{
	t->p += strspn(t->p, " \t\r\n");
}

static bool take(struct text *t, const char *token)
{
	size_t len = strlen(token);

	skip_space(t);
	if (strncmp(t->p, token, len))
		return false;
	t->p += len;
	return true;
}

static size_t word(struct text *t)
{
	size_t len = 0;

	skip_space(t);
	if (isalpha((unsigned char)*t->p) || *t->p == '_')
		while (isalnum((unsigned char)t->p[len]) || t->p[len] == '_')
			len++;
	return len;
}

static bool number(struct text *t)
{
	size_t len = 0, digits;

	skip_space(t);
	if (!isdigit((unsigned char)*t->p))
		return false;
	if (t->p[0] == '0' && (t->p[1] == 'x' || t->p[1] == 'X')) {
		len = 2;
		digits = strspn(t->p + 2, "0123456789abcdefABCDEF");
	} else {
		digits = strspn(t->p, "0123456789");
	}
	if (!digits || digits > 20)
		return false;
	len += digits;
	len += strspn(t->p + len, "uUlL");
	t->p += len;
	return !isalnum((unsigned char)*t->p) && *t->p != '_';
}

/* One or more literals, which C joins; an empty one is fine. */
static bool string(struct text *t)
{
	if (!take(t, "\""))
		return false;
	do {
		for (; *t->p != '"'; t->p++) {
			if (*t->p == '\\')
				t->p++;
			if (!*t->p || *t->p == '\n')
				return false;
		}
		t->p++;
	} while (take(t, "\""));
	return true;
}

/* A name that the format's fields have: "int NAME;", "char NAME[16];", "char[] NAME;" */
static bool known_field(const struct text *t, const char *name, size_t len)
{
	const char *at = t->fields, *end = at + strlen(at);

	for (; (at = memmem(at, (size_t)(end - at), name, len)); at += len)
		if (at > t->fields && strchr(" *", at[-1]) && strchr(";[", at[len]))
			return true;
	return false;
}

static bool field_name(struct text *t)
{
	size_t len = word(t);

	if (!len || len > KP_TEP_NAME_MAX || !known_field(t, t->p, len))
		return false;
	t->p += len;
	return true;
}

static bool expr(struct text *t);

/* REC->field, which libtraceevent indexes with any expression; numbers alone are safe to run */
static bool record_field(struct text *t)
{
	if (!take(t, "->") || !field_name(t))
		return false;
	if (!take(t, "["))
		return true;
	return number(t) && take(t, "]");
}

/* ---- functions ---- */

/* { value, "name" }, with at least one pair: empty lists confuse libtraceevent */
static bool pairs(struct text *t)
{
	do {
		if (--t->left < 0 || !take(t, "{") || !expr(t) || !take(t, ",") || !string(t) ||
		    !take(t, "}"))
			return false;
	} while (take(t, ","));
	return true;
}

static bool args_flags(struct text *t)
{
	return expr(t) && take(t, ",") && string(t) && take(t, ",") && pairs(t);
}

static bool args_symbolic(struct text *t)
{
	return expr(t) && take(t, ",") && pairs(t);
}

static bool args_field(struct text *t)
{
	return field_name(t);
}

/* What an array starts at: a field, or the data behind a dynamic one */
static bool array_base(struct text *t)
{
	size_t len = word(t);

	if (len == 3 && !strncmp(t->p, "REC", 3)) {
		t->p += len;
		return take(t, "->") && field_name(t);
	}
	return take(t, "__get_dynamic_array") && take(t, "(") && field_name(t) && take(t, ")");
}

static bool args_hex(struct text *t)
{
	return array_base(t) && take(t, ",") && expr(t);
}

static bool args_array(struct text *t)
{
	return args_hex(t) && take(t, ",") && expr(t);
}

static const struct {
	const char *name;
	bool (*args)(struct text *t);
} functions[] = {
	{ "__print_flags", args_flags },
	{ "__print_symbolic", args_symbolic },
	{ "__print_hex", args_hex },
	{ "__print_hex_str", args_hex },
	{ "__print_array", args_array },
	{ "__get_str", args_field },
	{ "__get_bitmask", args_field },
	{ "__get_cpumask", args_field },
	{ "__get_dynamic_array_len", args_field },
};

static bool call(struct text *t, size_t len)
{
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(functions); i++) {
		if (strlen(functions[i].name) != len || strncmp(functions[i].name, t->p, len))
			continue;
		t->p += len;
		return take(t, "(") && functions[i].args(t) && take(t, ")");
	}
	return false;
}

/* The name of an enum's constant, which the kernel did not replace by its value */
static bool constant(struct text *t, size_t len)
{
	if (len > KP_TEP_NAME_MAX)
		return false;
	t->p += len;
	skip_space(t);
	return !strchr("(-[\"", *t->p) || !*t->p;
}

/* ---- expressions ---- */

/* "unsigned long", "u8", "char *": words that no expression could be */
static bool type_ahead(const struct text *t)
{
	static const char *const types[] = { "unsigned", "signed", "int",   "long",  "short",
					     "char",	 "void",   "bool",  "u8",    "u16",
					     "u32",	 "u64",	   "s8",    "s16",   "s32",
					     "s64",	 "__u8",   "__u16", "__u32", "__u64",
					     "__s8",	 "__s16",  "__s32", "__s64", "size_t",
					     "ssize_t" };
	struct text ahead = *t;
	size_t i, len = word(&ahead);

	for (i = 0; len && i < KP_ARRAY_SIZE(types); i++)
		if (strlen(types[i]) == len && !strncmp(types[i], ahead.p, len))
			return true;
	return false;
}

static bool unary(struct text *t);

static bool cast(struct text *t)
{
	int words = 0;

	while (type_ahead(t)) {
		t->p += word(t);
		if (++words > 4)
			return false;
	}
	while (take(t, "*"))
		if (++words > 4)
			return false;
	return take(t, ")") && unary(t);
}

static bool primary(struct text *t)
{
	size_t len;

	skip_space(t);
	if (*t->p == '"')
		return string(t);
	if (isdigit((unsigned char)*t->p))
		return number(t);
	if (t->p[0] == '\'' && isalnum((unsigned char)t->p[1]) && t->p[2] == '\'') {
		t->p += 3;
		return true;
	}
	len = word(t);
	if (len == 3 && !strncmp(t->p, "REC", 3)) {
		t->p += len;
		return record_field(t);
	}
	if (len && isupper((unsigned char)*t->p))
		return constant(t, len);
	return len && call(t, len);
}

static bool unary(struct text *t)
{
	bool ok;

	if (--t->left < 0 || ++t->depth > DEPTH_MAX)
		return false;
	skip_space(t);
	if (*t->p && strchr("!~-+", *t->p)) {
		t->p++;
		ok = unary(t);
	} else if (take(t, "(")) {
		ok = type_ahead(t) ? cast(t) : expr(t) && take(t, ")");
	} else {
		ok = primary(t);
	}
	t->depth--;
	return ok;
}

static bool binary(struct text *t)
{
	static const char *const ops[] = { "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
					   "<",	 ">",  "+",  "-",  "*",	 "&",  "|",  "^" };
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(ops); i++)
		if (take(t, ops[i]))
			return true;
	return false;
}

/*
 * libtraceevent folds constants while it parses, and divides by any of them. So the divisor must be
 * a number, and end the expression: else it may come to be taken for a part of something that is 0.
 */
static bool division(struct text *t)
{
	if (!take(t, "/") && !take(t, "%"))
		return true;
	skip_space(t);
	return strtoull(t->p, NULL, 0) != 0 && number(t) && !binary(t) && *t->p != '/' &&
	       *t->p != '%';
}

static bool expr(struct text *t)
{
	if (++t->depth > DEPTH_MAX)
		return false;
	do {
		if (!unary(t))
			return false;
	} while (binary(t));
	if (!division(t))
		return false;
	if (take(t, "?") && !(expr(t) && take(t, ":") && expr(t)))
		return false;
	t->depth--;
	return true;
}

bool kp_tep_print_fmt_sane(const char *fields, const char *print)
{
	struct text t = { .p = print, .left = NODES_MAX, .fields = fields };

	if (!string(&t))
		return false;
	while (take(&t, ","))
		if (!expr(&t))
			return false;
	skip_space(&t);
	return !*t.p;
}
