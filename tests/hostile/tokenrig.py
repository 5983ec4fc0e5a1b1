# SPDX-License-Identifier: Apache-2.0
"""Tokens that an authorization service of a test's own signs."""

import hashlib
import json
import os
import subprocess
import sys
import time

from askrig import Asking, profile, text
from runrig import PATIENCE, STOCKADE, is_fine

SEED = "11" * 32
NEEDED = ("Not run: only the user can permit this, one time, outside this "
          "conversation.")
SIGNER = os.path.join(sys.argv[1], "tests", "hostile", "signer")


def sign(data, seed=SEED):
    return subprocess.run([SIGNER, seed], input=data, capture_output=True,
                          check=True).stdout.decode().strip()


def public(seed=SEED):
    return subprocess.run([SIGNER, seed, "public"], capture_output=True,
                          check=True).stdout.decode().strip()


def key_id(seed=SEED):
    return hashlib.sha256(bytes.fromhex(public(seed))).hexdigest()[:16]


def enrol(world, *seeds):
    """The user's list."""
    folder = os.path.join(world.home, ".config", "stockade")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, "approvers"), "w",
              encoding="ascii") as file:
        for number, seed in enumerate(seeds or [SEED]):
            file.write(f"# of a test\n\nservice-{number} {public(seed)}\n")


def args_hash(arguments):
    canonical = json.dumps(arguments, sort_keys=True, ensure_ascii=False,
                           separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def token(server="bad_server", tool="t", seed=SEED, key=None, args=None,
          when=None, role=None, session=None, uses=1, start=-1, ttl=300,
          number=None, head="stockade-token 1"):
    now = int(time.time())
    number = number or os.urandom(16).hex()
    lines = [head, f"id {number}", f"key {key or key_id(seed)}",
             f"server {server}", f"tool {tool}"]
    if when is not None:
        lines.append(f"when {json.dumps(when)}")
    else:
        lines.append("args " + (args_hash(args) if isinstance(args, dict)
                                else args or "any"))
    lines += [f"role {role}"] if role else []
    lines += [f"session {session}"] if session else []
    lines += [f"uses {uses}", f"from {now + start}",
              f"until {now + start + ttl}"]
    body = "".join(x + "\n" for x in lines)
    return number, body + f"signature {sign(body.encode(), seed)}\n"


def verb(world, *arguments, given=None, **how):
    return subprocess.run(
        [*how.pop("wrap", ()), STOCKADE, "token", *arguments],
        input=given or "", capture_output=True, text=True,
        errors="backslashreplace", timeout=PATIENCE,
        env=how.pop("env", world.env), cwd=world.work)


def add(world, text_of, **how):
    done = verb(world, "add", "-", given=text_of, **how)
    assert done.returncode == 0, done
    return done


def store(world):
    return os.path.join(os.path.dirname(world.audit()), "tokens")


def plant(world, text_of, slot=9):
    """As somebody does who may write the folder and asks no verb."""
    os.makedirs(os.path.join(store(world), "spent"), mode=0o700,
                exist_ok=True)
    path = os.path.join(store(world), f"token-{slot:02}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text_of)
    os.chmod(path, 0o600)
    return path


def passes(run, number, tool="t", **arguments):
    run.tool(number, tool, **arguments)
    return is_fine(run.got(number))


def is_refused(run, number, tool="t", **arguments):
    run.tool(number, tool, **arguments)
    said = text(run.got(number))
    assert said == NEEDED, said
    return True


__all__ = ["Asking", "NEEDED", "SEED", "STOCKADE", "add", "enrol", "is_fine",
           "is_refused", "key_id", "passes", "plant", "profile", "public",
           "sign", "store", "text", "token", "verb"]
