"""Whatever the translation is, no document loses, doubles or makes up a placeholder, a tag or anything but text.

Documents are drawn at random, translated by what gets everything wrong, and read again by libraries that are not ours.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

import polib
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nmt.documents.formats import FORMATS, translate_document
from nmt.documents.marks import Mark
from nmt.documents.placeholders import protect
from tests import fakes

WORDS = ["Haus", "gut", "das", " ", " ", ". ", ", ", "3", "!", "ä", "(", ")", "-", ": "]
PLACEHOLDERS = ["%s", "%(name)d", "%1$s", "{name}", "{0}", "${x}", "{{ y }}", "https://x.de/a?b=c", "a@b.de", "☃"]
TAGS = ["<b>", "</b>", "<br/>", '<a href="x">', "</a>", "&amp;", "&#39;"]
prose = st.lists(st.sampled_from([*WORDS, *PLACEHOLDERS]), max_size=7).map("".join)
tagged = st.lists(st.sampled_from([*WORDS, *PLACEHOLDERS, *TAGS]), max_size=8).map("".join)
filled = tagged.filter(lambda text: bool(text.strip()))
seeds = st.integers(0, 10**6)
every_translator = st.sampled_from(["upper", "backwards", "hostile", "markup"])


def translator(name: str, seed: int) -> Any:
    """Return one that is faithful, turns the order round, gets all wrong, or answers by placeholders and tags."""
    return {
        "upper": fakes.upper,
        "backwards": fakes.backwards,
        "hostile": fakes.hostile(seed),
        "markup": fakes.hostile(seed, [*PLACEHOLDERS, *TAGS]),
    }[name]


def translated(text: str, suffix: str, name: str, seed: int, columns: tuple[str, ...] = ()) -> str:
    return translate_document(text.encode(), FORMATS[suffix], translator(name, seed), columns).decode()


def found(*texts: str) -> Counter[object]:
    """Count the placeholders, tags and addresses of texts."""
    return Counter(item.content for text in texts for item in protect(text) if isinstance(item, Mark))


def properties(drawn: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Run a test with documents drawn, and every translator."""
    return lambda test: settings(max_examples=80)(given(drawn, every_translator, seeds)(test))


# Plain text


@properties(st.lists(tagged, max_size=5).map("\n".join))
def test_plain_text(text: str, name: str, seed: int) -> None:
    result = translated(text, ".txt", name, seed)
    assert [found(line) for line in result.split("\n")] == [found(line) for line in text.split("\n")]


# HTML


READABLE = re.compile(r"""\b(title|alt)=("[^"]*"|'[^']*')""")


class Page(HTMLParser):
    """Reads a page: its texts, attributes among them, and its tags as written, comments, references and code."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: Counter[object] = Counter()
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.handle_startendtag(tag, attrs)
        self.inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.kept[READABLE.sub(r"\1", self.get_starttag_text() or "")] += 1
        self.texts += [value for name, value in attrs if name in ("title", "alt")]

    def handle_endtag(self, tag: str) -> None:
        self.kept[f"</{tag}>"] += 1
        if tag in self.inside:
            del self.inside[-1 - self.inside[::-1].index(tag) :]

    def handle_comment(self, data: str) -> None:
        self.kept[f"<!--{data}-->"] += 1

    def handle_entityref(self, name: str) -> None:
        self.kept[f"&{name};"] += name == "amp"

    def handle_data(self, data: str) -> None:
        opaque = [tag for tag in self.inside if tag in ("script", "style", "pre", "code")]
        if opaque:
            self.kept[opaque[0], "".join(data.split())] += bool(data.strip())
        else:
            self.texts.append(data)


ATTRIBUTES = ["", " title='a > b'", ' alt="Das Haus {x}"', " class=x", ' href="?a=1&amp;b=2#c"', " data-x='<b>'"]
html_parts = st.recursive(
    st.sampled_from([
        *WORDS, *PLACEHOLDERS, "&amp;", "&nbsp;", "&auml;", "&#11;", "<br>", "<br/>", "<!-- c > {x} -->",
        '<img alt="Haus" src=a>',
        "<script>if (a < b) { x('%s') }</script>", "<style>p > a { }</style>", "<pre>\n  Haus  {x}</pre>",
        "<code>haus %s</code>", '<span translate="no">Haus</span>', "<wbr>",
    ]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "em", "span", "a", "p", "div", "li", "td", "h1", "button"]),
        st.sampled_from(ATTRIBUTES), st.lists(inner, max_size=4),
    ).map(lambda each: f"<{each[0]}{each[1]}>{''.join(each[2])}</{each[0]}>"),
    max_leaves=14,
)  # fmt: skip


@properties(st.lists(html_parts, max_size=5).map("".join))
def test_html(text: str, name: str, seed: int) -> None:
    result = translated(text, ".html", name, seed)
    before, after = (Page(page.replace("&auml;", "ä")) for page in (text, result))
    assert after.kept == before.kept
    assert found(*after.texts) == found(*before.texts)


# Words, with and without white space around them, and marks between them.
touching_words = ["Haus", "gut", " das", "ist ", " sehr ", " alt, ", " &auml;h. ", "3"]
touching_marks = [
    "Haus<wbr>",
    " gut<img src=x>",
    "das<!-- c -->",
    " ist&nbsp;",
    "sehr&#11;",
    "<img src=x>gut ",
    "&nbsp;alt",
]
touching_html = st.recursive(
    st.sampled_from([*touching_words, *touching_marks]),
    lambda inner: st.tuples(
        st.sampled_from(["b", "i", "span", "a", "del", "ins"]), st.lists(inner, min_size=1, max_size=3).map("".join)
    ).map(lambda each: f"<{each[0]}>{each[1]}</{each[0]}>"),
    max_leaves=8,
)


def seen(text: str) -> str:
    """Return what is seen of a page, white space as one space."""
    return " ".join(re.sub("<[^>]*>|&#11;", "", text).replace("&auml;", "ä").replace("&nbsp;", " ").split()).upper()


@settings(max_examples=150)
@given(st.lists(touching_html, max_size=6).map("".join))
def test_html_has_white_space_where_it_was(text: str) -> None:
    assert seen(translated(text, ".html", "upper", 0)) == seen(text)


# Markdown


def markdown(text: str) -> tuple[list[object], Counter[object]]:
    """Return the structure of a document in order, and what its texts hold beside words."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    blocks: list[object] = []
    inline: Counter[object] = Counter()

    def read(tokens: Iterable[Token]) -> None:
        for token in tokens:
            if token.type == "inline":
                read(token.children or [])
            elif token.type in ("text", "softbreak"):
                inline.update(found(token.content))
            elif token.block:
                content = token.content if token.type in ("fence", "code_block") else ""
                blocks.append((token.type, token.tag, token.info, token.markup, content))
            else:
                inline[token.type, token.tag, str(token.attrs), token.content if token.type != "image" else ""] += 1
                read(token.children or [])

    read(parser.parse(text))
    return blocks, inline


md_inline = st.lists(
    st.sampled_from([
        "Haus", "gut", "das", " ", " ", ". ", ", ", "3", "ä", " %s ", " {name} ", " ${x} ", " https://x.de/a ",
        " `code *x*` ", " ``a ` b`` ", " **fett** ", " *schräg gut* ", " _Betonung_ ", " ~~weg~~ ", " ***beides*** ",
        " [hier *gut*](https://x.de/a_b) ", ' [Text](a.html "Titel Haus") ', " [ref][r] ", " ![Bild](b.png) ",
        " <https://auto.de> ", " <span class='x'>inline</span> ", " \\* ", " \\_x ", " &amp; ", " a_b_c ", " 2 * 3 ",
        " [![Bild](b.png)](c) ", " [R] ", " ![r][] ", " [a *b*](c 'd \" e') ", " <a@b.de> ", " :smile: ", " $a_1 *b*$ ",
    ]),
    min_size=1, max_size=7,
).map(lambda parts: "Wort " + "".join(parts).strip())  # fmt: skip
md_blocks = st.one_of(
    md_inline,
    md_inline.map(lambda text: f"# {text}"),
    md_inline.map(lambda text: f"> {text}\n> {text}"),
    md_inline.map(lambda text: f"- {text}\n- [ ] {text}\n  1. {text}"),
    md_inline.map(lambda text: f"{text}  \n{text}\\\n{text}"),
    md_inline.map(lambda text: f"{text}\n==="),
    md_inline.map(lambda text: f"| Kopf | {text.replace('|', '')} |\n|---|:-:|\n| a | `x` {text} |"),
    md_inline.map(lambda text: f"```python\n{text}\n```"),
    md_inline.map(lambda text: f"    {text}"),
    st.just("<div>\nHaus <b>gut</b>\n</div>"),
    st.just("---"),
)


@properties(st.lists(md_blocks, max_size=4).map(lambda blocks: "\n\n".join([*blocks, "[r]: https://r.de\n"])))
def test_markdown(text: str, name: str, seed: int) -> None:
    result = translated(text, ".md", name, seed)
    (blocks, inline), (blocks_after, inline_after) = markdown(text), markdown(result)
    assert blocks_after == blocks
    assert inline_after == inline


# Subtitles

cue_line = st.lists(
    st.sampled_from([*WORDS, *PLACEHOLDERS, "<i>Haus</i>", "<b>", "{\\an8}", "&amp;", '<font color="red">', "</font>"]),
    min_size=1, max_size=6,
).map(lambda parts: "x" + "".join(parts))  # fmt: skip
cues = st.lists(st.tuples(st.lists(cue_line, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=4)


def words(text: str) -> list[str]:
    # Of tags and styles nothing is seen; a placeholder is not broken at its spaces.
    return re.sub(r"\{[^{}]*\}", "x", re.sub(r"<[^<>]*>|\{\\an8\}", "", text)).split()


@example(([(["xHaus", "x<i>Haus</i>", "x☃Haus"], False)], ".srt", "\n"), "hostile", 1)
@example(([(["xHaus"], False), (["x<i>Haus</i>"], False)], ".srt", "\n"), "hostile", 52251)
@properties(st.tuples(cues, st.sampled_from([".srt", ".vtt"]), st.sampled_from(["\n", "\r\n"])))
def test_subtitles(drawn: Any, name: str, seed: int) -> None:
    entries, suffix, newline = drawn
    mark = "," if suffix == ".srt" else "."
    parts = ["WEBVTT", "NOTE Haus {x}", "STYLE\n::cue { color: red }"] if suffix == ".vtt" else []
    for number, (lines, dialogue) in enumerate(entries, 1):
        time = f"00:00:0{number}{mark}000 --> 00:00:0{number}{mark}900"
        parts.append("\n".join([str(number), time, *(f"- {line}" if dialogue else line for line in lines)]))
    text = "\n\n".join([*parts, ""]).replace("\n", newline)
    before = text.split(newline * 2)
    after = translated(text, suffix, name, seed).split(newline * 2)
    assert len(after) == len(before)
    style = re.compile(r"\{\\an8\}")
    for old, new in zip(before, after, strict=True):
        if old[:1].isdigit():
            assert new.split(newline)[:2] == old.split(newline)[:2]
            assert found(new) == found(old)
            assert style.findall(new) == style.findall(old)
            assert new.count("-->") == 1
            assert new.count("\n") == min(old.count("\n"), 1 + len(words("".join(new.split(newline, 2)[2:]))))
        else:
            assert new == old


# Gettext

entries = st.lists(
    st.tuples(filled, st.none() | filled, st.none() | st.sampled_from(["Menü", "%s"]), st.sampled_from(["", "\n"])),
    max_size=4,
    unique_by=lambda entry: (entry[0], entry[2]),
)


@properties(st.tuples(entries, st.integers(1, 4)))
def test_gettext(drawn: Any, name: str, seed: int) -> None:
    rows, forms = drawn
    catalogue = polib.POFile()
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": f"nplurals={forms}; plural=(n != 1);",
    }
    for singular, plural, context, end in rows:
        entry = polib.POEntry(msgid=f"{end}{singular}\t{singular}{end}", msgctxt=context, flags=["c-format"])
        if plural is not None:
            entry.msgid_plural, entry.msgstr_plural = f"{end}{plural}{end}", dict.fromkeys(range(forms), "")
        catalogue.append(entry)
    before = polib.pofile(str(catalogue))
    after = polib.pofile(translated(str(catalogue), ".po", name, seed))
    assert after.metadata == before.metadata
    for old, new in zip(before, after, strict=True):
        assert (new.msgid, new.msgid_plural, new.msgctxt, new.flags) == (
            old.msgid, old.msgid_plural, old.msgctxt, old.flags,
        )  # fmt: skip
        assert new.msgstr_plural.keys() == old.msgstr_plural.keys()
        pairs = [(old.msgid, new.msgstr)] if not old.msgid_plural else []
        pairs += [
            (old.msgid_plural if number or forms == 1 else old.msgid, text)
            for number, text in new.msgstr_plural.items()
        ]
        assert len({bool(text) for _, text in pairs}) == 1
        for source, text in pairs if pairs[0][1] else []:
            assert found(text) == found(source)
            # What msgfmt --check asks for.
            assert (text.startswith("\n"), text.endswith("\n")) == (source.startswith("\n"), source.endswith("\n"))
            assert text.count("\n") == source.count("\n")


labels = st.tuples(
    st.sampled_from(["&Haus", "_gut ", "50 %&s", "Haus_gut", "&amp;&Haus", "&&Haus", "R&D "]),
    filled,
    st.sampled_from(["", "...", "…", " &gut", " _gut…", ".\n"]),
)


@properties(labels)
def test_labels(drawn: tuple[str, str, str], name: str, seed: int) -> None:
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgid="".join(drawn)))
    (entry,) = polib.pofile(translated(str(catalogue), ".po", name, seed))
    if not entry.msgstr:
        return
    assert found(entry.msgstr) == found(entry.msgid)
    for kept in ("&", "\n"):
        assert entry.msgstr.count(kept) <= entry.msgid.count(kept)
    for dots in ("...", "…"):
        assert not entry.msgid.endswith(dots) or entry.msgstr.endswith(dots)


# Tables and JSON

cells = st.lists(st.sampled_from([*WORDS, *PLACEHOLDERS, *TAGS, '"', ",", ";", "\n", "'", "|"]), max_size=7).map(
    "".join
)


@properties(st.tuples(st.lists(st.tuples(cells, cells), max_size=4), st.sampled_from([",", ";", "\t"]), st.booleans()))
def test_tables(drawn: Any, name: str, seed: int) -> None:
    rows, delimiter, quoted = drawn
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
        [["id", "text"], *rows]
    )
    result = translated(written.getvalue(), ".csv", name, seed, ("text",))
    before, after = (
        list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) for text in (written.getvalue(), result)
    )
    assert [row[:1] for row in after] == [row[:1] for row in before]
    assert [[found(cell) for cell in row] for row in after] == [[found(cell) for cell in row] for row in before]


trees = st.recursive(
    st.none() | st.integers() | cells | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "{x}"]), inner, max_size=3),
    max_leaves=8,
)


@properties(st.tuples(st.lists(st.dictionaries(st.sampled_from("ab"), trees, min_size=1), min_size=1), st.booleans()))
def test_json(drawn: Any, name: str, seed: int) -> None:
    rows, escaped = drawn
    lines = [json.dumps({"text": "", **row}, ensure_ascii=escaped) for row in rows]
    for text, suffix in (("\n".join(lines), ".jsonl"), (f"[{','.join(lines)}]", ".json")):
        result = translated(text, suffix, name, seed, ("*",))
        read = json.loads(result) if suffix == ".json" else [json.loads(line) for line in result.split("\n")]
        assert shape(read) == shape([json.loads(line) for line in lines])


def shape(tree: object) -> object:
    """Return what must not change: all but the words of the strings."""
    if isinstance(tree, dict):
        return {key: shape(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [shape(value) for value in tree]
    return found(tree) if isinstance(tree, str) else tree
