"""Tests of the formats: the text is translated, everything else is as it was."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import polib
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nmt.documents.files import write_document
from nmt.documents.formats import FORMATS, translate_document
from nmt.errors import InputError
from nmt.translation import Translation
from tests import fakes

seeds = st.integers(0, 10**6)


def translated(text: str, suffix: str, translate: Any = fakes.upper, columns: tuple[str, ...] = ()) -> str:
    return translate_document(text.encode(), FORMATS[suffix], translate, columns).decode()


# --- plain text, HTML, Markdown ---


def test_lines_of_text_keep_their_ends_and_blank_lines() -> None:
    text = "\ufeffHaus {x}\r\n\r\n  gut\tso \u2028 ja\n123 %d\n"
    assert translated(text, ".txt") == "\ufeffHAUS {x}\r\n\r\n  GUT\tSO JA\n123 %d\n"


PAGE = """<!DOCTYPE html>
<html lang="de"><head><title>Das Haus</title><style>p > a { color: red }</style>
<script>if (a < b) { alert("Haus") }</script></head>
<body class='x'><!-- Kommentar -->
<h1>Hallo</h1><p>Das ist <b>sehr <i>wichtig</i></b> &amp; gut,<br>Gr&uuml;&szlig;e
  <code>rm -rf</code> {name}</p><pre>Haus   Haus</pre><p translate="no">Haus</p>
<ul><li>eins<li>zwei</ul><img src="a.png" alt="Haus"><p>a < b & c</p></body></html>
"""


def test_a_page_keeps_all_but_its_text() -> None:
    result = translated(PAGE, ".html")
    assert tags(result) == tags(PAGE.replace('alt="Haus"', 'alt="HAUS"'))
    assert "<title>DAS HAUS</title>" in result
    assert "DAS IST <b>SEHR <i>WICHTIG</i></b> &amp; GUT,<br>GRÜSSE <code>rm -rf</code> {name}</p>" in result
    assert '<pre>Haus   Haus</pre><p translate="no">Haus</p>' in result
    assert '<script>if (a < b) { alert("Haus") }</script>' in result


def tags(page: str) -> list[str]:
    return re.findall(r"<!--.*?-->|</?[a-zA-Z!][^>]*>", page, re.DOTALL)


class WellFormed(HTMLParser):
    """Fails where an element of XHTML is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[str] = []
        self.tags: Counter[str | None] = Counter()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.waiting.append(tag)
        self.tags[self.get_starttag_text()] += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags[self.get_starttag_text()] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.waiting.pop() == tag
        self.tags[f"</{tag}>"] += 1


def well_formed(page: str) -> Counter[str | None]:
    parser = WellFormed()
    parser.feed(page)
    parser.close()
    assert not parser.waiting
    return parser.tags


elements = st.recursive(
    st.sampled_from(["Haus", " ", "gut. ", "&amp;", "&lt;", "{x}", "%s", "<br/>", "3", "ä &quot;", "<!-- c -->"]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "p", "div", "code", "a", "li", "pre"]), st.lists(inner, max_size=4)
    ).map(lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0]}>"),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.lists(elements, max_size=5).map("".join), seeds)
def test_a_page_stays_well_formed_whatever_the_translation(page: str, seed: int) -> None:
    for translate in (fakes.upper, fakes.backwards, fakes.hostile(seed)):
        result = translated(page, ".html", translate)
        assert well_formed(result) == well_formed(page)
        for kept in ("{x}", "%s", "&amp;", "&lt;", "<!-- c -->"):
            assert result.count(kept) == page.count(kept)


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 300_000, '<a b="' * 200_000, "<!-- " * 200_000, "<script>" * 100_000, "<b>" * 100_000, "&" * 500_000,
        "<a" + " class=" * 280_000 + ">", "<a" + " class='" * 280_001 + ">", "<li translate=no>" + "<b>" * 100_000,
        "<![CDATA[" * 200_000,
    ],
)  # fmt: skip
def test_a_page_without_ends_takes_no_time_without_end(text: str) -> None:
    start = time.process_time()
    assert translated(text, ".html") == text
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "kept, page",
    [
        ("<li translate=no>haus", "<ul>{}<li>gut</ul><p>so"),
        ("<li translate=no><ul><li>haus</ul>", "<ul>{}<li>gut</ul><p>so"),
        ("<p class='a notranslate'>haus", "{}<p>gut<div>so</div>"),
        ("<td translate=no>haus", "<table><tr>{}<td>gut<tr><td>so</table>"),
        ("<p translate=no>haus<button>haus</button> haus", "<div>{}</div>gut so"),
        ('<b class="x notranslate">haus<b>haus</b></b>', "gut {} so"),
        ("<div translate=no><p>haus<p>haus</div>", "gut{}so"),
    ],
)
def test_what_is_not_to_be_translated_ends_where_browsers_end_it(kept: str, page: str) -> None:
    expected = page.format("#").replace("gut", "GUT").replace("so", "SO").replace("#", kept)
    assert translated(page.format(kept), ".html") == expected


XHTML = '<html xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize("start", [XHTML, '<?xml version="1.0"?>\n<html>'])
@pytest.mark.parametrize(
    "page",
    [
        '<script src="a.js"/><title>haus</title>',
        "<style/><p>haus<textarea/> gut</p>",
        '<iframe src="a"/><title/><p>haus</p>',
        "<script>if (a)</script><p>haus</p>",
    ],
)
def test_a_tag_of_xhtml_that_ends_itself_is_an_element(start: str, page: str) -> None:
    expected = page.replace("haus", "HAUS").replace("gut", "GUT")
    assert translated(f"{start}{page}</html>", ".xhtml") == f"{start}{expected}</html>"


def test_an_element_of_xhtml_that_is_not_translated_ends_where_it_ends() -> None:
    page = f"{XHTML}<div translate='no'>haus<div/></div>gut<pre/>so</html>"
    assert translated(page, ".xhtml") == page.replace("gut", "GUT").replace("so", "SO")


def test_a_script_of_html_does_not_end_with_its_tag() -> None:
    page = '<html lang="de"><script src="a.js"/>haus</script>gut</html>'
    assert translated(page, ".html") == page.replace("gut", "GUT")


@pytest.mark.parametrize(
    "page, expected",
    [
        ("gut<![CDATA[ und <b>so</b> ]]>.", "GUT<![CDATA[ und <b>so</b> ]]>."),
        ("gut <![CDATA[a > b]]> haus <![CDATA[]]>", "GUT <![CDATA[a > b]]> HAUS <![CDATA[]]>"),
        ("gut <![CDATA[a> haus", "GUT <![CDATA[a> HAUS"),
    ],
)
def test_characters_that_are_no_markup_stay_as_they_are(page: str, expected: str) -> None:
    assert translated(f"{XHTML}<p>{page}</p></html>", ".xhtml") == f"{XHTML}<p>{expected}</p></html>"


@pytest.mark.parametrize(
    "tag, kept",
    [
        ("p title=' translate=no'", False),
        ('p class="notranslate-not"', False),
        ("p data-class=notranslate", False),
        ("p translate", False),
        ("p TRANSLATE = 'NO'", True),
        ('p title="it\'s" class="a notranslate b"', True),
        ("p title=a>b translate=no", False),
    ],
)
def test_only_its_own_attributes_say_that_an_element_is_not_translated(tag: str, kept: bool) -> None:
    assert translated(f"<{tag}>Haus", ".html").endswith("Haus" if kept else "HAUS")


@pytest.mark.parametrize(
    "tag, expected",
    [
        ('<img alt="Ein Haus" src="haus.png">', '<img alt="EIN HAUS" src="haus.png">'),
        ("<p class='haus'title='gut' data-title='gut'>", "<p class='haus'title='GUT' data-title='gut'>"),
        ('<a TITLE = "R&amp;D &quot;gut&quot; 1 &lt; 2">', '<a TITLE = "R&amp;D &quot;GUT&quot; 1 &lt; 2">'),
        ("<a title='das &#39;Haus&#39; \"gut\"'>", "<a title='DAS &#39;HAUS&#39; \"GUT\"'>"),
        ('<a title="gut {x}" title=haus aria-label="{x}">', '<a title="GUT {x}" title=haus aria-label="{x}">'),
        ('<input placeholder="Haus" value="gut">', '<input placeholder="HAUS" value="gut">'),
        ('<input type="Submit" value="gut">', '<input type="Submit" value="GUT">'),
        ('<button value="gut">', '<button value="gut">'),
        ('<option label="gut" value="haus">', '<option label="GUT" value="haus">'),
        ('<meta name="description" content="gut">', '<meta name="description" content="GUT">'),
        ('<meta property="og:title" content="gut">', '<meta property="og:title" content="GUT">'),
        ('<meta name="robots" content="all">', '<meta name="robots" content="all">'),
        ("<a b='1'title=\" alt='gut' \">", "<a b='1'title=\" ALT='GUT' \">"),
        ('<p translate="no" title="gut">', '<p translate="no" title="gut">'),
        ('<code title="gut">', '<code title="gut">'), ('<!-- <a title="gut"> -->', '<!-- <a title="gut"> -->'),
        ('<a title="', '<a title="'), ('<a title="gut', '<a title="gut'),
    ],
)  # fmt: skip
def test_attributes_that_people_read_are_translated(tag: str, expected: str) -> None:
    assert translated(f"<p>1</p>{tag}", ".html") == f"<p>1</p>{expected}"


def test_an_attribute_within_a_sentence_is_translated_on_its_own() -> None:
    page = 'Das <b title="sehr gut">Haus</b> ist <img alt="ein Bild"> alt.'
    assert translated(page, ".html") == 'DAS <b title="SEHR GUT">HAUS</b> IST <img alt="EIN BILD"> ALT.'


@pytest.mark.parametrize(
    "declared", ['<meta charset="iso-8859-1">', '<?xml version="1.0" encoding="ISO-8859-1"?>',
                 '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">']
)  # fmt: skip
def test_a_page_of_another_charset_gets_references(declared: str) -> None:
    answers = answer("größer", (0, 0))
    assert translated(f"{declared}<p>bigger</p>", ".html", answers) == f"{declared}<p>gr&#246;&#223;er</p>"
    plain = '<meta charset="utf-8"><p>bigger</p>'
    assert translated(plain, ".html", answers) == plain.replace("bigger", "größer")


@pytest.mark.parametrize(
    "page, expected",
    [
        ("80 m<sup>2</sup> und CO<sub>2</sub>.", "80 M<sup>2</sup> UND CO<sub>2</sub>."),
        ("Das Wort<sup>1</sup>.", "DAS WORT<sup>1</sup>."),
        ('ein Wort<sup><a href="#f1">1</a></sup>.', 'EIN WORT<sup><a href="#f1">1</a></sup>.'),
        ("Am 5<sup>th</sup> um <sup>oben</sup>.", "AM 5<sup>th</sup> UM <sup>OBEN</sup>."),
        ("Daten&shy;schutz ist&zwnj;gut", "DATENSCHUTZ ISTGUT"),
    ],
)
def test_what_is_raised_and_what_is_not_seen_stays_within_its_word(page: str, expected: str) -> None:
    assert translated(f"<p>{page}</p>", ".html").replace("\u00ad", "").replace("\u200c", "") == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    "page, expected",
    [
        ("Gr&uumln und Gr&#252n", "GRÜN UND GRÜN"),
        ("&copy 2024 Haus &amp Hof", "&copy; 2024 HAUS &amp; HOF"),
        ("AT&T und R&D", "AT&amp;T UND R&amp;D"),
        ("nur 5&nbsp;&euro; bei 20&deg;", "NUR 5&nbsp;€ BEI 20°"),
        ("&notin; &hearts; Haus", "&notin; &hearts; HAUS"),
    ],
)
def test_references_are_read_as_browsers_read_them(page: str, expected: str) -> None:
    assert translated(f"<p>{page}</p>", ".html") == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    "page",
    [
        "MR.&#160;SMITH KAM", "GUTEN&nbsp;MORGEN,&nbsp;ANNA!", "PREIS:&#xA0;5&#xA0;EURO", "NR.&#8201;5, 6&#8201;KM",
        "HAUS&nbsp;&nbsp;&nbsp;HOF", "&nbsp;HAUS &nbsp;", "<b>PREIS:</b>&nbsp;{x}&nbsp;EURO", "&copy;&nbsp;2024",
        '<img alt="5&nbsp;KM">', "5\u00a0KM", "HAUS <img src=x>&nbsp;GUT",
    ],
)  # fmt: skip
def test_a_reference_to_a_space_is_a_space_and_written_again(page: str) -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        for line in lines:
            seen.append(line)
            yield from fakes.upper([line])

    source = re.sub(r"(?<![&#\w{])[A-Z]\w*", lambda word: word[0].title(), page)
    assert translated(f"<p>{source}</p>", ".html", translate) == f"<p>{page}</p>"
    assert not re.search(r"[&;]|[.,:]\w", " ".join(seen))


@pytest.mark.parametrize("reference", ["&#11;", "&#127;", "&#x1;", "&#0;", "&#xD800;"])
def test_a_reference_to_no_character_of_a_text_stays(reference: str) -> None:
    assert translated(f"<p>Haus {reference} gut</p>", ".html") == f"<p>HAUS {reference} GUT</p>"


def test_a_place_where_a_word_may_be_broken_does_not_divide_it() -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    result = translated("<p>Donau<wbr>dampf ist gut</p>", ".html", translate)
    assert seen == ["Donaudampf ist gut"] and result.count("<wbr>") == 1


def test_boxes_and_definitions_of_markdown_keep_their_lines() -> None:
    text = "> [!NOTE]\n> Das ist gut.\n\n:::tip\nHaus\n:::\n\n!!! note\n    Haus\n\nHaus\n: gut und\nso\n"
    expected = (
        text.replace("Das ist gut", "DAS IST GUT").replace("Haus", "HAUS").replace(": gut und\nso", ": GUT UND SO")
    )
    assert translated(text, ".md") == expected


@pytest.mark.parametrize(
    "link, expected",
    [
        ("<info@example.org>", "<info@example.org>"),
        ("[Handbuch]", "[HANDBUCH][Handbuch]"),
        ("[Handbuch][]", "[HANDBUCH][Handbuch]"),
        ("[*Das* Handbuch]", "[*DAS* HANDBUCH][*Das* Handbuch]"),
        ("![Bild] gut", "![BILD][Bild] GUT"),
        ("[Haus]", "[HAUS]"),
        ("[gut](b 'c d')", "[GUT](b 'c d')"),
        ("[gut](b (c d))", "[GUT](b (c d))"),
        ('[gut](b "c \\" d")', '[GUT](b "c \\" d")'),
        ("[gut](/b(c)d(e))", "[GUT](/b(c)d(e))"),
        ("[gut]( <b c> )", "[GUT]( <b c> )"),
        ("[gut](a)[alt](b)", "[GUT](a)[ALT](b)"),
        ("[gut](https://x.de)[alt](https://y.de)en", "[GUT](https://x.de)[ALTEN](https://y.de)"),
        ("![Bild](https://x.de/a.svg)[![gut](b.svg)](c)", "![BILD](https://x.de/a.svg)[![GUT](b.svg)](c)"),
    ],
)
def test_every_kind_of_link_in_markdown_stays_one(link: str, expected: str) -> None:
    definitions = "\n\n[handbuch]: a.html\n[bild]: b.png\n[*das*  Handbuch]: c\n"
    assert translated(f"Das ist {link}." + definitions, ".md") == f"DAS IST {expected}." + definitions


@pytest.mark.parametrize(
    "kept",
    [":smile:", ":+1:", "$x_1 + y$", "$2^n$", "$$ a b $$", "$\\alpha$-", "\n$$\na b \\\\\nc\n$$\n", "\n$$a b$$\n"],
)
def test_emoji_and_formulas_of_markdown_stay(kept: str) -> None:
    assert translated(f"Das ist {kept} gut.\n", ".md").split(kept) == ["DAS IST ", " GUT.\n"]


@pytest.mark.parametrize(
    "text",
    ["a: b: c", "um 12:30:45 uhr", "us$ und a$ ja", "$5 und 6$ ja", "5$-6$ ja", "$$a$$ ja\nja $$a$$"],
)
def test_times_and_money_in_markdown_are_no_emoji_and_no_formulas(text: str) -> None:
    assert translated(text, ".md").split() == text.upper().replace("$$A$$", "$$a$$").split()


def test_what_is_almost_a_link_takes_no_time_without_end() -> None:
    start = time.process_time()
    for text in (
        "[a](" + " " * 100_000,
        "](" * 20_000,
        "](a(b)" * 5_000,
        "](b 'c" * 5_000,
        "[" * 50_000 + "]" * 50_000,
    ):
        translated(text, ".md")
    assert time.process_time() - start < 20


def test_footnotes_and_abbreviations_of_markdown_stay_apart() -> None:
    text = "Haus[^1].\n[^1]: Das ist eine Notiz.\n[^b]:   Das ist\nnoch eine.\n\n*[HTML]: Sprache: gut\n*[a b]: Haus\n"
    assert translated(text, ".md") == (
        "HAUS[^1].\n[^1]: DAS IST EINE NOTIZ.\n[^b]:   DAS IST NOCH EINE.\n\n*[HTML]: SPRACHE: GUT\n*[a b]: HAUS\n"
    )


def test_spaces_in_markdown_take_no_time_without_end() -> None:
    start = time.process_time()
    assert translated("a" + " " * 1_900_000 + "b", ".md") == "A B"
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "front",
    ["---\ntitle: Haus\n---\n", "---\r\ntitle: Haus\r\n...\r\n", "---\na: ...\n... \n", '+++\ntitle = "Haus"\n+++\n'],
)
def test_front_matter_of_markdown_stays(front: str) -> None:
    assert translated(f"{front}Haus ---\n", ".md") == f"{front}HAUS ---\n"
    assert translated(front.rstrip(), ".md") == front.rstrip()


@pytest.mark.parametrize("start", ["---", "+++"])
def test_front_matter_without_an_end_takes_no_time_without_end(start: str) -> None:
    start_time = time.process_time()
    assert translated(f"{start}\r\n" + "haus\r\n" * 1000, ".md").count("HAUS") == 1000
    assert time.process_time() - start_time < 20


MARKDOWN = """---
title: Haus
---
# Das *Haus*

Das ist **sehr wichtig** und `code haus` [hier](https://x.de/haus "t").
Noch eine Zeile@@
nach dem Umbruch \\* und https://x.de.

> Zitat mit _Betonung_
> geht weiter

- [ ] eins
- zwei
  1. drei ![bild](a.png)

```python
haus = 1
```

    haus eingerückt

| Kopf | Zwei |
|---|:-:|
| a \\| b | `x` gut |

<div>Haus <b>gut</b></div>

[ref]: https://haus.de
""".replace("@@", "  ")


def test_markdown_keeps_its_markup_code_and_links() -> None:
    result = translated(MARKDOWN, ".md")
    for line in (
        "title: Haus", "# DAS *HAUS*", '[HIER](https://x.de/haus "t"). NOCH EINE ZEILE  ',
        "NACH DEM UMBRUCH \\* UND https://x.de.",
        "> ZITAT MIT _BETONUNG_ GEHT WEITER", "- [ ] EINS", "  1. DREI ![BILD](a.png)", "haus = 1",
        "    haus eingerückt",
        "| KOPF | ZWEI |", "|---|:-:|", "| A \\| B | `x` GUT |", "<div>HAUS <b>GUT</b></div>", "[ref]: https://haus.de",
    ):  # fmt: skip
        assert line in result.split("\n") or line in result, line
    assert "DAS IST **SEHR WICHTIG** UND `code haus`" in result


@pytest.mark.parametrize(
    "text, said, expected",
    [
        ("Das ist **sehr** gut\n", "this is good", "this is **good**\n"),
        ("Das ist gut *ja*\n", "this is good", "this is *good*\n"),
        ("Das [Haus](x.html) ist\n", "this is", "this [is](x.html)\n"),
        ("Das [](x.html) ist\n", "this is", "this [](x.html) is\n"),
        ("Das a_b_c\n", "_this_ *is*", "\\_this\\_ \\*is\\* a_b_c\n"),
        ("# 1. Das ist\n", "1. this is", "# 1\\. this is\n"),
        ("Das ist\n", "", "Das ist\n"),
        ("Das ist\n", "- this", "\\- this\n"),
    ],
)
def test_markdown_stays_markdown_where_words_are_lost_or_look_like_markup(text: str, said: str, expected: str) -> None:
    pairs = {("Das", "this"), ("ist", "is"), ("gut", "good")}

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        for line in lines:
            units = [each.split() for each in (line, said)]
            alignment = [
                (src, tgt)
                for src, one in enumerate(units[0])
                for tgt, other in enumerate(units[1])
                if (one, other) in pairs
            ]
            yield Translation(said, tokens=spelt(said), src_tokens=spelt(line), alignment=tuple(alignment))

    assert translated(text, ".md", translate) == expected


@pytest.mark.parametrize(
    "text",
    [
        "> <details>\n> <summary>Mehr lesen</summary>\n> Das ist ein Haus.\n> </details>\n",
        "> <details>\r\n> <summary>Mehr lesen</summary>\r\n> Das ist ein <!-- c\r\n> c --> Haus.\r\n> </details>\r\n",
        "- > <div>\n  > Das <b\n  > title='x'>ist</b> gut.\n  >\n  > gut\n",
        "-\t<div>\n\tDas ist\n\t<b>gut</b>.\n\t</div>",
        "1. <pre>\n   Haus\n\n     Haus</pre>\n   <p>Das ist\n   gut\n",
        "<div>\r\n  Das ist\r\n</div>\r\n",
    ],
)
def test_html_within_markdown_keeps_what_stands_before_its_lines(text: str) -> None:
    result = translated(text, ".md")
    assert html_blocks(result) == html_blocks(text)
    assert "IST" in result and "&gt;" not in result


def html_blocks(text: str) -> list[tuple[str, str]]:
    """Return the blocks of a document, those of HTML with their words."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [(token.type, " ".join(token.content.lower().split())) for token in tokens]


def spelt(text: str) -> tuple[str, ...]:
    return tuple(f"\u2581{word}" for word in text.split())


# --- subtitles, gettext ---

SRT = """1
00:00:01,000 --> 00:00:02,500 X1:1
<i>Das ist ein
langer Satz.</i>

2
00:00:03,000 --> 00:00:04,000
- Hallo.
- {\\an8}Ja.
""".replace("\n", "\r\n")
VTT = """WEBVTT - Haus

STYLE
::cue { color: red }

NOTE Haus

haus1
00:01.000 --> 00:02.000 line:0
<v Anna>Das ist &amp; gut
"""


def test_subtitles_keep_times_settings_and_lines() -> None:
    assert translated(SRT, ".srt") == SRT.replace("Das ist ein\r\nlanger Satz.", "DAS IST EIN\r\nLANGER SATZ.").replace(
        "Hallo", "HALLO"
    ).replace("Ja", "JA")
    assert translated(VTT, ".vtt") == VTT.replace("Das ist", "DAS IST").replace("gut", "GUT")


def test_a_cue_ends_where_the_next_one_begins() -> None:
    text = SRT.replace("\r\n\r\n", "\r\n")
    assert translated(text, ".srt") == translated(SRT, ".srt").replace("\r\n\r\n", "\r\n")
    text = f"{TIMED}haus\n00:06.000 --> 00:07.000\n00:08.000 --> 00:09.000\n3\ngut\n\n5\n"
    assert translated(text, ".vtt") == text.replace("haus", "HAUS").replace("gut", "GUT")


def test_times_of_subtitles_need_no_spaces_around_the_arrow() -> None:
    text = SRT.replace(" --> ", "-->")
    assert translated(text, ".srt") == translated(SRT, ".srt").replace(" --> ", "-->")


@pytest.mark.parametrize("line_end", ["\r", "\n"])
def test_subtitles_may_end_their_lines_by_a_carriage_return_alone(line_end: str) -> None:
    for text, suffix in ((SRT, ".srt"), (VTT.replace("\n", "\r\n"), ".vtt")):
        assert translated(text.replace("\r\n", line_end), suffix) == translated(text, suffix).replace("\r\n", line_end)


def test_a_cue_without_a_translation_stays() -> None:
    def nothing(lines: Iterable[str]) -> Iterator[Translation]:
        return (Translation("") for _ in lines)

    assert translated(SRT, ".srt", nothing) == SRT
    assert translated(VTT, ".vtt", nothing) == VTT


@given(seeds)
def test_times_stay_whatever_the_translation(seed: int) -> None:
    for text, suffix in ((SRT, ".srt"), (VTT, ".vtt")):
        result = translated(text, suffix, fakes.hostile(seed))
        times = re.compile(r"^.*-->.*$", re.MULTILINE)
        assert times.findall(result) == times.findall(text)


TIMED = "WEBVTT\n\n00:01.000 --> 00:05.000\n"


def answer(text: str, *alignment: tuple[int, int]) -> Any:
    return lambda lines: (fakes.translation(text, line, alignment) for line in lines)


def test_what_is_longer_than_any_formula_is_none() -> None:
    page = "<p>" + "C<sub>2</sub>" * 3000 + "C</p>"
    assert translated(page, ".html") == page
    assert translated(page, ".html", answer("O")).count("<sub>2</sub>") == 3000


WATER, ACID = "H<sub>2</sub>O", "H<sub>2</sub>SO<sub>4</sub>"


@pytest.mark.parametrize(
    "page, said, expected",
    [
        (f"Wasser hat die Formel {WATER}.", "The formula is H2O.", f"The formula is {WATER}."),
        (f"<b>{ACID}</b> ist sauer", "H2SO4 is sour", f"<b>{ACID}</b> is sour"),
        ("das (NH<sub>4</sub>)<sub>2</sub>S!", "this (NH4)2S!", "this (NH<sub>4</sub>)<sub>2</sub>S!"),
        (f'die Formel <img src="a">{WATER}', "the formula H2O", f'the formula <img src="a">{WATER}'),
        # What the model changed or left out.
        (f"{WATER} und {ACID}", "H3O and H2SO5", f"{WATER} and {ACID}"),
        (f"das ist {WATER}", "this is water", f"this is {WATER} water"),
        # Words that only look like formulas, or go on.
        ("H<sub>2</sub>O-Werke", "Works", "Works<sub>2</sub>"),
        ("Das Wort<sub>1</sub>", "This word", "This word<sub>1</sub>"),
        ("CO<sub>2</sub> steigt", "CO rises", "CO<sub>2</sub> rises"),
    ],
)
def test_a_chemical_formula_stays_whole(page: str, said: str, expected: str) -> None:
    alignment = [(place, place) for place in range(len(said.split()))]
    assert translated(f"<p>{page}</p>", ".html", answer(said, *alignment)) == f"<p>{expected}</p>"


@pytest.mark.parametrize(
    "cue, said, expected",
    [
        # The model says that "I'll" is made from all words.
        ("<c.yellow>Ich</c> komme <3.500>morgen.", "Ill come tomorrow.", "<c.yellow>Ill</c> come <3.500>tomorrow."),
        ("<2.0>Das <3.0>Haus <4.0>ist <5.0>gut", "gut ist Haus das", "<2.0>gut <3.0>ist <4.0>Haus <5.0>das"),
        ("Ka<2.0>ra<3.0>oke ist gut.<4.0>", "Karaoke is good.", "<2.0>Karaoke <3.0>is good.<4.0>"),
        ("<v Anna><2.0>Das ist\n<3.0>gut", "This is good", "<v Anna><2.0>This\nis <3.0>good"),
        ("Das<2.0><c> ist</c>", "This is", "This <2.0><c>is</c>"),
        ("<2.0>{name} <3.0>das", "this", "<2.0>{name} <3.0>this"),
    ],
)
def test_times_within_a_cue_keep_their_order_and_share(cue: str, said: str, expected: str) -> None:
    places = range(len(said.split()))
    pairs = [*zip(places, places, strict=True), *((place, 0) for place in places if cue.startswith("<c"))]
    cue, expected = (re.sub(r"<(\d)", r"<00:0\1", text) for text in (cue, expected))
    assert translated(TIMED + cue + "\n", ".vtt", answer(said, *pairs)) == TIMED + expected + "\n"


@example(["{x}", "Haus", " ", "Haus"], 695539)
@given(
    st.lists(st.sampled_from(["Haus", " ", "\n", "<b>", "</b>", "{x}", "{{ y }}", "gut", "T", "T"]), max_size=12), seeds
)
def test_times_within_a_cue_stay_whatever_the_translation(parts: list[str], seed: int) -> None:
    cue = "x" + "".join(f"<00:0{place}.000>" if part == "T" else part for place, part in enumerate(parts, 1))
    text = TIMED + re.sub(r"\n\s*", "\n", cue).rstrip("\n") + "\n"
    for translate in (fakes.upper, fakes.backwards, fakes.hostile(seed)):
        result = translated(text, ".vtt", translate)
        assert re.findall(r"<\d[\d:.]*>", result) == re.findall(r"<\d[\d:.]*>", text)
        assert sorted(re.findall(r"\{+[^{}]*\}+|</?b>", result)) == sorted(re.findall(r"\{+[^{}]*\}+|</?b>", text))


CUE = "1\n00:00:01,000 --> 00:00:02,500\n"


@pytest.mark.parametrize(
    "cue, said",
    [
        ("[Musik spielt]\n♪ Ein Lied ♪", ["[Musik spielt]", "Ein Lied"]),
        ("♪ Ein Lied\ndas weiter geht ♪", ["Ein Lied das weiter geht"]),
        ("- Kommst du\nmit mir?\n- Nein.", ["Kommst du mit mir?", "Nein."]),
        ("- Nur einer,\nder redet.", ["- Nur einer, der redet."]),
        ("ANNA: Wo bist du?\nBERND: Hier.", ["ANNA: Wo bist du?", "BERND: Hier."]),
        ("<i>ANNA: Wo bist du?\nBERND: Hier.</i>", ["ANNA: Wo bist du?", "BERND: Hier."]),
        ("ANNA UND BERND:\nHallo!", ["ANNA UND BERND:", "Hallo!"]),
        ("[Anna] Wo bist du?\n[Bernd] Hier.", ["[Anna] Wo bist du?", "[Bernd] Hier."]),
        ("<v Anna>Wo bist\ndu?\n<v.laut Bernd>Hier.", ["Wo bist du?", "Hier."]),
        ("<i>(seufzt)</i>\nNa gut, dann\nkomme ich.", ["(seufzt)", "Na gut, dann komme ich."]),
        ("Ich komme\n(vielleicht) morgen.", ["Ich komme (vielleicht) morgen."]),
        ("Das war\n[leise] gesagt.", ["Das war [leise] gesagt."]),
        ("Um 10:00 Uhr\nkomme ich: morgen.", ["Um 10:00 Uhr komme ich: morgen."]),
        ("-\n- Hallo.", ["Hallo."]),
        ("- Hallo.\n– \n- Du?", ["Hallo.", "Du?"]),
    ],
)
def test_what_several_say_in_a_cue_is_no_one_sentence(cue: str, said: list[str]) -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    result = translated(f"{CUE}{cue}\n", ".srt", translate)
    assert seen == said
    assert [len(each.split()) > 0 for each in result.split("\n")] == [True] * (3 + cue.count("\n")) + [False]
    assert result.split() == [*CUE.split(), *re.sub(r"(<[^>]*>)|([^<]+)", raised, cue).split()]


SECOND = "2\n00:00:03,000 --> 00:00:04,000\n"


@pytest.mark.parametrize("blank", ["\n\n", "\n \t\n", "\n\n\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_cue_of_subrip_goes_on_behind_blank_lines(blank: str, line_end: str) -> None:
    # The third time is none that players read, but no text either.
    times = [CUE, SECOND, "3\n0:0:8 --> 0:0:9\n"]
    text = times[0] + blank.join(["Das ist\nein Haus.", "gut", f"{times[1]}- Ja,\ngut", f"{times[2]}so", "so\nso"])
    assert said_in(text.replace("\n", line_end)) == ["Das ist ein Haus.", "gut", "- Ja, gut", "so", "so so"]
    expected = re.sub("[^\\W\\d_]+", lambda word: word[0].upper(), text)
    assert translated(text.replace("\n", line_end), ".srt") == expected.replace("\n", line_end)


def said_in(subtitles: str) -> list[str]:
    """Return the lines that are translated of subtitles."""
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    translated(subtitles, ".srt", translate)
    return seen


def test_a_blank_line_ends_a_cue_of_webvtt() -> None:
    assert translated(f"{TIMED}haus\n\ngut\n", ".vtt") == f"{TIMED}HAUS\n\ngut\n"


@pytest.mark.parametrize(
    "cue, said, expected",
    [
        ("Hallo, {x}!\\NWie gut?", ["Hallo,! Wie gut?"], "HALLO, {x}!\\NWIE GUT?"),
        ("Das ist \\n ein\nHaus", ["Das ist ein Haus"], "DAS\\nIST EIN\nHAUS"),
        ("- Haus.\\N- Gut.", ["Haus.", "Gut."], "- HAUS.\\N- GUT."),
        ("Haus\\N\\Ngut\\N", ["Haus", "gut"], "HAUS\\N\\NGUT\\N"),
        ("\\hUm\\h10 Uhr", ["Um 10 Uhr"], "\\hUM\\h10 UHR"),
        ("{\\an8}<i>Haus\\Ngut</i>", ["Haus gut"], "{\\an8}<i>HAUS\\NGUT</i>"),
    ],
)
def test_line_ends_and_spaces_written_as_signs_stay(cue: str, said: list[str], expected: str) -> None:
    assert said_in(f"{CUE}{cue}\n") == said
    assert translated(f"{CUE}{cue}\n", ".srt") == f"{CUE}{expected}\n"


def raised(part: re.Match[str]) -> str:
    """Return a tag as it is, and other text in capitals."""
    return part[1] or part[2].upper()


def test_many_styles_in_a_cue_take_no_time_without_end() -> None:
    start = time.process_time()
    for line in (
        "<b>" * 5_000,
        "{a}" * 5_000,
        "] " * 5_000,
        "]" + "<b>" * 5_000 + "x",
        "(a" * 5_000,
        "A" * 10_000,
    ):
        translated(f"{CUE}{line}\n{line}\n", ".srt")
    assert time.process_time() - start < 5


def test_many_combining_marks_take_no_time_without_end() -> None:
    start = time.process_time()
    translated("<p>a" + "\u0301\u0316" * 60_000 + "</p>", ".html", lambda lines: [Translation("x") for _ in lines])
    assert time.process_time() - start < 5


@pytest.mark.parametrize("suffix", [".html", ".md", ".po", ".json", ".srt"])
def test_code_within_a_sentence_stays_whatever_the_format(suffix: str) -> None:
    kept = "<code class='a'>git <b>haus</b> so</code>"
    text = f"Haus {kept} und <kbd>Strg</kbd> gut"
    whole = {
        ".po": f'msgid "{text}"\nmsgstr ""\n', ".json": json.dumps({"a": text}), ".srt": f"{CUE}{text}\n",
    }.get(suffix, f"{text}\n")  # fmt: skip
    result = translated(whole, suffix, columns=("a",) if suffix == ".json" else ())
    assert f"HAUS {kept} UND <kbd>Strg</kbd> GUT" in result


def test_code_without_an_end_is_text_and_takes_no_time_without_end() -> None:
    start = time.process_time()
    for text in ("<code>" * 5_000, "<code>" + "<b>" * 10_000, "<code " * 5_000, "<code>" + "</b" * 10_000):
        translated(text + "\n", ".txt")
    assert time.process_time() - start < 5
    assert translated("Ein <code> ist <code>haus</code> so\n", ".txt") == "EIN <code> IST <code>haus</code> SO\n"


def test_messages_within_messages_stay() -> None:
    text = '{"a": "Haus $t(menu.haus) gut $t(a, {\\"count\\": 1})"}'
    assert translated(text, ".json", columns=("a",)) == text.replace("Haus", "HAUS").replace("gut", "GUT")


PO = r"""# Kommentar
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

#. extracted
#: a.c:1
#, python-format
msgctxt "Menü"
msgid "Datei %(name)s\n\tgut\n"
msgstr ""

#, fuzzy, c-format
msgid "%d Datei"
msgid_plural "%d Dateien"
msgstr[0] ""
msgstr[1] ""

msgid "Haus"
msgstr "casa"

#~ msgid "alt"
#~ msgstr "old"
"""


def test_a_catalogue_is_filled_in_and_keeps_the_rest() -> None:
    before, after = polib.pofile(PO), polib.pofile(translated(PO, ".po"))
    assert [entry.msgstr for entry in after] == ["DATEI %(name)s\n\tGUT\n", "", "casa", "old"]
    assert after[1].msgstr_plural == {0: "%d DATEI", 1: "%d DATEIEN"}
    for name in ("msgid", "msgctxt", "msgid_plural", "flags", "comment", "occurrences", "obsolete"):
        assert [getattr(entry, name) for entry in after] == [getattr(entry, name) for entry in before]
    assert (after.metadata, after.header) == (before.metadata, before.header)


def message(source: str, translate: Any) -> str:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid=source))
    return str(polib.pofile(translated(str(catalogue), ".po", translate))[0].msgstr)


@pytest.mark.parametrize(
    "source, said, expected",
    [
        ("Speichern &unter", "Save as", "&Save as"),
        ("&Datei öffnen...", "Open.", "&Open..."),
        ("_Datei", "File", "_File"),
        ("Neu _laden…", "Reload", "_Reload…"),
        ("%s &öffnen", "Open", "%s &Open"),
        ("<b>_Name:</b>", "First:", "<b>_First:</b>"),
        ("&Suchen && Ersetzen", "Find && replace", "&Find && replace"),
        ("&Größe", "Size; big", "Size; &big"),
        ("B&eenden", "Exit", "&Exit"),
        ("Üb&er uns", "About us", "&About us"),
        ("Bitte warten...\n", "Wait.", "Wait...\n"),
        ("Bitte warten …", "Please wait...", "Please wait…"),
        ("_Öffnen…", "Open...", "_Open…"),
        ("Öffnen...", "Open …", "Open..."),
        ("Fertig.", "Done.", "Done."),
    ],
)
def test_a_label_keeps_its_access_key_and_dots(source: str, said: str, expected: str) -> None:
    assert message(source, answer(said, (0, 0))) == expected


@pytest.mark.parametrize(
    "source",
    [
        "R&D",
        "R&De",
        "Q&a",
        "drag&drop",
        "B&eenden &jetzt",
        "a & b",
        "a && b",
        "&amp; a",
        "%s_b",
        "a_b",
        "_a_",
        "&A &B",
        "50 %&s",
        "&",
    ],
)
def test_what_is_no_access_key_is_translated_with_the_rest(source: str) -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    message(f"Haus {source}", translate)
    assert [line.count("&") + line.count("_") for line in seen] == [len(re.findall("&(?!amp;)|_", source))]


@pytest.mark.parametrize("said", ["", "Neu laden…"])
def test_a_message_that_is_not_translated_stays_empty(said: str) -> None:
    assert message("Neu &laden…", answer(said)) == ""
    assert message("%s: 1", answer(said)) == "%s: 1"


def test_all_forms_of_a_plural_are_translated_or_none() -> None:
    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        return (next(fakes.upper([line])) if "Dateien" in line else Translation("") for line in lines)

    after = polib.pofile(translated(PO, ".po", translate))
    assert [(entry.msgstr, entry.msgstr_plural) for entry in after[:2]] == [("", {}), ("", {0: "", 1: ""})]


@pytest.mark.parametrize("source", ["E&xit", "Cu&t", "Can&cel", "Cu_t", "&Cut", "Sa&ve as"])
def test_an_access_key_within_a_word_is_no_part_of_the_text(source: str) -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    message(source, translate)
    assert seen == [source.replace("&", "").replace("_", "")]


def test_a_catalogue_keeps_line_ends_and_long_lines() -> None:
    head = 'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    long = " ".join(["haus"] * 30)
    text = f'{head}\nmsgid "{long}"\nmsgstr ""\n'
    assert translated(text, ".po") == f'{head}\nmsgid "{long}"\nmsgstr "{long.upper()}"\n'
    wrapped = text.replace("\n", "\r\n")
    assert translated(wrapped, ".po") == translated(text, ".po").replace("\n", "\r\n")


@pytest.mark.parametrize("top", ["", "#\n", "# Kommentar\n", "#: a.c:1\n#, c-format\n"])
def test_a_catalogue_without_a_header_gains_none(top: str) -> None:
    text = f'{top}msgid "Haus"\nmsgstr ""\n'
    assert translated(text, ".po") == f'{top}msgid "Haus"\nmsgstr "HAUS"\n'
    assert translated(f'msgid ""\nmsgstr ""\n\n{text}', ".po").startswith('msgid ""\nmsgstr ""\n\n')


def test_a_header_keeps_the_order_of_its_fields() -> None:
    head = '"Content-Type: text/plain; charset=CHARSET\\n"\n"X-A: b\\n"\n"Language: en\\n"\n'
    text = f'msgid ""\nmsgstr ""\n{head}\nmsgid "bigger"\nmsgstr ""\n'
    expected = text.replace('"bigger"\nmsgstr ""', '"bigger"\nmsgstr "größer"').replace("CHARSET", "UTF-8")
    assert translated(text, ".po", answer("größer", (0, 0))) == expected


@pytest.mark.parametrize("top", ["", "#\n", "# Kommentar\n", "# a\n#\n# b\n"])
def test_a_catalogue_gains_and_loses_no_comment(top: str) -> None:
    text = f'{top}msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Haus"\nmsgstr ""\n'
    assert translated(text, ".po").startswith(f'{top}msgid ""\n')


ODD_PO = r"""msgid   ""
msgstr   ""
"Content-Type: text/plain; charset=UTF-8\n"

#, fuzzy,c-format
#  a:  b
#| msgid  "Hut"
  msgid "Haus"
  msgstr ""
  ""

# Wrapped as no tool does.
msgid ""
"gut "
"haus"
msgstr "so "
"so"
#. Eins
msgid "Haus {x}"
msgid_plural "%d gut"
msgstr[0] ""

msgstr[1] ""
""
#~| msgid "Haus alt"
#~ msgid "Haus"
#~ msgstr ""

msgid "Haus \x41"
msgstr ""

# Haus \x41
msgid "Haus\\x \"gut\""
msgstr ""

#: haus.c:1
# Haus
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_catalogue_keeps_every_byte_but_its_empty_translations(line_end: str) -> None:
    expected = ODD_PO
    for empty, filled in (
        ('  msgstr ""\n  ""\n', 'msgstr "HAUS"\n'),
        ('msgstr[0] ""\n\nmsgstr[1] ""\n""\n', 'msgstr[0] "HAUS {x}"\nmsgstr[1] "%d GUT"\n'),
        ('gut\\""\nmsgstr ""\n', 'gut\\""\nmsgstr "HAUS\\\\X \\"GUT\\""\n'),
    ):
        assert expected.count(empty) == 1
        expected = expected.replace(empty, filled)
    assert translated(ODD_PO.replace("\n", line_end), ".po") == expected.replace("\n", line_end)


# --- tables, JSON ---

CSV = 'id;text;note\r\n1;"Das ""ist"", gut";haus\r\n2;Haus {x};"a;b"\r\n\r\n3;"zwei\nZeilen";\r\n'


def test_a_table_keeps_every_other_byte() -> None:
    expected = CSV.replace("Das", "DAS").replace("ist", "IST").replace("gut", "GUT").replace("Haus", "HAUS")
    expected = expected.replace("zwei\nZeilen", "ZWEI\nZEILEN")
    assert translated(CSV, ".csv", columns=("text",)) == expected
    assert translated("a\tb\nHaus\tgut", ".tsv", columns=("2",)) == "a\tB\nHaus\tGUT"


@settings(max_examples=200)
@given(st.lists(st.lists(st.text('ab ",;\n{}äh', max_size=6), min_size=2, max_size=2), max_size=4), seeds)
def test_a_table_stays_one_whatever_the_translation(rows: list[list[str]], seed: int) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["a", "b"], *rows])
    result = translated(written.getvalue(), ".csv", fakes.hostile(seed), ("b",))
    read = list(csv.reader(io.StringIO(result, newline="")))
    assert [row[:1] for row in read] == [row[:1] for row in csv.reader(io.StringIO(written.getvalue(), newline=""))]
    assert {len(row) for row in read} <= {0, 2}


@pytest.mark.parametrize(
    "text, column, chosen",
    [
        ("id\tStadt, Land\n1\thaus, gut\n", "Stadt, Land", ["haus, gut"]),
        ("Artikel;Preis, netto\nhaus;3,50\ngut;4,20\n", "Artikel", ["haus", "gut"]),
        ("a,b;c\nhaus,gut;so\n\nhaus,so\n", "b;c", ["gut;so", "so"]),
        ("a|b\nhaus|gut\n", "2", ["b", "gut"]),
        ("a,b,a\nhaus,so,gut\n", "a", ["haus", "gut"]),
    ],
)
def test_the_delimiter_is_that_of_all_rows(text: str, column: str, chosen: list[str]) -> None:
    expected = text
    for cell in chosen:
        expected = expected.replace(cell, cell.upper())
    assert translated(text, ".csv", columns=(column,)).replace('"', "") == expected


@pytest.mark.parametrize("line", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n", "sep=;\r"])
def test_a_line_for_excel_tells_the_delimiter_and_stays(line: str) -> None:
    assert translated(f"{line}id;a,text\n1;haus, so\n", ".csv", columns=("a,text",)) == f"{line}id;a,text\n1;HAUS, SO\n"
    assert translated(f"{line}haus;gut\n", ".csv", columns=("2",)) == f"{line}haus;GUT\n"


@pytest.mark.parametrize("delimiter", ["\t", "^", "]", ":", "\\"])
def test_a_line_for_excel_may_tell_any_delimiter(delimiter: str) -> None:
    text = f"sep={delimiter}\nid{delimiter}text\n1{delimiter}haus,gut;so\n"
    assert translated(text, ".csv", columns=("text",)) == text.replace("haus,gut;so", "HAUS,GUT;SO")
    with pytest.raises(InputError, match="the file is empty"):
        translated(f"sep={delimiter}", ".csv", columns=("text",))


def test_a_tsv_is_divided_by_tabs() -> None:
    assert translated("a, b\nhaus, gut\n", ".tsv", columns=("a, b",)) == "a, b\nHAUS, GUT\n"


@pytest.mark.parametrize(
    "cells, said, expected",
    [
        # Of a corpus, in which nothing is quoted.
        (['"Guten Tag", sagte er.', "so"], '"Hello," he said.', ['"Hello," he said.', "so"]),
        (["Das ist", '"so', 'so"'], '"This" is', ['"This" is', '"so', 'so"']),
        (['5" Rohr', "so"], '5" pipe', ['5" pipe', "so"]),
        (['"Ja.', "so"], '"Yes.', ['"Yes.', "so"]),
        # Of a spreadsheet, in which cells may be.
        (['"Das ""ist"""', "so"], 'This "is"', ['"This ""is"""', "so"]),
        (["Das ist", '"so\nso"'], '"This" is', ['"""This"" is"', '"so\nso"']),
        (["Das ist", '"so ""so"""'], 'This "is"', ['This "is"', '"so ""so"""']),
    ],
)
def test_quotes_in_a_tsv_are_part_of_the_text_where_they_quote_no_cell(
    cells: list[str], said: str, expected: list[str]
) -> None:
    rows = ["\t".join("x" for _ in cells), "\t".join(["haus"] * len(cells)), ""]
    text = "\n".join(["\t".join(cells), *rows])
    result = translated(text, ".tsv", answer(said), ("1",))
    assert result.startswith("\t".join(expected) + "\n")
    assert result.count("\n") == text.count("\n") and result.count("\t") == text.count("\t")


@pytest.mark.parametrize(
    "text, expected",
    [
        ('id, text\n1, "Haus, gut!"\n2,  "so ""gut""." \n', 'id, text\n1, "HAUS, GUT!"\n2,  "SO ""GUT""." \n'),
        ('id, text\n1, "Haus;\nso"\n', 'id, text\n1, "HAUS;\nSO"\n'),
        ('"id" ; "text" \n"1" ; "haus" \n', '"id" ; "text" \n"1" ; "HAUS" \n'),
        # Quotes of what is said are no cell's.
        ('id, text\n1, "Haus" so\n', 'id, text\n1," ""HAUS"" SO"\n'),
        ('id, text\n1, so "haus"\n', 'id, text\n1," SO ""HAUS"""\n'),
        ('id;text\n1; "haus\n2;so\n', 'id;text\n1;" ""HAUS"\n2;SO\n'),
        ("id,text\n1,haus,,\n2,so, \n", "id,text\n1,HAUS,,\n2,SO, \n"),
    ],
)
def test_spaces_around_quoted_cells_stay_and_tear_none_apart(text: str, expected: str) -> None:
    assert translated(text, ".csv", columns=("text",)) == expected


@pytest.mark.parametrize("column", ["2", "text"])
@pytest.mark.parametrize(
    "text, suffix, row, found",
    [("id,text\n1,Haus\n\n2,gut, so\n", ".csv", 4, 3), ("id\ttext\n1\t2\t\t3", ".tsv", 2, 4)],
)
def test_a_row_with_more_cells_than_the_first_is_refused(
    text: str, suffix: str, row: int, found: int, column: str
) -> None:
    with pytest.raises(InputError, match=f"^row {row} has {found} cells, but the first row has 2; put ") as caught:
        translated(text, suffix, columns=(column,))
    assert "\n" not in str(caught.value)


def test_names_and_numbers_of_columns_go_together() -> None:
    assert translated("a,b,c\nhaus,gut,so\n", ".csv", columns=("a", "3")) == "a,b,c\nHAUS,gut,SO\n"


def test_the_names_of_columns_may_follow_blank_rows() -> None:
    assert translated("\n\na,b\nhaus,gut\n", ".csv", columns=("b",)) == "\n\na,b\nhaus,GUT\n"
    assert translated("\t\na\tb\nhaus\tgut\n", ".tsv", columns=("a",)) == "\t\na\tb\nHAUS\tgut\n"


JSON = '{ "id": 1.0, "text":"Haus {x}\\n\\u00e4h", "deep": {"text": ["gut", 3, {"note": "haus"}]},\n"other" : "text"}\n'


def test_json_of_long_keys_takes_no_memory_without_end() -> None:
    with pytest.raises(InputError, match="has more than 1,000 characters"):
        translated('{"' + "k" * 800_000 + '": {' + ", ".join(['"": ""'] * 200_000) + "}}", ".json", columns=("a",))


def test_json_keeps_every_other_byte() -> None:
    expected = JSON.replace("Haus", "HAUS").replace("\\u00e4h", "\\u00c4H").replace("gut", "GUT")
    assert translated(JSON, ".json", columns=("text",)) == expected
    assert translated(JSON, ".json", columns=("deep.text",)) == JSON.replace("gut", "GUT")
    lines = '{"a": "haus"}\n\n{"a": "gut", "b": "x"}\n'
    assert translated(lines, ".jsonl", columns=("a",)) == lines.replace("haus", "HAUS").replace("gut", "GUT")


@settings(max_examples=200)
@given(
    st.recursive(
        st.none() | st.text(max_size=8),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=3), x, max_size=3),
    ),
    seeds,
)
def test_json_stays_what_it_is_whatever_the_translation(tree: object, seed: int) -> None:
    result = json.loads(translated(json.dumps(tree), ".json", fakes.hostile(seed), ("*",)))
    assert shape(result) == shape(tree)


def shape(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: shape(value) for key, value in tree.items()}
    return [shape(value) for value in tree] if isinstance(tree, list) else isinstance(tree, str)


# --- Word ---


def word_document() -> bytes:
    """Return a document with formatted runs, a link, a table, a header, a footer, a break and a field."""
    document = docx.Document()
    paragraph = document.add_paragraph("Das ist ")
    paragraph.add_run("sehr ").bold = True
    paragraph.add_run("wichtig").bold = True
    paragraph.add_run(" für {name}, ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), document.part.relate_to("https://x.de", "http://x/hyperlink", is_external=True))
    link.append(paragraph.add_run("hier klicken")._r)
    paragraph._p.append(link)
    paragraph.add_run(".").add_break()
    paragraph.add_run("Neue Zeile").italic = True
    field(document.add_paragraph("Seite "))
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "Kopf"
    table.cell(1, 1).text = "42"
    document.sections[0].header.paragraphs[0].text = "Oben"
    document.sections[0].footer.paragraphs[0].text = "Unten"
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def field(paragraph: Any) -> None:
    for kind in ("begin", "separate", "end"):
        run = paragraph.add_run()
        char = OxmlElement("w:fldChar")
        char.set(qn("w:fldCharType"), kind)
        run._r.append(char)
        if kind == "separate":
            paragraph.add_run("1 von 2")


def test_a_word_document_keeps_formats_links_tables_headers_and_fields() -> None:
    content = word_document()
    document = docx.Document(io.BytesIO(translate_document(content, FORMATS[".docx"], fakes.upper)))
    first = document.paragraphs[0]
    assert first.text == "DAS IST SEHR WICHTIG FÜR {name}, HIER KLICKEN.\nNEUE ZEILE"
    assert [run.text.strip() for run in first.runs if run.bold] == ["SEHR WICHTIG"]
    assert [run.text for run in first.runs if run.italic] == ["NEUE ZEILE"]
    assert [(link.text, link.address) for link in first.hyperlinks] == [("HIER KLICKEN", "https://x.de")]
    assert document.paragraphs[1].text == "SEITE 1 von 2"
    assert [cell.text for row in document.tables[0].rows for cell in row.cells] == ["KOPF", "", "", "42"]
    assert document.sections[0].header.paragraphs[0].text == "OBEN"
    assert document.sections[0].footer.paragraphs[0].text == "UNTEN"


@settings(max_examples=60)
@given(seeds)
def test_a_word_document_stays_one_whatever_the_translation(seed: int) -> None:
    content = word_document()
    result = translate_document(content, FORMATS[".docx"], fakes.hostile(seed))  # type: ignore[arg-type]
    document = docx.Document(io.BytesIO(result))
    assert [link.address for link in document.paragraphs[0].hyperlinks] == ["https://x.de"]
    assert document.paragraphs[0].text.count("{name}") == 1
    assert document.element.xml.count("w:fldChar ") == 3
    assert len(document.tables) == 1
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(result)) as after:
        assert before.namelist() == after.namelist()
        same = [name for name in before.namelist() if not re.match(r"word/(document|header|footer)", name)]
        assert all(before.read(name) == after.read(name) for name in same)


def package(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return written.getvalue()


_BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    "suffix, content, reason",
    [
        (".docx", b"PK no zip", "not a Word document"),
        (".docx", package({"a.xml": b""}), "lacks word/document.xml"),
        (".docx", package({"word/document.xml": b"<a><b></a>"}), "not a Word document"),
        (".docx", package({"word/document.xml": _BOMB}), "declare a document type"),
        (".docx", package({"word/document.xml": b"<a/>", "b": bytes(100_000_000)}), "too much"),
        (".docx", word_document()[:-40], "not a Word document"),
        (".srt", b"Haus\n\ngut\n", "no cue"),
        (".po", b'msgid "a"\nbla "x"\n', r"^not a gettext catalogue: syntax error \(line 2\)"),
        (".json", b'{"a": 5, "b": "c"}', r"^'a' holds a number, not text \(found: b\)"),
        (".json", b'{"b": 5}', r"^no text under the key 'a' \(no text stands under a key\)"),
        (".jsonl", b'{"a": null}', "^'a' holds nothing, not text"),
        (".csv", b"", "the file is empty"),
        (".json", b'{"a": "b"', "line 1: not JSON"),
        (".json", b"[" * 100_000, "not JSON|nested too deeply"),
        (".jsonl", b'{"a": "b"}\n{', "line 2: not JSON"),
        (".csv", b'a,b\n"c,d', "row 2: a quote is not closed"),
        (".csv", b'a,b\n"c"d,e', "row 2: .* text follows the closing one"),
        (".csv", b"a,b\nc,d", "found: a, b"),
        (".html", b"\xff\xfe", "not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_that_says_why(suffix: str, content: bytes, reason: str) -> None:
    columns = ("a",) if suffix != ".csv" or b'"' in content else ()
    with pytest.raises(InputError, match=reason) as caught:
        translate_document(content, FORMATS[suffix], fakes.upper, columns)
    assert "\n" not in str(caught.value)


# --- the command ---


def test_the_command_translates_a_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests import tiny

    path, output = tmp_path / "report.docx", tmp_path / "bericht.docx"
    path.write_bytes(word_document())
    model = ["-m", tiny.model_directory(), "--threads", 1]
    assert tiny.run_nmt("translate", *model, path, "-o", output) == 0
    assert len(docx.Document(str(output)).tables) == 1
    (tmp_path / "page.html").write_text("<p>ba {x} de</p>")
    assert tiny.run_nmt("translate", *model, tmp_path / "page.html") == 0
    assert re.fullmatch(r"<p>.*\{x\}.*</p>", capsys.readouterr().out)
    (tmp_path / "lines.xyz").write_text("ba de\n\nko\n")
    assert tiny.run_nmt("translate", *model, tmp_path / "lines.xyz") == 0
    assert capsys.readouterr().out.count("\n") == 3


@pytest.mark.parametrize("name", ["a.xml", "a.RTF", "a.ass", "a.pdf", "a.xml.gz"])
def test_a_document_of_another_kind_is_refused_unless_its_lines_are_asked_for(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests import tiny

    path = tmp_path / name
    path.write_bytes(packed(path, b"ba de\n"))
    model = ["-m", tiny.model_directory(), "--threads", 1]
    assert tiny.run_nmt("translate", *model, path) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert f"{name[1:].removesuffix('.gz')} documents are not translated; give one of .txt, .html" in captured.err
    assert captured.err.endswith("or lines of text by -i\n")
    assert tiny.run_nmt("translate", *model, "-i", path) == 0
    assert capsys.readouterr().out.count("\n") == 1


def packed(path: Path, content: bytes) -> bytes:
    """Return the content of a file whose name says how it is compressed."""
    packs: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress}
    return packs.get(path.suffix, bytes)(content)


@pytest.mark.parametrize(
    "name, refused",
    [
        ("a.html.gz", ".html"),
        ("a.PO.xz", ".PO"),
        ("a.csv.bz2", ".csv"),
        ("a.docx.gz", ".docx"),
        ("a.txt.gz", ""),
        ("a.de.xz", ""),
        ("a.gz", ""),
    ],
)
def test_a_compressed_document_is_refused_and_compressed_lines_are_not(
    name: str, refused: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests import tiny

    path = tmp_path / name
    path.write_bytes(packed(path, b"ba de\n"))
    assert tiny.run_nmt("translate", "-m", tiny.model_directory(), "--threads", 1, path) == (2 if refused else 0)
    captured = capsys.readouterr()
    assert captured.out.count("\n") == (0 if refused else 1)
    if refused:
        assert captured.err.endswith(f"{str(path)!r} is a compressed {refused} document; unpack it first\n")
        assert captured.err.count("\n") == 1


def test_a_document_keeps_the_permissions_of_the_one_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "out.html").write_bytes(b"old")
    (tmp_path / "out.html").chmod(0o600)
    (tmp_path / "link.html").symlink_to("out.html")
    write_document(b"new", tmp_path / "link.html")
    assert (tmp_path / "out.html").read_bytes() == b"new"
    assert (tmp_path / "out.html").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["a.docx", "-o", "out.docx"], "not a Word document"),
        (["a.docx", "-o", "out.html"], "translated as Word"),
        (["a.docx", "-i", "a.docx"], "give one"),
        (["a.docx", "--scores", "-o", "out.docx"], "for lines of text"),
        (["gone.html"], "No such file"),
        (["lines", "--column", "x"], "no file 'lines'"),
        (["--column", "x"], "--column is for"),
        (["a.docx", "--column", "x", "-o", "out.docx"], "--column is for"),
    ],
)
def test_a_document_that_cannot_be_translated_is_one_line_and_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    reason: str,
) -> None:
    from tests import tiny

    monkeypatch.chdir(tmp_path)
    Path("a.docx").write_bytes(b"no zip")
    assert tiny.run_nmt("translate", "-m", tiny.model_directory(), "--threads", 1, *arguments) == 2
    captured = capsys.readouterr()
    assert reason in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a.docx"]
