// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - messages to stderr, one write each so that lines of several threads do not mix.
 */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum kp_log_level kp_log_level = KP_LOG_WARN;

static const char *const prefixes[] = {
	[KP_LOG_ERR] = "kvmpmu: ",
	[KP_LOG_WARN] = "kvmpmu: warning: ",
	[KP_LOG_INFO] = "kvmpmu: ",
	[KP_LOG_DEBUG] = "kvmpmu: debug: ",
};

void kp_log(enum kp_log_level level, const char *fmt, ...)
{
	char line[1024];
	size_t len;
	va_list ap;

	if (level > kp_log_level)
		return;
	len = strlen(prefixes[level]);
	memcpy(line, prefixes[level], len + 1);
	va_start(ap, fmt);
	vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s\n", line);
}
