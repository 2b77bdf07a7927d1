import numpy as np
from evaluation_worlds import asking, numbers, told, truth, world

from trimtab.evaluation.comparing import comparison_findings
from trimtab.evaluation.evaluated import Evaluated
from trimtab.finding import Severity
from trimtab.metrics import roc_auc


def timid(rows):
    return 0.5 + 0.3 * (truth(rows) - 0.5)


def test_a_worse_candidate_is_blocked_and_a_better_one_is_not():
    good = world()
    worse = world(predict=timid, champion=good.score)
    assert "the candidate is worse than the champion" in asking(comparison_findings(worse))
    better = world(champion=timid(good.rows))
    assert "the candidate is better than the champion" in told(comparison_findings(better), Severity.OK)


def test_equal_models_are_not_worse_and_close_ones_are_left_to_the_shadow():
    good = world()
    same = comparison_findings(world(champion=good.score))
    assert not asking(same)
    noise = np.random.default_rng(0).normal(0, 0.02, len(good))
    close = comparison_findings(world(champion=np.clip(good.score + noise, 0.01, 0.99)))
    assert not asking(close)
    assert dict(e for e in close[0].evidence if isinstance(e, tuple))[
        "smallest difference that these rows can see"
    ]


def test_a_model_without_skill_is_blocked_by_the_same_answer_for_all():
    found = world(predict=lambda rows: np.full(len(rows), 0.9))
    assert any("always the same answer" in what for what in asking(comparison_findings(found)))


def test_a_rule_that_beats_the_model_or_cannot_be_told_from_it_is_to_be_looked_at():
    good = world()
    beaten = world(predict=timid, baselines={"a rule": good.score})
    assert "the baseline a rule beats the candidate" in told(comparison_findings(beaten), Severity.WATCH)
    equal = world(baselines={"a rule": good.score})
    assert "the candidate is not shown to beat the baseline a rule" in told(
        comparison_findings(equal), Severity.WATCH
    )


def test_without_a_champion_the_comparison_is_not_run():
    assert comparison_findings(world())[0].severity is Severity.NOT_RUN


def test_nine_days_prove_nothing():
    few = world(rows=900, champion=world(rows=900).score)
    assert {each.severity for each in comparison_findings(few)} == {Severity.NOT_RUN}


def test_numbers_and_metrics_that_only_rank_are_compared_too():
    assert not asking(comparison_findings(numbers()))
    ranked: Evaluated = world(metric=roc_auc)
    assert ranked.judged_by.name == "log_loss"
    assert not asking(comparison_findings(ranked))
