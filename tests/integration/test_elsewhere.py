"""What leads out of the home - links, names in a history from elsewhere, alternates, includes - and what
only cannot be read for now: nothing outside is touched, nothing of the home is lost."""
import os
import shutil
import subprocess

import pytest

import lab
from mcp_client import Server

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
SECRET = "ghp_" + "Zq7" * 12


def bytes_below(directory):
    return {path: os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
            for path in directory.rglob("*")}


def victim(home):
    """Another directory of the same user, with all that git's own has."""
    outside = home.room / "outside"
    for name in ("heads", "tags", "pack", "info", "sub"):
        (outside / name).mkdir(parents=True)
        (outside / name / "main").write_text("mine\n")
    for name in ("main", "thesis.txt", "x.lock", "pack-1.pack", "c" * 38, "tmp_helios_1"):
        (outside / name).write_text("mine\n")
    return outside


@pytest.mark.parametrize("place", [
    ".git/refs/heads", ".git/refs/tags", ".git/refs", ".git/objects", ".git/objects/info",
    ".git/objects/pack", ".git/objects/cc", ".journal", ".recovery", ".views", "personas", "learned"])
def test_a_directory_that_is_a_link_is_not_gone_through(home, place):
    outside = victim(home)
    before = bytes_below(outside)
    there = home.path / place
    if there.exists():
        there.rename(home.room / "moved")
    there.symlink_to(outside)
    for command in (["list"], ["set", "writer", "mark", "1"], ["snapshot"], ["undo"], ["gc"], ["doctor"],
                    ["doctor", "--fix"], ["set", "tutor", "mark", "2"]):
        home.helios(*command, check=False)
        assert bytes_below(outside) == before, command


def tree(home, *entries):
    """A tree as git would not write it. entries: mode, name, id."""
    data = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(id) for mode, name, id in entries)
    return subprocess.run(["git", "-C", home.path, "hash-object", "-t", "tree", "--literally", "-w",
                           "--stdin"], input=data, capture_output=True, check=True).stdout.decode().strip()


@pytest.mark.parametrize("way", ["home", "settings", "outside", "git"])
def test_a_name_in_a_pulled_history_leads_nowhere_else(home, way):
    """A change that removed it, undone, would write there."""
    outside = home.room / "outside.yaml"
    outside.write_text("mine\n")
    blob = home.git("hash-object", "-w", "--stdin", input="evil: 1\n").stdout.strip()
    inner = {"home": (b"100644", b"identity.yaml", blob), "settings": (b"100644", b"settings.yaml", blob),
             "outside": (b"40000", b"..", tree(home, (b"100644", b"outside.yaml", blob))),
             "git": (b"40000", b".git", tree(home, (b"100644", b"config", blob)))}[way]
    clean = home.git("rev-parse", "HEAD^{tree}").stdout.strip()
    entries = [line.split(None, 3) for line in home.git("ls-tree", "HEAD").stdout.splitlines()]
    personas = next(one for one in entries if one[3] == "personas")[2]
    own = [line.split(None, 3) for line in home.git("ls-tree", personas).stdout.splitlines()]
    bad = tree(home, (b"40000", b"..", tree(home, inner)),
               *((mode.encode(), name.encode(), id) for mode, _, id, name in own))
    whole = tree(home, *((mode.lstrip("0").encode(), name.encode(), bad if name == "personas" else id)
                         for mode, _, id, name in entries))
    commit = ["-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", "-m", "tidy"]
    first = home.git(*commit, "-p", "HEAD", whole).stdout.strip()
    second = home.git(*commit, "-p", first, clean).stdout.strip()
    home.git("update-ref", "refs/heads/main", second)
    before = {path: path.read_bytes() for path in
              (outside, home.path / "settings.yaml", home.path / "base/identity.yaml",
               home.path / ".git/config")}
    for command in (["undo"], ["rollback", first], ["log"], ["diff", "writer"], ["undo", "3"]):
        home.helios(*command, check=False)
    assert {path: path.read_bytes() for path in before} == before
    assert home.git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("how", ["alternates", "include", "includeIf"])
def test_git_is_not_sent_elsewhere(home, how):
    """A pipe: who follows waits for ever."""
    pipe = home.room / "pipe"
    os.mkfifo(pipe)
    if how == "alternates":
        (home.path / ".git/objects/info/alternates").write_text(f"{home.room}\n")
    else:
        condition = f' "gitdir:{home.room}/"' if how == "includeIf" else ""
        with open(home.path / ".git/config", "a", encoding="utf-8") as file:
            file.write(f"[{how}{condition}]\n\tpath = {pipe}\n")
    for command in (["list"], ["set", "writer", "mark", "1"], ["doctor", "--fix"]):
        done = home.helios(*command, check=False)
        assert done.returncode == 1
        assert "sends git to another" in (told := done.stderr + done.stdout) or "includes another" in told


def make_unreadable(path):
    path.chmod(0)
    return path


@ROOT
@pytest.mark.parametrize("what", ["commit", "fan-out", "branch", "pack", "HEAD", "config"])
def test_what_cannot_be_read_for_now_is_not_damaged(user_home, what):
    home = user_home
    home.helios("snapshot", "kept")
    home.helios("set", "writer", "mark", "newest")
    if what == "pack":
        home.helios("gc")
    head, tags = home.head(), home.git("tag").stdout
    loose = home.path / ".git/objects" / head[:2] / head[2:]
    path = {"commit": loose, "fan-out": loose.parent, "branch": home.path / ".git/refs/heads/main",
            "HEAD": home.path / ".git/HEAD", "config": home.path / ".git/config",
            "pack": next((home.path / ".git/objects/pack").glob("*.pack"), None)}[what]
    mode = path.stat().st_mode & 0o777
    for command in (["list"], ["status"], ["set", "tutor", "mark", "x"]):
        make_unreadable(path)
        home.helios(*command, check=False)
    path.chmod(mode)
    assert home.git("merge-base", "--is-ancestor", head, "HEAD", check=False).returncode == 0
    assert home.git("tag").stdout == tags
    lab.assert_clean(home)


def test_doctor_mends_homes_only(home):
    other = home.room / "project"
    (other / "personas").mkdir(parents=True)
    script = other / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    before = bytes_below(other)
    for fix in [], ["--fix"]:
        done = home.run("helios", "--dir", other, "doctor", *fix, check=False)
        assert done.returncode == 1 and "no Helios home" in done.stderr
    assert bytes_below(other) == before and script.stat().st_mode & 0o777 == 0o755


@ROOT
def test_doctor_leaves_another_users_home_to_them(user_home):
    home = user_home
    done = subprocess.run([lab.PROGRAMS["helios"], "--dir", home.path, "doctor", "--fix"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "belongs to another user" in done.stderr
    assert {path.lstat().st_uid for path in home.path.rglob("*")} == {home.uid}
    home.helios("set", "writer", "mark", "1")


def test_a_path_of_very_many_parts_costs_nothing(home):
    path = "k." * 100000 + "k"
    with Server(home) as server:
        server.initialize()
        assert "at most 64 parts" in server.fails("learn_behavior", persona="writer", key=path,
                                                  value=1)
    home.refused("set", "writer", "k." * 5000 + "k", "1", code="LIMIT")


def test_a_temporary_overlay_obeys_by_path(home):
    (home.path / "settings.yaml").write_text("agent_writes: {communication: deny}\ntools: all\n")
    with Server(home) as server:
        server.initialize()
        for persona in "writer", "*":
            assert "communication.tone" in server.fails("inject_temporary", persona=persona,
                                                        overlay={"communication": {"tone": "x"}})
        server.does("inject_temporary", persona="writer", overlay={"behaviors": {"mark": "x"}})


def test_reasons_hold_no_secret(home):
    """Nor is one shown where it is refused, and what was said before is found."""
    home.refused("snapshot", f"with {SECRET}", code="SECRET")
    (home.path / "settings.yaml").write_text("tools: all\n")
    with Server(home) as server:
        server.initialize()
        for tool, more in ("snapshot", {}), ("propose_adaptation",
                                             {"persona": "writer", "key": "mark", "value": 1}):
            told = server.fails(tool, reason=SECRET, **more)
            assert "looks like a secret" in told and SECRET not in told
    home.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", SECRET)
    assert "commit message" in home.helios("scan", check=False).stdout
    with open(home.path / "personas/tutor.yaml", "a", encoding="utf-8") as file:
        file.write(f"outside: {SECRET}\n")
    lab.wait_for("its age", lambda: "secret" in home.helios("doctor", check=False).stdout)
    for command in (["set", "tutor", "mark", "1"], ["doctor", "--fix"], ["list"]):
        done = home.helios(*command, check=False)
        assert SECRET not in done.stdout + done.stderr


def test_a_limit_of_size_is_an_error(home):
    done = home.run("sh", "-c", 'ulimit -f 1; exec helios --dir "$0" set writer mark x', home.path,
                    check=False)
    assert done.returncode == 1 and "error" in done.stderr
    shutil.rmtree(home.path / ".scratch", ignore_errors=True)
    home.helios("set", "writer", "mark", "y")
    lab.assert_clean(home)


@pytest.mark.parametrize("place", [".git/objects/pack/pack-1.idx", ".git/objects/info/packs",
                                   ".git/packed-refs", ".git/refs/heads/other"])
def test_a_pipe_in_git_stops_nobody(home, place):
    os.mkfifo(home.path / place)
    for command in (["list"], ["set", "writer", "mark", "1"], ["doctor"], ["doctor", "--fix"]):
        home.helios(*command, check=False)
    assert (home.path / place).exists() is place.startswith(".git/objects")
