"""A model card as a frozen value that prints, serialises and draws itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trimtab.errors import UsageError, nearest
from trimtab.finding import Finding
from trimtab.report.shown import Shown
from trimtab.runtime.auditing.cards.content import content
from trimtab.runtime.auditing.record import OnRecord
from trimtab.runtime.training_set import Version

if TYPE_CHECKING:
    from trimtab.report import Document


@dataclass(frozen=True)
class ModelCard(Shown):
    """The card of one version as of an instant: the same record gives the same card, byte for byte."""

    content: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The version that it is about."""
        return str(self.content["version"])

    @property
    def empty(self) -> tuple[str, ...]:
        """What people have not said yet."""
        told = self.content
        fields = [*told["use"], *told["considerations"], told["caveats"]["said"]]
        fields += [told["details"]["contacts"], told["details"]["license"]]
        return tuple(each["title"] for each in fields if each["text"] is None)

    def to_json(self) -> dict[str, Any]:
        """The card as plain JSON values; instants in epoch microseconds."""
        return dict(self.content)

    def document(self) -> Document:
        """The card as a page."""
        from trimtab.runtime.auditing.cards.page import page  # noqa: PLC0415  # pages are drawn when something is shown

        return page(self)


def version_of(record: OnRecord, name: str | None) -> Version:
    """The named version, else the one that answers, else the newest; raises UsageError where there is none."""
    if name is None:
        found = record.newest
        if found is None:
            raise UsageError("no version is on record", do=f"trimtab train {record.called}")
        return found
    if name not in record.versions:
        raise UsageError(
            f"there is no version {name!r}",
            found=", ".join(record.versions) or "no version at all",
            nearest=nearest(name, record.versions),
            do="name one of these, or train one",
        )
    return record.versions[name]


def make_card(record: OnRecord, version: Version, required: Sequence[Finding] = ()) -> ModelCard:
    """The card of a version from a record; `required` are the declared limits held against the version."""
    return ModelCard(content(record, version, required))
