import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from orders import DAY, START, orders_system, orders_tables
from trimtab import days
from trimtab.errors import DeclarationError, LearnerError
from trimtab.runtime.history import load
from trimtab.runtime.replay.result import canonical
from trimtab.runtime.replay.run import Settings, replay
from trimtab.testing import MemoryLedger
from trimtab.wiring import tables as table_reader

POLICIES = ("monthly", "weekly-expanding")


def run(engine, system, **settings):
    ledger = MemoryLedger()
    done = replay(
        system, engine, table_reader(), ledger, Settings(**{"policies": POLICIES, "processes": 1, **settings})
    )
    return done, ledger


@pytest.fixture(scope="module")
def tables():
    return orders_tables(rows=2500, length_days=90)


def journal(ledger):
    return [
        (event.at, event.kind, event.subject, dict(event.body))
        for stream in ("decisions", "measurements", "versions")
        for event in ledger.read_events(stream)
    ]


def test_retraining_beats_never_in_a_drifting_world_and_says_so(engine):
    done, ledger = run(engine, orders_system(orders_tables(rows=6000)), policies=())
    weekly = next(each for each in done.policies if each.name == "weekly-expanding")
    assert weekly.score.to_never.below(0.0)
    assert done.verdict.recommended != "never"
    assert "less log loss than never retraining" in done.sentence
    assert "EUR" in done.sentence
    assert {"decisions", "versions", "measurements", "predictions", "labels"} <= set(ledger.streams())
    assert len(ledger.read_rows("predictions")) == done.rows + sum(done.unscored.values())
    assert json.loads(json.dumps(done.to_json()))["recommended"] == done.verdict.recommended


def test_same_seed_twice_gives_the_same_ledger(engine, tables):
    first, again = (run(engine, orders_system(tables)) for _ in range(2))
    assert journal(first[1]) == journal(again[1])
    drop = {"seconds", "cpu_seconds", "policies"}
    assert canonical({k: v for k, v in first[0].to_json().items() if k not in drop}) == canonical(
        {k: v for k, v in again[0].to_json().items() if k not in drop}
    )


def cut(tables, at):
    """The history as it stood at an instant: only facts known before it."""
    known = {"orders": "ordered", "deliveries": "delivered", "queue": "seen"}
    return {
        name: table.filter(
            pc.less(table[known[name]].cast(pa.int64()), at - (DAY // 24 if name == "queue" else 0))
        )
        for name, table in tables.items()
    }


@pytest.mark.parametrize("day", [50, 67])
def test_cutting_history_leaves_everything_before_as_it_was(engine, tables, day):
    at = START + day * DAY
    start = "2023-12-14"
    whole, whole_ledger = run(engine, orders_system(tables), start=_instant(start))
    part, part_ledger = run(engine, orders_system(cut(tables, at)), start=_instant(start))
    before = [entry for entry in journal(whole_ledger) if entry[0] < at and entry[1] != "log_loss"]
    assert before == [entry for entry in journal(part_ledger) if entry[0] < at and entry[1] != "log_loss"]
    assert any(kind == "trained" for _, kind, _, _ in before), "the dataset fingerprints are compared too"
    assert whole.rows > part.rows


@pytest.mark.parametrize("day", [50, 67])
def test_features_before_the_cut_are_byte_equal(engine, tables, day):
    at = START + day * DAY
    whole = load(orders_system(tables), engine, table_reader())
    part = load(orders_system(cut(tables, at)), engine, table_reader())
    rows = int(np.searchsorted(whole.requests.at, at))
    assert len(part.requests) == rows
    assert whole.matrix.values[:rows].tobytes() == part.matrix.values.tobytes()


def test_scrambling_labels_known_later_changes_nothing_earlier(engine, tables):
    at = START + 60 * DAY
    deliveries = tables["deliveries"]
    later = np.asarray(pc.greater_equal(deliveries["delivered"].cast(pa.int64()), at))
    late = deliveries["hours_late"].to_numpy().copy()
    late[later] = np.random.default_rng(1).permutation(late[later])
    scrambled = {**tables, "deliveries": deliveries.set_column(3, "hours_late", pa.array(late))}
    ledgers = [
        run(engine, orders_system(each), start=_instant("2023-12-14"))[1] for each in (tables, scrambled)
    ]
    honest, other = (
        [entry for entry in journal(ledger) if entry[0] <= at and entry[1] != "log_loss"]
        for ledger in ledgers
    )
    assert honest == other
    assert journal(ledgers[0]) != journal(ledgers[1]), "later training sets do differ"


def _instant(day):
    return int(np.datetime64(day, "us").astype(np.int64))


class FailsLater(HistGradientBoostingClassifier):
    """Learns from little, breaks on much."""

    def fit(self, X, y, sample_weight=None):
        if len(y) > 1200:
            raise RuntimeError("out of luck")
        return super().fit(X, y, sample_weight)


def test_a_learner_that_fails_later_is_refused_and_the_champion_serves_on(engine, tables):
    learner = FailsLater(max_iter=5, early_stopping=False)
    done, _ = run(engine, orders_system(tables, learner=learner))
    weekly = next(each for each in done.policies if each.name == "weekly-expanding")
    assert weekly.refused
    assert "out of luck" in weekly.refused[0].reason
    assert done.rows > 1000


class AlwaysFails(HistGradientBoostingClassifier):
    def fit(self, X, y, sample_weight=None):
        raise RuntimeError("out of luck")


def test_a_learner_that_never_works_is_one_clear_error(engine, tables):
    with pytest.raises(LearnerError, match=r"first model of policy 'never' .*out of luck"):
        run(engine, orders_system(tables, learner=AlwaysFails()))


def test_causal_feedback_refuses_to_compare(engine, tables):
    with pytest.raises(DeclarationError, match="change the outcomes"):
        run(engine, orders_system(tables, feedback="causal"))


def test_rows_are_all_accounted_for(engine, tables):
    done, _ = run(engine, orders_system(tables))
    asked = sum(
        START + 30 * DAY <= at < 2**62 for at in tables["orders"]["ordered"].cast(pa.int64()).to_pylist()
    )
    first_midnight_on = done.rows + sum(done.unscored.values())
    assert asked - 60 <= first_midnight_on <= asked


def test_two_processes_give_what_one_gives(engine, tables):
    one, two = (run(engine, orders_system(tables), processes=count)[0] for count in (1, 2))
    assert [each.score.loss for each in one.policies] == [each.score.loss for each in two.policies]


def test_an_own_policy_is_always_compared(engine, tables):
    system = orders_system(
        tables, retrain=tt.Retrain(tt.every(days(10)), tt.sliding(days(25)), warm_up=days(20))
    )
    done, _ = run(engine, system, policies=("own",))
    assert [each.name for each in done.policies] == ["never", "own"]
    assert done.start == START + 20 * DAY or done.start - START < 22 * DAY
