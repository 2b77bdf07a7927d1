"""What every tool's own script shares: reading streams, timing windows, and answering as JSON. Needs numpy alone.

SCRIPT OUT.json WINDOWS STREAM.npz ... judges the first WINDOWS windows of each stream.
"""

import json
import sys
import time
import warnings
from importlib import metadata
from pathlib import Path

import numpy as np


class Stream:
    """The arrays of a stream; `late` windows pass before labels are known."""

    def __init__(self, path, windows):
        arrays = np.load(path)
        self.names = [str(name) for name in arrays["names"]]
        self.numbers, self.late, self.size = (int(arrays[name]) for name in ("numbers", "late", "window"))
        self.reference = {name: arrays[f"reference_{name}"] for name in ("at", "values", "score", "label")}
        rows = slice(0, windows * self.size)
        self.rows = {name: arrays[name][rows] for name in ("at", "values", "score", "label")}
        self.windows = windows

    def window(self, place):
        """The rows of one window, labels included."""
        rows = slice(place * self.size, (place + 1) * self.size)
        return {name: values[rows] for name, values in self.rows.items()}


def each_window(places, judge):
    """The answers of judge(window) -> {detector: alert}, as lists of alerting windows, with CPU seconds of each."""
    found = {}
    for place in places:
        began = time.process_time()
        try:
            answers, failed = judge(place), None
        except Exception as error:  # noqa: BLE001  # what a tool cannot judge is counted
            answers, failed = {}, f"{type(error).__name__}: {error}"[:200]
        spent = time.process_time() - began
        for name, alert in answers.items():
            found.setdefault(name, new())["alerts"] += [place] if alert else []
        for name in answers if failed is None else found or {"?": None}:
            one = found.setdefault(name, new())
            one["seconds"].append(spent)
            one["failed"] += [failed] if failed else []
    return found


def new():
    return {"alerts": [], "seconds": [], "failed": []}


def delayed(stream, found):
    """Alerts on labelled windows as they come: when the labels do."""
    for one in found.values():
        one["alerts"] = [
            place + stream.late for place in one["alerts"] if place + stream.late < stream.windows
        ]
    return found


def main(watch, packages):
    """Answer for every stream named on the command line."""
    warnings.filterwarnings("ignore")
    out, windows, *paths = sys.argv[1:]
    answer = {"versions": {name: metadata.version(name) for name in packages}, "streams": {}}
    for path in paths:
        answer["streams"][Path(path).stem] = watch(Stream(path, int(windows)))
        # a run that is stopped has said something
        Path(out).write_text(json.dumps(answer), encoding="utf-8")
