"""Homes, mounts and the questions all integration tests ask of them.

A test gets a Home (and through it a Mount) from conftest.py. Everything a test does goes through
Home.run(), so that the same test works as the tester and as another user; a view mounted by
another user cannot even be looked at by root.
"""
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

import answers

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HELIOS_BUILD", SOURCE / "build"))
PROGRAMS = {"helios": BUILD / "src/cli/helios", "heliosfs": BUILD / "src/fs/heliosfs",
            "helios-mcp": BUILD / "src/mcp/helios-mcp"}
SANITIZED = b"__asan_init" in PROGRAMS["heliosfs"].read_bytes()
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
NOBODY = 65534
PATIENCE = 30 * int(os.environ.get("HELIOS_PATIENCE", "1"))  # deadlines, never measurements

SANITIZER = re.compile(r"Sanitizer|runtime error:")
HOME_ENTRIES = re.compile(
    r"\.helios_version|settings\.yaml|base|personas|learned|temporary|view|\.active|\.helios\.lock"
    r"|\.generation|\.journal|\.recovery|\.backups|\.scratch|\.trusted\.yaml|\.links\.json|render|\.views"
    r"|\.session_state\.yaml|\.health_metrics\.yaml|\.git|\.gitignore|rejected|\.rejected|\.mounts?|\.tgids?")
TRACKED = re.compile(
    r"\.helios_version|\.gitignore|settings\.yaml|base/[^/]+\.yaml|personas/[^/]+\.yaml"
    r"|learned/[^/]+\.yaml")


def wait_for(what, question, patience=PATIENCE):
    """Asks until the answer is true; what is the story when it never is."""
    end = time.monotonic() + patience
    while True:
        answer = question()
        if answer:
            return answer
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


def runs(pid):
    """Whether the process is there and more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def load(text):
    """A document as data; text may be bytes."""
    return yaml.load(text, Loader)


class Loader(yaml.SafeLoader):
    """Understands !override; leaves words like 'yes' and dates alone, as Helios does."""


def _plain(loader, node):
    kinds = {yaml.MappingNode: loader.construct_mapping,
             yaml.SequenceNode: loader.construct_sequence}
    if isinstance(node, yaml.ScalarNode):
        return yaml.load(node.value, Loader) if node.style is None else node.value
    return kinds[type(node)](node, deep=True)


Loader.add_constructor("!override", _plain)
Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in [
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
        ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
        ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
         list("-+.0123456789"))]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def enter_private_mounts():
    """Moves the tester into a mount namespace of its own: no mount outlives the tests, whatever
    happens. There /dev/fuse is open to all, as udev makes it; a machine without udev has it
    closed. Needs root; without it things stay as they are."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(0x00020000) != 0:  # CLONE_NEWNS
        return
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    if os.stat("/dev/fuse").st_mode & 0o006 == 0o006:
        return
    room = tempfile.mkdtemp(prefix="helios-dev-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", room], check=True)
    os.mknod(f"{room}/fuse", stat.S_IFCHR, os.stat("/dev/fuse").st_rdev)
    os.chmod(f"{room}/fuse", 0o666)
    subprocess.run(["mount", "--bind", f"{room}/fuse", "/dev/fuse"], check=True)
    subprocess.run(["umount", "-l", room], check=True)
    os.rmdir(room)


def why_no_other_user():
    """Why a second user cannot mount here, or None."""
    if os.geteuid() != 0:
        return "only root can become another user"
    helper = shutil.which("fusermount3")
    if not helper or not os.stat(helper).st_mode & stat.S_ISUID:
        return "fusermount3 is not setuid root"
    if os.stat("/dev/fuse").st_mode & 0o006 != 0o006:
        return "/dev/fuse is closed and cannot be opened in a namespace of our own"
    return None


class Home:
    """A Helios home in a private directory, and the user who owns it."""

    def __init__(self, uid=None, examples=SOURCE / "examples"):
        self.uid = uid
        # Not in /tmp, where vim and emacs save without their usual backup steps.
        self.room = Path(tempfile.mkdtemp(prefix="helios-test-", dir="/var/tmp"))
        self.path = self.room / "home"
        self.examples = self.room / "examples"
        self.mounts = []
        self.children = []
        shutil.copytree(examples, self.examples)
        programs = self.room / "bin"
        programs.mkdir()
        (self.room / "tmp").mkdir()
        for name, program in PROGRAMS.items():
            if uid is None:
                (programs / name).symlink_to(program)
            else:  # the build may be where another user cannot go
                shutil.copy(program, programs / name)
        self.env = {"PATH": f"{programs}:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(self.room),
                    "USER": "nobody" if uid else "tester", "LANG": "C.UTF-8", "TERM": "xterm",
                    "SHELL": "/bin/sh", "TMPDIR": str(self.room / "tmp"), "HELIOS_DIR": str(self.path),
                    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        for name, value in os.environ.items():
            if re.fullmatch(r"(A|L|T|UB)SAN_OPTIONS", name):
                self.env[name] = value
        if uid is not None:
            for path in [self.room, *self.room.rglob("*")]:
                os.chown(path, uid, uid)

    # ---- running programs

    @property
    def prefix(self):
        if self.uid is None:
            return []
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups", "--"]

    def start(self, *command, **options):
        """A child process as the home's user; it is ended when the test is over."""
        options.setdefault("cwd", self.room)
        env = self.env | options.pop("env", {})
        child = subprocess.Popen([*self.prefix, *map(str, command)], env=env, **options)
        self.children.append(child)
        return child

    def run(self, *command, check=True, input=None, timeout=PATIENCE * 2, **options):
        """Runs to the end; stdout and stderr are text."""
        options.setdefault("cwd", self.room)
        env = self.env | options.pop("env", {})
        done = subprocess.run([*self.prefix, *map(str, command)], env=env, input=input,
                              stdin=None if input is not None else subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", timeout=timeout,
                              **options)
        assert not SANITIZER.search(done.stderr), done.stderr
        if command[0] == "helios" and (asked := answers.command_of(command[1:])):
            answers.check(asked, done.stdout)
        if check:
            assert done.returncode == 0, (
                f"{shlex.join(map(str, command))}\nexit {done.returncode}\n"
                f"{done.stdout}{done.stderr}")
        return done

    def sh(self, script, check=True, **options):
        """A shell script with $V the view, $P its personas and $H the home."""
        names = {"V": str(self.view), "P": str(self.view / "personas"), "H": str(self.path)}
        return self.run("sh", "-c", script, check=check, env=names, **options)

    def python(self, script, *arguments, check=True, **options):
        return self.run("/usr/bin/python3", "-c", script, *arguments, check=check, **options)

    def helios(self, *arguments, check=True, **options):
        return self.run("helios", "--dir", self.path, *arguments, check=check, **options)

    def data(self, *arguments, check=True, **options):
        """What helios --json prints."""
        return json.loads(self.helios("--json", *arguments, check=check, **options).stdout)

    def refused(self, *arguments, code):
        """A command that must be refused with this code, and must change nothing. What it says."""
        head, tags = self.head(), self.git("tag").stdout
        done = self.helios("--json", *arguments, check=False)
        assert done.returncode == 1
        error = json.loads(done.stdout)["error"]
        assert error["name"] == code
        assert self.head() == head and self.git("tag").stdout == tags
        assert_clean(self)
        return error

    def tracked(self):
        """Every file in git's index with its bytes as they stand in the home."""
        return {name: (self.path / name).read_bytes()
                for name in self.git("ls-files", "-z").stdout.split("\0") if name}

    def git(self, *arguments, check=True, **options):
        return self.run("git", "--no-optional-locks", "-C", self.path, *arguments, check=check,
                        **options)

    def init(self):
        self.helios("init", "--from", self.examples)
        return self

    # ---- looking at it

    @property
    def view(self):
        return self.mounts[-1].point if self.mounts else self.path / "view"

    def read(self, path):
        """A file's text; a path that is not absolute is meant within the view."""
        return self.run("cat", "--", self.view / path).stdout

    def write(self, path, text):
        """What most programs do: open with truncation, write, close."""
        self.python("import sys; f = open(sys.argv[1], 'w'); f.write(sys.stdin.read()); f.close()",
                    self.view / path, input=text)

    def resolved(self, name):
        return load(self.read(f"personas/{name}.yaml"))

    def source(self, name):
        where = "base/identity.yaml" if name == "base" else f"personas/{name}.yaml"
        return (self.path / where).read_text(encoding="utf-8")

    def names(self, directory="personas"):
        return sorted(self.run("ls", "-A", self.view / directory).stdout.splitlines())

    def rejected(self):
        """The texts in rejected/, newest state."""
        return [self.read(f"rejected/{name}") for name in self.names("rejected")]

    def head(self):
        return self.git("rev-parse", "HEAD").stdout.strip()

    def subjects(self, since=None, path=None):
        """Summary lines, newest first."""
        span = f"{since}..HEAD" if since else "HEAD"
        where = ["--", path] if path else []
        return self.git("log", "--format=%s", span, *where).stdout.splitlines()

    def trailers(self, commit="HEAD"):
        out = self.git("log", "-1", "--format=%(trailers:only,unfold)", commit).stdout
        return dict(line.split(": ", 1) for line in out.splitlines() if line)

    def counted_tokens(self, pattern):
        """How often the commits of the whole history add each text that matches."""
        log = self.git("log", "-p", "--unified=0", "--format=", "HEAD", "--", "base", "personas")
        counts = {}
        for line in log.stdout.splitlines():
            if line.startswith("+") and not line.startswith("+++"):
                for token in re.findall(pattern, line):
                    counts[token] = counts.get(token, 0) + 1
        return counts

    # ---- mounting

    def mount(self, point=None):
        made = Mount(self, point or self.path / "view")
        self.mounts.append(made)
        made.start()
        return made

    # ---- the end

    def close(self):
        """Ends what the test started and removes its directory; faults are raised at the end."""
        faults = []
        for mount in reversed(self.mounts):
            try:
                mount.stop()
            except AssertionError as fault:
                faults.append(str(fault))
        for child in self.children:
            if child.poll() is None:
                child.kill()
            child.wait()
        for line in mounted_below(self.room):
            faults.append(f"still mounted: {line}")
            let_go(line)
        if not mounted_below(self.room):
            shutil.rmtree(self.room, ignore_errors=True)
        assert not faults, "\n".join(faults)


class Mount:
    """A heliosfs in the foreground and where its view is."""

    def __init__(self, home, point):
        self.home = home
        self.point = Path(point)
        self.log = home.room / f"heliosfs{len(home.mounts)}.log"
        self.daemon = None
        self.killed = False

    def start(self, *options, days_ahead=0):
        """days_ahead: the daemon's clock is so many days ahead of ours."""
        self.killed = False
        if str(self.point) not in mounted_below(self.point):  # a dead mount has no mkdir
            self.home.run("mkdir", "-p", "-m", "700", self.point)
        clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"+{days_ahead}d",
                 "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if days_ahead else {}
        with open(self.log, "ab") as log:
            self.daemon = self.home.start("heliosfs", "--dir", self.home.path, "-f", *options,
                                          self.point, stdout=log, stderr=log, env=clock)

        def up():
            assert self.daemon.poll() is None, (
                f"heliosfs ended with {self.daemon.returncode}:\n{self.output()}")
            return self.alive()

        wait_for(f"a mount on {self.point}", up)

    def alive(self):
        """Whether somebody answers: opening must ask, where stat may be told from a cache."""
        return (str(self.point) in mounted_below(self.point)
                and self.home.run("ls", self.point / "personas", check=False).returncode == 0)

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def attendant(self):
        """The process that unmounts when the daemon has ended, or None."""
        found = subprocess.run(["pgrep", "-P", str(self.daemon.pid)], capture_output=True,
                               text=True, check=False).stdout.split()
        return int(found[0]) if found else None

    def kill(self, both=True):
        """kill -9, as a crash would; unless it is both, what unmounts then is spared."""
        self.killed = True
        attendant = self.attendant() if both else None
        if attendant:
            os.kill(attendant, signal.SIGKILL)
        self.daemon.kill()
        try:
            self.daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            let_go(self.point)  # it waits in the kernel for somebody who waits for it
            self.daemon.wait(PATIENCE)
            raise AssertionError("heliosfs could not even be killed") from None

    def stop(self, how=signal.SIGTERM):
        """Asks the daemon to go: it must unmount, answer 0 and have had no sanitizer's word."""
        try:
            if self.daemon is None:
                return
            if self.daemon.poll() is None:
                self.daemon.send_signal(how)
            try:
                status = self.daemon.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"heliosfs did not end:\n{self.output()}") from None
            if not self.killed:
                assert status == 0, f"heliosfs ended with {status}:\n{self.output()}"
                assert str(self.point) not in mounted_below(self.point), "still mounted"
            assert not SANITIZER.search(self.output()), self.output()
        finally:
            let_go(self.point)


def let_go(point):
    """Takes away a mount whose daemon is dead or stuck, and wakes who waits for an answer."""
    if str(point) not in mounted_below(point):
        return
    if os.geteuid() != 0:
        subprocess.run(["fusermount3", "-u", "-z", point], check=False)
        return
    control = Path("/sys/fs/fuse/connections")
    if not any(control.iterdir()):
        subprocess.run(["mount", "-t", "fusectl", "none", control], check=False)
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            if line.split()[4] == str(point):
                abort = control / line.split()[2].split(":")[1] / "abort"
                if abort.exists():
                    abort.write_text("1")
    subprocess.run(["umount", "-l", point], check=False)


def mounted_below(path):
    """The mountpoints at and below path, newest first."""
    points = []
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            point = re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), line.split()[1])
            if point == str(path) or point.startswith(f"{path}/"):
                points.insert(0, point)
    return points


def assert_clean(home, tokens=(), pattern=r"tok-[\w-]+", by_git=False):
    """The home is as section 5 of the design promises after any recovery; each token, a text that
    was saved and acknowledged, came into history exactly once, and none twice. by_git: the user's
    own git wrote personas, with the modes it likes."""
    fsck = home.git("fsck", "--full", "--strict", "--no-dangling", "--no-progress", check=False)
    assert (fsck.returncode, fsck.stdout + fsck.stderr) == (0, ""), fsck.stdout + fsck.stderr
    assert home.git("status", "--porcelain").stdout == ""
    assert home.git("symbolic-ref", "HEAD").stdout.strip() == "refs/heads/main"

    tree = dict(reversed(line.split(" ", 2)[2].split("\t"))
                for line in home.git("ls-tree", "-r", "-z", "HEAD").stdout.split("\0") if line)
    for path, blob in tree.items():
        assert TRACKED.fullmatch(path), f"a stray file in history: {path}"
        data = (home.path / path).read_bytes()
        assert hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == blob, path
        if path.endswith(".yaml"):
            load(data)
    on_disk = {f"{place}/{path.name}" for place in ("base", "personas", "learned")
               for path in (home.path / place).glob("*")}
    assert on_disk <= set(tree), f"not in history: {sorted(on_disk - set(tree))}"

    strays = [path for path in (home.path / ".git").rglob("*")
              if path.name.endswith(".lock") or path.name.startswith(("tmp_", "_git2_"))]
    assert strays == []
    assert [path.name for path in home.path.iterdir()
            if not HOME_ENTRIES.fullmatch(path.name)] == []
    owner = os.geteuid() if home.uid is None else home.uid
    assert home.path.stat().st_mode & 0o777 == 0o700
    for path in home.path.rglob("*"):
        if by_git and path.suffix == ".yaml":
            continue
        if ".git" in path.parts or path.is_relative_to(home.path / "view"):
            continue
        found = path.lstat()
        assert found.st_uid == owner, path
        assert stat.S_ISLNK(found.st_mode) or not found.st_mode & 0o077, (
            f"others may use {path}: {found.st_mode:o}")

    counts = home.counted_tokens(pattern)
    lost = [token for token in tokens if counts.get(token, 0) == 0]
    assert lost == [], f"acknowledged and lost: {lost[:10]}"
    twice = [token for token, count in counts.items() if count > 1]
    assert twice == [], f"more than once in history: {twice[:10]}"


class Lock:
    """Another program that holds the home's lock."""

    def __init__(self, home):
        self.file = open(home.path / ".helios.lock", "r+")

    def __enter__(self):
        ofd_setlkw, empty = 38, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
        fcntl.fcntl(self.file, ofd_setlkw, empty)  # it waits, for a server may be at work
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()
