"""What a translation lost of what it had better hold, to be demanded in a second search: names that stand for something
else, and numbers."""

from __future__ import annotations

from nmt.carrying.carrier import Prepared
from nmt.carrying.figures import find_figures, lost_figures
from nmt.glossary import Demand, Entry, Glossary

# Where more numbers are lost than these, the model is at a loss itself.
_MOST_LOST = 3
# So many numbers are demanded at most.
_MOST_DEMANDED = 6


def find_lost(prepared: Prepared, written: str, src: str, tgt: str) -> list[Demand]:
    """Return what the translation of a text lost: numbers, unless too many, and where a name was, all of them.

    written: what the model wrote for prepared.text; src, tgt: languages whose numbers are looked for, none if empty
    """
    if not prepared.text:
        return []
    figures = lost_figures(prepared.text, written, src, tgt)
    names = _names(prepared) if prepared.finish(written) is None else []
    return _together(names, figures if len(figures) <= _MOST_LOST else [])


def find_held(prepared: Prepared, lost: list[Demand], src: str, tgt: str) -> list[Demand]:
    """Return what a translation that lost something must hold in a second search: what is there would else go then.

    Where there are many numbers, only those that were lost.
    """
    figures = find_figures(prepared.text, src, tgt)
    held = _together(_names(prepared), lost)
    return _together(held, figures) if len(figures) <= _MOST_DEMANDED else held


def _names(prepared: Prepared) -> list[Demand]:
    return Glossary(Entry(each.read, (each.written,)) for each in prepared.held).find(prepared.text)


def _together(names: list[Demand], figures: list[Demand]) -> list[Demand]:
    """Return names, and numbers that are none of them."""
    places = {name.span for name in names}
    return [*names, *(each for each in figures if each.span not in places)]
