"""Labels given to a prediction by its id: facts of a source of their own, which joins every label as one more arm."""

from __future__ import annotations

from trimtab.declare.expression import Column
from trimtab.declare.kinds import Kind
from trimtab.declare.source import InMemory, Source
from trimtab.declare.system import System

NAME = "given_labels"
LABEL = "label"
VALUE = Column(LABEL)


def given_labels(system: System, identity: tuple[str, ...]) -> Source:
    """The source of labels that came as (prediction id, answer); a later answer replaces an earlier one."""
    return Source(
        InMemory(None),
        name=NAME,
        id=identity,
        known="__given",
        revises=True,
        owner=system.request.source.owner,
    )


def kinds_of(identity: tuple[str, ...], request_kinds: dict[str, Kind], label: Kind) -> dict[str, Kind]:
    """The columns of that source."""
    return {**{name: request_kinds[name] for name in identity}, LABEL: label, "__given": Kind.TIMESTAMP}
