import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from orders import DAY, START, orders_system, orders_tables
from trimtab import wiring
from trimtab.adapters import artifacts
from trimtab.errors import ArtifactError
from trimtab.runtime.history import load
from trimtab.runtime.versions import load_version, train_version
from trimtab.testing import MemoryBlobs, MemoryLedger

TABLES = orders_tables(rows=900, length_days=60)
AS_OF = START + 55 * DAY
PIPELINE = make_pipeline(
    ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), ["shop"]),
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["weight", "queue"]),
        ]
    ),
    LogisticRegression(),
)


@pytest.mark.parametrize(
    "learner",
    [
        HistGradientBoostingClassifier(max_iter=8),
        RandomForestClassifier(n_estimators=8),
        LogisticRegression(),
        PIPELINE,
    ],
    ids=["boosting", "forest", "logistic", "pipeline"],
)
def test_versions_save_and_load_by_default_and_answer_alike(engine, learner):
    history = load(orders_system(TABLES, learner=learner), engine, wiring.tables())
    ledger, blobs = MemoryLedger(), MemoryBlobs()
    version = train_version(history, AS_OF, ledger, blobs, wiring.dump)
    predictor = load_version(version, blobs, artifacts.load)
    scores = predictor.score(history.matrix)
    assert np.all((scores >= 0) & (scores <= 1))
    again = train_version(history, AS_OF, ledger, blobs, wiring.dump)
    assert again.dataset == version.dataset
    assert again.artifact == version.artifact, "same data, seed and code give the same bytes"
    assert again.name != version.name
    assert np.array_equal(load_version(again, blobs, artifacts.load).score(history.matrix), scores)


def test_provenance_says_what_a_version_was_made_from(engine):
    history = load(orders_system(TABLES), engine, wiring.tables())
    ledger = MemoryLedger()
    version = train_version(history, AS_OF, ledger, MemoryBlobs(), wiring.dump)
    told = ledger.read_events("versions")[0].body
    assert told["dataset"] == version.dataset
    assert {"declaration", "learner", "features", "seed", "packages", "python", "rows"} <= set(told)
    assert told["packages"]["scikit-learn"]


def test_changed_bytes_are_refused(engine, tmp_path):
    history = load(orders_system(TABLES), engine, wiring.tables())
    blobs = wiring.blobs(tmp_path / "blobs")
    version = train_version(history, AS_OF, MemoryLedger(), blobs, wiring.dump)
    stored = next(
        path
        for path in (tmp_path / "blobs").rglob("*")
        if path.is_file() and version.artifact.endswith(path.name)
    )
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError):
        load_version(version, blobs, artifacts.load)
