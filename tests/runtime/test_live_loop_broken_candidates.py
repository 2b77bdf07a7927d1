"""Candidates that are broken each in its own way, and the step that stops each of them."""

import numpy as np
import pytest

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import col, days
from trimtab.ports import Event, Record
from trimtab.release.state import Candidate, Watch
from trimtab.runtime.live_loop import canarying, comparing
from trimtab.runtime.live_loop.cohorts import COHORTS
from trimtab.runtime.logged import PREDICTIONS, Arm, Logged, encode
from trimtab.testing import MemoryLedger

RELEASE = tt.Release(canary=(0.5,), exposures=100)
CHANGE = Candidate("v2", "new", "change", 0.04, 0, stage="shadow")
CANARY = Candidate("v2", "new", "change", 0.04, 0, stage="canary")


def declared():
    tables = orders_tables(rows=10)
    orders = tt.Source(tables["orders"], name="orders", id="order", known="ordered")
    label = tt.Label({orders: col("weight") > 1}, matures_after=days(2))
    from sklearn.linear_model import LogisticRegression

    return tt.System(
        "shop",
        tt.Request(orders, at="ordered"),
        tt.Model(LogisticRegression(), tt.Features(w=col("weight")), label),
    )


def ripe_days(version, *, worse, slices=None, count=40):
    """A record of ripe days: by how much a shadow lost more a row, in all and by slice."""
    ledger, rng = MemoryLedger(), np.random.default_rng(1)
    for day in range(count):
        found = {"": [100 * (worse + 0.01 * rng.normal()), 50.0, 100.0]}
        for name, value in (slices or {}).items():
            found[name] = [10 * (value + 0.01 * rng.normal()), 5.0, 10.0]
        body = {"read": {}, "pairs": {version: found}, "served": {}}
        ledger.append_events(COHORTS, [Event(day * DAY, "day", str(day), body)])
    return ledger


def shadow(ledger):
    return comparing.judged_shadow(ledger, declared(), RELEASE, CHANGE, {"v2": "new"}, 40 * DAY)


def test_a_label_leak_that_shines_in_training_is_worse_in_shadow():
    assert shadow(ripe_days("v2", worse=0.2)).verdict == "worse"


def test_a_destroyed_slice_is_found_in_shadow_although_all_in_all_it_is_better():
    judged = shadow(ripe_days("v2", worse=-0.05, slices={"shop=north": 0.5, "shop=south": -0.1}))
    assert judged.verdict == "worse"
    assert judged.numbers["harmed"] == "shop=north"


def test_a_good_change_passes_its_shadow():
    assert shadow(ripe_days("v2", worse=-0.05)).verdict == "better"


def test_fits_of_one_recipe_share_their_evidence():
    ledger = ripe_days("v3", worse=-0.05)
    found = comparing.judged_shadow(ledger, declared(), RELEASE, CHANGE, {"v2": "new", "v3": "new"}, 40 * DAY)
    assert found.verdict == "better"


def test_a_champion_that_lost_more_than_what_it_replaced_is_worse():
    watch = Watch("v1", "old", 0, 30 * DAY, 0.04, opened_by="v2")
    found = comparing.judged_reverse(ripe_days("v1", worse=-0.2), declared(), RELEASE, watch, "v2", 20 * DAY)
    assert found.verdict == "worse"


def answers(*, canary, control, count=3000):
    """Logged answers, half of them the canary's: (score, served, microseconds) from a random number."""
    ledger, rng = MemoryLedger(), np.random.default_rng(2)
    records = []
    for number in range(count):
        arm = "canary" if rng.random() < 0.5 else "control"
        score, served, took = (canary if arm == "canary" else control)(rng)
        logged = Logged({}, {}, 0, 0, "v2", served, score, arm=Arm(arm, 0.5, "v2", f"u{number}", took))
        records.append(Record(f"p{number}", number + 1, encode(logged)))
    ledger.append_records(PREDICTIONS, records)
    return ledger


def usual(rng):
    return float(rng.uniform(0.2, 0.4)), "champion", float(rng.uniform(20, 60))


def judged(ledger, candidate=CANARY, **more):
    return canarying.judged_canary(
        ledger, RELEASE, candidate, 2 * DAY, **{"slow": None, "numbers": False, **more}
    )


def test_a_slow_model_is_stopped_in_its_canary():
    slow = judged(answers(canary=lambda rng: (*usual(rng)[:2], 90_000.0), control=usual))
    assert slow.verdict == "stop"
    assert "slower" in slow.numbers["guards"]


def test_a_model_that_fails_is_stopped_in_its_canary():
    def failing(rng):
        score, _, took = usual(rng)
        return score, "fallback" if rng.random() < 0.2 else "champion", took

    assert judged(answers(canary=failing, control=usual)).verdict == "stop"


def test_a_model_that_answers_no_probability_is_stopped_in_its_canary():
    assert judged(answers(canary=lambda _: (7.0, "champion", 30.0), control=usual)).verdict == "stop"


def test_wrong_units_in_a_feature_show_as_other_scores_and_hold_the_canary_for_a_person():
    other = judged(answers(canary=lambda rng: (usual(rng)[0] + 0.5, "champion", 30.0), control=usual))
    assert other.verdict == "hold"


@pytest.mark.parametrize("candidate", [CANARY, Candidate("v2", "old", "refresh", 0.04, 0, stage="canary")])
def test_a_sound_candidate_advances(candidate):
    found = judged(answers(canary=usual, control=usual), candidate)
    assert found.verdict == "advance"
    assert found.numbers["requests_canary"] + found.numbers["requests_control"] == 3000


def test_sudden_failures_are_trouble_at_once():
    ledger = MemoryLedger()
    records = []
    for number in range(2000):
        served = "fallback" if number >= 1900 else "champion"
        body = encode(Logged({}, {}, 0, 0, "v2", served, 0.5))
        at = 2 * DAY - (2000 - number) * 1_000_000 - (0 if number >= 1900 else 600_000_000)
        records.append(Record(f"p{number}", at, body))
    ledger.append_records(PREDICTIONS, records)
    trouble = canarying.sudden_trouble(ledger, "v2", 2 * DAY)
    assert trouble is not None
    assert "100 of 100 answers failed" in trouble.what
    assert canarying.sudden_trouble(ledger, "v1", 2 * DAY) is None
