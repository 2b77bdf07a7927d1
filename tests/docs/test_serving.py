import shutil

import pytest
from docpages import DOCS, alike, run
from servers import server
from test_pages import SERVED


@pytest.mark.skipif(shutil.which("curl") is None, reason="the pages call the server with curl")
def test_the_guides_to_serving_print_what_they_show(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with server() as running:
        for name in SERVED:
            run(DOCS / "how-to" / name, tmp_path, running)
            if name == "parity.md":
                running.stop()


def test_answers_are_compared_loosely_but_compared():
    shown = {"id": "a", "score": 0.5, "rows": 3, "asked": "...", "label": None, "flags": []}
    came = {"id": "a", "score": 0.501, "rows": 3, "asked": 7, "label": None, "flags": []}
    assert alike(shown, came)
    for name, other in {"id": "b", "score": 0.6, "rows": 4, "label": False, "flags": ["late"]}.items():
        assert not alike(shown, {**came, name: other})
    assert not alike(shown, {**came, "more": 1})
    assert not alike({"served": True}, {"served": 1})
    assert alike("tt_...", "tt_x")
    assert not alike("tt_...", "x")
