#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The listed tests under a second kernel, in an emulator.

usage: guest.py BUILD

The guest sees the host's files read-only, so the very same binaries run. Its
points come over a serial line; a guest that does not report its plan failed.
"""

import gzip
import json
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
MEMORY = "1536M"
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
    """The lines of the list that begin with a mark, without it."""
    lines = [line.strip() for line in load(os.path.join(HERE, "list"))
             .decode().splitlines() if line.strip() and line[0] != "#"]
    return [line[1:] for line in lines if line[0] == mark]


def listed_tests(build):
    names, out = ["guest"] + list_lines("+"), list_lines("!")
    return [t for t in runner.load_tests(build) if runner.wanted(t, names)
            and not (out and runner.wanted(t, out))]


def drop_expected_skips(report):
    """The report without points that this kernel cannot have, renumbered."""
    expected, lines, number = list_lines("-"), [], 0
    for line in report.splitlines():
        point = tap.POINT.match(line)
        if point and (point["directive"] or "").lower() == "skip" and \
                point["name"].split(": ", 1)[-1] in expected:
            lines.append(f"# not on this kernel: {point['name']}")
        elif point:
            number += 1
            lines.append(line.replace(point["number"], str(number), 1))
        elif tap.PLAN.match(line):
            lines.append(f"1..{number}")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


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


def make_disk(path):
    with open(path, "wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-m", "0", path], check=True)


def boot(work, release, build):
    """Runs the guest to its end; what it printed on console and report."""
    said = [os.path.join(work, name) for name in ("console", "report")]
    words = ["console=ttyS0", "quiet", "panic=-1", f"bind={TOP}",
             f"bind={build}", f"program={os.path.join(HERE, 'inside.py')}"]
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2",
        "-m", MEMORY, "-nodefaults", "-display", "none", "-no-reboot",
        "-kernel", os.path.join(KERNEL, "boot", f"vmlinuz-{release}"),
        "-initrd", os.path.join(work, "initramfs"),
        "-append", " ".join(words),
        "-serial", f"file:{said[0]}", "-serial", f"file:{said[1]}",
        "-drive", f"if=none,id=disk,format=raw,file={work}/disk",
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


def relay(console, report):
    """Prints the guest's points as our own; 0 when all is well."""
    outcome = tap.parse(report, 0)
    print(report, end="")
    planned = re.search(r"^1\.\.[1-9]\d*$", report, re.M)
    if not planned or outcome.failed:
        print("\n".join("# console: " + line
                        for line in console.splitlines()[-40:]))
    if not planned:
        print("Bail out! the guest did not report how many tests it ran")
        return 1
    return 1 if outcome.failed else 0


def main():
    build = os.path.realpath(sys.argv[1])
    stamp = os.path.join(KERNEL, "release")
    if not os.path.exists(stamp) or not shutil.which("qemu-system-x86_64"):
        tap.Script().skip_all("no emulator or no kernel: tests/lib/setup.sh guest")
    release = load(stamp).decode().strip()
    tests = listed_tests(build)
    with tempfile.TemporaryDirectory(dir="/var/tmp",
                                     prefix="stockade-guest.") as work:
        make_initramfs(os.path.join(work, "initramfs"), release, tests)
        make_disk(os.path.join(work, "disk"))
        console, report = boot(work, release, build)
    return relay(console, drop_expected_skips(report))


if __name__ == "__main__":
    sys.exit(main())
