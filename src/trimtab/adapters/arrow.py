"""Arrow tables in their plain form: one type for one meaning, and nothing but columns."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa


@lru_cache(maxsize=256)
def plain_type(kind: pa.DataType) -> pa.DataType:
    """The one type that stands for all encodings of the same values.

    >>> plain_type(pa.dictionary(pa.int8(), pa.large_string()))
    DataType(string)
    """
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_large_list(kind) or pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return pa.list_(plain_type(kind.value_type))
    if pa.types.is_list(kind):
        return pa.list_(plain_type(kind.value_type))
    return kind


def plain(table: pa.Table) -> pa.Table:
    """The same values without dictionaries, large or view types, metadata or nullability marks.

    >>> words = pa.table({"word": pa.array(["a", "b", "a"]).dictionary_encode()})
    >>> plain(words).schema
    word: string
    """
    schema = pa.schema([pa.field(field.name, plain_type(field.type)) for field in table.schema])
    if table.schema.equals(schema, check_metadata=True):
        return table
    columns = [_as(column, kind) for column, kind in zip(table.columns, schema.types, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def align(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table's rows in the columns of a schema; a column that the table lacks is all null.

    >>> align(pa.table({"a": [1]}), pa.schema([("b", pa.string()), ("a", pa.int64())])).to_pylist()
    [{'b': None, 'a': 1}]
    """
    if table.schema.equals(schema):
        return table
    present = set(table.column_names)
    columns = [
        _as(table[field.name], field.type) if field.name in present else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _as(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        chunks = [chunk.dictionary.cast(kind).take(chunk.indices) for chunk in column.chunks]
        return pa.chunked_array(chunks, kind)
    return column if column.type.equals(kind) else column.cast(kind)
