"""Models come back exactly as they were, and only from bytes that may be trusted."""

import dataclasses
import io
import json
import pickle
import zipfile

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from trimtab.adapters.artifacts import dump, load, skopsed
from trimtab.adapters.artifacts.bundle import zipped
from trimtab.errors import ArtifactError

COUNT = 300
KEY = b"k" * 32


@dataclasses.dataclass
class HomeMade:
    threshold: float

    def predict(self, features):
        return np.asarray(features)[:, 0] > self.threshold


def home_made_function(features):
    return features


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def numbers():
    chance = np.random.default_rng(0)
    features = chance.normal(size=(COUNT, 4))
    features[::7, 2] = np.nan
    return features


@pytest.fixture(scope="module")
def frame(numbers):
    table = pd.DataFrame(np.nan_to_num(numbers), columns=list("abcd"))
    table["carrier"] = np.array(["UA", "AA", "DL"])[np.arange(COUNT) % 3]
    return table


@pytest.fixture(scope="module")
def late(numbers):
    return numbers[:, 0] + np.random.default_rng(1).normal(size=COUNT) > 0


def columns(encoder):
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    return ColumnTransformer([("words", encoder, ["carrier"]), ("numbers", numeric, list("abcd"))])


ON_NUMBERS = [
    HistGradientBoostingClassifier(max_iter=8),
    HistGradientBoostingRegressor(max_iter=8, loss="poisson"),
    RandomForestClassifier(5, random_state=0),
    DecisionTreeClassifier(random_state=0),
    CalibratedClassifierCV(HistGradientBoostingClassifier(max_iter=4), cv=2),
    make_pipeline(SimpleImputer(), LogisticRegression()),
    make_pipeline(SimpleImputer(), GradientBoostingClassifier(n_estimators=4, random_state=0)),
    make_pipeline(SimpleImputer(), KNeighborsClassifier()),
    make_pipeline(
        SimpleImputer(), StandardScaler(), MLPClassifier((4,), max_iter=400, random_state=0, tol=0.1)
    ),
    make_pipeline(FunctionTransformer(np.nan_to_num), Ridge()),
    lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1),
    lightgbm.LGBMRegressor(n_estimators=5, n_jobs=1, verbose=-1),
    xgboost.XGBClassifier(n_estimators=5, n_jobs=1),
    xgboost.XGBRegressor(n_estimators=5, n_jobs=1, learning_rate=np.float64(0.2)),
    catboost.CatBoostClassifier(iterations=5, thread_count=1, verbose=0, allow_writing_files=False),
    catboost.CatBoostRegressor(iterations=5, thread_count=1, verbose=0, allow_writing_files=False),
]
ON_FRAMES = [
    make_pipeline(columns(OneHotEncoder(handle_unknown="ignore")), LogisticRegression()),
    make_pipeline(columns(OneHotEncoder(sparse_output=False)), HistGradientBoostingClassifier(max_iter=4)),
    make_pipeline(columns(OrdinalEncoder()), lightgbm.LGBMClassifier(n_estimators=4, n_jobs=1, verbose=-1)),
    make_pipeline(columns(OrdinalEncoder()), xgboost.XGBClassifier(n_estimators=4, n_jobs=1)),
]


def named(model):
    last = getattr(model, "steps", [(None, model)])[-1][1]
    return type(last).__name__ if last is model else f"pipeline-{type(last).__name__}"


def check_equal(first, second, features):
    assert type(first) is type(second)
    for method in ("predict", "predict_proba"):
        if hasattr(first, method):
            wanted, found = getattr(first, method)(features), getattr(second, method)(features)
            assert found.dtype == wanted.dtype
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize("model", ON_NUMBERS, ids=named)
def test_a_model_comes_back_exactly(model, numbers, late):
    model.fit(numbers, late.astype(int))
    artifact = dump(model)
    assert artifact.format != "pickle"
    assert dump(model) == artifact
    check_equal(model, load(*artifact), numbers)


@pytest.mark.parametrize("model", ON_FRAMES, ids=named)
def test_a_pipeline_of_columns_comes_back_exactly(model, frame, late):
    model.fit(frame, late)
    check_equal(model, load(*dump(model)), frame)


@pytest.mark.parametrize("labels", [lambda late: late, lambda late: np.where(late, "late", "on time")])
@pytest.mark.parametrize("model", [*ON_NUMBERS[10:11], *ON_NUMBERS[14:15], *ON_NUMBERS[:1]], ids=named)
def test_labels_keep_their_type(model, labels, numbers, late):
    model.fit(numbers, labels(late))
    found = load(*dump(model))
    check_equal(model, found, numbers)
    assert found.classes_.tolist() == list(model.classes_)


def test_the_same_training_gives_the_same_bytes(numbers, late):
    for model in (ON_NUMBERS[0], ON_NUMBERS[2], ON_NUMBERS[10], ON_NUMBERS[12]):
        model.set_params(random_state=0)
        assert dump(model.fit(numbers, late)) == dump(model.fit(numbers, late))


def test_boosters_without_their_wrapper(numbers, late):
    half = COUNT // 2
    data = lightgbm.Dataset(numbers[:half], late[:half], params={"verbose": -1})
    settings = {"objective": "binary", "num_threads": 1, "verbose": -1, "learning_rate": 0.3}
    light = lightgbm.train(
        settings,
        data,
        50,
        valid_sets=[data.create_valid(numbers[half:], late[half:])],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
    )
    light.best_iteration = 2
    found = load(*dump(light))
    assert found.best_iteration == light.best_iteration < light.num_trees() == found.num_trees()
    assert np.array_equal(found.predict(numbers), light.predict(numbers))
    extreme = xgboost.train({"nthread": 1}, xgboost.DMatrix(numbers, late), 5)
    artifact = dump(extreme)
    assert artifact.format == "xgboost"
    assert np.array_equal(load(*artifact).inplace_predict(numbers), extreme.inplace_predict(numbers))


def test_xgboost_remembers_what_counts_as_missing(numbers, late):
    features = np.round(numbers)
    model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1, missing=0.0).fit(features, late.astype(int))
    found = load(*dump(model))
    assert found.missing == 0.0
    check_equal(model, found, features)


def test_categories_of_a_frame(frame, late):
    table = frame.assign(carrier=frame["carrier"].astype("category"))
    light = lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(table, late)
    check_equal(light, load(*dump(light)), table)
    extreme = xgboost.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True).fit(
        table, late.astype(int)
    )
    check_equal(extreme, load(*dump(extreme)), table)
    cat = catboost.CatBoostClassifier(
        iterations=5, thread_count=1, verbose=0, cat_features=["carrier"], allow_writing_files=False
    ).fit(frame, late)
    check_equal(cat, load(*dump(cat)), frame)


@pytest.mark.parametrize(
    "kind", [lightgbm.LGBMClassifier, xgboost.XGBClassifier, catboost.CatBoostClassifier]
)
def test_a_model_not_yet_fitted(kind):
    found = load(*dump(kind(learning_rate=0.3)))
    assert type(found) is kind
    assert found.get_params()["learning_rate"] == 0.3


def test_a_container_keeps_each_part_in_its_own_format(numbers, late):
    light = ON_NUMBERS[10].fit(numbers, late)
    forest = ON_NUMBERS[2].fit(numbers, late)
    whole = {"model": light, "spare": forest, "meta": {"rows": COUNT, "share": 0.1, "names": ["a", None]}}
    artifact = dump(whole)
    assert artifact.format == "bundle"
    with zipfile.ZipFile(io.BytesIO(artifact.content)) as archive:
        assert archive.namelist() == ["model.lightgbm", "spare.skops", "meta.json"]
        assert b"\ntree\nversion=" in archive.read("model.lightgbm")
    found = load(*artifact)
    assert list(found) == list(whole)
    assert found["meta"] == whole["meta"]
    check_equal(light, found["model"], numbers)
    check_equal(forest, found["spare"], numbers)


@pytest.mark.parametrize(
    "model", [HomeMade(0.5), make_pipeline(FunctionTransformer(home_made_function), Ridge())]
)
def test_your_own_code_needs_pickle_to_be_allowed(model):
    with pytest.raises(ArtifactError, match=r"home_made_function|HomeMade.*allow_pickle=True") as problem:
        dump(model)
    assert "\n" not in str(problem.value)
    with pytest.raises(ArtifactError, match="installation's key"):
        dump(model, allow_pickle=True)
    artifact = dump(model, allow_pickle=True, key=KEY)
    assert artifact.format == "pickle"
    assert repr(load(*artifact, allow_pickle=True, key=KEY)) == repr(model)
    with pytest.raises(ArtifactError, match="can run any code"):
        load(*artifact, key=KEY)


def test_a_pickle_inside_a_container_needs_the_same():
    artifact = dump({"model": HomeMade(0.5), "meta": {}}, allow_pickle=True, key=KEY)
    assert load(*artifact, allow_pickle=True, key=KEY) == {"model": HomeMade(0.5), "meta": {}}
    with pytest.raises(ArtifactError, match="can run any code"):
        load(*artifact)


def test_a_pickle_without_our_mark_is_not_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "opened"), "w"))

    _, content = dump(HomeMade(0.5), allow_pickle=True, key=KEY)
    bomb = pickle.dumps(Bomb())
    for forged in (bomb, content[:32] + bomb, content[:-1] + b"?", b"", content[:20]):
        with pytest.raises(ArtifactError, match="not made by this installation"):
            load("pickle", forged, allow_pickle=True, key=KEY)
    with pytest.raises(ArtifactError, match="not made by this installation"):
        load("pickle", content, allow_pickle=True, key=b"another installation's key")
    assert not (tmp_path / "opened").exists()


def test_what_cannot_even_be_pickled_is_told():
    with pytest.raises(ArtifactError, match="cannot be pickled"):
        dump(HomeMade(lambda: 0.5), allow_pickle=True, key=KEY)


def rewritten(content, change):
    """A skops file with its schema changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    change(schema)
    return zipped(files | {"schema.json": json.dumps(schema).encode()})


def test_a_file_cannot_bring_its_own_trust():
    def plant(schema):
        schema["content"]["content"]["solver"] = {
            "__class__": "system", "__module__": "os", "__loader__": "FunctionNode",
        }  # fmt: skip

    forged = rewritten(skopsed.dump(LogisticRegression()), plant)
    with pytest.raises(ArtifactError, match=r"os\.system"):
        load("skops", forged)


@pytest.mark.parametrize("child", ["left_child", "right_child", "feature"])
def test_trees_that_point_outside_themselves_are_refused(child, numbers, late):
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(numbers, late)
    for wrong in (10_000, -7, 0):
        state = model.tree_.__getstate__()
        state["nodes"] = state["nodes"].copy()
        state["nodes"][child][0] = wrong
        model.tree_.__setstate__(state)
        content = skopsed.dump(model)
        if child == "feature" and wrong == 0:
            load("skops", content)
            continue
        with pytest.raises(ArtifactError, match="points outside itself"):
            load("skops", content)


@pytest.mark.parametrize(("field", "wrong"), [("left", 0), ("right", 10_000), ("feature_idx", 4)])
def test_boosted_trees_that_point_outside_themselves_are_refused(field, wrong, numbers, late):
    model = HistGradientBoostingClassifier(max_iter=2).fit(numbers, late)
    model._predictors[1][0].nodes[field][0] = wrong
    with pytest.raises(ArtifactError, match="points outside itself"):
        load("skops", skopsed.dump(model))


@pytest.mark.parametrize(
    "model", [ON_NUMBERS[0], ON_NUMBERS[10], ON_NUMBERS[12], ON_NUMBERS[14], {"a": 1.5, "b": (1,)}]
)
def test_damaged_bytes_are_told_in_one_paragraph(model, numbers, late):
    if not isinstance(model, dict):
        model.fit(numbers, late.astype(int))
    format_name, content = dump(model)
    for damaged in (b"", content[:40], b"?" + content[1:]):
        with pytest.raises(ArtifactError) as problem:
            load(format_name, damaged)
        assert "\n" not in str(problem.value)


def test_a_missing_library_is_named(monkeypatch, numbers, late):
    artifact = dump(ON_NUMBERS[10].fit(numbers, late))
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    with pytest.raises(ArtifactError, match=r'pip install "trimtab\[lightgbm\]"'):
        load(*artifact)


def test_an_unknown_format_is_named():
    with pytest.raises(ArtifactError, match="unknown artifact format 'onnx'"):
        load("onnx", b"")


def test_a_native_file_cannot_name_another_class(numbers, late):
    _, content = dump(ON_NUMBERS[10].fit(numbers, late))
    with pytest.raises(ArtifactError, match="'Dataset' is no lightgbm model"):
        load("lightgbm", content.replace(b'"class":"LGBMClassifier"', b'"class":"Dataset"'))
