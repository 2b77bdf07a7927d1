"""What is odd about one prediction, as findings, and the sentence that it comes down to."""

from __future__ import annotations

from collections.abc import Iterator

from trimtab.finding import Finding, Severity, by_severity
from trimtab.report.formats import moment
from trimtab.runtime.explaining.features import FeatureTold
from trimtab.runtime.explaining.result import Explained

SAME_SCORE = 1e-6
"""How far the score of the served features may be from the one that was served: engines differ in the last bits."""


def oddities(told: Explained) -> tuple[Finding, ...]:
    """Everything that sets a prediction apart from a usual one, worst first."""
    return by_severity([*_answer(told), *_features(told)])


def sentence(told: Explained) -> str:
    """Who answered what, what was decided, and what came of it."""
    said = f"{told.version} answered {score_text(told.score, told.classes)} on {moment(told.answered)}"
    if told.served == "fallback":
        said = f"the fallback of {said}"
    if told.decision is not None:
        act = "acts" if told.decision.acts else "does not act"
        said += f", and at the threshold {told.decision.threshold:.4g} the system {act}"
    return f"{said}. {_label(told)}"


def score_text(score: float | tuple[float, ...], classes: tuple[str, ...] = ()) -> str:
    """A score in words: a number, or the likeliest class with its probability.

    >>> score_text(0.25), score_text((0.2, 0.8), ("calm", "windy"))
    ('0.2500', 'windy (0.8000)')
    """
    if not isinstance(score, tuple):
        return f"{score:.4f}"
    best = max(range(len(score)), key=lambda place: score[place])
    name = classes[best] if best < len(classes) else f"class {best}"
    return f"{name} ({score[best]:.4f})"


def _label(told: Explained) -> str:
    label = told.label
    if label.value is None:
        return f"Its label is {label.state}."
    known = "" if label.known is None else f", known on {moment(label.known)}"
    right = {True: ": the decision was right", False: ": the decision was wrong", None: ""}
    ended = right[None if told.decision is None else told.decision.right]
    return f"The label is {label.value} ({label.state}{known}){ended}."


def _answer(told: Explained) -> Iterator[Finding]:
    if told.served == "fallback":
        yield Finding(
            "a fallback answered instead of the model",
            Severity.WATCH,
            cause=", ".join(told.flags) or None,
            action="look for the reason in the server's log",
        )
    elif told.flags:
        yield Finding(f"the request was flagged: {', '.join(told.flags)}", Severity.INFO)
    if told.again is not None and _apart(told.score, told.again) > SAME_SCORE:
        yield Finding(
            "the stored version gives another score for the same features now",
            Severity.ACT,
            estimate=_apart(told.score, told.again),
            action="compare the library versions of the server with those that trained the version",
        )


def _features(told: Explained) -> Iterator[Finding]:
    differing = [each for each in told.features if each.differs]
    if differing:
        yield Finding(
            f"{_features_in_words(differing)} other values when served than the record gives now",
            Severity.WATCH,
            cause="late facts that were backdated, an erasure, a changed definition, or a fault",
            action="find out whether other predictions differ too",
            check_command="trimtab parity",
            evidence=tuple((each.name, f"served {each.value}, now {each.recomputed}") for each in differing),
        )
    strange = [each for each in told.features if each.strange]
    if strange:
        yield Finding(
            f"{_features_in_words(strange)} values outside of what the version was accepted on",
            Severity.INFO,
            evidence=tuple((each.name, f"{each.value}: {each.usual}") for each in strange),
        )


def _features_in_words(found: list[FeatureTold]) -> str:
    return "one feature had" if len(found) == 1 else f"{len(found)} features had"


def _apart(one: float | tuple[float, ...], other: float | tuple[float, ...]) -> float:
    """The largest difference, as a share of the score where that is larger than 1."""
    pairs = zip(_all(one), _all(other), strict=True)
    return max(abs(a - b) / max(1.0, abs(a)) for a, b in pairs)


def _all(score: float | tuple[float, ...]) -> tuple[float, ...]:
    return score if isinstance(score, tuple) else (score,)
