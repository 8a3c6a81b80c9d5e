"""What translations are asked to hold, line by line: terms of a glossary, and the text each begins with."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from nmt.constraints import Constraint
from nmt.errors import InputError
from nmt.glossary import Demand, Glossary, missing
from nmt.phrases import Phrases
from nmt.tokenizer import normalize

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What the translation of one part of a line must hold, as text and as token ids."""

    demands: tuple[Demand, ...]
    prefix: str
    constraint: Constraint


@dataclass
class Guidance:
    """What the translations of lines must hold; prefixes: one for each line, in order."""

    glossary: Glossary | None = None
    prefixes: Iterator[str] = field(default_factory=lambda: repeat(""))
    warned: bool = False

    @classmethod
    def of(cls, glossary: Glossary | None, prefixes: str | Iterable[str]) -> Guidance | None:
        """Return the guidance of a glossary and of one prefix, or one for each line; None where there is none."""
        if glossary is None and prefixes == "":
            return None
        return cls(glossary, repeat(prefixes) if isinstance(prefixes, str) else iter(prefixes))

    def take(self, numbers: Sequence[int]) -> list[str]:
        """Return the prefixes of the next lines; raises InputError where one has none."""
        taken = []
        for number in numbers:
            prefix = next(self.prefixes, None)
            if prefix is None:
                raise InputError(f"line {number + 1:,} has no prefix; give one for each line, empty where any will do")
            taken.append(prefix)
        return taken

    def plan(self, text: str, prefix: str, phrases: Phrases) -> Plan | None:
        """Return what the translation of a text must hold, None where that is nothing."""
        demands = tuple(self.glossary.find(text)) if self.glossary else ()
        if not demands and not prefix.strip():
            return None
        return Plan(demands, prefix, phrases.constraint(text, demands, prefix))

    def check(self, number: int, plan: Plan, translation: str) -> None:
        """Warn, once, where a translation does not hold what it must; number: of its line, from 0."""
        if self.warned:
            return
        lacking = [f"{demand.forms[0]!r} for {demand.found!r}" for demand in missing(translation, plan.demands)]
        if not _begins(translation, plan.prefix):
            lacking.append(f"the prefix {plan.prefix!r}")
        if lacking:
            self.warned = True
            logger.warning(
                "line %s: no translation was found that holds %s (told once; other lines may lack theirs too)",
                f"{number + 1:,}", ", ".join(lacking),
            )  # fmt: skip


def _begins(text: str, prefix: str) -> bool:
    """Say whether a text begins with a prefix; white space counts as one space, and at its end as none."""
    return " ".join(text.split()).startswith(" ".join(normalize(prefix).split()))
