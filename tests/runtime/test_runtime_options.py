"""What each way to answer takes, and how old it is: models, tables of answers, and what repeats the last label."""

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import trimtab as tt
from trimtab import wiring
from trimtab.declare.days import DAY
from trimtab.errors import ArtifactError
from trimtab.evaluation.tradeoff import Option
from trimtab.metrics import log_loss, root_mean_squared_error
from trimtab.runtime.evaluating.candidate import judged_by
from trimtab.runtime.evaluating.footprint import model_footprint, reload_finding, table_footprint
from trimtab.runtime.evaluating.options import Way, options, simple_ways
from trimtab.runtime.evaluating.page import options_table
from trimtab.runtime.evaluating.rungs import rules, rungs
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.history import load
from trimtab.stats import Interval

NOW = 1_720_000_000_000_000


def table(count=1500):
    """Two shops of which one buys more often; a number that tells the rest."""
    generator = np.random.default_rng(0)
    asked = np.datetime64("2024-01-01", "us") + np.sort(generator.integers(0, 150 * 86_400, count)).astype(
        "timedelta64[s]"
    )
    shop, amount = generator.choice(["north", "south"], count), generator.normal(size=count)
    bought = generator.random(count) < 1 / (1 + np.exp(-amount - (shop == "north")))
    told = asked + np.timedelta64(1, "D")
    columns = {"row": np.arange(count), "asked": asked, "shop": shop, "amount": amount, "told": told}
    return pa.table(columns | {"bought": bought, "spent": amount + 2.0 * bought})


@pytest.fixture
def trainer(engine):
    def make(learner, label="bought"):
        columns = [name for name in table().column_names if name not in {"bought", "spent"} - {label}]
        system = tt.table(
            "basket", table().select(columns), learner, at="asked", label=label, label_known="told",
            matures_after=tt.days(2), id="row", zone="UTC",
        )  # fmt: skip
        history = load(system, engine, wiring.tables())
        return Trainer.of(history, rehearsed(history, NOW))

    return make


def test_a_rule_is_the_table_of_its_answers(trainer):
    trained = trainer(LogisticRegression())
    (rate,) = rules(trained, log_loss)
    assert set(rate.answers) == {'"north"', '"south"'}
    shops = trained.history.requests.table["shop"].to_pylist()
    given = [rate.answers[json.dumps(shops[row])] for row in trained.split.judged]
    assert rate.score.tolist() == given
    assert table_footprint(rate.answers).size == len(json.dumps(rate.answers))
    assert table_footprint(rate.answers).memory is None


def test_a_model_is_stored_and_timed_and_a_version_tells_what_was_timed_when_it_was_trained(trainer):
    trained = trainer(LogisticRegression())
    predictor = trained.fit().predictor
    taken = model_footprint(trained, predictor, wiring.dump, None, elsewhere=False)
    assert taken.size > 100
    assert (taken.microseconds, taken.memory) == (None, None)
    told = model_footprint(trained, predictor, wiring.dump, None, {"microseconds": 7.5}, elsewhere=False)
    assert told.microseconds == 7.5


def test_a_model_that_cannot_be_stored_says_so_and_keeps_its_time(trainer):
    trained = trainer(LogisticRegression())
    predictor = trained.fit().predictor

    def refuse(parts):
        raise ArtifactError("this cannot be stored")

    taken = model_footprint(trained, predictor, refuse, None, {"microseconds": 7.5})
    assert (taken.microseconds, taken.size) == (7.5, None)
    finding = reload_finding(trained, predictor, taken)
    assert finding.severity is tt.Severity.NOT_RUN
    assert finding.cause == "this cannot be stored"


def test_whatever_learned_at_the_split_is_as_old_as_that_and_a_last_answer_is_new(trainer):
    trained = trainer(Ridge(), "spent")
    found, as_of = judged_by(trained, trained.fit().predictor), trained.split.as_of
    ways = simple_ways(found, rules(trained, root_mean_squared_error), as_of)
    told = {each.name: each for each in options(found, ways)}
    assert list(told) == ["always the same answer", "rate by shop", "last answer by shop"]
    age = pytest.approx((found.at[-1] - as_of) / DAY)
    assert [each.age_days for each in told.values()] == [age, age, 0.0]
    last = told["last answer by shop"]
    assert (last.microseconds, last.size, last.memory) == (None, None, None)
    older = Way("older", found.score, table_footprint({}), as_of - 10 * DAY)
    assert options(found, [older])[0].age_days == pytest.approx((found.at[-1] - as_of) / DAY + 10)


def test_the_rungs_are_the_rules_and_one_model(trainer):
    trained = trainer(LogisticRegression())
    found, problem = rungs(trained, log_loss)
    assert problem == ""
    assert [each.name for each in found] == ["rate by shop", "a linear model"]
    assert [each.predictor is None for each in found] == [True, False]
    assert np.array_equal(trained.score(found[1].predictor, trained.split.judged), found[1].score)


def test_a_column_in_which_nothing_is_known_is_left_out():
    shown = options_table([Option("rule", Interval(0.5), 1.0, 20), Option("trees", Interval(0.4), 9.0)])
    assert [each.name for each in shown.columns] == ["answer", "loss", "one row", "size", "undominated"]
    assert shown.rows[1][3] is None
