"""Holds what 'helios --json' prints against the published schema, in every test that asks for it.

The schema lets members be added; here a member that it does not name is a fault, so that it stays
complete.
"""
import json
from pathlib import Path

try:
    import jsonschema
except ImportError:  # contrib/install.sh has it; test_cli_json.py says when it is missing
    jsonschema = None

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "contrib/schemas/cli.schema.json")
                    .read_text(encoding="utf-8"))
SHARED = ["commit", "time", "failure", "reason", "change", "timing", "session", "error",
          "links", "persona", "notes"]
COMMANDS = [name for name in SCHEMA["definitions"] if name not in SHARED]


def closed(schema):
    """The schema with no members but those it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


CLOSED = closed(SCHEMA)


def command_of(words):
    """The command of a line of helios that asks for JSON; None when it asks for something else."""
    command, asks, words = None, False, iter(map(str, words))
    for word in words:
        if word == "--":
            break
        if word in ("-d", "--dir", "-P", "--project"):
            next(words, None)
        elif word in ("--help", "-h", "--version", "-V"):
            return None
        elif word == "--json" or word[:1] == "-" and word[1:2] not in ("-", "d", "P") and "j" in word:
            asks = True
        elif not word.startswith("-") and command is None:
            command = word
    return command if asks else None


def check(command, text):
    """Whether text is one line of JSON that command may answer."""
    assert text.count("\n") == 1 and text.endswith("\n"), f"not one line: {text!r}"
    value = json.loads(text)
    failed = isinstance(value, dict) and list(value) == ["error"]
    assert failed or command in COMMANDS, f"cli.schema.json has no definition of '{command}'"
    if jsonschema:
        chosen = CLOSED | {"$ref": f"#/definitions/{'error' if failed else command}"}
        jsonschema.Draft7Validator(chosen).validate(value)
