"""`trimtab explain` and `tt.explain` on a served system, as a user meets them."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))

from served import write_system

import trimtab as tt
from command_line import run
from trimtab import wiring
from trimtab.serving.opening import open_live, open_owner


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("explained")
    system = tt.load(str(write_system(place, rows=800)))
    tt.train(system, as_of="2024-03-01")
    with wiring.serving_home(place / ".trimtab") as home:
        owner = open_owner(system, home)
        live = open_live(system, home, owner.receiver, owner.folder)
        row = {"order": 700_001, "ordered": home.clock.now(), "shop": "south", "weight": 4.0}
        asyncio.run(live.service.predict([row], ["o-1"]))
        live.service.close()
    return place


def test_a_prediction_is_explained_from_the_command_line(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    code, text = run(capsys, "explain system.py o-1 --report out.html --json out.json")
    assert code == 0, text
    assert "Prediction o-1 of late-orders" in text
    assert "What moved the score" in text
    assert "next: trimtab parity system.py" in text
    told = json.loads((folder / "out.json").read_text())
    assert told["version"] == "v1"
    assert told["label"]["state"] == "pending"
    assert (folder / "out.html").read_text().startswith("<!DOCTYPE html>")


def test_the_function_gives_the_same(folder):
    told = tt.explain(tt.load(str(folder / "system.py")))
    assert told.id == "o-1"
    assert [each.differs for each in told.features] == [False] * 6


def test_an_unknown_id_is_refused_in_one_paragraph(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    code, text = run(capsys, "explain system.py o-7")
    assert code == 1
    assert "error: there is no prediction 'o-7'; found: the newest are o-1; did you mean 'o-1'?" in text


def test_a_home_without_a_record_is_refused(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    code, text = run(capsys, "explain system.py o-1 --home elsewhere")
    assert code == 1
    assert "there is no record in" in text
