"""What goes wrong in a simulated year, and what its world is like."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from trimtab.errors import DeclarationError
from trimtab.units import Duration, days


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How often what goes wrong. Fields that end in `_per_year` are rates, all others shares in [0, 1].

    late_labels, lost_labels, duplicated_labels, revised_labels: of all labels. failing_, nan_, slow_trainings: of all
    trainings. broken_candidates: of all trained versions, one of the kinds of `BROKEN`. degraded_sources: stretches in
    which every model does worse; silent_sources: stretches without any label. clock_jumps: forward, back, and days
    without a turn. crashes: of all boundaries between two appends or commands. repeats: of all events and commands,
    delivered twice. late_approvals: of all answers of persons, weeks late or never. interventions: promotions and
    rollbacks that a person asks for. Raises DeclarationError for a number out of range.

    >>> Faults(crashes=0.02).crashes, Faults.none().lost_labels
    (0.02, 0.0)
    """

    late_labels: float = 0.03
    lost_labels: float = 0.05
    duplicated_labels: float = 0.03
    revised_labels: float = 0.03
    failing_trainings: float = 0.04
    nan_trainings: float = 0.03
    slow_trainings: float = 0.05
    broken_candidates: float = 0.10
    degraded_sources_per_year: float = 2.0
    silent_sources_per_year: float = 2.0
    clock_jumps_per_year: float = 8.0
    crashes: float = 0.002
    repeats: float = 0.05
    late_approvals: float = 0.2
    interventions_per_year: float = 1.0

    def __post_init__(self) -> None:
        _check("Faults", self)

    @classmethod
    def none(cls) -> Faults:
        """A world where nothing breaks."""
        return cls(**dict.fromkeys((each.name for each in fields(cls)), 0.0))


@dataclass(frozen=True, kw_only=True)
class World:
    """What is learned, and how it moves. Losses are in shares of the usual loss of a perfect model, which is 1.

    drift: the standard deviation of the concept's daily step. season: its swing over a year. harmful_changes_per_year:
    sudden moves of `harm`, half of which go back by themselves. day_shock: what all models share on a day. day_noise:
    what is a model's own on a day, as a standard deviation. new_recipes_per_year: changes of the declaration; each
    recipe differs from the one before by one of `recipe_effects`. rows_per_day: labelled rows. units_per_day: units that
    ask, for the canary. matures_after: when a label counts. Raises DeclarationError for a number out of range.
    """

    drift: float = 0.01
    season: float = 0.1
    harmful_changes_per_year: float = 2.0
    harm: float = 0.6
    day_shock: float = 0.25
    day_noise: float = 0.014
    new_recipes_per_year: float = 6.0
    recipe_effects: tuple[float, ...] = (-0.02, 0.0, 0.02, 0.1)
    rows_per_day: int = 8
    units_per_day: int = 20_000
    matures_after: Duration = field(default_factory=lambda: days(2))

    def __post_init__(self) -> None:
        _check("World", self)

    @classmethod
    def still(cls) -> World:
        """A world that never moves and whose recipes never differ: whatever is rolled back is rolled back falsely.

        >>> World.still().drift
        0.0
        """
        return cls(drift=0.0, season=0.0, harmful_changes_per_year=0.0, recipe_effects=(0.0,))


def _check(noun: str, given: Faults | World) -> None:
    for each in fields(given):
        value = getattr(given, each.name)
        if not isinstance(value, int | float):
            continue
        most = 1.0 if noun == "Faults" and not each.name.endswith("_per_year") else float("inf")
        if not 0 <= value <= most:
            raise DeclarationError(
                f"{noun}({each.name}=) is out of range",
                found=repr(value),
                do=f"write a number from 0 to {most:g}",
            )
