"""log, diff and rejected."""
import json

import pytest


def data(home, *arguments, **options):
    return json.loads(home.helios("--json", *arguments, **options).stdout)


def test_log(home):
    home.helios("set", "writer", "communication.tone", "one")
    home.helios("set", "tutor", "communication.tone", "two")
    lines = home.helios("log").stdout.splitlines()
    assert len(lines) == 3 and "tutor: set communication.tone" in lines[0]
    assert "(cli, helios)" in lines[0]
    changes = data(home, "log")["changes"]
    assert [change["commit"] for change in changes] == \
        home.git("rev-list", "HEAD").stdout.split()
    assert changes[0]["source"] == "cli" and changes[0]["time"].endswith("Z")
    assert len(data(home, "log", "writer")["changes"]) == 2
    assert len(data(home, "log", "writer", "communication.tone")["changes"]) == 2
    assert len(data(home, "log", "-n", "1")["changes"]) == 1
    assert len(data(home, "log", "-n", "0")["changes"]) == 3


def test_log_keeps_what_was_removed(home):
    home.helios("new", "poet")
    home.helios("rm", "poet")
    assert [change["summary"] for change in data(home, "log", "poet")["changes"]] == [
        "poet: remove", "poet: new"]
    assert data(home, "diff", "poet")["summary"] == "poet: remove"
    assert home.helios("log", "nobody", check=False).returncode == 1


def test_diff_of_the_last_change(home):
    home.helios("set", "writer", "communication.tone", "one")
    found = data(home, "diff", "writer")
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
    (found,) = data(home, "rejected")["rejected"]
    return found["id"]


def test_rejected(home, kept):
    (found,) = data(home, "rejected", "list")["rejected"]
    assert found["name"] == "writer" and found["reason"] and found["place"]
    assert kept in home.helios("rejected").stdout and found["reason"] in home.helios("rejected").stdout
    assert "@broken" in data(home, "rejected", "show", kept)["text"]
    assert data(home, "rejected", "retry", kept, check=False)["error"]["name"] == "SYNTAX"
    assert data(home, "rejected", "drop", kept) == {"id": kept}
    assert data(home, "rejected")["rejected"] == []
    assert home.helios("rejected").stdout == "no refused texts\n"
    for action in ("show", "retry", "drop"):
        assert home.helios("rejected", action, kept, check=False).returncode == 1
