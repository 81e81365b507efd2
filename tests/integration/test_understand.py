"""what-if, blame, tree, search and log: what a home says of itself. A few seconds."""
import xml.etree.ElementTree as ElementTree

import pytest


def test_what_if_lists_what_flips_and_writes_nothing(home):
    head, before = home.head(), home.source("tutor")
    was = home.data("explain", "tutor")
    found = home.data("what-if", "tutor", "--level", "3")
    assert (home.head(), home.source("tutor")) == (head, before)
    assert found["now"] == {"weight": pytest.approx(0.7 / 1.69), "band": "balanced"}
    assert found["then"] == {"weight": pytest.approx(0.7 / 9), "band": "persona-led"}
    now = {leaf["path"]: leaf["value"] for leaf in was["values"]}
    assert found["changes"] and all(now[change["path"]] == change["now"] != change["then"]
                                    for change in found["changes"] if "now" in change)
    home.helios("set", "tutor", "specialization_level", "3")
    then = {leaf["path"]: leaf["value"] for leaf in home.data("explain", "tutor")["values"]}
    then.pop("specialization_level"), now.pop("specialization_level")
    assert {change["path"]: change["then"] for change in found["changes"]} == {
        path: value for path, value in then.items() if now.get(path) != value}


@pytest.mark.parametrize("importance, flips", [("0.49", True), ("0.51", False)])
def test_what_if_a_string_flips_at_one_half(home, importance, flips):
    home.helios("set", "tutor", "specialization_level", "1")
    home.helios("set", "tutor", "base_importance", "0.6")
    found = home.data("what-if", "tutor", "--importance", importance)
    assert ("communication.tone" in [c["path"] for c in found["changes"]]) == flips


def test_what_if_refuses(home):
    home.refused("what-if", "tutor", "--level", "0.5", code="OUT_OF_RANGE")
    for words in (["tutor"], ["base", "--level", "2"]):
        assert home.helios("what-if", *words, check=False).returncode == 2
    same = home.helios("what-if", "tutor", "--level", "1.3").stdout
    assert same.endswith("no value would change\n")


def test_log_tells_who_and_why(home):
    home.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "--allow-empty", "-m",
             "tutor: set x\n\nHelios-Source: mcp\n"
             "Helios-Client: desk\nHelios-Session: s1\nHelios-Reason: asked for\n")
    change = home.data("log", "-n", "1")["changes"][0]
    assert [change[key] for key in ("source", "client", "session", "reason")] == [
        "mcp", "desk", "s1", "asked for"]
    line = home.helios("log", "-n", "1").stdout
    assert line.endswith("tutor: set x  (mcp, desk, session s1): asked for\n")


def leaves(home, name):
    return {leaf["path"]: leaf for leaf in home.data("blame", name)["values"]}


def test_blame_names_the_change_that_made_each_value(home):
    first = home.head()
    home.helios("set", "tutor", "communication.tone", "warm")
    tone = home.head()
    home.helios("set", "tutor", "mark", "1")
    home.helios("set", "base", "communication.language", "Latin")
    language = home.head()
    home.helios("set", "tutor", "mark", "2")
    home.helios("set", "tutor", "communication.tone", "cool")
    home.helios("undo")
    undone = home.head()
    found = leaves(home, "tutor")
    assert {path: leaf["value"] for path, leaf in found.items()} == {
        leaf["path"]: leaf["value"] for leaf in home.data("explain", "tutor")["values"]}
    assert found["communication.tone"]["change"]["commit"] == undone != tone
    assert found["communication.language"]["change"]["commit"] == language
    assert found["communication.language"]["layer"] == "base"
    assert found["mark"]["change"]["summary"] == "tutor: set mark"
    assert found["identity.role"]["change"]["commit"] == first
    line = home.helios("blame", "tutor", "communication.tone").stdout
    assert line.count("\n") == 1 and undone[:7] in line
    assert "communication.tone: warm  (tutor: cli, helios)" in line


def test_blame_of_what_is_inherited_from_a_parent(home):
    home.helios("set", "operator", "only.here", "yes")
    leaf = leaves(home, "incident-commander")["only.here"]
    assert (leaf["layer"], leaf["change"]["commit"]) == ("operator", home.head())


def test_blame_of_an_edit_outside_and_refusals(home):
    with open(home.path / "personas/tutor.yaml", "a", encoding="utf-8") as file:
        file.write("outside: 1\n")
    assert leaves(home, "tutor")["outside"]["change"]["source"] == "external"
    home.refused("blame", "tutor", "no.such", code="NO_KEY")
    home.refused("blame", "nobody", code="NO_PERSONA")


def test_tree_shows_what_inherits_from_what(home):
    home.helios("use", "tutor")
    found = home.data("tree")
    personas = found["personas"]
    assert found["base"] == {"importance": 0.7}
    assert sorted(p["name"] for p in personas) == [p["name"] for p in home.data("list")["personas"]]
    for place, persona in enumerate(personas):  # each stands behind its parent, one deeper
        before = [p for p in personas[:place] if p["depth"] == persona["depth"] - 1]
        assert persona["parent"] == (before[-1]["name"] if before else "base")
    text = home.helios("tree").stdout.splitlines()
    assert text[0].split() == ["base", "importance", "0.7"]
    place = next(i for i, line in enumerate(text) if " operator " in line)
    assert text[place].startswith("├─ operator")
    assert text[place + 1].startswith("│  └─ incident-commander")
    assert [line for line in text if "*" in line][0].startswith("├─ tutor")
    part = [persona["name"] for persona in home.data("tree", "operator")["personas"]]
    assert part == ["operator", "incident-commander"]
    part = [persona["name"] for persona in home.data("tree", "incident-commander")["personas"]]
    assert part == ["operator", "incident-commander"]
    home.refused("tree", "nobody", code="NO_PERSONA")


def test_tree_shows_what_is_not_valid(home):
    (home.path / "personas/tutor.yaml").write_text("a: [\n")
    line = next(line for line in home.helios("tree").stdout.splitlines() if "tutor" in line)
    assert "level 1.3" in line and "INVALID: " in line


def test_tree_as_a_picture(home):
    home.helios("set", "tutor", "description", "a < b & c")
    picture = ElementTree.fromstring(home.helios("tree", "--svg").stdout)
    svg = "{http://www.w3.org/2000/svg}"
    names = [group.find(f"{svg}text").text for group in picture.iter(f"{svg}g")]
    assert names == ["base", *(p["name"] for p in home.data("tree")["personas"])]
    assert len(picture.findall(f"{svg}path")) == len(names) - 1
    assert "a < b & c" in [title.text for title in picture.iter(f"{svg}title")]
    right = float(picture.get("width"))
    for box in picture.iter(f"{svg}rect"):
        assert float(box.get("x")) + float(box.get("width")) <= right
    assert home.data("tree", "--svg")["svg"] == home.helios("tree", "--svg").stdout


def search(home, *words):
    return home.data("search", *words)["found"]


def test_search_ranks_keys_before_values_and_rare_words_before_common_ones(home):
    home.helios("set", "writer", "zebra", "plain")
    home.helios("set", "tutor", "mark", "a zebra crossing")
    home.helios("set", "writer", "other", "zebras and more")
    found = [(f["kind"], f.get("path")) for f in search(home, "ZEBRA")]
    assert found == [("value", "zebra"), ("value", "mark"), ("change", None), ("value", "other")]
    both = search(home, "communication", "zebra")
    assert both[0]["path"] == "zebra", "the rare word counts more than the common one"
    assert search(home, "crossing", "zebra")[0]["path"] == "mark", "both words count most"


def test_search_finds_what_is_gone(home):
    home.helios("set", "tutor", "motto", "festina lente")
    made = home.head()
    home.helios("set", "tutor", "motto", "other words")
    found = search(home, "festina")
    assert [(f["kind"], f["path"], f["value"]) for f in found] == [
        ("past", "motto", "festina lente")]
    assert found[0]["change"]["commit"] == made
    assert "motto was: festina lente" in home.helios("search", "lente").stdout
    home.helios("rm", "tutor")
    assert search(home, "other", "words")[0]["kind"] == "past"


def test_search_truncates_and_says_so(home):
    whole = search(home, "communication", "-n", "0")
    some = home.data("search", "communication", "-n", "3")
    assert some["found"] == whole[:3] and some["more"] == len(whole) - 3
    text = home.helios("search", "-n", "3", "communication").stdout.splitlines()
    assert len(text) == 4 and text[3] == f"{len(whole) - 3} more; 'helios search -n 0' lists all"
    assert home.helios("search", "xyzzy").stdout == "nothing was found\n"
    for words in ([], [" ,;"], ["\udcff"]):
        assert home.helios("search", *words, check=False).returncode == 2
