"""Every way people save: one edit is one commit; a refused one is told, kept and changes nothing.

Each case edits personas/architect.yaml of a real mount, as the tester and as another user, with
the program itself. EDITORS of the design notes measured which of them tell of a failed save.
"""
import re

import pytest

import lab
from terminal import Terminal

NAME = "architect"
GOOD = "calm and exact"
BAD = "@broken"  # no YAML token begins with '@': no text after it can mend it


# ---- the programs: each sets the tone on its line, and returns whether it told of a failure

def sh(home, script, check=True, **options):
    return home.sh(script, check=False, **options).returncode != 0


def sed(home, tone):
    return sh(home, f"sed -i 's/^  tone: .*/  tone: {tone}/' $P/{NAME}.yaml")


def sed_backup(home, tone):
    return sh(home, f"sed -i~ 's/^  tone: .*/  tone: {tone}/' $P/{NAME}.yaml")


def perl(home, tone):
    done = home.sh(f"perl -pi -e 's/^  tone: .*/  tone: {tone.replace('@', chr(92) + '@')}/' "
                   f"$P/{NAME}.yaml", check=False)
    return done.returncode != 0 or done.stderr != ""


def prepared(tone):
    """Writes the wanted text next to the home as 'new'."""
    return f"sed 's/^  tone: .*/  tone: {tone}/' $P/{NAME}.yaml > new && "


def cp(home, tone):
    return sh(home, prepared(tone) + f"cp new $P/{NAME}.yaml")


def cp_remove(home, tone):
    return sh(home, prepared(tone) + f"cp --remove-destination new $P/{NAME}.yaml")


def install(home, tone):
    return sh(home, prepared(tone) + f"install -m 644 new $P/{NAME}.yaml")


def mv_from_elsewhere(home, tone):
    return sh(home, prepared(tone) + f"mv new $P/{NAME}.yaml")


def mv_beside(home, tone):
    return sh(home, prepared(tone) + f"cp new $P/new.tmp && mv $P/new.tmp $P/{NAME}.yaml")


def tee(home, tone):
    return sh(home, prepared(tone) + f"tee $P/{NAME}.yaml < new > /dev/null")


def dd(home, tone):
    return sh(home, prepared(tone) + f"dd if=new of=$P/{NAME}.yaml conv=fsync status=none")


def redirect(home, tone):
    return sh(home, prepared(tone) + f"cat new > $P/{NAME}.yaml")


def redirect_builtin(home, tone):
    """The shell itself writes, and does not look at what its close() answers."""
    return sh(home, prepared(tone) + 'while IFS= read -r line; do printf "%s\\n" "$line"; done '
                                     f"< new > $P/{NAME}.yaml")


def python_open(home, tone):
    return home.python("import re, sys\n"
                       "text = open(sys.argv[1]).read()\n"
                       "text = re.sub('(?m)^  tone: .*', '  tone: ' + sys.argv[2], text)\n"
                       "with open(sys.argv[1], 'w') as f: f.write(text)\n",
                       home.view / f"personas/{NAME}.yaml", tone, check=False).returncode != 0


def python_update(home, tone):
    """In place, without truncation first."""
    return home.python("import re, sys\n"
                       "with open(sys.argv[1], 'r+') as f:\n"
                       "    text = f.read()\n"
                       "    text = re.sub('(?m)^  tone: .*', '  tone: ' + sys.argv[2], text)\n"
                       "    f.seek(0); f.write(text); f.truncate()\n",
                       home.view / f"personas/{NAME}.yaml", tone, check=False).returncode != 0


def diff(tone):
    """The same edit as a patch."""
    return (f"cp $P/{NAME}.yaml {NAME}.yaml; " + prepared(tone) +
            f"diff -u --label a/{NAME}.yaml --label b/{NAME}.yaml {NAME}.yaml new > edit.patch; ")


def patch(home, tone):
    return sh(home, diff(tone) + "patch -s -p1 -d $P < edit.patch")


def git_apply(home, tone):
    return sh(home, diff(tone) + 'edit=$PWD/edit.patch; cd $P && git apply "$edit"')


def rsync(home, tone):
    return sh(home, prepared(tone) + f"rsync -a new $P/{NAME}.yaml")


def rsync_in_place(home, tone):
    return sh(home, prepared(tone) + f"rsync --inplace new $P/{NAME}.yaml")


def gio_save(home, tone):
    """What gedit and other programs of GNOME do."""
    return sh(home, prepared(tone) + f"gio save $P/{NAME}.yaml < new")


REPLAY = """
import os, re, sys
way, path, tone = sys.argv[1:]
text = re.sub("(?m)^  tone: .*", "  tone: " + tone, open(path).read()).encode()
target = path if way == "plain" else path + ".vsctmp"
file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
os.write(file, text)
os.fdatasync(file)
os.close(file)
if way == "atomic":
    os.rename(target, path)
"""


def vscode(home, tone, way="plain"):
    """Its calls, as they were recorded."""
    return home.python(REPLAY, way, home.view / f"personas/{NAME}.yaml", tone,
                       check=False).returncode != 0


def vscode_atomic(home, tone):
    return vscode(home, tone, "atomic")


def neovim_batch(home, tone):
    return sh(home, f"nvim --clean --headless -es -c '%s/^  tone: .*/  tone: {tone}/' -c wq "
                    f"$P/{NAME}.yaml")


def kakoune_batch(home, tone):
    """Without a screen, and in its other way: beside the file, and renamed over it."""
    keys = f"%s^  tone: [^\\n]*<ret>c  tone: {tone}<esc>"
    script = ("set-option global writemethod replace; "
              "try %{ execute-keys '" + keys + "'; write; quit } catch %{ quit! 1 }")
    return home.run("kak", "-n", "-ui", "dummy", "-e", script, home.view / f"personas/{NAME}.yaml",
                    check=False).returncode != 0


def vim_batch(home, tone):
    return sh(home, f"ex -s -c '%s/^  tone: .*/  tone: {tone}/' -c wq $P/{NAME}.yaml")


def vim_batch_rename(home, tone):
    return sh(home, "vim -u NONE -es -c 'set backupcopy=no' "
                    f"-c '%s/^  tone: .*/  tone: {tone}/' -c wq $P/{NAME}.yaml")


def vim_screen(home, tone):
    with Terminal(home, "vim", "--clean", home.view / f"personas/{NAME}.yaml") as screen:
        screen.expect("^name: Architect")
        screen.type(f":%s/^  tone: .*/  tone: {tone}/")
        screen.keys("Enter")
        screen.expect(f"^  tone: {re.escape(tone)}")
        screen.type(":w")
        screen.keys("Enter")
        refused = screen.expect(r"written|E\d+:")[0] != "written"
        screen.type(":q!" if refused else ":q")
        screen.keys("Enter")
        if refused:
            screen.keys("Enter")
        screen.ended()
    return refused


def nano(home, tone):
    text = home.read(f"personas/{NAME}.yaml").splitlines()
    line = next(n for n, words in enumerate(text, 1) if words.startswith("  tone: "))
    with Terminal(home, "nano", "-I", f"+{line},1", home.view / f"personas/{NAME}.yaml") as screen:
        screen.expect("GNU nano")
        screen.expect("^  tone: ")
        screen.keys("C-k")
        screen.type(f"  tone: {tone}")
        screen.keys("Enter")
        screen.expect(f"^  tone: {re.escape(tone)}")
        screen.keys("C-o")
        screen.expect("File Name to Write")
        screen.keys("Enter")
        refused = screen.expect(r"Wrote \d+ lines|Error writing")[0].startswith("Error")
        screen.keys("C-x")
        if refused:
            screen.expect("Save modified buffer")
            screen.type("n")
        screen.ended()
    return refused


def emacs_batch(home, tone):
    return sh(home, f"emacs --batch -Q $P/{NAME}.yaml --eval "
                    f"""'(progn (re-search-forward "^  tone: .*") """
                    f"""(replace-match "  tone: {tone}") (save-buffer))'""")


def emacs_screen(home, tone):
    with Terminal(home, "emacs", "-nw", "-Q", home.view / f"personas/{NAME}.yaml") as screen:
        screen.expect("^name: Architect")
        screen.keys("M-x")
        screen.type("replace-regexp")
        screen.keys("Enter")
        screen.expect("Replace regexp")
        screen.type("^  tone: .*")
        screen.keys("Enter")
        screen.expect("with:")
        screen.type(f"  tone: {tone}")
        screen.keys("Enter")
        screen.expect(f"^  tone: {re.escape(tone)}")
        screen.keys("C-x", "C-s")
        refused = screen.expect(r"Wrote /|[Ii]nvalid argument|I/O error|Input/output")[0] != "Wrote /"
        if not refused:
            screen.keys("C-x", "C-c")
            screen.ended()
    return refused


EDITORS = [sed, sed_backup, perl, cp, cp_remove, install, mv_from_elsewhere, mv_beside, tee, dd,
           redirect, redirect_builtin, python_open, python_update, patch, git_apply, rsync,
           rsync_in_place, gio_save, vscode, vscode_atomic, vim_batch, vim_batch_rename, neovim_batch,
           kakoune_batch, vim_screen, nano, emacs_batch, emacs_screen]
REMOVES_FIRST = {cp_remove, install, mv_from_elsewhere, git_apply}
LEAVES_BACKUP = {sed_backup, emacs_batch, emacs_screen}


@pytest.fixture(params=EDITORS, ids=lambda editor: editor.__name__)
def editor(request):
    return request.param


def state(home):
    return home.read(f"personas/{NAME}.yaml"), home.source(NAME), home.head()


def test_an_edit_is_one_commit(any_mount, editor):
    home = any_mount
    text, source, head = state(home)
    names, sources = home.names(), home.names("sources")
    wanted = text.replace(f"tone: {load_tone(text)}", f"tone: {GOOD}")
    assert wanted != text

    assert editor(home, GOOD) is False

    assert home.read(f"personas/{NAME}.yaml") == wanted
    assert load_tone(home.source(NAME)) == GOOD
    assert changed_lines(source, home.source(NAME)) == 1
    removed = [f"{NAME}: remove"] if editor in REMOVES_FIRST else []  # a plain rm commits at once
    assert home.subjects(head) == [f"{NAME}: set communication.tone", *removed]
    assert home.trailers()["Helios-Source"] == "view"
    backup = [f"{NAME}.yaml~"] if editor in LEAVES_BACKUP else []
    assert home.names() == sorted(names + backup)
    assert home.names("sources") == sources
    assert home.names("rejected") == []
    lab.assert_clean(home)


def test_a_refused_edit_is_told_and_changes_nothing(any_mount, editor):
    home = any_mount
    before = state(home)
    names = home.names()

    assert editor(home, BAD) is True

    assert state(home)[:2] == before[:2]
    if editor in REMOVES_FIRST:  # the removal was a change of its own, undone by another
        assert home.subjects(before[2]) == [f"{NAME}: bring back", f"{NAME}: remove"]
    else:
        assert home.head() == before[2]
    kept = home.rejected()
    assert any(BAD in text for text in kept)
    lines = before[0].splitlines()
    line = next(n for n, words in enumerate(lines, 1) if words.startswith("  tone: "))
    assert any(f"{line}" in text.split(BAD)[0] for text in kept), "no line number in rejected/"
    assert f"{NAME}" in home.read("status.yaml")
    gone = set(names) - set(home.names())
    assert gone == set()
    lab.assert_clean(home)


def test_the_reason_is_on_the_file(any_mount):
    home = any_mount
    assert sed(home, BAD)
    message = home.python("import os, sys; print(os.getxattr(sys.argv[1], 'user.helios.error')"
                         ".decode())", home.view / f"personas/{NAME}.yaml").stdout
    for told in (message, *home.rejected(), home.read("status.yaml")):
        assert "cannot start any token" in told


APPENDED = "review_after: 2 weeks\n"


def append(home, text):
    return sh(home, f"cat >> $P/{NAME}.yaml", input=text)


def append_builtin(home, text):
    return sh(home, f"""printf '%s' '{text}' >> $P/{NAME}.yaml""")


def tee_append(home, text):
    return sh(home, f"tee -a $P/{NAME}.yaml > /dev/null", input=text)


@pytest.mark.parametrize("way", [append, append_builtin, tee_append], ids=lambda way: way.__name__)
def test_appending(any_mount, way):
    home = any_mount
    text, source, head = state(home)
    assert way(home, APPENDED) is False
    assert home.read(f"personas/{NAME}.yaml") == text + APPENDED
    assert changed_lines(source, home.source(NAME)) == 1
    assert home.subjects(head) == [f"{NAME}: set review_after"]

    before = state(home)
    assert way(home, f"again: {BAD}\n") is True
    assert state(home) == before
    assert any(BAD in text for text in home.rejected())
    lab.assert_clean(home)


@pytest.mark.parametrize("way", [cp, tee, python_open, sed, nano, vim_screen],
                         ids=lambda way: way.__name__)
def test_refused_only_at_the_end(mount, way):
    """An open bracket could still be closed by what follows, so only the close can tell."""
    before = state(mount)
    assert way(mount, "[calm") is True
    assert state(mount) == before
    assert any("[calm" in text for text in mount.rejected())
    lab.assert_clean(mount)


def test_silent_shells_leave_the_text_in_rejected(mount):
    """The shell ignores close's error: rejected/ and status are where to look."""
    before = state(mount)
    redirect_builtin(mount, "[calm")
    assert state(mount) == before
    assert any("[calm" in text for text in mount.rejected())
    assert NAME in mount.read("status.yaml")


def test_two_edits_in_one_sitting_are_two_commits(any_mount):
    home = any_mount
    head = home.head()
    with Terminal(home, "vim", "--clean", home.view / f"personas/{NAME}.yaml") as screen:
        screen.expect("^name: Architect")
        for tone in ("first", "second"):
            screen.type(f":%s/^  tone: .*/  tone: {tone}/")
            screen.keys("Enter")
            screen.expect(f"^  tone: {re.escape(tone)}")
            screen.type(":w")
            screen.keys("Enter")
            lab.wait_for(f"the commit of {tone}",
                         lambda: load_tone(home.source(NAME)) == tone)
        screen.type(":q")
        screen.keys("Enter")
        screen.ended()
    assert home.subjects(head) == [f"{NAME}: set communication.tone"] * 2
    lab.assert_clean(home)


def test_saving_without_a_change_commits_nothing(any_mount):
    home = any_mount
    before = state(home)
    with Terminal(home, "vim", "--clean", home.view / f"personas/{NAME}.yaml") as screen:
        screen.expect("^name: Architect")
        screen.type(":w")
        screen.keys("Enter")
        screen.expect("written")
        screen.type(":q")
        screen.keys("Enter")
        screen.ended()
    assert sed(home, load_tone(before[0])) is False
    assert state(home) == before


def load_tone(text):
    return lab.load(text)["communication"]["tone"]


def changed_lines(before, after):
    """Lines of after that are not in before, for an edit that removes none but what it changes."""
    old, new = before.splitlines(), after.splitlines()
    assert len(set(old) - set(new)) <= 1
    return len(set(new) - set(old))
