# SPDX-License-Identifier: Apache-2.0
"""What runs in the guest: the listed tests, as root and as a user, as TAP."""

import io
import json
import os
import pwd
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

import runner  # noqa: E402

CGROUP = "/sys/fs/cgroup"
CONTROLLERS = "+memory +pids +cpu"
USER = "guest"
# Emulation is slow.
runner.PATIENCE = 20


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def delegate(user):
    """A cgroup of the user's own, as a login manager would give one."""
    entry = pwd.getpwnam(user)
    write(f"{CGROUP}/cgroup.subtree_control", CONTROLLERS)
    for folder in (f"{CGROUP}/user", f"{CGROUP}/user/tests"):
        os.mkdir(folder)
        for name in ("", "cgroup.procs", "cgroup.subtree_control",
                     "cgroup.threads"):
            os.chown(os.path.join(folder, name),
                     entry.pw_uid, entry.pw_gid)
        if not folder.endswith("tests"):
            write(f"{folder}/cgroup.subtree_control", CONTROLLERS)
    return f"{CGROUP}/user/tests"


class Report:
    """Points go out as they come; the plan, which only now is known, last."""

    def __init__(self):
        self.number = 0

    def point(self, passed, name, directive=""):
        self.number += 1
        print(f"{'ok' if passed else 'not ok'} {self.number} - {name}"
              f"{directive}", flush=True)

    def outcome(self, who, test, outcome):
        where = f"{who}: {test['name']}: "
        for what in outcome.passed:
            self.point(True, where + what)
        for what in outcome.failed:
            self.point(False, where + what)
        for what in outcome.skipped:
            self.point(True, where + what.split(":")[0], f" # SKIP {what}")

    def end(self):
        print(f"1..{self.number}", flush=True)


def one_pass(report, user, tests):
    work = tempfile.mkdtemp(prefix="stockade-tests.", dir="/tmp")
    account = runner.Account(user, work)
    for test in tests:
        if runner.belongs(test, account.uid == 0, in_guest=True):
            outcome = runner.run_one(test, account, io.StringIO())
            report.outcome(account.name, test, outcome)
    shutil.rmtree(work, ignore_errors=True)


def main():
    runner.say = lambda text: print(
        "\n".join("# " + line for line in text.splitlines()), flush=True)
    with open(os.path.join("/", "tests.json"), encoding="utf-8") as file:
        tests = json.load(file)
    print(f"# {os.uname().release}, {len(tests)} test programs", flush=True)
    report = Report()
    one_pass(report, None, tests)
    # From here on in a cgroup of the user's, as after a login.
    write(os.path.join(delegate(USER), "cgroup.procs"), "0")
    one_pass(report, USER, tests)
    report.end()


main()
