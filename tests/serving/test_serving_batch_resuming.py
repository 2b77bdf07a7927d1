"""A batch that is cut short goes on where it stopped, and nobody ever sees half of it."""

from functools import cache

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from batches import NOW, ORDERS, TABLES, World
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from orders import DAY, orders_system
from trimtab.adapters.tables.writing import FileTarget
from trimtab.declare.source import sql
from trimtab.errors import DataError, UsageError
from trimtab.serving.batch.scoring import ChunkScorer

ROWS = ORDERS.slice(0, 100)


@cache
def world():
    """A system with few features, quick to compute."""
    system = orders_system(TABLES)
    features = dict(system.model.features.items)
    few = tt.Features(**{name: features[name] for name in ("weight", "delivered_1d")})
    model = tt.Model(HistGradientBoostingClassifier(max_iter=5), few, system.model.label)
    return World(tt.System("few", system.request, model, stakes=system.stakes)).train()


@pytest.fixture
def to(tmp_path):
    return tmp_path / "predictions.parquet"


def stopping(monkeypatch, after, error=KeyboardInterrupt):
    """From now on the chunk after so many stops the run."""
    score, done = ChunkScorer.score, []

    def stopped(self, rows):
        if len(done) == after:
            raise error
        done.append(len(rows))
        return score(self, rows)

    monkeypatch.setattr(ChunkScorer, "score", stopped)
    return done


def interrupted(to, monkeypatch, after=2, **options):
    with monkeypatch.context() as patch:
        stopping(patch, after)
        with pytest.raises(KeyboardInterrupt):
            world().predict(ROWS, to, chunk_rows=30, **options)


def folders(to):
    return [path for path in to.parent.iterdir() if path.name != to.name]


def test_an_interrupted_run_leaves_its_parts_and_no_target(to, monkeypatch):
    interrupted(to, monkeypatch)
    assert not to.exists()
    (folder,) = folders(to)
    assert sorted(path.name for path in folder.iterdir()) == [
        "000000.parquet",
        "000001.parquet",
        "began.json",
    ]


def test_the_second_run_goes_on_at_the_first_missing_chunk(to, tmp_path, monkeypatch):
    interrupted(to, monkeypatch)
    with monkeypatch.context() as patch:
        done = stopping(patch, after=99)
        result = world().predict(ROWS, to, chunk_rows=30)
    assert done == [30, 10]
    assert (result.rows, result.scored, result.resumed) == (100, 100, 60)
    assert "60 rows had been written" in str(result)
    assert folders(to) == []
    world().predict(ROWS, tmp_path / "whole.parquet", chunk_rows=30)
    assert pq.read_table(to).equals(pq.read_table(tmp_path / "whole.parquet"))


def test_the_second_run_sees_the_world_as_of_when_the_first_began(to, monkeypatch):
    interrupted(to, monkeypatch, at="now")
    result = world().predict(ROWS, to, chunk_rows=30, at="now", now=NOW + DAY)
    assert result.began == NOW
    assert set(pq.read_table(to)["at"].cast(pa.int64()).to_pylist()) == {NOW}


@pytest.mark.parametrize("other", ["rows", "features", "instant", "chunks"])
def test_other_rows_or_wishes_start_anew(other, to, monkeypatch):
    interrupted(to, monkeypatch)
    rows = ROWS.slice(1) if other == "rows" else ROWS
    options = {"features": {"features": True}, "instant": {"at": NOW}}.get(other, {})
    result = world().predict(rows, to, chunk_rows=20 if other == "chunks" else 30, **options)
    assert result.resumed == 0
    assert pq.read_table(to)["order"].equals(rows["order"])
    assert folders(to) == [], "the parts of the other run are gone"


def test_a_torn_part_does_not_count(to, monkeypatch):
    interrupted(to, monkeypatch)
    (folder,) = folders(to)
    (folder / "000001.parquet").rename(folder / ".000001.parquet.7-0.tmp")
    assert world().predict(ROWS, to, chunk_rows=30).resumed == 30
    assert pq.read_table(to)["order"].equals(ROWS["order"])


def test_a_crash_before_the_end_finishes_without_predicting_again(to, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(FileTarget, "finish", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world().predict(ROWS, to, chunk_rows=30)
    with monkeypatch.context() as patch:
        done = stopping(patch, after=0)
        assert world().predict(ROWS, to, chunk_rows=30).resumed == 100
    assert done == []
    assert pq.read_table(to)["order"].equals(ROWS["order"])


def test_an_earlier_target_stays_whole_until_the_next_one_is(to, monkeypatch):
    world().predict(ROWS.slice(0, 5), to)
    interrupted(to, monkeypatch)
    assert len(pq.read_table(to)) == 5


def test_two_runs_never_write_one_target(to, monkeypatch):
    score = ChunkScorer.score

    def meddling(self, rows):
        for other in (ROWS, ROWS.slice(1)):
            with pytest.raises(UsageError, match="another run is writing"):
                world().predict(other, to, chunk_rows=30)
        return score(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(ChunkScorer, "score", meddling)
        world().predict(ROWS, to, chunk_rows=30)
    assert len(pq.read_table(to)) == 100


@pytest.fixture
def shop(tmp_path):
    return sql(f"sqlite:///{tmp_path / 'shop.db'}", "predictions")


def execute(target, statement):
    engine = sqlalchemy.create_engine(target.url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(statement))
    engine.dispose()


def rows_of(target, table="predictions"):
    engine = sqlalchemy.create_engine(target.url)
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(f"SELECT * FROM {table} ORDER BY 1")).mappings().all()  # noqa: S608
    engine.dispose()
    return [dict(row) for row in found]


def test_a_table_grows_by_chunks_and_a_second_run_doubles_nothing(shop, to, monkeypatch):
    with monkeypatch.context() as patch:
        stopping(patch, after=2)
        with pytest.raises(KeyboardInterrupt):
            world().predict(ROWS, shop, chunk_rows=30)
    assert len(rows_of(shop)) == 60
    result = world().predict(ROWS, shop, chunk_rows=30)
    assert (result.rows, result.resumed) == (100, 60)
    world().predict(ROWS, to, chunk_rows=30)
    found = rows_of(shop)
    assert [row["order"] for row in found] == list(range(100))
    assert [row["score"] for row in found] == pq.read_table(to)["score"].to_pylist()
    assert len({row["batch"] for row in found}) == 1
    assert rows_of(shop, "trimtab_batches") == []


def test_a_table_keeps_other_batches_and_replaces_the_same_one(shop):
    world().predict(ROWS, shop)
    world().predict(ROWS.slice(0, 10), shop)
    assert len(rows_of(shop)) == 110
    world().predict(ROWS, shop)
    assert len(rows_of(shop)) == 110


def test_a_chunk_and_its_note_are_written_together_or_not_at_all(shop):
    execute(shop, 'CREATE TABLE predictions ("order" INTEGER UNIQUE, at TEXT, score FLOAT, decision BOOLEAN, '
                  "version TEXT, as_of TEXT, problem TEXT, batch TEXT)")  # fmt: skip
    execute(shop, 'INSERT INTO predictions ("order") VALUES (95)')
    with pytest.raises(DataError, match="refused; found: UNIQUE constraint failed"):
        world().predict(ROWS, shop, chunk_rows=30)
    assert len(rows_of(shop)) == 91
    execute(shop, 'DELETE FROM predictions WHERE "order" = 95')
    assert world().predict(ROWS, shop, chunk_rows=30).resumed == 90
    assert [row["order"] for row in rows_of(shop)] == list(range(100))


def test_a_table_that_lacks_a_column_is_told(shop):
    execute(shop, 'CREATE TABLE predictions ("order" INTEGER, at TEXT, scores FLOAT)')
    with pytest.raises(
        DataError, match="has no column 'score'; found: order, at, scores; did you mean 'scores'"
    ):
        world().predict(ROWS, shop)


@settings(max_examples=6, deadline=None)
@given(rows=st.integers(0, 40), chunk=st.integers(9, 25), stops=st.lists(st.integers(0, 3), max_size=2))
def test_however_often_a_run_is_cut_short_the_outcome_is_that_of_one_run(
    rows, chunk, stops, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("cut")
    to, asked = folder / "cut.parquet", ORDERS.slice(0, rows)
    for after in stops:
        with pytest.MonkeyPatch.context() as patch:
            stopping(patch, after)
            try:
                world().predict(asked, to, chunk_rows=chunk)
            except KeyboardInterrupt:
                assert not to.exists()
            else:
                break
    world().predict(asked, to, chunk_rows=chunk)
    world().predict(asked, folder / "whole.parquet", chunk_rows=1000)
    assert pq.read_table(to).equals(pq.read_table(folder / "whole.parquet"))
