"""A live system: what a transport calls, put together from the parts that do the work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from trimtab.declare.kinds import Kind
from trimtab.declare.system import System
from trimtab.errors import nearest
from trimtab.ports import Clock, Ledger
from trimtab.runtime.given_labels import LABEL, NAME
from trimtab.runtime.receiving import Receives, Verdict
from trimtab.serving.answering import Answering
from trimtab.serving.champion import Champions
from trimtab.serving.figures import Figures, Tally
from trimtab.serving.logged import PREDICTIONS, decode, prediction_of
from trimtab.serving.outcomes import Outcomes
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Prediction, Refused, Row, Story, Taken, VersionInfo
from trimtab.serving.shadow_scores import ShadowScores


@dataclass(frozen=True)
class Shape:
    """The kinds of everything that goes in and out of a system."""

    request: Mapping[str, Kind]
    facts: Mapping[str, Mapping[str, Kind]]
    features: Mapping[str, Kind]
    label: Kind
    identity: tuple[str, ...]


@dataclass(frozen=True)
class Parts:
    """What a live system is made of."""

    ledger: Ledger
    receiver: Receives
    answering: Answering
    champions: Champions
    outcomes: Outcomes
    clock: Clock
    tally: Tally
    figures: Figures


class LiveService:
    """One declared system, answering: the `Service` that transports are given."""

    def __init__(self, system: System, shape: Shape, parts: Parts) -> None:
        self._system, self._shape, self._parts = system, shape, parts
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="trimtab-facts")
        self._slow = ThreadPoolExecutor(2, thread_name_prefix="trimtab-look")

    @property
    def system(self) -> System:
        """The declaration."""
        return self._system

    @property
    def request_kinds(self) -> Mapping[str, Kind]:
        """The fields of a request in order, with their kinds."""
        return self._shape.request

    @property
    def fact_kinds(self) -> Mapping[str, Mapping[str, Kind]]:
        """The fields of a fact, by source."""
        return self._shape.facts

    @property
    def feature_kinds(self) -> Mapping[str, Kind]:
        """The features in order, with their kinds."""
        return self._shape.features

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes in the order of the scores; None for yes/no labels and numbers."""
        champion = self._parts.champions.champion
        known = None if champion is None else champion.version.provenance.get("classes")
        return tuple(known) if known else None

    @property
    def label_kind(self) -> Kind:
        """The kind of the label."""
        return self._shape.label

    async def predict(
        self, rows: Sequence[Row], ids: Sequence[str | None], version: str | None = None
    ) -> Sequence[Prediction]:
        """Answer each row; an id seen before gets the stored answer, and 409 when its row differs."""
        return await self._parts.answering.answer(rows, ids, version)

    async def take_facts(self, source: str, rows: Sequence[Row]) -> Taken:
        """Take in facts of a source, known from now on."""
        if source not in self._shape.facts:
            raise RequestError(
                404,
                f"there is no source {source!r}",
                field="source",
                found=", ".join(self._shape.facts),
                nearest=nearest(source, self._shape.facts),
            )
        verdicts = await self._in_order(self._parts.receiver.take, source, rows)
        return self._tallied(source, verdicts)

    async def take_labels(self, labels: Sequence[tuple[str, float | bool | str]]) -> Taken:
        """Take in (prediction id, true answer) pairs; raises RequestError 409 where requests have no id."""
        unnamed = [name for name in self._shape.identity if name not in self._shape.request]
        if unnamed:
            raise RequestError(
                409,
                "requests have no id by which a label could be joined to them",
                do=f"declare id= at {self._system.request.source.site}",
            )
        verdicts = await self._in_order(self._take_labels, labels)
        return self._tallied(NAME, verdicts)

    async def find(self, id: str) -> Story | None:  # noqa: A002  # the field's word for it
        """The prediction of an id with everything that explains it; None when there is none or it was erased."""
        return await asyncio.get_running_loop().run_in_executor(self._slow, self._find, id)

    def not_ready(self) -> Sequence[str]:
        """Why the system cannot answer now; empty when it can."""
        return () if self._parts.champions.champion is not None else ("no version is ready to answer",)

    def versions(self) -> Sequence[VersionInfo]:
        """Every stored version, oldest first."""
        return self._parts.champions.infos()

    async def activate(self, version: str, who: str = "", reason: str = "") -> VersionInfo:
        """Make a version the champion, without dropping or mixing a request; who wants it and why go on record."""
        loop = asyncio.get_running_loop()
        activate = self._parts.champions.activate
        loaded = await loop.run_in_executor(self._slow, activate, version, who, reason)
        return self._parts.champions.info(loaded.version)

    def figures(self) -> Sequence[tuple[str, str, str, Sequence[tuple[Mapping[str, str], float]]]]:
        """Figures for monitoring: (name, help, "counter" or "gauge", [(labels, value)])."""
        return self._parts.figures.all()

    def shadow_scores(self) -> ShadowScores:
        """What became of the scores of versions that answer nobody, since the start."""
        return self._parts.answering.shadowing.scores

    def close(self) -> None:
        """Finish what is under way and let go of threads; the ledger and stores are closed by who opened them."""
        self._parts.answering.close()
        self._thread.shutdown()
        self._slow.shutdown()

    async def _in_order(self, work: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def _take_labels(self, labels: Sequence[tuple[str, float | bool | str]]) -> list[Verdict]:
        now, rows = self._parts.clock.now(), []
        verdicts: list[Verdict] = [None] * len(labels)
        for place, (id_, label) in enumerate(labels):
            record = self._parts.ledger.find_record(PREDICTIONS, id_)
            logged = None if record is None else decode(record)
            if logged is None:
                verdicts[place] = f"there is no prediction {id_!r}"
            else:
                about = {name: logged.request[name] for name in self._shape.identity}
                rows.append({**about, LABEL: label, "__given": now})
        taken = iter(self._parts.receiver.take(NAME, rows)) if rows else iter(())
        return [next(taken) if verdict is None else verdict for verdict in verdicts]

    def _find(self, id_: str) -> Story | None:
        record = self._parts.ledger.find_record(PREDICTIONS, id_)
        logged = None if record is None else decode(record)
        if record is None or logged is None:
            return None
        label = self._parts.outcomes.of(logged.request, logged.at, self._parts.clock.now())
        told = prediction_of(id_, logged)
        return Story(told, logged.at, record.at, logged.request, logged.features, label)

    def _tallied(self, source: str, verdicts: Sequence[Verdict]) -> Taken:
        refused = tuple(Refused(place, why) for place, why in enumerate(verdicts) if why)
        repeated = sum(verdict == "" for verdict in verdicts)
        taken = Taken(len(verdicts) - repeated - len(refused), repeated, refused)
        self._parts.tally.took(source, taken)
        return taken
