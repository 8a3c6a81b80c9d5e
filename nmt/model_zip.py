"""A model as one zip, equal for equal models."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from nmt.model_files import MOST_BYTES, WEIGHTS

# Weights that are at most so large when compressed are.
_WORTHWHILE = 0.85


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Return the files of a model as one zip, the same for the same files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in MOST_BYTES:
            if name in contents:
                member = zipfile.ZipInfo(name)
                member.external_attr = 0o644 << 16
                small = name != WEIGHTS or _shrinks(contents[name])
                member.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
                archive.writestr(member, contents[name])
    return written.getvalue()


def _shrinks(weights: bytes) -> bool:
    """Say whether weights, by their first million, become much smaller, as those of few levels do.

    Others are read faster as they are.
    """
    first = weights[: 1 << 20]
    return len(zlib.compress(first)) < _WORTHWHILE * len(first)
