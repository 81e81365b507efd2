"""The secret gate: what looks like a key, token or password gets into the home on no path, is told by
its rule and never by its value, and is found where it came by another way."""
import errno
import json

import pytest

import lab
from mcp_client import Server
from test_view import errno_of

W = "Ab3" * 30  # letters and digits; put together here, so that no file holds what looks like one
SAMPLES = {
    "anthropic-key": "sk-" + "ant-" + W[:40],
    "openai-key": "sk-" + "proj-" + W[:48],
    "aws-access-key": "AKIA" + "ABCD1234EFGH5678",
    "github-token": "ghp" + "_" + W[:36],
    "gitlab-token": "glpat" + "-" + W[:20],
    "google-key": "AIza" + W[:35],
    "huggingface-token": "hf" + "_" + W[:34],
    "npm-token": "npm" + "_" + W[:36],
    "pypi-token": "pypi-" + "AgE" + W[:60],
    "sendgrid-key": "SG" + "." + W[:22] + "." + W[:43],
    "slack-token": "xoxb" + "-" + "1234567890-" + W[:24],
    "stripe-key": "sk_" + "live_" + W[:24],
    "json-web-token": "eyJ" + W[:20] + ".eyJ" + W[:30] + "." + W[:43],
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "url-password": "https://me:" + "hunter2x@example.com/x",
}
HARMLESS = [
    "task-force and risk-averse sk-", "password: never ask for it", "secret: keep it",
    "api_key: <yours>", "api_key: $API_KEY", "access_token: ask the person first",
    "the token budget is 200000", "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "see https://example.com:8080/a@b", "https://user:<password>@example.com",
    "AKIA is how AWS keys begin", "ghp_ tokens are GitHub's", "2026-11-25T21:30:00Z",
    "monkey: abc12345", "secretary: room204b",
]
TOKEN = SAMPLES["github-token"]
BARE = TOKEN[4:]  # what must be nowhere in a message


def everything(home):
    """All bytes git knows, and all tracked files."""
    objects = home.run("sh", "-c", f"git -C '{home.path}' cat-file --batch --batch-all-objects | "
                       "strings").stdout
    return objects + "".join(map(str, home.tracked().values()))


def with_server(home, tool, **arguments):
    with Server(home, "--dir", home.path) as server:
        return json.dumps(server.call(tool, **arguments))


WAYS = {
    "the view": lambda home: home.sh(f"sed -i 's/^  tone: .*/  tone: {TOKEN}/' $P/writer.yaml",
                                     check=False).stderr,
    "a comment in the view": lambda home: home.sh(
        f"sed -i 's/^  tone: .*/& # {TOKEN}/' $P/writer.yaml", check=False).stderr,
    "a source": lambda home: home.sh(f"printf 'mark: {TOKEN}\\n' >> $V/sources/writer.yaml",
                                     check=False).stderr,
    "a new persona": lambda home: home.sh(f"printf 'mark: {TOKEN}\\n' | tee $P/fresh.yaml",
                                          check=False).stderr,
    "the base": lambda home: home.helios("set", "base", "mark", TOKEN, check=False).stderr,
    "a command": lambda home: home.helios("set", "writer", "mark", TOKEN, check=False).stderr,
    "a key": lambda home: home.helios("set", "writer", TOKEN, "1", check=False).stderr,
    "an overlay": lambda home: home.helios("temp", "add", "writer", "mark", TOKEN, check=False).stderr,
    "learn_behavior": lambda home: with_server(
        home, "learn_behavior", persona="writer", key="mark", value={"deep": [TOKEN]}),
    "update_preference": lambda home: with_server(
        home, "update_preference", domain="communication", key="mark", value=TOKEN),
    "a message": lambda home: (home.path / "personas/writer.yaml").write_text("level: 3\n") and
    with_server(home, "commit_changes", message=f"with {TOKEN}"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in(mount, way):
    home = mount
    head, names = home.head(), home.names()
    said = WAYS[way](home)
    assert BARE not in said, "the value was told"
    if way != "a message":  # the edit itself is taken
        assert home.head() == head and home.names() == names
        lab.assert_clean(home)
    if "view" in way or "source" in way or "persona" in way:
        (kept,) = home.rejected()
        assert "(github-token)" in kept and kept.index("github-token") < kept.index(BARE)
    else:
        assert "github-token" in said
    assert BARE not in everything(home) and BARE not in home.read("status.yaml")


@pytest.mark.parametrize("rule", SAMPLES)
def test_each_rule(home, rule):
    for value in (SAMPLES[rule], f"say {SAMPLES[rule]} twice"):
        home.refused("set", "writer", "mark", json.dumps(value), code="SECRET")
    done = home.helios("set", "writer", "mark", json.dumps(SAMPLES[rule]), check=False)
    assert f"({rule})" in done.stderr and "allow_secrets" in done.stderr


@pytest.mark.parametrize("key", ["password", "client_secret", "db_password", "API_KEY", "auth-token", "pwd",
                                 "token", "account_key"])
def test_a_value_whose_key_tells(home, key):
    refused = home.helios("set", "writer", key.replace("-", "_"), "hunter2hunter2", check=False)
    assert refused.returncode == 1 and "(password)" in refused.stderr
    assert "hunter2" not in refused.stderr


@pytest.mark.parametrize("text", ["-----BEGIN PGP " + "PRIVATE KEY BLOCK-----", "api-key: hunter2hunter2"])
def test_other_spellings(home, text):
    home.refused("set", "writer", "mark", json.dumps(text), code="SECRET")


def test_harmless_words_pass(home):
    for text in HARMLESS:
        home.helios("set", "writer", "mark", json.dumps(text))
        with open(home.path / "personas/tutor.yaml", "a", encoding="utf-8") as file:
            file.write(f"# {text}\n")
        home.helios("log", "tutor")
    assert home.data("scan")["secrets"] == []
    assert home.helios("scan").stdout.startswith("no secret in ")


def test_an_edit_outside_is_set_aside(mount):
    home = mount
    before = home.read("personas/writer.yaml")
    with open(home.path / "personas/writer.yaml", "a", encoding="utf-8") as file:
        file.write(f"mark: {TOKEN}\n")
    lab.wait_for("it to be named", lambda: "github-token" in home.read("status.yaml"))
    assert home.read("personas/writer.yaml") == before
    assert BARE not in everything_in_git(home) and BARE not in home.read("status.yaml")
    assert TOKEN in home.source("writer"), "the person's file stays as it is"


def everything_in_git(home):
    return home.git("log", "--all", "-p").stdout


def test_what_settings_allow(mount):
    home = mount
    with open(home.path / "settings.yaml", "a", encoding="utf-8") as file:
        file.write("allow_secrets: [github-token]\n")
    home.helios("set", "writer", "mark", TOKEN)
    home.refused("set", "writer", "other", SAMPLES["npm-token"], code="SECRET")
    (home.path / "settings.yaml").write_text("agent_writes: allow\n")
    home.helios("set", "writer", "level", "2")  # what is there does not stand in the way
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml && mv $P/writer.yaml $P/poet.yaml "
            "&& cp $P/poet.yaml $P/writer.yaml")
    home.helios("unset", "poet", "mark")
    home.helios("rm", "writer")
    home.refused("set", "poet", "mark", TOKEN, code="SECRET")
    (home.path / "settings.yaml").write_text("allow_secrets: true\n")
    home.helios("set", "poet", "mark", SAMPLES["npm-token"])


def test_scan_finds_what_came_another_way(home):
    file = home.path / "personas/writer.yaml"
    source = file.read_text()
    git = ["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qam", "by hand"]
    file.write_text(source + f"mark: {TOKEN}\n")
    home.git(*git)
    commit = home.head()
    line = source.count("\n") + 1
    found = home.data("scan", check=False)["secrets"]
    here = {"rule": "github-token", "file": "personas/writer.yaml", "line": line, "present": True}
    then = {**here, "present": False, "commit": commit}
    assert found == [here, then]
    file.write_text(source)
    home.git(*git)
    assert home.data("scan", check=False)["secrets"] == [then]
    for state in ("loose", "cached"):
        done = home.helios("scan", check=False)
        assert done.returncode == 1, state
        assert f"personas/writer.yaml:{line}: github-token, in the history since {commit[:7]}" in \
            done.stdout
        assert BARE not in done.stdout + done.stderr
        home.helios("gc")


def test_a_home_that_had_one_before_opens(home):
    """Nothing of what is there is lost, or kept from its owner."""
    other = home.room / "older"
    (other / "base").mkdir(parents=True)
    (other / "personas").mkdir()
    (other / "base/identity.yaml").write_text("base_importance: 0.7\n")
    (other / "personas/ops.yaml").write_text(f"mark: {TOKEN}\nspecialization_level: 1\n")
    home.run("helios", "--dir", other, "init")
    assert TOKEN in home.run("helios", "--dir", other, "get", "ops", "mark").stdout


def test_the_errno(mount):
    assert errno_of(mount, f"f = open(P + '/fresh.yaml', 'w'); f.write('mark: {TOKEN}'); f.close()") \
        == errno.EPERM


@pytest.mark.parametrize("piece", ["eyJ.", "eyJ", "sk-", "://a:", "password:", "password=", "SG.eyJ."])
def test_a_long_text_of_beginnings_is_looked_at_once(home, piece):
    """None ends as a secret does; looking from each to the end of the text would take hours."""
    text = piece * (900_000 // len(piece))
    (home.path / "personas/tutor.yaml").write_text(f"level: 1\n# {text}\n")
    home.helios("log", "tutor")
    assert home.subjects()[0] == "tutor: edited outside"
