// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the machines' tests share: guests that count themselves, their PMIs, and comparing small
 * files. Runs programs and reads files of the emulated machine only.
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

/* What the guest itself read must be what its code is known to do, to the instruction. */
static void counter_check(struct lab_test *t, json_t *counter, bool frozen)
{
	double min, max, expected_min, expected_max;

	if (!lab_json_number(t, counter, "read_min", &min) ||
	    !lab_json_number(t, counter, "read_max", &max))
		return;
	if (frozen) {
		lab_check(t, !min && !max, "a frozen counter read %.0f to %.0f", min, max);
		return;
	}
	if (!lab_json_number(t, counter, "expected_min", &expected_min) ||
	    !lab_json_number(t, counter, "expected_max", &expected_max))
		return;
	lab_check(t, min >= expected_min && max <= expected_max,
		  "instructions %.0f to %.0f instead of %.0f to %.0f", min, max, expected_min,
		  expected_max);
}

static void guest_check(struct lab_test *t, const struct lab_guest *guest)
{
	json_t *root, *counters;
	double iterations;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = guest->name,
		.argv = { "kvmpmu", "bench", "--raw", "pmu", "--iterations", "20", "--counters",
			  guest->nr_counters, "--cpu-list", guest->cpu, "--format", "json" },
	});
	lab_check(t, !r, "kvmpmu bench --raw pmu: status %d", r);
	root = lab_json_load(t, guest->name);
	if (lab_json_number(t, root, "iterations", &iterations))
		lab_check(t, iterations == 20, "%.0f iterations", iterations);
	counters = lab_json_get(root, "counters");
	lab_check(t, json_array_size(counters) == strtoul(guest->nr_counters, NULL, 10),
		  "%zu counters instead of %s", json_array_size(counters), guest->nr_counters);
	for (size_t i = 0; i < json_array_size(counters); i++) {
		json_t *c = json_array_get(counters, i);
		const char *event = json_string_value(json_object_get(c, "event"));

		if (event && !strcmp(event, "instructions"))
			counter_check(t, c, guest->frozen);
	}
	json_decref(root);
}

/* What failed in a run that was not the last is shown, and not counted. */
void lab_guest_check(struct lab_test *t, const struct lab_guest *guest)
{
	unsigned int i, failed = lab_failed(t);

	for (i = 1;; i++) {
		guest_check(t, guest);
		if (lab_failed(t) == failed || i >= guest->tries)
			return;
		printf("#   %s: run %u was disturbed, once more\n", guest->name, i);
		lab_forgive(t, failed);
	}
}

long lab_irqs(const char *label)
{
	char *text = lab_file_read("/proc/interrupts"), *save = NULL;
	long sum = -1;

	if (!text)
		return -1;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *p = strstr(line, label) ? strchr(line, ':') : NULL, *end;

		if (!p)
			continue;
		sum = 0;
		for (p++;; p = end) {
			long n = strtol(p, &end, 10);

			if (end == p)
				break;
			sum += n;
		}
		break;
	}
	free(text);
	return sum;
}

void lab_pmi_check(struct lab_test *t, const char *name, bool nmi)
{
	json_t *root;
	int r;

	r = lab_exec(&(struct lab_exec){
		.name = name,
		.argv = { "kvmpmu", "bench", "--raw", "pmi", "--iterations", "20", "--format",
			  "json", nmi ? "--nmi" : NULL },
	});
	lab_check(t, !r, "kvmpmu bench --raw pmi: status %d", r);
	root = lab_json_load(t, name);
	lab_expect_check(t, root, (struct lab_expect[]){
		{ "iterations", 20, 20 },
		{ "vcpus.0.irqs", 20, 20 },
		{ "vcpus.0.pmis_lost", 0, 0 },
		{ 0 },
	});
	json_decref(root);
}
