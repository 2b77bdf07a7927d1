"""What a server and everything that it started use, read from /proc; Linux only."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PARENT, SESSION, SPENT, STARTED = 1, 3, slice(11, 15), 19
"""Places in a process's stat: parent, session, times (its own and those of its children that ended), start."""


def tree(leader):
    """The stat of every process of the leader's session and of all their descendants, by process id."""
    stats = dict(_stats())
    members = {pid for pid, stat in stats.items() if leader in (pid, int(stat[SESSION]))}
    grown = True
    while grown:
        more = {pid for pid, stat in stats.items() if int(stat[PARENT]) in members} - members
        members |= more
        grown = bool(more)
    return {pid: stats[pid] for pid in members}


def cpu_seconds(leader):
    """The processor time of the whole tree so far; what an ended child used stays counted at its parent."""
    return sum(int(ticks) for stat in tree(leader).values() for ticks in stat[SPENT]) / TICKS


def megabytes(leader):
    """The memory of the whole tree, pages that several share counted once."""
    total = 0
    for pid in tree(leader):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def busy_seconds():
    """The processor time that the whole machine has spent so far, idle and waiting left out."""
    user, nice, system, _idle, _wait, *rest = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + sum(rest[:3])) / TICKS


def stop(process, seconds=10.0):
    """End a process that we started, and whatever it started that outlives it."""
    ours = {(pid, stat[STARTED]) for pid, stat in tree(process.pid).items()}
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    for pid, stat in _stats():
        if (pid, stat[STARTED]) in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def _stats():
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(folder.name), (folder / "stat").read_text().rpartition(")")[2].split()
