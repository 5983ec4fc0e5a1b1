#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Schemas of arguments: what is not valid is not run, what is valid is, and no
spelling gets round them.

Usage: test_run_schema.py BUILD [NAME…]
"""

import json

from askrig import Asking, profile, text
from runrig import Script, is_fine

t = Script()

CREATE = {
    "type": "object",
    "properties": {
        "owner": {"enum": ["acme", "x/y"]},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "price": {"type": "number", "multipleOf": 0.05},
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 8},
        "tags": {"type": "array", "items": {"type": "string"},
                 "uniqueItems": True, "maxItems": 3},
        "to": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {
            "id": {"const": 7}}, "required": ["id"]}]}},
    "required": ["owner"],
    "additionalProperties": False}


def with_schemas(world, schemas, **more):
    profile(world, tools={"allow": ["create_*", "free"], "ask": ["held"]},
            schemas=schemas, **more)


def raw(run, number, arguments, name="create_a"):
    """A call with these very bytes; what came of it."""
    before = b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{' \
        b'"name":"%s"' % (number, name.encode())
    if arguments is not None:
        before += b',"arguments":' + arguments.encode()
    run.send(before + b"}}\n")
    return run.got(number)


def refused(at, glob="create_*"):
    return (f'Refused by policy "schema:{glob}": {at} is not permitted. '
            "Nothing was run.")


def check(world, passes, denied):
    with_schemas(world, {"create_*": CREATE})
    with Asking(world) as run:
        for number, arguments in enumerate(passes, 1):
            got = raw(run, number, arguments)
            assert is_fine(got), (arguments, got)
        for number, (arguments, at) in enumerate(denied, 100):
            said = text(raw(run, number, arguments))
            assert said == refused(at), (arguments, said)
        assert run.seen() == list(range(1, len(passes) + 1)), run.seen()
        run.tool(999, name="free", anything=1)
        assert is_fine(run.got(999))
        run.end(0)
    calls = [r for r in world.records() if r["type"] == "call"
             and r.get("tool") == "create_a"]
    for record in calls[len(passes):]:
        assert record["decision"] == "deny" and record["listed"], record
        assert record["rules"] == ["allow:create_*", "schema:create_*"], record
        assert record["reason"].startswith("Refused by policy"), record
    for record in calls[:len(passes)]:
        assert record["decision"] == "allow", record


def owned(inner):
    return '{"owner":"acme",' + inner + "}"


@t.test
def what_is_not_valid_is_denied_and_named(world):
    check(world,
          ['{"owner":"acme"}', r'{"own\u0065r":"x\/y"}', owned('"count":9.0'),
           owned('"price":1.15'), owned('"name":"abc"'), owned('"tags":[]'),
           owned('"tags":["a","b"]'), owned('"to":null'),
           owned('"to":{"id":7,"more":1}'), ' { "owner" : "acme" } '],
          [("{}", "/owner"), (None, "/owner"), ("null", "what was given"),
           ("[]", "what was given"), ('"acme"', "what was given"),
           ('{"owner":"evil"}', "/owner"), ('{"owner":"ACME"}', "/owner"),
           ('{"owner":["acme"]}', "/owner"), ('{"owner":null}', "/owner"),
           (owned('"admin":true'), "/admin"), (owned('"":1'), "/"),
           (owned('"count":0'), "/count"), (owned('"count":10'), "/count"),
           (owned('"count":1.5'), "/count"), (owned('"count":"1"'), "/count"),
           (owned('"price":1.151'), "/price"),
           (owned('"name":"abcdefghi"'), "/name"),
           (owned('"name":"a b"'), "/name"),
           (owned('"tags":["a","a"]'), "/tags"),
           (owned('"tags":["a",1]'), "/tags/1"),
           (owned('"tags":["a","b","c","d"]'), "/tags"),
           (owned('"to":{"id":8}'), "/to"), (owned('"to":{}'), "/to")])


@t.test
def what_readers_take_differently_is_denied(world):
    check(world, ['{"owner":"acme"}'],
          [(owned('"OWNER":"evil"'), "/OWNER"),
           ('{"Owner":"acme"}', "/Owner"),
           (owned('"\u017fame":1'), "/\u017fame"),
           (owned('"tag\u017f":[]'), "/tag\u017f"),
           (owned('"count":1.00000000000000000001'), "/count"),
           (owned('"count":1e999'), "/count"),
           (r'{"owner":"acme\u0000"}', "/owner"),
           (owned(r'"name":"abc\u0000"'), "/name"),
           (owned(r'"name":"abc\n"'), "/name"),
           (owned(r'"tags":["a","a\u0000"]'), "/tags"),
           (owned('"' + "x" * 5000 + '":1'), "/" + "x" * 255),
           (owned(r'"\u001b[31m":1'), "/?[31m"),
           (owned('"tags":[' + "[" * 100 + "]" * 100 + "]"), "/tags/0"),
           (owned('"tags":[' + "7," * 500000 + "7]"), "/tags")])


@t.test
def a_name_that_stands_twice_is_no_way_round(world):
    with_schemas(world, {"create_*": CREATE})
    with Asking(world) as run:
        for number, arguments in enumerate(
                ('{"owner":"acme","owner":"evil"}',
                 r'{"owner":"acme","own\u0065r":"evil"}'), 1):
            assert "error" in raw(run, number, arguments)
        assert run.seen() == []
        run.end(0)


@t.test
def all_that_match_count(world):
    with_schemas(world, {"create_*": {"required": ["a"]},
                         "*_a": {"required": ["b"]}, "free": False,
                         "held": {"maxProperties": 0}})
    with Asking(world) as run:
        assert is_fine(raw(run, 1, '{"a":1,"b":1}'))
        assert text(raw(run, 2, '{"a":1}')) == refused("/b", "*_a")
        assert text(raw(run, 3, '{"b":1}')) == refused("/a")
        assert text(raw(run, 4, "{}")) == refused("/a")
        assert is_fine(raw(run, 5, '{"a":1}', "create_b"))
        assert text(raw(run, 6, None, "free")) == \
            refused("what was given", "free")
        # What is refused is not asked for.
        assert text(raw(run, 7, '{"a":1}', "held")) == \
            refused("what was given", "held")
        assert run.seen() == [1, 5]
        run.end(0)
    calls = [r for r in world.records() if r["type"] == "call"]
    assert calls[3]["rules"] == ["allow:create_*", "schema:create_*",
                                 "schema:*_a"], calls[3]


@t.test
def a_rule_that_denies_is_told_first(world):
    with_schemas(world, {"create_*": CREATE}, rules=[
        {"id": "own", "tools": ["*"], "deny_if": {"/x": {"present": True}}},
        {"id": "big", "tools": ["*"], "ask_if": {"/x": {"present": True}}}])
    with Asking(world) as run:
        assert text(raw(run, 1, owned('"x":1'))).startswith(
            'Refused by policy "own": /x ')
        assert run.seen() == []
        run.end(0)
    record, = [r for r in world.records() if r["type"] == "call"]
    assert record["rules"] == ["allow:create_*", "rule:own", "schema:create_*",
                               "rule:big"], record


def narrowed(world, *options):
    path = world.file("less.json", json.dumps({"version": 1, "protocol": {
        "schemas": {"create_*": {"maxProperties": 1}}}}))
    with Asking(world, options=(*options, "--narrow", path)) as run:
        assert is_fine(raw(run, 1, '{"a":1}'))
        assert text(raw(run, 2, '{"a":1,"b":2}')) == refused("what was given")
        assert run.seen() == [1]
        run.end(0)
    last = [r for r in world.records() if r["type"] == "call"][-1]
    assert last["rules"][-1] == "less:schema:create_*", last
    said = world.stockade("why", "--last").stdout
    assert '"create_*" of --narrow less denies it' in said, said


@t.test
def a_narrow_file_adds_its_own(world):
    with_schemas(world, {"create_*": {"required": ["a"]}})
    narrowed(world, "--profile", "mine")


@t.test
def without_a_profile_a_narrow_file_still_takes_away(world):
    narrowed(world)


@t.test
def what_is_observed_passes_and_is_told(world):
    with_schemas(world, {"create_*": CREATE})
    with Asking(world, options=("--profile", "mine", "--observe")) as run:
        assert is_fine(raw(run, 1, "{}"))
        run.end(0)
    record, = [r for r in world.records() if r["type"] == "call"]
    assert record["decision"] == "deny" and record["observed"], record
    assert record["reason"] == refused("/owner"), record


@t.test
def explain_show_test_and_why_tell_of_it(world):
    with_schemas(world, {"create_*": CREATE})
    path = world.file("less.json", json.dumps({"version": 1, "protocol": {
        "schemas": {"free": False}}}))
    words = ("explain", "--profile", "mine", "--narrow", path)
    plan = json.loads(world.stockade(*words, "--json", "--", "/bin/true").stdout)
    assert plan["schemas"] == [["create_*", CREATE]], plan["schemas"]
    assert plan["narrowings"][0]["schemas"] == [["free", False]], plan
    said = world.stockade(*words, "--", "/bin/true").stdout
    assert '["create_*",' in said and '["free",false]' in said, said
    said = world.stockade("profile", "show", "mine").stdout
    assert "protocol.schemas" in said and '["create_*",' in said, said
    message = json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "create_a", "arguments": {"owner": "evil"}}})
    said = world.stockade("profile", "test", "mine", "--message",
                          world.file("message.json", message))
    assert said.returncode == 1 and "schema:create_*" in said.stdout, said
    assert "/owner is not permitted. Nothing was run." in said.stdout, said
    with Asking(world) as run:
        text(raw(run, 1, "{}"))
        run.end(0)
    said = world.stockade("why", "--last")
    assert said.returncode == 0 and \
        '"create_*" in protocol.schemas of the profile' in said.stdout, said


@t.test
def a_keyword_that_is_not_checked_refuses_the_start(world):
    for schema, words in (({"properties": {"a": {"format": "uri"}}},
                           '"format" is no keyword'),
                          ({"$ref": "#/a"}, r'"\$ref" is no keyword'),
                          ({"pattern": "a(?<=b)"}, "this kind of group")):
        with_schemas(world, {"create_*": schema})
        with Asking(world) as run:
            assert run.wait() == 125, run.text()
            run.expect_line(rf".*mine\.json:\d+:\d+: .*{words}.*")


t.main()
