"""Completion: what 'helios complete' offers, and what real shells make of it."""
import hashlib
import json
import os
import shutil

import pytest

import lab
from terminal import Terminal

SCRIPTS = lab.SOURCE / "contrib/completions"


def offered(home, *words, **options):
    """The candidates, without what is said about them."""
    done = home.run("helios", "complete", "--", *words, **options)
    assert done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def places(home, *words):
    return home.run("helios", "complete", "--", *words).stdout


def state(directory):
    """Every file with its bytes and times; reading changes none of them."""
    return {str(path): (path.lstat().st_mtime_ns,
                        hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
            for path in [directory, *directory.rglob("*")]}


def test_commands_and_options_are_the_tables(home):
    table = home.data("help")
    names = [command["name"] for command in table["commands"]]
    assert offered(home, "") == names
    assert offered(home, "--json", "sna") == ["snapshot", "snapshots"]
    for command in table["commands"]:
        options = [param["name"] for param in command["params"] if param["option"]]
        assert offered(home, command["name"], "-") == [
            f"--{name}" for name in options + table["options"]]
    assert "complete" not in names
    assert "complete" not in home.run("helios", "--help").stdout


@pytest.mark.parametrize("words, expected", [
    (["show", "wri"], ["writer"]),
    (["show", "ba"], ["base"]),
    (["rm", "ba"], []),
    (["new", "wri"], []),
    (["list", ""], []),
    (["lsit", ""], []),
    (["show", "--no-such", ""], []),
    (["show", "writer", "--so"], ["--source"]),
    (["get", "writer", "communication.t"], ["communication.tone"]),
    (["get", "base", "base_"], ["base_importance"]),
    (["set", "nobody", ""], []),
    (["undo", "--persona", "wri"], ["writer"]),
    (["undo", "--persona=wri"], ["--persona=writer"]),
    (["undo", "--persona", "writer", "--key", "communication.to"], ["communication.tone"]),
    (["journal", "-s", "m"], ["mcp"]),
    (["temp", "add", "wri"], ["writer"]),
    (["temp", "add", "*", "communication.to"], ["communication.tone"]),
    (["help", "wei"], ["weights"]),
    (["help", "H10"], ["H101", "H102", "H103", "H104", "H105", "H106", "H107", "H108"]),
    (["show", "--", "wri"], ["writer"]),
    (["show", "--", "--so"], []),
])
def test_what_is_offered(home, words, expected):
    got = offered(home, *words)
    assert got == expected or words == ["help", "H10"] and got[:8] == expected


def test_places_are_told(home):
    assert places(home, "validate", "a.yaml", "") == "\tfiles\n"
    assert places(home, "mount", "") == "\tdirectories\n"
    assert places(home, "--dir", "") == places(home, "--dir=/x") == "\tdirectories\n"
    assert places(home, "init", "--from", "x") == "\tdirectories\n"


def test_what_a_command_lists_can_be_named(home):
    home.helios("temp", "add", "writer", "communication.tone", "brisk", "--reason", "a talk")
    identity = home.data("temp")["temporary"][0]["id"]
    name = home.data("snapshot", "before the talk")["name"]
    home.helios("set", "writer", "x", "1")
    assert places(home, "temp", "drop", "") == f"{identity}\ta talk\n"
    assert places(home, "rollback", "") == f"{name}\tbefore the talk\n"
    home.mount()
    assert home.sh('echo "name: [" > $P/writer.yaml', check=False)
    refused = home.data("rejected")["rejected"][0]["id"]
    assert offered(home, "rejected", "drop", "") == [refused]


def test_what_the_program_knows_can_be_named(home):
    known = [client["client"] for client in home.data("setup")["clients"]]
    assert sorted(offered(home, "setup", "")) == sorted(known)
    linked = offered(home, "link", "")
    assert linked == offered(home, "unlink", "") and set(linked) == set(known) - {"claude-desktop"}
    formats = offered(home, "render", "writer", "--as", "")
    for name in formats:
        assert home.helios("render", "writer", "--as", name).stdout
    hint = json.loads(home.helios("render", "writer", "--as", "x", "--json", check=False).stdout)
    assert hint["error"]["hint"] == f"it is one of {', '.join(formats)}"


def test_another_home_is_asked(home):
    home.helios("new", "poet")
    other = home.room / "other"
    home.run("helios", "--dir", other, "init")
    assert offered(home, "--dir", str(other), "show", "poet") == []
    assert offered(home, "--dir", "~/home", "show", "poe") == ["poet"]


def test_completing_writes_nothing(home):
    missing = home.room / "missing"
    assert offered(home, "--dir", str(missing), "show", "") == ["base"]
    assert offered(home, "new", "x", "--from", "", env={"HELIOS_DIR": str(missing)}) == []
    assert not missing.exists()
    before = state(home.path)
    for words in (["show", ""], ["set", "writer", ""], ["rollback", ""], ["rejected", "show", ""],
                  ["temp", "drop", ""], ["new", ""]):
        offered(home, *words)
    assert state(home.path) == before


def test_a_damaged_home_is_silent(home):
    shutil.rmtree(home.path / ".git")
    (home.path / "base/identity.yaml").write_text("name: [\n", encoding="utf-8")
    for words in (["show", ""], ["set", "writer", ""], ["rollback", ""], ["rejected", "show", ""]):
        offered(home, *words)


SHELLS = {
    "bash": (["bash", "--noprofile", "--norc"], f"PS1='$ '; source '{SCRIPTS}/helios.bash'"),
    "zsh": (["zsh", "-f"], f"PS1='$ '; fpath+=('{SCRIPTS}'); autoload -U compinit; compinit -D -u"),
    "fish": (["fish", "--no-config"],
             f"function fish_prompt; echo -n '$ '; end; source '{SCRIPTS}/helios.fish'"),
}


@pytest.fixture(params=SHELLS)
def shell(request, home):
    """An interactive shell with our completion, in a terminal."""
    command, setup = SHELLS[request.param]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not there")
    home.helios("new", "my poet")
    with Terminal(home, "env", f"HELIOS_DIR={home.path}", f"PATH={home.env['PATH']}", "HELIOS_PAGER=",
                  *command) as terminal:
        terminal.expect(r"[$#%>] ?$")
        terminal.type(f"{setup}; clear")
        terminal.keys("Enter")
        terminal.expect(r"\A\$ *$")
        yield terminal


def test_a_real_shell_completes(home, shell):
    """Each line is typed with Tab where it has one, and what was made of it is run."""
    for typed, line, answer in [
            ("helios sho\twri\t", "helios show writer", r"^specialization_level: 2"),
            ("helios get my\tspec\t", r"helios get my\\ poet specialization_level", r"^1(\.0)?$"),
            ("helios get writer communication.verb\t", "helios get writer communication.verbosity",
             r"^0\.\d+"),
            ("helios new other --from=wri\t", "helios new other --from=writer", "other"),
            ("helios validate exam\twri\t", "helios validate examples/writer.yaml", "valid")]:
        shell.type("clear")
        shell.keys("Enter")
        shell.expect(r"\A\$ *$")
        for part in typed.split("\t")[:-1]:
            shell.type(part)
            shell.keys("Tab")
        shell.expect(line)
        shell.keys("Enter")
        shell.expect(answer)
