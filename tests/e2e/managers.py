#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real version managers: what discovery finds is what runs bare.

usage: managers.py BUILD

Each test installs a small server of its own with a real manager, in a
temporary HOME and with no network, and starts it twice: bare, as a user does,
and in a root that holds nothing but the distribution and the mounts and links
that runtime_explain names. The server says which interpreter, prefix and
packages it runs with; both must say the same. Managers that can be had neither
from Debian, npm nor PyPI are tested by their layout: tests/unit/runtime.
"""

import base64
import hashlib
import json
import os
import shutil
import zipfile

import parts
from managers_home import Home, same
from tap import Script

TOOLS = os.path.join(parts.CACHE, "managers", "bin")
PNPM = parts.npm("managers", "pnpm", "bin", "pnpm.cjs")
MISE = parts.npm("managers", "@jdxcode", "mise-linux-x64", "bin", "mise")
SYSTEM_PYTHON = "/usr/bin/python3"

SERVER_PY = """
import json, os, sys
import demo_dep
def main():
    print(json.dumps({
        "executable": sys.executable, "prefix": sys.prefix,
        "base": sys.base_prefix, "version": sys.version, "argv": sys.argv[1:],
        "server": __file__, "dep": demo_dep.__file__,
        "json": json.__file__}))
if __name__ == "__main__":
    main()
"""

SERVER_JS = """#!/usr/bin/env node
console.log(JSON.stringify({
    executable: process.execPath, version: process.version,
    argv: process.argv.slice(2), server: __filename,
    dep: require.resolve('demo-dep'), dep_value: require('demo-dep')}))
"""

t = Script()
if not all(map(os.path.exists, (TOOLS, PNPM, MISE))):
    t.skip_all("no version managers: tests/lib/setup.sh e2e")


def wheel(home, name, module, text, scripts="", requires=()):
    """A wheel made by hand: no build back end is needed, nor a network."""
    path = os.path.join(home.folder("wheels"), f"{module}-1.0-py3-none-any.whl")
    info = f"{module}-1.0.dist-info"
    files = {
        f"{module}/__init__.py": text,
        f"{module}/__main__.py": f"from {module} import main\nmain()\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\n"
                            "Version: 1.0\n" +
                            "".join(f"Requires-Dist: {r}\n" for r in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\n"
                         "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": scripts}
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
            digest = base64.urlsafe_b64encode(
                hashlib.sha256(content.encode()).digest()).rstrip(b"=")
            record += f"{file},sha256={digest.decode()},{len(content)}\n"
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def wheels(home):
    """The server's wheel and that of what it depends on."""
    wheel(home, "demo-dep", "demo_dep", "")
    server = wheel(home, "demo-server", "demo_server", SERVER_PY,
                   "[console_scripts]\ndemo-server = demo_server:main\n",
                   ["demo-dep"])
    links = os.path.dirname(server)
    home.env["PIP_FIND_LINKS"] = home.env["UV_FIND_LINKS"] = links
    return server


def node_package(home, folder, dependency):
    home.file(SERVER_JS, *folder, "dist", "index.js", mode=0o755)
    home.file(json.dumps({
        "name": "demo-server", "version": "1.0.0",
        "bin": {"demo-server": "dist/index.js"},
        "dependencies": {"demo-dep": dependency}}), *folder, "package.json")
    return os.path.join(home.top, *folder)


def dependency(home, *folder):
    home.file("module.exports = 42\n", *folder, "index.js")
    home.file('{"name": "demo-dep", "version": "1.0.0"}', *folder,
              "package.json")
    return os.path.join(home.top, *folder)


def nvm_node(home, version="v22.23.3"):
    """nvm has no package: its layout, with a real node in it."""
    prefix = home.folder("home", ".nvm", "versions", "node", version)
    os.makedirs(os.path.join(prefix, "bin"), exist_ok=True)
    shutil.copy(parts.NODE, os.path.join(prefix, "bin", "node"))
    return prefix


def all_ways(home, environment, **env):
    """Script, module and interpreter of a Python environment."""
    bin_folder = os.path.join(environment, "bin")
    same(home, [os.path.join(bin_folder, "demo-server"), "a b"],
         package="demo-server", kind="python", **env)
    same(home, [os.path.join(bin_folder, "python"), "-u", "-m",
                "demo_server", "x"], package="demo-server", kind="python",
         **env)


@t.test
def the_distribution():
    with Home() as home:
        dependency(home, "p", "node_modules", "demo-dep")
        script = home.file(SERVER_JS, "p", "index.js")
        if os.path.exists("/usr/bin/node"):
            found = same(home, ["node", script, "x"], kind="node")
            assert [m[0] for m in found["mount"]] == \
                [os.path.join(home.top, "p")], found
        wheels(home)
        script = home.file(SERVER_PY, "q", "server.py")
        home.file("", "q", "demo_dep.py")
        same(home, ["python3", script, "x"], kind="python")


@t.test
def venv_linked_copied_and_nested():
    with Home() as home:
        server = wheels(home)
        for name, options in (("linked", []), ("copied", ["--copies"])):
            folder = os.path.join(home.home, name)
            home.run(SYSTEM_PYTHON, "-m", "venv", *options, folder)
            home.run(folder + "/bin/pip", "install", "-q", server)
            all_ways(home, folder)
        nested = os.path.join(home.home, "nested")
        home.run(home.home + "/copied/bin/python", "-m", "venv", nested)
        home.run(nested + "/bin/pip", "install", "-q", server)
        all_ways(home, nested)


@t.test
def venv_in_a_long_path_and_by_a_symlink():
    with Home() as home:
        server = wheels(home)
        folder = home.folder("home", "long" * 20, "deep" * 20)
        home.run(SYSTEM_PYTHON, "-m", "venv", folder)
        home.run(folder + "/bin/python", "-m", "pip", "install", "-q", server)
        with open(folder + "/bin/demo-server", encoding="utf-8") as f:
            assert f.readline() == "#!/bin/sh\n"
        all_ways(home, folder)
        link = os.path.join(home.home, "env")
        os.symlink(folder, link)
        same(home, [link + "/bin/python", "-m", "demo_server"])
        home.path(link + "/bin")
        same(home, ["python", "-m", "demo_server"], by_link=True,
             VIRTUAL_ENV=link)
        same(home, ["demo-server"], by_link=True)


@t.test
def virtualenv():
    with Home() as home:
        server = wheels(home)
        folder = os.path.join(home.home, "v")
        home.run(TOOLS + "/virtualenv", "-q", "--no-download", "-p",
                 SYSTEM_PYTHON, folder)
        home.run(folder + "/bin/pip", "install", "-q", server)
        all_ways(home, folder)


@t.test
def uv_environments():
    with Home() as home:
        server = wheels(home)
        for name, options in (("plain", []), ("moving", ["--relocatable"])):
            folder = os.path.join(home.home, name)
            home.run(parts.UV, "venv", "-q", "-p", SYSTEM_PYTHON, *options,
                     folder)
            home.run(parts.UV, "pip", "install", "-q", "-p", folder, server)
            all_ways(home, folder)


@t.test
def uv_tool():
    with Home() as home:
        server = wheels(home)
        home.run(parts.UV, "tool", "install", "-q", "-p", SYSTEM_PYTHON,
                 server)
        home.path(os.path.join(home.home, ".local", "bin"))
        found = same(home, ["demo-server", "x"], package="demo-server",
                     kind="python")
        assert any(m[0].endswith("/uv/tools/demo-server")
                   for m in found["mount"]), found


@t.test
def uv_run():
    with Home() as home:
        wheels(home)
        folder = home.folder("home", "project")
        home.file('[project]\nname = "p"\nversion = "1"\n'
                  'requires-python = ">=3.9"\n'
                  'dependencies = ["demo-server"]\n',
                  "home", "project", "pyproject.toml")
        script = home.file(SERVER_PY, "home", "project", "s.py")
        home.env["UV_PYTHON"] = SYSTEM_PYTHON
        home.run(parts.UV, "sync", "-q", cwd=folder)
        uv = [parts.UV]
        found = same(home, [*uv, "--directory", folder, "run", "-q",
                            "demo-server", "x"], package="demo-server")
        assert found["cwd"] == [folder], found
        same(home, [*uv, "run", "--project", folder, "-m", "demo_server"])
        same(home, [*uv, "run", "--project", folder, script, "x"])
        same(home, [*uv, "run", "python", "s.py"], cwd=folder)
        alone = home.file('# /// script\n# dependencies = ["demo-dep"]\n'
                          "# ///\n" + SERVER_PY, "home", "alone", "tool.py")
        same(home, [*uv, "run", "-q", alone, "y"])


@t.test
def pipx():
    with Home() as home:
        server = wheels(home)
        home.path(os.path.dirname(parts.UV))
        home.run(TOOLS + "/pipx", "install", "-q", "--python", SYSTEM_PYTHON,
                 server, PIPX_DEFAULT_BACKEND="uv")
        home.path(os.path.join(home.home, ".local", "bin"))
        found = same(home, ["demo-server"], package="demo-server",
                     kind="python")
        assert any(m[0].endswith("/pipx/venvs/demo-server")
                   for m in found["mount"]), found


@t.test
def pip_user():
    with Home() as home:
        server = wheels(home)
        # ensurepip's pip, for a system Python that brings none.
        home.run(SYSTEM_PYTHON, "-m", "venv", home.top + "/pip")
        pip = [SYSTEM_PYTHON, "-m", "pip"]
        site = [p for p in os.listdir(home.top + "/pip/lib")][0]
        home.run(*pip, "install", "-q", "--user", "--break-system-packages",
                 server, PYTHONPATH=f"{home.top}/pip/lib/{site}/site-packages")
        home.path(os.path.join(home.home, ".local", "bin"))
        same(home, ["demo-server", "x"], package="demo-server", kind="python")
        same(home, ["python3", "-m", "demo_server"], package="demo-server")


@t.test
def editable_installs():
    with Home() as home:
        wheels(home)
        env = os.path.join(home.home, "env")
        home.run(SYSTEM_PYTHON, "-m", "venv", env)
        home.run(env + "/bin/pip", "install", "-q", "demo-dep")
        home.file(SERVER_PY, "home", "dev", "src", "demo_server",
                  "__init__.py")
        home.file("from demo_server import main\nmain()\n", "home", "dev",
                  "src", "demo_server", "__main__.py")
        home.file("from setuptools import setup\n"
                  "setup(name='demo-server', version='1.0', "
                  "package_dir={'': 'src'}, packages=['demo_server'])\n",
                  "home", "dev", "setup.py")
        home.run(env + "/bin/python", "setup.py", "-q", "develop",
                 cwd=home.home + "/dev")
        found = same(home, [env + "/bin/python", "-m", "demo_server"])
        assert any("/home/dev" in m[0] for m in found["mount"]), found


@t.test
def nvm_with_npm_global_and_link():
    with Home() as home:
        prefix = nvm_node(home)
        home.path(prefix + "/bin")
        npm = ["npm", "--prefix", prefix, "-g"]
        dep = dependency(home, "home", "dev", "dep")
        server = node_package(home, ["home", "dev", "server"], "*")
        # A folder is installed as a link, as npm link does it.
        home.run(*npm, "install", "--install-links=false", dep, server)
        home.folder("home", "dev", "server", "node_modules")
        os.symlink(dep, server + "/node_modules/demo-dep")
        found = same(home, ["demo-server", "x"], package="demo-server",
                     kind="node")
        assert dep in [m[0] for m in found["mount"]], found
        same(home, ["node", prefix + "/lib/node_modules/demo-server/dist/"
                    "index.js", "x"])


@t.test
def npm_project_and_its_bin():
    with Home() as home:
        prefix = nvm_node(home)
        home.path(prefix + "/bin")
        dep = dependency(home, "home", "dev", "dep")
        server = node_package(home, ["home", "dev", "server"], "*")
        home.file("{}", "home", "app", "package.json")
        app = os.path.join(home.home, "app")
        home.run("npm", "install", "--install-links=true", dep, cwd=app)
        home.run("npm", "install", "--install-links=true", server, cwd=app)
        same(home, [app + "/node_modules/.bin/demo-server", "x"],
             package="demo-server", kind="node")
        same(home, ["node", "--no-warnings",
                    app + "/node_modules/demo-server/dist/index.js"])


@t.test
def pnpm_store_and_workspace():
    with Home() as home:
        prefix = nvm_node(home)
        home.path(prefix + "/bin")
        pnpm = ["node", PNPM, "--offline", "--store-dir",
                home.folder("home", "store")]
        dep = dependency(home, "home", "mono", "dep")
        node_package(home, ["home", "mono", "server"], "workspace:*")
        home.file("packages:\n  - dep\n  - server\n  - app\n", "home", "mono",
                  "pnpm-workspace.yaml")
        home.file('{"name": "app", "dependencies": {"demo-server": '
                  '"workspace:*"}}', "home", "mono", "app", "package.json")
        mono = os.path.join(home.home, "mono")
        home.run(*pnpm, "install", cwd=mono)
        found = same(home, ["node", mono + "/server/dist/index.js"],
                     package="demo-server")
        assert dep in [m[0] for m in found["mount"]], found
        # The command that pnpm writes is a script of /bin/sh.
        same(home, [mono + "/app/node_modules/.bin/demo-server", "x"],
             kind="node")


@t.test
def mise_shims_and_activated():
    with Home() as home:
        prefix = nvm_node(home)
        dependency(home, "home", "p", "node_modules", "demo-dep")
        script = home.file(SERVER_JS, "home", "p", "index.js", mode=0o755)
        binary = os.path.join(home.folder("home", ".local", "bin"), "mise")
        shutil.copy(MISE, binary)
        os.chmod(binary, 0o755)
        data = os.path.join(home.home, ".local", "share", "mise")
        target = os.path.join(data, "installs", "node", "22.23.3")
        shutil.copytree(prefix, target)
        home.path(data + "/shims", os.path.dirname(binary))
        home.run("mise", "use", "-g", "node@22.23.3")
        home.run("mise", "reshim")
        found = same(home, ["node", script, "x"], kind="node")
        assert target in [m[0] for m in found["mount"]], found
        same(home, [script, "x"], kind="node")
        home.env["PATH"] = home.env["PATH"].replace(
            data + "/shims", target + "/bin")
        same(home, ["node", script, "x"], kind="node")


def pyenv_root():
    """pyenv has no package; where a machine has it, it is tried."""
    path = shutil.which("pyenv")
    root = os.path.dirname(os.path.dirname(os.path.realpath(path or "/x/y")))
    return root if os.path.isdir(root + "/versions") else None


def try_pyenv():
    with Home() as home:
        root = pyenv_root()
        script = home.file(SERVER_PY, "home", "q", "server.py")
        home.file("", "home", "q", "demo_dep.py")
        home.path(root + "/shims", root + "/bin")
        home.env["PYENV_ROOT"] = root
        same(home, ["python3", script, "x"], kind="python")
        for version in sorted(os.listdir(root + "/versions"))[:3]:
            if version.startswith("3"):
                same(home, ["python", script], PYENV_VERSION=version)
        home.file("3\n", "work", ".python-version")
        same(home, ["python3", script])


if pyenv_root():
    t.add("pyenv", try_pyenv)
t.main()
