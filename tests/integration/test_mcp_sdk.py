"""helios-mcp as the official SDKs' clients and the MCP Inspector see it; tests/mcp has the scripts.

contrib/test.sh installs what tests/mcp/package-lock.json pins into build-test/npm; HELIOS_NPM names
another place where it is.
"""
import json
import os
import platform
import re
from pathlib import Path

import pytest

import lab

SCRIPTS = lab.SOURCE / "tests/mcp"
SERVER = lab.BUILD / "src/mcp/helios-mcp"
MODULES = Path(os.environ.get("HELIOS_NPM", lab.SOURCE / "build-test/npm")) / "node_modules"
MACHINE = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
NODE = MODULES / f"node-linux-{MACHINE}/bin/node"
INSPECTOR = MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"

needs_clients = pytest.mark.skipif(
    not (NODE.exists() and INSPECTOR.exists()),
    reason=f"no clients in {MODULES}: contrib/test.sh installs them, with npm and a network")


def set_tools(home, which):
    """The settings say which tools there are; they count once they are in history."""
    home.run("sed", "-i", f"s/^tools: .*/tools: {which}/", home.path / "settings.yaml")

    def taken():
        home.helios("list")
        return f"tools: {which}" in home.git("show", "HEAD:settings.yaml").stdout

    lab.wait_for("the settings to be committed", taken)


def run_script(home, name, *arguments):
    """A script of tests/mcp, copied to where node finds the modules: beside it."""
    room = home.room / "mcp"
    room.mkdir()
    for script in SCRIPTS.glob("*.mjs"):
        (room / script.name).write_bytes(script.read_bytes())
    (room / "node_modules").symlink_to(MODULES)
    return home.run(NODE, room / name, SERVER, home.path, *arguments, check=False)


@needs_clients
@pytest.mark.parametrize("tools", ["core", "all"])
@pytest.mark.parametrize("sdk, mode", [("v1", "handshake"), ("v2", "legacy"), ("v2", "auto"),
                                       ("v2", "2026-07-28")])
def test_client(home, sdk, mode, tools):
    set_tools(home, tools)
    done = run_script(home, f"{sdk}.mjs", mode, tools)
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [f"{step['step']}: {step['fault']}" for step in steps if step["fault"]]
    assert faults == [], "\n".join(faults)
    assert done.returncode == 0, done.stderr
    assert steps[-1]["step"] == "end"
    lab.assert_clean(home)


@needs_clients
def test_clients_together(home):
    before = home.head()
    done = run_script(home, "together.mjs")
    assert done.returncode == 0, done.stderr
    assert len(home.subjects(since=before)) == 4 * 11  # each change is one commit
    lab.assert_clean(home)


class Inspector:
    """The Inspector's command line on one home, in one protocol era."""

    def __init__(self, home, era):
        self.home = home
        self.era = era

    def run(self, method, *options, status=0):
        command = [NODE, INSPECTOR, "--cli", SERVER, "--dir", self.home.path, "--format", "json",
                   "--protocol-era", self.era, "--method", method, *options]
        for name, value in self.home.env.items():
            if name.endswith("SAN_OPTIONS"):  # the Inspector hands nothing on unasked
                command += ["-e", f"{name}={value}"]
        done = self.home.run(*command, check=False)
        assert done.returncode == status, f"{method}: {done.stdout}{done.stderr}"
        return done

    def result(self, method, *options):
        return json.loads(self.run(method, *options).stdout)["result"]


@pytest.fixture(params=["legacy", "modern"])
def inspector(home, request):
    return Inspector(home, request.param)


@needs_clients
def test_inspector_lists(inspector):
    # strict: ends with an error where a schema is one that some client cannot use
    tools = inspector.result("tools/list", "--strict")["tools"]
    assert {"get_base_config", "learn_behavior"} <= {tool["name"] for tool in tools}
    uris = [resource["uri"] for resource in inspector.result("resources/list")["resources"]]
    assert "helios://persona/operator" in uris
    templates = inspector.result("resources/templates/list")["resourceTemplates"]
    assert "helios://persona/{name}" in [template["uriTemplate"] for template in templates]
    prompts = [prompt["name"] for prompt in inspector.result("prompts/list")["prompts"]]
    assert {"use_persona", "operator"} <= set(prompts)


@needs_clients
def test_inspector_calls(inspector):
    home = inspector.home
    persona = inspector.result("tools/call", "--tool-name", "get_active_persona",
                               "--tool-arg", "persona_name=operator")
    assert persona["structuredContent"]["name"] == "operator"
    arguments = {"persona": "operator", "key": "communication.tone", "value": "dry"}
    learned = inspector.result("tools/call", "--tool-name", "learn_behavior",
                               "--tool-args-json", json.dumps(arguments))
    assert learned["structuredContent"]["new"] == "dry"
    assert home.helios("get", "operator", "communication.tone").stdout == "dry\n"
    refused = inspector.run("tools/call", "--tool-name", "get_active_persona",
                            "--tool-arg", "persona_name=operater", status=5)
    assert "operator" in refused.stdout + refused.stderr


@needs_clients
def test_inspector_reads(inspector):
    base = inspector.result("resources/read", "--uri", "helios://base")["contents"][0]
    assert base["text"] == inspector.home.source("base")
    prompt = inspector.result("prompts/get", "--prompt-name", "use_persona",
                              "--prompt-args", "name=operator")
    assert prompt["messages"][0]["role"] == "user"


@needs_clients
def test_inspector_verifies_skills(inspector):
    done = inspector.run("skills/list", "--verify", "--require-digests")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 10
    assert {report["outcome"] for report in reports} == {"verified"}
    one = inspector.run("skills/get", "--uri", "skill://helios/operator/SKILL.md", "--verify")
    assert json.loads(one.stdout)["ok"]


@needs_clients
def test_inspector_without_a_home(inspector):
    home = inspector.home
    home.run("mv", home.path, home.room / "elsewhere")
    assert len(inspector.result("tools/list")["tools"]) == 12
    assert inspector.result("resources/list")["resources"] == []
    names = [prompt["name"] for prompt in inspector.result("prompts/list")["prompts"]]
    assert names == ["use_persona"]
    refused = inspector.run("tools/call", "--tool-name", "list_personas", status=5)
    assert "helios init" in refused.stdout + refused.stderr
    assert not home.path.exists()


def test_lock_file_is_of_no_machine():
    lock = json.loads((SCRIPTS / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    pinned = lock["packages"][""]
    for version in {**pinned["dependencies"], **pinned["optionalDependencies"]}.values():
        assert re.fullmatch(r"[0-9.]+", version), version
