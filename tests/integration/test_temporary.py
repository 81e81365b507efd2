"""Temporary overlays: on top for a time, in what is read with all layers and nowhere else."""
import json
from datetime import datetime, timedelta, timezone

import pytest

import lab
from mcp_client import Server

TONE = "communication.tone"


def overlays(home):
    return home.data("temp")["temporary"]


def effective(home, name="tutor"):
    return home.data("show", name, "--effective")


def by_hand(home, text, file="mine"):
    """As a person writes one with an editor."""
    (home.path / f"temporary/{file}.yaml").write_text(text)


def utc(**ahead):
    return (datetime.now(timezone.utc) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def everything(home):
    """Every byte that a refusal must leave as it was."""
    return {path.relative_to(home.path): path.read_bytes() for path in home.path.rglob("*")
            if path.is_file() and path.name not in (
                ".generation", ".helios.lock", ".health_metrics.yaml", ".session_state.yaml")}


@pytest.mark.parametrize("arguments, code", [
    (["add"], "USAGE"), (["add", "tutor"], "USAGE"), (["add", "tutor", TONE], "USAGE"),
    (["drop"], "USAGE"), (["lst"], "USAGE"), (["drop", "nothing"], "NO_TEMPORARY"),
    (["drop", "../personas/tutor"], "NO_TEMPORARY"),
    (["add", "nobody", TONE, "x"], "NO_PERSONA"), (["add", "base", TONE, "x"], "IS_BASE"),
    (["add", "tutor", "a..b", "x"], "BAD_PATH"), (["add", "tutor", TONE, "{a: 1"], "SYNTAX"),
    (["add", "tutor", TONE, "x", "--for", "1"], "USAGE"),
    (["add", "tutor", TONE, "x", "--for", "h"], "USAGE"),
    (["add", "tutor", TONE, "x", "--for", "2y"], "USAGE"),
    (["add", "tutor", TONE, "x", "--for", "0h"], "OUT_OF_RANGE"),
    (["add", "tutor", TONE, "x", "--for", "53w"], "OUT_OF_RANGE"),
    (["add", "tutor", TONE, "x", "--for", "99999999999999h"], "USAGE"),
    (["add", "tutor", "merge.communication", "lock"], "WRONG_TYPE"),
    (["add", "tutor", "inherits_from", "writer"], "WRONG_TYPE"),
    (["add", "tutor", "base_importance", "0.1"], "WRONG_TYPE"),
    (["add", "*", "specialization_level", "3"], "WRONG_TYPE"),
    (["add", "tutor", "identity", "text"], "WRONG_TYPE"),
    (["add", "tutor", "behaviors.boundaries", "[none]"], "LOCKED"),
    (["add", "*", "behaviors.boundaries", "null"], "LOCKED"),
])
def test_what_is_refused(home, arguments, code):
    home.helios("temp", "add", "writer", "mark", "1")
    before = everything(home)
    done = home.helios("--json", "temp", *arguments, check=False)
    assert done.returncode == (2 if code == "USAGE" else 1)
    assert json.loads(done.stdout)["error"]["name"] == code
    assert everything(home) == before


def test_it_lies_on_top_and_is_stored_nowhere(home):
    before, head = home.tracked(), home.head()
    stored = home.data("show", "tutor")
    added = home.data("temp", "add", "tutor", TONE, "brisk", "--for", "2h", "--reason", "a demo")
    assert effective(home) == stored | {"communication": stored["communication"] | {"tone": "brisk"}}
    assert home.data("show", "tutor") == stored and home.data("get", "tutor", TONE) != "brisk"
    assert effective(home, "writer") == home.data("show", "writer")
    assert "brisk" in home.helios("show", "tutor", "--prompt").stdout
    origin, = home.data("explain", "tutor", TONE)["values"]
    assert origin["value"] == "brisk" and origin["file"] == f"temporary/{added['id']}.yaml"
    assert home.tracked() == before and home.head() == head
    shown, = overlays(home)
    ends = datetime.strptime(shown["expires_at"], "%Y-%m-%dT%H:%M:%SZ")
    left = (ends.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()
    assert 7100 < left <= 7200
    assert shown["persona"] == "tutor" and shown["overlay"] == {"communication": {"tone": "brisk"}}
    assert shown["reason"] == "a demo" and shown["in_force"] is True
    home.helios("temp", "drop", added["id"])
    assert overlays(home) == [] and effective(home) == stored
    lab.assert_clean(home)


def test_comments_stay_in_what_is_shown(home):
    home.helios("temp", "add", "tutor", TONE, "brisk")
    plain = home.helios("show", "tutor").stdout.splitlines()
    shown = home.helios("show", "tutor", "--effective").stdout.splitlines()
    assert len([line for line in plain if "#" in line]) > 3
    assert [line for line in shown if line not in plain] == ["  tone: brisk"]


def test_later_ones_lie_on_earlier_ones(home):
    home.helios("temp", "add", "tutor", TONE, "first")
    home.helios("temp", "add", "*", TONE, "second")
    assert effective(home)["communication"]["tone"] == "second"
    assert effective(home, "writer")["communication"]["tone"] == "second"
    home.helios("temp", "add", "tutor", TONE, "third")
    assert effective(home)["communication"]["tone"] == "third"
    home.helios("temp", "add", "tutor", "identity", "null")
    assert "identity" not in effective(home)
    assert effective(home, "base")["communication"] == home.data("show", "base")["communication"]


def test_it_wins_whatever_the_weight(home):
    """w counts as 0: its numbers stand, and its items come first."""
    home.helios("set", "base", "base_importance", "1.0")
    home.helios("temp", "add", "architect", "communication.verbosity", "0.99")
    home.helios("temp", "add", "architect", "communication.avoid", "[small talk]")
    shown = effective(home, "architect")["communication"]
    assert shown["verbosity"] == 0.99 and shown["avoid"][0] == "small talk"
    assert shown["avoid"][1:] == home.data("get", "architect", "communication.avoid")


def test_it_ends_by_itself(home):
    by_hand(home, f"persona: '*'\nexpires_at: {utc(seconds=3)}\noverlay: {{mark: here}}\n")
    assert effective(home)["mark"] == "here"
    lab.wait_for("its end", lambda: "mark" not in effective(home))
    shown, = overlays(home)
    assert shown["in_force"] is False and "expired" in home.helios("temp").stdout
    by_hand(home, f"persona: '*'\nexpires_at: {utc(days=-8)}\noverlay: {{mark: here}}\n", "old")
    home.helios("temp", "add", "tutor", "mark", "1")  # takes along what ended a week ago
    assert sorted(one["id"] for one in overlays(home))[-1] == "mine" and len(overlays(home)) == 2


@pytest.mark.parametrize("time_text", ["2030-01-01T00:00:00Z", "2030-01-01T01:00:00+01:00",
                                       "2029-12-31T19:00:00.25-05:00"])
def test_how_a_time_may_be_written(home, time_text):
    by_hand(home, f"persona: tutor\nexpires_at: {time_text}\noverlay: {{mark: 1}}\n")
    assert overlays(home)[0]["expires_at"] == "2030-01-01T00:00:00Z" and effective(home)["mark"] == 1


@pytest.mark.parametrize("text", ids=range(15), argvalues=[
    "", "{}", "- a", "persona: tutor", "\0\0", "a: &a [*a]", "persona: tutor\noverlay: {mark: 1}",
    "persona: tutor\nexpires_at: soon\noverlay: {mark: 1}",
    "persona: tutor\nexpires_at: 2030-01-01T00:00:00\noverlay: {mark: 1}",
    "persona: [tutor]\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {mark: 1}",
    "persona: tutor\nexpires_at: 2030-01-01T00:00:00Z\noverlay: mark",
    "persona: tutor\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {merge: {mark: lock}, mark: 1}",
    "persona: tutor\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {specialization_level: 9, mark: 1}",
    "persona: nobody\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {mark: 1}",
    "persona: tutor\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {mark: 1}\n" + "#" * (1 << 20),
])
def test_what_cannot_be_understood_does_not_count(home, text):
    stored = home.data("show", "tutor")
    by_hand(home, text)
    assert effective(home) == stored
    shown, = overlays(home)
    assert shown["in_force"] is False or shown["persona"] == "nobody"
    assert shown["in_force"] or shown["problem"]
    home.helios("temp", "add", "tutor", "mark", "2")
    assert effective(home)["mark"] == 2
    assert (home.path / "temporary/mine.yaml").read_text() == text
    home.helios("temp", "drop", "mine")
    assert len(overlays(home)) == 1


def test_links_and_pipes_are_not_followed(home):
    (home.room / "outside.yaml").write_text(
        "persona: tutor\nexpires_at: 2030-01-01T00:00:00Z\noverlay: {mark: 1}\n")
    (home.path / "temporary/link.yaml").symlink_to(home.room / "outside.yaml")
    home.run("mkfifo", home.path / "temporary/pipe.yaml")
    assert "mark" not in effective(home)
    assert [one["in_force"] for one in overlays(home)] == [False, False]
    home.helios("temp", "drop", "link")
    home.helios("temp", "drop", "pipe")
    assert overlays(home) == [] and (home.room / "outside.yaml").exists()


def test_a_lock_that_came_later_keeps_it_out(home):
    home.helios("temp", "add", "tutor", TONE, "brisk")
    home.helios("set", "tutor", "merge", "{communication.tone: lock}")
    assert effective(home)["communication"]["tone"] != "brisk"
    dead, = [one for one in home.data("explain", "tutor")["dead"] if one["path"] == TONE]
    assert dead["locked_by"] == "tutor" and dead["file"].startswith("temporary/")


def test_it_goes_with_its_persona(home):
    home.helios("temp", "add", "tutor", TONE, "brisk")
    home.helios("mv", "tutor", "coach")
    assert effective(home, "coach")["communication"]["tone"] == "brisk"
    assert overlays(home)[0]["persona"] == "coach"


def test_there_is_room_for_sixteen(home):
    for number in range(16):
        home.helios("temp", "add", "tutor", f"mark.n{number}", "1")
    home.refused("temp", "add", "tutor", "mark.more", "1", code="LIMIT")
    assert len(effective(home)["mark"]) == 16
    home.helios("temp", "drop", overlays(home)[0]["id"])
    home.helios("temp", "add", "tutor", "mark.more", "1")


def test_the_view_saves_nothing_of_it(mount):
    before = mount.source("tutor")
    mount.helios("temp", "add", "tutor", TONE, "brisk")
    text = mount.read("personas/tutor.yaml")
    assert "brisk" not in text
    mount.write("personas/tutor.yaml", text)
    assert mount.source("tutor") == before
    mount.write("personas/tutor.yaml", text + "mark: here\n")
    assert mount.source("tutor") == before + "mark: here\n"
    assert effective(mount)["mark"] == "here"
    assert effective(mount)["communication"]["tone"] == "brisk"


def all_tools(home):
    (home.path / "settings.yaml").write_text("tools: all\n")


def test_agents_see_it_and_make_it(home):
    all_tools(home)
    stored = home.data("get", "tutor", TONE)
    with Server(home) as server:
        made = server.does("inject_temporary", persona="tutor", duration="30m", reason="a demo",
                           overlay={"communication": {"tone": "brisk", "more": [1, None]}})
        assert made["persona"] == "tutor" and made["id"] == overlays(home)[0]["id"]
        seen = server.does("get_active_persona", persona_name="tutor")
        assert seen["config"]["communication"]["tone"] == "brisk"
        assert seen["layers"] == ["base", "tutor", "temporary"]
        uri = "helios://persona/tutor"
        read = server.modern("resources/read", uri=uri)["result"]["contents"][0]["text"]
        assert lab.load(read)["communication"]["tone"] == "brisk"
        learned = server.does("learn_behavior", persona="tutor", key="mark", value="kept",
                              expect=seen["revision"])
        assert learned["new"] == "kept"
        for arguments in ({"persona": "nobody", "overlay": {"a": 1}},
                          {"persona": "tutor", "overlay": {"merge": {"a": "lock"}}},
                          {"persona": "tutor", "overlay": {"behaviors": {"boundaries": []}}},
                          {"persona": "tutor", "overlay": {}}, {"persona": "tutor", "overlay": 3},
                          {"persona": "tutor", "overlay": {"a": 1}, "duration": "for ever"}):
            assert server.fails("inject_temporary", **arguments)
        (home.path / "settings.yaml").write_text("tools: all\nagent_writes: deny\n")
        assert server.fails("inject_temporary", persona="tutor", overlay={"a": 1})
    assert len(overlays(home)) == 1 and home.data("get", "tutor", TONE) == stored
    lab.assert_clean(home)


def test_subscribers_hear_of_its_beginning_and_end(home):
    uri = "helios://persona/tutor"
    with Server(home) as server:
        server.initialize()
        assert server.ask("resources/subscribe", uri=uri)["result"] == {}
        by_hand(home, f"persona: tutor\nexpires_at: {utc(seconds=3)}\noverlay: {{mark: here}}\n")
        server.note("resources/updated", uri=uri)
        assert "mark: here" in server.ask("resources/read",
                                          uri=uri)["result"]["contents"][0]["text"]
        home.helios("set", "tutor", "other", "1")  # a change meanwhile is told at once
        server.note("resources/updated", uri=uri)
        server.note("resources/updated", uri=uri)
        assert "mark" not in server.ask("resources/read", uri=uri)["result"]["contents"][0]["text"]


def test_the_journal_knows_it_and_never_its_values(home):
    home.helios("temp", "add", "tutor", TONE, "brisk")
    file = home.path / overlays(home)[0]["file"]
    text = file.read_text()
    assert "brisk" in text and oct(file.stat().st_mode)[-3:] == "600"
    assert home.data("journal")["changes"][0]["files"] == [f"temporary/{file.name}"]
    assert "brisk" not in home.helios("journal").stdout  # never the value
