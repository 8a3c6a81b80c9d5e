"""Sentence pairs from text files, TSV, CSV, JSONL and `datasets`: which reader takes a source.

A source is one string:
  a prefix             `data/train` for `data/train.de` and `data/train.en`
  two files            `data/a.txt,data/b.txt`; a list of exactly two plain text files is one such pair
  one file             .tsv, .csv, .jsonl, .ndjson, .json, .parquet, .arrow
  a directory          written by `datasets.save_to_disk`
  `hub:NAME[:CONFIG[:SPLIT]]`   a data set of the Hugging Face hub
A path may begin with ~, the home directory. Text files and .tsv, .csv, .jsonl, .ndjson may end in .gz, .bz2, .xz or
.zst. What rows look like, nmt/readers.py tells.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from glob import escape
from pathlib import Path
from typing import NamedTuple

from nmt.compression import DECOMPRESSORS
from nmt.errors import InputError
from nmt.paths import there, usable
from nmt.readers import READERS, Codes, Pair, pairs_of_hub, pairs_of_saved, pairs_of_two_files

__all__ = ["Pair", "check_sources", "path_of", "read_pairs", "read_two_files", "source_files"]

_MOST_SHOWN = 6


class Source(NamedTuple):
    """What reads a source, and the files or the folder it reads; none for what is on the hub."""

    read: Callable[[], Iterator[Pair]]
    paths: tuple[Path, ...] = ()


def read_pairs(sources: Sequence[str], src: str, tgt: str) -> Iterator[Pair]:
    """Yield the pairs of every source, one after another (the module's docstring lists the forms).

    Raises InputError for what check_sources finds, before the first pair,
    and for a bad line when it is reached.
    """
    for source in _open(sources, Codes(src, tgt)):
        yield from source.read()


def read_two_files(src_path: Path, tgt_path: Path) -> Iterator[Pair]:
    """Yield the pairs of two text files, whatever their names; raises InputError as read_pairs does."""
    return _two_files(src_path, tgt_path).read()


def check_sources(sources: Sequence[str], src: str, tgt: str) -> None:
    """Raise InputError for a missing file or a missing language code; no file is read, no network used."""
    _open(sources, Codes(src, tgt))


def source_files(sources: Sequence[str], src: str, tgt: str) -> list[Path]:
    """Return the files that the pairs are read from, those in the folder of a saved data set among them.

    Raises InputError as check_sources does.
    """
    paths = [path for source in _open(sources, Codes(src, tgt)) for path in sorted(source.paths)]
    inside = [[path] if not path.is_dir() else sorted(path.rglob("*")) for path in paths]
    return [path for group in inside for path in group if path.is_file()]


def _open(sources: Sequence[str], codes: Codes) -> list[Source]:
    """Return what reads each source; raises InputError for what cannot be read again and again, or is one text."""
    opened = _chosen(sources, codes)
    for source in opened:
        for path in source.paths:
            if not path.is_file() and not path.is_dir():
                told = f"{str(path)!r} is no regular file, but a corpus is read several times"
                raise InputError(f"{told}; write it to one")
        if len(source.paths) == 2 and source.paths[0].samefile(source.paths[1]):
            told = f"both sides of a corpus are the same file {str(source.paths[0])!r}"
            raise InputError(f"{told}; give source and target (to learn copying, a copy of it)")
    return opened


def _chosen(sources: Sequence[str], codes: Codes) -> list[Source]:
    paths = [_expanded(source) for source in sources]
    plain = all(("," not in str(path) or there(path)) and _kind(path) not in READERS for path in paths)
    if len(paths) == 2 and plain and any(usable(path).exists() and not path.is_dir() for path in paths):
        return [_two_files(*paths)]
    return [_source(source, codes) for source in sources]


def path_of(text: str) -> Path:
    """Return the path that a text names; raises InputError for one that cannot be used."""
    return usable(_expanded(text))


def _expanded(text: str) -> Path:
    # No shell replaces the ~ of data.train=~/corpus.
    with suppress(RuntimeError):  # ~somebody who has no home here
        return Path(text).expanduser()
    return Path(text)


def _source(source: str, codes: Codes) -> Source:
    """Choose what reads one source."""
    path = _expanded(source)
    first, comma, second = source.partition(",")
    if comma and not there(path) and not any(_text_of(path, code) for code in codes):
        return _two_files(path_of(first.strip()), path_of(second.strip()))
    usable(path)
    if _kind(path) == ".tsv":
        return Source(partial(READERS[".tsv"], _existing(path), codes), (path,))
    if not codes.src or not codes.tgt:
        given = f"given {codes.src!r} and {codes.tgt!r}"
        raise InputError(f"{source!r} needs the two language codes; set data.src and data.tgt ({given})")
    if source.startswith("hub:"):
        if not source.split(":")[1]:
            raise InputError(f"{source!r} names no data set; expected hub:NAME[:CONFIG[:SPLIT]]")
        return Source(partial(pairs_of_hub, source, codes))
    if any((path / name).is_file() for name in ("dataset_info.json", "dataset_dict.json")):
        return Source(partial(pairs_of_saved, path, codes), (path,))
    if _kind(path) in READERS:
        return Source(partial(READERS[_kind(path)], _existing(path), codes), (path,))
    return _two_files(_suffixed(path, codes.src), _suffixed(path, codes.tgt))


def _two_files(src_path: Path, tgt_path: Path) -> Source:
    return Source(partial(pairs_of_two_files, _existing(src_path), _existing(tgt_path)), (src_path, tgt_path))


def _kind(path: Path) -> str:
    """Return the suffix that tells the format, that of the compression left out."""
    return Path(path.stem if path.suffix.lower() in DECOMPRESSORS else path.name).suffix.lower()


def _existing(path: Path) -> Path:
    if path.is_dir() or not path.exists():
        raise InputError(f"no file {str(path)!r}{' (it is a directory)' if path.is_dir() else ''}")
    if not os.access(path, os.R_OK):
        raise InputError(f"cannot read {str(path)!r}: permission denied")
    return path


def _suffixed(prefix: Path, code: str) -> Path:
    """Find the text of one language beside the prefix, plain or compressed; raises InputError where there is none."""
    if found := _text_of(prefix, code):
        return _existing(found)
    raise InputError(
        f"no file {f'{prefix}.{code}'!r} (nor {', '.join(DECOMPRESSORS)}) for {str(prefix)!r}; {_hint(prefix, code)}"
    )


def _text_of(prefix: Path, code: str) -> Path | None:
    """Return the text of one language beside the prefix, None where there is none."""
    if not code:
        return None
    paths = (Path(f"{prefix}.{code}{suffix}") for suffix in ("", *DECOMPRESSORS))
    return next(filter(there, paths), None)


def _hint(prefix: Path, code: str) -> str:
    """Return what to give instead of something that is no prefix of text files."""
    if prefix.is_file():
        return f"{str(prefix)!r} is one text; give both as 'src_file,tgt_file', or the prefix they share"
    if prefix.is_dir():
        return f"{str(prefix)!r} is a directory; give a prefix of files in it, such as {str(prefix / 'train')!r}"
    others = sorted(
        path.name.removeprefix(f"{prefix.name}.") for path in prefix.parent.glob(f"{escape(prefix.name)}.*")
    )
    if others:
        return f"there is {', '.join(others[:_MOST_SHOWN])} instead of {code}; set data.src and data.tgt to those"
    return f"give a prefix, 'src_file,tgt_file', or one file ({', '.join(READERS)})"
