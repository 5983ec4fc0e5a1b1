/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static void digest_of(const char *text, uint8_t ret[32])
{
	_profile_ struct profile *p = NULL;
	_free_ char *extends = NULL;
	struct err e = {0};

	if (profile_parse("x.json", text, strlen(text), &p, &extends, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	memcpy(ret, p->digest, 32);
}

static const char whole[] =
	"{\"version\": 1, \"sandbox\": {\"read\": [\"/a\", \"/b\"], "
	"\"write\": [\"/c\"], \"state\": true, \"network\": [\"a:1\"], "
	"\"env\": {\"pass\": [\"A\"], \"set\": {\"B\": \"1\", \"C\": \"2\"}}}, "
	"\"protocol\": {\"tools\": {\"allow\": [\"x\", \"y\"], \"deny\": "
	"[\"z\"]}}}";

static void spelling_and_order_do_not_change_the_digest(void **state)
{
	static const char other[] =
		"{\n \"why\": \"a note\", \"$schema\": \"s\", \"name\": \"x\",\n"
		"\"packages\": [\"p\"], \"protocol\": {\"why\": \"\", "
		"\"output\": {\"over\": \"truncate\", \"text\": \"1024K\", "
		"\"binary\": 6291456}, \"tools\": {\"deny\": [\"z\", \"z\"], "
		"\"allow\": [\"y\", \"\\u0078\", \"y\"]}}, \"sandbox\": "
		"{\"limits\": {\"memory\": \"512M\", \"pids\": 256, \"cpu\": "
		"\"0%\"}, \"git\": \"read\", \"nested_userns\": false, "
		"\"env\": {\"set\": {\"C\": \"2\", \"B\": \"1\"}, \"pass\": "
		"[\"A\"]}, \"network\": [\"a:1\"], \"state\": true, \"write\": "
		"[\"\\/c\"], \"read\": [\"/b\", \"/a\"]}, \"version\": 1}";
	uint8_t a[32], b[32];

	(void)state;
	digest_of(whole, a);
	digest_of(other, b);
	assert_memory_equal(a, b, 32);
}

static void every_change_of_meaning_changes_the_digest(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"sandbox\": {\"read\": [\"/a\"]}}",
		"{\"sandbox\": {\"read\": [\"/a\", \"/b\"]}}",
		"{\"sandbox\": {\"read\": [\"/a/b\"]}}",
		"{\"sandbox\": {\"write\": [\"/a\"]}}",
		"{\"sandbox\": {\"read\": [\"/a\"], \"write\": [\"/b\"]}}",
		"{\"sandbox\": {\"read\": [\"/b\"], \"write\": [\"/a\"]}}",
		"{\"sandbox\": {\"state\": true}}",
		"{\"sandbox\": {\"git\": \"write\"}}",
		"{\"sandbox\": {\"nested_userns\": true}}",
		"{\"sandbox\": {\"network\": [\"a:1\"]}}",
		"{\"sandbox\": {\"env\": {\"pass\": [\"A\"]}}}",
		"{\"sandbox\": {\"env\": {\"set\": {\"A\": \"\"}}}}",
		"{\"sandbox\": {\"env\": {\"set\": {\"A\": \"A\"}}}}",
		"{\"sandbox\": {\"limits\": {\"memory\": \"511M\"}}}",
		"{\"sandbox\": {\"limits\": {\"cpu\": \"1%\"}}}",
		"{\"sandbox\": {\"limits\": {\"pids\": 255}}}",
		"{\"sandbox\": {\"limits\": {\"tmp\": \"255M\"}}}",
		"{\"sandbox\": {\"limits\": {\"tmp_files\": 255}}}",
		"{\"sandbox\": {\"limits\": {\"open_files\": 255}}}",
		"{\"sandbox\": {\"limits\": {\"file_size\": \"255M\"}}}",
		"{\"sandbox\": {\"limits\": {\"session\": \"1s\"}}}",
		"{\"sandbox\": {\"limits\": {\"stderr\": 0}}}",
		"{\"protocol\": {\"tools\": {\"allow\": [\"a\"]}}}",
		"{\"protocol\": {\"tools\": {\"deny\": [\"a\"]}}}",
		"{\"protocol\": {\"tools\": {\"allow\": [\"a\", \"b\"]}}}",
		"{\"protocol\": {\"tools\": {\"allow\": [\"a1:b\"]}}}",
		"{\"protocol\": {\"output\": {\"text\": \"2M\"}}}",
		"{\"protocol\": {\"output\": {\"binary\": \"2M\"}}}",
		"{\"protocol\": {\"output\": {\"over\": \"spill\"}}}",
		"{\"protocol\": {\"output\": {\"over\": \"error\"}}}",
		"{\"protocol\": {\"output\": {\"text_over\": \"spill\"}}}",
		"{\"protocol\": {\"output\": {\"binary_over\": \"spill\"}}}",
		"{\"protocol\": {\"output\": {\"unseen\": \"show\"}}}",
		"{\"protocol\": {\"output\": {\"unseen\": \"pass\"}}}",
		"{\"protocol\": {\"output\": {\"types\": []}}}",
		"{\"protocol\": {\"output\": {\"types\": [\"a/b\"]}}}",
	};
	uint8_t digests[ELEMENTS(texts)][32];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(texts); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "{\"version\": 1%s%s",
			texts[i][1] == '}' ? "" : ", ", texts[i] + 1);
		digest_of(text, digests[i]);
		for (size_t j = 0; j < i; j++)
			if (memcmp(digests[i], digests[j], 32) == 0)
				fail_msg("%s and %s", texts[i], texts[j]);
	}
}

/* Both for each kind, or once for both. */
static void what_is_over_is_hashed_as_it_takes_effect(void **state)
{
	static const char *const same[] = {
		"{\"over\": \"spill\"}",
		"{\"text_over\": \"spill\", \"binary_over\": \"spill\"}",
		("{\"over\": \"error\", \"text_over\": \"spill\", "
		 "\"binary_over\": \"spill\"}"),
	};
	uint8_t first[32], other[32];
	char text[256];

	(void)state;
	for (size_t i = 0; i < ELEMENTS(same); i++) {
		(void)snprintf(text, sizeof(text),
			"{\"version\": 1, \"protocol\": {\"output\": %s}}",
			same[i]);
		digest_of(text, i == 0 ? first : other);
		if (i > 0)
			assert_memory_equal(first, other, 32);
	}
}

/*
 * It is written down in logs, so the next version has to come to the same.
 * Computed apart: SHA-256 of the fields, each string as LENGTH:STRING.
 */
static void digest_is_steady_from_build_to_build(void **state)
{
	static const char expected[] = "934a3797f43a2ac55c1b771ad7a4e44c"
				       "790e1147dc5572a4e4ed78cf3bc99272";
	char hex[65];
	uint8_t seen[32];

	(void)state;
	digest_of(whole, seen);
	for (size_t i = 0; i < sizeof(seen); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", seen[i]);
	assert_string_equal(hex, expected);
}

static void base_and_policy_of_the_same_grants_differ(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *base = fixture_load(f, "default");
	_profile_ struct profile *policy = NULL, *node = NULL;

	fixture_write(f, "user", "mine", "{\"version\": 1}");
	policy = fixture_load(f, "mine");
	assert_memory_not_equal(base->digest, policy->digest, 32);
	node = fixture_load(f, "node");
	assert_memory_equal(base->digest, node->digest, 32);
}

static void digest_follows_what_is_added_later(void **state)
{
	const struct fixture *f = *state;
	_profile_ struct profile *p = fixture_load(f, "time");
	uint8_t before[32];

	memcpy(before, p->digest, 32);
	assert_int_equal(strv_add(&p->sandbox.read, "/srv"), 0);
	assert_int_equal(profile_digest(p), 0);
	assert_memory_not_equal(p->digest, before, 32);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(spelling_and_order_do_not_change_the_digest),
		TEST(every_change_of_meaning_changes_the_digest),
		TEST(what_is_over_is_hashed_as_it_takes_effect),
		TEST(digest_is_steady_from_build_to_build),
		TEST(base_and_policy_of_the_same_grants_differ),
		TEST(digest_follows_what_is_added_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
