"""Edits behind our back: raw files in the home, and the user's own git at work in it."""
import shutil
import subprocess

import pytest

import lab

RAW = "personas/writer.yaml"


def seen(home, key, value, name="writer"):
    lab.wait_for(f"{key}: {value} on the view", lambda: home.resolved(name).get(key) == value)


@pytest.mark.parametrize("way", [
    f"printf 'raw: tok-raw\\n' >> $H/{RAW}",
    f"sed -i '$ a raw: tok-raw' $H/{RAW}",
    f"cp $H/{RAW} new; echo 'raw: tok-raw' >> new; cp new $H/{RAW}",
    f"cp $H/{RAW} new; echo 'raw: tok-raw' >> new; mv new $H/{RAW}",
    f"ex -s -c '$ s/$/\\rraw: tok-raw/' -c wq $H/{RAW}",
], ids=["append", "sed", "cp", "mv", "ex"])
def test_a_raw_edit_is_noticed_and_committed(any_mount, way):
    home, head = any_mount, any_mount.head()
    home.sh(way)
    seen(home, "raw", "tok-raw")
    lab.wait_for("its commit", lambda: home.head() != head)
    assert len(home.subjects(head)) == 1
    assert home.trailers()["Helios-Source"] == "external"
    lab.assert_clean(home, ["tok-raw"])


def test_a_raw_edit_without_a_daemon_is_taken_by_the_next_command(home):
    head = home.head()
    home.sh(f"printf 'raw: tok-raw\\n' >> $H/{RAW}")
    assert home.helios("get", "writer", "raw").stdout == "tok-raw\n"
    home.helios("set", "writer", "other", "tok-other")
    assert home.trailers("HEAD~1")["Helios-Source"] == "external"
    assert home.trailers()["Helios-Source"] == "cli"
    assert len(home.subjects(head)) == 2
    lab.assert_clean(home, ["tok-raw", "tok-other"])


def test_a_raw_persona_appears_and_goes(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("printf 'name: Raw\\n' > $H/personas/raw.yaml; chmod 600 $H/personas/raw.yaml")
    lab.wait_for("raw.yaml in the view", lambda: "raw.yaml" in home.names())
    assert home.resolved("raw")["name"] == "Raw"
    lab.wait_for("its commit", lambda: len(home.subjects(head)) == 1)
    home.sh("rm $H/personas/raw.yaml")
    lab.wait_for("raw.yaml to go", lambda: "raw.yaml" not in home.names())
    lab.wait_for("its commit", lambda: len(home.subjects(head)) == 2)
    lab.assert_clean(home)


@pytest.mark.parametrize("bad", ["name: [unclosed\n", "specialization_level: 0.5\n", "- a list\n",
                                 "name: a\nname: b\n", "inherits_from: [a]\n", ""],
                         ids=["syntax", "range", "kind", "duplicate", "parent", "empty"])
def test_an_invalid_raw_edit_leaves_the_last_good_version(any_mount, bad):
    home = any_mount
    text, head = home.read(RAW), home.head()
    good = home.source("writer")
    home.run("tee", home.path / RAW, input=bad)
    lab.wait_for("status to name it", lambda: "writer" in home.read("status.yaml"))
    assert home.read(RAW) == text
    assert home.helios("show", "writer").stdout == text
    assert home.head() == head
    assert (home.path / RAW).read_text() == bad

    refused = home.helios("set", "writer", "communication.tone", "x", check=False)
    assert refused.returncode == 1 and RAW in refused.stderr
    assert home.sh("sed -i 's/^  tone: .*/  tone: x/' $P/writer.yaml", check=False).returncode != 0
    home.helios("set", "tutor", "communication.tone", "other personas go on")
    assert (home.path / RAW).read_text() == bad

    home.run("tee", home.path / RAW, input=good + "mended: tok-mended\n")
    seen(home, "mended", "tok-mended")
    home.helios("set", "writer", "communication.tone", "y")
    lab.assert_clean(home, ["tok-mended"])


def test_a_parent_that_is_missing(any_mount):
    """A fault between files leaves the last good version in service."""
    home = any_mount
    text = home.read("personas/security-reviewer.yaml")
    home.sh("sed -i 's/^inherits_from: .*/inherits_from: nobody-there/' "
            "$H/personas/security-reviewer.yaml")
    lab.wait_for("status to name it", lambda: "nobody-there" in home.read("status.yaml"))
    assert home.read("personas/security-reviewer.yaml") == text


def test_the_users_git_reads_the_home(any_mount):
    home = any_mount
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    log = home.git("log", "--stat", "-1").stdout
    assert "writer: set communication.tone" in log and "personas/writer.yaml | 2 +-" in log
    diff = home.git("diff", "HEAD~1", "HEAD").stdout
    assert "+  tone: terse" in diff
    assert home.git("blame", "-s", "personas/writer.yaml").stdout.count("terse") == 1


def test_git_gc_beside_writers(mount):
    head = mount.head()
    for n in range(12):
        mount.sh(f"git -C $H gc --quiet & sed -i 's/^  tone: .*/  tone: tok-gc-{n}/' "
                 "$P/writer.yaml; helios set tutor mark tok-set-%d; wait" % n)
    mount.sh("git -C $H gc --prune=now --quiet", check=False)
    mount.sh("git -C $H pack-refs --all")
    mount.helios("set", "tutor", "mark", "tok-last")
    assert len(mount.subjects(head)) == 25
    tokens = [f"tok-{kind}-{n}" for kind in ("gc", "set") for n in range(12)]
    lab.assert_clean(mount, [*tokens, "tok-last"])


def identity(home, *arguments, check=True):
    return home.run("git", "-c", "user.name=U", "-c", "user.email=u@example.org", "-C", home.path,
                    *arguments, check=check)


def test_the_user_commits_with_git(any_mount):
    home, head = any_mount, any_mount.head()
    home.mounts[-1].stop()
    home.sh(f"printf 'raw: tok-raw\\n' >> $H/{RAW}")
    identity(home, "commit", "-qam", "by hand")
    home.mounts[-1].start()
    seen(home, "raw", "tok-raw")
    assert home.subjects(head) == ["by hand"]
    home.helios("set", "writer", "other", "tok-other")
    lab.assert_clean(home, ["tok-raw", "tok-other"])


def test_the_user_pulls(any_mount):
    """A merge of a clone's change and of ours."""
    home = any_mount
    home.sh("git clone -q $H clone && cd clone && printf 'cloned: tok-clone\\n' >> "
            "personas/tutor.yaml && git -c user.name=U -c user.email=u@example.org "
            "commit -qam 'in the clone'")
    home.helios("set", "writer", "ours", "tok-ours")
    identity(home, "pull", "-q", "--no-rebase", "--no-edit", home.room / "clone", "main")
    seen(home, "cloned", "tok-clone", "tutor")
    assert home.resolved("writer")["ours"] == "tok-ours"
    home.helios("set", "writer", "after", "tok-after")
    lab.assert_clean(home, ["tok-ours", "tok-clone", "tok-after"], by_git=True)


def test_a_merge_in_progress_is_left_alone(any_mount):
    home = any_mount
    home.sh("git clone -q $H clone && cd clone && sed -i 's/^  tone: .*/  tone: theirs/' "
            "personas/tutor.yaml && git -c user.name=U -c user.email=u@example.org "
            "commit -qam 'in the clone'")
    home.helios("set", "tutor", "communication.tone", "ours")
    text = home.read("personas/tutor.yaml")
    assert identity(home, "pull", "-q", "--no-rebase", "--no-edit", home.room / "clone", "main",
                    check=False).returncode != 0
    assert (home.path / ".git/MERGE_HEAD").exists()
    head = home.head()
    assert home.read("personas/tutor.yaml") == text
    refused = home.helios("set", "writer", "x", "1", check=False)
    assert refused.returncode == 1 and "merge" in refused.stderr
    assert home.head() == head
    home.sh("cd $H && git checkout -q --theirs personas/tutor.yaml && git add personas/tutor.yaml")
    identity(home, "commit", "-qm", "merged by hand")
    lab.wait_for("the merged text",
                 lambda: home.resolved("tutor")["communication"]["tone"] == "theirs")
    home.helios("set", "writer", "x", "1")
    lab.assert_clean(home, by_git=True)


def test_a_raw_symlink_is_not_followed(any_mount):
    home = any_mount
    home.run("tee", "secret", input="name: secret\n")
    home.sh("ln -s $H/../secret $H/personas/link.yaml")
    home.helios("set", "writer", "x", "1")
    assert "link.yaml" not in home.names()
    assert home.helios("show", "link", check=False).returncode == 1
    assert home.git("ls-files", "personas/link.yaml").stdout == ""


def test_an_index_that_missed_a_removal(home):
    """As a failing disk leaves it: HEAD and the directory have no such file, the index has."""
    kept = home.room / "index"
    shutil.copy(home.path / ".git/index", kept)
    home.helios("rm", "analyst")
    shutil.copy(kept, home.path / ".git/index")
    assert "analyst" in home.git("status", "--porcelain").stdout
    home.helios("set", "writer", "mark", "x")
    assert home.git("status", "--porcelain").stdout == ""


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is missing")
@pytest.mark.skipif(lab.SANITIZED, reason="the leak checker cannot be traced")
def test_an_edit_between_a_commit_and_its_index(home):
    """The index must not call known what was put there after the commit it is about."""
    path = home.path / "personas/writer.yaml"
    child = home.start("strace", "-f", "-qq", "-o", "/dev/null", "-P", "main.lock",
                       "-e", "trace=renameat2", "-e", "inject=renameat2:delay_exit=1500000",
                       "helios", "set", "writer", "mark", "second", stdout=subprocess.DEVNULL)
    lab.wait_for("the commit", lambda: "mark: second" in home.git(
        "show", "HEAD:personas/writer.yaml").stdout)
    new = path.with_name(".writer.new")
    new.write_text(path.read_text() + "raw: tok-between\n")
    new.chmod(0o600)
    new.rename(path)
    assert child.poll() is None, "the edit came too late to show anything"
    assert child.wait() == 0
    lab.wait_for("the edit to be old enough", lambda: home.helios("set", "tutor", "mark", "x") and
                 home.counted_tokens("tok-between"))
    lab.assert_clean(home, ["tok-between"])


def test_files_beside_the_personas_that_are_removed(home):
    """Settings go as the person wanted; the program's own files come back."""
    for name in "settings.yaml", ".gitignore", ".helios_version":
        (home.path / name).unlink()
    lab.wait_for("its age", lambda: home.helios("set", "tutor", "mark", "x") and
                 home.git("status", "--porcelain").stdout == "")
    assert not (home.path / "settings.yaml").exists()
    assert (home.path / ".gitignore").exists() and (home.path / ".helios_version").exists()
    assert "settings: removed outside" in home.subjects()
