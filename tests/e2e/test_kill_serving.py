"""kill -9 at random moments under load: whatever was acknowledged is there afterwards, once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import numpy as np
import pytest
from served import serving, trimtab, write_system

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.serving.logged import PREDICTIONS, decode

MINUTE = 60_000_000


@dataclass
class Sent:
    """What callers sent and were told; each list holds what was acknowledged."""

    predictions: dict[str, float] = field(default_factory=dict)
    facts: set[int] = field(default_factory=set)
    labels: dict[str, bool] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    odd: list[object] = field(default_factory=list)


def instant(microseconds: int) -> str:
    return str(np.datetime64(microseconds, "us")) + "Z"


def ask(server, sent: Sent, name: str, stop: threading.Event) -> None:
    """One caller: predictions with ids of its own, and the label of each other one."""
    number = 0
    while not stop.is_set():
        number += 1
        id_ = f"{name}-{number}"
        order = abs(hash(id_)) % 10**12
        row = {"order": order, "ordered": instant(time.time_ns() // 1000), "shop": "north", "weight": 3.5}
        sent.tried.add(id_)
        try:
            status, answer = server.call("POST", "/predict", {"id": id_, "row": row})
            if status == 200:
                sent.predictions[id_] = answer["score"]
                if number % 2:
                    status, _ = server.call("POST", "/labels", {"id": id_, "label": True})
                    if status == 200:
                        sent.labels[id_] = True
            else:
                sent.odd.append((status, answer))
        except (OSError, ValueError, HTTPException):
            return  # the server is gone


def push(server, sent: Sent, first: int, stop: threading.Event) -> None:
    """One source: batches of facts, each with an instant of its own."""
    seen = first
    while not stop.is_set():
        batch = list(range(seen, seen + 20))
        seen += 20
        facts = [{"shop": "north", "seen": instant(each * MINUTE), "length": each % 9} for each in batch]
        try:
            status, answer = server.call("POST", "/facts/queue", facts)
        except (OSError, ValueError, HTTPException):
            return
        if status == 200:
            sent.facts.update(batch)
        else:
            sent.odd.append((status, answer))


def load_until(server, sent: Sent, round_: int, seconds: float) -> None:
    """Six callers at once, until the server is killed under them."""
    stop = threading.Event()
    callers = [
        threading.Thread(target=ask, args=(server, sent, f"r{round_}t{number}", stop)) for number in range(4)
    ]
    callers += [
        threading.Thread(target=push, args=(server, sent, 30_000_000 + (round_ * 2 + number) * 100_000, stop))
        for number in range(2)
    ]
    for caller in callers:
        caller.start()
    time.sleep(seconds)
    server.kill()
    stop.set()
    for caller in callers:
        caller.join()


def verify(home: Path, sent: Sent) -> None:
    """Every acknowledged thing is on record exactly once, every other one at most once."""
    with SqliteLedger(home / "ledger", read_only=True) as ledger:
        records = [record for _, record in ledger.read_records(PREDICTIONS)]
        counts = Counter(record.id for record in records)
        assert max(counts.values(), default=1) == 1
        scores = {record.id: decode(record).score for record in records}
        lost = {id_ for id_, score in sent.predictions.items() if scores.get(id_) != score}
        assert not lost, f"lost predictions: {sorted(lost)[:3]}"
        facts = ledger.read_rows("facts/queue").to_pylist()
        ids = Counter((fact["shop"], fact["seen"]) for fact in facts)
        assert max(ids.values()) == 1
        kept = {seen // MINUTE for _, seen in ids}
        assert sent.facts <= kept, f"lost facts: {sorted(sent.facts - kept)[:3]}"
        orders = Counter(row["order"] for row in ledger.read_rows("facts/given_labels").to_pylist())
        asked = {record.id: decode(record).request["order"] for record in records}
        assert all(orders[asked[id_]] == 1 for id_ in sent.labels)


def rounds(folder: Path, count: int, seed: int) -> list[float]:
    """So many kills; returns the seconds until each restart was ready."""
    system = write_system(folder)
    trimtab("train", system)
    rng, sent, ready = np.random.default_rng(seed), Sent(), []
    for round_ in range(count):
        with serving(system) as server:
            ready.append(server.ready_seconds)
            load_until(server, sent, round_, float(rng.uniform(0.3, 1.5)))
        verify(folder / ".trimtab", sent)
    assert sent.predictions
    assert sent.facts
    assert sent.labels
    assert not sent.odd, sent.odd[:3]
    found = trimtab("parity", system, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    return ready


def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(tmp_path):
    rounds(tmp_path, 3, seed=1)


@pytest.mark.campaign
def test_fifty_kills_lose_and_double_nothing(tmp_path):
    rounds(tmp_path, 50, seed=2)
