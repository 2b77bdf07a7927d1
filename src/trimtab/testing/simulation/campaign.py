"""Thousands of simulated years in a few processes, and what they say with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from multiprocessing import get_context

import numpy as np

from trimtab.stats import Interval
from trimtab.testing.simulation.problems import InvariantError
from trimtab.testing.simulation.result import Counts
from trimtab.testing.simulation.run import simulate
from trimtab.testing.simulation.scenarios import SCENARIOS, scenario_of

COMMAND = "python -m trimtab.testing.simulation --seed"


@dataclass(frozen=True)
class Lived:
    """One life of a campaign: its seed, scenario and years, and what happened or what broke."""

    seed: int
    scenario: str
    years: float
    counts: Counts = field(default_factory=Counts)
    invariants: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    problem: str | None = None


def live(seed: int, years: float = 1.0) -> Lived:
    """One life; a broken law is told and not raised, so that the others go on."""
    name = scenario_of(seed)
    tried = SCENARIOS[name]
    try:
        done = simulate(tried.policies, seed, years, faults=tried.faults, world=tried.world)
    except InvariantError as problem:
        return Lived(seed, name, years, problem=f"{problem}\n  again: {COMMAND} {seed} --length {years:g}")
    return Lived(seed, name, years, done.counts, done.invariants, done.stopped)


def campaign(seeds: Sequence[int], years: float = 1.0, processes: int = 1) -> Iterator[Lived]:
    """The lives of these seeds, in order.

    >>> [life.problem for life in campaign([3], years=0.1)]
    [None]
    """
    if processes <= 1:
        yield from (live(seed, years) for seed in seeds)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(live, seeds, [years] * len(seeds), chunksize=8)


def rates(lives: Sequence[Lived]) -> dict[str, Interval]:
    """How often each count of `Counts` happens a year, with 95 % intervals over independent lives.

    Where nothing happened at all the interval ends at 3 / years, which holds the truth 95 times of 100.

    >>> print(rates([Lived(seed, "default", 1.0) for seed in range(300)])["pages"])
    0.000 [0.000, 0.010] a year
    """
    years = sum(life.years for life in lives)
    return {
        each.name: _rate(np.array([_per_year(life, each.name) for life in lives]), years)
        for each in fields(Counts)
    }


def _per_year(life: Lived, name: str) -> float:
    return float(asdict(life.counts)[name]) / life.years


def _rate(values: np.ndarray[tuple[int], np.dtype[np.float64]], years: float) -> Interval:
    mean = float(values.mean())
    if mean == 0:
        return Interval(0.0, 0.0, 3 / years, units="a year", method="rule of three")
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("inf")
    return Interval(mean, max(mean - half, 0.0), mean + half, units="a year", method="normal, over lives")


def report(lives: Sequence[Lived]) -> str:
    """What a campaign found, as text: rates by scenario, how broken candidates ended, and what broke."""
    lines = [*_by_scenario(lives), *_stops(lives), *_laws(lives)]
    return "\n".join(lines) + "\n"


def _by_scenario(lives: Sequence[Lived]) -> Iterator[str]:
    for name in SCENARIOS:
        mine = [life for life in lives if life.scenario == name and life.problem is None]
        if mine:
            yield f"{name}: {len(mine)} lives of {mine[0].years:g} years"
            for what, rate in rates(mine).items():
                yield f"  {what.replace('_', ' '):24} {rate}"


def _stops(lives: Sequence[Lived]) -> Iterator[str]:
    found = Counter[tuple[str, str]]()
    for life in lives:
        found.update(life.stopped)
    yield "broken candidates, by kind and where each was stopped (promoted ones may be rolled back later)"
    for kind in sorted({kind for kind, _ in found}):
        ends = {step: count for (each, step), count in found.items() if each == kind}
        yield f"  {kind:14} " + ", ".join(f"{step} {count}" for step, count in sorted(ends.items()))


def _laws(lives: Sequence[Lived]) -> Iterator[str]:
    checked = Counter[str]()
    for life in lives:
        checked.update(life.invariants)
    broken = [life for life in lives if life.problem is not None]
    years = sum(life.years for life in lives)
    yield f"{years:g} system-years, {sum(checked.values()):,} looks at {len(checked)} laws, {len(broken)} lives broke one"
    for life in broken:
        yield f"{life.scenario}: {life.problem}"
