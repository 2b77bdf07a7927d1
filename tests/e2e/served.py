"""`trimtab serve` as a user runs it: a process of its own, on a free port, killed or stopped at will."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from orders import orders_tables

SYSTEM = """
from sklearn.ensemble import HistGradientBoostingClassifier

import trimtab as tt
from trimtab import col, days, hours

orders = tt.Source("orders.parquet", id="order", known="ordered")
deliveries = tt.Source("deliveries.parquet", id="order", known="delivered", owner="logistics")
queue = tt.Source("queue.parquet", id=("shop", "seen"), happened="seen", lag=hours(1))

system = tt.System(
    "late-orders",
    tt.Request(orders, at="ordered"),
    tt.Model(
        HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=7, early_stopping=False),
        tt.Features(
            shop=col("shop"),
            weight=col("weight"),
            orders_1d=orders.by("shop").count(over=days(1)),
            queue=queue.by("shop").last("length", over=hours(6)),
            queue_1d=queue.by("shop").mean("length", over=days(1)),
            late_7d=deliveries.by("shop").mean(col("hours_late") > 1, over=days(7)),
        ),
        tt.Label({deliveries: col("hours_late") > 1}, matures_after=days(2)),
    ),
    stakes=tt.Stakes(false_alarm=1, miss=3, fit=0.1),
)
"""


PATIENCE_SECONDS = 180


def write_system(folder: Path, rows: int = 1500) -> Path:
    """A system file with its data beside it."""
    for name, table in orders_tables(rows=rows).items():
        pq.write_table(table, folder / f"{name}.parquet")
    path = folder / "system.py"
    path.write_text(SYSTEM)
    return path


def trimtab(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "trimtab", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A serving process and the calls to it."""

    def __init__(self, system: Path, *options: str, loop: bool = False) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "trimtab", "serve", str(system), "--port", str(self.port), *options]
        command += [] if loop else ["--no-loop"]
        began = time.perf_counter()
        number, name = tempfile.mkstemp(".log", dir=system.parent)  # a pipe that nobody reads is full one day
        self._printed = Path(name)
        self.process = subprocess.Popen(
            command,
            stdout=number,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TRIMTAB_TRAINING_PRIORITY": "normal"},
        )
        os.close(number)
        self._wait()
        self.ready_seconds = time.perf_counter() - began

    def _wait(self) -> None:
        for _ in range(600):
            if self.process.poll() is not None:
                raise AssertionError(self.output)
            try:
                if self.call("GET", "/healthz/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("never ready")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of one call."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            content,
            {"content-type": "application/json", **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own server
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read())

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and wait."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._printed.read_text()


class Patient(Server):
    """A server that is waited for until it lives, ready or not."""

    def _wait(self) -> None:
        self.until("/healthz/live")

    def until(self, path: str) -> None:
        """Wait until a look at a path succeeds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, self.output
            try:
                if self.call("GET", path)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{path} never answered")


@contextmanager
def serving(system: Path, *options: str):
    """A server for the time of a test."""
    server = Server(system, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
