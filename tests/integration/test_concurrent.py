"""The command line, the view and raw edits at the same time: nothing acknowledged is lost."""
import subprocess
import threading

import pytest

import lab

ROUNDS = 10 if lab.SANITIZED else 30

THROUGH_THE_VIEW = """import os, re, sys
path, key, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
for n in range(rounds):
    with open(path) as f: text = f.read()
    line = f'{key}: tok-{key}-{n}'
    text = re.sub(f'(?m)^{key}: .*', line, text) if f'\\n{key}: ' in text else text + line + '\\n'
    temporary = f'{path}.tmp{os.getpid()}'
    with open(temporary, 'w') as f: f.write(text)
    os.rename(temporary, path)
    print(f'tok-{key}-{n}', flush=True)
"""

BY_COMMAND = """import subprocess, sys
home, name, key, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
for n in range(rounds):
    subprocess.run(['helios', '--dir', home, '--quiet', 'set', name, key, f'tok-{key}-{n}'],
                   check=True)
    print(f'tok-{key}-{n}', flush=True)
"""


def gather(children):
    """Lets them run to their end; all tokens they said were acknowledged."""
    tokens = []
    for child in children:
        out, _ = child.communicate(timeout=lab.PATIENCE * 10)
        assert child.returncode == 0
        tokens += out.decode().split()
    return tokens


def start(home, script, *arguments):
    return home.start("/usr/bin/python3", "-c", script, *arguments, stdout=subprocess.PIPE)


def test_one_persona_different_keys(any_mount):
    home = any_mount
    path = home.view / "personas/architect.yaml"
    tokens = gather([start(home, THROUGH_THE_VIEW, path, "view_a", ROUNDS),
                     start(home, THROUGH_THE_VIEW, path, "view_b", ROUNDS),
                     start(home, BY_COMMAND, home.path, "architect", "command", ROUNDS)])
    assert len(tokens) == 3 * ROUNDS
    document = home.resolved("architect")
    assert [document[key] for key in ("view_a", "view_b", "command")] == [
        f"tok-{key}-{ROUNDS - 1}" for key in ("view_a", "view_b", "command")]
    lab.assert_clean(home, tokens)


def test_many_personas_and_raw_edits(mount):
    personas = ["architect", "reviewer", "writer"]
    children = [start(mount, THROUGH_THE_VIEW, mount.view / f"personas/{name}.yaml",
                      f"view_{name}", ROUNDS) for name in personas]
    children += [start(mount, BY_COMMAND, mount.path, name, f"command_{name}", ROUNDS)
                 for name in personas]
    raw = threading.Thread(target=raw_edits, args=(mount, "tutor"))
    raw.start()
    tokens = gather(children)
    raw.join()
    lab.wait_for("the last raw edit in history",
                 lambda: mount.counted_tokens(r"tok-raw-\d+").get("tok-raw-9"))
    assert len(tokens) == 6 * ROUNDS
    for name in personas:
        document = mount.resolved(name)
        assert document[f"view_{name}"] == f"tok-view_{name}-{ROUNDS - 1}"
        assert document[f"command_{name}"] == f"tok-command_{name}-{ROUNDS - 1}"
    assert mount.resolved("tutor")["raw"] == "tok-raw-9"
    lab.assert_clean(mount, tokens)


def raw_edits(home, name):
    """An editor at work on the file in the home itself."""
    path = home.path / f"personas/{name}.yaml"
    text = path.read_text()
    for n in range(10):
        beside = path.with_name(f".{name}.new")
        beside.write_text(f"{text}raw: tok-raw-{n}\n")
        beside.chmod(0o600)
        beside.rename(path)
        lab.wait_for("the raw edit on the view",
                     lambda: home.resolved(name).get("raw") == f"tok-raw-{n}")


def test_a_change_between_reading_and_saving_stays(any_mount):
    """Ancestor: the version the handle was opened on."""
    home = any_mount
    script = """import os, subprocess, sys
f = open(sys.argv[1], 'r+'); text = f.read()
subprocess.run(['helios', 'set', 'writer', 'communication.humour', '0.9'], check=True)
f.seek(0); f.write(text.replace('formality: ', 'formality: 0.9 #')); f.truncate(); f.close()
"""
    head = home.head()
    home.python(script, home.view / "personas/writer.yaml")
    document = home.resolved("writer")["communication"]
    assert (document["humour"], document["formality"]) == (pytest.approx(0.7775), 0.9)
    assert len(home.subjects(head)) == 2
    lab.assert_clean(home)


def test_a_change_between_reading_and_rewriting_stays(any_mount):
    """Ancestor: what the same process last read, before it opened the file with truncation."""
    home = any_mount
    script = """import subprocess, sys
text = open(sys.argv[1]).read()
subprocess.run(['helios', 'set', 'writer', 'communication.humour', '0.9'], check=True)
with open(sys.argv[1], 'w') as f: f.write(text.replace('formality: ', 'formality: 0.9 #'))
"""
    home.python(script, home.view / "personas/writer.yaml")
    document = home.resolved("writer")["communication"]
    assert (document["humour"], document["formality"]) == (pytest.approx(0.7775), 0.9)
    lab.assert_clean(home)


def test_a_change_beneath_an_open_source_stays(any_mount):
    home = any_mount
    script = """import subprocess, sys
f = open(sys.argv[1], 'r+'); text = f.read()
subprocess.run(['helios', 'set', 'writer', 'communication.humour', '0.9'], check=True)
f.seek(0); f.write(text.replace('formality: ', 'formality: 0.9 #')); f.truncate(); f.close()
"""
    home.python(script, home.view / "sources/writer.yaml")
    stored = lab.load(home.source("writer"))["communication"]
    assert (stored["humour"], stored["formality"]) == (0.9, 0.9)
    assert home.read("sources/writer.yaml") == home.source("writer")
    lab.assert_clean(home)


def test_who_never_read_replaces(any_mount):
    home = any_mount
    home.sh("cp $P/writer.yaml saved; helios set writer communication.humour 0.9; "
            "cat saved > $P/writer.yaml")
    assert home.resolved("writer") == lab.load(home.run("cat", "saved").stdout)
    assert home.resolved("writer")["communication"]["humour"] != 0.9
    lab.assert_clean(home)


def test_the_same_key_on_both_sides(any_mount):
    """The save wins; the other value is in history, and status says so."""
    home = any_mount
    script = """import subprocess, sys
f = open(sys.argv[1], 'r+'); text = f.read()
subprocess.run(['helios', 'set', 'writer', 'communication.tone', 'tok-theirs'], check=True)
assert text.count('  tone: ') == 1
text = ''.join('  tone: tok-mine\\n' if line.startswith('  tone: ') else line
               for line in text.splitlines(keepends=True))
f.seek(0); f.write(text); f.truncate(); f.close()
"""
    home.python(script, home.view / "personas/writer.yaml")
    assert home.resolved("writer")["communication"]["tone"] == "tok-mine"
    assert "communication.tone" in home.read("status.yaml")
    lab.assert_clean(home, ["tok-mine", "tok-theirs"])


def test_the_next_open_sees_what_the_command_did(any_mount):
    home = any_mount
    for n in range(20):
        home.helios("set", "tutor", "progress_mark", str(n))
        assert home.resolved("tutor")["progress_mark"] == n
    home.helios("new", "fresh")
    assert home.resolved("fresh") and "fresh.yaml" in home.names()
    home.helios("mv", "fresh", "stale")
    assert "fresh.yaml" not in home.names() and "stale.yaml" in home.names()
    home.helios("rm", "stale")
    assert "stale.yaml" not in home.names()
    assert home.sh("cat $P/stale.yaml", check=False).returncode != 0
    lab.assert_clean(home)


def test_two_whole_file_writers_never_mix(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("for side in a b; do sed \"s/^name: .*/name: $side/; s/^description: .*/description: "
            "$side/\" $P/writer.yaml > $side; done; "
            "for n in 1 2 3 4 5 6 7 8; do (cat a > $P/writer.yaml) & (cat b > $P/writer.yaml) & "
            "wait; done")
    for commit in home.git("rev-list", f"{head}..HEAD").stdout.split():
        document = lab.load(home.git("show", f"{commit}:personas/writer.yaml").stdout)
        assert document["name"] == document["description"]
    lab.assert_clean(home)
