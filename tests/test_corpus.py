"""Tests of what a corpus names: every form of a source, and what none is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nmt.corpus import Pair, check_sources, read_pairs, read_two_files, source_files
from nmt.errors import InputError
from tests.strangers import COMPRESSORS, write

PAIRS = [Pair("Ein Hund.", "A dog."), Pair("Zwei\u2028Katzen\x85 ja", "Two\x00 cats"), Pair("ß", "")]
ROWS = [{"translation": {"de": pair.src, "en": pair.tgt}} for pair in PAIRS]


def pairs_of(*sources: object, src: str = "de", tgt: str = "en") -> list[Pair]:
    return list(read_pairs([str(source) for source in sources], src, tgt))


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


def test_a_comma_may_stand_in_the_names_of_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "my,data").mkdir()
    write(tmp_path / "my,data" / "train.de", ["1"])
    write(tmp_path / "my,data" / "train.en.gz", ["2"])
    prefix = tmp_path / "my,data" / "train"
    assert pairs_of(prefix) == pairs_of(f"{prefix}.de", f"{prefix}.en.gz") == [("1", "2")]
    with pytest.raises(InputError, match=r"no file '.*my,data/train\.fr'"):
        check_sources([str(prefix)], "de", "fr")


def test_names_that_are_too_long_together_are_none_that_is_too_long(tmp_path: Path) -> None:
    src = write(tmp_path / ("s" * 200), ["1"])
    tgt = write(tmp_path / ("t" * 200), ["2"])
    assert pairs_of(f"{src},{tgt}") == [("1", "2")]
    with pytest.raises(InputError, match="cannot be used: File name too long"):
        pairs_of("s" * 300)


def test_a_source_may_begin_with_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "train.de", ["1"])
    write(tmp_path / "train.en", ["2"])
    for sources in (["~/train"], ["~/train.de, ~/train.en"], ["~/train.de", "~/train.en"]):
        assert pairs_of(*sources) == [("1", "2")]
    with pytest.raises(InputError, match=r"no file '~nobody-of-this-name/train\.de'"):
        check_sources(["~nobody-of-this-name/train"], "de", "en")


def test_the_files_of_sources_are_those_that_are_read(tmp_path: Path) -> None:
    for name in ("a.de", "a.en", "a.en.bak", "b,c.tsv"):
        write(tmp_path / name, ["1\t2"])
    (tmp_path / "saved" / "train").mkdir(parents=True)
    for name in ("dataset_info.json", "state.json", "data-0.arrow"):
        write(tmp_path / "saved" / "train" / name, ["{}"])
    write(tmp_path / "saved" / "dataset_dict.json", ["{}"])
    sources = [f"{tmp_path}/a.de, {tmp_path}/a.en", f"{tmp_path}/a", f"{tmp_path}/b,c.tsv", f"{tmp_path}/saved"]
    found = [str(path.relative_to(tmp_path)) for path in source_files([*sources, "hub:name"], "de", "en")]
    saved = ["dataset_dict.json", "train/data-0.arrow", "train/dataset_info.json", "train/state.json"]
    assert found == ["a.de", "a.en", "a.de", "a.en", "b,c.tsv", *(f"saved/{name}" for name in saved)]


def test_sources_are_read_one_after_another(tmp_path: Path) -> None:
    write(tmp_path / "a.de", ["1"])
    write(tmp_path / "a.en", ["2"])
    rows = write(tmp_path / "b.tsv", ["3\t4"])
    assert pairs_of(tmp_path / "a", rows, tmp_path / "a") == [("1", "2"), ("3", "4"), ("1", "2")]


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


# --- errors of sources ---


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("sources", [["p"], ["p.de,text"], ["text,p.en"], ["p.de", "p.en"], ["p.tsv"], ["p.parquet"]])
def test_a_pipe_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("text"), ["x"])
    for name in ("p.de", "p.en", "p.tsv", "p.parquet"):
        os.mkfifo(name)
    with pytest.raises(
        InputError, match=r"'p\.[a-z]+' is no regular file, but a corpus is read several times; write it"
    ):
        check_sources(sources, "de", "en")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_read_once_may_be_two_pipes(tmp_path: Path) -> None:
    paths = [tmp_path / "src", tmp_path / "tgt"]
    for path, text in zip(paths, ["1", "2"], strict=True):
        os.mkfifo(path)
        threading.Thread(target=write, args=[path, [text]], daemon=True).start()
    assert list(read_two_files(*paths)) == [("1", "2")]


@pytest.mark.parametrize("sources", [["a.de,a.de"], ["a.de", "a.de"], ["a"], ["a.de,./a.en"]])
def test_one_file_on_both_sides_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sources: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("a.de"), ["x"])
    Path("a.en").symlink_to("a.de")
    with pytest.raises(InputError, match=r"both sides of a corpus are the same file 'a\.de'; give source and target"):
        check_sources(sources, "de", "en")


def test_checking_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"not gzip")
    check_sources([str(tmp_path / "a.jsonl.gz"), "hub:name"], "de", "en")
    check_sources([], "", "")


def test_importing_the_corpus_loads_neither_torch_nor_datasets() -> None:
    code = "import sys, nmt.store; print({'torch', 'datasets', 'zstandard', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
