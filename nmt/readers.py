"""Readers of sentence pairs, one for each form that a corpus may have: the READERS table is by the suffix of a file.

Rows are `{"translation": {"de": ..., "en": ...}}` or flat columns `{"de": ..., "en": ...}`. A bad line or row is an
InputError that names it, when it is reached.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path
from reprlib import Repr
from typing import Any, NamedTuple

from nmt.errors import FailureError, InputError, counted
from nmt.lines import MOST_LINE_BYTES, read_lines
from nmt.surrogates import check_text

logger = logging.getLogger(__name__)

# Shows a value of strangers in an error, shortened: the message stays one line that can be read.
_short = Repr()
_short.maxstring = _short.maxother = 60
_MOST_NAMES_SHOWN = 6


class Pair(NamedTuple):
    """A sentence and its translation."""

    src: str
    tgt: str


class Codes(NamedTuple):
    """The two language codes: the suffixes of text files, the columns of rows."""

    src: str
    tgt: str


def pairs_of_two_files(src_path: Path, tgt_path: Path) -> Iterator[Pair]:
    """Yield line N of one file with line N of the other; raises InputError where they are of unequal length."""
    src_count = tgt_count = 0
    for src, tgt in zip_longest(read_lines(src_path), read_lines(tgt_path)):
        # The longer file is read to its end, so that the error names the true counts.
        src_count += src is not None
        tgt_count += tgt is not None
        if src is not None and tgt is not None:
            yield Pair(src, tgt)
    if src_count != tgt_count:
        counts = f"{src_path} has {counted(src_count, 'line')}, but {tgt_path} has {tgt_count:,}"
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
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    try:
        dataset = load(datasets)
    except ConnectionError as error:
        advice = "try again with a network, or give files"
        raise FailureError(f"data set {name!r} cannot be reached: {_reason(error)}; {advice}") from None
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


def pairs_of_saved(path: Path, codes: Codes) -> Iterator[Pair]:
    """Yield the rows of a folder that `datasets.save_to_disk` wrote."""
    return _read_dataset(str(path), lambda hf: hf.load_from_disk(str(path)), codes)


def pairs_of_hub(source: str, codes: Codes) -> Iterator[Pair]:
    """Yield the rows of a data set of the hub, `hub:NAME[:CONFIG[:SPLIT]]`."""
    # Three cuts at the most: a split may hold a colon of its own, as in train[:1000].
    name, config, split = [*source.split(":", 3)[1:], "", ""][:3]
    split = split or "train"
    # Without a network it is some 50 seconds until the last of the client's attempts has failed.
    logger.info("asking the hub for data set %r, or for what has changed in the copy here", name)
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
