"""Random use of files on the view, side by side with plain files: no result, errno, size or byte may
differ."""
import pytest

import lab

EXERCISE = lab.BUILD / "tests/integration/exercise"
PART = 5 if lab.SANITIZED else 1  # with sanitizers a part of it will do


def exercised(home, rng, kind, file, count):
    model = home.room / "model"
    model.unlink(missing_ok=True)
    program = home.start(EXERCISE, kind, home.view / file, model, str(count), str(rng.getrandbits(63)),
                         encoding="utf-8", stdout=-1, stderr=-1)
    out, err = program.communicate()
    assert (out, err) == (f"{count}\n", ""), err


@pytest.mark.parametrize("file", ["personas/.exercise.swp", "sources/exercise.yaml~"])
def test_scratch_files(mount, rng, file):
    home = mount
    head = home.head()
    exercised(home, rng, "scratch", file, 50_000 // PART)
    assert home.head() == head
    assert home.names("rejected") == []


def test_a_source(mount, rng):
    """Each time it is closed or synced with another text is a commit, and nothing else is."""
    home = mount
    exercised(home, rng, "source", "sources/exercise.yaml", 30_000 // PART)
    assert home.source("exercise") == (home.room / "model").read_text()
    assert set(home.subjects()[:-1]) == {"exercise: edit text", "exercise: new"}
    assert home.names("rejected") == []
    lab.assert_clean(home)
