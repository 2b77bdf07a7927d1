"""Updates as fits of a replay and as live versions: chains, races, and that both give the same child."""

import json
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from orders import DAY, HOUR, START, orders_system, orders_tables
from trimtab import days, expanding, sliding, wiring
from trimtab.adapters import artifacts
from trimtab.errors import LearnerError
from trimtab.labels.history import LabelHistory, as_known
from trimtab.metrics import log_losses
from trimtab.retrain.windows import Selection, select
from trimtab.runtime.history import load
from trimtab.runtime.racing import heat_of, race_before, settle_race
from trimtab.runtime.training import FitSpec, Pool, Serve, new_rows, run_fit
from trimtab.runtime.versions import Parent, chain_of, load_version, train_version
from trimtab.runtime.workspace import write_workspace
from trimtab.serving.engines import engine_record, load_scorer
from trimtab.testing import MemoryBlobs, MemoryLedger
from trimtab.training.chain import Chain, ChainRules
from trimtab.training.continuing import how_to_continue
from trimtab.training.manners.manner import Manner
from trimtab.training.task import make_recipe

TABLES = orders_tables(rows=2500, length_days=80)
LEARNER = lightgbm.LGBMClassifier(n_estimators=10, num_leaves=7, verbose=-1, n_jobs=1)
ALL = Selection()


def at(day):
    return START + day * DAY


@pytest.fixture(scope="module")
def history():
    engine = wiring.engine()
    yield load(orders_system(TABLES, learner=LEARNER), engine, wiring.tables())
    engine.close()


@pytest.fixture(scope="module")
def recipe(history):
    labels = history.labels
    return make_recipe(history.system.model, labels.kind, labels.classes, labels.history.value)


@pytest.fixture(scope="module")
def workspace(history, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspace")
    return write_workspace(folder, {"online": history.matrix}, history.requests.at, history.labels.history)


def chain(*on, learner_manner=None):
    spec = FitSpec(at(on[0]), ALL)
    for day in on[1:]:
        spec = FitSpec(at(day), ALL, parent=spec, manner=learner_manner)
    return spec


SERVE = Serve("online", 0, 500)


def test_a_fit_without_parent_has_the_seed_that_it_always_had():
    assert FitSpec(5, Selection(1, None, 3), ("a",), 7).seed_for(11) == 2264448843
    child, other = (FitSpec(5, ALL, parent=FitSpec(parent, ALL)) for parent in (3, 4))
    assert len({child.seed_for(1), other.seed_for(1), FitSpec(5, ALL).seed_for(1)}) == 3


def test_an_update_learns_only_what_matured_since_its_parent(workspace, recipe):
    scratch = run_fit(workspace, recipe, chain(40), (SERVE,), 0)
    child = run_fit(workspace, recipe, chain(40, 50), (SERVE,), 0)
    whole = run_fit(workspace, recipe, chain(50), (SERVE,), 0)
    assert child.rows == whole.rows - scratch.rows > 100
    assert child.problem is None
    assert not np.array_equal(child.scores[SERVE], scratch.scores[SERVE])
    assert child.fingerprint not in {scratch.fingerprint, whole.fingerprint}


def test_a_pool_gives_each_link_what_it_gets_alone(workspace, recipe):
    last = chain(40, 47, 54, 61)
    wanted = [*last.links, chain(54), FitSpec(at(47), ALL, parent=chain(40), manner=Manner("append_trees"))]
    jobs = dict.fromkeys([wanted[i] for i in (3, 5, 0, 4, 2, 1)], (SERVE,))
    results = {result.spec: result for result in Pool(workspace, recipe, 0, 1).run(jobs)}
    assert set(results) == set(wanted)
    for spec in wanted:
        alone = run_fit(workspace, recipe, spec, (SERVE,), 0)
        assert np.array_equal(results[spec].scores[SERVE], alone.scores[SERVE])
        assert replace(results[spec], scores={}, cpu_seconds=0) == replace(alone, scores={}, cpu_seconds=0)


def test_ancestors_cost_an_update_nothing(workspace, recipe):
    link = chain(70)
    child = FitSpec(at(71), ALL, parent=link)
    assert (
        run_fit(workspace, recipe, child, (), 0).cpu_seconds
        < run_fit(
            workspace,
            replace(recipe, learner=LEARNER.__class__(n_estimators=300, verbose=-1, n_jobs=1)),
            link,
            (),
            0,
        ).cpu_seconds
    )


def test_a_failed_parent_and_a_week_without_labels_are_results_with_a_reason(workspace, recipe):
    orphan = run_fit(workspace, recipe, chain(0, 40), (SERVE,), 0)
    assert orphan.problem.startswith("its parent could not be trained: there is no mature labelled row")
    idle = run_fit(workspace, recipe, chain(40, 40), (SERVE,), 0)
    assert "no new mature labelled row" in idle.problem
    forest = replace(recipe, learner=SGDClassifier(loss="log_loss", early_stopping=True))
    assert "stop early" in run_fit(workspace, forest, chain(40, 47), (), 0).problem


def test_labels_that_changed_after_they_were_learned_are_counted():
    known = np.array([1, 9, 1, 8])
    labels = LabelHistory(np.array([0, 0, 1, 2]), known, np.array([0.0, 1, 1, 1]), np.array([2, 2, 8]))
    fresh, revised = new_rows(labels, as_known(labels, 10), 5)
    assert fresh.tolist() == [False, False, True]
    assert revised == 1
    assert new_rows(labels, as_known(labels, 10), None)[1] == 0


def answering(*on):
    """The links of a chain, each of which answers from half an hour after it was trained."""
    links = chain(*on).links
    return lambda instant: next((link for link in reversed(links) if link.as_of + HOUR / 2 < instant), None)


def test_a_race_lets_both_stand_where_they_stood():
    child, answered = chain(20, 27, 34, 41, 48), answering(20, 27, 34, 41)
    race = race_before(child, expanding(), answered, days(14))
    assert race.continued == chain(20, 27, 34), "the chain as it was"
    assert race.scratch == chain(34)
    late = race_before(child, sliding(days(10)), answered, days(10))
    assert late.continued == FitSpec(at(38), Selection(at(28)), parent=chain(20, 27, 34))
    assert late.scratch == FitSpec(at(38), Selection(at(28)))
    assert race_before(child, expanding(), answered, days(28)) is None, "then nothing answered yet"
    assert race_before(child, expanding(), answered, days(60)) is None


def test_a_fit_from_scratch_that_answered_is_continued_for_a_race():
    race = race_before(chain(30, 44), expanding(), answering(10), days(14))
    assert race.continued == chain(10, 30)
    assert race.scratch == chain(30)


def test_a_race_is_judged_on_labels_that_neither_knew(history, workspace, recipe):
    race = race_before(chain(40, 47, 54, 61, 68), expanding(), answering(40, 47, 54, 61))
    rows = race.judging(workspace)
    for spec in (race.continued, race.scratch):
        for link in spec.links:
            learned = select(ALL, workspace.at(), as_known(workspace.labels(), link.as_of).mature)
            assert not set(rows) & set(learned)
    jobs = race.jobs(workspace)
    results = {result.spec: result for result in Pool(workspace, recipe, 0, 1).run(jobs)}
    day = workspace.at() // DAY
    heat = heat_of(race, workspace, results, log_losses, day)
    assert heat.continued.counts.sum() == len(rows)
    verdict = settle_race(race, results, heat, ChainRules(), seed=0)
    assert verdict.skill.known
    label = as_known(workspace.labels(), at(68)).value[rows]
    for spec, totals in ((race.continued, heat.continued), (race.scratch, heat.scratch)):
        (serve,) = jobs[spec]
        scores = run_fit(workspace, recipe, spec, (Serve("online", 0, serve.stop),), 0).scores
        losses = log_losses(label, next(iter(scores.values()))[rows])
        assert totals.mean == pytest.approx(losses.mean())
    assert settle_race(race, results, heat.merge(heat), ChainRules(margin=9.0), seed=0).keeps_up


def test_a_contender_that_fails_ends_the_chain(workspace, recipe):
    race = race_before(chain(0, 40, 47, 54, 61), expanding(), answering(0, 40, 47, 54), days(14))
    results = {result.spec: result for result in Pool(workspace, recipe, 0, 1).run(race.jobs(workspace))}
    heat = heat_of(race, workspace, results, log_losses, workspace.at() // DAY)
    verdict = settle_race(race, results, heat, ChainRules(), seed=0)
    assert not verdict.keeps_up
    assert "could not be trained" in verdict.reason


def test_a_live_version_continues_its_parent_as_the_replay_did(history, workspace, recipe):
    ledger, blobs = MemoryLedger(), MemoryBlobs()
    version = train_version(history, at(40), ledger, blobs, wiring.dump)
    assert chain_of(version) == Chain()
    assert "parent" not in version.provenance
    manner = how_to_continue(LEARNER)
    for day, spec in (
        (47, chain(40, 47, learner_manner=manner)),
        (54, chain(40, 47, 54, learner_manner=manner)),
    ):
        parent = Parent(version, load_version(version, blobs, artifacts.load), manner)
        before = blobs.get(version.artifact)
        version = train_version(history, at(day), ledger, blobs, wiring.dump, parent=parent)
        assert blobs.get(parent.version.artifact) == before
        replayed = run_fit(workspace, recipe, spec, (SERVE,), history.system.seed)
        live = load_version(version, blobs, artifacts.load).score(history.matrix.rows(0, 500))
        assert np.array_equal(live, replayed.scores[SERVE])
        assert version.dataset == replayed.fingerprint
        assert version.rows == replayed.rows
    told = json.loads(json.dumps(version.to_json()))
    assert (told["parent"], told["manner"], told["chain"]) == ("v2", "leaf_refit", 2)
    assert told["parent_artifact"] == parent.version.artifact
    assert told["manner_settings"] == {"decay": 0.9, "trees": 5}
    assert chain_of(version) == Chain("v2", "leaf_refit", 2)
    whole = train_version(history, at(54), ledger, blobs, wiring.dump)
    assert whole.provenance["fallback"] == told["fallback"], "the floor is of the window, not of a week"
    with pytest.raises(LearnerError, match="no new mature labelled row"):
        train_version(
            history, at(54), ledger, blobs, wiring.dump, parent=Parent(version, parent.predictor, manner)
        )


def test_a_continued_version_is_served_by_the_engine_of_its_kind(history):
    ledger, blobs = MemoryLedger(), MemoryBlobs()
    version = train_version(history, at(40), ledger, blobs, wiring.dump, engine_record)
    parent = Parent(version, load_version(version, blobs, artifacts.load), how_to_continue(LEARNER))
    child = train_version(history, at(47), ledger, blobs, wiring.dump, engine_record, parent)
    assert child.provenance["engine"] == version.provenance["engine"] == "lightgbm single row"
    chosen = load_scorer(child, blobs, artifacts.load)
    expected = load_version(child, blobs, artifacts.load).score(history.matrix)
    assert np.max(np.abs(chosen.scorer.many(history.matrix) - expected)) < 1e-13
