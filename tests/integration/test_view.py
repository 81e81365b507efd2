"""The view as a directory: names, copying, renaming, removing, and what it refuses."""
import errno

import pytest

import lab

EXAMPLES = sorted(path.stem for path in (lab.SOURCE / "examples").glob("*.yaml"))
PERSONAS = [name for name in EXAMPLES if name != "base"]


def errno_of(home, statement):
    """The errno a Python statement with P, the personas, and V, the view, ends with; 0 if none."""
    script = ("import os, sys\nP, V = sys.argv[1] + '/personas', sys.argv[1]\n"
              f"try: {statement}\nexcept OSError as e: print(e.errno)\nelse: print(0)\n")
    return int(home.python(script, home.view).stdout)


def test_what_is_there(any_mount):
    home = any_mount
    assert home.names() == sorted(f"{name}.yaml" for name in PERSONAS)
    assert home.names("sources") == sorted(f"{name}.yaml" for name in EXAMPLES)
    assert set(home.names(".")) >= {"personas", "sources", "rejected", "status.yaml"}
    assert home.names("rejected") == []


def test_what_a_persona_reads_as(any_mount):
    home = any_mount
    for name in PERSONAS:
        text = home.read(f"personas/{name}.yaml")
        assert text == home.helios("show", name).stdout
        document = lab.load(text)
        words = [line.split("#")[0] for line in text.splitlines()]
        assert not any("!override" in line for line in words) and "merge" not in document
        assert document["base_importance"] in (0.7, 0.9)
        assert document["behaviors"]["boundaries"] == home_base(home)["behaviors"]["boundaries"]
    assert home.resolved("operator")["communication"]["verbosity"] == pytest.approx(
        0.5 * 0.7 / 9 + 0.2 * (1 - 0.7 / 9), abs=1e-15)
    assert "before_acting" not in home.resolved("reviewer")["behaviors"]


def home_base(home):
    return lab.load(home.source("base"))


def test_sources_are_the_stored_bytes(any_mount):
    home = any_mount
    for name in EXAMPLES:
        stored = home.source(name)
        assert home.read(f"sources/{name}.yaml") == stored
        assert stored == (lab.SOURCE / f"examples/{name}.yaml").read_text()


def test_saving_a_source(any_mount):
    home, head = any_mount, any_mount.head()
    text = home.source("writer").replace("verbosity: 0.4", "verbosity: !override 0.25 # short")
    home.write("sources/writer.yaml", text)
    assert home.source("writer") == home.read("sources/writer.yaml") == text
    assert home.resolved("writer")["communication"]["verbosity"] == 0.25
    assert len(home.subjects(head)) == 1
    lab.assert_clean(home)


def test_saving_the_base_changes_every_persona(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("sed -i 's/^  language: .*/  language: Latin/' $V/sources/base.yaml")
    for name in set(PERSONAS) - {"analyst"}:
        assert home.resolved(name)["communication"]["language"] == "Latin"
    assert home.subjects(head) == ["base: set communication.language"]
    lab.assert_clean(home)


def test_a_new_persona(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("printf 'name: Poet\\nspecialization_level: 2\\n' > $P/poet.yaml")
    assert home.resolved("poet")["name"] == "Poet"
    assert home.resolved("poet")["identity"] == home_base(home)["identity"]
    assert lab.load(home.source("poet")) == {"name": "Poet", "specialization_level": 2}
    assert len(home.subjects(head)) == 1
    assert "poet.yaml" in home.names() and "poet.yaml" in home.names("sources")
    lab.assert_clean(home)


def test_names_in_any_script(any_mount):
    home = any_mount
    for name in ("дизайнер", "作家", "two words", "a.b", "UPPER", "x" * 64):
        home.sh(f"printf 'name: one\\n' > \"$P/{name}.yaml\"")
        assert f"{name}.yaml" in home.names()
    lab.assert_clean(home)


@pytest.mark.parametrize("name", ["-dash", " space", "space ", "x" * 65, "e\\u0301", "base",
                                  "zero\\u200bwidth", "bidi\\u202eyaml", "back\\\\slash",
                                  "con\\ttrol"])
def test_names_that_are_refused(any_mount, name):
    home, head = any_mount, any_mount.head()
    before = home.names()
    assert errno_of(home, f"open(P + '/{name}.yaml', 'w').write('name: x\\n')") == errno.EINVAL
    assert home.names() == before and home.head() == head


def test_a_copy(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("cp $P/architect.yaml $P/master.yaml")
    assert home.source("master") == home.source("architect")
    assert home.read("personas/master.yaml") == home.read("personas/architect.yaml")
    assert len(home.subjects(head)) == 1
    lab.assert_clean(home)


def test_a_rename_takes_references_along(any_mount):
    home, head = any_mount, any_mount.head()
    home.helios("use", "operator")
    head = home.head()
    text, source = home.read("personas/operator.yaml"), home.source("operator")
    child = home.resolved("incident-commander")
    home.sh("mv $P/operator.yaml $P/pilot.yaml")
    assert home.read("personas/pilot.yaml") == text and home.source("pilot") == source
    assert "operator.yaml" not in home.names()
    assert lab.load(home.source("incident-commander"))["inherits_from"] == "pilot"
    assert home.resolved("incident-commander") == child | {"inherits_from": "pilot"}
    assert home.run("readlink", home.view / "active.yaml").stdout == "personas/pilot.yaml\n"
    assert len(home.subjects(head)) == 1
    assert len(home.git("log", "--follow", "--format=%s", "--", "personas/pilot.yaml")
               .stdout.splitlines()) >= 2
    lab.assert_clean(home)


def test_a_renamed_file_is_there_at_once(any_mount):
    done = any_mount.sh("cd $P; cp writer.yaml k0.yaml; for i in $(seq 30); do "
                        "mv k$((i - 1)).yaml k$i.yaml; cat k$i.yaml > /dev/null || exit 1; "
                        "[ ! -e k$((i - 1)).yaml ] || exit 2; done; echo all")
    assert done.stdout == "all\n"


def test_a_rename_over_another_keeps_the_others_source(any_mount):
    home, head = any_mount, any_mount.head()
    text = home.read("personas/tutor.yaml")
    home.sh("mv -f $P/tutor.yaml $P/writer.yaml")
    assert "tutor.yaml" not in home.names()
    assert home.resolved("writer") == lab.load(text)
    assert "# a bold sentence is easy to take back" not in text
    assert len(home.subjects(head)) == 1
    lab.assert_clean(home)


def test_removing(any_mount):
    home, head = any_mount, any_mount.head()
    home.helios("use", "tutor")
    head = home.head()
    home.sh("rm $P/tutor.yaml")
    assert "tutor.yaml" not in home.names() and "tutor.yaml" not in home.names("sources")
    assert not (home.path / "personas/tutor.yaml").exists()
    assert len(home.subjects(head)) == 1
    assert home.run("readlink", home.view / "active.yaml", check=False).stdout in ("", "none\n")
    lab.assert_clean(home)


def test_a_parent_is_not_removed(any_mount):
    home, head = any_mount, any_mount.head()
    assert errno_of(home, "os.unlink(P + '/reviewer.yaml')") == errno.EBUSY
    assert "reviewer.yaml" in home.names() and home.head() == head
    refused = home.helios("rm", "reviewer", check=False)
    assert refused.returncode == 1 and "security-reviewer" in refused.stderr


def test_the_active_persona(any_mount):
    home = any_mount
    home.sh("ln -sfn personas/reviewer.yaml $V/active.yaml")
    assert home.read("active.yaml") == home.read("personas/reviewer.yaml")
    assert home.helios("status", "--json").returncode == 0
    home.helios("use", "writer")
    assert home.run("readlink", home.view / "active.yaml").stdout == "personas/writer.yaml\n"
    assert home.read("active.yaml") == home.read("personas/writer.yaml")
    lab.assert_clean(home)


REFUSED = {
    "os.mkdir(P + '/d')": errno.EPERM,
    "os.mkdir(P + '/d.yaml')": errno.EPERM,
    "os.mkfifo(P + '/f')": errno.EPERM,
    "os.link(P + '/writer.yaml', P + '/hard.yaml')": errno.EPERM,
    "open(V + '/status.yaml', 'w')": errno.EROFS,
    "os.unlink(V + '/status.yaml')": errno.EROFS,
    "open(V + '/new', 'w')": errno.EROFS,
    "os.rmdir(P)": errno.EROFS,
    "os.unlink(V + '/sources/base.yaml')": errno.EPERM,
    "os.rename(P + '/writer.yaml', V + '/rejected/x')": None,
    "open(P + '/none.yaml')": errno.ENOENT,
    "open(P + '/writer.yaml', 'x')": errno.EEXIST,
    "open(P + '/.git/config')": errno.ENOENT,
}


@pytest.mark.parametrize("statement", REFUSED)
def test_what_makes_no_sense_says_so(any_mount, statement):
    home, head = any_mount, any_mount.head()
    got = errno_of(home, statement)
    if REFUSED[statement] is None:
        assert got != 0
    elif REFUSED[statement] in (errno.EPERM, errno.EROFS):
        assert got in (errno.EPERM, errno.EROFS, errno.EACCES)  # the last from its mode, 0400
    else:
        assert got == REFUSED[statement]
    assert home.head() == head and home.names() == sorted(f"{name}.yaml" for name in PERSONAS)


def test_what_editors_do_to_attributes_succeeds(any_mount):
    assert errno_of(any_mount, "f = P + '/writer.yaml'; os.chmod(f, 0o4777); "
                    "os.chown(f, os.getuid(), os.getgid()); os.utime(f, (1, 1))") == 0
    mode = any_mount.run("stat", "-c", "%a", any_mount.view / "personas/writer.yaml").stdout
    assert mode == "600\n"


def test_scratch_files(any_mount):
    home, head = any_mount, any_mount.head()
    home.sh("cd $P && printf junk > .writer.yaml.swp && printf junk > 4913 && rm 4913 "
            "&& printf '{[' > '#writer.yaml#' && ln -s me@host.1 .#writer.yaml "
            "&& mv .writer.yaml.swp .writer.yaml.swo && cat .writer.yaml.swo '#writer.yaml#'")
    assert home.run("readlink", home.view / "personas/.#writer.yaml").stdout == "me@host.1\n"
    assert home.head() == head
    home.sh("cd $P && rm .writer.yaml.swo '#writer.yaml#' .#writer.yaml")
    assert home.names() == sorted(f"{name}.yaml" for name in PERSONAS)
    lab.assert_clean(home)


def test_attributes_are_steady(any_mount):
    """Same inode number after a save, the true size, and a time that follows the base's too."""
    home = any_mount
    file = home.view / "personas/writer.yaml"

    def stat(form):
        return home.run("stat", "-c", form, file).stdout.strip()

    inode = stat("%i")
    assert int(stat("%s")) == len(home.read(file).encode())
    before = float(home.run("stat", "-c", "%.9Y", file).stdout)
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    assert stat("%i") == inode
    assert int(stat("%s")) == len(home.read(file).encode())
    after = float(home.run("stat", "-c", "%.9Y", file).stdout)
    assert after > before
    home.helios("set", "base", "communication.language", "Latin")
    # a change of another program shows in stat within 100 ms: wait for it, and for true sizes
    lab.wait_for("a newer time", lambda: float(home.run("stat", "-c", "%.9Y", file).stdout) > after)
    assert int(stat("%s")) == len(home.read(file).encode())


def test_a_locked_key(any_mount):
    home = any_mount
    before = home.read("personas/writer.yaml"), home.head()
    done = home.sh("sed 's/never invent/always invent/' $P/writer.yaml > new && "
                   "cp new $P/writer.yaml", check=False)
    assert done.returncode != 0
    assert (home.read("personas/writer.yaml"), home.head()) == before
    assert any("behaviors.boundaries" in text for text in home.rejected())


@pytest.mark.parametrize("addition", ["merge:\n  communication: lock\n", "extra: !override 1\n"])
def test_what_only_a_source_may_hold(any_mount, addition):
    home = any_mount
    before = home.read("personas/writer.yaml"), home.head()
    assert home.sh("cp $P/writer.yaml new && cat >> new && cp new $P/writer.yaml", check=False,
                   input=addition).returncode != 0
    assert (home.read("personas/writer.yaml"), home.head()) == before
    assert any("sources/writer.yaml" in text or "source" in text for text in home.rejected())


def test_comments_live_through_a_save(any_mount):
    home = any_mount
    home.sh("sed -i 's/^  verbosity: .*/  verbosity: 0.3 # my own remark/' $P/writer.yaml")
    assert "# my own remark" in home.source("writer")
    assert "# a bold sentence is easy to take back" in home.source("writer")
    home.helios("set", "writer", "communication.humour", "0.1")
    assert "# my own remark" in home.source("writer")
    assert "# my own remark" in home.read("personas/writer.yaml")
    lab.assert_clean(home)


def test_a_saved_text_reads_back_also_after_a_restart(any_mount):
    home = any_mount
    text = "# a page of my own\n" + home.read("personas/writer.yaml").replace(
        "formality:", "formality:   ")
    home.write("personas/writer.yaml", text)
    assert home.read("personas/writer.yaml") == text
    home.mounts[-1].stop()
    home.mounts[-1].start()
    assert home.read("personas/writer.yaml") == text
    assert home.helios("show", "writer").stdout == text
    lab.assert_clean(home)


def test_refused_twice_in_two_places(mount):
    """What is refused as a view may be saved as a source later: each is kept. And what is mended in one
    file says nothing of another."""
    bad = "{bad"
    for path in "personas/tutor.yaml", "personas/writer.yaml", "sources/writer.yaml":
        assert errno_of(mount, f"open(V + '/{path}', 'w').write({bad!r})") in (0, errno.EINVAL)
    assert len(mount.data("rejected")["rejected"]) == 3
    mount.write("personas/tutor.yaml", mount.read("personas/tutor.yaml") + "mended: 1\n")
    assert "sources/writer.yaml" in mount.read("status.yaml")
    mount.write("sources/writer.yaml", mount.read("sources/writer.yaml") + "mended: 1\n")
    assert "sources/writer.yaml" not in mount.read("status.yaml")
