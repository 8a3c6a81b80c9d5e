"""Tests of placeholders, tags and addresses: whatever the translation is, each comes out once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmt.documents.marks import Item, Kind, Mark
from nmt.documents.passages import translate_passages
from nmt.documents.placeholders import protect
from nmt.documents.stretches import join
from nmt.translation import Translation
from tests import fakes

PLACEHOLDERS = [
    "%s", "%d", "%(name)d", "%1$s", "%.2f", "%%", "{name}", "{0}", "{x!r:>10}", "${x}", "{{ y }}",
    "$HOME", "&amp;", "&nbsp;",
    "&#39;", "https://example.org/a_b?c=%20d#e", "www.example.org", "anna@example.org", "`rm -rf`", "<br>", "<br/>",
    "<b>", "</b>", '<a href="x">', "</a>", "<i>", "</i>", "☃", "{n, plural, one {# a} other {# b}}",
    "%{count}", "#{x}", "%<count>d", "%<total>.2f", "{n, plural, other {{a}\n{n, select, a {b {c}}}}}",
    "{n, plural, other {" + "lang " * 60 + "}}",
]  # fmt: skip
texts = st.lists(
    st.one_of(
        st.sampled_from(PLACEHOLDERS), st.text(max_size=8), st.sampled_from(["Haus", " ", "ist", ". ", "3", "!"])
    ),
    max_size=14,
).map("".join)


def found(text: str) -> Counter[object]:
    return Counter(item.content for item in protect(text) if isinstance(item, Mark))


def translated(text: str, translate: Any) -> str:
    (result,) = translate_passages([[text]], translate)
    return join(result)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_every_kind_of_placeholder_is_found_as_a_whole(placeholder: str) -> None:
    assert found(f"vor {placeholder} nach") == Counter([placeholder])


@pytest.mark.parametrize(
    "prose",
    [
        "100%ig",
        "Eine 50 %ige Lösung",
        "Geht`s gut, war`s schön",
        "{" + "Satz " * 30 + "}",
        "5 % aller",
        "3,5%",
        "a < b > c",
        "R&D",
        "5 $",
        "um 15:30 Uhr",
        "e.g. this",
        "a_b",
    ],
)
def test_prose_is_no_placeholder(prose: str) -> None:
    assert not found(prose)


@pytest.mark.parametrize(
    "text, kept",
    [
        ("请看https://example.org/a。谢谢", "https://example.org/a"),
        ("详情见www.example.org，谢谢", "www.example.org"),
        ("联系anna@example.org。", "anna@example.org"),
        ("an müller@example.org.", "müller@example.org"),
        ("（https://example.org/a）", "https://example.org/a"),
        ("%d個", "%d"),
    ],
)
def test_placeholders_are_found_in_scripts_without_spaces(text: str, kept: str) -> None:
    assert found(text) == Counter([kept])


@given(texts)
def test_a_text_taken_apart_is_the_text(text: str) -> None:
    assert join(protect(text)) == text


@settings(max_examples=400)
@given(texts, st.integers(0, 10**6))
@example("{Haus} %s", 1)
def test_each_placeholder_comes_out_once_whatever_the_translation(text: str, seed: int) -> None:
    for translate in (fakes.upper, fakes.backwards, fakes.hostile(seed), fakes.hostile(seed, PLACEHOLDERS)):
        assert found(translated(text, translate)) == found(text)


@st.composite
def nested(draw: st.DrawFn, depth: int = 3) -> list[Item]:
    """Draw a passage of words and marks whose pairs are properly nested."""
    items: list[Item] = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.integers(0, 3 if depth else 2))
        if kind < 2:
            items.append(draw(st.sampled_from(["Das", " ", " ist ", "gut. ", "Ja, ", "3"])))
        elif kind == 2:
            items.append(Mark(object()))
        else:
            name = draw(st.sampled_from("ab"))
            items += [Mark(object(), Kind.OPEN, name), *draw(nested(depth=depth - 1)), Mark(object(), Kind.CLOSE, name)]
    return items


@settings(max_examples=300)
@given(nested(), st.integers(0, 10**6))
def test_pairs_stay_nested_whatever_the_translation(passage: list[Item], seed: int) -> None:
    partner = partners(passage)
    for translate in (fakes.upper, fakes.backwards, fakes.hostile(seed)):
        (result,) = translate_passages([passage], translate)  # type: ignore[arg-type]
        marks = [item for item in result if isinstance(item, Mark)]
        assert Counter(map(id, marks)) == Counter(id(item) for item in passage if isinstance(item, Mark))
        assert partners(result) == partner


def partners(passage: list[Item]) -> dict[int, int]:
    """Return the closing mark of each opening one by nesting; fails where they do not nest."""
    result, waiting = {}, []
    for item in passage:
        if isinstance(item, Mark) and item.kind is Kind.OPEN:
            waiting.append(item)
        elif isinstance(item, Mark) and item.kind is Kind.CLOSE:
            opened = waiting.pop()
            assert opened.name == item.name
            result[id(opened)] = id(item)
    assert not waiting
    return result


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Hallo {name}, das ist wichtig.", "hello {name}, this is important."),
        ("Das ist <b>wichtig</b>!", "this is <b>important</b>!"),
        ("<b>%s</b> ist das <i>Haus <u>%d</u></i>.", "<b>%s</b> is this <i>house <u>%d</u></i>."),
        ("Datei „{x}“ (%d/%d)", "file „{x}“ (%d/%d)"),
        ("{first} {last} ist &amp; https://x.de/a_b.", "{first} {last} is &amp; https://x.de/a_b."),
        ("  Haus\t", "  house\t"),
        ("%s: 3", "%s: 3"),
    ],
)
def test_marks_return_to_the_words_they_stood_with(text: str, expected: str) -> None:
    assert translated(text, fakes.by_words) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Die Version v{major}.x ist neu.", "DIE VERSION V.X{major} IST NEU."),
        ("Das Donau<wbr>schiff ist schön.", "DAS DONAUSCHIFF<wbr> IST SCHÖN."),
        ("Neu ist v{major}.x", "NEU IST V.X{major}"),
    ],
)
def test_a_mark_within_a_word_leaves_the_space_behind_it(text: str, expected: str) -> None:
    assert translated(text, fakes.upper) == expected


@pytest.mark.parametrize(
    "text",
    [
        "DER PREIS IST <b>5</b>&nbsp;EURO.",
        "DAS <img src=x><b>NEUE</b> HAUS",
        "<i class=icon></i><b>NEU</b> HIER",
        "DAS WORT<sup>1</sup><b>NEU</b> HIER",
        "<i>{x}<b>NEU</b></i> HIER",
        "<i>HIER %s</i>UND",
        "HIER<i>%s UND</i>",
        "<i>NEU <b>HIER</b></i>{x} UND",
    ],
)
def test_marks_that_touch_get_no_space_between_them(text: str) -> None:
    assert translated(text.lower(), fakes.upper) == text


@pytest.mark.parametrize(
    "text, sent",
    [
        ("<a>Start</a><a>Kontakt</a><a>Über uns</a>", "Start Kontakt Über uns"),
        ("<span>Name:</span><span>Haus</span>", "Name: Haus"),
        ("Das <del>alte</del><ins>neue</ins> Haus", "Das alte neue Haus"),
        ("<span>Das</span><br>Haus", "Das Haus"),
        ("<span><a>Haus</a></span><a><b>Boot</b></a>", "Haus Boot"),
        ("<b>Das</b><i>s es ist</i>", "Dass es ist"),
        ("<span>Das</span><span>, ja</span>", "Das, ja"),
    ],
)
def test_words_in_pairs_that_touch_are_words_of_their_own(text: str, sent: str) -> None:
    seen: list[str] = []

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        seen.extend(lines)
        return fakes.upper(seen)

    result = translated(text, translate)
    assert seen == [sent]
    if "<b>Das" not in text:
        assert result == re.sub(r"\w+(?![^<]*>)", lambda word: word[0].upper(), text)


def test_a_space_where_no_line_ends_stays_between_its_words() -> None:
    assert (
        translated("Das sind 5\u00a0km und <b>Nr.</b>\u202f7", fakes.upper)
        == "DAS SIND 5\u00a0KM UND <b>NR.</b>\u202f7"
    )
    assert translated("Haus\u00a0ist gut", fakes.backwards) == "gut ist Haus"


def test_a_pair_follows_its_words_where_their_order_turns() -> None:
    assert translated("<b>Haus</b> ist {x} gut", fakes.backwards) == "gut ist {x} <b>Haus</b>"


def test_a_mark_before_a_full_stop_is_not_glued_to_a_word_made_from_it() -> None:
    pairs = [(2, 0), (2, 1), (1, 2)]
    text = translated(
        "Das ist {x}!", lambda lines: (fakes.translation("please is this", line, pairs) for line in lines)
    )
    assert text == "{x} please is this"


@pytest.mark.parametrize(
    "source, target, alignment, expected",
    [
        ("Es sind 1234 Äpfel", "There are 1243 apples", [0, 1, 2, 3], "There are 1234 apples"),
        ("Es sind 1234 Äpfel", "There are 1243 apples", [0, 1, 1, 3], "There are 1243 apples"),
        ("Um 15 Uhr", "At 3 pm", [0, 1, 2], "At 3 pm"),
        ("Es sind 3,5 Liter", "There are 3.6 litres", [0, 1, 2, 3], "There are 3.6 litres"),
        ("Die 12 und 13", "The 13 and 12", [0, 1, 2, 3], "The 13 and 12"),
    ],
)
def test_a_number_is_put_right_only_where_it_is_clear(
    source: str, target: str, alignment: list[int], expected: str
) -> None:
    pairs = [(src, tgt) for tgt, src in enumerate(alignment)]
    assert translated(source, lambda lines: (fakes.translation(target, line, pairs) for line in lines)) == expected


@pytest.mark.parametrize(
    "text", ["<b>" * 50_000 + "x" + "</b>" * 50_000, "<b>x</b> " * 20_000, "{x} a " * 20_000, "{" * 200_000]
)
def test_marks_without_end_take_no_time_without_end(text: str) -> None:
    assert found(translated(text + " a", fakes.upper)) == found(text)


@pytest.mark.parametrize(
    "text, pieces, links, expected",
    [
        # What was written out for the model.
        ("Obst, <b>z. B.</b> Äpfel", "▁Obst , ▁zum ▁Beispiel ▁Äpfel", [0, 2, 3, 4], "OBST, <b>Z. B.</b> ÄPFEL"),
        ("<i>Haus</i> am <b>3.4.</b> da", "▁Haus ▁am ▁3. ▁April ▁da", [0, 1, 2, 4], "<i>HAUS</i> AM <b>3.4.</b> DA"),
        # A number in the place of an amount.
        (
            "<b>Haus</b> für <u>5 €</u> und <i>Boot</i>",
            "▁Haus ▁für ▁47 ▁und ▁Boot",
            [0, 1, 2, 2, 3, 4],
            "<b>HAUS</b> FÜR <u>5 €</u> UND <i>BOOT</i>",
        ),
    ],
)
def test_marks_stay_where_the_model_read_something_else(
    text: str, pieces: str, links: list[int], expected: str
) -> None:
    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        for line in lines:
            words = tuple(f"▁{word}" for word in line.upper().split())
            alignment = tuple(zip(links, range(len(words)), strict=True))
            yield Translation(line.upper(), tokens=words, src_tokens=tuple(pieces.split()), alignment=alignment)

    assert translated(text, translate) == expected


def test_marks_around_an_amount_hold_all_of_it() -> None:
    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        pieces, own = ("▁Er", "▁zahlt", "▁47", "▁heute"), ("▁He", "▁pays", "▁47", "▁today")
        alignment = tuple((place, place) for place in range(4))
        return (Translation("He pays €5.50 today", tokens=own, src_tokens=pieces, alignment=alignment) for _ in lines)

    assert translated("Er zahlt <b>5,50 €</b> <i>heute</i>", translate) == "He pays <b>€5.50</b> <i>today</i>"


def test_neighbouring_prices_keep_their_own_signs() -> None:
    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        assert list(lines) == ["Preis: 19,99 € 9,99 €"]
        alignment = ((0, 0), (1, 1), (2, 2), (3, 3))
        yield Translation(
            "Price: €19.99 €9.99",
            tokens=("▁Price", ":", "▁47", "▁83"),
            src_tokens=("▁Preis", ":", "▁47", "▁83"),
            alignment=alignment,
        )

    text = "Preis: <s>19,99 €</s> <b>9,99 €</b>"
    assert translated(text, translate) == "Price: <s>€19.99</s> <b>€9.99</b>"
