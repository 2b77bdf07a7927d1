"""A small live system in memory: it stores what it answers, knows ids again, and takes facts and labels.

Below it, how to call an ASGI application directly, as a server would.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass

from sklearn.linear_model import LogisticRegression

import trimtab as tt
from trimtab import col, days, hours
from trimtab.declare.kinds import Kind
from trimtab.errors import nearest
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Outcome, Prediction, Refused, Story, Taken, VersionInfo

NOON = 1_372_680_000_000_000
REQUEST = {
    "flight": Kind.INT,
    "carrier": Kind.STRING,
    "departs": Kind.TIMESTAMP,
    "block": Kind.DURATION,
    "miles": Kind.FLOAT,
    "charter": Kind.BOOL,
}
LANDING = {"flight": Kind.INT, "landed": Kind.TIMESTAMP, "arrival_delay": Kind.FLOAT}
ROW = {
    "flight": 7,
    "carrier": "AA",
    "departs": "2013-07-01T12:00:00Z",
    "block": 5400.5,
    "miles": 740,
    "charter": False,
}
PLAIN = {**ROW, "departs": NOON, "block": 5_400_500_000, "miles": 740.0}


def declared(name="flight-delay", stakes=None):
    schedule = tt.Source("schedule.parquet", id="flight", known=col("departs") - days(7))
    landings = tt.Source("landings.parquet", id="flight", known="landed")
    label = tt.Label({landings: col("arrival_delay") >= 15}, matures_after=days(2))
    features = tt.Features(
        carrier=col("carrier"), delay=landings.by("carrier").mean("arrival_delay", over=days(1))
    )
    model = tt.Model(LogisticRegression(), features, label)
    return tt.System(name, tt.Request(schedule, at=col("departs") - hours(1)), model, stakes=stakes)


class FakeService:
    """Scores a row by its flight number; flight -1 breaks, -2 takes for ever, whatever `breaks` holds is raised."""

    def __init__(
        self, *, classes=None, stakes=None, label_kind=Kind.BOOL, request_kinds=None, name="flight-delay"
    ):
        self.system = declared(name, stakes)
        self.request_kinds = REQUEST if request_kinds is None else request_kinds
        self.fact_kinds = {"schedule": REQUEST, "landings": LANDING}
        self.feature_kinds = {"carrier": Kind.STRING, "delay": Kind.FLOAT, "last": Kind.TIMESTAMP}
        self.classes, self.label_kind = classes, label_kind
        self.rows, self.answers, self.facts, self.labels = {}, {}, {}, {}
        self.versions_kept = {
            name: VersionInfo(name, "stored", NOON, 100, "treelite", 9.5) for name in ("v1", "v2")
        }
        self.champion, self.reasons, self.breaks = "v2", [], None
        self.entered, self.release = asyncio.Event(), asyncio.Event()
        self.numbers = itertools.count(1)

    async def predict(self, rows, ids, version=None):
        if self.breaks is not None:
            raise self.breaks
        if version is not None:
            self._known(version)
        flights = [row.get("flight") for row in rows]
        if -1 in flights:
            raise ZeroDivisionError("secret detail")
        if -2 in flights:
            self.entered.set()
            await self.release.wait()
        for row, given in zip(rows, ids, strict=True):
            if given in self.rows and self.rows[given] != row:
                raise RequestError(409, "this id was asked with another row", field="id", do="take a new id")
        return [self._answer(row, given, version) for row, given in zip(rows, ids, strict=True)]

    def _answer(self, row, given, version):
        name = given or f"p{next(self.numbers)}"
        if name in self.answers:
            kept = self.answers[name]
            return Prediction(kept.id, kept.score, kept.version, kept.served, kept.as_of, ("repeated",))
        yes = abs(row.get("flight") or 0) % 10 / 10
        score = (
            yes
            if self.classes is None
            else (yes, *[(1 - yes) / (len(self.classes) - 1)] * (len(self.classes) - 1))
        )
        self.rows[name] = row
        self.answers[name] = Prediction(name, score, version or self.champion, "champion", NOON + 5)
        return self.answers[name]

    async def take_facts(self, source, rows):
        if self.breaks is not None:
            raise self.breaks
        kept, accepted, repeated, refused = self.facts.setdefault(source, {}), 0, 0, []
        for place, row in enumerate(rows):
            key = row["flight"]
            if key is None:
                refused.append(Refused(place, "the id is null"))
            elif key not in kept:
                kept[key], accepted = row, accepted + 1
            elif kept[key] == row:
                repeated += 1
            else:
                refused.append(Refused(place, "another content under the same id"))
        return Taken(accepted, repeated, tuple(refused))

    async def take_labels(self, labels):
        refused = []
        for place, (name, label) in enumerate(labels):
            if name in self.answers:
                self.labels[name] = label
            else:
                refused.append(Refused(place, f"no prediction {name!r}"))
        return Taken(len(labels) - len(refused), 0, tuple(refused))

    async def find(self, name):
        if name not in self.answers:
            return None
        known = NOON + 9 if name in self.labels else None
        outcome = Outcome(self.labels.get(name), "mature" if known else "pending", known)
        features = {"carrier": "AA", "delay": None, "last": NOON}
        return Story(self.answers[name], NOON, NOON + 1, self.rows[name], features, outcome)

    def not_ready(self):
        return self.reasons

    def versions(self):
        return list(self.versions_kept.values())

    async def activate(self, version, who="", reason=""):
        self._known(version)
        self.champion = version
        self.chosen = (who, reason)
        return VersionInfo(version, "champion", NOON, 100)

    def figures(self):
        hostile = [({"stream": 'a"b\\c\nd'}, 3.0), ({"stream": "plain"}, float("inf"))]
        return [("trimtab_ledger_rows", 'Rows "kept" \\ so\nfar.', "counter", hostile)]

    def _known(self, version):
        if version not in self.versions_kept:
            raise RequestError(404, f"no version {version!r}", nearest=nearest(version, self.versions_kept))


@dataclass
class Response:
    status: int
    headers: dict
    content: bytes

    @property
    def json(self):
        return json.loads(self.content)


def scope_of(method, path, query=b"", headers=()):
    return {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}


async def send_call(app, method, path, body=b"", *, query=b"", headers=(), pieces=None):
    """One call; `pieces` are the body's parts where it comes in several."""
    parts = list(pieces) if pieces is not None else [body]
    sent = []

    async def receive():
        if not parts:
            return {"type": "http.disconnect"}
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    await app(scope_of(method, path, query, headers), receive, send)
    if not sent:
        return None
    start, end = sent
    return Response(start["status"], dict(start["headers"]), end["body"])


def call(app, method, path, value=None, **more):
    """One call in a loop of its own; `value` is sent as JSON."""
    body = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
    return asyncio.run(send_call(app, method, path, body, **more))
