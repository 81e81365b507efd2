"""What the view does that is not an editor's or a shell's habit: locks, scratch files, names that
come back, extended attributes, the command line of heliosfs."""
import errno
import re
import signal
import socket
import subprocess
import time

import pytest

import lab

FILE = "personas/architect.yaml"


def error_of(home, statements):
    """The errno a few lines of Python end with, 0 when they succeed; P is personas/."""
    done = home.python("import errno, fcntl, mmap, os, sys\nP = sys.argv[1]\ntry:\n"
                       + "".join(f"    {line}\n" for line in statements.splitlines())
                       + "except OSError as e: print(e.errno)\nelse: print(0)",
                       home.view / "personas")
    return int(done.stdout.splitlines()[-1])


# ---- scratch files

def test_scratch_files_are_kept_and_never_committed(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("cd $P; echo swap > .architect.yaml.swp; ln -s me@host.1 .#architect.yaml; "
            "mv .architect.yaml.swp architect.yaml~; cp architect.yaml~ 4913; rm 4913")
    assert home.run("readlink", home.view / "personas/.#architect.yaml").stdout == "me@host.1\n"
    assert home.read(FILE + "~") == "swap\n"
    assert home.head() == head
    home.mounts[-1].stop()
    home.mounts[-1].start()
    assert home.read(FILE + "~") == "swap\n"
    assert home.run("readlink", home.view / "personas/.#architect.yaml").stdout == "me@host.1\n"
    lab.assert_clean(home)


def test_scratch_files_have_a_limit(mount):
    assert error_of(mount, "with open(P + '/big~', 'wb') as f:\n"
                    "    for i in range(17): f.write(bytes(1 << 20))") == errno.ENOSPC
    mount.sh("rm $P/big~; echo room > $P/small~")
    assert mount.read("personas/small~") == "room\n"


@pytest.mark.skipif(lab.SANITIZED, reason="faketime and the sanitizers both want to be first")
@pytest.mark.skipif(not lab.FAKETIME, reason="faketime is not installed")
def test_scratch_files_go_a_week_after_their_last_use(mount):
    mount.sh("echo swap > $P/old~")
    mount.mounts[-1].stop()
    mount.mounts[-1].start(days_ahead=6)
    time.sleep(0.5)  # a daemon sweeps when it begins
    assert "old~" in mount.names()
    mount.mounts[-1].stop()
    mount.mounts[-1].start(days_ahead=8)
    lab.wait_for("the scratch file to go", lambda: "old~" not in mount.names())
    lab.assert_clean(mount)


# ---- drafts

def test_two_writers_are_two_drafts(any_mount):
    assert error_of(any_mount, """
a = os.open(P + '/architect.yaml', os.O_RDWR); b = os.open(P + '/architect.yaml', os.O_RDWR)
os.ftruncate(a, 0); os.write(a, b'name: a\\n')
assert os.fstat(a).st_size == 8 and os.fstat(b).st_size > 1000
assert os.fstat(a).st_ino == os.fstat(b).st_ino == os.stat(P + '/architect.yaml').st_ino
assert os.stat(P + '/architect.yaml').st_size == os.fstat(b).st_size
os.write(a, b'inherits_from'); os.ftruncate(a, 8); os.lseek(a, 0, 0)
assert os.read(a, 100) == b'name: a\\n'""") == 0


def test_opens_after_others_changed_it_never_fail(any_mount):
    """Reading what has just been replaced, then writing, from one thread: each open may have to
    ask the kernel for a second walk, and none may see the other's."""
    assert error_of(any_mount, """
import subprocess
path = P + '/architect.yaml'
for i in range(20):
    subprocess.run(['helios', '--quiet', 'set', 'architect', 'other', str(i)], check=True)
    text = open(path).read()
    assert f'other: {i}' in text
    open(path, 'w').write(text.split('mine:')[0] + f'mine: {i}\\n')
assert 'mine: 19' in open(path).read()""") == 0


def test_a_draft_through_proc_is_the_same_draft(any_mount):
    text = any_mount.read(FILE).replace("name: Architect\n", "name: Builder\n")
    any_mount.run("tee", "new", input=text)
    any_mount.sh(f"exec 3> $V/{FILE}; cat new > /proc/self/fd/3; exec 3>&-")
    assert any_mount.read(FILE) == text


def test_a_writable_shared_mapping_is_refused(any_mount):
    assert error_of(any_mount, "f = os.open(P + '/architect.yaml', os.O_RDWR)\n"
                    "mmap.mmap(f, 100)") == errno.ENODEV


def test_execve_closes_a_draft_and_nothing_waits(any_mount):
    """Reading /proc/PID/stat waits for execve, and execve for the close."""
    text = any_mount.read(FILE).replace("name: Architect\n", "name: Builder\n")
    any_mount.python("import os, sys\nf = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)\n"
                     "os.write(f, sys.stdin.read().encode())\nos.execv('/bin/true', ['true'])",
                     any_mount.view / FILE, input=text)
    lab.wait_for("the commit", lambda: any_mount.read(FILE) == text)


def test_what_was_unlinked_while_it_is_written_stays_removed(any_mount):
    assert error_of(any_mount, "f = open(P + '/architect.yaml', 'a')\n"
                    "os.unlink(P + '/architect.yaml')\n"
                    "f.write('x: 1\\n'); f.close()") == 0
    assert "architect.yaml" not in any_mount.names()
    lab.assert_clean(any_mount)


def test_the_daemons_end_keeps_what_is_half_written(mount):
    before = mount.read(FILE), mount.head()
    writer = mount.start("/usr/bin/python3", "-c",
                         "import os, sys, time\nf = os.open(sys.argv[1], 1 | os.O_TRUNC)\n"
                         "os.write(f, b'name: half\\n'); print(1, flush=True); time.sleep(99)",
                         mount.view / FILE, stdout=subprocess.PIPE)
    writer.stdout.readline()
    mount.mounts[-1].stop()
    writer.kill()
    writer.wait()
    writer.stdout.close()
    mount.mounts[-1].start()
    assert (mount.read(FILE), mount.head()) == before
    assert any("name: half" in text for text in mount.rejected())


# ---- names that go and come back

def test_a_name_that_comes_back_takes_its_source_back(any_mount):
    home = any_mount
    source, text = home.source("architect"), home.read(FILE)
    home.sh("helios use architect; rm $P/architect.yaml")
    home.write(FILE, text.replace("name: Architect\n", "name: Builder\n"))
    assert home.source("architect") == source.replace("name: Architect\n", "name: Builder\n")
    assert home.run("readlink", home.view / "active.yaml").stdout == "personas/architect.yaml\n"
    lab.assert_clean(home)


def test_a_name_renamed_to_another_and_made_again(any_mount):
    home = any_mount
    source, text = home.source("architect"), home.read(FILE)
    home.sh("mv $P/architect.yaml $P/previous.yaml")
    home.write(FILE, text.replace("name: Architect\n", "name: Builder\n"))
    assert home.source("previous") == source
    assert home.source("architect") == source.replace("name: Architect\n", "name: Builder\n")
    lab.assert_clean(home)


@pytest.mark.parametrize("text", ["good", "bad"])
def test_what_refers_to_a_renamed_name_comes_back_with_it(mount, text):
    mount.helios("use", "operator")
    source = mount.source("operator")
    mount.sh("mv $P/operator.yaml $P/previous.yaml")
    assert "inherits_from: previous" in mount.source("incident-commander")
    head = mount.head()
    made = mount.read("personas/previous.yaml").replace("name: Operator\n", "name: Keeper\n")
    if text == "good":
        mount.write("personas/operator.yaml", made)
    else:
        mount.sh("echo '{bad' > $P/operator.yaml", check=False)
    assert mount.source("previous") == source
    if text == "good":
        assert mount.source("operator") == source.replace("name: Operator\n", "name: Keeper\n")
        assert "inherits_from: operator" in mount.source("incident-commander")
        assert mount.helios("use").stdout == "operator\n"
        assert len(mount.subjects(since=head)) == 1, "all of it is one change"
    else:
        assert "operator.yaml" not in mount.names() and mount.head() == head
        assert "inherits_from: previous" in mount.source("incident-commander")
    lab.assert_clean(mount)


def test_a_persona_renamed_to_a_scratch_name_is_deleted_in_the_end(any_mount):
    home, text = any_mount, any_mount.read(FILE)
    home.sh("mv $P/architect.yaml $P/architect.bak")
    assert "architect.yaml" not in home.names()
    assert home.read("personas/architect.bak") == text
    assert (home.path / "personas/architect.yaml").exists()
    lab.wait_for("the deletion", lambda: not (home.path / "personas/architect.yaml").exists())
    assert home.subjects()[0] == "architect: remove"
    lab.assert_clean(home)


def test_sigterm_deletes_at_once_what_was_renamed_away(mount):
    mount.sh("mv $P/architect.yaml $P/architect.bak")
    mount.mounts[-1].stop()
    assert not (mount.path / "personas/architect.yaml").exists()
    mount.mounts[-1].start()


def test_a_backup_moved_back_changes_nothing(any_mount):
    home, before = any_mount, (any_mount.read(FILE), any_mount.head())
    home.sh("mv $P/architect.yaml $P/a~; mv $P/a~ $P/architect.yaml")
    time.sleep(2.5)
    assert (home.read(FILE), home.head()) == before
    assert "a~" not in home.names()


# ---- locks, attributes, directories

LOCKER = """import fcntl, sys, time
f = open(sys.argv[1], 'r+')
{}
print('locked', flush=True); sys.stdin.read()
"""


@pytest.mark.parametrize("lock", ["fcntl.flock(f, fcntl.LOCK_EX{})", "fcntl.lockf(f, fcntl.LOCK_EX{})"],
                         ids=["flock", "fcntl"])
def test_locks_hold_between_processes_and_versions(any_mount, lock):
    home = any_mount
    holder = home.start("/usr/bin/python3", "-c", LOCKER.format(lock.format("")),
                        home.view / FILE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    home.helios("set", "architect", "name", "Builder")  # another version: another kernel inode
    attempt = f"f = open(P + '/architect.yaml', 'r+'); {lock.format(' | fcntl.LOCK_NB')}"
    assert error_of(home, attempt) == errno.EAGAIN
    waiter = home.start("/usr/bin/python3", "-c", LOCKER.format(lock.format("")),
                        home.view / FILE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    interrupted = home.start("/usr/bin/python3", "-c", LOCKER.format(lock.format("")),
                             home.view / FILE, stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.wait(lab.PATIENCE) != 0
    assert waiter.poll() is None
    holder.stdin.close()
    assert waiter.stdout.readline() == b"locked\n"
    assert holder.wait(lab.PATIENCE) == 0 and waiter.wait(lab.PATIENCE) == 0
    holder.stdout.close()
    waiter.stdout.close()
    assert error_of(home, attempt) == 0


def test_extended_attributes(any_mount):
    assert error_of(any_mount, "f = P + '/architect.yaml'\n"
                    "os.setxattr(f, 'system.posix_acl_access', "
                    "bytes.fromhex('0200000001000600ffffffff04000000ffffffff20000000ffffffff'))") == 0
    assert error_of(any_mount, "os.setxattr(P + '/architect.yaml', 'user.any', b'x')") \
        == errno.ENOTSUP
    assert error_of(any_mount, "os.getxattr(P + '/architect.yaml', 'user.helios.error')") \
        == errno.ENODATA
    assert error_of(any_mount, "assert os.listxattr(P + '/architect.yaml') == []") == 0


def test_listings_have_no_duplicates_whatever_happens(mount):
    changer = mount.start("sh", "-c", 'while :; do : > "$P/x~"; rm "$P/x~"; mv "$P/writer.yaml" '
                          '"$P/author.yaml"; mv "$P/author.yaml" "$P/writer.yaml"; done',
                          env={"P": str(mount.view / "personas")}, stderr=subprocess.DEVNULL)
    for _ in range(30):
        names = mount.run("ls", "-U", mount.view / "personas").stdout.split()
        assert names == sorted(set(names))
        assert len({"writer.yaml", "author.yaml"} & set(names)) == 1
        assert "tutor.yaml" in names
    changer.kill()


def test_read_only_mount(home):
    view = lab.Mount(home, home.path / "view")
    home.mounts.append(view)
    view.start("-o", "ro")
    assert error_of(home, "open(P + '/architect.yaml', 'w')") == errno.EROFS


# ---- the program

def test_usage(home):
    for wrong in (["--nonsense"], ["-o", "allow_other"], ["-o", "nonsense"], ["a", "b", "c"]):
        done = home.run("heliosfs", *wrong, check=False)
        assert done.returncode == 2 and "heliosfs --help" in done.stderr, wrong
    assert home.run("heliosfs", "--version").stdout.startswith("heliosfs ")


@pytest.mark.parametrize("place", ["personas", ".", "..", "missing"])
def test_places_that_cannot_be_mounted_on(home, place):
    done = home.run("heliosfs", "--dir", home.path, home.path / place, check=False)
    assert done.returncode == 1 and done.stderr.startswith("heliosfs: ")
    assert not lab.mounted_below(home.room)


def test_background_mount_is_ready_and_ends_with_umount(home):
    view = home.path / "view"
    home.run("heliosfs", "--dir", home.path)
    try:
        assert home.run("cat", view / FILE).stdout.startswith("#")
        again = home.run("heliosfs", "--dir", home.path, check=False)
        assert again.returncode == 1 and "another heliosfs" in again.stderr
    finally:
        home.run("fusermount3", "-u", view)


def test_the_service_manager_is_told(home):
    path = str(home.room / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(lab.PATIENCE)
        home.env["NOTIFY_SOCKET"] = path
        home.mount()
        assert manager.recv(100) == b"READY=1"
        home.mounts[-1].stop()
        assert manager.recv(100) == b"STOPPING=1"


def test_mount_options_the_kernel_was_given(any_mount):
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        line = next(line for line in mounts if str(any_mount.view) in line.split()[1])
    options = line.split()[3].split(",")
    assert {"nosuid", "nodev", "noexec", "default_permissions"} <= set(options)
    assert "allow_other" not in options
    assert re.match(r"\S+ \S+ fuse\.heliosfs ", line)


def test_what_was_read_is_remembered_across_daemons(mount):
    """A three-way save by a process that read before the daemon was restarted."""
    editor = mount.start("/usr/bin/python3", "-c",
                         "import sys\ntext = open(sys.argv[1]).read(); print(1, flush=True)\n"
                         "sys.stdin.readline()\n"
                         "open(sys.argv[1], 'w').write(text.replace('name: Writer', 'name: Pen'))",
                         mount.view / "personas/writer.yaml", stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    editor.stdout.readline()
    mount.helios("set", "writer", "communication.tone", "theirs")
    mount.mounts[-1].stop()
    mount.mounts[-1].start()
    editor.stdin.write(b"go\n")
    editor.stdin.close()
    assert editor.wait(lab.PATIENCE) == 0
    editor.stdout.close()
    document = mount.resolved("writer")
    assert (document["name"], document["communication"]["tone"]) == ("Pen", "theirs")
