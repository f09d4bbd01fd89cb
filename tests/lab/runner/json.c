// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking things up in kvmpmu's JSON output for the lab's tests. Pure: touches only what it is
 * given and the named output file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

#define PATH_MAX_LEN 256

json_t *lab_json_load(struct lab_test *t, const char *name)
{
	char *text = lab_exec_stdout(name);
	json_error_t error = { .text = "no output" };
	json_t *root = text ? json_loads(text, 0, &error) : NULL;

	lab_check(t, root, "%s printed no JSON: line %d: %s", name, error.line, error.text);
	free(text);
	return root;
}

static json_t *array_find(json_t *array, char *step)
{
	char *value = strchr(step, '=');
	json_t *element;
	size_t i;

	if (!value)
		return json_array_get(array, strtoul(step, NULL, 10));
	*value++ = '\0';
	json_array_foreach (array, i, element) {
		const char *s = json_string_value(json_object_get(element, step));

		if (s && !strcmp(s, value))
			return element;
	}
	return NULL;
}

json_t *lab_json_get(json_t *root, const char *path)
{
	char copy[PATH_MAX_LEN], *save = NULL;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return NULL;
	for (char *step = strtok_r(copy, ".", &save); step; step = strtok_r(NULL, ".", &save))
		root = json_is_array(root) ? array_find(root, step) : json_object_get(root, step);
	return root;
}

bool lab_json_number(struct lab_test *t, json_t *root, const char *path, double *value)
{
	json_t *node = lab_json_get(root, path);

	*value = json_number_value(node);
	return lab_check(t, json_is_number(node), "%s is %s", path,
			 node ? "not a number" : "missing");
}
