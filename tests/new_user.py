"""What a new user does with README open: the first command, the tour, a client set up, a save in an
editor, an undo. Prints the transcript; fails where something is not as README or help has it.

Run by contrib/test-new-user.sh in a Debian of its own, in a checkout; relies on what start.sh installs.
"""
import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "tests/integration"))
from tour import README, Shell, tour  # noqa: E402


def start(*command, **options):
    return subprocess.Popen(command, **options)


def tell(shell, command, *expected):
    """Runs what a user types; every text that is expected must be among what is printed."""
    printed, status = shell.run(command)
    print(f"$ {command}\n{printed}", end="", flush=True)
    assert status == 0, f"exit status {status}"
    for text in expected:
        assert text in printed, f"not there: {text}"
    return printed


def main():
    shell = Shell(start, cwd=CHECKOUT)
    first = "./contrib/start.sh"
    assert f"\n{first} " in README
    tell(shell, first, "role: software architect", "The view is mounted")
    for command, shown in tour():
        print(f"$ {command}\n{shell.shows(command, shown)}", end="", flush=True)
    home = Path.home()
    client = home / ".claude.json"
    before = '{\n  "theme": "dark"\n}\n'
    client.write_text(before, encoding="utf-8")
    tell(shell, "helios mount", "mounted")
    tell(shell, "helios setup", "claude-code")
    tell(shell, "helios setup claude-code", "claude-code")
    server = json.loads(client.read_text(encoding="utf-8"))["mcpServers"]["helios"]
    asked = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
    answered = subprocess.run([server["command"], *server["args"]], input=asked, text=True,
                              capture_output=True, check=True).stdout
    assert json.loads(answered)["id"] == 1
    tell(shell, "helios setup claude-code --undo")
    assert client.read_text(encoding="utf-8") == before
    tell(shell, "printf '%s\\n' '/  tone: /s/: .*/: typed in an editor/' w q | "
                "ed -s ~/.helios/view/personas/tutor.yaml")
    tell(shell, "helios log tutor -n 1", "tutor: set communication.tone", "(view, ed, session ")
    tell(shell, "helios get tutor communication.tone", "typed in an editor")
    tell(shell, "helios undo", "undid")
    printed = tell(shell, "helios get tutor communication.tone")
    assert "typed" not in printed
    tell(shell, "helios umount", "unmounted")
    assert shell.end() == 0
    print("A new user gets along.")


main()
