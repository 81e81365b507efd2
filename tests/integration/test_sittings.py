"""A person at an editor: one row an editor, each driven by keys on a real screen, from opening the file
to leaving it. While it is open an agent changes another key; then it is saved twice, an edit is
undone and saved, and a save is refused."""
import re
import subprocess

import pytest

import lab
from terminal import Terminal
from test_editors import BAD, NAME, load_tone, state


def soon(question):
    """Whether the answer is yes in half a second."""
    try:
        return lab.wait_for("a moment", question, patience=0.5)
    except AssertionError:
        return False


class Person:
    """Who sits before a screen. Of an editor: its command, how it tells of a refused save, and what
    it asks when the file on disk is not what it has, with the answer."""
    command, told, questions, first = [], None, {}, "name: Architect"

    def __init__(self, screen):
        self.screen = screen
        screen.expect(self.first)

    def notice(self):
        """What is done at once when the file has changed; most editors tell of it at the save."""


class Vim(Person):
    """Also the others that are vi enough."""
    command = ["vim", "--clean"]
    told = r"E\d+:"
    questions = {"Do you really want to write to it": "y"}
    discard = ":q!"

    def enter(self, text):
        self.screen.type(text)
        self.screen.keys("Enter")

    def replace(self, tone):
        self.enter(f":%s/^  tone: .*/  tone: {tone}/")

    def save(self):
        self.enter(":w")

    def undo(self):
        self.screen.keys("Escape")
        self.screen.type("u")

    def leave(self):
        self.enter(":q")

    def leave_refused(self):
        self.screen.keys("Escape")
        self.enter(self.discard)
        self.screen.keys("Enter")


class VimCopies(Vim):
    command = ["vim", "--clean", "-c", "set backupcopy=yes backup undofile"]


class VimRenames(Vim):
    command = ["vim", "--clean", "-c", "set backupcopy=no nobackup writebackup undofile"]


class VimOverwrites(Vim):
    command = ["vim", "--clean", "-c", "set nowritebackup noswapfile"]


class Neovim(Vim):
    command = ["nvim", "--clean"]


class Kakoune(Vim):
    command = ["kak", "-n"]
    told = "error|Invalid|unable"

    def notice(self):
        self.screen.expect("reload '")
        self.screen.type("y")

    def replace(self, tone):
        self.screen.type("%s^  tone: [^\\n]*")
        self.screen.keys("Enter")
        self.screen.type(f"c  tone: {tone}")
        self.screen.keys("Escape")

    def save(self):
        self.enter(":write")


class Nano(Person):
    command = ["nano", "-I"]
    told = "Error writing"
    questions = {"File on disk has changed": "y"}

    def replace(self, tone):
        self.screen.keys("M-\\", "C-w")
        self.screen.type("  tone: ")
        self.screen.keys("Enter", "Home", "C-k")
        self.screen.type(f"  tone: {tone}")
        self.screen.keys("Enter")

    def save(self):
        self.screen.keys("C-o")
        self.screen.expect("File Name to Write")
        self.screen.keys("Enter")

    def undo(self):
        self.screen.keys("M-u")

    def leave(self):
        self.screen.keys("C-x")

    def leave_refused(self):
        self.screen.keys("C-x")
        self.screen.expect("Save modified buffer")
        self.screen.type("n")


class NanoBacksUp(Nano):
    command = ["nano", "-I", "-B"]


class Emacs(Person):
    command = ["emacs", "-nw", "-Q"]
    told = r"[Ii]nvalid argument|I/O error|Input/output"

    def notice(self):
        """What it asks at the first key that changes the text: revert, says the person."""
        self.screen.keys("M-<", "Delete")
        self.screen.expect("changed on disk; really edit")
        self.screen.type("r")
        self.screen.expect("humour: 0.6")

    def ask(self, prompt, text):
        self.screen.expect(prompt)
        self.screen.type(text)
        self.screen.keys("Enter")

    def replace(self, tone):
        self.screen.keys("M-<", "M-x")
        self.ask("M-x", "replace-regexp")
        self.ask("Replace regexp", "^  tone: .*")
        self.ask("with:", f"  tone: {tone}")

    def save(self):
        self.screen.keys("C-x", "C-s")

    def undo(self):
        self.screen.keys("C-_")

    def leave(self):
        self.screen.keys("C-x", "C-c")

    def leave_refused(self):
        self.screen.keys("C-g")
        self.screen.expect("Quit")
        self.screen.keys("C-x", "C-c")
        self.screen.expect("Save file")
        self.screen.type("n")
        self.ask("exit anyway|really exit", "yes")


class Mg(Emacs):
    command = ["mg"]
    told = None  # it looks at no answer: rejected/ and the status are where to look
    notice = Person.notice
    questions = {"File has changed on disk": "yes\n"}

    def replace(self, tone):
        self.screen.keys("M-<", "C-s")
        self.screen.type("  tone: ")
        self.screen.keys("Enter")
        for _ in range(5):  # on a busy machine it drops a key now and then, as people see, too
            self.screen.keys("C-a", "C-k")
            self.screen.type(f"  tone: {tone}")
            if soon(lambda: f"\n  tone: {tone}" in self.screen.screen()):
                return


class Micro(Person):
    command = ["micro", "-backup", "false", "-savehistory", "false"]
    told = "invalid argument"
    questions = {"The file on disk has changed": "n"}

    def enter(self, text):
        self.screen.keys("C-e")
        if self.screen.expect("^>|Reload file")[0] == "Reload file":
            self.screen.type("n")
            self.screen.keys("C-e")
            self.screen.expect("^>")
        self.screen.type(text)
        self.screen.keys("Enter")

    def replace(self, tone):
        self.enter(f'replaceall "^  tone: .*" "  tone: {tone}"')

    def save(self):
        self.screen.keys("C-s")

    def undo(self):
        self.screen.keys("C-z")

    def leave(self):
        self.screen.keys("C-q")

    def leave_refused(self):
        self.screen.keys("C-q")
        self.screen.expect("Save changes")
        self.screen.type("n")


class Joe(Person):
    command = ["joe", "-nobackups"]
    told = "Error|error"
    questions = {"newer|changed on disk": "y"}

    def replace(self, tone):
        self.screen.keys("C-k", "u", "C-k", "f")
        self.screen.type("  tone: ")
        self.screen.keys("Enter", "Enter", "C-a", "C-j")
        self.screen.type(f"  tone: {tone}")

    def save(self):
        self.screen.keys("C-k", "d", "Enter")

    def undo(self):
        self.screen.keys("C-_")

    def leave(self):
        self.screen.keys("C-k", "q")

    def leave_refused(self):
        self.screen.keys("C-k", "q")
        self.screen.expect("Save|save")
        self.screen.type("n")


class Ed(Person):
    command = ["ed"]
    told, first = r"Invalid argument|^\?", r"^\d+$"

    def enter(self, text):
        self.screen.type(text)
        self.screen.keys("Enter")

    def replace(self, tone):
        self.enter(f",s/^  tone: .*/  tone: {tone}/")

    def save(self):
        self.enter("w")

    def undo(self):
        self.enter("u")

    def leave(self):
        self.enter("q")

    def leave_refused(self):
        self.enter("Q")


EDITORS = [Vim, VimCopies, VimRenames, VimOverwrites, Neovim, Kakoune, Nano, NanoBacksUp, Emacs, Mg,
           Micro, Joe, Ed]
if lab.SANITIZED:  # each way to save once; without sanitizers it is all of them
    EDITORS = [Vim, VimRenames, Nano, Emacs, Ed]


@pytest.fixture(params=EDITORS, ids=lambda editor: editor.__name__)
def editor(request):
    return request.param


def screen_of(home, editor):
    return Terminal(home, *editor.command, home.view / f"personas/{NAME}.yaml")


class Sitting:
    """What the person does, with the questions that the editor asks meanwhile answered."""

    def __init__(self, home, editor, screen):
        self.home, self.screen, self.person = home, screen, editor(screen)
        self.tones = []

    def wait(self, what, done):
        answered = set()

        def asked():
            shown = self.screen.screen()
            for question, answer in self.person.questions.items():
                if question not in answered and re.search(question, shown):
                    answered.add(question)
                    self.screen.type(answer.rstrip("\n"))
                    self.screen.keys(*["Enter"] * answer.count("\n"))
            return done()
        try:
            lab.wait_for(what, asked)
        except AssertionError:
            raise AssertionError(f"{what}: never\n{self.screen.screen()}") from None

    def shows(self, tone):
        return re.search(f"  tone: {re.escape(tone)}", self.screen.screen())

    def replace(self, tone):
        self.person.replace(tone)
        self.wait(f"{tone} on the screen", lambda: self.shows(tone))

    def save(self, tone):
        self.person.save()
        self.wait(f"{tone} saved", lambda: load_tone(self.home.source(NAME)) == tone)

    def came(self, tones):
        """Whether one is shown soon: one step of an undo may not be enough."""
        return soon(lambda: any(map(self.shows, tones)))

    def undo(self, *tones):
        """Back to one of these, however many steps the editor made of the change."""
        for _ in range(40):
            self.person.undo()
            if isinstance(self.person, Ed) or self.came(tones):
                return
        raise AssertionError(f"never back at {tones}\n{self.screen.screen()}")


def test_a_sitting(mount, editor):
    home = mount
    head, names = home.head(), home.names()
    with screen_of(home, editor) as screen:
        sitting = Sitting(home, editor, screen)
        file = home.view / f"personas/{NAME}.yaml"
        before = file.stat().st_mtime_ns
        home.helios("set", NAME, "communication.humour", "0.9")
        lab.wait_for("the file to look changed", lambda: file.stat().st_mtime_ns != before)
        sitting.person.notice()
        sitting.replace("first")
        sitting.save("first")
        assert lab.load(home.source(NAME))["communication"]["humour"] == 0.9
        sitting.replace("second")
        sitting.save("second")
        sitting.replace("regretted")
        sitting.undo("second", "first", "calm, structured")  # some take back several at once
        sitting.replace("third")
        sitting.save("third")
        sitting.person.leave()
        screen.ended()
    assert home.resolved(NAME)["communication"]["tone"] == "third"
    assert lab.load(home.source(NAME))["communication"]["humour"] == 0.9
    assert home.subjects(head) == [f"{NAME}: set communication.tone"] * 3 + [
        f"{NAME}: set communication.humour"]
    assert home.names("rejected") == []
    assert [name for name in home.names() if not name.endswith("~")] == names
    lab.assert_clean(home)


def test_a_save_that_is_undone(mount, editor):
    home = mount
    text, source, head = state(home)
    with screen_of(home, editor) as screen:
        sitting = Sitting(home, editor, screen)
        sitting.replace("first")
        sitting.save("first")
        sitting.undo(load_tone(text))
        sitting.save(load_tone(text))
        sitting.person.leave()
        screen.ended()
    assert state(home)[:2] == (text, source)
    assert home.subjects(head) == [f"{NAME}: set communication.tone"] * 2
    lab.assert_clean(home)


def test_a_save_that_is_refused(mount, editor):
    home = mount
    before = state(home)
    with screen_of(home, editor) as screen:
        sitting = Sitting(home, editor, screen)
        sitting.replace(BAD)
        sitting.person.save()
        if editor.told:
            screen.expect(editor.told)
        lab.wait_for("the refused text to be kept", lambda: home.names("rejected"))
        sitting.person.leave_refused()
        screen.ended()
    assert state(home) == before
    assert any(BAD in text for text in home.rejected())
    assert NAME in home.read("status.yaml")
    lab.assert_clean(home)


READS_TWICE = """
import os, sys
path, how = sys.argv[1:]
text = open(path).read()
print("read", flush=True)
sys.stdin.readline()
if how == "reloads":
    text = open(path).read().replace("humour: 0.9", "humour: 0.2")
with open(path) as file, open(path + "~", "w") as backup:
    backup.write(file.read())
text = text.replace("  tone: calm, structured, candid about cost", "  tone: exact")
with open(path, "w") as file:
    file.write(text)
"""


@pytest.mark.parametrize("how", ["reloads", "backs up"])
def test_what_counts_as_read(mount, how):
    """What an agent did stays, unless the person has seen it and took it back."""
    home = mount
    home.helios("set", NAME, "communication.humour", "!override 0.2")
    program = home.start("/usr/bin/python3", "-c", READS_TWICE, home.view / f"personas/{NAME}.yaml",
                         how, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    assert program.stdout.readline() == "read\n"
    home.helios("set", NAME, "communication.humour", "!override 0.9")
    program.communicate("\n", timeout=lab.PATIENCE)
    assert program.returncode == 0
    assert home.resolved(NAME)["communication"]["tone"] == "exact"
    assert home.resolved(NAME)["communication"]["humour"] == (0.2 if how == "reloads" else 0.9)
    lab.assert_clean(home)
