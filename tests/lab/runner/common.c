// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machines' tests share: KVM's selftests as workloads, and comparing small files. Runs
 * programs and reads files of the emulated machine only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

void lab_file_check(struct lab_test *t, const char *path, const char *want)
{
	char *text = lab_file_read(path);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	lab_check(t, text && !strcmp(text, want), "%s is \"%s\" instead of \"%s\"", path,
		  text ? text : strerror(errno), want);
	free(text);
}

void lab_selftest_check(struct lab_test *t, const char *name, int status)
{
	char path[64];
	int r;

	/* They load their own file as the guest's image, so the name alone does not do. */
	snprintf(path, sizeof(path), "/bin/%s", name);
	r = lab_exec(&(struct lab_exec){ .name = name, .argv = { path } });
	lab_check(t, r == status, "%s: status %d instead of %d", name, r, status);
}
