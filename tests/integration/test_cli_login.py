"""helios mount --at-login and --no-login: what is written, that systemd and desktops can read it, and
that it starts what it says."""
import configparser
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest

import lab

UNIT = ".config/systemd/user/helios.service"
WANTED = ".config/systemd/user/default.target.wants/helios.service"
ENTRY = ".config/autostart/helios.desktop"
MANAGER = "/lib/systemd/systemd"


def line_of(home, path, key):
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str
    parser.read_string((home.room / path).read_text())
    return next(parser[section][key] for section in parser.sections() if key in parser[section])


@pytest.fixture
def at_login(home):
    """A home whose view is mounted now and at each login."""
    said = home.helios("mount", "--at-login").stdout
    assert said == f"mounted, now and at each login: {home.path}/view\n"
    yield home
    home.helios("umount", check=False)


def test_what_is_written(at_login):
    home = at_login
    program = str(home.room / "bin/heliosfs")
    words = shlex.split(line_of(home, UNIT, "ExecStart"))
    assert words == [program, "--dir", str(home.path), "-f", str(home.path / "view")]
    assert shlex.split(line_of(home, ENTRY, "Exec")) == [word for word in words if word != "-f"]
    assert (home.room / WANTED).resolve() == home.room / UNIT
    assert "name: Tutor" in home.read("personas/tutor.yaml")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not there")
def test_systemd_can_read_it(at_login):
    done = at_login.run("systemd-analyze", "verify", "--user", "--man=no", at_login.room / UNIT,
                        check=False)
    assert "helios.service" not in done.stderr, done.stderr


EXPOSURE = 9.7  # of 10, by systemd 252: what counts there implies NoNewPrivileges


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not there")
def test_what_systemd_thinks_of_it(at_login):
    """The score is of the unit alone: it does not know what the daemon gives up by itself."""
    home = at_login
    done = home.run("systemd-analyze", "security", "--user", "--offline=true", "--no-pager",
                    home.room / UNIT, check=False, env={"XDG_RUNTIME_DIR": str(home.room)})
    score = re.search(r"Overall exposure level for helios.service: ([0-9.]+)", done.stdout)
    assert score, done.stdout + done.stderr
    assert float(score[1]) <= EXPOSURE
    for key, value in {"UMask": "0077", "LimitCORE": "0"}.items():
        assert line_of(home, UNIT, key) == value


UNDER_A_MANAGER = r"""
set -eu
mount -t tmpfs none /run
export XDG_RUNTIME_DIR=/run/user
mkdir -p /run/systemd/system -m 700 /run/user
%s --user 2>/dev/null &
manager=$!
for _ in $(seq 100); do systemctl --user show-environment >/dev/null 2>&1 && break; sleep 0.1; done
systemctl --user show-environment >/dev/null 2>&1 || { echo "none can run"; kill $manager; exit; }
ready() { for _ in $(seq 600); do "$@" && return; sleep 0.1; done; echo "never: $*"; exit 1; }
mounted() { grep -q 'name: Tutor' "$V/personas/tutor.yaml" 2>/dev/null; }
ready mounted
first=$(systemctl --user show -P MainPID helios)
kill -9 "$first"
ready mounted
systemctl --user is-active helios
test "$first" != "$(systemctl --user show -P MainPID helios)"
systemctl --user stop helios
mountpoint -q "$V" && echo still mounted
kill $manager
wait $manager || true
echo ended
"""


@pytest.mark.skipif(os.getuid() != 0 or not os.path.exists(MANAGER),
                    reason="a manager of one's own needs root, and systemd")
def test_a_user_manager_runs_it(home):
    """It is mounted at the login, again when its daemon was killed, and no longer when stopped."""
    home.helios("mount", "--at-login")
    home.helios("umount")
    done = home.run("unshare", "-mpf", "--mount-proc", "--kill-child", "sh", "-c",
                    UNDER_A_MANAGER % MANAGER, env={"V": str(home.view)}, check=False)
    if done.stdout == "none can run\n":
        pytest.skip("no user manager can run here")
    assert (done.stdout, done.returncode) == ("active\nended\n", 0), done.stdout + done.stderr


def test_it_starts_what_it_says_also_over_a_dead_mount(at_login):
    home = at_login
    home.helios("umount")
    command = shlex.split(line_of(home, UNIT, "ExecStart"))
    for _ in range(2):
        path = home.room / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(lab.PATIENCE)
            child = home.start(*command, env={"NOTIFY_SOCKET": str(path)},
                               stderr=subprocess.DEVNULL)
            assert manager.recv(100) == b"READY=1"
        assert "name: Tutor" in home.read("personas/tutor.yaml")
        child.kill()
        assert child.wait() == -9
    home.run(*shlex.split(line_of(home, ENTRY, "Exec")))
    assert "name: Tutor" in home.read("personas/tutor.yaml")


def test_again_and_away(at_login):
    home = at_login
    before = (home.room / UNIT).read_bytes()
    home.helios("mount", "--at-login")
    assert (home.room / UNIT).read_bytes() == before
    assert home.data("mount", "--no-login") == {"no_login": str(home.path)}
    for path in UNIT, WANTED, ENTRY:
        assert not (home.room / path).is_symlink() and not (home.room / path).exists()
    assert "name: Tutor" in home.read("personas/tutor.yaml"), "the view stays as it is"
    assert home.helios("mount", "--no-login").stdout.startswith("no login mounted")


@pytest.mark.parametrize("path", [UNIT, ENTRY])
def test_a_persons_own_file_stays(home, path):
    (home.room / path).parent.mkdir(parents=True)
    (home.room / path).write_text("mine\n")
    try:
        for option in "--at-login", "--no-login":
            refused = home.helios("mount", option, check=False)
            assert refused.returncode == 1 and "not one that Helios wrote" in refused.stderr
            assert (home.room / path).read_text() == "mine\n"
        assert sum((home.room / each).exists() for each in (UNIT, ENTRY)) == 1
    finally:
        home.helios("umount")


def test_odd_names_are_quoted(home):
    """What a shell, systemd or a desktop would take for more than a character."""
    odd = home.room / 'a $HOME %h "b" \\c `d`'
    home.path.rename(odd)
    try:
        home.run("helios", "--dir", odd, "mount", "--at-login")
        unit = line_of(home, UNIT, "ExecStart")
        words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(unit)]
        assert words[2:] == [str(odd), "-f", str(odd / "view")]
        entry = line_of(home, ENTRY, "Exec").replace("\\\\", "\\").replace("%%", "%")
        assert home.run("sh", "-c", f"printf '%s\\n' {entry}").stdout.splitlines()[2:] == [
            str(odd), str(odd / "view")]
    finally:
        home.run("helios", "--dir", odd, "umount")


def test_another_configuration_directory(home):
    config = home.room / "elsewhere"
    try:
        home.helios("mount", "--at-login", env={"XDG_CONFIG_HOME": str(config)})
        assert (config / "systemd/user/helios.service").exists()
        assert not (home.room / ".config").exists()
    finally:
        home.helios("umount")


def test_directories_that_are_links_elsewhere(home):
    """As who keeps configuration in a repository of its own has them."""
    for name in "systemd", "autostart":
        (home.room / "dotfiles" / name).mkdir(parents=True)
        (home.room / ".config").mkdir(exist_ok=True)
        (home.room / ".config" / name).symlink_to(home.room / "dotfiles" / name)
    try:
        home.helios("mount", "--at-login")
        assert (home.room / "dotfiles/systemd/user/helios.service").exists()
        assert (home.room / "dotfiles/autostart/helios.desktop").exists()
        home.helios("mount", "--no-login")
        assert not (home.room / "dotfiles/autostart/helios.desktop").exists()
    finally:
        home.helios("umount")
