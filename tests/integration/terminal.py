"""Drives a full-screen program in tmux, by keys and by what its screen shows."""
import re
import time

import lab


class Terminal:
    """One program in a private tmux server of the home's user."""

    def __init__(self, home, *command):
        self.home = home
        self.socket = home.room / f"tmux{time.monotonic_ns()}"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", *command,
                   ";", "set-option", "-g", "remain-on-exit", "on",
                   ";", "set-option", "-s", "escape-time", "0")
        self.pid = int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tmux("kill-server", check=False)

    def _tmux(self, *arguments, check=True):
        return self.home.run("tmux", "-S", self.socket, *arguments, check=check).stdout

    def keys(self, *names):
        self._tmux("send-keys", *names)

    def type(self, text):
        self._tmux("send-keys", "-l", "--", text)

    def screen(self):
        return self._tmux("capture-pane", "-p")

    def expect(self, pattern):
        """Waits until the screen shows it."""
        def seen():
            shown = self.screen()
            return re.search(pattern, shown, re.M)
        try:
            return lab.wait_for(pattern, seen)
        except AssertionError:
            raise AssertionError(f"never on the screen: {pattern}\n{self.screen()}") from None

    def ended(self):
        """Waits until the program is gone, with all its files closed."""
        try:
            lab.wait_for("the program to end", lambda: not lab.runs(self.pid))
        except AssertionError:
            raise AssertionError(f"still running:\n{self.screen()}") from None
