"""Gettext catalogues (.po, .pot), read and written by polib: empty translations are filled in, others kept."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nmt.documents.labels import Label, read_label
from nmt.documents.marks import has_letters
from nmt.documents.passages import TranslatePassages
from nmt.documents.placeholders import protect
from nmt.documents.stretches import by_lines, join
from nmt.errors import InputError

if TYPE_CHECKING:
    import polib

_CHARSET = "text/plain; charset=UTF-8"
# Where polib and gettext's tools wrap lines, and a line that none of them would have left as it is.
_WIDTH = 78
_UNWRAPPED = re.compile(rf'^(?=.{{{_WIDTH + 3}}})(?:msg[a-z_\[\]0-9]+ )?".*[^" ] [^" ]', re.MULTILINE)
_HEADER = re.compile(r'^msgid[ \t]+""[ \t]*\r?\nmsgstr', re.MULTILINE)
_EMPTY_HEADER = 'msgid ""\nmsgstr ""\n\n'
# A comment in which nothing stands.
_BARE = re.compile(r"\s*#[ \t\r]*\n")


def translate_po(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Fill in the translations that a catalogue lacks; contexts, plurals, flags, comments and the rest are kept.

    The first plural form is translated from the singular, all others, and a form that is the only one, from the
    plural. Access keys and dots at the end are kept; an entry of which a text has no translation stays empty. Raises
    InputError for what is no catalogue.
    """
    import polib

    # polib takes a text that names a file for that file, so it is given one.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.po"
        path.write_text(text, encoding="utf-8", newline="\n")
        try:
            catalogue = polib.pofile(str(path), encoding="utf-8", wrapwidth=0 if _UNWRAPPED.search(text) else _WIDTH)
        except (OSError, ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
            reason = str(error).replace(f" in po file {path}", "").replace(str(path), "the file")
            raise InputError(f"not a gettext catalogue: {reason[:1].lower()}{reason[1:]}") from None
    if not catalogue and not catalogue.metadata and text.strip():
        raise InputError("not a gettext catalogue: no msgid was found")
    wanted = [(entry, labels) for entry in catalogue if not entry.obsolete and (labels := _labels(entry))]
    results = by_lines(([label.text] for _, labels in wanted for label in labels), translate)
    for entry, labels in wanted:
        translations = [_finished(label, join(next(results))) for label in labels]
        if not all(translations):
            continue
        if entry.msgid_plural:
            forms = entry.msgstr_plural or {0: "", 1: ""}
            entry.msgstr_plural = {form: translations[len(forms) == 1 or int(form) > 0] for form in forms}
        else:
            entry.msgstr = translations[0]
    if "charset=" in catalogue.metadata.get("Content-Type", "") and not str(catalogue).isascii():
        catalogue.metadata["Content-Type"] = _CHARSET
    return _written(catalogue, text)


def _finished(label: Label, translation: str) -> str:
    """Return the message of a translation, "" where words have none: gettext shows the source then."""
    return "" if translation == label.text and has_letters(protect(label.text)) else label.finish(translation)


def _labels(entry: polib.POEntry) -> list[Label]:
    """Return the texts that an entry wants translated: one, a singular and a plural, or none."""
    if entry.msgid_plural:
        return [] if any(entry.msgstr_plural.values()) else [read_label(entry.msgid), read_label(entry.msgid_plural)]
    return [] if entry.msgstr else [read_label(entry.msgid)]


def _written(catalogue: polib.POFile, source: str) -> str:
    """Return a catalogue as text with the line ends of its source and the fields of its header in their order, without
    the bare comment and the header that polib puts on top where there are none."""
    catalogue.ordered_metadata = lambda: list(catalogue.metadata.items())
    text = str(catalogue)
    if not (catalogue.header or _BARE.match(source)):
        text = text.removeprefix("#\n")
    if not _HEADER.search(source):
        text = text.replace(_EMPTY_HEADER, "", 1)
    return text.replace("\n", "\r\n") if source.count("\n") == source.count("\r\n") > 0 else text
