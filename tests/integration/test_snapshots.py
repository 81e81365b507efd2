"""Snapshots and going back to them: nothing leaves history, damaged files are mended, tools keep
their hands off what is the person's."""
import os
import re
import time

import pytest

import lab
from mcp_client import Server


def disturb(home):
    """Changes of every kind: a value, a new persona, one removed, a rename, the base, settings."""
    home.helios("set", "tutor", "communication.tone", "loud")
    home.helios("set", "base", "communication.tone", "loud")
    home.helios("new", "guest")
    home.helios("rm", "analyst")
    home.helios("mv", "operator", "keeper")
    (home.path / "settings.yaml").write_text("tools: all\n")
    time.sleep(0.3)
    home.helios("set", "tutor", "mark", "x")


def test_what_is_refused(home):
    home.refused("rollback", "nothing", code="NO_SNAPSHOT")
    home.refused("rollback", "0123456", code="NO_SNAPSHOT")
    home.refused("rollback", home.head()[:6], code="NO_SNAPSHOT")  # too short to be meant
    home.refused("rollback", "../heads/main", code="NO_SNAPSHOT")
    assert home.helios("rollback", check=False).returncode == 2
    name = home.data("snapshot")["name"]
    near = home.helios("rollback", name[:-1], check=False)
    assert f"did you mean '{name}'?" in near.stderr


def test_a_commit_that_is_no_home(home):
    tree = home.git("mktree", input="").stdout.strip()
    commit = home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit-tree", "-m", "empty",
                      tree).stdout.strip()
    home.refused("rollback", commit, code="NO_SNAPSHOT")


def test_a_snapshot_and_back(home):
    assert home.data("snapshots") == {"snapshots": []}
    before = home.tracked()
    taken = home.data("snapshot", "before\nplaying")
    assert re.fullmatch(r"snapshot-\d{8}T\d{6}Z", taken["name"]) and taken["commit"] == home.head()
    assert "before playing" in home.git("tag", "-n1").stdout
    disturb(home)
    between, head = home.tracked(), home.head()
    assert between.keys() != before.keys()
    back = home.data("rollback", taken["name"])
    assert home.tracked() == before
    assert home.git("rev-parse", "HEAD^").stdout.strip() == head and back["commit"] == home.head()
    assert {file["file"]: file["change"] for file in back["files"]} == {
        "base/identity.yaml": "changed", "personas/tutor.yaml": "changed",
        "personas/analyst.yaml": "added", "personas/operator.yaml": "added",
        "personas/incident-commander.yaml": "changed", "personas/guest.yaml": "removed",
        "personas/keeper.yaml": "removed", "settings.yaml": "changed"}
    assert home.trailers()["Helios-Source"] == "cli"
    lab.assert_clean(home)
    listed = home.data("snapshots")["snapshots"]
    listed = {one["name"]: one for one in listed}
    assert listed.keys() == {back["before"], taken["name"]}
    assert listed[taken["name"]]["current"] and not listed[back["before"]]["current"]
    assert listed[taken["name"]]["reason"] == "before playing"
    assert listed[back["before"]]["commit"] == head
    assert home.data("rollback", back["before"])["commit"] == home.head()
    assert home.tracked() == between
    lab.assert_clean(home)


def test_nothing_to_go_back_to(home):
    name, head = home.data("snapshot")["name"], home.head()
    back = home.data("rollback", name)
    assert back == {"name": name, "files": [], "skipped": [], "before": None, "commit": None}
    assert home.head() == head and len(home.data("snapshots")["snapshots"]) == 1


def test_two_in_one_second(home):
    names = [home.data("snapshot")["name"] for _ in range(5)]
    assert len(set(names)) == 5
    assert len(home.git("tag").stdout.split()) == 5
    lab.assert_clean(home)


def test_back_to_a_commit_of_the_log(home):
    first = home.head()
    home.helios("set", "tutor", "mark", "x")
    home.helios("rollback", first[:7])
    assert "mark" not in home.source("tutor")
    assert home.subjects()[0] == f"go back to {first[:7]}"
    lab.assert_clean(home)


def test_packed_and_light_tags(home):
    name = home.data("snapshot", "mine")["name"]
    home.git("tag", "by-hand")
    home.git("pack-refs", "--all")
    home.helios("set", "tutor", "mark", "x")
    assert {one["name"]: one.get("reason") for one in home.data("snapshots")["snapshots"]} == {
        name: "mine", "by-hand": None}
    home.helios("snapshot")
    home.helios("rollback", "by-hand")
    assert "mark" not in home.source("tutor")
    home.git("tag", "of-a-file", "HEAD:settings.yaml", check=False)
    home.git("tag", "of-the-base", "HEAD:base/identity.yaml")
    assert "of-the-base" not in home.helios("snapshots").stdout
    lab.assert_clean(home)


def test_edits_made_outside_are_kept_first(home):
    name = home.data("snapshot")["name"]
    text = home.source("tutor") + "mark: outside\n"
    (home.path / "personas/tutor.yaml").write_text(text)
    time.sleep(0.3)
    home.helios("rollback", name)
    assert "mark" not in home.source("tutor")
    assert home.git("show", "HEAD^:personas/tutor.yaml").stdout == text
    lab.assert_clean(home)


DAMAGE = {
    "not YAML": lambda path: path.write_text("{bad"),
    "empty": lambda path: path.write_bytes(b""),
    "zeroes": lambda path: path.write_bytes(bytes(4096)),
    "a directory": lambda path: (path.unlink(), path.mkdir(0o700)),
    "a link": lambda path: (path.unlink(), path.symlink_to("/etc/passwd")),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["personas/tutor.yaml", "base/identity.yaml"])
def test_damaged_files_are_mended(home, damage, name):
    taken = home.data("snapshot")["name"]
    before = home.tracked()
    home.helios("set", "writer", "mark", "x")
    DAMAGE[damage](home.path / name)
    time.sleep(0.3)
    assert home.helios("set", "tutor" if "tutor" in name else "base", "mark", "y",
                       check=False).returncode == 1
    back = home.data("rollback", taken)
    assert {"file": name, "change": "mended"} in back["files"]
    assert home.tracked() == before
    lab.assert_clean(home)
    kept = list((home.path / ".recovery").glob(f"kept-*-{os.path.basename(name)}"))
    assert len(kept) == 1, "what was there is kept"
    if damage == "not YAML":
        assert kept[0].read_text() == "{bad"
    home.helios("set", "tutor", "mark", "z")


def test_a_missing_base_is_mended(home):
    taken, head = home.data("snapshot")["name"], home.head()
    (home.path / "base/identity.yaml").unlink()
    time.sleep(0.3)
    back = home.data("rollback", taken)
    assert back["files"] == [{"file": "base/identity.yaml", "change": "mended"}]
    assert back["before"] is None and home.head() == head
    lab.assert_clean(home)


def test_a_persona_that_was_not_valid_then_stays(home):
    (home.path / "personas/tutor.yaml").write_text("{bad")
    home.git("add", ".")
    home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qm", "by hand")
    name = home.head()[:10]
    (home.path / "personas/tutor.yaml").write_text("a: 1\n")
    time.sleep(0.3)
    home.helios("set", "writer", "mark", "x")
    back = home.data("rollback", name)
    assert back["skipped"] == ["personas/tutor.yaml"]
    assert home.source("tutor") == "a: 1\n" and "mark: x" not in home.source("writer")
    lab.assert_clean(home)


def test_the_active_persona_goes_with_its_persona(home):
    name = home.data("snapshot")["name"]
    home.helios("new", "guest")
    home.helios("use", "guest")
    home.helios("rollback", name)
    assert home.data("use", check=False)["name"] is None
    home.helios("use", "tutor")
    home.helios("set", "tutor", "mark", "x")
    home.helios("rollback", name)
    assert home.data("use")["name"] == "tutor"


def test_the_view_shows_it_at_once(mount):
    before = mount.read("personas/tutor.yaml")
    name = mount.data("snapshot")["name"]
    mount.write("personas/tutor.yaml", before + "mark: x\n")
    mount.helios("new", "guest")
    mount.helios("rollback", name)
    assert mount.read("personas/tutor.yaml") == before
    assert "guest.yaml" not in mount.names()
    lab.assert_clean(mount)


def test_kill_at_any_moment(home, rng):
    """A rollback is whole or was not; what a kill leaves in git is cleared."""
    name = home.data("snapshot")["name"]
    before = home.tracked()
    for _ in range(12):
        home.helios("set", "tutor", "mark", str(rng.random()))
        home.helios("set", "base", "mark", "y")
        after = home.tracked()
        child = home.start("helios", "rollback", name)
        time.sleep(rng.random() * 0.03)
        child.kill()
        child.wait()
        home.helios("set", "analyst", "other", str(rng.random()))
        home.helios("unset", "analyst", "other")
        state = home.tracked()
        for files in state, before, after:
            files.pop("personas/analyst.yaml", None)
        assert state in (before, after)
        lab.assert_clean(home)


# ---- by tools


@pytest.fixture
def server(home):
    (home.path / "settings.yaml").write_text("tools: all\n")
    time.sleep(0.3)
    home.helios("set", "tutor", "mark", "first")
    with Server(home) as server:
        yield server


def test_a_tool_takes_lists_and_goes_back(home, server):
    taken = server.does("snapshot", reason="try something")
    server.does("learn_behavior", persona="tutor", key="mark", value="second")
    assert [one["name"] for one in server.does("list_snapshots")["snapshots"]] == [taken["name"]]
    back = server.does("rollback", name=taken["name"])
    assert back["files"] == [{"file": "personas/tutor.yaml", "change": "changed"}]
    assert back["commit"] == home.head() and "mark: first" in home.source("tutor")
    assert home.trailers()["Helios-Tool"] == "rollback"
    assert back["before"] in [one["name"] for one in server.does("list_snapshots")["snapshots"]]
    lab.assert_clean(home)


def test_a_tool_leaves_the_settings_alone(home, server):
    taken = server.does("snapshot")
    (home.path / "settings.yaml").write_text("tools: all\nauthor: me\n")
    time.sleep(0.3)
    home.helios("set", "tutor", "mark", "second")
    server.does("rollback", name=taken["name"])
    assert (home.path / "settings.yaml").read_text() == "tools: all\nauthor: me\n"
    assert "mark: first" in home.source("tutor")


@pytest.mark.parametrize("change", [
    ["set", "base", "base_importance", "0.9"],
    ["set", "base", "merge", "{communication.tone: lock}"],
    ["set", "tutor", "merge", "{mark: replace}"],
])
def test_what_is_the_persons_no_tool_takes_back(home, server, change):
    taken = server.does("snapshot")
    home.helios(*change)
    head = home.head()
    assert "the person's to change" in server.fails("rollback", name=taken["name"])
    assert home.head() == head
    home.helios("rollback", taken["name"])  # the person may


def test_a_locked_value_no_tool_takes_back(home, server):
    home.helios("set", "base", "merge", "{communication.tone: lock}")
    taken = server.does("snapshot")
    home.helios("set", "base", "communication.tone", "firm")
    assert "is locked by base" in server.fails("rollback", name=taken["name"])
    assert "firm" in home.source("base")


def test_agents_that_may_not_write(home, server):
    taken = server.does("snapshot")
    (home.path / "settings.yaml").write_text("tools: all\nagent_writes: deny\n")
    time.sleep(0.3)
    for arguments in [{"name": taken["name"]}, None]:
        tool = "rollback" if arguments else "snapshot"
        assert "agent_writes" in server.fails(tool, **(arguments or {}))
