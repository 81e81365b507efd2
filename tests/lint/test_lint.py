"""What tools can say about the source: layers, headers, calls that are not made, tests that run."""
import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
C_FILES = sorted([*ROOT.glob("src/*/*.[ch]"), *ROOT.glob("include/helios/*.h")])
LAYERS = ["base", "yaml", "persona", "import", "store", "client", "op"]  # a layer may use those before it
PROGRAMS = ["cli", "fs", "mcp"]

# Each third-party header has one home; checksums are needed at two edges.
HOMES = {"fuse": "fs", "yaml.h": "yaml", "git2": "store", "cjson": "base", "utf8proc.h": "base",
         "zlib.h": ("store", "import"), "sha2.h": "mcp"}

# What a call is banned for.
BANNED = {"strcpy": "no length", "strcat": "no length", "sprintf": "no length",
          "vsprintf": "no length", "gets": "no length", "strtok": "hidden state",
          "atoi": "no error", "atol": "no error", "atof": "no error", "system": "a shell",
          "popen": "a shell", "tmpnam": "a race", "mktemp": "a race", "alloca": "the stack",
          "setlocale": "global state"}


def layer(path):
    return path.parent.name


def includes(path):
    return re.findall(r'^\s*#\s*include\s+([<"])([^">]+)[">]', path.read_text(), re.M)


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"',
                  lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.S)


@pytest.mark.parametrize("path", C_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_includes_go_down(path):
    here = layer(path)
    for kind, name in includes(path):
        if kind == "<":
            for library, home in HOMES.items():
                if name == library or name.startswith(library + "/") or \
                        (library == "fuse" and name.startswith("fuse")):
                    assert here in (home if isinstance(home, tuple) else (home,)), \
                        f"<{name}> belongs to src/{home}"
            continue
        there = name.split("/")[0]
        if here == "helios":
            pytest.fail(f'a public header includes "{name}"')
        if here in PROGRAMS:
            # No rule lives in a program: of the library it sees <helios/...> and the tools of base.
            assert there in (here, "base") or "/" not in name, (
                f'a program uses <helios/...> and base, not "{name}"')
        elif "/" in name:
            assert there in LAYERS[:LAYERS.index(here) + 1], f'"{name}" is not below {here}'


@pytest.mark.parametrize("path", [path for path in C_FILES if path.suffix == ".h"],
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_a_header_compiles_alone(path, tmp_path):
    unit = tmp_path / "alone.c"
    unit.write_text(f'#include "{path}"\n#include "{path}"\n')
    done = subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE",
                           "-D_FILE_OFFSET_BITS=64", "-Wall", "-Wextra", "-Werror",
                           "-fsyntax-only", f"-I{ROOT}/include", f"-I{ROOT}/src",
                           *flags("fuse3", "yaml-0.1", "libgit2", "libcjson"), unit],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def flags(*packages):
    done = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True,
                          check=False)
    return done.stdout.split()


@pytest.mark.parametrize("path", C_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_calls_that_are_not_made(path):
    text = without_comments(path.read_text())
    for number, line in enumerate(text.splitlines(), 1):
        for call, reason in BANNED.items():
            assert not re.search(rf"(?<![\w.>]){call}\s*\(", line), (
                f"{path.name}:{number}: {call}() is not used here: {reason}")


def test_error_codes_are_unique_and_told():
    string = r'("(?:\\.|[^"\\])*")'
    table = (ROOT / "include/helios/codes.def").read_text()
    codes = re.findall(rf"^HELIOS_CODE\((\d+), (\w+), (E\w+), {string},\s*{string}\)$", table, re.M)
    assert len(codes) == len(re.findall("^HELIOS_CODE", table, re.M))
    numbers = [int(code[0]) for code in codes]
    assert numbers == sorted(set(numbers))
    assert len({code[1] for code in codes}) == len(codes) >= 30
    assert all(len(code[3]) > 10 and len(code[4]) > 10 for code in codes)


def test_every_test_is_run():
    """A test file that no meson.build names never runs."""
    unit = (ROOT / "tests/unit/meson.build").read_text()
    for path in (ROOT / "tests/unit").glob("*.c"):
        assert f"'{path.stem}'" in unit or f"'{path.name}'" in unit, path.name
    integration = (ROOT / "tests/integration/meson.build").read_text()
    for path in (ROOT / "tests/integration").glob("test_*.py"):
        assert f"'{path.stem[5:]}':" in integration, path.name
    fuzz = (ROOT / "tests/fuzz/meson.build").read_text()
    for path in (ROOT / "tests/fuzz").glob("*.c"):
        if path.name != "replay.c":
            assert f"'{path.stem}':" in fuzz, path.name
            assert any((ROOT / "tests/fuzz/corpus" / path.stem).iterdir()), path.name


def test_a_corpus_stays_small():
    """What fuzzers found is minimised: contrib/fuzz.sh keep."""
    inputs = list((ROOT / "tests/fuzz/corpus").glob("*/*"))
    assert sum(path.stat().st_size for path in inputs) < 500_000
    for target in (ROOT / "tests/fuzz/corpus").iterdir():
        assert len(list(target.iterdir())) <= 250, target.name


def test_every_source_is_built():
    for path in ROOT.glob("src/*/*.c"):
        assert path.name in (path.parent / "meson.build").read_text(), path


def test_shell_scripts_parse():
    scripts = [*ROOT.glob("contrib/*.sh"), ROOT / ".ci/run"]
    assert len(scripts) >= 4
    for script in scripts:
        assert os.access(script, os.X_OK), script
        shell = "dash" if shutil.which("dash") else "sh"
        subprocess.run([shell, "-n", script], check=True)


def test_text_files_are_tidy():
    for path in [*C_FILES, *ROOT.glob("tests/**/*.[ch]"), *ROOT.glob("tests/**/*.py"),
                 *ROOT.glob("contrib/*.*"), *ROOT.glob("contrib/mcp/*"), *ROOT.glob("contrib/*/*.*"),
                 *ROOT.glob("examples/*.*"), *ROOT.glob("examples/c/*"), ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert "\r" not in text, path
        for number, line in enumerate(text.splitlines(), 1):
            assert line == line.rstrip(), f"{path.relative_to(ROOT)}:{number}: space at the end"


def test_client_configurations_name_the_server_in_full():
    """Clients expand no '~' and start servers without a shell."""
    files = [path for path in ROOT.glob("contrib/mcp/*") if path.suffix != ".md"]
    assert len(files) == 9
    table = (ROOT / "contrib/mcp/README.md").read_text(encoding="utf-8")
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert f"`{path.name}`" in table, path
        assert re.search(r'command"?\s*[:=]\s*"?(/usr/local/bin/helios-mcp)"?', text), path
        assert "~" not in text and "$" not in text, path
        {".json": json.loads, ".toml": tomllib.loads, ".yaml": yaml.safe_load}[path.suffix](text)
