/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define GOOD "{\"version\": 1}"

static const char *path_in(const struct fixture *f, const char *sub)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", f->root, sub);
	return path;
}

static void file_that_others_may_write_is_refused(void **state)
{
	static const mode_t bad[] = {0620, 0602, 0660, 0666, 0777};
	static const mode_t good[] = {0600, 0644, 0400, 0444, 0755};
	const struct fixture *f = *state;

	fixture_write(f, "user", "me", GOOD);
	fixture_write(f, "site", "other", GOOD);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		assert_int_equal(chmod(path_in(f, "user/me.json"), bad[i]), 0);
		fixture_load_fails(f, "me", "may be written by others");
		assert_int_equal(
			chmod(path_in(f, "site/other.json"), bad[i]), 0);
		fixture_load_fails(f, "other", "may be written by others");
	}
	for (size_t i = 0; i < ELEMENTS(good); i++) {
		_profile_ struct profile *p = NULL;

		assert_int_equal(chmod(path_in(f, "user/me.json"), good[i]), 0);
		p = fixture_load(f, "me");
		assert_false(p->base);
	}
}

/* A site's file that is not root's: here root is played by another uid. */
static void file_of_another_owner_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "site", "me", GOOD);
	f->store.site_owner = geteuid() + 1;
	fixture_load_fails(f, "me", "; expected uid");
	if (geteuid() != 0)
		return;
	fixture_write(f, "user", "mine", GOOD);
	assert_int_equal(chown(path_in(f, "user/mine.json"), 1234, 0), 0);
	fixture_load_fails(f, "mine", "belongs to uid 1234; expected uid 0");
}

/* The refusal must not let the layer below step in. */
static void refused_file_does_not_fall_through_to_a_lower_layer(void **state)
{
	const struct fixture *f = *state;

	fixture_write(f, "user", "time", GOOD);
	assert_int_equal(chmod(path_in(f, "user/time.json"), 0666), 0);
	fixture_load_fails(f, "time", "may be written by others");
	assert_int_equal(unlink(path_in(f, "user/time.json")), 0);
	assert_int_equal(mkdir(path_in(f, "user/time.json"), 0700), 0);
	fixture_load_fails(f, "time", "is no file");
}

static void links_fifos_and_sockets_are_refused(void **state)
{
	const struct fixture *f = *state;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fixture_write(f, "user", "real", GOOD);
	assert_int_equal(symlink("real.json", path_in(f, "user/link.json")), 0);
	assert_int_equal(
		symlink("nowhere.json", path_in(f, "user/loose.json")), 0);
	assert_int_equal(mkfifo(path_in(f, "user/fifo.json"), 0600), 0);
	assert_true(strlen(f->root) + 16 < sizeof(a.sun_path));
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/user/sock.json",
		f->root);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	fixture_load_fails(f, "link", "is a symbolic link");
	fixture_load_fails(f, "loose", "is a symbolic link");
	fixture_load_fails(f, "fifo", "is no file");
	fixture_load_fails(f, "sock", "file ");
	(void)close(fd);
}

static void unreadable_file_is_refused(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	struct err e = {0};

	fixture_write(f, "user", "time", GOOD);
	assert_int_equal(chmod(path_in(f, "user/time.json"), 0), 0);
	if (geteuid() == 0) /* reads it all the same */
		assert_int_equal(
			profile_load_from(&f->store, "time", &p, &e), 0);
	else
		fixture_load_fails(f, "time", "Permission denied");
}

static void names_that_leave_the_folder_are_refused(void **state)
{
	char sixty_five[66] = "";
	const char *const names[] = {"../user/me", "/etc/passwd", "a/b", "..",
		".", "", ".me", "a b", "a\nb", "me\\", "-me", sixty_five};
	const struct fixture *f = *state;

	memset(sixty_five, 'a', 65);
	fixture_write(f, "user", "me", GOOD);
	for (size_t i = 0; i < ELEMENTS(names); i++)
		fixture_load_fails(f, names[i], "; expected");
}

static void unknown_name_is_told_from_an_error(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	struct err e = {0};

	assert_int_equal(profile_load_from(&f->store, "nowhere", &p, &e), 1);
	assert_string_equal(e.text, "");
	assert_null(p);
}

static void folder_that_others_may_write_is_refused(void **state)
{
	const struct fixture *f = *state;
	struct err e = {0};
	_close_ int fd = -1;

	assert_int_equal(
		profile_folder_open(f->root, "site", geteuid(), &fd, &e), 0);
	cleanup_close(&fd);
	fd = -1;
	assert_int_equal(
		profile_folder_open(f->root, "none/x", geteuid(), &fd, &e), 1);
	assert_int_equal(chmod(path_in(f, "site"), 0770), 0);
	assert_int_equal(
		profile_folder_open(f->root, "site", geteuid(), &fd, &e),
		-EPERM);
	assert_non_null(strstr(e.text, "may be written by others"));
	assert_int_equal(fd, -1);
}

static void folder_behind_a_link_or_of_another_is_refused(void **state)
{
	const struct fixture *f = *state;
	_close_ int fd = -1;

	assert_int_equal(mkdir(path_in(f, "site/profiles"), 0700), 0);
	assert_int_equal(symlink("site", path_in(f, "link")), 0);
	assert_int_equal(profile_folder_open(f->root, "site/profiles",
				 geteuid(), &fd, NULL),
		0);
	cleanup_close(&fd);
	fd = -1;
	assert_true(profile_folder_open(f->root, "link/profiles", geteuid(),
			    &fd, NULL) < 0);
	assert_int_equal(profile_folder_open(f->root, "site/profiles",
				 geteuid() + 1, &fd, NULL),
		-EPERM);
	assert_int_equal(fd, -1);
}

/* Through the real search path: the folder of the user who runs it. */
static void real_folders_are_searched(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = NULL;
	struct err e = {0};
	char path[256];

	assert_int_equal(mkdir(path_in(f, "stockade"), 0700), 0);
	(void)snprintf(path, sizeof(path), "%s", path_in(f, "user"));
	assert_int_equal(rename(path, path_in(f, "stockade/profiles")), 0);
	fixture_write(f, "stockade/profiles", "mine", GOOD);
	assert_int_equal(setenv("XDG_CONFIG_HOME", f->root, 1), 0);
	if (profile_load("mine", &p, &e) != 0)
		fail_msg("%s", e.text);
	assert_non_null(strstr(p->sources[0], "/stockade/profiles/mine.json"));
	assert_int_equal(chmod(path_in(f, "stockade/profiles"), 0777), 0);
	profile_free(take_ptr(p));
	assert_int_equal(profile_load("mine", &p, &e), -EPERM);
}

static void listing_names_profiles_only(void **state)
{
	const struct fixture *f = *state;
	_strv_ char **names = NULL, **site = NULL, **builtin = NULL;

	fixture_write(f, "user", "b", GOOD);
	fixture_write(f, "user", "a", "not even JSON");
	fixture_write(f, "user", ".hidden", GOOD);
	fixture_write(f, "user", "with space", GOOD);
	assert_int_equal(symlink("a.json", path_in(f, "user/a.txt")), 0);
	assert_int_equal(
		profile_store_list(&f->store, ORIGIN_USER, &names, NULL), 0);
	assert_list(names, "a b");
	assert_int_equal(
		profile_store_list(&f->store, ORIGIN_SITE, &site, NULL), 0);
	assert_list(site, "");
	assert_int_equal(
		profile_store_list(&f->store, ORIGIN_BUILTIN, &builtin, NULL),
		0);
	assert_list(builtin, "browser default everything filesystem git memory "
			     "node python sequential-thinking static time");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_that_others_may_write_is_refused),
		TEST(file_of_another_owner_is_refused),
		TEST(refused_file_does_not_fall_through_to_a_lower_layer),
		TEST(links_fifos_and_sockets_are_refused),
		TEST(unreadable_file_is_refused),
		TEST(names_that_leave_the_folder_are_refused),
		TEST(unknown_name_is_told_from_an_error),
		TEST(folder_that_others_may_write_is_refused),
		TEST(folder_behind_a_link_or_of_another_is_refused),
		TEST(real_folders_are_searched),
		TEST(listing_names_profiles_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
