"""What the work on a ledger's files needs together: where they are, who reads, and who commits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trimtab.adapters.ledger.commits import GroupCommit
from trimtab.adapters.ledger.reading import Reader


@dataclass(frozen=True)
class Writer:
    """The folder, group commit and reading connection of a ledger that is open to write."""

    folder: Path
    commits: GroupCommit
    reader: Reader
