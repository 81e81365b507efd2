"""import: files of other programs become personas that read as the files did; what is damaged, taken
or not ours changes nothing."""
import base64
import json
import os
import shutil
import stat
import struct
import subprocess
import zlib

import pytest

import lab

DATA = lab.SOURCE / "tests/data/import"
# What programs tell of themselves, and who holds the lock.
OF_PROGRAMS = {".health_metrics.yaml", ".session_state.yaml", ".generation", ".helios.lock"}


def everything(path):
    """All there is beneath, with modes and bytes; what programs tell of themselves left out."""
    found = {}
    for file in sorted(path.rglob("*")):
        name, about = str(file.relative_to(path)), file.lstat()
        if name not in OF_PROGRAMS:
            found[name] = (about.st_mode, file.read_bytes() if stat.S_ISREG(about.st_mode) else None)
    return found


def imported(home, file, *options):
    """Imports a file: the answer, and the persona as it is stored."""
    answer = home.data("import", file, *options)
    assert len(answer["personas"]) == 1
    lab.assert_clean(home)
    return answer, lab.load(home.source(answer["personas"][0]))


def refused(home, file, *options, name="IMPORT"):
    """An import that must be refused, and leaves the home byte for byte as it was."""
    before = everything(home.path)
    done = home.helios("--json", "import", file, *options, check=False)
    assert done.returncode in (1, 2), done.stdout
    error = json.loads(done.stdout)["error"]
    assert error["name"] == name, error
    assert error["hint"] and everything(home.path) == before
    return error


def put(home, name, data):
    file = home.room / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def whats(answer, which):
    return [note["what"] for note in answer[which]]


def prompt(home, name):
    return home.helios("show", "--prompt", name).stdout


# ---- rules in Markdown

def test_rules_read_as_the_file_did(home):
    answer, stored = imported(home, DATA / "CLAUDE.md")
    assert (answer["kind"], answer["personas"]) == ("markdown", ["claude"])
    assert home.subjects()[0] == "claude: import of rules in Markdown"
    assert list(stored) == ["name", "description", "specialization_level", "introduction",
                            "commands", "code_style", "communication", "the_version", "testing",
                            "testing_2"]
    assert stored["name"] == "Tidewatch"
    assert stored["commands"][1] == "```sh\nmake -j4\n    # the checks need a built tree\nmake check\n```"
    assert stored["code_style"]["general"][2:] == ["Names say what a thing is",
                                                    ["no abbreviations", "no `data`, no `info`"]]
    assert stored["code_style"]["errors"][2] == "1. who fails, explains"
    assert stored["code_style"]["tests"].splitlines()[1] == "|------|-------|"
    assert stored["communication"]["avoid"] == ["flattery", "repeating the question"]
    assert stored["testing"] == ["Ask first."] and stored["testing_2"] == ["Then run it."]
    assert whats(answer, "dropped") == ["@docs/architecture.md", "@~/.claude/mine.md", "comments (1)",
                                        "dividing lines (1)"]
    text = prompt(home, "claude")
    assert text.startswith("# Tidewatch\n") and "keep this short" not in text
    file = (DATA / "CLAUDE.md").read_text()
    for line in file.splitlines():
        words = line.strip("#-> |`*").strip().replace("**", "")
        if words and "-->" not in line and "<!--" not in line and not set(words) <= set("-|"):
            assert words.lower() in text.lower().replace("**", "").replace("\\", ""), line


def test_setext_headings_and_a_name_of_ones_own(home):
    _, stored = imported(home, DATA / "AGENTS.md", "--as", "guide")
    assert stored["name"] == "Repository Guidelines"
    assert stored["introduction"] == "Keep changes small."
    assert stored["getting_help"] == ["ask in the issue", "never guess"]


def test_rules_of_cursor(home):
    answer, stored = imported(home, DATA / "typescript.mdc")
    assert answer["kind"] == "cursor-rules" and answer["personas"] == ["typescript"]
    assert stored["description"] == "How TypeScript is written here"
    assert stored["naming"] == {"files": "kebab-case", "types": "PascalCase"}
    assert whats(answer, "dropped") == ["globs", "alwaysApply"]
    answer, stored = imported(home, put(home, ".cursorrules", "Always answer in French.\n"))
    assert answer["personas"] == ["cursorrules"]
    assert stored["introduction"] == "Always answer in French."
    assert home.subjects()[0] == "cursorrules: import of rules of Cursor"


def test_front_matter(home):
    answer, stored = imported(home, put(home, "x.instructions.md", (
        "---\nname: My Rules\ndescription: 'one: two'\napplyTo: '**'\nauthor: me\nlist: [a]\n---\n\n"
        "# Title\n\n- a\n")))
    assert answer["personas"] == ["my-rules"] and whats(answer, "dropped") == ["applyTo", "list"]
    assert (stored["name"], stored["description"], stored["author"]) == ("Title", "one: two", "me")
    answer, stored = imported(home, put(home, "rules.md", "---\nNot front matter.\n---\n\ntext\n"))
    assert stored["not_front_matter"] == ["text"], "a dividing line, and a heading underlined"


@pytest.mark.parametrize("text, expected", [
    ("## Description\nx\n## Name\ny\n## Merge\nz\n## base_importance\n9\n",
     {"the_description": ["x"], "the_name": ["y"], "the_merge": ["z"], "the_base_importance": ["9"]}),
    ("## Identity\nx\n## Technical\n- a\n", {"identity": {"general": ["x"]},
                                             "technical": {"general": ["a"]}}),
    ("# A\n## B\n### C\nx\n# D\ny\n", {"a": {"b": {"c": "x"}}, "d": ["y"]}),
    ("## A\n### General\nx\n", {"a": {"general": "x"}}),
    ("## A\ntop\n### General\nx\n", {"a": {"general": "top", "general_2": "x"}}),
    ("## A\n- a\n\n- b\n\ntext\n\n    code\n", {"a": ["a", "b", "text", "    code"]}),
    ("## A\n* a\n  goes on\n\n  and on\n* b\n", {"a": ["a\ngoes on\n\nand on", "b"]}),
    ("## A\n- a\n  ```\n  # no heading\n  ```\n- b\n", {"a": ["a\n```\n# no heading\n```", "b"]}),
    ("```\n# no heading\n", {"introduction": "```\n# no heading"}),
    ("## A\n- K: v\n- K: w\n", {"a": ["K: v", "K: w"]}),
    ("## A\n- K: v\n- **L:** w\n- M:\n  - n\n", {"a": {"k": "v", "l": "w", "m": ["n"]}}),
    ("## A\n- see https://x.y/z\n- at 10:30\n", {"a": ["see https://x.y/z", "at 10:30"]}),
    ("## A\n<!-- never ends\ntext\n", {"a": ["<!-- never ends\ntext"]}),
    ("## ÄÖ Straße & C++ #1 ##\nx\n", {"äö_straße_and_c++_#1": ["x"]}),
    ("## A\n- yes\n- null\n- 1\n- '!override x'\n- &a *b\n", {"a": [
        "yes", "null", "1", "'!override x'", "&a *b"]}),
    ("﻿## A\r\n- x\r\n- y\r\n", {"a": ["x", "y"]}),
    ("## " + "long " * 60 + "\nx\n", {"_".join(["long"] * 20): {"heading": ("long " * 60).strip(),
                                                                "general": "x"}}),
    ("## ***\nx\n", {"section": {"heading": "***", "general": "x"}}),
])
def test_what_markdown_becomes(home, text, expected):
    _, stored = imported(home, put(home, "m.md", text))
    assert stored.pop("name") in ("m", "A")
    assert stored.pop("specialization_level") == 2 and stored.pop("description") is None
    assert stored == expected


def test_characters_that_are_not_seen(home):
    answer, stored = imported(home, put(home, "m.md", "## Pay​‮ no\x07w\n- a​b\x1b[2J\n"))
    assert stored["pay_now"] == ["a​b\x1b[2J"]
    assert [what[:3] for what in whats(answer, "dropped")] == ["Pay"]
    assert "\x1b" not in home.helios("import", home.room / "m.md", "--as", "again").stdout
    assert "\x1b" not in prompt(home, "m")


def test_what_is_no_text_or_too_much(home):
    for name, data in {"a.md": b"", "b.md": b"\n \n", "c.md": b"x\0y", "d.md": b"\xff\xfe", "e.txt": b"x",
                       "f.yaml": b"name: x\n", "g.md": b"#\n" * 3000, "h.md": b"x" * ((1 << 20) + 1),
                       "i.json": b"[]", "j.md": b"- a\n" * 200000, "k": b"", "l.md": b"---\na: 1\n---\n",
                       }.items():
        refused(home, put(home, name, data), name="LIMIT" if name == "j.md" else "IMPORT")
    for name, data, size in [("p.png", png(), 32 << 20), ("q.json", b"{}", 2 << 20), ("r.mdc", b"x", 1 << 20)]:
        error = refused(home, put(home, name, data + b" " * (size + 1 - len(data))))
        assert "too large" in error["message"] and "MiB" in error["hint"]
    os.mkfifo(home.room / "pipe.md")
    refused(home, home.room / "pipe.md")
    refused(home, "/dev/zero")
    refused(home, home.room / "nowhere.md", name="IO")


def test_much_that_is_accepted(home):
    imported(home, put(home, "deep.md", "".join(" " * 2 * i + f"- k{i}:\n" for i in range(200)) +
                       " " * 400 + "- x\n"))
    imported(home, put(home, "many.md", "## same\nx\n" * 1900))
    assert len(lab.load(home.source("many"))) == 1903
    imported(home, put(home, "wide.md", "## a\n" + "".join(f"- k{i}: v\n" for i in range(20000))))


# ---- names

def test_names(home):
    error = refused(home, DATA / "CLAUDE.md", "--as", "x/../y", name="BAD_NAME")
    assert "slash" in error["message"]
    refused(home, DATA / "CLAUDE.md", "--as", "base", name="BAD_NAME")
    error = refused(home, put(home, "...md", "x"), name="BAD_NAME")
    assert "--as" in error["hint"]
    error = refused(home, put(home, "writer.md", "x"), name="EXISTS")
    assert "--as" in error["hint"]
    card = json.loads((DATA / "card-v2.json").read_text())
    for name, made in {"../../etc/passwd": "etc-passwd", "A\u202eB c\n": "ab-c", "..": None,
                       "e\u0301t\u00e9": "\u00e9t\u00e9", "base": None, "x" * 200: "x" * 63}.items():
        card["data"]["name"] = name
        file = put(home, "n.json", json.dumps(card))
        if made is None:
            refused(home, file, name="BAD_NAME")
        else:
            assert imported(home, file)[0]["personas"] == [made]


def test_a_symbolic_link_is_followed(home):
    (home.room / "link.md").symlink_to(DATA / "AGENTS.md")
    assert imported(home, home.room / "link.md")[0]["personas"] == ["link"]


def test_the_gates_of_every_change(home):
    token = "ghp" + "_" + "Ab3" * 12
    error = refused(home, put(home, "s.md", f"use {token}\n"), name="SECRET")
    assert token not in json.dumps(error)
    home.helios("set", "base", "merge", "{technical.max_file_changes: lock, behaviors.boundaries: lock}")
    answer, stored = imported(home, put(home, "t.md", "## Technical\n- Max file changes: 9\n- Other: x\n"))
    assert stored["technical"] == {"other": "x"}
    assert whats(answer, "dropped") == ["technical.max_file_changes"]


def test_a_home_is_made_where_there_is_none(home):
    other = home.room / "other"
    refused(home, put(home, "x.md", ""))
    home.run("helios", "--dir", other, "import", home.room / "x.md", check=False)
    assert not other.exists(), "a file that is refused makes no home"
    home.run("helios", "--dir", other, "import", DATA / "AGENTS.md")
    assert (other / "personas/agents.yaml").exists()


# ---- character cards

def chunk(kind, data, sum=None):
    crc = zlib.crc32(kind + data) if sum is None else sum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(*chunks):
    pixel = zlib.compress(b"\0\0")
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            b"".join(chunks) + chunk(b"IDAT", pixel) + chunk(b"IEND", b""))


def text_chunk(keyword, card):
    data = card if isinstance(card, bytes) else json.dumps(card).encode()
    return chunk(b"tEXt", keyword + b"\0" + base64.b64encode(data))


def card(name):
    return json.loads((DATA / f"card-{name}.json").read_text(encoding="utf-8"))


def test_a_card_of_version_2(home):
    answer, stored = imported(home, DATA / "card-v2.json")
    assert (answer["kind"], answer["personas"]) == ("card", ["mira-voss"])
    assert home.subjects()[0] == "mira-voss: import of a character card, version 2"
    assert whats(answer, "kept") == ["creator_notes", "alternate_greetings", "tags", "creator",
                                     "character_book", "extensions", "a_later_field", "create_date"]
    data = card("v2")["data"]
    assert (stored["name"], stored["version"]) == ("Mira Voss", "1.2")
    assert stored["identity"]["description"] == data["description"].replace("\r\n", "\n")
    assert stored["identity"]["scenario"] == data["scenario"]
    assert stored["behaviors"] == {"instructions": data["system_prompt"],
                                   "final_instructions": data["post_history_instructions"]}
    assert stored["communication"]["greeting"] == data["first_mes"]
    text = prompt(home, "mira-voss")
    assert "mends instruments" in text and "Stay in the workshop." in text
    for secret in "NOTE-FOR-PEOPLE", "EXTENSION-ONLY", "LORE", "talkativeness", "a_later_field", "mending":
        assert secret not in text
    for how in "agents-md", "claude-md", "mdc", "skill", "agent":
        assert "NOTE-FOR-PEOPLE" not in home.helios("render", "mira-voss", "--as", how).stdout


def test_a_card_comes_back(home):
    """Unknown keys, extensions and numbers survive; the prompt is what it was when read again."""
    imported(home, DATA / "card-v2.json")
    rendered = home.helios("render", "mira-voss", "--as", "card").stdout
    came, back = card("v2"), json.loads(rendered)
    assert back["data"]["extensions"].pop("helios") == {}
    came["data"]["description"] = came["data"]["description"].replace("\r\n", "\n")
    assert "- Instructions: Write only what Mira does and says." in back["data"].pop("system_prompt")
    came["data"].pop("system_prompt")
    assert back == came and "1234567890123456789" in rendered
    imported(home, put(home, "again.json", rendered), "--as", "again")
    assert prompt(home, "again") == prompt(home, "mira-voss")
    assert home.helios("render", "again", "--as", "card").stdout == rendered


def test_a_card_of_version_3(home):
    answer, stored = imported(home, DATA / "card-v3.json", "--as", "walks")
    assert stored["name"] == "Žofie" and stored["title"] == "Walks"
    assert stored["behaviors"] == {"pace": "slow on stairs", "never": ["lose count"]}
    assert stored["walk_tonight"] == ["Down to the river."]
    assert "assets" in whats(answer, "kept")
    back = json.loads(home.helios("render", "walks", "--as", "card").stdout)
    assert back["spec"] == "chara_card_v3" and back["data"]["nickname"] == "Žo"
    assert back["data"]["assets"] == card("v3")["data"]["assets"]


def test_a_card_of_version_1(home):
    answer, stored = imported(home, DATA / "card-v1.json")
    assert answer["personas"] == ["old-tom"] and answer["from"].endswith("version 1")
    assert stored["identity"]["personality"] == "slow, kind, exact"
    assert stored["author"]["card"]["data"] == {"avatar": "none"}


def test_a_picture(home):
    for chunks, version in [([text_chunk(b"chara", card("v2"))], "version 2"),
                            ([text_chunk(b"chara", card("v2")), text_chunk(b"ccv3", card("v3"))],
                             "version 3"),
                            ([text_chunk(b"Software", b"x"), text_chunk(b"Chara", card("v1"))],
                             "version 1")]:
        file = put(home, "picture.png", png(*chunks))
        answer, _ = imported(home, file, "--as", "p" + version[-1])
        assert answer["from"].endswith(version) and "the picture" in whats(answer, "dropped")
    answer, _ = imported(home, put(home, "x", png(text_chunk(b"chara", card("v2"))) + b"more"))
    assert "what stands behind the picture's end" in whats(answer, "dropped")


GOOD = text_chunk(b"chara", card("v2"))


@pytest.mark.parametrize("data", [
    png(),
    png(GOOD)[:-1], png(GOOD)[:-12], png(GOOD)[:40], png()[:8], png()[:20],
    png(chunk(b"tEXt", b"chara\0" + base64.b64encode(b"{}"), sum=7)),
    png(GOOD).replace(b"IHDR", b"IHDX"),
    png(struct.pack(">I", 0xffffffff) + b"tEXt"), png(struct.pack(">I", 0x7fffffff) + b"tEXt"),
    png(struct.pack(">I", 0xfffffff4) + b"tEXt" + b"\0" * 64),
    png(chunk(b"tEXt", b"chara\0!!!!")), png(chunk(b"tEXt", b"chara\0QQ=Q")),
    png(chunk(b"tEXt", b"chara\0Q")), png(chunk(b"tEXt", b"chara\0====")), png(chunk(b"tEXt", b"chara\0")),
    png(chunk(b"tEXt", b"chara")), png(chunk(b"tEXt", b"")),
    png(chunk(b"zTXt", b"chara\0\0" + zlib.compress(b"e30="))),
    png(chunk(b"iTXt", b"ccv3\0\0\0\0\0e30=")),
    png(text_chunk(b"chara", b"not json")), png(text_chunk(b"chara", b"[]")),
    png(text_chunk(b"chara", b"{} x")), png(text_chunk(b"chara", b" " * (2 << 20) + b"{}")),
    png(text_chunk(b"chara", b"\xff")),
], ids=range(25))
def test_a_damaged_picture(home, data):
    refused(home, put(home, "picture.png", data))


def test_every_byte_of_a_picture_counts(home, rng):
    """A changed byte is refused, or what it stands for is what is read."""
    whole = png(GOOD)
    for _ in range(20 if lab.SANITIZED else 60):
        at = rng.randrange(8, len(whole))
        refused(home, put(home, "p.png", whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) +
                          whole[at + 1:]))


@pytest.mark.parametrize("text", [
    "{}", '{"spec": 1}', '{"spec": "chara_card_v9", "data": {"name": "x"}}',
    '{"spec": "chara_card_v2"}', '{"spec": "chara_card_v2", "data": []}',
    '{"spec": "chara_card_v2", "data": {}}', '{"spec": "chara_card_v2", "data": {"name": ""}}',
    '{"name": "x"}', '{"name": "x", "name": "y", "description": "z"}', '{"name": "\\u0000", "x": 1}',
    '{"name": "x", "description": "y"', '{"a":' * 5000, '{"name": "x", "description": ' + "[" * 200,
    '{"name": "x", "description": 01}', "{" + " " * (2 << 20) + "}"])
def test_what_is_no_card(home, text):
    refused(home, put(home, "card.json", text))


def test_cards_that_mean_harm(home):
    deep = json.dumps(card("v2")).replace('"0.5"', "[" * 90 + "]" * 90)
    refused(home, put(home, "deep.json", deep), name="LIMIT")
    keys = json.dumps(card("v2")).replace('"talkativeness"', '"talk\\u202eativeness"')
    refused(home, put(home, "keys.json", keys), name="KEY_KIND")
    harm = card("v2")
    harm["data"] |= {"name": "x: !override [", "description": "!override y\n# top\n- merge: {}\x07",
                     "extensions": {"<<": 1, "merge": {"a": "lock"}, "": None, "null": "*a", "k" * 3000: 2},
                     "specialization_level": 9, "tags": "a"}
    harm["inherits_from"] = "nobody"
    answer, stored = imported(home, put(home, "harm.json", json.dumps(harm)), "--as", "harm")
    assert stored["specialization_level"] == 2 and "inherits_from" not in stored
    assert stored["identity"]["description"] == "!override y\n# top\n- merge: {}\x07"
    kept = stored["author"]["card"]
    assert kept["data"]["extensions"] == harm["data"]["extensions"]
    assert kept["inherits_from"] == "nobody" and "specialization_level" in whats(answer, "kept")
    text = prompt(home, "harm")
    assert "\n# top" not in text and "\x07" not in text


# ---- the other direction of render

@pytest.mark.parametrize("name", ["writer", "operator", "tutor", "architect", "incident-commander"])
def test_a_rendered_card_behaves_the_same(home, name):
    rendered = home.helios("render", name, "--as", "card").stdout
    answer, _ = imported(home, put(home, "card.json", rendered), "--as", "again")
    assert whats(answer, "dropped") == ["behaviors.boundaries"], "the base here locks it"
    assert prompt(home, "again") == prompt(home, name)
    assert home.helios("render", "again", "--as", "card").stdout == rendered


@pytest.mark.parametrize("how", ["agents-md", "claude-md", "mdc", "instructions", "skill", "agent"])
def test_rendered_rules_behave_the_same(home, how):
    home.helios("set", "tutor", "communication.sample", '"a: b\\n# c\\n1. d\\n**e** f"')
    rendered = home.helios("render", "tutor", "--as", how).stdout
    imported(home, put(home, "again.mdc" if how == "mdc" else "again.md", rendered), "--as", "again")
    assert prompt(home, "again") == prompt(home, "tutor")


# ---- a home of the Python server

@pytest.fixture
def python_home(home):
    """As the Python server leaves it, with one persona that inherits from another."""
    place = home.room / "old"
    for directory in "base", "personas", "learned", "temporary":
        (place / directory).mkdir(parents=True)
    (place / ".helios_version").write_text("version: 0.1.0\n")
    (place / "base/identity.yaml").write_text("base_importance: 0.7\n")
    texts = {"a-child": "inherits_from: nurse\n", "nurse": "# kept\nspecialization_level: 2\nidentity: {role: nurse, on: yes}\n",
             "writer": "name: another\n", "bad": "a: [\n", "orphan": "inherits_from: nobody\n",
             "leaky": "x: ghp" + "_" + "Ab3" * 12 + "\n"}
    for name, text in texts.items():
        (place / f"personas/{name}.yaml").write_text(text)
    (place / "personas/.hidden.yaml").write_text("x: 1\n")
    (place / "personas/link.yaml").symlink_to("/etc/passwd")
    subprocess.run(["git", "init", "-q", place], check=True)
    return place, texts


def test_personas_of_another_home(home, python_home):
    place, texts = python_home
    before, there = home.source("writer"), everything(place)
    answer = home.data("import", place)
    assert (answer["kind"], answer["personas"]) == ("home", ["a-child", "nurse"])
    assert home.source("nurse") == texts["nurse"] and home.source("writer") == before
    assert home.data("get", "a-child", "identity.role") == "nurse"
    reasons = {note["what"]: note["why"] for note in answer["dropped"]}
    assert set(reasons) == {"bad", "leaky", "link", "orphan", "writer", "base", "learned", "temporary",
                            "nurse: identity.on"}
    assert "here" in reasons["writer"] and "nobody" in reasons["orphan"]
    assert "secret" in reasons["leaky"] and "Ab3Ab3" not in json.dumps(answer)
    assert everything(place) == there
    lab.assert_clean(home)
    head = home.head()
    again = home.helios("--json", "import", place, check=False)
    assert again.returncode == 1 and json.loads(again.stdout)["personas"] == []
    assert home.head() == head


def test_one_commit_for_all(home, python_home):
    place, _ = python_home
    for name in "a-child", "orphan", "leaky", "bad":
        (place / f"personas/{name}.yaml").unlink()
    (place / "personas/second.yaml").write_text("{}\n")
    head = home.head()
    assert home.data("import", place)["personas"] == ["nurse", "second"]
    assert home.subjects(head) == ["import 2 personas of a helios home"]


def test_directories_that_are_no_home(home, python_home):
    place, _ = python_home
    refused(home, home.room)
    refused(home, home.path)
    refused(home, place, "--as", "x", name="USAGE")
    shutil.rmtree(place / "personas")
    refused(home, place)


# ---- the commands beside it

def test_undo_takes_it_back(home):
    before = home.tracked()
    imported(home, DATA / "card-v2.json")
    home.helios("undo")
    assert home.tracked() == before


def test_files_are_offered(home):
    """The line without a word asks the shell for files."""
    assert home.helios("complete", "import", "").stdout == "\tfiles\n"
    assert "--as" in home.helios("complete", "import", "-").stdout
