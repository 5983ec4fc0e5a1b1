/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/keeper.h"

#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "keeper/state.h"

DEFINE_CLEANUP(keeper);

static const uint32_t relay_permit =
	SOURCE_TYPE(RECORD_CALL) | SOURCE_TYPE(RECORD_RESULT) |
	SOURCE_TYPE(RECORD_LIMIT_HIT) | SOURCE_TYPE(RECORD_PROTOCOL_REFUSED) |
	SOURCE_TYPE(RECORD_ANOMALY) | SOURCE_TYPE(RECORD_APPROVAL_ASKED) |
	SOURCE_TYPE(RECORD_PIN_FIRST) | SOURCE_TYPE(RECORD_PIN_CHANGED) |
	SOURCE_TYPE(RECORD_PIN_ACCEPTED);
static const uint32_t supervisor_permit = SOURCE_TYPE(RECORD_SESSION_END) |
					  SOURCE_TYPE(RECORD_LIMIT_HIT) |
					  SOURCE_TYPE(RECORD_ANOMALY);

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < ELEMENTS(k->sources); i++)
		source_deinit(&k->sources[i]);
	fd_close(&k->c.relay_fd);
	fd_close(&k->c.supervisor_fd);
	fd_close(&k->c.liveness_fd);
	fd_close(&k->c.cgroup_fd);
	desk_free(k->desk);
	audit_file_deinit(&k->file);
	ledger_deinit(&k->ledger);
	audit_key_free(k->key);
	spill_folder_deinit(&k->spill);
	pin_folder_deinit(&k->pins);
	token_desk_free(k->tokens);
	buf_deinit(&k->out);
	free(k->folder);
	free(k);
}

/* A terminal's Ctrl-C reaches the whole group; a reader of stderr that went
 * away or a limit on file sizes must not end the log. */
static int signals_ignore(struct err *e)
{
	static const int ignored[] = {
		SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ELEMENTS(ignored); i++)
		if (sigaction(ignored[i], &ignore, NULL) < 0)
			return err_set(e, -errno, "signals of the keeper");
	return 0;
}

static int keeper_sources(struct keeper *k)
{
	int r = source_init(&k->sources[SOURCE_RELAY], "relay",
		k->c.relay_records, relay_permit);

	if (r < 0)
		return r;
	return source_init(&k->sources[SOURCE_SUPERVISOR], "supervisor",
		k->c.supervisor_records, supervisor_permit);
}

void keeper_disown(struct keeper *k)
{
	k->sources[SOURCE_RELAY].fd = -1;
	k->sources[SOURCE_SUPERVISOR].fd = -1;
	k->c.relay_fd = k->c.supervisor_fd = -1;
	k->c.liveness_fd = k->c.cgroup_fd = -1;
}

int keeper_new(
	const struct keeper_config *c, struct keeper **ret, struct err *e)
{
	_cleanup_(keeper_cleanup) struct keeper *k = calloc(1, sizeof(*k));
	_close_ int dir = -1;
	int r;

	if (!k)
		return err_set(e, -ENOMEM, "keeper");
	keeper_init(k, c);
	r = keeper_prepare(k, &dir, e);
	if (r == 0)
		r = signals_ignore(e);
	if (r == 0 && c->about)
		r = desk_new(c->about, &k->desk, e);
	else if (r == 0)
		desk_sweep();
	if (r == 0 && c->approvers)
		r = token_desk_new(c, &k->tokens, e);
	if (r < 0)
		return r;
	r = keeper_open(k, dir, c->start, e);
	if (r < 0)
		return r;
	k->c = *c;
	k->c.start = NULL;
	k->relay_heard = k->supervisor_heard = true;
	r = keeper_sources(k);
	if (r < 0) {
		keeper_disown(k);
		return err_set(e, r, "record pipes of the keeper");
	}
	spill_folder_open(&k->spill, k->c.session, k->c.spill);
	*ret = take_ptr(k);
	return 0;
}

int keeper_socket_folder(const struct keeper *k)
{
	return k->desk ? k->desk->folder : -1;
}

int keeper_pin_folder(const struct keeper *k)
{
	return k->pins.fd;
}

int keeper_spill_folder(const struct keeper *k)
{
	return k->spill.folder;
}

int keeper_spill_parent(const struct keeper *k)
{
	return k->spill.parent;
}

int keeper_token_folder(const struct keeper *k)
{
	return k->tokens ? k->tokens->store.folder : -1;
}

int keeper_token_marks(const struct keeper *k)
{
	return k->tokens ? k->tokens->store.spent : -1;
}

size_t keeper_fds(const struct keeper *k, int ret_fds[16])
{
	const int all[] = {k->sources[SOURCE_RELAY].fd,
		k->sources[SOURCE_SUPERVISOR].fd, k->c.relay_fd,
		k->c.supervisor_fd, k->c.liveness_fd, k->c.cgroup_fd,
		k->file.fd, k->ledger.fd, k->desk ? k->desk->listener : -1,
		k->desk ? k->desk->folder : -1, k->spill.parent,
		k->spill.folder, k->pins.fd, keeper_token_folder(k),
		keeper_token_marks(k), k->tokens ? k->tokens->store.clock : -1};
	size_t n = 0;

	_Static_assert(ELEMENTS(all) <= 16, "the caller has room for 16");
	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i] >= 0)
			ret_fds[n++] = all[i];
	return n;
}
