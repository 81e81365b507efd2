"""Packing: the history becomes small and stays whole, beside programs that read and write it."""
import hashlib
import os
import shutil
import subprocess
import threading
import zlib

import pytest

import lab
from mcp_client import Server

PART = 3 if lab.SANITIZED else 1  # with sanitizers a third of the kills and damages will do


def changes(home, count, name="tutor"):
    for number in range(count):
        home.helios("set", name, "mark", str(number))


def loose(home):
    return [path for path in (home.path / ".git/objects").glob("??/*")]


def packs(home):
    return sorted((home.path / ".git/objects/pack").glob("*.pack"))


def objects(home):
    """The ids of all that history holds."""
    return set(home.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
               .stdout.split())


def fill(home, count):
    """So many objects nobody refers to, as a long history would leave them."""
    for number in range(count):
        data = b"blob %d\0%d" % (len(str(number)), number)
        name = hashlib.sha1(data).hexdigest()
        path = home.path / ".git/objects" / name[:2] / name[2:]
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(zlib.compress(data, 1))


def test_gc_packs_all_and_loses_nothing(home):
    changes(home, 20)
    before, log = objects(home), home.subjects()
    done = home.data("gc")
    assert done["before"]["loose"] == len(before) and done["before"]["packs"] == 0
    assert done["after"] | {"bytes": 0} == {"loose": 0, "packs": 1, "bytes": 0}
    assert done["after"]["bytes"] < done["before"]["bytes"] / 4
    assert loose(home) == [] and objects(home) == before and home.subjects() == log
    assert oct(packs(home)[0].stat().st_mode)[-3:] == "400"
    again = home.data("gc")
    assert again["before"] == again["after"]
    lab.assert_clean(home)


def test_all_goes_on_from_a_pack(home):
    changes(home, 3)
    taken = home.data("snapshot")["name"]
    home.helios("gc")
    changes(home, 3, "writer")
    home.helios("undo", "2")
    assert home.data("get", "writer", "mark") == 0
    home.helios("gc")
    home.helios("rollback", taken)
    assert home.helios("get", "writer", "mark", check=False).returncode == 1
    assert len(packs(home)) == 1 and home.data("get", "tutor", "mark") == 2
    lab.assert_clean(home)


def test_packs_become_one(home):
    changes(home, 3)
    home.git("repack")
    changes(home, 3)
    home.git("repack")
    changes(home, 3)
    before = objects(home)
    assert len(packs(home)) == 2
    home.helios("gc")
    assert len(packs(home)) == 1 and objects(home) == before
    lab.assert_clean(home)


def test_a_pack_somebody_keeps_stays(home):
    changes(home, 3)
    home.git("repack")
    kept, = packs(home)
    kept.with_suffix(".keep").touch()
    changes(home, 3)
    home.helios("gc")
    assert kept in packs(home) and len(packs(home)) == 2
    lab.assert_clean(home)


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
def test_a_pack_that_cannot_be_read_stays(home, suffix):
    """What the new pack does not hold must not go with the old one."""
    changes(home, 3)
    home.git("repack")
    victim, = packs(home)
    damaged = victim.with_suffix(suffix)
    damaged.chmod(0o600)
    cut(damaged)
    home.helios("gc", check=False)
    assert victim.exists() and victim.with_suffix(".idx").exists()


@pytest.mark.skipif(not shutil.which("strace") or lab.SANITIZED, reason="it is looked at by strace")
def test_a_command_that_ends_does_not_begin_to_pack(home):
    """After so many changes a command syncs at its end; a thread begun then would outlive it. The one
    there is has ended before: libgit2 begins in it."""
    fill(home, 6000)
    for number in range(70):
        seen = home.run("strace", "-f", "-e", "trace=clone,clone3", "-e", "signal=none", "helios",
                        "--dir", home.path, "set", "tutor", "mark", str(number)).stderr
        assert seen.count("clone3(") + seen.count("clone(") <= 1, seen
    assert packs(home) == []
    lab.assert_clean(home)


def test_expired_overlays_go(home):
    (home.path / "temporary/old.yaml").write_text(
        "persona: tutor\nexpires_at: 2020-01-01T00:00:00Z\noverlay: {mark: 1}\n")
    (home.path / "temporary/new.yaml").write_text(
        "persona: tutor\nexpires_at: 2090-01-01T00:00:00Z\noverlay: {mark: 1}\n")
    (home.path / "temporary/odd.yaml").write_text("what\n")
    assert home.helios("gc").stderr == ""  # nothing was damaged
    assert [one["id"] for one in home.data("temp")["temporary"]] == ["new", "odd"]
    kept, = (home.path / ".recovery").glob("*old.yaml")  # a person wrote it
    assert "2020" in kept.read_text()


def test_readers_and_writers_go_on(mount):
    """The daemon and a server that knew the old packs read on when those are gone."""
    (mount.path / "settings.yaml").write_text("tools: all\n")
    with Server(mount) as server:
        for number in range(3):
            changes(mount, 3)
            server.does("learn_behavior", persona="writer", key="mark", value=number)
            first = mount.git("rev-list", "--max-parents=0", "HEAD").stdout.strip()
            writer = threading.Thread(target=changes, args=(mount, 10, "operator"))
            writer.start()
            mount.helios("gc")
            writer.join()
            assert lab.load(mount.read("personas/writer.yaml"))["mark"] == number
            assert server.does("persona_history", persona="writer")["changes"]
            old = mount.git("show", f"{first}:personas/reviewer.yaml").stdout
            assert mount.read("sources/reviewer.yaml") == old
            mount.write("sources/reviewer.yaml", old + f"mark: {number}\n")
            server.does("revert_learning")
            server.does("learn_behavior", persona="writer", key="mark", value=number)
            mount.write("sources/reviewer.yaml", old)
    lab.assert_clean(mount)


def test_a_pack_that_was_known_and_never_opened(home):
    """A reader that has seen its index only must not miss it when it goes."""
    (home.path / "settings.yaml").write_text("tools: all\n")
    for _ in range(3):
        changes(home, 3)
        home.git("repack")
    assert len(packs(home)) == 3
    with Server(home) as server:
        server.does("merge_behaviors", persona_name="tutor")
        home.helios("gc")
        assert len(server.does("persona_history", persona="tutor")["changes"]) == 10


def test_the_daemon_packs_by_itself(mount):
    fill(mount, 6000)
    known = objects(mount)
    mount.helios("set", "tutor", "mark", "1")
    mount.write("personas/writer.yaml", mount.read("personas/writer.yaml") + "mark: 1\n")
    lab.wait_for("a pack", lambda: packs(mount) and len(loose(mount)) < 100)
    assert known < objects(mount) and mount.mounts[-1].alive()
    lab.assert_clean(mount)


def test_a_server_packs_by_itself_and_ends_at_once(home):
    fill(home, 6000)
    with Server(home) as server:
        server.does("learn_behavior", persona="writer", key="mark", value=1)
        lab.wait_for("a pack", lambda: packs(home))
    fill(home, 20000)
    with Server(home) as server:
        server.does("learn_behavior", persona="writer", key="mark", value=2)
    lab.assert_clean(home)


def test_git_beside_it(home):
    changes(home, 5)
    (home.path / ".git/gc.pid").write_text("1 host")
    home.refused("gc", code="GIT_BUSY")
    os.utime(home.path / ".git/gc.pid", (1, 1))
    home.helios("gc")
    (home.path / ".git/gc.pid").unlink()
    changes(home, 5)
    home.git("gc", "--quiet", check=False)
    home.helios("gc")
    home.git("pack-refs", "--all")
    changes(home, 1)
    lab.assert_clean(home)


def test_a_damaged_object_is_left_to_doctor(home):
    changes(home, 5)
    victim = home.git("rev-parse", "HEAD~2:personas/tutor.yaml").stdout.strip()
    path = home.path / ".git/objects" / victim[:2] / victim[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:10])
    home.helios("gc")
    assert loose(home) == [path]
    home.helios("doctor", "--fix", check=False)
    assert home.git("cat-file", "-e", victim).returncode == 0
    lab.assert_clean(home)


@pytest.mark.parametrize("moment", range(8)[::PART])
def test_killed_at_any_moment(home, moment):
    changes(home, 5)
    fill(home, 3000)
    before = objects(home)
    child = home.start("helios", "gc", stdout=subprocess.DEVNULL)
    try:
        child.wait(0.03 * moment)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    assert objects(home) >= before
    home.helios("set", "tutor", "mark", "99")
    home.helios("gc")
    assert objects(home) >= before and loose(home) == [] and len(packs(home)) == 1
    lab.assert_clean(home)


def flip(path):
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 3, len(data) - 30, max(1, len(data) // 7)):
        data[at] ^= 0x55
    path.write_bytes(data)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def zeroed(path):
    path.write_bytes(bytes(path.stat().st_size))


def directory(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("suffix", [".pack", ".idx"])
@pytest.mark.parametrize("how", [flip, cut, empty, zeroed, directory, os.unlink][::PART],
                         ids=lambda how: how.__name__)
def test_a_damaged_pack(home, how, suffix):
    """What the journal and the files know comes back; what was there is kept."""
    changes(home, 5)
    home.helios("gc")
    before, documents = objects(home), home.tracked()
    tone = home.data("show", "tutor")
    victim = packs(home)[0].with_suffix(suffix)
    victim.chmod(0o600)
    how(victim)
    home.helios("status", check=False)
    report = home.helios("doctor", "--fix", "--json", check=False)
    assert report.returncode in (0, 1), report.stderr
    assert home.data("show", "tutor") == tone and home.tracked() == documents
    if suffix == ".idx":  # nothing was lost, the index is made again
        assert objects(home) >= before
    home.helios("set", "tutor", "mark", "100")
    home.helios("gc")
    assert home.data("get", "tutor", "mark") == 100
    lab.assert_clean(home)


def test_a_pack_that_is_lost_in_part_gives_what_is_left(home):
    changes(home, 30)
    home.helios("gc")
    before = objects(home)
    shutil.rmtree(home.path / ".journal")
    victim, = packs(home)
    victim.chmod(0o600)
    data = bytearray(victim.read_bytes())
    data[-60] ^= 0xFF
    victim.write_bytes(data)
    report = home.helios("doctor", check=False)
    assert report.returncode == 1 and "damaged" in report.stdout
    assert victim.exists()
    home.helios("doctor", "--fix", check=False)
    assert len(objects(home)) >= len(before) // 2
    assert list((home.path / ".recovery").glob("damaged-*.pack"))
