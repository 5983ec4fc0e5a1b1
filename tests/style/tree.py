# SPDX-License-Identifier: Apache-2.0
"""What the style checks share: the files of the source tree."""

import os
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))


def all_files():
    """Paths below TOP that belong to the project, as git sees it if it can."""
    git = subprocess.run(
        ["git", "-c", f"safe.directory={TOP}", "-C", TOP, "ls-files", "-co",
         "--exclude-standard", "-z"], capture_output=True, text=True)
    if git.returncode == 0:
        found = [p for p in git.stdout.split("\0") if p]
    else:
        found = list(walk())
    return sorted(p for p in found if os.path.isfile(os.path.join(TOP, p)))


def walk():
    for folder, folders, files in os.walk(TOP):
        here = os.path.relpath(folder, TOP)
        folders[:] = [f for f in folders if here != "." or
                      not (f.startswith("build") or f in (".git", ".cache"))]
        for name in files:
            yield os.path.normpath(os.path.join(here, name))


def sources(*folders, suffixes=(".c", ".h")):
    return [p for p in all_files() if p.endswith(suffixes)
            and p.split("/")[0] in folders]


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()
