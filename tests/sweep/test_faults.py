"""Every system call of a change that touches the disk, in turn: the program is killed at it, or the
call fails. After each the home must be what section 5 of the design promises: the change is whole or
was not, an acknowledged one is there exactly once, git is clean, and the next change works.

strace makes the faults. HELIOS_SWEEP=full tries every point; else some of them, chosen by a seed
that is printed (HELIOS_SEED sets it).
"""
import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import lab  # conftest.py says where it is
from mcp_client import Server, envelope
from test_upgrade import IDENTITY, VERSION, WELCOME

FULL = os.environ.get("HELIOS_SWEEP") == "full"
SEED = int(os.environ.get("HELIOS_SEED", random.SystemRandom().randrange(2**32)))


def can_trace():
    return shutil.which("strace") and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not can_trace(), reason="strace is missing, or may not trace here"),
    pytest.mark.skipif(lab.SANITIZED, reason="the leak checker cannot be traced"),
]

# What changes the disk, or says that it is changed.
CALLS = ["write", "pwrite64", "renameat", "renameat2", "unlinkat", "mkdirat", "ftruncate",
         "fsync", "fdatasync", "syncfs", "openat2", "fchmodat"]
ERRORS = ["ENOSPC", "EIO", "EROFS", "EMFILE", "EDQUOT", "ENOMEM"]
CHOSEN = 24  # points of each change

COMMANDS = {
    "set": ["set", "tutor", "communication.tone", "tok-new"],
    "unset": ["unset", "tutor", "communication"],
    "base": ["set", "base", "communication.tone", "tok-new"],
    "new": ["new", "guest"],
    "copy": ["cp", "tutor", "guest"],
    "remove": ["rm", "analyst"],
    "rename": ["mv", "operator", "keeper"],
    "replace": ["mv", "--replace", "tutor", "writer"],
    "use": ["use", "writer"],
    "undo": ["undo", "2"],
    "snapshot": ["snapshot", "kept"],
    "rollback": ["rollback", "first"],
    "doctor": ["doctor", "--fix"],
    "gc": ["gc"],
    "init": ["init", "--from", "examples"],
    "migrate": ["init"],
    "upgrade": ["upgrade"],
}
# A home that is being made, or taken over, in steps: what completes it.
AGAIN = {"init": COMMANDS["init"], "migrate": ["upgrade"], "upgrade": ["upgrade"]}
TOOLS = {
    "learn": ("learn_behavior", {"persona": "tutor", "key": "technical.mark", "value": "tok-new"}),
    "evolve": ("evolve_behavior", {"from_config": "tutor", "to_config": "writer", "key": "mark"}),
    "tune": ("tune_weight", {"target": "tutor", "parameter": "specialization_level", "value": 3}),
    "revert": ("revert_learning", {}),
}


class Change:
    """A command, or a call of a tool, and the home it is done in."""

    def __init__(self, name):
        self.home = {"init": "none", "migrate": "python", "upgrade": "python"}.get(name, "sound")
        self.again = AGAIN.get(name)
        self.tool = name in TOOLS
        self.input = None
        if self.tool:
            tool, arguments = TOOLS[name]
            self.input = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": tool, "arguments": arguments, "_meta": envelope()}}) + "\n"
        self.command = COMMANDS.get(name, [])

    def run(self, home, *before, check=False):
        program = "helios-mcp" if self.tool else "helios"
        return home.run(*before, program, "--dir", home.path, *self.command, check=check,
                        input=self.input)

    def acknowledged(self, done):
        if self.tool:
            return '"result"' in done.stdout and '"isError":true' not in done.stdout
        return done.returncode == 0

    def explained(self, done):
        """A failure says why: nobody must guess."""
        return '"isError":true' in done.stdout or done.stderr or \
            re.search("(?m)^(failed|found) ", done.stdout)

    def recover(self, home):
        """Any opening will do."""
        if not self.again:
            return home.helios("status", check=False)
        done = home.helios(*self.again, check=False)
        return home.helios("status", check=False) if "already" in done.stderr else done


class Save(Change):
    """An editor's save through a view whose daemon meets the fault, from its start to its end."""

    SCRIPT = """import os, sys
text = open(sys.argv[1]).read().replace('tone: ', 'tone: tok-saved # ', 1)
with open(sys.argv[1] + '.new', 'w') as f: f.write(text)
os.rename(sys.argv[1] + '.new', sys.argv[1])
"""

    def run(self, home, *before, check=False):
        view = home.path / "view"
        daemon = home.start(*before, "heliosfs", "--dir", home.path, "-f", view,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
        try:
            lab.wait_for("the mount, or its failure", lambda: daemon.poll() is not None or
                         str(view) in lab.mounted_below(view))
            done = home.python(self.SCRIPT, view / "personas/tutor.yaml", check=check)
            self.end(daemon, bool(before))
            done.stderr += daemon.stderr.read()
            done.killed = daemon.returncode < 0
            return done
        finally:
            lab.let_go(view)
            daemon.kill()
            daemon.wait()

    @staticmethod
    def end(daemon, traced):
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children")
        try:
            pid = int(children.read_text()) if traced else daemon.pid
            os.kill(pid, signal.SIGTERM)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            pass  # it was killed
        daemon.wait(lab.PATIENCE)


def change_of(name):
    return Save(name) if name == "save" else Change(name)


def every_change():
    return [*COMMANDS, *TOOLS, "save"]


@pytest.fixture(scope="module")
def homes():
    """Homes with a past, in the room; each point begins with a copy of one."""
    home = lab.Home()
    try:
        home.init()
        home.git("tag", "first")
        home.helios("set", "tutor", "mark", "1")
        home.helios("mv", "researcher", "scholar")
        home.helios("use", "tutor")
        with Server(home) as server:
            server.does("learn_behavior", persona="tutor", key="communication.learned", value=1)
        home.path.rename(home.room / "sound")
        python_home(home.path)
        home.path.rename(home.room / "python")
        yield home
    finally:
        home.close()


def python_home(path):
    """As the Python server left one, with the permissions Helios wants."""
    old = os.umask(0o077)
    for directory in "base", "personas", "learned", "temporary":
        (path / directory).mkdir(parents=True)
    (path / "base/identity.yaml").write_text(IDENTITY)
    (path / "personas/welcome.yaml").write_text(WELCOME)
    (path / ".helios_version").write_text(VERSION)
    os.umask(old)


def fresh(home, change):
    shutil.rmtree(home.path, ignore_errors=True)
    if change.home == "none":
        return
    subprocess.run(["cp", "-a", home.room / change.home, home.path], check=True)
    (home.path / ".generation").unlink(missing_ok=True)  # as after a boot: recovery looks itself


def documents(home):
    """What the home holds, the runtime's own state left out."""
    files = [home.path / ".active", *(home.path / "personas").glob("*"),
             *(home.path / "base").glob("*")]
    return {file.name: file.read_bytes() for file in files if file.exists()}


def strike(home, change, call, inject, number):
    """Runs the command, whose use of the call with this number meets the fault: how it ended, and
    whether there was such a use."""
    done = change.run(home, "strace", "-f", "-qq", "-o", home.room / "trace", "-e",
                      f"trace={call}", "-e", f"inject={call}:{inject}:when={number}")
    met = "INJECTED" in (home.room / "trace").read_text(errors="replace") or \
        done.returncode < 0 or getattr(done, "killed", False)
    return done, met


def points(home, change):
    """Every use of each call, as (call, number), or some of them."""
    fresh(home, change)
    change.run(home, "strace", "-f", "-qq", "-o", home.room / "trace", "-e",
               f"trace={','.join(CALLS)}")
    trace = (home.room / "trace").read_text(errors="replace")
    uses = collections.Counter(re.findall(r"(?m)^\d+ +(\w+)\(", trace))
    every = [(call, number + 1) for call in CALLS for number in range(uses[call])]
    return every if FULL else random.Random(SEED).sample(every, min(CHOSEN, len(every)))


def strikes(home, change, fault):
    """Meets faults at all points, each in a fresh home; fault(rng) says which. Yields how the command
    ended, and the story for a failure."""
    rng = random.Random(SEED)
    for call, number in points(home, change):
        inject = fault(rng)
        fresh(home, change)
        done, met = strike(home, change, call, inject, number)
        assert met or change.acknowledged(done), done
        yield done, (call, number, inject, done.stdout, done.stderr)


def check(home, change, expected, story):
    status = change.recover(home)
    assert status.returncode == 0, (story, status)
    assert documents(home) in expected, story
    home.helios("set", "welcome" if change.home == "python" else "pair-programmer", "swept", "x")
    lab.assert_clean(home)


def outcome(home, change):
    """What the command makes of the home when nothing goes wrong."""
    fresh(home, change)
    before = documents(home)
    done = change.run(home)
    assert change.acknowledged(done), done
    return before, documents(home)


@pytest.mark.parametrize("name", every_change())
def test_killed_at_every_call(homes, name):
    change = change_of(name)
    before, after = outcome(homes, change)
    expected = (after,) if change.again else (before, after)
    count = 0
    for _, story in strikes(homes, change, lambda rng: "signal=KILL"):
        check(homes, change, expected, story)
        count += 1
    print(f"{name}: killed at {count} points (seed {SEED}), no violation")
    assert count >= 5


@pytest.mark.parametrize("name", every_change())
def test_failing_at_every_call(homes, name):
    change = change_of(name)
    before, after = outcome(homes, change)
    count = 0
    for done, story in strikes(homes, change, lambda rng: f"error={rng.choice(ERRORS)}"):
        acknowledged = change.acknowledged(done)
        assert done.returncode in (0, 1), story
        assert acknowledged or change.explained(done) or \
            (change.tool and story[0] == "write"), story  # it may have been the answer itself
        expected = (after,) if acknowledged or change.again else (before, after)
        check(homes, change, expected, story)
        count += 1
    print(f"{name}: failed at {count} points (seed {SEED}), no violation")
    assert count >= 5
