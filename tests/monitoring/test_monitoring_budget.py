"""How the budget is stated and shared out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.errors import DeclarationError
from trimtab.monitoring.budget import PARTS, Budget, Monitor, log_inflows, total_log_evidence, weights
from trimtab.stats.detector import advance, empty_detector
from trimtab.stats.dispersion import Dispersion
from trimtab.units import days, hours

kinds = st.dictionaries(
    st.sampled_from(sorted(PARTS)), st.tuples(st.booleans(), st.integers(0, 5)), min_size=1
)


def monitors_of(found):
    whole = [Monitor(kind) for kind, (there, slices) in found.items() if there or not slices]
    return whole + [Monitor(kind, f"s{i}") for kind, (_, slices) in found.items() for i in range(slices)]


@given(kinds)
def test_the_shares_sum_to_one_and_each_kind_keeps_its_part(found):
    monitors = monitors_of(found)
    shares = weights(monitors)
    assert shares.sum() == pytest.approx(1)
    assert (shares > 0).all()
    total = sum(PARTS[kind] for kind in found)
    for kind in found:
        part = sum(share for share, monitor in zip(shares, monitors, strict=True) if monitor.kind == kind)
        assert part == pytest.approx(PARTS[kind] / total)


def test_the_whole_keeps_half_of_a_part_that_it_shares_with_slices():
    shares = weights([Monitor("realised"), Monitor("realised", "a"), Monitor("realised", "b")])
    assert shares == pytest.approx([0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("monitors", "message"),
    [([], "nothing can page"), ([Monitor("realised"), Monitor("realised")], "named twice")],
)
def test_what_cannot_be_shared_out_is_refused(monitors, message):
    with pytest.raises(DeclarationError, match=message):
        weights(monitors)


def test_a_monitor_says_what_is_wrong_with_it():
    with pytest.raises(DeclarationError, match="did you mean 'realised'"):
        Monitor("realized")
    with pytest.raises(DeclarationError, match="no unit 'hour'"):
        Monitor("realised", unit="hour")
    with pytest.raises(DeclarationError, match="measure row_dispersion"):
        Monitor("realised", unit="row")
    assert Monitor("realised", unit="row", dispersion=Dispersion(40)).design_effect(1000) == 1


def test_the_threshold_is_windows_a_year_by_budget():
    assert Budget(1.0).threshold == 365.25
    assert Budget(0.5, hours(1)).threshold == 2 * 8766
    assert Budget(2.0, days(7)).false_pages_at_most(104) == pytest.approx(2 * 104 * 7 / 365.25)


@pytest.mark.parametrize("pages", [0, -1, 400, float("nan")])
def test_a_budget_without_sense_is_refused(pages):
    with pytest.raises(DeclarationError, match="page budget"):
        Budget(pages)


def test_without_evidence_of_harm_the_total_is_one_per_window():
    shares = weights([Monitor(kind) for kind in PARTS])
    state = empty_detector((4,))
    for at in range(10):
        state = advance(state, np.zeros((4, 8)), at=at, log_inflow=log_inflows(shares, True))
    assert np.exp(total_log_evidence(state)) == pytest.approx(10)
