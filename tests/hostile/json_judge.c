/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: json_judge < TEXTS
 *
 * What the scanner alone says of each text, a line each: "taken", "refused", or
 * "half" with halves of surrogate pairs in it. A text is its length, a newline,
 * its bytes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "policy/message.h"

static int judge(struct json_scanner *s, const char *text, size_t len)
{
	struct json_scan_result r;
	const char *word;

	if (json_scan(s, text, len, &r) != 0)
		word = "refused";
	else
		word = r.n_half_surrogates > 0 ? "half" : "taken";
	return puts(word) < 0 ? 1 : 0;
}

int main(void)
{
	static const uint64_t key[2] = {3, 4};
	struct json_scanner *s = message_scanner_new(key);
	size_t len;
	int r = s != NULL ? 0 : 1;

	while (r == 0 && scanf("%zu", &len) == 1 && getchar() == '\n') {
		char *text = malloc(len + 1);

		r = text != NULL && fread(text, 1, len, stdin) == len
			    ? judge(s, text, len)
			    : 1;
		free(text);
	}
	json_scanner_free(s);
	return r;
}
