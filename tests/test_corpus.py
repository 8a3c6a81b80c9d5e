"""Tests of reading, cleaning, splitting and storing sentence pairs."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.config import DataConfig
from nmt.corpus import RULES, Cleaner, Pair, check_sources, is_held_out, read_lines, read_pairs
from nmt.errors import InputError

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}
PAIRS = [Pair("Ein Hund.", "A dog."), Pair("Zwei\u2028Katzen\x85 ja", "Two\x00 cats"), Pair("ß", "")]
ROWS = [{"translation": {"de": pair.src, "en": pair.tgt}} for pair in PAIRS]

# Anything UTF-8 can hold but the end of a line; before it, a carriage return would be part of that end.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=12)
lines_of_text = texts.filter(lambda text: not text.endswith("\r"))
pair_lists = st.lists(st.builds(Pair, lines_of_text, lines_of_text), max_size=9)
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@pytest.fixture(autouse=True)
def datasets_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "datasets" in sys.modules:
        monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))


def write(path: Path, lines: list[str], end: str = "\n") -> Path:
    text = "".join(line + end for line in lines)
    path.write_bytes(COMPRESSORS.get(path.suffix, bytes)(text.encode("utf-8")))
    return path


def pairs_of(*sources: object, src: str = "de", tgt: str = "en") -> list[Pair]:
    return list(read_pairs([str(source) for source in sources], src, tgt))


def data_config(**values: object) -> DataConfig:
    return DataConfig.model_validate(values)


def count_words(text: str) -> int:
    return len(text.split())


# --- lines ---


@pytest.mark.parametrize("suffix", COMPRESSORS)
@given(lines=st.lists(lines_of_text))
@reuse
def test_lines_come_back_as_written_whatever_the_unicode(tmp_path: Path, suffix: str, lines: list[str]) -> None:
    # With a byte order mark ahead, a line may begin with one of its own.
    path = tmp_path / f"text{suffix}"
    path.write_bytes(COMPRESSORS[suffix](("\ufeff" + "".join(line + "\n" for line in lines)).encode()))
    assert list(read_lines(path)) == (lines or [""])


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    line = "a\u2028b\x85c\rd\x0be\x0cf\x1cg\x00h"
    assert list(read_lines(write(tmp_path / "text", [line, "", line]))) == [line, "", line]


def test_windows_line_ends_are_dropped_and_a_lone_carriage_return_is_kept(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"one\r\ntwo\r\r\n\r\nthree\r")
    assert list(read_lines(tmp_path / "text")) == ["one", "two\r", "", "three\r"]


def test_a_last_line_without_a_newline_counts(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"one\ntwo")
    assert list(read_lines(tmp_path / "text")) == ["one", "two"]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(read_lines(write(tmp_path / "text", []))) == []


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_compressed_parts_joined_in_one_file_are_read_as_one_text(tmp_path: Path, suffix: str) -> None:
    compress = COMPRESSORS[suffix]
    path = tmp_path / f"text{suffix}"
    path.write_bytes(compress(b"one\ntw") + compress(b"") + compress(b"o\nthree\n"))
    assert list(read_lines(path)) == ["one", "two", "three"]


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"text{suffix}", [f"{n * 7919}" for n in range(9999)])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=rf"text{suffix} is damaged or truncated after line \d+"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_file_that_is_not_what_its_suffix_says_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(b"plain text, not compressed\n")
    with pytest.raises(InputError, match="is damaged or truncated after line 0"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", [suffix for suffix in COMPRESSORS if suffix])
def test_a_bit_flipped_compressed_file_is_read_or_refused_but_never_crashes(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"text{suffix}", [f"{n * 7919}" for n in range(40)])
    data = path.read_bytes()
    for position in range(0, len(data), 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 16]) + data[position + 1 :])
        try:
            list(read_lines(path))
        except InputError as error:
            assert str(path) in str(error)


def test_bytes_that_are_not_utf8_are_refused_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"fine\ncaf\xe9 noir\n")
    with pytest.raises(InputError, match=r"text, line 2: not UTF-8 \(byte 0xe9 at position 4\); convert"):
        list(read_lines(tmp_path / "text"))


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_missing_file_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(InputError, match=rf"cannot read '.*nothing{suffix}': No such file"):
        list(read_lines(tmp_path / f"nothing{suffix}"))


# --- sources ---


@pytest.mark.parametrize("suffix", COMPRESSORS)
def test_a_prefix_names_two_files_plain_or_compressed(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"train.v1.de{suffix}", [pair.src for pair in PAIRS])
    write(tmp_path / "train.v1.en", [pair.tgt for pair in PAIRS])
    assert pairs_of(tmp_path / "train.v1") == PAIRS


def test_two_files_may_be_one_source_or_a_list_of_two(tmp_path: Path) -> None:
    src = write(tmp_path / "a.txt.gz", [pair.src for pair in PAIRS])
    tgt = write(tmp_path / "b.en", [pair.tgt for pair in PAIRS])
    assert pairs_of(f"{src},{tgt}", src="", tgt="") == PAIRS
    assert pairs_of(src, tgt, src="", tgt="") == PAIRS


def test_sources_are_read_one_after_another(tmp_path: Path) -> None:
    write(tmp_path / "a.de", ["1"])
    write(tmp_path / "a.en", ["2"])
    rows = write(tmp_path / "b.tsv", ["3\t4"])
    assert pairs_of(tmp_path / "a", rows, tmp_path / "a") == [("1", "2"), ("3", "4"), ("1", "2")]


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


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("hub:org/name", ("org/name", None, "train")),
        ("hub:name:de-en", ("name", "de-en", "train")),
        ("hub:name::train[:1000]", ("name", None, "train[:1000]")),
    ],
)
def test_a_hub_source_names_data_set_configuration_and_split(
    monkeypatch: pytest.MonkeyPatch, source: str, arguments: tuple[str, str | None, str]
) -> None:
    import datasets

    calls = []

    def load(name: str, config: str | None, split: str) -> Any:
        calls.append((name, config, split))
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert pairs_of(source) == PAIRS
    assert calls == [arguments]


def test_a_hub_data_set_that_cannot_be_loaded_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach\nthe hub")

    monkeypatch.setattr("datasets.load_dataset", load)
    reason = "data set 'hub:name' cannot be loaded: ConnectionError: Couldn't reach the hub"
    with pytest.raises(InputError, match=reason):
        pairs_of("hub:name")


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"data set '.*rows.parquet' cannot be loaded"):
        pairs_of(tmp_path / "rows.parquet")


# --- errors of sources ---


def test_unequal_files_are_refused_with_both_names_and_true_counts(tmp_path: Path) -> None:
    write(tmp_path / "a.de", ["x"] * 3)
    write(tmp_path / "a.en", ["y"] * 1200)
    with pytest.raises(InputError, match=r"a\.de has 3 lines but .*a\.en has 1,200; line N of one"):
        pairs_of(tmp_path / "a")


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
        ("r.jsonl", [r'{"de": "a", "en": "\ud83d"}'], r"text under 'en' holds half a surrogate pair"),
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


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "nothing",
            r"no file '.*nothing\.de' \(nor \.gz, .*\) for '.*nothing'; give a prefix, 'src_file,tgt_",
        ),
        ("half", r"no file '.*half\.en'"),
        ("half.de", r"no file '.*half\.de\.de'"),
        ("half.de,half.en", r"no file '.*half\.en'"),
        ("no.tsv", r"no file '.*no\.tsv'"),
        ("no.parquet", r"no file '.*no\.parquet'"),
        ("dir.jsonl", r"no file '.*dir\.jsonl' \(it is a directory\)"),
        ("dir", r"no file '.*dir\.de'"),
        ("", r"no file '.*\.de'"),
        (".", r"no file '.*\.de'"),
        ("hub:", r"'hub:' names no data set; expected hub:NAME"),
    ],
)
def test_a_missing_source_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "half.de", ["x"])
    write(tmp_path / "good.tsv", ["x\ty"])
    (tmp_path / "dir.jsonl").mkdir()
    (tmp_path / "dir").mkdir()
    with pytest.raises(InputError, match=message):
        check_sources(["good.tsv", source, "good.tsv"], "de", "en")
    with pytest.raises(InputError, match=message):
        next(read_pairs(["good.tsv", source, "good.tsv"], "de", "en"))


def test_one_of_two_listed_files_missing_is_refused_by_its_name(tmp_path: Path) -> None:
    src = write(tmp_path / "a.de", ["x"])
    with pytest.raises(InputError, match=r"no file '.*a\.en'$"):
        check_sources([str(src), str(tmp_path / "a.en")], "de", "en")


@pytest.mark.parametrize("source", ["train", "rows.jsonl", "hub:name"])
def test_missing_language_codes_are_asked_for(tmp_path: Path, source: str) -> None:
    with pytest.raises(InputError, match=r"set data\.src and data\.tgt \(given '' and 'en'\)"):
        check_sources([source], "", "en")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.tsv", ["x\ty"]).chmod(0)
    with pytest.raises(InputError, match="permission denied"):
        check_sources([str(tmp_path / "a.tsv")], "de", "en")


def test_checking_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"not gzip")
    check_sources([str(tmp_path / "a.jsonl.gz"), "hub:name"], "de", "en")
    check_sources([], "", "")


# --- cleaning and splitting ---


def test_each_rule_drops_its_pairs_and_is_counted() -> None:
    dropped = {
        "empty": [Pair(" \u2028", "x"), Pair("x", "")],
        "ratio": [Pair("x" * 11, "x" * 56), Pair("x" * 51, "ja")],
        "too_long": [Pair("a b c d e f", "a b"), Pair("a b", "a b c d e f g")],
        "duplicate": [Pair("a b c d e", "x")],
    }
    kept = [Pair("a b c d e", "x"), Pair("a b c d ex", "y"), Pair("x" * 50, "x" * 10), Pair("ja", "x" * 9)]
    cleaner = Cleaner(data_config(max_length=5, max_ratio=5, deduplicate=True), count_words, count_words)
    everything = [*kept, *(pair for pairs in dropped.values() for pair in pairs)]
    assert list(cleaner.clean(everything)) == kept
    assert cleaner.dropped == {name: len(pairs) for name, pairs in dropped.items()}
    assert set(dropped) == set(RULES)
    assert cleaner.report() == "kept 4 of 11 pairs; dropped: empty 2, ratio 2, too_long 2, duplicate 1"


def test_each_side_is_counted_by_its_own_counter() -> None:
    cleaner = Cleaner(data_config(max_length=3), len, count_words)
    assert list(cleaner.clean([Pair("abc", "a b c"), Pair("abcd", "a"), Pair("a", "abcde")])) == [
        ("abc", "a b c"),
        ("a", "abcde"),
    ]


def test_duplicates_stay_unless_their_removal_is_asked_for() -> None:
    pairs = [Pair("a", "b"), Pair("a", "b"), Pair("a", "c"), Pair("ab", "")]
    cleaner = Cleaner(data_config(), count_words, count_words)
    assert list(cleaner.clean(pairs)) == pairs[:3]
    strict = Cleaner(data_config(deduplicate=True), count_words, count_words)
    assert list(strict.clean(pairs)) == [("a", "b"), ("a", "c")]


def test_the_report_of_clean_pairs_names_no_rule() -> None:
    cleaner = Cleaner(data_config(), count_words, count_words)
    list(cleaner.clean([Pair(str(n), "x") for n in range(1234)]))
    assert cleaner.report() == "kept 1,234 of 1,234 pairs"


@given(pairs=pair_lists, seed=st.integers(0, 2**70), share=st.floats(0, 1))
def test_a_source_sentence_is_never_on_both_sides_of_the_split(pairs: list[Pair], seed: int, share: float) -> None:
    again = [*pairs, *(Pair(pair.src, pair.tgt + "!") for pair in reversed(pairs))]
    held_out = {pair.src for pair in again if is_held_out(pair, share, seed)}
    assert held_out.isdisjoint(pair.src for pair in again if not is_held_out(pair, share, seed))


def test_the_split_holds_out_the_share_and_follows_the_seed() -> None:
    pairs = [Pair(f"Satz {n}", "x") for n in range(10000)]
    first, second = ({pair.src for pair in pairs if is_held_out(pair, 0.05, seed)} for seed in (1, 2))
    assert 400 < len(first) < 600
    assert len(first & second) < 60
    assert not any(is_held_out(pair, 0.0, 1) for pair in pairs)
    assert all(is_held_out(pair, 1.0, 1) for pair in pairs)


def test_importing_the_corpus_loads_neither_torch_nor_datasets() -> None:
    code = "import sys, nmt.store; print({'torch', 'datasets', 'zstandard', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
