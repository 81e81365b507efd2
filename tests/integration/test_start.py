"""contrib/start.sh from a clean copy of the source: twice, and nothing of it stays behind."""
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
    finally:
        home.run(copy / "build/src/cli/helios", "--dir", home.path, "umount", check=False)
    assert lab.mounted_below(home.path) == []
    lab.assert_clean(home)


def build(home, copy):
    done = home.run("contrib/start.sh", "--dir", home.path, cwd=copy)
    return done.stdout
