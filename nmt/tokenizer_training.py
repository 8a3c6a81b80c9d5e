"""A tokenizer trained on text: SentencePiece's training, and what it says told as an error of the config."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import sentencepiece

from nmt.config import TokenizerConfig
from nmt.errors import InputError
from nmt.signals import deaf
from nmt.spm import FIXED_PIECES, MOST_PIECE_BYTES
from nmt.tokenizer import BOS, EOS, PAD, UNK, Tokenizer, normalize

# SentencePiece keeps its training text in memory. Of more sentences it would draw these, in every process others.
MOST_SENTENCES = 1_000_000
# It passes over longer lines, unless told otherwise.
_MOST_BYTES = 4192
# The number of threads takes part in the order of floating-point sums, so it is fixed.
_THREADS = 2


class VocabularySizeError(InputError):
    """The text allows no vocabulary of this size; nearest: one that it may allow."""

    def __init__(self, message: str, nearest: int) -> None:
        super().__init__(message)
        self.nearest = nearest


def train_tokenizer(lines: Iterable[str], config: TokenizerConfig) -> Tokenizer:
    """Train a SentencePiece model with byte fallback on lines of text.

    Of more than MOST_SENTENCES it is another each time. Raises InputError for an empty text, a vocabulary larger than
    the text allows, or a symbol that can be no piece.
    """
    symbols = [normalize(symbol) for symbol in config.symbols]
    _check_symbols(symbols)
    failed: list[Exception] = []
    filled = (normalize(line).replace("\0", " ") for line in _guarded(lines, failed) if line.strip())
    first = next(filled, None)
    if failed:
        raise failed[0]
    if first is None:
        raise InputError("the training text is empty; a vocabulary needs at least one sentence")
    written = io.BytesIO()
    try:
        with deaf() as begin:
            sentencepiece.SentencePieceTrainer.Train(
                sentence_iterator=chain([first], filled, _ended(begin)),
                model_writer=written,
                model_type=config.kind,
                vocab_size=config.vocab_size,
                character_coverage=0.9998,
                byte_fallback=True,
                normalization_rule_name="identity",
                user_defined_symbols=symbols,
                split_digits=config.split_digits,
                input_sentence_size=MOST_SENTENCES,
                shuffle_input_sentence=True,
                num_threads=_THREADS,
                pad_id=PAD,
                unk_id=UNK,
                bos_id=BOS,
                eos_id=EOS,
                minloglevel=2,
            )
    except (RuntimeError, ValueError) as error:
        raise (failed[0] if failed else _explained(str(error), config)) from None
    if failed:
        raise failed[0]
    return Tokenizer(written.getvalue())


def fit_tokenizer(lines: Callable[[], Iterable[str]], config: TokenizerConfig) -> Tokenizer:
    """Train a SentencePiece model of the nearest size that the text allows; lines is called once a try.

    Raises InputError as train_tokenizer does.
    """
    # All characters of a text may be too many for the size, and then what is added to them too many for the text.
    for _ in range(2):
        try:
            return train_tokenizer(lines(), config)
        except VocabularySizeError as error:
            config = config.model_copy(update={"vocab_size": error.nearest})
    return train_tokenizer(lines(), config)


def _check_symbols(symbols: Sequence[str]) -> None:
    """Raise InputError for a symbol that no vocabulary can hold, or not once more."""
    for number, symbol in enumerate(symbols):
        if " " in symbol or not symbol:
            raise InputError(f"tokenizer.symbols holds {symbol!r}; a symbol is one piece, without spaces")
        if "\0" in symbol or len(symbol.encode()) > MOST_PIECE_BYTES:
            told = f"at most {MOST_PIECE_BYTES:,} bytes, none of them NUL"
            raise InputError(f"tokenizer.symbols holds {symbol!r:.100}; a symbol is one piece, of {told}")
        if symbol in FIXED_PIECES:
            raise InputError(f"tokenizer.symbols holds {symbol!r}, which every vocabulary has; leave it out")
        if symbol in symbols[:number]:
            raise InputError(f"tokenizer.symbols holds {symbol!r} twice; leave one out")


def _guarded(lines: Iterable[str], failed: list[Exception]) -> Iterator[str]:
    """Yield lines; keep the error that ends them, which SentencePiece would swallow."""
    try:
        yield from lines
    except Exception as error:
        failed.append(error)


def _ended(act: Callable[[], None]) -> Iterator[str]:
    """Yield no line; act when one is asked for: all others were read."""
    act()
    yield from ()


def _explained(message: str, config: TokenizerConfig) -> InputError:
    """Return what SentencePiece says as an error of the config."""
    most, least = re.search(r"<= *(\d+)\.", message), re.search(r"\d+ vs (\d+)", message)
    if "ocabulary size" in message or "vocab_size" in message:
        fewest = f"at least {least.group(1)}; set that many" if least else "more; set another"
        advice = (
            f"the text allows at most {most.group(1)}; set another"
            if most
            else f"the 256 bytes, 4 special pieces, symbols and all characters of the text need {fewest}"
        )
        text = f"tokenizer.vocab_size={config.vocab_size} does not fit the training text: {advice}"
        if most:
            return VocabularySizeError(text, int(most.group(1)))
        # As many pieces beyond the characters as were to be there in all.
        return VocabularySizeError(text, int(least.group(1)) + config.vocab_size) if least else InputError(text)
    if "sentences_.empty()" in message:
        return InputError(
            f"no line of the training text serves to train a vocabulary: each has more than {_MOST_BYTES:,} bytes, or "
            "holds U+2585, which SentencePiece keeps for itself; give a sentence or so a line"
        )
    return InputError(f"SentencePiece cannot train a vocabulary of {config.vocab_size}: {' '.join(message.split())}")
