// SPDX-License-Identifier: GPL-2.0-only
/*
 * driver.c - turns a fuzz target into a plain program: feeds LLVMFuzzerTestOneInput() each file
 * named on the command line, and with -pN the file cut short at N places. Reads files, nothing
 * else. corpus.t runs it in every build, sanitized ones too, whatever the compiler.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_file(const char *path, uint8_t **data, size_t *size)
{
	FILE *f = fopen(path, "rb");
	long end = -1;

	*data = NULL;
	if (!f)
		goto fail;
	if (fseek(f, 0, SEEK_END) || (end = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		goto fail;
	*size = (size_t)end;
	/* Exactly as long as the file: reading past it is what a sanitizer shall see. */
	*data = malloc(*size ? *size : 1);
	if (!*data || fread(*data, 1, *size, f) != *size)
		goto fail;
	fclose(f);
	return 0;
fail:
	perror(path);
	free(*data);
	if (f)
		fclose(f);
	return -1;
}

static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return;
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	size_t cuts = 0;
	int i, ret = 0;

	for (i = 1; i < argc; i++) {
		uint8_t *data;
		size_t size, cut;

		/* -pN: also the file cut off at N places spread over it */
		if (!strncmp(argv[i], "-p", 2)) {
			cuts = strtoul(argv[i] + 2, NULL, 0);
			continue;
		}
		if (read_file(argv[i], &data, &size)) {
			ret = 1;
			continue;
		}
		run(data, size);
		for (cut = 0; cut < cuts; cut++)
			run(data, size * cut / cuts);
		free(data);
	}
	return ret;
}
