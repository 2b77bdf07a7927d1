"""How long does a request wait for its features, and how many facts can one writer fold?

Run `python benchmarks/online_features/run.py` (about two minutes on one core); results go to RESULTS.md beside this file.
"""

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import lmdb
import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "src")]

from data import ASKED, DAY, END, FEATURES, KEYS, KINDS, SHARES, facts, requests  # noqa: E402
from machine import processor  # noqa: E402
from peers import Floor, Sqlite  # noqa: E402

from trimtab.adapters.engines.duckdb import DuckDBEngine  # noqa: E402
from trimtab.adapters.online.lmdb import LmdbStore  # noqa: E402
from trimtab.features.online import Retention, compile_online  # noqa: E402
from trimtab.runtime.online import Reader  # noqa: E402
from trimtab.runtime.online.catching_up import CatchUp  # noqa: E402
from trimtab.runtime.online.writing import Writing  # noqa: E402

ABOUT = """\
{facts:,} facts (half sales, two fifths views, a tenth refunds) of 90 days, 100,000 customers, 1,000 shops, 10,000 items;
12 features over 5 groups of (source, key): counts, sums, a mean, a deviation, a maximum, last values, over 6 hours to 30
days and all history. A sale or a view updates two blobs, a refund one. One thread; a request is timed as CPU nanoseconds
of this thread, one by one, in turns with its peers; {asked:,} requests, none repeated."""


def plan():
    return compile_online(FEATURES, KEYS, ASKED, KINDS)


def build(store, tables):
    """Build everything up to the last day; returns CPU seconds."""
    engine, began = DuckDBEngine(threads=1), time.process_time()
    writing = Writing(plan(), store, Retention(), 1000)
    frontiers = {name: table.num_rows for name, table in tables.items()}
    CatchUp(writing, engine, END).run(tables, frontiers)
    spent = time.process_time() - began
    engine.close()
    return spent


def fold(store, tables, size):
    """Fold the facts of the last day in order, so many per write; returns facts per CPU second."""
    writing = Writing(plan(), store, Retention(), size)
    waiting = []
    for name, table in tables.items():
        known = table["__known"].to_pylist()
        first = writing.mark.at(name).next
        waiting += writing.waiting(name, table.to_pylist(), known, first)
    waiting.sort(key=lambda each: each.known)
    began = time.process_time()
    for first in range(0, len(waiting), size):
        writing.fold(waiting[first : first + size], {})
    return len(waiting) / (time.process_time() - began)


def timed(rows, ways):
    """CPU microseconds of each request by each way, in turns, and what the first hundred gave."""
    clock = time.thread_time_ns
    spent, gave = {name: [] for name in ways}, {name: [] for name in ways}
    for row in rows:
        for name, ask in ways.items():
            began = clock()
            values = ask(row)
            spent[name].append((clock() - began) / 1000)
            if len(gave[name]) < 100:
                gave[name].append(values)
    return spent, gave


def same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for x, y in zip(one, other, strict=True):
            assert (x is None) == (y is None), (one, other)
            assert x is None or abs(x - y) <= 1e-6 * max(1.0, abs(x)), (one, other)


def line(name, times):
    p50, p90, p99 = np.percentile(times, [50, 90, 99])
    return f"| {name} | {p50:.1f} | {p90:.1f} | {p99:.1f} |"


def machine():
    engines = f"LMDB {'.'.join(map(str, lmdb.version()))}, SQLite {sqlite3.sqlite_version}"
    return f"{os.cpu_count()} cores of {processor()}, Python {platform.python_version()}, NumPy {np.__version__}, {engines}"


def asking(reader, live):
    at = END - 1
    return {
        "trimtab: keys, LMDB snapshot, values": lambda row: reader.features(row, at, at, at).values,
        "floor: values of this instant in a dict": live["floor"].features,
        "peer: SQLite, one indexed query per feature": lambda row: live["peer"].features(row, at),
    }


def measure(folder, count, asked):
    tables = facts(count)
    sizes = [1000, 100, 1]
    past = {name: table.filter(np.asarray(table["__known"]) < END - DAY) for name, table in tables.items()}
    last_day = {name: table.slice(past[name].num_rows) for name, table in tables.items()}
    with LmdbStore(f"{folder}/whole") as store:
        built = build(store, tables)
        size = (Path(folder) / "whole" / "data.mdb").stat().st_size
    rates = {}
    for each in sizes:
        with LmdbStore(f"{folder}/{each}") as store:
            build(store, past)
            few = {name: table.slice(0, int(2000 * SHARES[name])) for name, table in last_day.items()}
            rates[each] = fold(store, few if each == 1 else last_day, each)
    rows = requests(asked)
    with LmdbStore(f"{folder}/1000", read_only=True) as store:
        reader = Reader(plan(), store)
        answers = [reader.features(row, END - 1, END, END).values for row in rows]
        live = {"floor": Floor(rows, answers), "peer": Sqlite(f"{folder}/peer.db", tables)}
        ways = asking(reader, live)
        timed(rows[:200], ways)
        spent, gave = timed(rows, ways)
    ours, _, theirs = gave.values()
    same(ours, theirs)
    return built, size, rates, spent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        built, size, rates, spent = measure(folder, options.facts, options.requests)
    parts = [
        "# Online features: reading, folding, building",
        "`python benchmarks/online_features/run.py` wrote this page.",
        ABOUT.format(facts=options.facts, asked=options.requests),
        machine(),
        "## A request's 12 features, CPU microseconds",
        "| | p50 | p90 | p99 |\n|---|---|---|---|\n" + "\n".join(line(*each) for each in spent.items()),
        "## Folding, facts per CPU second, LMDB commits included",
        "| facts per commit | facts per CPU second |\n|---|---|\n"
        + "\n".join(f"| {each:,} | {rate:,.0f} |" for each, rate in rates.items()),
        "## Building from nothing",
        f"{built:.1f} CPU seconds for {options.facts:,} facts into {size / 1e6:,.0f} MB.",
    ]
    page = "\n\n".join(parts) + "\n"
    print(page)
    (HERE / "RESULTS.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
