"""helios-mcp's framing and protocol: both eras, message by message, on one pipe."""
import json
import os
import select
import time
from pathlib import Path
from subprocess import PIPE

import pytest

import lab
from mcp_client import HANDSHAKES, META, MODERN, Server, envelope

PARSE, INVALID, NO_METHOD, PARAMS, VERSION, NO_RESOURCE = (
    -32700, -32600, -32601, -32602, -32022, -32002)
LISTS = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "skills/list"]


@pytest.fixture
def server(home):
    with Server(home) as server:
        yield server


def code(answer):
    return answer["error"]["code"]


def request(id, method="ping", **params):
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


# ---- the handshake


@pytest.mark.parametrize("version", HANDSHAKES)
def test_each_revision_is_echoed(server, version):
    result = server.initialize(version)
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "helios" and result["serverInfo"]["version"]
    assert result["capabilities"].keys() >= {"tools", "resources", "prompts", "completions"}
    assert "listChanged" not in result["capabilities"]["tools"]
    assert 0 < len(result["instructions"].encode()) <= 2048
    assert not {"resultType", "_meta", "ttlMs", "cacheScope"} & set(result)
    assert server.ask("ping")["result"] == {}


@pytest.mark.parametrize("version", ["1999-01-01", "", "2026-07-28", "v1", "2025-11-25 "])
def test_another_version_gets_the_newest(server, version):
    assert server.initialize(version)["protocolVersion"] == HANDSHAKES[-1]


def test_initialize_wants_params(server):
    assert code(server.ask("initialize")) == PARAMS
    assert code(server.ask("initialize", protocolVersion=1)) == PARAMS
    assert code(server.ask("initialize", capabilities={})) == PARAMS


def test_initialize_again_changes_the_version(server):
    server.initialize("2025-11-25")
    assert server.initialize("2024-11-05")["protocolVersion"] == "2024-11-05"


def test_before_the_handshake_only_ping_is_answered(server):
    assert server.ask("ping")["result"] == {}
    for method in [*LISTS, "tools/call", "resources/subscribe"]:
        error = server.ask(method)["error"]
        assert error["code"] == PARAMS
        for word in ("protocolVersion", "clientCapabilities", "initialize"):
            assert word in error["message"]
    server.initialize()
    assert "result" in server.ask("tools/list")


# ---- the stateless era


@pytest.mark.parametrize("meta, expected, named", [
    (envelope(None), PARAMS, "protocolVersion"),
    (envelope(7), PARAMS, "protocolVersion"),
    ({META + "protocolVersion": None}, PARAMS, "protocolVersion"),
    (envelope(clientCapabilities=None), PARAMS, "clientCapabilities"),
    (envelope(clientCapabilities=[]), PARAMS, "clientCapabilities"),
    (envelope(clientInfo={"name": "x"}), PARAMS, "clientInfo"),
    (envelope(clientInfo="x"), PARAMS, "clientInfo"),
    (envelope(clientInfo={"name": 1, "version": "1"}), PARAMS, "clientInfo"),
    (envelope(logLevel="loud"), PARAMS, "logLevel"),
    ([], PARAMS, "_meta"), ("x", PARAMS, "_meta"), ({}, PARAMS, "protocolVersion"),
    (envelope("2025-11-25"), VERSION, ""), (envelope("v999"), VERSION, ""),
    (envelope(""), VERSION, ""), (envelope("2026-07-28", clientInfo={}), PARAMS, "clientInfo"),
], ids=str)
def test_the_envelope_is_judged_each_time(server, meta, expected, named):
    for _ in range(2):
        error = server.modern("tools/list", meta)["error"]
        assert error["code"] == expected and named in error["message"]
        if expected == VERSION:
            assert error["data"] == {"supported": [MODERN],
                                     "requested": meta[META + "protocolVersion"]}
        assert "result" in server.modern("tools/list")


def test_what_an_envelope_may_hold_besides(server):
    for more in [{"clientInfo": {"name": "x", "version": "1", "icons": []}},
                 {"logLevel": "debug"}, {"clientCapabilities": {"elicitation": {}}}]:
        assert "result" in server.modern("tools/list", envelope(**more))
    other = {"traceparent": "00-1-2-01", "progressToken": 5, "com.example/x": None}
    assert "result" in server.modern("tools/list", envelope() | other)
    assert server.notes == []


def test_discover(server):
    result = server.modern("server/discover")["result"]
    assert result["supportedVersions"] == [MODERN]
    assert "logging" not in result["capabilities"]
    assert "io.modelcontextprotocol/skills" in result["capabilities"]["extensions"]
    assert "serverInfo" not in result and 0 < len(result["instructions"]) <= 2048
    assert code(server.ask("server/discover")) == PARAMS


def test_only_modern_results_say_how_long_they_hold(server):
    server.initialize()
    for method in ["server/discover", *LISTS, "resources/read", "skills/get", "tools/call",
                   "prompts/get", "completion/complete"]:
        params = {"resources/read": {"uri": "helios://base"},
                  "skills/get": {"uri": "skill://helios/writer/SKILL.md"},
                  "tools/call": {"name": "list_personas"},
                  "prompts/get": {"name": "writer"},
                  "completion/complete": {"ref": {"type": "ref/prompt", "name": "use_persona"},
                                          "argument": {"name": "name", "value": ""}},
                  }.get(method, {})
        modern = server.modern(method, **params)["result"]
        assert modern.pop("resultType") == "complete"
        assert modern.pop("_meta")[META + "serverInfo"]["name"] == "helios"
        cached = method not in ("tools/call", "prompts/get", "completion/complete")
        assert (modern.pop("ttlMs", -1) >= 0) == cached
        assert modern.pop("cacheScope", None) in (("public", "private") if cached else (None,))
        if method != "server/discover":
            assert server.ask(method, **params)["result"] == modern


def test_what_may_be_kept_of_a_persona_is_private_and_stale_at_once(server):
    for method, params in [("resources/list", {}), ("prompts/list", {}), ("skills/list", {}),
                           ("resources/read", {"uri": "helios://persona/writer"})]:
        result = server.modern(method, **params)["result"]
        assert (result["cacheScope"], result["ttlMs"]) == ("private", 0)


@pytest.mark.parametrize("method", ["initialize", "ping", "logging/setLevel", "tasks/list",
                                    "resources/subscribe", "resources/unsubscribe", "nonsense",
                                    "", "Tools/list", "tools/list ", "notifications/initialized"])
def test_methods_the_modern_era_does_not_have(server, method):
    assert code(server.modern(method)) == NO_METHOD


@pytest.mark.parametrize("method", ["tasks/list", "nonsense", "", "roots/list",
                                    "notifications/initialized"])
def test_methods_the_handshake_does_not_have(server, method):
    server.initialize()
    assert code(server.ask(method)) == NO_METHOD


def test_both_eras_on_one_process(server):
    server.modern("server/discover")
    server.initialize("2025-06-18")
    assert "resultType" not in server.ask("tools/list")["result"]
    assert "resultType" in server.modern("tools/list")["result"]
    for method in ("server/discover", "subscriptions/listen"):
        error = server.ask(method)["error"]
        assert error["code"] == PARAMS and "protocolVersion" in error["message"]
    assert code(server.modern("ping")) == NO_METHOD
    assert code(server.modern("tools/list", envelope("2025-06-18"))) == VERSION
    assert server.ask("ping")["result"] == {}


# ---- lines


@pytest.mark.parametrize("line", [
    b"{", b'{"jsonrpc":"2.0"', b"}", b"nonsense", b"{}{}", b'{"id":1} x', b'{"id":01}',
    b'{"id":1.}', b'{"id":+1}', b'{"id":0x1}', b'{"id":NaN}', b"{'id':1}", b'{"id":1,}',
    b'{"a":"\x01"}', b'{"a":"\t"}', b'{"a":"\\x"}', b'{"a":"\\u12"}', b'{"a":"\\u0000"}',
    b'{"a":"\xff\xfe"}', b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xf4\x90\x80\x80"}',
    b'{"a":"\xc3"}', b'\x00', b'{"jsonrpc":"2.0","id":1,"method":"ping"}\x00',
    b'{"a":"b\x00c"}', b'{"jsonrpc":"2.0","id":1,\r"method":"pi\rng"}', b"/* c */ {}",
    b'{"a":"b', b'"', b"[", b"tru", b"-", b"\xef\xbb\xbf",
], ids=repr)
def test_what_is_no_json_is_answered_and_forgotten(server, line):
    server.write(line + b"\n")
    [answer] = server.lives()
    assert code(answer) == PARSE and "id" not in answer


@pytest.mark.parametrize("text, id", [
    ("1", None), ("null", None), ('"x"', None), ("true", None), ("[]", None), ("{}", None),
    ('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', None),
    ('{"id":1,"method":"ping"}', 1), ('{"jsonrpc":"1.0","id":"a","method":"ping"}', "a"),
    ('{"jsonrpc":2.0,"id":1,"method":"ping"}', 1), ('{"jsonrpc":"2.0","id":7}', 7),
    ('{"jsonrpc":"2.0","id":7,"method":null}', 7), ('{"jsonrpc":"2.0","id":7,"method":5}', 7),
    ('{"jsonrpc":"2.0","id":null,"method":"ping"}', None),
    ('{"jsonrpc":"2.0","id":true,"method":"ping"}', None),
    ('{"jsonrpc":"2.0","id":1.5,"method":"ping"}', None),
    ('{"jsonrpc":"2.0","id":{},"method":"ping"}', None),
    ('{"jsonrpc":"2.0","id":[1],"method":"ping"}', None),
])
def test_what_is_no_request(server, text, id):
    server.write(text)
    [answer] = server.lives()
    assert code(answer) == INVALID and answer.get("id") == id


@pytest.mark.parametrize("params", [[], "x", 1, None, True], ids=repr)
def test_params_are_an_object(server, params):
    server.send({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": params})
    assert code(server.answer(1)) == PARAMS


@pytest.mark.parametrize("id", ["9007199254740993", "-9007199254740993", "0", "-0", "1e3",
                                "123456789012345678901234567890", '"x"', '""', '"9"',
                                '"ünï \\"q\\" \\\\ \\n"', '"\\u00e9"', '"\U0001f600"',
                                '"' + "x" * 70000 + '"'])
def test_ids_come_back_as_they_were(server, id):
    server.write('{"jsonrpc":"2.0","method":"ping","id" : %s }' % id)
    line = server.lines.get(timeout=lab.PATIENCE).decode()
    assert json.loads(line)["id"] == json.loads(id)
    assert f'"id":{id},' in line and json.loads(line)["result"] == {}


@pytest.mark.parametrize("id", ["1.0", "1.5", "1e-3", "1E-3", "null", "true", "{}", "[]"])
def test_what_is_no_id(server, id):
    server.write('{"jsonrpc":"2.0","method":"ping","id":%s}' % id)
    assert code(server.answer()) == INVALID


def test_lone_surrogates_are_answered(server):
    server.write('{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}')
    assert server.answer()["result"] == {}
    for half in ("\\ud83d", "\\udc00x", "\\ud800\\ud800", "\\udc00\\ud800"):
        server.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":%s,'
                     '"name":"merge_behaviors","arguments":{"persona_name":"%s"}}}'
                     % (json.dumps(envelope()), half))
        assert server.answer(1)["result"]["isError"]


def test_a_key_twice_is_refused_or_one_of_them(server):
    server.write('{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}')
    answer = server.answer()
    assert ("error" in answer and code(answer) == PARSE) or answer["id"] in (1, 2)
    assert server.lives() == []


def test_keys_have_case(server):
    server.write('{"jsonrpc":"2.0","ID":1,"id":2,"Method":"nonsense","method":"ping"}')
    assert server.answer(2)["result"] == {}
    server.write('{"jsonrpc":"2.0","id":3,"Method":"ping"}')
    assert code(server.answer(3)) == INVALID


def test_silence(server):
    server.initialize()
    server.send({"jsonrpc": "2.0", "id": 1, "result": {}},
                {"jsonrpc": "2.0", "id": 99, "error": {"code": 1, "message": "x"}},
                {"jsonrpc": "2.0", "method": "notifications/nonsense"},
                {"jsonrpc": "2.0", "method": "notifications/roots/list_changed"},
                {"jsonrpc": "2.0", "method": "tools/list"},
                {"jsonrpc": "2.0", "method": "nonsense", "params": []},
                *({"jsonrpc": "2.0", "method": "notifications/cancelled", **more}
                  for more in [{}, {"params": {}}, {"params": []}, {"params": {"requestId": {}}},
                               {"params": {"requestId": 12345}}, {"params": {"requestId": None}}]),
                {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {"x": 1}})
    server.write(b"\n\r\n\n")
    assert server.lives() == [] and server.notes == []


def test_carriage_returns_blanks_and_marks(server):
    server.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n')
    server.write(b' \t{ "jsonrpc" : "2.0" , "id" :\t2, "method":"ping" } \n')
    server.write(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":3,"method":"ping"}\n')
    assert [server.answer()["id"] for _ in range(3)] == [1, 2, 3]


def test_many_in_one_write_and_one_in_many(server):
    server.send(*(request(id) for id in range(500)))
    assert [server.answer()["id"] for _ in range(500)] == list(range(500))
    for byte in json.dumps(request("ü€😀"), ensure_ascii=False).encode() + b"\n":
        server.write(bytes([byte]))
    assert server.answer("ü€😀")["result"] == {}


def memory(server):
    status = Path(f"/proc/{server.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0])  # KiB at its highest


def test_nobody_reads_what_is_logged(home):
    """A client that leaves standard error alone must not stop the server when the pipe is full."""
    with home.start("helios-mcp", stdin=PIPE, stdout=PIPE, stderr=PIPE, bufsize=0) as child:
        try:
            call = json.dumps(request(1, "tools/call", _meta=envelope(), name="explain_behavior",
                                      arguments={"persona": "nope"})).encode() + b"\n"
            for _ in range(3000):
                child.stdin.write(call)
                assert select.select([child.stdout], [], [], lab.PATIENCE)[0], "it has stopped"
                assert json.loads(child.stdout.readline())["result"]["isError"]
            child.stdin.close()
            assert child.wait(lab.PATIENCE) == 0
        finally:
            child.kill()


def test_a_line_too_long_is_thrown_away(server):
    before = memory(server)
    for _ in range(2):
        for _ in range(20):
            server.write(b"[" + b"1," * (1 << 19))
        server.write(b"\n")
        answer = server.answer()
        assert code(answer) == INVALID and "id" not in answer
    assert server.lives() == []
    if not lab.SANITIZED:
        assert memory(server) - before < 64 << 10


def test_a_line_just_short_enough_is_read(server):
    before = memory(server)
    server.write(json.dumps(request(1, pad="x" * (9 << 20))))
    assert server.answer(1)["result"] == {}
    server.write(json.dumps(request(2, pad=[1] * (3 << 20))))
    assert server.answer(2)["result"] == {}
    server.write(json.dumps(request(3, pad={f"k{i}": i for i in range(300000)})))
    assert server.answer(3)["result"] == {}
    if not lab.SANITIZED:
        assert memory(server) - before < 128 << 10


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
def test_depth(server, opening, closing):
    deep = opening * 10000 + "1" + closing * 10000
    server.write('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":%s}}' % deep)
    server.write(opening * 10000)
    assert [code(answer) for answer in server.lives()] == [PARSE, PARSE]


# ---- batches


def test_batches_are_of_one_revision(server):
    server.initialize("2025-03-26")
    server.send([request(1), {"jsonrpc": "2.0", "method": "notifications/nonsense"},
                 request("two", "nonsense"), 5, [request(3)]])
    one, two, *bad = server.answer()
    assert one == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert two["id"] == "two" and code(two) == NO_METHOD
    assert [code(answer) for answer in bad] == [INVALID, INVALID]
    server.send([{"jsonrpc": "2.0", "method": "notifications/nonsense"}])
    assert server.lives() == []
    server.send([])
    assert code(server.answer()) == INVALID
    for version in ("2024-11-05", "2025-06-18", "2025-11-25"):
        server.initialize(version)
        server.send([request(1), request(2)])
        [answer] = server.lives()
        assert code(answer) == INVALID


def test_a_batch_is_no_way_to_ask_for_more_than_a_client_takes(server):
    server.initialize("2025-03-26")
    server.send([1] * 101)
    assert code(server.answer()) == INVALID
    server.send([request(n, "tools/list") for n in range(100)])
    assert len(server.answer()) == 100


def test_the_modern_era_has_no_batches(server):
    server.send([request(1, "tools/list", _meta=envelope())])
    assert code(server.answer()) == INVALID


# ---- what is asked for


CURSORS = ["nonsense", "after:zzz/..", 5, None, ["x"], {}, "\u2028", "x" * 9000]


@pytest.mark.parametrize("method", LISTS)
def test_cursors(server, method):
    server.initialize()
    whole = server.ask(method)["result"]
    assert server.ask(method, cursor="")["result"] == whole
    paged = method in ("resources/list", "prompts/list", "skills/list")
    for cursor in [c for c in CURSORS if not paged or c != "after:zzz/.."]:
        assert code(server.ask(method, cursor=cursor)) == PARAMS
        assert code(server.modern(method, cursor=cursor)) == PARAMS


def test_pages_hold_everything_once(home):
    text = "specialization_level: 2\nidentity:\n  role: one of many\n"
    for number in range(450):
        (home.path / f"personas/p{number:03}.yaml").write_text(text)
    home.git("add", "personas")
    home.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "many")
    with Server(home) as server:
        for kind, key, more in ("resources", "uri", 2), ("prompts", "name", 1), ("skills", "uri", 0):
            found, cursor, pages = [], {}, 0
            while cursor is not None:
                result = server.modern(f"{kind}/list", **cursor)["result"]
                found += [entry[key] for entry in result[kind]]
                cursor = {"cursor": result["nextCursor"]} if "nextCursor" in result else None
                pages += 1
            assert len(found) == len(set(found)) == 450 + 10 + more and 1 < pages < 10


UNKNOWN = [
    ("tools/call", {"name": "nonsense"}, PARAMS, PARAMS),
    ("tools/call", {"name": "Get_base_config"}, PARAMS, PARAMS),
    ("tools/call", {}, PARAMS, PARAMS),
    ("tools/call", {"name": 5}, PARAMS, PARAMS),
    ("tools/call", {"name": "list_personas", "arguments": []}, PARAMS, PARAMS),
    ("tools/call", {"name": "list_personas", "arguments": None}, PARAMS, PARAMS),
    ("prompts/get", {"name": "nonsense"}, PARAMS, PARAMS),
    ("prompts/get", {"name": "../base"}, PARAMS, PARAMS),
    ("prompts/get", {"name": "use_persona"}, PARAMS, PARAMS),
    ("prompts/get", {"name": "use_persona", "arguments": {"name": 5}}, PARAMS, PARAMS),
    ("prompts/get", {"name": "use_persona", "arguments": {"name": "nonsense"}}, PARAMS, PARAMS),
    ("prompts/get", {"name": "use_persona", "arguments": {"name": "../x"}}, PARAMS, PARAMS),
    ("prompts/get", {"name": "writer", "arguments": []}, PARAMS, PARAMS),
    ("prompts/get", {}, PARAMS, PARAMS),
    ("resources/read", {}, PARAMS, PARAMS),
    ("resources/read", {"uri": 1}, PARAMS, PARAMS),
    *(("resources/read", {"uri": uri}, PARAMS, NO_RESOURCE) for uri in [
        "helios://nonsense", "helios://persona/nonsense", "helios://persona/", "helios://base/",
        "helios://persona/writer/nonsense", "helios://persona/..", "helios://persona/%2e%2e",
        "helios://persona/..%2fbase", "helios://persona/%00", "helios://persona/writer%00",
        "helios://persona/writer%", "helios://persona/writer%2", "helios://persona/%ff",
        "helios://persona//source", "HELIOS://base", "file:///etc/passwd", "", "x" * 70000,
        "helios://persona/" + "a" * 70000, "helios://persona/%77%72%69%74%65%72%2fsource",
        "skill://helios/nonsense/SKILL.md", "skill://helios/writer/../writer/SKILL.md"]),
    ("skills/get", {"uri": "skill://helios/nonsense/SKILL.md"}, PARAMS, PARAMS),
    ("skills/get", {}, PARAMS, PARAMS),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": "nonsense"},
                             "argument": {"name": "name", "value": ""}}, PARAMS, PARAMS),
    ("completion/complete", {"ref": {"type": "ref/resource", "uri": "helios://nonsense/{name}"},
                             "argument": {"name": "name", "value": ""}}, PARAMS, PARAMS),
    ("completion/complete", {"ref": {"type": "ref/resource",
                                     "uri": "helios://persona/{name}/nonsense"},
                             "argument": {"name": "name", "value": ""}}, PARAMS, PARAMS),
    ("completion/complete", {"ref": {"type": "nonsense", "name": "use_persona"},
                             "argument": {"name": "name", "value": ""}}, PARAMS, PARAMS),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": "use_persona"}}, PARAMS,
     PARAMS),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": "use_persona"},
                             "argument": {"name": "name", "value": 1}}, PARAMS, PARAMS),
    ("completion/complete", {}, PARAMS, PARAMS),
]


@pytest.mark.parametrize("method, params, modern, handshake", UNKNOWN,
                         ids=[f"{u[0]} {json.dumps(u[1])[:60]}" for u in UNKNOWN])
def test_what_is_not_there_has_its_code(server, method, params, modern, handshake):
    server.initialize()
    for error, expected in [(server.modern(method, **params)["error"], modern),
                            (server.ask(method, **params)["error"], handshake)]:
        assert error["code"] == expected and error["message"]
        if handshake == NO_RESOURCE:
            assert error["data"] == {"uri": params["uri"]}


def test_no_name_however_cut_makes_a_line_that_is_no_text(server):
    for length in range(95, 104):
        name = "x" * length + "é€😀" * 50
        assert code(server.modern(name)) == NO_METHOD
        assert code(server.modern("tools/call", name=name)) == PARAMS
        assert code(server.modern("prompts/get", name=name)) == PARAMS
        assert server.fails("merge_behaviors", persona_name=name)
        assert server.fails("list_personas", **{name: 1})


def complete(server, ref, value, argument="name"):
    answer = server.ask("completion/complete", ref=ref,
                        argument={"name": argument, "value": value})
    return answer["result"]["completion"]


def test_completion(server):
    server.initialize()
    refs = [{"type": "ref/prompt", "name": "use_persona"},
            *({"type": "ref/resource", "uri": template["uriTemplate"]} for template in
              server.ask("resources/templates/list")["result"]["resourceTemplates"])]
    assert len(refs) == 5
    for ref in refs:
        assert complete(server, ref, "a") == {"values": ["analyst", "architect"], "total": 2,
                                              "hasMore": False}
        assert complete(server, ref, "AR")["values"] == ["architect"]
        assert complete(server, ref, "nonsense")["values"] == []
        assert len(complete(server, ref, "")["values"]) == 10
        assert complete(server, ref, "a", "nonsense")["values"] == []
    assert complete(server, {"type": "ref/prompt", "name": "writer"}, "a")["values"] == []


def test_resources(server, home):
    server.initialize()
    listed = server.ask("resources/list")["result"]["resources"]
    assert [r["uri"] for r in listed] == ["helios://base", "helios://status", *(
        f"helios://persona/{path.stem}" for path in sorted(home.path.glob("personas/*")))]
    prompt = server.ask("prompts/get", name="writer")["result"]["messages"][0]["content"]["text"]
    for uri, expected in [("helios://base", home.source("base")),
                          ("helios://persona/writer", home.helios("show", "writer").stdout),
                          ("helios://persona/%77riter", home.helios("show", "writer").stdout),
                          ("helios://persona/writer/source", home.source("writer")),
                          ("helios://persona/writer/explain",
                           home.helios("explain", "writer").stdout),
                          ("helios://persona/writer/prompt", prompt)]:
        [content] = server.ask("resources/read", uri=uri)["result"]["contents"]
        assert (content["uri"], content["text"]) == (uri, expected)
    status = server.ask("resources/read", uri="helios://status")["result"]["contents"][0]["text"]
    assert lab.load(status)


def test_log_levels_are_the_handshakes(server):
    server.initialize()
    assert server.ask("logging/setLevel", level="debug")["result"] == {}
    for level in ("loud", "", None, 3):
        assert code(server.ask("logging/setLevel", level=level)) == PARAMS
    server.ask("tools/call", name="merge_behaviors", arguments={"persona_name": "nobody"})
    assert server.note("message")["level"] == "warning"
    server.notes.clear()
    server.call("merge_behaviors", persona_name="nobody")
    assert server.notes == []


# ---- subscriptions


def listen(server, id, **notifications):
    server.send(request(id, "subscriptions/listen", _meta=envelope(), notifications=notifications))
    note = server.note("subscriptions/acknowledged")
    assert note["_meta"] == {META + "subscriptionId": id}
    return note["notifications"]


def tag(id):
    return {"_meta": {META + "subscriptionId": id}}


def test_listening_is_acknowledged_and_ended(server):
    wanted = {"promptsListChanged": True, "resourceSubscriptions": ["helios://persona/writer"]}
    assert listen(server, "listen:0", toolsListChanged=True, resourcesListChanged=False,
                  **wanted) == wanted
    assert listen(server, 7) == {}
    assert server.lives() == [], "it stays open"
    ended = {message["id"]: message["result"] for message in server.end()}
    assert set(ended) == {"listen:0", 7}
    for id, result in ended.items():
        assert result["resultType"] == "complete"
        assert result["_meta"][META + "subscriptionId"] == id
        assert result["_meta"][META + "serverInfo"]["name"] == "helios"


def test_a_cancelled_subscription_is_silent(server, home):
    listen(server, 1, resourceSubscriptions=["helios://persona/writer"])
    listen(server, 2, resourceSubscriptions=["helios://persona/writer"])
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                 "params": {"requestId": 1, "_meta": envelope()}})
    assert server.lives() == []
    home.helios("set", "writer", "communication.tone", "brisk")
    server.note("resources/updated", uri="helios://persona/writer", **tag(2))
    assert server.lives() == [] and server.notes == []
    assert [message["id"] for message in server.end()] == [2]


def test_an_id_is_for_one_subscription(server, home):
    listen(server, "L", resourceSubscriptions=["helios://base"])
    again = request("L", "subscriptions/listen", _meta=envelope(), notifications={})
    server.send(again)
    assert code(server.answer("L")) == INVALID
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                 "params": {"requestId": "L", "_meta": envelope()}})
    home.helios("set", "base", "communication.tone", "brisk")
    assert server.lives() == [] and server.notes == []
    assert listen(server, "L") == {} and len(server.end()) == 1


def test_what_can_never_be_a_resource_is_not_listened_to(server):
    may = ["helios://persona/not-there-yet", "helios://status"]
    assert listen(server, 1, resourceSubscriptions=["garbage", *may, "helios://nope"]) == {
        "resourceSubscriptions": may}
    server.initialize()
    assert server.ask("resources/subscribe", uri=may[0])["result"] == {}
    refused = server.ask("resources/subscribe", uri="garbage")
    assert code(refused) == -32002 and refused["error"]["data"] == {"uri": "garbage"}


@pytest.mark.parametrize("params", [
    {}, {"notifications": []}, {"notifications": {"resourceSubscriptions": "x"}},
    {"notifications": {"resourceSubscriptions": [1]}}], ids=str)
def test_what_cannot_be_listened_to(server, params):
    assert code(server.modern("subscriptions/listen", **params)) == PARAMS


def test_there_is_an_end_to_subscriptions(server):
    for id in range(300):
        server.send(request(f"s{id}", "subscriptions/listen", _meta=envelope(), notifications={}))
    refused = server.lives()
    assert refused and {code(answer) for answer in refused} == {-32603}
    assert len(server.end()) + len(refused) == 300


def test_a_change_by_the_command_line_is_told(server, home):
    uris = [f"helios://persona/writer{face}" for face in ("", "/source", "/explain", "/prompt")]
    listen(server, "all", resourceSubscriptions=[*uris, "helios://persona/tutor"])
    home.helios("set", "writer", "communication.tone", "brisk")
    for uri in uris:
        server.note("resources/updated", uri=uri, **tag("all"))
    home.helios("set", "base", "communication.language", "Latin")
    server.note("resources/updated", uri="helios://persona/tutor", **tag("all"))
    server.lives()
    assert "tutor" not in json.dumps([note for note in server.notes if "list" in note["method"]])


def test_own_changes_are_told_too(server):
    listen(server, 1, resourceSubscriptions=["helios://persona/writer"])
    server.does("learn_behavior", persona="writer", key="communication.tone", value="brisk")
    server.note("resources/updated", uri="helios://persona/writer", **tag(1))


def test_a_new_persona_is_told_to_who_asked(server, home):
    listen(server, 1, promptsListChanged=True)
    listen(server, 2, resourcesListChanged=True)
    listen(server, 3)
    home.helios("new", "poet")
    server.note("prompts/list_changed", **tag(1))
    server.note("resources/list_changed", **tag(2))
    server.lives()
    assert server.notes == []


def test_the_handshakes_subscriptions(server, home):
    server.initialize()
    uri = "helios://persona/writer"
    server.ask("prompts/list")
    assert server.ask("resources/subscribe", uri=uri)["result"] == {}
    assert server.ask("resources/subscribe", uri=uri)["result"] == {}
    assert code(server.ask("resources/subscribe")) == PARAMS
    home.helios("set", "writer", "communication.tone", "brisk")
    assert server.note("resources/updated") == {"uri": uri}
    home.helios("new", "poet")
    assert server.note("prompts/list_changed") == server.note("resources/list_changed") == {}
    assert server.ask("resources/unsubscribe", uri=uri)["result"] == {}
    assert server.ask("resources/unsubscribe", uri="helios://nonsense")["result"] == {}
    home.helios("set", "writer", "communication.tone", "slow")
    home.helios("new", "poet2")
    server.note("prompts/list_changed")
    assert not [note for note in server.notes if "updated" in note["method"]]


def test_the_modern_era_hears_nothing_unasked(server, home):
    server.modern("prompts/list")
    server.call("get_active_persona", persona_name="writer")
    listen(server, 1, resourcesListChanged=True)
    home.helios("new", "poet")
    server.note("resources/list_changed", **tag(1))
    assert server.lives() == [] and server.notes == []


# ---- the end


LEARN = {"name": "learn_behavior", "arguments": {"persona": "writer", "key": "communication.tone",
                                                 "value": "brisk"}}


def test_progress_of_what_takes_long(home):
    """A request that waits for the home's lock says so, with rising numbers and its own token."""
    with lab.Lock(home), Server(home) as server:
        server.send({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": "learn_behavior", "_meta": {**envelope(), "progressToken": "t-7"},
            "arguments": {"persona": "writer", "key": "mark", "value": "x"}}})
        seen = [server.note("progress", progressToken="t-7")["progress"] for _ in range(2)]
    assert 0 < seen[0] < seen[1]


@pytest.mark.parametrize("way", ["end", "terminate"])
@pytest.mark.parametrize("state", ["fresh", "open", "answering", "locked", "flooded"])
def test_it_ends_when_it_shall(home, way, state):
    """An official client kills a server that takes longer than two seconds."""
    with Server(home) as server:
        if state != "fresh":
            server.does("list_personas")
        if state == "answering":
            server.send(*(request(id, "tools/call", _meta=envelope(), **LEARN) for id in range(5)))
        with lab.Lock(home):
            if state in ("locked", "flooded"):
                server.send(request(1, "tools/call", _meta=envelope(), **LEARN))
            if state == "flooded":
                server.send(*(request(f"p{id}") for id in range(600)))
            time.sleep(0.3)
            said = getattr(server, way)()
            if state in ("locked", "flooded"):  # it did not wait for the lock until that was lost
                assert 1 not in [answer["id"] for answer in said]
    lab.assert_clean(home)


@pytest.fixture
def unread(home):
    """A server whose output nobody reads."""
    child = home.start("helios-mcp", stdin=PIPE, stdout=PIPE, bufsize=0)
    yield child
    child.stdin.close()
    child.stdout.close()


@pytest.mark.parametrize("way", ["close", "terminate"])
def test_a_client_that_does_not_read_can_end_it(unread, way):
    line = json.dumps(request(1, "tools/list", _meta=envelope())).encode() + b"\n"
    os.set_blocking(unread.stdin.fileno(), False)
    refused = 0
    while refused < 20:
        refused += unread.stdin.write(line) is None
        time.sleep(0.01 * bool(refused))
    unread.stdin.close() if way == "close" else unread.terminate()
    assert unread.wait(lab.PATIENCE) == 0


def test_what_was_asked_before_the_end_is_answered(server):
    server.send(*(request(id) for id in range(100)))
    server.write(b'{"jsonrpc":"2.0","id":"part","meth')
    answers = server.end()
    assert [answer["id"] for answer in answers][:100] == list(range(100))
    assert len(answers) == 100


def test_a_client_that_is_gone(unread):
    unread.stdout.close()
    unread.stdin.write(json.dumps(request(1)).encode() + b"\n")
    assert unread.wait(lab.PATIENCE) == 0


def test_a_queued_request_can_be_cancelled(server, home):
    with lab.Lock(home):
        server.send(request("slow", "tools/call", _meta=envelope(), **LEARN),
                    request("gone", "tools/call", _meta=envelope(), **LEARN), request("kept"),
                    {"jsonrpc": "2.0", "method": "notifications/cancelled",
                     "params": {"requestId": "gone", "reason": "tired of waiting"}})
        time.sleep(0.3)  # until it has heard of both; if not, only less is tested
    assert server.answer("slow")["result"]["structuredContent"]["changed"]
    assert server.answer("kept")["result"] == {}
    assert server.lives() == []


def test_a_request_at_work_can_be_cancelled(server, home):
    with lab.Lock(home):
        server.send(request("slow", "tools/call", _meta=envelope(), **LEARN))
        time.sleep(0.3)
        server.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                     "params": {"requestId": "slow"}})
        time.sleep(0.3)
    assert server.lives() == []


def disk(path):
    """Everything below a path with all that a look at it cannot change."""
    return {str(entry): (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            for entry in [path, *path.rglob("*")] for found in [entry.lstat()]}


def test_starting_touches_nothing(home):
    before = disk(home.path)
    with Server(home) as server:
        server.initialize()
        server.lives()
    with Server(home) as server:
        server.lives()
        server.terminate()
    assert disk(home.path) == before
    with Server(home) as server:
        for method in LISTS:
            assert "result" in server.modern(method)
        for tool in ("list_personas", "get_base_config"):
            server.does(tool)
    assert disk(home.path) == before


def test_no_home_is_no_reason_to_make_one(home):
    missing = home.room / "missing"
    with Server(home, "--dir", missing) as server:
        server.initialize()
        for method in LISTS:
            assert "result" in server.modern(method) and "result" in server.ask(method)
        assert "helios init" in server.fails("list_personas")
        assert code(server.modern("resources/read", uri="helios://base")) == PARAMS
        assert code(server.ask("resources/read", uri="helios://base")) == NO_RESOURCE
        for method, params in [("prompts/get", {"name": "writer"}),
                               ("skills/get", {"uri": "skill://helios/writer/SKILL.md"})]:
            assert code(server.modern(method, **params)) == PARAMS
        assert complete(server, {"type": "ref/prompt", "name": "use_persona"}, "")["values"] == []
        listen(server, 1, resourcesListChanged=True)
    assert not missing.exists()


def test_arguments(home):
    assert home.run("helios-mcp", "--help").stdout.startswith("usage: helios-mcp")
    assert home.run("helios-mcp", "--version").stdout.startswith("helios-mcp ")
    for wrong in (["--nonsense"], ["x"], ["--dir"]):
        done = home.run("helios-mcp", *wrong, check=False)
        assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_another_user(user_home):
    with Server(user_home) as server:
        server.initialize()
        assert server.does("learn_behavior", persona="writer", key="x", value=1)["changed"]
    lab.assert_clean(user_home)
