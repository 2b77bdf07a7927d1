"""A year of flights replayed with each declared manner: loss, fits, rows learned and CPU, against learning anew.

`python benchmarks/manners/replayed.py` writes REPLAYED.md beside itself.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

import platform
import sys
import warnings
from importlib import metadata
from pathlib import Path

from lightgbm import LGBMClassifier
from sklearn.linear_model import SGDClassifier

import trimtab as tt
from trimtab import days, wiring
from trimtab.examples.flights.system import system as flights
from trimtab.runtime.replay.run import Settings, replay
from trimtab.testing import MemoryLedger

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # beside all benchmarks

HERE = Path(__file__).parent
WEEKLY = tt.every(days(7))
LEARNERS = {
    "LightGBM": LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1),
    "logistic (SGD)": SGDClassifier(
        loss="log_loss", learning_rate="constant", eta0=0.001, max_iter=3, tol=None
    ),
}


def replayed(name):
    """A replay of the year: the manners as calendars, and the stateful one again as it is released."""
    system = tt.System(
        "flights",
        flights.request,
        tt.Model(LEARNERS[name], flights.model.features, flights.model.label, metric=flights.model.metric),
        stakes=flights.stakes,
        retrain=tt.Retrain(WEEKLY, manner="stateful"),
        release=flights.release,
        zone=flights.zone,
    )
    manners = [tt.Policy(each, tt.Retrain(WEEKLY, manner=each)) for each in ("stateful", "race")]
    settings = Settings(policies=("weekly-expanding", *manners, "own"), processes=1, watch=False)
    return replay(system, wiring.engine(), wiring.tables(), MemoryLedger(), settings)


NAMES = {
    "weekly-expanding": "from scratch",
    "own-from-scratch": "from scratch, released",
    "own": "stateful, released",
}


def rows(learner, done):
    """One row a policy."""
    best = done.verdict.best
    for each in done.policies:
        score, spent = each.score, each.score.spent
        gap = score.to_best
        text = "-" if each.name == best else f"{gap.estimate:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"
        yield (
            f"| {learner} | {NAMES.get(each.name, each.name)} | {score.loss.estimate:.4f} | {text} "
            f"| {spent.fits} | {spent.rows / 1e6:.1f} | {spent.cpu_seconds:.1f} |"
        )


def page(found):
    """What is written to REPLAYED.md."""
    names = ("numpy", "scikit-learn", "lightgbm")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    table = "\n".join(row for learner, done in found.items() for row in rows(learner, done))
    own = [
        f"- {learner}: {each.learned.sentence}"
        for learner, done in found.items()
        for each in done.policies
        if each.learned is not None
    ]
    best = "; ".join(
        f"{learner}: {NAMES.get(done.verdict.best, done.verdict.best)}" for learner, done in found.items()
    )
    first = next(iter(found.values()))
    return f"""# A year of flights, replayed in each manner

`python benchmarks/manners/replayed.py` wrote this page. [README.md](README.md) says what is compared.

{first.rows:,} flights, a training every week, the same flights for every row of a learner. Fits and CPU seconds count
everything after the common first model: updates, fits from scratch, and both contenders of each race. Rows are those that
these fits learned from, in millions. Differences are to the lowest loss of the learner ({best}), 95 % over weeks of days.

{processor()}, one thread, Python {platform.python_version()}, {versions}.

| learner | manner | log loss | to the lowest | fits | rows learned, M | CPU, s |
|---|---|---|---|---|---|---|
{table}

## As it is released: gate and canary of the example

{chr(10).join(own)}
"""


def main():
    """Replay each learner, write the page."""
    warnings.simplefilter("ignore")
    found = {}
    for name in sys.argv[1:] or LEARNERS:
        found[name] = replayed(name)
        print("\n".join(rows(name, found[name])), flush=True)
    text = page(found)
    (HERE / "REPLAYED.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
