"""Reading commands: list, show, get, explain, status, validate; as text and as JSON."""
import json

import pytest

import lab


def test_list(home):
    home.helios("use", "reviewer")
    listed = home.data("list")
    assert listed["active"] == "reviewer"
    rows = {row["name"]: row for row in listed["personas"]}
    assert list(rows) == sorted(path.stem for path in home.examples.glob("*.yaml")
                                if path.stem != "base")
    assert rows["reviewer"] == {
        "name": "reviewer", "active": True, "valid": True, "level": 2.0, "importance": 0.7,
        "weight": 0.175, "band": "persona-led", "parent": "base",
        "description": lab.load(home.source("reviewer"))["description"]}
    assert rows["security-reviewer"]["parent"] == "reviewer"
    lines = home.helios("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(rows)
    assert [line.split()[0] for line in lines if line.split()[1] == "*"] == ["reviewer"]


def test_an_invalid_file_is_marked_and_the_last_good_version_served(home):
    before = home.helios("show", "writer").stdout
    path = home.path / "personas/writer.yaml"
    path.write_text("name: [x\n", encoding="utf-8")
    assert home.helios("show", "writer").stdout == before
    rows = {row["name"]: row for row in home.data("list")["personas"]}
    assert not rows["writer"]["valid"] and rows["writer"]["error"]["name"] == "SYNTAX"
    assert rows["tutor"]["valid"]
    assert "INVALID" in next(line for line in home.helios("list").stdout.splitlines()
                             if line.startswith("writer"))
    done = home.helios("validate", check=False)
    assert done.returncode == 1 and "personas/writer.yaml:" in done.stdout
    found = home.data("validate", check=False)
    assert not found["valid"] and [error["file"] for error in found["errors"]] == [
        "personas/writer.yaml"]


def test_validate_the_home(home):
    assert home.data("validate") == {"valid": True, "checked": 12, "errors": [], "warnings": []}
    assert "all valid" in home.helios("validate").stdout


@pytest.mark.parametrize("name, text, code", [
    ("base.yaml", "name: x\n", None), ("identity.yaml", "base_importance: 2\n", None),
    ("p.yaml", "specialization_level: 0.5\n", "OUT_OF_RANGE"),
    ("p.yaml", "identity: x\n", "WRONG_TYPE"), ("p.yaml", "a: 1\na: 2\n", "DUPLICATE_KEY"),
    ("p.yaml", "- a\n", "NOT_A_MAPPING"), ("p.yaml", "", None), ("p.yaml", "a: !x 1\n", "TAG")])
def test_validate_files(home, name, text, code):
    (home.room / name).write_text(text, encoding="utf-8")
    done = home.run("helios", "--dir", home.room / "none", "--json", "validate", name, check=False)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and len(found["errors"]) == 1
    assert code in (None, found["errors"][0]["name"])


def test_validate_several_files(home):
    (home.room / "bad.yaml").write_text("a: [\n", encoding="utf-8")
    found = home.data("validate", home.examples / "base.yaml", "bad.yaml", "not-there.yaml",
                 home.examples / "writer.yaml", check=False)
    assert found["checked"] == 4
    assert [error["file"] for error in found["errors"]] == ["bad.yaml", "not-there.yaml"]
    home.helios("validate", *home.examples.glob("*.yaml"))


def test_show(home):
    text = home.helios("show", "writer").stdout
    assert home.data("show", "writer") == lab.load(text)
    assert home.helios("show", "base").stdout == home.source("base")
    assert home.data("show", "writer", "--source")["specialization_level"] == 2


def test_get(home):
    assert home.helios("get", "writer", "identity.role").stdout == "writer and line editor\n"
    assert home.helios("get", "writer", "behaviors.passes[1]").stdout == "order\n"
    flow = home.helios("get", "writer", "behaviors").stdout
    assert flow.count("\n") == 1
    assert lab.load(flow) == lab.load(home.helios("show", "writer").stdout)["behaviors"]
    assert home.data("get", "writer", "behaviors.passes") == [
        "meaning", "order", "sentences", "words", "rhythm"]
    near = home.helios("get", "writer", "communication.toen", check=False)
    assert near.returncode == 1 and "did you mean communication.tone?" in near.stderr
    assert near.stdout == ""


def test_numbers_json_cannot_hold(home):
    for value, shown in [(".inf", ".inf"), ("-.inf", "-.inf"), (".nan", ".nan"),
                         ("123456789012345678901234567890", "123456789012345678901234567890"),
                         ("9223372036854775807", 9223372036854775807), ("2.0", 2.0)]:
        home.helios("set", "writer", "probe", value)
        found = home.data("get", "writer", "probe")
        assert found == shown and isinstance(found, type(shown))


def test_explain(home):
    text = home.helios("explain", "writer").stdout
    assert lab.load(text) == lab.load(home.helios("show", "writer").stdout)
    found = home.data("explain", "writer", "communication")
    assert (found["name"], found["weight"], found["band"]) == ("writer", 0.175, "persona-led")
    assert [layer["name"] for layer in found["layers"]] == ["base", "writer"]
    values = {value["path"]: value for value in found["values"]}
    assert all(path.startswith("communication.") for path in values)
    tone = values["communication.tone"]
    line = home.source("writer").splitlines()[tone["line"] - 1]
    assert tone["value"] in line and tone["file"] == "personas/writer.yaml"
    assert tone["layer"] == "writer" and tone["rule"] and tone["weight"] == 0.175
    missing = home.helios("explain", "writer", "no.such", check=False)
    assert missing.returncode == 1


def test_status(home):
    found = home.data("status")
    assert found["home"] == str(home.path) and found["personas"] == 10
    assert found["mounted"] == [] and found["active"] == "none"
    assert found["history"]["branch"] == "main"
    assert found["history"]["commit"] == home.head()
    assert found["last_change"]["summary"] == home.subjects()[0]
    assert lab.load(home.helios("status").stdout) == found


def test_reading_writes_nothing(home):
    home.helios("list")  # what is made once is made now

    def state():
        return sorted((path, path.lstat().st_mtime_ns) for path in home.path.rglob("*"))

    before = state()
    for command in (["list"], ["show", "writer"], ["get", "writer", "name"], ["explain", "writer"],
                    ["status"], ["validate"], ["log"], ["diff", "writer"], ["rejected"], ["use"]):
        home.helios(*command, check=False)
    assert state() == before
