"""A model card as a page, in the sections of the paper, and then what happened since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.evaluation.reading import first_screen
from trimtab.finding import Severity, worst
from trimtab.monitoring.incidents import finding_from_json
from trimtab.report import (
    Column,
    Document,
    Entry,
    Estimate,
    FindingsList,
    Journal,
    KeyValues,
    Paragraph,
    Section,
    Table,
)
from trimtab.report.document import Block
from trimtab.report.formats import date
from trimtab.runtime.auditing.cards.card import ModelCard

EMPTY = "(empty: a person has to say this)"


def page(card: ModelCard) -> Document:
    """The whole card."""
    told = card.content
    findings = tuple(finding_from_json(each) for each in told["findings"])
    shown, _ = first_screen(findings)
    sections = (
        Section("Model details", _details(told["details"])),
        Section("Intended use", (_said(told["use"]),)),
        Section("Factors", (_factors(told),)),
        Section("Metrics", (_pairs(told["metrics"], told["metrics"]["stakes"] or {}),)),
        Section("Evaluation data", (_evaluation_data(told["evaluation"]),)),
        Section("Training data", _training(told["training"])),
        Section("Quantitative analyses", _figures(told["evaluation"], shown)),
        Section("Ethical considerations", (_said(told["considerations"]),)),
        Section("Caveats and recommendations", _caveats(told)),
        Section("Features", (_features(told["features"]),)),
        Section("Requirements", _required(told["requirements"])),
        Section("What happened to it", (_history(told["history"]),)),
        Section("How it is watched", _monitoring(told["monitoring"])),
    )
    ran = [each for each in findings if each.severity is not Severity.NOT_RUN]
    return Document(
        f"Model card of {told['system']} {told['version']}",
        _sentence(card),
        severity=worst(ran),
        subtitle=f"as of {date(told['at'])}, from the system's own record",
        sections=sections,
    )


def _sentence(card: ModelCard) -> str:
    verdict = card.content["verdict"] or "It was not evaluated."
    missing = f" {len(card.empty)} fields wait for a person." if card.empty else ""
    return f"{verdict}{missing}"


def _said(fields: Sequence[Mapping[str, Any]]) -> KeyValues:
    return KeyValues(tuple((each["title"], _words(each)) for each in fields))


def _words(said: Mapping[str, Any]) -> str:
    return EMPTY if said["text"] is None else f"{said['text']} ({said['by']})"


def _details(told: Mapping[str, Any]) -> tuple[Block, ...]:
    people = [(told[name]["title"], _words(told[name])) for name in ("contacts", "license")]
    packages = ", ".join(f"{name} {version}" for name, version in told["packages"].items())
    plain = {name: value for name, value in told.items() if name not in {"contacts", "license", "packages"}}
    plain["trained_as_of"] = date(told["trained_as_of"])
    return (_pairs(plain, {"packages": packages}), KeyValues(tuple(people)))


def _pairs(*told: Mapping[str, Any]) -> KeyValues:
    """Facts by name; what is not known, and what has parts of its own, is left out."""
    items = [(name.replace("_", " "), value) for each in told for name, value in each.items()]
    return KeyValues(
        tuple((name, value) for name, value in items if isinstance(value, str | int | float) and value != "")
    )


def _factors(told: Mapping[str, Any]) -> Paragraph:
    if not told["factors"]:
        return Paragraph("No group is declared: results by group are not known.")
    return Paragraph(f"Groups that are judged by themselves: {', '.join(told['factors'])}.")


def _evaluation_data(told: Mapping[str, Any] | None) -> Block:
    if told is None:
        return Paragraph("It was not evaluated: trimtab evaluate.")
    own = "the recipe, trained on older rows" if told["of_its_recipe"] else "the version itself"
    return KeyValues(
        (
            ("rows", told["rows"]),
            ("days", told["days"]),
            ("from", date(told["start"])),
            ("to", date(told["stop"])),
            ("chosen", "the newest with final labels, asked after everything that was learned from"),
            ("judged", own),
            ("command", told["command"]),
        )
    )


def _training(told: Mapping[str, Any]) -> tuple[Block, ...]:
    plain = {**told, "known_until": date(told["known_until"])}
    if "label_shares" in told:
        plain["label_shares"] = ", ".join(
            f"{name} {share:.1%}" for name, share in told["label_shares"].items()
        )
    sources = Table(
        (Column("source"), Column("its facts")),
        tuple(told["sources"].items()),
    )
    return (_pairs(plain), sources, *(Paragraph(each) for each in told["remarks"]))


def _figures(told: Mapping[str, Any] | None, shown: Sequence[Any]) -> tuple[Block, ...]:
    if told is None:
        return (FindingsList(tuple(shown)),) if shown else (Paragraph("No figure is on record."),)
    options = Table(
        (Column("answer"), Column("loss", format=".4f")),
        tuple((each["name"], _interval(each["loss"])) for each in told["options"]),
    )
    blocks: list[Block] = [Paragraph(f"{told['metric']}: {told['value']:.4g}."), options]
    if told["groups"]:
        blocks.append(_groups(told["groups"]))
    return (*blocks, FindingsList(tuple(shown)))


def _groups(groups: Sequence[Mapping[str, Any]]) -> Table:
    names = ("base_rate", "selected", "true_positive", "false_positive", "precision")
    columns = (
        Column("group"),
        Column("rows", format=",d"),
        *(Column(name.replace("_", " "), format=".1%") for name in names),
        Column("loss", format=".4f"),
        Column("worse than the whole", format="+.1%"),
    )
    rows = tuple(
        (
            each["name"],
            each["rows"],
            *(each[name] for name in names),
            each["loss"],
            _interval({"estimate": each["worse_by"], "low": each["low"], "high": each["high"]}),
        )
        for each in groups
    )
    return Table(columns, rows, note="Groups without an interval have too few rows or days to be judged.")


def _interval(told: Mapping[str, Any] | None) -> Estimate | float | None:
    if told is None or told["estimate"] is None or told["low"] is None or told["high"] is None:
        return None if told is None else told["estimate"]
    return Estimate(told["estimate"], told["low"], told["high"])


def _caveats(card: Mapping[str, Any]) -> tuple[Block, ...]:
    told = card["caveats"]
    effect = {
        "none": "predictions do not change the labels",
        "selective": "only what is acted on gets a label: figures hold for requests like those",
        "causal": "acting changes the outcome: figures on history do not tell what acting does",
    }[told["feedback"]]
    items = (("said", _words(told["said"])), ("feedback", f"declared: {effect}"))
    unchecked = tuple(("not checked", each) for each in told["unchecked"])
    accepted = tuple(finding_from_json(each) for each in card["accepted"])
    return (KeyValues((*items, *unchecked)), *((FindingsList(accepted),) if accepted else ()))


def _features(features: Sequence[Mapping[str, Any]]) -> Table:
    columns = (
        Column("feature"),
        Column("meaning"),
        Column("source"),
        Column("owner"),
        Column("importance", format="+.4f", explanation="the rise of the loss when it is shuffled"),
    )
    rows = tuple(
        (each["name"], each["meaning"], each["source"], each["owner"], _interval(each["importance"]))
        for each in features
    )
    return Table(columns, rows)


def _required(findings: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    if not findings:
        return (Paragraph("No limit is declared."),)
    return (FindingsList(tuple(finding_from_json(each) for each in findings)),)


def _history(told: Sequence[Mapping[str, Any]]) -> Journal:
    return Journal(tuple(Entry(each["at"], each["what"], reason=each["why"]) for each in told))


def _monitoring(told: Mapping[str, Any]) -> tuple[Block, ...]:
    if not told["answers"]:
        return (Paragraph("It does not answer as of this card, so that nothing is watched."),)
    verdicts = tuple(finding_from_json(each) for each in told["verdicts"])
    open_ = tuple((each["id"], each["what"]) for each in told["open_incidents"])
    watched: Block = FindingsList(verdicts) if verdicts else Paragraph("The monitors have not looked yet.")
    return (watched, KeyValues(open_ or (("open incidents", "none"),)))
