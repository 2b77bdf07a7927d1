"""The first file of a user's own: a copy of the example, or a guess from a dated table with the guesses marked."""

from __future__ import annotations

from pathlib import Path

from trimtab.commands.guessing import guess
from trimtab.errors import DataError, UsageError, nearest
from trimtab.loading import EXAMPLES


def init(source: str = "flights", *, to: str | Path | None = None) -> Path:
    """Write a system file to start from, and return its path; an existing file is never overwritten.

    `source` is a shipped example's name or a dated Parquet or CSV table, from whose columns the file is guessed.
    """
    target = Path(to) if to is not None else Path(f"{Path(source).stem}_system.py")
    if target.exists():
        raise UsageError(f"{target} exists already", do="choose another file with --to, or move it away")
    text = _example(source) if source in EXAMPLES else _guess(source, target)
    target.write_text(text, encoding="utf-8")
    return target


def _example(name: str) -> str:
    folder = Path(__file__).parent.parent / "examples" / name
    text = (folder / "system.py").read_text(encoding="utf-8")
    opening = f'"{folder / "data"}/'
    return text.replace('"data/', opening)


def _guess(source: str, target: Path) -> str:
    from trimtab import wiring  # noqa: PLC0415  # only guessing needs to read data

    if not Path(source).exists() and "*" not in source:
        raise UsageError(
            f"no table or example {source!r}",
            nearest=nearest(source, [*EXAMPLES, *(str(path) for path in Path().iterdir())]),
            do=f"name a Parquet or CSV file, or one of the examples: {', '.join(EXAMPLES)}",
        )
    table = wiring.tables().read(source, Path.cwd())
    times = [field.name for field in table.schema if str(field.type).startswith(("timestamp", "date"))]
    if not times:
        raise DataError(
            f"{source} has no column of times",
            found=", ".join(f"{field.name}: {field.type}" for field in table.schema),
            do="store the time of each row as a timestamp",
        )
    found = guess(table, times)
    beside = Path(source).resolve().parent == target.resolve().parent
    return _TEMPLATE.format(
        name=Path(source).stem,
        target=target.name,
        data=Path(source).name if beside else Path(source).resolve(),
        id=f'    id="{found.id}",  # GUESS: its values never repeat\n' if found.id else "",
        columns=", ".join(name for name in table.column_names if name not in {found.label, found.id, *times}),
        **{name: getattr(found, name) for name in ("learner", "at", "label", "known", "days", "why")},
    )


_TEMPLATE = '''"""{name}: lines marked GUESS were guessed from the table; read and correct them."""

from sklearn.ensemble import {learner}

import trimtab as tt
from trimtab import days

system = tt.table(
    "{name}",
    "{data}",
    {learner}(),  # GUESS: from the kind of label
    at="{at}",  # GUESS: the time at which each prediction was asked for
    label="{label}",  # GUESS: the true answer
    label_known="{known}",  # GUESS: when that answer became known; rows still without one are left empty
    matures_after=days({days}),  # GUESS: how long to wait before an answer counts as final; {why}
{id}    zone="UTC",  # GUESS: the zone of times without one
)
# Features are the other columns: {columns}
# Next: trimtab check {target}, then: trimtab replay {target}
'''
