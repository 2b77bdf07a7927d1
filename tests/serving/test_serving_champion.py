"""Which version answers: after a start, after another process's word, and when one cannot be used."""

import threading

import pytest
from live_worlds import NOW, world

from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.errors import ArtifactError, TrimtabError
from trimtab.ports import Event
from trimtab.runtime.live_loop.journal import DECIDED, LOOP
from trimtab.serving.champion import VERSIONS, Champions
from trimtab.serving.problems import RequestError
from trimtab.testing import MemoryLedger


@pytest.fixture(scope="module")
def shared():
    with world(versions=3, rows=300) as found:
        yield found


class Shelf:
    """A record of its own with the versions of the shared world, and a look at what is read of them."""

    def __init__(self, shared, *names, features=None, broken=()):
        self.ledger, self.read = MemoryLedger(), []
        events = shared.home.ledger.read_events(VERSIONS)
        trained = [e for e in events if e.subject in names and e.kind == "trained"]
        self.ledger.append_events(VERSIONS, trained)
        self.artifacts = {event.body["artifact"]: event.subject for event in trained}
        self.blobs, self.broken = shared.home.blobs, set(broken)
        features = features or [name for name, _ in shared.system.model.features]
        self.champions = Champions(self.ledger, self, shared.home.load, features, shared.clock)

    def get(self, digest):
        """Of the blobs: the content, unless it is broken."""
        name = self.artifacts.get(digest)
        if name is not None:
            self.read.append(name)
        if name in self.broken:
            raise ArtifactError(f"the artifact of {name} is damaged")
        return self.blobs.get(digest)

    def __contains__(self, digest):
        return digest in self.blobs

    def activate(self, name):
        """As another process does it."""
        self.ledger.append_events(VERSIONS, [Event(NOW, "activated", name, {})])

    def train(self, shared, name):
        events = shared.home.ledger.read_events(VERSIONS)
        found = [e for e in events if e.subject == name and e.kind == "trained"]
        self.ledger.append_events(VERSIONS, found)
        self.artifacts |= {event.body["artifact"]: event.subject for event in found}

    @property
    def champion(self):
        found = self.champions.champion
        return None if found is None else found.version.name

    def states(self):
        return {info.name: info.state for info in self.champions.infos()}


def test_a_start_picks_the_newest_version(shared):
    shelf = Shelf(shared, "v1", "v2", "v3")
    shelf.champions.start()
    assert shelf.champion == "v3"
    assert shelf.read == ["v3"], "no other is loaded"


def test_a_start_picks_the_version_that_was_activated_last(shared):
    shelf = Shelf(shared, "v1", "v2", "v3")
    for name in ("v2", "v3", "v1"):
        shelf.activate(name)
    shelf.champions.start()
    assert shelf.champion == "v1"


def test_a_version_that_the_loop_trained_answers_only_once_it_is_activated(shared):
    shelf = Shelf(shared, "v1", "v2")
    ordered = Event(0, DECIDED, "v2", {"kind": "train", "reason": "a week is over"})
    shelf.ledger.append_events(LOOP, [ordered])
    shelf.champions.start()
    assert shelf.champion == "v1", "the newest that a person trained"
    shelf.activate("v2")
    shelf.champions.follow()
    assert shelf.champion == "v2"


def test_a_broken_version_is_passed_over_and_named(shared):
    shelf = Shelf(shared, "v1", "v2", "v3", broken={"v3", "v1"})
    shelf.activate("v1")
    shelf.champions.start()
    assert shelf.champion == "v2"
    assert shelf.states() == {"v1": "unusable", "v2": "champion", "v3": "unusable"}


def test_without_a_usable_version_there_is_no_champion(shared):
    shelf = Shelf(shared, "v1", broken={"v1"})
    shelf.champions.start()
    assert shelf.champion is None
    assert shelf.states() == {"v1": "unusable"}
    empty = Shelf(shared)
    empty.champions.start()
    assert (empty.champion, empty.states()) == (None, {})


def test_a_damaged_file_is_broken_and_mended_by_its_return(shared):
    shelf = Shelf(shared, "v1", "v2")
    whole, shelf.blobs = shelf.blobs, MemoryBlobs()
    shelf.champions.start()
    assert shelf.champion is None
    shelf.blobs = whole
    assert shelf.champions.get("v2").version.name == "v2"
    assert shelf.states() == {"v1": "unusable", "v2": "stored"}


def test_following_turns_to_what_another_process_activated(shared):
    shelf = Shelf(shared, "v1", "v2")
    shelf.champions.start()
    shelf.activate("v1")
    assert shelf.champion == "v2"
    shelf.champions.follow()
    assert shelf.champion == "v1"
    shelf.champions.follow()
    assert shelf.read == ["v2", "v1"], "without news nothing is read"


def test_following_an_own_activation_changes_nothing(shared):
    shelf = Shelf(shared, "v1", "v2")
    shelf.champions.start()
    shelf.champions.activate("v1")
    shelf.champions.follow()
    assert (shelf.champion, shelf.read) == ("v1", ["v2", "v1"])


def test_following_finds_the_first_version_of_a_system_that_began_without_one(shared):
    shelf = Shelf(shared)
    shelf.champions.start()
    shelf.train(shared, "v1")
    shelf.champions.follow()
    assert shelf.champion == "v1"


def test_a_newly_trained_version_does_not_answer_before_it_is_activated(shared):
    shelf = Shelf(shared, "v1")
    shelf.champions.start()
    shelf.train(shared, "v2")
    shelf.champions.follow()
    assert shelf.champion == "v1"


def test_an_activation_that_cannot_be_followed_leaves_the_champion_and_is_named(shared):
    shelf = Shelf(shared, "v1", "v2", broken={"v1"})
    shelf.champions.start()
    shelf.activate("v1")
    with pytest.raises(ArtifactError):
        shelf.champions.follow()
    assert shelf.champion == "v2"
    assert shelf.states() == {"v1": "unusable", "v2": "champion"}
    shelf.broken.clear()
    shelf.activate("v1")
    shelf.champions.follow()
    assert shelf.states() == {"v1": "champion", "v2": "stored"}


def test_a_version_trained_with_features_that_are_gone_is_refused(shared):
    kept = [name for name, _ in shared.system.model.features if name != "queue"]
    shelf = Shelf(shared, "v1", features=kept)
    shelf.champions.start()
    assert shelf.champion is None
    with pytest.raises(RequestError, match="features that the declaration no longer has; found: queue") as no:
        shelf.champions.get("v1")
    assert no.value.status == 409


def test_more_features_in_another_order_feed_a_version_its_own(shared):
    names = [name for name, _ in shared.system.model.features]
    shelf = Shelf(shared, "v1", features=["new", *names[::-1]])
    loaded = shelf.champions.get("v1")
    values = {name: place for place, name in enumerate(["new", *names[::-1]])}
    assert [values[name] for name in loaded.chosen.scorer.names] == list(loaded.positions)


def test_an_unknown_version_is_told_with_those_there_are(shared):
    with pytest.raises(RequestError, match=r"no version 'v7'.*found: v1, v2") as no:
        Shelf(shared, "v1", "v2").champions.get("v7")
    assert no.value.status == 404


def test_threads_that_ask_for_one_version_at_once_load_it_once(shared):
    shelf, found = Shelf(shared, "v1"), []
    begin = threading.Barrier(6)

    def ask():
        begin.wait()
        found.append(shelf.champions.get("v1"))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shelf.read == ["v1"]
    assert all(each is found[0] for each in found)


def test_an_activation_that_cannot_be_recorded_changes_nothing(shared, monkeypatch):
    shelf = Shelf(shared, "v1", "v2")
    shelf.champions.start()

    def full(*_):
        raise TrimtabError("the disk is full")

    monkeypatch.setattr(shelf.ledger, "append_events", full)
    with pytest.raises(TrimtabError):
        shelf.champions.activate("v1")
    assert shelf.champion == "v2"


def test_what_a_server_began_with_is_on_record_and_gives_way_to_a_newer_version_at_the_next_start(shared):
    shelf = Shelf(shared, "v1", "v2")
    shelf.champions.start(on_record=True)
    shelf.champions.start(on_record=True)
    begun = [event for event in shelf.ledger.read_events(VERSIONS) if event.kind == "activated"]
    assert [event.subject for event in begun] == ["v2"]
    shelf.train(shared, "v3")
    shelf.champions.start()
    assert shelf.champion == "v3"
    assert len(shelf.ledger.read_events(VERSIONS)) == 4, "a batch puts nothing on record"
