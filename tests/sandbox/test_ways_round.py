#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ways round the sandbox that were open once, each tried again.

usage: test_ways_round.py STOCKADE
"""

import os
import resource
import socket
import sys

from wrapped import AS_ROOT, PYTHON, Place, Wrapper

from tap import Script

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))


def root_only(function):
    """Who is not root cannot be lent to others: nothing to try."""
    return t.test(function) if AS_ROOT else function


def inside(place, options, code, **more):
    session = w.inside(place, options, code, **more)
    assert session.status == 0, (session.status, session.said)
    return session.facts()


# stockade's own folders, on the first run.

@t.test
def the_first_run_under_a_readable_home_hides_the_log():
    with Place() as place:
        facts = inside(place, ["--ro", place.home], """
folder = os.environ["HOME"] + "/.local/state/stockade"
say("names", os.listdir(folder))
attempt("key", read, folder + "/audit/key")
""")
        assert facts["names"] == "[]", facts
        assert facts["key"] == "ENOENT", facts
        assert place.logs(), "no log was written"


@t.test
def a_state_folder_behind_a_link_into_a_writable_grant_is_refused():
    with Place() as place:
        link = place.path("link")
        os.symlink(place.project, link)
        w.refused(place, ["--rw", place.project], ["stockade's own folder"],
                  env={"XDG_STATE_HOME": link + "/state"})
        assert os.listdir(place.project) == []


@t.test
def two_scripts_do_not_share_their_state():
    with Place() as place:
        code = ("import os, sys\n"
                "print('had', os.listdir('/state'), file=sys.stderr)\n"
                "open('/state/mark', 'w').close()\n")
        for name, had in (("a", "[]"), ("b", "[]"), ("a", "['mark']")):
            script = place.path(name, "server.py")
            if not os.path.exists(script):
                place.file(name, "server.py", text=code)
            session = w.command(place, ["--state"], [PYTHON, script])
            assert session.facts().get("had") == had, (name, session.said)


# Protected names and what is granted inside a writable folder.

@t.test
def git_granted_by_itself_keeps_its_hooks_and_config():
    with Place() as place:
        git = place.folder("project", ".git")
        place.folder("project", ".git", "hooks")
        place.file("project", ".git", "config")
        for options in (["--rw", git], ["--rw", place.project, "--rw", git]):
            facts = inside(place, options, f"""
attempt("hook", write, "{git}/hooks/pre-commit")
attempt("config", write, "{git}/config")
attempt("away", os.rename, "{git}/hooks", "{git}/x")
attempt("other", write, "{git}/index")
""")
            assert facts == {"hook": "EROFS", "config": "EROFS",
                             "away": "EBUSY", "other": "ok"}, facts


@t.test
def what_a_protected_link_leads_to_is_protected():
    with Place() as place:
        place.folder("project", "dot", "claude")
        os.symlink("dot/claude", place.path("project", ".claude"))
        facts = inside(place, ["--rw", place.project], """
attempt("through", write, ".claude/settings.json")
attempt("away", os.rename, "dot", "dot2")
attempt("beside", write, "dot/other")
""")
        assert facts == {"through": "EROFS", "away": "EBUSY",
                         "beside": "ok"}, facts


@t.test
def a_read_grant_in_a_writable_one_is_not_replaced():
    with Place() as place:
        shut = place.folder("project", "a", "b")
        facts = inside(place, ["--rw", place.project, "--ro", shut], """
attempt("in", write, "a/b/x")
attempt("away", os.rename, "a", "c")
attempt("beside", write, "a/x")
""")
        assert facts == {"in": "EROFS", "away": "EBUSY", "beside": "ok"}, facts


@root_only
def a_protected_name_of_another_owner_is_not_lent():
    with Place() as place:
        place.file("project", ".claude", "secret")
        os.chmod(place.path("project", ".claude"), 0o700)
        os.chown(place.project, 1, 1)
        facts = inside(place, ["--rw", place.project], """
attempt("secret", read, ".claude/secret")
attempt("own", write, "new")
""")
        assert facts == {"secret": "EACCES", "own": "ok"}, facts


# Sockets.

@t.test
def a_socket_deep_in_tmpdir_cannot_be_connected_to():
    with Place() as place:
        tmp = place.folder("tmp", "multiplexer-1")
        path = os.path.join(tmp, "default")
        code = f"""
s = socket.socket(socket.AF_UNIX)
attempt("connect", s.connect, "{path}")
"""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
            facts = inside(place, ["--ro", place.path("tmp")], code,
                           env={"TMPDIR": place.path("tmp")})
        assert facts["connect"] in ("EACCES", "ECONNREFUSED", "ENOTSOCK"), facts


@t.test
def sockets_of_a_client_are_not_granted_by_name():
    with Place() as place:
        inner = place.folder("cc-socks", "session")
        for path in (inner, place.path("cc-socks")):
            w.refused(place, ["--ro", path], ["behind the relay"])


# The host's devices, its user's counts, the client's odd states.

@root_only
def a_device_of_the_host_keeps_its_mode():
    before = os.stat("/dev/full").st_mode
    with Place() as place:
        facts = inside(place, ["--keep-uid"], """
attempt("chmod", os.chmod, "/dev/full", 0o666)
attempt("null", write, "/dev/null", "x", os.O_CREAT | os.O_TRUNC)
""")
    assert facts == {"chmod": "EROFS", "null": "ok"}, facts
    assert os.stat("/dev/full").st_mode == before


@t.test
def the_users_inotify_instances_and_signals_are_not_used_up():
    with Place() as place:
        facts = inside(place, [], """
libc = ctypes.CDLL(None)
n = 0
while libc.inotify_init() >= 0:
    n += 1
say("inotify", n)
signal.pthread_sigmask(signal.SIG_BLOCK, [40])
n = 0
while n < 100000 and libc.sigqueue(os.getpid(), 40, None) == 0:
    n += 1
say("signals", n)
""")
    assert 0 < int(facts["inotify"]) <= 64, facts
    assert 0 < int(facts["signals"]) <= 4096, facts


@t.test
def the_servers_own_streams_can_be_opened_by_name():
    with Place() as place:
        facts = inside(place, [], """
for name in ("stdin", "stdout", "stderr"):
    attempt(name, lambda: os.close(os.open("/dev/" + name, os.O_RDWR)))
""")
    assert facts == {"stdin": "ok", "stdout": "ok", "stderr": "ok"}, facts


@t.test
def what_programs_are_set_up_by_in_etc_can_be_read():
    """Without Debian's java.security no Java program starts."""
    names = [name for name in ("java-17-openjdk", "fonts")
             if os.path.isdir("/etc/" + name)]
    with Place() as place:
        facts = inside(place, [], f"""
for name in {names}:
    attempt(name, os.listdir, "/etc/" + name)
    attempt("shut-" + name, write, "/etc/" + name + "/x")
say("end")
""")
    for name in names:
        assert facts[name] == "ok" and facts["shut-" + name] == "EROFS", facts


@t.test
def a_umask_of_all_bits_hides_nothing():
    with Place() as place:
        inside(place, [], "")  # its own folders are there after the first run
        facts = inside(place, [], """
attempt("passwd", read, "/etc/passwd")
say("umask", oct(os.umask(0)))
""", preexec_fn=lambda: os.umask(0o777))
    assert facts == {"passwd": "ok", "umask": "0o777"}, facts


@t.test
def few_descriptors_and_many_folders_go_together():
    with Place() as place:
        options = []
        for i in range(100):
            options += ["--rw", place.folder("many", str(i))]
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        facts = inside(
            place, options, f"attempt('last', write, '{options[-1]}/x')",
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (32, hard)))
    assert facts == {"last": "ok"}, facts


@t.test
def home_may_be_spelled_with_links_and_slashes():
    with Place() as place:
        project = place.folder("home", "p")
        link = place.path("link")
        os.symlink(place.home, link)
        for home in (link, place.home + "/", place.home + "//."):
            facts = inside(place, ["--ro", project], f"""
say("tilde", os.listdir(os.path.expanduser("~")))
say("spelled", os.listdir("{home}"))
attempt("write", write, os.path.expanduser("~/x"))
""", env={"HOME": home})
            assert facts == {"tilde": "['p']", "spelled": "['p']",
                             "write": "ok"}, (home, facts)


t.main()
