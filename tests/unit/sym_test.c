// SPDX-License-Identifier: GPL-2.0-only
/*
 * sym_test.c - src/sym: this very program as the ELF file, hand-made kallsyms, forks, damaged
 * files.
 */
#include "kp_test.h"

#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sym.h"
#include "sym/symtab.h"

#define PID 42

__attribute__((noinline, used)) static int marker_function(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static struct kp_sym *sym_new(struct kp_sym_opts opts)
{
	struct kp_sym *sym = NULL;
	char err[256] = "";

	assert_int_equal(kp_sym_new(&opts, &sym, err, sizeof(err)), 0);
	return sym;
}

#define SYM(...) sym_new((struct kp_sym_opts){ __VA_ARGS__ })

static char *temp_file(const char *text, size_t size)
{
	char *path = strdup("/tmp/kvmpmu-sym-XXXXXX");
	int fd;

	assert_non_null(path);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
	return path;
}

static void temp_free(char *path)
{
	unlink(path);
	free(path);
}

struct mapping {
	uint64_t start, end, pgoff;
	char file[512];
};

/* The mapping of this program that holds @addr. */
static void own_mapping(uint64_t addr, struct mapping *m)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[1024];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %511s", &m->start,
			   &m->end, &m->pgoff, m->file) == 4 &&
		    addr >= m->start && addr < m->end)
			break;
	fclose(f);
	assert_true(addr >= m->start && addr < m->end);
}

static void map_self(struct kp_sym *sym, uint32_t pid)
{
	struct mapping m = { 0 };

	own_mapping((uint64_t)(uintptr_t)marker_function, &m);
	assert_int_equal(
		kp_sym_map(sym, KP_MODE_HOST_USER, pid, m.start, m.end - m.start, m.pgoff, m.file),
		0);
}

static uint64_t marker(void)
{
	return (uint64_t)(uintptr_t)marker_function;
}

static void test_elf(void **state)
{
	struct kp_sym *sym = SYM();
	struct kp_symbol s;

	(void)state;
	kp_sym_recorded_here(sym, NULL);
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_USER, PID, marker(), &s));
	map_self(sym, PID);
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, PID, marker() + 1, &s));
	assert_string_equal(s.name, "marker_function");
	assert_int_equal(s.offset, 1);
	assert_non_null(strstr(s.module, "sym_test"));
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_USER, PID + 1, marker(), &s));
	assert_false(kp_sym_resolve(sym, KP_MODE_GUEST_USER, PID, marker(), &s));
	kp_sym_free(sym);
}

static void test_recorded_elsewhere(void **state)
{
	struct kp_sym *sym = SYM();
	struct kp_symbol s;

	(void)state;
	map_self(sym, PID);
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, PID, marker(), &s));
	assert_null(s.name);
	assert_non_null(strstr(s.module, "sym_test"));
	kp_sym_free(sym);
}

static void test_symfs(void **state)
{
	struct kp_sym *sym = SYM(.symfs = "/");
	struct kp_symbol s;

	(void)state;
	map_self(sym, PID);
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, PID, marker(), &s));
	assert_string_equal(s.name, "marker_function");
	kp_sym_free(sym);
}

static void test_fork_and_exec(void **state)
{
	struct kp_sym *sym = SYM();
	struct kp_symbol s;

	(void)state;
	kp_sym_map(sym, KP_MODE_HOST_USER, 1, 0x1000, 0x1000, 0, "a");
	kp_sym_fork(sym, 2, 1);
	kp_sym_map(sym, KP_MODE_HOST_USER, 1, 0x1000, 0x1000, 0, "later");
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, 1, 0x1800, &s));
	assert_string_equal(s.module, "later");
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, 2, 0x1800, &s));
	assert_string_equal(s.module, "a");
	kp_sym_exec(sym, 1);
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_USER, 1, 0x1800, &s));
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_USER, 2, 0x1800, &s));
	kp_sym_exec(sym, 2);
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_USER, 2, 0x1800, &s));
	kp_sym_free(sym);
}

static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uint64_t *)base = info->dlpi_addr;
	return 1; /* the program itself comes first */
}

/* A kernel image lies where its symbols say, unless the recording says that it was moved. */
static void test_vmlinux(void **state)
{
	struct kp_sym *sym = SYM(.vmlinux = "/proc/self/exe", .guest_vmlinux = "/proc/self/exe");
	struct kp_symbol s;
	uint64_t base = 0, addr;

	(void)state;
	dl_iterate_phdr(first_object, &base);
	addr = marker() - base;
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, addr + 1, &s));
	assert_string_equal(s.name, "marker_function");
	assert_string_equal(s.module, "[kernel]");
	assert_int_equal(s.offset, 1);
	kp_sym_map(sym, KP_MODE_GUEST_KERNEL, 7, addr + 0x40000000, 0x100000, addr + 0x40000000,
		   "[guest.kernel.kallsyms.7]marker_function");
	assert_true(kp_sym_resolve(sym, KP_MODE_GUEST_KERNEL, 7, addr + 0x40000000, &s));
	assert_string_equal(s.name, "marker_function");
	assert_string_equal(s.module, "[guest.kernel]");
	assert_null(kp_sym_warning(sym, 0));
	kp_sym_free(sym);
}

static const char kallsyms[] = "ffffffff81000000 D _text\n"
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81001000 t helper\n"
			       "not a line\n"
			       "ffffffff81002000 D some_data\n"
			       "ffffffff81003000 T vmx_vcpu_run\n"
			       "ffffffffc0001000 t kvm_init\t[kvm]\n"
			       "ffffffffc0002000 t kvm_exit\t[kvm]\n";

static void test_kallsyms(void **state)
{
	char *path = temp_file(kallsyms, sizeof(kallsyms) - 1);
	struct kp_sym *sym = SYM(.kallsyms = path, .guest_kallsyms = path);
	struct kp_symbol s;

	(void)state;
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0xffffffff81001010, &s));
	assert_string_equal(s.name, "helper");
	assert_string_equal(s.module, "[kernel]");
	assert_int_equal(s.offset, 0x10);
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0xffffffffc0001fff, &s));
	assert_string_equal(s.name, "kvm_init");
	assert_string_equal(s.module, "kvm");
	assert_true(kp_sym_resolve(sym, KP_MODE_GUEST_KERNEL, 9, 0xffffffff81003004, &s));
	assert_string_equal(s.name, "vmx_vcpu_run");
	assert_string_equal(s.module, "[guest.kernel]");
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0x1000, &s));
	kp_sym_free(sym);
	temp_free(path);
}

/* The kernel of the recording lay 0x5000000 higher than the one of the file; modules anywhere. */
static void test_kaslr(void **state)
{
	char *path = temp_file(kallsyms, sizeof(kallsyms) - 1);
	struct kp_sym *sym = SYM(.kallsyms = path);
	struct kp_symbol s;

	(void)state;
	kp_sym_map(sym, KP_MODE_HOST_KERNEL, -1, 0xffffffff86000000, 0x2000000, 0xffffffff86000000,
		   "[kernel.kallsyms]_text");
	kp_sym_map(sym, KP_MODE_HOST_KERNEL, -1, 0xffffffffc0700000, 0x1000, 0, "[kvm]");
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0xffffffff86003004, &s));
	assert_string_equal(s.name, "vmx_vcpu_run");
	assert_int_equal(s.offset, 4);
	assert_true(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0xffffffffc0700010, &s));
	assert_null(s.name);
	assert_string_equal(s.module, "[kvm]");
	kp_sym_free(sym);
	temp_free(path);
}

static void test_hidden_addresses(void **state)
{
	static const char zeros[] = "0000000000000000 T _text\n0000000000000000 t x\n";
	char *path = temp_file(zeros, sizeof(zeros) - 1);
	struct kp_sym *sym = SYM(.kallsyms = path);
	struct kp_symbol s;

	(void)state;
	assert_false(kp_sym_resolve(sym, KP_MODE_HOST_KERNEL, 0, 0xffffffff81001010, &s));
	assert_non_null(strstr(kp_sym_warning(sym, 0), "kptr_restrict"));
	assert_null(kp_sym_warning(sym, 1));
	kp_sym_free(sym);
	temp_free(path);
}

static void test_missing_file(void **state)
{
	struct kp_sym_opts opts = { .guest_vmlinux = "/nonexistent/vmlinux" };
	struct kp_sym *sym = NULL;
	char err[256] = "";

	(void)state;
	assert_int_equal(kp_sym_new(&opts, &sym, err, sizeof(err)), -ENOENT);
	assert_string_equal(err, "/nonexistent/vmlinux: No such file or directory");
	kp_sym_free(NULL);
}

static char *read_self(size_t *size)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_non_null(data);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	close(fd);
	*size = (size_t)st.st_size;
	return data;
}

static void read_damaged(const char *data, size_t size)
{
	struct kp_symtab tab = { .max_bytes = 1 << 20 };
	char *path = temp_file(data, size);

	kp_elf_read(&tab, path, KP_ELF_OFFSET);
	kp_symtab_find(&tab, 0x1000);
	assert_true(tab.entries.nr * sizeof(*tab.entries.at) + tab.names.len < 2 << 20);
	kp_symtab_free(&tab);
	temp_free(path);
}

/* Whatever is in the file: no crash, no unbounded memory (the sanitizers watch). */
static void test_damaged_elf(void **state)
{
	size_t size, cut;
	char *data = read_self(&size), *copy = malloc(size);
	uint64_t seed = 7;
	unsigned int i, k;

	(void)state;
	assert_non_null(copy);
	for (cut = 0; cut < size; cut += cut / 2 + 13)
		read_damaged(data, cut);
	for (i = 0; i < 60; i++) {
		memcpy(copy, data, size);
		for (k = 0; k < 1 + i % 8; k++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			/* the headers are at the ends of the file */
			cut = (size_t)(seed >> 33) % (i % 2 ? 512 : 4096);
			copy[i % 3 ? cut : size - 1 - cut] = (char)(seed >> 24);
		}
		read_damaged(copy, size);
	}
	free(copy);
	free(data);
}

static void test_odd_files(void **state)
{
	struct kp_symtab tab = { .max_bytes = 1 << 20 };
	char dir[] = "/tmp/kvmpmu-sym-XXXXXX", fifo[64];

	(void)state;
	assert_int_equal(kp_elf_read(&tab, "/dev/null", KP_ELF_OFFSET), -EBADMSG);
	assert_int_equal(kp_elf_read(&tab, "/", KP_ELF_OFFSET), -EBADMSG);
	assert_non_null(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(kp_elf_read(&tab, fifo, KP_ELF_OFFSET), -EBADMSG);
	unlink(fifo);
	rmdir(dir);
	kp_symtab_free(&tab);
}

static void test_bounds(void **state)
{
	struct kp_symtab tab = { .max_bytes = 4096 };
	struct kp_sym *sym = SYM();
	unsigned int i;
	int err = 0;

	(void)state;
	for (i = 0; i < 1000 && !err; i++)
		err = kp_symtab_add(&tab, i, 0, "name", NULL);
	assert_int_equal(err, -E2BIG);
	kp_symtab_free(&tab);
	for (i = 0; i < 140000; i++)
		assert_int_equal(kp_sym_map(sym, KP_MODE_HOST_USER, i, 0, 10, 0, "x"), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(kp_sym_fork(sym, 200000 + i + 1, 200000 + i), 0);
	assert_non_null(kp_sym_warning(sym, 0));
	kp_sym_free(sym);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),	      cmocka_unit_test(test_recorded_elsewhere),
		cmocka_unit_test(test_symfs),
		cmocka_unit_test(test_fork_and_exec), cmocka_unit_test(test_vmlinux),
		cmocka_unit_test(test_kallsyms),
		cmocka_unit_test(test_kaslr),	      cmocka_unit_test(test_hidden_addresses),
		cmocka_unit_test(test_missing_file),  cmocka_unit_test(test_damaged_elf),
		cmocka_unit_test(test_odd_files),     cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
