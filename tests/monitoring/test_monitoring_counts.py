"""Counts in fixed bins: exact, small, and the same in whatever order they are merged."""

import functools

import numpy as np
import pytest
from drifting import DAY, HOUR, START, hours, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trimtab.errors import DataError
from trimtab.monitoring.counts import Binning, Columns, Counts, NumberBins, WordBins, fit_bins, hour_of_week
from trimtab.training.matrix import from_rows

patient = settings(deadline=None, max_examples=60)
values = st.floats(allow_nan=True, allow_infinity=True)


def numbers(column):
    return Columns(("x",), np.asarray(column, float).reshape(-1, 1))


def parts_of(columns, cuts):
    pieces = np.split(np.arange(len(columns)), sorted(cut % (len(columns) + 1) for cut in cuts))
    return [Columns(columns.names, columns.values[piece], columns.dictionaries) for piece in pieces]


def same(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("rows", "slots", "low", "high", "phases")
    )


@given(arrays(float, st.integers(0, 40), elements=values), arrays(float, st.integers(1, 40), elements=values))
@patient
def test_every_value_lands_in_the_slot_that_its_label_names(column, fitted):
    bins = fit_bins(numbers(fitted)).columns[0]
    edges = [-np.inf, *bins.edges, np.inf]
    expected = np.zeros(bins.slots, int)
    for value in column:
        if np.isnan(value):
            expected[-1] += 1
        elif np.isinf(value):
            expected[-2 if value > 0 else 0] += 1
        else:
            place = next(i for i in range(len(edges) - 1) if edges[i] <= value < edges[i + 1])
            expected[1 + place] += 1
    assert Binning((bins,)).count(numbers(column)).slots.tolist() == expected.tolist()
    assert len(bins.labels()) == bins.slots


@given(st.lists(st.integers(0, 500), max_size=6), st.integers(0, 2**32 - 1), st.randoms())
@patient
def test_counts_of_parts_merge_to_those_of_the_whole_in_any_order(cuts, seed, order):
    rng = np.random.default_rng(seed)
    at = hours(0, 2, 60)
    columns = rows_of(rng, at)
    columns.values[rng.random(columns.values.shape) < 0.05] = np.nan
    binning = fit_bins(columns)
    times = np.split(at, sorted(cut % (len(at) + 1) for cut in cuts))
    counted = [binning.count(part, time) for part, time in zip(parts_of(columns, cuts), times, strict=True)]
    order.shuffle(counted)
    assert same(functools.reduce(Counts.merge, counted, binning.nothing()), binning.count(columns, at))


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=30))
@patient
def test_words_count_alike_whatever_their_codes(words):
    reference = from_rows(("w",), [["a"], ["a"], ["b"], ["b"], ["c"]])
    binning = fit_bins(Columns(reference.names, reference.values, reference.dictionaries))
    matrix = from_rows(("w",), [[word] for word in words])
    found = binning.count(Columns(matrix.names, matrix.values, matrix.dictionaries)).slots
    known = [words.count(word) for word in "abc"]
    if matrix.dictionaries:
        assert found.tolist() == [*known, 0, words.count("d"), words.count(None)]
    long = Columns(("w",), matrix.values, {"w": (*matrix.dictionaries.get("w", ()), *map(str, range(99)))})
    assert binning.count(long).slots.tolist() == found.tolist()


def test_the_many_rare_words_share_a_bin_and_words_seen_once_foretell_new_ones():
    words = [f"w{i:02}" for i in range(40) for _ in range(2 + (i < 30))] + ["once"]
    codes, place = np.unique(words, return_inverse=True)
    bins = fit_bins(Columns(("w",), place.reshape(-1, 1) * 1.0, {"w": tuple(codes.tolist())})).columns[0]
    assert len(bins.words) == 30
    assert len(bins.rare) == 11
    assert bins.unseen_share == pytest.approx(1 / len(words))


def test_text_for_a_number_and_a_number_for_text_are_seen():
    binning = Binning((NumberBins("x", (0.0, 1.0)), WordBins("w", ("a",))))
    swapped = Columns(("x", "w"), np.array([[0.0, 0.5], [np.nan, np.nan]]), {"x": ("a",)})
    assert binning.count(swapped).slots.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 1, 1]


def test_a_missing_column_is_named_with_the_nearest_one():
    with pytest.raises(DataError, match="did you mean 'weight'"):
        Binning((NumberBins("wieght", ()),)).count(Columns(("weight",), np.zeros((1, 1))))


def test_the_hour_of_the_week_starts_on_monday_in_local_time():
    assert hour_of_week([START, START + DAY, START - HOUR]).tolist() == [0, 24, 167]
    assert hour_of_week([START], zone_offset=-HOUR).tolist() == [167]


def test_a_column_takes_a_few_hundred_bytes():
    columns = rows_of(np.random.default_rng(0), hours(0, 2))
    assert fit_bins(columns).count(columns).slots.nbytes / 20 < 300
