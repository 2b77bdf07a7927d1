"""FastAPI with a `def`: the model is scored in a pool of threads."""

from fastapi import FastAPI
from pydantic import BaseModel
from scoring import score

app = FastAPI()


class Row(BaseModel):
    features: list[float]


@app.post("/predict")
def predict(row: Row):
    return {"score": score(row.features)}
