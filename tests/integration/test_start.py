"""contrib/start.sh from a clean copy of the source: twice, and nothing of it stays behind; then what a
new user does (tests/new_user.py)."""
import shutil
import subprocess

import lab


def test_start(home):
    copy = home.room / "source"
    listed = subprocess.run(["git", "-C", lab.SOURCE, "ls-files", "-z"], capture_output=True,
                            check=False)
    if listed.returncode == 0:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (lab.SOURCE / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(lab.SOURCE / name, copy / name)
    else:  # a source package: no git
        shutil.copytree(lab.SOURCE, copy, ignore=shutil.ignore_patterns("build*", ".git"))
    home.path = home.room / "started home"
    try:
        first = build(home, copy)
        assert "role: software architect" in first and "umount" in first
        assert lab.mounted_below(home.path) == [str(home.path / "view")]
        head = home.head()
        second = build(home, copy)
        assert "role: software architect" in second
        assert home.head() == head
        assert lab.mounted_below(home.path) == [str(home.path / "view")]
        told = home.run("/usr/bin/python3", "tests/new_user.py", cwd=copy, timeout=10 * lab.PATIENCE,
                        env={"HOME": str(home.room), "HELIOS_DIR": ""})
        assert told.stdout.endswith("A new user gets along.\n")
    finally:
        for path in (home.path, home.room / ".helios"):
            home.run(copy / "build/src/cli/helios", "--dir", path, "umount", check=False)
    assert lab.mounted_below(home.path) == []
    lab.assert_clean(home)


def build(home, copy):
    done = home.run("contrib/start.sh", "--dir", home.path, cwd=copy, timeout=10 * lab.PATIENCE)
    return done.stdout
