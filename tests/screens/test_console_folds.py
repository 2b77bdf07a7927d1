"""What pages are folded from: only what was known at the instant, and equal to the naive sums."""

from __future__ import annotations

import numpy as np
import pytest
from console_worlds import DAY, FIRST, HOUR, REPLAYED, replay_book, replay_ledger, replay_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.finding import Severity
from trimtab.metrics.losses import log_losses
from trimtab.ports import Event
from trimtab.screens import Book, add_up_replay
from trimtab.screens.book import Journals
from trimtab.screens.folds.calls import measured_days
from trimtab.screens.folds.days import trailing
from trimtab.screens.folds.matters import champion, considered, entries, kept_versions, previous
from trimtab.screens.folds.replayed import arrival, replayed_days, sums_of
from trimtab.screens.folds.told import replayed_incidents, told
from trimtab.screens.keeping import Kept
from trimtab.testing import ManualClock, MemoryLedger


@pytest.fixture(scope="module")
def book():
    return replay_book()


@pytest.fixture(scope="module")
def tables():
    return replay_tables()


def naive(tables, at):
    """Loss by day from the rows themselves: the last label known before the instant counts."""
    predictions, labels = (table.to_pylist() for table in tables)
    latest = {}
    for row in sorted(labels, key=lambda row: row["known"]):
        if row["known"] < at:
            latest[row["order"]] = row["value"]
    days: dict[int, list[float]] = {}
    for row in predictions:
        if row["at"] < at:
            found = days.setdefault(row["at"] // DAY, [0, 0, 0.0])
            found[0] += 1
            if row["order"] in latest:
                found[1] += 1
                found[2] += float(log_losses([latest[row["order"]]], [row["score"]])[0])
    return days


@settings(max_examples=12, deadline=None)
@given(hours=st.integers(24, REPLAYED * 24))
def test_performance_at_any_hour_is_the_sum_of_what_was_known_before_it(book, tables, hours):
    at = FIRST + hours * HOUR
    days = replayed_days(book.view(at))
    expected = naive(tables, at)
    for place, start in enumerate(days.start):
        requests, labelled, loss = expected.get(int(start) // DAY, (0, 0, 0.0))
        assert days.requests[place] == requests
        assert days.labelled[place] == labelled
        assert days.loss[place] == pytest.approx(loss, abs=1e-9)


def test_the_sums_are_made_once(book):
    assert sums_of(book.view()) is sums_of(book.view(FIRST + DAY))


def test_labels_arrive_within_the_hours_that_they_took(book, tables):
    hours, share, count = arrival(book.view())
    known = np.sort(tables[1]["known"].to_numpy()[:4000])
    assert count == (known < FIRST + REPLAYED * DAY).sum() > 3900
    assert share[0] == 0  # none within the first hour
    assert share[-1] == 1
    assert 38 <= len(hours) <= 41


def test_nothing_later_than_the_instant_is_seen(book):
    view = book.view(FIRST + 45 * DAY)
    assert [each.name for each in kept_versions(view)] == ["v1", "v2"]
    assert champion(view).name == "v2"
    assert previous(view) == "v1"
    assert all(entry.at <= view.at for entry in entries(view))
    assert view.events("measurements") == []


def test_the_last_look_at_training_is_told_also_when_it_said_not_now(book):
    assert considered(book.view()).outcome == "not now"
    assert considered(book.view(FIRST + 45 * DAY)).outcome == "v2"
    assert all(entry.outcome != "not now" for entry in entries(book.view()))


def test_other_policies_of_a_replay_are_left_out(book):
    assert len(kept_versions(book.view())) == 4


def test_a_trailing_mean_is_of_28_days_and_has_no_interval_below_ten():
    start = np.arange(40, dtype=np.int64) * DAY
    total, rows = np.arange(40, dtype=np.float64), np.full(40, 2.0)
    points = trailing(start, total, rows)
    assert [point.at // DAY for point in points] == [7, 14, 21, 28, 35, 40]
    assert not points[0].mean.known
    assert points[-1].mean.estimate == pytest.approx(total[12:].sum() / 56)
    assert points[-1].mean.low < points[-1].mean.estimate < points[-1].mean.high


def test_a_day_without_rows_is_left_out():
    start = np.arange(3, dtype=np.int64) * DAY
    points = trailing(start, np.array([1.0, np.nan, 1.0]), np.array([1.0, 0.0, 1.0]))
    assert [point.rows for point in points] == [2]


def test_calls_of_a_day_are_added_up_and_a_day_under_way_grows():
    ledger, clock = MemoryLedger(), ManualClock(FIRST + 40 * DAY + HOUR)
    body = {"requests": 3, "unanswered": 1, "buckets": [2, 1]}
    for at in (FIRST, FIRST + 39 * DAY, FIRST + 39 * DAY + 1, FIRST + 40 * DAY):
        ledger.append_events("measurements", [Event(at, "calls", "s", body)])
    ledger.append_events(
        "measurements", [Event(FIRST + 40 * DAY, "parity", "s", {"values": 7, "differing": 1})]
    )
    book = Book("live", "s", ledger, clock)
    days = measured_days(book.view())
    assert [day.calls.requests for day in days] == [6, 3]
    assert (days[-1].values, days[-1].differing) == (7, 1)
    ledger.append_events("measurements", [Event(clock.now(), "calls", "s", body)])
    assert [day.calls.requests for day in measured_days(book.view())] == [6, 6]
    assert [day.calls.requests for day in measured_days(book.view(FIRST + 39 * DAY))] == [3]


def test_what_monitors_said_is_cut_at_the_instant(book):
    said = told(book.view(FIRST + 80 * DAY), "never")
    assert len(said) == 80
    assert said.finding().severity is Severity.ACT
    assert told(book.view(FIRST + 60 * DAY), "never").finding().severity is Severity.OK
    assert told(book.view(FIRST + DAY - 1), "never") is None
    assert len(told(book.view(), "own")) == REPLAYED


def test_an_incident_of_a_replay_opens_and_ends_when_it_became_known(book):
    states = [
        [each.state for each in replayed_incidents(book.view(FIRST + day * DAY), "own")]
        for day in (63, 64, 68)
    ]
    assert states == [[], ["open"], ["resolved"]]


def test_folds_that_were_kept_are_the_same_as_those_made_anew(tmp_path):
    ledger = replay_ledger()

    def opened():
        return Book("r", "orders", ledger, ManualClock(FIRST), replay=True, folds=tmp_path / "console")

    first, plain = opened(), Book("r", "orders", ledger, ManualClock(FIRST), replay=True)
    for book in (first, opened()):
        for day in (40, 119):
            views = [each.view(FIRST + day * DAY) for each in (book, plain)]
            kept, made = (replayed_days(view) for view in views)
            assert (kept.loss == made.loss).all()
            assert kept.metric == made.metric
            left, right = (told(view, "never") for view in views)
            assert (left.verdict == right.verdict).all()
            assert np.array_equal(left.loss, right.loss, equal_nan=True)
    assert sorted(path.name for path in (tmp_path / "console").iterdir()) == [
        "journal-watched.npz",
        "sums.npz",
    ]


def test_what_a_replay_added_up_at_its_end_is_what_the_first_look_shows(tmp_path):
    class Rowless(MemoryLedger):
        def read_rows(self, stream, **how):
            raise AssertionError(f"the rows of {stream} are read")

    ledger = replay_ledger()
    add_up_replay(Book("r", "orders", ledger, ManualClock(FIRST), replay=True, folds=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal-watched.npz", "sums.npz"]
    shown = Book("r", "orders", replay_ledger(), ManualClock(FIRST), replay=True, folds=tmp_path)
    expected = replayed_days(Book("r", "orders", ledger, ManualClock(FIRST), replay=True).view())
    shown.ledger.__class__ = Rowless
    found = replayed_days(shown.view())
    assert (found.loss == expected.loss).all()
    assert found.metric == expected.metric


def test_a_journal_that_grew_is_read_on_from_what_was_kept(tmp_path):
    class Counting(MemoryLedger):
        read = 0

        def read_events(self, stream, *, since=0, until=None):
            found = super().read_events(stream, since=since, until=until)
            self.read += len(found)
            return found

    ledger = Counting()
    ledger.append_events("windows", [Event(n, "x", "", {}) for n in range(100)])

    def numbers(events):
        return {"at": np.array([event.at for event in events], np.int64)}

    def grown():
        return Journals(ledger, Kept(tmp_path)).grown("windows", numbers)["at"].tolist()

    assert grown() == list(range(100))
    ledger.append_events("windows", [Event(100, "x", "", {})])
    ledger.read = 0
    assert grown() == list(range(101))
    assert ledger.read <= 3, "the new one, and the first of all to tell the journal by"


def test_folds_of_another_record_or_damaged_ones_are_not_believed(tmp_path):
    def numbers(events):
        return {"at": np.array([event.at for event in events], np.int64)}

    for start in (0, 50):
        ledger = MemoryLedger()
        ledger.append_events("windows", [Event(start + n, "x", "", {}) for n in range(10)])
        found = Journals(ledger, Kept(tmp_path)).grown("windows", numbers)["at"].tolist()
        assert found == list(range(start, start + 10))
    (tmp_path / "journal-windows.npz").write_bytes(b"PK damaged")
    assert Journals(ledger, Kept(tmp_path)).grown("windows", numbers)["at"][0] == 50


def test_a_folder_that_cannot_be_written_leaves_pages_as_they_are(tmp_path):
    (tmp_path / "file").write_text("")
    kept = Kept(tmp_path / "file")
    kept.write("x", "s", {"a": np.arange(3)})
    assert kept.read("x", "s") is None
