"""A live loop that continues versions: parents and races on record, the same after a crash, and the same as in a replay."""

from dataclasses import replace

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from loop_worlds import means_of, once, shop, stored_versions, system
from test_live_loop import Cut, CutOff, copied, decided

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import days, wiring
from trimtab.declare.days import day_numbers
from trimtab.errors import LearnerError
from trimtab.metrics import log_loss
from trimtab.retrain.windows import Selection
from trimtab.runtime.learning import Before, Learning, losses_by, race_numbers
from trimtab.runtime.live_loop import learning as live
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.declaration import parts, recipe
from trimtab.runtime.live_loop.past import load_history
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.live_loop.told import release_history
from trimtab.runtime.live_loop.turn import declared_now
from trimtab.runtime.live_loop.verifying import verify_live
from trimtab.runtime.loop import Train
from trimtab.runtime.training import FitSpec, run_family
from trimtab.runtime.versions import chain_of
from trimtab.runtime.workspace import write_workspace
from trimtab.training.manners.manner import Manner
from trimtab.training.task import make_recipe

TABLES = orders_tables(rows=900, length_days=60)
LEARNER = LGBMClassifier(n_estimators=10, num_leaves=7, verbose=-1, n_jobs=1)
STATEFUL = tt.Retrain(tt.every(days(7)), manner="stateful", longest_chain=4, race_every=3)


def continuing(retrain):
    return system(TABLES, learner=LEARNER, retrain=retrain)


@pytest.fixture(scope="module")
def grown():
    """A shop whose next turn trains the sixth version, which ends a chain of four updates."""
    with shop(continuing(STATEFUL)) as found:
        found.run(34)
        found.day()
        yield found


def means_on(grown, ledger, **changed):
    return replace(means_of(grown.system, replace(grown.home, ledger=ledger)), **changed)


def lineage(ledger):
    """Versions as they must be alike in two records: without what was measured of this machine."""
    found = []
    for version in stored_versions(ledger).values():
        told = dict(version.provenance["learning"])
        if told["race"]:
            told["race"] = {
                key: told["race"][key] for key in told["race"] if key not in {"cpu_seconds", "saves"}
            }
        found.append((version.name, version.artifact, version.dataset, chain_of(version), told))
    return found


def test_the_version_that_answers_is_continued_up_to_the_cap(grown):
    ledger = copied(grown.ledger)
    once(means_on(grown, ledger), grown.clock.now())
    versions = list(stored_versions(ledger).values())
    assert [chain_of(version).length for version in versions] == [0, 1, 2, 3, 4, 0]
    assert [chain_of(version).parent for version in versions] == [None, "v1", "v2", "v3", "v4", None]
    reasons = [version.provenance["learning"]["reason"] for version in versions]
    assert reasons[0] == "no version answers that could be continued"
    assert reasons[5] == "4 updates in a row, at most 4"
    assert versions[4].rows < versions[5].rows / 5, "an update learns new rows alone"


def test_a_race_is_on_record_with_its_days_and_what_continuing_saves(grown):
    (raced,) = [v for v in stored_versions(grown.ledger).values() if v.provenance["learning"]["race"]]
    race = raced.provenance["learning"]["race"]
    assert raced.name == "v4"
    assert race["keeps_up"]
    assert len(race["days"]) >= 10
    assert race["saves"].startswith("an update costs")
    assert all(seconds > 0 for seconds in race["cpu_seconds"])


def test_history_and_status_tell_the_parent(grown):
    told = str(release_history("shop", grown.ledger, grown.clock.now()))
    assert "; continues v3 by leaf refit, 3 updates after a fit from scratch" in told
    assert "v1: " in told
    assert "; from scratch: no version answers" in told
    assert "; continues v1 by leaf refit, 1 update after" in str(stored_versions(grown.ledger)["v2"])


def test_the_journal_leads_to_its_decisions_again(grown):
    verified = verify_live(grown.ledger, declared_now(grown.means())[0])
    assert verified.events > 50
    assert verified.differences == ()


def test_a_training_that_is_cut_off_anywhere_ends_as_it_would_have(grown):
    whole = CutOff(copied(grown.ledger), 0, after=False)
    once(means_on(grown, whole), grown.clock.now())
    expected = lineage(whole._ledger)
    assert len(expected) == 6
    for at in {1, 2, whole.appends // 2, whole.appends}:
        ledger = CutOff(copied(grown.ledger), at, after=True)
        with pytest.raises(Cut):
            once(means_on(grown, ledger), grown.clock.now())
        once(means_on(grown, ledger._ledger), grown.clock.now())
        assert lineage(ledger._ledger) == expected, at


def test_a_live_race_is_the_race_of_a_replay(grown, tmp_path):
    """The stored ancestors and those that are fitted anew judge alike, to the last bit."""
    history = load_history(grown.means())
    labels, day = history.labels, day_numbers(history.requests.at, "UTC")
    made = make_recipe(history.system.model, labels.kind, labels.classes, labels.history.value)
    inputs = write_workspace(tmp_path, {"online": history.matrix}, history.requests.at, labels.history)
    learning = Learning(STATEFUL, LEARNER, inputs, losses_by(log_loss), day, history.system.seed)
    specs, parent = {}, None
    for version in stored_versions(grown.ledger).values():
        manner = None if parent is None else Manner("leaf_refit")
        parent = specs[version.name] = FitSpec(version.as_of, Selection(), parent=parent, manner=manner)
    line = [(e.at, specs[e.subject]) for e in grown.ledger.read_events(VERSIONS) if e.kind == ACTIVATED]

    def answered(at):
        return next((spec for since, spec in reversed(line) if since < at), None)

    before = Before("v3", specs["v3"], chain_of(stored_versions(grown.ledger)["v3"]), answered)
    steps = learning.steps(FitSpec(specs["v4"].as_of, Selection()), before)
    results = run_family(inputs, made, next(steps), history.system.seed)
    with pytest.raises(StopIteration) as stop:
        steps.send({result.spec: result for result in results})
    replayed, told = stop.value.value, stored_versions(grown.ledger)["v4"].provenance["learning"]
    assert replayed.spec.parent == specs["v3"]
    assert replayed.reason == told["reason"]
    numbers = race_numbers(replayed.raced)
    assert numbers == {name: told["race"][name] for name in numbers}


def test_an_update_that_the_learner_refuses_is_made_from_scratch(grown, monkeypatch):
    ledger = copied(grown.ledger)
    grown = replace(grown, system=continuing(replace(STATEFUL, longest_chain=9, race_every=9)))
    train_version = live.train_version

    def refusing(*given, **named):
        if given[6] is not None:
            raise LearnerError("a class is new")
        return train_version(*given, **named)

    monkeypatch.setattr(live, "train_version", refusing)
    # another chain is another recipe: the present one is kept, so that there is something to continue
    monkeypatch.setattr(live, "recipe_of", lambda _: declared_now(grown.means())[0].recipe)
    once(means_on(grown, ledger), grown.clock.now())
    made = stored_versions(ledger)["v6"]
    assert chain_of(made).length == 0
    assert made.provenance["learning"]["reason"] == "it could not be continued: a class is new"


def test_another_manner_is_another_recipe_whose_first_version_is_from_scratch(grown):
    features = load_history(grown.means()).features
    stateless = continuing(tt.Retrain(tt.every(days(7))))
    plain, continued = (recipe(parts(each, features)) for each in (stateless, grown.system))
    assert plain != continued
    ledger = copied(grown.ledger)
    raced = continuing(tt.Retrain(tt.every(days(7)), manner="race"))
    once(means_on(replace(grown, system=raced), ledger), grown.clock.now())
    made = stored_versions(ledger)["v6"]
    assert made.provenance["learning"]["reason"] == "no version answers that could be continued"
    assert ("promote", "v6") not in decided(ledger), "a change has to earn its traffic"


def test_earlier_races_of_a_recipe_count_in_the_next(grown):
    history, home, made = load_history(grown.means()), grown.home, stored_versions(grown.ledger)["v4"]
    keeping = live.Keeping(home.ledger, home.blobs, wiring.dump, wiring.load)

    def heats(name, later=0):
        order = Train(name, made.as_of + later, Selection(), made.provenance["recipe"])
        return list(live._Past(history, order, keeping)._heats())

    assert heats("v4") == [], "not in its own"
    (heat,) = heats("v5", 7 * DAY)
    assert len(heat.continued.unit) == len(made.provenance["learning"]["race"]["days"])
    assert np.array_equal(heat.continued.counts, heat.scratch.counts)
