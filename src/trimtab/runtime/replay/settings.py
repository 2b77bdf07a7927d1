"""What a replay is asked for, and how it tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trimtab.declare.policy import Policy

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def silent(_: str, __: int, ___: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Settings:
    """What a replay was asked for. `start` and `stop` limit the scored period, in epoch microseconds."""

    start: int | None = None
    stop: int | None = None
    policies: tuple[str | Policy, ...] = ()
    thorough: bool = False
    processes: int = 2
    watch: bool = True
    command: str = "trimtab replay"
