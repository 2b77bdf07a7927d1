import numpy as np

from trimtab.evaluation.months import month_name, months
from trimtab.evaluation.policies import Spent, judge_policies
from trimtab.stats import Bootstrap

DAYS, PER_DAY = 240, 40


def world(seed=0, **gaps):
    """Losses of named policies: a shared day's shock, a row's noise, and each policy's gap by day."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(15_706, 15_706 + DAYS), PER_DAY)
    shock = np.repeat(rng.normal(0, 0.3, DAYS), PER_DAY)
    base = 1 + shock + rng.normal(0, 0.2, len(day))
    own = {
        name: base + rng.normal(0, 0.1, len(day)) + np.repeat(np.broadcast_to(gap, DAYS), PER_DAY)
        for name, gap in gaps.items()
    }
    return np.column_stack(list(own.values())), day


def spent(**fits):
    return {name: Spent(count, count * 1.0, count * 100) for name, count in fits.items()}


def judged(losses, day, fits):
    return judge_policies(losses, day, fits, never="never", bootstrap=Bootstrap(seed=1, draws=500))


def test_the_cheapest_of_those_that_cannot_be_told_apart_is_recommended():
    losses, day = world(never=0.1, weekly=0.0, monthly=0.001)
    verdict = judged(losses, day, spent(never=0, weekly=30, monthly=8))
    assert verdict.recommended == "monthly"
    assert verdict.scores[0].to_best.above(0.0)


def test_of_as_many_trainings_the_one_that_learned_from_fewer_rows_is_recommended():
    losses, day = world(never=0.1, scratch=0.0, stateful=0.001)
    paid = {"never": Spent(0, 0.0, 0), "scratch": Spent(30, 60.0, 9000), "stateful": Spent(30, 80.0, 2000)}
    verdict = judged(losses, day, paid)
    assert verdict.recommended == "stateful"
    assert verdict.reason.endswith("cannot be told from scratch and learns from fewer rows than scratch")


def test_the_contests_of_a_race_are_no_trainings_and_their_rows_count():
    losses, day = world(never=0.1, scratch=0.0, race=0.001)
    nothing = Spent(0, 0.0, 0)
    cheap = {"never": nothing, "scratch": Spent(30, 1.0, 9000), "race": Spent(50, 1.0, 8000, contests=20)}
    assert judged(losses, day, cheap).recommended == "race"
    dear = cheap | {"race": Spent(50, 1.0, 9500, contests=20)}
    assert judged(losses, day, dear).recommended == "scratch"


def test_seconds_decide_nothing_since_they_differ_from_run_to_run():
    losses, day = world(never=0.1, weekly=0.0, monthly=0.001)
    slow = {"never": Spent(0, 0.0, 0), "weekly": Spent(30, 1.0, 900), "monthly": Spent(8, 1e6, 800)}
    assert judged(losses, day, slow).recommended == "monthly"


def test_a_clear_gain_pays_for_its_fits():
    losses, day = world(never=0.1, weekly=0.0, monthly=0.05)
    assert judged(losses, day, spent(never=0, weekly=30, monthly=8)).recommended == "weekly"


def test_never_is_recommended_when_nothing_helps():
    losses, day = world(never=0.0, weekly=0.0, monthly=0.0)
    assert judged(losses, day, spent(never=0, weekly=30, monthly=8)).recommended == "never"


def test_a_policy_that_harms_in_one_month_is_never_recommended():
    numbers = months(np.arange(15_706, 15_706 + DAYS))
    gap = np.where(numbers == numbers.max() - 1, 0.3, -0.2)
    losses, day = world(never=0.0, window=gap, weekly=-0.05)
    verdict = judged(losses, day, spent(never=0, window=10, weekly=30))
    window = verdict.scores[1]
    assert window.harmful_months == (month_name(int(numbers.max() - 1)),)
    assert verdict.best == "window"
    assert verdict.recommended != "window"
    assert "never recommended: window" in verdict.reason


def test_equal_policies_are_called_harmful_in_few_simulated_years():
    harmed = sum(
        bool(judged(*world(seed, never=0.0, weekly=0.0), spent(never=0, weekly=30)).scores[1].harmful_months)
        for seed in range(40)
    )
    assert harmed <= 5, "at 5 % with Holm over the months about 1 in 40 is expected (one-sided)"
