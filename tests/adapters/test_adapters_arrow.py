"""One plain form for all encodings of the same values."""

import pyarrow as pa
import pytest

from trimtab.adapters.arrow import align, plain


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", None]),
        pa.array(["a", None], pa.large_string()),
        pa.array(["a", None], pa.string_view()),
        pa.array(["a", None]).dictionary_encode(),
        pa.array(["a", None], pa.string_view()).dictionary_encode(),
    ],
    ids=lambda column: str(column.type)[:20],
)
def test_text_is_text(column):
    table = pa.table({"word": column}).replace_schema_metadata({"made": "elsewhere"})
    assert plain(table).equals(pa.table({"word": ["a", None]}), check_metadata=True)


def test_nested_and_binary_types():
    table = pa.table(
        {"l": pa.array([["a"]], pa.large_list(pa.large_string())), "b": pa.array([b"x"], pa.large_binary())}
    )
    assert plain(table).schema.types == [pa.list_(pa.string()), pa.binary()]


def test_a_required_column_is_a_column():
    schema = pa.schema([pa.field("n", pa.int64(), nullable=False, metadata={"unit": "min"})])
    assert plain(pa.table({"n": [1]}, schema)).schema.equals(
        pa.schema([("n", pa.int64())]), check_metadata=True
    )


def test_align_gives_null_columns_their_type():
    schema = pa.schema([("a", pa.string()), ("b", pa.int64())])
    assert align(pa.table({"a": pa.nulls(2)}), schema).schema == schema
