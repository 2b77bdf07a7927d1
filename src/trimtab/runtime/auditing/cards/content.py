"""What stands in a model card, as plain JSON values: nothing but what the record and the declaration say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.evaluation.acceptances import settled
from trimtab.evaluation.reading import verdict_of
from trimtab.finding import Finding, Severity, by_severity
from trimtab.monitoring.incidents import finding_from_json
from trimtab.ports import Event
from trimtab.runtime.auditing.cards.human import considerations, said
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.live_loop.routes import ACTIVATED
from trimtab.runtime.training_set import Version

Content = dict[str, Any]


def content(record: OnRecord, version: Version, required: Sequence[Finding]) -> Content:
    """The card of a version as of the record's instant; `required` are the declared limits held against it."""
    evaluation = record.evaluated.get(version.name)
    body = None if evaluation is None else evaluation.body
    found = _found(record, version, body)
    told = by_severity(settled(found, record.acceptances, record.at))
    return {
        "system": record.system.name,
        "version": version.name,
        "at": record.at,
        "details": _details(record, version),
        "use": [said(record, name) for name in ("intended_use", "users", "out_of_scope")],
        "factors": list(record.system.watch.slices),
        "metrics": _metrics(record, body),
        "training": _training(version),
        "features": _features(record, version, body),
        "evaluation": None if evaluation is None else _evaluation(version, evaluation),
        "verdict": verdict_of(told)[0] if told else None,
        "findings": [each.to_json() for each in told],
        "accepted": [each.to_json() for each in told if each not in found],
        "requirements": [each.to_json() for each in required],
        "considerations": considerations(record),
        "caveats": _caveats(record, body),
        "history": _history(record, version),
        "monitoring": _monitoring(record, version),
    }


def _details(record: OnRecord, version: Version) -> Content:
    told = version.provenance
    return {
        "learner": _declared(version, "learner").get("learner", ""),
        "task": told.get("task"),
        "trained_as_of": version.as_of,
        "artifact": version.artifact,
        "format": version.format,
        "size_bytes": told.get("size_bytes"),
        "engine": told.get("engine"),
        "microseconds_a_row": told.get("microseconds"),
        "declaration": told.get("declaration"),
        "parent": told.get("parent"),
        "manner": told.get("manner"),
        "seed": told.get("seed"),
        "python": told.get("python"),
        "packages": dict(told.get("packages", {})),
        "contacts": said(record, "contacts"),
        "license": said(record, "license"),
    }


def _metrics(record: OnRecord, body: Mapping[str, Any] | None) -> Content:
    stakes = record.system.stakes
    prices = None
    if stakes is not None:
        prices = {
            name: getattr(stakes, name)
            for name in ("currency", "false_alarm", "miss", "fit")
            if getattr(stakes, name) is not None
        }
        prices["threshold"] = stakes.threshold_or_default
    return {"metric": None if body is None else body["metric"], "stakes": prices}


def _training(version: Version) -> Content:
    told = version.provenance
    return {
        "rows": version.rows,
        "effective_rows": told.get("effective_rows"),
        "known_until": version.as_of,
        "dataset": version.dataset,
        "label": _declared(version, "label").get("label"),
        **_answers(told),
        "request": _declared(version, "request").get("request"),
        "window": _declared(version, "window").get("window"),
        "sources": _declared(version, "source"),
        "remarks": list(told.get("remarks", ())),
    }


def _answers(told: Mapping[str, Any]) -> Content:
    """What the labels were: their mean, or the share of each class."""
    if not told.get("classes"):
        return {"label_mean": told.get("label_mean")}
    shares = told["fallback"]["prior"]
    return {"label_shares": {str(name): share for name, share in zip(told["classes"], shares, strict=True)}}


def _features(record: OnRecord, version: Version, body: Mapping[str, Any] | None) -> list[Content]:
    """Each feature that the version learned from: its meaning then, its source with the owner, and what it is worth."""
    meanings = _declared(version, "feature")
    owners = {source.name: source.owner for source in record.system.sources}
    worth = {} if body is None else {each["importance"]["feature"]: each for each in body["features"]}
    found = []
    for name in version.provenance.get("features", meanings):
        each = worth.get(name)
        source = each["cost"]["source"] if each is not None and each["cost"] is not None else None
        found.append(
            {
                "name": name,
                "meaning": meanings.get(name),
                "source": source,
                "owner": owners.get(source) if source else None,
                "importance": None if each is None else each["importance"]["rise"],
                "share": None if each is None else each["importance"]["share"],
            }
        )
    return found


def _evaluation(version: Version, event: Event) -> Content:
    body = event.body
    kept = (
        "rows",
        "days",
        "start",
        "stop",
        "metric",
        "value",
        "headline",
        "options",
        "groups",
        "ages",
        "command",
    )
    return {
        "at": event.at,
        "of_its_recipe": body["candidate"] != version.name,
        "learned_until": body["learned_until"],
        "remarks": body["remarks"],
        **{name: body[name] for name in kept},
    }


def _found(record: OnRecord, version: Version, body: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """What was found of the version, by an evaluation and at the gate."""
    told = [] if body is None else [each for found in body["findings"].values() for each in found]
    looked = [event for event in record.looked if event.subject == version.name]
    told += list(looked[-1].body["findings"]) if looked else []
    return tuple({each["what"]: finding_from_json(each) for each in told}.values())


def _caveats(record: OnRecord, body: Mapping[str, Any] | None) -> Content:
    found = [] if body is None else [each for part in body["findings"].values() for each in part]
    unchecked = [
        f"{each['what']}: {each['cause']}" for each in found if each["severity"] == str(Severity.NOT_RUN)
    ]
    return {
        "said": said(record, "caveats"),
        "feedback": record.system.feedback,
        "unchecked": unchecked if body is not None else ["nothing: the version was not evaluated"],
    }


def _history(record: OnRecord, version: Version) -> list[Content]:
    """What happened to the version: trained, decided, let answer, rolled back."""
    told = [
        {"at": each.at, "what": each.kind, "why": str(each.body.get("why", ""))}
        for each in record.routes
        if each.subject == version.name
    ]
    told += [
        {"at": each.at, "what": each.body["kind"], "why": each.body["reason"]}
        for each in record.decided
        if each.subject == version.name
    ]
    return sorted(told, key=lambda each: (each["at"], each["what"] == ACTIVATED))


def _monitoring(record: OnRecord, version: Version) -> Content:
    table = record.serving
    open_ = [one for one in record.incidents if one.state != "resolved"]
    latest = record.verdicts if table.champion == version.name else None
    return {
        "answers": table.champion == version.name,
        "judged_at": None if latest is None else latest.at,
        "verdicts": [] if latest is None else list(latest.body["findings"]),
        "open_incidents": [{"id": one.id, "since": one.since, "what": one.finding.what} for one in open_],
    }


def _declared(version: Version, kind: str) -> dict[str, str]:
    """The parts of one kind of the declaration that the version was trained on, in words, by name."""
    parts = version.provenance.get("declared", ())
    return {name: words for each, name, _, words in parts if each == kind}
