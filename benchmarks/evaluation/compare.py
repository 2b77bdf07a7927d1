"""trimtab, Deepchecks and skore on the same rows with planted faults; writes PEERS.md.

`python benchmarks/evaluation/compare.py --environments DIR [--seeds 3]`; DIR/deepchecks and DIR/skore are virtual
environments with what stands in requirements/.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path += [str(HERE / "peers"), str(HERE.parent)]
from flown import read  # noqa: E402  # beside this one
from machine import processor  # noqa: E402  # beside all benchmarks
from planted import COLUMNS, FAULTS, FILE, FLIGHTS, ROWS  # noqa: E402  # beside the peers' scripts, which run elsewhere

SCRIPTS = {"trimtab": "ours", "deepchecks": "deepchecks_suite", "skore": "skore_checks"}
SHOWN = ("trimtab", "trimtab --quick", "deepchecks", "skore")
# one thread and no worker processes, whose CPU seconds nobody would see
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1", "DO_NOT_TRACK": "1"}
FLOWN = 100_000
HOUR, DAY = 3_600_000_000, 86_400_000_000
ABOUT = {
    "leak": (("leak", "too good", "Feature Label Correlation", "Golden feature"), ("c5",)),
    "weak slice": (("slice", "Weak Segments"), ("c3", "c4")),
    "miscalibration": (("calibrat", "Calibrat", "probabilities", "Label Drift"), ()),
    "drift": (("drift", "Drift"), ()),
    "duplicates": (("equal a learned one", "Samples Mix"), ()),
}
"""Words of which a flagged check must hold one to be about the fault, and columns of which it must name every one."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--environments", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for answers, so that a stopped run goes on")
    asked = parser.parse_args()
    programs = {"trimtab": Path(sys.executable)}
    programs |= {name: asked.environments / name / "bin" / "python" for name in ("deepchecks", "skore")}
    with tempfile.TemporaryDirectory() as folder:
        kept = asked.keep or Path(folder)
        kept.mkdir(exist_ok=True)
        found = {
            (fault, seed): run(programs, fault, seed, kept) for seed in range(asked.seeds) for fault in FAULTS
        }
        QUIET[FILE] = str(flights(Path(folder) / "flights.npz"))
        flown = run(programs, FLIGHTS, 0, kept)
    page = "\n".join(lines(found, flown, programs, asked.seeds)) + "\n"
    (HERE / "PEERS.md").write_text(page, encoding="utf-8")
    print(page)


def run(programs, fault, seed, kept):
    """The answers of all tools about one table, one after the other, each in a process of its own."""
    answers = {}
    for tool, program in programs.items():
        file = kept / f"{tool}-{fault}-{seed}.json"
        if not file.exists():
            command = [program, "-W", "ignore", HERE / "peers" / f"{SCRIPTS[tool]}.py", fault, str(seed)]
            environment = {**os.environ, **QUIET}
            done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            if done.returncode:
                raise SystemExit(f"{tool}, {fault}: {done.stderr[-2000:]}")
            file.write_text(done.stdout.strip().splitlines()[-1], encoding="utf-8")
            print(file.stem, flush=True)
        answers |= json.loads(file.read_text(encoding="utf-8"))
    return answers


def flights(file):
    """Write the features of the newest flights, as trimtab computes them: as many learned rows as judged ones."""
    flown = read()
    inputs, asked = flown.inputs(), flown.departs.astype(np.int64) - HOUR
    # whole days judge, for a version is trained at a midnight
    first = np.searchsorted(asked, asked[-FLOWN] // DAY * DAY + DAY)
    learned, judged = slice(first - FLOWN, first), slice(first, None)
    content = {
        "learned": inputs[learned],
        "label": flown.label[learned].astype(np.int64),
        "asked": asked[learned],
    }
    content |= {
        "judged": inputs[judged],
        "answers": flown.label[judged].astype(np.int64),
        "later": asked[judged],
    }
    np.savez(file, names=np.array(list(flown.honest)), **content)
    return file


def on_flights(flown):
    """What the tools say of the newest flights, where nothing is planted."""
    yield "\n## Flights\n"
    yield f"The newest {flown['trimtab']['rows']:,} flights of 2013 judge, as many before them are learned, with the 27 features of the example."
    yield "\n| | " + " | ".join(SHOWN) + " |"
    yield "|---|" + "---|" * len(SHOWN)
    seconds = {tool: flown[tool]["seconds"] for tool in SHOWN}
    yield "| CPU seconds | " + " | ".join(f"{seconds[tool]:.1f}" for tool in SHOWN) + " |"
    yield "| to trimtab | " + " | ".join(f"{seconds[tool] / seconds['trimtab']:.2f}" for tool in SHOWN) + " |"
    yield "| flagged | " + " | ".join(str(len(flown[tool]["flagged"])) for tool in SHOWN) + " |"
    yield "| did not run | " + " | ".join(str(len(flown[tool]["failed"])) for tool in SHOWN) + " |\n"
    for tool in SHOWN:
        if tool != "trimtab --quick":
            yield f"- {tool}: {words(flown[tool])}"


def words(answer):
    """What was flagged, each shortened."""
    return "; ".join(f"*{' '.join(each.split())[:110]}*" for each in answer["flagged"]) or "nothing"


def about(flagged, fault):
    """Whether a flagged check is about a fault."""
    words, columns = ABOUT[fault]
    return any(word in flagged for word in words) and all(column in flagged for column in columns)


def told(found, tool, table, fault, seeds):
    """In how many tables a tool flagged what is about a fault."""
    return sum(
        any(about(each, fault) for each in found[table, seed][tool]["flagged"]) for seed in range(seeds)
    )


def lines(found, flown, programs, seeds):
    yield "# What does each evaluation suite find, and at what cost?\n"
    yield "`python benchmarks/evaluation/compare.py` wrote this page. [README.md](README.md) says what is compared.\n"
    yield f"{ROWS:,} learned and {ROWS:,} judged rows of {COLUMNS} columns, {seeds} seeds, one thread."
    yield f"{processor()}, Python {platform.python_version()}. trimtab {metadata.version('trimtab')} with scikit-learn"
    yield f"{metadata.version('scikit-learn')}; " + "; ".join(
        versions(programs[name], name) for name in ("deepchecks", "skore")
    )
    yield "\n## Planted faults\n"
    yield "In how many tables the fault was told; in brackets, in how many clean ones a check about such faults flagged.\n"
    yield "| planted | " + " | ".join(SHOWN) + " |"
    yield "|---|" + "---|" * len(SHOWN)
    for fault in ABOUT:
        cells = [
            f"{told(found, tool, fault, fault, seeds)} of {seeds} ({told(found, tool, 'clean', fault, seeds)})"
            for tool in SHOWN
        ]
        yield f"| {fault} | " + " | ".join(cells) + " |"
    clean = [[len(found["clean", seed][tool]["flagged"]) for seed in range(seeds)] for tool in SHOWN]
    yield "| checks that flag a clean table | " + " | ".join(f"{np.mean(each):.1f}" for each in clean) + " |"
    yield "\nThe drift was planted without harm: the answers follow it. trimtab's evaluation asks what a model costs, so nothing is"
    yield "what it should say; in service `trimtab watch` ranks such drift by its effect."
    yield from costs(found)
    yield from on_flights(flown)
    yield from verbatim(found)


def costs(found):
    """CPU seconds of each tool over all tables."""
    spent = {tool: [each[tool]["seconds"] for each in found.values()] for tool in SHOWN}
    middle = {tool: float(np.median(each)) for tool, each in spent.items()}
    yield "\n## CPU seconds\n"
    yield "| | " + " | ".join(SHOWN) + " |"
    yield "|---|" + "---|" * len(SHOWN)
    yield "| median | " + " | ".join(f"{middle[tool]:.1f}" for tool in SHOWN) + " |"
    yield (
        "| from, to | "
        + " | ".join(f"{min(spent[tool]):.1f}, {max(spent[tool]):.1f}" for tool in SHOWN)
        + " |"
    )
    yield "| to trimtab | " + " | ".join(f"{middle[tool] / middle['trimtab']:.2f}" for tool in SHOWN) + " |"


def verbatim(found):
    """What was flagged, of the first seed."""
    yield "\n## What was flagged, first seed\n"
    for fault in FAULTS:
        for tool in SHOWN:
            if tool != "trimtab --quick":
                yield f"- {fault}, {tool}: {words(found[fault, 0][tool])}"


def versions(program, name):
    code = (
        "from importlib.metadata import version as v; "
        f"print('{name}', v('{name}'), 'with scikit-learn', v('scikit-learn'), 'and pandas', v('pandas'))"
    )
    return subprocess.run([program, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
