"""A live shop with a few predictions worth explaining: a usual one, a strange one, one by name, one of a fallback."""

import asyncio
import sys
from contextlib import contextmanager
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "serving"))

from live_worlds import train, world

from trimtab.serving.answering import Answering

DAY = 86_400_000_000


@contextmanager
def shop_answering():
    """Predictions first, strange, named and fallen, in this order; v1 is the champion, v2 came later."""
    with world() as found:
        asyncio.run(found.service.predict([found.row(1_000_001, shop="north")], ["first"]))
        asyncio.run(found.service.predict([found.row(1_000_002, weight=900.0)], ["strange"]))
        later = train(found.system, found.home, found.clock.now() - DAY)
        asyncio.run(found.service.predict([found.row(1_000_003)], ["named"], version=later))
        answering: Answering = found.service._parts.answering
        working = answering._asking.features
        object.__setattr__(answering._asking, "features", broken)
        asyncio.run(found.service.predict([found.row(1_000_004)], ["fallen"]))
        object.__setattr__(answering._asking, "features", working)
        yield found


def broken(row, at, now):
    raise ArithmeticError("no features today")
