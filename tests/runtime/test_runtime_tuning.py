"""Settings searched with a budget: what is spent, what is seen, and what is put on record."""

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
from trimtab.runtime.tuning.run import Settings, tune
from trimtab.runtime.tuning.search import search
from trimtab.runtime.tuning.spaces import Choice, Range, declared_space, space_of
from trimtab.testing import MemoryBlobs, MemoryLedger

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


def silent(what, done, total):
    """Nobody watches."""


def tuned(history, ledger=None, blobs=None, budget=6, space=None):
    settings = Settings(NOW, budget, SPACE if space is None else space)
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
    json.dumps(done.to_json())
    assert "Every rung, with the same budget" in str(done)


def test_the_search_never_sees_the_rows_that_test_it(past, monkeypatch):
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
    assert len(seen) - len(searched) <= 2
    assert max(last for _, last in seen) < done.tested_from


def test_a_run_is_on_record_with_its_predictions_and_the_next_one_is_compared_on_the_same_rows(past):
    history, ledger, blobs = past(LogisticRegression()), MemoryLedger(), MemoryBlobs()
    first = tuned(history, ledger, blobs, space={"C": (0.01, 10.0)})
    assert first.against_earlier is None
    (event,) = ledger.read_events("runs")
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


def test_a_learner_without_a_usual_range_is_kept_as_it_is_and_says_so(past):
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
