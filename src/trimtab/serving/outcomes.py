"""What has become of a prediction: its label so far, from the facts on record about the same request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trimtab.declare.closure import to_closure
from trimtab.declare.expression import Expression
from trimtab.declare.kinds import Kind
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.ports import Ledger
from trimtab.runtime.columns import read_facts
from trimtab.serving.service import Outcome
from trimtab.sources.identity import KNOWN

Answer = tuple[int, Any]
"""When an answer became known, and what it is."""


class Outcomes:
    """Looks up labels by the identity of their request; `kinds` gives the recorded columns of each source."""

    def __init__(
        self,
        system: System,
        arms: Mapping[Source, Expression],
        kinds: Mapping[str, Mapping[str, Kind]],
        identity: tuple[str, ...],
        ledger: Ledger,
    ) -> None:
        self._label, self._ledger, self._identity = system.model.label, ledger, identity
        self._arms = [(source, to_closure(value, kinds[source.name])) for source, value in arms.items()]

    def of(self, request: Mapping[str, Any], at: int, now: int) -> Outcome:
        """The label of a request asked at `at`, as known at `now`."""
        due = at + self._label.matures_after.microseconds <= now
        answers = sorted(answer for answer in self._answers(request) if answer[0] < now)
        if answers:
            known, value = answers[-1]
            return Outcome(value, "mature" if due else "provisional", known)
        if not due:
            return Outcome(None, "pending", None)
        if self._label.silence is None:
            return Outcome(None, "censored", None)
        return Outcome(self._label.silence, "mature", at + self._label.matures_after.microseconds)

    def _answers(self, request: Mapping[str, Any]) -> Iterator[Answer]:
        wanted = {name: request.get(name) for name in self._identity}
        for source, value in self._arms:
            for fact in self._facts(source, wanted):
                answer = value(fact)
                if answer is not None:
                    yield fact[KNOWN], answer

    def _facts(self, source: Source, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The facts of one source about the request; its subject index finds them when the subject is of the id."""
        stream = f"facts/{source.name}"
        if source.subject is not None and source.subject in wanted:
            hits = self._ledger.find_subject(wanted[source.subject])
            places = [sequence for name, sequence in hits if name == stream]
            tables = [read_facts(self._ledger, source.name, since=place, until=place + 1) for place in places]
        else:
            tables = [read_facts(self._ledger, source.name)]
        for table in tables:
            for row in table.to_pylist():
                if all(row.get(name) == value for name, value in wanted.items()):
                    yield row
