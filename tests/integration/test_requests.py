"""What the kernel asks the daemon for, by the daemon's own counters: while nothing changes, an open is
one round trip and a stat is none. strace, where it is, says that the counters tell the truth."""
import collections
import re
import shutil
import time

import pytest

import lab

ATTRIBUTE = "user.helios.requests"
OPCODES = {1: "lookup", 2: "forget", 3: "getattr", 14: "open", 15: "read", 18: "release", 25: "flush",
           27: "opendir", 28: "readdir", 29: "releasedir", 34: "access",
           42: "batch_forget", 44: "readdirplus"}
TIMES = 50
# each read(2) of the kernel's device begins with the request's length and opcode
REQUEST = re.compile(r'read(?:\(\d+, | resumed>)"((?:\\x[0-9a-f]{2}){8})')
SCRIPT = """
import json, os, sys, time
V = sys.argv[1]
P = V + '/personas'
def count():
    '''Releases come a little later, so until there are no more.'''
    last, now = None, {}
    while now != last:
        time.sleep(0.02)
        text = os.getxattr(V, 'user.helios.requests').decode()
        last, now = now, dict(line.split(': ') for line in text.splitlines())
        now.pop('getxattr')
        now.pop('forget', 0), now.pop('batch_forget', 0)
    return {kind: int(count) for kind, count in now.items()}
def once(): STATEMENT
for _ in range(3): once()
before = count()
for _ in range(TIMES): once()
after = count()
print(json.dumps({kind: after[kind] - before.get(kind, 0)
                  for kind in after if after[kind] != before.get(kind, 0)}))
"""


def asked(home, statement):
    """How often each request comes while a statement runs so many times, after it ran a few times."""
    past = home.view / "history/writer" / home.names("history/writer")[0]
    script = SCRIPT.replace("STATEMENT", statement).replace("TIMES", str(TIMES))
    return lab.json.loads(home.python(script, home.view, env={"PAST": str(past)}).stdout)


@pytest.mark.parametrize("statement, expect", [
    ("f = os.open(P + '/writer.yaml', 0); os.read(f, 9); os.read(f, 99999); os.close(f)",
     {"open": TIMES, "release": TIMES}),
    ("os.stat(P + '/writer.yaml')", {}),
    ("os.listdir(P)", {"opendir": TIMES, "releasedir": TIMES}),
    ("[os.stat(e.path) for e in os.scandir(P)]", {"opendir": TIMES, "releasedir": TIMES}),
    ("f = os.open(P + '/../prompts/writer.md', 0); os.read(f, 99999); os.close(f)",
     {"open": TIMES, "release": TIMES}),
    ("f = os.open(os.environ['PAST'], 0); os.read(f, 99999); os.close(f)",
     {"open": TIMES, "release": TIMES}),
    ("os.access(P + '/writer.yaml', os.R_OK)", {}),
    ("os.statvfs(P)", {"statfs": TIMES}),
], ids=["open, read, close", "stat", "list", "list and stat all", "rendered", "past",
        "access", "statfs"])
def test_round_trips_while_nothing_changes(mount, statement, expect):
    assert asked(mount, statement) == expect


def is_quiet(log):
    size = log.stat().st_size
    time.sleep(0.1)
    return size == log.stat().st_size


def traced(pid):
    """All threads of the daemon are."""
    return all("TracerPid:\t0\n" not in (task / "status").read_text()
               for task in lab.Path(f"/proc/{pid}/task").iterdir())


def counted(home):
    lines = home.python("import os, sys; print(os.getxattr(sys.argv[1], sys.argv[2]).decode())",
                        home.view, ATTRIBUTE).stdout.split("\n")
    return collections.Counter({kind: int(count) for kind, count in
                                (line.split(": ") for line in lines if line)})


@pytest.mark.skipif(not shutil.which("strace") or lab.SANITIZED, reason="it is looked at by strace")
def test_the_counters_tell_the_truth(mount):
    log = mount.room / "requests"
    daemon = mount.mounts[-1].daemon.pid
    before = counted(mount)
    watch = mount.start("strace", "-fqq", "-e", "trace=read", "-xx", "-s", "8", "-o", log, "-p",
                        str(daemon), stderr=-1)
    lab.wait_for("strace to look", lambda: traced(daemon))
    mount.sh("ls -l $P; cat $P/* $V/prompts/*; stat $P/no-such.yaml; grep -r zebra $V", check=False)
    lab.wait_for("strace to have written", lambda: is_quiet(log))  # releases come later
    watch.terminate()
    watch.wait()
    seen = collections.Counter()
    for request in REQUEST.findall(log.read_text()):
        opcode = int.from_bytes(bytes.fromhex(request.replace("\\x", ""))[4:8], "little")
        if opcode in OPCODES:  # the daemon's threads read other things, too
            seen[OPCODES[opcode]] += 1
    told = counted(mount) - before
    assert len(seen) > 4 and seen["open"] > 20
    # a few come while the tracer begins, and while the counters are asked for
    slack = {"lookup": 2, "forget": 2, "release": 2}
    assert {kind: (told[kind], seen[kind]) for kind in OPCODES.values()
            if abs(told[kind] - seen[kind]) > slack.get(kind, 0)} == {}
