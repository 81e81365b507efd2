"""Power cuts: what commands do to a home is recorded, and the home is made again as a disk may leave it
that lost or reordered all that was not synced. Whatever was acknowledged before the cut must be in
history exactly once, in each of these states. HELIOS_SWEEP=full tries every place; else some are
chosen by a seed that is printed (HELIOS_SEED sets it).
"""
import os
import random
import zlib
from pathlib import Path

import pytest

import lab  # conftest.py says where it is
import power
from test_faults import can_trace

FULL = os.environ.get("HELIOS_SWEEP") == "full"
SEED = int(os.environ.get("HELIOS_SEED", random.SystemRandom().randrange(2**32)))
CHOSEN = 60  # states of each kind

pytestmark = [
    pytest.mark.skipif(not can_trace(), reason="strace is missing, or may not trace here"),
    pytest.mark.skipif(lab.SANITIZED, reason="the leak checker cannot be traced"),
]

COMMANDS = [
    ["set", "tutor", "mark", "tok-set"],
    ["set", "base", "communication.mark", "tok-base"],
    ["new", "guest"],
    ["cp", "guest", "visitor"],
    ["set", "guest", "mark", "tok-guest"],
    ["mv", "operator", "keeper"],
    ["set", "keeper", "mark", "tok-keeper"],
    ["rm", "visitor"],
    ["snapshot", "before it is packed"],
    ["set", "tutor", "mark", "tok-again"],
    ["gc"],
    ["set", "tutor", "mark", "tok-packed"],
    ["set", "writer", "mark", "undone"],
    ["undo"],
    ["rollback", "first"],
    ["gc"],
    ["set", "writer", "mark", "tok-last"],
]


def trace(home, recorder, command):
    home.run("strace", "-f", "-y", "-xx", "-s", "9999999", "-qq", "-o", home.room / "trace", "-e",
             f"trace={power.CALLS}", "helios", "--dir", home.path, *command)
    recorder.record((home.room / "trace").read_text())
    for word in command:
        if word.startswith("tok-"):
            recorder.acknowledge(word)


@pytest.fixture(scope="module")
def recorded():
    """A home, and the record of all that was done in it since all of it was synced."""
    home = lab.Home()
    try:
        home.init()
        home.git("tag", "first")
        for number in range(58):  # so that a checkpoint falls among the commands
            home.helios("set", "tutor", "mark", str(number))
        recorder = power.Recorder(home.path)
        for command in COMMANDS:
            trace(home, recorder, command)
        live = {str(path.relative_to(home.path)): path.read_bytes()
                for path in home.path.rglob("*") if path.is_file() and path.name != power.MAPPED}
        files, names, _ = recorder.after(len(recorder.log), lambda change: power.NEVER)
        assert {name: files.get(number, b"") for name, number in names.items()} == live, \
            "the record misses something"
        home.path.rename(home.room / "recorded")
        yield home, recorder
    finally:
        home.close()


def rebooted(state):
    """The state as another boot finds it: its records name the boot before."""
    files, names, _ = state
    now = Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    for name, number in names.items():
        if name.startswith(".journal/"):
            files[number] = b"\n".join(of_boot(line, now, b"an-earlier-one".ljust(len(now), b"-"))
                                       for line in files.get(number, b"").split(b"\n"))
    return state


def of_boot(line, old, new):
    """A whole record with its sum made again; what was torn stays so."""
    record, mark, end = line.partition(b',"sum":"')
    if not mark or end != b'%08x"}' % zlib.crc32(record):
        return line
    record = record.replace(old, new)
    return record + mark + b'%08x"}' % zlib.crc32(record)


def nothing(_):
    return 0


def everything(_):
    return power.NEVER


def some(rng):
    """Half of the changes, and of half of the data a part."""
    def survives(change):
        if rng.random() < 0.5:
            return 0
        if change.kind == "data" and rng.random() < 0.5:
            return rng.randint(1, len(change.bytes)) if change.bytes else 0
        return power.NEVER
    return survives


def places(rng, recorder):
    """Where to cut: behind each acknowledgement, and at some places, or all."""
    ends = [place + 1 for place, entry in enumerate(recorder.log) if isinstance(entry, str)]
    count = len(recorder.log) + 1
    return range(count) if FULL else sorted({*ends, *rng.sample(range(count), min(CHOSEN, count))})


@pytest.mark.parametrize("how", ["nothing", "everything", "some"])
def test_what_was_acknowledged_survives(recorded, how):
    home, recorder = recorded
    rng = random.Random(SEED)
    survives = {"nothing": nothing, "everything": everything, "some": some(rng)}[how]
    count = 0
    for cut in places(rng, recorder):
        power.lay_out(rebooted(recorder.after(cut, survives)), home.path)
        story = f"cut at {cut} of {len(recorder.log)}, seed {SEED}"
        opened = home.helios("status", check=False)
        assert opened.returncode == 0, (story, opened)
        try:
            home.helios("set", "pair-programmer", "mark", "tok-after")
            lab.assert_clean(home, [*recorder.tokens(cut), "tok-after"])
        except AssertionError as fault:
            raise AssertionError(story) from fault
        count += 1
    print(f"{how} of what was not synced is there: {count} cuts (seed {SEED}), no violation")
