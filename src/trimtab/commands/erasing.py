"""Erase what is on record about one subject."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from trimtab.serving.forgetting import Forgotten


def forget(system: System, source: str, key: str, *, home: str | Path | None = None) -> Forgotten:
    """Erase what is on record in a source about one subject; of the request's source, its predictions too.

    A tombstone is appended, rows and records are removed for good, online features are rebuilt without them, and the
    versions that may have learned from them are named. Raises UsageError for an unknown source or a home without a record.
    """
    from trimtab.serving.forgetting import Forgotten, source_named  # noqa: PLC0415
    from trimtab.serving.hosting import erase_alone  # noqa: PLC0415

    source_named(system, source)
    folder = wiring.home(system, home)
    wiring.check_record(folder / "ledger")
    owner = wiring.owner(folder)
    if owner is not None:
        with contextlib.closing(owner):
            return Forgotten.of_json(owner.call("forget", source, key))
    with wiring.serving_home(folder) as place:
        return erase_alone(system, place, source, key)
