import json
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from orders import DAY, START, orders_system, orders_tables
from trimtab import wiring
from trimtab.adapters import artifacts
from trimtab.errors import ArtifactError
from trimtab.runtime.history import load
from trimtab.runtime.versions import load_version, train_version
from trimtab.serving.engines import engine_record, load_scorer
from trimtab.serving.engines.sample import python_rows
from trimtab.serving.requirements import measured_at_registration
from trimtab.testing import MemoryBlobs, MemoryLedger

TABLES = orders_tables(rows=900, length_days=60)
AS_OF = START + 55 * DAY
LEARNERS = {
    "treelite": HistGradientBoostingClassifier(max_iter=8),
    "treelite forest": RandomForestClassifier(n_estimators=8),
    "flattened linear": LogisticRegression(),
    "lightgbm single row": lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1),
}


def trained(engine, learner, choose=engine_record):
    history = load(orders_system(TABLES, learner=learner), engine, wiring.tables())
    ledger, blobs = MemoryLedger(), MemoryBlobs()
    version = train_version(history, AS_OF, ledger, blobs, wiring.dump, choose)
    assert json.loads(json.dumps(version.to_json())) == version.to_json()
    return history, version, blobs


@pytest.mark.parametrize("name", LEARNERS)
def test_a_version_records_its_engine_and_serves_with_it(engine, name):
    history, version, blobs = trained(engine, LEARNERS[name])
    told = version.provenance
    assert name.startswith(told["engine"])
    assert told["microseconds"] > 0
    assert told["size_bytes"] == len(blobs.get(version.artifact))
    assert told["engine_report"]["tried"][-1]["refused"] is None
    chosen = load_scorer(version, blobs, artifacts.load)
    assert chosen.scorer.name == told["engine"]
    expected = load_version(version, blobs, artifacts.load).score(history.matrix)
    many = chosen.scorer.many(history.matrix)
    assert np.max(np.abs(many - expected)) < 1e-13
    rows = python_rows(history.matrix.only(chosen.scorer.names).rows(0, 200))
    assert [chosen.scorer.one(row) for row in rows] == many[:200].tolist()


def test_the_sample_is_stored_without_code(engine):
    _, version, blobs = trained(engine, LEARNERS["treelite"])
    sample = json.loads(blobs.get(version.provenance["sample"]))
    assert len(sample["columns"]) == len(sample["names"])
    assert len(sample["expected"]) == len(sample["columns"][0]) == version.provenance["engine_report"]["rows"]


def test_a_version_without_an_engine_still_loads_and_is_served_by_its_learner(engine):
    history, version, blobs = trained(engine, LEARNERS["treelite"], choose=None)
    assert "engine" not in version.provenance
    chosen = load_scorer(version, blobs, artifacts.load)
    assert chosen.report.batched
    expected = load_version(version, blobs, artifacts.load).score(history.matrix)
    assert np.array_equal(chosen.scorer.many(history.matrix), expected)


@pytest.mark.parametrize("name", ["treelite", "lightgbm single row"])
def test_a_model_that_scores_otherwise_than_where_it_was_trained_is_refused(engine, name):
    _, version, blobs = trained(engine, LEARNERS[name])
    sample = json.loads(blobs.get(version.provenance["sample"]))
    sample["expected"][-1] += 1e-6
    changed = blobs.put(json.dumps(sample).encode())
    packages = version.provenance["packages"] | {"scikit-learn": "0.1"}
    other = replace(version, provenance={**version.provenance, "sample": changed, "packages": packages})
    with pytest.raises(
        ArtifactError, match=r"differ by up to 1e-06.*install what it was trained with \(scikit-learn 0.1\)"
    ):
        load_scorer(other, blobs, artifacts.load)


def test_the_learner_serves_when_its_engine_no_longer_agrees(engine, monkeypatch):
    from trimtab.serving.engines import treelite

    _, version, blobs = trained(engine, LEARNERS["treelite"])
    one = treelite.TreeliteCore.many
    monkeypatch.setattr(treelite.TreeliteCore, "many", lambda self, rows: one(self, rows) + 0.01)
    chosen = load_scorer(version, blobs, artifacts.load)
    assert chosen.scorer.name == "learner"
    assert [trial.refused is None for trial in chosen.report.tried] == [False, True]


def test_the_engine_is_no_part_of_what_identifies_a_model(engine):
    _, with_engine, _ = trained(engine, LEARNERS["treelite"])
    _, without, _ = trained(engine, LEARNERS["treelite"], choose=None)
    assert (with_engine.artifact, with_engine.dataset) == (without.artifact, without.dataset)


def test_what_a_version_tells_can_be_judged_before_it_serves(engine):
    _, version, _ = trained(engine, LEARNERS["treelite"])
    measured = measured_at_registration(version, AS_OF + DAY)
    assert measured.age.microseconds == DAY
    assert measured.size.bytes == version.provenance["size_bytes"]
    assert measured.row_microseconds == version.provenance["microseconds"]
    assert measured.p99_microseconds is None
