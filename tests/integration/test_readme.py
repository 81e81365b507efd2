"""Every line of README's two-minute tour is run, and what it prints is what README shows."""
import re

import lab
from tour import README, Shell, tour


def test_the_tour(home):
    steps = tour()
    assert len(steps) >= 8
    home.helios("umount", check=False)
    # The reader stands in the checkout, built by contrib/start.sh, which made this home.
    checkout = home.room / "checkout"
    checkout.mkdir()
    (checkout / "build").symlink_to(lab.BUILD)
    home.path = home.room / ".helios"
    del home.env["HELIOS_DIR"]
    home.run("helios", "init", "--from", home.examples)
    home.mount()
    shell = Shell(home.start, cwd=checkout)
    for command, shown in steps:
        shell.shows(command, shown)
    assert shell.end() == 0
    lab.assert_clean(home)


def test_what_readme_names_exists():
    for path in re.findall(r"`((?:src|include|tests|examples|contrib|man)/[\w./-]*)`", README):
        assert (lab.SOURCE / path).exists(), path
    for path in re.findall(r"^\s*(?:\$ )?\./(contrib/\w+\.sh)", README, re.M):
        assert (lab.SOURCE / path).exists(), path
    ci = (lab.SOURCE / ".ci/run").read_text()
    assert "contrib/test.sh" in ci and "./contrib/test.sh" in README
