"""Subwords by SentencePiece (Kudo and Richardson, 2018): train, load, encode (with sampling), decode."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import sentencepiece

from nmt.config import TokenizerConfig
from nmt.errors import InputError

PAD, UNK, BOS, EOS = 0, 1, 2, 3
# SentencePiece keeps its training text in memory: this many sentences are drawn from a larger corpus.
_TRAINING_SENTENCES = 1_000_000
# The number of threads takes part in the order of floating-point sums, so it is fixed.
_TRAINING_THREADS = 2


class Tokenizer:
    """A SentencePiece model: text to ids and back; characters it has not seen become bytes, so none is lost."""

    def __init__(self, model: bytes) -> None:
        """Load a serialised SentencePiece model.

        Raises InputError where it is not one, or has other ids for padding, unknown, start and end.
        """
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(f"not a SentencePiece model: {error}") from None
        special = tuple(getattr(self._processor, name)() for name in ("pad_id", "unk_id", "bos_id", "eos_id"))
        if special != (PAD, UNK, BOS, EOS):
            raise InputError(
                f"the SentencePiece model numbers pad, unk, bos, eos {special}; expected {(PAD, UNK, BOS, EOS)}"
            )

    def __len__(self) -> int:
        return int(self._processor.GetPieceSize())

    def encode(self, text: str) -> list[int]:
        """Return the ids of the most probable segmentation, without BOS and EOS."""
        ids: list[int] = self._processor.EncodeAsIds(normalize(text))
        return ids

    def sample(self, text: str, alpha: float) -> list[int]:
        """Return the ids of a segmentation drawn at random (subword regularisation, Kudo, 2018; BPE-dropout,
        Provilkov et al., 2020); alpha 0 = no sampling."""
        if alpha == 0:
            return self.encode(text)
        ids: list[int] = self._processor.SampleEncodeAsIds(normalize(text), nbest_size=-1, alpha=alpha)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; bytes that form no character become U+FFFD."""
        text: str = self._processor.DecodeIds([int(i) for i in ids])
        return text

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Return the piece of each id, for people to read."""
        return [self._processor.IdToPiece(int(i)) for i in ids]

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self.encode(text))


def normalize(text: str) -> str:
    """Compose characters (Unicode NFC), so that one letter is one letter however it was typed.

    U+2581, by which SentencePiece marks a space, becomes the underscore it looks like.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text).replace("\u2581", "_")


def seed_sampling(seed: int) -> None:
    """Seed the samples of every thread that has not sampled yet (SentencePiece has one generator a thread)."""
    sentencepiece.set_random_generator_seed(seed % (2**32 - 1))


def train_tokenizer(lines: Iterable[str], config: TokenizerConfig) -> Tokenizer:
    """Train a SentencePiece model with byte fallback on lines of text.

    Raises InputError for an empty text or a vocabulary larger than the text allows.
    """
    symbols = [normalize(symbol) for symbol in config.symbols]
    if spaced := [symbol for symbol in symbols if " " in symbol or not symbol]:
        raise InputError(f"tokenizer.symbols holds {spaced[0]!r}; a symbol is one piece, without spaces")
    failed: list[Exception] = []
    filled = (normalize(line).replace("\0", " ") for line in _guarded(lines, failed) if line.strip())
    first = next(filled, None)
    if failed:
        raise failed[0]
    if first is None:
        raise InputError("the training text is empty; a vocabulary needs at least one sentence")
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.Train(
            sentence_iterator=chain([first], filled),
            model_writer=written,
            model_type=config.kind,
            vocab_size=config.vocab_size,
            character_coverage=0.9998,
            byte_fallback=True,
            normalization_rule_name="identity",
            user_defined_symbols=symbols,
            input_sentence_size=_TRAINING_SENTENCES,
            shuffle_input_sentence=True,
            num_threads=_TRAINING_THREADS,
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            minloglevel=2,
        )
    except (RuntimeError, ValueError) as error:
        raise (failed[0] if failed else InputError(_explain(str(error), config))) from None
    if failed:
        raise failed[0]
    return Tokenizer(written.getvalue())


def _guarded(lines: Iterable[str], failed: list[Exception]) -> Iterator[str]:
    """Yield lines; keep the error that ends them, which SentencePiece would swallow."""
    try:
        yield from lines
    except Exception as error:
        failed.append(error)


def _explain(message: str, config: TokenizerConfig) -> str:
    most = re.search(r"<= *(\d+)", message)
    if "ocabulary size" in message or "vocab_size" in message:
        advice = (
            f"the text allows at most {most.group(1)}"
            if most
            else "the 256 bytes, 4 special pieces, symbols and all characters of the text need more"
        )
        return f"tokenizer.vocab_size={config.vocab_size} does not fit the training text: {advice}; set another"
    return f"SentencePiece cannot train a vocabulary of {config.vocab_size}: {' '.join(message.split())}"


@dataclass(frozen=True)
class TokenizerPair:
    """The tokenizers of the two languages; one object twice where they share a vocabulary."""

    src: Tokenizer
    tgt: Tokenizer

    @property
    def shared(self) -> bool:
        return self.src is self.tgt

    def files(self) -> dict[str, bytes]:
        """Return the files that hold the pair, by name."""
        if self.shared:
            return {"shared.spm": self.src.model}
        return {"source.spm": self.src.model, "target.spm": self.tgt.model}

    @classmethod
    def load(cls, directory: Path) -> TokenizerPair:
        """Load the tokenizers of a model directory; raises InputError naming the file at fault."""
        if (directory / "shared.spm").is_file():
            both = _load(directory / "shared.spm")
            return cls(both, both)
        return cls(_load(directory / "source.spm"), _load(directory / "target.spm"))

    @staticmethod
    def exists(directory: Path) -> bool:
        """Say whether a directory holds tokenizers."""
        return (directory / "shared.spm").is_file() or all(
            (directory / name).is_file() for name in ("source.spm", "target.spm")
        )


def _load(path: Path) -> Tokenizer:
    try:
        return Tokenizer(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; expected a SentencePiece model") from None
