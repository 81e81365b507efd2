"""A model of a disk that loses power: strace records what programs do to a home, and the home is made
again as it may stand after a cut at any place of the record.

What was synced is there. Of the rest each change may be there or not, in any order: data of a file in
parts, a name with empty data, a rename without what was written before. It is stricter than the file
systems people use, where a file's sync takes its name along.
"""
import os
import re
import shutil
from pathlib import Path

CALLS = ("openat,openat2,write,pwrite64,lseek,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
         "mkdir,mkdirat,rmdir,ftruncate,fallocate,fsync,fdatasync,syncfs,symlinkat")
CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
PLACE = re.compile(r"(?:AT_FDCWD|(\d+))<((?:\\x[0-9a-f]{2})*)>")
NEVER = float("inf")
MAPPED = ".generation"  # written by memory alone: after a cut it counts for nothing


def unescape(text):
    return bytes.fromhex(text.replace("\\x", ""))


def whole_calls(trace):
    """The lines of a trace, those that other threads have cut in two put together."""
    begun = {}
    for line in trace.splitlines():
        pid, rest = line.split(maxsplit=1)
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"<\.\.\. \w+ resumed>", rest):
            yield begun.pop(pid) + rest[resumed.end():]
        else:
            yield rest


class Change:
    """One thing that becomes true on the disk some time after it was done."""

    def __init__(self, kind, covered_by, **what):
        self.kind, self.covered_by = kind, covered_by  # a file's number, or a directory's path
        self.synced_at = NEVER
        self.__dict__.update(what)


class Recorder:
    """Replays traces on names and numbered files, and keeps the changes in their order."""

    def __init__(self, home):
        self.home = Path(home)
        self.files, self.names, self.directories = {}, {}, set()
        for path in self.home.rglob("*"):
            name = str(path.relative_to(self.home))
            if path.is_dir():
                self.directories.add(name)
            elif path.is_file() and name != MAPPED:
                self.names[name] = len(self.files)
                self.files[len(self.files)] = path.read_bytes()
        self.first = (dict(self.files), dict(self.names), set(self.directories))
        self.log = []      # Change, or a token that was acknowledged
        self.sizes = {number: len(data) for number, data in self.files.items()}
        self.offsets = {}  # of open files

    def acknowledge(self, token):
        self.log.append(token)

    def name(self, directory, path):
        """The path within the home, or None."""
        whole = os.path.normpath(os.path.join(directory, path))
        inside = os.path.relpath(whole, self.home)
        return None if inside.startswith("..") or inside == MAPPED else inside

    def add(self, kind, covered_by, **what):
        self.log.append(Change(kind, covered_by, **what))

    def add_name(self, kind, name, **what):
        self.add(kind, os.path.dirname(name) or ".", name=name, **what)

    def sync(self, covers):
        for change in self.log:
            if isinstance(change, Change) and change.synced_at == NEVER and covers(change):
                change.synced_at = len(self.log)

    def record(self, trace):
        for line in whole_calls(trace):
            match = CALL.match(line)
            if match and int(match[3]) >= 0:
                self.call(match[1], match[2], int(match[3]))

    def call(self, call, arguments, result):
        strings = [unescape(text) for text in STRING.findall(arguments)]
        places = [(number and int(number), unescape(path).decode())
                  for number, path in PLACE.findall(arguments)]
        if call in ("openat", "openat2"):
            self.open(self.name(places[0][1], strings[0].decode()), arguments, result)
        elif call in ("write", "pwrite64"):
            number, path = places[0]
            name = self.name("/", path)
            at = int(arguments.rsplit(", ", 1)[1]) if call == "pwrite64" else None
            self.write(number, name, strings[0][:result], at)
        elif call == "lseek":
            self.offsets[places[0][0]] = result
        elif call == "ftruncate":
            self.truncate(self.name("/", places[0][1]), int(arguments.rsplit(", ", 1)[1]))
        elif call in ("fsync", "fdatasync", "syncfs"):
            self.synced(call, self.name("/", places[0][1]))
        elif call in ("rename", "renameat", "renameat2", "link", "linkat"):
            where = [path for _, path in places] or [os.getcwd()] * 2
            old, new = (self.name(where[i], strings[i].decode()) for i in range(2))
            self.rename(old, new, "EXCHANGE" in arguments, call.startswith("link"))
        elif call in ("unlink", "unlinkat", "rmdir"):
            self.remove(self.name(places[0][1] if places else "/", strings[0].decode()))
        elif call in ("mkdir", "mkdirat"):
            name = self.name(places[0][1] if places else "/", strings[0].decode())
            if name:
                self.directories.add(name)
                self.add_name("mkdir", name)
        elif call in ("symlinkat", "fallocate"):
            raise AssertionError(f"the model does not know {call}")

    def open(self, name, arguments, descriptor):
        self.offsets[descriptor] = 0
        if name is None or name in self.directories:
            return
        if name not in self.names and "O_CREAT" in arguments:
            number = self.names[name] = len(self.sizes)
            self.sizes[number] = 0
            self.add_name("name", name, number=number)
        elif "O_TRUNC" in arguments:
            self.truncate(name, 0)
        if "O_APPEND" in arguments:
            self.offsets[descriptor] = None

    def write(self, descriptor, name, data, at):
        number = self.names.get(name)
        if number is None:
            return
        if at is None:
            at = self.offsets.get(descriptor, 0)
            at = self.sizes[number] if at is None else at
            if self.offsets.get(descriptor) is not None:
                self.offsets[descriptor] = at + len(data)
        self.sizes[number] = max(self.sizes[number], at + len(data))
        self.add("data", number, at=at, bytes=data)

    def truncate(self, name, length):
        if name in self.names:
            self.sizes[self.names[name]] = length
            self.add("length", self.names[name], length=length)

    def synced(self, call, name):
        if call == "syncfs":
            self.sync(lambda change: True)
        elif name in self.directories or name == ".":
            self.sync(lambda change: change.covered_by == name)
        elif name in self.names:
            number = self.names[name]
            self.sync(lambda change: change.covered_by == number)

    def rename(self, old, new, exchange, link):
        if old is None or new is None:
            return
        if old in self.directories:
            raise AssertionError(f"the model does not rename directories: {old}")
        number, other = self.names[old], self.names.get(new)
        self.names[new] = number
        if exchange:
            self.names[old] = other
        elif not link:
            del self.names[old]
        self.add_name("link" if link else "rename", new, number=number, old=old,
                      other=other if exchange else None)

    def remove(self, name):
        if name in self.directories:
            self.directories.discard(name)
            self.add_name("rmdir", name)
        elif name in self.names:
            self.add_name("unlink", name, number=self.names.pop(name))

    # ---- cuts

    def tokens(self, cut):
        """What had been acknowledged then."""
        return [entry for entry in self.log[:cut] if isinstance(entry, str)]

    def after(self, cut, survives):
        """Files and names after a cut before this entry of the log; survives(change) says of one that
        was not synced whether it is there, and of data how many bytes of it."""
        files, names, directories = (type(part)(part) for part in self.first)
        for change in self.log[:cut]:
            if not isinstance(change, Change):
                continue
            kept = NEVER if change.synced_at < cut else survives(change)
            if kept:
                apply(change, kept, files, names, directories)
        return files, names, directories


def apply(change, kept, files, names, directories):
    if change.kind == "data":
        data = bytearray(files.get(change.covered_by, b""))
        part = change.bytes[:None if kept == NEVER else int(kept)]
        data.extend(b"\0" * (change.at - len(data)))
        data[change.at:change.at + len(part)] = part
        files[change.covered_by] = bytes(data)
    elif change.kind == "length":
        data = files.get(change.covered_by, b"")[:change.length]
        files[change.covered_by] = data + b"\0" * (change.length - len(data))
    elif change.kind == "mkdir":
        directories.add(change.name)
    elif change.kind == "rmdir":
        directories.discard(change.name)
    elif change.kind == "unlink":
        if names.get(change.name) == change.number:
            del names[change.name]
    else:
        names[change.name] = change.number
        if change.kind == "rename" and change.other is not None:
            names[change.old] = change.other
        elif change.kind == "rename" and names.get(change.old) == change.number:
            del names[change.old]


def lay_out(state, home):
    """Makes the directory that a state describes."""
    files, names, directories = state
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    for name in sorted(directories):
        (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, number in names.items():
        path = home / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(files.get(number, b""))
        path.chmod(0o600)
