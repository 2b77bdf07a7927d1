"""What this release wrote, later releases must read: a home kept from then, its record and its model."""

import json
import warnings
import zipfile
from pathlib import Path

import pytest

from orders import START
from trimtab import wiring
from trimtab.runtime.live_loop.asked import ASKED
from trimtab.runtime.live_loop.carrying import VERSIONS, stored_versions
from trimtab.runtime.live_loop.journal import LOOP, recall
from trimtab.runtime.live_loop.routes import table
from trimtab.runtime.live_loop.shadow_log import SHADOW, Shadowed, shadow_score
from trimtab.runtime.live_loop.told import release_history
from trimtab.runtime.logged import PREDICTIONS, decode
from trimtab.runtime.loop import read_event
from trimtab.runtime.versions import load_version
from trimtab.training.matrix import from_rows

KEPT = sorted((Path(__file__).parent / "formats").glob("home-*.zip"))


@pytest.fixture(params=KEPT, ids=[path.stem for path in KEPT])
def home(request, tmp_path):
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def ledger(home):
    found = wiring.ledger(home / "ledger")
    yield found
    found.close()


def test_a_kept_home_is_small():
    assert KEPT
    assert all(path.stat().st_size < 50_000 for path in KEPT)


def test_its_predictions_shadows_and_wishes_are_read(ledger):
    one, two = (decode(record) for _, record in ledger.read_records(PREDICTIONS))
    assert (one.version, one.served, one.score, one.flags, one.arm) == ("v1", "champion", 0.25, [], None)
    assert (two.served, two.flags, two.arm.name, two.arm.propensity) == (
        "fallback",
        ["late"],
        "control",
        0.75,
    )
    (shadow,) = (shadow_score(record) for _, record in ledger.read_records(SHADOW))
    assert shadow == Shadowed("v2", "p1", 0.3)
    (wish,) = ledger.read_events(ASKED)
    assert (wish.kind, wish.subject, wish.body) == ("promote", "v1", {"reason": "because", "step": ""})


def test_its_facts_and_their_index_are_read(ledger):
    facts = ledger.read_rows("facts/orders")
    assert len(facts) == 60
    assert {"sequence", "recorded_at", "order", "weight", "__known"} <= set(facts.column_names)
    assert ledger.find_subject(1_000) == [("predictions", 0), ("predictions", 1)]


def test_its_loop_goes_on_where_it_stopped(ledger):
    memory = recall(ledger)
    assert memory.state.champion == "v1"
    assert memory.state.ticked == START + 30 * 86_400_000_000
    heard = [event for event in ledger.read_events(LOOP) if event.kind == "heard"]
    assert [type(read_event(event.body["event"])).__name__ for event in heard] == ["Tick", "Trained", "Gated"]
    assert table(ledger.read_events(VERSIONS)).champion == "v1"
    assert "v1 answers" in release_history("late-orders", ledger, memory.state.ticked).sentence


def test_its_model_scores_as_it_did(home, ledger):
    expected = json.loads((home / "expected.json").read_text())
    version = stored_versions(ledger)["v1"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another scikit-learn says that it did not make it
        predictor = load_version(version, wiring.blobs(home / "blobs"), wiring.load)
    rows = from_rows(("shop", "weight"), [[row["shop"], row["weight"]] for row in expected["rows"]])
    assert predictor.score(rows).tolist() == pytest.approx(expected["score"], rel=1e-9)
