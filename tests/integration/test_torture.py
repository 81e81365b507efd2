"""Everything at once, and every second one of them is killed: four writers on the view, four
servers, two command lines and an editor on the files themselves. What was acknowledged is in history
exactly once, and the home is sound. HELIOS_SECONDS says for how long."""
import json
import os
import subprocess
import threading
import time

import lab

SECONDS = float(os.environ.get("HELIOS_SECONDS", "20" if lab.SANITIZED else "60"))
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}

# Saves a new token each time, as editors do, and says it once the save was acknowledged.
ON_THE_VIEW = """import os, re, sys, time
path, key, generation = sys.argv[1:]
number = 0
while True:
    token = f'tok-{key}-{generation}-{number}'; number += 1
    try:
        with open(path) as f: text = f.read()
        line = f'{key}: {token}'
        text = re.sub(f'(?m)^{key}: .*', line, text) if f'\\n{key}: ' in text else text + line + '\\n'
        with open(f'{path}.{key}', 'w') as f: f.write(text)
        os.rename(f'{path}.{key}', path)
    except OSError:
        time.sleep(0.01)
        continue
    os.write(1, token.encode() + b'\\n')
"""


class Worker(threading.Thread):
    """Does its work in one process after the other, each of which may be killed at any moment."""

    def __init__(self, home, name):
        super().__init__()
        self.home, self.who = home, name
        self.process, self.generation = None, 0
        self.acknowledged, self.fault = [], None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                self.generation += 1
                self.once()
        except Exception as fault:  # noqa: a thread's fault is the test's, told when it is joined
            self.fault = fault

    def kill(self):
        process = self.process
        if process and process.poll() is None:
            process.kill()

    def end(self):
        self.over.set()
        self.join(lab.PATIENCE)
        assert not self.is_alive(), f"{self.who} does not end"
        if self.fault:
            raise self.fault


class OnTheView(Worker):
    def __init__(self, home, name, persona):
        super().__init__(home, name)
        self.path = home.view / f"personas/{persona}.yaml"

    def once(self):
        self.process = self.home.start("/usr/bin/python3", "-c", ON_THE_VIEW, self.path, self.who,
                                       str(self.generation), stdout=subprocess.PIPE)
        for line in self.process.stdout:
            if line.endswith(b"\n"):
                self.acknowledged.append(line.decode().strip())
        self.process.wait()

    def end(self):
        self.over.set()
        self.kill()
        super().end()


class Server(Worker):
    def __init__(self, home, name, persona):
        super().__init__(home, name)
        self.persona = persona

    def learn(self, number):
        """A call and its answer; False when the server was killed before it came."""
        token = f"tok-{self.who}-{self.generation}-{number}"
        call = {"name": "learn_behavior", "_meta": META, "arguments": {
            "persona": self.persona, "key": f"from_{self.who}", "value": token}}
        try:
            self.process.stdin.write(json.dumps(
                {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return False
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            return False
        if not json.loads(line)["result"].get("isError"):  # busy is an answer, too
            self.acknowledged.append(token)
        return True

    def once(self):
        number = 0
        self.process = self.home.start("helios-mcp", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, encoding="utf-8")
        while not self.over.is_set() and self.learn(number):
            number += 1
        self.process.communicate(timeout=lab.PATIENCE)


class Command(Worker):
    def once(self):
        token = f"tok-{self.who}-{self.generation}"
        self.process = self.home.start("helios", "--quiet", "set", "researcher", f"from_{self.who}",
                                       token, stderr=subprocess.DEVNULL)
        if self.process.wait() == 0:
            self.acknowledged.append(token)


class Raw(Worker):
    """An editor at work on a file in the home itself; what it saved is acknowledged when Helios has
    committed it."""

    def __init__(self, home, name, persona):
        super().__init__(home, name)
        self.path = home.path / f"personas/{persona}.yaml"
        self.text = self.path.read_text(encoding="utf-8")

    def once(self):
        token = f"tok-{self.who}-{self.generation}"
        beside = self.path.with_name(f".{self.path.name}.new")
        self.process = self.home.start(
            "/bin/sh", "-c", 'umask 077; printf "%s" "$1" > "$2" && mv "$2" "$3"', "sh",
            f"{self.text}raw: {token}\n", beside, self.path)
        if self.process.wait() == 0:
            shown = f"HEAD:personas/{self.path.name}"
            lab.wait_for("a raw edit in history", lambda: token in self.home.git(
                "show", shown, check=False).stdout)
            self.acknowledged.append(token)


class Daemon:
    def __init__(self, mount):
        self.mount = mount
        self.who = "daemon"

    def kill(self):
        self.mount.kill()
        self.mount.start()


def test_everything_at_once(mount, rng):
    workers = [OnTheView(mount, f"view{n}", ("architect", "reviewer")[n % 2]) for n in range(4)]
    workers += [Server(mount, f"server{n}", ("architect", "writer")[n % 2]) for n in range(4)]
    workers += [Command(mount, f"command{n}") for n in range(2)]
    workers += [Raw(mount, "raw", "tutor")]
    victims = [*workers, Daemon(mount.mounts[-1])]
    for worker in workers:
        worker.start()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(1)
        rng.choice(victims).kill()
    for worker in workers:
        worker.end()
    for worker in workers:
        print(f"{worker.who}: {len(worker.acknowledged)} acknowledged by {worker.generation} "
              "processes")
        assert worker.acknowledged, worker.who
    assert mount.resolved("tutor")["raw"] == workers[-1].acknowledged[-1]
    for path in ("architect", "reviewer", "writer", "researcher"):
        assert mount.resolved(path)["name"]
    (mount.path / "personas/.tutor.yaml.new").unlink(missing_ok=True)  # the killed editor's own
    lab.assert_clean(mount, [token for worker in workers for token in worker.acknowledged])
