"""Numbers that a translation changed, put right where it is clear which was meant."""

from __future__ import annotations

import re

from nmt.documents.alignment import Links, Units

_DIGITS = re.compile(r"[0-9]+")
# Fewer digits may well be right: 14 Uhr is 2 p.m., 14 Tage are two weeks, "halb 8" is "half past 7".
_BARE = re.compile(r"[0-9]{3,15}")


def correct_numbers(source: Units, target: Units, links: Links) -> None:
    """Put a number of the source in the place of another that the translation has for it.

    Only bare digits are put right, three and more, and only where the source's number is missing, the other is not in
    the source, and the attention links these two units and no others.
    """
    known = {_digits(unit) for unit in source.texts}
    found = {_digits(unit) for unit in target.texts}
    for place, sources in enumerate(links):
        if len(sources) != 1 or not _BARE.fullmatch(target.texts[place]) or _digits(target.texts[place]) in known:
            continue
        (src,) = sources
        made = [unit for unit, others in enumerate(links) if src in others]
        right = source.texts[src]
        if made == [place] and _BARE.fullmatch(right) and right not in found:
            target.texts[place] = right


def _digits(unit: str) -> str:
    return "".join(_DIGITS.findall(unit))
