"""What 'meson install' puts where, and a program of somebody else's that is built against it."""
import os
import re
import shutil
import subprocess

import pytest

import lab

pytestmark = pytest.mark.skipif(lab.SANITIZED, reason="a sanitized build has no shared library")

LIBRARY = "lib/*/"  # Debian's triplet
EXPECTED = f"""
bin/helios bin/helios-mcp bin/heliosfs
include/helios/codes.def include/helios/error.h include/helios/helios.h include/helios/home.h
include/helios/op.h
{LIBRARY}libhelios.so {LIBRARY}libhelios.so.0 {LIBRARY}libhelios.so.VERSION {LIBRARY}pkgconfig/helios.pc
share/bash-completion/completions/helios share/zsh/site-functions/_helios
share/fish/vendor_completions.d/helios.fish
share/doc/helios/LICENSE share/doc/helios/README.md share/doc/helios/SECURITY.md
share/doc/helios/vscode/settings.json share/doc/helios/mcp/* share/doc/helios/examples/*
share/helios/base.schema.json share/helios/cli.schema.json share/helios/persona.schema.json
share/man/man1/helios.1 share/man/man1/helios-explain.1 share/man/man1/helios-mcp.1
share/man/man1/helios-mount.1 share/man/man1/heliosfs.1
share/man/man5/helios.yaml.5 share/man/man7/helios-topics.7
share/vim/vimfiles/ftdetect/helios.vim share/vim/vimfiles/ftplugin/helios.vim
""".split()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The prefix of an installation somewhere else."""
    destination = tmp_path_factory.mktemp("installed")
    subprocess.run(["meson", "install", "-C", lab.BUILD, "--no-rebuild", "--quiet",
                    "--destdir", destination], check=True, capture_output=True)
    return destination / "usr/local"


@pytest.fixture
def elsewhere(tree):
    """What a build against the tree needs to find it there."""
    library = next(tree.glob("lib/**/libhelios.so")).parent
    return {"PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library),
            "PKG_CONFIG_SYSROOT_DIR": str(tree.parent.parent)}


def test_what_is_installed(home, tree):
    version = home.run("helios", "--version").stdout.split()[1]
    found = set()
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix().replace(f".so.{version}", ".so.VERSION")
        name = re.sub(r"^lib/[^/]+-linux-[^/]+/", LIBRARY, name)
        name = re.sub(r"^(share/doc/helios/(mcp|examples)/).*", r"\1*", name)
        if not path.is_dir():
            found.add(name)
    expected = set(EXPECTED)
    if not shutil.which("scdoc"):
        expected = {name for name in expected if "/man/" not in name}
    assert found == expected


def test_nothing_runs_with_more_rights(tree):
    for path in tree.rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o7022 == 0, path
            assert os.access(path, os.X_OK) == (path.is_dir() or path.parent.name == "bin"
                                                or ".so" in path.name), path


def test_the_library_shows_its_interface_only(tree):
    library = next(tree.glob("lib/**/libhelios.so"))
    symbols = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library],
                             capture_output=True, encoding="utf-8", check=True).stdout
    shown = {line.split()[0] for line in symbols.splitlines()}
    headers = "".join(path.read_text(encoding="utf-8")
                      for path in (tree / "include/helios").glob("*.h"))
    code = re.sub(r"/\*.*?\*/", "", headers, flags=re.S)
    declared = set(re.findall(r"\b(helios_\w+)\(", code)) | {"helios_ops", "helios_tools"}
    assert shown == declared


@pytest.mark.parametrize("compiler", ["cc", "c++"])
def test_the_example_in_c(home, tree, elsewhere, compiler):
    """Built with what pkg-config says; C++ can at least read the headers."""
    if not shutil.which(compiler) or not shutil.which("pkg-config"):
        pytest.skip("a compiler or pkg-config is not there")
    flags = home.run("pkg-config", "--cflags", "--libs", "helios", env=elsewhere).stdout.split()
    source = tree / "share/doc/helios/examples/c/personas.c"
    if compiler == "c++":
        (home.room / "x.cc").write_text(
            'extern "C" {\n#include <helios/helios.h>\n}\nint main() { return HELIOS_OK; }\n')
        home.run("c++", "-Wall", "-Werror", "x.cc", "-o", "x", *flags)
        return
    home.run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o", "personas", *flags)
    home.helios("use", "tutor")
    listed = home.run("./personas", env=elsewhere).stdout
    assert re.search(r"^\* tutor: \d+ bytes, revision [0-9a-f]{7}$", listed, re.M)
    assert len(listed.splitlines()) == len(home.data("list")["personas"])
    commit = home.run("./personas", "tutor", "communication.tone", "calm", env=elsewhere).stdout
    assert commit.strip() == home.head()
    assert home.trailers()["Helios-Client"] == "personas"
    assert home.run("./personas", "tutor", "communication.tone", "calm",
                    env=elsewhere).stdout == "it was so already\n"
    refused = home.run("./personas", "tutor", "specialization_level", "0", check=False, env=elsewhere)
    assert refused.returncode == 1 and "[H111]" in refused.stderr and "hint: " in refused.stderr
    missing = home.run("./personas", check=False, env=elsewhere | {"HELIOS_DIR": "/nonexistent"})
    assert missing.returncode == 1 and "hint: " in missing.stderr


def test_pkg_config_knows_the_schemas(home, tree, elsewhere):
    where = home.run("pkg-config", "--variable=schemadir", "helios", env=elsewhere).stdout.strip()
    assert where.endswith("/usr/local/share/helios")
    assert (tree / "share/helios/base.schema.json").exists()
