"""The answer when features or model fail: the baseline of the system, as known when its version was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


def key_of(value: Any) -> str:
    """A value of a request field as a key of the table of rates.

    >>> key_of("UA"), key_of(3), key_of(None)
    ('"UA"', '3', 'null')
    """
    import json  # noqa: PLC0415  # used only where something failed

    return json.dumps(value, ensure_ascii=False)


def _score(value: Any) -> Score:
    return tuple(value) if isinstance(value, list) else float(value)
