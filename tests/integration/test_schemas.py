"""The published schemas: what an editor underlines is what 'helios validate' refuses."""
import json

import pytest

import lab

jsonschema = pytest.importorskip("jsonschema")
SCHEMAS = lab.SOURCE / "contrib/schemas"


def validator(name):
    path = SCHEMAS / f"{name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(path.as_uri(), schema)
    return jsonschema.Draft7Validator(schema, resolver=resolver)


KINDS = {"base": validator("base"), "persona": validator("persona")}

# Values for the keys that mean something. Both sides must judge each alike.
VALUES = {
    "base_importance": ["0", "1", "0.7", "-0.1", "1.01", "2", "null", "true", "high", '"0.5"', "[1]"],
    "specialization_level": ["1", "1.5", "30", "0", "0.99", "-3", "null", "false", "x", "{a: 1}"],
    "inherits_from": ["null", "base", "base/identity.yaml", "coder", "my persona", "a/b", ".x",
                      "-x", '"#x"', '""', "3", "[a]", "true", '" x"', '"x "', '"a\\tb"', "x" * 65],
    "identity": ["{}", "{role: x}", "null", "[]", "x", "3", "true"],
    "communication": ["{tone: x}", "x"],
    "behaviors": ["{never: [a]}", "[a]"],
    "technical": ["null", "0.5"],
    "name": ["x", "3", "true", "null", "[x]", "{x: 1}"],
    "version": ["1.0", "{}"],
    "description": ["x", "[]"],
    "author": ["x", "[x]", "{x: 1}"],
    "anything": ["1", "[1, {a: null}]", "{b: {c: d}}"],
    "merge": ["null", "{}", "[]", "x", "{a: lock}", "{a.b: weighted, c: base}", "{a: {by: name}}",
              '{a: {by: ""}}', "{a: {by: n, x: 1}}", "{a: {}}", "{a: unknown}", "{a: null}",
              "{a..b: lock}", "{'a[0]': lock}", "{merge: lock}", "{merge.x: lock}",
              "{inherits_from: base}", "{merger: lock}", "{'\"a.b\".c': lock}", "{'\"a': lock}",
              "{'\"merge\"': lock}", "{'': lock}", "{a.: lock}", "{a: 1}", "{x: append, y: prepend}",
              "{x: replace, y: persona}"],
}


def documents():
    """Each value alone, for both kinds: (kind, text)."""
    for kind in KINDS:
        yield kind, "" if kind == "base" else "{}"
        yield kind, "[base_importance]"
        yield kind, "just text"
        for key, values in VALUES.items():
            for value in values:
                lines = [f"{key}: {value}\n"]
                if kind == "base" and key != "base_importance":
                    lines.insert(0, "base_importance: 0.7\n")
                yield kind, "".join(lines)


def judged(home, texts):
    """What 'helios validate' says of each (kind, text): None, or the name of the error."""
    files = []
    for number, (kind, text) in enumerate(texts):
        directory = home.room / "documents" / str(number)
        directory.mkdir(parents=True)
        files.append(directory / ("base.yaml" if kind == "base" else "x.yaml"))
        files[-1].write_text(text, encoding="utf-8")
    faults = {error["file"]: error["name"]
              for error in home.data("validate", *files, check=False)["errors"]}
    return [faults.get(str(file)) for file in files]


def agree(home, texts):
    verdicts = judged(home, texts)
    for (kind, text), verdict in zip(texts, verdicts):
        fine = KINDS[kind].is_valid(lab.load(text))
        assert fine == (verdict is None), f"{kind}: {text!r}: schema {fine}, validate {verdict}"
    return verdicts


def test_a_schema_refuses_what_validate_refuses(home):
    verdicts = agree(home, list(documents()))
    assert {"WRONG_TYPE", "OUT_OF_RANGE", "STRATEGY", "BAD_NAME", "PARENT", "NOT_A_MAPPING"} <= set(verdicts)


def test_random_documents(home, rng):
    texts = []
    for _ in range(300):
        kind = rng.choice(list(KINDS))
        keys = rng.sample(list(VALUES), rng.randint(1, 3))
        texts.append((kind, "".join(f"{key}: {rng.choice(VALUES[key])}\n" for key in keys)))
    verdicts = agree(home, texts)
    assert 30 < verdicts.count(None) < 270


def test_the_examples_and_the_vectors_fit(home):
    for path in sorted((lab.SOURCE / "examples").glob("*.yaml")):
        KINDS["base" if path.name == "base.yaml" else "persona"].validate(lab.load(path.read_text()))
    vectors = json.loads((lab.SOURCE / "tests/data/merge_vectors.json").read_text(encoding="utf-8"))
    texts = [("persona", case[side]) for case in vectors["vectors"]
             for side in ("base_yaml", "persona_yaml")]
    assert len(texts) > 50
    agree(home, texts)


def test_a_new_home_fits(home):
    other = home.room / "other"
    home.run("helios", "--dir", other, "init")
    KINDS["base"].validate(lab.load((other / "base/identity.yaml").read_text(encoding="utf-8")))
    for path in (other / "personas").glob("*.yaml"):
        KINDS["persona"].validate(lab.load(path.read_text(encoding="utf-8")))


def test_vs_code_is_told_of_both(home):
    settings = json.loads((lab.SOURCE / "contrib/vscode/settings.json").read_text(encoding="utf-8"))
    assert {path.split("/")[-1] for path in settings["yaml.schemas"]} == {
        f"{kind}.schema.json" for kind in KINDS}
    assert {tag.split()[0] for tag in settings["yaml.customTags"]} == {"!override"}


def test_vim_leads_to_the_fault(home):
    """:make in a file of the home, with our file type."""
    personas = home.room / ".helios/personas"
    personas.mkdir(parents=True)
    (personas / "x.yaml").write_text("name: x\nidentity: 3\n", encoding="utf-8")
    vim = lab.SOURCE / "contrib/vim"
    home.run("vim", "-N", "-u", "NONE", "-es", "--cmd", f"set rtp^={vim}", "-c", "filetype plugin on",
             "-c", f"edit {personas}/x.yaml", "-c", "silent make",
             "-c", "call writefile([&filetype, line('.'), getqflist()[0].text], 'seen')", "-c", "qa!")
    assert (home.room / "seen").read_text().splitlines()[:2] == ["yaml.helios", "2"]
    assert "'identity' must be a mapping" in (home.room / "seen").read_text()
