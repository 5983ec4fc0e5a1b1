#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Operation tokens at work: each permits what it was signed for, as often as
it says, and no copy, edit, race or clock makes it permit more.

Usage: test_run_token_spend.py BUILD [NAME…]
"""

import json
import os
import subprocess
import shutil

from place import fill
from runrig import Script
from tokenrig import (Asking, SEED, add, enrol, is_fine, is_refused, key_id,
                      passes, plant, profile, store, text, token, verb, NEEDED)

t = Script()
OTHER = "22" * 32


def begin(world, **lists):
    profile(world, tools={"token": ["t*"], "allow": ["free"], **lists})
    enrol(world)


def of(world, kind):
    return [r for r in world.records() if r["type"] == kind]


@t.test
def one_call_passes_and_the_next_is_refused(world):
    begin(world)
    number, signed = token(args={"a": 1, "\u00fc": [1, {"b": None}]})
    add(world, signed)
    with Asking(world) as run:
        assert is_refused(run, 1, a=2)
        assert passes(run, 2, **{"\u00fc": [1, {"b": None}], "a": 1})
        assert is_refused(run, 3, **{"a": 1, "\u00fc": [1, {"b": None}]})
        assert is_refused(run, 4, "tt", a=1)
        assert run.seen() == [2], run.seen()
        run.end(0)
    start, = of(world, "session.start")
    assert start["approvers"] == [f"user:{key_id()}"], start
    spent, = of(world, "token.spent")
    assert spent["token"] == number and spent["key_id"] == key_id(), spent
    assert spent["tool"] == "t" and spent["uses"] == 1, spent
    call, = [r for r in of(world, "call") if r.get("token")]
    assert call["token"] == number and call["decision"] == "token", call
    assert call["args_hash"] == spent["args_hash"], (call, spent)
    assert spent["seq"] < call["seq"]
    reasons = [r["reason"] for r in of(world, "token.refused")]
    assert reasons == ["it is for other arguments", "it is spent"], reasons
    world.verify()


@t.test
def where_proof_is_asked_for_a_token_stands_for_the_answer(world):
    enrol(world)
    profile(world, tools={"ask": ["t"]})
    path = os.path.join(world.home, ".config", "stockade", "profiles",
                        "mine.json")
    with open(path, encoding="utf-8") as file:
        whole = json.load(file)
    whole["approval"]["by"] = "proof"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(whole, file)
    add(world, token(args={"n": 1})[1])
    with Asking(world) as run:
        assert is_refused(run, 1, n=2)
        assert passes(run, 2, n=1)
        assert is_refused(run, 3, n=1)
        assert run.seen() == [2], run.seen()
        run.end(0)


@t.test
def as_many_calls_pass_as_it_says(world):
    begin(world)
    add(world, token(uses=3)[1])
    with Asking(world) as run:
        for n in range(1, 4):
            assert passes(run, n, n=n)
        assert is_refused(run, 4)
        run.end(0)


@t.test
def conditions_are_held_against_the_arguments(world):
    begin(world)
    add(world, token(when={"/owner": {"eq": "nobody"}})[1])
    add(world, token(when={"/owner": {"eq": "acme"}, "/n": {"max": 9}},
                     uses=2)[1])
    with Asking(world) as run:
        assert is_refused(run, 1, owner="evil", n=1)
        assert is_refused(run, 2, owner="acme", n="1")
        assert is_refused(run, 3, n=1)
        assert passes(run, 4, owner="acme", n=9)
        assert is_refused(run, 5, owner="acme", n=10)
        assert passes(run, 6, owner="acme", n=-1)
        assert is_refused(run, 7, owner="acme", n=1)
        run.end(0)


@t.test
def what_it_was_not_signed_for_it_does_not_permit(world):
    begin(world)
    cases = {
        "server": token(server="bad_server2"),
        "tool": token(tool="t2"),
        "role": token(role="ops"),
        "session": token(session="0" * 32),
        "early": token(start=3600),
        "expired": token(start=-400),
    }
    for slot, (_, signed) in enumerate(cases.values()):
        plant(world, signed, slot)
    with Asking(world) as run:
        assert is_refused(run, 1)
        assert run.seen() == [], run.seen()
        run.end(0)
    for name in cases:
        shutil.rmtree(store(world))
        plant(world, token()[1])
        break
    with Asking(world) as run:
        assert passes(run, 1)
        run.end(0)


@t.test
def nobody_elses_key_and_no_altered_byte_counts(world):
    begin(world)
    _, good = token()
    bad = [token(seed=OTHER)[1], token(seed=OTHER, key=key_id())[1],
           token(head="stockade-token 2")[1], token(uses=101)[1],
           token(ttl=72 * 3600 + 1)[1],
           good.replace("uses 1", "uses 9"), good.replace("args any",
                                                          "args " + "0" * 64),
           good + " ", good.replace("\nuses", "\n\nuses"), good[:-1], "",
           good + good, good.replace("until ", "until 0")]
    for position in range(0, len(good) - 1, 7):
        flipped = chr(ord(good[position]) ^ 1)
        bad.append(good[:position] + flipped + good[position + 1:])
    with Asking(world) as run:
        for number, signed in enumerate(bad, 1):
            assert signed != good
            plant(world, signed)
            assert is_refused(run, number), signed
        path = plant(world, good)
        os.remove(path)
        os.mkdir(path)
        assert is_refused(run, 900)
        os.rmdir(path)
        os.symlink("/etc/passwd", path)
        assert is_refused(run, 901)
        os.remove(path)
        os.mkfifo(path)
        assert is_refused(run, 902)
        os.remove(path)
        plant(world, good)
        assert passes(run, 999)
        run.end(0)
    for number, signed in enumerate(bad):
        assert verb(world, "add", "-", given=signed).returncode == 1, signed


@t.test
def a_copy_put_back_is_spent_in_this_session_and_the_next(world):
    begin(world)
    _, signed = token(uses=2)
    add(world, signed)
    with Asking(world) as run:
        assert passes(run, 1)
        plant(world, signed, 20)
        assert passes(run, 2)
        plant(world, signed, 21)
        assert is_refused(run, 3)
        # Marks that somebody took away are known to the session all the same.
        for name in os.listdir(os.path.join(store(world), "spent")):
            if name != "clock":
                os.rename(os.path.join(store(world), "spent", name),
                          os.path.join(world.top, name))
        assert is_refused(run, 4)
        for name in os.listdir(world.top):
            if "-" in name and name[0] in "0123456789abcdef":
                os.rename(os.path.join(world.top, name),
                          os.path.join(store(world), "spent", name))
        run.end(0)
    assert verb(world, "add", "-", given=signed).returncode == 1
    plant(world, signed, 22)
    with Asking(world) as run:
        assert is_refused(run, 1)
        run.end(0)


@t.test
def eight_sessions_that_race_for_one_get_one(world):
    begin(world)
    for uses in (1, 3):
        add(world, token(uses=uses)[1])
        runs = [Asking(world) for _ in range(8)]
        try:
            for run in runs:
                run.tool(1, "free")
                assert is_fine(run.got(1))
            for run in runs:
                run.tool(2, "t")
            answers = [run.got(2) for run in runs]
            assert sum(map(is_fine, answers)) == uses, answers
            for answer in answers:
                assert is_fine(answer) or text(answer) == NEEDED
            for run in runs:
                run.end(0)
        finally:
            for run in runs:
                run.__exit__(None, None, None)


@t.test
def what_was_revoked_is_refused_and_does_not_come_back(world):
    begin(world)
    one, other = token(), token()
    add(world, one[1])
    add(world, other[1])
    with Asking(world) as run:
        assert verb(world, "revoke", one[0][:8]).returncode == 0
        assert verb(world, "revoke", one[0][:8]).returncode == 1
        assert passes(run, 1)
        plant(world, one[1], 30)
        assert is_refused(run, 2)
        third = token()
        add(world, third[1])
        assert verb(world, "revoke", "--all").returncode == 0
        assert is_refused(run, 3)
        for signed in (one, third):
            assert verb(world, "add", "-", given=signed[1]).returncode == 1
        add(world, token()[1])
        assert world.stockade("stop", "--revoke").returncode == 0
        assert is_refused(run, 4)
        run.end(0)


@t.test
def it_ends_in_time_whatever_the_clock_says_later(world):
    begin(world)
    add(world, token(ttl=300)[1])
    clock = os.path.join(store(world), "spent", "clock")
    with open(clock, encoding="ascii") as file:
        real, boot, which = file.read().split()
    # So late has it been, on another boot: the clock was set back since.
    later = int(real) + 400 * 1000000
    with open(clock, "w", encoding="ascii") as file:
        file.write(f"{later:020} {int(boot):020} {'0' * 36}")
    with Asking(world) as run:
        assert is_refused(run, 1)
        run.end(0)
    # The same boot, a mark of long ago: what has gone by since counts.
    with open(clock, "w", encoding="ascii") as file:
        file.write(f"{later:020} {int(boot) - 1:020} {which}")
    with Asking(world) as run:
        assert is_refused(run, 1)
        run.end(0)
    refused = verb(world, "add", "-", given=token()[1])
    assert refused.returncode == 125 and "clock" in refused.stderr, refused
    assert verb(world, "revoke", "--all").returncode == 0
    add(world, token()[1])
    with Asking(world) as run:
        assert passes(run, 1)
        run.end(0)


@t.test
def a_list_of_approvers_that_cannot_be_used_starts_nothing(world):
    begin(world)
    path = os.path.join(world.home, ".config", "stockade", "approvers")
    with open(path, encoding="ascii") as file:
        good = file.read()
    for more in ("mallory 12\n", "mal lory " + "0" * 64 + "\n",
                 "mallory " + "A" * 64 + "\n", "\0\n"):
        with open(path, "w", encoding="ascii") as file:
            file.write(good + more)
        with Asking(world) as run:
            assert run.wait() == 125, run.text()
            assert "approvers:4" in run.text(), run.text()
    with open(path, "w", encoding="ascii") as file:
        file.write(good)
    os.chmod(path, 0o666)
    with Asking(world) as run:
        assert run.wait() == 125, run.text()
    # Without any list, nobody's token counts.
    os.remove(path)
    plant(world, token()[1])
    with Asking(world) as run:
        assert is_refused(run, 1)
        run.end(0)


@t.test
def it_is_only_looked_for_where_a_token_is_needed(world):
    profile(world, tools={"allow": ["t"]})
    with Asking(world) as run:
        assert passes(run, 1)
        run.end(0)
    assert not os.path.exists(store(world))
    assert "approvers" not in of(world, "session.start")[0]


@t.test
def many_and_large_ones_are_bounded(world):
    begin(world)
    for slot in range(64):
        plant(world, "x" * 100000, slot)
    with Asking(world) as run:
        assert is_refused(run, 1)
        plant(world, token()[1], 63)
        assert passes(run, 2)
        run.end(0)
    # A verb clears away what is none.
    for _ in range(64):
        add(world, token(server="elsewhere")[1])
    done = verb(world, "add", "-", given=token()[1])
    assert done.returncode == 1 and "64" in done.stderr, done


@t.root
def a_log_that_is_full_burns_no_tokens(world):
    """What cannot be recorded is not spent, of one token or of all."""
    begin(world)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700",
                    "tmpfs", world.state], check=True)
    try:
        # Long, so that they fill the room that is left before the calls do.
        for _ in range(3):
            add(world, token(uses=100, when={
                "/n": {"in": [1, "x" * 900]}})[1])
        with Asking(world) as run:
            assert passes(run, 1, n=1)
            fill(world.state)
            refused = 0
            for number in range(2, 250):
                run.tool(number, "t", n=1)
                got = run.got(number)
                refused += not is_fine(got) and text(got) == NEEDED
                if refused == 4:
                    break
            assert refused == 4, "the log was never full"
            run.hang_up()
            run.wait()
        marks = [n for n in os.listdir(os.path.join(store(world), "spent"))
                 if n != "clock"]
        spent = of(world, "token.spent")
        assert len(spent) > 1 and len(marks) == len(spent), (marks, spent)
    finally:
        subprocess.run(["umount", "-l", world.state], check=False)


t.main()
