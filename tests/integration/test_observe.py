"""Who works on a home and how it fares: sessions and counts, with real programs and real ends."""
import fcntl
import json
import os
import signal
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import lab
import openmetrics
from mcp_client import Server

SESSIONS, METRICS = ".session_state.yaml", ".health_metrics.yaml"
COUNTS = ["operations_total", "operations_failed", "recovery_attempts", "recovery_successful",
          "config_validations_passed", "git_commits_total"]
SERVERS = 8
CHANGES = 40


def sessions(home):
    return lab.load((home.path / SESSIONS).read_text(encoding="utf-8"))


def metrics(home):
    return lab.load((home.path / METRICS).read_text(encoding="utf-8"))


def status(home):
    return json.loads(home.helios("status", "--json").stdout)


def live(home):
    """The ids of the sessions a look at the home shows."""
    return [session["id"] for session in status(home).get("sessions", [])]


def previous(home):
    return {session["id"]: session for session in sessions(home)["previous_sessions"]}


@contextmanager
def doomed(home):
    """A server that will be killed."""
    server = Server(home)
    try:
        yield server
    finally:
        server.__exit__(KeyboardInterrupt, None, None)


def learn(server, value, persona="writer"):
    return server.does("learn_behavior", persona=persona, key="observed", value=value)


def save(home, value, persona="writer"):
    path = home.view / f"personas/{persona}.yaml"
    text = path.read_text(encoding="utf-8").split("\nobserved:")[0].rstrip("\n")
    path.write_text(f"{text}\nobserved: {value}\n", encoding="utf-8")


# ---- counts


def test_commands_are_counted(home):
    before = metrics(home)
    home.helios("set", "writer", "observed", "1")
    refused = home.helios("set", "writer", "behaviors.boundaries", "[]", check=False)
    assert refused.returncode == 1
    home.helios("list")
    after = metrics(home)
    assert {key: after[key] - before[key] for key in COUNTS} == {
        "operations_total": 2, "operations_failed": 1, "recovery_attempts": 0,
        "recovery_successful": 0, "config_validations_passed": 1, "git_commits_total": 1}
    assert after["last_error"]["code"] == "LOCKED" and after["last_error"]["program"] == "helios"
    assert after["latency"]["git"]["count"] == after["git_commits_total"] == len(home.subjects())
    assert after["latency"]["changes"]["count"] == after["git_commits_total"]
    assert status(home)["health"] == after
    assert not (home.path / SESSIONS).exists(), "a command is no session"
    lab.assert_clean(home)


def test_a_failed_reading_command_writes_nothing(home):
    before = (home.path / METRICS).read_bytes()
    assert home.helios("show", "nobody-there", check=False).returncode == 1
    assert (home.path / METRICS).read_bytes() == before


def test_the_view_tells_at_once(mount):
    before = lab.load(mount.read("status.yaml"))["health"]
    save(mount, "now")
    after = lab.load(mount.read("status.yaml"))["health"]
    assert after["operations_total"] == before["operations_total"] + 1
    assert after["git_commits_total"] == before["git_commits_total"] + 1
    assert mount.sh("echo '[' > $P/writer.yaml", check=False).stderr == ""  # the shell ignores it
    lab.wait_for("the refusal to be counted",
                 lambda: lab.load(mount.read("status.yaml"))["health"]["operations_failed"] == 1)
    lab.wait_for("the file to follow", lambda: metrics(mount)["operations_failed"] == 1)


def test_view_changes_are_counted(mount):
    before = lab.load(mount.read("status.yaml"))["health"]["operations_total"]
    mount.sh("cp $P/writer.yaml $P/w2.yaml && mv $P/w2.yaml $P/w3.yaml && rm $P/w3.yaml")
    mount.sh("ln -sfn personas/writer.yaml $V/active.yaml")
    assert mount.sh("rm $P/nobody.yaml", check=False).returncode
    assert lab.load(mount.read("status.yaml"))["health"]["operations_total"] == before + 4


def test_the_health_tool_tells_at_once(home):
    home.helios("set", "writer", "observed", "0")
    (home.path / "settings.yaml").write_text("tools: all\n", encoding="utf-8")
    home.helios("set", "writer", "observed", "1")
    with Server(home) as server:
        before = server.does("health")["health"]
        learn(server, 2)
        server.fails("learn_behavior", persona="nobody-there", key="x", value=1)
        after = server.does("health")
    assert after["health"]["operations_total"] == before["operations_total"] + 3
    assert after["health"]["operations_failed"] == before["operations_failed"] + 1
    assert after["health"]["latency"]["tools"]["count"] == 3
    assert [session["program"] for session in after["sessions"]] == ["helios-mcp"]
    assert after["sessions"][0]["operations_count"] == 3


def test_what_only_reads_writes_nothing_until_it_changes_something(home):
    before = (home.path / METRICS).read_bytes()
    with Server(home) as server:
        for _ in range(5):
            server.does("list_personas")
    assert (home.path / METRICS).read_bytes() == before
    assert not (home.path / SESSIONS).exists()
    count = metrics(home)["operations_total"]
    with Server(home) as server:
        for _ in range(5):
            server.does("list_personas")
        learn(server, 1)
        server.does("list_personas")
    assert metrics(home)["operations_total"] == count + 7
    assert metrics(home)["latency"]["tools"]["count"] == 7


def test_nothing_of_a_persona_is_told(mount):
    secret = "Qx7secretword"
    save(mount, secret)
    mount.helios("set", "writer", f"{secret}.key", secret)
    assert mount.helios("set", "writer", secret, f"{secret}: [", check=False).returncode
    mount.sh(f"echo '{secret}: @bad' > $P/writer.yaml", check=False)
    with Server(mount) as server:
        learn(server, secret)
        server.fails("learn_behavior", persona=secret, key=secret, value=secret)
    mount.mounts[-1].stop()
    assert metrics(mount)["operations_failed"] >= 2
    for file in (SESSIONS, METRICS):
        assert secret not in (mount.path / file).read_text(encoding="utf-8")
    assert secret not in mount.helios("status", "--metrics").stdout


def test_a_recovery_is_counted(home):
    counter = home.path / ".generation"

    def under_way():
        return counter.read_bytes()[0] & 1

    for number in range(2000):
        child = home.start("helios", "set", "writer", "observed", str(number),
                           stdout=subprocess.DEVNULL)
        while child.poll() is None and not under_way():
            pass
        child.kill()
        child.wait()
        if under_way():
            break
    else:
        pytest.fail("no kill hit a change")
    before = metrics(home)
    home.helios("status")
    after = metrics(home)
    assert after["recovery_attempts"] == before["recovery_attempts"] + 1
    assert after["recovery_successful"] == before["recovery_successful"] + 1
    lab.assert_clean(home)


# ---- OpenMetrics


def test_openmetrics(mount):
    save(mount, 1)
    with Server(mount) as server:
        learn(server, 2)
        server.fails("learn_behavior", persona="nobody-there", key="x", value=1)
        lab.wait_for("both to be written down",
                     lambda: metrics(mount)["operations_total"] >= 3)
        shown, told = status(mount), mount.helios("status", "--metrics").stdout
    families = openmetrics.parse(told)
    for key in COUNTS:
        family = families["helios_" + key.removesuffix("_total")]
        assert family.type == "counter" and family.value() == shown["health"][key], key
    assert families["helios_uptime_seconds"].unit == "seconds"
    assert families["helios_uptime_seconds"].value() >= shown["health"]["uptime_seconds"]
    assert families["helios_sessions"].value(program="heliosfs") == 1
    assert families["helios_sessions"].value(program="helios-mcp") == 1
    assert families["helios_last_error_timestamp_seconds"].value(code="NO_PERSONA") > 1e9
    for key, name in [("tools", "tool"), ("changes", "change"), ("git", "git"), ("loads", "load")]:
        family = families[f"helios_{name}_duration_seconds"]
        values = {suffix: value for suffix, of, value in family.samples if "le" not in of}
        assert values == {"_count": shown["health"]["latency"][key]["count"],
                          "_sum": shown["health"]["latency"][key]["seconds"]}
        below = 0
        for suffix, labels, value in family.samples:
            if suffix == "_bucket" and labels["le"] != "+Inf":
                below += shown["health"]["latency"][key]["buckets"].get(labels["le"], 0)
                assert value == below, (name, labels)


def test_openmetrics_of_a_new_home(home):
    (home.path / METRICS).unlink()
    families = openmetrics.parse(home.helios("status", "--metrics").stdout)
    assert families["helios_operations"].value() == 0
    assert families["helios_sessions"].samples == []
    as_json = json.loads(home.helios("status", "--metrics", "--json").stdout)
    assert as_json["health"]["operations_total"] == 0 and as_json["health"]["last_error"] is None


# ---- sessions


def test_the_daemon_is_a_session_from_its_mount_to_its_end(any_mount):
    home = any_mount
    [session] = sessions(home)["live_sessions"]
    assert sessions(home)["current_session"] == session["id"] and live(home) == [session["id"]]
    assert session["program"] == "heliosfs" and session["pid"] == home.mounts[-1].daemon.pid
    stat = Path(f"/proc/{session['pid']}/stat").read_text(encoding="utf-8")
    assert session["process_started"] == int(stat.rsplit(")", 1)[1].split()[19])
    assert session["host"] == os.uname().nodename
    home.sh("sed -i 's/^  tone: .*/  tone: terse/' $P/writer.yaml")
    assert home.trailers()["Helios-Session"] == session["id"]
    shown = lab.load(home.read("status.yaml"))["sessions"]
    assert [(one["id"], one["operations_count"]) for one in shown] == [(session["id"], 1)]
    home.mounts[-1].stop()
    ended = sessions(home)
    assert ended["current_session"] is None and ended["live_sessions"] == []
    [session] = ended["previous_sessions"]
    assert session["clean_shutdown"] is True and session["operations_count"] == 1
    assert session["last_heartbeat"] >= session["started_at"]
    assert "sessions" not in status(home)
    lab.assert_clean(home)


def test_an_unmounted_daemon_has_ended_by_itself(mount):
    [name] = live(mount)
    mount.helios("umount")
    lab.wait_for("the daemon's end", lambda: name in previous(mount))
    assert previous(mount)[name]["clean_shutdown"] is True


@pytest.mark.parametrize("how", ["end", "terminate"])
def test_a_server_is_a_session_from_its_first_change_to_its_end(home, how):
    with Server(home) as server:
        server.does("list_personas")
        assert not (home.path / SESSIONS).exists()
        learn(server, 1)
        [session] = sessions(home)["live_sessions"]
        assert session["program"] == "helios-mcp" and session["pid"] == server.pid
        assert home.trailers()["Helios-Session"] == session["id"]
        getattr(server, how)()
    assert previous(home)[session["id"]]["clean_shutdown"] is True
    assert previous(home)[session["id"]]["operations_count"] == 2


def test_commit_changes_makes_a_session(home):
    home.sh("printf '\\n# by hand\\n' >> $H/personas/writer.yaml; sleep 0.3")
    with Server(home) as server:
        assert server.does("commit_changes", message="by hand")["committed"]
        [session] = sessions(home)["live_sessions"]
        assert home.trailers()["Helios-Session"] == session["id"]


def test_a_client_that_vanishes_is_a_clean_end(home):
    """Both pipes close at once, with an answer still to be written."""
    server = home.start("helios-mcp", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}
    call = {"jsonrpc": "2.0", "method": "tools/call", "params": {"_meta": meta}}
    write = {"name": "learn_behavior",
             "arguments": {"persona": "writer", "key": "observed", "value": 1}}
    lines = [call | {"id": i, "params": {**call["params"], **write}} for i in range(20)]
    server.stdin.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    server.stdin.flush()
    server.stdout.readline()
    server.stdout.close()
    server.stdin.close()
    assert server.wait(lab.PATIENCE) == 0
    [session] = sessions(home)["previous_sessions"]
    assert session["clean_shutdown"] is True and sessions(home)["live_sessions"] == []


def test_the_killed_are_told_from_those_who_went(mount):
    [daemon] = live(mount)
    with doomed(mount) as first, Server(mount) as second:
        learn(first, 1)
        learn(second, 2)
        names = live(mount)
        assert len(names) == 3 and names[0] == daemon
        first.child.kill()
        lab.wait_for("it to be dead", lambda: not lab.runs(first.pid))  # not waited for: a zombie
        assert live(mount) == [names[0], names[2]], "what is dead is not shown"
        mount.mounts[-1].kill()
        assert live(mount) == [names[2]]
        with Server(mount) as third:
            learn(third, 3)
        assert {name: session["clean_shutdown"] for name, session in previous(mount).items()} == {
            names[0]: False, names[1]: False,
            sessions(mount)["previous_sessions"][0]["id"]: True}
        assert live(mount) == [names[2]]
    mount.mounts[-1].start()
    assert len(previous(mount)) == 4 and len(live(mount)) == 1


def test_a_process_id_used_again_is_another_process(home):
    with Server(home) as server:
        learn(server, 1)
    [ended] = sessions(home)["previous_sessions"]
    ours = Path("/proc/self/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    for started, alive in [(int(ours), True), (int(ours) + 1, False)]:
        entry = {**ended, "pid": os.getpid(), "process_started": started}
        (home.path / SESSIONS).write_text(json.dumps({
            "current_session": None, "live_sessions": [entry], "previous_sessions": []}),
            encoding="utf-8")
        assert live(home) == ([entry["id"]] if alive else [])
    with Server(home) as server:
        learn(server, 2)
        assert previous(home)[entry["id"]]["clean_shutdown"] is False


def test_a_session_elsewhere_is_believed_for_a_day(home):
    """A container or another machine that shares the home: its processes cannot be seen."""
    with Server(home) as server:
        learn(server, 1)
    now, old = time.time(), time.time() - 25 * 3600
    stamp = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    file = home.path / SESSIONS
    state = sessions(home)
    [ended] = state["previous_sessions"]
    del ended["clean_shutdown"]
    here = {"host": os.uname().nodename}
    for number, (change, beat, alive) in enumerate([
            ({"namespace": 1}, now, True), ({"namespace": 1}, old, False),
            ({"host": "elsewhere", "boot": "other"}, now, True),
            ({"host": "elsewhere", "boot": "other"}, old, False),
            ({"boot": "before the power cut", **here}, now, False)]):
        entry = {**ended, "id": f"fake{number}", "last_heartbeat": stamp(beat), **change}
        file.write_text(json.dumps({"current_session": None, "live_sessions": [entry],
                                    "previous_sessions": []}), encoding="utf-8")
        assert live(home) == ([entry["id"]] if alive else []), entry
        with Server(home) as server:
            learn(server, number)
            assert (entry["id"] in previous(home)) == (not alive)


@pytest.mark.parametrize("kept, setting", [(3, "3"), (0, "0"), (20, "many"), (20, "-1")])
def test_previous_sessions_are_kept_to_a_bound(home, kept, setting):
    (home.path / "settings.yaml").write_text(f"retention: {{sessions: {setting}}}\n",
                                             encoding="utf-8")
    home.helios("list")
    names = []
    for number in range(5 if kept < 20 else 22):
        with Server(home) as server:
            learn(server, number)
            names.insert(0, sessions(home)["live_sessions"][0]["id"])
    assert list(previous(home)) == names[:kept]


# ---- many at once


class Watcher(threading.Thread):
    """Reads both files again and again: whole each time, and counts that never fall."""

    def __init__(self, home):
        super().__init__()
        self.home, self.over, self.fault, self.looks = home, False, None, 0

    def run(self):
        last = 0
        try:
            while not self.over:
                state, counts = sessions(self.home), metrics(self.home)
                assert {"current_session", "live_sessions", "previous_sessions"} == set(state)
                assert set(COUNTS) | {"uptime_seconds", "last_error", "latency"} == set(counts)
                assert counts["operations_total"] >= last
                last = counts["operations_total"]
                self.looks += 1
        except Exception as fault:  # noqa: a thread's fault is the test's
            self.fault = fault


def test_eight_servers_at_once(mount):
    save(mount, "begin")
    lab.wait_for("the first count", lambda: metrics(mount)["operations_total"] == 1)
    before = metrics(mount)
    watcher, faults = Watcher(mount), []
    watcher.start()
    personas = ["architect", "reviewer", "writer", "tutor"]

    def work(number):
        try:
            for i in range(4):  # each is four sessions, one after the other
                with Server(mount) as server:
                    for j in range(CHANGES // 4):
                        learn(server, f"{number}-{i}-{j}", personas[number % 4])
        except BaseException as fault:  # noqa: told below
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(SERVERS)]
    for thread in threads:
        thread.start()
    for number in range(10):
        mount.helios("--quiet", "set", "analyst", "observed", str(number))
        save(mount, number, "operator")
    for thread in threads:
        thread.join()
    watcher.over = True
    watcher.join()
    assert faults == [] and watcher.fault is None, (faults, watcher.fault)
    print(f"looked {watcher.looks} times")
    mount.mounts[-1].stop()
    after = metrics(mount)
    assert after["operations_total"] - before["operations_total"] == SERVERS * CHANGES + 20
    assert after["operations_failed"] == before["operations_failed"]
    assert after["git_commits_total"] == len(mount.subjects())
    assert after["latency"]["tools"]["count"] == SERVERS * CHANGES
    assert sessions(mount)["live_sessions"] == []
    assert all(session["clean_shutdown"] for session in previous(mount).values())
    assert len(previous(mount)) == 20
    lab.assert_clean(mount)


def test_a_kill_loses_the_last_seconds_only(mount):
    with doomed(mount) as server:
        for number in range(5):
            learn(server, number)
        save(mount, "kept")
        lab.wait_for("all to be written", lambda: metrics(mount)["operations_total"] == 6)
        learn(server, "lost")
        server.child.kill()
        mount.mounts[-1].kill()
    assert metrics(mount)["operations_total"] in (6, 7)
    mount.mounts[-1].start()
    save(mount, "more")
    mount.mounts[-1].stop()
    assert metrics(mount)["operations_total"] in (7, 8)
    lab.assert_clean(mount)


def test_writers_are_killed_at_any_moment(home, rng):
    """Whatever a kill leaves, the files are whole and the next program goes on from them."""
    last, left = 0, home.path / ".recovery"
    for _ in range(30):
        child = home.start("helios-mcp", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {}}
        for i in range(3):
            child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": {
                "_meta": meta, "name": "learn_behavior", "arguments": {
                    "persona": "writer", "key": "observed", "value": i}}}).encode() + b"\n")
        child.stdin.close()
        time.sleep(rng.uniform(0, 0.08))
        child.kill()
        child.wait()
        assert metrics(home)["operations_total"] >= last
        last = metrics(home)["operations_total"]
    with Server(home) as server:
        learn(server, "end")
    assert metrics(home)["operations_total"] > last
    assert [path.name for path in left.iterdir() if path.name.startswith(("new", "damaged"))] == []
    assert len(previous(home)) <= 20 and sessions(home)["live_sessions"] == []
    lab.assert_clean(home)


# ---- damage


def no_file(path):
    path.unlink()


def a_directory(path):
    path.unlink()
    path.mkdir(mode=0o700)
    (path / "in it").touch(mode=0o600)


def a_link(path):
    path.unlink()
    path.symlink_to("/etc/hostname")


def a_pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def content(data):
    return lambda path: path.write_bytes(data)


DAMAGE = {
    "gone": no_file, "a directory": a_directory, "a link": a_link, "a pipe": a_pipe,
    "empty": content(b""), "zeros": content(bytes(4096)), "no UTF-8": content(b"a: \xff\xfe\n"),
    "cut off": content(b"live_sessions:\n  - id: \"abc\n"), "a list": content(b"- 1\n"),
    "another shape": content(b"current_session: {id: abc}\n"),
    "wrong kinds": content(b"operations_total: many\nlive_sessions: [1, 2]\n"),
    "below zero": content(b"operations_total: -5\nlive_sessions: {}\n"),
    "a huge number": content(b"operations_total: 99999999999999999999\nlive_sessions: []\n"),
    "too large": content(b"#" * (2 << 20)),
    "a bomb": content(b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 110))),
}
NOTHING_TO_KEEP = ("gone", "empty")


@contextmanager
def observations_held(home):
    """While nobody can write them: who takes the lock of store/runtime.h holds them all up."""
    held = os.open(home.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_hinders_nothing(mount, damage):
    with Server(mount) as server:
        learn(server, 0)
        save(mount, 0, "operator")
        with observations_held(mount):  # else what a program writes meanwhile takes the damage away
            for file in (SESSIONS, METRICS):
                DAMAGE[damage](mount.path / file)
        assert "health" in status(mount) and "health" in lab.load(mount.read("status.yaml"))
        openmetrics.parse(mount.helios("status", "--metrics").stdout)
        learn(server, 1)
        save(mount, 1, "operator")
        mount.helios("set", "tutor", "observed", "1")
    mount.mounts[-1].stop()
    assert 3 <= metrics(mount)["operations_total"] <= 5  # the first two may have been in the file
    assert all(session["clean_shutdown"] for session in previous(mount).values())
    kept = [path.name for path in (mount.path / ".recovery").glob("damaged-*")]
    assert len(kept) == (0 if damage in NOTHING_TO_KEEP else 2), kept
    assert {f".{name.split('.', 1)[1]}" for name in kept} <= {SESSIONS, METRICS}
    if damage == "a directory":
        assert len(list((mount.path / ".recovery").glob("damaged-*/in it"))) == 2
    lab.assert_clean(mount)


def test_a_number_at_its_end_stays_there(home):
    """int64 is all a YAML integer is here."""
    text = (home.path / METRICS).read_text(encoding="utf-8")
    most = 2**63 - 1
    (home.path / METRICS).write_text(text.replace("operations_total: 0", f"operations_total: {most}"),
                                     encoding="utf-8")
    for number in range(2):
        home.helios("set", "writer", "observed", str(number))
        assert metrics(home)["operations_total"] == most


def test_a_stopped_program_that_holds_the_lock_hinders_nobody(mount):
    begin = time.monotonic()
    with Server(mount) as server:
        with observations_held(mount):
            save(mount, 1)
            mount.helios("set", "tutor", "observed", "1")  # its count is lost
            learn(server, 2)
            lab.load(mount.read("status.yaml"))
            print(f"three changes took {time.monotonic() - begin:.2f} s")
        lab.wait_for("what waited to be written", lambda: len(live(mount)) == 2)
    mount.mounts[-1].stop()
    assert metrics(mount)["operations_total"] == 2
    lab.assert_clean(mount)


def test_where_nothing_can_be_written_reading_works(user_home):
    user_home.helios("set", "writer", "observed", "1")
    user_home.run("chmod", "0500", user_home.path)
    try:
        assert status(user_home)["health"]["operations_total"] == 1
        openmetrics.parse(user_home.helios("status", "--metrics").stdout)
    finally:
        user_home.run("chmod", "0700", user_home.path)


# ---- what it costs


def times(home, count):
    """Milliseconds of saves through the view and of tool calls."""
    through_view, through_tools = [], []
    with Server(home) as server:
        for number in range(count):
            begin = time.perf_counter()
            save(home, number, "operator")
            middle = time.perf_counter()
            learn(server, number)
            through_view.append((middle - begin) * 1e3)
            through_tools.append((time.perf_counter() - middle) * 1e3)
    return through_view, through_tools


def test_what_a_save_costs(monkeypatch):
    """Prints; judges nothing. HELIOS_BASELINE: another build, without all this, to compare with."""
    builds = {"with": lab.BUILD}
    if os.environ.get("HELIOS_BASELINE"):
        builds["without"] = Path(os.environ["HELIOS_BASELINE"])
    found = {}
    for number in range(4):
        for name, build in builds.items():
            for program, place in (("helios", "cli"), ("heliosfs", "fs"), ("helios-mcp", "mcp")):
                monkeypatch.setitem(lab.PROGRAMS, program, build / f"src/{place}/{program}")
            home = lab.Home()
            try:
                home.init()
                home.mount()
                for kind, took in zip(("a save", "a tool call"), times(home, 50)):
                    found.setdefault((kind, name), []).extend(took)
            finally:
                home.close()
    for (kind, name), took in sorted(found.items()):
        print(f"{kind} {name} sessions and counts: median {statistics.median(took):.2f} ms, "
              f"90 % within {sorted(took)[len(took) * 9 // 10]:.2f} ms")


def test_idle_programs_write_nothing(mount):
    with Server(mount) as server:
        learn(server, 1)
        lab.wait_for("all to be written", lambda: metrics(mount)["operations_total"] == 1 and
                     sessions(mount)["live_sessions"][-1]["operations_count"] == 1)
        time.sleep(6)  # whatever follows from that
        state = [(mount.path / file).stat().st_mtime_ns for file in (SESSIONS, METRICS)]
        time.sleep(11)
        assert state == [(mount.path / file).stat().st_mtime_ns for file in (SESSIONS, METRICS)]
