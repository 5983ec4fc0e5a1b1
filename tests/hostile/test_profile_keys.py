#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every key of a profile in every verb that looks at one: a row each, and one
that has no row fails.

Of each a wrong value has a place in the file, a change of it alone is shown by
`profile show`, `explain` and, with its direction, `profile diff`; and in what
narrows a run it narrows, or is refused with its place.

Usage: test_profile_keys.py BUILD [NAME…]
"""

import json
import os
import re

from runrig import Script
from siterig import profile

t = Script()
NONE = object()  # the key is not there

# Objects, from the top; the keys in each are asked of stockade itself.
OBJECTS = ["", "sandbox", "sandbox env", "sandbox limits", "protocol",
           "protocol tools", "protocol prompts", "protocol resources",
           "protocol methods", "protocol output", "approval", "breaker"]
# What a file is found and made by, and what is no word of policy.
NO_POLICY = {"version", "$schema", "why", "name", "extends", "packages"}
# A later version's.
LATER = {"sandbox env secret", "protocol redact", "protocol log",
         "protocol output redact"}

RULE = {"id": "own", "tools": ["a1"], "deny_if": {"/x": {"eq": 1}}}
ROLES = {"r": {"tools": ["a1"]}}


class Key:
    """A key, and two values of it: the second lets more happen.

    wrong: of the type that it has, but no value of it. base: what the profile
    has beside it. options: of explain. word: what `profile diff` says of the
    way from the first to the second; "other" where it is neither.
    narrows: whether a policy may have it.
    """

    def __init__(self, path, narrow, wide, wrong, *, base=None, options=(), word="wider",
                 narrows=True):
        self.path, self.narrow, self.wide = path.split(), narrow, wide
        self.wrong, self.base, self.options = wrong, base or {}, options
        self.word, self.narrows = word, narrows

    def document(self, value, name="static"):
        top = {"version": 1, **({"extends": name} if name else {}),
               **json.loads(json.dumps(self.base))} if name \
            else {"version": 1}
        inner = top
        for word in self.path[:-1]:
            inner = inner.setdefault(word, {})
        if value is not NONE:
            inner[self.path[-1]] = value
        return top


def tools(**lists):
    return {"protocol": {"tools": lists}}


def names(of, name):
    """The lists of one kind, but for token, which tools alone have."""
    def base(**lists):
        return {"protocol": {of: lists}}
    key = f"protocol {of}"
    allowed = base(allow=[name])
    return [
        Key(f"{key} allow", [], [name], [""]),
        Key(f"{key} ask", [name], [], [""], base=allowed),
        Key(f"{key} always", [], [name], [""],
            base=base(allow=[name], ask=[name])),
        Key(f"{key} deny", [name], [], [""], base=allowed)]


def limit(name, narrow, wide, wrong):
    return Key(f"sandbox limits {name}", narrow, wide, wrong)


KEYS = [
    Key("sandbox read", [], ["/srv"], ["srv"]),
    Key("sandbox write", [], ["/srv"], ["/"]),
    Key("sandbox state", False, True, "yes"),
    Key("sandbox git", "read", "write", "all",
        base={"sandbox": {"write": ["${workspace}"]}}),
    Key("sandbox nested_userns", False, True, "yes"),
    Key("sandbox network", [], ["a.org:443"], ["a.org"]),
    Key("sandbox env pass", [], ["TRIED"], ["A B"]),
    Key("sandbox env set", {}, {"A": "b"}, {"A B": "c"}, word="other",
        narrows=False),
    limit("memory", "64M", "128M", "1"), limit("cpu", "50%", "80%", "50"),
    limit("pids", 40, 50, 1), limit("tmp", "16M", "32M", "1"),
    limit("tmp_files", 100, 200, 1), limit("open_files", 100, 200, 1),
    limit("file_size", "16M", "32M", "1"), limit("session", "1h", 0, "31d"),
    limit("stderr", 0, "1M", "2G"),
    *names("tools", "a1"), *names("prompts", "a1"),
    *names("resources", "file:///a"),
    Key("protocol tools token", ["a1"], [], [""],
        base=tools(allow=["a1"])),
    Key("protocol methods sampling/createMessage", "deny", "ask", "filter"),
    Key("protocol methods elicitation/create", "ask", "allow", "filter"),
    Key("protocol methods roots/list", "filter", "allow", "ask"),
    Key("protocol rules", [RULE], [], [{**RULE, "deny_unless": {}}]),
    Key("protocol schemas", {"a1": {"type": "object"}}, {},
        {"a1": {"format": "date"}}),
    Key("protocol pins", "require", "first", "last"),
    Key("protocol rate", "5/min", "6/min", "5/year"),
    Key("protocol concurrent", 1, 2, 0),
    Key("protocol calls", 5, 6, -1), Key("protocol bytes", "1M", "2M", "1X"),
    Key("protocol call_timeout", "1m", "2m", "2d"),
    Key("protocol output text", "1K", "2K", "1"),
    Key("protocol output binary", "1K", "2K", "1"),
    Key("protocol output over", "error", "truncate", "cut", narrows=False),
    Key("protocol output text_over", "error", "spill", "cut", narrows=False),
    Key("protocol output binary_over", "truncate", "spill", "cut",
        narrows=False),
    Key("protocol output unseen", "strip", "show", "hide"),
    Key("protocol output types", ["image/png"], ["image/*"], ["png"]),
    Key("protocol classes", {"write": ["a1"]}, {"read": ["a1"]},
        {"reads": ["a1"]}, word="other", options=["--role", "reader"],
        base=tools(allow=["a1"])),
    Key("approval hold", "2m", "3m", "1h", word="other", narrows=False),
    Key("approval elicitation", False, True, "yes"),
    Key("approval by", "proof", "prompt", "none"),
    Key("breaker", "stop", "alert", "none"),
    Key("breaker unlisted", 3, 4, 0), Key("breaker action", "block", "alert",
                                          "deny"),
    Key("contexts", {"c": {"protocol": {"tools": {"deny": ["a1"]}}}}, {},
        {"c": {"extends": "node"}}, narrows=False,
        options=["--context", "c"]),
    Key("roles", {"r": {"tools": ["a1"]}}, {"r": {"tools": ["a1", "a2"]}},
        {"r": {"tool": []}}, options=["--role", "r"]),
    Key("tasks", {"t": {"tools": ["a1"]}}, {"t": {"tools": ["a1", "a2"]}},
        {"t": {"tool": []}}, narrows=False, options=["--task", "t"]),
    Key("role", "reader", NONE, "a b", narrows=False),
    Key("task", "t", NONE, "a b", narrows=False,
        base={"tasks": {"t": {"tools": ["a1"]}}}),
    Key("context", "c", NONE, "a b", narrows=False,
        base={"contexts": {"c": {}}}),
    Key("tenant", "t", NONE, "a b", narrows=False, word="other"),
]


def spoken(done):
    return f"{done.args}: {done.returncode}: {done.stdout}{done.stderr}"


def explained(world, *options):
    """What `explain` says, or why it is refused."""
    os.makedirs(os.path.join(world.work, ".git"), exist_ok=True)
    done = world.stockade("explain", "--profile", "mine", *options, "--",
                          "/bin/true", env={**world.env, "TRIED": "1"})
    return (done.stdout,) if done.returncode == 0 else spoken(done)


def each(function):
    """All rows, and every one that fails."""
    def run(world):
        failed = []
        for key in KEYS:
            try:
                function(world, key)
            except AssertionError as e:
                failed.append(f"{' '.join(key.path)}: {e}")
        assert not failed, "\n".join(failed)
    run.__name__ = function.__name__
    return t.test(run)


def known(world, path):
    """What keys an object may have, as the line says that finds none such."""
    top = inner = {"version": 1}
    for word in path.split():
        inner = inner.setdefault(word, {})
    inner["?"] = 1
    profile(world, top)
    said = world.stockade("profile", "check", "mine").stdout
    hit = re.search(r"unknown key .*expected one of (.*)$", said, re.M)
    assert hit, said
    return hit[1].split(", ")


@t.test
def every_key_has_a_row(world):
    rows = {" ".join(key.path) for key in KEYS}
    keys = {f"{path} {key}".strip() for path in OBJECTS
            for key in known(world, path) if key not in NO_POLICY}
    keys -= set(OBJECTS) - {"breaker"}
    assert rows == keys - LATER, (rows ^ (keys - LATER))


@each
def a_wrong_value_has_its_place(world, key):
    for value in (None, key.wrong):
        text = json.dumps(key.document(value), indent=1)
        profile(world, text)
        done = world.stockade("profile", "check", "mine")
        hit = re.search(r"mine\.json:(\d+):(\d+): .*expected", done.stdout)
        assert done.returncode == 1 and hit, (value, spoken(done))
        line = text.split("\n").index(next(
            x for x in text.split("\n")
            if x.strip().startswith(f'"{key.path[-1]}":')
            and (value is not None or "null" in x)))
        assert int(hit[1]) > line, (value, spoken(done))
        if value is None:
            assert int(hit[1]) == line + 1, spoken(done)


def entries(world):
    done = world.stockade("profile", "show", "--json", "mine")
    assert done.returncode == 0, spoken(done)
    return json.loads(done.stdout)["entries"]


@each
def show_has_it(world, key):
    shown = []
    for value in (key.narrow, key.wide):
        profile(world, key.document(value))
        shown.append(entries(world))
    changed = [row for row in shown[0] + shown[1]
               if row not in shown[0] or row not in shown[1]]
    place = ".".join(key.path)
    assert changed, "nothing changes"
    for row in changed:
        assert place.startswith(row["key"]) or row["key"].startswith(
            place.replace("output.over", "output.")), changed


@each
def diff_tells_which_way(world, key):
    other = {"wider": "narrower", "other": "other"}[key.word]
    for a, b, word in ((key.narrow, key.wide, key.word),
                       (key.wide, key.narrow, other)):
        profile(world, key.document(a), "one")
        profile(world, key.document(b), "two")
        done = world.stockade("profile", "diff", "one", "two", "--json")
        assert done.returncode == 1, spoken(done)
        rows = json.loads(done.stdout)["changes"]
        assert rows and {row["kind"] for row in rows} == {word}, (word, rows)


@each
def explain_shows_it(world, key):
    shown = []
    for value in (key.narrow, key.wide):
        profile(world, key.document(value))
        options = key.options if value not in ({}, NONE) else ()
        shown.append([explained(world, *form, *options)
                      for form in ((), ("--json",))])
    for text, data in shown:
        assert isinstance(text, tuple), text
        assert isinstance(data, tuple), data
    for form in (0, 1):
        assert shown[0][form] != shown[1][form], (
            "explain says the same", form)


def narrowed(world, key, value):
    path = world.file("team.json", json.dumps(key.document(value, None)))
    return [explained(world, *form, "--narrow", path, *key.options)
            for form in ((), ("--json",))]


@each
def what_narrows_takes_it_away(world, key):
    profile(world, key.document(key.wide))
    if not key.narrows:
        said = narrowed(world, key, key.narrow)[0]
        assert isinstance(said, str) and "team.json:1:" in said \
            and "means nothing in a policy" in said, said
        return
    with_it, without = (narrowed(world, key, value)
                        for value in (key.narrow, key.wide))
    for form in (0, 1):
        assert isinstance(with_it[form], tuple), with_it[form]
        assert isinstance(without[form], tuple), without[form]
        assert with_it[form] != without[form], ("narrows nothing", form)


t.main()
