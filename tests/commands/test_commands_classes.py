"""A label of several classes walks the same path as a yes or no: every command, with the names of the classes."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

import trimtab as tt

NAMES = ("exchange", "keep", "refund")
ROWS, DAYS = 2_400, 120


@pytest.fixture(scope="module")
def tickets(tmp_path_factory):
    """A system whose answers are one of three words, with its home."""
    folder = tmp_path_factory.mktemp("tickets")
    generator = np.random.default_rng(4)
    second = np.sort(generator.integers(0, DAYS * 86_400, ROWS))
    opened = np.datetime64("2025-01-01", "us") + second.astype("timedelta64[s]")
    amount, age = generator.normal(size=(2, ROWS))
    channel = generator.choice(["phone", "shop", "web"], ROWS)
    drawn = np.stack([2 * amount, 2 * age, 0.3 + (channel == "web")], 1) + generator.gumbel(size=(ROWS, 3))
    table = {"ticket": np.arange(ROWS), "opened": opened, "amount": amount, "age": age, "channel": channel}
    table |= {"outcome": np.array(NAMES)[drawn.argmax(1)], "closed": opened + np.timedelta64(1, "D")}
    pq.write_table(pa.table(table), folder / "tickets.parquet")
    system = tt.table(
        "tickets",
        str(folder / "tickets.parquet"),
        LogisticRegression(max_iter=200),
        at="opened",
        label="outcome",
        label_known="closed",
        matures_after=tt.days(2),
        id="ticket",
        zone="UTC",
    )
    return system, folder / "home"


@pytest.fixture(scope="module")
def replayed(tickets):
    system, home = tickets
    return tt.replay(system, home=home, processes=1)


@pytest.fixture(scope="module")
def version(tickets):
    system, home = tickets
    return tt.train(system, as_of="2025-04-05", home=home)


def test_a_replay_compares_policies_baselines_and_batches(replayed):
    assert replayed.task == "multiclass"
    best = min(each.score.loss.estimate for each in replayed.policies)
    floors = {each.inputs: each.loss.estimate for each in replayed.baselines}
    assert best < 0.9 * floors["always the base rate"]
    assert "rate by channel" in floors
    # nobody was prepared for the requests that a daily run does not know, and the base rate answers for them
    daily = next(each for each in replayed.batch if each.hours == 24)
    assert daily.unknown_share > 0.4
    assert best < daily.loss.estimate < 1.1
    json.dumps(replayed.to_json())


def test_an_assessment_starts_with_a_rung_that_beats_the_rule(tickets):
    system, home = tickets
    assert "Go" in str(tt.assess(system, home=home))


def test_an_evaluation_names_the_classes(tickets, version):
    system, home = tickets
    done = tt.evaluate(system, version.name, as_of="2025-05-10", retrain=False, home=home)
    told = " ".join(each.what for each in done.findings["calibration"])
    assert all(f"of class {name}" in told for name in NAMES)
    assert "a linear model" in json.dumps(done.to_json())


def test_a_card_tells_the_share_of_each_class_and_no_mean_of_codes(tickets, version):
    system, home = tickets
    training = tt.card(system, version.name, home=home).to_json()["training"]
    assert set(training["label_shares"]) == set(NAMES)
    assert sum(training["label_shares"].values()) == pytest.approx(1)
    assert "label_mean" not in training


def test_a_table_is_predicted_with_a_column_for_each_class(tickets, version, tmp_path):
    system, home = tickets
    tt.predict(system, to=tmp_path / "scores.parquet", version=version.name, home=home)
    scores = pq.read_table(tmp_path / "scores.parquet")
    total = sum(np.asarray(scores[f"score_{name}"]) for name in NAMES)
    assert total == pytest.approx(np.ones(ROWS))


def test_the_audit_and_the_state_read_such_a_record(tickets, version, replayed):
    system, home = tickets
    assert tuple(version.provenance["classes"]) == NAMES
    assert "tickets" in str(tt.status(system, home=home))
    assert replayed.rows
    assert "ML Test Score" in str(tt.audit(system, home=home))
