/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the relay, and nothing else of stockade, on descriptors that a test
 * holds the other ends of: the test is client, server, keeper and supervisor.
 *
 *   relay_host CLIENT_IN CLIENT_OUT SERVER_IN SERVER_OUT SERVER_ERR RECORDS
 *              KEEPER SUPERVISOR LIVENESS [NAME=VALUE…]
 *
 * allow=GLOB deny=GLOB ask=GLOB hold=MS prompt=GLOB uri=GLOB folder=PATH
 * (repeatable; a prompt or uri denies all others), policy=1, text=N binary=N
 * type=GLOB (repeatable; of content), text_over=N binary_over=N (enum
 * output_over) stderr=N, sampling=N elicitation=N (enum wish) roots=N (enum
 * roots_rule) unseen=N (enum clean_policy), rate="N/UNIT GLOB" concurrent="N
 * GLOB" (repeatable) calls=N bytes=N call_timeout=MS, stands=1 breaker=N (enum
 * breaker_action) unlisted=N. On its end it prints "peak KIB" to standard
 * error: the most memory it held.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/strv.h"
#include "policy/rates.h"
#include "relay/relay.h"
#include "tests/lib/tools_of.h"

struct options {
	char **allow, **deny, **ask, **folders, **prompts, **uris;
	char **rates, **concurrent, **types;
	uint64_t calls, bytes;
	bool policy;
	struct wishes wishes;
	struct relay_config c;
};

static bool option_number(const char *arg, const char *name, uint64_t *ret)
{
	size_t n = strlen(name);

	if (strncmp(arg, name, n) != 0)
		return false;
	*ret = strtoull(arg + n, NULL, 10);
	return true;
}

static int option_set(struct options *o, const char *arg)
{
	uint64_t n;

	if (strncmp(arg, "allow=", 6) == 0)
		return strv_add(&o->allow, arg + 6);
	if (strncmp(arg, "deny=", 5) == 0)
		return strv_add(&o->deny, arg + 5);
	if (strncmp(arg, "ask=", 4) == 0)
		return strv_add(&o->ask, arg + 4);
	if (strncmp(arg, "prompt=", 7) == 0)
		return strv_add(&o->prompts, arg + 7);
	if (strncmp(arg, "uri=", 4) == 0)
		return strv_add(&o->uris, arg + 4);
	if (strncmp(arg, "folder=", 7) == 0)
		return strv_add(&o->folders, arg + 7);
	if (strncmp(arg, "rate=", 5) == 0)
		return strv_add(&o->rates, arg + 5);
	if (strncmp(arg, "concurrent=", 11) == 0)
		return strv_add(&o->concurrent, arg + 11);
	if (strncmp(arg, "type=", 5) == 0)
		return strv_add(&o->types, arg + 5);
	if (option_number(arg, "stands=", &n))
		o->c.stands = n != 0;
	else if (option_number(arg, "breaker=", &n))
		o->c.breaker.action = (enum breaker_action)n;
	else if (option_number(arg, "unlisted=", &n))
		o->c.breaker.unlisted = n;
	else if (option_number(arg, "policy=", &n))
		o->policy = n != 0;
	else if (option_number(arg, "sampling=", &n))
		o->wishes.sampling = (enum wish)n;
	else if (option_number(arg, "elicitation=", &n))
		o->wishes.elicitation = (enum wish)n;
	else if (option_number(arg, "text_over=", &n))
		o->c.caps.text_over = (enum output_over)n;
	else if (option_number(arg, "binary_over=", &n))
		o->c.caps.binary_over = (enum output_over)n;
	else if (option_number(arg, "unseen=", &n))
		o->c.caps.unseen = (enum clean_policy)n;
	else if (option_number(arg, "roots=", &n))
		o->wishes.roots = (enum roots_rule)n;
	else
		n = UINT64_MAX;
	if (n != UINT64_MAX)
		return 0;
	if (option_number(arg, "hold=", &o->c.hold_ms) ||
		option_number(arg, "calls=", &o->calls) ||
		option_number(arg, "bytes=", &o->bytes) ||
		option_number(arg, "call_timeout=", &o->c.call_timeout_ms) ||
		option_number(arg, "text=", &o->c.caps.text_bytes) ||
		option_number(arg, "binary=", &o->c.caps.binary_bytes) ||
		option_number(arg, "stderr=", &o->c.stderr_max))
		return 0;
	return -EINVAL;
}

static int options_read(struct options *o, int argc, char **argv)
{
	int *fds[] = {&o->c.client_in, &o->c.client_out, &o->c.server_in,
		&o->c.server_out, &o->c.server_err, &o->c.record_fd,
		&o->c.keeper_fd, &o->c.supervisor_fd, &o->c.liveness_fd};
	int n = 0;

	if (argc <= (int)ELEMENTS(fds))
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS(fds); i++)
		*fds[i] = (int)strtol(argv[i + 1], NULL, 10);
	for (int i = (int)ELEMENTS(fds) + 1; i < argc && n == 0; i++)
		n = option_set(o, argv[i]);
	return n;
}

/* VmHWM: getrusage(2) also counts what the test had before the exec. */
static void print_peak(void)
{
	_free_ char *text = NULL;
	const char *at;

	if (fd_read_file(AT_FDCWD, "/proc/self/status", 65536, &text, NULL) < 0)
		return;
	at = strstr(text, "VmHWM:");
	if (at)
		(void)fprintf(stderr, "peak %ld\n", strtol(at + 6, NULL, 10));
}

static struct rates *make_rates(const struct options *o)
{
	struct rates *r = rates_new();
	int n = 0;

	for (char **v = o->rates; n == 0 && v && *v; v++)
		n = rates_add(r, RATE_WINDOW, *v, NULL);
	for (char **v = o->concurrent; n == 0 && v && *v; v++)
		n = rates_add(r, RATE_BUSY, *v, NULL);
	if (n == 0 && o->calls)
		n = rates_add_total(r, RATE_CALLS, o->calls, NULL);
	if (n == 0 && o->bytes)
		n = rates_add_total(r, RATE_BYTES, o->bytes, NULL);
	if (n == 0)
		return r;
	rates_free(r);
	return NULL;
}

int main(int argc, char **argv)
{
	struct options o = {
		.c = {.server_name = "test",
			.session = "0123456789abcdef0123456789abcdef",
			.caps = {.text_bytes = OUTPUT_TEXT_DEFAULT,
				.binary_bytes = OUTPUT_BINARY_DEFAULT},
			.stderr_max = 1 << 20},
	};
	struct ipc_msg ready = {.type = IPC_READY};
	struct relay *r = NULL;
	struct tools *t, *prompts, *uris;
	struct err e = {0};
	int n;

	if (options_read(&o, argc, argv) < 0)
		return 2;
	t = tools_new(&(struct tools_layer){.allow = o.allow,
			      .ask = o.ask,
			      .deny = o.deny,
			      .closed = o.policy},
		1);
	prompts = tools_of(o.prompts, NULL, o.prompts != NULL);
	uris = tools_of_uris(o.uris, NULL, o.uris != NULL);
	o.c.tools = t;
	o.c.prompts = prompts;
	o.c.resources = uris;
	if (o.types)
		o.c.caps.types.lists[o.c.caps.types.n++] = o.types;
	o.wishes.folders = o.folders;
	o.c.wishes = &o.wishes;
	o.c.rates = make_rates(&o);
	if (!t || !prompts || !uris || !o.c.rates ||
		relay_new(&o.c, &r, &e) < 0)
		return log_err(&e);
	n = ipc_send(o.c.supervisor_fd, ROLE_RELAY, &ready);
	if (n == 0)
		n = relay_run(r, &e);
	print_peak();
	relay_free(r);
	tools_free(t);
	tools_free(prompts);
	tools_free(uris);
	rates_free(o.c.rates);
	strv_free(o.rates);
	strv_free(o.concurrent);
	strv_free(o.types);
	strv_free(o.prompts);
	strv_free(o.uris);
	strv_free(o.allow);
	strv_free(o.deny);
	strv_free(o.ask);
	strv_free(o.folders);
	return n < 0 ? log_err(&e) : 0;
}
