"""Fits as jobs: each pays for distinct content once, in a pool of one-thread processes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trimtab.errors import LearnerError
from trimtab.labels.history import as_known
from trimtab.retrain.windows import Selection, select, weights
from trimtab.runtime.clock import Stopwatch
from trimtab.runtime.workspace import Workspace
from trimtab.training.fingerprint import fingerprint
from trimtab.training.fit import Fitted, Recipe, fit


@dataclass(frozen=True)
class FitSpec:
    """What distinguishes one fit from another: as known when, from which rows, on which columns, with which coin."""

    as_of: int
    selection: Selection
    names: tuple[str, ...] | None = None
    seed: int = 0

    def seed_for(self, system_seed: int) -> int:
        """A random seed that depends on what is fitted, never on the order in which fits happen to run."""
        text = f"{system_seed}|{self.as_of}|{self.selection}|{self.names}|{self.seed}"
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


def run_fit(
    workspace: Workspace, recipe: Recipe, spec: FitSpec, serves: Sequence[Serve], seed: int
) -> FitResult:
    """Fit as known at the spec's instant, then score; failures of the learner are results, not exceptions."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  # only training processes need it

    with threadpool_limits(1):
        return _run_fit(workspace, recipe, spec, serves, seed)


def _run_fit(
    workspace: Workspace, recipe: Recipe, spec: FitSpec, serves: Sequence[Serve], seed: int
) -> FitResult:
    watch = Stopwatch()
    view, at = as_known(workspace.labels(), spec.as_of), workspace.at()
    rows = select(spec.selection, at, view.mature)
    matrix = workspace.matrix("online").take(rows)
    if spec.names is not None:
        matrix = matrix.only(spec.names)
    weight = weights(spec.selection, at[rows], spec.as_of)
    digest = fingerprint(matrix, view.value[rows], weight)
    try:
        fitted = fit(recipe, matrix, view.value[rows], weight, spec.seed_for(seed))
        spent = watch.cpu_seconds
        scores = _score(workspace, fitted, serves)
    except LearnerError as error:
        spent = watch.cpu_seconds
        return FitResult(spec, len(rows), 0.0, digest, spent, (), str(error), {})
    return FitResult(spec, fitted.rows, fitted.effective_rows, digest, spent, fitted.remarks, None, scores)


def _score(workspace: Workspace, fitted: Fitted, serves: Sequence[Serve]) -> dict[Serve, NDArray[np.float64]]:
    return {
        serve: fitted.predictor.score(workspace.matrix(serve.matrix).rows(serve.start, serve.stop))
        for serve in serves
    }


@dataclass(frozen=True)
class Pool:
    """Runs fits in `processes` processes of one thread each, or in this one when it is 1."""

    workspace: Workspace
    recipe: Recipe
    seed: int
    processes: int

    def run(self, jobs: Mapping[FitSpec, Sequence[Serve]]) -> Iterator[FitResult]:
        """The results as they finish; largest fits first, so that none is left alone at the end."""
        from joblib import Parallel, delayed  # noqa: PLC0415  # comes with scikit-learn; slow to import

        order = sorted(jobs, key=lambda spec: (spec.selection.start or 0) - spec.as_of)
        calls = (delayed(run_fit)(self.workspace, self.recipe, spec, jobs[spec], self.seed) for spec in order)
        yield from Parallel(n_jobs=self.processes, return_as="generator_unordered")(calls)
