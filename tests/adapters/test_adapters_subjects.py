"""Finding a subject by hash and comparison equals looking at every value."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.adapters.ledger.subjects import canonical, hash_of, hashes, holds, positions

EDGES = [
    0,
    -1,
    7,
    2**53,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
    2**70,
    0.0,
    -0.0,
    7.0,
    0.1,
    1e300,
    float(2**70),
]
EDGES += [
    float("inf"),
    float("nan"),
    "7",
    "",
    "7.0",
    b"7",
    b"",
    True,
    None,
    np.int64(7),
    np.float32(0.5),
    object(),
]
ANY = st.sampled_from(EDGES) | st.integers() | st.floats() | st.text(max_size=2) | st.binary(max_size=2)
COLUMNS = {
    pa.string(): st.text(max_size=2),
    pa.binary(): st.binary(max_size=2),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.float64(): st.floats(),
    pa.float32(): st.floats(width=32),
    pa.null(): st.none(),
}


@pytest.mark.parametrize("kind", COLUMNS, ids=str)
@settings(deadline=None)
@given(st.data())
def test_positions_and_hashes_against_every_value(kind, data):
    fitting = [edge for edge in EDGES if fits(edge, kind)]
    value = st.none() | COLUMNS[kind] | (st.sampled_from(fitting) if fitting else st.none())
    column = pa.chunked_array(data.draw(st.lists(st.lists(value, max_size=4), max_size=3)), kind)
    wanted = canonical(data.draw(ANY | value))
    if wanted is None:
        return
    naive = [row for row, found in enumerate(column.to_pylist()) if canonical(found) == wanted]
    assert positions(column, wanted).tolist() == naive
    if naive:
        assert holds(hashes(column).astype("<u4").tobytes(), hash_of(wanted))


def fits(value, kind):
    try:
        return pa.scalar(value, kind).as_py() is not None and not isinstance(value, bool)
    except (pa.ArrowException, OverflowError, TypeError):
        return False
