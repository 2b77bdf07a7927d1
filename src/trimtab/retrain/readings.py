"""The triggers that read one measured statistic: its threshold, its words, its numbers."""

from __future__ import annotations

from trimtab.declare.measured import (
    OnChallenger,
    OnDrift,
    OnEstimatedDrop,
    OnRegret,
    OnSkillDrop,
    OnVolume,
)
from trimtab.declare.triggers import Trigger
from trimtab.retrain.due import Due, not_known
from trimtab.retrain.seen import Measured

WINDOWS, ENOUGH = 4, 3
"""Of the last so many windows so many must agree: one odd day is no drift."""


def read(trigger: Trigger, measured: Measured) -> Due:
    """The answer of a trigger that reads one statistic."""
    match trigger:
        case OnVolume(rows, share):
            return _volume(rows, share, measured)
        case OnSkillDrop(by):
            return _skill(by, measured)
        case OnEstimatedDrop(by):
            return _estimated(by, measured)
        case OnDrift(quantile, notify):
            return _drift(quantile, measured, notify=notify)
        case OnChallenger(margin):
            return _challenger(margin, measured)
        case OnRegret(price):
            return _regret(price, measured)
    raise TypeError(f"unknown trigger {trigger!r}")


def _missing(name: str, measured: Measured) -> Due:
    return not_known(measured.unknown.get(name, f"no {name.replace('_', ' ')} has been measured"))


def _volume(rows: int, share: float, measured: Measured) -> Due:
    new, last = measured.new_labelled_rows, measured.last_training_rows
    if new is None:
        return _missing("new_labelled_rows", measured)
    if last is None:
        return _missing("last_training_rows", measured)
    needed = max(float(rows), share * last)
    reason = f"{new:,} new labelled rows, due from {needed:,.0f}"
    return Due(
        new >= needed,
        reason,
        {"new_labelled_rows": float(new), "last_training_rows": float(last), "rows_needed": needed},
    )


def _skill(by: float, measured: Measured) -> Due:
    skill = measured.skill
    if skill is None:
        return _missing("skill", measured)
    drop = skill.accepted - skill.now
    reason = (
        f"skill {skill.now:.4f} over {skill.units} units, {skill.accepted:.4f} at acceptance: "
        f"{drop:+.4f} lost, due beyond {by:g}"
    )
    numbers = {
        "skill": skill.now,
        "skill_accepted": skill.accepted,
        "skill_units": float(skill.units),
        "skill_drop_allowed": by,
    }
    return Due(drop > by, reason, numbers)


def _estimated(by: float, measured: Measured) -> Due:
    estimated = measured.estimated
    if estimated is None:
        return _missing("estimated", measured)
    if not estimated.trusted:
        return not_known("the estimate is not trusted")
    recent = estimated.drops[-WINDOWS:]
    if len(recent) < WINDOWS:
        return not_known(f"{len(recent)} windows are estimated, of {WINDOWS}")
    beyond = sum(drop > by for drop in recent)
    reason = f"estimated drop {recent[-1]:+.4f}, beyond {by:g} in {beyond} of {WINDOWS} windows"
    numbers = {"estimated_drop": recent[-1], "windows_beyond": float(beyond), "estimated_drop_allowed": by}
    return Due(beyond >= ENOUGH, reason, numbers)


def _drift(quantile: float, measured: Measured, *, notify: bool) -> Due:
    drift = measured.drift
    if drift is None:
        return _missing("drift", measured)
    recent = drift.ranks[-WINDOWS:]
    if len(recent) < WINDOWS:
        return not_known(f"{len(recent)} windows are compared, of {WINDOWS}")
    if drift.windows < quantile / (1 - quantile):
        return not_known(f"{drift.windows} quiet windows cannot tell the {quantile:g} quantile")
    beyond = sum(rank >= quantile for rank in recent)
    reason = f"drift beyond the {quantile:g} quantile of quiet times in {beyond} of {WINDOWS} windows"
    numbers = {
        "drift_rank": recent[-1],
        "windows_beyond_quantile": float(beyond),
        "drift_quantile": quantile,
        "quiet_windows": float(drift.windows),
    }
    moved = beyond >= ENOUGH
    return Due(moved and not notify, reason, numbers, notify=moved and notify)


def _challenger(margin: float, measured: Measured) -> Due:
    found = measured.challenger
    if found is None:
        return _missing("challenger", measured)
    reason = (
        f"the challenger loses {found.mean:.4f} less [{found.low:.4f}, {found.high:.4f}] over {found.units} "
        f"units, due when surely more than {margin:g}"
    )
    numbers = {
        "challenger_gain": found.mean,
        "challenger_gain_low": found.low,
        "challenger_gain_high": found.high,
        "challenger_units": float(found.units),
        "challenger_margin": margin,
    }
    return Due(found.low > margin, reason, numbers)


def _regret(price: float | None, measured: Measured) -> Due:
    wanted = measured.fit_price if price is None else price
    if measured.regret is None:
        return _missing("regret", measured)
    if wanted is None:
        return not_known("no price of a training is declared")
    reason = f"{measured.regret:,.2f} lost for want of a newer model, due from {wanted:,.2f}"
    due = measured.regret > 0 and measured.regret >= wanted
    return Due(due, reason, {"regret": measured.regret, "price": wanted})
