"""Models of challengers are deleted once no answer can be compared with them; what is on record stays whole."""

from dataclasses import asdict
from itertools import zip_longest
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from loop_worlds import shop, system
from watched_worlds import Killed, Mortal

import trimtab as tt
from orders import DAY, orders_tables
from trimtab import days
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.errors import ArtifactError
from trimtab.finding import Severity
from trimtab.ports import Event
from trimtab.runtime.live_loop.carrying import VERSIONS
from trimtab.runtime.live_loop.challenging import CHALLENGERS, FITTED, challengers
from trimtab.runtime.live_loop.cohorts import COHORTS
from trimtab.runtime.live_loop.dropping import DROPPED, drop_challengers
from trimtab.runtime.live_loop.findings import loop_findings
from trimtab.runtime.live_loop.told import release_history
from trimtab.runtime.live_loop.turn import declared_now
from trimtab.runtime.live_loop.verifying import verify_live
from trimtab.runtime.training_set import Version
from trimtab.runtime.versions import load_version
from trimtab.runtime.watching.live import Place, look
from trimtab.runtime.watching.windows import WINDOW, WINDOWS
from trimtab.serving.watching import served
from trimtab.testing import MemoryLedger

WEEK = 7
LATE = 2
"""Days after which labels are mature."""

FEATURES = ("shop", "weight")


class World:
    """A record that is written by hand, day by day: a challenger a week, a closed window and a compared day a day."""

    def __init__(self, *, trigger=False, features=lambda _: FEATURES):
        when = tt.on_regret() if trigger else tt.on_incident()
        label = SimpleNamespace(matures_after=days(LATE))
        declared = SimpleNamespace(retrain=tt.Retrain(when), zone="UTC", model=SimpleNamespace(label=label))
        self.ledger, self.blobs, self.features = MemoryLedger(), MemoryBlobs(), features
        self.means = SimpleNamespace(system=declared, ledger=self.ledger, blobs=self.blobs)

    def fit(self, day):
        name = f"c{day // WEEK}"
        provenance = {"task": "binary", "classes": None, "features": list(self.features(day // WEEK))}
        version = Version(name, self.blobs.put(name.encode()), "json", day * DAY, 1, "", provenance)
        self.ledger.append_events(CHALLENGERS, [Event(day * DAY + 1, FITTED, name, asdict(version))])

    def watch(self, day):
        """Close the window of the day before."""
        body = {"start": (day - 1) * DAY, "stop": day * DAY, "ripe_at": (day + LATE) * DAY}
        self.ledger.append_events(WINDOWS, [Event(day * DAY, WINDOW, "", body)])

    def compare(self, day):
        self.ledger.append_events(COHORTS, [Event(day * DAY, "day", str(day - LATE - 1), {})])

    def turn(self, day, **changed):
        drop_challengers(SimpleNamespace(**{**vars(self.means), **changed}), day * DAY)

    def live(self, last, *, watched=True, compared=False):
        for day in range(1, last):
            if watched:
                self.watch(day)
            if compared:
                self.compare(day)
            self.turn(day)
            if day % WEEK == 0:
                self.fit(day)

    @property
    def stored(self):
        return [each.version.name for each in challengers(self.ledger) if each.version.artifact in self.blobs]


def test_over_a_year_the_store_holds_the_newest_challengers_and_the_record_all_of_them():
    world, most = World(), 0
    for day in range(1, 365):
        world.watch(day)
        world.turn(day)
        if day % WEEK == 0:
            world.fit(day)
        most = max(most, len(world.stored))
    assert most == 3
    assert world.stored[-1] == f"c{364 // WEEK}"
    assert len(challengers(world.ledger)) == 52
    dropped = world.ledger.read_events(DROPPED)
    assert [event.subject for event in dropped] == [f"c{n}" for n in range(1, len(dropped) + 1)]
    assert dropped[0].body["by"] == "c2"


@pytest.mark.parametrize("late", [0, 5])
def test_none_is_deleted_that_an_answer_still_has_to_be_compared_with(late):
    world = World()
    for day in range(1, 120):
        if day > late:
            world.watch(day - late)
        world.turn(day)
        if day % WEEK == 0:
            world.fit(day)
        windows = [event.body for event in world.ledger.read_events(WINDOWS)]
        end = windows[-1]["stop"] if windows else 0
        unseen = min((each["start"] for each in windows if each["ripe_at"] > end), default=end)
        fitted = challengers(world.ledger)
        needed = [
            one.version.name
            for one, other in zip_longest(fitted, fitted[1:])
            if other is None or other.since > unseen
        ]
        assert set(needed) <= set(world.stored)


def test_what_the_monitors_never_asked_is_kept_since_they_may_still_do():
    world = World()
    world.live(60, watched=False)
    assert len(world.stored) == 8
    assert world.ledger.frontier(DROPPED) == 0


def test_where_a_trigger_reads_it_a_challenger_stays_until_the_loop_has_compared_too():
    world = World(trigger=True)
    world.live(60)
    assert len(world.stored) == 8
    world.compare(60)
    world.turn(60)
    assert world.stored == ["c7", "c8"]


@given(st.lists(st.sampled_from([("a",), ("a", "b"), ("a", "c")]), min_size=1, max_size=9))
@examples(max_examples=40)
def test_a_version_always_finds_the_challenger_that_it_would_have_found(sets):
    world = World(features=lambda week: sets[(week - 1) % len(sets)])
    world.live(100)
    stored = set(world.stored)
    for version in sets:
        alike = [
            each.version.name
            for each in challengers(world.ledger)
            if set(each.version.provenance["features"]) <= set(version)
        ]
        assert not alike or alike[-1] in stored


def test_bytes_that_a_version_has_as_well_are_kept():
    world = World()
    version = Version("v1", world.blobs.put(b"c1"), "json", 0, 1, "", {})
    world.ledger.append_events(VERSIONS, [Event(0, "trained", "v1", asdict(version))])
    world.live(60)
    assert "c1" in world.stored
    assert "c2" not in world.stored


class Fragile(MemoryBlobs):
    """A store from which nothing can be deleted at first."""

    def __init__(self, blobs):
        super().__init__()
        self._contents = blobs._contents

    def remove(self, digest):
        raise ArtifactError(f"cannot delete {digest}")


@pytest.mark.parametrize("after", [False, True])
def test_a_turn_that_is_killed_leaves_what_the_next_one_finishes(after):
    world = World()
    world.live(30, watched=False)
    for day in range(1, 32):
        world.watch(day)
    with pytest.raises(Killed):
        world.turn(32, ledger=Mortal(world.ledger, 0, after=after))
    assert len(world.stored) == 4, "nothing is deleted before it is on record"
    world.turn(32)
    assert world.stored == ["c3", "c4"]
    assert [event.subject for event in world.ledger.read_events(DROPPED)] == ["c1", "c2"]


def test_what_cannot_be_deleted_today_is_tomorrow():
    world = World()
    world.live(30, watched=False)
    for day in range(1, 32):
        world.watch(day)
    world.turn(32, blobs=Fragile(world.blobs))
    assert len(world.stored) == 4
    world.turn(33)
    assert world.stored == ["c3", "c4"]


@pytest.fixture(scope="module")
def served_on():
    """A shop whose monitors ask a challenger, after seven weeks."""
    asked = system(
        orders_tables(rows=400, length_days=60),
        retrain=tt.Retrain(tt.every(days(21)), tt.sliding(days(28))),
        watch=tt.Watch(challenger=True),
    )
    with shop(asked) as found:
        found.per_day, found.everything = 4, MemoryBlobs()
        for day in range(35):
            found.run(1)
            found.everything._contents.update(found.home.blobs._contents)
            if day % 7 == 6:
                watched(found)
        yield found


def watched(found, ledger=None, blobs=None):
    """All windows that have ended, closed."""
    means, ledger = found.means(), ledger or found.ledger
    place = Place(found.system, ledger, blobs or means.blobs, means.engine, means.load, served(ledger))
    return look(place, found.clock.now())


def test_a_live_loop_deletes_them_and_all_that_is_on_record_can_still_be_told(served_on):
    ledger, blobs = served_on.ledger, served_on.home.blobs
    gone = {event.subject for event in ledger.read_events(DROPPED)}
    fitted = {each.version.name: each.version for each in challengers(ledger)}
    assert gone
    assert {name for name, version in fitted.items() if version.artifact not in blobs} == gone
    assert watched(served_on).terms.paired, "the monitors go on with the newest"
    verified = verify_live(ledger, declared_now(served_on.means())[0])
    assert verified.finding.severity is Severity.OK
    assert "v2" in str(release_history("late-orders", ledger, served_on.clock.now()))
    assert any("challenger c" in each.what for each in loop_findings(ledger, served_on.clock.now()))
    for name, version in fitted.items():
        if name not in gone:
            load_version(version, blobs, served_on.home.load)


def test_no_version_has_the_bytes_of_a_challenger(served_on):
    events = served_on.ledger.read_events(VERSIONS)
    versions = {event.body["artifact"] for event in events if event.kind == "trained"}
    assert not versions & {each.version.artifact for each in challengers(served_on.ledger)}


def test_the_monitors_find_the_same_as_if_nothing_had_been_deleted(served_on):
    fresh = MemoryLedger()
    fresh._streams.update({k: v for k, v in served_on.ledger._streams.items() if k not in {DROPPED, WINDOWS}})
    watched(served_on, fresh, served_on.everything)
    assert fresh.read_events(WINDOWS) == served_on.ledger.read_events(WINDOWS)
