/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sym.h - addresses to symbols: host kernel and user space, guest kernel. libelf and kallsyms.
 * Includes kp.h and event.h.
 */
#ifndef KP_SYM_H
#define KP_SYM_H

#include "event.h"

struct kp_sym;

/**
 * struct kp_sym_opts - all borrowed for the call, NULL: none
 * @kallsyms: host kernel symbols (/proc/kallsyms format). Made on another boot, it is shifted to
 *	where the recording's kernel lay, and its modules are ignored
 * @vmlinux: host kernel image with symbols
 * @guest_kallsyms, @guest_vmlinux: the guest's
 * @symfs: prefix for the files of user-space mappings; without it they are not opened, unless
 *	kp_sym_recorded_here()
 */
struct kp_sym_opts {
	const char *kallsyms;
	const char *vmlinux;
	const char *guest_kallsyms;
	const char *guest_vmlinux;
	const char *symfs;
};

/**
 * struct kp_symbol - @name and @module are borrowed from the kp_sym; NULL unknown
 * @offset: of the address in the symbol, or in the module's file when @name is unknown
 */
struct kp_symbol {
	const char *name;
	const char *module;
	uint64_t offset;
};

/** kp_sym_new - 0, -errno of a file named in @opts with @err saying which and why */
int kp_sym_new(const struct kp_sym_opts *opts, struct kp_sym **out, char *err, size_t err_size);
void kp_sym_free(struct kp_sym *sym);

/**
 * kp_sym_recorded_here - this is the machine of the recording: its files are the ones that were
 * mapped, and @kallsyms (NULL: none) has the kernel's symbols, unless the options named others
 */
void kp_sym_recorded_here(struct kp_sym *sym, const char *kallsyms);

/**
 * kp_sym_map - a mapping of a process or a kernel (MMAP, MMAP2 records); newer ones hide older
 * The kernel's own, "[kernel.kallsyms]_text", tells by @pgoff where its _text lay when recorded.
 * What exceeds the bounds of the tables is dropped. 0 or -ENOMEM
 */
int kp_sym_map(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t addr, uint64_t len,
	       uint64_t pgoff, const char *file);

/** kp_sym_fork - @pid starts with the mappings of @ppid. 0 or -ENOMEM */
int kp_sym_fork(struct kp_sym *sym, uint32_t pid, uint32_t ppid);

/** kp_sym_exec - @pid starts anew. 0 or -ENOMEM */
int kp_sym_exec(struct kp_sym *sym, uint32_t pid);

/**
 * kp_sym_resolve - true and @out when a symbol or at least a module is known
 *
 * Uses the mappings as they are now. Symbol files are read when first needed; one that cannot be
 * read, or that would take too much memory, gives no names.
 */
bool kp_sym_resolve(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t ip,
		    struct kp_symbol *out);

/** kp_sym_warning - what the user should know (one line each), index from 0; NULL: no more */
const char *kp_sym_warning(const struct kp_sym *sym, unsigned int idx);

#endif
