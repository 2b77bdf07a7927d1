"""A writer killed at any moment: what it was promised is there exactly once, whole, and nothing half-made."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.ports import Record

ROUNDS = int(os.environ.get("TRIMTAB_KILL_ROUNDS", "20"))


def killed_after(writer, folder, seed, seconds):
    """The promises (stream, first, count, token) that one writer made before it was killed."""
    writer.stdin.write(f"{folder} {seed}\n")
    writer.stdin.flush()
    words = writer.stdout.readline().split()
    assert words[0] == "pid", words
    lines = [writer.stdout.readline()] if seed % 4 else []  # one in four dies while it starts
    time.sleep(seconds if lines else seconds / 10)
    os.kill(int(words[1]), signal.SIGKILL)
    lines += iter(writer.stdout.readline, "dead\n")
    assert not [line for line in lines if line.startswith("failed")], lines
    return [(stream, int(first), int(count), token) for stream, first, count, token in map(str.split, lines)]


def tokens_of(ledger, stream):
    if stream == "journal":
        return [event.kind for event in ledger.read_events(stream)]
    rows = ledger.read_rows(stream)
    assert rows["sequence"].to_pylist() == list(range(ledger.frontier(stream)))
    return rows["token"].to_pylist() if "token" in rows.column_names else []


def check_records(ledger, promises, erasures):
    """Each promised record stands once under its number unless it was erased; an erasure cut short did all or none."""
    kept = dict(ledger.read_records("served"))
    erased, begun = (
        [set(range(first, first + count)) for kind, first, count, _ in erasures if kind == which]
        for which in ("erased", "erasing")
    )
    gone, unsure = set().union(*erased), set().union(*begun)
    assert not gone & kept.keys()
    for numbers in begun:
        left = numbers & kept.keys()
        assert not left or left >= numbers - gone - set().union(*(one for one in begun if one != numbers))
    promised = {
        first + place: f"{token}/{place}"
        for stream, first, count, token in promises
        if stream == "served"
        for place in range(count)
    }
    assert promised.keys() - kept.keys() <= unsure
    assert {number: kept[number].id for number in promised.keys() & kept.keys()}.items() <= promised.items()
    ids = [record.id for record in kept.values()]
    assert len(ids) == len(set(ids))
    assert all(number < ledger.frontier("served") for number in kept)
    for number, name in list(promised.items())[-20:]:
        told = ledger.append_records("served", [Record(name, 0, b"another")])[0]
        assert told == kept.get(number, Record(name, 0, b""))


def check_identities(ledger, promises):
    for stream in ("facts", "labels/late"):
        ids = [
            f"{token}/{place}"
            for name, _, count, token in promises
            if name == stream
            for place in range(count)
        ]
        assert ledger.find_identities(stream, ids) == [stream.encode()] * len(ids)


def check_kept(ledger, promises):
    last_promised = dict.fromkeys(("facts", "labels/late", "journal"), 0)
    kept = {stream: tokens_of(ledger, stream) for stream in last_promised}
    for stream, first, count, token in promises:
        assert kept[stream][first : first + count] == [token] * count
        last_promised[stream] = max(last_promised[stream], first + count)
    promised = Counter()
    for _, _, count, token in promises:
        promised[token] += count
    found = Counter(token for tokens in kept.values() for token in tokens)
    assert {token: found[token] for token in promised} == promised
    for _, _, count, token in promises[-50:]:
        hits = ledger.find_subject(token)
        assert len(hits) in {0, count}
    return found - promised


def rounds(writer, folder, seed):
    chance = np.random.default_rng(seed)
    promises, erasures, kept_unpromised = [], [], Counter()
    for number in range(ROUNDS):
        said = killed_after(writer, folder, seed + number, chance.uniform(0, 0.2))
        promises += [line for line in said if not line[0].startswith("eras")]
        erasures += [line for line in said if line[0].startswith("eras")]
        with SqliteLedger(folder) as ledger:
            check_records(ledger, promises, erasures)
            check_identities(ledger, promises)
            unpromised = check_kept(ledger, [line for line in promises if line[0] != "served"])
        assert not kept_unpromised - unpromised
        assert len(unpromised) <= number + 1, "more than one append per kill was kept without a promise"
        kept_unpromised = unpromised
        assert all(path.suffix == ".parquet" for path in folder.glob("segments/*/*"))
    assert len(promises) > ROUNDS


def test_killed_writers_lose_nothing_and_double_nothing(tmp_path):
    seed = int(os.environ.get("TRIMTAB_SEED", secrets.randbelow(10**6)))
    writer = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("killed_writer.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with writer:
        try:
            rounds(writer, tmp_path, seed)
        except AssertionError as problem:
            problem.add_note(f"seed {seed}")
            raise
