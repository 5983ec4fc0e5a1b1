/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/account.h"
#include "plan/narrow.h"
#include "plan/pin_store.h"

extern char **environ;

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning")

void plan_options_deinit(struct plan_options *o)
{
	free(o->profile);
	free(o->workspace);
	strv_free(o->ro);
	strv_free(o->rw);
	strv_free(o->env);
	strv_free(o->limits);
	strv_free(o->network);
	strv_free(o->tools);
	strv_free(o->ask);
	strv_free(o->deny);
	strv_free(o->narrow);
	free(o->role);
	free(o->task);
	free(o->context);
	free(o->tenant);
	*o = (struct plan_options){0};
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	plan_mounts_free(p);
	narrow_shadow_free(p->shadow);
	plan_grants_deinit(p);
	free(p->session);
	free(p->exe);
	free(p->cwd);
	free(p->home);
	free(p->user);
	free(p->workspace);
	free(p->server_name);
	strv_free(p->argv);
	strv_free(p->env);
	strv_free(p->network);
	strv_free(p->watched);
	strv_free(p->own);
	strv_free(p->kept_back);
	strv_free(p->variables);
	strv_free(p->notes);
	plan_names_deinit(p);
	plan_pins_deinit(p);
	plan_declare_deinit(p);
	narrow_deinit(p);
	strv_free(p->roots);
	profile_free(p->profile);
	runtime_result_free(p->runtime);
	free(p);
}

static int plan_session(struct plan *p, struct err *e)
{
	uint8_t id[16];

	if (sodium_init() < 0)
		return err_say(e, -EIO, "libsodium does not start");
	randombytes_buf(id, sizeof(id));
	p->session = malloc(sizeof(id) * 2 + 1);
	if (!p->session)
		return OUT_OF_MEMORY(e);
	(void)sodium_bin2hex(p->session, sizeof(id) * 2 + 1, id, sizeof(id));
	return 0;
}

/* A name for /etc/passwd: what would break a line there is no name. */
static bool user_name_fits(const char *name)
{
	return name[0] && strlen(name) <= 64 && !strpbrk(name, ":\n/ \t");
}

static int plan_person(struct plan *p, struct err *e)
{
	const char *home = getenv("HOME");
	_account_ struct account who = {0};
	bool known = account_find(geteuid(), &who) == 0;
	char real[PATH_MAX];
	int r;

	if (!home || home[0] != '/')
		home = known && who.home[0] == '/' ? who.home : "/";
	/* Without a home of one's own the inner one needs a place all the
	 * same, and / is none. */
	r = plan_real_path(home, real);
	if (r < 0)
		return err_set(e, r, "HOME is %s", home);
	p->home = strdup(strcmp(real, "/") == 0 ? "/home/stockade" : real);
	p->user = strdup(
		known && user_name_fits(who.name) ? who.name : "stockade");
	return p->home && p->user ? 0 : OUT_OF_MEMORY(e);
}

/* HOME lies where it really is; the spelling with links leads there too. */
static int plan_home_links(struct plan *p, struct err *e)
{
	const char *home = getenv("HOME");

	if (!home || home[0] != '/' || strstr(home, "/.."))
		return 0;
	return plan_links(p, home, e);
}

static int plan_workspace(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	const char *wish = o->workspace ? o->workspace : ".";
	char real[PATH_MAX], home[PATH_MAX];
	struct stat st;

	if (!realpath(wish, real) || stat(real, &st) < 0 ||
		!S_ISDIR(st.st_mode)) {
		if (!o->workspace)
			return 0;
		return err_set(
			e, errno ? -errno : -ENOTDIR, "--workspace %s", wish);
	}
	if (path_inside(p->home, real) ||
		(realpath(p->home, home) && path_inside(home, real))) {
		if (!o->workspace)
			return 0;
		return err_say(e, -EINVAL,
			"--workspace %s: it is HOME or holds it; name the "
			"project's folder",
			wish);
	}
	p->workspace = strdup(real);
	return p->workspace ? 0 : OUT_OF_MEMORY(e);
}

static int discover(struct plan *p, char *const *argv, char *const *granted,
	const char *cwd, struct err *e)
{
	const struct runtime_request q = {
		.argv = argv,
		.env = environ,
		.granted_env = granted,
		.cwd = cwd,
		.home = p->home,
		.workspace = p->workspace,
	};

	runtime_result_free(p->runtime);
	p->runtime = NULL;
	return runtime_discover(&q, &p->runtime, e);
}

static int notes_add(struct plan *p, char *const *lines, struct err *e)
{
	for (; lines && *lines; lines++)
		if (strv_add(&p->notes, *lines) < 0)
			return OUT_OF_MEMORY(e);
	return 0;
}

/* With the variables that the options pass, and what the profile does. */
static int discover_with(struct plan *p, char *const *argv, char *const *passed,
	const char *cwd, struct err *e)
{
	_strv_ char **granted = strv_copy(p->variables);
	int r = granted ? 0 : OUT_OF_MEMORY(e);

	for (; r == 0 && passed && *passed; passed++)
		if (strv_add(&granted, *passed) < 0)
			r = OUT_OF_MEMORY(e);
	if (r == 0)
		r = narrow_search(p, &granted, e);
	return r < 0 ? r : discover(p, argv, granted, cwd, e);
}

/* What runs, and under which profile; the one depends on the other through
 * the variables that a profile passes. */
static int plan_identity(struct plan *p, const struct plan_options *o,
	char *const *argv, const char *cwd, struct err *e)
{
	_strv_ char **narrowed = NULL;
	int r;

	p->variables = strv_copy(o->env);
	if (!p->variables)
		return OUT_OF_MEMORY(e);
	r = narrow_list(p, NARROW_ENV, "option --env", &p->variables, e);
	if (r == 0)
		r = discover_with(p, argv, NULL, cwd, e);
	if (r < 0)
		return r;
	r = profile_select(o->profile, p->runtime->package,
		runtime_kind_name(p->runtime->kind), &p->profile, &narrowed, e);
	if (r > 0)
		return err_status(e, EXIT_REFUSED,
			"no profile %s (stockade profile list shows all)",
			o->profile ? o->profile : "?");
	if (r < 0)
		return r;
	r = plan_declare_run(p, o, e);
	if (r == 0)
		r = narrow_profile(p, e);
	if (r == 0 && p->context)
		r = discover_with(p, argv, NULL, cwd, e);
	if (r == 0 && strv_len(p->profile->sandbox.env_pass))
		r = discover_with(
			p, argv, p->profile->sandbox.env_pass, cwd, e);
	if (r == 0)
		r = notes_add(p, p->runtime->notes, e);
	if (r == 0)
		r = notes_add(p, narrowed, e);
	return r;
}

static int plan_limits(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	bool given[_LIMIT_N] = {false};

	for (int i = LIMIT_NONE + 1; i < _LIMIT_N; i++) {
		bool set = p->profile->sandbox.limit_set[i];

		given[i] = set && !p->profile->base;
		p->limits[i] = set ? p->profile->sandbox.limits[i]
				   : limit_table[i].fallback;
	}
	for (char **l = o->limits; l && *l; l++) {
		char *equals = strchr(*l, '=');
		_free_ char *name =
			equals ? strndup(*l, (size_t)(equals - *l)) : NULL;
		enum limit_id id = name ? limit_find(name) : LIMIT_NONE;
		int r;

		if (id == LIMIT_NONE)
			return err_say(e, -EINVAL,
				"--limit %s: expected NAME=VALUE with a name "
				"that stockade-profile(5) lists",
				*l);
		r = limit_parse(id, equals + 1, &p->limits[id], e);
		if (r < 0)
			return r;
		given[id] = true;
	}
	return narrow_limits(p, given, e);
}

/* 0 and *ret NULL when the text needs a workspace that there is none of. */
static int expand(
	const struct plan *p, const char *text, char **ret, struct err *e)
{
	const struct {
		const char *name, *value;
	} vars[] = {
		{"${workspace}", p->workspace},
		{"${home}", p->home},
		{"${state}", "/state"},
	};
	_free_ char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return OUT_OF_MEMORY(e);
	if (strncmp(text, "~/", 2) == 0) {
		(void)fputs(p->home, f);
		text++;
	}
	while (*text) {
		size_t i;

		for (i = 0; i < ELEMENTS(vars); i++)
			if (strncmp(text, vars[i].name, strlen(vars[i].name)) ==
				0)
				break;
		if (i == ELEMENTS(vars)) {
			(void)fputc(*text++, f);
			continue;
		}
		if (!vars[i].value) {
			(void)fclose(f);
			return 0;
		}
		(void)fputs(vars[i].value, f);
		text += strlen(vars[i].name);
	}
	if (fclose(f) != 0 || !out)
		return OUT_OF_MEMORY(e);
	*ret = take_ptr(out);
	return 0;
}

static int say_no_workspace(struct plan *p, const char *text, struct err *e)
{
	if (strv_addf(&p->notes,
		    "%s of profile %s is left out: the current folder "
		    "is no workspace; --workspace DIR names one",
		    text, p->profile->name) < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

static int profile_grant(
	struct plan *p, const char *text, bool write, struct err *e)
{
	_free_ char *path = NULL;
	struct stat st;
	int r = expand(p, text, &path, e);

	if (r < 0)
		return r;
	if (!path)
		return say_no_workspace(p, text, e);
	/* The private folder is no file of the host's: state grants it. */
	if (strncmp(text, "${state}", strlen("${state}")) == 0)
		return 0;
	/* A base names what is there on some systems only. */
	if (!write && lstat(path, &st) < 0 && errno == ENOENT) {
		if (strv_addf(&p->notes, "%s of profile %s is not there", path,
			    p->profile->name) < 0)
			return OUT_OF_MEMORY(e);
		return 0;
	}
	return plan_grant(
		p, path, write, write ? "profile: write" : "profile: read", e);
}

static int plan_grants(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	int r = 0;

	for (char **v = p->profile->sandbox.read; r == 0 && v && *v; v++)
		r = profile_grant(p, *v, false, e);
	for (char **v = p->profile->sandbox.write; r == 0 && v && *v; v++)
		r = profile_grant(p, *v, true, e);
	for (char **v = o->ro; r == 0 && v && *v; v++)
		r = plan_grant(p, *v, false, "option --ro", e);
	for (char **v = o->rw; r == 0 && v && *v; v++)
		r = plan_grant(p, *v, true, "option --rw", e);
	if (r == 0)
		r = plan_grants_give(p, e);
	if (r == 0)
		r = plan_runtime(p, e);
	if (r == 0 && !p->profile->sandbox.state && o->state) {
		r = narrow_state(p, e);
		return r > 0 ? plan_state(p, !o->dry, e) : r;
	}
	if (r == 0 && p->profile->sandbox.state)
		r = plan_state(p, !o->dry, e);
	return r;
}

static int plan_env_all(struct plan *p, struct err *e)
{
	_strv_ char **granted = strv_copy(p->profile->sandbox.env_pass);
	int r = granted ? 0 : -ENOMEM;

	for (char **v = p->profile->sandbox.env_set; r == 0 && v && *v; v++) {
		_free_ char *text = NULL;

		r = expand(p, *v, &text, e);
		if (r == 0 && !text)
			r = say_no_workspace(p, *v, e);
		else if (r == 0)
			r = strv_add(&granted, text);
	}
	for (char **v = p->variables; r == 0 && v && *v; v++)
		r = strv_add(&granted, *v);
	if (r < 0)
		return OUT_OF_MEMORY(e);
	return plan_environment(p, granted, environ, e);
}

static int plan_network(
	struct plan *p, const struct plan_options *o, struct err *e)
{
	_strv_ char **options = strv_copy(o->network);
	char *const *lists[] = {p->profile->sandbox.network, NULL};
	int r = options ? 0 : OUT_OF_MEMORY(e);

	for (char **v = options; r == 0 && v && *v; v++)
		r = network_grant_check(*v, e);
	if (r == 0)
		r = narrow_list(
			p, NARROW_NETWORK, "option --network", &options, e);
	if (r < 0)
		return r;
	lists[1] = options;
	for (size_t i = 0; i < ELEMENTS(lists); i++)
		for (char *const *v = lists[i]; v && *v; v++)
			if (strv_add(&p->network, *v) < 0)
				return OUT_OF_MEMORY(e);
	if (p->network &&
		strv_add(&p->notes,
			"network grants are checked, but this version opens "
			"no connection: the server has no network") < 0)
		return OUT_OF_MEMORY(e);
	return 0;
}

/* What is weaker than it could be is told, if it was asked for or not. */
static int plan_weaker(struct plan *p, struct err *e)
{
	const struct {
		bool is;
		const char *note;
	} all[] = {
		{p->no_proc, "weaker: no-proc: the server has no /proc, and "
			     "its memory is not watched"},
		{p->root && p->keep_uid,
			"weaker: --keep-uid: the server has host uid 0, "
			"without its privileges"},
		{p->observe, "weaker: --observe: what policy refuses or asks "
			     "for is recorded and passes"},
		{p->profile->sandbox.nested_userns,
			"weaker: the profile's nested_userns: the server may "
			"make user namespaces"},
	};

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i].is && strv_add(&p->notes, all[i].note) < 0)
			return OUT_OF_MEMORY(e);
	return 0;
}

int plan_new(const struct plan_options *o, char *const *argv, struct plan **ret,
	struct err *e)
{
	_plan_ struct plan *p = calloc(1, sizeof(*p));
	char cwd[PATH_MAX];
	const char *here = getcwd(cwd, sizeof(cwd));
	int r;

	if (!p)
		return OUT_OF_MEMORY(e);
	p->keep_uid = o->keep_uid;
	p->no_proc = o->no_proc;
	p->observe = o->observe;
	r = plan_session(p, e);
	if (r == 0)
		r = plan_ids(p, e);
	if (r == 0)
		r = plan_person(p, e);
	if (r == 0)
		r = plan_own(p, e);
	if (r == 0)
		r = plan_workspace(p, o, e);
	if (r == 0)
		r = narrow_load(p, o, e);
	if (r == 0)
		r = plan_identity(p, o, argv, here ? here : "/", e);
	if (r == 0)
		r = plan_limits(p, o, e);
	if (r == 0)
		r = plan_command(p, e);
	if (r == 0)
		r = plan_system(p, e);
	if (r == 0)
		r = plan_home_links(p, e);
	if (r == 0)
		r = plan_grants(p, o, e);
	if (r == 0 && !o->dry)
		plan_own_make(p);
	if (r == 0)
		r = plan_guard(p, e);
	if (r == 0)
		r = narrow_masks(p, e);
	if (r == 0)
		r = plan_env_all(p, e);
	if (r == 0)
		r = plan_cwd(p, here, e);
	if (r == 0)
		r = plan_hints(p, e);
	if (r == 0)
		r = plan_network(p, o, e);
	if (r == 0)
		r = plan_weaker(p, e);
	if (r == 0)
		r = plan_names(p, o, e);
	if (r == 0)
		r = plan_digest(p, o, e);
	if (r == 0)
		r = plan_pins(p, !o->dry, e);
	if (r < 0)
		return r;
	plan_mounts_sort(p);
	*ret = take_ptr(p);
	return 0;
}
