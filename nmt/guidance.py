"""What translations are asked to hold, line by line: terms of a glossary, and the text each begins with."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat

from nmt.carrying.carrier import Prepared, uncarried
from nmt.carrying.letters import STRAIGHT_QUOTES
from nmt.constraints import Constraint
from nmt.errors import InputError
from nmt.glossary import Demand, Glossary, missing
from nmt.phrases import Phrases
from nmt.spans import find_spans
from nmt.surrogates import check_text
from nmt.tokenizer import normalize

logger = logging.getLogger(__name__)
# Is told the number of a line, from 0, and what its translation lacks of what it must hold.
Missed = Callable[[int, Sequence[str]], object]


@dataclass(frozen=True)
class Plan:
    """What the translation of one part of a line must hold, as text and as token ids; None = the model is not asked."""

    demands: tuple[Demand, ...]
    prefix: str
    constraint: Constraint | None

    def lacking(self, translation: str) -> list[str]:
        """Return what a translation does not hold, as it is told."""
        lacking = [f"{demand.forms[0]!r} for {demand.found!r}" for demand in missing(translation, self.demands)]
        return lacking if _begins(translation, self.prefix) else [*lacking, f"the prefix {self.prefix!r}"]


class WarnOnce:
    """Warns of the first line whose translation lacks something."""

    def __init__(self) -> None:
        self._warned = False

    def __call__(self, number: int, lacking: Sequence[str]) -> None:
        """Tell of a line, unless another was told of."""
        if self._warned:
            return
        self._warned = True
        logger.warning(
            "line %s: no translation was found that holds %s (told once; other lines may lack theirs too)",
            f"{number + 1:,}", ", ".join(lacking),
        )  # fmt: skip


@dataclass
class Guidance:
    """What the translations of lines must hold.

    prefixes: one for each line, in order; missed: told of lines whose translations do not
    """

    glossary: Glossary | None = None
    prefixes: Iterator[str] = field(default_factory=lambda: repeat(""))
    missed: Missed = field(default_factory=WarnOnce)

    @classmethod
    def of(
        cls, glossary: Glossary | None, prefixes: str | Iterable[str], missed: Missed | None = None
    ) -> Guidance | None:
        """Return the guidance of a glossary and of one prefix, or one for each line; None where there is none.

        missed: None = a warning, once
        """
        if glossary is None and prefixes == "":
            return None
        return cls(glossary, repeat(prefixes) if isinstance(prefixes, str) else iter(prefixes), missed or WarnOnce())

    def take(self, numbers: Sequence[int]) -> list[str]:
        """Return the prefixes of the next lines; raises InputError where one has none."""
        taken = []
        for number in numbers:
            prefix = next(self.prefixes, None)
            if prefix is None:
                raise InputError(f"line {number + 1:,} has no prefix; give one for each line, empty where any will do")
            taken.append(check_text(prefix, f"the prefix of line {number + 1:,}"))
        return taken

    def read(
        self, text: str, prefix: str, prepare: Callable[[str], Prepared], phrases: Phrases, within: bool = False
    ) -> tuple[Prepared, Plan | None]:
        """Return a text as the model gets it, and what the translation of the whole must hold, None = nothing.

        prepare: takes off what is carried around the model; nothing is where a term, or the prefix, is a part of it
        within: the text goes on in a sentence, so that no term begins with a capital for that
        """
        prepared = prepare(text)
        demands = self._find(text)
        if not demands and not prefix.strip():
            return prepared, None
        if not demands and not prepared.text and not prepared.pieces:
            return replace(prepared, before=_led(prefix, prepared.before)), Plan((), prefix, None)
        if prepared.capitals:
            demands = tuple(demand.in_capitals() for demand in demands)
        texts = [prepared.text] if prepared.text else prepared.pieces
        names = {each.read.lower() for each in prepared.held}
        every = [demand for each in texts for demand in self._find(each)]
        # A name that stands for something else is no term.
        found = [demand for demand in every if not names & set(demand.found.lower().split())]
        opening = _opening(prefix, prepared)
        if opening is None or not _alike(demands, found, prepared.capitals):
            prepared, found, opening = uncarried(text), list(demands), prefix
        if not prepared.text:
            return prepared, Plan(demands, prefix, None)
        alone = None if prepared.capitals or prefix.strip() else _alone(prepared.text, found, within)
        if alone is not None:
            return replace(prepared, before=prepared.before + alone, text=""), Plan(demands, prefix, None)
        asked = [replace(demand, as_it_is=True) for demand in found] if within else found
        return prepared, Plan(demands, prefix, phrases.constraint(prepared.text, asked, opening))

    def _find(self, text: str) -> tuple[Demand, ...]:
        """Return the terms of a text, but for those within an address, a placeholder or code."""
        found = self.glossary.find(text) if self.glossary else []
        if not found:
            return ()
        spans = [(span.start, span.end) for span in find_spans(unicodedata.normalize("NFC", text), "")]
        return tuple(
            demand
            for demand in found
            if not any(
                start <= demand.span[0] and demand.span[1] <= end and demand.span != (start, end)
                for start, end in spans
            )
        )

    def check(self, number: int, plan: Plan, translation: str) -> None:
        """Tell where a translation does not hold what it must; number: of its line, from 0."""
        if lacking := plan.lacking(translation):
            self.missed(number, lacking)


def _alike(demands: Sequence[Demand], found: Sequence[Demand], capitals: bool) -> bool:
    """Say whether the terms of a text are those found in what the model gets, and met by its translation."""
    if [each.found.casefold() for each in demands] != [each.found.casefold() for each in found]:
        return False
    pairs = zip(demands, found, strict=True)
    return not capitals or all(form.upper() in whole.forms for whole, part in pairs for form in part.forms)


def _alone(text: str, found: Sequence[Demand], within: bool) -> str | None:
    """Return the translation of a text that is a term with marks around it, quotation marks straight; None where it is
    another one.

    A model would write its own translation too. A term that begins a text, not within a sentence, may have a capital,
    and is no such text.
    """
    if len(found) != 1:
        return None
    text, (start, end) = normalize(text), found[0].span
    before, after = text[:start], text[end:]
    if any(map(str.isalnum, before + after)) or not (before.strip() or within):
        return None
    return (before.translate(STRAIGHT_QUOTES) + found[0].forms[0] + after.translate(STRAIGHT_QUOTES)).strip()


def _opening(prefix: str, prepared: Prepared) -> str | None:
    """Return what the model's translation begins with, so that the whole begins with a prefix; None = nothing does."""
    if not prefix.strip():
        return prefix
    if prepared.capitals or not prefix.lstrip().startswith(prepared.before.strip()):
        return None
    opening = rest(prefix, prepared)
    for each in prepared.held:
        opening = opening.replace(each.content, each.written)
    return opening


def rest(prefix: str, prepared: Prepared) -> str:
    """Return a prefix without what is carried before a text."""
    before = prepared.before.strip()
    return prefix.lstrip().removeprefix(before).lstrip() if before else prefix


def _led(prefix: str, text: str) -> str:
    """Return a text that begins with a prefix."""
    return text if _begins(text, prefix) else f"{prefix.rstrip()} {text}"


def _begins(text: str, prefix: str) -> bool:
    """Say whether a text begins with a prefix; white space counts as one space, and at its end as none."""
    return " ".join(text.split()).startswith(" ".join(normalize(prefix).split()))
