# SPDX-License-Identifier: Apache-2.0
"""The commands whose system calls fail: each with the folders that it begins
with, what it does to them, and how that stands in the log."""

import ctypes
import hashlib
import json
import os
import re
import subprocess

import pinrig
import tokenrig
from runrig import AS_ROOT, STOCKADE, of_type

SECRET = "correct horse battery"
SERVER = "bad_server"
# Few turns and little memory: that the derivation is dear is tried elsewhere.
CHEAP = {"ops": 1, "memory": 8192}
WORDS = {
    "config": r"\.config(/stockade(/(approver\.key|approvers|trusted"
              r"|profiles(/\w+\.json)?))?)?",
    "state": r"stockade(/(audit(/(key|ledger\.jsonl|"
             r"\d{4}-\d\d-\d\d-[0-9a-f]{32}\.jsonl))?"
             r"|tokens(/(token-\d\d|spent(/(clock|[0-9a-f]{32}-\d+-\d+))?))?"
             r"|pins(/[a-z]+-[0-9a-f]{16}"
             r"(/[0-9a-f]{8}-[0-9a-f]{16}-[0-9a-f]{2}\.pins)?)?))?",
}


def sodium():
    return ctypes.CDLL("libsodium.so.23")


def sealed_key(seed=bytes.fromhex(tokenrig.SEED), name="me"):
    """The text of an approver's key, cheap to open with SECRET."""
    lib, salt, nonce = sodium(), os.urandom(16), os.urandom(24)
    key = ctypes.create_string_buffer(32)
    box = ctypes.create_string_buffer(48)
    lib.sodium_init()
    assert lib.crypto_pwhash(
        key, ctypes.c_ulonglong(32), SECRET.encode(),
        ctypes.c_ulonglong(len(SECRET)), salt,
        ctypes.c_ulonglong(CHEAP["ops"]), ctypes.c_size_t(CHEAP["memory"]),
        2) == 0
    assert lib.crypto_secretbox_easy(box, seed, ctypes.c_ulonglong(32), nonce,
                                     key) == 0
    return (f"stockade-approver-key 1\nname {name}\n"
            f"public {tokenrig.public(seed.hex())}\nsalt {salt.hex()}\n"
            f"ops {CHEAP['ops']}\nmemory {CHEAP['memory']}\n"
            f"nonce {nonce.hex()}\nsealed {box.raw.hex()}\n")


def config(world, *name):
    folder = os.path.join(world.home, ".config", "stockade")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, *name)


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)


def get(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def records(world, kind):
    return [r for log in world.logs().values() for r in of_type(log, kind)]


def promised(world, kind):
    """Whether there is such a record in a log that ends well."""
    ended = {r["session"] for r in records(world, "session.end")
             if r.get("status") == 0}
    return any(r["session"] in ended for r in records(world, kind))


def rows(world):
    done = tokenrig.verb(world, "list", "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


class Command:
    """One that only reads; .out is what it prints, undisturbed."""

    name = ""
    arguments = ()
    typed = ()  # (what is waited for, what is typed)
    terminal = False  # its standard output is one, too
    writes = False
    detached = False  # from whoever runs the test
    talks = False  # may have more than one line to say
    some = None  # how many of its points are tried, if not all are
    fine = (0,)
    no = ()  # the same for what could not be done
    after = (0,)  # how the same command may end when it is run once more

    def prepare(self, world):
        """The folders that it begins with."""

    def words(self, world):
        return [STOCKADE, *self.arguments]

    def is_done(self, world):
        return True

    def is_recorded(self, world):
        return True

    def is_promised(self, world):
        """The log says that it was done, and nothing else since."""
        return False

    def is_told(self, printed):
        """It says itself what it could not look at."""
        return False

    def repaired(self, world):
        """What is wrong once it was run a second time."""
        return None

    def begin(self, world):
        """What one world alone has."""

    def end(self, world):
        """Of that."""


class Session(Command):
    """Reads the log of a session and of what was done outside one."""

    def __init__(self, name, *arguments):
        self.name, self.arguments = name, arguments

    def prepare(self, world):
        tokenrig.profile(world, tools={"allow": ["free"], "deny": ["no"]})
        with tokenrig.Asking(world) as run:
            run.tool(1, "free")
            run.got(1)
            run.tool(2, "no")
            run.got(2)
            run.end(0)
        put(config(world, "approver.key"), sealed_key())
        tokenrig.enrol(world)
        for number in range(2):
            _, text = tokenrig.token(number=f"{number}" * 32, ttl=3600)
            tokenrig.add(world, text)
        put(os.path.join(world.work, "mine.json"),
            '{"version": 1, "extends": "static"}')


class SetBack(Session):
    """Of a clock that was set back since: what has expired stays that."""

    def begin(self, world):
        path = os.path.join(tokenrig.store(world), "spent", "clock")
        real, rest = get(path).split(" ", 1)
        put(path, f"{int(real) + 3 * 3600 * 10**6:020} {rest}")


class Init(Command):
    name = "token init"
    some = 6  # derives a key as dearly as it is done
    arguments = ("token", "init", "--name", "me")
    typed = (("New passphrase: ", SECRET), ("The same again: ", SECRET))
    writes = True
    after = (0, 1)

    @staticmethod
    def public(world):
        """Of the key that was made; "" where there is none."""
        found = re.search(r"^public ([0-9a-f]{64})$",
                          get(config(world, "approver.key")), re.M)
        return found[1] if found else ""

    def is_done(self, world):
        public = self.public(world)
        return bool(public) and \
            f"me {public}\n" in get(config(world, "approvers"))

    def is_recorded(self, world):
        known = {r["key_id"] for r in records(world, "policy.changed")
                 if r["kind"] == "approver"}
        key = bytes.fromhex(self.public(world))
        return hashlib.sha256(key).hexdigest()[:16] in known

    def is_promised(self, world):
        return promised(world, "policy.changed")

    def repaired(self, world):
        if not self.is_done(world):
            return "the key does not count"
        lines = get(config(world, "approvers")).splitlines()
        return None if len(lines) == 1 else f"keys that are nobody's: {lines}"


class Mint(Command):
    name = "token mint"
    typed = (("Passphrase: ", SECRET),)
    writes = True
    arguments = ("token", "mint", "t", "--server", SERVER, "--ttl", "1h")

    def prepare(self, world):
        put(config(world, "approver.key"), sealed_key())
        tokenrig.enrol(world)
        # What there is to be swept.
        _, text = tokenrig.token(start=-100, ttl=50)
        tokenrig.plant(world, text)

    def live(self, world):
        return [row["id"] for row in rows(world) if row["counts"]]

    def is_done(self, world):
        return len(self.live(world)) == 1

    def is_recorded(self, world):
        return {r["token"] for r in records(world, "token.minted")} >= \
            set(self.live(world))

    def is_promised(self, world):
        taken = {r["token"] for r in records(world, "token.revoked")}
        ended = {r["session"] for r in records(world, "session.end")
                 if r.get("status") == 0}
        return any(r["token"] not in taken and r["session"] in ended
                   for r in records(world, "token.minted"))

    def repaired(self, world):
        n = len(self.live(world))
        return None if n in (1, 2) else f"{n} tokens"


class Add(Mint):
    name = "token add"
    typed = ()

    def prepare(self, world):
        super().prepare(world)
        _, text = tokenrig.token(ttl=3600)
        put(os.path.join(world.work, "token"), text)

    def words(self, world):
        return [STOCKADE, "token", "add", os.path.join(world.work, "token")]


class Revoke(Command):
    writes = True
    late = True  # is done before it is written down

    def __init__(self, name, *arguments, after=(0,)):
        self.name, self.arguments, self.after = name, arguments, after

    def prepare(self, world):
        tokenrig.enrol(world)
        self.texts = {}
        for letter in "ab":
            number, text = tokenrig.token(number=letter * 32, ttl=3600)
            tokenrig.add(world, text)
            self.texts[number] = text

    def meant(self):
        return ["a" * 32] if "a" * 32 in self.arguments else \
            ["a" * 32, "b" * 32]

    def is_done(self, world):
        """Neither it nor a copy of it counts."""
        for slot, number in enumerate(self.meant()):
            tokenrig.plant(world, self.texts[number], 40 + slot)
        live = {row["id"] for row in rows(world) if row["counts"]}
        for slot, number in enumerate(self.meant()):
            os.unlink(tokenrig.plant(world, self.texts[number], 40 + slot))
        return not live & set(self.meant())

    def is_there(self, world):
        """What is left of those in the store: not even it is one."""
        return {row["id"] for row in rows(world) if row["counts"]} & \
            set(self.meant())

    def is_recorded(self, world):
        return {r["token"] for r in records(world, "token.revoked")} >= \
            set(self.meant())

    def repaired(self, world):
        return f"{self.is_there(world)} count" if self.is_there(world) \
            else None


class Accept(Command):
    name = "pin accept"
    no = (1,)  # nobody said yes
    arguments = ("pin", "accept")
    typed = (("Type yes: ", "yes"),)
    terminal = True
    writes = True
    after = (0, 1)

    def prepare(self, world):
        pinrig.profile(world)
        pinrig.show(world)
        pinrig.one_run(world, "--profile", "mine")
        pinrig.show(world, tools=[pinrig.tool("t", "Another."),
                                  pinrig.tool("u"), pinrig.tool("new")])
        pinrig.one_run(world, "--profile", "mine")

    def waiting(self, world):
        done = world.stockade("pin", "list", "--json")
        assert done.returncode == 0, done
        return [(r["accepted"], r["waiting"])
                for r in json.loads(done.stdout)]

    def is_done(self, world):
        found = self.waiting(world)
        assert found in ([(4, 0)], [(3, 2)]), found
        return found == [(4, 0)]

    def is_recorded(self, world):
        return {r["name"] for r in records(world, "pin.accepted")} == \
            {"t", "new"}

    def is_promised(self, world):
        return promised(world, "pin.accepted")

    def repaired(self, world):
        return None if self.is_done(world) else "it waits still"


class Pins(Accept):
    """Only looks."""

    typed = ()
    terminal = False
    writes = False
    after = (0,)
    is_done = is_recorded = lambda self, world: True
    is_promised = lambda self, world: False
    repaired = lambda self, world: None

    def __init__(self, name, *arguments):
        self.name, self.arguments = name, arguments


class Trust(Command):
    name = "profile trust"
    writes = True

    def prepare(self, world):
        for name in ("old", "mine"):
            put(os.path.join(world.work, f"{name}.json"),
                '{"version": 1, "extends": "static"}')

    def begin(self, world):
        """What holds paths of this world."""
        self.trust(world, "old")

    @staticmethod
    def line(world, name):
        path = os.path.realpath(os.path.join(world.work, f"{name}.json"))
        digest = hashlib.sha256(get(path).encode()).hexdigest()
        return f"{digest}  {path}\n"

    def trust(self, world, *names):
        put(config(world, "trusted"),
            "".join(self.line(world, name) for name in names))

    def words(self, world):
        return [STOCKADE, "profile", "trust",
                os.path.join(world.work, "mine.json")]

    def state(self, world):
        text = get(config(world, "trusted"))
        known = {self.line(world, "old"): "old",
                 self.line(world, "old") + self.line(world, "mine"): "both"}
        assert text in known, text
        return known[text]

    def is_done(self, world):
        return self.state(world) == "both"

    def is_recorded(self, world):
        return any(r["kind"] == "trust" and r["name"].endswith("/mine.json")
                   and "new" in r for r in records(world, "policy.changed"))

    def is_promised(self, world):
        return promised(world, "policy.changed")

    def repaired(self, world):
        return None if self.is_done(world) else "it is not done"


class Distrust(Trust):
    name = "profile trust --revoke"
    late = True
    after = (0, 1)

    def begin(self, world):
        self.trust(world, "old", "mine")

    def words(self, world):
        return [STOCKADE, "profile", "trust", "--revoke",
                os.path.join(world.work, "mine.json")]

    def is_done(self, world):
        return self.state(world) == "old"

    def is_recorded(self, world):
        return any(r["kind"] == "trust" and r["name"].endswith("/mine.json")
                   and "new" not in r
                   for r in records(world, "policy.changed"))


class Trusted(Trust):
    name = "profile trust --list"
    arguments = ("profile", "trust", "--list")
    writes = False

    def begin(self, world):
        self.trust(world, "old", "mine")

    def words(self, world):
        return [STOCKADE, *self.arguments]

    def is_done(self, world):
        return self.state(world) == "both"

    def is_told(self, printed):
        return "unreadable TOP/work/" in printed


def all_commands():
    return [
        Init(), Mint(), Add(), Accept(), Trust(), Distrust(), Trusted(),
        Revoke("token revoke", "token", "revoke", "a" * 32, after=(0, 1)),
        Revoke("token revoke --all", "token", "revoke", "--all"),
        Revoke("stop --revoke", "stop", "--revoke"),
        Session("token list", "token", "list"),
        Session("token list --json", "token", "list", "--json"),
        SetBack("token list, by a clock that was set back", "token", "list"),
        Session("verify", "verify"),
        Session("verify --json", "verify", "--json"),
        Session("log", "log"),
        Session("log --json", "log", "--json"),
        Session("log --args", "log", "--args", "{}"),
        Session("why", "why", "--last"),
        Pins("pin list", "pin", "list"),
        Pins("pin list --json", "pin", "list", "--json"),
        Pins("pin diff", "pin", "diff"),
        Pins("pin diff --json", "pin", "diff", "--json"),
    ]


def left_over(world):
    """Names that nobody expects there, and modes that lend it to others."""
    found = []
    for key, top in ("config", world.home), ("state", world.state):
        form = re.compile(WORDS[key] + (r"|\.local.*" if key == "config"
                                        else ""))
        for at, folders, files in os.walk(top):
            for name in folders + files:
                path = os.path.join(at, name)
                short = os.path.relpath(path, top)
                if not form.fullmatch(short):
                    found.append(f"left behind: {short}")
    return found


def told_secrets(world, *more):
    """Where a passphrase or the seed of a key can be read."""
    seed = bytes.fromhex(tokenrig.SEED)
    secrets = (SECRET.encode(), seed, tokenrig.SEED.encode())
    done = [f"a secret in {text}" for text in more
            if any(s.decode("latin1") in text for s in secrets)]
    for top in (world.home, world.state, world.work):
        for at, _, files in os.walk(top):
            for name in files:
                path = os.path.join(at, name)
                text = b""
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        text = file.read()
                if any(secret in text for secret in secrets):
                    done.append(f"a secret in {path}")
    return done


__all__ = ["AS_ROOT", "SECRET", "all_commands", "left_over", "subprocess",
           "told_secrets"]
