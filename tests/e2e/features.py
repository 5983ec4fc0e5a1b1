#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reference server for every feature of the protocol, to a client that
offers them all: the same as bare where policy allows all, and what is missing
where it does not.
"""

import json
import os

import parts
from mcp import Client, text_of
from tap import Script
from world import Person, World

SERVER = [parts.NODE, parts.script("servers", "server-everything"), "stdio"]
OFFERED = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}}
ALL = {"tools": {"allow": ["*"]}, "prompts": {"allow": ["*"]},
       "resources": {"allow": ["*"]},
       "methods": {"sampling/createMessage": "allow",
                   "elicitation/create": "allow"}}
# Tools of a server whose client offers something.
ASKING = {"trigger-sampling-request", "trigger-elicitation-request"}

t = Script()


class Host(Client):
    """A client that answers what a server asks of it, and keeps it."""

    def __init__(self, world, command, roots=()):
        super().__init__(command, env=world.env, cwd=world.project)
        self.wishes = []
        self.answers = {
            "roots/list": {"roots": [{"uri": "file://" + r} for r in roots]},
            "sampling/createMessage": {
                "role": "assistant", "model": "m",
                "content": {"type": "text", "text": "a word of the model"}},
            "elicitation/create": {"action": "decline"}}
        self.capabilities = self.initialize(OFFERED)["capabilities"]

    def receive_line(self, *args):
        while True:
            line = super().receive_line(*args)
            message = json.loads(line)
            if "method" not in message or "id" not in message:
                return line
            self.wishes.append(message)
            self.send({"jsonrpc": "2.0", "id": message["id"],
                       "result": self.answers[message["method"]]})

    def __exit__(self, *unused):
        """Some of its tools keep it from ending with its input."""
        self.process.terminate()
        super().__exit__(*unused)

    def all_tools(self):
        """It adds some once it has heard from its client; ours has answered
        its question for roots by then."""
        while not (tools := {tool["name"]: tool for tool in self.tools()}
                   ).get("get-roots-list"):
            self.request("ping")
        return tools


def profile(world, **protocol):
    folder = os.path.join(world.home, ".config/stockade/profiles")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "mine.json"), "w",
              encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "node", "protocol": protocol},
                  file)


def wrapped(world, *options):
    return world.wrapped("--profile", "mine", *options, "--", *SERVER)


def seen(host):
    """All that the server shows, and what is behind it."""
    shown = {"capabilities": host.capabilities, "tools": host.all_tools()}
    for method, key in (("prompts/list", "prompts"),
                        ("resources/list", "resources"),
                        ("resources/templates/list", "resourceTemplates")):
        shown[key] = host.request(method)["result"][key]
    shown["got"] = [host.request("prompts/get", {
        "name": prompt["name"], "arguments": {
            a["name"]: "1" for a in prompt.get("arguments", [])}})
        for prompt in shown["prompts"]]
    shown["read"] = [host.request("resources/read", {"uri": r["uri"]})
                     for r in shown["resources"]]
    return shown


def without_times(shown):
    """Each answer has its own number, and some the time."""
    for answer in shown["got"] + shown["read"]:
        answer.pop("id")
    return shown


@t.test
def where_all_is_allowed_it_shows_what_it_shows_bare():
    with World() as world:
        profile(world, **ALL)
        with Host(world, SERVER) as host:
            bare = without_times(seen(host))
        with Host(world, wrapped(world)) as host:
            ours = without_times(seen(host))
        assert len(bare["tools"]) >= 16 and bare["prompts"], bare
        assert bare["resources"] and bare["resourceTemplates"], bare
        for part, value in bare.items():
            assert ours[part] == value, (part, ours[part], value)


@t.test
def what_is_allowed_reaches_the_client_and_its_answer_the_server():
    with World() as world:
        profile(world, **ALL)
        with Host(world, wrapped(world)) as host:
            host.all_tools()
            answer = host.call("trigger-sampling-request", prompt="say it")
            assert "a word of the model" in text_of(answer), answer
            answer = host.call("trigger-elicitation-request")
            assert "declined" in text_of(answer).lower(), answer
            asked = [wish["method"] for wish in host.wishes]
            assert asked[-2:] == ["sampling/createMessage",
                                  "elicitation/create"], asked


@t.test
def by_default_it_does_without_the_model_and_the_user():
    with World() as world:
        profile(world, **{**ALL, "methods": {}})
        with Host(world, SERVER) as host:
            bare = host.all_tools()
        with Host(world, wrapped(world)) as host:
            ours = host.all_tools()
            assert {w["method"] for w in host.wishes} <= {"roots/list"}
        assert ASKING <= set(bare) and set(bare) - set(ours) == ASKING, (
            set(bare) ^ set(ours))


@t.test
def it_learns_of_the_roots_that_are_granted():
    with World() as world:
        profile(world, **ALL)
        outside = world.folder("outside")
        with Host(world, wrapped(world, "--ro", world.project),
                  roots=[outside, world.project]) as host:
            host.all_tools()
            text = text_of(host.call("get-roots-list"))
        assert "file://" + world.project in text, text
        assert outside not in text, text


def asked_for(host, person, method, params, name, answer):
    number, host.next_id = host.next_id, host.next_id + 1
    host.send({"jsonrpc": "2.0", "id": number, "method": method,
               "params": params})
    person.answer(person.question(name), answer)
    return host.answer(number)


@t.test
def its_tools_prompts_and_resources_are_asked_for():
    with World() as world, Person(world) as person:
        profile(world, tools={"ask": ["get-*"], "allow": ["echo"]},
                prompts={"ask": ["simple-*"]}, resources={"ask": ["demo://*"]})
        with Host(world, wrapped(world)) as host:
            uri = host.request("resources/list")["result"]["resources"][0][
                "uri"]
            three = {"name": "get-sum", "arguments": {"a": 1, "b": 2}}
            four = {"name": "get-sum", "arguments": {"a": 2, "b": 2}}
            prompt = {"name": "simple-prompt"}
            for method, params, name, answer in (
                    ("tools/call", three, "get-sum", "deny"),
                    ("tools/call", four, "get-sum", "once"),
                    ("prompts/get", prompt, "simple-prompt", "once"),
                    ("prompts/get", prompt, "simple-prompt", "deny"),
                    ("resources/read", {"uri": uri}, uri, "once"),
                    ("resources/read", {"uri": uri}, uri, "deny")):
                got = asked_for(host, person, method, params, name, answer)
                result = got.get("result")
                fine = result is not None and not result.get("isError")
                assert fine == (answer == "once"), (method, got)
            assert "hello" in text_of(host.call("echo", message="hello"))


if __name__ == "__main__":
    t.main()
