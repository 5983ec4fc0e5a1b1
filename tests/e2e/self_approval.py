#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that has a shell answers for its user: what is refused, and what
gets past, as stockade-approve(1) says. The agent is Claude Code, the shell its
own, and what it types the model says.
"""

import os
import time

from claude_code import ClaudeCode, shell, tool
from together import Together
from world import PATIENCE, POLL_S, STOCKADE, Person, World

t = Together()


def appears(path):
    deadline = time.monotonic() + PATIENCE
    while not os.path.exists(path):
        assert time.monotonic() < deadline, path
        time.sleep(POLL_S)
    with open(path, encoding="utf-8") as file:
        return file.read()


class Attempt:
    """A held call, and a command that the shell runs once there is a question:
    %s is its id. around: how it comes to run beside the call; by default in
    the client's own way, so that the client stays its ancestor.
    """

    def __init__(self, typed, around=None):
        self.typed, self.around = typed, around

    def script(self, world):
        """Waits for the id; leaves what was said, and the status last."""
        name, said = world.in_top("id"), world.in_top("said")
        command = self.typed.replace("%s", '"$(cat ' + name + ')"')
        return world.file("typed.sh", f"""
while [ ! -e {name} ]; do [ -d {world.top} ] || exit; sleep 0.1; done
{{ {command}; }} >{said}.new 2>&1
echo "status $?" >>{said}.new
mv {said}.new {said}
""")

    def steps(self, world):
        command = (self.around or "%s") % f"/bin/sh {self.script(world)}"
        return [tool("add", a=1, b=2),
                shell(command, run_in_background=not self.around),
                tool("write", path=world.in_project("made"), text="x")]

    def run(self, check):
        with World() as world, Person(world) as person:
            server = world.tiny("--tool", "add", "--ask", "write")
            with ClaudeCode(world, server, self.steps(world),
                            allowed=["Bash"]) as claude:
                question = person.question("write")
                os.rename(world.file("id.new", question.full_id()),
                          world.in_top("id"))
                said = appears(world.in_top("said"))
                made = world.in_project("made")
                check(world, person, said, made, claude)
                if not os.path.exists(made):
                    person.answer(question, "deny", reason="It was not me.")
                claude.end()


def is_refused_and_seen(world, person, said, made, claude):
    """It fails, it stands in the log, and whoever is attached hears of it."""
    assert "status 1" in said, said
    assert not os.path.exists(made), said
    notice = person.wait(lambda said: said["type"] == "notice")
    anomaly = world.record("anomaly", kind="self_approval")
    assert str(anomaly["by"]["pid"]) in notice["text"], (notice, anomaly)
    assert not world.records("approval.answered")
    return f"({claude.process.pid})" in anomaly["by"]["ancestry"]


def is_refused_as_kin(*seen):
    assert is_refused_and_seen(*seen)


def is_refused_as_stranger(*seen):
    assert not is_refused_and_seen(*seen)


def is_kept_out(world, person, said, made, claude):
    anomaly = world.record("anomaly", kind="self_approval")
    assert f"({claude.process.pid})" in anomaly["by"]["ancestry"], anomaly
    assert not os.path.exists(made) and not world.records("approval.answered")


def gets_past(world, person, said, made, claude):
    """The manual says so; the record shows that it was no descendant."""
    assert "status 0" in said, said
    appears(made)
    answered, = world.records("approval.answered")
    assert answered["answer"] == "once", answered
    assert answered["by"]["tty"].startswith("/dev/pts/"), answered
    assert f"({claude.process.pid})" not in answered["by"]["ancestry"]
    assert not world.records("anomaly")


def gets_past_as_a_program(world, person, said, made, claude):
    """No terminal is asked of who lets a program answer; the log names it."""
    appears(made)
    answered, = world.records("approval.answered")
    assert answered["channel"] == "program", answered
    assert "tty" not in answered["by"], answered
    assert f"({claude.process.pid})" not in answered["by"]["ancestry"]


APPROVE = STOCKADE + " approve %s once"
IN_TERMINAL = f"script -qec '{STOCKADE} approve '%s' once' /dev/null"

t.add("an_approval_typed_by_the_clients_shell_is_refused",
      Attempt(APPROVE).run, is_refused_as_kin)
t.add("a_terminal_that_the_shell_makes_does_not_help",
      Attempt(IN_TERMINAL).run, is_refused_as_kin)
t.add("without_a_terminal_it_is_refused_whoever_the_parent_is",
      Attempt(APPROVE, "setsid -f %s").run, is_refused_as_stranger)
t.add("a_process_of_another_session_gets_past_as_documented",
      Attempt(IN_TERMINAL, "setsid -f env -i HOME=$HOME PATH=$PATH %s").run,
      gets_past)
t.add("a_process_whose_parent_has_ended_gets_past_as_documented",
      Attempt(IN_TERMINAL, "(%s &)").run, gets_past)
t.add("a_program_that_answers_needs_no_terminal_as_documented",
      Attempt(f"timeout 10 {STOCKADE} approve --watch --exec /bin/true",
              "(%s &)").run, gets_past_as_a_program)
t.add("unless_it_is_the_clients_own",
      Attempt(f"timeout 10 {STOCKADE} approve --watch --exec /bin/true").run,
      is_kept_out)


if __name__ == "__main__":
    t.main()
