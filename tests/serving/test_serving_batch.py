"""A batch holds every row in order, scored with the system's own definitions, and says what it could not do."""

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from batches import NOW, ORDERS, TABLES, World, trained, with_column
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

import trimtab as tt
from orders import DAY, HOUR, START, orders_system
from trimtab import col, days, wiring
from trimtab.declare.source import sql
from trimtab.errors import DataError, LearnerError, LedgerError, UsageError
from trimtab.runtime.history import compute_features
from trimtab.runtime.intake import facts_from, take_in
from trimtab.serving.batch import BATCHES, run
from trimtab.serving.batch.run import _version
from trimtab.serving.champion import version_of
from trimtab.serving.engines import load_scorer
from trimtab.serving.fallback import Fallback
from trimtab.serving.problems import RequestError
from trimtab.testing import MemoryLedger


@pytest.fixture
def to(tmp_path):
    return tmp_path / "predictions.parquet"


def read(path):
    return pq.read_table(path)


def expected(world, orders):
    """Features by the plan, and the scores of one request after the other, as they are scored online."""
    facts = facts_from(world.ledger, world.system, world.engine)
    asked = orders.set_column(1, "__at", orders["ordered"].cast(pa.int64()))
    asked = asked.append_column("__row", pa.array(range(len(asked))))
    features = compute_features(world.system, world.system.model.features, facts, asked, world.engine)
    version = version_of(world.ledger.read_events("versions")[0].body)
    scorer = load_scorer(version, world.blobs, wiring.load).scorer
    rows = features.select(list(scorer.names)).to_pylist()
    return features, np.array([scorer.one(list(row.values())) for row in rows])


def test_every_row_is_there_in_order_with_the_score_that_a_single_request_gets(to):
    shuffled = ORDERS.take(pa.array(np.random.default_rng(1).permutation(900)))
    result = trained().predict(shuffled, to, chunk_rows=250)
    found = read(to)
    assert found.column_names == ["order", "at", "score", "decision", "version", "as_of", "problem"]
    assert found["order"].equals(shuffled["order"])
    assert found["at"].equals(shuffled["ordered"])
    assert found["as_of"].equals(shuffled["ordered"])
    assert np.array_equal(found["score"].to_numpy(), expected(trained(), shuffled)[1])
    assert found["decision"].equals(pc.greater_equal(found["score"], 0.25)), "stakes of 1 against 3"
    assert set(found["version"].to_pylist()) == {"v1"}
    assert found["problem"].null_count == 900
    assert (result.rows, result.scored, result.problems, result.resumed) == (900, 900, {}, 0)


def test_features_are_those_of_the_batch_plan(to):
    trained().predict(ORDERS.slice(0, 300), to, features=True, chunk_rows=70)
    features, _ = expected(trained(), ORDERS.slice(0, 300))
    found = read(to).drop_columns(read(to).column_names[:7])
    assert found.column_names == [f"feature_{name}" for name in features.column_names]
    assert found.equals(features.rename_columns(found.column_names).combine_chunks())


def test_without_rows_those_of_the_request_source_are_predicted(to):
    assert trained().predict(None, to).rows == 900


def test_a_row_without_a_time_keeps_its_place_and_gets_no_score(to):
    times = ORDERS["ordered"].to_pylist()[:6]
    times[2] = times[5] = None
    result = trained().predict(with_column(ORDERS.slice(0, 6), "ordered", times), to, features=True)
    found = read(to)
    assert found["order"].to_pylist() == list(range(6))
    assert found["problem"].to_pylist() == [None, None, "no time", None, None, "no time"]
    for name in ("at", "as_of", "score", "decision", "feature_shop"):
        assert [value is None for value in found[name].to_pylist()] == [
            False,
            False,
            True,
            False,
            False,
            True,
        ]
    assert result.problems == {"no time": 2}
    assert result.scored == 4
    assert "2 of them had a problem" in result.sentence


def test_rows_without_any_time_at_all(to):
    rows = with_column(ORDERS.slice(0, 3), "ordered", [None] * 3)
    assert trained().predict(rows, to).scored == 0
    assert read(to)["problem"].to_pylist() == ["no time"] * 3


def test_all_rows_as_of_one_instant_need_no_time_of_their_own(to):
    trained().predict(ORDERS.slice(0, 5).drop_columns(["ordered"]), to, at=START + 40 * DAY, features=True)
    found = read(to)
    assert pc.unique(found["at"]).cast(pa.int64()).to_pylist() == [START + 40 * DAY]
    moved = with_column(ORDERS.slice(0, 5), "ordered", [START + 40 * DAY] * 5)
    assert np.array_equal(found["score"].to_numpy(), expected(trained(), moved)[1])


def test_now_is_when_the_batch_began(to):
    trained().predict(ORDERS.slice(0, 2), to, at="now")
    assert set(read(to)["at"].cast(pa.int64()).to_pylist()) == {NOW}


def test_a_request_for_a_time_to_come_holds_features_as_of_now(to):
    result = trained().predict(
        with_column(ORDERS.slice(0, 2), "ordered", [NOW - HOUR, NOW + DAY]), to, features=True
    )
    found = read(to)
    assert found["at"].cast(pa.int64()).to_pylist() == [NOW - HOUR, NOW + DAY]
    assert found["as_of"].cast(pa.int64()).to_pylist() == [NOW - HOUR, NOW]
    at_now = with_column(ORDERS.slice(0, 2), "ordered", [NOW - HOUR, NOW])
    assert np.array_equal(found["score"].to_numpy(), expected(trained(), at_now)[1])
    assert result.ahead == 1
    assert "time to come" in str(result)


def test_no_rows_give_a_file_with_the_columns(to):
    result = trained().predict(ORDERS.slice(0, 0), to)
    assert len(read(to)) == 0
    assert read(to).column_names[:3] == ["order", "at", "score"]
    assert result.severity.name == "NOT_RUN"


@pytest.mark.parametrize("form", ["parquet", "csv", "folder", "glob", "sql", "polars", "reader"])
def test_rows_come_from_anywhere(form, to, tmp_path):
    rows = ORDERS.slice(0, 200).append_column("remark", pa.array(["ignored"] * 200))
    (tmp_path / "in").mkdir()
    half = tmp_path / "in" / "b.parquet"
    if form == "parquet":
        pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=30)
        rows = tmp_path / "rows.parquet"
    elif form == "csv":
        pv.write_csv(rows, tmp_path / "rows.csv")
        rows = str(tmp_path / "rows.csv")
    elif form in {"folder", "glob"}:
        pv.write_csv(rows.slice(0, 90), tmp_path / "in" / "a.csv")
        pq.write_table(rows.slice(90), half)
        rows = tmp_path / "in" if form == "folder" else str(tmp_path / "in" / "*")
    elif form == "sql":
        url = f"sqlite:///{tmp_path / 'shop.db'}"
        naive = rows.set_column(1, "ordered", rows["ordered"].cast(pa.timestamp("us")))
        to_sqlite(url, naive)
        rows = sql(url, "orders")
    elif form == "polars":
        rows = pl.from_arrow(rows)
    else:
        rows = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches(30))
    world = zoned() if form == "sql" else trained()
    world.predict(rows, to, chunk_rows=64)
    found = read(to)
    assert found["order"].to_pylist() == list(range(200))
    assert np.array_equal(found["score"].to_numpy(), expected(trained(), ORDERS.slice(0, 200))[1])


def to_sqlite(url, rows):
    engine = sqlalchemy.create_engine(url)
    table = sqlalchemy.Table(
        "orders",
        sqlalchemy.MetaData(),
        sqlalchemy.Column("order", sqlalchemy.Integer),
        sqlalchemy.Column("ordered", sqlalchemy.DateTime),
        sqlalchemy.Column("shop", sqlalchemy.Text),
        sqlalchemy.Column("weight", sqlalchemy.Float),
        sqlalchemy.Column("remark", sqlalchemy.Text),
    )
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), rows.to_pylist())
    engine.dispose()


def zoned():
    """The shared world; its orders come without a zone from the database, as SQLite keeps none."""
    shared = trained()
    shared_source = shared.system.request.source
    world = World(orders_system(TABLES), shared.engine, shared.ledger, shared.blobs)
    object.__setattr__(world.system.request.source, "zone", "UTC")
    assert shared_source.zone is None
    return world


def test_values_are_read_as_the_source_reads_them(to):
    rows = pa.table(
        {
            "order": pa.array([1.0, 2.0]),
            "ordered": ORDERS["ordered"].slice(0, 2).cast(pa.timestamp("ns", "UTC")),
            "shop": pa.array(["north", "south"]).dictionary_encode(),
            "weight": pa.array([3, None], pa.int8()),
        }
    )
    trained().predict(rows, to, features=True)
    found = read(to)
    assert found["order"].to_pylist() == [1, 2]
    assert found["feature_weight"].to_pylist() == [3.0, None]
    with_nan = rows.set_column(3, "weight", pa.array([3.0, float("nan")]))
    before = found["score"].to_pylist()
    trained().predict(with_nan, to)
    assert read(to)["score"].to_pylist() == before


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (
            {"shop": None},
            "no column 'shop' in rows.parquet; found: order, ordered, weight, shops; did you mean 'shops'",
        ),
        (
            {"weight": ["heavy"] * 3},
            "column 'weight' of the rows is string, but that of source 'orders' is float",
        ),
        ({"order": [1.5, 2.0, 3.0]}, "column 'order' of the rows is float, but .* is int"),
        ({"ordered": ["yesterday"] * 3}, "column 'ordered' of the rows is string"),
    ],
)
def test_rows_that_do_not_fit_are_refused_before_anything_is_written(change, match, to, tmp_path):
    rows = ORDERS.slice(0, 3).to_pydict() | change
    rows = {name: values for name, values in rows.items() if values is not None}
    if "shop" not in rows:
        rows["shops"] = ["north"] * 3
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
    with pytest.raises(DataError, match=match):
        trained().predict(tmp_path / "rows.parquet", to)
    assert not to.exists()


def test_predictions_never_replace_their_rows(tmp_path):
    pq.write_table(ORDERS, tmp_path / "rows.parquet")
    for rows, to in (("rows.parquet", "rows.parquet"), (".", "predictions.parquet")):
        with pytest.raises(UsageError, match="written among the rows"):
            trained().predict(tmp_path / rows, tmp_path / to)


def test_the_champion_answers_unless_another_version_is_named(to):
    world = World(orders_system(TABLES)).train().train()
    world.predict(ORDERS.slice(0, 2), to)
    assert read(to)["version"].to_pylist() == ["v2", "v2"]
    assert world.predict(ORDERS.slice(0, 2), to, version="v1").version == "v1"
    with pytest.raises(RequestError, match=r"no version 'v3'.*v1, v2"):
        world.predict(ORDERS, to, version="v3")


def test_without_a_version_or_a_record_there_is_nothing_to_predict_with(to, engine):
    world = World(orders_system(TABLES), engine)
    with pytest.raises(LedgerError, match="nothing of source 'orders' has been taken in"):
        world.predict(ORDERS, to)
    world = World(orders_system(TABLES), engine, ledger=trained_without_versions())
    with pytest.raises(UsageError, match="no version can predict; found: none is trained"):
        world.predict(ORDERS, to)


def trained_without_versions():
    ledger = MemoryLedger()
    engine = wiring.engine()
    take_in(orders_system(TABLES), engine, wiring.tables(), ledger, NOW)
    engine.close()
    return ledger


def fussy(weight):
    if weight == 13:
        raise ValueError("unlucky")
    return weight


def test_a_row_whose_features_fail_gets_the_baseline_and_the_others_their_scores(to):
    world = with_features(lucky=fussy, weight=col("weight"))
    weights = [1.0, 13.0, 3.0, 4.0, 13.0]
    result = world.predict(with_column(ORDERS.slice(0, 5), "weight", weights), to, features=True)
    found = read(to)
    assert found["problem"].to_pylist() == [None, "features failed", None, None, "features failed"]
    assert found["feature_lucky"].to_pylist() == [1.0, None, 3.0, 4.0, None]
    assert found["score"].to_pylist()[1] == found["score"].to_pylist()[4] == baseline(world)
    assert result.problems == {"features failed": 2}
    with pytest.raises(LearnerError, match="unlucky"):
        world.predict(with_column(ORDERS.slice(0, 100), "weight", [13.0] * 100), to)


def baseline(world):
    """The score that online answers when something fails; no field of these worlds has rates of its own."""
    version = version_of(world.ledger.read_events("versions")[0].body)
    return Fallback.of(version.provenance).score({})


def with_features(**features):
    system = orders_system(TABLES)
    model = tt.Model(HistGradientBoostingClassifier(max_iter=5), tt.Features(**features), system.model.label)
    return World(tt.System("fussy", system.request, model)).train()


class Refusing:
    """A scorer that fails for one weight, alone or in company."""

    def __init__(self, scorer, weight):
        self._scorer, self._weight = scorer, weight
        self.name, self.names = scorer.name, scorer.names

    def one(self, values):
        if values[self.names.index("weight")] == self._weight:
            raise LearnerError("refused")
        return self._scorer.one(values)

    def many(self, matrix):
        if self._weight in matrix.only(["weight"]).values:
            raise LearnerError("refused")
        return self._scorer.many(matrix)


def test_a_row_that_the_model_refuses_gets_the_baseline_and_the_others_their_scores(to, monkeypatch):
    def refusing(*given):
        loaded = _version(*given)
        return replace(loaded, chosen=replace(loaded.chosen, scorer=Refusing(loaded.chosen.scorer, 13.0)))

    rows = with_column(ORDERS.slice(0, 3), "weight", [1.0, 13.0, 3.0])
    trained().predict(rows, to)
    scores = read(to)["score"].to_pylist()
    monkeypatch.setattr(run, "_version", refusing)
    result = trained().predict(rows, to)
    found = read(to)
    assert found["problem"].to_pylist() == [None, "model failed", None]
    assert result.problems == {"model failed": 1}
    assert found["score"].to_pylist() == [scores[0], baseline(trained()), scores[2]]


def test_nothing_to_decide_without_stakes_and_for_numbers(to):
    with_features(weight=col("weight")).predict(ORDERS.slice(0, 2), to)
    assert "decision" not in read(to).column_names
    system = orders_system(TABLES)
    delay = tt.Label({system.model.label.arms[0][0]: col("hours_late")}, matures_after=days(2))
    model = tt.Model(HistGradientBoostingRegressor(max_iter=5), tt.Features(weight=col("weight")), delay)
    World(tt.System("delay", system.request, model, stakes=tt.Stakes(error=1))).train().predict(
        ORDERS.slice(0, 2), to
    )
    assert read(to).column_names == ["order", "at", "score", "version", "as_of", "problem"]


def test_one_column_a_class(to, monkeypatch):
    floor = {"prior": [0.2, 0.3, 0.5], "column": None, "rates": {}}
    monkeypatch.setattr("trimtab.runtime.versions.floor_of", lambda *_: floor)
    system = orders_system(TABLES)
    shop = tt.Label({system.model.label.arms[0][0]: col("shop")}, matures_after=days(2))
    model = tt.Model(HistGradientBoostingClassifier(max_iter=3), tt.Features(weight=col("weight")), shop)
    world = World(tt.System("shops", system.request, model, stakes=tt.Stakes(false_alarm=1, miss=1))).train()
    world.predict(with_column(ORDERS.slice(0, 3), "ordered", [NOW, None, NOW]), to)
    found = read(to)
    scores = [name for name in found.column_names if name.startswith("score_")]
    assert len(scores) == 3
    rows = list(zip(*(found[name].to_pylist() for name in scores), strict=True))
    assert sum(rows[0]) == pytest.approx(1)
    assert rows[1] == (None, None, None)
    assert "decision" not in found.column_names


def test_rows_without_an_id_are_told_apart_by_their_place(to):
    dated = ORDERS.append_column("late", pa.array([i % 3 == 0 for i in range(900)]))
    dated = dated.append_column("known_at", pc.add(dated["ordered"], pa.scalar(DAY, pa.duration("us"))))
    system = tt.table(
        "dated", dated, HistGradientBoostingClassifier(max_iter=3), at="ordered", label="late",
        label_known="known_at", matures_after=days(2),
    )  # fmt: skip
    world = World(system).train()
    world.predict(dated.slice(100, 50).drop_columns(["late", "known_at"]), to, chunk_rows=20)
    assert read(to)["row_number"].to_pylist() == list(range(50))


def test_an_id_that_is_called_like_a_column_of_the_output(to):
    orders = ORDERS.rename_columns(["score", "at", "shop", "weight"])
    source = tt.Source(orders, name="orders", id="score", known="at")
    answers = TABLES["deliveries"].rename_columns(["score", "delivered", "shop", "hours_late"])
    deliveries = tt.Source(answers, name="deliveries", id="score", known="delivered")
    label = tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2))
    model = tt.Model(HistGradientBoostingClassifier(max_iter=3), tt.Features(weight=col("weight")), label)
    World(tt.System("named", tt.Request(source, at="at"), model)).train().predict(orders.slice(7, 2), to)
    assert read(to)["request_score"].to_pylist() == [7, 8]


def test_the_journal_tells_of_the_batch(to):
    result = trained().predict(ORDERS.slice(0, 10), to)
    event = trained().ledger.read_events(BATCHES)[-1]
    assert (event.kind, event.subject, event.at) == ("predicted", str(to), NOW)
    assert dict(event.body) == result.to_json()
    assert (event.body["rows"], event.body["version"], event.body["began"]) == (10, "v1", NOW)


def test_progress_tells_how_many_rows_are_done(to):
    told = []
    trained().predict(ORDERS, to, chunk_rows=400, progress=lambda *said: told.append(said))
    assert [said[1:] for said in told if said[0] == "predicting"] == [
        (0, 900),
        (400, 900),
        (800, 900),
        (900, 900),
    ]


def test_the_result_shows_itself(to):
    result = trained().predict(ORDERS.slice(0, 10), to)
    assert "v1 predicted 10 rows" in str(result)
    assert "<html" in result._repr_html_()


def test_chunks_hold_at_least_a_row(to):
    with pytest.raises(UsageError, match="at least one row"):
        trained().predict(ORDERS, to, chunk_rows=0)


def test_scores_do_not_depend_on_the_chunks(to, tmp_path):
    other = tmp_path / "other.parquet"
    trained().predict(ORDERS.slice(0, 97), to, chunk_rows=1000)
    trained().predict(ORDERS.slice(0, 97), other, chunk_rows=9)
    assert read(to).equals(read(other))
