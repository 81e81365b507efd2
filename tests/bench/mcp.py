"""helios-mcp beside the MCP reference server that keeps a memory, in one interleaved run: start to
the first answer, resident memory after it, and how long a tool call takes that reads as much.
Prints medians and ratios; judges nothing.

usage: mcp.py HELIOS HELIOS-MCP EXAMPLES DIRECTORY-WITH-NODE_MODULES (HELIOS_NPM names another)
"""
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 10
CALLS = 2000 // ROUNDS
PERSONA = "operator"
HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {},
             "clientInfo": {"name": "bench", "version": "1"}}


class Server:
    """One started server and the pipes to it."""

    def __init__(self, command, env):
        self.begun = time.perf_counter()
        self.child = subprocess.Popen(command, env=env, bufsize=0, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ask("initialize", HANDSHAKE)
        self.start_ms = (time.perf_counter() - self.begun) * 1e3
        self.tell("notifications/initialized")

    def tell(self, method):
        line = json.dumps({"jsonrpc": "2.0", "method": method}) + "\n"
        os.write(self.child.stdin.fileno(), line.encode())

    def ask(self, method, params):
        """The answer's bytes; what is sent and read is not parsed while time runs."""
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n"
        return self.round_trip(line.encode())

    def round_trip(self, line):
        os.write(self.child.stdin.fileno(), line)
        parts = []
        while not parts or not parts[-1].endswith(b"\n"):
            parts.append(os.read(self.child.stdout.fileno(), 1 << 20))
            assert parts[-1], "the server is gone"
        return b"".join(parts)

    def call(self, tool, arguments):
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def resident_mb(self):
        status = Path(f"/proc/{self.child.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def end(self):
        self.child.stdin.close()
        self.child.wait()


class Contender:
    """A kind of server, the tool that reads, and what was measured."""

    def __init__(self, name, command, env, tool, arguments):
        self.name, self.command, self.env = name, command, os.environ | env
        self.tool, self.arguments = tool, arguments
        self.starts, self.first_calls, self.resident, self.calls = [], [], [], []
        self.server = None

    def start(self):
        """A fresh server; the last round's stays for the calls."""
        if self.server:
            self.server.end()
        self.server = server = Server(self.command, self.env)
        self.starts.append(server.start_ms)
        self.resident.append(server.resident_mb())
        server.call(self.tool, self.arguments)
        self.first_calls.append((time.perf_counter() - server.begun) * 1e3)

    def run_calls(self):
        request = {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                   "params": {"name": self.tool, "arguments": self.arguments}}
        line = (json.dumps(request) + "\n").encode()
        for _ in range(CALLS):
            begin = time.perf_counter()
            self.server.round_trip(line)
            self.calls.append((time.perf_counter() - begin) * 1e6)

    def results(self):
        calls = sorted(self.calls)
        return {"start to first answer, ms": statistics.median(self.starts),
                "start to first tool's answer, ms": statistics.median(self.first_calls),
                "resident after first answer, MB": statistics.median(self.resident),
                "resident after all calls, MB": self.server.resident_mb(),
                "read call p50, us": calls[len(calls) // 2],
                "read call p99, us": calls[len(calls) * 99 // 100]}


def leaves(value, path):
    """The texts of a document, each with its path."""
    if isinstance(value, dict):
        return [leaf for key, child in value.items() for leaf in leaves(child, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for child in value for leaf in leaves(child, path)]
    return [f"{path}: {value}"]


def write_graph(path, config):
    """The persona as a graph: an entity a section, an observation a value."""
    with open(path, "w", encoding="utf-8") as graph:
        for section, value in config.items():
            entity = {"type": "entity", "name": section, "entityType": "section",
                      "observations": leaves(value, section)}
            graph.write(json.dumps(entity) + "\n")


def memory_server(modules, graph):
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "none")
    node = modules / f"node-linux-{machine}/bin/node"
    script = modules / "@modelcontextprotocol/server-memory/dist/index.js"
    if not (node.exists() and script.exists()):
        return None
    return Contender("server-memory", [node, script], {"MEMORY_FILE_PATH": str(graph)},
                     "read_graph", {})


def report(results):
    names = list(results)
    print(f"{'':36}" + "".join(f"{name:>16}" for name in names) + f"{'ratio':>9}")
    for what in results[names[0]]:
        values = [results[name][what] for name in names]
        row = f"{what:36}" + "".join(f"{value:16.2f}" for value in values)
        print(row + (f"{values[1] / values[0]:8.1f}x" if len(values) > 1 else ""))


def main(helios, server, examples, modules):
    modules = os.environ.get("HELIOS_NPM", modules)
    room = Path(tempfile.mkdtemp(prefix="helios-bench-", dir="/var/tmp"))
    try:
        home = room / "home"
        subprocess.run([helios, "--dir", home, "init", "--from", examples], check=True,
                       stdout=subprocess.DEVNULL)
        ours = Contender("helios-mcp", [server, "--dir", home], {}, "get_active_persona",
                         {"persona_name": PERSONA})
        ours.start()
        answer = json.loads(ours.server.call(ours.tool, ours.arguments))
        write_graph(room / "graph.jsonl", answer["result"]["structuredContent"]["config"])
        theirs = memory_server(Path(modules) / "node_modules", room / "graph.jsonl")
        contenders = [ours, theirs] if theirs else [ours]
        for _ in range(ROUNDS):
            for contender in contenders:
                contender.start()
        sizes = [len(contender.server.call(contender.tool, contender.arguments))
                 for contender in contenders]
        for _ in range(ROUNDS):
            for contender in contenders:
                contender.run_calls()
        report({contender.name: contender.results() for contender in contenders})
        print(f"bytes in an answer: {', '.join(map(str, sizes))}")
        if not theirs:
            print(f"no server-memory in {modules}: contrib/test.sh installs it")
        for contender in contenders:
            contender.server.end()
    finally:
        shutil.rmtree(room, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
