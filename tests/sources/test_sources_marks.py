"""By what a fact is known again: bulk and single marks agree, and only a fact's own columns count."""

import math

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.declare.arrow import ARROW
from trimtab.declare.kinds import Kind
from trimtab.sources.identity import KNOWN, SEQUENCE
from trimtab.sources.marks import Marks, id_text

WHOLE = st.integers(-(2**63), 2**63 - 1)
VALUES = {
    Kind.BOOL: st.booleans(),
    Kind.INT: WHOLE,
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Kind.STRING: st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    Kind.TIMESTAMP: WHOLE,
    Kind.DURATION: WHOLE,
}
COLUMNS = {str(kind): kind for kind in Kind}
NAMES = sorted(COLUMNS)
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in COLUMNS.items()}), max_size=6
)
TWO = st.tuples(*[st.none() | st.one_of(VALUES.values())] * 2)


def table_of(rows, names=NAMES):
    return pa.table({name: pa.array([row[name] for row in rows], ARROW[COLUMNS[name]]) for name in names})


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_facts_of_a_table_are_marked_like_single_ones_for_every_kind(rows, one, other):
    marks = Marks(tuple(dict.fromkeys((one, other))), NAMES)
    ids, contents = marks.of_table(table_of(rows))
    assert ids == [marks.id_of(row) for row in rows]
    assert contents == [marks.content_of(row) for row in rows]


def test_a_table_in_chunks_or_with_columns_in_another_order_is_marked_the_same():
    rows = [dict.fromkeys(NAMES) | {"int": number} for number in range(5)]
    marks = Marks(("int",), NAMES)
    whole = table_of(rows)
    chunked = pa.concat_tables([whole.slice(0, 2), whole.slice(2)]).select(NAMES[::-1])
    assert marks.of_table(chunked) == marks.of_table(whole)


def test_a_source_of_nothing_but_its_id_has_marks_too():
    marks = Marks(("int",), ["int"])
    table = pa.table({"int": [1, 2]})
    assert marks.of_table(table) == (["1", "2"], [marks.content_of({"int": 1}), marks.content_of({"int": 2})])


@settings(max_examples=100, deadline=None)
@given(TWO, TWO)
def test_ids_are_the_same_text_only_where_they_are_the_same_values(one, other):
    alike = all(left == right and type(left) is type(right) for left, right in zip(one, other, strict=True))
    zeros = any(value == 0 and math.copysign(1, value) < 0 for value in one + other if type(value) is float)
    if not zeros:
        assert (id_text(one) == id_text(other)) is alike


def test_what_is_about_a_fact_is_not_its_content():
    marks = Marks(("id",), ["id", "price", KNOWN, SEQUENCE, "__gone", "__given"])
    assert marks.columns == ("price",)
    row = {"id": 1, "price": 2.5}
    assert marks.content_of(row) == marks.content_of({**row, KNOWN: 5, "__gone": True})


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5))
def test_other_columns_of_a_new_declaration_make_no_contradiction(price, word):
    before, after = Marks(("id",), ["id", "price"]), Marks(("id",), ["id", "price", "word"])
    row = {"id": 1, "price": price, "word": word}
    assert after.same(before.content_of(row), after.content_of(row))
    assert before.same(after.content_of(row), before.content_of({**row, "price": 77.0}))


@settings(max_examples=60, deadline=None)
@given(*[st.floats(allow_nan=False, allow_infinity=False)] * 2)
def test_the_same_columns_with_other_values_are_other_content(one, other):
    marks = Marks(("id",), ["id", "price"])
    contents = [marks.content_of({"id": 1, "price": price}) for price in (one, other)]
    if math.copysign(1, one) == math.copysign(1, other) or one != other:
        assert marks.same(*contents) is (one == other)


def test_the_order_in_which_columns_are_declared_does_not_matter():
    row = {"a": 1, "b": 2, "id": 3}
    assert Marks(("id",), ["id", "a", "b"]).content_of(row) == Marks(("id",), ["b", "id", "a"]).content_of(
        row
    )
