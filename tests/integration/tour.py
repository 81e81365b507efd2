"""README's two-minute tour: its commands, and whether what a shell prints is what README shows.

Relies on nothing but Python, for it is also used where only the build's packages are.
"""
import re
import subprocess
from pathlib import Path

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


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


class Shell:
    """A shell that is told one command after the other; start(*command, **options) starts it."""

    def __init__(self, start, **options):
        self.process = start("bash", "--norc", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, encoding="utf-8", **options)

    def run(self, command):
        """What the command printed, and its exit status."""
        self.process.stdin.write(f"{command}\necho \"[end $?]\"\n")
        self.process.stdin.flush()
        printed = ""
        while not (end := re.search(r"^\[end (\d+)\]\n", printed, re.M)):
            line = self.process.stdout.readline()
            assert line, f"the shell ended at: {command}\n{printed}"
            printed += line
        return printed[:end.start()], int(end[1])

    def shows(self, command, shown):
        printed, _ = self.run(command)
        assert matches(shown, printed), f"$ {command}\n{printed}\nexpected:\n" + "\n".join(shown)
        return printed

    def end(self):
        self.process.stdin.close()
        return self.process.wait()
