"""From an address to its page: the table of all pages of one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trimtab.runtime.given_labels import VALUE, given_labels
from trimtab.runtime.history import identity
from trimtab.runtime.intake import recorded_kinds
from trimtab.runtime.logged import Logged
from trimtab.screens.book import Book, View
from trimtab.screens.links import Links
from trimtab.screens.page import Page
from trimtab.screens.pages import incidents as incident_pages
from trimtab.screens.pages import predictions as prediction_pages
from trimtab.screens.pages import versions as version_pages
from trimtab.screens.pages.contracts import contracts
from trimtab.screens.pages.decisions import decisions
from trimtab.screens.pages.evaluation import card
from trimtab.screens.pages.features import features
from trimtab.screens.pages.loop import loop
from trimtab.screens.pages.overview import overview
from trimtab.screens.pages.releases import releases
from trimtab.screens.pages.time import time
from trimtab.serving.outcomes import Outcomes
from trimtab.serving.service import Outcome

ACTED: Mapping[str, Callable[..., Page]] = {"releases": releases, "contracts": contracts}
"""Pages with buttons of acts."""
PLAIN: Mapping[str, Callable[[View, Links], Page | None]] = {
    "time": time,
    "decisions": decisions,
    "versions": version_pages.versions,
    "features": features,
    "predictions": prediction_pages.predictions,
    "incidents": incident_pages.every_incident,
    "loop": loop,
}


def draw(
    view: View, links: Links, path: Sequence[str], query: Mapping[str, str], *, acting: bool
) -> Page | None:
    """The page at a path below its record; None where there is none."""
    match list(path):
        case []:
            return overview(view, links, acting=acting)
        case [name] if name in ACTED:
            return ACTED[name](view, links, acting=acting)
        case ["compare"]:
            return version_pages.difference(view, links, query.get("one", ""), query.get("other", ""))
        case [name] if name in PLAIN:
            return PLAIN[name](view, links)
    return _one(view, links, path, acting=acting)


def _one(view: View, links: Links, path: Sequence[str], *, acting: bool) -> Page | None:
    """The page of one version, incident or prediction; None where there is none."""
    match list(path):
        case ["versions", name]:
            return version_pages.version(view, links, name, acting=acting)
        case ["card", name]:
            return card(view, name)
        case ["incidents", name]:
            return incident_pages.incident(view, links, name, acting=acting)
        case ["predictions", name]:
            return prediction_pages.prediction(view, links, name, _labels(view.book))
        case ["predictions", name, "explained"]:
            return prediction_pages.prediction(view, links, name, _labels(view.book), why=True)
    return None


def _labels(book: Book) -> Callable[[Logged, int], Outcome] | None:
    """What is known of a prediction's label; None where the declaration is not known."""
    system = book.system
    kinds = recorded_kinds(book.ledger)
    if system is None or any(source.name not in kinds for source, _ in system.model.label.arms):
        return None
    names = identity(system)
    given = given_labels(system, names)
    arms = dict(system.model.label.arms)
    if given.name in kinds:
        arms[given] = VALUE
    outcomes = Outcomes(system, arms, kinds, names, book.ledger)
    return lambda logged, now: outcomes.of(logged.request, logged.at, now)
