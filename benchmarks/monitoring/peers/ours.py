"""trimtab: everything it watches with labels that come late, one page budget of one false page a year."""

import time

import common
import numpy as np

from trimtab.monitoring.budget import Budget
from trimtab.monitoring.counts import Columns
from trimtab.monitoring.observed import Observed
from trimtab.monitoring.options import Options
from trimtab.monitoring.reference import accept
from trimtab.monitoring.summary import summarise_inputs, summarise_outcomes
from trimtab.monitoring.watcher import Watcher
from trimtab.monitoring.watching import Page
from trimtab.units import hours

HOUR = 3_600_000_000
OPTIONS = Options(budget=Budget(1.0, window=hours(1)), unit="row", loss="decision")


def watch(stream):
    texts = {name: words(stream, place) for place, name in enumerate(stream.names) if place >= stream.numbers}

    def observed(rows):
        columns = Columns(tuple(stream.names), rows["values"], texts)
        at, label = rows["at"].astype(np.int64), rows["label"].astype(float)
        return Observed(at, columns, rows["score"], label, at + stream.late * HOUR)

    began = time.process_time()
    reference = accept(observed(stream.reference), OPTIONS)
    fitting = time.process_time() - began
    watcher, parts = Watcher(reference), {"inputs": [], "weighing": [], "outcomes": [], "step": []}
    state, seen = watcher.begin(), common.new() | {"pages": [], "fit_seconds": fitting, "parts": parts}
    opened = False
    for place in range(stream.windows):
        marks = [time.process_time()]
        rows, weigh = observed(stream.window(place)), watcher.weighs(state)
        start = int(rows.at[0])
        inputs = summarise_inputs(reference, rows, start, weigh=weigh, uncertainty=state.uncertainty)
        marks.append(time.process_time())
        outcomes = [_labelled(stream, reference, observed, place)] if place >= stream.late else []
        marks.append(time.process_time())
        state, happened = watcher.step(state, inputs, outcomes)
        marks.append(time.process_time())
        for name, spent in zip(("inputs", "outcomes", "step"), np.diff(marks), strict=True):
            parts["weighing" if weigh and name == "inputs" else name].append(float(spent))
        seen["seconds"].append(marks[-1] - marks[0])
        if isinstance(happened, Page):
            since = (happened.since - int(stream.rows["at"][0])) // HOUR
            seen["pages"].append([place, since, happened.shares])
        opened = state.watching.open is not None
        seen["alerts"] += [place] if opened or isinstance(happened, Page) else []
    seen |= _looked(watcher, state)
    return {"trimtab": seen}


def _labelled(stream, reference, observed, place):
    """The window whose labels are a day late, and known now."""
    rows = observed(stream.window(place - stream.late))
    return summarise_outcomes(reference, rows, int(rows.at[0]))


def _looked(watcher, state):
    """What limits the monitors: how much evidence is tempered, what is tolerated."""
    gauges = watcher.reference.gauges.items()
    return {
        "tolerance": watcher.reference.tolerance,
        "baseline": watcher.reference.baseline,
        "design_effects": {name: gauge.monitor.design_effect(1000) for name, gauge in gauges},
        "live_effects": {each.name: each.design_effect(1000) for each in state.watching.monitors},
        "log_evidence": state.watching.log_evidence(),
        "trust": state.trust.reasons,
        "trend": _trend(state, watcher.reference.baseline),
    }


def _trend(state, baseline):
    """By how much the loss of the last 48 labelled windows exceeds the reference's, and its standard error."""
    held = np.array([each.loss.mean for each in state.outcomes[-48:]]) - baseline
    return [float(held.mean()), float(held.std(ddof=1) / np.sqrt(len(held)))] if len(held) > 1 else None


def words(stream, place):
    """The words of a text column, as many as its reference has codes."""
    return tuple(f"w{code}" for code in range(int(stream.reference["values"][:, place].max()) + 1))


if __name__ == "__main__":
    common.main(watch, ["trimtab", "numpy", "scipy", "scikit-learn"])
