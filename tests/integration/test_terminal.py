"""What only a terminal gets: a pager, a line while work goes on, questions. A few seconds."""
import pytest

import lab
from mcp_client import Server
from terminal import Terminal

MARK = "HELIOS_PAGER='sed s/^/paged:/'"


def on_terminal(home, command):
    """A command on a terminal of 30 lines, which stays to be looked at when the command has ended."""
    return Terminal(home, "sh", "-c", f"{command}; echo ended with $?; cat")


def test_what_does_not_fit_is_paged(home):
    for number in range(40):
        home.helios("set", "tutor", "mark", str(number))
    with on_terminal(home, f"{MARK} helios log") as window:
        window.expect("paged:.*Make the home")
    with on_terminal(home, f"{MARK} helios log -n 3") as window:
        window.expect("set mark")
        window.expect("ended with 0")
        assert "paged" not in window.screen()
    with on_terminal(home, "PAGER=less helios log") as window:
        window.expect("^:$")
        window.keys("q")
        window.expect("ended with 0")
    assert "paged" not in home.helios("log", env={"HELIOS_PAGER": "sed s/^/paged:/"}).stdout


@pytest.mark.parametrize("pager, shown", [
    ("", "Make the home"), ("cat", "Make the home"), ("no-such-pager", "Make the home"),
    ("head -n 1", "set mark")])
def test_pagers_that_show_nothing_or_a_part(home, pager, shown):
    for number in range(40):
        home.helios("set", "tutor", "mark", str(number))
    with on_terminal(home, f"HELIOS_PAGER='{pager}' helios log") as window:
        window.expect(shown)
        window.expect("ended with 0")


def test_long_work_says_so(home):
    with lab.Lock(home):
        with on_terminal(home, "helios set tutor mark 1") as window:
            window.expect("^set: [1-9] s")
        with on_terminal(home, "helios --quiet set tutor mark 1") as quiet:
            with on_terminal(home, "helios set tutor mark 1") as window:
                window.expect("^set: 2 s")
            assert "set: " not in quiet.screen()


def test_the_line_goes_when_the_work_is_done(home):
    with lab.Lock(home):
        window = on_terminal(home, "helios set tutor mark 1")
        window.expect("^set: [1-9] s")
    with window:
        window.expect("^tutor: mark set to 1$")
        window.expect("^ended with 0$")
        assert "set: " not in window.screen()


def propose(home):
    (home.path / "settings.yaml").write_text("agent_writes: propose\n")
    with Server(home) as server:
        for persona in ("tutor", "writer", "analyst", "reviewer"):
            server.does("learn_behavior", persona=persona, key="mark", value=persona)


def test_review_walks_and_asks(home):
    propose(home)
    with on_terminal(home, "helios review walk") as window:
        for keys in ("a", "r", "x", "s", "q"):  # 'x' is asked again
            window.expect(r"\[a/r/s/q\]\s*\Z")
            window.type(keys)
            window.expect(r"\[a/r/s/q\] " + keys + r"\s*\Z")
            window.keys("Enter")
            if keys == "a":
                window.expect("^accepted ")
            if keys == "r":
                window.expect("^rejected ")
        window.expect("ended with 0")
    assert len(home.data("review")["proposals"]) == 2
    marks = [name for name in ("tutor", "writer", "analyst", "reviewer")
             if home.helios("get", name, "mark", check=False).returncode == 0]
    assert len(marks) == 1
    lab.assert_clean(home)


def test_review_walk_needs_a_terminal(home):
    propose(home)
    refused = home.helios("review", "walk", check=False)
    assert refused.returncode == 2 and "needs a terminal" in refused.stderr
    assert len(home.data("review")["proposals"]) == 4
