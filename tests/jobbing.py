"""Tasks for jobs under test, which a process of its own loads by name, and how a test waits for one."""

from __future__ import annotations

import time

from audit.store import processes

TASKS = """
import ctypes, hashlib, os, subprocess, sys, time
from pathlib import Path
from audit.errors import InputError


def finish(store, audit_id, payload, progress):
    progress(0.25, "Reading")
    store.save_result(audit_id, payload["text"], {"beyond": 1, "nice": os.getpriority(os.PRIO_PROCESS, 0)})
    print("a line for the log")
    progress(float("nan"), "x" * 1000)
    progress(7, "y" * 1000)


def steps(store, audit_id, payload, progress):
    Path(payload["file"]).touch()
    for number in range(3000):
        progress(0.5, f"Step {number}")
        time.sleep(0.01)


def gate(store, audit_id, payload, progress):
    progress(0.5, "Waiting at the gate")
    while not Path(payload["file"]).exists():
        progress(0.5, "Waiting at the gate")
        time.sleep(0.02)


def stuck(store, audit_id, payload, progress):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(payload["file"]).write_text(str(child.pid))
    ctypes.PyDLL(None).sleep(600)  # holds the interpreter: neither threads nor signal handlers run


def hashing(store, audit_id, payload, progress):
    Path(payload["file"]).touch()
    hashlib.pbkdf2_hmac("sha512", b"", b"", 2_000_000_000)


def drawing(store, audit_id, payload, progress):
    from audit.progress import shown, within
    from audit.rows.series import Series

    show = shown(within(progress, 0.0, 0.5))
    for number in range(1, 3000):
        places = tuple(float(k) for k in range(number))
        line = tuple(0.5 for _ in places)
        groups = (None, *((f"group {k}",) for k in range(40)))
        show(Series(id="t", kind="training", title="T", across="Epoch", measures=("auc",), groups=groups, x=places,
            values=((line,) * 41,)))
        progress(0.5, "Drawing")
        Path(payload["file"]).write_text(str(number))
        if number == payload.get("odd"):
            show(object())  # a series that is none must not stop anything
            time.sleep(1.5)
            return
        time.sleep(0.02)


def hungry(store, audit_id, payload, progress):
    held = []
    while True:
        held.append(bytearray(os.urandom(1) * 8_000_000))
        time.sleep(0.01)


def parent_of_hungry(store, audit_id, payload, progress):
    subprocess.run([sys.executable, "-c", "import time; x = bytearray(b'1' * 300_000_000); time.sleep(600)"])


def exhausted(store, audit_id, payload, progress):
    raise MemoryError


def refused(store, audit_id, payload, progress):
    raise InputError("The label is not binary.", why="It has 3 values.", fix="Choose another.", code="not_binary")


def broken(store, audit_id, payload, progress):
    raise RuntimeError("cell value of a person")


def leaves(store, audit_id, payload, progress):
    sys.exit(0)


def vanishes(store, audit_id, payload, progress):
    store.save_trial(audit_id, "before", "{}")
    os.kill(os.getpid(), 9)


def chatty(store, audit_id, payload, progress):
    for _ in range(40):
        print("z" * 100_000, flush=True)
    time.sleep(1.0)
    print("the end", flush=True)


TASKS = {name: thing for name, thing in list(globals().items()) if callable(thing) and name != "InputError"}
"""


def until(condition, seconds=20.0):
    limit = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < limit
        time.sleep(0.02)
    return found


def alive(pid):
    ticks = processes.started_ticks(pid)
    return ticks is not None and processes.is_alive(pid, ticks)
