"""Whole years under faults: the laws hold, the same seed gives the same life, and what is harmful is counted."""

import json

import pytest
from sklearn.linear_model import Ridge

import trimtab as tt
from trimtab.errors import DeclarationError, UsageError
from trimtab.runtime.loop import Declared, begin, read_event, step, write_decision
from trimtab.testing.simulation import LAWS, Estimator, Faults, InvariantError, Policies, World, simulate
from trimtab.testing.simulation.campaign import Counts, Lived, campaign, live, rates, report
from trimtab.testing.simulation.scenarios import CHAOS, RESTLESS, SCENARIOS
from trimtab.units import days

CAMPAIGN = pytest.mark.campaign


@pytest.mark.parametrize("seed", range(40))
def test_forty_short_years_break_no_law(seed):
    life = live(1000 + seed, years=0.3)
    assert life.problem is None
    assert set(life.invariants) == set(LAWS)


@CAMPAIGN
@pytest.mark.parametrize("first", range(0, 2016, 126))
def test_two_thousand_years_break_no_law(first):
    lives = list(campaign(range(first, first + 126)))
    assert [life.problem for life in lives if life.problem] == []


def test_the_same_seed_gives_the_same_life_and_another_seed_another():
    first, again, other = (simulate(seed=seed, years=0.3, faults=CHAOS, world=RESTLESS) for seed in (3, 3, 4))
    assert first.journal == again.journal
    assert first.decisions == again.decisions
    assert first.to_json() == again.to_json()
    assert first.journal != other.journal


def test_the_journal_alone_gives_the_same_decisions_byte_for_byte():
    done = simulate(seed=9, years=0.4, world=World(new_recipes_per_year=0))
    declared = Declared(Policies().retrain, Policies().release, "r1")
    state, again = begin(declared), []
    for entry in done.journal:
        state, _, decisions = step(state, read_event(json.loads(json.dumps(dict(entry.body)))), declared)
        again += [write_decision(each) for each in decisions]
    written = [dict(entry.body) for entry in done.decisions]
    assert json.dumps(again, sort_keys=True) == json.dumps(written, sort_keys=True)
    assert state == done.state


def test_without_faults_nothing_crashes_fails_or_breaks():
    done = simulate(seed=5, years=0.5, faults=Faults.none())
    assert (done.counts.crashes, done.counts.failed_trainings, dict(done.stopped)) == (0, 0, {})
    assert done.counts.promotions > 0


def test_a_system_gives_its_own_policies():
    rows = tt.Source("rows.parquet", id="id", known="known")
    system = tt.System(
        "own",
        tt.Request(rows, at="known"),
        tt.Model(Ridge(), tt.RequestFields(()), tt.Label({rows: tt.col("y")}, matures_after=days(2))),
        retrain=tt.Retrain(tt.every(days(30))),
    )
    assert simulate(system, seed=1, years=0.5).counts.trainings <= 8


def test_an_account_of_a_life_goes_to_json():
    body = simulate(seed=2, years=0.3).to_json()
    assert body["seed"] == 2
    assert body["trainings"] == sum(1 for _ in range(body["trainings"]))
    assert body["invariants"]["a restart is no restart"] >= 1


@pytest.mark.parametrize("kind", ["unit", "slice"])
def test_a_candidate_that_is_worse_on_stored_rows_is_stopped_by_the_gate(kind, monkeypatch):
    assert _ends(kind, monkeypatch) == {"gate"}


def test_a_slow_candidate_that_the_gate_does_not_see_is_stopped_by_the_canary(monkeypatch):
    monkeypatch.setattr("trimtab.testing.simulation.looks.SHOWN_AT_GATE", 0.0)
    assert "canary" in _ends("slow", monkeypatch)


def test_a_candidate_whose_answers_fail_is_stopped_by_the_canary(monkeypatch):
    assert "canary" in _ends("failing", monkeypatch)


def test_a_candidate_that_shines_only_at_the_gate_is_rolled_back_by_labels(monkeypatch):
    assert "rolled back" in _ends("leak", monkeypatch, lambda number: number > 1)


def test_a_champion_that_breaks_days_later_is_rolled_back(monkeypatch):
    assert "rolled back" in _ends("breaks later", monkeypatch)


def _ends(kind, monkeypatch, chosen=lambda number: number % 4 == 0):
    """Where candidates of a kind end when these numbers are broken."""

    def broken_kind(seed, version, share):
        return kind if chosen(int(version[1:])) else ""

    monkeypatch.setattr("trimtab.testing.simulation.trained.broken_kind", broken_kind)
    still = World(drift=0.0, season=0.0, harmful_changes_per_year=0.0, new_recipes_per_year=0.0)
    ends = set()
    for seed in range(2):
        done = simulate(
            Policies(refresh_proof="not refuted"), seed=seed, years=0.5, faults=Faults.none(), world=still
        )
        ends |= {step for (_, step) in done.stopped if step != "promoted"}
    return ends


def test_a_real_learner_is_stored_loaded_and_released():
    done = simulate(seed=3, years=0.15, learner=Estimator(Ridge()))
    assert done.counts.promotions >= 1


def test_a_harmful_change_of_the_concept_is_paged():
    harmful = World(harmful_changes_per_year=6, harm=1.5, new_recipes_per_year=0)
    never = Policies(tt.Retrain(tt.never()))
    pages = [simulate(never, seed=seed, faults=Faults.none(), world=harmful).counts for seed in range(3)]
    assert sum(each.pages for each in pages) >= 2
    assert sum(each.false_pages for each in pages) == 0


def test_what_never_differs_is_hardly_ever_rolled_back():
    policies = Policies(refresh_proof="not refuted")
    done = [
        simulate(policies, seed=s, years=0.3, faults=Faults(broken_candidates=0), world=World.still())
        for s in range(3)
    ]
    assert sum(each.counts.false_rollbacks for each in done) <= 1
    assert sum(each.counts.harmful_promotions for each in done) == 0
    assert sum(each.counts.promotions for each in done) > 3


def test_an_approval_is_waited_for():
    asking = Policies(release=tt.Release(approval=("promotion",)))
    done = simulate(asking, seed=1, years=0.5, faults=Faults(late_approvals=0.0))
    assert done.counts.calls >= done.counts.promotions > 0
    kinds = [entry.body["kind"] for entry in done.journal if entry.kind == "event"]
    assert kinds.count("Approved") > 0


def test_less_than_thirty_days_are_refused():
    with pytest.raises(UsageError, match="at least 30 days"):
        simulate(years=0.01)


@pytest.mark.parametrize("wrong", [{"crashes": 1.5}, {"lost_labels": -0.1}])
def test_shares_outside_zero_to_one_are_refused(wrong):
    with pytest.raises(DeclarationError, match="out of range"):
        Faults(**wrong)


def test_a_campaign_tells_rates_stops_and_what_broke():
    lives = [
        Lived(0, "default", 1.0, Counts(pages=2), {"a": 3}, {("leak", "shadow"): 1}),
        Lived(9, "default", 1.0, Counts(pages=0), {"a": 3}),
        Lived(1, "not refuted", 1.0, problem="two champions\n  again: it"),
    ]
    text = report(lives)
    assert "pages                    1.0 [0.0, 3.0] a year" in text
    assert "leak           shadow 1" in text
    assert "1 lives broke one" in text
    assert "two champions" in text


def test_a_rate_of_nothing_ends_at_three_over_the_years():
    found = rates([Lived(seed, "default", 2.0) for seed in range(15)])["harmful_promotions"]
    assert (found.estimate, found.high) == (0, 0.1)


def test_a_broken_law_tells_its_seed_and_the_command_that_repeats_it(monkeypatch):
    def broken(self, state, again):
        return "a restart is no restart: on purpose"

    monkeypatch.setattr("trimtab.testing.simulation.invariants.Invariants.restarted", broken)
    with pytest.raises(InvariantError, match="seed 7") as raised:
        simulate(seed=7, years=0.1)
    assert raised.value.seed == 7
    assert len(raised.value.last) == 5
    life = live(7, years=0.1)
    assert "python -m trimtab.testing.simulation --seed 7 --length 0.1" in life.problem


def test_every_scenario_is_reached():
    assert {live(seed, years=0.1).scenario for seed in range(len(SCENARIOS))} == set(SCENARIOS)
