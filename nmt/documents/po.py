"""Gettext catalogues (.po, .pot), read by polib: empty translations are filled in, all else keeps its bytes."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from nmt.documents.labels import Label, read_label
from nmt.documents.marks import has_letters
from nmt.documents.passages import TranslatePassages
from nmt.documents.placeholders import protect
from nmt.documents.stretches import LINE_END, by_lines, join
from nmt.errors import InputError

if TYPE_CHECKING:
    import polib

_CHARSET = re.compile(r'(?P<name>^"Content-Type:[^"\r\n]*charset=)[^\s"\\]*', re.MULTILINE)
# Where polib and gettext's tools wrap lines, and a line that none of them would have left as it is.
_WIDTH = 78
_UNWRAPPED = re.compile(rf'^(?=.{{{_WIDTH + 3}}})(?:msg[a-z_\[\]0-9]+ )?".*[^" ] [^" ]', re.MULTILINE)
# The lines of an entry's translations.
_TRANSLATIONS = re.compile(r'(?<![^\r\n])[ \t]*msgstr[^\r\n]*(?:\s+(?:"|msgstr)[^\r\n]*)*')
# A line with an escape that polib takes for a backslash and what follows, as "\x41".
_UNREAD = re.compile(r'(?<![^\r\n])[ \t]*(?:msg|")(?:[^\\\r\n]|\\[\\ntrvbf"])*\\(?![\\ntrvbf"])')


def translate_po(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Fill in the translations that a catalogue lacks; every other line is kept as it is.

    The first plural form is translated from the singular, all others, and a form that is the only one, from the
    plural. Access keys and dots at the end are kept; an entry of which a text has no translation, or is not read
    rightly, stays empty. Raises InputError for what is no catalogue.
    """
    width = 0 if _UNWRAPPED.search(text) else _WIDTH
    newline = found[0] if (found := LINE_END.search(text)) else "\n"
    wanted = [(entry, place, labels) for entry, place in _entries(text) if (labels := _labels(entry))]
    results = by_lines(([label.text] for *_, labels in wanted for label in labels), translate)
    parts: list[str] = []
    done = 0
    for entry, place, labels in wanted:
        translations = [_finished(label, join(next(results))) for label in labels]
        if all(translations):
            written = _written(entry, translations, width).replace("\n", newline)
            parts += [text[done : place.start], written]
            done = place.stop
    result = "".join([*parts, text[done:]])
    return result if result.isascii() else _CHARSET.sub(r"\g<name>UTF-8", result, count=1)


def _entries(text: str) -> Iterator[tuple[polib.POEntry, slice]]:
    """Yield the entries in use that polib reads rightly, each with the place of its translations."""
    catalogue = _read(text)
    starts = [0, *(match.end() for match in LINE_END.finditer(text))]
    # polib counts lines from 1, and the line of the first entry is 0.
    places = [*(starts[max(entry.linenum - 1, 0)] for entry in catalogue), len(text)]
    for entry, (start, end) in zip(catalogue, pairwise(places), strict=True):
        found = _TRANSLATIONS.search(text, start, end)
        if found and not entry.obsolete and not _UNREAD.search(text, start, end):
            yield entry, slice(*found.span())


def _read(text: str) -> polib.POFile:
    import polib

    # polib takes a text that names a file for that file, so it is given one.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.po"
        path.write_text(text, encoding="utf-8", newline="\n")
        try:
            catalogue = polib.pofile(str(path), encoding="utf-8")
        except (OSError, ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
            reason = str(error).replace(f" in po file {path}", "").replace(str(path), "the file")
            raise InputError(f"not a gettext catalogue: {reason[:1].lower()}{reason[1:]}") from None
    if not catalogue and not catalogue.metadata and text.strip():
        raise InputError("not a gettext catalogue: no msgid was found")
    return catalogue


def _written(entry: polib.POEntry, translations: Sequence[str], width: int) -> str:
    """Return the lines of an entry's translations."""
    if entry.msgid_plural:
        forms = entry.msgstr_plural or {0: "", 1: ""}
        entry.msgstr_plural = {form: translations[len(forms) == 1 or int(form) > 0] for form in forms}
    else:
        entry.msgstr = translations[0]
    written = f"\n{entry.__unicode__(width)}"
    return written[written.index("\nmsgstr") + 1 :].rstrip("\n")


def _finished(label: Label, translation: str) -> str:
    """Return the message of a translation, "" where words have none: gettext shows the source then."""
    return "" if translation == label.text and has_letters(protect(label.text)) else label.finish(translation)


def _labels(entry: polib.POEntry) -> list[Label]:
    """Return the texts that an entry wants translated: one, a singular and a plural, or none."""
    if entry.msgid_plural:
        return [] if any(entry.msgstr_plural.values()) else [read_label(entry.msgid), read_label(entry.msgid_plural)]
    return [] if entry.msgstr else [read_label(entry.msgid)]
