"""All of it for one problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.card import Card
from trimtab.declare.expectations import Expectation, GoldenRow
from trimtab.declare.expression import Expression, col
from trimtab.declare.features import Features, RequestFields
from trimtab.declare.frozen import assign
from trimtab.declare.model import Label, Model, Request, Stakes
from trimtab.declare.policy import Release, Retrain, Watch
from trimtab.declare.requires import Requires
from trimtab.declare.site import Site, declared_here
from trimtab.declare.source import InMemory, Source, SqlTable
from trimtab.errors import DeclarationError
from trimtab.units import Duration

FEEDBACK = ("none", "selective", "causal")


@dataclass(frozen=True, init=False, eq=False)
class System:
    """One ML system: a request, a model, and how it is kept alive.

    `feedback` says whether served predictions change the labels: "none", "selective" (only acted-on rows are
    labelled) or "causal" (acting changes the outcome). `requires` are limits that every version and the service must keep. `expectations` and `golden` rows are held against every candidate. `card` is what people say of it in its model cards. Days, the units of evidence, begin at midnight in `zone`. `seed` makes every random choice repeatable.
    """

    name: str
    request: Request
    model: Model
    stakes: Stakes | None
    watch: Watch
    retrain: Retrain
    release: Release
    requires: Requires | None
    expectations: tuple[Expectation, ...]
    golden: tuple[GoldenRow, ...]
    card: Card | None
    feedback: str
    zone: str
    seed: int
    site: Site = field(compare=False)

    def __init__(  # noqa: PLR0913  # a system is the sum of its parts
        self,
        name: str,
        request: Request,
        model: Model,
        *,
        stakes: Stakes | None = None,
        watch: Watch | None = None,
        retrain: Retrain | None = None,
        release: Release | None = None,
        requires: Requires | None = None,
        expectations: Sequence[Expectation] = (),
        golden: Sequence[GoldenRow] = (),
        card: Card | None = None,
        feedback: str = "none",
        zone: str = "UTC",
        seed: int = 0,
    ) -> None:
        site = declared_here()
        if feedback not in FEEDBACK:
            raise DeclarationError(
                "unknown feedback", where=site, found=repr(feedback), do=f"use one of {FEEDBACK}"
            )
        assign(
            self,
            name=name,
            request=request,
            model=model,
            stakes=stakes,
            watch=watch or Watch(),
            retrain=retrain or Retrain(),
            release=release or Release(),
            requires=requires,
            expectations=tuple(expectations),
            golden=tuple(golden),
            card=card,
            feedback=feedback,
            zone=zone,
            seed=seed,
            site=site,
        )
        _distinct_names(self)
        _of_kind("expectations", self.expectations, Expectation, site)
        _of_kind("golden", self.golden, GoldenRow, site)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every source used, each once, the request's first."""
        return tuple(dict.fromkeys(_sources(self)))

    @property
    def threshold(self) -> float | None:
        """The score from which to act; None without stakes."""
        return None if self.stakes is None else self.stakes.threshold_or_default


def _sources(system: System) -> Iterator[Source]:
    yield system.request.source
    for source, _ in system.model.label.arms:
        yield source
    if isinstance(system.model.features, Features):
        for _, feature in system.model.features:
            if isinstance(feature, Aggregate):
                yield feature.source


def _of_kind(argument: str, given: Sequence[object], kind: type, site: Site) -> None:
    for each in given:
        if not isinstance(each, kind):
            raise DeclarationError(
                f"System({argument}=) holds something else",
                where=site,
                found=repr(each),
                do=f"write {argument}=(tt.{kind.__name__}(...),)",
            )


def _distinct_names(system: System) -> None:
    seen: dict[str, Source] = {}
    for source in system.sources:
        other = seen.setdefault(source.name, source)
        if other is not source and other != source:
            raise DeclarationError(
                f"two sources are called {source.name!r}",
                where=source.site,
                found=f"the other is declared at {other.site}",
                do="give one of them a name=",
            )


def table(  # noqa: PLR0913  # one dated table needs its columns named
    name: str,
    data: Any,
    learner: Any,
    *,
    at: str | Expression,
    label: str,
    label_known: str | Expression,
    matures_after: Duration,
    id: str | None = None,  # noqa: A002  # the field's word for it
    features: Features | None = None,
    zone: str | None = None,
    **options: Any,
) -> System:
    """A system over one dated table whose features exist already.

    Every column but the label, its known time and the times of `at` becomes a feature, unless `features` is given.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from trimtab.units import days
    >>> churn = table("churn", "rows.parquet", LogisticRegression(), at="date", label="churned",
    ...               label_known="known_at", matures_after=days(60))
    >>> churn.model.features.leaving_out
    ('churned', 'known_at', 'date')
    """
    if not isinstance(data, str | Path | SqlTable):
        data = InMemory(data)  # wrapped once, so that both sources are seen to read the same table
    rows = Source(data, id=id, known=at, zone=zone)
    outcomes = Source(data, id=id, known=label_known, zone=zone, name=f"{rows.name}_labels")
    hidden = (label, *_columns(label_known), *_columns(at), *((id,) if id else ()))
    return System(
        name,
        Request(rows, at=at),
        Model(
            learner,
            features or RequestFields(tuple(dict.fromkeys(hidden))),
            Label({outcomes: col(label)}, matures_after=matures_after),
            metric=options.pop("metric", None),
        ),
        **options,
    )


def _columns(value: str | Expression) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value.columns())
