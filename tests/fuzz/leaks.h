/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leaks.h - for targets that parse tracepoint formats: libtraceevent forgets what it has parsed of
 * a format that it then refuses. Not ours to free, bounded by the number of formats. What is
 * allocated outside that one call, the handle itself for one, is still reported.
 *
 * A list of suppressions would need frame pointers in libtraceevent and a symbolizer (Debian 13 has
 * neither). So this definition of the call comes before the library's, and tells the sanitizer.
 */
#ifndef KP_FUZZ_LEAKS_H
#define KP_FUZZ_LEAKS_H

#include <dlfcn.h>
#include <event-parse.h>

void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

enum tep_errno tep_parse_event(struct tep_handle *tep, const char *buf, unsigned long size,
			       const char *sys)
{
	enum tep_errno (*real)(struct tep_handle *, const char *, unsigned long, const char *);
	enum tep_errno ret;

	*(void **)&real = dlsym(RTLD_NEXT, "tep_parse_event");
	if (!real)
		return TEP_ERRNO__MEM_ALLOC_FAILED;
	if (__lsan_disable)
		__lsan_disable();
	ret = real(tep, buf, size, sys);
	if (__lsan_enable)
		__lsan_enable();
	return ret;
}

#endif
