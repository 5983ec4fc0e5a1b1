/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers of the audit log: a file that anybody may have written, as a
 * session's log and as a ledger.
 *
 * The first byte says how much of it was there at first: the rest comes later,
 * as it does with --follow. A file that is found sound is chained without a
 * gap, by a second, simpler check.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "keeper/audit_check.h"
#include "keeper/audit_entry.h"
#include "keeper/audit_reader.h"
#include "keeper/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SESSION "00112233445566778899aabbccddeeff"

static void require(bool ok)
{
	if (!ok)
		abort();
}

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("audit", MFD_CLOEXEC);

	require(fd >= 0 && fd_write_all(fd, data, size) == 0);
	require(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void read_entry(const struct audit_line *line)
{
	static const char *const names[] = {
		"type", "session", "server.name", "fragment.bytes", "a.b.c"};
	_entry_ struct audit_entry e = {NULL};
	uint64_t number;

	if (!audit_entry_parse(&e, line->text, line->len))
		return;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		(void)audit_entry_text(&e, names[i]);
		(void)audit_entry_number(&e, names[i], &number);
	}
	(void)audit_entry_time(&e);
}

static void on_finding(void *context, const struct finding *f)
{
	uint64_t *n = context;
	char text[200];

	(*n)++;
	finding_text(f, text, sizeof(text));
	require(text[0] && strlen(text) + 1 < sizeof(text));
	require(finding_word(f->kind)[0] != '\0');
}

/* Reads all there is; what is left over is half a line. */
static uint64_t read_all(struct audit_reader *reader, struct audit_check *check)
{
	struct audit_line line;
	uint64_t bytes = 0;
	int r;

	while ((r = audit_reader_next(reader, &line)) == 1) {
		require(line.len <= RECORD_LINE_MAX);
		require(!memchr(line.text, '\n', line.len));
		bytes += line.len + 1;
		read_entry(&line);
		(void)audit_check_line(check, &line);
	}
	require(r == 0);
	return bytes;
}

/* The chain by the book: no line that does not follow from the one before. */
static bool chained(const char *name, const uint8_t *data, size_t size)
{
	struct chain chain;

	chain_init(&chain, name);
	while (size) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) : 0, text_len;
		uint8_t hash[CHAIN_HASH], want[CHAIN_HASH];

		/* Half a line at the end is not the chain's concern. */
		if (!newline)
			return true;
		if (!chain_split((const char *)data, len, &text_len, hash))
			return false;
		chain_hash(chain.head, data, text_len, want);
		if (memcmp(hash, want, CHAIN_HASH) != 0)
			return false;
		memcpy(chain.head, hash, CHAIN_HASH);
		data += len + 1;
		size -= len + 1;
	}
	return true;
}

static void try_chain(
	const char *name, const uint8_t *data, size_t size, size_t first)
{
	struct audit_reader reader;
	struct audit_check check;
	struct audit_line half;
	uint64_t found = 0;
	int fd = file_of(data, size);

	audit_check_init(&check, name, 1);
	check.report = on_finding;
	check.context = &found;
	audit_reader_init(&reader, fd);
	reader.left = first;
	(void)read_all(&reader, &check);
	reader.left = UINT64_MAX;
	(void)read_all(&reader, &check);
	audit_check_end(&check);
	require(found == check.found);
	require(found != 0 || chained(name, data, size));
	if (audit_reader_half(&reader, &half))
		require(size > 0 && data[size - 1] != '\n');
	audit_reader_deinit(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t first;

	if (size == 0)
		return 0;
	first = (size_t)data[0] * (size - 1) / 255;
	try_chain(SESSION, data + 1, size - 1, first);
	try_chain(LEDGER_CHAIN, data + 1, size - 1, first);
	return 0;
}
