"""A client that knows lines and ids, and nothing else of MCP: what it sends is what a test says.

Whatever the server writes is checked on the way in: each line is one JSON-RPC 2.0 message in UTF-8
that is no request, and no line is so long that an official client would hang up.
"""
import itertools
import json
import queue
import signal
import subprocess
import threading

import lab

MODERN = "2026-07-28"
HANDSHAKES = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
META = "io.modelcontextprotocol/"
LINE_AT_MOST = 10485760  # the read buffer of the official clients
ENDED = object()


def envelope(version=MODERN, **more):
    """The _meta of a modern request; a value of None leaves its key out."""
    meta = {"protocolVersion": version, "clientCapabilities": {}, **more}
    return {META + key: value for key, value in meta.items() if value is not None}


class Server:
    """A helios-mcp of a home's user, and the pipe to it. Use it in a with: it always ends."""

    def __init__(self, home, *arguments, **options):
        self.log = open(home.room / "helios-mcp.log", "ab+")
        self.seen = self.log.seek(0, 2)
        self.child = home.start("helios-mcp", *arguments, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=self.log, bufsize=0, **options)
        self.lines = queue.Queue()
        self.notes = []  # notifications, in their order
        self.stray = []  # answers that nobody has asked for yet
        self.ids = itertools.count(1000000)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with open(self.child.stdout.fileno(), "rb", closefd=False) as stdout:
            for line in stdout:
                self.lines.put(line)
        self.lines.put(ENDED)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.end()
        finally:
            self.child.kill()
            self.child.wait()
            self.reader.join()
            self.child.stdout.close()
            self.child.stdin.close()
            self.log.seek(self.seen)
            said = self.log.read().decode(errors="replace")
            self.log.close()
        assert not lab.SANITIZER.search(said), said

    @property
    def pid(self):
        """Of the server itself: setpriv becomes the program it starts."""
        return self.child.pid

    # ---- lines

    def write(self, data):
        """Bytes as they are, or a text and the end of its line."""
        self.child.stdin.write(data if isinstance(data, bytes) else data.encode() + b"\n")

    def send(self, *messages):
        self.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def message(self, patience=lab.PATIENCE):
        """The next message of any kind; None at the end."""
        try:
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            raise AssertionError("waited in vain for a line") from None
        if line is ENDED:
            self.lines.put(ENDED)
            return None
        assert line.endswith(b"\n") and len(line) < LINE_AT_MOST
        message = json.loads(line.decode())
        for one in message if isinstance(message, list) else [message]:
            assert one["jsonrpc"] == "2.0"
            kinds = {"method", "result", "error"} & set(one)
            assert len(kinds) == 1 and not ("method" in one and "id" in one), line
        return message

    def _take(self, what, kept, fits):
        """The first kept message that fits, after as many more as it takes."""
        while True:
            for message in kept:
                if fits(message):
                    kept.remove(message)
                    return message
            message = self.message()
            assert message is not None, f"the server has ended without {what}"
            (self.notes if "method" in message else self.stray).append(message)

    def answer(self, id=None):
        """The next answer with that id, or of any id; a batch's answers are a list."""
        return self._take(f"an answer to {id}", self.stray, lambda answer: id is None or (
            isinstance(answer, dict) and answer.get("id") == id))

    def note(self, method, **params):
        """The next notification of that method with these params."""
        method = f"notifications/{method}"
        return self._take(method, self.notes, lambda note: note["method"] == method and
                          params.items() <= note["params"].items())["params"]

    # ---- requests

    def initialize(self, version=HANDSHAKES[-1]):
        answer = self.ask("initialize", protocolVersion=version, capabilities={},
                          clientInfo={"name": "tester", "version": "1"})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer["result"]

    def ask(self, method, **params):
        """The handshake era's request and its answer."""
        request = {"jsonrpc": "2.0", "id": next(self.ids), "method": method}
        self.send(request | ({"params": params} if params else {}))
        return self.answer(request["id"])

    def modern(self, method, meta=None, **params):
        """The modern request and its answer."""
        return self.ask(method, _meta=envelope() if meta is None else meta, **params)

    def call(self, tool, **arguments):
        """A tool's result by a modern request; a protocol error fails the test."""
        answer = self.modern("tools/call", name=tool, arguments=arguments)
        assert "result" in answer, answer
        return answer["result"]

    def does(self, tool, **arguments):
        """What a tool that must succeed answers."""
        result = self.call(tool, **arguments)
        assert not result.get("isError"), result
        return result["structuredContent"]

    def fails(self, tool, **arguments):
        """What a tool that must fail says, as the model reads it."""
        result = self.call(tool, **arguments)
        assert result.get("isError") is True, result
        return result["content"][0]["text"]

    def lives(self):
        """Everything before has been handled; the answers nobody waited for."""
        before = self.modern("server/discover")
        assert before["result"]["supportedVersions"] == [MODERN]
        left, self.stray = self.stray, []
        return left

    # ---- the end

    def end(self):
        """The client goes: the server ends by itself, with 0. What it still said."""
        if not self.child.stdin.closed:
            self.child.stdin.close()
        return self.ended()

    def terminate(self):
        self.child.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        assert self.child.wait(lab.PATIENCE) == 0
        said = []
        while (message := self.message()) is not None:
            said.append(message)
        return said
