/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that count once somebody has looked at them: as they were, where they
 * were.
 */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/trust.h"

#define GOOD "{\"version\": 1, \"extends\": \"node\"}"

static const char *path_in(const struct fixture *f, const char *sub)
{
	static char ring[4][256];
	static unsigned next;
	char *path = ring[next++ % 4];

	(void)snprintf(path, sizeof(ring[0]), "%s/%s", f->root, sub);
	return path;
}

static int setup(void **state)
{
	int r = fixture_setup(state);
	const struct fixture *f = *state;

	if (r == 0)
		r = setenv("HOME", f->root, 1);
	(void)unsetenv("XDG_CONFIG_HOME");
	return r;
}

/* Trusts the file as it is. */
static void give(const char *path)
{
	_trust_file_ struct trust_file t = {0};
	struct err e = {0};

	if (trust_file_read(path, &t, &e) < 0 || trust_give(&t, &e) < 0)
		fail_msg("%s", e.text);
}

static struct profile *load(const char *path, struct err *e)
{
	struct profile *p = NULL;
	char **narrowed = NULL;

	*e = (struct err){0};
	assert_true(profile_select(path, NULL, NULL, &p, &narrowed, e) < 0 ||
		    p != NULL);
	strv_free(narrowed);
	return p;
}

static void loads(const char *path)
{
	_profile_ struct profile *p = NULL;
	struct err e;

	p = load(path, &e);
	if (!p)
		fail_msg("%s", e.text);
	assert_false(p->base);
	assert_non_null(p->place);
}

static void refused(const char *path, const char *with)
{
	_profile_ struct profile *p = NULL;
	struct err e;

	p = load(path, &e);
	assert_null(p);
	if (!strstr(e.text, with))
		fail_msg("\"%s\" is not in \"%s\"", with, e.text);
}

static void file_counts_once_it_is_trusted_and_as_it_was(void **state)
{
	const struct fixture *f = *state;
	const char *path = path_in(f, "user/mine.json");

	fixture_write(f, "user", "mine", GOOD);
	refused(path, "is not trusted: look at it, then type: stockade "
		      "profile trust /");
	give(path);
	loads(path);
	fixture_write(f, "user", "mine", GOOD " ");
	refused(path, "has changed since it was trusted");
	fixture_write(f, "user", "mine", GOOD);
	loads(path);
	/* As it is now, and no longer as it was. */
	fixture_write(f, "user", "mine", GOOD "\n");
	give(path);
	loads(path);
	fixture_write(f, "user", "mine", GOOD);
	refused(path, "has changed");
}

static void same_content_in_another_place_is_not_trusted(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "mine", GOOD);
	fixture_write(f, "site", "mine", GOOD);
	give(path_in(f, "user/mine.json"));
	refused(path_in(f, "site/mine.json"), "is not trusted");
	/* It is the file itself that counts, by whatever way it is reached. */
	assert_int_equal(symlink("user/mine.json", path_in(f, "link.json")), 0);
	loads(path_in(f, "link.json"));
	loads(path_in(f, "site/../user/mine.json"));
	assert_int_equal(unlink(path_in(f, "link.json")), 0);
	assert_int_equal(symlink("site/mine.json", path_in(f, "link.json")), 0);
	refused(path_in(f, "link.json"), "is not trusted");
}

static void trust_that_is_revoked_is_gone(void **state)
{
	const struct fixture *f = *state;
	_strv_ char **lines = NULL;
	struct err e = {0};

	fixture_write(f, "user", "one", GOOD);
	fixture_write(f, "user", "two", GOOD);
	assert_int_equal(trust_revoke(path_in(f, "user/one.json"), &e), 1);
	give(path_in(f, "user/one.json"));
	give(path_in(f, "user/two.json"));
	assert_int_equal(trust_revoke(path_in(f, "user/one.json"), &e), 0);
	refused(path_in(f, "user/one.json"), "is not trusted");
	loads(path_in(f, "user/two.json"));
	/* Of a file that is not there any more too. */
	assert_int_equal(unlink(path_in(f, "user/two.json")), 0);
	assert_int_equal(trust_revoke(path_in(f, "user/two.json"), &e), 0);
	assert_int_equal(trust_list(&lines, &e), 0);
	assert_int_equal(strv_len(lines), 0);
}

static void list_of_somebody_else_is_refused(void **state)
{
	static const mode_t bad[] = {0620, 0602, 0666};
	const struct fixture *f = *state;
	const char *path = path_in(f, "user/mine.json");
	char list[256];
	struct stat st;

	(void)snprintf(
		list, sizeof(list), "%s/.config/stockade/trusted", f->root);
	fixture_write(f, "user", "mine", GOOD);
	give(path);
	assert_int_equal(stat(list, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0600);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		assert_int_equal(chmod(list, bad[i]), 0);
		refused(path, "may be written by others");
	}
	assert_int_equal(chmod(list, 0600), 0);
	loads(path);
	assert_int_equal(rename(list, path_in(f, "kept")), 0);
	assert_int_equal(symlink(path_in(f, "kept"), list), 0);
	refused(path, "is a symbolic link");
}

static void list_that_is_damaged_is_refused(void **state)
{
	static const char *const bad[] = {"x\n",
		"0000000000000000000000000000000000000000000000000000000000000000"
		"  x\n",
		"0000000000000000000000000000000000000000000000000000000000000000"
		"  /x",
		"000000000000000000000000000000000000000000000000000000000000000"
		"G  /x\n",
		"\n"};
	const struct fixture *f = *state;
	const char *path = path_in(f, "user/mine.json");
	char list[256];

	(void)snprintf(
		list, sizeof(list), "%s/.config/stockade/trusted", f->root);
	fixture_write(f, "user", "mine", GOOD);
	give(path);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		_trust_file_ struct trust_file t = {0};
		struct err e = {0};
		FILE *out = fopen(list, "we");

		assert_non_null(out);
		(void)fputs(bad[i], out);
		(void)fclose(out);
		refused(path, "trusted:1:1: the line is not understood");
		/* Nor is it written over. */
		assert_int_equal(trust_file_read(path, &t, &e), 0);
		assert_true(trust_give(&t, &e) < 0);
	}
}

static void what_is_no_profile_is_no_file_to_trust(void **state)
{
	const struct fixture *f = *state;
	_trust_file_ struct trust_file t = {0};
	struct err e = {0};

	assert_int_equal(mkfifo(path_in(f, "fifo.json"), 0600), 0);
	assert_true(trust_file_read(path_in(f, "fifo.json"), &t, &e) < 0);
	assert_true(trust_file_read(path_in(f, "user"), &t, &e) < 0);
	assert_true(trust_file_read(path_in(f, "nowhere"), &t, &e) < 0);
	assert_int_equal(mkdir(path_in(f, "a\nb"), 0700), 0);
	fixture_write(f, "a\nb", "mine", GOOD);
	e = (struct err){0};
	assert_true(trust_file_read(path_in(f, "a\nb/mine.json"), &t, &e) < 0);
	assert_non_null(strstr(e.text, "control character"));
}

/* A name in the folder's place: nothing there is looked up by name. */
static void trusted_file_extends_what_the_user_s_folders_have(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	struct err e;

	fixture_write(
		f, "user", "node", "{\"version\": 1, \"extends\": \"beside\"}");
	fixture_write(f, "user", "beside", GOOD);
	give(path_in(f, "user/node.json"));
	refused(path_in(f, "user/node.json"), "there is no such profile");
	/* Its own name is that of another: the built-in one. */
	fixture_write(f, "user", "node", GOOD);
	give(path_in(f, "user/node.json"));
	p = load(path_in(f, "user/node.json"), &e);
	assert_non_null(p);
	assert_string_equal(p->sources[1], "builtin:node");
}

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_counts_once_it_is_trusted_and_as_it_was),
		TEST(same_content_in_another_place_is_not_trusted),
		TEST(trust_that_is_revoked_is_gone),
		TEST(list_of_somebody_else_is_refused),
		TEST(list_that_is_damaged_is_refused),
		TEST(what_is_no_profile_is_no_file_to_trust),
		TEST(trusted_file_extends_what_the_user_s_folders_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
