#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What has no place in any file: hosts, paths of one machine, loose ends."""

import re

import tree
from tap import Script

# Put together from pieces, so that this file does not hold them.
HOSTS = ["registry." + "npmjs", "pypi" + ".org", "python" + "hosted.org",
         "deb." + "debian.org", "crates" + ".io", "node" + "source.com"]
PLACES = [r"(?<![\w.}$-])/work" + r"/\w", r"\.\./" + "shared/",
          r"(?<!\w)shared/" + r"(README|design|formats|style)\b"]
MARKS = [r"^<{7} ", r"^>{7} ", r"\b(FIX" + "ME|XX" + r"X)\b(?!X)"]
LOOSE = re.compile(r"\bTO" + r"DO\b(?! \(#\d+\))")
SPDX = "SPDX-License-Identifier: Apache-2.0"
# Files that have a comment syntax and are ours.
CODE = (".c", ".h", ".py", ".sh", ".js", ".mjs")

t = Script()


def texts():
    for path in tree.all_files():
        try:
            yield path, tree.read(path)
        except UnicodeDecodeError:
            continue


def lines_with(pattern):
    found = []
    for path, text in texts():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path}:{line}: {match.group()}")
    return found


@t.test
def no_file_names_a_host_or_a_place_of_one_machine():
    pattern = re.compile("|".join([re.escape(h) for h in HOSTS] + PLACES))
    assert pattern.search("x https://" + HOSTS[1]) and pattern.search("/work" "/x")
    found = lines_with(pattern)
    assert not found, "\n" + "\n".join(found)


@t.test
def no_file_holds_a_left_over_mark():
    found = lines_with(re.compile("|".join(MARKS), re.M)) + lines_with(LOOSE)
    assert not found, "\n" + "\n".join(found)


@t.test
def every_source_file_names_its_licence_at_the_top():
    bad = [path for path, text in texts() if path.endswith(CODE)
           and text.strip() and SPDX not in "\n".join(text.splitlines()[:2])]
    assert not bad, "\n" + "\n".join(bad)


t.main()
