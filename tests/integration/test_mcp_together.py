"""Eight servers, the daemon and the command line write at once: every acknowledged write is in
history exactly once, and no reader ever sees a torn or invalid state. Prints how long who waited."""
import json
import os
import subprocess
import threading
import time

import lab

SECONDS = float(os.environ.get("HELIOS_SECONDS", "20" if lab.SANITIZED else "60"))
SERVERS = 8
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}


class Writer(threading.Thread):
    """Calls once() with a new token until the time is over; keeps what was acknowledged."""

    def __init__(self, name, once):
        super().__init__()
        self.who, self.once = name, once
        self.acknowledged, self.waits, self.fault = [], [], None

    def run(self):
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                token = f"tok-{self.who}-{len(self.waits)}"
                begin = time.monotonic()
                if self.once(token):
                    self.acknowledged.append(token)
                self.waits.append(time.monotonic() - begin)
        except Exception as fault:  # noqa: a thread's fault is the test's, told when it is joined
            self.fault = fault


def tool(server, name, **arguments):
    server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": name, "arguments": arguments, "_meta": META}}) + "\n")
    server.stdin.flush()
    return json.loads(server.stdout.readline())["result"]


def learner(home, number):
    server = home.start("helios-mcp", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        encoding="utf-8")
    persona = ("architect", "reviewer", "writer", "tutor")[number % 4]

    def once(token):
        result = tool(server, "learn_behavior", persona=persona, key=f"from_server_{number}",
                      value=token)
        assert not result.get("isError"), result
        read = tool(server, "get_active_persona", persona_name=persona)["structuredContent"]
        assert read["config"][f"from_server_{number}"] == token
        return True

    return Writer(f"server{number}", once), server


def view_writer(home):
    path = home.view / "personas/operator.yaml"

    def once(token):
        text = path.read_text(encoding="utf-8").split("\nfrom_view:")[0].rstrip("\n")
        path.write_text(f"{text}\nfrom_view: {token}\n", encoding="utf-8")
        return True

    return Writer("view", once)


def commander(home):
    def once(token):
        home.helios("--quiet", "set", "researcher", "from_command", token)
        return True

    return Writer("command", once)


def reader(home):
    """Reads every persona through the view; what does not parse, or has lost its name, is torn."""
    def once(_):
        for path in sorted((home.view / "personas").iterdir()):
            assert "name" in lab.load(path.read_bytes()), path
        return False

    return Writer("reader", once)


def test_all_at_once(mount):
    learners = [learner(mount, number) for number in range(SERVERS)]
    writers = [writer for writer, _ in learners] + [view_writer(mount), commander(mount),
                                                    reader(mount)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    for _, server in learners:
        server.stdin.close()
        assert server.wait(lab.PATIENCE) == 0
    tokens = []
    for writer in writers:
        waits = sorted(writer.waits)
        print(f"{writer.who}: {len(writer.acknowledged)} acknowledged, median "
              f"{waits[len(waits) // 2] * 1e3:.1f} ms, longest {waits[-1] * 1e3:.0f} ms")
        if writer.fault:
            raise writer.fault
        tokens += writer.acknowledged
    assert len(tokens) > SERVERS
    mount.mounts[-1].stop()  # it may be packing: git fsck reports what goes while it looks
    lab.assert_clean(mount, tokens)
