"""What goes on beside the model of a live system, told from its record: labels, fallbacks, sources, calls."""

from dataclasses import replace

import pytest
from live_worlds import world
from shop_days import Shop, going_on

from orders import DAY, HOUR
from trimtab.errors import LedgerError
from trimtab.finding import Severity
from trimtab.monitoring.operational import operational_findings
from trimtab.ports import Event, Record
from trimtab.runtime.logged import PREDICTIONS, Logged, encode
from trimtab.serving import known_labels, operations, source_flow
from trimtab.serving.figures import Figures, Tally
from trimtab.serving.measuring import MEASUREMENTS, calls_since
from trimtab.serving.operations import (
    SAMPLE,
    calls_of_day,
    figures_of,
    latest_operations,
    measure_operations,
    note_operations,
)
from trimtab.testing import MemoryLedger
from trimtab.units import hours


@pytest.fixture(scope="module")
def month():
    """A shop after a good month."""
    with world(rows=300) as found:
        shop = Shop(found)
        shop.run(32)
        yield shop


@pytest.fixture
def shop(month):
    """The same shop, for one test to go on with."""
    with going_on(month) as found:
        yield found


def measured(shop):
    found = shop.world
    return measure_operations(found.system, found.home.ledger, None, found.clock.now())


def beside(shop):
    """The lines about labels, fallbacks and so on, by their first words."""
    return {each.what.split(":")[0]: each for each in operational_findings(measured(shop))}


def test_a_good_month_is_quiet(shop):
    told = shop.status()
    assert {each.severity for each in told.findings} == {Severity.OK, Severity.INFO, Severity.NOT_RUN}
    (unrun,) = [each for each in told.findings if each.severity is Severity.NOT_RUN]
    assert unrun.what == "parity of served features was not sampled"
    numbers = measured(shop)
    assert numbers.labels.missing.today.of == numbers.answers.failed.today.of == numbers.served.of == 48
    assert len(numbers.labels.missing.held) == 28
    assert 20 * HOUR < numbers.labels.lag[1] < 34 * HOUR
    assert numbers.labels.pending == pytest.approx(96, abs=8)
    assert numbers.served.lag == 0


def test_labels_that_come_late_are_told_before_their_requests_mature(shop):
    shop.run(2, lag_hours=(36, 40))
    told = beside(shop)
    assert told["labels"].severity is Severity.OK
    assert told["labels are late"].severity is Severity.WATCH
    assert told["labels are late"].owner == "logistics"


def test_labels_that_go_missing_are_told_since_the_day_on_which_it_began(shop):
    shop.run(4, labelled=0.5)
    missing = beside(shop)["labels"]
    assert missing.severity is Severity.WATCH
    assert missing.estimate == pytest.approx(0.5, abs=0.2)
    began = shop.world.clock.now() - 2 * DAY
    assert began - DAY <= missing.since <= began + DAY
    assert shop.status().findings[0].severity is Severity.WATCH, "nothing is broken"


def test_no_label_for_twice_the_usual_lag_is_breakage(shop):
    shop.run(2, labelled=0)
    assert beside(shop)["labels"].severity is Severity.OK, "those due now were asked before"
    shop.run(2, labelled=0)
    stopped = beside(shop)["labels"]
    assert stopped.severity is Severity.ACT
    assert "none of 48 requests" in stopped.what
    assert stopped.since < shop.world.clock.now() - 2 * DAY
    assert "ACT      labels: none of 48" in str(shop.status())


def test_a_label_that_was_erased_is_not_missing(shop):
    found = shop.world
    before = measured(shop).labels.missing.today
    ledger, due = found.home.ledger, found.clock.now() - 2 * DAY
    asked = [record for _, record in ledger.read_records(PREDICTIONS) if due - DAY < record.at <= due]
    places = {row["order"]: row["sequence"] for row in ledger.read_rows("facts/deliveries").to_pylist()}
    gone = [places[record.subject] for record in asked if record.subject in places][:20]
    ledger.erase("facts/deliveries", gone)
    after = measured(shop).labels.missing.today
    assert (after.count, after.of) == (before.count, before.of - 20)


def test_answers_that_were_erased_leave_no_trace(shop):
    ledger = shop.world.home.ledger
    numbers = [sequence for sequence, _ in ledger.read_records(PREDICTIONS)]
    ledger.erase(PREDICTIONS, [*numbers[-30:], *numbers[500:1100]])
    assert measured(shop).served.fallbacks.today.of == 18
    assert beside(shop)["labels"].severity is Severity.OK


def test_a_fallback_storm_is_breakage_with_its_cause(shop, monkeypatch):
    def gone(keys):
        raise LedgerError("the online store is gone")

    shop.world.clock.advance(hours(2))
    with monkeypatch.context() as patch:
        patch.setattr(shop.world.home.store, "get_many", gone)
        shop._ask(0.97, (2, 30))
    told = beside(shop)["fallbacks"]
    assert (told.severity, told.cause) == (Severity.WATCH, "features failed 14.3%"), (
        "eight in an hour are few"
    )
    with monkeypatch.context() as patch:
        patch.setattr(shop.world.home.store, "get_many", gone)
        shop._ask(0.97, (2, 30))
        shop._ask(0.97, (2, 30))
    assert beside(shop)["fallbacks"].severity is Severity.ACT


def test_a_source_that_falls_silent_is_watched_then_breakage(shop):
    shop.run(8 / 24, queue=False)
    assert "sources" in beside(shop)
    shop.run(4 / 24, queue=False)
    (watch,) = [each for name, each in beside(shop).items() if "queue is silent" in name]
    assert watch.severity is Severity.WATCH
    shop.run(8 / 24, queue=False)
    (act,) = [each for name, each in beside(shop).items() if "queue is silent" in name]
    assert act.severity is Severity.ACT


def test_calls_that_stop_are_watched(shop):
    shop.run(25 / 24 + 0.2, asks=False)
    assert beside(shop)["answers"].what == "answers: no call came in 24 h, on each of 28 days before some did"
    assert beside(shop)["fallbacks, nulls and lag"].severity is Severity.NOT_RUN


def test_a_source_that_never_came_alive_is_watched_and_requests_nothing_reads_are_not_waited_for(month):
    with world(rows=300) as found:
        told = operational_findings(
            measure_operations(found.system, found.home.ledger, None, found.clock.now())
        )
        silent = {each.what.split(" ")[0]: each.severity for each in told if "is silent" in each.what}
        assert silent == {"queue": Severity.WATCH}
        assert not [each for each in told if "orders" in each.what]
    unread = Shop(month.world)
    assert not [each for each in measured(unread).sources if each.name == "orders"]


def test_many_answers_are_sampled_evenly_and_few_reads_suffice(shop, monkeypatch):
    ledger, now = shop.world.home.ledger, shop.world.clock.now()
    body = encode(Logged({"order": 1}, {"queue": 1}, now, now, "v1", "champion", 0.5))
    fallback = encode(Logged({"order": 1}, {"queue": 1}, now, now, "v1", "fallback", 0.5))
    many = 60_000
    for start in range(0, many, 10_000):
        ledger.append_records(
            PREDICTIONS,
            [Record(f"m{n}", now, fallback if n % 4 == 0 else body) for n in range(start, start + 10_000)],
        )
    read = []
    original = ledger.read_records

    def counted(stream, *, since=0, until=None):
        found = original(stream, since=since, until=until)
        read.append(len(found))
        return found

    monkeypatch.setattr(ledger, "read_records", counted)
    today = measured(shop).served
    assert today.of == many + 48
    assert SAMPLE * 0.9 < today.fallbacks.today.of <= SAMPLE
    assert today.fallbacks.today.rate == pytest.approx(0.25, abs=0.02)
    assert sum(read) < 20_000


def test_labels_beyond_what_is_read_are_left_out_and_not_called_missing(shop, monkeypatch):
    whole = measured(shop).labels
    monkeypatch.setattr(known_labels, "FACTS_AT_MOST", 500)
    part = measured(shop).labels
    assert part.missing.today == whole.missing.today
    assert 7 < len(part.missing.held) < len(whole.missing.held)
    assert sum(each.count for each in part.missing.held) <= sum(each.count for each in whole.missing.held)


def test_the_flow_of_a_busy_source_is_told_from_some_of_its_facts_and_errs_on_the_lax_side(shop, monkeypatch):
    whole = {each.name: each for each in measured(shop).sources}
    monkeypatch.setattr(source_flow, "FACTS_AT_MOST", 100)
    some = {each.name: each for each in measured(shop).sources}
    for name, each in some.items():
        assert each.latest == whole[name].latest
        assert whole[name].flow.silence <= each.flow.silence < 2 * DAY


def test_the_calls_of_a_day_are_those_of_all_processes(shop):
    ledger, now = shop.world.home.ledger, shop.world.clock.now()
    assert calls_of_day(ledger, now) == calls_since(ledger, now - DAY + 1)
    assert calls_of_day(MemoryLedger(), now).requests == 0


def test_failed_calls_of_the_last_hour_are_breakage(shop):
    ledger, now = shop.world.home.ledger, shop.world.clock.now()
    shop.world.clock.advance(hours(2))
    body = {"requests": 5, "unanswered": 5, "buckets": [0] * 15}
    ledger.append_events(MEASUREMENTS, [Event(now + 2 * HOUR, "calls", "late-orders", body)])
    assert beside(shop)["answers"].severity is Severity.ACT


def test_dropped_shadow_scores_of_any_process_are_a_line_to_watch_and_gauges(shop):
    ledger, now = shop.world.home.ledger, shop.world.clock.now()
    for dropped in (0, 30):
        scores = {"offered": 500, "dropped": dropped, "failed": 0, "buckets": [470, *[0] * 8]}
        body = {"requests": 500, "unanswered": 0, "buckets": [500, *[0] * 14], "shadow": scores}
        ledger.append_events(MEASUREMENTS, [Event(now, "calls", "late-orders", body)])
    found = beside(shop)["shadow scores"]
    assert found.severity is Severity.WATCH
    assert found.what.startswith("shadow scores: 1,000 in 24 h, 30 dropped, 0 failed")
    assert figures_of(measured(shop))["shadow_dropped_share"] == 0.03


def test_figures_are_put_on_record_and_become_gauges(shop, monkeypatch):
    found = shop.world
    ledger, now = found.home.ledger, found.clock.now()
    assert latest_operations(ledger) == {}
    note_operations(found.system, ledger, now)
    noted = latest_operations(ledger)
    assert noted == figures_of(measured(shop))
    assert noted["label_share"] == pytest.approx(0.97, abs=0.06)
    parts = found.service._parts
    figures = Figures(
        parts.champions,
        parts.answering,
        parts.answering._committer,
        Tally(),
        found.clock,
        operations=lambda: latest_operations(ledger),
    )
    gauges = {name: samples for name, _, kind, samples in figures.all() if kind == "gauge"}
    for name in ("fallback_share", "label_share", "label_lag_seconds", "labels_pending"):
        assert gauges[f"trimtab_{name}"] == [({}, float(noted[name]))]


def test_a_measurement_is_found_behind_many_others(shop):
    ledger, now = shop.world.home.ledger, shop.world.clock.now()
    note_operations(shop.world.system, ledger, now)
    other = Event(now, "calls", "late-orders", {"requests": 1, "unanswered": 0, "buckets": [1]})
    ledger.append_events(MEASUREMENTS, [other] * 1500)
    assert latest_operations(ledger)["label_share"] > 0


def test_requests_without_an_id_have_no_labels_to_look_for(shop):
    numbers = measured(shop)
    told = operational_findings(replace(numbers, labels=None))
    assert [each.cause for each in told if each.what == "labels: not looked at"]
    assert operations.figures_of(replace(numbers, labels=None)).keys() == {"fallback_share"}
