"""What agents may do by themselves, and what waits for the person's word."""
import json
import os
import re
import subprocess
import time

import pytest

import lab
from mcp_client import Server, envelope

TONE = {"persona": "writer", "key": "communication.tone"}


@pytest.fixture
def server(home):
    with Server(home) as running:
        yield running


def settings(home, text):
    (home.path / "settings.yaml").write_text(text + "\ntools: all\n")


def proposed(server, tool, **arguments):
    """The id of what the tool keeps for the person."""
    answer = server.does(tool, **arguments)
    assert set(answer) == {"proposal", "message"}, answer
    assert answer["proposal"] in answer["message"]
    return answer["proposal"]


def proposals(home):
    return home.data("review")["proposals"]


# ---- the words


@pytest.mark.parametrize("text, refused", [
    ("agent_writes: deny", True),
    ("agent_writes: sometimes", True),
    ("agent_writes: [propose]", True),
    ("agent_writes: {communication: maybe}", True),
    ("agent_writes: {'a..b': allow}", True),
    ("agent_writes: {'*': deny}", True),
    ("agent_writes: {communication.tone: deny}", True),
    ("agent_writes: {communication: deny}", True),
    ("agent_writes: {'*': deny, communication: allow}", False),
    ("agent_writes: {communication: deny, communication.tone: allow}", False),
    ("agent_writes: {communication.tone.deeper: allow, technical: deny}", False),
    ("agent_writes: {}", False),
    ("agent_writes: allow", False),
])
def test_the_longest_path_decides(server, home, text, refused):
    settings(home, text)
    before = home.tracked()
    if refused:
        assert "agent_writes" in server.fails("learn_behavior", **TONE, value="brisk")
        assert home.tracked() == before
    else:
        server.does("learn_behavior", **TONE, value="brisk")
        assert home.data("get", "writer", "communication.tone") == "brisk"
    assert not proposals(home)


@pytest.mark.parametrize("text", ["agent_writes: allow\nagent_writes: deny", "agent_writes: [",
                                  "agent_writes: deny\n  x: y\n z"])
def test_an_edit_that_cannot_be_read_may_have_said_no(server, home, text):
    (home.path / "settings.yaml").write_text(text + "\n")
    before = home.tracked()
    assert "cannot be understood" in server.fails("learn_behavior", **TONE, value="brisk")
    assert home.tracked() == before and not proposals(home)
    refused = home.data("validate", check=False)
    assert [fault["file"] for fault in refused["errors"]] == ["settings.yaml"]


@pytest.mark.parametrize("text, said", [("agent_write: deny", "did you mean 'agent_writes'?"),
                                        ("agent_writes: porpose", "write 'allow'")])
def test_validate_looks_at_the_settings(home, text, said):
    (home.path / "settings.yaml").write_text(text + "\n")
    (fault,) = home.data("validate", check=False)["errors"]
    assert fault["file"] == "settings.yaml" and said in fault["hint"]
    assert "settings" in [found["check"] for found in home.data("doctor", check=False)["entries"]]


def test_the_strictest_of_many_decides(server, home):
    settings(home, "agent_writes: {communication.tone: deny, technical: propose}")
    before = home.tracked()
    server.fails("learn_behavior", persona="writer", key="communication", value={"tone": "a", "b": 1})
    assert home.tracked() == before and not proposals(home)
    proposed(server, "learn_behavior", persona="writer", key="technical", value={"x": 1})
    server.does("learn_behavior", persona="writer", key="communication.style", value="open")
    settings(home, "agent_writes: {'*': propose, communication: allow}")
    proposed(server, "create_persona", name="newcomer")
    proposed(server, "set_active_persona", name="tutor")


def test_a_snapshot_has_no_path(server, home):
    settings(home, "agent_writes: {'*': deny, communication: allow}")
    assert "no path" in server.fails("snapshot", reason="x")
    assert home.data("snapshots")["snapshots"] == []
    server.does("learn_behavior", **TONE, value="brisk")
    settings(home, "agent_writes: {communication: deny}")
    server.does("snapshot", reason="x")
    assert len(home.data("snapshots")["snapshots"]) == 1


def test_who_is_no_agent_is_not_asked(home):
    settings(home, "agent_writes: deny")
    home.helios("set", "writer", "communication.tone", "brisk")
    assert home.data("get", "writer", "communication.tone") == "brisk"


# ---- proposals

WRITES = [
    ("update_preference", {"domain": "communication", "key": "tone", "value": "plain"}),
    ("learn_behavior", {**TONE, "value": "brisk"}),
    ("tune_weight", {"target": "writer", "parameter": "specialization_level", "value": 5}),
    ("evolve_behavior", {"from_config": "tutor", "to_config": "base", "key": "communication.tone"}),
    ("create_persona", {"name": "newcomer", "from": "tutor"}),
    ("delete_persona", {"name": "incident-commander"}),
    ("set_active_persona", {"name": "tutor"}),
    ("inject_temporary", {"persona": "writer", "overlay": {"communication": {"tone": "odd"}}}),
    ("record_pattern", {"pattern": "likes lists", "persona": "writer"}),
]
if lab.SANITIZED:  # a third of them; without sanitizers it is all
    WRITES = WRITES[::3]
ROUNDS = 4 if lab.SANITIZED else 12


@pytest.mark.parametrize("tool, arguments", WRITES, ids=[name for name, _ in WRITES])
def test_a_proposal_is_what_the_tool_would_have_done(home, tool, arguments):
    """Accepted, the home is what it would be had the agent done it: in a copy, it does."""
    def outcome(where):
        files = where.tracked()
        learned = sorted(text for path, text in files.items() if path.startswith("learned/"))
        return ({path: text for path, text in files.items() if not path.startswith("learned/")},
                learned, where.helios("use", check=False).stdout,
                [where.helios("show", name, "--effective").stdout for name in ("writer", "tutor")])

    twin = lab.Home()
    try:
        twin.init()
        for place, word in (home, "propose"), (twin, "allow"):
            settings(place, f"agent_writes: {word}")
            place.helios("status")
            place.helios("set", "writer", "mark", "1")
        before, head = outcome(home), home.head()
        with Server(home) as server, Server(twin) as other:
            kept = proposed(server, tool, **arguments)
            assert proposed(server, tool, **arguments) == kept or tool in (
                "inject_temporary", "record_pattern")  # which name what they make anew
            other.does(tool, **arguments)
        assert outcome(home) == before and home.head() == head
        listed = proposals(home)
        assert {entry["id"]: entry["tool"] for entry in listed}[kept] == tool
        home.helios("review", "accept", kept)
        ours, theirs = outcome(home), outcome(twin)
        for file in "settings.yaml", ".helios_version":
            ours[0].pop(file), theirs[0].pop(file)
        assert ours == theirs
        assert [entry for entry in listed if entry["id"] != kept] == proposals(home)
        lab.assert_clean(home)
    finally:
        twin.close()


def test_history_says_who_proposed_and_who_accepted(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "propose_adaptation", **TONE, value="brisk", reason="they \u202esaid so\nX: y")
    listed = proposals(home)[0]
    assert listed["summary"] == "writer: set communication.tone"
    assert listed["tool"] == "propose_adaptation"
    assert listed["reason"].startswith("they") and "\n" not in listed["reason"]
    home.helios("review", "accept", kept[:6])
    message = home.git("log", "-1", "--format=%B").stdout
    assert f"\nHelios-Proposal: {kept}\n" in message
    assert f"\nHelios-Proposed-By: an AI client\n" in message
    assert "\nHelios-Source: cli\n" in message and "\nHelios-Reason: they" in message
    assert "\nX: y" not in message and "Helios-Tool" not in message
    assert home.data("log", "writer", "-n", "1")["changes"][0]["proposed_by"] == "an AI client"
    for who in "log", "blame":
        assert ", proposed by an AI client): they" in home.helios(who, "writer").stdout


def test_one_may_propose_where_one_may_write(server, home):
    settings(home, "agent_writes: allow")
    before = home.tracked()
    proposed(server, "propose_adaptation", **TONE, value="brisk")
    assert home.tracked() == {**before, "settings.yaml": home.tracked()["settings.yaml"]}
    settings(home, "agent_writes: deny")
    server.fails("propose_adaptation", **TONE, value="braver")
    assert len(proposals(home)) == 1


def test_what_changes_nothing_is_no_proposal(server, home):
    settings(home, "agent_writes: propose")
    now = home.data("get", "writer", "communication.tone")
    assert server.does("learn_behavior", **TONE, value=now)["changed"] is False
    assert not proposals(home)


def test_other_changes_meanwhile_stay(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "learn_behavior", **TONE, value="brisk")
    home.helios("set", "writer", "communication.style", "short")
    home.helios("set", "base", "technical.rule", "new")
    home.helios("review", "accept", kept)
    for path, value in [("communication.tone", "brisk"), ("communication.style", "short"),
                        ("technical.rule", "new")]:
        assert home.data("get", "writer", path) == value


@pytest.mark.parametrize("tool, arguments, meanwhile", [
    ("learn_behavior", {**TONE, "value": "brisk"}, ["set", "writer", "communication.tone", "slow"]),
    ("learn_behavior", {**TONE, "value": "brisk"}, ["rm", "writer"]),
    ("delete_persona", {"name": "writer"}, ["set", "writer", "mark", "1"]),
    ("create_persona", {"name": "newcomer"}, ["cp", "tutor", "newcomer"]),
    ("delete_persona", {"name": "tutor"}, ["new", "child"]),
])
def test_what_is_in_the_way_is_told_and_nothing_done(server, home, tool, arguments, meanwhile):
    settings(home, "agent_writes: propose")
    kept = proposed(server, tool, **arguments)
    home.helios(*meanwhile)
    if meanwhile[0] == "new":
        home.helios("set", "child", "inherits_from", "tutor")
    before, head = home.tracked(), home.head()
    refused = home.helios("review", "accept", kept, check=False)
    assert refused.returncode == 1 and "error:" in refused.stderr and "hint:" in refused.stderr
    assert home.tracked() == before and home.head() == head
    assert [entry["id"] for entry in proposals(home)] == [kept]
    home.helios("review", "reject", kept)
    assert not proposals(home)
    lab.assert_clean(home)


def test_accepting_twice_is_told(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "learn_behavior", **TONE, value="brisk")
    home.helios("review", "accept", kept)
    for action in ["accept"], ["reject"], ["show"]:
        home.refused("review", *action, kept, code="NO_PROPOSAL")
    assert home.helios("review", "accept", check=False).returncode == 2


def test_a_secret_is_not_kept_either(server, home):
    settings(home, "agent_writes: propose")
    assert "token" in server.fails("learn_behavior", **TONE, value="ghp_" + "a1B2" * 9).lower()
    assert not proposals(home)


def test_there_are_not_more_than_a_person_can_look_at(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "learn_behavior", persona="writer", key="mark", value=1)
    commit = home.git("rev-parse", f"refs/proposals/{kept}").stdout.strip()
    home.git("update-ref", "--stdin", input="".join(
        f"create refs/proposals/{number:010d} {commit}\n" for number in range(199)))
    assert "200 proposals" in server.fails("learn_behavior", **TONE, value="one too many")
    assert len(proposals(home)) == 200
    lab.assert_clean(home)


def test_what_an_agent_writes_cannot_hide(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "learn_behavior", **TONE, value="a\u202eb\u200bc\u2066d")
    shown = home.helios("review", "show", kept).stdout
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x1b]", shown)
    assert "202E" in shown.upper()


def test_gits_own_cleaning_loses_none(server, home):
    settings(home, "agent_writes: propose")
    kept = proposed(server, "learn_behavior", **TONE, value="brisk")
    home.git("pack-refs", "--all")
    home.git("gc", "--quiet")
    home.helios("gc")
    assert [entry["id"] for entry in proposals(home)] == [kept]
    home.helios("review", "accept", kept)
    assert home.data("get", "writer", "communication.tone") == "brisk" and not proposals(home)
    lab.assert_clean(home)


def test_killed_at_any_moment(home, rng):
    """A proposal is there whole or not at all, and accepted once or not at all."""
    settings(home, "agent_writes: propose")
    home.helios("status")
    with Server(home) as server:
        for number in range(ROUNDS):
            proposed(server, "learn_behavior", persona="writer", key="mark", value=number)
    for entry in proposals(home):
        child = home.start("helios", "review", "accept", entry["id"])
        time.sleep(rng.random() * 0.03)
        child.kill()
        child.wait()
        value = home.helios("get", "writer", "mark", check=False).stdout
        again = home.helios("review", "accept", entry["id"], check=False)
        assert again.returncode == 0 or re.search("H218|H212", again.stderr), (value, again.stderr)
        home.helios("review", "reject", entry["id"], check=False)
        lab.assert_clean(home)
    assert not proposals(home)


def test_killed_while_it_proposes(home, rng):
    settings(home, "agent_writes: propose")
    home.helios("status")
    told = 0
    for number in range(ROUNDS):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "learn_behavior", "_meta": envelope(),
            "arguments": {"persona": "writer", "key": "mark", "value": number}}}
        child = home.start("helios-mcp", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(json.dumps(call).encode() + b"\n")
        child.stdin.flush()
        time.sleep(rng.random() * 0.08)
        child.kill()
        told += b'"proposal"' in child.communicate()[0]
        home.helios("set", "tutor", "mark", str(number))  # clears what a kill left
        assert told <= len(proposals(home)) <= number + 1
        lab.assert_clean(home)


# ---- in the view


def test_the_view_has_them(mount):
    home = mount
    settings(home, "agent_writes: propose")
    assert home.names("proposals") == []
    with Server(home) as server:
        first = proposed(server, "propose_adaptation", **TONE, value="brisk", reason="shorter")
        second = proposed(server, "learn_behavior", persona="tutor", key="mark", value=1)
    assert lab.load(home.read("status.yaml"))["proposals"] == sorted([first, second])
    assert set(home.names("proposals")) == {f"{first}.diff", f"{second}.diff"}
    text = home.read(f"proposals/{first}.diff")
    assert text == home.helios("review", "show", first).stdout
    assert "\n+  tone: brisk\n" in text and "# Why: shorter\n" in text
    place = home.view / "proposals"
    assert (place / f"{first}.diff").stat().st_size == len(text.encode())
    patched = home.run("git", "-C", home.path, "apply", "--check", "-p0", place / f"{first}.diff")
    assert patched.returncode == 0
    for wrong in lambda: open(place / f"{first}.diff", "w"), lambda: open(place / "new.diff", "w"), \
            lambda: os.rename(place / f"{first}.diff", place / "b.diff"), \
            lambda: os.stat(place / f"{first[:4]}.diff"):
        with pytest.raises(OSError):
            wrong()
    os.unlink(place / f"{first}.diff")
    assert home.names("proposals") == [f"{second}.diff"]
    assert [entry["id"] for entry in proposals(home)] == [second]
    home.helios("review", "accept", second)
    assert home.names("proposals") == []
    assert "mark: 1" in home.read("personas/tutor.yaml")
    with pytest.raises(FileNotFoundError):
        os.unlink(place / f"{first}.diff")
