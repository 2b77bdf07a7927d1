"""trimtab keeps machine-learning models alive in production.

Declare a system in one file, replay its history before it goes live, then serve, watch, retrain and release it.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "trimtab.commands": (
        "accept",
        "acknowledge",
        "answer",
        "approve",
        "assess",
        "audit",
        "card",
        "check",
        "console",
        "decline",
        "diff",
        "evaluate",
        "experiment",
        "explain",
        "forget",
        "history",
        "init",
        "load",
        "loop",
        "parity",
        "predict",
        "promote",
        "replay",
        "rollback",
        "send_test",
        "serve",
        "snooze",
        "status",
        "train",
        "training_set",
        "tune",
        "verify",
        "watch",
    ),
    "trimtab.declare.card": ("Card",),
    "trimtab.declare.expectations": ("Expectation", "GoldenRow"),
    "trimtab.declare.expression": ("col", "concat", "greatest", "least", "lit", "when"),
    "trimtab.declare.features": ("Features", "Function", "RequestFields"),
    "trimtab.declare.model": ("Label", "Model", "Request", "Stakes"),
    "trimtab.declare.policy": (
        "Policy",
        "Release",
        "Retrain",
        "Watch",
        "at_least",
        "every",
        "expanding",
        "never",
        "on_challenger",
        "on_drift",
        "on_estimated_drop",
        "on_incident",
        "on_regret",
        "on_skill_drop",
        "on_volume",
        "recency_weighted",
        "recent_and_reservoir",
        "seasonal_union",
        "sliding",
    ),
    "trimtab.declare.requires": ("Requires",),
    "trimtab.declare.sinks": ("Alertmanager", "Email", "Log", "Webhook"),
    "trimtab.declare.source": ("Expect", "Source", "sql"),
    "trimtab.declare.system": ("System", "table"),
    "trimtab.errors": (
        "ArtifactError",
        "DataError",
        "DeclarationError",
        "LearnerError",
        "LedgerError",
        "TrimtabError",
        "UsageError",
    ),
    "trimtab.finding": ("Finding", "Severity"),
    "trimtab.metrics": (
        "brier",
        "log_loss",
        "mean_absolute_error",
        "pinball",
        "pr_auc",
        "roc_auc",
        "root_mean_squared_error",
    ),
    "trimtab.training.rule": ("Rule",),
    "trimtab.units": (
        "Duration",
        "Size",
        "days",
        "gigabytes",
        "hours",
        "kilobytes",
        "megabytes",
        "microseconds",
        "milliseconds",
        "minutes",
        "seconds",
        "weeks",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605  # derived from the one table above


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `import trimtab` loads no engine."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'trimtab' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_MODULE_OF]
