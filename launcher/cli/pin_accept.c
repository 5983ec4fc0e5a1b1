/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person accepts is what was shown: should the server have said
 * something else meanwhile, that waits to be looked at in its turn.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/deeds.h"
#include "cli/pin.h"
#include "cli/profile_show.h"

#define ANSWER_MAX 64

/* As approvals have it: somebody who is there, and not a program's pipe. */
static bool is_foreground(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* 1 yes; 0 no; -EIO: not all of it could be shown. */
static int agrees(const struct pin_server *s)
{
	char answer[ANSWER_MAX];

	(void)printf("\nAccept this of %s", s->store.server);
	if (s->store.tenant) {
		(void)printf(", for tenant ");
		print_escaped(s->store.tenant);
	}
	(void)printf(", as it is shown? Type yes: ");
	if (fflush(stdout) != 0 || ferror(stdout))
		return -EIO;
	if (!fgets(answer, sizeof(answer), stdin))
		return 0;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcmp(answer, "yes") == 0;
}

struct chosen {
	const struct pin_cli *cli;
	const struct pins *shown;
	const char *server;
	struct deed *deed;
	struct err *err;
	size_t taken, other;
};

static const struct pin *find_same(const struct pins *now, const struct pin *p)
{
	for (size_t i = 0; i < pins_count(now); i++) {
		const struct pin *q = pins_at(now, i);

		if (q->kind == p->kind && q->name_len == p->name_len &&
			memcmp(q->name, p->name, p->name_len) == 0)
			return q;
	}
	return NULL;
}

/* It was shown as another one's new name, and still is that. */
static const struct pin *shown_was(const struct pin *shown, const struct pin *q)
{
	return shown->was && q->was &&
			       shown->was->name_len == q->was->name_len &&
			       memcmp(shown->was->name, q->was->name,
				       q->was->name_len) == 0
		       ? q->was
		       : NULL;
}

static int accept_shown(struct pins *now, void *context)
{
	struct chosen *c = context;
	int r = 0;

	for (size_t i = 0; r == 0 && i < pins_count(c->shown); i++) {
		const struct pin *p = pins_at(c->shown, i);
		const struct pin *q, *was;

		if (!pin_waits(c->cli, p))
			continue;
		q = find_same(now, p);
		if (!q || !q->other || q->other_len != p->other_len ||
			memcmp(q->other, p->other, p->other_len) != 0) {
			c->other++;
			continue;
		}
		/* What is not in the log is not accepted. */
		r = c->deed ? 0 : deeds_begin("pin accept", &c->deed, c->err);
		if (r == 0)
			r = deeds_pin(c->deed, c->server, q, c->err);
		if (r < 0)
			break;
		c->taken++;
		was = shown_was(p, q);
		r = pins_accept(now, p->kind, p->name, p->name_len, p->other,
			p->other_len);
		if (r == 0 && was)
			r = pins_retire(
				now, was->kind, was->name, was->name_len);
	}
	return r;
}

static int accept_one(
	const struct pin_cli *c, const struct pin_server *s, struct err *e)
{
	struct chosen chosen = {
		.cli = c,
		.shown = s->pins,
		.server = s->store.server,
		.err = e,
	};
	int r = pin_diff_server(c, s), end;

	if (r != 0)
		return r < 0 ? err_set(e, r, "standard output") : 1;
	r = agrees(s);
	if (r < 0)
		return err_set(e, r, "standard output; nothing was accepted");
	if (r == 0) {
		(void)puts("Nothing was accepted.");
		return 1;
	}
	r = pin_store_change(s->store.name, accept_shown, &chosen, e);
	end = deed_end(chosen.deed, r < 0 ? EXIT_REFUSED : 0,
		r < 0 ? "nothing was accepted" : "done", e);
	deed_free(chosen.deed);
	if (r < 0 || end < 0)
		return r < 0 ? r : end;
	(void)printf("%zu accepted. A session that runs takes it at its next "
		     "start.\n",
		chosen.taken);
	if (chosen.other)
		log_line("pin: %zu changed once more meanwhile: look again",
			chosen.other);
	return chosen.taken == 0;
}

int pin_accept(
	const struct pin_cli *c, const struct pin_servers *s, struct err *e)
{
	bool any = false;

	if (!is_foreground())
		return err_status(e, EXIT_REFUSED,
			"pin accept: only somebody at a terminal, in its "
			"foreground, accepts a definition");
	for (size_t i = 0; i < s->n; i++) {
		int r = accept_one(c, &s->all[i], e);

		if (r < 0)
			return r;
		any |= r == 0;
	}
	return !any;
}
