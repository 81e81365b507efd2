"""helios watch: each change is told once, whoever makes it."""
import json
import re
import subprocess
import threading

import pytest

import lab
from mcp_client import Server


class Watch:
    """A running watch and what it has said."""

    def __init__(self, home, *options):
        self.home, self.lines = home, []
        self.child = home.start("helios", *options, "watch", stdout=subprocess.PIPE,
                                encoding="utf-8")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        lab.wait_for("the watch", lambda: self._watches(), 10 * lab.PATIENCE)

    def _watches(self):
        fds = self.home.run("ls", "-l", f"/proc/{self.child.pid}/fd", check=False).stdout
        return "inotify" in fds

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))

    def says(self, count):
        lab.wait_for(f"{count} lines, not {self.lines}", lambda: len(self.lines) >= count)
        assert len(self.lines) == count
        return self.lines

    def end(self):
        self.child.terminate()
        self.child.wait()
        self.reader.join()


@pytest.fixture
def started(mount):
    """Lets the watch come to where it knows what was there before it."""
    watches = []

    def start(*options):
        watch = Watch(mount, *options)
        mount.helios("set", "analyst", "first", "1")
        lab.wait_for("the first line", lambda: watch.lines)
        watch.lines.clear()
        watches.append(watch)
        return watch

    yield start
    for watch in watches:
        watch.end()


def test_a_change_by_each_program(mount, started):
    watch = started()
    mount.helios("set", "tutor", "mark", "1")
    watch.says(1)
    mount.sh("sed -i 's/^  tone: .*/  tone: calm/' $P/writer.yaml")
    watch.says(2)
    with Server(mount) as server:
        server.does("learn_behavior", persona="tutor", key="communication.learned", value=1)
    watch.says(3)
    with open(mount.path / "personas/operator.yaml", "a", encoding="utf-8") as file:
        file.write("raw: 1\n")
    watch.says(4)
    mount.helios("use", "tutor")
    watch.says(5)
    told = [re.sub("session [0-9a-f]{8}", "session ID", line) for line in watch.lines]
    assert [line[line.index("  ", 18):].strip() if "active" not in line else line[16:].strip()
            for line in told] == [
        "tutor: set mark  (cli, helios)", "writer: set communication.tone  (view, sed, session ID)",
        "tutor: set communication.learned  (mcp, session ID)",
        "operator: edited outside  (external)", "active: tutor"]


def test_json(mount, started):
    watch = started("--json")
    mount.helios("set", "tutor", "mark", "1")
    mount.helios("use", "writer")
    watch.says(2)  # what is active is told as it is: a switch and back at once may not be seen
    mount.sh("rm $V/active.yaml")
    told = [json.loads(line) for line in watch.says(3)]
    assert told == [mount.data("log", "-n", "1")["changes"][0], {"active": "writer"},
                    {"active": None}]


def test_many_changes_each_once_and_in_order(mount, started):
    watch = started("--json")
    script = "for n in $(seq 40); do helios --quiet set $0 mark $n; done"
    children = [mount.start("sh", "-c", script, name) for name in ("tutor", "writer")]
    for child in children:
        assert child.wait() == 0
    told = [json.loads(line)["commit"] for line in watch.says(80)]
    assert told == mount.git("rev-list", "--reverse", "-n", "80", "HEAD").stdout.split()


def test_more_at_once_than_are_asked_for_first(mount, started):
    watch = started("--json")
    for number in range(50):
        mount.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-q", "--allow-empty",
                  "-m", f"by hand {number}")
    lab.wait_for("the last", lambda: any("by hand 49" in line for line in watch.lines))
    assert [json.loads(line)["summary"] for line in watch.lines] == [
        f"by hand {number}" for number in range(50)]


def test_history_set_back(mount, started):
    watch = started()
    for number in range(3):
        mount.helios("set", "tutor", "mark", str(number))
    watch.says(3)
    mount.git("reset", "-q", "--hard", "HEAD~2")
    lab.wait_for("the reset", lambda: "mark" in mount.resolved("tutor"))
    mount.helios("set", "writer", "mark", "after")
    lab.wait_for("the change after it", lambda: "writer: set mark" in watch.lines[-1])
    assert watch.child.poll() is None


def test_it_ends_when_nobody_reads(mount):
    child = mount.start("sh", "-c", "helios watch | head -n 1", stdout=subprocess.DEVNULL)

    def ended():
        mount.helios("set", "tutor", "mark", str(len(mount.subjects())))
        return child.poll() is not None

    lab.wait_for("the end", ended)


def test_without_a_home(home):
    done = home.run("helios", "--dir", home.room / "nowhere", "watch", check=False)
    assert done.returncode == 1 and "no Helios home" in done.stderr
