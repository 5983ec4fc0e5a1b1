/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/deed.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>

#include "keeper/state.h"

/* A file that grew over a limit, or a reader of stderr that went away, must
 * not end us in the middle either. */
static const int ignored[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE, SIGXFSZ};

struct deed {
	struct keeper *k;
	char session[SESSION_HEX + 1];
	struct sigaction before[ELEMENTS(ignored)];
};

static void signals_ignore(struct deed *d)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ELEMENTS(ignored); i++)
		(void)sigaction(ignored[i], &ignore, &d->before[i]);
}

static void signals_restore(const struct deed *d)
{
	for (size_t i = 0; i < ELEMENTS(ignored); i++)
		(void)sigaction(ignored[i], &d->before[i], NULL);
}

void deed_free(struct deed *d)
{
	if (!d)
		return;
	keeper_free(d->k);
	signals_restore(d);
	free(d);
}

/* No server, no tenant, and nobody who writes into it but us. */
static int make_keeper(struct deed *d)
{
	const struct keeper_config c = {
		.relay_records = -1,
		.supervisor_records = -1,
		.relay_fd = -1,
		.supervisor_fd = -1,
		.liveness_fd = -1,
		.cgroup_fd = -1,
		.session = d->session,
		.server_name = "",
	};
	uint8_t random[SESSION_HEX / 2];

	d->k = calloc(1, sizeof(*d->k));
	if (!d->k)
		return -ENOMEM;
	randombytes_buf(random, sizeof(random));
	hex_text(d->session, random, sizeof(random));
	keeper_init(d->k, &c);
	/* What goes wrong is told by who called. */
	d->k->said = true;
	return 0;
}

int deed_begin(struct record *start, struct deed **ret, struct err *e)
{
	struct deed *d = sodium_init() < 0 ? NULL : calloc(1, sizeof(*d));
	_close_ int dir = -1;
	int r;

	if (!d)
		return err_set(e, -ENOMEM, "the audit log");
	signals_ignore(d);
	r = make_keeper(d);
	if (r == 0)
		r = keeper_prepare(d->k, &dir, e);
	if (r == 0)
		r = keeper_open(d->k, dir, start, e);
	if (r < 0) {
		deed_free(d);
		return err_set(e, r, "the audit log");
	}
	*ret = d;
	return 0;
}

struct record *deed_record(struct deed *d)
{
	return &d->k->own;
}

static int failed(const struct deed *d, int r, struct err *e)
{
	return err_set(e, r, "audit log %s/%s", d->k->folder, d->k->file_name);
}

/* The end always has its room. */
static int add(struct deed *d, uint64_t keep)
{
	struct keeper *k = d->k;
	int r = k->own.failed;

	if (r == 0)
		r = audit_file_reserve(&k->file, k->own.cost + keep);
	return r < 0 ? r : keeper_write_own(k);
}

int deed_add(struct deed *d, const char *server, struct err *e)
{
	int r;

	d->k->line.server_name = server;
	r = add(d, OWN_ROOM);
	d->k->line.server_name = d->k->c.server_name;
	return r < 0 ? failed(d, r, e) : 0;
}

int deed_end(struct deed *d, int status, const char *cause, struct err *e)
{
	struct keeper *k = d ? d->k : NULL;
	int r;

	if (!d)
		return 0;
	record_init(&k->own, RECORD_SESSION_END);
	record_put_u64(&k->own, FIELD_STATUS, (uint64_t)status);
	record_put_str(&k->own, FIELD_CAUSE, cause);
	r = add(d, 0);
	audit_file_trim(&k->file);
	if (r == 0)
		r = keeper_end_ledger(k);
	if (r == 0)
		audit_file_complete(&k->file);
	return r < 0 ? failed(d, r, e) : 0;
}
