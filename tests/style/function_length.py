#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Functions are short, files hold one concept: measured, not believed."""

import statistics

import c_tokens
import tree
from tap import Script

MEDIAN_LINES = 20
FUNCTION_LINES = 80
FILE_LINES = 500

SAMPLE = '''\
#define BEGIN { \\
	{
/* static int comment(void) { */
static const struct row rows[] = { { "}", 1 }, };
struct pair {
	int a;
};
__attribute__((cold)) static int
two_line_head(int a,
	int b)
{
	if (a) {
		char c = '{';
	}
	return "{{"[0];
}
enum e { A, B };
int last(void) { return 0; }
'''

t = Script()


def measure(*folders):
    return [(f, path) for path in tree.sources(*folders)
            for f in c_tokens.functions(tree.read(path))]


@t.test
def the_tokenizer_finds_exactly_the_functions_of_a_sample():
    found = [(f.name, f.first, f.last) for f in c_tokens.functions(SAMPLE)]
    assert found == [("two_line_head", 8, 16), ("last", 18, 18)], found


@t.test
def no_function_is_longer_than_80_lines():
    found = measure("launcher", "policy", "tests")
    assert found
    long = [f"{path}:{f.first}: {f.name} has {f.lines} lines"
            for f, path in found if f.lines > FUNCTION_LINES]
    assert not long, "\n" + "\n".join(long)


@t.test
def the_median_function_has_at_most_20_lines():
    for folder in ("launcher", "policy"):
        median = statistics.median(f.lines for f, _ in measure(folder))
        print(f"# {folder}: median {median} lines")
        assert median <= MEDIAN_LINES, folder


@t.test
def no_file_is_longer_than_500_lines():
    long = []
    for path in tree.sources("launcher", "policy", "tests",
                             suffixes=(".c", ".h", ".py", ".js", ".mjs")):
        lines = tree.read(path).count("\n")
        if lines > FILE_LINES:
            long.append(f"{path}: {lines} lines")
    assert not long, "\n" + "\n".join(long)


t.main()
