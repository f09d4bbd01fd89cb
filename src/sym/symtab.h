/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symtab.h - a table of symbols by address, and where it is filled from. Private to src/sym.
 */
#ifndef KP_SYM_SYMTAB_H
#define KP_SYM_SYMTAB_H

#include "lib/buf.h"
#include "lib/vec.h"

/** struct kp_symtab_entry - @name, @module: offsets in names; module 0: none */
struct kp_symtab_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t name;
	uint32_t module;
};

/**
 * struct kp_symtab - zero-initialise, set @max_bytes, add, then sort; owns its memory
 * @max_bytes: bound on entries and names together
 */
struct kp_symtab {
	KP_VEC(struct kp_symtab_entry) entries;
	struct kp_buf names;
	size_t max_bytes;
};

/**
 * kp_symtab_add - @module may be NULL; @size 0: up to the next. 0, -ENOMEM, -E2BIG past max_bytes
 */
int kp_symtab_add(struct kp_symtab *tab, uint64_t addr, uint64_t size, const char *name,
		  const char *module);

/** kp_symtab_sort - to be called once everything is added, before find */
void kp_symtab_sort(struct kp_symtab *tab);

/** kp_symtab_find - the symbol that covers @addr, or NULL */
const struct kp_symtab_entry *kp_symtab_find(const struct kp_symtab *tab, uint64_t addr);

/** kp_symtab_by_name - linear; NULL if none */
const struct kp_symtab_entry *kp_symtab_by_name(const struct kp_symtab *tab, const char *name);

size_t kp_symtab_bytes(const struct kp_symtab *tab);
void kp_symtab_free(struct kp_symtab *tab);

static inline const char *kp_symtab_str(const struct kp_symtab *tab, uint32_t off)
{
	return tab->names.data + off;
}

/**
 * kp_kallsyms_read - functions of a file in /proc/kallsyms format
 * Return: 0; -errno of the file; -EPERM when all addresses are hidden (kptr_restrict); -EBADMSG
 * when no line makes sense; -E2BIG, -ENOMEM.
 */
int kp_kallsyms_read(struct kp_symtab *tab, const char *path);

/** enum kp_elf_addr - what addresses of an ELF file's symbols become */
enum kp_elf_addr {
	KP_ELF_VADDR, /* as they are: a kernel image */
	KP_ELF_OFFSET, /* offsets in the file, as mappings have them: also right for ET_DYN */
};

/**
 * kp_elf_read - functions of an ELF file, from .symtab and .dynsym
 * Return: 0; -errno of the file; -EBADMSG no or a damaged ELF file; -ENOENT no symbols; -E2BIG,
 * -ENOMEM.
 */
int kp_elf_read(struct kp_symtab *tab, const char *path, enum kp_elf_addr how);

#endif
