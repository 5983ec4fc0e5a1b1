# SPDX-License-Identifier: Apache-2.0
"""What runs in the guest: the listed tests, as root and as a user, as TAP."""

import concurrent.futures
import io
import json
import os
import pwd
import re
import shutil
import sys
import tempfile
import threading

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


def log_in(name):
    """Two cgroups, as a login manager makes them: one for the session's
    processes in one that the user may make others in."""
    entry = pwd.getpwnam(name)
    for folder in (f"{CGROUP}/{name}", f"{CGROUP}/{name}/session"):
        write(os.path.join(os.path.dirname(folder), "cgroup.subtree_control"),
              CONTROLLERS)
        os.mkdir(folder)
        for file in ("", "cgroup.procs", "cgroup.subtree_control",
                     "cgroup.threads"):
            os.chown(os.path.join(folder, file), entry.pw_uid, entry.pw_gid)
    return folder


class Account(runner.Account):
    """An account whose programs run in the cgroup of its login."""

    def __init__(self, name):
        super().__init__(name, tempfile.mkdtemp(
            prefix="stockade-tests.", dir="/tmp"))
        self.cgroup = log_in(name)

    def popen_args(self):
        return {}

    def command(self, words):
        return ["/bin/sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"',
                self.cgroup, "/usr/bin/setpriv", f"--reuid={self.uid}",
                f"--regid={self.gid}", "--clear-groups", *words]


class Report:
    """Points go out as they come; the plan, which only now is known, last."""

    def __init__(self):
        self.number = 0
        self.lock = threading.Lock()

    def say(self, text):
        with self.lock:
            print(text, flush=True)

    def outcome(self, which, test, outcome):
        where = f"{which}: {test['name']}: "
        points = [("ok", where + what, "") for what in outcome.passed]
        points += [("not ok", where + what, "") for what in outcome.failed]
        points += [("ok", where + what.split(":")[0], f" # SKIP {what}")
                   for what in outcome.skipped]
        with self.lock:
            for word, name, directive in points:
                self.number += 1
                print(f"{word} {self.number} - {name}{directive}")
            if outcome.planned:
                print(f"# plan: {where}{outcome.planned}", flush=True)

    def end(self):
        self.say(f"1..{self.number}")


def run(report, which, test, account):
    only = {"TAP_ONLY": "\n".join(test["only"][which])}
    test = {**test, "cmd": account.command(test["cmd"]),
            "env": {**test["env"], **only}}
    log = io.StringIO()
    outcome = runner.run_one(test, account, log)
    plans = re.findall(r"^1\.\.(\d+)", log.getvalue(), re.M)
    outcome.planned = sum(map(int, plans))
    report.outcome(which, test, outcome)


def main():
    report = Report()
    runner.say = lambda text: report.say(
        "\n".join("# " + line for line in text.splitlines()))
    with open("/tests.json", encoding="utf-8") as file:
        tests = json.load(file)
    report.say(f"# {os.uname().release}, {len(tests)} test programs")
    accounts = {"root": Account("root"), "user": Account(USER)}
    runs = [(which, test) for test in tests for which in test["passes"]]
    # The longest first, so that none is alone at the end.
    runs.sort(key=lambda run: -run[1]["timeout"])
    alone = [each for each in runs if "alone" in each[1]["suites"]]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = [pool.submit(run, report, which, test, accounts[which])
                for which, test in runs if (which, test) not in alone]
    for one in done:
        one.result()
    for which, test in alone:
        run(report, which, test, accounts[which])
    for account in accounts.values():
        shutil.rmtree(account.work, ignore_errors=True)
    report.end()


main()
