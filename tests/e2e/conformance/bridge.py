#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Streamable HTTP to a server on stdio, for a suite that speaks HTTP alone.

usage: bridge.py COMMAND [ARG...]

Prints its port on standard output. Up to 2025-11-25 each session has a process
of its own; all that is of 2026-07-28 shares one. What a server sends beside its
answers goes on the stream of the request it is about.
"""

import http.server
import json
import queue
import re
import secrets
import subprocess
import sys
import threading

VERSION = "io.modelcontextprotocol/protocolVersion"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
PATIENCE = 20
# A server may settle on an era by the first message; over HTTP there is none,
# and what claims no version is to be refused.
OPENING = {"jsonrpc": "2.0", "id": "bridge", "method": "tools/list",
           "params": {"_meta": {
               VERSION: "2026-07-28",
               "io.modelcontextprotocol/clientCapabilities": {},
               "io.modelcontextprotocol/clientInfo": {
                   "name": "bridge", "version": "1"}}}}
LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
# Of the modern era: what an answer's code is as a status.
STATUS = {-32601: 404, -32602: 400, -32600: 400, -32700: 400, -32020: 400,
          -32021: 400, -32022: 400}


class Process:
    """A server, and who waits for what of it."""

    def __init__(self, command):
        self.lock, self.waiting, self.rest = threading.Lock(), {}, queue.Queue()
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.read, daemon=True).start()

    def send(self, message, stream=None):
        with self.lock:
            if stream is not None:
                self.waiting[json.dumps(message["id"])] = (message, stream)
            self.child.stdin.write(json.dumps(message).encode() + b"\n")
            self.child.stdin.flush()

    def forget(self, number):
        with self.lock:
            return self.waiting.pop(json.dumps(number), None)

    def about(self, message):
        """The stream of the request that this is about; else the last."""
        params = message.get("params") or {}
        listen = json.dumps((params.get("_meta") or {}).get(SUBSCRIPTION))
        if listen in self.waiting:
            return self.waiting[listen][1]
        token = params.get("progressToken")
        for request, stream in self.waiting.values():
            meta = (request.get("params") or {}).get("_meta") or {}
            if token is not None and meta.get("progressToken") == token:
                return stream
        calls = [stream for _, stream in self.waiting.values()]
        return calls[-1] if calls else self.rest

    def read(self):
        for line in self.child.stdout:
            message = json.loads(line)
            with self.lock:
                if "method" in message:
                    self.about(message).put(message)
                    continue
                found = self.waiting.pop(json.dumps(message.get("id")), None)
            if found:
                found[1].put(message)
        with self.lock:
            for _, stream in self.waiting.values():
                stream.put(None)

    def end(self):
        self.child.stdin.close()


class Bridge(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, command):
        super().__init__(("127.0.0.1", 0), Handler)
        self.command, self.sessions, self.shared = command, {}, None
        self.lock = threading.Lock()

    def modern(self):
        with self.lock:
            if self.shared is None or self.shared.child.poll() is not None:
                self.shared = Process(self.command)
                self.shared.send(OPENING, queue.Queue())
            return self.shared

    def open(self):
        name = secrets.token_hex(8)
        self.sessions[name] = Process(self.command)
        return name

    def handle_error(self, *unused):
        """A client that has gone is none."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def reply(self, status, body=None, **headers):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if data:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status, code, text, number=None):
        self.reply(status, {"jsonrpc": "2.0", "id": number,
                            "error": {"code": code, "message": text}})

    def is_local(self):
        """Against DNS rebinding, which a suite tries on the bridge too."""
        origin = self.headers.get("Origin", "http://localhost")
        if LOCAL.fullmatch(self.headers.get("Host", "")) and \
                LOCAL.fullmatch(origin.split("//")[-1]):
            return True
        self.refuse(403, -32000, "not from here")
        return False

    def session(self):
        return self.server.sessions.get(self.headers.get("Mcp-Session-Id"))

    def stream_begin(self, **headers):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.close_connection = True

    def event(self, message):
        self.wfile.write(b"event: message\ndata: %s\n\n"
                         % json.dumps(message).encode())
        self.wfile.flush()

    def do_GET(self):
        if not self.is_local():
            return
        process = self.session()
        if process is None:
            self.reply(405)
            return
        self.stream_begin()
        try:
            while process.child.poll() is None:
                try:
                    self.event(process.rest.get(timeout=1))
                except queue.Empty:
                    self.wfile.write(b": \n\n")
        except OSError:
            pass

    def do_DELETE(self):
        if not self.is_local():
            return
        process = self.server.sessions.pop(
            self.headers.get("Mcp-Session-Id"), None)
        if process:
            process.end()
        self.reply(200 if process else 404)

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.is_local():
            return
        try:
            message = json.loads(text)
        except ValueError:
            self.refuse(400, -32700, "not JSON")
            return
        header = self.headers.get("MCP-Protocol-Version", "")
        params = message.get("params")
        meta = params.get("_meta") if isinstance(params, dict) else None
        version = meta.get(VERSION) if isinstance(meta, dict) else None
        if "Mcp-Session-Id" not in self.headers and (
                version or header >= "2026" or
                message.get("method") != "initialize"):
            self.post_modern(message, header, version)
        else:
            self.post_legacy(message)

    def post_modern(self, message, header, version):
        number = message.get("id")
        if version and header != version:
            self.refuse(400, -32020, "header and _meta differ", number)
            return
        self.exchange(self.server.modern(), message, True)

    def post_legacy(self, message):
        headers, process = {}, self.session()
        if process is None and message.get("method") == "initialize":
            name = self.server.open()
            process = self.server.sessions[name]
            headers = {"Mcp_Session_Id": name}
        if process is None:
            self.refuse(404, -32001, "no such session", message.get("id"))
            return
        self.exchange(process, message, False, **headers)

    def exchange(self, process, message, modern, **headers):
        if "method" not in message or "id" not in message:
            process.send(message)
            self.reply(202)
            return
        stream = queue.Queue()
        process.send(message, stream)
        first = self.take(stream)
        if first is None:
            process.forget(message["id"])
            self.refuse(500, -32603, "the server is gone", message["id"])
        elif "method" not in first:
            code = (first.get("error") or {}).get("code")
            self.reply(STATUS.get(code, 200) if modern else 200, first,
                       **headers)
        else:
            self.follow(process, message, stream, first, headers)

    @staticmethod
    def take(stream):
        try:
            return stream.get(timeout=PATIENCE)
        except queue.Empty:
            return None

    def follow(self, process, message, stream, first, headers):
        """On an event stream, to the answer or until the client goes."""
        try:
            self.stream_begin(**headers)
            while first is not None:
                self.event(first)
                if "method" not in first:
                    return
                first = self.take_or_look(stream)
        except OSError:
            pass
        if process.forget(message["id"]):
            process.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                          "params": {"requestId": message["id"]}})

    def take_or_look(self, stream):
        """The next, while the client is there: a comment now and then tells."""
        for _ in range(PATIENCE * 5):
            try:
                return stream.get(timeout=0.2)
            except queue.Empty:
                self.wfile.write(b": \n\n")
                self.wfile.flush()
        return None


def main():
    bridge = Bridge(sys.argv[1:])
    print(bridge.server_address[1], flush=True)
    threading.Thread(target=bridge.serve_forever, daemon=True).start()
    sys.stdin.read()
    for process in [*bridge.sessions.values(), bridge.shared]:
        if process:
            process.end()


main()
