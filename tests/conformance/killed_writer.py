"""A process to be killed: for each line (folder, seed) on its input it starts a writer that reports what it was promised.

The writer is a copy of this process, which has imported everything and opened nothing, so that a round takes
milliseconds. Each promise is one line, written after the append returned.
"""

import os
import sys
from itertools import count

import numpy as np
import pyarrow as pa

from trimtab.adapters.ledger import sqlite
from trimtab.ports import Event

sqlite.BULK_ROWS = 40


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def write(folder, seed):
    chance = np.random.default_rng(seed)
    ledger = sqlite.SqliteLedger(folder)
    say("pid", os.getpid())
    for number in count():
        token, stream = f"{seed}-{number}", str(chance.choice(["facts", "labels/late"]))
        action = chance.choice(["rows", "bulk", "events", "seal"], p=[0.4, 0.15, 0.3, 0.15])
        size = int(chance.integers(40, 90) if action == "bulk" else chance.integers(1, 6))
        if action == "seal":
            ledger.seal(stream)
        elif action == "events":
            first = ledger.append_events("journal", [Event(number, token, "s")] * size)
            say("journal", first, size, token)
        else:
            first = ledger.append_rows(
                stream, pa.table({"token": [token] * size}), at=number, subject="token"
            )
            say(stream, first, size, token)


def serve():
    pa.table({"token": ["imports what it needs"]})
    for line in sys.stdin:
        place, _, number = line.strip().rpartition(" ")
        if os.fork() == 0:
            try:
                write(place, int(number))
            except Exception as problem:  # noqa: BLE001  # the parent fails the test with whatever it was
                say("failed", repr(problem))
            os._exit(1)
        os.wait()
        say("dead")


if __name__ == "__main__":
    serve()
