// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf.c - functions of an ELF file through libelf. Reads the file it is told to; whatever that
 * holds, memory stays within the table's bound and the size of its symbol sections.
 */
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symtab.h"

/* Symbol and string tables of the largest programs are around 100 MiB. */
#define SECTION_MAX_BYTES (256ull << 20)
#define SEGMENTS_MAX	  64

struct elf_file {
	Elf *elf;
	struct kp_symtab *tab;
	enum kp_elf_addr how;
	GElf_Phdr load[SEGMENTS_MAX];
	size_t nr_load;
	bool any;
};

static void read_segments(struct elf_file *e)
{
	size_t i, nr = 0;
	GElf_Phdr ph;

	if (elf_getphdrnum(e->elf, &nr))
		return;
	for (i = 0; i < nr && i < 65536 && e->nr_load < SEGMENTS_MAX; i++)
		if (gelf_getphdr(e->elf, (int)i, &ph) && ph.p_type == PT_LOAD)
			e->load[e->nr_load++] = ph;
}

/* Address to offset in the file; without segments (a relocatable file) by the section alone. */
static bool to_offset(const struct elf_file *e, uint64_t *addr)
{
	size_t i;

	for (i = 0; i < e->nr_load; i++) {
		const GElf_Phdr *ph = &e->load[i];

		if (*addr >= ph->p_vaddr && *addr - ph->p_vaddr < ph->p_memsz) {
			*addr = *addr - ph->p_vaddr + ph->p_offset;
			return true;
		}
	}
	return false;
}

/* The kernel's entry code has functions without a type. */
static bool is_function(const struct elf_file *e, const GElf_Sym *s, const char *name)
{
	unsigned int type = GELF_ST_TYPE(s->st_info);

	if (s->st_shndx == SHN_UNDEF || !name || !*name || *name == '$')
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	return e->how == KP_ELF_VADDR && type == STT_NOTYPE && s->st_shndx < SHN_LORESERVE &&
	       strncmp(name, ".L", 2);
}

static int read_symbols(struct elf_file *e, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t i, nr;
	GElf_Sym s;
	int err = 0;

	if (!data || !sh->sh_entsize)
		return -EBADMSG;
	nr = data->d_size / sh->sh_entsize;
	for (i = 0; i < nr && i < INT32_MAX && !err; i++) {
		const char *name;
		uint64_t addr;

		if (!gelf_getsym(data, (int)i, &s))
			break;
		name = elf_strptr(e->elf, sh->sh_link, s.st_name);
		addr = s.st_value;
		if (!is_function(e, &s, name) || (e->how == KP_ELF_OFFSET && !to_offset(e, &addr)))
			continue;
		e->any = true;
		err = kp_symtab_add(e->tab, addr, s.st_size, name, NULL);
	}
	return err;
}

/* .symtab has all that .dynsym has, where it was not stripped. */
static int read_sections(struct elf_file *e, uint32_t type, uint64_t file_size)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh, str;
	int err = 0;

	while (!err && (scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != type)
			continue;
		if (!gelf_getshdr(elf_getscn(e->elf, sh.sh_link), &str))
			continue;
		if (sh.sh_size > file_size || str.sh_size > file_size ||
		    sh.sh_size > SECTION_MAX_BYTES || str.sh_size > SECTION_MAX_BYTES)
			return -EBADMSG;
		err = read_symbols(e, scn, &sh);
	}
	return err;
}

static int read_elf(struct elf_file *e, int fd)
{
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if (elf_version(EV_CURRENT) == EV_NONE)
		return -EBADMSG;
	e->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!e->elf || elf_kind(e->elf) != ELF_K_ELF)
		return -EBADMSG;
	read_segments(e);
	err = read_sections(e, SHT_SYMTAB, (uint64_t)st.st_size);
	if (!err && !e->any)
		err = read_sections(e, SHT_DYNSYM, (uint64_t)st.st_size);
	if (!err && !e->any)
		err = -ENOENT;
	return err;
}

int kp_elf_read(struct kp_symtab *tab, const char *path, enum kp_elf_addr how)
{
	struct elf_file e = { .tab = tab, .how = how };
	int fd, err;

	/* a name in a recording may be that of a FIFO or a device: do not wait for it */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = read_elf(&e, fd);
	elf_end(e.elf);
	close(fd);
	kp_symtab_sort(tab);
	return err;
}
