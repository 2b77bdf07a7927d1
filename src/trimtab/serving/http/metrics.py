"""Figures about calls, and everything in the text format of Prometheus."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; the upper ends of the latency buckets."""
_BOUNDS_MICROSECONDS = tuple(round(bound * 1_000_000) for bound in BOUNDS)
Figure = tuple[str, str, str, Sequence[tuple[Mapping[str, str], float]]]


class Tally:
    """What became of the calls of one route: counts by status, and how long they took."""

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.microseconds = 0

    def record(self, status: int, microseconds: int) -> None:
        """Count one call."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.buckets[bisect_left(_BOUNDS_MICROSECONDS, microseconds)] += 1
        self.microseconds += microseconds


def exposition(tallies: Mapping[str, Tally], inside: int, figures: Iterable[Figure]) -> bytes:
    """All figures as text: calls by route, how many are inside, then the service's own."""
    used = {route: tally for route, tally in tallies.items() if tally.statuses}
    counts = [
        ({"route": route, "status": str(status)}, float(count))
        for route, tally in used.items()
        for status, count in tally.statuses.items()
    ]
    about_calls: list[Figure] = [
        ("trimtab_requests_total", "Calls answered, by route and status.", "counter", counts),
        ("trimtab_requests_in_flight", "Calls inside now.", "gauge", [({}, float(inside))]),
    ]
    lines = [line for figure in (*about_calls, *figures) for line in _family(figure)]
    lines += _histogram(used)
    return ("\n".join(lines) + "\n").encode()


def _family(figure: Figure) -> Iterator[str]:
    name, about, kind, samples = figure
    yield from _head(name, about, kind)
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {_number(value)}"


def _histogram(tallies: Mapping[str, Tally]) -> Iterator[str]:
    name = "trimtab_request_seconds"
    yield from _head(name, "Seconds from the first byte understood to the last one handed over.", "histogram")
    for route, tally in tallies.items():
        below = 0
        for bound, count in zip((*BOUNDS, math.inf), tally.buckets, strict=True):
            below += count
            yield f"{name}_bucket{_labels({'route': route, 'le': _number(bound)})} {below}"
        yield f"{name}_sum{_labels({'route': route})} {_number(tally.microseconds / 1_000_000)}"
        yield f"{name}_count{_labels({'route': route})} {below}"


def _head(name: str, about: str, kind: str) -> Iterator[str]:
    escaped = about.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {name} {escaped}"
    yield f"# TYPE {name} {kind}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
