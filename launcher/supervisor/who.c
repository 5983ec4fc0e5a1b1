/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/who.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/record.h"
#include "supervisor/look.h"

/* Names by which clients tell a program in which of their sessions it runs. */
static const char *const client_sessions[] = {
	"CLAUDE_CODE_SESSION_ID", "CODEX_SESSION_ID", "CURSOR_SESSION_ID"};

static void put_link(struct record *rec, enum record_field id, const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));

	if (n > 0)
		record_put_text(rec, id, target, (size_t)n);
}

static void put_client(struct record *rec)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)getppid());
	put_link(rec, FIELD_CLIENT_EXE, path);
	record_put_u64(rec, FIELD_CLIENT_PID, (uint64_t)getppid());
	for (size_t i = 0; i < ELEMENTS(client_sessions); i++) {
		const char *value = getenv(client_sessions[i]);

		if (!value)
			continue;
		record_put_text(
			rec, FIELD_CLIENT_SESSION, value, strnlen(value, 256));
		break;
	}
}

void who_put(struct record *rec)
{
	record_put_str(rec, FIELD_VERSION, STOCKADE_VERSION);
	record_put_u64(rec, FIELD_UID, getuid());
	put_link(rec, FIELD_EXE, "/proc/self/exe");
	record_put_u64(rec, FIELD_PID, (uint64_t)getpid());
	put_client(rec);
}

void who_put_person(struct record *rec)
{
	struct approval_peer us;

	process_look(getpid(), NULL, 0, &us);
	if (us.tty[0])
		record_put_str(rec, FIELD_BY_TTY, us.tty);
	record_put_str(rec, FIELD_BY_ANCESTRY, us.ancestry);
}
