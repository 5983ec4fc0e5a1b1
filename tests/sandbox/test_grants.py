#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a grant gives, and all that it does not.

usage: test_grants.py STOCKADE
"""

import os
import socket
import subprocess
import sys
import threading

from wrapped import Place, Wrapper, eventually

from tap import Script

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))
# The older error where a mount is read-only, the other where Landlock, which
# is asked first, knows better.
SHUT = ("EROFS", "EACCES")


def landlock_abi():
    number = subprocess.run(
        [sys.executable, "-c", "import ctypes; print(ctypes.CDLL(None)"
         ".syscall(444, None, 0, 1))"], capture_output=True, text=True,
        check=True).stdout
    return max(int(number), 0)


LANDLOCK = landlock_abi()


def shut(facts, *keys):
    for key in keys:
        assert facts[key] in SHUT, (key, facts)


def anomalies(place):
    return [r["detail"] for r in place.records("anomaly")
            if r["kind"] == "protected_name"]


# Only what was granted.

@t.test
def a_read_grant_reads_and_does_not_write():
    with Place() as place:
        path = place.file("granted/deep/file")
        granted = place.path("granted")
        session = w.inside(place, ["--ro", granted], f"""
say('content', read({path!r}))
attempt('write', write, {path!r})
attempt('create', write, {granted!r} + '/new')
attempt('mkdir', os.mkdir, {granted!r} + '/new')
attempt('unlink', os.unlink, {path!r})
attempt('rename', os.rename, {path!r}, {path!r} + '.new')
attempt('truncate', os.truncate, {path!r}, 0)
attempt('chmod', os.chmod, {path!r}, 0o777)
attempt('utime', os.utime, {path!r})
attempt('link', os.link, {path!r}, {path!r} + '.link')
attempt('symlink', os.symlink, 'x', {granted!r} + '/link')
attempt('xattr', os.setxattr, {path!r}, 'user.x', b'x')
attempt('fifo', os.mkfifo, {granted!r} + '/fifo')
""")
        facts = session.facts()
        assert facts.pop("content") == "content", session.said
        shut(facts, *facts)
        assert len(facts) == 12, session.said
        assert os.listdir(granted) == ["deep"]


@t.test
def a_write_grant_writes_and_nothing_beside_it_is_there():
    with Place() as place:
        granted = place.folder("project", "sub")
        place.file("project", "sub_secret", "file")
        beside = place.file("project", "beside")
        os.symlink(beside, place.path("project/sub/link"))
        session = w.inside(place, ["--rw", granted], f"""
os.chdir({granted!r})
write('new', 'of the server')
os.mkdir('folder')
os.rename('new', 'folder/moved')
say('listing', sorted(os.listdir('..')))
attempt('prefix', os.stat, {granted!r} + '_secret')
attempt('beside', os.stat, {beside!r})
attempt('dots', os.stat, '../beside')
attempt('link', os.stat, 'link')
attempt('planted', lambda: (os.symlink('/etc/shadow', 'to'), read('to')))
""")
        facts = session.facts()
        assert facts["listing"] == "['sub']", session.said
        for key in ("prefix", "beside", "dots", "link", "planted"):
            assert facts[key] == "ENOENT", (key, session.said)
        with open(place.path("project/sub/folder/moved"),
                  encoding="ascii") as file:
            assert file.read() == "of the server"


@t.test
def home_is_another_one_with_the_same_name():
    with Place() as place:
        place.file("home/.ssh/id_ed25519", text="key")
        session = w.inside(place, [], """
say('listing', os.listdir(os.environ['HOME']))
write(os.path.expanduser('~/new'))
say('written', os.listdir(os.environ['HOME']))
""")
        facts = session.facts()
        assert facts["listing"] == "[]", session.said
        assert facts["written"] == "['new']", session.said
        assert not os.path.exists(place.path("home/new"))


@t.test
def nothing_is_made_in_a_folder_of_the_users():
    with Place() as place:
        granted = place.folder("granted")
        for option in ("--ro", "--rw"):
            session = w.inside(place, [option, granted],
                               f"say('there', os.listdir({granted!r}))")
            assert session.facts()["there"] == "[]", session.said
        assert os.listdir(granted) == []


@t.test
def a_grant_inside_a_grant_keeps_its_own_rights():
    with Place() as place:
        outer = place.folder("outer")
        inner = place.folder("outer/inner")
        session = w.inside(place, ["--ro", outer, "--rw", inner], f"""
attempt('outer', write, {outer!r} + '/x')
attempt('inner', write, {inner!r} + '/x')
""")
        facts = session.facts()
        shut(facts, "outer")
        assert facts["inner"] == "ok", session.said
        session = w.inside(place, ["--rw", outer, "--ro", inner], f"""
attempt('outer', write, {outer!r} + '/y')
attempt('inner', write, {inner!r} + '/y')
attempt('aside', os.rename, {inner!r}, {outer!r} + '/aside')
""")
        facts = session.facts()
        shut(facts, "inner")
        assert facts["outer"] == "ok", session.said
        assert facts["aside"] == "EBUSY", session.said


@t.test
def hard_links_and_renames_do_not_cross_grants():
    with Place() as place:
        one, two = place.folder("one"), place.folder("two")
        place.file("two/file")
        for option in ("--ro", "--rw"):
            session = w.inside(place, ["--rw", one, option, two], f"""
attempt('link', os.link, {two!r} + '/file', {one!r} + '/file')
attempt('rename', os.rename, {two!r} + '/file', {one!r} + '/file')
attempt('usr', os.link, '/usr/bin/env', {one!r} + '/env')
""")
            for key, error in session.facts().items():
                assert error in ("EXDEV", *SHUT), (key, session.said)
        assert os.listdir(one) == []


@t.test
def a_file_grant_that_is_replaced_outside_does_not_follow():
    with Place() as place:
        for option in ("--ro", "--rw"):
            path = place.file("granted", text="old")
            session = w.start(place, [option, path], f"""
say('before', read({path!r}))
say('ready')
sys.stdin.read()
text = read({path!r})
say('after', text or 'empty')
attempt('write', write, {path!r}, 'evil')
""")
            session.wait_for("ready")
            os.replace(place.file("new", text="secret"), path)
            session.end(close=True)
            facts = session.facts()
            assert facts["before"] == "old", session.said
            assert facts["after"] in ("old", "empty"), session.said
            with open(path, encoding="ascii") as file:
                assert file.read() == "secret"


# Names that others trust.

def project_with_git(place):
    for name in ("hooks", "objects", "refs/heads"):
        place.folder("project/.git", name)
    place.file("project/.git/config", text="[core]\n")
    place.file("project/.git/HEAD", text="ref: refs/heads/main\n")
    return place.path("project/.git")


@t.test
def git_is_read_only_as_a_whole_and_stays_in_its_place():
    with Place() as place:
        git = project_with_git(place)
        session = w.inside(place, ["--rw", place.project], f"""
os.chdir({place.project!r})
attempt('hook', write, '.git/hooks/pre-commit')
attempt('config', write, '.git/config')
attempt('commondir', write, '.git/commondir')
attempt('worktree', write, '.git/config.worktree')
attempt('object', write, '.git/objects/x')
attempt('mode', os.chmod, '.git/hooks', 0o777)
attempt('move', os.rename, '.git', 'x')
attempt('remove', os.rmdir, '.git')
attempt('over', lambda: (os.mkdir('new'), os.rename('new', '.git')))
attempt('mkdir', os.mkdir, '.git')
say('head', read('.git/HEAD'))
""")
        facts = session.facts()
        shut(facts, "hook", "config", "commondir", "worktree", "object",
             "mode")
        for key in ("move", "remove", "over"):
            assert facts[key] in ("EBUSY", "ENOTEMPTY", *SHUT), (key, facts)
        assert facts["mkdir"] == "EEXIST", facts
        assert facts["head"] == "ref: refs/heads/main", facts
        assert sorted(os.listdir(git)) == ["HEAD", "config", "hooks",
                                           "objects", "refs"]
        assert anomalies(place) == []


@t.test
def git_write_opens_all_but_what_git_runs():
    with Place() as place:
        git = project_with_git(place)
        session = w.inside(
            place, ["--profile", "git", "--rw", place.project], f"""
os.chdir({place.project!r})
attempt('object', write, '.git/objects/x')
attempt('head', write, '.git/HEAD', 'ref: refs/heads/other\\n')
attempt('hook', write, '.git/hooks/pre-commit')
attempt('config', write, '.git/config')
attempt('move_hooks', os.rename, '.git/hooks', '.git/x')
attempt('move', os.rename, '.git', 'x')
attempt('new_config', lambda: (write('.git/c'),
                               os.rename('.git/c', '.git/config')))
""")
        facts = session.facts()
        assert facts["object"] == facts["head"] == "ok", session.said
        shut(facts, "hook", "config")
        for key in ("move_hooks", "move", "new_config"):
            assert facts[key] == "EBUSY", (key, session.said)
        assert not os.listdir(os.path.join(git, "hooks"))


def told_before_the_end(options, prepare, code, path, what):
    """The anomaly is in the log while the server still runs."""
    with Place() as place:
        prepare(place)
        done = place.path("project/done")
        session = w.start(place, [*options, "--rw", place.project],
                          f"os.chdir({place.project!r})\n{code}\n"
                          f"write({done!r})\nsys.stdin.read()")
        eventually(lambda: os.path.exists(done) or session.process.poll()
                   is not None, "the act")
        name = os.path.join(place.project, path)
        eventually(lambda: any(told in (f"{name} {word}" for word in what)
                               for told in anomalies(place)),
                   f"{name} {what}")
        assert session.process.poll() is None
        assert place.records("session.end") == []
        assert session.end(close=True) == 0, session.said
        assert any("anomaly" in line and name in line
                   for line in session.lines()), session.said


def nothing(place):
    del place


for name in (".vscode", ".git", ".claude", ".idea"):
    t.add(f"a {name} that appears is told before the end", told_before_the_end,
          [], nothing, f"os.mkdir({name!r})", name, ["created"])
for name in (".envrc", ".mcp.json", ".bashrc", ".gitconfig"):
    t.add(f"a {name} that appears is told before the end", told_before_the_end,
          [], nothing, f"write({name!r})", name, ["created"])
t.add("a link by a protected name is told", told_before_the_end, [], nothing,
      "os.symlink('/etc', '.vscode')", ".vscode", ["created"])
t.add("a protected name that is moved in is told", told_before_the_end, [],
      nothing, "os.mkdir('x'); os.rename('x', '.husky')", ".husky", ["created"])
t.add("what comes and goes is told", told_before_the_end, [], nothing,
      "write('.envrc'); os.unlink('.envrc')", ".envrc",
      ["created and removed", "created"])
t.add("a commondir in an open .git is told", told_before_the_end,
      ["--profile", "git"], project_with_git, "write('.git/commondir', '../x')",
      ".git/commondir", ["created"])


@t.test
def a_protected_file_that_is_replaced_outside_comes_loose_and_is_told():
    """The kernel drops a bind of a file when the file is replaced (rename):
    nothing holds it then but the watch."""
    with Place() as place:
        path = place.file("project/.envrc", text="old")
        go, done = place.path("project/go"), place.path("project/done")
        session = w.start(place, ["--rw", place.project], f"""
attempt('before', write, {path!r})
say('ready')
wait_for({go!r})
attempt('after', write, {path!r}, 'evil')
write({done!r})
sys.stdin.read()
""")
        session.wait_for("ready")
        os.replace(place.file("new", text="the user's own"), path)
        eventually(lambda: f"{path} changed" in anomalies(place), "a record")
        place.file("project/go")
        eventually(lambda: os.path.exists(done), "the second try")
        eventually(lambda: anomalies(place).count(f"{path} changed") >= 2
                   or session.facts().get("after") in SHUT, "a second record")
        assert session.end(close=True) == 0, session.said
        shut(session.facts(), "before")


# Sockets and pipes in a grant.

class Listener:
    """A socket that counts, and a pipe that somebody reads."""

    def __init__(self, place, *names):
        self.path = place.path(*names)
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        self.count = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            peer.send(b"!")
            peer.close()


CONNECT = """
def connect(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        if not s.recv(1):
            raise OSError(errno.EPIPE, 'closed')
"""


def sockets_of_a_grant(option):
    with Place() as place:
        top = Listener(place, "granted", "top")
        deep = Listener(place, "granted", "deep", "down")
        granted = place.path("granted")
        session = w.inside(place, [option, granted], CONNECT + f"""
attempt('top', connect, {top.path!r})
attempt('deep', connect, {deep.path!r})
attempt('away', os.rename, {top.path!r}, {top.path!r} + '2')
attempt('link', os.link, {top.path!r}, {top.path!r} + '3')
attempt('again', connect, {top.path!r} + '3')
""")
        facts = session.facts()
        assert facts["top"] in ("ECONNREFUSED", "EACCES"), session.said
        assert facts["again"] in ("ECONNREFUSED", "EACCES", "ENOENT"), \
            session.said
        assert top.count == 0, session.said
        # What remains, and the manual says so: deeper ones, until Landlock
        # knows of sockets (ABI 9).
        assert (facts["deep"] == "ok") == (LANDLOCK < 9), session.said
        assert deep.count == (LANDLOCK < 9), session.said
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(top.path)
            assert control.recv(1) == b"!"
        assert top.count == 1


t.add("sockets_at_the_top_of_a_read_grant_are_masked", sockets_of_a_grant,
      "--ro")
t.add("sockets_at_the_top_of_a_write_grant_are_masked", sockets_of_a_grant,
      "--rw")


@t.test
def a_fifo_in_a_read_grant_takes_nothing():
    with Place() as place:
        place.folder("granted/deep")
        paths = [place.path("granted/top"), place.path("granted/deep/down")]
        readers = []
        for path in paths:
            os.mkfifo(path)
            readers.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        session = w.inside(place, ["--ro", place.path("granted")], f"""
for path in {paths!r}:
    attempt(os.path.basename(path), write, path, 'x', os.O_NONBLOCK)
""")
        facts = session.facts()
        refused = LANDLOCK >= 2
        for name, fd in zip(("top", "down"), readers):
            assert (facts[name] == "EACCES") == refused, session.said
            assert (os.read(fd, 1) == b"") == refused
            os.close(fd)


@t.test
def the_clients_sockets_are_masked_under_any_grant():
    with Place() as place:
        for option in ("--ro", "--rw"):
            listener = Listener(place, "granted" + option, "cc-socks", "one")
            granted = place.path("granted" + option)
            session = w.inside(place, [option, granted], CONNECT + f"""
say('names', os.listdir({granted!r} + '/cc-socks'))
attempt('connect', connect, {listener.path!r})
attempt('plant', write, {granted!r} + '/cc-socks/x')
attempt('away', os.rename, {granted!r} + '/cc-socks', {granted!r} + '/x')
""", env={"TMPDIR": granted})
            facts = session.facts()
            assert facts["names"] == "[]", session.said
            assert facts["connect"] == "ENOENT", session.said
            shut(facts, "plant")
            assert facts["away"] in ("EBUSY", *SHUT), session.said
            assert listener.count == 0


# stockade's own folders, and HOME.

@t.test
def its_own_folders_are_masked_under_a_read_grant():
    with Place() as place:
        place.file("home/.config/stockade/profiles/x.json", text="{}")
        place.file("home/.cache/stockade/x")
        place.file("home/notes")
        session = w.inside(place, ["--ro", place.home], """
os.chdir(os.environ['HOME'])
say('notes', read('notes'))
for name in ('.config', '.cache', '.local/state'):
    say(name, os.listdir(name + '/stockade'))
attempt('plant', write, '.config/stockade/x')
attempt('away', os.rename, '.config', '.x')
""")
        facts = session.facts()
        assert facts["notes"] == "content", session.said
        for name in (".config", ".cache", ".local/state"):
            assert facts[name] == "[]", (name, session.said)
        shut(facts, "plant")
        assert facts["away"] in ("EBUSY", *SHUT), session.said
        assert place.logs(), "the run has left no log"


def refused_beside_its_own(option, *names):
    with Place() as place:
        place.folder("home/.config/stockade")
        assert w.command(place, [], ["/bin/true"]).status == 0
        w.refused(place, [option, place.path(*names)], ["cannot grant"])


for names in (("home",), (), ("home/.config",), ("home/.local",),
              ("home/.local/state",), ("home/.local/state/stockade",),
              ("home/.config/stockade",),
              ("home/.local/state/stockade/audit",)):
    t.add(f"--rw TOP/{'/'.join(names)} is refused", refused_beside_its_own,
          "--rw", *names)
for names in (("home/.local/state/stockade",), ("home/.config/stockade",),
              ("home/.local/state/stockade/audit",)):
    t.add(f"--ro TOP/{'/'.join(names)} is refused", refused_beside_its_own,
          "--ro", *names)


@t.test
def home_is_refused_for_writing_whatever_it_holds():
    with Place() as place:
        away = {f"XDG_{name}_HOME": place.folder("away", name)
                for name in ("CONFIG", "STATE", "CACHE")}
        for path in (place.home, place.top, "/var"):
            w.refused(place, ["--rw", path], ["cannot grant"], env=away)
        inner = place.folder("home/inner")
        session = w.inside(place, ["--rw", inner],
                           f"attempt('write', write, {inner!r} + '/x')",
                           env=away)
        assert session.facts()["write"] == "ok", session.said


@t.test
def a_link_to_home_is_refused_for_writing_as_home_is():
    with Place() as place:
        os.symlink(place.home, place.path("link"))
        w.refused(place, ["--rw", place.path("link")], ["cannot grant"])


t.main()
