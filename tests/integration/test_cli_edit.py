"""edit: the editor's file, merging, refusing, keeping."""
import json
import os
import re
import stat

import lab
import terminal

BREAK = "sed -i 's/^  tone: .*/  tone: @broken/'"


def edit(home, editor, *arguments, check=True, **env):
    return home.helios("edit", *arguments, check=check, env={"EDITOR": editor, "VISUAL": ""} | env)


def leftovers(home):
    return [path for path in home.room.iterdir() if path.name.startswith("helios-")]


def test_the_resolved_text_is_given_and_saved(home):
    shown = home.helios("show", "writer").stdout
    edit(home, "cp -t .", "writer")
    assert (home.room / "writer.yaml").read_text(encoding="utf-8") == shown
    head = home.head()
    assert "nothing changed" in edit(home, "true", "writer").stdout
    assert home.head() == head
    assert edit(home, "sed -i 's/^  tone: .*/  tone: brisk/'", "writer").stdout == "writer: saved\n"
    assert home.git("diff", "--numstat", "HEAD~1").stdout.split() == ["1", "1", "personas/writer.yaml"]
    assert leftovers(home) == []
    lab.assert_clean(home)


def test_source_and_base(home):
    edit(home, "cp -t .", "writer", "--source")
    assert (home.room / "writer.yaml").read_text(encoding="utf-8") == home.source("writer")
    edit(home, "sed -i 's/^  humour: .*/  humour: 0.9/'", "base")
    assert lab.load(home.source("base"))["communication"]["humour"] == 0.9


def test_the_file_is_private(home):
    edit(home, "sh -c 'stat -c %a \"$0\" \"${0%/*}\" > modes'", "writer")
    assert (home.room / "modes").read_text().split() == ["600", "700"]
    assert stat.S_IMODE(os.stat(home.path).st_mode) == 0o700


def test_what_others_changed_meanwhile_is_merged(home):
    script = home.room / "editor"
    script.write_text("#!/bin/sh\nhelios set writer communication.formality 0.9 >&2\n"
                      "sed -i 's/^  tone: .*/  tone: brisk/' \"$1\"\n")
    script.chmod(0o700)
    found = json.loads(edit(home, script, "writer", "--json").stdout)
    assert found["merged"] and found["conflicts"] == 0
    stored = lab.load(home.source("writer"))["communication"]
    assert (stored["tone"], stored["formality"]) == ("brisk", 0.9)


def test_sources_are_merged_too(home):
    """Both sides' comments stay, and so does an edit of the base."""
    script = home.room / "editor"
    script.write_text(
        "#!/bin/sh\n"
        "EDITOR=\"sed -i 's/^  formality: .*/  formality: 0.9 # theirs/'\" helios edit writer --source >&2\n"
        "helios set base communication.humour 0.9 >&2\n"
        "sed -i 's/^  tone: .*/  tone: brisk # mine/; s/^  patience: .*/  patience: 0.1/' \"$1\"\n")
    script.chmod(0o700)
    before = home.source("writer")
    found = json.loads(edit(home, script, "writer", "--source", "--json").stdout)
    assert found["merged"] and found["conflicts"] == 0
    expected = re.sub(r"(?m)^  formality: .*", "  formality: 0.9 # theirs", before)
    assert home.source("writer") == re.sub(r"(?m)^  tone: .*", "  tone: brisk # mine", expected)
    script.write_text("#!/bin/sh\nhelios set base communication.humour 0.8 >&2\n"
                      "sed -i 's/^  formality: .*/  formality: 0.25/' \"$1\"\n")
    assert json.loads(edit(home, script, "base", "--json").stdout)["merged"]
    assert (lab.load(home.source("base"))["communication"]["humour"],
            lab.load(home.source("base"))["communication"]["formality"]) == (0.8, 0.25)
    lab.assert_clean(home)


def test_the_same_key_of_a_source_on_both_sides(home):
    script = home.room / "editor"
    script.write_text("#!/bin/sh\nhelios set writer communication.tone tok-theirs >&2\n"
                      "helios set writer communication.humour 0.9 >&2\n"
                      "sed -i 's/^  tone: .*/  tone: tok-mine/' \"$1\"\n")
    script.chmod(0o700)
    found = json.loads(edit(home, script, "writer", "--source", "--json").stdout)
    assert found["merged"] and found["conflicts"] == 1
    stored = lab.load(home.source("writer"))["communication"]
    assert (stored["tone"], stored["humour"]) == ("tok-mine", 0.9)
    assert "over another change" in home.subjects()[0]
    lab.assert_clean(home, ["tok-mine", "tok-theirs"])


def test_a_source_nobody_edited_keeps_what_came_in(home):
    script = home.room / "editor"
    script.write_text("#!/bin/sh\nhelios set writer communication.humour 0.9 >&2\n"
                      "echo '# a word of mine' >> \"$1\"\n")
    script.chmod(0o700)
    edit(home, script, "writer", "--source")
    assert lab.load(home.source("writer"))["communication"]["humour"] == 0.9
    assert home.source("writer").endswith("# a word of mine\n")


def test_a_refused_text_is_kept(home):
    head = home.head()
    done = edit(home, BREAK, "writer", check=False)
    assert done.returncode == 1 and home.head() == head
    lines = done.stderr.splitlines()
    assert "personas/writer.yaml:" in lines[0] and "@broken" in lines[1] and lines[2].endswith("^")
    (kept,) = json.loads(home.helios("rejected", "--json").stdout)["rejected"]
    assert kept["id"] in done.stderr
    assert leftovers(home) == []
    lab.assert_clean(home)


def test_a_refused_text_can_be_edited_again(home):
    script = home.room / "editor"
    script.write_text("#!/bin/sh\ntest -e tried && tone=brisk || tone=@broken\ntouch tried\n"
                      "sed -i \"s/^  tone: .*/  tone: $tone/\" \"$1\"\n")
    script.chmod(0o700)
    with terminal.Terminal(home, "env", f"EDITOR={script}", "helios", "edit", "writer") as window:
        window.expect("edit it again")
        window.keys("Enter")
        window.expect("writer: saved")
    assert lab.load(home.source("writer"))["communication"]["tone"] == "brisk"
    (home.room / "tried").unlink()
    with terminal.Terminal(home, "env", f"EDITOR={script}", "helios", "edit", "writer") as window:
        window.expect("edit it again")
        window.keys("n", "Enter")
        window.expect("your text is kept")


def test_an_editor_that_fails(home):
    head = home.head()
    for editor, said in [("false", "status 1"), ("no-such-editor", "no editor"),
                         ("kill -9 $$; true", "signal 9")]:
        done = edit(home, editor, "writer", check=False)
        assert done.returncode == 1 and said in done.stderr
    assert edit(home, "rm", "writer", check=False).returncode == 1
    assert home.head() == head and leftovers(home) == []
    assert edit(home, "true", "nobody", check=False).returncode == 1


def test_a_crash_loses_no_text(home):
    edit(home, "kill -9 $$ $(sed -i 's/^  tone: .*/  tone: brisk/' $(ls -d $TMPDIR/helios-*/*));:",
         "writer", check=False)
    (kept,) = json.loads(home.helios("rejected", "--json").stdout)["rejected"]
    home.helios("rejected", "retry", kept["id"])
    assert lab.load(home.source("writer"))["communication"]["tone"] == "brisk"


def test_editors_that_replace_the_file(home):
    edit(home, "sh -c 'sed s/^name:.*/name:\\ Poet/ \"$0\" > new && mv new \"$0\"'", "writer")
    assert lab.load(home.source("writer"))["name"] == "Poet"


def test_visual_comes_before_editor(home):
    edit(home, "false", "writer", VISUAL="true")
