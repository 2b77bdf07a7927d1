"""When the loop needs a person, the sinks are told once, and again when nobody is needed any more."""

import http.server
import json
import socket
import socketserver
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Thread

import pytest
from loop_worlds import shop, system

import trimtab as tt
from orders import orders_tables
from trimtab.adapters.sinks import sender
from trimtab.finding import Severity
from trimtab.monitoring.incidents import INCIDENTS, Acknowledge, incidents_of
from trimtab.ports import Event
from trimtab.release.state import Candidate, start
from trimtab.runtime.live_loop import asked
from trimtab.runtime.live_loop.calling import call_people
from trimtab.runtime.live_loop.journal import CALLED, LOOP, Memory, declare, recall
from trimtab.runtime.live_loop.wishing import wish
from trimtab.runtime.loop import Declared, State
from trimtab.runtime.watching.answered import noted_answers
from trimtab.runtime.watching.passing import told_on
from trimtab.runtime.watching.responding import respond
from trimtab.testing import MemoryLedger

TABLES = orders_tables(rows=400, length_days=60)
ASKS = tt.Release(canary=(), exposures=20, approval=("promotion",))


@dataclass
class Kept:
    """A sink that keeps what it takes."""

    name: str = "kept"
    owner: str | None = None
    keeps_state: bool = False
    down: bool = False
    got: list = field(default_factory=list)

    def send(self, message):
        if self.down:
            raise tt.UsageError("no route")
        self.got.append((message.kind, str(message.severity), message.finding.what, message.finding.action))


@pytest.fixture
def waiting():
    """A shop whose first version waits for an approval."""
    with shop(system(TABLES, release=ASKS)) as found:
        yield found


def told(shop, sink, now):
    return told_on(shop.system, shop.ledger, [sink], now, file="late.py")


def test_a_candidate_that_waits_is_told_once_and_its_approval_ends_it(waiting):
    sink, now = Kept(), waiting.clock.now()
    told(waiting, sink, now)
    told(waiting, sink, now + 1)
    opened = ("opened", "WATCH", "v1 waits for approval: promotion")
    assert [each[:3] for each in sink.got] == [opened]
    assert sink.got[0][3] == "look why, then: trimtab approve late.py v1"
    asked.ask(waiting.ledger, wish(waiting.ledger, "approve", None, "reviewed", now + 2))
    waiting.turn()
    told(waiting, sink, now + 3)
    told(waiting, sink, now + 4)
    assert [kind for kind, *_ in sink.got] == ["opened", "resolved"]


def test_a_sink_that_is_down_gets_the_call_later(waiting):
    sink, now = Kept(down=True), waiting.clock.now()
    told(waiting, sink, now)
    sink.down = False
    told(waiting, sink, now + 120_000_000)
    assert [kind for kind, *_ in sink.got] == ["opened"]


def test_a_call_that_was_answered_before_anyone_looked_is_not_told(waiting):
    asked.ask(waiting.ledger, wish(waiting.ledger, "approve", None, "", waiting.clock.now()))
    waiting.turn()
    sink = Kept()
    told(waiting, sink, waiting.clock.now())
    assert sink.got == []


def test_a_call_is_no_harm_that_a_training_is_due_for_and_teaches_the_monitors_nothing(waiting):
    now = waiting.clock.now()
    call_people(waiting.ledger, now)
    waiting.turn()
    assert recall(waiting.ledger).state.incidents == ()
    respond(waiting.system, waiting.ledger, (), Acknowledge("i1", "benign", "ann", now), now)
    assert list(noted_answers(waiting.ledger, 0, now)) == []


def releasing(ledger, at, **changes):
    """Put on record in what state a release is."""
    state = replace(start(tt.Release()), versions={"v1": "r", "v2": "r"}, **changes)
    declare(ledger, Memory(State(release=state), {}), Declared(tt.Retrain(), tt.Release()), [], at)


def called(ledger, reason, at=1):
    ledger.append_events(LOOP, [Event(at, CALLED, "v2", {"reason": reason})])


@pytest.mark.parametrize("how", [{"frozen": True, "previous": "v1"}, {"previous": None}])
def test_harm_that_the_loop_cannot_end_needs_action_until_another_version_answers(how):
    ledger = MemoryLedger()
    releasing(ledger, 1, champion="v2", **how)
    called(ledger, "v2: worse than v1 by labels")
    (opened,) = call_people(ledger, 5)
    assert opened.incident.finding.severity is Severity.ACT
    assert "trimtab promote" in opened.incident.finding.action
    assert call_people(ledger, 6) == ()
    releasing(ledger, 7, champion="v1")
    (over,) = call_people(ledger, 8)
    assert over.kind == "resolved"
    assert [one.state for one in incidents_of(ledger.read_events(INCIDENTS))] == ["resolved"]


def test_a_candidate_held_in_its_canary_is_looked_at_by_a_person():
    ledger = MemoryLedger()
    held = Candidate("v2", "r", "change", 0.04, 0, stage="canary", held=True)
    releasing(ledger, 1, champion="v1", candidates=(held,))
    called(ledger, "v2 is held in its canary")
    (opened,) = call_people(ledger, 5, file="late.py")
    assert opened.incident.finding.action == "look why, then: trimtab promote late.py v2"
    assert opened.incident.finding.severity is Severity.WATCH


class Inbox(http.server.BaseHTTPRequestHandler):
    """Takes what a webhook or Alertmanager is sent; `refusals` are turned away first."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        refused = self.server.refusals.pop(self.path, None)
        if refused is None:
            self.server.got.append((self.path, body))
        self.send_response(refused or 200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as one mail needs."""

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline():
            verb = line.decode(errors="replace").strip().upper().split(" ")[0]
            if verb == "DATA":
                self.say("354 go on")
                self.server.got.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            self.say("221 bye" if verb == "QUIT" else "250 OK")
            if verb == "QUIT":
                return

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def listening(handler):
    """A receiver on this machine, and what it got."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.got, server.refusals = [], {}
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_every_kind_of_sink_is_told_of_a_call_once_also_one_that_refused_at_first(
    waiting, monkeypatch, caplog
):
    monkeypatch.setattr(socket, "getfqdn", lambda *_: "localhost")
    with listening(Inbox) as web, listening(Post) as post:
        place, port = f"http://127.0.0.1:{web.server_address[1]}", post.server_address[1]
        web.refusals["/hook"] = 503
        mail = tt.Email(
            "ops@example.com", host="127.0.0.1", port=port, sender="a@example.com", encryption="none"
        )
        declared = (tt.Webhook(f"{place}/hook", style="plain"), tt.Alertmanager(place), mail, tt.Log())
        senders, now = [sender(each) for each in declared], waiting.clock.now()
        with caplog.at_level("INFO"):
            for later in (0, 60, 120, 180):
                told_on(waiting.system, waiting.ledger, senders, now + later * 1_000_000, file="late.py")
    paths = [path for path, _ in web.got]
    assert sorted(paths) == ["/api/v2/alerts", "/hook"]
    hooked = dict(web.got)["/hook"]
    assert hooked["finding"]["what"] == "v1 waits for approval: promotion"
    assert len(post.got) == 1
    assert "v1 waits for approval" in post.got[0].replace("=\r\n", "")
    assert sum("v1 waits for approval" in record.getMessage() for record in caplog.records) == 1
