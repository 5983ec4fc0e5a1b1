#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Started as root: for whom a grant acts, and what root's name does not open.

usage: test_root.py STOCKADE
"""

import os
import pwd
import subprocess
import sys

from wrapped import PYTHON, Place, Wrapper, eventually, status_of

from tap import Script, Skip

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))
USER, GROUP, THIRD = 12345, 12346, 23456
SHUT = ("EROFS", "EACCES")
# A command in mounts of its own, that no other test sees.
APART = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]


def put(path, uid, gid, mode, text="content"):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chown(path, uid, gid)
    os.chmod(path, mode)
    return path


def owner(path):
    st = os.lstat(path)
    return st.st_uid, st.st_gid


# A grant acts for its owner.

def acts_for_its_owner(uid, gid):
    with Place() as place:
        granted = place.folder("granted")
        others = 0 if uid else USER
        put(place.path("granted/private"), uid, gid, 0o600)
        put(place.path("granted/third"), THIRD, THIRD, 0o600)
        put(place.path("granted/other"), others, others, 0o600)
        put(place.path("granted/open"), THIRD, THIRD, 0o666)
        os.mkdir(place.path("granted/locked"), 0o700)
        os.chown(place.path("granted/locked"), THIRD, THIRD)
        os.chmod(granted, 0o755)
        os.chown(granted, uid, gid)
        session = w.inside(place, ["--rw", granted], f"""
os.chdir({granted!r})
say('private', read('private'))
say('owner', (os.stat('private').st_uid, os.stat('private').st_gid))
attempt('append', write, 'private', 'x', os.O_APPEND)
attempt('open', write, 'open', 'x', os.O_APPEND)
for name in ('third', 'other'):
    attempt(name, open, name)
    attempt(name + '_write', write, name, 'x', 0)
    attempt(name + '_chmod', os.chmod, name, 0o666)
    attempt(name + '_chown', os.chown, name, 1000, 1000)
attempt('locked', os.listdir, 'locked')
attempt('unlock', os.chmod, 'locked', 0o777)
attempt('file', write, 'file')
attempt('folder', os.mkdir, 'folder')
attempt('rename', os.rename, 'file', 'folder/file')
attempt('link', os.link, 'folder/file', 'hard')
attempt('symlink', os.symlink, 'x', 'soft')
attempt('fifo', os.mkfifo, 'fifo')
attempt('give', os.chown, 'hard', 0, 0)
attempt('chmod', os.chmod, 'hard', 0o600)
""")
        facts = session.facts()
        assert facts.pop("private") == "content", session.said
        assert facts.pop("owner") == "(1000, 1000)", session.said
        for key in ("third", "other", "third_write", "other_write", "locked"):
            assert facts.pop(key) == "EACCES", (key, session.said)
        for key in ("third_chmod", "other_chmod", "third_chown",
                    "other_chown", "unlock", "give"):
            assert facts.pop(key) in ("EPERM", "EINVAL"), (key, session.said)
        assert set(facts.values()) == {"ok"}, session.said
        for name in ("folder", "folder/file", "hard", "soft", "fifo",
                     "private"):
            assert owner(place.path("granted", name)) == (uid, gid), name
        assert owner(place.path("granted/third")) == (THIRD, THIRD)
        assert owner(place.path("granted/open")) == (THIRD, THIRD)
        assert os.stat(place.path("granted/hard")).st_mode & 0o777 == 0o600


t.add("in_a_folder_of_roots_it_acts_for_root", acts_for_its_owner, 0, 0)
t.add("in_a_folder_of_a_users_it_acts_for_him", acts_for_its_owner, USER,
      GROUP)


@t.test
def two_owners_keep_their_files_apart():
    with Place() as place:
        one, two = place.folder("one"), place.folder("two")
        put(place.path("one/file"), USER, USER, 0o600)
        put(place.path("two/file"), THIRD, THIRD, 0o600)
        put(place.path("one/foreign"), THIRD, THIRD, 0o600)
        os.chown(one, USER, USER)
        os.chown(two, THIRD, THIRD)
        session = w.inside(place, ["--rw", one, "--rw", two], f"""
attempt('one', open, {one!r} + '/file')
attempt('two', open, {two!r} + '/file')
attempt('foreign', open, {one!r} + '/foreign')
write({one!r} + '/new'); write({two!r} + '/new')
""")
        facts = session.facts()
        assert facts["one"] == facts["two"] == "ok", session.said
        assert facts["foreign"] == "EACCES", session.said
        assert owner(place.path("one/new"))[0] == USER
        assert owner(place.path("two/new"))[0] == THIRD


@t.test
def a_read_grant_reads_for_its_owner_and_writes_nothing():
    with Place() as place:
        granted = place.folder("granted")
        put(place.path("granted/private"), USER, USER, 0o600)
        os.chown(granted, USER, USER)
        session = w.inside(place, ["--ro", granted], f"""
attempt('read', open, {granted!r} + '/private')
attempt('write', write, {granted!r} + '/private')
""")
        facts = session.facts()
        assert facts["read"] == "ok", session.said
        assert facts["write"] in SHUT, session.said


@t.test
def a_file_grant_acts_for_the_files_owner():
    with Place() as place:
        path = put(place.path("file"), USER, GROUP, 0o600)
        session = w.inside(place, ["--rw", path], f"""
say('text', read({path!r}))
attempt('write', write, {path!r}, 'new', 0)
""")
        assert session.facts()["text"] == "content", session.said
        assert session.facts()["write"] == "ok", session.said
        assert owner(path) == (USER, GROUP)


@t.test
def a_folder_with_a_group_bit_keeps_its_group():
    with Place() as place:
        granted = place.folder("granted")
        os.chown(granted, USER, GROUP)
        os.chmod(granted, 0o2775)
        session = w.inside(place, ["--rw", granted], f"""
write({granted!r} + '/file')
os.mkdir({granted!r} + '/folder')
""")
        assert session.status == 0, session.said
        for name in ("file", "folder"):
            assert owner(place.path("granted", name)) == (USER, GROUP)


@t.test
def the_server_is_a_uid_that_nobody_has():
    with Place() as place:
        session = w.start(place, [], "say('ids', os.getresuid() +"
                          " os.getresgid() + tuple(os.getgroups()))\n"
                          "say('ready')\nsys.stdin.read()",
                          preexec_fn=lambda: os.setgroups([0, 4, 6, GROUP]))
        session.wait_for("ready")
        found = [status_of(pid) for pid in map(int, filter(
            str.isdigit, os.listdir("/proc"))) if is_server(pid)]
        assert session.end(close=True) == 0, session.said
        assert session.facts()["ids"] == str((1000,) * 6), session.said
        assert len(found) == 1, found
        uids, gids = (set(found[0][key].split()) for key in ("Uid", "Gid"))
        assert len(uids) == len(gids) == 1, found
        uid = int(uids.pop())
        assert 60578 <= uid <= 61183, uid
        assert uid not in [entry.pw_uid for entry in pwd.getpwall()]
        assert found[0]["Groups"].strip() == "", found


def is_server(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            args = file.read().split(b"\0")
    except OSError:
        return False
    return args[0] == PYTHON.encode() and b"say('ids'" in b"".join(args)


@t.test
def a_set_uid_program_gives_nothing():
    with Place() as place:
        granted = place.folder("granted")
        for name, uid in (("of-root", 0), ("of-another", THIRD)):
            path = place.path("granted", name)
            subprocess.run(["cp", "/usr/bin/id", path], check=True)
            os.chown(path, uid, uid)
            os.chmod(path, 0o6755)
        bare = subprocess.run(
            ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
             place.path("granted/of-root"), "-u"], capture_output=True,
            text=True, check=True).stdout
        assert bare == "0\n", bare
        for option in ("--ro", "--rw"):
            session = w.inside(place, [option, granted], f"""
for name in ('of-root', 'of-another'):
    say(name, subprocess.check_output(
        [{granted!r} + '/' + name, '-u']).decode().strip())
    say(name + '-group', subprocess.check_output(
        [{granted!r} + '/' + name, '-g']).decode().strip())
""")
            assert set(session.facts().values()) == {"1000"}, session.said


# Filesystems that map no ids.

def on(kind, place):
    """The shell words that mount a filesystem of a kind at place's granted."""
    granted = place.folder("granted")
    if kind == "overlay":
        for name in ("lower", "upper", "work"):
            place.folder(name)
        return granted, (
            "mount -t overlay overlay -o lowerdir={0}/lower,"
            "upperdir={0}/upper,workdir={0}/work {1}").format(
                place.top, granted)
    if kind == "below":
        place.folder("granted/sub")
        return granted, f"mount -t ramfs ramfs {granted}/sub"
    return granted, f"mount -t ramfs ramfs {granted}"


FILL = (" && echo content >{0}/open && echo content >{0}/private &&"
        " chmod 755 {0} && chmod 600 {0}/private && chmod 644 {0}/open &&"
        ' exec "$@"')


def no_id_maps(kind):
    with Place() as place:
        granted, mount = on(kind, place)
        before = [*APART, mount + FILL.format(granted), "sh"]
        if subprocess.run([*before, "true"], check=False,
                          capture_output=True).returncode:
            raise Skip(f"this kernel mounts no {kind}")
        w.refused(place, ["--rw", granted], ["cannot grant", "--keep-uid"],
                  before=before)
        code = f"""
for name in ('open', 'private'):
    attempt(name, open, {granted!r} + '/' + name)
attempt('write', write, {granted!r} + '/new')
"""
        session = w.inside(place, ["--ro", granted], code, before=before)
        facts = session.facts()
        assert session.status == 0, session.said
        assert facts["open"] == "ok", session.said
        assert facts["private"] == "EACCES", session.said
        assert any(granted in line and "map" in line
                   for line in session.lines()), session.said
        session = w.inside(place, ["--keep-uid", "--rw", granted], code,
                           before=before)
        assert set(session.facts().values()) == {"ok"}, session.said


for kind in ("ramfs", "overlay", "below"):
    t.add(f"where ids are not mapped ({kind}) writing is refused, reading "
          "goes on", no_id_maps, kind)


# uid 0 kept.

KNOBS = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
         "/proc/sys/vm/drop_caches", "/proc/sys/fs/suid_dumpable",
         "/proc/sys/kernel/randomize_va_space", "/proc/irq/default_smp_affinity",
         "/proc/sysrq-trigger", "/proc/sys/vm/overcommit_memory"]


@t.test
def whoever_keeps_uid_0_writes_no_knob_of_the_kernel():
    code = """
import errno, os, sys
for path in sys.argv[1:]:
    try:
        os.close(os.open(path, os.O_WRONLY))
        print(path, 'ok', file=sys.stderr)
    except OSError as error:
        print(path, errno.errorcode[error.errno], file=sys.stderr)
"""
    knobs = [path for path in KNOBS if os.path.exists(path)]
    bare = subprocess.run(
        ["setpriv", "--inh-caps=-all", "--bounding-set=-all", PYTHON, "-c",
         code, *knobs], capture_output=True, text=True, check=True).stderr
    with Place() as place:
        session = w.command(place, ["--keep-uid"],
                            [PYTHON, "-c", code, *knobs])
        facts = session.facts()
        for knob in knobs:
            assert f"{knob} ok" in bare.splitlines(), (knob, bare)
            assert facts[knob] in SHUT, (knob, session.said)


@t.test
def whoever_keeps_uid_0_has_no_capability_and_no_other_uid():
    with Place() as place:
        mine = place.file("granted/mine")
        os.chmod(mine, 0o600)
        put(place.path("granted/third"), THIRD, THIRD, 0o600)
        session = w.inside(
            place, ["--keep-uid", "--rw", place.path("granted")], f"""
attempt('mine', open, {mine!r})
attempt('third', open, {place.path('granted/third')!r})
attempt('setuid', os.setuid, 0)
attempt('chown', os.chown, {mine!r}, 1, 1)
attempt('init', open, '/proc/1/environ')
say('uid', os.getuid())
say('caps', [line.split()[1] for line in read('/proc/self/status')
    .splitlines() if line.startswith('Cap')])
""")
        facts = session.facts()
        assert facts["mine"] == "ok" and facts["uid"] == "1000", session.said
        for key in ("third", "init"):
            assert facts[key] == "EACCES", (key, session.said)
        for key in ("setuid", "chown"):
            assert facts[key] in ("EPERM", "EINVAL"), (key, session.said)
        assert set(facts["caps"]) <= set("[]', 0"), session.said


# What the host does later.

def a_later_mount(option):
    """In mounts that are shared, as a host's are: what is mounted below a
    grant once the server runs."""
    with Place() as place:
        granted = place.folder("granted")
        place.folder("granted/sub")
        go = place.folder("signal")
        session = w.start(
            place, [option, granted, "--rw", go], f"""
sub = {granted!r} + '/sub'
say('ready')
wait_for({go!r} + '/go')
say('names', os.listdir(sub))
attempt('secret', os.stat, sub + '/secret')
attempt('write', write, sub + '/new')
say('mounts', sum(sub in line for line in open('/proc/self/mountinfo')))
""", before=["unshare", "--mount", "--propagation", "shared"])
        session.wait_for("ready")
        # The supervisor's mounts are the host's of this test.
        enter = ["nsenter", "-m", "-t", str(session.process.pid)]
        subprocess.run([*enter, "sh", "-c",
                        f"mount -t tmpfs later {granted}/sub && "
                        f"echo x >{granted}/sub/secret && "
                        f"grep -q ' {granted}/sub .*shared:' "
                        "/proc/self/mountinfo"], check=True)
        place.file("signal/go")
        eventually(lambda: session.process.poll() is not None or not
                   session.pump(0.1), "its end")
        assert session.end() == 0, session.said
        facts = session.facts()
        assert facts["names"] == "[]", session.said
        assert facts["secret"] == "ENOENT", session.said
        assert facts["mounts"] == "0", session.said
        if option == "--ro":
            assert facts["write"] in SHUT, session.said
        else:
            assert os.listdir(place.path("granted/sub")) == ["new"]


t.add("a_later_mount_below_a_read_grant_stays_outside", a_later_mount, "--ro")
t.add("a_later_mount_below_a_write_grant_stays_outside", a_later_mount,
      "--rw")


# An ordinary user's groups, which only root can arrange.

@t.test
def a_users_supplementary_groups_stay_in_force():
    """They cannot be dropped (setgroups(2) is off in his namespaces); the
    manual says so."""
    with Place() as place:
        os.chmod(place.top, 0o755)
        os.chown(place.home, USER, USER)
        granted = place.folder("granted")
        put(place.path("granted/group"), 0, GROUP, 0o640)
        put(place.path("granted/third"), 0, THIRD, 0o640)
        session = w.inside(place, ["--ro", granted], f"""
attempt('group', open, {granted!r} + '/group')
attempt('third', open, {granted!r} + '/third')
attempt('setgroups', os.setgroups, [])
say('groups', os.getgroups())
""", before=["setpriv", f"--reuid={USER}", f"--regid={USER}",
             f"--groups={GROUP}"])
        facts = session.facts()
        assert facts["group"] == "ok", session.said
        assert facts["third"] == "EACCES", session.said
        assert facts["setgroups"] == "EPERM", session.said
        assert facts["groups"] == "[65534]", session.said


@t.test
def a_user_cannot_keep_what_he_does_not_have():
    with Place() as place:
        os.chown(place.home, USER, USER)
        w.refused(place, ["--keep-uid"], ["--keep-uid"],
                  before=["setpriv", f"--reuid={USER}", f"--regid={USER}",
                          "--clear-groups"])


t.main()
