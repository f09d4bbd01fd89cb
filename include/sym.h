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
 * @kallsyms: host kernel symbols (/proc/kallsyms format); only right when the recording was made on
 *	this boot of this machine
 * @vmlinux: host kernel image with symbols
 * @guest_kallsyms, @guest_vmlinux: the guest's
 * @symfs: prefix for user-space files
 */
struct kp_sym_opts {
	const char *kallsyms;
	const char *vmlinux;
	const char *guest_kallsyms;
	const char *guest_vmlinux;
	const char *symfs;
};

/** struct kp_symbol - @name and @module are borrowed from the kp_sym; NULL unknown */
struct kp_symbol {
	const char *name;
	const char *module;
	uint64_t offset;
};

/** kp_sym_new - 0, -errno of a file named in @opts with @err saying which and why */
int kp_sym_new(const struct kp_sym_opts *opts, struct kp_sym **out, char *err, size_t err_size);
void kp_sym_free(struct kp_sym *sym);

/** kp_sym_map - a mapping of a process or the kernel (MMAP, MMAP2 records) */
int kp_sym_map(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t addr, uint64_t len,
	       uint64_t pgoff, const char *file);

/** kp_sym_resolve - true and @out when a symbol or at least a module is known */
bool kp_sym_resolve(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t ip,
		    struct kp_symbol *out);

#endif
