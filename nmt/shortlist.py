"""Which target pieces may translate a sentence (a lexical shortlist, Jean et al., 2015; Mi et al., 2016).

The output layer is the largest product of a step, and most pieces of the vocabulary have nothing to do with the
sentence. Its candidates are the likeliest translations of its pieces, the pieces themselves, as names are copied,
and the pieces that are frequent anywhere. They follow from the sentence alone, whatever it is translated with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from nmt.batches import IdPair
from nmt.errors import InputError
from nmt.lexicon import likeliest
from nmt.permutation import Permutation
from nmt.store import PairStore
from nmt.tokenizer import BOS, EOS, PAD, UNK, TokenizerPair

# Candidates of a source piece, and of every sentence.
TRANSLATIONS, FREQUENT = 50, 512
# A vocabulary that is not larger than this is searched whole.
SMALL = 2048
# Candidates of a batch are as many as a multiple of this: each size of a product costs a kernel.
_TOGETHER = 512
_READ_TOGETHER = 1 << 12


@dataclass(frozen=True)
class Candidates:
    """What a batch is translated with.

    pieces (candidates,): ids, rising, PAD and the other special ones first, filled up with PAD at the end
    denied (sentences, candidates): True = not a candidate of this sentence
    """

    pieces: Tensor
    denied: Tensor


class Shortlist:
    """The likeliest translations of each source piece, and the pieces that are frequent anywhere."""

    def __init__(self, translations: Tensor, frequent: Tensor, copies: bool) -> None:
        """translations (src_vocab, any), frequent (any,): int64 target ids; copies: one vocabulary for both sides"""
        self.translations = translations
        self.frequent = frequent
        self.copies = copies

    @classmethod
    def learn(cls, pairs: Iterable[IdPair], vocabularies: tuple[int, int], copies: bool) -> Shortlist:
        """Learn from pairs of ids, of which some ten thousand suffice; vocabularies: sizes, source and target."""
        src_vocab, tgt_vocab = vocabularies
        counts = np.zeros(tgt_vocab, dtype=np.int64)
        table = likeliest(_counting(pairs, counts), src_vocab, TRANSLATIONS)
        frequent = np.sort(np.argsort(-counts, kind="stable")[:FREQUENT])
        return cls(torch.from_numpy(table).long(), torch.from_numpy(frequent), copies)

    @classmethod
    def read(cls, content: bytes, vocabularies: tuple[int, int], copies: bool, origin: str) -> Shortlist:
        """Read what `to_bytes` wrote; raises InputError naming origin where it is anything else."""
        try:
            tensors = load(content)
            translations, frequent = tensors.pop("translations"), tensors.pop("frequent")
        except (SafetensorError, KeyError, ValueError) as error:
            raise InputError(f"{origin} is damaged or no shortlist ({error!s:.200})") from None
        src_vocab, tgt_vocab = vocabularies
        expected = tensors == {} and translations.dim() == 2 and frequent.dim() == 1
        if not expected or len(translations) != src_vocab or {translations.dtype, frequent.dtype} != {torch.int32}:
            raise InputError(f"{origin} is no shortlist of a vocabulary of {src_vocab} pieces")
        # A wide one would take memory for each piece of each sentence.
        if translations.shape[1] > TRANSLATIONS or len(frequent) > tgt_vocab:
            raise InputError(f"{origin} has more than {TRANSLATIONS} translations of a piece, or than there are pieces")
        if any(((part < 0) | (part >= tgt_vocab)).any() for part in (translations, frequent)):
            raise InputError(f"{origin} names pieces outside of the vocabulary of {tgt_vocab}")
        return cls(translations.long(), frequent.long(), copies)

    def to_bytes(self) -> bytes:
        """Return the content of a model's file."""
        return save({"translations": self.translations.int(), "frequent": self.frequent.int()})

    def candidates(self, src_ids: Tensor, vocabulary: int) -> Candidates:
        """Choose for sentences src_ids (sentences, src_len), padded, of a target vocabulary of some size."""
        rows = len(src_ids)
        allowed = torch.zeros(rows, vocabulary, dtype=torch.bool)
        allowed.scatter_(1, self.translations[src_ids].flatten(1), True)
        allowed[:, self.frequent] = True
        if self.copies:
            allowed.scatter_(1, src_ids, True)
        allowed[:, [PAD, UNK, BOS, EOS]] = True
        pieces = allowed.any(0).nonzero().squeeze(1)
        denied = ~allowed.index_select(1, pieces)
        missing = -len(pieces) % _TOGETHER
        return Candidates(
            torch.nn.functional.pad(pieces, (0, missing), value=PAD),
            torch.nn.functional.pad(denied, (0, missing), value=True),
        )


def _counting(pairs: Iterable[IdPair], counts: npt.NDArray[np.int64]) -> Iterator[IdPair]:
    """Yield pairs, counting their target pieces."""
    for src, tgt in pairs:
        np.add.at(counts, np.asarray(tgt, dtype=np.int64), 1)
        yield src, tgt


def learn_shortlist(store: PairStore, tokenizers: TokenizerPair, seed: int) -> Shortlist | None:
    """Learn from training pairs; None where the target vocabulary is so small that it is searched whole."""
    if len(tokenizers.tgt) <= SMALL:
        return None
    permutation = Permutation(len(store), seed)

    def pairs() -> Iterator[IdPair]:
        for start in range(0, len(store), _READ_TOGETHER):
            numbers = np.arange(start, min(start + _READ_TOGETHER, len(store)))
            for pair in store.read(permutation(numbers)):
                yield tokenizers.src.encode(pair.src), tokenizers.tgt.encode(pair.tgt)

    return Shortlist.learn(pairs(), (len(tokenizers.src), len(tokenizers.tgt)), tokenizers.shared)
