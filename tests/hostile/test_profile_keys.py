#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every key of a profile in every verb that looks at one: a row each, and one
that has no row fails.

Of each a wrong value has a place in the file, a change of it alone is shown by
`profile show`, `explain` and, with its direction, `profile diff`; `profile
test` and `run --observe` tell what it decides; and in what narrows a run it
narrows, or is refused with its place.

Usage: test_profile_keys.py BUILD [NAME…]
"""

import json
import os
import re

from runrig import Run, Script, of_type
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
    Key("protocol output binary_over", "error", "truncate", "cut",
        narrows=False),
    Key("protocol output unseen", "strip", "pass", "hide"),
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


def asked(method):
    return {"server": {"jsonrpc": "2.0", "id": 1, "method": method}}


def image(kind, size):
    return {"resource": "file:///a", "result": {"contents": [
        {"uri": "file:///a", "mimeType": kind, "blob": "AAAA" * size}]}}


A1 = {"tool": "a1", "arguments": {"x": 1}}
TEXT = {"content": [{"type": "text", "text": "x" * 1500}]}
OPEN = {"protocol": {"tools": {"allow": ["a1"]},
                     "resources": {"allow": ["file:*"]}}}
LOW = {"protocol": {**OPEN["protocol"],
                    "output": {"text": "1K", "binary": "1K"}}}
# What `profile test` says of a case with the first and the second value, and
# what the profile has beside the key then.
TRIED = {
    **{f"protocol {of} {name}": (case, *says, None)
       for of, case in (("tools", {"tool": "a1"}), ("prompts", {"prompt": "a1"}),
                        ("resources", {"resource": "file:///a"}))
       for name, says in (("allow", ("deny", "allow")),
                          ("ask", ("ask", "allow")),
                          ("always", ("ask", "allow")),
                          ("deny", ("deny", "allow")))},
    "protocol tools token": (A1, "token", "allow", None),
    "protocol methods sampling/createMessage": (
        asked("sampling/createMessage"), "deny", "ask", None),
    "protocol methods elicitation/create": (
        asked("elicitation/create"), "ask", "allow", None),
    "protocol methods roots/list": (
        asked("roots/list"), "filter", "allow", None),
    "protocol rules": (A1, "deny", "allow", OPEN),
    "protocol schemas": ({**A1, "arguments": []}, "deny", "allow", OPEN),
    "protocol rate": ({**A1, "times": 6}, "deny", "allow", OPEN),
    "protocol concurrent": ({**A1, "times": 2}, "deny", "allow", OPEN),
    "protocol calls": ({**A1, "times": 6}, "deny", "allow", OPEN),
    "protocol bytes": ({**A1, "result": TEXT, "times": 800},
                       "deny", "allow", OPEN),
    "protocol output text": ({**A1, "result": TEXT}, "cut", "allow", OPEN),
    "protocol output binary": (image("image/png", 300), "cut", "allow", OPEN),
    "protocol output over": ({**A1, "result": TEXT}, "deny", "cut", LOW),
    "protocol output text_over": (
        {**A1, "result": TEXT}, "deny", "cut", LOW),
    "protocol output binary_over": (
        image("image/png", 300), "deny", "cut", LOW),
    "protocol output unseen": ({**A1, "result": {"structuredContent": {
        "a": "\u202e"}, "content": []}}, "cut", "allow", OPEN),
    "protocol output types": (image("image/gif", 1), "cut", "allow", OPEN),
    "protocol classes": ({**A1, "role": "reader"}, "deny", "allow", OPEN),
    "approval by": (A1, "token", "ask", tools(ask=["a1"])),
    "protocol pins": ({**A1, "definition": "changed"}, "deny", "deny", OPEN),
    "protocol call_timeout": ({**A1, "takes": "90s"}, "deny", "allow", OPEN),
    "breaker": ({**A1, "unlisted": 5}, "deny", "allow", OPEN),
    "breaker unlisted": ({**A1, "unlisted": 3}, "deny", "allow",
                         {**OPEN, "breaker": {"action": "block"}}),
    "breaker action": ({**A1, "unlisted": 5}, "deny", "allow", OPEN),
    "contexts": ({**A1, "context": "c"}, "deny", None, OPEN),
    "roles": ({"tool": "a2", "role": "r"}, "deny", "allow",
              tools(allow=["*"])),
    "tasks": ({"tool": "a2", "task": "t"}, "deny", "allow",
              tools(allow=["*"])),
    "role": (A1, "deny", "allow", OPEN),
    "task": ({"tool": "a2"}, "deny", "allow",
             {**tools(allow=["*"]), "tasks": {"t": {"tools": ["a1"]}}}),
    "context": (A1, "deny", "allow", {**OPEN, "contexts": {
        "c": {"protocol": {"tools": {"deny": ["a1"]}}}}}),
}
# What no single message shows: a sandbox, a person; the manual says so.
NOT_TRIED = {"approval hold", "approval elicitation", "tenant"}


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


def said_of(world, case, *options):
    """The decision about one case, or what there is to complain about it."""
    cases = world.file("cases.json", json.dumps(
        {"version": 1, "cases": [{**case, "expect": "allow"}]}, indent=1))
    done = world.stockade("profile", "test", "--json", *options, "mine",
                          cases)
    if done.returncode not in (0, 1):
        return spoken(done)
    [row] = json.loads(done.stdout)["cases"]
    assert row["passed"] == (row["decision"] == "allow") \
        == (done.returncode == 0), spoken(done)
    return row["decision"]


@each
def test_tells_what_it_decides(world, key):
    name = " ".join(key.path)
    if name not in TRIED:
        assert name in NOT_TRIED or name.startswith("sandbox"), "no case"
        return
    case, *decisions, base = TRIED[name]
    key = Key(name, key.narrow, key.wide, None, base=base or key.base)
    for value, decision in zip((key.narrow, key.wide), decisions):
        profile(world, key.document(value))
        said = said_of(world, case)
        if decision is None:
            assert "has no context c" in said, said
        else:
            assert said == decision, (value, said)


# Answers all calls once it has so many of them; asks of the client first what
# it is told to.
SERVER = r"""
import json, sys
n, asks, calls = int(sys.argv[1]), sys.argv[2], []
def say(m): print(json.dumps({"jsonrpc": "2.0", **m}), flush=True)
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "tools/list":
        say({"id": m["id"], "result": {"tools": [
            {"name": x, "inputSchema": {"type": "object"}}
            for x in ("a1", "a2")]}})
    elif "method" in m:
        calls.append(m["id"])
        if asks and len(calls) == n:
            say({"id": "s1", "method": asks, "params": {}})
        elif len(calls) == n:
            [say({"id": i, "result": {"content": []}}) for i in calls]
    else:
        [say({"id": i, "result": {"content": []}}) for i in calls]
"""
METHODS = {"tool": ("tools/call", "name"), "prompt": ("prompts/get", "name"),
           "resource": ("resources/read", "uri")}


def observe(world, case):
    """One session of it; what of its records is only observed."""
    path = world.file("server.py", SERVER)
    asks = case.get("server", {}).get("method", "")
    case = A1 if asks else case
    [(method, member, name)] = [(*METHODS[k], v) for k, v in case.items()
                                if k in METHODS]
    ids = range(1, case.get("times", 1) + 1)
    options = [f"--{k}={case[k]}" for k in ("role", "task", "context")
               if k in case]
    with Run(world, path, ["--observe", "--profile", "mine", "--ro", path,
                           *options], server="/usr/bin/python3",
             more=[str(len(ids)), asks]) as run:
        for i in ids:
            params = {member: name}
            if "arguments" in case:
                params["arguments"] = case["arguments"]
            run.send(json.dumps({"jsonrpc": "2.0", "id": i, "method": method,
                                 "params": params}).encode() + b"\n")
        if asks:
            assert run.receive()["method"] == asks
            run.send(b'{"jsonrpc":"2.0","id":"s1","result":{"roots":[]}}\n')
        for i in ids:
            assert "result" in run.answer(i), "it did not pass"
        run.end(0)
    return [(r["decision"], r.get("observed", False)) for r in
            of_type(world.records(), "call") if bool(asks) == (
                r["dir"] == "s2c") and r["method"] != "tools/list"]


# A context narrows, and what narrows holds; caps are as ever.
NOT_OBSERVED = {"contexts", "context", "protocol bytes"}
# What a case is told, and a run has to come to (hostile/run_observe).
TOLD = {"result", "takes", "unlisted", "definition"}


def observed_rows():
    for key in KEYS:
        name = " ".join(key.path)
        if name in TRIED and name not in NOT_OBSERVED \
                and not TOLD & set(TRIED[name][0]):
            yield name, key


def what_would_be_refused_is_recorded_and_passes(world, name, key, nth):
    case, *decisions, base = TRIED[name]
    key = Key(name, key.narrow, key.wide, None, base=base or key.base)
    profile(world, key.document((key.narrow, key.wide)[nth], "python"))
    # Roots that are left out are no refusal.
    decision = decisions[nth].replace("filter", "allow")
    said = observe(world, case)
    assert said[-1] == (decision, decision != "allow"), said


for _name, _key in observed_rows():
    for _nth, _word in enumerate(("less", "more")):
        t.add(f"observed: {_word} by {_name}",
              what_would_be_refused_is_recorded_and_passes, _name, _key, _nth)


def narrowed(world, key, value):
    path = world.file("team.json", json.dumps(key.document(value, None)))
    return [explained(world, *form, "--narrow", path, *key.options)
            for form in ((), ("--json",))]


@each
def test_tells_what_narrows(world, key):
    name = " ".join(key.path)
    # An empty "always" asks for nothing.
    if name not in TRIED or not key.narrows or name.endswith("always"):
        return
    case, narrow, wide, base = TRIED[name]
    key = Key(name, key.narrow, key.wide, None, base=base or key.base)
    path = world.file("team.json",
                      json.dumps(key.document(key.narrow, None)))
    profile(world, key.document(key.wide))
    said = said_of(world, case), said_of(world, case, "--narrow", path)
    assert said == (wide, narrow), said


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
