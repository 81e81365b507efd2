"""What shells and killed writers do to a file: one right commit, or none."""
import os
import signal
import subprocess
import time

import pytest

import lab

NAME = "architect"
FILE = f"personas/{NAME}.yaml"


@pytest.fixture
def text(any_mount):
    """A valid text that differs from the persona's in one key; also in the file 'new'."""
    old = any_mount.read(FILE)
    text = old.replace("name: Architect\n", "name: Master builder\n").rstrip("\n") + "\n"
    assert "Master builder" in text
    any_mount.run("tee", "new", input=text)
    lines = text.splitlines(keepends=True)
    any_mount.run("tee", "first", input="".join(lines[:7]))
    any_mount.run("tee", "second", input="".join(lines[7:]))
    return text


ONE_COMMIT = {
    "redirect": "cat new > $F",
    "two commands in a subshell": "(cat first; cat second) > $F",
    "two commands in a group": "{ cat first; cat second; } > $F",
    "all output of a shell": "sh -c 'exec > \"$0\"; cat first; cat second' $F",
    "a pipe": "cat first second | cat > $F",
    "a loop": 'while IFS= read -r line; do printf "%s\\n" "$line"; done < new > $F',
    "empty first": ": > $F; cat new > $F",
    "here-document": "cat > $F <<END\n$(cat new)\nEND",
    "bash": "bash -c 'cat first second > \"$0\"' $F",
    "a pause between": "(cat first; sleep 0.3; cat second) > $F",
    "removed and made again": "rm $F; cat new > $F",
}


@pytest.mark.parametrize("script", ONE_COMMIT.values(), ids=ONE_COMMIT)
def test_one_commit(any_mount, text, script):
    home, head = any_mount, any_mount.head()
    home.sh(f"F=$V/{FILE}; {script}")
    assert home.read(FILE) == text
    assert lab.load(home.source(NAME))["name"] == "Master builder"
    if not script.startswith("rm"):  # a plain rm commits at once
        assert home.subjects(head) == [f"{NAME}: set name"]
    assert home.names("rejected") == []
    lab.assert_clean(home)


def test_the_shells_own_descriptor(any_mount, text):
    """The shell itself closes a copy of it after each command: what is there then may be a save of
    its own, or refused; in the end the whole text is there."""
    any_mount.sh(f"exec 3> $V/{FILE}; cat first >&3; cat second >&3; exec 3>&-")
    assert any_mount.read(FILE) == text
    lab.assert_clean(any_mount)


def test_closed_by_becoming_another_program(any_mount, text):
    """execve closes the descriptor while the kernel holds the process: nobody may wait for it."""
    head = any_mount.head()
    any_mount.python("import os, sys\n"
                     "f = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)\n"
                     "os.write(f, sys.stdin.buffer.read())\n"
                     "os.execv('/bin/true', ['true'])\n", any_mount.view / FILE, input=text)
    assert any_mount.read(FILE) == text
    assert any_mount.subjects(head) == [f"{NAME}: set name"]
    lab.assert_clean(any_mount)


def test_emptied_by_one_command_and_appended_to_by_the_next(any_mount, text):
    """Emptying alone is no save, so the second command may be refused; half a save is wrong."""
    home, head, before = any_mount, any_mount.head(), any_mount.read(FILE)
    done = home.sh(f"F=$V/{FILE}; : > $F; cat new >> $F", check=False)
    assert home.read(FILE) == (before if done.returncode else text)
    assert len(home.subjects(head)) == (0 if done.returncode else 1)
    lab.assert_clean(home)


NO_COMMIT = {
    "truncated and left": ": > $F",
    "opened and left": "exec 3>> $F; exec 3>&-",
    "truncate(1)": "truncate -s 0 $F",
    "the same text": "cat $F > same; cat same > $F",
    "cat of nothing": "cat /dev/null > $F",
    "touch": "touch $F",
    "permissions": "chmod 777 $F && chmod 600 $F",
}


@pytest.mark.parametrize("script", NO_COMMIT.values(), ids=NO_COMMIT)
def test_no_commit(any_mount, script):
    home = any_mount
    before = home.read(FILE), home.source(NAME), home.head()
    home.sh(f"F=$V/{FILE}; {script}", check="chmod" in script or "touch" in script)
    assert (home.read(FILE), home.source(NAME), home.head()) == before
    lab.assert_clean(home)


def test_truncating_does_not_reach_other_readers(any_mount):
    before = any_mount.read(FILE)
    shown = any_mount.sh(f"exec 3> $V/{FILE}; cat $V/{FILE}; exec 3>&-", check=False).stdout
    assert shown == before == any_mount.read(FILE)


def test_what_a_compound_command_leaves_in_between_is_never_seen(any_mount, text):
    home, head = any_mount, any_mount.head()
    seen = home.sh(f"F=$V/{FILE}; (cat first; cat $F >&2; cat second) > $F").stderr
    assert "name: Architect\n" in seen
    assert home.read(FILE) == text
    assert len(home.subjects(head)) == 1


# ---- writers that die

HALF = """import os, sys, time
path, text, cut = sys.argv[1], sys.stdin.read(), int(sys.argv[2])
f = os.open(path, os.O_WRONLY | os.O_TRUNC)
data = text.encode()
for at in range(0, cut, 100):
    os.write(f, data[at:min(at + 100, cut)])
print('written', flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM],
                         ids=["kill -9", "kill"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0], ids=["nothing", "half", "all"])
def test_a_writer_killed_in_mid_write(any_mount, text, signal_number, share):
    home = any_mount
    before = home.read(FILE), home.source(NAME), home.head()
    cut = int(len(text.encode()) * share)
    writer = home.start("/usr/bin/python3", "-c", HALF, home.view / FILE, cut,
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    writer.stdin.write(text.encode())
    writer.stdin.close()
    assert writer.stdout.readline() == b"written\n"
    writer.send_signal(signal_number)
    assert writer.wait() == -signal_number
    if share:
        lab.wait_for("the text of the killed writer in rejected/", lambda: home.names("rejected"))
        assert any(text[:cut].splitlines()[0] in kept for kept in home.rejected())
    assert (home.read(FILE), home.source(NAME), home.head()) == before
    home.sh(f"cat new > $V/{FILE}")
    assert home.read(FILE) == text
    assert home.subjects(before[2]) == [f"{NAME}: set name"]
    lab.assert_clean(home)


def test_writers_killed_at_random(mount, rng):
    """Whole texts, each with its number, by writers that are killed at any moment."""
    original = mount.read(FILE)
    script = """import sys
path, text = sys.argv[1], sys.stdin.read()
f = open(path, 'w')
for at in range(0, len(text), 64): f.write(text[at:at + 64]); f.flush()
f.close()
print('acknowledged', flush=True)
"""
    kept, acknowledged = original, []
    began = time.monotonic()
    mount.python(script, mount.view / FILE, input=original)
    span = time.monotonic() - began  # what one takes here and now: kills must miss sometimes
    for number in range(60):
        token = f"tok-shell-{number}"
        text = original.replace("name: Architect\n", f"name: {token}\n")
        head = mount.head()
        with open(mount.room / "out", "wb") as out:
            writer = mount.start("/usr/bin/python3", "-c", script, mount.view / FILE,
                                 stdin=subprocess.PIPE, stdout=out)
            writer.stdin.write(text.encode())
            writer.stdin.close()
            time.sleep(rng.uniform(0, 2 * span))
            writer.kill()
            writer.wait()
        now = mount.read(FILE)
        assert now in (kept, text)
        if (mount.room / "out").read_bytes():
            acknowledged.append(token)
            assert now == text
        assert len(mount.subjects(head)) == (now != kept)
        kept = now
    lab.assert_clean(mount, acknowledged)
    assert acknowledged, "no writer ever lived long enough"


# ---- several at once

def test_two_appenders(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh(f"for n in 1 2 3 4 5; do for side in a b; do "
            f"(printf 'line_%s_%s: tok-%s-%s\\n' $side $n $side $n >> $V/{FILE}) & done; wait; done")
    document = home.resolved(NAME)
    tokens = [f"tok-{side}-{n}" for n in range(1, 6) for side in "ab"]
    assert [document.get(f"line_{side}_{n}") for n in range(1, 6) for side in "ab"] == tokens
    assert len(home.subjects(head)) == 10
    lab.assert_clean(home, tokens)


def test_locks_exclude(any_mount):
    home = any_mount
    script = f"""exec 3< $V/{FILE}; flock -n 3 || exit 9
flock -n $V/{FILE} true && exit 8
exec 3<&-; flock -n $V/{FILE} true || exit 7"""
    assert home.sh(script, check=False).returncode == 0
    fcntl = """import fcntl, subprocess, sys
f = open(sys.argv[1], 'r+')
try: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError: sys.exit(1)
if len(sys.argv) > 2: sys.exit(0)
sys.exit(0 if subprocess.run([sys.executable, '-c', %r, sys.argv[1], 'x']).returncode == 1 else 5)
"""
    home.python(fcntl.replace("%r", repr(fcntl.replace("%r", "''"))), home.view / FILE)


def test_a_shared_writable_map_is_refused(any_mount):
    script = """import errno, mmap, os, sys
f = os.open(sys.argv[1], os.O_RDWR)
try: mmap.mmap(f, 10, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
except OSError as e: assert e.errno == errno.ENODEV, e
else: raise AssertionError('mapped')
"""
    any_mount.python(script, any_mount.view / FILE)
