"""Subwords by SentencePiece (Kudo and Richardson, 2018): load, encode (with sampling), decode."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import sentencepiece

from nmt.errors import InputError
from nmt.model_files import SHARED, SOURCE, TARGET, ModelFiles, open_model
from nmt.segmentation import BpeSampler, Pieces, SentenceSampler, UnigramSampler
from nmt.spm import SPACE, retire_pieces, rewrite_spm

PAD, UNK, BOS, EOS = 0, 1, 2, 3
# Characters of a text whose rows of combining marks are looked at, and marks composed in a row.
_LONG, _MOST_MARKS = 1000, 30


class Tokenizer:
    """A SentencePiece model: text to ids and back; characters it has not seen become bytes, so none is lost."""

    def __init__(self, model: bytes) -> None:
        """Load a serialised SentencePiece model.

        Raises InputError where it is not one, or not of the form that train_tokenizer gives it.
        """
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor()
        read = rewrite_spm(model)
        self.kind = read.kind  # how the pieces were chosen, as `tokenizer.kind` has it
        try:
            self._processor.LoadFromSerializedProto(read.model)
        except (RuntimeError, OSError) as error:
            raise InputError(f"not a SentencePiece model: {error!s:.200}") from None

    def __len__(self) -> int:
        return int(self._processor.GetPieceSize())

    def with_single_digits(self) -> Tokenizer:
        """Return one that writes a number digit by digit; the pieces keep their ids, so that a model can go on."""
        return Tokenizer(retire_pieces(self.model, lambda piece: sum(map(str.isdecimal, piece)) > 1))

    def encode(self, text: str) -> list[int]:
        """Return the ids of the most probable segmentation, without BOS and EOS."""
        ids: list[int] = self._processor.EncodeAsIds(normalize(text))
        return ids

    def sample(self, text: str, alpha: float, draws: Random) -> list[int]:
        """Return the ids of a segmentation drawn at random (subword regularisation, Kudo, 2018; BPE-dropout,
        Provilkov et al., 2020); alpha 0 = no sampling."""
        return self.encode(text) if alpha == 0 else self._sampler.sample(normalize(text), alpha, draws)

    @cached_property
    def _sampler(self) -> SentenceSampler:
        pieces = self._known
        return SentenceSampler(pieces, (BpeSampler if self.kind == "bpe" else UnigramSampler)(pieces))

    @cached_property
    def _known(self) -> Pieces:
        processor = self._processor
        special = {PAD, UNK, BOS, EOS}
        unused = {i for i in range(len(self)) if processor.IsUnused(i)}
        byte_ids = tuple(i for i in range(len(self)) if processor.IsByte(i))
        scores = {
            processor.IdToPiece(i): processor.GetScore(i)
            for i in range(len(self))
            if i not in special | unused and not processor.IsByte(i)
        }
        ids = {piece: processor.PieceToId(piece) for piece in scores}
        symbols = frozenset(piece for piece, i in ids.items() if i < byte_ids[0])
        return Pieces(ids, scores, byte_ids, symbols)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; bytes that form no character become U+FFFD."""
        text: str = self._processor.DecodeIds([int(i) for i in ids])
        return text

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """Return the piece of each id, for people to read."""
        return [self._processor.IdToPiece(int(i)) for i in ids]

    def ways(self, text: str, most: int) -> list[list[int]]:
        """Return the most probable segmentations of a text, the best first; BPE has but one."""
        if self.kind == "bpe":
            return [self.encode(text)]
        found: list[list[int]] = self._processor.NBestEncodeAsIds(normalize(text), most)
        return found

    def is_byte(self, token: int) -> bool:
        """Say whether a piece stands for a byte, of which characters that were not seen are made."""
        return bool(self._processor.IsByte(token))

    def spell(self, character: str) -> list[int]:
        """Return the id of a character, or those of its bytes where it has no piece."""
        return list(self._known.spell(character))

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self.encode(text))

    def cost(self, text: str) -> tuple[int, float]:
        """Return what orders texts by how usual they are to the vocabulary: tokens, then the loss of their scores."""
        ids = self.encode(text)
        return len(ids), -sum(self._processor.GetScore(i) for i in ids)

    @cached_property
    def characters(self) -> frozenset[str]:
        """The characters that are pieces; others are written in bytes."""
        pieces = map(self._processor.IdToPiece, range(len(self)))
        return frozenset(piece.replace(SPACE, " ") for piece in pieces if len(piece) == 1)


def normalize(text: str) -> str:
    """Compose characters (Unicode NFC), so that one letter is one letter however it was typed.

    U+2581, by which SentencePiece marks a space, becomes the underscore it looks like.
    """
    return text if text.isascii() else compose(text).replace(SPACE, "_")


def compose(text: str) -> str:
    """Compose characters (Unicode NFC) in time in proportion to the text's length."""
    parts = [text] if len(text) <= _LONG else _cut_marks(text)
    return "".join(unicodedata.normalize("NFC", part) for part in parts)


def _cut_marks(text: str) -> Iterator[str]:
    """Cut after every 30 combining marks in a row, as many as Unicode's stream-safe format (UAX 15) allows.

    Sorting the marks of a longer row takes time that grows with the square of its length.
    """
    start = marks = 0
    for end, character in enumerate(text, 1):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks == _MOST_MARKS:
            yield text[start:end]
            start, marks = end, 0
    yield text[start:]


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
            return {SHARED: self.src.model}
        return {SOURCE: self.src.model, TARGET: self.tgt.model}

    @property
    def fingerprint(self) -> str:
        """A digest of the files: whether two pairs are the same."""
        digest = hashlib.blake2b(digest_size=16)
        for name, content in self.files().items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    @classmethod
    def load(cls, path: Path) -> TokenizerPair:
        """Load the tokenizers of a model directory or zip; raises InputError naming the file at fault."""
        with open_model(path) as files:
            return cls.read_from(files)

    @classmethod
    def read_from(cls, files: ModelFiles) -> TokenizerPair:
        """Load the tokenizers of a model; raises InputError naming the file at fault."""
        if files.exists(SHARED):
            both = _load(files, SHARED)
            return cls(both, both)
        return cls(_load(files, SOURCE), _load(files, TARGET))

    @staticmethod
    def exists(directory: Path) -> bool:
        """Say whether a directory holds tokenizers."""
        return (directory / SHARED).is_file() or all((directory / name).is_file() for name in (SOURCE, TARGET))


def _load(files: ModelFiles, name: str) -> Tokenizer:
    content = files.read(name)
    try:
        return Tokenizer(content)
    except InputError as error:
        raise InputError(f"{files.where(name)}: {error}") from None
