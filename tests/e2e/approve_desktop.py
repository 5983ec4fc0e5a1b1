#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The installed script asks on a real desktop's parts: zenity under Xvfb, a
notification daemon on a bus, a popup of tmux.

Usage: approve_desktop.py BUILD [NAME…]; APPROVE_SHOTS=FOLDER keeps pictures.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tests", "hostile"),
                os.path.join(TOP, "tests", "lib")]
from askrig import Asking, profile, text, wait_for  # noqa: E402
from runrig import STOCKADE, Script, is_fine  # noqa: E402
from terminal import Terminal  # noqa: E402

ASK = os.path.join(TOP, "launcher", "approve", "stockade-ask")
SHOTS = os.environ.get("APPROVE_SHOTS")
NEEDED = ["Xvfb", "zenity", "xdotool", "dunst", "notify-send", "dbus-daemon",
          "tmux", "import"]

ONE_AT_A_TIME = threading.Lock()
t = Script()


def need():
    missing = [x for x in NEEDED if not shutil.which(x)]
    assert not missing, f"missing (tests/lib/setup.sh e2e): {missing}"


class Desktop:
    """A display and a bus of a test's own; .env says where they are."""

    def __init__(self, world, *services):
        need()
        self.world, self.started = world, []
        with ONE_AT_A_TIME:  # two may take the same number
            display = self.display()
        bus = f"unix:path={world.top}/bus"
        self.start("dbus-daemon", "--session", "--nofork", f"--address={bus}")
        wait_for(lambda: os.path.exists(f"{world.top}/bus"), "the bus")
        self.env = {"DISPLAY": display, "DBUS_SESSION_BUS_ADDRESS": bus,
                    "NO_AT_BRIDGE": "1", "GTK_THEME": "Adwaita",
                    "XDG_CACHE_HOME": world.folder("cache")}
        for service in services:
            self.start(*service)

    def display(self):
        reader, writer = os.pipe()
        self.start("Xvfb", "-displayfd", str(writer), "-screen", "0",
                   "1024x700x24", "-nolisten", "tcp", pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as number:
            told = number.readline().strip()
        assert told, "Xvfb does not start"
        return ":" + told

    def start(self, *command, **more):
        env = {**self.world.env, **getattr(self, "env", {})}
        self.started.append(subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more))

    def xdotool(self, *words, check=True):
        done = subprocess.run(["xdotool", *words], env=self.all(),
                              capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()

    def all(self):
        return {**self.world.env, **self.env}

    def window(self, name):
        found = []

        def look():
            found[:] = self.xdotool("search", "--onlyvisible", "--name", name,
                                    check=False).split()
            return found

        wait_for(look, f"a window {name}")
        time.sleep(0.5)  # it is there; now it draws
        return found[0]

    def shot(self, name):
        if SHOTS:
            subprocess.run(["import", "-window", "root",
                            os.path.join(SHOTS, name + ".png")],
                           env=self.all(), check=True, timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in reversed(self.started):
            process.terminate()
            process.wait()


def watching(world, desktop, way, **env):
    return Terminal(
        world, "setsid", "-w", "sh", "-c", f"echo $$ >{world.top}/pid; exec "
        f"{STOCKADE} approve --watch --exec {ASK} </dev/null 2>&1",
        env={**desktop.env, "STOCKADE_ASK": way, "TMPDIR": world.top, **env})


def end(world, terminal):
    with open(f"{world.top}/pid", encoding="ascii") as file:
        os.kill(int(file.read()), signal.SIGTERM)
    terminal.wait()
    left = [x for x in os.listdir(world.top) if x.startswith("stockade-ask")]
    assert not left, f"left behind: {left}"


EVIL = {"path": "/home/me/\u202egpj.exe", "note":
        "<b>bold</b> <a href='http://x'>a</a> &amp; \x1b[31m",
        "content": "line one\nline two\n"}


@t.test
def zenity_asks_and_no_stray_key_answers(world):
    profile(world)
    with Desktop(world) as desktop, Asking(world) as run, watching(
            world, desktop, "zenity") as terminal:
        run.tool(1, **EVIL)
        window = desktop.window("stockade: bad_server")
        name = desktop.xdotool("getwindowname", window)
        assert name == "stockade: bad_server: ask_me?", name
        desktop.shot("zenity")
        # As somebody types who did not see the window come.
        desktop.xdotool("mousemove", "--window", window, "300", "200")
        desktop.xdotool("windowfocus", "--sync", window)
        desktop.xdotool("key", "y", "Return", "space", "Return")
        time.sleep(1)
        assert run.seen() == [], "a key allowed what nobody read"
        if not run.records("approval.answered"):
            run_by_mouse(desktop, window)
            assert is_fine(run.got(1))
        end(world, terminal)
        run.end(0)


def run_by_mouse(desktop, window):
    """Ticks the box, then the button: at the lower edge, left and right."""
    size = dict(re.findall(r"(WIDTH|HEIGHT)=(\d+)", desktop.xdotool(
        "getwindowgeometry", "--shell", window)))
    width, height = int(size["WIDTH"]), int(size["HEIGHT"])
    desktop.xdotool("mousemove", "--window", window, "24", str(height - 68))
    desktop.xdotool("click", "1")
    time.sleep(0.3)
    desktop.shot("zenity-ticked")
    desktop.xdotool("mousemove", "--window", window, str(width - 100),
                    str(height - 24))
    desktop.xdotool("click", "1")


@t.test
def a_window_that_is_closed_denies(world):
    profile(world)
    with Desktop(world) as desktop, Asking(world) as run, watching(
            world, desktop, "zenity") as terminal:
        run.tool(1, n=1)
        desktop.xdotool("windowfocus", "--sync",
                        desktop.window("stockade: bad_server"))
        desktop.xdotool("key", "Escape")
        assert "declined" in text(run.got(1))
        end(world, terminal)
        run.end(0)


@t.test
def a_window_goes_when_somebody_else_answers(world):
    profile(world)
    with Desktop(world) as desktop, Asking(world) as run, watching(
            world, desktop, "zenity") as terminal:
        run.tool(1, n=1)
        desktop.window("stockade: bad_server")
        with run.approver() as peer:
            peer.until("question")
            peer.answer(1, "once")
        assert is_fine(run.got(1))
        wait_for(lambda: not desktop.xdotool(
            "search", "--onlyvisible", "--name", "stockade:", check=False),
            "the window to go")
        end(world, terminal)
        run.end(0)


def dunstctl(desktop, *words):
    done = subprocess.run(["dunstctl", *words], env=desktop.all(),
                          capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


class Notifying(Desktop):
    """Its menu of actions is a program that takes the first one."""

    def __init__(self, world):
        menu = world.file("menu", "#!/bin/sh\ntee " + world.top +
                          "/menu.seen | head -n 1\n", 0o700)
        config = world.file("dunstrc", f"[global]\ndmenu = {menu}\n"
                            "width = 400\nfont = DejaVu Sans 11\n")
        super().__init__(world, ["dunst", "-conf", config])
        wait_for(lambda: dunstctl(self, "count", "displayed") == "0",
                 "the notification daemon")


@t.test
def a_notification_is_answered_by_its_action(world):
    profile(world)
    with Notifying(world) as desktop, Asking(world) as run, watching(
            world, desktop, "notify") as terminal:
        run.tool(1, **EVIL)
        wait_for(lambda: dunstctl(desktop, "count", "displayed") == "1",
                 "a notification")
        time.sleep(0.5)
        desktop.shot("notify")
        shown = dunstctl(desktop, "history")
        assert "gpj" not in shown
        assert run.seen() == []
        dunstctl(desktop, "action", "0")
        assert is_fine(run.got(1))
        end(world, terminal)
        run.end(0)


@t.test
def a_notification_that_is_closed_answers_nothing_and_goes_when_it_is_late(
        world):
    profile(world)
    with Notifying(world) as desktop, Asking(world) as run, watching(
            world, desktop, "notify") as terminal:
        run.tool(1, n=1)
        wait_for(lambda: dunstctl(desktop, "count", "displayed") == "1",
                 "a notification")
        dunstctl(desktop, "close-all")
        terminal.expect("no answer")
        assert run.seen() == [] and not run.records("approval.answered")
        run.tool(2, n=2)
        wait_for(lambda: dunstctl(desktop, "count", "displayed") == "1",
                 "another")
        with run.approver() as peer:
            peer.until("end")
            for ident in (1, 2):
                peer.answer(ident, "deny")
        wait_for(lambda: dunstctl(desktop, "count", "displayed") == "0",
                 "the notification to go")
        end(world, terminal)
        run.end(0)


@t.test
def a_popup_of_tmux_asks_whoever_is_there(world):
    profile(world)
    server = {"TMUX_TMPDIR": world.top}

    def tmux(*words):
        return subprocess.run(
            ["tmux", "-f", "/dev/null", *words], text=True, timeout=60,
            capture_output=True, env={**world.env, **server}).stdout

    with Desktop(world) as desktop, Asking(world) as run:
        # A person's terminal, with a client of tmux in it.
        with Terminal(world, "tmux", "-f", "/dev/null", "new-session",
                      "-s", "mine", env=server) as person:
            wait_for(lambda: tmux("list-clients"), "the client")
            with watching(world, desktop, "tmux", **server) as terminal:
                run.tool(1, **EVIL)
                person.expect(r"\(o\)nce")
                assert "\x1b[31m<" not in person.text
                assert run.seen() == []
                person.type("o")
                assert is_fine(run.got(1))
                end(world, terminal)
            tmux("kill-server")
            person.wait()
        run.end(0)


@t.test
def without_any_way_nothing_is_answered(world):
    profile(world)
    with Desktop(world) as desktop, Asking(world) as run, watching(
            world, desktop, "none-such") as terminal:
        run.tool(1, n=1)
        terminal.expect("no display, no notification service")
        terminal.expect("no answer")
        assert run.seen() == [] and not run.records("approval.answered")
        end(world, terminal)
        run.end(0)


@t.test
def what_is_installed_is_well_formed(world):
    """The unit and the autostart file, by the tools that read them."""
    folder = os.path.join(sys.argv[1], "launcher", "approve")
    entry = os.path.join(folder, "stockade-approve.desktop")
    subprocess.run(["desktop-file-validate", entry], check=True)
    with open(os.path.join(folder, "stockade-approve.service"),
              encoding="utf-8") as file:
        unit = file.read()
    assert re.search(r"^ExecStart=/\S+/stockade approve --watch --exec "
                     r"/\S+/stockade-ask$", unit, re.M), unit
    assert "@" not in unit
    subprocess.run(["shellcheck", ASK], check=True)


t.main()
