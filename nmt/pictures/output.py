"""Where a picture goes: a file whose ending is known and that can be written, which is seen before any work."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.output import check_output

logger = logging.getLogger(__name__)


def check_ending(path: Path, endings: Iterable[str]) -> str:
    """Return the ending of an output, in small letters; raises InputError for one that is unknown or where the
    file cannot be written."""
    known = list(endings)
    ending = path.suffix.lower()
    if ending not in known:
        raise InputError(f"output {str(path)!r} ends in {path.suffix!r}; choose one of: {', '.join(known)}")
    check_output(path)
    check_folder(path.parent)
    return ending


def check_folder(folder: Path) -> None:
    """Raise InputError for a folder that nothing can be written to."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {str(folder)!r}; make it first, or choose another output")
    if not os.access(folder, os.W_OK):
        raise InputError(f"the folder {str(folder)!r} is not writable; choose another output")


def check_library(name: str, work: str, extra: str) -> None:
    """Raise InputError where an optional library is missing; work: what it is needed for."""
    if find_spec(name) is None:
        raise InputError(f"{work} needs {name}; install it by: pip install -e '.[{extra}]'")


def write_picture(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a link keeps its name, and what it points to is replaced."""
    write_atomically(path.resolve(), content)
    logger.info("wrote %s", shown(path))


def shown(path: str | Path) -> str:
    """Return a path to be shown, whose bytes may be no text."""
    return os.fsencode(path).decode("utf-8", "replace")
