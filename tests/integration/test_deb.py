"""The Debian packages: made of this build, and what is in them. contrib/test-deb.sh installs them."""
import re
import shutil
import subprocess

import pytest

import lab

pytestmark = [
    pytest.mark.skipif(lab.SANITIZED, reason="a sanitized build has no shared library"),
    pytest.mark.skipif(not shutil.which("dpkg-shlibdeps"), reason="this is no Debian"),
    pytest.mark.skipif(not shutil.which("scdoc"), reason="the pages are not made without scdoc"),
]


def fields(package):
    text = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, encoding="utf-8",
                          check=True).stdout
    return dict(re.findall(r"^([\w-]+): (.*)", text, re.M))


def contents(package):
    """Each entry's mode, owner and name."""
    lines = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True,
                           encoding="utf-8", check=True).stdout.splitlines()
    return {line.split(maxsplit=5)[5].split(" -> ")[0].lstrip("."): tuple(line.split()[:2])
            for line in lines}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    out = tmp_path_factory.mktemp("packages")
    subprocess.run([lab.SOURCE / "contrib/deb.sh", "-o", out, lab.BUILD], check=True,
                   capture_output=True, cwd="/")
    return {path.name.split("_")[0]: path for path in out.glob("*.deb")}


def test_each_package_says_what_it_needs(home, packages):
    version = home.run("helios", "--version").stdout.split()[1]
    assert set(packages) == {"helios", "libhelios0", "libhelios-dev"}
    for name, path in packages.items():
        about = fields(path)
        assert (about["Package"], about["Version"]) == (name, version)
        assert about["Architecture"] in path.name
        assert "@" not in "".join(about.values())
    needed = fields(packages["helios"])["Depends"]
    for library in ("fuse3", "libc6 (", "libfuse3-3 (", "libgit2-", "libcjson1 (", "libyaml-0-2"):
        assert library in needed
    assert "fuse" not in fields(packages["libhelios0"])["Depends"]
    assert fields(packages["libhelios-dev"])["Depends"] == f"libhelios0 (= {version})"


def test_each_file_is_in_one_package(packages):
    seen = {}
    for name, path in packages.items():
        for file, (mode, owner) in contents(path).items():
            assert owner == "root/root", file
            assert mode[0] == "l" or mode[1:] in ("rw-r--r--", "rwxr-xr-x"), file
            if not file.endswith("/"):
                assert file.startswith("/usr/") and "/local/" not in file
                assert file not in seen, f"{file} is in {seen.get(file)} and {name}"
                seen[file] = name
    for file, package in {
            "/usr/bin/helios": "helios", "/usr/bin/heliosfs": "helios",
            "/usr/bin/helios-mcp": "helios", "/usr/share/man/man5/helios.yaml.5.gz": "helios",
            "/usr/share/bash-completion/completions/helios": "helios",
            "/usr/share/doc/helios/copyright": "helios",
            "/usr/share/helios/persona.schema.json": "helios",
            "/usr/include/helios/helios.h": "libhelios-dev"}.items():
        assert seen.get(file) == package, file
    library = next(file for file in seen if file.endswith("/libhelios.so.0"))
    assert seen[library] == "libhelios0"
    assert seen[library[:-2]] == "libhelios-dev"


def test_the_library_can_be_found(home, packages):
    for name in ("libhelios0", "libhelios-dev"):
        home.run("dpkg-deb", "--extract", packages[name], "root")
    description = next((home.room / "root").rglob("helios.pc")).read_text(encoding="utf-8")
    assert description.startswith("prefix=/usr\n")
    home.run("dpkg-deb", "--control", packages["libhelios0"], "control")
    assert "ldconfig" in (home.room / "control/triggers").read_text(encoding="utf-8")
