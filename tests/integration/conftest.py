"""Fixtures of the integration tests; lab.py has what they are made of."""
import os
import random

import pytest

import lab


def pytest_configure():
    lab.enter_private_mounts()


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


@pytest.fixture(params=[None, lab.NOBODY], ids=["me", "other-user"])
def any_mount(request):
    """mount and user_mount in turn."""
    yield from made(request.param, True)


@pytest.fixture
def rng():
    """Random numbers whose seed a failing test shows; HELIOS_SEED sets it."""
    seed = int(os.environ.get("HELIOS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"HELIOS_SEED={seed}")
    return random.Random(seed)
