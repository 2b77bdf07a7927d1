"""Every way to answer beside the others: its loss, what it takes, whom it serves worse, and how old it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trimtab.declare.days import DAY
from trimtab.evaluation.evaluated import Evaluated, Floats
from trimtab.evaluation.fairness import FEWEST, groups
from trimtab.evaluation.tradeoff import Option, marked
from trimtab.runtime.evaluating.footprint import Footprint, table_footprint
from trimtab.runtime.evaluating.rungs import Rung


@dataclass(frozen=True, eq=False)
class Way:
    """One way to answer: its scores of the judging rows (n,) or (n, k), what it takes, and until when it learned.

    `as_of` in epoch microseconds is None for one that reads the latest labels as they come.
    """

    name: str
    score: Floats
    taken: Footprint
    as_of: int | None


def simple_ways(found: Evaluated, rules: Sequence[Rung], as_of: int) -> list[Way]:
    """The same answer for all, and every rule, all fitted on what was known at `as_of`, epoch microseconds."""
    same = found.always_the_same
    ways = [Way("always the same answer", same, table_footprint({"": same[0].tolist()}), as_of)]
    for rule in rules:
        if rule.answers is None:
            ways.append(Way(rule.name, rule.score, Footprint(), None))
        else:
            ways.append(Way(rule.name, rule.score, table_footprint(rule.answers), as_of))
    return ways


def options(found: Evaluated, ways: Sequence[Way]) -> tuple[Option, ...]:
    """Every way against all requirements at once, those marked that nothing beats; ages are those at the newest row."""
    newest = int(found.at.max())
    losses = found.means([found.losses(way.score) for way in ways])
    return marked(
        [
            Option(
                way.name,
                loss,
                way.taken.microseconds,
                way.taken.size,
                _unfairness(found, way.score),
                0.0 if way.as_of is None else (newest - way.as_of) / DAY,
                way.taken.memory,
            )
            for way, loss in zip(ways, losses, strict=True)
        ]
    )


def _unfairness(found: Evaluated, score: Floats) -> float | None:
    """The largest share by which a named group of enough rows is worse off than the whole."""
    apart = [each.worse_by for each in groups(replace(found, score=score)) if each.rows >= FEWEST]
    return max(apart) if apart else None
