"""Runs in NannyML's own environment: its CBPE on each case, chunk by chunk.

peer.py FOLDER reads FOLDER/*.npz and writes FOLDER/cbpe.json: estimated accuracy and CPU seconds a chunk.
"""

import json
import sys
import time
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")

from nannyml import CBPE  # noqa: E402  # after its warnings are silenced


def frame(rows, start, stop):
    columns = {"score": rows["score"], "decision": rows["decision"], "label": rows["label"]}
    return pd.DataFrame({name: column[start:stop] for name, column in columns.items()})


def estimated(path):
    rows = np.load(path)
    bounds = rows["bounds"]
    peer = CBPE(
        y_pred_proba="score",
        y_pred="decision",
        y_true="label",
        metrics=["accuracy"],
        problem_type="classification_binary",
        chunk_size=5000,
    )
    peer.fit(frame(rows, 0, bounds[0]))
    accuracy, seconds = [], []
    for start, stop in pairwise(bounds):
        chunk = frame(rows, start, stop).drop(columns="label")
        began = time.process_time()
        result = peer.estimate(chunk).filter(period="analysis").to_df()
        seconds.append(time.process_time() - began)
        counts = result[("chunk", "end_index")] - result[("chunk", "start_index")] + 1
        accuracy.append(float(np.average(result[("accuracy", "value")], weights=counts)))
    return {"accuracy": accuracy, "seconds": seconds}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = {path.stem: estimated(path) for path in sorted(folder.glob("*.npz"))}
    (folder / "cbpe.json").write_text(json.dumps(found))
