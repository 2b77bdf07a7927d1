"""What was found in a log as files: figures to check by hand, the page, and the outcome as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet

from trimtab.report import to_html
from trimtab.runtime.watching.logs.watch import WRITTEN
from trimtab.runtime.watching.result import WatchResult


def write(done: WatchResult, folder: Path) -> Path:
    """Write windows.parquet, windows.csv, watch.json and watch.html into a folder; return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    table = done.table()
    pyarrow.parquet.write_table(table, folder / WRITTEN)
    pyarrow.csv.write_csv(table, folder / Path(WRITTEN).with_suffix(".csv"))
    (folder / "watch.json").write_text(json.dumps(done.to_json(), indent=1) + "\n", encoding="utf-8")
    page = folder / "watch.html"
    page.write_text(to_html(done.document()), encoding="utf-8")
    return page
