"""A replay of a system that continues versions: chains in its record, races and savings in its report."""

import json

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from orders import orders_system, orders_tables
from trimtab import days
from trimtab.errors import DeclarationError
from trimtab.finding import Severity
from trimtab.report.terminal import to_text
from trimtab.retrain.windows import Selection
from trimtab.runtime.check import check
from trimtab.runtime.kept_fits import KeptFits
from trimtab.runtime.replay.learned import Continued, RunRace
from trimtab.runtime.replay.page import page
from trimtab.runtime.replay.run import Settings, replay
from trimtab.runtime.training import FitSpec
from trimtab.stats import Interval
from trimtab.testing import MemoryLedger
from trimtab.wiring import tables as table_reader

TABLES = orders_tables(rows=2000, length_days=110)
LEARNER = LGBMClassifier(n_estimators=10, num_leaves=7, verbose=-1, n_jobs=1)
STATEFUL = tt.Retrain(tt.every(days(7)), manner="stateful", longest_chain=5, race_every=4)


def declared(learner=LEARNER, retrain=STATEFUL, **options):
    release = tt.Release(canary=(), exposures=20)
    return orders_system(TABLES, learner=learner, retrain=retrain, release=release, **options)


def run(engine, system):
    ledger = MemoryLedger()
    settings = Settings(policies=("own",), processes=1, watch=False)
    return replay(system, engine, table_reader(), ledger, settings), ledger


@pytest.fixture(scope="module")
def done():
    from trimtab import wiring

    engine = wiring.engine()
    yield [run(engine, declared()) for _ in range(2)]
    engine.close()


def own(found):
    return next(each for each in found.policies if each.name == "own")


def test_parents_manners_and_chains_are_on_record(done):
    events = [event for event in done[0][1].read_events("versions") if event.subject.startswith("own/")]
    bodies = {event.subject.partition("/")[2]: event.body for event in events}
    assert "parent" not in bodies["v1"]
    assert (bodies["v2"]["parent"], bodies["v2"]["manner"], bodies["v2"]["chain"]) == ("v1", "leaf_refit", 1)
    assert max(body.get("chain", 0) for body in bodies.values()) <= 5
    scratch = [e for e in done[0][1].read_events("versions") if e.subject.startswith("own-from-scratch/")]
    assert not any("parent" in event.body for event in scratch)


def test_the_same_system_twice_gives_the_same_record(done):
    records = [
        [
            (event.at, event.kind, event.subject, dict(event.body))
            for stream in ("decisions", "measurements", "versions")
            for event in ledger.read_events(stream)
        ]
        for _, ledger in done
    ]
    assert records[0] == records[1]
    assert not np.any(["cpu" in str(entry) for entry in records[0]]), (
        "no decision holds what a machine measured"
    )


def test_the_report_says_what_was_saved_and_what_was_lost(done):
    learned = own(done[0][0]).learned
    assert learned.updates + learned.from_scratch == 11
    assert learned.updates >= 6
    assert learned.races
    assert learned.extra.known
    assert learned.compared_with == "own-from-scratch"
    told = to_text(page(done[0][0]))
    assert "From scratch, or continued" in told
    assert f"continued a version at {learned.updates} of 11 trainings" in " ".join(told.split())
    written = json.loads(json.dumps(done[0][0].to_json()))
    (body,) = (each["learned"] for each in written["policies"] if each["name"] == "own")
    assert len(body["races"]) == len(learned.races)
    assert body["extra_interval"] == [learned.extra.low, learned.extra.high]


def test_both_were_released_alike_and_only_the_own_one_is_told(done):
    names = [each.name for each in done[0][0].policies]
    assert names == ["never", "own-from-scratch", "own"]
    assert [each.releases is not None for each in done[0][0].policies] == [False, False, True]
    promoted = [e.subject for e in done[0][1].read_events("decisions") if e.kind == "promote"]
    assert any(name.startswith("own-from-scratch/") for name in promoted)


def test_all_fits_are_on_the_bill_of_whoever_races(done):
    found = own(done[0][0])
    learned = found.learned
    trainings = learned.updates + learned.from_scratch
    assert found.score.spent.fits >= trainings + len(learned.races)
    assert found.score.spent.trainings == trainings, "a race is part of its training"


def test_a_manner_that_destroys_is_refused_before_anything_is_fitted(engine):
    forest = HistGradientBoostingClassifier(max_iter=5)
    with pytest.raises(DeclarationError, match="new trees correct errors that nobody made") as found:
        run(engine, declared(forest))
    assert "orders.py:" in str(found.value)
    assert "whose leaves can be refit" in str(found.value)


@pytest.mark.parametrize(
    ("learner", "retrain", "severity", "said"),
    [
        (HistGradientBoostingClassifier(), STATEFUL, Severity.ACT, "makes new bins from the new rows"),
        (
            LEARNER,
            tt.Retrain(manner="race", update="partial_fit"),
            Severity.ACT,
            "cannot be continued by partial_fit",
        ),
        (LEARNER, tt.Retrain(manner="race", update="append_trees"), Severity.WATCH, "never learning again"),
        (
            LEARNER,
            tt.Retrain(window=tt.recent_and_reservoir(days(30), rows=100), manner="stateful"),
            Severity.WATCH,
            "learns new rows alone",
        ),
    ],
)
def test_check_says_what_a_manner_does_to_a_learner(engine, learner, retrain, severity, said):
    findings = check(declared(learner, retrain), engine, table_reader(), 2_000_000_000_000_000).findings
    (finding,) = (each for each in findings if said in f"{each.what} {each.cause}")
    assert finding.severity is severity


def test_check_says_nothing_of_a_manner_that_suits(engine):
    findings = check(declared(), engine, table_reader(), 2_000_000_000_000_000).findings
    assert not [each for each in findings if "continued" in each.what or "manner" in each.what]


def race(costs):
    return RunRace(0, "v2", costs, continued=True, continued_cpu_seconds=0.1, scratch_cpu_seconds=2.0)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ((2.0, 10.0), "it saved 8.0 of 10.0 CPU seconds"),
        ((12.0, 10.0), "it cost 2.0 more than the 10.0 CPU seconds"),
    ],
)
def test_what_continuing_saved_is_one_sentence(seconds, said):
    extra = Interval(0.001, 0.0005, 0.002)
    found = Continued("own", "twin", 3, 1, 0, (race(Interval(0.01)),), *seconds, extra, "log_loss")
    assert said in found.sentence
    assert "at 3 of 4 trainings, 1 of 1 races won" in found.sentence
    assert found.sentence.endswith("log loss a request +0.0010 [+0.0005, +0.0020].")
    assert found.to_json()["races"][0]["costs_interval"] == [None, None]


def test_fits_are_kept_by_what_they_are_fitted_from(tmp_path):
    kept, spec = KeptFits(str(tmp_path)), FitSpec(1, Selection())
    child = FitSpec(2, Selection(), parent=spec)
    kept.put(child, {"rows": 3})
    assert kept.get(FitSpec(2, Selection(), parent=FitSpec(1, Selection()))) == {"rows": 3}
    assert child in kept
    assert spec not in kept
    assert kept.get(spec) is None
    kept.put(spec, lambda: None)
    assert spec not in kept, "what cannot be pickled is fitted again"
