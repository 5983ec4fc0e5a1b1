/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/fd.h"
#include "layout.h"
#include "runtime/elffile.h"
#include "runtime/ldcache.h"

/* A memory file with these bytes, for pread. */
static int memory_file(const void *bytes, size_t n)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, n), 0);
	return fd;
}

static int read_bytes(const void *bytes, size_t n, struct elf *ret)
{
	_close_ int fd = memory_file(bytes, n);
	const char *machine = "";

	return elf_read(fd, ret, &machine);
}

/*
 * A program of three segments: interpreter, dynamic section, one load segment
 * over the whole file at address 0.
 */
struct program {
	Elf64_Ehdr header;
	Elf64_Phdr phdr[3];
	Elf64_Dyn dyn[8];
	char interp[16];
	char strings[64];
};

#define AT(field) offsetof(struct program, field)

static void make_program(
	struct program *p, const char *needed, const char *runpath)
{
	*p = (struct program){0};
	memcpy(p->header.e_ident, ELFMAG, SELFMAG);
	p->header.e_ident[EI_CLASS] = ELFCLASS64;
	p->header.e_ident[EI_DATA] = ELFDATA2LSB;
	p->header.e_ident[EI_VERSION] = EV_CURRENT;
	p->header.e_type = ET_DYN;
	p->header.e_machine = EM_X86_64;
#if defined(__aarch64__)
	p->header.e_machine = EM_AARCH64;
#endif
	p->header.e_phoff = AT(phdr);
	p->header.e_phentsize = sizeof(Elf64_Phdr);
	p->header.e_phnum = 3;
	p->phdr[0] = (Elf64_Phdr){.p_type = PT_INTERP,
		.p_offset = AT(interp),
		.p_filesz = sizeof(p->interp)};
	p->phdr[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
		.p_offset = AT(dyn),
		.p_filesz = sizeof(p->dyn)};
	p->phdr[2] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_filesz = sizeof(*p), .p_memsz = 4096};
	strcpy(p->interp, "/bin/sh");
	strcpy(p->strings + 1, needed);
	strcpy(p->strings + 32, runpath);
	p->dyn[0] = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un.d_ptr = AT(strings)};
	p->dyn[1] = (Elf64_Dyn){
		.d_tag = DT_STRSZ, .d_un.d_val = sizeof(p->strings)};
	p->dyn[2] = (Elf64_Dyn){.d_tag = DT_NEEDED, .d_un.d_val = 1};
	p->dyn[3] = (Elf64_Dyn){.d_tag = DT_RUNPATH, .d_un.d_val = 32};
}

static void program_says_what_its_loader_would_read(void **state)
{
	_elf_ struct elf elf = {0};
	struct program p;

	(void)state;
	make_program(&p, "libx.so.1", "$ORIGIN/../lib");
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), 0);
	assert_string_equal(elf.interp, "/bin/sh");
	assert_words(elf.needed, "libx.so.1");
	assert_string_equal(elf.runpath, "$ORIGIN/../lib");
	assert_null(elf.rpath);
	assert_true(elf.is_dynamic);
}

static void other_machines_are_told(void **state)
{
	_elf_ struct elf elf = {0};
	const char *machine = "";
	struct program p;

	(void)state;
	make_program(&p, "x", "y");
	p.header.e_machine = EM_RISCV;
	_close_ int fd = memory_file(&p, sizeof(p));
	assert_int_equal(elf_read(fd, &elf, &machine), -EXDEV);
	assert_string_equal(machine, "riscv");
	p.header.e_machine = EM_386;
	p.header.e_ident[EI_CLASS] = ELFCLASS32;
	_close_ int fd32 = memory_file(&p, sizeof(p));
	assert_int_equal(elf_read(fd32, &elf, &machine), -EXDEV);
	assert_string_equal(machine, "i386");
}

/* Each of these is one lie in an otherwise good file. */
static void lies_are_refused(void **state)
{
	struct program good, p;
	_elf_ struct elf elf = {0};

	(void)state;
	make_program(&good, "a", "b");
	p = good;
	p.header.e_phoff = UINT64_MAX - 8;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.header.e_phnum = 65535;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.header.e_phentsize = 1;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.header.e_type = ET_CORE;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.phdr[0].p_filesz = UINT64_MAX;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.phdr[1].p_filesz = UINT64_MAX;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.dyn[0].d_un.d_ptr = UINT64_MAX;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.dyn[1].d_un.d_val = UINT64_MAX;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	p.dyn[2].d_un.d_val = UINT64_MAX;
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	memset(p.interp, 'x', sizeof(p.interp));
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	p = good;
	memset(p.strings, 'x', sizeof(p.strings));
	assert_int_equal(read_bytes(&p, sizeof(p), &elf), -ENOEXEC);
	assert_int_equal(read_bytes("text", 4, &elf), 1);
	assert_int_equal(read_bytes(ELFMAG "\2\1\1", 7, &elf), 1);
	assert_int_equal(read_bytes(&good, 40, &elf), -ENOEXEC);
}

/* xorshift64: the same bytes at each run. */
static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void mutate_once(uint8_t *bytes, size_t n, size_t head, uint64_t *seed)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff};
	size_t at = next(seed) % (next(seed) % 4 ? head : n);

	bytes[at] = next(seed) % 2 ? odd[next(seed) % sizeof(odd)]
				   : (uint8_t)next(seed);
}

static void mutated_files_are_read_inside_their_bounds(void **state)
{
	_free_ char *bytes = NULL;
	uint64_t seed = 0x9e3779b97f4a7c15u;
	size_t n = 0, read = 0;

	(void)state;
	assert_int_equal(
		fd_read_file(AT_FDCWD, "/bin/true", 1 << 20, &bytes, &n), 0);
	for (int i = 0; i < 3000; i++) {
		_free_ uint8_t *copy = malloc(n);
		_elf_ struct elf elf = {0};
		int r;

		assert_non_null(copy);
		memcpy(copy, bytes, n);
		for (uint64_t k = next(&seed) % 8 + 1; k; k--)
			mutate_once(copy, n, 1024, &seed);
		r = read_bytes(copy, i % 5 ? n : next(&seed) % n, &elf);
		assert_true(r == 0 || r == 1 || r == -ENOEXEC || r == -EXDEV);
		read += r == 0;
		assert_true(strv_len(elf.needed) <= ELF_MAX_NEEDED);
	}
	/* Both ways out were taken. */
	assert_true(read > 100);
	assert_true(read < 2900);
}

static void write_program(
	const struct layout *l, const char *path, const struct program *p)
{
	_free_ char *full = layout_text(l, path);
	_close_ int fd = -1;

	layout_script(l, path + 2, "");
	fd = open(full, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, p, sizeof(*p)), 0);
}

static void libraries_beside_a_program_are_mounted_alone(void **state)
{
	struct layout *l = *state;
	struct program p;

	make_program(&p, "libx.so.1", "$ORIGIN/../lib");
	write_program(l, "^/home/bin/tool", &p);
	make_program(&p, "liby.so", "$ORIGIN/deep");
	write_program(l, "^/home/lib/libx.so.1.2", &p);
	layout_link(l, "home/lib/libx.so.1", "libx.so.1.2");
	make_program(&p, "libabsent.so", "/nowhere");
	write_program(l, "^/home/lib/deep/liby.so", &p);
	layout_file(l, "home/lib/secret", "x");
	assert_int_equal(layout_discover(l, "^/home/bin/tool"), 0);
	assert_int_equal(l->r->kind, RUNTIME_STATIC);
	assert_mounted(l, "home/bin/tool");
	assert_mounted(l, "home/lib/libx.so.1.2");
	assert_mounted(l, "home/lib/deep/liby.so");
	assert_not_reachable(l, "home/lib/secret");
	assert_linked(l, "home/lib/libx.so.1", "^/home/lib/libx.so.1.2");
}

static void granted_library_path_counts_and_another_does_not(void **state)
{
	struct layout *l = *state;
	struct program p;

	make_program(&p, "libx.so.1", "/nowhere");
	write_program(l, "^/home/bin/tool", &p);
	write_program(l, "^/extra/libx.so.1", &p);
	layout_setenv(l, "LD_LIBRARY_PATH", "^/extra");
	assert_int_equal(layout_discover(l, "^/home/bin/tool"), 0);
	assert_not_reachable(l, "extra/libx.so.1");
	layout_grant(l, "LD_LIBRARY_PATH");
	assert_int_equal(layout_discover(l, "^/home/bin/tool"), 0);
	assert_mounted(l, "extra/libx.so.1");
}

static void program_for_another_machine_cannot_run(void **state)
{
	struct layout *l = *state;
	struct program p;

	make_program(&p, "a", "b");
	p.header.e_machine = EM_RISCV;
	write_program(l, "^/tool", &p);
	assert_int_equal(layout_discover(l, "^/tool"), EXIT_CANNOT_RUN);
	assert_non_null(strstr(l->e.text, "riscv"));
	p.header.e_machine = EM_386;
	p.header.e_ident[EI_CLASS] = ELFCLASS32;
	write_program(l, "^/tool", &p);
	assert_int_equal(layout_discover(l, "^/tool"), EXIT_CANNOT_RUN);
}

static void program_without_its_loader_cannot_run(void **state)
{
	struct layout *l = *state;
	struct program p;

	make_program(&p, "a", "b");
	strcpy(p.interp, "/no/ld.so");
	write_program(l, "^/tool", &p);
	assert_int_equal(layout_discover(l, "^/tool"), EXIT_CANNOT_RUN);
	assert_non_null(strstr(l->e.text, "/no/ld.so"));
}

static void loader_cache_is_read_inside_its_bounds(void **state)
{
	_free_ char *bytes = NULL;
	uint64_t seed = 42;
	const char *path;
	size_t n = 0;

	(void)state;
	assert_int_equal(fd_read_file(AT_FDCWD, LDCACHE_PATH, LDCACHE_MAX_BYTES,
				 &bytes, &n),
		0);
	path = ldcache_find(bytes, n, "libc.so.6");
	assert_non_null(path);
	assert_int_equal(access(path, F_OK), 0);
	assert_null(ldcache_find(bytes, n, "libnothing.so.0"));
	assert_null(ldcache_find("", 0, "libc.so.6"));
	for (int i = 0; i < 500; i++) {
		_free_ char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, bytes, n);
		for (int k = 0; k < 32; k++)
			copy[next(&seed) % 4096 % n] = (char)next(&seed);
		path = ldcache_find(copy, next(&seed) % n, "libc.so.6");
		assert_true(!path || (path >= copy && path < copy + n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_says_what_its_loader_would_read),
		cmocka_unit_test(other_machines_are_told),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(mutated_files_are_read_inside_their_bounds),
		cmocka_unit_test(loader_cache_is_read_inside_its_bounds),
		LAYOUT_TEST(libraries_beside_a_program_are_mounted_alone),
		LAYOUT_TEST(granted_library_path_counts_and_another_does_not),
		LAYOUT_TEST(program_for_another_machine_cannot_run),
		LAYOUT_TEST(program_without_its_loader_cannot_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
