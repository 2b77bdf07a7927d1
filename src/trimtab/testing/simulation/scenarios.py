"""The systems and worlds that a campaign goes through in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from trimtab.declare.policy import (
    Release,
    Retrain,
    every,
    on_drift,
    on_incident,
    on_skill_drop,
    on_volume,
    recency_weighted,
    sliding,
)
from trimtab.testing.simulation.faults import Faults, World
from trimtab.testing.simulation.run import Policies
from trimtab.units import days


@dataclass(frozen=True)
class Scenario:
    """Policies in a world with its faults."""

    policies: Policies = field(default_factory=Policies)
    faults: Faults = field(default_factory=Faults)
    world: World = field(default_factory=World)


CHAOS = Faults(
    failing_trainings=0.1,
    nan_trainings=0.1,
    slow_trainings=0.2,
    broken_candidates=0.3,
    clock_jumps_per_year=40,
    crashes=0.005,
    repeats=0.5,
    late_approvals=0.4,
    interventions_per_year=20,
)
"""Everything goes wrong often."""

RESTLESS = World(new_recipes_per_year=24, harmful_changes_per_year=6)
"""A concept and a declaration that change all the time."""

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "default": Scenario(),
        "not refuted": Scenario(Policies(refresh_proof="not refuted")),
        "sliding": Scenario(Policies(Retrain(every(days(7)), sliding(days(45))))),
        "on evidence": Scenario(
            Policies(
                Retrain(
                    (on_skill_drop(0.005) | on_incident() | every(days(30))).cooldown(days(5)),
                    recency_weighted(days(30)),
                )
            )
        ),
        "approval": Scenario(Policies(release=Release(approval=("shadow", "canary", "promotion")))),
        "chaos": Scenario(faults=CHAOS, world=RESTLESS),
        "chaos, daily": Scenario(
            Policies(Retrain(every(days(1)), sliding(days(30))), refresh_proof="not refuted"), CHAOS, RESTLESS
        ),
        "chaos, no canary": Scenario(
            Policies(
                Retrain((on_volume(rows=100, share=0.05) | on_drift()).at_most(4, per=days(30))),
                Release(canary=(), deadline=days(20)),
            ),
            CHAOS,
            RESTLESS,
        ),
        "nothing differs": Scenario(
            Policies(refresh_proof="not refuted"), Faults(broken_candidates=0.0), World.still()
        ),
    }
)
"""By name; a campaign's life with seed s is in scenario s modulo their number."""


def scenario_of(seed: int) -> str:
    """The name of the scenario that a campaign's life is in.

    >>> scenario_of(0), scenario_of(len(SCENARIOS))
    ('default', 'default')
    """
    return list(SCENARIOS)[seed % len(SCENARIOS)]
