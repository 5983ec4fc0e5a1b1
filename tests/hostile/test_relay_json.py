# SPDX-License-Identifier: Apache-2.0
"""Every case of json_suite.py through the relay: as a line, as arguments of a
tool, as a line of the server's and as what a tool gives; and whole envelopes.

Usage: test_relay_json.py RELAY_HOST JSON_JUDGE

What the verdict lets pass comes out to the byte; what it does not never does,
a client is told with the right code, and the session stays in step: after each
case a call goes through.
"""
import json
import subprocess
import sys

import tap
from json_suite import (BLANK, CASES, GOOD, HALF, INVALID, PASS, SKIPPED,
                        TWICE, UNPARSED, WRONG, envelopes)
from relayrig import (Rig, background, call, drain_records, line, result,
                      text_result, write_all)

HOST, JUDGE = sys.argv[1:3]
LEAST = 300
# Characters that are not seen pass: what becomes of them is another matter.
AS_IT_IS = ("unseen=2",)
# In these nothing hides where the answer ends, and so whose it is.
ANSWERED = ("literal", "control", "duplicate", "nul in a name", "depth",
            "half in a name", "no space", "members", "utf-16-le")
OLD = b"\\ufffd"


class Wrong(AssertionError):
    pass


class Stream:
    """A rig whose other ends are read beside; every message has its number."""

    def __init__(self, rig):
        self.rig, self.number = rig, 1000
        drain_records(rig)
        background(self.drain_stderr)

    def drain_stderr(self):
        while self.rig.process.stderr.read1(65536):
            pass

    def next(self):
        self.number += 1
        return self.number

    def from_client(self, text):
        """What of it comes to the server, and what the client is told."""
        mark = self.next()
        background(write_all, self.rig.to_relay, text + b"\n" + line(call(mark)))
        came = []
        while True:
            got = self.rig.at_server(20)
            if got == line(call(mark)):
                break
            came.append(got)
            self.rig.serve(text_result(json.loads(got)["id"]))
        self.rig.serve(text_result(mark))
        return came, self.told(mark)

    def from_server(self, text, *pending):
        """What of it comes to the client, for whom calls wait."""
        for number in pending:
            self.rig.send(call(number))
        mark = self.next()
        self.rig.send(call(mark))
        # Before it, perhaps, what the server was told of its last line.
        while (got := self.rig.at_server(20)) != line(call(mark)):
            assert b'"error"' in got or json.loads(got)["id"] in pending, got
        background(write_all, self.rig.server_stdout,
                   text + b"\n" + line(text_result(mark)))
        return self.told(mark)

    def told(self, mark):
        told = []
        while True:
            got = self.rig.at_client(20)
            if got == line(text_result(mark)):
                return told
            told.append(got)


def require(good, case, *seen):
    if not good:
        raise Wrong(f"{case.name}: {case.text[:80]!r} is {case.verdict}: "
                    f"{[x[:200] for s in seen for x in s]}")


def codes(told):
    return [json.loads(x).get("error", {}).get("code") for x in told]


def as_line(stream, case):
    came, told = stream.from_client(case.text)
    wanted = {GOOD: [[INVALID]], HALF: [[INVALID], [UNPARSED]],
              WRONG: [[UNPARSED]], TWICE: [[INVALID], [UNPARSED]],
              BLANK: [[]]}[case.verdict]
    require(not came and codes(told) in wanted, case, came, told)


def as_arguments(stream, case):
    number = stream.next()
    text = (b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":'
            b'"t","arguments":{"x":%s}}}' % (number, case.text))
    came, told = stream.from_client(text)
    if case.verdict == GOOD:
        answer = line(text_result(number))
        require(came == [text + b"\n"] and told == [answer], case, came, told)
        return
    wanted = [[INVALID], [UNPARSED]] if case.verdict in (TWICE, HALF) \
        else [[UNPARSED]]
    require(not came and codes(told) in wanted, case, came, told)


def as_servers_line(stream, case):
    told = stream.from_server(case.text)
    require(not told, case, told)


def mended(text):
    """The other way to write half a pair: each half gives way to U+FFFD."""
    out, i = b"", 0
    while i < len(text):
        unit = unit_at(text, i)
        if unit is None:
            step = 2 if text[i:i + 1] == b"\\" else 1
            out, i = out + text[i:i + step], i + step
        elif 0xd800 <= unit < 0xdc00 and \
                0xdc00 <= (unit_at(text, i + 6) or 0) < 0xe000:
            out, i = out + text[i:i + 12], i + 12
        else:
            half = 0xd800 <= unit < 0xe000
            out, i = out + (OLD if half else text[i:i + 6]), i + 6
    return out


def unit_at(text, i):
    """The number of a \\u escape that begins there."""
    return int(text[i + 2:i + 6], 16) if text[i:i + 2] == b"\\u" else None


def as_result(stream, case):
    number = stream.next()
    head = b'{"jsonrpc":"2.0","id":%d,"result":{"content":[],' % number
    text = head + b'"structuredContent":{"x":%s}}}' % case.text
    told = stream.from_server(text, number)
    if case.verdict == GOOD:
        require(told == [text + b"\n"], case, told)
    elif case.verdict == HALF:
        require(told == [mended(text) + b"\n"] != [text + b"\n"], case, told)
    else:
        if not told and case.name not in ANSWERED:
            # Its brackets do not tell whose answer it is: the call waits on.
            told = stream.from_server(line(text_result(number)).rstrip())
            require(told == [line(text_result(number))], case, told)
            return
        # Our own answer, for the call of that number alone.
        require(len(told) == 1 and b"structuredContent" not in told[0]
                and json.loads(told[0])["id"] == number
                and json.loads(told[0])["result"]["isError"] is True,
                case, told)


def run_all(check, cases):
    with Rig(HOST, *AS_IT_IS) as rig:
        stream = Stream(rig)
        for case in cases:
            check(stream, case)


def the_suite_is_large_and_has_all_verdicts():
    assert len(CASES) >= LEAST and len({c.text for c in CASES}) == len(CASES)
    assert {c.verdict for c in CASES} == {GOOD, WRONG, TWICE, HALF, BLANK}


def the_scanner_says_the_same():
    # Three containers are around what is an argument.
    texts = [b'{"a":{"b":{"c":%s}}}' % case.text for case in CASES]
    done = subprocess.run(
        [JUDGE], check=True, stdout=subprocess.PIPE, timeout=60,
        input=b"".join(b"%d\n%s" % (len(x), x) for x in texts))
    said = done.stdout.decode().splitlines()
    word = {GOOD: "taken", HALF: "half"}
    assert len(said) == len(CASES)
    for case, got in zip(CASES, said):
        require(got == word.get(case.verdict, "refused"), case, [got])


def as_a_line_every_case_gets_its_verdict():
    run_all(as_line, CASES)


def as_arguments_every_case_gets_its_verdict():
    run_all(as_arguments, CASES)


def as_a_line_of_the_server_none_reaches_the_client():
    run_all(as_servers_line, CASES)


def as_a_result_every_case_gets_its_verdict():
    run_all(as_result, CASES)


def envelopes_get_their_verdict():
    with Rig(HOST) as rig:
        stream = Stream(rig)
        for text, verdict in envelopes():
            raw = text.replace("@", str(stream.next())).encode()
            came, told = stream.from_client(raw)
            if verdict == PASS:
                good = came == [raw + b"\n"] and len(told) == 1
            else:
                wanted = [] if verdict == SKIPPED else [verdict]
                good = not came and codes(told) == wanted
            assert good, (text, verdict, came, told)


def a_wrong_verdict_is_noticed():
    """The control: each kind of verdict changed into each other."""
    picked = {c.verdict: c for c in CASES if len(c.text) in (0, 10, 14, 17)}
    assert set(picked) == {GOOD, WRONG, TWICE, HALF, BLANK}, picked
    same = {frozenset((WRONG, BLANK)), frozenset((TWICE, HALF)),
            frozenset((TWICE, WRONG)), frozenset((HALF, WRONG)),
            frozenset((TWICE, BLANK)), frozenset((HALF, BLANK))}
    for case in picked.values():
        for verdict in picked:
            lie = case._replace(verdict=verdict)
            if verdict == case.verdict or \
                    frozenset((verdict, case.verdict)) in same:
                continue
            for check in (as_arguments, as_result):
                try:
                    run_all(check, [lie])
                except Wrong:
                    continue
                raise AssertionError(f"unnoticed: {case} as {verdict}")


tap.run([
    the_suite_is_large_and_has_all_verdicts,
    the_scanner_says_the_same,
    as_a_line_every_case_gets_its_verdict,
    as_arguments_every_case_gets_its_verdict,
    as_a_line_of_the_server_none_reaches_the_client,
    as_a_result_every_case_gets_its_verdict,
    envelopes_get_their_verdict,
    a_wrong_verdict_is_noticed,
])
