"""FastAPI with an `async def`: the model is scored on the event loop."""

from fastapi import FastAPI
from pydantic import BaseModel
from scoring import score

app = FastAPI()


class Row(BaseModel):
    features: list[float]


@app.post("/predict")
async def predict(row: Row):
    return {"score": score(row.features)}
