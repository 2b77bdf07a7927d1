"""Which column of a log is what: as told, else by the names that people commonly give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trimtab.errors import DataError, UsageError, nearest
from trimtab.runtime.watching.logs.asked import Wish

USUAL = {
    "time": ("timestamp", "time", "at", "datetime", "date", "ts"),
    "score": (
        "score",
        "predicted_probability",
        "probability",
        "y_score",
        "y_pred_proba",
        "prediction",
        "y_pred",
    ),
    "label": ("label", "target", "y_true", "actual", "outcome"),
    "label_known": ("label_known", "label_known_at", "label_at"),
}
"""Names that a role is told from, the surest first."""


def named(wish: Wish, names: Sequence[str], place: str = "the log") -> tuple[Wish, tuple[str, ...]]:
    """The wish with every role that the names tell, and what was guessed in words.

    Raises DataError for a name that is not there, UsageError when no column is the score.
    """
    for role in (
        "time",
        "label",
        "label_known",
        "id",
        "score",
        "reference_score",
        "features",
        "without",
        "slices",
    ):
        _check(role, getattr(wish, role), names, place)
    found, remarks = wish, []
    for role in USUAL:
        guess = None if getattr(found, role) else _usual(role, names, found)
        if guess is not None:
            changed: dict[str, Any] = {role: (guess,) if role == "score" else guess}
            found = replace(found, **changed)
            remarks.append(f"{guess!r} is taken as the {role.replace('_', ' ')}, by its name")
    if not found.score:
        raise UsageError("which column is the score?", found=", ".join(names), do="name it: --score COLUMN")
    return found, tuple(remarks)


def roles(wish: Wish) -> set[str]:
    """The columns that are no features, because they are something else."""
    single = {wish.time, wish.label, wish.label_known, wish.id} - {None}
    return {*(str(name) for name in single), *wish.score, *wish.reference_score}


def _check(role: str, value: str | tuple[str, ...] | None, names: Sequence[str], place: str) -> None:
    for name in (value,) if isinstance(value, str) else value or ():
        if name not in names:
            raise DataError(
                f"no column {name!r} in {place}",
                found=", ".join(names) or "no columns",
                nearest=nearest(name, names),
                do=f"name another one with --{role.replace('_', '-')}",
            )


def _usual(role: str, names: Sequence[str], wish: Wish) -> str | None:
    # a label that is not wanted is left out by --without, and a feature that was named is a feature
    taken = {*roles(wish), *wish.without, *wish.features}
    lower = {name.lower(): name for name in names if name not in taken}
    return next((lower[usual] for usual in USUAL[role] if usual in lower), None)
