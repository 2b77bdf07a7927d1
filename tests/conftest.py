"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# many test processes share the cores: threads of each that wait for one another by spinning would stop them all
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent))

from trimtab import wiring
from trimtab.ports import Engine


@pytest.fixture
def engine() -> Iterator[Engine]:
    running = wiring.engine()
    yield running
    running.close()
