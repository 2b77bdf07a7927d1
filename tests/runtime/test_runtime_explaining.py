"""One served prediction explained: what is told must be what the record, the features and the model say."""

import asyncio
import json
import math

import lightgbm
import numpy as np
import pytest
import xgboost
from catboost import CatBoostClassifier
from explained_worlds import shop_answering
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

import trimtab as tt
from trimtab import wiring
from trimtab.commands import explaining
from trimtab.errors import UsageError
from trimtab.finding import Severity
from trimtab.runtime.explaining.attributing import attribute
from trimtab.runtime.explaining.run import Place, explain
from trimtab.training.fit import Recipe, fit
from trimtab.training.matrix import FeatureMatrix


def explained(world, name=None, now=None):
    engine = wiring.engine()
    try:
        ledger = world.home.ledger
        labels = explaining.labels(world.system, ledger)
        now = now or world.clock.now()
        return explain(Place(world.system, ledger, world.home.blobs, engine, wiring.load, labels, now), name)
    finally:
        engine.close()


@pytest.fixture(scope="module")
def shop():
    with shop_answering() as found:
        yield found


def test_a_prediction_is_told_from_its_request_to_its_features(shop):
    told = explained(shop, "first")
    assert told.request["shop"] == "north"
    assert str(told.request["ordered"]).startswith("2024-")
    assert (told.version, told.served) == ("v1", "champion")
    assert told.again == pytest.approx(told.score)
    by_name = {each.name: each for each in told.features}
    assert list(by_name) == [name for name, _ in shop.system.model.features]
    assert [each.differs for each in told.features] == [False] * len(by_name)
    late = by_name["late_7d"]
    assert late.behind.source == "deliveries"
    assert late.behind.count > 0
    assert late.behind.oldest <= late.behind.newest < told.as_of
    assert late.age == told.as_of - late.known
    assert {"order", "hours_late", "known"} == set(late.behind.examples[0])
    assert by_name["delivered_1d"].value == by_name["delivered_1d"].behind.count
    assert "accepted rows" in by_name["weight"].usual


def test_parts_add_up_to_the_score_and_the_largest_stands_first(shop):
    told = explained(shop, "first")
    parts = told.attributions
    assert parts.base + sum(each.amount for each in parts.contributions) == pytest.approx(told.score)
    sizes = [abs(each.amount) for each in parts.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert {each.feature for each in parts.contributions} == {each.name for each in told.features}


def test_the_label_is_pending_until_it_is_known_and_then_the_decision_is_judged(shop):
    before = explained(shop, "first")
    assert (before.label.value, before.label.state, before.decision.right) == (None, "pending", None)
    assert before.decision.threshold == 0.25
    row = {"order": 1_000_001, "delivered": shop.clock.now(), "shop": "north", "hours_late": 3.0}
    asyncio.run(shop.service.take_facts("deliveries", [row]))
    shop.clock.advance(tt.days(3))
    after = explained(shop, "first")
    assert (after.label.value, after.label.state) == (True, "mature")
    assert after.label.known >= after.answered
    assert after.decision.right is after.decision.acts
    assert after.decision.cost == (0.0 if after.decision.right else 3)


def test_why_its_version_answered_and_what_happened_around_it_is_told(shop):
    told = explained(shop, "first")
    assert told.why_served.startswith("v1 answers at")
    assert any("v1 trained" in each.what for each in told.versions)
    assert explained(shop, "named").why_served == "it was asked for by name; v1 was the champion"


def test_strange_values_and_other_scores_are_told_as_findings(shop):
    told = explained(shop, "strange")
    assert told.severity is Severity.INFO
    (odd,) = told.findings
    assert odd.what.endswith("outside of what the version was accepted on")
    assert dict(odd.evidence)["weight"].startswith("900.0: above all accepted rows")


def test_a_fallback_is_told_with_its_reason(shop):
    told = explained(shop, "fallen")
    assert told.served == "fallback"
    assert told.attributions is None
    assert told.unattributed == "it was answered without the features of its version"
    assert told.severity is Severity.WATCH
    assert "fallback" in told.sentence


def test_an_unknown_id_names_the_nearest_and_the_newest(shop):
    with pytest.raises(UsageError, match=r"no prediction 'frist'.*the newest are .*did you mean 'first'"):
        explained(shop, "frist")


def test_without_an_id_the_newest_is_explained(shop):
    assert explained(shop).id == "fallen"


def test_it_prints_and_goes_to_json_and_html(shop):
    told = explained(shop, "first")
    for words in ("What moved the score", "Facts behind the features", "why it answered"):
        assert words in str(told)
    plain = json.loads(json.dumps(told.to_json()))
    assert plain["attributions"]["method"].startswith("Shapley values")
    assert plain["features"][0]["name"] == "shop"
    assert told._repr_html_().startswith("<")


LEARNERS = {
    "TreeSHAP by lightgbm": lightgbm.LGBMClassifier(n_estimators=9, verbose=-1, n_jobs=1),
    "TreeSHAP by xgboost": xgboost.XGBClassifier(n_estimators=9, n_jobs=1),
    "TreeSHAP by catboost": CatBoostClassifier(iterations=9, thread_count=1),
    "coefficient times deviation": LogisticRegression(),
    "Shapley values, sampled": HistGradientBoostingClassifier(max_iter=9, early_stopping=False),
}


def learned(learner, *, task="binary", weights=None, classes=2, rows=600):
    generator = np.random.default_rng(0)
    values = generator.normal(size=(rows, 9))
    values[generator.random(values.shape) < 0.05] = np.nan
    values[:, 8] = generator.integers(0, 3, rows)
    known = np.nan_to_num(values)
    truth = known[:, 0] - known[:, 1] * known[:, 2] + (known[:, 8] == 1) + generator.normal(size=rows)
    label = truth if task == "regression" else np.digitize(truth, np.linspace(-0.5, 1.5, classes - 1)) * 1.0
    words = {"c8": ("calm", "rain", "snow")}
    matrix = FeatureMatrix(tuple(f"c{place}" for place in range(9)), values, words)
    recipe = Recipe(learner, task, classes, weights or {})
    return fit(recipe, matrix, label, None, 0).predictor, matrix


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("weights", [None, {1.0: 3.0}])
def test_each_learner_is_explained_by_its_own_account_or_by_sampling(name, weights):
    predictor, matrix = learned(LEARNERS[name], weights=weights)
    row = matrix.rows(7, 8)
    parts = attribute(predictor, row, matrix)
    assert parts.method.startswith(name)
    score = float(predictor.score(row)[0])
    total = parts.base + sum(each.amount for each in parts.contributions)
    said = 1 / (1 + math.exp(-total)) if parts.scale == "log-odds" else total
    assert said == pytest.approx(score, abs=1e-5)
    assert (parts.error > 0) == ("sampled" in parts.method)


def test_numbers_and_classes_are_explained_on_their_own_scale():
    predictor, matrix = learned(Ridge(), task="regression")
    parts = attribute(predictor, matrix.rows(3, 4), matrix)
    assert parts.method == "coefficient times deviation, exact"
    assert parts.scale == "units of the label"
    predictor, matrix = learned(HistGradientBoostingRegressor(max_iter=5), task="regression")
    assert attribute(predictor, matrix.rows(3, 4), matrix).total == pytest.approx(
        float(predictor.score(matrix.rows(3, 4))[0])
    )
    predictor, matrix = learned(
        HistGradientBoostingClassifier(max_iter=5, early_stopping=False), task="multiclass", classes=3
    )
    parts = attribute(predictor, matrix.rows(3, 4), matrix)
    scores = predictor.score(matrix.rows(3, 4))[0]
    assert parts.of == f"class {scores.argmax()}"
    assert parts.total == pytest.approx(float(scores.max()))


def test_the_linear_account_is_that_of_every_subset():
    predictor, matrix = learned(LogisticRegression())
    from trimtab.evaluation.attribution import enumerated
    from trimtab.runtime.explaining.margins import _margin, margins

    some = matrix.rows(0, 20)
    own = margins(predictor, matrix.rows(30, 31), some)
    naive = enumerated(
        lambda rows: _margin(predictor, rows),
        predictor.encoder.encode(matrix.rows(30, 31))[0],
        predictor.encoder.encode(some),
    )
    assert own.amounts == pytest.approx(naive.amounts, abs=1e-9)
    assert own.base == pytest.approx(naive.base)


def test_without_rows_to_compare_with_a_learner_without_an_account_is_not_explained():
    predictor, matrix = learned(LEARNERS["Shapley values, sampled"])
    with pytest.raises(tt.TrimtabError, match="no row to compare"):
        attribute(predictor, matrix.rows(0, 1), None)
    predictor, matrix = learned(LEARNERS["TreeSHAP by lightgbm"])
    assert attribute(predictor, matrix.rows(0, 1), None).background == 0


def test_unseen_words_are_told_apart_from_known_ones():
    predictor, matrix = learned(LEARNERS["Shapley values, sampled"])
    hail = FeatureMatrix(matrix.names, matrix.values[:1].copy(), {"c8": ("hail",)})
    hail.values[0, 8] = 0.0
    parts = attribute(predictor, hail, matrix)
    assert parts.total == pytest.approx(float(predictor.score(hail)[0]))
