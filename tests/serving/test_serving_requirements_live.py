"""Declared limits watched while a system serves: judged from the record, over restarts."""

import asyncio
import json

import pytest
from live_worlds import NOW, world

import trimtab as tt
from orders import DAY, orders_system, orders_tables
from trimtab.finding import Severity
from trimtab.ports import Event
from trimtab.serving.http.app import make_app
from trimtab.serving.http.metrics import BOUNDS, Tally
from trimtab.serving.http.settings import Settings
from trimtab.serving.measuring import CALLS, MEASUREMENTS, Measuring
from trimtab.serving.status import status
from trimtab.testing import MemoryLedger
from trimtab.units import days, hours, kilobytes, megabytes, milliseconds

REQUIRES = tt.Requires(
    p99=milliseconds(20), availability=0.99, staleness=days(30), size=megabytes(5), fairness=0.2
)


@pytest.fixture(scope="module")
def shared():
    with world(orders_system(orders_tables(rows=300), requires=REQUIRES)) as found:
        yield found


@pytest.fixture
def record(shared):
    """A record of its own with the trained version."""
    ledger = MemoryLedger()
    ledger.append_events("versions", shared.home.ledger.read_events("versions"))
    return ledger


def served(ledger, *calls, at=NOW):
    """One life of a serving process with these calls: (status, microseconds)."""
    tally = Tally()
    for status_, microseconds in calls:
        tally.record(status_, microseconds)
    body = {"requests": len(calls), "unanswered": sum(s >= 500 for s, _ in calls), "buckets": tally.buckets}
    ledger.append_events(MEASUREMENTS, [Event(at, CALLS, "late-orders", body)])


def verdicts(shared, ledger, now=NOW, requires=None):
    system = shared.system if requires is None else orders_system(orders_tables(rows=5), requires=requires)
    found = status(system, ledger, now).findings
    words = {
        "p99": ("requests take", "model alone", "latency"),
        "availability": ("answered", "availability"),
        "staleness": ("learned from",),
        "size": ("stored model",),
        "fairness": ("fairness",),
    }
    told = {}
    for name, parts in words.items():
        matching = [each for each in found if any(part in each.what for part in parts)]
        if matching:
            (told[name],) = matching
    return told


def severities(told):
    return {name: finding.severity for name, finding in told.items()}


def test_before_any_request_what_registration_measured_is_judged(shared, record):
    told = verdicts(shared, record)
    assert severities(told) == {
        "p99": Severity.OK,
        "availability": Severity.NOT_RUN,
        "staleness": Severity.OK,
        "size": Severity.OK,
        "fairness": Severity.NOT_RUN,
    }
    assert "the model alone takes" in told["p99"].what
    assert told["availability"].cause == "no request has come yet"


def test_quick_answers_keep_the_limits_and_slow_or_failing_ones_break_them(shared, record):
    served(record, *[(200, 3_000)] * 200)
    told = verdicts(shared, record)
    assert (told["p99"].severity, told["availability"].severity) == (Severity.OK, Severity.OK)
    served(record, *[(200, 90_000)] * 10, *[(503, 900)] * 10)
    told = verdicts(shared, record)
    assert (told["p99"].severity, told["availability"].severity) == (Severity.ACT, Severity.ACT)
    assert "0.954545 of 220 requests" in told["availability"].what
    assert status(shared.system, record, NOW).severity is Severity.ACT


def test_measurements_add_up_over_restarts_and_end_after_a_day(shared, record):
    for life in range(5):
        served(record, *[(200, 3_000)] * 30, at=NOW - life * hours(1).microseconds)
    assert "of 150 requests" in verdicts(shared, record)["availability"].what
    served(record, *[(500, 3_000)] * 500, at=NOW - DAY - 1)
    assert verdicts(shared, record)["availability"].severity is Severity.OK
    later = verdicts(shared, record, NOW + DAY + 1)
    assert later["availability"].severity is Severity.NOT_RUN
    assert "the model alone" in later["p99"].what


def test_requests_slower_than_anything_measured_break_the_limit_without_a_fault(shared, record):
    served(record, *[(504, round(BOUNDS[-1] * 1e6) + 5)] * 3, *[(200, 900)] * 97)
    told = verdicts(shared, record)["p99"]
    assert told.severity is Severity.ACT
    assert "longer than is measured" in told.what


def test_an_old_model_and_a_large_one_must_be_acted_on(shared, record):
    strict = tt.Requires(staleness=days(5), size=kilobytes(1))
    told = verdicts(shared, record, requires=strict)
    assert severities(told) == {"staleness": Severity.ACT, "size": Severity.ACT}
    assert told["staleness"].action == "train a new version"


def test_nothing_is_judged_without_a_version_or_a_limit(shared, record):
    assert verdicts(shared, MemoryLedger()) == {}
    assert verdicts(shared, record, requires=tt.Requires()) == {}


def call(app, path, body):
    """One call to the application; its status."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"]


def test_a_served_system_measures_itself(shared):
    row = {"order": 1, "ordered": "2024-03-01T00:00:00Z", "shop": "north", "weight": 2.0}
    for asked in (60, 60):  # two lives of the process
        app = make_app(shared.service, Settings(open=True), clock=shared.clock)
        with Measuring(app.tallies, shared.home.ledger, shared.clock, "late-orders"):
            answers = [call(app, "/predict", {"row": {**row, "order": 5_000 + n}}) for n in range(asked)]
            refused = call(app, "/predict", {"row": {}})
        assert (set(answers), refused) == ({200}, 422)
    told = verdicts(shared, shared.home.ledger)
    assert "1 of 122 requests were answered" in told["availability"].what, "a refusal is an answer"
    assert "99 of 100 requests take at most" in told["p99"].what
