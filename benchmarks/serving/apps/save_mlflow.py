"""usage: save_mlflow.py MODELS OUT: the same booster as an MLflow model with a signature."""

import sys
from pathlib import Path

import lightgbm
import mlflow
import numpy as np

models, out = Path(sys.argv[1]), sys.argv[2]
booster = lightgbm.Booster(model_file=str(models / "booster.txt"))
rows = np.load(models / "sample.npy")
signature = mlflow.models.infer_signature(rows, booster.predict(rows))
mlflow.lightgbm.save_model(booster, out, signature=signature)
