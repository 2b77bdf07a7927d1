"""Weekly updates of flights in each manner: loss, AUC and CPU, paired with fits from scratch.

`python benchmarks/manners/run.py` writes RESULTS.md beside itself.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before anything loads a thread pool

import copy
import platform
import sys
import time
import warnings
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import SGDClassifier

import trimtab as tt
from trimtab.examples.flights.system import system
from trimtab.metrics import area_under_roc, log_losses
from trimtab.stats import Bootstrap, unit_totals
from trimtab.training.chain import Chain, ChainRules, judge_race, plan_update
from trimtab.training.continuing import continue_fit
from trimtab.training.fit import Recipe, fit
from trimtab.training.manners.manner import Manner
from trimtab.training.matrix import from_table

sys.path.append(str(Path(__file__).parents[1]))
from machine import processor  # beside all benchmarks

HERE = Path(__file__).parent
DAY = 86_400_000_000
LATE = 2 * DAY
NEW_YORK = 5 * DAY // 24  # behind UTC, so that a unit is a local day of winter
REFERENCE = ("LightGBM", "scratch, everything")
LIGHT = LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1)
LINEAR = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.001, max_iter=3, tol=None)
HISTOGRAM = HistGradientBoostingClassifier(max_iter=50, early_stopping=False)
BOOTSTRAP = Bootstrap(seed=0)


def flights():
    """The matrix, request times, labels and weekly ticks."""
    table = tt.training_set(system, as_of=datetime(2014, 1, 15, tzinfo=UTC))
    table = table.sort_by("at")
    at = table["at"].cast("int64").to_numpy()
    label = np.asarray(table["label"], float)
    matrix = from_table(table.drop_columns(["flight", "at", "label", "weight"]))
    first = int(datetime(2013, 2, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000
    return matrix, at, label, np.arange(first, at[-1], 7 * DAY)


MATRIX, AT, LABEL, TICKS = flights()


def learnable(start, stop):
    """The rows whose labels matured in [start, stop)."""
    return np.flatnonzero((start <= AT + LATE) & (stop > AT + LATE))


class Manners:
    """All weekly policies of one learner, from one first model."""

    def __init__(self, learner):
        self.recipe = Recipe(learner, "binary")
        self.first = self.scratch(0, TICKS[0])

    def scratch(self, start, stop):
        rows = learnable(start, stop)
        return fit(self.recipe, MATRIX.take(rows), LABEL[rows], None, seed=0).predictor

    def child(self, parent, start, stop, manner):
        rows = learnable(start, stop)
        return continue_fit(parent, self.recipe, MATRIX.take(rows), LABEL[rows], None, 0, manner).predictor

    def never(self, model, _):
        return model

    def everything(self, _, week):
        return self.scratch(0, TICKS[week])

    def recent(self, _, week):
        return self.scratch(TICKS[week] - 60 * DAY, TICKS[week])

    def continued(self, manner, weeks=1):
        return lambda model, week: self.child(model, TICKS[week] - 7 * weeks * DAY, TICKS[week], manner)

    def destroyed(self, model, week):
        """What is refused: scikit-learn's own warm start on the last week."""
        rows = learnable(TICKS[week - 1], TICKS[week])
        model = copy.deepcopy(model)
        grown = model.estimator.n_iter_ + 5
        inputs = model.encoder.encode(MATRIX.take(rows))
        model.estimator.set_params(warm_start=True, max_iter=grown).fit(inputs, LABEL[rows].astype(int))
        return model

    def chain(self, rules, *, raced, told):
        """Leaf refits under the rules of chains; without races only the cap counts."""
        manner, links, heats = Manner("leaf_refit"), [(TICKS[0], self.first, Chain())], []

        def update(model, week):
            (since, _, chain), now = links[-1], TICKS[week]
            plan = plan_update(chain, rules).what
            if plan == "race":
                plan = self.race(links, now, heats, rules, told) if raced else "continue"
            if plan == "scratch":
                links.append((now, self.scratch(0, now), Chain()))
            else:
                child = self.child(model, since, now, manner)
                links.append((now, child, chain.continued(f"v{week}", manner.name)))
            return links[-1][1]

        return update

    def race(self, links, now, heats, rules, told):
        """The chain and a fit from scratch as they stood two weeks ago, on what matured since."""
        cut = now - 14 * DAY
        began = time.process_time()
        scratch = self.scratch(0, cut)
        spent = time.process_time() - began
        then = next(model for at, model, _ in reversed(links) if at <= cut)
        rows = learnable(cut, now)
        heats.append([totals(score(model, rows), rows) for model in (then, scratch)])
        sums = heats[0]
        for heat in heats[1:]:
            sums = [one.merge(other) for one, other in zip(sums, heat, strict=True)]
        result = judge_race(*sums, rules, seed=0, cpu_seconds=(0.0, spent))
        told.append(result)
        return "continue" if result.keeps_up else "scratch"


def score(model, rows):
    return model.score(MATRIX.take(rows))


def totals(scores, rows):
    return unit_totals(log_losses(LABEL[rows], scores), (AT[rows] - NEW_YORK) // DAY)


def year(first, update):
    """Scores of all flights after the first tick, and the CPU seconds of the updates."""
    scores, spent, model = [], 0.0, first
    for week, tick in enumerate(TICKS):
        if week:
            began = time.process_time()
            model = update(model, week)
            spent += time.process_time() - began
        end = TICKS[week + 1] if week + 1 < len(TICKS) else AT[-1] + 1
        scores.append(score(model, np.flatnonzero((tick <= AT) & (end > AT))))
    return np.concatenate(scores), spent


def policies(told):
    """Each learner with its policies."""
    light, linear, histogram = (Manners(learner) for learner in (LIGHT, LINEAR, HISTOGRAM))
    leaves, append = Manner("leaf_refit"), Manner("append_trees")
    yield (
        "LightGBM",
        light,
        {
            "never": light.never,
            "scratch, everything": light.everything,
            "scratch, 60 days": light.recent,
            "leaf refit, decay 0.9": light.continued(leaves),
            "leaf refit, decay 0.99": light.continued(Manner("leaf_refit", decay=0.99)),
            "append 5 trees, last week": light.continued(append),
            "append 5 trees, last 28 days": light.continued(append, weeks=4),
            "leaf refit, chain of 8": light.chain(ChainRules(), raced=False, told=told),
            "leaf refit, chain of 8, raced": light.chain(ChainRules(), raced=True, told=told),
        },
    )
    yield (
        "logistic (SGD)",
        linear,
        {
            "never": linear.never,
            "scratch, everything": linear.everything,
            "`partial_fit`, last week": linear.continued(Manner("partial_fit")),
        },
    )
    yield (
        "HistGradientBoosting",
        histogram,
        {
            "never": histogram.never,
            "scratch, everything": histogram.everything,
            "warm start (refused)": histogram.destroyed,
        },
    )


def table(found):
    """One row a manner, in the order of `policies`."""
    rows = np.flatnonzero(TICKS[0] <= AT)
    december = AT[rows] >= int(datetime(2013, 12, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000
    best = {learner: totals(found[learner, "scratch, everything"][0], rows) for learner, _ in found}
    text = [
        "| learner | manner | log loss | AUC | CPU, s | December | to LightGBM from scratch, 95 % | to its own scratch, 95 % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (learner, manner), (scores, spent) in found.items():
        ours, losses = totals(scores, rows), log_losses(LABEL[rows], scores)
        pairs = [best[REFERENCE[0]], best[learner]]
        differences = [
            "-"
            if ours.sums is one.sums or np.array_equal(ours.sums, one.sums)
            else str(BOOTSTRAP.difference(ours, one))
            for one in pairs
        ]
        text.append(
            f"| {learner} | {manner} | {losses.mean():.4f} | {area_under_roc(LABEL[rows], scores):.3f} | {spent:.1f} "
            f"| {losses[december].mean():.3f} | {differences[0]} | {differences[1]} |"
        )
    return "\n".join(text)


def page(found, told):
    """What is written to RESULTS.md."""
    names = ("numpy", "scikit-learn", "lightgbm")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    races = "\n".join(f"{number}. {result.reason}" for number, result in enumerate(told, 1))
    return f"""# What continuing a model costs, and what it loses

`python benchmarks/manners/run.py` wrote this page. [README.md](README.md) says what is compared.

{int((TICKS[0] <= AT).sum()):,} flights from February to December 2013, {LABEL[TICKS[0] <= AT].mean():.1%} late, {len(TICKS) - 1} weekly updates. CPU
seconds are of all updates together, with the encoding of their rows and with both contenders of each race. Intervals are
of paired differences of log loss, weeks of days resampled; above 0 is worse.

{processor()}, one thread, Python {platform.python_version()}, {versions}.

{table(found)}

## The races of "leaf refit, chain of 8, raced"

{races}
"""


def main():
    """Run every policy, write the page."""
    warnings.simplefilter("ignore")
    found, told = {}, []
    for learner, manners, updates in policies(told):
        for name, update in updates.items():
            found[learner, name] = year(manners.first, update)
            print(learner, name, f"{found[learner, name][1]:.1f} s", flush=True)
    text = page(found, told)
    (HERE / "RESULTS.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
