#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a start takes from its client, and what it refuses to take.

usage: test_start.py STOCKADE
"""

import os
import pty
import resource
import socket
import subprocess
import sys

from wrapped import (AS_ROOT, PATIENCE, PRELUDE, PYTHON, QUICK_PYTHON, Place,
                     Wrapper, eventually)

from tap import Script

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))


# Sources of grants.

def in_the_middle_of_the_start(place, options, change):
    """Stops the supervisor when all is planned and nothing is mounted: root's
    sources are cloned by it, a user's by the child, which waits for it."""
    trace = place.path("trace")
    call = "open_tree" if AS_ROOT else "clone3"
    session = w.start(place, options, "say('started')", before=[
        "strace", "-o", trace, "-e", f"trace={call}",
        "-e", f"inject={call}:signal=SIGSTOP:when=1"])
    eventually(lambda: os.path.exists(trace)
               and "stopped by SIGSTOP" in open(trace).read(), "the stop")
    change()
    for pid in subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(session.process.pid)],
            capture_output=True, text=True, check=True).stdout.split():
        os.kill(int(pid), 18)
    session.status = session.end()
    return session


def swapped(place, change, granted):
    session = in_the_middle_of_the_start(place, ["--ro", granted], change)
    assert session.status == 125, (session.status, session.said)
    assert "started" not in session.facts(), session.said
    assert any(granted in line for line in session.lines()), session.said


@t.test
def an_unhindered_start_gets_through_the_same_trap():
    with Place() as place:
        granted = place.folder("granted")
        session = in_the_middle_of_the_start(
            place, ["--ro", granted], lambda: None)
        assert session.status == 0, session.said
        assert "started" in session.facts(), session.said


@t.test
def a_source_that_becomes_a_link_during_the_start_is_refused():
    with Place() as place:
        granted, secret = place.folder("granted"), place.folder("secret")

        def change():
            os.rmdir(granted)
            os.symlink(secret, granted)

        swapped(place, change, granted)


@t.test
def a_source_that_is_another_folder_by_then_is_refused():
    with Place() as place:
        granted, secret = place.folder("granted"), place.folder("secret")

        def change():
            os.rename(granted, granted + ".old")
            os.rename(secret, granted)

        swapped(place, change, granted)


@t.test
def a_source_that_is_another_file_by_then_is_refused():
    with Place() as place:
        granted, secret = place.file("granted"), place.file("secret")
        swapped(place, lambda: os.rename(secret, granted), granted)


@t.test
def a_folder_above_a_source_that_becomes_a_link_is_refused():
    with Place() as place:
        granted = place.folder("above/granted")
        place.folder("secret/granted")

        def change():
            os.rename(place.path("above"), place.path("old"))
            os.symlink(place.path("secret"), place.path("above"))

        swapped(place, change, granted)


@t.test
def a_folder_above_a_source_that_is_another_by_then_is_refused():
    with Place() as place:
        granted = place.folder("above/granted")
        place.folder("secret/granted")

        def change():
            os.rename(place.path("above"), place.path("old"))
            os.rename(place.path("secret"), place.path("above"))

        swapped(place, change, granted)


@t.test
def a_source_that_is_gone_by_then_is_refused():
    with Place() as place:
        granted = place.folder("granted")
        swapped(place, lambda: os.rmdir(granted), granted)


@t.test
def a_protected_name_that_becomes_a_link_during_the_start_is_refused():
    with Place() as place:
        granted = place.folder("granted")
        place.folder("granted/.git")

        def change():
            os.rmdir(place.path("granted/.git"))
            os.symlink("/etc", place.path("granted/.git"))

        session = in_the_middle_of_the_start(
            place, ["--rw", granted], change)
        assert session.status == 125, (session.status, session.said)


def impossible(make, *words):
    with Place() as place:
        path = place.path("impossible")
        make(path)
        for option in ("--ro", "--rw"):
            w.refused(place, [option, path], ["cannot grant", path, *words])


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


t.add("a_missing_source_is_refused", impossible, lambda path: None, "No such")
t.add("a_fifo_is_refused", impossible, os.mkfifo, "a FIFO")
t.add("a_socket_is_refused", impossible, make_socket, "a socket")
t.add("a_link_to_a_fifo_is_refused", impossible,
      lambda path: (os.mkfifo(path + ".real"),
                    os.symlink(path + ".real", path)), "a FIFO")
t.add("a_broken_link_is_refused", impossible,
      lambda path: os.symlink("nowhere", path), "No such")


def refused_path(path, option):
    with Place() as place:
        w.refused(place, [option, path], ["cannot grant"])


for path in ("/", "/..", "/proc", "/proc/1", "/sys", "/dev", "/dev/null",
             "/dev/shm", "/etc", "/run"):
    for option in ("--ro", "--rw"):
        t.add(f"{option} {path} is refused", refused_path, path, option)
for path in ("/usr", "/usr/bin", "/boot", "/etc/ssl"):
    if os.path.isdir(path):
        t.add(f"--rw {path} is refused", refused_path, path, "--rw")


# What a client leaves open and set.

# By the profile of the interpreter.
PROFILE_SETS = {"PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"}

@t.test
def descriptors_from_3_up_do_not_come_along():
    with Place() as place:
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)

        def spread():
            for fd in (*range(3, 10), 200, 1000):
                os.dup2(root, fd)

        session = w.inside(
            place, [], "say('fds', sorted(map(int, os.listdir("
            "'/proc/self/fd'))))", close_fds=False, preexec_fn=spread)
        os.close(root)
        assert session.status == 0, session.said
        # 3 is the listing's own.
        assert session.facts()["fds"] == "[0, 1, 2, 3]", session.said


@t.test
def the_servers_descriptors_are_pipes_whatever_the_clients_are():
    with Place() as place:
        ours, theirs = pty.openpty()
        session = w.start(
            place, [], "say('kinds', [stat.S_ISFIFO(os.fstat(fd).st_mode)"
            " for fd in (0, 1, 2)])\n"
            "attempt('tty', open, '/dev/tty')\n"
            "say('session', os.getsid(0) == os.getpgid(0))\n"
            "for fd in (0, 1, 2):\n"
            "    attempt(f'tty{fd}', os.tcgetpgrp, fd)\n",
            stdin=theirs, stdout=theirs, start_new_session=True)
        status = session.end()
        os.close(ours)
        os.close(theirs)
        facts = session.facts()
        assert status == 0, session.said
        assert facts["kinds"] == "[True, True, True]", facts
        assert facts["tty"] == "ENOENT" and facts["session"] == "True", facts
        assert facts["tty0"] == facts["tty1"] == "ENOTTY", facts


@t.test
def a_hostile_environment_of_the_clients_changes_nothing():
    with Place() as place:
        evil = place.file("project", "evil.js", text="console.error('EVIL')\n")
        place.file("project", "sitecustomize.py", text="print('EVIL')\n")
        env = {"LD_PRELOAD": place.path("project/evil.so"),
               "LD_LIBRARY_PATH": place.project, "LD_AUDIT": "evil.so",
               "NODE_OPTIONS": f"--require={evil}",
               "PYTHONPATH": place.project, "PYTHONSTARTUP": evil,
               "BASH_ENV": evil, "ENV": evil, "GIT_DIR": place.project,
               "GCONV_PATH": place.project, "TERMCAP": "x",
               "AWS_SECRET_ACCESS_KEY": "hunter2", "SSH_AUTH_SOCK": "/tmp/a",
               "CLAUDE_CODE_MESSAGING_SOCKET": "/tmp/b"}
        session = w.command(
            place, ["--ro", place.project],
            [PYTHON, "-c", PRELUDE + "say('names', sorted(os.environ))"],
            env=env)
        assert session.status == 0, session.said
        assert "EVIL" not in session.said, session.said
        names = set(eval(session.facts()["names"]))
        allowed = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM",
                   "TMPDIR", "PWD"} | PROFILE_SETS
        assert names <= allowed, names - allowed


@t.test
def env_by_name_passes_the_value_and_keeps_it_from_ps():
    with Place() as place:
        session = w.start(
            place, ["--env", "TOKEN", "--env", "PLAIN=text"],
            "say('token', os.environ['TOKEN'])\n"
            "say('plain', os.environ['PLAIN'])\n"
            "say('ready')\nsys.stdin.read()", env={"TOKEN": "hunter2"})
        session.wait_for("ready")
        seen = subprocess.run(["ps", "-eo", "args"], capture_output=True,
                              text=True, check=True).stdout
        status = session.end(close=True)
        assert status == 0, session.said
        facts = session.facts()
        assert facts["token"] == "hunter2" and facts["plain"] == "text", facts
        assert "hunter2" not in seen


@t.test
def what_lets_a_server_talk_to_its_client_is_never_passed():
    with Place() as place:
        name = "CLAUDE_CODE_MESSAGING_SOCKET"
        session = w.inside(place, ["--env", name],
                           f"say('there', {name!r} in os.environ)",
                           env={name: "/tmp/x"})
        assert session.facts()["there"] == "False", session.said
        assert any(name in line for line in session.lines()), session.said


@t.test
def umask_and_niceness_are_the_clients():
    with Place() as place:
        def prepare():
            os.umask(0o037)
            os.nice(7)

        session = w.inside(place, [], "say('nice', os.nice(0))\n"
                           "say('umask', oct(os.umask(0)))",
                           preexec_fn=prepare)
        facts = session.facts()
        assert facts["nice"] == str(os.nice(0) + 7), facts
        assert facts["umask"] == "0o37", facts


@t.test
def the_kernel_ends_the_server_before_anything_of_the_users():
    with Place() as place:
        with open("/proc/self/oom_score_adj", encoding="ascii") as file:
            own = int(file.read())
        session = w.inside(
            place, [], "say('score', read('/proc/self/oom_score_adj'))")
        score = int(session.facts()["score"])
        assert score == min(own + 500, 1000), (own, score)


@t.test
def a_limit_that_the_client_has_stays():
    with Place() as place:
        session = w.inside(
            place, [], "import resource\n"
            "say('files', resource.getrlimit(resource.RLIMIT_NOFILE))",
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (300, 300)))
        assert session.facts()["files"] == "(300, 300)", session.said


# Statuses.

def ends_with(expected, options, command, *words):
    with Place() as place:
        session = w.command(place, options, command)
        assert session.status == expected, (session.status, session.said)
        if words:
            assert any(all(word in line for word in words)
                       for line in session.lines()), session.said


def python(code):
    return [*QUICK_PYTHON, code]


t.add("status_0_is_the_servers", ends_with, 0, [], ["/bin/true"])
t.add("status_3_is_the_servers", ends_with, 3, [], python("raise SystemExit(3)"))
for own in range(124, 128):
    t.add(f"status_{own}_of_the_servers_passes_with_a_line", ends_with, own,
          [], python(f"raise SystemExit({own})"), f"status {own}", "its own")
for number, name in ((6, "SIGABRT"), (9, "SIGKILL"), (11, "SIGSEGV"),
                     (15, "SIGTERM")):
    t.add(f"{name}_of_the_servers_is_{128 + number}", ends_with, 128 + number,
          [], python(f"import os; os.kill(os.getpid(), {number})"))
t.add("a_command_that_is_nowhere_is_127", ends_with, 127, [],
      ["stockade-no-such-command"], "stockade-no-such-command")
t.add("a_path_that_is_not_there_is_127", ends_with, 127, [],
      ["/nonexistent/program"], "/nonexistent/program")
t.add("a_file_that_cannot_run_is_126", ends_with, 126, [], ["/etc/passwd"],
      "/etc/passwd")
t.add("a_folder_is_126", ends_with, 126, [], ["/usr"], "/usr")
t.add("an_unknown_option_is_125", ends_with, 125, ["--no-such-option"],
      ["/bin/true"], "no-such-option")
t.add("an_unknown_limit_is_125", ends_with, 125, ["--limit", "what=1"],
      ["/bin/true"], "--limit")
t.add("an_unknown_profile_is_125", ends_with, 125,
      ["--profile", "no-such-profile"], ["/bin/true"], "no-such-profile")
t.add("a_session_limit_is_124", ends_with, 124, ["--limit", "session=1s"],
      python("import time; time.sleep(60)"), "limit session")


@t.test
def a_missing_command_is_a_refusal():
    done = subprocess.run([w.stockade, "run"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 125 and done.stdout == "", done
    assert done.stderr.startswith("stockade: "), done


# Its own folder for what lasts.

@t.test
def state_lasts_is_private_and_belongs_to_the_program():
    with Place() as place:
        session = w.inside(place, ["--state"],
                           "write('/state/kept', 'one')\n"
                           "say('mode', oct(os.stat('/state').st_mode & 0o777))")
        assert session.status == 0, session.said
        assert session.facts()["mode"] == "0o700", session.said
        again = w.inside(place, ["--state"], "say('kept', read('/state/kept'))")
        assert again.facts()["kept"] == "one", again.said
        without = w.inside(place, [], "attempt('kept', os.stat, '/state')")
        assert without.facts()["kept"] == "ENOENT", without.said
        other = w.command(place, ["--state"], ["/bin/sh", "-c",
                                               "ls /state >&2; echo END >&2"])
        assert "kept" not in other.said and "END" in other.said, other.said


t.main()
