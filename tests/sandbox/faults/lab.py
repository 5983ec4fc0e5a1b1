# SPDX-License-Identifier: Apache-2.0
"""Runs of stockade under the tool `fault`, each with a state folder of its
own, and what they leave behind."""

import concurrent.futures
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../lib"))
import tap  # noqa: E402,F401  (for those who use us)

WORKERS = 2
NOBODY = 65534
AUDIT = re.compile(r"stockade/audit(/(key|ledger\.jsonl|"
                   r"\d{4}-\d\d-\d\d-[0-9a-f]{32}\.jsonl))?|stockade"
                   r"|stockade/state(/.*)?"
                   r"|stockade/pins(/[a-z]+-[0-9a-f]{16}"
                   r"(/[0-9a-f]{8}-[0-9a-f]{16}-[0-9a-f]{2}\.pins)?)?")
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")


def read(path):
    """What there is to read, if anything."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


class Run:
    """What one run came to, from the tool's report and standard error."""

    def __init__(self, report, said):
        self.calls, self.loader, self.own, self.crashes = [], [], [], []
        self.hit = self.executed = False
        self.hang = self.left = self.end = None
        for line in report.splitlines():
            word, _, rest = line.partition(" ")
            self._take(word, rest)
        self.said = [x for x in said.splitlines() if x.startswith("stockade: ")]
        self.facts = [x for x in said.splitlines() if x.startswith("FACT ")]
        self.text = said

    def _take(self, word, rest):
        if word == "CALL":
            process, place, occurrence, _ = rest.split()
            self.calls.append((process, place, int(occurrence)))
        elif word == "LOADER":
            self.loader.append(rest)
        elif word == "OWN":
            self.own.append(rest)
        elif word == "CRASH":
            self.crashes.append(rest)
        elif word == "HANG":
            self.hang = rest
        elif word == "LEFT":
            self.left = rest
        elif word == "END":
            how, number = rest.split()
            self.end = int(number) if how == "exit" else -int(number)
        elif word == "HIT":
            self.hit = True
        elif word == "EXECUTED":
            self.executed = True


class Lab:
    """A folder with grants, and runs in it."""

    def __init__(self, build):
        tools = os.path.join(build, "tests/sandbox/faults")
        self.stockade = os.path.join(build, "launcher/stockade")
        self.fault = os.path.join(tools, "fault")
        self.facts = os.path.join(tools, "facts")
        self.live = os.path.join(tools, "live")
        # Neither below /tmp nor below HOME: there Landlock lets the server
        # write, and no fact would tell that it is gone.
        self.work = tempfile.mkdtemp(prefix="faults.", dir="/var/tmp")
        self.runs = 0
        self._make_grants()
        self.mounts = self._mounts()

    def _make_grants(self):
        self.rw = os.path.join(self.work, "rw")
        self.ro = os.path.join(self.work, "ro")
        os.makedirs(os.path.join(self.rw, ".git"))
        os.mkdir(self.ro)
        for path in ("rw/private", "rw/.git/config", "ro/private"):
            with open(os.path.join(self.work, path), "w") as out:
                out.write("text\n")
            os.chmod(os.path.join(self.work, path), 0o600)
        os.mkfifo(os.path.join(self.ro, "fifo"), 0o666)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.ro, "socket"))
        self.listener.listen(1)
        if os.geteuid() == 0:
            for path in (self.ro, os.path.join(self.ro, "private")):
                os.chown(path, NOBODY, NOBODY)
        os.mkdir(os.path.join(self.work, "home"))

    def close(self):
        self.listener.close()
        shutil.rmtree(self.work)

    def environment(self, state):
        return {"PATH": "/usr/bin:/bin", "HOME": os.path.join(self.work, "home"),
                "LANG": "C.UTF-8", "XDG_STATE_HOME": state,
                "STOCKADE_TEST_MARK": self.work}

    def options(self):
        # With something to ask, so that there is a control socket too.
        return ["--rw", self.rw, "--ro", self.ro, "--state",
                "--ask", "nothing"]

    def facts_command(self):
        outside = [os.readlink(f"/proc/self/ns/{n}") for n in NAMESPACES]
        return [self.stockade, "run", *self.options(), "--",
                self.facts, self.rw, self.ro, *outside]

    def live_command(self, *arguments):
        return [self.stockade, "run", *self.options(), "--", self.live,
                *arguments]

    def run(self, mode, command, tool_options=()):
        """One run; what is wrong with what it left is in .faults."""
        self.runs += 1
        folder = tempfile.mkdtemp(prefix="run.", dir=self.work)
        state = os.path.join(folder, "state")
        os.mkdir(state)
        report = os.path.join(folder, "report")
        said = os.path.join(folder, "said")
        with open(said, "wb") as err:
            status = subprocess.run(
                [self.fault, "-o", report, *tool_options, *mode, "--",
                 *command], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=err, cwd=self.work,
                env=self.environment(state)).returncode
        with open(report, errors="backslashreplace") as r, \
                open(said, errors="backslashreplace") as s:
            run = Run(r.read(), s.read())
        assert status == 0, f"fault ended with status {status}: {run.text}"
        run.faults = self.leftovers(run) + self.log_faults(state)
        shutil.rmtree(folder)
        return run

    @staticmethod
    def leftovers(run):
        faults = []
        if run.crashes:
            faults.append("crash: " + ", ".join(run.crashes))
        if run.hang is not None:
            faults.append(f"hang, alive: {run.hang}")
        if run.left is not None:
            faults.append(f"outlived the supervisor: {run.left}")
        return faults

    def pin_faults(self, state):
        """What is kept of definitions is whole, wherever it ended."""
        if not os.path.isdir(os.path.join(state, "stockade/pins")):
            return []
        done = subprocess.run([self.stockade, "pin", "list"],
                              capture_output=True, text=True,
                              env=self.environment(state))
        return [] if done.returncode in (0, 1) else \
            [f"pin list {done.returncode}: {done.stderr}".strip()]

    def log_faults(self, state):
        faults = self.pin_faults(state) + [f"left in the state folder: {path}" for path in
                  (os.path.relpath(os.path.join(top, name), state)
                   for top, folders, files in os.walk(state)
                   for name in folders + files)
                  if not AUDIT.fullmatch(path)]
        audit = os.path.join(state, "stockade/audit")
        if not os.path.isdir(audit) or \
                not any(n.endswith(".jsonl") for n in os.listdir(audit)):
            return faults
        done = subprocess.run([self.stockade, "verify"], capture_output=True,
                              text=True, env=self.environment(state))
        if done.returncode != 0:
            faults.append(f"verify {done.returncode}: "
                          f"{done.stdout}{done.stderr}".strip())
        return faults

    @staticmethod
    def _mounts():
        with open("/proc/self/mountinfo") as table:
            return {line.split(" ", 2)[2] for line in table}

    def sockets(self):
        folder = f"{self.work}/home/.local/state/stockade/run/approve"
        return os.listdir(folder) if os.path.isdir(folder) else []

    def host_faults(self):
        """Mounts, cgroups and processes that the host has since."""
        faults = [f"mount: {m}" for m in self._mounts() - self.mounts]
        for top, folders, _ in os.walk("/sys/fs/cgroup"):
            faults += [f"cgroup: {top}/{name}" for name in folders
                       if name.startswith("stockade-")]
        faults += [f"socket: {name}" for name in self.sockets()]
        for pid in filter(str.isdigit, os.listdir("/proc")):
            # Of one that is not dumpable the environment cannot be read.
            text = read(f"/proc/{pid}/cmdline") + read(f"/proc/{pid}/environ")
            if self.work.encode() in text and int(pid) != os.getpid():
                faults.append(f"process {pid}: {text[:200]!r}")
        return faults


def side_by_side(function, items, workers=WORKERS):
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))
