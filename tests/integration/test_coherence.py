"""A writer through a server or the command line, readers through the view: the next open after a
change was acknowledged sees it, and what stat tells always belongs to bytes that were there."""
import json
import os
import subprocess
import threading
import time

import lab
from mcp_client import envelope

ROUNDS = 1_000 if lab.SANITIZED else 10_000
BY_COMMAND = 20  # one round in so many is the command line's


class Watcher:
    """Reads and stats a file over and over while others change it."""

    def __init__(self, path):
        self.path, self.over, self.faults = path, False, []
        self.stats, self.texts = set(), {}
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self):
        try:
            while not self.over:
                self.read()
                stat = os.stat(self.path)
                self.stats.add((stat.st_size, stat.st_mtime_ns))
                time.sleep(0.001)
        except Exception as fault:  # shown by end(): an assertion in a thread fails no test
            self.faults.append(repr(fault))

    def read(self):
        """The text; each size and time there is, belongs to one."""
        with open(self.path, "rb") as file:
            before = os.fstat(file.fileno())
            text = file.read()
            after = os.fstat(file.fileno())
        for stat in (before, after):
            assert stat.st_size == len(text)
            assert self.texts.setdefault((stat.st_size, stat.st_mtime_ns), text) == text
        return text

    def end(self):
        self.over = True
        self.thread.join()
        assert not self.faults, self.faults
        assert self.stats <= set(self.texts), "stat told of what nobody could read"


def learn(server, number, value):
    """One call, with nothing between the answer and whoever waits for it."""
    call = {"name": "learn_behavior", "_meta": envelope(),
            "arguments": {"persona": "writer", "key": "mark", "value": value}}
    server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call",
                                   "params": call}) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    assert answer["id"] == number and not answer["result"].get("isError"), answer


def test_the_next_open_sees_it(mount):
    home = mount
    server = home.start("helios-mcp", "--dir", home.path, stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, encoding="utf-8")
    watcher = Watcher(home.view / "personas/writer.yaml")
    try:
        for number in range(ROUNDS):
            mark = f"tok-{number}-end"
            if number % BY_COMMAND:
                learn(server, number, mark)
            else:
                home.helios("set", "writer", "mark", mark)
            assert mark.encode() in watcher.read(), number
    finally:
        watcher.end()
    server.stdin.close()
    assert server.wait(lab.PATIENCE) == 0
    assert len(home.subjects()) == ROUNDS + 1
