#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade profile test --probe`: holds in every built-in profile, and says
so where something is granted or reached.

usage: test_profile_probe.py BUILD

That its acts do reach what is reachable is shown twice: by itself, which tries
them outside first, and here, with the acts run bare.
"""

import ctypes
import glob
import json
import os
import socket
import subprocess

from runrig import AS_ROOT, STOCKADE, Script

PROFILES = ["browser", "default", "everything", "filesystem", "git", "memory",
            "node", "python", "sequential-thinking", "static", "time"]
MADE = ["read /tmp/stockade-probe-", "write in /tmp/stockade-probe-",
        "read the variables of another", "signal another", "hold another",
        "find a descriptor left open", "connect to our own, /",
        "connect to our own, abstract", "connect to the host, 127.0.0.1",
        "read a variable made for this"]
LANDLOCK_CREATE_RULESET = 444
t = Script()


class Probe:
    """One run of it, in JSON."""

    def __init__(self, world, *arguments, env=None):
        self.done = world.stockade(
            "profile", "test", "--probe", "--json", *arguments,
            env={**world.env, **(env or {})})
        self.status, self.rows = self.done.returncode, []
        if self.status in (0, 1):
            self.top = json.loads(self.done.stdout)
            self.rows = self.top["probes"]

    def find(self, start):
        found = [row for row in self.rows if row["what"].startswith(start)]
        assert found, (start, self.done.stderr)
        return found

    def verdicts(self, start):
        return {row["verdict"] for row in self.find(start)}

    def verdict(self, what):
        return [row["verdict"] for row in self.rows if row["what"] == what]

    def reached(self):
        return [row for row in self.rows if row["verdict"] == "REACHED"]


def bare(*acts, env=None, wrap=()):
    """{act: result} of the acts without any sandbox."""
    done = subprocess.run(
        [*wrap, STOCKADE, "probe-inside", "NONCE", *acts], check=True,
        capture_output=True, text=True, timeout=60, env=env)
    results = {}
    for line in done.stderr.splitlines():
        word, nonce, number, result, _, _ = line.split()
        assert (word, nonce) == ("probe", "NONCE"), line
        results[acts[int(number)]] = int(result)
    return results


def landlock_abi():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1)


@t.test
def it_knows_of_every_built_in_profile(world):
    listed = {row["name"] for row in json.loads(
        world.stockade("profile", "list", "--json").stdout)}
    assert listed == set(PROFILES), listed


def nothing_is_reached_in(world, name):
    probe = Probe(world, name)
    assert probe.status == 0, (probe.reached(), probe.done.stderr)
    assert probe.top["held"] > 80, probe.top["held"]
    assert probe.top["reached"] == 0
    assert len(probe.rows) == sum(
        probe.top[key] for key in ("held", "granted", "nothing", "reached"))


for profile in PROFILES:
    t.add(f"nothing_is_reached_in_{profile}", nothing_is_reached_in,
          profile)


@t.test
def what_it_made_to_be_reached_is_reached_outside_and_held_inside(world):
    probe = Probe(world)
    for start in MADE:
        for row in probe.find(start):
            assert row["verdict"] == "held", row
            assert row["tried_outside"], row
    for row in probe.find("read /etc/passwd"):
        assert row["reached_outside"] and row["verdict"] == "held", row
        assert "another one" in row["detail"], row


@t.test
def a_grant_of_a_folder_in_home_is_named_what_is_beside_it_is_held(world):
    for name in ("given", "kept"):
        os.mkdir(os.path.join(world.home, name))
    probe = Probe(world, "--rw", os.path.join(world.home, "given"))
    assert probe.status == 0, probe.reached()
    assert probe.verdicts(f"read {world.home}/given") == {"granted"}
    assert probe.verdicts(f"read {world.home}/kept") == {"held"}
    assert "--rw" in probe.find(f"read {world.home}/given")[0]["detail"]


@t.test
def the_workspace_is_granted_what_lies_beside_it_is_held(world):
    probe = Probe(world, "filesystem")
    assert probe.verdicts(f"write in {world.work}") == {"granted"}
    assert probe.verdict(f"read {world.home}") == ["held"]
    assert probe.verdict(f"write in {world.top}") == ["held"]


@t.test
def a_socket_in_a_granted_folder_is_reached_and_the_status_says_so(world):
    deep = os.path.join(world.work, "a", "b")
    os.makedirs(deep)
    path = os.path.join(deep, "agent")
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(path)
        agent.listen()
        probe = Probe(world, "--ro", world.work, env={"SSH_AUTH_SOCK": path})
    wanted = "held" if landlock_abi() >= 9 else "REACHED"
    assert probe.verdicts(f"connect to keys, {path}") == {wanted}
    assert probe.status == (wanted == "REACHED"), probe.done


@t.test
def a_variable_is_held_and_granted_with_env(world):
    secret = {"TOKEN_OF_MINE": "1"}
    probe = Probe(world, "--env", "TOKEN_OF_MINE", env=secret)
    assert probe.status == 0
    assert probe.verdicts("read the variable TOKEN_OF_MINE") == {"granted"}
    assert probe.verdicts("read a variable made for this") == {"held"}


@t.test
def the_canary_itself_is_reached_if_env_passes_it(world):
    probe = Probe(world, "--env", "STOCKADE_PROBE_CANARY")
    assert probe.status == 1, probe.done
    assert probe.verdicts("read a variable made for this") == {"REACHED"}


@t.test
def it_stands_in_the_place_of_a_command(world):
    probe = Probe(world, "python", "--", "/usr/bin/python3", "-c", "pass")
    assert probe.status == 0, probe.done


@t.test
def it_is_125_where_it_cannot_be_tried_2_where_it_is_not_understood(world):
    wanted = {("no-such-profile",): 125, ("--", "/no/such/program"): 127,
              ("--bogus",): 2, ("node", "python"): 2,
              ("--profile", "node", "python"): 2,
              ("--rw", "/etc"): 125}
    for arguments, status in wanted.items():
        probe = Probe(world, *arguments)
        assert probe.status == status, (arguments, probe.done)
        assert probe.done.stderr, arguments
        assert not probe.done.stdout, arguments
    done = world.stockade("profile", "show", "--probe", "node")
    assert done.returncode == 2, done


@t.test
def in_text_there_is_a_line_for_each_and_a_sum(world):
    done = world.stockade("profile", "test", "--probe")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done
    assert all(line.startswith(("held ", "nothing ")) for line in lines[:-1])
    assert lines[-1].endswith(" 0 reached"), lines[-1]


@t.test
def it_leaves_nothing_behind_but_its_sessions_in_the_log(world):
    before = set(glob.glob("/tmp/stockade-probe-*"))
    probe = Probe(world, "--rw", world.work)
    assert probe.status == 0, probe.reached()
    assert not os.listdir(world.work) and not os.listdir(world.home)
    ours = {path for path in glob.glob("/tmp/stockade-probe-*")
            if os.stat(path).st_uid == os.geteuid()} - before
    assert len(ours) <= 1, ours  # of a neighbour, perhaps
    assert len(world.sessions()) == 1


@t.test
def bare_the_same_acts_reach_what_they_are_for(world):
    new = os.path.join(world.top, "new")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        tcp = f"tcp:127.0.0.1 {server.getsockname()[1]}"
        wanted = ["read:/etc/passwd", "read:/sys", f"write:{new}", tcp,
                  "env:NOT_THERE,HOME", f"pidfd:{os.getpid()}",
                  "kernel:new_privileges",
                  "kernel:no_filter", "kernel:setuid_file"]
        got = bare(*wanted)
    assert {act: got[act] for act in wanted} == dict.fromkeys(wanted, 0), got
    with open(new, encoding="ascii") as file:
        assert file.read() == "NONCE"
    assert bare("env:NOT_THERE")["env:NOT_THERE"] < 0
    assert bare("read:/no/such")["read:/no/such"] < 0


@t.test
def bare_roots_acts_reach_the_kernels_interfaces(world):
    if not AS_ROOT:
        names = ["keyctl", "request_key", "module"]
        got = bare(*(f"kernel:{name}" for name in names))
        assert any(result == 0 for result in got.values()), got
        return
    names = ["mount", "mountns", "netns", "umount", "open_tree", "chroot",
             "setuid", "setgid", "setgroups", "device", "capabilities",
             "keyctl", "sethostname", "raw_socket", "packet_socket"]
    got = bare(*(f"kernel:{name}" for name in names),
               wrap=["unshare", "-m", "--propagation", "private"])
    refused = [act for act, result in got.items() if result != 0]
    assert not refused, {act: got[act] for act in refused}


t.main()
