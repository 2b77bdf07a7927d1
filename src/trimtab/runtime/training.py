"""Fits as jobs: each pays for distinct content once, in a pool of one-thread processes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.labels.history import LabelHistory, LabelView, as_known
from trimtab.retrain.windows import Selection, select, weights
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.kept_fits import KeptFits
from trimtab.training.continuing import continue_fit
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import Fitted, Recipe, fit
from trimtab.training.manners.manner import Manner
from trimtab.training.matrix import FeatureMatrix


class Inputs(Protocol):
    """What fits learn from and score: feature matrices by name, request times, label versions."""

    def matrix(self, name: str) -> FeatureMatrix:
        """A feature matrix."""
        ...

    def at(self) -> NDArray[np.int64]:
        """The time of each request."""
        ...

    def labels(self) -> LabelHistory:
        """Every version of every label."""
        ...


@dataclass(frozen=True)
class FitSpec:
    """What distinguishes one fit from another: as known when, from which rows, on which columns, with which coin.

    With a parent it is an update: the parent's fit continued, in a manner (None: the learner's best), on the selected
    rows whose labels have matured since.
    """

    as_of: int
    selection: Selection
    names: tuple[str, ...] | None = None
    seed: int = 0
    parent: FitSpec | None = None
    manner: Manner | None = None

    @property
    def updates(self) -> int:
        """How many updates lie between the fit from scratch and this one; 0 where it is from scratch."""
        return len(self.links) - 1

    @property
    def links(self) -> tuple[FitSpec, ...]:
        """The chain that leads here: a fit from scratch, its updates in order, and this one."""
        return (*self.parent.links, self) if self.parent else (self,)

    def seed_for(self, system_seed: int) -> int:
        """A random seed that depends on what is fitted, never on the order in which fits happen to run.

        Of the parent only its time counts, so that a version whose ancestors are gone has the seed that it had.
        """
        text = f"{system_seed}|{self.as_of}|{self.selection}|{self.names}|{self.seed}"
        text += f"|{self.parent.as_of}|{self.manner!r}" if self.parent else ""
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@dataclass(frozen=True)
class Serve:
    """Rows of a matrix to score once the fit is done."""

    matrix: str
    start: int
    stop: int


@dataclass(frozen=True)
class FitResult:
    """What came of a fit; `problem` says why it cannot serve, and `scores` has one array for each Serve."""

    spec: FitSpec
    rows: int
    effective_rows: float
    fingerprint: str
    cpu_seconds: float
    remarks: tuple[str, ...]
    problem: str | None
    scores: Mapping[Serve, NDArray[np.float64]]


@dataclass(frozen=True)
class _Made:
    """A fit that ended: fitted, or the problem why not; `rows` were selected for it."""

    fitted: Fitted | None
    rows: int
    fingerprint: str
    cpu_seconds: float
    problem: str | None = None


def run_fit(inputs: Inputs, recipe: Recipe, spec: FitSpec, serves: Sequence[Serve], seed: int) -> FitResult:
    """Fit as known at the spec's instant, then score; failures of the learner are results, not exceptions.

    The ancestors of an update are fitted first, and neither they nor their time are part of the result.
    """
    return run_family(inputs, recipe, {spec: serves}, seed)[0]


def run_family(  # what the fits need, and where those of before are
    inputs: Inputs,
    recipe: Recipe,
    jobs: Mapping[FitSpec, Sequence[Serve]],
    seed: int,
    kept: KeptFits | None = None,
    known: Mapping[FitSpec, Fitted] | None = None,
) -> list[FitResult]:
    """The results of fits that share ancestors, parents before children; each ancestor is fitted once.

    Fits that were `kept` are not made again, and neither are those that are `known`.
    """
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  # only training processes need it

    made = {spec: _Made(fitted, fitted.rows, "", nan) for spec, fitted in (known or {}).items()}
    family: dict[FitSpec, _Made] = {**made}
    with threadpool_limits(1):
        order = sorted(jobs, key=lambda spec: len(spec.links))
        for spec in [link for wanted in order for link in _missing(wanted, family, kept)]:
            if spec not in family:
                found = None if kept is None else kept.get(spec)
                parent = family[spec.parent] if spec.parent and found is None else None
                family[spec] = found or _make(inputs, recipe, spec, seed, parent)
                if kept is not None and found is None:
                    kept.put(spec, family[spec])
        return [_result(inputs, spec, family[spec], jobs[spec]) for spec in order]


def _missing(spec: FitSpec, family: Mapping[FitSpec, object], kept: KeptFits | None) -> list[FitSpec]:
    """The links to be made for a fit, from the newest one on that is there already."""
    links: list[FitSpec] = []
    link: FitSpec | None = spec
    while link is not None and link not in family:
        links.insert(0, link)
        link = None if kept is not None and link in kept else link.parent
    return links


def _make(inputs: Inputs, recipe: Recipe, spec: FitSpec, seed: int, parent: _Made | None) -> _Made:
    watch = Stopwatch()
    view, at = as_known(inputs.labels(), spec.as_of), inputs.at()
    new, revised = new_rows(inputs.labels(), view, spec.parent.as_of if spec.parent else None)
    rows = select(spec.selection, at, new)
    matrix = inputs.matrix("online").take(rows)
    if spec.names is not None:
        matrix = matrix.only(spec.names)
    label, weight = view.value[rows], weights(spec.selection, at[rows], spec.as_of)
    digest = fingerprint(matrix, label, weight)
    try:
        if parent is None:
            fitted = fit(recipe, matrix, label, weight, spec.seed_for(seed))
        else:
            fitted = _continued(parent, recipe, matrix, label, weight, spec, seed)
            fitted = replace(fitted, remarks=(*fitted.remarks, *revised_remark(revised)))
    except LearnerError as error:
        return _Made(None, len(rows), digest, watch.cpu_seconds, str(error))
    return _Made(fitted, len(rows), digest, watch.cpu_seconds)


def _continued(  # what a fit needs, and its parent
    parent: _Made,
    recipe: Recipe,
    matrix: FeatureMatrix,
    label: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    spec: FitSpec,
    seed: int,
) -> Fitted:
    if parent.fitted is None:
        raise LearnerError(f"its parent could not be trained: {parent.problem}")
    return continue_fit(
        parent.fitted.predictor, recipe, matrix, label, weight, spec.seed_for(seed), spec.manner
    )


def new_rows(
    labels: LabelHistory, view: LabelView, parent_as_of: int | None
) -> tuple[NDArray[np.bool_], int]:
    """Which rows of a view matured after the parent learned, and how many that it learned have another label now."""
    if parent_as_of is None:
        return view.mature, 0
    before = as_known(labels, parent_as_of)
    both = view.mature & before.mature
    return view.mature & ~before.mature, int(np.sum(view.value[both] != before.value[both]))


def revised_remark(revised: int) -> tuple[str, ...]:
    """What to say of labels that changed after a parent learned them; nothing when there are none."""
    text = f"{revised} labels that its ancestors learned have changed since; only a fit from scratch unlearns them"
    return (text,) if revised else ()


def _result(inputs: Inputs, spec: FitSpec, made: _Made, serves: Sequence[Serve]) -> FitResult:
    failed = FitResult(spec, made.rows, 0.0, made.fingerprint, made.cpu_seconds, (), made.problem, {})
    if made.fitted is None:
        return failed
    try:
        scores = _score(inputs, made.fitted, serves)
    except LearnerError as error:
        return replace(failed, problem=str(error))
    fitted = made.fitted
    return replace(
        failed,
        rows=fitted.rows,
        effective_rows=fitted.effective_rows,
        remarks=fitted.remarks,
        scores=scores,
    )


def _score(inputs: Inputs, fitted: Fitted, serves: Sequence[Serve]) -> dict[Serve, NDArray[np.float64]]:
    return {
        serve: fitted.predictor.score(inputs.matrix(serve.matrix).rows(serve.start, serve.stop))
        for serve in serves
    }


@dataclass(frozen=True)
class Pool:
    """Runs fits in `processes` processes of one thread each, or in this one when it is 1.

    Where fits are `kept`, each is made once, however often it is asked for; `keeps` says which are, by default all.
    """

    inputs: Inputs
    recipe: Recipe
    seed: int
    processes: int
    kept: KeptFits | None = None
    keeps: Callable[[FitSpec], bool] | None = None

    def run(self, jobs: Mapping[FitSpec, Sequence[Serve]]) -> Iterator[FitResult]:
        """The results as they finish; largest fits first, so that none is left alone at the end.

        Fits with the same first ancestor run in one process, in order.
        """
        from joblib import Parallel, delayed  # noqa: PLC0415  # comes with scikit-learn; slow to import

        families: dict[FitSpec, dict[FitSpec, Sequence[Serve]]] = {}
        for spec, serves in jobs.items():
            families.setdefault(spec.links[0], {})[spec] = serves
        order = sorted(families, key=lambda spec: (spec.selection.start or 0) - spec.as_of)
        calls = (
            delayed(run_family)(
                self.inputs, self.recipe, families[spec], self.seed, self._kept(families[spec])
            )
            for spec in order
        )
        for results in Parallel(n_jobs=self.processes, return_as="generator_unordered")(calls):
            yield from results

    def _kept(self, family: Iterable[FitSpec]) -> KeptFits | None:
        return self.kept if self.keeps is None or any(map(self.keeps, family)) else None
