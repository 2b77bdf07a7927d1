"""One folding writer over a store: whatever happens on the way, what is served is what the record says of that instant."""

import struct
import subprocess
import sys
from contextlib import closing, suppress

import numpy as np
import pyarrow as pa
import pytest
from sklearn.dummy import DummyClassifier

import trimtab as tt
from trimtab import col
from trimtab.adapters.online.lmdb import LmdbStore
from trimtab.adapters.online.memory import MemoryStore
from trimtab.aggregate import naive
from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.errors import LedgerError
from trimtab.features.online import Retention, compile_online
from trimtab.ports import Event
from trimtab.runtime.intake import SOURCES
from trimtab.runtime.online import Folder, Reader
from trimtab.runtime.online.later import PREFIX, Waiting, waiting_changes, waiting_in
from trimtab.testing import MemoryLedger
from trimtab.units import Duration, days, microseconds

SALES_KINDS = {
    "id": Kind.INT,
    "shop": Kind.STRING,
    "price": Kind.FLOAT,
    "word": Kind.STRING,
    "t": Kind.TIMESTAMP,
}
ASKS_KINDS = {"id": Kind.INT, "shop": Kind.STRING, "size": Kind.INT, "t": Kind.TIMESTAMP}
KINDS = {"sales": SALES_KINDS, "asks": ASKS_KINDS}
SALES = tt.Source("sales.parquet", id="id", known="t")
ASKS = tt.Source("asks.parquet", id="id", known="t")
LABEL = tt.Label({SALES: col("price") > 0}, matures_after=days(1))
EXACT = {"over": microseconds(40), "hop": Duration(0)}
STEPS = {"over": microseconds(120), "hop": microseconds(10)}
FEATURES = {
    "n": SALES.by("shop").count(**EXACT),
    "mean": SALES.by("shop").mean("price", **STEPS),
    "word": SALES.by("shop").last("word", **STEPS),
    "low": SALES.by().min("price", **STEPS),
    "ever": SALES.by("shop").sum("price"),
    "asked": ASKS.by("shop").max("size", **STEPS),
}
TINY = Retention(grace=15, rows=3, pause=2)


def system_of(features):
    return tt.System(
        "shop", tt.Request(ASKS, at="t"), tt.Model(DummyClassifier(), tt.Features(**features), LABEL)
    )


def plan_of(features):
    return compile_online(tt.Features(**features), ASKS_KINDS, ASKS, KINDS)


class CrashError(Exception):
    pass


class Crashing(MemoryStore):
    """A store whose process dies after some writes."""

    writes_left = None

    def write(self, changes):
        if self.writes_left is not None:
            if not self.writes_left:
                raise CrashError
            self.writes_left -= 1
        super().write(changes)


class Shop:
    """A record with a folder over a store: what happens to it, and everything that was served."""

    def __init__(self, engine, store, features=FEATURES, batch=3):
        self.engine, self.store, self.features, self.batch = engine, store, features, batch
        self.ledger, self.facts, self.answers = MemoryLedger(), {"sales": [], "asks": []}, []
        for source, kinds in KINDS.items():
            body = {"kinds": {name: str(kind) for name, kind in kinds.items()}}
            self.ledger.append_events(SOURCES, [Event(0, "taken in", source, body)])

    def open(self, now):
        self.folder = Folder(plan_of(self.features), self.store, retention=TINY, batch=self.batch)
        self.folder.catch_up(self.ledger, self.engine, system_of(self.features), now)
        self.reader = Reader(plan_of(self.features), self.store)

    def append(self, source, rows, known):
        kinds = {**KINDS[source], "__known": Kind.INT}
        rows = [{**row, "__known": at} for row, at in zip(rows, known, strict=True)]
        table = pa.table(
            {name: pa.array([row[name] for row in rows], ARROW[kind]) for name, kind in kinds.items()}
        )
        first = self.ledger.append_rows(f"facts/{source}", table, at=0)
        self.facts[source] += [{**row, "__sequence": first + i} for i, row in enumerate(rows)]
        return first

    def take(self, source, rows, known, stamp):
        self.folder.receiving(stamp)
        first = self.append(source, rows, known)
        self.folder.fold(source, rows, known, first, stamp)

    def ask(self, row, at, now):
        served = self.reader.features(row, at, now, self.folder.complete_until(now))
        assert served.as_of <= now
        self.answers.append((row, served))
        return dict(zip(self.features, served.values, strict=True)), served

    def check(self):
        for row, served in self.answers:
            for (name, feature), value in zip(self.features.items(), served.values, strict=True):
                source = feature.source.name
                facts = self.facts[source]
                [right] = naive.column(feature, [{**row, "__at": served.as_of}], facts, KINDS[source], ASKS)
                assert bits(value) == bits(right), (name, row, served)


def bits(value):
    return struct.pack("<d", value) if isinstance(value, float) else value


def sale(random, id_):
    return {
        "id": id_,
        "shop": [None, "a", "a", "b"][random.integers(4)],
        "price": [None, float(np.round(random.normal(), 3))][random.integers(2)],
        "word": [None, "é", "x", "yy"][random.integers(4)],
        "t": 0,
    }


def ask(random, id_):
    return {
        "id": id_,
        "shop": [None, "a", "a", "b"][random.integers(4)],
        "size": int(random.integers(9)),
        "t": 0,
    }


def some(random, shop, source, now):
    rows = [
        (sale if source == "sales" else ask)(random, len(shop.facts[source]) + i)
        for i in range(random.integers(5))
    ]
    return rows, [now + int(max(0, random.integers(-30, 30))) for _ in rows]


def story(shop, random, *, crashes=False):
    """Facts come, in bulk and live, early and late; the process ends and starts again; requests come all the while."""
    rows, known = some(random, shop, "sales", 0)
    shop.append("sales", rows, [at - 20 for at in known])
    now = 100
    shop.open(now)
    for _ in range(25):
        now += int(random.integers(0, 12))
        source = "sales" if random.random() < 0.6 else "asks"
        rows, known = some(random, shop, source, now)
        action = random.random()
        if action < 0.5:
            shop.take(source, rows, known, now)
        elif action < 0.7:
            shop.folder.tick(now)
        elif action < 0.8:
            if rows:
                shop.append(source, rows, known)
            if crashes:
                shop.store.writes_left = int(random.integers(12))
                with suppress(CrashError):
                    shop.open(now)
                shop.store.writes_left = None
            shop.open(now)
        else:
            asked = ask(random, int(random.integers(10)))
            shop.ask(asked, now + int(random.integers(-60, 10)), now)
            shop.ask(asked, now, now)
    shop.ask(ask(random, 0), now, now)
    shop.check()


@pytest.mark.parametrize("seed", range(12))
def test_what_is_served_is_what_the_record_says_of_that_instant(engine, seed):
    story(Shop(engine, MemoryStore()), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(12))
def test_a_crash_in_the_middle_of_catching_up_is_made_good_at_the_next_start(engine, seed):
    story(Shop(engine, Crashing()), np.random.default_rng(seed), crashes=True)


def test_the_durable_store_gives_the_same(engine, tmp_path):
    with LmdbStore(tmp_path, map_size=2**16) as store:
        story(Shop(engine, store), np.random.default_rng(7))


@pytest.fixture
def shop(engine):
    shop = Shop(engine, MemoryStore())
    shop.open(100)
    return shop


SALE = {"id": 1, "shop": "a", "price": 2.5, "word": "x", "t": 0}
ASK = {"id": 9, "shop": "a", "size": 1, "t": 0}


def test_facts_on_their_way_hold_the_instant_back(shop):
    shop.take("sales", [SALE], [110], 110)
    shop.folder.receiving(120)
    values, served = shop.ask(ASK, 125, 130)
    assert (values["n"], served.as_of, served.flags) == (1, 120, ("behind",))
    first = shop.append("sales", [{**SALE, "id": 2}], [121])
    assert shop.ask(ASK, None, 130)[0]["n"] == 1
    shop.folder.fold("sales", [{**SALE, "id": 2}], [121], first)
    values, served = shop.ask(ASK, 125, 130)
    assert (values["n"], served.as_of, served.flags) == (2, 125, ())
    shop.check()


def test_other_processes_are_told_whenever_it_changes(engine):
    told = []
    shop = Shop(engine, MemoryStore())
    shop.open(100)
    shop.folder = Folder(plan_of(FEATURES), shop.store, tell=told.append)
    shop.take("sales", [SALE, {**SALE, "id": 2}], [110, 150], 110)
    shop.folder.tick(160)
    assert [each for i, each in enumerate(told) if i == 0 or each != told[i - 1]] == [
        110,
        150,
        None,
    ]


def test_a_refusal_of_all_facts_leaves_nothing_on_its_way(shop):
    shop.folder.receiving(120)
    shop.folder.fold("sales", [], [], 0)
    assert shop.folder.complete_until(130) == 130
    shop.folder.receiving(140)
    shop.folder.fold("a source that no feature reads", [{"x": 1}], [141], 0)
    assert shop.folder.complete_until(150) == 150


def test_a_fact_of_the_future_counts_from_its_time_on(shop):
    shop.take("sales", [SALE, {**SALE, "id": 2}], [150, 120], 120)
    assert shop.ask(ASK, 140, 140)[0]["n"] == 1
    assert shop.folder.complete_until(200) == 150
    values, served = shop.ask(ASK, None, 160)
    assert (values["n"], served.as_of, served.flags) == (1, 150, ("behind",))
    shop.folder.tick(160)
    assert shop.ask(ASK, None, 160)[0]["n"] == 1 + (160 - 120 <= 40)
    assert waiting_in(shop.store, 9) == []
    shop.check()


def test_a_tick_does_not_overtake_facts_on_their_way(shop):
    shop.take("sales", [SALE], [115], 105)
    shop.folder.receiving(110)
    shop.folder.tick(120)
    first = shop.append("sales", [{**SALE, "id": 2, "word": "earlier"}], [110])
    shop.folder.fold("sales", [{**SALE, "id": 2, "word": "earlier"}], [110], first, 110)
    shop.folder.tick(120)
    assert shop.ask(ASK, None, 120)[0]["word"] == "x"
    shop.check()


def test_facts_that_are_all_of_the_future_wait_though_no_stamp_is_told(shop):
    far = 10**9
    shop.folder.receiving(120)
    first = shop.append("sales", [SALE], [far])
    shop.folder.fold("sales", [SALE], [far], first)
    assert len(waiting_in(shop.store, 9)) == 1
    shop.take("sales", [{**SALE, "id": 2}], [130], 130)
    assert shop.ask(ASK, None, 131)[0]["n"] == 1


def test_a_request_for_the_future_is_answered_as_of_now(shop):
    _, served = shop.ask(ASK, 900, 200)
    assert (served.as_of, served.flags) == (200, ("future",))


def test_a_late_request_is_answered_as_of_the_first_instant_that_is_kept(shop):
    for number in range(20):
        shop.take("sales", [{**SALE, "id": number}], [110 + number], 110 + number)
    values, served = shop.ask(ASK, 112, 130)
    assert served.as_of > 112
    assert served.flags == ("late",)
    assert values["ever"] == 2.5 * (served.as_of - 110)
    shop.check()


def test_facts_that_were_never_folded_are_told_and_values_stay_right(shop):
    shop.append("sales", [SALE], [110])
    shop.folder.receiving(120)
    first = shop.append("sales", [{**SALE, "id": 2}], [120])
    with pytest.raises(
        LedgerError, match=r"appended and never folded.*the next is number 0, these begin with 1"
    ):
        shop.folder.fold("sales", [{**SALE, "id": 2}], [120], first)
    shop.folder.tick(190)
    assert shop.folder.complete_until(200) == 120
    shop.open(200)
    assert shop.folder.complete_until(200) == 200
    assert shop.ask(ASK, 125, 200)[0]["ever"] == 5.0


def test_facts_known_before_those_folded_make_the_source_be_built_anew(shop):
    shop.take("sales", [SALE], [150], 150)
    shop.append("sales", [{**SALE, "id": 2, "word": "early"}], [130])
    shop.open(200)
    assert shop.ask(ASK, 145, 200)[0]["word"] in {"early", "x"}
    assert shop.ask(ASK, None, 200)[0]["ever"] == 5.0
    shop.check()


def test_what_is_built_anew_holds_nothing_but_the_record(shop):
    shop.take("sales", [SALE], [150], 150)
    strays = {
        series.prefix + b"stray": b"x" for series in plan_of(FEATURES).series if series.source == "sales"
    }
    shop.store.write({**strays, **waiting_changes([Waiting("sales", 900, 77, {"shop": "a"})])})
    shop.append("sales", [{**SALE, "id": 2}], [130])
    shop.open(200)
    assert shop.store.get_many(list(strays)) == [None] * len(strays)
    assert waiting_in(shop.store, 9) == []


def test_a_changed_declaration_builds_what_is_new_and_drops_what_is_unused(shop):
    shop.take("sales", [SALE, {**SALE, "id": 2}], [110, 190], 110)
    before = {key for key, _ in shop.store.scan(b"=")}
    kept = {name: FEATURES[name] for name in ("n", "ever", "mean", "low", "asked")}
    shop.features = {**kept, "most": SALES.by("shop").max("id", over=microseconds(500), hop=microseconds(20))}
    shop.open(150)
    after = {key for key, _ in shop.store.scan(b"=")}
    assert after - before
    assert before - after
    assert before & after
    shop.folder.tick(195)
    assert shop.ask(ASK, None, 196)[0]["most"] == 2
    shop.take("sales", [{**SALE, "id": 3}], [200], 200)
    assert shop.ask(ASK, None, 210)[0]["most"] == 3
    shop.check()


def test_nobody_reads_while_series_are_built(engine):
    shop = Shop(engine, Crashing())
    shop.open(100)
    shop.take("sales", [SALE], [150], 150)
    shop.append("sales", [{**SALE, "id": number} for number in range(2, 9)], [130] * 7)
    reader, shop.store.writes_left = shop.reader, 8
    with pytest.raises(CrashError):
        shop.open(200)
    with pytest.raises(LedgerError, match="is being built anew"):
        reader.features(ASK, None, 200, 200)
    shop.store.writes_left = None
    shop.open(200)
    assert dict(zip(FEATURES, reader.features(ASK, None, 200, 200).values, strict=True))["ever"] == 20.0


def test_a_reader_of_features_that_were_never_folded_is_refused(shop):
    other = plan_of({"total": SALES.by("shop").var("price", over=microseconds(70), hop=microseconds(1))})
    with pytest.raises(LedgerError, match=r"does not hold these features yet.*sales.*do: catch up first"):
        Reader(other, shop.store)


def test_sweeping_removes_keys_that_nobody_can_ask_for_and_changes_no_value(engine):
    features = {name: FEATURES[name] for name in ("n", "mean", "low", "asked")}
    shop = Shop(engine, MemoryStore(), features)
    shop.open(100)
    shop.take("sales", [SALE, {**SALE, "id": 2, "shop": "b"}], [110, 110], 110)
    shop.take("sales", [{**SALE, "id": 3}], [300], 300)
    keys = len(shop.store.scan(b"="))
    assert shop.ask({**ASK, "shop": "b"}, 140, 300)[0]["n"] == 1
    for _ in range(6):
        shop.folder.tick(310)
    assert len(shop.store.scan(b"=")) < keys
    values, served = shop.ask({**ASK, "shop": "b"}, 140, 310)
    assert (values["n"], served.as_of, served.flags) == (0, 295, ("late",))
    assert shop.ask(ASK, None, 310)[0]["n"] == 1
    shop.check()


def test_all_history_is_never_swept(shop):
    shop.take("sales", [SALE], [110], 110)
    for _ in range(8):
        shop.folder.tick(10**9)
    assert shop.ask(ASK, None, 10**9)[0]["ever"] == 2.5


def test_what_waits_is_ordered_by_known_time(shop):
    rows = [{**SALE, "id": number} for number in range(4)]
    shop.take("sales", rows, [400, -5 + 300, 300, 350], 120)
    assert [each.known for each in waiting_in(shop.store, 9)] == [295, 300, 350, 400]
    assert all(key.startswith(PREFIX) for key, _ in shop.store.scan(PREFIX))


ANOTHER = """
import sys
from trimtab.adapters.online.lmdb import LmdbStore
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features.online import compile_online
from trimtab.runtime.online import Reader
sales = Source("sales.parquet", id="id", known="t")
kinds = {"id": Kind.INT, "shop": Kind.STRING, "price": Kind.FLOAT, "word": Kind.STRING, "t": Kind.TIMESTAMP}
features = Features(ever=sales.by("shop").sum("price"), word=sales.by("shop").last("word"))
plan = compile_online(features, kinds, Source("asks.parquet", known="t"), {"sales": kinds})
with LmdbStore(sys.argv[1], read_only=True) as store:
    print(tuple(Reader(plan, store).features({"shop": "a"}, None, 130, 130)))
"""


def test_another_process_reads_the_same(engine, tmp_path):
    with closing(LmdbStore(tmp_path)) as store:
        shop = Shop(engine, store, {"ever": FEATURES["ever"], "word": SALES.by("shop").last("word")})
        shop.open(100)
        shop.take("sales", [SALE, {**SALE, "id": 2}], [110, 110], 110)
        command = [sys.executable, "-c", ANOTHER, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "([5.0, 'x'], 130, ())"
