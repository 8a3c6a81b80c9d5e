"""The formats of documents, by the ends of their files' names: the FORMATS table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nmt.documents.columns import translate_csv, translate_tsv
from nmt.documents.html import translate_html
from nmt.documents.json_values import translate_json, translate_json_lines
from nmt.documents.language_tags import tag_html, tag_po, tag_subtitles
from nmt.documents.markdown import translate_markdown
from nmt.documents.passages import Translate, TranslatePassages, translate_passages
from nmt.documents.plain import translate_plain
from nmt.documents.po import translate_po
from nmt.documents.subtitles import translate_subtitles
from nmt.documents.word import translate_word
from nmt.errors import InputError

_BYTE_ORDER_MARK = "\ufeff"

# Of the whole document, a text; columns are for formats that have such.
TranslateText = Callable[[str, TranslatePassages, Sequence[str]], str]
TranslateBytes = Callable[[bytes, TranslatePassages, Sequence[str]], bytes]


@dataclass(frozen=True)
class Format:
    """How documents of a kind are translated; binary: they are no text to be printed.

    tag: gives a text the code of its language, where it has a place for it
    """

    name: str
    translate: TranslateBytes
    binary: bool = False
    has_columns: bool = False
    tag: Callable[[str, str], str] | None = None


def _text(function: TranslateText) -> TranslateBytes:
    """Return a function on bytes for one on text."""
    return partial(_translate_text, function)


def _translate_text(
    function: TranslateText, content: bytes, translate: TranslatePassages, columns: Sequence[str]
) -> bytes:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        raise InputError(f"not UTF-8 ({found}); convert the document to UTF-8") from None
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    return (mark + function(text[len(mark) :], translate, columns)).encode("utf-8")


_HTML = Format("HTML", _text(translate_html), tag=tag_html)
_MARKDOWN = Format("Markdown", _text(translate_markdown))
_SUBTITLES = Format("subtitles", _text(translate_subtitles), tag=tag_subtitles)
_PO = Format("gettext", _text(translate_po), tag=tag_po)
_JSON_LINES = Format("JSON lines", _text(translate_json_lines), has_columns=True)
FORMATS = {
    ".txt": Format("text", _text(translate_plain)),
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".srt": _SUBTITLES,
    ".vtt": _SUBTITLES,
    ".po": _PO,
    ".pot": _PO,
    ".docx": Format("Word", translate_word, binary=True),
    ".csv": Format("table", _text(translate_csv), has_columns=True),
    ".tsv": Format("table", _text(translate_tsv), has_columns=True),
    ".json": Format("JSON", _text(translate_json), has_columns=True),
    ".jsonl": _JSON_LINES,
}

# Endings of documents that are not translated, and whose lines hold more than text.
_OTHER_NAMES = """
    .xml .xsl .svg .rtf .tex .rst .adoc .ass .ssa .sbv .ttml .dfxp .xlf .xliff .tmx .tbx .ts .resx .strings
    .properties .arb .ini .toml .yaml .yml .pdf .doc .odt .ods .odp .xls .xlsx .ppt .pptx .epub
"""
OTHERS = frozenset(_OTHER_NAMES.split())


def format_of(path: Path) -> Format | None:
    """Return the format that a file's name tells, None for one of lines of text."""
    return FORMATS.get(path.suffix.lower())


def translate_document(content: bytes, form: Format, translate: Translate, columns: Sequence[str] = ()) -> bytes:
    """Translate a document; translate gives a translation for each of the lines it is given.

    Raises InputError for a document that cannot be read, and where a library to read it is not installed.
    """
    try:
        return form.translate(content, partial(translate_passages, translate=translate), columns)
    except ModuleNotFoundError as error:
        missing = f"{form.name} documents need the package {error.name!r}"
        raise InputError(f"{missing}; install it by: pip install -e '.[documents]'") from None


def with_language(content: bytes, form: Format, language: str) -> bytes:
    """Return a translated document that says it is in a language, a code such as en, where it says one."""
    return form.tag(content.decode("utf-8"), language).encode("utf-8") if form.tag else content
