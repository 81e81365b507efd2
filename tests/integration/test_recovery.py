"""What must survive faults of the machine, of git and of people: each case once went wrong."""
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import lab
from mcp_client import Server

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="another boot's id needs a mount")


def after_power_cut(home, *command, **options):
    """Runs a command under another boot's id, as the first one after a power cut."""
    fake = home.room / "boot_id"
    fake.write_text("00000000-0000-4000-8000-000000000000\n")
    return home.run("unshare", "-m", "sh", "-c",
                    f'mount --bind "{fake}" /proc/sys/kernel/random/boot_id && exec "$@"', "sh",
                    *command, **options)


def journal(home):
    return "".join(path.read_text() for path in sorted((home.path / ".journal").iterdir()))


def loose(home, name):
    commit = home.git("rev-parse", name).stdout.strip()
    return home.path / ".git/objects" / commit[:2] / commit[2:]


def test_a_refused_change_never_comes_back(home):
    lock = home.path / ".git/refs/heads/main.lock"
    with lock.open("x"):  # somebody alive has it, for longer than anybody waits
        refused = home.helios("set", "writer", "communication.tone", "refused", check=False)
    assert refused.returncode == 1 and "moves the branch" in refused.stderr
    lock.unlink()
    home.helios("set", "analyst", "communication.other", "x")
    assert home.helios("get", "writer", "communication.tone").stdout != "refused\n"
    assert len(home.subjects()) == 2
    lab.assert_clean(home)


def test_a_dead_gits_lock_of_the_branch_is_cleared(home):
    (home.path / ".git/refs/heads/main.lock").touch()
    home.helios("set", "writer", "mark", "tok-through")
    lab.assert_clean(home, ["tok-through"])


@ROOT
@pytest.mark.parametrize("damage", ["truncated commit", "empty commit", "empty branch", "no branch"])
@pytest.mark.parametrize("command", [["list"], ["set", "analyst", "mark", "tok-after"]],
                         ids=["reading", "writing"])
def test_a_torn_head_is_mended_from_the_journal(home, damage, command):
    home.helios("set", "writer", "mark", "tok-before")
    if damage.endswith("commit"):
        torn = loose(home, "HEAD")
        torn.chmod(0o600)
        os.truncate(torn, 20 if damage.startswith("truncated") else 0)
    elif damage == "empty branch":
        os.truncate(home.path / ".git/refs/heads/main", 0)
    else:
        (home.path / ".git/refs/heads/main").unlink()
    after_power_cut(home, "helios", *command)
    assert home.helios("get", "writer", "mark").stdout == "tok-before\n"
    lab.assert_clean(home, ["tok-before"] + (["tok-after"] if command[0] == "set" else []))


@ROOT
@pytest.mark.parametrize("text", ["plain", r"say \u0000 here", r"\\u0000", 'quotes " and \\'])
def test_the_journal_brings_back_any_text(home, text):
    before = home.room / "before"
    subprocess.run(["cp", "-a", home.path, before], check=True)
    home.run("helios", "set", "writer", "mark", "'" + text.replace("'", "''") + "'")
    journals = home.room / "journals"
    subprocess.run(["cp", "-a", home.path / ".journal", journals], check=True)
    subprocess.run(["rm", "-rf", home.path], check=True)
    subprocess.run(["cp", "-a", before, home.path], check=True)
    subprocess.run(["cp", "-a", f"{journals}/.", home.path / ".journal"], check=True)
    after_power_cut(home, "helios", "list")
    assert home.helios("get", "writer", "mark").stdout == text + "\n"
    lab.assert_clean(home)


@ROOT
def test_an_odd_file_does_not_stop_recovery(home):
    home.helios("set", "writer", "mark", "tok-1")
    path = home.path / "personas/writer.yaml"
    path.unlink()
    path.symlink_to("/etc/passwd")
    after_power_cut(home, "helios", "set", "analyst", "mark", "tok-2")
    assert home.helios("get", "analyst", "mark").stdout == "tok-2\n"
    assert path.is_symlink()


@ROOT
def test_what_a_person_reset_is_not_brought_back(home):
    home.helios("set", "writer", "mark", "bad-idea")
    home.helios("set", "writer", "other", "bad-idea")
    home.git("-c", "user.name=t", "-c", "user.email=t@t", "reset", "--hard", "-q", "HEAD~2")
    home.helios("set", "analyst", "mark", "tok-good")
    after_power_cut(home, "helios", "list")
    assert "bad-idea" not in home.source("writer")
    assert home.subjects() == ["analyst: set mark", "Make the home"]
    lab.assert_clean(home, ["tok-good"], by_git=True)


def test_a_change_beside_git_does_not_undo_it(home):
    """git commits the same file while a change waits for its index.lock."""
    lock = home.path / ".git/index.lock"
    holder = lock.open("x")
    child = home.start("helios", "set", "writer", "mark", "ours", stderr=subprocess.PIPE)
    time.sleep(0.3)
    path = home.path / "personas/writer.yaml"
    path.write_text(path.read_text() + "pulled: from the remote\n")
    blob = home.git("hash-object", "-w", path).stdout.strip()
    env = {"GIT_INDEX_FILE": str(home.room / "index")}
    home.run("git", "-C", home.path, "read-tree", "HEAD", env=env)
    home.run("git", "-C", home.path, "update-index", "--cacheinfo",
             f"100644,{blob},personas/writer.yaml", env=env)
    tree = home.run("git", "-C", home.path, "write-tree", env=env).stdout.strip()
    commit = home.git("-c", "user.name=t", "-c", "user.email=t@t", "commit-tree", "-p", "HEAD",
                      "-m", "pulled", tree).stdout.strip()
    home.git("update-ref", "refs/heads/main", commit)
    holder.close()
    lock.unlink()
    assert child.wait(lab.PATIENCE) == 0, child.stderr.read()
    assert "pulled: from the remote" in home.source("writer")
    assert "mark: ours" in home.source("writer")


def through_the_view(mount):
    sed = mount.start("sed", "-i", "s/^  tone: .*/  tone: ours/", mount.view / "personas/writer.yaml")
    return lambda: sed.wait(lab.PATIENCE) == 0


def through_mcp(mount):
    """The answer comes on another thread: the tool waits."""
    answers = []

    def call():
        with Server(mount) as server:
            answers.append(server.does("learn_behavior", persona="writer",
                                       key="communication.tone", value="ours"))
    thread = threading.Thread(target=call)
    thread.start()
    return lambda: thread.join(lab.PATIENCE) or answers


HOLDER = """import os, sys, time
lock = os.open(sys.argv[1], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
print('held', flush=True)
time.sleep(1.5)  # longer than a lock must be old to be looked at
assert os.stat(sys.argv[1]).st_ino == os.fstat(lock).st_ino
os.unlink(sys.argv[1])
"""


@pytest.mark.parametrize("through", [through_the_view, through_mcp])
def test_a_lock_that_somebody_holds_stays(mount, through):
    """The daemon and the server are confined: they may not look into other processes."""
    holder = mount.start("/usr/bin/python3", "-c", HOLDER, mount.path / ".git/index.lock",
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    ended = through(mount)
    assert holder.wait(lab.PATIENCE) == 0, holder.stderr.read()
    assert ended()
    assert lab.load(mount.source("writer"))["communication"]["tone"] == "ours"
    lab.assert_clean(mount)


@pytest.mark.parametrize("through", [through_the_view, through_mcp])
def test_the_lock_of_a_git_that_waits_for_its_editor_stays(mount, through):
    """'git commit -a' keeps index.lock, but not open, until the message is written."""
    path = mount.path / "base/identity.yaml"
    editor = mount.room / "editor"
    editor.write_text(f"#!/bin/sh\ntest -e {mount.path}/.git/index.lock || exit 1\n"
                      f"touch {mount.room}/waits; sleep 1.5\n"
                      f"test -e {mount.path}/.git/index.lock && echo by hand > \"$1\"\n")
    editor.chmod(0o700)
    daemon = mount.mounts[-1].daemon
    daemon.send_signal(signal.SIGSTOP)  # or it would take the edit before git does
    try:
        path.write_text(path.read_text() + "mark: by-git\n")
        git = mount.start("git", "-C", mount.path, "-c", "user.name=t", "-c", "user.email=t@t",
                          "-c", f"core.editor={editor}", "commit", "-a", stderr=subprocess.PIPE)
        lab.wait_for("the editor", lambda: (mount.room / "waits").exists())
    finally:
        daemon.send_signal(signal.SIGCONT)
    ended = through(mount)
    assert git.wait(lab.PATIENCE) == 0, git.stderr.read()
    assert ended(), mount.rejected()
    assert "by hand" in mount.subjects()
    assert lab.load(mount.source("writer"))["communication"]["tone"] == "ours"
    lab.assert_clean(mount)


def test_an_open_editor_loses_nothing(home):
    """A program has the file open for writing, and writes after it was replaced."""
    path = home.path / "personas/writer.yaml"
    with path.open("r+") as file:
        text = file.read()
        home.helios("set", "writer", "mark", "ours")
        file.seek(0)
        file.write(text + "typed: by hand\n")
    kept = [file.read_text() for file in (home.path / ".recovery").iterdir()]
    assert any("typed: by hand" in text for text in kept) or "typed: by hand" in home.source("writer")


def test_a_clone_is_a_home(home):
    clone = home.room / "clone"
    home.run("git", "clone", "-q", home.path, clone)
    clone.chmod(0o700)
    home.run("helios", "--dir", clone, "set", "writer", "mark", "tok")
    assert home.run("helios", "--dir", clone, "get", "writer", "mark").stdout == "tok\n"


def test_an_invalid_file_keeps_nobody_busy(mount):
    """The daemon looks at it once, not again and again because of its own lock file."""
    (mount.path / "personas/writer.yaml").write_text("a: [1\n")
    lab.wait_for("it to be set aside", lambda: "set_aside" in mount.read("status.yaml"))
    lock = mount.path / ".helios.lock"
    time.sleep(0.5)
    before = lock.stat().st_mtime_ns
    time.sleep(1)
    assert lock.stat().st_mtime_ns == before


def test_a_copy_of_an_older_text_is_that_text(mount):
    old = mount.read("personas/writer.yaml").replace("name: Writer\n", "name: Typed\n")
    mount.write("personas/writer.yaml", old)
    mount.helios("set", "writer", "communication.tone", "changed")
    lab.wait_for("the change to show",
                 lambda: "tone: changed" in mount.read("personas/writer.yaml"))
    mount.run("tee", "old", input=old)
    mount.sh("cp old $P/new.yaml")
    assert mount.read("personas/new.yaml") == old


def test_a_writer_in_execve_stops_nobody(mount):
    """A descriptor with unsaved text closed by execve, beside reads of the same process."""
    mount.python("""
import os, sys
P = sys.argv[1]
for i in range(20):
    text = open(P + '/writer.yaml').read()
    child = os.fork()
    if child == 0:
        fd = os.open(P + '/writer.yaml', os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        os.write(fd, text.split('mark:')[0].encode() + b'mark: %d\\n' % i)
        os.open(P + '/analyst.yaml', os.O_RDONLY | os.O_CLOEXEC)
        os.execv('/bin/true', ['true'])
    assert os.waitpid(child, 0)[1] == 0
""", mount.view / "personas")
    assert "mark: 19" in mount.read("personas/writer.yaml")


def test_a_branch_with_a_slash_that_git_packed(home):
    home.git("checkout", "-q", "-b", "try/this")
    home.git("pack-refs", "--all")
    home.helios("set", "writer", "mark", "tok-slash")
    assert home.git("symbolic-ref", "HEAD").stdout == "refs/heads/try/this\n"
    assert "tok-slash" in home.git("show", "HEAD:personas/writer.yaml").stdout


def test_many_backups_at_once_are_all_made_or_refused(mount):
    done = mount.sh("cd $P; for i in $(seq 80); do cp writer.yaml p$i.yaml; done; "
                    "for i in $(seq 80); do mv p$i.yaml p$i.yaml.bak 2>/dev/null && echo p$i; done; true")
    moved = set(done.stdout.split())
    lab.wait_for("the moved ones to be gone", lambda: not moved & {
        name.removesuffix(".yaml") for name in mount.names() if name.endswith(".yaml")})
    assert {f"{name}.yaml.bak" for name in moved} <= set(mount.names())


@ROOT
def test_nuls_in_the_journal_hide_nothing_after_them(home):
    """What a power cut leaves of a record; the change after it is lost but for the journal."""
    home.helios("set", "writer", "mark", "tok-before")
    [file] = (home.path / ".journal").glob("*.jsonl")
    with file.open("ab") as out:
        out.write(bytes(300))
    before = home.head()
    home.helios("set", "tutor", "mark", "tok-after")
    torn = loose(home, "HEAD")
    torn.chmod(0o600)
    os.truncate(torn, 0)
    (home.path / ".git/refs/heads/main").write_text(before + "\n")
    home.helios("status")
    after_power_cut(home, "helios", "--dir", home.path, "list")
    lab.assert_clean(home, ["tok-before", "tok-after"])


@pytest.mark.parametrize("how", ["removed", "cut", "emptied and grown", "replaced"])
def test_a_lost_counter_is_made_anew(mount, how):
    """The daemon has it mapped: it goes on, and still sees at once what others change."""
    counter = mount.path / ".generation"
    mount.read("personas/writer.yaml")
    for round in range(3):
        if how == "removed":
            counter.unlink()
        elif how == "replaced":
            (mount.path / ".recovery/other").write_bytes(bytes(4096))
            (mount.path / ".recovery/other").chmod(0o600)
            (mount.path / ".recovery/other").rename(counter)
        else:
            os.truncate(counter, 0)
            if how != "cut":
                os.truncate(counter, 4096)
        mount.read("personas/writer.yaml")
        for name in "one", "two":
            mount.helios("set", "writer", "mark", f"tok-{name}{round}")
            assert f"mark: tok-{name}{round}" in mount.read("personas/writer.yaml")
    mount.write("personas/writer.yaml", mount.read("personas/writer.yaml") + "last: 1\n")
    assert mount.helios("get", "writer", "last").stdout == "1\n"
    lab.assert_clean(mount)


def empty_newest_commit(home):
    torn = loose(home, "HEAD")
    torn.chmod(0o600)
    os.truncate(torn, 0)


def replace(name, text):
    def damage(home):
        (home.path / name).write_text(text)
    return damage


DAMAGED = {
    "index": (replace(".git/index", "junk"), ".git/index was not as it must be"),
    "head": (replace(".git/HEAD", ""), ".git/HEAD leads nowhere"),
    "counts": (replace(".health_metrics.yaml", "["), ".health_metrics.yaml was not as it must be"),
    "object": (empty_newest_commit, "was damaged; it is kept as .recovery/object-"),
    "personas": (lambda home: shutil.rmtree(home.path / "personas"),
                 "the directory personas was missing; it is back"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_what_is_mended_by_the_way_is_told(home, what):
    damage, told = DAMAGED[what]
    home.helios("set", "writer", "mark", "one")
    for quiet in False, True:
        damage(home)
        done = home.helios("set", "writer", "mark", f"set {quiet}", *["--quiet"] * quiet)
        assert (told in done.stderr) is not quiet
        assert "warning" not in home.helios("list").stderr
    damage(home)
    with Server(home) as server:
        server.initialize()
        server.does("update_preference", domain="mark", key="by", value="an agent")
    assert told in (home.room / "helios-mcp.log").read_text()


def test_the_daemon_tells_of_what_it_mended(mount):
    (mount.path / ".git/index").write_text("junk")
    mount.write("personas/writer.yaml", mount.read("personas/writer.yaml") + "mark: 1\n")
    lab.wait_for("the log", lambda: ".git/index was not as it must be" in mount.mounts[-1].output())
    lab.assert_clean(mount)


def test_what_is_told_moves_no_terminal(home):
    """The name is whoever's who made the file."""
    (home.path / ".git/refs/heads/\x1b[2J").write_text("junk\n")
    (home.path / ".git/HEAD").write_text("")
    done = home.helios("list")
    assert "?[2J" in done.stderr and "\x1b" not in done.stderr
