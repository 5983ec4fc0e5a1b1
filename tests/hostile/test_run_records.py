#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is done to tokens and pins outside a session stands in the log too: all
of it, chained, or it is not done; but what is revoked is revoked first.

Usage: test_run_records.py BUILD [NAME…]
"""

import fcntl
import hashlib
import hmac
import json
import os
import subprocess
import threading

from pinrig import Pinned, events, show, tool
from runrig import Script, of_type
from tokenrig import (Asking, STOCKADE, add, args_hash, enrol,
                      is_refused, key_id, passes, plant, profile, store, token,
                      verb)
from terminal import Terminal

t = Script()
SECRET = "correct horse battery"


def tokens(world):
    folder = store(world)
    return [n for n in sorted(os.listdir(folder)) if n.startswith("token-")] \
        if os.path.isdir(folder) else []


def keyed(world, server, name, hexed):
    with open(os.path.join(world.audit(), "key"), "rb") as file:
        key = file.read()
    return hmac.new(key, b"\0".join([server.encode(), name.encode(),
                                     bytes.fromhex(hexed)]),
                    hashlib.sha256).hexdigest()


def spoil(world):
    """Nobody, root neither, can write a log in this folder."""
    ledger = os.path.join(world.audit(), "ledger.jsonl")
    os.makedirs(world.audit(), mode=0o700, exist_ok=True)
    if os.path.exists(ledger):
        os.rename(ledger, ledger + ".away")
    os.mkdir(ledger)


def mend(world):
    ledger = os.path.join(world.audit(), "ledger.jsonl")
    os.rmdir(ledger)
    if os.path.exists(ledger + ".away"):
        os.rename(ledger + ".away", ledger)


def is_deed(records, words, types, status=0):
    """A whole log of its own, of this and nothing else."""
    start, end = records[0], records[-1]
    assert [r["type"] for r in records] == [
        "session.start", *types, "session.end"], records
    assert start["client"]["purpose"] == words, start
    assert start["uid"] == os.getuid() and start["pid"] > 1, start
    assert start["exe"] == STOCKADE and start["client"]["pid"] > 1, start
    assert "server" not in start and "profile" not in start, start
    assert start["by"]["ancestry"].startswith("stockade("), start
    assert end["status"] == status, end
    return records[1:-1]


def mint(world, *arguments, expect=0):
    with Terminal(world, STOCKADE, "token", "mint", *arguments) as term:
        term.expect("Passphrase: ")
        term.send(SECRET + "\n")
        assert term.wait() == expect, term.text
        return term.text


def init(world):
    with Terminal(world, STOCKADE, "token", "init") as term:
        term.expect("New passphrase: ")
        term.send(SECRET + "\n")
        term.expect("The same again: ")
        term.send(SECRET + "\n")
        assert term.wait() == 0, term.text


@t.test
def what_is_minted_is_in_the_log_before_anybody_can_use_it(world):
    assert not os.listdir(world.state), "there is nothing at first"
    init(world)
    mint(world, "merge", "--server", "forge", "--args", '{"n" : 7}',
         "--role", "ops", "--ttl", "1h", "--uses", "3")
    made, records = world.deeds()
    is_deed(made, "token init", ["policy.changed"])
    minted, = is_deed(records, "token mint", ["token.minted"])
    row, = json.loads(verb(world, "list", "--json").stdout)
    assert records[0]["by"]["tty"].startswith("/dev/pts/"), records[0]
    assert {k: minted[k] for k in ("token", "key_id", "tool", "uses", "role",
                                   "expires", "server")} == {
        "token": row["id"], "key_id": row["key_id"], "tool": "merge", "uses": 3,
        "role": "ops", "expires": row["until"],
        "server": {"name": "forge"}}, minted
    assert minted["args_hash"] == keyed(world, "forge", "merge",
                                        args_hash({"n": 7})), minted
    # Of nothing else: neither passphrase nor signature.
    for log in os.listdir(world.audit()):
        with open(os.path.join(world.audit(), log), "rb") as file:
            assert SECRET.encode() not in file.read()
    world.verify()


@t.test
def what_is_added_and_revoked_is_in_the_log(world):
    enrol(world)
    seen = {}
    for more in ({"when": {"/n": {"min": 5}}, "session": "ab" * 16},
                 {"args": {}}):
        number, text_of = token(**more)
        add(world, text_of)
        minted, = is_deed(world.deeds()[-1], "token add", ["token.minted"])
        assert minted["token"] == number and minted["key_id"] == key_id()
        assert minted["server"] == {"name": "bad_server"}, minted
        seen[number] = minted
    first, second = seen.values()
    assert first["detail"] == '{"/n": {"min": 5}}', first
    assert first["only_session"] == "ab" * 16 and "args_hash" not in first
    assert second["args_hash"] == keyed(world, "bad_server", "t",
                                        args_hash({}))
    done = verb(world, "revoke", second["token"][:8])
    assert done.returncode == 0, done
    revoked, = is_deed(world.deeds()[-1], "token revoke", ["token.revoked"])
    same = ("token", "key_id", "tool", "args_hash", "uses", "expires",
            "server")
    assert [revoked[k] for k in same] == [second[k] for k in same], revoked
    assert revoked["reason"] == "token revoke", revoked
    assert verb(world, "revoke", "--all").stdout == "revoked 1\n"
    revoked, = is_deed(world.deeds()[-1], "token revoke --all",
                       ["token.revoked"])
    assert revoked["token"] == first["token"], revoked
    add(world, token()[1])
    done = world.stockade("stop", "--revoke")
    assert done.returncode == 0 and "revoked 1" in done.stdout, done
    is_deed(world.deeds()[-1], "stop --revoke", ["token.revoked"])
    # Where nothing is done nothing is said.
    before = len(world.deeds())
    for words in (["list"], ["revoke", "00"], ["add", "-"], ["mint", "t"]):
        verb(world, *words)
    assert world.stockade("stop", "--revoke").returncode == 0
    assert len(world.deeds()) == before
    # Each follows the one before it in the ledger.
    logs = sorted((v[0] for v in world.logs().values()),
                  key=lambda r: r["time"])
    assert [r.get("previous") for r in logs] == [
        None, *(r["session"] for r in logs[:-1])]
    assert f"{len(logs)} sessions" in world.verify()


@t.test
def such_a_log_is_no_session_of_a_server(world):
    enrol(world)
    profile(world, tools={"token": ["t"]})
    with Asking(world) as run:
        for n in (1, 2):
            add(world, token()[1])
            assert passes(run, n)
            assert is_refused(run, n + 2)
        rows = world.stockade("status", "--json").stdout.splitlines()
        assert [json.loads(r)["server"] for r in rows] == ["bad_server"]
        run.end(0)
    add(world, token()[1])
    assert world.stockade("status").returncode == 1
    assert "tool t" in world.stockade("why").stdout
    done = world.stockade("log", "--server", "bad_server", "--json").stdout
    types = [json.loads(r)["type"] for r in done.splitlines()]
    assert types.count("token.minted") == 3, types
    assert types.count("session.start") == 1, types
    assert "mint" not in world.stockade("log", "--server", "b").stdout
    table = world.stockade("log").stdout
    number = world.deeds()[-1][1]["token"]
    words = " ".join(table.split())
    assert "> t" in words and "session start" in words, table
    for part in ("token add", "token minted", "token spent",
                 f"tool t, token {number}, key {key_id()}, uses 1, until ",
                 "token add end", "by uid "):
        assert part in words, (part, table)
    world.verify()


@t.test
def nor_is_it_one_while_it_is_written(world):
    """As it is for some milliseconds: locked, and without its end."""
    enrol(world)
    add(world, token()[1])
    name, = [n for n in os.listdir(world.audit()) if n[0] == "2"]
    path = os.path.join(world.audit(), name)
    with open(path, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    os.chmod(path, 0o600)
    with open(path, "wb") as file:
        file.write(b"".join(lines[:2]))
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        done = world.stockade("status", "--json")
        assert done.returncode == 1 and done.stdout == "", done
        done = world.stockade("stop", "--all")
        assert done.returncode == 1 and "no session" in done.stderr, done
        # As one of a server it would be shown.
        file.seek(0)
        file.truncate()
        file.write(lines[0].replace(b'"purpose":', b'"porpoise":') + lines[1])
        file.flush()
        assert world.stockade("status").returncode == 0


@t.test
def who_follows_the_log_sees_it(world):
    enrol(world)
    with Terminal(world, STOCKADE, "log", "--follow") as term:
        term.expect("")
        add(world, token()[1])
        term.expect("token add ")
        term.expect("minted")
        term.expect("token add end")
        assert verb(world, "revoke", "--all").returncode == 0
        term.expect("revoked")
        term.send("\x03")
        term.wait()


@t.test
def who_changes_what_was_written_is_noticed(world):
    enrol(world)
    for _ in range(2):
        add(world, token()[1])
    world.verify()
    name = [n for n in sorted(os.listdir(world.audit())) if n[0] == "2"][0]
    path = os.path.join(world.audit(), name)
    with open(path, "rb") as file:
        good = file.read()
    os.chmod(path, 0o600)
    lines = good.splitlines(keepends=True)
    for bad in (good.replace(b'"uses":1', b'"uses":9'),
                b"".join([lines[0], lines[2]]), b"".join(lines[:2]),
                good + lines[2]):
        with open(path, "wb") as file:
            file.write(bad)
        assert "NOT INTACT" in world.verify(1)
    os.remove(path)
    assert "missing" in world.verify(1)


@t.test
def what_cannot_be_recorded_is_not_minted(world):
    enrol(world)
    init(world)
    number, one = token()
    before = world.logs().keys()
    spoil(world)
    for _ in range(2):
        done = verb(world, "add", "-", given=one)
        assert done.returncode == 125 and "audit" in done.stderr, done
        assert number not in done.stdout, done
    said = mint(world, "t", "--server", "bad_server", expect=125)
    assert "audit" in said, said
    assert tokens(world) == [] and world.logs().keys() == before, world.logs()
    mend(world)
    add(world, one)
    assert len(tokens(world)) == 1
    world.verify()


@t.test
def what_is_revoked_is_revoked_whatever_the_log_says(world):
    enrol(world)
    profile(world, tools={"token": ["t"], "allow": ["free"]})
    given = [token() for _ in range(4)]
    for _, text_of in given:
        add(world, text_of)
    with Asking(world) as run:
        assert passes(run, 9, "free")
        spoil(world)
        done = verb(world, "revoke", given[0][0])
        assert done.returncode == 125 and "is revoked" in done.stderr, done
        assert len(tokens(world)) == 3
        done = verb(world, "revoke", "--all")
        assert done.returncode == 125 and "is revoked" in done.stderr, done
        assert done.stdout == "revoked 3\n", done
        assert tokens(world) == []
        mend(world)
        for slot, (_, text_of) in enumerate(given):
            plant(world, text_of, slot)
        assert is_refused(run, 1)
        run.end(0)
    assert not [r for v in world.logs().values()
                for r in of_type(v, "token.revoked")]
    world.verify()


@t.test
def an_incident_ends_sessions_that_no_log_can_tell_of(world):
    enrol(world)
    profile(world, tools={"allow": ["free"]})
    add(world, token()[1])
    with Asking(world) as run:
        assert passes(run, 9, "free")
        # The key is needed for a record, and for nothing that runs already.
        key = os.path.join(world.audit(), "key")
        os.chmod(key, 0o644)
        done = world.stockade("stop", "--revoke", "--all")
        os.chmod(key, 0o600)
        assert done.returncode == 125, done
        assert "revoked 1" in done.stdout and "stopped" in done.stdout, done
        assert "is revoked, but" in done.stderr, done
        run.wait()
    assert tokens(world) == []


@t.test
def neither_a_closed_pipe_nor_a_limit_comes_between(world):
    enrol(world)
    for words in (["token", "revoke", "--all"], ["stop", "--revoke"]):
        add(world, token()[1])
        out, into = os.pipe()
        os.close(out)
        done = subprocess.run([STOCKADE, *words], stdout=into, env=world.env,
                              stderr=subprocess.PIPE, check=False)
        os.close(into)
        assert tokens(world) == [] and done.returncode >= 0, done
        is_deed(world.deeds()[-1], " ".join(words), ["token.revoked"])
    number, one = token()
    limited = ["prlimit", "--fsize=0"]
    done = verb(world, "add", "-", given=one, wrap=limited)
    assert done.returncode == 125 and "large" in done.stderr, done
    assert tokens(world) == []
    add(world, one)
    done = verb(world, "revoke", number, wrap=limited)
    assert done.returncode == 125 and "is revoked" in done.stderr, done
    assert tokens(world) == []
    assert "it was revoked" in verb(world, "add", "-", given=one).stderr
    world.verify()


@t.root
def where_no_file_can_be_made_a_token_becomes_its_own_mark(world):
    enrol(world)
    given = [token() for _ in range(3)]
    for _, text_of in given:
        add(world, text_of)
    top = os.path.join(world.state, "stockade")
    script = f"""
set -e
cp -a {top} {world.home}/copy
mount -t tmpfs -o mode=700,nr_inodes=400 none {top}
cp -a {world.home}/copy/. {top}
i=0; while true > {top}/fill-$i; do i=$((i+1)); done 2>/dev/null || :
set +e
{STOCKADE} token revoke {given[0][0]}; echo one $?
{STOCKADE} token revoke --all; echo all $?
ls {top}/tokens; echo marks; ls {top}/tokens/spent
cp {world.home}/copy/tokens/token-00 {top}/tokens/spent/../token-00 2>&1
rm {top}/fill-*
cp -a {world.home}/copy/tokens/token-0* {top}/tokens
{STOCKADE} token list; {STOCKADE} verify
"""
    done = subprocess.run(["unshare", "-m", "sh", "-c", script],
                          capture_output=True, text=True, env=world.env,
                          timeout=60, check=False)
    said = done.stdout
    assert "one 125" in said and "revoked 2\nall 125" in said, done
    assert "token-" not in said.split("all 125")[1].split("marks")[0], done
    for number, _ in given:
        assert f"{number}-" in said.split("marks")[1], done
    assert said.count("it was revoked") == 3, done
    assert "intact" in said and "NOT INTACT" not in said, done


@t.test
def many_at_once_each_have_their_record(world):
    enrol(world)
    given = [token() for _ in range(12)]
    threads = [threading.Thread(target=add, args=(world, text_of))
               for _, text_of in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens(world)) == len(given), tokens(world)
    minted = [r["token"] for v in world.deeds()
              for r in of_type(v, "token.minted")]
    assert sorted(minted) == sorted(n for n, _ in given)
    world.verify()


@t.test
def what_has_no_room_is_in_the_log_as_taken_back(world):
    enrol(world)
    for slot in range(64):
        plant(world, token()[1], slot)
    number, one = token()
    done = verb(world, "add", "-", given=one)
    assert done.returncode == 1 and "64 tokens" in done.stderr, done
    minted, revoked = is_deed(world.deeds()[-1], "token add",
                              ["token.minted", "token.revoked"], status=1)
    assert minted["token"] == revoked["token"] == number
    assert revoked["reason"] == "there is no room for it", revoked


def accept(world, expect=0):
    with Terminal(world, STOCKADE, "pin", "accept") as seen:
        seen.expect("Type yes: ")
        seen.type("yes\r")
        assert seen.wait() == expect, seen.text
        return seen.text


def canonical(definition):
    return hashlib.sha256(json.dumps(
        definition, sort_keys=True, ensure_ascii=False,
        separators=(",", ":")).encode()).hexdigest()


@t.test
def what_a_person_accepts_outside_a_session_is_in_the_log(world):
    show(world)
    for tools in ([tool("t"), tool("u")], [tool("t", "x"), tool("u"),
                                           tool("v")]):
        show(world, tools=tools)
        with Pinned(world) as run:
            run.list()
            run.end(0)
    before = events(world)
    spoil(world)
    said = accept(world, expect=125)
    assert "audit" in said, said
    assert events(world) == before
    mend(world)
    accept(world)
    assert events(world) != before
    records, = world.deeds()
    rows = is_deed(records, "pin accept", ["pin.accepted"] * 2)
    assert [(r["kind"], r["name"], r.get("old"), r["new"]) for r in rows] == [
        ("tool", "t", canonical(tool("t")), canonical(tool("t", "x"))),
        ("tool", "v", None, canonical(tool("v")))], rows
    assert all(r["server"] == {"name": "changing_server.py"} or
               r["server"]["name"] for r in rows), rows
    table = world.stockade("log").stdout
    for part in ("pin accept", "pin of tool", "accepted", "changed", "first"):
        assert part in table, (part, table)
    world.verify()


t.main()
