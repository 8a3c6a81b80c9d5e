"""The report of an evaluation: what it says of scores, lengths and sentences, and that text in it stays text."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from nmt.errors import InputError
from nmt.metrics import SystemScores, evaluate, sentence_chrf
from nmt.pictures.differences import MOST_WORDS, differences
from nmt.pictures.lengths import bleu_by_length, unit_of_length
from nmt.pictures.report import Evaluated, report_page
from tests import tiny
from tests.pages import Balance, check_page
from tests.strangers import ODD, lines_of_text, write

WORDS = [f"wort{number}" for number in range(40)]


def sentences(count: int) -> list[str]:
    draws = random.Random(1)
    return [" ".join(draws.choices(WORDS, k=1 + number % 13)) for number in range(count)]


def spoiled(lines: list[str], every: int) -> list[str]:
    """Return lines, every so many of which are words that no reference has."""
    return ["falsch " * 3 if number % every == 0 else line for number, line in enumerate(lines)]


def page_of(systems: dict[str, list[str]], reference: list[str], sources: list[str] | None = None) -> Balance:
    scores = [SystemScores(name, evaluate(lines, [reference], confidence=True)) for name, lines in systems.items()]
    return check_page(report_page(Evaluated(list(systems.items()), scores, [reference], sources)))


def text_of(found: Balance) -> str:
    return " ".join(" ".join(found.text).split())


def marked(page: bytes, kind: str) -> list[str]:
    return [part.split("</mark>")[0] for part in page.decode().split(f'<mark class="{kind}">')[1:]]


# --- words that differ ---


@given(text=lines_of_text, other=lines_of_text)
def test_stretches_are_the_sentences_and_alike_where_they_say_so(text: str, other: str) -> None:
    ours, theirs = differences(text, other)
    for stretches, whole in ((ours, text), (theirs, other)):
        if len(whole) < 200:
            assert "".join(stretch.text for stretch in stretches) == whole.strip()
    same = ["".join(stretch.text for stretch in each if not stretch.differs) for each in (ours, theirs)]
    assert same[0] == same[1]
    assert not any(stretch.differs for stretch in differences(text, text)[0])


def test_words_that_differ_are_marked_as_words_and_scripts_without_spaces_letter_by_letter() -> None:
    ours, theirs = differences("Er kauft ein Haus.", "Er kaufte ein Haus!")
    assert [stretch.text for stretch in ours if stretch.differs] == ["kauft", "."]
    assert [stretch.text for stretch in theirs if stretch.differs] == ["kaufte", "!"]
    ours, _ = differences("私は本を読む", "私は紙を読む")
    assert [(stretch.text, stretch.differs) for stretch in ours] == [("私は", False), ("本", True), ("を読む", False)]


def test_a_sentence_as_long_as_a_book_is_cut() -> None:
    ours, theirs = differences("a " * 100_000, "b" * 1_000_000)
    assert sum(len(stretch.text) for stretch in (*ours, *theirs)) < 2 * MOST_WORDS + 300
    assert ours[-1].text.endswith("…") and theirs[-1].text.endswith("…")


# --- lengths ---


def test_lengths_divide_all_sentences_into_parts_of_about_one_size() -> None:
    lines = sentences(260)
    buckets = bleu_by_length(lines, [lines, spoiled(lines, 2)], [lines])
    assert sum(bucket.count for bucket in buckets) == 260 and 3 <= len(buckets) <= 6
    assert all(bucket.shortest <= bucket.longest for bucket in buckets)
    assert all(low.longest < high.shortest for low, high in pairwise(buckets))
    for bucket in buckets:
        chosen = [i for i, line in enumerate(lines) if bucket.shortest <= len(line.split()) <= bucket.longest]
        expected = evaluate([spoiled(lines, 2)[i] for i in chosen], [[lines[i] for i in chosen]], ["bleu"])[0]
        assert bucket.scores[1].value == pytest.approx(expected.value)
        assert bucket.scores[1].ci is not None
    assert len(bleu_by_length(lines[:9], [lines[:9]], [lines[:9]])) == 1


def test_where_no_spaces_divide_words_characters_are_counted() -> None:
    assert unit_of_length(["これは日本語の文章ですから空白はありませんね"] * 3) == "characters"
    assert unit_of_length(["Das ist ein deutscher Satz mit Leerzeichen."] * 3) == "words"
    assert unit_of_length(["Ja", ""]) == "words"


# --- the page ---


def test_scores_lengths_and_sentences_stand_on_the_page() -> None:
    lines = sentences(60)
    output = spoiled(lines, 10)
    found = page_of({"ours": output}, lines, [f"Quelle {number}" for number in range(60)])
    text = text_of(found)
    for score in evaluate(output, [lines], confidence=True):
        assert score.signature in text and f"{score.value:.2f} ± {score.ci:.2f}" in text
    assert "words of the source" in text and "Worst sentences" in text and "Best sentences" in text
    # Every tenth sentence is spoiled, and six are all of them.
    worst = text[text.index("Worst sentences") : text.index("Best sentences")]
    assert all(f"Line {number} " in worst and f"Quelle {number - 1} " in worst for number in range(1, 60, 10))
    best = text[text.index("Best sentences") :]
    assert "falsch" in worst and "falsch" not in best


def test_without_a_source_lengths_are_those_of_the_reference() -> None:
    lines = sentences(12)
    text = text_of(page_of({"ours": lines}, lines))
    assert "words of the reference" in text and "source" not in text


@pytest.mark.parametrize("count", [1, 2, 3, 20])
@pytest.mark.parametrize("every", [2, 100])
def test_worst_and_best_share_no_sentence_however_few_or_alike_they_are(count: int, every: int) -> None:
    lines = sentences(count)
    text = text_of(page_of({"ours": spoiled(lines, every)}, lines))
    assert [text.count(f"Line {number} ") for number in range(1, count + 1)] == [1] * count


def test_against_another_system_the_sentences_with_the_largest_difference_come_first() -> None:
    lines = sentences(40)
    better, worse = [*spoiled(lines[:20], 7), *lines[20:]], [*lines[:20], *spoiled(lines[20:], 5)]
    text = text_of(page_of({"theirs": worse, "ours": better}, lines))
    gained = text[text.index("differ most: better") : text.index("differ most: worse")]
    lost = text[text.index("differ most: worse") : text.index("Worst sentences")]
    assert [number for number in range(1, 41) if f"Line {number} " in gained] == [21, 26, 31, 36]
    assert [number for number in range(1, 41) if f"Line {number} " in lost] == [1, 8, 15]


def test_what_sentences_hold_stays_text() -> None:
    odd = [text.replace("\r", " ") for text in ODD] + ["<script>alert(1)</script>", "{{ 7 * 7 }}", "</mark><img src=x>"]
    lines = [f"x {text} y" for text in odd]
    output = [f"x {text} z" for text in odd]
    found = page_of({"<i>ours": output}, lines, lines)
    assert "<i>ours" in text_of(found)
    scores = [SystemScores("a", evaluate(output, [lines]))]
    page = report_page(Evaluated([("a", output)], scores, [lines], lines))
    assert b"<script" not in page and b"<img" not in page
    assert set(marked(page, "extra")) >= {"z"} and set(marked(page, "missing")) >= {"y"}


# --- the command ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = sentences(30)
    for name, content in (("ref", lines), ("new", spoiled(lines, 9)), ("old", spoiled(lines, 3)), ("src", lines)):
        write(tmp_path / name, content)
    write(tmp_path / "short", lines[:3])
    return tmp_path


@pytest.mark.parametrize("test", ["bs", "ar"])
def test_the_command_writes_a_report_with_significance(
    test: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = folder / "report.html"
    asked = ["--hyp", folder / "new", "--ref", folder / "ref", "--src", folder / "src", "-f", "json", "-M", "bleu,chrf"]
    assert tiny.run_nmt("evaluate", *asked, f"--paired-{test}", folder / "old", "--html", page) == 0
    baseline, system = json.loads(capfd.readouterr().out)
    text = text_of(check_page(page.read_bytes()))
    for before, after in zip(baseline["scores"], system["scores"], strict=True):
        assert f"{before['score']:.2f}" in text and f"{after['score']:.2f}" in text
        assert f"{after['p_value']:.4f}: unlikely by chance" in text
        assert f"{after['score'] - before['score']:+.2f}" in text
    assert ("paired bootstrap resampling" in text) == (test == "bs")
    assert not [path for path in folder.iterdir() if path.name.endswith(".tmp")]


def test_bad_outputs_and_lines_that_do_not_match_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plain = ["evaluate", "--hyp", folder / "new", "--ref", folder / "ref"]
    assert tiny.run_nmt(*plain, "--html", folder / "x.pdf") == 2
    assert "choose one of: .html" in capfd.readouterr().err
    assert tiny.run_nmt("evaluate", "--hyp", "no-file", "--ref", "no-file", "--html", folder / "no/x.html") == 2
    assert "there is no folder" in capfd.readouterr().err
    assert tiny.run_nmt(*plain, "--src", folder / "short", "--html", folder / "x.html") == 2
    assert "short has 3 lines, but" in capfd.readouterr().err
    assert not (folder / "x.html").exists()
    # Without a report too, a source that does not belong to the translations is a mistake.
    assert tiny.run_nmt(*plain, "--src", folder / "short", "-M", "chrf") == 2
    assert "short has 3 lines, but" in capfd.readouterr().err


def test_sentence_scores_are_those_of_each_sentence_alone() -> None:
    lines, output = sentences(6), spoiled(sentences(6), 2)
    scores = sentence_chrf(output, [lines])
    assert scores[0] < scores[1] == pytest.approx(100)
    for line, reference, score in zip(output, lines, scores, strict=True):
        assert score == pytest.approx(evaluate([line], [[reference]], ["chrf"])[0].value)
    assert sentence_chrf(["A B"], [["a b"]])[0] < sentence_chrf(["A B"], [["a b"]], lowercase=True)[0]
    with pytest.raises(InputError, match="lines"):
        sentence_chrf(output, [lines[:2]])
