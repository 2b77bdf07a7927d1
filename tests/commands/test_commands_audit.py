"""`trimtab accept`, `card` and `audit` as a user meets them: after a training and an evaluation."""

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
from served import write_system

import trimtab as tt
from command_line import run
from trimtab.errors import ArtifactError

WEAK = "the candidate is not shown to beat the baseline always the same answer"


def elsewhere(*_):
    raise ArtifactError("no process is started in this test")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A system with a version whose model is too weak, as an evaluation on record says."""
    folder = tmp_path_factory.mktemp("audited")
    path = write_system(folder)
    system = tt.load(str(path))
    tt.train(system, as_of="2024-01-20")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trimtab.runtime.evaluating.footprint.measure_elsewhere", elsewhere)
        done = tt.evaluate(system, retrain=False)
    assert WEAK in [each.what for each in done.all_findings if each.severity is tt.Severity.ACT]
    return folder


@pytest.fixture
def place(judged, tmp_path, monkeypatch):
    shutil.copytree(judged, tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("trimtab.runtime.evaluating.footprint.measure_elsewhere", elsewhere)
    return tmp_path / "own"


SAID = ("--by", "Ann Lee", "--reason", "a pilot in one shop", "--until", "2099-01-31")


def test_an_accepted_finding_does_not_stand_in_the_way_of_a_release(place, capsys):
    code, text = run(
        capsys, "accept", "system.py", "the candidate is not shown to beat the baseline alw", *SAID
    )
    assert code == 0, text
    assert f"accepted by Ann Lee until 2099-01-31: {WEAK} (a pilot in one shop)" in text
    code, text = run(capsys, "evaluate", "system.py", "v1", "--quick", "--json", "out.json")
    assert code == 0, text
    told = json.loads((place / "out.json").read_text())
    accepted = [each for each in told["findings"]["comparisons"] if "accepted by" in each["what"]]
    assert [(each["severity"], each["what"]) for each in accepted] == [
        ("INFO", f"{WEAK} (accepted by Ann Lee until 2099-01-31)")
    ]


def test_a_card_is_written_twice_with_the_same_bytes(place, capsys):
    code, text = run(capsys, "card", "system.py")
    assert code == 0, text
    assert "Model card of late-orders v1" in text
    assert "empty, for people to say: Intended use; Users" in text
    files = [place / f"late-orders-v1-card.{kind}" for kind in ("html", "json")]
    first = [file.read_bytes() for file in files]
    assert first[0].startswith(b"<!DOCTYPE html>")
    told = json.loads(first[1])
    assert told["training"]["rows"] == 781
    assert told["features"][0]["meaning"] == 'col("shop")'
    assert {each["owner"] for each in told["features"]} == {None, "logistics"}
    run(capsys, "card", "system.py", "v1")
    assert [file.read_bytes() for file in files] == first


def test_an_audit_counts_what_is_on_record_and_says_what_to_do_next(place, capsys):
    code, text = run(capsys, "audit", "system.py", "--json", "audit.json")
    assert code == 0, text
    assert "ML Test Score 0.5 of 7" in text
    told = json.loads((place / "audit.json").read_text())
    shown = {(each["section"], each["number"]): each["points"] for each in told["tests"] if each["shown"]}
    assert set(shown.values()) == {0.5}
    assert {("Data", 2), ("Model", 5), ("Infrastructure", 2), ("Monitoring", 5)} <= set(shown)
    assert (place / "late-orders-audit.html").read_text().startswith("<!DOCTYPE html>")
    assert "next: trimtab watch system.py" in text


def test_functions_give_what_the_commands_print(place):
    system = tt.load("system.py")
    assert tt.audit(system).score == 0.5
    assert tt.audit(system, at="2024-01-19").score == 0
    assert tt.card(system).version == "v1"
    assert "Model card of late-orders v1" in tt.card(system)._repr_html_()
    with pytest.raises(tt.UsageError, match="ends on a day to come"):
        tt.accept(system, WEAK, by="Ann", reason="x", until=None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("accept", "system.py", "the candidte is", *SAID), "no finding on record begins with"),
        (("accept", "system.py", WEAK, *SAID[2:]), "an acceptance needs a name"),
        (("accept", "system.py", WEAK, *SAID[:4], "--until", "2020-01-01"), "ends on a day to come"),
        (("accept", "system.py", WEAK, *SAID[:4], "--until", "soon"), "'soon' is no date"),
        (("accept", "system.py", "no feature is known later", *SAID), "it asks for nothing"),
        (("card", "system.py", "v7"), "there is no version 'v7'"),
        (("card", "system.py", "--home", "nowhere"), "there is no record"),
        (("audit", "system.py", "--home", "nowhere"), "there is no record"),
        (("audit", "system.py", "--at", "then"), "'then' is no date"),
    ],
)
def test_bad_input_ends_in_words_and_leaves_no_trace(place, capsys, words, told):
    code, text = run(capsys, *words)
    assert code == 1
    assert told in text
    assert not (place / "nowhere").exists()
