#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The site's policy, --narrow and trusted profiles, at work: what a server can
reach and call under them, and what no option, profile or variable brings back.

A site needs root, and stockade run by an ordinary user obeys it too. An
ordinary user's test has no such place, and gets as far as the refusal of a
policy that is not root's.

Usage: test_run_narrow.py BUILD [NAME…]
"""

import json
import os
import shutil
import tempfile

from runrig import Run, Script, World, of_type
from siterig import Site, document, profile

USER = 12345
t = Script()


class UsersWorld(World):
    """A world of an ordinary user's, for root to test with."""

    def __init__(self):
        super().__init__()
        shutil.rmtree(self.top)
        self.top = tempfile.mkdtemp(prefix="bad.", dir="/var/tmp")
        self.home, self.state, self.work = (
            self.folder(name) for name in ("home", "state", "work"))
        self.seen = os.path.join(self.work, "seen")
        self.env = {**self.env, "HOME": self.home,
                    "XDG_STATE_HOME": self.state}
        self.own()

    def own(self):
        for folder, names, files in os.walk(self.top):
            for name in [".", *names, *files]:
                os.lchown(os.path.join(folder, name), USER, USER)

    wrap = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups",
            "--"]


def shell(world, options, script, wrap=(), env=None):
    """stderr and status of a shell as server, which sends no message."""
    done = world.stockade("run", *options, "--", "/bin/sh", "-c", script,
                          wrap=wrap, env={**world.env, **(env or {})})
    return done.stderr, done.returncode


def refused(world, options, line, wrap=(), env=None):
    """Not started: status 125, and one line of ours that says why."""
    said, status = shell(world, options, "echo started >&2", wrap, env)
    assert status == 125 and "started" not in said, (status, said)
    ours = [x for x in said.splitlines() if x.startswith("stockade: ")]
    assert len(ours) == 1 and line in ours[0], said


# What a server reaches.

def fill(world):
    for name in ("open", "shut"):
        os.mkdir(os.path.join(world.work, name))
        with open(os.path.join(world.work, name, "file"), "w",
                  encoding="utf-8") as file:
            file.write(f"content-of-{name}\n")
    os.symlink("../shut", os.path.join(world.work, "open", "link"))
    os.symlink("shut", os.path.join(world.work, "way"))


LOOK = """
for f in open shut; do cat {0}/$f/file >&2; done
for f in open shut; do
  if echo x >{0}/$f/new; then echo wrote-$f >&2; fi
done
echo VAR=${{VAR-unset}} >&2
true
"""


def sees(world, options, wrap=(), env=None):
    """(reads open, writes it, reads shut, writes it, has VAR)"""
    said, status = shell(world, options, LOOK.format(world.work), wrap,
                         {"VAR": "from-client", **(env or {})})
    assert status == 0, said
    for name in ("open", "shut"):
        try:
            os.unlink(os.path.join(world.work, name, "new"))
            assert f"wrote-{name}" in said
        except FileNotFoundError:
            assert f"wrote-{name}" not in said
    return tuple(x in said for x in (
        "content-of-open", "wrote-open", "content-of-shut", "wrote-shut",
        "VAR=from-client"))


def ways_round(world, policy_of, wrap=()):
    """Grants of each kind, under a policy that permits to read one folder."""
    fill(world)
    work, shut = world.work, os.path.join(world.work, "shut")
    wide = ["--rw", work, "--env", "VAR"]
    profile(world, {"extends": "other", "sandbox": {"write": [shut]}})
    profile(world, {"extends": "static", "sandbox": {
        "write": [work], "env": {"pass": ["VAR"]}}}, "other")
    if isinstance(world, UsersWorld):
        world.own()
    policy_of(None)
    assert sees(world, wide, wrap) == (True, True, True, True, True)
    assert sees(world, ["--profile", "mine"], wrap) == (True,) * 5
    policy_of({"sandbox": {"read": [os.path.join(work, "open")], "write": [],
                           "env": {"pass": []}}})
    only = (True, False, False, False, False)
    none = (False,) * 5
    assert sees(world, wide, wrap) == only
    assert sees(world, ["--profile", "mine"], wrap) == only
    # Named by itself, in either order, twice, by a link, by dots.
    for way in (["--rw", shut], [*wide, "--rw", shut],
                ["--rw", shut, *wide], ["--ro", shut, "--rw", shut],
                ["--rw", os.path.join(work, "way")],
                ["--rw", os.path.join(work, "open", "link")],
                ["--rw", os.path.join(work, "open", "..", "shut")]):
        got = sees(world, way, wrap)
        assert got == (only if "VAR" in way else none), (way, got)
    # A workspace, a home folder, a variable with a value.
    assert sees(world, ["--workspace", shut, *wide], wrap) == only
    assert sees(world, wide, wrap, {"HOME": os.path.join(world.top, "home"),
                                    "STOCKADE_POLICY": "/dev/null",
                                    "XDG_CONFIG_DIRS": work}) == only
    assert sees(world, [*wide, "--env", "VAR=from-client"], wrap) == only


def narrowing(world):
    """policy_of() for --narrow, in the world's options."""
    path = world.file("team.json")

    def policy_of(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(document(text or {}))
    return path, policy_of


@t.test
def narrow_keeps_what_it_does_not_permit_out_of_reach(world):
    path, policy_of = narrowing(world)
    original = world.stockade

    def stockade(verb, *words, **more):
        return original(verb, "--narrow", path, *words, **more)
    world.stockade = stockade
    ways_round(world, policy_of)


@t.root
def site_keeps_what_it_does_not_permit_out_of_root_s_reach(world):
    with Site(world, {}) as place:
        ways_round(world, lambda text: place.change(text or {}), place.enter)


@t.root
def site_keeps_what_it_does_not_permit_out_of_a_user_s_reach(world):
    with UsersWorld() as other, Site(world, {}) as place:
        ways_round(other, lambda text: place.change(text or {}),
                   [*place.enter, *UsersWorld.wrap])


@t.root
def site_s_home_is_not_what_the_environment_says(world):
    """~ of the site is the account's; whose HOME points elsewhere gains
    nothing."""
    with UsersWorld() as other, Site(world, {}) as place:
        wrap = [*place.enter, *UsersWorld.wrap]
        fill(other)
        other.own()
        place.change({"sandbox": {"read": ["~/open", "${home}/open"]}})
        got = sees(other, ["--ro", other.work], wrap,
                   {"HOME": other.work, "XDG_STATE_HOME": other.state})
        assert got == (False,) * 5, got


@t.root
def folder_that_its_user_exchanged_for_a_link_permits_nothing(world):
    with UsersWorld() as other, Site(world, {}) as place:
        wrap = [*place.enter, *UsersWorld.wrap]
        fill(other)
        given = os.path.join(other.work, "given")
        os.mkdir(given)
        other.own()
        place.change({"sandbox": {"read": [given]}})
        os.rmdir(given)
        os.symlink("shut", given)
        os.lchown(given, USER, USER)
        got = sees(other, ["--ro", os.path.join(other.work, "shut")], wrap)
        assert got == (False,) * 5, got


# What is refused.

BROKEN = ["", "{", "[]", '{"version": 1, "tool": []}',
          '{"version": 1, "version": 1}', '{"version": 1, "extends": "node"}']


@t.root
def site_policy_that_cannot_be_used_refuses_every_run(world):
    with Site(world, {}) as place:
        path = place.path("/etc/stockade/policy.json")
        said, status = shell(world, [], "exit 3", place.enter)
        assert status == 3, said
        for text in BROKEN:
            place.change(text)
            refused(world, [], "/etc/stockade/policy.json:1:", place.enter)
        place.change({})
        os.chmod(path, 0o664)
        refused(world, [], "may be written by others", place.enter)
        os.chmod(path, 0o644)
        os.chown(path, USER, USER)
        refused(world, [], f"belongs to uid {USER}", place.enter)
        os.chown(path, 0, 0)
        os.rename(path, path + ".real")
        os.symlink("policy.json.real", path)
        refused(world, [], "is a symbolic link", place.enter)
        done = world.stockade("doctor", wrap=place.enter)
        assert done.returncode == 1 and "policy.json is a symbolic link" \
            in done.stdout, done.stdout
        os.unlink(path)
        said, status = shell(world, [], "exit 3", place.enter)
        assert status == 3, said


@t.root
def site_policy_that_a_user_cannot_read_refuses_his_run(world):
    with UsersWorld() as other, Site(world, {}) as place:
        wrap = [*place.enter, *UsersWorld.wrap]
        assert shell(other, [], "exit 3", wrap)[1] == 3
        os.chmod(place.path("/etc/stockade/policy.json"), 0o600)
        refused(other, [], "policy.json: Permission denied", wrap)
        os.chmod(place.path("/etc/stockade/policy.json"), 0o644)
        os.chmod(place.path("/etc/stockade"), 0o700)
        refused(other, [], "Permission denied", wrap)


@t.user
def site_policy_that_is_not_root_s_refuses_the_run(world):
    with Site(world, {}) as place:
        refused(world, [], "; expected uid 0", place.enter)


@t.root
def site_asks_for_a_profile_and_forbids_options(world):
    profile(world, {"extends": "static"})
    with Site(world, {"require_profile": True, "keep_uid": False,
                      "allow_degraded": False}) as place:
        for options in ([], ["--tool", "*"], ["--profile", "static"],
                        ["--deny", "*", "--ask", "*"]):
            refused(world, options, "asks for a profile", place.enter)
        said, status = shell(world, ["--profile", "mine"], "exit 3",
                             place.enter)
        assert status == 3, said
        refused(world, ["--profile", "mine", "--keep-uid"],
                "--keep-uid is not permitted", place.enter)
        refused(world, ["--allow-degraded=no-proc", "--profile", "mine"],
                "--allow-degraded is not permitted", place.enter)


@t.test
def narrow_file_that_cannot_be_used_refuses_the_run(world):
    path = world.file("team.json")
    for text in [*BROKEN, '{"version": 1, "keep_uid": true}']:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        refused(world, ["--narrow", path], f"{path}:1:")
    os.unlink(path)
    refused(world, ["--narrow", path], "No such file")
    os.mkfifo(path)
    refused(world, ["--narrow", path], "is no file")
    refused(world, ["--narrow", "/dev/null"], "/dev/null")
    refused(world, ["--narrow", ""], "empty")


@t.test
def nothing_in_a_workspace_is_loaded_unasked(world):
    for name in ("policy.json", "profile.json", "static.json", "stockade.json",
                 ".stockade.json", "bad_server.json", "default.json"):
        with open(os.path.join(world.work, name), "w",
                  encoding="utf-8") as file:
            file.write("{ no JSON")
    for folder in (".stockade", "stockade", ".config"):
        shutil.copytree(world.work, os.path.join(world.work, folder),
                        ignore=lambda *_: [".stockade", "stockade", ".config"])
    with Run(world, options=["--workspace", world.work]) as run:
        assert "result" in run.ask(1)
        run.end(0)
    [start] = of_type(world.records(), "session.start")
    assert all(s.startswith("builtin:") for s in start["profile"]["sources"])


# Trusted files.

@t.test
def profile_from_a_repository_counts_once_it_is_trusted(world):
    fill(world)
    path = os.path.join(world.work, "repo profile.json")
    text = document({"extends": "static", "sandbox": {"write": [world.work]}})

    def write(content):
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    write(text)
    # A blank is no letter of a name, and quoted where a command is shown.
    done = world.stockade("profile", "trust", path)
    assert done.returncode == 125 and "cannot be the name" in done.stderr
    refused(world, ["--profile", path], f"profile trust '{path}'")
    new = os.path.join(world.work, "repo.json")
    os.rename(path, new)
    path = new
    refused(world, ["--profile", path],
            f"is not trusted: look at it, then type: stockade profile trust "
            f"{path}")
    done = world.stockade("profile", "trust", path)
    assert done.returncode == 0 and world.work in done.stdout, done
    for way in (path, "./repo.json", "../work/repo.json"):
        assert sees(world, ["--profile", way])[:4] == (True,) * 4
    write(text + " ")
    refused(world, ["--profile", path], "has changed since")
    write(text)
    assert sees(world, ["--profile", path])[0]
    done = world.stockade("profile", "trust", "--revoke", path)
    assert done.returncode == 0, done
    refused(world, ["--profile", path], "is not trusted")
    done = world.stockade("profile", "trust", "--revoke", path)
    assert done.returncode == 1, done
    # A name is looked up in the folders, whatever lies here.
    refused(world, ["--profile", "repo"], "no profile repo")


@t.test
def server_that_writes_its_own_profile_is_not_obeyed(world):
    path = os.path.join(world.work, "repo.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(document({"extends": "static",
                             "sandbox": {"write": ["${workspace}"]}}))
    assert world.stockade("profile", "trust", path).returncode == 0
    said, status = shell(world, ["--profile", path],
                         f"echo '{{}}' >>{path}; echo done >&2")
    assert status == 0 and "done" in said, said
    refused(world, ["--profile", path], "has changed since")


@t.test
def state_of_profiles_of_one_name_is_kept_apart(world):
    text = {"extends": "static", "sandbox": {"state": True}}
    profile(world, text)
    path = world.file("mine.json", document(text))
    assert world.stockade("profile", "trust", path).returncode == 0
    said, status = shell(world, ["--profile", "mine"], "echo x >/state/kept")
    assert status == 0, said
    for name, there in (("mine", True), (path, False)):
        said, status = shell(world, ["--profile", name], "test -e /state/kept")
        assert (status == 0) == there, said


# What is told.

@t.test
def log_and_explain_name_what_narrows(world):
    path = world.file("team.json", document({
        "sandbox": {"env": {"pass": []}},
        "protocol": {"tools": {"deny": ["x*"]}}}))
    bare = world.stockade("explain", "--json", "--", "/bin/true")
    assert json.loads(bare.stdout)["narrowings"] == []
    done = world.stockade("explain", "--json", "--narrow", path, "--env",
                          "A=secret", "--", "/bin/true")
    [w] = json.loads(done.stdout)["narrowings"]
    assert (w["label"], w["file"]) == ("team", path), w
    assert len(w["took"]) == 1 and "A of option --env" in w["took"][0]
    assert w["tools"]["deny"] == ["x*"] and "secret" not in done.stdout
    text = world.stockade("explain", "--narrow", path, "--env", "A=secret",
                          "--", "/bin/true").stdout
    assert f"  team {path}\n" in text and "tools deny: x*" in text, text
    digests = set()
    for options in ([], ["--narrow", path]):
        with Run(world, options=options) as run:
            assert ("error" in run.ask(1, "xy")) == bool(options)
            run.end(0)
    for records in world.sessions().values():
        [start] = of_type(records, "session.start")
        [call] = of_type(records, "call")
        narrowed = f"narrow:{path}" in start["profile"]["sources"]
        assert (call["decision"] == "deny") == narrowed
        assert ("team:deny:x*" in call.get("rules", [])) == narrowed
        digests.add(start["profile"]["digest"])
    assert len(digests) == 2


@t.test
def paths_of_any_length_go_into_the_log(world):
    folder = world.work
    for name in ("x" * 200,) * 17:
        folder = os.path.join(folder, name)
    os.makedirs(folder)
    path = os.path.join(folder, "team.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(document({}))
    with Run(world, options=["--narrow", path] * 8) as run:
        assert "result" in run.ask(1)
        run.end(0)
    [start] = of_type(world.records(), "session.start")
    cut = [x for x in start["profile"]["sources"] if x.startswith("narrow:")]
    assert len(cut) == 8 and all(x.endswith("...") for x in cut), cut


@t.test
def why_says_that_no_profile_helps(world):
    path = world.file("team.json", document({"protocol": {
        "tools": {"allow": ["a*"], "deny": ["ab"]}}}))
    profile(world, {"extends": "static",
                    "protocol": {"tools": {"allow": ["*"]}}})
    for tool, words in (("ab", '"ab" of --narrow team denies it'),
                        ("c", "narrows the run (the site's policy or "
                              "--narrow) does not")):
        with Run(world, options=["--profile", "mine", "--narrow", path]) as run:
            assert "error" in run.ask(1, tool)
            run.end(0)
        said = world.stockade("why").stdout
        assert words in said, said


@t.root
def log_doctor_and_show_name_the_site(world):
    with Site(world, {"protocol": {"tools": {"deny": ["x*"]}}}) as place:
        path = "/etc/stockade/policy.json"
        with Run(world, wrap=place.enter) as run:
            assert "error" in run.ask(1, "xy")
            run.end(0)
        records = world.records()
        [start] = of_type(records, "session.start")
        assert f"site:{path}" in start["profile"]["sources"]
        [call] = of_type(records, "call")
        assert call["rules"] == ["site:deny:x*"], call
        done = world.stockade("profile", "show", "static", wrap=place.enter)
        assert path in done.stdout, done
        done = world.stockade("profile", "show", "--json", "static",
                              wrap=place.enter)
        assert json.loads(done.stdout)["site_policy"] == path
        done = world.stockade("doctor", "--json", wrap=place.enter)
        [check] = [c for c in json.loads(done.stdout)["checks"]
                   if c["id"] == "site-policy"]
        assert check["state"] == "ok" and path in check["detail"], check


t.main()
