"""Homes of other programs and times: what they are called, taken over with nothing lost, upgraded
with a way back."""
import json
import os
import subprocess
import time

import pytest

import lab

IDENTITY = """\
base_importance: 0.7
identity:
  role: Technical partner
  expertise:
  - AI systems
communication:
  tone: Direct
  on: yes
behaviors:
  since: 2025-09-08
version: 1.0.0
created: '2025-09-08'
description: Base identity
"""
WELCOME = """\
name: welcome
base_importance: 0.8
description: For new users
behaviors:
  communication:
    tone: Friendly
  pause: 1:30
created: '2025-09-08'
version: 1.0.0
"""
VERSION = """\
bootstrap_complete: true
install_date: '2025-09-08T10:11:12.131415'
last_boot: '2025-09-09T10:11:12.131415'
version: 0.1.0
"""


@pytest.fixture(params=["no commit", "committed", "no git"])
def python_home(request):
    """As the Python server 0.1 to 0.3 left it."""
    home = lab.Home()
    path = home.path
    for directory in "base", "personas", "learned", "temporary":
        (path / directory).mkdir(parents=True)
    os.chmod(path, 0o755)
    (path / "base/identity.yaml").write_text(IDENTITY)
    (path / "personas/welcome.yaml").write_text(WELCOME)
    (path / ".helios_version").write_text(VERSION)
    (path / ".gitignore").write_text("# Temporary files\n*.tmp\n*.lock\n")
    (path / ".helios.lock").write_text('{"pid": 1, "timestamp": 1757300000.0}')
    if request.param != "no git":
        subprocess.run(["git", "init", "-q", path], check=True)
    if request.param == "committed":
        home.git("add", "-A")
        home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qm", "learn: x")
    try:
        yield home
    finally:
        home.close()


def state(home):
    return home.data("status", check=False)["state"]


def everything(path):
    """Every file beneath with its bytes; what programs tell of themselves left out."""
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*")
            if file.is_file() and file.relative_to(path).parts[0] not in
            (".backups", ".health_metrics.yaml", ".session_state.yaml", ".generation")}


def files(found):
    """Without an empty repository, which a look into the home may have made."""
    if any(name.startswith(".git/objects/") for name in found):
        return found
    return {name: data for name, data in found.items() if not name.startswith(".git/")}


def rewrite_base(home, text):
    (home.path / "base/identity.yaml").write_text(text)
    if home.git("rev-parse", "-q", "--verify", "HEAD", check=False).returncode == 0:
        home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "by hand")


def check_whole(home):
    assert (home.path / "base/identity.yaml").read_text() == IDENTITY
    assert (home.path / "personas/welcome.yaml").read_text() == WELCOME
    assert home.data("get", "welcome", "behaviors.communication.tone") == "Friendly"
    version = lab.load((home.path / ".helios_version").read_text())
    assert version["schema_version"] == 1 and version["migrated_from"] == "0.1.0"
    assert version["installed_at"] == "2025-09-08T10:11:12.131415"
    ignored = (home.path / ".gitignore").read_text()
    assert ignored.startswith("# Runtime state of Helios") and "*.lock\n" in ignored
    assert VERSION in home.git("log", "-p", "--reverse", "--format=", "--",
                               ".helios_version").stdout.replace("\n+", "\n")
    assert home.git("status", "--porcelain").stdout == ""
    assert home.git("fsck", "--strict").returncode == 0


def test_the_states(home):
    assert state(home) == "READY"
    assert home.helios("--dir", home.room / "nowhere", "status", check=False).returncode == 1
    fresh = json.loads(home.run("helios", "--dir", home.room / "nowhere", "--json", "status",
                                check=False).stdout)
    assert fresh["state"] == "FRESH_INSTALL" and fresh["reason"]["code"] == "NO_HOME"
    assert not (home.room / "nowhere").exists()
    (home.path / "personas/tutor.yaml").write_text("{bad")
    os.utime(home.path / "personas/tutor.yaml", (1, 1))
    home.helios("set", "writer", "mark", "x")
    told = home.data("status")
    assert told["state"] == "READY"
    (home.path / ".git/HEAD").write_bytes(b"\0" * 20)
    assert state(home) == "READY", "a HEAD that can be mended is"
    (home.path / "base/identity.yaml").unlink()
    home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "by hand")
    assert state(home) == "CORRUPTED"


def test_reading_an_older_home_does_not_show_it_empty(python_home):
    if (python_home.path / ".git/refs/heads").exists() and python_home.git(
            "rev-parse", "-q", "--verify", "HEAD", check=False).returncode == 0:
        assert state(python_home) == "NEEDS_MIGRATION"
        assert "welcome" in python_home.helios("list").stdout
        return
    before = everything(python_home.path)
    refused = python_home.helios("list", check=False)
    assert refused.returncode == 1 and refused.stdout == ""
    assert state(python_home) == "NEEDS_MIGRATION"
    assert "helios upgrade" in refused.stderr
    assert everything(python_home.path) == before


def test_the_first_change_takes_it_over(python_home):
    python_home.helios("set", "welcome", "mark", "x")
    assert (python_home.path / "personas/welcome.yaml").read_text() == WELCOME + "mark: x\n"
    python_home.helios("unset", "welcome", "mark")
    check_whole(python_home)
    assert state(python_home) == "READY"


def test_init_takes_it_over(python_home):
    done = python_home.helios("init", check=False)
    assert done.returncode == 0 or "already" in done.stderr
    if done.returncode == 0:
        check_whole(python_home)
        assert state(python_home) == "READY"


def test_an_upgrade_keeps_a_copy(python_home):
    before = everything(python_home.path)
    done = python_home.data("upgrade")
    assert (done["from"], done["steps"]) == ("0.1.0", 1)
    check_whole(python_home)
    kept = everything(python_home.path / done["backup"])
    assert files(kept) == files(before)
    assert python_home.git("cat-file", "-t", done["tag"]).stdout == "tag\n"
    again = python_home.data("upgrade")
    assert again["steps"] == 0 and "backup" not in again
    assert len(list((python_home.path / ".backups").iterdir())) == 1
    python_home.helios("rollback", done["tag"])
    assert state(python_home) == "READY", "going back leaves the program's own files alone"


def test_invalid_files_are_refused(python_home):
    (python_home.path / "personas/bad.yaml").write_text("a: 1\na: 2\n")
    before = everything(python_home.path)
    refused = python_home.helios("upgrade", check=False)
    assert refused.returncode == 1 and "personas/bad.yaml:2" in refused.stderr
    assert files(everything(python_home.path)) == files(before)


def test_what_fails_goes_back(python_home):
    """A base that is not valid once it says how much it weighs: only the last look can tell."""
    text = IDENTITY.replace("base_importance: 0.7\n", "").replace("tone:", "tone: !override")
    rewrite_base(python_home, text)
    refused = python_home.helios("upgrade", check=False)
    assert refused.returncode == 1 and "went back" in refused.stderr
    assert (python_home.path / "base/identity.yaml").read_text() == text
    assert (python_home.path / ".helios_version").read_text() == VERSION
    assert (python_home.path / "personas/welcome.yaml").read_text() == WELCOME
    assert state(python_home) == "NEEDS_MIGRATION"


def test_a_base_that_does_not_say_gets_what_it_had(python_home):
    text = IDENTITY.replace("base_importance: 0.7\n", "")
    rewrite_base(python_home, text)
    python_home.helios("upgrade")
    assert python_home.source("base") == text + "base_importance: 0.7\n"


def test_a_newer_home_is_read_and_not_written(home):
    newer = (home.path / ".helios_version").read_text().replace("schema_version: 1",
                                                                "schema_version: 2")
    (home.path / ".helios_version").write_text(newer)
    home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "newer")
    head = home.head()
    assert "writer" in home.helios("list").stdout
    for command in ["set", "writer", "mark", "x"], ["upgrade"], ["rm", "writer"]:
        refused = home.helios(*command, check=False)
        assert refused.returncode == 1 and "schema 2" in refused.stderr
    assert home.head() == head


def test_the_history_of_a_newer_home_is_not_made_again(home):
    newer = (home.path / ".helios_version").read_text().replace("schema_version: 1",
                                                                "schema_version: 2")
    (home.path / ".helios_version").write_text(newer)
    commit = home.head()
    (home.path / ".git/objects" / commit[:2] / commit[2:]).unlink()
    before = everything(home.path / ".git")
    home.helios("list", check=False)
    assert everything(home.path / ".git") == before


def test_kill_while_upgrading(python_home, rng):
    for _ in range(6):
        child = python_home.start("helios", "--dir", python_home.path, "upgrade")
        time.sleep(rng.random() * 0.04)
        child.kill()
        child.wait()
    python_home.helios("upgrade")
    check_whole(python_home)
    whole = [copy for copy in (python_home.path / ".backups").iterdir()
             if copy.name.startswith("pre_")]
    assert all((copy / "personas/welcome.yaml").read_text() == WELCOME for copy in whole)
