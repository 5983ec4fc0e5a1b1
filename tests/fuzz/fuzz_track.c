/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of messages so that later ones can be matched with them.
 * Lines of either side, one after the other, in one session: nothing grows
 * beyond its bound, what is cut stays a message that needs no cutting, and what
 * was remembered is found.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz_json.h"
#include "policy/page.h"
#include "policy/uri.h"
#include "policy/versions.h"
#include "relay/elicited.h"
#include "relay/listen.h"
#include "relay/pages.h"
#include "relay/progress.h"
#include "relay/tasks.h"
#include "relay/wanted.h"

struct world {
	struct json_scanner *s;
	struct pending calls;
	struct tasks tasks;
	struct wanted wanted;
	struct elicited elicited;
	struct pages pages;
	struct listen_names uris;
};

static bool b_is_known(void *context, const struct json_value *id)
{
	(void)context;
	return json_string_eq(id, "b");
}

static void check_cut(struct world *w, int n, struct out *o, bool list)
{
	struct out again = OUT_INIT(o->max);
	struct message m;

	if (n != 0)
		return;
	if (message_read(w->s, DIR_S2C, o->data, o->len, &m) < 0 ||
		m.verdict != VERDICT_OK)
		abort();
	n = list ? task_list_cut(
			   o->data, o->len, &m.result, b_is_known, NULL, &again)
		 : version_cut(o->data, o->len, &m.result, &again);
	if (n != 1)
		abort();
	out_deinit(&again);
}

static void cut(
	struct world *w, const struct message *m, const char *line, size_t len)
{
	struct out o = OUT_INIT(len + 16), p = OUT_INIT(len + 16);

	check_cut(w, version_cut(line, len, &m->result, &o), &o, false);
	check_cut(w, task_list_cut(line, len, &m->result, b_is_known, NULL, &p),
		&p, true);
	out_deinit(&o);
	out_deinit(&p);
}

/* Exactly its bytes, so that a look beyond them is found. */
static void spelling(const struct json_value *uri)
{
	size_t len =
		uri->type == JSON_STRING ? json_string_copy(uri, NULL, 0) : 0;
	char *text = malloc(len + !len);

	if (!text)
		return;
	if (len)
		(void)json_string_copy(uri, text, len);
	if (uri_is_plain(text, len) &&
		(memmem(text, len, "/../", 4) || memchr(text, '\\', len)) &&
		!memchr(text, '?', len) && !memchr(text, '#', len))
		abort();
	free(text);
}

static void request(struct world *w, const struct message *m)
{
	struct json_value v, uri;
	struct listen *l = NULL;
	struct wanted_here here;
	struct mark mark;
	struct call *c;

	(void)version_fault(m, &v);
	(void)pages_are_over(&w->pages, m);
	if (listen_new(m, &l) == 0 && l && listen_refuses(l, m) == NULL)
		abort();
	listen_free(l);
	if (m->params.type == JSON_OBJECT &&
		json_get(&m->params, "uri", &uri) &&
		listen_add(&w->uris, &uri) >= 0 &&
		!(listen_has(&w->uris, &uri) && listen_has_uri(&w->uris, &uri)))
		abort();
	if (m->params.type == JSON_OBJECT && json_get(&m->params, "uri", &uri))
		spelling(&uri);
	(void)page_params_valid(&m->params);
	c = pending_find(&w->calls, &m->id) ? NULL
					    : pending_add(&w->calls, &m->id);
	if (!c)
		return;
	c->method = c->of = m->method;
	c->era = m->era;
	c->wants_task = task_wanted(m);
	c->paged = pages_ask(&w->pages, m, &c->subject);
	if (progress_wish(m, &v) == PROGRESS_WANTED)
		c->token = progress_add(&w->calls.progress, &v);
	if (m->params.type == JSON_OBJECT && json_get(&m->params, "name", &v))
		wanted_subject(&w->wanted, m, &v, &mark);
	if (m->params.type != JSON_OBJECT)
		return;
	wanted_look(&w->wanted, &c->subject, m, &here);
	(void)wanted_has(&here, &m->method_name);
}

static void answer(
	struct world *w, const struct message *m, const char *line, size_t len)
{
	struct call *c = pending_find(&w->calls, &m->id);
	struct json_value task, id;

	(void)message_result_confused(&m->result);
	(void)page_error_valid(&m->error);
	if (m->kind == MESSAGE_RESULT)
		cut(w, m, line, len);
	if (!c)
		return;
	wanted_note(&w->wanted, &c->subject, &m->result);
	if (!tasks_refuses(&w->tasks, m, c)) {
		tasks_settle(&w->tasks, m, c);
		if (m->kind == MESSAGE_RESULT && c->wants_task &&
			task_created(c->era, &m->result, &task) &&
			(!task_id(&task, &id) ||
				!tasks_find(&w->tasks, c->era, &id)))
			abort();
	}
	pending_remove(&w->calls, c);
}

static void one_line(
	struct world *w, enum message_dir dir, const char *line, size_t len)
{
	struct message m;

	if (message_read(w->s, dir, line, len, &m) < 0 ||
		m.verdict != VERDICT_OK)
		return;
	if (m.kind == MESSAGE_REQUEST)
		request(w, &m);
	else if (m.kind != MESSAGE_NOTIFICATION)
		answer(w, &m, line, len);
	else
		(void)progress_refuses(&w->calls.progress, &m);
	elicited_note(&w->elicited, &m.params);
	if (w->calls.n > w->calls.max || w->tasks.n > TASKS_MAX ||
		w->uris.n > LISTEN_URIS_MAX || w->uris.bytes > LISTEN_BYTES_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint64_t key[2] = {1, 2};
	struct world *w = calloc(1, sizeof(*w));
	char *text = malloc(size + 1);
	size_t begin = 0;

	if (w && text)
		w->s = message_scanner_new(key);
	if (!w || !text || !w->s)
		abort();
	memcpy(text, data, size);
	text[size] = '\n';
	pending_init(&w->calls, 64);
	tasks_init(&w->tasks, &w->calls);
	wanted_init(&w->wanted);
	elicited_init(&w->elicited);
	pages_init(&w->pages);
	for (size_t i = 0; i <= size; i++) {
		if (text[i] != '\n')
			continue;
		if (i > begin)
			one_line(w, text[begin] == '<' ? DIR_S2C : DIR_C2S,
				text + begin + 1, i - begin - 1);
		begin = i + 1;
	}
	listen_clear(&w->uris);
	pending_deinit(&w->calls);
	tasks_deinit(&w->tasks);
	json_scanner_free(w->s);
	free(text);
	free(w);
	return 0;
}
