#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Starts that cannot be: each is refused with one line that says why and a
documented status; nothing runs, nothing is left, stdout stays empty.

Usage: test_run_start.py BUILD [NAME…]
"""

import os
import re
import socket

from place import MS_BIND, MS_RDONLY, MS_REMOUNT, Place, mount, write
from runrig import Run, Script, is_fine, of_type, processes

# What the plan says before it is known whether anything can be started.
NOTES = re.compile(r"stockade: (\d+ environment variables? |the working folder "
                   r"|no tool policy: |weaker: )")
t = Script()


def lines_of(done):
    return [x for x in done.stderr.split("\n") if x and not NOTES.match(x)]


def run(world, *arguments, wrap=(), env=None):
    """`stockade run` with a word among the server's arguments; what it left
    running under it fails the test."""
    done = world.stockade("run", *arguments, wrap=wrap,
                          env={**world.env, **(env or {})})
    left = processes(world.top)
    assert not left, left
    return done


def refused(done, status, pattern):
    assert done.returncode == status, (done.returncode, done.stderr)
    assert done.stdout == "", done.stdout
    lines = lines_of(done)
    assert len(lines) == 1, f"not one line but {lines}"
    assert lines[0].startswith("stockade: "), lines
    assert re.search(pattern, lines[0]), f"{pattern}: {lines[0]}"


@t.test
def control_a_start_that_can_be(world):
    done = run(world, "--", "/bin/cat")
    assert done.returncode == 0 and done.stdout == "", done
    assert lines_of(done) == [], done.stderr
    world.verify()
    assert world.records()[0]["type"] == "session.start"


# -- commands

def command(world, make, status, pattern):
    path = os.path.join(world.work, "command")
    words = make(path) if make else ["/no/such/command"]
    refused(run(world, "--", *(words or [path])), status, pattern)
    assert not world.sessions() or \
        all(r["type"] != "call" for r in world.records())


def executable(text):
    def make(path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
    return make


def plain(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
    os.chmod(path, 0o644)


def loop(path):
    os.symlink(path, path)


for name, make, status, pattern in (
        ("that_is_not_there", None, 127, "/no/such/command: not found"),
        ("that_is_in_no_folder_of_PATH", lambda p: ["no-such-command"], 127,
         "not found in PATH"),
        ("that_is_empty", lambda p: [""], 127, "."),
        ("that_is_a_folder", lambda p: os.mkdir(p), 126, "is a folder"),
        ("that_is_not_executable", plain, 126, "is not executable"),
        ("that_is_a_FIFO", lambda p: os.mkfifo(p, 0o755), 126, "command"),
        ("that_is_a_loop_of_links", loop, 126, "links never end"),
        ("that_is_a_link_to_nothing",
         lambda p: os.symlink("/no/such/command", p), 127, "command"),
        ("whose_interpreter_is_not_there",
         executable("#!/no/such/interpreter\n"), 127,
         "/no/such/interpreter: not found"),
        ("whose_interpreter_is_itself",
         lambda p: executable(f"#!{p}\n")(p), 126, "command"),
        ("with_a_long_name", lambda p: ["/" + "x" * 5000], 126, "x: .*long"),
        ("with_control_characters_in_its_name",
         lambda p: ["/no/\x1b[31m\nstockade: fine"], 127, r"\\x1b")):
    t.add(f"a_command_{name}", command, make, status, pattern)


@t.test
def no_command(world):
    refused(run(world), 125, "no command")
    refused(run(world, "--"), 125, "no command")


# -- profiles

def profile(world, text, pattern, name="mine", arguments=()):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, 0o700)
    path = os.path.join(folder, f"{name}.json")
    if callable(text):
        text(path)
    else:
        with open(path, "wb") as file:
            file.write(text)
        os.chmod(path, 0o600)
    refused(run(world, *(arguments or ("--profile", name)), "--", "/bin/cat"),
            125, pattern)


GOOD = (b'{"version": 1, "extends": "static", "sandbox": {"limits": '
        b'{"pids": 64}}}')


@t.test
def control_a_profile_that_can_be(world):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, 0o700)
    with open(os.path.join(folder, "mine.json"), "wb") as file:
        file.write(GOOD)
    done = run(world, "--profile", "mine", "--", "/bin/cat")
    assert done.returncode == 0, done.stderr
    assert world.records()[0]["profile"]["name"] == "mine"


for name, text, pattern in (
        ("that_is_empty", b"", r"mine\.json:\d+:\d+: "),
        ("that_is_no_JSON", b'{"version": 1,\n  nonsense}',
         r"mine\.json:2:3: "),
        ("that_ends_early", GOOD[:-1], r"mine\.json:\d+:\d+: "),
        ("that_goes_on", GOOD + b"}", r"mine\.json:1:\d+: "),
        ("with_an_unknown_key", b'{"version": 1, "sanbox": {}}',
         r"mine\.json:1:\d+: .*sanbox"),
        ("with_a_key_twice", b'{"version": 1, "version": 1}',
         r"mine\.json:1:\d+: "),
        ("with_a_wrong_type", b'{"version": 1, "sandbox": []}',
         r"mine\.json:1:\d+: "),
        ("of_another_version", b'{"version": 2}', r"mine\.json:1:\d+: "),
        ("with_bytes_that_are_no_UTF8", b'{"version": 1, "why": "\xff"}',
         r"mine\.json:1:\d+: "),
        ("with_a_zero_byte", b'{"version": 1}\0', r"mine\.json:1:\d+: "),
        ("of_100000_brackets", b"[" * 100000, r"mine\.json:1:\d+: "),
        ("of_64_MiB", b" " * (64 << 20) + GOOD, "mine"),
        ("that_extends_itself", b'{"version": 1, "extends": "mine"}', "mine"),
        ("that_extends_nothing", b'{"version": 1, "extends": "no-such"}',
         "no-such"),
        ("that_is_a_folder", lambda p: os.mkdir(p), "mine"),
        ("that_is_a_FIFO", lambda p: os.mkfifo(p), "mine"),
        ("that_is_a_link", lambda p: os.symlink("/dev/zero", p), "mine"),
        ("that_others_may_write", lambda p: (
            open(p, "wb").write(GOOD), os.chmod(p, 0o666)), "mine")):
    t.add(f"a_profile_{name}", profile, text, pattern)


@t.user
def a_profile_that_cannot_be_read(world):
    profile(world, lambda p: os.close(os.open(p, os.O_CREAT, 0)), "mine")


@t.test
def a_profile_that_is_not_there(world):
    refused(run(world, "--profile", "no-such", "--", "/bin/cat"), 125,
            "no profile no-such")


@t.test
def a_profile_by_its_path(world):
    path = world.file("mine.json", GOOD.decode())
    refused(run(world, "--profile", path, "--", "/bin/cat"), 125, "mine")


# -- grants

def grant(world, option, make, pattern):
    path = os.path.join(world.work, "granted")
    given = make(path) if make else None
    path = path if given is None else given
    refused(run(world, option, path, "--", "/bin/cat"), 125, pattern)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


for option in ("--ro", "--rw"):
    for name, make, pattern in (
            ("that_is_not_there", None, "granted: No such file"),
            ("that_is_empty", lambda p: "", "empty"),
            ("that_is_a_FIFO", os.mkfifo, "a FIFO"),
            ("that_is_a_socket", unix_socket, "a socket"),
            ("that_is_a_device", lambda p: "/dev/null", "a device"),
            ("that_is_the_root", lambda p: "/", "cannot grant /"),
            ("that_leads_to_the_root", lambda p: "/..", "cannot grant /"),
            ("that_leads_far_up", lambda p: "/usr/../../../..",
             "cannot grant /"),
            ("that_is_proc", lambda p: "/proc", "cannot grant /proc"),
            ("that_is_a_loop_of_links", loop, "granted: .*symbolic links"),
            ("that_is_a_link_to_nothing",
             lambda p: os.symlink("/no/such", p), "granted: No such file"),
            ("that_is_too_long", lambda p: "/" + "x" * 5000,
             r"cannot grant /x.*xx\.\.\.xx.*: File name too long$")):
        t.add(f"{option[2:]}_of_a_path_{name}", grant, option, make, pattern)


@t.test
def rw_of_HOME_or_what_holds_it(world):
    for path in (world.home, world.top, os.path.dirname(world.top)):
        refused(run(world, "--rw", path, "--", "/bin/cat"), 125,
                "cannot grant .* for writing")


@t.test
def rw_of_what_holds_our_own_folders(world):
    os.makedirs(os.path.join(world.state, "stockade", "audit"), 0o700)
    for path in (world.state, os.path.join(world.state, "stockade"),
                 os.path.join(world.state, "stockade", "audit")):
        refused(run(world, "--rw", path, "--", "/bin/cat"), 125,
                "cannot grant .*state")


@t.test
def rw_of_our_own_folders_before_they_are_there(world):
    refused(run(world, "--rw", world.state, "--", "/bin/cat"), 125,
            "cannot grant .*state")


@t.root
def rw_by_root_where_the_filesystem_has_no_id_maps(world):
    with Place(lambda: mount("none", world.work, "ramfs")) as place:
        done = run(world, "--rw", world.work, "--", "/bin/cat",
                   wrap=place.enter)
        refused(done, 125, "--keep-uid")


# -- options

for name, arguments, pattern in (
        ("that_is_not_known", ["--bogus"], "--bogus"),
        ("limit_of_nothing", ["--limit", "x"], "x"),
        ("limit_that_is_not_known", ["--limit", "speed=1"], "speed"),
        ("limit_of_zero", ["--limit", "memory=0"], "memory"),
        ("limit_below_zero", ["--limit", "pids=-1"], "pids"),
        ("limit_beyond_all", ["--limit", "memory=99999999999999999999G"],
         "memory"),
        ("limit_with_a_tail", ["--limit", "memory=64Mx"], "memory"),
        ("variable_without_a_name", ["--env", "=x"], "no name"),
        ("rung_that_is_not_known", ["--allow-degraded=all"], "no-proc"),
        ("tool_of_nothing", ["--tool", ""], "empty"),
        ("network_of_nothing", ["--network", "nonsense"], "nonsense"),
        ("workspace_that_is_not_there", ["--workspace", "/no/such"],
         "/no/such")):
    t.add(f"an_option_{name}",
          lambda world, a, p: refused(run(world, *a, "--", "/bin/cat"), 125,
                                      p), arguments, pattern)


@t.test
def an_option_without_its_value(world):
    for option in ("--rw", "--profile", "--limit", "--env"):
        refused(run(world, option), 125, option)


# -- the state folder

def state(world, make, pattern):
    make(world)
    refused(run(world, "--", "/bin/cat"), 125, pattern)


def state_is_a_file(world):
    with open(os.path.join(world.state, "stockade"), "w"):
        pass


def state_is_a_link(world):
    os.symlink(world.work, os.path.join(world.state, "stockade"))


def state_is_open_to_all(world):
    path = os.path.join(world.state, "stockade")
    os.mkdir(path)
    os.chmod(path, 0o777)


def audit_entry(name, make):
    def prepare(world):
        os.makedirs(world.audit(), 0o700)
        make(os.path.join(world.audit(), name))
    return prepare


def short_key(path):
    with open(path, "wb") as file:
        file.write(b"short")
    os.chmod(path, 0o600)


for name, make, pattern in (
        ("state_folder_that_is_a_file", state_is_a_file, "stockade"),
        ("state_folder_that_is_a_link", state_is_a_link, "link"),
        ("state_folder_that_others_may_write", state_is_open_to_all, "writ"),
        ("audit_folder_that_is_a_file", lambda w: (
            os.mkdir(os.path.join(w.state, "stockade"), 0o700),
            open(w.audit(), "w").close()), "audit"),
        ("ledger_that_is_a_link", audit_entry(
            "ledger.jsonl", lambda p: os.symlink("/etc/passwd", p)),
         "ledger.jsonl is a symbolic link"),
        ("ledger_that_is_a_folder", audit_entry(
            "ledger.jsonl", lambda p: os.mkdir(p)), "audit"),
        ("ledger_that_is_a_FIFO", audit_entry("ledger.jsonl", os.mkfifo),
         "ledger.jsonl"),
        ("key_that_is_short", audit_entry("key", short_key), "key"),
        ("key_that_is_a_FIFO", audit_entry("key", os.mkfifo), "key"),
        ("key_that_is_a_link", audit_entry(
            "key", lambda p: os.symlink("/dev/zero", p)), "key")):
    t.add(f"a_{name}", state, make, pattern)


@t.user
def an_audit_folder_that_cannot_be_written(world):
    os.makedirs(world.audit(), 0o700)
    os.chmod(world.audit(), 0o500)
    refused(run(world, "--", "/bin/cat"), 125, "audit")


@t.root
def a_state_folder_of_another_user(world):
    path = os.path.join(world.state, "stockade")
    os.mkdir(path, 0o700)
    os.chown(path, 65534, 65534)
    refused(run(world, "--", "/bin/cat"), 125, "stockade")


@t.test
def a_read_only_state_folder(world):
    def prepare():
        mount("none", world.state, "tmpfs", 0, "size=1m")
        os.mkdir(os.path.join(world.state, "stockade"), 0o700)
        mount(None, world.state, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    with Place(prepare) as place:
        refused(run(world, "--", "/bin/cat", wrap=place.enter), 125,
                "(?i)read-only")


@t.test
def a_state_folder_without_inodes(world):
    with Place(lambda: mount("none", world.state, "tmpfs", 0,
                             "nr_inodes=2")) as place:
        refused(run(world, "--", "/bin/cat", wrap=place.enter), 125,
                "(?i)no space")


@t.test
def a_HOME_that_is_not_there(world):
    refused(run(world, "--", "/bin/cat", env={
        "HOME": "/dev/null/home", "XDG_STATE_HOME": "/dev/null/home/state"}),
        125, "/dev/null")


# -- the kernel

def few_namespaces(word):
    return Place(lambda: write(f"/proc/sys/user/max_{word}_namespaces", "0"),
                 own_user=True)


for word in ("user", "mnt", "pid", "net", "ipc", "uts"):
    t.add(f"a_system_without_{word}_namespaces",
          lambda world, word: in_place(world, few_namespaces(word)), word)


def in_place(world, place):
    with place:
        refused(run(world, "--", "/bin/cat", wrap=place.enter), 125,
                "namespace.*stockade doctor|cloning the mount")


@t.test
def control_a_namespace_in_a_namespace(world):
    """The sandbox nests: what is refused above is not so for its place."""
    with Place(lambda: None, own_user=True) as place:
        done = run(world, "--", "/bin/cat", wrap=place.enter)
        assert done.returncode == 0, done.stderr
    world.verify()


@t.test
def root_of_a_namespace_with_one_id(world):
    """`unshare -r`: no spare id is mapped; --keep-uid is what is left."""
    alone = ["unshare", "-Urm"]
    refused(run(world, "--", "/bin/cat", wrap=alone), 125, "--keep-uid")
    done = run(world, "--keep-uid", "--", "/bin/cat", wrap=alone)
    assert done.returncode == 0 or len(lines_of(done)) == 1, done.stderr


def masked_proc():
    """As containers have it: then the kernel refuses a fresh one."""
    mount("/dev/null", "/proc/timer_list", None, MS_BIND)
    mount("/proc/sys", "/proc/sys", None, MS_BIND)
    mount(None, "/proc/sys", None, MS_REMOUNT | MS_BIND | MS_RDONLY)


@t.test
def a_system_that_refuses_a_fresh_proc(world):
    with Place(masked_proc) as place:
        refused(run(world, "--", "/bin/cat", wrap=place.enter), 125,
                "/proc.*--allow-degraded[ =]no-proc")
        with Run(world, options=["--allow-degraded=no-proc"],
                 wrap=place.enter) as session:
            assert is_fine(session.ask(1))
            session.end(0)
            session.expect_line("weaker: no-proc")
        starts = [r for s in world.sessions().values()
                  for r in of_type(s, "session.start")]
        # The refused start may have one too; it is not degraded.
        degraded = [s for s in starts if s.get("degraded")]
        assert len(degraded) == 1 and degraded[0]["degraded"] == ["no-proc"], \
            starts


def limited(what):
    return ["sh", "-c", f'ulimit {what}; exec "$@"', "sh"]


@t.test
def limits_of_the_client_end_in_a_refusal_or_a_run(world):
    """Never a crash or silence, whatever is short; but with less room than the
    program is long the kernel does not start it."""
    for what in ("-n 3", "-n 8", "-n 16", "-n 24", "-n 32", "-v 5000",
                 "-v 20000", "-s 64", "-l 0", "-f 0", "-f 64", "-t 1"):
        done = run(world, "--", "/bin/cat", wrap=limited(what))
        assert done.stdout == "", done.stdout
        if not re.search("^stockade: ", done.stderr, re.M):
            # The loader or the shell said it: we were not there yet.
            assert done.stderr and done.returncode in (1, 126, 127), \
                (what, done)
            continue
        assert done.returncode in (0, 125), (what, done)
        if done.returncode:
            assert lines_of(done), (what, done.stderr)


@t.user
def no_process_more_for_the_user(world):
    done = run(world, "--", "/bin/cat", wrap=["prlimit", "--nproc=1"])
    assert done.returncode == 125, done
    assert len(lines_of(done)) == 1, done.stderr


t.main()
