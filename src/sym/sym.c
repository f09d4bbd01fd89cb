// SPDX-License-Identifier: GPL-2.0-only
/*
 * sym.c - which function an address is in: the host's kernel, a guest's kernel, a process. Reads
 * the symbol files named in its options and, when told that they are the right ones, those that
 * processes had mapped.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "maps.h"
#include "sym.h"
#include "symtab.h"

/* Tables of user-space files together; and of one kernel, whose kallsyms has 200,000 lines. */
#define USER_MAX_BYTES	 (16u << 20)
#define KERNEL_MAX_BYTES (32u << 20)
#define WARNINGS_MAX	 8

/**
 * struct kernel - the host's or the guests'
 * @shift: to add to the table's addresses, to get the recording's
 * @ref, @ref_addr: a symbol of the recording's kernel and its address there; NULL: unknown
 */
struct kernel {
	const char *what;
	const char *space_name;
	char *kallsyms, *vmlinux;
	struct kp_symtab tab;
	bool loaded;
	uint64_t shift;
	char ref[32];
	uint64_t ref_addr;
};

struct dso {
	struct kp_symtab tab;
	bool loaded;
};

struct kp_sym {
	struct kernel host, guest;
	struct kp_maps maps;
	KP_VEC(struct dso) dsos; /* by file number of maps */
	size_t user_bytes;
	char *symfs;
	bool here;
	char *warnings[WARNINGS_MAX];
	unsigned int nr_warnings;
};

/* Keys of address spaces: processes by pid; the host's modules and each guest's kernel apart. */
#define KEY_HOST_KERNEL	 KP_BIT64(32)
#define KEY_GUEST_KERNEL KP_BIT64(33)
#define KEY_GUEST_USER	 KP_BIT64(34)

static uint64_t space_key(uint8_t mode, uint32_t pid)
{
	switch (mode) {
	case KP_MODE_HOST_KERNEL:
	case KP_MODE_HYPERVISOR:
		return KEY_HOST_KERNEL;
	case KP_MODE_GUEST_KERNEL:
		return KEY_GUEST_KERNEL | pid;
	case KP_MODE_GUEST_USER:
		return KEY_GUEST_USER | pid;
	default:
		return pid;
	}
}

KP_PRINTF(2, 3) static void warn(struct kp_sym *sym, const char *fmt, ...)
{
	va_list ap;
	char *s;

	if (sym->nr_warnings == WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) >= 0)
		sym->warnings[sym->nr_warnings++] = s;
	va_end(ap);
}

const char *kp_sym_warning(const struct kp_sym *sym, unsigned int idx)
{
	if (idx < sym->nr_warnings)
		return sym->warnings[idx];
	if (idx == sym->nr_warnings && sym->maps.full)
		return "more mappings in the recording than are kept: some symbols are missing";
	return NULL;
}

static const char *why(int err)
{
	switch (err) {
	case -EPERM:
		return "it hides all addresses (kernel.kptr_restrict; root sees them)";
	case -EBADMSG:
		return "no symbols of the expected format in it";
	case -ENOENT:
		return "no such file, or no symbols in it (stripped)";
	case -E2BIG:
		return "too many symbols; some are left out";
	default:
		return strerror(-err);
	}
}

static int take_path(char **dst, const char *path, char *err, size_t err_size)
{
	if (!path)
		return 0;
	if (access(path, R_OK)) {
		int e = -errno;

		snprintf(err, err_size, "%s: %s", path, strerror(-e));
		return e;
	}
	*dst = strdup(path);
	return *dst ? 0 : -ENOMEM;
}

int kp_sym_new(const struct kp_sym_opts *opts, struct kp_sym **out, char *err, size_t err_size)
{
	struct kp_sym *sym = calloc(1, sizeof(*sym));
	int ret;

	if (!sym)
		return -ENOMEM;
	sym->host.what = "kernel";
	sym->host.space_name = "[kernel]";
	sym->guest.what = "guest kernel";
	sym->guest.space_name = "[guest.kernel]";
	sym->host.tab.max_bytes = sym->guest.tab.max_bytes = KERNEL_MAX_BYTES;
	ret = take_path(&sym->host.kallsyms, opts->kallsyms, err, err_size);
	if (!ret)
		ret = take_path(&sym->host.vmlinux, opts->vmlinux, err, err_size);
	if (!ret)
		ret = take_path(&sym->guest.kallsyms, opts->guest_kallsyms, err, err_size);
	if (!ret)
		ret = take_path(&sym->guest.vmlinux, opts->guest_vmlinux, err, err_size);
	if (!ret)
		ret = take_path(&sym->symfs, opts->symfs, err, err_size);
	if (ret) {
		kp_sym_free(sym);
		return ret;
	}
	*out = sym;
	return 0;
}

void kp_sym_recorded_here(struct kp_sym *sym, const char *kallsyms)
{
	sym->here = true;
	/* nobody asked for this file: without it there are just no names */
	if (kallsyms && !sym->host.kallsyms && !sym->host.vmlinux && !access(kallsyms, R_OK))
		sym->host.kallsyms = strdup(kallsyms);
}

static void kernel_free(struct kernel *k)
{
	free(k->kallsyms);
	free(k->vmlinux);
	kp_symtab_free(&k->tab);
}

void kp_sym_free(struct kp_sym *sym)
{
	struct dso *d;
	unsigned int i;

	if (!sym)
		return;
	kernel_free(&sym->host);
	kernel_free(&sym->guest);
	kp_vec_for_each (d, &sym->dsos)
		kp_symtab_free(&d->tab);
	kp_vec_free(&sym->dsos);
	kp_maps_free(&sym->maps);
	for (i = 0; i < sym->nr_warnings; i++)
		free(sym->warnings[i]);
	free(sym->symfs);
	free(sym);
}

/* "[kernel.kallsyms]_text", "[guest.kernel.kallsyms.1234]_stext": the kernel itself. */
static bool kernel_map(struct kernel *k, const char *file, uint64_t pgoff)
{
	const char *ref = strchr(file, ']');

	if (strncmp(file, "[kernel.kallsyms", 16) && strncmp(file, "[guest.kernel.kallsyms", 22))
		return false;
	if (ref && ref[1] && !k->ref[0]) {
		snprintf(k->ref, sizeof(k->ref), "%s", ref + 1);
		k->ref_addr = pgoff;
	}
	return true;
}

int kp_sym_map(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t addr, uint64_t len,
	       uint64_t pgoff, const char *file)
{
	struct kp_map map = { .addr = addr, .end = addr + len, .pgoff = pgoff };
	struct kp_space *s;

	if (map.end < addr)
		map.end = UINT64_MAX;
	if (mode == KP_MODE_HOST_KERNEL && kernel_map(&sym->host, file, pgoff))
		return 0;
	if (mode == KP_MODE_GUEST_KERNEL && kernel_map(&sym->guest, file, pgoff))
		return 0;
	s = kp_maps_space(&sym->maps, space_key(mode, pid), false);
	if (!s)
		return sym->maps.full ? 0 : -ENOMEM;
	return kp_maps_add(&sym->maps, s, map, file);
}

int kp_sym_fork(struct kp_sym *sym, uint32_t pid, uint32_t ppid)
{
	return pid == ppid ? 0 : kp_maps_fork(&sym->maps, pid, ppid);
}

int kp_sym_exec(struct kp_sym *sym, uint32_t pid)
{
	if (!kp_maps_space(&sym->maps, pid, true) && !sym->maps.full)
		return -ENOMEM;
	return 0;
}

/* KASLR: the same kernel lies elsewhere after each boot, its modules too. */
static void kernel_align(struct kp_sym *sym, struct kernel *k)
{
	const struct kp_symtab_entry *e;

	if (!k->ref[0])
		return;
	e = kp_symtab_by_name(&k->tab, k->ref);
	if (!e || !e->addr) {
		warn(sym, "%s symbols: no %s to align them by; they may be shifted", k->what,
		     k->ref);
		return;
	}
	k->shift = k->ref_addr - e->addr;
}

static void kernel_load(struct kp_sym *sym, struct kernel *k)
{
	const char *path = k->vmlinux ? k->vmlinux : k->kallsyms;
	int err;

	k->loaded = true;
	if (!path)
		return;
	err = k->vmlinux ? kp_elf_read(&k->tab, path, KP_ELF_VADDR)
			 : kp_kallsyms_read(&k->tab, path);
	if (err)
		warn(sym, "%s: %s", path, why(err));
	if (err && err != -E2BIG) {
		kp_symtab_free(&k->tab);
		return;
	}
	kernel_align(sym, k);
}

static bool resolve_kernel(struct kp_sym *sym, struct kernel *k, uint64_t key, uint64_t ip,
			   struct kp_symbol *out)
{
	const struct kp_symtab_entry *e;
	const struct kp_map *map;

	if (!k->loaded)
		kernel_load(sym, k);
	map = kp_maps_find(&sym->maps, key, ip);
	out->module = map ? sym->maps.files.at[map->file] : NULL;
	out->offset = map ? ip - map->addr : 0;
	e = kp_symtab_find(&k->tab, ip - k->shift);
	if (!e || (k->shift && e->module))
		return out->module;
	/* a symbol of the kernel before a module is not that module's */
	if (map && !e->module)
		return true;
	out->name = kp_symtab_str(&k->tab, e->name);
	out->offset = ip - k->shift - e->addr;
	if (!out->module)
		out->module = e->module ? kp_symtab_str(&k->tab, e->module) : k->space_name;
	return true;
}

static void dso_load(struct kp_sym *sym, struct dso *d, const char *file)
{
	char *path;
	int err;

	d->loaded = true;
	if (*file != '/' || !strncmp(file, "//", 2) || (!sym->here && !sym->symfs))
		return;
	if (sym->user_bytes >= USER_MAX_BYTES)
		return;
	if (asprintf(&path, "%s%s", sym->symfs ? sym->symfs : "", file) < 0)
		return;
	d->tab.max_bytes = USER_MAX_BYTES - sym->user_bytes;
	err = kp_elf_read(&d->tab, path, KP_ELF_OFFSET);
	if (err == -E2BIG)
		warn(sym, "%s: %s", path, why(err));
	else if (err)
		kp_symtab_free(&d->tab);
	sym->user_bytes += kp_symtab_bytes(&d->tab);
	free(path);
}

static struct dso *dso_of(struct kp_sym *sym, uint32_t file)
{
	struct dso *d;

	while (file >= sym->dsos.nr)
		if (kp_vec_push(&sym->dsos, (struct dso){ 0 }))
			return NULL;
	d = &sym->dsos.at[file];
	if (!d->loaded)
		dso_load(sym, d, sym->maps.files.at[file]);
	return d;
}

static bool resolve_user(struct kp_sym *sym, uint64_t key, uint64_t ip, struct kp_symbol *out)
{
	const struct kp_map *map = kp_maps_find(&sym->maps, key, ip);
	const struct kp_symtab_entry *e;
	struct dso *d;

	if (!map)
		return false;
	out->module = sym->maps.files.at[map->file];
	out->offset = ip - map->addr + map->pgoff;
	d = dso_of(sym, map->file);
	e = d ? kp_symtab_find(&d->tab, out->offset) : NULL;
	if (!e)
		return true;
	out->name = kp_symtab_str(&d->tab, e->name);
	out->offset -= e->addr;
	return true;
}

bool kp_sym_resolve(struct kp_sym *sym, uint8_t mode, uint32_t pid, uint64_t ip,
		    struct kp_symbol *out)
{
	uint64_t key = space_key(mode, pid);

	*out = (struct kp_symbol){ 0 };
	switch (mode) {
	case KP_MODE_HOST_KERNEL:
		return resolve_kernel(sym, &sym->host, key, ip, out);
	case KP_MODE_GUEST_KERNEL:
		return resolve_kernel(sym, &sym->guest, key, ip, out);
	case KP_MODE_HOST_USER:
		return resolve_user(sym, key, ip, out);
	default:
		return false;
	}
}
