#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where pins are kept: for whom, and what becomes of files that were edited.

Usage: test_run_pin_store.py BUILD [NAME…]
"""

import json
import os

from pinrig import CHANGED, Pinned, one_run, show, store_files, tool
from runrig import Script, wait_for

t = Script()


@t.test
def a_tenant_has_pins_of_its_own(world):
    for words in ([], ["--tenant", "a"], ["--tenant", "b"]):
        show(world)
        one_run(world, *words)
    show(world, tools=[tool("t", "Evil."), tool("u")])
    assert one_run(world, "--tenant", "a")[1] == CHANGED
    rows = json.loads(world.stockade("pin", "list", "--json").stdout)
    assert {(r["tenant"], r["accepted"], r["waiting"]) for r in rows} == {
        (None, 3, 0), ("a", 3, 1), ("b", 3, 0)}, rows
    assert len({r["path"] for r in rows}) == 3
    for name, others in ("a", 1), ("b", 0), ("", 0):
        found = json.loads(world.stockade(
            "pin", "diff", "--json", "--tenant", name).stdout)
        assert len(found) == others, (name, found)
        assert all(d["tenant"] == name for d in found)
    assert ", tenant a\n" in world.stockade("pin", "diff").stdout
    assert world.stockade("pin", "list", "--tenant", "c").returncode == 1
    # A new tenant is shown what there is now, whatever others have accepted.
    assert one_run(world, "--tenant", "c")[1] == "fine"
    assert one_run(world)[1] == CHANGED


def pins_in_status(world, running):
    done = world.stockade("status", "--json")
    assert done.returncode == (0 if running else 1), done
    rows = [json.loads(x) for x in done.stdout.splitlines()]
    assert sum("session" in row for row in rows) == running
    return {(row["server"], row["profile"], row["tenant"]):
            (row["accepted"], row["waiting"]) for row in rows if "pins" in row}


@t.test
def status_counts_what_is_accepted_and_what_waits(world):
    assert pins_in_status(world, 0) == {}
    show(world)
    one_run(world)
    one_run(world, "--tenant", "a")
    assert pins_in_status(world, 0) == {
        ("python3", "python", None): (3, 0), ("python3", "python", "a"): (3, 0)}
    show(world, tools=[tool("t", "Evil."), tool("u"), tool("v")])
    with Pinned(world) as run:
        run.list()
        wait_for(lambda: pins_in_status(world, 1) == {
            ("python3", "python", None): (3, 2),
            ("python3", "python", "a"): (3, 0)}, "what waits in the store")
        table = world.stockade("status").stdout.split("\n\n")
        assert len(table) == 2 and table[0].startswith("SESSION"), table
        assert [row.split()[:4] for row in table[1].splitlines()[1:]] == [
            ["python3", "python", n, m] for n, m in (("3", "2"), ("3", "0"))
        ], table
        run.end(0)
    # One that cannot be read hides neither the others nor the sessions.
    done = world.stockade("status", "--json")
    store = [json.loads(x) for x in done.stdout.splitlines()][0]["pins"]
    folder = os.path.join(world.state, "stockade", "pins", store)
    name = os.path.join(folder, sorted(os.listdir(folder))[0])
    with open(name, "ab") as file:
        file.write(b"x")
    done = world.stockade("status", "--json")
    assert done.returncode == 1 and "was edited" in done.stderr, done
    assert len(done.stdout.splitlines()) == 1, done


@t.test
def the_many_pages_of_a_first_list_are_all_kept(world):
    many = [tool("t")] + [tool(f"n{i}") for i in range(299)]
    show(world, tools=many, pages=2)
    assert one_run(world) == (many, "fine")
    assert len(store_files(world)) <= 20, store_files(world)
    assert one_run(world) == (many, "fine")
    show(world, tools=[tool("t", "Evil.")] + many[1:] + [tool("w")], pages=2)
    listed, said = one_run(world)
    assert listed == many and said == CHANGED


@t.test
def a_server_that_wears_the_store_out_shuts_it(world):
    # Its prompts change till no file takes what its tools are.
    show(world)
    with Pinned(world) as run:
        for i in range(80):
            show(world, prompts=[{"name": "p", "title": str(i)}])
            run.list("prompts")
        show(world)
        assert run.list() == [], "not shown before that, so not accepted"
        assert run.try_tool("t") != "fine"
        run.end(0)
    run.expect_line("nothing of it is accepted by being shown")
    show(world, tools=[tool("t", "Evil."), tool("u")])
    listed, said = one_run(world)
    assert listed == [] and said != "fine", listed


def refused(world, why):
    with Pinned(world, hello=False) as run:
        assert run.wait() == 125
    run.expect_line(why)
    assert "pinned anew" in run.text(), run.text()


def edit(world, change):
    path = store_files(world)[-1]
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(change(before))


@t.test
def a_store_that_was_edited_refuses_the_start(world):
    show(world)
    one_run(world)
    path = store_files(world)[-1]
    with open(path, "rb") as file:
        whole = file.read()
    changes = [
        (lambda b: b.replace(b"What it does", b"What it doe5"), "was edited"),
        (lambda b: b + b"x", "was edited"),
        (lambda b: b"x" + b[:-1], "was edited"),
        (lambda b: b.replace(b"What it does", b"What it doe5")[:-1],
         "was edited"),
        (lambda b: b + b, "was edited"),
        (lambda b: b"\n".join(b.split(b"\n")[:1] + b.split(b"\n")[2:]),
         "was edited"),
    ]
    for change, why in changes:
        edit(world, lambda _, change=change: change(whole))
        refused(world, why)
    edit(world, lambda _: whole)
    os.chmod(path, 0o644)
    refused(world, "may be read or written by others")
    os.chmod(path, 0o600)
    os.link(path, path + ".link")
    refused(world, "is no plain file")
    os.unlink(path + ".link")
    os.rename(path, path + ".away")
    os.symlink(path + ".away", path)
    with Pinned(world, hello=False) as run:
        assert run.wait() == 125
    os.unlink(path)
    os.rename(path + ".away", path)
    assert one_run(world)[1] == "fine"


CUT = "was cut short, as by a crash"


@t.test
def a_store_that_a_crash_cut_is_used_and_accepts_nothing_new(world):
    show(world)
    one_run(world)
    path = store_files(world)[-1]
    with open(path, "rb") as file:
        whole = file.read()
    assert whole.count(b"\n") == 5, "a header, two tools, a mark and the end"
    begin = whole.index(b"first tool ")
    end = whole.index(b"\n", begin) + 1
    assert b'"name":"t"' in whole[begin:end]
    first = store_files(world)[0]
    with open(first, "rb") as file:
        greeting = file.read()
    evil = [tool("t", "Evil."), tool("u")]
    for n, t_holds in (0, False), (begin, False), (end - 1, False), (
            end, True), (len(whole) - 1, True):
        for old in store_files(world):
            os.unlink(old)
        for name, text in (first, greeting), (path, whole[:n]):
            with open(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600),
                      "wb") as file:
                file.write(text)
        show(world, tools=evil)
        with Pinned(world) as run:
            listed = run.list()
            said = run.try_tool("t")
            run.end(0)
        run.expect_line(CUT)
        assert evil[0] not in listed, (n, listed)
        assert (tool("t") in listed) == t_holds, (n, listed)
        assert said == CHANGED if t_holds else said.startswith("-32602"), said
        # It is mended, says so once, and a person has the last word.
        listed, said = one_run(world)
        assert evil[0] not in listed and said != "fine", (n, listed)
        done = world.stockade("pin", "list", "--json")
        assert CUT not in done.stderr and done.returncode == 0, done
        [row] = json.loads(done.stdout)
        assert row["waiting"] >= 1, row
        show(world)
        assert (tool("t") in one_run(world)[0]) == t_holds


@t.root
def a_store_of_somebody_else_refuses_the_start(world):
    show(world)
    one_run(world)
    path = store_files(world)[0]
    os.chown(path, 12345, 12345)
    refused(world, "belongs to somebody else")


t.main()
