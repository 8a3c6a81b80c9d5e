"""What people type that is no language, carried around the model and put back where it belongs.

Texts without letters are not translated. List marks and emoji at the ends of a sentence stay there. Addresses, phone
numbers, emoji and words of letters that the vocabulary lacks are names to the model, amounts with such signs ("5 €"),
codes and large numbers are short ones, times are other times, dates are days of the week, and put back where it wrote
these; where it did not, the sentence is cut around them, as it is around marks that stand between words. CAPITALS are
read as the words they are and written as capitals again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from nmt.carrying.amounts import CURRENCIES, find_amounts, has_price
from nmt.carrying.dates import find_hard_dates
from nmt.carrying.held import Held, Substitutes, write_span
from nmt.carrying.letters import Letters
from nmt.carrying.spelling import write_out
from nmt.carrying.times import find_times
from nmt.sentences import NO_ORDINAL, has_letter
from nmt.spans import Kind, Span, find_spans, outside_of
from nmt.tokenizer import Tokenizer, TokenizerPair
from nmt.translation import Translation, distinct

# "1. ", "a) ", "(2) ", "- ", "• ", "[x] ": at the start of a line, in any number.
_MARK = rf"(?:[-–—*•·▪◦‣⁃>#+]+|\d{{1,3}}\.{NO_ORDINAL}|\(?(?:\d{{1,3}}|[A-Za-z])\)|\[[ xX]\])"
_LEAD = re.compile(rf"(?:{_MARK}\s+)+(?=\S)")
# What may stand before a word that it opens.
_OPENING = " \u00a0\u202f([{«»„“\"'‚‘"
_CLOSING = ")]»“”\"'’"
# An abbreviation at the end of a translation, whose full stop is its own.
_SHORT_END = re.compile(r"\.\w{1,3}\.$|\b(?:etc|usw|Jr|Sr|Inc|Ltd|Co|Str)\.$")
# What is no part of a sentence at its ends.
_BESIDE = (Kind.ASIDE, Kind.APART)
# A mark, behind which an address at the end of a sentence is no part of it.
_MARKED = re.compile(r"[^\w\s,;(/]$")
# An apostrophe as some keyboards offer it.
_BACKTICK = re.compile(r"(?<=[^\W\d_])`(?=[^\W\d_])")


@dataclass(frozen=True)
class Prepared:
    """A text as the model gets it, and what is carried around it.

    before, after: what stands around it; text: for the model, empty where all is carried or it is to be cut; held: what
    stands in it for something else; capitals: the translation is written in capitals; pieces: the text cut around
    what is held, with the white space behind each, none where nothing is; open_end: the translation ends in no full
    stop, as the text does; numbers: numbers, which the model may read itself, are among what is held
    """

    before: str
    text: str
    after: str = ""
    held: tuple[Held, ...] = ()
    capitals: bool = False
    pieces: tuple[str, ...] = ()
    open_end: bool = False
    numbers: bool = False

    def finish(self, translated: str) -> str | None:
        """Return the translation of the text with what was carried, None where a name was lost."""
        if self.capitals:
            translated = translated.upper()
        if self.open_end and not _SHORT_END.search(translated):
            translated = translated.rstrip(".!") or translated
        for each in self.held:
            found = each.put_back(translated, self.capitals)
            if found is None:
                return None
            translated = found
        return f"{self.before}{translated}{self.after}"


def uncarried(text: str) -> Prepared:
    """Return a text that the model gets as it is."""
    return Prepared("", text)


class Carrier:
    """Prepares texts for a model by the vocabulary it reads; src, tgt: the languages it translates from and to."""

    def __init__(self, tokenizer: Tokenizer, src: str = "", tgt: str = "") -> None:
        self._letters = Letters(tokenizer)
        self.src, self.tgt = src, tgt
        self._substitutes = Substitutes(self._letters.knows, src, tgt)

    def prepare(
        self,
        text: str,
        spell_out: bool = False,
        keep_end: bool = False,
        own_numbers: bool = False,
        within: bool = False,
    ) -> Prepared:
        """Take off a text, composed, what is carried; the white space at its ends goes.

        spell_out: write out what is short in it first, and carry amounts of money, large numbers, times and dates too;
        keep_end: a text that is written with capitals, but ends in no mark, is a title, say, and so is its translation;
        own_numbers: these numbers are left to the model; within: the text is a piece of a sentence, whose amounts are
        written as the target language does even if they are all of it
        """
        text = _BACKTICK.sub("'", unicodedata.normalize("NFC", text.strip()))
        if spell_out and has_letter(text):
            text = write_out(text, self.src)
        if not self._letters.knows(text):
            text = self._letters.in_known_letters(text)
        lead = _LEAD.match(text)
        start = lead.end() if lead else 0
        prices = CURRENCIES if spell_out and has_price(text) else ""
        strange = "".join(sorted(each for each in set(text) if each in prices or self._letters.is_strange(each)))
        numbers = self._numbers_in(text) if spell_out and not own_numbers else []
        spans = [span for span in find_spans(text, strange, numbers) if span.start >= start]
        end = len(text)
        if not has_letter("".join(outside_of(text, start, end, spans))):
            return Prepared(self._localised(text, spans) if within or has_letter(text) else text, "")
        while spans and not text[start : spans[0].start].strip() and _is_before(text, spans[0]):
            start = _skip_spaces(text, spans.pop(0).end)
        while spans and not text[spans[-1].end : end].strip() and _is_behind(text, spans[-1]):
            end = len(text[: spans.pop().start].rstrip())
        if apart := [span for span in spans if span.kind is Kind.APART]:
            return Prepared(text[:start], "", text[end:], pieces=tuple(_cut(text, start, end, apart)))
        pieces = tuple(_cut(text, start, end, spans)) if spans else ()
        held = self._substitutes.choose(text, spans)
        if len(held) < len(spans):
            return Prepared(text[:start], "", text[end:], pieces=pieces, numbers=bool(numbers))
        outside = "".join(outside_of(text, start, end, spans))
        names = [each.read.upper() if outside.replace("ß", "").isupper() else each.read for each in held]
        plain = self._letters.simplify("".join(_replaced(text, start, end, spans, names)))
        words = self._letters.in_small_letters(plain)
        read = self._letters.unstressed(plain) if words is None else words
        open_end = keep_end and text[start : start + 1].isupper() and text[start:end].rstrip(_CLOSING)[-1:].isalnum()
        capitals = words is not None
        return Prepared(text[:start], read, text[end:], tuple(held), capitals, pieces, open_end, bool(numbers))

    def _numbers_in(self, text: str) -> list[Span]:
        """Return the numbers that the model may read itself, and had better not."""
        dates = find_hard_dates(text, self.src, self.tgt)
        return [*find_amounts(text, self.src), *find_times(text, self.src, self.tgt, bool(dates)), *dates]

    def _localised(self, text: str, spans: list[Span]) -> str:
        """Return a text with its amounts as the target language writes them."""
        contents = [write_span(text, span, self.src, self.tgt) for span in spans]
        return "".join(_replaced(text, 0, len(text), spans, contents))


def _is_before(text: str, span: Span) -> bool:
    """Say whether what a text begins with is no part of its sentence, which begins behind it."""
    following = text[span.end :].lstrip()[:1]
    return span.kind in _BESIDE or (span.kind is Kind.PLACE and not (following.islower() or following.isdigit()))


def _is_behind(text: str, span: Span) -> bool:
    """Say whether what a text ends with is no part of its sentence: an address stands behind a mark."""
    return span.kind in _BESIDE or (span.kind is Kind.PLACE and bool(_MARKED.search(text[: span.start].rstrip())))


def _skip_spaces(text: str, start: int) -> int:
    return start + len(text[start:]) - len(text[start:].lstrip())


def _cut(text: str, start: int, end: int, spans: list[Span]) -> Iterator[str]:
    """Yield the pieces of a text, around its spans and the spans, each with the white space behind it.

    Marks between a span and a word are pieces too: a model might drop what a text begins with.
    """
    for span in spans:
        yield from _marks_and_words(text[start : span.start])
        start = min(_skip_spaces(text, span.end), end)
        yield text[span.start : start]
    yield from _marks_and_words(text[start:end])


def _marks_and_words(text: str) -> Iterator[str]:
    """Yield the marks that a stretch between spans begins with, its words, and what stands open at its end."""
    first = next((place for place, each in enumerate(text) if each.isalnum()), len(text))
    end = text[len(text.rstrip(_OPENING)) :]
    space = len(end) - len(end.lstrip())
    last = len(text) - len(end) + space if space and end.strip() else len(text)
    ends = [0, first, max(first, last), len(text)]
    yield from (text[start:stop] for start, stop in pairwise(ends) if text[start:stop].strip())


def _replaced(text: str, start: int, end: int, spans: list[Span], names: list[str]) -> Iterator[str]:
    for outside, name in zip(outside_of(text, start, end, spans), [*names, ""], strict=True):
        yield outside + name


def carried(prepared: Prepared, translation: Translation, tokenizers: TokenizerPair) -> Translation | None:
    """Return a translation with what was carried around it, None where a name was lost; alternatives may be."""
    text = prepared.finish(translation.text)
    if text is None:
        return None
    others = [carried(prepared, each, tokenizers) for each in translation.alternatives[1:]]
    src, tgt = tokenizers.src, tokenizers.tgt
    ends = [(src.pieces(src.encode(end)), tgt.pieces(tgt.encode(end))) for end in (prepared.before, prepared.after)]
    (src_before, tgt_before), (src_after, tgt_after) = ends
    first = [(min(i, len(src_before) - 1), i) for i in range(len(tgt_before))]
    shifted = [(i + len(src_before), j + len(tgt_before)) for i, j in translation.alignment]
    src_end, tgt_end = len(src_before) + len(translation.src_tokens), len(tgt_before) + len(translation.tokens)
    last = [(src_end + min(i, len(src_after) - 1), tgt_end + i) for i in range(len(tgt_after))]
    best = replace(
        translation,
        text=text,
        tokens=(*tgt_before, *translation.tokens, *tgt_after),
        token_scores=(*[0.0] * len(tgt_before), *translation.token_scores, *[0.0] * len(tgt_after)),
        src_tokens=(*src_before, *translation.src_tokens, *src_after),
        alignment=(*first, *shifted, *last),
        alternatives=(),
    )
    found = [best, *[each for each in others if each is not None]]
    # In CAPITALS, or without their full stops, two may be the same.
    return replace(best, alternatives=tuple(distinct(found, lambda each: each.text)))
