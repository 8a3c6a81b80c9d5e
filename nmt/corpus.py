"""Sentence pairs from text files, TSV, CSV, JSONL and `datasets`: which reader takes a source, and the readers.

A source is one string:
  a prefix             `data/train` for `data/train.de` and `data/train.en`
  two files            `data/a.txt,data/b.txt`; a list of exactly two plain text files is one such pair
  one file             .tsv, .csv, .jsonl, .ndjson, .json, .parquet, .arrow
  a directory          written by `datasets.save_to_disk`
  `hub:NAME[:CONFIG[:SPLIT]]`   a data set of the Hugging Face hub
A path may begin with ~, the home directory. Text files and .tsv, .csv, .jsonl, .ndjson may end in .gz, .bz2, .xz or
.zst. Rows are `{"translation": {"de": ..., "en": ...}}` or flat columns `{"de": ..., "en": ...}`.
"""

from __future__ import annotations

import csv
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from glob import escape
from itertools import islice, zip_longest
from pathlib import Path
from reprlib import Repr
from typing import Any, NamedTuple

from nmt.compression import DECOMPRESSORS
from nmt.errors import InputError
from nmt.lines import MOST_LINE_BYTES, read_lines
from nmt.paths import there, usable
from nmt.surrogates import check_text

# Shows a value of strangers in an error, shortened: the message stays one line that can be read.
_short = Repr()
_short.maxstring = _short.maxother = 60
_MOST_NAMES_SHOWN = 6


class Pair(NamedTuple):
    """A sentence and its translation."""

    src: str
    tgt: str


class Source(NamedTuple):
    """What reads a source, and the files or the folder it reads; none for what is on the hub."""

    read: Callable[[], Iterator[Pair]]
    paths: tuple[Path, ...] = ()


class Codes(NamedTuple):
    """The two language codes: the suffixes of text files, the columns of rows."""

    src: str
    tgt: str


# --- pairs of one source ---


def _read_two_files(src_path: Path, tgt_path: Path) -> Iterator[Pair]:
    src_count = tgt_count = 0
    for src, tgt in zip_longest(read_lines(src_path), read_lines(tgt_path)):
        # The longer file is read to its end, so that the error names the true counts.
        src_count += src is not None
        tgt_count += tgt is not None
        if src is not None and tgt is not None:
            yield Pair(src, tgt)
    if src_count != tgt_count:
        counts = f"{src_path} has {src_count:,} lines but {tgt_path} has {tgt_count:,}"
        raise InputError(f"{counts}; line N of one must translate line N of the other")


def _read_tsv(path: Path, codes: Codes) -> Iterator[Pair]:
    """Yield two columns, source first unless a header of the two codes says otherwise."""
    order = (0, 1)
    for number, line in enumerate(read_lines(path), 1):
        cells = line.split("\t")
        if len(cells) != 2:
            expected = "expected 2 columns, source and target, separated by one tab"
            raise InputError(f"{path}, line {number}: {expected}; found {len(cells)}")
        if number == 1 and codes.src != codes.tgt and set(cells) == set(codes):
            order = (cells.index(codes.src), cells.index(codes.tgt))
        else:
            yield Pair(cells[order[0]], cells[order[1]])


def _read_csv(path: Path, codes: Codes) -> Iterator[Pair]:
    """Yield the columns that the header names; every cell is text, whatever it looks like."""
    csv.field_size_limit(MOST_LINE_BYTES)
    rows = csv.DictReader((line + "\n" for line in read_lines(path)), strict=True)
    try:
        for row in rows:
            yield _pair_of_row(row, codes, f"{path}, line {rows.line_num}")
    except csv.Error as error:
        raise InputError(f"{path}, line {rows.reader.line_num}: not valid CSV ({error})") from None


def _read_jsonl(path: Path, codes: Codes) -> Iterator[Pair]:
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: expected one JSON object a line ({error})") from None
        yield _pair_of_row(row, codes, f"{path}, line {number}")


def _pair_of_row(row: object, codes: Codes, where: str) -> Pair:
    """Take the two texts from a row, nested under `translation` or flat."""
    cells = row
    if isinstance(row, Mapping) and isinstance(row.get("translation"), Mapping):
        cells = row["translation"]
    if not isinstance(cells, Mapping):
        raise InputError(f"{where}: expected keys and texts; found {type(cells).__name__}")
    if not all(code in cells for code in codes):
        expected = f"expected the keys {codes.src!r} and {codes.tgt!r} (data.src and data.tgt)"
        raise InputError(f"{where}: {expected}; found {_names(cells)}")
    for code in codes:
        text = cells[code]
        if not isinstance(text, str):
            raise InputError(f"{where}: expected text under {code!r}; found {_short.repr(text)}")
        check_text(text, f"{where}, under {code!r}")
    return Pair(cells[codes.src], cells[codes.tgt])


def _names(cells: Iterable[object]) -> str:
    """Return the first keys of a row, to be shown."""
    shown = [_short.repr(key) for key in islice(cells, _MOST_NAMES_SHOWN + 1)]
    return ", ".join([*shown[:_MOST_NAMES_SHOWN], *["…"] * (len(shown) > _MOST_NAMES_SHOWN)]) or "none"


def _read_dataset(name: str, load: Callable[[Any], Any], codes: Codes) -> Iterator[Pair]:
    """Yield the rows of a memory-mapped data set; of a dictionary of splits, `train`."""
    import datasets

    # What it has to say of a failure is told below; our own bars are for the terminal alone.
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(logging.CRITICAL)
    try:
        dataset = load(datasets)
    except Exception as error:  # datasets raises its own, pyarrow's, fsspec's and the hub client's types
        raise InputError(f"data set {name!r} cannot be loaded: {_reason(error)}") from None
    if isinstance(dataset, datasets.DatasetDict):
        if "train" not in dataset:
            raise InputError(f"data set {name!r} has no split 'train', only: {', '.join(dataset)}")
        dataset = dataset["train"]
    wanted = [column for column in ("translation", *codes) if column in dataset.column_names]
    number = 0
    try:
        for number, row in enumerate(dataset.select_columns(wanted) if wanted else dataset, 1):
            yield _pair_of_row(row, codes, f"data set {name!r}, row {number}")
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at position {error.start + 1}"
        raise InputError(f"data set {name!r}, after row {number}: not UTF-8 ({found}); write its text anew") from None


def _reason(error: BaseException) -> str:
    """Return in one line what an error says; where it only says that there was another, what that one says."""
    if isinstance(error, StopIteration):  # datasets asks a file for its first rows
        return "it holds no rows"
    while error.__cause__ is not None and str(error.__cause__):
        error = error.__cause__
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _read_table(builder: str, path: Path, codes: Codes) -> Iterator[Pair]:
    name = str(path)
    return _read_dataset(name, lambda hf: hf.load_dataset(builder, data_files=name, split="train"), codes)


def _read_saved(path: Path, codes: Codes) -> Iterator[Pair]:
    return _read_dataset(str(path), lambda hf: hf.load_from_disk(str(path)), codes)


def _read_hub(source: str, codes: Codes) -> Iterator[Pair]:
    # Three cuts at the most: a split may hold a colon of its own, as in train[:1000].
    name, config, split = [*source.split(":", 3)[1:], "", ""][:3]
    split = split or "train"
    return _read_dataset(source, lambda hf: hf.load_dataset(name, config or None, split=split), codes)


READERS: dict[str, Callable[[Path, Codes], Iterator[Pair]]] = {
    ".tsv": _read_tsv,
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
    ".json": partial(_read_table, "json"),
    ".parquet": partial(_read_table, "parquet"),
    ".arrow": partial(_read_table, "arrow"),
}


# --- pairs of all sources ---


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
        return Source(partial(_read_tsv, _existing(path), codes), (path,))
    if not codes.src or not codes.tgt:
        given = f"given {codes.src!r} and {codes.tgt!r}"
        raise InputError(f"{source!r} needs the two language codes; set data.src and data.tgt ({given})")
    if source.startswith("hub:"):
        if not source.split(":")[1]:
            raise InputError(f"{source!r} names no data set; expected hub:NAME[:CONFIG[:SPLIT]]")
        return Source(partial(_read_hub, source, codes))
    if any((path / name).is_file() for name in ("dataset_info.json", "dataset_dict.json")):
        return Source(partial(_read_saved, path, codes), (path,))
    if _kind(path) in READERS:
        return Source(partial(READERS[_kind(path)], _existing(path), codes), (path,))
    return _two_files(_suffixed(path, codes.src), _suffixed(path, codes.tgt))


def _two_files(src_path: Path, tgt_path: Path) -> Source:
    return Source(partial(_read_two_files, _existing(src_path), _existing(tgt_path)), (src_path, tgt_path))


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
        return f"there is {', '.join(others[:_MOST_NAMES_SHOWN])} instead of {code}; set data.src and data.tgt to those"
    return f"give a prefix, 'src_file,tgt_file', or one file ({', '.join(READERS)})"
