"""The project layer: a .helios.yaml of where somebody works counts once the person trusts it."""
import os

import pytest

import lab
from mcp_client import Server

TONE = "communication:\n  tone: of the project\n"


@pytest.fixture
def project(home):
    """A directory two levels below the one with the file."""
    place = home.room / "work" / "deep"
    place.mkdir(parents=True)
    (home.room / "work/.helios.yaml").write_text(TONE)
    return place


def tone(home, *arguments, **options):
    shown = home.helios("show", "writer", "--effective", *arguments, **options).stdout
    return lab.load(shown)["communication"]["tone"]


def test_it_counts_once_it_is_trusted(home, project):
    before, head = tone(home), home.head()
    assert tone(home, cwd=project) == before
    assert "ignored: " in home.helios("explain", "writer", cwd=project).stdout
    ignored = home.data("explain", "writer", cwd=project)["ignored"]
    assert ignored["file"].endswith("work/.helios.yaml") and "trust" in ignored["reason"]
    said = home.helios("trust", cwd=project).stdout
    assert "it says:\n" in said and "tone: of the project" in said
    assert tone(home, cwd=project) == "of the project" and tone(home) == before
    explained = home.data("explain", "writer", "communication.tone", cwd=project)
    assert explained["values"][0]["layer"] == "project" and "ignored" not in explained
    assert home.data("trust", "--list")["trusted"] == [str(home.room / "work/.helios.yaml")]
    # what is stored, saved and kept in history never has it
    assert "of the project" not in home.helios("show", "writer", cwd=project).stdout
    assert "of the project" not in home.helios("show", "writer", "--source", cwd=project).stdout
    home.helios("set", "writer", "mark", "1", cwd=project)
    assert "of the project" not in home.source("writer") and home.subjects(head) == ["writer: set mark"]
    lab.assert_clean(home)


@pytest.mark.parametrize("change", ["another text", "moved", "revoked", "a link to it"])
def test_trust_is_in_that_text_at_that_place(home, project, change):
    before = tone(home)
    file = home.room / "work/.helios.yaml"
    home.helios("trust", file)
    assert tone(home, cwd=project) == "of the project"
    where = project
    if change == "another text":
        file.write_text(TONE + "# and more\n")
    elif change == "moved":
        (home.room / "work").rename(home.room / "elsewhere")
        where = home.room / "elsewhere"
    elif change == "revoked":
        home.helios("trust", "--revoke", cwd=project)
    else:
        file.rename(home.room / "aside")
        file.symlink_to(home.room / "aside")
    assert tone(home, cwd=where) == before
    if change == "another text":
        file.write_text(TONE)
        assert tone(home, cwd=where) == "of the project"


@pytest.mark.parametrize("how", ["option", "variable", "upward", "nearest", "option first"])
def test_where_it_is_looked_for(home, project, how):
    other = home.room / "other"
    other.mkdir()
    (other / ".helios.yaml").write_text(TONE.replace("project", "other"))
    for place in home.room / "work", other:
        home.helios("trust", place)
    if how == "option":
        assert tone(home, "--project", other) == "of the other"
    elif how == "variable":
        assert tone(home, env={"CLAUDE_PROJECT_DIR": str(other)}, cwd=project) == "of the other"
    elif how == "option first":
        assert tone(home, "--project", other, env={"CLAUDE_PROJECT_DIR": str(home.room / "work")},
                    cwd=project) == "of the other"
    elif how == "upward":
        assert tone(home, cwd=project) == "of the project"
    else:
        (project / ".helios.yaml").write_text("technical: {}\n")
        assert tone(home, cwd=project) != "of the project"


@pytest.mark.parametrize("text, says", [
    ("merge: {communication: lock}\n", "merge"), ("specialization_level: 9\n", "specialization"),
    ("base_importance: 0\n", "base_importance"), ("inherits_from: tutor\n", "inherits_from"),
    ("- a list\n", "mapping"), ("a: [\n", ""), ("", ""), ("a: &a [*a]\n", ""),
    ("a: " + "x" * (1 << 20), "it cannot be read"),
])
def test_what_is_none_is_refused_and_ignored(home, project, text, says):
    before = tone(home)
    file = home.room / "work/.helios.yaml"
    file.write_text(text)
    refused = home.helios("trust", cwd=project, check=False)
    assert refused.returncode == 1 and says in refused.stderr, refused.stderr
    assert tone(home, cwd=project) == before
    assert "trusted: []" in home.helios("trust", "--list", "--json").stdout.replace('"', "").replace(
        ":[", ": [")


def test_no_device_is_waited_for(home, project):
    os.unlink(home.room / "work/.helios.yaml")
    os.mkfifo(home.room / "work/.helios.yaml")
    assert home.helios("explain", "writer", cwd=project).returncode == 0


def test_locks_hold(home, project):
    home.helios("set", "base", "merge", "{communication.tone: lock}")
    before = tone(home)
    home.helios("trust", cwd=project)
    assert tone(home, cwd=project) == before
    dead = home.data("explain", "writer", cwd=project)["dead"]
    assert [entry["path"] for entry in dead if entry["file"].endswith(".helios.yaml")] == [
        "communication.tone"]


def test_ai_clients_see_it(home, project):
    home.helios("trust", cwd=project)
    with Server(home, cwd=project) as server:
        assert server.does("get_active_persona", persona_name="writer")["config"]["communication"][
            "tone"] == "of the project"
        assert "of the project" in server.modern("resources/read", uri="helios://persona/writer/prompt")[
            "result"]["contents"][0]["text"]
    with Server(home, "--project", home.room / "bin") as server:
        assert server.does("get_active_persona", persona_name="writer")["config"]["communication"][
            "tone"] != "of the project"
    with Server(home, "--project", home.room / "nowhere") as server:
        assert "project" in server.fails("get_active_persona", persona_name="writer")


def test_nowhere_is_an_error(home):
    for arguments in ["trust"], ["trust", home.room / "bin"], ["--project", "/nowhere", "list"]:
        refused = home.helios(*arguments, check=False)
        assert refused.returncode == 1 and "hint:" in refused.stderr
