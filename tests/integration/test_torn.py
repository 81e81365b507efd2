"""Readers never see half a document: at least 100 000 reads beside writers of every manner, each
of them byte for byte a document that was committed."""
import os
import subprocess

import lab

READER = lab.BUILD / "tests/integration/reader"
READS = int(os.environ.get("HELIOS_READS", "100000"))
READERS = 3

WRITERS = {
    "truncate": """f = open(path, 'w')
for at in range(0, len(text), 700): f.write(text[at:at + 700]); f.flush()
f.close()""",
    "rename": """f = open(path + '~new', 'w'); f.write(text); f.flush(); os.fsync(f.fileno()); f.close()
os.rename(path + '~new', path)""",
    "in place": """f = os.open(path, os.O_RDWR)
os.pwrite(f, text.encode(), 0); os.ftruncate(f, len(text.encode())); os.close(f)""",
    "backwards": """f = os.open(path, os.O_RDWR | os.O_TRUNC); data = text.encode()
for at in reversed(range(0, len(data), 512)): os.pwrite(f, data[at:at + 512], at)
os.close(f)""",
    "rename away": """os.rename(path, path + '~')
f = open(path, 'x'); f.write(text); f.flush(); os.fsync(f.fileno()); f.close(); os.unlink(path + '~')""",
}
WRITE = "import os, sys\npath, text = sys.argv[1], sys.stdin.read()\n"


def fingerprint(text):
    value = 14695981039346656037
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2**64
    return f"{value:016x}"


def document(text, number, rng):
    """The same persona with a stamp at its beginning and end and a length of its own."""
    text = text.split("stamp_at_the_end")[0]
    lines = [f"description: stamp {number}" if line.startswith("description:") else line
             for line in text.splitlines() if not line.startswith("filler")]
    filler = "x" * rng.choice([0, 1, 300, 4000, 5000, 20000])
    return "\n".join([*lines, f"filler: '{filler}'", f"stamp_at_the_end: {number}"]) + "\n"


def test_no_read_is_torn(mount, rng):
    path = mount.view / "personas/architect.yaml"
    original = mount.read(path)
    allowed = {fingerprint(original)}
    seen = [mount.room / f"seen{n}" for n in range(READERS)]
    readers = []
    for n in range(READERS):
        with open(seen[n], "wb") as out:
            readers.append(mount.start(READER, path, -(-READS // READERS), *["mmap"][n:],
                                       stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE))
    head = mount.head()
    saves = 0
    ways = [way for way in WRITERS if way != "rename away"]  # there the name is absent for a while
    while saves < 100 or not all("enough" in file.read_text() for file in seen):
        if any(reader.poll() is not None for reader in readers):
            break  # it says why below
        way = rng.choice(ways)
        text = document(original, saves, rng)
        allowed.add(fingerprint(text))
        mount.python(WRITE + WRITERS[way], path, input=text)
        saves += 1
        assert mount.read(path) == text, way
    for reader in readers:
        _, errors = reader.communicate(timeout=lab.PATIENCE * 4)
        assert reader.returncode == 0, errors.decode()

    reads = 0
    for file in seen:
        *prints, total = file.read_text().splitlines()
        reads += int(total.split()[1])
        strange = set(prints) - allowed - {"enough"}
        assert not strange, f"{len(strange)} contents that nobody saved"
    assert reads >= READS
    assert len(mount.subjects(head)) == saves
    lab.assert_clean(mount)
    print(f"{reads} reads, {saves} saves")


def test_every_manner_of_writing_is_one_commit(any_mount, rng):
    home = any_mount
    path = home.view / "personas/architect.yaml"
    original = home.read(path)
    for number, (way, script) in enumerate(WRITERS.items()):
        head = home.head()
        text = document(original, number, rng)
        home.python(WRITE + script, path, input=text)
        assert home.read(path) == text, way
        assert len(home.subjects(head)) == 1, way
    lab.assert_clean(home)


def test_an_open_handle_stays_on_its_version(any_mount):
    home = any_mount
    path = home.view / "personas/architect.yaml"
    script = """import os, sys
old = open(path); first = old.read()
f = open(path + '.tmp', 'w'); f.write(text); f.close(); os.rename(path + '.tmp', path)
assert open(path).read() == text
old.seek(0)
assert old.read() == first != text
"""
    home.python(WRITE + script, path, input=home.read(path) + "added: 1\n")


def test_a_draft_is_private(any_mount):
    """Others see the committed document, whole, until the writer's commit point."""
    home = any_mount
    path = home.view / "personas/architect.yaml"
    script = """import os, subprocess, sys
def others(): return subprocess.run(['cat', path], stdout=subprocess.PIPE, text=True, check=True).stdout
before = others()
size = os.stat(path).st_size
f = open(path, 'w')
assert others() == before
half = len(text) // 2
f.write(text[:half]); f.flush()
assert others() == before and os.stat(path).st_size == size
f.write(text[half:]); f.flush()
assert others() == before
os.fsync(f.fileno())
assert others() == text
f.close()
assert others() == text
"""
    head = home.head()
    home.python(WRITE + script, path, input=home.read(path) + "added: 1\n")
    assert home.subjects(head) == ["architect: set added"]
