"""A split of units on record: what its arms lost, how long a test takes, and what it says."""

import numpy as np
import pytest
from loop_worlds import shop, system

import trimtab as tt
from orders import orders_tables
from trimtab.release.experiment import plan_experiment
from trimtab.runtime.live_loop import canarying
from trimtab.runtime.live_loop.arms import Split, arms_of, latest_split
from trimtab.runtime.live_loop.experimenting import experiment
from trimtab.runtime.live_loop.past import Past
from trimtab.runtime.logged import PREDICTIONS, decode
from trimtab.testing import MemoryLedger

RELEASE = tt.Release(canary=(0.5,), exposures=10_000)
"""A canary that goes on: it never sees as many answers as it asks for."""


@pytest.fixture(scope="module")
def split():
    with shop(system(orders_tables(rows=400, length_days=60), release=RELEASE)) as found:
        found.per_day = 60
        found.run(16)
        yield found


def past(found):
    return Past(found.means(), found.clock.now())


def test_the_split_on_record_is_found(split):
    assert latest_split(split.ledger) == Split("v2", 0.5)
    assert latest_split(MemoryLedger()) is None


def test_arms_hold_every_mature_answer_of_their_split_by_unit(split):
    found = arms_of(past(split), Split("v2", 0.5), 0)
    answered = [decode(record) for _, record in split.ledger.read_records(PREDICTIONS)]
    arms = [each for each in answered if each.arm is not None]
    for number, name in enumerate(("canary", "control")):
        assert found.assigned[number] == len({each.arm.unit for each in arms if each.arm.name == name})
        totals = found.losses[name]
        assert 0 < totals.counts.sum() < sum(each.arm.name == name for each in arms), (
            "the latest have no label"
        )
    by_hand = 0.0
    here = past(split)
    for each in arms:
        row = here.places[(each.request["order"],)]
        if each.arm.name == "canary" and here.view.mature[row]:
            late = here.view.value[row]
            by_hand -= np.log(each.score if late else 1 - each.score)
    assert found.losses["canary"].sums.sum() == pytest.approx(by_hand)


def test_another_share_of_the_same_version_is_another_split(split):
    assert arms_of(past(split), Split("v2", 0.25), 0).losses == {}


def test_a_fit_that_learned_how_orders_are_now_is_found_to_be_better(split):
    found = experiment(past(split), effect=0.2)
    assert found.verdict == "better"
    assert (
        found.plan.units_per_arm
        == plan_experiment(_deviation(split), 0.2, units_per_day=_rate(found)).units_per_arm
    )
    assert "v2 for 50% of units" in str(found)
    assert "units are split as planned" in str(found)


def _deviation(split):
    from trimtab.runtime.live_loop.experimenting import _usual
    from trimtab.stats import unit_residuals

    return float(unit_residuals(_usual(past(split)).totals).std(ddof=1))


def _rate(found):
    return 2 * found.plan.units_per_arm / found.plan.days


def test_before_anything_is_split_the_plan_alone_is_told():
    with shop(system(orders_tables(rows=400, length_days=60))) as found:
        told = experiment(past(found), effect=0.1)
    assert told.split is None
    assert "an experiment would take" in told.sentence
    assert "a constant answer would have lost" in str(told)


def test_a_canary_that_loses_more_by_its_labels_is_stopped(split):
    candidate = next(each for each in _released(split).candidates if each.stage == "canary")
    losses = arms_of(past(split), Split("v2", 0.5), candidate.since).losses
    worse = {
        **losses,
        "canary": type(losses["canary"])(
            losses["canary"].unit,
            losses["canary"].sums + 3 * losses["canary"].counts,
            losses["canary"].counts,
        ),
    }

    def verdict(given):
        return canarying.judged_canary(
            split.ledger, RELEASE, candidate, split.clock.now(), slow=None, numbers=False, losses=given
        )

    assert verdict(losses).verdict == "waiting"
    assert verdict(worse).verdict == "stop"
    assert "worse by labels" in verdict(worse).numbers["guards"]


def _released(found):
    from trimtab.runtime.live_loop.journal import recall

    return recall(found.ledger, None, 0).state.release
