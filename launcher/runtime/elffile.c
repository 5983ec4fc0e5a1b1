/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/elffile.h"

#include <elf.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

#define ELF_MAX_PHDRS 128
#define ELF_MAX_DYNAMIC 4096

#if defined(__x86_64__)
#define ELF_NATIVE EM_X86_64
#elif defined(__aarch64__)
#define ELF_NATIVE EM_AARCH64
#else
#define ELF_NATIVE EM_NONE
#endif

struct elf_file {
	int fd;
	uint64_t size;
	Elf64_Phdr phdr[ELF_MAX_PHDRS];
	size_t n_phdr;
	uint64_t strings; /* offset of the string table; it may be huge */
	uint64_t n_strings;
};

void elf_deinit(struct elf *elf)
{
	free(elf->interp);
	strv_free(elf->needed);
	free(elf->rpath);
	free(elf->runpath);
	*elf = (struct elf){0};
}

static const char *elf_machine_name(unsigned machine, unsigned class)
{
	static const struct {
		unsigned machine;
		const char *name;
	} names[] = {{EM_386, "i386"}, {EM_ARM, "arm"}, {EM_AARCH64, "aarch64"},
		{EM_X86_64, "x86_64"}, {EM_RISCV, "riscv"}, {EM_PPC64, "ppc64"},
		{EM_S390, "s390"}, {EM_MIPS, "mips"}};

	if (machine == EM_X86_64 && class != ELFCLASS64)
		return "x32";
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "an unknown machine";
}

static int elf_pread(
	const struct elf_file *f, uint64_t offset, void *bytes, size_t n)
{
	uint64_t end;
	size_t done = 0;

	if (__builtin_add_overflow(offset, n, &end) || end > f->size)
		return -ENOEXEC;
	while (done < n) {
		ssize_t r = pread(f->fd, (char *)bytes + done, n - done,
			(off_t)(offset + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ENOEXEC;
		done += (size_t)r;
	}
	return 0;
}

/* A string of at most @n bytes that ends inside them; the caller frees. */
static int elf_text(
	const struct elf_file *f, uint64_t offset, uint64_t n, char **ret_text)
{
	char text[PATH_MAX];
	size_t room = n < sizeof(text) ? (size_t)n : sizeof(text);
	int r = elf_pread(f, offset, text, room);

	if (r < 0)
		return r;
	if (!memchr(text, '\0', room))
		return -ENOEXEC;
	*ret_text = strdup(text);
	return *ret_text ? 0 : -ENOMEM;
}

static int elf_header(struct elf_file *f, const char **ret_machine)
{
	Elf64_Ehdr h = {0};
	int r = 0;

	if (f->size < EI_NIDENT || elf_pread(f, 0, h.e_ident, EI_NIDENT) < 0 ||
		memcmp(h.e_ident, ELFMAG, SELFMAG) != 0)
		return 1;
	/* e_machine lies at the same place in both classes. */
	if (f->size < sizeof(Elf32_Ehdr) ||
		elf_pread(f, 0, &h, sizeof(Elf32_Ehdr)) < 0)
		return -ENOEXEC;
	if (h.e_ident[EI_DATA] != ELFDATA2LSB || h.e_machine != ELF_NATIVE ||
		h.e_ident[EI_CLASS] != ELFCLASS64) {
		*ret_machine =
			elf_machine_name(h.e_machine, h.e_ident[EI_CLASS]);
		return -EXDEV;
	}
	r = elf_pread(f, 0, &h, sizeof(h));
	if (r < 0)
		return r;
	if ((h.e_type != ET_EXEC && h.e_type != ET_DYN) ||
		h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phnum == 0 ||
		h.e_phnum > ELF_MAX_PHDRS)
		return -ENOEXEC;
	f->n_phdr = h.e_phnum;
	return elf_pread(f, h.e_phoff, f->phdr, f->n_phdr * sizeof(*f->phdr));
}

static const Elf64_Phdr *elf_segment(const struct elf_file *f, uint32_t type)
{
	for (size_t i = 0; i < f->n_phdr; i++)
		if (f->phdr[i].p_type == type)
			return &f->phdr[i];
	return NULL;
}

/* Where an address lies in the file. */
static int elf_offset(
	const struct elf_file *f, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < f->n_phdr; i++) {
		const Elf64_Phdr *p = &f->phdr[i];
		uint64_t offset;

		if (p->p_type != PT_LOAD || address < p->p_vaddr ||
			address - p->p_vaddr >= p->p_filesz)
			continue;
		if (__builtin_add_overflow(
			    p->p_offset, address - p->p_vaddr, &offset))
			return -ENOEXEC;
		*ret_offset = offset;
		return 0;
	}
	return -ENOEXEC;
}

static int elf_find_strings(
	struct elf_file *f, const Elf64_Dyn *dyn, size_t n_dyn)
{
	uint64_t address = 0, size = 0, end;
	int r;

	for (size_t i = 0; i < n_dyn && dyn[i].d_tag != DT_NULL; i++) {
		if (dyn[i].d_tag == DT_STRTAB)
			address = dyn[i].d_un.d_ptr;
		if (dyn[i].d_tag == DT_STRSZ)
			size = dyn[i].d_un.d_val;
	}
	/* A static-pie has a dynamic section without strings at times. */
	if (!address || !size)
		return 0;
	r = elf_offset(f, address, &f->strings);
	if (r < 0)
		return r;
	if (__builtin_add_overflow(f->strings, size, &end) || end > f->size)
		return -ENOEXEC;
	f->n_strings = size;
	return 0;
}

static int elf_take_entry(
	const struct elf_file *f, const Elf64_Dyn *d, struct elf *elf)
{
	_free_ char *text = NULL;
	int r;

	if (d->d_tag != DT_NEEDED && d->d_tag != DT_RPATH &&
		d->d_tag != DT_RUNPATH)
		return 0;
	if (d->d_un.d_val >= f->n_strings)
		return -ENOEXEC;
	r = elf_text(f, f->strings + d->d_un.d_val,
		f->n_strings - d->d_un.d_val, &text);
	if (r < 0)
		return r;
	if (d->d_tag == DT_NEEDED)
		return strv_len(elf->needed) >= ELF_MAX_NEEDED
			       ? -ENOEXEC
			       : strv_add(&elf->needed, text);
	if (d->d_tag == DT_RPATH && !elf->rpath)
		elf->rpath = take_ptr(text);
	else if (d->d_tag == DT_RUNPATH && !elf->runpath)
		elf->runpath = take_ptr(text);
	return 0;
}

static int elf_dynamic(struct elf_file *f, struct elf *elf)
{
	const Elf64_Phdr *p = elf_segment(f, PT_DYNAMIC);
	_free_ Elf64_Dyn *dyn = NULL;
	size_t n;
	int r;

	if (!p)
		return 0;
	elf->is_dynamic = true;
	n = (size_t)(p->p_filesz / sizeof(*dyn));
	if (p->p_filesz / sizeof(*dyn) > ELF_MAX_DYNAMIC)
		return -ENOEXEC;
	dyn = calloc(n + 1, sizeof(*dyn));
	if (!dyn)
		return -ENOMEM;
	r = elf_pread(f, p->p_offset, dyn, n * sizeof(*dyn));
	if (r == 0)
		r = elf_find_strings(f, dyn, n);
	for (size_t i = 0; r == 0 && i < n && dyn[i].d_tag != DT_NULL; i++)
		r = elf_take_entry(f, &dyn[i], elf);
	return r;
}

static int elf_interp(const struct elf_file *f, struct elf *elf)
{
	const Elf64_Phdr *p = elf_segment(f, PT_INTERP);

	if (!p)
		return 0;
	elf->is_dynamic = true;
	/* The kernel asks for the terminating NUL too. */
	if (p->p_filesz < 2 || p->p_filesz > PATH_MAX)
		return -ENOEXEC;
	return elf_text(f, p->p_offset, p->p_filesz, &elf->interp);
}

int elf_read(int fd, struct elf *ret, const char **ret_machine)
{
	struct elf_file f = {.fd = fd};
	_elf_ struct elf elf = {0};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	f.size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	r = elf_header(&f, ret_machine);
	if (r == 0)
		r = elf_interp(&f, &elf);
	if (r == 0)
		r = elf_dynamic(&f, &elf);
	if (r != 0)
		return r;
	*ret = elf;
	elf = (struct elf){0};
	return 0;
}
