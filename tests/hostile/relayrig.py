# SPDX-License-Identifier: Apache-2.0
"""A rig around relay_host: the test plays client, server, keeper, supervisor.

Records come back as (type, {field: [values]}), with the names that record.h
gives them: the tables are read from the header, so that they cannot differ.
"""
import json
import os
import re
import select
import socket
import struct
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def enum_of(path, prefix, first):
    text = open(os.path.join(ROOT, path)).read()
    body = text[text.index(first):]
    names = re.findall(r"\b" + prefix + r"([A-Z_]+)\b", body[:body.index("_N\n")])
    return {name: i for i, name in enumerate(names)}


IPC = enum_of("launcher/base/ipc.h", "IPC_", "IPC_NONE = 0")
RECORD_TYPES = {v: k for k, v in
                enum_of("launcher/base/record.h", "RECORD_", "RECORD_NONE = 0").items()}
FIELDS = [(f"{group}.{key}" if group else key, kind) for group, key, kind in
          re.findall(r"\bX\(\w+, (?:NULL|\"(\w+)\"), \"(\w+)\", KIND_(\w+)\)",
                     open(os.path.join(ROOT, "launcher/base/record.h")).read())]
IPC_MSG = struct.Struct("=IIQQ5Q")
HEADER = struct.Struct("=IHHIIQQ")
FIELD = struct.Struct("=HHI")
CREDIT = 1 << 30
MIB = 1 << 20


def request(id, method="ping", **params):
    m = {"jsonrpc": "2.0", "id": id, "method": method}
    if params:
        m["params"] = params
    return m


def call(id, tool="read", **arguments):
    return request(id, "tools/call", name=tool, arguments=arguments)


def result(id, value=None):
    return {"jsonrpc": "2.0", "id": id, "result": {} if value is None else value}


def text_result(id, text="ok"):
    return result(id, {"content": [{"type": "text", "text": text}]})


def line(message):
    if isinstance(message, dict):
        message = json.dumps(message, separators=(",", ":"))
    if isinstance(message, str):
        message = message.encode()
    return message if message.endswith(b"\n") else message + b"\n"


THREADS = []


def background(f, *args):
    """Runs f until it ends or its peer does; a Rig waits for it at its end."""
    def quiet():
        try:
            f(*args)
        except OSError:
            pass

    t = threading.Thread(target=quiet, daemon=True)
    THREADS.append(t)
    t.start()
    return t


class Timeout(Exception):
    pass


class Rig:
    """with Rig(host, options) as r: …; everything is closed at the end."""

    def __init__(self, host, *options, client=None, credit=CREDIT, go=True):
        self.buffers, self.records_bytes = {}, b""
        self.client = client or self.pipes()
        client_in, client_out, self.to_relay, self.from_relay = self.client
        self.server_stdin, server_in = os.pipe()
        server_out, self.server_stdout = os.pipe()
        server_err, self.server_stderr = os.pipe()
        self.records, record_fd = os.pipe()
        self.keeper, keeper = self.seqpacket()
        self.supervisor, supervisor = self.seqpacket()
        liveness, self.liveness = os.pipe()
        fds = [client_in, client_out, server_in, server_out, server_err,
               record_fd, keeper.fileno(), supervisor.fileno(), liveness]
        self.process = subprocess.Popen(
            [host, *map(str, fds), *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=set(fds))
        for fd in set(fds) - {keeper.fileno(), supervisor.fileno()}:
            os.close(fd)
        keeper.close()
        supervisor.close()
        self.totals = None
        self.expect_ipc("READY")
        if credit:
            self.credit(credit)
        if go:
            self.ipc("GO")

    @staticmethod
    def seqpacket():
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @staticmethod
    def pipes():
        client_in, to_relay = os.pipe()
        from_relay, client_out = os.pipe()
        return client_in, client_out, to_relay, from_relay

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.kill()
        self.process.wait()
        # Before their descriptors are closed, and their numbers used again.
        while THREADS:
            THREADS.pop().join(5)
        if self.process.stderr:
            self.process.stderr.close()
        for fd in (self.to_relay, self.from_relay, self.server_stdin,
                   self.server_stdout, self.server_stderr, self.records,
                   self.liveness):
            self.close(fd)
        self.keeper.close()
        self.supervisor.close()

    @staticmethod
    def close(fd):
        try:
            os.close(fd)
        except OSError:
            pass

    # -- keeper and supervisor

    def ipc(self, kind, a=0, b=0, sock=None):
        (sock or self.supervisor).send(IPC_MSG.pack(IPC[kind], 0, a, b, 0, 0, 0, 0, 0))

    def credit(self, n):
        self.ipc("CREDIT", n, sock=self.keeper)

    def expect_ipc(self, kind, timeout=5):
        self.supervisor.settimeout(timeout)
        data = self.supervisor.recv(256)
        if not data:
            raise Timeout("the relay closed its socket instead of " + kind)
        m = IPC_MSG.unpack(data)
        got = [k for k, v in IPC.items() if v == m[0]][0]
        if got != kind:
            raise AssertionError(f"{got} instead of {kind}")
        return m

    def get_records(self, want=None, timeout=5):
        """All records that are there; waits until one of type `want` is."""
        out, end = [], time.monotonic() + timeout
        while True:
            while select.select([self.records], [], [], 0)[0]:
                data = os.read(self.records, 1 << 20)
                if not data:
                    break
                self.records_bytes += data
            while len(self.records_bytes) >= HEADER.size:
                size = HEADER.unpack_from(self.records_bytes)[0]
                if len(self.records_bytes) < size:
                    break
                out.append(parse_record(self.records_bytes[:size]))
                self.records_bytes = self.records_bytes[size:]
            if want is None or any(t == want for t, _ in out):
                return out
            if time.monotonic() > end:
                raise Timeout(f"no {want} record, but {out}")
            select.select([self.records], [], [], 0.05)

    def get_records_so_far(self, kind):
        self.so_far = getattr(self, "so_far", []) + self.get_records()
        return [f for t, f in self.so_far if t == kind]

    def expect_any_ipc(self, timeout=10):
        self.supervisor.settimeout(timeout)
        m = IPC_MSG.unpack(self.supervisor.recv(256))
        return [k for k, v in IPC.items() if v == m[0]][0]

    # -- lines

    def send(self, *messages):
        """As the client."""
        write_all(self.to_relay, b"".join(map(line, messages)))

    def serve(self, *messages):
        """As the server."""
        write_all(self.server_stdout, b"".join(map(line, messages)))

    def read_line(self, fd, timeout=5):
        buf = self.buffers.setdefault(fd, bytearray())
        end = time.monotonic() + timeout
        while b"\n" not in buf:
            if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
                raise Timeout(f"no line, but {bytes(buf[:200])!r}")
            try:
                data = os.read(fd, 1 << 20)
            except OSError:
                data = b""
            if not data:
                raise EOFError(bytes(buf[:200]))
            buf += data
        i = buf.index(b"\n") + 1
        out = bytes(buf[:i])
        del buf[:i]
        return out

    def at_client(self, timeout=5):
        return self.read_line(self.from_relay, timeout)

    def at_server(self, timeout=5):
        return self.read_line(self.server_stdin, timeout)

    def nothing(self, fd, seconds=0.1):
        return not self.buffers.get(fd) and not select.select([fd], [], [], seconds)[0]

    def eof(self, fd, timeout=5):
        try:
            got = self.read_line(fd, timeout)
        except EOFError as e:
            return e.args[0] == b""
        raise AssertionError(f"not the end but {got[:200]!r}")

    def round_trip(self, id=1):
        self.send(call(id))
        assert self.at_server() == line(call(id))
        self.serve(text_result(id))
        assert self.at_client() == line(text_result(id))

    # -- the end

    def finish(self, timeout=10):
        """Server exit, totals, exit of the relay. Returns (stderr, peak KiB)."""
        self.ipc("SERVER_EXIT")
        self.close(self.server_stdout)
        self.close(self.server_stderr)
        while True:
            self.supervisor.settimeout(timeout)
            m = IPC_MSG.unpack(self.supervisor.recv(256))
            if m[0] == IPC["TOTALS"]:
                break
        self.totals = dict(zip(("calls", "refused", "errors", "in", "out"), m[4:]))
        return self.ended(timeout)

    def ended(self, timeout=10):
        _, err = self.process.communicate(timeout=timeout)
        if self.process.returncode != 0:
            raise AssertionError(f"status {self.process.returncode}: {err!r}")
        err, _, peak = err.decode().rpartition("peak ")
        return err, int(peak)

    def stderr_line(self, timeout=5):
        return self.read_line(self.process.stderr.fileno(), timeout).decode()


def echo(rig, text="ok"):
    """A server that answers each call, as long as it is let."""
    def serve():
        rest = b""
        while True:
            data = os.read(rig.server_stdin, MIB)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            rig.serve(*[text_result(json.loads(x)["id"], text) for x in lines])

    return background(serve)


def drain_records(rig):
    def read():
        while os.read(rig.records, MIB):
            pass

    return background(read)


def write_all(fd, data):
    data = memoryview(data)
    while data:
        n = os.write(fd, data)
        data = data[n:]


def parse_record(data):
    size, kind, n, cost, zero, _, _ = HEADER.unpack_from(data)
    assert zero == 0 and size == len(data)
    fields, pos = {}, HEADER.size
    for _ in range(n):
        id, flags, length = FIELD.unpack_from(data, pos)
        pos += FIELD.size
        key, form = FIELDS[id - 1]
        value = data[pos:pos + length]
        pos += length
        if form in ("U64", "BOOL"):
            value = struct.unpack("=Q", value)[0]
        elif form in ("TEXT", "ITEM", "PAIR", "COUNT"):
            value = value[:-40] if flags else value
            value = value.decode("utf-8", "replace")
        if form == "COUNT":
            name, count = value.split("=")
            fields.setdefault(key, {})[name] = int(count)
        elif form in ("ITEM", "PAIR"):
            fields.setdefault(key, []).append(value)
        else:
            fields[key] = value
    assert pos == size
    return RECORD_TYPES[kind].lower(), fields
