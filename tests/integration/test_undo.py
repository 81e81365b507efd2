"""Taking changes back: leaf by leaf, byte for byte where nobody else was, and never half."""
import time

import pytest

import lab
from mcp_client import Server


def outside(home, path, text):
    (home.path / path).write_text(text)
    time.sleep(0.3)


def test_what_is_refused(home):
    home.helios("set", "writer", "mark", "x")
    assert home.helios("undo", "0", check=False).returncode == 2
    assert home.helios("undo", "--key", "mark", check=False).returncode == 2
    home.refused("undo", "--persona", "writer", "--key", "a..b", code="BAD_PATH")
    for wrong in "x", "-1", "1.5":
        assert home.helios("undo", wrong, check=False).returncode in (1, 2)
    assert "mark: x" in home.source("writer")


def test_nothing_to_undo(home):
    head = home.head()
    done = home.helios("undo", check=False)
    assert (done.returncode, done.stdout) == (1, "there is nothing to undo\n")
    assert home.data("undo", "--persona", "nobody", check=False)["undone"] == []
    assert home.head() == head, "what made the home stays"


CHANGES = {
    "a value": ["set", "tutor", "communication.tone", "loud"],
    "a value of the base": ["set", "base", "communication.tone", "loud"],
    "a removed value": ["unset", "tutor", "communication"],
    "a tag": ["set", "tutor", "communication.tone", "!override loud"],
    "a new persona": ["new", "guest"],
    "a copy": ["cp", "tutor", "guest"],
    "a removed persona": ["rm", "analyst"],
    "a renamed parent": ["mv", "operator", "keeper"],
    "one saved over another": ["mv", "--replace", "tutor", "writer"],
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_undone_to_the_byte(home, change):
    before = home.tracked()
    home.helios(*CHANGES[change])
    subject = home.subjects()[0]
    after, head = home.tracked(), home.head()
    assert after != before
    done = home.data("undo")
    assert home.tracked() == before
    assert done["undone"] == [subject] and done["skipped"] == [] and done["before"] == head
    assert done["commit"] == home.head() and home.subjects()[0] == f"undo {subject}"
    lab.assert_clean(home)
    assert home.helios("undo", check=False).returncode == 1, "an undoing is not undone"
    home.helios("rollback", head[:7])
    assert home.tracked() == after
    assert home.data("undo")["undone"] == [f"go back to {head[:7]}"], "but going back is"
    assert home.tracked() == before


def test_external_changes_and_settings(home):
    before = home.tracked()
    outside(home, "settings.yaml", "tools: all\n")
    outside(home, "personas/tutor.yaml", home.source("tutor") + "# a remark\nmark: x\n")
    done = home.data("undo", "9")
    assert home.tracked() == before
    assert all("outside" in subject for subject in done["undone"])


def test_commits_of_the_persons_git(home):
    before = home.tracked()
    (home.path / "personas/tutor.yaml").write_text("a: 1\n")
    home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qam", "by hand")
    assert home.data("undo")["undone"] == ["by hand"]
    assert home.tracked() == before
    assert home.helios("undo", check=False).returncode == 1
    lab.assert_clean(home)


def a_change(rng, names, number):
    """One change of random kind; names is who is there, and who inherits from nobody stands there alone."""
    kind = rng.choice(["set", "set", "cp", "mv", "rm", "replace"])
    name, other = rng.sample(sorted(names), 2)
    fresh = f"made{number}"
    if kind == "cp":
        names.add(fresh)
        return ["cp", name, fresh]
    if kind == "mv":
        names.remove(name)
        names.add(fresh)
        return ["mv", name, fresh]
    if kind == "rm" and len(names) > 2:
        names.remove(name)
        return ["rm", name]
    if kind == "replace" and len(names) > 2:
        names.remove(name)
        return ["mv", "--replace", name, other]
    return ["set", name, "mark", str(number)]


@pytest.mark.parametrize("case", range(8))
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
def test_many_changes_of_all_kinds(home, rng, at_once, case):
    names = {"solo0", "solo1", "solo2"}
    for name in names:
        home.helios("new", name)
    before, count = home.tracked(), 5
    done = [a_change(rng, names, number) for number in range(count)]
    for change in done:
        home.helios(*change)
    for _ in range(1 if at_once else count):
        result = home.data("undo", *[str(count)] * at_once)
        assert result["skipped"] == [], done
    assert home.tracked() == before, done
    lab.assert_clean(home)


def test_going_further_back(home):
    states = [home.tracked()]
    for i in range(6):
        home.helios("set", ["tutor", "writer", "base"][i % 3], "mark", str(i))
        states.append(home.tracked())
    home.helios("undo")
    assert home.tracked() == states[5]
    home.helios("undo", "2")
    assert home.tracked() == states[3]
    home.helios("set", "analyst", "mark", "new")
    home.helios("undo")
    assert home.tracked() == states[3]
    assert len(home.data("undo", "100")["undone"]) == 3
    assert home.tracked() == states[0]


def test_what_changed_since_stays(home):
    home.helios("set", "tutor", "mark", "{a: 1, b: 1}")
    home.helios("set", "tutor", "mark.a", "2")
    home.helios("set", "tutor", "mark", "{a: 2, b: 1, c: 1}")
    first = home.head()
    home.helios("set", "tutor", "mark.b", "5")
    home.helios("set", "tutor", "mark.b", "6")
    with Server(home) as server:
        server.does("learn_behavior", persona="tutor", key="mark.c", value=9)
        home.helios("set", "tutor", "mark.c", "10")
        done = server.does("revert_learning")
        assert done["changes"] == 0 and done["skipped"] == ["tutor: mark.c"]
    assert home.helios("get", "tutor", "mark").stdout == "{a: 2, b: 6, c: 10}\n"
    assert home.git("merge-base", "--is-ancestor", first, "HEAD", check=False).returncode == 0


def test_only_one_persona(home):
    home.helios("set", "tutor", "mark", "1")
    home.helios("set", "writer", "mark", "1")
    home.helios("set", "base", "mark", "1")
    home.helios("undo", "--persona", "tutor")
    assert "mark" not in lab.load(home.source("tutor")) and "mark" in lab.load(home.source("writer"))
    home.helios("undo", "--persona", "base")
    assert "mark" not in lab.load(home.source("base"))
    assert home.data("undo", "--persona", "tutor", check=False)["undone"] == []


def test_only_one_key(home):
    home.helios("set", "tutor", "mark", "{a: 1, b: 1}")
    text = home.source("tutor").replace("a: 1, b: 1", "a: 2, b: 2")
    assert text != home.source("tutor")
    outside(home, "personas/tutor.yaml", text)
    home.helios("set", "tutor", "other", "x")
    assert len(home.data("undo", "--persona", "tutor", "--key", "mark.a")["undone"]) == 1
    assert home.helios("get", "tutor", "mark").stdout == "{a: 1, b: 2}\n"
    home.helios("undo", "--persona", "tutor", "--key", "mark.b")
    assert home.helios("get", "tutor", "mark").stdout == "{a: 1, b: 1}\n"
    home.helios("undo", "--persona", "tutor", "--key", "mark.a")
    assert home.helios("get", "tutor", "mark").stdout == "{b: 1}\n"
    assert home.data("undo", "--persona", "tutor", "--key", "mark.a", check=False)["undone"] == []
    assert home.helios("get", "tutor", "other").stdout == "x\n"
    home.helios("undo")
    assert "other" not in lab.load(home.source("tutor")), "the parts did not count as the whole"


def test_a_renamed_persona_keeps_its_past(home):
    home.helios("set", "tutor", "mark", "1")
    home.helios("mv", "tutor", "coach")
    home.helios("set", "coach", "mark", "2")
    home.helios("new", "tutor")
    home.helios("set", "tutor", "mark", "another")
    assert home.data("undo", "--persona", "coach")["undone"] == ["coach: set mark"]
    assert home.helios("get", "coach", "mark").stdout == "1\n"
    other = home.source("tutor")
    with Server(home) as server:
        server.does("learn_behavior", persona="coach", key="learned", value=1)
        home.helios("mv", "coach", "trainer")
        home.helios("mv", "trainer", "guide")
        assert server.does("revert_learning")["reverted"] == ["guide: unset learned"]
    assert "learned" not in home.source("guide") and home.source("tutor") == other
    lab.assert_clean(home)


def test_renamed_back_and_forth(home):
    before = home.tracked()
    home.helios("set", "tutor", "mark", "1")
    home.helios("mv", "tutor", "coach")
    home.helios("undo")
    assert home.data("undo", "--persona", "tutor")["undone"] == ["tutor: set mark"]
    assert home.tracked() == before


def test_a_persona_others_inherit_from_does_not_go(home):
    home.helios("new", "guest")
    home.helios("new", "child")
    home.helios("set", "child", "inherits_from", "guest")
    home.refused("undo", "--persona", "guest", code="HAS_CHILDREN")
    home.helios("undo", "3")
    assert "guest.yaml" not in home.run("ls", home.path / "personas").stdout
    lab.assert_clean(home)


def test_the_active_persona_goes_with_its_file(home):
    home.helios("new", "guest")
    home.helios("use", "guest")
    home.helios("undo")
    assert home.data("use", check=False)["name"] is None
    lab.assert_clean(home)


def test_made_again_since(home):
    home.helios("rm", "analyst")
    outside(home, "personas/analyst.yaml", "name: another\n")
    home.helios("set", "tutor", "mark", "x")
    done = home.data("undo", "3")
    assert home.tracked()["personas/analyst.yaml"].decode() != "name: another\n"
    assert len(done["undone"]) == 3 and done["skipped"] == []


def test_a_lock_that_came_since_holds(home):
    with Server(home) as server:
        server.does("learn_behavior", persona="tutor", key="communication.tone", value="first")
        server.does("learn_behavior", persona="tutor", key="communication.tone", value="second")
        home.helios("set", "base", "merge", "{communication.tone: lock}")
        head = home.head()
        assert "locked" in server.fails("revert_learning")
        home.helios("set", "base", "communication.mark", "x")
        server.does("learn_behavior", persona="base", key="communication.mark", value="firm")
        home.helios("set", "base", "merge", "{communication.mark: lock}")
        assert "locked" in server.fails("revert_learning")
    assert "mark: firm" in home.source("base")
    assert "second" in home.source("tutor")
    assert head != home.head()
    lab.assert_clean(home)


def test_the_view_shows_it_at_once(mount):
    before = mount.read("personas/tutor.yaml")
    mount.write("personas/tutor.yaml", before + "mark: x\n")
    mount.helios("undo")
    assert mount.read("personas/tutor.yaml") == before
    mount.sh("rm $P/analyst.yaml")
    mount.helios("undo")
    assert "analyst.yaml" in mount.names()
    lab.assert_clean(mount)


def test_kill_at_any_moment(home, rng):
    for _ in range(12):
        home.helios("set", "tutor", "mark", str(rng.random()))
        before = home.tracked()
        home.helios("mv", "operator", "keeper")
        after = home.tracked()
        child = home.start("helios", "undo")
        time.sleep(rng.random() * 0.03)
        child.kill()
        child.wait()
        home.helios("status")
        home.helios("set", "analyst", "other", str(rng.random()))
        state = home.tracked()
        for files in state, before, after:
            files.pop("personas/analyst.yaml", None)
        assert state in (before, after)
        lab.assert_clean(home)
        if state == after:
            home.helios("mv", "keeper", "operator")
