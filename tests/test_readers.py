"""Tests of reading sentence pairs: every format, every error in one."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.corpus import Pair, read_pairs
from nmt.errors import FailureError, InputError
from tests.strangers import COMPRESSORS, NOT_UTF_8, encoded, lines_of_text, reuse, texts, write

PAIRS = [Pair("Ein Hund.", "A dog."), Pair("Zwei\u2028Katzen\x85 ja", "Two\x00 cats"), Pair("ß", "")]
ROWS = [{"translation": {"de": pair.src, "en": pair.tgt}} for pair in PAIRS]

pair_lists = st.lists(st.builds(Pair, lines_of_text, lines_of_text), max_size=9)


@pytest.fixture(autouse=True)
def datasets_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "datasets" in sys.modules:
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


def pairs_of(*sources: object, src: str = "de", tgt: str = "en") -> list[Pair]:
    return list(read_pairs([str(source) for source in sources], src, tgt))


@given(pairs=pair_lists)
@reuse
def test_pairs_come_back_as_written_from_two_files_and_csv(tmp_path: Path, pairs: list[Pair]) -> None:
    # A byte order mark ahead, lest a text's own is taken for one.
    for side, name in enumerate(("two.de", "two.en")):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + encoded(pair[side] for pair in pairs))
    assert pairs_of(tmp_path / "two") == (pairs or [Pair("", "")])
    rows = io.StringIO(newline="")
    csv.writer(rows, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("de", "en"), *pairs])
    (tmp_path / "rows.csv").write_text(rows.getvalue(), encoding="utf-8", newline="")
    assert pairs_of(tmp_path / "rows.csv") == pairs


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".jsonl.zst", ".tsv.gz"])
@given(pairs=pair_lists)
@reuse
def test_pairs_come_back_as_written_from_rows(tmp_path: Path, suffix: str, pairs: list[Pair]) -> None:
    if "tsv" in suffix:
        pairs = [Pair(*(text.replace("\t", " ") for text in pair)) for pair in pairs]
        lines = ["\t".join(pair) for pair in pairs]
    else:
        lines = [json.dumps({"de": src, "en": tgt, "id": 7}, ensure_ascii=len(src) % 2 == 0) for src, tgt in pairs]
    path = write(tmp_path / f"rows{suffix}", ["de\ten", *lines] if "tsv" in suffix else lines)
    assert pairs_of(path) == pairs


def test_a_header_may_turn_the_columns_of_a_tsv_around(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.tsv", ["en\tde", "dog\tHund", "en\tde"])
    assert pairs_of(path) == [("Hund", "dog"), ("de", "en")]
    assert pairs_of(path, src="fr", tgt="en")[0] == ("en", "de")
    assert len(pairs_of(path, src="", tgt="")) == 3


def test_json_rows_may_be_nested_or_flat_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    lines = [json.dumps(ROWS[0]), "", json.dumps({"en": "y", "de": "x", "translation": "other"})]
    assert pairs_of(write(tmp_path / "rows.ndjson", lines)) == [PAIRS[0], ("x", "y")]


def test_csv_cells_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    lines = ["id,en,de", '1,NA,"""5"", ja"', '2,"two\nlines",007']
    assert pairs_of(write(tmp_path / "rows.csv", lines)) == [('"5", ja', "NA"), ("007", "two\nlines")]


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
@pytest.mark.parametrize("nested", [True, False])
def test_tables_are_read_through_datasets(tmp_path: Path, suffix: str, nested: bool) -> None:
    import datasets

    table = datasets.Dataset.from_list(ROWS if nested else [row["translation"] for row in ROWS])
    path = tmp_path / f"rows{suffix}"
    table.to_parquet(path) if suffix == ".parquet" else table.to_json(path)
    assert pairs_of(path) == PAIRS


def test_a_saved_data_set_and_its_arrow_file_are_read(tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    assert pairs_of(tmp_path / "saved") == PAIRS
    assert pairs_of(next((tmp_path / "saved").glob("*.arrow"))) == PAIRS


def test_the_split_train_of_a_saved_dictionary_is_read(tmp_path: Path) -> None:
    import datasets

    rows = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict(train=rows, test=rows.select([0])).save_to_disk(tmp_path / "splits")
    assert pairs_of(tmp_path / "splits") == PAIRS
    datasets.DatasetDict(test=rows).save_to_disk(tmp_path / "tests")
    with pytest.raises(InputError, match=r"has no split 'train', only: test"):
        pairs_of(tmp_path / "tests")


def test_a_hub_data_set_that_cannot_be_reached_is_a_failure_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def load(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach\nthe hub")

    monkeypatch.setattr("datasets.load_dataset", load)
    reason = "data set 'hub:name' cannot be reached: ConnectionError: Couldn't reach the hub; try again with a network"
    with pytest.raises(FailureError, match=reason):
        pairs_of("hub:name")
    # Until then the client has tried for a while.
    assert "asking the hub for data set 'name'" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rows.parquet", "nonsense", r"ArrowInvalid: Parquet magic bytes not found"),
        ("rows.arrow", "x", r"\w+: .*"),
        ("rows.json", '{"de": "a", "en"', r"(?!DatasetGeneration)\w+: .*(?:JSON|object)"),
        ("rows.json", "[1, 2", r"(?!DatasetGeneration)\w+: .*array"),
        ("rows.json", "", r"it holds no rows$"),
    ],
)
def test_a_damaged_table_is_refused_with_the_reason_and_nothing_else_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, content: str, reason: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"data set '.*{name}' cannot be loaded: {reason}") as caught:
        pairs_of(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_table_is_read_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert pairs_of(write(tmp_path / "rows.json", map(json.dumps, ROWS))) == PAIRS
    assert capfd.readouterr() == ("", "")


def test_unequal_files_are_refused_with_both_names_and_true_counts(tmp_path: Path) -> None:
    write(tmp_path / "a.de", ["x"] * 3)
    write(tmp_path / "a.en", ["y"] * 1200)
    with pytest.raises(InputError, match=r"a\.de has 3 lines, but .*a\.en has 1,200; line N of one"):
        pairs_of(tmp_path / "a")


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl", ".ndjson.gz", ".de"])
@pytest.mark.parametrize("bad", NOT_UTF_8)
def test_every_reader_of_text_names_file_line_and_offset_of_bytes_that_are_not_utf_8(
    tmp_path: Path, suffix: str, bad: bytes
) -> None:
    first = {".tsv": b"a\tb\n", ".csv": b"de,en\n", ".de": b"\n"}.get(suffix, b'{"de": "a", "en": "b"}\n')
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(COMPRESSORS.get(path.suffix, bytes)(first + bad + b"\n"))
    (tmp_path / "rows.en").write_bytes(b"\n\n")
    position = NOT_UTF_8[bad]
    message = rf"{re.escape(str(path))}, line 2: not UTF-8 \(byte 0x.. at position {position + 1}, offset "
    with pytest.raises(InputError, match=f"{message}{len(first) + position}\\)"):
        pairs_of(tmp_path / "rows" if suffix == ".de" else path)


def test_a_table_whose_text_is_not_utf_8_is_refused_with_its_row(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    texts = pyarrow.array([b"a", b"Stra\xdfe"], pyarrow.binary()).cast(pyarrow.string(), safe=False)
    pyarrow.parquet.write_table(pyarrow.table({"de": texts, "en": ["a", "b"]}), tmp_path / "rows.parquet")
    with pytest.raises(InputError, match=r"data set '.*rows\.parquet', after row \d: not UTF-8 \(byte 0xdf"):
        pairs_of(tmp_path / "rows.parquet")


@given(row=st.dictionaries(texts, texts | st.none() | st.floats() | st.lists(texts, max_size=2), max_size=9))
@reuse
def test_any_row_of_json_is_taken_or_refused_in_one_short_line(tmp_path: Path, row: dict[str, object]) -> None:
    try:
        pairs_of(write(tmp_path / "rows.jsonl", [json.dumps(row)]))
    except InputError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 1000


def test_an_error_shows_the_beginning_of_what_is_long(tmp_path: Path) -> None:
    many = json.dumps(dict.fromkeys(map(str, range(9999)), "x" * 999))
    with pytest.raises(InputError, match=r"; found '0', '1', '2', '3', '4', '5', …$"):
        pairs_of(write(tmp_path / "rows.jsonl", [many]))
    with pytest.raises(InputError, match=r"expected text under 'en'; found \['x+\.\.\.x+'\]$"):
        pairs_of(write(tmp_path / "rows.jsonl", [json.dumps({"de": "a", "en": ["x" * 9999]})]))


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl", ".de"])
def test_texts_of_a_megabyte_are_read(tmp_path: Path, suffix: str) -> None:
    text = "漢 " * (1 << 18)
    lines = {".tsv": [f"{text}\t{text}"], ".csv": ["de,en", f"{text},{text}"], ".de": [text]}
    write(tmp_path / f"rows{suffix}", lines.get(suffix, [json.dumps({"de": text, "en": text})]))
    write(tmp_path / "rows.en", [text])
    assert pairs_of(tmp_path / ("rows" if suffix == ".de" else f"rows{suffix}")) == [(text, text)]


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("r.tsv", ["a\tb", "a b"], r"r\.tsv, line 2: expected 2 columns, .* one tab; found 1"),
        ("r.tsv", ["a\tb\tc"], r"line 1: expected 2 columns, .*; found 3"),
        ("r.jsonl", ['{"de": "a", "en": "b"}', "{"], r"r\.jsonl, line 2: expected one JSON object a line"),
        ("r.jsonl", ["[" * 99999], r"line 1: expected one JSON object a line"),
        ("r.jsonl", ["[1]"], r"line 1: expected keys and texts; found list"),
        ("r.jsonl", ['{"de": "a", "fr": "b"}'], r"keys 'de' and 'en' \(data.src .*\); found 'de', 'fr'"),
        ("r.jsonl", ["{}"], r"expected the keys 'de' and 'en' .*; found none"),
        ("r.jsonl", ['{"de": "a", "en": null}'], r"line 1: expected text under 'en'; found None"),
        ("r.jsonl", ['{"translation": {"de": 5, "en": ""}}'], r"expected text under 'de'; found 5"),
        ("r.jsonl", [r'{"de": "a", "en": "\ud83d"}'], r"line 1, under 'en': half a surrogate pair"),
        ("r.csv", ["de,en", "a"], r"r\.csv, line 2: expected text under 'en'; found None"),
        ("r.csv", ["de,fr", "a,b"], r"expected the keys 'de' and 'en' .*; found 'de', 'fr'"),
        ("r.csv", ["de,en", '"a,b'], r"r\.csv, line 2: not valid CSV"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path: Path, name: str, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pairs_of(write(tmp_path / name, lines))


def test_a_bad_row_of_a_data_set_is_refused_with_its_number(tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_list([*ROWS, {"translation": {"de": "x", "en": None}}]).save_to_disk(tmp_path / "saved")
    with pytest.raises(InputError, match=r"data set '.*saved', row 4: expected text under 'en'; found None"):
        pairs_of(tmp_path / "saved")
    with pytest.raises(InputError, match=r"row 1: expected the keys 'fr' and 'en'"):
        pairs_of(tmp_path / "saved", src="fr")
