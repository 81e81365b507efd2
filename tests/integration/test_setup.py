"""helios setup: every client's own file, in which nothing but the entry changes and comes back.

One home serves all tests; each begins in a home directory without any client. About 15 s.
"""
import json
import os
import re
import shutil
import tomllib

import pytest
import yaml

import lab

FIXTURES = lab.SOURCE / "tests/data/clients"
CONTRIB = lab.SOURCE / "contrib/mcp"

# client: where its configuration is, the suffix of its fixture, under which key servers stand
CLIENTS = {
    "claude-code": (".claude.json", "json", "mcpServers"),
    "claude-desktop": (".config/Claude/claude_desktop_config.json", "json", "mcpServers"),
    "cursor": (".cursor/mcp.json", "json", "mcpServers"),
    "vscode": (".config/Code/User/mcp.json", "json", "servers"),
    "zed": (".config/zed/settings.json", "json", "context_servers"),
    "codex": (".codex/config.toml", "toml", "mcp_servers"),
    "gemini": (".gemini/settings.json", "json", "mcpServers"),
    "windsurf": (".codeium/windsurf/mcp_config.json", "json", "mcpServers"),
    "continue": (".continue/config.yaml", "yaml", "mcpServers"),
}


@pytest.fixture(scope="module", name="shared")
def one_home():
    home = lab.Home()
    try:
        home.init()
        yield home
    finally:
        home.close()


@pytest.fixture
def home(shared):
    kept = set(os.listdir(shared.room))
    programs = set(os.listdir(shared.room / "bin"))
    yield shared
    for name in set(os.listdir(shared.room)) - kept:
        path = shared.room / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name in set(os.listdir(shared.room / "bin")) - programs:
        (shared.room / "bin" / name).unlink()
    shutil.rmtree(shared.path / ".backups/setup", ignore_errors=True)


def installed(home, client, text=None):
    """The client's configuration, as its fixture is; b"" makes only the client be there."""
    path = home.room / CLIENTS[client][0]
    path.parent.mkdir(parents=True, exist_ok=True)
    if client == "claude-code":
        (home.room / ".claude").mkdir(exist_ok=True)
    if text is None:
        text = (FIXTURES / f"{client}.{CLIENTS[client][1]}").read_bytes()
    if text:
        path.write_bytes(text)
    return path


def without_comments(text):
    """JSON of editors as JSON."""
    text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", text, flags=re.S)
    return re.sub(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])', lambda m: m[1] or "", text)


def data(client, text):
    """The configuration as data, read by somebody else's parser."""
    text = text.decode("utf-8-sig")
    return {"json": lambda: json.loads(without_comments(text)), "toml": lambda: tomllib.loads(text),
            "yaml": lambda: yaml.safe_load(text)}[CLIENTS[client][1]]()


def entry(client, text):
    servers = data(client, text).get(CLIENTS[client][2], {})
    if isinstance(servers, list):
        return next((server for server in servers if server["name"] == "helios"), None)
    return servers.get("helios")


def check_entry(home, client, text):
    found = entry(client, text)
    assert found["command"] == str(home.room / "bin/helios-mcp")
    assert found["args"] == ["--dir", str(home.path)]


VARIANTS = {
    "as-is": lambda text: text,
    "crlf": lambda text: text.replace(b"\n", b"\r\n"),
    "no-end": lambda text: text.rstrip(b"\n"),
    "bom": lambda text: b"\xef\xbb\xbf" + text,
}


# The file of every client as it is; otherwise written, one of each format.
@pytest.mark.parametrize("client, variant", [(client, "as-is") for client in CLIENTS] + [
    (client, variant) for client in ("vscode", "codex", "continue")
    for variant in VARIANTS if variant != "as-is"])
def test_there_and_back(home, client, variant):
    before = VARIANTS[variant]((FIXTURES / f"{client}.{CLIENTS[client][1]}").read_bytes())
    path = installed(home, client, before)
    others = data(client, before)
    told = home.helios("setup", client).stdout
    after = path.read_bytes()
    assert str(path) in told and ".backups/setup" in told
    check_entry(home, client, after)
    rest = iter(after)  # every byte of the person's is there still, in order
    assert all(byte in rest for byte in before)
    left = data(client, after)
    if isinstance(left[CLIENTS[client][2]], list):
        left[CLIENTS[client][2]].remove(entry(client, after))
    else:
        del left[CLIENTS[client][2]]["helios"]
    others.setdefault(CLIENTS[client][2], {})
    assert left == others
    assert home.path.joinpath(".backups/setup", client, "before").read_bytes() == before

    if variant == "as-is":
        assert "nothing changed" in home.helios("setup", client).stdout
        assert path.read_bytes() == after

    home.helios("setup", client, "--undo")
    assert path.read_bytes() == before
    assert not home.path.joinpath(".backups/setup", client).exists()
    if variant == "as-is":
        assert "nothing changed" in home.helios("setup", client, "--undo").stdout
        assert path.read_bytes() == before


@pytest.mark.parametrize("client", CLIENTS)
def test_a_file_that_was_not_there_goes_again(home, client):
    path = installed(home, client, b"")
    if client == "continue":
        path = path.parent / "mcpServers/helios.yaml"
    home.helios("setup", client)
    check_entry(home, client, path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600
    home.helios("setup", client, "--undo")
    assert not path.exists()

    home.helios("setup", client)
    path.write_bytes(path.read_bytes() + b"\n")  # touched, but nothing is in it
    home.helios("setup", client, "--undo")
    assert not path.exists()


@pytest.mark.parametrize("client", CLIENTS)
def test_what_changed_since_stays(home, client):
    path = installed(home, client)
    before = path.read_bytes()
    home.helios("setup", client)
    if CLIENTS[client][1] == "json":
        change = lambda text: b'{"mine": [1, 2],' + text[text.index(b"{") + 1:]
    else:
        change = lambda text: {"codex": b"mine = 1 # x\n", "continue": b"mine: 1 # x\n"}[client] + text
    path.write_bytes(change(path.read_bytes()))
    home.helios("setup", client, "--undo")
    assert path.read_bytes() == change(before)


@pytest.mark.parametrize("client", ["zed", "codex", "continue"])  # one of each format
def test_another_home_is_taken_over_and_undone(home, client):
    path = installed(home, client)
    before = path.read_bytes()
    home.helios("setup", client)
    other = home.room / "other"
    home.run("helios", "--dir", other, "init")
    home.run("helios", "--dir", other, "setup", client)
    assert entry(client, path.read_bytes())["args"] == ["--dir", str(other)]
    listed = {row["client"]: row for row in home.data("setup")["clients"]}
    assert listed[client]["registered"] and not listed[client]["current"]
    home.helios("setup", client)
    check_entry(home, client, path.read_bytes())
    home.helios("setup", client, "--undo")
    assert path.read_bytes() == before


def test_other_members_of_the_entry_stay(home):
    path = installed(home, "gemini", b'{"mcpServers": {"helios": {"trust": true, "command": '
                                     b'"/old/helios-mcp", "env": {"A": "b"}}}}\n')
    before = path.read_bytes()
    home.helios("setup", "gemini")
    found = entry("gemini", path.read_bytes())
    assert found["trust"] is True and found["env"] == {"A": "b"}
    check_entry(home, "gemini", path.read_bytes())
    home.helios("setup", "gemini", "--undo")
    assert path.read_bytes() == before


def test_the_list(home):
    installed(home, "zed")
    installed(home, "cursor", b"{]")
    home.helios("setup", "zed")
    before = sorted(home.room.rglob("*"))
    listed = home.data("setup")
    assert sorted(home.room.rglob("*")) == before
    assert listed["command"] == str(home.room / "bin/helios-mcp")
    rows = {row["client"]: row for row in listed["clients"]}
    assert list(rows) == list(CLIENTS)
    assert rows["zed"]["installed"] and rows["zed"]["registered"] and rows["zed"]["current"]
    assert rows["cursor"]["installed"] and rows["cursor"]["problem"]
    assert rows["zed"]["file"] == str(home.room / CLIENTS["zed"][0])
    text = home.helios("setup").stdout
    assert re.search(r"^zed +registered +/", text, re.M)
    assert re.search(r"^cursor +problem +/", text, re.M)


@pytest.mark.parametrize("client", CLIENTS)
def test_contrib_is_what_print_says(home, client):
    installed(home, client, b"")
    before = sorted(home.room.rglob("*"))
    told = home.run("helios", "--dir", "/home/me/.helios", "setup", client, "--print").stdout
    where, text = told.split("\n", 1)
    assert where.startswith(f"in {home.room}/")
    ready = (CONTRIB / f"{client}.{CLIENTS[client][1]}").read_text(encoding="utf-8")
    assert text.replace(str(home.room / "bin"), "/usr/local/bin") == ready
    answer = json.loads(home.run("helios", "--json", "setup", client, "--print").stdout)
    assert answer["client"] == client and answer["text"] in home.helios("setup", client, "--print").stdout
    assert sorted(home.room.rglob("*")) == before


def test_answers_as_json(home):
    path = installed(home, "cursor")
    done = home.data("setup", "cursor")
    assert done == {"client": "cursor", "file": str(path), "changed": True, "removed": False,
                    "copy": str(home.path / ".backups/setup/cursor/before")}
    again = {"client": "cursor", "file": str(path), "changed": False, "removed": False}
    assert home.data("setup", "cursor") == again
    assert home.data("setup", "cursor", "--undo") == again | {"changed": True}
    assert home.data("setup", "cursor", "--undo") == again


def refused(home, *arguments, name, status=1):
    done = home.helios("--json", "setup", *arguments, check=False)
    assert done.returncode == status
    error = json.loads(done.stdout)["error"]
    assert error["name"] == name and error["hint"]
    return error


@pytest.mark.parametrize("client, text, line, column", [
    ("cursor", b'{\n  "mcpServers": {,}\n}', 2, 18), ("claude-code", b"{", 1, 2),
    ("zed", b'{"a": 1} /*', 1, 10), ("vscode", b'{"servers": []}', 1, 13),
    ("codex", b'a = 1\nb = "x\n', 2, 5), ("codex", b"mcp_servers = {}\n", 1, 1),
    ("gemini", b"\xff\xfe{", 1, 1), ("windsurf", b'{"a": "\xff"}', 1, 7)])
def test_what_cannot_be_read_is_not_changed(home, client, text, line, column):
    path = installed(home, client, text)
    for arguments in ([client], [client, "--undo"]):
        error = refused(home, *arguments, name="CLIENT_FILE")
        assert (error["file"], error["line"], error["column"]) == (str(path), line, column)
        assert path.read_bytes() == text
    assert not home.path.joinpath(".backups/setup").exists()
    assert os.listdir(path.parent).count(path.name) == 1


def test_yaml_that_cannot_be_read_is_not_changed(home):
    for text, name in (b"a: [\n", "SYNTAX"), (b"- x\n", "NOT_A_MAPPING"), (b"mcpServers: x\n", "CLIENT_FILE"):
        path = installed(home, "continue", text)
        assert refused(home, "continue", name=name)["file"] == str(path)
        assert path.read_bytes() == text


@pytest.mark.parametrize("client, text", [
    ("cursor", b'{"mcpServers": {"helios": {"command": "uvx", "args": ["helios-mcp"]}}}'),
    ("vscode", b'{"servers": {"helios": {"type": "http", "url": "https://h.example"}}}'),
    ("codex", b'[mcp_servers.helios]\nurl = "https://h.example"\n'),
    ("continue", b"name: x\nmcpServers:\n- name: helios\n  command: npx\n")])
def test_somebody_elses_helios_stays(home, client, text):
    path = installed(home, client, text)
    for arguments in ([client], [client, "--undo"]):
        assert refused(home, *arguments, name="CLIENT_ENTRY")["file"] == str(path)
        assert path.read_bytes() == text


def test_what_cannot_be_asked(home):
    refused(home, "cursr", name="NO_CLIENT")
    assert "cursor" in refused(home, "cursr", name="NO_CLIENT")["hint"]
    refused(home, "windsurf", name="NO_CLIENT")
    assert not (home.room / ".codeium").exists()
    for arguments in (["--print"], ["--undo"], ["cursor", "--print", "--undo"], ["a", "b"]):
        refused(home, *arguments, name="USAGE", status=2)


def test_a_client_is_found_in_path_and_by_its_variable(home):
    (home.room / "bin/codex").write_text("#!/bin/sh\n", encoding="utf-8")
    (home.room / "bin/codex").chmod(0o755)
    assert {row["client"]: row for row in home.data("setup")["clients"]}["codex"]["installed"]
    elsewhere = home.room / "elsewhere"
    for variable, client, name in [("CODEX_HOME", "codex", "config.toml"),
                                   ("CLAUDE_CONFIG_DIR", "claude-code", ".claude.json"),
                                   ("GEMINI_CLI_HOME", "gemini", ".gemini/settings.json"),
                                   ("CONTINUE_GLOBAL_DIR", "continue", "mcpServers/helios.yaml"),
                                   ("XDG_CONFIG_HOME", "zed", "zed/settings.json")]:
        (elsewhere / "zed").mkdir(parents=True, exist_ok=True)
        home.helios("setup", client, env={variable: str(elsewhere)})
        check_entry(home, client, (elsewhere / name).read_bytes())
        home.helios("setup", client, "--undo", env={variable: str(elsewhere)})
        assert not (elsewhere / name).exists()


def test_links_owner_and_mode_stay(home):
    dotfiles = home.room / "dotfiles"
    dotfiles.mkdir()
    path = installed(home, "zed")
    target = dotfiles / "zed.json"
    path.rename(target)
    path.symlink_to("../../dotfiles/zed.json")
    target.chmod(0o640)
    before = target.read_bytes()
    if os.geteuid() == 0:
        os.chown(target, 12345, 12346)
    owner = target.stat().st_uid, target.stat().st_gid
    for arguments in (["zed"], ["zed", "--undo"]):
        assert home.data("setup", *arguments)["file"] == str(target)
        assert path.is_symlink() and os.readlink(path) == "../../dotfiles/zed.json"
        assert target.stat().st_mode & 0o7777 == 0o640
        assert (target.stat().st_uid, target.stat().st_gid) == owner
        assert os.listdir(dotfiles) == ["zed.json"]
    assert target.read_bytes() == before


def test_what_must_not_be_written_is_refused(home):
    path = installed(home, "cursor")
    before = path.read_bytes()
    path.chmod(0o444)
    error = refused(home, "cursor", name="IO")
    assert "read-only" in error["message"] and error["file"] == str(path)
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]
    assert not home.path.joinpath(".backups/setup/cursor").exists()
    path.unlink()
    path.symlink_to("nowhere")
    refused(home, "cursor", name="IO")
    path.unlink()
    path.mkdir()
    refused(home, "cursor", name="IO")
    path.rmdir()
    os.mkfifo(path)
    refused(home, "cursor", name="IO")


def test_it_works_without_a_home_and_makes_one(home):
    path = installed(home, "claude-desktop")
    fresh = home.room / "fresh"
    broken = installed(home, "cursor", b"{")
    home.run("helios", "--dir", fresh, "setup", "cursor", check=False)
    home.run("helios", "--dir", fresh, "setup", "claude-desktop", "--undo")
    home.run("helios", "--dir", fresh, "setup")
    assert not fresh.exists() and broken.read_bytes() == b"{"
    home.run("helios", "--dir", "fresh", "setup", "claude-desktop")
    found = entry("claude-desktop", path.read_bytes())
    assert found["args"] == ["--dir", str(fresh)]
    shutil.rmtree(fresh)
    home.run("helios", "--dir", fresh, "setup", "claude-desktop", "--undo")
    assert entry("claude-desktop", path.read_bytes()) is None


def test_what_is_registered_starts(home):
    """The command as the client starts it: without a shell, in another directory."""
    path = installed(home, "claude-desktop", b"")
    home.helios("setup", "claude-desktop")
    found = entry("claude-desktop", path.read_bytes())
    ask = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}
    told = home.run(found["command"], *found["args"], cwd="/", input=json.dumps(ask) + "\n").stdout
    assert json.loads(told)["result"]["serverInfo"]["name"].startswith("helios")
