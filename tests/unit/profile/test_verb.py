#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade profile list, show and check, as a user meets them."""

import json
import re
import sys
from pathlib import Path

from profilerig import TOP, Home

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))
import tap  # noqa: E402

BUILT_IN = ["browser", "default", "everything", "filesystem", "git", "memory",
            "node", "python", "sequential-thinking", "static", "time"]
t = tap.Script()


@t.test
def list_shows_each_profile_once_with_its_source():
    with Home() as h:
        path = h.write("time", '{"version": 1, "why": "Mine.\\u001b[31m"}')
        r = h.run("--json", "list")
        rows = {row["name"]: row for row in json.loads(r.stdout)}
        assert r.returncode == 0 and r.stderr == "", r
        assert set(BUILT_IN) <= set(rows), rows
        assert rows["time"]["source"] == path, rows["time"]
        assert rows["git"]["source"] == "builtin:git"
        text = h.run("list")
        assert text.returncode == 0 and path in text.stdout
        assert "Mine.\\x1b[31m" in text.stdout and "\x1b" not in text.stdout


@t.test
def list_goes_on_behind_a_broken_profile_and_ends_with_1():
    with Home() as h:
        h.write("bad", '{"version": 1,}')
        r = h.run("list")
        assert r.returncode == 1, r
        assert "/bad.json:1:15: not JSON" in r.stdout, r.stdout
        assert "builtin:time" in r.stdout


@t.test
def show_names_the_source_of_each_line():
    with Home() as h:
        path = h.write("mine", '{"version": 1, "extends": "memory", "sandbox":'
                       ' {"read": ["/srv"], "limits": {"pids": 40}, "env":'
                       ' {"set": {"MEMORY_FILE_PATH": "/x"}}}}')
        r = h.run("show", "mine", "--json")
        shown = json.loads(r.stdout)
        rows = {(e["key"], e["value"]): e["from"] for e in shown["entries"]}
        assert r.returncode == 0
        assert shown["sources"] == [path, "builtin:memory", "builtin:node",
                                    "builtin:default"]
        assert len(bytes.fromhex(shown["digest"])) == 32
        assert rows["sandbox.read", "/srv"] == path
        assert rows["sandbox.limits.pids", "40"] == path
        assert rows["sandbox.limits.memory", "512M"] == "builtin:node"
        assert rows["sandbox.limits.stderr", "1M"] == "(default)"
        assert rows["sandbox.env.set", "MEMORY_FILE_PATH=/x"] == path
        assert rows["sandbox.state", "true"] == "builtin:memory"
        assert rows["protocol.tools.allow", "read_graph"] == "builtin:memory"
        text = h.run("show", "mine")
        for key, value in rows:
            assert any(line.startswith(key + " ") and value in line
                       for line in text.stdout.splitlines()), key


@t.test
def show_of_an_unknown_profile_ends_with_1():
    with Home() as h:
        r = h.run("show", "nowhere")
        assert (r.returncode, r.stdout) == (1, ""), r
        assert "no profile nowhere" in r.stderr


@t.test
def check_passes_every_built_in_profile_without_a_warning():
    with Home() as h:
        r = h.run("check", *BUILT_IN)
        assert r.returncode == 0, r
        assert r.stdout == "".join(f"{name}: ok\n" for name in BUILT_IN)


@t.test
def check_of_a_file_needs_no_trust_but_grants_none():
    with Home() as h:
        path = h.path / "other.json"
        path.write_text('{"version": 1, "extends": "node", "protocol": '
                        '{"tools": {"allow": ["a"], "deny": ["*"]}}}')
        path.chmod(0o666)
        r = h.run("check", str(path))
        assert r.returncode == 0, r
        assert f"{path}: warning: allow-swallowed: protocol.tools: " \
            in r.stdout and f"{path}: ok" in r.stdout, r.stdout
        assert h.run("show", "other").returncode == 1
        assert h.run("show", str(path)).returncode == 125


@t.test
def check_reports_each_error_with_its_place():
    with Home() as h:
        first = h.write("a", '{"version": 1,\n "rules": []}')
        h.write("b", '{"version": 1}', mode=0o622)
        r = h.run("check", "time", "a", "b", "c")
        lines = r.stdout.splitlines()
        assert r.returncode == 1, r
        assert lines[0] == "time: ok"
        assert lines[1].startswith(f'{first}:2:2: unknown key "rules"'), lines
        assert "may be written by others" in lines[2]
        assert lines[3].startswith("c: there is no such profile")
        rows = json.loads(h.run("--json", "check", "time", "a").stdout)
        assert [row["ok"] for row in rows] == [True, False]
        assert rows[1]["error"] == lines[1]
        assert [row["findings"] for row in rows] == [[], []]


@t.test
def check_ends_with_1_for_a_warning_if_it_is_strict():
    with Home() as h:
        h.write("warned", '{"version": 1}')
        h.write("hinted", '{"version": 1, "protocol": {"tools": {"allow": '
                '["a*", "ab"]}}}')
        assert h.run("check", "warned", "hinted").returncode == 0
        assert h.run("check", "hinted", "--strict").returncode == 0
        r = h.run("check", "warned", "--strict")
        assert r.returncode == 1 and "not ok (--strict)" in r.stdout, r
        r = h.run("check", "warned", "--strict", "--json")
        assert r.returncode == 1 and r.stderr == "", r
        assert json.loads(r.stdout) == [{
            "profile": "warned", "ok": True, "error": None, "findings": [{
                "id": "nothing-allowed", "severity": "warning",
                "text": 'protocol.tools: no tool can be called; without '
                        '"allow", "ask" or "token" a profile denies every '
                        'tool'}]}]
        r = h.run("check", "hinted")
        assert 'hinted: hint: covered: protocol.tools: "ab" adds nothing ' \
            'to "a*"\nhinted: ok\n' == r.stdout, r.stdout


WIDE = ('{"version": 1, "extends": "node", "sandbox": {"write": ["/srv"], '
        '"limits": {"pids": 64}}, "protocol": {"tools": {"allow": '
        '["get_*", "\u00fc\\u001b"], "ask": ["create_*"]}}}')
NARROW = ('{"version": 1, "extends": "node", "sandbox": {"read": ["/srv"]}, '
          '"packages": ["@a/b"], "protocol": {"tools": {"allow": '
          '["create_*"], "deny": ["*_x"]}}}')


@t.test
def diff_says_what_is_wider_and_what_is_narrower():
    with Home() as h:
        a = h.write("a", NARROW)
        h.write("b", WIDE)
        r = h.run("diff", "a", "b")
        assert r.returncode == 1 and r.stderr == "", r
        assert r.stdout == (
            "wider\n"
            "  may now write to /srv, which it could read\n"
            "  tools: get_* is allowed, was denied\n"
            "  tools: \\xc3\\xbc\\x1b is allowed, was denied\n"
            "  tools: what matches *_x and create_* is asked for, was "
            "denied\n"
            "narrower\n"
            "  limits.pids is 64, was 256\n"
            "  tools: create_* is asked for, was allowed\n"
            "other\n"
            "  is no longer for the servers of @a/b\n"), r.stdout
        rows = json.loads(h.run("diff", "--json", "b", a).stdout)
        assert rows["a"]["name"] == "b" and rows["b"]["sources"][0] == a
        assert len(rows["a"]["digest"]) == 64
        assert rows["a"]["digest"] != rows["b"]["digest"]
        kinds = {(c["kind"], c["key"]) for c in rows["changes"]}
        assert ("narrower", "sandbox.write") in kinds, kinds
        assert ("wider", "protocol.tools") in kinds
        assert ("other", "packages") in kinds


@t.test
def diff_of_what_means_the_same_is_nothing():
    with Home() as h:
        h.write("a", '{"version": 1, "extends": "node", "protocol": {"tools":'
                ' {"allow": ["a", "b"]}}}')
        h.write("b", '{"version": 1, "protocol": {"tools": {"allow": ["b", '
                '"a"]}}, "extends": "node", "why": "other words"}')
        for args in (["a", "b"], ["a", "a"], ["node", "node"]):
            r = h.run("diff", *args)
            assert (r.returncode, r.stdout, r.stderr) == (0, "", ""), r
        assert json.loads(h.run("diff", "a", "b", "--json").stdout)[
            "changes"] == []


@t.test
def diff_of_one_file_is_with_what_is_in_force():
    with Home() as h:
        h.write("tickets", NARROW)
        new = h.path / "tickets.json"
        new.write_text(WIDE)
        r = h.run("diff", str(new))
        assert r.returncode == 1
        assert "wider\n  may now write to /srv" in r.stdout, r.stdout
        new.write_text(NARROW)
        assert h.run("diff", str(new)).returncode == 0
        other = h.path / "nobody.json"
        other.write_text(NARROW)
        r = h.run("diff", str(other))
        assert (r.returncode, r.stdout) == (125, ""), r
        assert "nobody: there is no such profile" in r.stderr
        for args in (["tickets"], ["a", "b", "c"], []):
            assert h.run("diff", *args).returncode == 2, args
        new.write_text("{")
        r = h.run("diff", "tickets", str(new))
        assert r.returncode == 125 and "tickets.json:1:2: " in r.stderr


@t.test
def the_manual_lists_each_finding_with_its_severity():
    table = re.findall(r'X\(\w+, "([a-z-]+)", ([A-Z]+)\)',
                       (TOP / "launcher/plan/profile_lint.h").read_text())
    page = (TOP / "man/stockade-profile.5").read_text()
    part = page.partition("\n.Sh FINDINGS\n")[2].partition("\n.Sh ")[0]
    listed = re.findall(r"^\.It Li ([a-z-]+)( Pq hint)?$", part, re.M)
    assert len(table) > 20
    assert [(name, "HINT" if hint else "WARNING")
            for name, hint in listed] == table


@t.test
def usage_errors_end_with_2():
    with Home() as h:
        for args in ([], ["lists"], ["list", "x"], ["show"], ["check"],
                     ["show", "a", "b"], ["--nothing"], ["trust"],
                     ["trust", "--list", "x"], ["trust", "--revoke"],
                     ["list", "--list"], ["show", "--revoke", "a"]):
            r = h.run(*args)
            assert (r.returncode, r.stdout) == (2, ""), (args, r)
            assert r.stderr.startswith("stockade: profile"), r.stderr


@t.test
def help_fits_on_one_screen():
    with Home() as h:
        r = h.run("--help")
        assert r.returncode == 0 and r.stderr == ""
        assert 5 < len(r.stdout.splitlines()) <= 24
        assert all(len(line) <= 80 for line in r.stdout.splitlines())


t.main()
