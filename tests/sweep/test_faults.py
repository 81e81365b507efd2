"""Every system call of a change that touches the disk, in turn: the program is killed at it, or the
call fails. After each the home must be what section 5 of the design promises: the change is whole or
was not, an acknowledged one is there exactly once, git is clean, and the next change works.

strace makes the faults. HELIOS_SWEEP=full tries every point; else a third of them, chosen by a seed
that is printed (HELIOS_SEED sets it).
"""
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))
import lab  # noqa: E402

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
MOST = 400  # points of one call in one operation: more means that it never ends

CHANGES = {
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
}


@pytest.fixture(scope="module")
def sound():
    """A home with a past; each point begins with a copy of it."""
    home = lab.Home()
    try:
        home.init()
        home.git("tag", "first")
        home.helios("set", "tutor", "mark", "1")
        home.helios("mv", "researcher", "scholar")
        home.helios("use", "tutor")
        home.path.rename(home.room / "sound")
        yield home
    finally:
        home.close()


def fresh(home):
    shutil.rmtree(home.path, ignore_errors=True)
    subprocess.run(["cp", "-a", home.room / "sound", home.path], check=True)
    (home.path / ".generation").unlink()  # as after a boot: recovery looks for itself


def documents(home):
    """What the home holds, the runtime's own state left out."""
    files = [home.path / ".active", *(home.path / "personas").iterdir(),
             *(home.path / "base").iterdir()]
    return {file.name: file.read_bytes() for file in files if file.exists()}


def strike(home, command, call, inject, number):
    """Runs the command, whose use of the call with this number meets the fault: how it ended, and
    whether there was such a use."""
    done = home.run("strace", "-f", "-qq", "-o", home.room / "trace", "-e", f"trace={call}", "-e",
                    f"inject={call}:{inject}:when={number}", "helios", "--dir", home.path, *command,
                    check=False)
    met = "INJECTED" in (home.room / "trace").read_text(errors="replace") or done.returncode < 0
    return done, met


def strikes(home, command, fault):
    """Meets each use of each call, or about a third of them, in a fresh home; fault(rng) says with
    what. Yields how the command ended, and the story for a failure."""
    rng = random.Random(SEED)
    for call in CALLS:
        for number in range(1, MOST):
            if number > 1 and not FULL and rng.random() > 0.34:
                continue
            inject = fault(rng)
            fresh(home)
            done, met = strike(home, command, call, inject, number)
            if not met:
                assert done.returncode == 0, done
                break
            yield done, (call, number, inject, done.stdout, done.stderr)


def check(home, before, after, acknowledged, story):
    status = home.helios("status", check=False)
    assert status.returncode == 0, (story, status)
    now = documents(home)
    assert now in ((after,) if acknowledged else (before, after)), story
    home.helios("set", "pair-programmer", "swept", "x")
    lab.assert_clean(home)


def outcome(home, command):
    """What the command makes of the home when nothing goes wrong."""
    fresh(home)
    before = documents(home)
    home.helios(*command)
    return before, documents(home)


@pytest.mark.parametrize("change", CHANGES)
def test_killed_at_every_call(sound, change):
    before, after = outcome(sound, CHANGES[change])
    count = 0
    for _, story in strikes(sound, CHANGES[change], lambda rng: "signal=KILL"):
        check(sound, before, after, False, story)
        count += 1
    print(f"{change}: killed at {count} points (seed {SEED}), no violation")
    assert count >= 5


@pytest.mark.parametrize("change", CHANGES)
def test_failing_at_every_call(sound, change):
    before, after = outcome(sound, CHANGES[change])
    count = 0
    for done, story in strikes(sound, CHANGES[change],
                               lambda rng: f"error={rng.choice(ERRORS)}"):
        assert done.returncode in (0, 1), story
        assert done.returncode == 0 or done.stderr or "failed" in done.stdout, story
        check(sound, before, after, done.returncode == 0, story)
        count += 1
    print(f"{change}: failed at {count} points (seed {SEED}), no violation")
    assert count >= 5
