#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rules about arguments: what they deny is not run, what they let through is,
and no spelling gets round them.

Usage: test_run_rules.py BUILD [NAME…]
"""

import json
import os
import re

from askrig import Asking, profile, text, wait_for
from runrig import STOCKADE, Script, is_fine
from terminal import Terminal

t = Script()

OWN = {"id": "own", "tools": ["t*"],
       "deny_unless": {"/owner": {"in": ["acme", "x/y"]}}}
FILES = {"id": "files", "tools": ["t*"],
         "deny_unless": {"/paths/*": {"under": "${workspace}"}}}
FORCE = {"id": "force", "tools": ["t*"], "deny_if": {"/force": {"eq": True}}}
BIG = {"id": "big", "tools": ["t*"], "ask_if": {"/n": {"min": 10}}}


def with_rules(world, *rules, **lists):
    profile(world, tools={"allow": ["t", "free"], **lists}, rules=rules)


def raw(run, number, arguments, name="t"):
    """A call with these very bytes; what came of it."""
    before = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{' \
        b'"name":"%s"' % (number, name.encode())
    if arguments is not None:
        before += b',"arguments":' + arguments.encode()
    run.send(before + b"}}\n")
    return run.got(number)


def check(world, rules, passes, denied):
    with_rules(world, *rules)
    with Asking(world) as run:
        for number, arguments in enumerate(passes, 1):
            got = raw(run, number, arguments)
            assert is_fine(got), (arguments, got)
        for number, arguments in enumerate(denied, 100):
            said = text(raw(run, number, arguments))
            assert said.startswith(f'Refused by policy "{rules[0]["id"]}": /')
            assert said.endswith(" is not permitted. Nothing was run."), said
        assert run.seen() == list(range(1, len(passes) + 1)), run.seen()
        run.tool(999, name="free")
        assert is_fine(run.got(999))
        run.end(0)
    calls = [r for r in world.records() if r["type"] == "call"
             and r.get("tool") == "t"]
    for record in calls[len(passes):]:
        assert record["decision"] == "deny" and record["listed"], record
        assert f"rule:{rules[0]['id']}" in record["rules"], record
        assert record["reason"].startswith("Refused by policy"), record
    for record in calls[:len(passes)]:
        assert record["decision"] == "allow", record


@t.test
def what_is_not_one_of_them_is_denied(world):
    check(world, [OWN],
          ['{"owner":"acme"}', r'{"owner":"\u0061cme"}',
           r'{"own\u0065r":"acme","z":1}', '{ "owner" : "x\\/y" }'],
          ['{"owner":"evil"}', '{"owner":"ACME"}', '{"owner":"acme "}',
           '{"owner":["acme"]}', '{"owner":{"acme":1}}', '{"owner":null}',
           r'{"owner":"acme\u0000"}', '{"owner":1}', '{}', None, "null",
           '["acme"]', '"acme"', '{"Owner":"acme"}',
           '{"owner":"acme","OWNER":"evil"}', '{"x":{"owner":"acme"}}',
           '{"owner ":"acme"}', '{"/owner":"acme"}'])


@t.test
def a_name_that_stands_twice_is_no_way_round(world):
    with_rules(world, OWN)
    with Asking(world) as run:
        for number, arguments in enumerate(
                ('{"owner":"acme","owner":"evil"}',
                 r'{"owner":"acme","own\u0065r":"evil"}'), 1):
            assert "error" in raw(run, number, arguments)
        assert run.seen() == []
        run.end(0)


@t.test
def what_is_there_is_denied(world):
    check(world, [FORCE],
          ["{}", None, '{"force":false}', '{"forced":true}',
           '{"x":{"force":true}}'],
          ['{"force":true}', '{"force" :true }', '{"force":"true"}',
           '{"force":1}', '{"force":null}', '{"FORCE":true}',
           r'{"\u0066orce":true}', '{"force":[true]}', "true", "[true]"])


@t.test
def paths_stay_in_their_folder(world):
    here = os.path.realpath(world.work)
    check(world, [FILES],
          [json.dumps({"paths": [here]}),
           json.dumps({"paths": [f"{here}/a", f"{here}/b/../c"]}),
           json.dumps({"paths": [f"/{here}//./a"]}),
           json.dumps({"paths": {"x": f"{here}/a"}})],
          [json.dumps({"paths": paths}) for paths in (
              [f"{here}/.."], [f"{here}/a", "/etc/passwd"],
              [f"{here}/a/../../b"], [f"{here}x"], [os.path.dirname(here)],
              ["a"], ["./a"], [""], [f" {here}"], [f"file://{here}/a"],
              [f"{here}\0/a"], [7], [None], [[f"{here}"]], [],
              f"{here}/a", None, {})] + ["{}"])


@t.test
def urls_go_to_the_hosts_that_are_named(world):
    check(world, [{"id": "hosts", "tools": ["t"], "deny_unless": {
        "/url": {"host_in": ["api.example.org", "*.example.net:443"]}}}],
          [json.dumps({"url": url}) for url in (
              "https://api.example.org/a?b", "http://API.example.org.:8080",
              "https://x.y.example.net/", "wss://a.example.net:443")],
          [json.dumps({"url": url}) for url in (
              "https://example.org", "https://api.example.org.evil.test",
              "https://api.example.org@evil.test/",
              "https://evil.test\\@api.example.org/",
              "http://x.example.net/", "https://api.example.org%2f.evil.test",
              "//api.example.org", "api.example.org", "", None,
              "https://\uff41pi.example.org", "http://0x7f.1/",
              ["https://api.example.org"])] + ["{}"])


@t.test
def a_pattern_is_for_the_whole_value_and_in_bounded_time(world):
    check(world, [{"id": "form", "tools": ["t"], "deny_unless": {
        "/name": {"regex": ["[a-z]+(-[0-9]+)?", "(x+x+)+[yz]"]}}}],
          ['{"name":"abc-12"}', r'{"name":"\u0061"}', '{"name":"xxy"}'],
          ['{"name":"abc-12 "}', r'{"name":"abc\n"}', r'{"name":"abc\u0000"}',
           '{"name":"Abc"}', '{"name":"abc-"}', '{"name":1}', '{"name":null}',
           '{"name":["abc"]}', '{"Name":"abc"}', "{}", None,
           json.dumps({"name": "x" * 3000 + "!"}),
           json.dumps({"name": "x" * 70000})])


@t.test
def a_pattern_that_denies_is_not_got_past(world):
    check(world, [{"id": "no", "tools": ["t"],
                   "deny_if": {"/cmd": {"regex": "(?i)rm .*"}}}],
          ['{"cmd":"ls"}', '{"cmd":"farm x"}', "{}"],
          ['{"cmd":"rm x"}', r'{"cmd":"rm x\ny"}', r'{"cmd":"RM x\u2028"}',
           r'{"cmd":"ls\u0000rm x"}', '{"cmd":["rm x"]}'])


@t.test
def a_bad_pattern_refuses_the_start(world):
    with_rules(world, {"id": "bad", "tools": ["t"],
                       "deny_if": {"/a": {"regex": "a(?<=b)"}}})
    with Asking(world) as run:
        assert run.wait() == 125, run.text()
        run.expect_line(r".*mine\.json:\d+:\d+: \"regex\": at byte 2 of the "
                        r"pattern: this kind of group is not permitted.*")


@t.test
def what_a_rule_asks_for_waits(world):
    with_rules(world, BIG)
    with Asking(world) as run, run.approver() as peer:
        assert is_fine(raw(run, 1, '{"n":9.99}'))
        run.tool(2, name="t", n=10)
        said = peer.until("question")
        assert json.loads(said["shown"])["rules"] == [
            "allow:t", "rule:big"], said
        assert run.seen() == [1]
        assert peer.answer(2, "once")["status"] == "taken"
        assert is_fine(run.got(2)) and run.seen() == [1, 2]
        # Another spelling of it is asked for too.
        run.tool(3, name="t", n="10")
        peer.until("question", id=3)
        assert peer.answer(3, "deny")["status"] == "taken"
        text(run.got(3))
        assert run.seen() == [1, 2]
        run.end(0)


@t.test
def an_answer_for_the_whole_tool_is_none_for_what_a_rule_asks(world):
    with_rules(world, BIG, {"id": "odd", "tools": ["t"],
                            "ask_if": {"/odd": {"present": True}}},
               ask=["t"])
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, name="t", n=1)
        peer.until("question", id=1)
        assert peer.answer(1, "session", any=True)["status"] == "taken"
        assert is_fine(run.got(1))
        run.tool(2, name="t", n=2)
        assert is_fine(run.got(2))
        run.tool(3, name="t", n=30)
        peer.until("question", id=3)
        assert run.seen() == [1, 2]
        # For what this rule is about, it is one.
        assert peer.answer(3, "session", any=True)["status"] == "taken"
        assert is_fine(run.got(3))
        run.tool(4, name="t", n=40)
        assert is_fine(run.got(4))
        for number, more in ((5, {"n": 50, "odd": 1}), (6, {"odd": 1})):
            run.tool(number, name="t", **more)
            peer.until("question", id=number)
            assert peer.answer(number, "deny")["status"] == "taken"
            text(run.got(number))
        assert run.seen() == [1, 2, 3, 4]
        run.end(0)


@t.test
def always_is_not_offered_for_what_a_rule_asks(world):
    with_rules(world, BIG, ask=["t"])
    path = os.path.join(world.home, ".config/stockade/profiles/mine.json")
    with open(path, "rb") as file:
        before = file.read()
    with Asking(world) as run:
        for number, n, status in ((1, 30, 1), (2, 1, 0)):
            run.tool(number, name="t", n=n)
            wait_for(lambda: f":{number}" in run.text(), "the question")
            ident = re.findall(r"stockade approve (\S+)", run.text())[-1]
            with Terminal(world, STOCKADE, "approve", ident,
                          "always") as terminal:
                if status == 0:  # the control: this one is asked by a name
                    terminal.expect(r"\[y/N\] ")
                    terminal.type("y\n")
                assert terminal.wait() == status, terminal.text
            with open(path, "rb") as file:
                assert (file.read() == before) == (status == 1)
            assert ("a rule about its arguments" in terminal.text) == \
                (status == 1), terminal.text
        assert is_fine(run.got(2)) and run.seen() == [2]
        run.hang_up()
        run.wait()


@t.test
def deny_wins_over_ask_and_its_own_words_are_told(world):
    with_rules(world, BIG, {"id": "most", "tools": ["*"],
                            "deny_if": {"/n": {"min": 100}},
                            "message": "At most 99 at a time."})
    with Asking(world) as run:
        run.tool(1, name="t", n=100)
        assert text(run.got(1)) == "At most 99 at a time. Nothing was run."
        run.tool(2, name="t", n=50)
        run.tool(3, name="hidden", n=100)
        assert run.got(3)["error"]["code"] == -32602
        run.hang_up()
        run.wait()
        assert run.seen() == []
    first, _, hidden = [r for r in world.records() if r["type"] == "call"]
    assert first["rules"] == ["allow:t", "rule:most", "rule:big"], first
    assert hidden["decision"] == "deny" and not hidden["listed"], hidden


@t.test
def of_thousands_those_about_the_tool_are_tried(world):
    rules = [{"id": f"r{n}", "tools": [f"t{n}" + "_*" * (n % 2)],
              "deny_if": {"/n": {"eq": n}}} for n in range(5000)]
    rules[2500]["tools"] = ["nothing", "t"]
    rules[4999]["tools"] = ["*"]
    with_rules(world, *rules)
    with Asking(world) as run:
        assert is_fine(raw(run, 1, '{"n":7}'))
        said = text(raw(run, 2, '{"n":2500}'))
        assert said.startswith('Refused by policy "r2500": /n '), said
        said = text(raw(run, 3, '{"n":4999}'))
        assert said.startswith('Refused by policy "r4999": /n '), said
        assert run.seen() == [1]
        run.end(0)


@t.test
def a_narrow_file_adds_its_own(world):
    with_rules(world, BIG)
    path = world.file("less.json", json.dumps(
        {"version": 1, "protocol": {"rules": [FORCE]}}))
    with Asking(world, options=("--profile", "mine", "--narrow", path)) as run:
        assert is_fine(raw(run, 1, "{}"))
        said = text(raw(run, 2, '{"force":true}'))
        assert said.startswith('Refused by policy "force"'), said
        assert run.seen() == [1]
        run.end(0)
    last = [r for r in world.records() if r["type"] == "call"][-1]
    assert last["rules"] == ["allow:t", "less:rule:force"], last


@t.test
def without_a_profile_a_narrow_file_still_takes_away(world):
    path = world.file("less.json", json.dumps(
        {"version": 1, "protocol": {"rules": [FORCE]}}))
    with Asking(world, options=("--narrow", path)) as run:
        assert is_fine(raw(run, 1, "{}"))
        text(raw(run, 2, '{"force":true}'))
        assert run.seen() == [1]
        run.end(0)


@t.test
def what_is_observed_passes_and_is_told(world):
    with_rules(world, FORCE)
    with Asking(world, options=("--profile", "mine", "--observe")) as run:
        assert is_fine(raw(run, 1, '{"force":true}'))
        run.end(0)
    record, = [r for r in world.records() if r["type"] == "call"]
    assert record["decision"] == "deny" and record["observed"], record
    assert record["reason"] == ('Refused by policy "force": /force is not '
                                "permitted. Nothing was run."), record


@t.test
def a_rule_without_its_folder_refuses_the_start(world):
    with_rules(world, FILES)
    # The home folder is no workspace.
    with Asking(world, wrap=["sh", "-c", 'cd "$HOME" && exec "$0" "$@"']) \
            as run:
        assert run.wait() == 125, run.text()
        run.expect_line(r"profile mine: rule:files: .*\$\{workspace\}.*"
                        r"--workspace DIR.*")
        assert run.rest() == []


@t.test
def explain_and_show_tell_of_them(world):
    with_rules(world, FORCE)
    path = world.file("less.json", json.dumps(
        {"version": 1, "protocol": {"rules": [BIG]}}))
    words = ("explain", "--profile", "mine", "--narrow", path)
    said = world.stockade(*words, "--json", "--", "/bin/true")
    plan = json.loads(said.stdout)
    assert plan["rules"] == [FORCE], plan["rules"]
    assert plan["narrowings"][0]["rules"] == [BIG], plan["narrowings"]
    said = world.stockade(*words, "--", "/bin/true").stdout
    assert '"id":"force"' in said and '"id":"big"' in said, said
    said = world.stockade("profile", "show", "mine").stdout
    assert "protocol.rules" in said and '"id":"force"' in said, said


@t.test
def two_of_one_name_are_refused(world):
    with_rules(world, FORCE, {**OWN, "id": "force"})
    with Asking(world) as run:
        assert run.wait() == 125, run.text()
        run.expect_line(r".*rule:force is there twice.*")


@t.test
def profile_test_and_why_tell_of_it(world):
    with_rules(world, FORCE)
    with Asking(world) as run:
        text(raw(run, 1, '{"force":true}'))
        run.end(0)
    said = world.stockade("why", "--last")
    assert said.returncode == 0 and "rule:force" in said.stdout, said
    message = json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "t", "arguments": {"force": True}}})
    said = world.stockade("profile", "test", "mine", "--message",
                          world.file("message.json", message))
    assert said.returncode == 1 and "rule:force" in said.stdout, said
    assert "/force is not permitted. Nothing was run." in said.stdout, said


t.main()
