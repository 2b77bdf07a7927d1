"""What became of shadow scores: each is counted once, over failing disks, looks and restarts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.errors import LearnerError, LedgerError
from trimtab.finding import Severity
from trimtab.monitoring.operational import Operations, Unseen, operational_findings
from trimtab.ports import Event
from trimtab.runtime.live_loop.shadow_log import SHADOW as STREAM
from trimtab.serving import operations
from trimtab.serving.http.metrics import Tally
from trimtab.serving.measuring import CALLS, MEASUREMENTS, SHADOW, Measuring, calls_since
from trimtab.serving.operations import figures_of
from trimtab.serving.shadow_scores import ShadowScores
from trimtab.serving.shadowing import Shadowing
from trimtab.serving.timeline import events
from trimtab.testing import ManualClock, MemoryLedger
from trimtab.units import seconds

DAY = 86_400_000_000


class Version:
    """A version that scores unseen, and fails on rows without a number."""

    positions, names = (0,), ("x",)

    def __init__(self, name):
        self.name = name
        self.scorer = self

    def many(self, matrix):
        if np.isnan(matrix.values).any():
            raise LearnerError("no number")
        return matrix.values[:, 0]

    def one(self, values):
        if values[0] is None:
            raise LearnerError("no number")
        return float(values[0])


VERSIONS = Version("v2"), Version("v3")


class Disk(MemoryLedger):
    """A record on a disk that may be full."""

    full = False

    def append_records(self, stream, records):
        if self.full:
            raise LedgerError("the disk is full")
        return super().append_records(stream, records)


def unattended(at_most=4):
    """A shadow that works when it is told to."""
    ledger, clock = Disk(), ManualClock(0)
    found = Shadowing(ledger, clock, at_most=at_most)
    found._thread = object()
    return found, ledger, clock


STEP = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from([1.5, None]), st.integers(1, 2)),
    st.sampled_from([("work",), ("fail",)]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=20))
def test_every_score_is_dropped_or_on_record_or_waits(steps):
    shadowing, ledger, _ = unattended()
    waiting, offered, dropped, failed = [], 0, 0, 0
    for number, (kind, *told) in enumerate(steps):
        if kind == "offer":
            value, versions = told
            offered += versions
            if len(waiting) < 4:
                waiting.append((value, versions))
            else:
                dropped += versions
            shadowing.offer(f"p{number}", [value], VERSIONS[:versions])
            continue
        ledger.full = kind == "fail"
        shadowing._try()
        if ledger.full:
            dropped += sum(versions for _, versions in waiting)
        else:
            failed += sum(versions for value, versions in waiting if value is None)
        waiting = []
    found = shadowing.scores
    assert (found.offered, found.dropped, found.failed) == (offered, dropped, failed)
    assert found.on_record == ledger.frontier(STREAM) == offered - dropped - sum(n for _, n in waiting)


def test_a_score_is_late_by_the_time_from_the_answer_to_the_record():
    shadowing, _, clock = unattended()
    shadowing.offer("p1", [1.0], VERSIONS)
    clock.advance(seconds(4))
    shadowing.offer("p2", [2.0], VERSIONS[:1])
    clock.advance(seconds(1))
    shadowing.work()
    assert shadowing.scores.buckets == (0, 1, 0, 2, 0, 0, 0, 0, 0)
    assert 4_900_000 < shadowing.scores.p99_microseconds <= 5_000_000


class Process:
    """A process that counts; a new one starts from nothing on the same record."""

    def __init__(self, ledger, clock):
        self.scores, self.tallies = ShadowScores(), {"/predict": Tally()}
        self.measuring = Measuring(self.tallies, ledger, clock, "late-orders", lambda: self.scores)


COUNTS = st.builds(
    ShadowScores,
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.tuples(*[st.integers(0, 9)] * 9),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(COUNTS, max_size=4), max_size=3))
def test_shadow_scores_on_record_add_up_over_looks_and_restarts(lives):
    ledger, clock, total = MemoryLedger(), ManualClock(0), ShadowScores()
    for looks in lives:
        process = Process(ledger, clock)
        for new in looks:
            process.scores += new
            process.measuring.look()
            total += new
    told = [event.body[SHADOW] for event in ledger.read_events(MEASUREMENTS)]
    assert sum((ShadowScores.of_json(each) for each in told), ShadowScores()) == total


def test_shadow_scores_stand_with_the_calls_of_the_same_minute_and_alone_where_none_came():
    ledger, clock = MemoryLedger(), ManualClock(0)
    process = Process(ledger, clock)
    process.tallies["/predict"].record(200, 900)
    process.measuring.look()
    process.scores = ShadowScores(3, 1)
    process.measuring.look()
    process.measuring.look()
    first, second = ledger.read_events(MEASUREMENTS)
    assert SHADOW not in first.body
    assert (second.body["requests"], second.body[SHADOW]["dropped"]) == (0, 1)
    assert calls_since(ledger, 0).requests == 1


def test_the_shadow_scores_of_a_day_are_those_of_all_processes():
    ledger, now = MemoryLedger(), 3 * DAY
    for at, scores in (
        (now - DAY, ShadowScores(1_000, 900)),
        (now - DAY + 1, ShadowScores(200, 3, 1, (197, 0, 0, 0, 0, 0, 0, 0, 0))),
        (now, ShadowScores(100, 1, 0, (90, 9, 0, 0, 0, 0, 0, 0, 0))),
    ):
        body = {"requests": 1, "unanswered": 0, "buckets": [1], SHADOW: scores.to_json()}
        ledger.append_events(MEASUREMENTS, [Event(at, CALLS, "late-orders", body)])
    found = operations._unseen(events(ledger, MEASUREMENTS), now)
    assert (found.offered, found.dropped, found.failed) == (300, 4, 1)
    figures = figures_of(Operations(now, unseen=found))
    assert figures["shadow_dropped_share"] == pytest.approx(4 / 300)
    assert 0.5 < figures["shadow_late_seconds"] < 1.0
    endless = figures_of(Operations(now, unseen=Unseen(10, late=float("inf"))))
    assert endless["shadow_late_seconds"] == operations.LONGEST_SECONDS


@pytest.mark.parametrize(("dropped", "severity"), [(10, Severity.OK), (11, Severity.WATCH)])
def test_more_than_one_in_a_hundred_dropped_is_worth_a_line(dropped, severity):
    told = operational_findings(Operations(DAY, unseen=Unseen(1_000, dropped, 2, 450_000.0)))
    (found,) = [each for each in told if each.what.startswith("shadow scores")]
    assert found.severity is severity
    assert found.what == (
        f"shadow scores: 1,000 in 24 h, {dropped} dropped, 2 failed, 99 of 100 on record within 450 milliseconds"
    )
    assert (found.action is None) == (severity is Severity.OK)


def test_without_a_shadow_nothing_is_said_of_one():
    told = operational_findings(Operations(DAY))
    assert not any(each.what.startswith("shadow scores") for each in told)
    assert "shadow_dropped_share" not in figures_of(Operations(DAY))
