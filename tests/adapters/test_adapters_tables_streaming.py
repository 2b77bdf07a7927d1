"""Rows come in chunks of the size asked for, whatever holds them, and say what is wrong before the first of them."""

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.tables.streaming import StreamReader, resized
from trimtab.declare.kinds import Kind
from trimtab.declare.source import InMemory, sql
from trimtab.errors import DataError

KINDS = {"flight": Kind.STRING, "delay": Kind.FLOAT}
LANDINGS = pa.table({"delay": [5, None, -3, 8], "gate": list("abcd"), "flight": ["NA", "AA1", None, "UA7"]})
ROWS = [dict(zip(KINDS, row, strict=True)) for row in (("NA", 5), ("AA1", None), (None, -3), ("UA7", 8))]


def opened(data, folder=Path(), kinds=KINDS):
    return StreamReader().open(data, folder, kinds)


def read(data, size=3, skip=0, **options):
    with opened(data, **options) as stream:
        return list(stream.chunks(size, skip=skip))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=6), st.integers(1, 9), st.integers(0, 30))
def test_chunks_are_the_rows_in_order_in_the_size_asked_for(pieces, size, skip):
    numbers = list(range(sum(pieces)))
    tables, first = [], 0
    for length in pieces:
        tables.append(pa.table({"n": pa.array(numbers[first : first + length], pa.int64())}))
        first += length
    chunks = [table["n"].to_pylist() for table in resized(tables, size, skip)]
    rest = numbers[skip:]
    assert chunks == [rest[i : i + size] for i in range(0, len(rest), size)]


def database(folder):
    url = f"sqlite:///{folder / 'shop.db'}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE landings (delay INTEGER, gate TEXT, flight TEXT)"))
        for row in LANDINGS.to_pylist():
            connection.execute(sqlalchemy.text("INSERT INTO landings VALUES (:delay, :gate, :flight)"), row)
    engine.dispose()
    return url


@pytest.fixture
def forms(tmp_path):
    pq.write_table(LANDINGS, tmp_path / "a.parquet", row_group_size=2)
    pv.write_csv(LANDINGS, tmp_path / "a.csv")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    (tmp_path / "both").mkdir()
    pv.write_csv(LANDINGS.slice(0, 1), tmp_path / "both" / "1.csv")
    pq.write_table(LANDINGS.slice(1), tmp_path / "both" / "2.parquet")
    url = database(tmp_path)
    return {
        "parquet": tmp_path / "a.parquet",
        "csv": str(tmp_path / "a.csv"),
        "packed": tmp_path / "a.csv.gz",
        "folder": tmp_path / "both",
        "pattern": str(tmp_path / "both" / "*.*"),
        "table": sql(url, "landings"),
        "query": sql(url, "SELECT flight, delay FROM landings"),
        "arrow": LANDINGS,
        "wrapped": InMemory(LANDINGS),
        "pandas": pd.DataFrame({"flight": ["NA", "AA1", None, "UA7"], "delay": [5, None, -3, 8]}),
        "reader": pa.RecordBatchReader.from_batches(LANDINGS.schema, LANDINGS.to_batches(1)),
    }


NAMES = [
    "parquet",
    "csv",
    "packed",
    "folder",
    "pattern",
    "table",
    "query",
    "arrow",
    "wrapped",
    "pandas",
    "reader",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_form_gives_the_columns_asked_for_in_that_order(forms, name):
    with opened(forms[name]) as stream:
        chunks, again = list(stream.chunks(3)), list(stream.chunks(3, skip=1))
        assert stream.rows == (None if name in {"csv", "packed", "folder", "pattern"} else 4)
    assert [len(chunk) for chunk in chunks] == [3, 1]
    assert chunks[0].column_names == ["flight", "delay"]
    assert [row for chunk in chunks for row in chunk.to_pylist()] == ROWS
    assert [row for chunk in again for row in chunk.to_pylist()] == ROWS[1:]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_column_is_told_before_any_row_is_read(forms, name):
    missing = {"flights": Kind.STRING}
    told = pytest.raises(DataError, match=r"no column 'flights'.*did you mean 'flight'")
    with told, opened(forms[name], kinds=missing):
        pass


def test_fingerprints_tell_content_from_content(tmp_path):
    def of(data):
        with opened(data) as stream:
            return stream.fingerprint

    one, other, same = (tmp_path / f"{name}.parquet" for name in "abc")
    pq.write_table(LANDINGS, one)
    pq.write_table(LANDINGS, same)
    pq.write_table(LANDINGS.slice(1), other)
    assert of(one) == of(same) != of(other)
    assert of(LANDINGS) == of(pa.concat_tables([LANDINGS.slice(0, 1), LANDINGS.slice(1)]))
    assert of(LANDINGS) != of(LANDINGS.slice(1))
    url = database(tmp_path)
    assert of(sql(url, "landings")) == of(sql(url, "landings"))
    assert of(sql(url, "SELECT * FROM landings WHERE gate > 'a'")) != of(sql(url, "landings"))


def test_relative_paths_start_at_the_folder(tmp_path):
    pq.write_table(LANDINGS, tmp_path / "a.parquet")
    assert sum(map(len, read("a.parquet", folder=tmp_path))) == 4


def test_types_of_a_csv_come_from_the_record_not_from_its_first_block(tmp_path):
    late = tmp_path / "late.csv"
    early, later = "007,,2025-03-01T08:00:00Z\n", "x,1.5,2025-03-01T08:00:00.25Z\n"
    late.write_text("flight,delay,landed\n" + early * 60_000 + later)
    chunks = read(late, size=50_000, kinds={**KINDS, "landed": Kind.TIMESTAMP})
    assert chunks[0]["flight"][0].as_py() == "007"
    assert chunks[-1]["delay"].to_pylist()[-1] == 1.5
    assert chunks[-1]["landed"].to_pylist()[-1].microsecond == 250_000


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        (["2025-03-01T08:00:00Z", "2025-03-01T08:00:00.25+02:00", ""], pa.timestamp("ns", "UTC")),
        (["2025-03-01 08:00:00", "2025-03-01", "2025-03-01 08:00:00.5"], pa.timestamp("ns")),
        (["2025-03-01", ""], pa.timestamp("us")),
        (["2025-03-01 08:00:00.123456789"], pa.timestamp("ns")),
        (["", ""], pa.timestamp("us", "UTC")),
        (["yesterday"], pa.string()),
    ],
)
def test_times_of_a_csv_keep_their_zone_or_its_absence(times, kind, tmp_path):
    (tmp_path / "a.csv").write_text("seen,n\n" + "".join(f"{time},1\n" for time in times))
    (chunk,) = read(tmp_path / "a.csv", size=9, kinds={"seen": Kind.TIMESTAMP})
    assert chunk["seen"].type == kind
    assert chunk["seen"].null_count == times.count("")


def test_a_value_that_does_not_fit_names_its_file(tmp_path):
    (tmp_path / "a.csv").write_text("flight,delay\nUA7,late\n")
    with pytest.raises(
        DataError, match=r"a\.csv cannot be read; found: .*conversion error to double: invalid value 'late'"
    ):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.xlsx"])
def test_a_file_that_cannot_be_read_is_named(name, tmp_path):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match=f"(cannot be read|do not know how to read) ?.*{name}|{name} cannot"):
        read(tmp_path / name)


def test_files_that_disagree_are_told(tmp_path):
    pq.write_table(LANDINGS, tmp_path / "a.parquet")
    pq.write_table(LANDINGS.set_column(0, "delay", pa.array(list("wxyz"))), tmp_path / "b.parquet")
    with pytest.raises(DataError, match="a column of the rows changes its type on the way"):
        read(tmp_path, size=6)


def test_no_rows_are_no_chunks(tmp_path):
    pq.write_table(LANDINGS.slice(0, 0), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("flight,delay\n")
    url = database(tmp_path)
    for data in (
        tmp_path / "a.parquet",
        tmp_path / "a.csv",
        sql(url, "SELECT * FROM landings WHERE delay > 99"),
    ):
        assert read(data) == []


def test_a_missing_database_is_not_made(tmp_path):
    with pytest.raises(DataError, match=r"no file .*none\.db"):
        read(sql(f"sqlite:///{tmp_path / 'none.db'}", "landings"))
    assert not (tmp_path / "none.db").exists()
