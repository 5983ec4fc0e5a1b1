#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade profile list, show and check, as a user meets them."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))
import tap  # noqa: E402

STOCKADE = os.path.abspath(sys.argv[1])
BUILT_IN = ["browser", "default", "everything", "filesystem", "git", "memory",
            "node", "python", "sequential-thinking", "static", "time"]
t = tap.Script()


class Home:
    """A home folder of its own, and the verb in it."""

    def __enter__(self):
        self.kept = tempfile.TemporaryDirectory(prefix="stockade-profile-")
        self.path = Path(self.kept.name)
        self.folder = self.path / ".config/stockade/profiles"
        self.folder.mkdir(mode=0o700, parents=True)
        return self

    def __exit__(self, *_):
        self.kept.cleanup()

    def write(self, name, text, mode=0o600):
        path = self.folder / f"{name}.json"
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def run(self, *args):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.path)}
        return subprocess.run([STOCKADE, "profile", *args], env=env, text=True,
                              capture_output=True, cwd="/", timeout=60)


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


POLICY = ('{"version": 1, "protocol": {"tools": {"allow": ["get_*"], "ask": '
          '["create_*"], "always": ["create_note"], "deny": ["*_secret"]}, '
          '"prompts": {"allow": ["hello"]}, "resources": {"allow": '
          '["file:///srv/*"]}}}')
CASES = [
    {"tool": "get_x", "expect": "allow", "rule": "allow:get_*"},
    {"tool": "get_secret", "expect": "deny", "rule": "deny:*_secret"},
    {"tool": "create_issue", "expect": "ask", "rule": "ask:create_*"},
    {"tool": "create_note", "expect": "allow", "rule": "always:create_note"},
    {"tool": "drop", "expect": "deny", "why": "nothing allows it"},
    {"tool": "", "expect": "deny"},
    {"prompt": "hello", "expect": "allow"},
    {"prompt": "other", "expect": "deny"},
    {"resource": "file:///srv/a", "expect": "allow"},
    {"resource": "file:///etc/a", "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
     "expect": "allow"},
    {"message": {"jsonrpc": "2.0", "id": 1, "method": "tools/rename"},
     "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "id": "x", "method": "completion/complete",
                 "params": {"ref": {"type": "ref/prompt", "name": "other"}}},
     "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "method": "notifications/initialized"},
     "expect": "allow"},
    {"message": '{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}',
     "expect": "deny"},
    {"message": "no JSON at all", "expect": "deny"},
]


def cases(h, rows, name="cases.json"):
    path = h.path / name
    path.write_text(json.dumps({"version": 1, "cases": rows}, indent=1))
    return str(path)


@t.test
def test_tries_each_case_as_the_relay_does():
    with Home() as h:
        h.write("p", POLICY)
        r = h.run("test", "p", cases(h, CASES))
        assert r.returncode == 0 and r.stderr == "", r
        lines = r.stdout.splitlines()
        assert lines[-1] == f"{len(CASES)} passed, 0 failed"
        assert lines[0] == "pass  tools/call get_x: allow (allow:get_*)"
        assert lines[1] == ("pass  tools/call get_secret: deny "
                            "(deny:*_secret, allow:get_*)")
        got = json.loads(
            h.run("test", "--json", "p", cases(h, CASES)).stdout)
        assert (got["passed"], got["failed"]) == (len(CASES), 0)
        assert [c["decision"] for c in got["cases"]] == [
            c["expect"] for c in CASES]


@t.test
def test_fails_for_another_decision_and_for_another_rule():
    with Home() as h:
        h.write("p", POLICY)
        for row in CASES:
            for other in {"allow", "ask", "token", "deny", "client"} - {row["expect"]}:
                path = cases(h, [{**row, "expect": other}])
                r = h.run("test", "p", path)
                assert r.returncode == 1, (row, other, r)
                first, last = r.stdout.splitlines()
                assert first.startswith(f"FAIL  {path}:4:3: "), first
                assert f"; expected {other}" in first, first
                assert last == "0 passed, 1 failed"
        path = cases(h, [{**CASES[0], "rule": "allow:get_x", "why": "w\n"}])
        r = h.run("test", "p", path)
        assert r.returncode == 1
        assert r.stdout.splitlines()[0].endswith(
            "; expected allow by allow:get_x: w\\n"), r.stdout


@t.test
def test_of_a_base_leaves_tools_to_the_client():
    with Home() as h:
        path = cases(h, [{"tool": "x", "expect": "client"},
                         {"prompt": "x", "expect": "client"}])
        assert h.run("test", "node", path).returncode == 0


@t.test
def test_refuses_what_is_no_case_with_its_place():
    bad = [
        ('{"version": 1}', "1:1: no \"cases\""),
        ('{"version": 2, "cases": []}', "1:1: no version that is known"),
        ('[]', "1:1: an array; expected an object"),
        ('{"version": 1, "cases": {}}', "1:25: an object; expected a list"),
        ('{"version": 1, "cases": [1]}', "1:26: a number; expected a case"),
        ('{"version": 1, "more": 1, "cases": []}', "1:16: an unknown key"),
        ('{"version": 1, "cases": [{"expect": "deny"}]}',
         "1:26: nothing to try"),
        ('{"version": 1, "cases": [{"tool": "x"}]}', '1:26: no "expect"'),
        ('{"version": 1, "cases": [{"tool": 1, "expect": "deny"}]}',
         "1:35: a number; expected a string"),
        ('{"version": 1, "cases": [{"tool": "x", "expect": "maybe"}]}',
         "1:50: an unknown decision"),
        ('{"version": 1, "cases": [{"tool": "x", "prompt": "y"}]}',
         "1:50: a second thing to try"),
        ('{"version": 1, "cases": [{"tool": "x", "tool": "y"}]}',
         "1:40: "),
        ('{"version": 1, "cases": [{"tols": "x"}]}', "1:27: an unknown key"),
        ('{"version": 1,\n"cases": [{"message": []}]}',
         "2:23: an array; expected a message"),
        ('{"version": 1,}', "1:15: not JSON"),
        ('', "1:1: "),
    ]
    with Home() as h:
        path = h.path / "c.json"
        for text, error in bad:
            path.write_text(text)
            r = h.run("test", "time", str(path))
            assert (r.returncode, r.stdout) == (125, ""), (text, r)
            assert f"{path}:{error}" in r.stderr, (text, r.stderr)


@t.test
def test_of_one_message_prints_decision_rules_and_answer():
    with Home() as h:
        h.write("p", POLICY)

        def one(message, status, *args):
            env = {"PATH": "/usr/bin:/bin", "HOME": str(h.path)}
            r = subprocess.run(
                [STOCKADE, "profile", "test", "p", "--message", "-", *args],
                env=env, text=True, capture_output=True, timeout=60,
                input=message if isinstance(message, str)
                else json.dumps(message) + "\n")
            assert r.returncode == status and r.stderr == "", r
            return r.stdout

        call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                "params": {"name": "create_x"}}
        assert one(call, 0) == (
            "decision  ask\nmethod    tools/call\nname      create_x\n"
            "matched   ask:create_*\n"
            "answer    none yet: it is held until somebody has agreed\n")
        call["params"]["name"] = "get_\x1b_secret"
        got = json.loads(one(call, 1, "--json"))
        assert got["decision"] == "deny"
        assert got["rules"] == ["deny:*_secret", "allow:get_*"]
        assert json.loads(got["answer"]) == {
            "jsonrpc": "2.0", "id": 7, "error": {
                "code": -32602,
                "message": "Unknown tool: get_\x1b_secret"}}
        assert "\x1b" not in one(call, 1)
        got = json.loads(one('{"jsonrpc":"2.0","id":3,"method":"x"', 1,
                             "--json"))
        assert json.loads(got["answer"])["error"]["code"] == -32700
        got = json.loads(one({"jsonrpc": "2.0", "id": 3, "method":
                              "resources/read", "params":
                              {"uri": "file:///x"}}, 1, "--json"))
        assert json.loads(got["answer"])["error"]["code"] == -32002
        out = one({"jsonrpc": "2.0", "id": 3, "result": {}}, 0)
        assert out.startswith("decision  not judged\n"), out
        path = h.path / "m"
        path.write_text(json.dumps(call))
        assert h.run("test", "p", "--message", str(path)).returncode == 1
        path.write_text("\n")
        r = h.run("test", "p", "--message", str(path))
        assert r.returncode == 125 and "there is no message" in r.stderr
        assert h.run("test", "p").returncode == 2
        assert h.run("test", "p", "c", "--message", "-").returncode == 2


TOP = Path(__file__).resolve().parents[3]


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
def the_schema_of_cases_has_the_keys_that_are_taken():
    schema = json.loads((TOP / "profiles/cases.schema.json").read_text())
    case = schema["$defs"]["case"]["properties"]
    with Home() as h:
        for text, keys in (('{"version": 1, "x": 1}', schema["properties"]),
                           ('{"version": 1, "cases": [{"x": 1}]}', case)):
            path = h.path / "c.json"
            path.write_text(text)
            said = h.run("test", "time", str(path)).stderr
            taken = said.rpartition("expected one of ")[2].strip()
            assert sorted(taken.split(", ")) == sorted(keys), said
        for word in case["expect"]["enum"]:
            path = cases(h, [{"tool": "x", "expect": word}])
            assert h.run("test", "time", path).returncode in (0, 1), word


@t.test
def the_manuals_cases_are_cases():
    page = (TOP / "man/stockade-profile.5").read_text()
    part = page.partition("\n.Sh TEST CASES\n")[2].partition("\n.Sh ")[0]
    text = re.search(r"^\.Bd[^\n]*\n(.*?)^\.Ed", part, re.M | re.S)[1]
    with Home() as h:
        h.write("p", '{"version": 1, "protocol": {"tools": {"allow": '
                '["get_*"], "deny": ["*_secret"]}}}')
        path = h.path / "c.json"
        path.write_text(text)
        r = h.run("test", "p", str(path))
        assert r.returncode == 0 and "3 passed, 0 failed" in r.stdout, r


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
