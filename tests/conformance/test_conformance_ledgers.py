"""Every ledger keeps every law."""

import itertools
from contextlib import closing

import pytest

from trimtab.adapters.ledger.memory import MemoryLedger
from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.ports import Ledger
from trimtab.testing import check_ledger, durability_laws, ledger_laws


def named(law):
    return law.__name__


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request, tmp_path):
    with closing(MemoryLedger() if request.param == "memory" else SqliteLedger(tmp_path)) as ledger:
        yield ledger


@pytest.mark.parametrize("law", ledger_laws, ids=named)
def test_law(law, ledger):
    law(ledger)


@pytest.mark.parametrize("law", durability_laws, ids=named)
def test_durability_law(law, tmp_path):
    law(lambda: SqliteLedger(tmp_path))


def test_adapters_are_ledgers(ledger):
    assert isinstance(ledger, Ledger)


def test_check_ledger_names_every_broken_law(tmp_path):
    class Forgetful(MemoryLedger):
        def find_subject(self, value):
            return []

    with pytest.raises(AssertionError, match="subjects_are_equal_as_values") as raised:
        check_ledger(Forgetful)
    assert "a_subject_is_found_in_all_its_rows" in str(raised.value)


def test_check_ledger_runs_the_durability_laws_where_there_is_a_place(tmp_path):
    folders = (tmp_path / str(number) for number in itertools.count())

    def place():
        folder = next(folders)
        return lambda: SqliteLedger(folder)

    check_ledger(lambda: SqliteLedger(next(folders)), places=place)
    with pytest.raises(AssertionError, match="reopening_loses_nothing"):
        check_ledger(MemoryLedger, places=lambda: MemoryLedger)
