"""What every LightGBM server written by hand shares: one row of numbers in, one probability out."""

import os
from pathlib import Path

import lightgbm
import numpy as np

BOOSTER = lightgbm.Booster(model_file=str(Path(os.environ["MODELS"]) / "booster.txt"))


def score(features):
    return float(BOOSTER.predict(np.array([features]), num_threads=1)[0])
