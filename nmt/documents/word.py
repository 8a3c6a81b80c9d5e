"""Word documents (.docx): the paragraphs of the text, tables, notes, comments, headers and footers.

Only these parts of the package are written anew, and in them only paragraphs that were translated. Entities and
external files are never read.
"""

from __future__ import annotations

import io
import lzma
import re
import shutil
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING

from nmt.documents.marks import Item, has_letters
from nmt.documents.passages import TranslatePassages
from nmt.documents.word_names import is_words_own
from nmt.documents.word_paragraph import Paragraph
from nmt.errors import InputError, TooLargeError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_TEXT_PART = re.compile(r"word/(?:document|header|footer|footnotes|endnotes|comments)\d*\.xml")
_MAIN_PART = re.compile(r"word/document\d*\.xml")
# What a package may unpack to, so that a small file cannot fill the memory.
_MOST_BYTES, _MOST_PARTS, _MOST_RATIO = 1 << 29, 10_000, 100
_LEAST_BYTES = 1 << 26
# The bytes of the parts with text, and the tags and attributes of one, each of which takes some 100 bytes and more.
_MOST_TEXT, _MOST_MARKUP = 1 << 25, 1_500_000
# What reading a damaged package raises; RuntimeError: a password is asked for.
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError, RuntimeError,
    KeyError, ValueError,
)  # fmt: skip


def translate_word(content: bytes, translate: TranslatePassages, _columns: Sequence[str]) -> bytes:
    """Translate a document; raises InputError for what is no Word document, or unpacks to too much."""
    with _damages_told(), zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = _read_texts(package, len(content))
    translated = {name: _translate_part(part, translate) for name, part in parts.items()}
    written = io.BytesIO()
    with (
        _damages_told(),
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for info in package.infolist():
            if info.filename in translated:
                out.writestr(info, translated[info.filename])
            else:
                # The record is filled in anew as the part is written.
                with package.open(info) as part, out.open(copy(info), "w") as copied:
                    shutil.copyfileobj(part, copied)
    return written.getvalue()


@contextmanager
def _damages_told() -> Iterator[None]:
    """Raise InputError where a package cannot be read; what translates has errors of its own, and is not within."""
    try:
        yield
    except InputError:
        raise
    except _DAMAGES as error:
        raise InputError(f"not a Word document: {error}") from None


def _read_texts(package: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    """Return the parts with text by their names; size: of the package, in bytes."""
    infos = package.infolist()
    names = [info.filename for info in infos]
    total = sum(info.file_size for info in infos)
    if len(infos) > _MOST_PARTS or total > min(_MOST_BYTES, max(size * _MOST_RATIO, _LEAST_BYTES)):
        raise TooLargeError(f"the document unpacks to {len(infos):,} parts of {total:,} bytes, which is too much")
    texts = sum(info.file_size for info in infos if _TEXT_PART.fullmatch(info.filename))
    if texts > _MOST_TEXT:
        raise TooLargeError(f"the document's text has {texts:,} bytes, more than {_MOST_TEXT:,}; divide it")
    if len(set(names)) < len(names) or not any(map(_MAIN_PART.fullmatch, names)):
        raise InputError("not a Word document: its package lacks word/document.xml, or holds a part twice")
    return {info.filename: package.read(info) for info in infos if _TEXT_PART.fullmatch(info.filename)}


def _translate_part(content: bytes, translate: TranslatePassages) -> bytes:
    from lxml import etree

    if (count := content.count(b"<") + content.count(b"=")) > _MOST_MARKUP:
        raise TooLargeError(f"the document has {count:,} tags and attributes, more than {_MOST_MARKUP:,}; divide it")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with _damages_told():
            root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"not a Word document: {error.msg}") from None
    tree = root.getroottree()
    if tree.docinfo.doctype:
        raise InputError("not a Word document: its parts declare a document type")
    _translate_paragraphs(root, translate)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))


def _translate_paragraphs(root: Element, translate: TranslatePassages) -> None:
    """Translate paragraph after paragraph; only those that are being translated are held apart."""
    waiting: deque[Paragraph] = deque()

    def passages() -> Iterator[list[Item]]:
        for element in list(root.iter("{*}p")):
            paragraph = Paragraph(element) if is_words_own(element) else None
            if paragraph and paragraph.whole and any(map(has_letters, paragraph.passages)):
                waiting.append(paragraph)
                yield from paragraph.passages

    results = translate(passages())
    for first in results:
        paragraph = waiting.popleft()
        paragraph.rebuild([first, *(next(results) for _ in paragraph.passages[1:])])
