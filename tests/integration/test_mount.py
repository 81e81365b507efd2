"""The daemon's life: mounting, a second daemon, a dead mount, signals, the background."""
import os
import pwd
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


def test_killed_alone_it_is_unmounted(any_mount):
    """The daemon's child sees it gone, however it went, and ends itself."""
    home = any_mount
    attendant = home.mounts[-1].attendant()
    home.mounts[-1].kill(both=False)
    lab.wait_for("the dead view to go", lambda: lab.mounted_below(home.view) == [])
    lab.wait_for("its child to end", lambda: not lab.runs(attendant))
    home.mounts[-1].start()
    assert home.resolved("writer")["name"] == "Writer"
    home.mounts[-1].kill(both=False)
    home.mounts[-1].start()  # at once: it waits until the dead view is gone
    assert home.resolved("writer")["name"] == "Writer"


def test_without_its_child_it_ends_all_the_same(mount):
    os.kill(mount.mounts[-1].attendant(), signal.SIGKILL)
    daemon = mount.mounts[-1].daemon
    daemon.terminate()
    assert daemon.wait(lab.PATIENCE) == 0
    mount.mounts[-1].start()  # it clears what was left
    assert mount.resolved("writer")["name"] == "Writer"


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


@pytest.fixture
def installed():
    """Puts a home's programs where mount(8) looks, for as long as the test lasts."""
    if os.getuid() != 0:
        pytest.skip("mount(8) needs root")
    places = []

    def install(home):
        subprocess.run(["mount", "--bind", home.room / "bin", "/usr/local/bin"], check=True)
        places.append("/usr/local/bin")
    yield install
    for place in places:
        subprocess.run(["umount", place], check=True)


def umounted(home):
    subprocess.run(["umount", home.view], check=True)
    lab.wait_for("its daemon to be gone", lambda: home.helios("mount").returncode == 0)
    home.helios("umount")


@pytest.mark.parametrize("options", ["noauto,x-systemd.automount,nofail,noatime", "ro"])
def test_fstab(home, installed, options):
    """mount(8) finds heliosfs by its type, for a line that systemd makes an automount of, too."""
    installed(home)
    table = home.room / "fstab"
    table.write_text(f"{home.path} {home.view} fuse.heliosfs {options} 0 0\n")
    home.run("mount", "-T", table, home.view)
    try:
        assert home.resolved("writer")["name"] == "Writer"
        saved = home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml", check=False)
        assert (saved.returncode == 0) == (options != "ro")
        assert ("terse" in home.source("writer")) == (options != "ro")
    finally:
        umounted(home)
    lab.assert_clean(home)


def test_fstab_for_another_user(user_home, installed):
    """root's fstab mounts a person's view as that person."""
    home = user_home
    installed(home)
    name = pwd.getpwuid(home.uid).pw_name
    subprocess.run(["mount", "-t", "fuse.heliosfs", home.path, home.view, "-o", f"setuid={name}"],
                   env=home.env, check=True)
    try:
        assert home.resolved("writer")["name"] == "Writer"
        assert home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml").returncode == 0
    finally:
        umounted(home)
    lab.assert_clean(home)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_without_its_child_nothing_is_taken_for_whole(mount, how):
    """It cannot tell then how a writer ends: the text is kept, and the writer told."""
    head, attendant = mount.head(), mount.mounts[-1].attendant()
    mount.sh("sed 's/^  tone: .*/  tone: other/' $P/writer.yaml > text")
    os.kill(attendant, how)
    try:
        for _ in range(2):  # the second is not made to wait
            assert mount.sh("cp text $P/writer.yaml", check=False).returncode != 0
    finally:
        if how == signal.SIGSTOP:
            os.kill(attendant, signal.SIGCONT)
    assert mount.head() == head
    assert any("tone: other" in text for text in mount.rejected())
    mount.mounts[-1].daemon.terminate()
    assert mount.mounts[-1].daemon.wait(lab.PATIENCE) == 0
    mount.mounts[-1].start()  # it clears what was left
