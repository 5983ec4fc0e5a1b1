# SPDX-License-Identifier: Apache-2.0
"""A site of a test's own, and the files that a run is told of.

A site needs root, who puts a copy over /etc in a mount namespace of the test's
own; his files in it are root's.
"""

import json
import os
import shutil
import subprocess

from place import MS_BIND, MS_REC, Place, mount
from runrig import AS_ROOT


def document(text):
    return json.dumps({"version": 1, **text}) if isinstance(text, dict) else text


class Site(Place):
    """/etc as it is here, but with this policy in it."""

    def __init__(self, world, policy, **place):
        self.etc = world.folder(f"etc-{len(os.listdir(world.top))}")
        super().__init__(lambda: self.prepare(policy), **place)

    def prepare(self, policy):
        mount("none", self.etc, "tmpfs", 0, "mode=755")
        subprocess.run(["cp", "-a", "/etc/.", self.etc], check=AS_ROOT,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(f"{self.etc}/stockade", ignore_errors=True)
        os.mkdir(f"{self.etc}/stockade", 0o755)
        self.put(f"{self.etc}/stockade/policy.json", policy)
        mount(self.etc, "/etc", None, MS_BIND | MS_REC)

    @staticmethod
    def put(path, policy):
        if policy is None:
            return
        with open(path, "w", encoding="utf-8") as file:
            file.write(document(policy))
        os.chmod(path, 0o644)

    def change(self, policy):
        self.put(self.path("/etc/stockade/policy.json"), policy)


def profile(world, text, name="mine"):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, f"{name}.json"), "w",
              encoding="utf-8") as file:
        file.write(document(text))
