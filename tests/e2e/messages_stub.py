# SPDX-License-Identifier: Apache-2.0
"""The messages API as far as a client needs it: what a model would say is a
list of tool calls, one a turn, and what it was told of each is kept.
"""

import http.server
import json
import threading

# What a client says of a tool whose server has not answered yet, and of one
# that there is not: the first call of all is repeated until it is known.
NOT_YET = "No such tool available"
GIVE_UP_TURNS = 200


def text_of(content):
    """A tool's result as the model reads it."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or ())


def events(number, step):
    """One answer of the model, as a stream: a tool call, or the last word."""
    if step:
        block = {"type": "tool_use", "id": f"toolu_{number}", "name": step[0],
                 "input": {}}
        delta = {"type": "input_json_delta",
                 "partial_json": json.dumps(step[1])}
    else:
        block = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": "done"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    yield {"type": "message_start", "message": {
        "id": f"msg_{number}", "type": "message", "role": "assistant",
        "model": "stub", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "usage": usage, "delta": {
        "stop_reason": "tool_use" if step else "end_turn",
        "stop_sequence": None}}
    yield {"type": "message_stop"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self.path.startswith("/v1/messages?"):
            self.send_error(404)
            return
        lines = "".join(
            f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
            for event in self.server.stub.turn(json.loads(body))).encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(lines)))
        self.end_headers()
        self.wfile.write(lines)


class Stub:
    """steps: (tool, arguments) each, or a function that makes one of what was
    told so far. .told: the results, in order; .requests: all that came."""

    def __init__(self, steps):
        self.steps, self.told, self.requests = list(steps), [], []
        self.asked, self.current = 0, None
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.server.stub = self
        self.thread = threading.Thread(
            target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def address(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def turn(self, request):
        with self.lock:
            self.requests.append(request)
            if not request.get("tools"):  # a title, a summary: no turn
                return list(events(0, None))
            self.hear(request)
            self.asked += 1
            return list(events(self.asked, self.current))

    def hear(self, request):
        """What came of the last step, and which is the next."""
        wanted = f"toolu_{self.asked}"
        for message in reversed(request["messages"]):
            blocks = message["content"]
            for block in blocks if isinstance(blocks, list) else ():
                if block.get("tool_use_id") == wanted:
                    said = text_of(block.get("content"))
                    if (NOT_YET in said and not self.told
                            and self.asked < GIVE_UP_TURNS):
                        return
                    self.told.append((bool(block.get("is_error")), said))
                    self.next_step()
                    return
        if self.asked == 0:
            self.next_step()

    def next_step(self):
        step = self.steps.pop(0) if self.steps else None
        self.current = step(self.told) if callable(step) else step

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
