"""The cache of which commit changed which file: whatever state it is in, `helios log NAME` tells what
the user's own git tells. git is the oracle."""
import zlib

import pytest

import lab

NAMES = ["writer", "tutor", "operator", "guest", "keeper", "base"]


def cache(home):
    return home.path / ".git/helios-changes"


def told_by_git(home, name):
    path = "base/identity.yaml" if name == "base" else f"personas/{name}.yaml"
    return home.git("rev-list", "HEAD", "--", path).stdout.split()


def told(home, name, *path):
    log = home.data("log", name, *path, "-n", "0", check=False)
    return [change["commit"] for change in log.get("changes", [])]


def assert_true(home):
    for name in NAMES:
        assert told(home, name) == told_by_git(home, name), name


def change_something(home, rng, count=12):
    for number in range(count):
        name = rng.choice(["writer", "tutor", "base"])
        home.helios(*rng.choice([
            ["set", name, "communication.tone", f"t{number}"], ["set", name, "mark", str(number)],
            ["new", "guest"], ["rm", "guest"], ["mv", "operator", "keeper"],
            ["mv", "keeper", "operator"], ["undo"]]), check=False)


def test_it_tells_what_git_tells(home, rng):
    change_something(home, rng)
    assert not cache(home).exists()
    assert_true(home)
    home.helios("gc")
    assert cache(home).read_text().count("\n") == len(home.subjects())
    assert_true(home)
    change_something(home, rng)  # known ones, and newer ones it does not know
    assert_true(home)
    home.helios("gc")
    assert cache(home).read_text().count("\n") == len(home.subjects())
    assert_true(home)


def test_the_values_of_one_key(home, rng):
    change_something(home, rng)
    compared = told(home, "writer", "communication.tone")
    home.helios("gc")
    assert told(home, "writer", "communication.tone") == compared
    home.helios("set", "writer", "communication.tone", "last")
    assert told(home, "writer", "communication.tone") == [home.head(), *compared]


def test_it_is_read(home):
    """Else the other tests would pass without it: a line that was made to look true is believed."""
    home.helios("set", "writer", "mark", "1")
    home.helios("set", "tutor", "mark", "1")
    home.helios("gc")
    lines, total = [], 0
    for line in cache(home).read_text().splitlines():
        line = line[8:].replace("personas/writer", "personas/keeper")
        total = zlib.crc32(line.encode(), total)
        lines.append(f"{total:08x}{line}\n")
    cache(home).write_text("".join(lines))
    assert told(home, "writer") == [] and len(told(home, "keeper")) == 2
    cache(home).unlink()
    assert_true(home)


@pytest.mark.parametrize("back", [1, 5])
def test_history_set_back_by_git(home, rng, back):
    while len(home.subjects()) <= back:  # some of the changes are refused
        change_something(home, rng)
    home.helios("gc")
    home.git("reset", "-q", "--hard", f"HEAD~{back}")
    assert_true(home)
    change_something(home, rng, 3)
    assert_true(home)
    home.helios("gc")
    assert cache(home).read_text().count("\n") == len(home.subjects())
    assert_true(home)


def test_edits_made_outside(home):
    (home.path / "personas/écrit par moi.yaml").write_text("name: été\n", encoding="utf-8")
    home.helios("list")
    home.helios("gc")
    home.helios("set", "écrit par moi", "mark", "1")
    home.helios("gc")
    assert len(told(home, "écrit par moi")) == 2


def test_a_damaged_one_costs_only_time(home, rng):
    change_something(home, rng)
    home.helios("gc")
    whole = cache(home).read_bytes()
    for _ in range(20):
        place = rng.randrange(len(whole))
        damaged = rng.choice([
            whole[:place], whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)])
            + whole[place + 1:], whole[:place] + b"\0" * (len(whole) - place), b"",
            whole[:place] + b"\n" + whole[place:], whole + whole[:place]])
        cache(home).write_bytes(damaged)
        assert told(home, "writer") == told_by_git(home, "writer")
        assert told(home, "base") == told_by_git(home, "base")
        home.helios("gc")
        assert cache(home).read_bytes() == whole
        assert told(home, "writer") == told_by_git(home, "writer")


def test_what_stands_in_its_place(home, rng):
    change_something(home, rng, 3)
    victim = home.room / "victim"
    victim.write_text("mine")
    cache(home).symlink_to(victim)
    home.helios("gc")
    assert victim.read_text() == "mine"
    assert_true(home)
    cache(home).unlink()
    cache(home).mkdir()
    home.helios("gc")
    assert_true(home)
    cache(home).rmdir()


def test_the_daemon_keeps_it(mount):
    for number in range(70):
        mount.helios("set", "writer", "mark", str(number))
    lab.wait_for("the cache", lambda: cache(mount).exists() and
                 cache(mount).read_text().count("\n") >= 65)
    assert told(mount, "writer") == told_by_git(mount, "writer")
    lab.assert_clean(mount)
