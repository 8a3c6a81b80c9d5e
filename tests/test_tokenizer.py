"""Tests of subwords."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from random import Random

import pytest
import sentencepiece
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nmt.config import TokenizerConfig
from nmt.errors import InputError
from nmt.tokenizer import BOS, EOS, PAD, UNK, Tokenizer, TokenizerPair, normalize
from nmt.tokenizer_training import train_tokenizer

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
few = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


def promised(text: str) -> str:
    """Return what is left of a text: composed, without spaces (U+0020 alone) at its ends or after a space."""
    composed = unicodedata.normalize("NFC", text).replace("\u2581", "_")
    return re.sub(" +", " ", composed).strip(" ")


@given(text=texts)
@example(text="  two   spaces and\ta tab \n")
@example(text="<s> </s> <pad> <unk> <0x41>")
@example(text="a\u2581b \x00 \u3000 \u2028 \x85 e\u0301 \ufeff \U0001f600")
@few
def test_every_text_comes_back_composed_and_with_single_spaces(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == promised(text)


def test_long_rows_of_combining_marks_are_composed_quickly_and_all_else_as_unicode_says() -> None:
    start = time.perf_counter()
    marks = normalize("e" + "\u0301\u0316" * 500_000)
    assert time.perf_counter() - start < 10
    assert marks[0] == "é" and (marks.count("\u0301"), marks.count("\u0316")) == (499_999, 500_000)
    for unit in ("e\u0301\u0316 ", "ᄒ\u1161\u11ab", "Grüße", "a" + "\u0316\u0301" * 14 + "!"):
        assert normalize(unit * 400) == unicodedata.normalize("NFC", unit * 400)


@given(text=texts, alpha=st.sampled_from([0.1, 0.5, 0.9]))
@few
def test_every_sample_spells_the_same_text(tokenizer: Tokenizer, text: str, alpha: float) -> None:
    assert tokenizer.decode(tokenizer.sample(text, alpha, Random(1))) == promised(text)


@given(text=texts | st.text("Der Mann häuft Öl.", max_size=20))
@example(text="<br>")
@few
def test_characters_of_the_vocabulary_are_those_not_spelt_in_bytes(tokenizer: Tokenizer, text: str) -> None:
    for character in promised(text):
        in_bytes = any(piece.startswith("<0x") for piece in tokenizer.pieces(tokenizer.encode(character)))
        assert (character in tokenizer.characters) != in_bytes


@given(text=texts)
@few
def test_ids_are_of_the_vocabulary_and_never_special(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert not {PAD, UNK, BOS, EOS} & set(ids)
    assert all(0 <= i < len(tokenizer) for i in ids)
    assert len(tokenizer.pieces(ids)) == len(ids) == tokenizer.count(text)


@given(ids=st.lists(st.integers(4, 289), max_size=12))
@few
def test_any_ids_decode_to_text_that_utf8_can_hold(tokenizer: Tokenizer, ids: list[int]) -> None:
    tokenizer.decode(ids).encode("utf-8")


def test_the_vocabulary_has_the_size_asked_for(tokenizer: Tokenizer) -> None:
    assert len(tokenizer) == 290
    assert tokenizer.pieces([PAD, UNK, BOS, EOS]) == ["<pad>", "<unk>", "<s>", "</s>"]


def test_equal_letters_get_equal_ids_however_they_are_typed(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("ho\u0308rt") == tokenizer.encode("hört")
    assert normalize("plain") == "plain"


@pytest.mark.parametrize("symbol", ["<br>", "__x__"])
def test_user_symbols_stay_one_piece(tokenizer: Tokenizer, symbol: str) -> None:
    for text in (symbol, f"Der Mann{symbol}sieht", f"a {symbol} b{symbol}"):
        for ids in (tokenizer.encode(text), tokenizer.sample(text, 0.9, Random(1))):
            assert tokenizer.pieces(ids).count(symbol) == text.count(symbol)


def test_no_text_is_no_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("") == tokenizer.encode("  ") == tokenizer.sample("", 0.5, Random(1)) == []
    assert tokenizer.decode([]) == ""


def sample(tokenizer: Tokenizer, text: str, seed: int) -> list[list[int]]:
    draws = Random(seed)
    return [tokenizer.sample(text, 0.3, draws) for _ in range(8)]


def test_samples_follow_from_their_draws(tokenizer: Tokenizer, lines: list[str]) -> None:
    text = " ".join(lines[:4])
    first = sample(tokenizer, text, 5)
    assert sample(tokenizer, text, 6) != first
    assert sample(tokenizer, text, 5) == first
    assert len({tuple(ids) for ids in first}) > 1


def test_samples_are_the_same_in_every_process(tokenizer: Tokenizer, lines: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.spm").write_bytes(tokenizer.model)
    code = (
        "import sys; from pathlib import Path; from random import Random; from nmt.tokenizer import Tokenizer\n"
        "draws = Random(5); tokenizer = Tokenizer(Path(sys.argv[1]).read_bytes())\n"
        "print([tokenizer.sample(sys.argv[2], 0.3, draws) for _ in range(8)])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.spm"), lines[0]]
    root = Path(__file__).resolve().parent.parent
    printed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == str(sample(tokenizer, lines[0], 5))


def test_sampling_with_alpha_0_is_encoding(tokenizer: Tokenizer, lines: list[str]) -> None:
    assert tokenizer.sample(lines[0], 0, Random(1)) == tokenizer.encode(lines[0])


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x0a\x03abc", bytes(100)])
def test_what_is_no_sentencepiece_model_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="not a SentencePiece model"):
        Tokenizer(content)


def test_a_model_cut_short_is_refused(tokenizer: Tokenizer) -> None:
    for size in (1, 100, len(tokenizer.model) - 7):
        with pytest.raises(InputError, match="SentencePiece model"):
            Tokenizer(tokenizer.model[:size])


def test_a_model_with_other_special_ids_is_refused(lines: list[str], tmp_path: Path) -> None:
    sentencepiece.SentencePieceTrainer.Train(
        sentence_iterator=iter(lines),
        model_prefix=str(tmp_path / "other"),
        vocab_size=45,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    with pytest.raises(InputError, match=r"pad, unk, bos, eos \(-1, 0, 1, 2\); expected \(0, 1, 2, 3\)"):
        Tokenizer((tmp_path / "other.model").read_bytes())


def write(directory: Path, pair: TokenizerPair) -> None:
    for name, content in pair.files().items():
        (directory / name).write_bytes(content)


def test_a_shared_pair_is_one_file_and_one_tokenizer(tokenizer: Tokenizer, tmp_path: Path) -> None:
    assert not TokenizerPair.exists(tmp_path)
    write(tmp_path, TokenizerPair(tokenizer, tokenizer))
    assert [path.name for path in tmp_path.iterdir()] == ["shared.spm"]
    loaded = TokenizerPair.load(tmp_path)
    assert TokenizerPair.exists(tmp_path)
    assert loaded.shared
    assert loaded.src.model == tokenizer.model


def test_a_separate_pair_is_two_files(tokenizer: Tokenizer, lines: list[str], tmp_path: Path) -> None:
    other = train_tokenizer(lines, TokenizerConfig(vocab_size=291))
    write(tmp_path, TokenizerPair(tokenizer, other))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.spm", "target.spm"]
    loaded = TokenizerPair.load(tmp_path)
    assert not loaded.shared
    assert (len(loaded.src), len(loaded.tgt)) == (290, 291)


def test_loading_names_the_file_at_fault(tokenizer: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "source.spm").write_bytes(tokenizer.model)
    assert not TokenizerPair.exists(tmp_path)
    with pytest.raises(InputError, match=r"target\.spm cannot be read"):
        TokenizerPair.load(tmp_path)
    (tmp_path / "target.spm").write_bytes(b"garbage")
    with pytest.raises(InputError, match=r"target\.spm: not a SentencePiece model"):
        TokenizerPair.load(tmp_path)


def test_bpe_has_one_way_to_write_a_text() -> None:
    tokenizer = train_tokenizer(["ba de gi ko"] * 9, TokenizerConfig(vocab_size=275, kind="bpe"))
    assert tokenizer.ways("ba de", 8) == [tokenizer.encode("ba de")]
