#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests that meson knows, as root or as an unprivileged user.

meson test would run them too, but as one user and into files of that user,
and it counts programs; here the tests inside them are counted.

Suites that steer: "root" runs in root's pass only, "user" in the other,
"once" in the user's pass only (nothing in it depends on who runs it), "guest"
nowhere but in the second kernel (tests/guest).
All other tests run in both.
"""

import argparse
import concurrent.futures
import fnmatch
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import tap

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SKIP_STATUS = 77
# meson's own time-outs are for an idle machine.
PATIENCE = 4
print_lock = threading.Lock()


def say(text):
    with print_lock:
        print(text, flush=True)


def load_tests(build):
    listing = subprocess.run(["meson", "introspect", "--tests", build],
                             check=True, capture_output=True, text=True)
    tests = json.loads(listing.stdout)
    for test in tests:
        # Where meson would start it: its arguments may be relative to there.
        test["workdir"] = test["workdir"] or os.path.realpath(build)
        test["suites"] = [s.split(":")[-1] for s in test["suite"]]
    return tests


def belongs(test, as_root, in_guest=False):
    if "guest" in test["suites"] and not in_guest:
        return False
    if "root" in test["suites"]:
        return as_root
    if "user" in test["suites"] or "once" in test["suites"]:
        return not as_root
    return True


def wanted(test, names):
    if not names:
        return True
    return any(name in test["suites"] or fnmatch.fnmatch(test["name"], name)
               or test["name"].startswith(name.rstrip("/") + "/")
               for name in names)


class Account:
    """Whom a pass runs as, with a folder for all of it."""

    def __init__(self, user, work):
        entry = pwd.getpwnam(user) if user else pwd.getpwuid(os.geteuid())
        self.name, self.uid, self.gid = entry.pw_name, entry.pw_uid, entry.pw_gid
        self.work = work
        os.chmod(work, 0o711)

    def foreign(self):
        return self.uid != os.geteuid()

    def make_home(self):
        """One for each program: they run side by side, and each looks at what
        it finds in the log."""
        home = tempfile.mkdtemp(prefix="home.", dir=self.work)
        if self.foreign():
            os.chown(home, self.uid, self.gid)
        return home

    def environment(self, extra):
        env = {"PATH": PATH, "HOME": self.make_home(), "USER": self.name,
               "LOGNAME": self.name, "SHELL": "/bin/sh", "LANG": "C.UTF-8"}
        if os.environ.get("CI"):
            env["CI"] = os.environ["CI"]
        env.update(extra)
        return env

    def popen_args(self):
        if not self.foreign():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def processes(self):
        """What this account still runs; only telling when it is not ours."""
        found = subprocess.run(["ps", "-o", "pid=,args=", "-u", str(self.uid)],
                               capture_output=True, text=True)
        return found.stdout.splitlines()


def run_program(test, account, out):
    """Status of the program, None when it ran out of time."""
    try:
        process = subprocess.Popen(
            test["cmd"], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
            cwd=test["workdir"],
            env=account.environment(test["env"]), **account.popen_args())
    except OSError as error:
        out.write(f"{error}\n".encode())
        return 127
    try:
        return process.wait(test["timeout"] * PATIENCE or None)
    except subprocess.TimeoutExpired:
        return None
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def judge(test, text, status):
    if status is None:
        outcome = tap.parse(text, 0)
        outcome.failed = [f"no end after {test['timeout'] * PATIENCE} s"]
        return outcome
    if test["protocol"] == "tap":
        return tap.parse(text, status)
    outcome = tap.Outcome()
    if status == 0:
        outcome.passed.append("ends with status 0")
    elif status == SKIP_STATUS:
        outcome.skipped.append("status 77")
    else:
        outcome.fail(f"ended with status {status}")
    return outcome


def run_one(test, account, log):
    began = time.monotonic()
    with tempfile.TemporaryFile(dir=account.work) as out:
        status = run_program(test, account, out)
        out.seek(0)
        text = out.read().decode(errors="backslashreplace")
    outcome = judge(test, text, status)
    took = time.monotonic() - began
    with print_lock:
        log.write(f"==== {test['name']} (status {status}, {took:.1f} s)\n")
        log.write(text if text.endswith("\n") or not text else text + "\n")
        log.flush()
    say(line_for(test, outcome, took))
    for what in outcome.failed:
        say(f"       not ok: {what}")
    for what in outcome.skipped:
        say(f"       skipped: {what}")
    if outcome.failed:
        say_indented(text)
    return outcome


def line_for(test, outcome, took):
    word = "FAIL" if outcome.failed else "ok" if outcome.passed else "skip"
    parts = [f"{len(outcome.passed)} passed"]
    parts += [f"{len(outcome.failed)} failed"] * bool(outcome.failed)
    parts += [f"{len(outcome.skipped)} skipped"] * bool(outcome.skipped)
    return f"{word:<5}{test['name']:<36} {', '.join(parts)} ({took:.1f} s)"


def say_indented(text):
    """The end of what a failed program said; all of it is in the log."""
    lines = [line for line in text.splitlines()
             if not re.match(r"ok\b", line)][-60:]
    say("\n".join("       | " + line for line in lines))


def run_all(tests, account, log, jobs):
    tests = sorted(tests, key=lambda t: -t["timeout"])
    outcomes = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        together = [t for t in tests if t["is_parallel"]]
        outcomes += pool.map(lambda t: run_one(t, account, log), together)
    for test in tests:
        if not test["is_parallel"]:
            outcomes.append(run_one(test, account, log))
    return outcomes


def leftovers(account):
    """A pass leaves no process: those of an account of its own can be told."""
    outcome = tap.Outcome()
    if not account.foreign():
        return outcome
    for _ in range(30):
        left = account.processes()
        if not left:
            outcome.passed.append("nothing is left running")
            return outcome
        time.sleep(0.1)
    outcome.fail("processes left running: " + "; ".join(left))
    say("FAIL nothing is left running\n       " + outcome.failed[0])
    return outcome


def result_path(build, which):
    return os.path.join(build, f"tests-{which}.json")


def open_new(path):
    """Replaces a file that another user may own, in a folder of ours."""
    if os.path.exists(path):
        os.unlink(path)
    return open(path, "w", encoding="utf-8")


def run_pass(args):
    as_root = args.which == "root"
    if as_root != (os.geteuid() == 0 and not args.user):
        sys.exit(f"runner: the pass '{args.which}' needs another user")
    known = load_tests(args.build)
    for name in args.names:
        if not any(wanted(t, [name]) for t in known):
            sys.exit(f"runner: no test is called {name}")
    tests = [t for t in known
             if belongs(t, as_root) and wanted(t, args.names)]
    work = tempfile.mkdtemp(prefix="stockade-tests.", dir="/tmp")
    try:
        account = Account(args.user, work)
        say(f"-- as {account.name}: {len(tests)} test programs")
        with open_new(os.path.join(args.build, f"tests-{args.which}.log")) as log:
            outcomes = run_all(tests, account, log, os.cpu_count() or 1)
            if tests:
                outcomes.append(leftovers(account))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    totals = {
        "passed": sum(len(o.passed) for o in outcomes),
        "failed": sum(len(o.failed) for o in outcomes),
        "skipped": sum(len(o.skipped) for o in outcomes),
    }
    with open_new(result_path(args.build, args.which)) as out:
        json.dump(totals, out)
    return 1 if totals["failed"] else 0


def sum_up(build):
    """The closing line over all passes that left a result."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for which in ("root", "user"):
        try:
            with open(result_path(build, which), encoding="utf-8") as file:
                part = json.load(file)
        except FileNotFoundError:
            say(f"the pass '{which}' did not report")
            total["failed"] += 1
            continue
        for key in total:
            total[key] += part[key]
    if os.environ.get("CI") == "true" and total["skipped"]:
        say(f"with CI=true a skip is a failure: {total['skipped']} of them")
        total["failed"] += total["skipped"]
        total["skipped"] = 0
    if total["passed"] + total["failed"] == 0:
        say("no test ran")
        total["failed"] = 1
    print(f"{total['passed']} passed, {total['failed']} failed, "
          f"{total['skipped']} skipped", flush=True)
    return 1 if total["failed"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pass", dest="which", choices=["root", "user"])
    parser.add_argument("--user", help="whom to run as, for root")
    parser.add_argument("--sum", action="store_true",
                        help="print the closing line of earlier passes")
    parser.add_argument("build")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    return sum_up(args.build) if args.sum else run_pass(args)


if __name__ == "__main__":
    sys.exit(main())
