"""Bodies as typed columns: whatever the bodies are, each column agrees with what the bodies say."""

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger import flattening
from trimtab.adapters.ledger.flattening import flattened, stacked

VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.lists(st.integers(0, 9) | st.text(max_size=2), max_size=2)
)
KEYS = st.sampled_from(["a", "b", "a.b", "id", ""])
BODIES = st.dictionaries(
    KEYS, st.recursive(VALUES, lambda inner: st.dictionaries(KEYS, inner, max_size=2), max_leaves=4)
)


def column(bodies, name):
    return flattened([msgspec.msgpack.encode(body) for body in bodies])[name].to_pylist()


def paths(body, before=""):
    found = {}
    for key, value in body.items():
        inner = paths(value, f"{before}{key}.") if isinstance(value, dict) else {f"{before}{key}": value}
        found = inner | found
    return found


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(BODIES, max_size=4), max_size=3))
def test_a_column_says_what_the_bodies_say(parts):
    columns = [flattened([msgspec.msgpack.encode(body) for body in part], reserved=["id"]) for part in parts]
    whole = stacked(columns, [len(part) for part in parts])
    rows = [paths(body) for part in parts for body in part]
    assert "id" not in whole
    for name, found in whole.items():
        key = "id" if name == "body.id" else name
        assert found.to_pylist() == [row.get(key) for row in rows]
    pa.table(whole)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1", b"\x01", b"\x93\x01", b"\x81\xa1\xff\x01", b"\x81\xc0", b"\x81\xa1a" * 3000 + b"\x01"],
)
def test_bodies_that_cannot_be_read_are_nulls(body):
    found = flattened([body, msgspec.msgpack.encode({"n": 1})])
    assert found["n"].to_pylist() == [None, 1]


def test_only_so_many_columns(monkeypatch):
    monkeypatch.setattr(flattening, "MOST_COLUMNS", 3)
    bodies = [
        msgspec.msgpack.encode({f"k{number}": 1 for number in range(start, start + 3)}) for start in (0, 2)
    ]
    assert list(stacked([flattened(bodies)], [2])) == ["k0", "k1", "k2"]
    parts = [flattened([body]) for body in bodies]
    assert stacked(parts, [1, 1])["k2"].to_pylist() == [1, 1]
    assert list(stacked(parts, [1, 1])) == ["k0", "k1", "k2"]


@pytest.mark.parametrize(
    "values",
    [
        [1, "x"],
        [2**63 + 1, 0.5],
        [0.5, 2**63 + 1],
        [True, 1],
        [[1], 1],
        [[[1]]],
        [[{"a": 1}]],
        [None],
        [[]],
        [2**64 - 1, -1],
    ],
    ids=repr,
)
def test_values_of_no_one_type_are_left_out(values):
    bodies = [msgspec.msgpack.encode({"n": value}) for value in values]
    assert "n" not in stacked([flattened(bodies)], [len(bodies)])
    assert "n" not in stacked([flattened([body]) for body in bodies], [1] * len(bodies))


def test_empty_lists_and_nulls_take_the_type_of_the_others():
    for values in ([[], ["a"]], [["a"], []], [None, ["a"]]):
        parts = [flattened([msgspec.msgpack.encode({"n": value})]) for value in values]
        assert stacked(parts, [1, 1])["n"].to_pylist() == values
