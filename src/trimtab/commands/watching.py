"""Watch a log of predictions that anyone served."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab import wiring
from trimtab.instants import Instant, instant

if TYPE_CHECKING:
    import pyarrow as pa

    from trimtab.runtime.watching.result import WatchResult
    from trimtab.units import Duration


def watch(  # noqa: PLR0913  # each option is one independent wish
    log: Any,
    *,
    time: str | None = None,
    score: str | Sequence[str] = (),
    label: str | None = None,
    label_known: str | None = None,
    id: str | None = None,  # noqa: A002  # the field's word for it
    labels: Any = None,
    reference: Any = None,
    reference_until: Instant | int = None,
    reference_score: str | Sequence[str] = (),
    features: str | Sequence[str] = (),
    without: str | Sequence[str] = (),
    slices: str | Sequence[str] = (),
    classes: str | Sequence[str] = (),
    positive: str | None = None,
    task: str | None = None,
    zone: str | None = None,
    matures_after: str | Duration | None = None,
    window: str | Duration | None = None,
    every: int | None = None,
    windows_per_year: float | None = None,
    false_pages_per_year: float = 1.0,
    loss: str | None = None,
    false_alarm: float | None = None,
    miss: float | None = None,
    currency: str = "EUR",
    threshold: float | None = None,
    tolerance: float | None = None,
    unit: str | None = None,
    out: str | Path | None = None,
    command: str = "",
) -> WatchResult:
    """Watch a log of predictions that anyone served: whether the model does worse, or its input is broken, and since when.

    `log`, `labels` (joined by `id`) and `reference` are files, folders, patterns or dataframes; names are columns,
    several in a sequence or a text with commas. What is not named is told from usual names. Windows are stretches of
    time (`window`, a day) or of rows (`every`). The accepted period is the reference, or ends at `reference_until`,
    an instant or a number of rows (default: the first quarter). Durations are `tt.hours(12)` or "12h". `loss` is
    decision, brier, absolute or money. With `out`, a folder, figures of every window are written. Raises
    TrimtabError for what cannot be read that way.
    """
    given = dict(locals())  # before there are other names
    from trimtab.runtime.watching.logs import asked, watch, writing  # noqa: PLC0415

    given |= _rows_or_instant(reference_until)
    done = watch.watch_log(
        _table(log),
        asked.Wish(**{name: given[name] for name in asked.WISHES}),
        watch.Told(
            Path(log).name if isinstance(log, str | Path) else "a log",
            command,
            None if out is None else str(out),
        ),
        labels=None if labels is None else _table(labels),
        reference=None if reference is None else _table(reference),
    )
    if out is not None:
        writing.write(done, Path(out))
    return done


def _rows_or_instant(value: Instant | int) -> dict[str, Any]:
    """Where an accepted period ends: after so many rows, or at what is an instant once the zone is known."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        return {"reference_rows": int(value), "reference_until": None}
    until = None if value is None else functools.partial(instant, value)
    return {"reference_rows": None, "reference_until": until}


def _table(data: Any) -> pa.Table:
    """The rows of a file, folder, pattern, SQL table or dataframe."""
    from trimtab.declare.source import InMemory, SqlTable  # noqa: PLC0415

    known = isinstance(data, str | Path | SqlTable | InMemory)
    return wiring.tables().read(data if known else InMemory(data), Path())
