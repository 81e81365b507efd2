"""mount and umount through the command line."""
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

import lab


@pytest.fixture(params=[None, lab.NOBODY], ids=["me", "other-user"])
def unmounted(request):
    if request.param is not None and (reason := lab.why_no_other_user()):
        pytest.skip(reason)
    home = lab.Home(request.param)
    try:
        yield home.init()
    finally:
        home.helios("umount", check=False)
        home.close()


def mounted(home):
    return json.loads(home.helios("status", "--json").stdout)["mounted"]


def test_mount_and_umount(unmounted):
    home, view = unmounted, unmounted.path / "view"
    assert home.helios("mount").stdout == f"mounted {view}\n"
    assert mounted(home) == [str(view)]
    assert "name: Writer" in home.run("cat", view / "personas/writer.yaml").stdout
    again = home.helios("mount", "--json", check=False)
    assert again.returncode == 1 and json.loads(again.stdout)["error"]["name"] == "MOUNT"
    assert home.helios("umount").stdout == f"unmounted {view}\n"
    assert mounted(home) == [] and lab.mounted_below(home.room) == []
    gone = home.helios("umount", "--json", check=False)
    assert gone.returncode == 1 and json.loads(gone.stdout)["error"]["name"] == "NOT_MOUNTED"


def daemons(home):
    """The processes that serve this home's views in the background."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
            if (command := command_line(pid)) and command[0].endswith(b"heliosfs")
            and str(home.path).encode() in command]


def command_line(pid):
    """Nothing of a process that ends just now."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def test_mount_after_the_daemon_was_killed(unmounted):
    home, view = unmounted, unmounted.path / "view"
    home.helios("mount")
    for pid in daemons(home):
        os.kill(pid, signal.SIGKILL)
    lab.wait_for("the daemon to be gone", lambda: not daemons(home))
    status = json.loads(home.helios("status", "--json").stdout)
    assert status["mounted"] == [] and status["dead_mounts"] == [str(view)]
    home.helios("mount")
    assert mounted(home) == [str(view)]
    assert "name: Writer" in home.run("cat", view / "personas/writer.yaml").stdout


def test_mount_while_a_copy_of_the_view_is_elsewhere(unmounted):
    """A container's mount namespace keeps the daemon, whose view nobody here can reach any more."""
    home = unmounted
    home.helios("mount")
    copy = subprocess.Popen(["unshare", "-m", "sleep", "600"])
    try:
        lab.wait_for("the copy", lambda: b"sleep" in command_line(copy.pid))
        home.helios("set", "tutor", "mark", "kept")
        before = daemons(home)
        home.helios("umount")
        home.helios("mount")
        lab.wait_for("the daemon before to end", lambda: not set(before) & set(daemons(home)))
        assert "mark: kept" in home.read("personas/tutor.yaml")
    finally:
        copy.kill()
        copy.wait()


def test_again_at_once(unmounted):
    """The daemon before has not ended yet: it still writes down what it knows."""
    for number in range(10):
        unmounted.helios("mount")
        unmounted.helios("set", "tutor", "mark", str(number))
        unmounted.helios("umount")


def test_somewhere_else(unmounted):
    home = unmounted
    places = [home.room / "a place", home.room / "other"]
    for place in places:
        home.run("mkdir", "-m", "700", place)
    home.helios("mount", "a place")
    home.helios("mount", places[1])
    assert sorted(mounted(home)) == sorted(map(str, places))
    home.helios("umount", "other/")
    assert mounted(home) == [str(places[0])]
    assert home.helios("umount", "other", check=False).returncode == 1
    home.helios("umount")
    assert mounted(home) == []


def test_a_busy_view_stays(unmounted):
    home, view = unmounted, unmounted.path / "view"
    home.helios("mount")
    user = home.start("sh", "-c", f"cd '{view}' && exec sleep 1000")
    lab.wait_for("a user of the view", lambda: user.poll() is None and home.run(
        "readlink", f"/proc/{user.pid}/cwd", check=False).stdout.strip() == str(view))
    done = home.helios("umount", check=False)
    assert done.returncode == 1 and "in use" in done.stderr
    assert mounted(home) == [str(view)]
    user.kill()
    user.wait()
    home.helios("umount")


def test_no_way_to_mount(home):
    done = home.helios("mount", home.room / "nothing/there", check=False)
    assert done.returncode == 1 and done.stderr
    done = home.helios("mount", home.examples / "writer.yaml", check=False)
    assert done.returncode == 1
    assert lab.mounted_below(home.room) == []
