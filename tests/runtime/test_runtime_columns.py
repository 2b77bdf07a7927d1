"""Columns that were filled in later are read with their facts as if they had been there from the beginning."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.runtime.columns import columns_stream, filling, read_facts
from trimtab.testing import MemoryLedger

facts = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 1.0, 2.0])), min_size=1, max_size=8)


def table(rows, **more):
    columns = {"id": [row[0] for row in rows], "a": pa.array([row[1] for row in rows], pa.float64()), **more}
    return pa.table({**columns, "__known": list(range(len(rows)))})


@settings(max_examples=100, deadline=None)
@given(facts, facts, st.booleans())
def test_each_fact_gets_the_value_of_the_first_row_of_the_data_that_says_the_same(recorded, data, twice):
    ledger = MemoryLedger()
    ledger.append_rows("facts/s", table(recorded), at=1)
    now = table(data, b=[f"b{place}" for place in range(len(data))])
    for _ in range(1 + twice):  # cut short before it was noted, it is done again
        values = filling(ledger.read_rows("facts/s"), now, None)
        if len(values):
            ledger.append_rows(columns_stream("s"), values, at=2)
    later = table([(9, 1.0)], b=["own"])
    ledger.append_rows("facts/s", later, at=3)
    naive = [next((f"b{place}" for place, one in enumerate(data) if one == row), None) for row in recorded]
    found = read_facts(ledger, "s")
    assert found["b"].to_pylist() == [*naive, "own"]
    assert found["id"].to_pylist() == [*(row[0] for row in recorded), 9]
    for place in range(len(recorded) + 1):
        one = read_facts(ledger, "s", since=place, until=place + 1)
        assert one["b"].to_pylist() == [[*naive, "own"][place]]


def test_without_anything_filled_in_facts_are_read_as_they_are():
    ledger = MemoryLedger()
    ledger.append_rows("facts/s", table([(1, 1.0)]), at=1)
    assert read_facts(ledger, "s").equals(ledger.read_rows("facts/s"))
