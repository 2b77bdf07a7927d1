"""Work beside the requests goes last: one thread, a lower priority, and the idle class of Linux for trainings."""

import os
import sys
import threading

import pytest

from trimtab.errors import UsageError
from trimtab.runtime.clock import CLOCK_FILE, FileClock, SystemClock, chosen_clock
from trimtab.serving.looping import LoopCommand, Looping
from trimtab.serving.priority import THREADS, priority, run_when_idle, training_runner, with_one_thread
from trimtab.testing import ManualClock, MemoryLedger

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has an idle class")


@linux
def test_idle_work_runs_in_the_idle_class_and_leaves_its_caller_where_it_was():
    seen = []
    before = os.sched_getscheduler(0)

    def work():
        seen.append(os.sched_getscheduler(0))
        inner = threading.Thread(target=lambda: seen.append(os.sched_getscheduler(0)))
        inner.start()
        inner.join()

    run_when_idle(work)
    assert seen == [os.SCHED_IDLE, os.SCHED_IDLE], "what it starts is idle, too"
    assert os.sched_getscheduler(0) == before


def test_where_the_machine_is_never_idle_trainings_can_be_told_to_stand_back_less():
    seen = []
    training_runner("low")(lambda: seen.append(os.sched_getscheduler(0)))
    assert seen == [os.sched_getscheduler(0)]
    assert training_runner(priority({})) is run_when_idle
    with pytest.raises(UsageError, match="low"):
        priority({"TRIMTAB_TRAINING_PRIORITY": "lo"})


def test_idle_work_raises_what_it_raises():
    def failing():
        raise KeyError("x")

    with pytest.raises(KeyError):
        run_when_idle(failing)


def test_libraries_get_one_thread_unless_somebody_said_otherwise():
    given = with_one_thread({"OMP_NUM_THREADS": "3", "HOME": "/"})
    assert {name: given[name] for name in THREADS} == {**dict.fromkeys(THREADS, "1"), "OMP_NUM_THREADS": "3"}
    assert given["HOME"] == "/"


def test_a_turn_beside_a_server_is_told_to_use_one_thread(tmp_path, monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    script = "import os, sys; sys.exit(os.environ['TRIMTAB_THREADS'] + os.environ['OMP_NUM_THREADS'])"
    ledger = MemoryLedger()
    looping = Looping(ledger, ManualClock(0), "UTC", LoopCommand([sys.executable, "-c", script], tmp_path))
    assert looping.look() == "the loop begins"
    looping._running[0].wait()
    looping.look()
    (trouble,) = ledger.read_events("trouble")
    assert trouble.body["why"] == "11"
    looping._stopped.set()
    for process in looping._running:
        process.wait()
    looping._collect()


def test_a_file_may_tell_the_time(tmp_path):
    path = tmp_path / "clock"
    path.write_text("1700000000000000\n")
    assert chosen_clock({CLOCK_FILE: str(path)}).now() == 1_700_000_000_000_000
    assert isinstance(chosen_clock({}), SystemClock)


@pytest.mark.parametrize("text", ["", "noon", None])
def test_a_file_that_tells_no_time_is_told(tmp_path, text):
    path = tmp_path / "clock"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UsageError, match="no time can be read"):
        FileClock(path).now()
