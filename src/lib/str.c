// SPDX-License-Identifier: GPL-2.0-only
/*
 * str.c - bounded parsing and printing of numbers, sizes, durations and lists. Touches nothing
 * but its arguments.
 */
#include "lib/str.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suffix {
	const char *name;
	uint64_t factor;
};

static const struct suffix sizes[] = {
	{"",    1		},
	     { "B",  1	      },
	   { "k",  1ull << 10},
	{ "K",  1ull << 10},
	{ "kB", 1 << 10	},
	     { "KB", 1 << 10   },
	   { "M",  1ull << 20},
	{ "MB", 1ull << 20},
	{ "G",  1ull << 30},
	     { "GB", 1ull << 30},
	   { "T",  1ull << 40},
	{ "TB", 1ull << 40},
	{ NULL, 0	  },
};

static const struct suffix counts[] = {
	{"",    1		    },
	{ "k",  1000		    },
	{ "K",  1000		    },
	{ "M",  1000 * 1000	   },
	{ "G",  1000ull * 1000 * 1000},
	{ NULL, 0		    },
};

static const struct suffix durations[] = {
	{"",     KP_NSEC_PER_SEC	      },
	{ "s",   KP_NSEC_PER_SEC       },
	{ "ms",	1000 * 1000	    },
	{ "us",	1000		     },
	{ "ns",	1		     },
	{ "m",   60 * KP_NSEC_PER_SEC  },
	{ "min", 60 * KP_NSEC_PER_SEC  },
	{ "h",   3600 * KP_NSEC_PER_SEC},
	{ NULL,	0		     },
};

int kp_str_u64(const char *s, uint64_t *out)
{
	unsigned long long v;
	int base = 10;
	char *end;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		base = 16;
	if (base == 16 ? !isxdigit((unsigned char)s[2]) : !isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, base);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = v;
	return 0;
}

int kp_str_i64(const char *s, int64_t *out)
{
	bool neg = *s == '-';
	uint64_t v;
	int err = kp_str_u64(s + neg, &v);

	if (err)
		return err;
	if (v > (uint64_t)INT64_MAX + neg)
		return -ERANGE;
	*out = neg ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

/* A number that may have a fraction, then one of @table's suffixes. */
static int parse_scaled(const char *s, const struct suffix *table, uint64_t *out)
{
	char *end, *frac_end;
	unsigned long long whole;
	double frac = 0;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	whole = strtoull(s, &end, 10);
	if (errno)
		return -ERANGE;
	if (*end == '.') {
		if (!isdigit((unsigned char)end[1]))
			return -EINVAL;
		frac_end = end + 1 + strspn(end + 1, "0123456789");
		frac = (double)strtoull(end + 1, NULL, 10) / pow(10, (double)(frac_end - end - 1));
		end = frac_end;
	}
	for (; table->name; table++) {
		if (strcmp(end, table->name))
			continue;
		if (whole > UINT64_MAX / table->factor - 1)
			return -ERANGE;
		*out = whole * table->factor + (uint64_t)llround(frac * (double)table->factor);
		return 0;
	}
	return -EINVAL;
}

int kp_str_size(const char *s, uint64_t *out)
{
	return parse_scaled(s, sizes, out);
}

int kp_str_count(const char *s, uint64_t *out)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return kp_str_u64(s, out);
	return parse_scaled(s, counts, out);
}

int kp_str_duration(const char *s, uint64_t *ns_out)
{
	return parse_scaled(s, durations, ns_out);
}

static int list_number(const char **s, uint64_t max, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	errno = 0;
	*out = strtoull(*s, &end, 10);
	if (errno || *out > max)
		return -EINVAL;
	*s = end;
	return 0;
}

int kp_str_list(const char *s, uint64_t max, int (*fn)(void *ctx, uint64_t n), void *ctx)
{
	uint64_t from, to, n;
	int err;

	while (isspace((unsigned char)*s))
		s++;
	while (*s && *s != '\n') {
		err = list_number(&s, max, &from);
		if (err)
			return err;
		to = from;
		if (*s == '-') {
			s++;
			err = list_number(&s, max, &to);
			if (err || to < from)
				return -EINVAL;
		}
		for (n = from; n <= to; n++) {
			err = fn(ctx, n);
			if (err)
				return err;
		}
		if (*s == ',' && s[1])
			s++;
		else if (*s && *s != '\n')
			return -EINVAL;
	}
	return 0;
}

bool kp_str_glob(const char *pattern, const char *s)
{
	return fnmatch(pattern, s, 0) == 0;
}

bool kp_str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	size_t n = len < size ? len : size - 1;

	if (!size)
		return false;
	memcpy(dst, src, n);
	dst[n] = '\0';
	return n == len;
}

char *kp_str_trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

const char *kp_str_ns(char *buf, size_t size, double ns)
{
	static const struct {
		double limit, div;
		const char *unit;
	} steps[] = {
		{1e3,       1,	  "ns"},
		{ 1e6,      1e3, "us"},
		{ 1e9,      1e6, "ms"},
		{ HUGE_VAL, 1e9, "s" },
	};
	size_t i = 0;
	double v;

	/* 999.95 us would print as "1000 us": move up where rounding crosses the step */
	while (ns >= steps[i].limit * (i ? 0.99995 : 0.9995) && i + 1 < KP_ARRAY_SIZE(steps))
		i++;
	v = ns / steps[i].div;
	if (i == 0)
		snprintf(buf, size, "%.0f %s", v, steps[i].unit);
	else
		snprintf(buf, size, "%.*f %s",
			 v < 10	    ? 3
			 : v < 100  ? 2
			 : v < 1000 ? 1
				    : 0,
			 v, steps[i].unit);
	return buf;
}
