"""prompts/, json/ and explain/: each persona rendered for models, programs and people; read only, and
with all layers."""
import errno
import json
import os
import time

import pytest

import lab
from test_view import PERSONAS, errno_of

PLACES = {"prompts": ".md", "json": ".json", "explain": ".yaml"}


def rendered(home, place, name):
    return home.read(f"{place}/{name}{PLACES[place]}")


def assert_true(home, name):
    """What the view shows is what the commands print."""
    assert rendered(home, "prompts", name) == home.helios("show", name, "--prompt").stdout
    effective = home.data("show", name, "--effective")
    assert json.loads(rendered(home, "json", name)) == effective
    explained = rendered(home, "explain", name)
    assert explained == home.helios("explain", name).stdout
    assert lab.load(explained) == lab.load(home.helios("show", name, "--effective").stdout)


def test_every_persona_is_there(any_mount):
    home = any_mount
    for place, suffix in PLACES.items():
        assert home.names(place) == sorted(name + suffix for name in PERSONAS)
        sizes = home.run("find", home.view / place, "-type", "f", "-printf", "%s %f\\n").stdout
        for line in sizes.splitlines():
            size, file = line.split(" ", 1)
            assert int(size) == len(home.read(f"{place}/{file}").encode())
    for name in PERSONAS:
        assert_true(home, name)


def test_what_was_changed_is_seen_at_the_next_open(any_mount):
    home = any_mount
    home.read("prompts/tutor.md")
    home.helios("set", "tutor", "communication.tone", "tok-by-command")
    for place in PLACES:
        assert "tok-by-command" in rendered(home, place, "tutor")
    text = home.read("personas/tutor.yaml").replace("tok-by-command", "tok-by-view")
    home.write("personas/tutor.yaml", text)
    for place in PLACES:
        assert "tok-by-view" in rendered(home, place, "tutor")
    home.helios("set", "base", "identity.values", "[tok-of-base]")
    for place in PLACES:
        assert "tok-of-base" in rendered(home, place, "tutor")
    assert_true(home, "tutor")


def test_new_renamed_and_removed_ones(any_mount):
    home = any_mount
    home.helios("new", "guest")
    for place, suffix in PLACES.items():
        assert f"guest{suffix}" in home.names(place)
    home.sh("mv $P/guest.yaml $P/visitor.yaml")
    for place, suffix in PLACES.items():
        assert f"visitor{suffix}" in home.names(place) and f"guest{suffix}" not in home.names(place)
        assert rendered(home, place, "visitor")
    home.sh("rm $P/visitor.yaml")
    for place, suffix in PLACES.items():
        assert f"visitor{suffix}" not in home.names(place)
        assert errno_of(home, f"open(V + '/{place}/visitor{suffix}')") == errno.ENOENT


def test_what_lies_on_top_is_shown_and_never_in_personas(any_mount):
    home = any_mount
    home.helios("temp", "add", "tutor", "communication.tone", "tok-for-now")
    for place in PLACES:
        assert "tok-for-now" in rendered(home, place, "tutor")
    assert "tok-for-now" not in home.read("personas/tutor.yaml")
    assert_true(home, "tutor")
    (found,) = home.data("temp")["temporary"]
    home.helios("temp", "drop", found["id"])
    for place in PLACES:
        assert "tok-for-now" not in rendered(home, place, "tutor")


def test_an_overlay_that_is_written_slowly(mount):
    """What was read between two signs of one change is not believed after the last."""
    home = mount
    shown = home.view / "json/tutor.json"
    for number in range(12):
        file = home.path / f"temporary/20261125T00000{number:x}Z-x.yaml"
        with open(file, "w", encoding="utf-8") as overlay:
            end = time.monotonic() + 0.002 * number
            while time.monotonic() < end:
                shown.read_text()
            overlay.write(f"persona: tutor\nexpires_at: 2099-01-01T00:00:00Z\n"
                          f"overlay: {{mark: tok-{number}}}\n")
            overlay.flush()
            shown.read_text()
        lab.wait_for("the overlay", lambda: f"tok-{number}" in shown.read_text())
        file.unlink()
        lab.wait_for("its end", lambda: f"tok-{number}" not in shown.read_text())


@pytest.mark.parametrize("file", ["prompts/tutor.md", "personas/tutor.yaml"])
def test_stat_is_of_what_is_there_after_an_old_one_was_held(mount, file):
    """Who had the old text open has asked for its size; that is not the file's for who comes later."""
    home = mount
    path = home.view / file
    with open(path, "rb") as held:
        old = len(held.read())
        home.helios("set", "tutor", "mark", "x" * 100)
        home.read(file)
        assert os.fstat(held.fileno()).st_size == old
    lab.wait_for("the size", lambda: path.stat().st_size == len(path.read_bytes()))
    with open(path, "rb") as held:
        home.helios("set", "tutor", "mark", "y" * 200)
        os.fstat(held.fileno())
    lab.wait_for("the size, by stat alone", lambda: path.stat().st_size > old + 100, patience=2)


def test_an_open_file_is_one_version_to_its_end(any_mount):
    home = any_mount
    script = """import subprocess, sys
f = open(sys.argv[1]); first = f.read(100)
subprocess.run(['helios', '--quiet', 'set', 'tutor', 'name', 'tok-later'], check=True)
rest = f.read(); assert 'tok-later' not in first + rest; print(first + rest, end='')
assert 'tok-later' in open(sys.argv[1]).read()
"""
    before = home.read("prompts/tutor.md")
    assert home.python(script, home.view / "prompts/tutor.md").stdout == before


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("statement, number", [
    ("open(F, 'w')", errno.EROFS), ("open(F, 'a')", errno.EROFS), ("open(N, 'x')", errno.EROFS),
    ("os.unlink(F)", errno.EROFS), ("os.rename(F, N)", errno.EROFS),
    ("os.truncate(F, 0)", errno.EROFS), ("os.symlink('x', N)", errno.EROFS),
    ("os.rename(P + '/tutor.yaml', N)", errno.EROFS), ("os.mkdir(N)", errno.EPERM),
    ("os.link(F, N)", errno.EPERM), ("os.rename(P + '/tutor.yaml', F)", errno.EROFS),
    ("open(N)", errno.ENOENT), ("open(N + '.swp')", errno.ENOENT),
    ("os.rmdir(os.path.dirname(F))", errno.EPERM),
])
def test_nothing_can_be_written(mount, place, statement, number):
    file = f"V + '/{place}/tutor{PLACES[place]}'"
    new = f"V + '/{place}/new{PLACES[place]}'"
    statement = statement.replace("F", file).replace("N", new)
    head = mount.head()
    assert errno_of(mount, statement) == number
    assert mount.head() == head and mount.names("rejected") == []
    assert_true(mount, "tutor")


def test_the_active_prompt(any_mount):
    home = any_mount
    assert "active.md" not in home.names(".")
    home.helios("use", "tutor")
    assert home.run("readlink", home.view / "active.md").stdout == "prompts/tutor.md\n"
    assert home.read("active.md") == home.read("prompts/tutor.md")
    home.sh("ln -sfn personas/writer.yaml $V/active.yaml")
    assert home.read("active.md") == home.read("prompts/writer.md")
    assert errno_of(home, "os.unlink(V + '/active.md')") == errno.EROFS
    assert errno_of(home, "os.symlink('prompts/tutor.md', V + '/active.md')") == errno.EEXIST
    home.sh("rm $V/active.yaml")
    assert "active.md" not in home.names(".")
    assert errno_of(home, "os.symlink('prompts/tutor.md', V + '/active.md')") == errno.EROFS


def test_a_directory_tells_when_it_changed(any_mount):
    """make, and whoever watches directories by their time, see a new persona."""
    home = any_mount
    stat = ["stat", "-c", "%y", home.view / "prompts"]
    before = home.run(*stat).stdout
    assert home.run(*stat).stdout == before
    home.helios("new", "guest")
    lab.wait_for("a later time", lambda: home.run(*stat).stdout > before)


def test_many_at_once_never_torn(mount):
    """Readers in a loop while a writer saves: what parses and is whole, or nothing."""
    script = """import json, subprocess, sys, time
end = time.monotonic() + 3; seen = set()
while time.monotonic() < end:
    document = json.load(open(sys.argv[1] + '/json/writer.json'))
    assert document['one'] == document['two'], document
    seen.add(document['one'])
    prompt = open(sys.argv[1] + '/prompts/writer.md').read()
    assert prompt.startswith('# ') and prompt.endswith('\\n')
print(len(seen))
"""
    mount.helios("set", "writer", "one", "0")
    mount.helios("set", "writer", "two", "0")
    readers = [mount.start("/usr/bin/python3", "-c", script, mount.view, stdout=-1)
               for _ in range(2)]
    for number in range(60):
        text = mount.read("sources/writer.yaml").split("\none:")[0]
        mount.write("sources/writer.yaml", f"{text}\none: {number}\ntwo: {number}\n")
    for reader in readers:
        out, _ = reader.communicate(timeout=lab.PATIENCE)
        assert reader.returncode == 0 and int(out) > 3


def test_an_overlay_edited_by_hand_is_seen(mount):
    """Nothing of it is in git, and no program of ours made it."""
    home = mount
    home.read("prompts/tutor.md")
    home.helios("temp", "add", "tutor", "communication.tone", "tok-one")
    (file,) = (home.path / "temporary").iterdir()
    assert "tok-one" in home.read("prompts/tutor.md")
    file.write_text(file.read_text().replace("tok-one", "tok-two"))
    lab.wait_for("the edit", lambda: "tok-two" in home.read("prompts/tutor.md"))
    file.unlink()
    lab.wait_for("its end", lambda: "tok-two" not in home.read("prompts/tutor.md"))
    assert_true(home, "tutor")
