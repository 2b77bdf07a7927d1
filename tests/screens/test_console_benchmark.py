"""The benchmark of the console, at a small scale: its records can be looked at, and it says what it promises."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "console"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    named = importlib.util.spec_from_file_location("console_benchmark", FOLDER / "run.py")
    module = importlib.util.module_from_spec(named)
    monkeypatch.setitem(sys.modules, "console_benchmark", module)
    named.loader.exec_module(module)
    monkeypatch.setattr(module.world, "YEAR", 8)
    monkeypatch.setattr(module.world, "END", module.world.LAST + 8 * module.world.DAY)
    yield module
    sys.modules.pop("world", None)


def test_pages_of_both_records_are_timed_and_told(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "PAGES", ("", "predictions", "features"))
    monkeypatch.setattr(benchmark, "REPLAYED", ("", "time"))
    page = benchmark.run(tmp_path, 6_000, 2)
    assert "6,000 predictions in each record" in page
    assert "| predictions/newest |" in page
    assert page.count("| overview |") == 2
