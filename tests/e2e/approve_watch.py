#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade approve --watch` in a real tmux, its screen compared.

Usage: approve_watch.py BUILD [NAME…]
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "hostile"),
                os.path.join(TOP, "tests", "lib")]
from askrig import Asking, profile, text, wait_for  # noqa: E402
from runrig import STOCKADE, Script, is_fine  # noqa: E402

t = Script()


class Screen:
    """The verb in a pane of a server of tmux that no test is above of."""

    def __init__(self, world, rows=24, columns=80, env=()):
        assert shutil.which("tmux"), "missing (tests/lib/setup.sh e2e): tmux"
        self.world = world
        self.env = {**world.env, "TMUX_TMPDIR": world.top, "TERM": "xterm"}
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                  "-y", str(rows), "env", *env, "PS1=ready ", "HISTFILE=",
                  "bash", "--norc", "-i")
        self.wait("ready")
        self.type(f"{STOCKADE} approve --watch", "Enter")

    def tmux(self, *words):
        done = subprocess.run(["tmux", *words], env=self.env, text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def rows(self, *how):
        return self.tmux("capture-pane", "-p", *how).rstrip("\n").split("\n")

    def text(self, *how):
        return "\n".join(self.rows(*how))

    def wait(self, pattern, *how):
        wait_for(lambda: re.search(pattern, self.text(*how), re.M),
                 f"{pattern} in:\n{self.text(*how)}", 20)

    def settle(self):
        """Until keys count again."""
        time.sleep(0.45)

    def compare(self, expected):
        """Each row is that text; * stands for what differs from run to run."""
        def same():
            rows = [x.rstrip() for x in self.rows()]
            return len(rows) == len(expected) and all(
                re.fullmatch(".*".join(map(re.escape, want.split("*"))), got)
                for want, got in zip(expected, rows))

        try:
            wait_for(same, "the screen", 10)
        except AssertionError:
            raise AssertionError("expected\n" + "\n".join(expected) +
                                 "\ngot\n" + self.text()) from None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        subprocess.run(["tmux", "kill-server"], env=self.env, check=False,
                       capture_output=True)


RULE = "-" * 80
KEYS = (" o once  s session  S whole tool  a always  d deny  "
        "Enter: all of it  q quit")


@t.test
def a_question_and_its_answer_on_80_by_24(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        screen.compare([
            " stockade approve   0 open, * session* *:*:*",
            " Nothing waits for you.",
            " New questions appear here by themselves."] +
            [""] * 20 + [" q quit"])
        run.tool(1, path="/home/me/\u202egpj.exe", text="a\x1b[31mb\u200b",
                 small={"a": [1, 2, {"b": None}]}, numbers=list(range(40)))
        screen.compare([
            " stockade approve   1 open, * session* *:*:*",
            "> *:1   bad_server: ask_me" + "*" + "held * s",
            RULE,
            "for *, because of ask:a*",
            "{",
            '  "path": "/home/me/\\u202egpj.exe",',
            '  "text": "a\\u001b[31mb\\u200b",',
            '  "small": {"a": [1, 2, {"b": null}]},',
            '  "numbers": [',
            "    " + ", ".join(map(str, range(21))) + ",",
            "    " + ", ".join(map(str, range(21, 40))),
            "  ]",
            "}"] + [""] * 10 + [KEYS])
        screen.settle()
        screen.type("o")
        assert is_fine(run.got(1))
        screen.wait(r"^ \d\d:\d\d:\d\d  once     bad_server: ask_me")
        screen.wait("Nothing waits for you")
        screen.type("q")
        screen.wait("^ready$")
        assert "Nothing waits" not in screen.text(), "the screen was not given back"
        run.end(0)


@t.test
def what_is_chosen_stays_chosen(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        run.tool(1, n="first")
        screen.wait("first")
        run.tool(2, n="second")
        screen.wait("2 open")
        rows = screen.rows()
        assert rows[1].startswith("  ") and ":2 " in rows[1], rows
        assert rows[2].startswith("> ") and ":1 " in rows[2], rows
        # Somebody else answers what is chosen: it stays, and says so.
        with run.approver() as peer:
            peer.until("end")
            assert peer.answer(1, "deny")["status"] == "taken"
        screen.wait("^> .*answered elsewhere: deny")
        screen.settle()
        screen.type("o")
        screen.wait("^> .*:2 ")
        time.sleep(0.2)
        assert run.seen() == [], "the next question was answered"
        screen.settle()
        screen.type("o")
        assert is_fine(run.got(2))
        run.end(0)


HELD_S = 0.2  # keys that come closer than that are one that is held down


def hold_down(screen, key):
    """Whether it came fast enough for that: the machine may be busy."""
    longest, last = 0, time.monotonic()
    for _ in range(40):
        screen.type(key)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        time.sleep(0.05)
    return longest < HELD_S


@t.test
def keys_of_before_a_question_and_keys_held_down_answer_nothing(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        screen.wait("Nothing waits")
        number = 1
        run.tool(number, n=number)
        while not hold_down(screen, "o"):
            # Somebody who types so slowly means it.
            assert number < 20, "this machine is too busy to hold a key down"
            screen.settle()
            if number not in run.seen():
                screen.type("o")
            assert is_fine(run.got(number))
            number += 1
            run.tool(number, n=number)
        screen.wait("1 open")
        assert number not in run.seen(), run.seen()
        screen.settle()
        screen.type("-l", "oo")
        screen.tmux("set-buffer", "o")
        screen.tmux("paste-buffer", "-p")
        time.sleep(0.5)
        assert number not in run.seen(), "keys at once, or pasted ones, answered"
        screen.settle()
        screen.type("o")
        assert is_fine(run.got(number))
        run.end(0)


@t.test
def a_denial_has_its_reason_and_can_be_left(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        run.tool(1, n=1)
        screen.wait("1 open")
        screen.settle()
        screen.type("d")
        screen.wait("reason")
        screen.type("-l", "o")
        screen.type("Escape")
        screen.wait(re.escape(KEYS.strip()[:20]))
        assert run.seen() == []
        screen.settle()
        screen.type("d")
        screen.wait("reason")
        screen.type("-l", "not here, \u00fcx")
        screen.type("BSpace")
        screen.type("Enter")
        assert text(run.got(1)) == "Not run: the user declined. not here, \u00fc"
        run.end(0)


@t.test
def all_of_it_is_shown_and_can_be_answered_there(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        run.tool(1, text="".join(f"line {i}\n" for i in range(300)), end="END")
        screen.wait("Enter shows all")
        screen.settle()
        screen.type("Enter")
        screen.wait("lines 1 to 23 of 3")
        screen.wait("^question ")
        screen.type("G")
        screen.wait('"end": "END"')
        screen.type("b")
        screen.wait('"line 279.{2}"')
        screen.type("S")
        assert is_fine(run.got(1))
        screen.wait("Nothing waits for you")
        assert run.records("approval.answered")[0]["scope"] == "any arguments"
        run.end(0)


@t.test
def always_shows_what_it_writes(world):
    profile(world)
    path = os.path.join(world.home, ".config/stockade/profiles/mine.json")
    with Asking(world) as run, Screen(world) as screen:
        run.tool(1, n=1)
        screen.wait("1 open")
        for key in ("n", "y"):
            screen.settle()
            screen.type("a")
            screen.wait('"always": ."ask_me"')
            with open(path, encoding="utf-8") as file:
                assert "ask_me" not in file.read()
            screen.settle()
            screen.type(key)
        assert is_fine(run.got(1))
        with open(path, encoding="utf-8") as file:
            assert "ask_me" in file.read()
        run.end(0)


@t.test
def an_attempt_to_answer_for_the_user_is_red(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen, Screen.plain(
            world) as plain:
        screen.wait("1 session")
        plain.wait("1 session")
        world.stockade("approve")
        screen.wait(r"\x1b\[31m.*tried to answer for the user", "-e")
        plain.wait("tried to answer for the user")
        assert "[31m" not in plain.text("-e")
        screen.type("x")
        wait_for(lambda: "tried to answer" not in screen.text(), "its end")
        run.end(0)


def plain_screen(world):
    folder = type("Folder", (), {"env": world.env, "top": world.folder("p")})
    return Screen(folder, env=["NO_COLOR=1"])


Screen.plain = staticmethod(plain_screen)


@t.test
def any_size_of_terminal_will_do(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        run.tool(1, n="x" * 300)
        run.tool(2, n=2)
        screen.wait("2 open")
        for columns, rows in ((40, 10), (20, 5), (200, 50), (10, 2), (1, 1),
                              (60, 3), (80, 24)):
            screen.tmux("resize-window", "-x", str(columns), "-y", str(rows))
            time.sleep(0.3)
            assert len(screen.rows()) <= rows
        screen.wait("^> .*:1 .*held")
        screen.settle()
        screen.type("q")
        screen.wait("^ready$")
        run.end(0)


@t.test
def sessions_come_and_go_on_the_screen(world):
    profile(world)
    with Screen(world) as screen:
        screen.wait("0 sessions")
        with Asking(world) as run:
            screen.wait("1 session ")
            run.tool(1, n=1)
            screen.wait("1 open")
            run.end(0)
        screen.wait("0 open, 0 sessions")
        with Asking(world) as run:
            run.tool(1, n=1)
            screen.wait("1 open, 1 session")
            run.end(0)


@t.test
def the_terminal_is_given_back_whatever_ends_it(world):
    profile(world)
    with Asking(world) as run, Screen(world) as screen:
        for name in ("INT", "TERM", "HUP", "QUIT", "TSTP"):
            screen.wait("1 session")
            pid = screen.tmux("list-panes", "-F", "#{pane_pid}").strip()
            child = subprocess.run(["pgrep", "-P", pid], text=True, check=True,
                                   capture_output=True).stdout.split()[0]
            os.kill(int(child), getattr(signal, "SIG" + name))
            screen.wait("^ready$")
            modes = "#{cursor_flag} #{alternate_on}"
            assert screen.tmux("display", "-p", modes).strip() == "1 0"
            screen.type("stty -a | tr ';' '\\n' | grep -c -w -e icanon -e echo "
                        "| tr 1-9 Y", "Enter")
            screen.wait("^Y")
            if name == "TSTP":
                screen.type("fg", "Enter")
                screen.wait("1 session")
                screen.type("q")
                screen.wait("^ready$")
            else:
                screen.type(f"clear; {STOCKADE} approve --watch", "Enter")
        run.end(0)


t.main()
