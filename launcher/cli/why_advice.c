/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "cli/why.h"

static void print(const char *what, const char *text)
{
	char line[2048];

	(void)escape_text(line, sizeof(line), text, strlen(text));
	(void)printf("%-10s%s\n", what, line);
}

void why_print_head(const struct found *f)
{
	time_t at = (time_t)(f->time_us / 1000000);
	char text[512], when[32] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(text, sizeof(text), "%.8s:%" PRIu64 " at %s", f->session,
		f->call, when);
	print("call", text);
	print("server", f->server);
	(void)snprintf(text, sizeof(text), "%s%s%s%s", f->profile,
		f->source[0] ? " (" : "", f->source, f->source[0] ? ")" : "");
	print("profile", text);
	(void)snprintf(text, sizeof(text), "%s%s %s%s%s",
		strcmp(f->dir, "s2c") == 0 ? "the server asked the client: "
					   : "",
		f->method, f->kind, f->kind[0] ? " " : "", f->subject);
	print("asked", text);
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", f->decision,
		f->reason[0] ? ": " : "", f->reason,
		f->outcome[0] ? "; outcome " : "", f->outcome);
	print("decision", text);
	for (size_t i = 0; i < f->n_rules; i++)
		print(i ? "" : "matched", f->rules[i]);
	if (f->answered[0])
		print("answered", f->answered);
}

/* What the first rule of that kind is called. */
static const char *matched(const struct found *f, const char *kind)
{
	size_t n = strlen(kind);

	for (size_t i = 0; i < f->n_rules; i++)
		if (strncmp(f->rules[i], kind, n) == 0)
			return f->rules[i] + n;
	return NULL;
}

/* What a rule begins with that has no label of what narrows. */
static bool is_unlabelled(const char *rule)
{
	static const char *const kinds[] = {"deny:", "ask:", "always:",
		"allow:", "rule:", "schema:", "token:", "role:", "task:"};

	for (size_t i = 0; i < ELEMENTS(kinds); i++)
		if (strncmp(rule, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

/* Profile or options have it, and yet it is denied: by a narrower list. */
static bool is_left_out(const struct found *f)
{
	return matched(f, "allow:") || matched(f, "ask:") ||
	       matched(f, "token:");
}

/* Where lists of the kind stand in a profile. */
static const char *list_of(const struct found *f)
{
	return strcmp(f->kind, "tool") == 0     ? "tools"
	       : strcmp(f->kind, "prompt") == 0 ? "prompts"
						: "resources";
}

/* What the session is declared to be has denied the tool; false if not. */
static bool print_declared_advice(const struct found *f)
{
	const char *pattern = matched(f, "role:deny:");
	bool task = f->task[0] && !matched(f, "task:");
	bool role = f->role[0] && !matched(f, "role:");
	char text[768];

	if (strcmp(f->kind, "tool") != 0 || matched(f, "deny:") ||
		(!pattern && (!is_left_out(f) || (!task && !role))))
		return false;
	if (pattern || role) {
		(void)snprintf(text, sizeof(text),
			"the session's role %s denies %s%s%s", f->role,
			pattern ? "what matches \"" : "a tool of its class",
			pattern ? pattern : "", pattern ? "\"" : "");
		print("because", text);
		print("to allow", "protocol.classes of the profile says of "
				  "what class the tool is, if it is not that; "
				  "else another --role");
	}
	if (task) {
		(void)snprintf(text, sizeof(text),
			"the session's task %s does not name it", f->task);
		print("because", text);
		(void)snprintf(text, sizeof(text),
			"\"%s\" in tasks.%s.tools of the profile, or another "
			"--task",
			f->subject, f->task);
		print("to allow", text);
	}
	return true;
}

static void print_names_advice(const struct found *f)
{
	const char *pattern = matched(f, "deny:");
	const char *rule = matched(f, "rule:"), *schema = matched(f, "schema:");
	char text[1024];

	if (pattern)
		(void)snprintf(text, sizeof(text),
			"it matches \"%s\", and deny wins over whatever allows "
			"it: take that out of protocol.%s.deny, or of --deny",
			pattern, list_of(f));
	else if (rule || schema)
		(void)snprintf(text, sizeof(text),
			"\"%s\" in protocol.%s of the profile denies it by its "
			"arguments",
			schema ? schema : rule, schema ? "schemas" : "rules");
	else if (is_left_out(f))
		(void)snprintf(text, sizeof(text),
			"the profile has it, but protocol.%s.allow of what "
			"narrows the run (the site's policy%s or --narrow) "
			"does not",
			list_of(f), f->context[0] ? ", the context" : "");
	else if (strcmp(f->kind, "tool") == 0)
		(void)snprintf(text, sizeof(text),
			"nothing allows it: \"%s\" in protocol.tools.allow of "
			"the profile, or --tool for one run",
			f->subject);
	else
		(void)snprintf(text, sizeof(text),
			"nothing allows it: \"%s\" in protocol.%s.allow of the "
			"profile",
			f->subject, list_of(f));
	print("to allow", text);
}

/* "LABEL:deny:GLOB" of what narrows, if no rule of the profile's is first. */
static const char *narrowed_by(const struct found *f, char *label, size_t size)
{
	static const char *const kinds[] = {":deny:", ":rule:", ":schema:"};

	for (size_t i = 0; i < f->n_rules; i++) {
		const char *rule = f->rules[i], *at = strchr(rule, ':');

		if (strncmp(rule, "rule:", 5) == 0)
			return NULL;
		if (!at || is_unlabelled(rule))
			continue;
		(void)snprintf(label, size, "%.*s", (int)(at - rule), rule);
		for (size_t k = 0; k < ELEMENTS(kinds); k++)
			if (strncmp(at, kinds[k], strlen(kinds[k])) == 0)
				return at + strlen(kinds[k]);
	}
	return NULL;
}

static void print_ask_advice(const struct found *f)
{
	char text[768];

	if (strncmp(f->answered, "deny", 4) == 0)
		(void)snprintf(text, sizeof(text),
			"somebody declined it; if it comes again in a minute, "
			"it is asked for anew");
	else if (strcmp(f->outcome, "refused") != 0)
		(void)snprintf(text, sizeof(text), "somebody agreed to it");
	else
		(void)snprintf(text, sizeof(text),
			"stockade approve %.8s:%" PRIu64
			" while it waits, and the call has to come again; "
			"\"%s\" in protocol.%s.always of the profile ends the "
			"asking",
			f->session, f->approval ? f->approval : f->call,
			f->subject, list_of(f));
	print(strcmp(f->outcome, "refused") == 0 ? "to allow" : "because",
		text);
}

/* A pin has refused it: the reason is ruling.c's, of which the log has no more
 * than the words. */
static bool is_pinned(const struct found *f)
{
	static const char changed[] = "'s definition changed; the user must";

	return strcmp(f->decision, "deny") == 0 &&
	       (strstr(f->reason, changed) ||
		       strcmp(f->reason, "no definition of it was accepted") ==
			       0);
}

static void print_pin_advice(const struct found *f)
{
	print("because",
		strstr(f->reason, "changed")
			? "the server shows another definition of it than was "
			  "accepted, or none that could be looked at"
			: "the server is known, and had no such thing when it "
			  "was accepted");
	print("to allow",
		"look at it with stockade pin diff; stockade pin accept, or an "
		"answer to stockade approve while the session runs, accepts "
		"it");
}

/* Whether a shell takes it as it is: names are a client's and a server's. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:@+";

	return name[0] && name[0] != '-' && !name[strspn(name, plain)];
}

static void print_token_advice(const struct found *f)
{
	bool plain = is_plain(f->subject) && is_plain(f->server);
	char text[1280];

	if (strcmp(f->outcome, "refused") != 0) {
		print("because", "an operation token was spent on it");
		return;
	}
	(void)snprintf(text, sizeof(text), "it needs an operation token%s%s",
		f->token[0] ? ", and of the one that there was it has to be "
			      "said: "
			    : ", and there was none for it",
		f->token);
	if (strcmp(f->kind, "tool") != 0) {
		print("because", "a proof is asked for, and there are tokens "
				 "for tools alone: nothing allows it");
		return;
	}
	print("because", text);
	(void)snprintf(text, sizeof(text),
		"stockade token mint %s --server %s, by somebody whose key "
		"counts, and the call has to come again%s",
		plain ? f->subject : "TOOL", plain ? f->server : "SERVER",
		plain ? "" : "; look at the names before you quote them");
	print("to allow", text);
}

/* @label is of what narrows: the site's, a context's, or a file's. */
static void print_narrow_advice(
	const struct found *f, const char *label, const char *pattern)
{
	bool site = strcmp(label, "site") == 0;
	bool context = strncmp(label, "context", 7) == 0;
	char text[512];

	(void)snprintf(text, sizeof(text), "\"%s\" of %s%s denies it, and %s",
		pattern,
		site      ? "the site's policy"
		: context ? "the session's context "
			  : "--narrow ",
		site      ? ""
		: context ? f->context
			  : label,
		context ? "nothing else in the profile overrides that"
			: "no profile overrides that");
	print("because", text);
}

void why_print_advice(const struct found *f)
{
	char text[512], label[128];
	const char *narrowed = narrowed_by(f, label, sizeof(label));

	if (f->observed)
		print("observed", "it passed: this run only observes");
	if (strcmp(f->decision, "ask") == 0) {
		print_ask_advice(f);
	} else if (strcmp(f->decision, "token") == 0) {
		print_token_advice(f);
	} else if (is_pinned(f)) {
		print_pin_advice(f);
	} else if (narrowed && strcmp(f->decision, "deny") == 0) {
		print_narrow_advice(f, label, narrowed);
	} else if (strcmp(f->decision, "deny") == 0 &&
		   print_declared_advice(f)) {
		return;
	} else if (strcmp(f->decision, "client") == 0) {
		print("because",
			"there is no policy: every tool passes; --tool "
			"PATTERN or a profile makes one");
	} else if (strcmp(f->decision, "deny") != 0) {
		print("because", "policy allows it");
	} else if (strcmp(f->dir, "s2c") == 0) {
		(void)snprintf(text, sizeof(text),
			"\"%s\": \"allow\" in protocol.methods of the profile",
			f->method);
		print("to allow", text);
	} else if (strcmp(f->reason, "Method not found") == 0) {
		print("because", "no version of the protocol that is known has "
				 "that method; nothing allows it");
	} else if (f->kind[0]) {
		print_names_advice(f);
	} else {
		print("because", "the request is not as the protocol has it");
	}
}
