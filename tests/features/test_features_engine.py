"""The embedded engine: Arrow in and out, errors in one paragraph."""

import pyarrow as pa
import pytest
from sqlglot import exp, parse_one

from trimtab.adapters.engines.duckdb import DuckDBEngine
from trimtab.errors import DataError, UsageError
from trimtab.ports import Engine


@pytest.fixture
def engine():
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


def sql(text):
    return parse_one(text, read="duckdb")


def test_it_is_an_engine(engine):
    assert isinstance(engine, Engine)


def test_arrow_goes_in_and_comes_out(engine):
    given = pa.table({"n": [1, None], "x": [0.5, None], "s": ["é", None], "b": [True, None]})
    engine.register("facts", given)
    assert engine.query(exp.select("*").from_("facts")).equals(given)


def test_a_second_table_of_a_name_replaces_the_first(engine):
    engine.register("facts", pa.table({"n": [1]}))
    engine.register("facts", pa.table({"n": [2, 3]}))
    assert engine.query(exp.select("n").from_("facts")).to_pydict() == {"n": [2, 3]}


def test_a_name_is_kept_as_it_is_written(engine):
    engine.register("odd name; --", pa.table({"n": [1]}))
    assert engine.query(exp.select("n").from_(exp.to_table('"odd name; --"'))).num_rows == 1


@pytest.mark.parametrize("text", ["SELECT 9223372036854775807 + 1", "SELECT CAST(1e30 AS BIGINT)"])
def test_an_overflow_is_told_with_what_to_do(engine, text):
    with pytest.raises(DataError, match=r"a number overflowed; found: .*; do: "):
        engine.query(sql(text))


def test_too_little_memory_is_told_with_what_to_do():
    engine = DuckDBEngine(threads=1, memory_limit="5MB", temp_directory="")
    with pytest.raises(DataError, match=r"ran out of memory; found: .*; do: raise memory_limit"):
        engine.query(sql("SELECT list(i) FROM range(10000000) AS t(i)"))
    engine.close()


def test_a_plan_that_does_not_fit_the_data_is_told(engine):
    with pytest.raises(DataError, match=r"refused a plan; found: .*nowhere"):
        engine.query(sql("SELECT * FROM nowhere"))


def test_options_that_duckdb_refuses_are_told():
    with pytest.raises(UsageError, match="refused its options"):
        DuckDBEngine(memory_limit="plenty")


def test_nothing_is_fetched_from_the_network(engine):
    found = engine.query(
        sql(
            "SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%_known_extensions' ORDER BY name"
        )
    )
    assert found.column("value").to_pylist() == ["false", "false"]
