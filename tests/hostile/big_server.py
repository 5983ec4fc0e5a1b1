# SPDX-License-Identifier: Apache-2.0
"""A server whose results are as large as they are asked to be.

Tools: text {n}, texts {n, of}, image {n, mime}, structured {n, error}, look
{path}, which tries to read a path and says how that went.
"""
import base64
import json
import os
import sys

SCHEMA = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}
NAMES = ["text", "texts", "image", "images", "structured", "look", "write"]


def tools(extra):
    listed = [{"name": name, "inputSchema": {"type": "object"}} for name in NAMES]
    listed[NAMES.index("structured")]["outputSchema"] = SCHEMA
    return listed + [{"name": f"x{i}", "inputSchema": {"type": "object"}, "description": "d" * 100}
                     for i in range(extra)]


def text_of(n, seed=0):
    """Lines of text with what needs escapes and several bytes in UTF-8."""
    line = f"line {seed} \u00e9\u4f60\U0001f600 \"quoted\" \\ \t end\n"
    return (line * (n // len(line) + 1))[:n]


def bytes_of(n, seed=0):
    return bytes((i * 7 + seed + i // 251) % 256 for i in range(n))


def content(name, a):
    n = int(a.get("n", 0))
    if name == "text":
        return [{"type": "text", "text": text_of(n)}]
    if name == "texts":
        return [{"type": "text", "text": text_of(n, i)} for i in range(a["of"])]
    if name in ("image", "images"):
        return [{"type": "image", "mimeType": a.get("mime", "image/png"),
                 "data": base64.b64encode(bytes_of(n, i)).decode()} for i in range(a.get("of", 1))]
    return []


def look(path):
    try:
        return f"seen: {sorted(os.listdir(path)) if os.path.isdir(path) else open(path, 'rb').read(100)!r}"
    except OSError as error:
        return f"refused: {error.strerror}"


def call(name, a):
    if name == "structured":
        out = {"content": [{"type": "text", "text": text_of(a.get("text", 0))}],
               "structuredContent": {"value": "v" * a["n"]}}
        return {**out, "isError": True} if a.get("error") else out
    if name == "look":
        return {"content": [{"type": "text", "text": look(a["path"])}]}
    return {"content": content(name, a)}


def answer(m):
    method, params = m["method"], m.get("params", {})
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
                "serverInfo": {"name": "big", "version": "1"}}
    if method == "tools/list":
        return {"tools": tools(int(os.environ.get("EXTRA", "0")))}
    if method == "tools/call":
        return call(params["name"], params.get("arguments", {}))
    return {}


def main():
    for line in sys.stdin.buffer:
        m = json.loads(line)
        if "id" in m and "method" in m:
            out = {"jsonrpc": "2.0", "id": m["id"], "result": answer(m)}
            sys.stdout.write(json.dumps(out) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
