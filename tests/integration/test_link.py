"""render, link, check and unlink: every file is byte for byte what it was afterwards."""
import json
import os
import shutil

import pytest

import lab

RULES = lab.SOURCE / "tests/data/rules"
PERSON = {"claude-code": ".claude/rules/helios.md", "zed": ".config/zed/AGENTS.md",
          "vscode": ".copilot/instructions/helios.instructions.md", "codex": ".codex/AGENTS.md",
          "gemini": ".gemini/GEMINI.md",
          "windsurf": ".codeium/windsurf/memories/global_rules.md"}
PROJECT = {"claude-code": ".claude/rules/helios.md", "cursor": ".cursor/rules/helios.mdc",
           "vscode": ".github/instructions/helios.instructions.md", "zed": "AGENTS.md",
           "codex": "AGENTS.md", "gemini": "GEMINI.md", "windsurf": ".windsurf/rules/helios.md",
           "continue": ".continue/rules/helios.md"}
SHARED = ["zed", "codex", "gemini", "windsurf"]  # of the person: one file is all there is


def tree(place):
    """All there is: kinds, modes and bytes."""
    found = {}
    for path in sorted(place.rglob("*")):
        about = path.lstat()
        found[str(path.relative_to(place))] = (
            about.st_mode, os.readlink(path) if path.is_symlink() else
            path.read_bytes() if path.is_file() else None)
    return found


@pytest.fixture
def person(home):
    """A home directory of its own, and a persona that is active."""
    home.helios("use", "writer")
    place = home.room / "person"
    place.mkdir()
    home.env["HOME"] = str(place)
    return place


def states(home):
    done = home.helios("--json", "check", check=False)
    return done.returncode, [link["state"] for link in json.loads(done.stdout)["links"]]


@pytest.mark.parametrize("rules", [None, "crlf.md"] if lab.SANITIZED else
                         [None, "AGENTS.md", "crlf.md", "empty"])
@pytest.mark.parametrize("client", PERSON)
def test_a_round_trip_of_a_person(home, person, client, rules):
    file = person / PERSON[client]
    if rules and client not in SHARED:
        file = file.with_name("mine.md")
    if rules:
        file.parent.mkdir(parents=True)
        file.write_bytes((RULES / rules).read_bytes() if rules != "empty" else b"")
        file.chmod(0o640)
    before = tree(person)
    linked = home.data("link", client)["links"][0]
    assert linked["state"] == "linked" and linked["file"] == str(person / PERSON[client])
    assert "## Communication" in (person / PERSON[client]).read_text()
    assert states(home) == (0, ["ok"])
    if rules and rules != "empty":
        assert file.read_bytes().startswith((RULES / rules).read_bytes())
    once = tree(person)
    home.helios("link")  # again changes nothing
    assert tree(person) == once
    home.helios("unlink", client)
    assert tree(person) == before and states(home) == (0, [])
    assert not (home.path / "render").exists()


@pytest.mark.parametrize("client", PROJECT)
def test_a_round_trip_of_a_project(home, person, client):
    project = home.room / "work"
    shutil.copytree(RULES, project)
    before = tree(project)
    home.helios("link", client, "--project", project)
    assert tree(project) != before and (project / PROJECT[client]).is_file()
    assert not (project / PROJECT[client]).is_symlink() and states(home) == (0, ["ok"])
    assert home.helios("unlink", client, check=False).returncode != 0  # the person's is another
    home.helios("unlink", client, "--project", project)
    assert tree(project) == before


def test_a_symbolic_link_follows_every_change(home, person):
    file = person / PERSON["claude-code"]
    home.helios("link", "claude-code")
    home.helios("link", "codex")
    home.helios("set", "writer", "communication.tone", "like the wind")
    assert "like the wind" in file.read_text()
    assert states(home) == (1, ["ok", "drifted"])
    home.helios("link")
    assert states(home) == (0, ["ok", "ok"])
    home.helios("use", "--none")
    assert file.read_text() == "" and states(home) == (1, ["persona gone"] * 2)
    home.helios("use", "writer")
    file.unlink()
    assert states(home) == (1, ["missing", "ok"])
    home.helios("unlink", "--all")
    lab.assert_clean(home)


def test_all_of_a_project_are_those_of_that_project(home, person):
    home.helios("use", "writer")
    for place in "here", "there":
        (person / place).mkdir()
        home.helios("link", "codex", "--project", str(person / place))
    home.helios("link", "codex")
    home.helios("unlink", "--all", "--project", str(person / "here"))
    assert states(home) == (0, ["ok", "ok"])
    assert not (person / "here/AGENTS.md").exists() and (person / "there/AGENTS.md").exists()
    assert home.helios("unlink", "codex", "--project", str(person / "here"),
                       check=False).returncode == 1
    home.helios("unlink", "--all")
    assert states(home) == (0, [])


@pytest.mark.parametrize("client", ["codex", "vscode"])
def test_what_was_edited_is_kept(home, person, client):
    file = person / PERSON[client]
    if client == "codex":
        file.parent.mkdir()
        file.write_text("mine\n")
    home.helios("link", client)
    file.write_text(file.read_text().replace("## Communication", "## Changed") + "more of mine\n")
    assert states(home) == (1, ["drifted"])
    kept = home.data("unlink", client)["links"][0]["kept"]
    assert "## Changed" in (home.path / kept).read_text()
    assert file.read_text() == "mine\nmore of mine\n" if client == "codex" else not file.exists()


def test_dotfiles_are_written_through_and_projects_are_not(home, person):
    dotfiles, project = person / "dotfiles", home.room / "work"
    dotfiles.mkdir()
    (dotfiles / "agents").write_text("mine\n")
    (person / ".codex").mkdir()
    (person / ".codex/AGENTS.md").symlink_to("../dotfiles/agents")
    before = tree(person)
    home.helios("link", "codex")
    assert "helios:begin" in (dotfiles / "agents").read_text()
    home.helios("unlink", "codex")
    assert tree(person) == before
    project.mkdir()
    (project / "AGENTS.md").symlink_to(dotfiles / "agents")
    (project / ".cursor").symlink_to(dotfiles)
    (person / ".gemini").mkdir()
    (person / ".gemini/GEMINI.md").symlink_to("nowhere")
    before = tree(person)
    for refused in [["codex", "--project", project], ["cursor", "--project", project], ["gemini"]]:
        done = home.helios("link", *refused, check=False)
        assert done.returncode == 1, refused
    assert tree(person) == before and states(home) == (0, [])


def test_what_is_not_ours_is_refused(home, person):
    file = person / PERSON["claude-code"]
    file.parent.mkdir(parents=True)
    file.write_text("mine\n")
    for arguments in [["link", "claude-code"], ["link", "codx"], ["link", "claude-desktop"],
                      ["link", "cursor"], ["unlink"], ["unlink", "codex"],
                      ["link", "codex", "--copy", "--block"], ["render", "writer", "--as", "x"]]:
        assert home.helios(*arguments, check=False).returncode != 0, arguments
    assert file.read_text() == "mine\n" and states(home) == (0, [])


@pytest.mark.parametrize("name, limit", [("windsurf", 6000), ("agents-md", 32768)])
def test_whole_sections_are_dropped(home, name, limit):
    home.helios("set", "writer", "extras", "[" + "x" * limit + "]")
    answer = home.data("render", "writer", "--as", name)
    assert answer["dropped"] == "Extras" and len(answer["text"].encode()) <= limit
    assert answer["text"].endswith("Left out, for the size this tool reads: Extras.\n")
    assert "## Communication" in answer["text"]


def test_each_format(home):
    for name, begins in {"mdc": "description", "instructions": "description", "agent": "name",
                         "skill": "name", "output-style": "name"}.items():
        text = home.helios("render", "writer", "--as", name).stdout
        head = lab.load(text.split("---\n")[1])
        assert list(head)[0] == begins and "\n# " in text
    home.helios("cp", "writer", "The Éditor 2")
    for name, said in {"agent": "the-ditor-2", "skill": "the-ditor-2", "output-style": "The Éditor 2"}.items():
        text = home.helios("render", "The Éditor 2", "--as", name).stdout
        assert lab.load(text.split("---\n")[1])["name"] == said
    card = json.loads(home.helios("render", "writer", "--as", "card").stdout)
    assert card["spec"] == "chara_card_v2" and card["data"]["system_prompt"].startswith("# ")
