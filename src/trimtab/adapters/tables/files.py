"""Files, folders and glob patterns of Parquet and CSV."""

from __future__ import annotations

import glob
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trimtab.adapters.arrow import plain
from trimtab.adapters.tables.csvs import read_csv
from trimtab.adapters.tables.frames import check_names
from trimtab.errors import DataError, nearest

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz", ".csv.zip")


def read_files(data: str | Path, columns: Sequence[str] | None) -> pa.Table:
    """The rows of all files that a path or pattern names, in the order of their names; raises DataError."""
    paths = _files(data)
    tables = [_read_file(path, columns) for path in paths]
    together = tables[0]
    for path, table in zip(paths[1:], tables[1:], strict=True):
        _check_same_names(paths[0], tables[0], path, table)
        together = _joined(together, table.select(together.column_names), path)
    return together


def stamps(data: str | Path, folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size in bytes and time of the last change of each file that a path or pattern names; raises DataError."""
    found = ((path, path.stat()) for path in _files(folder / str(data)))
    return tuple((str(path), status.st_size, status.st_mtime_ns) for path, status in found)


def _files(data: str | Path) -> list[Path]:
    path = Path(data)
    if path.is_dir():
        found = sorted(
            inner for inner in path.rglob("*") if _is_data(inner.relative_to(path)) and inner.is_file()
        )
        if not found:
            raise DataError(f"no .parquet or .csv file in the folder {path}", found=_listed(path))
        return found
    if path.exists():
        return [path]
    if "://" in str(data):
        raise DataError(f"cannot read from the address {data}", do="copy the file here, or name a SQL table")
    if not glob.has_magic(str(data)):
        raise missing_file(path)
    found = sorted(Path(name) for name in glob.glob(str(data), recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    if not found:
        raise DataError(f"no file matches the pattern {data}", do="check the folder and the pattern")
    return [inner for match in found for inner in ([match] if match.is_file() else _files(match))]


def _read_file(path: Path, columns: Sequence[str] | None) -> pa.Table:
    name = path.name.lower()
    if not name.endswith(PARQUET + CSV):
        raise DataError(
            f"do not know how to read {path}",
            found=f"the extension {path.suffix!r}",
            do=f"use {', '.join(PARQUET + CSV)}",
        )
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty", do="write it again, or remove it")
        return plain(_read_parquet(path, columns) if name.endswith(PARQUET) else read_csv(path, columns))
    except (pa.ArrowException, OSError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read",
            found=" ".join(str(error).split()),
            do="write it again, or check this user's rights",
        ) from error


def _read_parquet(path: Path, columns: Sequence[str] | None) -> pa.Table:
    with pq.ParquetFile(path) as file:
        check_names(file.schema_arrow.names, columns, path.name)
        table = file.read(columns=None if columns is None else list(columns))
    return table if columns is None else table.select(list(columns))


def _check_same_names(first_path: Path, first: pa.Table, path: Path, table: pa.Table) -> None:
    for have, lack, names in (
        (first_path, path, set(first.column_names) - set(table.column_names)),
        (path, first_path, set(table.column_names) - set(first.column_names)),
    ):
        if names:
            raise DataError(
                f"the files do not have the same columns: {have.name} has {min(names)!r}, {lack.name} does not",
                do="make them agree, or declare them as separate sources",
            )


def _joined(together: pa.Table, table: pa.Table, path: Path) -> pa.Table:
    """Both tables' rows, numbers widened where files differ; raises DataError for other differences of type."""
    try:
        schema = pa.unify_schemas([together.schema, table.schema], promote_options="permissive")
        return pa.concat_tables([together.cast(schema), table.cast(schema)])
    except pa.ArrowException as error:
        raise DataError(
            f"the files do not have the same types: {path.name} differs from those before it",
            found=" ".join(str(error).split()),
            do="make them agree, or declare them as separate sources",
        ) from error


def _is_data(path: Path) -> bool:
    """True for files that are meant: .parquet and .csv, but not _SUCCESS or .hidden ones."""
    return path.name.lower().endswith(PARQUET + CSV) and not any(
        part.startswith(("_", ".")) for part in path.parts
    )


def missing_file(path: Path) -> DataError:
    """The DataError for a file that is not there, with what is."""
    folder = path.parent
    if not folder.is_dir():
        return DataError(f"there is no file {path}", found=f"no folder {folder} either", do="check the path")
    return DataError(
        f"there is no file {path}",
        found=_listed(folder),
        nearest=nearest(path.name, (other.name for other in folder.iterdir())),
    )


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    shown = ", ".join(names[:8]) or "an empty folder"
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
