#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where pins are kept: for whom, and what becomes of files that were edited.

Usage: test_run_pin_store.py BUILD [NAME…]
"""

import json
import os

from pinrig import CHANGED, Pinned, one_run, show, store_files, tool
from runrig import Script

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
        (lambda b: b[:-1], "was cut short"),
        (lambda b: b[:len(b) // 2], "was cut short"),
        (lambda b: b"", "was cut short"),
        (lambda b: b + b"x", "was cut short"),
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


@t.root
def a_store_of_somebody_else_refuses_the_start(world):
    show(world)
    one_run(world)
    path = store_files(world)[0]
    os.chown(path, 12345, 12345)
    refused(world, "belongs to somebody else")


t.main()
