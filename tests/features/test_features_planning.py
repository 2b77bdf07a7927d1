"""The plan follows the sizes of the data."""

import itertools

import numpy as np
import pytest

from trimtab.aggregate.exact import Scale
from trimtab.declare.features import Features
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.features.keys import Figures
from trimtab.features.planning import Ladder, Limits, choose, overflows
from trimtab.features.specs import FactsTable, groups
from trimtab.features.states import needs
from trimtab.units import Duration, days, hours, microseconds, minutes

HOUR, DAY = hours(1).microseconds, days(1).microseconds
SOURCE = Source("sales.parquet", id="id", known="t")
OTHER = Source("other.parquet", id="id", known="t")
QUARTER = days(90).microseconds
KINDS = {"k": Kind.STRING, "x": Kind.FLOAT, "id": Kind.INT}


def wanted(**named):
    [group] = groups(Features(**named), OTHER, KINDS, {"sales": FactsTable("sales", KINDS)})
    return needs(group.specs)


def figures(keys, facts_per_key, requests_per_key, span=QUARTER, largest=10**6):
    return Figures(
        np.full(keys, float(facts_per_key)), np.full(keys, float(requests_per_key)), span, {"x0": largest}
    )


KEYED = SOURCE.by("k")
MIXED = {
    "mean": KEYED.mean("x", over=days(7)),
    "last": KEYED.last("x", over=days(7)),
    "first": KEYED.first("x", over=days(7)),
    "top": KEYED.max("x", over=days(7)),
    "ever": KEYED.max("x"),
}


def test_few_pairs_are_joined_as_they_are():
    plan = choose(wanted(**MIXED), figures(10_000, 50, 5), Limits())
    assert plan.running == plan.firsts == plan.tiled == ()
    assert plan.pairs[days(7).microseconds, HOUR] == pytest.approx(10_000 * 50 * 5 * 7 / 90, rel=0.01)


def test_a_hot_key_calls_for_totals_lookups_and_tiles():
    plan = choose(wanted(**MIXED), figures(3, 200_000, 20_000), Limits())
    assert plan.ranged == ()
    assert {state.part for state in plan.running} == {"n", "s", "last", "max"}
    assert [state.part for state in plan.firsts] == ["first"]
    assert [state.window[0] for state in plan.tiled] == [days(7).microseconds]


def test_totals_of_dense_facts_run_over_tiles():
    plan = choose(wanted(mean=MIXED["mean"]), figures(3, 200_000, 20_000), Limits())
    assert plan.base[-1] == HOUR


def test_totals_of_sparse_facts_run_over_the_facts():
    plan = choose(wanted(mean=MIXED["mean"]), figures(3_000, 1000, 100), Limits(pairs_per_row=0))
    assert plan.base == ()


def test_windows_without_a_grid_keep_totals_on_the_facts():
    exact = KEYED.mean("x", over=days(7), hop=Duration(0))
    assert choose(wanted(a=MIXED["mean"], b=exact), figures(3, 200_000, 20_000), Limits()).base == ()


def test_a_short_window_is_joined_though_a_long_one_is_tiled():
    both = wanted(short=KEYED.max("x", over=minutes(30)), long=KEYED.max("x", over=days(30)))
    plan = choose(both, figures(1, 20_000, 20_000), Limits())
    assert [state.window[0] for state in plan.ranged] == [minutes(30).microseconds]
    assert [state.window[0] for state in plan.tiled] == [days(30).microseconds]


def test_squares_that_may_overflow_over_all_time_are_summed_by_window():
    spread = wanted(v=KEYED.var("x", over=days(7)))
    large = figures(1, 100_000, 100_000, largest=2**60)
    square = next(state for state in spread.columns if state.part == "q")
    assert overflows(square, spread, large)
    assert square in choose(spread, large, Limits()).ranged


def test_every_grid_divides_the_next():
    dense = figures(1, 10**7, 10**6)
    ladder = Ladder([HOUR, DAY], dense, Limits())
    for window in [
        (days(7).microseconds, HOUR),
        (days(30).microseconds, DAY),
        (days(700).microseconds, DAY),
        (10**9, 0),
    ]:
        grids = ladder.of(window)
        assert window[1] in (0, *grids)
        assert all(coarse % fine == 0 and fine < coarse for fine, coarse in itertools.pairwise(grids))
        assert 2 * grids[-1] <= window[0]


def test_chunks_bound_the_rows_held_at_once():
    assert choose(wanted(**MIXED), figures(10, 1_000_000, 10), Limits(rows_per_chunk=3_000_000)).chunks == 4
    assert choose(wanted(**MIXED), Figures.none(), Limits()).chunks == 1


def test_alike_states_are_kept_once():
    shared = wanted(
        a=KEYED.mean("x", over=days(1)),
        b=KEYED.std("x", over=days(1)),
        c=KEYED.count("x", over=days(1)),
        d=KEYED.sum("x"),
    )
    assert [state.part for state in shared.columns] == ["n", "s", "q", "n", "s"]
    assert list(shared.readings.values()) == ["x0"]
    assert next(iter(shared.readings)).scale == Scale.of(1e-6)


def test_a_window_of_one_microsecond_has_a_plan():
    plan = choose(
        wanted(top=KEYED.max("x", over=microseconds(1))),
        figures(1, 10**6, 10**6, span=10),
        Limits(pairs_per_row=0),
    )
    assert plan.grids[1, 0] == (1,)
