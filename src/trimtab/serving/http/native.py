"""The plain JSON routes: predict, facts, labels, stories, versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trimtab.errors import nearest
from trimtab.serving.http import answers
from trimtab.serving.http.answers import Answers, encode
from trimtab.serving.http.call import Call, Reply, query_of
from trimtab.serving.http.reading import Reader
from trimtab.serving.http.schema import ID_LENGTH, ID_WORDS, Rows, ask_shape, label_shape
from trimtab.serving.http.settings import Settings
from trimtab.serving.problems import RequestError
from trimtab.serving.service import Row, Service, Taken


class Native:
    """The handlers of the plain JSON routes."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service, self._limit = service, settings.rows
        self.answers = Answers(service)
        self.requests = Rows("Row", service.request_kinds, service.system.request.source.id)
        self._ask = Reader(ask_shape(self.requests))
        self._facts = {name: Rows("Fact", kinds) for name, kinds in service.fact_kinds.items()}
        self._fact_readers = {name: Reader(rows.shape) for name, rows in self._facts.items()}
        self._labels = Reader(label_shape(service.label_kind))

    async def predict(self, call: Call) -> Reply:
        """Answer one row with one object, an array with an array."""
        asked = self._ask.read(call.body)
        version = named_version(call) if call.query else None
        if type(asked) is list:
            return await self._predict_many(call, asked, version)
        row = self.requests.plain(asked.row, "row.")
        given = call.headers.get(b"idempotency-key")
        chosen = asked.id if given is None else chosen_id(given, asked.id)
        (found,) = await self._service.predict([row], [chosen], version)
        return Reply(encode(self.answers.answer(found)), count=1)

    async def _predict_many(self, call: Call, asked: Sequence[Any], version: str | None) -> Reply:
        self._check_count(asked)
        if b"idempotency-key" in call.headers:
            do = "give each element an id of its own"
            raise RequestError(
                422, "one Idempotency-Key cannot name many rows", field="Idempotency-Key", do=do
            )
        rows = [self.requests.plain(one.row, f"[{place}].row.") for place, one in enumerate(asked)]
        found = await self._service.predict(rows, [one.id for one in asked], version) if rows else ()
        return Reply(encode([self.answers.answer(one) for one in found]), count=len(rows))

    async def facts(self, call: Call) -> Reply:
        """Take in one fact or many of the source that the path names."""
        source = call.rest or call.path.removeprefix("/facts/")
        rows = self._facts.get(source)
        if rows is None:
            do = f"use one of {', '.join(self._facts)}"
            raise RequestError(404, f"no source {source!r}", nearest=nearest(source, self._facts), do=do)
        read = self._fact_readers[source].read(call.body)
        facts: list[Row] = (
            [rows.plain(one, f"[{place}].") for place, one in enumerate(read)]
            if isinstance(read, list)
            else [rows.plain(read)]
        )
        self._check_count(facts)
        return _taken(await self._service.take_facts(source, facts), len(facts))

    async def labels(self, call: Call) -> Reply:
        """Take in one true answer or many."""
        read = self._labels.read(call.body)
        labels = read if isinstance(read, list) else [read]
        self._check_count(labels)
        return _taken(await self._service.take_labels([(one.id, one.label) for one in labels]), len(labels))

    async def story(self, call: Call) -> Reply:
        """Everything that explains one prediction."""
        found = await self._service.find(call.rest)
        if found is None:
            do = "use the id that the answer held"
            raise RequestError(404, f"no prediction {call.rest[:ID_LENGTH]!r}", do=do)
        return Reply(encode(self.answers.story(found)), count=1)

    async def versions(self, _call: Call) -> Reply:
        """Every stored version."""
        return Reply(encode(answers.versions(self._service.versions())))

    async def activate(self, call: Call) -> Reply:
        """Make a version the champion; a reason may be given."""
        reason = query_of(call, "reason").get("reason", "")
        check_version(self._service, call.rest)
        info = await self._service.activate(call.rest, call.caller, reason)
        return Reply(encode(answers.version(info)))

    def _check_count(self, rows: Sequence[Any]) -> None:
        if len(rows) > self._limit:
            do = f"send at most {self._limit} at once"
            raise RequestError(413, "too many in one call", found=len(rows), do=do)


def chosen_id(header: bytes, body: str | None) -> str:
    """The id of a row whose caller sent an Idempotency-Key; raises RequestError 422 for a bad or contradicting one."""
    try:
        given = header.decode()
    except UnicodeDecodeError:
        given = ""
    if not 0 < len(given) <= ID_LENGTH:
        do = f"send {ID_WORDS}"
        raise RequestError(422, "the Idempotency-Key cannot be an id", field="Idempotency-Key", do=do)
    if body is not None and body != given:
        do = "send one of them"
        raise RequestError(422, "the Idempotency-Key and the id differ", field="id", found=body, do=do)
    return given


def named_version(call: Call) -> str | None:
    """The version that the query names; raises RequestError 422 for an empty name."""
    name = query_of(call, "version").get("version")
    if name == "":
        do = "name a version of GET /versions, or leave it out"
        raise RequestError(422, "the version is empty", field="?version", do=do)
    return name


def check_version(service: Service, name: str) -> None:
    """Raise RequestError 404 for a version that is not stored."""
    names = [info.name for info in service.versions()]
    if name not in names:
        do = f"use one of {', '.join(names)}" if names else "train a version first"
        raise RequestError(404, f"no version {name[:ID_LENGTH]!r}", nearest=nearest(name, names), do=do)


def _taken(outcome: Taken, count: int) -> Reply:
    nothing = bool(outcome.refused) and len(outcome.refused) == count
    return Reply(encode(answers.taken(outcome)), 409 if nothing else 200, count=count)
