"""How the command line is read: options anywhere, suggestions, exit statuses, errors as JSON."""
import json

import pytest


def usage(home, *arguments):
    done = home.run("helios", *arguments, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 2, "the whole help is no answer to a mistake"
    return done.stderr


@pytest.mark.parametrize("word, meant", [
    ("lsit", "list"), ("stauts", "status"), ("exlpain", "explain"), ("delete", "rm"),
    ("remove", "rm"), ("ls", "list"), ("rename", "mv"), ("unmount", "umount"), ("hist", None)])
def test_a_mistyped_command_is_suggested(home, word, meant):
    text = usage(home, word)
    assert f"'{word}' is no command" in text
    assert (f"did you mean 'helios {meant}'?" in text) == bool(meant)


@pytest.mark.parametrize("arguments, hint", [
    (["--jsno", "list"], "--json"), (["list", "--jso"], "--json"), (["log", "--nubmer", "3"], "--number"),
    (["show", "writer", "--sorce"], "--source"), (["new", "x", "--form=writer"], "--from")])
def test_a_mistyped_option_is_suggested_and_not_guessed(home, arguments, hint):
    assert f"did you mean {hint}?" in usage(home, *arguments)


@pytest.mark.parametrize("arguments", [
    [], ["set"], ["set", "writer", "a"], ["get", "writer", "a", "b"], ["list", "writer"],
    ["show", "-x", "writer"], ["log", "-n"], ["log", "--number"], ["log", "-n", "many"],
    ["list", "--json=yes"], ["--dir"], ["use", "writer", "--none"], ["rejected", "shwo"],
    ["rejected", "show"], ["help", "no-such-topic"], ["new", "a", "b"], ["set", "writer", "a", "-x"]])
def test_what_cannot_be_understood(home, arguments):
    usage(home, *arguments)


def test_usage_errors_show_the_usage(home):
    assert "usage: helios set NAME PATH VALUE" in usage(home, "set", "writer")
    assert "VALUE is missing" in usage(home, "set", "writer", "a.b")


def test_options_stand_anywhere(home):
    expected = home.run("helios", "--json", "list").stdout
    for arguments in (["list", "--json"], ["-j", "list"], ["list", "-j"], ["-jq", "list"],
                      ["list", "--dir", home.path, "-j"], ["list", f"--dir={home.path}", "-jq"],
                      ["-d", home.path, "list", "-j"], [f"-d{home.path}", "-j", "list"]):
        assert home.run("helios", *arguments).stdout == expected


def test_an_option_may_be_short(home):
    assert home.helios("show", "-s", "writer").stdout == home.source("writer")
    home.helios("new", "poet")
    for form in (["-n", "1"], ["-n1"], ["--number", "1"], ["--number=1"]):
        assert home.helios("log", *form).stdout.count("\n") == 1


def test_negative_numbers_are_values(home):
    for value in ("-5", "-.5", "-1.5e3", "-.inf"):
        home.helios("set", "writer", "technical.probe", value)
        home.helios("get", "writer", "technical.probe")
    assert home.helios("get", "writer", "technical.probe").stdout == "-.inf\n"
    home.helios("set", "writer", "technical.probe", "--", "-dashing")
    assert home.helios("get", "writer", "technical.probe").stdout == "-dashing\n"


def test_errors_as_json(home):
    for arguments, name, status in [
            (["show", "nobody"], "NO_PERSONA", 1), (["get", "writer", "no.key"], "NO_KEY", 1),
            (["lsit"], "USAGE", 2), (["set", "writer", "a..b", "1"], "BAD_PATH", 1),
            (["set", "writer", "a", "[1"], "SYNTAX", 1), (["new", "a/b"], "BAD_NAME", 1)]:
        done = home.helios("--json", *arguments, check=False)
        assert (done.returncode, done.stderr) == (status, "")
        error = json.loads(done.stdout)["error"]
        assert error["name"] == name
        assert isinstance(error["code"], int) and isinstance(error["errno"], int)
        assert error["message"] and error["hint"]


def test_an_error_shows_its_line_and_a_caret(home):
    (home.room / "bad.yaml").write_text("name: x\nidentity:\n  role: @nobody\n", encoding="utf-8")
    out = home.helios("validate", "bad.yaml", check=False).stdout.splitlines()
    assert out[0].startswith("bad.yaml:3:9: error: ") and out[0].endswith(" [H101]")
    assert out[1] == "    3 |   role: @nobody"
    assert out[2] == "      | " + 8 * " " + "^"
    assert out[3].startswith("hint: ")


def test_a_bad_value_is_shown_with_a_caret(home):
    out = home.helios("set", "writer", "a", "{x: @y}", check=False).stderr.splitlines()
    assert out[0].startswith("VALUE:1:5: error: ")
    assert out[1:3] == ["    1 | {x: @y}", "      |     ^"]


def test_quiet_is_about_changes(home):
    assert home.helios("--quiet", "new", "poet").stdout == ""
    assert home.helios("set", "poet", "x", "1", "-q").stdout == ""
    assert home.helios("-q", "get", "poet", "x").stdout == "1\n"
    assert home.helios("-q", "use", "poet").stdout == ""
    assert home.helios("-q", "use").stdout == "poet\n"
    assert home.helios("-q", "rejected").stdout == "no refused texts\n"


def test_help_and_version(home):
    assert home.run("helios", "--version").stdout.startswith("helios ")
    assert json.loads(home.run("helios", "--version", "--json").stdout) == {"version": home.run(
        "helios", "--version").stdout.split()[1]}
    assert home.run("helios", "set", "-h").stdout == home.run("helios", "help", "set").stdout
    errors = home.run("helios", "help", "errors").stdout
    assert all(word in errors for word in ("H101", "SYNTAX", "H301"))
    assert errors.count("what to do: ") * 2 == len(errors.splitlines())
    for spelling in ("H101", "101", "SYNTAX"):
        assert "what to do: " in home.run("helios", "help", spelling).stdout
    assert "helios help list" in usage(home, "help", "lits")
    for topic in [], ["errors"], ["H101"]:
        assert all(len(line) <= 100 for line in home.run("helios", "help", *topic).stdout.splitlines())


def test_a_full_disk_is_told(home):
    done = home.sh("helios show writer > /dev/full", check=False)
    assert done.returncode == 1 and "could not be written" in done.stderr


def test_colour_is_for_terminals(home):
    assert "\x1b" not in home.helios("list").stdout
    seen = home.run("script", "-qec", "helios list", "/dev/null", check=False)
    if seen.returncode == 0:
        assert "\x1b[1m" in seen.stdout
        plain = home.run("script", "-qec", "helios list", "/dev/null", env={"NO_COLOR": "1"})
        assert "\x1b" not in plain.stdout


def test_a_terminal_gets_nothing_it_could_obey(home):
    home.helios("set", "writer", "probe", '"a\\e]0;owned\\ab"')
    assert home.helios("get", "writer", "probe").stdout == "a\x1b]0;owned\x07b\n"
    seen = home.run("script", "-qec", "helios get writer probe", "/dev/null", check=False)
    if seen.returncode == 0:
        assert "\x1b]" not in seen.stdout and "<U+001B>" in seen.stdout
