"""Processes beside an owner: each follows what was activated, and ends when its owner ended."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from trimtab.errors import ArtifactError
from trimtab.serving.workers import Following, ThroughOwner


class Champions:
    def __init__(self, problem=None):
        self.looks, self.problem = 0, problem

    def follow(self):
        self.looks += 1
        if self.problem is not None:
            raise self.problem


def wait_for(what, tries=150):
    for _ in range(tries):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("never came true")


@pytest.mark.parametrize("problem", [None, ArtifactError("damaged"), ValueError("a learner's own")])
def test_following_goes_on_whatever_a_version_does(problem):
    champions = Champions(problem)
    with Following(champions) as following:
        wait_for(lambda: champions.looks >= 2)
    assert not following._thread.is_alive()


def test_a_worker_whose_parent_ended_asks_itself_to_stop():
    asked = []
    before = signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
    try:
        with Following(Champions(), parent=os.getppid()):
            time.sleep(0.4)
            assert not asked
        with Following(Champions(), parent=-1):
            wait_for(lambda: asked)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_facts_go_through_the_owner_as_they_are():
    asked = []
    through = ThroughOwner(lambda *given: asked.append(given) or [None])
    assert through.take("queue", ({"length": 1},)) == [None]
    assert asked == [("take", "queue", [{"length": 1}])]


SUPERVISE = """
import sys
from trimtab.serving.workers import supervise
child = "import os, sys, time; os.write(int(sys.argv[1]), b'%d ' % os.getpid()); time.sleep(60)"
supervise([[sys.executable, "-S", "-c", child, sys.argv[1]]] * 2, int(sys.argv[1]))
"""


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_ends_is_started_again_and_all_end_with_their_parent():
    read, write = os.pipe()
    os.set_blocking(read, False)
    command = [sys.executable, "-c", SUPERVISE, str(write)]
    told = b""

    def workers():
        nonlocal told
        with suppress(BlockingIOError):
            told += os.read(read, 1000)
        return [int(word) for word in told.split()]

    with subprocess.Popen(command, pass_fds=(write,)) as parent:
        try:
            wait_for(lambda: len(workers()) == 2)
            os.kill(workers()[0], signal.SIGKILL)
            wait_for(lambda: len(workers()) == 3)
            parent.send_signal(signal.SIGTERM)
            assert parent.wait(timeout=20) == 0
            wait_for(lambda: not any(map(alive, workers())))
        finally:
            parent.kill()
            os.close(read)
            os.close(write)


STOPPED_EARLY = """
import os, signal, sys
import uvicorn
from trimtab.serving.running import listening, run

ours = uvicorn.Server.run

def asked_before_it_listens_to_signals(self, **given):
    os.kill(os.getpid(), signal.SIGTERM)
    ours(self, **given)

uvicorn.Server.run = asked_before_it_listens_to_signals

async def app(scope, receive, send):
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})

run(app, listening("127.0.0.1", 0))
print("ended in order")
"""


def test_a_server_that_is_stopped_while_it_starts_ends():
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_EARLY], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "ended in order\n", done.stderr


def test_a_worker_whose_owner_ended_is_told_until_it_ends(monkeypatch):
    told = []
    monkeypatch.setattr("trimtab.serving.workers.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("trimtab.serving.workers.os.kill", lambda *given: told.append(given[1]))
    with Following(champions=None, parent=-1):
        deadline = time.monotonic() + 10
        while len(told) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(told) >= 3
    assert set(told) == {signal.SIGTERM}
