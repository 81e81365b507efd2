"""Damage of every kind to every file of a home: programs start, say what happened, restore what has
a good version, and keep what they replaced."""
import json
import os
import shutil
import stat
import subprocess
import time

import pytest

import lab


def doctor(home, *options):
    """What is said of the home, as {(check, outcome)}."""
    done = home.helios("--json", "doctor", *options, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == (1 if told["found"] + told["failed"] else 0)
    assert all(entry.get("guidance") for entry in told["entries"]
               if entry["outcome"] in ("found", "failed"))
    return {(entry["check"], entry["outcome"]) for entry in told["entries"]}


def bytes_of(path):
    """All that is beneath, with bytes and modes."""
    found = {}
    for file in sorted(path.rglob("*")):
        state = file.lstat()
        content = file.read_bytes() if stat.S_ISREG(state.st_mode) else None
        found[str(file.relative_to(path))] = (state.st_mode, content)
    return found


def test_a_sound_home(home):
    before = bytes_of(home.path)
    assert doctor(home) == set()
    assert home.helios("doctor").stdout == "nothing is wrong with the home\n"
    assert bytes_of(home.path) == before
    assert doctor(home, "--fix") == set()
    lab.assert_clean(home)


def test_no_home(home):
    refused = home.run("helios", "--dir", home.room / "nowhere", "doctor", check=False)
    assert refused.returncode == 1 and "no Helios home" in refused.stderr
    assert not (home.room / "nowhere").exists()


CASES = {
    "modes": (lambda h: (os.chmod(h, 0o755), os.chmod(h / "base/identity.yaml", 0o644)),
              "permissions"),
    "no directory": (lambda h: shutil.rmtree(h / ".views"), "directories"),
    "a file for a directory": (lambda h: (shutil.rmtree(h / ".backups"),
                                          (h / ".backups").write_text("mine")), "directories"),
    "no personas": (lambda h: shutil.rmtree(h / "personas"), "directories"),
    "a lock that is a link": (lambda h: ((h / ".helios.lock").unlink(),
                                         (h / ".helios.lock").symlink_to("/etc/passwd")), "files"),
    "no repository": (lambda h: shutil.rmtree(h / ".git"), "repository"),
    "no HEAD": (lambda h: (h / ".git/HEAD").unlink(), "repository"),
    "odd HEAD": (lambda h: (h / ".git/HEAD").write_bytes(bytes(9)), "repository"),
    "odd config": (lambda h: (h / ".git/config").write_text("[core"), "repository"),
    "odd packed refs": (lambda h: (h / ".git/packed-refs").write_text("xxx"), "repository"),
    "an odd branch": (lambda h: (h / ".git/refs/heads/main").write_bytes(b""), "repository"),
    "git's lock": (lambda h: (h / ".git/index.lock").touch(), "git locks"),
    "a damaged object": (lambda h: damage_object(h, "HEAD:personas/tutor.yaml", 30), "objects"),
    "an empty object": (lambda h: damage_object(h, "HEAD^{tree}", 0), "objects"),
    "a damaged commit": (lambda h: damage_object(h, "HEAD", 20), "objects"),
    "invalid YAML": (lambda h: (h / "personas/tutor.yaml").write_text("{bad"), "edits"),
    "invalid and new": (lambda h: (h / "personas/new.yaml").write_text("{bad"), "edits"),
    "no base": (lambda h: (h / "base/identity.yaml").unlink(), "edits"),
}


def damage_object(path, name, length):
    hex_id = subprocess.run(["git", "-C", path, "rev-parse", name], check=True, text=True,
                            capture_output=True).stdout.strip()
    file = path / ".git/objects" / hex_id[:2] / hex_id[2:]
    file.chmod(0o600)
    os.truncate(file, length)


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_and_healed(home, case):
    damage, check = CASES[case]
    home.helios("set", "tutor", "mark", "tok-one")
    sources = {name: home.source(name) for name in ("tutor", "writer", "base")}
    damage(home.path)
    time.sleep(0.3)
    before = bytes_of(home.path)
    assert (check, "found") in doctor(home)
    assert bytes_of(home.path) == before, "looking changes nothing"
    told = doctor(home, "--fix")
    assert (check, "healed") in told and not {"found", "failed"} & {word for _, word in told}
    assert {word for _, word in doctor(home)} <= {"note"}
    assert {name: home.source(name) for name in sources} == sources
    home.helios("set", "tutor", "mark", "tok-two")
    lab.assert_clean(home, ["tok-one", "tok-two"])


def test_what_is_a_persons_to_mend(home):
    home.git("checkout", "-q", "--detach")
    assert ("branch", "found") in doctor(home, "--fix")
    assert home.git("symbolic-ref", "-q", "HEAD", check=False).returncode == 1
    home.git("checkout", "-q", "main")
    (home.path / "personas/tutor.yaml").write_text("inherits_from: nobody\n")
    time.sleep(0.3)
    home.helios("set", "writer", "mark", "x")
    assert ("personas", "found") in doctor(home, "--fix")
    assert home.source("tutor") == "inherits_from: nobody\n"


def test_a_dead_mount(mount):
    mount.mounts[-1].kill()
    assert ("mount", "found") in doctor(mount)
    if os.geteuid() == 0:
        assert ("mount", "healed") in doctor(mount, "--fix")
        assert doctor(mount) == set()


@pytest.mark.parametrize("damage", ["every object", "no objects", "no repository"])
def test_a_lost_history_is_made_again_by_who_writes_next(home, damage):
    home.helios("set", "tutor", "mark", "tok-one")
    home.helios("mv", "operator", "keeper")
    before = home.subjects()
    objects = home.path / ".git/objects"
    if damage == "every object":
        for file in objects.glob("*/*"):
            file.chmod(0o600)
            os.truncate(file, min(7, file.stat().st_size))
    else:
        shutil.rmtree(objects if damage == "no objects" else home.path / ".git")
    home.helios("set", "tutor", "mark", "tok-two")
    assert home.subjects() == ["tutor: set mark", *before]
    lab.assert_clean(home, ["tok-one", "tok-two"])


# ---- every file


def flipped(data):
    """With one bit in the middle changed; nothing in nothing."""
    changed = bytearray(data)
    if changed:
        changed[len(changed) // 2] ^= 0x10
    return bytes(changed)


WAYS = {
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "emptied": lambda path: os.truncate(path, 0),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "deleted": lambda path: path.unlink(),
    "a directory": lambda path: (path.unlink(), path.mkdir(0o700)),
    "a link": lambda path: (path.unlink(), path.symlink_to("/etc/hostname")),
    "unreadable": lambda path: path.chmod(0),
}


def files_of(path):
    """Each file once; of the objects one of each kind is enough."""
    found = []
    for file in sorted(path.rglob("*")):
        relative = file.relative_to(path)
        if file.is_file() and not (relative.parts[0] == "personas" and
                                   relative.name not in ("tutor.yaml", "operator.yaml")):
            found.append(relative)
    objects = [file for file in found if file.parts[:2] == (".git", "objects")]
    return [file for file in found if file not in objects] + objects[:6]


@pytest.mark.parametrize("way", WAYS)
def test_every_file_damaged(home, way, rng):
    home.helios("set", "tutor", "mark", "tok-one")
    home.helios("use", "tutor")
    home.helios("snapshot")
    keep = home.room / "sound"
    subprocess.run(["cp", "-a", home.path, keep], check=True)
    files = files_of(keep)
    if lab.SANITIZED:  # every fourth one, from any; without sanitizers it is all of them
        files = files[rng.randrange(4)::4]
    for file in files:
        shutil.rmtree(home.path)
        subprocess.run(["cp", "-a", keep, home.path], check=True)
        (home.path / file).chmod(0o600)
        WAYS[way](home.path / file)
        time.sleep(0.12)
        for command in ["status"], ["list"], ["doctor"], ["set", "writer", "mark", "x"]:
            done = home.helios(*command, check=False)
            assert done.returncode in (0, 1), (file, command, done)
            assert done.returncode == 0 or done.stdout or done.stderr, (file, command)
        home.helios("doctor", "--fix", check=False)
        done = home.helios("set", "analyst", "mark", "tok-two", check=False)
        assert done.returncode == 0, (way, file, done.stderr, home.helios("doctor", check=False))
        assert "tok-two" in home.source("analyst"), file
        fsck = home.git("fsck", "--full", "--no-dangling", "--no-progress", check=False)
        assert fsck.returncode == 0, (way, file, fsck.stdout, fsck.stderr)
        assert home.helios("get", "reviewer", "name").stdout, file
