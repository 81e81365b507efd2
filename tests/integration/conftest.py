"""Fixtures of the integration tests; lab.py has what they are made of."""
import os
import random
from collections import defaultdict

import pytest

import lab


def pytest_configure():
    lab.enter_private_mounts()


def pytest_collection_modifyitems(config, items):
    """With sanitizers, which take four times as long, a test with many cases runs a third of them,
    beginning with any of the first three; without it is all of them. HELIOS_SWEEP=full: all."""
    if not lab.SANITIZED or os.environ.get("HELIOS_SWEEP") == "full":
        return
    cases = defaultdict(list)
    for item in items:
        cases[item.path, item.originalname].append(item)
    left_out = {id(item) for some in cases.values() if len(some) > 6
                for place, item in enumerate(some, random.randrange(3)) if place % 3}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
    items[:] = [item for item in items if id(item) not in left_out]


def made(uid, mounted):
    if uid is not None and (reason := lab.why_no_other_user()):
        pytest.skip(reason)
    home = lab.Home(uid)
    try:
        home.init()
        if mounted:
            home.mount()
        yield home
    finally:
        home.close()


@pytest.fixture
def home():
    """A home of the examples, not mounted."""
    yield from made(None, False)


@pytest.fixture
def mount():
    """A home of the examples, its view mounted."""
    yield from made(None, True)


@pytest.fixture
def user_home():
    """The same as home for another, ordinary user."""
    yield from made(lab.NOBODY, False)


@pytest.fixture
def user_mount():
    """The same as mount for another, ordinary user: fusermount3 mounts it."""
    yield from made(lab.NOBODY, True)


@pytest.fixture(params=[None, lab.NOBODY][:1 if lab.SANITIZED else 2],
                ids=["me", "other-user"][:1 if lab.SANITIZED else 2])
def any_mount(request):
    """mount and user_mount in turn; with sanitizers, which look at memory, only mount."""
    yield from made(request.param, True)


@pytest.fixture
def rng():
    """Random numbers whose seed a failing test shows; HELIOS_SEED sets it."""
    seed = int(os.environ.get("HELIOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"HELIOS_SEED={seed}")
    return random.Random(seed)
