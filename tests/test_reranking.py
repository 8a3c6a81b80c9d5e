"""Reranking: hypotheses are put into order by what a model of the other direction makes of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from nmt.batches import IdPair
from nmt.config import SearchConfig
from nmt.errors import InputError
from nmt.reranking import Reranker
from nmt.search import Hypothesis
from nmt.translator import Translator
from tests import tiny

LINES = [pair.src for pair in tiny.pairs(30, 900)]


def hypothesis(token: int, score: float) -> Hypothesis:
    return Hypothesis([token], score, score, [score], torch.zeros(2, 1))


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", threads=1)


@pytest.fixture(scope="module")
def checked() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", threads=1, reverse=tiny.reverse_directory())


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, translator: Translator) -> list[list[IdPair]]:
    """What is asked of the other direction, which finds every token of the source -0.1 likely, or -9.1 after "MA"."""
    found: list[list[IdPair]] = []
    bad = translator.tokenizers.src.encode("MA")

    def score_pairs(_: object, pairs: list[IdPair], *_sizes: int) -> Iterator[list[float]]:
        found.append(pairs)
        return ([-0.1 - 9 * (src == bad)] * (len(tgt) + 1) for src, tgt in pairs)

    monkeypatch.setattr("nmt.reranking.score_pairs", score_pairs)
    return found


def rerank(translator: Translator, says: dict[int, str], hypotheses: list[Hypothesis], weight: float) -> list[int]:
    """Return the tokens of hypotheses, one each, in the order they are put into."""
    reranker = Reranker(translator.sentences.ensemble, translator.tokenizers)
    config = SearchConfig(reverse_weight=weight, length_penalty=1.0)
    margins = reranker.margins(["ba ma"], config)
    (found,) = reranker.rerank(["ba ma"], [hypotheses], lambda each: says[each.tokens[0]], margins, config)
    return [token for each in found for token in each.tokens]


def test_what_gives_the_source_back_goes_first(translator: Translator, asked: list[list[IdPair]]) -> None:
    hypotheses = [hypothesis(1, -1.0), hypothesis(2, -1.1), hypothesis(3, -1.2)]
    assert rerank(translator, {1: "MA", 2: "BA", 3: "MA"}, hypotheses, weight=0.5) == [2, 1, 3]
    assert len(asked[0]) == 2  # what two say is asked once


def test_what_is_far_behind_is_not_asked_and_stays_behind(translator: Translator, asked: list[list[IdPair]]) -> None:
    hypotheses = [hypothesis(1, -1.0), hypothesis(2, -1.01), hypothesis(3, -1.2)]
    assert rerank(translator, {1: "MA", 2: "MA", 3: "BA"}, hypotheses, weight=0.1) == [1, 2, 3]
    assert rerank(translator, {1: "MA", 2: "DE", 3: "BA"}, hypotheses, weight=0.1) == [2, 1, 3]
    assert [len(pairs) for pairs in asked] == [2]  # nor one where all say the same


def test_what_is_too_long_to_be_scored_stays_in_order(
    translator: Translator, asked: list[list[IdPair]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hypotheses = [hypothesis(1, -1.0), hypothesis(2, -1.1)]
    monkeypatch.setattr("nmt.reranking.can_score", lambda _, pair: len(pair[0]) < 4)
    assert rerank(translator, {1: "MA", 2: "BA"}, hypotheses, weight=0.5) == [2, 1]
    assert rerank(translator, {1: "MA", 2: "BA KO ME DU LI"}, hypotheses, weight=0.5) == [1, 2]
    assert len(asked) == 1


def test_no_sentence_and_no_choice_ask_nothing(translator: Translator, asked: list[list[IdPair]]) -> None:
    reranker = Reranker(translator.sentences.ensemble, translator.tokenizers)
    assert reranker.rerank([], [], str, [], SearchConfig()) == []
    assert rerank(translator, {1: "MA"}, [hypothesis(1, -1.0)], weight=0.5) == [1]
    assert asked == []


@pytest.mark.parametrize("weight, length_penalty", [(20, 1.0), (50, 0.5)])
def test_a_translation_is_the_best_by_both_models(
    translator: Translator, checked: Translator, weight: float, length_penalty: float
) -> None:
    back = Translator.load(tiny.reverse_directory(), "fp32", "cpu", threads=1)
    changes = {"beam_size": 4, "length_penalty": length_penalty, "prune": 0, "shortlist": False}
    every = translator.translate(LINES, translator.settings({**changes, "n_best": 4}))
    found = checked.translate(LINES, checked.settings({**changes, "n_best": 4, "reverse_weight": weight}))
    moved = 0
    for line, plain, ordered in zip(LINES, every, found, strict=True):
        margin = weight / 2 * (back.tokenizers.tgt.count(line) + 1) ** (1 - length_penalty)
        near = [each for each in plain.alternatives if each.score >= plain.score - margin]
        given = back.score((each.text, line) for each in near)
        totals = [
            each.score + weight * sum(scores) / len(scores) ** length_penalty
            for each, scores in zip(near, given, strict=True)
        ]
        best = near[max(range(len(near)), key=totals.__getitem__)]
        assert ordered.text == best.text
        assert {each.tokens for each in ordered.alternatives} == {each.tokens for each in plain.alternatives}
        moved += best is not near[0]
    assert moved > 0


@pytest.mark.parametrize("changes", [{"reverse_weight": 0}, {"beam_size": 1}, {"sampling": True}])
def test_without_a_weight_or_a_choice_it_is_as_without_the_model(
    translator: Translator, checked: Translator, changes: dict[str, object]
) -> None:
    assert checked.translate(LINES, checked.settings(changes)) == translator.translate(
        LINES, translator.settings(changes)
    )


def test_as_many_are_given_as_asked_for(checked: Translator) -> None:
    for count in (1, 2):
        found = checked.translate(LINES[:3], checked.settings({"n_best": count, "beam_size": 4}))
        assert [len(each.alternatives) for each in found] == [count] * 3


def test_a_model_of_another_direction_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match=r"reverse model goes from 'de' to 'en'; one from 'en' to 'de' is needed"):
        Translator.load(tiny.model_directory(), threads=1, reverse=tiny.model_directory())
    wrong = ["translate", "-m", tiny.model_directory(), "--reverse-model", tiny.model_directory(), "-i", __file__]
    assert tiny.run_nmt(*wrong) == 2
    assert "one from 'en' to 'de' is needed" in capfd.readouterr().err


def test_the_commands_take_one(checked: Translator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text"
    text.write_text("".join(line + "\n" for line in LINES), encoding="utf-8")
    given = ["-m", tiny.model_directory(), "--reverse-model", tiny.reverse_directory(), "--reverse-weight", 2]
    options = ["--precision", "fp32", "--threads", 1]
    assert tiny.run_nmt("translate", *given, "-i", text, *options) == 0
    found = [each.text for each in checked.translate(LINES, checked.settings({"reverse_weight": 2}))]
    assert capsys.readouterr().out == "".join(line + "\n" for line in found)
    (tmp_path / "found").write_text("".join(line + "\n" for line in found), encoding="utf-8")
    assert tiny.run_nmt("evaluate", *given, "--src", text, "--ref", tmp_path / "found", *options, "-M", "chrf") == 0
    assert "= 100.00" in capsys.readouterr().out


@pytest.mark.parametrize("choice", ["--sampling", "--beam-size 1"])
def test_a_reverse_model_without_a_choice_is_refused(choice: str, capfd: pytest.CaptureFixture[str]) -> None:
    given = ["-m", tiny.model_directory(), "--reverse-model", tiny.reverse_directory(), "-i", __file__]
    assert tiny.run_nmt("translate", *given, *choice.split()) == 2
    assert f"leave out --reverse-model, or {choice}" in capfd.readouterr().err


def test_models_of_both_directions_do_not_vote_together() -> None:
    both = [tiny.model_directory(), tiny.reverse_directory()]
    with pytest.raises(InputError, match=r"from 'en' to 'de', .* from 'de' to 'en'; the models of an ensemble go the"):
        Translator.load(both)
    with pytest.raises(InputError, match="the models of an ensemble go the same way"):
        Translator.load(both[1], reverse=both)


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_a_reverse_model_without_a_say_by_the_models_own_settings_is_refused(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny.model_directory(), own)
    tree = json.loads((own / "generation_config.json").read_text(encoding="utf-8"))
    (own / "generation_config.json").write_text(json.dumps({**tree, "beam_size": 1}), encoding="utf-8")
    (tmp_path / "text").write_text("ba de\n", encoding="utf-8")
    files = (
        ["-i", tmp_path / "text"] if command == "translate" else [f"--{x}={tmp_path / 'text'}" for x in ("src", "ref")]
    )
    given = [command, "-m", own, "--reverse-model", tiny.reverse_directory(), *files]
    assert tiny.run_nmt(*given) == 2
    assert "by the model's own settings (beam_size 1" in capfd.readouterr().err
    assert tiny.run_nmt(*given, "--beam-size", 2) == 0
    assert tiny.run_nmt(*given, "--reverse-weight", 0) == 0


def test_a_weight_without_a_model_to_be_weighed_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text").write_text("ba de\n", encoding="utf-8")
    given = ["translate", "-m", tiny.model_directory(), "-i", tmp_path / "text", "--reverse-weight"]
    assert tiny.run_nmt(*given, 1) == 2
    assert "add --reverse-model" in capfd.readouterr().err
    assert tiny.run_nmt(*given, 0) == 0
