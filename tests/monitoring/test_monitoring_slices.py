"""Slices: the worst places are found where they were planted, and stay the same rows."""

import numpy as np

from trimtab.monitoring.losses import on_grid
from trimtab.monitoring.slices import Slice, declared_slices, slice_totals, worst_slices

WORDS = ("AA", "EV", "UA")
NAMES = ("hour", "wind", "carrier")


def world(seed=0, rows=6000):
    generator = np.random.default_rng(seed)
    hour, wind = generator.uniform(0, 24, rows), generator.gamma(2, 5, rows)
    wind[generator.random(rows) < 0.05] = np.nan
    carrier = generator.integers(0, 3, rows)
    return np.column_stack([hour, wind, carrier]), generator.random(rows)


def test_the_planted_places_are_found_worst_first():
    values, noise = world()
    lost = 0.1 * noise + 0.5 * (values[:, 0] >= 21) + 0.3 * (values[:, 2] == 1) + 0.4 * np.isnan(values[:, 1])
    found = worst_slices(NAMES, values, np.minimum(lost, 1), {"carrier": WORDS})
    assert {"carrier = EV", "wind missing"} < {piece.name for piece in found}
    assert found[0].column == "hour"
    assert abs(found[0].low - 21) < 0.2


def test_at_most_as_many_as_asked_for_and_none_that_is_tiny():
    values, noise = world(1)
    lost = noise * (1 + (values[:, 0] // 1) % 2) / 2
    rare = values.copy()
    rare[:50, 1] = 1e6
    assert len(worst_slices(NAMES, rare, lost, {"carrier": WORDS}, at_most=2)) <= 2
    for piece in worst_slices(NAMES, rare, np.where(np.arange(6000) < 50, 1.0, 0.0), {}, minimum_share=0.02):
        assert piece.rows(rare[:, NAMES.index(piece.column)]).sum() >= 120


def test_two_columns_that_say_the_same_are_one_slice():
    values, noise = world(2)
    twin = np.column_stack([values[:, 0], 2 * values[:, 0]])
    found = worst_slices(("hour", "twice"), twin, 0.1 * noise + 0.8 * (values[:, 0] > 21), {})
    assert [piece.column for piece in found] == ["hour"]


def test_an_even_loss_has_no_bad_slice():
    values, _ = world(3)
    assert worst_slices(NAMES, values, np.full(6000, 0.3), {"carrier": WORDS}) == ()


def test_declared_slices_are_the_words_and_share_out_the_rows():
    values, _ = world(4)
    pieces = declared_slices("carrier", values[:, 2], WORDS)
    assert [piece.word for piece in pieces] == list(WORDS)
    assert sum(piece.rows(values[:, 2]).sum() for piece in pieces) == 6000
    ranges = declared_slices("wind", values[:, 1])
    assert sum(piece.rows(values[:, 1]).sum() for piece in ranges) == 6000
    assert ranges[-1].missing


def test_a_column_without_any_number_has_only_its_missing_rows():
    assert [piece.name for piece in declared_slices("x", np.full(300, np.nan))] == ["x missing"]


def test_totals_of_a_slice_are_those_of_its_rows():
    values, noise = world(5)
    losses, day = on_grid(np.column_stack([noise, noise / 2])), np.arange(6000) // 500
    pieces = (Slice("hour", 6.0, 9.0), Slice("wind", missing=True))
    totals = slice_totals(pieces, NAMES, values, losses, day)
    morning = (values[:, 0] >= 6) & (values[:, 0] < 9)
    naive = [losses[morning & (day == one)].sum(axis=0) for one in range(12)]
    assert np.array_equal(totals["hour 6 to 9"].sums, naive)
    assert totals["wind missing"].counts.sum() == np.isnan(values[:, 1]).sum()
