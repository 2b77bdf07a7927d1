"""`trimtab evaluate` and `tt.evaluate` on a small table, as a user meets them."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import trimtab as tt
from command_line import run
from trimtab import wiring
from trimtab.ports import Record
from trimtab.runtime.evaluating import footprint
from trimtab.runtime.evaluating.clean import Elsewhere
from trimtab.runtime.logged import PREDICTIONS, Logged, encode
from trimtab.runtime.versions import load_version, predictor_of
from trimtab.training.matrix import from_rows

SYSTEM = """
from sklearn.ensemble import HistGradientBoostingClassifier
import trimtab as tt

system = tt.table(
    "basket", "rows.parquet", HistGradientBoostingClassifier(max_iter=12, min_samples_leaf=40{learner}),
    at="asked", label="bought", label_known="told", matures_after=tt.days(2), id="row", zone="UTC",
    metric=tt.log_loss, watch=tt.Watch(slices=("shop",)),
    stakes=tt.Stakes(false_alarm=1, miss=3), requires=tt.Requires(fairness=0.5, size=tt.megabytes(5)),
)
"""
DAY = np.timedelta64(1, "D")


def table(*, leak=False, rows=4000, days=120):
    generator = np.random.default_rng(0)
    minutes = np.sort(generator.integers(0, days * 24 * 60, rows))
    amount, visits = generator.normal(size=rows), generator.normal(size=rows)
    bought = generator.random(rows) < 1 / (1 + np.exp(-1.5 * amount))
    asked = np.datetime64("2024-01-01", "us") + minutes.astype("timedelta64[m]")
    columns = {
        "row": np.arange(rows),
        "asked": asked,
        "amount": amount,
        "visits": visits,
        "shop": generator.choice(["north", "south"], rows),
        "bought": bought,
        "told": asked + DAY,
    }
    if leak:
        columns["refund"] = np.where(bought, 1.0, 0.0)
    return pa.table(columns)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def write(learner="", **changes):
        pq.write_table(table(**changes), "rows.parquet")
        (tmp_path / "basket.py").write_text(SYSTEM.format(learner=learner))
        return tmp_path

    return write


@pytest.fixture
def here(monkeypatch):
    """What a clean process does, in this one: starting others takes long."""

    def answer(form, content, matrix):
        return Elsewhere(predictor_of(wiring.load(form, content)).score(matrix))

    monkeypatch.setattr(footprint, "measure_elsewhere", answer)


def test_an_honest_model_is_evaluated_from_the_command_line(place, capsys):
    folder = place()
    code, text = run(capsys, "evaluate basket.py --json out.json")
    assert code == 0, text
    told = json.loads((folder / "out.json").read_text())
    assert told["severity"] in {"OK", "WATCH"}
    assert told["rows"] == pytest.approx(1200, rel=0.06)
    assert told["remarks"] == [
        "no version is stored: the declared model was trained on the older rows for this"
    ]
    assert told["headline"].startswith("the top 3 features carry")
    ran = {topic: [each["severity"] for each in found] for topic, found in told["findings"].items()}
    assert {"contracts", "comparisons", "calibration", "leakage", "steadiness", "fairness"} <= set(ran)
    assert "ACT" not in [each for found in ran.values() for each in found]
    assert "NOT RUN" not in ran["contracts"]
    options = {each["name"]: each for each in told["options"]}
    for name in ("a linear model", "the declared model"):
        assert all(options[name][figure] > 0 for figure in ("microseconds", "size", "age_days"))
        assert (options[name]["memory"] is not None) == Path("/proc/self/status").exists()
    for name in ("always the same answer", "rate by shop"):
        assert options[name]["size"] < 200
        assert options[name]["microseconds"] < options["a linear model"]["microseconds"]
    assert options["always the same answer"]["undominated"], "nothing is smaller"
    assert options["a linear model"]["size"] < options["the declared model"]["size"]
    assert (folder / "basket-evaluation.html").read_text().startswith("<!DOCTYPE html>")
    assert "next: trimtab serve basket.py" in text


@pytest.mark.usefixtures("here")
def test_a_leaking_column_blocks_and_exits_with_1(place, capsys):
    place(leak=True)
    code, text = run(capsys, "evaluate basket.py --quick")
    assert code == 1
    assert "leak: refund is the label under another name" in text


@pytest.mark.usefixtures("here")
def test_a_stored_version_is_judged_on_the_rows_that_it_has_not_seen(place):
    place()
    system = tt.load("basket.py")
    version = tt.train(system, as_of="2024-03-20")
    done = tt.evaluate(system, version.name, retrain=False)
    assert done.candidate == version.name
    assert done.learned_until == version.as_of
    assert done.start >= version.as_of
    requirements = [each.what for each in done.findings["requirements"]]
    assert any("stored model has" in what for what in requirements)
    later = tt.train(system, as_of="2024-04-29")
    rehearsed = tt.evaluate(system, later.name, retrain=False)
    assert rehearsed.candidate == "the declared model"
    assert "has seen almost everything" in rehearsed.remarks[0]
    with pytest.raises(tt.UsageError, match="there is no version 'v9'"):
        tt.evaluate(system, "v9")


@pytest.mark.usefixtures("here")
def test_expectations_and_golden_rows_are_held_against_the_candidate(place):
    place()
    done = tt.evaluate(
        tt.load("basket.py"),
        retrain=False,
        expectations=(tt.Expectation("amount", "falling"),),
        golden=(tt.GoldenRow({"amount": 2.0, "shop": "north"}, low=0.6),),
    )
    told = {each.what: str(each.severity) for each in done.findings["expectations"]}
    assert told == {
        "expected, but not so: scores are falling with amount": "ACT",
        "all 1 golden rows are answered as they must be": "OK",
    }
    assert done.severity is tt.Severity.ACT


@pytest.mark.usefixtures("here")
def test_too_little_data_is_refused_in_words(place):
    place(rows=150)
    with pytest.raises(tt.DataError, match="too little has matured"):
        tt.evaluate(tt.load("basket.py"))


@pytest.mark.usefixtures("here")
def test_the_same_evaluation_twice_is_the_same(place):
    place()
    system = tt.load("basket.py")
    first, second = (tt.evaluate(system, retrain=False, as_of="2024-06-01").to_json() for _ in range(2))
    changing = {"cpu_seconds"}
    for done in (first, second):
        # time and memory are measured, each time anew
        done["findings"].pop("requirements")
        for option in done["options"]:
            for measured in ("microseconds", "memory", "undominated"):
                option.pop(measured)
    assert {k: v for k, v in first.items() if k not in changing} == {
        k: v for k, v in second.items() if k not in changing
    }


@pytest.mark.usefixtures("here")
def test_numbers_are_evaluated_too(tmp_path):
    from sklearn.linear_model import Ridge

    found = table(rows=3000)
    amount = found["amount"].to_numpy()
    found = found.set_column(5, "bought", pa.array(3 * amount + np.random.default_rng(1).normal(size=3000)))
    system = tt.table(
        "spend",
        found,
        Ridge(),
        at="asked",
        label="bought",
        label_known="told",
        matures_after=tt.days(2),
        id="row",
        zone="UTC",
    )
    done = tt.evaluate(system, home=tmp_path)
    assert done.severity < tt.Severity.ACT, [
        each for each in done.all_findings if each.severity > tt.Severity.INFO
    ]
    assert done.metric == "root_mean_squared_error"
    assert str(done).startswith("Evaluation of spend")


def serve_as_offline(system, version, home, *, wrong=0.0):
    """Puts on record that a version answered the requests after it; `wrong` is added to the log-odds of each score."""
    record, blobs = wiring.ledger(home / "ledger"), wiring.blobs(home / "blobs")
    predictor = load_version(version, blobs, wiring.load)
    names = predictor.encoder.names
    asked = [row for row in table().to_pylist() if row["asked"].timestamp() * 1e6 >= version.as_of]
    scores = predictor.score(from_rows(names, [[row[name] for name in names] for row in asked]))
    odds = np.log(scores / (1 - scores)) + wrong
    records = []
    for row, score in zip(asked, (1 / (1 + np.exp(-odds))).tolist(), strict=True):
        at = int(row["asked"].timestamp() * 1e6)
        request = {"row": row["row"], "asked": at} | {name: row[name] for name in names}
        said = Logged(request, {}, at, at, version.name, "champion", score)
        records.append(Record(f"p{row['row']}", at, encode(said), row["row"]))
    record.append_records(PREDICTIONS, records)
    record.close()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("wrong", "severity", "words"),
    [
        (0.0, "OK", "scores that were served for these rows are those computed offline"),
        (1.5, "ACT", "the same rows were answered worse in service than they are offline"),
    ],
)
def test_served_scores_are_held_against_those_computed_offline(place, wrong, severity, words):
    folder = place()
    system = tt.load("basket.py")
    version = tt.train(system, as_of="2024-03-20")
    serve_as_offline(system, version, folder / ".trimtab", wrong=wrong)
    done = tt.evaluate(system, version.name, retrain=False)
    (found,) = [each for each in done.findings["leakage"] if "offline" in each.what]
    assert str(found.severity) == severity
    assert words in found.what


def test_time_size_and_memory_of_a_candidate_are_measured(place):
    place()
    done = tt.evaluate(tt.load("basket.py"), retrain=False)
    (mine,) = [each for each in done.options if each.name == done.candidate]
    assert mine.microseconds > 0
    assert mine.size > 1000
    told = done.findings["requirements"][0]
    assert "µs in the engine that serves it" in told.what
    if Path("/proc/self/status").exists():
        assert 1e5 < mine.memory < 1e9
        assert "its peak after one prediction" in dict(told.evidence)
    (linear,) = [each for each in done.options if each.name == "a linear model"]
    assert linear.size > 1000
    assert linear.memory is None, "where nothing more is trained, no more processes are started either"
