# SPDX-License-Identifier: Apache-2.0
"""A home folder with profiles, and `stockade profile` in it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

STOCKADE = os.path.abspath(sys.argv[1])
TOP = Path(__file__).resolve().parents[3]


class Home:
    """A home folder of its own, and the verb in it."""

    def __enter__(self):
        self.kept = tempfile.TemporaryDirectory(prefix="stockade-profile-")
        self.path = Path(self.kept.name)
        self.folder = self.path / ".config/stockade/profiles"
        self.folder.mkdir(mode=0o700, parents=True)
        return self

    def __exit__(self, *_):
        self.kept.cleanup()

    def write(self, name, text, mode=0o600):
        path = self.folder / f"{name}.json"
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def run(self, *args):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.path)}
        return subprocess.run([STOCKADE, "profile", *args], env=env, text=True,
                              capture_output=True, cwd="/", timeout=60)
