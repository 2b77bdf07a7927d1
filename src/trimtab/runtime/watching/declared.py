"""What a declaration says to its monitors: the budget, what is at stake, and where every feature comes from."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.features import Features
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.errors import DeclarationError, nearest
from trimtab.metrics import Task
from trimtab.monitoring.attribution import Origin
from trimtab.monitoring.budget import Budget
from trimtab.monitoring.explaining import About
from trimtab.monitoring.options import Options


def options_of(system: System, features: Features, task: Task) -> Options:
    """How a system is watched; raises DeclarationError for a slice of what is no feature."""
    watch = system.watch
    for name in watch.slices:
        if name not in features.names:
            raise DeclarationError(
                f"there is no feature {name!r} to watch slices of",
                where=watch.site,
                found=", ".join(features.names),
                nearest=nearest(name, features.names),
            )
    return Options(
        task=task,
        stakes=system.stakes,
        budget=Budget(watch.false_pages_per_year),
        unit=watch.unit,
        tolerance=watch.tolerance,
        slices=watch.slices,
        worst=watch.worst,
        seed=system.seed,
    )


def about(
    system: System, features: Features, check_command: str | None = None, train_command: str | None = None
) -> About:
    """What pages of a system tell beside what the monitors saw."""
    return About(system.name, dict(_origins(system, features)), check_command, train_command)


def _origins(system: System, features: Features) -> Iterator[tuple[str, Origin]]:
    """Each feature with the source that it comes from; expressions come from the first aggregate that they use."""
    request, sources = system.request.source, dict[str, Source]()
    for name, feature in features:
        if isinstance(feature, Aggregate):
            column = next(iter(feature.value.columns()), "") if feature.value is not None else ""
            sources[name] = feature.source
            yield name, Origin(feature.source.name, column or "facts", feature.source.owner)
        else:
            used = list(feature.columns()) if hasattr(feature, "columns") else []
            source = next((sources[each] for each in used if each in sources), request)
            yield name, Origin(source.name, used[0] if used else name, source.owner)
