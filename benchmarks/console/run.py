"""How long does a page of the console take on a large record?

`python benchmarks/console/run.py` writes RESULTS.md beside itself; `--predictions` sets the scale.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import world  # noqa: E402
from machine import processor  # noqa: E402

from trimtab import wiring  # noqa: E402
from trimtab.commands.showing import FOLDS  # noqa: E402
from trimtab.screens import Book, Console, add_up_replay  # noqa: E402
from trimtab.screens.app import Asked  # noqa: E402
from trimtab.testing import ManualClock  # noqa: E402

PAGES = (
    "",
    "decisions",
    "versions",
    "versions/v40",
    "features",
    "predictions",
    "incidents",
    "incidents/i1",
    "releases",
    "contracts",
    "loop",
)
REPLAYED = ("", "time", "decisions", "versions", "loop")
PROMISED = 200
"""Milliseconds within which a page stands once its folds are made."""


@dataclass(frozen=True)
class Timed:
    """One page in milliseconds: at the first look ever, in a process that begins anew, and at later looks."""

    name: str
    ever: float
    anew: float
    later: tuple[float, ...]
    size: int


def measure(home: Path, kind: str, pages: tuple[str, ...], looks: int) -> list[Timed]:
    """Every page of a record: with no folds kept and a book just opened, with folds kept, and again and again.

    The folds of a replay are always kept, as the replay made them.
    """
    found = []
    for page in pages:
        if kind != "replay":
            shutil.rmtree(home / FOLDS, ignore_errors=True)
        with opened(home, kind) as (book, clock):
            name = page or "overview"
            if page == "predictions/newest":
                page = f"predictions/{newest(book)}"  # noqa: PLW2901  # named in the address by its id
            ever, size = look(book, page, clock)
        with opened(home, kind) as (book, clock):
            anew, _ = look(book, page, clock)
            later = tuple(look(book, page, clock)[0] for _ in range(looks))
        found.append(Timed(name, ever, anew, later, size))
    return found


def added_up(home: Path) -> float:
    """Add up what the pages of a replay show, as the replay does at its end; seconds."""
    shutil.rmtree(home / FOLDS, ignore_errors=True)
    with opened(home, "replay") as (book, _):
        began = time.perf_counter()
        add_up_replay(book)
        return time.perf_counter() - began


@contextmanager
def opened(home: Path, kind: str) -> Iterator[tuple[Book, ManualClock]]:
    """A record as `trimtab console` opens it; the clock stands at its end."""
    clock = ManualClock(world.END)
    replay = kind == "replay"
    with closing(wiring.ledger_to_read(home if replay else home / "ledger")) as ledger:
        system = None if replay else world.declared()
        yield (
            Book(kind, "late-orders", ledger, clock, system, "system.py", replay=replay, folds=home / FOLDS),
            clock,
        )


def newest(book: Book) -> str:
    """The id of a prediction whose label has come."""
    place = book.ledger.frontier("predictions") * 99 // 100
    return book.ledger.read_records("predictions", since=place, until=place + 1)[0][1].id


def look(book: Book, page: str, clock: ManualClock) -> tuple[float, int]:
    """Ask for a page, a minute after the last look; milliseconds, and its size in bytes."""
    clock.set(clock.now() + 60_000_000)
    path = (book.slug, *page.split("/")) if page else (book.slug,)
    console = Console(lambda: (book,), clock)
    asked = Asked("GET", path, {}, {}, {b"host": b"127.0.0.1"}, clock.now())
    began = time.perf_counter()
    reply = console.answer(asked)
    took = 1000 * (time.perf_counter() - began)
    if reply.status != 200:
        raise SystemExit(f"{page}: {reply.status}")
    return took, len(reply.body)


def table(rows: list[Timed]) -> str:
    """The lines of a table of results."""
    lines = [
        "| page | first look ever, ms | first of a process | later, median | later, worst | KB |",
        "|---|---|---|---|---|---|",
    ]
    for each in rows:
        times = (each.ever, each.anew, statistics.median(each.later), max(each.later))
        lines.append(
            f"| {each.name} | {' | '.join(f'{each:,.0f}' for each in times)} | {each.size / 1000:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Make the records, look at every page, and write what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--predictions", type=int, default=10_000_000)
    parser.add_argument("--looks", type=int, default=9)
    parser.add_argument("--home", type=Path, help="keep the records here, and use those that are here")
    parser.add_argument("--write", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="trimtab-console-"))
    try:
        given.write.write_text(run(home, given.predictions, given.looks), encoding="utf-8")
    finally:
        if given.home is None:
            shutil.rmtree(home)
    print(given.write.read_text(encoding="utf-8"))


def run(home: Path, predictions: int, looks: int) -> str:
    """The page of results, of records made in `home` unless they are there."""
    replayed = home / "replays" / "late-orders"
    if not (home / "ledger").exists():
        world.serve_a_year(home / "ledger", predictions)
    if not replayed.exists():
        world.replay_a_year(replayed, predictions)
    live = measure(home, "live", (*PAGES, "predictions/newest"), looks)
    added = added_up(replayed)
    replay = measure(replayed, "replay", REPLAYED, looks)
    worst = max(max(each.later) for each in (*live, *replay))
    anew = max(each.anew for each in (*live, *replay))
    return PAGE.format(
        predictions=predictions,
        machine=f"{os.cpu_count()} cores, {processor()}, one thread",
        versions=f"Python {platform.python_version()}, numpy {metadata.version('numpy')}, pyarrow {metadata.version('pyarrow')}",
        load=os.getloadavg()[0],
        worst=worst,
        anew=anew,
        added=added,
        promised=PROMISED,
        live=table(live),
        replay=table(replay),
        looks=looks,
    )


PAGE = """# Pages of the console on a large record

`python benchmarks/console/run.py` wrote this page. [README.md](README.md) says what is measured.

{machine}, load {load:.1f}; {versions}; {predictions:,} predictions in each record, {looks} later looks a page.

Promised: {promised} ms. The slowest later look took {worst:,.0f} ms, the slowest first look of a process {anew:,.0f} ms.

## A served year

{live}

## A replayed year

The replay adds up what its pages show, once, at its end: {added:,.1f} s. No look waits for that.

{replay}
"""


if __name__ == "__main__":
    main()
