"""How what clients send is translated: a text by the TEXTS table, a file by that of documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import PurePath

from nmt.documents.formats import FORMATS, Format, translate_document, with_language
from nmt.documents.html import translate_html
from nmt.documents.passages import Translate, translate_passages
from nmt.serve.reading import Work
from nmt.serve.refusal import Refusal


def _translate_text(text: str, translate: Translate) -> str:
    """Translate the lines of a text; what is in them is all left to the model."""
    lines = text.split("\n")
    translated = translate(line.removesuffix("\r") for line in lines)
    ends = ("\r" if line.endswith("\r") else "" for line in lines)
    return "\n".join(each.text + end for each, end in zip(translated, ends, strict=True))


def _translate_html(text: str, translate: Translate) -> str:
    """Translate a page or a piece of one, as `nmt translate` does with a file."""
    return translate_html(text, partial(translate_passages, translate=translate), ())


# By what a request calls format.
TEXTS: dict[str, Callable[[str, Translate], str]] = {"text": _translate_text, "html": _translate_html}


def text_work(text: str, form: str) -> Work[str]:
    """Return how a text is translated."""
    return partial(TEXTS[form], text)


def file_work(filename: str, content: bytes, columns: Sequence[str], target: str) -> Work[bytes]:
    """Return how a file is translated to a language; raises Refusal 400 where that cannot be done."""
    form = FORMATS.get(PurePath(filename).suffix.lower())
    if form is None:
        raise Refusal(400, f"files of this kind are not supported; there is: {', '.join(FORMATS)}")
    if columns and not form.has_columns:
        raise Refusal(400, f"column is for tables and JSON; a {form.name} file has none")
    return partial(_translate_file, content, form, columns, target)


def _translate_file(content: bytes, form: Format, columns: Sequence[str], target: str, translate: Translate) -> bytes:
    return with_language(translate_document(content, form, translate, columns), form, target)
