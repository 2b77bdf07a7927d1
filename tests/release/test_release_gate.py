"""The gate: each thing that should stop a candidate does, and so does everything that is not known."""

from dataclasses import replace

import numpy as np
import pytest

from trimtab.finding import Finding, Severity
from trimtab.release.gate import GateEvidence, GatePlan, GateResult, judge_gate
from trimtab.stats import UnitTotals


def daily(mean, units=30, rows=20):
    """Days of so many rows each."""
    values = mean + np.tile([-1.0, 1.0], units // 2)
    return UnitTotals(np.arange(units), values * rows, np.full(units, float(rows)))


GOOD = GateEvidence(
    "v2",
    rows_from=10,
    learned_until=10,
    champion=daily(-1.0),
    baselines={"rate": daily(-2.0)},
    slices={"EV": daily(0.0)},
    checked=(Finding("one row takes 1 ms", Severity.OK),),
)
PLAN = GatePlan(margin=0.5)


def test_a_good_candidate_passes():
    assert judge_gate(GOOD, PLAN).passed


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        ({"champion": daily(1.0)}, Severity.ACT, "worse than the champion"),
        ({"champion": daily(0.45)}, Severity.ACT, "worse than the champion"),
        ({"champion": daily(0.3)}, Severity.ACT, "not shown to be as good"),
        ({"champion": None}, Severity.NOT_RUN, "champion"),
        ({"champion": daily(-1.0, 12)}, Severity.NOT_RUN, "champion"),
        ({"rows_from": 9}, Severity.NOT_RUN, "champion"),
        ({"baselines": {}}, Severity.NOT_RUN, "baseline"),
        ({"baselines": {"rate": daily(0.0)}}, Severity.ACT, "baseline rate"),
        ({"baselines": {"rate": daily(-2.0, 12)}}, Severity.NOT_RUN, "baseline rate"),
        ({"slices": {"EV": daily(2.0)}}, Severity.ACT, "EV"),
        ({"checked": (Finding("too slow", Severity.ACT),)}, Severity.ACT, "too slow"),
        ({"checked": (Finding("size unknown", Severity.NOT_RUN),)}, Severity.NOT_RUN, "size"),
    ],
)
def test_each_fault_and_each_gap_blocks_by_name(change, severity, words):
    result = judge_gate(replace(GOOD, **change), PLAN)
    assert not result.passed
    assert result.findings[0].severity is severity
    assert words in result.findings[0].what


def test_a_change_that_goes_to_the_shadow_only_must_not_be_refuted():
    open_question, worse = replace(GOOD, champion=daily(0.3)), replace(GOOD, champion=daily(1.0))
    plan = replace(PLAN, proof="not refuted")
    assert judge_gate(open_question, plan).passed
    assert not judge_gate(worse, plan).passed


def test_the_first_version_needs_no_champion_but_skill():
    first = replace(GOOD, first=True, champion=None)
    assert judge_gate(first, PLAN).passed
    assert not judge_gate(replace(first, baselines={"rate": daily(0.0)}), PLAN).passed


def test_a_slice_of_few_units_forbids_nothing():
    assert judge_gate(replace(GOOD, slices={"EV": daily(2.0, 12)}), PLAN).passed


def test_a_slice_of_few_rows_warns_and_forbids_nothing():
    result = judge_gate(replace(GOOD, slices={"HA": daily(2.0, rows=1)}), PLAN)
    assert result.passed
    assert result.findings[0].severity is Severity.WATCH
    assert "30 of the 300 rows" in result.findings[0].cause


def test_slices_of_few_rows_take_nothing_from_the_alpha_of_the_others():
    slight = daily(0.4)
    tiny = {f"s{place}": daily(0.0, rows=1) for place in range(50)}
    assert not judge_gate(replace(GOOD, slices={"EV": slight, **tiny}), PLAN).passed


def test_slices_share_one_alpha():
    slight = daily(0.4)
    assert not judge_gate(replace(GOOD, slices={"EV": slight}), PLAN).passed
    many = {f"s{place}": daily(0.0) for place in range(50)}
    assert judge_gate(replace(GOOD, slices={"EV": slight, **many}), PLAN).passed


def test_a_warning_does_not_block_and_no_finding_is_no_pass():
    warned = replace(GOOD, checked=(Finding("large", Severity.WATCH),))
    assert judge_gate(warned, PLAN).passed
    assert not GateResult("v2", ()).passed


REFRESH = GatePlan.of_recipe(0.5, refresh=True)


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({}, True),
        ({"champion": daily(0.3)}, True),
        ({"champion": daily(1.0)}, False),
        ({"champion": None}, True),
        ({"champion": daily(1.0, 12)}, True),
        ({"rows_from": 9}, True),
        ({"baselines": {}}, True),
        ({"baselines": {"rate": daily(0.0)}}, True),
        ({"slices": {"EV": daily(2.0)}}, False),
        ({"checked": (Finding("too slow", Severity.ACT),)}, False),
        ({"checked": (Finding("size unknown", Severity.NOT_RUN),)}, True),
    ],
)
def test_of_a_refresh_only_what_speaks_against_it_blocks(change, passes):
    assert judge_gate(replace(GOOD, **change), REFRESH).passed is passes


def test_a_refresh_without_skill_is_stopped_where_the_champion_has_it():
    lacking = replace(GOOD, baselines={"rate": daily(0.0)})
    told = judge_gate(replace(lacking, champion_baselines={"rate": daily(0.1)}), REFRESH)
    assert told.passed
    assert told.findings[0].severity is Severity.WATCH
    assert not judge_gate(replace(lacking, champion_baselines={"rate": daily(-1.0)}), REFRESH).passed
    change = GatePlan.of_recipe(0.5, refresh=False)
    assert not judge_gate(replace(lacking, champion_baselines={"rate": daily(0.1)}), change).passed
