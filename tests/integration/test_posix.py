"""What a program may try on a file of the view, as a table: each works, or fails with an errno that a
person can look up. Nothing in it is a save, so nothing in it may be in the history."""
import errno
import json
import os

import pytest

import lab

PRELUDE = r"""
import ctypes, fcntl, json, mmap, os, stat, sys
V = sys.argv[1]
P, S, R = V + "/personas", V + "/sources", V + "/prompts"
F, X, N = P + "/writer.yaml", P + "/.scratch", P + "/none.yaml"
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    done = getattr(libc, name)(*[a.encode() if isinstance(a, str) else a for a in arguments])
    if done < 0:
        raise OSError(ctypes.get_errno(), name)
    return done

def opened(path, flags, mode=0o600):
    return os.open(path, flags | os.O_CLOEXEC, mode)

def scratch(text=b"0123456789"):
    file = opened(X, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    os.write(file, text)
    return file

def draft():
    '''Of the persona, and given up again: nothing is written to it.'''
    return opened(F, os.O_RDWR)

def rename(a, b, flags):
    return call("renameat2", -100, a, -100, b, flags)

def sparse(file):
    os.pwrite(file, b"x", 100000)
    return os.pread(file, 2, 50000) == b"\0\0", os.fstat(file).st_size

def gone(file):
    os.unlink(X)
    os.write(file, b"abc")
    return os.pread(file, 13, 0).decode(), os.fstat(file).st_nlink, os.path.exists(X)

def mapped(file, flags, prot):
    with mmap.mmap(file, 0, flags, prot) as m:
        return bytes(m) == os.pread(file, 1 << 20, 0)

def written_map(file):
    with mmap.mmap(file, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) as m:
        m[0:3] = b"abc"
        m.flush()
    return os.pread(file, 10, 0).decode()

def times(path):
    before = os.stat(path).st_mtime
    os.utime(path, (1000, 1000))
    return os.stat(path).st_mtime == 1000, os.stat(path).st_mtime == before

rows = json.load(sys.stdin)
for row in rows:
    try:
        got = eval(row)
    except OSError as e:
        got = "E" + str(e.errno)
    for file in range(3, 100):
        try: os.close(file)
        except OSError: pass
    if os.path.lexists(X): os.unlink(X)
    print(json.dumps(got if isinstance(got, (str, int, bool, list, tuple, type(None))) else str(got)),
          flush=True)
"""

READ_ONLY = errno.EROFS, errno.EACCES  # the latter for whom modes count

TABLE = {
    # opening
    "opened(F, os.O_RDONLY | os.O_CREAT | os.O_EXCL)": errno.EEXIST,
    "opened(F, os.O_RDONLY | os.O_DIRECTORY)": errno.ENOTDIR,
    "opened(P, os.O_WRONLY)": errno.EISDIR,
    "opened(P, os.O_RDWR | os.O_TMPFILE)": errno.EOPNOTSUPP,
    "opened(V + '/active.md', os.O_RDONLY | os.O_NOFOLLOW)": errno.ELOOP,
    "opened(P + '/space .yaml ', os.O_RDONLY)": errno.ENOENT,
    "opened(P + '/' + 'x' * 256, os.O_RDONLY)": errno.ENAMETOOLONG,
    "opened(P + '/' + 'x' * 70 + '.yaml', os.O_WRONLY | os.O_CREAT)": errno.EINVAL,
    "opened(F + '/below', os.O_RDONLY)": errno.ENOTDIR,
    "opened(R + '/writer.md', os.O_WRONLY)": READ_ONLY,
    "opened(R + '/new.md', os.O_WRONLY | os.O_CREAT)": errno.EROFS,
    "opened(V + '/new', os.O_WRONLY | os.O_CREAT)": errno.EROFS,
    "opened(X, os.O_RDWR | os.O_CREAT | os.O_EXCL) > 0": True,
    "len(os.read(opened(F, os.O_RDONLY | os.O_NOATIME), 10))": 10,
    # reading and seeking
    "os.pread(opened(F, os.O_RDONLY), 10, 1 << 20)": "b''",
    "os.read(opened(P, os.O_RDONLY), 10)": errno.EISDIR,
    "os.lseek(opened(F, os.O_RDONLY), 0, os.SEEK_DATA)": 0,
    "os.lseek(opened(F, os.O_RDONLY), 0, os.SEEK_HOLE) == os.stat(F).st_size": True,
    "os.lseek(opened(F, os.O_RDONLY), 1 << 20, os.SEEK_DATA)": errno.ENXIO,
    "os.posix_fadvise(opened(F, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)": None,
    # writing
    "os.write(opened(F, os.O_RDONLY), b'x')": errno.EBADF,
    "sparse(scratch())": [True, 100001],
    "gone(scratch())": ["0123456789abc", 0, False],
    "os.posix_fallocate(scratch(), 0, 100000)": None,
    "call('fallocate', scratch(), 0, 0, 4096)": errno.EOPNOTSUPP,
    "call('fallocate', draft(), 0, 0, 4096)": errno.EOPNOTSUPP,
    "os.copy_file_range(opened(F, os.O_RDONLY), scratch(), 100, 0, 0)": 100,
    "os.sendfile(scratch(), opened(F, os.O_RDONLY), 0, 100)": 100,
    "fcntl.ioctl(scratch(), 0x40049409, opened(F, os.O_RDONLY))": errno.EOPNOTSUPP,  # FICLONE
    "os.truncate(F, 0)": errno.EINVAL,
    "os.truncate(F, 1 << 15)": errno.EINVAL,  # NULs are no YAML
    "os.truncate(F, 1 << 21)": errno.EFBIG,
    "os.truncate(R + '/writer.md', 0)": READ_ONLY,
    "os.ftruncate(opened(F, os.O_RDONLY), 0)": errno.EINVAL,
    "os.close(os.dup(draft()))": None,
    "os.fsync(draft())": None,
    "os.fdatasync(opened(F, os.O_RDONLY))": None,
    "os.fsync(opened(P, os.O_RDONLY | os.O_DIRECTORY))": None,
    "call('syncfs', opened(F, os.O_RDONLY))": 0,
    # maps
    "mapped(opened(F, os.O_RDONLY), mmap.MAP_PRIVATE, mmap.PROT_READ)": True,
    "mapped(opened(F, os.O_RDONLY), mmap.MAP_SHARED, mmap.PROT_READ)": True,
    "mapped(draft(), mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)": errno.ENODEV,
    "written_map(scratch())": "abc3456789",
    # names
    "os.mkdir(P + '/d')": errno.EPERM,
    "os.mkfifo(P + '/f')": errno.EPERM,
    "os.link(F, P + '/hard.yaml')": errno.EPERM,
    "os.symlink('writer.yaml', P + '/soft.yaml')": errno.EPERM,
    "os.symlink('me@host.1', X) or os.readlink(X)": "me@host.1",
    "os.readlink(F)": errno.EINVAL,
    "os.unlink(N)": errno.ENOENT,
    "os.unlink(P)": errno.EISDIR,
    "os.rmdir(F)": errno.ENOTDIR,
    "os.rmdir(P)": errno.EPERM,
    "os.unlink(S + '/base.yaml')": errno.EPERM,
    "os.unlink(R + '/writer.md')": errno.EROFS,
    "os.unlink(V + '/status.yaml')": errno.EROFS,
    "os.rename(F, F)": None,
    "os.rename(N, P + '/other.yaml')": errno.ENOENT,
    "os.rename(F, S + '/writer.yaml')": errno.EXDEV,
    "os.rename(F, R + '/writer.md')": errno.EROFS,
    "os.rename(P, V + '/people')": errno.EROFS,
    "os.rename(S + '/base.yaml', S + '/ground.yaml')": errno.EPERM,
    "rename(F, P + '/tutor.yaml', 1)": errno.EEXIST,  # RENAME_NOREPLACE
    "rename(F, P + '/tutor.yaml', 2)": errno.EINVAL,  # RENAME_EXCHANGE
    "rename(F, P + '/tutor.yaml', 4)": (errno.EINVAL, errno.EPERM),  # RENAME_WHITEOUT
    # attributes
    "os.chmod(F, 0o777) or oct(os.stat(F).st_mode)": "0o100600",
    "os.chown(F, os.getuid(), os.getgid())": None,
    "times(F)": [False, True],
    "scratch() and times(X)": [True, False],
    "os.access(F, os.R_OK | os.W_OK)": True,
    "os.access(F, os.X_OK)": False,
    "os.statvfs(F).f_namemax": 255,
    "os.stat(F).st_nlink": 1,
    "os.stat(F).st_ino == os.stat(opened(F, os.O_RDONLY)).st_ino == os.stat(draft()).st_ino": True,
    "os.setxattr(F, 'user.mine', b'x')": errno.ENOTSUP,
    "os.setxattr(F, 'trusted.mine', b'x')": (errno.ENOTSUP, errno.EPERM),
    "os.getxattr(P + '/tutor.yaml', 'user.helios.error')": errno.ENODATA,
    "os.listxattr(P + '/tutor.yaml')": [],
    "os.listxattr(F)": ["user.helios.error"],  # of the refused truncation above
    "os.removexattr(F, 'user.mine')": errno.ENOTSUP,
    "fcntl.ioctl(opened(F, os.O_RDONLY), 0x80086601, bytes(8))": errno.ENOTTY,  # FS_IOC_GETFLAGS
    # locks
    "fcntl.flock(opened(F, os.O_RDONLY), fcntl.LOCK_EX)": None,
    "fcntl.lockf(draft(), fcntl.LOCK_EX)": None,
    "fcntl.lockf(opened(F, os.O_RDONLY), fcntl.LOCK_EX)": errno.EBADF,
    "fcntl.fcntl(opened(F, os.O_RDONLY), fcntl.F_GETLEASE) == fcntl.F_UNLCK": True,
}


def told(expect):
    if isinstance(expect, tuple):
        return [f"E{code}" for code in expect]
    is_errno = isinstance(expect, int) and not isinstance(expect, bool) and expect in errno.errorcode
    return [f"E{expect}", expect] if is_errno else [expect]


def test_the_table(any_mount):
    home, head = any_mount, any_mount.head()
    home.helios("use", "writer")
    names, source = home.names(), home.source("writer")
    lines = home.python(PRELUDE, home.view, input=json.dumps(list(TABLE))).stdout.splitlines()
    got = dict(zip(TABLE, map(json.loads, lines), strict=True))
    wrong = {row: got[row] for row in TABLE if got[row] not in told(TABLE[row])}
    assert not wrong
    assert home.head() == head and home.names() == names and home.source("writer") == source
    lab.assert_clean(home)


def test_to_look_at_it_does_not_change_it(mount):
    """tar tells when a file or a directory changes while it reads: so does nothing here."""
    home = mount
    for change in None, ["set", "tutor", "mark", "1"], ["set", "base", "communication.tone", "x"]:
        if change:
            home.helios(*change)
        done = home.run("tar", "-C", home.view, "-cf", "all.tar", ".")
        assert done.stderr == "", change


def test_programs_that_walk(any_mount):
    """find, grep, tar, du and cp see all of it, and what they copy are the bytes."""
    home, head = any_mount, any_mount.head()
    home.helios("set", "tutor", "mark", "tok-walk")
    head = home.head()
    found = home.run("find", home.view).stdout.splitlines()
    assert len(found) == len(set(found))
    for place in ("personas/tutor.yaml", "sources/tutor.yaml", "prompts/tutor.md", "json/tutor.json",
                  "explain/tutor.yaml", "history/tutor"):
        assert f"{home.view}/{place}" in found
    hits = home.run("grep", "-rl", "tok-walk", home.view).stdout.split()
    assert {os.path.relpath(hit, home.view).split("/")[0] for hit in hits} == {
        "personas", "sources", "prompts", "json", "explain", "history"}
    home.sh('tar -C "$V" -cf all.tar . && mkdir out && tar -C out -xf all.tar && '
            'cp -a "$V" copied && du -s "$V"')
    for copy in ("out", "copied"):
        for directory in ("personas", "sources", "prompts", "json", "explain", "history", "rejected"):
            home.run("diff", "-r", home.view / directory, home.room / copy / directory)
    assert home.head() == head
    lab.assert_clean(home)


def test_what_watches_the_mount_is_told_of_what_happens_there(mount):
    home = mount
    watch = home.start("/usr/bin/python3", "-c", INOTIFY, home.view / "personas", stdout=-1,
                       encoding="utf-8")
    assert watch.stdout.readline() == "ready\n"
    home.sh("cd $P && sed -i 's/^  tone: .*/  tone: tok/' writer.yaml && mv writer.yaml other.yaml "
            "&& rm other.yaml && touch .end")
    seen = watch.communicate(timeout=lab.PATIENCE)[0].split()
    assert seen.index("writer.yaml:moved_to") < seen.index("writer.yaml:moved_from") < \
        seen.index("other.yaml:moved_to") < seen.index("other.yaml:delete")


INOTIFY = r"""
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
file = libc.inotify_init1(0)
names = {2: "modify", 8: "close_write", 0x40: "moved_from", 0x80: "moved_to", 0x100: "create",
         0x200: "delete"}
libc.inotify_add_watch(file, sys.argv[1].encode(), sum(names))
print("ready", flush=True)
while True:
    data, at = os.read(file, 1 << 16), 0
    while at < len(data):
        _, mask, _, length = struct.unpack_from("iIII", data, at)
        name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
        at += 16 + length
        print(f"{name}:{names.get(mask, mask)}")
        if name == ".end": sys.exit()
"""


KNOWN = r"""
import mmap, os, subprocess, sys
path, command = sys.argv[1], sys.argv[2:]
known = open(path).read()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ) as m:
    assert b"tok-map" in bytes(m)
with open(path, "w") as file: file.write(known.replace("humour: 0.2", "humour: 0.9"))
with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
    assert b"humour: 0.9" in bytes(m)
"""


def test_a_text_that_is_known_otherwise_can_be_mapped(mount):
    """Whether a program has read or saved another text of the file before."""
    home = mount
    home.helios("set", "writer", "communication.humour", "!override 0.2")
    home.python(KNOWN, home.view / "personas/writer.yaml", "helios", "--dir", str(home.path), "set",
                "writer", "mark", "tok-map")
    lab.assert_clean(home)


def test_following_a_file(mount):
    """An open file is one version to its end, so tail goes on waiting at the end it has seen."""
    home = mount
    file = home.view / "personas/writer.yaml"
    seen = home.room / "seen"
    tail = home.start("tail", "-f", "-n", "1", "-s", "0.05", file, stdout=open(seen, "w"))
    lab.wait_for("tail to read", seen.read_text)
    last = home.read(file).splitlines(True)[-1]
    home.write("personas/writer.yaml", home.read(file) + "mark: tok-tail\n")
    home.read(file)
    assert tail.poll() is None and seen.read_text() == last
