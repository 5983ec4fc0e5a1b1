#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual and --help say the same, and mandoc has nothing to complain of.

usage: manual.py STOCKADE
"""

import glob
import os
import re
import subprocess
import sys

import tree
from tap import Script

SCREEN_LINES = 48
SCREEN_COLUMNS = 80
STOCKADE = sys.argv[1]
ROW = re.compile(r'\{\s*"(\w+)",\s*verb_\w+')
HELP_OPTION = re.compile(r"^  --([\w-]+)", re.M)
SAME_AS_RUN = re.compile(r"^The options are those of\n\.Cm run$", re.M)
MDOC_OPTION = re.compile(r"^\.It\b.*?\bFl (?:Fl |-)([\w-]+)", re.M)

t = Script()


def verbs():
    found = ROW.findall(tree.read("launcher/cli/help.c"))
    assert found, "no verb in launcher/cli/help.c"
    return found


def help_of(verb):
    done = subprocess.run([STOCKADE, verb, "--help"], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (verb, done.returncode, done.stderr)
    assert not done.stderr, done.stderr
    return done.stdout


def manual_parts():
    """{verb: its part of stockade.1}: from its .Ss to the next .Ss or .Sh"""
    parts = {}
    for part in re.split(r"(?m)^(?=\.S[sh]\b)", tree.read("man/stockade.1")):
        head, _, rest = part.partition("\n")
        match = re.match(r"\.Ss (?:Nm )?(?:stockade )?(?:Cm )?(\w+)", head)
        if match:
            parts[match[1]] = rest
    return parts


def lint(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", page],
                          capture_output=True, text=True)
    # Where a system keeps other manuals is no business of this one.
    said = [line for line in done.stdout.splitlines()
            if "referenced manual not found" not in line
            and "outdated mandoc.db" not in line]
    assert not said, "\n" + "\n".join(said)


@t.test
def every_page_passes_mandoc_lint():
    pages = glob.glob(os.path.join(tree.TOP, "man", "*.[1-8]"))
    assert len(pages) >= 3, pages
    for page in pages:
        lint(page)


@t.test
def help_lists_every_verb():
    done = subprocess.run([STOCKADE, "help"], capture_output=True, text=True)
    assert done.returncode == 0
    listed = re.findall(r"^  (?:stockade )?(\w+)", done.stdout, re.M)
    missing = set(verbs()) - set(listed)
    assert not missing, missing


@t.test
def help_of_a_verb_fits_on_one_screen():
    for verb in verbs():
        lines = help_of(verb).splitlines()
        assert len(lines) <= SCREEN_LINES, (verb, len(lines))
        wide = [line for line in lines if len(line) > SCREEN_COLUMNS]
        assert not wide, (verb, wide)


@t.test
def every_verb_has_its_part_in_the_manual():
    missing = set(verbs()) - set(manual_parts())
    assert not missing, missing


@t.test
def manual_and_help_name_the_same_options():
    parts, bad = manual_parts(), []
    for verb in verbs():
        told = set(HELP_OPTION.findall(help_of(verb))) - {"help"}
        written = set(MDOC_OPTION.findall(parts.get(verb, ""))) - {"help"}
        if SAME_AS_RUN.search(parts.get(verb, "")):
            written |= set(MDOC_OPTION.findall(parts["run"]))
        bad += [f"{verb}: --{o} is not in the manual" for o in told - written]
        bad += [f"{verb}: --{o} is not in --help" for o in written - told]
    assert not bad, "\n" + "\n".join(sorted(bad))


@t.test
def a_page_of_one_verb_has_the_options_of_its_help():
    pages = glob.glob(os.path.join(tree.TOP, "man", "stockade-*.1"))
    assert pages, "no page of one verb"
    for page in pages:
        verb = os.path.basename(page)[len("stockade-"):-len(".1")]
        told = set(HELP_OPTION.findall(help_of(verb))) - {"help"}
        with open(page, encoding="utf-8") as file:
            written = set(MDOC_OPTION.findall(file.read())) - {"help"}
        assert told and told == written, (page, told ^ written)


@t.test
def every_type_of_record_is_in_the_manual():
    """Under an .It of its own, alone or with others."""
    types = re.findall(r'\[RECORD_\w+\] = "([\w.]+)"',
                       tree.read("launcher/keeper/line.c"))
    assert len(types) > 15, types
    page = tree.read("man/stockade-audit.5")
    items = set(" ".join(re.findall(r"^\.It (.*)$", page, re.M)).replace(
        ",", " ").split())
    items |= {"approval" + x for x in items if x.startswith(".")}
    missing = [x for x in types if x not in items]
    assert not missing, missing


@t.test
def an_option_that_no_verb_has_is_refused_by_each():
    for verb in verbs():
        done = subprocess.run([STOCKADE, verb, "--no-such-option"],
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        assert done.returncode in (2, 125), (verb, done.returncode)
        assert "--no-such-option" in done.stderr, (verb, done.stderr)


t.main()
