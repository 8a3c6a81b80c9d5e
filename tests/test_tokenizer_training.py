"""Tests of training a tokenizer."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator

import pytest
import sentencepiece

from nmt.commands.ending import Ending
from nmt.config import TokenizerConfig
from nmt.errors import InputError
from nmt.signals import SIGNALS
from nmt.tokenizer_training import train_tokenizer


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_training_twice_gives_the_same_tokenizer(lines: list[str], kind: str) -> None:
    config = TokenizerConfig.model_validate({"kind": kind, "vocab_size": 290})
    assert train_tokenizer(lines, config).model == train_tokenizer(iter(lines), config).model


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_a_vocabulary_too_large_for_the_text_is_refused_with_the_largest_that_fits(lines: list[str], kind: str) -> None:
    config = TokenizerConfig.model_validate({"kind": kind, "vocab_size": 9000})
    with pytest.raises(InputError, match=r"tokenizer\.vocab_size=9000 does not fit .* at most \d+") as raised:
        train_tokenizer(lines, config)
    found = re.search(r"at most (\d+)", str(raised.value))
    assert found is not None
    most = int(found.group(1))
    assert len(train_tokenizer(lines, config.model_copy(update={"vocab_size": most}))) == most
    with pytest.raises(InputError, match=f"at most {most}"):
        train_tokenizer(lines, config.model_copy(update={"vocab_size": most + 1}))


class Watched:
    """Stands for SentencePiece's training; notes who hears a signal while lines are read and when they are."""

    def __init__(self) -> None:
        self.heard: list[list[object]] = []

    def train(self, sentence_iterator: Iterator[str], **_: object) -> None:
        next(sentence_iterator)
        self._note()
        assert list(sentence_iterator)
        self._note()
        raise RuntimeError("ends here")

    def _note(self) -> None:
        self.heard.append([signal.getsignal(number) for number in SIGNALS])


@pytest.mark.parametrize("ignored", [False, True])
def test_a_signal_ends_the_training_of_a_vocabulary_at_once_when_all_is_read(
    ignored: bool, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    monkeypatch.setattr(sentencepiece.SentencePieceTrainer, "Train", watched.train)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN) if ignored else signal.getsignal(signal.SIGTERM)
    try:
        with Ending():
            given = [signal.getsignal(number) for number in SIGNALS]
            with pytest.raises(InputError, match="ends here"):
                train_tokenizer(lines, TokenizerConfig(vocab_size=290))
            assert [signal.getsignal(number) for number in SIGNALS] == given
    finally:
        signal.signal(signal.SIGTERM, before)
    assert watched.heard == [given, [signal.SIG_DFL, signal.SIG_IGN if ignored else signal.SIG_DFL]]


def test_handlers_stay_as_they_are_where_a_thread_trains_a_vocabulary(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched()
    monkeypatch.setattr(sentencepiece.SentencePieceTrainer, "Train", watched.train)
    failed: list[InputError] = []

    def work() -> None:
        try:
            train_tokenizer(lines, TokenizerConfig(vocab_size=290))
        except InputError as error:
            failed.append(error)

    with Ending():
        given = [signal.getsignal(number) for number in SIGNALS]
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert watched.heard == [given, given]
    assert "ends here" in str(failed[0])


def test_a_vocabulary_without_room_for_the_bytes_is_refused(lines: list[str]) -> None:
    with pytest.raises(InputError, match=r"tokenizer\.vocab_size=100 does not fit .* need at least \d+; set that many"):
        train_tokenizer(lines, TokenizerConfig(vocab_size=100))


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (["<x>", "a b"], "holds 'a b'; a symbol is one piece, without spaces"),
        ([""], "holds ''; a symbol is one piece, without spaces"),
        *[
            ([each], f"holds '{each}', which every vocabulary has")
            for each in ("<pad>", "<unk>", "<s>", "</s>", "<0x41>")
        ],
        (["<x>", "y", "<x>"], "holds '<x>' twice"),
        (["\u00e9", "e\u0301"], "holds '\u00e9' twice"),
        (["a\0b"], "a symbol is one piece, of at most 1,000 bytes, none of them NUL"),
        (["\u00e9" * 501], "a symbol is one piece, of at most 1,000 bytes"),
    ],
)
def test_a_symbol_that_can_be_no_piece_is_refused(symbols: list[str], message: str, lines: list[str]) -> None:
    with pytest.raises(InputError, match=f"tokenizer.symbols .*{message}"):
        train_tokenizer(lines, TokenizerConfig(vocab_size=290, symbols=symbols))


@pytest.mark.parametrize("empty", [[], [""], ["  ", "\t", "\u3000"]])
def test_an_empty_training_text_is_refused(empty: list[str]) -> None:
    with pytest.raises(InputError, match="the training text is empty"):
        train_tokenizer(empty, TokenizerConfig(vocab_size=290))


@pytest.mark.parametrize("line", ["lu ne " * 800, "ba \u2585 de"])
def test_a_text_without_a_line_that_serves_is_refused_with_what_to_do(line: str) -> None:
    with pytest.raises(InputError, match=r"no line .* serves .* more than 4,192 bytes.*; give a sentence or so a line"):
        train_tokenizer([line] * 9, TokenizerConfig(vocab_size=270))
    assert train_tokenizer([line] * 9 + ["ba de"], TokenizerConfig(vocab_size=265))
