import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_worlds import DAY, World

from trimtab.declare.measured import on_challenger, on_regret, on_skill_drop, on_volume
from trimtab.declare.policy import Policy, Retrain
from trimtab.declare.triggers import every, never
from trimtab.errors import LearnerError
from trimtab.retrain.windows import Selection
from trimtab.runtime.replay.measuring import measures
from trimtab.runtime.replay.policies import BY_EVIDENCE, choose
from trimtab.runtime.replay.service import covering, scores_of, settle
from trimtab.runtime.replay.walk import walk
from trimtab.runtime.training import FitResult, FitSpec, Serve
from trimtab.units import days

NEVER = Policy("never", Retrain(never()))
WEEKLY = Policy("weekly", Retrain(every(days(7))))
SKILL = Policy("skill", Retrain(on_skill_drop(0.05).cooldown(days(7))))
CHALLENGER = Policy("challenger", Retrain(on_challenger()))
REGRET = Policy("regret", Retrain(on_regret(2.0).cooldown(days(7))))


def trained_on(line):
    return [spec.as_of // DAY for _, spec in line.trained]


def test_policies_that_read_scores_train_when_scores_say_so():
    (never_line, skill, challenger, regret), _ = World().settle(NEVER, SKILL, CHALLENGER, REGRET)
    assert trained_on(never_line) == [10]
    for line in (skill, challenger, regret):
        assert 1 < len(line.trained) < 10
        assert len(line.served) == len(line.trained)
    reasons = [each.reason for each in skill.decisions if each.kind == "train"]
    assert any("at acceptance" in reason for reason in reasons)
    assert any("unknown, because" in reason for reason in reasons)
    decided = next(d for d in challenger.decisions if d.kind == "train" and d.subject == "v2")
    assert decided.numbers["challenger_gain_low"] > 0


def test_a_walk_with_all_scores_at_hand_decides_the_same():
    """The resumed walk against its naive twin, which starts again with every model scored everywhere."""
    world = World()
    lines, _ = world.settle(NEVER, SKILL, CHALLENGER, REGRET)
    everywhere = {FitSpec(tick, Selection()): (Serve("online", 0, len(world.at)),) for tick in world.ticks}
    results = world.run(everywhere)
    for line in lines:
        measure = measures(world.answers(), line.policy, results)
        assert walk(line.policy, world.ticks, lambda _: None, measure) == line


def test_fits_are_run_in_as_many_rounds_as_the_busiest_policy_trains():
    world = World()
    lines, results = world.settle(NEVER, WEEKLY, SKILL, REGRET)
    busiest = max(len(line.trained) for line in lines[2:])
    assert len(world.made) <= 1 + busiest
    made = [spec for jobs in world.made for spec in jobs]
    wanted = {spec for line in lines for _, spec in line.trained}
    assert wanted <= set(results)
    assert len(made) <= len(set(made)) + len(lines[2].trained) + len(lines[3].trained)


def test_every_row_has_the_score_of_the_version_then_in_service():
    world = World()
    lines, results = world.settle(NEVER, WEEKLY, SKILL, REGRET)
    rows = np.arange(world.period.start, world.period.stop)
    for line in lines:
        found = scores_of(line, results, world.at, world.period)
        versions = np.searchsorted([each.since for each in line.served], world.at[rows], side="right") - 1
        for place, served in enumerate(line.served):
            mine = rows[versions == place]
            assert found[versions == place].tolist() == world.score(served.spec, mine).tolist()


def test_a_failed_training_keeps_the_champion_and_is_not_tried_at_every_tick():
    trained = trained_on(World().settle(NEVER, SKILL)[0][1])
    world = World(broken=frozenset({trained[1]}))
    (_, line), _ = world.settle(NEVER, SKILL)
    refused = [each for each in line.decisions if each.kind == "refuse"]
    assert [each.at // DAY for each in refused] == [trained[1]]
    assert trained_on(line)[:2] == trained[:2]
    assert trained_on(line)[2] >= trained[1] + 9, "a week of units that matured after the attempt comes first"
    assert len(line.served) == len(line.trained) - 1


def test_challengers_are_on_the_bill_of_those_who_read_them():
    lines, results = World().settle(NEVER, WEEKLY, SKILL, CHALLENGER)
    assert [len(line.challengers) for line in lines] == [0, 0, 0, 10]
    assert set(lines[3].challengers) <= set(results)
    assert trained_on(lines[1]) == [spec.as_of // DAY for spec in lines[3].challengers]


def test_a_challenger_that_fails_leaves_its_week_out():
    (_, line), _ = World(broken=frozenset({17})).settle(NEVER, CHALLENGER)
    assert len(line.served) > 1


def test_a_first_model_that_fails_is_one_clear_error():
    with pytest.raises(LearnerError, match="first model of policy"):
        World(broken=frozenset({10})).settle(NEVER, SKILL)


@given(st.integers(20, 75), st.sampled_from([SKILL, CHALLENGER, REGRET]))
@settings(max_examples=15, deadline=None)
def test_labels_known_later_change_no_earlier_decision(day, policy):
    whole = World(length=80).settle(NEVER, policy)[0][1]
    part = World(length=80, labels_until=day * DAY).settle(NEVER, policy)[0][1]
    before = [each for each in whole.decisions if each.at <= day * DAY]
    assert before == [each for each in part.decisions if each.at <= day * DAY]


def test_without_labels_at_hand_evidence_is_unknown_and_a_budget_still_counts():
    budgeted = Policy("budgeted", Retrain(every(days(2)).at_most(2, per=days(14))))
    world = World(length=40)
    lines, _ = settle((NEVER, SKILL, budgeted), world.ticks, lambda _: {}, world.run)
    assert trained_on(lines[1]) == [10]
    assert "unknown, because no skill has been measured" in lines[1].decisions[-1].reason
    assert trained_on(lines[2]) == [10, 12, 24, 26, 38]


def test_volume_needs_no_scores():
    world = World(length=60)
    policy = Policy("volume", Retrain(on_volume(rows=40, share=0.5)))
    (_, line), _ = world.settle(NEVER, policy)
    assert len(world.made) == 1
    gaps = np.diff(trained_on(line))
    assert (np.diff(gaps) >= 0).all()
    assert len(gaps) >= 3


def test_a_stretch_of_rows_is_found_in_a_longer_one():
    scored = Serve("online", 10, 50)
    result = FitResult(FitSpec(0, Selection()), 1, 1.0, "", 0.0, (), None, {scored: np.zeros(40)})
    assert covering(result, Serve("online", 10, 20)) == scored
    assert covering(result, Serve("online", 5, 20)) is None
    assert covering(result, Serve("batch_1", 10, 20)) is None


def test_policies_by_evidence_run_when_they_are_named():
    names = [policy.name for policy in BY_EVIDENCE]
    assert names == ["volume", "skill", "challenger", "regret"]
    assert [each.name for each in choose(Retrain(), names)] == ["never", *names]
    assert not set(names) & {each.name for each in choose(Retrain(), thorough=True)}
