"""log, diff and rejected."""

import pytest


def test_log(home):
    home.helios("set", "writer", "communication.tone", "one")
    home.helios("set", "tutor", "communication.tone", "two")
    lines = home.helios("log").stdout.splitlines()
    assert len(lines) == 3 and "tutor: set communication.tone" in lines[0]
    assert "(cli, helios)" in lines[0]
    changes = home.data("log")["changes"]
    assert [change["commit"] for change in changes] == \
        home.git("rev-list", "HEAD").stdout.split()
    assert changes[0]["source"] == "cli" and changes[0]["time"].endswith("Z")
    assert len(home.data("log", "writer")["changes"]) == 2
    assert len(home.data("log", "writer", "communication.tone")["changes"]) == 2
    assert len(home.data("log", "-n", "1")["changes"]) == 1
    assert len(home.data("log", "-n", "0")["changes"]) == 3


@pytest.mark.parametrize("command", ["log", "journal"])
def test_more_than_is_listed_is_said(home, command):
    assert home.data(command)["more"] is False
    for number in range(50 if command == "log" else 51):
        home.helios("set", "tutor", "mark", str(number))
    listed = home.data(command)
    assert listed["more"] is True and len(listed["changes"]) == 50
    lines = home.helios(command).stdout.splitlines()
    assert len(lines) == 51 and lines[-1] == f"there are more; 'helios {command} -n 0' lists all"
    assert len(home.helios(command, "-n", "3").stdout.splitlines()) == 3
    assert home.data(command, "-n", "0")["more"] is False
    assert "more" not in home.helios(command, "-n", "0").stdout


def test_log_keeps_what_was_removed(home):
    home.helios("new", "poet")
    home.helios("rm", "poet")
    assert [change["summary"] for change in home.data("log", "poet")["changes"]] == [
        "poet: remove", "poet: new"]
    assert home.data("diff", "poet")["summary"] == "poet: remove"
    assert home.helios("log", "nobody", check=False).returncode == 1


@pytest.mark.parametrize("name", [[], ["tutor"]])
def test_log_shows_an_edit_made_outside(home, name):
    with open(home.path / "personas/tutor.yaml", "a", encoding="utf-8") as file:
        file.write("raw: 1\n")
    newest = home.data("log", *name, "-n", "1")["changes"][0]
    assert (newest["source"], newest["summary"]) == ("external", "tutor: edited outside")


def test_diff_of_the_last_change(home):
    home.helios("set", "writer", "communication.tone", "one")
    found = home.data("diff", "writer")
    assert found["name"] == "writer" and found["commit"] == home.head()
    changed = [line for line in found["diff"].splitlines() if line[0] in "+-"]
    assert changed[0] == "--- a/personas/writer.yaml" and changed[1] == "+++ b/personas/writer.yaml"
    assert [line[0] for line in changed[2:]] == ["-", "+"] and changed[3] == "+  tone: one"
    assert home.helios("diff", "writer").stdout == found["diff"]


def test_diff_of_two(home):
    text = home.helios("diff", "writer", "tutor").stdout
    assert "-name: Writer" in text and "+name: Tutor" in text
    assert home.helios("diff", "writer", "writer").stdout == ""
    assert home.helios("diff", "writer", "base").stdout
    assert home.helios("diff", "writer", "nobody", check=False).returncode == 1
    assert home.helios("diff", "nobody", check=False).returncode == 1


@pytest.fixture
def kept(home):
    """The id of a text that was refused."""
    home.helios("edit", "writer", check=False,
                env={"EDITOR": "sed -i 's/^  tone: .*/  tone: @broken/'"})
    (found,) = home.data("rejected")["rejected"]
    return found["id"]


def test_rejected(home, kept):
    (found,) = home.data("rejected", "list")["rejected"]
    assert found["name"] == "writer" and found["reason"] and found["place"]
    assert kept in home.helios("rejected").stdout and found["reason"] in home.helios("rejected").stdout
    assert "@broken" in home.data("rejected", "show", kept)["text"]
    assert home.data("rejected", "retry", kept, check=False)["error"]["name"] == "SYNTAX"
    assert home.data("rejected", "drop", kept) == {"id": kept}
    assert home.data("rejected")["rejected"] == []
    assert home.helios("rejected").stdout == "no refused texts\n"
    for action in ("show", "retry", "drop"):
        assert home.helios("rejected", action, kept, check=False).returncode == 1
