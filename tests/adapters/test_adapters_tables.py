"""Data of any shape becomes one plain table, and what cannot is told in one paragraph."""

import gzip
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.tables import fingerprint, read_sql, read_table
from trimtab.adapters.tables.reader import TableReader
from trimtab.declare.source import InMemory, sql
from trimtab.errors import DataError
from trimtab.ports import Tables

LANDINGS = pa.table({"flight": ["UA7", "AA1", None], "delay": [5, None, -3]})


@pytest.fixture
def folder(tmp_path):
    pq.write_table(LANDINGS, tmp_path / "landings.parquet")
    return tmp_path


def refused(data, *, match, **options):
    with pytest.raises(DataError, match=match) as problem:
        read_table(data, **options)
    assert "\n" not in str(problem.value)


def test_parquet_by_text_or_path(folder):
    assert read_table(str(folder / "landings.parquet")).equals(LANDINGS)
    assert read_table(folder / "landings.parquet", columns=["delay"]).equals(LANDINGS.select(["delay"]))
    assert read_table(folder / "landings.parquet", columns=["delay", "flight"]).column_names == [
        "delay",
        "flight",
    ]


CSV = b"flight,delay\nUA7,5\nAA1,\n,-3\n"


def test_csv_plain_and_packed(tmp_path):
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(CSV))
    with zipfile.ZipFile(tmp_path / "c.csv.zip", "w") as archive:
        archive.writestr("inside.csv", CSV)
    for name in ("a.csv", "b.csv.gz", "c.csv.zip"):
        assert read_table(tmp_path / name).equals(LANDINGS)
        assert read_table(tmp_path / name, columns=["delay"]).equals(LANDINGS.select(["delay"]))


def test_csv_nulls_times_and_namibia(tmp_path):
    (tmp_path / "a.csv").write_text(
        "country,count,share,when,day,zoned\n"
        "NA,NA,nan,2024-01-01 10:00:00,2024-01-01,2024-01-01T10:00:00+02:00\n"
        "DE,1,0.5,,2024-01-02,\n"
        ",2,NULL,2024-01-02 00:00:00.5,,2024-01-01T10:00:00Z\n"
    )
    found = read_table(tmp_path / "a.csv").to_pydict()
    assert found["country"] == ["NA", "DE", None]
    assert found["count"] == [None, 1, 2]
    assert found["share"] == [None, 0.5, None]
    assert [str(when) for when in found["when"]] == [
        "2024-01-01 10:00:00",
        "None",
        "2024-01-02 00:00:00.500000",
    ]
    assert found["zoned"][0] == datetime(2024, 1, 1, 8, tzinfo=UTC)


def test_csv_types_are_those_of_the_whole_file(tmp_path):
    (tmp_path / "a.csv").write_text("delay\n" + "1\n" * 700_000 + "1.5\n")
    assert read_table(tmp_path / "a.csv").schema.field("delay").type == pa.float64()


def test_a_folder_is_read_in_the_order_of_names(tmp_path):
    (tmp_path / "year=2024").mkdir()
    pq.write_table(pa.table({"n": [3]}), tmp_path / "year=2024" / "part-1.parquet")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"n": [2]}), tmp_path / "b.parquet")
    for ignored in ("_SUCCESS", "notes.txt", ".hidden.parquet"):
        (tmp_path / ignored).write_text("not data")
    assert read_table(tmp_path)["n"].to_pylist() == [1, 2, 3]
    assert read_table(str(tmp_path / "[ab].parquet"))["n"].to_pylist() == [1, 2]
    assert read_table(str(tmp_path / "**" / "*.parquet"))["n"].to_pylist()[-3:] == [1, 2, 3]


def test_files_may_widen_numbers_and_order_columns_freely(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("b,a\n2.5,\n")
    assert read_table(tmp_path).to_pylist() == [{"a": 1, "b": 2.0}, {"a": None, "b": 2.5}]


def test_files_that_disagree_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("a\n1\n")
    refused(tmp_path, match=r"same columns: a\.csv has 'b', b\.csv does not")
    assert read_table(tmp_path, columns=["a"])["a"].to_pylist() == [1, 1]
    (tmp_path / "b.csv").write_text("a,b\nx,2\n")
    refused(tmp_path, match=r"same types: b\.csv differs.*int64 vs string")
    (tmp_path / "a.csv").write_text("a,b\n9007199254740993,2\n")
    (tmp_path / "b.csv").write_text("a,b\n0.5,2\n")
    refused(tmp_path, match="same types")


def test_what_is_not_there_is_told_with_the_nearest_name(folder):
    refused(folder / "landing.parquet", match=r"no file .*did you mean 'landings\.parquet'")
    refused(folder / "nowhere" / "x.parquet", match="no folder .* either")
    refused(str(folder / "*.csv"), match="no file matches the pattern")
    refused(
        folder / "landings.parquet", columns=["dealy"], match="found: flight, delay; did you mean 'delay'"
    )
    refused("postgresql://host/db", match="cannot read from the address")
    (folder / "empty").mkdir()
    refused(folder / "empty", match="no .parquet or .csv file in the folder")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("a.csv", b"", "is empty"),
        ("a.parquet", b"", "is empty"),
        ("a.parquet", b"PAR1 not really", "cannot be read"),
        ("a.csv.gz", b"not gzip", "cannot be read"),
        ("a.csv.zip", b"not zip", "cannot be read"),
        ("a.csv", b"a,b\n1,2\n3\n", "cannot be read; found: .*Expected 2 columns"),
        ("a.csv", b"a,a\n1,2\n", "the column 'a' more than once"),
        ("a.xlsx", b"x", r"do not know how to read .*'\.xlsx'.*use \.parquet"),
        ("a", b"x", "do not know how to read"),
    ],
)
def test_unreadable_files(tmp_path, name, content, match):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, match=match)


def test_a_zip_must_hold_one_csv(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("1.csv", CSV)
        archive.writestr("2.csv", CSV)
    refused(tmp_path / "a.csv.zip", match=r"exactly one CSV file; found: 1\.csv, 2\.csv")


def test_a_csv_with_a_header_and_no_rows_is_an_empty_table(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    assert read_table(tmp_path / "a.csv").column_names == ["a", "b"]


FRAMES = {
    "table": lambda: LANDINGS,
    "reader": LANDINGS.to_reader,
    "polars": lambda: pl.from_arrow(LANDINGS),
    "polars-categories": lambda: pl.from_arrow(LANDINGS).cast({"flight": pl.Categorical}),
    "pandas": lambda: pd.DataFrame(
        {"flight": ["UA7", "AA1", None], "delay": pd.array([5, None, -3], "Int64")}
    ),
    "pandas-categories": lambda: pd.DataFrame(
        {"flight": pd.Categorical(["UA7", "AA1", None]), "delay": pd.array([5, None, -3], "Int64")},
        index=[3, 1, 2],
    ),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_frames(make):
    assert read_table(make()).equals(LANDINGS)


def test_a_duckdb_relation():
    with duckdb.connect() as connection:
        assert read_table(connection.from_arrow(LANDINGS)).equals(LANDINGS)


def test_a_named_index_is_a_column():
    frame = pd.DataFrame({"delay": [1]}, index=pd.Index(["UA7"], name="flight"))
    assert read_table(frame).to_pylist() == [{"delay": 1, "flight": "UA7"}]


def test_what_is_no_table_is_told():
    refused(7, match="cannot read rows from a builtins.int")
    refused([{"a": 1}], match="cannot read rows from a builtins.list")
    refused(pd.DataFrame({"a": [1, "x"]}, dtype=object), match="give each column one type")
    refused(LANDINGS, columns=["fligth"], match="did you mean 'flight'")


# fingerprints


VALUES = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | st.text(max_size=4),
            "count": st.none() | st.integers(-(2**63), 2**63 - 1),
            "share": st.none() | st.floats(),
            "flag": st.none() | st.booleans(),
            "list": st.none() | st.lists(st.integers(0, 3), max_size=2),
        }
    ),
    max_size=8,
)
SCHEMA = pa.schema(
    [
        ("text", "string"),
        ("count", "int64"),
        ("share", "double"),
        ("flag", "bool"),
        ("list", pa.list_(pa.int64())),
    ]
)


@settings(deadline=None)
@given(VALUES, st.data())
def test_chunks_encodings_and_slices_do_not_show_in_a_fingerprint(values, data):
    table = pa.Table.from_pylist(values, SCHEMA)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=3)))
    edges = [0, *cuts, len(values)]
    pieces = [table.slice(start, stop - start) for start, stop in pairwise(edges)]
    other = pa.concat_tables(pieces)
    other = other.set_column(0, "text", other["text"].cast(pa.large_string()).dictionary_encode())
    assert fingerprint(other) == fingerprint(table)


@settings(deadline=None)
@given(VALUES, VALUES)
def test_different_tables_have_different_fingerprints(first, second):
    one, other = (pa.Table.from_pylist(values, SCHEMA) for values in (first, second))
    same = repr(one.to_pylist()).replace("-nan", "nan") == repr(other.to_pylist()).replace("-nan", "nan")
    assert (fingerprint(one) == fingerprint(other)) == same


def test_what_a_fingerprint_tells_apart():
    tables = [
        pa.table({"a": pa.array([1, 2])}),
        pa.table({"a": pa.array([2, 1])}),
        pa.table({"b": pa.array([1, 2])}),
        pa.table({"a": pa.array([1, 2], pa.int32())}),
        pa.table({"a": pa.array([1, 2], pa.timestamp("us"))}),
        pa.table({"a": pa.array([1, None])}),
        pa.table({"a": pa.array([1, 0])}),
        pa.table({"a": pa.array(["ab", "c"])}),
        pa.table({"a": pa.array(["a", "bc"])}),
        pa.table({"a": pa.array(["", "abc"])}),
        pa.table({"a": pa.array([None, "abc"])}),
        pa.table({"a": pa.array([0.0])}),
        pa.table({"a": pa.array([-0.0])}),
        pa.table({"a": pa.array([np.nan])}),
        pa.table({"a": pa.array([None], pa.float64())}),
        pa.table({"a": [1], "b": [2]}),
        pa.table({"a": pa.nulls(1)}),
        pa.table({"a": pa.nulls(2)}),
        pa.table({}),
    ]
    assert len({fingerprint(table) for table in tables}) == len(tables)


def test_a_fingerprint_is_the_same_in_every_process():
    assert fingerprint(LANDINGS) == "1983ddfc14c4a5a2a6a1fd8d124f85f049a5f5e4d58aa3115394f492d1ff5010"


# SQL


def test_the_reader_takes_what_sources_declare(database, folder, monkeypatch):
    reader = TableReader()
    assert isinstance(reader, Tables)
    monkeypatch.setenv("AIR", database)
    assert len(reader.read(sql("${AIR}", "landings"), folder)) == 2
    assert reader.read("landings.parquet", folder).equals(LANDINGS)
    assert reader.read(InMemory(LANDINGS), folder).equals(LANDINGS)
    with pytest.raises(DataError, match=r"names \$NOWHERE, which is not set"):
        reader.read(sql("$NOWHERE", "landings"), folder)


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'air.db'}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE landings (flight TEXT, delay INTEGER, at DATETIME, fee NUMERIC)"
        )
        connection.exec_driver_sql(
            "INSERT INTO landings VALUES ('UA7', 5, '2024-01-01 10:00:00', 1.5), (NULL, NULL, NULL, NULL)"
        )
    engine.dispose()
    return url


def test_a_sql_table_by_name(database):
    found = read_sql(database, "landings")
    assert found.to_pylist() == [
        {"flight": "UA7", "delay": 5, "at": datetime(2024, 1, 1, 10), "fee": 1.5},
        {"flight": None, "delay": None, "at": None, "fee": None},
    ]


def test_a_sql_query_may_hold_colons_and_percents(database):
    query = "SELECT flight, delay AS late FROM landings WHERE flight LIKE 'U%' AND ' :x 12:30' <> '' AND delay > 1"
    assert read_sql(database, query).to_pylist() == [{"flight": "UA7", "late": 5}]
    assert read_sql(database, "SELECT * FROM landings WHERE delay > 100").column_names == [
        "flight",
        "delay",
        "at",
        "fee",
    ]


def test_sql_is_read_in_chunks_whose_types_meet(database, monkeypatch):
    monkeypatch.setattr("trimtab.adapters.tables.sql.ROWS_PER_CHUNK", 2)
    query = "SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, NULL UNION ALL SELECT 2.5, 'x'"
    assert read_sql(database, query).to_pydict() == {"a": [1.0, 2.0, 2.5], "b": [None, None, "x"]}
    with pytest.raises(DataError, match="changes its type between rows"):
        read_sql(database, "SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 'x'")
    with pytest.raises(DataError, match="column 'a' of the query has no one type"):
        read_sql(database, "SELECT 1 AS a UNION ALL SELECT 'x'")


def test_sql_never_changes_the_database(database):
    with pytest.raises(DataError):
        read_sql(database, "DELETE FROM landings")
    assert len(read_sql(database, "landings")) == 2


@pytest.mark.parametrize(
    ("url", "query", "match"),
    [
        (None, "landing", "no table 'landing' in the database; found: landings; did you mean 'landings'"),
        (None, "SELECT late FROM landings", "refused .*no such column: late"),
        (
            "sqlite:////nowhere/air.db",
            "landings",
            "no file /nowhere/air.db; found: no folder /nowhere either",
        ),
        ("nonsense", "landings", "cannot use the database address given"),
        ("nosuch://me:secret@host/db", "landings", r"address nosuch://me:\*\*\*@host/db"),
        ("postgresql://me:secret@host/db", "landings", r"postgresql://me:\*\*\*@host/db.*psycopg"),
    ],
)
def test_what_the_database_refuses(database, url, query, match):
    with pytest.raises(DataError, match=match) as problem:
        read_sql(url or database, query)
    assert "\n" not in str(problem.value)
    assert "secret" not in str(problem.value)


def test_a_mistyped_sqlite_file_is_not_made(database, tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*did you mean 'air\.db'"):
        read_sql(f"sqlite:///{tmp_path / 'aire.db'}", "landings")
    assert not (tmp_path / "aire.db").exists()


def test_without_the_extra_the_error_says_how_to_install_it():
    script = """
import sys
sys.modules["sqlalchemy"] = None
from trimtab.adapters.tables import read_sql
try:
    read_sql("sqlite://", "x")
except Exception as problem:
    print(problem)
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert 'pip install "trimtab[sql]"' in found
