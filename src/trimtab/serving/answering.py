"""The path of one request: its time, its features as of now, its score, its record on disk, its answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.errors import TrimtabError
from trimtab.ports import Clock, Record
from trimtab.release.assignment import assign
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.logged import Arm
from trimtab.serving.batching import Batcher
from trimtab.serving.champion import Champions, Loaded, Routing
from trimtab.serving.committing import Committer
from trimtab.serving.ids import id_maker
from trimtab.serving.logged import Logged, decode, encode, prediction_of
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Prediction, Row
from trimtab.serving.shadowing import Shadowing
from trimtab.training.matrix import from_rows


class Served(Protocol):
    """Features of one request."""

    @property
    def values(self) -> Sequence[Any]:
        """Every feature in declared order."""
        ...

    @property
    def as_of(self) -> int:
        """When they hold, in epoch microseconds."""
        ...

    @property
    def flags(self) -> tuple[str, ...]:
        """What was unusual: "late", "future"."""
        ...


@dataclass(frozen=True)
class Asking:
    """What answering needs to know of a system: how to read a request's time and features, and whom it is about."""

    at: Callable[[Row], int | None]
    at_fields: tuple[str, ...]
    features: Callable[[Row, int, int], Served]
    names: tuple[str, ...]
    subject: str | None


@dataclass(slots=True)
class _Case:
    id: str
    row: Row
    at: int
    served: Served | None
    flags: tuple[str, ...]
    loaded: Loaded
    score: Any = None
    arm: Arm | None = None


class Answering:
    """Answers requests with the champion, or where units are split with the version of their arm.

    What it answered is on disk before anyone is told. Versions that score unseen get the row afterwards.
    """

    def __init__(
        self,
        asking: Asking,
        champions: Champions,
        committer: Committer,
        clock: Clock,
        timeout_seconds: float = 2.0,
    ) -> None:
        self._asking, self._champions, self._committer, self._clock = asking, champions, committer, clock
        self._timeout_seconds = timeout_seconds
        self._make_id = id_maker()
        self._batchers: dict[str, Batcher] = {}
        self.shadowing = Shadowing(champions.ledger, clock)
        self.served: Counter[tuple[str, str]] = Counter()
        self.failures: Counter[str] = Counter()

    async def answer(
        self, rows: Sequence[Row], ids: Sequence[str | None], version: str | None
    ) -> list[Prediction]:
        """One prediction a row; raises RequestError (404, 409, 422, 503) and LedgerError."""
        routing = self._champions.routing
        loaded = routing.champion if version is None else self._champions.get(version)
        if loaded is None:
            raise RequestError(
                503, "no version is ready to answer", do="train one (trimtab train) and activate it"
            )
        now = self._clock.now()
        cases = [self._case(row, id_, now, loaded) for row, id_ in zip(rows, ids, strict=True)]
        if version is None and routing.canary is not None:
            for case in cases:
                self._assign(case, routing.canary, routing.share)
        await self._score_all(cases)
        logged = [self._logged(case, now) for case in cases]
        earlier = await self._committer.add(
            [self._record(case, body, now) for case, body in zip(cases, logged, strict=True)]
        )
        if routing.shadows and version is None:
            self._shadow(cases, earlier, routing)
        return [
            self._told(case, body, record) for case, body, record in zip(cases, logged, earlier, strict=True)
        ]

    def close(self) -> None:
        """Wait for what is under way."""
        for batcher in self._batchers.values():
            batcher.close()
        self._committer.close()
        self.shadowing.close()

    def _assign(self, case: _Case, canary: Loaded, share: float) -> None:
        """Let a hash of its unit decide who answers a request: its subject, or the request itself without one."""
        subject = self._asking.subject
        about = None if subject is None else case.row.get(subject)
        unit = case.id if about is None else str(about)
        found = assign(canary.name, unit, share)
        if found.arm == "canary":
            case.loaded = canary
        case.arm = Arm(found.arm, found.propensity, canary.name, unit, 0.0)

    def _shadow(self, cases: list[_Case], earlier: Sequence[Record | None], routing: Routing) -> None:
        """Hand new requests over to the versions that score unseen; the canary's arm has no champion to compare with."""
        for case, record in zip(cases, earlier, strict=True):
            if record is None and case.served is not None and case.loaded is routing.champion:
                self.shadowing.offer(case.id, case.served.values, routing.shadows)

    def _case(self, row: Row, id_: str | None, now: int, loaded: Loaded) -> _Case:
        asking = self._asking
        at = asking.at(row)
        if at is None:
            raise RequestError(
                422,
                "the time of the request cannot be told",
                field=f"row.{asking.at_fields[0]}" if asking.at_fields else None,
                found=f"{', '.join(asking.at_fields)} is null",
                do="give it",
            )
        id_ = id_ or self._make_id(now)
        try:
            served = asking.features(row, at, now)
        except (TrimtabError, ArithmeticError, OSError) as problem:
            return self._without_features(_Case(id_, row, at, None, ("features failed",), loaded), problem)
        return _Case(id_, row, at, served, served.flags, loaded)

    def _without_features(self, case: _Case, problem: Exception) -> _Case:
        self.failures[f"features: {type(problem).__name__}"] += 1
        return case

    async def _score_all(self, cases: Sequence[_Case]) -> None:
        together = [case for case in cases if case.loaded.chosen.report.batched]
        if together:
            await asyncio.gather(*(self._timed(case) for case in together))
        for case in cases:
            if not case.loaded.chosen.report.batched:
                await self._timed(case)

    async def _timed(self, case: _Case) -> None:
        """Score a request, and note how long that takes where two versions are compared."""
        if case.arm is None:
            await self._score(case)
            return
        watch = Stopwatch()
        await self._score(case)
        case.arm.microseconds = round(watch.seconds * 1e6, 1)

    async def _score(self, case: _Case) -> None:
        if case.served is None:
            return
        loaded = case.loaded
        values = case.served.values
        inputs = [values[position] for position in loaded.positions]
        try:
            if loaded.chosen.report.batched:
                case.score = await self._batched(inputs, loaded)
            else:
                case.score = loaded.chosen.scorer.one(inputs)
        except TimeoutError:
            case.flags = (*case.flags, "timeout")
        except Exception as problem:  # noqa: BLE001  # whatever a learner raises, the caller gets an answer
            self.failures[f"model: {type(problem).__name__}"] += 1
            case.flags = (*case.flags, "model failed")

    async def _batched(self, inputs: list[Any], loaded: Loaded) -> Any:

        batcher = self._batchers.get(loaded.version.name)
        if batcher is None:
            batcher = self._batchers[loaded.version.name] = Batcher(_many(loaded))
        return await asyncio.wait_for(batcher.score(inputs), self._timeout_seconds)

    def _logged(self, case: _Case, now: int) -> Logged:
        score, served, loaded = case.score, "champion", case.loaded
        if score is None:
            score, served = loaded.fallback.score(case.row), "fallback"
        features, as_of = {}, min(case.at, now)
        if case.served is not None:
            features, as_of = (
                dict(zip(self._asking.names, case.served.values, strict=True)),
                case.served.as_of,
            )
        return Logged(
            case.row, features, case.at, as_of, loaded.version.name, served, score, list(case.flags), case.arm
        )

    def _record(self, case: _Case, logged: Logged, now: int) -> Record:
        subject = self._asking.subject
        about = case.row.get(subject) if subject is not None else None
        return Record(case.id, now, encode(logged), about)

    def _told(self, case: _Case, logged: Logged, earlier: Record | None) -> Prediction:
        if earlier is None:
            self.served[logged.version, logged.served] += 1
            return prediction_of(case.id, logged)
        stored = decode(earlier)
        if stored is None or stored.request != logged.request:
            raise RequestError(
                409,
                f"a prediction with the id {case.id!r} was asked for before, with other fields",
                field="id",
                found="it has been erased" if stored is None else _difference(stored.request, logged.request),
                do="use a new id for a new request",
            )
        return prediction_of(case.id, stored, "repeated")


def _many(loaded: Loaded) -> Callable[[list[Sequence[Any]]], list[Any]]:
    """The version's scores of several rows at once."""
    scorer = loaded.chosen.scorer
    return lambda rows: [_plain(score) for score in scorer.many(from_rows(scorer.names, rows)).tolist()]


def _plain(score: Any) -> Any:
    return tuple(score) if isinstance(score, list) else score


def _difference(one: Row, other: Row) -> str:
    names = [name for name in other if one.get(name) != other[name]]
    return ", ".join(f"{name} was {one.get(name)!r}, now {other[name]!r}" for name in names[:3])
