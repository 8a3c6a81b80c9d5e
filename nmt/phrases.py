"""From what a translation must hold, as text, to token ids: terms as phrases, an opening as allowed tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

from nmt.constraints import Constraint, Edges, Opening, Phrase, Term
from nmt.glossary import Demand, joins
from nmt.spm import SPACE
from nmt.tokenizer import EOS, TokenizerPair, normalize

# Further ways of cutting a term into pieces that are known where the model chooses them.
_OTHER_WAYS = 8
# After this the pieces of a word do not begin with a space.
_BRACKET = "("
# What a word stands right behind, and what it may stand right behind or be written without.
_OPENED = re.compile(r"(?:[(\[{/\"„“”«»‹›]|(?<!\w)['‚‘’])$")
_HYPHENS = ("-", "–", "—")


class Phrases:
    """Token ids of terms and openings in one vocabulary."""

    def __init__(self, tokenizers: TokenizerPair) -> None:
        self._source, self._tokenizer = tokenizers.src, tokenizers.tgt
        self._terms: dict[tuple[Demand, bool, bool], Term] = {}

    @cached_property
    def _pieces(self) -> list[str]:
        """The text of each piece, a space for U+2581; "" = no text of its own (a byte, BOS, …)."""
        ids = range(len(self._tokenizer))
        pieces = self._tokenizer.pieces(ids)
        return [
            "" if token <= EOS or self._tokenizer.is_byte(token) else piece.replace(SPACE, " ")
            for token, piece in zip(ids, pieces, strict=True)
        ]

    @cached_property
    def edges(self) -> Edges:
        """Which pieces grow together into words; a byte may be part of a letter."""
        pieces = self._pieces
        byte = [self._tokenizer.is_byte(token) for token in range(len(pieces))]
        return Edges(
            begins=[each or joins(piece[:1] or " ") for piece, each in zip(pieces, byte, strict=True)],
            ends=[each or joins(piece[-1:] or " ") for piece, each in zip(pieces, byte, strict=True)],
            wordless=[not each and not any(map(str.isalnum, piece)) for piece, each in zip(pieces, byte, strict=True)],
        )

    @cached_property
    def _by_start(self) -> Mapping[str, Sequence[int]]:
        """The pieces that begin with a text, for every beginning of a piece."""
        found: dict[str, list[int]] = {}
        for token, piece in enumerate(self._pieces):
            for end in range(1, len(piece) + 1):
                found.setdefault(piece[:end], []).append(token)
        return found

    def constraint(self, text: str, demands: Iterable[Demand], prefix: str = "") -> Constraint:
        """Return what the translation of a text must hold, and how it must open."""
        text = normalize(text)
        count = self._source.count
        terms = []
        for demand in demands:
            start, end = demand.span
            source = tuple(range(count(text[:start].rstrip()), count(text[:end])))
            opened = _OPENED.search(text, max(0, start - 2), start) is not None
            term = self._term(demand, not opened, opened or text.endswith(_HYPHENS, 0, start))
            terms.append(replace(term, source=source))
        return Constraint(tuple(terms), self.opening(prefix))

    def _term(self, demand: Demand, spaced: bool, behind: bool) -> Term:
        """Return the phrases of a demand; spaced, behind: whether the search is to bring it in behind a space, and
        behind a bracket or the like."""
        key = demand, spaced, behind
        if key not in self._terms:
            forms, initial = demand.forms, demand.initial
            wanted = [*(map(self._usual, forms) if spaced else ()), *(map(self._behind, forms) if behind else ())]
            known = [*map(self._usual, forms), *self._ways(forms)]
            first = [*map(self._usual, initial), *self._ways(initial)]
            self._terms[key] = Term(_different(wanted), _different(known), _different(first))
        return self._terms[key]

    def _usual(self, form: str) -> Phrase:
        return tuple(self._tokenizer.encode(form))

    def _behind(self, form: str) -> Phrase:
        """Return the phrase of a form behind a bracket or the like, the usual one where the two grow together."""
        bracket, both = self._tokenizer.encode(_BRACKET), self._tokenizer.encode(_BRACKET + form)
        return tuple(both[len(bracket) :]) if both[: len(bracket)] == bracket else self._usual(form)

    def _ways(self, forms: Iterable[str]) -> list[Phrase]:
        """Return other phrases of the same texts: cut otherwise, or behind a bracket or the like."""
        return [
            phrase
            for form in forms
            for phrase in (*map(tuple, self._tokenizer.ways(form, _OTHER_WAYS)), self._behind(form))
        ]

    def opening(self, prefix: str) -> Opening:
        """Return the tokens with which a translation can open so that its text begins with a prefix.

        Whole words are cut as the tokenizer does, the last in any way; it may go on, if no space follows. White
        space counts as one space.
        """
        text = normalize(prefix)
        words = text.split()
        if not words:
            return ()
        if text[-1].isspace():
            last, before = " ", " ".join(words)
        else:
            last, before = " " + words[-1], " ".join(words[:-1])
        fixed = self._tokenizer.encode(before)
        chain = [{token: place + 1} for place, token in enumerate(fixed)]
        return (*chain, *self._word(last, len(fixed)))

    def _word(self, text: str, first: int) -> list[dict[int, int]]:
        """Return states, numbered from first, whose tokens spell a text, and the last of them perhaps more."""
        # A character without a piece of its own is spelt by bytes, with states between them.
        spelt = [() if self._is_piece(each) else tuple(self._tokenizer.spell(each)) for each in text]
        starts = list(accumulate((max(1, len(ids)) for ids in spelt), initial=first))
        states: list[dict[int, int]] = []
        for here, ids in enumerate(spelt):
            states.append({
                token: starts[end]
                for end in range(here + 1, len(text))
                for token in self._by_start.get(text[here:end], ())
                if self._pieces[token] == text[here:end]
            })  # fmt: skip
            states[-1].update(dict.fromkeys(self._by_start.get(text[here:], ()), starts[-1]))
            for place, token in enumerate(ids, starts[here] + 1):
                states[-1][token] = place
                if place < starts[here + 1]:
                    states.append({})
        return states

    def _is_piece(self, text: str) -> bool:
        return any(self._pieces[token] == text for token in self._by_start.get(text, ()))


def _different(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
