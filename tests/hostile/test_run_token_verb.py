#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The verb `token`: who can make a key and a token, and who cannot.

Usage: test_run_token_verb.py BUILD [NAME…]
"""

import json
import os
import stat
import subprocess
import threading

from runrig import Script
from siterig import Site
from tokenrig import (Asking, SEED, STOCKADE, add, enrol, is_refused, key_id,
                      passes, plant, profile, public, token, verb)
from terminal import Terminal

t = Script()
SECRET = "correct horse battery"


def config(world, name):
    return os.path.join(world.home, ".config", "stockade", name)


def init(world, first=SECRET, second=None, expect=0, env=None, wrap=()):
    with Terminal(world, *wrap, STOCKADE, "token", "init", "--name", "me",
                  env=env) as term:
        term.expect("New passphrase: ")
        term.send(first + "\n")
        if len(first) >= 10:
            term.expect("The same again: ")
            term.send((first if second is None else second) + "\n")
        status = term.wait()
        assert status == expect, (status, term.text)
        assert first not in term.text, term.text
        return term.text


MADE, MAKING = {}, threading.Lock()


def ready(world):
    """A key, which takes its time to make only once."""
    names = ("approver.key", "approvers")
    with MAKING:
        if not MADE:
            init(world)
            for name in names:
                with open(config(world, name), "rb") as file:
                    MADE[name] = file.read()
            return
    os.makedirs(config(world, ""), mode=0o700, exist_ok=True)
    for name in names:
        with open(config(world, name), "wb") as file:
            file.write(MADE[name])
        os.chmod(config(world, name), 0o600)


def mint(world, *arguments, passphrase=SECRET, expect=0):
    with Terminal(world, STOCKADE, "token", "mint", *arguments) as term:
        term.expect("Passphrase: ")
        term.send(passphrase + "\n")
        status = term.wait()
        assert status == expect, (status, term.text)
        assert len(passphrase) < 4 or passphrase not in term.text
        return term.text


@t.test
def a_key_is_made_under_a_passphrase_and_signs_for_one_call(world):
    profile(world, tools={"token": ["t"]})
    said = init(world)
    with open(config(world, "approvers"), encoding="ascii") as file:
        line = file.read().strip()
    assert line in said.replace("\r", "") and line.startswith("me "), said
    for name in ("approver.key", "approvers"):
        mode = stat.S_IMODE(os.stat(config(world, name)).st_mode)
        assert mode == 0o600, (name, oct(mode))
    mint(world, "t", "--server", "bad_server", "--args", '{ "n" : 1 }')
    rows = json.loads(verb(world, "list", "--json").stdout)
    assert [r["counts"] for r in rows] == [True], rows
    assert rows[0]["about"] == "args" and rows[0]["left"] == 1, rows
    with Asking(world) as run:
        assert is_refused(run, 1, n=2)
        assert passes(run, 2, n=1)
        assert is_refused(run, 3, n=1)
        # Without --server: of the only one that runs.
        mint(world, "t", "--when", '{"/n": {"min": 5}}', "--ttl", "1h",
             "--uses", "2", "--session", list(world.sessions())[0][:8])
        assert is_refused(run, 4, n=4)
        assert passes(run, 5, n=5)
        assert passes(run, 6, n=6)
        assert is_refused(run, 7, n=7)
        run.end(0)
    rows = verb(world, "list").stdout
    assert "it is spent" in rows, rows


@t.test
def without_the_passphrase_no_terminal_makes_a_token(world):
    profile(world, tools={"token": ["t"]})
    ready(world)
    before = os.stat(config(world, "approver.key")).st_mtime_ns
    for wrong in ("", SECRET + " ", SECRET[:-1]):
        mint(world, "t", "--server", "bad_server", passphrase=wrong,
             expect=1)
    # It comes from the terminal and from nowhere else.
    with Terminal(world, "sh", "-c",
                  f"echo '{SECRET}' | {STOCKADE} token mint t --server "
                  "bad_server; echo status $?",
                  env={"PASSPHRASE": SECRET, "STOCKADE_PASSPHRASE": SECRET}
                  ) as term:
        term.expect("Passphrase: ")
        term.send("something else\n")
        term.expect("status 1")
        term.wait()
    # Who has no terminal is not asked.
    done = subprocess.run(
        ["setsid", "-w", STOCKADE, "token", "mint", "t", "--server",
         "bad_server"], input=SECRET + "\n", capture_output=True, text=True,
        env=world.env, cwd=world.work, timeout=60)
    assert done.returncode == 125 and "no terminal" in done.stderr, done
    assert json.loads(verb(world, "list", "--json").stdout) == []
    # Neither does it make another key in place of the one that is there.
    done = verb(world, "init")
    assert done.returncode == 1 and "already" in done.stderr, done
    assert os.stat(config(world, "approver.key")).st_mtime_ns == before
    with Asking(world) as run:
        assert is_refused(run, 1)
        run.end(0)


@t.test
def a_passphrase_is_long_and_typed_twice(world):
    assert "10 bytes" in init(world, "short", expect=1)
    assert "not the same" in init(world, SECRET, SECRET + "x", expect=1)
    assert not os.path.exists(config(world, "approver.key"))


@t.test
def a_key_file_that_others_read_or_that_was_edited_is_none(world):
    ready(world)
    path = config(world, "approver.key")
    os.chmod(path, 0o644)
    done = verb(world, "mint", "t", "--server", "x")
    assert done.returncode == 125 and "0600" in done.stderr, done
    os.chmod(path, 0o600)
    with open(path, encoding="ascii") as file:
        good = file.read()
    for bad in (good.replace("memory ", "memory 9"), good[:-2], "",
                good.replace("ops 3", "ops 99"), good + good):
        with open(path, "w", encoding="ascii") as file:
            file.write(bad)
        done = verb(world, "mint", "t", "--server", "x")
        assert done.returncode == 125 and "no key" in done.stderr, (bad, done)
    # Somebody else's public half over one's own secret one.
    with open(path, "w", encoding="ascii") as file:
        file.write(good.replace(good.split("public ")[1][:64], public()))
    enrol(world)
    mint(world, "t", "--server", "x", expect=125)


@t.test
def what_makes_no_sense_is_refused(world):
    ready(world)
    for arguments in (["mint"], ["mint", "t", "u"], ["mint", "t", "--uses",
                      "0"], ["mint", "t", "--uses", "101"],
                      ["mint", "t", "--ttl", "73h"], ["mint", "t", "--ttl",
                      "0s"], ["mint", "t", "--server", "s", "--args", "[]"],
                      ["mint", "t", "--server", "s", "--args", "{}",
                       "--when", "{}"],
                      ["mint", "t", "--server", "s", "--when", "{}"],
                      ["mint", "t", "--server", "s", "--when",
                       '{"/a": {"eq": 1}}], "x": [{}'],
                      ["mint", "t\nuses 9", "--server", "s"],
                      ["mint", "t", "--server", "s\nuses 9"],
                      ["mint", "t", "--all"], ["list", "x"], ["revoke"],
                      ["revoke", "x"], ["revoke", "--all", "ab"], ["add"],
                      ["add", "-", "--ttl", "1s"], ["grant"], []):
        done = verb(world, *arguments)
        assert done.returncode == 2, (arguments, done)
    assert verb(world, "revoke", "ab").returncode == 1
    assert json.loads(verb(world, "list", "--json").stdout) == []


@t.root
def with_roots_list_the_users_counts_no_more(world):
    profile(world, tools={"token": ["t"]})
    mine = "33" * 32
    enrol(world, mine)
    with Site(world, None) as site:
        path = site.path("/etc/stockade/approvers")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"root {public()}\n")
        os.chmod(path, 0o644)
        # He may make a key, but not one that counts.
        said = init(world, wrap=site.enter)
        assert "does not count" in said, said
        with open(config(world, "approvers"), encoding="ascii") as file:
            assert "me " not in file.read()
        done = verb(world, "mint", "t", "--server", "x", wrap=site.enter)
        assert done.returncode == 1 and "root's list" in done.stderr, done
        done = verb(world, "add", "-", given=token(seed=mine)[1],
                    wrap=site.enter)
        assert done.returncode == 1 and "not one that counts" in done.stderr
        plant(world, token(seed=mine)[1])
        with Asking(world, wrap=site.enter) as run:
            assert is_refused(run, 1)
            add(world, token()[1], wrap=site.enter)
            assert passes(run, 2)
            run.end(0)
        start = [r for r in world.records() if r["type"] == "session.start"][0]
        assert start["approvers"] == [f"site:{key_id(SEED)}"], start
        # One that cannot be used is no leave to take the other.
        for text, mode in (("root 12\n", 0o644), (f"root {public()}\n", 0o666)):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(path, mode)
            with Asking(world, wrap=site.enter) as run:
                assert run.wait() == 125, run.text()
        # An empty one: nobody.
        with open(path, "w", encoding="ascii") as file:
            file.write("")
        os.chmod(path, 0o644)
        plant(world, token(seed=mine)[1])
        with Asking(world, wrap=site.enter) as run:
            assert is_refused(run, 1)
            run.end(0)


t.main()
