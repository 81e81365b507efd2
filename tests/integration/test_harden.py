"""What the long-lived programs have given up, as the kernel tells, and how they were linked."""
import ctypes
import platform
import shutil
import subprocess

import pytest

import lab
from mcp_client import Server

pytestmark = pytest.mark.skipif(lab.SANITIZED, reason="the leak checker is a debugger")


def told_by_kernel(pid):
    status = dict(line.split(":\t", 1) for line in
                  open(f"/proc/{pid}/status", encoding="utf-8").read().splitlines() if ":\t" in line)
    limits = open(f"/proc/{pid}/limits", encoding="utf-8").read()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    return int(status["NoNewPrivs"]), int(status["Seccomp"]), core.split()[4:6]


def test_the_server(home):
    with Server(home, "--dir", home.path) as server:
        server.does("learn_behavior", persona="writer", key="mark", value=1)
        for task in lab.Path(f"/proc/{server.child.pid}/task").iterdir():
            assert told_by_kernel(task.name) == (1, 2, ["0", "0"])


def test_the_daemon(any_mount):
    home = any_mount
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    for task in lab.Path(f"/proc/{home.mounts[-1].daemon.pid}/task").iterdir():
        assert told_by_kernel(task.name) == (1, 2, ["0", "0"])


def has_landlock():
    """Its second version, by landlock_create_ruleset(2)."""
    return ctypes.CDLL(None).syscall(ctypes.c_long(444), None, ctypes.c_size_t(0), 1) >= 2


def test_status_says_what_is_on(any_mount):
    """Of each program at work, in 'helios status' and in the view's own file."""
    home = any_mount
    on = ["no_new_privs", "seccomp", *(["landlock"] if has_landlock() else []), "no_core_dumps"]
    with Server(home, "--dir", home.path) as server:
        server.does("learn_behavior", persona="writer", key="mark", value=1)
        for shown in home.data("status"), lab.load(home.read("status.yaml")):
            assert {one["program"]: one["hardening"] for one in shown["sessions"]} == {
                "heliosfs": on, "helios-mcp": on}


@pytest.mark.skipif(not has_landlock() or not shutil.which("strace"),
                    reason="no Landlock, or no strace")
def test_no_certificate_is_read(home):
    """libgit2 parses all there are when it begins, which took half of a command's time."""
    seen = home.run("strace", "-f", "-e", "trace=open,openat", "helios", "--dir", home.path,
                    "list").stderr
    read = [line for line in seen.splitlines() if "/etc/ssl" in line and " = -1 " not in line]
    assert read == []


@pytest.mark.parametrize("program", lab.PROGRAMS)
def test_how_it_was_linked(program):
    """Position independent, what is relocated read only, no executable stack, canaries, checked calls."""
    told = subprocess.run(["readelf", "-Wdls", "--dyn-syms", lab.PROGRAMS[program]], text=True,
                          check=True, capture_output=True).stdout
    assert "Flags: NOW PIE" in told and "GNU_RELRO" in told
    stack = next(line for line in told.splitlines() if "GNU_STACK" in line)
    assert " RW " in stack
    assert "__stack_chk_fail" in told and "__snprintf_chk" in told
    if platform.machine() == "x86_64":
        # not by the program's note: the C library's start files lack it on Debian 12
        marks = lab.PROGRAMS[program].read_bytes().count(b"\xf3\x0f\x1e\xfa")  # endbr64
        assert marks > 100, "where an indirect call may land is not marked"
