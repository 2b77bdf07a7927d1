"""The answer when features or model fail: the baseline of the system, as known when its version was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.runtime.floor import key_of

Score = float | tuple[float, ...]


@dataclass(frozen=True)
class Fallback:
    """The rate of the training labels, or that of the request's value of one field where it was often seen.

    >>> fallback = Fallback(0.2, "carrier", {'"UA"': 0.3})
    >>> fallback.score({"carrier": "UA"}), fallback.score({"carrier": "??"}), fallback.score({})
    (0.3, 0.2, 0.2)
    """

    prior: Score
    column: str | None = None
    rates: Mapping[str, Score] = field(default_factory=dict)

    @classmethod
    def of(cls, provenance: Mapping[str, Any]) -> Fallback:
        """The fallback that a version's provenance holds; of versions without one, the mean label."""
        kept = provenance.get("fallback")
        if kept is None:
            return cls(float(provenance["label_mean"]))
        rates = {key: _score(value) for key, value in kept["rates"].items()}
        return cls(_score(kept["prior"]), kept["column"], rates)

    def score(self, row: Mapping[str, Any]) -> Score:
        """The score of one request."""
        if self.column is None:
            return self.prior
        return self.rates.get(key_of(row.get(self.column)), self.prior)


def _score(value: Any) -> Score:
    return tuple(value) if isinstance(value, list) else float(value)
