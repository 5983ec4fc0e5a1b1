/* SPDX-License-Identifier: Apache-2.0 */
/* The user's file of a profile: planned for, shown, exchanged. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "plan/profile_edit.h"

#define ALWAYS "protocol/tools/always"
#define MINE                                                       \
	"{\n  \"version\": 1,\n  \"why\": \"x\",\n  \"extends\": " \
	"\"node\",\n  \"protocol\": {\n    \"tools\": {\n      "   \
	"\"ask\": [\"create_*\"]\n    }\n  }\n}\n"

static void path_of(
	const struct fixture *f, const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/%s", f->root, name);
}

static void assert_file(
	const struct fixture *f, const char *name, const char *text)
{
	_free_ char *found = NULL;
	char path[256];
	size_t len;

	path_of(f, name, path, sizeof(path));
	assert_int_equal(
		fd_read_file(AT_FDCWD, path, 1 << 20, &found, &len), 0);
	assert_string_equal(found, text);
}

static mode_t mode_of(const struct fixture *f, const char *name)
{
	struct stat st;
	char path[256];

	path_of(f, name, path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static size_t n_entries(const struct fixture *f, const char *folder)
{
	char path[256], line[256];
	size_t n = 0;
	FILE *p;

	(void)snprintf(path, sizeof(path), "ls -A %s/%s", f->root, folder);
	p = popen(path, "re");
	assert_non_null(p);
	while (fgets(line, sizeof(line), p))
		n++;
	assert_int_equal(pclose(p), 0);
	return n;
}

static void prepare(const struct fixture *f, const char *name,
	const char *entry, struct profile_edit *ret)
{
	struct err e = {0};
	int r = profile_edit_prepare(&f->store, name, ALWAYS, entry, ret, &e);

	if (r != 0)
		fail_msg("%s: %d %s", name, r, e.text);
}

static void write_fails(const struct fixture *f, const struct profile_edit *c,
	int r, const char *with)
{
	struct err e = {0};

	assert_int_equal(profile_edit_write(&f->store, c, &e), r);
	if (!strstr(e.text, with))
		fail_msg("\"%s\" is not in \"%s\"", with, e.text);
}

static void the_users_file_is_exchanged_and_keeps_its_mode(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	_profile_ struct profile *old = NULL, *new = NULL;
	_free_ char *preview = NULL;
	char path[256], expected[1024];
	struct err e = {0};

	fixture_write(f, "user", "mine", MINE);
	path_of(f, "user/mine.json", path, sizeof(path));
	assert_int_equal(chmod(path, 0640), 0);
	old = fixture_load(f, "mine");
	prepare(f, "mine", "create_issue", &c);
	assert_false(c.creates);
	assert_string_equal(c.path, path);
	assert_file(f, "user/mine.json", MINE);
	assert_int_equal(profile_edit_preview(&c, &preview), 0);
	(void)snprintf(expected, sizeof(expected),
		"--- %s\n+++ %s\n@@ -4,7 +4,8 @@\n"
		"   \"extends\": \"node\",\n   \"protocol\": {\n"
		"     \"tools\": {\n"
		"-      \"ask\": [\"create_*\"]\n"
		"+      \"ask\": [\"create_*\"],\n"
		"+      \"always\": [\"create_issue\"]\n"
		"     }\n   }\n }\n",
		path, path);
	assert_string_equal(preview, expected);
	assert_int_equal(profile_edit_write(&f->store, &c, &e), 0);
	assert_file(f, "user/mine.json",
		"{\n  \"version\": 1,\n  \"why\": \"x\",\n  \"extends\": "
		"\"node\",\n  \"protocol\": {\n    \"tools\": {\n      "
		"\"ask\": [\"create_*\"],\n      \"always\": "
		"[\"create_issue\"]\n    }\n  }\n}\n");
	assert_int_equal(mode_of(f, "user/mine.json"), 0640);
	assert_int_equal(n_entries(f, "user"), 1);
	new = fixture_load(f, "mine");
	assert_memory_equal(c.old_digest, old->digest, 32);
	assert_memory_equal(c.new_digest, new->digest, 32);
	assert_memory_not_equal(c.old_digest, c.new_digest, 32);
	assert_list(new->protocol.tools.always, "create_issue");
}

static void a_built_in_profile_gets_a_file_that_extends_it(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	_profile_ struct profile *old = fixture_load(f, "memory"), *new = NULL;
	_free_ char *preview = NULL;
	struct err e = {0};

	prepare(f, "memory", "read_graph", &c);
	assert_true(c.creates);
	assert_int_equal(profile_edit_preview(&c, &preview), 0);
	assert_non_null(strstr(preview, "--- /dev/null\n"));
	assert_non_null(strstr(preview, "@@ -0,0 +1,9 @@\n+{\n"));
	assert_int_equal(n_entries(f, "user"), 0);
	assert_int_equal(profile_edit_write(&f->store, &c, &e), 0);
	assert_file(f, "user/memory.json",
		"{\n\t\"version\": 1,\n\t\"extends\": \"memory\",\n"
		"\t\"protocol\": {\n\t\t\"tools\": {\n"
		"\t\t\t\"always\": [\"read_graph\"]\n\t\t}\n\t}\n}\n");
	assert_int_equal(mode_of(f, "user/memory.json"), 0600);
	new = fixture_load(f, "memory");
	assert_memory_equal(c.old_digest, old->digest, 32);
	assert_memory_equal(c.new_digest, new->digest, 32);
	assert_list(new->sources + 1, "builtin:memory builtin:node "
				      "builtin:default");
	assert_int_equal(strv_len(new->protocol.tools.allow),
		strv_len(old->protocol.tools.allow));
}

static void a_profile_of_the_sites_gets_a_file_that_extends_it(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	_profile_ struct profile *new = NULL;
	struct err e = {0};

	fixture_write(f, "site", "ours", MINE);
	prepare(f, "ours", "create_issue", &c);
	assert_true(c.creates);
	assert_int_equal(profile_edit_write(&f->store, &c, &e), 0);
	assert_file(f, "site/ours.json", MINE);
	new = fixture_load(f, "ours");
	assert_list(new->protocol.tools.ask, "create_*");
	assert_list(new->protocol.tools.always, "create_issue");
	assert_memory_equal(c.new_digest, new->digest, 32);
}

static void what_is_in_force_already_is_not_written(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	struct err e = {0};

	fixture_write(f, "site", "ours",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"ask\": "
		"[\"*\"], \"always\": [\"a\"]}}}");
	fixture_write(f, "user", "mine",
		"{\"version\": 1, \"protocol\": {\"tools\": {\"always\": "
		"[\"a\"]}}}");
	fixture_write(
		f, "user", "child", "{\"version\": 1, \"extends\": \"mine\"}");
	assert_int_equal(
		profile_edit_prepare(&f->store, "ours", ALWAYS, "a", &c, &e),
		1);
	assert_int_equal(
		profile_edit_prepare(&f->store, "mine", ALWAYS, "a", &c, &e),
		1);
	assert_int_equal(
		profile_edit_prepare(&f->store, "child", ALWAYS, "a", &c, &e),
		1);
	assert_null(c.path);
	assert_string_equal(e.text, "");
}

static void no_file_makes_a_policy_of_a_base(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	struct err e = {0};

	assert_int_equal(
		profile_edit_prepare(&f->store, "node", ALWAYS, "a", &c, &e),
		-ENOTSUP);
	assert_non_null(strstr(e.text, "is a base and no policy"));
	assert_null(c.path);
}

static void an_unknown_name_and_a_path_are_refused(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	struct err e = {0}, e2 = {0};

	assert_int_equal(
		profile_edit_prepare(&f->store, "nobody", ALWAYS, "a", &c, &e),
		-ENOENT);
	assert_non_null(strstr(e.text, "no profile nobody"));
	assert_int_equal(profile_edit_prepare(
				 &f->store, "../site/x", ALWAYS, "a", &c, &e2),
		-EINVAL);
}

static void what_others_may_write_is_not_edited(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	char path[256], other[256];
	struct err e = {0}, e2 = {0};

	fixture_write(f, "user", "mine", MINE);
	path_of(f, "user/mine.json", path, sizeof(path));
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(
		profile_edit_prepare(&f->store, "mine", ALWAYS, "a", &c, &e),
		-EPERM);
	path_of(f, "elsewhere.json", other, sizeof(other));
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(chmod(other, 0600), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(
		profile_edit_prepare(&f->store, "mine", ALWAYS, "a", &c, &e2),
		-ELOOP);
	assert_file(f, "elsewhere.json", MINE);
}

static void a_file_that_changed_since_is_left_alone(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0}, d = {0};
	char path[256];

	fixture_write(f, "user", "mine", MINE);
	prepare(f, "mine", "create_issue", &c);
	fixture_write(f, "user", "mine", "{\"version\": 1}");
	write_fails(f, &c, -ESTALE, "has changed in the meantime");
	assert_file(f, "user/mine.json", "{\"version\": 1}");
	path_of(f, "user/mine.json", path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	write_fails(f, &c, -ESTALE, "has changed in the meantime");
	assert_int_equal(n_entries(f, "user"), 0);

	prepare(f, "memory", "read_graph", &d);
	fixture_write(f, "user", "memory", MINE);
	write_fails(f, &d, -ESTALE, "has changed in the meantime");
	assert_file(f, "user/memory.json", MINE);
	assert_int_equal(n_entries(f, "user"), 1);
}

static void what_cannot_be_trusted_any_more_is_not_exchanged(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	char path[256];

	fixture_write(f, "user", "mine", MINE);
	prepare(f, "mine", "create_issue", &c);
	path_of(f, "user/mine.json", path, sizeof(path));
	assert_int_equal(chmod(path, 0666), 0);
	write_fails(f, &c, -EPERM, "may be written by others");
	assert_file(f, "user/mine.json", MINE);
}

static void what_a_killed_one_left_is_in_nobodys_way(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	struct err e = {0};

	fixture_write(f, "user", "mine", MINE);
	fixture_write(f, "user", ".mine", "half");
	assert_int_equal(n_entries(f, "user"), 2);
	{
		char from[256], to[256];

		path_of(f, "user/.mine.json", from, sizeof(from));
		path_of(f, "user/.mine.json.new", to, sizeof(to));
		assert_int_equal(rename(from, to), 0);
	}
	prepare(f, "mine", "create_issue", &c);
	assert_int_equal(profile_edit_write(&f->store, &c, &e), 0);
	assert_int_equal(n_entries(f, "user"), 1);
}

#define WRITERS 8

/* Each tries until its own entry is in; nobody's may be lost. */
static int add_until_done(const struct fixture *f, unsigned number)
{
	char entry[16];

	(void)snprintf(entry, sizeof(entry), "t%u", number);
	for (int tries = 0; tries < 1000; tries++) {
		_edit_ struct profile_edit c = {0};
		struct err e = {0};
		int r = profile_edit_prepare(
			&f->store, "mine", ALWAYS, entry, &c, &e);

		if (r == 0)
			r = profile_edit_write(&f->store, &c, &e);
		if (r >= 0)
			return 0;
		if (r != -ESTALE)
			return 1;
	}
	return 2;
}

static void of_many_writers_at_once_none_loses_its_entry(void **state)
{
	struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	int status;

	fixture_write(f, "user", "mine", MINE);
	for (unsigned i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(add_until_done(f, i));
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	p = fixture_load(f, "mine");
	assert_int_equal(strv_len(p->protocol.tools.always), WRITERS);
	assert_int_equal(n_entries(f, "user"), 1);
}

static void a_preview_drives_no_terminal(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	_free_ char *preview = NULL;

	fixture_write(f, "user", "mine",
		"{\r\n\t\"version\": 1,\r\n\t\"why\": \"\xe2\x80\xae\x7f\"\r\n}");
	prepare(f, "mine", "a", &c);
	assert_int_equal(profile_edit_preview(&c, &preview), 0);
	for (const char *p = preview; *p; p++)
		assert_true(
			*p == '\n' || *p == '\t' || (*p >= 0x20 && *p < 0x7f));
	assert_non_null(strstr(preview, "\n-\t\"why\": \"\\xe2\\x80\\xae\\x7f"
					"\"\n"));
}

/* All of it, in the folders that are found by HOME and not there yet. */
static void the_users_folder_is_made_where_there_is_none(void **state)
{
	struct fixture *f = *state;
	_edit_ struct profile_edit c = {0};
	char path[256];
	struct stat st;
	struct err e = {0};

	assert_int_equal(setenv("HOME", f->root, 1), 0);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
	if (profile_edit_file("memory", ALWAYS, "read_graph", &c, &e) != 0)
		fail_msg("%s", e.text);
	path_of(f, ".config/stockade/profiles", path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	path_of(f, ".config/stockade/profiles/memory.json", path, sizeof(path));
	assert_string_equal(c.path, path);
	assert_int_equal(
		mode_of(f, ".config/stockade/profiles/memory.json"), 0600);
	profile_edit_deinit(&c);
	c = (struct profile_edit){0};
	assert_int_equal(
		profile_edit_file("memory", ALWAYS, "read_graph", &c, &e), 1);
	if (profile_edit_file("memory", ALWAYS, "open_nodes", &c, &e) != 0)
		fail_msg("%s", e.text);
	assert_false(c.creates);
	assert_file(f, ".config/stockade/profiles/memory.json",
		"{\n\t\"version\": 1,\n\t\"extends\": \"memory\",\n"
		"\t\"protocol\": {\n\t\t\"tools\": {\n"
		"\t\t\t\"always\": [\"read_graph\", \"open_nodes\"]\n"
		"\t\t}\n\t}\n}\n");
}

#define EDIT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDIT_TEST(the_users_file_is_exchanged_and_keeps_its_mode),
		EDIT_TEST(a_built_in_profile_gets_a_file_that_extends_it),
		EDIT_TEST(a_profile_of_the_sites_gets_a_file_that_extends_it),
		EDIT_TEST(what_is_in_force_already_is_not_written),
		EDIT_TEST(no_file_makes_a_policy_of_a_base),
		EDIT_TEST(an_unknown_name_and_a_path_are_refused),
		EDIT_TEST(what_others_may_write_is_not_edited),
		EDIT_TEST(a_file_that_changed_since_is_left_alone),
		EDIT_TEST(what_cannot_be_trusted_any_more_is_not_exchanged),
		EDIT_TEST(what_a_killed_one_left_is_in_nobodys_way),
		EDIT_TEST(of_many_writers_at_once_none_loses_its_entry),
		EDIT_TEST(a_preview_drives_no_terminal),
		EDIT_TEST(the_users_folder_is_made_where_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
