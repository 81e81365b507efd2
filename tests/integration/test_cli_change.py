"""Changing commands: what they store, what they say, what they refuse."""
import json

import pytest

import lab


def test_set_and_unset_as_json(home):
    set_ = home.data("set", "writer", "communication.tone", "brisk")
    assert set_["name"] == "writer" and set_["path"] == "communication.tone"
    assert set_["changed"] and not set_["merged"] and set_["commit"] == home.head()
    again = home.data("set", "writer", "communication.tone", "brisk")
    assert not again["changed"] and "commit" not in again
    assert home.data("unset", "writer", "communication.tone")["commit"] == home.head()
    assert "tone" not in lab.load(home.source("writer"))["communication"]
    home.refused("unset", "writer", "communication.tone", code="NO_KEY")


def test_values_are_yaml(home):
    for value, kept in [("yes", "yes"), ("null", None), ("''", ""), ("{a: [1, 'x']}", {"a": [1, "x"]}),
                        ("0x10", 16), ("two words", "two words"), ("ünï", "ünï")]:
        home.helios("set", "writer", "technical.probe", value)
        assert lab.load(home.source("writer"))["technical"]["probe"] == kept


def test_what_set_refuses(home):
    home.refused("set", "writer", "specialization_level", "0", code="OUT_OF_RANGE")
    home.refused("set", "writer", "identity", "x", code="WRONG_TYPE")
    home.refused("set", "nobody", "x", "1", code="NO_PERSONA")
    home.refused("set", "writer", "x", "[1", code="SYNTAX")
    home.refused("set", "writer", "name.x", "1", code="NO_KEY")


def test_a_refusal_shows_no_line_of_a_text_that_is_not_there(home):
    done = home.helios("set", "writer", "specialization_level", "0", check=False)
    assert done.stderr.startswith("personas/writer.yaml:") and len(done.stderr.splitlines()) == 2


def test_new_and_cp(home):
    assert home.data("new", "poet") == {"name": "poet"}
    assert home.data("new", "essayist", "--from", "writer") == {"name": "essayist", "from": "writer"}
    assert home.source("essayist") == home.source("writer")
    assert home.data("cp", "writer", "copy") == {"name": "copy", "from": "writer"}
    home.refused("new", "poet", code="EXISTS")
    home.refused("cp", "writer", "poet", code="EXISTS")
    home.refused("cp", "nobody", "x", code="NO_PERSONA")
    for name in ("base", ".x", "#x", "a/b", "x" * 65, "", " x"):
        assert home.helios("new", "--", name, check=False).returncode == 1


def test_mv(home):
    home.helios("use", "reviewer")
    assert home.data("mv", "reviewer", "critic") == {"name": "critic", "from": "reviewer"}
    assert lab.load(home.source("security-reviewer"))["inherits_from"] == "critic"
    assert home.helios("use").stdout == "critic\n"
    home.refused("mv", "critic", "writer", code="EXISTS")
    shown = home.helios("show", "tutor").stdout
    home.helios("mv", "--replace", "tutor", "writer")
    assert lab.load(home.helios("show", "writer").stdout) == lab.load(shown)
    assert not (home.path / "personas/tutor.yaml").exists()
    lab.assert_clean(home)


def test_rm(home):
    home.helios("use", "writer")
    home.helios("rm", "writer")
    assert home.helios("use", check=False).returncode == 1
    home.refused("rm", "reviewer", code="HAS_CHILDREN")
    home.refused("rm", "base", code="IS_BASE")
    home.refused("rm", "writer", code="NO_PERSONA")


def test_use(home):
    done = home.helios("use", check=False)
    assert (done.returncode, done.stdout) == (1, "no persona is active\n")
    home.helios("use", "tutor")
    assert home.data("use") == {"name": "tutor"}
    home.helios("use", "--none")
    assert home.data("use", check=False) == {"name": None}
    home.refused("use", "nobody", code="NO_PERSONA")


def test_the_home_is_made_by_the_first_change(home):
    fresh = home.room / "fresh"
    assert home.run("helios", "--dir", fresh, "list", check=False).returncode == 1
    assert not fresh.exists()
    home.run("helios", "--dir", fresh, "set", "welcome", "communication.tone", "warm")
    assert home.run("helios", "--dir", fresh, "get", "welcome", "communication.tone").stdout == \
        "warm\n"


@pytest.mark.parametrize("made", ["a dir/with blanks", "ünï"])
def test_init_anywhere(home, made):
    path = home.room / made
    path.parent.mkdir(exist_ok=True)
    done = home.run("helios", "--dir", path, "init", "--json")
    assert json.loads(done.stdout) == {"home": str(path)}
    assert home.run("helios", "--dir", path, "init", check=False).returncode == 1


def test_set_tells_what_the_value_reads_as(home):
    home.helios("new", "fresh")
    said = home.helios("set", "fresh", "communication.tone", "grumpy").stdout
    assert "it reads as " in said and "'!override grumpy'" in said
    assert "it reads" not in home.helios("set", "fresh", "own", "text").stdout
    home.helios("set", "fresh", "communication.tone", "!override grumpy")
    assert home.helios("get", "fresh", "communication.tone").stdout == "grumpy\n"
    assert "  tone: !override grumpy\n" in home.source("fresh")
    answer = json.loads(home.helios("--json", "set", "fresh", "communication.verbosity", "1").stdout)
    assert 0 < answer["resolved"] < 1


def test_set_takes_one_value(home):
    for value in ("what: now", "|\n text"):
        done = home.helios("set", "base", "communication.tone", value, check=False)
        assert done.returncode == 2 and "quote" in done.stderr, value
    assert len(home.subjects()) == 1


def test_an_index_counts_in_the_list_people_see(home):
    refused = home.helios("set", "tutor", "technical.checks[0].weight", "9", check=False)
    assert refused.returncode == 1 and "not tutor's own" in refused.stderr
    home.helios("set", "base", "technical.checks[0].weight", "9")
    home.helios("set", "tutor", "own", "[a, b]")
    home.helios("set", "tutor", "own[1]", "c")
    assert home.helios("get", "tutor", "own").stdout == "[a, c]\n"


def test_what_turns_text_around_is_shown(home):
    """In a value it is written as an escape wherever Helios writes it; in a key it is refused."""
    home.helios("set", "writer", "mark", json.dumps("a\u202eb\u2066c", ensure_ascii=False))
    shown = home.helios("explain", "writer", "mark").stdout
    assert r'"a\u202Eb\u2066c"' in shown and "\u202e" not in shown
    assert home.data("get", "writer", "mark") == "a\u202eb\u2066c"
    for key in ("a\u202eb", "a\u200fb", "a\nb", "a\x1bb"):
        home.refused("set", "writer", f'"{key}"', "1", code="KEY_KIND")


def test_a_path_that_leads_nowhere_tells_what_may_have_been_meant(home):
    for command in "get", "explain", "blame", "unset":
        error = home.refused(command, "writer", "communication.tonne", code="NO_KEY")
        assert error["hint"] == "did you mean communication.tone?", command
    error = home.refused("unset", "writer", "behaviors.initiative", code="NO_KEY")
    assert error["message"] == "'writer' only inherits 'behaviors.initiative'"
    home.helios(*error["hint"].split("'")[1].split()[1:])
    home.refused("get", "writer", "behaviors.initiative", code="NO_KEY")
    told = home.helios("set", "writer", "comunication", "loud").stdout
    assert told.endswith("this key is new; did you mean communication?\n")
    assert "new" not in home.helios("set", "writer", "zebra", "1").stdout
    assert home.helios("log", "writer", "nowhere").stdout == "no change of nowhere is in the history\n"
