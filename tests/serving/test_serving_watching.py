"""A system that really answers is watched: a broken column pages, a webhook gets the page, a killed pass goes on."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from live_worlds import world

import trimtab as tt
from orders import DAY, orders_system, orders_tables
from trimtab import commands, wiring
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.errors import LedgerError
from trimtab.finding import Severity
from trimtab.loading import load
from trimtab.monitoring.incidents import INCIDENTS, incidents_of
from trimtab.ports import Event
from trimtab.runtime.watching.live import GRACE, Place
from trimtab.runtime.watching.passing import run_pass
from trimtab.runtime.watching.telling import judged
from trimtab.runtime.watching.windows import WINDOW, WINDOWS
from trimtab.serving.attendance import HEARTBEATS
from trimtab.serving.housekeeping import Housekeeping
from trimtab.serving.measuring import MEASUREMENTS
from trimtab.serving.operations import OPERATIONS
from trimtab.serving.status import status
from trimtab.serving.watching import Watch, Watching, served
from trimtab.testing import ManualClock, MemoryLedger
from trimtab.units import days

A_DAY = 120
"""Requests in a day."""


class Receiver(BaseHTTPRequestHandler):
    """Takes what a webhook sends."""

    got: ClassVar[list] = []

    def do_POST(self):
        length = int(self.headers["content-length"])
        self.got.append(json.loads(self.rfile.read(length)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def webhook():
    """A receiver on this machine and what it got."""
    Receiver.got = []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Receiver.got
    server.shutdown()
    server.server_close()
    thread.join()


def a_day(found, day, **broken):
    """A day of requests, an even stream, with deliveries of earlier orders and hourly readings of the queue."""
    for number in range(A_DAY):
        now, shop = found.clock.now(), ("north", "south", "west")[number % 3]
        order = 10**6 + day * A_DAY + number
        facts = {"order": order - A_DAY, "delivered": now, "shop": shop, "hours_late": 2.5 * (number % 2)}
        asyncio.run(found.service.take_facts("deliveries", [facts]))
        if number % (A_DAY // 24) == 0:
            rows = [
                {"shop": each, "seen": now, "length": 3 + (number + len(each)) % 5}
                for each in ("north", "south", "west")
            ]
            asyncio.run(found.service.take_facts("queue", rows))
        weight = [1.1, 2.4, 3.3, 4.0, 5.2, 7.9, 2.0, 3.1][number * 7 % 8]
        row = {**found.row(order, shop=shop, weight=weight), **broken}
        asyncio.run(found.service.predict([row], [None]))
        found.clock.advance(days(1 / A_DAY))


def place_of(found):
    ledger = found.home.ledger
    return Place(found.system, ledger, found.home.blobs, wiring.engine, wiring.load, served(ledger))


def test_a_column_that_breaks_pages_by_webhook_before_any_label(webhook):
    address, got = webhook
    sinks = (tt.Webhook(address, style="plain"),)
    system = orders_system(orders_tables(rows=6000), watch=tt.Watch(sinks=sinks))
    with world(system) as found:
        a_day(found, 0)
        a_day(found, 1)
        found.clock.advance(days(0.01))
        senders = wiring.sinks(system)
        calm = run_pass(place_of(found), senders, found.clock.now())
        assert calm.windows == 3, "the terms and two days"
        assert not got
        a_day(found, 2, weight=None)
        run_pass(place_of(found), senders, found.clock.now(), file="late.py")
        (page,) = got
        assert (page["severity"], page["kind"], page["incident"]) == ("ACT", "opened", "i1")
        assert "weight" in page["title"]
        assert page["acknowledge_command"] == "trimtab acknowledge late.py i1 --as fixed"
        now = found.clock.now()
        shown = status(system, found.home.ledger, now, judged(found.home.ledger, now))
        assert shown.severity is Severity.ACT
        assert any(line.startswith("ACT      incident i1 (open): ") for line in shown.lines)


# --- beside a server


@pytest.fixture
def apart(tmp_path):
    """A watch over an empty record with a fake pass, whose command writes a file."""
    mark = tmp_path / "ran"

    def made(code=f"open({str(mark)!r}, 'a').write('x')", *, due=True):
        how = Watching([sys.executable, "-c", code], (), lambda: wiring.watching_lock(tmp_path))
        ledger = MemoryLedger()
        clock = ManualClock(3 * DAY + GRACE.microseconds)
        if due:
            ledger.append_events(WINDOWS, [Event(0, WINDOW, "", {"start": DAY, "stop": 2 * DAY})])
        return Watch(orders_system(orders_tables(rows=10)), ledger, clock, how), mark

    return made


def test_a_pass_runs_in_a_process_of_its_own_once_a_window_has_ended(apart):
    watch, mark = apart()
    watch.look()
    assert mark.read_text() == "x"
    watch, mark = apart(due=False)
    watch.look()
    assert mark.read_text() == "x", "no window, no process"


def test_a_pass_has_low_priority(apart, tmp_path):
    watch, _ = apart(
        f"import os, time; time.sleep(.3); open({str(tmp_path / 'nice')!r}, 'w').write(str(os.nice(0)))"
    )
    watch.look()
    assert int((tmp_path / "nice").read_text()) >= 10


def test_a_pass_that_fails_is_told_and_one_that_found_harm_is_not(apart):
    watch, _ = apart("import sys; sys.exit(1)")
    watch.look()
    watch, _ = apart("import sys; sys.exit('error: no space left')")
    with pytest.raises(LedgerError, match="no space left"):
        watch.look()
    watch, _ = apart("import sys; sys.exit('error: another watching of this system is under way')")
    watch.look()


def test_a_server_that_stops_ends_the_pass(apart):
    watch, _ = apart("import time; time.sleep(60)")
    thread = Thread(target=watch.look)
    began = time.monotonic()
    thread.start()
    watch.stop()
    thread.join()
    assert time.monotonic() - began < 15


def test_the_owner_says_that_it_runs_and_notes_its_figures():
    with world(rows=300) as found:
        with Housekeeping(found.owner, found.home) as keeping:
            keeping.note()
        assert [e.kind for e in found.home.ledger.read_events(HEARTBEATS)] == ["alive"]
        assert any(e.kind == OPERATIONS for e in found.home.ledger.read_events(MEASUREMENTS))
        asyncio.run(found.service.predict([found.row()], [None]))
        keeping.note()
        names = {name for name, *_ in found.service.figures()}
        assert "trimtab_fallback_share" in names


def test_silence_while_nobody_listened_is_not_blamed_on_a_source():
    with world(rows=600) as found:
        ledger, now = found.home.ledger, found.clock.now()
        told = [f for f in status(found.system, ledger, now + 40 * DAY).findings if "queue" in f.what]
        assert any(f.severity >= Severity.WATCH for f in told), "silent for 40 days"
        ledger.append_events(HEARTBEATS, [Event(now, "alive", "", {"since": now - DAY // 24})])
        told = [f for f in status(found.system, ledger, now + 40 * DAY).findings if "queue" in f.what]
        assert not any(f.severity >= Severity.WATCH for f in told), "no process ran"
        ledger.append_events(HEARTBEATS, [Event(now + 40 * DAY, "alive", "", {"since": now})])
        told = [f for f in status(found.system, ledger, now + 40 * DAY).findings if "queue" in f.what]
        assert any(f.severity >= Severity.WATCH for f in told), "it listened all the time"


# --- a real process, killed

SYSTEM = """
import sys
sys.path[:0] = {paths!r}
import trimtab as tt
from trimtab import wiring
from trimtab.testing import ManualClock
from orders import orders_system
from watched_worlds import DAY, START, TRAINED, harmed_tables

wiring.clock = lambda: ManualClock(START + (TRAINED + 6) * DAY + DAY // 24)
system = orders_system(harmed_tables(None), watch=tt.Watch(sinks=(tt.Webhook("env:HOOK", style="plain"),)))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home on disk with a version, and its answers of six days, in the last of which a column is null."""
    tests = Path(__file__).parents[1]
    paths = [str(tests), str(tests / "runtime")]
    sys.path[:0] = paths
    from watched_worlds import TRAINED, watched  # lives beside the tests of the pass

    folder = tmp_path_factory.mktemp("killed")
    (folder / "late.py").write_text(SYSTEM.format(paths=paths))
    ledger = SqliteLedger(folder / "home" / "ledger")
    found = watched(None, ledger=ledger)
    found.answer("v1", TRAINED, TRAINED + 5)
    found.answer("v1", TRAINED + 5, TRAINED + 6, weight=None)
    blobs = wiring.blobs(folder / "home" / "blobs")
    for content in found.blobs._contents.values():
        blobs.put(content)
    ledger.close()
    return folder


def passing(folder, home, address):
    command = [sys.executable, "-m", "trimtab", "watch", str(folder / "late.py"), "--home", str(home)]
    environment = {**os.environ, "HOOK": address, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def windows(home):
    ledger = SqliteLedger(home / "ledger", read_only=True)
    try:
        found = [(e.kind, e.body) for e in ledger.read_events(WINDOWS)]
        return found, incidents_of(ledger.read_events(INCIDENTS))
    finally:
        ledger.close()


def test_a_killed_pass_is_made_up_for_by_the_next_one(home, webhook, tmp_path, monkeypatch):
    address, got = webhook
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for other in (whole, killed):
        shutil.copytree(home / "home", other)
    monkeypatch.setattr(wiring, "clock", wiring.clock)  # the system's file changes it
    process = passing(home, killed, address)
    for _ in range(1200):
        if len(windows(killed)[0]) >= 2 or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    cut = windows(killed)[0]
    done = passing(home, killed, address)
    told, _ = done.communicate()
    assert done.returncode == 1, told
    assert "incident i1 (open)" in told
    system = load(str(home / "late.py"))
    monkeypatch.setenv("HOOK", address)
    commands.watch_system(system, home=whole, target=str(home / "late.py"))
    assert len(cut) < len(windows(whole)[0])
    assert windows(killed)[0] == windows(whole)[0]
    (one,), (two,) = windows(killed)[1], windows(whole)[1]
    assert one.finding == two.finding
    assert [page["kind"] for page in got] == ["opened", "opened"], "one for each of the two homes"
