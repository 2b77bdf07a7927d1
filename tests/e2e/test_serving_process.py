"""`trimtab serve` from start to stop as processes: before the first version, beside other commands, in trouble."""

import os
import resource
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from served import Server, write_system

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.cli import main
from trimtab.serving.logged import PREDICTIONS, decode
from trimtab.serving.measuring import calls_since

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")


class Process(Server):
    """A server that is waited for until it lives, ready or not."""

    def _wait(self):
        wait_for(self.lives, lambda: self.process.poll() is not None and self.output)

    def lives(self):
        try:
            return self.call("GET", "/healthz/live")[0] == 200
        except OSError:
            return False

    def end(self):
        if self.process.poll() is None:
            self.kill()

    def row(self, order=5_000_000, **changed):
        return {"order": order, "ordered": instant(), "shop": "north", "weight": 3.5, **changed}

    def ask(self, id_=None, **changed):
        return self.call("POST", "/predict", {"id": id_, "row": self.row(**changed)})


def instant(seconds=0.0):
    return str(np.datetime64(int((time.time() + seconds) * 1e6), "us")) + "Z"


def wait_for(what, problem=lambda: None, seconds=60):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "never came true"
        assert not problem(), problem()
        time.sleep(0.05)
    return found


def command(capfd, *words):
    """Exit code and words of a command that runs in this process, beside the server."""
    argv, sys.argv = sys.argv, ["trimtab", *map(str, words)]
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv = argv
    printed = capfd.readouterr()
    text = printed.out + printed.err
    assert "Traceback" not in text
    return code, " ".join(text.split())


def train(system):
    argv, sys.argv = sys.argv, ["trimtab", "train", str(system)]
    try:
        main()
    finally:
        sys.argv = argv


def record(system):
    """The record of a home, read beside its owner."""
    return SqliteLedger(system.parent / ".trimtab" / "ledger", read_only=True)


class Shop:
    """One server with its files; `before` is what it said without a version."""

    def __init__(self, folder):
        self.system = write_system(folder, rows=600)
        self.server = Process(self.system)
        self.before = [self.server.call("GET", "/healthz/ready"), self.server.ask("too-early")]
        train(self.system)
        wait_for(lambda: self.server.call("GET", "/healthz/ready")[0] == 200)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    found = Shop(tmp_path_factory.mktemp("single"))
    yield found
    found.server.end()


def a_server_without_a_version_says_why_and_answers_once_one_is_trained_beside_it(shop):
    (status, said), (refused, problem) = shop.before
    assert (status, said) == (503, {"ready": False, "reasons": ["no version is ready to answer"]})
    assert refused == 503
    assert problem["detail"] == "no version is ready to answer"
    assert "trimtab train" in problem["do"]
    status, answer = shop.server.ask("first")
    assert (status, answer["version"], answer["served"]) == (200, "v1", "champion")
    assert shop.server.call("GET", "/predictions/too-early")[0] == 404


def a_second_server_on_the_same_home_is_refused_and_told_which_process_has_it(shop, capfd):
    code, text = command(capfd, "serve", shop.system)
    assert code == 1
    assert f"is being written by process {shop.server.process.pid}" in text
    assert text.count("error:") == 1
    assert "do: stop that process" in text


def a_taken_port_is_told_in_one_paragraph(shop, capfd, tmp_path):
    code, text = command(
        capfd, "serve", shop.system, "--port", shop.server.port, "--home", tmp_path / "other"
    )
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{shop.server.port}" in text
    assert "choose another --port" in text


def other_commands_run_beside_the_server(shop, capfd, tmp_path):
    for number in range(5):
        assert shop.server.ask(f"beside-{number}")[0] == 200
    code, text = command(capfd, "train", shop.system)
    assert (code, "v2: trained on" in text) == (0, True), text
    assert shop.server.ask("still-v1")[1]["version"] == "v1", "a trained version answers once it is activated"
    code, text = command(capfd, "predict", shop.system, "--version", "v1", "--to", tmp_path / "out.parquet")
    assert code == 0, text
    assert len(pq.read_table(tmp_path / "out.parquet")) == 600
    code, text = command(capfd, "parity", shop.system)
    assert (code, "served predictions equal the batch values" in text) == (0, True), text
    code, text = command(capfd, "status", shop.system)
    assert code == 0, text
    assert "predictions on record" in text
    assert shop.server.call("POST", "/versions/v2/activate")[1]["state"] == "champion"
    assert shop.server.ask("now-v2")[1]["version"] == "v2"


def limit_files(process, size):
    """Make the disk as good as full for a running process, or large again."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))


def a_full_disk_refuses_what_cannot_be_kept_and_loses_nothing_that_was_acknowledged(shop):
    server, told = shop.server, {}
    for number in range(3):
        status, answer = server.ask(f"kept-{number}")
        told[answer["id"]] = answer["score"]
    limit_files(server.process, 4096)
    fact = {"shop": "north", "seen": instant(), "length": 3}
    try:
        refusals = [
            server.ask("lost"),
            server.call("POST", "/facts/queue", fact),
            server.call("POST", "/labels", {"id": "kept-0", "label": True}),
            server.call("POST", "/versions/v1/activate"),
        ]
    finally:
        limit_files(server.process, resource.RLIM_INFINITY)
    for status, problem in refusals:
        assert (status, problem["detail"]) == (503, "cannot write now"), problem
    assert server.call("GET", "/predictions/lost")[0] == 404
    status, answer = server.ask("lost")
    assert (status, "repeated" in answer["flags"]) == (200, False)
    assert server.call("POST", "/facts/queue", fact)[1]["accepted"] == 1
    assert server.call("POST", "/labels", {"id": "kept-0", "label": True})[1]["accepted"] == 1
    for id_, score in told.items():
        assert server.call("GET", f"/predictions/{id_}")[1]["prediction"]["score"] == score
    wait_for(lambda: server.ask()[1]["flags"] == [], seconds=10)


def a_server_that_is_asked_to_stop_answers_what_is_under_way_and_can_be_started_again(shop, capfd):
    server, many = shop.server, 4000
    status, first = server.ask("before-the-stop", ordered="2030-01-01T00:00:00Z")
    assert (status, first["flags"]) == (200, ["future"])
    rows = [{"id": f"under-way-{n}", "row": server.row(6_000_000 + n)} for n in range(many)]
    with ThreadPoolExecutor(2) as callers:
        answers = [callers.submit(server.call, "POST", "/predict", half) for half in (rows[::2], rows[1::2])]
        time.sleep(0.15)
        code = server.stop()
        told = [answer.result() for answer in answers]
    assert code == 0, server.output
    assert [(status, len(found)) for status, found in told] == [(200, many // 2)] * 2
    assert "Traceback" not in server.output
    assert not (shop.system.parent / ".trimtab" / "ledger" / "door.json").exists(), "the door is closed"
    with record(shop.system) as ledger:
        kept = {r.id: decode(r).score for _, r in ledger.read_records(PREDICTIONS)}
        counted = calls_since(ledger, 0)
    assert all(kept[one["id"]] == one["score"] for _, found in told for one in found)
    assert counted.requests >= 3, "the calls of a life are on record at its end"
    assert counted.unanswered >= 2, "those before the first version and on the full disk"
    shop.server = Process(shop.system)
    wait_for(lambda: shop.server.call("GET", "/healthz/ready")[0] == 200)
    status, again = shop.server.ask("before-the-stop", ordered="2030-01-01T00:00:00Z")
    assert (again["score"], again["flags"]) == (first["score"], ["future", "repeated"])
    assert again["version"] == "v2"
    assert shop.server.ask("after-the-stop")[1]["version"] == "v2", "the activated version answers again"
    code, text = command(capfd, "parity", shop.system)
    assert code == 0, text
    assert shop.server.stop() == 0, shop.server.output


class Workers:
    """Two workers beside an owner."""

    def __init__(self, folder):
        self.system = write_system(folder, rows=600)
        train(self.system)
        self.server = Process(self.system, "--workers", "2")
        wait_for(lambda: len(self.processes()) == 2)
        self.scores, self.facts = {}, set()

    def processes(self):
        """The ids of the worker processes that run now."""
        owner = self.server.process.pid
        found = set()
        for path in Path(f"/proc/{owner}/task").glob("*/children"):
            found |= {int(word) for word in path.read_text().split()}
        return {each for each in found if running(each)}

    def ask_at_once(self, count=40):
        """Predictions by many callers at once: the answers; those that broke off are left out."""

        def ask(_):
            try:
                status, answer = self.server.ask()
            except OSError:
                return None
            assert status == 200, answer
            self.scores[answer["id"]] = answer["score"]
            return answer

        with ThreadPoolExecutor(16) as callers:
            return [answer for answer in callers.map(ask, range(count)) if answer]

    def answering(self):
        """The worker processes that answered, by the part of an id that is theirs."""
        return {answer["id"].split("-")[1] for answer in self.ask_at_once()}

    def push(self, length):
        seen = instant(-7000 - len(self.facts) / 1000)
        status, taken = self.server.call(
            "POST", "/facts/queue", {"shop": "north", "seen": seen, "length": length}
        )
        assert (status, taken["accepted"]) == (200, 1), taken
        self.facts.add(length)


def running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    found = Workers(tmp_path_factory.mktemp("workers"))
    yield found
    left = found.processes() if found.server.process.poll() is None else set()
    found.server.end()
    wait_for(lambda: not any(map(running, left)))


def workers_answer_side_by_side_see_each_others_facts_and_follow_one_activation(pair, capfd):
    wait_for(lambda: len(pair.answering()) == 2)
    for length in (1001, 1002, 1003):
        pair.push(length)
        answers = pair.ask_at_once(12)
        for answer in answers:
            story = pair.server.call("GET", f"/predictions/{answer['id']}")[1]
            assert story["features"]["queue"] == length, "whoever took the fact, whoever answers"
    repeated = pair.server.call("POST", "/predict", {"id": "mine", "row": (row := pair.server.row())})[1]
    for _ in range(10):
        again = pair.server.call("POST", "/predict", {"id": "mine", "row": row})[1]
        assert (again["score"], again["flags"]) == (repeated["score"], ["repeated"])
    code, text = command(capfd, "train", pair.system)
    assert code == 0, text
    assert pair.server.call("POST", "/versions/v2/activate")[0] == 200
    time.sleep(1)
    assert {answer["version"] for answer in pair.ask_at_once()} == {"v2"}


def a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(pair, capfd):
    before = pair.processes()
    victim, stop = min(before), threading.Event()

    def load():
        while not stop.is_set():
            pair.ask_at_once(8)

    caller = threading.Thread(target=load)
    caller.start()
    time.sleep(0.3)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(pair.processes() - {victim}) == 2)
    pair.push(2000)
    stop.set()
    caller.join()
    wait_for(lambda: len(pair.answering()) == 2)
    with record(pair.system) as ledger:
        kept = [(r.id, decode(r).score) for _, r in ledger.read_records(PREDICTIONS)]
        lengths = {fact["length"] for fact in ledger.read_rows("facts/queue").to_pylist()}
    assert len(kept) == len(dict(kept))
    assert pair.scores.items() <= dict(kept).items()
    assert pair.facts <= lengths
    code, text = command(capfd, "parity", pair.system)
    assert code == 0, text


def workers_end_soon_after_their_owner_was_killed(pair):
    workers = pair.processes()
    assert len(workers) == 2
    pair.server.process.kill()
    wait_for(lambda: not any(map(running, workers)), seconds=10)
    assert not pair.server.lives(), "the port is free again"
    pair.server.process.wait()


def test_the_life_of_one_server(shop, capfd, tmp_path):
    a_server_without_a_version_says_why_and_answers_once_one_is_trained_beside_it(shop)
    a_second_server_on_the_same_home_is_refused_and_told_which_process_has_it(shop, capfd)
    a_taken_port_is_told_in_one_paragraph(shop, capfd, tmp_path)
    other_commands_run_beside_the_server(shop, capfd, tmp_path)
    a_full_disk_refuses_what_cannot_be_kept_and_loses_nothing_that_was_acknowledged(shop)
    a_server_that_is_asked_to_stop_answers_what_is_under_way_and_can_be_started_again(shop, capfd)


def test_the_life_of_several_workers(pair, capfd):
    workers_answer_side_by_side_see_each_others_facts_and_follow_one_activation(pair, capfd)
    a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(pair, capfd)
    workers_end_soon_after_their_owner_was_killed(pair)
