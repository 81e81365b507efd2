"""What helios --json prints is as published; Home.run holds every test's to it, see answers.py."""
import json

import pytest

import answers
import lab

jsonschema = pytest.importorskip("jsonschema")


def test_the_schema_has_every_command(home):
    assert set(answers.COMMANDS) == {command["name"] for command in home.data("help")["commands"]}
    jsonschema.Draft7Validator.check_schema(answers.SCHEMA)


def test_every_command_answers_as_published(home, monkeypatch):
    """Each at least once without being refused; what it says is looked at in Home.run."""
    answered = set()
    check = answers.check

    def noted(command, text):
        check(command, text)
        if not text.startswith('{"error":'):
            answered.add(command)

    monkeypatch.setattr(answers, "check", noted)
    home.data("init", "--dir", home.room / "other")
    home.data("set", "writer", "communication.tone", "brisk")
    home.data("unset", "writer", "communication.tone")
    home.data("new", "poet", "--from", "writer")
    home.data("cp", "poet", "bard")
    home.data("mv", "bard", "skald")
    home.data("rm", "skald")
    home.data("use", "poet")
    home.data("edit", "poet", env={"EDITOR": "sed -i s/calm/dry/", "VISUAL": ""}, check=False)
    snapshot = home.data("snapshot", "a reason")["name"]
    home.data("set", "poet", "communication.tone", "dry")
    home.data("undo")
    home.data("rollback", snapshot)
    home.data("temp", "add", "*", "communication.tone", "curt", "--reason", "why not")
    home.data("temp", "drop", home.data("temp")["temporary"][0]["id"])
    for command in ("status", "doctor", "gc", "upgrade", "validate", "list", "log", "journal",
                    "snapshots", "scan", "review", "rejected", "temp", "use"):
        home.data(command, check=False)
    for command in ("show", "explain", "blame", "diff"):
        home.data(command, "writer")
    home.data("tree")
    home.data("tree", "writer", "--svg")
    assert {found["kind"] for found in home.data("search", "tone", "-n", "0")["found"]} == {
        "value", "past", "change"}
    home.data("show", "--prompt", "writer")
    home.data("diff", "writer", "poet")
    home.data("get", "writer", "communication")
    home.data("what-if", "tutor", "--level", "2")
    home.data("setup")
    home.data("setup", "codex", "--print")
    (home.room / ".codex").mkdir()
    home.data("setup", "codex")
    home.data("setup", "codex", "--undo")
    home.data("use", "writer")
    home.data("render", "writer", "--as", "skill")
    home.data("import", lab.SOURCE / "tests/data/import/card-v2.json")
    (home.room / ".claude").mkdir()
    home.data("link", "claude-code")
    home.data("check")
    home.data("unlink", "claude-code")
    (home.room / ".helios.yaml").write_text("technical: {}\n")
    home.data("explain", "writer")
    home.data("trust")
    home.data("trust", "--list")
    assert home.data("help", "merge").startswith("How a key")
    assert home.data("help", "set").startswith("usage: helios set")
    home.data("mount")
    home.sh('echo "name: [" > $P/writer.yaml', check=False)
    refused = home.data("rejected")["rejected"][0]["id"]
    home.data("rejected", "show", refused)
    home.data("rejected", "retry", refused, check=False)
    home.data("rejected", "drop", refused)
    home.data("umount")
    assert answered == set(answers.COMMANDS) - {"watch"}


def test_watch_answers_as_published(home):
    with open(home.room / "seen", "w", encoding="utf-8") as seen:
        watching = home.start("helios", "--json", "watch", stdout=seen)
    try:
        def told():
            home.helios("use", "tutor")
            home.helios("use", "writer")
            home.helios("set", "writer", "technical.probe", str(lab.time.monotonic_ns()))
            text = (home.room / "seen").read_text(encoding="utf-8")
            return '"active"' in text and '"commit"' in text
        lab.wait_for("changes", told)
    finally:
        watching.terminate()
        watching.wait()
    for line in (home.room / "seen").read_text(encoding="utf-8").splitlines(keepends=True):
        answers.check("watch", line)


@pytest.mark.parametrize("command, text", [
    ("use", '{"name":3}\n'), ("use", '{}\n'), ("use", '{"name":"x","more":1}\n'),
    ("use", '{"name":"x"}\n{"name":"y"}\n'), ("use", '{"name":"x"}'),
    ("use", '{"error":{"code":"H1"}}\n'), ("no-such", '{}\n'),
    ("log", '{"changes":[{"commit":"abc","time":"2026-01-01T00:00:00Z","summary":"x"}]}\n'),
    ("temp", json.dumps({"temporary": [{"id": "x"}]}) + "\n")])
def test_what_is_not_as_published_is_found(command, text):
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        answers.check(command, text)


def test_which_lines_ask_for_json():
    assert answers.command_of(["--dir", "/x", "--json", "list"]) == "list"
    assert answers.command_of(["-jq", "show", "x"]) == "show"
    assert answers.command_of(["show", "x", "-j"]) == "show"
    assert answers.command_of(["show", "x", "--", "-j"]) is None
    assert answers.command_of(["-dj", "list"]) is None
    assert answers.command_of(["--json", "--help"]) is None
