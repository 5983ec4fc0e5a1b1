# SPDX-License-Identifier: Apache-2.0
"""A temporary HOME for managers.py, and the two ways to start a server in it:
bare, and in a root that holds only what runtime_explain names."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
EXPLAIN = os.path.join(BUILD, "tests", "unit", "runtime", "runtime_explain")
GIVEN = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")


class Home:
    """A HOME of its own with a workspace, and a clean environment."""

    def __init__(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="managers-"))
        self.home = self.folder("home")
        self.work = self.folder("work")
        self.env = {
            "HOME": self.home, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_CONFIG": "1", "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "MISE_YES": "1",
            "MISE_OFFLINE": "1", "npm_config_offline": "true",
            "npm_config_audit": "false", "npm_config_fund": "false",
            "npm_config_update_notifier": "false"}

    def folder(self, *path):
        path = os.path.join(self.top, *path)
        os.makedirs(path, exist_ok=True)
        return path

    def file(self, text, *path, mode=0o644):
        path = os.path.join(self.top, *path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def run(self, *command, cwd=None, **env):
        """The command's stdout; its stderr in the error when it fails."""
        done = subprocess.run(
            command, cwd=cwd or self.work, env={**self.env, **env},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120, check=False)
        assert done.returncode == 0, \
            f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def path(self, *folders):
        self.env["PATH"] = ":".join([*folders, self.env["PATH"]])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.top, ignore_errors=True)


def explain(home, command, cwd, env):
    done = subprocess.run(
        [EXPLAIN, "--workspace", home.work, "--", *command], cwd=cwd,
        env={**home.env, **env}, capture_output=True, text=True, check=False)
    found = {"mount": [], "link": [], "note": [], "env": [], "argv": [],
             "path_first": []}
    for line in done.stdout.splitlines():
        name, *values = line.split("\t")
        if isinstance(found.get(name), list):
            found[name].append(values)
        else:
            found[name] = values
    assert done.returncode == 0, done.stdout
    return found


def is_inside(path, folder):
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def root_options(home, found):
    """A root of the distribution, the mounts and the links; nothing else."""
    options = ["--unshare-all", "--die-with-parent", "--clearenv",
               "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
               "--dir", home.home, "--dir", home.work]
    for path in GIVEN:
        if os.path.islink(path):
            options += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            options += ["--ro-bind", path, path]
    for path in ("/etc/ld.so.cache", "/etc/alternatives"):
        if os.path.exists(path):
            options += ["--ro-bind", path, path]
    for path, _reason in found["mount"]:
        options += ["--ro-bind", path, path]
    for link, target in found["link"]:
        options += ["--symlink", target, link]
    first = [p for p, in found["path_first"]]
    options += ["--setenv", "HOME", home.home, "--setenv", "LC_ALL", "C.UTF-8",
                "--setenv", "PATH", ":".join([*first, "/usr/bin", "/bin"])]
    for value, in found["env"]:
        options += ["--setenv", *value.split("=", 1)]
    return options


def run_found(home, found, cwd):
    """Runs what was found in a root that holds only what was found."""
    argv = [word for word, in found["argv"]]
    inner = found.get("cwd", [cwd])[0]
    seen = [m[0] for m in found["mount"]] + [home.work, home.home]
    if not any(is_inside(inner, folder) for folder in seen):
        inner = home.home
    done = subprocess.run(
        ["/usr/bin/bwrap", *root_options(home, found), "--chdir", inner,
         "/bin/bash", "-c", 'exec -a "$1" "$0" "${@:2}"', found["exe"][0],
         *argv], env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{found}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def never_too_much(home, found):
    for path, _reason in found["mount"]:
        assert not is_inside(home.home, path), f"{path} holds HOME"
        assert os.path.realpath(path) == path, path


def real_paths(facts):
    return {name: os.path.realpath(value)
            if isinstance(value, str) and value.startswith("/") else value
            for name, value in facts.items()}


def same(home, command, cwd=None, package=None, kind=None, by_link=False,
         **env):
    """The heart of it: bare and found say the same.

    by_link: a folder of PATH is a symlink; what is found there is started
    by its real path, and so says the real one of everything.
    """
    cwd = cwd or home.work
    bare = json.loads(home.run(*command, cwd=cwd, **env))
    found = explain(home, command, cwd, env)
    never_too_much(home, found)
    inside = run_found(home, found, cwd)
    if by_link:
        bare = real_paths(bare)
        inside = real_paths(inside)
    assert inside == bare, f"\nbare   {bare}\ninside {inside}\n{found}"
    if package:
        assert found.get("package", [None])[0] == package, found
    if kind:
        assert found["kind"] == [kind], found
    return found
