/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/audit_roster.h"

#include <ctype.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "keeper/audit_entry.h"
#include "keeper/ledger.h"
#include "keeper/lock.h"

struct audit_roster {
	struct audit_session **list;
	size_t n, size;
	void *tree; /* the same by file, for tsearch(3) */
	struct audit_check check;
	struct audit_ledger_state ledger;
};

#define LOCK_WAIT_MS 1000

static int by_file(const void *a, const void *b)
{
	const struct audit_session *x = a, *y = b;

	return strcmp(x->file, y->file);
}

static int by_file_in_list(const void *a, const void *b)
{
	struct audit_session *const *x = a, *const *y = b;

	return by_file(*x, *y);
}

bool audit_name_parse(const char *name, char ret_session[SESSION_HEX + 1])
{
	static const char form[] = "dddd-dd-dd-";
	const size_t day = sizeof(form) - 1;
	char session[SESSION_HEX + 1];

	if (strlen(name) != AUDIT_NAME_LEN)
		return false;
	for (size_t i = 0; i < day; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)name[i])
				   : name[i] != form[i])
			return false;
	memcpy(session, name + day, SESSION_HEX);
	session[SESSION_HEX] = '\0';
	if (!hex_valid(session, SESSION_HEX) ||
		strcmp(name + day + SESSION_HEX, ".jsonl") != 0)
		return false;
	memcpy(ret_session, session, sizeof(session));
	return true;
}

static void node_keep(void *node)
{
	(void)node;
}

void audit_roster_free(struct audit_roster *r)
{
	if (!r)
		return;
	tdestroy(r->tree, node_keep);
	for (size_t i = 0; i < r->n; i++)
		free(r->list[i]);
	free(r->list);
	free(r);
}

const struct audit_ledger_state *audit_roster_ledger(
	const struct audit_roster *r)
{
	return &r->ledger;
}

size_t audit_roster_count(const struct audit_roster *r)
{
	return r->n;
}

const struct audit_session *audit_roster_get(
	const struct audit_roster *r, size_t i)
{
	return r->list[i];
}

static int roster_grow(struct audit_roster *r)
{
	size_t size = r->size ? 2 * r->size : 64;
	struct audit_session **list;

	if (r->n < r->size)
		return 0;
	list = reallocarray(r->list, size, sizeof(struct audit_session *));
	if (!list)
		return -ENOMEM;
	r->list = list;
	r->size = size;
	return 0;
}

/* The session of that file name, which is added if it is not there yet. */
static int roster_put(
	struct audit_roster *r, const char *file, struct audit_session **ret)
{
	_free_ struct audit_session *s = calloc(1, sizeof(*s));
	struct audit_session *const *found;

	if (!s || roster_grow(r) < 0)
		return -ENOMEM;
	if (!audit_name_parse(file, s->session))
		return -EINVAL;
	memcpy(s->file, file, AUDIT_NAME_LEN);
	found = tsearch(s, &r->tree, by_file);
	if (!found)
		return -ENOMEM;
	*ret = *found;
	if (*found == s)
		r->list[r->n++] = take_ptr(s);
	return 0;
}

static int roster_look(struct audit_roster *r, int dirfd, const char *name)
{
	struct audit_session *s;
	_close_ int fd = -1;
	struct stat st;
	int e = roster_put(r, name, &s);

	if (e < 0)
		return e;
	fd = openat(dirfd, name,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	s->seen = true;
	s->running = file_locked(fd);
	s->complete = S_ISREG(st.st_mode) && !(st.st_mode & S_IWUSR);
	return 0;
}

static int roster_list(struct audit_roster *r, int dirfd, struct err *e)
{
	const struct dirent *entry;
	_dir_ DIR *d = NULL;
	int n = dir_open(dirfd, &d);

	while (n == 0 && (n = dir_next(d, &entry)) == 1) {
		char session[SESSION_HEX + 1];

		n = audit_name_parse(entry->d_name, session)
			    ? roster_look(r, dirfd, entry->d_name)
			    : 0;
		if (n < 0)
			(void)err_set(e, n, "audit file %s", entry->d_name);
	}
	return n < 0 ? err_set(e, n, "audit folder") : 0;
}

static bool hash_parse(const char *hex, uint8_t ret[CHAIN_HASH])
{
	return hex && hex_valid(hex, (size_t)2 * CHAIN_HASH) &&
	       hex_bytes(hex, ret, CHAIN_HASH);
}

/* A line that is in its place: what it says of its session counts. */
static int roster_enter(struct audit_roster *r, const struct audit_line *line)
{
	_entry_ struct audit_entry e = {NULL};
	const char *type, *file, *session;
	struct audit_session *s = NULL;
	uint8_t head[CHAIN_HASH];
	uint64_t count;
	int n;

	if (!audit_entry_parse(&e, line->text, line->len))
		return -EINVAL;
	type = audit_entry_text(&e, "type");
	file = audit_entry_text(&e, "file");
	session = audit_entry_text(&e, "session");
	if (!type || !file || !session ||
		!audit_entry_number(&e, "count", &count) || count == 0 ||
		!hash_parse(audit_entry_text(&e, "head"), head))
		return -EINVAL;
	n = roster_put(r, file, &s);
	if (n < 0)
		return n;
	if (strcmp(s->session, session) != 0 || s->ended || count < s->count)
		return -EINVAL;
	if (strcmp(type, "start") == 0)
		s->listed = true;
	else if (strcmp(type, "end") == 0)
		s->ended = true;
	else if (strcmp(type, "checkpoint") != 0)
		return -EINVAL;
	s->count = count;
	memcpy(s->head, head, CHAIN_HASH);
	return 0;
}

/* Half a line, left by a crash, that the next writer found and vouched for. */
static bool ledger_excuse(void *context, const struct check_held *held,
	const struct audit_line *next)
{
	struct audit_ledger_state *ledger = context;
	_entry_ struct audit_entry e = {NULL};
	uint8_t hash[CHAIN_HASH];
	uint64_t bytes;

	if (held->sealed || !audit_entry_parse(&e, next->text, next->len) ||
		!audit_entry_number(&e, "fragment.bytes", &bytes) ||
		!hash_parse(audit_entry_text(&e, "fragment.sha256"), hash))
		return false;
	if (bytes != held->len || memcmp(hash, held->whole, CHAIN_HASH) != 0)
		return false;
	ledger->fragments++;
	return true;
}

static int roster_lines(struct audit_roster *r, struct audit_reader *reader)
{
	struct audit_line line;
	int n;

	while ((n = audit_reader_next(reader, &line)) == 1) {
		uint64_t seq = r->check.chain.count;

		r->ledger.lines++;
		if (!audit_check_line(&r->check, &line))
			continue;
		n = roster_enter(r, &line);
		if (n == -ENOMEM)
			return n;
		if (n < 0)
			audit_check_report(&r->check, FINDING_BAD_ENTRY,
				line.number, seq, seq);
	}
	if (n < 0)
		return n;
	audit_check_end(&r->check);
	if (audit_reader_half(reader, &line))
		r->ledger.fragments++;
	return 0;
}

/* Locked only to see where it ends: what stands before that never changes,
 * and no line is half there. */
static int ledger_measure(struct audit_reader *reader)
{
	int n = file_lock(reader->fd, LOCK_SH, LOCK_WAIT_MS);
	off_t size;

	if (n < 0)
		return n;
	size = lseek(reader->fd, 0, SEEK_END);
	file_unlock(reader->fd);
	if (size < 0 || lseek(reader->fd, 0, SEEK_SET) < 0)
		return -errno;
	reader->left = (uint64_t)size;
	return 0;
}

static int roster_ledger(struct audit_roster *r, int dirfd, struct err *e)
{
	struct audit_reader reader;
	int n = audit_reader_open(&reader, dirfd, LEDGER_NAME);

	if (n == 1)
		return 0;
	if (n < 0)
		return err_set(e, n, LEDGER_NAME);
	r->ledger.there = true;
	n = ledger_measure(&reader);
	if (n == -EWOULDBLOCK)
		(void)err_say(
			e, n, LEDGER_NAME " is kept locked by another process");
	if (n == 0)
		n = roster_lines(r, &reader);
	audit_reader_deinit(&reader);
	return n < 0 ? err_set(e, n, LEDGER_NAME) : 0;
}

int audit_roster_read(int dirfd,
	void (*report)(void *context, const struct finding *f), void *context,
	struct audit_roster **ret, struct err *e)
{
	_cleanup_(audit_roster_cleanup) struct audit_roster *r =
		calloc(1, sizeof(*r));
	int n;

	if (!r)
		return err_set(e, -ENOMEM, "audit folder");
	audit_check_init(&r->check, LEDGER_CHAIN, 0);
	r->check.report = report;
	r->check.excuse = ledger_excuse;
	r->check.excuse_context = &r->ledger;
	r->check.context = context;
	n = roster_list(r, dirfd, e);
	if (n == 0)
		n = roster_ledger(r, dirfd, e);
	if (n < 0)
		return n;
	r->ledger.findings = r->check.found;
	if (r->n)
		qsort(r->list, r->n, sizeof(struct audit_session *),
			by_file_in_list);
	*ret = take_ptr(r);
	return 0;
}
