"""A release through processes, over simulated days: canary, promotion, kill -9, rollback by a person and by labels."""

import sys
from collections import defaultdict

import pytest
from days import living, write

from trimtab.adapters.ledger.sqlite import SqliteLedger
from trimtab.serving.logged import PREDICTIONS, decode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts processes as Linux does")


def arms(world):
    """The logged arm of each answer of a split, by customer."""
    found = defaultdict(set)
    with SqliteLedger(world.home / "ledger", read_only=True) as ledger:
        for _, record in ledger.read_records(PREDICTIONS):
            logged = decode(record)
            if logged.arm is not None:
                found[logged.request["customer"]].add(
                    (logged.arm.name, logged.version, logged.arm.propensity)
                )
    return found


def test_a_refresh_earns_its_traffic_and_harm_takes_it_back(tmp_path, monkeypatch):
    with living(tmp_path, monkeypatch) as world:
        world.start()
        world.settle()
        assert world.champion() == "v1"

        world.days(7)
        world.settle()
        assert ("canary", "v2") in world.decided("canary")
        before = len(world.answers)
        world.days(2)
        split = {answer["version"] for answer in world.answers[before:]}
        assert split == {"v1", "v2"}, "half of the customers are answered by each"
        assert all(len(told) == 1 for told in arms(world).values()), "a customer stays on one side"
        assert {told for each in arms(world).values() for told in each} == {
            ("canary", "v2", 0.5),
            ("control", "v1", 0.5),
        }
        world.settle()
        assert world.decided("promote") == [("promote", "v1"), ("promote", "v2")]
        assert world.champion() == "v2"

        world.server.kill()
        world.start()
        assert world.champion() == "v2", "a restart comes up with whom the loop let answer"

        world.command("rollback", world.system, "--reason", "callers complain")
        world.settle()
        assert world.champion() == "v1"
        assert "callers complain" in world.command("history", world.system)

        rolled_back(world)


def rolled_back(world):
    """The world turns, a version learns it; it turns back, and labels take that version back."""
    world.sign = -1.0
    world.days(15)
    world.settle()
    assert ("canary", "v3") in world.decided("canary")
    world.days(2)
    world.settle()
    assert world.champion() == "v3"

    world.sign = 1.0
    world.days(18)
    world.server.kill()
    world.start()
    world.settle()
    assert world.decided("roll back") == [("roll back", "v2"), ("roll back", "v3")]
    assert world.champion() == "v1"
    assert "worse than v1 by labels" in world.command("history", world.system)
    assert world.server.call("POST", "/predict", {"row": world.order(5)})[1]["version"] == "v1"

    assert world.server.stop() == 0
    broken = write(world.folder, "other.py", learner="LogisticRegression(C=0.1)")
    world.command("train", broken, "--home", world.home)
    broken_artifact(world, "v4")
    assert "refuse v4: the candidate cannot be loaded" in world.command("loop", world.system, "--once")
    assert "lead to the recorded" in world.command("replay", world.system, "--verify")


def broken_artifact(world, name):
    """Turn over a bit of a stored model."""
    with SqliteLedger(world.home / "ledger", read_only=True) as ledger:
        trained = (event for event in ledger.read_events("versions") if event.kind == "trained")
        (artifact,) = [event.body["artifact"] for event in trained if event.subject == name]
    (path,) = [each for each in (world.home / "blobs").rglob("*") if each.name.endswith(artifact[-32:])]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


NEW = 'weight=col("weight"), late_7d=deliveries.by("lane").mean(col("late"), over=days(7))'


OLD = 'weight=col("weight"), big=col("size") > 2'
KIND = {"trainings": 2, "release": ", margin=0.2, watch_after=days(14)"}


def edited(world):
    """A live system whose file has lost a feature, and gained one over columns that nothing read before."""
    world.asks = (*world.asks, "size")
    world.start()
    world.days(2)
    world.settle()
    assert world.server.stop() == 0

    write(world.folder, features=NEW, **KIND)
    told = world.command("diff", world.system)
    assert "feature big is kept for v1" in told
    world.asks, world.delivers = (*world.asks, "lane"), (*world.delivers, "lane")
    world.start()
    world.days(1)
    assert world.champion() == "v1", "it goes on with its own declaration"
    story = world.server.call("GET", f"/predictions/{world.answers[-1]['id']}")[1]
    assert set(story["features"]) == {"weight", "late_7d", "big"}
    assert story["features"]["late_7d"] is not None, "from columns that were filled in for all history"

    world.days(5)
    world.settle()
    assert ("try", "v2") in world.decided("try"), "a change, trained once its tiles were filled"


def test_a_live_system_gains_and_loses_features_and_columns(tmp_path, monkeypatch):
    with living(tmp_path, monkeypatch, features=OLD, **KIND) as world:
        edited(world)


@pytest.mark.campaign
def test_a_change_goes_through_its_shadow_and_what_the_old_version_read_is_needed_no_more(
    tmp_path, monkeypatch
):
    with living(tmp_path, monkeypatch, features=OLD, **KIND) as world:
        edited(world)
        world.days(12)
        world.settle()
        assert ("shadow", "v2") in world.decided("shadow")
        world.days(18)
        world.settle()
        world.days(2)
        world.settle()
        assert world.champion() == "v2"
        world.days(15)  # the old version scores unseen no more, but a rollback would still go back to it
        world.command("train", world.system)
        world.settle()
        world.days(2)
        world.settle()
        assert world.champion() == "v3"
        assert world.server.stop() == 0
        world.start()
        world.asks = tuple(name for name in world.asks if name != "size")
        world.days(1)
        assert world.answers[-1]["version"] == "v3"
        assert "All" in world.command("parity", world.system)
