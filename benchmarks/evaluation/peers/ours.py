"""`tt.train` on the learned rows, then `tt.evaluate` of that version on the judged ones: ours.py FAULT SEED."""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from planted import learner, table

import trimtab as tt
from trimtab.finding import Severity


def main():
    made = table(sys.argv[1], int(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        system = declared(made, Path(folder))
        tt.train(system, as_of=str(made.parted), home=folder)
        told = {
            "trimtab": judged(system, made, folder, retrain=True),
            "trimtab --quick": judged(system, made, folder, retrain=False),
        }
    print(json.dumps(told))


def judged(system, made, folder, *, retrain):
    began = sum(os.times()[:4])
    done = tt.evaluate(
        system, "v1", as_of=str(made.ends), rows=len(made.judged), retrain=retrain, home=folder
    )
    spent = sum(os.times()[:4]) - began
    told = [each for findings in done.findings.values() for each in findings]
    flagged = [each.what for each in told if each.severity in (Severity.ACT, Severity.WATCH)]
    failed = [each.what for each in told if each.severity is Severity.NOT_RUN]
    return {"seconds": spent, "flagged": flagged, "failed": failed, "rows": done.rows}


def declared(made, folder):
    """The rows as a table with times: learned ones over the first days, judged ones over as many after them."""
    rows = np.concatenate([made.learned, made.judged])
    asked = np.concatenate(made.asked)
    columns = dict(zip(made.names, rows.T, strict=True))
    columns |= {"row": np.arange(len(rows)), "asked": asked, "told": asked + np.timedelta64(1, "m")}
    columns["answer"] = np.concatenate([made.label, made.answers]) == 1
    file = folder / "rows.parquet"
    pq.write_table(pa.table(columns), file)
    return tt.table(
        "planted",
        str(file),
        learner(),
        at="asked",
        label="answer",
        label_known="told",
        matures_after=tt.minutes(1),
        id="row",
        zone="UTC",
    )


main()
