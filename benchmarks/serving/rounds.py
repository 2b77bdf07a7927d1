"""Rounds over all servers, and medians over the calmer half of them."""

import json
import statistics
from dataclasses import dataclass, field

import numpy as np
import pressure
import processes
from servers import FLOOR

CONNECTIONS = (1, 32)


@dataclass
class Measured:
    """What was measured of one server: samples by connections in the order of rounds, memory, answers that are
    off, and answers that did not come from the model."""

    started_seconds: float
    samples: dict[int, list[pressure.Sample]] = field(
        default_factory=lambda: {each: [] for each in CONNECTIONS}
    )
    megabytes: float = 0.0
    difference: float = 0.0
    wrong: int = 0

    @property
    def errors(self):
        return self.wrong + sum(sample.errors for found in self.samples.values() for sample in found)


def difference(server, count=40):
    """The largest difference of a server's scores from the model's own predictions, over some bodies."""
    answers = [server.ask(server.path, json.dumps(body)) for body in server.bodies[:count]]
    scores = np.array([server.read(answer) for answer in answers])
    return float(np.max(np.abs(scores - server.expected(server, answers))))


def run(servers, folder, rounds, seconds):
    """Everything measured, by server; each round visits every server in turn, so a busy minute meets all of them."""
    scripts = {server.name: pressure.script(server, folder) for server in servers}
    measured = {server.name: Measured(server.started_seconds) for server in servers}
    for server in servers:
        measured[server.name].difference = difference(server)
        pressure.measure(server, scripts[server.name], 8, 1)  # what only the first calls cost is not measured
    for turn in range(rounds):
        for connections in CONNECTIONS:
            for server in servers:
                sample = pressure.measure(server, scripts[server.name], connections, seconds)
                measured[server.name].samples[connections].append(sample)
                print(turn + 1, connections, server.name, sample, flush=True)
    for server in servers:
        found = measured[server.name]
        found.difference = max(found.difference, difference(server))
        found.wrong = server.wrong(server)
        found.megabytes = processes.megabytes(server.process.pid)
    return measured


def median(measured, name, connections, value):
    """The median of a value of one server's samples, over the half of the rounds with the least else going on."""
    samples = measured[name].samples[connections]
    return statistics.median(value(sample) for sample in _calmer(samples, lambda sample: sample.other))


def compared(measured, name, connections, value, peer=FLOOR):
    """The median of a value of two samples of the same round, over the calmer half of the rounds."""
    pairs = zip(measured[name].samples[connections], measured[peer].samples[connections], strict=True)
    return statistics.median(
        value(*pair) for pair in _calmer(pairs, lambda pair: pair[0].other + pair[1].other)
    )


def _calmer(rounds, key):
    ordered = sorted(rounds, key=key)
    return ordered[: (len(ordered) + 1) // 2]
