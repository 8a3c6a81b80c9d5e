"""Which pairs are held out or given for development, and that none is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nmt.config import DataConfig
from nmt.corpus import Pair, read_pairs
from nmt.errors import InputError
from nmt.preparing.pairs import build_stores, count_pairs, open_stores, training_pairs
from tests import tiny

MOST = 8


@pytest.fixture(autouse=True)
def few_dev_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.preparing.pairs._MOST_DEV_PAIRS", MOST)


def data(folder: Path, **values: object) -> DataConfig:
    return DataConfig.model_validate({"src": "de", "tgt": "en", "train": str(folder / "train"), **values})


def split(settings: DataConfig, folder: Path) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs trained on and the development pairs."""
    from nmt.model_directory import read_model

    (folder / "cache").mkdir(exist_ok=True)
    build_stores(settings, folder / "cache", read_model(tiny.model_directory()).tokenizers, {})
    train, dev = open_stores(folder / "cache")
    return train.read(range(len(train))), dev


@pytest.mark.parametrize("size", [5, MOST, 1000])
def test_every_pair_is_trained_on_or_held_out(size: int, tmp_path: Path) -> None:
    tiny.write_corpus(tmp_path / "train", 600)
    settings = data(tmp_path, dev_size=size)
    train, dev = split(settings, tmp_path)
    assert 0 < len(dev) <= MOST and (size < 1000 or len(dev) > MOST - 3)
    assert sorted([*train, *dev]) == sorted(read_pairs(settings.train, "de", "en"))
    assert list(training_pairs(settings)) == train


def test_sources_that_stand_there_often_are_held_out_together_or_not_at_all(tmp_path: Path) -> None:
    for side, code in enumerate(("de", "en")):
        lines = [pair[side] for pair in tiny.pairs(200) for _ in range(3)]
        (tmp_path / f"train.{code}").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    train, dev = split(data(tmp_path, dev_size=1000), tmp_path)
    assert len(dev) == 6 and len(train) == 594
    assert not {pair.src for pair in train} & {pair.src for pair in dev}


def test_a_corpus_of_one_source_leaves_nothing_to_hold_out(tmp_path: Path) -> None:
    for code in ("de", "en"):
        (tmp_path / f"train.{code}").write_text("ba\n" * 600, encoding="utf-8")
    with pytest.raises(InputError, match=r"^no development pairs could be held out of .*train.*; set data\.dev to"):
        split(data(tmp_path), tmp_path)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_of_two_sources_at_least_one_is_held_out_and_one_learned_from(size: int, tmp_path: Path) -> None:
    for count in (2, 3, 10, 11, 37, 50, 600):
        tiny.write_corpus(tmp_path / str(count) / "train", count)
        train, dev = split(data(tmp_path / str(count), dev_size=size), tmp_path / str(count))
        assert train and dev and len(train) + len(dev) == count
        assert not {pair.src for pair in train} & {pair.src for pair in dev}


def test_pairs_without_a_source_are_no_second_source(tmp_path: Path) -> None:
    for code in ("de", "en"):
        (tmp_path / f"train.{code}").write_text("ba\n\n \n" * 60, encoding="utf-8")
    with pytest.raises(InputError, match="no two different source sentences"):
        split(data(tmp_path), tmp_path)


def test_the_corpus_is_surveyed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write_corpus(tmp_path / "train", 600)
    settings, readings = data(tmp_path), [0]

    def counted(*arguments: str) -> Iterator[Pair]:
        readings[0] += 1
        return read_pairs(*arguments)

    monkeypatch.setattr("nmt.preparing.pairs.read_pairs", counted)
    assert count_pairs(settings, "counting") == 600
    first = list(training_pairs(settings))
    split(settings, tmp_path)
    assert list(training_pairs(settings)) == first
    assert readings == [1 + 4]  # the survey; the training pairs thrice, the development pairs
    tiny.write_corpus(tmp_path / "train", 700)
    assert count_pairs(settings, "counting") == 700


def test_given_development_pairs_that_are_too_many_are_cut_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.write_corpus(tmp_path / "train", 40)
    for count in (MOST, MOST + 1, 1234):
        caplog.clear()
        dev = tiny.write_corpus(tmp_path / f"dev{count}", count, 900)
        assert split(data(tmp_path, dev=dev), tmp_path)[1] == tiny.pairs(MOST, 900)
        told = [record.getMessage() for record in caplog.records if "used" in record.getMessage()]
        assert told == [f"{count:,} development pairs given; the first {MOST} are used"] * (count > MOST)


def test_development_pairs_that_are_learned_from_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "nmt")
    tiny.write_corpus(tmp_path / "train", 40)
    for first, count, both, level in (
        (0, 6, 6, "WARNING"),
        (36, 6, 5, "WARNING"),
        (900, 6, 4, "INFO"),
        (941, 3, 0, ""),
    ):
        caplog.clear()
        dev = tiny.write_corpus(tmp_path / f"dev{first}", count, first)
        assert split(data(tmp_path, dev=dev), tmp_path) == (tiny.pairs(40), tiny.pairs(count, first))
        told = [(each.levelname, each.getMessage()) for each in caplog.records if "learned from" in each.getMessage()]
        message = f"{both} of {count} development pairs are learned from too: new text will score lower"
        assert told == [(level, message)] * (both > 0)


def test_a_development_pair_of_a_whole_book_is_left_out_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.write_corpus(tmp_path / "train", 40)
    dev = tiny.write_corpus(tmp_path / "dev", 3, 900)
    for code in ("de", "en"):
        with Path(f"{dev}.{code}").open("a", encoding="utf-8") as file:
            file.write("ba de " * 5000 + "\n")
    assert split(data(tmp_path, dev=dev), tmp_path)[1] == tiny.pairs(3, 900)
    assert "1 development pairs are longer than data.max_length=200 and are not used" in caplog.text
    for code in ("de", "en"):
        (tmp_path / f"book.{code}").write_text("ba de " * 5000 + "\n", encoding="utf-8")
    (tmp_path / "none.tsv").touch()
    for given in ("book", "none.tsv"):
        with pytest.raises(InputError, match=rf"^no development pairs: .*{given}.* is empty, or every pair is longer"):
            split(data(tmp_path, dev=str(tmp_path / given)), tmp_path)
