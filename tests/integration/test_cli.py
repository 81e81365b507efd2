"""The command line seen from outside: exit statuses, JSON, help, errors a person can act on."""
import json
import subprocess

import pytest

import lab

COMMANDS = ("init list show get set unset new rm mv cp edit use validate explain log diff rejected "
            "mount umount status help").split()


@pytest.mark.parametrize("command", COMMANDS)
def test_help(home, command):
    done = home.run("helios", command, "--help")
    assert done.stderr == "" and command in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_the_help_of_all(home):
    text = home.run("helios", "--help").stdout
    assert all(f" {command} " in text.replace("\n", " ") for command in COMMANDS)
    assert home.run("helios", "help").stdout == text


@pytest.mark.parametrize("arguments, status", [
    (["lst"], 2), (["--no-such-option"], 2), (["set", "writer"], 2), (["show", "wrtier"], 1),
    (["get", "writer", "no.such.key"], 1), (["get", "writer", "a..b"], 1),
    (["set", "writer", "specialization_level", "0"], 1), (["rm", "no-such"], 1),
    (["new", "-x"], 2), (["new", "a/b"], 1), (["new", "writer"], 1), (["mv", "writer", "tutor"], 1),
    (["rm", "base"], 1), (["use", "no-such"], 1), ([], 2), (["show"], 2)])
def test_failing_says_so(home, arguments, status):
    head = home.head()
    done = home.helios(*arguments, check=False)
    assert done.returncode in ({status, 1} if arguments == ["get", "writer", "a..b"] else {status})
    assert done.stderr.strip() and "\x1b" not in done.stderr
    assert home.head() == head


def test_near_names_are_suggested(home):
    assert "list" in home.helios("lst", check=False).stderr
    assert "writer" in home.helios("show", "wrtier", check=False).stderr


def test_no_home(home):
    nothing = home.room / "nothing"
    done = home.run("helios", "--dir", nothing, "show", "writer", check=False)
    assert done.returncode == 1 and "init" in done.stderr
    assert not nothing.exists()
    assert home.helios("init", check=False).returncode == 1  # there is one already


def test_init_without_examples(home):
    home.path = home.room / "fresh"
    home.run("helios", "--dir", home.path, "init")
    assert home.helios("list").stdout.split()[0].startswith("welcome")
    assert home.path.stat().st_mode & 0o777 == 0o700
    lab.assert_clean(home)


def test_set_get_unset(home):
    head = home.head()
    for value, printed, kept in [("brisk", "brisk", "brisk"), ("3", "3", 3), ("[a, b]", "[a, b]", ["a", "b"]),
                                 ("'3'", None, "3"), ("true", "true", True)]:
        home.helios("set", "writer", "communication.probe", value)
        assert lab.load(home.source("writer"))["communication"]["probe"] == kept
        if printed:
            assert home.helios("get", "writer", "communication.probe").stdout == f"{printed}\n"
    home.helios("unset", "writer", "communication.probe")
    assert home.helios("get", "writer", "communication.probe", check=False).returncode == 1
    assert len(home.subjects(head)) == 6
    assert home.subjects(head)[1:] == ["writer: set communication.probe"] * 5
    assert home.trailers()["Helios-Source"] == "cli"
    assert home.source("writer") == (home.examples / "writer.yaml").read_text()
    lab.assert_clean(home)


def test_set_changes_one_line(home):
    home.helios("set", "writer", "behaviors.autonomy", "0.8")
    diff = home.git("diff", "--numstat", "HEAD~1", "HEAD").stdout.split()
    assert diff == ["1", "1", "personas/writer.yaml"]


def test_setting_what_is_there_is_no_commit(home):
    head = home.head()
    home.helios("set", "writer", "behaviors.autonomy", "0.6")
    assert home.head() == head


def test_the_base(home):
    home.helios("set", "base", "communication.language", "Latin")
    assert home.helios("get", "base", "communication.language").stdout == "Latin\n"
    assert home.helios("get", "writer", "communication.language").stdout == "Latin\n"


def test_source_and_resolved(home):
    assert home.helios("show", "writer", "--source").stdout == home.source("writer")
    assert "boundaries" not in home.source("writer")
    assert "boundaries" in home.helios("show", "writer").stdout


def test_new_cp_mv_rm(home):
    head = home.head()
    home.helios("new", "poet")
    home.helios("cp", "writer", "essayist")
    assert home.source("essayist") == home.source("writer")
    home.helios("mv", "essayist", "critic")
    home.helios("rm", "critic")
    home.helios("rm", "poet")
    assert len(home.subjects(head)) == 5
    lab.assert_clean(home)


def test_json(home):
    for arguments in (["list"], ["show", "writer"], ["get", "writer", "communication"], ["status"],
                      ["log"], ["log", "writer"], ["explain", "writer"], ["rejected"],
                      ["validate"], ["diff", "writer"]):
        json.loads(home.helios(*arguments, "--json").stdout)
        json.loads(home.helios("--json", *arguments).stdout)
    names = json.dumps(json.loads(home.helios("list", "--json").stdout))
    assert all(f'"{path.stem}"' in names for path in home.examples.glob("*.yaml")
               if path.stem != "base")
    assert json.loads(home.helios("get", "writer", "communication.verbosity", "--json").stdout) \
        == pytest.approx(0.4175)


def test_no_colour_and_nothing_on_stderr_when_all_is_well(home):
    for arguments in (["list"], ["show", "writer"], ["log"], ["status"], ["explain", "writer"]):
        done = home.helios(*arguments)
        assert "\x1b" not in done.stdout and done.stderr == ""


def test_an_invalid_file_is_named_with_its_line(home):
    home.run("tee", "bad.yaml", input="name: x\nidentity:\n  role: [a\nbehaviors: 1\n")
    done = home.helios("validate", "bad.yaml", check=False)
    assert done.returncode == 1
    assert "bad.yaml:" in done.stderr + done.stdout


def test_edit(any_mount):
    """$EDITOR is run on a draft; what it leaves is saved, or refused and kept."""
    home, head = any_mount, any_mount.head()
    home.helios("edit", "writer", env={"EDITOR": "sed -i 's/^  tone: .*/  tone: terse/'",
                                       "VISUAL": ""})
    assert home.resolved("writer")["communication"]["tone"] == "terse"
    assert len(home.subjects(head)) == 1
    refused = home.helios("edit", "writer", check=False, env={
        "EDITOR": "sed -i 's/^  tone: .*/  tone: @broken/'", "VISUAL": ""})
    assert refused.returncode == 1
    assert len(home.subjects(head)) == 1
    failed = home.helios("edit", "writer", check=False, env={"EDITOR": "false", "VISUAL": ""})
    assert failed.returncode == 1
    lab.assert_clean(home)


def test_rejected_texts_can_be_shown_retried_and_dropped(any_mount):
    home = any_mount
    home.sh("sed 's/^  tone: .*/  tone: @broken/' $P/writer.yaml > new; cp new $P/writer.yaml",
            check=False)
    (name,) = home.names("rejected")
    assert name in home.helios("rejected").stdout
    assert "@broken" in home.helios("rejected", "show", name).stdout
    assert home.helios("rejected", "retry", name, check=False).returncode == 1
    home.helios("rejected", "drop", name)
    assert home.names("rejected") == []
    home.sh("cp new $P/writer.yaml", check=False)
    home.sh("rm $V/rejected/*")
    assert home.names("rejected") == []


def test_log_of_a_path(home):
    home.helios("set", "writer", "communication.tone", "one")
    home.helios("set", "writer", "communication.humour", "0.9")
    home.helios("set", "tutor", "communication.tone", "two")
    text = home.helios("log", "writer", "communication.tone").stdout
    assert "communication.tone" in text and "humour" not in text and "tutor" not in text


def test_diff(home):
    home.helios("set", "writer", "communication.tone", "one")
    assert "+  tone: one" in home.helios("diff", "writer").stdout


def test_another_users_home_is_refused(user_home):
    """Root in a user's home would leave files there that the user cannot change."""
    done = subprocess.run([lab.PROGRAMS["helios"], "--dir", user_home.path, "set", "writer", "x",
                           "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.strip()
    lab.assert_clean(user_home)


@pytest.mark.parametrize("command", [
    ["list"], ["status"], ["init"], ["new", "poet"], ["set", "base", "a", "1"], ["doctor", "--fix"],
    ["snapshot"], ["mount"]], ids=lambda command: command[0])
def test_a_project_is_no_home(home, command):
    """Nothing is made in another git repository, with commits or without."""
    for commits in False, True:
        project = home.room / f"project-{commits}"
        home.run("git", "init", "-q", project)
        (project / "file").write_text("x\n")
        if commits:
            home.run("git", "-C", project, "add", "file")
            home.run("git", "-C", project, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x")
        project.chmod(0o755)
        before = sorted(path.relative_to(project) for path in project.rglob("*"))
        done = home.run("helios", "--dir", project, *command, check=False)
        assert done.returncode == 1, done
        assert "git repository of something else" in done.stderr + done.stdout
        assert sorted(path.relative_to(project) for path in project.rglob("*")) == before
        assert (project.stat().st_mode & 0o777, (project / "file").stat().st_mode & 0o777) == (0o755, 0o644)


def test_a_home_that_is_made_on_the_way_is_told(home):
    new = home.room / "new home"
    done = home.run("helios", "--dir", new, "set", "base", "mark", "1")
    assert f"made a home in {new}" in done.stderr
    assert "made a home" not in home.run("helios", "--dir", new, "set", "base", "mark", "2").stderr
    quiet = home.run("helios", "--quiet", "--dir", home.room / "other", "new", "poet")
    assert (quiet.stdout, quiet.stderr) == ("", "")
