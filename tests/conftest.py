"""Fixtures shared by all tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from trimtab import wiring
from trimtab.ports import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    running = wiring.engine()
    yield running
    running.close()
