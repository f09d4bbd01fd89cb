// SPDX-License-Identifier: GPL-2.0-only
/*
 * cell.c - one value as text: durations, sizes and rates scaled to three digits, counts in groups
 * of three. Touches nothing but its buffer.
 */
#include <inttypes.h>
#include <math.h>

#include "ops.h"

struct scale {
	double div;
	const char *unit;
};

static const struct scale ns_scale[] = {
	{1,    "ns"},
	     { 1e3, "us"},
	    { 1e6, "ms"},
	   { 1e9, "s" }
};
static const struct scale byte_scale[] = {
	{1,	       "B"},
	    { 1 << 10,	       "K"},
	      { 1 << 20,	 "M"},
	{ 1 << 30,	   "G"},
	  { 1099511627776., "T"},
};
static const struct scale rate_scale[] = {
	{1,    "" },
	   { 1e3, "k"},
	 { 1e6, "M"},
	       { 1e9, "G"}
};

/* Three digits and a unit: "612us", "4.93ms", "96.4ms". */
static int scaled(struct kp_buf *buf, double v, const struct scale *scale, size_t nr)
{
	size_t i = 0;
	int digits;

	/* what would round to 1000 belongs to the next unit */
	while (i + 1 < nr && v >= scale[i + 1].div * 0.9995)
		i++;
	v /= scale[i].div;
	digits = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
	if (i == 0 && v == floor(v))
		digits = 0;
	return kp_buf_printf(buf, "%.*f%s", digits, v, scale[i].unit);
}

static int grouped(struct kp_buf *buf, uint64_t v)
{
	char digits[24];
	int i, n = snprintf(digits, sizeof(digits), "%" PRIu64, v), err = 0;

	for (i = 0; i < n && !err; i++) {
		if (i && (n - i) % 3 == 0)
			err = kp_buf_add(buf, ",", 1);
		if (!err)
			err = kp_buf_add(buf, &digits[i], 1);
	}
	return err;
}

static int number(struct kp_buf *buf, enum kp_unit unit, struct kp_val val)
{
	bool whole = val.type == KP_VAL_U64;
	double v = whole ? (double)val.u64 : val.f64;

	switch (unit) {
	case KP_UNIT_NS:
		return scaled(buf, v, ns_scale, KP_ARRAY_SIZE(ns_scale));
	case KP_UNIT_BYTES:
		return scaled(buf, v, byte_scale, KP_ARRAY_SIZE(byte_scale));
	case KP_UNIT_PER_SEC:
		return scaled(buf, v, rate_scale, KP_ARRAY_SIZE(rate_scale));
	case KP_UNIT_PERCENT:
		return kp_buf_printf(buf, "%.2f", v);
	case KP_UNIT_COUNT:
		if (whole)
			return grouped(buf, val.u64);
		/* a mean of counts: its fraction matters while it is small */
		if (v >= 9999.5 && v < 1e18)
			return grouped(buf, (uint64_t)(v + 0.5));
		break;
	case KP_UNIT_NONE:
		break;
	}
	if (whole)
		return kp_buf_printf(buf, "%" PRIu64, val.u64);
	return kp_buf_printf(buf, "%.4g", v);
}

int kp_out_cell(struct kp_buf *buf, enum kp_unit unit, struct kp_val val)
{
	switch (val.type) {
	case KP_VAL_STR:
		return kp_buf_add(buf, val.str, __builtin_strlen(val.str));
	case KP_VAL_BOOL:
		return kp_buf_printf(buf, "%s", val.b ? "yes" : "no");
	case KP_VAL_HEX:
		return kp_buf_printf(buf, "0x%" PRIx64, val.u64);
	case KP_VAL_U64:
		return number(buf, unit, val);
	case KP_VAL_F64:
		if (isfinite(val.f64))
			return number(buf, unit, val);
		return kp_buf_add(buf, "-", 1);
	case KP_VAL_NONE:
		return kp_buf_add(buf, "-", 1);
	}
	return -EINVAL;
}
