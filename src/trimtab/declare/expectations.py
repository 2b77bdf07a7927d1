"""What a person expects of a model's behaviour, whatever it has learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trimtab.declare.site import Site, declared_here
from trimtab.errors import DeclarationError, nearest

KINDS = ("rising", "falling", "invariant")


@dataclass(frozen=True)
class Expectation:
    """How scores follow one feature: rising or falling with it, or invariant, in `at_least` this share of the rows.

    Raises DeclarationError for another kind or share.

    >>> Expectation("wind", "rising").at_least
    0.95
    """

    feature: str
    kind: Literal["rising", "falling", "invariant"]
    at_least: float = 0.95
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise DeclarationError(
                "unknown kind of expectation",
                where=self.site,
                found=repr(self.kind),
                nearest=nearest(str(self.kind), KINDS),
                do=f"use {', '.join(KINDS)}",
            )
        if not 0 < self.at_least <= 1:
            raise DeclarationError(
                "an expectation holds in a share of the rows",
                where=self.site,
                found=repr(self.at_least),
                do="write a share such as 0.95",
            )


@dataclass(frozen=True)
class GoldenRow:
    """Features whose score must stay between `low` and `high`; features that are not named are missing.

    Raises DeclarationError when low is above high.

    >>> GoldenRow({"carrier": "UA", "wind": 40.0}, low=0.5).high
    inf
    """

    features: Mapping[str, Any]
    low: float = float("-inf")
    high: float = float("inf")
    site: Site = field(default_factory=declared_here, compare=False)

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise DeclarationError(
                "a golden row's score lies between low and high",
                where=self.site,
                found=f"low={self.low}, high={self.high}",
                do="write the smaller one as low",
            )
