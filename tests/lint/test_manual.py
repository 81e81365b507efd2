"""The manual says what the programs know: every command, value and option, and no others."""
import json
import os
import re
import shutil
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
    return {re.match(r"\*([\w-]+)\*", line)[1]: line for line in lines}


def test_the_commands_are_the_tables():
    assert sorted(synopses()) == sorted(COMMANDS)


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
    if values and values[0]["name"] == "action":  # they are spelt out
        assert "[" + "|".join(f"*{action}*" for action in values[0]["choices"].split()) + "]" in line
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


PAGES = sorted(ROOT.glob("man/*.scd"))


def expanded(page):
    """The page with what the programs' help says in it."""
    return subprocess.run(["/usr/bin/python3", ROOT / "man/expand.py", page,
                           ROOT / "src/cli/topics.def", ROOT / "include/helios/codes.def"],
                          capture_output=True, check=True).stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_pages_can_be_made(page):
    assert f"'{page.stem}': 'man{page.stem[-1]}'" in (ROOT / "man/meson.build").read_text()
    assert b"@topic" not in expanded(page) and b"@codes" not in expanded(page)
    try:
        made = subprocess.run(["scdoc"], input=expanded(page), capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("scdoc is not there")
    assert made.returncode == 0, made.stderr


def shown(page):
    """The words a reader of the page sees, and the same without line breaks."""
    try:
        roff = subprocess.run(["scdoc"], input=expanded(page), capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("scdoc is not there")
    text = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-rLL=2000n", "-P-cbou"],
                          input=roff.stdout, capture_output=True, check=True).stdout
    return " ".join(text.decode().split())


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not there")
def test_topics_read_the_same_in_help_and_manual():
    page = shown(ROOT / "man/helios-topics.7.scd")
    assert len(TABLE["topics"]) >= 6
    for topic in TABLE["topics"]:
        text = helios("help", topic)
        assert all(len(line) <= 80 for line in text.splitlines()), topic
        for paragraph in text.split("\n\n")[1:]:
            assert " ".join(paragraph.split()) in page, topic
    for number in re.findall(r"^HELIOS_CODE\((\d+),", CODES, re.M):
        guidance = helios("help", f"H{number}").split("what to do: ")[1]
        assert " ".join(guidance.split()) in page


def test_a_command_with_a_page_of_its_own_has_one_synopsis():
    own = {page.stem[7:-2]: page for page in PAGES if page.stem[7:-2] in COMMANDS}
    assert own
    for name, page in own.items():
        line = next(line for line in page.read_text(encoding="utf-8").splitlines()
                    if line.startswith(f"*helios* *{name}*"))
        assert line == f"*helios* {synopses()[name]}"
        assert f"*helios-{name}*(1)" in PAGE


def test_pages_refer_to_pages_that_are_there():
    ours = {(page.stem[:-2], page.stem[-1]) for page in PAGES}
    for page in PAGES:
        for name, section in re.findall(r"\*(helios[\w.-]*)\*\((\d)\)",
                                        page.read_text(encoding="utf-8")):
            assert (name, section) in ours, page.name
