// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms.c - kernel functions from a file in the format of /proc/kallsyms: "ADDRESS TYPE NAME"
 * and "[MODULE]" where it belongs to one. Reads the file it is told to.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "symtab.h"

/* Names are shorter than KSYM_NAME_LEN (512) in the kernel. */
#define LINE_MAX_BYTES 1024

struct symbol_line {
	uint64_t addr;
	char type;
	char *name, *module;
};

static bool parse_line(char *line, struct symbol_line *out)
{
	char *end, *name, *module;

	out->addr = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	out->type = end[1];
	name = end + 3;
	end = name + strcspn(name, " \t\n");
	module = *end ? end + strspn(end, " \t") : end;
	*end = '\0';
	out->name = name;
	out->module = NULL;
	if (*module == '[') {
		out->module = module + 1;
		module[strcspn(module, "]\n")] = '\0';
	}
	return *name;
}

/*
 * '$x', '$d' mark code and data for disassemblers on arm64 and riscv. _text and _stext, by which
 * kernels are aligned, are of type D where linker scripts put them outside of any section.
 */
static bool is_wanted(const struct symbol_line *l)
{
	if (!strcmp(l->name, "_text") || !strcmp(l->name, "_stext"))
		return true;
	return strchr("tTwW", l->type) && *l->name != '$';
}

int kp_kallsyms_read(struct kp_symtab *tab, const char *path)
{
	FILE *f = fopen(path, "re");
	bool any = false, shown = false;
	char line[LINE_MAX_BYTES];
	struct symbol_line l;
	int err = 0;

	if (!f)
		return -errno;
	while (!err && fgets(line, sizeof(line), f)) {
		if (!parse_line(line, &l))
			continue;
		any = true;
		shown |= l.addr;
		if (is_wanted(&l))
			err = kp_symtab_add(tab, l.addr, 0, l.name, l.module);
	}
	if (!err && ferror(f))
		err = -EIO;
	fclose(f);
	if (!err && !shown)
		err = any ? -EPERM : -EBADMSG;
	kp_symtab_sort(tab);
	return err;
}
