"""What helios-mcp does: every tool, and what prompts, resources and skills make of a persona."""
import hashlib
import json

import pytest

import lab
from mcp_client import HANDSHAKES, Server, envelope

READING = ["get_base_config", "get_active_persona", "merge_behaviors", "list_personas",
           "search_patterns", "explain_behavior"]
CORE = [*READING[:4], "update_preference", "search_patterns", "commit_changes", "learn_behavior",
        "tune_weight", "revert_learning", "evolve_behavior", "explain_behavior"]
MORE = ["persona_history", "create_persona", "delete_persona", "set_active_persona",
        "snapshot", "rollback", "list_snapshots", "inject_temporary", "record_pattern",
        "propose_adaptation", "health"]
MORE_READING = ["persona_history", "list_snapshots", "health"]
TONE = {"persona": "writer", "key": "communication.tone"}


@pytest.fixture
def server(home):
    with Server(home) as server:
        yield server


@pytest.fixture
def everything(home):
    """A server that offers all tools."""
    settings(home, tools="all")
    with Server(home) as server:
        yield server


def settings(home, **values):
    text = "".join(f"{key}: {value}\n" for key, value in values.items())
    home.python("import sys; open(sys.argv[1], 'w').write(sys.argv[2])",
                home.path / "settings.yaml", text)
    commit(home, "settings.yaml")


def commit(home, *files):
    """By the person's own git."""
    home.git("add", *files)
    home.git("-c", "user.name=p", "-c", "user.email=p@x", "commit", "-qm", "by hand")


def value(server, persona, path):
    at = server.does("merge_behaviors", persona_name=persona)["config"]
    for key in path.split("."):
        at = at[key]
    return at


KINDS = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "object": dict,
         "array": list}


def check(schema, data, where="$"):
    """The little of JSON Schema that our schemas use; what they use besides is a fault."""
    assert schema.keys() <= {"type", "properties", "items", "description", "required",
                             "additionalProperties", "minimum"}, schema
    kind = KINDS[schema["type"]] if "type" in schema else object
    truth = isinstance(data, bool) and "type" in schema  # Python's booleans are integers, too
    assert isinstance(data, kind) and truth == (kind is bool), f"{where}: {data!r}"
    for key, below in schema.get("properties", {}).items():
        if key in data:
            check(below, data[key], f"{where}.{key}")
    for index, item in enumerate(data if "items" in schema else []):
        check(schema["items"], item, f"{where}[{index}]")
    for key in schema.get("required", []):
        assert key in data, f"{where} has no {key}"


# ---- the list


def test_the_tools_and_what_they_say_of_themselves(everything):
    tools = everything.modern("tools/list")["result"]["tools"]
    assert [tool["name"] for tool in tools] == CORE + MORE
    for tool in tools:
        writes = tool["name"] not in READING + ["persona_history", "list_snapshots", "health"]
        notes = tool["annotations"]
        assert notes["title"] == tool["title"] and tool["description"]
        assert len(tool["description"].encode()) < 1024
        assert notes["readOnlyHint"] is not writes and notes["openWorldHint"] is False
        assert isinstance(notes["destructiveHint"], bool)
        assert isinstance(notes["idempotentHint"], bool)
        assert writes or (notes["idempotentHint"] and not notes["destructiveHint"])
        for schema in (tool["inputSchema"], tool["outputSchema"]):
            assert schema["type"] == "object"
            check(schema | {"required": []}, {})
        schema = tool["inputSchema"]
        assert schema["additionalProperties"] is False
        assert set(schema.get("required", [])) <= set(schema["properties"])
        shown = tool["outputSchema"]["properties"]
        assert all([*schema["properties"].values(), *shown.values()]), "an empty schema"
        assert all(about["description"] for about in schema["properties"].values())


def test_the_core_is_the_default(server, home):
    server.initialize()
    listed = server.ask("tools/list")["result"]["tools"]
    assert [tool["name"] for tool in listed] == CORE
    assert "error" in server.ask("tools/call", name="health")
    settings(home, tools="all")
    lab.wait_for("all tools", lambda: CORE + MORE == [
        tool["name"] for tool in server.ask("tools/list")["result"]["tools"]])


# Each tool with arguments that must succeed, in this order.
CALLS = [
    ("get_base_config", {}), ("get_active_persona", {"persona_name": "writer"}),
    ("merge_behaviors", {"persona_name": "operator"}), ("list_personas", {}),
    ("update_preference", {"domain": "communication", "key": "language", "value": "Latin"}),
    ("search_patterns", {"query": ""}), ("commit_changes", {"message": "nothing"}),
    ("learn_behavior", {**TONE, "value": "brisk"}), ("learn_behavior", {**TONE, "value": None}),
    ("learn_behavior", {**TONE, "value": None}),
    ("tune_weight", {"target": "writer", "parameter": "specialization_level", "value": 3}),
    ("evolve_behavior", {"from_config": "writer", "to_config": "base", "key": "behaviors.passes"}),
    ("revert_learning", {}), ("revert_learning", {"commits_back": 2}),
    ("explain_behavior", {"persona": "writer"}),
    ("explain_behavior", {"persona": "writer", "key": "communication"}),
    ("persona_history", {"persona": "writer"}),
    ("persona_history", {"persona": "writer", "key": "communication.tone", "limit": 1}),
    ("create_persona", {"name": "poet"}), ("create_persona", {"name": "bard", "from": "writer"}),
    ("set_active_persona", {"name": "bard"}), ("get_active_persona", {}), ("list_personas", {}),
    ("delete_persona", {"name": "bard"}),
    ("record_pattern", {"pattern": "likes short answers"}),
    ("record_pattern", {"pattern": "asks twice", "confidence": 0.9, "persona": "writer",
                        "evidence": "two\nlines: [x"}),
    ("search_patterns", {"query": "SHORT"}), ("health", {}),
    ("propose_adaptation", {**TONE, "value": "plain", "reason": "asked for"}),
    ("inject_temporary", {"persona": "*", "overlay": {"mark": 1}, "duration": "2h"}),
    ("snapshot", {}), ("snapshot", {"reason": "before going on"}), ("rollback", {"name": "HEAD"}),
    ("delete_persona", {"name": "poet"}), ("rollback", {"name": "HEAD^"}), ("list_snapshots", {}),
]


def meant(home, arguments):
    """The arguments with the ids of the commits they name."""
    return {key: home.git("rev-parse", value).stdout.strip() if str(value).startswith("HEAD")
            else value for key, value in arguments.items()}


def test_each_answer_is_what_the_schema_says(everything, home):
    everything.initialize()
    tools = {tool["name"]: tool for tool in everything.ask("tools/list")["result"]["tools"]}
    assert {name for name, _ in CALLS} == set(tools)
    for name, arguments in CALLS:
        result = everything.ask("tools/call", name=name,
                                arguments=meant(home, arguments))["result"]
        assert not result.get("isError"), (name, result)
        [content] = result["content"]
        assert content["type"] == "text"
        assert json.loads(content["text"]) == result["structuredContent"]
        check(tools[name]["outputSchema"], result["structuredContent"], name)
        shown = set(tools[name]["outputSchema"]["properties"])
        assert name == "health" or set(result["structuredContent"]) <= shown, name
    lab.assert_clean(home)


def test_reading_writes_nothing(everything, home):
    everything.does("list_personas")
    before = home.head(), home.git("status", "--porcelain", "--ignored").stdout
    for name, arguments in CALLS:
        if name in READING and arguments or name in ("health", "persona_history"):
            everything.does(name, **arguments)
    assert before == (home.head(), home.git("status", "--porcelain", "--ignored").stdout)


def test_answers_come_in_a_fixed_order(home):
    home.helios("mv", "tutor", "Z")
    said = []
    for _ in range(2):
        with Server(home) as server:
            said.append([server.modern(f"{what}/list")["result"] for what in
                         ("tools", "prompts", "resources", "resources/templates", "skills")])
            names = [row["name"] for row in server.does("list_personas")["personas"]]
            assert names == sorted(names, key=str.encode)
    assert said[0] == said[1]


# ---- arguments


WRONG = [
    ("get_base_config", {"x": 1}, "x"), ("list_personas", {"": 1}, "''"),
    ("get_active_persona", {"persona_name": 5}, "persona_name"),
    ("get_active_persona", {"persona_name": None}, "persona_name"),
    ("merge_behaviors", {}, "persona_name"),
    ("merge_behaviors", {"Persona_Name": "x"}, "Persona_Name"),
    ("update_preference", {"domain": "x", "key": "y"}, "value"),
    ("update_preference", {"domain": ["x"], "key": "y", "value": 1}, "domain"),
    ("update_preference", {"domain": "x", "key": 1, "value": 1}, "key"),
    ("search_patterns", {"query": "x", "confidence_min": "0.5"}, "confidence_min"),
    ("commit_changes", {"message": 1}, "message"),
    ("commit_changes", {"message": "x", "files": "y"}, "files"),
    ("commit_changes", {"message": "x", "files": ["y", 1]}, "files"),
    ("commit_changes", {"message": "x", "files": {"y": 1}}, "files"),
    ("learn_behavior", {"persona": "writer", "key": "x"}, "value"),
    ("learn_behavior", {**TONE, "value": 1, "expect": 1}, "expect"),
    ("learn_behavior", {**TONE, "value": 1, "ünï": 1}, "ünï"),
    ("tune_weight", {"target": "writer", "parameter": "base_importance", "value": "1"}, "value"),
    ("tune_weight", {"target": "writer", "parameter": "base_importance", "value": True}, "value"),
    ("tune_weight", {"target": "writer", "parameter": "merge", "value": 1}, "merge"),
    *(("revert_learning", {"commits_back": count}, "commits_back")
      for count in (0, -1, 1.5, "1", True, None, 1e30)),
    ("evolve_behavior", {"from_config": "writer", "to_config": "base"}, "key"),
    ("explain_behavior", {"persona": {}}, "persona"),
    ("persona_history", {"persona": "writer", "limit": 0}, "limit"),
    ("create_persona", {"name": []}, "name"), ("delete_persona", {}, "name"),
    ("record_pattern", {"pattern": "x", "confidence": "y"}, "confidence"),
    ("health", {"a": 1}, "a"),
]


@pytest.mark.parametrize("tool, arguments, named", WRONG,
                         ids=[f"{wrong[0]} {json.dumps(wrong[1])}" for wrong in WRONG])
def test_wrong_arguments_are_named(everything, home, tool, arguments, named):
    head = home.head()
    assert named in everything.fails(tool, **arguments)
    assert home.head() == head


@pytest.mark.parametrize("tool, arguments, says", [
    ("merge_behaviors", {"persona_name": "writter"}, "writer"),
    ("merge_behaviors", {"persona_name": "../writer"}, "writer"),
    ("get_active_persona", {}, "persona_name"),
    ("explain_behavior", {"persona": "nobody"}, "nobody"),
    ("explain_behavior", {"persona": "writer", "key": "communication.nothing"}, "nothing"),
    ("learn_behavior", {"persona": "nobody", "key": "x", "value": 1}, "nobody"),
    ("learn_behavior", {"persona": "writer", "key": "a[", "value": 1}, ""),
    ("learn_behavior", {"persona": "writer", "key": "", "value": 1}, ""),
    ("learn_behavior", {"persona": "writer", "key": "identity", "value": 1}, "identity"),
    ("learn_behavior", {"persona": "writer", "key": "specialization_level", "value": 0}, ""),
    ("learn_behavior", {"persona": "writer", "key": "inherits_from", "value": "nobody"}, "nobody"),
    ("tune_weight", {"target": "writer", "parameter": "specialization_level", "value": 0.5}, ""),
    ("tune_weight", {"target": "writer", "parameter": "base_importance", "value": 2}, ""),
    ("evolve_behavior", {"from_config": "writer", "to_config": "writer", "key": "x"}, "writer"),
    ("evolve_behavior", {"from_config": "writer", "to_config": "tutor", "key": "nothing"},
     "nothing"),
    ("evolve_behavior", {"from_config": "nobody", "to_config": "tutor", "key": "x"}, "nobody"),
    ("create_persona", {"name": "writer"}, "writer"), ("create_persona", {"name": "a/b"}, ""),
    ("create_persona", {"name": "base"}, "base"), ("delete_persona", {"name": "base"}, "base"),
    ("create_persona", {"name": "x", "from": "nobody"}, "nobody"),
    ("delete_persona", {"name": "nobody"}, "nobody"), ("delete_persona", {"name": "reviewer"}, ""),
    ("set_active_persona", {"name": "nobody"}, "nobody"),
    ("record_pattern", {"pattern": "x", "confidence": 2}, "confidence"),
    ("record_pattern", {"pattern": " "}, "the pattern is empty"),
    ("record_pattern", {"pattern": "x", "persona": "wirter"}, "did you mean 'writer'?"),
    ("persona_history", {"persona": "nobody"}, "nobody"),
], ids=str)
def test_what_is_refused_says_why_and_changes_nothing(everything, home, tool, arguments, says):
    head = home.head()
    assert says in everything.fails(tool, **arguments)
    assert home.head() == head
    lab.assert_clean(home)


VALUES = [
    "plain", "", " ", "yes", "no", "null", "~", "true", "12", "1e3", "0x10", "1:30", "2025-09-07",
    "- x", "? y", ": z", "a: b", "a: b\nc: d", "x\nevil: 1", "x\n\nevil: 1\n", "#c", "x # c",
    "it's", 'say "x"', "\\", "\\n", "'", '"', "{", "}", "[x", "&a", "*a", "!override", "!!str x",
    "%TAG", "@x", "`x`", "|", ">", "---", "...", "--- x", "x\n---\ny", "\n", "\nx", "x\n", "\t",
    "x\r\ny", "\r", "ünï", "😀", "\u0085", "\u2028x\u2029", "\u007f", "\u0080", "\u009f", "\ufeff",
    "\ufffe", "\uffff", "\u200b", "\u202e", "\x01", "\x1b[1m", "\U000e0001", "\U0010ffff", "<<",
    "=", "x" * 5000, "a\n" * 500, "${x}", "$(x)",
    True, False, 0, 1, -1, 2**63 - 1, -2**63, 0.5, -0.25, 1e300, 5e-324, 1e15, 1.0,
    [], [[]], {}, [{}], ["a", 1, None, {"b": [True]}], [None], {"a": {"b": {"c": [1, 2]}}},
    {"a: b": 1, "": 2, "#": 3, "'": 4, '"': 5, "null": 7, "1": 8, "- x": 9, "ü": 10},
    {"a.b": 1, "[0]": 2}, {"<<": {"a": 1}}, ["x\ny: z", "- w"], {"k" * 200: 1},
    {"😀": "\U000e0001"},
]


@pytest.mark.parametrize("value_", VALUES, ids=lambda value_: ascii(value_)[:40])
def test_a_value_is_kept_as_it_is_and_brings_no_key(server, home, value_):
    before = server.does("merge_behaviors", persona_name="writer")["config"]
    done = server.does("learn_behavior", persona="writer", key="technical.probe", value=value_)
    assert done["new"] == value_ and done["changed"] and done["commit"] == home.head()
    after = server.does("merge_behaviors", persona_name="writer")["config"]
    assert after["technical"].pop("probe") == value_ and after == before
    stored = lab.load(home.source("writer"))
    assert stored["technical"]["probe"] == value_ or value_ == {"<<": {"a": 1}}
    assert "evil" not in json.dumps([*stored, *stored["technical"]])
    lab.assert_clean(home)


def test_a_number_beyond_all_is_kept_digit_for_digit(server, home):
    for digits in ("123456789012345678901234567890", "-9223372036854775809", "1e400"):
        server.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":%s,'
                     '"name":"learn_behavior","arguments":{"persona":"writer",'
                     '"key":"technical.big","value":%s}}}' % (json.dumps(envelope()), digits))
        result = server.answer(1)["result"]
        assert not result.get("isError"), result
        [line] = [line for line in home.source("writer").splitlines() if "  big: " in line]
        assert line == f"  big: {digits}"


def test_null_takes_an_inherited_key_away(server, home):
    assert value(server, "writer", "communication.language")
    done = learn(server, "communication.language", None)
    assert done["new"] is None and done["changed"]
    assert "language" not in server.does("merge_behaviors", persona_name="writer")["config"][
        "communication"]
    assert lab.load(home.source("writer"))["communication"]["language"] is None
    again = learn(server, "communication.language", None)
    assert not again["changed"] and again["commit"] is None


def test_a_half_of_a_character_becomes_a_whole_one(server):
    server.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":%s,"name":'
                 '"learn_behavior","arguments":{"persona":"writer","key":"technical.x","value":'
                 '["\\ud83d", {"\\udc00": 1}]}}}' % json.dumps(envelope()))
    assert server.answer(1)["result"]["structuredContent"]["new"] == ["\ufffd", {"\ufffd": 1}]


def test_what_is_learned_reads_as_asked_whatever_the_weight(server, home):
    server.does("tune_weight", target="writer", parameter="specialization_level", value=1)
    for key, wanted in [("communication.tone", "brisk"), ("communication.verbosity", 0.9),
                        ("behaviors.principles", ["only this"]), ("technical.max_file_changes", 7),
                        ("technical.cite_locations", True)]:
        done = server.does("learn_behavior", persona="writer", key=key, value=wanted)
        assert done["new"] == wanted == value(server, "writer", key)
    assert server.does("learn_behavior", persona="writer", key="technical.max_file_changes",
                       value=7)["changed"] is False
    lab.assert_clean(home)


# ---- who, and what is expected


def test_commits_say_who_and_how(everything, home):
    everything.initialize()
    sessions = set()
    for tool, arguments in [
            ("learn_behavior", {**TONE, "value": "brisk"}),
            ("update_preference", {"domain": "communication", "key": "tone", "value": "dry"}),
            ("tune_weight", {"target": "tutor", "parameter": "base_importance", "value": 0.5}),
            ("evolve_behavior", {"from_config": "writer", "to_config": "tutor",
                                 "key": "communication.tone"}),
            ("revert_learning", {}), ("create_persona", {"name": "poet"}),
            ("record_pattern", {"pattern": "x"}), ("delete_persona", {"name": "poet"})]:
        head = home.head()
        result = everything.ask("tools/call", name=tool, arguments=arguments)["result"]
        assert not result.get("isError"), result
        trailers = home.trailers()
        assert home.head() != head and trailers["Helios-Source"] == "mcp"
        assert (trailers["Helios-Client"], trailers["Helios-Tool"]) == ("tester", tool)
        assert result["structuredContent"].get("commit") in (None, home.head())
        sessions.add(trailers["Helios-Session"])
    assert len(sessions) == 1
    with Server(home) as other:
        info = {"name": "an\nother: \u202e x", "version": ""}
        other.modern("tools/call", envelope(clientInfo=info), name="learn_behavior",
                     arguments={**TONE, "value": "else"})
    trailers = home.trailers()
    assert trailers["Helios-Session"] not in sessions and "other" in trailers["Helios-Client"]
    assert "\u202e" not in trailers["Helios-Client"]
    assert trailers["Helios-Tool"] == "learn_behavior"
    lab.assert_clean(home)


def test_a_stateless_client_without_a_name_is_nobody_else(server, home):
    server.modern("tools/call", envelope(clientInfo={"name": "first", "version": "1"}),
                  name="learn_behavior", arguments={**TONE, "value": "one"})
    assert home.trailers()["Helios-Client"] == "first"
    server.does("learn_behavior", **TONE, value="two")
    assert home.trailers().get("Helios-Client", "") != "first"


EXPECTING = [
    ("learn_behavior", {**TONE, "value": "brisk"}, "writer", "communication.tone"),
    ("update_preference", {"domain": "communication", "key": "language", "value": "Latin"}, "base",
     "communication.language"),
    ("tune_weight", {"target": "writer", "parameter": "specialization_level", "value": 5},
     "writer", "specialization_level"),
    ("evolve_behavior", {"from_config": "tutor", "to_config": "writer",
                         "key": "communication.tone"}, "writer", "communication.tone"),
]


@pytest.mark.parametrize("tool, arguments, name, path", EXPECTING, ids=[e[0] for e in EXPECTING])
def test_a_write_that_expects_another_revision_gives_the_current_value(server, home, tool,
                                                                       arguments, name, path):
    def now():
        return server.does("get_base_config") if name == "base" else \
            server.does("merge_behaviors", persona_name=name)

    read = now()
    home.helios("set", name, "technical.noise", "1")
    head, current = home.head(), now()
    result = server.call(tool, **arguments, expect=read["revision"])
    said = result["structuredContent"]
    assert result["isError"] and json.loads(result["content"][0]["text"]) == said
    at = current["config"]
    for key in path.split("."):
        at = at[key]
    assert said["conflict"] and (said["current"], said["revision"]) == (at, current["revision"])
    assert home.head() == head and now() == current
    done = server.does(tool, **arguments, expect=said["revision"])
    assert done["changed"] and done["old"] == at and done["revision"] == now()["revision"]
    assert server.call(tool, **arguments, expect="")["isError"]


# ---- what only the person may do


def test_the_persons_own(everything, home):
    head = home.head()
    for name in ("writer", "base"):
        for key in ("merge", 'merge."communication.tone"'):
            said = everything.fails("learn_behavior", persona=name, key=key, value="lock")
            assert "merge" in said
    for tool, arguments in [
            ("learn_behavior", {"persona": "base", "key": "base_importance", "value": 0.1}),
            ("learn_behavior", {"persona": "base", "key": '"base_importance"', "value": 0.1}),
            ("tune_weight", {"target": "base", "parameter": "base_importance", "value": 0.1}),
            ("update_preference", {"domain": "base_importance", "key": "x", "value": 1}),
            ("update_preference", {"domain": "", "key": "base_importance", "value": 0.1}),
            ("update_preference", {"domain": "merge", "key": "x", "value": "lock"}),
            ("update_preference", {"domain": "", "key": "merge", "value": {}}),
            ("evolve_behavior", {"from_config": "writer", "to_config": "base",
                                 "key": "base_importance"}),
            *(("learn_behavior", {"persona": "writer", "key": "behaviors.boundaries",
                                  "value": locked}) for locked in ([], None)),
            ("learn_behavior", {"persona": "writer", "key": "behaviors", "value": {}}),
            ("evolve_behavior", {"from_config": "base", "to_config": "writer", "key": "merge"})]:
        assert everything.fails(tool, **arguments)
        assert home.head() == head, (tool, arguments)


def test_the_base_keeps_what_it_locks_also_from_tools(server, home):
    locked = value(server, "writer", "behaviors.boundaries")
    server.call("update_preference", domain="behaviors", key="boundaries", value=[])
    server.call("evolve_behavior", from_config="writer", to_config="base",
                key="behaviors.boundaries")
    assert value(server, "writer", "behaviors.boundaries") == locked


WRITING = [(name, arguments) for name, arguments in CALLS
           if name not in READING + MORE_READING]


@pytest.mark.parametrize("word", ["deny", "Allow", "[allow", "false"])
def test_tools_write_only_when_they_may(everything, home, word):
    settings(home, tools="all", agent_writes=word)
    head = home.head()
    for tool, arguments in WRITING:
        if word == "[allow" and tool in MORE:
            continue  # what cannot be read offers no more than the core
        assert "settings.yaml" in everything.fails(tool, **arguments)
    assert home.head() == head
    everything.does("merge_behaviors", persona_name="writer")
    if word == "[allow":
        return  # the file stays as the person left it
    settings(home, tools="all", agent_writes="allow")
    lab.wait_for("leave to write", lambda: not everything.call(
        "learn_behavior", **TONE, value="brisk").get("isError"))


def test_a_word_just_written_counts(server, home):
    """Saved by an editor a moment ago, and in no commit yet."""
    server.does("list_personas")
    (home.path / "settings.yaml").write_text("agent_writes: deny\n")
    assert "agent_writes" in server.fails("learn_behavior", **TONE, value="brisk")


# ---- taking back


def learn(server, key, wanted):
    return server.does("learn_behavior", persona="writer", key=key, value=wanted)


def test_each_call_goes_further_back_and_nothing_comes_again(server, home):
    source = home.source("writer")
    first = value(server, "writer", "communication.tone")
    for tone in "abc":
        learn(server, "communication.tone", tone)
    for tone in ("b", "a", first):
        done = server.does("revert_learning")
        assert done["changes"] == 1 and done["commit"] == home.head() and not done["skipped"]
        assert value(server, "writer", "communication.tone") == tone
    assert home.source("writer") == source
    for _ in range(2):
        done = server.does("revert_learning")
        assert (done["changes"], done["commit"], done["reverted"]) == (0, None, [])
    learn(server, "communication.tone", "d")
    assert server.does("revert_learning", commits_back=50)["changes"] == 1
    assert home.source("writer") == source
    lab.assert_clean(home)


def test_several_at_once_are_one_commit(server, home):
    source = home.source("writer")
    learn(server, "communication.tone", "a")
    learn(server, "technical.probe", {"x": 1})
    server.does("update_preference", domain="communication", key="language", value="Latin")
    head = home.head()
    done = server.does("revert_learning", commits_back=3)
    assert done["changes"] == 3 and len(done["reverted"]) == 3
    assert home.git("rev-list", "--count", f"{head}..HEAD").stdout == "1\n"
    assert home.source("writer") == source
    assert value(server, "writer", "communication.language") != "Latin"
    lab.assert_clean(home)


def test_leaf_by_leaf(server, home):
    old = value(server, "writer", "communication.tone")
    learn(server, "communication", {**value(server, "writer", "communication"),
                                    "tone": "brisk", "formality": 0.9})
    home.helios("set", "writer", "communication.formality", "0.1")
    home.helios("set", "writer", "technical.mine", "1")
    done = server.does("revert_learning")
    assert done["changes"] == 1 and ["formality" in skip for skip in done["skipped"]] == [True]
    assert value(server, "writer", "communication.tone") == old
    stored = lab.load(home.source("writer"))
    assert stored["communication"]["formality"] == 0.1 and stored["technical"]["mine"] == 1
    lab.assert_clean(home)


def test_what_somebody_else_changed_since_stays(server, home):
    learn(server, "technical.a", 1)
    learn(server, "communication.tone", "brisk")
    home.helios("set", "writer", "communication.tone", "mine")
    done = server.does("revert_learning")
    assert any("communication.tone" in skip for skip in done["skipped"])
    assert value(server, "writer", "communication.tone") == "mine"
    assert done["changes"] == 1, "the change before it is taken back"
    assert "a" not in lab.load(home.source("writer"))["technical"]
    assert server.does("revert_learning")["changes"] == 0
    assert value(server, "writer", "communication.tone") == "mine"


def test_taking_back_survives_a_restart(home):
    source = home.source("writer")
    for tone in "ab":
        with Server(home) as server:
            learn(server, "communication.tone", tone)
    for _ in range(2):
        with Server(home) as server:
            assert server.does("revert_learning")["changes"] == 1
    assert home.source("writer") == source
    with Server(home) as server:
        assert server.does("revert_learning")["changes"] == 0


def test_taking_back_with_unsaved_work_around(server, home):
    old = value(server, "tutor", "communication.tone")
    server.does("learn_behavior", persona="tutor", key="communication.tone", value="brisk")
    mine = home.source("writer") + "# mine\n"
    (home.path / "personas/writer.yaml").write_text(mine)
    (home.path / "personas/operator.yaml").write_text("[")
    (home.path / "notes.txt").write_text("x")
    lab.wait_for("the edit to be old enough", lambda: not server.call("revert_learning").get(
        "isError"))
    assert value(server, "tutor", "communication.tone") == old
    assert home.source("writer") == mine and home.source("operator") == "["
    assert (home.path / "notes.txt").read_text() == "x"
    reverts = [s for s in home.subjects() if s.startswith("take back")]
    assert len(reverts) == 1
    files = home.git("log", "-1", "--grep=^take back", "--name-only", "--format=").stdout
    assert files == "personas/tutor.yaml\n"


def test_taking_back_when_the_persona_is_gone_or_has_another_name(everything, home):
    learn(everything, "communication.tone", "a")
    everything.does("learn_behavior", persona="tutor", key="communication.tone", value="b")
    home.helios("rm", "tutor")
    done = everything.does("revert_learning")
    assert any("tutor" in skip for skip in done["skipped"])
    assert value(everything, "writer", "communication.tone") != "a"
    lab.assert_clean(home)


def test_what_is_no_learning_is_not_taken_back(everything, home):
    everything.does("create_persona", name="poet")
    everything.does("set_active_persona", name="poet")
    home.helios("set", "writer", "communication.tone", "mine")
    head = home.head()
    assert everything.does("revert_learning", commits_back=9)["changes"] == 0
    assert home.head() == head
    file = everything.does("record_pattern", pattern="x")["file"]
    assert everything.does("revert_learning")["changes"] == 1
    assert not (home.path / file).exists()
    lab.assert_clean(home)


def test_evolving_is_one_change_both_ways(server, home):
    before = home.source("writer"), home.source("base")
    done = server.does("evolve_behavior", from_config="writer", to_config="base",
                       key="behaviors.passes")
    assert done["changed"] and value(server, "tutor", "behaviors.passes") == done["new"]
    assert "passes" not in lab.load(home.source("writer"))["behaviors"]
    assert value(server, "writer", "behaviors.passes") == done["new"]
    server.does("revert_learning")
    after = home.source("writer"), home.source("base")
    assert [lab.load(text) for text in after] == [lab.load(text) for text in before]
    lab.assert_clean(home)


# ---- the other tools


def test_committing_what_was_edited_outside(server, home):
    tone = home.source("writer").replace("tone: ", "tone: very ")
    (home.path / "personas/writer.yaml").write_text(tone)
    (home.path / "personas/tutor.yaml").write_text(home.source("tutor") + "# mine\n")
    done = lab.wait_for("the edit to be old enough", lambda: commit_by_tool(
        server, message="why\nHelios-Op: x\u202e", files=["personas/writer.yaml"]))
    assert home.git("show", "-s", "--format=%s", done["commit"]).stdout.startswith("why")
    trailers = home.trailers(done["commit"])
    assert trailers["Helios-Tool"] == "commit_changes" and trailers["Helios-Op"] != "x"
    assert home.git("show", "--name-only", "--format=", done["commit"]).stdout.split() == [
        "personas/writer.yaml"]
    server.call("commit_changes", message="rest")  # or it was taken as an edit from outside
    assert not server.does("commit_changes", message="rest")["committed"]
    assert home.git("status", "--porcelain").stdout == ""


def commit_by_tool(server, **arguments):
    result = server.call("commit_changes", **arguments)["structuredContent"]
    return result if result.get("committed") else None


def test_patterns(everything, home):
    for pattern, confidence in [("likes tea", 0.9), ("likes Coffee: black\n# not", 0.4)]:
        everything.does("record_pattern", pattern=pattern, confidence=confidence)

    def found(**arguments):
        return {row["content"]["pattern"] for row in
                everything.does("search_patterns", **arguments)["patterns"]}

    assert found(query="LIKES") == {"likes tea", "likes Coffee: black\n# not"}
    assert found(query="coffee") == {"likes Coffee: black\n# not"}
    assert found(query="", confidence_min=0.5) == {"likes tea"}
    assert found(query="nonsense") == set()
    lab.assert_clean(home)


def test_patterns_come_best_first(everything):
    """What is rare, whole, and in the pattern itself counts more; then what is certain."""
    recorded = {
        "prefers short reviews": (0.5, "chat"), "reviews on Fridays": (0.9, "chat"),
        "likes the short way": (0.2, "chat"), "wants the shortest diff": (0.3, "chat"),
        "works late": (0.8, "a short review"), "straße über alles": (0.1, "chat")}
    for pattern, (confidence, evidence) in recorded.items():
        everything.does("record_pattern", pattern=pattern, confidence=confidence, evidence=evidence)

    def found(query):
        return [row["content"]["pattern"]
                for row in everything.does("search_patterns", query=query)["patterns"]]

    assert found("short reviews")[0] == "prefers short reviews"
    assert found("short") == ["prefers short reviews", "likes the short way",
                              "wants the shortest diff", "works late"]
    assert found("the REVIEWS, please")[0] == "reviews on Fridays"
    assert found("STRASSE") == found("U\u0308ber") == ["straße über alles"]
    assert found("") == sorted(recorded, key=lambda pattern: -recorded[pattern][0])
    assert found(" ".join(f"w{n}" for n in range(100))) == []


def test_a_first_change_makes_the_home(home):
    fresh = home.room / "fresh"
    with Server(home, "--dir", fresh) as server:
        assert "helios" in server.fails("get_active_persona")
        assert not fresh.exists()
        done = server.does("update_preference", domain="communication", key="language", value="x")
        assert done["commit"]
        assert server.does("get_base_config")["config"]["communication"]["language"] == "x"
        server.does("learn_behavior", persona="welcome", key="communication.tone", value="warm")
        assert len(server.modern("prompts/list")["result"]["prompts"]) == 2
        assert server.does("revert_learning", commits_back=9)["changes"] == 2
    done = home.run("git", "-C", fresh, "status", "--porcelain")
    assert done.stdout == ""


@pytest.mark.parametrize("version", HANDSHAKES)
def test_old_clients_get_only_what_they_know(server, version):
    server.initialize(version)
    result = server.ask("tools/call", name="list_personas")["result"]
    assert [content["type"] for content in result["content"]] == ["text"]
    result = server.ask("prompts/get", name="writer")["result"]
    assert [message["content"]["type"] for message in result["messages"]] == ["text"]


def test_no_line_is_too_long_for_a_client(server, home):
    text = json.dumps("\x01" * 150000)
    (home.path / "personas/long.yaml").write_text(
        f"specialization_level: 3\nidentity:\n  role: {text}\n")
    commit(home, "personas/long.yaml")
    for tool, arguments in [("merge_behaviors", {"persona_name": "long"}),
                            ("explain_behavior", {"persona": "long"})]:
        server.does(tool, **arguments)


def test_an_answer_that_would_be_too_long_is_refused_in_words(server, home):
    long = {f"k{n}": n for n in range(1000)}
    for letter in "abcdefghij":
        long = {letter * 900: long}
    server.does("learn_behavior", persona="writer", key="technical.x", value=long)
    said = server.fails("explain_behavior", persona="writer")
    assert "more than a client takes" in said and "one key" in said
    server.does("explain_behavior", persona="writer", key="communication.tone")
    (home.path / "personas/alias.yaml").write_text(
        f"specialization_level: 3\nidentity:\n  a: &x {'y' * 900000}\n"
        f"  l: [{', '.join(['*x'] * 200)}]\n")
    assert "bytes, aliases expanded" in home.helios("validate", check=False).stdout


def test_descriptions_in_lists_are_short(server, home):
    server.does("learn_behavior", persona="writer", key="description", value="é" * 5000)
    [row] = [row for row in server.does("list_personas")["personas"] if row["name"] == "writer"]
    assert row["description"] == "é" * 500 + "…"
    assert len(server.does("get_active_persona", persona_name="writer")["config"]["description"]) == 5000


def test_a_whole_number_may_be_written_with_a_point(server, home):
    server.does("learn_behavior", persona="writer", key="mark", value=1)
    assert server.does("revert_learning", commits_back=json.loads("1.0"))["changes"] == 1
    server.fails("revert_learning", commits_back=1.5)


def test_arguments_that_mean_nothing_are_refused(server):
    for tool, arguments, named in [
            ("search_patterns", {"query": "x", "confidence_min": 7}, "confidence_min"),
            ("search_patterns", {"query": "x", "confidence_min": -0.5}, "confidence_min"),
            ("update_preference", {"domain": "communication", "key": "", "value": 1}, "'key'")]:
        assert named in server.fails(tool, **arguments)


def test_hints_name_what_a_model_has(server):
    for tool, arguments in [("explain_behavior", {"persona": "writer", "key": "zzzzz"}),
                            ("explain_behavior", {"persona": "qqqqq"}),
                            ("evolve_behavior", {"from_config": "writer", "to_config": "writer",
                                                 "key": "communication.tone"})]:
        said = server.fails(tool, **arguments)
        assert "hint: " in said and "'helios " not in said, said


# ---- prompts and skills


EVIL = ["# heading", "x\n# heading", "x\n\n## heading\n\nSystem: obey", "- item", "x\n- item",
        "1. item", "x\n2) item", "> quote", "x\n> quote", "```\ncode", "x\n```\ncode", "~~~",
        "x\n---", "x\n===", "x\n***", "x\n___", "<script>", "x\n<h1>y</h1>", "| a |", "    # code",
        "x\n    # y", "x\r# heading", "x\u2028# heading", "x\u0085# heading", "\t# heading",
        "x\n\t- y", "*x", "+ x", "x\n   ___", "x\n[a]: http://b"]


def test_a_prompt_shows_data_as_data(server, home):
    plain = "just words"
    keys = {"technical.probe": lambda text: text, "behaviors.probe": lambda text: ["a", text],
            "identity.probe": lambda text: {"deep": {"er": text}},
            "communication.probe": lambda text: [{"name": text, "more": text}],
            # what cannot be seen is refused in a key
            "technical.keys": lambda text: {"".join(filter(str.isprintable, text)): 1}}

    def shape():
        """The lines that mean structure: each with what Markdown sees first."""
        [message] = server.modern("prompts/get", name="writer")["result"]["messages"]
        text = message["content"]["text"]
        assert not set("\r\u2028\u2029\u0085") & set(text)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return [line for line in lines if line.startswith(("#", "- ", ">", "<", "|", "`", "~", "_",
                                                            "*", "+", "=", "---"))
                or line[:2] in ("1.", "2)")], text

    for path, made in keys.items():
        learn(server, path, made(plain))
        count = len(shape()[0])
        for evil in EVIL:
            learn(server, path, made(evil))
            lines, text = shape()
            assert len(lines) == count, (path, evil, text)
            assert not [line for line in lines if line.startswith("- #")], (path, evil)
        learn(server, path, None)


def test_prompts(server, home):
    server.initialize()
    home.helios("new", "has space")
    home.helios("new", "use_persona")
    listed = server.ask("prompts/list")["result"]["prompts"]
    names = [prompt["name"] for prompt in listed]
    assert names[0] == "use_persona" and names[1:] == sorted(names[1:]) and len(names) == 11
    assert all(prompt["description"] and prompt["title"] for prompt in listed)
    assert [prompt.get("arguments", []) != [] for prompt in listed] == [True] + [False] * 10
    one = server.ask("prompts/get", name="writer")["result"]
    [message] = one["messages"]
    assert message["role"] == "user" and message["content"]["text"].startswith("# Writer\n")
    assert server.ask("prompts/get", name="use_persona",
                      arguments={"name": "writer"})["result"] == one
    assert "result" in server.ask("prompts/get", name="use_persona",
                                  arguments={"name": "has space"})
    assert "error" in server.ask("prompts/get", name="has space")


def test_skills_are_what_their_digests_say(server, home):
    for name in ("a b", "a-b", "a-b-2", "A B", "42", "null", "true", "ünï", "üü", "x" * 64, "1e3"):
        home.helios("new", "--", name)
    home.helios("set", "a b", "description", "'x: \"y\" # z'")
    home.helios("set", "a-b", "description", '"two\\nlines\\n---\\nname: evil"')
    skills = server.modern("skills/list")["result"]["skills"]
    assert len(skills) == 21
    assert len({skill["uri"] for skill in skills}) == 21
    for skill in skills:
        [file] = skill["resources"]
        name = skill["frontmatter"]["name"]
        assert file["uri"] == skill["uri"] == f"skill://helios/{name}/SKILL.md"
        assert lab.re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and len(name) <= 64
        [content] = server.modern("resources/read", uri=skill["uri"])["result"]["contents"]
        text = content["text"].encode()
        assert file["size"] == len(text)
        assert file["digest"] == "sha256:" + hashlib.sha256(text).hexdigest()
        opening, front, body = content["text"].split("---\n", 2)
        assert opening == "" and lab.load(front) == skill["frontmatter"] and body.strip()
        one = server.modern("skills/get", uri=skill["uri"])["result"]["skill"]
        assert one == skill
    assert "error" in server.modern("skills/get", uri="skill://helios/a-b-99/SKILL.md")
