"""A label that is a number walks the same path, and every figure says what it is."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import Ridge

import trimtab as tt
from trimtab.finding import Severity
from trimtab.report import to_html

ROWS, DAYS = 2_400, 120


def deliveries(folder, metric=None, told=1.0):
    """A system over minutes of delivery, of which distance and weather tell most, or nothing where `told` is 0."""
    generator = np.random.default_rng(5)
    second = np.sort(generator.integers(0, DAYS * 86_400, ROWS))
    placed = np.datetime64("2025-01-01", "us") + second.astype("timedelta64[s]")
    distance, weather = generator.gamma(2, 4, ROWS), generator.normal(size=ROWS)
    minutes = 20 + told * (3 * distance + 4 * weather) + generator.normal(0, 4, ROWS)
    table = {"order": np.arange(ROWS), "placed": placed, "distance": distance, "weather": weather}
    table |= {"minutes": minutes, "delivered": placed + np.timedelta64(2, "h")}
    pq.write_table(pa.table(table), folder / "deliveries.parquet")
    return tt.table(
        "deliveries",
        str(folder / "deliveries.parquet"),
        Ridge(),
        at="placed",
        label="minutes",
        label_known="delivered",
        matures_after=tt.days(1),
        id="order",
        zone="UTC",
        metric=metric,
    )


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    return deliveries(tmp_path_factory.mktemp("deliveries"))


def test_a_replay_calls_the_mean_of_squared_errors_by_its_name(system, tmp_path):
    done = tt.replay(system, home=tmp_path, processes=1)
    own = next(each for each in done.policies if each.name == "own")
    # noise of 4 minutes: a mean squared error of 16, whose root is 4
    assert own.score.loss.estimate == pytest.approx(16, rel=0.15)
    assert (done.metric, done.loss) == ("root_mean_squared_error", "mean_squared_error")
    page = to_html(done.document())
    assert "mean squared error" in page
    assert "less mean squared error than" in done.sentence or done.sentence.startswith("Do not retrain")
    assert done.to_json()["policies"][0]["mean_squared_error"]
    assert "one answer for all" not in done.sentence
    assert done.document().severity is Severity.OK


def test_a_replay_says_when_no_policy_beats_one_answer_for_all(tmp_path):
    done = tt.replay(deliveries(tmp_path, told=0.0), home=tmp_path / "home", processes=1)
    assert "shown to beat one answer for all" in done.sentence
    assert "trimtab assess" in done.sentence
    assert done.document().severity is Severity.WATCH


def test_a_quantile_is_replayed_and_seen_in_the_console(tmp_path):
    system = deliveries(tmp_path, tt.pinball(0.9))
    home = tmp_path / "home"
    done = tt.replay(system, home=home, policies=["monthly"], processes=1)
    assert done.loss == "pinball(0.9)"
    shown = tt.console(system, home=home, static=tmp_path / "pages")
    text = " ".join(path.read_text(encoding="utf-8") for path in shown if path.suffix == ".html")
    assert "Pinball(0.9)" in text


def test_an_evaluation_tells_the_metric_and_compares_losses(system, tmp_path):
    version = tt.train(system, as_of="2025-04-05", home=tmp_path)
    done = tt.evaluate(system, version.name, as_of="2025-05-10", retrain=False, home=tmp_path)
    assert done.value == pytest.approx(4, rel=0.15)
    told = json.dumps(done.to_json())
    assert "squared units of the label" in told
