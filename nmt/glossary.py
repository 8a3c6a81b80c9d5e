"""A glossary: terms that must be translated in a given way, or not at all, found in a text and looked for in another.

A file has a line for each term: source<TAB>target, with variants of the target divided by |, any of which will do.
A line with a source alone, or with a target equal to it, means that the term stays as it is.

A term is found where its words stand as whole words, the longest first, none within another. One in lower case is
found however the text writes it; one with capitals only as it is written, or in capitals throughout. Characters
are compared when composed (Unicode NFC), spaces of any number as one.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nmt.errors import InputError
from nmt.lines import read_lines
from nmt.unspaced import UNSPACED, UNSPACED_CHARACTER

logger = logging.getLogger(__name__)

# Two texts divided otherwise than by a tab.
_DIVIDED = re.compile(r"[^\s,;=]\s*[,;=]\s*[^\s,;=]")
# In scripts without spaces each character counts as a word.
_UNIT = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+|\S")


@dataclass(frozen=True)
class Entry:
    """A term and what it becomes; no targets = it stays as it is."""

    source: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demand:
    """A term that was found, and the forms of which one must appear in the translation."""

    found: str
    forms: tuple[str, ...]
    as_it_is: bool = False  # not translated
    span: tuple[int, int] = field(default=(0, 0), compare=False)  # where in the text, composed

    def in_capitals(self) -> Demand:
        """Return the demand of a sentence that is in capitals throughout."""
        return replace(self, forms=tuple(dict.fromkeys([*self.forms, *(form.upper() for form in self.forms)])))

    @property
    def initial(self) -> tuple[str, ...]:
        """The forms in lower case as they are written where a sentence begins."""
        lower = [] if self.as_it_is else [form for form in self.forms if form == form.lower()]
        return tuple(dict.fromkeys(form[:1].upper() + form[1:] for form in lower))


@dataclass(frozen=True)
class _Unit:
    """A word or a mark of a text; spaced: white space stands before it."""

    text: str
    start: int
    end: int
    spaced: bool


class Glossary:
    """Terms and their translations."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raises InputError for a term without a letter or so, or with two entries."""
        self.entries = tuple(entries)
        self._by_first: dict[str, list[tuple[list[str], Entry]]] = {}
        seen: dict[str, Entry] = {}
        for entry in self.entries:
            source = _clean(entry.source)
            if not source or not all(map(_clean, entry.targets)):
                raise InputError(
                    f"glossary entry {entry.source!r} has an empty term or variant; write it or leave it out"
                )
            if source in seen:
                raise InputError(f"{entry.source!r} has two entries; join their targets by |")
            seen[source] = entry
            keys = _keys(_units(source))
            self._by_first.setdefault(keys[0].casefold(), []).append((keys, entry))
        for those in self._by_first.values():
            # The longest first; of equal ones that which says how it is written.
            those.sort(key=lambda each: (len(each[0]), each[1].source.lower() != each[1].source), reverse=True)

    @classmethod
    def of(cls, terms: Mapping[str, str | None]) -> Glossary:
        """Return a glossary of source terms and targets, written as in a file; None or "" = it stays as it is."""
        return cls(_entry(source, target or "") for source, target in terms.items())

    @classmethod
    def read(cls, path: Path) -> Glossary:
        """Read a file; raises InputError naming file and line for what is no entry.

        Warns where the columns seem to be divided by something else than tabs.
        """
        entries: dict[str, Entry] = {}
        lines: dict[str, int] = {}
        tabs = 0
        for number, line in enumerate(read_lines(path), 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            source, *targets = line.split("\t")
            tabs += len(targets)
            if len(targets) > 1:
                raise InputError(f"{where}: {len(targets) + 1} columns; expected source<TAB>target, or a source alone")
            source, target = _clean(source), targets[0] if targets else ""
            if not source:
                raise InputError(f"{where}: no source term; expected source<TAB>target, or a source alone")
            if target.strip() and not all(map(_clean, target.split("|"))):
                raise InputError(f"{where}: an empty variant in {target!r}; expected one between any two |")
            if source in entries:
                raise InputError(f"{where}: {source!r} has an entry in line {lines[source]}; join their targets by |")
            entries[source], lines[source] = _entry(source, target), number
        if not tabs and 2 * sum(map(bool, map(_DIVIDED.search, entries))) > len(entries):
            logger.warning(
                "%s: no line has a tab; each line is taken as a term that stays as it is; expected source<TAB>target",
                path,
            )
        return cls(entries.values())

    def find(self, text: str) -> list[Demand]:
        """Return the terms of a text in its order, each as often as it stands there."""
        text = unicodedata.normalize("NFC", text)
        units = _units(text)
        keys = _keys(units)
        demands = []
        place = 0
        while place < len(units):
            entry, size = self._match(keys, place)
            if entry is not None:
                demands.append(_demand(entry, text, (units[place].start, units[place + size - 1].end)))
            place += size
        return demands

    def _match(self, keys: list[str], place: int) -> tuple[Entry | None, int]:
        """Return the entry whose term begins at a place, and the number of its units."""
        for term, entry in self._by_first.get(keys[place].lstrip().casefold(), ()):
            found = [keys[place].lstrip(), *keys[place + 1 : place + len(term)]]
            if _agree(term, found):
                return entry, len(term)
        return None, 1


def missing(text: str, demands: Iterable[Demand]) -> list[Demand]:
    """Return the demands that a translation does not meet; each needs words of its own.

    A form must stand there as whole words and as it is written, but for a capital before any other word.
    """
    units = _units(unicodedata.normalize("NFC", text))
    keys = _keys(units)
    first = next((place for place, unit in enumerate(units) if any(map(str.isalnum, unit.text))), 0)
    taken: set[int] = set()
    lacking = []
    for demand in sorted(demands, key=lambda demand: -max(map(len, demand.forms))):
        places = next(
            (found for form in demand.forms for found in _places(form, keys, 0, len(keys)) if not taken & set(found)),
            None,
        ) or next(
            (found for form in demand.initial for found in _places(form, keys, 0, first + 1) if not taken & set(found)),
            None,
        )  # fmt: skip
        if places is None:
            lacking.append(demand)
        else:
            taken |= set(places)
    return lacking


def _places(form: str, keys: list[str], start: int, end: int) -> list[range]:
    """Return where a form stands among the keys of a text, beginning within a range."""
    term = _keys(_units(_clean(form)))
    return [
        range(place, place + len(term))
        for place in range(start, min(end, len(keys)))
        if [keys[place].lstrip(), *keys[place + 1 : place + len(term)]] == term
    ]


def _entry(source: str, target: str) -> Entry:
    source = _clean(source)
    targets = tuple(dict.fromkeys(_clean(each) for each in target.split("|"))) if target.strip() else ()
    return Entry(source, () if targets == (source,) else targets)


def _demand(entry: Entry, text: str, span: tuple[int, int]) -> Demand:
    """Return what a term that was found asks for; one found in capitals may be translated in capitals."""
    found = _clean(text[slice(*span)])
    forms = entry.targets or (found, entry.source)
    if entry.targets and found != entry.source and found.isupper() and sum(map(str.isalpha, found)) > 1:
        forms = (*forms, *(form.upper() for form in forms))
    return Demand(found, tuple(dict.fromkeys(forms)), not entry.targets, span)


def _clean(text: str) -> str:
    """Compose characters and make white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _units(text: str) -> list[_Unit]:
    """Cut a text into words and marks; combining characters belong to the word they stand in."""
    units: list[_Unit] = []
    for match in _UNIT.finditer(text):
        start, end = match.span()
        close = bool(units) and units[-1].end == start
        if close and (_combines(match[0]) or (_combines(units[-1].text[-1]) and joins(match[0][0]))):
            last = units.pop()
            units.append(_Unit(last.text + match[0], last.start, end, last.spaced))
        else:
            units.append(_Unit(match[0], start, end, bool(units) and not close))
    return units


def _keys(units: list[_Unit]) -> list[str]:
    """Return the texts of units, each with the space before it, if any."""
    return [" " * unit.spaced + unit.text for unit in units]


def _agree(term: list[str], found: list[str]) -> bool:
    """Say whether a text's units are those of a term, whose capitals count if it has any."""
    if found == term:
        return True
    if [each.casefold() for each in found] != [each.casefold() for each in term]:
        return False
    return all(each == each.lower() for each in term) or all(each == each.upper() for each in found)


def joins(character: str) -> bool:
    """Say whether a character makes one word with such characters beside it."""
    alike = character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
    return alike and not UNSPACED_CHARACTER.match(character)


def _combines(text: str) -> bool:
    return len(text) == 1 and unicodedata.category(text)[0] == "M" and joins(text)
