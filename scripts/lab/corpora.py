"""Where the scripts find the corpora, which are not ours to ship."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from nmt.errors import InputError


def find_corpus(name: str) -> Path:
    """Return the folder of a corpus, in $NMT_DATA, data/ or ../shared/data; raises InputError where there is none."""
    for place in filter(None, (os.environ.get("NMT_DATA", ""), "data", "../shared/data")):
        if name and (Path(place) / name).is_dir():
            return Path(place) / name
    raise InputError(f"no corpus {name!r} in $NMT_DATA, data/ or ../shared/data; put its files into data/{name}")


def folder_of(prefix: Path, name: str = "") -> Path:
    """Return the folder of a set that a config names: the one it says, where there is a file or folder of that name,
    packed or not, else that of a corpus.

    name: of the corpus, "" where the folder has it. Raises InputError where neither is there.
    """
    here = prefix.exists() or any(prefix.parent.glob(f"{glob.escape(prefix.name)}.*"))
    return prefix.parent if here else find_corpus(name or prefix.parent.name)
