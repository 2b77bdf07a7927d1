"""What tuning found, as a frozen value that prints, serialises and draws itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.evaluation.tradeoff import Option
from trimtab.finding import Finding, Severity
from trimtab.report.shown import Shown
from trimtab.stats import Interval

if TYPE_CHECKING:
    from trimtab.report import Document


@dataclass(frozen=True)
class TunedRung:
    """One learner: the settings that were found, empty where those it had are best, and what they do on later rows.

    `written` is the learner with them as a system file holds it. validation and declared are mean losses on the rows that
    the search saw, of the settings found and of those it had; loss and before are the same on rows that it never saw, and
    gain what the search took off there (above 0 is better), with intervals by day. spent is in whole trainings,
    cpu_seconds those of search and test. predictions is the blob of the row-level scores.
    """

    name: str
    learner: str
    settings: Mapping[str, Any]
    written: str
    declared: float
    validation: float
    before: Interval
    loss: Interval
    gain: Interval
    spent: float
    trials: int
    finished: int
    failed: int
    edges: tuple[str, ...]
    predictions: str
    cpu_seconds: float

    @property
    def short_name(self) -> str:
        """The name without the class of the learner."""
        return self.name.partition(" (")[0]


@dataclass(frozen=True)
class Tuned(Shown):
    """The outcome of a search on every rung, each with the same budget; the best by validation stands in `best`.

    Instants are epoch microseconds: the search learned until `validated_from` and was judged until `tested_from`, from
    which on the test rows are. `over_declared` is what the best rung takes off the loss of the declared learner as it was,
    on the test rows (above 0 is better); None where that one cannot be trained. `against_earlier` is the loss of the best
    rung less that of the best one of the run before, on the rows that both predicted; None without any. `options` are the
    rules, and every rung as it was and as found, against all requirements; `why` says in words why these rungs.
    """

    system: str
    metric: str
    budget: float
    rungs: tuple[TunedRung, ...]
    best: str
    validated_from: int
    tested_from: int
    validation_rows: int
    test_rows: int
    over_declared: Interval | None
    against_earlier: Interval | None
    options: tuple[Option, ...]
    why: str
    problems: tuple[str, ...]
    cpu_seconds: float
    command: str

    @property
    def chosen(self) -> TunedRung:
        """The rung with the lowest loss on the validation rows."""
        return next(each for each in self.rungs if each.name == self.best)

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        rung, gain = self.chosen, self.over_declared
        settings = ", ".join(f"{name}={value}" for name, value in rung.settings.items())
        said = f"{rung.name} with {settings}" if settings else f"{rung.name} as it is"
        if gain is None:
            return f"{said} is best; the declared learner cannot be trained."
        if not settings and rung is self.rungs[-1]:
            return f"Keep what is declared: no other setting did better than {said} on the validation rows."
        if gain.above(0):
            less = f"{gain.estimate:.4g} [{gain.low:.2g}, {gain.high:.2g}] less"
            return f"Use {said}: on later rows it loses {less} than what is declared."
        if gain.below(0):
            return f"Keep what is declared: {said} did best on the validation rows, but does worse on later ones."
        return f"Keep what is declared: {said} did best, but on later rows that may be chance."

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What else to know: what the best rung takes, settings at a bound, trainings that failed, the run before."""
        told = [
            Finding(
                f"{rung.name}: {', '.join(rung.edges)} at a bound of what was tried",
                Severity.INFO,
                action="widen the range",
            )
            for rung in self.rungs
            if rung.edges
        ]
        told += self._price()
        told += [Finding(problem, Severity.NOT_RUN) for problem in self.problems]
        if self.against_earlier is not None:
            told.append(_earlier(self.against_earlier))
        return tuple(told)

    def _price(self) -> list[Finding]:
        """What the best rung takes beside the declared learner as it was, where both were measured."""
        best = self.chosen
        taken = {each.name: each for each in self.options}
        before = taken.get(self.rungs[-1].short_name)
        after = taken.get(f"{best.short_name}, tuned" if best.settings else best.short_name)
        if before is None or after is None or before is after:
            return []
        pairs = ((after.microseconds, before.microseconds, "µs a row"), (after.size, before.size, "bytes"))
        told = [
            f"{new:,.0f} {unit} (the declared learner: {old:,.0f})"
            for new, old, unit in pairs
            if new is not None and old is not None
        ]
        return [Finding(f"the best rung takes {' and '.join(told)}", Severity.INFO)] if told else []

    def to_json(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        plain = {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}
        return plain | {"sentence": self.sentence, "findings": [each.to_json() for each in self.findings]}

    def document(self) -> Document:
        """The outcome as a page."""
        from trimtab.runtime.tuning.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def _earlier(found: Interval) -> Finding:
    words = "differs from" if found.known and not found.low <= 0 <= found.high else "cannot be told from"
    return Finding(
        f"on the same rows the best rung {words} that of the run before",
        Severity.INFO,
        estimate=found.estimate,
        interval=(found.low, found.high) if found.known else None,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        low, high = (value.low, value.high) if value.known else (None, None)
        return {"estimate": value.estimate, "low": low, "high": high}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
