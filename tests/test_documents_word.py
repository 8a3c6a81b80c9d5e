"""Word documents drawn at random: whatever the translation is, all that is no text stays, in every part."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from nmt.documents.formats import FORMATS, translate_document
from nmt.errors import InputError, TooLargeError
from tests import fakes
from tests.test_documents_properties import PLACEHOLDERS, WORDS, every_translator, translator

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PARTS = ["document", "header1", "footer1", "footnotes", "endnotes"]
FORMATTING = [
    "",
    "<w:b/>",
    "<w:i/>",
    '<w:color w:val="FF0000"/>',
    '<w:rStyle w:val="Code"/><w:b/>',
    '<w:lang w:val="de"/>',
]


def run(content: str, form: str = "") -> str:
    return f"<w:r>{f'<w:rPr>{form}</w:rPr>' if form else ''}{content}</w:r>"


def text(content: str) -> str:
    escaped = content.replace("&", "&amp;").replace("<", "&lt;")
    return f'<w:t xml:space="preserve">{escaped}</w:t>'


def field(instruction: str) -> str:
    begin, middle, end = (run(f'<w:fldChar w:fldCharType="{kind}"/>') for kind in ("begin", "separate", "end"))
    return f"{begin}{run(f'<w:instrText>{instruction}</w:instrText>')}{middle}{run(text('1 von 2'))}{end}"


prose = st.lists(st.sampled_from([*WORDS, *(f" {each} " for each in PLACEHOLDERS)]), max_size=7).map("".join)
texts = st.tuples(prose.map(text), st.sampled_from(FORMATTING)).map(lambda pair: run(*pair))
others = st.sampled_from([
    field("PAGE"), field("HYPERLINK {x}"), run("<w:tab/>"), run("<w:br/>"), run('<w:footnoteReference w:id="2"/>'),
    run("<w:drawing><x/></w:drawing>"), run('<w:sym w:font="Wingdings" w:char="F04A"/>'), "<w:proofErr/>",
    '<w:bookmarkStart w:id="0" w:name="Haus"/>', '<w:bookmarkEnd w:id="0"/>', '<w:commentRangeStart w:id="1"/>',
    f"<w:del w:id='9'>{run('<w:delText>Haus</w:delText>')}</w:del>", "<w:fldSimple w:instr='DATE'/>",
])  # fmt: skip
inline = st.recursive(
    texts | others,
    lambda inner: st.tuples(
        st.sampled_from([
            ('<w:hyperlink r:id="rId7">', "</w:hyperlink>"), ('<w:ins w:id="3" w:author="A">', "</w:ins>"),
            ("<w:sdt><w:sdtPr><w:id w:val='4'/></w:sdtPr><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ]),
        st.lists(inner, max_size=3),
    ).map(lambda pair: pair[0][0] + "".join(pair[1]) + pair[0][1]),
    max_leaves=8,
)  # fmt: skip
paragraphs = st.lists(inline, max_size=5).map(
    lambda parts: f'<w:p w:rsidR="00A1"><w:pPr><w:jc w:val="both"/></w:pPr>{"".join(parts)}</w:p>'
)
blocks = st.recursive(
    paragraphs,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(
            lambda cells: (
                "<w:tbl><w:tblPr/><w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr></w:tbl>"
            )
        )
        | inner.map(lambda block: f"<w:p>{run(f'<w:txbxContent>{block}</w:txbxContent>')}{run(text('Haus'))}</w:p>")
    ),
    max_leaves=5,
)


def part(name: str, content: str) -> bytes:
    return f'<w:{name} {NAMESPACES}><w:body attr="x">{content}</w:body></w:{name}>'.encode()


def package(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def kept(root: Any) -> Counter[object]:
    """Count all but runs, their formats and the text in them, and what may be left out."""
    loose = {f"{{{W}}}{name}" for name in ("r", "rPr", "t", "proofErr")}
    return Counter(
        (element.tag, tuple(sorted(element.attrib.items())), "" if element.tag == f"{{{W}}}p" else element.text)
        for element in root.iter()
        if element.tag not in loose and not any(each.tag == f"{{{W}}}rPr" for each in element.iterancestors())
    )


def said(paragraph: Any) -> str:
    """Return the text of a paragraph without that of paragraphs in it."""
    return "".join(
        element.text or "" for element in paragraph.iter(f"{{{W}}}t")
        if next(element.iterancestors(f"{{{W}}}p")) is paragraph
    )  # fmt: skip


def formats(root: Any) -> set[bytes]:
    return {etree.tostring(element, method="c14n") for element in root.iter(f"{{{W}}}rPr")}


@settings(deadline=None, max_examples=60)
@given(st.lists(blocks, min_size=1, max_size=4), st.sampled_from(PARTS), every_translator, st.integers(0, 10**6))
def test_all_that_is_no_text_stays(drawn: list[str], where: str, name: str, seed: int) -> None:
    parts = {"word/document.xml": part("document", f"<w:p>{run(text('Haus'))}</w:p>"), "word/media/a.png": b"\0Haus"}
    parts[f"word/{where}.xml"] = part("document", "".join(drawn))
    result = read(translate_document(package(parts), FORMATS[".docx"], translator(name, seed)))
    assert list(result) == list(parts)
    assert result["word/media/a.png"] == parts["word/media/a.png"]
    before, after = (etree.fromstring(each[f"word/{where}.xml"]) for each in (parts, result))
    assert kept(after) == kept(before)
    assert formats(after) <= formats(before)
    for old, new in zip(before.iter(f"{{{W}}}p"), after.iter(f"{{{W}}}p"), strict=True):
        assert [said(new).count(each) for each in PLACEHOLDERS] == [said(old).count(each) for each in PLACEHOLDERS]


def test_formats_links_and_fields_keep_their_text() -> None:
    content = (
        f"<w:p>{run(text('Das ist '))}{run(text('sehr '), '<w:b/>')}{run(text('wichtig'), '<w:b/>')}{run('<w:tab/>')}"
        f'<w:hyperlink r:id="rId7">{run(text("hier"))}</w:hyperlink>{run(text(" Seite "))}{field("PAGE")}</w:p>'
    )
    result = read(
        translate_document(package({"word/document.xml": part("document", content)}), FORMATS[".docx"], fakes.upper)
    )
    root = etree.fromstring(result["word/document.xml"])
    assert said(root.find(f".//{{{W}}}p")) == "DAS IST SEHR WICHTIGHIER SEITE 1 von 2"
    bold = [element.getnext().text for element in root.iter(f"{{{W}}}rPr")]
    assert bold == ["SEHR WICHTIG"]
    assert "".join(root.find(f".//{{{W}}}hyperlink").itertext()) == "HIER"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("place", range(40, 600, 61))
def test_a_damaged_package_is_told_in_one_line(method: int, place: int) -> None:
    parts = {"word/document.xml": part("document", f"<w:p>{run(text('Haus gut ' * 20))}</w:p>"), "a": bytes(range(250))}
    content = bytearray(package(parts, method))
    content[place : place + 3] = b"\xff\xff\xff"
    try:
        translate_document(bytes(content), FORMATS[".docx"], fakes.upper)
    except InputError as error:
        assert str(error).startswith("not a Word document: ") or "too much" in str(error)
        assert "\n" not in str(error)


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    for parts in (
        {"word/document.xml": b"<a/>", "a": bytes(80_000_000)},
        {"word/document.xml": b"<a>" + b"<b/>" * 1_600_000 + b"</a>"},
        {"word/document.xml": b"<a " + b"b='' " * 1_600_000 + b"/>"},
        {f"word/header{number}.xml": bytes(5_000_000) for number in range(8)} | {"word/document.xml": b"<a/>"},
    ):
        with pytest.raises(TooLargeError):
            translate_document(package(parts), FORMATS[".docx"], fakes.upper)
