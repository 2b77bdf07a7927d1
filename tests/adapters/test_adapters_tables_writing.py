"""Predictions appear whole or not at all, and chunks that were written are never asked for again."""

import datetime as dt

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
import sqlalchemy

from trimtab.adapters.tables.writing import TargetWriter
from trimtab.declare.source import sql
from trimtab.errors import DataError, UsageError

NOON = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
CHUNK = pa.table(
    {
        "order": [1, 2],
        "at": pa.array([NOON, None], pa.timestamp("us", "UTC")),
        "score": [0.5, None],
        "decision": [True, None],
        "problem": pa.array([None, "no time"]),
    }
)
COUNTS = {"rows": 2, "scored": 1, "no time": 1}


def opened(to, key="k1", began=7):
    return TargetWriter().open(to, key, began)


@pytest.mark.parametrize("name", ["out.parquet", "out.pq", "out.csv", "OUT.CSV", "a [1].parquet"])
def test_a_file_holds_the_chunks_in_order(name, tmp_path):
    to = tmp_path / "new folder" / name
    with opened(to) as target:
        assert (target.name, target.began, target.counts) == (str(to), 7, [])
        target.write(CHUNK, COUNTS)
        target.write(CHUNK.slice(0, 1), {"rows": 1})
        assert not to.exists()
        target.finish()
    found = pv.read_csv(to) if name.lower().endswith("csv") else pq.read_table(to)
    assert found["order"].to_pylist() == [1, 2, 1]
    assert found["score"].to_pylist() == [0.5, None, 0.5]
    assert found["at"].cast(pa.timestamp("us", "UTC")).to_pylist() == [NOON, None, NOON]
    assert [path.name for path in to.parent.iterdir()] == [name]


def test_what_was_written_is_there_again_for_the_same_key_only(tmp_path):
    to = tmp_path / "out.parquet"
    with opened(to) as target:
        target.write(CHUNK, COUNTS)
    with opened(to, began=9) as target:
        assert (target.began, target.counts) == (7, [COUNTS])
    with opened(to, key="k2", began=9) as target:
        assert (target.began, target.counts) == (9, [])
    with opened(to, began=11) as target:
        assert (target.began, target.counts) == (11, []), "the other run took its place"


def test_parts_of_other_targets_are_left_alone(tmp_path):
    for name in ("a.parquet", "a.parquet.bak.parquet", "b.parquet"):
        with opened(tmp_path / name) as target:
            target.write(CHUNK, COUNTS)
    with opened(tmp_path / "a.parquet", key="k2"):
        pass
    with opened(tmp_path / "b.parquet") as target:
        assert target.counts == [COUNTS]


def test_a_failing_write_leaves_no_part(tmp_path, monkeypatch):
    to = tmp_path / "out.parquet"
    with opened(to) as target:
        with monkeypatch.context() as patch:
            patch.setattr(pq, "write_table", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
            with pytest.raises(OSError, match="disk full"):
                target.write(CHUNK, COUNTS)
        assert target.counts == []
    with opened(to) as target:
        assert target.counts == []


def test_a_target_that_is_being_written_is_refused(tmp_path):
    to = tmp_path / "out.parquet"
    with opened(to):
        for key in ("k1", "k2"):
            with pytest.raises(UsageError, match=r"another run is writing .*out\.parquet"), opened(to, key):
                pass
    with opened(to):
        pass


@pytest.mark.parametrize("to", ["out.xlsx", "out", None, 3])
def test_a_target_of_no_known_kind_is_refused(to):
    with pytest.raises(UsageError, match="do not know how to write predictions there"), opened(to):
        pass


def test_columns_without_a_value_in_one_chunk_take_the_type_of_another(tmp_path):
    to = tmp_path / "out.parquet"
    with opened(to) as target:
        for values in (pa.nulls(2), pa.array([1, 2]), pa.array([0.5, None])):
            target.write(pa.table({"feature_x": values}), {"rows": 2})
        target.finish()
    assert pq.read_table(to)["feature_x"].to_pylist() == [None, None, 1.0, 2.0, 0.5, None]


def test_columns_that_change_their_kind_are_told(tmp_path):
    to = tmp_path / "out.parquet"
    with opened(to) as target:
        target.write(pa.table({"feature_x": [1]}), {"rows": 1})
        target.write(pa.table({"feature_x": ["one"]}), {"rows": 1})
        with pytest.raises(DataError, match="changes its kind from chunk to chunk"):
            target.finish()
    assert not to.exists()


def select(url, statement):
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sqlalchemy.text(statement)).all()
    engine.dispose()
    return found


def test_a_table_is_made_at_the_first_chunk_with_the_types_of_the_columns(tmp_path):
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with opened(sql(url, "scores")) as target:
        assert target.name == f"scores in {url}"
        target.write(CHUNK, COUNTS)
        target.finish()
    assert select(url, 'SELECT "order", at, score, decision, problem, batch FROM scores') == [
        (1, "2025-03-01 12:00:00.000000", 0.5, 1, None, "k1"),
        (2, None, None, None, "no time", "k1"),
    ]
    kinds = {row.name: row.type for row in select(url, "PRAGMA table_info(scores)")}
    assert kinds["order"] == "BIGINT"
    assert kinds["score"] == "DOUBLE"


def test_a_table_remembers_its_chunks_until_the_run_is_over(tmp_path):
    table = sql(f"sqlite:///{tmp_path / 'shop.db'}", "scores")
    with opened(table) as target:
        target.write(CHUNK, COUNTS)
    with opened(table, key="k2") as other:
        other.write(CHUNK, COUNTS)
    with opened(table, began=9) as target:
        assert (target.began, target.counts) == (7, [COUNTS])
        target.write(CHUNK, {"rows": 2})
        target.finish()
    assert select(table.url, "SELECT batch, count(*) FROM scores GROUP BY 1") == [("k1", 4), ("k2", 2)]
    with opened(table, began=9) as target:
        assert (target.began, target.counts) == (9, [])
    assert select(table.url, "SELECT DISTINCT batch FROM scores") == [("k2",)], (
        "a new run takes its old rows away"
    )


def test_the_second_of_two_runs_of_one_key_fails_and_doubles_nothing(tmp_path):
    table = sql(f"sqlite:///{tmp_path / 'shop.db'}", "scores")
    with opened(table) as one, opened(table) as other:
        one.write(CHUNK, COUNTS)
        with pytest.raises(sqlalchemy.exc.IntegrityError):
            other.write(CHUNK, COUNTS)
    assert len(select(table.url, "SELECT * FROM scores")) == 2


def test_a_password_is_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "hunter2")
    url = f"sqlite://reader:$SECRET@/{tmp_path / 'shop.db'}"
    with pytest.raises(DataError) as problem, opened(sql(url, "scores")):
        pass
    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize("query", ["SELECT 1", "a-b", ""])
def test_predictions_go_to_a_table_not_to_a_query(query, tmp_path):
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with pytest.raises(UsageError, match="predictions go to a table"), opened(sql(url, query)):
        pass
