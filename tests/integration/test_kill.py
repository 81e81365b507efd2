"""kill -9 at random moments under load: what was acknowledged is in history exactly once, and the
next start needs no hand."""
import os
import subprocess
import time

import lab

KILLS = int(os.environ.get("HELIOS_KILLS", "80" if lab.SANITIZED else "200"))

# Each worker saves a new token each time and writes it down once the save was acknowledged.
WORKERS = {
    "rename": """
    f = open(path + '.tmp', 'w'); f.write(text); f.close()
    os.rename(path + '.tmp', path)""",
    "rewrite": """
    f = open(path, 'w'); f.write(text); f.close()""",
    "fsync": """
    f = os.open(path, os.O_WRONLY | os.O_TRUNC); os.write(f, text.encode()); os.fsync(f); said()
    os.close(f)""",
    "command": """
    subprocess.run(['helios', '--quiet', 'set', name, 'worker_' + kind, token], check=True,
                   stderr=subprocess.DEVNULL)""",
}
WORKER = """import os, re, signal, subprocess, sys, time
kind, name, path, generation = sys.argv[1:]
ending = []
signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
acknowledged = os.open('acks-' + kind, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
number = 0
def said():
    global token
    if token: os.write(acknowledged, (token + '\\n').encode())
    token = None
def once():
    if kind != 'command':
        with open(path) as f: text = f.read()
        line = f'worker_{kind}: {token}'
        text = re.sub(f'(?m)^worker_{kind}: .*', line, text) if f'\\nworker_{kind}: ' in text \\
            else text + line + '\\n'
    BODY
    said()
while not ending:
    token = f'tok-{kind}-{generation}-{number}'; number += 1
    try: once()
    except (OSError, subprocess.CalledProcessError): time.sleep(0.01)
"""
PERSONA = {"rename": "architect", "rewrite": "reviewer", "fsync": "writer", "command": "architect"}


def workers(home, generation):
    return [home.start("/usr/bin/python3", "-c", WORKER.replace("    BODY", body.strip("\n")), kind,
                       PERSONA[kind], home.view / f"personas/{PERSONA[kind]}.yaml", generation)
            for kind, body in WORKERS.items()]


def end(children):
    """Each ends what it has begun: 'git fsck' beside a writer, any writer, misses what is new."""
    for child in children:
        child.terminate()
    for child in children:
        child.wait()


def acknowledged(home):
    """Every token a worker wrote down; each kind of worker must have done something."""
    tokens = []
    for kind in WORKERS:
        mine = (home.room / f"acks-{kind}").read_text().split()
        print(f"{kind}: {len(mine)} saves acknowledged")
        assert mine
        tokens += mine
    return tokens


def test_the_daemon(mount, rng):
    load = []
    for number in range(KILLS):
        if number % 40 == 0:
            load = workers(mount, number)
        time.sleep(rng.uniform(0.0, 0.25))
        mount.mounts[-1].kill()
        mount.mounts[-1].start()
        assert mount.resolved("tutor")["name"] == "Tutor"
        if number % 40 == 39 or number == KILLS - 1:
            end(load)
            lab.assert_clean(mount, acknowledged(mount))


def how_long(*command):
    """What the command takes here and now, in this build: kills must hit sometimes."""
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


def test_the_command_line(home, rng):
    tokens = []
    helios = lab.PROGRAMS["helios"]
    span = min(how_long(helios, "--dir", home.path, "set", "writer", "mark", f"tok-first-{i}")
               for i in range(3))
    for number in range(KILLS):
        token = f"tok-killed-{number}"
        child = home.start("helios", "--dir", home.path, "set", "writer", "mark", token,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.0, 2 * span))
        child.kill()
        if child.wait() == 0:
            tokens.append(token)
        if number % 20 == 19:
            home.helios("status")
    assert 0 < len(tokens) < KILLS, "kills that always or never hit show nothing"
    home.helios("set", "writer", "mark", "tok-last")
    assert home.helios("get", "writer", "mark").stdout == "tok-last\n"
    lab.assert_clean(home, [*tokens, "tok-last"])


def test_the_first_start(rng):
    """Killed while it makes the home: the next one makes it."""
    span = 0.01
    for _ in range(KILLS // 10):
        home = lab.Home()
        try:
            child = home.start("helios", "--dir", home.path, "init", "--from", home.examples,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.0, 2 * span))
            child.kill()
            child.wait()
            begin = time.monotonic()
            again = home.helios("init", "--from", home.examples, check=False)
            span = time.monotonic() - begin
            assert again.returncode == 0 or "already" in again.stderr, again.stderr
            home.helios("set", "writer", "mark", "tok-init")
            lab.assert_clean(home, ["tok-init"])
        finally:
            home.close()


def test_asked_to_end_under_load(mount):
    """It finishes what is in hand and goes, though others keep writing; a few seconds are enough."""
    load = workers(mount, 0)
    try:
        for _ in range(5):
            time.sleep(0.5)
            daemon = mount.mounts[-1].daemon
            daemon.terminate()
            assert daemon.wait(5 * lab.PATIENCE / 30) == 0
            assert str(mount.view) not in lab.mounted_below(mount.view)
            mount.mounts[-1].start()
    finally:
        end(load)
    mount.mounts[-1].stop()
    sessions = lab.load((mount.path / ".session_state.yaml").read_text())
    ended = [session for session in sessions["previous_sessions"]
             if session["program"] == "heliosfs"]
    assert len(ended) == 6 and all(session["clean_shutdown"] for session in ended)
    lab.assert_clean(mount, acknowledged(mount))
