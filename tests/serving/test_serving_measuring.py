"""How the service does, on record: every call counted once, over restarts and failing disks."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.errors import LedgerError
from trimtab.ports import Event
from trimtab.serving.http.metrics import BOUNDS, Tally
from trimtab.serving.measuring import (
    CALLS,
    MEASUREMENTS,
    PARITY,
    Calls,
    Measuring,
    calls_since,
    latest_parity,
)
from trimtab.testing import ManualClock, MemoryLedger
from trimtab.units import days, seconds

CALL = st.tuples(st.sampled_from([200, 404, 422, 500, 503, 504]), st.integers(0, 12_000_000))


class Service:
    """A process that counts calls; a new one starts from nothing on the same record."""

    def __init__(self, ledger, clock):
        self.tallies = {"/predict": Tally(), "/labels": Tally()}
        self.measuring = Measuring(self.tallies, ledger, clock, "late-orders")

    def call(self, status=200, microseconds=900, route="/predict"):
        self.tallies[route].record(status, microseconds)


def service():
    ledger, clock = MemoryLedger(), ManualClock(0)
    return Service(ledger, clock), ledger, clock


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.lists(CALL, max_size=6), max_size=4), max_size=4))
def test_calls_add_up_over_looks_and_restarts(lives):
    ledger, clock, every = MemoryLedger(), ManualClock(0), []
    for looks in lives:
        process = Service(ledger, clock)
        for calls in looks:
            for status, microseconds in calls:
                process.call(status, microseconds)
            process.measuring.look()
        every += [call for calls in looks for call in calls]
    found, twin = calls_since(ledger, 0), Tally()
    for status, microseconds in every:
        twin.record(status, microseconds)
    assert found.requests == len(every)
    assert found.unanswered == sum(status >= 500 for status, _ in every)
    if every:
        assert found.buckets == tuple(twin.buckets)


def test_only_calls_for_predictions_count_and_none_leave_no_event():
    process, ledger, _ = service()
    process.call(route="/labels")
    process.measuring.look()
    assert ledger.frontier(MEASUREMENTS) == 0
    process.call()
    process.measuring.look()
    process.measuring.look()
    assert [event.body["requests"] for event in ledger.read_events(MEASUREMENTS)] == [1]


def test_what_could_not_be_written_is_written_the_next_time(monkeypatch):
    process, ledger, _ = service()
    process.call()

    def full(*_):
        raise LedgerError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "append_events", full)
        process.measuring.look()
    process.call(503)
    process.measuring.look()
    assert calls_since(ledger, 0) == Calls(2, 1, (0, 2, *[0] * 13))


def test_the_end_of_the_process_writes_what_is_left():
    process, ledger, _ = service()
    with process.measuring:
        process.call()
    assert calls_since(ledger, 0).requests == 1


def test_calls_go_on_being_counted_while_they_are_looked_at():
    process, ledger, _ = service()
    caller = threading.Thread(target=lambda: [process.call(number) for number in range(30_000)])
    caller.start()
    while caller.is_alive():
        process.measuring.look()
    caller.join()
    process.measuring.look()
    assert calls_since(ledger, 0).requests == 30_000
    assert sum(calls_since(ledger, 0).buckets) == 30_000


def test_older_calls_are_left_out():
    process, ledger, clock = service()
    for _ in range(3):
        process.call()
        process.measuring.look()
        clock.advance(days(1))
    assert calls_since(ledger, clock.now() - days(2).microseconds).requests == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9_900_000), min_size=1, max_size=300))
def test_the_slowest_of_a_hundred_is_told_within_its_bucket(times):
    tally = Tally()
    for microseconds in times:
        tally.record(200, microseconds)
    found = Calls.of({"/predict": tally}).p99_microseconds(BOUNDS)
    right = sorted(times)[-(-99 * len(times) // 100) - 1]
    edges = [0, *(round(bound * 1_000_000) for bound in BOUNDS)]
    bucket = next(place for place, edge in enumerate(edges) if right <= edge)
    low, high = edges[max(bucket - 1, 0)], edges[max(bucket, 1)]
    assert low <= found <= high


def test_no_call_has_no_p99_and_one_beyond_all_bounds_is_infinite():
    assert Calls().p99_microseconds(BOUNDS) is None
    tally = Tally()
    tally.record(200, 60_000_000)
    assert Calls.of({"/predict": tally}).p99_microseconds(BOUNDS) == float("inf")


def test_the_latest_parity_is_found_among_other_measurements():
    ledger = MemoryLedger()
    assert latest_parity(ledger) is None
    body = {"requests": 1, "unanswered": 0, "buckets": [1]}
    for at, differing in ((5, 3), (6, 0)):
        parity = {"rows": 1, "values": 9, "differing": differing}
        ledger.append_events(MEASUREMENTS, [Event(at, PARITY, "x", parity), Event(at, CALLS, "x", body)])
    assert latest_parity(ledger) == {"at": 6, "rows": 1, "values": 9, "differing": 0}


def test_a_process_without_calls_ends_at_once():
    process, ledger, clock = service()
    clock.advance(seconds(1))
    with process.measuring:
        pass
    assert ledger.frontier(MEASUREMENTS) == 0


@pytest.mark.parametrize("one", [Calls(), Calls(3, 1, (1, 2)), Calls(5, 0, (5,))])
def test_taking_away_what_was_added_leaves_the_rest(one):
    other = Calls(7, 2, (3, 4, 0))
    left = one + other - other
    assert (left.requests, left.unanswered) == (one.requests, one.unanswered)
    assert left.buckets[: len(one.buckets)] == one.buckets
    assert not any(left.buckets[len(one.buckets) :])
