"""A translated line: its text, tokens, scores and alignment; translations joined and rewritten."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
# Marks that end sentences.
_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True)
class Translation:
    """A translated line.

    score: length-normalised log-probability, in nats; tokens and token_scores: target pieces and their
    log-probabilities; src_tokens: source pieces; alignment: (source, target) positions in them;
    alternatives: the n best, this one first
    """

    text: str
    score: float = 0.0
    tokens: tuple[str, ...] = ()
    token_scores: tuple[float, ...] = ()
    src_tokens: tuple[str, ...] = ()
    alignment: tuple[tuple[int, int], ...] = ()
    alternatives: tuple[Translation, ...] = ()


def join_translations(parts: Sequence[Translation], spaces: Sequence[str]) -> Translation:
    """Return one translation of the parts a line was cut into; spaces: the white space behind each."""
    if not parts:
        return Translation("")
    if len(parts) == 1:
        return parts[0]
    alignment = []
    src_before = tgt_before = 0
    for part in parts:
        alignment += [(src + src_before, tgt + tgt_before) for src, tgt in part.alignment]
        src_before += len(part.src_tokens)
        tgt_before += len(part.tokens)
    whole = Translation(
        text=_join_texts([part.text for part in parts], spaces),
        score=sum(part.score for part in parts) / len(parts),
        tokens=tuple(token for part in parts for token in part.tokens),
        token_scores=tuple(score for part in parts for score in part.token_scores),
        src_tokens=tuple(token for part in parts for token in part.src_tokens),
        alignment=tuple(alignment),
    )
    others = [join_translations(each, spaces) for each in rankings(parts)[1:]]
    return replace(whole, alternatives=(whole, *others))


def rankings(parts: Sequence[Translation]) -> list[list[Translation]]:
    """Return the best translations of all parts, then the second best, as far as each that has others goes.

    A part with no other wording, such as one of numbers, is the same in all of them.
    """
    ranks = min((count for part in parts if (count := len(part.alternatives)) > 1), default=1)
    bare = [replace(part, alternatives=()) for part in parts]
    return [
        [part.alternatives[rank] if part.alternatives[1:] else alone for part, alone in zip(parts, bare, strict=True)]
        for rank in range(ranks)
    ]


def distinct(items: Iterable[T], text: Callable[[T], Hashable]) -> list[T]:
    """Return items that read otherwise than those before: a text may be found twice, in other pieces."""
    found: dict[Hashable, T] = {}
    for item in items:
        found.setdefault(text(item), item)
    return list(found.values())


def _join_texts(texts: Sequence[str], spaces: Sequence[str]) -> str:
    """Join the texts that are not empty by the white space behind all but the last."""
    filled = [(text, space) for text, space in zip(texts, spaces, strict=True) if text]
    return "".join(text + space for text, space in filled[:-1]) + (filled[-1][0] if filled else "")


def indented(translation: Translation, line: str) -> Translation:
    """Return a translation, and its alternatives, with the white space that a line begins with."""
    indent = one_line(line[: len(line) - len(line.lstrip())])
    return rewritten(translation, lambda text: indent + text) if indent and translation.text else translation


def unended(translation: Translation, piece: str) -> Translation:
    """Return the translation of a piece of a sentence without the mark that would end it, where the piece has none."""
    if piece.rstrip()[-1:] in _ENDS:
        return translation
    return rewritten(translation, lambda text: text.rstrip("".join(_ENDS)) or text)


def rewritten(translation: Translation, change: Callable[[str], str]) -> Translation:
    """Return a translation, and its alternatives, with another text; those that then read alike are one."""
    each = replace(translation, text=change(translation.text), alternatives=())
    others = [rewritten(other, change) for other in translation.alternatives[1:]]
    every = distinct([each, *others], lambda other: other.text)
    return replace(each, alternatives=tuple(every)) if translation.alternatives else each


def one_line(text: str) -> str:
    """A translation is one line, whatever bytes the model chose."""
    return text.replace("\n", " ")


def align(attention: Tensor, src_len: int) -> tuple[tuple[int, int], ...]:
    """Return for each target token the source token it attends to most; EOS takes no part."""
    best = attention[:-1, :src_len].argmax(dim=1).tolist() if src_len else []
    return tuple((source, target) for target, source in enumerate(best))
