#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The listed tests under a second kernel, in an emulator.

usage: guest.py BUILD [NAME...]

The guest sees the host's files read-only, so the very same binaries run. Its
points come over a serial line; a guest that does not report its plan failed.
"""

import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))

import runner  # noqa: E402
import tap  # noqa: E402

KERNEL = os.path.join(TOP, ".cache", "kernel")
MODULES = ["virtio_pci", "virtio_blk", "9pnet_virtio", "9p", "crc32c_generic",
           "ext4", "overlay"]
PASSES = ("root", "user")
MEMORY = "2048M"
DISK_BYTES = 512 << 20
SECONDS = 1500


class Initramfs:
    """A cpio archive (newc), written here: no tool for it is installed."""

    def __init__(self):
        self.parts, self.inode = [], 0

    def entry(self, name, mode, data=b""):
        self.inode += 1
        path = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(path), 0]
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + path
        self.parts += [head, b"\0" * (-len(head) % 4),
                       data, b"\0" * (-len(data) % 4)]

    def folder(self, name):
        self.entry(name, 0o40755)

    def file(self, name, data, mode=0o100755):
        self.entry(name, mode, data)

    def write(self, path):
        self.entry("TRAILER!!!", 0)
        with gzip.open(path, "wb", compresslevel=1) as out:
            out.write(b"".join(self.parts))


def load(path):
    with open(path, "rb") as file:
        return file.read()


def module_files(release):
    """The modules and what they depend on, in the order to load them."""
    files, order = {}, []
    for folder, _, names in os.walk(os.path.join(KERNEL, "lib/modules", release)):
        for name in names:
            if name.endswith(".ko"):
                files[name[:-3].replace("-", "_")] = os.path.join(folder, name)

    def add(name):
        data = load(files[name])
        needs = re.search(rb"\0depends=([^\0]*)", data)
        for other in needs[1].decode().split(",") if needs else []:
            if other:
                add(other.replace("-", "_"))
        if files[name] not in order:
            order.append(files[name])

    for name in MODULES:
        add(name)
    return order


def list_lines(mark):
    """The lines of the list with a mark: what follows, and in which passes."""
    for line in load(os.path.join(HERE, "list")).decode().splitlines():
        if line.startswith(mark):
            word, _, rest = line[1:].partition(" ")
            yield (rest, [word]) if word in PASSES else (line[1:], PASSES)


def points_of(test, which):
    """For TAP_ONLY: the points of a test that the list chooses or leaves."""
    return [sign + line.partition(": ")[2]
            for mark, sign in (("=", ""), ("!", "!"))
            for line, passes in list_lines(mark)
            if which in passes and line.partition(": ")[0] == test["name"]]


def listed_passes(tests):
    """Test names, and in which passes the list wants them."""
    wanted = {}
    for name, passes in [("guest", PASSES), *list_lines("+")]:
        found = [t["name"] for t in tests if runner.wanted(t, [name])]
        if not found:
            sys.exit(f"guest: no such test in the list: {name}")
        for test in found:
            wanted.setdefault(test, set()).update(passes)
    for mark in "=!-":
        for line, _ in list_lines(mark):
            if line.partition(": ")[0] not in wanted:
                sys.exit(f"guest: no such test in the list: {mark}{line}")
    return wanted


def listed_tests(tests, names=()):
    """What the guest is to run: tests with their passes, and in "only" what
    they are to run in each."""
    wanted, chosen = listed_passes(tests), []
    for test in tests:
        passes = [which for which in PASSES
                  if which in wanted.get(test["name"], ())
                  and runner.belongs(test, which == "root", in_guest=True)]
        if passes and runner.wanted(test, names):
            chosen.append({**test, "passes": passes, "only": {
                which: points_of(test, which) for which in passes}})
    return chosen


def expected_skips():
    """Points that this kernel cannot have, to why."""
    lines = [line.partition(" -- ") for line, _ in list_lines("-")]
    for point, _, why in lines:
        if not why:
            sys.exit(f"guest: no reason in the list: {point}")
    return {point: why for point, _, why in lines}


def drop_expected_skips(report):
    """The report without points that this kernel cannot have, renumbered."""
    expected, lines, number = expected_skips(), [], 0
    for line in report.splitlines():
        point = tap.POINT.match(line)
        name = point["name"].split(": ", 1)[-1] if point else None
        if point and name in expected and \
                (point["directive"] or "").lower() == "skip":
            lines.append(f"# not on this kernel: {name}: {expected[name]}")
        elif point:
            number += 1
            lines.append(line.replace(point["number"], str(number), 1))
        elif tap.PLAN.match(line):
            lines.append(f"1..{number}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def unheard_of(report, tests):
    """Test programs that did not say how many points they have, and points
    that are listed as skipped and were not."""
    for test in tests:
        for which in test["passes"]:
            if not re.search(rf"^# plan: {which}: {test['name']}: [1-9]\d*$",
                             report, re.M):
                yield f"{which}: {test['name']} did not report its plan"
    ran = [test["name"] for test in tests]
    for point in expected_skips():
        if point.partition(": ")[0] in ran and \
                f": {point} # SKIP" not in report:
            yield f"{point} was not skipped"


def make_initramfs(path, release, tests):
    archive = Initramfs()
    for name in ("bin", "proc", "dev", "modules"):
        archive.folder(name)
    archive.file("bin/busybox", load(shutil.which("busybox")))
    archive.file("init", load(os.path.join(HERE, "init")))
    modules = module_files(release)
    for module in modules:
        archive.file("modules/" + os.path.basename(module), load(module))
    archive.file("modules/order", "".join(
        os.path.basename(m) + "\n" for m in modules).encode(), 0o100644)
    archive.file("tests.json", json.dumps(tests).encode(), 0o100644)
    archive.write(path)


def unpack_kernel(packed, path):
    """The kernel as it runs, so that the emulator has not to unpack it."""
    data = load(packed)
    # Boot protocol: the code follows the sectors of the set-up.
    start = (data[0x1f1] + 1) * 512 + int.from_bytes(data[0x248:0x24c], "little")
    length = int.from_bytes(data[0x24c:0x250], "little")
    try:
        with open(path, "wb") as file:
            file.write(lzma.LZMADecompressor().decompress(
                data[start:start + length]))
        return path
    except lzma.LZMAError:
        return packed


def make_disk(path):
    with open(path, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-m", "0", path], check=True)


def boot(work, release, build):
    """Runs the guest to its end; what it printed on console and report."""
    said = [os.path.join(work, name) for name in ("console", "report")]
    words = ["console=ttyS0", "quiet", "panic=-1", "mitigations=off",
             f"bind={TOP}", f"bind={build}", f"program={os.path.join(HERE, 'inside.py')}"]
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2",
        "-m", MEMORY, "-nodefaults", "-display", "none", "-no-reboot",
        "-kernel", unpack_kernel(
            os.path.join(KERNEL, "boot", f"vmlinuz-{release}"),
            os.path.join(work, "kernel")),
        "-initrd", os.path.join(work, "initramfs"),
        "-append", " ".join(words),
        "-serial", f"file:{said[0]}", "-serial", f"file:{said[1]}",
        "-drive", f"if=none,id=disk,format=raw,cache=unsafe,"
        f"file={work}/disk",
        "-device", "virtio-blk-pci,drive=disk",
        "-virtfs", "local,path=/,mount_tag=host,security_model=none,"
        "readonly=on,multidevs=remap"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as emulator:
        try:
            emulator.wait(SECONDS)
        except subprocess.TimeoutExpired:
            emulator.kill()
    return [load(path).decode(errors="backslashreplace").replace("\r", "")
            if os.path.exists(path) else "" for path in said]


def relay(console, report, tests):
    """Prints the guest's points as our own; 0 when all is well."""
    missing = list(unheard_of(report, tests))
    report = drop_expected_skips(report)
    outcome = tap.parse(report, 0)
    print(report, end="")
    planned = re.search(r"^1\.\.[1-9]\d*$", report, re.M)
    if not planned or missing or outcome.failed:
        print("\n".join("# console: " + line
                        for line in console.splitlines()[-40:]))
    if not planned:
        missing.append("the guest did not report how many tests it ran")
    for what in missing:
        print(f"Bail out! {what}")
    return 1 if outcome.failed or missing else 0


def main():
    build = os.path.realpath(sys.argv[1])
    stamp = os.path.join(KERNEL, "release")
    if not os.path.exists(stamp) or not shutil.which("qemu-system-x86_64"):
        tap.Script().skip_all("no emulator or no kernel: tests/lib/setup.sh guest")
    release = load(stamp).decode().strip()
    tests = listed_tests(runner.load_tests(build), sys.argv[2:])
    with tempfile.TemporaryDirectory(dir="/var/tmp",
                                     prefix="stockade-guest.") as work:
        make_initramfs(os.path.join(work, "initramfs"), release, tests)
        make_disk(os.path.join(work, "disk"))
        console, report = boot(work, release, build)
    return relay(console, report, tests)


if __name__ == "__main__":
    sys.exit(main())
