# SPDX-License-Identifier: Apache-2.0
"""stockade log and stockade verify, and the checker in the manual.

Usage: test_audit.py STOCKADE MAKE_LOG MANUAL
"""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
import tap  # noqa: E402

STOCKADE, MAKE_LOG, MANUAL = sys.argv[1:4]
ONE = "11110000000000000000000000000001"
TWO = "22220000000000000000000000000002"
THREE = "33330000000000000000000000000003"

t = tap.Script()


def environment(home):
    return {"HOME": home, "PATH": os.environ["PATH"], "TZ": "UTC",
            "COLUMNS": "100", "ASAN_OPTIONS": os.environ.get(
                "ASAN_OPTIONS", "")}


@contextlib.contextmanager
def home(*sessions):
    """A home whose log has these (session, calls)."""
    path = tempfile.mkdtemp(prefix="stockade-audit-")
    try:
        make(path, *sessions)
        yield path
    finally:
        shutil.rmtree(path)


def make(path, *sessions, option=()):
    words = [str(word) for session in sessions for word in session]
    if words:
        subprocess.run([MAKE_LOG, *option, *words], env=environment(path),
                       check=True, stderr=subprocess.DEVNULL)


def stockade(path, *words, status=0, **more):
    done = subprocess.run([STOCKADE, *words], env=environment(path) | more,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (
        f"{words}: {done.returncode}, not {status}\n"
        f"{done.stdout}\n{done.stderr}")
    return done.stdout


def audit(path):
    return pathlib.Path(path) / ".local/state/stockade/audit"


def file_of(path, session):
    return next(audit(path).glob(f"*-{session}.jsonl"))


def records(path, session):
    return [json.loads(line) for line in file_of(path, session).open()]


def change(file, old, new):
    text = file.read_bytes()
    assert old in text
    mode = file.stat().st_mode
    file.chmod(0o600)
    file.write_bytes(text.replace(old, new, 1))
    file.chmod(mode & 0o777)


def checker():
    """The checker in the manual, as its readers see it."""
    text = pathlib.Path(MANUAL).read_text()
    body = re.search(r"^\.Bd -literal.*?\n(import hashlib.*?)^\.Ed$", text,
                     re.S | re.M)[1]
    names = {"__name__": "manual"}
    exec(body.replace("\\e", "\\"), names)
    return names["check"]


@t.test
def the_manuals_checker_agrees():
    check = checker()
    with home((ONE, 5), (TWO, 0)) as path:
        ledger = [json.loads(line)
                  for line in (audit(path) / "ledger.jsonl").open()]
        for session in ONE, TWO:
            said = check(file_of(path, session), session)
            end = [line for line in ledger if line["session"] == session][-1]
            assert said == f"{end['count']} records, head {end['head']}", said
        assert check(audit(path) / "ledger.jsonl",
                     "ledger").startswith("4 records")
        change(file_of(path, ONE), b'"args_bytes":17', b'"args_bytes":18')
        assert check(file_of(path, ONE),
                     ONE) == "record 1 is not what it was"


@t.test
def the_manuals_program_runs():
    text = pathlib.Path(MANUAL).read_text()
    body = re.search(r"^\.Bd -literal.*?\n(import hashlib.*?)^\.Ed$", text,
                     re.S | re.M)[1].replace("\\e", "\\")
    with home((ONE, 1)) as path:
        said = subprocess.run(
            [sys.executable, "-c", body, str(file_of(path, ONE)),
             str(audit(path) / "ledger.jsonl")],
            capture_output=True, text=True, check=True).stdout
        assert len(re.findall("records, head", said)) == 2, said


@t.test
def hashes_are_keyed_as_the_manual_says():
    with home((ONE, 1)) as path:
        key = (audit(path) / "key").read_bytes()
        call, result = records(path, ONE)[1:3]
        arguments = bytes([1, 2, 3]) + bytes(29)
        want = hmac.new(key, b"test-server\0read_file\0" + arguments,
                        hashlib.sha256).hexdigest()
        assert call["args_hash"] == want
        answer = bytes([4, 5, 6]) + bytes(29)
        want = hmac.new(key, b"result_hash\0" + answer,
                        hashlib.sha256).hexdigest()
        assert result["result_hash"] == want


@t.test
def an_intact_log_passes():
    with home((ONE, 5), (TWO, 1)) as path:
        said = stockade(path, "verify")
        assert said == "2 sessions, 15 records: intact\n", said
        assert "intact" in stockade(path, "verify", ONE[:6])
        assert "intact" in stockade(path, "verify", str(file_of(path, ONE)))
        assert "2 sessions" in stockade(path, "verify", str(audit(path)))


@t.test
def the_changed_record_is_named():
    with home((ONE, 5)) as path:
        change(file_of(path, ONE), b'"cause":"server exited"',
               b'"cause":"server Exited"')
        last = len(records(path, ONE)) - 1
        said = stockade(path, "verify", status=1)
        assert f"line {last + 1}: record {last} was changed" in said, said
        assert "NOT INTACT, 1 tampered" in said, said
        lines = [json.loads(line) for line in stockade(
            path, "verify", "--json", status=1).splitlines()]
        assert lines[0]["file"] == "ledger.jsonl"
        assert lines[1]["state"] == "tampered"
        assert lines[1]["findings"][0]["what"] == "changed"
        assert lines[1]["findings"][0]["seq"] == last


@t.test
def a_missing_session_is_named():
    with home((ONE, 1), (TWO, 1)) as path:
        file_of(path, ONE).unlink()
        said = stockade(path, "verify", status=1)
        assert ONE in said and "is missing" in said, said
        (audit(path) / "ledger.jsonl").unlink()
        said = stockade(path, "verify", status=1)
        assert "the ledger is missing" in said, said


@t.test
def a_killed_session_is_cut_short_and_passes():
    with home((ONE, 1)) as path:
        make(path, (TWO, 3), option=["--killed"])
        said = stockade(path, "verify")
        assert "cut short" in said, said
        assert said.endswith("intact, 1 cut short\n"), said
        # A copy elsewhere, where nothing is locked, says the same.
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(audit(path), other + "/audit")
            assert "1 cut short" in stockade(path, "verify", other + "/audit")


@t.test
def a_running_session_passes():
    with home() as path:
        with subprocess.Popen([MAKE_LOG, "--held", ONE, "3"],
                              env=environment(path), text=True,
                              stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as held:
            assert held.stdout.readline() == "ready\n"
            assert "1 running" in stockade(path, "verify")
            held.stdin.close()
        assert stockade(path, "verify").endswith(": intact\n")


@t.test
def what_cannot_be_checked_is_no_tampering():
    with home() as path:
        stockade(path, "verify", status=125)
        stockade(path, "log", status=1)
        stockade(path, "verify", "--nonsense", status=2)
        stockade(path, "log", "operand", status=2)
    with home((ONE, 1)) as path:
        stockade(path, "verify", "abcdef", status=125)
        stockade(path, "verify", path + "/nothing", status=125)
        stockade(path, "verify", str(audit(path) / "key"), status=125)
        with open(path + "/copy\x1b.jsonl", "wb") as copy:
            copy.write(file_of(path, ONE).read_bytes())
        said = stockade(path, "verify", path + "/copy\x1b.jsonl")
        assert "\x1b" not in said and "intact" in said, said


@t.test
def the_table_is_readable_and_harmless():
    with home((ONE, 5)) as path:
        for columns in "80", "120":
            said = stockade(path, "log", COLUMNS=columns)
            lines = said.splitlines()
            assert all(len(line.rstrip()) <= int(columns) for line in lines), \
                said
            assert all(" " <= c <= "~" for line in lines for c in line), said
            assert lines[0].startswith("TIME "), said
            assert sum(line[:1].isdigit() for line in lines) == 12, said
        # Nothing of a long reason is lost, but for the spaces at its folds.
        flat = "".join(said.split())
        assert ("thepolicylistsnotoolofthisname,andwhatitdoesnotlistis"
                "notcalled") in flat, said
        assert "session start" in said and "> read_file" in said, said
        assert re.search(r"< read_file +ok +3 +170", said), said
        assert "\\x1b[31m" in said, said


@t.test
def filters_take_calls_with_their_results():
    with home((ONE, 5), (TWO, 1)) as path:
        def rows(*words, status=0):
            return [json.loads(line) for line in stockade(
                path, "log", "--json", *words, status=status).splitlines()]

        assert len(rows()) == 11 + 4
        assert {r["session"] for r in rows("--session", TWO[:4])} == {TWO}
        denied = rows("--decision", "deny")
        assert [r["tool"] for r in denied] == ["write_file"]
        read = rows("--tool", "read_*")
        assert len(read) == 8 and {r["type"] for r in read} == {
            "call", "result"}
        assert len(rows("--tool", "*_file")) == 9
        assert rows("--tool", "read", status=1) == []
        assert len(rows("--server", "test-server")) == 15
        assert rows("--server", "test", status=1) == []
        assert len(rows("--since", "1h", "--until", "2099-01-01")) == 15
        assert rows("--since", "2099-01-01", status=1) == []
        assert rows("--until", "yesterday", status=1) == []
        middle = records(path, ONE)[5]["time"]
        assert len(rows("--since", "today")) in (0, 15)
        assert 0 < len(rows("--since", middle)) <= 15
        stockade(path, "log", "--since", "soon", status=2)
        stockade(path, "log", "--decision", "dney", status=2)
        stockade(path, "log", "--session", "xyz", status=2)


@t.test
def json_is_the_log_as_it_is():
    with home((ONE, 5)) as path:
        assert stockade(path, "log",
                        "--json") == file_of(path, ONE).read_text()


@t.test
def sessions_side_by_side_are_merged_by_time():
    with home() as path:
        makers = [subprocess.Popen([MAKE_LOG, session, "50"],
                                   env=environment(path))
                  for session in (ONE, TWO, THREE)]
        assert all(maker.wait() == 0 for maker in makers)
        rows = [json.loads(line) for line in stockade(
            path, "log", "--json").splitlines()]
        assert len(rows) == 3 * (2 + 2 * 49 + 1)
        for session in ONE, TWO, THREE:
            seqs = [r["seq"] for r in rows if r["session"] == session]
            assert seqs == list(range(len(seqs)))
        heads = [r["time"] for r in rows if r["type"] == "session.start"]
        assert heads == sorted(heads)


def read_until(stream, word, times=1):
    """What a program prints until word has come that often, and the line."""
    said = b""
    while said.count(word) < times or not said.endswith(b"\n"):
        assert select.select([stream], [], [], 30)[0], said
        more = os.read(stream.fileno(), 65536)
        assert more, said
        said += more
    return said


def read_ends(stream, times):
    return read_until(stream, b'"session.end"', times).splitlines()


@t.test
def follow_shows_what_comes():
    with home((ONE, 1)) as path:
        with subprocess.Popen([STOCKADE, "log", "--follow", "--json"],
                              env=environment(path),
                              stdout=subprocess.PIPE) as follow:
            try:
                assert len(read_ends(follow.stdout, 1)) == 4
                make(path, (TWO, 5))
                assert len(read_ends(follow.stdout, 1)) == 11
                with subprocess.Popen([MAKE_LOG, "--held", THREE, "3"],
                                      env=environment(path), text=True,
                                      stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE) as held:
                    assert held.stdout.readline() == "ready\n"
                    # It is shown while the session runs.
                    read_until(follow.stdout, b"write_file")
                    held.stdin.close()
            finally:
                follow.terminate()


@t.test
def unreadable_lines_are_shown_as_such():
    with home((ONE, 1)) as path:
        change(file_of(path, ONE), b'"type":"call"', b'"type":"ca\x1bl"')
        change(file_of(path, ONE), b'{"v":1,"seq":2', b'XXXXXXX"seq":2')
        said = stockade(path, "log")
        assert "line 3" in said and "unreadable" in said, said
        assert "\x1b" not in said, said


t.main()
