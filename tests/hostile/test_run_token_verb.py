#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The verb `token`: who can make a key and a token, and who cannot.

Usage: test_run_token_verb.py BUILD [NAME…]
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
import subprocess
import threading

from runrig import Script, wait_for
from siterig import Site
from tokenrig import (Asking, SEED, STOCKADE, add, enrol, is_refused, key_id,
                      passes, plant, profile, public, store, token, verb)
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


@t.test
def who_gives_up_at_the_prompt_is_let_go(world):
    """Nobody has to press return after Ctrl-C, and the terminal is as it was."""
    ready(world)
    for key, status in (("\x03", 125), ("\x1c", 125), ("\x04", 125),
                        ("abc\x03", 125)):
        with Terminal(world, "sh", "-c", f"{STOCKADE} token mint t --server "
                      "x; echo status $?; stty -a") as term:
            term.expect("Passphrase: ")
            term.send(key)
            said = term.text
            term.expect("no passphrase was typed")
            term.expect(f"status {status}")
            term.expect("eol = <undef>")
            term.expect("isig icanon")
            term.expect(" echo ")
            term.wait()
            assert "abc" not in said + term.text
    assert json.loads(verb(world, "list", "--json").stdout) == []


def running(word):
    """The process whose second word that is."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if words[:2] == [STOCKADE.encode(), word.encode()] and \
                    os.stat(f"/proc/{pid}").st_uid in (0, os.getuid()):
                yield int(pid)
        except OSError:
            pass


def owners(word):
    """Whose the memory of such processes is; root's cannot be looked into."""
    found = set()
    for pid in running(word):
        with contextlib.suppress(OSError):  # it ended
            found.add(os.stat(f"/proc/{pid}/mem").st_uid)
    return found


@t.user
def who_types_a_passphrase_is_not_looked_into(world):
    """Another process of the same user's, such as an agent."""
    ready(world)
    with Terminal(world, STOCKADE, "log", "--follow") as other:
        with Terminal(world, STOCKADE, "token", "mint", "t", "--server", "x"
                      ) as term:
            term.expect("Passphrase: ")
            assert 0 in owners("token"), owners("token")
            for pid in running("token"):
                if os.stat(f"/proc/{pid}/mem").st_uid == 0:
                    try:
                        os.close(os.open(f"/proc/{pid}/mem", os.O_RDONLY))
                        raise AssertionError(f"{pid} can be looked into")
                    except PermissionError:
                        pass
            # A verb that asks for nothing is as any other process, once it
            # has begun.
            wait_for(lambda: os.getuid() in owners("log"),
                     "a verb that can be looked into")
            term.send("\x03")
            term.wait()
        other.send("\x03")
        other.wait()


@t.test
def a_list_without_a_last_line_end_is_added_to(world):
    enrol(world)
    path = config(world, "approvers")
    with open(path, "r+", encoding="ascii") as file:
        text = file.read()
        file.truncate(len(text) - 1)
    init(world)
    with open(path, encoding="ascii") as file:
        assert file.read().startswith(text + "me "), path
    add(world, token()[1])
    os.remove(config(world, "approver.key"))
    # What is no file of one's own is not written into, and the key is shown.
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)
    with open(path, encoding="ascii") as file:
        before = file.read()
    done = verb(world, "init")
    assert done.returncode == 125 and "approvers" in done.stderr, done
    with open(path, encoding="ascii") as file:
        assert file.read() == before


@t.test
def copies_and_forgeries_keep_nothing_from_being_revoked(world):
    enrol(world)
    number, one = token()
    add(world, one)
    for slot in (3, 7):
        plant(world, one, slot)
    other, forged = token(seed="44" * 32, key=key_id(), number=number[:31] + (
        "0" if number[31] != "0" else "1"))
    path = plant(world, forged, 5)
    done = verb(world, "revoke", number[:31])
    assert done.returncode == 1 and "2 tokens" in done.stderr, done
    done = verb(world, "revoke", number)
    assert done.returncode == 0, done
    assert [r["id"] for r in json.loads(verb(world, "list", "--json").stdout)
            ] == [other]
    reasons = [r["reason"] for r in world.deeds()[-1]
               if r["type"] == "token.revoked"]
    assert reasons == ["token revoke"] + [
        "token revoke; it was revoked"] * 2, reasons
    assert verb(world, "revoke", "--all").stdout == "revoked 0\n"
    revoked = world.deeds()[-1][1]
    assert revoked["token"] == other and revoked["reason"] == \
        "token revoke --all; its signature is wrong", revoked
    assert not os.path.exists(path)


@t.test
def a_store_that_is_kept_locked_takes_nothing_and_gives_back(world):
    enrol(world)
    add(world, token()[1])
    clock = os.path.join(store(world), "spent", "clock")
    with open(clock, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = verb(world, "add", "-", given=token()[1])
        assert done.returncode == 125 and "kept locked" in done.stderr, done
        assert verb(world, "revoke", "--all").stdout == "revoked 1\n"
    # Without its memory the store is still one.
    add(world, token()[1])
    shutil.rmtree(os.path.dirname(clock))
    assert verb(world, "revoke", "--all").stdout == "revoked 1\n"
    assert [n for n in os.listdir(store(world)) if n != "spent"] == []


@t.test
def what_was_done_to_the_marks_saves_no_token(world):
    enrol(world)
    spent = os.path.join(store(world), "spent")
    for words in (["token", "revoke", "--all"], ["stop", "--revoke"]):
        add(world, token()[1])
        os.rename(os.path.join(spent, "clock"), os.path.join(spent, "c"))
        os.mkdir(os.path.join(spent, "clock"))
        assert verb(world, "add", "-", given=token()[1]).returncode == 125
        done = world.stockade(*words)
        assert done.returncode == 0 and "revoked 1" in done.stdout, done
        os.rmdir(os.path.join(spent, "clock"))
        # Without its folder no mark can be made, which is said.
        number, one = token()
        add(world, one)
        os.rename(spent, spent + ".away")
        os.symlink(spent + ".away", spent)
        done = world.stockade(*words)
        assert done.returncode == 125 and "spent" in done.stderr, done
        assert not os.path.exists(os.path.join(store(world), "token-00"))
        os.remove(spent)
        os.rename(spent + ".away", spent)


@t.test
def what_cannot_be_told_is_no_success(world):
    enrol(world)
    for words in (["add", "-"], ["add", "-", "--json"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [STOCKADE, "token", *words], input=token()[1].encode(),
                stdout=full, stderr=subprocess.PIPE, env=world.env,
                cwd=world.work, timeout=60, check=False)
        assert done.returncode == 125 and b"standard output" in done.stderr
    # A name that is no UTF-8 hides no token from whoever lists them.
    path = plant(world, token(tool="t")[1], 11)
    with open(path, "rb") as file:
        text = file.read()
    with open(path, "wb") as file:
        file.write(text.replace(b"tool t\n", b"tool \xff\n"))
    rows = json.loads(verb(world, "list", "--json").stdout)
    assert len(rows) == 3 and rows[-1]["tool"] == "\\xff", rows


t.main()
