/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/deeds.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "keeper/token_desk.h"
#include "policy/pins.h"
#include "supervisor/who.h"

void deeds_guard(void)
{
	static const int ignored[] = {SIGPIPE, SIGXFSZ};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < ELEMENTS(ignored); i++)
		(void)sigaction(ignored[i], &ignore, NULL);
}

int deeds_begin(const char *purpose, struct deed **ret, struct err *e)
{
	_free_ struct record *start = malloc(sizeof(*start));
	struct utsname host;

	if (!start)
		return err_set(e, -ENOMEM, "the audit log");
	record_init(start, RECORD_SESSION_START);
	who_put(start);
	who_put_person(start);
	record_put_str(start, FIELD_CLIENT_PURPOSE, purpose);
	if (uname(&host) == 0)
		record_put_str(start, FIELD_KERNEL, host.release);
	return deed_begin(start, ret, e);
}

int deeds_token(struct deed *d, enum record_type type, const struct token *t,
	const char *reason, struct err *e)
{
	struct record *rec = deed_record(d);

	record_init(rec, type);
	record_put_str(rec, FIELD_SERVER_NAME, t->server);
	token_record(rec, t);
	if (reason)
		record_put_str(rec, FIELD_REASON, reason);
	return deed_add(d, t->server, e);
}

int deeds_policy(struct deed *d, const struct deed_policy *p, struct err *e)
{
	struct record *rec = deed_record(d);

	record_init(rec, RECORD_POLICY_CHANGED);
	record_put_str(rec, FIELD_KIND, p->kind);
	record_put_str(rec, FIELD_NAME, p->name);
	if (p->key_id)
		record_put_str(rec, FIELD_KEY_ID, p->key_id);
	if (p->old)
		record_put_hash(rec, FIELD_OLD, p->old);
	if (p->new)
		record_put_hash(rec, FIELD_NEW, p->new);
	record_put_str(rec, FIELD_REASON, p->reason);
	return deed_add(d, "", e);
}

int deeds_pin(struct deed *d, const char *server, const struct pin *pin,
	struct err *e)
{
	struct record *rec = deed_record(d);

	record_init(rec, RECORD_PIN_ACCEPTED);
	record_put_str(rec, FIELD_SERVER_NAME, server);
	record_put_str(rec, FIELD_KIND, pin_kind_name(pin->kind));
	record_put_text(rec, FIELD_NAME, pin->name, pin->name_len);
	record_put_hash_of(rec, FIELD_OLD, pin->accepted, pin->accepted_len);
	record_put_hash_of(rec, FIELD_NEW, pin->other, pin->other_len);
	return deed_add(d, "", e);
}
