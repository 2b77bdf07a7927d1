"""Every flight of 2013 as a training row: as the shipped system declares it, and with three lines of its file wrong."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import trimtab as tt
from trimtab.examples import flights

FOLDER = Path(flights.__file__).parent
STATIC = ("carrier", "origin", "dest", "block_minutes", "minute_of_day", "weekday")
WEATHER = ("temperature", "wind", "rain", "visibility")
WRONG = {
    'known="landed"': 'known="departs"',
    'known=col("departs") + col("departure_delay") * minutes(1)': 'known="departs"',
    'at=col("departs") - hours(1)': 'at="departs"',
}
"""Known times as a batch join has them: each flight counts from its planned departure, up to that of the row."""


@dataclass(frozen=True, eq=False)
class Flown:
    """Training rows in order of request; `departs` and `landed` are microseconds, `landed` 0 where no plane landed."""

    label: np.ndarray
    departs: np.ndarray
    landed: np.ndarray
    planned: np.ndarray
    honest: dict[str, np.ndarray]
    leaky: dict[str, np.ndarray]

    def inputs(self, *, leaky=False, only=None):
        """A matrix of the named features (default: all); leaky ones differ in their windows, not in the weather."""
        windows = self.leaky if leaky else self.honest
        names = only or list(self.honest)
        return np.column_stack(
            [(self.honest if name in STATIC + WEATHER else windows)[name] for name in names]
        )


def read() -> Flown:
    """All flights, once as known and once as the wrong file has them."""
    schedule = pq.read_table(FOLDER / "data" / "schedule.parquet")
    landings = pq.read_table(FOLDER / "data" / "landings.parquet")
    text = (FOLDER / "system.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        honest = _rows(text, Path(folder))
        late = landings.join(schedule.select(["flight", "departs"]), "flight")
        pq.write_table(late, Path(folder) / "landings.parquet")
        wrong = text.replace('"data/landings.parquet"', f'"{folder}/landings.parquet"')
        for right, other in WRONG.items():
            if right not in wrong:
                raise SystemExit(f"the flights system has no {right} any more")
            wrong = wrong.replace(right, other)
        leaky = _rows(wrong, Path(folder))
    planes = schedule.join(landings.select(["flight", "landed"]), "flight").sort_by("flight")
    order = np.argsort(np.asarray(honest["at"].cast("int64")), kind="stable")
    departs, landed = (_numbers(planes[name].cast("int64"))[order] for name in ("departs", "landed"))
    planned = departs + _numbers(planes["block_minutes"])[order] * 60_000_000
    features = [name for name in honest.column_names if name not in {"flight", "at", "label", "weight"}]
    return Flown(
        _numbers(honest["label"])[order],
        departs,
        np.nan_to_num(landed),
        planned,
        {name: _numbers(honest[name])[order] for name in features},
        {name: _numbers(leaky[name])[order] for name in features},
    )


def _rows(text, folder):
    """The training set of a system file, in order of flights."""
    file = folder / "system.py"
    file.write_text(text.replace('"data/', f'"{FOLDER / "data"}/'), encoding="utf-8")
    return tt.training_set(tt.load(str(file)), as_of="2014-02-01").sort_by("flight")


def _numbers(column):
    """A column as floats; words as their place in the alphabet."""
    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
        return np.unique(np.asarray(column.cast(pa.string())).astype(str), return_inverse=True)[1] * 1.0
    return np.asarray(column.cast(pa.float64()))
