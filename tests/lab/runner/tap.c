// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results of the lab's tests as TAP (Test Anything Protocol) on stdout, which is the machine's
 * console. A test that neither checks anything nor skips has failed: a test that cannot fail is not
 * one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner.h"

struct lab_test {
	unsigned int nr_checks, nr_failed;
	char *skip_reason;	/* owned */
};

bool lab_check(struct lab_test *t, bool ok, const char *fmt, ...)
{
	va_list ap;

	t->nr_checks++;
	if (ok)
		return true;
	t->nr_failed++;
	printf("#   failed: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

unsigned int lab_failed(const struct lab_test *t)
{
	return t->nr_failed;
}

void lab_forgive(struct lab_test *t, unsigned int failed)
{
	t->nr_failed = failed;
}

void lab_skip(struct lab_test *t, const char *fmt, ...)
{
	va_list ap;

	free(t->skip_reason);
	va_start(ap, fmt);
	if (vasprintf(&t->skip_reason, fmt, ap) < 0)
		t->skip_reason = NULL;
	va_end(ap);
}

void lab_note(struct lab_test *t, const char *fmt, ...)
{
	va_list ap;

	(void)t;
	printf("#   ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static bool case_run(const struct lab_case *c, unsigned int number)
{
	struct lab_test t = { 0 };
	time_t start = time(NULL);
	bool ok;

	c->run(&t);
	lab_note(&t, "took %ld s", (long)(time(NULL) - start));
	if (!t.nr_checks && !t.skip_reason)
		lab_check(&t, false, "the test checked nothing");
	ok = !t.nr_failed;
	printf("%s %u - %s", ok ? "ok" : "not ok", number, c->name);
	if (ok && t.skip_reason)
		printf(" # SKIP %s", t.skip_reason);
	putchar('\n');
	free(t.skip_reason);
	return ok;
}

/* A word of the kernel's command line holds no space: '_' stands for it. */
static bool is_wanted(const char *name, const char *only)
{
	char word[256];
	size_t i;

	snprintf(word, sizeof(word), "%s", name);
	for (i = 0; word[i]; i++)
		if (word[i] == ' ')
			word[i] = '_';
	return strstr(word, only);
}

unsigned int lab_cases_run(const struct lab_machine *machine, const char *only)
{
	unsigned int nr = 0, failed = 0, n = 0;

	for (const struct lab_case *c = machine->cases; c->name; c++)
		nr += is_wanted(c->name, only);
	printf("TAP version 13\n1..%u\n", nr);
	for (const struct lab_case *c = machine->cases; c->name; c++)
		if (is_wanted(c->name, only))
			failed += !case_run(c, ++n);
	return failed;
}
