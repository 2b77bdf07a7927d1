"""From what a user names (a file, a module, an example) to the system it declares."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from trimtab.declare.site import declared_in
from trimtab.declare.system import System, table
from trimtab.errors import DeclarationError, TrimtabError, UsageError, nearest
from trimtab.units import days

EXAMPLES = ("flights", "cdnow", "bikes")


def load(target: str) -> System:
    """The system declared by a file (`flights.py`), a module (`package.module:name`) or a shipped example's name.

    Raises UsageError when there is no such thing, DeclarationError when the file cannot be read as Python.
    """
    place, _, name = target.partition(":")
    if place in EXAMPLES:
        return _system(importlib.import_module(f"trimtab.examples.{place}.system"), target, name)
    if place.endswith(".py"):
        return _system(_module_at(Path(place)), target, name)
    try:
        return _system(importlib.import_module(place), target, name)
    except ModuleNotFoundError as error:
        if error.name and not (place == error.name or place.startswith(f"{error.name}.")):
            raise
        raise UsageError(
            f"no system at {target!r}",
            found=f"no file, module or example of that name; examples: {', '.join(EXAMPLES)}",
            nearest=nearest(place, [*EXAMPLES, *(str(path) for path in Path().glob("*.py"))]),
            do="name a system file (flights.py), a module (package.module:system) or an example (flights)",
        ) from None


def _module_at(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(
            f"no system file {str(path)!r}",
            nearest=nearest(path.name, [each.name for each in path.parent.glob("*.py")])
            if path.parent.is_dir()
            else None,
            do="name an existing file, or write one with: trimtab init",
        )
    name = f"trimtab_system_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise UsageError(f"{str(path)!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except TrimtabError:
        raise
    except Exception as error:  # whatever the user's file raises is the user's to read
        raise DeclarationError(
            f"{path.name} cannot be read: {type(error).__name__}: {error}",
            found=_line(error, path),
            do="correct the file",
        ) from error
    return module


def _line(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"{path.name}:{error.lineno}"
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path.resolve())
    ]
    return f"{path.name}:{frames[-1].lineno}: {frames[-1].line}" if frames else path.name


def _system(module: ModuleType, target: str, name: str) -> System:
    systems = {key: value for key, value in vars(module).items() if isinstance(value, System)}
    if name:
        if name not in systems:
            raise UsageError(
                f"{target!r} declares no system {name!r}",
                found=", ".join(systems) or "none",
                nearest=nearest(name, systems),
            )
        return systems[name]
    if "system" in systems:
        return systems["system"]
    if len(systems) == 1:
        return next(iter(systems.values()))
    raise UsageError(
        f"{target!r} declares {len(systems)} systems",
        found=", ".join(systems) or "none",
        do="name one after a colon, as in flights.py:system",
    )


def table_system(
    path: str,
    *,
    at: str | None,
    label: str | None,
    label_known: str | None,
    matures_after: float | None,
    zone: str | None,
) -> System:
    """A system over one dated table from the command line's options; `matures_after` is in days (default 30)."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  # loaded when something is trained

    missing = [
        name
        for name, value in {"--at": at, "--label": label, "--label-known": label_known}.items()
        if not value
    ]
    if missing or at is None or label is None or label_known is None:
        raise UsageError(f"a table needs {', '.join(missing)} too", do="name the columns of the table")
    with declared_in(path):
        return table(
            Path(path).stem,
            str(Path(path).resolve()),
            HistGradientBoostingClassifier(early_stopping=False),
            at=at,
            label=label,
            label_known=label_known,
            matures_after=days(30.0 if matures_after is None else matures_after),
            zone=zone,
        )
