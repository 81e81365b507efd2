"""Every line of README's two-minute tour is run, and what it prints is what README shows."""
import re
import subprocess

import lab

README = (lab.SOURCE / "README.md").read_text(encoding="utf-8")


def tour():
    """The commands of the tour, each with the lines README shows below it."""
    section = re.search(r"^## A two-minute tour$(.*?)^## ", README, re.M | re.S)[1]
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```$", section, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def matches(shown, printed):
    """README may shorten: a line '…' stands for any lines, '…' within one for any text."""
    pattern = "".join("(?:.*\n)*?" if line == "…" else
                      ".*".join(map(re.escape, line.split("…"))) + "\n" for line in shown)
    return re.fullmatch(pattern, printed)


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
    shell = home.start("bash", "--norc", cwd=checkout, stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    for command, shown in steps:
        shell.stdin.write(f"{command}\necho \"[end $?]\"\n")
        shell.stdin.flush()
        printed = ""
        while not (end := re.search(r"^\[end (\d+)\]\n", printed, re.M)):
            line = shell.stdout.readline()
            assert line, f"the shell ended at: {command}\n{printed}"
            printed += line
        printed = printed[:end.start()]
        assert matches(shown, printed), f"$ {command}\n{printed}\nREADME shows:\n" + "\n".join(shown)
    shell.stdin.close()
    assert shell.wait(lab.PATIENCE) == 0
    lab.assert_clean(home)


def test_what_readme_names_exists():
    for path in re.findall(r"`((?:src|include|tests|examples|contrib|man)/[\w./-]*)`", README):
        assert (lab.SOURCE / path).exists(), path
    for path in re.findall(r"^\s*(?:\$ )?\./(contrib/\w+\.sh)", README, re.M):
        assert (lab.SOURCE / path).exists(), path
    ci = (lab.SOURCE / ".ci/run").read_text()
    assert "contrib/test.sh" in ci and "./contrib/test.sh" in README
