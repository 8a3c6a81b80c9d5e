"""Tests of the scores."""

from __future__ import annotations

import json

import pytest
import sacrebleu

from nmt.errors import InputError
from nmt.metrics import METRICS, Options, compare, evaluate

REFERENCES = [
    f"The {noun} {verb} in the {place} on a sunny day."
    for noun, verb, place in zip(
        ["dog", "old man", "child", "red car", "bird", "woman", "train"] * 6,
        ["sleeps", "waits", "plays", "stands", "sings quietly", "works"] * 7,
        ["garden", "street", "park", "field", "city", "house by the sea", "snow"] * 6,
        strict=True,
    )
]
GOOD = [line.replace("sunny", "bright") for line in REFERENCES]
BAD = [" ".join(line.split()[::-1]) for line in REFERENCES]


@pytest.mark.parametrize("lowercase", [False, True])
def test_scores_agree_with_sacrebleu_called_directly(lowercase: bool) -> None:
    hypotheses = [line.upper() if index % 2 else line for index, line in enumerate(GOOD)]
    bleu, chrf, ter = evaluate(hypotheses, [REFERENCES], options=Options(lowercase))
    assert bleu.value == sacrebleu.corpus_bleu(hypotheses, [REFERENCES], lowercase=lowercase).score
    assert chrf.value == sacrebleu.CHRF(lowercase=lowercase).corpus_score(hypotheses, [REFERENCES]).score
    assert ter.value == sacrebleu.corpus_ter(hypotheses, [REFERENCES]).score
    assert [bleu.name, chrf.name, ter.name] == ["BLEU", "chrF2", "TER"]


def test_lines_so_long_that_ter_would_not_end_are_refused_and_scored_by_the_others() -> None:
    lines = ["short", "ba de " * 600]
    with pytest.raises(InputError, match=r"the translation, line 2: 1,200 words against 1,200 are too many for TER"):
        evaluate(lines, [lines])
    with pytest.raises(InputError, match=r"system 'b', line 2: .* choose other metrics: -M bleu,chrf"):
        compare([("a", ["x", "x"]), ("b", lines)], [lines], ["ter"])
    assert [score.value for score in evaluate(lines, [lines], ["bleu", "chrf"])] == pytest.approx([100, 100])


def test_a_perfect_translation_scores_100_and_needs_no_edits() -> None:
    values = [score.value for score in evaluate(REFERENCES, [REFERENCES], list(METRICS))]
    assert values == pytest.approx([100, 100, 100, 0])


def test_several_references_are_used_and_counted_in_the_signature() -> None:
    (score,) = evaluate(GOOD, [BAD, GOOD], ["bleu"])
    assert score.value == pytest.approx(100)
    assert "nrefs:2" in score.signature


def test_signatures_name_case_tokenizer_and_version() -> None:
    options = Options(lowercase=True, tokenize="intl")
    bleu, chrf, words, ter = evaluate(GOOD, [REFERENCES], list(METRICS), options=options)
    assert {"nrefs:1", "case:lc", "tok:intl", f"version:{sacrebleu.__version__}"} <= set(bleu.signature.split("|"))
    assert "nw:0" in chrf.signature
    assert "nw:2" in words.signature
    assert "tok:tercom" in ter.signature


def test_a_score_reads_like_sacrebleus_line_and_becomes_json() -> None:
    (score,) = evaluate(GOOD, [REFERENCES], ["bleu"])
    assert score.format() == f"BLEU|{score.signature} = {score.value:.2f}"
    facts = json.loads(json.dumps(score.as_dict()))
    assert facts == {"name": "BLEU", "score": score.value, "signature": score.signature}


def test_confidence_is_sacrebleus_own_bootstrap_and_is_the_same_each_time() -> None:
    metric = sacrebleu.BLEU()
    expected = metric.corpus_score(GOOD, [REFERENCES], n_bootstrap=1000)
    (score,) = evaluate(GOOD, [REFERENCES], ["bleu"], confidence=True)
    assert (score.mean, score.ci) == (expected._mean, expected._ci)
    assert score == evaluate(GOOD, [REFERENCES], ["bleu"], confidence=True)[0]
    assert "bs:1000" in score.signature
    assert f"(μ = {score.mean:.2f} ± {score.ci:.2f})" in score.format()
    assert set(score.as_dict()) == {"name", "score", "signature", "confidence_mean", "confidence_var"}


def test_resamples_in_which_nothing_matches_have_an_interval_too() -> None:
    # Of two sentences, one without a single right letter, every fourth resample is the latter twice.
    for score in evaluate(["%%% %%%", REFERENCES[0]], [REFERENCES[:2]], list(METRICS), confidence=True):
        assert score.ci is not None and score.ci > 0
    for system in compare([("a", ["x y", BAD[0]]), ("b", ["z", GOOD[0]])], [REFERENCES[:2]], ["bleu"]):
        assert system.scores[0].ci is not None


def test_unicode_line_separators_within_a_line_do_not_change_the_count() -> None:
    lines = [f"{line[:9]}\u2028{line[9:]}\x85 \x0b\x1c end" for line in REFERENCES]
    assert [score.value for score in evaluate(lines, [lines])] == pytest.approx([100, 100, 0])


def test_blank_translations_score_nothing_and_do_not_fail() -> None:
    assert evaluate(["", " "], [["a b c d e", "f g h i"]], ["bleu", "chrf"])[0].value == 0
    evaluate(["a", "b"], [["", ""]], list(METRICS))


@pytest.mark.parametrize("test", ["bs", "ar"])
def test_a_paired_test_finds_a_clearly_better_system_and_not_an_equal_one(test: str) -> None:
    systems = [("base", BAD), ("better", GOOD), ("same", BAD)]
    results = compare(systems, [REFERENCES], ["bleu", "chrf"], test="bs" if test == "bs" else "ar")
    assert [result.system for result in results] == ["base", "better", "same"]
    base, better, same = (result.scores for result in results)
    assert [score.name for score in base] == ["BLEU", "chrF2"]
    for baseline, winner, equal in zip(base, better, same, strict=True):
        assert baseline.p_value is None
        assert winner.value > baseline.value
        assert winner.p_value is not None and winner.p_value < 0.01
        assert equal.p_value == 1
        assert f"{test}:" in winner.signature and "seed:12345" in winner.signature
        assert f"(p = {winner.p_value:.4f})" in winner.format()
        assert winner.mean is not None and winner.ci is not None
    assert results == compare(systems, [REFERENCES], ["bleu", "chrf"], test="bs" if test == "bs" else "ar")


@pytest.mark.parametrize("test", ["bs", "ar"])
def test_systems_of_equal_scores_do_not_differ_significantly(test: str) -> None:
    systems = [("base", BAD), ("capitals", [line.upper() for line in BAD])]
    _, other = compare(systems, [REFERENCES], ["ter"], test="bs" if test == "bs" else "ar")
    assert other.scores[0].p_value == 1


def test_unequal_numbers_of_lines_are_refused_with_both_counts() -> None:
    with pytest.raises(InputError, match=r"the translation has 41 lines, but the references 42"):
        evaluate(GOOD[1:], [REFERENCES])
    with pytest.raises(InputError, match=r"has 42 lines, but reference set 2 40"):
        evaluate(GOOD, [REFERENCES, REFERENCES[2:]])
    with pytest.raises(InputError, match=r"system 'b' has 41 lines"):
        compare([("a", GOOD), ("b", GOOD[1:])], [REFERENCES])


def test_empty_input_is_refused() -> None:
    with pytest.raises(InputError, match="the translation is empty"):
        evaluate([], [[]])
    with pytest.raises(InputError, match="no references given"):
        evaluate(GOOD, [])
    with pytest.raises(InputError, match="no metric given; choose one or more of: bleu"):
        evaluate(GOOD, [REFERENCES], [])


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match=r"unknown metric 'blue'; choose one of: bleu, chrf, chrf\+\+, ter"):
        evaluate(GOOD, [REFERENCES], ["blue"])
    with pytest.raises(InputError, match=r"unknown BLEU tokenizer '13b'; choose one of: .*13a"):
        evaluate(GOOD, [REFERENCES], options=Options(tokenize="13b"))
    with pytest.raises(InputError, match=r"unknown paired test 'xy'; choose one of: bs"):
        compare([("a", GOOD), ("b", BAD)], [REFERENCES], test="xy")  # type: ignore[arg-type]


def test_a_paired_test_of_one_system_is_refused() -> None:
    with pytest.raises(InputError, match="at least one more system; given 1"):
        compare([("a", GOOD)], [REFERENCES])


def test_a_tokenizer_that_is_not_installed_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise RuntimeError("Please install\nthe package")

    monkeypatch.setattr("sacrebleu.metrics.bleu.BLEU.__init__", missing)
    with pytest.raises(InputError, match="tokenizer 'ja-mecab' cannot be used: Please install the package"):
        evaluate(GOOD, [REFERENCES], ["bleu"], options=Options(tokenize="ja-mecab"))


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_resamples_with_nothing_right_have_an_interval_too(metric: str) -> None:
    # One of three lines has something in common with its reference, so many resamples have nothing.
    (score,) = evaluate(["xyz", "ab", "xxx"], [["qq", "ab", ""]], [metric], confidence=True)
    assert score.mean is not None and score.ci is not None and score.ci >= 0
