# SPDX-License-Identifier: Apache-2.0
"""One run of `stockade run` with a hostile peer, and what must hold of any.

A World is a folder with a HOME, a state folder and a folder to grant, all of
its own; a Run is one session in it. Run.end() checks what no test may break:
stockade itself is not ended by a signal, nothing is left running, and the log
verifies.
"""

import concurrent.futures
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = sys.argv[1]
STOCKADE = os.path.join(BUILD, "launcher", "stockade")
BAD = os.path.join(BUILD, "tests", "hostile", "bad_server")
AS_ROOT = os.geteuid() == 0
PATIENCE = 60  # only to tell a hang from a slow machine
HANG_S = 45  # the same, where something has seconds to end
PATH = "/usr/local/bin:/usr/bin:/bin"
PARALLEL = 6
count_lock = threading.Lock()


class Counter:
    value = 0

    @classmethod
    def next(cls):
        with count_lock:
            cls.value += 1
            return cls.value


class World:
    """Folders of one test; gone when the test is."""

    def __init__(self):
        top = os.environ.get("HOME", "/var/tmp")
        self.top = tempfile.mkdtemp(prefix="bad.", dir=top)
        self.home, self.state, self.work = (
            self.folder(name) for name in ("home", "state", "work"))
        self.seen = os.path.join(self.work, "seen")
        self.env = {"PATH": PATH, "HOME": self.home, "LANG": "C.UTF-8",
                    "XDG_STATE_HOME": self.state}

    def folder(self, name, mode=0o700):
        path = os.path.join(self.top, name)
        os.mkdir(path, mode)
        return path

    def file(self, name, text="", mode=0o600):
        path = os.path.join(self.top, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def audit(self):
        return os.path.join(self.state, "stockade", "audit")

    def stockade(self, *arguments, wrap=(), env=None):
        """A verb to its end, with nothing on its stdin."""
        return subprocess.run(
            [*wrap, STOCKADE, *arguments], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="backslashreplace",
            timeout=PATIENCE, env=env or self.env, cwd=self.work)

    def sessions(self, audit=None):
        """The records of all sessions of servers, by session."""
        return {k: v for k, v in self.logs(audit).items()
                if not purpose(v)}

    def deeds(self):
        """Those of what somebody did outside one, the oldest first."""
        return sorted((v for v in self.logs().values() if purpose(v)),
                      key=lambda v: v[0]["time"])

    def logs(self, audit=None):
        """The records of all, by session."""
        audit, found = audit or self.audit(), {}
        for name in sorted(os.listdir(audit) if os.path.isdir(audit) else []):
            if not re.match(r"\d{4}-\d\d-\d\d-", name):
                continue
            with open(os.path.join(audit, name), "rb") as file:
                lines = file.read().split(b"\n")
            found[name[11:-6]] = [json.loads(x) for x in lines[:-1]]
        return found

    def records(self):
        """Those of the only session."""
        sessions = self.sessions()
        assert len(sessions) == 1, f"{len(sessions)} sessions in the log"
        return next(iter(sessions.values()))

    def verify(self, expected=0):
        done = self.stockade("verify")
        assert done.returncode == expected, (done.stdout, done.stderr)
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        subprocess.run(["chmod", "-R", "u+rwX", self.top], check=False)
        shutil.rmtree(self.top, ignore_errors=True)


def processes(word):
    """Those with that word among their arguments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if word.encode() in words and state_of(pid) not in "ZX":
                found.append(int(pid))
        except OSError:
            continue
    return found


def stat_of(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


def state_of(pid):
    return stat_of(pid)[0].decode()


def descendants(root):
    """(pid, start time) of all that stand below it."""
    children = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = stat_of(pid)
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append((int(pid), fields[19]))
    found, todo = [], [root]
    while todo:
        for child in children.get(todo.pop(), []):
            found.append(child)
            todo.append(child[0])
    return found


def alive(known):
    found = []
    for pid, started in known:
        try:
            fields = stat_of(pid)
        except OSError:
            continue
        if fields[19] == started and fields[0] not in (b"Z", b"X"):
            found.append(pid)
    return found


def wait_for(condition, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout} s for {what}"
        time.sleep(0.02)


class Run:
    """A session with the bad server; .said is stderr, .lines are stdout's."""

    def __init__(self, world, way="serve", options=(), wrap=(), record=False,
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, env=None, reads=True, server=BAD,
                 more=(), **popen):
        self.world, self.said, self.known = world, b"", set()
        self.word = f"bad-{os.getpid()}-{Counter.next()}"
        options = [*options, *(["--rw", world.work] if record else [])]
        self.process = subprocess.Popen(
            [*wrap, STOCKADE, "run", *options, "--", server, way, *more,
             self.word, *([world.seen] if record else [])],
            stdin=stdin, stdout=stdout, stderr=stderr, cwd=world.work,
            env={**world.env, **(env or {})}, **popen)
        self.lines, self.readers = queue.Queue(), []
        if stdout == subprocess.PIPE and reads:
            self.start_reader(self.read_lines)
        if stderr == subprocess.PIPE and reads:
            self.start_reader(self.read_said)

    def start_reader(self, function):
        reader = threading.Thread(target=function, daemon=True)
        reader.start()
        self.readers.append(reader)

    def read_lines(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def read_said(self):
        while piece := os.read(self.process.stderr.fileno(), 1 << 16):
            self.said += piece

    def send(self, data):
        """What does not arrive is not answered: that is seen there."""
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def receive(self, timeout=PATIENCE):
        """The next message, None at the end of stdout."""
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(
                f"no answer in {timeout} s; stderr: {self.said!r}") from None
        if line is None:
            self.lines.put(None)
            return None
        assert line.endswith(b"\n"), f"half a line: {line[-80:]!r}"
        return json.loads(line)

    def call(self, number, tool="t"):
        self.send(request(number, tool))

    def answer(self, number):
        message = self.receive()
        assert message is not None, f"end of stdout; stderr: {self.said!r}"
        assert message.get("id") == number and "method" not in message, message
        return message

    def ask(self, number, tool="t"):
        self.call(number, tool)
        return self.answer(number)

    def rest(self):
        """All that is left on stdout."""
        messages = []
        while (message := self.receive()) is not None:
            messages.append(message)
        return messages

    def ours(self):
        """stockade's own processes, the supervisor first."""
        found = []
        for pid in processes(self.word):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    first = file.read().split(b"\0")[0]
            except OSError:
                continue
            if first == STOCKADE.encode():
                found.append(pid)
        return sorted(found, key=lambda pid: pid != self.process.pid)

    def peak_kib(self):
        """The most memory any of our processes has had."""
        peaks = []
        for pid in self.ours():
            try:
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    hit = re.search(r"VmHWM:\s+(\d+) kB", file.read())
                peaks.append(int(hit[1]) if hit else 0)
            except OSError:
                continue
        assert peaks, "no process of stockade's to measure"
        return max(peaks)

    def remember(self):
        """Notes what runs now, whatever it calls itself."""
        self.known |= set(descendants(self.process.pid))
        return self.known

    def left(self):
        """What of the run still runs, whatever it calls itself."""
        return processes(self.word) or alive(self.known)

    def hang_up(self):
        if self.process.stdin and not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass

    def wait(self):
        """The status, and that nothing stays."""
        status = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join(PATIENCE)
            assert not reader.is_alive(), "somebody still has our output"
        wait_for(lambda: not self.left(), "the end of all that was started", HANG_S)
        assert status >= 0, f"stockade died of {status}: {self.text()}"
        assert "Sanitizer" not in self.text(), self.text()
        return status

    def end(self, status=None, verify=0):
        """End of file to the session, its status, its log."""
        self.hang_up()
        got = self.wait()
        if status is not None:
            assert got == status, f"status {got}, not {status}: {self.text()}"
        if verify is not None:
            self.world.verify(verify)
        return got

    def text(self):
        return self.said.decode(errors="backslashreplace")

    def ours_said(self):
        return [line for line in self.text().split("\n")
                if line.startswith("stockade: ")]

    def expect_line(self, pattern, times=1):
        hits = [x for x in self.ours_said() if re.search(pattern, x)]
        assert len(hits) == times, f"{pattern}: {hits}\n{self.text()}"

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self.readers:
            reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass


def request(number, tool="t"):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                       "params": {"name": tool}}).encode() + b"\n"


def is_fine(message):
    assert "result" in message, message
    return message["result"]["content"][0]["text"] == "fine" \
        and not message["result"].get("isError")


def is_refusal(message):
    """An error, or a result that says it is one."""
    if "error" in message:
        return True
    result = message["result"]
    return result.get("isError") is True and "structuredContent" not in result


def purpose(records):
    return records and records[0].get("client", {}).get("purpose")


def of_type(records, kind):
    return [r for r in records if r["type"] == kind]


def check_log(world, answered=(), records=None, late=False):
    """What the server saw is in the log, what the client got too.

    answered: the ids that the client had an answer to.
    late: thousands of results are due at once, and a busy machine may not take
    all within the deadline; then the log says how many.
    """
    records = world.records() if records is None else records
    calls = {r["call"]: r for r in of_type(records, "call")}
    results = of_type(records, "result")
    assert len({r["call"] for r in results}) == len(results), "two results"
    passed = [c["rpc_id"] for c in calls.values()
              if c["decision"] in ("client", "allow", "ask")]
    seen = []
    if os.path.exists(world.seen):
        with open(world.seen, "rb") as file:
            seen = [str(json.loads(x)["id"]) for x in file]
    missing = [i for i in seen if i not in passed]
    assert not missing, f"seen by the server, not in the log: {missing}"
    told = {calls[r["call"]]["rpc_id"] for r in results}
    missing = [i for i in map(str, answered) if i not in told]
    assert not missing, f"answered to the client, not in the log: {missing}"
    if records[-1]["type"] == "session.end":
        open_calls = set(calls) - {r["call"] for r in results}
        told = max((r.get("count", 1) for r in of_type(records, "anomaly")
                    if r["kind"] == "unrecorded"), default=0)
        assert not open_calls or late and told >= len(open_calls), \
            f"calls without a result ({told} told): {open_calls}"
    return calls, results


class Script:
    """Tests side by side, each in a world of its own; TAP in their order."""

    def __init__(self):
        self.tests = []

    def test(self, function):
        self.tests.append((function.__name__, function))
        return function

    def root(self, function):
        """A test for root alone; `user` is for all others."""
        return self.test(function) if AS_ROOT else function

    def user(self, function):
        return function if AS_ROOT else self.test(function)

    def add(self, name, function, *args):
        self.tests.append((name, lambda world: function(world, *args)))

    def main(self):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
        wanted = [(name, function) for name, function in self.tests
                  if not sys.argv[2:] or name in sys.argv[2:]]
        print(f"1..{len(wanted)}")
        bad = 0
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            waiting = [(name, pool.submit(self.try_one, function))
                       for name, function in wanted]
            for number, (name, future) in enumerate(waiting, 1):
                why, took = future.result()
                for line in why.splitlines():
                    print(f"# {line}")
                bad += bool(why)
                print(f"{'not ok' if why else 'ok'} {number} - {name}")
                print(f"# {took:.1f} s")
        sys.exit(1 if bad else 0)

    @staticmethod
    def try_one(function):
        began = time.monotonic()
        why = ""
        try:
            with World() as world:
                function(world)
        except Exception:  # whatever it was, it is this test's
            why = traceback.format_exc()
        return why, time.monotonic() - began
