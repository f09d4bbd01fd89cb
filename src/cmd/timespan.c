// SPDX-License-Identifier: GPL-2.0-only
/*
 * timespan.c - parses --time. Touches nothing but its arguments.
 */
#include "timespan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

/* "SECONDS" of @len characters; an empty one leaves the bound open. */
static int bound(const char *s, size_t len, uint64_t *ns)
{
	char text[32];

	*ns = 0;
	if (!len)
		return 0;
	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, s, len);
	text[len] = '\0';
	/* a suffix would be a duration, which a point in time is not */
	if (text[strspn(text, "0123456789.")])
		return -EINVAL;
	return kp_str_duration(text, ns) ? -EINVAL : 0;
}

static int percent(const char **s, double *out)
{
	char *end;

	if (!strchr("0123456789.", **s) || !**s)
		return -EINVAL;
	*out = strtod(*s, &end);
	if (*end != '%' || !(*out >= 0 && *out <= 100))
		return -EINVAL;
	*s = end + 1;
	return 0;
}

static int shares(const char *s, const struct kp_meta *meta, struct kp_timespan *out)
{
	uint64_t slice, length = meta->sample_last_ns - meta->sample_first_ns;
	double a, b;

	if (percent(&s, &a))
		return -EINVAL;
	if (*s == '-') {
		s++;
		if (percent(&s, &b) || *s || b < a)
			return -EINVAL;
	} else if (*s == '/') {
		if (kp_str_u64(s + 1, &slice) || !slice || (double)slice * a > 100.0 + 1e-9)
			return -EINVAL;
		b = (double)slice * a;
		a = b - a;
	} else {
		return -EINVAL;
	}
	if (!meta->has_sample_time || meta->sample_last_ns < meta->sample_first_ns)
		return -ENODATA;
	out->from_ns = meta->sample_first_ns + (uint64_t)((double)length * a / 100);
	out->to_ns = meta->sample_first_ns + (uint64_t)((double)length * b / 100);
	return 0;
}

int kp_timespan_parse(const char *s, const struct kp_meta *meta, struct kp_timespan *out)
{
	const char *comma = strchr(s, ',');

	*out = (struct kp_timespan){ 0 };
	if (strchr(s, '%'))
		return shares(s, meta, out);
	if (!comma || strchr(comma + 1, ',') || !s[1])
		return -EINVAL;
	if (bound(s, (size_t)(comma - s), &out->from_ns) ||
	    bound(comma + 1, strlen(comma + 1), &out->to_ns))
		return -EINVAL;
	return out->to_ns && out->to_ns < out->from_ns ? -EINVAL : 0;
}
