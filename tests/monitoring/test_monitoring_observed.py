"""Rows of a log: taken, labelled, counted, and their columns put in the order of the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.monitoring.counts import Columns
from trimtab.monitoring.observed import NEVER, PREDICTION, Observed, aligned

patient = settings(deadline=None, max_examples=60)
WORDS = ("north", "south", "east", "west", "up")
names = st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=4)


@st.composite
def columns(draw):
    """Up to four columns of up to six rows, some of them text with words of their own."""
    chosen, rows = draw(names), draw(st.integers(0, 6))
    values, texts = np.full((rows, len(chosen)), np.nan), {}
    for place, name in enumerate(chosen):
        words = draw(st.none() | st.lists(st.sampled_from(WORDS), unique=True, min_size=1).map(tuple))
        codes = st.integers(0, len(words) - 1).map(float) if words else st.floats(-9, 9)
        each = st.none() | codes
        column = draw(st.lists(each, min_size=rows, max_size=rows))
        values[:, place] = [np.nan if value is None else value for value in column]
        if words:
            texts[name] = words
    return Columns(tuple(chosen), values, texts)


def said(rows, name, row):
    """What a row says in a column: a word, a number, or None."""
    if name not in rows.names:
        return None
    value = rows.values[row, rows.names.index(name)]
    words = rows.dictionaries.get(name)
    return None if np.isnan(value) else value if words is None else words[int(value)]


@patient
@given(columns(), names, st.dictionaries(st.sampled_from("abcd"), st.permutations(WORDS).map(tuple)))
def test_aligned_rows_say_what_they_said_with_the_codes_that_are_known(rows, wanted, known):
    found = aligned(rows, wanted, known)
    assert found.names == tuple(wanted)
    for name in wanted:
        for row in range(len(rows)):
            assert said(found, name, row) == said(rows, name, row)
        if name in known and name in rows.dictionaries:
            assert found.dictionaries[name][: len(WORDS)] == known[name]


@patient
@given(columns())
def test_aligning_to_itself_changes_nothing(rows):
    assert aligned(rows, rows.names, rows.dictionaries) is rows


def log(n=4, score=None, label=None, **more):
    at = np.arange(n) * 10
    score = np.full(n, 0.5) if score is None else np.asarray(score, float)
    label = np.zeros(n) if label is None else np.asarray(label, float)
    return Observed(at, Columns(("x",), np.arange(n * 1.0)[:, None]), score, label, at + 100, **more)


def test_rows_are_taken_with_everything_that_belongs_to_them():
    whole = log(reference_score=np.arange(4) / 10, zone_offset=np.arange(4))
    part = whole.between(10, 30)
    assert part.at.tolist() == [10, 20]
    assert part.columns.values.ravel().tolist() == [1, 2]
    assert part.reference_score.tolist() == [0.1, 0.2]
    assert part.offset.tolist() == [1, 2]
    assert log().offset.tolist() == [0] * 4


def test_labelled_rows_have_a_score_and_a_label_known_before_now():
    rows = log(score=[0.5, np.nan, 0.5, 0.5], label=[1, 1, np.nan, 1])
    assert rows.labelled().at.tolist() == [0, 30]
    assert rows.labelled(130).at.tolist() == [0]
    assert rows.labelled(101).at.tolist() == [0]
    assert len(rows.labelled(100)) == 0


def test_a_label_that_is_never_known_is_none():
    rows = log()
    never = Observed(rows.at, rows.columns, rows.score, rows.label, np.full(4, NEVER))
    assert len(never.labelled()) == 0


def test_the_score_is_counted_beside_the_features_and_a_class_by_its_code():
    assert log(score=[0.1, 0.2, 0.3, 0.4]).counted().values[:, -1].tolist() == [0.1, 0.2, 0.3, 0.4]
    classes = log(2, score=[[0.1, 0.9], [0.6, 0.4]]).counted()
    assert classes.names == ("x", PREDICTION)
    assert classes.values[:, -1].tolist() == [1, 0]


def test_classes_without_a_score_are_null_and_not_the_first_class():
    counted = log(2, score=[[np.nan, np.nan], [0.4, 0.6]]).counted()
    assert counted.values[:, -1] == pytest.approx([np.nan, 1], nan_ok=True)


def test_a_feature_that_is_named_prediction_keeps_its_name_for_itself():
    rows = log()
    named = Observed(
        rows.at, Columns((PREDICTION,), rows.columns.values), rows.score, rows.label, rows.label_at
    )
    assert named.counted() is named.columns
