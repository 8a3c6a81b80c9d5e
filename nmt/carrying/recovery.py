"""What a translation lost of what it had better hold, to be demanded in a second search: names that stand for something
else, and numbers."""

from __future__ import annotations

from nmt.carrying.carrier import Prepared
from nmt.carrying.figures import lost_figures
from nmt.glossary import Demand, Entry, Glossary

# Where more numbers are lost than these, the model is at a loss itself.
_MOST_FIGURES = 3


def find_lost(prepared: Prepared, written: str, src: str, tgt: str) -> list[Demand]:
    """Return what the translation of a text must hold in a second search, nothing where none is needed.

    written: what the model wrote for prepared.text; src, tgt: languages whose numbers are looked for, none if empty
    Where anything is lost, all names are demanded.
    """
    if not prepared.text:
        return []
    figures = lost_figures(prepared.text, written, src, tgt)
    figures = figures if len(figures) <= _MOST_FIGURES else []
    if not figures and prepared.finish(written) is not None:
        return []
    names = Glossary(Entry(name) for name, _ in prepared.held).find(prepared.text)
    return [*names, *(each for each in figures if each not in names)]
