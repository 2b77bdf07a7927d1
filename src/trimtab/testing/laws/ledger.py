"""The laws of a Ledger port, each on a fresh ledger."""

from __future__ import annotations

from collections.abc import Callable

from trimtab.ports import Ledger
from trimtab.testing.laws.erasure import erasure_laws
from trimtab.testing.laws.identities import identities_laws
from trimtab.testing.laws.records import records_laws
from trimtab.testing.laws.rows import rows_laws
from trimtab.testing.laws.streams import streams_laws
from trimtab.testing.laws.subjects import subjects_laws

ledger_laws: tuple[Callable[[Ledger], None], ...] = (
    *streams_laws,
    *rows_laws,
    *subjects_laws,
    *identities_laws,
    *records_laws,
    *erasure_laws,
)
