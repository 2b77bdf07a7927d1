"""FastAPI with a `def` and a pickled scikit-learn model that reads a DataFrame of one row, with categories."""

import json
import os
import pickle
from pathlib import Path

import pandas as pd
from fastapi import FastAPI
from pydantic import create_model

FOLDER = Path(os.environ["MODELS"])
MODEL = pickle.loads((FOLDER / "histogram.pickle").read_bytes())  # noqa: S301  # what people do is what is measured
COLUMNS = json.loads((FOLDER / "columns.json").read_text())
WORDS = COLUMNS["words"]
CATEGORIES = {name: pd.CategoricalDtype(known) for name, known in WORDS.items()}
Row = create_model("Row", **{name: (str if name in WORDS else float, ...) for name in COLUMNS["names"]})

app = FastAPI()


@app.post("/predict")
def predict(row: Row):
    frame = pd.DataFrame([row.model_dump()]).astype(CATEGORIES)
    return {"score": float(MODEL.predict_proba(frame)[0, 1])}
