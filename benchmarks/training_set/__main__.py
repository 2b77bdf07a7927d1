"""How long does a training set of windowed features take, and how much memory, beside SQL written by hand?

Run `python -m benchmarks.training_set` (about ten minutes on two cores); results go to RESULTS.md beside this file.
Every measurement is a fresh process; plans take turns, so that whatever else the machine does meets all of them.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from benchmarks.machine import processor
from benchmarks.training_set.child import FUNCTIONS, THREADS, WINDOWS
from benchmarks.training_set.data import make
from benchmarks.training_set.handwritten import PLANS

HERE = Path(__file__).parent
HOPELESS = {("zipf", "range join"), ("zipf", "blocked range joins")}
"""Over a billion pairs of a request and a fact on the hottest keys alone."""

ABOUT = """\
{facts:,} facts, {requests:,} requests, 10,000 keys, 90 days; count, sum, mean, min, max and std over 1 day and 7 days on
an hourly grid and 30 days on a daily one. trimtab's sums are exact integers, those by hand are plain floats. CPU seconds
of a fresh process each, medians of {repeats}, plans taking turns; peak memory is the whole process with its data."""


def measure(plan, folder, result=""):
    command = [sys.executable, "-m", "benchmarks.training_set.child", plan, str(folder), str(result)]
    environment = {**os.environ, "PYTHONPATH": "src"}
    done = subprocess.run(command, check=True, capture_output=True, cwd=HERE.parents[1], env=environment)
    return json.loads(done.stdout)


def same(folder, plan):
    """Compare a hand-written result with trimtab's: counts, minima, maxima alike; sums as near as floats allow."""
    ours = pq.read_table(f"{folder}/trimtab.parquet")
    theirs = pq.read_table(f"{folder}/{plan}.parquet").sort_by("__row")
    rows = np.asarray(theirs.column("__row"))
    ours = ours.take(pa.array(rows))
    for days in WINDOWS:
        for function in FUNCTIONS:
            one, other = (
                np.asarray(t.column(f"{function}{days}").fill_null(0), dtype=float) for t in (ours, theirs)
            )
            exact = function in {"count", "min", "max"}
            # a sum of squares in floats loses half the digits of a small spread: two parts in a thousand at worst
            assert np.array_equal(one, other) if exact else np.allclose(one, other, rtol=1e-6, atol=2e-3), (
                plan,
                function,
            )


def compare(kind, facts, requests, repeats):
    plans = ["trimtab", *(plan for plan in PLANS if (kind, plan) not in HOPELESS)]
    with tempfile.TemporaryDirectory() as folder:
        write(folder, kind, facts, requests)
        runs = {plan: [measure(plan, folder, f"{folder}/{plan}.parquet")] for plan in plans}
        for plan in plans[1:]:
            same(folder, plan)
        for _ in range(repeats - 1):
            for plan in plans:
                runs[plan].append(measure(plan, folder))
    return {
        plan: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for plan, found in runs.items()
    }


def write(folder, kind, facts, requests):
    for name, table in zip(("facts", "requests"), make(kind, facts, requests), strict=True):
        pq.write_table(table, f"{folder}/{name}.parquet")


def large(kind, facts, requests):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, kind, facts, requests)
        return measure("trimtab", folder)


def table(kind, medians):
    best = min(run["cpu"] for plan, run in medians.items() if plan != "trimtab")
    lines = [f"### {kind} keys", "", "| plan | CPU s | to the best by hand | peak MB |", "|---|---|---|---|"]
    for plan, run in medians.items():
        lines.append(f"| {plan} | {run['cpu']:.2f} | {run['cpu'] / best:.2f} | {run['megabytes']:.0f} |")
    lines += [
        f"| {plan} | not run | over 10^9 pairs | |" for skewed, plan in sorted(HOPELESS) if skewed == kind
    ]
    return "\n".join(lines)


def machine():
    versions = f"DuckDB {duckdb.__version__}, SQLGlot {sqlglot.__version__}, PyArrow {pa.__version__}"
    return f"{os.cpu_count()} cores of {processor()}, Python {platform.python_version()}, {versions}, {THREADS} threads"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--without-large", action="store_true")
    options = parser.parse_args()
    parts = [
        "# A training set of 18 windowed features",
        "`python -m benchmarks.training_set` wrote this page.",
        ABOUT.format(facts=options.facts, requests=options.requests, repeats=options.repeats),
        machine(),
    ]
    for kind in ("uniform", "zipf"):
        parts.append(table(kind, compare(kind, options.facts, options.requests, options.repeats)))
        print(parts[-1], flush=True)
    if not options.without_large:
        parts.append("### Ten times as large: 10,000,000 facts, 1,000,000 requests (one run)")
        lines = ["| keys | CPU s | peak MB |", "|---|---|---|"]
        for kind in ("uniform", "zipf"):
            run = large(kind, 10_000_000, 1_000_000)
            lines.append(f"| {kind} | {run['cpu']:.1f} | {run['megabytes']:.0f} |")
        parts.append("\n".join(lines))
        print(parts[-1], flush=True)
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
