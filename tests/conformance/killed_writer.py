"""A process to be killed: for each line (folder, seed) on its input it starts a writer that reports what it was promised.

The writer is a copy of this process, which has imported everything and opened nothing, so that a round takes
milliseconds. Each promise is one line, written after the append returned.
"""

import os
import sys
from itertools import count

import numpy as np
import pyarrow as pa

from trimtab.adapters.ledger import sealing, sqlite
from trimtab.ports import Event, Identities, Record

sqlite.BULK_ROWS = 40
sealing.RECORDS_PER_SEGMENT = 50


def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def write(folder, seed):
    chance = np.random.default_rng(seed)
    ledger = sqlite.SqliteLedger(folder)
    say("pid", os.getpid())
    for number in count():
        token, stream = f"{seed}-{number}", str(chance.choice(["facts", "labels/late"]))
        actions = ["rows", "bulk", "events", "seal", "records", "seal records", "erase"]
        action = chance.choice(actions, p=[0.2, 0.1, 0.15, 0.1, 0.25, 0.1, 0.1])
        size = int(chance.integers(40, 90) if action == "bulk" else chance.integers(1, 6))
        if action == "seal":
            ledger.seal(stream)
        elif action == "records":
            first = append_records(ledger, number, token, size)
            say("served", first, size, token)
        elif action == "seal records":
            ledger.seal("served")
        elif action == "erase":
            erase_some(ledger, int(chance.integers(0, 1 + ledger.frontier("served"))))
        elif action == "events":
            first = ledger.append_events("journal", [Event(number, token, "s")] * size)
            say("journal", first, size, token)
        else:
            first = ledger.append_rows(
                stream,
                pa.table({"token": [token] * size}),
                at=number,
                subject="token",
                identities=Identities(
                    [f"{token}/{place}" for place in range(size)], [stream.encode()] * size
                ),
            )
            say(stream, first, size, token)


def append_records(ledger, number, token, size):
    """Append, try the same again as a caller would that heard nothing, and tell the first sequence number."""
    records = [Record(f"{token}/{place}", number, token.encode(), token) for place in range(size)]
    before = ledger.frontier("served")
    assert ledger.append_records("served", records) == [None] * size
    assert ledger.append_records("served", records) == records
    assert ledger.frontier("served") == before + size
    return before


def erase_some(ledger, until):
    """Erase up to three records, all or none, saying so before and after."""
    first = max(until - 3, 0)
    say("erasing", first, until - first, "-")
    ledger.erase("served", range(first, until))
    say("erased", first, until - first, "-")


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
