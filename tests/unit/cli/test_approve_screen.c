/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/approve_key.h"
#include "cli/approve_page.h"
#include "cli/approve_screen.h"
#include "policy/out.h"

static const struct screen_item items[] = {
	{"0a1b2c3d:12", "github", "create_issue", true, 2, 41000, ""},
	{"5f65ec46:2", "filesystem", "write_file", true, 1, 9000, ""},
	{"5f65ec46:1", "filesystem", "move_file", false, 1, 492000, ""},
	{"77777777:9", "git", "git_push", false, 1, 0,
		"answered elsewhere: deny"},
};
static const struct screen_event events[] = {
	{false, " 12:40:59  once     git: git_diff  77777777:8"},
	{true, " 12:41:02  5f65ec46: process 4711 tried to answer for the user"},
};

static struct screen_view view(unsigned columns, unsigned rows)
{
	return (struct screen_view){
		.rows = rows,
		.columns = columns,
		.clock = "12:41:07",
		.n_sessions = 3,
		.items = items,
		.n_items = ELEMENTS(items),
		.n_open = 3,
		.chosen = 1,
		.detail = "for /usr/bin/claude, because of ask:write*\n"
			  "{\n  \"path\": \"/home/me/a\"\n}",
		.detail_whole = true,
		.events = events,
		.n_events = ELEMENTS(events),
	};
}

static void expect(const struct screen_view *v, const char *wanted)
{
	struct frame *f = calloc(1, sizeof(*f));
	struct out o = OUT_INIT(100000);

	assert_non_null(f);
	screen_draw(v, f);
	assert_int_equal(f->rows, v->rows);
	for (unsigned i = 0; i < f->rows; i++) {
		assert_true(strlen(f->row[i].text) <= f->columns);
		out_str(&o, f->row[i].text);
		out_str(&o, "\n");
	}
	out_bytes(&o, "", 1);
	assert_string_equal(o.data, wanted);
	out_deinit(&o);
	free(f);
}

static void a_usual_terminal_has_all_parts(void **state)
{
	struct screen_view v = view(80, 16);

	(void)state;
	expect(&v,
		" stockade approve   3 open, 3 sessions                                 12:41:07 \n"
		"  0a1b2c3d:12  github: create_issue                               x2  held 41 s \n"
		"> 5f65ec46:2   filesystem: write_file                                  held 9 s \n"
		"  5f65ec46:1   filesystem: move_file                                 retry 8:12 \n"
		"  77777777:9   git: git_push                           answered elsewhere: deny \n"
		"--------------------------------------------------------------------------------\n"
		"for /usr/bin/claude, because of ask:write*\n"
		"{\n"
		"  \"path\": \"/home/me/a\"\n"
		"}\n"
		"\n"
		"\n"
		"--------------------------------------------------------------------------------\n"
		" 12:40:59  once     git: git_diff  77777777:8\n"
		" 12:41:02  5f65ec46: process 4711 tried to answer for the user\n"
		" o once  s session  S whole tool  a always  d deny  Enter: all of it  q quit\n");
}

static void a_narrow_terminal_keeps_the_time(void **state)
{
	struct screen_view v = view(40, 8);

	(void)state;
	expect(&v, " stockade approve   3 open, 3 sessions\n"
		   "  github: create_issue    x2  held 41 s \n"
		   "> filesystem: write_file       held 9 s \n"
		   "-- 2 more questions --------------------\n"
		   "for /usr/bin/claude, because of ask:writ\n"
		   "e*\n"
		   "... Enter shows all\n"
		   " o once  s/S session  a always  d deny q\n");
}

static void what_is_chosen_is_always_seen(void **state)
{
	struct screen_view v = view(30, 4);

	(void)state;
	v.chosen = 3;
	expect(&v, " stockade approve   3 open, 3 \n"
		   "> git: git_push          gone \n"
		   "\n"
		   " o s S a d Enter q\n");
}

static void no_size_is_too_small(void **state)
{
	struct frame *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	for (unsigned rows = 0; rows < 40; rows++)
		for (unsigned columns = 0; columns < 100; columns++)
			for (size_t n = 0; n <= ELEMENTS(items); n++) {
				struct screen_view v = view(columns, rows);

				v.n_items = n;
				v.chosen = n ? n - 1 : 0;
				screen_draw(&v, f);
				v.input = " reason: x";
				v.input_cursor = 10;
				screen_draw(&v, f);
				assert_true(!rows || !columns ||
					    f->cursor_row == rows - 1);
				assert_true(f->cursor_column <= columns);
			}
	free(f);
}

static void only_rows_that_changed_are_written(void **state)
{
	struct frame *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct screen_view v = view(80, 16);
	struct out o = OUT_INIT(100000);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	screen_draw(&v, a);
	v.clock = "12:41:08";
	screen_draw(&v, b);
	frame_write(&o, b, a, true);
	out_bytes(&o, "", 1);
	assert_non_null(strstr(o.data, "\033[1;1H\033[7m stockade"));
	assert_null(strstr(o.data, "\033[2;1H"));
	assert_null(strstr(o.data, "\033[2J"));
	out_reset(&o);
	frame_write(&o, b, NULL, false);
	out_bytes(&o, "", 1);
	assert_non_null(strstr(o.data, "\033[2J"));
	assert_null(strstr(o.data, "[1;31m"));
	out_deinit(&o);
	free(a);
	free(b);
}

static void nothing_but_ascii_reaches_the_terminal(void **state)
{
	struct frame *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(f);
	frame_clear(f, 2, 20);
	frame_set(f, 0, LOOK_PLAIN, "a\033[31m\xc3\xa9\n");
	assert_string_equal(f->row[0].text, "a?[31m???");
	free(f);
}

static void keys_are_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t taken;
		enum key_type type;
	} rows[] = {
		{"o", 1, KEY_CHARACTER},
		{"oo", 1, KEY_CHARACTER},
		{"\xc3\xa9", 2, KEY_CHARACTER},
		{"\xff", 1, KEY_NONE},
		{"\033", 1, KEY_ESCAPE},
		{"\033[A", 3, KEY_UP},
		{"\033OBx", 3, KEY_DOWN},
		{"\033[5~", 4, KEY_PAGE_UP},
		{"\033[200~o", 6, KEY_PASTE_BEGIN},
		{"\033[201~", 6, KEY_PASTE_END},
		{"\033[1;5A", 6, KEY_NONE},
		{"\033[12", 4, KEY_NONE},
		{"\033o", 2, KEY_NONE},
		{"\r", 1, KEY_ENTER},
		{"\x7f", 1, KEY_BACKSPACE},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct key k;

		assert_int_equal(
			key_take(rows[i].bytes, strlen(rows[i].bytes), &k),
			rows[i].taken);
		assert_int_equal(k.type, rows[i].type);
	}
}

static void a_page_begins_at_its_beginning_and_folds(void **state)
{
	struct out text = OUT_INIT(1000);
	struct frame *f = calloc(1, sizeof(*f));
	struct key end = {.type = KEY_END};
	struct page p;

	(void)state;
	assert_non_null(f);
	out_str(&text, "one\n\n0123456789abcdef\nlast\n");
	assert_int_equal(page_init(&p, &text), 0);
	page_resize(&p, 10, 2);
	assert_int_equal(p.top, 0);
	assert_int_equal(page_rows(&p), 5);
	frame_clear(f, 2, 10);
	page_draw(&p, f, 0);
	assert_string_equal(f->row[0].text, "one");
	assert_string_equal(f->row[1].text, "");
	assert_true(page_key(&p, &end));
	frame_clear(f, 2, 10);
	page_draw(&p, f, 0);
	assert_string_equal(f->row[0].text, "abcdef");
	assert_string_equal(f->row[1].text, "last");
	/* The same line stays at the top. */
	page_resize(&p, 40, 2);
	assert_int_equal(p.top, 2);
	page_deinit(&p);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usual_terminal_has_all_parts),
		cmocka_unit_test(a_narrow_terminal_keeps_the_time),
		cmocka_unit_test(what_is_chosen_is_always_seen),
		cmocka_unit_test(no_size_is_too_small),
		cmocka_unit_test(only_rows_that_changed_are_written),
		cmocka_unit_test(nothing_but_ascii_reaches_the_terminal),
		cmocka_unit_test(keys_are_told_apart),
		cmocka_unit_test(a_page_begins_at_its_beginning_and_folds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
