"""In what manner a training learns: from scratch on its window, or by continuing the version before on new rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from trimtab.declare.site import declared_here
from trimtab.errors import DeclarationError, nearest

Manner = Literal["stateless", "stateful", "race"]
"""From scratch; continued from the version that answers; or both, whichever does better on rows that neither has seen."""

Update = Literal["partial_fit", "leaf_refit", "append_trees"]
"""How a version is continued: one pass over the new rows, leaves refit to them, or trees appended."""

MANNERS: tuple[Manner, ...] = ("stateless", "stateful", "race")
UPDATES: tuple[Update, ...] = ("partial_fit", "leaf_refit", "append_trees")


def require_choice(argument: str, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of some names; raises DeclarationError at the caller, with the nearest name."""
    if value in choices:
        return
    near = nearest(value, choices) if isinstance(value, str) else None
    told = ", ".join(f'"{choice}"' for choice in choices)
    raise DeclarationError(
        f"{argument} is none of {told}",
        where=declared_here(),
        found=repr(value),
        nearest=near,
        do=f'write {argument}"{near or choices[0]}"',
    )


def require_continued(manner: str, update: str | None) -> None:
    """Check that `update` is given only where something is continued; raises DeclarationError at the caller."""
    if update is not None and manner == "stateless":
        raise DeclarationError(
            'update= says how a version is continued, and manner="stateless" continues none',
            where=declared_here(),
            found=repr(update),
            do='add manner="stateful" or manner="race", or leave update= out',
        )
