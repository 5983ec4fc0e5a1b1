#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is permitted outside of a session is in the log before it counts: the
key of an approver, a profile that lies anywhere.

Usage: test_run_deeds.py BUILD [NAME…]
"""

import hashlib
import json
import os
import re

from runrig import Script, of_type
from siterig import Site, document
from tokenrig import STOCKADE
from terminal import Terminal

t = Script()
SECRET = "correct horse battery"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def config(world, name):
    return os.path.join(world.home, ".config", "stockade", name)


def init(world, expect=0, wrap=()):
    with Terminal(world, *wrap, STOCKADE, "token", "init", "--name",
                  "me") as term:
        for prompt in ("New passphrase: ", "The same again: "):
            term.expect(prompt)
            term.send(SECRET + "\n")
        status = term.wait()
        assert status == expect, (status, term.text)
        return term.text


def only(world, number=-1):
    """Why the last deed was done, how it ended, and its only record."""
    start, *records, end = world.deeds()[number]
    [record] = records
    world.verify()
    return start["client"]["purpose"], end["status"], record


def closed(world):
    """A log that takes nothing."""
    os.makedirs(world.audit(), mode=0o700, exist_ok=True)
    os.rename(world.audit(), world.audit() + ".away")
    world.file("state/stockade/audit")


@t.test
def a_key_that_is_made_is_in_the_log(world):
    said = init(world)
    purpose, status, record = only(world)
    assert (purpose, status) == ("token init", 0), (purpose, status)
    half = bytes.fromhex(re.search(r"me ([0-9a-f]{64})", said)[1])
    assert record["type"] == "policy.changed" and \
        record["kind"] == "approver" and record["name"] == "me", record
    assert record["new"] == hashlib.sha256(half).hexdigest(), record
    assert record["key_id"] == record["new"][:16] and \
        record["reason"] == "token init" and "old" not in record, record
    assert "policy me" in world.stockade("log").stdout
    # What is left of its time is told as it was asked for.
    with Terminal(world, STOCKADE, "token", "mint", "t", "--server", "s",
                  "--ttl", "5m") as term:
        term.expect("Passphrase: ")
        term.send(SECRET + "\n")
        assert term.wait() == 0, term.text
        assert "1 call, within 5m" in term.text, term.text


@t.root
def a_key_that_roots_list_leaves_out_is_in_the_log_as_that(world):
    with Site(world, {}) as place:
        place.put(place.path("/etc/stockade/approvers"), "")
        init(world, wrap=place.enter)
        assert "root's list decides" in only(world)[2]["reason"]
    assert not os.path.exists(config(world, "approvers"))


@t.test
def a_key_that_no_log_takes_is_not_made(world):
    closed(world)
    init(world, expect=125)
    assert not os.path.exists(config(world, "approvers"))
    assert not os.path.exists(config(world, "approver.key"))


def trust(world, *arguments, expect=0):
    done = world.stockade("profile", "trust", *arguments)
    assert done.returncode == expect, (done.stdout, done.stderr)
    return done.stderr


def trusted(world):
    return [(r["state"], r["digest"]) for r in json.loads(
        world.stockade("profile", "--json", "trust", "--list").stdout)]


@t.test
def a_file_that_is_trusted_is_in_the_log(world):
    one, two = (document({"why": x}) for x in ("one", "two"))
    path = world.file("mine.json", one)
    trust(world, path)
    purpose, status, record = only(world)
    assert (purpose, status) == ("profile trust", 0)
    assert (record["kind"], record["name"]) == ("trust", path), record
    assert record["new"] == sha256(one) and "old" not in record, record
    world.file("mine.json", two)
    trust(world, path)
    record = only(world)[2]
    assert (record["old"], record["new"]) == (sha256(one), sha256(two))
    trust(world, "--revoke", path)
    purpose, status, record = only(world)
    assert (purpose, status) == ("profile trust --revoke", 0)
    assert record["old"] == sha256(two) and "new" not in record, record
    trust(world, "--revoke", path, expect=1)
    assert len(world.deeds()) == 3, "nothing was done, and it is recorded"
    assert trusted(world) == []
    assert len([r for d in world.deeds()
                for r in of_type(d, "policy.changed")]) == 3


@t.test
def what_no_log_takes_is_not_trusted_but_taken_back(world):
    text = document({})
    path, other = (world.file(x, text) for x in ("mine.json", "other.json"))
    trust(world, path)
    closed(world)
    trust(world, other, expect=125)
    assert trusted(world) == [("trusted", sha256(text))]
    said = trust(world, "--revoke", path, expect=125)
    assert "could not be recorded" in said, said
    assert trusted(world) == []


t.main()
