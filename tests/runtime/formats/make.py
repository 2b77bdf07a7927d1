"""Write a home as this release writes it, small enough to be kept: later releases must be able to read it.

PYTHONPATH=tests:tests/runtime python tests/runtime/formats/make.py tests/runtime/formats/home-0.1.zip
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
from loop_worlds import means_of, once, system

from orders import START, orders_tables
from trimtab import wiring
from trimtab.ports import Record
from trimtab.runtime.intake import take_in
from trimtab.runtime.live_loop.asked import Asked, ask
from trimtab.runtime.live_loop.past import load_history
from trimtab.runtime.live_loop.shadow_log import SHADOW, Shadowed, record_of
from trimtab.runtime.logged import PREDICTIONS, Arm, Logged, encode
from trimtab.serving.opening import Home
from trimtab.testing import ManualClock

DAY = 86_400_000_000
NOW = START + 30 * DAY


def write(folder: Path) -> None:
    """A home with facts, one version that answers, predictions (one of a split), shadow scores, and wishes."""
    declared = system(orders_tables(rows=60, length_days=20))
    ledger, blobs = wiring.ledger(folder / "ledger"), wiring.blobs(folder / "blobs")
    tables = wiring.tables()
    home = Home(ledger, blobs, None, wiring.engine, tables, ManualClock(NOW), wiring.load, lambda _: None)
    engine = wiring.engine()
    take_in(declared, engine, tables, ledger, NOW - DAY)
    engine.close()
    means = means_of(declared, home)
    once(means, NOW)
    row = {"order": 1_000, "ordered": NOW, "shop": "south", "weight": 3.0}
    plain = Logged(row, {"shop": "south", "weight": 3.0}, NOW, NOW, "v1", "champion", 0.25)
    split = Logged(row, {}, NOW, NOW, "v1", "fallback", 0.5, ["late"], Arm("control", 0.75, "v2", "u", 9.5))
    ledger.append_records(
        PREDICTIONS, [Record("p1", NOW, encode(plain), 1_000), Record("p2", NOW, encode(split), 1_000)]
    )
    ledger.append_records(SHADOW, [record_of(Shadowed("v2", "p1", 0.3), NOW)])
    ask(ledger, Asked(NOW, "promote", "v1", "because"))
    ledger.seal(PREDICTIONS)
    history = load_history(means)
    score = wiring_predictor(means).score(history.matrix.rows(0, 5))
    (folder / "expected.json").write_text(json.dumps({"rows": rows_of(history), "score": score.tolist()}))
    ledger.close()


def wiring_predictor(means):
    from trimtab.runtime.live_loop.carrying import stored_versions
    from trimtab.runtime.versions import load_version

    return load_version(stored_versions(means.ledger)["v1"], means.blobs, means.load)


def rows_of(history):
    """The first five rows as plain values."""
    table: pa.Table = history.requests.table.slice(0, 5)
    return table.select(["shop", "weight"]).to_pylist()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write(Path(made) / "home")
        with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted((Path(made) / "home").rglob("*")):
                if path.is_file() and path.suffix != ".lock" and path.name != "lock":
                    archive.write(path, path.relative_to(made))
