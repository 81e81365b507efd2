"""A home with many personas and a long history beside one with ten of each, in one run: what commands
and saves take, and the daemon's memory. Prints medians and ratios; judges nothing. 1000 personas and
10000 commits; HELIOS_SCALE=full: ten times as many, which takes half an hour to make.

usage: scale.py HELIOS HELIOSFS
"""
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LARGE = (10000, 100000) if os.environ.get("HELIOS_SCALE") == "full" else (1000, 10000)
SMALL = (10, 10)
ROUNDS = 7
COMMANDS = {
    "get": ["get", "p00003", "communication.tone"],
    "set": ["set", "p00003", "mark", "NEW"],
    "explain": ["explain", "p00003"],
    "log": ["log"],
    "log of one": ["log", "p00003"],
    "list": ["list"],
    "status": ["status"],
}


def document(number, value):
    return (f"name: p{number:05d}\nspecialization_level: 1.5\ncommunication:\n  tone: tone-{value}\n"
            f"  more: [a, b, c]\nbehaviors:\n  n{number % 7}: {value}\n").encode()


def stream(personas, commits, parent):
    """What git fast-import reads: all personas, then one change of one of them after the other."""
    chosen = random.Random(1)
    for commit in range(commits):
        message = b"p: set communication.tone\n\nHelios-Source: mcp\n"
        yield (b"commit refs/heads/main\ncommitter Helios <helios@localhost> %d +0000\ndata %d\n%s\n"
               % (1700000000 + commit, len(message), message))
        if commit == 0:
            yield b"from %s\n" % parent
        for number in range(personas) if commit == 0 else [chosen.randrange(personas)]:
            text = document(number, commit)
            yield b"M 100644 inline personas/p%05d.yaml\ndata %d\n%s\n" % (number, len(text), text)


def make(helios, home, personas, commits):
    subprocess.run([helios, "--dir", home, "init"], check=True, stdout=subprocess.DEVNULL)
    git = ["git", "-C", home]
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True).stdout
    with subprocess.Popen([*git, "fast-import", "--quiet", "--force"],
                          stdin=subprocess.PIPE) as importer:
        for part in stream(personas, commits, head.strip()):
            importer.stdin.write(part)
    assert importer.returncode == 0
    subprocess.run([*git, "reset", "-q", "--hard"], check=True)
    subprocess.run([helios, "--dir", home, "gc"], check=True, stdout=subprocess.DEVNULL)


def milliseconds(work):
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1e3


def command(helios, home, arguments, number):
    words = [f"value-{number}" if word == "NEW" else word for word in arguments]
    return milliseconds(lambda: subprocess.run([helios, "--dir", home, *words], check=True,
                                               stdout=subprocess.DEVNULL))


class Mounted:
    """A daemon on a home."""

    def __init__(self, heliosfs, home):
        self.view = home / "view"
        self.daemon = subprocess.Popen([heliosfs, "--dir", home, "-f", self.view],
                                       stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.view):
            assert self.daemon.poll() is None, "heliosfs has ended"
            time.sleep(0.02)

    def save(self, number):
        path = self.view / "personas/p00003.yaml"
        text = path.read_text().split("\nsaved:")[0].rstrip("\n")
        return milliseconds(lambda: path.write_text(f"{text}\nsaved: {number}\n"))

    def resident_mb(self):
        for path in sorted((self.view / "personas").iterdir()):
            path.read_bytes()
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1]) / 1024

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()


def row(what, small, large, unit="ms"):
    print(f"{what:14} {small:9.1f} {unit}  {large:9.1f} {unit}  {large / small:6.1f} times")


def main():
    helios, heliosfs = sys.argv[1:3]
    room = Path(tempfile.mkdtemp(prefix="helios-bench-", dir="/var/tmp"))
    mounts = []
    try:
        homes = {"small": SMALL, "large": LARGE}
        for name, size in homes.items():
            make(helios, room / name, *size)
        print(f"{'':14} {SMALL[0]}/{SMALL[1]} personas/commits  {LARGE[0]}/{LARGE[1]}")
        for what, arguments in COMMANDS.items():
            row(what, *(statistics.median(command(helios, room / name, arguments, number)
                                          for number in range(ROUNDS)) for name in homes))
        mounts = [Mounted(heliosfs, room / name) for name in homes]
        row("save", *(statistics.median(mount.save(number) for number in range(3 * ROUNDS))
                      for mount in mounts))
        row("daemon's memory", *(mount.resident_mb() for mount in mounts), "MB")
    finally:
        for mount in mounts:
            mount.end()
        shutil.rmtree(room, ignore_errors=True)


main()
