"""Group commit on an event loop: quick commits inline, slow ones in a thread, nobody waits for a timer."""

import asyncio
import time

import pytest

from trimtab.errors import LedgerError
from trimtab.ports import Record
from trimtab.serving.committing import QUICK_SECONDS, Committer
from trimtab.testing import MemoryLedger


def record(number: int) -> Record:
    return Record(f"p{number}", number, b"\x80")


def ledger_and_committer():
    ledger = MemoryLedger()
    return ledger, Committer(lambda records: ledger.append_records("predictions", records))


def test_all_who_come_in_one_turn_share_one_commit_and_are_told_of_their_own_records():
    ledger, committer = ledger_and_committer()

    async def story():
        return await asyncio.gather(*(committer.add([record(i)]) for i in range(20)))

    assert asyncio.run(story()) == [[None]] * 20
    assert committer.groups == 1
    assert [r.id for _, r in ledger.read_records("predictions")] == [f"p{i}" for i in range(20)]


def test_a_repeated_id_gets_the_earlier_record_and_the_others_are_appended():
    ledger, committer = ledger_and_committer()

    async def story():
        await committer.add([record(1)])
        return await committer.add([Record("p1", 9, b"\x81"), record(2)])

    first, second = asyncio.run(story())
    assert (first, second) == (record(1), None)
    assert ledger.frontier("predictions") == 2


def test_a_failed_commit_is_told_to_everyone_in_it_and_the_next_one_is_tried_anew():
    fails = [True]

    def append(records):
        if fails.pop() if fails else False:
            raise LedgerError("the disk is full")
        return [None] * len(records)

    committer = Committer(append)

    async def story():
        outcomes = await asyncio.gather(
            *(committer.add([record(i)]) for i in range(3)), return_exceptions=True
        )
        return outcomes, await committer.add([record(9)])

    outcomes, later = asyncio.run(story())
    assert [str(outcome) for outcome in outcomes] == ["the disk is full"] * 3
    assert later == [None]


@pytest.mark.parametrize("why", ["slow", "busy"])
def test_slow_disks_and_other_writers_move_the_commit_off_the_event_loop(why):
    def append(records):
        time.sleep(0.05)
        return [None] * len(records)

    committer = Committer(append, busy=lambda: why == "busy")
    committer._seconds = 0.0 if why == "busy" else QUICK_SECONDS * 2
    ticks = []

    async def tick():
        while True:
            ticks.append(None)
            await asyncio.sleep(0.001)

    async def story():
        ticking = asyncio.create_task(tick())
        waves = [asyncio.gather(*(committer.add([record(i)]) for i in range(4))) for _ in range(2)]
        await asyncio.gather(*waves)
        ticking.cancel()

    asyncio.run(story())
    committer.close()
    assert len(ticks) > 10, "the event loop stood still during the commit"


def test_a_lone_caller_waits_for_one_commit_only():
    _ledger, committer = ledger_and_committer()

    async def story():
        watch = time.perf_counter()
        for i in range(50):
            await committer.add([record(i)])
        return (time.perf_counter() - watch) / 50

    assert asyncio.run(story()) < 0.005
    assert committer.groups == 50


def test_a_caller_who_gave_up_does_not_disturb_the_others():
    ledger, committer = ledger_and_committer()

    async def story():
        gone = committer.add([record(1)])
        stays = committer.add([record(2)])
        gone.cancel()
        return await stays

    assert asyncio.run(story()) == [None]
    assert ledger.frontier("predictions") == 2
