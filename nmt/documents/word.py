"""Word documents (.docx): the paragraphs of the text, tables, notes, headers and footers.

Only these parts of the package are written anew, and in them only paragraphs that were translated. Entities and
external files are never read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nmt.documents.marks import Item, has_letters
from nmt.documents.passages import TranslatePassages
from nmt.documents.word_paragraph import Paragraph
from nmt.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_TEXT_PART = re.compile(r"word/(?:document|header|footer|footnotes|endnotes)\d*\.xml")
_MAIN_PART = re.compile(r"word/document\d*\.xml")
# What a package may unpack to, so that a small file cannot fill the memory.
_MOST_BYTES, _MOST_PARTS, _MOST_RATIO = 1 << 29, 10_000, 1000
_MOST_TEXT = 1 << 26


def translate_word(content: bytes, translate: TranslatePassages, _columns: Sequence[str]) -> bytes:
    """Translate a document; raises InputError for what is no Word document, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _translate_package(package, translate, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, ValueError) as error:
        # RuntimeError: a password is asked for.
        raise InputError(f"not a Word document: {error}") from None


def _translate_package(package: zipfile.ZipFile, translate: TranslatePassages, size: int) -> bytes:
    infos = package.infolist()
    names = [info.filename for info in infos]
    total = sum(info.file_size for info in infos)
    if len(infos) > _MOST_PARTS or total > min(_MOST_BYTES, max(size * _MOST_RATIO, 1 << 24)):
        raise InputError(f"the document unpacks to {len(infos):,} parts of {total:,} bytes, which is too much")
    if len(set(names)) < len(names) or not any(map(_MAIN_PART.fullmatch, names)):
        raise InputError("not a Word document: its package lacks word/document.xml, or holds a part twice")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for info in infos:
            part = package.read(info)
            out.writestr(info, _translate_part(part, translate) if _TEXT_PART.fullmatch(info.filename) else part)
    return written.getvalue()


def _translate_part(content: bytes, translate: TranslatePassages) -> bytes:
    from lxml import etree

    if len(content) > _MOST_TEXT:
        raise InputError(f"the document's text has {len(content):,} bytes, more than {_MOST_TEXT:,}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"not a Word document: {error.msg}") from None
    tree = root.getroottree()
    if tree.docinfo.doctype:
        raise InputError("not a Word document: its parts declare a document type")
    _translate_paragraphs(root, translate)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))


def _translate_paragraphs(root: Element, translate: TranslatePassages) -> None:
    paragraphs = [Paragraph(element) for element in list(root.iter("{*}p")) if _is_word(element)]
    wanted = [each for each in paragraphs if each.whole and any(map(has_letters, each.passages))]
    results = translate(passage for each in wanted for passage in each.passages)
    for each in wanted:
        each.rebuild(list(_take(results, len(each.passages))))


def _take(results: Iterator[list[Item]], count: int) -> Iterator[list[Item]]:
    return (next(results) for _ in range(count))


def _is_word(element: Element) -> bool:
    return "wordprocessingml" in element.tag
