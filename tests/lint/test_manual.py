"""The manual says what the programs know: every command, value and option, and no others."""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HELIOS_BUILD", ROOT / "build"))
PAGE = (ROOT / "man/helios.1.scd").read_text(encoding="utf-8")
CODES = (ROOT / "include/helios/codes.def").read_text(encoding="utf-8")


def helios(*arguments):
    return subprocess.run([BUILD / "src/cli/helios", *arguments], capture_output=True,
                          encoding="utf-8", check=True).stdout


TABLE = json.loads(helios("help", "--json"))
COMMANDS = {command["name"]: command for command in TABLE["commands"]}


def synopses():
    """What the page's COMMANDS section says: the line each command's paragraph begins with."""
    section = PAGE.split("\n# COMMANDS\n")[1].split("\n# ")[0]
    lines = [line for line in section.splitlines() if line.startswith("*")]
    return {re.match(r"\*(\w+)\*", line)[1]: line for line in lines}


def test_the_commands_are_the_tables():
    assert sorted(synopses()) == sorted(COMMANDS)


ACTIONS = {"rejected": ["list", "show", "retry", "drop"], "temp": ["list", "add", "drop"]}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_synopsis_is_the_tables(name):
    line = synopses()[name]
    params = COMMANDS[name]["params"]
    options = [param["name"] for param in params if param["option"]]
    assert re.findall(r"--([a-z-]+)", line) == options
    for param in params:
        if param["option"] and param["value"]:
            assert re.search(rf"\*--{param['name']}\* _[A-Z]+_\]", line), param["name"]
    words = re.findall(r"_([A-Z]+)_", re.sub(r"\[\*--.*?\]", "", line))
    values = [param for param in params if not param["option"]]
    optional = [param for param in values if not param["required"]]
    if name in ACTIONS:  # they spell their first value out
        assert "[" + "|".join(f"*{action}*" for action in ACTIONS[name]) + "]" in line
        values.pop(0)
    assert words == [param["name"].upper() for param in values]
    assert ("..." in line) == any(param["many"] for param in values)
    assert re.sub(r"\[\*--.*?\]", "", line).count("[") == len(optional)


def test_the_options_of_every_command():
    section = PAGE.split("\n# OPTIONS\n")[1].split("\n# ")[0]
    assert re.findall(r"^\*-\w, --([a-z]+)\*", section, re.M) == TABLE["options"]


def test_help_fits_a_terminal_and_agrees():
    for name, command in COMMANDS.items():
        text = helios(name, "--help")
        assert all(len(line) <= 80 for line in text.splitlines()), name
        assert command["summary"] in text
        for param in command["params"]:
            assert param["help"] in text
            assert (f"--{param['name']}" if param["option"] else param["name"].upper()) in text
    assert all(len(line) <= 80 for line in helios("--help").splitlines())


def test_every_code_has_help():
    listed = helios("help", "errors")
    for number, name in re.findall(r"^HELIOS_CODE\((\d+), (\w+)", CODES, re.M):
        assert f"H{number}  {name} " in listed
        assert "what to do: " in helios("help", f"H{number}")


@pytest.mark.parametrize("page", sorted(ROOT.glob("man/*.scd")), ids=lambda path: path.name)
def test_the_pages_can_be_made(page):
    try:
        made = subprocess.run(["scdoc"], input=page.read_bytes(), capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("scdoc is not there")
    assert made.returncode == 0, made.stderr
