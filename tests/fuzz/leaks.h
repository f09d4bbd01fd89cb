/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leaks.h - for targets that parse tracepoint formats: libtraceevent 1.7.1 forgets what it has
 * parsed of a format that it then refuses. Not ours to free, and bounded by the number of formats.
 * What is allocated elsewhere, the handle itself for one, is still reported.
 */
#ifndef KP_FUZZ_LEAKS_H
#define KP_FUZZ_LEAKS_H

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:tep_parse_event\nleak:tep_parse_format\n";
}

#endif
