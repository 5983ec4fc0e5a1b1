#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every combination of the sources that decide about a tool, through a real
session: the site's policy (as root), a file of --narrow, the profile, the
options. A tool's name has a letter for each source: what that says of it.

Usage: test_run_narrow_names.py BUILD [NAME…]
"""

import itertools

from runrig import AS_ROOT, Run, Script, of_type
from siterig import Site, document, profile

PYTHON = "/usr/bin/python3"
t = Script()

SOURCES = ("site", "narrow", "profile", "options")
WORDS = {"n": None, "a": "allow", "k": "ask", "d": "deny"}
ALL = frozenset("akd")
SERVER = r"""
import itertools, json, sys
names = ["".join(x) for x in itertools.product("nakd", repeat=4)]
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "tools/list":
        r = {"tools": [{"name": n, "inputSchema": {"type": "object"}}
                       for n in names]}
    elif m.get("method") == "tools/call":
        r = {"content": [{"type": "text", "text": "fine"}]}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}),
          flush=True)
"""


def lists(form, at):
    return {WORDS[x]: ["?" * at + x + "?" * (3 - at)] for x in sorted(form)}


def expected(forms, name):
    """deny < ask < allow: the least that anybody says."""
    said = {source: letter if forms[source] and letter in forms[source]
            else "n" for source, letter in zip(SOURCES, name)}
    verdicts = []
    for source in ("site", "narrow"):
        if forms[source] is not None:
            closed = "a" in forms[source]
            verdicts.append({"n": "d" if closed else "a"}.get(
                said[source], said[source]))
    grants = {said["profile"], said["options"]}
    policy = forms["profile"] is not None or forms["options"] & {"a", "k"}
    verdicts.append("d" if "d" in grants else "k" if "k" in grants else
                    "a" if "a" in grants or not policy else "d")
    return min(verdicts, key="dka".index)


def combination(world, site, narrow, of_profile, options):
    forms = dict(zip(SOURCES, (site, narrow, of_profile, options)))
    words = []
    if narrow is not None:
        words += ["--narrow", world.file("team.json", document(
            {"protocol": {"tools": lists(narrow, 1)}}))]
    if of_profile is not None:
        profile(world, {"extends": "python",
                        "protocol": {"tools": lists(of_profile, 2)}})
        words += ["--profile", "mine"]
    for x in sorted(options):
        words += [{"a": "--tool", "k": "--ask", "d": "--deny"}[x],
                  f"???{x}"]
    script = world.file("server.py", SERVER)
    if site is None:
        session(world, forms, words, script)
        return
    with Site(world, {"protocol": {"tools": lists(site, 0)}}) as place:
        session(world, forms, words, script, place.enter)


def session(world, forms, words, script, wrap=()):
    wanted = {"".join(x): expected(forms, x)
              for x in itertools.product("nakd", repeat=4)}
    with Run(world, script, words, wrap, server=PYTHON) as run:
        run.send(b'{"jsonrpc":"2.0","id":0,"method":"tools/list"}\n')
        listed = {x["name"] for x in run.answer(0)["result"]["tools"]}
        assert listed == {n for n, d in wanted.items() if d != "d"}, \
            sorted(listed ^ {n for n, d in wanted.items() if d != "d"})
        for number, (name, decision) in enumerate(wanted.items(), 1):
            if decision == "k":
                continue
            answer = run.ask(number, name)
            assert ("result" in answer) == (decision == "a"), (name, answer)
            if decision == "d":
                assert answer["error"]["code"] == -32602, answer
        asked = [n for n, d in wanted.items() if d == "k"]
        # Nobody is there to agree: it is enough that it is asked for.
        if asked:
            run.call(1000, asked[0])
        run.end(0)
    calls = of_type(world.records(), "call")
    for call in calls:
        if call.get("tool"):
            assert {"allow": "a", "client": "a", "ask": "k", "deny": "d"}[
                call["decision"]] == wanted[call["tool"]], call


@t.root
def profile_test_holds_to_the_site_where_it_is_asked_to(world):
    """Else the same holds on every machine."""
    profile(world, {"protocol": {"tools": {"allow": ["a", "b"]}}})
    path = world.file("cases.json", document({"cases": [
        {"tool": "a", "expect": "allow"}, {"tool": "b", "expect": "allow"}]}))
    with Site(world, {"protocol": {"tools": {"ask": ["a"]}}}) as place:
        for options, status, words in (
                ((), 0, "2 passed"),
                (("--site",), 1, "ask (site:ask:a, allow:a)")):
            done = world.stockade("profile", "test", *options, "mine", path,
                                  wrap=place.enter)
            assert done.returncode == status and words in done.stdout, done
    done = world.stockade("profile", "test", "--site", "mine", path)
    assert done.returncode == 0, ("without a site", done)


SITES = (None, frozenset(), frozenset("kd"), ALL) if AS_ROOT else (None,)
for combined in itertools.product(SITES, (None, ALL), (None, ALL),
                                  (frozenset(), frozenset("d"), ALL)):
    t.add("names_" + "_".join("none" if form is None else
                              "empty" if not form else "".join(sorted(form))
                              for form in combined), combination, *combined)

t.main()
