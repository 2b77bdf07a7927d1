"""Facts as they arrive: what is accepted, what a repeat is, and that nothing fails half-way."""

import itertools
import threading
from collections import Counter
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trimtab as tt
from trimtab import col
from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.errors import LedgerError
from trimtab.runtime.receiving import Receiver
from trimtab.sources.identity import KNOWN, SEQUENCE
from trimtab.sources.intake import GONE
from trimtab.testing import ManualClock, MemoryLedger
from trimtab.units import microseconds, seconds

NOW = 1_000_000
KINDS = {"id": Kind.INT, "shop": Kind.STRING, "price": Kind.FLOAT, "t": Kind.TIMESTAMP}
SOURCES = (
    tt.Source("sales.parquet", name="sales", id=("id", "shop"), known="t"),
    tt.Source("prices.parquet", name="prices", id="id", known="t", revises=True),
    tt.Source("stock.parquet", name="stock", id="id", snapshot=True),
    tt.Source("clicks.parquet", name="clicks", known=col("t") + seconds(0)),
)
PLACED = {**KINDS, "row_number": Kind.INT}


class Folded:
    """Folds as a list: what came in which order, and how far it is complete."""

    failing = None

    def __init__(self):
        self.facts, self.next, self.way, self.ticks = [], Counter(), None, []

    def receiving(self, stamp):
        self.way = stamp

    def fold(self, source, rows, known, first, now=None):
        self.way = None
        if not rows:
            return
        if self.failing is not None:
            raise self.failing
        assert first == self.next[source], "in order, none left out and none twice"
        assert all(at >= now for at in known)
        self.next[source] += len(rows)
        self.facts += [(source, row, at) for row, at in zip(rows, known, strict=True)]

    def tick(self, now):
        self.ticks.append(now)


class FailingLedger(MemoryLedger):
    failing = None

    def append_rows(self, *args, **named):
        if self.failing is not None:
            raise self.failing
        return super().append_rows(*args, **named)


class Shop:
    def __init__(self):
        self.ledger, self.folds, self.clock = FailingLedger(), Folded(), ManualClock(NOW)
        kinds = {source.name: PLACED if source.name == "clicks" else KINDS for source in SOURCES}
        self.receiver = Receiver(SOURCES, kinds, self.ledger, self.folds, self.clock)

    def recorded(self, source):
        return self.ledger.read_rows(f"facts/{source}").to_pylist()

    def take(self, source, *rows):
        return self.receiver.take(source, list(rows))

    def later(self, by=1):
        self.clock.advance(microseconds(by))


@pytest.fixture
def shop():
    return Shop()


def fact(id_=1, **changed):
    return {"id": id_, "shop": "a", "price": 2.5, "t": NOW - 5, **changed}


def table_of(*facts, gone=None):
    rows = [{**each, KNOWN: each["t"], SEQUENCE: place} for place, each in enumerate(facts)]
    kinds = {**KINDS, KNOWN: Kind.INT, SEQUENCE: Kind.INT}
    table = pa.table(
        {name: pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in kinds.items()}
    )
    return table if gone is None else table.append_column(GONE, pa.array(gone))


class Twin:
    """The same by the book: one dictionary by id."""

    def __init__(self, source):
        self.source, self.latest = source, {}

    def judge(self, row):
        id_ = tuple(row[name] for name in self.source.id)
        if None in id_:
            return "no "
        if self.source.known is not None and row["t"] is None:
            return "never became known"
        earlier = self.latest.get(id_) if id_ else None
        if earlier == row:
            return ""
        if earlier is not None and not self.source.revises:
            return "contradicts"
        self.latest[id_] = row
        return None


FACTS = st.builds(
    fact,
    st.none() | st.integers(0, 2),
    shop=st.sampled_from(["a", None]),
    price=st.sampled_from([None, 1.0, 2.0]),
    t=st.sampled_from([None, NOW - 10, NOW + 30]),
)


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from([SOURCES[0], SOURCES[1], SOURCES[3]]),
    st.lists(st.tuples(st.lists(FACTS, max_size=5), st.integers(0, 20)), max_size=5),
)
def test_batches_are_judged_like_a_dictionary_by_id(source, batches):
    shop, twin = Shop(), Twin(source)
    kept = []
    for rows, wait in batches:
        wanted = [twin.judge(row) for row in rows]
        found = shop.take(source.name, *rows)
        for verdict, expected in zip(found, wanted, strict=True):
            assert verdict == expected if not expected else verdict.startswith(expected), (found, wanted)
        now = shop.clock.now()
        kept += [
            (row, max(now, row["t"])) for row, verdict in zip(rows, wanted, strict=True) if verdict is None
        ]
        shop.later(wait)
    recorded = shop.recorded(source.name)
    assert [({name: row[name] for name in KINDS}, row[KNOWN]) for row in recorded] == kept
    assert [({name: row[name] for name in KINDS}, known) for _, row, known in shop.folds.facts] == kept, (
        "folded as recorded"
    )
    assert shop.folds.way is None


def test_what_is_known_in_the_future_is_stamped_with_that(shop):
    assert shop.take("sales", fact(1, t=NOW + 50), fact(2, t=NOW - 50)) == [None, None]
    assert [row[KNOWN] for row in shop.recorded("sales")] == [NOW + 50, NOW]
    assert [row["recorded_at"] for row in shop.recorded("sales")] == [NOW, NOW]


def test_a_revision_and_a_return_to_the_first_version_are_both_news(shop):
    first, other = fact(price=1.0), fact(price=2.0)
    assert shop.take("prices", first, other, other, first) == [None, None, "", None]
    assert shop.take("prices", first) == [""]
    assert shop.take("prices", other) == [None]


def test_a_source_without_ids_numbers_its_facts_by_their_place_on_record(shop):
    shop.take("clicks", fact(), fact())
    shop.later()
    assert shop.take("clicks", fact(), fact(t=None), fact()) == [
        None,
        "never became known: t is null",
        None,
    ]
    assert [row["row_number"] for row in shop.recorded("clicks")] == [0, 1, 2, 3]


def test_a_snapshot_takes_rows_differences_and_disappearances(shop):
    assert shop.take("stock", fact(1)) == [None]
    shop.later()
    gone = table_of(fact(1), fact(2, price=9.0), gone=[True, False])
    assert shop.receiver.take_table("stock", gone) == 2
    assert [(row["id"], row[GONE]) for row in shop.recorded("stock")] == [(1, False), (1, True), (2, False)]
    assert [row["id"] for _, row, _ in shop.folds.facts] == [1, None, 2], "a row that is gone counts nowhere"
    assert [known for _, _, known in shop.folds.facts] == [NOW, NOW + 1, NOW + 1]
    shop.later()
    assert shop.receiver.take_table("stock", table_of(fact(1), gone=[False])) == 1, "and may come back"


def test_facts_read_from_a_file_are_known_from_now_on(shop):
    assert shop.receiver.take_table("sales", table_of(fact(1, t=3), fact(2, t=NOW + 9))) == 2
    assert [row[KNOWN] for row in shop.recorded("sales")] == [NOW, NOW + 9]
    assert shop.take("sales", fact(1, t=3)) == [""], "the same fact over HTTP is a repeat"
    assert shop.take("sales", fact(2, t=4))[0].startswith("contradicts")


def test_a_fact_that_came_by_itself_while_its_file_was_read_is_not_taken_twice(shop):
    shop.take("sales", fact(1), fact(2))
    read = table_of(fact(1), fact(2, price=99.0), fact(3))
    assert shop.receiver.take_table("sales", read) == 1
    assert [row["id"] for row in shop.recorded("sales")] == [1, 2, 3]
    assert shop.receiver.take_table("sales", read) == 0
    shop.take("prices", fact(1), fact(2))
    assert shop.receiver.take_table("prices", read) == 2, "a revision is news, a repeat is not"
    assert [(row["id"], row["price"]) for row in shop.recorded("prices")][2:] == [(2, 99.0), (3, 2.5)]


def test_stamps_never_go_back_when_the_clock_does(shop):
    shop.take("sales", fact(1))
    shop.receiver._clock = ManualClock(NOW - 500)
    shop.take("sales", fact(2))
    assert [row[KNOWN] for row in shop.recorded("sales")] == [NOW, NOW]


def test_a_ledger_that_fails_leaves_nothing_and_a_retry_mends_it(shop):
    shop.ledger.failing = LedgerError("the disk is full")
    for work in (
        lambda: shop.take("sales", fact(1)),
        lambda: shop.receiver.take_table("sales", table_of(fact(2))),
    ):
        with pytest.raises(LedgerError):
            work()
        assert shop.folds.way is None, "nothing is on its way any more"
        assert not shop.receiver.busy
    shop.ledger.failing = None
    assert shop.take("sales", fact(1)) == [None]
    assert shop.receiver.take_table("sales", table_of(fact(2))) == 1
    assert shop.take("sales", fact(1), fact(2)) == ["", ""]
    assert [row["id"] for row in shop.recorded("sales")] == [1, 2]


def test_a_fold_that_fails_leaves_the_fact_on_record_and_the_retry_says_so(shop):
    shop.folds.failing = LedgerError("the store is full")
    with pytest.raises(LedgerError):
        shop.take("sales", fact(1))
    shop.folds.failing = None
    assert shop.take("sales", fact(1)) == [""]
    assert not shop.receiver.busy


def test_a_folder_that_takes_nothing_is_asked_before_anything_is_written(shop):
    def refuse(stamp):
        raise LedgerError("facts cannot be folded now")

    shop.folds.receiving = refuse
    with pytest.raises(LedgerError):
        shop.take("sales", fact(1))
    assert shop.recorded("sales") == []


def test_a_tick_tells_the_present(shop):
    shop.later(7)
    shop.receiver.tick()
    assert shop.folds.ticks == [NOW + 7]


def test_threads_at_once_lose_double_and_mix_nothing():
    shop, verdicts, ticks = Shop(), [], itertools.count(NOW)
    shop.receiver._clock = SimpleNamespace(now=lambda: next(ticks))
    begin = threading.Barrier(6)

    def work(number):
        begin.wait()
        for step in range(20):
            rows = [fact(step * 3 + place) for place in range(4)]
            if number % 3:
                verdicts.extend(shop.take("sales", *rows))
            else:
                shop.receiver.take_table("sales", table_of(*rows))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorded = shop.recorded("sales")
    assert sorted(row["id"] for row in recorded) == list(range(61))
    assert [row[KNOWN] for row in recorded] == sorted(row[KNOWN] for row in recorded)
    assert len(verdicts) == 4 * 20 * 4
    assert set(verdicts) <= {None, ""}
    assert [(row["id"], at) for _, row, at in shop.folds.facts] == [
        (row["id"], row[KNOWN]) for row in recorded
    ]
