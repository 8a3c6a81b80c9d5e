"""Tests of sentence pairs on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmt.cleaning import Cleaner
from nmt.config import DataConfig
from nmt.corpus import Pair
from nmt.errors import FailureError, InputError
from nmt.store import PairStore

PAIRS = [Pair("Ein Hund.", "A dog."), Pair("Zwei\u2028Katzen\x85 ja", "Two\x00 cats"), Pair("ß", "")]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@given(pairs=st.lists(st.builds(Pair, texts, texts), min_size=1), data=st.data())
@reuse
def test_a_store_gives_back_every_pair_in_any_order(tmp_path: Path, pairs: list[Pair], data: st.DataObject) -> None:
    store = PairStore.build(pairs, tmp_path / "store")
    assert len(store) == len(pairs)
    assert store.read(range(len(pairs))) == pairs
    indices = data.draw(st.lists(st.integers(0, len(pairs) - 1)))
    again = PairStore.open(tmp_path / "store")
    assert again.read(np.asarray(indices, dtype=np.int32)) == [pairs[index] for index in indices]
    assert again.fingerprint == store.fingerprint


def test_the_fingerprint_depends_on_text_order_and_borders(tmp_path: Path) -> None:
    corpora = [[("ab", "c")], [("a", "bc")], [("ab", "c"), ("", "")], [("", ""), ("ab", "c")]]
    prints = [PairStore.build([Pair(*pair) for pair in pairs], tmp_path / "store").fingerprint for pairs in corpora]
    assert len(set(prints)) == len(corpora)
    assert PairStore.build([Pair("ab", "c")], tmp_path / "other").fingerprint == prints[0]


@pytest.mark.parametrize("indices", [[-1], [0, 3]])
def test_an_index_beyond_the_store_is_refused(tmp_path: Path, indices: list[int]) -> None:
    store = PairStore.build(PAIRS, tmp_path / "store")
    with pytest.raises(IndexError, match="of a store of 3"):
        store.read(indices)


def test_a_store_of_no_pairs_is_refused_with_the_reason_and_leaves_nothing(tmp_path: Path) -> None:
    cleaner = Cleaner(DataConfig(), len, len)
    pairs = cleaner.clean([Pair("", "x"), Pair("x", " ")])
    with pytest.raises(InputError, match=r"^a\.tsv: kept 0 of 2 pairs; .* empty 2"):
        PairStore.build(pairs, tmp_path / "store", lambda: f"a.tsv: {cleaner.report()}")
    with pytest.raises(InputError, match=r"^no sentence pairs$"):
        PairStore.build([], tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_build_leaves_the_older_store(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Pair]:
        yield Pair("new", "new")
        raise KeyboardInterrupt

    PairStore.build(PAIRS, tmp_path / "store")
    with pytest.raises(KeyboardInterrupt):
        PairStore.build(interrupted(), tmp_path / "store")
    assert PairStore.open(tmp_path / "store").read([0, 1, 2]) == PAIRS
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_file_of_somebody_else_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"store/notes\.txt' is in the way of the sentence pairs.*; move it away"):
        PairStore.build(PAIRS, tmp_path / "store")
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["notes.txt"]


def test_a_killed_build_is_no_store_and_the_next_one_succeeds(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from nmt.corpus import Pair; from nmt.store import PairStore\n"
        "def pairs():\n"
        "    yield from [Pair('a', 'b')] * 9999\n"
        "    os._exit(9)\n"
        "PairStore.build(pairs(), Path(sys.argv[1]))"
    )
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "store"], check=False).returncode == 9
    with pytest.raises(InputError, match="is no complete store of pairs"):
        PairStore.open(tmp_path / "store")
    assert PairStore.build(PAIRS, tmp_path / "store").read([1]) == [PAIRS[1]]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_a_disk_that_refuses_is_a_failure_and_not_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nmt.durable.os.fsync", full)
    with pytest.raises(FailureError, match=r"cannot write the sentence pairs to .*No space left on device"):
        PairStore.build(PAIRS, tmp_path / "store")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["text.bin", "offsets.bin", "store.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "shorter", "longer"])
def test_a_damaged_store_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    PairStore.build(PAIRS, tmp_path / "store")
    path = tmp_path / "store" / name
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "shorter": data[:-8], "longer": data + b"12345678"}[damage])
    with pytest.raises(InputError, match=r"'.*store' is no complete store of pairs .*; build it anew"):
        PairStore.open(tmp_path / "store")


@given(pairs=st.lists(st.builds(Pair, texts, texts), min_size=1), size=st.integers(1, 9))
@reuse
def test_a_store_as_it_was_written_is_not_damaged(tmp_path: Path, pairs: list[Pair], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nmt.store._CHECKED", size)
        PairStore.build(pairs, tmp_path / "store").check()


@pytest.mark.parametrize("name", ["text.bin", "offsets.bin"])
def test_no_byte_of_a_store_changes_unnoticed(tmp_path: Path, name: str) -> None:
    PairStore.build(PAIRS, tmp_path / "store")
    whole = (tmp_path / "store" / name).read_bytes()
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 1
        (tmp_path / "store" / name).write_bytes(content)
        with pytest.raises(InputError, match=r"store' (are damaged; a training .* anew|is no complete store)"):
            PairStore.open(tmp_path / "store").check()


def test_text_that_is_no_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    PairStore.build(PAIRS, tmp_path / "store")
    (tmp_path / "store" / "text.bin").write_bytes(b"\xff" * (tmp_path / "store" / "text.bin").stat().st_size)
    with pytest.raises(InputError, match=r"the sentence pairs in '.*store' are damaged \(.*\); a training .* anew"):
        PairStore.open(tmp_path / "store").read([0])


@pytest.mark.parametrize("facts", ["[]", "{}", "7", "[" * 9999, '{"format_version": 99}'])
def test_a_store_with_strange_facts_is_refused(tmp_path: Path, facts: str) -> None:
    PairStore.build(PAIRS, tmp_path / "store")
    (tmp_path / "store" / "store.json").write_text(facts)
    with pytest.raises(InputError, match="is no complete store of pairs"):
        PairStore.open(tmp_path / "store")
