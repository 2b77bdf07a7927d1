"""What the file blobs do when files change or cannot be written."""

import pytest

from trimtab.adapters.blobs.files import FileBlobs
from trimtab.adapters.durable import written_whole
from trimtab.errors import ArtifactError


@pytest.fixture
def blobs(tmp_path):
    return FileBlobs(tmp_path / "blobs")


def files(tmp_path):
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_changed_bytes_are_refused_and_healed_by_storing_them_again(blobs, tmp_path):
    digest = blobs.put(b"a model")
    (path,) = files(tmp_path)
    path.write_bytes(b"a mode!")
    with pytest.raises(ArtifactError, match="have changed on disk"):
        blobs.get(digest)
    blobs.put(b"a model")
    assert blobs.get(digest) == b"a model"
    assert files(tmp_path) == [path]


def test_another_process_sees_them(blobs, tmp_path):
    assert FileBlobs(tmp_path / "blobs").get(blobs.put(b"x")) == b"x"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(ArtifactError, match="cannot store 1 bytes in "):
        FileBlobs(tmp_path / "blobs").put(b"x")


def test_a_write_that_fails_leaves_nothing_and_the_old_content(tmp_path):
    path = tmp_path / "note"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), written_whole(path):
        pass  # writes nothing where something was due
    assert path.read_text() == "old"
    assert files(tmp_path) == [path]
