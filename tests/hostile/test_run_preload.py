#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Variables that put code into a program: not into stockade, which is linked
statically, and not into the server, which does not get them.

Usage: test_run_preload.py BUILD [NAME…]
"""

import os
import subprocess

from runrig import BUILD, Run, Script, is_fine

LIBRARY = os.path.join(BUILD, "tests", "hostile", "libpreload.so")
t = Script()


def hostile(world, variable):
    seen = os.path.join(world.work, f"seen-{variable}")
    return seen, {**world.env, variable: LIBRARY, "PRELOAD_SEEN": seen}


def who(seen):
    if not os.path.exists(seen):
        return []
    with open(seen, encoding="utf-8") as file:
        return file.read().split()


def control(world, variable):
    """It gets into whatever heeds the variable."""
    seen, env = hostile(world, variable)
    done = subprocess.run(["/bin/true"], env=env, capture_output=True,
                          check=True)
    assert who(seen) == [os.path.realpath("/bin/true")], (who(seen), done)


def nothing_gets_in(world, variable):
    seen, env = hostile(world, variable)
    for words in (["version"], ["doctor"],
                  ["run", "--rw", world.work, "--", "/bin/true"]):
        done = world.stockade(*words, env=env)
        assert who(seen) == [], (words, who(seen))
        assert words[0] == "doctor" or done.returncode == 0, done


def a_session_goes_on_as_ever(world, variable):
    seen, env = hostile(world, variable)
    world.env = env
    with Run(world, options=["--rw", world.work]) as run:
        assert is_fine(run.ask(1))
        run.end(0)
    assert who(seen) == [], who(seen)


for name in ("LD_PRELOAD", "LD_AUDIT"):
    t.add(f"control_{name}_gets_into_a_program", control, name)
    t.add(f"{name}_gets_into_nothing_of_ours", nothing_gets_in, name)
    t.add(f"{name}_changes_no_session", a_session_goes_on_as_ever, name)

t.main()
