"""history/NAME: every version a persona's resolved text has had. The oracle goes back to each commit
of a copy and asks there."""
import errno
import itertools
import re
import shutil

import pytest

import lab
from test_view import errno_of

NAMED = re.compile(r"(\d{4,})-(\d{8}T\d{6}Z)-([0-9a-f]{7})\.yaml")


def past(home, name):
    return home.names(f"history/{name}")


def index(home, name):
    return home.path / ".git/helios-past" / name


def shown(home, name):
    """(abbreviated commit, document) of each version that is shown."""
    return [(NAMED.fullmatch(file)[3], lab.load(home.read(f"history/{name}/{file}")))
            for file in past(home, name)]


def expected(home, name):
    """The same, found by going back."""
    copy = home.room / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    home.run("git", "clone", "-q", home.path, copy)
    found = []
    for commit in home.git("rev-list", "--first-parent", "--reverse", "HEAD").stdout.split():
        home.run("git", "-C", copy, "reset", "-q", "--hard", commit)
        done = home.run("helios", "--dir", copy, "show", name, check=False)
        if done.returncode == 0 and (not found or found[-1][1] != lab.load(done.stdout)):
            found.append((commit[:7], lab.load(done.stdout)))
    return found


def assert_true(home, *names):
    for name in names:
        files = past(home, name)
        assert [int(NAMED.fullmatch(file)[1]) for file in files] == list(range(1, len(files) + 1))
        assert shown(home, name) == expected(home, name), name
        for file in files:
            time = home.git("log", "-1", "--date=format-local:%Y%m%dT%H%M%SZ", "--format=%cd %ct",
                            NAMED.fullmatch(file)[3], env={"TZ": "UTC"}).stdout.split()
            stat = home.run("stat", "-c", "%Y %s", home.view / f"history/{name}/{file}").stdout
            assert stat.split() == [time[1], str(len(home.read(f"history/{name}/{file}").encode()))]
            assert NAMED.fullmatch(file)[2] == time[0]


def change_something(home):
    home.helios("set", "tutor", "communication.tone", "tok-own")
    home.helios("set", "writer", "communication.tone", "tok-of-another")
    home.helios("set", "base", "identity.values", "[tok-of-base]")
    home.helios("set", "reviewer", "communication.tone", "tok-of-parent")
    home.helios("set", "security-reviewer", "specialization_level", "1.25")
    home.helios("set", "security-reviewer", "inherits_from", "tutor")
    home.helios("set", "tutor", "communication.tone", "tok-new-parent")
    home.helios("set", "reviewer", "communication.tone", "tok-former-parent")


def test_it_shows_what_was(any_mount):
    home = any_mount
    assert home.names("history") == [file[:-len(".yaml")] for file in home.names()]
    assert len(past(home, "tutor")) == 1
    change_something(home)
    assert_true(home, "tutor", "security-reviewer", "welcome" if "welcome.yaml" in home.names()
                else "writer")
    assert len(past(home, "tutor")) == 4
    assert shown(home, "tutor")[-1][1] == home.resolved("tutor")


def test_a_version_that_is_saved_in_the_view(mount):
    home = mount
    home.sh("sed -i 's/^  tone:.*/  tone: tok-saved/' $P/tutor.yaml")
    assert len(past(home, "tutor")) == 2
    assert_true(home, "tutor")
    home.sh("sed -i 's/^  tone: tok-saved/  tone: tok-saved   # a comment alone/' $P/tutor.yaml")
    assert "# a comment alone" in home.read("personas/tutor.yaml")
    assert shown(home, "tutor")[-1][1] == home.resolved("tutor")


def test_what_was_removed_renamed_or_broken_for_a_while(mount):
    home = mount
    home.sh("printf 'level: 1\\n' > $P/guest.yaml; rm $P/guest.yaml")
    assert "guest" not in home.names("history")
    assert len(past(home, "guest")) == 1
    home.sh("printf 'level: 2\\n' > $V/sources/guest.yaml; mv $P/guest.yaml $P/visitor.yaml")
    assert len(past(home, "guest")) == 2 and len(past(home, "visitor")) == 1
    (home.path / "personas/visitor.yaml").write_text("inherits_from: nobody-there\n")
    home.git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qam", "by hand")
    (home.path / "personas/nobody-there.yaml").write_text("level: 3\n")
    home.git("add", "personas")
    home.git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qm", "by hand")
    lab.wait_for("the commits by hand to be noticed", lambda: len(past(home, "visitor")) == 2)
    home.helios("set", "nobody-there", "level", "4")
    assert_true(home, "guest", "visitor", "nobody-there")


def test_it_cannot_be_written(any_mount):
    home = any_mount
    file = f"V + '/history/tutor/{past(home, 'tutor')[0]}'"
    for statement, expect in {
            f"open({file}, 'w')": errno.EACCES if home.uid else errno.EROFS,
            f"os.open({file}, os.O_RDWR)": errno.EACCES if home.uid else errno.EROFS,
            f"os.truncate({file}, 1)": errno.EACCES if home.uid else errno.EROFS,
            f"os.unlink({file})": errno.EROFS,
            f"os.rename({file}, V + '/history/tutor/other')": errno.EROFS,
            f"os.rename(P + '/tutor.yaml', {file})": errno.EROFS,
            f"os.symlink('x', {file} + 'x')": errno.EROFS,
            f"os.link({file}, {file} + 'x')": errno.EPERM,
            "os.mkdir(V + '/history/x')": errno.EPERM,
            "os.rmdir(V + '/history/tutor')": errno.EPERM,
            "open(V + '/history/x', 'w')": errno.EROFS,
            "open(V + '/history/tutor/x', 'w')": errno.EROFS,
            "open(V + '/history/tutor/0001-x.yaml')": errno.ENOENT,
            "os.listdir(V + '/history/nobody')": errno.ENOENT,
            "os.listdir(V + '/history/.hidden')": errno.ENOENT,
            f"os.listdir({file})": errno.ENOTDIR}.items():
        assert errno_of(home, statement) == expect, statement
    assert home.names("history") == [file[:-len(".yaml")] for file in home.names()]
    lab.assert_clean(home)


def test_new_versions_are_there_at_once(mount):
    home = mount
    for number in range(2, 12):
        home.helios("set", "base" if number % 2 else "tutor", "mark", str(number))
        assert len(past(home, "tutor")) == number
    first = home.read(f"history/tutor/{past(home, 'tutor')[0]}")
    home.mounts[-1].stop()
    home.mount()
    assert len(past(home, "tutor")) == 11
    assert home.read(f"history/tutor/{past(home, 'tutor')[0]}") == first


def damage(path, how):
    text = path.read_bytes()
    if how == "removed":
        path.unlink()
    elif how == "torn":
        path.write_bytes(text[:-10])
    elif how == "a line gone":
        lines = text.splitlines(True)
        path.write_bytes(b"".join(lines[:1] + lines[2:]))
    elif how == "a bit":
        path.write_bytes(text[:60] + bytes([text[60] ^ 1]) + text[61:])
    elif how == "another program's":
        path.write_bytes(text.replace(b"Helios 0", b"Helios 9", 1))
    elif how == "a directory":
        path.unlink()
        path.mkdir()
    elif how == "a link":
        path.unlink()
        path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("how", ["removed", "torn", "a line gone", "a bit", "another program's",
                                 "a directory", "a link"])
def test_the_index_is_never_the_only_witness(mount, how):
    home = mount
    change_something(home)
    files = past(home, "tutor")
    assert index(home, "tutor").read_text().count("\n") == len(files) + 1
    home.mounts[-1].stop()
    damage(index(home, "tutor"), how)
    home.mount()
    assert past(home, "tutor") == files
    home.helios("set", "base", "identity.values", "[tok-later]")
    assert_true(home, "tutor")


def test_an_index_that_names_what_is_gone(mount):
    """git gc after a reset leaves it with a commit nobody has any more."""
    home = mount
    before = home.head()
    change_something(home)
    past(home, "tutor")
    home.mounts[-1].stop()
    gone = home.head()
    home.git("reset", "-q", "--hard", before)
    (home.path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    home.mount()
    assert len(past(home, "tutor")) == 1
    home.helios("set", "tutor", "communication.tone", "tok-again")
    assert_true(home, "tutor")


def test_an_index_is_its_own_personas_alone(mount):
    home = mount
    home.helios("cp", "tutor", "tutor.new")
    home.helios("set", "tutor", "mark", "1")
    assert len(past(home, "tutor.new")) == 1 and len(past(home, "tutor")) == 2
    assert index(home, "tutor.new").exists(), "another's was made beside it"
    home.mounts[-1].stop()
    shutil.copy(index(home, "tutor"), index(home, "tutor.new"))
    home.mount()
    home.helios("set", "tutor.new", "mark", "2")
    assert_true(home, "tutor", "tutor.new")


def test_history_that_was_set_back(mount):
    home = mount
    before = home.head()
    change_something(home)
    longer = past(home, "tutor")
    home.git("reset", "-q", "--hard", before)
    lab.wait_for("the view follows", lambda: len(past(home, "tutor")) == 1)
    home.helios("set", "tutor", "communication.tone", "tok-another-way")
    assert len(past(home, "tutor")) == 2 and past(home, "tutor")[1] not in longer
    assert_true(home, "tutor")


def test_many(mount):
    """Some hundred commits and a marked index; each persona's own count."""
    home = mount
    for number in itertools.chain(range(120), range(70)):
        name = ["writer", "tutor"][number > 99]
        home.helios("set", name, "mark", str(number))
    assert len(past(home, "writer")) == 171
    assert len(past(home, "tutor")) == 21
    assert len(past(home, "operator")) == 1
    home.helios("gc")
    assert_versions_stay(home)


def assert_versions_stay(home):
    files = past(home, "writer")
    home.mounts[-1].stop()
    home.mount()
    assert past(home, "writer") == files
    home.helios("set", "operator", "mark", "1")
    assert len(past(home, "operator")) == 2 and past(home, "writer") == files
