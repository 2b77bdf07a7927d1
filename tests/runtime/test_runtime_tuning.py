"""Settings searched with a budget: what is spent, what is seen, and what is put on record."""

import functools
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier

import trimtab as tt
from trimtab import wiring
from trimtab.errors import LearnerError, UsageError
from trimtab.runtime.evaluating.split import rehearsed
from trimtab.runtime.evaluating.trainer import Trainer
from trimtab.runtime.history import load
from trimtab.runtime.tuning import search as searching
from trimtab.runtime.tuning import spaces
from trimtab.runtime.tuning.ladder import ladder
from trimtab.runtime.tuning.run import Settings, tune
from trimtab.runtime.tuning.search import search
from trimtab.runtime.tuning.spaces import Choice, Range, declared_space, space_of
from trimtab.runtime.tuning.written import written
from trimtab.serving.engines import engine_record
from trimtab.testing import MemoryBlobs, MemoryLedger
from trimtab.training.task import make_recipe

pytest.importorskip("optuna")

DAY = np.timedelta64(1, "D")
NOW = 1_720_000_000_000_000


def rows(count=1500):
    """The label depends on six columns; an overgrown tree does worse on it than a small one."""
    generator = np.random.default_rng(0)
    asked = np.datetime64("2024-01-01", "us") + np.sort(generator.integers(0, 150 * 86_400, count)).astype(
        "timedelta64[s]"
    )
    values = generator.normal(size=(count, 6))
    late = generator.random(count) < 1 / (1 + np.exp(-values.sum(axis=1)))
    columns = {f"x{place}": values[:, place] for place in range(6)}
    return pa.table({"row": np.arange(count), "asked": asked, **columns, "late": late, "told": asked + DAY})


@pytest.fixture
def past(engine):
    def make(learner):
        system = tt.table(
            "late", rows(), learner, at="asked", label="late", label_known="told",
            matures_after=tt.days(2), id="row", zone="UTC",
        )  # fmt: skip
        return load(system, engine, wiring.tables())

    return make


def trees(**settings):
    return HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=31, early_stopping=False, **settings)


SPACE = {"max_leaf_nodes": (2, 31), "learning_rate": (0.05, 0.5)}


@pytest.fixture
def few_trees(monkeypatch):
    """A rung of boosting that costs nothing."""
    monkeypatch.setitem(spaces._TREES, "histogram", (Range("max_iter", 1, 3),))


def silent(what, done, total):
    """Nobody watches."""


def tuned(history, ledger=None, blobs=None, budget=6, space=None):
    choose = functools.partial(engine_record, threshold=0.5)
    settings = Settings(NOW, budget, SPACE if space is None else space, dump=wiring.dump, choose=choose)
    return tune(history, ledger or MemoryLedger(), blobs or MemoryBlobs(), settings, silent)


def test_every_rung_has_the_same_budget_and_keeps_to_it(past):
    done = tuned(past(trees()))
    assert [rung.learner for rung in done.rungs] == ["LogisticRegression", "HistGradientBoostingClassifier"]
    for rung in done.rungs:
        assert 4 < rung.spent <= 6
        assert rung.trials >= rung.finished >= 1
        assert rung.validation <= rung.declared
    assert done.best == "a linear model"
    assert done.over_declared.low > 0
    assert done.sentence.startswith("Use a linear model")
    assert "The declared learner is gradient boosting itself" in done.why
    json.dumps(done.to_json())
    assert "Every rung, with the same budget" in str(done)


def test_gradient_boosting_is_a_rung_of_its_own_beside_a_declared_learner_of_another_kind(past, few_trees):
    done = tuned(past(DecisionTreeClassifier(max_depth=2)), space={"max_depth": (1, 6)}, budget=4)
    assert [rung.name for rung in done.rungs] == [
        "a linear model",
        "gradient boosting",
        "the declared learner (DecisionTreeClassifier)",
    ]
    boosted = done.rungs[1]
    assert boosted.learner == "HistGradientBoostingClassifier"
    assert 2 < boosted.spent <= 4
    assert boosted.trials >= 1
    assert "Rules have no settings" in done.why
    assert done.why in str(done).replace("\n", " ")


@pytest.mark.parametrize(
    ("learner", "names"),
    [
        (LogisticRegression(), ["gradient boosting", "the declared learner (LogisticRegression)"]),
        (trees(), ["a linear model", "the declared learner (HistGradientBoostingClassifier)"]),
    ],
)
def test_no_kind_of_learner_is_tuned_twice(past, learner, names):
    history = past(learner)
    recipe = make_recipe(
        history.system.model, history.labels.kind, history.labels.classes, history.labels.history.value
    )
    assert [each.name for each in ladder(recipe, {})[0]] == names


def test_numbers_have_the_boosting_of_numbers(past):
    history = past(Ridge())
    recipe = replace(
        make_recipe(
            history.system.model, history.labels.kind, history.labels.classes, history.labels.history.value
        ),
        task="regression",
    )
    assert type(ladder(recipe, {})[0][0].learner).__name__ == "HistGradientBoostingRegressor"


def test_what_was_found_stands_beside_what_was_declared_in_everything_that_counts(past):
    done = tuned(past(trees()), space={"max_leaf_nodes": [2]}, budget=4)
    names = [each.name for each in done.options]
    assert names[0] == "always the same answer"
    assert {"a linear model", "the declared learner"} <= set(names)
    models = done.options[1:]
    assert all(each.microseconds > 0 and each.size > 0 and each.age_days > 0 for each in models)
    losses = {each.name: each.loss.estimate for each in done.options}
    for rung in done.rungs:
        assert losses[rung.short_name] == pytest.approx(rung.before.estimate)
        if rung.settings:
            assert losses[f"{rung.short_name}, tuned"] == pytest.approx(rung.loss.estimate)
    assert any(each.undominated for each in models)
    assert any("µs a row (the declared learner:" in each.what for each in done.findings)


def test_the_test_learns_from_all_rows_and_the_search_from_a_part(past, few_trees, monkeypatch):
    monkeypatch.setattr(searching, "ROWS", 200)
    history, seen = past(LogisticRegression()), []
    fit = Trainer.fit

    def watched(self, rows=None, *arguments, **named):
        seen.append((self.split, len(rows)))
        return fit(self, rows, *arguments, **named)

    monkeypatch.setattr(Trainer, "fit", watched)
    done = tuned(history, space={"C": (0.01, 10.0)}, budget=3)
    searched = [count for split, count in seen if split.as_of == done.validated_from]
    tested = [count == len(split.learned) for split, count in seen if split.as_of == done.tested_from]
    assert max(searched) == 200
    assert len(tested) >= 2
    assert all(tested)


def test_the_learner_is_written_as_a_system_file_holds_it(past):
    done = tuned(past(trees()), space={"max_leaf_nodes": [2, 3]}, budget=6)
    rung = done.rungs[-1]
    again = eval(rung.written)  # noqa: S307  # what a person would paste
    assert again.get_params() == trees().set_params(**rung.settings).get_params()
    assert written(LogisticRegression(), {}) == "LogisticRegression()"


def test_settings_are_short_numbers_within_their_bounds(past):
    done = tuned(past(LogisticRegression()), space={"C": (0.123456, 0.1239)}, budget=3)
    assert all(0.123456 <= value <= 0.1239 for value in done.rungs[-1].settings.values())
    trial = type("Trial", (), {"suggest_float": lambda *_, **__: 0.0351051301})()
    assert searching._suggested(trial, (Range("rate", 0.01, 0.4),)) == {"rate": 0.0351}


def test_the_search_never_sees_the_rows_that_test_it(past, few_trees, monkeypatch):
    history, seen = past(LogisticRegression()), []
    fit = Trainer.fit

    def watched(self, rows=None, *arguments, **named):
        seen.append((self.split.as_of, int(history.requests.at[rows].max())))
        return fit(self, rows, *arguments, **named)

    monkeypatch.setattr(Trainer, "fit", watched)
    done = tuned(history, space={"C": (0.01, 10.0)})
    assert done.validated_from < done.tested_from
    searched = [last for as_of, last in seen if as_of == done.validated_from]
    assert len(searched) > 5
    assert max(searched) < done.validated_from
    # and once more each, as they were and as found, on all that came before the test
    assert len(seen) - len(searched) <= 4
    assert max(last for _, last in seen) < done.tested_from


def test_a_run_is_on_record_with_its_predictions_and_the_next_one_is_compared_on_the_same_rows(
    past, few_trees
):
    history, ledger, blobs = past(LogisticRegression()), MemoryLedger(), MemoryBlobs()
    first = tuned(history, ledger, blobs, space={"C": (0.01, 10.0)})
    assert first.against_earlier is None
    boosted, event = ledger.read_events("runs")
    assert boosted.subject == "gradient boosting"
    assert event.body["settings"] == dict(first.chosen.settings)
    again = tuned(history, ledger, blobs, space={"C": (0.01, 10.0)})
    assert again.against_earlier.estimate == pytest.approx(0)
    assert again.chosen.settings == first.chosen.settings
    worse = tuned(past(LogisticRegression(C=1e-4)), ledger, blobs, space={"C": (1e-5, 1e-4)})
    assert worse.against_earlier.low > 0
    assert any("the best rung differs from that of the run before" in each.what for each in worse.findings)


def test_halving_ends_most_settings_early_and_the_declared_one_is_never_lost(past):
    history = past(trees())
    inner = replace(Trainer.of(history, rehearsed(history, NOW)))
    label = inner.split.label[inner.split.judged]
    space = declared_space({"learning_rate": (1e-4, 1.0)}, trees())
    found = search(inner, trees(), space, 8, lambda score: float(np.mean((label - score) ** 2)), 0)
    assert found.finished < found.trials
    assert found.loss <= found.declared
    hopeless = declared_space({"learning_rate": (1e-6, 1e-5)}, trees())
    kept = search(inner, trees(), hopeless, 4, lambda score: float(np.mean((label - score) ** 2)), 0)
    assert kept.settings == {}
    assert kept.loss == kept.declared


def test_settings_that_cannot_be_trained_are_counted_and_the_search_goes_on(past):
    done = tuned(past(trees()), space={"max_leaf_nodes": [-5, 7]})
    rung = done.rungs[-1]
    assert rung.failed >= 1
    assert rung.settings.get("max_leaf_nodes", 7) == 7


def test_a_learner_without_a_usual_range_is_kept_as_it_is_and_says_so(past, few_trees):
    done = tuned(past(DecisionTreeClassifier(max_depth=3)), space={})
    assert done.rungs[-1].settings == {}
    assert done.rungs[-1].gain.estimate == 0
    assert any("no usual range is known of DecisionTreeClassifier" in each.what for each in done.findings)


def test_ranges_and_lists_are_read_and_mistakes_are_named():
    found = declared_space({"alpha": (0.1, 10.0), "solver": ["svd", "lsqr"]}, Ridge())
    assert found == (Range("alpha", 0.1, 10.0), Choice("solver", ("svd", "lsqr")))
    assert found[0].at_edge(0.11)
    assert not found[0].at_edge(1.0)
    with pytest.raises(UsageError, match=r"no setting 'alhpa'.*did you mean 'alpha'"):
        declared_space({"alhpa": (0.1, 1.0)}, Ridge())
    with pytest.raises(UsageError, match="alpha has no bounds"):
        declared_space({"alpha": (1.0, 0.1)}, Ridge())
    assert [each.name for each in space_of(trees(), "histogram")][:2] == ["learning_rate", "max_iter"]


def test_a_budget_that_tries_nothing_and_a_missing_optuna_are_refused(past, monkeypatch):
    history = past(LogisticRegression())
    with pytest.raises(UsageError, match="tries nothing"):
        tuned(history, budget=1)
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(UsageError, match=r'needs Optuna; do: pip install "trimtab\[tune\]"'):
        searching._optuna()


def test_where_nothing_can_be_trained_that_is_the_error(past, monkeypatch):
    def fail(*_, **__):
        raise LearnerError("no")

    history = past(LogisticRegression())
    monkeypatch.setattr(Trainer, "fit", fail)
    with pytest.raises(LearnerError, match="no rung can be trained"):
        tuned(history, space={})
