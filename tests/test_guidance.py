"""Glossaries and prefixes, from Python and from the command line."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.carrying.carrier import Prepared
from nmt.carrying.held import Held
from nmt.config import SearchConfig
from nmt.errors import InputError
from nmt.glossary import Glossary, missing
from nmt.guidance import Guidance
from nmt.phrases import Phrases
from nmt.tokenizer import TokenizerPair
from nmt.translation import Translation
from nmt.translator import Translator
from tests import tiny
from tests.strangers import encoded

GLOSSARY = Glossary.of({"ba": "MOP", "de gi": "LU KO|PO", "ne": None, "ma": "De"})
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", threads=1)


@pytest.fixture(scope="module")
def config(translator: Translator) -> SearchConfig:
    return translator.settings({"max_length": 0, "split": True})


def texts(found: list[Translation]) -> list[str]:
    return [each.text for each in found]


@settings(max_examples=12)
@given(
    lines=st.lists(st.lists(st.sampled_from([*tiny.WORDS, "BA", ".", ""]), max_size=6).map(" ".join), max_size=3),
    n_best=st.integers(1, 2),
)
def test_every_translation_holds_every_term(
    lines: list[str], n_best: int, translator: Translator, config: SearchConfig
) -> None:
    wider = config.model_copy(update={"n_best": n_best, "split": False})
    for line, found in zip(lines, translator.translate(lines, wider, glossary=GLOSSARY), strict=True):
        for each in found.alternatives:
            assert missing(each.text, GLOSSARY.find(line)) == []


def test_lines_without_a_term_are_translated_as_without_a_glossary(
    translator: Translator, config: SearchConfig
) -> None:
    lines = ["ko lu", "ba de gi", "", "po po ko", "lu"]
    found = translator.translate(lines, config, glossary=GLOSSARY)
    plain = translator.translate(lines, config)
    assert [each.text for i, each in enumerate(found) if i != 1] == [
        each.text for i, each in enumerate(plain) if i != 1
    ]
    assert found[1].text != plain[1].text
    assert texts(translator.translate(lines, config, 1, GLOSSARY)) == texts(found)


def test_each_translation_begins_with_its_prefix(translator: Translator, config: SearchConfig) -> None:
    lines = ["ko lu", "ba de gi. ko lu.", "", "po"]
    for prefix in ("MA", "Ko l", "漢 x", "K "):
        found = texts(translator.translate(lines, config, prefixes=prefix))
        assert [text.startswith(prefix.strip()) for text in found] == [True, True, False, True]
        assert found[2] == ""
    found = texts(translator.translate(lines, config, glossary=GLOSSARY, prefixes=["A", "", "B", "PO P"]))
    assert found[0].startswith("A") and found[2] == "" and found[3].startswith("PO P")
    assert missing(found[1], GLOSSARY.find(lines[1])) == []
    with pytest.raises(InputError, match="4 lines, but the prefixes are 2"):
        translator.translate(lines, config, prefixes=["A", "B"])
    samples = translator.translate(lines, config.model_copy(update={"sampling": True}), prefixes="MA")
    assert all(text.startswith("MA") for text in texts(samples) if text)


def test_what_cannot_be_held_is_told_once(
    translator: Translator, config: SearchConfig, caplog: pytest.LogCaptureFixture
) -> None:
    long = Glossary.of({"ba": "this is far too long for a short translation"})
    short = config.model_copy(update={"max_length": 4})
    with caplog.at_level(logging.WARNING):
        found = translator.translate(["ko", "ba ko", "ba lu"], short, glossary=long)
    assert texts(found) == texts(translator.translate(["ko", "ba ko", "ba lu"], short))
    (record,) = caplog.records
    assert record.getMessage().startswith("line 2: no translation was found that holds 'this is far too long")


def test_what_cannot_be_held_is_told_to_who_asks(
    translator: Translator, config: SearchConfig, caplog: pytest.LogCaptureFixture
) -> None:
    long = Glossary.of({"ba": "this is far too long for a short translation"})
    short = config.model_copy(update={"max_length": 4})
    told: dict[int, list[str]] = {}
    translator.translate(
        ["ko", "ba ko", "ba lu"],
        short,
        glossary=long,
        missed=lambda number, lacking: told.update({number: list(lacking)}),
    )
    assert list(told) == [1, 2]
    assert told[1] == ["'this is far too long for a short translation' for 'ba'"]
    assert caplog.records == []


def test_what_is_no_language_is_carried_around_guided_parts_too(translator: Translator, config: SearchConfig) -> None:
    lines = ["ba 🍕 de gi", "- ba https://a.de/b", "🍕", "ko 東京", "- ko", "ba | 5 € | ko"]
    found = texts(translator.translate(lines, config, glossary=GLOSSARY))
    assert " 🍕 " in found[0] and missing(found[0], GLOSSARY.find(lines[0])) == []
    assert found[1].startswith("- ") and found[1].endswith(" https://a.de/b") and "MOP" in found[1]
    assert found[2] == "🍕" and found[3].count("東京") == 1
    assert "MOP" in found[5].split(" | 5 € | ")[0]
    prefixed = texts(translator.translate(lines, config, prefixes=["MA", "- MA", "MA", "MA", "- MA", "MA"]))
    assert prefixed[0].startswith("MA") and " 🍕 " in prefixed[0]
    assert prefixed[1].startswith("- MA") and prefixed[1].endswith(" https://a.de/b")
    assert prefixed[2] == "MA 🍕" and prefixed[3].startswith("MA") and prefixed[3].endswith("東京")
    assert prefixed[4].startswith("- MA") and prefixed[5].startswith("MA")


def test_a_term_of_what_would_be_carried_is_met(
    translator: Translator, config: SearchConfig, caplog: pytest.LogCaptureFixture
) -> None:
    glossary = Glossary.of({"🍕": "PO", "5 €": "MA"})
    with caplog.at_level(logging.WARNING):
        found = texts(translator.translate(["ba 🍕 de", "🍕", "ko 5 €"], config, glossary=glossary))
    assert all("PO" in text for text in found[:2]) and "MA" in found[2]
    assert caplog.records == []


def read(terms: dict[str, str | None], text: str, prepared: Prepared) -> tuple[Prepared, list[str]]:
    """Return what the model gets of a text, and the terms its translation must hold."""
    phrases = Phrases(TokenizerPair.load(tiny.model_directory()))
    got, plan = Guidance(Glossary.of(terms)).read(text, "", lambda _: prepared, phrases)
    return got, [demand.found for demand in plan.demands] if plan else []


@pytest.mark.parametrize("text", ["Mail an info@firma.de bitte.", "https://www.firma.de", "Hallo {firma}!"])
def test_a_term_within_an_address_or_a_placeholder_is_none(text: str) -> None:
    carried = Prepared("", "Mail an Tom bitte.")
    assert read({"firma": "company"}, text, carried) == (carried, [])


def test_a_term_that_is_a_stand_in_for_something_else_is_none() -> None:
    carried = Prepared("", "ba Tom ko", held=(Held("Tom", "Tom", "🍕"),))
    assert read({"Tom": None, "ko": "MOP"}, "ba 🍕 ko", carried) == (carried, ["ko"])


def test_an_acronym_leaves_a_sentence_in_capitals_to_be_read_as_words() -> None:
    carried = Prepared("", "Die EU hilft", capitals=True)
    assert read({"EU": "Union"}, "DIE EU HILFT", carried) == (carried, ["EU"])


@pytest.mark.parametrize(
    "text, within, written",
    [
        ("(ba)", False, "(MOP)"),
        (" „ba“! ", False, '"MOP"!'),
        ("ba", True, "MOP"),
        # What begins a text, or has words beside it, is translated.
        ("ba", False, None),
        (" ba", False, None),
        ("(ba ko)", True, None),
        ("(ba ba)", True, None),
    ],
)
def test_a_term_alone_behind_a_mark_or_within_a_sentence_is_its_translation(
    text: str, within: bool, written: str | None
) -> None:
    phrases = Phrases(TokenizerPair.load(tiny.model_directory()))
    got, plan = Guidance(GLOSSARY).read(text, "", lambda each: Prepared("- ", each), phrases, within)
    assert plan is not None and (plan.constraint is None) == (written is not None)
    assert got == (Prepared("- ", text) if written is None else Prepared(f"- {written}", ""))


def test_a_term_alone_does_not_go_before_a_prefix() -> None:
    phrases = Phrases(TokenizerPair.load(tiny.model_directory()))
    got, plan = Guidance(GLOSSARY).read("(ba)", "x", lambda each: Prepared("", each), phrases)
    assert got.text == "(ba)" and plan is not None and plan.constraint is not None


def test_a_prefix_that_is_no_text_is_refused(translator: Translator, config: SearchConfig) -> None:
    with pytest.raises(InputError, match=r"the prefix of line 2: .* the byte 0xe4, which is not UTF-8"):
        translator.translate(["ba", "ko"], config, prefixes=["", "ab\udce4"])


@pytest.mark.parametrize(
    "prepared, prefix, opening",
    [
        (Prepared("", "ko Tom", "", (Held("Tom", "Tom", "東京"),)), "MA 東京", "MA Tom"),
        (Prepared("- ", "ko"), "- MA", "MA"),
        # What begins otherwise, or in capitals, is read as it is.
        (Prepared("- ", "ko"), "MA", None),
        (Prepared("", "ko", capitals=True), "MA", None),
        (Prepared("", "ko"), "", ""),
    ],
)
def test_the_model_is_asked_for_what_makes_the_whole_begin_with_the_prefix(
    prepared: Prepared, prefix: str, opening: str | None, translator: Translator
) -> None:
    phrases = translator.sentences.phrases
    read, plan = Guidance(GLOSSARY).read(
        "ba ko", prefix, lambda _: replace(prepared, text=f"ba {prepared.text}"), phrases
    )
    assert plan is not None and plan.prefix == prefix and [demand.found for demand in plan.demands] == ["ba"]
    if opening is None:
        assert (read, opening) == (Prepared("", "ba ko"), None)
    assert plan.constraint == phrases.constraint(read.text, plan.demands, prefix if opening is None else opening)


# --- the command ---


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "terms.tsv").write_bytes(encoded(["ba\tMOP", "ne"]))
    (tmp_path / "prefixes").write_bytes(encoded(["MA", "", "PO"]))
    (tmp_path / "text").write_bytes(encoded(["ba ko", "ne lu", "ko"]))
    return tmp_path / "text"


def translate(text: Path, *options: object) -> tuple[int, list[str]]:
    given = ["-m", tiny.model_directory(), "-i", text, "-o", text.with_name("out"), "--max-length", "0"]
    code = tiny.run_nmt("translate", *given, "--precision", "fp32", "--threads", "1", *options)
    out = text.with_name("out")
    return code, out.read_text(encoding="utf-8").split("\n")[:-1] if out.exists() else []


def test_the_command_takes_a_glossary_and_prefixes(text: Path) -> None:
    code, lines = translate(text, "--glossary", text.with_name("terms.tsv"), "--prefixes", text.with_name("prefixes"))
    assert code == 0 and len(lines) == 3
    assert lines[0].startswith("MA") and "MOP" in lines[0].split() and "ne" in lines[1].split()
    assert lines[2].startswith("PO")
    resumed = ("--glossary", text.with_name("terms.tsv"), "--prefixes", text.with_name("prefixes"), "--resume")
    assert translate(text, *resumed) == (0, lines)
    code, lines = translate(text, "--prefix", "KO M")
    assert code == 0 and all(line.startswith("KO M") for line in lines)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--glossary", "bad.tsv"], "bad.tsv, line 2: 3 columns"),
        (["--glossary", "none.tsv"], "none.tsv"),
        (["--prefix", "A", "--prefixes", "prefixes"], "give one of them"),
        (["--prefixes", "few"], "few has 2 lines, "),
        (["--prefixes", "many"], "many has 4 lines, "),
        (["--glossary", "terms.tsv", "--sampling"], "leave out the sampling or the glossary"),
        (["--glossary", "unseen.tsv", "--sampling"], "leave out the sampling or the glossary"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(
    options: list[str], message: str, text: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(text.parent)
    Path("bad.tsv").write_bytes(encoded(["a\tb", "c\td\te"]))
    Path("unseen.tsv").write_bytes(encoded(["no line has this\tX"]))
    Path("few").write_bytes(encoded(["A"] * 2))
    Path("many").write_bytes(encoded(["A"] * 4))
    tiny.model_directory()
    capfd.readouterr()
    assert translate(text, *options) == (2, [])
    err = capfd.readouterr().err
    assert err.startswith("nmt: ") and err.count("\n") == 1 and message in err


@pytest.mark.parametrize(
    ("count", "message"), [(2, "line 3 has no prefix"), (4, "prefixes has more lines than the text, which has 3")]
)
def test_prefixes_of_what_is_piped_are_counted_on_the_way(
    count: int, message: str, text: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    text.with_name("prefixes").write_bytes(encoded(["A"] * count))
    with text.open(encoding="utf-8") as piped:
        monkeypatch.setattr("sys.stdin", piped)
        given = ["-m", tiny.model_directory(), "--prefixes", text.with_name("prefixes"), "-o", text.with_name("out")]
        assert tiny.run_nmt("translate", *given, "--max-length", "2") == 2
    assert message in capfd.readouterr().err


def test_a_document_takes_a_glossary_and_no_prefix(text: Path, capfd: Capture) -> None:
    document = text.with_name("page.md")
    document.write_bytes(encoded(["# ba ko", "", "ne *lu*"]))
    given = ["translate", "-m", tiny.model_directory(), document, "-o", text.with_name("out.md"), "--max-length", "0"]
    assert tiny.run_nmt(*given, "--glossary", text.with_name("terms.tsv")) == 0
    assert "MOP" in text.with_name("out.md").read_text(encoding="utf-8")
    capfd.readouterr()
    assert tiny.run_nmt(*given, "--prefix", "A") == 2
    assert "for lines of text" in capfd.readouterr().err
