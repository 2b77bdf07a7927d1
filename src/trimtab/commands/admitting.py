"""Who may call a served system: its API keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trimtab import wiring
from trimtab.declare.system import System

if TYPE_CHECKING:
    from trimtab.serving.http.keys import Key


def add_key(
    system: System, name: str, scopes: Sequence[str] = ("predict",), *, home: str | Path | None = None
) -> str:
    """Make an API key and return its secret, which is stored nowhere; scopes are predict, ingest and admin."""
    from trimtab.serving.http import keys as http_keys  # noqa: PLC0415

    folder = wiring.home(system, home)
    folder.mkdir(parents=True, exist_ok=True)
    return http_keys.add_key(wiring.keys_file(folder), name, scopes, now=wiring.clock().now())


def keys(system: System, *, home: str | Path | None = None) -> tuple[Key, ...]:
    """The API keys of a system, without their secrets."""
    from trimtab.serving.http.keys import read_keys  # noqa: PLC0415

    return read_keys(wiring.keys_file(wiring.home(system, home)))


def revoke_key(system: System, name: str, *, home: str | Path | None = None) -> Key:
    """Take an API key back; a running server refuses it within a second."""
    from trimtab.serving.http import keys as http_keys  # noqa: PLC0415

    return http_keys.revoke_key(wiring.keys_file(wiring.home(system, home)), name)
