"""The journal as people read it: what was asked for, by whom, whether it was done; and how long it is
kept."""
import json
import time

import pytest

import lab


def changes(home, *arguments):
    told = json.loads(home.helios("--json", "journal", *arguments).stdout)
    return told["changes"], told["damaged"]


def test_what_was_asked_for(home):
    home.helios("set", "tutor", "mark", "a secret value")
    home.helios("use", "tutor")
    (home.path / "personas/writer.yaml").write_text(home.source("writer") + "mark: x\n")
    time.sleep(0.3)
    home.helios("new", "guest")
    told, damaged = changes(home)
    assert damaged == 0
    assert [one["operation"] for one in told] == [
        "guest: new", "writer: edited outside", "use tutor", "tutor: set mark", "Make the home"]
    assert [one["source"] for one in told] == ["cli", "external", "cli", "cli", "cli"]
    assert told[0]["commit"] == home.head() and told[2].get("commit") is None
    assert told[3]["files"] == ["personas/tutor.yaml"] and all(one["success"] for one in told)
    for options in [], ["--json"]:
        assert "secret" not in home.helios(*options, "journal").stdout


def test_filters(home):
    home.helios("set", "tutor", "mark", "x")
    home.helios("set", "writer", "mark", "x")
    home.helios("set", "base", "mark", "x")
    assert len(changes(home, "tutor")[0]) == 2  # it was made, too
    assert [one["operation"] for one in changes(home, "base", "--number", "1")[0]] == [
        "base: set mark"]
    assert changes(home, "--source", "mcp")[0] == []
    [one] = changes(home, "--op", home.trailers()["Helios-Op"])[0]
    assert one["commit"] == home.head()
    assert "no such change" in home.helios("journal", "--failed").stdout


def test_what_was_given_up(home):
    with (home.path / ".git/refs/heads/main.lock").open("x"):
        home.helios("set", "writer", "mark", "x", check=False)
    (home.path / ".git/refs/heads/main.lock").unlink()
    home.helios("set", "tutor", "mark", "x")
    [one] = changes(home, "--failed")[0]
    assert one["operation"] == "writer: set mark" and not one["success"] and one.get("commit") is None
    assert "given up" in home.helios("journal", "writer").stdout


def test_torn_and_foreign_lines(home):
    home.helios("set", "tutor", "mark", "x")
    [file] = (home.path / ".journal").glob("*.jsonl")
    text = file.read_bytes()
    file.write_bytes(text.replace(b"tutor: set mark", b"tutor: set mask", 1) + b"junk\n\0\0\n" +
                     text[:100])
    told, damaged = changes(home)
    assert damaged >= 3 and "tutor: set mask" not in [one["operation"] for one in told]
    assert "cannot be read" in home.helios("journal").stdout
    home.helios("set", "tutor", "mark", "y")
    lab.assert_clean(home)


def test_several_days(home):
    home.helios("set", "tutor", "mark", "x")
    [file] = (home.path / ".journal").glob("*.jsonl")
    file.rename(file.with_name("20200101.jsonl"))
    home.helios("set", "tutor", "mark", "y")
    assert [one["operation"] for one in changes(home)[0]] == [
        "tutor: set mark", "tutor: set mark", "Make the home"]


@pytest.mark.parametrize("days, kept", [(None, {"20200101.jsonl": False}),
                                        ("journal_days: 100000", {"20200101.jsonl": True}),
                                        ("journal_days: x", {"20200101.jsonl": False})])
def test_how_long_it_is_kept(home, days, kept):
    if days:
        (home.path / "settings.yaml").write_text(f"retention: {{{days}}}\n")
        time.sleep(0.3)
    (home.path / ".journal/20200101.jsonl").write_text("")
    (home.path / ".journal/notes.jsonl").write_text("mine")
    home.helios("set", "tutor", "mark", "x")
    home.mount()
    lab.wait_for("a checkpoint", lambda: "checkpoint" in "".join(
        file.read_text() for file in (home.path / ".journal").glob("2*.jsonl")))
    for _ in range(3):
        home.helios("set", "tutor", "mark", str(time.monotonic()))
        time.sleep(2.5)
    assert (home.path / ".journal/20200101.jsonl").exists() is kept["20200101.jsonl"]
    assert (home.path / ".journal/notes.jsonl").exists()
    assert changes(home)[0]
