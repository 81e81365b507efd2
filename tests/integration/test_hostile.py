"""Hostile names, texts, values and places, as tables: on the view, the command line and the server each
is refused, and the home holds the same bytes as before."""
import errno
import os

import pytest

import lab
from mcp_client import Server

# ---- the home before and after: what a refusal may touch is named, all else may not change

MAY_CHANGE = {"view", ".rejected", ".scratch", ".session_state.yaml", ".health_metrics.yaml",
              ".helios.lock", ".generation", ".recovery", ".mounts"}


CACHES = {"index", "helios-changes"}


def changes(path):
    """A file's bytes; of the journal what is no checkpoint, for those come by themselves."""
    with open(path, "rb") as file:
        lines = file.readlines()
    return [line for line in lines if b'"kind":"checkpoint"' not in line]


def held(home):
    """Every file of the home with its bytes, links with their targets, modes."""
    found = {}
    for directory, names, files in os.walk(home.path):
        if directory == str(home.path):
            names[:] = [name for name in names if name not in MAY_CHANGE]
            files = [name for name in files if name not in MAY_CHANGE]
        for name in files:
            path = os.path.join(directory, name)
            if directory.endswith(".git") and name in CACHES:
                continue
            kind = os.lstat(path).st_mode
            found[path] = (kind, os.readlink(path) if os.path.islink(path) else
                           changes(path) if os.path.isfile(path) else None)
    return found


@pytest.fixture(scope="module")
def shared():
    """One home, its view mounted and a server at work, for all cases: none of them may change it."""
    home = lab.Home()
    try:
        home.init()
        home.helios("use", "writer")
        home.mount()
        with Server(home, "--dir", home.path) as server:
            server.does("list_personas")
            yield home, server
    finally:
        home.close()


@pytest.fixture
def ground(shared):
    home, server = shared
    before = held(home)
    yield home, server
    after = held(home)
    assert after.keys() == before.keys()
    assert after == before
    server.lives()


# ---- names

NAMES = {
    "empty": "", "dot": ".", "dots": "..", "up": "../writer", "down": "a/b", "absolute": "/etc/passwd",
    "backslash": "a\\b", "hidden": ".writer", "dash": "-writer", "hash": "#writer#",
    "blank before": " writer", "blank after": "writer ", "newline": "a\nb", "escape": "a\x1b[1mb",
    "tab": "a\tb", "del": "a\x7fb", "c1": "a\x9bb", "bidi": "a\u202eb", "isolate": "a\u2066b",
    "zero width": "a\u200bb", "joiner": "a\u200db", "bom": "\ufeffa", "line separator": "a\u2028b",
    "not composed": "e\u0301", "long": "x" * 65, "long bytes": "ü" * 33, "base": "base",
    "git": ".git", "config": "../.git/config", "tilde": "~/x/y",
}
NO_FILE = {"empty", "dot", "dots", "up", "down", "absolute", "config", "tilde"}  # other places, there


def file_of(name):
    return name + ".yaml"


@pytest.mark.parametrize("case", NAMES)
def test_a_name_on_the_command_line(ground, case):
    home, _ = ground
    for command in (["new", "--", NAMES[case]], ["cp", "--", "writer", NAMES[case]],
                    ["mv", "--", "writer", NAMES[case]]):
        done = home.helios(*command, check=False)
        assert done.returncode in (1, 2) and done.stderr, command


@pytest.mark.parametrize("case", NAMES)
def test_a_name_in_a_call(ground, case):
    _, server = ground
    name = NAMES[case]
    if case != "base":  # the base has a tool of its own words
        assert server.call("learn_behavior", persona=name, key="mark", value=1)["isError"]
    for tool, arguments in (("merge_behaviors", {"persona_name": name or "?"}),
                            ("evolve_behavior", {"from_config": "writer", "to_config": name,
                                                 "key": "communication.tone"})):
        if case != "base":
            assert server.call(tool, **arguments)["isError"], tool


# an editor's files, or nobody's to refuse: they are no personas, and are in no history
SCRATCH = {"hidden", "hash", "git"}


@pytest.mark.parametrize("case", sorted(set(NAMES) - NO_FILE - SCRATCH))
def test_a_name_on_the_view(ground, case):
    home, _ = ground
    path = os.path.join(home.view, "personas", file_of(NAMES[case]))
    for attempt in (lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)),
                    lambda: os.rename(home.view / "personas/tutor.yaml", path)):
        with pytest.raises(OSError) as refused:
            attempt()
        assert refused.value.errno in (errno.EINVAL, errno.ENAMETOOLONG, errno.EPERM, errno.ENOENT)


# ---- texts, saved on the view and from an editor

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdef", "bcdefg"))
TEXTS = {
    "empty": b"", "blanks": b"  \n\n", "a comment": b"# nothing\n", "a list": b"- a\n- b\n",
    "a scalar": b"just words\n", "two documents": b"a: 1\n---\nb: 2\n", "a bracket": b"a: [1\n",
    "a quote": b'a: "x\n', "a tab": b"a:\n\tb: 1\n", "a key twice": b"a: 1\na: 2\n",
    "a key deep twice": b"a: {b: 1, 'b': 2}\n", "a list as a key": b"? [a]\n: 1\n",
    "a mapping as a key": b"? {a: 1}\n: 1\n", "an alias as a key": b"a: &x 1\n? *x\n: 2\n",
    "a python object": b"a: !!python/object/apply:os.system [ls]\n", "an own tag": b"a: !mine 1\n",
    "a binary": b"a: !!binary aGVsbG8=\n", "!override at the root": b"!override\na: 1\n",
    "!override in a list": b"a: [!override 1]\n", "!override in the view": b"mark: !override 1\n",
    "merge in the view": b"merge: {communication: lock}\n", "no alias": b"a: *nobody\n",
    "a circle": b"a: &a {b: *a}\n", "a merge circle": b"a: &a {<<: *a}\n",
    "a bomb": BOMB.encode(), "deep": b"a: " + b"[" * 5000 + b"]" * 5000 + b"\n",
    "deep mappings": b"a: " + b"{a: " * 70 + b"1" + b"}" * 70 + b"\n",
    "large": b"a: " + b"x" * (1 << 20) + b"\n", "many": b"a: [" + b"1, " * 110_000 + b"1]\n",
    "NUL": b"a: x\0y\n", "not UTF-8": b"a: \xff\xfe\n", "overlong": b"a: \xc0\xaf\n",
    "a surrogate": b"a: \xed\xa0\x80\n", "control": b"a: x\x1b[2Jy\n", "U+2028": "a: x\u2028y\n".encode(),
    "NEL": "a: x\u0085y\n".encode(), "UTF-16": "a: 1\n".encode("utf-16"),
    "a level below one": b"specialization_level: 0.5\n", "no level": b"specialization_level: .nan\n",
    "importance over one": b"base_importance: 1.5\n", "a section no mapping": b"communication: words\n",
    "no parent": b"inherits_from: ../../etc/passwd\n", "a parent no name": b"inherits_from: [a]\n",
    "a secret": b"mark: ghp_" + b"Ab3" * 12 + b"\n", "a key turned around": "\"a\u202eb\": 1\n".encode(),
}


@pytest.mark.parametrize("case", [case for case in TEXTS if TEXTS[case]])  # emptying alone is no save
def test_a_text_on_the_view(ground, case):
    home, _ = ground
    path = home.view / "personas/writer.yaml"
    before = path.read_bytes()
    with pytest.raises(OSError) as refused:
        with open(path, "wb", buffering=0) as file:
            view = memoryview(TEXTS[case])
            while view:
                view = view[file.write(view):]
            os.fsync(file.fileno())
    assert refused.value.errno in (errno.EINVAL, errno.EFBIG, errno.EPERM, errno.ELOOP)
    assert path.read_bytes() == before


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_from_an_editor(ground, case):
    home, _ = ground
    hostile = home.room / "hostile"
    hostile.write_bytes(TEXTS[case])
    done = home.helios("edit", "writer", check=False, env={"VISUAL": f"cp {hostile}"})
    assert done.returncode == 1 and done.stderr
    assert "\x1b" not in done.stderr and "\u202e" not in done.stderr, "a terminal would obey that"


# ---- values

VALUES = ["[" * 100, "[" * 5000 + "]" * 5000, "{a: 1, a: 2}", "&a [*a]", "*nobody", '"open', "{a: 1",
          "!!python/name:os.system", "!mine 1", "a\n---\nb", "a: b: c", "@x", "`x`", "%x",
          "!override !override 1", "x" * (1 << 17)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value[:12]))
def test_a_value_on_the_command_line(ground, value):
    home, _ = ground
    try:
        done = home.helios("set", "writer", "mark", "--", value, check=False)
    except OSError as refused:  # the kernel takes no argument as long
        assert refused.errno == errno.E2BIG
        return
    assert done.returncode in (1, 2) and done.stderr


PATHS = ["", ".", "a..b", "a.", ".a", '"open', "a[", "a[x]", "a[-1]", "a[99999999999999999999]", "a]b[",
         "communication.tone.deeper", "communication.avoid[400]", "merge.communication", "\x1b[2J",
         "behaviors.boundaries", "behaviors.boundaries[0]"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: repr(path[:20]))
def test_a_path(ground, path):
    home, server = ground
    assert server.call("learn_behavior", persona="writer", key=path, value=1)["isError"]
    if path not in ("merge.communication", "communication.tone.deeper"):  # a person may
        done = home.helios("set", "writer", "--", path, "1", check=False)
        assert done.returncode in (1, 2) and done.stderr


CALLS = {
    "large": ("learn_behavior", {"persona": "writer", "key": "mark", "value": "x" * (1 << 20)}),
    "many": ("learn_behavior", {"persona": "writer", "key": "mark", "value": [0] * 110_000}),
    "a key turned around": ("learn_behavior", {"persona": "writer", "key": "mark",
                                               "value": {"a\u202eb": 1}}),
    "the base's importance": ("tune_weight", {"target": "base", "parameter": "base_importance",
                                              "value": 1}),
    "a level of nothing": ("tune_weight", {"target": "writer", "parameter": "specialization_level",
                                           "value": -1}),
    "another parameter": ("tune_weight", {"target": "writer", "parameter": "merge", "value": 1}),
    "strategies": ("learn_behavior", {"persona": "writer", "key": "merge",
                                      "value": {"communication": "lock"}}),
    "a parent that is a path": ("learn_behavior", {"persona": "writer", "key": "inherits_from",
                                                   "value": "../../../etc/passwd"}),
    "a file that is not there": ("commit_changes", {"message": "x", "files": ["personas/nobody.yaml"]}),
    "a file elsewhere": ("commit_changes", {"message": "x", "files": ["../../etc/passwd"]}),
    "git's files": ("commit_changes", {"message": "x", "files": [".git/config"]}),
    "a secret": ("learn_behavior", {"persona": "writer", "key": "mark",
                                    "value": ["ghp" + "_" + "Ab3" * 12]}),
}


@pytest.mark.parametrize("case", CALLS)
def test_a_call(ground, case):
    _, server = ground
    tool, arguments = CALLS[case]
    assert server.call(tool, **arguments)["isError"]


# ---- surroundings

GAMES = {
    "GIT_DIR": {"GIT_DIR": "/nowhere"}, "GIT_WORK_TREE": {"GIT_WORK_TREE": "/tmp"},
    "GIT_INDEX_FILE": {"GIT_INDEX_FILE": "/tmp/index"},
    "GIT_OBJECT_DIRECTORY": {"GIT_OBJECT_DIRECTORY": "/tmp"},
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": {"GIT_ALTERNATE_OBJECT_DIRECTORIES": "/tmp"},
    "GIT_CONFIG": {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath",
                   "GIT_CONFIG_VALUE_0": "/tmp"},
    "GIT_EXTERNAL_DIFF": {"GIT_EXTERNAL_DIFF": "/bin/false"},
    "HOME": {"HOME": "/nowhere"}, "XDG_CONFIG_HOME": {"XDG_CONFIG_HOME": "/nowhere"},
    "TMPDIR": {"TMPDIR": "/nowhere"}, "LD_BIND_NOW": {"LD_BIND_NOW": "1", "LC_ALL": "xx_YY"},
    "TZ": {"TZ": "/etc/passwd"}, "TERM": {"TERM": "\x1b[2J", "COLUMNS": "-1"},
}


@pytest.mark.parametrize("game", GAMES)
def test_surroundings_are_harmless(ground, game):
    home, _ = ground
    for command in (["get", "writer", "name"], ["log", "-n", "1"], ["diff", "writer"], ["status"]):
        plain, played = home.helios(*command), home.helios(*command, env=GAMES[game])
        if command[0] != "status":  # it counts
            assert played.stdout == plain.stdout


ATTRIBUTES = "*.yaml filter=evil diff=evil merge=evil ident text eol=crlf\n"
CONFIG = ("[core]\n\thooksPath = {0}\n\tfsmonitor = {0}/evil\n\tsshCommand = {0}/evil\n\teditor = {0}/evil\n"
          "\tattributesFile = {0}/attributes\n[filter \"evil\"]\n\tclean = {0}/evil\n\tsmudge = {0}/evil\n"
          "\trequired = true\n[diff \"evil\"]\n\tcommand = {0}/evil\n\ttextconv = {0}/evil\n"
          "[merge \"evil\"]\n\tdriver = {0}/evil\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {0}/evil\n"
          "[credential]\n\thelper = {0}/evil\n")
INCLUDE = "[include]\n\tpath = {0}/more\n"


def test_nothing_that_git_is_told_to_run_is_run(mount):
    """Hooks, filters, drivers, helpers, signing, of the repository and of the user, and its includes."""
    home = mount
    trap = home.room / "trap"
    trap.mkdir()
    for name in ("evil", "pre-commit", "post-commit", "commit-msg", "reference-transaction",
                 "post-index-change", "prepare-commit-msg", "pre-auto-gc", "post-rewrite"):
        for directory in (trap, home.path / ".git/hooks"):
            directory.mkdir(exist_ok=True)
            (directory / name).write_text(f"#!/bin/sh\ntouch {home.room}/sprung\n")
            (directory / name).chmod(0o755)
    (trap / "attributes").write_text(ATTRIBUTES)
    (home.path / ".git/info").mkdir(exist_ok=True)
    (home.path / ".git/info/attributes").write_text(ATTRIBUTES)
    (home.path / "personas/.gitattributes").write_text(ATTRIBUTES)
    with open(home.path / ".git/config", "a", encoding="utf-8") as file:
        file.write(CONFIG.format(trap))
    (home.room / ".gitconfig").write_text((CONFIG + INCLUDE).format(trap))
    home.helios("set", "writer", "mark", "tok-one")
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/tutor.yaml && cp $P/tutor.yaml $P/other.yaml && "
            "rm $P/other.yaml")
    with Server(home, "--dir", home.path) as server:
        server.does("learn_behavior", persona="writer", key="mark", value="a\r\nb")
    with open(home.path / "personas/writer.yaml", "a", encoding="utf-8") as file:
        file.write("outside: 1\n")
    for command in (["log"], ["diff", "writer"], ["undo"], ["snapshot"], ["gc"], ["doctor", "--fix"]):
        home.helios(*command, check=False)
    assert not (home.room / "sprung").exists()
    stored = home.run("git", "-C", home.path, "cat-file", "blob", "HEAD:personas/tutor.yaml",
                      env={"GIT_CONFIG_GLOBAL": "/dev/null"}).stdout
    assert stored == home.source("tutor")


FORGED = "fine\n\nHelios-Source: cli\nHelios-Client: the person\r\nHelios-Op: 0\u202e\u2028x\x1b[2J"


def test_a_commit_cannot_be_forged(mount):
    home = mount
    with Server(home, "--dir", home.path) as server:
        server.does("learn_behavior", persona="writer", key="mark", value=FORGED)
        (home.path / "personas/tutor.yaml").write_text("level: 3\n")
        server.does("commit_changes", message=FORGED)
    for commit in home.git("rev-list", "-n", "2", "HEAD").stdout.split():
        trailers = home.git("log", "-1", "--format=%(trailers:only,unfold)", commit).stdout
        assert trailers.count("Helios-Source: ") == 1 and "Helios-Source: mcp" in trailers
        message = home.git("log", "-1", "--format=%B", commit).stdout
        assert not set("\x1b\r\u202e\u2028") & set(message)
        assert "Helios-Client: the person\n" not in message


def test_what_stands_where_a_file_should(home):
    """Links, also to a home's own files, pipes, devices and directories are never followed or opened."""
    secret = home.room / "secret"
    secret.write_text("level: 1\n")
    person = home.path / "personas"
    (person / "soft.yaml").symlink_to(secret)
    (person / "loop.yaml").symlink_to("loop.yaml")
    (person / "self.yaml").symlink_to("writer.yaml")
    (person / "dir.yaml").mkdir()
    os.mkfifo(person / "pipe.yaml")
    head = home.head()
    for name in ("soft", "loop", "self", "dir", "pipe"):
        assert home.helios("show", name, check=False).returncode == 1
        assert home.helios("set", name, "mark", "1", check=False).returncode == 1
    assert secret.read_text() == "level: 1\n"
    assert home.head() == head
    assert {f"personas/{name}.yaml" for name in ("soft", "loop", "self", "dir", "pipe")} & set(
        home.git("ls-files").stdout.split()) == set()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o722])
def test_a_home_that_others_can_write(home, mode):
    before = held(home)
    home.path.chmod(mode)
    done = home.helios("set", "writer", "mark", "1", check=False)
    assert done.returncode == 1 and "chmod 700" in done.stderr
    home.path.chmod(0o700)
    assert held(home) == before


def test_a_chain_that_is_too_long(mount):
    """One more than may inherit from each other in a row is refused."""
    home = mount
    chain = [f"link{number}" for number in range(17)]
    home.helios("new", chain[0])
    for parent, child in zip(chain, chain[1:]):
        home.helios("new", child)
        home.helios("set", child, "inherits_from", parent)
    home.helios("new", "over")
    home.refused("set", "over", "inherits_from", chain[-1], code="PARENT_CYCLE")
    for view in "sources", "personas":
        done = home.sh(f"echo 'inherits_from: {chain[-1]}' > $V/{view}/over.yaml", check=False)
        assert done.returncode != 0 or home.names("rejected")
    assert home.resolved(chain[-1])["inherits_from"] == chain[-2]
