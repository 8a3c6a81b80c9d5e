"""The tokenizers of a training: those of its directory, of the model it starts from, or trained on its corpora."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import compress, islice
from pathlib import Path

import numpy as np

from nmt.bars import told
from nmt.config import Config, DataConfig, TokenizerConfig
from nmt.corpus import Pair, read_pairs
from nmt.durable import write_atomically
from nmt.errors import InputError, counted
from nmt.permutation import Permutation
from nmt.preparing.pairs import count_pairs, training_pairs
from nmt.preparing.vocabulary_record import RECORD, write_record
from nmt.tokenizer import Tokenizer, TokenizerPair
from nmt.tokenizer_training import MOST_SENTENCES, fit_tokenizer, train_tokenizer

logger = logging.getLogger(__name__)
# From a larger corpus than a vocabulary is trained on the same pairs are drawn each time.
_SEED = 1
# Pairs whose numbers are looked at together.
_BLOCK = 1 << 16


def ensure_tokenizers(config: Config, directory: Path, fit: bool = False) -> TokenizerPair:
    """Load the tokenizers of a directory, or train them on the training corpora and save them there.

    fit: a vocabulary size that the text does not allow gives way to the nearest; raises InputError otherwise
    """
    if TokenizerPair.exists(directory):
        return TokenizerPair.load(directory)
    tokenizers = _made(config, fit)
    _write_tokenizers(tokenizers, directory, config.tokenizer)
    return tokenizers


def make_tokenizers(config: Config, directory: Path, fit: bool) -> TokenizerPair:
    """Train tokenizers on the training corpora for the trainings to come, and save them with their settings.

    fit: a vocabulary size that the text does not allow gives way to the nearest; raises InputError otherwise
    """
    tokenizers = _made(config, fit)
    # First: to tokenizers that lack their record, other trainings would be free to give settings.
    write_record(directory, config.tokenizer, tokenizers)
    _write_files(tokenizers, directory)
    return tokenizers


def _made(config: Config, fit: bool) -> TokenizerPair:
    data, settings = config.data, config.tokenizer
    train = fit_tokenizer if fit else _exactly
    # A bad line is told before the vocabulary is trained, and by its own message: SentencePiece garbles it.
    deque(told(read_pairs(data.dev, data.src, data.tgt), "reading the development corpora", "pairs"), maxlen=0)
    total = count_pairs(data, "reading the training corpora")
    _tell_vocabularies(settings, total)
    if settings.shared:
        both = train(lambda: (text for pair in _drawn(data, total, MOST_SENTENCES // 2) for text in pair), settings)
        return TokenizerPair(both, both)
    src = train(lambda: (pair.src for pair in _drawn(data, total, MOST_SENTENCES)), settings)
    return TokenizerPair(src, train(lambda: (pair.tgt for pair in _drawn(data, total, MOST_SENTENCES)), settings))


def keep_tokenizers(tokenizers: TokenizerPair, directory: Path, settings: TokenizerConfig) -> None:
    """Put the tokenizers of the model that a training starts from into its directory.

    Raises InputError where there are others.
    """
    if not TokenizerPair.exists(directory):
        _write_tokenizers(tokenizers, directory, settings)
    elif TokenizerPair.load(directory).files() != tokenizers.files():
        raise InputError(
            "the tokenizers in the output directory are not those of the model to start from; give another directory, "
            "or remove them and vocabulary.json there (--overwrite keeps a vocabulary made before)"
        )


def _exactly(lines: Callable[[], Iterable[str]], settings: TokenizerConfig) -> Tokenizer:
    return train_tokenizer(lines(), settings)


def _write_tokenizers(tokenizers: TokenizerPair, directory: Path, settings: TokenizerConfig) -> None:
    # After a kill the record tells that one of two tokenizers is not somebody's own file.
    write_record(directory, settings, tokenizers)
    _write_files(tokenizers, directory)
    (directory / RECORD).unlink()


def _write_files(tokenizers: TokenizerPair, directory: Path) -> None:
    for name, content in tokenizers.files().items():
        write_atomically(directory / name, content)


def _tell_vocabularies(settings: TokenizerConfig, pairs: int) -> None:
    """Say what is made of how much, for SentencePiece takes its time in silence."""
    what = "one shared vocabulary" if settings.shared else "two vocabularies"
    logger.info("training %s of %d %s pieces on %s", what, settings.vocab_size, settings.kind, counted(pairs, "pair"))


def _drawn(data: DataConfig, total: int, most: int) -> Iterator[Pair]:
    """Yield the pairs of the training corpora, of which there are so many, or as many as asked drawn from them."""
    pairs = told(training_pairs(data), "reading text for the vocabulary", "pairs", total)
    if total <= most:
        yield from pairs
        return
    order = Permutation(total, _SEED)
    for start in range(0, total, _BLOCK):
        block = islice(pairs, min(_BLOCK, total - start))
        taken = order(np.arange(start, min(start + _BLOCK, total))) < most
        yield from compress(block, taken.tolist())
