"""A dictionary of parts as one zip file, each part a member named <key>.<format>."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from trimtab.errors import ArtifactError

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold: equal parts make equal bytes


def fits(model: object) -> bool:
    """True for a dictionary whose keys are identifiers, so that they can name files."""
    return (
        type(model) is dict and bool(model) and all(type(key) is str and key.isidentifier() for key in model)
    )


def pack(parts: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A zip of {key: (format, content)}, in order.

    >>> list(unpack(pack({"meta": ("json", b"{}")})).items())
    [('meta', ('json', b'{}'))]
    """
    return zipped({f"{name}.{format_name}": content for name, (format_name, content) in parts.items()})


def unpack(content: bytes) -> dict[str, tuple[str, bytes]]:
    """The parts of a zip; raises ArtifactError when it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(name.partition("."), archive.read(name)) for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ArtifactError("a stored bundle is damaged", found=str(error), do="restore it") from error
    return {name: (format_name, part) for (name, _, format_name), part in members}


def zipped(files: Mapping[str, bytes], compressed: frozenset[str] = frozenset()) -> bytes:
    """A zip of files by name, stored or compressed; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            kind = zipfile.ZIP_DEFLATED if name in compressed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, compress_type=kind, compresslevel=1)
    return buffer.getvalue()
