"""The daemon's life: mounting, a second daemon, a dead mount, signals, the background."""
import os
import signal
import subprocess

import pytest

import lab


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP],
                         ids=lambda how: how.name)
def test_it_goes_when_asked(any_mount, how):
    any_mount.mounts[-1].stop(how)


def test_it_goes_while_files_are_open(mount):
    """The draft of a writer who has not finished is no commit."""
    head = mount.head()
    with open(mount.view / "personas/writer.yaml", "r+", encoding="utf-8") as draft:
        draft.write("name")
        draft.flush()
        mount.mounts[-1].stop()
        try:
            draft.close()
        except OSError:
            pass
    assert mount.head() == head
    lab.assert_clean(mount)


def test_a_second_daemon_is_refused(any_mount):
    home = any_mount
    second = home.run("heliosfs", "--dir", home.path, "-f", home.view, check=False)
    assert second.returncode == 1
    assert second.stderr.strip()
    assert home.resolved("writer")["name"] == "Writer"


def test_two_mounts_of_one_home_agree(mount):
    first = mount.view
    mount.mount(mount.room / "elsewhere")
    mount.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    for view in (first, mount.view):
        assert lab.load(mount.read(view / "personas/writer.yaml"))["communication"]["tone"] == "terse"
    lab.assert_clean(mount)


def test_a_dead_mount_is_cleared(any_mount):
    home = any_mount
    head = home.head()
    home.mounts[-1].kill()
    home.mounts[-1].start()
    assert home.resolved("writer")["name"] == "Writer"
    assert home.head() == head
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    assert len(home.subjects(head)) == 1
    lab.assert_clean(home)


def test_no_home_yet(home):
    """A daemon on nothing makes a working home."""
    home.path = home.room / "fresh"
    home.env["HELIOS_DIR"] = str(home.path)
    home.path.mkdir(mode=0o700)
    home.mount()
    assert home.names() == ["welcome.yaml"]
    assert home.resolved("welcome")["base_importance"] == 0.7
    lab.assert_clean(home)


@pytest.mark.parametrize("uid", [None, lab.NOBODY], ids=["me", "other-user"])
def test_in_the_background_by_the_command_line(uid):
    if uid is not None and (reason := lab.why_no_other_user()):
        pytest.skip(reason)
    home = lab.Home(uid).init()
    try:
        home.helios("mount")
        try:
            assert str(home.view) in lab.mounted_below(home.view)
            assert home.resolved("writer")["name"] == "Writer"
            assert home.helios("mount", check=False).returncode in (0, 1)
            assert lab.mounted_below(home.view) == [str(home.view)]
        finally:
            home.helios("umount")
        assert lab.mounted_below(home.view) == []
        assert home.helios("umount", check=False).returncode == 1
        lab.assert_clean(home)
    finally:
        home.close()


def test_heliosfs_in_the_background(home):
    home.run("heliosfs", "--dir", home.path, home.view)
    try:
        assert home.resolved("writer")["name"] == "Writer"
    finally:
        home.run("fusermount3", "-u", home.view)
    lab.wait_for("the daemon to let go", lambda: lab.mounted_below(home.view) == [])
    lab.assert_clean(home)


def test_mount_options_protect(any_mount):
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        line = next(line for line in mounts if f" {any_mount.view} " in line).split()
    assert line[2].startswith("fuse")
    options = set(line[3].split(","))
    assert {"nosuid", "nodev", "noexec", "default_permissions"} <= options
    assert "allow_other" not in options


def test_others_cannot_look(user_mount):
    """Root has no right to another user's view either, and a third user none to the home."""
    with pytest.raises(PermissionError):
        os.listdir(user_mount.view)
    third = subprocess.run(["setpriv", "--reuid=1", "--regid=1", "--clear-groups",
                            "ls", user_mount.path], capture_output=True, check=False)
    assert third.returncode != 0


def test_saves_are_done_before_it_goes(mount):
    """A rename-away, an editor's first half of a save, commits as a removal at SIGTERM."""
    head = mount.head()
    mount.sh("mv $P/tutor.yaml $P/tutor.yaml~")
    mount.mounts[-1].stop()
    assert len(mount.subjects(head)) == 1
    assert not (mount.path / "personas/tutor.yaml").exists()
    lab.assert_clean(mount)


def test_a_crash_in_a_rename_away_leaves_the_persona(mount):
    head = mount.head()
    mount.sh("mv $P/tutor.yaml $P/tutor.yaml~")
    mount.mounts[-1].kill()
    mount.mounts[-1].start()
    assert mount.resolved("tutor")["name"] == "Tutor"
    assert mount.head() == head
    lab.assert_clean(mount)
