"""Every store of blobs keeps every law."""

import pytest

from trimtab.adapters.blobs.files import FileBlobs
from trimtab.adapters.blobs.memory import MemoryBlobs
from trimtab.ports import Blobs
from trimtab.testing import blobs_laws, check_blobs


@pytest.fixture(params=["memory", "files"])
def blobs(request, tmp_path):
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path / "blobs")


@pytest.mark.parametrize("law", blobs_laws, ids=lambda law: law.__name__)
def test_law(law, blobs):
    law(blobs)


def test_adapters_are_blobs(blobs):
    assert isinstance(blobs, Blobs)


def test_check_blobs_names_every_broken_law():
    class Trusting(MemoryBlobs):
        def __contains__(self, digest):
            return True

    with pytest.raises(AssertionError, match="only_what_was_put_is_in"):
        check_blobs(Trusting)
