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
OFFICE = "http://schemas.openxmlformats.org"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE}/officeDocument/2006/relationships" xmlns:mc="{OFFICE}/markup-compatibility/2006"'
)
PARTS = ["document", "header1", "footer1", "footnotes", "endnotes", "comments"]
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


def code(instruction: str) -> str:
    begin, middle = (run(f'<w:fldChar w:fldCharType="{kind}"/>') for kind in ("begin", "separate"))
    return f"{begin}{run(f'<w:instrText> {instruction} </w:instrText>')}{middle}"


FIELD_END = run('<w:fldChar w:fldCharType="end"/>')


def field(instruction: str, result: str = "1 von 2") -> str:
    return f"{code(instruction)}{run(text(result))}{FIELD_END}"


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


@settings(max_examples=60)
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


def test_what_is_raised_stays_alone_and_with_its_word() -> None:
    for kind in ("superscript", "subscript"):
        raised = f'<w:vertAlign w:val="{kind}"/>'
        content = t("Der Raum hat 20 m") + run(text("2"), raised) + t(" und Wort") + run(text("1"), f"<w:i/>{raised}")
        paragraph = word_translated(content, fakes.upper)
        assert said(paragraph) == "DER RAUM HAT 20 M2 UND WORT1"
        assert [element.getnext().text for element in paragraph.iter(f"{{{W}}}rPr")] == ["2", "1"]


def t(content: str) -> str:
    return run(text(content))


LINK = '<w:hyperlink r:id="rId7">{}</w:hyperlink>'


def deleted(content: str) -> str:
    return f'<w:del w:id="8" w:author="A">{run(f"<w:delText>{content}</w:delText>")}</w:del>'


def inserted(content: str) -> str:
    return f'<w:ins w:id="7" w:author="A">{content}</w:ins>'


def test_a_deletion_does_not_divide_the_word_it_is_in() -> None:
    seen: list[str] = []

    def translate(lines: Any) -> Any:
        seen.extend(lines)
        return fakes.upper(seen)

    content = t("Das ist ein Tes") + deleted("d") + inserted(t("t")) + t(" hier")
    assert said(word_translated(content, translate)) == "DAS IST EIN TEST HIER"
    assert seen == ["Das ist ein Test hier"]


touching = st.recursive(
    st.tuples(
        st.sampled_from(["Haus", "gut", " das", "ist ", " sehr ", " alt, ", "3"]).map(text),
        st.sampled_from(FORMATTING),
    ).map(lambda pair: run(*pair))
    | st.sampled_from(
        [
            deleted("Haus"),
            t("Haus") + run('<w:footnoteReference w:id="2"/>'),
            t(" das") + field("PAGE", ""),
            t(" m") + run(text("2"), '<w:vertAlign w:val="superscript"/>'),
        ]
    ),
    lambda inner: st.tuples(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.sampled_from([inserted, LINK.format, lambda content: code("HYPERLINK x") + content + FIELD_END]),
    ).map(lambda pair: pair[1](pair[0])),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.lists(touching, max_size=6).map("".join))
def test_white_space_is_where_it_was(content: str) -> None:
    before = etree.fromstring(part("document", f"<w:p>{content}</w:p>")).find(f".//{{{W}}}p")
    after = word_translated(content, fakes.upper)
    assert " ".join(said(after).split()) == " ".join(said(before).upper().split())


def bookmark(content: str, number: int = 1) -> str:
    return f'<w:bookmarkStart w:id="{number}" w:name="_Ref{number}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def reference(number: int = 0) -> str:
    return run(f'<w:commentReference w:id="{number}"/>', '<w:rStyle w:val="CommentReference"/>')


def comment(content: str, number: int = 0) -> str:
    start, end = (f'<w:commentRange{end} w:id="{number}"/>' for end in ("Start", "End"))
    return f"{start}{content}{end}{reference(number)}"


def outline(paragraph: Any) -> str:
    """Return the text of a paragraph with brackets for its ranges and signs for what else is in it."""
    signs = {"bookmarkStart": "[", "bookmarkEnd": "]", "commentRangeStart": "<", "commentRangeEnd": ">"}
    signs |= {"commentReference": "*", "instrText": "#", "tab": "/", "hyperlink": "@"}
    names = ((element.tag.rpartition("}")[2], element.text or "") for element in paragraph.iter())
    return "".join(content if name == "t" else signs.get(name, "") for name, content in names)


def word_translated(content: str, translate: Any) -> Any:
    parts = {"word/document.xml": part("document", f"<w:p>{content}</w:p>")}
    result = read(translate_document(package(parts), FORMATS[".docx"], translate))
    return etree.fromstring(result["word/document.xml"]).find(f".//{{{W}}}p")


@pytest.mark.parametrize(
    "content, expected, turned",
    [
        (t("Das ") + bookmark(comment(t("Haus"))) + t(" ist gut"), "THE [<HOUSE>*] IS", "IS [<HOUSE>*] THE"),
        (comment(t("Das Haus")) + t(" ist gut"), "<THE HOUSE>* IS", "IS <HOUSE THE>*"),
        (t("Das ") + comment(t("Haus ist") + run(text(" gut"), "<w:b/>")), "THE <HOUSE IS>*", "<IS HOUSE>* THE"),
        (bookmark(t("Das Haus ist gut")), "[THE HOUSE IS]", "[IS HOUSE THE]"),
        (LINK.format(t("Das ") + bookmark(t("Haus"))) + t(" ist gut"), "@THE [HOUSE] IS", "IS @[HOUSE] THE"),
        (t("Das ") + bookmark(LINK.format(t("Haus"))) + t(" ist gut"), "THE [@HOUSE] IS", "IS [@HOUSE] THE"),
        (t("Das Haus") + comment("") + t(" ist gut"), "THE HOUSE<>* IS", "IS HOUSE<>* THE"),
        (t("Das Ha") + bookmark("") + t("us ist gut"), "THE HOUSE IS[]", "IS HOUSE THE[]"),
        (t("Das Haus ") + bookmark(field("REF")) + t(" ist gut"), "THE HOUSE [#1 von 2] IS", "IS HOUSE [#1 von 2] THE"),
    ],
)
def test_a_range_stays_around_its_words(content: str, expected: str, turned: str) -> None:
    words = {"das": "THE", "haus": "HOUSE", "ist": "IS", "gut": ""}

    def forwards(lines: Any) -> Any:
        return (translation(line, [words[each.lower()] for each in line.split()], 1) for line in lines)

    def backwards(lines: Any) -> Any:
        return (translation(line, [words[each.lower()] for each in line.split()], -1) for line in lines)

    def translation(line: str, found: list[str], step: int) -> Any:
        places = [place for place, word in enumerate(found) if word][::step]
        return fakes.translation(" ".join(found[place] for place in places), line, zip(places, range(9), strict=False))

    assert outline(word_translated(content, forwards)) == expected
    assert outline(word_translated(content, backwards)) == turned


@pytest.mark.parametrize(
    "content, expected",
    [
        # Two that overlap in part, one over a tab, one into a link.
        (
            '<w:bookmarkStart w:id="1"/>' + t("Das ") + '<w:commentRangeStart w:id="0"/>' + t("Haus")
            + '<w:bookmarkEnd w:id="1"/>' + t(" ist") + f'<w:commentRangeEnd w:id="0"/>{reference()}' + t(" gut"),
            "<[DAS HAUS] IST GUT>*",
        ),
        (t("Das ") + comment(t("Haus") + run("<w:tab/>") + t("ist")) + t(" gut"), "<DAS HAUS/IST GUT>*"),
        (
            t("Das ") + '<w:bookmarkStart w:id="1"/>' + LINK.format(t("Haus") + '<w:bookmarkEnd w:id="1"/>' + t(" ist"))
            + t(" gut"),
            "[DAS @HAUS] IST GUT",
        ),
        # One that goes on, and one that went on, in another paragraph.
        (t("Das ") + '<w:commentRangeStart w:id="0"/>' + t("Haus"), "DAS HAUS<"),
        (t("Das ") + f'<w:commentRangeEnd w:id="0"/>{reference()}' + t("Haus"), "DAS HAUS>*"),
    ],
)  # fmt: skip
def test_a_range_that_no_pair_can_be_is_around_the_paragraph(content: str, expected: str) -> None:
    assert outline(word_translated(content, fakes.upper)) == expected


def simple(instruction: str, result: str) -> str:
    return f'<w:fldSimple w:instr=" {instruction} ">{t(result)}</w:fldSimple>'


def entry(title: str, page: int) -> str:
    return LINK.format(t(title) + run("<w:tab/>") + field("PAGEREF a", str(page)))


FIRST, LAST = code("TOC \\o") + entry("Vorwort", 1), entry("Haus", 2) + FIELD_END


@pytest.mark.parametrize(
    "content, expected",
    [
        (t("Siehe ") + field('HYPERLINK "x"', "das Haus") + t(" bitte"), "SIEHE #DAS HAUS BITTE"),
        (t("Siehe ") + simple("HYPERLINK x", "das Haus") + t(" bitte"), "SIEHE DAS HAUS BITTE"),
        (t("am ") + simple("DATE", "1. Mai") + t(" bitte"), "AM 1. Mai BITTE"),
        (t("am ") + field("DATE", "1. Mai") + t(" bitte"), "AM #1. Mai BITTE"),
        (FIRST, "#@VORWORT/#1"),
        (LAST, "@HAUS/#2"),
        (t("Das ") + FIRST, "Das #@Vorwort/#1"),
        (LAST + t("Das"), "@Haus/#2Das"),
        (code("HYPERLINK x") + t("das Haus"), "#das Haus"),
        (code("HYPERLINK x") + LINK.format(t("das Haus") + FIELD_END), "#@das Haus"),
        (code("IF") + t("das Haus"), "#das Haus"),
        ('<w:dir w:val="ltr">' + t("das") + "</w:dir>" + t(" Haus"), "DAS HAUS"),
        ("<w:customXml><w:customXmlPr/>" + t("das") + "</w:customXml>" + t(" Haus"), "DAS HAUS"),
    ],
)
def test_the_text_of_links_and_lists_is_translated_and_other_fields_stay(content: str, expected: str) -> None:
    paragraph = word_translated(content, fakes.upper)
    assert outline(paragraph) == expected
    before = etree.fromstring(part("document", f"<w:p>{content}</w:p>")).find(f".//{{{W}}}p")
    chars = f"{{{W}}}fldChar"
    assert [dict(each.attrib) for each in paragraph.iter(chars)] == [dict(each.attrib) for each in before.iter(chars)]


@pytest.mark.parametrize("name", ["smartTag", "customXml"])
def test_what_says_what_a_container_is_stays_first_in_it(name: str) -> None:
    content = f"<w:{name}><w:{name}Pr/>{t('das ist')}</w:{name}>{t(' gut')}"
    container = word_translated(content, fakes.backwards).find(f"{{{W}}}{name}")
    assert [each.tag.rpartition("}")[2] for each in container] == [f"{name}Pr", "r"]


def test_a_comment_is_translated_and_still_known_to_its_answers() -> None:
    note = f'<w:p w:rsidR="00A1">{run("<w:annotationRef/>", "<w:b/>")}{t("Das ist gut")}</w:p>'
    comments = part("comments", f'<w:comment w:id="0" w:author="Haus" w:initials="H">{note}</w:comment>')
    extended = part("commentsEx", '<w:commentEx w:paraId="00A1"/>')
    parts = {"word/document.xml": part("document", f"<w:p>{comment(t('Haus'))}</w:p>")}
    parts |= {"word/comments.xml": comments, "word/commentsExtended.xml": extended}
    result = read(translate_document(package(parts), FORMATS[".docx"], fakes.upper))
    before, after = (etree.fromstring(each["word/comments.xml"]) for each in (parts, result))
    assert kept(after) == kept(before)
    assert said(after.find(f".//{{{W}}}p")) == "DAS IST GUT"
    assert result["word/commentsExtended.xml"] == extended


def alternatives(first: str, other: str) -> str:
    return (
        f'<mc:AlternateContent><mc:Choice Requires="wps">{first}</mc:Choice>'
        f"<mc:Fallback>{other}</mc:Fallback></mc:AlternateContent>"
    )


@pytest.mark.parametrize("wrapped", [run, "{}".format])
def test_both_forms_of_a_text_box_read_alike(wrapped: Any) -> None:
    box = f"<w:txbxContent><w:p>{t('Das ist ')}{run(text('gut'), '<w:b/>')}</w:p></w:txbxContent>"
    forms = alternatives(f"<w:drawing>{box}</w:drawing>", f"<w:pict>{box}</w:pict>")
    around = word_translated(t("Das ") + wrapped(forms) + t(" Haus"), fakes.backwards)
    assert said(around).split() == ["Haus", "Das"]
    boxes = around.findall(f".//{{{W}}}txbxContent")
    assert [each.getparent().tag.rpartition("}")[2] for each in boxes] == ["drawing", "pict"]
    assert [said(each[0]) for each in boxes] == ["gut ist Das"] * 2


@pytest.mark.parametrize(
    "content, expected",
    [
        # An emoji as newer versions write it, with a sign of a font for older ones.
        (t("Das ") + run(alternatives("<w:symEx/>", text("\U0001f60a"))) + t(" Haus"), "DAS \U0001f60a HAUS"),
        (t("Das ") + alternatives(t("so"), t("so")) + t(" Haus"), "DAS soso HAUS"),
        (run(text("Donau") + "<w:softHyphen/>" + text("dampf")), "DONAUDAMPF"),
        (run(text("E") + "<w:noBreakHyphen/>" + text("Mail")), "E\u2011MAIL"),
        (t("Haus ") + deleted("alt") + inserted(run(text("neu") + "<w:br/>" + text("so"))), "HAUS NEUSO"),
        ("<w:sdt><w:sdtPr/><w:sdtContent>" + run(text("a") + "<w:br/>" + text("b")) + "</w:sdtContent></w:sdt>", "AB"),
        (t("Haus") + "<w:moveFrom>" + t("so") + "</w:moveFrom><w:moveTo>" + t(" gut") + "</w:moveTo>", "HAUSso GUT"),
        (t("Haus ") + run("<w:ruby><w:rt>" + t("so") + "</w:rt></w:ruby>") + t(" gut"), "HAUS so GUT"),
    ],
)
def test_what_is_more_than_text_comes_through(content: str, expected: str) -> None:
    paragraph = word_translated(content, fakes.upper)
    assert said(paragraph) == expected
    before = etree.fromstring(part("document", f"<w:p>{content}</w:p>")).find(f".//{{{W}}}p")
    letters = {f"{{{W}}}softHyphen", f"{{{W}}}noBreakHyphen"}
    assert kept(paragraph) == Counter({each: n for each, n in kept(before).items() if each[0] not in letters})  # type: ignore[index]


def test_a_namespace_of_any_name_is_read() -> None:
    content = "<w:p xmlns:x='a/b'>" + t("Das ") + run(text("Haus"), "<w:b/><x:c/>") + "</w:p>"
    result = read(
        translate_document(package({"word/document.xml": part("document", content)}), FORMATS[".docx"], fakes.upper)
    )
    assert said(etree.fromstring(result["word/document.xml"]).find(f".//{{{W}}}p")) == "DAS HAUS"


@st.composite
def with_ranges(draw: st.DrawFn) -> str:
    """Draw a paragraph with ranges that may overlap."""
    parts = draw(st.lists(texts | prose.map(t).map(LINK.format) | others.filter(lambda each: "w:id" not in each)))
    for number in range(draw(st.integers(0, 4))):
        start, end = sorted(draw(st.tuples(st.integers(0, len(parts)), st.integers(0, len(parts)))))
        opening, _, closing = draw(st.sampled_from([bookmark, comment]))("|", number).partition("|")
        parts = [*parts[:start], opening, *parts[start:end], closing, *parts[end:]]
    return "".join(parts)


@settings(max_examples=150)
@given(with_ranges(), every_translator, st.integers(0, 10**6))
def test_a_range_starts_before_it_ends_whatever_the_translation(content: str, name: str, seed: int) -> None:
    order = [
        (element.tag.rpartition("}")[2], element.get(f"{{{W}}}id"))
        for element in word_translated(content, translator(name, seed)).iter()
    ]
    for kind, number in order:
        if kind.endswith("Start"):
            assert order.index((kind, number)) < order.index((kind.replace("Start", "End"), number))
        if kind == "commentReference":
            assert order.index(("commentRangeEnd", number)) < order.index((kind, number))


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


@pytest.mark.parametrize("error", [RuntimeError("no memory"), KeyError("a bug"), OSError("a device"), ValueError("x")])
def test_an_error_of_what_translates_is_no_damage(error: Exception) -> None:
    def failing(lines: Any) -> Any:
        list(lines)
        raise error
        yield

    with pytest.raises(type(error)) as caught:
        word_translated(t("Haus"), failing)
    assert caught.value is error


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    for parts in (
        {"word/document.xml": b"<a/>", "a": bytes(80_000_000)},
        {"word/document.xml": b"<a>" + b"<b/>" * 1_600_000 + b"</a>"},
        {"word/document.xml": b"<a " + b"b='' " * 1_600_000 + b"/>"},
        {f"word/header{number}.xml": bytes(5_000_000) for number in range(8)} | {"word/document.xml": b"<a/>"},
    ):
        with pytest.raises(TooLargeError):
            translate_document(package(parts), FORMATS[".docx"], fakes.upper)
