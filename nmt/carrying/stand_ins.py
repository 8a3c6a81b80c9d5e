"""Names that stand for words of a sentence while it is translated: what is translated by itself, what is not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TypeVar

from nmt.glossary import Demand, missing
from nmt.spm import SPACE
from nmt.tokenizer import Tokenizer, TokenizerPair
from nmt.translation import Translation, distinct, rewritten, unended

T = TypeVar("T")
_CAPITAL_NOUNS = ("de",)
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# A word in small letters that is no rarer by this much, in nats, is the one that begins with a capital: in languages
# that write nouns with capitals, and in others.
_RARER_NOUN, _RARER = 0.7, 2.3


@dataclass(frozen=True)
class Apart:
    """Words of a text, from start to before end, for which one of some names is to stand.

    kept: whether they are the same in every language; within: whether their translation goes on in the sentence, and
    begins with no capital but that of a name or noun
    """

    start: int
    end: int
    names: tuple[str, ...]
    kept: bool = False
    within: bool = False


@dataclass(frozen=True)
class Opened:
    """A sentence in which names stand for words, what each stands for, and the words themselves."""

    text: str
    names: tuple[str, ...]
    apart: tuple[Apart, ...]
    contents: tuple[str, ...]

    @property
    def asked(self) -> list[str]:
        """The words that are translated by themselves."""
        return [content for content, apart in zip(self.contents, self.apart, strict=True) if not apart.kept]


def has_capital_nouns(language: str) -> bool:
    """Say whether a capital says of a word in a language, a code such as de, no more than that it is a noun."""
    return language.lower()[:2] in _CAPITAL_NOUNS


def open_up(text: str, found: Sequence[Apart]) -> Opened | None:
    """Return a text with names in the place of words, None where there are none, or too few names.

    found: none of them within another
    """
    apart = tuple(sorted(found, key=lambda each: each.start))
    names: list[str] = []
    parts = []
    end = 0
    for each in apart:
        free = (name for name in each.names if name not in names and name.lower() not in text.lower())
        if (name := next(free, None)) is None:
            return None
        names.append(name)
        parts += [text[end : each.start], name]
        end = each.end
    contents = tuple(text[each.start : each.end] for each in apart)
    return Opened("".join([*parts, text[end:]]), tuple(names), apart, contents) if names else None


def close(
    opened: Opened,
    outer: Translation,
    asked: Sequence[Translation],
    tokenizers: TokenizerPair,
    tgt: str = "",
    terms: Sequence[Demand] = (),
) -> Translation | None:
    """Return the translation of an opened text with the words that names stood for, None where a name was lost.

    outer: the translation of its text, of whose alternatives some may be lost; asked: those of opened.asked; tgt: their
    language, a code such as de; terms: what keeps its capitals or small letters
    """
    rest = iter(asked)
    is_small = partial(_is_small, tokenizer=tokenizers.tgt, nouns=has_capital_nouns(tgt))
    inner = []
    for apart, content in zip(opened.apart, opened.contents, strict=True):
        case = partial(_cased, source=content, within=apart.within, is_small=is_small)
        inner.append(_kept(content, tokenizers) if apart.kept else _fitting(next(rest), content, case, terms))
    best, *others = [_filled(each, opened, inner, tokenizers) for each in [outer, *outer.alternatives[1:]]]
    if best is None:
        return None
    alternatives = distinct([best, *[each for each in others if each is not None]], lambda each: each.text)
    return replace(best, alternatives=tuple(alternatives))


def _kept(content: str, tokenizers: TokenizerPair) -> Translation:
    """Return words as their own translation."""
    src, tgt = (tuple(each.pieces(each.encode(content))) for each in (tokenizers.src, tokenizers.tgt))
    pairs = tuple((min(place, len(src) - 1), place) for place in range(len(tgt)))
    return Translation(content, tokens=tgt, token_scores=(0.0,) * len(tgt), src_tokens=src, alignment=pairs)


def _fitting(translation: Translation, source: str, case: Callable[[str], str], terms: Sequence[Demand]) -> Translation:
    """Return the translation of words as it fits into a sentence; case: gives it the capitals it has there, unless a
    term is then written otherwise."""

    def cased(text: str) -> str:
        found = case(text)
        return found if len(missing(found, terms)) <= len(missing(text, terms)) else text

    return rewritten(unended(translation, source), cased)


def _filled(
    outer: Translation, opened: Opened, inner: Sequence[Translation], tokenizers: TokenizerPair
) -> Translation | None:
    """Return a translation with words in the place of the names that stood for them."""
    result = replace(outer, alternatives=())
    for name, source, words in zip(opened.names, opened.contents, inner, strict=True):
        found = [match.span() for match in re.finditer(rf"(?<!\w){name}(?!\w|['’]s\b)", result.text)]
        if len(found) != 1 or not words.text:
            return None
        ((start, end),) = found
        src_pieces = tuple(tokenizers.src.pieces(tokenizers.src.encode(source)))
        result = replace(
            _spliced(result, name, replace(words, src_tokens=words.src_tokens or src_pieces)),
            text=result.text[:start] + words.text + result.text[end:],
        )
    return result


def _spliced(outer: Translation, name: str, inner: Translation) -> Translation:
    """Return a translation with the pieces of another in the place of those of a name, where both sides hold it."""
    src, tgt = _pieces_of(outer.src_tokens, name), _pieces_of(outer.tokens, name)
    if src is None or tgt is None:
        return outer

    def moved(place: int, cut: range, added: int) -> int:
        return place if place < cut.start else place + added - len(cut)

    kept = [
        (moved(i, src, len(inner.src_tokens)), moved(j, tgt, len(inner.tokens)))
        for i, j in outer.alignment
        if i not in src and j not in tgt
    ]
    within = [(i + src.start, j + tgt.start) for i, j in inner.alignment]
    return replace(
        outer,
        tokens=_replaced(outer.tokens, tgt, inner.tokens),
        token_scores=_replaced(outer.token_scores, tgt, inner.token_scores),
        src_tokens=_replaced(outer.src_tokens, src, inner.src_tokens),
        alignment=tuple(sorted([*kept, *within], key=lambda pair: (pair[1], pair[0]))),
    )


def _replaced(items: tuple[T, ...], cut: range, others: tuple[T, ...]) -> tuple[T, ...]:
    return (*items[: cut.start], *others, *items[cut.stop :])


def _pieces_of(pieces: Sequence[str], name: str) -> range | None:
    """Return the pieces that spell a name, None where they do not, or more than once."""
    texts = [piece.replace(SPACE, " ") for piece in pieces]
    whole = "".join(texts)
    if whole.count(name) != 1:
        return None
    start = whole.index(name)
    ends = list(accumulate(map(len, texts)))
    first = next(place for place, end in enumerate(ends) if end > start)
    last = next(place for place, end in enumerate(ends) if end >= start + len(name))
    return range(first, last + 1)


def _cased(text: str, source: str, within: bool, is_small: Callable[[str], bool]) -> str:
    """Return a translation that begins as what goes on in a sentence, or else in capitals where it is several words of
    which the first has one in its source."""
    match = _FIRST_WORD.match(text)
    if not match:
        return text
    word = match[0]
    if within and word.istitle():
        return word.lower() + text[len(word) :] if is_small(word) else text
    return text[0].upper() + text[1:] if not within and source[0].isupper() and " " in source else text


def _is_small(word: str, tokenizer: Tokenizer, nouns: bool) -> bool:
    """Say whether a word is one in small letters, if it begins no sentence.

    nouns: its language writes nouns with capitals, so that it must be about as likely a word, and one of the vocabulary
    """
    small, usual = tokenizer.cost(word.lower()), tokenizer.cost(word)
    if nouns and small[0] > 1:
        return False
    return small < (usual[0], usual[1] + (_RARER_NOUN if nouns else _RARER))
