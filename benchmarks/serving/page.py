"""The tables of a run, and what they are held against."""

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rounds import CONNECTIONS, compared, median
from servers import ASYNC, FLOOR, FRAME, MLFLOW, MLSERVER, TRIMTAB, TRIMTAB_HISTOGRAM

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # beside all benchmarks

OWN = ("trimtab", "uvicorn", "uvloop", "httptools", "msgspec", "lightgbm", "scikit-learn", "treelite", "lmdb")


def speed(one, other):
    return one.per_second / other.per_second


@dataclass(frozen=True)
class Goal:
    """One promise at 32 connections: a figure of trimtab's against a bound, and a bound to hope for."""

    what: str
    needs: tuple[str, ...]
    measure: Callable[[dict], float]
    bound: float
    at_least: bool = True
    stretch: float | None = None
    form: str = "{:.2f} x"

    def met(self, found, bound):
        return found >= bound if self.at_least else found <= bound

    def row(self, measured):
        sign, told = "at least" if self.at_least else "at most", self.form.format
        wanted = f"{sign} {told(self.bound)}" + (f" (hoped: {told(self.stretch)})" if self.stretch else "")
        if not set(self.needs) <= set(measured):
            return f"| {self.what} | {wanted} | | NOT RUN |"
        found = self.measure(measured)
        verdict = "PASS" if self.met(found, self.bound) else "FAIL"
        if self.stretch and self.met(found, self.stretch):
            verdict = "PASS, and as hoped"
        return f"| {self.what} | {wanted} | {told(found)} | {verdict} |"


def _speed(name, peer):
    return lambda measured: compared(measured, name, 32, speed, peer)


def _no_errors(measured):
    return sum(found.errors for found in measured.values())


def _difference(measured):
    return max(found.difference for found in measured.values())


GOALS = (
    Goal(
        "trimtab (LightGBM), calls a second, to the floor's",
        (TRIMTAB,),
        _speed(TRIMTAB, FLOOR),
        0.45,
        stretch=0.60,
    ),
    Goal("... to FastAPI async def's", (TRIMTAB, ASYNC), _speed(TRIMTAB, ASYNC), 1.0),
    Goal("... to MLflow's", (TRIMTAB, MLFLOW), _speed(TRIMTAB, MLFLOW), 6.0),
    Goal("... to MLServer's as installed", (TRIMTAB, MLSERVER), _speed(TRIMTAB, MLSERVER), 3.0),
    Goal(
        "... CPU of one prediction",
        (TRIMTAB,),
        lambda measured: median(measured, TRIMTAB, 32, lambda sample: sample.cpu),
        220,
        at_least=False,
        stretch=150,
        form="{:.0f} us",
    ),
    Goal(
        "... p99 to the floor's",
        (TRIMTAB,),
        lambda measured: compared(measured, TRIMTAB, 32, lambda one, floor: one.p99 / floor.p99),
        1.5,
        at_least=False,
    ),
    Goal(
        "trimtab (HGB), calls a second, to FastAPI def + scikit-learn's",
        (TRIMTAB_HISTOGRAM, FRAME),
        _speed(TRIMTAB_HISTOGRAM, FRAME),
        15.0,
    ),
    Goal(
        "calls that failed or got no answer of the model, all servers",
        (),
        _no_errors,
        0,
        at_least=False,
        form="{:.0f}",
    ),
    Goal(
        "largest difference of a score from the model's own, all servers",
        (),
        _difference,
        1e-12,
        at_least=False,
        form="{:.1g}",
    ),
)


def goals(measured):
    lines = ["### Goals, at 32 connections", "", "| what | wanted | measured | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(goal.row(measured) for goal in GOALS)])


def table(measured, connections):
    """One line a server; calls and added latency are compared with the floor of the same round."""
    lines = [
        f"### {connections} connection{'s' if connections > 1 else ''}",
        "",
        "| server | calls a second | to the floor | p50 ms | added to the floor ms | p99 ms | CPU us a call | errors |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in measured.items():
        calls, p50, p99, cpu = (
            median(measured, name, connections, lambda sample, part=part: getattr(sample, part))
            for part in ("per_second", "p50", "p99", "cpu")
        )
        ratio = compared(measured, name, connections, speed)
        added = compared(measured, name, connections, lambda one, floor: one.p50 - floor.p50) / 1000
        errors = sum(sample.errors for sample in found.samples[connections])
        lines.append(
            f"| {name} | {calls:,.0f} | {ratio:.3f} | {p50 / 1000:.2f} | {added:+.2f} | {p99 / 1000:.2f} | {cpu:,.0f} | {errors} |"
        )
    return "\n".join(lines)


def others(measured):
    lines = ["### Start, memory, answers", ""]
    lines += [
        "| server | seconds to the first answer | MB | largest difference of a score |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {found.started_seconds:.1f} | {found.megabytes:.0f} | {found.difference:.1g} |"
        for name, found in measured.items()
    ]
    return "\n".join(lines)


def page(measured, options, environments, folder):
    """The whole report in Markdown."""
    command = f"python benchmarks/serving/run.py --rounds {options.rounds} --seconds {options.seconds}"
    load = statistics.median(
        sample.other
        for found in measured.values()
        for samples in found.samples.values()
        for sample in samples
    )
    versions = [
        "trimtab: " + _versions(OWN),
        *(f"{name}: {each.told()}" for name, each in environments.items()),
    ]
    rounds = (
        f"Medians over the calmer half of {options.rounds} rounds of {options.seconds} s; other work used {load:.0%} "
        "of the machine in the median sample."
    )
    parts = [
        "# What serving one prediction costs",
        f"`{command}` wrote this page on {datetime.now(UTC):%Y-%m-%d}.",
        machine(folder),
        "\n".join(f"- {line}" for line in versions),
        rounds,
        goals(measured),
        *(table(measured, connections) for connections in CONNECTIONS[::-1]),
        others(measured),
    ]
    return "\n\n".join(parts) + "\n"


def machine(folder):
    """Processor, Python and disk; what the durable log pays for is the time of one sync."""
    python = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores of {processor()}, {python}; one sync of 4 kB takes {sync_milliseconds(folder):.2f} ms there."


def sync_milliseconds(folder, times=100):
    """The median time of writing 4 kB and syncing them, in the folder where the logs lie."""
    path, took = folder / "sync", []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return statistics.median(took) * 1000


def _versions(names):
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)
