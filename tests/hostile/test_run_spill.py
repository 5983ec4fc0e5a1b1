#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Results over their caps under the whole of `stockade run`: what is cut is in
a file, whole, for its owner alone, for a week, and out of the sandbox's reach.

Usage: test_run_spill.py BUILD [NAME…]
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import time

import big_server
from place import Place, fill, mount
from runrig import Run, Script, of_type, wait_for

PYTHON = "/usr/bin/python3"
SERVER = os.path.realpath(big_server.__file__)
DAY = 24 * 60 * 60
TOLD = re.compile(r"all of it, (\d+) bytes with SHA-256 ([0-9a-f]{64}), is in (/\S+?)[\].]?$", re.I)
t = Script()


def profile(world, **output):
    folder = os.path.join(world.home, ".config/stockade/profiles")
    os.makedirs(folder, 0o700, exist_ok=True)
    with open(os.path.join(folder, "big.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "python", "protocol": {
            "tools": {"allow": ["*"]},
            "output": {"text": "2K", "binary": "4K", "over": "spill", **output}}}, file)


def start(world, *options, **more):
    """A session with the big server. Its own copy: what is granted is read."""
    copy = os.path.join(world.work, "big_server.py")
    if not os.path.exists(copy):
        shutil.copy(SERVER, copy)
    return Run(world, copy, ["--profile", "big", "--ro", world.work, *options],
               server=PYTHON, **more)


def ask(run, number, tool, **arguments):
    run.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                         "params": {"name": tool, "arguments": arguments}}).encode() + b"\n")
    return run.answer(number)["result"]


def told(text):
    """Size, hash and path that a client is told."""
    hit = TOLD.search(text)
    assert hit, text
    return int(hit[1]), hit[2], hit[3]


def check_kept(text, content, path_of=lambda path: path):
    size, digest, path = told(text)
    with open(path_of(path), "rb") as file:
        kept = file.read()
    assert kept == content and len(kept) == size
    assert hashlib.sha256(kept).hexdigest() == digest
    return path


def spill_of(world):
    return os.path.join(world.state, "stockade", "spill")


def files_of(world):
    return sorted(os.path.relpath(os.path.join(folder, name), spill_of(world))
                  for folder, _, names in os.walk(spill_of(world)) for name in names)


@t.test
def what_is_cut_is_kept_whole_and_for_its_owner_alone(world):
    profile(world)
    with start(world) as run:
        text = ask(run, 1, "text", n=50000)["content"][0]["text"]
        path = check_kept(text, big_server.text_of(50000).encode())
        assert path.startswith(spill_of(world) + "/")
        info, folder = os.stat(path), os.stat(os.path.dirname(path))
        assert stat.S_IMODE(info.st_mode) == 0o600 and info.st_uid == os.geteuid()
        assert stat.S_IMODE(folder.st_mode) == 0o700
        images = ask(run, 2, "images", n=5000, of=3)["content"]
        for i, item in enumerate(images):
            path = check_kept(item["text"], big_server.bytes_of(5000, i))
            assert path.endswith(".png")
        run.end(0)
    records = world.records()
    spilled = [r.get("spill") for r in of_type(records, "result")]
    assert spilled == [["1.txt"], ["2.png", "2-1.png", "2-2.png"]], spilled
    session = records[0]["session"]
    assert files_of(world) == sorted(f"{session}/{n}" for n in ["1.txt", *spilled[1]])


@t.test
def text_that_was_cut_is_the_beginning_of_what_is_kept(world):
    profile(world)
    with start(world) as run:
        for number, size in enumerate((2047, 2048, 2049, 1 << 20, 3 << 20), 1):
            text = ask(run, number, "text", n=size)["content"][0]["text"]
            shown = text.split("\n[stockade: cut here")[0]
            assert big_server.text_of(size).startswith(shown)
            assert len(shown.encode()) <= 2048
        run.end(0)


@t.test
def what_is_kept_counts_against_what_may_be_kept(world):
    profile(world)
    before = os.path.join(spill_of(world), "f" * 32)
    os.makedirs(before, 0o700)
    # Of a session before: it leaves room for one file, and for no second.
    with open(os.path.join(before, "1.txt"), "wb") as file:
        file.truncate((1 << 30) - (1 << 20))
    os.chmod(os.path.join(before, "1.txt"), 0o600)
    for folder in (world.state, os.path.join(world.state, "stockade"), spill_of(world)):
        os.chmod(folder, 0o700)
    with start(world) as run:
        text = ask(run, 1, "text", n=1 << 21)["content"][0]["text"]
        check_kept(text, big_server.text_of(1 << 21).encode())
        text = ask(run, 2, "text", n=1 << 21)["content"][0]["text"]
        assert "is in /" not in text, text[-300:]
        run.end(0)


@t.test
def control_without_spill_there_is_no_folder(world):
    for over in ("truncate", "error"):
        profile(world, over=over)
        with start(world) as run:
            answer = ask(run, 1, "text", n=50000)
            assert ("isError" in answer) == (over == "error")
            assert "is in /" not in answer["content"][0]["text"]
            run.end(0)
    assert not os.path.exists(spill_of(world))


@t.test
def a_session_that_keeps_nothing_leaves_no_folder(world):
    profile(world)
    with start(world) as run:
        ask(run, 1, "text", n=100)
        assert len(os.listdir(spill_of(world))) == 1
        run.end(0)
    assert os.listdir(spill_of(world)) == []


@t.test
def the_sandbox_does_not_reach_what_is_kept(world):
    """Not by its path, and not under a grant of all that lies above it."""
    profile(world)
    for options in ([], ["--ro", world.top], ["--ro", world.state]):
        with start(world, *options) as run:
            path = told(ask(run, 1, "text", n=50000)["content"][0]["text"])[2]
            for target in (path, os.path.dirname(path), spill_of(world)):
                seen = ask(run, 2, "look", path=target)["content"][0]["text"]
                assert seen.startswith("refused: ") or seen == "seen: []", seen
            run.end(0)
    with start(world, "--rw", world.top) as run:
        assert run.wait() == 125


@t.test
def structured_content_is_valid_or_the_answer_is_an_error(world):
    profile(world)
    with start(world) as run:
        out = ask(run, 1, "structured", n=100, text=9000)
        assert out["structuredContent"] == {"value": "v" * 100} and "isError" not in out
        check_kept(out["content"][0]["text"], big_server.text_of(9000).encode())
        out = ask(run, 2, "structured", n=9000, text=10)
        assert out["isError"] and "structuredContent" not in out
        size, digest, path = told(out["content"][0]["text"])
        with open(path, "rb") as file:
            kept = file.read()
        assert json.loads(kept)["structuredContent"] == {"value": "v" * 9000}
        assert (len(kept), hashlib.sha256(kept).hexdigest()) == (size, digest)
        run.end(0)


def small_state(world, size):
    return Place(lambda: mount("none", world.state, "tmpfs", 0, f"size={size}"))


@t.test
def a_full_disk_costs_the_file_and_neither_session_nor_log(world):
    profile(world)
    with small_state(world, "4m") as place, start(world, wrap=place.enter) as run:
        text = ask(run, 1, "text", n=50000)["content"][0]["text"]
        check_kept(text, big_server.text_of(50000).encode(), place.path)
        filler = fill(place.path(world.state))
        for number in (2, 3):
            text = ask(run, number, "text", n=50000)["content"][0]["text"]
            assert text.endswith("; it could not be kept]"), text[-200:]
        assert "isError" not in ask(run, 4, "text", n=10)
        os.unlink(filler)
        text = ask(run, 5, "text", n=50000)["content"][0]["text"]
        check_kept(text, big_server.text_of(50000).encode(), place.path)
        run.end(0, verify=None)
        done = world.stockade("verify", wrap=place.enter)
        assert done.returncode == 0, done.stderr
        records = next(iter(world.sessions(place.path(world.audit())).values()))
        spilled = [r.get("spill") for r in of_type(records, "result")]
        assert spilled == [["1.txt"], None, None, None, ["5.txt"]], spilled
        # What could not be written whole is not there in part.
        kept = os.listdir(os.path.join(place.path(spill_of(world)), records[0]["session"]))
        assert sorted(kept) == ["1.txt", "5.txt"], kept


@t.test
def a_limit_on_the_size_of_files_costs_the_file(world):
    profile(world)
    with start(world, wrap=["prlimit", "--fsize=1048576"]) as run:
        text = ask(run, 1, "text", n=10000)["content"][0]["text"]
        check_kept(text, big_server.text_of(10000).encode())
        text = ask(run, 2, "text", n=2000000)["content"][0]["text"]
        assert text.endswith("; it could not be kept]"), text[-200:]
        assert "isError" not in ask(run, 3, "text", n=10)


@t.test
def sessions_side_by_side_keep_apart(world):
    profile(world)
    with start(world) as one, start(world) as two:
        paths = set()
        for number in range(1, 6):
            for run in (one, two):
                text = ask(run, number, "text", n=3000 + number)["content"][0]["text"]
                paths.add(check_kept(text, big_server.text_of(3000 + number).encode()))
        assert len(paths) == 10 and len({os.path.dirname(p) for p in paths}) == 2
        one.end(0)
        two.end(0)


@t.test
def what_is_a_week_old_goes_at_a_start(world):
    profile(world)
    with start(world) as run:
        old = told(ask(run, 1, "text", n=3000)["content"][0]["text"])[2]
        young = told(ask(run, 2, "text", n=3000)["content"][0]["text"])[2]
        run.end(0)
    with start(world) as run:
        other = told(ask(run, 1, "text", n=3000)["content"][0]["text"])[2]
        run.end(0)
    for path, days in ((old, 7.1), (other, 8), (young, 6.9)):
        then = time.time() - days * DAY
        os.utime(path, (then, then))
    # Of a profile that keeps nothing too.
    profile(world, over="truncate")
    with start(world) as run:
        ask(run, 1, "text", n=10)
        assert os.path.exists(young) and not os.path.exists(old)
        assert not os.path.exists(os.path.dirname(other))
        run.end(0)


@t.test
def a_sweep_touches_nothing_but_what_was_kept(world):
    profile(world)
    spill = spill_of(world)
    os.makedirs(os.path.join(spill, "not-a-session"), 0o700)
    os.makedirs(os.path.join(spill, "a" * 32, "folder"), 0o700)
    os.chmod(os.path.join(world.state, "stockade"), 0o700)
    os.chmod(spill, 0o700)
    precious = world.file("precious", "mine")
    outside = world.folder("outside")
    inside = world.file("outside/inside", "mine")
    os.symlink(precious, os.path.join(spill, "a" * 32, "1.txt"))
    os.symlink(outside, os.path.join(spill, "b" * 32))
    with open(os.path.join(spill, "not-a-session", "1.txt"), "w", encoding="ascii") as file:
        file.write("x")
    then = time.time() - 30 * DAY
    for path in (precious, inside, os.path.join(spill, "not-a-session", "1.txt")):
        os.utime(path, (then, then))
    os.utime(os.path.join(spill, "a" * 32, "1.txt"), (then, then), follow_symlinks=False)
    with start(world) as run:
        ask(run, 1, "text", n=10)
        run.end(0)
    assert os.path.exists(precious) and os.path.exists(inside)
    assert files_of(world) == [f"{'a' * 32}/1.txt", "not-a-session/1.txt"], files_of(world)
    assert os.path.isdir(os.path.join(spill, "a" * 32, "folder"))


@t.test
def a_folder_that_is_a_link_is_not_followed(world):
    """Nothing is kept there; that is said, and the session goes on."""
    profile(world)
    elsewhere = world.folder("elsewhere")
    os.makedirs(os.path.join(world.state, "stockade"), 0o700)
    os.symlink(elsewhere, spill_of(world))
    with start(world) as run:
        text = ask(run, 1, "text", n=50000)["content"][0]["text"]
        assert text.endswith("; it could not be kept]"), text[-200:]
        run.end(0)
        run.expect_line("not kept.*symbolic link")
    assert os.listdir(elsewhere) == []


@t.test
def what_a_killed_session_leaves_goes_later(world):
    profile(world)
    with start(world) as run:
        ask(run, 1, "text", n=10)
        for pid in reversed(run.ours()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.process.wait()
        wait_for(lambda: not run.left(), "the end of all")
    assert len(os.listdir(spill_of(world))) == 1
    with start(world) as run:
        ask(run, 1, "text", n=10)
        run.end(0, verify=None)
    assert os.listdir(spill_of(world)) == []


@t.test
def an_empty_folder_of_a_running_session_stays(world):
    profile(world)
    with start(world) as one:
        ask(one, 1, "text", n=10)
        with start(world) as two:
            ask(two, 1, "text", n=10)
            two.end(0, verify=None)
        text = ask(one, 2, "text", n=5000)["content"][0]["text"]
        check_kept(text, big_server.text_of(5000).encode())
        one.end(0)


@t.test
def a_long_list_is_cut_at_its_end(world):
    profile(world)
    with start(world, "--env", "EXTRA", env={"EXTRA": "9000"}) as run:
        run.send(b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n')
        tools = run.answer(1)["result"]["tools"]
        assert tools == big_server.tools(9000)[:len(tools)] and 5000 < len(tools) < 9000
        run.end(0)
    assert [r["limit"] for r in of_type(world.records(), "limit.hit")] == ["text"]


@t.test
def explain_and_show_name_what_happens(world):
    profile(world, text_over="error")
    shown = world.stockade("profile", "show", "big").stdout
    assert re.search(r"protocol\.output\.text_over +error", shown), shown
    assert re.search(r"protocol\.output\.binary_over +spill", shown), shown
    told_ = world.stockade("explain", "--profile", "big", "--", PYTHON, SERVER).stdout
    assert re.search(r"text +2K +over it: error", told_), told_
    plan = json.loads(world.stockade("explain", "--json", "--profile", "big", "--", PYTHON, SERVER).stdout)
    assert plan["binary"] == {"bytes": 4096, "over": "spill"}


if __name__ == "__main__":
    t.main()
